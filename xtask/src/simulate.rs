//! `cargo xtask simulate`: three tills and a cloud under every fault, in release.

use clap::Args;

use crate::{places, process};

/// Simulate days of sales of three tills and a cloud under faults, in release.
#[derive(Debug, Args)]
#[command(disable_help_flag = true)]
pub struct SimulateArgs {
    /// The simulation's own arguments (`--days N --seed S --json`); `--help` lists them.
    #[arg(trailing_var_arg = true, allow_hyphen_values = true)]
    arguments: Vec<String>,
}

/// Builds the simulation and runs it.
pub fn run(args: &SimulateArgs) -> anyhow::Result<()> {
    simulate(&args.arguments)
}

/// Runs the simulation with its own `arguments`.
pub fn simulate(arguments: &[String]) -> anyhow::Result<()> {
    process::run_on_stderr(process::cargo().args([
        "build",
        "--release",
        "--package",
        "e2e",
        "--bin",
        "simulate",
    ]))?;
    process::run(process::command(places::target().join("release/simulate")).args(arguments))
}
