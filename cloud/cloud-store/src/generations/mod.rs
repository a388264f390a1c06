//! Catalogue generations: what each store sells from, numbered 1, 2, 3, ... and never changed.
//!
//! A generation is its head (hashes and signature) and its contents. Contents are shared by hash: a price change stores one
//! more catalogue and no view, and stores that sell the same share everything. Views lie in spans of generations. Old
//! generations leave, with what nothing else needs; going back to a kept one makes a new one with the same contents.

mod heads;
mod load;
mod publish;
mod rows;

use std::sync::Arc;

use domain::ids::Generation;
use sync_core::generation::{Content, Head};

pub use self::publish::GENERATIONS_TOPIC;
use crate::ids::Actor;
use crate::sql::word_column;

/// What a generation changed.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum GenerationKind {
    /// Products, prices or rates, and nothing of the following.
    Catalogue,
    /// The thresholds, and no view.
    Calibration,
    /// Views or the model.
    Views,
    /// It has the contents of an earlier one.
    Rollback,
}

word_column!(GenerationKind:
    Catalogue = "catalogue",
    Calibration = "calibration",
    Views = "views",
    Rollback = "rollback",
);

/// A generation without its contents.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct GenerationInfo {
    /// Its number, when it was made, and the hashes of its contents.
    pub head: Head,
    /// What the cloud signed it with.
    pub signature: Vec<u8>,
    /// What it changed.
    pub kind: GenerationKind,
    /// Who made it.
    pub made_by: Actor,
    /// How many products it has, archived ones included.
    pub products: u64,
    /// How many views it has.
    pub views: u64,
}

impl GenerationInfo {
    /// Whether a till that took `taken` will take this one after it, or has it already: numbers rise, and each is given once.
    pub fn has_room_for(&self, taken: &Head) -> bool {
        self.head.number > taken.number || self.head == *taken
    }
}

/// A generation with its contents.
#[derive(Debug, Clone, PartialEq)]
pub struct StoredGeneration {
    /// What is known about it.
    pub info: GenerationInfo,
    /// Its contents.
    pub content: Arc<Content>,
}

/// How a generation is made.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Publishing {
    /// Who makes it.
    pub by: Actor,
    /// Refused where the newest is another one: somebody was faster. 0 is none; `None` takes any.
    pub expected: Option<Generation>,
    /// How many generations of the store are kept, this one included; at least one.
    pub keep: u32,
}

/// What publishing did.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Published {
    /// The newest generation.
    pub info: GenerationInfo,
    /// False where the newest had these contents already: nothing was made.
    pub is_new: bool,
}

/// Signs a head. Called while the store's row is held: it may compute, and not wait.
pub type Sign<'a> = &'a (dyn Fn(&Head) -> Vec<u8> + Sync);
