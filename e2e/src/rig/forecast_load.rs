//! How many series a second workers forecast that share the work of one run through PostgreSQL.
//!
//! Stores are filled with a year and more of sales, through the same door as a till's. For each number of workers as many processes
//! are started, one run is asked for, and the time is taken from when its shards are known (what is common to all series has been learnt by
//! then, by one worker) to when the last one is done. Every run has to come to the same figures, whoever made which part of them, and so
//! have the sums of stores and categories that follow it.

use std::path::Path;
use std::time::{Duration, Instant};

use anyhow::{bail, ensure};
use cloud_server::jobs::{RUN_FORECAST, TOTAL_FORECASTS, job};
use cloud_server::roles::now;
use cloud_store::{
    Actor, ForecastRun, ForecastRunId, ForecastRunState, NewEvent, NewForecastRun, Registration, Store,
    StoreDetails, TotalLevel,
};
use domain::ids::{OrgId, SaleId, SequenceNumber, StoreId, TillId};
use domain::product::Product;
use domain::quantity::Quantity;
use domain::sale::TillRef;
use domain::time::{BusinessDay, WallMs};
use edge_daemon::clock::DayRule;
use rand::{RngExt as _, SeedableRng as _};
use rand_chacha::ChaCha8Rng;
use sha2::{Digest as _, Sha256};
use sync_core::entry::Entry;
use sync_core::{chain, sale_document};
use testkit::{build, postgres};
use uuid::Uuid;

use crate::cloud::{CloudFolder, CloudSetup, WorkerProcess};
use crate::swarm::provision;
use crate::swarm::statistics::rounded;

/// Products of each store.
const PRODUCTS: usize = 200;
/// Days that are forecast.
const AHEAD: u32 = 14;
/// How long a run may take.
const DONE_MAX: Duration = Duration::from_secs(3_600);
/// How often it is looked whether it is done.
const LOOK_EVERY: Duration = Duration::from_millis(50);
/// Sales that are taken in at once.
const BATCH: usize = 30;
/// What the figures are extrapolated to.
const MANY: f64 = 1_000_000.0;
const DAY_MS: i64 = 86_400_000;

/// What is to be measured.
#[derive(Debug, Clone)]
pub struct Plan {
    /// How many processes share the work, one number after another.
    pub workers: Vec<u32>,
    /// Series (a product in a store), rounded up to whole stores.
    pub series: usize,
    /// Days of history.
    pub days: u32,
    /// Whether one of two workers is killed in a run of its own, and another takes its place; and both of them once more, while they sum up.
    pub kill: bool,
    /// What sales are drawn by.
    pub seed: u64,
}

/// What came of one number of workers.
#[derive(Debug, serde::Serialize)]
pub struct Shared {
    /// Processes.
    pub workers: u32,
    /// What one of them took to learn what is common to all series, and to write the shards down.
    pub learning_s: f64,
    /// From then to the end of the last shard.
    pub forecasting_s: f64,
    /// Series by that time.
    pub series_per_s: f64,
    /// Against the first number of workers.
    pub speed_up: f64,
    /// What a million series would take these workers on this machine, in minutes, without learning.
    pub million_minutes: f64,
}

/// What came of it.
#[derive(Debug, serde::Serialize)]
pub struct Report {
    /// Processors of the machine.
    pub processors: usize,
    /// Series.
    pub series: usize,
    /// Stores.
    pub stores: usize,
    /// Days of history of each.
    pub days: u32,
    /// Lines of sales that were taken in.
    pub lines: usize,
    /// For each number of workers.
    pub shared: Vec<Shared>,
    /// Series that are better forecast than by repeating the last week, of those where that could be measured.
    pub better_than_naive: f64,
    /// Whether every run came to the same figures, the one with a killed worker too, and forecast every series.
    pub same: bool,
}

/// Measures; needs an empty folder.
pub fn run(plan: &Plan, folder: &Path) -> anyhow::Result<Report> {
    ensure!(plan.series > 0 && plan.days >= 56, "ask for at least one series, and eight weeks of sales");
    ensure!(plan.workers.iter().all(|workers| (1..=64).contains(workers)), "ask for 1 to 64 workers");
    let postgres = postgres::start_durable().map_err(|missing| anyhow::anyhow!("{missing}"))?;
    let setup = CloudSetup {
        data: folder.join("cloud"),
        models: folder.join("models"),
        database: Some(postgres.create_database()?),
        port: None,
        broker: None,
    };
    let prepared = CloudFolder::prepare(&setup)?;
    prepared.add_settings(
        "[forecast]\nnightly = false\nproposals = false\nworkers = 1\nshard_series = 50\n\
         [worker]\nlisten = \"\"\npoll_ms = 100\nlease_ms = 5000\n",
    )?;
    let runtime = tokio::runtime::Builder::new_multi_thread().worker_threads(2).enable_all().build()?;
    runtime.block_on(measure(plan, &prepared))
}

async fn measure(plan: &Plan, prepared: &CloudFolder) -> anyhow::Result<Report> {
    let (store, org) = (provision::database(prepared).await?, provision::org()?);
    let shops = plan.series.div_ceil(PRODUCTS);
    let first_day = today();
    let lines = fill(&store, &org, plan, shops, first_day).await?;
    let (mut shared, mut seen): (Vec<Shared>, Vec<[u8; 32]>) = (Vec::new(), Vec::new());
    for workers in &plan.workers {
        let started: Vec<WorkerProcess> =
            (0..*workers).map(|number| prepared.start_worker(number)).collect::<anyhow::Result<_>>()?;
        let (learning, forecasting, series) = one_run(&store, &org, first_day, started, None).await?;
        ensure!(series == shops * PRODUCTS, "{series} series were planned");
        let rate = series as f64 / forecasting.as_secs_f64();
        let first = shared.first().map_or(rate, |one| one.series_per_s);
        shared.push(Shared {
            workers: *workers,
            learning_s: rounded(learning.as_secs_f64()),
            forecasting_s: rounded(forecasting.as_secs_f64()),
            series_per_s: rounded(rate),
            speed_up: rounded(rate / first),
            million_minutes: rounded(MANY / rate / 60.0),
        });
        seen.push(figures(&store, &org, shops).await?);
        eprintln!("{workers} workers: {rate:.1} series a second");
    }
    if plan.kill {
        let started = vec![prepared.start_worker(0)?, prepared.start_worker(1)?];
        one_run(&store, &org, first_day, started, Some(prepared)).await?;
        seen.push(figures(&store, &org, shops).await?);
        eprintln!("workers were killed in the run and in its sums, and others took their places");
    }
    Ok(Report {
        processors: std::thread::available_parallelism()?.get(),
        series: shops * PRODUCTS,
        stores: shops,
        days: plan.days,
        lines,
        shared,
        better_than_naive: rounded(better(&store, &org, shops).await?),
        same: seen.windows(2).all(|two| two[0] == two[1]),
    })
}

/// Asks for a run and waits for it; gives how long learning took, how long the rest, and the series. With `killing` the first worker is
/// killed when a third of the shards is done, and another is started; while sums are made all of them are.
async fn one_run(
    store: &Store,
    org: &OrgId,
    first_day: i64,
    mut workers: Vec<WorkerProcess>,
    killing: Option<&CloudFolder>,
) -> anyhow::Result<(Duration, Duration, usize)> {
    let id = ForecastRunId(Uuid::now_v7());
    let run = NewForecastRun { id, nightly: false, first_day: day_of(first_day)?, days: AHEAD };
    let by = Actor::System("rig".to_owned());
    let begun = Instant::now();
    store.begin_forecast_run(org, &run, &job(RUN_FORECAST, &id.to_string(), now()), &by, now()).await?;
    let (mut planned, mut killed) = (None, false);
    loop {
        let ForecastRun { state, series, shards, shards_done, .. } = store.forecast_run(org, id).await?;
        if let Some(prepared) = killing.filter(|_| !killed && shards > 0 && shards_done * 3 >= shards) {
            workers[0] = prepared.start_worker(2)?;
            killed = true;
        }
        if state != ForecastRunState::Planned && planned.is_none() {
            planned = Some(begun.elapsed());
        }
        if state == ForecastRunState::Done {
            let (learning, all) = (planned.unwrap_or_default(), begun.elapsed());
            sum_up(store, &mut workers, killing).await?;
            return Ok((learning, all - learning, usize::try_from(series)?));
        }
        if begun.elapsed() > DONE_MAX {
            bail!("the run was not done in {} s", DONE_MAX.as_secs());
        }
        if let Some(dead) = store.dead_jobs(org, 1).await?.first() {
            bail!("`{}` was given up: {}", dead.kind, dead.problem);
        }
        workers.iter_mut().try_for_each(WorkerProcess::check_alive)?;
        tokio::time::sleep(LOOK_EVERY).await;
    }
}

/// Waits for the sums that follow a run, which would take the next run's time. With `killing` every worker is killed as soon as one is at
/// work on them, and another is started in its place.
async fn sum_up(
    store: &Store,
    workers: &mut [WorkerProcess],
    mut killing: Option<&CloudFolder>,
) -> anyhow::Result<()> {
    let begun = Instant::now();
    while store.has_open_job(TOTAL_FORECASTS).await? {
        ensure!(begun.elapsed() < DONE_MAX, "the sums were not made in {} s", DONE_MAX.as_secs());
        let at_work = store.running_jobs(TOTAL_FORECASTS).await? > 0;
        if let Some(prepared) = killing.take_if(|_| at_work) {
            for (worker, number) in workers.iter_mut().zip(3..) {
                *worker = prepared.start_worker(number)?;
            }
        }
        tokio::time::sleep(LOOK_EVERY).await;
    }
    ensure!(killing.is_none(), "all sums were made before a worker could be killed");
    Ok(())
}

/// Makes stores, products and sales; gives back how many lines were sold.
async fn fill(
    store: &Store,
    org: &OrgId,
    plan: &Plan,
    shops: usize,
    first_day: i64,
) -> anyhow::Result<usize> {
    let products: Vec<Product> =
        (0..PRODUCTS).map(|number| build::piece(&format!("p-{number:03}"), 100 + number as i64)).collect();
    for product in &products {
        let event = NewEvent { topic: "rig".to_owned(), key: product.id.to_string(), payload: Vec::new() };
        let product = product.clone();
        let registration = Registration { product, category: None, photos: Vec::new(), event, job: None };
        store.register_product(org, &registration, now()).await?;
    }
    let template = store.store(org, &provision::store_id()?).await?.details;
    let mut lines = 0;
    for shop in 0..shops {
        let id = if shop == 0 { provision::store_id()? } else { StoreId::new(&format!("shop-{shop:03}"))? };
        if shop > 0 {
            let details = StoreDetails { name: id.to_string(), ..template.clone() };
            store.create_store(org, &id, &details, now()).await?;
        }
        let till = TillRef { org: org.clone(), store: id, till: TillId::new("till-1")? };
        store.create_till(&till, "Till", now()).await?;
        let mut sales = Sales::of(plan, shop as u64, till);
        let days: Vec<i64> = (first_day - i64::from(plan.days)..first_day).collect();
        for some in days.chunks(BATCH) {
            let entries: Vec<Entry> =
                some.iter().map(|day| sales.on(*day, &products)).collect::<anyhow::Result<_>>()?;
            let till = sales.till.clone();
            tokio::select! {
                () = store.run_ingest(std::future::pending()) => bail!("nobody stopped the writer"),
                taken = store.ingest(&till, entries, now()) => drop(taken?),
            }
        }
        lines += sales.lines;
    }
    eprintln!("filled {shops} stores with {lines} lines of sales");
    Ok(lines)
}

/// A till's sales: one a day, of all that is sold that day.
struct Sales {
    till: TillRef,
    rng: ChaCha8Rng,
    hash: [u8; 32],
    sequence: u64,
    lines: usize,
}

impl Sales {
    fn of(plan: &Plan, shop: u64, till: TillRef) -> Self {
        let rng = ChaCha8Rng::seed_from_u64(plan.seed.wrapping_mul(1_000_003).wrapping_add(shop));
        Self { hash: chain::genesis(&till), till, rng, sequence: 0, lines: 0 }
    }

    /// The sale of a day. A quarter of the products sells seldom; the others have a week, a year and a level of their own.
    fn on(&mut self, day: i64, products: &[Product]) -> anyhow::Result<Entry> {
        let weekday = (day + 3).rem_euclid(7) as f64;
        let mut items = Vec::new();
        for (number, product) in products.iter().enumerate() {
            let level = 2.0 + (number % 50) as f64;
            let week = 1.0 + 0.4 * ((weekday + (number % 7) as f64) * 0.897_6).sin();
            let year = 1.0 + 0.2 * (day as f64 * 0.017_202 + number as f64).sin();
            let noise = self.rng.random_range(0.6..1.4);
            let seldom = number % 4 == 0;
            let sold = if seldom && !self.rng.random_bool(0.2) { 0.0 } else { level * week * year * noise };
            if sold >= 0.5 {
                items.push((product, Quantity::Pieces(sold.round() as u32)));
            }
        }
        self.lines += items.len();
        self.sequence += 1;
        let mut sale = build::sale(self.sequence, &items);
        sale.id = SaleId(Uuid::now_v7());
        sale.till = self.till.clone();
        sale.business_day = day_of(day)?;
        sale.completed_at = WallMs(day * DAY_MS + DAY_MS / 2);
        sale.started_at = sale.completed_at;
        for tender in &mut sale.tenders {
            tender.payment.0 = Uuid::now_v7();
        }
        let payload = sale_document::encode(&sale);
        let entry = Entry::chained(SequenceNumber(self.sequence), sale.id, self.hash, payload);
        self.hash = entry.hash;
        Ok(entry)
    }
}

/// What all forecasts of all stores come to, in one number.
async fn figures(store: &Store, org: &OrgId, shops: usize) -> anyhow::Result<[u8; 32]> {
    let mut hash = Sha256::new();
    for shop in store.stores(org).await? {
        let found = store.forecasts(org, &shop.id, None, PRODUCTS as u32 + 1).await?;
        ensure!(found.len() == PRODUCTS, "{} series of `{}` are forecast", found.len(), shop.id);
        for one in found {
            hash.update(one.forecast.product.as_str());
            hash.update(&one.forecast.method);
            one.forecast.figures.iter().for_each(|figure| hash.update(figure.to_le_bytes()));
        }
        let whole = store.forecast_totals(org, &shop.id, TotalLevel::Store, None, 2).await?;
        ensure!(whole.len() == 1, "`{}` is summed up {} times", shop.id, whole.len());
        let figures = whole.iter().flat_map(|sum| sum.total.figures.iter().chain(&sum.total.own));
        figures.for_each(|figure| hash.update(figure.to_le_bytes()));
    }
    ensure!(shops > 0, "there is no store");
    Ok(hash.finalize().into())
}

async fn better(store: &Store, org: &OrgId, shops: usize) -> anyhow::Result<f64> {
    let (mut better, mut measured) = (0.0, 0.0);
    for shop in store.stores(org).await?.into_iter().take(shops) {
        for one in store.forecasts(org, &shop.id, None, PRODUCTS as u32).await? {
            let Some((mase, naive)) = one.forecast.mase.zip(one.forecast.mase_naive) else { continue };
            measured += 1.0;
            better += f64::from(u8::from(mase < naive));
        }
    }
    ensure!(measured > 0.0, "no forecast could be measured");
    Ok(better / measured)
}

fn today() -> i64 {
    now().0.div_euclid(DAY_MS)
}

/// A day counted from 1970-01-01.
fn day_of(number: i64) -> anyhow::Result<BusinessDay> {
    Ok(DayRule::new("UTC", 0)?.day_of(WallMs(number * DAY_MS)))
}
