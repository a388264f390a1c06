//! What suppliers ask for their articles, from which day on.

use std::collections::BTreeMap;

use cloud_core::naming::{name_key, number_key};
use cloud_core::offers::{CONTENT_MAX, Offer, PACKS_MAX, Pack, PackRule};
use domain::gtin::Gtin;
use domain::ids::{OrgId, ProductId};
use domain::time::{BusinessDay, WallMs};
use rust_decimal::Decimal;
use sqlx::AnyConnection;

use super::{bounds, check_text, suppliers, validity};
use crate::bulk::insert_all;
use crate::demand::ProductRange;
use crate::error::{StoreError, What};
use crate::ids::{Actor, OfferId, SupplierId};
use crate::sql::{
    Failure, Fields, composed, execute, fetch_each, fetch_found, fetch_value, push_values, values,
};
use crate::store::{Store, on_key};

/// Offers that are written at once.
pub const OFFERS_AT_ONCE_MAX: usize = 10_000;
/// Offers of one product that are compared.
const COMPARED_MAX: u32 = 1_000;

/// An offer as it comes.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct NewOffer {
    /// A new id, for an article and day that are not there yet.
    pub id: OfferId,
    /// The supplier's article number, or nothing.
    pub article: String,
    /// Its GTIN.
    pub gtin: Option<Gtin>,
    /// What the supplier calls it.
    pub name: String,
    /// Which of our products it is, where that is known.
    pub product: Option<ProductId>,
    /// What it costs, of what, and when.
    pub offer: Offer,
    /// The tax on it, in basis points, where it is said.
    pub tax_basis_points: Option<u32>,
    /// Where it comes from, for example the number of a price list.
    pub origin: String,
}

/// An offer.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct StoredOffer {
    /// Whose.
    pub supplier: SupplierId,
    /// As it came.
    pub offer: NewOffer,
    /// Who wrote it down.
    pub made_by: Actor,
    /// When.
    pub made_at: WallMs,
}

const COLUMNS: &str = "supplier, id, article, gtin, name, product, pack_content, pack_unit, packs_min, packs_multiple, pack_price,
                       currency, valid_from, valid_to, tax_basis_points, origin, made_by, made_at";

impl NewOffer {
    /// What tells it apart from the supplier's other articles.
    fn key(&self) -> String {
        match (self.article.trim(), self.gtin) {
            ("", Some(gtin)) => format!("gtin {gtin}"),
            ("", None) => format!("name {}", name_key(&self.name)),
            (article, _) => format!("article {}", number_key(article)),
        }
    }
}

impl Store {
    /// Writes offers of a supplier down: all or none. One for an article and first day that are there already takes its place and
    /// keeps its product where none is named. Offers without a product get the one of the article's earlier offers, else the one
    /// with their GTIN.
    pub async fn put_offers(
        &self,
        org: &OrgId,
        supplier: SupplierId,
        offers: &[NewOffer],
        by: &Actor,
        now: WallMs,
    ) -> Result<(), StoreError> {
        if offers.len() > OFFERS_AT_ONCE_MAX {
            let problem = format!("{} offers at once: send at most {OFFERS_AT_ONCE_MAX}", offers.len());
            return Err(StoreError::invalid(What::Offer, supplier, problem));
        }
        offers.iter().try_for_each(check)?;
        // Of one article and day the last one counts; one statement may not write a row twice.
        let last: BTreeMap<_, _> =
            offers.iter().map(|offer| ((offer.key(), bounds(offer.offer.validity).0), offer)).collect();
        let rows: Vec<_> = last.into_iter().collect();
        self.answer(async {
            let mut writing = self.writing().await?;
            let connection = writing.connection();
            suppliers::read_one(connection, org, supplier, self.engine().for_update()).await?;
            let insert = "INSERT INTO offer (org, id, supplier, offer_key, article, gtin, name, product, pack_content, pack_unit,
                              packs_min, packs_multiple, pack_price, currency, tax_basis_points, valid_from, valid_to, origin,
                              made_by, made_at)";
            let rest = "ON CONFLICT (org, supplier, offer_key, valid_from) DO UPDATE SET
                            article = excluded.article, gtin = excluded.gtin, name = excluded.name,
                            product = COALESCE(excluded.product, offer.product), pack_content = excluded.pack_content,
                            pack_unit = excluded.pack_unit, packs_min = excluded.packs_min,
                            packs_multiple = excluded.packs_multiple, pack_price = excluded.pack_price,
                            currency = excluded.currency, tax_basis_points = excluded.tax_basis_points,
                            valid_to = excluded.valid_to, origin = excluded.origin, made_by = excluded.made_by,
                            made_at = excluded.made_at";
            let inserted = insert_all(connection, insert, 20, rest, &rows, |((key, _), offer), values| {
                let terms = &offer.offer;
                let (from, to) = bounds(terms.validity);
                push_values!(values; org, &offer.id, &supplier, key, &offer.article, &offer.gtin, &offer.name);
                push_values!(values; &offer.product, &terms.pack.content, &terms.pack.unit, &terms.rule.at_least);
                push_values!(values; &terms.rule.multiple_of, &terms.pack_price, &terms.currency);
                push_values!(values; &offer.tax_basis_points, &from, &to, &offer.origin, by, &now);
            })
            .await;
            let exists = || StoreError::exists(What::Offer, supplier);
            on_key(inserted, exists, || StoreError::not_found(What::Supplier, supplier))?;
            match_offers(connection, org, supplier).await?;
            writing.commit().await
        })
        .await
    }

    /// Says which product an offer's article is, in all offers of it; or that it is none of ours.
    pub async fn match_offer(
        &self,
        org: &OrgId,
        id: OfferId,
        product: Option<&ProductId>,
    ) -> Result<(), StoreError> {
        self.answer(async {
            let mut writing = self.writing().await?;
            let connection = writing.connection();
            if let Some(product) = product {
                check_product(connection, org, product).await?;
            }
            let sql = "UPDATE offer SET product = $3
                       WHERE org = $1 AND (supplier, offer_key) IN (
                           SELECT supplier, offer_key FROM offer AS one WHERE one.org = $1 AND one.id = $2)";
            if execute(connection, sql, values![org, &id, product]).await? == 0 {
                return Err(StoreError::not_found(What::Offer, id).into());
            }
            writing.commit().await
        })
        .await
    }

    /// Removes an offer.
    pub async fn remove_offer(&self, org: &OrgId, id: OfferId) -> Result<(), StoreError> {
        self.answer(async {
            let mut writing = self.writing().await?;
            let sql = "DELETE FROM offer WHERE org = $1 AND id = $2";
            if execute(writing.connection(), sql, values![org, &id]).await? == 0 {
                return Err(StoreError::not_found(What::Offer, id).into());
            }
            writing.commit().await
        })
        .await
    }

    /// An offer.
    pub async fn offer(&self, org: &OrgId, id: OfferId) -> Result<StoredOffer, StoreError> {
        self.answer(async {
            let sql = composed(format!("SELECT {COLUMNS} FROM offer WHERE org = $1 AND id = $2"));
            fetch_found(&mut *self.reading().await?, (What::Offer, &id), sql, values![org, &id], read).await
        })
        .await
    }

    /// Offers of a supplier in order of id, those behind `after`.
    pub async fn offers_of(
        &self,
        org: &OrgId,
        supplier: SupplierId,
        after: Option<OfferId>,
        limit: u32,
    ) -> Result<Vec<StoredOffer>, StoreError> {
        self.answer(async {
            let sql =
                composed(format!("SELECT {COLUMNS} FROM offer WHERE org = $1 AND supplier = $2 AND id > $3 ORDER BY id LIMIT $4"));
            let after = after.map_or_else(Vec::new, |after| after.0.as_bytes().to_vec());
            let values = values![org, &supplier, after.as_slice(), &limit];
            fetch_each(&mut *self.reading().await?, What::Offer, sql, values, read).await
        })
        .await
    }

    /// All offers of a product, whatever their days; of each the flag says whether a later one of the same article counts on `on`.
    pub async fn offers_for(
        &self,
        org: &OrgId,
        product: &ProductId,
        on: BusinessDay,
    ) -> Result<Vec<(StoredOffer, bool)>, StoreError> {
        self.answer(async {
            let newer =
                "SELECT 1 FROM offer AS newer WHERE newer.org = offer.org AND newer.supplier = offer.supplier
                             AND newer.offer_key = offer.offer_key AND newer.valid_from > offer.valid_from
                             AND newer.valid_from <= $3 AND newer.valid_to >= $3";
            let sql = composed(format!(
                "SELECT {COLUMNS}, CAST(CASE WHEN EXISTS ({newer}) THEN 1 ELSE 0 END AS BIGINT) FROM offer
                 WHERE org = $1 AND product = $2 ORDER BY supplier, valid_from, id LIMIT $4"
            ));
            let values = values![org, product, &on, &COMPARED_MAX];
            fetch_each(&mut *self.reading().await?, What::Offer, sql, values, |fields| {
                Ok((read(fields)?, fields.take()?))
            })
            .await
        })
        .await
    }

    /// The offers of a stretch of products that hold on a day and have no newer one of the same article, in order of product.
    pub async fn offers_between(
        &self,
        org: &OrgId,
        range: &ProductRange,
        on: BusinessDay,
    ) -> Result<Vec<StoredOffer>, StoreError> {
        self.answer(async {
            let sql = composed(format!(
                "SELECT {COLUMNS} FROM offer
                 WHERE org = $1 AND product >= $2 AND product <= $3 AND valid_from <= $4 AND valid_to >= $4
                     AND NOT EXISTS (SELECT 1 FROM offer AS newer
                         WHERE newer.org = offer.org AND newer.supplier = offer.supplier
                             AND newer.offer_key = offer.offer_key AND newer.valid_from > offer.valid_from
                             AND newer.valid_from <= $4 AND newer.valid_to >= $4)
                 ORDER BY product, supplier, id"
            ));
            let values = values![org, &range.first, &range.last, &on];
            fetch_each(&mut *self.reading().await?, What::Offer, sql, values, read).await
        })
        .await
    }

    /// The newest offer of a supplier's article that holds on a day, by article number or GTIN.
    pub async fn offer_of_article(
        &self,
        org: &OrgId,
        supplier: SupplierId,
        article: &str,
        gtin: Option<Gtin>,
        on: BusinessDay,
    ) -> Result<Option<StoredOffer>, StoreError> {
        self.answer(async {
            let sql = composed(format!(
                "SELECT {COLUMNS} FROM offer WHERE org = $1 AND supplier = $2 AND (offer_key = $3 OR gtin = $4) AND valid_from <= $5
                     AND valid_to >= $5 ORDER BY CASE WHEN offer_key = $3 THEN 0 ELSE 1 END, valid_from DESC LIMIT 1"
            ));
            let key = format!("article {}", number_key(article));
            let values = values![org, &supplier, &key, &gtin, &on];
            let found = fetch_each(&mut *self.reading().await?, What::Offer, sql, values, read).await?;
            Ok(found.into_iter().next())
        })
        .await
    }
}

/// Gives offers without a product the one that is known of their article or GTIN.
async fn match_offers(
    connection: &mut AnyConnection,
    org: &OrgId,
    supplier: SupplierId,
) -> Result<(), Failure> {
    let sql = "UPDATE offer SET product = (
                   SELECT MAX(known.product) FROM offer AS known WHERE known.org = offer.org AND known.supplier = offer.supplier
                       AND known.offer_key = offer.offer_key AND known.product IS NOT NULL)
               WHERE org = $1 AND supplier = $2 AND product IS NULL";
    execute(connection, sql, values![org, &supplier]).await?;
    let sql = "UPDATE offer SET product = (
                   SELECT product.id FROM product WHERE product.org = offer.org AND product.gtin = offer.gtin)
               WHERE org = $1 AND supplier = $2 AND product IS NULL AND gtin IS NOT NULL";
    execute(connection, sql, values![org, &supplier]).await?;
    Ok(())
}

/// Refuses what is no product of the organisation.
pub(super) async fn check_product(
    connection: &mut AnyConnection,
    org: &OrgId,
    product: &ProductId,
) -> Result<(), Failure> {
    let sql = "SELECT 1 FROM product WHERE org = $1 AND id = $2";
    let found: Option<i64> = fetch_value(connection, What::Product, sql, values![org, product]).await?;
    found.ok_or_else(|| StoreError::not_found(What::Product, product))?;
    Ok(())
}

/// Refuses packs and prices that nobody sells.
pub(super) fn check_pack(what: What, name: &str, pack: Pack, price: Decimal) -> Result<(), StoreError> {
    if !(1..=CONTENT_MAX).contains(&pack.content) {
        let problem = format!("a pack holds {}: write 1 to {CONTENT_MAX} pieces or grams", pack.content);
        return Err(StoreError::invalid(what, name, problem));
    }
    let most = Decimal::from(1_000_000_000_u32);
    if price.is_sign_negative() || price > most || price.scale() > 8 {
        let problem =
            format!("a pack costs {price}: write 0 to {most} with at most 8 digits behind the point");
        return Err(StoreError::invalid(what, name, problem));
    }
    Ok(())
}

fn check(new: &NewOffer) -> Result<(), StoreError> {
    let NewOffer { article, name, offer, origin, .. } = new;
    let label = if article.is_empty() { name } else { article };
    [article, name, origin].into_iter().try_for_each(|text| check_text(What::Offer, label, text))?;
    check_pack(What::Offer, label, offer.pack, offer.pack_price)?;
    let PackRule { at_least, multiple_of } = offer.rule;
    if !(1..=PACKS_MAX).contains(&at_least) || !(1..=PACKS_MAX).contains(&multiple_of) {
        let problem = format!("the fewest packs and their multiple must be 1 to {PACKS_MAX}");
        return Err(StoreError::invalid(What::Offer, label, problem));
    }
    let (from, to) = bounds(offer.validity);
    if to < from {
        return Err(StoreError::invalid(
            What::Offer,
            label,
            format!("it ends on {to}, before it begins on {from}"),
        ));
    }
    if name.trim().is_empty() && article.trim().is_empty() && new.gtin.is_none() {
        let problem = "it has neither article number nor GTIN nor name: nobody could tell what it is of";
        return Err(StoreError::invalid(What::Offer, "", problem));
    }
    Ok(())
}

fn read(fields: &mut Fields<'_>) -> Result<StoredOffer, Failure> {
    let (supplier, id, article) = (fields.take()?, fields.take()?, fields.take()?);
    let (gtin, name, product) = (fields.take_option()?, fields.take()?, fields.take_option()?);
    let pack = Pack { content: fields.take()?, unit: fields.take()? };
    let rule = PackRule { at_least: fields.take()?, multiple_of: fields.take()? };
    let (pack_price, currency) = (fields.take()?, fields.take()?);
    let validity = validity(fields.take()?, fields.take()?);
    Ok(StoredOffer {
        supplier,
        offer: NewOffer {
            id,
            article,
            gtin,
            name,
            product,
            offer: Offer { pack, rule, pack_price, currency, validity },
            tax_basis_points: fields.take_option()?,
            origin: fields.take()?,
        },
        made_by: fields.take()?,
        made_at: fields.take()?,
    })
}
