//! What need not be asked of the database again: answers, kept for a few seconds in this process or, where `cache.url` names
//! a Redis, for all gateways together.
//!
//! An answer belongs to a subject (an organisation) and was made under a version of it. Every change of the subject raises
//! the version, so that what was read before is not served after it; changes that come another way (a till's sales, a price
//! whose time has come) show once the answer's short life ends. Answers of one moment do not all end at once: each lives a
//! random part shorter. Many who ask the same at once wait for one of them ([`flights`]).
//!
//! Without Redis each process has versions of its own, and learns of another's changes by the lives of answers alone.

mod flights;
mod link;

use std::collections::HashMap;
use std::sync::{Mutex, MutexGuard, PoisonError};
use std::time::Duration;

use bytes::Bytes;
use moka::Expiry;
use moka::future::Cache as Local;
use service::health::Health;
use service::tasks::Tasks;

use crate::config;
pub(crate) use flights::{Landed, Turn};
pub(crate) use link::{Away, Link};

/// A version is kept for so many lives of an answer after the last change.
const VERSION_LIVES: u32 = 10;
/// The least that the life of a version is counted by.
const MINUTE: Duration = Duration::from_secs(60);
/// Subjects whose versions this process knows; beyond it all versions are raised at once, which only costs answers.
const SUBJECTS_MAX: usize = 10_000;

/// Answers that are kept.
pub struct Cache {
    life: Duration,
    local: Local<String, Kept>,
    versions: Mutex<Versions>,
    flights: flights::Flights,
    link: Option<Link>,
}

/// What was found of an answer, and under which version it has to be kept where it was not.
pub(crate) struct Read {
    /// The answer.
    pub(crate) value: Option<Bytes>,
    version: Version,
}

/// A version of a subject, and who counted it.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Version {
    Local(u64),
    Shared(u64),
}

#[derive(Clone)]
struct Kept {
    version: Version,
    value: Bytes,
    life: Duration,
}

/// The versions that this process counts.
#[derive(Default)]
struct Versions {
    by_subject: HashMap<String, u64>,
    /// What every subject has that is not named.
    others: u64,
    /// The newest one given to anybody.
    newest: u64,
}

/// Each answer ends by its own life.
struct Lives;

impl Expiry<String, Kept> for Lives {
    fn expire_after_create(&self, _: &String, kept: &Kept, _: std::time::Instant) -> Option<Duration> {
        Some(kept.life)
    }

    fn expire_after_update(
        &self,
        _: &String,
        kept: &Kept,
        _: std::time::Instant,
        _: Option<Duration>,
    ) -> Option<Duration> {
        Some(kept.life)
    }
}

impl Cache {
    /// As configured; with a link to Redis where one is named.
    pub fn open(config: &config::Cache) -> anyhow::Result<Self> {
        let weigh =
            |key: &String, kept: &Kept| u32::try_from(key.len() + kept.value.len()).unwrap_or(u32::MAX);
        let local =
            Local::builder().weigher(weigh).max_capacity(config.answers_max_bytes).expire_after(Lives);
        let link = if config.url.is_empty() { None } else { Some(Link::open(config)?) };
        Ok(Self {
            life: Duration::from_millis(config.answers_ms),
            local: local.build(),
            versions: Mutex::default(),
            flights: flights::Flights::default(),
            link,
        })
    }

    /// Starts what looks after the link to Redis, where there is one.
    pub(crate) async fn spawn(&self, tasks: &Tasks, health: &Health) {
        if let Some(link) = &self.link {
            link.spawn(tasks, health).await;
        }
    }

    /// The link to Redis, for what else gateways share.
    pub(crate) fn link(&self) -> Option<&Link> {
        self.link.as_ref()
    }

    /// Whether answers are kept at all.
    pub(crate) fn keeps(&self) -> bool {
        !self.life.is_zero()
    }

    /// Looks for an answer. `key` names the subject too.
    pub(crate) async fn read(&self, subject: &str, key: &str) -> Read {
        if let Some(link) = &self.link
            && let Ok((version, kept)) = link.read(subject, key).await
        {
            let value = kept.and_then(|bytes| unwrap(bytes, version));
            return Read { value, version: Version::Shared(version) };
        }
        let version = Version::Local(self.versions().of(subject));
        let kept = self.local.get(key).await.filter(|kept| kept.version == version);
        Read { value: kept.map(|kept| kept.value), version }
    }

    /// Whose turn it is to make an answer that `read` did not find. What was asked for before a change and after it is not the same.
    pub(crate) async fn turn(&self, key: &str, read: &Read) -> Turn {
        let version = match read.version {
            Version::Local(number) => format!("l{number}"),
            Version::Shared(number) => format!("s{number}"),
        };
        self.flights.join(&format!("{key}/{version}")).await
    }

    /// Keeps an answer that was made after `read` did not find it. That it could not be kept costs only time.
    pub(crate) async fn keep(&self, key: &str, read: &Read, value: Bytes) {
        let life = self.jittered();
        match (read.version, &self.link) {
            (Version::Shared(version), Some(link)) => {
                let _: Result<(), Away> = link.keep(key, &wrap(&value, version), life).await;
            }
            (version, _) => {
                self.local.insert(key.to_owned(), Kept { version, value, life }).await;
            }
        }
    }

    /// Notes that something of a subject was changed. While Redis is away the other gateways learn of it by the lives of
    /// their answers.
    pub(crate) async fn raise(&self, subject: &str) {
        self.versions().raise(subject);
        if let Some(link) = &self.link {
            let _: Result<(), Away> = link.raise(subject, self.life.max(MINUTE) * VERSION_LIVES).await;
        }
    }

    /// The life of one answer: a random part of up to a quarter shorter.
    fn jittered(&self) -> Duration {
        // Without a random number they end together, which costs only time.
        let part = getrandom::u32().unwrap_or(0) / 4;
        self.life.mul_f64(1.0 - f64::from(part) / f64::from(u32::MAX))
    }

    fn versions(&self) -> MutexGuard<'_, Versions> {
        self.versions.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl Versions {
    fn of(&self, subject: &str) -> u64 {
        self.by_subject.get(subject).copied().unwrap_or(self.others)
    }

    fn raise(&mut self, subject: &str) {
        self.newest += 1;
        if self.by_subject.len() >= SUBJECTS_MAX {
            self.by_subject.clear();
            self.others = self.newest;
        }
        self.by_subject.insert(subject.to_owned(), self.newest);
    }
}

/// An answer with its version before it, as Redis holds it.
fn wrap(value: &[u8], version: u64) -> Vec<u8> {
    [&version.to_be_bytes()[..], value].concat()
}

/// The answer, if it was made under this version.
fn unwrap(bytes: Vec<u8>, version: u64) -> Option<Bytes> {
    let (made_under, _) = bytes.split_first_chunk()?;
    (u64::from_be_bytes(*made_under) == version).then(|| Bytes::from(bytes).slice(size_of::<u64>()..))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn cache(answers_ms: u64) -> Cache {
        let (url, answers_max_bytes) = (String::new(), 1 << 20);
        Cache::open(&config::Cache { url, answers_ms, answers_max_bytes, patience_ms: 100 }).unwrap()
    }

    #[tokio::test]
    async fn serves_nothing_that_was_read_before_a_change() {
        let cache = cache(60_000);
        let early = cache.read("acme", "acme/products").await;
        assert!(early.value.is_none());
        cache.keep("acme/products", &early, Bytes::from_static(b"old")).await;
        assert_eq!(cache.read("acme", "acme/products").await.value.as_deref(), Some(&b"old"[..]));
        cache.raise("other").await;
        assert!(cache.read("acme", "acme/products").await.value.is_some(), "another's change");
        let under_way = cache.read("acme", "acme/products").await;
        cache.raise("acme").await;
        assert!(cache.read("acme", "acme/products").await.value.is_none());
        cache.keep("acme/products", &under_way, Bytes::from_static(b"old")).await;
        assert!(cache.read("acme", "acme/products").await.value.is_none(), "it was read before the change");
    }

    #[tokio::test]
    async fn lets_answers_of_one_moment_end_one_after_another() {
        let cache = cache(4_000);
        let lives: Vec<Duration> = (0..100).map(|_| cache.jittered()).collect();
        let all = |range: std::ops::RangeInclusive<u64>| {
            lives.iter().all(|life| range.contains(&(life.as_millis() as u64)))
        };
        assert!(all(3_000..=4_000), "{lives:?}");
        assert!(!all(3_000..=3_500) && !all(3_500..=4_000), "{lives:?}");
    }

    #[test]
    fn forgets_versions_without_serving_what_is_old() {
        let mut versions = Versions::default();
        let mut seen = std::collections::HashSet::from([versions.of("first")]);
        versions.raise("first");
        assert!(seen.insert(versions.of("first")));
        for number in 0..SUBJECTS_MAX {
            versions.raise(&number.to_string());
        }
        assert!(seen.insert(versions.of("first")), "another version than any before");
        assert!(versions.by_subject.len() <= SUBJECTS_MAX);
    }

    #[test]
    fn tells_the_version_of_what_redis_holds() {
        let held = wrap(b"{}", 7);
        assert_eq!(unwrap(held.clone(), 7).as_deref(), Some(&b"{}"[..]));
        assert_eq!(unwrap(held, 8), None);
        assert_eq!(unwrap(b"short".to_vec(), 0), None);
    }
}
