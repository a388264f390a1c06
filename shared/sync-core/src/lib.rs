//! How a till and the cloud come to agree, without a wire, a disk or a clock.
//!
//! Owns the canonical bytes of what both sides keep (a sale, a catalogue), the hash chain over a till's sales, and both
//! ends of the exchange as state machines: they are told what came in and what time it is, and say what to send. It must
//! never know how bytes travel (gRPC, MQTT, a test), nor how they are stored.
//!
//! Read [`sender`] and [`receiver`] first: together they are the protocol.
#![forbid(unsafe_code)]

pub mod backoff;
pub mod catalogue_document;
pub mod chain;
pub mod claim_code;
pub mod entry;
pub mod generation;
pub mod message;
pub mod model_offer;
pub mod quantised;
pub mod receiver;
pub mod sale_document;
pub mod sender;
