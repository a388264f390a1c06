//! The cloud's page in a real browser: starts the real cloud, lets tills sell into it, and runs `e2e/playwright` against it; then the
//! same with the cloud of a shop that has been open for weeks.
#![forbid(unsafe_code)]

use std::path::{Path, PathBuf};
use std::process::{Child, Command, ExitCode, Stdio};
use std::time::Duration;

use anyhow::Context as _;
use clap::Parser;
use e2e::cloud::{CloudClient, CloudProcess, CloudSetup, OWNER, PASSWORD};
use e2e::cloud_shop;
use e2e::fleet_shop::FleetShop;
use e2e::past::Past;
use edge_daemon::clock::wall;

/// How long the cloud may take to be ready.
const READY_MAX: Duration = Duration::from_secs(60);
/// The pause between two sales while the page is looked at.
const SELL_EVERY: Duration = Duration::from_millis(1_500);
/// How long the shop with a past has been open: enough for forecasts, and soon sold.
const PAST_DAYS: u32 = 70;

/// Runs the browser tests of the dashboard.
#[derive(Debug, Parser)]
struct Arguments {
    /// Only one of the shops: the fleet whose tills sell, or the shop that has a past; both when not said.
    #[arg(long, value_enum)]
    shop: Option<Shop>,
    /// Only the test files whose name contains this; of the fleet, unless another shop is said.
    #[arg(long)]
    only: Option<String>,
    /// Where pictures of what was seen go; none are kept unless this is given.
    #[arg(long, value_name = "DIR")]
    shots: Option<PathBuf>,
    /// Starts no browser, prints where the cloud is and goes on selling until it is stopped.
    #[arg(long)]
    stay: bool,
}

/// A shop that is looked at.
#[derive(Debug, Clone, Copy, PartialEq, Eq, clap::ValueEnum)]
enum Shop {
    /// Tills sell into a new shop.
    Fleet,
    /// Nothing is sold any more; weeks of sales are there.
    Past,
}

/// The top folder: where cargo started this, else where it was built.
fn repository() -> anyhow::Result<PathBuf> {
    let here = std::env::var_os("CARGO_MANIFEST_DIR")
        .map_or_else(|| PathBuf::from(env!("CARGO_MANIFEST_DIR")), PathBuf::from);
    Ok(here.parent().context("e2e lies in the repository")?.to_owned())
}

fn main() -> anyhow::Result<ExitCode> {
    let arguments = Arguments::parse();
    let repository = repository()?;
    let shops = match (arguments.shop, &arguments.only) {
        (Some(shop), _) => vec![shop],
        (None, Some(_)) => vec![Shop::Fleet],
        (None, None) if arguments.stay => vec![Shop::Fleet],
        (None, None) => vec![Shop::Fleet, Shop::Past],
    };
    let mut all_passed = true;
    for shop in shops {
        all_passed &= look_at(shop, &arguments, &repository)?;
    }
    Ok(if all_passed { ExitCode::SUCCESS } else { ExitCode::FAILURE })
}

/// Starts a cloud with this shop and looks at its page.
fn look_at(shop: Shop, arguments: &Arguments, repository: &Path) -> anyhow::Result<bool> {
    let scratch = tempfile::tempdir()?;
    let cloud = CloudProcess::start(&CloudSetup {
        data: scratch.path().join("cloud"),
        models: repository.join("models/built"),
        database: None,
        port: None,
        broker: None,
    })?;
    let runtime = tokio::runtime::Builder::new_multi_thread().worker_threads(1).enable_all().build()?;
    let passed = runtime.block_on(async {
        let owner = CloudClient::sign_in(cloud.gateway, READY_MAX).await?;
        if arguments.stay {
            eprintln!("http://{}/ as {OWNER} with: {PASSWORD}", cloud.gateway);
        }
        let tests = || start_tests(shop, arguments, repository, &cloud);
        match shop {
            Shop::Fleet => at_the_fleet(tests, &cloud, &owner, scratch.path()).await,
            Shop::Past => at_the_past(tests, &cloud, &owner, scratch.path()).await,
        }
    });
    let passed = passed.with_context(|| format!("the cloud's log ends with\n{}", cloud.log_tail()))?;
    if !passed {
        eprintln!("the cloud's log ends with\n{}", cloud.log_tail());
        return Ok(false);
    }
    cloud.stop()?;
    Ok(true)
}

/// The browser looks while tills sell.
async fn at_the_fleet(
    start: impl FnOnce() -> anyhow::Result<Option<Child>>,
    cloud: &CloudProcess,
    owner: &CloudClient,
    folder: &Path,
) -> anyhow::Result<bool> {
    let mut shop = FleetShop::open(cloud, owner, folder).await?;
    let mut tests = start()?;
    let mut next = tokio::time::interval(SELL_EVERY);
    let passed = loop {
        next.tick().await;
        shop.sell(wall())?;
        if let Some(passed) = ended(&mut tests)? {
            break passed;
        }
    };
    shop.close().await;
    Ok(passed)
}

/// The browser looks at what there is.
async fn at_the_past(
    start: impl FnOnce() -> anyhow::Result<Option<Child>>,
    cloud: &CloudProcess,
    owner: &CloudClient,
    folder: &Path,
) -> anyhow::Result<bool> {
    let products = cloud_shop::register_unseen(owner, folder).await?;
    let past = Past { cloud, owner, products: &products, days: PAST_DAYS, seed: 1 };
    past.live(folder).await?;
    let mut tests = start()?;
    loop {
        if let Some(passed) = ended(&mut tests)? {
            return Ok(passed);
        }
        tokio::time::sleep(Duration::from_millis(100)).await;
    }
}

/// Whether the tests passed, once they have ended.
fn ended(tests: &mut Option<Child>) -> anyhow::Result<Option<bool>> {
    let ended = tests.as_mut().map(Child::try_wait).transpose()?.flatten();
    Ok(ended.map(|status| status.success()))
}

/// Starts the tests of a shop; none where somebody only wants to look.
fn start_tests(
    shop: Shop,
    arguments: &Arguments,
    repository: &Path,
    cloud: &CloudProcess,
) -> anyhow::Result<Option<Child>> {
    if arguments.stay {
        return Ok(None);
    }
    let script = match shop {
        Shop::Fleet => "test:dashboard",
        Shop::Past => "test:past",
    };
    let mut npm = Command::new("npm");
    npm.current_dir(repository.join("e2e/playwright")).args(["run", script]);
    if let Some(only) = &arguments.only {
        npm.args(["--", only]);
    }
    npm.env("CLOUD_URL", format!("http://{}", cloud.gateway)).env("CHROMIUM", "/usr/bin/chromium");
    npm.env("CLOUD_EMAIL", OWNER).env("CLOUD_PASSWORD", PASSWORD).stdin(Stdio::null());
    if let Some(shots) = &arguments.shots {
        npm.env("SHOTS", std::path::absolute(shots)?);
    }
    npm.spawn().map(Some).context("failed to start npm: install Node 20 or later")
}
