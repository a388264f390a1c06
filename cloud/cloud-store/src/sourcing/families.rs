//! Product families: what is known of each, who said so, and everything that was ever said.

use std::collections::{BTreeMap, BTreeSet};

use cloud_core::families::{Candidate, Facts, FamilyField, FieldChange, Given, Source, merge};
use cloud_core::naming::name_key;
use domain::gtin::Gtin;
use domain::ids::{OrgId, ProductId};
use domain::time::WallMs;
use sqlx::AnyConnection;

use super::check_text;
use crate::bulk::{fetch_all_of, insert_all};
use crate::error::{StoreError, What};
use crate::ids::{FamilyId, RawProductId};
use crate::sql::{
    Column as _, Failure, Fields, column, composed, execute, fetch_each, fetch_found, push_values, values,
};
use crate::store::{Store, on_key};

/// Words of a name that a family is found by.
const WORDS_MAX: usize = 8;
/// Families that are compared with a raw product: those with a number of it, and those with most words of it.
const BY_KEY_MAX: u32 = 50;
const BY_WORDS_MAX: u32 = 30;

column!(FamilyField as String, |field| field.as_str().to_owned(), |word| {
    FamilyField::from_word(&word).ok_or_else(|| format!("`{word}` is no field of a family"))
});

/// One and the same product, whoever speaks of it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Family {
    /// Which.
    pub id: FamilyId,
    /// Which of our products it is, where it is one.
    pub product: Option<ProductId>,
    /// What is known of it, and who said so.
    pub fields: BTreeMap<FamilyField, Given>,
    /// When it was made.
    pub created_at: WallMs,
    /// When anything of it changed last.
    pub updated_at: WallMs,
}

/// A value that a field of a family took.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct FamilyFieldChange {
    /// The field.
    pub field: FamilyField,
    /// The value, who said so, and when.
    pub given: Given,
    /// The raw product that says so; `None` where a person or a rule did.
    pub raw_product: Option<RawProductId>,
    /// What it replaced, and whose that was.
    pub before: Option<(String, String)>,
}

/// Which families.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct FamilyFilter {
    /// Those that are this product.
    pub product: Option<ProductId>,
    /// Those changed at this moment or later.
    pub changed_since: Option<WallMs>,
}

const FAMILY: &str = "SELECT id, product, created_at, updated_at FROM product_family";

impl Store {
    /// A family.
    pub async fn family(&self, org: &OrgId, id: FamilyId) -> Result<Family, StoreError> {
        self.answer(async { read_one(&mut *self.reading().await?, org, id).await }).await
    }

    /// Families in order of id, those behind `after`.
    pub async fn families(
        &self,
        org: &OrgId,
        filter: &FamilyFilter,
        after: Option<FamilyId>,
        limit: u32,
    ) -> Result<Vec<Family>, StoreError> {
        self.answer(async {
            let mut sql = format!("{FAMILY} WHERE org = $1 AND id > $2 AND updated_at >= $4");
            let after = after.map_or_else(Vec::new, |after| after.0.as_bytes().to_vec());
            let since = filter.changed_since.map_or(i64::MIN, |since| since.0);
            let mut values = values![org, after.as_slice(), &limit, since];
            if let Some(product) = &filter.product {
                sql.push_str(" AND product = $5");
                values.push(product);
            }
            sql.push_str(" ORDER BY id LIMIT $3");
            let mut connection = self.reading().await?;
            let mut found = fetch_each(&mut connection, What::Family, composed(sql), values, read).await?;
            let ids: Vec<FamilyId> = found.iter().map(|family| family.id).collect();
            let mut fields = read_fields(&mut connection, org, &ids).await?;
            for family in &mut found {
                family.fields = fields.remove(&family.id).unwrap_or_default();
            }
            Ok(found)
        })
        .await
    }

    /// What is said of products in these fields by their families.
    pub async fn described_products(
        &self,
        org: &OrgId,
        products: &[ProductId],
        fields: &[FamilyField],
    ) -> Result<BTreeMap<ProductId, BTreeMap<FamilyField, String>>, StoreError> {
        self.answer(async {
            let mut connection = self.reading().await?;
            let select = "SELECT family.product, said.field, said.value FROM product_family AS family
                          JOIN family_field AS said ON said.org = family.org AND said.family = family.id
                          WHERE (family.org, family.product)";
            let rows = fetch_all_of(&mut connection, select, 2, "", products, |product, values| {
                push_values!(values; org, product);
            });
            let mut found: BTreeMap<ProductId, BTreeMap<FamilyField, String>> = BTreeMap::new();
            for row in rows.await? {
                let mut row = Fields::of(&row, What::Family);
                let (product, field, value): (ProductId, FamilyField, String) =
                    (row.take()?, row.take()?, row.take()?);
                if fields.contains(&field) {
                    found.entry(product).or_default().insert(field, value);
                }
            }
            Ok(found)
        })
        .await
    }

    /// Everything that was ever said of a family, the newest first.
    pub async fn family_changes(
        &self,
        org: &OrgId,
        id: FamilyId,
        limit: u32,
    ) -> Result<Vec<FamilyFieldChange>, StoreError> {
        self.answer(async {
            let sql = "SELECT field, value, source, given_at, raw_product, value_before, source_before
                       FROM family_field_change WHERE org = $1 AND family = $2 ORDER BY id DESC LIMIT $3";
            fetch_each(&mut *self.reading().await?, What::Family, sql, values![org, &id, &limit], |fields| {
                let field = fields.take()?;
                let (value, name, at) = (fields.take()?, fields.take()?, fields.take()?);
                let raw_product = fields.take_option()?;
                let before: (Option<String>, Option<String>) = (fields.take_option()?, fields.take_option()?);
                // What a source counts is kept with what is known now alone.
                let given = Given { value, source: Source { name, priority: 0 }, at };
                Ok(FamilyFieldChange { field, given, raw_product, before: before.0.zip(before.1) })
            })
            .await
        })
        .await
    }

    /// Makes a family that nobody but the caller has spoken of yet.
    pub async fn create_family(
        &self,
        org: &OrgId,
        id: FamilyId,
        said: &BTreeMap<FamilyField, String>,
        source: &Source,
        now: WallMs,
    ) -> Result<(), StoreError> {
        check_fields(said)?;
        self.answer(async {
            let mut writing = self.writing().await?;
            let connection = writing.connection();
            lock_head(connection, org).await?;
            insert(connection, org, id, now).await?;
            let gtin = said.get(&FamilyField::Gtin).and_then(|gtin| Gtin::parse(gtin).ok());
            let facts = Facts { url: said.get(&FamilyField::Url).cloned(), gtin, fields: said.clone() };
            say(connection, org, id, &facts, source, None, now).await?;
            writing.commit().await
        })
        .await
    }

    /// Lets a source say something of a family; gives back what changed by it. A source that counts less replaces nothing.
    pub async fn say_of_family(
        &self,
        org: &OrgId,
        id: FamilyId,
        said: &BTreeMap<FamilyField, String>,
        source: &Source,
        now: WallMs,
    ) -> Result<Vec<FieldChange>, StoreError> {
        check_fields(said)?;
        self.answer(async {
            let mut writing = self.writing().await?;
            let connection = writing.connection();
            lock_head(connection, org).await?;
            read_one(connection, org, id).await?;
            let gtin = said.get(&FamilyField::Gtin).and_then(|gtin| Gtin::parse(gtin).ok());
            let facts = Facts { url: said.get(&FamilyField::Url).cloned(), gtin, fields: said.clone() };
            let changes = say(connection, org, id, &facts, source, None, now).await?;
            if !changes.is_empty() {
                writing.commit().await?;
            }
            Ok(changes)
        })
        .await
    }

    /// Says which of our products a family is, or that it is none.
    pub async fn link_family(
        &self,
        org: &OrgId,
        id: FamilyId,
        product: Option<&ProductId>,
        now: WallMs,
    ) -> Result<(), StoreError> {
        self.answer(async {
            let mut writing = self.writing().await?;
            let connection = writing.connection();
            if let Some(product) = product {
                super::offers::check_product(connection, org, product).await?;
            }
            let sql = "UPDATE product_family SET product = $3, updated_at = $4 WHERE org = $1 AND id = $2";
            if execute(connection, sql, values![org, &id, product, &now]).await? == 0 {
                return Err(StoreError::not_found(What::Family, id).into());
            }
            writing.commit().await
        })
        .await
    }
}

/// Holds the organisation's families until the transaction ends.
pub(super) async fn lock_head(connection: &mut AnyConnection, org: &OrgId) -> Result<(), Failure> {
    let sql = "INSERT INTO family_head (org, placed) VALUES ($1, 1)
               ON CONFLICT (org) DO UPDATE SET placed = family_head.placed + 1";
    let missing = || StoreError::not_found(What::Organisation, org);
    on_key(execute(connection, sql, values![org]).await, missing, missing)?;
    Ok(())
}

/// Makes a family of which nothing is known.
pub(super) async fn insert(
    connection: &mut AnyConnection,
    org: &OrgId,
    id: FamilyId,
    now: WallMs,
) -> Result<(), Failure> {
    let sql =
        "INSERT INTO product_family (org, id, name, created_at, updated_at) VALUES ($1, $2, '', $3, $3)";
    let inserted = execute(connection, sql, values![org, &id, &now]).await;
    on_key(
        inserted,
        || StoreError::exists(What::Family, id),
        || StoreError::not_found(What::Organisation, org),
    )?;
    Ok(())
}

/// The families that a raw product may belong to.
pub(super) async fn candidates(
    connection: &mut AnyConnection,
    org: &OrgId,
    facts: &Facts,
) -> Result<Vec<Candidate<FamilyId>>, Failure> {
    let mut ids: Vec<FamilyId> = Vec::new();
    for (keys, limit) in [(numbers(facts), BY_KEY_MAX), (name_words(&facts.name_key()), BY_WORDS_MAX)] {
        if keys.is_empty() {
            continue;
        }
        let select = "SELECT family FROM family_key WHERE (org, kind, family_key)";
        let rest = format!("GROUP BY family ORDER BY COUNT(*) DESC, family LIMIT {limit}");
        let rows = fetch_all_of(connection, select, 3, &rest, &keys, |(kind, key), values| {
            push_values!(values; org, *kind, key);
        });
        for row in rows.await? {
            let id = Fields::of(&row, What::Family).take()?;
            if !ids.contains(&id) {
                ids.push(id);
            }
        }
    }
    let mut fields = read_fields(connection, org, &ids).await?;
    let mut found = Vec::with_capacity(ids.len());
    for family in ids {
        let sql = "SELECT kind, family_key FROM family_key WHERE org = $1 AND family = $2 AND kind <> 'word'";
        let keys = fetch_each(connection, What::Family, sql, values![org, &family], |fields| {
            let (kind, key): (String, String) = (fields.take()?, fields.take()?);
            Ok((kind, key))
        });
        let keys = keys.await?;
        let of =
            |wanted: &'static str| keys.iter().filter(move |(kind, _)| kind == wanted).map(|(_, key)| key);
        let known = fields.remove(&family).unwrap_or_default();
        found.push(Candidate {
            family,
            urls: of("url").cloned().collect(),
            gtins: of("gtin").filter_map(|gtin| Gtin::parse(gtin).ok()).collect(),
            fields: known.into_iter().map(|(field, given)| (field, given.value)).collect(),
        });
    }
    Ok(found)
}

/// Lets a source say something of a family, and writes down what changed and what it is found by.
pub(super) async fn say(
    connection: &mut AnyConnection,
    org: &OrgId,
    id: FamilyId,
    facts: &Facts,
    source: &Source,
    raw_product: Option<RawProductId>,
    now: WallMs,
) -> Result<Vec<FieldChange>, Failure> {
    let before = read_fields(connection, org, &[id]).await?.remove(&id).unwrap_or_default();
    let changes = merge(&before, &facts.fields, source, now);
    let insert =
        "INSERT INTO family_field (org, family, field, value, source, priority, raw_product, given_at)";
    let rest = "ON CONFLICT (org, family, field) DO UPDATE SET value = excluded.value, source = excluded.source,
                    priority = excluded.priority, raw_product = excluded.raw_product, given_at = excluded.given_at";
    insert_all(connection, insert, 8, rest, &changes, |change, values| {
        let Given { value, source, at } = &change.after;
        push_values!(values; org, &id, &change.field, value, &source.name, &source.priority, &raw_product, at);
    })
    .await?;
    let insert = "INSERT INTO family_field_change (org, family, field, value, source, raw_product, given_at, value_before,
                      source_before)";
    insert_all(connection, insert, 9, "", &changes, |change, values| {
        let Given { value, source, at } = &change.after;
        let before = change.before.as_ref();
        push_values!(values; org, &id, &change.field, value, &source.name, &raw_product, at);
        push_values!(values; before.map(|before| &before.value), before.map(|before| &before.source.name));
    })
    .await?;
    add_keys(connection, org, id, facts, &changes).await?;
    if !changes.is_empty() {
        let name = changes.iter().find(|change| change.field == FamilyField::Name);
        let sql =
            "UPDATE product_family SET name = COALESCE($3, name), updated_at = $4 WHERE org = $1 AND id = $2";
        let name = name.map(|change| change.after.value.as_str());
        execute(connection, sql, values![org, &id, name, &now]).await?;
    }
    if let Some(gtin) = &facts.gtin {
        let sql = "UPDATE product_family SET product = (SELECT id FROM product WHERE product.org = $1 AND gtin = $3)
                   WHERE org = $1 AND id = $2 AND product IS NULL";
        execute(connection, sql, values![org, &id, gtin]).await?;
    }
    Ok(changes)
}

/// Adds what a family is found by.
async fn add_keys(
    connection: &mut AnyConnection,
    org: &OrgId,
    id: FamilyId,
    facts: &Facts,
    changes: &[FieldChange],
) -> Result<(), Failure> {
    let mut keys: BTreeSet<(&'static str, String)> = numbers(facts).into_iter().collect();
    for change in changes.iter().filter(|change| change.field == FamilyField::Name) {
        keys.extend(name_words(&name_key(&change.after.value)));
    }
    let rows: Vec<_> = keys.into_iter().collect();
    let insert = "INSERT INTO family_key (org, kind, family_key, family)";
    let rest = "ON CONFLICT (org, kind, family_key, family) DO NOTHING";
    insert_all(connection, insert, 4, rest, &rows, |(kind, key), values| {
        push_values!(values; org, *kind, key, &id);
    })
    .await?;
    Ok(())
}

/// The numbers and addresses that a product is found by.
fn numbers(facts: &Facts) -> Vec<(&'static str, String)> {
    let gtin = facts.gtin.map(|gtin| gtin.to_string());
    let keys = [("url", facts.url.clone()), ("gtin", gtin), ("brand_sku", facts.brand_sku())];
    keys.into_iter().filter_map(|(kind, key)| Some((kind, key?))).collect()
}

/// The longest words of a name: they say most.
fn name_words(key: &str) -> Vec<(&'static str, String)> {
    let mut words: Vec<&str> = key.split(' ').filter(|word| word.chars().count() > 1).collect();
    words.sort_by_key(|word| std::cmp::Reverse(word.chars().count()));
    words.truncate(WORDS_MAX);
    words.into_iter().map(|word| ("word", word.to_owned())).collect()
}

/// What is known of each of these families.
async fn read_fields(
    connection: &mut AnyConnection,
    org: &OrgId,
    ids: &[FamilyId],
) -> Result<BTreeMap<FamilyId, BTreeMap<FamilyField, Given>>, Failure> {
    let mut found: BTreeMap<FamilyId, BTreeMap<FamilyField, Given>> = BTreeMap::new();
    let select =
        "SELECT family, field, value, source, priority, given_at FROM family_field WHERE (org, family)";
    let rows = fetch_all_of(connection, select, 2, "", ids, |id, values| push_values!(values; org, id));
    for row in rows.await? {
        let mut fields = Fields::of(&row, What::Family);
        let (family, field) = (fields.take()?, fields.take()?);
        let value = fields.take()?;
        let source = Source { name: fields.take()?, priority: fields.take()? };
        found.entry(family).or_default().insert(field, Given { value, source, at: fields.take()? });
    }
    Ok(found)
}

async fn read_one(connection: &mut AnyConnection, org: &OrgId, id: FamilyId) -> Result<Family, Failure> {
    let sql = composed(format!("{FAMILY} WHERE org = $1 AND id = $2"));
    let mut family = fetch_found(connection, (What::Family, &id), sql, values![org, &id], read).await?;
    family.fields = read_fields(connection, org, &[id]).await?.remove(&id).unwrap_or_default();
    Ok(family)
}

fn read(fields: &mut Fields<'_>) -> Result<Family, Failure> {
    Ok(Family {
        id: fields.take()?,
        product: fields.take_option()?,
        fields: BTreeMap::new(),
        created_at: fields.take()?,
        updated_at: fields.take()?,
    })
}

/// Refuses what nobody says of a product.
pub(super) fn check_fields(said: &BTreeMap<FamilyField, String>) -> Result<(), StoreError> {
    said.iter().try_for_each(|(field, value)| check_text(What::Family, &field.to_stored(), value))
}
