//! A till's journal in memory: what the cloud has not acked, and the sums of everything.

use std::collections::VecDeque;
use std::time::Instant;

use domain::ids::SequenceNumber;
use domain::sale::{Sale, TillRef};
use sync_core::chain;
use sync_core::entry::{Entry, Mark};
use sync_core::sale_document;

/// Sales with their sum.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub struct Sum {
    /// How many.
    pub sales: u64,
    /// What they come to, in minor units.
    pub gross_minor: i64,
}

/// A sale that waits for its ack.
#[derive(Debug)]
struct Waiting {
    entry: Entry,
    gross_minor: i64,
    arrived: Instant,
    timed: bool,
}

/// The journal. Acked entries leave it.
#[derive(Debug)]
pub struct Journal {
    genesis: Mark,
    head: Mark,
    acked: Mark,
    waiting: VecDeque<Waiting>,
    sold: Sum,
    acked_sum: Sum,
    times_us: Vec<u64>,
}

impl Journal {
    /// Of a till that has sold nothing.
    pub fn new(till: &TillRef) -> Self {
        let genesis = Mark { sequence: SequenceNumber(0), hash: chain::genesis(till) };
        Self {
            genesis,
            head: genesis,
            acked: genesis,
            waiting: VecDeque::new(),
            sold: Sum::default(),
            acked_sum: Sum::default(),
            times_us: Vec::new(),
        }
    }

    /// Where it begins.
    pub fn genesis(&self) -> Mark {
        self.genesis
    }

    /// Where it ends.
    pub fn head(&self) -> Mark {
        self.head
    }

    /// Up to where the cloud has it.
    pub fn acked(&self) -> Mark {
        self.acked
    }

    /// Everything that was sold.
    pub fn sold(&self) -> Sum {
        self.sold
    }

    /// What the cloud acked.
    pub fn acked_sum(&self) -> Sum {
        self.acked_sum
    }

    /// Sales that wait for their acks.
    pub fn waiting(&self) -> usize {
        self.waiting.len()
    }

    /// Adds a sale. `timed` ones are among [`Journal::take_times_us`] once they are acked.
    pub fn commit(&mut self, sale: &Sale, arrived: Instant, timed: bool) {
        let sequence = SequenceNumber(self.head.sequence.0 + 1);
        let entry = Entry::chained(sequence, sale.id, self.head.hash, sale_document::encode(sale));
        self.head = entry.mark();
        let gross_minor = sale.totals.gross.minor;
        self.sold.sales += 1;
        self.sold.gross_minor += gross_minor;
        self.waiting.push_back(Waiting { entry, gross_minor, arrived, timed });
    }

    /// Entries behind a place, oldest first; the first comes whatever its length.
    pub fn entries(&self, after: SequenceNumber, max_entries: usize, max_bytes: usize) -> Vec<Entry> {
        let mut bytes = 0;
        let from = self.waiting.partition_point(|waiting| waiting.entry.sequence <= after);
        self.waiting
            .range(from..)
            .take(max_entries)
            .map(|waiting| &waiting.entry)
            .take_while(|entry| {
                let is_first = bytes == 0;
                bytes += entry.payload.len();
                is_first || bytes <= max_bytes
            })
            .cloned()
            .collect()
    }

    /// The hash at a place: of what waits, or the place that was acked last. The rest is forgotten.
    pub fn mark_at(&self, sequence: SequenceNumber) -> Option<Mark> {
        if sequence == self.acked.sequence {
            return Some(self.acked);
        }
        let index = self.waiting.partition_point(|waiting| waiting.entry.sequence < sequence);
        let found = self.waiting.get(index).map(|waiting| waiting.entry.mark());
        found.filter(|mark| mark.sequence == sequence)
    }

    /// The cloud has everything up to here.
    pub fn ack(&mut self, through: Mark, now: Instant) {
        let acked = self.waiting.partition_point(|waiting| waiting.entry.sequence <= through.sequence);
        for first in self.waiting.drain(..acked) {
            self.acked = first.entry.mark();
            self.acked_sum.sales += 1;
            self.acked_sum.gross_minor += first.gross_minor;
            if first.timed {
                let took = now.saturating_duration_since(first.arrived);
                self.times_us.push(u64::try_from(took.as_micros()).unwrap_or(u64::MAX));
            }
        }
    }

    /// How long the timed sales waited for their acks, in microseconds.
    pub fn take_times_us(&mut self) -> Vec<u64> {
        std::mem::take(&mut self.times_us)
    }
}

#[cfg(test)]
mod tests {
    use std::time::Duration;

    use testkit::build;

    use super::*;
    use crate::rig::account;

    fn journal_of(sales: u64) -> Journal {
        let mut journal = Journal::new(&build::till());
        for number in 1..=sales {
            journal.commit(&account::sale(number), Instant::now(), number % 2 == 0);
        }
        journal
    }

    #[test]
    fn chains_what_is_sold() {
        let journal = journal_of(5);
        let entries = journal.entries(SequenceNumber(0), 100, usize::MAX);
        assert_eq!(entries.len(), 5);
        assert!(entries.iter().all(Entry::is_whole));
        assert_eq!(entries[0].previous, journal.genesis().hash);
        assert!(entries.windows(2).all(|pair| pair[1].previous == pair[0].hash));
        assert_eq!(entries[4].mark(), journal.head());
    }

    #[test]
    fn gives_entries_within_limits_but_never_none_where_there_is_one() {
        let journal = journal_of(5);
        let sequences = |after, most, bytes| -> Vec<u64> {
            let entries = journal.entries(SequenceNumber(after), most, bytes);
            entries.iter().map(|entry| entry.sequence.0).collect()
        };
        assert_eq!(sequences(2, 2, usize::MAX), [3, 4]);
        assert_eq!(sequences(2, 9, 1), [3]);
        assert_eq!(sequences(5, 9, usize::MAX), [0; 0]);
    }

    #[test]
    fn forgets_what_is_acked_and_keeps_the_sums() {
        let mut journal = journal_of(5);
        let third = journal.mark_at(SequenceNumber(3)).unwrap();
        journal.ack(third, Instant::now() + Duration::from_secs(1));
        assert_eq!((journal.acked(), journal.waiting()), (third, 2));
        assert_eq!(journal.acked_sum().sales, 3);
        let gross_minor: i64 = (1..=3).map(|number| account::sale(number).totals.gross.minor).sum();
        assert_eq!(journal.acked_sum().gross_minor, gross_minor);
        assert_eq!(journal.take_times_us().len(), 1, "only the second was timed");
        assert_eq!(journal.mark_at(SequenceNumber(3)), Some(third));
        assert_eq!(journal.mark_at(SequenceNumber(2)), None);
        assert_eq!(journal.mark_at(SequenceNumber(6)), None);
        journal.ack(journal.head(), Instant::now());
        assert_eq!(journal.acked_sum(), journal.sold());
    }
}
