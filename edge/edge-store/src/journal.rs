//! The sales journal, the outbox and the payment intents.

use domain::ids::{PaymentId, SequenceNumber};
use domain::sale::Sale;
use domain::time::WallMs;

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

/// A stretch of sequence numbers whose sales were lost to damage; both ends are included.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct JournalGap {
    /// The first lost.
    pub first: SequenceNumber,
    /// The last lost.
    pub last: SequenceNumber,
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
