//! The day on which a cloud's machine burns down: tills sell, a backup is made, they sell on, everything is wiped, the cloud comes back
//! from the backup on empty disks, and the tills bring what the backup did not have. Then the cloud's books are compared with
//! what the tills really sold.

use std::collections::BTreeMap;
use std::path::{Path, PathBuf};
use std::time::{Duration, Instant};

use anyhow::{Context as _, ensure};
use cloud_server::roles::open_store;
use cloud_store::{SaleFilter, Store as CloudStore};
use domain::ids::{OrgId, ProductId, SequenceNumber};
use domain::quantity::Quantity;
use domain::sale::{Sale, TillRef};
use domain::time::BusinessDay;
use edge_store::Store;
use rand::{RngExt as _, SeedableRng as _};
use rand_chacha::ChaCha8Rng;
use reqwest::multipart::{Form, Part};
use testkit::postgres::{self, Postgres};

use super::account::Account;
use super::seller::{SellerPlan, SellerProcess, sale_at};
use crate::cloud::{CloudClient, CloudFolder, CloudProcess, CloudSetup, claim};
use crate::process::toml_text;
use crate::simulated_shop;

/// Tills that sell.
const TILLS: u32 = 2;
/// Numbers of sales that each till has for itself.
const NUMBERS_PER_TILL: u64 = 1_000_000_000;
/// How long anything may take.
const PATIENCE: Duration = Duration::from_secs(300);
/// How long the shop sells on while its cloud is in ashes.
const ASHES: Duration = Duration::from_secs(2);
/// Oddities that are asked for.
const ODD_MAX: u32 = 500;
/// Sales that are read at once.
const PAGE: u32 = 1_000;
/// A photo of a product, for all that the blob store knows.
const PHOTO_BYTES: usize = 70_000;

/// What is asked for.
#[derive(Debug, Clone, Copy)]
pub struct Plan {
    /// The cloud keeps its truth in a private PostgreSQL instead of SQLite.
    pub postgres: bool,
    /// Sales of each till before the backup, and again between the backup and the fire.
    pub sales: u64,
    /// What pauses are chosen by.
    pub seed: u64,
}

/// What came of it.
#[derive(Debug, Default, serde::Serialize)]
pub struct Report {
    /// Where the cloud kept its truth.
    pub database: String,
    /// Sales in the cloud when the fire came.
    pub in_cloud_before: u64,
    /// Of these, those that the backup did not have.
    pub after_backup: u64,
    /// How long the backup took, with its verification, in milliseconds.
    pub backup_ms: u64,
    /// How long the restoring took, in milliseconds.
    pub restore_ms: u64,
    /// From the cloud's start until every sale was in it, in seconds.
    pub drained_s: f64,
    /// Sales that the tills' stores had promised to keep.
    pub promised: u64,
    /// Sales in the cloud at the end.
    pub in_cloud: u64,
    /// 1. Promised sales that the cloud does not have. Must be 0.
    pub lost: u64,
    /// 2. Sales of the cloud that no till made, or not like that. Must be 0.
    pub foreign: u64,
    /// 3. Tills whose sums of a day differ. Must be 0.
    pub wrong_sums: u64,
    /// 4. Tills whose journal's end, and so its chain, is another in the cloud. Must be 0.
    pub wrong_chains: u64,
    /// 5. Products whose stock is not what was sold. Must be 0.
    pub wrong_stock: u64,
    /// 6. Gaps, forks, and sales that were set aside. Must be 0.
    pub odd: u64,
    /// Whether the photo that was uploaded before the backup is what it was.
    pub photo_is_back: bool,
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

struct Drill {
    rng: ChaCha8Rng,
    setup: CloudSetup,
    cloud: CloudProcess,
    postgres: Option<Postgres>,
    sellers: Vec<Seller>,
    report: Report,
}

/// Burns a cloud down.
pub fn run(plan: Plan, models: &Path, folder: &Path) -> anyhow::Result<Report> {
    let postgres = match plan.postgres {
        true => Some(postgres::start_durable().map_err(|missing| anyhow::anyhow!("{missing}"))?),
        false => None,
    };
    let setup = CloudSetup {
        data: folder.join("cloud"),
        models: models.to_owned(),
        database: postgres.as_ref().map(Postgres::create_database).transpose()?,
        port: None,
        broker: None,
    };
    let prepared = CloudFolder::prepare(&setup)?;
    // What the owner keeps in another place than the cloud.
    let settings = format!(
        "[backups]\ndir = {}\nkey_file = {}\n[cache]\nanswers_ms = 0\n",
        toml_text(&folder.join("elsewhere")),
        toml_text(&folder.join("key.txt")),
    );
    prepared.add_settings(&settings)?;
    let report = Report {
        database: if plan.postgres { "postgres" } else { "sqlite" }.to_owned(),
        ..Report::default()
    };
    let cloud = prepared.start()?;
    let rng = ChaCha8Rng::seed_from_u64(plan.seed);
    let mut drill = Drill { rng, setup, cloud, postgres, sellers: Vec::new(), report };
    let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build()?;
    runtime.block_on(drill.play(plan, folder))?;
    let Drill { cloud, report, .. } = drill;
    drop(cloud);
    Ok(report)
}

impl Drill {
    async fn play(&mut self, plan: Plan, folder: &Path) -> anyhow::Result<()> {
        let client = CloudClient::sign_in(self.cloud.gateway, PATIENCE).await?;
        let photo = upload_photo(&client).await?;
        for number in 1..=TILLS {
            let seller = join(&self.cloud, &client, number, folder).await?;
            self.sellers.push(seller);
        }
        for index in 0..self.sellers.len() {
            self.open_shop(index, false)?;
        }
        self.wait_for(&client, plan.sales).await?;
        let began = Instant::now();
        self.cloud.admin(&["backup"])?;
        self.report.backup_ms = millis(began);
        let at_backup = self.count(&client).await?;
        for index in 0..self.sellers.len() {
            let till = &self.sellers[index].till;
            let (there, _) = client.sums(till).await?;
            client.wait_for_sales(till, there + plan.sales, PATIENCE).await?;
        }
        self.report.in_cloud_before = self.count(&client).await?;
        self.report.after_backup = self.report.in_cloud_before - at_backup;
        self.burn_down()?;
        tokio::time::sleep(ASHES).await;
        let began = Instant::now();
        self.cloud.admin(&["restore", "--from", "latest"])?;
        self.report.restore_ms = millis(began);
        self.cloud.resume()?;
        let began = Instant::now();
        let client = CloudClient::sign_in(self.cloud.gateway, PATIENCE).await?;
        self.close()?;
        self.drain(&client).await.with_context(|| format!("the log ends with\n{}", self.cloud.log_tail()))?;
        self.report.drained_s = (began.elapsed().as_secs_f64() * 100.0).round() / 100.0;
        self.report.photo_is_back = client.bytes(&photo).await? == photo_bytes();
        self.compare().await
    }

    /// Nothing is left of the cloud but the settings that whoever builds it anew writes down again.
    fn burn_down(&mut self) -> anyhow::Result<()> {
        self.cloud.pause()?;
        for entry in std::fs::read_dir(&self.setup.data)? {
            let path = entry?.path();
            let name = path.file_name().unwrap_or_default().to_string_lossy().into_owned();
            if name.ends_with(".toml") || name.ends_with(".log") {
                continue;
            }
            if path.is_dir() { std::fs::remove_dir_all(&path)? } else { std::fs::remove_file(&path)? }
        }
        if let (Some(postgres), Some(old)) = (&self.postgres, &self.setup.database) {
            self.cloud.change_settings(old, &postgres.create_database()?)?;
        }
        Ok(())
    }

    fn open_shop(&mut self, index: usize, closing: bool) -> anyhow::Result<()> {
        let seed = self.rng.random();
        let seller = &mut self.sellers[index];
        let first = Account::read(&seller.acks)?.last_attempt.unwrap_or(seller.base);
        let plan = SellerPlan { store: &seller.data, acks: &seller.acks, first, seed, closing };
        seller.process = Some(SellerProcess::start(&plan, &seller.log)?);
        Ok(())
    }

    /// Nobody sells any more; what is in the journals is still brought in.
    fn close(&mut self) -> anyhow::Result<()> {
        for index in 0..self.sellers.len() {
            if let Some(mut process) = self.sellers[index].process.take() {
                process.check_alive()?;
                process.kill()?;
            }
            self.open_shop(index, true)?;
        }
        Ok(())
    }

    async fn wait_for(&self, client: &CloudClient, sales: u64) -> anyhow::Result<()> {
        for seller in &self.sellers {
            client.wait_for_sales(&seller.till, sales, PATIENCE).await?;
        }
        Ok(())
    }

    async fn count(&self, client: &CloudClient) -> anyhow::Result<u64> {
        let mut count = 0;
        for seller in &self.sellers {
            count += client.sums(&seller.till).await?.0;
        }
        Ok(count)
    }

    /// Waits until the cloud has every sale of every journal, and sends the tills home.
    async fn drain(&mut self, client: &CloudClient) -> anyhow::Result<()> {
        for seller in &mut self.sellers {
            let promised = Account::read(&seller.acks)?.sold.len() as u64;
            client.wait_for_sales(&seller.till, promised, PATIENCE).await?;
            // The last attempt may be in the journal without a promise, and then it is in the same batch or the next.
            tokio::time::sleep(Duration::from_secs(2)).await;
            if let Some(mut process) = seller.process.take() {
                process.check_alive()?;
                process.kill()?;
            }
        }
        Ok(())
    }

    async fn compare(&mut self) -> anyhow::Result<()> {
        self.cloud.pause()?;
        let store = open_store(&self.cloud.config()?, false).await?;
        let compared = self.compare_with(&store).await;
        store.close().await;
        compared?;
        let report = &mut self.report;
        let wrong = report.lost + report.foreign + report.wrong_sums + report.wrong_chains;
        report.ok = wrong + report.wrong_stock + report.odd == 0
            && report.photo_is_back
            && report.promised > 0
            && report.after_backup > 0;
        Ok(())
    }

    async fn compare_with(&mut self, cloud: &CloudStore) -> anyhow::Result<()> {
        let org = self.sellers.first().context("there are tills")?.till.org.clone();
        let mut shelves: BTreeMap<ProductId, i64> = BTreeMap::new();
        for seller in &self.sellers {
            let till = Store::open(&seller.data, &seller.till)?.0;
            let account = Account::read(&seller.acks)?;
            let journal = journal_of(&till)?;
            self.report.promised += account.sold.len() as u64;
            for number in account.sold.keys() {
                let promised = sale_at(&seller.till, *number);
                let kept = cloud.sale(&org, promised.id).await.is_ok_and(|kept| kept.sale == promised);
                self.report.lost += u64::from(!kept);
            }
            let (mut made, mut made_minor) = (0, BTreeMap::new());
            for sale in &journal {
                let kept = cloud.sale(&org, sale.id).await.is_ok_and(|kept| kept.sale == *sale);
                self.report.lost += u64::from(!kept);
                made += 1;
                *made_minor.entry(sale.business_day).or_insert(0) += sale.totals.gross.minor;
                take_off(&mut shelves, sale);
            }
            let of_till = SaleFilter { till: Some(seller.till.till.clone()), ..SaleFilter::default() };
            let sums = cloud.day_sums(&org, &seller.till.store, &of_till).await?;
            let in_cloud: u64 = sums.iter().map(|sum| sum.sales).sum();
            let in_cloud_minor: BTreeMap<BusinessDay, i64> =
                sums.iter().map(|sum| (sum.business_day, sum.gross_minor)).collect();
            self.report.in_cloud += in_cloud;
            // Every sale of the journal was found above, so that more of them are somebody else's.
            self.report.foreign += in_cloud.saturating_sub(made);
            self.report.wrong_sums += u64::from(in_cloud_minor != made_minor);
            let head = cloud.heads(&org).await?.into_iter().find(|head| head.till == seller.till);
            self.report.wrong_chains += u64::from(head.map(|head| head.mark) != Some(till.head_mark()?));
        }
        self.report.wrong_stock = wrong_stock(cloud, &org, &self.sellers[0].till, &shelves).await?;
        self.report.odd = cloud.gaps(&org, ODD_MAX).await?.len() as u64
            + cloud.forks(&org, ODD_MAX).await?.len() as u64
            + cloud.set_aside(&org, ODD_MAX).await?.len() as u64;
        let audit = cloud.verify_audit(&org).await?;
        ensure!(audit.problem.is_none(), "the audit log is not what it was: {:?}", audit.problem);
        Ok(())
    }
}

/// Makes a till's store and lets it join.
async fn join(
    cloud: &CloudProcess,
    client: &CloudClient,
    number: u32,
    folder: &Path,
) -> anyhow::Result<Seller> {
    let till = simulated_shop::till(number);
    let data = folder.join(till.till.as_str());
    drop(Store::open(&data, &till)?);
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

fn journal_of(till: &Store) -> anyhow::Result<Vec<Sale>> {
    let (mut all, mut after) = (Vec::new(), SequenceNumber(0));
    loop {
        let page = till.sales(after, PAGE)?;
        let Some((last, _)) = page.last() else { return Ok(all) };
        after = last.sequence;
        all.extend(page.into_iter().map(|(_, sale)| sale));
    }
}

fn take_off(shelves: &mut BTreeMap<ProductId, i64>, sale: &Sale) {
    for line in &sale.lines {
        let amount = match line.quantity {
            Quantity::Pieces(pieces) => i64::from(pieces),
            Quantity::Grams(grams) => i64::from(grams),
        };
        *shelves.entry(line.product.clone()).or_default() -= amount;
    }
}

async fn wrong_stock(
    cloud: &CloudStore,
    org: &OrgId,
    till: &TillRef,
    shelves: &BTreeMap<ProductId, i64>,
) -> anyhow::Result<u64> {
    let balances = cloud.stock(org, &till.store, None, PAGE).await?;
    let found: BTreeMap<ProductId, i64> =
        balances.into_iter().map(|balance| (balance.key.product, balance.quantity)).collect();
    let differ = shelves.iter().filter(|(product, amount)| found.get(product) != Some(amount)).count();
    let unsound = cloud.verify_stock(org, &till.store).await?.len();
    Ok((differ + found.len().abs_diff(shelves.len()) + unsound) as u64)
}

/// Makes a product with a photo; gives back where the photo is.
async fn upload_photo(client: &CloudClient) -> anyhow::Result<String> {
    let fields = [("name", "Quince"), ("category_name", "Fruit"), ("price", "2.49"), ("tax_code", "vat7")];
    let form = fields.into_iter().fold(Form::new(), |form, (name, value)| form.text(name, value));
    let form = form.part("images", Part::bytes(photo_bytes()).file_name("quince.png"));
    let made = client.upload("/api/v1/products", form).await?;
    let photo = made["photos"][0].as_str().context("a product has its photo")?;
    Ok(format!("/api/v1/photos/{photo}"))
}

fn photo_bytes() -> Vec<u8> {
    let mut bytes = b"\x89PNG\r\n\x1a\n".to_vec();
    bytes.extend((0..PHOTO_BYTES).map(|at| (at % 251) as u8));
    bytes
}

fn millis(since: Instant) -> u64 {
    u64::try_from(since.elapsed().as_millis()).unwrap_or(u64::MAX)
}
