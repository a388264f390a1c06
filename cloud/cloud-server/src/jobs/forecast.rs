//! A run of forecasts: what is common to all series is learnt by one job, shards are forecast by as many workers as there are, and
//! each store's orders are proposed and its forecasts are summed up at the end.

use std::sync::{Arc, Mutex, PoisonError};

use anyhow::Context as _;
use bytes::Bytes;
use cloud_store::{ForecastRun, ForecastRunId, ForecastRunState, Hash, LeasedJob, NewJob, StoreError};
use domain::ids::StoreId;
use sha2::{Digest as _, Sha256};
use uuid::Uuid;

use super::{FORECAST_SHARD, Hopeless, PROPOSE_ORDERS, TOTAL_FORECASTS, Worker, job};
use crate::blobs::BlobName;
use crate::demand::days::number_of;
use crate::demand::learning::{self, Learnt};
use crate::demand::{proposing, shards, totals};
use crate::roles::now;

/// What was learnt last: the shards of a run follow each other, and all need the same.
#[derive(Default)]
pub struct LearntLast(Mutex<Option<(Hash, Arc<Learnt>)>>);

/// Cuts a run into shards, after learning what is common to all series. Done twice, the shards of the first time count.
pub(super) async fn begin(worker: &Worker, job: &LeasedJob) -> anyhow::Result<()> {
    let Some(run) = run_of(worker, job, subject(job)?).await? else { return Ok(()) };
    if run.state != ForecastRunState::Planned {
        return Ok(());
    }
    let (store, settings, org) = (&worker.store, &worker.config.forecast, &job.org);
    let shards = learning::shards(store, org, settings.shard_series).await?;
    let learnt = learning::learn(store, org, &shards, number_of(run.run.first_day), settings).await?;
    let bytes = Bytes::from(learnt.to_bytes()?);
    let hash: Hash = Sha256::digest(&bytes).into();
    worker.blobs.put(&BlobName::of_demand(org, &hash), bytes).await?;
    let now = now();
    let part = |number: u32| super::job(FORECAST_SHARD, &format!("{}/{number}", run.run.id), now);
    store.plan_forecast_run(org, run.run.id, Some(&hash), &shards, &part, now).await?;
    worker.wake_forecasters.notify_one();
    tracing::info!(run.id = %run.run.id, shards = shards.len(), "a forecast begins in {} parts", shards.len());
    Ok(())
}

/// Forecasts a shard of a run.
pub(super) async fn shard(worker: &Worker, job: &LeasedJob) -> anyhow::Result<()> {
    let (id, number) = subject(job)?.split_once('/').context("the job names no shard")?;
    let Some(run) = run_of(worker, job, id).await? else { return Ok(()) };
    let number = number.parse().context("the job names no shard")?;
    let (store, org) = (&worker.store, &job.org);
    let shard = store.forecast_shard(org, run.run.id, number).await?;
    if shard.done_at.is_some() {
        return Ok(());
    }
    let hash = run.model.ok_or_else(|| Hopeless("the run has no model: ask for another".to_owned()))?;
    let learnt = worker.learnt(org, hash).await?;
    let made = shards::forecast(store, org, &run.run, &shard, learnt, &worker.config.forecast).await?;
    metrics::counter!("tillsight_forecasts_total").increment(made.len() as u64);
    let then = follow_up(worker, &run, org).await?;
    if store.finish_forecast_shard(org, &run.run, &shard, &made, &then, now()).await? {
        worker.wake_forecasters.notify_one();
        tracing::info!(run.id = %run.run.id, series = run.series, "{} series are forecast", run.series);
    }
    Ok(())
}

/// Proposes what a store should order.
pub(super) async fn propose(worker: &Worker, job: &LeasedJob) -> anyhow::Result<()> {
    let (id, shop) = subject(job)?.split_once('/').context("the job names no store")?;
    let Some(run) = run_of(worker, job, id).await? else { return Ok(()) };
    let shop = StoreId::new(shop).context("the job names no store")?;
    let shop = worker.store.store(&job.org, &shop).await?;
    proposing::propose(&worker.store, &shop, &run, worker.config.forecast.proposal_ms()).await
}

/// Sums up what a store is expected to sell.
pub(super) async fn total(worker: &Worker, job: &LeasedJob) -> anyhow::Result<()> {
    let (id, shop) = subject(job)?.split_once('/').context("the job names no store")?;
    let Some(run) = run_of(worker, job, id).await? else { return Ok(()) };
    let shop = StoreId::new(shop).context("the job names no store")?;
    let shop = worker.store.store(&job.org, &shop).await?;
    totals::total(&worker.store, &shop, &run.run, &worker.config.forecast).await
}

/// What follows from a run that is done: for each store proposals, where they are wanted, and then the sums, for which nobody waits.
async fn follow_up(
    worker: &Worker,
    run: &ForecastRun,
    org: &domain::ids::OrgId,
) -> anyhow::Result<Vec<NewJob>> {
    let now = now();
    let stores = worker.store.stores(org).await?;
    let kinds = [(PROPOSE_ORDERS, worker.config.forecast.proposals), (TOTAL_FORECASTS, true)];
    let wanted = kinds.into_iter().filter(|(_, wanted)| *wanted);
    let jobs = wanted.flat_map(|(kind, _)| {
        stores.iter().map(move |shop| job(kind, &format!("{}/{}", run.run.id, shop.id), now))
    });
    Ok(jobs.collect())
}

fn subject(job: &LeasedJob) -> anyhow::Result<&str> {
    std::str::from_utf8(&job.payload).context("the job names no run")
}

/// The run that a job is about; `None` where it is forgotten.
async fn run_of(worker: &Worker, job: &LeasedJob, id: &str) -> anyhow::Result<Option<ForecastRun>> {
    let id = ForecastRunId(Uuid::parse_str(id).context("the job names no run")?);
    match worker.store.forecast_run(&job.org, id).await {
        Ok(run) => Ok(Some(run)),
        Err(StoreError::NotFound { .. }) => Ok(None),
        Err(error) => Err(error.into()),
    }
}

impl Worker {
    /// What was learnt for a run; its content tells whether it is what was written.
    async fn learnt(&self, org: &domain::ids::OrgId, hash: Hash) -> anyhow::Result<Arc<Learnt>> {
        let held = self.learnt.0.lock().unwrap_or_else(PoisonError::into_inner).clone();
        if let Some((_, learnt)) = held.filter(|(of, _)| *of == hash) {
            return Ok(learnt);
        }
        let bytes = self.blobs.get(&BlobName::of_demand(org, &hash)).await?;
        if Sha256::digest(&bytes)[..] != hash {
            let problem = "what was learnt has changed since it was written: ask for another run";
            return Err(Hopeless(problem.to_owned()).into());
        }
        let learnt = Arc::new(Learnt::from_bytes(&bytes)?);
        *self.learnt.0.lock().unwrap_or_else(PoisonError::into_inner) = Some((hash, Arc::clone(&learnt)));
        Ok(learnt)
    }
}
