//! The link to Redis: what several gateways share through it, and what becomes of it while it is away.
//!
//! No request ever waits for a Redis that is gone. The first command that fails cuts the link for everybody; a task of its
//! own tries to restore it, and until then callers are told [`Away`] at once and do with what this process has.

use std::sync::Arc;
use std::time::Duration;

use arc_swap::ArcSwapOption;
use redis::aio::MultiplexedConnection;
use redis::{AsyncConnectionConfig, Client, ErrorKind, FromRedisValue, RedisError, Script, cmd, pipe};
use service::health::{Health, Part};
use service::tasks::Tasks;
use thiserror::Error;
use tokio::sync::Notify;

use crate::config;

/// Every key of ours begins so: a Redis can have other tenants.
const PREFIX: &str = "tillsight:";
/// How often a link that works is tried, and one that does not is restored.
const LOOK_EVERY: Duration = Duration::from_secs(1);

/// The generic cell rate algorithm, by the clock of Redis. `KEYS[1]` holds when the bucket is full again, in microseconds;
/// `ARGV` is what one request costs and how much may be owed. Gives how long to wait, 0 for a request that was taken.
const TAKE: &str = "local time = redis.call('TIME')
local now = time[1] * 1000000 + time[2]
local full = math.max(tonumber(redis.call('GET', KEYS[1]) or now), now) + tonumber(ARGV[1])
local wait = full - now - tonumber(ARGV[2])
if wait > 0 then return math.ceil(wait) end
redis.call('SET', KEYS[1], string.format('%.0f', full), 'PX', math.ceil((full - now) / 1000))
return 0";

/// Frees a key, if it still holds what its owner put there.
const RELEASE: &str =
    "if redis.call('GET', KEYS[1]) == ARGV[1] then return redis.call('DEL', KEYS[1]) end return 0";

/// Redis is not to be had now.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Error)]
#[error("Redis is away")]
pub(crate) struct Away;

/// The link; clones are the same one.
#[derive(Clone)]
pub(crate) struct Link {
    shared: Arc<Shared>,
}

struct Shared {
    client: Client,
    /// How long Redis may take to answer.
    patience: Duration,
    /// What to ask through; nothing while Redis is away.
    connection: ArcSwapOption<MultiplexedConnection>,
    /// Wakes the task that restores the link.
    lost: Notify,
    take: Script,
    release: Script,
}

impl Link {
    /// Opens the link. That Redis does not answer is no error: it is tried again until it does.
    pub(crate) fn open(config: &config::Cache) -> anyhow::Result<Self> {
        let shared = Shared {
            client: Client::open(config.url.as_str())?,
            patience: Duration::from_millis(config.patience_ms),
            connection: ArcSwapOption::empty(),
            lost: Notify::new(),
            take: Script::new(TAKE),
            release: Script::new(RELEASE),
        };
        Ok(Self { shared: Arc::new(shared) })
    }

    /// Looks after the link, and says in the health part `cache` how it is. It is known once this returns.
    pub(crate) async fn spawn(&self, tasks: &Tasks, health: &Health) {
        let (link, part, token) = (self.clone(), health.part("cache", false), tasks.token());
        link.look(&part).await;
        tasks.spawn("cache-link", async move {
            let wait = || async { tokio::time::timeout(LOOK_EVERY, link.shared.lost.notified()).await };
            while let Some(lost) = token.run_until_cancelled(wait()).await {
                link.look(&part).await;
                if lost.is_ok() {
                    // A Redis that fails at every command is not tried as fast as commands come.
                    token.run_until_cancelled(tokio::time::sleep(LOOK_EVERY)).await;
                }
            }
            Ok(())
        });
    }

    /// Takes one request out of a bucket; gives how long to wait where it is empty.
    pub(crate) async fn take(
        &self,
        bucket: &str,
        cost: Duration,
        owed_max: Duration,
    ) -> Result<Duration, Away> {
        let key = format!("{PREFIX}rate:{bucket}");
        let mut take = self.shared.take.key(key);
        take.arg(micros(cost)).arg(micros(owed_max));
        let wait: u64 = self.ask(async |mut connection| take.invoke_async(&mut connection).await).await?;
        Ok(Duration::from_micros(wait))
    }

    /// The value of a key and the version of a subject, as they are at one moment.
    pub(crate) async fn read(&self, subject: &str, key: &str) -> Result<(u64, Option<Vec<u8>>), Away> {
        let mut read = cmd("MGET");
        read.arg(format!("{PREFIX}version:{subject}")).arg(format!("{PREFIX}answer:{key}"));
        let (version, kept): (Option<u64>, Option<Vec<u8>>) =
            self.ask(async |mut connection| read.query_async(&mut connection).await).await?;
        Ok((version.unwrap_or(0), kept))
    }

    /// Keeps a value for a while.
    pub(crate) async fn keep(&self, key: &str, value: &[u8], life: Duration) -> Result<(), Away> {
        let mut set = cmd("SET");
        set.arg(format!("{PREFIX}answer:{key}")).arg(value).arg("PX").arg(millis(life));
        self.ask(async |mut connection| set.query_async(&mut connection).await).await
    }

    /// Raises the version of a subject. It is kept for longer than anything that was read under it.
    pub(crate) async fn raise(&self, subject: &str, life: Duration) -> Result<(), Away> {
        let key = format!("{PREFIX}version:{subject}");
        let mut raise = pipe();
        raise.atomic().cmd("INCR").arg(&key).ignore().cmd("PEXPIRE").arg(&key).arg(millis(life)).ignore();
        self.ask(async |mut connection| raise.query_async(&mut connection).await).await
    }

    /// Puts a value under a key that is free; where it is not, gives what is there.
    pub(crate) async fn claim(
        &self,
        key: &str,
        value: &[u8],
        life: Duration,
    ) -> Result<Option<Vec<u8>>, Away> {
        let mut claim = cmd("SET");
        claim.arg(format!("{PREFIX}once:{key}")).arg(value).arg("NX").arg("GET").arg("PX").arg(millis(life));
        self.ask(async |mut connection| claim.query_async(&mut connection).await).await
    }

    /// Puts another value under a key that was claimed.
    pub(crate) async fn settle(&self, key: &str, value: &[u8], life: Duration) -> Result<(), Away> {
        let mut settle = cmd("SET");
        settle.arg(format!("{PREFIX}once:{key}")).arg(value).arg("PX").arg(millis(life));
        self.ask(async |mut connection| settle.query_async(&mut connection).await).await
    }

    /// Frees a key that was claimed with this value.
    pub(crate) async fn release(&self, key: &str, value: &[u8]) -> Result<(), Away> {
        let mut release = self.shared.release.key(format!("{PREFIX}once:{key}"));
        release.arg(value);
        self.ask(async |mut connection| release.invoke_async(&mut connection).await).await
    }

    /// Asks Redis, if it is there; cuts the link when it fails.
    async fn ask<T: FromRedisValue>(
        &self,
        question: impl AsyncFnOnce(MultiplexedConnection) -> Result<T, RedisError>,
    ) -> Result<T, Away> {
        let Some(connection) = self.shared.connection.load_full() else { return Err(Away) };
        let answer = question(MultiplexedConnection::clone(&connection)).await;
        answer.map_err(|error| {
            // Only the connection that failed: it may have been restored meanwhile.
            let known = self.shared.connection.load();
            if known.as_ref().is_some_and(|known| Arc::ptr_eq(known, &connection)) {
                tracing::warn!(error = %error, "Redis failed: this process goes on alone until it answers");
                self.shared.connection.store(None);
                self.shared.lost.notify_one();
            }
            metrics::counter!("tillsight_cache_failures_total").increment(1);
            Away
        })
    }

    /// Tries the link, and restores it where it is cut.
    async fn look(&self, part: &Part) {
        let tried = match self.shared.connection.load_full() {
            Some(connection) => ping(MultiplexedConnection::clone(&connection)).await,
            None => self.connect().await,
        };
        match tried {
            Ok(()) => part.ok(),
            Err(error) => {
                self.shared.connection.store(None);
                tracing::debug!(%error, "Redis cannot be used");
                part.down(told(&error));
            }
        }
    }

    async fn connect(&self) -> Result<(), RedisError> {
        let patience = self.shared.patience;
        let config = AsyncConnectionConfig::new()
            .set_connection_timeout(Some(patience))
            .set_response_timeout(Some(patience));
        let connection = self.shared.client.get_multiplexed_async_connection_with_config(&config).await?;
        ping(connection.clone()).await?;
        self.shared.connection.store(Some(Arc::new(connection)));
        Ok(())
    }
}

async fn ping(mut connection: MultiplexedConnection) -> Result<(), RedisError> {
    cmd("PING").query_async(&mut connection).await
}

/// Everybody may read how the parts are; where Redis is belongs in the log.
fn told(error: &RedisError) -> String {
    let why = match error.kind() {
        ErrorKind::AuthenticationFailed => "Redis refuses the user or the password of `cache.url`",
        _ if error.code() == Some("NOAUTH") => "Redis wants a password: name it in `cache.url`",
        _ => "Redis does not answer",
    };
    format!("{why}; rates, kept answers and idempotency are each gateway's own until it does")
}

fn micros(time: Duration) -> u64 {
    u64::try_from(time.as_micros()).unwrap_or(u64::MAX)
}

/// Redis refuses a life of nothing.
fn millis(time: Duration) -> u64 {
    u64::try_from(time.as_millis()).unwrap_or(u64::MAX).max(1)
}
