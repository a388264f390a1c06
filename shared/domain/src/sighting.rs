//! A thing that was sold, as a till remembers it to learn from: what it looked like and what it turned out to be.
//!
//! It names no sale, no shopper and no time finer than the trading day, and it is no picture: it says of a thing that it
//! was sold, never to whom.

use crate::embedding::Embedding;
use crate::ids::ProductId;
use crate::observation::{Candidate, Verdict};
use crate::time::BusinessDay;

/// One thing that lay on the tray and was paid for.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Sighting {
    /// The trading day of its sale.
    pub day: BusinessDay,
    /// What it looked like when sight first made up its mind.
    pub look: Embedding,
    /// What sight took it for then; `None` where it was like nothing enrolled.
    pub first: Option<Candidate>,
    /// What sight said to do about it then.
    pub verdict: Verdict,
    /// What it was sold as.
    pub product: ProductId,
    /// Who said so.
    pub settled: Settled,
}

/// Who said what a thing is.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum Settled {
    /// Sight did, nobody objected and the sale was paid.
    BySight,
    /// The shopper chose it from the candidates.
    Chosen,
    /// The shopper found it by name.
    Found,
    /// The shopper said it was something else than what sight had accepted.
    Corrected,
    /// A member of staff said so.
    Staff,
    /// A barcode or a typed code did.
    Code,
}

impl Sighting {
    /// Whether sight was sure of another product than the one it was sold as.
    pub fn refuted(&self) -> bool {
        self.verdict == Verdict::Accept
            && self.first.as_ref().is_none_or(|first| first.product != self.product)
    }
}
