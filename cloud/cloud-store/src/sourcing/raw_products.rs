//! Raw products: what was read somewhere, kept as it was said, each in the family that it was found to belong to.

use std::collections::BTreeMap;

use cloud_core::families::{Facts, FamilyField, Rung, Source, place};
use domain::gtin::Gtin;
use domain::ids::OrgId;
use domain::money::Currency;
use domain::time::WallMs;
use rust_decimal::Decimal;
use sha2::{Digest as _, Sha256};
use sqlx::AnyConnection;

use super::check_text;
use super::families;
use crate::error::{StoreError, What};
use crate::ids::{FamilyId, Hash, RawProductId};
use crate::sql::{
    Column as _, Failure, Fields, column, composed, execute, fetch_each, fetch_found, push_values, values,
};
use crate::store::Store;

/// Raw products that are placed at once: each holds up the organisation's others.
pub const RAW_PRODUCTS_AT_ONCE_MAX: usize = 500;

column!(Rung as String, |rung| rung.as_str().to_owned(), |word| {
    Rung::from_word(&word).ok_or_else(|| format!("`{word}` is no rung of the ladder"))
});

/// A raw product as it comes.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct NewRawProduct {
    /// A new id, should its source not have spoken of it before.
    pub id: RawProductId,
    /// A new id, should it belong to no family that is there.
    pub family: FamilyId,
    /// Who says so.
    pub source: Source,
    /// What the source calls it: an address, an article number. The same again is the same raw product.
    pub key: String,
    /// What is said.
    pub facts: Facts,
    /// What it costs there.
    pub price: Option<Decimal>,
    /// The currency of that.
    pub currency: Option<Currency>,
    /// Where the page is kept that says so.
    pub snapshot: Option<String>,
}

/// A raw product.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct RawProduct {
    /// As it came; `family` is the one that it belongs to.
    pub raw: NewRawProduct,
    /// How its family was found; `None` where it was the first of it.
    pub rung: Option<Rung>,
    /// When it was said first.
    pub first_seen_at: WallMs,
    /// When it was said last.
    pub seen_at: WallMs,
    /// When it said something else last.
    pub changed_at: WallMs,
}

/// What became of a raw product.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Placed {
    /// The raw product: the first one of its key.
    pub id: RawProductId,
    /// The family that it belongs to.
    pub family: FamilyId,
    /// How that was found; `None` where it is the first of it.
    pub rung: Option<Rung>,
    /// Whether it says anything that its source had not said.
    pub is_changed: bool,
    /// Fields of the family that are other than before.
    pub fields_changed: Vec<FamilyField>,
}

/// What a raw product says, as a column.
struct Said(BTreeMap<FamilyField, String>);

column!(
    Said as String,
    |said| {
        let by_word: BTreeMap<&str, &str> =
            said.0.iter().map(|(field, value)| (field.as_str(), value.as_str())).collect();
        serde_json::to_string(&by_word).expect("it is text")
    },
    |json| {
        let by_word: BTreeMap<String, String> =
            serde_json::from_str(&json).map_err(|error| error.to_string())?;
        by_word
            .into_iter()
            .map(|(word, value)| Ok((FamilyField::from_stored(word)?, value)))
            .collect::<Result<_, String>>()
            .map(Said)
    }
);

const RAW: &str =
    "SELECT id, family, source, priority, source_key, url, gtin, fields, price, currency, snapshot, rung,
                          first_seen_at, seen_at, changed_at
                   FROM raw_product";

impl Store {
    /// Takes raw products in and places each in a family, in order: all or none. What its source said before in the same words is
    /// only noted to be seen again.
    pub async fn place_raw_products(
        &self,
        org: &OrgId,
        raw_products: &[NewRawProduct],
        now: WallMs,
    ) -> Result<Vec<Placed>, StoreError> {
        if raw_products.len() > RAW_PRODUCTS_AT_ONCE_MAX {
            let problem = format!("{} at once: send at most {RAW_PRODUCTS_AT_ONCE_MAX}", raw_products.len());
            return Err(StoreError::invalid(What::RawProduct, "", problem));
        }
        raw_products.iter().try_for_each(check)?;
        self.answer(async {
            let mut writing = self.writing().await?;
            families::lock_head(writing.connection(), org).await?;
            let mut placed = Vec::with_capacity(raw_products.len());
            for raw in raw_products {
                placed.push(place_one(writing.connection(), org, raw, now).await?);
            }
            writing.commit().await?;
            Ok(placed)
        })
        .await
    }

    /// A raw product.
    pub async fn raw_product(&self, org: &OrgId, id: RawProductId) -> Result<RawProduct, StoreError> {
        self.answer(async {
            let sql = composed(format!("{RAW} WHERE org = $1 AND id = $2"));
            fetch_found(&mut *self.reading().await?, (What::RawProduct, &id), sql, values![org, &id], read)
                .await
        })
        .await
    }

    /// Raw products in order of id, those behind `after`, of a family or of all.
    pub async fn raw_products(
        &self,
        org: &OrgId,
        family: Option<FamilyId>,
        after: Option<RawProductId>,
        limit: u32,
    ) -> Result<Vec<RawProduct>, StoreError> {
        self.answer(async {
            let mut sql = format!("{RAW} WHERE org = $1 AND id > $2");
            let after = after.map_or_else(Vec::new, |after| after.0.as_bytes().to_vec());
            let mut values = values![org, after.as_slice(), &limit];
            if let Some(family) = &family {
                sql.push_str(" AND family = $4");
                values.push(family);
            }
            sql.push_str(" ORDER BY id LIMIT $3");
            fetch_each(&mut *self.reading().await?, What::RawProduct, composed(sql), values, read).await
        })
        .await
    }

    /// Those of these snapshots that a raw product or a target needs.
    pub async fn snapshots_in_use(&self, keys: &[String]) -> Result<Vec<String>, StoreError> {
        self.answer(async {
            let mut connection = self.reading().await?;
            let mut found: Vec<String> = Vec::new();
            for table in ["raw_product", "page_target"] {
                let select = format!("SELECT snapshot FROM {table} WHERE snapshot");
                let rows = crate::bulk::fetch_all_of(&mut connection, &select, 1, "", keys, |key, values| {
                    values.push(key);
                });
                for row in rows.await? {
                    found.push(Fields::of(&row, What::RawProduct).take()?);
                }
            }
            found.sort();
            found.dedup();
            Ok(found)
        })
        .await
    }
}

async fn place_one(
    connection: &mut AnyConnection,
    org: &OrgId,
    raw: &NewRawProduct,
    now: WallMs,
) -> Result<Placed, Failure> {
    let sql =
        "SELECT id, family, rung, hash FROM raw_product WHERE org = $1 AND source = $2 AND source_key = $3";
    let known =
        fetch_each(connection, What::RawProduct, sql, values![org, &raw.source.name, &raw.key], |fields| {
            let (id, family): (RawProductId, FamilyId) = (fields.take()?, fields.take()?);
            let (rung, hash): (Option<Rung>, Hash) = (fields.take_option()?, fields.take()?);
            Ok((id, family, rung, hash))
        });
    let known = known.await?.into_iter().next();
    let hash = hash(raw);
    if let Some((id, family, rung, before)) = known
        && before == hash
    {
        let sql = "UPDATE raw_product SET seen_at = $3, snapshot = COALESCE($4, snapshot) WHERE org = $1 AND id = $2";
        execute(connection, sql, values![org, &id, &now, &raw.snapshot]).await?;
        return Ok(Placed { id, family, rung, is_changed: false, fields_changed: Vec::new() });
    }
    let (id, family, rung) = match known {
        Some((id, family, rung, _)) => (id, family, rung),
        None => {
            let candidates = families::candidates(connection, org, &raw.facts).await?;
            match place(&raw.facts, &candidates) {
                Some((family, rung)) => (raw.id, *family, Some(rung)),
                None => {
                    families::insert(connection, org, raw.family, now).await?;
                    (raw.id, raw.family, None)
                }
            }
        }
    };
    write(connection, org, raw, (id, family, rung), &hash, now).await?;
    let changes = families::say(connection, org, family, &raw.facts, &raw.source, Some(id), now).await?;
    let fields_changed = changes.into_iter().map(|change| change.field).collect();
    Ok(Placed { id, family, rung, is_changed: true, fields_changed })
}

async fn write(
    connection: &mut AnyConnection,
    org: &OrgId,
    raw: &NewRawProduct,
    (id, family, rung): (RawProductId, FamilyId, Option<Rung>),
    hash: &Hash,
    now: WallMs,
) -> Result<(), Failure> {
    let sql = "INSERT INTO raw_product (org, id, source, priority, source_key, url, gtin, name, fields, price, currency, hash,
                   snapshot, family, rung, first_seen_at, seen_at, changed_at)
               VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11, $12, $13, $14, $15, $16, $16, $16)
               ON CONFLICT (org, source, source_key) DO UPDATE SET
                   priority = excluded.priority, url = excluded.url, gtin = excluded.gtin, name = excluded.name,
                   fields = excluded.fields, price = excluded.price, currency = excluded.currency, hash = excluded.hash,
                   snapshot = COALESCE(excluded.snapshot, raw_product.snapshot), seen_at = excluded.seen_at,
                   changed_at = excluded.changed_at";
    let name = raw.facts.fields.get(&FamilyField::Name).map_or("", String::as_str);
    let said = Said(raw.facts.fields.clone());
    let mut values = values![org, &id, &raw.source.name, &raw.source.priority, &raw.key, &raw.facts.url];
    push_values!(values; &raw.facts.gtin, name, &said, &raw.price, &raw.currency, hash, &raw.snapshot, &family, &rung, &now);
    execute(connection, sql, values).await?;
    Ok(())
}

/// Over all that is said; where it was read is no part of it.
fn hash(raw: &NewRawProduct) -> Hash {
    let mut hasher = Sha256::new();
    let price = raw.price.map(|price| price.normalize().to_string());
    let currency = raw.currency.map(|currency| currency.code().to_owned());
    let gtin = raw.facts.gtin.map(|gtin| gtin.to_string());
    let said = Said(raw.facts.fields.clone()).to_stored();
    for text in [raw.facts.url.clone(), gtin, price, currency, Some(said)] {
        let text = text.unwrap_or_default();
        hasher.update((text.len() as u64).to_be_bytes());
        hasher.update(text);
    }
    hasher.finalize().into()
}

fn check(raw: &NewRawProduct) -> Result<(), StoreError> {
    let invalid = |problem: &str| Err(StoreError::invalid(What::RawProduct, &raw.key, problem));
    if raw.key.is_empty() {
        return invalid("it needs a key of its source: an address, an article number or a GTIN");
    }
    if raw.facts.fields.get(&FamilyField::Name).is_none_or(String::is_empty) && raw.facts.gtin.is_none() {
        return invalid("it needs a name or a GTIN: nobody could tell what it is");
    }
    check_text(What::RawProduct, "", &raw.key)?;
    check_text(What::RawProduct, &raw.key, &raw.source.name)?;
    check_text(What::RawProduct, &raw.key, raw.facts.url.as_deref().unwrap_or_default())?;
    families::check_fields(&raw.facts.fields)
}

fn read(fields: &mut Fields<'_>) -> Result<RawProduct, Failure> {
    let (id, family) = (fields.take()?, fields.take()?);
    let source = Source { name: fields.take()?, priority: fields.take()? };
    let key = fields.take()?;
    let url = fields.take_option()?;
    let gtin: Option<Gtin> = fields.take_option()?;
    let said: Said = fields.take()?;
    let (price, currency, snapshot) = (fields.take_option()?, fields.take_option()?, fields.take_option()?);
    Ok(RawProduct {
        raw: NewRawProduct {
            id,
            family,
            source,
            key,
            facts: Facts { url, gtin, fields: said.0 },
            price,
            currency,
            snapshot,
        },
        rung: fields.take_option()?,
        first_seen_at: fields.take()?,
        seen_at: fields.take()?,
        changed_at: fields.take()?,
    })
}
