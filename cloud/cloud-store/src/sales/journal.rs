//! The order of a till's journal: its newest place, gaps and forks.

use std::collections::{BTreeMap, BTreeSet};

use domain::ids::SequenceNumber;
use domain::sale::TillRef;
use domain::time::WallMs;
use sqlx::AnyConnection;
use sync_core::entry::{Entry, Mark};

use super::plan::{Batch, Plan, beginning};
use crate::bulk::{fetch_all_of, insert_all};
use crate::error::What;
use crate::ids::Hash;
use crate::sql::{Failure, Fields, fetch_each, fetch_value, push_values, values};
use crate::tills::read_till_ref;

/// What is known of one till's journal while a transaction holds its newest place.
#[derive(Debug)]
pub(super) struct TillJournal {
    pub(super) newest: Mark,
    /// Hashes of the places that the batches name, those before [`TillJournal::newest`] that were there and all that came.
    places: BTreeMap<SequenceNumber, Vec<Hash>>,
    /// Hashes that lie on a history other than the one that came first.
    aside: BTreeSet<Hash>,
    moved: bool,
}

/// What an entry means for the order of the journal.
#[derive(Debug, Default)]
pub(super) struct Place {
    pub(super) fork: Option<Fork>,
    pub(super) gap: Option<Gap>,
    /// It lies before the newest place and nothing was there.
    pub(super) is_late: bool,
    /// It lies on a history other than the one that came first.
    pub(super) is_aside: bool,
}

#[derive(Debug)]
pub(super) struct Fork {
    till: TillRef,
    sequence: SequenceNumber,
    known_hash: Hash,
    other_hash: Hash,
    noticed_at: WallMs,
}

#[derive(Debug)]
pub(super) struct Gap {
    till: TillRef,
    first: SequenceNumber,
    last: SequenceNumber,
    lost: bool,
    noticed_at: WallMs,
}

/// The journals of the tills of a group, each held until the transaction ends.
pub(super) type Journals = BTreeMap<(String, String, String), TillJournal>;

/// What [`Journals`] are sorted by.
pub(super) fn key(till: &TillRef) -> (String, String, String) {
    (till.org.to_string(), till.store.to_string(), till.till.to_string())
}

impl TillJournal {
    pub(super) fn has(&self, mark: &Mark) -> bool {
        self.places.get(&mark.sequence).is_some_and(|hashes| hashes.contains(&mark.hash))
    }

    pub(super) fn take(&mut self, till: &TillRef, entry: &Entry, now: WallMs) -> Place {
        let mut place = Place::default();
        let hashes = self.places.entry(entry.sequence).or_default();
        if let Some(&known_hash) = hashes.first() {
            // Only the first place of another history is told; what follows it is not news.
            if !self.aside.contains(&entry.previous) {
                let (till, sequence, other_hash) = (till.clone(), entry.sequence, entry.hash);
                place.fork = Some(Fork { till, sequence, known_hash, other_hash, noticed_at: now });
            }
            place.is_aside = true;
            self.aside.insert(entry.hash);
        } else if entry.sequence < self.newest.sequence {
            place.is_late = true;
        }
        hashes.push(entry.hash);
        if entry.sequence > self.newest.sequence {
            let first = SequenceNumber(self.newest.sequence.0 + 1);
            if first < entry.sequence {
                let (till, last) = (till.clone(), SequenceNumber(entry.sequence.0 - 1));
                let lost = entry.previous == self.newest.hash;
                place.gap = Some(Gap { till, first, last, lost, noticed_at: now });
            }
            self.newest = entry.mark();
            self.moved = true;
        }
        place
    }
}

/// Holds the newest places of the batches' tills and loads what the batches may meet.
pub(super) async fn lock(
    connection: &mut AnyConnection,
    batches: &[Batch],
    lock: &str,
) -> Result<Journals, Failure> {
    let tills: BTreeMap<_, _> = batches.iter().map(|batch| (key(&batch.till), &batch.till)).collect();
    // In order of the key, so that two transactions never wait for each other.
    let tills: Vec<&TillRef> = tills.into_values().collect();
    let insert = "INSERT INTO till_head (org, store, till, sequence, hash, received_at)";
    let rest = "ON CONFLICT (org, store, till) DO NOTHING";
    insert_all(connection, insert, 6, rest, &tills, |till, values| {
        push_values!(values; *till, 0, &beginning(till).hash, 0);
    })
    .await?;
    let select = "SELECT org, store, till, sequence, hash FROM till_head WHERE (org, store, till)";
    let rest = format!("ORDER BY org, store, till{lock}");
    let rows = fetch_all_of(connection, select, 3, &rest, &tills, |till, values| values.push(*till)).await?;
    let mut journals = Journals::new();
    for row in &rows {
        let mut fields = Fields::of(row, What::Sale);
        let till = read_till_ref(&mut fields)?;
        let newest = Mark { sequence: fields.take()?, hash: fields.take()? };
        let journal = TillJournal { newest, places: BTreeMap::new(), aside: BTreeSet::new(), moved: false };
        journals.insert(key(&till), journal);
    }
    load_places(connection, batches, &mut journals).await?;
    load_asides(connection, batches, &mut journals).await?;
    Ok(journals)
}

/// Entries beyond the newest place cannot be there: mostly there is nothing to look up.
async fn load_places(
    connection: &mut AnyConnection,
    batches: &[Batch],
    journals: &mut Journals,
) -> Result<(), Failure> {
    let mut wanted: Vec<(&TillRef, SequenceNumber)> = Vec::new();
    for batch in batches {
        let newest =
            journals.get(&key(&batch.till)).map_or(SequenceNumber(0), |journal| journal.newest.sequence);
        let sequences = batch.entries.iter().map(|prepared| prepared.entry.sequence);
        wanted
            .extend(sequences.filter(|&sequence| sequence <= newest).map(|sequence| (&batch.till, sequence)));
    }
    let select =
        "SELECT org, store, till, sequence, hash, aside FROM received WHERE (org, store, till, sequence)";
    let rows = fetch_all_of(connection, select, 4, "ORDER BY aside", &wanted, |(till, sequence), values| {
        push_values!(values; *till, sequence);
    });
    for row in rows.await? {
        let mut fields = Fields::of(&row, What::Sale);
        let till = read_till_ref(&mut fields)?;
        let (sequence, hash) = (fields.take()?, fields.take()?);
        let Some(journal) = journals.get_mut(&key(&till)) else { continue };
        if fields.take()? {
            journal.aside.insert(hash);
        }
        let hashes = journal.places.entry(sequence).or_default();
        if !hashes.contains(&hash) {
            hashes.push(hash);
        }
    }
    Ok(())
}

/// Which of the entries that meet another at their place go on with a history that is known to be another.
async fn load_asides(
    connection: &mut AnyConnection,
    batches: &[Batch],
    journals: &mut Journals,
) -> Result<(), Failure> {
    let mut wanted: Vec<(&TillRef, &Hash)> = Vec::new();
    for batch in batches {
        let Some(journal) = journals.get(&key(&batch.till)) else { continue };
        for entry in batch.entries.iter().map(|prepared| &prepared.entry) {
            if journal.places.contains_key(&entry.sequence) && !journal.has(&entry.mark()) {
                wanted.push((&batch.till, &entry.previous));
            }
        }
    }
    let sql = "SELECT COUNT(*) FROM received
               WHERE org = $1 AND store = $2 AND till = $3 AND hash = $4 AND aside = 1";
    for (till, previous) in wanted {
        let found: Option<i64> = fetch_value(connection, What::Sale, sql, values![till, previous]).await?;
        if found.unwrap_or(0) > 0
            && let Some(journal) = journals.get_mut(&key(till))
        {
            journal.aside.insert(*previous);
        }
    }
    Ok(())
}

/// Writes down what the plan says about the order of the journals.
pub(super) async fn write(
    connection: &mut AnyConnection,
    plan: &Plan<'_>,
    batches: &[Batch],
    journals: &Journals,
) -> Result<(), Failure> {
    let insert = "INSERT INTO journal_fork (org, store, till, sequence, known_hash, other_hash, noticed_at)";
    let rest = "ON CONFLICT (org, store, till, sequence, other_hash) DO NOTHING";
    insert_all(connection, insert, 7, rest, &plan.forks, |fork, values| {
        push_values!(values; &fork.till, &fork.sequence, &fork.known_hash, &fork.other_hash, &fork.noticed_at);
    })
    .await?;
    let insert = "INSERT INTO sequence_gap (org, store, till, first, last, lost, noticed_at)";
    insert_all(connection, insert, 7, "", &plan.new_gaps, |gap, values| {
        push_values!(values; &gap.till, &gap.first, &gap.last, &gap.lost, &gap.noticed_at);
    })
    .await?;
    for (till, sequence) in &plan.late {
        shrink_gap(connection, till, *sequence).await?;
    }
    let moved: BTreeMap<_, (&TillRef, Mark, WallMs)> = batches
        .iter()
        .filter_map(|batch| {
            let key = key(&batch.till);
            let journal = journals.get(&key).filter(|journal| journal.moved)?;
            Some((key, (&batch.till, journal.newest, batch.now)))
        })
        .collect();
    let moved: Vec<_> = moved.into_values().collect();
    // The rows are there and held: this is one update of all of them.
    let insert = "INSERT INTO till_head (org, store, till, sequence, hash, received_at)";
    let rest = "ON CONFLICT (org, store, till) DO UPDATE SET
                    sequence = excluded.sequence, hash = excluded.hash, received_at = excluded.received_at";
    insert_all(connection, insert, 6, rest, &moved, |(till, newest, now), values| {
        push_values!(values; *till, &newest.sequence, &newest.hash, now);
    })
    .await?;
    Ok(())
}

/// A place that was missing came: what is left of its gap is one gap, two or none.
async fn shrink_gap(
    connection: &mut AnyConnection,
    till: &TillRef,
    sequence: SequenceNumber,
) -> Result<(), Failure> {
    let sql = "DELETE FROM sequence_gap
               WHERE org = $1 AND store = $2 AND till = $3 AND first <= $4 AND last >= $4
               RETURNING first, last, lost, noticed_at";
    let gaps = fetch_each(connection, What::Sale, sql, values![till, &sequence], |fields| {
        Ok(Gap {
            till: till.clone(),
            first: fields.take()?,
            last: fields.take()?,
            lost: fields.take()?,
            noticed_at: fields.take()?,
        })
    })
    .await?;
    let mut left = Vec::new();
    for gap in gaps {
        let before = (gap.first, SequenceNumber(sequence.0.saturating_sub(1)));
        let after = (SequenceNumber(sequence.0 + 1), gap.last);
        left.extend(
            [before, after]
                .into_iter()
                .filter(|(first, last)| first <= last)
                .map(|ends| (ends, gap.noticed_at)),
        );
    }
    let insert = "INSERT INTO sequence_gap (org, store, till, first, last, lost, noticed_at)";
    // One of them came, so the till has them: it lost none.
    insert_all(connection, insert, 7, "", &left, |((first, last), noticed_at), values| {
        push_values!(values; till, first, last, &false, noticed_at);
    })
    .await?;
    Ok(())
}
