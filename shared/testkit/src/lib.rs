//! What tests of several crates share: seeded randomness, a clock that is set by hand, scratch folders, catalogues and
//! sales to work with, suppliers' papers, real processes that end with their test, private PostgreSQL, Redis, Mosquitto, Kafka broker, RabbitMQ,
//! Prometheus and Alertmanager, serial ports that are two ends of a pty, stand-ins for Telegram, a mail server and whoever takes
//! requests.
//!
//! Owns nothing that ships: it is a development dependency everywhere but in `e2e`. It must never know a crate above
//! `domain`, so that any of them can use it.
//!
//! Read [`seed`] first: every random test starts there.
#![forbid(unsafe_code)]

pub mod build;
pub mod child;
pub mod clock;
pub mod kafka;
pub mod missing;
pub mod mosquitto;
pub mod net;
pub mod papers;
pub mod pdfium;
pub mod postgres;
pub mod prometheus;
pub mod pty;
pub mod rabbitmq;
pub mod redis;
pub mod scratch;
pub mod seed;
pub mod standins;
pub mod wait;
