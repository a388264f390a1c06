//! Documents as they come from outside.
#![allow(clippy::unwrap_used, reason = "a test that cannot go on says where by panicking")]

mod containers;
mod damage;
mod einvoices;
mod hybrids;
mod learn;
mod procurement;
mod scan;
mod trade;
mod values;
