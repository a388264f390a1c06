//! The store against a real SQLite on a real disk.
#![allow(clippy::unwrap_used)]

mod catalogues;
mod cloud;
mod control;
mod damage;
mod import;
mod journal;
mod opening;
mod pictures;
mod samples;
mod sightings;
