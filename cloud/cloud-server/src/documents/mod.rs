//! Suppliers' documents: looked through for viruses, read in a process of their own, matched with the shop's products, corrected by
//! people, and learnt from.
//!
//! Read [`reader`] first: nothing of a file is looked at anywhere else.

pub(crate) mod child;
pub(crate) mod completion;
pub(crate) mod event;
pub(crate) mod facts;
pub(crate) mod learning;
pub(crate) mod links;
pub(crate) mod masking;
pub(crate) mod matcher;
pub mod matching;
pub mod reader;
pub mod virus_scan;

use cloud_store::{DocumentId, NewJob};
use domain::time::WallMs;

use crate::config::Documents;
use crate::jobs::{PARSE_DOCUMENT, job};

/// The job that reads a document.
pub(crate) fn parse_job(config: &Documents, id: DocumentId, now: WallMs) -> NewJob {
    NewJob { attempts_max: config.attempts_max, ..job(PARSE_DOCUMENT, &id.to_string(), now) }
}
