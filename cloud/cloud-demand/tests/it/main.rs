//! What the parts of the crate keep to together.
#![forbid(unsafe_code)]
#![allow(clippy::unwrap_used, reason = "a test that cannot go on says where by panicking")]

mod proposals;
mod requests;
mod rules;
mod simulated;
