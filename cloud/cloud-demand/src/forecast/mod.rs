//! Forecasts of daily demand: what they are made of, and who makes them.
//!
//! A history is one number a day, oldest first, without gaps: days on which nothing was sold are zeros, days on which nothing could be
//! sold were corrected by whoever made the history. Demand is in pieces, or in kilograms of what is weighed; it is never below zero, and
//! neither is a forecast.

mod alike;
pub mod all;
mod backtest;
mod bytes;
mod calendar;
mod calibrate;
pub mod choose;
pub mod evaluate;
pub mod explain;
mod global;
pub mod hierarchy;
pub mod history;
pub mod score;
pub mod statistical;
pub mod totals;
pub mod trained;

/// The probabilities at which forecasts give quantiles. The outer two of the five in the middle bound the 80 % interval.
pub const LEVELS: [f64; 11] = [0.025, 0.05, 0.1, 0.25, 0.4, 0.5, 0.6, 0.75, 0.9, 0.95, 0.99];

/// How much is demanded at most with the probability of the same place in [`LEVELS`]; never falling.
pub type Quantiles = [f64; LEVELS.len()];

/// What is expected, day by day, by one method: no probabilities yet.
#[derive(Debug, Clone, PartialEq, Default)]
pub struct Points {
    /// What is expected on each day after the history; as many as were asked for, none below zero.
    pub ahead: Vec<f64>,
    /// What the method expected of each day of the history, knowing the days before it only; NaN where it knew too little.
    pub within: Vec<f64>,
}

/// What is expected, and how sure that is.
#[derive(Debug, Clone, PartialEq, Default)]
pub struct Forecast {
    /// The mean of each day.
    pub mean: Vec<f64>,
    /// The quantiles of each day.
    pub daily: Vec<Quantiles>,
    /// The quantiles of the sum of the first day, of the first two, and so on: what a stock that has to last that long must hold.
    /// They are not sums of the daily ones, because good and bad days even out.
    pub cumulative: Vec<Quantiles>,
}
