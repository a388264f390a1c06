//! What the two sides say to each other. `wire` turns these into bytes and back.

use crate::entry::{Entry, Mark};

/// The protocol that this code speaks.
pub const PROTOCOL_VERSION: u32 = 1;
/// The oldest protocol that the cloud still answers.
pub const PROTOCOL_OLDEST: u32 = 1;
/// Sales in one batch, at most.
pub const BATCH_MAX_ENTRIES: usize = 256;
/// Bytes of payload in one batch, at most; a batch of one entry may be as long as that entry.
pub const BATCH_MAX_BYTES: usize = 1024 * 1024;

/// From a till.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum TillMessage {
    /// The first of every connection: who speaks, and where it stands.
    Hello(Hello),
    /// Sales in the order of the journal, without a gap between them.
    Batch(Batch),
}

/// How a till opens a connection.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Hello {
    /// The newest protocol that the till speaks.
    pub version: u32,
    /// Up to where the till knows its sales to be kept by the cloud.
    pub acked: Mark,
    /// The end of its journal.
    pub head: Mark,
}

/// Some sales.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Batch {
    /// Chosen by the sender, rising; an answer names it.
    pub number: u64,
    /// The sales, at least one.
    pub entries: Vec<Entry>,
}

/// From the cloud.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum CloudMessage {
    /// The answer to a hello.
    Welcome(Welcome),
    /// Everything up to here is committed.
    Ack(Ack),
    /// Not now.
    Busy(Busy),
    /// The till's connection makes no sense; it has to begin again with a hello.
    Refused(Refusal),
}

/// What the cloud knows of a till's journal.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Welcome {
    /// The protocol that will be spoken.
    pub version: u32,
    /// When this version ends to be answered, in milliseconds since 1970; `None` while no end is planned.
    pub end_of_life_ms: Option<i64>,
    /// The last place up to which the cloud has all, as far as it agrees with the till's hello.
    pub through: Mark,
    /// Sales that one batch may hold.
    pub max_entries: u32,
    /// Bytes of payload that one batch may hold.
    pub max_bytes: u32,
}

/// A batch is committed: its sales survive anything.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Ack {
    /// The batch.
    pub number: u64,
    /// The place and hash of its last sale.
    pub through: Mark,
}

/// A batch was not taken, and is not wrong.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Busy {
    /// The batch; 0 stands for the hello.
    pub number: u64,
    /// When to try again, in milliseconds from now.
    pub retry_after_ms: u32,
}

/// Why the cloud does not go on with a connection.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Refusal {
    /// The till's protocol is not spoken any more, or not yet: the till needs other software.
    Version {
        /// The oldest that is spoken.
        oldest: u32,
        /// The newest that is spoken.
        newest: u32,
    },
    /// A batch before the hello, an empty one, one beyond the limits, or one whose sales are not chained to each other.
    Malformed,
    /// The till may not send: its certificate was revoked.
    Revoked,
}
