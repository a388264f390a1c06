//! How tills and services are watched, what reports are made, and where traces go.

use std::collections::BTreeSet;
use std::time::Duration;

use serde::Deserialize;
use service::config::Impossible;

use super::host_and_port;
use super::search::is_address;

/// Names of services that the cloud asks by itself.
const TAKEN: [&str; 7] = ["blobs", "bus", "cache", "search", "language-model", "mail", "telegram"];
/// Services that are asked by name at most.
const CHECKS_MAX: usize = 64;
/// Languages that reports can be written in.
pub const REPORT_LANGUAGES: [&str; 3] = ["en", "ru", "de"];

/// How tills and services are watched.
#[derive(Debug, Clone, Deserialize)]
#[serde(deny_unknown_fields)]
#[allow(missing_docs, reason = "each field is explained where people read it, in tillsight-cloud.toml")]
pub struct Monitoring {
    pub till_silent_s: u64,
    pub tills_max: u32,
    pub look_ms: u64,
    pub check_every_s: u64,
    pub check_time_ms: u64,
    pub failures_max: u32,
    pub keep_days: u32,
    pub checks: Vec<Check>,
}

/// A service that is asked whether it answers.
#[derive(Debug, Clone, PartialEq, Eq, Deserialize)]
#[serde(deny_unknown_fields)]
#[allow(missing_docs, reason = "each field is explained where people read it, in tillsight-cloud.toml")]
pub struct Check {
    pub name: String,
    pub url: String,
}

/// What is written of days and weeks.
#[derive(Debug, Clone, Deserialize)]
#[serde(deny_unknown_fields)]
#[allow(missing_docs, reason = "each field is explained where people read it, in tillsight-cloud.toml")]
pub struct Reports {
    pub daily: bool,
    pub weekly: bool,
    pub hour: u8,
    pub languages: Vec<String>,
    pub products_max: u32,
    pub poll_ms: u64,
}

impl Monitoring {
    /// How long a service may take to answer.
    pub fn check_time(&self) -> Duration {
        Duration::from_millis(self.check_time_ms)
    }

    /// What cannot be.
    pub(super) fn impossible(&self) -> Vec<Impossible> {
        let mut found = Vec::new();
        let mut add = |key: &str, reason: String| found.push(Impossible { key: key.to_owned(), reason });
        for (key, value, least, most) in [
            ("monitoring.till_silent_s", self.till_silent_s, 15, 86_400),
            ("monitoring.tills_max", self.tills_max.into(), 0, 100_000),
            ("monitoring.look_ms", self.look_ms, 100, 600_000),
            ("monitoring.check_every_s", self.check_every_s, 1, 86_400),
            ("monitoring.check_time_ms", self.check_time_ms, 100, 60_000),
            ("monitoring.failures_max", self.failures_max.into(), 1, 100),
            ("monitoring.keep_days", self.keep_days.into(), 1, 3_650),
        ] {
            if !(least..=most).contains(&value) {
                add(key, format!("is {value}: set it from {least} to {most}"));
            }
        }
        let checks = &self.checks;
        if checks.len() > CHECKS_MAX {
            add("monitoring.checks", format!("has {} services: name {CHECKS_MAX} at most", checks.len()));
        }
        let mut names = BTreeSet::new();
        for Check { name, url } in checks {
            let plain = |byte: u8| byte.is_ascii_lowercase() || byte.is_ascii_digit() || byte == b'-';
            if name.is_empty() || name.len() > 40 || !name.bytes().all(plain) {
                let wanted = "write 1 to 40 small letters, digits and dashes";
                add("monitoring.checks", format!("has the name `{name}`: {wanted}"));
            } else if TAKEN.contains(&name.as_str()) {
                add(
                    "monitoring.checks",
                    format!("has `{name}`, which the cloud asks by itself: choose another"),
                );
            } else if !names.insert(name) {
                add("monitoring.checks", format!("has `{name}` twice"));
            }
            // An address may hold a secret, so it is not repeated.
            let tcp = url.strip_prefix("tcp://").map(|place| host_and_port(place).is_some());
            if !tcp.unwrap_or_else(|| is_address(url)) {
                let wanted = "`http://`, `https://`, or `tcp://HOST:PORT`";
                add("monitoring.checks", format!("has no address for `{name}`: write {wanted}"));
            }
        }
        found
    }
}

impl Reports {
    /// What cannot be.
    pub(super) fn impossible(&self) -> Vec<Impossible> {
        let mut found = Vec::new();
        let mut add = |key: &str, reason: String| found.push(Impossible { key: key.to_owned(), reason });
        for (key, value, least, most) in [
            ("reports.hour", u64::from(self.hour), 0, 23),
            ("reports.products_max", self.products_max.into(), 1, 200),
            ("reports.poll_ms", self.poll_ms, 10, 3_600_000),
        ] {
            if !(least..=most).contains(&value) {
                add(key, format!("is {value}: set it from {least} to {most}"));
            }
        }
        let known = REPORT_LANGUAGES.join("`, `");
        if self.languages.is_empty() {
            add("reports.languages", format!("is empty: name one of `{known}` at least"));
        }
        for language in &self.languages {
            if !REPORT_LANGUAGES.contains(&language.as_str()) {
                add("reports.languages", format!("has `{language}`: choose from `{known}`"));
            }
        }
        found
    }
}
