//! Events on their way out: the relay that takes them from the database's outbox to the bus, and the buses.
//!
//! Each event is sent at least once, with the same id every time, and those of one key in the order in which they were made.
//! `docs/reference/events.md` says what others may rely on; read [`relay`] first for how it is kept.

mod amqp;
mod bus;
mod kafka;
mod partition;
pub mod relay;

pub use bus::{Bus, BusFailure, Report};
pub(crate) use kafka::connect_to_kafka;
