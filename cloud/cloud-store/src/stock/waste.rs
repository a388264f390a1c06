//! What was thrown away or lost, and what it was worth.

use cloud_core::ledger::{Movement, StockKey, StockUnit};
use domain::ids::{OrgId, ProductId, StoreId};
use domain::money::Currency;
use domain::time::WallMs;
use rust_decimal::Decimal;
use rust_decimal::prelude::ToPrimitive as _;
use sqlx::AnyConnection;

use super::{Booking, StockOrigin, StockReason, book, check_note, check_quantity, lock_balance, unit_of};
use crate::error::{StoreError, What};
use crate::events::{NewEvent, emit};
use crate::ids::{Actor, StockWasteId};
use crate::people::check_store;
use crate::sql::{Failure, execute, fetch_each, fetch_value, push_values, values, word_column};
use crate::store::Store;

/// Why goods were thrown away or lost.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum WasteReason {
    /// Their day was over.
    Expired,
    /// They broke or spoilt.
    Damaged,
    /// They were stolen.
    Stolen,
    /// The shop used them itself.
    OwnUse,
    /// They did not come with a transfer.
    Transfer,
    /// Something else: the note says what.
    Other,
}

word_column!(WasteReason:
    Expired = "expired",
    Damaged = "damaged",
    Stolen = "stolen",
    OwnUse = "own_use",
    Transfer = "transfer",
    Other = "other",
);

/// Waste as it is booked.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct NewWaste {
    /// A new id; the same one again is booked once.
    pub id: StockWasteId,
    /// Of what.
    pub product: ProductId,
    /// In pieces or grams; as the product is sold where nothing is said.
    pub unit: Option<StockUnit>,
    /// How many.
    pub quantity: u64,
    /// Why.
    pub reason: WasteReason,
    /// What else is to be said.
    pub note: String,
}

/// Waste that is booked.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct StockWaste {
    /// Of what.
    pub key: StockKey,
    /// How many.
    pub quantity: u64,
    /// Why.
    pub reason: WasteReason,
    /// What it had cost without tax, in minor units, where that is known.
    pub cost_minor: Option<i64>,
    /// What it would have been sold for, in minor units; `None` where the product has no price in the store's currency.
    pub price_minor: Option<i64>,
    /// Of both.
    pub currency: Currency,
}

/// What became of waste that was told.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct WasteTaken {
    /// As it is booked: the first one under its id.
    pub waste: StockWaste,
    /// What there is now.
    pub on_hand: i64,
    /// Whether it was booked now, and not before.
    pub is_new: bool,
}

/// Waste of one product for one reason.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct WasteSum {
    /// All of it.
    pub waste: StockWaste,
    /// How often it was booked.
    pub times: u64,
    /// How often without a known cost: the sum leaves those out.
    pub without_cost: u64,
}

impl Store {
    /// Books what was thrown away or lost, once for each id.
    pub async fn waste_stock(
        &self,
        org: &OrgId,
        store: &StoreId,
        waste: &NewWaste,
        event: impl Fn(&StockWaste) -> NewEvent,
        (by, now): (&Actor, WallMs),
    ) -> Result<WasteTaken, StoreError> {
        self.answer(async {
            let mut writing = self.writing().await?;
            let lock = self.engine().for_update();
            let connection = writing.connection();
            check_store(connection, org, Some(store)).await?;
            let unit = match waste.unit {
                Some(unit) => unit,
                None => unit_of(connection, org, &waste.product).await?,
            };
            let key = StockKey { product: waste.product.clone(), unit };
            let before = lock_balance(connection, lock, (org, store), &key).await?;
            if let Some(known) = read_waste(connection, org, waste.id).await? {
                return Ok(WasteTaken { waste: known, on_hand: before, is_new: false });
            }
            let booked = write_waste(connection, (org, store), (waste, unit), (by, now)).await?;
            emit(connection, org, &event(&booked), now).await?;
            let quantity = i64::try_from(booked.quantity).unwrap_or(i64::MAX);
            writing.commit().await?;
            Ok(WasteTaken { waste: booked, on_hand: before.saturating_sub(quantity), is_new: true })
        })
        .await
    }

    /// Waste of a store from a moment on and before another, by product, unit, currency and reason, in this order.
    pub async fn waste_sums(
        &self,
        org: &OrgId,
        store: &StoreId,
        (from, to): (WallMs, WallMs),
    ) -> Result<Vec<WasteSum>, StoreError> {
        self.answer(async {
            let sql = "SELECT product, unit, CAST(SUM(quantity) AS BIGINT), reason, CAST(SUM(cost_minor) AS BIGINT),
                              CAST(SUM(price_minor) AS BIGINT), currency, COUNT(*), COUNT(*) - COUNT(cost_minor)
                       FROM stock_waste WHERE org = $1 AND store = $2 AND made_at >= $3 AND made_at < $4
                       GROUP BY product, unit, currency, reason ORDER BY product, unit, currency, reason";
            fetch_each(&mut *self.reading().await?, What::StockWaste, sql, values![org, store, &from, &to], |fields| {
                let waste = read(fields)?;
                Ok(WasteSum { waste, times: fields.take()?, without_cost: fields.take()? })
            })
            .await
        })
        .await
    }
}

/// Books waste whose store and unit are known, and writes it down with what it was worth.
pub(super) async fn write_waste(
    connection: &mut AnyConnection,
    (org, store): (&OrgId, &StoreId),
    (waste, unit): (&NewWaste, StockUnit),
    (by, now): (&Actor, WallMs),
) -> Result<StockWaste, Failure> {
    let NewWaste { id, product, quantity, reason, note, .. } = waste;
    check_note(What::StockWaste, product, note)?;
    let count = check_quantity(What::StockWaste, product, *quantity)?;
    let key = StockKey { product: product.clone(), unit };
    let currency = currency_of(connection, org, store).await?;
    let price_minor = price_of(connection, (org, store), &key, (count, currency, now)).await?;
    let cost_minor = cost_of(connection, (org, store), &key, (count, currency)).await?;
    let sql = "INSERT INTO stock_waste (org, id, store, product, unit, quantity, reason, note, currency, cost_minor, price_minor,
                                        made_by, made_at)
               VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11, $12, $13)";
    let mut values = values![org, id, store, product, &unit, count, reason, note, &currency];
    push_values!(values; cost_minor, price_minor, by, &now);
    execute(connection, sql, values).await?;
    let origin = Some(StockOrigin::Waste(*id));
    let booking = Booking { reason: StockReason::Waste, origin, note, by, now };
    book(connection, (org, store), &[Movement { key: key.clone(), change: -count }], &booking).await?;
    Ok(StockWaste { key, quantity: *quantity, reason: *reason, cost_minor, price_minor, currency })
}

async fn read_waste(
    connection: &mut AnyConnection,
    org: &OrgId,
    id: StockWasteId,
) -> Result<Option<StockWaste>, Failure> {
    let sql = "SELECT product, unit, quantity, reason, cost_minor, price_minor, currency FROM stock_waste
               WHERE org = $1 AND id = $2";
    Ok(fetch_each(connection, What::StockWaste, sql, values![org, &id], read).await?.pop())
}

fn read(fields: &mut crate::sql::Fields<'_>) -> Result<StockWaste, Failure> {
    Ok(StockWaste {
        key: super::read_key(fields)?,
        quantity: fields.take()?,
        reason: fields.take()?,
        cost_minor: fields.take_option()?,
        price_minor: fields.take_option()?,
        currency: fields.take()?,
    })
}

/// The currency of a store's prices.
pub(super) async fn currency_of(
    connection: &mut AnyConnection,
    org: &OrgId,
    store: &StoreId,
) -> Result<Currency, Failure> {
    let sql = "SELECT currency FROM store WHERE org = $1 AND id = $2";
    let found = fetch_value(connection, What::Store, sql, values![org, store]).await?;
    Ok(found.ok_or_else(|| StoreError::not_found(What::Store, store))?)
}

/// What so many pieces or grams are sold for in a store now: its own price, else the organisation's.
async fn price_of(
    connection: &mut AnyConnection,
    (org, store): (&OrgId, &StoreId),
    key: &StockKey,
    (count, currency, now): (i64, Currency, WallMs),
) -> Result<Option<i64>, Failure> {
    let sql = "SELECT COALESCE((SELECT own.price_minor FROM store_price AS own
                                WHERE own.org = product.org AND own.store = $2 AND own.product = product.id
                                    AND own.effective_from <= $4
                                ORDER BY own.effective_from DESC LIMIT 1), price_minor)
               FROM product WHERE org = $1 AND id = $3 AND currency = $5 AND price_per = $6";
    let per = match key.unit {
        StockUnit::Piece => "piece",
        StockUnit::Gram => "kg",
    };
    let values = values![org, store, &key.product, &now, &currency, per];
    let price: Option<i64> = fetch_value(connection, What::Price, sql, values).await?;
    Ok(price.and_then(|price| worth(price, key.unit, count)))
}

/// What so many pieces or grams are worth at a price for a piece or a kilogram, rounded half up.
pub(super) fn worth(price_minor: i64, unit: StockUnit, count: i64) -> Option<i64> {
    let whole = i128::from(price_minor) * i128::from(count);
    let per = match unit {
        StockUnit::Piece => 1,
        StockUnit::Gram => 1_000,
    };
    let half = if whole < 0 { -per / 2 } else { per / 2 };
    i64::try_from((whole + half) / per).ok()
}

/// What so many pieces or grams cost without tax when they came last: by the newest document or order that says so in this currency.
async fn cost_of(
    connection: &mut AnyConnection,
    (org, store): (&OrgId, &StoreId),
    key: &StockKey,
    (count, currency): (i64, Currency),
) -> Result<Option<i64>, Failure> {
    let sql = "SELECT cost_minor, quantity, made_at FROM document_receipt_line AS line
               JOIN document_receipt AS receipt ON receipt.org = line.org AND receipt.document = line.document
               WHERE line.org = $1 AND line.product = $2 AND line.unit = $3 AND line.currency = $4
                   AND receipt.store = $5 AND cost_minor IS NOT NULL AND quantity > 0
               ORDER BY made_at DESC LIMIT 1";
    let values = values![org, &key.product, &key.unit, &currency, store];
    let of_document = fetch_each(connection, What::Document, sql, values, |fields| {
        let (cost, quantity, at): (i64, i64, WallMs) = (fields.take()?, fields.take()?, fields.take()?);
        Ok((at, Decimal::from(cost), quantity))
    });
    let of_document = of_document.await?.pop();
    let sql = "SELECT line.pack_price, line.pack_content, purchase_order.updated_at FROM purchase_order_line AS line
               JOIN purchase_order ON purchase_order.org = line.org AND purchase_order.id = line.purchase_order
               WHERE line.org = $1 AND line.product = $2 AND line.pack_unit = $3 AND purchase_order.currency = $4
                   AND purchase_order.store = $5 AND line.accepted > 0
               ORDER BY purchase_order.updated_at DESC LIMIT 1";
    let values = values![org, &key.product, &key.unit, &currency, store];
    let of_order = fetch_each(connection, What::PurchaseOrder, sql, values, |fields| {
        let (price, content, at): (Decimal, i64, WallMs) = (fields.take()?, fields.take()?, fields.take()?);
        Ok((at, price, content))
    });
    let of_order = of_order.await?.pop().and_then(|(at, price, content)| {
        let minor = price.checked_mul(Decimal::from(10_i64.checked_pow(currency.exponent())?))?;
        Some((at, minor, content))
    });
    let newest = of_document.into_iter().chain(of_order).max_by_key(|(at, ..)| *at);
    Ok(newest.and_then(|(_, cost, quantity)| {
        let of_one = cost.checked_div(Decimal::from(quantity))?;
        of_one.checked_mul(Decimal::from(count))?.round().to_i64()
    }))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_is_weighed_is_worth_its_part_of_a_kilogram() {
        for (price, unit, count, expected) in [
            (99, StockUnit::Piece, 3, Some(297)),
            (300, StockUnit::Gram, 500, Some(150)),
            (333, StockUnit::Gram, 500, Some(167)),
            (333, StockUnit::Gram, -500, Some(-167)),
            (i64::MAX, StockUnit::Piece, 2, None),
        ] {
            assert_eq!(worth(price, unit, count), expected, "{count} at {price}");
        }
    }
}
