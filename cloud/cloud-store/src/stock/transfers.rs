//! Goods that go from one store to another.
//!
//! A transfer is a draft until it is sent; then the goods have left the sender and are on their way, in no store's balance. What the
//! receiver counts is booked in; what is missing stays with the line until somebody says what became of it: lost, come after all, or never
//! gone. So what all stores have and what is on its way is the same before and after, but for what was lost, which is waste.
//! The steps are in `transfer_steps`.

use std::collections::BTreeMap;

use cloud_core::ledger::{StockKey, StockUnit};
use domain::ids::{OrgId, ProductId, StoreId};
use domain::time::WallMs;
use sqlx::AnyConnection;

use super::{check_note, check_quantity, read_key, unit_of};
use crate::bulk::insert_all;
use crate::error::{StoreError, What};
use crate::ids::{Actor, StockTransferId};
use crate::people::check_store;
use crate::sql::{
    Failure, Fields, composed, execute, fetch_each, fetch_found, push_values, values, word_column,
};
use crate::store::Store;

/// Lines that a transfer may have.
pub const TRANSFER_LINES_MAX: usize = 1_000;

/// How far a transfer has come.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum TransferState {
    /// It can be changed.
    Draft,
    /// Its goods are on their way.
    Sent,
    /// They have come, or some of them.
    Received,
    /// It was called off, and what had left is back.
    Cancelled,
}

word_column!(TransferState: Draft = "draft", Sent = "sent", Received = "received", Cancelled = "cancelled");

/// What became of goods that did not come.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum MissingGoods {
    /// They are lost: waste of the receiver.
    Waste,
    /// They came after all.
    Found,
    /// They never left the sender.
    Returned,
}

word_column!(MissingGoods: Waste = "waste", Found = "found", Returned = "returned");

/// Which goods are to go: product, unit (as it is sold where nothing is said), how many.
pub type TransferGoods = (ProductId, Option<StockUnit>, u64);

/// A transfer as it is written.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct NewTransfer {
    /// A new id; the same one again makes nothing.
    pub id: StockTransferId,
    /// Where the goods are.
    pub from: StoreId,
    /// Where they are to go.
    pub to: StoreId,
    /// What else is to be said.
    pub note: String,
    /// Which goods.
    pub lines: Vec<TransferGoods>,
}

/// A line of a transfer.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct TransferLine {
    /// Of what.
    pub key: StockKey,
    /// How many leave.
    pub quantity: u64,
    /// How many came.
    pub received: Option<u64>,
    /// What became of those that did not.
    pub settled_as: Option<MissingGoods>,
    /// Who said so.
    pub settled_by: Option<Actor>,
    /// When.
    pub settled_at: Option<WallMs>,
}

impl TransferLine {
    /// How many did not come, once it is known.
    pub fn missing(&self) -> u64 {
        self.received.map_or(0, |received| self.quantity.saturating_sub(received))
    }
}

/// A transfer.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct StockTransfer {
    /// Its id.
    pub id: StockTransferId,
    /// Where the goods were.
    pub from: StoreId,
    /// Where they go.
    pub to: StoreId,
    /// How far it has come.
    pub state: TransferState,
    /// What else is to be said.
    pub note: String,
    /// Who wrote it.
    pub made_by: Actor,
    /// When.
    pub made_at: WallMs,
    /// Who sent it.
    pub sent_by: Option<Actor>,
    /// When.
    pub sent_at: Option<WallMs>,
    /// Who received it or called it off.
    pub settled_by: Option<Actor>,
    /// When.
    pub settled_at: Option<WallMs>,
    /// Its lines; their numbers count from 1.
    pub lines: Vec<TransferLine>,
}

/// Which transfers.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct TransferFilter {
    /// Those from or to one of these; `None` is every store.
    pub stores: Option<Vec<StoreId>>,
    /// Those that have come so far.
    pub state: Option<TransferState>,
}

const TRANSFER: &str =
    "SELECT id, from_store, to_store, state, note, made_by, made_at, sent_by, sent_at, settled_by, settled_at
                        FROM stock_transfer";

impl Store {
    /// Writes a draft, once for each id. Gives back whether it was written just now.
    pub async fn create_transfer(
        &self,
        org: &OrgId,
        transfer: &NewTransfer,
        (by, now): (&Actor, WallMs),
    ) -> Result<(StockTransfer, bool), StoreError> {
        check_note(What::StockTransfer, &transfer.id, &transfer.note)?;
        if transfer.from == transfer.to {
            let problem = "goes to the store that it comes from: name another one";
            return Err(StoreError::conflict(What::StockTransfer, transfer.id, problem));
        }
        self.answer(async {
            let mut writing = self.writing().await?;
            let connection = writing.connection();
            check_store(connection, org, Some(&transfer.from)).await?;
            check_store(connection, org, Some(&transfer.to)).await?;
            let NewTransfer { id, from, to, note, lines } = transfer;
            let sql =
                "INSERT INTO stock_transfer (org, id, from_store, to_store, state, note, made_by, made_at)
                       VALUES ($1, $2, $3, $4, 'draft', $5, $6, $7) ON CONFLICT (org, id) DO NOTHING";
            let is_new = execute(connection, sql, values![org, id, from, to, note, by, &now]).await? > 0;
            if is_new {
                insert_lines(connection, org, *id, lines).await?;
            }
            let made = read_whole(connection, org, *id, "").await?;
            if is_new {
                writing.commit().await?;
            }
            Ok((made, is_new))
        })
        .await
    }

    /// Puts other lines in place of a draft's.
    pub async fn edit_transfer(
        &self,
        org: &OrgId,
        id: StockTransferId,
        (note, lines): (&str, &[TransferGoods]),
    ) -> Result<StockTransfer, StoreError> {
        check_note(What::StockTransfer, &id, note)?;
        self.answer(async {
            let mut writing = self.writing().await?;
            let lock = self.engine().for_update();
            let connection = writing.connection();
            let before = read_whole(connection, org, id, lock).await?;
            before.expect(TransferState::Draft, "changed")?;
            let sql = "DELETE FROM stock_transfer_line WHERE org = $1 AND stock_transfer = $2";
            execute(connection, sql, values![org, &id]).await?;
            insert_lines(connection, org, id, lines).await?;
            let sql = "UPDATE stock_transfer SET note = $3 WHERE org = $1 AND id = $2";
            execute(connection, sql, values![org, &id, note]).await?;
            let after = read_whole(connection, org, id, "").await?;
            writing.commit().await?;
            Ok(after)
        })
        .await
    }

    /// A transfer with its lines.
    pub async fn transfer(&self, org: &OrgId, id: StockTransferId) -> Result<StockTransfer, StoreError> {
        self.answer(async { read_whole(&mut *self.reading().await?, org, id, "").await }).await
    }

    /// Transfers, the newest first, those before `before`; with their lines.
    pub async fn transfers(
        &self,
        org: &OrgId,
        filter: &TransferFilter,
        before: Option<(WallMs, StockTransferId)>,
        limit: u32,
    ) -> Result<Vec<StockTransfer>, StoreError> {
        self.answer(async {
            let mut sql = format!("{TRANSFER} WHERE org = $1");
            let mut values = values![org, &limit];
            let mut place = 2;
            let mut next = || {
                place += 1;
                place
            };
            if let Some(stores) = &filter.stores {
                let places: Vec<String> = stores.iter().map(|_| format!("${}", next())).collect();
                let any = if places.is_empty() { "NULL".to_owned() } else { places.join(", ") };
                sql.push_str(&format!(" AND (from_store IN ({any}) OR to_store IN ({any}))"));
                stores.iter().for_each(|store| values.push(store));
            }
            if let Some(state) = filter.state {
                sql.push_str(&format!(" AND state = ${}", next()));
                values.push(&state);
            }
            if let Some((at, id)) = before {
                let (at_place, id_place) = (next(), next());
                sql.push_str(&format!(
                    " AND made_at <= ${at_place} AND (made_at < ${at_place} OR id < ${id_place})"
                ));
                push_values!(values; &at, &id);
            }
            sql.push_str(" ORDER BY made_at DESC, id DESC LIMIT $2");
            let mut connection = self.reading().await?;
            let mut found =
                fetch_each(&mut connection, What::StockTransfer, composed(sql), values, read).await?;
            for transfer in &mut found {
                transfer.lines = read_lines(&mut connection, org, transfer.id).await?;
            }
            Ok(found)
        })
        .await
    }
}

impl StockTransfer {
    pub(super) fn conflict(&self, problem: impl Into<String>) -> StoreError {
        StoreError::conflict(What::StockTransfer, self.id, problem)
    }

    pub(super) fn expect(&self, state: TransferState, step: &str) -> Result<(), StoreError> {
        if self.state == state {
            return Ok(());
        }
        let (is, wanted) = (self.state.as_str(), state.as_str());
        Err(self.conflict(format!("is `{is}`: only what is `{wanted}` can be {step}")))
    }
}

async fn insert_lines(
    connection: &mut AnyConnection,
    org: &OrgId,
    id: StockTransferId,
    lines: &[TransferGoods],
) -> Result<(), Failure> {
    if lines.is_empty() || lines.len() > TRANSFER_LINES_MAX {
        let problem = format!("name 1 to {TRANSFER_LINES_MAX} lines, not {}", lines.len());
        return Err(StoreError::invalid(What::StockTransfer, id, problem).into());
    }
    let mut sums: BTreeMap<StockKey, u64> = BTreeMap::new();
    for (product, unit, quantity) in lines {
        check_quantity(What::StockTransfer, product, *quantity)?;
        let sold_in = unit_of(connection, org, product).await?;
        let key = StockKey { product: product.clone(), unit: unit.unwrap_or(sold_in) };
        let sum = sums.entry(key).or_default();
        *sum = sum.saturating_add(*quantity);
        check_quantity(What::StockTransfer, product, *sum)?;
    }
    let rows: Vec<_> = (1_u32..).zip(&sums).collect();
    let insert = "INSERT INTO stock_transfer_line (org, stock_transfer, number, product, unit, quantity)";
    insert_all(connection, insert, 6, "", &rows, |(number, (key, quantity)), values| {
        push_values!(values; org, &id, number, &key.product, &key.unit, *quantity);
    })
    .await?;
    Ok(())
}

pub(super) async fn read_whole(
    connection: &mut AnyConnection,
    org: &OrgId,
    id: StockTransferId,
    lock: &str,
) -> Result<StockTransfer, Failure> {
    let sql = composed(format!("{TRANSFER} WHERE org = $1 AND id = $2{lock}"));
    let name = (What::StockTransfer, &id as _);
    let mut found = fetch_found(connection, name, sql, values![org, &id], read).await?;
    found.lines = read_lines(connection, org, id).await?;
    Ok(found)
}

async fn read_lines(
    connection: &mut AnyConnection,
    org: &OrgId,
    id: StockTransferId,
) -> Result<Vec<TransferLine>, Failure> {
    let sql = "SELECT product, unit, quantity, received, settled_as, settled_by, settled_at FROM stock_transfer_line
               WHERE org = $1 AND stock_transfer = $2 ORDER BY number";
    fetch_each(connection, What::StockTransfer, sql, values![org, &id], |fields| {
        Ok(TransferLine {
            key: read_key(fields)?,
            quantity: fields.take()?,
            received: fields.take_option()?,
            settled_as: fields.take_option()?,
            settled_by: fields.take_option()?,
            settled_at: fields.take_option()?,
        })
    })
    .await
}

fn read(fields: &mut Fields<'_>) -> Result<StockTransfer, Failure> {
    Ok(StockTransfer {
        id: fields.take()?,
        from: fields.take()?,
        to: fields.take()?,
        state: fields.take()?,
        note: fields.take()?,
        made_by: fields.take()?,
        made_at: fields.take()?,
        sent_by: fields.take_option()?,
        sent_at: fields.take_option()?,
        settled_by: fields.take_option()?,
        settled_at: fields.take_option()?,
        lines: Vec::new(),
    })
}
