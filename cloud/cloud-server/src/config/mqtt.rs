//! The broker of tills: where it is, and what it holds.

use std::net::SocketAddr;
use std::path::PathBuf;

use serde::Deserialize;

/// Kinds of brokers.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum BrokerKind {
    /// None: tills do without.
    Off,
    /// One in this process.
    Embedded,
    /// One that stands elsewhere.
    External,
}

/// The broker over which tills are told things and say how they are.
#[derive(Debug, Clone, Deserialize)]
#[serde(deny_unknown_fields)]
#[allow(missing_docs, reason = "each field is explained where people read it, in tillsight-cloud.toml")]
pub struct Mqtt {
    pub kind: BrokerKind,
    pub listen: SocketAddr,
    pub address: String,
    pub authority: PathBuf,
    pub certificate: PathBuf,
    pub key: PathBuf,
    pub tills_address: String,
    pub client_name: String,
    pub connections_max: usize,
    pub messages_per_second: u32,
    pub queued_max: usize,
    pub command_minutes: u32,
}
