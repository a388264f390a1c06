//! What the cloud computes, without a clock, a database or a network: the stock ledger, and the index that things are found
//! with.
//!
//! Owns the arithmetic of stock, and what a search finds in which order. It must never know where a sale came from or where a
//! balance or an entry is kept: the store writes down what this crate works out.
//!
//! Read [`ledger`], then [`search`].
#![forbid(unsafe_code)]

pub mod ledger;
pub mod search;
