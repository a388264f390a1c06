//! The checkout as a whole: scripts of what happens at a till, and what the till makes of it.
#![allow(clippy::unwrap_used, reason = "a test that cannot go on must stop")]

mod approval;
mod paying;
mod property;
mod script;
mod shop;
mod sightings;
mod tray;
mod weighing;
