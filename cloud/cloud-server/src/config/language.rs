//! What is asked of a language model, and how much.

use std::fmt;
use std::path::PathBuf;

use serde::Deserialize;
use service::config::Impossible;

use super::search::is_address;

/// Highest price and budget that are set by intention.
const MONEY_MAX: f64 = 1_000_000.0;

/// Kinds of services.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum LanguageKind {
    /// None: everything works without.
    None,
    /// Google's Gemini.
    Gemini,
    /// Any server that speaks OpenAI's chat completions.
    Openai,
}

/// What is asked of a language model.
#[derive(Clone, Deserialize)]
#[serde(deny_unknown_fields)]
#[allow(missing_docs, reason = "each field is explained where people read it, in tillsight-cloud.toml")]
pub struct Language {
    pub kind: LanguageKind,
    pub url: String,
    pub model: String,
    pub key: String,
    pub key_file: PathBuf,
    pub documents: bool,
    pub families: bool,
    pub request_time_ms: u64,
    pub attempts_max: u32,
    pub wait_longest_ms: u64,
    pub prompt_max_chars: usize,
    pub answer_max_tokens: u32,
    pub price_in: f64,
    pub price_out: f64,
    pub budget_per_day: f64,
    pub requests_per_day: u64,
}

/// It holds a key, which belongs in no log.
impl fmt::Debug for Language {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "Language({:?}, {:?}, ..)", self.kind, self.model)
    }
}

impl Language {
    /// What cannot be.
    pub(super) fn impossible(&self) -> Vec<Impossible> {
        let mut found = Vec::new();
        let mut add = |key: &str, reason: String| found.push(Impossible { key: key.to_owned(), reason });
        for (key, value, least, most) in [
            ("language.request_time_ms", self.request_time_ms, 100, 300_000),
            ("language.attempts_max", self.attempts_max.into(), 1, 10),
            ("language.wait_longest_ms", self.wait_longest_ms, 0, 600_000),
            ("language.prompt_max_chars", self.prompt_max_chars as u64, 500, 1_000_000),
            ("language.answer_max_tokens", self.answer_max_tokens.into(), 16, 65_536),
            ("language.requests_per_day", self.requests_per_day, 0, 10_000_000),
        ] {
            if !(least..=most).contains(&value) {
                add(key, format!("is {value}: set it from {least} to {most}"));
            }
        }
        for (key, value) in [
            ("language.price_in", self.price_in),
            ("language.price_out", self.price_out),
            ("language.budget_per_day", self.budget_per_day),
        ] {
            if !(0.0..=MONEY_MAX).contains(&value) {
                add(key, format!("is {value}: set it from 0 to {MONEY_MAX}"));
            }
        }
        if self.kind == LanguageKind::None {
            return found;
        }
        if self.model.is_empty() {
            add("language.model", "is empty: name the model that is to be asked".to_owned());
        }
        if !self.url.is_empty() && !is_address(&self.url) {
            add("language.url", "has to be an address such as `http://127.0.0.1:8080/v1`".to_owned());
        }
        // A server of one's own may need none; the providers do.
        let has_key = !self.key.is_empty() || !self.key_file.as_os_str().is_empty();
        if !has_key && (self.kind == LanguageKind::Gemini || self.url.is_empty()) {
            add("language.key", "is empty, and so is `language.key_file`: the provider needs one".to_owned());
        }
        found
    }
}
