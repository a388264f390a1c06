//! How long a change of every price takes from the cloud to the last of many tills that are connected.
//!
//! REST changes one product at a time; a chain's price list takes effect as prices that are due do, in one transaction. So
//! the rig writes the list beside the server, lets it take effect, and asks for the catalogue to be published; the server
//! does the rest. Times count from the beginning of that transaction.

use std::path::Path;
use std::sync::Arc;
use std::sync::atomic::Ordering;
use std::time::{Duration, Instant};

use anyhow::{Context as _, ensure};
use cloud_server::jobs::{PUBLISH_CATALOGUE, job};
use cloud_server::products::event::product_upsert;
use cloud_server::roles::now;
use cloud_store::{Actor, Registration, Store};
use domain::ids::{Generation, OrgId};
use domain::money::Money;
use domain::product::Product;
use domain::quantity::UnitPrice;
use domain::time::WallMs;
use futures_util::stream::{StreamExt as _, TryStreamExt as _, iter};
use testkit::postgres::{self, Postgres};

use super::ingest::Database;
use crate::cloud::{CloudClient, CloudFolder, CloudProcess, CloudSetup};
use crate::swarm::fleet::Swarm;
use crate::swarm::follower::{Shelf, Taken};
use crate::swarm::limits::allow_connections;
use crate::swarm::statistics::{milliseconds, quantile, rounded};
use crate::swarm::{provision, sales};

/// How long the cloud may take to be ready, all tills to connect, and a change to reach the last till.
const READY_MAX: Duration = Duration::from_secs(60);
const CONNECTED_MAX: Duration = Duration::from_secs(300);
const REACHED_MAX: Duration = Duration::from_secs(600);
/// Requests to the database that are under way at once.
const AT_ONCE: usize = 8;
/// When the new prices count from: so far ahead that the server's own worker does not take them up, for the measurement says when.
const EFFECTIVE: WallMs = WallMs(4_102_444_800_000);

/// What is to be measured.
#[derive(Debug, Clone, Copy)]
pub struct Plan {
    /// Where the truth is.
    pub database: Database,
    /// Tills.
    pub tills: usize,
    /// How often all prices change.
    pub changes: u32,
    /// Products.
    pub products: usize,
    /// What waits are drawn by.
    pub seed: u64,
}

/// What came of it. Lists have one value for each change.
#[derive(Debug, Default, serde::Serialize)]
pub struct Report {
    /// `sqlite` or `postgres`.
    pub database: &'static str,
    /// Tills that are connected.
    pub tills: usize,
    /// Products, each with a new price in each change.
    pub products: usize,
    /// How long the transaction took that changes the prices.
    pub committed_ms: Vec<f64>,
    /// Until the difference had arrived at the first till.
    pub first_arrived_ms: Vec<f64>,
    /// At half of the tills.
    pub median_arrived_ms: Vec<f64>,
    /// At the last till.
    pub last_arrived_ms: Vec<f64>,
    /// Until the first till sold at the new prices.
    pub first_applied_ms: Vec<f64>,
    /// Half of the tills.
    pub median_applied_ms: Vec<f64>,
    /// The last till.
    pub last_applied_ms: Vec<f64>,
    /// The last till, in the change that took longest.
    pub slowest_applied_ms: f64,
    /// The last till, if each had computed at once when the difference had arrived, as on a processor of its own.
    pub last_without_queue_ms: Vec<f64>,
    /// How long one till computes for it. They compute a few at a time on this machine, each on its own in a shop.
    pub median_applying_ms: Vec<f64>,
    /// What each till pulled, the median, without what HTTP/2 and TLS add.
    pub median_pulled_bytes: Vec<u64>,
    /// What the till pulled that pulled most.
    pub most_pulled_bytes: Vec<u64>,
    /// The first, whole catalogue.
    pub whole_catalogue_bytes: u64,
    /// Pulls that failed and were tried again.
    pub failed_pulls: usize,
    /// Connections that were lost.
    pub lost_connections: u64,
    /// Every change reached every till, which checked that it is what was signed.
    pub ok: bool,
}

/// Measures; needs an empty folder.
pub fn run(plan: Plan, folder: &Path) -> anyhow::Result<Report> {
    ensure!(
        plan.tills > 0 && plan.changes > 0 && plan.products > 0,
        "tills, changes and products begin at 1"
    );
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
        database: address,
        port: None,
        broker: None,
    };
    let runtime = tokio::runtime::Builder::new_multi_thread().worker_threads(2).enable_all().build()?;
    runtime.block_on(measure(plan, &setup))
}

async fn measure(plan: Plan, setup: &CloudSetup) -> anyhow::Result<Report> {
    let prepared = CloudFolder::prepare(setup)?;
    let store = provision::database(&prepared).await?;
    let shop = Shop { org: provision::org()?, store, products: sales::assortment(plan.products) };
    shop.register().await?;
    shop.publish().await?;
    let identities = provision::tills(&prepared, &shop.store, plan.tills).await?;
    eprintln!("made {} products and {} tills", plan.products, plan.tills);
    let mut cloud = prepared.start()?;
    CloudClient::sign_in(cloud.gateway, READY_MAX).await?;
    let swarm = Swarm::start(identities, plan.seed)?;
    let turns = std::thread::available_parallelism()?.get();
    let shelf = Arc::new(Shelf::new(turns));
    swarm.follow(&shelf);
    let mut report = Report {
        database: match plan.database {
            Database::Sqlite => "sqlite",
            Database::Postgres => "postgres",
        },
        tills: plan.tills,
        products: plan.products,
        ..Report::default()
    };
    let changed = change_all(plan, &shop, &swarm, &shelf, &mut report).await;
    let reasons = shelf.failures();
    if let Some(reason) = reasons.last() {
        eprintln!("the last pull that failed did so because {reason}");
    }
    if let Some(reason) = swarm.floor.last_loss() {
        eprintln!("the last connection was lost because {reason}");
    }
    changed.with_context(|| format!("the cloud's log ends with\n{}", cloud.log_tail()))?;
    (report.failed_pulls, report.lost_connections) =
        (reasons.len(), swarm.floor.lost.load(Ordering::Relaxed));
    close(&swarm, &mut cloud).await?;
    cloud.stop()?;
    shop.store.close().await;
    report.slowest_applied_ms = report.last_applied_ms.iter().copied().fold(0.0, f64::max);
    report.ok = true;
    Ok(report)
}

async fn close(swarm: &Swarm, cloud: &mut CloudProcess) -> anyhow::Result<()> {
    swarm.stop().await?;
    cloud.check_alive()
}

/// Waits for the catalogue as it was, then changes it again and again.
async fn change_all(
    plan: Plan,
    shop: &Shop,
    swarm: &Swarm,
    shelf: &Shelf,
    report: &mut Report,
) -> anyhow::Result<()> {
    swarm.wait_until_connected(CONNECTED_MAX).await?;
    eprintln!("all are connected");
    reached(swarm, shelf, &shop.products).await?;
    eprintln!("all have the first catalogue");
    report.whole_catalogue_bytes = shelf.taken().first().map_or(0, |taken| taken.pulled_bytes);
    let mut products = shop.products.clone();
    for change in 1..=plan.changes {
        for product in &mut products {
            product.price.amount = Money::new(product.price.amount.minor + 1, sales::currency());
        }
        shop.schedule(&products).await?;
        let began = Instant::now();
        shop.let_take_effect().await?;
        report.committed_ms.push(elapsed_ms(began, Instant::now()));
        shop.publish().await?;
        let generation = reached(swarm, shelf, &products).await?;
        note(report, shelf, generation, began);
        shelf.forget_before(generation);
        eprintln!(
            "change {change} of {}: the last till after {} ms",
            plan.changes,
            report.last_applied_ms.last().copied().unwrap_or_default()
        );
    }
    Ok(())
}

/// Waits until every till sells these products at these prices; gives the generation.
async fn reached(swarm: &Swarm, shelf: &Shelf, products: &[Product]) -> anyhow::Result<Generation> {
    let mut found = None;
    let look = || {
        if found.is_none() {
            let newest = shelf.taken().iter().map(|taken| taken.generation).max();
            found = newest.filter(|newest| sells(shelf, *newest, products));
        }
        let there = found.map_or(0, |generation| shelf.count(generation));
        (there == swarm.tills.len(), format!("{there} of {} tills have it", swarm.tills.len()))
    };
    swarm.wait("every till to sell at the new prices", REACHED_MAX, look).await?;
    found.context("it was found, or there would have been no end")
}

fn sells(shelf: &Shelf, generation: Generation, products: &[Product]) -> bool {
    shelf.content(generation).is_some_and(|content| {
        let has = |product: &Product| {
            content.catalogue.product(&product.id).is_some_and(|sold| sold.price == product.price)
        };
        products.iter().all(has)
    })
}

fn note(report: &mut Report, shelf: &Shelf, generation: Generation, began: Instant) {
    let taken: Vec<Taken> =
        shelf.taken().into_iter().filter(|taken| taken.generation == generation).collect();
    let sorted = |value: fn(&Taken, Instant) -> u64| {
        let mut values: Vec<u64> = taken.iter().map(|taken| value(taken, began)).collect();
        values.sort_unstable();
        values
    };
    let arrived = sorted(|taken, began| micros(taken.arrived.saturating_duration_since(began)));
    let applied = sorted(|taken, began| micros(taken.applied.saturating_duration_since(began)));
    let alone =
        sorted(|taken, began| micros(taken.arrived.saturating_duration_since(began) + taken.applying));
    let applying = sorted(|taken, _| micros(taken.applying));
    let bytes = sorted(|taken, _| taken.pulled_bytes);
    report.first_arrived_ms.push(milliseconds(quantile(&arrived, 0.0)));
    report.median_arrived_ms.push(milliseconds(quantile(&arrived, 0.5)));
    report.last_arrived_ms.push(milliseconds(quantile(&arrived, 1.0)));
    report.first_applied_ms.push(milliseconds(quantile(&applied, 0.0)));
    report.median_applied_ms.push(milliseconds(quantile(&applied, 0.5)));
    report.last_applied_ms.push(milliseconds(quantile(&applied, 1.0)));
    report.last_without_queue_ms.push(milliseconds(quantile(&alone, 1.0)));
    report.median_applying_ms.push(milliseconds(quantile(&applying, 0.5)));
    report.median_pulled_bytes.push(quantile(&bytes, 0.5));
    report.most_pulled_bytes.push(quantile(&bytes, 1.0));
}

fn micros(time: Duration) -> u64 {
    u64::try_from(time.as_micros()).unwrap_or(u64::MAX)
}

fn elapsed_ms(from: Instant, to: Instant) -> f64 {
    rounded((to - from).as_secs_f64() * 1000.0)
}

/// What the chain sells, as its office changes it.
struct Shop {
    org: OrgId,
    store: Store,
    products: Vec<Product>,
}

impl Shop {
    /// Puts all products into the cloud.
    async fn register(&self) -> anyhow::Result<()> {
        let register = |product: &Product| {
            let now = now();
            let registration = Registration {
                product: product.clone(),
                category: None,
                photos: Vec::new(),
                event: product_upsert(product, None, now).event,
                job: None,
            };
            async move { anyhow::Ok(self.store.register_product(&self.org, &registration, now).await?) }
        };
        iter(&self.products).map(register).buffered(AT_ONCE).try_for_each(|_| async { Ok(()) }).await
    }

    /// Says what all products are going to cost.
    async fn schedule(&self, products: &[Product]) -> anyhow::Result<()> {
        let by = Actor::System("swarm".to_owned());
        let schedule = |product: &Product| {
            let (id, price, by) = (product.id.clone(), product.price, by.clone());
            async move { self.schedule_one(&id, &price, &by).await }
        };
        iter(products).map(schedule).buffered(AT_ONCE).try_for_each(|()| async { Ok(()) }).await
    }

    async fn schedule_one(
        &self,
        product: &domain::ids::ProductId,
        price: &UnitPrice,
        by: &Actor,
    ) -> anyhow::Result<()> {
        Ok(self.store.schedule_price(&self.org, product, price, EFFECTIVE, by, now()).await?)
    }

    /// All prices that were said take effect in one transaction.
    async fn let_take_effect(&self) -> anyhow::Result<()> {
        let (now, all) = (now(), u32::try_from(self.products.len())?);
        let event =
            |_: &OrgId, stored: &cloud_store::StoredProduct| product_upsert(&stored.product, None, now).event;
        let changed = self.store.apply_due_prices(EFFECTIVE, all, &event).await?;
        ensure!(changed.len() == self.products.len(), "{} of {all} prices changed", changed.len());
        Ok(())
    }

    /// Asks the server for a generation of what is there now.
    async fn publish(&self) -> anyhow::Result<()> {
        let now = now();
        self.store.add_job(&self.org, &job(PUBLISH_CATALOGUE, self.org.as_str(), now), now).await?;
        Ok(())
    }
}
