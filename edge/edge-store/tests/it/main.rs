//! The store against a real SQLite on a real disk.
#![allow(clippy::unwrap_used)]

mod catalogues;
mod damage;
mod journal;
mod opening;
mod samples;
