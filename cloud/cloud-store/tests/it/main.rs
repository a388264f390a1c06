//! The store over both engines, each test with a database of its own.
#![allow(clippy::unwrap_used, reason = "a test that cannot go on says where by panicking")]

mod contract;
mod crash;
mod support;
