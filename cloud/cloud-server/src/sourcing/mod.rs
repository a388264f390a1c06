//! Buying, behind the requests: price lists become offers, orders become files, and what others say about products is read.
//!
//! Read [`raw`] for what a raw product is, [`pages`] for how public pages are visited, [`papers`] for what suppliers get.

use domain::time::BusinessDay;
use jiff::civil::Date;

pub mod bus;
pub mod pages;
pub mod papers;
pub(crate) mod price_list;
pub mod raw;
pub(crate) mod raw_file;

/// A date of jiff's as the stores keep it.
pub(crate) fn day_of(date: Date) -> BusinessDay {
    let part = |value: i8| u8::try_from(value).unwrap_or(1);
    BusinessDay { year: date.year(), month: part(date.month()), day: part(date.day()) }
}
