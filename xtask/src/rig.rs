//! `cargo xtask rig NAME`: the rigs of `e2e`, in release.

use clap::Args;

use crate::{places, process, schemathesis};

/// Run a rig of e2e (power cuts, kills, disk faults) against the real programs, in release.
#[derive(Debug, Args)]
#[command(disable_help_flag = true)]
pub struct RigArgs {
    /// The rig's name and its own arguments; `--help` lists them.
    #[arg(trailing_var_arg = true, allow_hyphen_values = true)]
    arguments: Vec<String>,
}

/// Builds the programs that rigs torment, and runs it.
pub fn run(args: &RigArgs) -> anyhow::Result<()> {
    let mut build = process::cargo();
    build.args([
        "build",
        "--release",
        "--bins",
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
    let mut rig = process::command(places::target().join("release/rig"));
    if args.arguments.first().is_some_and(|name| name == schemathesis::RIG) {
        rig.env(schemathesis::VARIABLE, schemathesis::program()?);
    }
    process::run(rig.args(&args.arguments))
}
