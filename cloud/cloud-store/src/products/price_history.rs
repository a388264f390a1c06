//! What products cost, when, and who said so: every price that there was, is, or is to come.
//!
//! A price counts from its moment on, or from when it was said where that was later; until the next one begins. The prices of a
//! product that was removed stay.

use domain::ids::{OrgId, ProductId, StoreId};
use domain::product::Product;
use domain::quantity::UnitPrice;
use domain::time::WallMs;
use sqlx::AnyConnection;

use super::store_prices::read_amount;
use crate::error::{StoreError, What};
use crate::ids::Actor;
use crate::sql::{Failure, Fields, composed, execute, fetch_each, push_values, values, word_column};
use crate::store::Store;

/// How a price came.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum PriceOrigin {
    /// It was there before prices were written down: since when is not certain.
    Found,
    /// The product was made with it.
    Registered,
    /// The product was changed, at once.
    Edited,
    /// It was said for a moment.
    Scheduled,
}

word_column!(PriceOrigin:
    Found = "found",
    Registered = "registered",
    Edited = "edited",
    Scheduled = "scheduled",
);

/// A price and the time in which it counts.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct PriceSpan {
    /// From this moment on.
    pub from: WallMs,
    /// Before this moment; `None` as long as nothing else is said.
    pub until: Option<WallMs>,
    /// The price; `None` where in this store the organisation's counts.
    pub price: Option<UnitPrice>,
    /// How it came.
    pub origin: PriceOrigin,
    /// Who said so.
    pub made_by: Actor,
    /// When.
    pub made_at: WallMs,
    /// The moment it was said for.
    pub effective_from: WallMs,
}

/// A place in the list of a product's prices.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct PriceSpanCursor {
    /// When the price there begins to count.
    pub from: WallMs,
    /// The moment it was said for.
    pub effective_from: WallMs,
}

impl Store {
    /// The prices of a product, the last to come first: the organisation's, or those of one store alone; those before a place. A
    /// product that was removed has those it had.
    pub async fn price_history(
        &self,
        org: &OrgId,
        product: &ProductId,
        store: Option<&StoreId>,
        before: Option<PriceSpanCursor>,
        limit: u32,
    ) -> Result<Vec<PriceSpan>, StoreError> {
        let end = WallMs(i64::MAX);
        let place = before.unwrap_or(PriceSpanCursor { from: end, effective_from: end });
        self.answer(async {
            let sql = composed(format!(
                "{} WHERE begins_at < $4 OR (begins_at = $4 AND effective_from < $5)
                 ORDER BY begins_at DESC, effective_from DESC LIMIT $6",
                spans(store)
            ));
            let of_store = store.map_or("", StoreId::as_str);
            let values = values![org, product, of_store, &place.from, &place.effective_from, &limit];
            fetch_each(&mut *self.reading().await?, What::Price, sql, values, read_span).await
        })
        .await
    }

    /// The price of a product that counts at a moment, and whether it is the store's own: without a store the organisation's.
    pub async fn price_at(
        &self,
        org: &OrgId,
        product: &ProductId,
        store: Option<&StoreId>,
        at: WallMs,
    ) -> Result<Option<(PriceSpan, bool)>, StoreError> {
        for of_store in store.map(Some).into_iter().chain([None]) {
            let found = self.answer(async {
                let sql = composed(format!(
                    "{} WHERE begins_at <= $4 ORDER BY begins_at DESC, effective_from DESC LIMIT 1",
                    spans(of_store)
                ));
                let values = values![org, product, of_store.map_or("", StoreId::as_str), &at];
                fetch_each(&mut *self.reading().await?, What::Price, sql, values, read_span).await
            });
            let counts = |span: &PriceSpan| span.price.is_some() && span.until.is_none_or(|until| until > at);
            if let Some(span) = found.await?.into_iter().next().filter(counts) {
                return Ok(Some((span, of_store.is_some())));
            }
        }
        Ok(None)
    }
}

/// When a price begins to count, of a table that is named so: never before it was said.
pub(super) fn begins_at(table: &str) -> String {
    format!(
        "CASE WHEN {table}effective_from > {table}made_at THEN {table}effective_from ELSE {table}made_at END"
    )
}

/// All prices of the product `$2` of the organisation `$1`, in the store `$3`, or everywhere where that is empty.
fn spans(store: Option<&StoreId>) -> String {
    let (table, origin, of_store) = match store {
        Some(_) => ("store_price", "'scheduled'", "AND store = $3"),
        None => ("price_change", "origin", ""),
    };
    let columns = "price_minor, currency, price_per, made_by, made_at, effective_from";
    let begins = begins_at("");
    format!(
        "SELECT begins_at, next_at, ended_at, origin, {columns}
         FROM (SELECT begins_at, ended_at, origin, {columns},
                      LEAD(begins_at) OVER (ORDER BY begins_at, effective_from) AS next_at
               FROM (SELECT {begins} AS begins_at, CAST(NULL AS BIGINT) AS ended_at, {origin} AS origin, {columns}
                     FROM {table} WHERE org = $1 AND product = $2 {of_store}
                     UNION ALL
                     SELECT {begins}, removed_at, origin, {columns}
                     FROM past_price WHERE org = $1 AND product = $2 AND store = $3) AS price) AS span"
    )
}

/// Writes down the price that a product has from now on, in the transaction that gives it to it.
pub(super) async fn note_price(
    connection: &mut AnyConnection,
    org: &OrgId,
    product: &Product,
    origin: PriceOrigin,
    by: &Actor,
    now: WallMs,
) -> Result<(), Failure> {
    let sql = "INSERT INTO price_change (org, product, effective_from, price_minor, currency, price_per, origin,
                                         made_by, made_at, applied_at)
               VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9, $9) ON CONFLICT (org, product, effective_from) DO NOTHING";
    let mut from = now;
    loop {
        let mut values = values![org, &product.id, &from, &product.price];
        push_values!(values; &origin, by, &now);
        if execute(connection, sql, values).await? > 0 {
            return Ok(());
        }
        // Of two prices of one millisecond the later one counts a millisecond later.
        from.0 += 1;
    }
}

/// Keeps what a product cost that is about to be removed: what took effect, not what was to come.
pub(super) async fn keep_past_prices(
    connection: &mut AnyConnection,
    org: &OrgId,
    product: &ProductId,
    now: WallMs,
) -> Result<(), Failure> {
    let columns = "price_minor, currency, price_per, made_by, made_at, effective_from";
    for (table, store, origin) in [("price_change", "''", "origin"), ("store_price", "store", "'scheduled'")]
    {
        let sql = composed(format!(
            "INSERT INTO past_price (org, product, store, origin, removed_at, {columns})
             SELECT org, product, {store}, {origin}, $3, {columns} FROM {table}
             WHERE org = $1 AND product = $2 AND applied_at IS NOT NULL
             ON CONFLICT (org, product, store, effective_from) DO NOTHING"
        ));
        execute(connection, sql, values![org, product, &now]).await?;
    }
    Ok(())
}

fn read_span(fields: &mut Fields<'_>) -> Result<PriceSpan, Failure> {
    let from = fields.take()?;
    let next: Option<WallMs> = fields.take_option()?;
    let ended: Option<WallMs> = fields.take_option()?;
    let origin = fields.take()?;
    let price = read_amount(fields)?;
    Ok(PriceSpan {
        from,
        until: [next, ended].into_iter().flatten().min(),
        price,
        origin,
        made_by: fields.take()?,
        made_at: fields.take()?,
        effective_from: fields.take()?,
    })
}
