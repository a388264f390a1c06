//! `cargo xtask test`: everything that must hold, in stages.
//!
//! A stage that fails does not keep the others from running. What the machine lacks is installed where that is
//! possible (Debian, as root), and skipped visibly, with the way to get it, where it is not.

mod output;
mod packages;
mod report;
mod stages;

use std::time::Instant;

use anyhow::{Result, bail};
use clap::{Args, ValueEnum};
use packages::Packages;
use report::{Line, Verdict};

/// Run all checks and tests, as continuous integration does.
#[derive(Debug, Args)]
pub struct TestArgs {
    /// Leave out what takes minutes: the browser and the rigs.
    #[arg(long)]
    fast: bool,
    /// Run these stages only.
    #[arg(long, value_name = "STAGE", value_delimiter = ',')]
    only: Vec<Stage>,
}

/// What must hold, in the order in which it is looked at: what is quick and most often wrong comes first, and what
/// others need (the page, the models, the shop) before them.
#[derive(Debug, Clone, Copy, PartialEq, Eq, ValueEnum)]
enum Stage {
    /// rustfmt finds nothing to change.
    Fmt,
    /// The house rules.
    Tidy,
    /// The units are valid and well locked up.
    Systemd,
    /// The pages build.
    Ui,
    /// The models and ONNX Runtime are there.
    Model,
    /// The pictures of the simulated shop are there.
    Shop,
    /// clippy has no complaint.
    Clippy,
    /// The tests of all crates pass.
    Tests,
    /// The V4L2 camera compiles, which is a feature that a plain build leaves out.
    V4l,
    /// The tests of what makes the models pass.
    Python,
    /// Licences, advisories and sources of what others wrote.
    Deny,
    /// The types and tests of the pages.
    Pages,
    /// The gateway's answers agree with its description, over SQLite and over PostgreSQL.
    Api,
    /// The pages in Chromium, against the real daemon and the real cloud.
    Browser,
    /// Ten thousand simulated days of three tills and a cloud.
    Simulation,
    /// Kills of tills, of the cloud, of its database and of its broker while they work.
    Fleet,
    /// Documents that are made to hurt whoever reads them.
    Hostile,
    /// A few power cuts during sales.
    PowerCut,
}

/// How a stage ended that did not fail.
enum Outcome {
    Passed,
    Skipped(String),
}

/// What stages share.
struct Context {
    packages: Packages,
    /// `SKIPPED: ..` lines that tests printed.
    skipped_tests: Vec<String>,
}

/// Runs the stages; fails when one failed.
pub fn run(args: &TestArgs) -> Result<()> {
    let began = Instant::now();
    let mut context = Context { packages: Packages::new(), skipped_tests: Vec::new() };
    let mut lines = Vec::new();
    for stage in Stage::value_variants()
        .iter()
        .copied()
        .filter(|stage| args.only.is_empty() || args.only.contains(stage))
    {
        let name = stage.name();
        eprintln!("\n== {name}");
        let stage_began = Instant::now();
        let verdict = if args.fast && args.only.is_empty() && stage.is_slow() {
            Verdict::Skipped("left out by --fast".to_owned())
        } else {
            match stages::run(stage, &mut context) {
                Ok(Outcome::Passed) => Verdict::Passed,
                Ok(Outcome::Skipped(reason)) => Verdict::Skipped(reason),
                Err(error) => Verdict::Failed(format!("{error:#}")),
            }
        };
        match &verdict {
            Verdict::Passed => {}
            Verdict::Skipped(reason) => eprintln!("SKIPPED: {name} because {reason}"),
            Verdict::Failed(reason) => eprintln!("FAILED: {name}: {reason}"),
        }
        lines.push(Line { name, verdict, took: stage_began.elapsed() });
    }
    eprint!("{}", report::text(&lines, &context.skipped_tests, began.elapsed()));
    let failed: Vec<&str> =
        lines.iter().filter(|l| l.verdict.is_failure()).map(|l| l.name.as_str()).collect();
    if !failed.is_empty() {
        bail!("failed: {}; repeat with `cargo xtask test --only {}`", failed.join(", "), failed.join(","));
    }
    Ok(())
}

impl Stage {
    fn name(self) -> String {
        self.to_possible_value().expect("no stage is hidden").get_name().to_owned()
    }

    fn is_slow(self) -> bool {
        matches!(
            self,
            Self::Api | Self::Browser | Self::Simulation | Self::Fleet | Self::Hostile | Self::PowerCut
        )
    }
}
