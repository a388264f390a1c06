//! How many sales a second the cloud takes in, how long a till waits for an ack at half of that, and whether everything
//! arrived once.
//!
//! First every till always has a backlog, and acks are counted. Then sales arrive at random, at half of that rate, whether
//! the cloud keeps up or not; the time from the arrival of a sale to its ack is measured. On PostgreSQL what was written is
//! then written once more by `pgbench` ([`super::pgbench`]).

use std::path::Path;
use std::sync::atomic::Ordering;
use std::time::{Duration, Instant};

use anyhow::{Context as _, ensure};
use clap::ValueEnum;
use domain::time::WallMs;
use edge_daemon::clock::wall;
use testkit::postgres::{self, Postgres};

use super::pgbench;
use crate::cloud::{CloudClient, CloudFolder, CloudProcess, CloudSetup};
use crate::swarm::arrivals::Arrivals;
use crate::swarm::books::{self, Books};
use crate::swarm::fleet::Swarm;
use crate::swarm::limits::{allow_connections, cpu_ms};
use crate::swarm::statistics::{Spread, rounded};
use crate::swarm::{provision, sales};

/// How long the cloud may take to be ready, all tills to connect, and the last sale to be acked.
const READY_MAX: Duration = Duration::from_secs(60);
const CONNECTED_MAX: Duration = Duration::from_secs(120);
const ACKED_MAX: Duration = Duration::from_secs(300);
/// What runs before it is counted: connections, statements and pages that are used for the first time.
const WARM_UP: Duration = Duration::from_secs(3);

/// Where the cloud keeps its truth.
#[derive(Debug, Clone, Copy, PartialEq, Eq, ValueEnum)]
pub enum Database {
    /// A file of its own.
    Sqlite,
    /// A private PostgreSQL that has every commit on the disk before it answers.
    Postgres,
}

/// What is to be measured.
#[derive(Debug, Clone, Copy)]
pub struct Plan {
    /// Where the truth is.
    pub database: Database,
    /// Tills.
    pub tills: usize,
    /// How long each of the two loads lasts.
    pub seconds: u64,
    /// Sales of each till that wait for acks while the most is measured.
    pub backlog: usize,
    /// What arrivals are drawn by.
    pub seed: u64,
}

/// What came of it.
#[derive(Debug, Default, serde::Serialize)]
pub struct Report {
    /// `sqlite` or `postgres`.
    pub database: &'static str,
    /// Tills.
    pub tills: usize,
    /// Lines of each sale.
    pub lines_per_sale: usize,
    /// How long each load lasted.
    pub seconds: u64,
    /// Sales of each till that waited for acks in the first load.
    pub backlog_per_till: usize,
    /// The most: acks a second with a backlog at every till.
    pub closed_sales_per_s: f64,
    /// How long acks took then.
    pub closed_ack_p50_ms: f64,
    /// One in a hundred took longer.
    pub closed_ack_p99_ms: f64,
    /// Processor time of the cloud's process for each sale, without the database's where that is another process.
    pub closed_cloud_cpu_ms_per_sale: f64,
    /// Processor time of all simulated tills for each sale.
    pub closed_swarm_cpu_ms_per_sale: f64,
    /// Arrivals a second that were asked for: half of the most.
    pub open_wanted_sales_per_s: f64,
    /// Sales that arrived a second.
    pub open_arrived_sales_per_s: f64,
    /// From arrival to ack, half of them.
    pub open_ack_p50_ms: f64,
    /// From arrival to ack, all but one in a hundred.
    pub open_ack_p99_ms: f64,
    /// From arrival to ack, the longest.
    pub open_ack_max_ms: f64,
    /// Sales of a transaction with a backlog at every till, the median; PostgreSQL only.
    pub group_median_sales: Option<u64>,
    /// Sales that pgbench wrote, in such transactions.
    pub pgbench_sales: Option<u64>,
    /// What pgbench wrote a second.
    pub pgbench_sales_per_s: Option<f64>,
    /// The most by what pgbench wrote.
    pub ratio_to_pgbench: Option<f64>,
    /// Connections that were lost.
    pub lost_connections: u64,
    /// Answers that asked a till to wait.
    pub busy_answers: u64,
    /// Whether everything arrived once.
    #[serde(flatten)]
    pub books: Books,
}

/// Measures; needs an empty folder.
pub fn run(plan: Plan, folder: &Path) -> anyhow::Result<Report> {
    ensure!(plan.tills > 0 && plan.seconds > 0 && plan.backlog > 0, "tills, seconds and backlog begin at 1");
    allow_connections(plan.tills as u64)?;
    cloud_server::roles::install_crypto();
    let postgres = match plan.database {
        Database::Sqlite => None,
        Database::Postgres => {
            Some(postgres::start_durable().map_err(|missing| anyhow::anyhow!("{missing}"))?)
        }
    };
    let address = postgres.as_ref().map(Postgres::create_database).transpose()?;
    let setup = CloudSetup {
        data: folder.join("cloud"),
        // Nobody photographs anything here.
        models: folder.join("models"),
        database: address.clone(),
        port: None,
        broker: None,
    };
    let runtime = tokio::runtime::Builder::new_multi_thread().worker_threads(2).enable_all().build()?;
    let mut report = Report {
        database: match plan.database {
            Database::Sqlite => "sqlite",
            Database::Postgres => "postgres",
        },
        tills: plan.tills,
        lines_per_sale: sales::LINES,
        seconds: plan.seconds,
        backlog_per_till: plan.backlog,
        ..Report::default()
    };
    let window = runtime.block_on(load(plan, &setup, &mut report))?;
    if let (Some(postgres), Some(address)) = (&postgres, &address) {
        eprintln!("writing the same with pgbench");
        let reference = pgbench::run(postgres, address, window)?;
        report.group_median_sales = Some(reference.group_sales);
        report.pgbench_sales = Some(reference.sales);
        report.pgbench_sales_per_s = Some(rounded(reference.sales_per_s));
        report.ratio_to_pgbench = Some(rounded(report.closed_sales_per_s / reference.sales_per_s));
    }
    Ok(report)
}

/// Both loads, and what the cloud has after them. Gives when the first was counted.
async fn load(plan: Plan, setup: &CloudSetup, report: &mut Report) -> anyhow::Result<(WallMs, WallMs)> {
    let prepared = CloudFolder::prepare(setup)?;
    let store = provision::database(&prepared).await?;
    let identities = provision::tills(&prepared, &store, plan.tills).await?;
    eprintln!("made {} tills", plan.tills);
    let mut cloud = prepared.start()?;
    CloudClient::sign_in(cloud.gateway, READY_MAX).await?;
    let swarm = Swarm::start(identities, plan.seed)?;
    let loaded = async {
        swarm.wait_until_connected(CONNECTED_MAX).await?;
        eprintln!("all are connected");
        let window = closed_loop(plan, &swarm, &cloud, report).await?;
        eprintln!("{} sales a second with a backlog at every till", report.closed_sales_per_s);
        open_loop(plan, &swarm, report).await?;
        eprintln!("p99 of {} ms from arrival to ack at half of that", report.open_ack_p99_ms);
        anyhow::Ok(window)
    };
    let window = loaded.await.with_context(|| format!("the cloud's log ends with\n{}", cloud.log_tail()))?;
    report.lost_connections = swarm.floor.lost.load(Ordering::Relaxed);
    report.busy_answers = swarm.floor.busy.load(Ordering::Relaxed);
    if let Some(reason) = swarm.floor.last_loss() {
        eprintln!("the last connection was lost because {reason}");
    }
    swarm.stop().await?;
    cloud.check_alive()?;
    cloud.stop()?;
    report.books = books::compare(&swarm, &store).await?;
    store.close().await;
    Ok(window)
}

/// Every till always has a backlog.
async fn closed_loop(
    plan: Plan,
    swarm: &Swarm,
    cloud: &CloudProcess,
    report: &mut Report,
) -> anyhow::Result<(WallMs, WallMs)> {
    swarm.keep_backlog(plan.backlog);
    swarm.go_on_for(WARM_UP).await?;
    swarm.take_times_us();
    let (from, began, before) = (wall(), Instant::now(), swarm.acked());
    let cpu_before = (cpu_ms(cloud.id())?, cpu_ms(std::process::id())?);
    swarm.go_on_for(Duration::from_secs(plan.seconds)).await?;
    let (acked, took, until) = (swarm.acked().sales - before.sales, began.elapsed(), wall());
    let cpu_after = (cpu_ms(cloud.id())?, cpu_ms(std::process::id())?);
    let spread = Spread::of(swarm.take_times_us());
    swarm.keep_backlog(0);
    swarm.wait_until_acked(ACKED_MAX).await?;
    ensure!(acked > 0, "no sale was acked within {} s", plan.seconds);
    report.closed_sales_per_s = rounded(acked as f64 / took.as_secs_f64());
    (report.closed_ack_p50_ms, report.closed_ack_p99_ms) = (spread.p50_ms, spread.p99_ms);
    let per_sale = |after: u64, before: u64| rounded((after - before) as f64 / acked as f64);
    report.closed_cloud_cpu_ms_per_sale = per_sale(cpu_after.0, cpu_before.0);
    report.closed_swarm_cpu_ms_per_sale = per_sale(cpu_after.1, cpu_before.1);
    Ok((from, until))
}

/// Sales arrive, whether the cloud keeps up or not. A sale that is rung up late has waited since it was due.
async fn open_loop(plan: Plan, swarm: &Swarm, report: &mut Report) -> anyhow::Result<()> {
    let wanted = report.closed_sales_per_s / 2.0;
    swarm.take_times_us();
    let began = Instant::now();
    let length = Duration::from_secs(plan.seconds);
    let arrivals = Arrivals::new(wanted, swarm.tills.len(), plan.seed).take_while(|(at, _)| *at < length);
    let arrived = swarm.unless_broken(async {
        let mut arrived: u64 = 0;
        for (at, till) in arrivals {
            let due = began + at;
            if due > Instant::now() {
                tokio::time::sleep_until(due.into()).await;
            }
            swarm.tills[till].sell(due, true);
            arrived += 1;
        }
        Ok(arrived)
    });
    let arrived = arrived.await?;
    report.open_wanted_sales_per_s = rounded(wanted);
    report.open_arrived_sales_per_s = rounded(arrived as f64 / began.elapsed().as_secs_f64());
    swarm.wait_until_acked(ACKED_MAX).await?;
    let spread = Spread::of(swarm.take_times_us());
    report.open_ack_p50_ms = spread.p50_ms;
    report.open_ack_p99_ms = spread.p99_ms;
    report.open_ack_max_ms = spread.max_ms;
    Ok(())
}
