//! A language model that proposes what rules have not found: none, Gemini, or any server with OpenAI's chat completions.
//!
//! Nothing needs it. It is asked with a schema, an answer that does not fit is none, and whoever asks takes from it only what stands
//! in the text that it was given ([`ground`]). Each organisation has a budget of requests and of money for a day, which holds for all
//! processes; a service that fails is left alone for a while. What it is told is bounded, and so is what is read of its answer.

mod document;
mod gemini;
pub mod ground;
mod openai;

use std::sync::Arc;
use std::time::{Duration, Instant};

use anyhow::Context as _;
use axum::http::StatusCode;
use cloud_store::{LanguageUse, Store, StoreError};
use domain::ids::OrgId;
use domain::time::{BusinessDay, WallMs};
use serde::de::DeserializeOwned;
use serde_json::Value;
use sync_core::backoff::Backoff;
use thiserror::Error;

use crate::calls::{CallError, Called, Caller};
use crate::config::{self, LanguageKind};
use crate::outbound::Breaker;
use crate::roles::now;
pub use document::{Completed, complete, lacks_something};

/// The longest answer that is read.
const ANSWER_MAX_BYTES: usize = 1 << 20;
/// The pause before a request is made again.
const BACKOFF: Backoff = Backoff { first_ms: 500, most_ms: 8_000 };

/// What can be asked. Clones share connections and the circuit.
#[derive(Clone)]
pub struct LanguageModel {
    service: Option<Arc<Service>>,
    store: Store,
}

struct Service {
    config: config::Language,
    key: String,
    caller: Caller,
    breaker: Breaker,
}

/// What is asked.
#[derive(Debug, Clone)]
pub struct Question {
    /// What for, in the books: `document` or `family`.
    pub purpose: &'static str,
    /// What it is to do.
    pub task: String,
    /// What was asked and answered before and was right, the most telling last.
    pub examples: Vec<(String, String)>,
    /// The text that it is about.
    pub text: String,
    /// JSON Schema of the answer.
    pub schema: Value,
}

/// What a service said, before anybody looked at whether it fits.
#[derive(Debug, PartialEq, Eq)]
struct Said {
    text: String,
    tokens_in: u64,
    tokens_out: u64,
}

/// Why there is no answer.
#[derive(Debug, Error)]
pub enum LanguageError {
    /// Nobody is asked, by intention.
    #[error("no language model is configured: set `language.kind`")]
    Off,
    /// The organisation has asked enough for today.
    #[error("the organisation's budget for a language model is used up until midnight UTC: {0}")]
    Budget(String),
    /// The service failed too often.
    #[error("the language model is left alone for a while: it failed several times in a row")]
    Open,
    /// It cannot be reached, or not in time.
    #[error("the language model cannot be asked: {0}")]
    Call(String),
    /// It refuses.
    #[error("the language model refuses with {status}: {said}")]
    Refused {
        /// Its status.
        status: u16,
        /// The beginning of its words.
        said: String,
    },
    /// What it says is not what it was asked for.
    #[error("the language model's answer does not fit: {0}")]
    Unfit(String),
    /// The books cannot be read or written.
    #[error("the budget cannot be looked at")]
    Store(#[from] StoreError),
}

impl LanguageModel {
    /// What the configuration names; reads the key.
    pub fn open(config: &config::Language, store: Store) -> anyhow::Result<Self> {
        if config.kind == LanguageKind::None {
            return Ok(Self { service: None, store });
        }
        let file = &config.key_file;
        let key = match file.as_os_str().is_empty() {
            true => config.key.clone(),
            false => std::fs::read_to_string(file)
                .with_context(|| format!("failed to read `language.key_file` `{}`", file.display()))?
                .trim()
                .to_owned(),
        };
        let caller = Caller::new(Duration::from_millis(config.request_time_ms), ANSWER_MAX_BYTES)?;
        let service = Service { config: config.clone(), key, caller, breaker: Breaker::default() };
        Ok(Self { service: Some(Arc::new(service)), store })
    }

    /// Whether documents are to be completed.
    pub fn reads_documents(&self) -> bool {
        self.service.as_ref().is_some_and(|service| service.config.documents)
    }

    /// Whether families are to be completed.
    pub fn knows_families(&self) -> bool {
        self.service.as_ref().is_some_and(|service| service.config.families)
    }

    /// The model's name, for what is written down of its answers.
    pub fn name(&self) -> Option<&str> {
        self.service.as_ref().map(|service| service.config.model.as_str())
    }

    /// Asks, and reads the answer as `T`, which is to refuse what it does not know. What a failed answer has cost is counted.
    pub async fn ask<T: DeserializeOwned>(
        &self,
        org: &OrgId,
        question: &Question,
    ) -> Result<T, LanguageError> {
        let service = self.service.as_ref().ok_or(LanguageError::Off)?;
        let today = day_of(now());
        self.check_budget(service, org, today).await?;
        let begun = Instant::now();
        let said = service.ask(question).await;
        let answer = said.as_ref().ok().map(|said| read::<T>(&said.text));
        let failed = !matches!(answer, Some(Ok(_)));
        let used = service.used(said.as_ref().ok(), failed);
        count(question.purpose, &used, begun.elapsed());
        self.store.add_language_use(org, today, question.purpose, &used).await?;
        match (said, answer) {
            (Err(error), _) => Err(error),
            (Ok(_), Some(answer)) => answer,
            (Ok(_), None) => Err(LanguageError::Unfit("it is empty".to_owned())),
        }
    }

    async fn check_budget(
        &self,
        service: &Service,
        org: &OrgId,
        today: BusinessDay,
    ) -> Result<(), LanguageError> {
        let config = &service.config;
        let requests = self.store.language_requests_since(org, today).await?;
        if requests >= config.requests_per_day {
            let most = config.requests_per_day;
            return Err(LanguageError::Budget(format!("{most} requests (`language.requests_per_day`)")));
        }
        if config.budget_per_day > 0.0 {
            let spent = self.store.language_cost_since(org, today).await?;
            if spent >= micros(config.budget_per_day) {
                let most = config.budget_per_day;
                return Err(LanguageError::Budget(format!("{most} (`language.budget_per_day`)")));
            }
        }
        Ok(())
    }
}

impl Service {
    /// Asks until there is an answer or it makes no sense to go on.
    async fn ask(&self, question: &Question) -> Result<Said, LanguageError> {
        let mut attempt = 1;
        loop {
            self.breaker.admit(Instant::now()).map_err(|_| LanguageError::Open)?;
            let (outcome, wait) = self.ask_once(question).await;
            let error = match outcome {
                Ok(said) => {
                    self.breaker.note(false, Instant::now());
                    return Ok(said);
                }
                Err(error) => error,
            };
            // To be refused is an answer; to be told to wait is not a fault either.
            let is_down = match &error {
                LanguageError::Call(_) => true,
                LanguageError::Refused { status, .. } => *status >= 500,
                _ => false,
            };
            self.breaker.note(is_down, Instant::now());
            let may_pass = is_down || wait.is_some();
            if !may_pass || attempt >= self.config.attempts_max {
                return Err(error);
            }
            let backoff =
                Duration::from_millis(BACKOFF.wait_ms(attempt, getrandom::u64().unwrap_or_default()));
            let wait = wait.unwrap_or_default().max(backoff);
            if wait > Duration::from_millis(self.config.wait_longest_ms) {
                return Err(error);
            }
            tokio::time::sleep(wait).await;
            attempt += 1;
        }
    }

    /// What came of one request, and how long to wait where it said so.
    async fn ask_once(&self, question: &Question) -> (Result<Said, LanguageError>, Option<Duration>) {
        let called = match self.config.kind {
            LanguageKind::None => return (Err(LanguageError::Off), None),
            LanguageKind::Gemini => gemini::call(&self.caller, &self.config, &self.key, question).await,
            LanguageKind::Openai => openai::call(&self.caller, &self.config, &self.key, question).await,
        };
        let called = match called {
            Ok(called) => called,
            Err(error) => return (Err(error.into()), None),
        };
        if !called.status.is_success() {
            let told_to_wait = called.status == StatusCode::TOO_MANY_REQUESTS;
            let wait = told_to_wait.then(|| called.retry_after().unwrap_or_default());
            return (Err(refusal(&called)), wait);
        }
        let said = match self.config.kind {
            LanguageKind::Gemini => gemini::read(&called.body),
            LanguageKind::None | LanguageKind::Openai => openai::read(&called.body),
        };
        (said.map_err(LanguageError::Unfit), None)
    }

    fn used(&self, said: Option<&Said>, failed: bool) -> LanguageUse {
        let (tokens_in, tokens_out) = said.map_or((0, 0), |said| (said.tokens_in, said.tokens_out));
        let cost = tokens_in as f64 * self.config.price_in + tokens_out as f64 * self.config.price_out;
        // A price of a million tokens is as many millionths of a token.
        let cost_micros = cost.round() as u64;
        LanguageUse { requests: 1, failures: u64::from(failed), tokens_in, tokens_out, cost_micros }
    }
}

impl Question {
    /// The examples and the text, no longer than so many letters in all: examples are left out before the text is cut.
    fn bounded(&self, chars_max: usize) -> (Vec<&(String, String)>, String) {
        let text: String = self.text.chars().take(chars_max).collect();
        let mut left = chars_max - text.chars().count();
        let mut examples = Vec::new();
        for example in self.examples.iter().rev() {
            let length = example.0.chars().count() + example.1.chars().count();
            if length > left {
                break;
            }
            left -= length;
            examples.push(example);
        }
        examples.reverse();
        (examples, text)
    }
}

fn refusal(called: &Called) -> LanguageError {
    LanguageError::Refused { status: called.status.as_u16(), said: called.shown() }
}

/// The answer as JSON; some models put it between the marks of a listing, whatever they are told.
fn read<T: DeserializeOwned>(text: &str) -> Result<T, LanguageError> {
    let text = text.trim();
    let bare = text.strip_prefix("```").and_then(|rest| rest.strip_suffix("```"));
    let bare = bare.map_or(text, |rest| rest.strip_prefix("json").unwrap_or(rest).trim());
    serde_json::from_str(bare).map_err(|error| LanguageError::Unfit(error.to_string()))
}

fn count(purpose: &'static str, used: &LanguageUse, took: Duration) {
    let outcome = if used.failures == 0 { "ok" } else { "failed" };
    metrics::counter!("tillsight_language_requests_total", "purpose" => purpose, "outcome" => outcome)
        .increment(1);
    for (direction, tokens) in [("in", used.tokens_in), ("out", used.tokens_out)] {
        metrics::counter!("tillsight_language_tokens_total", "purpose" => purpose, "direction" => direction)
            .increment(tokens);
    }
    metrics::counter!("tillsight_language_cost_micros_total", "purpose" => purpose)
        .increment(used.cost_micros);
    metrics::histogram!("tillsight_language_request_seconds", "purpose" => purpose)
        .record(took.as_secs_f64());
}

fn micros(amount: f64) -> u64 {
    (amount * 1_000_000.0).round() as u64
}

/// The day (UTC) of a moment.
fn day_of(at: WallMs) -> BusinessDay {
    let moment = jiff::Timestamp::from_millisecond(at.0).unwrap_or(jiff::Timestamp::UNIX_EPOCH);
    let date = moment.to_zoned(jiff::tz::TimeZone::UTC).date();
    BusinessDay { year: date.year(), month: date.month().unsigned_abs(), day: date.day().unsigned_abs() }
}

impl From<CallError> for LanguageError {
    fn from(error: CallError) -> Self {
        Self::Call(format!("{:#}", anyhow::Error::from(error)))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn examples_give_way_to_the_text() {
        let example = |length: usize| ("q".repeat(length), "a".repeat(length));
        let question = Question {
            purpose: "document",
            task: String::new(),
            examples: vec![example(10), example(20), example(5)],
            text: "t".repeat(50),
            schema: Value::Null,
        };
        let lengths = |most: usize| {
            let (examples, text) = question.bounded(most);
            (examples.iter().map(|example| example.0.len()).collect::<Vec<_>>(), text.len())
        };
        assert_eq!(lengths(1_000), (vec![10, 20, 5], 50));
        assert_eq!(lengths(105), (vec![20, 5], 50), "the last ones tell most");
        assert_eq!(lengths(59), (vec![], 50));
        assert_eq!(lengths(40), (vec![], 40));
    }

    #[test]
    fn reads_what_stands_between_marks() {
        for text in ["{\"a\":1}", " {\"a\":1}\n", "```json\n{\"a\":1}\n```", "```\n{\"a\":1}```"] {
            assert_eq!(read::<Value>(text).unwrap()["a"], 1, "{text}");
        }
        assert!(matches!(read::<Value>("I think that"), Err(LanguageError::Unfit(_))));
    }
}
