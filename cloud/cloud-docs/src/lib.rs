//! Suppliers' documents become [`ParsedDocument`]s: e-invoices, PDFs, scans, sheets, drawings, mails and archives of
//! these. Catalogues of other systems are read here too ([`mod@catalogue`]).
//!
//! Owns reading of untrusted files. It must never know the shop's catalogue, a database or the network: it says what a file says,
//! and matching that with products is the server's work. A file that can be read in part is read in part: what is wrong with it is
//! a [`Warning`], not an error.
//!
//! Read [`document`] first: every reader gives that.
#![forbid(unsafe_code)]

mod archive;
mod bim;
mod cad;
pub mod catalogue;
mod check;
pub mod confined;
pub mod detect;
pub mod document;
pub mod encoding;
pub mod evaluate;
pub mod fields;
pub mod hybrid;
mod inner;
pub mod layout;
pub mod learn;
mod mail;
pub mod notes;
pub mod page;
mod paper;
pub mod pdf;
mod plain;
pub mod read;
pub mod reading;
pub mod scan;
pub mod sheet;
pub mod units;
pub mod xml;

pub use document::ParsedDocument;
pub use fields::understand;
pub use read::read;
pub use reading::{Hints, Limits, Reading, Refusal};
