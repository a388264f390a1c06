//! How demand is forecast and orders are proposed.

use std::time::Duration;

use serde::Deserialize;
use service::config::Impossible;

/// How demand is forecast and orders are proposed.
#[derive(Debug, Clone, Deserialize)]
#[serde(deny_unknown_fields)]
#[allow(missing_docs, reason = "each field is explained where people read it, in tillsight-cloud.toml")]
pub struct Forecast {
    pub nightly: bool,
    pub nightly_hour: u32,
    pub days: u32,
    pub history_days: u32,
    pub workers: usize,
    pub shard_series: u32,
    pub training_series_max: u32,
    pub training_rows_max: usize,
    pub trials: usize,
    pub look_every_ms: u64,
    pub runs_kept_days: u32,
    pub proposals: bool,
    pub proposal_hours: u32,
    pub what_if_series_max: usize,
}

impl Forecast {
    /// How often it is looked whether a night's run is due.
    pub fn look_every(&self) -> Duration {
        Duration::from_millis(self.look_every_ms)
    }

    /// How long somebody can decide on a proposal, in milliseconds.
    pub fn proposal_ms(&self) -> i64 {
        i64::from(self.proposal_hours) * 3_600_000
    }

    /// What cannot be here.
    pub(super) fn impossible(&self) -> Vec<Impossible> {
        let numbers = [
            ("forecast.nightly_hour", u64::from(self.nightly_hour), 0, 23),
            ("forecast.days", self.days.into(), 7, 90),
            ("forecast.history_days", self.history_days.into(), 28, 3_650),
            ("forecast.workers", self.workers as u64, 0, 256),
            ("forecast.shard_series", self.shard_series.into(), 1, 10_000),
            ("forecast.training_series_max", self.training_series_max.into(), 1, 1_000_000),
            ("forecast.training_rows_max", self.training_rows_max as u64, 1_000, 100_000_000),
            ("forecast.trials", self.trials as u64, 1, 26),
            ("forecast.look_every_ms", self.look_every_ms, 100, 3_600_000),
            ("forecast.runs_kept_days", self.runs_kept_days.into(), 1, 3_650),
            ("forecast.proposal_hours", self.proposal_hours.into(), 1, 720),
            ("forecast.what_if_series_max", self.what_if_series_max as u64, 1, 1_000),
        ];
        let bad = numbers.into_iter().filter(|(_, value, least, most)| !(least..=most).contains(&value));
        bad.map(|(key, value, least, most)| Impossible {
            key: key.to_owned(),
            reason: format!("is {value}: set it from {least} to {most}"),
        })
        .collect()
    }
}
