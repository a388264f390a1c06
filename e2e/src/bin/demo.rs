//! The demonstration: a till with the simulated shop or with real photographs, for people or for scripted shoppers.
#![forbid(unsafe_code)]

use std::io::Write as _;
use std::path::{Path, PathBuf};
use std::process::Command;
use std::time::Duration;

use anyhow::{Context as _, bail};
use clap::Parser;
use e2e::client::TillClient;
use e2e::cloud::{OWNER, PASSWORD};
use e2e::fleet_demo::{Fleet, FleetSetup};
use e2e::photo_shop::PhotoShop;
use e2e::photo_shopper::PhotoShopper;
use e2e::process::{TillProcess, TillSetup, sibling};
use e2e::score::Score;
use e2e::shopper::{TrayShopper, product_names};
use e2e::simulated_shop;
use rand::SeedableRng as _;
use rand_chacha::ChaCha8Rng;
use serde_json::Value;

/// Where people find the cloud and the first till.
const CLOUD_PORT: u16 = 8480;
const KIOSK_PORT: u16 = 8420;
/// How long the shop has been open that people look at: long enough for forecasts to know its weeks.
const PAST_DAYS: u32 = 180;

/// Starts a cloud with two tills of the simulated shop (or one till with real photographs) and, with --headless, sends shoppers.
#[derive(Debug, Parser)]
struct Arguments {
    /// Sends scripted shoppers and prints what came of it; without it the till waits for people.
    #[arg(long)]
    headless: bool,
    /// How many shoppers.
    #[arg(long, default_value_t = 30)]
    baskets: u32,
    /// What they want and how things lie; the same seed, the same shoppers.
    #[arg(long, default_value_t = 1)]
    seed: u64,
    /// One till by itself, without a cloud.
    #[arg(long)]
    alone: bool,
    /// How many days of sales, with suppliers, stock, forecasts and papers, the cloud is to have from before; 0 when headless, else 180.
    #[arg(long, value_name = "DAYS", value_parser = clap::value_parser!(u32).range(0..=730))]
    past: Option<u32>,
    /// A data set of photographs (GroceryStoreDataset's layout) instead of the simulated shop; one till by itself.
    #[arg(long, value_name = "DIR")]
    photos: Option<PathBuf>,
    /// Name of the model; the default one when not given.
    #[arg(long)]
    model: Option<String>,
    /// Folder of the models.
    #[arg(long, default_value = "models/built")]
    models: PathBuf,
    /// Port of the kiosk; a free one when headless, else 8420.
    #[arg(long)]
    port: Option<u16>,
    /// Keeps the till's data here instead of in a folder that is removed at the end.
    #[arg(long, value_name = "DIR")]
    data: Option<PathBuf>,
    /// Prints the outcome as one JSON object on the last line of stdout.
    #[arg(long)]
    json: bool,
}

fn main() -> anyhow::Result<()> {
    let arguments = Arguments::parse();
    let scratch = tempfile::tempdir()?;
    let data = arguments.data.clone().unwrap_or_else(|| scratch.path().join("till"));
    let models = arguments.models.canonicalize().with_context(|| {
        format!("there are no models in `{}`: run `cargo xtask model`", arguments.models.display())
    })?;
    if !arguments.alone && arguments.photos.is_none() {
        return with_cloud(&arguments, &scratch, &models);
    }
    let photos = arguments.photos.as_deref().map(PhotoShop::read).transpose()?;
    let config = prepare(&arguments, &data, &models, photos.as_ref())?;
    let log = arguments.headless.then(|| data.join("tillsightd.log"));
    let setup = TillSetup { data: data.clone(), models, config, log };
    let port = arguments.port.or((!arguments.headless).then_some(KIOSK_PORT));
    let till = TillProcess::start(&setup, port)?;
    let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build()?;
    if !arguments.headless {
        return runtime.block_on(wait_for_people(till, photos.is_none()));
    }
    let score = runtime.block_on(send_shoppers(&arguments, &till, photos.as_ref())).with_context(|| {
        let log = std::fs::read_to_string(data.join("tillsightd.log")).unwrap_or_default();
        let tail: Vec<&str> = log.lines().rev().take(15).collect();
        format!("the till's log ends with\n{}", tail.into_iter().rev().collect::<Vec<_>>().join("\n"))
    })?;
    till.stop()?;
    report(&arguments, &score, &data)
}

/// A cloud and two tills: shoppers come to them in turn, and prices change meanwhile.
fn with_cloud(arguments: &Arguments, scratch: &tempfile::TempDir, models: &Path) -> anyhow::Result<()> {
    let folder = arguments.data.clone().unwrap_or_else(|| scratch.path().join("fleet"));
    let pictures = pictures();
    let setup = FleetSetup {
        folder: &folder,
        models,
        pictures: &pictures,
        seed: arguments.seed,
        terminal_ms: if arguments.headless { 50 } else { 1500 },
        ports: (!arguments.headless).then(|| (CLOUD_PORT, arguments.port.unwrap_or(KIOSK_PORT))),
        past_days: arguments.past.unwrap_or(if arguments.headless { 0 } else { PAST_DAYS }),
        show_logs: !arguments.headless,
    };
    let runtime = tokio::runtime::Builder::new_multi_thread().worker_threads(2).enable_all().build()?;
    let mut fleet = runtime.block_on(Fleet::start(&setup))?;
    if !arguments.headless {
        return runtime.block_on(show_fleet(fleet));
    }
    let score = runtime.block_on(shop_everywhere(arguments, &mut fleet))?;
    let mut journals = Vec::new();
    let tills: Vec<PathBuf> =
        fleet.tills.iter().map(|till| folder.join(till.identity.till.as_str())).collect();
    let added = runtime.block_on(fleet.finish(&folder))?;
    for data in &tills {
        journals.push(verify(data)?);
    }
    let sales = journals.iter().filter_map(|journal| journal["entries"].as_u64()).sum();
    let mut report = score.report(sales, journals.iter().all(|journal| journal["ok"] == true));
    if let (Some(report), Value::Object(added)) = (report.as_object_mut(), added) {
        report.extend(added);
    }
    print_report(arguments, &score, &report)
}

async fn shop_everywhere(arguments: &Arguments, fleet: &mut Fleet) -> anyhow::Result<Score> {
    let mut rng = ChaCha8Rng::seed_from_u64(arguments.seed);
    let mut score = Score::default();
    let names = product_names(&fleet.tills[0].client).await?;
    for basket in 1..=arguments.baskets {
        let index = (basket as usize - 1) % fleet.tills.len();
        let till = &mut fleet.tills[index].client;
        let shopped = TrayShopper { till, names: &names, rng: &mut rng, score: &mut score }.shop().await;
        shopped.with_context(|| format!("basket {basket} of seed {}", arguments.seed))?;
        fleet.change_a_price(basket as usize).await?;
        eprintln!(
            "basket {basket}/{}: {} lines so far, {} wrong",
            arguments.baskets, score.lines, score.lines_wrong
        );
    }
    Ok(score)
}

async fn show_fleet(mut fleet: Fleet) -> anyhow::Result<()> {
    let kiosks: Vec<String> =
        fleet.tills.iter().map(|till| format!("http://{}/", till.process.address)).collect();
    eprintln!(
        "\n  The cloud:  http://localhost:{CLOUD_PORT}/   sign in as {OWNER} with: {PASSWORD}\n  The tills:  {}\n  Staff PIN, for beer and wine: {}\n  Stop them with Ctrl-C.\n",
        kiosks.join("   "),
        simulated_shop::STAFF_PIN
    );
    loop {
        tokio::select! {
            interrupted = tokio::signal::ctrl_c() => {
                interrupted?;
                for till in fleet.tills {
                    till.process.stop()?;
                }
                return fleet.cloud.stop();
            }
            () = tokio::time::sleep(Duration::from_secs(1)) => {
                fleet.cloud.check_alive()?;
                for till in &mut fleet.tills {
                    till.process.check_alive()?;
                }
            }
        }
    }
}

fn prepare(
    arguments: &Arguments,
    data: &Path,
    models: &Path,
    photos: Option<&PhotoShop>,
) -> anyhow::Result<String> {
    let model = arguments.model.as_deref();
    if !data.join("till.db").exists() {
        eprintln!("enrolling the shop (about a minute the first time)");
        match photos {
            Some(photos) => photos.prepare(data, models, model)?,
            None => simulated_shop::prepare(data, models, model, &pictures())?,
        }
    }
    let mut config = match photos {
        Some(photos) => photos.config(),
        None => {
            simulated_shop::config(&pictures(), arguments.seed, if arguments.headless { 50 } else { 1500 })
        }
    };
    config.push_str("[log]\nformat = \"text\"\n");
    Ok(config)
}

fn pictures() -> PathBuf {
    edge_devices::simulated::default_folder()
}

async fn wait_for_people(mut till: TillProcess, sells_beer: bool) -> anyhow::Result<()> {
    let address = till.address;
    TillClient::connect(address, Duration::from_secs(60)).await?;
    let staff = match sells_beer {
        true => format!("  Staff PIN, for beer and wine: {}\n", simulated_shop::STAFF_PIN),
        false => String::new(),
    };
    eprintln!("\n  The till is ready:  http://{address}/\n{staff}  Stop it with Ctrl-C.\n");
    loop {
        tokio::select! {
            interrupted = tokio::signal::ctrl_c() => {
                interrupted?;
                return till.stop();
            }
            () = tokio::time::sleep(Duration::from_secs(1)) => till.check_alive()?,
        }
    }
}

async fn send_shoppers(
    arguments: &Arguments,
    till: &TillProcess,
    photos: Option<&PhotoShop>,
) -> anyhow::Result<Score> {
    let mut client = TillClient::connect(till.address, Duration::from_secs(60)).await?;
    let mut rng = ChaCha8Rng::seed_from_u64(arguments.seed);
    let mut score = Score::default();
    let names = &product_names(&client).await?;
    for basket in 1..=arguments.baskets {
        let shopped = match photos {
            Some(photos) => {
                let photos = &photos.held_back;
                PhotoShopper { till: &mut client, photos, names, rng: &mut rng, score: &mut score }
                    .shop()
                    .await
            }
            None => TrayShopper { till: &mut client, names, rng: &mut rng, score: &mut score }.shop().await,
        };
        shopped.with_context(|| format!("basket {basket} of seed {}", arguments.seed))?;
        eprintln!(
            "basket {basket}/{}: {} lines so far, {} wrong",
            arguments.baskets, score.lines, score.lines_wrong
        );
    }
    Ok(score)
}

fn report(arguments: &Arguments, score: &Score, data: &Path) -> anyhow::Result<()> {
    let journal = verify(data)?;
    let sales = journal["entries"].as_u64().unwrap_or_default();
    print_report(arguments, score, &score.report(sales, journal["ok"] == true))
}

fn print_report(arguments: &Arguments, score: &Score, report: &Value) -> anyhow::Result<()> {
    for mistake in &score.mistakes {
        eprintln!("wrong: {mistake}");
    }
    let mut out = std::io::stdout().lock();
    if arguments.json {
        writeln!(out, "{report}")?;
    } else {
        writeln!(out, "{}", serde_json::to_string_pretty(report)?)?;
    }
    Ok(())
}

/// Asks the technician's tool, as a technician would.
fn verify(data: &Path) -> anyhow::Result<Value> {
    let mut verify = Command::new(sibling("tillsight")?);
    verify.args(["journal", "verify", "--json", "--data"]).arg(data);
    let output = verify.output().context("failed to start `tillsight journal verify`")?;
    let text = String::from_utf8_lossy(&output.stdout);
    let Some(last) = text.lines().last() else {
        bail!("`tillsight journal verify` said nothing: {}", String::from_utf8_lossy(&output.stderr));
    };
    Ok(serde_json::from_str(last)?)
}
