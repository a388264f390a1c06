//! Counts: what people find in a store, and what it says of the ledger.
//!
//! Selling goes on while people count. A line keeps the moment at which it was counted and the newest movement of the ledger then; the
//! number is compared with what the ledger says of that moment once everything that has come since is looked at, and only the difference
//! is booked. So sales that come in between stay sold, and sales of a till that was offline, paid before the line was counted, are not
//! taken for missing goods. Corrections count as known all along: what two counts find missing is missing once.

use cloud_core::ledger::{Movement, StockKey, StockUnit};
use domain::ids::{OrgId, ProductId, StoreId};
use domain::money::Currency;
use domain::time::WallMs;
use sqlx::AnyConnection;

use super::count_lines::{EXPECTED, add_products, add_store, put_entry};
use super::waste::{currency_of, worth};
use super::{Booking, StockOrigin, StockReason, check_changes, check_note, write_movements};
use crate::bulk::insert_all;
use crate::error::{StoreError, What};
use crate::events::{NewEvent, emit};
use crate::ids::{Actor, MovementId, StockCountId, StockEntryId};
use crate::people::check_store;
use crate::sql::{
    Failure, Fields, composed, execute, fetch_each, fetch_found, push_values, values, word_column,
};
use crate::store::Store;

/// Products that a count may name.
pub const COUNT_PRODUCTS_MAX: usize = 1_000;
/// Numbers that are taken at once.
pub const COUNT_ENTRIES_AT_ONCE_MAX: usize = 500;

/// How far a count has come.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum CountState {
    /// People count.
    Open,
    /// What it found is booked.
    Closed,
    /// It was given up, and nothing is booked.
    Cancelled,
}

word_column!(CountState: Open = "open", Closed = "closed", Cancelled = "cancelled");

/// What is counted.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum CountScope {
    /// Everything that the store sells, and whatever else the ledger says is there.
    Store,
    /// What is sold of a category.
    Category(String),
    /// These.
    Products(Vec<ProductId>),
}

/// A count that begins.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct NewCount {
    /// A new id; the same one again begins nothing.
    pub id: StockCountId,
    /// What is counted.
    pub scope: CountScope,
    /// What it is called.
    pub note: String,
}

/// A count.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct StockCount {
    /// Its id.
    pub id: StockCountId,
    /// Where.
    pub store: StoreId,
    /// How far it has come.
    pub state: CountState,
    /// `store`, `category` or `products`.
    pub scope: String,
    /// Which category, where it is one's.
    pub category: Option<String>,
    /// What it is called.
    pub note: String,
    /// Of what its differences are worth.
    pub currency: Currency,
    /// Who began it.
    pub made_by: Actor,
    /// When.
    pub made_at: WallMs,
    /// Who ended it.
    pub settled_by: Option<Actor>,
    /// When.
    pub settled_at: Option<WallMs>,
    /// The newest movement when it began.
    pub(super) mark: MovementId,
}

/// A number that somebody counted.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct CountEntry {
    /// A new id; the same one again counts once.
    pub id: StockEntryId,
    /// Of what.
    pub product: ProductId,
    /// In pieces or grams; as the product is sold where nothing is said.
    pub unit: Option<StockUnit>,
    /// How many.
    pub quantity: u64,
    /// Whether it is to be added to what was counted already, because the goods lie in two places. What was sold in between is
    /// taken to come from where was counted first.
    pub adds: bool,
    /// When it was counted, where that was not just now.
    pub counted_at: Option<WallMs>,
}

/// What becomes of lines that nobody counted.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Uncounted {
    /// The ledger says of them what it said.
    Leave,
    /// There is nothing of them.
    Nothing,
}

/// What a count found so far.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub struct CountSums {
    /// Lines.
    pub lines: u64,
    /// Lines that were counted.
    pub counted: u64,
    /// Lines of which more or fewer were counted than expected.
    pub different: u64,
    /// What is missing is worth, at the prices when the count began, in minor units.
    pub short_minor: i64,
    /// What is over is worth.
    pub over_minor: i64,
}

const COUNT: &str =
    "SELECT id, store, state, scope, category, note, currency, made_by, made_at, settled_by, settled_at, mark
                     FROM stock_count";

impl Store {
    /// Begins a count, once for each id. Gives back whether it began just now.
    pub async fn start_count(
        &self,
        org: &OrgId,
        store: &StoreId,
        count: &NewCount,
        (by, now): (&Actor, WallMs),
    ) -> Result<(StockCount, bool), StoreError> {
        check_note(What::StockCount, &count.id, &count.note)?;
        self.answer(async {
            let mut writing = self.writing().await?;
            let connection = writing.connection();
            check_store(connection, org, Some(store)).await?;
            let (scope, category) = match &count.scope {
                CountScope::Store => ("store", None),
                CountScope::Category(category) => ("category", Some(category.as_str())),
                CountScope::Products(_) => ("products", None),
            };
            let currency = currency_of(connection, org, store).await?;
            let sql = "INSERT INTO stock_count (org, id, store, state, scope, category, note, currency, mark, made_by, made_at)
                       VALUES ($1, $2, $3, $4, $5, $6, $7, $8, (SELECT COALESCE(MAX(id), 0) FROM stock_movement), $9, $10)
                       ON CONFLICT (org, id) DO NOTHING";
            let mut values = values![org, &count.id, store, &CountState::Open, scope, category];
            push_values!(values; &count.note, &currency, by, &now);
            let is_new = execute(connection, sql, values).await? > 0;
            if is_new {
                let place = (org, store, count.id);
                match &count.scope {
                    CountScope::Products(products) => add_products(connection, place, products, (currency, now)).await?,
                    _ => add_store(connection, place, category, (currency, now)).await?,
                }
            }
            let begun = read_one(connection, (org, store), count.id, "").await?;
            if is_new {
                writing.commit().await?;
            }
            Ok((begun, is_new))
        })
        .await
    }

    /// A count of a store.
    pub async fn stock_count(
        &self,
        org: &OrgId,
        store: &StoreId,
        id: StockCountId,
    ) -> Result<StockCount, StoreError> {
        self.answer(async { read_one(&mut *self.reading().await?, (org, store), id, "").await }).await
    }

    /// Counts of a store, the newest first: those in a state, or all; those before `before`.
    pub async fn stock_counts(
        &self,
        org: &OrgId,
        store: &StoreId,
        state: Option<CountState>,
        before: Option<(WallMs, StockCountId)>,
        limit: u32,
    ) -> Result<Vec<StockCount>, StoreError> {
        self.answer(async {
            let mut sql = format!("{COUNT} WHERE org = $1 AND store = $2");
            let mut values = values![org, store, &limit];
            if let Some((at, id)) = before {
                sql.push_str(" AND made_at <= $4 AND (made_at < $4 OR id < $5)");
                push_values!(values; &at, &id);
            }
            if let Some(state) = state {
                sql.push_str(if before.is_some() { " AND state = $6" } else { " AND state = $4" });
                values.push(&state);
            }
            sql.push_str(" ORDER BY made_at DESC, id DESC LIMIT $3");
            fetch_each(&mut *self.reading().await?, What::StockCount, composed(sql), values, read).await
        })
        .await
    }

    /// What a count found so far.
    pub async fn count_sums(&self, org: &OrgId, id: StockCountId) -> Result<CountSums, StoreError> {
        self.answer(async { sums(&mut *self.reading().await?, org, id).await }).await
    }

    /// Takes numbers that somebody counted: all or none, each once.
    pub async fn count_stock(
        &self,
        org: &OrgId,
        store: &StoreId,
        id: StockCountId,
        entries: &[CountEntry],
        (by, now): (&Actor, WallMs),
    ) -> Result<(), StoreError> {
        if entries.len() > COUNT_ENTRIES_AT_ONCE_MAX {
            let problem =
                format!("send at most {COUNT_ENTRIES_AT_ONCE_MAX} numbers at once, not {}", entries.len());
            return Err(StoreError::invalid(What::StockCount, id, problem));
        }
        self.answer(async {
            let mut writing = self.writing().await?;
            let lock = self.engine().for_update();
            let connection = writing.connection();
            let count = read_open(connection, (org, store), id, lock).await?;
            for entry in entries {
                put_entry(connection, org, &count, entry, (by, now)).await?;
            }
            writing.commit().await
        })
        .await
    }

    /// Books what a count found, in one transaction, and ends it.
    pub async fn close_count(
        &self,
        org: &OrgId,
        store: &StoreId,
        id: StockCountId,
        uncounted: Uncounted,
        event: impl Fn(&StockCount, &CountSums) -> NewEvent,
        (by, now): (&Actor, WallMs),
    ) -> Result<CountSums, StoreError> {
        self.answer(async {
            let mut writing = self.writing().await?;
            let lock = self.engine().for_update();
            let connection = writing.connection();
            let count = read_open(connection, (org, store), id, lock).await?;
            if uncounted == Uncounted::Nothing {
                let sql = "UPDATE stock_count_line SET quantity = 0, counted_by = $3, counted_at = $4,
                               mark = (SELECT COALESCE(MAX(id), 0) FROM stock_movement)
                           WHERE org = $1 AND stock_count = $2 AND quantity IS NULL";
                execute(connection, sql, values![org, &id, by, &now]).await?;
            }
            let sql = composed(format!(
                "UPDATE stock_count_line SET expected = {EXPECTED}
                 WHERE org = $1 AND stock_count = $2 AND quantity IS NOT NULL"
            ));
            execute(connection, sql, values![org, &id, store]).await?;
            let counted = counted_lines(connection, org, id).await?;
            book_differences(connection, (org, store), &count, &counted, (by, now)).await?;
            let found = sums(connection, org, id).await?;
            settle(connection, org, id, CountState::Closed, (by, now)).await?;
            emit(connection, org, &event(&count, &found), now).await?;
            writing.commit().await?;
            Ok(found)
        })
        .await
    }

    /// Gives up a count: nothing is booked.
    pub async fn cancel_count(
        &self,
        org: &OrgId,
        store: &StoreId,
        id: StockCountId,
        (by, now): (&Actor, WallMs),
    ) -> Result<(), StoreError> {
        self.answer(async {
            let mut writing = self.writing().await?;
            let lock = self.engine().for_update();
            let connection = writing.connection();
            read_open(connection, (org, store), id, lock).await?;
            settle(connection, org, id, CountState::Cancelled, (by, now)).await?;
            writing.commit().await
        })
        .await
    }
}

/// What was counted of a thing, how much that differs from the ledger, and when it was.
type Counted = (StockKey, i64, WallMs);

async fn counted_lines(
    connection: &mut AnyConnection,
    org: &OrgId,
    id: StockCountId,
) -> Result<Vec<Counted>, Failure> {
    let sql = "SELECT product, unit, quantity - expected, counted_at FROM stock_count_line
               WHERE org = $1 AND stock_count = $2 AND quantity IS NOT NULL ORDER BY product, unit";
    fetch_each(connection, What::StockCount, sql, values![org, &id], |fields| {
        Ok((super::read_key(fields)?, fields.take()?, fields.take()?))
    })
    .await
}

/// Writes the differences into the ledger, and into the balances with the moment at which each was counted, in the order of their keys.
async fn book_differences(
    connection: &mut AnyConnection,
    (org, store): (&OrgId, &StoreId),
    count: &StockCount,
    counted: &[Counted],
    (by, now): (&Actor, WallMs),
) -> Result<(), Failure> {
    let movement = |(key, change, _): &Counted| Movement { key: key.clone(), change: *change };
    let movements: Vec<Movement> =
        counted.iter().filter(|(_, change, _)| *change != 0).map(movement).collect();
    check_changes(&movements)?;
    let origin = Some(StockOrigin::Count(count.id));
    let booking = Booking { reason: StockReason::Correction, origin, note: &count.note, by, now };
    write_movements(connection, (org, store), &movements, &booking).await?;
    let insert = "INSERT INTO stock_balance (org, store, product, unit, quantity, counted_at)";
    let rest = "ON CONFLICT (org, store, product, unit)
                DO UPDATE SET quantity = stock_balance.quantity + excluded.quantity, counted_at = excluded.counted_at";
    insert_all(connection, insert, 6, rest, counted, |(key, change, at), values| {
        push_values!(values; org, store, &key.product, &key.unit, *change, at);
    })
    .await?;
    Ok(())
}

async fn settle(
    connection: &mut AnyConnection,
    org: &OrgId,
    id: StockCountId,
    state: CountState,
    (by, now): (&Actor, WallMs),
) -> Result<(), Failure> {
    let sql =
        "UPDATE stock_count SET state = $3, settled_by = $4, settled_at = $5 WHERE org = $1 AND id = $2";
    execute(connection, sql, values![org, &id, &state, by, &now]).await?;
    Ok(())
}

async fn sums(connection: &mut AnyConnection, org: &OrgId, id: StockCountId) -> Result<CountSums, Failure> {
    let sql = "SELECT COUNT(*), COUNT(quantity) FROM stock_count_line WHERE org = $1 AND stock_count = $2";
    let read = |fields: &mut Fields<'_>| {
        Ok(CountSums { lines: fields.take()?, counted: fields.take()?, ..CountSums::default() })
    };
    let name = (What::StockCount, &id as _);
    let mut sums = fetch_found(connection, name, sql, values![org, &id], read).await?;
    let sql = "SELECT unit, quantity - expected, price_minor FROM stock_count_line
               WHERE org = $1 AND stock_count = $2 AND quantity <> expected";
    let different = fetch_each(connection, What::StockCount, sql, values![org, &id], |fields| {
        let (unit, difference): (StockUnit, i64) = (fields.take()?, fields.take()?);
        let price: Option<i64> = fields.take_option()?;
        Ok(price.and_then(|price| worth(price, unit, difference)).unwrap_or(0))
    });
    for worth in different.await? {
        sums.different += 1;
        let side = if worth < 0 { &mut sums.short_minor } else { &mut sums.over_minor };
        *side = side.saturating_add(worth.saturating_abs());
    }
    Ok(sums)
}

/// A count that goes on, held until the transaction ends.
async fn read_open(
    connection: &mut AnyConnection,
    place: (&OrgId, &StoreId),
    id: StockCountId,
    lock: &str,
) -> Result<StockCount, Failure> {
    let count = read_one(connection, place, id, lock).await?;
    match count.state {
        CountState::Open => Ok(count),
        CountState::Closed => {
            let problem = "is closed and booked: correct the stock, or begin another count";
            Err(StoreError::conflict(What::StockCount, id, problem).into())
        }
        CountState::Cancelled => {
            Err(StoreError::conflict(What::StockCount, id, "was given up: begin another count").into())
        }
    }
}

async fn read_one(
    connection: &mut AnyConnection,
    (org, store): (&OrgId, &StoreId),
    id: StockCountId,
    lock: &str,
) -> Result<StockCount, Failure> {
    let sql = composed(format!("{COUNT} WHERE org = $1 AND store = $2 AND id = $3{lock}"));
    fetch_found(connection, (What::StockCount, &id), sql, values![org, store, &id], read).await
}

fn read(fields: &mut Fields<'_>) -> Result<StockCount, Failure> {
    Ok(StockCount {
        id: fields.take()?,
        store: fields.take()?,
        state: fields.take()?,
        scope: fields.take()?,
        category: fields.take_option()?,
        note: fields.take()?,
        currency: fields.take()?,
        made_by: fields.take()?,
        made_at: fields.take()?,
        settled_by: fields.take_option()?,
        settled_at: fields.take_option()?,
        mark: fields.take()?,
    })
}
