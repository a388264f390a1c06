//! How things are found: the engine, and how often it follows what changes.

use std::fmt;
use std::time::Duration;

use axum::http::Uri;
use serde::Deserialize;
use service::config::Impossible;

/// Longest name of an index.
const INDEX_MAX_LEN: usize = 100;

/// Kinds of engines.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum EngineKind {
    /// In the memory of each server.
    Embedded,
    /// A Meilisearch that stands elsewhere.
    Meilisearch,
}

/// How things are found.
#[derive(Debug, Clone, Deserialize)]
#[serde(deny_unknown_fields)]
#[allow(missing_docs, reason = "each field is explained where people read it, in tillsight-cloud.toml")]
pub struct Search {
    pub engine: EngineKind,
    pub poll_ms: u64,
    pub fresh_ms: u64,
    pub lease_ms: u64,
    pub review_hours: u32,
    pub keep_removed_hours: u32,
    pub indexes_max: u64,
    pub keep_minutes: u64,
    pub entries_max: u64,
}

/// How Meilisearch is reached.
#[derive(Clone, Deserialize)]
#[serde(deny_unknown_fields)]
#[allow(missing_docs, reason = "each field is explained where people read it, in tillsight-cloud.toml")]
pub struct Meilisearch {
    pub url: String,
    pub key: String,
    pub index: String,
    pub request_time_ms: u64,
    pub task_time_ms: u64,
}

/// It holds a key, which belongs in no log.
impl fmt::Debug for Meilisearch {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "Meilisearch({:?}, ..)", self.index)
    }
}

impl Search {
    /// How long one process may be silent.
    pub fn lease(&self) -> Duration {
        Duration::from_millis(self.lease_ms)
    }

    /// What cannot be here, or in the section of the engine that is chosen.
    pub(super) fn impossible(&self, meilisearch: &Meilisearch) -> Vec<Impossible> {
        let mut found = Vec::new();
        let mut add = |key: &str, reason: String| found.push(Impossible { key: key.to_owned(), reason });
        for (key, value, least, most) in [
            ("search.poll_ms", self.poll_ms, 10, 60_000),
            ("search.fresh_ms", self.fresh_ms, 0, 60_000),
            ("search.lease_ms", self.lease_ms, 1_000, 3_600_000),
            ("search.review_hours", self.review_hours.into(), 1, 8_760),
            ("search.keep_removed_hours", self.keep_removed_hours.into(), 1, 8_760),
            ("search.indexes_max", self.indexes_max, 1, 10_000),
            ("search.keep_minutes", self.keep_minutes, 1, 10_080),
            ("search.entries_max", self.entries_max, 1, 10_000_000),
            ("meilisearch.request_time_ms", meilisearch.request_time_ms, 50, 60_000),
            ("meilisearch.task_time_ms", meilisearch.task_time_ms, 100, 3_600_000),
        ] {
            if !(least..=most).contains(&value) {
                add(key, format!("is {value}: set it from {least} to {most}"));
            }
        }
        if self.engine == EngineKind::Meilisearch {
            if !is_address(&meilisearch.url) {
                add("meilisearch.url", "has to be an address such as `http://127.0.0.1:7700`".to_owned());
            }
            let fits = |letter: u8| letter.is_ascii_alphanumeric() || b"-_".contains(&letter);
            let index = &meilisearch.index;
            if index.is_empty() || index.len() > INDEX_MAX_LEN || !index.bytes().all(fits) {
                let wanted = "may have 1 to 100 letters, digits, dashes and underscores";
                add("meilisearch.index", wanted.to_owned());
            }
        }
        found
    }
}

/// An address of HTTP with a host and without a path's end.
pub(super) fn is_address(text: &str) -> bool {
    let Ok(address) = text.parse::<Uri>() else { return false };
    let scheme = address.scheme_str();
    (scheme == Some("http") || scheme == Some("https"))
        && address.host().is_some()
        && address.query().is_none()
}
