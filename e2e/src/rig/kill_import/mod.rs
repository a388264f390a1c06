//! Kills a cloud while it takes catalogues in, and compares what it has in the end with what the files said.
//!
//! Files come one after another, each with products that are new, changed, gone and broken; every second one with prices for later.
//! Whatever moment the cloud was killed at, while it planned or while it applied: each product is there once and as the file has it,
//! its history has each price once, the audit log each slice once, the import's own counts are right, and one new generation is
//! published, at the end. The same file once more changes nothing. In the end 1C brings a catalogue in pieces ([`one_c`]).

mod one_c;
mod shelf;

use std::path::Path;
use std::time::{Duration, Instant};

use anyhow::{Context as _, ensure};
use cloud_server::roles::{install_crypto, now, open_store};
use cloud_store::{AuditNumber, ImportState, PriceOrigin, ProductFilter, Store, StoredImport, StoredProduct};
use domain::ids::{Generation, OrgId, StoreId, Uuid};
use domain::quantity::Measure;
use domain::time::WallMs;
use rand::{RngExt as _, SeedableRng as _};
use rand_chacha::ChaCha8Rng;
use reqwest::Method;
use reqwest::multipart::{Form, Part};
use serde_json::{Value, json};
use testkit::postgres::{self, Postgres};

use self::shelf::{Counts, Expected, Shelf};
use crate::cloud::{CloudClient, CloudFolder, CloudProcess, CloudSetup};

/// A worker that was killed is followed soon, and nobody is held to a rate.
const SETTINGS: &str = "[worker]\nlease_ms = 2000\npoll_ms = 50\n[documents]\nfile_max_bytes = 67108864\n\
    [rate]\naddress_per_second = 100000\naddress_burst = 100000\nperson_per_second = 100000\nperson_burst = 100000\n";
/// The square root of how many milliseconds the cloud lives before it is killed: short lives are likelier, and end before the lease of
/// the last one does; of a file's first one there is no lease to wait for.
const LIFE_ROOT: std::ops::Range<u64> = 3..70;
const FIRST_LIFE_ROOT: std::ops::Range<u64> = 1..25;
/// Kills of one import while it is planned, at most. Planning begins anew each time, and is given up after eight tries.
const PLANNING_KILLS_MAX: u32 = 4;
/// Kills of one file: then it is left to come to its end, and the next one follows.
const FILE_KILLS_MAX: u32 = 12;
/// How long anything may take.
const PATIENCE: Duration = Duration::from_secs(600);
/// Rows that are applied in one transaction, each with one entry of the audit log.
const SLICE: u64 = 250;
/// Prices of later count from a day on that no run lives to see.
const LATER_MS: i64 = 30 * 86_400_000;
const DAY_MS: i64 = 86_400_000;
/// Products, prices and entries that are read at once.
const PAGE: u32 = 500;

/// What is asked for.
#[derive(Debug, Clone, Copy)]
pub struct Plan {
    /// How often.
    pub kills: u32,
    /// Rows of each file.
    pub rows: usize,
    /// The cloud keeps its truth in a private PostgreSQL instead of SQLite.
    pub postgres: bool,
    /// What moments are chosen by.
    pub seed: u64,
}

/// What came of it.
#[derive(Debug, Default, serde::Serialize)]
pub struct Report {
    rig: &'static str,
    /// Where the cloud kept its truth.
    database: &'static str,
    /// Files that were taken in.
    files: u32,
    /// Rows of all of them.
    rows: u64,
    /// Kills while a file was planned, or read.
    planning_kills: u32,
    /// Kills while its plan was applied.
    applying_kills: u32,
    /// Kills between the pieces of 1C's exchange and while it waited.
    exchange_kills: u32,
    /// Products in the end.
    products: usize,
    /// What is not as it must be, each in words.
    wrong: Vec<String>,
    /// The most memory that a cloud held, in MiB.
    peak_mib: u64,
    /// How long it took.
    seconds: f64,
    /// What the moments were chosen by.
    seed: u64,
    /// Whether all is as it must be.
    pub ok: bool,
}

/// A cloud that is killed, with what it should have.
struct Rig {
    rng: ChaCha8Rng,
    cloud: CloudProcess,
    client: CloudClient,
    store: Store,
    org: OrgId,
    shop: StoreId,
    shelf: Shelf,
    plan: Plan,
    report: Report,
}

/// Kills a cloud while it takes catalogues in.
pub fn run(plan: Plan, folder: &Path) -> anyhow::Result<Report> {
    install_crypto();
    let runtime = tokio::runtime::Builder::new_multi_thread().worker_threads(2).enable_all().build()?;
    let postgres = match plan.postgres {
        true => Some(postgres::start_durable().map_err(|missing| anyhow::anyhow!("{missing}"))?),
        false => None,
    };
    let prepared = CloudFolder::prepare(&CloudSetup {
        data: folder.join("cloud"),
        models: folder.join("no-models"),
        database: postgres.as_ref().map(Postgres::create_database).transpose()?,
        port: None,
        broker: None,
    })?;
    prepared.add_settings(SETTINGS)?;
    runtime.block_on(async {
        let config = prepared.config()?;
        let cloud = prepared.start()?;
        let client = CloudClient::sign_in(cloud.gateway, PATIENCE).await?;
        let mut rig = Rig {
            rng: ChaCha8Rng::seed_from_u64(plan.seed),
            cloud,
            client,
            store: open_store(&config, false).await?,
            org: OrgId::new("demo")?,
            shop: StoreId::new("corner-shop")?,
            shelf: Shelf::default(),
            plan,
            report: Report {
                rig: "kill-import",
                database: if plan.postgres { "postgres" } else { "sqlite" },
                seed: plan.seed,
                ..Report::default()
            },
        };
        let played = rig.play().await;
        rig.store.close().await;
        let tail = rig.cloud.log_tail();
        played.with_context(|| format!("the log ends with\n{tail}"))?;
        Ok(rig.report)
    })
}

impl Rig {
    async fn play(&mut self) -> anyhow::Result<()> {
        let began = Instant::now();
        let kills = |report: &Report| report.planning_kills + report.applying_kills;
        while kills(&self.report) < self.plan.kills || self.report.files < 2 {
            self.take_file().await?;
            eprintln!(
                "{} of {} kills, {} files, {} wrong, {} s",
                kills(&self.report),
                self.plan.kills,
                self.report.files,
                self.report.wrong.len(),
                began.elapsed().as_secs()
            );
        }
        self.report.products = self.shelf.products.len();
        one_c::exchange(self).await?;
        self.look_at_memory();
        let audit = self.store.verify_audit(&self.org).await?;
        self.report.wrong.extend(audit.problem.map(|problem| format!("the audit log: {problem}")));
        self.report.seconds = (began.elapsed().as_secs_f64() * 10.0).round() / 10.0;
        self.report.ok = self.report.wrong.is_empty();
        Ok(())
    }

    /// One file, from sending it until it changes nothing any more.
    async fn take_file(&mut self) -> anyhow::Result<()> {
        self.report.files += 1;
        let later = WallMs(now().0 + LATER_MS + i64::from(self.report.files) * DAY_MS);
        let prices_from = self.report.files.is_multiple_of(2).then_some(later);
        let (file, counts) = self.shelf.next_file(self.plan.rows, prices_from, &mut self.rng);
        self.report.rows += counts.rows;
        let before = self.newest().await?;
        let id = self.send(&file, prices_from).await?;
        let done = self.come_to_rest(id, true).await?;
        self.check_import(&done, counts).await?;
        let after = self.wait_for_generation(before).await?;
        self.check_products().await?;
        self.check_generation(after).await?;

        let again = self.send(&file, prices_from).await?;
        let again = self.come_to_rest(again, false).await?;
        // Rows that are left out are so again; all others say what is so.
        let same =
            Counts { unchanged: counts.rows - counts.left_out, new: 0, changed: 0, retired: 0, ..counts };
        self.check_import(&again, same).await?;
        self.wait_for_publishing().await?;
        let newest = self.newest().await?;
        self.expect(newest == after, || {
            format!("the same file again made generation {newest:?} of {after:?}")
        });
        Ok(())
    }

    async fn send(&self, file: &str, prices_from: Option<WallMs>) -> anyhow::Result<Uuid> {
        let form = Form::new().part("file", Part::text(file.to_owned()).file_name("catalogue.csv"));
        let later = prices_from.map_or_else(String::new, |from| format!("&prices_from_ms={}", from.0));
        let path = format!("/api/v1/catalogue/imports?match=sku&missing=retire{later}");
        let made = self.client.upload(&path, form).await?;
        Ok(Uuid::parse_str(made["id"].as_str().context("an import has an id")?)?)
    }

    /// Waits until an import is applied, and kills the cloud meanwhile.
    async fn come_to_rest(&mut self, id: Uuid, is_killed: bool) -> anyhow::Result<StoredImport> {
        let until = Instant::now() + PATIENCE;
        let (mut planning, mut applying) = (0, 0);
        let planning_max = self.rng.random_range(0..=PLANNING_KILLS_MAX);
        loop {
            let import = self.import(id).await?;
            match import.state {
                ImportState::Applied => return Ok(import),
                ImportState::Planned => {
                    let path = format!("/api/v1/catalogue/imports/{id}/apply");
                    self.client.ask(Method::POST, &path, Some(&json!({}))).await?;
                }
                ImportState::Failed => anyhow::bail!("the import failed: {}", import.problem),
                ImportState::Planning | ImportState::Applying => {}
            }
            ensure!(Instant::now() < until, "the import is still {:?}: {:?}", import.state, import.counts);
            let is_left = self.report.planning_kills + self.report.applying_kills < self.plan.kills;
            if !is_killed || !is_left || planning + applying >= FILE_KILLS_MAX {
                tokio::time::sleep(Duration::from_millis(100)).await;
                continue;
            }
            // Where nobody was killed at it yet, there is no lease to wait for.
            let is_applying = import.state == ImportState::Applying;
            let is_first = if is_applying { applying == 0 } else { planning == 0 };
            self.live(if is_first { FIRST_LIFE_ROOT } else { LIFE_ROOT }).await;
            match self.import(id).await?.state {
                ImportState::Planning if planning < planning_max => {
                    planning += 1;
                    self.report.planning_kills += 1;
                }
                ImportState::Applying => {
                    applying += 1;
                    self.report.applying_kills += 1;
                }
                _ => continue,
            }
            self.kill().await?;
        }
    }

    async fn import(&self, id: Uuid) -> anyhow::Result<StoredImport> {
        Ok(self.store.import(&self.org, cloud_store::CatalogueImportId(id)).await?)
    }

    /// Lets the cloud work for a while.
    async fn live(&mut self, roots: std::ops::Range<u64>) {
        let root = self.rng.random_range(roots);
        tokio::time::sleep(Duration::from_millis(root * root)).await;
    }

    /// Ends the cloud wherever it is and starts it again.
    async fn kill(&mut self) -> anyhow::Result<()> {
        self.cloud.check_alive()?;
        self.look_at_memory();
        self.cloud.pause()?;
        self.cloud.resume()?;
        let until = Instant::now() + PATIENCE;
        loop {
            match CloudClient::sign_in(self.cloud.gateway, PATIENCE).await {
                Ok(client) => self.client = client,
                // A box that is full may take longer than a request waits for the database.
                Err(_) if Instant::now() < until => {
                    tokio::time::sleep(Duration::from_millis(500)).await;
                    continue;
                }
                Err(error) => return Err(error),
            }
            return Ok(());
        }
    }

    fn look_at_memory(&mut self) {
        // What is gone already held no more than others.
        let status = std::fs::read_to_string(format!("/proc/{}/status", self.cloud.id())).unwrap_or_default();
        let peak = status.lines().find_map(|line| line.strip_prefix("VmHWM:"));
        let kib: Option<u64> = peak.and_then(|peak| peak.split_whitespace().next()?.parse().ok());
        self.report.peak_mib = self.report.peak_mib.max(kib.unwrap_or(0) >> 10);
    }

    fn expect(&mut self, holds: bool, what: impl FnOnce() -> String) {
        if !holds && self.report.wrong.len() < 100 {
            let what = format!("file {}: {}", self.report.files, what());
            eprintln!("{what}");
            self.report.wrong.push(what);
        }
    }

    /// The import's own counts, and what the audit log says of it.
    async fn check_import(&mut self, done: &StoredImport, expected: Counts) -> anyhow::Result<()> {
        let said = done.counts;
        let Counts { rows, new, changed, unchanged, left_out, retired } = expected;
        let all = (said.rows, said.new, said.changed, said.unchanged, said.left_out, said.retired);
        self.expect(all == (rows, new, changed, unchanged, left_out, retired), || {
            format!("the import counts {said:?}, and the file has {expected:?}")
        });
        self.expect((said.done, said.refused) == (expected.applied(), 0), || {
            format!("{} rows were applied and {} refused of {}", said.done, said.refused, expected.applied())
        });
        let object = format!("import:{}", done.asked.id);
        let (mut before, mut slices, mut asked) = (None::<AuditNumber>, 0, 0);
        loop {
            let page = self.store.audit(&self.org, before, PAGE).await?;
            let Some(last) = page.last() else { break };
            before = Some(last.number);
            for entry in page.iter().filter(|one| one.entry.object == object) {
                match entry.entry.action.as_str() {
                    "catalogue.import" => slices += 1,
                    _ => asked += 1,
                }
            }
        }
        let wanted = expected.applied() / SLICE + 1;
        self.expect(slices == wanted && asked == 2, || {
            format!(
                "{slices} slices and {asked} requests are in the audit log, and there were {wanted} and 2"
            )
        });
        Ok(())
    }

    async fn products(&self) -> anyhow::Result<Vec<StoredProduct>> {
        let mut all: Vec<StoredProduct> = Vec::new();
        loop {
            let after = all.last().map(|last| last.product.id.clone());
            let page =
                self.store.products(&self.org, &ProductFilter::default(), after.as_ref(), PAGE).await?;
            if page.is_empty() {
                return Ok(all);
            }
            all.extend(page);
        }
    }

    /// Each product is there once, as the files have it, with each price once.
    async fn check_products(&mut self) -> anyhow::Result<()> {
        let found = self.products().await?;
        let wanted = self.shelf.products.len();
        self.expect(found.len() == wanted, || {
            format!("{} products are there instead of {wanted}", found.len())
        });
        for stored in found {
            let sku = stored.product.sku.clone();
            let spans = self.store.price_history(&self.org, &stored.product.id, None, None, PAGE).await?;
            let mut prices: Vec<(PriceOrigin, i64, Option<WallMs>)> = spans
                .iter()
                .map(|span| {
                    let later = (span.origin == PriceOrigin::Scheduled).then_some(span.effective_from);
                    (span.origin, span.price.map_or(0, |price| price.amount.minor), later)
                })
                .collect();
            let Some(expected) = self.shelf.products.get(&sku).cloned() else {
                self.expect(false, || format!("nobody wrote `{sku}`"));
                continue;
            };
            let mut wanted = expected.prices.clone();
            let key = |one: &(PriceOrigin, i64, Option<WallMs>)| format!("{one:?}");
            prices.sort_by_key(key);
            wanted.sort_by_key(key);
            self.expect(is_as(&stored, &expected), || format!("`{sku}` is {stored:?} and not {expected:?}"));
            self.expect(prices == wanted, || format!("`{sku}` had the prices {prices:?} and not {wanted:?}"));
        }
        Ok(())
    }

    async fn newest(&self) -> anyhow::Result<Option<Generation>> {
        let newest = self.store.newest_generation(&self.org, &self.shop).await?;
        Ok(newest.map(|newest| newest.head.number))
    }

    /// The one generation that follows from an import.
    async fn wait_for_generation(
        &mut self,
        before: Option<Generation>,
    ) -> anyhow::Result<Option<Generation>> {
        self.wait_for_publishing().await?;
        let after = self.newest().await?;
        let wanted = Generation(before.map_or(0, |before| before.0) + 1);
        self.expect(after == Some(wanted), || format!("generation {after:?} follows {before:?}"));
        Ok(after)
    }

    async fn wait_for_publishing(&self) -> anyhow::Result<()> {
        let until = Instant::now() + PATIENCE;
        while self.store.has_open_job("catalogue.publish").await? {
            ensure!(Instant::now() < until, "the catalogue is not published");
            tokio::time::sleep(Duration::from_millis(50)).await;
        }
        Ok(())
    }

    /// Tills get what is there.
    async fn check_generation(&mut self, number: Option<Generation>) -> anyhow::Result<()> {
        let Some(number) = number else { return Ok(()) };
        let published = self.store.load_generation(&self.org, &self.shop, number).await?;
        let catalogue = &published.content.catalogue;
        let found = self.products().await?;
        let wrong =
            found.iter().filter(|stored| catalogue.product(&stored.product.id) != Some(&stored.product));
        let (wrong, all) = (wrong.count(), catalogue.products().len());
        self.expect(wrong == 0 && all == found.len(), || {
            format!(
                "generation {number} has {all} products of {}, {wrong} of them as they are not",
                found.len()
            )
        });
        Ok(())
    }
}

fn is_as(stored: &StoredProduct, expected: &Expected) -> bool {
    let product = &stored.product;
    let per = if expected.is_weighed { Measure::Kilogram } else { Measure::Piece };
    product.name.0.len() == 1
        && product.name.get("en") == expected.name
        && product.gtin.map(|gtin| gtin.to_string()) == expected.gtin
        && stored.category.as_deref() == Some(expected.category.as_str())
        && (product.price.amount.minor, product.price.per) == (expected.price_minor, per)
        && product.archived == expected.is_archived
}

/// What an answer lists.
fn items(answer: &Value) -> &[Value] {
    answer["items"].as_array().map_or(&[], Vec::as_slice)
}
