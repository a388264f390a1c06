//! From a forecast and the stock to what should be ordered, and policies tried on days that were.
//!
//! A day is a number: days since 1970-01-01. Proposals are made in the morning of `today`, before anything is sold: the first day of
//! a forecast is `today`, and goods that arrive on a day can be sold on it. Stock is counted in whole pieces or grams, money in minor
//! units; floating point says how likely something is and how it ranks, never how much is ordered or paid.
//!
//! Read [`terms`] for what is asked, [`propose`] for the order of steps, `need` for how much one item needs and why, `choose` for what
//! minimum orders and a budget leave of it. The rules and their sources are in `docs/reference/replenish.md`.

mod aging;
pub mod because;
pub mod calendar;
mod choose;
pub mod classes;
mod draw;
mod need;
mod outlook;
pub mod propose;
pub mod simulate;
mod spread;
pub mod terms;
