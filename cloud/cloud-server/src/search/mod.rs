//! Finding products, suppliers and documents.
//!
//! What can be found is a row of the database ([`entries`] makes it, [`follow`] keeps it by the outbox of events). The engine is
//! one of two: an index in this process's memory that reads those rows ([`embedded`]), or a Meilisearch that is told of them
//! ([`meilisearch`]). Neither holds truth: `admin reindex` makes all of it again.

mod embedded;
mod entries;
pub mod follow;
mod meilisearch;

use cloud_core::search::{EntryKind, Match};
use cloud_store::{Store, StoreError};
use domain::ids::OrgId;
use thiserror::Error;

use crate::calls::CallError;
use crate::config::{Config, EngineKind};
use crate::gateway::Problem;
use embedded::Embedded;
use meilisearch::Meilisearch;

/// How deep an answer is paged through.
pub(crate) const DEPTH_MAX: usize = 1_000;

/// What finds things.
pub enum SearchEngine {
    /// The index in this process's memory.
    Embedded(Embedded),
    /// A Meilisearch that stands elsewhere.
    Meilisearch(Box<Meilisearch>),
}

/// What is asked for.
#[derive(Debug, Clone, Default)]
pub(crate) struct Wanted {
    pub(crate) text: String,
    pub(crate) kinds: Vec<EntryKind>,
    pub(crate) category: Option<String>,
    pub(crate) archived: Option<bool>,
    /// The stores whose things the asker may see; `None` is all.
    pub(crate) stores: Option<Vec<String>>,
    pub(crate) typing: bool,
    pub(crate) offset: usize,
    pub(crate) limit: usize,
}

/// What was found, without what it looks like.
#[derive(Debug, Default)]
pub(crate) struct Found {
    /// How many there are; an engine may estimate it.
    pub(crate) total: usize,
    /// The best first.
    pub(crate) hits: Vec<FoundHit>,
    /// How many there are of each category, the most first.
    pub(crate) categories: Vec<(String, usize)>,
    /// Folded words that are shown as found.
    pub(crate) words: std::collections::BTreeSet<String>,
}

/// One of them.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct FoundHit {
    pub(crate) kind: EntryKind,
    pub(crate) id: String,
    /// How it matches, where the engine says so.
    pub(crate) matched: Option<Match>,
}

/// Why nothing can be found.
#[derive(Debug, Error)]
pub(crate) enum SearchError {
    #[error("the entries cannot be read")]
    Store(#[from] StoreError),
    #[error(
        "the organisation has {entries} entries, and at most {most} are held in memory (`search.entries_max`)"
    )]
    TooMany { entries: u64, most: u64 },
    #[error("the search was broken off")]
    Stopped,
    #[error("Meilisearch does not answer")]
    Call(#[from] CallError),
    #[error("Meilisearch refused with {status}: {said}")]
    Refused { status: u16, said: String },
    #[error("Meilisearch is left alone for a while: it failed several times in a row")]
    Open,
}

impl SearchEngine {
    /// The engine that the configuration names.
    pub fn open(config: &Config) -> anyhow::Result<Self> {
        Ok(match config.search.engine {
            EngineKind::Embedded => Self::Embedded(Embedded::new(&config.search)),
            EngineKind::Meilisearch => Self::Meilisearch(Box::new(Meilisearch::open(&config.meilisearch)?)),
        })
    }

    /// Finds things of an organisation.
    pub(crate) async fn find(
        &self,
        store: &Store,
        org: &OrgId,
        wanted: Wanted,
    ) -> Result<Found, SearchError> {
        let begun = std::time::Instant::now();
        let (name, found) = match self {
            Self::Embedded(engine) => ("embedded", engine.find(store, org, wanted).await),
            Self::Meilisearch(engine) => ("meilisearch", engine.find(org, wanted).await),
        };
        let outcome = if found.is_ok() { "ok" } else { "failed" };
        metrics::counter!("tillsight_search_queries_total", "engine" => name, "outcome" => outcome)
            .increment(1);
        metrics::histogram!("tillsight_search_query_seconds", "engine" => name)
            .record(begun.elapsed().as_secs_f64());
        found
    }
}

impl From<SearchError> for Problem {
    fn from(error: SearchError) -> Self {
        match error {
            SearchError::Store(error) => error.into(),
            SearchError::TooMany { .. } => Self::unprocessable(error.to_string()),
            SearchError::Stopped => Self::internal(error),
            SearchError::Call(_) | SearchError::Refused { .. } | SearchError::Open => {
                tracing::warn!(
                    error = format!("{:#}", anyhow::Error::from(error)),
                    "the search engine fails"
                );
                Self::unavailable(
                    "the search engine does not answer now: try again later, or use `/api/v1/products`",
                )
            }
        }
    }
}
