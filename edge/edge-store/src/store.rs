//! The handle that the rest of the program holds.

use std::path::Path;

use domain::catalogue::Catalogue;
use domain::ids::{Generation, PaymentId, SaleId, SequenceNumber};
use domain::sale::{Sale, TillRef};

use crate::catalogue::{CatalogueGeneration, GenerationInfo, ViewChange};
use crate::error::{OpenError, StoreError};
use crate::journal::{Intent, JournalEntry, JournalReport};
use crate::options::StoreOptions;
use crate::report::{DiskState, OpenReport};

/// A till's store. Clones are handles to the same one; when the last is dropped the writer ends and the lock is freed.
/// Calls block: asynchronous code calls from a thread of its own.
#[derive(Clone, Debug)]
pub struct Store {}

impl Store {
    /// Opens the store in `dir`, making both if there are none.
    pub fn open(dir: &Path, identity: &TillRef) -> Result<(Self, OpenReport), OpenError> {
        Self::open_with(dir, Some(identity), &StoreOptions::default())
    }

    /// As [`Store::open`], with options. Without an identity the store must exist, and keeps the one it has.
    pub fn open_with(
        _dir: &Path,
        _identity: Option<&TillRef>,
        _options: &StoreOptions,
    ) -> Result<(Self, OpenReport), OpenError> {
        unimplemented!()
    }

    /// The till whose store this is.
    pub fn identity(&self) -> &TillRef {
        unimplemented!()
    }

    /// The directory it lies in.
    pub fn dir(&self) -> &Path {
        unimplemented!()
    }

    /// Writes down, before the terminal is asked, what a payment is for. Durable when it returns. The same again is no
    /// error.
    pub fn record_intent(&self, _payment: PaymentId, _sale: &Sale) -> Result<(), StoreError> {
        unimplemented!()
    }

    /// Forgets a payment that took no money. One that is not there is no error.
    pub fn drop_intent(&self, _payment: PaymentId) -> Result<(), StoreError> {
        unimplemented!()
    }

    /// Payments that are not settled, oldest first.
    pub fn open_intents(&self) -> Result<Vec<Intent>, StoreError> {
        unimplemented!()
    }

    /// Puts a sale into the journal and the outbox and removes its intents, in one transaction. Durable when it returns.
    /// The same sale again gives its entry back; the same id with another content is an error.
    pub fn commit_sale(&self, _sale: &Sale) -> Result<JournalEntry, StoreError> {
        unimplemented!()
    }

    /// Up to `limit` sales after a place, oldest first.
    pub fn sales(
        &self,
        _after: SequenceNumber,
        _limit: u32,
    ) -> Result<Vec<(JournalEntry, Sale)>, StoreError> {
        unimplemented!()
    }

    /// Up to `limit` sales, newest first.
    pub fn newest_sales(&self, _limit: u32) -> Result<Vec<(JournalEntry, Sale)>, StoreError> {
        unimplemented!()
    }

    /// One sale.
    pub fn sale(&self, _id: SaleId) -> Result<Option<(JournalEntry, Sale)>, StoreError> {
        unimplemented!()
    }

    /// Walks the whole journal and recomputes every hash.
    pub fn verify_journal(&self) -> Result<JournalReport, StoreError> {
        unimplemented!()
    }

    /// How many sales wait to be sent.
    pub fn outbox_len(&self) -> Result<u64, StoreError> {
        unimplemented!()
    }

    /// Up to `limit` sales that wait to be sent, oldest first.
    pub fn outbox(&self, _limit: u32) -> Result<Vec<(JournalEntry, Sale)>, StoreError> {
        unimplemented!()
    }

    /// Takes every sale up to and including a place out of the outbox.
    pub fn mark_sent(&self, _up_to: SequenceNumber) -> Result<(), StoreError> {
        unimplemented!()
    }

    /// The newest generation with all its contents; `None` before the first catalogue.
    pub fn catalogue(&self) -> Result<Option<CatalogueGeneration>, StoreError> {
        unimplemented!()
    }

    /// The number of the newest generation; 0 before the first catalogue.
    pub fn generation(&self) -> Result<Generation, StoreError> {
        unimplemented!()
    }

    /// The kept generations, newest first.
    pub fn generations(&self) -> Result<Vec<GenerationInfo>, StoreError> {
        unimplemented!()
    }

    /// Makes a generation with other products, prices or rates. Views of products that stay are kept. A catalogue equal to
    /// the newest makes none: the newest number comes back.
    pub fn publish_catalogue(&self, _catalogue: &Catalogue) -> Result<Generation, StoreError> {
        unimplemented!()
    }

    /// Makes a generation with other views or another calibration.
    pub fn publish_views(&self, _change: ViewChange) -> Result<Generation, StoreError> {
        unimplemented!()
    }

    /// Makes a generation with the contents of an earlier one.
    pub fn rollback(&self, _to: Generation) -> Result<Generation, StoreError> {
        unimplemented!()
    }

    /// The value of a setting.
    pub fn setting(&self, _key: &str) -> Result<Option<String>, StoreError> {
        unimplemented!()
    }

    /// All settings in order of key.
    pub fn settings(&self) -> Result<Vec<(String, String)>, StoreError> {
        unimplemented!()
    }

    /// Sets a setting, or removes it with `None`.
    pub fn set_setting(&self, _key: &str, _value: Option<&str>) -> Result<(), StoreError> {
        unimplemented!()
    }

    /// Room on the disk.
    pub fn disk_state(&self) -> Result<DiskState, StoreError> {
        unimplemented!()
    }

    /// Goes once through the writer's queue: returns when everything queued before has been done. For watchdogs.
    pub fn ping(&self) -> Result<(), StoreError> {
        unimplemented!()
    }
}
