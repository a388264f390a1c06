//! One sale of a till's journal, as it travels.

use domain::ids::{SaleId, SequenceNumber};

use crate::chain::{self, Hash};

/// The longest payload of a sale, in bytes: some 3,000 lines. A till's journal takes no longer one.
pub const PAYLOAD_MAX_LEN: usize = 1024 * 1024;

/// A journal entry: the place, the sale's canonical bytes and the chain's hashes around it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Entry {
    /// Its place in the till's journal.
    pub sequence: SequenceNumber,
    /// The sale's id: what the cloud counts by.
    pub sale: SaleId,
    /// The chain's hash before it.
    pub previous: Hash,
    /// The chain's hash after it.
    pub hash: Hash,
    /// What [`sale_document::encode`](crate::sale_document::encode) wrote.
    pub payload: Vec<u8>,
}

impl Entry {
    /// Chains a payload to what lies before it.
    pub fn chained(sequence: SequenceNumber, sale: SaleId, previous: Hash, payload: Vec<u8>) -> Self {
        let hash = chain::link(&previous, sequence, &payload);
        Self { sequence, sale, previous, hash, payload }
    }

    /// True when its hash is what its other parts make.
    pub fn is_whole(&self) -> bool {
        chain::link(&self.previous, self.sequence, &self.payload) == self.hash
    }

    /// What the same sale is known again by, whatever its place.
    pub fn payload_hash(&self) -> Hash {
        chain::digest(&self.payload)
    }

    /// Its place with its hash.
    pub fn mark(&self) -> Mark {
        Mark { sequence: self.sequence, hash: self.hash }
    }
}

/// A place in a journal and the chain's hash there: who knows both knows that all before it is the same. Place 0 is the
/// beginning, with the till's genesis hash.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Mark {
    /// The place; 0 is before the first sale.
    pub sequence: SequenceNumber,
    /// The hash there.
    pub hash: Hash,
}
