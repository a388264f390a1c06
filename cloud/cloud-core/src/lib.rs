//! What the cloud computes, without a clock, a database or a network: the stock ledger.
//!
//! Owns the arithmetic of stock. It must never know where a sale came from or where a balance is kept: the store writes
//! down what this crate works out.
//!
//! Read [`ledger`].
#![forbid(unsafe_code)]

pub mod ledger;
