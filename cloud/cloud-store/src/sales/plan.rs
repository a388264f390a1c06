//! What each entry of a batch is: decided in memory, from what the database has.

use std::collections::BTreeMap;

use domain::ids::{OrgId, SaleId, SequenceNumber};
use domain::sale::{Sale, TillRef};
use domain::time::{BusinessDay, WallMs};
use sync_core::chain;
use sync_core::entry::{Entry, Mark};
use sync_core::receiver::{Verdict, judge};

use super::journal::{Fork, Gap, TillJournal};
use super::{Ingested, Outcome, SetAsideReason};
use crate::ids::Hash;

/// The highest total that is taken for a sale's and not for damage, in minor units: sums over years of them still fit.
pub const AMOUNT_MAX_MINOR: i64 = 1_000_000_000_000;

/// An entry with what can be said of it without the database.
#[derive(Debug)]
pub(super) struct Prepared {
    pub(super) entry: Entry,
    pub(super) payload_hash: Hash,
    /// The sale, or what is wrong with it.
    pub(super) sale: Result<Box<Sale>, String>,
}

impl Prepared {
    pub(super) fn new(entry: Entry, till: &TillRef) -> Self {
        let payload_hash = entry.payload_hash();
        let sale = match judge(&entry, till, None) {
            Verdict::New(sale) => match not_storable(&sale) {
                None => Ok(sale),
                Some(problem) => Err(problem),
            },
            Verdict::Unsound { problem } => Err(problem),
            // Both are verdicts on what is known, and nothing is here.
            Verdict::Known | Verdict::Conflicting => Err("it cannot be judged".to_owned()),
        };
        Self { entry, payload_hash, sale }
    }
}

/// What a sound sale may hold that no column can: either engine would refuse it, and the till would send it for ever.
fn not_storable(sale: &Sale) -> Option<String> {
    let beyond = |minor: i64| !(-AMOUNT_MAX_MINOR..=AMOUNT_MAX_MINOR).contains(&minor);
    let totals = [sale.totals.net, sale.totals.tax, sale.totals.gross];
    let lines = sale.lines.iter().flat_map(|line| [line.amount, line.unit_price.amount]);
    let tenders = sale.tenders.iter().map(|tender| tender.amount);
    if let Some(amount) = totals.into_iter().chain(lines).chain(tenders).find(|amount| beyond(amount.minor)) {
        return Some(format!("{amount} is no amount that a till takes"));
    }
    let BusinessDay { year, month, day } = sale.business_day;
    if !(1..=9999).contains(&year) || !(1..=12).contains(&month) || !(1..=31).contains(&day) {
        return Some(format!("{} is no trading day", sale.business_day));
    }
    let texts = sale.lines.iter().map(|line| &line.sku);
    let mut texts = texts.chain(sale.tenders.iter().map(|tender| &tender.authorisation));
    texts.find(|text| text.contains('\0')).map(|_| "a text in it has a zero character".to_owned())
}

/// A sale that is going to be booked.
#[derive(Debug)]
pub(super) struct Booking<'a> {
    pub(super) till: &'a TillRef,
    pub(super) prepared: &'a Prepared,
    pub(super) sale: &'a Sale,
    pub(super) received_at: WallMs,
}

/// An entry that is put aside.
#[derive(Debug)]
pub(super) struct Aside<'a> {
    pub(super) till: &'a TillRef,
    pub(super) entry: &'a Entry,
    pub(super) reason: SetAsideReason,
    pub(super) problem: String,
    pub(super) received_at: WallMs,
}

/// A place of a journal that came.
#[derive(Debug)]
pub(super) struct Arrival<'a> {
    pub(super) till: &'a TillRef,
    pub(super) entry: &'a Entry,
    pub(super) outcome: Outcome,
    pub(super) is_aside: bool,
    pub(super) received_at: WallMs,
}

/// What a transaction is going to write.
#[derive(Debug, Default)]
pub(super) struct Plan<'a> {
    pub(super) arrivals: Vec<Arrival<'a>>,
    pub(super) bookings: Vec<Booking<'a>>,
    pub(super) asides: Vec<Aside<'a>>,
    pub(super) forks: Vec<Fork>,
    pub(super) new_gaps: Vec<Gap>,
    /// Places that lie before what was the newest and were not there: some gap gets smaller.
    pub(super) late: Vec<(TillRef, SequenceNumber)>,
    pub(super) answers: Vec<Ingested>,
}

/// Payload hashes of sales that are there.
pub(super) type KnownSales = BTreeMap<(OrgId, SaleId), Hash>;

/// One till's batch.
#[derive(Debug)]
pub(super) struct Batch {
    pub(super) till: TillRef,
    pub(super) entries: Vec<Prepared>,
    pub(super) now: WallMs,
}

impl<'a> Plan<'a> {
    /// Takes the next batch. `known` and `journal` follow what is planned, so that a batch sees the ones before it.
    pub(super) fn take(&mut self, batch: &'a Batch, known: &mut KnownSales, journal: &mut TillJournal) {
        let outcomes = batch.entries.iter().map(|prepared| self.take_entry(batch, prepared, known, journal));
        let outcomes = outcomes.collect();
        self.answers.push(Ingested { outcomes, newest: journal.newest });
    }

    fn take_entry(
        &mut self,
        batch: &'a Batch,
        prepared: &'a Prepared,
        known: &mut KnownSales,
        journal: &mut TillJournal,
    ) -> Outcome {
        let (till, entry, received_at) = (&batch.till, &prepared.entry, batch.now);
        if journal.has(&entry.mark()) {
            return Outcome::Known;
        }
        let key = (till.org.clone(), entry.sale);
        let outcome = match (known.get(&key), &prepared.sale) {
            // The id of an entry that does not hold together is anybody's: only the whole ones are compared by it.
            (Some(hash), _) if *hash == prepared.payload_hash && entry.is_whole() => Outcome::Known,
            (Some(hash), _) if *hash != prepared.payload_hash => {
                let problem = format!(
                    "sale {} is there with other content (SHA-256 {} instead of {})",
                    entry.sale,
                    chain::to_hex(hash),
                    chain::to_hex(&prepared.payload_hash)
                );
                let reason = SetAsideReason::Quarantined;
                self.asides.push(Aside { till, entry, reason, problem, received_at });
                Outcome::Quarantined
            }
            (_, Err(problem)) => {
                let (reason, problem) = (SetAsideReason::Parked, problem.clone());
                self.asides.push(Aside { till, entry, reason, problem, received_at });
                Outcome::Parked
            }
            (_, Ok(sale)) => {
                known.insert(key, prepared.payload_hash);
                self.bookings.push(Booking { till, prepared, sale, received_at });
                Outcome::Booked
            }
        };
        let place = journal.take(till, entry, received_at);
        self.arrivals.push(Arrival { till, entry, outcome, is_aside: place.is_aside, received_at });
        self.forks.extend(place.fork);
        self.new_gaps.extend(place.gap);
        if place.is_late {
            self.late.push((till.clone(), entry.sequence));
        }
        outcome
    }
}

/// The first place of a till that nothing came from yet.
pub(super) fn beginning(till: &TillRef) -> Mark {
    Mark { sequence: SequenceNumber(0), hash: chain::genesis(till) }
}
