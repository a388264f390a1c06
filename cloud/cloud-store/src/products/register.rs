//! Making and changing products.

use domain::ids::{OrgId, ProductId};
use domain::product::Product;
use domain::time::WallMs;
use sqlx::AnyConnection;

use super::price_history::{keep_past_prices, note_price};
use super::rows::{PRODUCT, check_product, read_product, search_text};
use super::{Category, NewPhoto, PhotoState, PriceOrigin, Registered, Registration, StoredProduct};
use crate::error::{StoreError, What};
use crate::events::{NewEvent, emit};
use crate::ids::{Actor, EventId, PhotoId};
use crate::jobs::{NewJob, insert_job};
use crate::organisations::check_label;
use crate::sql::{
    Failure, Values, composed, execute, fetch_each, fetch_found, fetch_values, push_values, values,
};
use crate::store::{Store, on_key};

impl Store {
    /// Makes a product or changes it, takes its new photos, and asks for what has to follow: all or nothing. The same again
    /// changes nothing and says so.
    pub async fn register_product(
        &self,
        org: &OrgId,
        registration: &Registration,
        now: WallMs,
    ) -> Result<Registered, StoreError> {
        check_registration(registration)?;
        self.answer(async {
            let mut writing = self.writing().await?;
            let by = writing.actor();
            let done = self.register_within(writing.connection(), org, registration, &by, now).await?;
            writing.commit().await?;
            Ok(done)
        })
        .await
    }

    /// The same for a checked registration, as a part of somebody's transaction.
    pub(crate) async fn register_within(
        &self,
        connection: &mut AnyConnection,
        org: &OrgId,
        registration: &Registration,
        by: &Actor,
        now: WallMs,
    ) -> Result<Registered, Failure> {
        let Registration { product, category, photos, event, job } = registration;
        if let Some(category) = category {
            put_category(connection, org, category).await?;
        }
        check_numbers_are_free(connection, org, product).await?;
        let category = category.as_ref().map(|category| category.name.as_str());
        let is_new = insert_product(connection, org, product, category, now).await?;
        if is_new {
            note_price(connection, org, product, PriceOrigin::Registered, by, now).await?;
        }
        let changed = is_new || self.change_product(connection, org, product, category, by, now).await?;
        let mut done = Registered { is_new, changed, ..Registered::default() };
        for photo in photos {
            if insert_photo(connection, org, &product.id, photo, now).await? {
                done.new_photos.push(photo.id);
            }
        }
        if changed {
            done.event = Some(emit(connection, org, event, now).await?);
        }
        if let Some(job) = job.as_ref().filter(|_| !done.new_photos.is_empty()) {
            done.job = insert_job(connection, org, job, now).await?;
        }
        Ok(done)
    }

    /// Archives a product, or takes it back. Gives back the event where that changed anything.
    pub async fn archive_product(
        &self,
        org: &OrgId,
        id: &ProductId,
        archived: bool,
        event: &NewEvent,
        now: WallMs,
    ) -> Result<Option<EventId>, StoreError> {
        self.answer(async {
            let mut writing = self.writing().await?;
            let connection = writing.connection();
            let before = self.lock_product(connection, org, id).await?;
            if before.product.archived == archived {
                return Ok(None);
            }
            let sql = "UPDATE product SET archived = $3, updated_at = $4 WHERE org = $1 AND id = $2";
            execute(connection, sql, values![org, id, &archived, &now]).await?;
            let event = emit(connection, org, event, now).await?;
            writing.commit().await?;
            Ok(Some(event))
        })
        .await
    }

    /// Removes a product with its photos, views, prices to come, forecasts, reservations and what was said of ordering it; sales keep what they say
    /// about it, and what it cost stays known. Gives back the keys of its photos' bytes; `job` is asked for in the same transaction, to remove those.
    pub async fn delete_product(
        &self,
        org: &OrgId,
        id: &ProductId,
        event: &NewEvent,
        job: Option<&NewJob>,
        now: WallMs,
    ) -> Result<Vec<String>, StoreError> {
        self.answer(async {
            let mut writing = self.writing().await?;
            let connection = writing.connection();
            self.lock_product(connection, org, id).await?;
            execute(connection, "DELETE FROM product_view WHERE org = $1 AND product = $2", values![org, id])
                .await?;
            let sql = "DELETE FROM photo WHERE org = $1 AND product = $2 RETURNING blob_key";
            let keys = fetch_values(connection, What::Photo, sql, values![org, id]).await?;
            keep_past_prices(connection, org, id, now).await?;
            for sql in [
                "DELETE FROM price_change WHERE org = $1 AND product = $2",
                "DELETE FROM store_price WHERE org = $1 AND product = $2",
                "DELETE FROM forecast WHERE org = $1 AND product = $2",
                "DELETE FROM forecast_part WHERE org = $1 AND product = $2",
                "DELETE FROM ordering_rule WHERE org = $1 AND product = $2",
                "DELETE FROM stock_reorder WHERE org = $1 AND product = $2",
                "DELETE FROM stock_reservation WHERE org = $1 AND product = $2",
                "DELETE FROM product WHERE org = $1 AND id = $2",
            ] {
                execute(connection, sql, values![org, id]).await?;
            }
            emit(connection, org, event, now).await?;
            if let Some(job) = job {
                insert_job(connection, org, job, now).await?;
            }
            writing.commit().await?;
            Ok(keys)
        })
        .await
    }

    /// Makes a category or changes its family.
    pub async fn put_category(&self, org: &OrgId, category: &Category) -> Result<(), StoreError> {
        check_label(What::Category, &category.name, &category.name)?;
        self.answer(async {
            let mut writing = self.writing().await?;
            put_category(writing.connection(), org, category).await?;
            writing.commit().await
        })
        .await
    }

    /// The categories of an organisation in order of name.
    pub async fn categories(&self, org: &OrgId) -> Result<Vec<Category>, StoreError> {
        self.answer(async {
            let sql = "SELECT name, family FROM category WHERE org = $1 ORDER BY name";
            fetch_each(&mut *self.reading().await?, What::Category, sql, values![org], |fields| {
                Ok(Category { name: fields.take()?, family: fields.take()? })
            })
            .await
        })
        .await
    }

    /// Holds a product's row until the transaction ends.
    pub(crate) async fn lock_product(
        &self,
        connection: &mut AnyConnection,
        org: &OrgId,
        id: &ProductId,
    ) -> Result<StoredProduct, Failure> {
        let sql = composed(format!("{PRODUCT} WHERE org = $1 AND id = $2{}", self.engine().for_update()));
        fetch_found(connection, (What::Product, id), sql, values![org, id], read_product).await
    }

    /// Whether there was anything to change.
    async fn change_product(
        &self,
        connection: &mut AnyConnection,
        org: &OrgId,
        product: &Product,
        category: Option<&str>,
        by: &Actor,
        now: WallMs,
    ) -> Result<bool, Failure> {
        let before = self.lock_product(connection, org, &product.id).await?;
        // A category that is not named stays.
        let category = category.or(before.category.as_deref());
        if before.product == *product && before.category.as_deref() == category {
            return Ok(false);
        }
        let sql =
            "UPDATE product SET sku = $3, names = $4, search_text = $5, category = $6, price_minor = $7,
                       currency = $8, price_per = $9, tax_code = $10, gtin = $11, plu = $12, age_limit = $13,
                       archived = $14, picture = $15, updated_at = $16
                   WHERE org = $1 AND id = $2";
        let mut values = Values::default();
        product_values(&mut values, org, product, category);
        values.push(&now);
        on_key(
            execute(connection, sql, values).await,
            || StoreError::exists(What::Product, &product.id),
            || StoreError::not_found(What::Category, category.unwrap_or_default()),
        )?;
        if before.product.price != product.price {
            note_price(connection, org, product, PriceOrigin::Edited, by, now).await?;
        }
        Ok(true)
    }
}

/// What can be refused before anything is asked.
pub(crate) fn check_registration(registration: &Registration) -> Result<(), StoreError> {
    check_product(&registration.product)?;
    let Some(category) = &registration.category else { return Ok(()) };
    check_label(What::Category, &category.name, &category.name)
}

/// Adds a product's columns but for the moments, 15 of them.
pub(crate) fn product_values(values: &mut Values, org: &OrgId, product: &Product, category: Option<&str>) {
    let Product { id, sku, name, gtin, plu, price, tax_code, age_limit, archived, picture } = product;
    push_values!(values; org, id, sku, name, &search_text(product), category);
    push_values!(values; price, tax_code, gtin, plu, age_limit, archived, picture);
}

async fn insert_product(
    connection: &mut AnyConnection,
    org: &OrgId,
    product: &Product,
    category: Option<&str>,
    now: WallMs,
) -> Result<bool, Failure> {
    let sql =
        "INSERT INTO product (org, id, sku, names, search_text, category, price_minor, currency, price_per,
                                    tax_code, gtin, plu, age_limit, archived, picture, created_at, updated_at)
               VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11, $12, $13, $14, $15, $16, $16)
               ON CONFLICT (org, id) DO NOTHING";
    let mut values = Values::default();
    product_values(&mut values, org, product, category);
    values.push(&now);
    let rows = on_key(
        execute(connection, sql, values).await,
        || {
            StoreError::conflict(
                What::Product,
                &product.id,
                "has a number that another product has: give it another",
            )
        },
        || StoreError::not_found(What::Organisation, org),
    )?;
    Ok(rows > 0)
}

/// Names the product that has one of the numbers already; the unique keys stand behind this.
async fn check_numbers_are_free(
    connection: &mut AnyConnection,
    org: &OrgId,
    product: &Product,
) -> Result<(), Failure> {
    let gtin = product.gtin.map(|gtin| gtin.to_string());
    let plu = product.plu.map(|plu| plu.to_string());
    let numbers =
        [("SKU", "sku", Some(&product.sku)), ("GTIN", "gtin", gtin.as_ref()), ("PLU", "plu", plu.as_ref())];
    for (label, column, number) in numbers {
        let Some(number) = number else { continue };
        let sql = composed(format!("SELECT id FROM product WHERE org = $1 AND {column} = $2 AND id <> $3"));
        let taken: Vec<ProductId> =
            fetch_values(connection, What::Product, sql, values![org, number, &product.id]).await?;
        if let Some(other) = taken.first() {
            let problem =
                format!("cannot have the {label} `{number}`: `{other}` has it; give one of them another");
            return Err(StoreError::conflict(What::Product, &product.id, problem).into());
        }
    }
    Ok(())
}

pub(crate) async fn put_category(
    connection: &mut AnyConnection,
    org: &OrgId,
    category: &Category,
) -> Result<(), Failure> {
    let sql = "INSERT INTO category (org, name, family) VALUES ($1, $2, $3)
               ON CONFLICT (org, name) DO UPDATE SET family = excluded.family WHERE excluded.family <> ''";
    let missing = || StoreError::not_found(What::Organisation, org);
    let inserted = execute(connection, sql, values![org, &category.name, &category.family]).await;
    on_key(inserted, missing, missing)?;
    Ok(())
}

/// Whether it was taken; a photo that was removed before is taken again.
async fn insert_photo(
    connection: &mut AnyConnection,
    org: &OrgId,
    product: &ProductId,
    photo: &NewPhoto,
    now: WallMs,
) -> Result<bool, Failure> {
    let sql = "INSERT INTO photo (org, product, id, blob_key, hash, media_type, size_bytes, state, made_at)
               VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9)
               ON CONFLICT (org, product, hash) WHERE state <> 'removed' DO NOTHING";
    let NewPhoto { id, blob_key, hash, media_type, size_bytes } = photo;
    let state = PhotoState::Waiting;
    let values = values![org, product, id, blob_key, hash, media_type, size_bytes, &state, &now];
    let missing = || StoreError::not_found(What::Product, product);
    let rows = on_key(execute(connection, sql, values).await, || photo_exists(*id), missing)?;
    Ok(rows > 0)
}

fn photo_exists(id: PhotoId) -> StoreError {
    StoreError::exists(What::Photo, id)
}
