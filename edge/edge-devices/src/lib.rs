//! Cameras, scale and payment terminal, real and simulated.
//!
//! Owns everything that touches hardware or stands in for it: only this crate opens `/dev`. It must never know what a
//! frame shows, what a basket is or where a sale is kept: it hands out frames, grams and payment outcomes, and turns
//! what a device does wrong into values. No async: what blocks has a thread of its own.
//!
//! Read [`camera`] first (the port every camera implements and the thread that keeps one alive), then [`simulated`],
//! the tray whose truth is known.
#![forbid(unsafe_code)]

pub mod camera;
pub mod listing;
pub mod photos;
mod picture;
pub mod scale;
pub mod simulated;
pub mod terminal;
