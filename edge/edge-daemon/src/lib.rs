//! `tillsightd`: camera to basket to sale, and the kiosk's API.
//!
//! Owns the threads and tasks of a till and the channels between them; it decides nothing about baskets (edge-core does),
//! pictures (vision), records (edge-store) or hardware (edge-devices). One loop owns the checkout; everything else talks
//! to it through bounded channels or latest-wins slots.
//!
//! Read [`till`] first: what is started, in which order, and how it ends; then [`checkout_loop`].
#![forbid(unsafe_code)]

pub mod api;
pub mod board;
pub mod catalogue;
pub mod checkout_loop;
pub mod clock;
pub mod cloud;
pub mod config;
pub mod control;
pub mod devices;
pub mod drift_watch;
pub mod enrol;
pub mod event;
pub mod learner;
pub mod light;
pub mod notices;
pub mod payment;
pub mod preview;
pub mod scale;
pub mod sight;
pub mod simulator;
pub mod staff_pin;
pub mod storage;
pub mod till;
pub mod till_info;
pub mod watcher;
