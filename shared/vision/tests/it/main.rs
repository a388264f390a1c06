//! Vision over real files: pictures, the model, photos, many vectors.
#![allow(clippy::unwrap_used, reason = "in a test a panic is the message, also in its helpers")]

mod grocery;
mod many_vectors;
mod model;
