//! What the cloud computes, without a clock, a database or a network: the stock ledger, and what suppliers' lines are in the shop.
//!
//! Owns the arithmetic of stock and of likeness. It must never know where a sale or a document came from or where a balance is
//! kept: others write down what this crate works out.
//!
//! Read [`ledger`], then [`matching`].
#![forbid(unsafe_code)]

pub mod ledger;
pub mod matching;
