//! Kills a writer again and again over one store, and compares what it promised with what is there.
//!
//! What is killed is the process, not the power: what the system has is written later all the same. So this is about the
//! store's own order of steps and its start after a crash; that sales are durable is shown by
//! [`power_cut`](super::power_cut).

use std::path::Path;
use std::time::Duration;

use anyhow::Context as _;
use edge_store::{OpenReport, Store};
use rand::{RngExt as _, SeedableRng as _};
use rand_chacha::ChaCha8Rng;
use serde::Serialize;
use testkit::build;

use super::account::{Account, compare};
use super::{WriterPlan, WriterProcess};

/// How long a writer lives: some are killed while they open the store.
const LIFE_MS: std::ops::Range<u64> = 0..250;
/// The whole journal is compared after every so many kills, and after the last.
const COMPARE_EVERY: u32 = 25;

/// What came of it.
#[derive(Debug, Default, Serialize)]
pub struct KillStoreReport {
    /// Times the writer was killed.
    pub kills: u32,
    /// Sales that were acknowledged.
    pub acked: u64,
    /// Sales in the journal at the end.
    pub sales: u64,
    /// Acknowledged sales and payment intents that are gone. Must be 0.
    pub lost: u64,
    /// Sales or payments that are there twice. Must be 0.
    pub doubled: u64,
    /// Starts that found the store damaged. Must be 0.
    pub broken: u32,
    /// What the moments were chosen by.
    pub seed: u64,
    /// Whether all is as it must be.
    pub ok: bool,
}

/// Kills `kills` writers.
pub fn run(kills: u32, seed: u64) -> anyhow::Result<KillStoreReport> {
    let scratch = tempfile::tempdir()?;
    let (dir, acks) = (scratch.path().join("till"), scratch.path().join("acks"));
    let mut rng = ChaCha8Rng::seed_from_u64(seed);
    let mut report = KillStoreReport { seed, ..KillStoreReport::default() };
    for number in 1..=kills {
        let first = Account::read(&acks)?.last_attempt.unwrap_or(1);
        let plan = WriterPlan { store: &dir, acks: &acks, first, seed: rng.random(), careless: false };
        let mut writer = WriterProcess::start(plan)?;
        std::thread::sleep(Duration::from_millis(rng.random_range(LIFE_MS)));
        writer.check_alive()?;
        writer.kill()?;
        report.kills += 1;
        if number % COMPARE_EVERY == 0 || number == kills {
            look(&dir, &acks, &mut report).with_context(|| format!("after kill {number} of seed {seed}"))?;
            eprintln!("{number} of {kills} kills: {} sales acknowledged, {} lost", report.acked, report.lost);
        }
    }
    report.ok = report.lost == 0 && report.doubled == 0 && report.broken == 0;
    Ok(report)
}

fn look(dir: &Path, acks: &Path, report: &mut KillStoreReport) -> anyhow::Result<()> {
    let account = Account::read(acks)?;
    let (store, opened) = Store::open(dir, &build::till())?;
    let journal = store.verify_journal()?;
    if matches!(opened, OpenReport::Repaired(_)) || !journal.ok || !journal.gaps.is_empty() {
        report.broken += 1;
        eprintln!("BROKEN: {opened:?} {journal:?}");
    }
    let difference = compare(&account, &store)?;
    report.acked = account.sold.len() as u64;
    report.sales = journal.entries;
    report.lost = report.lost.max(difference.lost);
    report.doubled = report.doubled.max(difference.doubled);
    Ok(())
}
