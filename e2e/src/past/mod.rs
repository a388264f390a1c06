//! A shop with a past: what an old till sold for months, who supplies it, what is on the shelves, forecasts, and papers that have
//! just come. So somebody who looks at the cloud's page for the first time sees a shop, and not empty tables.

mod buying;
mod papers;
mod sales;

use std::path::Path;
use std::time::{Duration, Instant};

use anyhow::{Context as _, ensure};
use domain::ids::TillId;
use domain::product::Product;
use domain::sale::TillRef;
use domain::time::WallMs;
use edge_daemon::clock::{DayRule, wall};
use reqwest::Method;
use serde_json::{Value, json};
use service::tasks::Tasks;

use crate::cloud::{CloudClient, CloudProcess};
use crate::link::LinkedTill;
use crate::simulated_shop;

const DAY_MS: i64 = 86_400_000;
/// How long the cloud may take to have all sales, and to forecast.
const DRAINED_MAX: Duration = Duration::from_secs(180);
const FORECAST_MAX: Duration = Duration::from_secs(180);

/// The shop that is to have a past.
pub struct Past<'a> {
    /// Its cloud, signed in.
    pub cloud: &'a CloudProcess,
    /// Who owns it.
    pub owner: &'a CloudClient,
    /// What it sells.
    pub products: &'a [Product],
    /// How many days it has been open.
    pub days: u32,
    /// What chance makes of it.
    pub seed: u64,
}

impl Past<'_> {
    /// Gives the shop its past; one that has it already keeps it.
    pub async fn live(&self, folder: &Path) -> anyhow::Result<()> {
        let till =
            TillRef { till: TillId::new("old-till").expect("a valid name"), ..simulated_shop::identity() };
        if folder.join(till.till.as_str()).exists() {
            return Ok(());
        }
        let now = wall();
        let sold = self.sell(folder, &till, now).await?;
        let sellers = buying::sellers(self.products);
        buying::stock_up(self.owner, &till.store, &sellers, self.seed).await?;
        let yesterday = DayRule::new("UTC", 0)?.day_of(WallMs(now.0 - DAY_MS));
        papers::send(self.owner, &sellers, &yesterday.to_string()).await?;
        self.forecast().await?;
        eprintln!(
            "{sold} sales of the last {} days are in the cloud, and what will sell is forecast",
            self.days
        );
        Ok(())
    }

    /// A till that has been replaced since.
    async fn sell(&self, folder: &Path, till: &TillRef, now: WallMs) -> anyhow::Result<usize> {
        let sales = sales::sales(self.products, till, (now, self.days), self.seed)?;
        let tasks = Tasks::new();
        let linked = LinkedTill::join(&tasks, self.cloud, self.owner, folder, till).await?;
        let store = linked.store.clone();
        let committed = tokio::task::spawn_blocking(move || {
            sales.iter().try_for_each(|sale| linked.commit(sale).map(drop)).map(|()| sales.len())
        });
        let sold = committed.await??;
        self.owner.wait_for_sales(till, sold as u64, DRAINED_MAX).await?;
        tasks.stop(Duration::from_secs(5)).await;
        drop(store);
        let path = format!("/api/v1/stores/{}/tills/{}", till.store, till.till);
        self.owner.ask(Method::DELETE, &path, None).await?;
        Ok(sold)
    }

    async fn forecast(&self) -> anyhow::Result<()> {
        let asked = self.owner.ask(Method::POST, "/api/v1/forecast-runs", Some(&json!({}))).await?;
        let path = format!("/api/v1/forecast-runs/{}", asked["id"].as_str().context("a run has an id")?);
        let until = Instant::now() + FORECAST_MAX;
        loop {
            let run: Value = self.owner.ask(Method::GET, &path, None).await?;
            if run["state"] == "done" {
                return Ok(());
            }
            ensure!(
                Instant::now() < until,
                "the forecast did not end within {} s: {run}",
                FORECAST_MAX.as_secs()
            );
            tokio::time::sleep(Duration::from_millis(200)).await;
        }
    }
}
