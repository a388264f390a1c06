//! Prices of one store, in place of the organisation's.

use std::collections::BTreeMap;

use domain::ids::{OrgId, ProductId, StoreId};
use domain::money::Money;
use domain::quantity::UnitPrice;
use domain::time::WallMs;
use sqlx::AnyConnection;

use super::StorePrice;
use super::price_history::begins_at;
use crate::error::{StoreError, What};
use crate::sql::{Failure, Fields, composed, execute, fetch_each, fetch_value, push_values, values};
use crate::store::Store;

impl Store {
    /// Says what a product costs in one store from a moment on, or that the organisation's price counts there again; the same
    /// moment again replaces what was said, unless that has taken effect: then this counts from now on, and the past stays. A
    /// moment that is past takes effect with the next [`Store::apply_due_store_prices`].
    pub async fn schedule_store_price(
        &self,
        org: &OrgId,
        product: &ProductId,
        price: &StorePrice,
    ) -> Result<(), StoreError> {
        self.answer(async {
            let mut writing = self.writing().await?;
            let connection = writing.connection();
            let mut stored = self.lock_product(connection, org, product).await?.product;
            let before = stored.price;
            stored.price = price.price.unwrap_or(before);
            super::rows::check_product(&stored)?;
            crate::people::check_store(connection, org, Some(&price.store)).await?;
            put_store_price(connection, org, product, price, &before).await?;
            writing.commit().await
        })
        .await
    }

    /// Takes back a store's price that has not taken effect.
    pub async fn cancel_store_price(
        &self,
        org: &OrgId,
        product: &ProductId,
        store: &StoreId,
        effective_from: WallMs,
    ) -> Result<(), StoreError> {
        self.answer(async {
            let mut writing = self.writing().await?;
            let sql = "DELETE FROM store_price
                       WHERE org = $1 AND store = $2 AND product = $3 AND effective_from = $4 AND applied_at IS NULL";
            let values = values![org, store, product, &effective_from];
            if execute(writing.connection(), sql, values).await? == 0 {
                let name = format!("of {product} in {store} from {}", effective_from.0);
                return Err(StoreError::not_found(What::Price, name).into());
            }
            writing.commit().await
        })
        .await
    }

    /// A product's prices in one store: the one that counts there, if there is one, and those to come, in order.
    pub async fn store_prices_of(
        &self,
        org: &OrgId,
        product: &ProductId,
        store: &StoreId,
    ) -> Result<Vec<StorePrice>, StoreError> {
        self.answer(async {
            let begins = begins_at("");
            let sql = composed(format!(
                "SELECT store, effective_from, price_minor, currency, price_per, made_by, made_at
                 FROM store_price WHERE org = $1 AND store = $2 AND product = $3
                     AND {begins} >= COALESCE((
                         SELECT MAX({}) FROM store_price AS past
                         WHERE past.org = $1 AND past.store = $2 AND past.product = $3
                             AND past.applied_at IS NOT NULL), 0)
                 ORDER BY {begins}, effective_from",
                begins_at("past.")
            ));
            let values = values![org, store, product];
            fetch_each(&mut *self.reading().await?, What::Price, sql, values, read_store_price).await
        })
        .await
    }

    /// The prices that count in a store in place of the organisation's at a moment.
    pub async fn prices_of_store(
        &self,
        org: &OrgId,
        store: &StoreId,
        at: WallMs,
    ) -> Result<BTreeMap<ProductId, UnitPrice>, StoreError> {
        self.answer(async {
            let sql = composed(format!(
                "SELECT product, price_minor, currency, price_per FROM store_price
                 WHERE org = $1 AND store = $2 AND effective_from <= $3 ORDER BY {}, effective_from",
                begins_at("")
            ));
            let values = values![org, store, &at];
            let mut connection = self.reading().await?;
            let rows = fetch_each(&mut connection, What::Price, sql, values, |fields| {
                let product: ProductId = fields.take()?;
                Ok((product, read_amount(fields)?))
            });
            // Later ones come later and win; one without an amount ends what was before it.
            let newest: BTreeMap<ProductId, Option<UnitPrice>> = rows.await?.into_iter().collect();
            Ok(newest.into_iter().filter_map(|(product, price)| Some((product, price?))).collect())
        })
        .await
    }

    /// When the next price of a store takes effect, of any organisation: until then nothing is due.
    pub async fn next_store_price_at(&self) -> Result<Option<WallMs>, StoreError> {
        self.answer(async {
            let sql = "SELECT COALESCE(MIN(effective_from), -1) FROM store_price WHERE applied_at IS NULL";
            let next: Option<i64> =
                fetch_value(&mut *self.reading().await?, What::Price, sql, values![]).await?;
            Ok(next.filter(|&next| next >= 0).map(WallMs))
        })
        .await
    }

    /// Lets prices of stores that are due take effect. Gives back the organisations whose stores need new generations.
    pub async fn apply_due_store_prices(&self, now: WallMs) -> Result<Vec<OrgId>, StoreError> {
        self.answer(async {
            let mut writing = self.writing().await?;
            let applied = apply(writing.connection(), now).await?;
            writing.commit().await?;
            Ok(applied)
        })
        .await
    }
}

/// Writes down what a product costs in one store from a moment on, in the transaction that holds the product, whose price in the
/// organisation is given. What has taken effect is never written over.
pub(crate) async fn put_store_price(
    connection: &mut AnyConnection,
    org: &OrgId,
    product: &ProductId,
    price: &StorePrice,
    otherwise: &UnitPrice,
) -> Result<(), Failure> {
    let sql = "SELECT price_minor, currency, price_per FROM store_price
               WHERE org = $1 AND store = $2 AND product = $3 AND effective_from = $4 AND applied_at IS NOT NULL";
    let values = values![org, &price.store, product, &price.effective_from];
    let mut from = price.effective_from;
    if let Some(counted) = fetch_each(connection, What::Price, sql, values, read_amount).await?.first() {
        if *counted == price.price {
            return Ok(());
        }
        let sql = "SELECT COALESCE(MAX(effective_from), -1) FROM store_price
                   WHERE org = $1 AND store = $2 AND product = $3 AND applied_at IS NOT NULL";
        let values = values![org, &price.store, product];
        let newest: Option<i64> = fetch_value(connection, What::Price, sql, values).await?;
        from = WallMs(price.made_at.0.max(newest.unwrap_or(-1) + 1));
    }
    let sql =
        "INSERT INTO store_price (org, store, product, effective_from, price_minor, currency, price_per,
                                        made_by, made_at)
               VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9)
               ON CONFLICT (org, store, product, effective_from) DO UPDATE SET
                   price_minor = excluded.price_minor, currency = excluded.currency,
                   price_per = excluded.price_per, made_by = excluded.made_by, made_at = excluded.made_at";
    let shape = price.price.as_ref().unwrap_or(otherwise);
    let minor = price.price.map(|price| price.amount.minor);
    let mut values = values![org, &price.store, product, &from, &minor];
    push_values!(values; &shape.amount.currency, &shape.per, &price.made_by, &price.made_at);
    execute(connection, sql, values).await?;
    Ok(())
}

async fn apply(connection: &mut AnyConnection, now: WallMs) -> Result<Vec<OrgId>, Failure> {
    let sql = "UPDATE store_price SET applied_at = $1 WHERE applied_at IS NULL AND effective_from <= $1 RETURNING org";
    let rows = fetch_each(connection, What::Price, sql, values![&now], |fields| {
        let org: OrgId = fields.take()?;
        Ok(org)
    });
    let mut organisations = rows.await?;
    organisations.sort();
    organisations.dedup();
    Ok(organisations)
}

fn read_store_price(fields: &mut Fields<'_>) -> Result<StorePrice, Failure> {
    Ok(StorePrice {
        store: fields.take()?,
        effective_from: fields.take()?,
        price: read_amount(fields)?,
        made_by: fields.take()?,
        made_at: fields.take()?,
    })
}

/// A price, or nothing where the organisation's counts again.
pub(super) fn read_amount(fields: &mut Fields<'_>) -> Result<Option<UnitPrice>, Failure> {
    let minor: Option<i64> = fields.take_option()?;
    let (currency, per) = (fields.take()?, fields.take()?);
    Ok(minor.map(|minor| UnitPrice { amount: Money::new(minor, currency), per }))
}
