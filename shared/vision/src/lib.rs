//! From pixels to products: decode, find the items on the tray, embed, search, calibrate.
//!
//! Owns everything between a camera frame and an [`Observation`](domain::observation::Observation): the pictures'
//! codecs, the model's input, the ONNX session, the index over the enrolled views and the probabilities that come out
//! of it. It is synchronous and never knows of tokio, SQL, the network, a camera or a basket: frames come in,
//! observations go out, and whoever calls decides on which thread. Tills match with it, the cloud enrols with it.
//!
//! Read [`tray`] first: it is what a till runs for every frame; then [`recognise`] for how a vector becomes a verdict.
#![forbid(unsafe_code)]

pub mod calibrate;
pub mod decode;
pub mod drift;
pub mod embed;
pub mod fetched;
mod fixed;
pub mod index;
pub mod kept;
pub mod learn;
pub mod light;
mod linear;
pub mod models;
pub mod outlines;
pub mod preprocess;
pub mod recognise;
pub mod tray;
pub mod unlabelled;
