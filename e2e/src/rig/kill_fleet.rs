//! Kills tills, the cloud, its database and its broker at random while they work, and compares what tills were promised with
//! what the cloud has. The broker forgets everything each second time that it is killed.

use std::net::SocketAddr;
use std::path::{Path, PathBuf};
use std::time::Duration;

use anyhow::{Context as _, ensure};
use domain::sale::TillRef;
use edge_store::Store;
use rand::{RngExt as _, SeedableRng as _};
use rand_chacha::ChaCha8Rng;
use reqwest::Method;
use testkit::mosquitto::{self, Mosquitto};
use testkit::postgres::{self, Postgres};

use super::account::Account;
use super::seller::{SellerPlan, SellerProcess, sale_at};
use crate::cloud::{CloudClient, CloudProcess, CloudSetup, claim};
use crate::simulated_shop;

/// Tills that sell.
const TILLS: u32 = 2;
/// Numbers of sales that each till has for itself.
const NUMBERS_PER_TILL: u64 = 1_000_000_000;
/// How long everything runs between two kills, and how long the victim stays away.
const BETWEEN_MS: std::ops::Range<u64> = 100..900;
const AWAY_MS: std::ops::Range<u64> = 0..400;
/// How long the cloud may take to be ready, and the tills to bring everything in the end.
const READY_MAX: Duration = Duration::from_secs(60);
const DRAIN_MAX: Duration = Duration::from_secs(120);

/// How long a till may take to be at the broker again, and to do what it is told.
const BACK_MAX: Duration = Duration::from_secs(60);

/// What came of it.
#[derive(Debug, Default, serde::Serialize)]
pub struct Report {
    /// Kills of tills.
    pub till_kills: u32,
    /// Kills of the cloud.
    pub cloud_kills: u32,
    /// Kills of the database; it is SQLite, in the cloud's own process, where there are none.
    pub database_kills: u32,
    /// Kills of Mosquitto; without one the broker is in the cloud's own process.
    pub mosquitto_kills: u32,
    /// Times that Mosquitto's memory was wiped while it was away.
    pub mosquitto_wipes: u32,
    /// Tills that were not at the broker again in the end, or did not do what they were told over it. Must be 0.
    pub not_back: u64,
    /// Sales that tills' stores had promised to keep.
    pub promised: u64,
    /// Sales in the tills' journals at the end.
    pub sold: u64,
    /// Sales in the cloud at the end.
    pub in_cloud: u64,
    /// Promised sales that the cloud does not have. Must be 0.
    pub lost: u64,
    /// Sales that the cloud has more of than the tills, or other sums. Must be 0.
    pub wrong: u64,
    /// Gaps, forks, quarantined and parked records, and balances of stock that are not what was sold. Must be 0.
    pub odd: u64,
    /// What the moments were chosen by.
    pub seed: u64,
    /// Whether all is as it must be.
    pub ok: bool,
}

struct Seller {
    till: TillRef,
    data: PathBuf,
    acks: PathBuf,
    log: PathBuf,
    base: u64,
    process: Option<SellerProcess>,
}

struct Rig {
    rng: ChaCha8Rng,
    cloud: CloudProcess,
    database: Option<Postgres>,
    broker: Option<Broker>,
    sellers: Vec<Seller>,
    report: Report,
}

/// A broker beside the cloud.
struct Broker {
    mosquitto: Mosquitto,
    kept: PathBuf,
}

/// Who is killed.
#[derive(Debug, Clone, Copy)]
enum Victim {
    Till(usize),
    Cloud,
    Database,
    Broker,
}

/// What stands beside the cloud, and is killed as well.
#[derive(Debug, Clone, Copy, clap::Args)]
pub struct Parts {
    /// The cloud keeps its truth in a private PostgreSQL instead of SQLite.
    #[arg(long)]
    pub postgres: bool,
    /// The broker is the one in the cloud's own process, even where there is a Mosquitto to kill.
    #[arg(long)]
    pub embedded_broker: bool,
}

/// Kills `kills` times. A PostgreSQL waits for the disk, as in a shop, and its first process is killed.
pub fn run(kills: u32, seed: u64, parts: Parts, models: &Path, folder: &Path) -> anyhow::Result<Report> {
    let database = match parts.postgres {
        true => Some(postgres::start_durable().map_err(|missing| anyhow::anyhow!("{missing}"))?),
        false => None,
    };
    let address = database.as_ref().map(Postgres::create_database).transpose()?;
    let broker = match mosquitto::find() {
        _ if parts.embedded_broker => None,
        Ok(()) => Some(testkit::net::free_address()?),
        Err(missing) => {
            eprintln!("SKIPPED: kills of the broker because {missing}");
            None
        }
    };
    let data = folder.join("cloud");
    let setup = CloudSetup { data, models: models.to_owned(), database: address, port: None, broker };
    let mut rig = Rig {
        rng: ChaCha8Rng::seed_from_u64(seed),
        cloud: CloudProcess::start(&setup)?,
        database,
        broker: None,
        sellers: Vec::new(),
        report: Report { seed, ..Report::default() },
    };
    let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build()?;
    for number in 1..=TILLS {
        let seller = runtime.block_on(join(&rig.cloud, number, folder))?;
        rig.sellers.push(seller);
    }
    if let Some(address) = broker {
        rig.broker = Some(Broker::start(&rig.cloud, &folder.join("mosquitto"), address)?);
    }
    for index in 0..rig.sellers.len() {
        rig.open_shop(index, false)?;
    }
    for number in 1..=kills {
        rig.kill_one().with_context(|| format!("kill {number} of seed {seed}"))?;
        if number % 50 == 0 || number == kills {
            eprintln!("{number} of {kills} kills");
        }
    }
    rig.close()?;
    runtime
        .block_on(rig.compare())
        .with_context(|| format!("the cloud's log ends with\n{}", rig.cloud.log_tail()))?;
    let Rig { cloud, mut report, .. } = rig;
    cloud.stop()?;
    report.ok = [report.lost, report.wrong, report.odd, report.not_back] == [0; 4];
    Ok(report)
}

/// Makes a till's store and lets it join.
async fn join(cloud: &CloudProcess, number: u32, folder: &Path) -> anyhow::Result<Seller> {
    let till = simulated_shop::till(number);
    let data = folder.join(till.till.as_str());
    drop(Store::open(&data, &till)?);
    let client = CloudClient::sign_in(cloud.gateway, READY_MAX).await?;
    claim(&data, cloud.tills, &client.new_till(&till).await?)?;
    Ok(Seller {
        acks: folder.join(format!("{}.acks", till.till)),
        log: folder.join(format!("{}.log", till.till)),
        base: u64::from(number) * NUMBERS_PER_TILL,
        data,
        till,
        process: None,
    })
}

impl Broker {
    fn start(cloud: &CloudProcess, folder: &Path, address: SocketAddr) -> anyhow::Result<Self> {
        let config = cloud.configure_mosquitto(folder, address)?;
        let mosquitto = mosquitto::start(&config, address).map_err(|missing| anyhow::anyhow!("{missing}"))?;
        Ok(Self { mosquitto, kept: folder.join("kept") })
    }

    /// Takes away what it kept.
    fn forget(&self) -> anyhow::Result<()> {
        std::fs::remove_dir_all(&self.kept)?;
        Ok(std::fs::create_dir_all(&self.kept)?)
    }
}

impl Rig {
    fn open_shop(&mut self, index: usize, closing: bool) -> anyhow::Result<()> {
        let seed = self.rng.random();
        let seller = &mut self.sellers[index];
        // What was tried last may be in the journal or not: the same sale again is no other one.
        let first = Account::read(&seller.acks)?.last_attempt.unwrap_or(seller.base);
        let plan = SellerPlan { store: &seller.data, acks: &seller.acks, first, seed, closing };
        seller.process = Some(SellerProcess::start(&plan, &seller.log)?);
        Ok(())
    }

    fn kill_one(&mut self) -> anyhow::Result<()> {
        self.pause(BETWEEN_MS);
        for seller in &mut self.sellers {
            if let Some(process) = &mut seller.process {
                process.check_alive()?;
            }
        }
        self.cloud.check_alive()?;
        let mut victims: Vec<Victim> = (0..self.sellers.len()).map(Victim::Till).collect();
        victims.push(Victim::Cloud);
        victims.extend(self.database.is_some().then_some(Victim::Database));
        victims.extend(self.broker.is_some().then_some(Victim::Broker));
        match victims[self.rng.random_range(0..victims.len())] {
            Victim::Till(index) => {
                if let Some(mut process) = self.sellers[index].process.take() {
                    process.kill()?;
                }
                self.report.till_kills += 1;
                self.pause(AWAY_MS);
                self.open_shop(index, false)
            }
            Victim::Cloud => {
                self.cloud.pause()?;
                self.report.cloud_kills += 1;
                self.pause(AWAY_MS);
                self.cloud.resume()
            }
            Victim::Database => {
                let database = self.database.as_ref().context("it was drawn from those that are there")?;
                database.kill()?;
                self.report.database_kills += 1;
                std::thread::sleep(Duration::from_millis(self.rng.random_range(AWAY_MS)));
                database.start_again()
            }
            Victim::Broker => {
                let broker = self.broker.as_ref().context("it was drawn from those that are there")?;
                broker.mosquitto.crash()?;
                self.report.mosquitto_kills += 1;
                if self.report.mosquitto_kills.is_multiple_of(2) {
                    broker.forget()?;
                    self.report.mosquitto_wipes += 1;
                }
                std::thread::sleep(Duration::from_millis(self.rng.random_range(AWAY_MS)));
                broker.mosquitto.start_again()
            }
        }
    }

    /// Nobody sells any more; what is in the journals is still brought in.
    fn close(&mut self) -> anyhow::Result<()> {
        for index in 0..self.sellers.len() {
            if let Some(mut process) = self.sellers[index].process.take() {
                process.kill()?;
            }
            self.open_shop(index, true)?;
        }
        Ok(())
    }

    async fn compare(&mut self) -> anyhow::Result<()> {
        let client = CloudClient::sign_in(self.cloud.gateway, READY_MAX).await?;
        for index in 0..self.sellers.len() {
            self.compare_till(&client, index).await?;
            self.look_for_till(&client, index).await;
        }
        let journals = client.ask(Method::GET, "/api/v1/journals", None).await?;
        let aside = client.ask(Method::GET, "/api/v1/set-aside", None).await?;
        for list in [&journals["gaps"], &journals["forks"], &aside["items"]] {
            self.report.odd += list.as_array().map_or(1, |list| list.len() as u64);
        }
        Ok(())
    }

    async fn compare_till(&mut self, client: &CloudClient, index: usize) -> anyhow::Result<()> {
        let seller = &self.sellers[index];
        let account = Account::read(&seller.acks)?;
        let promised = account.sold.len() as u64;
        // The last attempt may be in the journal without the promise having been written down.
        let gross = |number: &u64| sale_at(&seller.till, *number).totals.gross.minor;
        let promised_minor: i64 = account.sold.keys().map(gross).sum();
        let unsure = account.last_attempt.filter(|number| !account.sold.contains_key(number));
        client.wait_for_sales(&seller.till, promised, DRAIN_MAX).await?;
        // Whatever else may be on its way arrives within a moment, for it is in the same batch or the next.
        tokio::time::sleep(Duration::from_secs(2)).await;
        let (in_cloud, in_cloud_minor) = client.sums(&seller.till).await?;
        ensure!(promised > 0, "{} never sold anything", seller.till.till);
        self.report.promised += promised;
        self.report.in_cloud += in_cloud;
        self.report.lost += promised.saturating_sub(in_cloud);
        let with_unsure = unsure.as_ref().map(|number| (promised + 1, promised_minor + gross(number)));
        let right = (in_cloud, in_cloud_minor) == (promised, promised_minor)
            || Some((in_cloud, in_cloud_minor)) == with_unsure;
        self.report.wrong += u64::from(!right);
        self.report.sold += in_cloud;
        Ok(())
    }

    /// Whether a till is at the broker, and does what it is told over it.
    async fn look_for_till(&mut self, client: &CloudClient, index: usize) {
        let till = &self.sellers[index].till;
        let back = async {
            client.wait_until_online(till, BACK_MAX).await?;
            for op in ["report", "pull_catalogue", "reconnect"] {
                client.command(till, op, BACK_MAX).await?;
            }
            anyhow::Ok(())
        };
        if let Err(problem) = back.await {
            eprintln!("{problem:#}");
            self.report.not_back += 1;
        }
    }

    fn pause(&mut self, range_ms: std::ops::Range<u64>) {
        std::thread::sleep(Duration::from_millis(self.rng.random_range(range_ms)));
    }
}
