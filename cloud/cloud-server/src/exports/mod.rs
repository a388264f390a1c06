//! Exports: what the cloud knows as files for other programs, or as rows of somebody's sheet.
//!
//! Rows come from the database as they are read and go to a file as they come, so a million of them take no more memory than a
//! thousand. A file is made in a scratch folder and put into the blob store once it is whole; it is forgotten after
//! `exports.kept_days`. `make.rs` makes one, `plan.rs` asks for those that are wanted again and
//! again, `sheets.rs` adds rows to a Google sheet.

mod files;
pub(crate) mod make;
mod parquet;
pub(crate) mod plan;
mod sheets;
mod values;

use cloud_store::{ExportId, NewJob};
use domain::time::WallMs;

/// An export is made; the payload is its id.
pub const MAKE_EXPORT: &str = "export.make";
/// How often it is tried: with the pauses between, for about an hour.
const ATTEMPTS_MAX: u32 = 8;

/// The job that makes an export.
pub(crate) fn job(id: ExportId, now: WallMs) -> NewJob {
    NewJob { attempts_max: ATTEMPTS_MAX, ..crate::jobs::job(MAKE_EXPORT, &id.to_string(), now) }
}
