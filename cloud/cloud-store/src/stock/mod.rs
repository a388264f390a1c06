//! Stock: balances, what changed them, and a check that both agree.
//!
//! Whatever changes stock is a movement, written with the balance in one transaction: what is thrown away, counted, corrected or sent to
//! another store as well as what is sold and delivered. The transaction also writes what the movement belongs to (its [`StockOrigin`]).

mod changes;
mod count_lines;
mod counts;
mod reservations;
mod shelf;
mod transfer_steps;
mod transfers;
mod waste;

use std::collections::BTreeMap;

use cloud_core::ledger::{Movement, StockKey, StockUnit};
use domain::ids::{OrgId, ProductId, SaleId, StoreId, Uuid};
use domain::time::WallMs;
use sqlx::AnyConnection;

use crate::bulk::insert_all;
use crate::error::{StoreError, What};
use crate::ids::{
    Actor, DocumentId, MovementId, PurchaseOrderId, StockCorrectionId, StockCountId, StockTransferId,
    StockWasteId,
};
use crate::people::check_store;
use crate::sql::{
    Failure, Fields, column, composed, execute, fetch_each, fetch_value, push_values, read_uuid, values,
    word_column,
};
use crate::store::Store;

pub use changes::{NewCorrection, StockCorrection};
pub use count_lines::{CountLine, CountLineFilter};
pub use counts::{
    COUNT_ENTRIES_AT_ONCE_MAX, COUNT_PRODUCTS_MAX, CountEntry, CountScope, CountState, CountSums, NewCount,
    StockCount, Uncounted,
};
pub use reservations::{NewReservation, StockReservation};
pub use shelf::{ReorderPoint, ShelfFilter, ShelfState, StockOnShelf};
pub use transfers::{
    MissingGoods, NewTransfer, StockTransfer, TRANSFER_LINES_MAX, TransferFilter, TransferGoods,
    TransferLine, TransferState,
};
pub use waste::{NewWaste, StockWaste, WasteReason, WasteSum, WasteTaken};

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
    /// It was counted again, or somebody knew better.
    Correction,
    /// It was thrown away or lost.
    Waste,
    /// It went to another store.
    TransferOut,
    /// It came from another store.
    TransferIn,
}

word_column!(StockReason:
    Sale = "sale",
    Opening = "opening",
    Delivery = "delivery",
    Correction = "correction",
    Waste = "waste",
    TransferOut = "transfer_out",
    TransferIn = "transfer_in",
);

/// What a movement belongs to, beside a sale.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum StockOrigin {
    /// Goods that came for an order.
    Order(PurchaseOrderId),
    /// Goods that came by a document.
    Document(DocumentId),
    /// A count.
    Count(StockCountId),
    /// A correction by hand.
    Correction(StockCorrectionId),
    /// What was thrown away or lost.
    Waste(StockWasteId),
    /// Goods that went from one store to another.
    Transfer(StockTransferId),
}

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
    /// What it belongs to, where that is no sale.
    pub origin: Option<StockOrigin>,
    /// What whoever made it had to say.
    pub note: String,
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
            book(connection, (org, store), movements, &Booking { reason, origin: None, note: "", by, now })
                .await?;
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
                "SELECT id, product, unit, change, reason, sale, made_by, at, origin, origin_id, note FROM stock_movement
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

/// Why movements are booked, by whom and when.
pub(crate) struct Booking<'a> {
    pub(crate) reason: StockReason,
    pub(crate) origin: Option<StockOrigin>,
    pub(crate) note: &'a str,
    pub(crate) by: &'a Actor,
    pub(crate) now: WallMs,
}

/// Writes checked movements into a store's ledger, and into its balances.
pub(crate) async fn book(
    connection: &mut AnyConnection,
    (org, store): (&OrgId, &StoreId),
    movements: &[Movement],
    booking: &Booking<'_>,
) -> Result<(), Failure> {
    write_movements(connection, (org, store), movements, booking).await?;
    let mut sums: BTreeMap<_, i64> = BTreeMap::new();
    for Movement { key, change } in movements {
        *sums.entry((org, store, &key.product, key.unit)).or_default() += change;
    }
    add_to_balances(connection, sums).await
}

/// Writes movements down. Their balances are the caller's to change.
async fn write_movements(
    connection: &mut AnyConnection,
    (org, store): (&OrgId, &StoreId),
    movements: &[Movement],
    booking: &Booking<'_>,
) -> Result<(), Failure> {
    let Booking { reason, origin, note, by, now } = booking;
    let (word, id) = origin.map(StockOrigin::stored).unzip();
    let note = Some(*note).filter(|note| !note.is_empty());
    let insert = "INSERT INTO stock_movement (org, store, product, unit, change, reason, made_by, at, origin, origin_id, note)";
    insert_all(connection, insert, 11, "", movements, |movement, values| {
        push_values!(values; org, store, &movement.key.product, &movement.key.unit);
        push_values!(values; movement.change, reason, *by, now, word, id.as_ref(), note);
    })
    .await?;
    Ok(())
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
    let (id, key, change) = (fields.take()?, read_key(fields)?, fields.take()?);
    let (reason, sale, made_by, at) = (fields.take()?, fields.take_option()?, fields.take()?, fields.take()?);
    let (word, origin): (Option<String>, Option<Vec<u8>>) = (fields.take_option()?, fields.take_option()?);
    let unreadable = |problem| StoreError::Unreadable { what: What::Stock, name: format!("{id}"), problem };
    let origin = word.zip(origin).map(|(word, id)| StockOrigin::read(&word, &id)).transpose();
    Ok(StockMovement {
        id,
        movement: Movement { key, change },
        reason,
        sale,
        made_by,
        at,
        origin: origin.map_err(unreadable)?,
        note: fields.take_option()?.unwrap_or_default(),
    })
}

impl StockOrigin {
    /// Its word, and the id of the thing.
    pub fn parts(self) -> (&'static str, Uuid) {
        match self {
            Self::Order(id) => ("order", id.0),
            Self::Document(id) => ("document", id.0),
            Self::Count(id) => ("count", id.0),
            Self::Correction(id) => ("correction", id.0),
            Self::Waste(id) => ("waste", id.0),
            Self::Transfer(id) => ("transfer", id.0),
        }
    }

    fn stored(self) -> (&'static str, Vec<u8>) {
        let (word, id) = self.parts();
        (word, id.as_bytes().to_vec())
    }

    fn read(word: &str, id: &[u8]) -> Result<Self, String> {
        let id = read_uuid(id)?;
        match word {
            "order" => Ok(Self::Order(PurchaseOrderId(id))),
            "document" => Ok(Self::Document(DocumentId(id))),
            "count" => Ok(Self::Count(StockCountId(id))),
            "correction" => Ok(Self::Correction(StockCorrectionId(id))),
            "waste" => Ok(Self::Waste(StockWasteId(id))),
            "transfer" => Ok(Self::Transfer(StockTransferId(id))),
            other => Err(format!("`{other}` is nothing that stock belongs to")),
        }
    }
}

/// Longest note, in bytes.
const NOTE_MAX_LEN: usize = 1_000;

/// Refuses notes that are too long to be read beside a number.
fn check_note(what: What, name: &dyn std::fmt::Display, note: &str) -> Result<(), StoreError> {
    if note.len() <= NOTE_MAX_LEN {
        return Ok(());
    }
    let problem = format!("its note has {} bytes: at most {NOTE_MAX_LEN} are kept", note.len());
    Err(StoreError::invalid(what, name, problem))
}

/// Refuses a number of pieces or grams that is none, or beyond what the ledger takes at once.
fn check_quantity(what: What, product: &ProductId, quantity: u64) -> Result<i64, StoreError> {
    let fits = |number: &i64| (1..=CHANGE_MAX).contains(&number.unsigned_abs());
    i64::try_from(quantity).ok().filter(fits).ok_or_else(|| {
        let problem = format!("{quantity} of it: write 1 to {CHANGE_MAX} pieces or grams");
        StoreError::invalid(what, product, problem)
    })
}

/// Holds the balance of a thing until the transaction ends, and says what it is. A thing that was never booked gets one of nothing.
async fn lock_balance(
    connection: &mut AnyConnection,
    lock: &str,
    (org, store): (&OrgId, &StoreId),
    key: &StockKey,
) -> Result<i64, Failure> {
    let sql = "INSERT INTO stock_balance (org, store, product, unit, quantity) VALUES ($1, $2, $3, $4, 0)
               ON CONFLICT (org, store, product, unit) DO NOTHING";
    execute(connection, sql, values![org, store, &key.product, &key.unit]).await?;
    let sql = composed(format!(
        "SELECT quantity FROM stock_balance WHERE org = $1 AND store = $2 AND product = $3 AND unit = $4{lock}"
    ));
    let found = fetch_value(connection, What::Stock, sql, values![org, store, &key.product, &key.unit]);
    Ok(found.await?.unwrap_or(0))
}

/// The unit in which a product is sold, which is the one that people mean who name none.
async fn unit_of(
    connection: &mut AnyConnection,
    org: &OrgId,
    product: &ProductId,
) -> Result<StockUnit, Failure> {
    let sql = "SELECT CASE price_per WHEN 'kg' THEN 'gram' ELSE 'piece' END FROM product WHERE org = $1 AND id = $2";
    let found = fetch_value(connection, What::Product, sql, values![org, product]).await?;
    Ok(found.ok_or_else(|| StoreError::not_found(What::Product, product))?)
}
