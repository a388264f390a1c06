//! Work behind the requests: rows in the database, taken by whoever is free, done at least once.
//!
//! A worker holds a job by a lease that it renews while it works. One that dies loses its lease, and another takes the job
//! over; so every job can be done twice with the same outcome. What fails is tried again after a pause that grows, with
//! jitter, and is given up visibly in the end.

mod document;
mod embed;
mod enrich;
mod eye;
mod forecast;
mod prices;
mod publish;
mod sweep;

use std::sync::Arc;
use std::time::Duration;

use anyhow::bail;
use cloud_store::{LeasedJob, NewJob, Store, StoreError};
use domain::time::WallMs;
use service::health::Health;
use service::tasks::{CancellationToken, RestartPolicy, Tasks};
use thiserror::Error;
use tokio::sync::Notify;

use crate::blobs::Blobs;
use crate::config::Config;
use crate::demand::schedule;
use crate::documents::reader::Reader;
use crate::events::relay;
use crate::exchange;
use crate::exports;
use crate::language::LanguageModel;
use crate::monitoring::services;
use crate::reports;
use crate::roles::now;
use crate::search::follow;
use crate::signing::Signer;
use crate::sourcing::pages::fetch::Fetcher;
pub(crate) use document::blob_name;
pub use eye::Eye;
pub use forecast::LearntLast;

/// Photos become vectors; the payload is the product's id.
pub const EMBED_PRODUCT: &str = "product.embed";
/// The catalogue of an organisation becomes new generations of its stores; the payload is the organisation's id.
pub const PUBLISH_CATALOGUE: &str = "catalogue.publish";

/// The same, asked for from time to time, in case that something was missed.
pub const REVIEW_CATALOGUE: &str = "catalogue.review";

/// A supplier's document is read; the payload is its id.
pub const PARSE_DOCUMENT: &str = "document.parse";
/// A correction is learnt from; the payload is the document's id and the version.
pub const LEARN_DOCUMENT: &str = "document.learn";
/// What is not known of a product family is filled in; the payload is the family's id.
pub const ENRICH_FAMILY: &str = "family.enrich";

/// A run of forecasts begins; the payload is its id.
pub const RUN_FORECAST: &str = "forecast.run";
/// Products of a store are forecast; the payload is the run's id and the shard's number.
pub const FORECAST_SHARD: &str = "forecast.store";
/// What a store should order is proposed; the payload is the run's id and the store's.
pub const PROPOSE_ORDERS: &str = "proposals.make";
/// Forecasts of a store are summed up; the payload is the run's id and the store's.
pub const TOTAL_FORECASTS: &str = "forecast.totals";

/// Every kind of work that a worker takes one by one.
const KINDS: [&str; 4] = [EMBED_PRODUCT, PUBLISH_CATALOGUE, REVIEW_CATALOGUE, ENRICH_FAMILY];
/// What is done beside it, so that a long document holds up no catalogue.
const READING_KINDS: [&str; 2] = [PARSE_DOCUMENT, LEARN_DOCUMENT];
/// What is done beside both: it takes a processor for minutes.
const FORECASTING_KINDS: [&str; 4] = [PROPOSE_ORDERS, FORECAST_SHARD, RUN_FORECAST, TOTAL_FORECASTS];
/// How often a job is tried before it is given up: with the pauses below, for about a day.
pub const ATTEMPTS_MAX: u32 = 20;
/// The pause after the first failure, and the longest one.
const FIRST_PAUSE_MS: u64 = 1_000;
const LONGEST_PAUSE_MS: u64 = 3_600_000;

/// What the work needs.
pub struct Worker {
    /// What the cloud knows.
    pub store: Store,
    /// Where photos are.
    pub blobs: Blobs,
    /// What makes vectors.
    pub eye: Eye,
    /// What signs generations.
    pub signer: Signer,
    /// What reads suppliers' documents.
    pub reader: Reader,
    /// What asks others on the net, politely.
    pub fetcher: Fetcher,
    /// What proposes what rules do not find.
    pub language: LanguageModel,
    /// What it was told.
    pub config: Config,
    /// Wakes it when there is work.
    pub wake: Arc<Notify>,
    /// Wakes it when there is a document.
    pub wake_readers: Arc<Notify>,
    /// Wakes it when there is a catalogue to take in.
    pub wake_importers: Arc<Notify>,
    /// Wakes it when there is something to forecast.
    pub wake_forecasters: Arc<Notify>,
    /// What it learnt, or was told, of demand.
    pub learnt: LearntLast,
    /// Its name on leases: no two workers have the same.
    pub owner: String,
}

/// Work that fails the same way however often it is tried: it is given up at once.
#[derive(Debug, Error)]
#[error("{0}")]
struct Hopeless(String);

/// A job that asks for a piece of work about `subject`; asked for twice before it is begun, it is done once.
pub fn job(kind: &str, subject: &str, now: WallMs) -> NewJob {
    NewJob {
        kind: kind.to_owned(),
        payload: subject.as_bytes().to_vec(),
        dedupe_key: Some(subject.to_owned()),
        run_after: now,
        attempts_max: ATTEMPTS_MAX,
    }
}

impl Worker {
    /// Starts to work, as tasks of `tasks`. Fails where what it is told to reach cannot be understood.
    pub fn spawn(self: Arc<Self>, tasks: &Tasks, health: &Health) -> anyhow::Result<()> {
        self.spawn_jobs(tasks, health);
        self.spawn_rounds(tasks);
        crate::backups::spawn(tasks, health, &self.config, &self.store, &self.blobs, &self.owner);
        relay::spawn(tasks, health, &self.config, &self.store, &self.owner);
        crate::sourcing::bus::spawn(tasks, health, &self.config, &self.store, &self.owner);
        follow::spawn(tasks, health, &self.config, &self.store, &self.owner);
        crate::notify::spawn(tasks, health, &self.config, &self.store, &self.blobs, &self.owner)
    }

    /// What takes jobs, each kind by tasks of its own, so that long ones hold up no short ones.
    fn spawn_jobs(self: &Arc<Self>, tasks: &Tasks, health: &Health) {
        self.config.documents.tell(&health.part("documents", false));
        let part = health.part("worker", false);
        let worker = Arc::clone(self);
        tasks.spawn_restarting("worker", RestartPolicy::default(), move |token| {
            let (worker, part) = (Arc::clone(&worker), part.clone());
            async move {
                part.ok();
                let ended = worker.work(&KINDS, &worker.wake, &token).await;
                if ended.is_err() {
                    part.down("work is not taken now: the log says more");
                }
                ended
            }
        });
        for _ in 0..self.config.documents.readers {
            self.keep_up(tasks, "reader", |worker, token| async move {
                worker.work(&READING_KINDS, &worker.wake_readers, &token).await
            });
        }
        for _ in 0..self.config.forecast.workers {
            self.keep_up(tasks, "forecaster", |worker, token| async move {
                worker.work(&FORECASTING_KINDS, &worker.wake_forecasters, &token).await
            });
        }
        self.keep_up(tasks, "exporter", |worker, token| async move {
            worker.work(&[exports::MAKE_EXPORT], &Notify::new(), &token).await
        });
        self.keep_up(tasks, "importer", |worker, token| async move {
            worker
                .work(&[exchange::PLAN_IMPORT, exchange::APPLY_IMPORT], &worker.wake_importers, &token)
                .await
        });
    }

    /// What looks from time to time whether something is to be done.
    fn spawn_rounds(self: &Arc<Self>, tasks: &Tasks) {
        self.keep_up(tasks, "forecast-schedule", |worker, token| async move {
            schedule::run(&worker.store, &worker.config.forecast, &worker.owner, &token).await
        });
        self.keep_up(tasks, "export-plans", |worker, token| async move {
            exports::plan::run(&worker, &token).await
        });
        self.keep_up(tasks, "prices", |worker, token| async move { prices::run(&worker, &token).await });
        self.keep_up(tasks, "sweeper", |worker, token| async move { sweep::run(&worker, &token).await });
        self.keep_up(tasks, "service-checks", |worker, token| async move {
            services::run(&worker.config, &worker.store, &worker.blobs, &worker.owner, &token).await
        });
        self.keep_up(tasks, "reports", |worker, token| async move {
            let kept = (&worker.store, &worker.blobs);
            reports::run(&worker.config.reports, kept, &worker.owner, &token).await
        });
    }

    /// Keeps a task of this worker running: it is begun again after it failed.
    fn keep_up<Ended>(
        self: &Arc<Self>,
        tasks: &Tasks,
        name: &'static str,
        task: impl Fn(Arc<Self>, CancellationToken) -> Ended + Send + Sync + 'static,
    ) where
        Ended: Future<Output = anyhow::Result<()>> + Send + 'static,
    {
        let worker = Arc::clone(self);
        tasks.spawn_restarting(name, RestartPolicy::default(), move |token| task(Arc::clone(&worker), token));
    }

    /// Removes the blobs from before a moment that no photo needs; gives back how many. Younger ones may belong to a request
    /// that has not written its rows yet.
    pub async fn remove_orphans(&self, before: WallMs) -> anyhow::Result<usize> {
        sweep::remove_orphans(self, before).await
    }

    /// Fails imports of catalogues whose job was given up without anybody left to say so: its worker ended with every try.
    pub async fn fail_stranded_imports(&self) -> anyhow::Result<()> {
        exchange::work::fail_stranded(self).await
    }

    async fn work(&self, kinds: &[&str], wake: &Notify, token: &CancellationToken) -> anyhow::Result<()> {
        while !token.is_cancelled() {
            let now = now();
            let lease_until = WallMs(now.0 + self.lease_ms());
            let leased = self.store.lease_jobs(kinds, &self.owner, 1, now, lease_until).await?;
            let Some(job) = leased.into_iter().next() else {
                let poll = Duration::from_millis(self.config.worker.poll_ms);
                tokio::select! {
                    () = token.cancelled() => {}
                    () = wake.notified() => {}
                    () = tokio::time::sleep(poll) => {}
                }
                continue;
            };
            self.settle(&job, self.hold_and_do(&job, token).await).await?;
        }
        Ok(())
    }

    /// Does a job and renews its lease meanwhile. Told to stop, it lets go: the lease ends, and the job is done again.
    async fn hold_and_do(&self, job: &LeasedJob, token: &CancellationToken) -> anyhow::Result<()> {
        let renew_every = Duration::from_millis(self.config.worker.lease_ms / 3);
        let mut work = std::pin::pin!(self.do_job(job));
        loop {
            tokio::select! {
                done = &mut work => return done,
                () = token.cancelled() => bail!("the worker was told to stop"),
                () = tokio::time::sleep(renew_every) => {
                    let now = now();
                    let until = WallMs(now.0 + self.lease_ms());
                    self.store.extend_lease(job.id, &self.owner, now, until).await?;
                }
            }
        }
    }

    async fn do_job(&self, job: &LeasedJob) -> anyhow::Result<()> {
        match job.kind.as_str() {
            EMBED_PRODUCT => embed::run(self, job).await,
            PUBLISH_CATALOGUE => publish::run(self, job, publish::Cause::Change).await,
            ENRICH_FAMILY => enrich::run(self, job).await,
            REVIEW_CATALOGUE => publish::run(self, job, publish::Cause::Routine).await,
            PARSE_DOCUMENT => document::parse(self, job).await,
            LEARN_DOCUMENT => document::learn(self, job).await,
            exchange::PLAN_IMPORT => exchange::work::plan(self, job).await,
            exchange::APPLY_IMPORT => exchange::work::apply(self, job).await,
            exports::MAKE_EXPORT => exports::make::run(self, job).await,
            RUN_FORECAST => forecast::begin(self, job).await,
            FORECAST_SHARD => forecast::shard(self, job).await,
            PROPOSE_ORDERS => forecast::propose(self, job).await,
            TOTAL_FORECASTS => forecast::total(self, job).await,
            other => bail!("nobody here does `{other}`: is a newer version running beside this one?"),
        }
    }

    async fn settle(&self, job: &LeasedJob, outcome: anyhow::Result<()>) -> anyhow::Result<()> {
        let now = now();
        let (kind, id) = (job.kind.as_str(), job.id);
        let settled = match outcome {
            Ok(()) => {
                count(kind, "done");
                self.store.finish_job(id, &self.owner, now).await
            }
            Err(error) if error.is::<Hopeless>() => {
                count(kind, "given-up");
                tracing::warn!(job.id = %id, job.kind = kind, "{kind} is given up: {error:#}");
                self.store.give_up_job(id, &self.owner, &format!("{error:#}"), now).await
            }
            Err(error) => {
                let problem = format!("{error:#}");
                count(kind, if job.attempt >= job.attempts_max { "given-up" } else { "failed" });
                tracing::warn!(job.id = %id, job.kind = kind, job.attempt = job.attempt, "{kind} failed: {problem}");
                let retry_at = WallMs(now.0 + i64::try_from(pause_ms(job.attempt)?)?);
                self.store.fail_job(id, &self.owner, &problem, retry_at, now).await
            }
        };
        match settled {
            // The lease was lost meanwhile: somebody else does the job, and it bears being done twice.
            Err(StoreError::Conflict { .. }) => Ok(()),
            settled => Ok(settled?),
        }
    }

    fn lease_ms(&self) -> i64 {
        i64::try_from(self.config.worker.lease_ms).unwrap_or(i64::MAX)
    }
}

fn count(kind: &str, outcome: &'static str) {
    metrics::counter!("tillsight_worker_jobs_total", "kind" => kind.to_owned(), "outcome" => outcome)
        .increment(1);
}

/// Anything up to a bound that doubles with each failure (full jitter), so that what failed together does not come back
/// together.
fn pause_ms(attempt: u32) -> Result<u64, getrandom::Error> {
    let bound = FIRST_PAUSE_MS.saturating_mul(1 << attempt.saturating_sub(1).min(30)).min(LONGEST_PAUSE_MS);
    Ok(FIRST_PAUSE_MS / 10 + getrandom::u64()? % bound)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn pauses_grow_and_stay_bounded() {
        for attempt in 1..100 {
            let pause = pause_ms(attempt).unwrap();
            let bound = FIRST_PAUSE_MS.saturating_mul(1 << (attempt - 1).min(30)).min(LONGEST_PAUSE_MS);
            assert!(
                (FIRST_PAUSE_MS / 10..bound + FIRST_PAUSE_MS / 10).contains(&pause),
                "{attempt}: {pause}"
            );
        }
    }
}
