//! How public pages are visited.

use std::time::Duration;

use serde::Deserialize;
use service::config::Impossible;

/// How public pages are visited.
#[derive(Debug, Clone, Deserialize)]
#[serde(deny_unknown_fields)]
#[allow(missing_docs, reason = "each field is explained where people read it, in tillsight-cloud.toml")]
pub struct Parser {
    pub in_server: bool,
    pub user_agent: String,
    pub pace_ms: u64,
    pub page_time_ms: u64,
    pub page_max_bytes: usize,
    pub redirects_max: u32,
    pub allow_private: bool,
    pub open_food_facts_url: String,
    pub enrich_by_gtin: bool,
    pub poll_ms: u64,
    pub lease_ms: u64,
}

impl Parser {
    /// The pause between two requests to one host.
    pub fn pace(&self) -> Duration {
        Duration::from_millis(self.pace_ms)
    }

    /// How long a page may take.
    pub fn page_time(&self) -> Duration {
        Duration::from_millis(self.page_time_ms)
    }

    /// The name that robots.txt has rules for: the user agent up to its version.
    pub fn agent_name(&self) -> String {
        self.user_agent.split(['/', ' ']).next().unwrap_or_default().to_owned()
    }

    /// What cannot be here.
    pub(super) fn impossible(&self) -> Vec<Impossible> {
        let mut found = Vec::new();
        let mut add = |key: &str, reason: String| found.push(Impossible { key: key.to_owned(), reason });
        // A host of one's own may be asked as fast as one likes, others not.
        let slowest = if self.allow_private { 0 } else { 1_000 };
        for (key, value, least, most) in [
            ("parser.pace_ms", self.pace_ms, slowest, 600_000),
            ("parser.page_time_ms", self.page_time_ms, 100, 300_000),
            ("parser.page_max_bytes", self.page_max_bytes as u64, 1024, 64 << 20),
            ("parser.redirects_max", self.redirects_max.into(), 0, 20),
            ("parser.poll_ms", self.poll_ms, 10, 3_600_000),
            ("parser.lease_ms", self.lease_ms, 1_000, 3_600_000),
        ] {
            if !(least..=most).contains(&value) {
                add(key, format!("is {value}: set it from {least} to {most}"));
            }
        }
        let visible = |text: &str| text.bytes().all(|byte| (b' '..=b'~').contains(&byte));
        if self.agent_name().is_empty() || !visible(&self.user_agent) {
            add(
                "parser.user_agent",
                "needs a name such as `Tillsight/1.0 (+https://shop.example)`".to_owned(),
            );
        }
        if let Err(problem) = crate::sourcing::pages::address::checked(&self.open_food_facts_url) {
            add("parser.open_food_facts_url", format!("cannot be used: {problem}"));
        }
        found
    }
}
