//! Cuts the power while a till sells, and compares what it promised with what is on the disk.
//!
//! The store lies on an ext4 in a file. The writer is stopped at a random moment, and the file is copied: in the copy is what
//! had reached the disk, and nothing of what the system only meant to write. The copy is mounted and opened like a till
//! that starts after a power cut. What this models is writes that were not synced; it does not model a disk that lies
//! about syncing, or sectors that are torn.
//!
//! A control run sells without syncing each sale. If that loses nothing, the rig proves nothing and says so.

use std::fs;
use std::path::Path;
use std::time::{Duration, Instant};

use anyhow::Context as _;
use edge_store::{OpenReport, Store};
use rand::{RngExt as _, SeedableRng as _};
use rand_chacha::ChaCha8Rng;
use rustix::process::{Pid, Signal, kill_process};
use serde::Serialize;
use testkit::build;

use super::account::{Account, Difference, compare, sale};
use super::{WriterPlan, WriterProcess, image};

const IMAGE_MEGABYTES: u64 = 64;
/// Control cuts that may pass without a loss before the rig is called broken: one in a few loses something.
const CONTROL_CUTS_MAX: u32 = 40;
const PATIENCE: Duration = Duration::from_secs(30);

/// What came of it.
#[derive(Debug, Default, Serialize)]
pub struct PowerCutReport {
    /// Times the power was cut.
    pub cuts: u32,
    /// Sales that were acknowledged before their cut.
    pub acked: u64,
    /// Acknowledged sales and payment intents that were gone after it. Must be 0.
    pub lost: u64,
    /// Sales or payments that were there twice. Must be 0.
    pub doubled: u64,
    /// Stores that did not open as whole, or whose chain was not. Must be 0.
    pub broken: u32,
    /// Cuts of the control run.
    pub control_cuts: u32,
    /// Sales that were acknowledged in it.
    pub control_acked: u64,
    /// Acknowledged sales that it lost. Must not be 0.
    pub control_lost: u64,
    /// What the moments were chosen by.
    pub seed: u64,
    /// Whether all is as it must be.
    pub ok: bool,
}

/// Cuts the power `cuts` times, then runs the control.
pub fn run(cuts: u32, seed: u64) -> anyhow::Result<PowerCutReport> {
    let scratch = tempfile::tempdir()?;
    let mut rng = ChaCha8Rng::seed_from_u64(seed);
    let mut report = PowerCutReport { seed, ..PowerCutReport::default() };
    for number in 1..=cuts {
        let outcome =
            cut(scratch.path(), &mut rng, false).with_context(|| format!("cut {number} of seed {seed}"))?;
        report.cuts += 1;
        report.acked += outcome.acked;
        report.lost += outcome.difference.lost;
        report.doubled += outcome.difference.doubled;
        if let Some(problem) = &outcome.problem {
            report.broken += 1;
            eprintln!("cut {number}: BROKEN: {problem}");
        }
        if outcome.difference != Difference::default() {
            eprintln!("cut {number}: {:?} of {} acknowledged sales", outcome.difference, outcome.acked);
        }
        if number % 10 == 0 {
            eprintln!("{number} of {cuts} cuts: {} sales acknowledged, {} lost", report.acked, report.lost);
        }
    }
    while report.control_lost == 0 && report.control_cuts < CONTROL_CUTS_MAX {
        let outcome = cut(scratch.path(), &mut rng, true).context("control cut")?;
        report.control_cuts += 1;
        report.control_acked += outcome.acked;
        report.control_lost += outcome.difference.lost;
    }
    eprintln!("control: {} of {} sales lost", report.control_lost, report.control_acked);
    if report.control_lost == 0 {
        eprintln!("the control run lost nothing: this rig is broken and its figures prove nothing");
    }
    report.ok = report.lost == 0 && report.doubled == 0 && report.broken == 0 && report.control_lost > 0;
    Ok(report)
}

struct Outcome {
    acked: u64,
    difference: Difference,
    /// Why the store was not whole.
    problem: Option<String>,
}

fn cut(scratch: &Path, rng: &mut ChaCha8Rng, careless: bool) -> anyhow::Result<Outcome> {
    let (disk, dead, acks) = (scratch.join("live.img"), scratch.join("dead.img"), scratch.join("acks"));
    let _ = fs::remove_file(&acks);
    image::make(&disk, IMAGE_MEGABYTES)?;
    {
        let live = image::Mount::new(&disk, &scratch.join("live"), "commit=5")?;
        let store = live.path().join("till");
        let plan = WriterPlan { store: &store, acks: &acks, first: 1, seed: rng.random(), careless };
        let mut writer = WriterProcess::start(plan)?;
        // One in eight is cut while the store is being made.
        if rng.random_ratio(1, 8) {
            std::thread::sleep(Duration::from_millis(rng.random_range(0..120)));
        } else {
            wait_for(&acks, &mut writer)?;
            std::thread::sleep(Duration::from_millis(rng.random_range(50..900)));
        }
        writer.check_alive()?;
        stop(writer.id())?;
        image::copy(&disk, &dead)?;
        writer.kill()?;
    }
    let account = Account::read(&acks)?;
    let revived = image::Mount::new(&dead, &scratch.join("dead"), "")?;
    let (difference, problem) = examine(&revived.path().join("till"), &account)?;
    Ok(Outcome { acked: account.sold.len() as u64, difference, problem })
}

/// Opens the store as a till does after a power cut, and compares.
fn examine(dir: &Path, account: &Account) -> anyhow::Result<(Difference, Option<String>)> {
    let (store, opened) = match Store::open(dir, &build::till()) {
        Ok(opened) => opened,
        Err(error) => {
            let lost = (account.sold.len() + account.open.len()) as u64;
            return Ok((Difference { lost, doubled: 0 }, Some(format!("it does not open: {error}"))));
        }
    };
    let mut problem = match opened {
        OpenReport::Created if account.sold.is_empty() => None,
        OpenReport::Created => Some("there was no store".to_owned()),
        OpenReport::Opened(checked) if checked.structure => None,
        other => Some(format!("{other:?}")),
    };
    let journal = store.verify_journal()?;
    if !journal.ok || !journal.gaps.is_empty() {
        problem.get_or_insert(format!("{journal:?}"));
    }
    let difference = compare(account, &store)?;
    // It goes on selling, and what it is asked again it has done already.
    if let Some((&number, &place)) = account.sold.iter().next_back()
        && difference.lost == 0
    {
        let again = store.commit_sale(&sale(number))?;
        let next = store.commit_sale(&sale(u64::MAX / 7))?;
        let goes_on = again.already && again.sequence == place && next.sequence.0 == journal.head.0 + 1;
        if !goes_on {
            problem.get_or_insert(format!("it does not go on where it was: {again:?}, {next:?}"));
        }
    }
    Ok((difference, problem))
}

fn wait_for(acks: &Path, writer: &mut WriterProcess) -> anyhow::Result<()> {
    let give_up = Instant::now() + PATIENCE;
    while !fs::metadata(acks).is_ok_and(|acks| acks.len() > 0) {
        writer.check_alive()?;
        anyhow::ensure!(Instant::now() < give_up, "the writer sold nothing within {PATIENCE:?}");
        std::thread::sleep(Duration::from_millis(5));
    }
    Ok(())
}

/// Stops a process and waits until each of its threads stands still: one that is inside a sync still ends that.
fn stop(id: u32) -> anyhow::Result<()> {
    let pid = i32::try_from(id).ok().and_then(Pid::from_raw).context("not a process id")?;
    kill_process(pid, Signal::STOP)?;
    let give_up = Instant::now() + PATIENCE;
    loop {
        let mut all_stopped = true;
        for task in fs::read_dir(format!("/proc/{id}/task"))? {
            let stat = fs::read_to_string(task?.path().join("stat"))?;
            // The state follows the name, which is in parentheses and may hold anything.
            let state = stat.rsplit_once(") ").and_then(|(_, rest)| rest.chars().next());
            all_stopped &= state == Some('T');
        }
        if all_stopped {
            return Ok(());
        }
        anyhow::ensure!(Instant::now() < give_up, "the writer cannot be stopped");
        std::thread::sleep(Duration::from_millis(1));
    }
}
