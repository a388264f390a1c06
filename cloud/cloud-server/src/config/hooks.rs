//! How other systems tell of changes.

use serde::Deserialize;
use service::config::Impossible;

use super::Found;

/// How other systems tell of changes.
#[derive(Debug, Clone, Deserialize)]
#[serde(deny_unknown_fields)]
#[allow(missing_docs, reason = "each field is explained where people read it, in tillsight-cloud.toml")]
pub struct Hooks {
    pub clock_s: u32,
    pub events_kept_days: u32,
    pub requests_kept_days: u32,
}

impl Hooks {
    /// What cannot be here.
    pub(super) fn impossible(&self) -> Vec<Impossible> {
        let mut found = Found::default();
        for (key, value, least, most) in [
            ("hooks.clock_s", self.clock_s, 10, 3_600),
            ("hooks.events_kept_days", self.events_kept_days, 2, 365),
            ("hooks.requests_kept_days", self.requests_kept_days, 1, 365),
        ] {
            if !(least..=most).contains(&value) {
                found.add(key, format!("is {value}: set it from {least} to {most}"));
            }
        }
        found.0
    }
}
