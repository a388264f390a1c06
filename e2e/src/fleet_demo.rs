//! The demonstration with a cloud: it is started, learns the shop, claims two tills, and prices change while people shop.

use std::path::Path;
use std::time::{Duration, Instant};

use anyhow::{Context as _, ensure};
use domain::product::Product;
use domain::sale::TillRef;
use edge_daemon::staff_pin::{self, Pin};
use edge_store::Store;
use edge_store::cloud_identity::CloudIdentity;
use reqwest::Method;
use serde_json::{Value, json};

use crate::client::TillClient;
use crate::cloud::{CloudClient, CloudProcess, CloudSetup, claim};
use crate::cloud_shop;
use crate::past::Past;
use crate::process::{TillProcess, TillSetup};
use crate::score::quantile;
use crate::simulated_shop;

/// Tills of the demonstration.
const TILLS: u32 = 2;
const READY_MAX: Duration = Duration::from_secs(60);
/// How long a till may take from being claimed to selling.
const SELLS_MAX: Duration = Duration::from_secs(120);
/// How long a price may take to reach an idle till before the demonstration gives up.
const PRICE_MAX: Duration = Duration::from_secs(30);

/// A cloud with its tills.
pub struct Fleet {
    /// The cloud.
    pub cloud: CloudProcess,
    /// Its owner, signed in.
    pub owner: CloudClient,
    /// The tills.
    pub tills: Vec<DemoTill>,
    products: Vec<Product>,
    /// Milliseconds from the change of a price in the cloud to its showing at an idle till.
    pub lags_ms: Vec<f64>,
}

/// One of the tills.
pub struct DemoTill {
    /// Which.
    pub identity: TillRef,
    /// Its daemon.
    pub process: TillProcess,
    /// Its kiosk.
    pub client: TillClient,
}

/// Where things are and how they are to be.
pub struct FleetSetup<'a> {
    /// Everything's data.
    pub folder: &'a Path,
    /// The models.
    pub models: &'a Path,
    /// The simulated shop's pictures.
    pub pictures: &'a Path,
    /// What the tills' simulators do differently.
    pub seed: u64,
    /// How long the payment terminal takes, in milliseconds.
    pub terminal_ms: u64,
    /// Ports of the cloud's page and of the first till's kiosk; the others follow. Free ones when not given.
    pub ports: Option<(u16, u16)>,
    /// How many days the shop has been open before today; 0 for a new one.
    pub past_days: u32,
    /// Whether the daemons' logs are shown.
    pub show_logs: bool,
}

impl Fleet {
    /// Starts everything, until both tills sell what the cloud knows.
    pub async fn start(setup: &FleetSetup<'_>) -> anyhow::Result<Self> {
        let cloud = CloudProcess::start(&CloudSetup {
            data: setup.folder.join("cloud"),
            models: setup.models.to_owned(),
            database: None,
            port: setup.ports.map(|(page, _)| page),
            broker: None,
        })?;
        let owner = CloudClient::sign_in(cloud.gateway, READY_MAX).await?;
        eprintln!("teaching the cloud the shop (about a minute the first time)");
        let products = cloud_shop::register(&owner, setup.pictures, setup.folder)
            .await
            .with_context(|| format!("the cloud's log ends with\n{}", cloud.log_tail()))?;
        if setup.past_days > 0 {
            eprintln!("making up {} days of sales, suppliers and papers", setup.past_days);
            let past = Past {
                cloud: &cloud,
                owner: &owner,
                products: &products,
                days: setup.past_days,
                seed: setup.seed,
            };
            past.live(setup.folder)
                .await
                .with_context(|| format!("the cloud's log ends with\n{}", cloud.log_tail()))?;
        }
        let mut tills = Vec::new();
        for number in 1..=TILLS {
            tills.push(start_till(setup, &cloud, &owner, number, products.len() as u64).await?);
            eprintln!("till {number} was claimed and sells");
        }
        Ok(Self { cloud, owner, tills, products, lags_ms: Vec::new() })
    }

    /// Changes a price in the cloud and waits until every till shows it.
    pub async fn change_a_price(&mut self, number: usize) -> anyhow::Result<()> {
        let count = self.products.len();
        let product = &mut self.products[number % count];
        product.price.amount.minor += 1;
        let text = product.price.amount.to_string();
        let price = text.split(' ').next().unwrap_or_default();
        let path = format!("/api/v1/products/{}", product.id);
        let began = Instant::now();
        self.owner.ask(Method::PATCH, &path, Some(&json!({ "price": price }))).await?;
        for till in &self.tills {
            loop {
                let sku = product.sku.as_str();
                let found = till.client.get("/api/v1/products", &[("query", sku)]).await?;
                let shown = found["products"].as_array().into_iter().flatten();
                let shown = shown.filter(|shown| shown["product"] == product.id.as_str());
                if shown.into_iter().any(|shown| price_minor(shown) == Some(product.price.amount.minor)) {
                    break;
                }
                ensure!(
                    began.elapsed() < PRICE_MAX,
                    "the new price of {} never came to {}",
                    product.id,
                    till.identity.till
                );
                tokio::time::sleep(Duration::from_millis(10)).await;
            }
            self.lags_ms.push(began.elapsed().as_secs_f64() * 1000.0);
        }
        Ok(())
    }

    /// Waits until the cloud has every sale, stops the tills and compares. Gives what is added to the report.
    pub async fn finish(self, folder: &Path) -> anyhow::Result<Value> {
        let Self { cloud, owner, tills, lags_ms, .. } = self;
        let (mut acked, mut in_cloud, mut equal) = (0, 0, true);
        for till in tills {
            let DemoTill { identity, process, client } = till;
            drop(client);
            let data = folder.join(identity.till.as_str());
            let counted = journal_of_running(&data)?;
            owner.wait_for_sales(&identity, counted, READY_MAX).await?;
            wait_until_acked(&data, counted)?;
            process.stop()?;
            let (store, _) = Store::open(&data, &identity)?;
            let sold = store.sales(domain::ids::SequenceNumber(0), 10_000)?;
            let gross_minor: i64 = sold.iter().map(|(_, sale)| sale.totals.gross.minor).sum();
            acked += store.acked_mark()?.sequence.0;
            let (sales, cloud_minor) = owner.sums(&identity).await?;
            in_cloud += sales;
            equal &= cloud_minor == gross_minor && sales == sold.len() as u64;
        }
        cloud.stop()?;
        Ok(json!({
            "sales_acked": acked,
            "sales_in_cloud": in_cloud,
            "amounts_equal": equal,
            "generation_lag_ms_p50": quantile(&lags_ms, 0.5),
            "generation_lag_ms_p99": quantile(&lags_ms, 0.99),
        }))
    }
}

async fn start_till(
    setup: &FleetSetup<'_>,
    cloud: &CloudProcess,
    owner: &CloudClient,
    number: u32,
    products: u64,
) -> anyhow::Result<DemoTill> {
    let identity = simulated_shop::till(number);
    let data = setup.folder.join(identity.till.as_str());
    if CloudIdentity::load(&data)?.is_none() {
        let (store, _) = Store::open(&data, &identity)?;
        store.set_setting(staff_pin::SETTING, Some(&Pin::new(simulated_shop::STAFF_PIN)?.hash()?))?;
        drop(store);
        claim(&data, cloud.tills, &owner.new_till(&identity).await?)?;
    }
    let seed = setup.seed + u64::from(number) - 1;
    let config = simulated_shop::config_of(&identity, setup.pictures, seed, setup.terminal_ms);
    let till_setup = TillSetup {
        data: data.clone(),
        models: setup.models.to_owned(),
        config: format!("{config}[log]\nformat = \"text\"\n"),
        log: (!setup.show_logs).then(|| data.join("tillsightd.log")),
    };
    let port = setup.ports.map(|(_, kiosk)| kiosk + u16::try_from(number - 1).unwrap_or_default());
    let process = TillProcess::start(&till_setup, port)?;
    let client = TillClient::connect(process.address, READY_MAX).await?;
    let until = Instant::now() + SELLS_MAX;
    loop {
        let status = status(&data)?;
        let enrolled = status["views"].as_u64().unwrap_or_default();
        if status["products"].as_u64() == Some(products) && enrolled >= products {
            break;
        }
        ensure!(Instant::now() < until, "{} does not sell yet: {status}", identity.till);
        tokio::time::sleep(Duration::from_millis(100)).await;
    }
    Ok(DemoTill { identity, process, client })
}

/// What the technician's tool says of a till.
fn status(data: &Path) -> anyhow::Result<Value> {
    let mut tool = std::process::Command::new(crate::process::sibling("tillsight")?);
    let output = tool.args(["status", "--json", "--data"]).arg(data).output()?;
    let text = String::from_utf8_lossy(&output.stdout);
    let last = text.lines().last().with_context(|| String::from_utf8_lossy(&output.stderr).into_owned())?;
    Ok(serde_json::from_str(last)?)
}

fn journal_of_running(data: &Path) -> anyhow::Result<u64> {
    status(data)?["sales"].as_u64().context("a till counts its sales")
}

fn wait_until_acked(data: &Path, sales: u64) -> anyhow::Result<()> {
    let until = Instant::now() + READY_MAX;
    while status(data)?["outbox"].as_u64() != Some(0) {
        ensure!(Instant::now() < until, "the till still waits for acks of its {sales} sales");
        std::thread::sleep(Duration::from_millis(100));
    }
    Ok(())
}

fn price_minor(product: &Value) -> Option<i64> {
    product["unit_price"]["minor"].as_i64()
}
