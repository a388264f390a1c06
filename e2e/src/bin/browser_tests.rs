//! The kiosk page in a real browser: starts the real daemon with the simulated shop and runs `e2e/playwright` against it.
#![forbid(unsafe_code)]

use std::path::PathBuf;
use std::process::{Command, ExitCode};
use std::time::Duration;

use anyhow::Context as _;
use clap::Parser;
use e2e::client::TillClient;
use e2e::process::{TillProcess, TillSetup};
use e2e::simulated_shop;

/// Patience of the till under test, so that waiting for it does not take minutes.
const IDLE_MS: u32 = 26_000;
const ANSWER_MS: u32 = 2_500;

/// Runs the browser tests, or makes the pictures of `docs/screenshots`.
#[derive(Debug, Parser)]
struct Arguments {
    /// Makes the pictures instead of testing.
    #[arg(long)]
    screenshots: bool,
    /// Only the test files whose name contains this.
    #[arg(long)]
    only: Option<String>,
    /// Where pictures go: of failing tests, a folder that is deleted afterwards unless this is given; the ones that are
    /// made for the documentation, `docs/screenshots`.
    #[arg(long, value_name = "DIR")]
    shots: Option<PathBuf>,
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
    let data = scratch.path().join("till");
    let models = repository.join("models/built");
    let pictures = edge_devices::simulated::default_folder();
    simulated_shop::prepare(&data, &models, None, &pictures)?;
    let devices = simulated_shop::config(&pictures, 11, 600);
    let devices = devices.replace("answer_ms = 1500", &format!("answer_ms = {ANSWER_MS}"));
    let config = format!("{devices}[checkout]\nidle_ms = {IDLE_MS}\n[log]\nformat = \"text\"\n");
    let log = data.join("tillsightd.log");
    let till = TillProcess::start(&TillSetup { data, models, config, log: Some(log.clone()) }, None)?;
    let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build()?;
    runtime.block_on(TillClient::connect(till.address, Duration::from_secs(120)))?;
    let mut npm = Command::new("npm");
    npm.current_dir(repository.join("e2e/playwright"));
    npm.arg("run").arg(if arguments.screenshots { "screenshots" } else { "test" });
    if let Some(only) = &arguments.only {
        npm.args(["--", only]);
    }
    npm.env("KIOSK_URL", format!("http://{}", till.address)).env("CHROMIUM", "/usr/bin/chromium");
    npm.env("IDLE_MS", IDLE_MS.to_string()).env("ANSWER_MS", (ANSWER_MS + 15_000).to_string());
    let own = if arguments.screenshots {
        repository.join("docs/screenshots")
    } else {
        scratch.path().join("shots")
    };
    npm.env("SHOTS", arguments.shots.unwrap_or(own));
    let status = npm.status().context("failed to start npm: install Node 20 or later")?;
    if !status.success() {
        let text = std::fs::read_to_string(&log).unwrap_or_default();
        let lines: Vec<&str> = text.lines().collect();
        eprintln!("the till's log ends with\n{}", lines[lines.len().saturating_sub(20)..].join("\n"));
        return Ok(ExitCode::FAILURE);
    }
    till.stop()?;
    Ok(ExitCode::SUCCESS)
}
