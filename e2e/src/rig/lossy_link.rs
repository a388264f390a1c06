//! Whether every sale arrives exactly once over a line that drops packets, and whose acks are lost after the commit.
//!
//! All of it runs in a network namespace of its own, so that no packet of the machine's is touched and nothing stays behind.
//! There nftables drops a share of the packets between tills and cloud, each way. From time to time the cloud falls silent:
//! all its packets to the tills are dropped for longer than a till waits for an ack. What is committed meanwhile is acked to
//! nobody, and tills send it again.

use std::path::Path;
use std::process::{Command, ExitCode};
use std::sync::atomic::Ordering;
use std::time::{Duration, Instant};

use anyhow::{Context as _, ensure};
use cloud_store::Store;
use serde_json::Value;

use super::image;
use crate::cloud::{CloudClient, CloudFolder, CloudSetup};
use crate::swarm::books::{self, Books};
use crate::swarm::fleet::Swarm;
use crate::swarm::limits::allow_connections;
use crate::swarm::provision;

/// How long the cloud may take to be ready, over a line without faults.
const READY_MAX: Duration = Duration::from_secs(60);
/// How long the first connections, and the last sales, may take over the bad line.
const CONNECTED_MAX: Duration = Duration::from_secs(180);
const ACKED_MAX: Duration = Duration::from_secs(600);
/// How long the bad line may stall.
const FLOWING_MAX: Duration = Duration::from_secs(120);
/// How long the line is only bad, and how long the cloud is silent: longer than a till waits for an ack (10 s), so that
/// batches are sent again.
const BAD_FOR: Duration = Duration::from_secs(8);
const SILENT_FOR: Duration = Duration::from_secs(13);
/// Sales of each till that wait for acks, so that there is always something under way, by turns: batches of one packet,
/// which a silent cloud still gets whole, and of hundreds, which losses cut in the middle.
const BACKLOGS: [usize; 2] = [1, 200];
/// What a network's packets are; loopback's own are so long that a loss would be a rare event.
const PACKET_LEN: &str = "1500";

/// What is to be tried.
#[derive(Debug, Clone, Copy)]
pub struct Plan {
    /// Tills.
    pub tills: usize,
    /// Packets of a hundred that are dropped.
    pub loss: u8,
    /// How often the cloud falls silent.
    pub silences: u32,
    /// What tills' waits are drawn by.
    pub seed: u64,
}

/// What came of it.
#[derive(Debug, Default, serde::Serialize)]
pub struct Report {
    /// Tills.
    pub tills: usize,
    /// Packets of a hundred that were to be dropped.
    pub loss_percent: u8,
    /// Packets that were dropped by chance.
    pub packets_dropped: u64,
    /// Packets of the cloud's that were dropped because it was silent.
    pub packets_silenced: u64,
    /// How often it was.
    pub silences: u32,
    /// Sales that were committed and not acked when a silence ended, over all silences.
    pub committed_unacked: u64,
    /// Connections that were lost.
    pub lost_connections: u64,
    /// Whether everything arrived once.
    #[serde(flatten)]
    pub books: Books,
    /// Everything arrived once, packets were dropped, and acks were lost after a commit.
    pub ok: bool,
}

/// Why the rig cannot run on this machine; `None` when it can.
pub fn missing() -> Option<String> {
    if !rustix::process::geteuid().is_root() {
        return Some("a network namespace of one's own needs root".to_owned());
    }
    [("nft", "nftables"), ("ip", "iproute2"), ("unshare", "util-linux")].into_iter().find_map(
        |(program, package)| {
            let found = Command::new(program).arg("--help").output();
            found.err().map(|_| format!("`{program}` is not installed: `apt-get install {package}`"))
        },
    )
}

/// Starts this program again, with the same arguments, in a network namespace of its own; gives back how that ended.
pub fn enter() -> anyhow::Result<ExitCode> {
    let mut again = Command::new("unshare");
    again
        .args(["--net", "--"])
        .arg(std::env::current_exe()?)
        .args(std::env::args_os().skip(1))
        .arg("--inside");
    let status = again.status().context("failed to run `unshare`")?;
    Ok(if status.success() { ExitCode::SUCCESS } else { ExitCode::FAILURE })
}

/// Tries it, in a namespace that nobody else uses; needs an empty folder.
pub fn run(plan: Plan, folder: &Path) -> anyhow::Result<Report> {
    ensure!(plan.tills > 0 && plan.silences > 0, "tills and silences begin at 1");
    ensure!(!has_other_links()?, "this is not a network namespace of its own: leave `--inside` away");
    image::run(Command::new("ip").args(["link", "set", "lo", "mtu", PACKET_LEN, "up"]))?;
    allow_connections(plan.tills as u64)?;
    cloud_server::roles::install_crypto();
    let setup = CloudSetup {
        data: folder.join("cloud"),
        // Nobody photographs anything here.
        models: folder.join("models"),
        database: None,
        port: None,
        broker: None,
    };
    let runtime = tokio::runtime::Builder::new_multi_thread().worker_threads(2).enable_all().build()?;
    runtime.block_on(sell(plan, &setup))
}

async fn sell(plan: Plan, setup: &CloudSetup) -> anyhow::Result<Report> {
    let prepared = CloudFolder::prepare(setup)?;
    let store = provision::database(&prepared).await?;
    let identities = provision::tills(&prepared, &store, plan.tills).await?;
    let mut cloud = prepared.start()?;
    CloudClient::sign_in(cloud.gateway, READY_MAX).await?;
    let line = BadLine::begin(cloud.tills.port(), plan.loss)?;
    let swarm = Swarm::start(identities, plan.seed)?;
    let mut report = Report { tills: plan.tills, loss_percent: plan.loss, ..Report::default() };
    let tried = torment(plan, &swarm, &store, &line, &mut report).await;
    tried.with_context(|| format!("the cloud's log ends with\n{}", cloud.log_tail()))?;
    report.lost_connections = swarm.floor.lost.load(Ordering::Relaxed);
    (report.packets_dropped, report.packets_silenced) = line.dropped()?;
    swarm.stop().await?;
    cloud.check_alive()?;
    cloud.stop()?;
    report.books = books::compare(&swarm, &store).await?;
    store.close().await;
    report.ok = report.books.exact && report.packets_dropped > 0 && report.committed_unacked > 0;
    Ok(report)
}

/// Sells over the bad line, through every silence, until everything is acked.
async fn torment(
    plan: Plan,
    swarm: &Swarm,
    store: &Store,
    line: &BadLine,
    report: &mut Report,
) -> anyhow::Result<()> {
    swarm.wait_until_connected(CONNECTED_MAX).await?;
    for (silence, backlog) in (1..=plan.silences).zip(BACKLOGS.into_iter().cycle()) {
        swarm.keep_backlog(backlog);
        swarm.go_on_for(BAD_FOR).await?;
        wait_until_flowing(swarm, store).await?;
        line.silence()?;
        swarm.go_on_for(SILENT_FOR).await?;
        let unacked = books::committed(store).await?.saturating_sub(swarm.acked().sales);
        line.speak()?;
        report.committed_unacked += unacked;
        report.silences = silence;
        eprintln!("silence {silence}: {unacked} sales were committed and acked to nobody");
    }
    swarm.keep_backlog(0);
    swarm.wait_until_acked(ACKED_MAX).await
}

/// Waits until the cloud commits something: a line that just stalls is silent already.
async fn wait_until_flowing(swarm: &Swarm, store: &Store) -> anyhow::Result<()> {
    let (before, until) = (books::committed(store).await?, Instant::now() + FLOWING_MAX);
    while books::committed(store).await? == before {
        ensure!(Instant::now() < until, "nothing was committed within {} s", FLOWING_MAX.as_secs());
        swarm.go_on_for(Duration::from_millis(20)).await?;
    }
    Ok(())
}

/// Whether this namespace has more than its own loopback: then it is somebody's network.
fn has_other_links() -> anyhow::Result<bool> {
    // /sys shows the links of the namespace that mounted it; the process's own list is right.
    let table =
        std::fs::read_to_string("/proc/self/net/dev").context("failed to list the network's links")?;
    Ok(table.lines().skip(2).any(|line| line.split(':').next().is_some_and(|name| name.trim() != "lo")))
}

/// The line between tills and cloud.
struct BadLine {
    port: u16,
}

impl BadLine {
    /// Begins to drop.
    fn begin(port: u16, loss: u8) -> anyhow::Result<Self> {
        let rules = format!(
            "table inet line {{
                counter dropped {{ }}
                counter silenced {{ }}
                chain silence {{ }}
                chain packets {{
                    type filter hook input priority filter; policy accept;
                    jump silence
                    tcp dport {port} numgen random mod 100 < {loss} counter name dropped drop
                    tcp sport {port} numgen random mod 100 < {loss} counter name dropped drop
                }}
            }}"
        );
        nft(&rules)?;
        Ok(Self { port })
    }

    /// From now on nothing of the cloud's arrives.
    fn silence(&self) -> anyhow::Result<()> {
        nft(&format!("add rule inet line silence tcp sport {} counter name silenced drop", self.port))
    }

    /// It arrives again, as far as chance allows.
    fn speak(&self) -> anyhow::Result<()> {
        nft("flush chain inet line silence")
    }

    /// Packets that were dropped by chance, and by silence.
    fn dropped(&self) -> anyhow::Result<(u64, u64)> {
        let output = Command::new("nft").args(["--json", "list", "counters"]).output()?;
        let listed: Value = serde_json::from_slice(&output.stdout).context("nft lists counters as JSON")?;
        let counters = listed["nftables"].as_array().cloned().unwrap_or_default();
        let packets = |name: &str| {
            let found = counters.iter().find(|entry| entry["counter"]["name"] == name);
            found.and_then(|entry| entry["counter"]["packets"].as_u64()).context("nft counts packets")
        };
        Ok((packets("dropped")?, packets("silenced")?))
    }
}

fn nft(rules: &str) -> anyhow::Result<()> {
    image::run(Command::new("nft").arg(rules))
}
