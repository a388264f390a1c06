//! What leaves the cloud as a file.

use std::path::PathBuf;

use serde::Deserialize;
use service::config::Impossible;

use super::Found;

/// What leaves the cloud as a file.
#[derive(Debug, Clone, Deserialize)]
#[serde(deny_unknown_fields)]
#[allow(missing_docs, reason = "each field is explained where people read it, in tillsight-cloud.toml")]
pub struct Exports {
    pub kept_days: u32,
}

impl Exports {
    /// What cannot be here.
    pub(super) fn impossible(&self) -> Vec<Impossible> {
        let mut found = Found::default();
        if !(1..=3_650).contains(&self.kept_days) {
            found.add("exports.kept_days", format!("is {}: set it from 1 to 3650", self.kept_days));
        }
        found.0
    }
}

/// How Google Sheets is reached.
#[derive(Debug, Clone, Deserialize)]
#[serde(deny_unknown_fields)]
#[allow(missing_docs, reason = "each field is explained where people read it, in tillsight-cloud.toml")]
pub struct Sheets {
    pub credentials_file: PathBuf,
    pub url: String,
    pub writes_per_minute: u32,
    pub request_time_ms: u64,
    pub attempts_max: u32,
    pub wait_longest_ms: u64,
}

impl Sheets {
    /// What cannot be here.
    pub(super) fn impossible(&self) -> Vec<Impossible> {
        let mut found = Found::default();
        for (key, value, least, most) in [
            ("sheets.writes_per_minute", self.writes_per_minute.into(), 1, 6_000),
            ("sheets.request_time_ms", self.request_time_ms, 100, 300_000),
            ("sheets.attempts_max", self.attempts_max.into(), 1, 20),
            ("sheets.wait_longest_ms", self.wait_longest_ms, 0, 600_000),
        ] {
            if !(least..=most).contains(&value) {
                found.add(key, format!("is {value}: set it from {least} to {most}"));
            }
        }
        let is_address = ["http://", "https://"].iter().any(|scheme| self.url.starts_with(scheme));
        if !self.url.is_empty() && !is_address {
            found.add("sheets.url", "has to be an address such as `http://127.0.0.1:8080`");
        }
        found.0
    }
}
