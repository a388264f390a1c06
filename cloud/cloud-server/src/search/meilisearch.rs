//! A Meilisearch that stands elsewhere: told of changes by the process that follows them, asked by every server. Its API is
//! that of version 1 (`https://www.meilisearch.com/docs/reference/api`).
//!
//! One index holds the entries of all organisations. Every question names the organisation in its filter, which is made here of an
//! id that holds no quotes.

use std::collections::BTreeSet;
use std::time::{Duration, Instant};

use axum::http::Method;
use axum::http::header::AUTHORIZATION;
use cloud_core::search::{EntryKind, folded_words};
use cloud_store::{SearchEntry, SearchMark, Store};
use domain::ids::OrgId;
use serde::Deserialize;
use serde_json::{Value, json};
use sha2::{Digest as _, Sha256};

use super::{Found, FoundHit, SearchError, Wanted};
use crate::calls::{Called, Caller};
use crate::config;
use crate::outbound::Breaker;
use crate::roles::now;

/// Entries that are told of at once.
const PAGE: u32 = 1_000;
/// The longest answer that is read.
const ANSWER_MAX_BYTES: usize = 8 << 20;
/// How often it is asked whether a task is done.
const ASK_EVERY: Duration = Duration::from_millis(50);
/// What stands around a word that was found: no text of ours has them.
const OPEN: char = '\u{2}';
const CLOSE: char = '\u{3}';

/// The server and the index on it.
pub struct Meilisearch {
    caller: Caller,
    config: config::Meilisearch,
    breaker: Breaker,
}

/// An answer to a question.
#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
struct Answered {
    hits: Vec<AnsweredHit>,
    #[serde(default)]
    estimated_total_hits: usize,
    #[serde(default)]
    facet_distribution: Facets,
}

#[derive(Deserialize, Default)]
struct Facets {
    #[serde(default)]
    category: std::collections::BTreeMap<String, usize>,
}

#[derive(Deserialize)]
struct AnsweredHit {
    kind: String,
    thing: String,
    #[serde(default, rename = "_formatted")]
    formatted: Formatted,
}

#[derive(Deserialize, Default)]
struct Formatted {
    #[serde(default)]
    names: std::collections::BTreeMap<String, String>,
}

/// That something will be done.
#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
struct Enqueued {
    task_uid: u64,
}

/// How far that is.
#[derive(Deserialize)]
struct Task {
    status: String,
    error: Option<TaskError>,
}

#[derive(Deserialize)]
struct TaskError {
    code: String,
    message: String,
}

impl Meilisearch {
    /// Remembers where it is.
    pub(super) fn open(config: &config::Meilisearch) -> std::io::Result<Self> {
        let time = Duration::from_millis(config.request_time_ms);
        let caller = Caller::new(time, ANSWER_MAX_BYTES)?;
        Ok(Self { caller, config: config.clone(), breaker: Breaker::default() })
    }

    pub(super) async fn find(&self, org: &OrgId, wanted: Wanted) -> Result<Found, SearchError> {
        let narrow = self.ask(org, &wanted, wanted.category.as_deref(), wanted.limit).await?;
        // Categories are counted as if none were chosen.
        let facets = match wanted.category {
            Some(_) => self.ask(org, &wanted, None, 0).await?.facet_distribution,
            None => narrow.facet_distribution,
        };
        let mut categories: Vec<(String, usize)> = facets.category.into_iter().collect();
        categories.sort_by(|a, b| b.1.cmp(&a.1).then_with(|| a.0.cmp(&b.0)));
        let words =
            narrow.hits.iter().flat_map(|hit| hit.formatted.names.values()).flat_map(|name| marked(name));
        let words: BTreeSet<String> = words.collect();
        let hit = |hit: AnsweredHit| {
            Some(FoundHit { kind: EntryKind::from_word(&hit.kind)?, id: hit.thing, matched: None })
        };
        let hits = narrow.hits.into_iter().filter_map(hit).collect();
        Ok(Found { total: narrow.estimated_total_hits, hits, categories, words })
    }

    async fn ask(
        &self,
        org: &OrgId,
        wanted: &Wanted,
        category: Option<&str>,
        limit: usize,
    ) -> Result<Answered, SearchError> {
        let mut filter = vec![json!(format!("org = {}", quoted(org.as_str())))];
        if !wanted.kinds.is_empty() {
            let kinds = wanted.kinds.iter().map(|kind| json!(format!("kind = {}", quoted(kind.as_str()))));
            // A list within the list is an alternative.
            filter.push(kinds.collect());
        }
        if let Some(archived) = wanted.archived {
            filter.push(json!(format!("archived = {archived}")));
        }
        if let Some(stores) = &wanted.stores {
            let seen = stores.iter().map(|store| json!(format!("store = {}", quoted(store))));
            filter.push(std::iter::once(json!("store IS NULL")).chain(seen).collect());
        }
        if let Some(category) = category {
            filter.push(json!(format!("category = {}", quoted(category))));
        }
        let body = json!({
            "q": wanted.text,
            "filter": filter,
            "facets": ["category"],
            "offset": wanted.offset,
            "limit": limit,
            "matchingStrategy": "last",
            "attributesToRetrieve": ["kind", "thing"],
            "attributesToHighlight": ["names"],
            "highlightPreTag": OPEN,
            "highlightPostTag": CLOSE,
        });
        let answer = self.call(Method::POST, &self.path("/search"), Some(&body)).await?;
        read(&answer)
    }

    /// Tells it of what changed since it was told last, page by page. What it has taken in is written down after it said so.
    pub(super) async fn follow(&self, store: &Store) -> Result<(), SearchError> {
        let mut mark = match store.search_mark(&self.mark()).await? {
            Some(mark) => mark,
            None => self.begin_anew(store).await?,
        };
        loop {
            let page = store.all_search_entries_since(mark.place, PAGE).await?;
            let Some(last) = page.last().map(|entry| entry.change) else { return Ok(()) };
            let there: Vec<Value> = page.iter().filter_map(document).collect();
            let gone = page.iter().filter(|entry| entry.write.entry.is_none());
            let gone: Vec<String> = gone.map(document_id).collect();
            if !there.is_empty() {
                self.change(Method::POST, "/documents", Some(&Value::Array(there))).await?;
            }
            if !gone.is_empty() {
                self.change(Method::POST, "/documents/delete-batch", Some(&json!(gone))).await?;
            }
            mark = SearchMark { place: last, looked_at: now(), ..mark };
            store.note_search_mark(&self.mark(), &mark).await?;
        }
    }

    /// Makes the index where it is not there, empties it, and tells it how to search.
    pub(super) async fn begin_anew(&self, store: &Store) -> Result<SearchMark, SearchError> {
        let index = json!({"uid": self.config.index, "primaryKey": "id"});
        let url = format!("{}/indexes", self.config.url.trim_end_matches('/'));
        let made: Enqueued = read(&self.call(Method::POST, &url, Some(&index)).await?)?;
        match self.wait(made).await {
            Err(SearchError::Refused { said, .. }) if said.starts_with("index_already_exists") => {}
            waited => waited?,
        }
        let settings = json!({
            "searchableAttributes": ["numbers", "names", "brand", "category", "text"],
            "filterableAttributes": ["org", "kind", "category", "archived", "store"],
            "localizedAttributes": [{"attributePatterns": ["*"], "locales": ["rus", "eng", "deu"]}],
            "pagination": {"maxTotalHits": super::DEPTH_MAX},
        });
        self.change(Method::PATCH, "/settings", Some(&settings)).await?;
        self.change(Method::DELETE, "/documents", None).await?;
        let mark = SearchMark { place: 0, looked_at: now(), reviewed_at: now() };
        store.note_search_mark(&self.mark(), &mark).await?;
        Ok(mark)
    }

    /// Asks for a change of the index and waits until it is done.
    async fn change(&self, method: Method, path: &str, body: Option<&Value>) -> Result<(), SearchError> {
        let enqueued: Enqueued = read(&self.call(method, &self.path(path), body).await?)?;
        self.wait(enqueued).await
    }

    async fn wait(&self, enqueued: Enqueued) -> Result<(), SearchError> {
        let url = format!("{}/tasks/{}", self.config.url.trim_end_matches('/'), enqueued.task_uid);
        let limit = Instant::now() + Duration::from_millis(self.config.task_time_ms);
        loop {
            let task: Task = read(&self.call(Method::GET, &url, None).await?)?;
            match task.status.as_str() {
                "succeeded" => return Ok(()),
                "failed" | "canceled" => {
                    let said = task.error.map(|error| format!("{}: {}", error.code, error.message));
                    return Err(SearchError::Refused { status: 200, said: said.unwrap_or(task.status) });
                }
                _ if Instant::now() >= limit => {
                    let said = format!("task {} is `{}` for too long", enqueued.task_uid, task.status);
                    return Err(SearchError::Refused { status: 200, said });
                }
                _ => tokio::time::sleep(ASK_EVERY).await,
            }
        }
    }

    async fn call(&self, method: Method, url: &str, body: Option<&Value>) -> Result<Called, SearchError> {
        self.breaker.admit(Instant::now()).map_err(|_| SearchError::Open)?;
        let key = format!("Bearer {}", self.config.key);
        let headers = if self.config.key.is_empty() { vec![] } else { vec![(AUTHORIZATION, key.as_str())] };
        let called = self.caller.call(method, url, &headers, body).await;
        let failed = called.as_ref().map_or(true, |called| called.status.is_server_error());
        self.breaker.note(failed, Instant::now());
        let called = called?;
        if called.status.is_success() {
            return Ok(called);
        }
        Err(SearchError::Refused { status: called.status.as_u16(), said: called.shown() })
    }

    fn path(&self, rest: &str) -> String {
        format!("{}/indexes/{}{rest}", self.config.url.trim_end_matches('/'), self.config.index)
    }

    /// Another server or another index begins at the beginning.
    pub(super) fn mark(&self) -> String {
        format!("meilisearch:{}:{}", self.config.url, self.config.index)
    }
}

fn read<T: for<'de> Deserialize<'de>>(called: &Called) -> Result<T, SearchError> {
    serde_json::from_slice(&called.body).map_err(|error| SearchError::Refused {
        status: called.status.as_u16(),
        said: format!("what is no answer ({error}): {}", called.shown()),
    })
}

/// An id of letters that it takes, the same for the same thing.
fn document_id(entry: &SearchEntry) -> String {
    let mut hasher = Sha256::new();
    for part in [entry.org.as_str(), entry.write.kind.as_str(), &entry.write.id] {
        hasher.update((part.len() as u64).to_be_bytes());
        hasher.update(part);
    }
    data_encoding::HEXLOWER.encode(&hasher.finalize())
}

fn document(entry: &SearchEntry) -> Option<Value> {
    let said = entry.write.entry.as_ref()?;
    Some(json!({
        "id": document_id(entry),
        "org": entry.org.as_str(),
        "kind": entry.write.kind.as_str(),
        "thing": entry.write.id,
        "names": said.names,
        "brand": said.brand,
        "category": said.category,
        "numbers": said.numbers,
        "text": said.text,
        "archived": said.archived,
        "store": said.store,
    }))
}

/// A value of a filter.
fn quoted(text: &str) -> String {
    format!("\"{}\"", text.replace('\\', "\\\\").replace('"', "\\\""))
}

/// The folded words that stand between the marks.
fn marked(text: &str) -> Vec<String> {
    let parts = text.split(OPEN).skip(1).filter_map(|part| Some(part.split_once(CLOSE)?.0));
    parts.flat_map(folded_words).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_name_in_a_filter_ends_where_it_ends() {
        assert_eq!(quoted("Fruit"), "\"Fruit\"");
        assert_eq!(quoted("a\" OR org = \"b\\"), "\"a\\\" OR org = \\\"b\\\\\"");
    }

    #[test]
    fn reads_the_words_that_are_marked() {
        assert_eq!(marked("\u{2}Молоко\u{3} und \u{2}Käse\u{3} \u{2}broken"), ["молоко", "kase"]);
    }
}
