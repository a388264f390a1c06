//! Worker processes that share one run through PostgreSQL, and one that is killed in the middle of it.

use std::process::{Command, Stdio};
use std::time::{Duration, Instant};

use cloud_server::jobs::{RUN_FORECAST, job};
use cloud_server::roles::now;
use cloud_store::{
    Actor, ForecastRunId, ForecastRunState, NewEvent, NewForecast, NewForecastRun, Registration,
};
use domain::ids::{SaleId, StoreId, TillId, Uuid};
use domain::product::Product;
use domain::quantity::Quantity;
use domain::sale::TillRef;
use domain::time::BusinessDay;
use testkit::build;
use testkit::child::ChildGuard;
use testkit::postgres;

use super::support::{Cloud, Journal};

const PRODUCTS: u32 = 24;
const MONTHS: u8 = 6;
const DAYS: u8 = 28;
/// How long a run may take on a busy box.
const LIMIT: Duration = Duration::from_secs(180);

struct Fleet {
    cloud: Cloud,
    org: domain::ids::OrgId,
}

impl Fleet {
    /// A shop that sold its products for half a year; every fourth one seldom.
    async fn open(database: &str) -> Self {
        let settings = format!("[database]\nurl = {database:?}\n[worker]\nin_server = false\n");
        let cloud = Cloud::start("forecast-workers", &settings).await;
        let org = cloud.organisation("acme").await;
        let products: Vec<Product> =
            (0..PRODUCTS).map(|number| build::piece(&format!("p-{number:02}"), 100)).collect();
        for product in &products {
            let event = NewEvent { topic: "t".to_owned(), key: product.id.to_string(), payload: Vec::new() };
            let product = product.clone();
            let registration = Registration { product, category: None, photos: Vec::new(), event, job: None };
            cloud.store.register_product(&org, &registration, now()).await.unwrap();
        }
        let store = StoreId::new("main").unwrap();
        let till = TillRef { org: org.clone(), store, till: TillId::new("till-1").unwrap() };
        let (mut journal, mut number) = (Journal::new(till.clone()), 0);
        for month in 1..=MONTHS {
            let mut entries = Vec::new();
            for day in 1..=DAYS {
                number += 1;
                let sold = |place: usize| match place % 4 {
                    0 if !(number as usize + place).is_multiple_of(9) => 0,
                    _ => 3 + (number as u32 * 7 + place as u32 * 3) % (5 + place as u32),
                };
                let items: Vec<_> = products
                    .iter()
                    .enumerate()
                    .filter(|(place, _)| sold(*place) > 0)
                    .map(|(place, product)| (product, Quantity::Pieces(sold(place))))
                    .collect();
                let mut sale = build::sale(number, &items);
                sale.id = SaleId(Uuid::from_u64_pair(9, number));
                sale.business_day = BusinessDay { year: 2026, month, day };
                entries.push(journal.sold(sale));
            }
            cloud.ingest(&till, entries).await;
        }
        Self { cloud, org }
    }

    fn worker(&self) -> ChildGuard {
        let mut command = Command::new(env!("CARGO_BIN_EXE_tillsight-cloud"));
        for (name, value) in [
            ("DATA__DIR", self.cloud.config.data.dir.to_str().unwrap()),
            ("DATABASE__URL", &self.cloud.config.database.url),
            ("WORKER__LISTEN", ""),
            ("WORKER__LEASE_MS", "1000"),
            ("WORKER__POLL_MS", "50"),
            ("FORECAST__NIGHTLY", "false"),
            ("FORECAST__PROPOSALS", "false"),
            ("FORECAST__SHARD_SERIES", "2"),
            ("FORECAST__TRIALS", "2"),
        ] {
            command.env(format!("TILLSIGHT_CLOUD__{name}"), value);
        }
        ChildGuard::spawn(command.arg("worker").stdin(Stdio::null())).unwrap()
    }

    /// A run by these workers; with `kill` the first of them is killed once a third is done.
    async fn run(&self, mut workers: Vec<ChildGuard>, kill: bool) -> Vec<NewForecast> {
        let id = ForecastRunId(Uuid::now_v7());
        let first_day = BusinessDay { year: 2026, month: MONTHS, day: DAYS + 1 };
        let run = NewForecastRun { id, nightly: false, first_day, days: 14 };
        let (store, by) = (&self.cloud.store, Actor::System("test".to_owned()));
        let begin = job(RUN_FORECAST, &id.to_string(), now());
        store.begin_forecast_run(&self.org, &run, &begin, &by, now()).await.unwrap();
        let (began, count) = (Instant::now(), workers.len());
        let (mut victim, mut planned) = (kill.then(|| workers.remove(0)), None);
        loop {
            let seen = store.forecast_run(&self.org, id).await.unwrap();
            if seen.shards > 0 && planned.is_none() {
                planned = Some(Instant::now());
            }
            if seen.shards > 0
                && seen.shards_done * 3 >= seen.shards
                && let Some(victim) = victim.take()
            {
                victim.kill().unwrap();
            }
            if seen.state == ForecastRunState::Done {
                assert_eq!((seen.series, seen.shards), (u64::from(PRODUCTS), u64::from(PRODUCTS) / 2));
                break;
            }
            assert!(began.elapsed() < LIMIT, "the run is not done: {seen:?}");
            tokio::time::sleep(Duration::from_millis(20)).await;
        }
        let took = planned.map_or(Duration::ZERO, |planned| planned.elapsed());
        eprintln!("{count} workers forecast {PRODUCTS} series in {} ms", took.as_millis());
        assert_eq!(store.dead_jobs(&self.org, 10).await.unwrap(), []);
        let forecasts = store.forecasts(&self.org, &StoreId::new("main").unwrap(), None, 500).await.unwrap();
        assert!(forecasts.iter().all(|one| one.run == id), "each series is forecast by this run");
        forecasts.into_iter().map(|one| one.forecast).collect()
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn however_many_workers_share_a_run_it_comes_to_the_same() {
    let postgres = match postgres::shared() {
        Ok(postgres) => postgres,
        Err(missing) => {
            eprintln!("SKIPPED: workers that share a run, because {missing}");
            return;
        }
    };
    let fleet = Fleet::open(&postgres.create_database().unwrap()).await;
    let alone = fleet.run(vec![fleet.worker()], false).await;
    assert_eq!(alone.len(), PRODUCTS as usize);
    let together = fleet.run((0..3).map(|_| fleet.worker()).collect(), false).await;
    assert!(alone == together, "three workers come to other figures than one");
    let bereft = fleet.run(vec![fleet.worker(), fleet.worker()], true).await;
    assert!(alone == bereft, "what a killed worker had begun is done by another, and comes to the same");
    fleet.cloud.stop().await;
}
