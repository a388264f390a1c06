//! All tills of a swarm together: started, watched, asked for what they did, stopped.

use std::future::Future;
use std::sync::Arc;
use std::sync::atomic::Ordering;
use std::time::{Duration, Instant};

use anyhow::{bail, ensure};
use edge_store::cloud_identity::CloudIdentity;
use service::tasks::Tasks;

use super::follower::{self, Shelf};
use super::journal::Sum;
use super::till::{self, Floor, SwarmTill};

/// How often it is looked whether what is waited for is there.
const LOOK_EVERY: Duration = Duration::from_millis(50);
/// How long tills may take to stop.
const STOP_GRACE: Duration = Duration::from_secs(10);

/// The tills. Needs a runtime.
pub struct Swarm {
    /// Each till.
    pub tills: Vec<Arc<SwarmTill>>,
    /// What they share.
    pub floor: Arc<Floor>,
    tasks: Tasks,
}

impl Swarm {
    /// Starts the links of all.
    pub fn start(identities: Vec<CloudIdentity>, seed: u64) -> anyhow::Result<Self> {
        let floor = Arc::new(Floor::new()?);
        let tills: Vec<Arc<SwarmTill>> = identities
            .into_iter()
            .map(|identity| Arc::new(SwarmTill::new(identity, Arc::clone(&floor))))
            .collect();
        let tasks = Tasks::new();
        for (till, seed) in tills.iter().zip(seed..) {
            tasks.spawn("swarm-till", till::run(Arc::clone(till), tasks.token(), seed));
        }
        Ok(Self { tills, floor, tasks })
    }

    /// Lets all follow the cloud's catalogue.
    pub fn follow(&self, shelf: &Arc<Shelf>) {
        for till in &self.tills {
            let following = follower::run(Arc::clone(till), Arc::clone(shelf), self.tasks.token());
            self.tasks.spawn("swarm-follower", following);
        }
    }

    /// Lets each till sell until so many of its sales wait for their acks; 0 ends it.
    pub fn keep_backlog(&self, sales: usize) {
        self.floor.backlog.store(sales, Ordering::Relaxed);
        for till in &self.tills {
            till.committed.notify_one();
        }
    }

    /// What the cloud has acked of all.
    pub fn acked(&self) -> Sum {
        let sums = self.tills.iter().map(|till| till.journal().acked_sum());
        sums.fold(Sum::default(), |all, one| Sum {
            sales: all.sales + one.sales,
            gross_minor: all.gross_minor + one.gross_minor,
        })
    }

    /// How long timed sales waited for their acks, since this was asked last, in microseconds.
    pub fn take_times_us(&self) -> Vec<u64> {
        self.tills.iter().flat_map(|till| till.journal().take_times_us()).collect()
    }

    /// Waits until every till has its stream.
    pub async fn wait_until_connected(&self, limit: Duration) -> anyhow::Result<()> {
        let all = self.tills.len();
        self.wait("every till to be connected", limit, || {
            let connected = self.floor.connected.load(Ordering::Relaxed);
            (connected == all, format!("{connected} of {all} are"))
        })
        .await
    }

    /// Waits until no sale waits for its ack.
    pub async fn wait_until_acked(&self, limit: Duration) -> anyhow::Result<()> {
        self.wait("every sale to be acked", limit, || {
            let waiting: usize = self.tills.iter().map(|till| till.journal().waiting()).sum();
            (waiting == 0, format!("{waiting} are not"))
        })
        .await
    }

    /// Lets time pass, and fails as soon as a till does.
    pub async fn go_on_for(&self, time: Duration) -> anyhow::Result<()> {
        self.unless_broken(async {
            tokio::time::sleep(time).await;
            Ok(())
        })
        .await
    }

    /// Waits for something, and fails as soon as a till does.
    pub async fn wait(
        &self,
        what: &str,
        limit: Duration,
        mut look: impl FnMut() -> (bool, String),
    ) -> anyhow::Result<()> {
        let until = Instant::now() + limit;
        self.unless_broken(async {
            loop {
                let (is_so, otherwise) = look();
                if is_so {
                    return Ok(());
                }
                ensure!(
                    Instant::now() < until,
                    "waited {} s for {what}: {otherwise} after that",
                    limit.as_secs()
                );
                tokio::time::sleep(LOOK_EVERY).await;
            }
        })
        .await
    }

    /// Does something, and fails as soon as a till does.
    pub async fn unless_broken<T>(&self, work: impl Future<Output = anyhow::Result<T>>) -> anyhow::Result<T> {
        tokio::select! {
            done = work => done,
            failure = self.tasks.failed() => bail!("{failure}"),
        }
    }

    /// Stops all tills.
    pub async fn stop(&self) -> anyhow::Result<()> {
        let report = self.tasks.stop(STOP_GRACE).await;
        ensure!(report.stuck.is_empty(), "{} tasks of the swarm did not stop", report.stuck.len());
        Ok(())
    }
}
