//! `cargo xtask demo`: builds everything a demonstration needs, then hands over to the `till-demo` program of `e2e`.

use std::process::{Command, Stdio};

use anyhow::Result;
use clap::Args;

use crate::{model, places, process, shop, ui};

/// Build the till and start it with the simulated shop. `--headless --baskets N --seed S --json` sends N shoppers through
/// it, `--photos DIR` shows it real photographs; `--help` lists everything.
#[derive(Debug, Args)]
#[command(disable_help_flag = true)]
pub struct DemoArgs {
    /// Handed on to `till-demo`.
    #[arg(trailing_var_arg = true, allow_hyphen_values = true)]
    arguments: Vec<String>,
}

/// Builds and runs it.
pub fn run(args: &DemoArgs) -> Result<()> {
    if !args.arguments.iter().any(|argument| argument == "--help" || argument == "-h") {
        ui::run(&ui::UiArgs { force: false, types: false })?;
        model::run(&model::ModelArgs::missing_only())?;
        shop::run(&shop::ShopArgs { force: false })?;
    }
    let mut build = process::cargo();
    build.args([
        "build",
        "--release",
        "--package",
        "edge-daemon",
        "--package",
        "edge-cli",
        "--package",
        "cloud-server",
        "--package",
        "e2e",
    ]);
    process::run_on_stderr(&mut build)?;
    // In the caller's folder, not the repository's: `--photos` is a path as the caller sees it.
    let mut demo = Command::new(places::target().join("release/till-demo"));
    let names_models = |argument: &String| argument == "--models" || argument.starts_with("--models=");
    if !args.arguments.iter().any(names_models) {
        demo.arg("--models").arg(places::repository().join("models/built"));
    }
    demo.args(&args.arguments);
    process::run(demo.stdin(Stdio::null()))
}
