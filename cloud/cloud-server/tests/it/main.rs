//! The gateway as its callers meet it.
#![allow(clippy::unwrap_used, reason = "a test that cannot go on says where by panicking")]

mod alike;
mod bucket;
mod crashes;
mod documents;
mod events;
mod families;
mod forecast_workers;
mod forecasts;
mod four_documents;
mod gateway;
mod hostile;
mod idempotency;
mod identity;
mod language;
mod matrix;
mod meilisearch;
mod mqtt;
mod mqtt_matrix;
mod mqtt_wire;
mod organisation;
mod pages;
mod products;
mod program;
mod sales;
mod search;
mod shared;
mod sourcing;
mod store_prices;
mod support;
mod tills;
mod vectors;
