//! A Mosquitto of one's own: started for a test, gone with it.
//!
//! Its configuration is whoever tests' own. It ends when its guard is dropped and also when the test process is killed.

use std::fs;
use std::net::{SocketAddr, TcpStream};
use std::path::{Path, PathBuf};
use std::process::{Child, Command, Stdio};
use std::sync::{Mutex, PoisonError};
use std::time::Duration;

use anyhow::{Context as _, Result, bail};

use crate::missing::Missing;
use crate::wait::wait_until;

/// Where Debian puts the program; it is on nobody's path but root's.
const PROGRAM: &str = "/usr/sbin/mosquitto";
const START_LIMIT: Duration = Duration::from_secs(20);
const CONNECT_LIMIT: Duration = Duration::from_secs(1);
/// Keeps the server only as long as somebody holds the other end of its input.
const KEEPER: &str = r#""$0" "$@" & read -r _; kill -KILL $!; wait $!"#;

/// A server, running or crashed.
pub struct Mosquitto {
    config: PathBuf,
    address: SocketAddr,
    log: PathBuf,
    server: Mutex<Option<Child>>,
}

/// Whether there is one to test with.
pub fn find() -> Result<(), Missing> {
    if Path::new(PROGRAM).exists() {
        return Ok(());
    }
    Err(Missing::new(format!("Mosquitto is not installed in {PROGRAM} (Debian: apt-get install mosquitto)")))
}

/// Starts one with a configuration that listens on `address` and logs to standard error; its log goes beside the
/// configuration.
///
/// # Panics
/// When Mosquitto is installed and does not start: a test has nothing to go on with.
pub fn start(config: &Path, address: SocketAddr) -> Result<Mosquitto, Missing> {
    find()?;
    let mosquitto = Mosquitto {
        log: config.with_extension("log"),
        config: config.with_extension("private.conf"),
        address,
        server: Mutex::new(None),
    };
    let written = own(config, &mosquitto.config);
    match written.and_then(|()| mosquitto.start_again()) {
        Ok(()) => Ok(mosquitto),
        Err(error) => panic!("failed to start a private Mosquitto: {error:#}"),
    }
}

/// The same configuration for whoever runs the test: root's Mosquitto would become somebody who cannot read the test's keys.
fn own(config: &Path, copy: &Path) -> Result<()> {
    let text = fs::read_to_string(config).context("failed to read the configuration")?;
    fs::write(copy, format!("user root\n{text}")).context("failed to write the configuration")
}

impl Mosquitto {
    /// Where it listens.
    pub fn address(&self) -> SocketAddr {
        self.address
    }

    /// Ends it at once, as `kill -9` does.
    pub fn crash(&self) -> Result<()> {
        if let Some(mut child) = self.lock().take() {
            drop(child.stdin.take());
            child.wait().context("failed to wait for Mosquitto to end")?;
        }
        Ok(())
    }

    /// Starts it after a crash and waits until it answers.
    pub fn start_again(&self) -> Result<()> {
        self.crash()?;
        let log = fs::OpenOptions::new().create(true).append(true).open(&self.log);
        let log = log.context("failed to open the server's log")?;
        let mut command = Command::new("sh");
        command.arg("-c").arg(KEEPER).arg(PROGRAM).arg("-c").arg(&self.config);
        command.env_clear().env("PATH", "/usr/bin:/bin").env("LC_ALL", "C.UTF-8");
        command.stdin(Stdio::piped()).stdout(Stdio::null()).stderr(log);
        *self.lock() = Some(command.spawn().context("failed to start `mosquitto`")?);
        let answers = || TcpStream::connect_timeout(&self.address, CONNECT_LIMIT).is_ok();
        wait_until("Mosquitto to answer", START_LIMIT, answers).with_context(|| self.log())
    }

    /// Lets it read its access list and its certificates again.
    pub fn reload(&self) -> Result<()> {
        let lock = self.lock();
        let Some(child) = lock.as_ref() else { bail!("Mosquitto does not run") };
        let number = fs::read_to_string(format!("/proc/{0}/task/{0}/children", child.id()))?;
        let number: i32 = number.split_whitespace().next().context("Mosquitto has ended")?.parse()?;
        let process = rustix::process::Pid::from_raw(number).context("Mosquitto has no number")?;
        Ok(rustix::process::kill_process(process, rustix::process::Signal::HUP)?)
    }

    /// What it has said so far.
    pub fn log(&self) -> String {
        fs::read_to_string(&self.log).unwrap_or_default()
    }

    fn lock(&self) -> std::sync::MutexGuard<'_, Option<Child>> {
        self.server.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl Drop for Mosquitto {
    fn drop(&mut self) {
        // A test that fails has said why; that its server would not end either adds nothing.
        let _ = self.crash();
    }
}
