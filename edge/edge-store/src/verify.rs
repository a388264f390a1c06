//! Checking the chain: forwards over the whole journal on request, backwards from the newest sale at start.

use std::fmt;
use std::time::Instant;

use domain::ids::{SequenceNumber, Uuid};
use rusqlite::{Connection, Row};
use serde::Deserialize;

use crate::error::Failure;
use crate::journal;
use sync_core::chain::{Hash, link};

/// A stretch of sequence numbers whose sales were lost to damage; both ends are included.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct JournalGap {
    /// The first lost.
    pub first: SequenceNumber,
    /// The last lost.
    pub last: SequenceNumber,
}

impl fmt::Display for JournalGap {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        if self.first == self.last {
            write!(f, "sale {}", self.first)
        } else {
            write!(f, "sales {} to {}", self.first, self.last)
        }
    }
}

/// The first entry that is not what was once written.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct BadEntry {
    /// Its place.
    pub sequence: SequenceNumber,
    /// What is wrong with it.
    pub problem: String,
}

/// What a walk over the whole journal found.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct JournalReport {
    /// Sales in the journal.
    pub entries: u64,
    /// The last sequence number given out; 0 when none was.
    pub head: SequenceNumber,
    /// The hash of the last entry; the till's genesis hash when there is none.
    pub head_hash: [u8; 32],
    /// Stretches lost to damage and put on record by an earlier repair.
    pub gaps: Vec<JournalGap>,
    /// Sales that wait to be sent.
    pub outbox: u64,
    /// The first entry that is not what was once written.
    pub first_bad: Option<BadEntry>,
    /// True when `first_bad` is `None`: every entry is what was written, none is missing that is not on record as lost.
    pub ok: bool,
}

/// Walks the whole journal. Run it in a transaction, so that it sees one state.
pub(crate) fn whole(connection: &Connection, genesis: &Hash) -> Result<JournalReport, Failure> {
    let gaps = gaps(connection)?;
    let mut entries = 0;
    let mut first_bad = None;
    let mut before = Before { sequence: 0, hash: *genesis };
    let mut statement = connection.prepare(SELECT_ASCENDING)?;
    let mut rows = statement.query([])?;
    while let Some(row) = rows.next()? {
        let (entry, own) = Entry::read(row)?;
        entries += 1;
        if first_bad.is_none() {
            let problem = own.or_else(|| before.problem_with_next(&entry, &gaps));
            first_bad = problem.map(|problem| BadEntry { sequence: SequenceNumber(entry.sequence), problem });
        }
        before = Before { sequence: entry.sequence, hash: entry.hash };
    }
    if first_bad.is_none() {
        first_bad = unsent_problem(connection)?;
    }
    let (head, head_hash) = journal::head(connection, genesis)?;
    let outbox = journal::outbox_len(connection)?;
    Ok(JournalReport { entries, head, head_hash, gaps, outbox, ok: first_bad.is_none(), first_bad })
}

/// What the check at start found.
#[derive(Debug, Default)]
pub(crate) struct TailCheck {
    /// The earliest entry that was checked, if any; every later one was too.
    pub(crate) from: Option<SequenceNumber>,
    /// What is wrong.
    pub(crate) bad: Option<BadEntry>,
}

/// Checks entries from the newest backwards until the start or the deadline.
pub(crate) fn tail(connection: &Connection, genesis: &Hash, deadline: Instant) -> Result<TailCheck, Failure> {
    const BETWEEN_LOOKS_AT_THE_CLOCK: u64 = 64;
    let gaps = gaps(connection)?;
    let mut check = TailCheck::default();
    let mut statement = connection.prepare(SELECT_DESCENDING)?;
    let mut rows = statement.query([])?;
    let mut later: Option<Entry> = None;
    let mut seen = 0;
    loop {
        if seen % BETWEEN_LOOKS_AT_THE_CLOCK == 0 && Instant::now() >= deadline {
            return Ok(check);
        }
        let next = rows.next()?.map(Entry::read).transpose()?;
        let (entry, own) = match next {
            Some((entry, own)) => (Some(entry), own),
            None => (None, None),
        };
        if let (Some(entry), Some(problem)) = (&entry, own) {
            check.bad = Some(BadEntry { sequence: SequenceNumber(entry.sequence), problem });
            return Ok(check);
        }
        let before = entry.as_ref().map_or(Before { sequence: 0, hash: *genesis }, |entry| Before {
            sequence: entry.sequence,
            hash: entry.hash,
        });
        if let Some(later) = &later
            && let Some(problem) = before.problem_with_next(later, &gaps)
        {
            check.bad = Some(BadEntry { sequence: SequenceNumber(later.sequence), problem });
            return Ok(check);
        }
        let Some(entry) = entry else { return Ok(check) };
        check.from = Some(SequenceNumber(entry.sequence));
        later = Some(entry);
        seen += 1;
    }
}

/// The stretches on record as lost, in order.
pub(crate) fn gaps(connection: &Connection) -> rusqlite::Result<Vec<JournalGap>> {
    let mut statement = connection.prepare_cached("SELECT first, last FROM journal_gap ORDER BY first")?;
    let rows = statement.query_map([], |row| {
        Ok(JournalGap { first: SequenceNumber(row.get(0)?), last: SequenceNumber(row.get(1)?) })
    })?;
    rows.collect()
}

const SELECT_ASCENDING: &str =
    "SELECT sequence, sale, previous, hash, payload FROM journal ORDER BY sequence ASC";
const SELECT_DESCENDING: &str =
    "SELECT sequence, sale, previous, hash, payload FROM journal ORDER BY sequence DESC";

/// An entry without its payload.
struct Entry {
    sequence: u64,
    previous: Hash,
    hash: Hash,
}

impl Entry {
    /// Reads a row and what is wrong with it by itself.
    fn read(row: &Row<'_>) -> rusqlite::Result<(Self, Option<String>)> {
        let entry = Self { sequence: row.get(0)?, previous: row.get(2)?, hash: row.get(3)? };
        let sale: [u8; 16] = row.get(1)?;
        let payload = row.get_ref(4)?.as_blob()?;
        let problem = if link(&entry.previous, SequenceNumber(entry.sequence), payload) == entry.hash {
            id_problem(Uuid::from_bytes(sale), payload)
        } else {
            Some("its hash does not fit its content".to_owned())
        };
        Ok((entry, problem))
    }
}

/// What comes before an entry: another one, or the start of the journal.
struct Before {
    sequence: u64,
    hash: Hash,
}

impl Before {
    fn problem_with_next(&self, next: &Entry, gaps: &[JournalGap]) -> Option<String> {
        let expected = self.sequence + 1;
        if next.sequence == expected {
            let chained = next.previous == self.hash;
            return (!chained).then(|| "it is not chained to the entry before it".to_owned());
        }
        let missing = JournalGap { first: SequenceNumber(expected), last: SequenceNumber(next.sequence - 1) };
        if gaps.contains(&missing) {
            return None;
        }
        let verb = if missing.first == missing.last { "is" } else { "are" };
        Some(format!("{missing} before it {verb} missing"))
    }
}

fn id_problem(id: Uuid, payload: &[u8]) -> Option<String> {
    #[derive(Deserialize)]
    struct Head {
        id: String,
    }
    match serde_json::from_slice::<Head>(payload) {
        Ok(head) if head.id == id.to_string() => None,
        Ok(head) => Some(format!("it is filed under id {id}, but its content says {}", head.id)),
        Err(error) => Some(format!("its content cannot be read: {error}")),
    }
}

/// A sale after the last one sent that is not in the outbox would never be sent.
fn unsent_problem(connection: &Connection) -> rusqlite::Result<Option<BadEntry>> {
    let missing: Option<u64> = connection.query_row(
        "SELECT min(sequence) FROM journal
         WHERE sequence > coalesce((SELECT CAST(value AS INTEGER) FROM meta WHERE key = 'sent_up_to'), 0)
           AND sequence NOT IN (SELECT sequence FROM outbox)",
        [],
        |row| row.get(0),
    )?;
    Ok(missing.map(|sequence| BadEntry {
        sequence: SequenceNumber(sequence),
        problem: "it was not sent and does not wait to be sent".to_owned(),
    }))
}
