//! Real programs that end with their test.

use std::process::{Child, Command, ExitStatus};
use std::time::Duration;

use anyhow::{Context as _, Result};
use rustix::process::{Pid, Signal, kill_process};

use crate::wait::wait_for;

/// A running program, killed when dropped.
#[derive(Debug)]
pub struct ChildGuard {
    child: Child,
    program: String,
}

impl ChildGuard {
    /// Starts it.
    pub fn spawn(command: &mut Command) -> Result<Self> {
        let program = command.get_program().to_string_lossy().into_owned();
        let child = command.spawn().with_context(|| format!("failed to start `{program}`"))?;
        Ok(Self { child, program })
    }

    /// The process, for its pipes.
    pub fn child(&mut self) -> &mut Child {
        &mut self.child
    }

    /// The process's number.
    pub fn id(&self) -> u32 {
        self.child.id()
    }

    /// Sends a signal: `Signal::STOP` freezes it in the middle of what it does, `Signal::TERM` asks it to end.
    pub fn signal(&self, signal: Signal) -> Result<()> {
        // The number is the child's own until it has been waited for, which needs `&mut self`.
        kill_process(Pid::from_child(&self.child), signal)
            .with_context(|| format!("failed to send {signal:?} to `{}`", self.program))
    }

    /// How it ended, if it has.
    pub fn ended(&mut self) -> Result<Option<ExitStatus>> {
        self.child.try_wait().with_context(|| format!("failed to look after `{}`", self.program))
    }

    /// Asks it to end and waits, at most `limit`.
    pub fn terminate(mut self, limit: Duration) -> Result<ExitStatus> {
        if let Some(status) = self.ended()? {
            return Ok(status);
        }
        self.signal(Signal::TERM)?;
        let what = format!("`{}` to end after SIGTERM", self.program);
        wait_for(&what, limit, || self.ended().transpose())?
    }

    /// Ends it at once, as `kill -9` does, and waits until it is gone.
    pub fn kill(mut self) -> Result<()> {
        self.child.kill().with_context(|| format!("failed to kill `{}`", self.program))?;
        self.child.wait().with_context(|| format!("failed to wait for `{}`", self.program))?;
        Ok(())
    }
}

impl Drop for ChildGuard {
    fn drop(&mut self) {
        // It may have ended by itself; then there is nothing to do.
        let _ = self.child.kill();
        let _ = self.child.wait();
    }
}
