//! Laying the journal's chain again.

use domain::ids::{SequenceNumber, Uuid};
use domain::sale::TillRef;
use rusqlite::{Connection, Row, Transaction, params};
use serde::Deserialize;

use super::rows;
use crate::copy::{Record, SaleCopy};
use crate::error::Failure;
use crate::report::Repair;
use crate::verify::JournalGap;
use sync_core::chain::{Hash, genesis, link};

/// What the sales that were found say about the rest of the store.
#[derive(Debug, Default)]
pub(super) struct Found {
    /// The highest catalogue generation that a sale refers to.
    pub(super) generation: u64,
    /// The payments that became sales.
    pub(super) payments: Vec<Uuid>,
}

/// A sequence number this far beyond every sale that was found is taken for damage, not for a lost sale.
const BELIEVABLE_GAP: u64 = 100_000;

/// Finds the sales, chains them, and puts on record what is missing.
pub(super) fn restore(
    target: &Transaction<'_>,
    source: Option<&Connection>,
    copied: &[Record],
    identity: &TillRef,
    repair: &mut Repair,
) -> Result<Found, Failure> {
    target.execute_batch(
        "CREATE TEMP TABLE found (
             sequence INTEGER NOT NULL, previous BLOB NOT NULL, hash BLOB NOT NULL, payload BLOB NOT NULL,
             from_copy INTEGER NOT NULL, UNIQUE (sequence, hash))",
    )?;
    let mut known = Vec::new();
    if let Some(source) = source {
        collect_from_source(target, source, &mut known)?;
    }
    for record in copied {
        if let Record::Sale(sale) = record {
            note(target, sale, true)?;
        }
    }
    let mut chain = Chain { target, head: 0, hash: genesis(identity), found: Found::default(), repair };
    // Of two sales for one place the one that the chain leads to counts, else the database's.
    let mut places = target.prepare("SELECT DISTINCT sequence FROM found ORDER BY sequence")?;
    let mut candidates = target.prepare(
        "SELECT previous, hash, payload, from_copy FROM found
         WHERE sequence = ?1 ORDER BY previous = ?2 DESC, from_copy LIMIT 1",
    )?;
    let mut sequences = places.query([])?;
    while let Some(row) = sequences.next()? {
        let sequence: u64 = row.get(0)?;
        let expected = chain.hash;
        candidates.query_row(params![sequence, expected], |row| chain.add(sequence, row))??;
    }
    drop(sequences);
    chain.close(&known)?;
    let found = chain.found;
    drop((places, candidates));
    target.execute_batch("DROP TABLE temp.found")?;
    queue_unsent(target, source)?;
    Ok(found)
}

/// Collects the sales that the damaged file still has, and into `known` every sequence number it mentions.
fn collect_from_source(
    target: &Transaction<'_>,
    source: &Connection,
    known: &mut Vec<u64>,
) -> rusqlite::Result<()> {
    let mut failure = None;
    rows::each(source, "journal", "previous, hash, payload", |row| {
        let sequence = row.get(0)?;
        known.push(sequence);
        let sale = SaleCopy {
            sequence: SequenceNumber(sequence),
            previous: row.get(1)?,
            hash: row.get(2)?,
            payload: row.get(3)?,
        };
        if link(&sale.previous, sale.sequence, &sale.payload) == sale.hash {
            failure = note(target, &sale, false).err().or(failure.take());
        }
        Ok(())
    });
    rows::each(source, "outbox", "sequence", |row| {
        known.push(row.get(1)?);
        Ok(())
    });
    rows::each(source, "journal_gap", "last", |row| {
        known.push(row.get(1)?);
        Ok(())
    });
    known.extend(sent_up_to(Some(source)));
    failure.map_or(Ok(()), Err)
}

fn note(target: &Transaction<'_>, sale: &SaleCopy, from_copy: bool) -> rusqlite::Result<()> {
    target
        .prepare_cached("INSERT OR IGNORE INTO found VALUES (?1, ?2, ?3, ?4, ?5)")?
        .execute(params![sale.sequence.0, sale.previous, sale.hash, sale.payload, from_copy])
        .map(|_| ())
}

struct Chain<'a, 'b> {
    target: &'a Transaction<'b>,
    head: u64,
    hash: Hash,
    found: Found,
    repair: &'a mut Repair,
}

#[derive(Deserialize)]
struct Payload {
    id: Uuid16,
    generation: u64,
    tenders: Vec<Tender>,
}

#[derive(Deserialize)]
struct Tender {
    payment: Uuid16,
}

#[derive(Deserialize)]
#[serde(try_from = "String")]
struct Uuid16(Uuid);

impl TryFrom<String> for Uuid16 {
    type Error = String;

    fn try_from(text: String) -> Result<Self, String> {
        Uuid::parse_str(&text).map(Self).map_err(|error| error.to_string())
    }
}

impl Chain<'_, '_> {
    /// Adds one sale. What does not fit is left out, and so put on record as lost.
    fn add(&mut self, sequence: u64, row: &Row<'_>) -> rusqlite::Result<rusqlite::Result<()>> {
        let (previous, hash): (Hash, Hash) = (row.get(0)?, row.get(1)?);
        let payload = row.get_ref(2)?.as_blob()?;
        let from_copy: bool = row.get(3)?;
        if sequence == self.head + 1 && previous != self.hash {
            return Ok(Ok(()));
        }
        let Ok(content) = serde_json::from_slice::<Payload>(payload) else { return Ok(Ok(())) };
        Ok(self.insert(sequence, &content, previous, hash, payload).map(|()| {
            self.repair.salvaged += 1;
            self.repair.from_copy += u64::from(from_copy);
            self.found.generation = self.found.generation.max(content.generation);
            self.found.payments.extend(content.tenders.iter().map(|tender| tender.payment.0));
            (self.head, self.hash) = (sequence, hash);
        }))
    }

    fn insert(
        &mut self,
        sequence: u64,
        content: &Payload,
        previous: Hash,
        hash: Hash,
        payload: &[u8],
    ) -> rusqlite::Result<()> {
        self.note_gap(self.head + 1, sequence - 1)?;
        self.target
            .prepare_cached(
                "INSERT INTO journal (sequence, sale, previous, hash, payload) VALUES (?1, ?2, ?3, ?4, ?5)",
            )?
            .execute(params![sequence, content.id.0.as_bytes(), previous, hash, payload])
            .map(|_| ())
    }

    fn note_gap(&mut self, first: u64, last: u64) -> rusqlite::Result<()> {
        if first > last {
            return Ok(());
        }
        self.target.execute("INSERT INTO journal_gap (first, last) VALUES (?1, ?2)", [first, last])?;
        let gap = JournalGap { first: SequenceNumber(first), last: SequenceNumber(last) };
        self.repair.lost_from.get_or_insert(gap.first);
        self.repair.gaps.push(gap);
        Ok(())
    }

    /// Numbers that the damaged file mentions beyond the last sale found were given out: they are lost, not free.
    fn close(&mut self, known: &[u64]) -> rusqlite::Result<()> {
        let believable = known.iter().copied().filter(|&number| number <= self.head + BELIEVABLE_GAP);
        let last = believable.max().unwrap_or(0);
        self.note_gap(self.head + 1, last)
    }
}

/// Puts into the outbox what was not sent. When that is not known any more everything is sent again: the cloud knows sales by
/// their ids.
fn queue_unsent(target: &Transaction<'_>, source: Option<&Connection>) -> rusqlite::Result<()> {
    let sent = sent_up_to(source).unwrap_or(0);
    target
        .execute("INSERT INTO outbox (sequence) SELECT sequence FROM journal WHERE sequence > ?1", [sent])?;
    target
        .execute("INSERT OR REPLACE INTO meta (key, value) VALUES ('sent_up_to', ?1)", [sent.to_string()])
        .map(|_| ())
}

fn sent_up_to(source: Option<&Connection>) -> Option<u64> {
    let mut sent = None;
    rows::each(source?, "meta", "key, value", |row| {
        if row.get_ref(1)?.as_str()? == "sent_up_to" {
            sent = row.get_ref(2)?.as_str()?.parse().ok();
        }
        Ok(())
    });
    sent
}
