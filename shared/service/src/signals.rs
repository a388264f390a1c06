//! SIGTERM, SIGINT and SIGHUP as values.

use std::io;

use tokio::signal::unix::{Signal as Stream, SignalKind, signal};

/// What the process was told.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Signal {
    /// SIGTERM: stop; a service manager does this.
    Terminate,
    /// SIGINT: stop; a person pressed Ctrl-C.
    Interrupt,
    /// SIGHUP: read again what can be read again.
    Hangup,
}

/// The signals that a service listens to. As long as the process lives they no longer end it by themselves.
pub struct Signals {
    terminate: Stream,
    interrupt: Stream,
    hangup: Stream,
}

impl Signals {
    /// Starts to listen. Needs a tokio runtime.
    pub fn listen() -> io::Result<Self> {
        Ok(Self {
            terminate: signal(SignalKind::terminate())?,
            interrupt: signal(SignalKind::interrupt())?,
            hangup: signal(SignalKind::hangup())?,
        })
    }

    /// Waits for the next signal. Dropping the wait loses none.
    pub async fn next(&mut self) -> Signal {
        tokio::select! {
            _ = self.terminate.recv() => Signal::Terminate,
            _ = self.interrupt.recv() => Signal::Interrupt,
            _ = self.hangup.recv() => Signal::Hangup,
        }
    }

    /// Waits until the process is told to stop; SIGHUP is passed over.
    pub async fn shutdown_requested(&mut self) -> Signal {
        loop {
            let signal = self.next().await;
            if signal != Signal::Hangup {
                return signal;
            }
        }
    }
}

/// Waits until the process is told to stop, for a program that has no use for SIGHUP.
pub async fn shutdown_requested() -> io::Result<Signal> {
    Ok(Signals::listen()?.shutdown_requested().await)
}
