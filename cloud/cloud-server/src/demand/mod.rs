//! Demand, behind the requests: what was sold becomes series, series become forecasts, forecasts become proposals to order.
//!
//! A run begins with [`learning`] (one job: what is common to all series, kept as a blob), goes on with [`shards`] (any number of
//! workers) and ends with [`proposing`] and [`totals`] (one job for each store). The arithmetic is `cloud-demand`'s, which knows numbers only;
//! this is where they get their names.

pub(crate) mod because;
pub(crate) mod days;
pub(crate) mod holidays;
pub(crate) mod learning;
mod low_stock;
mod method_words;
pub(crate) mod needs;
pub(crate) mod proposing;
pub(crate) mod reasons;
pub(crate) mod schedule;
pub(crate) mod series;
pub(crate) mod shards;
mod shelves;
pub(crate) mod totals;
pub(crate) mod what_if;
