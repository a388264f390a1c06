//! Catalogues that come from other systems and go to them, and what is odd about one.
//!
//! A file is read in the confined process (`cloud_docs::catalogue`), [`plan`] compares its rows with the products, `work.rs` writes the
//! plan down and makes its changes, [`reasons`] says why a row is left out and [`failure`] why a whole import cannot be, `files.rs` and
//! `commerceml.rs` write a catalogue, [`check`] looks at the present one. `one_c.rs` speaks the protocol in which 1C exchanges catalogues
//! and sales with a site.

pub(crate) mod check;
mod commerceml;
pub(crate) mod failure;
pub(crate) mod files;
pub(crate) mod lay;
pub(crate) mod one_c;
pub(crate) mod plan;
pub(crate) mod reasons;
#[cfg(test)]
mod round_trip;
mod sentences;
pub(crate) mod work;

use cloud_store::{CatalogueImportId, NewJob};
use domain::time::WallMs;

/// A catalogue's file is read and compared; the payload is the import's id.
pub(crate) const PLAN_IMPORT: &str = "import.plan";
/// The changes of a plan are made; the payload is the import's id.
pub(crate) const APPLY_IMPORT: &str = "import.apply";
/// How often either is tried: with the pauses between, for about an hour.
const ATTEMPTS_MAX: u32 = 8;

/// The job of this kind for an import.
pub(crate) fn job(kind: &str, id: CatalogueImportId, now: WallMs) -> NewJob {
    NewJob { attempts_max: ATTEMPTS_MAX, ..crate::jobs::job(kind, &id.to_string(), now) }
}
