//! The gateway as its callers meet it.
#![allow(clippy::unwrap_used, reason = "a test that cannot go on says where by panicking")]

mod alike;
mod bucket;
mod crashes;
mod documents;
mod events;
mod four_documents;
mod gateway;
mod hostile;
mod idempotency;
mod identity;
mod matrix;
mod mqtt;
mod mqtt_matrix;
mod mqtt_wire;
mod organisation;
mod products;
mod program;
mod sales;
mod shared;
mod store_prices;
mod support;
mod tills;
mod vectors;
