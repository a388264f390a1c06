//! What every long-running program of the project needs around its own work: configuration, logs, metrics, named and
//! supervised tasks, signals, health, the talk with systemd and with an MQTT broker.
//!
//! Owns how a program starts, is watched and stops. It must never know what the program does: no internal crate, no
//! product, sale or camera is named here.
//!
//! Read [`tasks`] first: it is what keeps a program standing; then [`watchdog`], which says when it no longer does.
#![forbid(unsafe_code)]

pub mod config;
pub mod health;
pub mod logs;
pub mod metrics_text;
pub mod mqtt;
pub mod signals;
pub mod tasks;
pub mod traces;
pub mod watchdog;
