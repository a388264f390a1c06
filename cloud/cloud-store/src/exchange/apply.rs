//! A plan becomes products, slice by slice.

use std::collections::{BTreeMap, BTreeSet};

use domain::ids::{OrgId, ProductId};
use domain::product::Product;
use domain::quantity::UnitPrice;
use domain::time::WallMs;
use sqlx::AnyConnection;

use super::{ImportRow, ImportState};
use crate::bulk::{fetch_all_of, insert_all, update_all_of};
use crate::error::{StoreError, What};
use crate::events::NewEvent;
use crate::ids::{Actor, CatalogueImportId};
use crate::jobs::{NewJob, insert_job};
use crate::products::{
    Category, PRODUCT, PriceOrigin, StoredProduct, check_product, product_values, put_category, read_product,
};
use crate::sql::{Failure, Fields, composed, execute, fetch_each, push_values, values};
use crate::store::{Store, on_key};

/// What is to be written of a row.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum ImportWrite {
    /// The product as it is to be.
    Put(Box<ImportPut>),
    /// It is so already.
    Nothing,
    /// It cannot be any more: something has changed since the plan.
    Refused(String),
}

/// A product as it is to be, with what has to follow.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ImportPut {
    /// The product.
    pub product: Product,
    /// Its category, which is made where it is not there.
    pub category: Option<Category>,
    /// A price for its history, or one to come.
    pub price: Option<ImportPrice>,
    /// What others are told.
    pub event: NewEvent,
}

/// A price from a moment on.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ImportPrice {
    /// The price.
    pub price: UnitPrice,
    /// From when on.
    pub from: WallMs,
    /// How it came: what is scheduled the product does not have yet.
    pub origin: PriceOrigin,
}

/// What a slice did.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub struct Applied {
    /// Rows that are settled by it.
    pub settled: u64,
    /// Products that were written.
    pub written: u64,
    /// Nothing is left, and the import is done.
    pub is_done: bool,
}

pub(super) const ROW: &str = "SELECT number, file_row, outcome, product, label, said, changes, problem, done FROM catalogue_import_row";

impl Store {
    /// Settles the next rows of a plan, at most `limit`, in one transaction that holds their products: `decide` says of each row and
    /// the product as it is now what to write. Once nothing is left the import is done, and `publish` is asked for. A number that
    /// another product has makes all of the slice fail with a conflict; of a slice of one row, [`Store::next_import_row`], it is that
    /// row's fault, and [`Store::refuse_import_row`] passes it over.
    pub async fn apply_import_rows(
        &self,
        org: &OrgId,
        id: CatalogueImportId,
        limit: u32,
        decide: &(dyn Fn(&ImportRow, Option<&StoredProduct>) -> ImportWrite + Sync),
        (by, publish, now): (&Actor, &NewJob, WallMs),
    ) -> Result<Applied, StoreError> {
        self.answer(async {
            let mut writing = self.writing().await?;
            let connection = writing.connection();
            if self.lock_import(connection, org, id).await? != ImportState::Applying {
                return Ok(Applied { is_done: true, ..Applied::default() });
            }
            let rows = open_rows(connection, org, id, limit).await?;
            let known = self.lock_products(connection, org, &rows).await?;
            let (mut puts, mut refused) = (Vec::new(), Vec::new());
            for row in &rows {
                let product = row.product.as_ref().and_then(|id| known.get(id));
                match decide(row, product) {
                    ImportWrite::Put(put) => puts.push(*put),
                    ImportWrite::Nothing => {}
                    ImportWrite::Refused(problem) => refused.push((row.number, problem)),
                }
            }
            write(connection, org, &puts, (by, now)).await?;
            for (number, problem) in &refused {
                refuse(connection, org, id, *number, problem).await?;
            }
            let done: Vec<u64> = rows.iter().map(|row| row.number).collect();
            let update = "UPDATE catalogue_import_row SET done = $1 WHERE (org, import, number)";
            update_all_of(connection, update, &[1], 3, &done, |number, values| {
                push_values!(values; org, &id, number);
            })
            .await?;
            let is_done = rows.len() < limit as usize;
            let sql = "UPDATE catalogue_import SET done_count = done_count + $3, refused_count = refused_count + $4,
                           state = CASE WHEN $5 = 1 THEN 'applied' ELSE state END,
                           finished_at = CASE WHEN $5 = 1 THEN $6 ELSE finished_at END
                       WHERE org = $1 AND id = $2";
            let settled = done.len() as u64;
            let applied = settled - refused.len() as u64;
            let values = values![org, &id, &applied, &(refused.len() as u64), &is_done, &now];
            execute(connection, sql, values).await?;
            if is_done {
                insert_job(connection, org, publish, now).await?;
            }
            writing.commit().await?;
            Ok(Applied { settled, written: puts.len() as u64, is_done })
        })
        .await
    }

    /// The row of a plan that is settled next; none where nothing is left.
    pub async fn next_import_row(
        &self,
        org: &OrgId,
        id: CatalogueImportId,
    ) -> Result<Option<ImportRow>, StoreError> {
        self.answer(async {
            Ok(open_rows(&mut *self.reading().await?, org, id, 1).await?.into_iter().next())
        })
        .await
    }

    /// Passes over a row of a plan, with the reason; one that another worker has settled meanwhile stays as that one left it.
    pub async fn refuse_import_row(
        &self,
        org: &OrgId,
        id: CatalogueImportId,
        number: u64,
        problem: &str,
    ) -> Result<(), StoreError> {
        self.answer(async {
            let mut writing = self.writing().await?;
            let connection = writing.connection();
            if self.lock_import(connection, org, id).await? != ImportState::Applying
                || refuse(connection, org, id, number, problem).await? == 0
            {
                return Ok(());
            }
            let sql =
                "UPDATE catalogue_import SET refused_count = refused_count + 1 WHERE org = $1 AND id = $2";
            execute(connection, sql, values![org, &id]).await?;
            writing.commit().await
        })
        .await
    }

    /// The products of these rows, held until the transaction ends. They are held in order of id, so that two imports wait for each
    /// other and never in a circle.
    async fn lock_products(
        &self,
        connection: &mut AnyConnection,
        org: &OrgId,
        rows: &[ImportRow],
    ) -> Result<BTreeMap<ProductId, StoredProduct>, Failure> {
        let ids: Vec<&ProductId> =
            rows.iter().filter_map(|row| row.product.as_ref()).collect::<BTreeSet<_>>().into_iter().collect();
        if ids.is_empty() {
            return Ok(BTreeMap::new());
        }
        let select = format!("{PRODUCT} WHERE (org, id)");
        let rest = format!("ORDER BY id{}", self.engine().for_update());
        let found = fetch_all_of(connection, &select, 2, &rest, &ids, |id, values| {
            values.push(org);
            values.push(*id);
        })
        .await?;
        let read = |row| read_product(&mut Fields::of(row, What::Product));
        let found = found.iter().map(read).collect::<Result<Vec<_>, Failure>>()?;
        Ok(found.into_iter().map(|stored| (stored.product.id.clone(), stored)).collect())
    }
}

async fn open_rows(
    connection: &mut AnyConnection,
    org: &OrgId,
    id: CatalogueImportId,
    limit: u32,
) -> Result<Vec<ImportRow>, Failure> {
    let sql = composed(format!(
        "{ROW} WHERE org = $1 AND import = $2 AND done = 0 AND outcome <> 'left_out' ORDER BY number LIMIT $3"
    ));
    fetch_each(connection, What::Import, sql, values![org, &id, &limit], read_row).await
}

/// Gives back how many rows were open, one or none.
async fn refuse(
    connection: &mut AnyConnection,
    org: &OrgId,
    id: CatalogueImportId,
    number: u64,
    problem: &str,
) -> Result<u64, Failure> {
    let sql = "UPDATE catalogue_import_row SET problem = $4, done = 1
               WHERE org = $1 AND import = $2 AND number = $3 AND done = 0";
    Ok(execute(connection, sql, values![org, &id, &number, problem]).await?)
}

async fn write(
    connection: &mut AnyConnection,
    org: &OrgId,
    puts: &[ImportPut],
    (by, now): (&Actor, WallMs),
) -> Result<(), Failure> {
    puts.iter().try_for_each(|put| check_product(&put.product))?;
    let categories: BTreeMap<&str, &Category> =
        puts.iter().filter_map(|put| put.category.as_ref()).map(|one| (one.name.as_str(), one)).collect();
    for category in categories.values() {
        crate::organisations::check_label(What::Category, &category.name, &category.name)?;
        put_category(connection, org, category).await?;
    }
    let mut in_order: Vec<&ImportPut> = puts.iter().collect();
    in_order.sort_by(|a, b| a.product.id.cmp(&b.product.id));
    let insert = "INSERT INTO product (org, id, sku, names, search_text, category, price_minor, currency, price_per, tax_code, gtin,
                      plu, age_limit, archived, picture, created_at, updated_at)";
    let rest = "ON CONFLICT (org, id) DO UPDATE SET sku = excluded.sku, names = excluded.names, search_text = excluded.search_text,
                    category = COALESCE(excluded.category, product.category), price_minor = excluded.price_minor,
                    currency = excluded.currency, price_per = excluded.price_per, tax_code = excluded.tax_code,
                    gtin = excluded.gtin, plu = excluded.plu, age_limit = excluded.age_limit, archived = excluded.archived,
                    picture = excluded.picture, updated_at = excluded.updated_at";
    let written = insert_all(connection, insert, 17, rest, &in_order, |put, values| {
        product_values(
            values,
            org,
            &put.product,
            put.category.as_ref().map(|category| category.name.as_str()),
        );
        push_values!(values; &now, &now);
    });
    let taken = || {
        let problem =
            "has a number that another product has: give one of them another, and send the file again";
        // Of several nobody knows which; they are tried alone then.
        let alone = if let [only] = puts { only.product.id.as_str() } else { "" };
        StoreError::conflict(What::Product, alone, problem)
    };
    on_key(written.await, taken, || StoreError::not_found(What::Organisation, org))?;
    write_prices(connection, org, &in_order, (by, now)).await?;
    let insert = "INSERT INTO outbox_event (org, topic, event_key, payload, made_at)";
    insert_all(connection, insert, 5, "", &in_order, |put, values| {
        let NewEvent { topic, key, payload } = &put.event;
        push_values!(values; org, topic, key, payload.as_slice(), &now);
    })
    .await?;
    Ok(())
}

async fn write_prices(
    connection: &mut AnyConnection,
    org: &OrgId,
    puts: &[&ImportPut],
    (by, now): (&Actor, WallMs),
) -> Result<(), Failure> {
    let prices: Vec<(&ProductId, &ImportPrice)> =
        puts.iter().filter_map(|put| Some((&put.product.id, put.price.as_ref()?))).collect();
    let insert = "INSERT INTO price_change (org, product, effective_from, price_minor, currency, price_per, made_by, made_at,
                      applied_at, origin)";
    let rest = "ON CONFLICT (org, product, effective_from) DO UPDATE SET price_minor = excluded.price_minor,
                    currency = excluded.currency, price_per = excluded.price_per, made_by = excluded.made_by,
                    made_at = excluded.made_at, applied_at = excluded.applied_at, origin = excluded.origin";
    insert_all(connection, insert, 10, rest, &prices, |(product, price), values| {
        push_values!(values; org, *product, &price.from, &price.price, by, &now);
        values.push(&(price.origin != PriceOrigin::Scheduled).then_some(now));
        values.push(&price.origin);
    })
    .await?;
    Ok(())
}

pub(super) fn read_row(fields: &mut Fields<'_>) -> Result<ImportRow, Failure> {
    Ok(ImportRow {
        number: fields.take()?,
        file_row: fields.take_option()?,
        outcome: fields.take()?,
        product: fields.take_option()?,
        label: fields.take()?,
        said: fields.take()?,
        changes: fields.take()?,
        problem: fields.take()?,
        done: fields.take()?,
    })
}
