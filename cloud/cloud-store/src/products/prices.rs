//! Prices from a moment on.

use domain::ids::{OrgId, ProductId};
use domain::quantity::UnitPrice;
use domain::time::WallMs;
use sqlx::AnyConnection;

use super::price_history::begins_at;
use super::rows::{read_price, read_scheduled};
use super::{ScheduledPrice, StoredProduct};
use crate::error::{StoreError, What};
use crate::events::{NewEvent, emit};
use crate::ids::Actor;
use crate::sql::{Failure, composed, execute, fetch_each, fetch_value, push_values, values};
use crate::store::Store;

/// A price change that is due: its row, whose it is, and the price.
struct Due {
    row: i64,
    org: OrgId,
    product: ProductId,
    price: UnitPrice,
}

impl Store {
    /// Says what a product costs from a moment on; the same moment again replaces what was said, unless that has taken effect: then
    /// the new price counts from now on, and the past stays. A moment that is past takes effect with the next
    /// [`Store::apply_due_prices`].
    pub async fn schedule_price(
        &self,
        org: &OrgId,
        product: &ProductId,
        price: &UnitPrice,
        effective_from: WallMs,
        by: &Actor,
        now: WallMs,
    ) -> Result<(), StoreError> {
        self.answer(async {
            let mut writing = self.writing().await?;
            let connection = writing.connection();
            let mut stored = self.lock_product(connection, org, product).await?.product;
            stored.price = *price;
            super::rows::check_product(&stored)?;
            put_price(connection, org, product, (price, effective_from), (by, now)).await?;
            writing.commit().await
        })
        .await
    }

    /// Takes back a price that has not taken effect.
    pub async fn cancel_price(
        &self,
        org: &OrgId,
        product: &ProductId,
        effective_from: WallMs,
    ) -> Result<(), StoreError> {
        self.answer(async {
            let mut writing = self.writing().await?;
            let sql = "DELETE FROM price_change
                       WHERE org = $1 AND product = $2 AND effective_from = $3 AND applied_at IS NULL";
            if execute(writing.connection(), sql, values![org, product, &effective_from]).await? == 0 {
                let name = format!("of {product} from {}", effective_from.0);
                return Err(StoreError::not_found(What::Price, name).into());
            }
            writing.commit().await
        })
        .await
    }

    /// The prices to come of a product, in order.
    pub async fn scheduled_prices(
        &self,
        org: &OrgId,
        product: &ProductId,
    ) -> Result<Vec<ScheduledPrice>, StoreError> {
        self.answer(async {
            let sql = "SELECT product, effective_from, price_minor, currency, price_per, made_by, made_at
                       FROM price_change WHERE org = $1 AND product = $2 AND applied_at IS NULL
                       ORDER BY effective_from";
            fetch_each(&mut *self.reading().await?, What::Price, sql, values![org, product], read_scheduled)
                .await
        })
        .await
    }

    /// When the next price takes effect, of any organisation: until then nothing is due.
    pub async fn next_price_at(&self) -> Result<Option<WallMs>, StoreError> {
        self.answer(async {
            let sql = "SELECT COALESCE(MIN(effective_from), -1) FROM price_change WHERE applied_at IS NULL";
            let next: Option<i64> =
                fetch_value(&mut *self.reading().await?, What::Price, sql, values![]).await?;
            Ok(next.filter(|&next| next >= 0).map(WallMs))
        })
        .await
    }

    /// Lets prices that are due take effect, at most `limit`, those due longest first. `event` tells of a product with its
    /// new price. Gives back what changed: their stores need new generations.
    pub async fn apply_due_prices(
        &self,
        now: WallMs,
        limit: u32,
        event: &(dyn Fn(&OrgId, &StoredProduct) -> NewEvent + Sync),
    ) -> Result<Vec<(OrgId, ProductId)>, StoreError> {
        self.answer(async {
            let mut writing = self.writing().await?;
            let connection = writing.connection();
            let sql = "SELECT id, org, product, price_minor, currency, price_per FROM price_change
                       WHERE applied_at IS NULL AND effective_from <= $1 ORDER BY effective_from, id LIMIT $2";
            let due = fetch_each(connection, What::Price, sql, values![&now, &limit], |fields| {
                let (row, org, product) = (fields.take()?, fields.take()?, fields.take()?);
                Ok(Due { row, org, product, price: read_price(fields)? })
            });
            let mut changed = Vec::new();
            for Due { row, org, product, price } in due.await? {
                let mut stored = self.lock_product(connection, &org, &product).await?;
                // Another process may have been faster; the product's row made this one wait for it.
                let sql = "UPDATE price_change SET applied_at = $2 WHERE id = $1 AND applied_at IS NULL";
                let taken = execute(connection, sql, values![row, &now]).await? > 0;
                // A price that was set by hand after this one's moment counts.
                let overtaken = is_overtaken(connection, row).await?;
                if !taken || overtaken || stored.product.price == price {
                    continue;
                }
                let sql = "UPDATE product SET price_minor = $3, currency = $4, price_per = $5, updated_at = $6
                           WHERE org = $1 AND id = $2";
                let mut values = values![&org, &product, &price];
                values.push(&now);
                execute(connection, sql, values).await?;
                (stored.product.price, stored.updated_at) = (price, now);
                emit(connection, &org, &event(&org, &stored), now).await?;
                changed.push((org, product));
            }
            writing.commit().await?;
            Ok(changed)
        })
        .await
    }
}

/// Writes down what a product costs from a moment on, in the transaction that holds the product. What has taken effect is never
/// written over.
pub(crate) async fn put_price(
    connection: &mut AnyConnection,
    org: &OrgId,
    product: &ProductId,
    (price, effective_from): (&UnitPrice, WallMs),
    (by, now): (&Actor, WallMs),
) -> Result<(), Failure> {
    let sql = "SELECT price_minor, currency, price_per FROM price_change
               WHERE org = $1 AND product = $2 AND effective_from = $3 AND applied_at IS NOT NULL";
    let values = values![org, product, &effective_from];
    let mut from = effective_from;
    if let Some(counted) = fetch_each(connection, What::Price, sql, values, read_price).await?.first() {
        if counted == price {
            return Ok(());
        }
        let sql = "SELECT COALESCE(MAX(effective_from), -1) FROM price_change
                   WHERE org = $1 AND product = $2 AND applied_at IS NOT NULL";
        let newest: Option<i64> = fetch_value(connection, What::Price, sql, values![org, product]).await?;
        from = WallMs(now.0.max(newest.unwrap_or(-1) + 1));
    }
    let sql = "INSERT INTO price_change (org, product, effective_from, price_minor, currency, price_per,
                                         made_by, made_at)
               VALUES ($1, $2, $3, $4, $5, $6, $7, $8)
               ON CONFLICT (org, product, effective_from) DO UPDATE SET
                   price_minor = excluded.price_minor, currency = excluded.currency,
                   price_per = excluded.price_per, made_by = excluded.made_by, made_at = excluded.made_at";
    let mut values = values![org, product, &from, price];
    push_values!(values; by, &now);
    execute(connection, sql, values).await?;
    Ok(())
}

/// Whether a price that took effect counts from a later moment than this one.
async fn is_overtaken(connection: &mut AnyConnection, row: i64) -> Result<bool, Failure> {
    let sql = composed(format!(
        "SELECT COUNT(*) FROM price_change AS this
         JOIN price_change AS other ON other.org = this.org AND other.product = this.product
         WHERE this.id = $1 AND other.id <> this.id AND other.applied_at IS NOT NULL AND {} > {}",
        begins_at("other."),
        begins_at("this.")
    ));
    let later: Option<i64> = fetch_value(connection, What::Price, sql, values![row]).await?;
    Ok(later.unwrap_or(0) > 0)
}
