//! Rigs that try to make the store lose a sale, one that measures what a till needs ([`footprint`]), one that moves a
//! shop to another model under its shoppers' hands ([`re_embed`]), one that lets tills reach the cloud over a bad line
//! ([`lossy_link`]), one that kills a cloud under catalogues that come in ([`kill_import`]), one that burns a cloud down ([`restore_drill`]), one that sends readers of documents what is meant to hurt them
//! ([`hostile`]), two that measure a cloud with many tills ([`ingest`], [`price_swarm`]), one that compares the gateway with its own
//! description ([`schemathesis`]), and one that lets policies of ordering run a shop for a year ([`shop_year`]).
//!
//! A rig that torments runs a writer in a process of its own, which sells as fast as it can and writes down outside the store what it was
//! promised (its acknowledgements). Then something happens to it, and the store's account is compared with the
//! writer's. Each rig prints one JSON object as its last line on stdout.

pub mod account;
pub mod drain;
pub mod footprint;
pub mod forecast_load;
pub mod hostile;
pub mod image;
pub mod ingest;
pub mod kill;
pub mod kill_fleet;
pub mod kill_import;
pub mod kill_till;
pub mod lossy_link;
pub mod notify;
pub mod pgbench;
pub mod power_cut;
pub mod price_swarm;
pub mod re_embed;
pub mod restore_drill;
pub mod schemathesis;
pub mod seller;
pub mod shop_year;
pub mod writer;

use std::path::Path;
use std::process::{Child, Command, Stdio};

use anyhow::Context as _;

/// A writer in a process of its own; killed when dropped.
#[derive(Debug)]
pub(crate) struct WriterProcess {
    child: Child,
}

/// How a writer is to sell.
#[derive(Debug, Clone, Copy)]
pub(crate) struct WriterPlan<'a> {
    pub(crate) store: &'a Path,
    pub(crate) acks: &'a Path,
    pub(crate) first: u64,
    pub(crate) seed: u64,
    /// Without syncing each sale: for control runs.
    pub(crate) careless: bool,
}

impl WriterProcess {
    /// Starts this program again as a writer.
    pub(crate) fn start(plan: WriterPlan<'_>) -> anyhow::Result<Self> {
        let mut command = Command::new(std::env::current_exe()?);
        command.arg("writer").arg("--store").arg(plan.store).arg("--acks").arg(plan.acks);
        command.args(["--first", &plan.first.to_string(), "--seed", &plan.seed.to_string()]);
        if plan.careless {
            command.arg("--careless");
        }
        let child =
            command.stdin(Stdio::null()).stdout(Stdio::null()).spawn().context("failed to start a writer")?;
        Ok(Self { child })
    }

    /// Its process id.
    pub(crate) fn id(&self) -> u32 {
        self.child.id()
    }

    /// Fails when it has ended by itself, which it never should.
    pub(crate) fn check_alive(&mut self) -> anyhow::Result<()> {
        match self.child.try_wait()? {
            None => Ok(()),
            Some(status) => anyhow::bail!("the writer ended by itself: {status}"),
        }
    }

    /// Ends it at once, wherever it is.
    pub(crate) fn kill(&mut self) -> anyhow::Result<()> {
        self.child.kill()?;
        self.child.wait()?;
        Ok(())
    }
}

impl Drop for WriterProcess {
    fn drop(&mut self) {
        // Nothing is left to do about one that cannot be killed.
        let _ = self.kill();
    }
}
