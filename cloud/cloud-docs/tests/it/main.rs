//! Documents as they come from outside, and the process that reads them.
#![allow(clippy::unwrap_used, reason = "a test that cannot go on says where by panicking")]

mod bim;
mod cad;
mod catalogue;
mod confined;
mod containers;
mod damage;
mod einvoices;
mod hybrids;
mod learn;
mod notes;
mod procurement;
mod scan;
mod sheet;
mod trade;
mod values;
