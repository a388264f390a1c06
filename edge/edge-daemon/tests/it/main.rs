//! The kiosk API over HTTP, in front of a checkout that does what it is told.
#![allow(clippy::unwrap_used, reason = "a test that cannot go on must stop")]

mod learning;
mod staff;
mod till;
