//! Real tills and a real cloud in one process, where the two ends of a thing are looked at together.
#![forbid(unsafe_code)]
#![allow(clippy::unwrap_used, reason = "a test that cannot go on says where by panicking")]

mod fleet;
mod models;
mod monitoring;
mod restored;
