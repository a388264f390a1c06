//! The Python side: `models/peer_bench.py`, run by a Python that has the peers installed.

use std::ffi::OsStr;
use std::path::{Path, PathBuf};
use std::process::{Child, Command, Stdio};
use std::time::Duration;

use anyhow::Context as _;
use serde_json::Value;

use crate::Context;
use crate::failure::Failure;
use crate::interrupt::Interrupt;
use crate::{cache, models};

const SCRIPT: &str = "peer_bench.py";

/// A Python with which the peers can be measured.
pub(super) struct Peer {
    python: PathBuf,
    script: PathBuf,
}

impl Peer {
    /// Finds script and Python. Without them the peers are left out, and that is said.
    pub(super) fn find(context: &Context, python: Option<&Path>) -> Result<Option<Self>, Failure> {
        let built = models::folder(context);
        let beside = built.parent().map(|folder| folder.join(SCRIPT));
        let script = beside.into_iter().chain([Path::new("models").join(SCRIPT)]).find(|path| path.is_file());
        let usual = cache::folder("venvs/dev/bin/python")?;
        let python = match python {
            Some(named) if named.is_file() => Some(named.to_path_buf()),
            Some(named) => {
                return Err(Failure::usage(format!("there is no Python at `{}`", named.display())));
            }
            None => Some(usual).filter(|path| path.is_file()),
        };
        match (python, script) {
            (Some(python), Some(script)) => Ok(Some(Self { python, script })),
            (None, _) => {
                context.console.warn("the peers in Python are left out: no Python was named that has them");
                context.console.hint("models/README.md says how to install them; then use `--python PATH`");
                Ok(None)
            }
            (_, None) => {
                context
                    .console
                    .warn(format_args!("the peers in Python are left out: there is no models/{SCRIPT}"));
                Ok(None)
            }
        }
    }

    /// Runs the script and takes the object on its last line; `None` where it fails, which is said.
    pub(super) fn run(
        &self,
        context: &Context,
        arguments: &[&OsStr],
        interrupt: &Interrupt,
    ) -> Result<Option<Value>, Failure> {
        let child = Command::new(&self.python)
            .arg(&self.script)
            .args(arguments)
            .stdin(Stdio::null())
            .stdout(Stdio::piped())
            .spawn()
            .with_context(|| format!("failed to run `{}`", self.python.display()))?;
        let output = finish(child, interrupt)?;
        let text = String::from_utf8_lossy(&output.stdout);
        let report = text.lines().next_back().and_then(|line| serde_json::from_str(line).ok());
        match report {
            Some(report) if output.status.success() => Ok(Some(report)),
            _ => {
                let ended = output.status;
                context
                    .console
                    .warn(format_args!("a peer in Python is left out: {SCRIPT} ended with {ended}"));
                Ok(None)
            }
        }
    }
}

/// Waits for a child, or ends it when Ctrl-C comes first.
fn finish(mut child: Child, interrupt: &Interrupt) -> Result<std::process::Output, Failure> {
    loop {
        // What it prints fits into the pipe, so that it never waits for us.
        if child.try_wait().context("failed to wait for Python")?.is_some() {
            return Ok(child.wait_with_output().context("failed to read what Python printed")?);
        }
        if let Err(stopped) = interrupt.check() {
            let _ = child.kill().and_then(|()| child.wait());
            return Err(stopped);
        }
        std::thread::sleep(Duration::from_millis(20));
    }
}

/// A figure of a report, by its place in it.
pub(super) fn figure(report: Option<&Value>, place: &str) -> Option<f64> {
    report?.pointer(place)?.as_f64()
}
