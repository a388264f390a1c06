//! Bringing the journal's copy in line with the journal at start, and telling when it is the journal that is short.

use std::collections::BTreeSet;
use std::io;
use std::path::Path;
use std::time::Instant;

use domain::ids::{SequenceNumber, Uuid};
use rusqlite::{Connection, params};

use crate::copy::{self, CopyWriter, Record, SaleCopy, Segment};
use crate::journal;
use crate::options::Durability;
use sync_core::chain::Hash;

/// Sales that are read from the journal at a time.
const BATCH: u32 = 256;

/// Why the copy and the journal could not be brought in line.
#[derive(Debug)]
pub(crate) enum Mismatch {
    /// The journal lacks sales that the copy has, or has others in their place.
    JournalShort(String),
    /// The copy is of another till or tells another history; the journal is whole.
    OtherHistory(String),
    /// The copy could not be read or written.
    Io(io::Error),
    /// The journal could not be read.
    Sql(rusqlite::Error),
}

impl From<io::Error> for Mismatch {
    fn from(error: io::Error) -> Self {
        Self::Io(error)
    }
}

impl From<rusqlite::Error> for Mismatch {
    fn from(error: rusqlite::Error) -> Self {
        Self::Sql(error)
    }
}

/// Which store's copy, and how long checking it may take.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Scope<'a> {
    pub(crate) dir: &'a Path,
    pub(crate) till: &'a str,
    pub(crate) durability: Durability,
    pub(crate) deadline: Instant,
}

/// The copy, ready to follow the journal.
#[derive(Debug)]
pub(crate) struct Reconciled {
    pub(crate) writer: CopyWriter,
    /// Sales that were added.
    pub(crate) copied: u64,
    /// The disk is full: the copy could not be brought up to date yet.
    pub(crate) behind: bool,
}

/// Checks the newest segment, and older ones while there is time; rewrites damaged ones; adds what the copy lacks.
pub(crate) fn at_start(
    connection: &Connection,
    genesis: &Hash,
    scope: Scope<'_>,
) -> Result<Reconciled, Mismatch> {
    let (journal_head, _) = journal::head(connection, genesis)?;
    let segments = copy::segments(scope.dir)?;
    let mut head = None;
    let mut newest: Option<Segment> = None;
    let mut end = SequenceNumber(u64::MAX);
    for (first, path) in segments.iter().rev() {
        if newest.is_some() && head.is_some() && Instant::now() >= scope.deadline {
            break;
        }
        let mut segment = copy::read_segment(path)?;
        check_till(&segment, scope.till, journal_head)?;
        check_against_journal(connection, &segment, journal_head)?;
        let last = segment.sales().last().map(|sale| sale.sequence);
        // The newest segment may end early (a crash); an older one must reach to where the next begins.
        let until =
            if newest.is_none() { last.map_or(*first, |last| SequenceNumber(last.0 + 1)) } else { end };
        if segment.damaged || !is_complete(connection, &segment, *first, until)? {
            tracing::warn!(segment = %path.display(), "a part of the journal's copy was damaged and is written anew");
            rewrite(connection, path, scope.till, *first, until)?;
            segment = copy::read_segment(path)?;
        }
        head = head.or(last);
        newest.get_or_insert(segment);
        end = *first;
    }
    let first = segments.last().map_or(SequenceNumber(1), |(first, _)| *first);
    let good_len = newest.as_ref().map_or(0, |segment| segment.good_len);
    let head = head.unwrap_or_default();
    let mut writer = CopyWriter::open(scope.dir, scope.till, scope.durability, first, good_len, head)?;
    let copied = catch_up(connection, &mut writer).and_then(|copied| {
        note_intents(connection, &mut writer, newest.as_ref())?;
        writer.sync()?;
        Ok(copied)
    });
    match copied {
        Ok(copied) => Ok(Reconciled { writer, copied, behind: false }),
        // The journal itself is whole: a till that can still sell must start.
        Err(Mismatch::Io(error)) if is_full(&error) => Ok(Reconciled { writer, copied: 0, behind: true }),
        Err(error) => Err(error),
    }
}

/// Whether a write failed for want of room.
pub(crate) fn is_full(error: &io::Error) -> bool {
    matches!(error.kind(), io::ErrorKind::StorageFull | io::ErrorKind::QuotaExceeded)
}

/// Appends everything that was committed while the copy could not be written.
pub(crate) fn bring_up_to_date(connection: &Connection, writer: &mut CopyWriter) -> Result<(), Mismatch> {
    catch_up(connection, writer)?;
    note_intents(connection, writer, None)
}

/// Appends every sale of the journal that the copy lacks at its end.
fn catch_up(connection: &Connection, writer: &mut CopyWriter) -> Result<u64, Mismatch> {
    let mut copied = 0;
    loop {
        let after = writer.head();
        let batch = sales_between(connection, SequenceNumber(after.0 + 1), SequenceNumber(u64::MAX), BATCH)?;
        if batch.is_empty() {
            return Ok(copied);
        }
        copied += batch.len() as u64;
        let records: Vec<Record> = batch.into_iter().map(Record::Sale).collect();
        writer.append(&records)?;
    }
}

fn check_till(segment: &Segment, till: &str, journal_head: SequenceNumber) -> Result<(), Mismatch> {
    let other = segment.records.iter().find_map(|record| match record {
        Record::Till(name) if name != till => Some(name),
        _ => None,
    });
    match other {
        Some(name) if segment.sales().next().is_some() || journal_head.0 > 0 => {
            Err(Mismatch::OtherHistory(format!("its copy is of till {name}")))
        }
        _ => Ok(()),
    }
}

/// Every sale of the segment must be in the journal, the same.
fn check_against_journal(
    connection: &Connection,
    segment: &Segment,
    journal_head: SequenceNumber,
) -> Result<(), Mismatch> {
    let mut statement = connection.prepare_cached("SELECT hash FROM journal WHERE sequence = ?1")?;
    for sale in segment.sales() {
        let mut rows = statement.query([sale.sequence.0])?;
        let stored: Option<Hash> = rows.next()?.map(|row| row.get(0)).transpose()?;
        let place = sale.sequence;
        match stored {
            Some(hash) if hash == sale.hash => {}
            Some(_) => return Err(Mismatch::OtherHistory(format!("its copy has another sale {place}"))),
            None if place > journal_head => {
                let text = format!("it ends at sale {journal_head}, its copy goes on to sale {place}");
                return Err(Mismatch::JournalShort(text));
            }
            None => return Err(Mismatch::JournalShort(format!("sale {place} is in its copy only"))),
        }
    }
    Ok(())
}

/// Whether the segment has every sale of the journal from `first` up to, not including, `until`.
fn is_complete(
    connection: &Connection,
    segment: &Segment,
    first: SequenceNumber,
    until: SequenceNumber,
) -> rusqlite::Result<bool> {
    let expected: u64 = connection
        .prepare_cached("SELECT count(*) FROM journal WHERE sequence >= ?1 AND sequence < ?2")?
        .query_row(params![first.0, bound(until)], |row| row.get(0))?;
    let have: BTreeSet<SequenceNumber> = segment.sales().map(|sale| sale.sequence).collect();
    Ok(have.len() as u64 == expected)
}

fn rewrite(
    connection: &Connection,
    path: &Path,
    till: &str,
    first: SequenceNumber,
    until: SequenceNumber,
) -> Result<(), Mismatch> {
    let sales = sales_between(connection, first, until, u32::MAX)?;
    let records = std::iter::once(Record::Till(till.to_owned())).chain(sales.into_iter().map(Record::Sale));
    Ok(copy::rewrite_segment(path, records)?)
}

fn sales_between(
    connection: &Connection,
    first: SequenceNumber,
    until: SequenceNumber,
    limit: u32,
) -> rusqlite::Result<Vec<SaleCopy>> {
    let mut statement = connection.prepare_cached(
        "SELECT sequence, previous, hash, payload FROM journal
         WHERE sequence >= ?1 AND sequence < ?2 ORDER BY sequence LIMIT ?3",
    )?;
    let rows = statement.query_map(params![first.0, bound(until), limit], |row| {
        Ok(SaleCopy {
            sequence: SequenceNumber(row.get(0)?),
            previous: row.get(1)?,
            hash: row.get(2)?,
            payload: row.get(3)?,
        })
    })?;
    rows.collect()
}

/// Writes down which intents are open, unless the segment ends with just that.
fn note_intents(
    connection: &Connection,
    writer: &mut CopyWriter,
    segment: Option<&Segment>,
) -> Result<(), Mismatch> {
    let open = journal::raw_intents(connection)?;
    let ids: Vec<Uuid> = open.iter().map(|intent| intent.payment).collect();
    let noted = segment.and_then(|segment| segment.records.last());
    if matches!(noted, Some(Record::OpenIntents(noted)) if *noted == ids) {
        return Ok(());
    }
    let mut records: Vec<Record> = open
        .into_iter()
        .map(|intent| Record::Intent {
            payment: intent.payment,
            recorded_at_ms: intent.recorded_at_ms,
            payload: intent.payload,
        })
        .collect();
    records.push(Record::OpenIntents(ids));
    Ok(writer.append(&records)?)
}

/// SQLite's integers are signed.
fn bound(sequence: SequenceNumber) -> i64 {
    i64::try_from(sequence.0).unwrap_or(i64::MAX)
}
