//! A till without eyes: it sells into a real store and brings the cloud its sales over the daemon's own link, in a process of
//! its own that a rig can kill.

use std::fs::OpenOptions;
use std::path::Path;
use std::process::{Child, Command, Stdio};
use std::time::Duration;

use anyhow::Context as _;
use domain::sale::TillRef;
use edge_store::Store;
use rand::{RngExt as _, SeedableRng as _};
use rand_chacha::ChaCha8Rng;
use service::tasks::Tasks;

use super::account::{Event, note, sale};
use crate::link::LinkedTill;

/// The pause between two sales, in milliseconds.
const PAUSE_MS: std::ops::Range<u64> = 5..40;

/// How a seller is to sell.
#[derive(Debug, Clone)]
pub struct SellerPlan<'a> {
    /// Its store.
    pub store: &'a Path,
    /// Where it writes down what it was promised.
    pub acks: &'a Path,
    /// The number of its first sale.
    pub first: u64,
    /// What pauses are chosen by.
    pub seed: u64,
    /// It brings the cloud what is there and sells nothing.
    pub closing: bool,
}

/// A seller's process; killed when dropped.
#[derive(Debug)]
pub struct SellerProcess {
    child: Child,
}

impl SellerProcess {
    /// Starts this program again as a seller.
    pub fn start(plan: &SellerPlan<'_>, log: &Path) -> anyhow::Result<Self> {
        let mut command = Command::new(std::env::current_exe()?);
        command.arg("seller").arg("--store").arg(plan.store).arg("--acks").arg(plan.acks);
        command.args(["--first", &plan.first.to_string(), "--seed", &plan.seed.to_string()]);
        if plan.closing {
            command.arg("--closing");
        }
        let log = OpenOptions::new().create(true).append(true).open(log)?;
        let child = command.stdin(Stdio::null()).stdout(Stdio::null()).stderr(log).spawn();
        Ok(Self { child: child.context("failed to start a seller")? })
    }

    /// Fails when it has ended by itself, which it never should.
    pub fn check_alive(&mut self) -> anyhow::Result<()> {
        match self.child.try_wait()? {
            None => Ok(()),
            Some(status) => anyhow::bail!("a seller ended by itself: {status}"),
        }
    }

    /// Ends it at once, wherever it is.
    pub fn kill(&mut self) -> anyhow::Result<()> {
        self.child.kill()?;
        self.child.wait()?;
        Ok(())
    }
}

impl Drop for SellerProcess {
    fn drop(&mut self) {
        // Nothing is left to do about one that cannot be killed.
        let _ = self.kill();
    }
}

/// The sale of a number at a till: sales of different tills have different numbers.
pub fn sale_at(till: &TillRef, number: u64) -> domain::sale::Sale {
    let mut sale = sale(number);
    sale.till = till.clone();
    sale
}

/// Sells from sale `first` on, for ever.
pub fn run(plan: &SellerPlan<'_>) -> anyhow::Result<()> {
    service::logs::init(service::logs::LogFormat::Text, "info")?;
    let (store, _) = Store::open_with(plan.store, None, &edge_store::StoreOptions::default())?;
    let runtime = tokio::runtime::Builder::new_multi_thread().worker_threads(1).enable_all().build()?;
    let (tasks, linked) = runtime.block_on(async {
        let tasks = Tasks::new();
        let linked = LinkedTill::start(&tasks, store);
        (tasks, linked)
    });
    if plan.closing {
        let failure = runtime.block_on(tasks.failed());
        anyhow::bail!("{} failed: {}", failure.task, failure.cause);
    }
    let mut acks = OpenOptions::new().create(true).append(true).open(plan.acks)?;
    let mut rng = ChaCha8Rng::seed_from_u64(plan.seed);
    let till = linked.store.identity().clone();
    for number in plan.first.. {
        note(&mut acks, Event::Attempt, number)?;
        let entry = linked.commit(&sale_at(&till, number))?;
        note(&mut acks, Event::Sold(entry.sequence), number)?;
        std::thread::sleep(Duration::from_millis(rng.random_range(PAUSE_MS)));
    }
    Ok(())
}
