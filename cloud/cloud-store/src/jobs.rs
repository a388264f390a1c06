//! Work as rows: asked for in the transaction that needs it, done at least once, tried again, and shown when it is given up.

use domain::ids::OrgId;
use domain::time::WallMs;
use sqlx::AnyConnection;

use crate::error::{StoreError, What};
use crate::ids::JobId;
use crate::sql::{Failure, Fields, Values, composed, execute, fetch_each, fetch_value, fetch_values, values};
use crate::store::Store;

/// Kinds of work that one worker may ask for.
pub const JOB_KINDS_MAX: usize = 64;
/// Longest problem that is kept of a job that failed, in bytes.
const PROBLEM_MAX_LEN: usize = 4_000;

/// Work as it is asked for.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct NewJob {
    /// Which worker does it.
    pub kind: String,
    /// What is to be done, in the worker's own form.
    pub payload: Vec<u8>,
    /// Where given, one job of this kind and key that nobody has begun stands for all.
    pub dedupe_key: Option<String>,
    /// Not before.
    pub run_after: WallMs,
    /// How often it is tried before it is given up; at least once.
    pub attempts_max: u32,
}

/// Work that a worker has taken: it is the worker's until the lease is over.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct LeasedJob {
    /// Its id.
    pub id: JobId,
    /// For whom.
    pub org: OrgId,
    /// Which worker does it.
    pub kind: String,
    /// What is to be done.
    pub payload: Vec<u8>,
    /// The how-manieth try this is, from 1.
    pub attempt: u32,
    /// The last one that is made.
    pub attempts_max: u32,
}

/// Work that was given up.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct DeadJob {
    /// Its id.
    pub id: JobId,
    /// Which worker does it.
    pub kind: String,
    /// What was to be done.
    pub payload: Vec<u8>,
    /// How often it was tried.
    pub attempts: u32,
    /// What went wrong last.
    pub problem: String,
    /// When it was asked for.
    pub made_at: WallMs,
    /// When it was given up.
    pub given_up_at: WallMs,
}

/// How much work there is.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub struct JobCounts {
    /// Waits, or is to be tried again.
    pub waiting: u64,
    /// Is being done.
    pub running: u64,
    /// Was given up.
    pub dead: u64,
}

impl Store {
    /// Asks for work; `None` where a job that nobody has begun stands for it already.
    pub async fn add_job(&self, org: &OrgId, job: &NewJob, now: WallMs) -> Result<Option<JobId>, StoreError> {
        self.answer(async {
            let mut writing = self.writing().await?;
            let id = insert_job(writing.connection(), org, job, now).await?;
            writing.commit().await?;
            Ok(id)
        })
        .await
    }

    /// Takes due work of these kinds, the longest due first, until `lease_until`. What other workers hold is passed over; what
    /// they held too long is taken, or given up after its last try.
    pub async fn lease_jobs(
        &self,
        kinds: &[&str],
        owner: &str,
        limit: u32,
        now: WallMs,
        lease_until: WallMs,
    ) -> Result<Vec<LeasedJob>, StoreError> {
        if kinds.is_empty() || kinds.len() > JOB_KINDS_MAX {
            let problem = format!("ask for 1 to {JOB_KINDS_MAX} kinds, not {}", kinds.len());
            return Err(StoreError::invalid(What::Job, owner, problem));
        }
        self.answer(async {
            let mut writing = self.writing().await?;
            let connection = writing.connection();
            give_up_expired(connection, now).await?;
            let due = self.due_jobs(connection, kinds, limit, now).await?;
            let mut leased = Vec::with_capacity(due.len());
            for id in due {
                let sql = "UPDATE job SET state = 'running', is_fresh = 0, attempts = attempts + 1,
                               lease_owner = $2, lease_expires_at = $3
                           WHERE id = $1 RETURNING id, org, kind, payload, attempts, attempts_max";
                let values = values![&id, owner, &lease_until];
                leased.append(&mut fetch_each(connection, What::Job, sql, values, read_leased).await?);
            }
            writing.commit().await?;
            Ok(leased)
        })
        .await
    }

    /// Holds a job longer.
    pub async fn extend_lease(
        &self,
        id: JobId,
        owner: &str,
        now: WallMs,
        lease_until: WallMs,
    ) -> Result<(), StoreError> {
        let sql = "UPDATE job SET lease_expires_at = $4
                   WHERE id = $1 AND lease_owner = $2 AND state = 'running' AND lease_expires_at > $3";
        self.change_leased(id, sql, values![&id, owner, &now, &lease_until]).await
    }

    /// Says that a job came further and that what it did stays: its tries count anew from this one.
    pub async fn count_tries_anew(&self, id: JobId, owner: &str) -> Result<(), StoreError> {
        let sql = "UPDATE job SET attempts = 1 WHERE id = $1 AND lease_owner = $2 AND state = 'running'";
        self.change_leased(id, sql, values![&id, owner]).await
    }

    /// Says that a job is done.
    pub async fn finish_job(&self, id: JobId, owner: &str, now: WallMs) -> Result<(), StoreError> {
        let sql =
            "UPDATE job SET state = 'done', finished_at = $3, lease_owner = NULL, lease_expires_at = NULL
                   WHERE id = $1 AND lease_owner = $2 AND state = 'running'";
        self.change_leased(id, sql, values![&id, owner, &now]).await
    }

    /// Says that a try failed: it is tried again at `retry_at`, or given up after its last try.
    pub async fn fail_job(
        &self,
        id: JobId,
        owner: &str,
        problem: &str,
        retry_at: WallMs,
        now: WallMs,
    ) -> Result<(), StoreError> {
        let sql = "UPDATE job SET
                       state = CASE WHEN attempts >= attempts_max THEN 'dead' ELSE 'waiting' END,
                       finished_at = CASE WHEN attempts >= attempts_max THEN $5 ELSE finished_at END,
                       problem = $3, run_after = $4, lease_owner = NULL, lease_expires_at = NULL
                   WHERE id = $1 AND lease_owner = $2 AND state = 'running'";
        let mut problem = problem.to_owned();
        problem.truncate(problem.floor_char_boundary(PROBLEM_MAX_LEN));
        self.change_leased(id, sql, values![&id, owner, &problem, &retry_at, &now]).await
    }

    /// Says that a try failed and that no other one can do better: the job is given up at once.
    pub async fn give_up_job(
        &self,
        id: JobId,
        owner: &str,
        problem: &str,
        now: WallMs,
    ) -> Result<(), StoreError> {
        let sql = "UPDATE job SET state = 'dead', finished_at = $4, problem = $3, lease_owner = NULL,
                       lease_expires_at = NULL
                   WHERE id = $1 AND lease_owner = $2 AND state = 'running'";
        let mut problem = problem.to_owned();
        problem.truncate(problem.floor_char_boundary(PROBLEM_MAX_LEN));
        self.change_leased(id, sql, values![&id, owner, &problem, &now]).await
    }

    /// Work of an organisation that was given up, the latest first.
    pub async fn dead_jobs(&self, org: &OrgId, limit: u32) -> Result<Vec<DeadJob>, StoreError> {
        self.answer(async {
            let sql =
                "SELECT id, kind, payload, attempts, COALESCE(problem, ''), made_at, finished_at FROM job
                       WHERE org = $1 AND state = 'dead' ORDER BY id DESC LIMIT $2";
            fetch_each(&mut *self.reading().await?, What::Job, sql, values![org, &limit], |fields| {
                Ok(DeadJob {
                    id: fields.take()?,
                    kind: fields.take()?,
                    payload: fields.take()?,
                    attempts: fields.take()?,
                    problem: fields.take()?,
                    made_at: fields.take()?,
                    given_up_at: fields.take()?,
                })
            })
            .await
        })
        .await
    }

    /// Lets a job that was given up be tried again, as often as at first.
    pub async fn revive_job(&self, org: &OrgId, id: JobId, now: WallMs) -> Result<(), StoreError> {
        self.answer(async {
            let mut writing = self.writing().await?;
            let sql = "UPDATE job SET state = 'waiting', attempts = 0, run_after = $3, finished_at = NULL
                       WHERE org = $1 AND id = $2 AND state = 'dead'";
            if execute(writing.connection(), sql, values![org, &id, &now]).await? == 0 {
                return Err(StoreError::not_found(What::Job, id).into());
            }
            writing.commit().await
        })
        .await
    }

    /// How much work there is, of all organisations.
    pub async fn job_counts(&self) -> Result<JobCounts, StoreError> {
        self.answer(async {
            let mut connection = self.reading().await?;
            let mut count = async |sql: &'static str| -> Result<u64, Failure> {
                Ok(fetch_value(&mut connection, What::Job, sql, values![]).await?.unwrap_or(0))
            };
            Ok(JobCounts {
                waiting: count("SELECT COUNT(*) FROM job WHERE state = 'waiting'").await?,
                running: count("SELECT COUNT(*) FROM job WHERE state = 'running'").await?,
                dead: count("SELECT COUNT(*) FROM job WHERE state = 'dead'").await?,
            })
        })
        .await
    }

    /// Removes work that was done before a moment; gives back how much.
    pub async fn prune_jobs(&self, before: WallMs) -> Result<u64, StoreError> {
        self.answer(async {
            let mut writing = self.writing().await?;
            let sql = "DELETE FROM job WHERE state = 'done' AND finished_at < $1";
            let removed = execute(writing.connection(), sql, values![&before]).await?;
            writing.commit().await?;
            Ok(removed)
        })
        .await
    }

    /// Whether a job of this kind waits or is being done, of any organisation.
    pub async fn has_open_job(&self, kind: &str) -> Result<bool, StoreError> {
        self.answer(async {
            let sql = "SELECT COUNT(*) FROM job WHERE kind = $1 AND state IN ('waiting', 'running')";
            let found: Option<u64> =
                fetch_value(&mut *self.reading().await?, What::Job, sql, values![kind]).await?;
            Ok(found.unwrap_or(0) > 0)
        })
        .await
    }

    /// How many jobs of this kind are being done, of any organisation.
    pub async fn running_jobs(&self, kind: &str) -> Result<u64, StoreError> {
        self.answer(async {
            let sql = "SELECT COUNT(*) FROM job WHERE kind = $1 AND state = 'running'";
            let found = fetch_value(&mut *self.reading().await?, What::Job, sql, values![kind]).await?;
            Ok(found.unwrap_or(0))
        })
        .await
    }

    /// Whether a job of this kind and key waits or is being done.
    pub async fn has_open_job_about(&self, org: &OrgId, kind: &str, key: &str) -> Result<bool, StoreError> {
        self.answer(async {
            let sql = "SELECT COUNT(*) FROM job WHERE org = $1 AND kind = $2 AND dedupe_key = $3
                           AND state IN ('waiting', 'running')";
            let values = values![org, kind, key];
            let found: Option<u64> = fetch_value(&mut *self.reading().await?, What::Job, sql, values).await?;
            Ok(found.unwrap_or(0) > 0)
        })
        .await
    }

    /// Takes on, or keeps, what only one process at a time may do, until `until`; false where another has it.
    pub async fn take_duty(
        &self,
        name: &str,
        owner: &str,
        now: WallMs,
        until: WallMs,
    ) -> Result<bool, StoreError> {
        self.answer(async {
            let mut writing = self.writing().await?;
            let sql = "INSERT INTO duty (name, owner, expires_at) VALUES ($1, $2, $4)
                       ON CONFLICT (name) DO UPDATE SET owner = excluded.owner, expires_at = excluded.expires_at
                       WHERE duty.owner = excluded.owner OR duty.expires_at <= $3";
            let rows = execute(writing.connection(), sql, values![name, owner, &now, &until]).await?;
            writing.commit().await?;
            Ok(rows > 0)
        })
        .await
    }

    /// Lets another process have it.
    pub async fn leave_duty(&self, name: &str, owner: &str) -> Result<(), StoreError> {
        self.answer(async {
            let mut writing = self.writing().await?;
            let sql = "DELETE FROM duty WHERE name = $1 AND owner = $2";
            execute(writing.connection(), sql, values![name, owner]).await?;
            writing.commit().await
        })
        .await
    }

    async fn due_jobs(
        &self,
        connection: &mut AnyConnection,
        kinds: &[&str],
        limit: u32,
        now: WallMs,
    ) -> Result<Vec<JobId>, Failure> {
        let places: Vec<String> = (3..3 + kinds.len()).map(|place| format!("${place}")).collect();
        let sql = composed(format!(
            "SELECT id FROM job
             WHERE ((state = 'waiting' AND run_after <= $1) OR (state = 'running' AND lease_expires_at <= $1))
               AND kind IN ({}) ORDER BY run_after, id LIMIT $2{}",
            places.join(", "),
            self.engine().for_update_skip_locked()
        ));
        let mut values: Values = values![&now, &limit];
        for kind in kinds {
            values.push(*kind);
        }
        fetch_values(connection, What::Job, sql, values).await
    }

    async fn change_leased(&self, id: JobId, sql: &'static str, values: Values) -> Result<(), StoreError> {
        self.answer(async {
            let mut writing = self.writing().await?;
            if execute(writing.connection(), sql, values).await? == 0 {
                let problem =
                    "is not this worker's any more: another has it, and this one's work does not count";
                return Err(StoreError::conflict(What::Job, id, problem).into());
            }
            writing.commit().await
        })
        .await
    }
}

/// Asks for work in the transaction that needs it.
pub(crate) async fn insert_job(
    connection: &mut AnyConnection,
    org: &OrgId,
    job: &NewJob,
    now: WallMs,
) -> Result<Option<JobId>, Failure> {
    let sql =
        "INSERT INTO job (org, kind, payload, dedupe_key, is_fresh, state, run_after, attempts, attempts_max,
                                made_at)
               VALUES ($1, $2, $3, $4, $5, 'waiting', $6, 0, $7, $8)
               ON CONFLICT (org, kind, dedupe_key) WHERE is_fresh = 1 DO NOTHING RETURNING id";
    let NewJob { kind, payload, dedupe_key, run_after, attempts_max } = job;
    let is_fresh = dedupe_key.is_some();
    let attempts_max = (*attempts_max).max(1);
    let values =
        values![org, kind, payload.as_slice(), dedupe_key, &is_fresh, run_after, &attempts_max, &now];
    fetch_value(connection, What::Job, sql, values).await
}

/// A worker that took its last try and never came back has killed itself with it, most likely.
async fn give_up_expired(connection: &mut AnyConnection, now: WallMs) -> Result<(), Failure> {
    let sql = "UPDATE job SET state = 'dead', finished_at = $1, lease_owner = NULL, lease_expires_at = NULL,
                   problem = COALESCE(problem, 'its worker did not come back')
               WHERE state = 'running' AND lease_expires_at <= $1 AND attempts >= attempts_max";
    execute(connection, sql, values![&now]).await?;
    Ok(())
}

fn read_leased(fields: &mut Fields<'_>) -> Result<LeasedJob, Failure> {
    Ok(LeasedJob {
        id: fields.take()?,
        org: fields.take()?,
        kind: fields.take()?,
        payload: fields.take()?,
        attempt: fields.take()?,
        attempts_max: fields.take()?,
    })
}
