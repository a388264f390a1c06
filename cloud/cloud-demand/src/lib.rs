//! What a shop will sell, and how sure that is.
//!
//! Owns the arithmetic of demand: methods that forecast a series of days, how good each was, and what follows from that. It must never
//! know where a sale came from or where a forecast is kept: histories come in as numbers, one a day, and forecasts go out as numbers.
//!
//! Read [`forecast`] first: its types are what everything else here speaks.
#![forbid(unsafe_code)]

pub mod forecast;
pub mod replenish;
