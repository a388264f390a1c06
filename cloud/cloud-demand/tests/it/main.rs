//! What the parts of the crate keep to, from outside.
#![forbid(unsafe_code)]
#![allow(clippy::unwrap_used, reason = "a test that cannot go on says where by panicking")]

mod evaluating;
mod peers;
mod proposals;
mod requests;
mod rules;
mod simulated;
mod sound;
mod together;
