//! The journal as the cloud is sent it: entries with their hashes, and how far the cloud has them.

use domain::ids::{SaleId, SequenceNumber, Uuid};
use rusqlite::{Connection, OptionalExtension, Row, Transaction, TransactionBehavior, params};
use sync_core::chain::{self, Hash};
use sync_core::entry::{Entry, Mark};

use crate::error::{Failure, StoreError};
use crate::store::Store;

impl Store {
    /// The beginning of this till's journal.
    pub fn genesis_mark(&self) -> Mark {
        Mark { sequence: SequenceNumber(0), hash: chain::genesis(self.identity()) }
    }

    /// The last sale of the journal; the beginning when there is none.
    pub fn head_mark(&self) -> Result<Mark, StoreError> {
        let genesis = self.genesis_mark();
        self.read(|connection| Ok(mark_up_to(connection, u64::MAX)?.unwrap_or(genesis)))
    }

    /// The last sale that the cloud is known to have.
    pub fn acked_mark(&self) -> Result<Mark, StoreError> {
        let genesis = self.genesis_mark();
        self.read(|connection| Ok(mark_up_to(connection, sent_up_to(connection)?)?.unwrap_or(genesis)))
    }

    /// What the journal has at a place; `None` where it has none.
    pub fn mark_at(&self, sequence: SequenceNumber) -> Result<Option<Mark>, StoreError> {
        if sequence.0 == 0 {
            return Ok(Some(self.genesis_mark()));
        }
        self.read(|connection| {
            let found = mark_up_to(connection, sequence.0)?;
            Ok(found.filter(|mark| mark.sequence == sequence))
        })
    }

    /// Entries after a place, oldest first: up to `max_entries`, and up to `max_bytes` of payload but for the first, which comes
    /// whatever its length.
    pub fn entries(
        &self,
        after: SequenceNumber,
        max_entries: usize,
        max_bytes: usize,
    ) -> Result<Vec<Entry>, StoreError> {
        self.read(|connection| {
            let mut statement = connection.prepare_cached(
                "SELECT sequence, sale, previous, hash, payload FROM journal WHERE sequence > ?1 ORDER BY sequence LIMIT ?2",
            )?;
            let mut rows = statement.query(params![bound(after.0), max_entries])?;
            let (mut entries, mut bytes) = (Vec::new(), 0);
            while let Some(row) = rows.next()? {
                let entry = read_entry(row)?;
                bytes += entry.payload.len();
                if !entries.is_empty() && bytes > max_bytes {
                    break;
                }
                entries.push(entry);
            }
            Ok(entries)
        })
    }

    /// Puts everything after a place into the outbox again: the cloud does not have it any more.
    pub fn mark_unsent(&self, after: SequenceNumber) -> Result<(), StoreError> {
        self.write(move |writer| mark_unsent(&mut writer.connection, after))
    }
}

fn mark_unsent(connection: &mut Connection, after: SequenceNumber) -> Result<(), Failure> {
    let transaction: Transaction<'_> =
        connection.transaction_with_behavior(TransactionBehavior::Immediate)?;
    transaction
        .prepare_cached(
            "INSERT OR IGNORE INTO outbox (sequence) SELECT sequence FROM journal WHERE sequence > ?1",
        )?
        .execute([bound(after.0)])?;
    transaction
        .prepare_cached("UPDATE meta SET value = ?1 WHERE key = 'sent_up_to'")?
        .execute([after.0.to_string()])?;
    transaction.commit()?;
    Ok(())
}

fn sent_up_to(connection: &Connection) -> rusqlite::Result<u64> {
    let place = connection
        .prepare_cached("SELECT CAST(value AS INTEGER) FROM meta WHERE key = 'sent_up_to'")?
        .query_row([], |row| row.get(0))
        .optional()?;
    Ok(place.unwrap_or(0))
}

/// The last entry up to a place: sales that were lost to damage leave gaps.
fn mark_up_to(connection: &Connection, place: u64) -> rusqlite::Result<Option<Mark>> {
    connection
        .prepare_cached(
            "SELECT sequence, hash FROM journal WHERE sequence <= ?1 ORDER BY sequence DESC LIMIT 1",
        )?
        .query_row([bound(place)], |row| {
            Ok(Mark { sequence: SequenceNumber(row.get(0)?), hash: row.get(1)? })
        })
        .optional()
}

/// SQLite's integers are signed: the end is as far as they go.
fn bound(place: u64) -> i64 {
    i64::try_from(place).unwrap_or(i64::MAX)
}

fn read_entry(row: &Row<'_>) -> rusqlite::Result<Entry> {
    let sale: [u8; 16] = row.get(1)?;
    let (previous, hash): (Hash, Hash) = (row.get(2)?, row.get(3)?);
    Ok(Entry {
        sequence: SequenceNumber(row.get(0)?),
        sale: SaleId(Uuid::from_bytes(sale)),
        previous,
        hash,
        payload: row.get(4)?,
    })
}
