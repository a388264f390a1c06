//! A real `tillsightd` in a process of its own, stopped when it is dropped.

use std::net::{Ipv4Addr, SocketAddr};
use std::path::{Path, PathBuf};
use std::process::{Child, Command, Stdio};
use std::time::{Duration, Instant};

use anyhow::{Context as _, bail};

/// How a till is set up.
#[derive(Debug, Clone)]
pub struct TillSetup {
    /// Its data folder.
    pub data: PathBuf,
    /// Folder of the models.
    pub models: PathBuf,
    /// The `[camera]` table and what else differs from the defaults, as TOML.
    pub config: String,
    /// Where its log goes; `None` shows it.
    pub log: Option<PathBuf>,
}

/// A running till.
#[derive(Debug)]
pub struct TillProcess {
    child: Child,
    /// Where its kiosk is.
    pub address: SocketAddr,
}

impl TillProcess {
    /// Starts the daemon on a free loopback port, or on the one given, and waits until it is ready.
    pub fn start(setup: &TillSetup, port: Option<u16>) -> anyhow::Result<Self> {
        std::fs::create_dir_all(&setup.data)?;
        let port = port.map_or_else(free_port, Ok)?;
        let address = SocketAddr::from((Ipv4Addr::LOCALHOST, port));
        let config = setup.data.join("tillsightd.toml");
        let models = toml_text(&setup.models);
        let text = format!(
            "{}\n[kiosk]\nlisten = \"{address}\"\n[data]\ndir = {}\n[vision]\nmodels = {models}\n{}\n",
            "# Written for this run.",
            toml_text(&setup.data),
            setup.config
        );
        std::fs::write(&config, text).with_context(|| format!("failed to write `{}`", config.display()))?;
        let program = sibling("tillsightd")?;
        let mut command = Command::new(&program);
        command.arg("--config").arg(&config).stdin(Stdio::null());
        if let Some(log) = &setup.log {
            let file = std::fs::File::options().create(true).append(true).open(log)?;
            command.stdout(file.try_clone()?).stderr(file);
        }
        let child = command.spawn().with_context(|| format!("failed to start `{}`", program.display()))?;
        Ok(Self { child, address })
    }

    /// The process's number.
    pub fn id(&self) -> u32 {
        self.child.id()
    }

    /// Fails when the daemon has ended by itself.
    pub fn check_alive(&mut self) -> anyhow::Result<()> {
        match self.child.try_wait()? {
            Some(status) => bail!("tillsightd ended by itself ({status}): see its log"),
            None => Ok(()),
        }
    }

    /// Stops it as systemd does and waits for it.
    pub fn stop(mut self) -> anyhow::Result<()> {
        stop_child("tillsightd", &mut self.child)
    }

    /// Kills it as a crash would.
    pub fn kill(mut self) -> anyhow::Result<()> {
        self.child.kill()?;
        self.child.wait()?;
        Ok(())
    }
}

impl Drop for TillProcess {
    fn drop(&mut self) {
        // Already gone is as good as stopped.
        let _ = self.child.kill();
        let _ = self.child.wait();
    }
}

/// Stops a program as systemd does and waits until it has ended well.
pub(crate) fn stop_child(name: &str, child: &mut Child) -> anyhow::Result<()> {
    terminate(child);
    let until = Instant::now() + Duration::from_secs(30);
    while Instant::now() < until {
        if let Some(status) = child.try_wait()? {
            if !status.success() {
                bail!("{name} ended with {status} when it was told to stop");
            }
            return Ok(());
        }
        std::thread::sleep(Duration::from_millis(20));
    }
    bail!("{name} did not stop within 30 s")
}

fn terminate(child: &Child) {
    let pid = i32::try_from(child.id()).ok().and_then(rustix::process::Pid::from_raw);
    if let Some(pid) = pid {
        // A process that has just ended cannot be told to.
        let _ = rustix::process::kill_process(pid, rustix::process::Signal::TERM);
    }
}

/// A loopback port that nobody listens on now.
pub fn free_port() -> anyhow::Result<u16> {
    Ok(testkit::net::free_address()?.port())
}

/// A program that cargo put beside this one.
pub fn sibling(name: &str) -> anyhow::Result<PathBuf> {
    let own = std::env::current_exe()?;
    let mut folder = own.parent().context("a program lies in a folder")?;
    if folder.ends_with("deps") {
        folder = folder.parent().unwrap_or(folder);
    }
    let path = folder.join(name);
    if !path.is_file() {
        bail!(
            "`{}` is missing: build it with `cargo build -p edge-daemon -p edge-cli -p cloud-server`",
            path.display()
        );
    }
    Ok(path)
}

/// A path as a TOML string.
pub fn toml_text(path: &Path) -> String {
    format!("{:?}", path.display().to_string())
}
