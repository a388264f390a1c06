//! `cargo xtask rig NAME`: the rigs of `e2e`, in release.

use clap::Args;

use crate::process;

/// Run a rig of e2e (power cuts, kills, disk faults) against the real programs, in release.
#[derive(Debug, Args)]
#[command(disable_help_flag = true)]
pub struct RigArgs {
    /// The rig's name and its own arguments; `--help` lists them.
    #[arg(trailing_var_arg = true, allow_hyphen_values = true)]
    arguments: Vec<String>,
}

/// Builds and runs it.
pub fn run(args: &RigArgs) -> anyhow::Result<()> {
    let mut command = process::cargo();
    command.args(["run", "--release", "--package", "e2e", "--bin", "rig", "--"]).args(&args.arguments);
    process::run(&mut command)
}
