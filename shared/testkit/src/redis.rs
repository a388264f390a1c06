//! A Redis of one's own: started for a test, gone with it.
//!
//! The server listens on a port of loopback, wants a password and keeps nothing on the disk. It ends when its guard is
//! dropped and also when the test process is killed.

use std::fmt;
use std::io::{Read as _, Write as _};
use std::net::{SocketAddr, TcpStream};
use std::path::Path;
use std::process::{Child, Command, Stdio};
use std::sync::{Mutex, PoisonError};
use std::time::Duration;

use anyhow::{Context as _, Result};

use crate::net::free_address;
use crate::scratch::Scratch;
use crate::wait::wait_until;

/// Where Debian and its like put the program.
const PROGRAM: &str = "/usr/bin/redis-server";
/// What the server wants to hear before it answers.
pub const PASSWORD: &str = "sesame";
const START_LIMIT: Duration = Duration::from_secs(30);
/// Keeps the server only as long as somebody holds the other end of its input.
const KEEPER: &str = r#""$0" "$@" & read -r _; kill -KILL $!; wait $!"#;

/// Why there is no Redis to test with: a reason to skip, not to fail.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Missing(String);

impl fmt::Display for Missing {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0)
    }
}

/// A running server.
pub struct Redis {
    address: SocketAddr,
    scratch: Scratch,
    server: Mutex<Option<Child>>,
}

/// A server for one test alone, which may crash it.
///
/// # Panics
/// When Redis is installed and does not start.
pub fn start() -> Result<Redis, Missing> {
    if !Path::new(PROGRAM).exists() {
        let problem = format!("Redis is not installed as {PROGRAM} (Debian: apt-get install redis-server)");
        return Err(Missing(problem));
    }
    let started = free_address().context("failed to find a free port").and_then(|address| {
        let redis = Redis { address, scratch: Scratch::new("redis"), server: Mutex::new(None) };
        redis.start_again().map(|()| redis)
    });
    Ok(started.unwrap_or_else(|error| panic!("failed to start a private Redis: {error:#}")))
}

impl Redis {
    /// Its address, with the password.
    pub fn url(&self) -> String {
        self.url_with(PASSWORD)
    }

    /// Its address with another password.
    pub fn url_with(&self, password: &str) -> String {
        format!("redis://:{password}@{}/0", self.address)
    }

    /// Ends it at once. What it held is gone.
    pub fn crash(&self) -> Result<()> {
        let Some(mut child) = self.server.lock().unwrap_or_else(PoisonError::into_inner).take() else {
            return Ok(());
        };
        // The keeper ends the server when its input ends.
        drop(child.stdin.take());
        child.wait().context("failed to wait for the keeper of Redis")?;
        Ok(())
    }

    /// Starts it, empty, where it was, and waits until it answers.
    pub fn start_again(&self) -> Result<()> {
        let port = self.address.port().to_string();
        let mut keeper = Command::new("/bin/sh");
        keeper.args([
            "-c",
            KEEPER,
            PROGRAM,
            "--bind",
            "127.0.0.1",
            "--port",
            &port,
            "--requirepass",
            PASSWORD,
        ]);
        keeper
            .args(["--save", "", "--appendonly", "no", "--daemonize", "no", "--dir"])
            .arg(self.scratch.path());
        keeper.env_clear().env("PATH", "/usr/bin:/bin");
        let child = keeper.stdin(Stdio::piped()).stdout(Stdio::null()).stderr(Stdio::null()).spawn();
        let child = child.context("failed to start `/bin/sh`")?;
        *self.server.lock().unwrap_or_else(PoisonError::into_inner) = Some(child);
        wait_until("Redis to answer", START_LIMIT, || {
            self.ask("PING").is_ok_and(|said| said.starts_with("+PONG"))
        })
    }

    /// Sends one inline command; gives back the beginning of what it says to it.
    pub fn ask(&self, command: &str) -> Result<String> {
        let mut stream = TcpStream::connect(self.address).context("failed to reach the private Redis")?;
        stream.set_read_timeout(Some(START_LIMIT))?;
        write!(stream, "AUTH {PASSWORD}\r\n{command}\r\nQUIT\r\n")?;
        let mut said = String::new();
        stream.read_to_string(&mut said).context("failed to read what Redis says")?;
        let said = said.strip_prefix("+OK\r\n").context("Redis refuses the password")?;
        Ok(said.strip_suffix("+OK\r\n").unwrap_or(said).to_owned())
    }
}

impl Drop for Redis {
    fn drop(&mut self) {
        // A test that fails has said why; that its server would not end either adds nothing.
        let _ = self.crash();
    }
}
