//! Forecasts, from outside.
#![allow(clippy::unwrap_used, reason = "a test that cannot go on says where by panicking")]

mod evaluating;
mod peers;
mod sound;
mod together;
