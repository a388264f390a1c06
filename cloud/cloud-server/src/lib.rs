//! The cloud of a fleet of tills: the gateway that people and software speak to, the authority that says who is a till,
//! and the jobs that turn photos into vectors and changes into catalogue generations.
//!
//! Owns the faces of the cloud and what happens behind them. It must never see SQL, which is `cloud-store`'s, nor know of
//! cameras, baskets or anything else of the edge; between the two there are only messages.
//!
//! Read [`roles`] first: what each role of the program starts; then [`gateway`] for how a request is met.
#![forbid(unsafe_code)]

pub mod admin;
pub mod auth;
pub mod backups;
pub mod blobs;
pub mod ca;
pub mod cache;
mod calls;
pub mod config;
mod demand;
pub mod documents;
pub mod events;
mod exchange;
pub mod exports;
pub mod gateway;
pub mod grpc;
pub mod heads;
mod hooks;
pub mod jobs;
pub mod key_files;
pub mod language;
mod monitoring;
pub mod mqtt;
mod notify;
mod outbound;
mod print;
pub mod products;
pub mod reports;
mod rest;
pub mod roles;
pub mod search;
pub mod signing;
pub mod sourcing;
mod upkeep;
