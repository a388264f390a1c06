//! The simulated cloud: a store that commits whole batches, and receivers that a crash takes.

use std::collections::BTreeMap;

use domain::ids::{SaleId, SequenceNumber};
use domain::sale::{Sale, TillRef};
use sync_core::chain::Hash;
use sync_core::entry::{Entry, Mark};
use sync_core::message::{Batch, Hello};
use sync_core::receiver::{Receiver, Standing, Verdict, judge};

use super::books::{Stock, take_off};

/// A till's connection: which till, and the connection's number.
pub(super) type Line = (usize, u64);

/// What survives.
#[derive(Debug, Clone, Default)]
pub(super) struct CloudDisk {
    pub(super) sales: BTreeMap<SaleId, Booked>,
    /// By till and place; more than one where the till's history forked. Each with the hash before it.
    pub(super) places: BTreeMap<(usize, SequenceNumber), Vec<(Hash, Hash)>>,
    /// Payloads under an id that another sale has, by hash.
    pub(super) quarantine: BTreeMap<Hash, SaleId>,
    /// Payloads that are not sales.
    pub(super) parked: BTreeMap<Hash, String>,
    pub(super) stock: Stock,
}

/// A sale as the cloud has it.
#[derive(Debug, Clone)]
pub(super) struct Booked {
    pub(super) till: usize,
    pub(super) payload: Hash,
    pub(super) sale: Sale,
}

#[derive(Debug, Default)]
pub(super) struct Cloud {
    pub(super) disk: CloudDisk,
    pub(super) copy: Option<CloudDisk>,
    pub(super) receivers: BTreeMap<Line, Receiver>,
    /// Counts its starts.
    pub(super) boot: u64,
    pub(super) down: bool,
}

impl CloudDisk {
    pub(super) fn standing(&self, till: usize, genesis: Mark, hello: &Hello) -> Standing {
        let has = |mark: Mark| {
            let places = self.places.get(&(till, mark.sequence));
            mark == genesis || places.is_some_and(|found| found.iter().any(|(_, hash)| *hash == mark.hash))
        };
        let newest = self.places.range((till, SequenceNumber(0))..=(till, SequenceNumber(u64::MAX)));
        let newest = newest.last().and_then(|((_, sequence), found)| {
            found.last().map(|(_, hash)| Mark { sequence: *sequence, hash: *hash })
        });
        Standing { has_head: has(hello.head), has_acked: has(hello.acked), newest: newest.unwrap_or(genesis) }
    }

    /// One transaction. Returns how many of the sales were there already.
    pub(super) fn commit(&mut self, till: usize, identity: &TillRef, batch: &Batch) -> u64 {
        batch.entries.iter().map(|entry| u64::from(self.book(till, identity, entry))).sum()
    }

    fn book(&mut self, till: usize, identity: &TillRef, entry: &Entry) -> bool {
        let payload = entry.payload_hash();
        let place = self.places.entry((till, entry.sequence)).or_default();
        if !place.iter().any(|(_, hash)| *hash == entry.hash) {
            place.push((entry.previous, entry.hash));
        }
        let known = self.sales.get(&entry.sale).map(|booked| booked.payload);
        match judge(entry, identity, known.as_ref()) {
            Verdict::New(sale) => {
                take_off(&mut self.stock, &sale);
                self.sales.insert(entry.sale, Booked { till, payload, sale: *sale });
                return false;
            }
            Verdict::Known => return true,
            Verdict::Conflicting => drop(self.quarantine.insert(payload, entry.sale)),
            Verdict::Unsound { problem } => drop(self.parked.insert(payload, problem)),
        }
        false
    }
}
