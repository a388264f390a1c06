//! A Prometheus and an Alertmanager of one's own: started for a test, gone with it; and the programs that check their files.
//!
//! Their configurations are whoever tests' own. They listen on loopback, keep what they learn in the scratch folder, talk to no
//! other of their kind, and end when their guard is dropped and also when the test process is killed.

use std::fs;
use std::io::{Read as _, Write as _};
use std::net::{SocketAddr, TcpStream};
use std::path::{Path, PathBuf};
use std::process::{Child, Command, Stdio};
use std::time::Duration;

use anyhow::{Context as _, Result, ensure};

use crate::missing::Missing;
use crate::net::free_address;
use crate::wait::wait_until;

/// Where Debian puts the programs, and the package of each.
const PROMETHEUS: (&str, &str) = ("/usr/bin/prometheus", "prometheus");
const PROMTOOL: (&str, &str) = ("/usr/bin/promtool", "prometheus");
const ALERTMANAGER: (&str, &str) = ("/usr/bin/prometheus-alertmanager", "prometheus-alertmanager");
const AMTOOL: (&str, &str) = ("/usr/bin/amtool", "prometheus-alertmanager");
const START_LIMIT: Duration = Duration::from_secs(60);
const ANSWER_LIMIT: Duration = Duration::from_secs(10);
/// Keeps the server only as long as somebody holds the other end of its input.
const KEEPER: &str = r#""$0" "$@" & read -r _; kill -KILL $!; wait $!"#;

/// One of the two, running.
pub struct Watcher {
    address: SocketAddr,
    log: PathBuf,
    keeper: Child,
}

/// Whether both are there to test with.
pub fn find() -> Result<(), Missing> {
    [PROMETHEUS, PROMTOOL, ALERTMANAGER, AMTOOL].into_iter().try_for_each(installed)
}

/// Starts Prometheus with this configuration. What it learns, and its log, go into `folder`.
///
/// # Panics
/// When it is installed and does not start: a test has nothing to go on with.
pub fn start_prometheus(config: &Path, folder: &Path) -> Result<Watcher, Missing> {
    installed(PROMETHEUS)?;
    let (config, kept) = (config.display(), folder.join("prometheus"));
    let started = Watcher::start(PROMETHEUS.0, "/-/ready", folder, |address| {
        vec![
            format!("--config.file={config}"),
            format!("--storage.tsdb.path={}", kept.display()),
            format!("--web.listen-address={address}"),
            "--web.enable-lifecycle".to_owned(),
        ]
    });
    Ok(started.unwrap_or_else(|error| panic!("failed to start a private Prometheus: {error:#}")))
}

/// Starts Alertmanager with this configuration. What it learns, and its log, go into `folder`.
///
/// # Panics
/// When it is installed and does not start: a test has nothing to go on with.
pub fn start_alertmanager(config: &Path, folder: &Path) -> Result<Watcher, Missing> {
    installed(ALERTMANAGER)?;
    let (config, kept) = (config.display(), folder.join("alertmanager"));
    let started = Watcher::start(ALERTMANAGER.0, "/-/ready", folder, |address| {
        vec![
            format!("--config.file={config}"),
            format!("--storage.path={}", kept.display()),
            format!("--web.listen-address={address}"),
            // Nobody else of its kind is to be looked for.
            "--cluster.listen-address=".to_owned(),
        ]
    });
    Ok(started.unwrap_or_else(|error| panic!("failed to start a private Alertmanager: {error:#}")))
}

/// Runs `promtool`; what it finds wrong is the error.
///
/// # Panics
/// When it is installed and cannot be run.
pub fn promtool(arguments: &[&str]) -> Result<Result<String>, Missing> {
    checked(PROMTOOL, arguments)
}

/// Runs `amtool`; what it finds wrong is the error.
///
/// # Panics
/// When it is installed and cannot be run.
pub fn amtool(arguments: &[&str]) -> Result<Result<String>, Missing> {
    checked(AMTOOL, arguments)
}

impl Watcher {
    /// Where it listens.
    pub fn address(&self) -> SocketAddr {
        self.address
    }

    /// What it has said so far.
    pub fn log(&self) -> String {
        fs::read_to_string(&self.log).unwrap_or_default()
    }

    /// What it answers to `GET path`.
    pub fn get(&self, path: &str) -> Result<String> {
        get(self.address, path)
    }

    fn start(
        program: &str,
        ready: &str,
        folder: &Path,
        arguments: impl Fn(SocketAddr) -> Vec<String>,
    ) -> Result<Self> {
        let address = free_address().context("failed to find a free port")?;
        let name = Path::new(program).file_name().unwrap_or_default().to_string_lossy().into_owned();
        let path = folder.join(format!("{name}.log"));
        let log = fs::File::create(&path).context("failed to make the server's log")?;
        let mut command = Command::new("/bin/sh");
        command.arg("-c").arg(KEEPER).arg(program).args(arguments(address));
        command.env_clear().env("PATH", "/usr/bin:/bin").current_dir(folder);
        command.stdin(Stdio::piped()).stdout(log.try_clone()?).stderr(log);
        let keeper = command.spawn().context("failed to start `/bin/sh`")?;
        let started = Self { address, log: path, keeper };
        let answers = || started.get(ready).is_ok();
        wait_until(&format!("`{name}` to be ready"), START_LIMIT, answers).with_context(|| started.log())?;
        Ok(started)
    }
}

impl Drop for Watcher {
    fn drop(&mut self) {
        // The keeper ends the server when its input ends. A test that fails has said why; more adds nothing.
        drop(self.keeper.stdin.take());
        let _ = self.keeper.wait();
    }
}

fn installed((program, package): (&str, &str)) -> Result<(), Missing> {
    if Path::new(program).exists() {
        return Ok(());
    }
    Err(Missing::new(format!("`{program}` is not installed (Debian: apt-get install {package})")))
}

fn checked(program: (&str, &str), arguments: &[&str]) -> Result<Result<String>, Missing> {
    installed(program)?;
    let output = Command::new(program.0).args(arguments).stdin(Stdio::null()).output();
    let output = output.unwrap_or_else(|error| panic!("failed to run `{}`: {error}", program.0));
    let said =
        [output.stdout, output.stderr].map(|said| String::from_utf8_lossy(&said).into_owned()).concat();
    if output.status.success() { Ok(Ok(said)) } else { Ok(Err(anyhow::anyhow!(said))) }
}

/// HTTP/1.0 by hand: the answer ends with the connection.
fn get(address: SocketAddr, path: &str) -> Result<String> {
    let mut stream = TcpStream::connect_timeout(&address, ANSWER_LIMIT)?;
    stream.set_read_timeout(Some(ANSWER_LIMIT))?;
    write!(stream, "GET {path} HTTP/1.0\r\nHost: {address}\r\n\r\n")?;
    let mut said = String::new();
    stream.read_to_string(&mut said)?;
    let (head, body) = said.split_once("\r\n\r\n").context("it does not speak HTTP")?;
    let status = head.split_whitespace().nth(1).unwrap_or_default();
    ensure!(status.starts_with('2'), "`{path}` was answered {status}: {body}");
    Ok(body.to_owned())
}
