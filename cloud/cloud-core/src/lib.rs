//! What the cloud computes, without a clock, a database or a network: the stock ledger, offers, purchase orders, product families.
//!
//! Owns the arithmetic of stock and of buying. It must never know where a sale or an offer came from or where a balance is kept:
//! the store writes down what this crate works out.
//!
//! Read [`ledger`] first; [`offers`] and [`orders`] count in its units.
#![forbid(unsafe_code)]

pub mod families;
pub mod ledger;
pub mod naming;
pub mod offers;
pub mod orders;
