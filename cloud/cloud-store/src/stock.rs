//! Stock: balances, what changed them, and a check that both agree.

use std::collections::BTreeMap;

use cloud_core::ledger::{Movement, StockKey, StockUnit};
use domain::ids::{OrgId, ProductId, SaleId, StoreId};
use domain::time::WallMs;
use sqlx::AnyConnection;

use crate::bulk::insert_all;
use crate::error::{StoreError, What};
use crate::ids::{Actor, MovementId};
use crate::people::check_store;
use crate::sql::{Failure, Fields, column, composed, fetch_each, push_values, values, word_column};
use crate::store::Store;

column!(StockUnit as String, |unit| unit_word(*unit).to_owned(), |word| match word.as_str() {
    "piece" => Ok(StockUnit::Piece),
    "gram" => Ok(StockUnit::Gram),
    other => Err(format!("`{other}` is no unit of stock")),
});

fn unit_word(unit: StockUnit) -> &'static str {
    match unit {
        StockUnit::Piece => "piece",
        StockUnit::Gram => "gram",
    }
}

/// Why stock changed.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum StockReason {
    /// A till sold it. Only ingest books these.
    Sale,
    /// It was counted when the ledger began.
    Opening,
    /// A supplier brought it.
    Delivery,
    /// It was counted again, or thrown away.
    Correction,
}

word_column!(StockReason: Sale = "sale", Opening = "opening", Delivery = "delivery", Correction = "correction");

/// What there is of a thing in a store.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct StockBalance {
    /// The thing.
    pub key: StockKey,
    /// Pieces or grams; below zero where more was sold than was ever booked in.
    pub quantity: i64,
}

/// One line of the ledger.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct StockMovement {
    /// Its place in the ledger.
    pub id: MovementId,
    /// What changed and by how much.
    pub movement: Movement,
    /// Why.
    pub reason: StockReason,
    /// The sale, where it was one.
    pub sale: Option<SaleId>,
    /// Who.
    pub made_by: Actor,
    /// When; of a sale when it was paid.
    pub at: WallMs,
}

/// A balance that is not the sum of its movements: damage, or a mistake of the store's.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct StockMismatch {
    /// The thing.
    pub key: StockKey,
    /// What the balance says.
    pub balance: i64,
    /// What the movements sum up to.
    pub sum: i64,
}

impl Store {
    /// Books stock in or out by hand: all movements or none.
    pub async fn move_stock(
        &self,
        org: &OrgId,
        store: &StoreId,
        movements: &[Movement],
        reason: StockReason,
        by: &Actor,
        now: WallMs,
    ) -> Result<(), StoreError> {
        if reason == StockReason::Sale {
            return Err(StoreError::invalid(What::Stock, store, "sales are booked when they come in"));
        }
        check_changes(movements)?;
        self.answer(async {
            let mut writing = self.writing().await?;
            let connection = writing.connection();
            check_store(connection, org, Some(store)).await?;
            book(connection, (org, store), movements, reason, by, now).await?;
            writing.commit().await
        })
        .await
    }

    /// Balances of a store in order of product and unit, those after `after`.
    pub async fn stock(
        &self,
        org: &OrgId,
        store: &StoreId,
        after: Option<&StockKey>,
        limit: u32,
    ) -> Result<Vec<StockBalance>, StoreError> {
        self.answer(async {
            let sql = "SELECT product, unit, quantity FROM stock_balance
                       WHERE org = $1 AND store = $2 AND (product > $3 OR (product = $3 AND unit > $4))
                       ORDER BY product, unit LIMIT $5";
            let (product, unit) = after.map_or(("", ""), |key| (key.product.as_str(), unit_word(key.unit)));
            let values = values![org, store, product, unit, &limit];
            fetch_each(&mut *self.reading().await?, What::Stock, sql, values, |fields| {
                Ok(StockBalance { key: read_key(fields)?, quantity: fields.take()? })
            })
            .await
        })
        .await
    }

    /// The ledger of a store, newest first: of one product, or of all; those before `before`.
    pub async fn stock_movements(
        &self,
        org: &OrgId,
        store: &StoreId,
        product: Option<&ProductId>,
        before: Option<MovementId>,
        limit: u32,
    ) -> Result<Vec<StockMovement>, StoreError> {
        self.answer(async {
            let sql = composed(format!(
                "SELECT id, product, unit, change, reason, sale, made_by, at FROM stock_movement
                 WHERE org = $1 AND store = $2 AND id < $3 {} ORDER BY id DESC LIMIT $4",
                if product.is_some() { "AND product = $5" } else { "" }
            ));
            let mut values = values![org, store, &before.unwrap_or(MovementId(u64::MAX)), &limit];
            if let Some(product) = product {
                values.push(product);
            }
            fetch_each(&mut *self.reading().await?, What::Stock, sql, values, read_movement).await
        })
        .await
    }

    /// Balances of a store that are not the sum of their movements; there are none as long as the store keeps its promise.
    pub async fn verify_stock(&self, org: &OrgId, store: &StoreId) -> Result<Vec<StockMismatch>, StoreError> {
        self.answer(async {
            let sql = "SELECT product, unit, CAST(SUM(quantity) AS BIGINT), CAST(SUM(change) AS BIGINT)
                       FROM (SELECT product, unit, quantity, 0 AS change
                                 FROM stock_balance WHERE org = $1 AND store = $2
                             UNION ALL
                             SELECT product, unit, 0 AS quantity, change
                                 FROM stock_movement WHERE org = $1 AND store = $2) AS both_sides
                       GROUP BY product, unit HAVING SUM(quantity) <> SUM(change) ORDER BY product, unit";
            fetch_each(&mut *self.reading().await?, What::Stock, sql, values![org, store], |fields| {
                Ok(StockMismatch { key: read_key(fields)?, balance: fields.take()?, sum: fields.take()? })
            })
            .await
        })
        .await
    }
}

/// The largest change by hand: a million tonnes. Balances are then far from what 64 bits hold.
const CHANGE_MAX: u64 = 1_000_000_000_000;

fn too_much(product: &ProductId) -> StoreError {
    StoreError::invalid(What::Stock, product, format!("a change may be at most {CHANGE_MAX} pieces or grams"))
}

/// Refuses movements, or sums of them, that are beyond [`CHANGE_MAX`].
pub(crate) fn check_changes(movements: &[Movement]) -> Result<(), StoreError> {
    let mut sums: BTreeMap<_, i64> = BTreeMap::new();
    for Movement { key, change } in movements {
        let sum = sums.entry(key).or_default();
        let fits = change.unsigned_abs() <= CHANGE_MAX;
        let total = sum.checked_add(*change).filter(|total| fits && total.unsigned_abs() <= CHANGE_MAX);
        *sum = total.ok_or_else(|| too_much(&key.product))?;
    }
    Ok(())
}

/// Writes checked movements into a store's ledger.
pub(crate) async fn book(
    connection: &mut AnyConnection,
    (org, store): (&OrgId, &StoreId),
    movements: &[Movement],
    reason: StockReason,
    by: &Actor,
    now: WallMs,
) -> Result<(), Failure> {
    let insert = "INSERT INTO stock_movement (org, store, product, unit, change, reason, made_by, at)";
    insert_all(connection, insert, 8, "", movements, |movement, values| {
        push_values!(values; org, store, &movement.key.product, &movement.key.unit);
        push_values!(values; movement.change, &reason, by, &now);
    })
    .await?;
    let mut sums: BTreeMap<_, i64> = BTreeMap::new();
    for Movement { key, change } in movements {
        *sums.entry((org, store, &key.product, key.unit)).or_default() += change;
    }
    add_to_balances(connection, sums).await
}

/// What a balance is of.
pub(crate) type BalanceKey<'a> = (&'a OrgId, &'a StoreId, &'a ProductId, StockUnit);

/// Adds to balances in the order of their keys, so that two transactions never wait for each other.
pub(crate) async fn add_to_balances(
    connection: &mut AnyConnection,
    sums: BTreeMap<BalanceKey<'_>, i64>,
) -> Result<(), Failure> {
    let rows: Vec<_> = sums.into_iter().collect();
    let insert = "INSERT INTO stock_balance (org, store, product, unit, quantity)";
    let rest = "ON CONFLICT (org, store, product, unit)
                DO UPDATE SET quantity = stock_balance.quantity + excluded.quantity";
    insert_all(connection, insert, 5, rest, &rows, |((org, store, product, unit), sum), values| {
        push_values!(values; *org, *store, *product, unit, *sum);
    })
    .await?;
    Ok(())
}

fn read_key(fields: &mut Fields<'_>) -> Result<StockKey, Failure> {
    Ok(StockKey { product: fields.take()?, unit: fields.take()? })
}

fn read_movement(fields: &mut Fields<'_>) -> Result<StockMovement, Failure> {
    Ok(StockMovement {
        id: fields.take()?,
        movement: Movement { key: read_key(fields)?, change: fields.take()? },
        reason: fields.take()?,
        sale: fields.take_option()?,
        made_by: fields.take()?,
        at: fields.take()?,
    })
}
