//! How tills, the cloud's own processes and services outside are doing, what they did before, and how fast services answered.

use std::fmt;

use domain::ids::{OrgId, StoreId, TillId};
use domain::sale::TillRef;
use domain::time::WallMs;
use sqlx::AnyConnection;

use crate::error::{StoreError, What};
use crate::ids::HealthChangeId;
use crate::sql::{Failure, Fields, column, composed, execute, fetch_each, fetch_value, values, word_column};
use crate::store::Store;

/// Longest word of what is wrong with a part, in characters.
pub const HEALTH_TEXT_MAX_CHARS: usize = 300;
/// Longest name of a part, a process or a service, in characters.
const NAME_MAX_CHARS: usize = 100;

/// How a part is doing.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub enum HealthState {
    /// Does all it should.
    Ok,
    /// Not there yet.
    Starting,
    /// Does its work, but not as it should.
    Degraded,
    /// Does not do its work.
    Down,
}

word_column!(HealthState: Ok = "ok", Starting = "starting", Degraded = "degraded", Down = "down");

/// Whose part it is.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum HealthSubject {
    /// A till of an organisation's.
    Till(StoreId, TillId),
    /// A process of the cloud's, for example `server`.
    Process(String),
    /// A service outside, for example `mail`.
    Service(String),
}

impl HealthSubject {
    /// A till, without its organisation.
    pub fn of_till(till: &TillRef) -> Self {
        Self::Till(till.store.clone(), till.till.clone())
    }

    /// Reads what [`HealthSubject`] writes.
    pub fn parse(text: &str) -> Result<Self, String> {
        let unknown = || format!("`{text}` is neither a till, a process nor a service");
        let (kind, name) = text.split_once(':').ok_or_else(unknown)?;
        match kind {
            "till" => {
                let (store, till) = name.split_once('/').ok_or_else(unknown)?;
                let store = StoreId::new(store).map_err(|error| error.to_string())?;
                Ok(Self::Till(store, TillId::new(till).map_err(|error| error.to_string())?))
            }
            "process" => Ok(Self::Process(name.to_owned())),
            "service" => Ok(Self::Service(name.to_owned())),
            _ => Err(unknown()),
        }
    }
}

impl fmt::Display for HealthSubject {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Till(store, till) => write!(f, "till:{store}/{till}"),
            Self::Process(name) => write!(f, "process:{name}"),
            Self::Service(name) => write!(f, "service:{name}"),
        }
    }
}

column!(HealthSubject as String, ToString::to_string, |text| HealthSubject::parse(&text));

/// A part as it is now.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct PartNow {
    /// Its name, for example `camera`.
    pub part: String,
    /// How it is.
    pub state: HealthState,
    /// What is wrong; empty while nothing is.
    pub detail: String,
}

/// A part as it is known.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct PartHealth {
    /// Whose it is.
    pub subject: HealthSubject,
    /// How it is.
    pub now: PartNow,
    /// Since when it is in this state.
    pub since: WallMs,
    /// When that was said last.
    pub seen_at: WallMs,
}

/// A state that became another.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct HealthChange {
    /// Its place in the history: later ones are higher.
    pub id: HealthChangeId,
    /// Whose part it is.
    pub subject: HealthSubject,
    /// What it became.
    pub now: PartNow,
    /// When.
    pub at: WallMs,
}

/// What a service outside did when it was asked.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ServiceCheck {
    /// When it was asked.
    pub at: WallMs,
    /// Whether it answered as it should.
    pub answered: bool,
    /// How long that took.
    pub latency_ms: u64,
    /// What was wrong; empty while nothing was.
    pub detail: String,
}

/// What the checks of a service came to.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub struct ServiceSum {
    /// How often it was asked.
    pub checks: u64,
    /// How often it answered.
    pub answered: u64,
    /// The mean time of its answers.
    pub latency_mean_ms: u64,
    /// The longest one.
    pub latency_max_ms: u64,
}

impl Store {
    /// Notes how the parts of something are. What another state or nothing was known of is a change, which is written down and
    /// given back; the first word that a part is well is none.
    pub async fn note_health(
        &self,
        org: Option<&OrgId>,
        subject: &HealthSubject,
        parts: &[PartNow],
        now: WallMs,
    ) -> Result<Vec<PartNow>, StoreError> {
        self.answer(async {
            let mut writing = self.writing().await?;
            let mut changes = Vec::new();
            for part in parts {
                let part = fitting(part);
                let at = (self.engine().for_update(), now);
                if note_part(writing.connection(), org, subject, &part, at).await? {
                    changes.push(part);
                }
            }
            writing.commit().await?;
            Ok(changes)
        })
        .await
    }

    /// How every part of an organisation's tills is, or of the cloud itself and the services that it needs; in order of their
    /// names.
    pub async fn health(&self, org: Option<&OrgId>) -> Result<Vec<PartHealth>, StoreError> {
        self.answer(async {
            let sql = "SELECT subject, part, state, detail, since, seen_at FROM part_health
                       WHERE org = $1 ORDER BY subject, part";
            fetch_each(&mut *self.reading().await?, What::Health, sql, values![key(org)], |fields| {
                Ok(PartHealth {
                    subject: fields.take()?,
                    now: read_now(fields)?,
                    since: fields.take()?,
                    seen_at: fields.take()?,
                })
            })
            .await
        })
        .await
    }

    /// How every part of all organisations' tills is, in order: for the cloud itself, never for somebody who asks.
    pub async fn health_of_tills(&self, limit: u32) -> Result<Vec<(TillRef, PartNow)>, StoreError> {
        self.answer(async {
            let sql = "SELECT org, subject, part, state, detail FROM part_health
                       WHERE org <> '' AND subject LIKE 'till:%' ORDER BY org, subject, part LIMIT $1";
            let mut connection = self.reading().await?;
            let told = fetch_each(&mut connection, What::Health, sql, values![&limit], |fields| {
                let (org, subject): (OrgId, HealthSubject) = (fields.take()?, fields.take()?);
                let now = read_now(fields)?;
                let HealthSubject::Till(store, till) = subject else { return Ok(None) };
                Ok(Some((TillRef { org, store, till }, now)))
            });
            Ok(told.await?.into_iter().flatten().collect())
        })
        .await
    }

    /// What became of parts, the newest first, those before `before`; of one subject where it is named.
    pub async fn health_changes(
        &self,
        org: Option<&OrgId>,
        subject: Option<&HealthSubject>,
        before: Option<HealthChangeId>,
        limit: u32,
    ) -> Result<Vec<HealthChange>, StoreError> {
        self.answer(async {
            let sql = composed(format!(
                "SELECT id, subject, part, state, detail, at FROM health_change
                 WHERE org = $1 AND id < $2 {} ORDER BY id DESC LIMIT $3",
                if subject.is_some() { "AND subject = $4" } else { "" }
            ));
            let before = before.unwrap_or(HealthChangeId(u64::MAX));
            let mut values = values![key(org), &before, &limit];
            if let Some(subject) = subject {
                values.push(subject);
            }
            fetch_each(&mut *self.reading().await?, What::Health, sql, values, |fields| {
                Ok(HealthChange {
                    id: fields.take()?,
                    subject: fields.take()?,
                    now: read_now(fields)?,
                    at: fields.take()?,
                })
            })
            .await
        })
        .await
    }

    /// What one part became before a moment, the newest first.
    pub async fn part_changes(
        &self,
        org: Option<&OrgId>,
        subject: &HealthSubject,
        part: &str,
        before: WallMs,
        limit: u32,
    ) -> Result<Vec<(WallMs, HealthState)>, StoreError> {
        self.answer(async {
            let sql = "SELECT at, state FROM health_change
                       WHERE org = $1 AND subject = $2 AND part = $3 AND at < $4 ORDER BY id DESC LIMIT $5";
            let values = values![key(org), subject, part, &before, &limit];
            fetch_each(&mut *self.reading().await?, What::Health, sql, values, |fields| {
                Ok((fields.take()?, fields.take()?))
            })
            .await
        })
        .await
    }

    /// Forgets parts that nobody has spoken of since, such as those of a service that is not asked any more, and history from
    /// before; at most `limit` rows of each. Gives back how many.
    pub async fn prune_health(&self, before: WallMs, limit: u32) -> Result<u64, StoreError> {
        self.answer(async {
            let mut writing = self.writing().await?;
            let mut removed = 0;
            for sql in [
                "DELETE FROM health_change WHERE id IN (SELECT id FROM health_change WHERE at < $1 LIMIT $2)",
                "DELETE FROM service_check WHERE id IN (SELECT id FROM service_check WHERE at < $1 LIMIT $2)",
                "DELETE FROM part_health WHERE (org, subject, part) IN
                     (SELECT org, subject, part FROM part_health WHERE seen_at < $1 LIMIT $2)",
            ] {
                removed += execute(writing.connection(), sql, values![&before, &limit]).await?;
            }
            writing.commit().await?;
            Ok(removed)
        })
        .await
    }

    /// Writes down what a service did when it was asked.
    pub async fn add_service_check(&self, service: &str, check: &ServiceCheck) -> Result<(), StoreError> {
        self.answer(async {
            let mut writing = self.writing().await?;
            let sql = "INSERT INTO service_check (service, at, answered, latency_ms, detail)
                       VALUES ($1, $2, $3, $4, $5)";
            let detail = cut(&check.detail, HEALTH_TEXT_MAX_CHARS);
            let values = values![service, &check.at, &check.answered, &check.latency_ms, &detail];
            execute(writing.connection(), sql, values).await?;
            writing.commit().await
        })
        .await
    }

    /// What services did when they were asked, the newest first, each with its name; one service where it is named.
    pub async fn service_checks(
        &self,
        service: Option<&str>,
        limit: u32,
    ) -> Result<Vec<(String, ServiceCheck)>, StoreError> {
        self.answer(async {
            let sql = composed(format!(
                "SELECT service, at, answered, latency_ms, detail FROM service_check {}
                 ORDER BY at DESC, id DESC LIMIT $1",
                if service.is_some() { "WHERE service = $2" } else { "" }
            ));
            let mut values = values![&limit];
            if let Some(service) = service {
                values.push(service);
            }
            fetch_each(&mut *self.reading().await?, What::Health, sql, values, |fields| {
                let service = fields.take()?;
                let check = ServiceCheck {
                    at: fields.take()?,
                    answered: fields.take()?,
                    latency_ms: fields.take()?,
                    detail: fields.take()?,
                };
                Ok((service, check))
            })
            .await
        })
        .await
    }

    /// What the checks of a service since a moment came to.
    pub async fn service_sum(&self, service: &str, since: WallMs) -> Result<ServiceSum, StoreError> {
        self.answer(async {
            let sql = "SELECT COUNT(*), CAST(COALESCE(SUM(answered), 0) AS BIGINT),
                           CAST(COALESCE(SUM(CASE WHEN answered = 1 THEN latency_ms ELSE 0 END), 0) AS BIGINT),
                           CAST(COALESCE(MAX(CASE WHEN answered = 1 THEN latency_ms ELSE 0 END), 0) AS BIGINT)
                       FROM service_check WHERE service = $1 AND at >= $2";
            let mut connection = self.reading().await?;
            let sums = fetch_each(&mut connection, What::Health, sql, values![service, &since], |fields| {
                let (checks, answered): (u64, u64) = (fields.take()?, fields.take()?);
                let total_ms: u64 = fields.take()?;
                let latency_mean_ms = total_ms.checked_div(answered).unwrap_or(0);
                Ok(ServiceSum { checks, answered, latency_mean_ms, latency_max_ms: fields.take()? })
            });
            Ok(sums.await?.into_iter().next().unwrap_or_default())
        })
        .await
    }
}

/// Whether it is a change.
async fn note_part(
    connection: &mut AnyConnection,
    org: Option<&OrgId>,
    subject: &HealthSubject,
    part: &PartNow,
    (lock, now): (&str, WallMs),
) -> Result<bool, Failure> {
    let PartNow { part: name, state, detail } = part;
    let sql = composed(format!(
        "SELECT state FROM part_health WHERE org = $1 AND subject = $2 AND part = $3{lock}"
    ));
    let known: Option<HealthState> =
        fetch_value(connection, What::Health, sql, values![key(org), subject, name]).await?;
    let changes = known.map_or(*state != HealthState::Ok, |known| known != *state);
    let sql = "INSERT INTO part_health (org, subject, part, state, detail, since, seen_at)
               VALUES ($1, $2, $3, $4, $5, $6, $6)
               ON CONFLICT (org, subject, part) DO UPDATE SET
                   since = CASE WHEN part_health.state = excluded.state THEN part_health.since ELSE excluded.since END,
                   state = excluded.state, detail = excluded.detail, seen_at = excluded.seen_at";
    execute(connection, sql, values![key(org), subject, name, state, detail, &now]).await?;
    if changes {
        let sql = "INSERT INTO health_change (org, subject, part, state, detail, at)
                   VALUES ($1, $2, $3, $4, $5, $6)";
        execute(connection, sql, values![key(org), subject, name, state, detail, &now]).await?;
    }
    Ok(changes)
}

fn read_now(fields: &mut Fields<'_>) -> Result<PartNow, Failure> {
    Ok(PartNow { part: fields.take()?, state: fields.take()?, detail: fields.take()? })
}

/// The organisation's column: the cloud's own is nobody's.
fn key(org: Option<&OrgId>) -> &str {
    org.map_or("", OrgId::as_str)
}

fn fitting(part: &PartNow) -> PartNow {
    PartNow {
        part: cut(&part.part, NAME_MAX_CHARS),
        state: part.state,
        detail: cut(&part.detail, HEALTH_TEXT_MAX_CHARS),
    }
}

fn cut(text: &str, chars: usize) -> String {
    text.chars().take(chars).collect()
}
