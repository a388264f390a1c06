//! The cloud's page in a real browser: starts the real cloud, lets tills sell into it, and runs `e2e/playwright` against it.
#![forbid(unsafe_code)]

use std::path::{Path, PathBuf};
use std::process::{Child, Command, ExitCode, Stdio};
use std::time::Duration;

use anyhow::Context as _;
use clap::Parser;
use e2e::cloud::{CloudClient, CloudProcess, CloudSetup, OWNER, PASSWORD};
use e2e::fleet_shop::FleetShop;
use edge_daemon::clock::wall;

/// How long the cloud may take to be ready.
const READY_MAX: Duration = Duration::from_secs(60);
/// The pause between two sales while the page is looked at.
const SELL_EVERY: Duration = Duration::from_millis(1_500);

/// Runs the browser tests of the dashboard.
#[derive(Debug, Parser)]
struct Arguments {
    /// Only the test files whose name contains this.
    #[arg(long)]
    only: Option<String>,
    /// Where pictures of what was seen go; none are kept unless this is given.
    #[arg(long, value_name = "DIR")]
    shots: Option<PathBuf>,
    /// Starts no browser, prints where the cloud is and goes on selling until it is stopped.
    #[arg(long)]
    stay: bool,
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
    let scratch = tempfile::tempdir()?;
    let cloud = CloudProcess::start(&CloudSetup {
        data: scratch.path().join("cloud"),
        models: repository.join("models/built"),
        database: None,
        port: None,
        broker: None,
    })?;
    let runtime = tokio::runtime::Builder::new_multi_thread().worker_threads(1).enable_all().build()?;
    let passed = runtime.block_on(look(&arguments, &repository, &cloud, scratch.path()));
    let passed = passed.with_context(|| format!("the cloud's log ends with\n{}", cloud.log_tail()))?;
    if !passed {
        eprintln!("the cloud's log ends with\n{}", cloud.log_tail());
        return Ok(ExitCode::FAILURE);
    }
    cloud.stop()?;
    Ok(ExitCode::SUCCESS)
}

/// Opens the shop and lets the browser look while it sells.
async fn look(
    arguments: &Arguments,
    repository: &Path,
    cloud: &CloudProcess,
    folder: &Path,
) -> anyhow::Result<bool> {
    let owner = CloudClient::sign_in(cloud.gateway, READY_MAX).await?;
    let mut shop = FleetShop::open(cloud, &owner, folder).await?;
    if arguments.stay {
        eprintln!("http://{}/ as {OWNER} with: {PASSWORD}", cloud.gateway);
    }
    let mut tests = match arguments.stay {
        true => None,
        false => Some(start_tests(arguments, repository, cloud)?),
    };
    let mut next = tokio::time::interval(SELL_EVERY);
    let passed = loop {
        next.tick().await;
        shop.sell(wall())?;
        if let Some(ended) = tests.as_mut().map(Child::try_wait).transpose()?.flatten() {
            break ended.success();
        }
    };
    shop.close().await;
    Ok(passed)
}

fn start_tests(arguments: &Arguments, repository: &Path, cloud: &CloudProcess) -> anyhow::Result<Child> {
    let mut npm = Command::new("npm");
    npm.current_dir(repository.join("e2e/playwright")).args(["run", "test:dashboard"]);
    if let Some(only) = &arguments.only {
        npm.args(["--", only]);
    }
    npm.env("CLOUD_URL", format!("http://{}", cloud.gateway)).env("CHROMIUM", "/usr/bin/chromium");
    npm.env("CLOUD_EMAIL", OWNER).env("CLOUD_PASSWORD", PASSWORD).stdin(Stdio::null());
    if let Some(shots) = &arguments.shots {
        npm.env("SHOTS", std::path::absolute(shots)?);
    }
    npm.spawn().context("failed to start npm: install Node 20 or later")
}
