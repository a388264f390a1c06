//! `cargo xtask cross`: the programs for ARM tills, built and tried on an x86-64 machine without containers.

mod http;
mod smoke;
mod toolchain;

use std::io::Write as _;
use std::path::{Path, PathBuf};
use std::time::Instant;

use anyhow::{Context, Result, ensure};
use clap::{Args, ValueEnum};
use serde::Serialize;
use toolchain::Toolchain;

use crate::{places, process};

/// Build tillsightd and tillsight for ARM tills, and try them in an emulator.
#[derive(Debug, Args)]
pub struct CrossArgs {
    /// What to build for.
    #[arg(long, value_enum)]
    target: Target,
    /// The build profile: `dist` is what is shipped, `release` builds in half the time.
    #[arg(long, default_value = "dist", value_parser = ["dist", "release"])]
    profile: String,
    /// Then try them in the emulator: doctor, an embedding, a sale, the journal. Needs root.
    #[arg(long)]
    smoke: bool,
    /// Print one JSON object as the last line on stdout.
    #[arg(long)]
    json: bool,
}

/// Targets with a tool chain and an ONNX Runtime. There is no armv7 build of the latter to fetch.
#[derive(Debug, Clone, Copy, ValueEnum)]
enum Target {
    #[value(name = "aarch64-unknown-linux-gnu")]
    Aarch64,
}

/// What the last line on stdout holds.
#[derive(Debug, Serialize)]
struct Summary {
    /// Absent unless it was asked for.
    #[serde(flatten)]
    smoke: Option<smoke::Outcome>,
    build_s: f64,
    sizes: Sizes,
}

/// In bytes, stripped.
#[derive(Debug, Serialize)]
struct Sizes {
    tillsightd: u64,
    tillsight: u64,
}

/// The programs that were built.
struct Built {
    daemon: PathBuf,
    cli: PathBuf,
}

/// Sets the tool chain up where it is missing, builds, and says what came out.
pub fn run(args: &CrossArgs) -> Result<()> {
    let toolchain = Toolchain::ready()?;
    let began = Instant::now();
    let built = build(&toolchain, args)?;
    let build_s = (began.elapsed().as_secs_f64() * 10.0).round() / 10.0;
    let sizes = Sizes { tillsightd: size(&built.daemon)?, tillsight: size(&built.cli)? };
    eprintln!("cross: built in {build_s} s: {} and {}", built.daemon.display(), built.cli.display());
    let smoke = if args.smoke { Some(smoke::run(&toolchain, &built)?) } else { None };
    let works = smoke.as_ref().is_none_or(smoke::Outcome::is_good);
    let summary = Summary { smoke, build_s, sizes };
    if args.json {
        let line = serde_json::to_string(&summary).context("failed to write the summary")?;
        writeln!(std::io::stdout(), "{line}").context("failed to write to stdout")?;
    }
    ensure!(works, "the arm64 programs do not work in the emulator: see above");
    Ok(())
}

fn build(toolchain: &Toolchain, args: &CrossArgs) -> Result<Built> {
    let target = args.target.triple();
    // Another compiler's artefacts do not mix with those of the daily builds.
    let folder = places::target().join("cross");
    let mut cargo = process::cargo();
    toolchain.apply(&mut cargo);
    cargo.env("CARGO_TARGET_DIR", &folder).args(["build", "--profile", &args.profile, "--target", target]);
    cargo.args(["--package", "edge-daemon", "--package", "edge-cli", "--bins"]);
    process::run_on_stderr(&mut cargo)?;
    let programs = folder.join(target).join(&args.profile);
    Ok(Built { daemon: programs.join("tillsightd"), cli: programs.join("tillsight") })
}

fn size(program: &Path) -> Result<u64> {
    let metadata =
        program.metadata().with_context(|| format!("cargo did not make `{}`", program.display()))?;
    Ok(metadata.len())
}

impl Target {
    fn triple(self) -> &'static str {
        match self {
            Self::Aarch64 => "aarch64-unknown-linux-gnu",
        }
    }
}
