//! The protocol as bytes.
//!
//! Owns the generated messages and services of `proto/tillsight/v1`, the topics and payloads of MQTT, and the way between
//! them and what the rest of the program speaks (`domain`, `sync-core`). It alone sees prost. It must never decide anything:
//! what cannot be converted is told with the name of its field, and whoever called decides.
//!
//! Read `proto/tillsight/v1/sync.proto` first, then [`sync`]; [`topics`] for MQTT.
#![forbid(unsafe_code)]

pub mod catalogue;
mod fields;
pub mod payloads;
pub mod sync;
pub mod topics;

/// What the `.proto` files say, as Rust.
#[allow(
    missing_docs,
    clippy::all,
    clippy::pedantic,
    unused_qualifications,
    unreachable_pub,
    reason = "generated; the .proto files are its documentation"
)]
pub mod v1 {
    tonic::include_proto!("tillsight.v1");
}

pub use fields::Malformed;

/// The longest message of any call, in bytes: a batch of the longest sale, with room for its envelope.
pub const MESSAGE_MAX_LEN: usize = 4 * 1024 * 1024;
