//! Shoppers and rigs against the real daemon, over its real API.
//!
//! Owns what proves the product as a whole: the simulated shop and the real photographs as tills to be driven, shoppers
//! that put, wait, answer and pay, and the campaigns that cut the power. It decides nothing that a till decides.
//!
//! Read [`shopper`] first: what a basket is from its shopper's side.
#![forbid(unsafe_code)]

pub mod client;
pub mod cloud;
pub mod cloud_shop;
pub mod fleet;
pub mod fleet_demo;
pub mod fleet_shop;
pub mod link;
pub mod past;
mod pdf;
pub mod photo_shop;
pub mod photo_shopper;
pub mod process;
pub mod rig;
pub mod score;
pub mod shopper;
pub mod simulated_shop;
pub mod simulation;
pub mod swarm;
pub mod template;
