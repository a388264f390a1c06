//! `simulate --days N --seed S`: three tills and a cloud under every fault. `cargo xtask simulate` builds and runs it.
#![forbid(unsafe_code)]

use std::io::Write as _;
use std::process::ExitCode;

use clap::Parser;

/// Simulates three tills and a cloud over the sync protocol, and looks whether every sale is there exactly once.
///
/// The last line on stdout is one JSON object. Exit codes: 0 nothing was violated; 1 something was, and the same `--days` and
/// `--seed` show it again.
#[derive(Debug, Parser)]
#[command(name = "simulate")]
struct Arguments {
    /// Days to simulate, in worlds of twenty.
    #[arg(long, default_value_t = 10_000)]
    days: u64,
    /// What the faults are made of.
    #[arg(long, default_value_t = 1)]
    seed: u64,
    /// A cloud that acks before it commits: sales must be lost, or the simulation sees nothing.
    #[arg(long)]
    careless: bool,
    /// For machines: nothing but the JSON object.
    #[arg(long)]
    json: bool,
}

fn main() -> ExitCode {
    let Arguments { days, seed, careless, json } = Arguments::parse();
    let outcome = e2e::simulation::run(days, seed, careless);
    if !json {
        eprintln!(
            "{} days, {} sales, {} booked, {} violations",
            outcome.days,
            outcome.sales,
            outcome.booked,
            outcome.violations.len()
        );
        outcome.violations.iter().take(20).for_each(|violation| eprintln!("violated: {violation}"));
    }
    let text = serde_json::to_string(&outcome).expect("the outcome has string keys only");
    if writeln!(std::io::stdout(), "{text}").is_err() || !outcome.violations.is_empty() {
        return ExitCode::FAILURE;
    }
    ExitCode::SUCCESS
}
