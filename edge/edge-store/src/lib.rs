//! The till's memory: sales journal, outbox, payment intents, catalogue generations, enrolled views, settings.
//!
//! Owns one SQLite file and everything about it: the one thread that writes, the migrations, the hash chain over the
//! sales, what happens when the disk is full, fails or returns garbage, and the control socket through which the field
//! technician's tool reaches a till that is running. It must never know what a basket, a camera or a screen is, and it
//! decides nothing about prices.
//!
//! Promises, each with a test or a rig:
//! - when [`Store::commit_sale`] returns, the sale survives a power cut;
//! - a sale is in the journal once, whatever is retried; sequence numbers have no gaps; nothing is edited;
//! - two processes never write one store;
//! - damage is found at start, set aside, and reported, never passed over.
//!
//! Read [`store`](Store) first, then `journal.rs` and `repair.rs`.
#![forbid(unsafe_code)]

mod catalogue;
mod cloud_generation;
pub mod cloud_identity;
mod connection;
pub mod control;
mod copy;
mod disk;
mod error;
mod generation;
mod identity;
pub mod import;
mod journal;
mod lock;
mod open;
mod options;
mod outgoing;
mod reconcile;
mod repair;
mod report;
mod schema;
mod settings;
mod sighting_access;
mod sightings;
mod store;
mod verify;
mod view_access;
mod view_pictures;
mod view_report;
mod views;
mod writer;

pub use catalogue::{CatalogueGeneration, Change, ChangeKind, GenerationInfo, ViewChange};
pub use cloud_generation::{CloudStanding, FromCloud};
pub use error::{OpenError, StoreError};
pub use journal::{Intent, JournalEntry};
pub use options::{Durability, OnDamage, StoreOptions};
pub use report::{Checked, DiskState, OpenReport, Repair};
pub use sightings::{
    ALL_MAX as SIGHTINGS_MAX, Learnt, PER_PRODUCT_MAX as SIGHTINGS_PER_PRODUCT_MAX, SightingPage,
};
pub use store::{Store, ViewPage};
pub use verify::{BadEntry, JournalGap, JournalReport};
pub use view_pictures::{FoundPicture, GivenPicture, OriginPage, PictureHash, ViewPicture};
pub use view_report::{BadView, ViewReport};
