//! What is known of the days that were: sales, other changes of stock, prices.

use cloud_core::ledger::StockKey;
use domain::ids::{OrgId, StoreId};
use domain::time::BusinessDay;

use super::{BookedChange, PriceMark, ProductRange, SoldDay};
use crate::error::{StoreError, What};
use crate::sql::{fetch_each, fetch_value, fetch_values, values};
use crate::stock::StockBalance;
use crate::store::Store;

impl Store {
    /// What was sold of each product and unit on each trading day from `since` on, in this order; days without a sale are left out.
    pub async fn sold_by_day(
        &self,
        org: &OrgId,
        store: &StoreId,
        range: &ProductRange,
        since: BusinessDay,
    ) -> Result<Vec<SoldDay>, StoreError> {
        self.answer(async {
            let sql = "SELECT product, unit, business_day, CAST(-SUM(change) AS BIGINT) FROM stock_movement
                       WHERE org = $1 AND store = $2 AND product >= $3 AND product <= $4 AND reason = 'sale'
                           AND business_day >= $5
                       GROUP BY product, unit, business_day ORDER BY product, unit, business_day";
            let values = values![org, store, &range.first, &range.last, &since];
            fetch_each(&mut *self.reading().await?, What::Stock, sql, values, |fields| {
                Ok(SoldDay {
                    product: fields.take()?,
                    unit: fields.take()?,
                    day: fields.take()?,
                    quantity: fields.take()?,
                })
            })
            .await
        })
        .await
    }

    /// Whether anything was ever sold.
    pub async fn has_sales(&self, org: &OrgId) -> Result<bool, StoreError> {
        self.answer(async {
            let sql = "SELECT 1 FROM sale_inbox WHERE org = $1 LIMIT 1";
            let mut connection = self.reading().await?;
            let found: Option<i64> = fetch_value(&mut connection, What::Sale, sql, values![org]).await?;
            Ok(found.is_some())
        })
        .await
    }

    /// The trading days from `since` on, on which a store sold anything, in order.
    pub async fn trading_days(
        &self,
        org: &OrgId,
        store: &StoreId,
        since: BusinessDay,
    ) -> Result<Vec<BusinessDay>, StoreError> {
        self.answer(async {
            let sql =
                "SELECT DISTINCT business_day FROM sale WHERE org = $1 AND store = $2 AND business_day >= $3
                       ORDER BY business_day";
            let values = values![org, store, &since];
            fetch_values(&mut *self.reading().await?, What::Sale, sql, values).await
        })
        .await
    }

    /// Balances of a stretch of products in a store, in order of product and unit.
    pub async fn stock_between(
        &self,
        org: &OrgId,
        store: &StoreId,
        range: &ProductRange,
    ) -> Result<Vec<StockBalance>, StoreError> {
        self.answer(async {
            let sql = "SELECT product, unit, quantity FROM stock_balance
                       WHERE org = $1 AND store = $2 AND product >= $3 AND product <= $4 ORDER BY product, unit";
            let values = values![org, store, &range.first, &range.last];
            fetch_each(&mut *self.reading().await?, What::Stock, sql, values, |fields| {
                let key = StockKey { product: fields.take()?, unit: fields.take()? };
                Ok(StockBalance { key, quantity: fields.take()? })
            })
            .await
        })
        .await
    }

    /// Every change of stock that was no sale, of each product and unit, the oldest first.
    pub async fn booked_by_hand(
        &self,
        org: &OrgId,
        store: &StoreId,
        range: &ProductRange,
    ) -> Result<Vec<BookedChange>, StoreError> {
        self.answer(async {
            let sql = "SELECT product, unit, at, change, reason FROM stock_movement
                       WHERE org = $1 AND store = $2 AND product >= $3 AND product <= $4 AND reason <> 'sale'
                       ORDER BY product, unit, at, id";
            let values = values![org, store, &range.first, &range.last];
            fetch_each(&mut *self.reading().await?, What::Stock, sql, values, |fields| {
                Ok(BookedChange {
                    product: fields.take()?,
                    unit: fields.take()?,
                    at: fields.take()?,
                    change: fields.take()?,
                    reason: fields.take()?,
                })
            })
            .await
        })
        .await
    }

    /// What products cost in a store from which moments on: the organisation's prices and the store's own, also those to come, the
    /// oldest first.
    pub async fn price_marks(
        &self,
        org: &OrgId,
        store: &StoreId,
        range: &ProductRange,
    ) -> Result<Vec<PriceMark>, StoreError> {
        self.answer(async {
            let sql = "SELECT product, 0 AS of_store, effective_from, price_minor FROM price_change
                       WHERE org = $1 AND product >= $3 AND product <= $4
                       UNION ALL
                       SELECT product, 1 AS of_store, effective_from, price_minor FROM store_price
                       WHERE org = $1 AND store = $2 AND product >= $3 AND product <= $4
                       ORDER BY 1, 3";
            let values = values![org, store, &range.first, &range.last];
            fetch_each(&mut *self.reading().await?, What::Price, sql, values, |fields| {
                Ok(PriceMark {
                    product: fields.take()?,
                    of_store: fields.take()?,
                    effective_from: fields.take()?,
                    price_minor: fields.take_option()?,
                })
            })
            .await
        })
        .await
    }
}
