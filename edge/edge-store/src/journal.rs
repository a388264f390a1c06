//! The sales journal, the outbox and the payment intents.

use domain::ids::{PaymentId, SaleId, SequenceNumber, Uuid};
use domain::sale::Sale;
use domain::time::WallMs;
use rusqlite::{Connection, OptionalExtension, Row, TransactionBehavior, params};

use crate::copy::SaleCopy;
use crate::error::{Failure, StoreError};
use sync_core::chain::{Hash, link};
use sync_core::sale_document;

/// A sale's place in the journal.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct JournalEntry {
    /// 1, 2, 3, ...
    pub sequence: SequenceNumber,
    /// SHA-256 over the previous entry's hash, the sequence number and the payload.
    pub hash: [u8; 32],
    /// True when the sale was in the journal before this call.
    pub already: bool,
}

/// A payment that may have been asked for and is not settled.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Intent {
    /// The attempt at the terminal.
    pub payment: PaymentId,
    /// The sale it is for, complete but for the authorisation.
    pub sale: Sale,
    /// When it was recorded.
    pub recorded_at: WallMs,
}

/// The most sales that one call gives back.
const PAGE_MAX: u32 = 10_000;

const ENTRY_COLUMNS: &str = "sequence, hash, payload";

/// A sale on its way into the journal.
pub(crate) struct NewSale {
    pub(crate) id: SaleId,
    pub(crate) payments: Vec<PaymentId>,
    pub(crate) payload: Vec<u8>,
}

/// Adds a sale, or finds it there. The second value is what the copy gets; `None` when nothing was added.
pub(crate) fn commit_sale(
    connection: &mut Connection,
    genesis: &Hash,
    new: &NewSale,
) -> Result<(JournalEntry, Option<SaleCopy>), Failure> {
    let transaction = connection.transaction_with_behavior(TransactionBehavior::Immediate)?;
    let known = transaction
        .prepare_cached("SELECT sequence, hash, payload FROM journal WHERE sale = ?1")?
        .query_row([new.id.0.as_bytes()], |row| Ok((entry(row)?, row.get_ref(2)?.as_blob()? == new.payload)))
        .optional()?;
    match known {
        Some((entry, true)) => return Ok((JournalEntry { already: true, ..entry }, None)),
        Some((_, false)) => return Err(StoreError::SaleConflict { sale: new.id }.into()),
        None => {}
    }
    let (head, previous) = head(&transaction, genesis)?;
    let sequence = SequenceNumber(head.0 + 1);
    let hash = link(&previous, sequence, &new.payload);
    transaction
        .prepare_cached(
            "INSERT INTO journal (sequence, sale, previous, hash, payload) VALUES (?1, ?2, ?3, ?4, ?5)",
        )?
        .execute(params![sequence.0, new.id.0.as_bytes(), previous, hash, new.payload])?;
    transaction.prepare_cached("INSERT INTO outbox (sequence) VALUES (?1)")?.execute([sequence.0])?;
    for payment in &new.payments {
        transaction
            .prepare_cached("DELETE FROM intent WHERE payment = ?1")?
            .execute([payment.0.as_bytes()])?;
    }
    transaction.commit()?;
    let copy = SaleCopy { sequence, previous, hash, payload: new.payload.clone() };
    Ok((JournalEntry { sequence, hash, already: false }, Some(copy)))
}

/// The last sequence number given out, lost ones included, and the hash that the next entry is chained to.
pub(crate) fn head(connection: &Connection, genesis: &Hash) -> rusqlite::Result<(SequenceNumber, Hash)> {
    let newest = connection
        .prepare_cached("SELECT sequence, hash FROM journal ORDER BY sequence DESC LIMIT 1")?
        .query_row([], |row| Ok((row.get(0)?, row.get(1)?)))
        .optional()?;
    let lost: Option<u64> =
        connection.prepare_cached("SELECT max(last) FROM journal_gap")?.query_row([], |row| row.get(0))?;
    let (sequence, hash) = newest.unwrap_or((0, *genesis));
    Ok((SequenceNumber(sequence.max(lost.unwrap_or(0))), hash))
}

/// Adds an intent; true when it was not there.
pub(crate) fn record_intent(
    connection: &mut Connection,
    payment: PaymentId,
    recorded_at: WallMs,
    payload: &[u8],
) -> Result<bool, Failure> {
    let transaction = connection.transaction_with_behavior(TransactionBehavior::Immediate)?;
    let known = transaction
        .prepare_cached("SELECT payload FROM intent WHERE payment = ?1")?
        .query_row([payment.0.as_bytes()], |row| Ok(row.get_ref(0)?.as_blob()? == payload))
        .optional()?;
    match known {
        Some(true) => return Ok(false),
        Some(false) => return Err(StoreError::IntentConflict { payment }.into()),
        None => {}
    }
    transaction
        .prepare_cached("INSERT INTO intent (payment, recorded_at, payload) VALUES (?1, ?2, ?3)")?
        .execute(params![payment.0.as_bytes(), recorded_at.0, payload])?;
    transaction.commit()?;
    Ok(true)
}

/// Removes an intent; true when it was there.
pub(crate) fn drop_intent(connection: &Connection, payment: PaymentId) -> Result<bool, Failure> {
    let mut statement = connection.prepare_cached("DELETE FROM intent WHERE payment = ?1")?;
    Ok(statement.execute([payment.0.as_bytes()])? > 0)
}

/// An intent as it is stored.
pub(crate) struct RawIntent {
    pub(crate) payment: Uuid,
    pub(crate) recorded_at_ms: i64,
    pub(crate) payload: Vec<u8>,
}

/// All intents, oldest first.
pub(crate) fn raw_intents(connection: &Connection) -> rusqlite::Result<Vec<RawIntent>> {
    let mut statement =
        connection.prepare_cached("SELECT payment, recorded_at, payload FROM intent ORDER BY rowid")?;
    let rows = statement.query_map([], |row| {
        let payment: [u8; 16] = row.get(0)?;
        Ok(RawIntent {
            payment: Uuid::from_bytes(payment),
            recorded_at_ms: row.get(1)?,
            payload: row.get(2)?,
        })
    })?;
    rows.collect()
}

/// All intents, read back.
pub(crate) fn open_intents(connection: &Connection) -> Result<Vec<Intent>, Failure> {
    let read = |raw: RawIntent| {
        let sale = sale_document::decode(&raw.payload).map_err(|problem| StoreError::Unreadable {
            what: format!("payment intent {}", raw.payment),
            problem,
        })?;
        let recorded_at = WallMs(raw.recorded_at_ms);
        Ok(Intent { payment: PaymentId(raw.payment), sale, recorded_at })
    };
    raw_intents(connection)?.into_iter().map(read).collect()
}

/// Which sales to list.
#[derive(Debug, Clone, Copy)]
pub(crate) enum Page {
    /// Oldest first, after a place.
    After(SequenceNumber),
    /// Newest first, before a place.
    Before(SequenceNumber),
    /// Oldest first, those not sent yet.
    Unsent,
}

/// Lists sales.
pub(crate) fn sales(
    connection: &Connection,
    page: Page,
    limit: u32,
) -> Result<Vec<(JournalEntry, Sale)>, Failure> {
    let (condition, order, bound) = match page {
        Page::After(place) => ("sequence > ?1", "ASC", place.0),
        Page::Before(place) => ("sequence < ?1", "DESC", place.0),
        Page::Unsent => ("sequence IN (SELECT sequence FROM outbox) AND ?1 = 0", "ASC", 0),
    };
    // SQLite's integers are signed: "before the end" is as far as they go.
    let bound = i64::try_from(bound).unwrap_or(i64::MAX);
    let sql =
        format!("SELECT {ENTRY_COLUMNS} FROM journal WHERE {condition} ORDER BY sequence {order} LIMIT ?2");
    let mut statement = connection.prepare_cached(&sql)?;
    let mut rows = statement.query(params![bound, limit.min(PAGE_MAX)])?;
    let mut sales = Vec::new();
    while let Some(row) = rows.next()? {
        sales.push(read_sale(row)?);
    }
    Ok(sales)
}

/// One sale by its id.
pub(crate) fn sale(connection: &Connection, id: SaleId) -> Result<Option<(JournalEntry, Sale)>, Failure> {
    let sql = format!("SELECT {ENTRY_COLUMNS} FROM journal WHERE sale = ?1");
    let mut statement = connection.prepare_cached(&sql)?;
    let mut rows = statement.query([id.0.as_bytes()])?;
    rows.next()?.map(read_sale).transpose()
}

/// How many sales wait to be sent.
pub(crate) fn outbox_len(connection: &Connection) -> rusqlite::Result<u64> {
    connection.prepare_cached("SELECT count(*) FROM outbox")?.query_row([], |row| row.get(0))
}

/// Takes everything up to a place out of the outbox and keeps the place.
pub(crate) fn mark_sent(
    connection: &mut Connection,
    genesis: &Hash,
    up_to: SequenceNumber,
) -> Result<(), Failure> {
    let transaction = connection.transaction_with_behavior(TransactionBehavior::Immediate)?;
    let (head, _) = head(&transaction, genesis)?;
    if up_to > head {
        let text = format!("sale {up_to} cannot have been sent: the journal ends at {head}");
        return Err(StoreError::Refused(text).into());
    }
    transaction.prepare_cached("DELETE FROM outbox WHERE sequence <= ?1")?.execute([up_to.0])?;
    transaction
        .prepare_cached(
            "INSERT INTO meta (key, value) VALUES ('sent_up_to', ?1)
             ON CONFLICT (key) DO UPDATE SET value = excluded.value
             WHERE CAST(excluded.value AS INTEGER) > CAST(value AS INTEGER)",
        )?
        .execute([up_to.0.to_string()])?;
    transaction.commit()?;
    Ok(())
}

fn entry(row: &Row<'_>) -> rusqlite::Result<JournalEntry> {
    Ok(JournalEntry { sequence: SequenceNumber(row.get(0)?), hash: row.get(1)?, already: false })
}

fn read_sale(row: &Row<'_>) -> Result<(JournalEntry, Sale), Failure> {
    let entry = JournalEntry { already: true, ..entry(row)? };
    let sale = sale_document::decode(row.get_ref(2)?.as_blob().map_err(rusqlite::Error::from)?)
        .map_err(|problem| StoreError::Unreadable { what: format!("sale {}", entry.sequence), problem })?;
    Ok((entry, sale))
}
