//! Sales: taken in, each exactly once, and asked about.
//!
//! [`Store::ingest`](crate::Store::ingest) queues what a till sent; the writer (`writer.rs`) gathers what waits into one transaction, `plan.rs`
//! decides what each entry is, `book.rs` writes it down.

mod book;
mod journal;
mod months;
mod plan;
mod queries;
mod writer;

use domain::ids::{SaleId, SequenceNumber};
use domain::money::Currency;
use domain::sale::{Sale, TillRef};
use domain::time::{BusinessDay, WallMs};
use sync_core::entry::{Entry, Mark};

pub use self::book::SALES_TOPIC;
pub(crate) use self::months::partitions;
pub use self::months::{MONTHS_AHEAD, MONTHS_BACK};
pub use self::plan::AMOUNT_MAX_MINOR;
pub(crate) use self::writer::Queue;
use crate::ids::{Actor, Hash};
use crate::sql::word_column;

/// What came of an entry that a till sent. Whatever it is, the entry is kept, and the till need not send it again.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum Outcome {
    /// It is a new sale, and counted.
    Booked,
    /// It was there already; nothing was counted again.
    Known,
    /// A sale of its id is there with other bytes: kept whole, not counted, and somebody has to look.
    Quarantined,
    /// It cannot be read or is unsound: kept whole, not counted.
    Parked,
}

word_column!(Outcome: Booked = "booked", Known = "known", Quarantined = "quarantined", Parked = "parked");

/// What came of a batch.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Ingested {
    /// For each entry, in order.
    pub outcomes: Vec<Outcome>,
    /// The newest place of the till's journal now.
    pub newest: Mark,
}

/// Which sales.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct SaleFilter {
    /// Of one till, where given.
    pub till: Option<domain::ids::TillId>,
    /// Of this trading day and later.
    pub first_day: Option<BusinessDay>,
    /// Of this trading day and earlier.
    pub last_day: Option<BusinessDay>,
}

/// Where the next page of sales begins.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct SaleCursor {
    /// When the last sale of the page before was completed.
    pub completed_at: WallMs,
    /// Its id.
    pub id: SaleId,
}

/// A sale in a list.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct SaleSummary {
    /// Its id.
    pub id: SaleId,
    /// Where it was sold.
    pub till: TillRef,
    /// Its place in the till's journal.
    pub sequence: SequenceNumber,
    /// Its trading day.
    pub business_day: BusinessDay,
    /// When it was paid, by the till's clock.
    pub completed_at: WallMs,
    /// Its currency.
    pub currency: Currency,
    /// What was paid, in minor units.
    pub gross_minor: i64,
    /// How many lines it has.
    pub lines: u64,
    /// When it came in.
    pub received_at: WallMs,
}

impl SaleSummary {
    /// Where a page that ends with this sale goes on.
    pub fn cursor(&self) -> SaleCursor {
        SaleCursor { completed_at: self.completed_at, id: self.id }
    }
}

/// A sale with everything in it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct StoredSale {
    /// As the till made it.
    pub sale: Sale,
    /// Its place in the till's journal.
    pub sequence: SequenceNumber,
    /// When it came in.
    pub received_at: WallMs,
}

/// What one till sold in one day, in one currency.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct DaySum {
    /// The till.
    pub till: TillRef,
    /// The trading day.
    pub business_day: BusinessDay,
    /// The currency.
    pub currency: Currency,
    /// How many sales.
    pub sales: u64,
    /// Without tax, in minor units.
    pub net_minor: i64,
    /// Tax, in minor units.
    pub tax_minor: i64,
    /// What was paid, in minor units.
    pub gross_minor: i64,
}

/// The newest place of a till's journal.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct TillHead {
    /// The till.
    pub till: TillRef,
    /// Its newest place.
    pub mark: Mark,
    /// When that came in.
    pub received_at: WallMs,
}

/// Places of a till's journal that never came.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct SequenceGap {
    /// The till.
    pub till: TillRef,
    /// The first place that is missing.
    pub first: SequenceNumber,
    /// The last.
    pub last: SequenceNumber,
    /// Whether the chain goes on over the gap: then the till itself lost them, and they will never come.
    pub lost: bool,
    /// When what lies behind it came in.
    pub noticed_at: WallMs,
}

/// A place of a till's journal that came twice with different hashes: the till was restored from an old backup, or there are
/// two of it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct JournalFork {
    /// The till.
    pub till: TillRef,
    /// The first place where the two histories differ.
    pub sequence: SequenceNumber,
    /// The hash that came first.
    pub known_hash: Hash,
    /// The hash that came later.
    pub other_hash: Hash,
    /// When.
    pub noticed_at: WallMs,
}

/// Why an entry was not booked.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum SetAsideReason {
    /// A sale of its id is there with other bytes.
    Quarantined,
    /// It is unsound.
    Parked,
}

word_column!(SetAsideReason: Quarantined = "quarantined", Parked = "parked");

/// An entry that was kept whole and not booked.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct SetAside {
    /// The till that sent it.
    pub till: TillRef,
    /// As it came.
    pub entry: Entry,
    /// Why.
    pub reason: SetAsideReason,
    /// What is wrong with it.
    pub problem: String,
    /// When it came.
    pub received_at: WallMs,
    /// When somebody settled it, and who.
    pub settled: Option<(WallMs, Actor)>,
}
