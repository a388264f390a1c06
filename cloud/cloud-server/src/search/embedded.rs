//! The index in this process's memory: made of an organisation's entries when somebody first asks, and brought up to date when
//! somebody asks again. Several servers hold one each; what they read is numbered in one order, so they hold the same.

use std::sync::atomic::{AtomicU64, Ordering};
use std::sync::{Arc, Mutex, PoisonError, RwLock};
use std::time::{Duration, Instant};

use cloud_core::search::{Index, Query};
use cloud_store::{SEARCH_ENTRIES_AT_ONCE_MAX, SearchEntry, Store};
use domain::ids::OrgId;
use moka::future::Cache;

use super::{Found, FoundHit, SearchError, Wanted};
use crate::config;

/// Pages of changes that one question waits for, where there is an index already; the next ones bring the rest.
const PAGES_AT_ONCE: usize = 10;

/// The indexes of organisations.
pub struct Embedded {
    held: Cache<OrgId, Arc<Held>>,
    fresh: Duration,
    entries_max: u64,
}

/// The index of one organisation.
#[derive(Default)]
struct Held {
    index: RwLock<Index>,
    /// Up to which change it is.
    change: AtomicU64,
    /// One question at a time brings it up to date; the others wait for that.
    turn: tokio::sync::Mutex<()>,
    looked_at: Mutex<Option<Instant>>,
}

impl Embedded {
    /// Holds nothing yet.
    pub(super) fn new(config: &config::Search) -> Self {
        let keep = Duration::from_secs(config.keep_minutes * 60);
        Self {
            held: Cache::builder().max_capacity(config.indexes_max).time_to_idle(keep).build(),
            fresh: Duration::from_millis(config.fresh_ms),
            entries_max: config.entries_max,
        }
    }

    pub(super) async fn find(
        &self,
        store: &Store,
        org: &OrgId,
        wanted: Wanted,
    ) -> Result<Found, SearchError> {
        let held = self.held.get_with(org.clone(), async { Arc::default() }).await;
        self.bring_up_to_date(&held, store, org).await?;
        run(move || held.find(&wanted)).await
    }

    async fn bring_up_to_date(
        &self,
        held: &Arc<Held>,
        store: &Store,
        org: &OrgId,
    ) -> Result<(), SearchError> {
        if held.was_looked_at_within(self.fresh) {
            return Ok(());
        }
        let _turn = held.turn.lock().await;
        // Somebody may have done it while this one waited.
        if held.was_looked_at_within(self.fresh) {
            return Ok(());
        }
        let looked_at = Instant::now();
        let state = store.search_state(org).await?;
        let mut change = held.change.load(Ordering::Acquire);
        if change != 0 && change < state.forgotten {
            // What was removed since can no longer be known.
            held.set(Index::default(), 0);
            change = 0;
        }
        let is_new = change == 0;
        if is_new {
            let entries = store.search_entry_count(org).await?;
            if entries > self.entries_max {
                return Err(SearchError::TooMany { entries, most: self.entries_max });
            }
        }
        let mut pages = 0;
        while change < state.newest && (is_new || pages < PAGES_AT_ONCE) {
            let page = store.search_entries_since(org, change, SEARCH_ENTRIES_AT_ONCE_MAX as u32).await?;
            let Some(last) = page.last().map(|entry| entry.change) else { break };
            let taking = Arc::clone(held);
            run(move || taking.take(page, last)).await?;
            (change, pages) = (last, pages + 1);
        }
        if change >= state.newest {
            // All of its own changes are here, and so is that others' were forgotten.
            held.change.fetch_max(state.forgotten, Ordering::AcqRel);
        }
        *held.looked_at.lock().unwrap_or_else(PoisonError::into_inner) = Some(looked_at);
        Ok(())
    }
}

impl Held {
    fn was_looked_at_within(&self, time: Duration) -> bool {
        let looked_at = *self.looked_at.lock().unwrap_or_else(PoisonError::into_inner);
        looked_at.is_some_and(|at| at.elapsed() < time)
    }

    fn set(&self, index: Index, change: u64) {
        *self.index.write().unwrap_or_else(PoisonError::into_inner) = index;
        self.change.store(change, Ordering::Release);
    }

    fn take(&self, page: Vec<SearchEntry>, change: u64) {
        let mut index = self.index.write().unwrap_or_else(PoisonError::into_inner);
        for SearchEntry { write, .. } in page {
            match write.entry {
                Some(entry) => index.put(write.kind, &write.id, &entry),
                None => index.remove(write.kind, &write.id),
            }
        }
        drop(index);
        self.change.store(change, Ordering::Release);
    }

    fn find(&self, wanted: &Wanted) -> Found {
        let index = self.index.read().unwrap_or_else(PoisonError::into_inner);
        let answer = index.search(&Query {
            text: &wanted.text,
            kinds: &wanted.kinds,
            category: wanted.category.as_deref(),
            archived: wanted.archived,
            stores: wanted.stores.as_deref(),
            typing: wanted.typing,
            offset: wanted.offset,
            limit: wanted.limit,
        });
        let hit = |hit: cloud_core::search::Hit| FoundHit {
            kind: hit.kind,
            id: hit.id,
            matched: Some(hit.matched),
        };
        Found {
            total: answer.total,
            hits: answer.hits.into_iter().map(hit).collect(),
            categories: answer.categories,
            words: answer.words,
        }
    }
}

/// Searching takes milliseconds of a core, and taking changes in more, so both leave the async threads.
async fn run<T: Send + 'static>(work: impl FnOnce() -> T + Send + 'static) -> Result<T, SearchError> {
    tokio::task::spawn_blocking(work).await.map_err(|_| SearchError::Stopped)
}
