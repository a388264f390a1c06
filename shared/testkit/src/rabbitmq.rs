//! A RabbitMQ of one's own: started for a test, gone with it.
//!
//! Everything it writes lies in a scratch folder, and it listens on loopback only, with a name server (`epmd`) of its own. It ends
//! when its guard is dropped and also when the test process is killed.

use std::fs;
use std::io::Write as _;
use std::net::{SocketAddr, TcpStream};
use std::path::{Path, PathBuf};
use std::process::{Child, Command, Stdio};
use std::sync::{Mutex, PoisonError};
use std::time::Duration;

use anyhow::{Context as _, Result};

use crate::missing::Missing;
use crate::net::free_address;
use crate::scratch::Scratch;
use crate::wait::wait_until;

/// Where Debian puts each version.
const VERSIONS: &str = "/usr/lib/rabbitmq/lib";
/// Its user and password.
pub const USER: &str = "tillsight";
/// See [`USER`].
pub const PASSWORD: &str = "a test has no secrets";
/// The largest message that it takes, in bytes: RabbitMQ's own limit of 128 MiB would make slow tests.
pub const MESSAGE_MAX_BYTES: usize = 65_536;
/// An Erlang machine takes its time on a busy box.
const START_LIMIT: Duration = Duration::from_secs(120);
/// Keeps the server only as long as somebody holds the other end of its input, and ends it the way that is written there.
const KEEPER: &str = r#"epmd -port "$ERL_EPMD_PORT" -address 127.0.0.1 & names=$!
"$0" -noinput & server=$!; read -r how; kill -"${how:-KILL}" $server; wait $server; kill $names"#;

/// A running server.
pub struct RabbitMq {
    program: PathBuf,
    scratch: Scratch,
    address: SocketAddr,
    /// Ports of the name server and of the node itself.
    inner_ports: [u16; 2],
    server: Mutex<Option<Child>>,
}

/// Starts a server.
///
/// # Panics
/// When RabbitMQ is installed and does not start: a test has nothing to go on with.
pub fn start() -> Result<RabbitMq, Missing> {
    let program = program().ok_or_else(|| {
        Missing::new(format!(
            "RabbitMQ is not installed in {VERSIONS} (Debian: apt-get install rabbitmq-server)"
        ))
    })?;
    let started = RabbitMq::prepare(program).and_then(|rabbitmq| rabbitmq.start_again().map(|()| rabbitmq));
    Ok(started.unwrap_or_else(|error| panic!("failed to start a private RabbitMQ: {error:#}")))
}

fn program() -> Option<PathBuf> {
    let versions = fs::read_dir(VERSIONS).into_iter().flatten().flatten();
    let programs = versions.map(|version| version.path().join("sbin/rabbitmq-server"));
    programs.filter(|program| program.exists()).max()
}

impl RabbitMq {
    /// Where it listens.
    pub fn address(&self) -> SocketAddr {
        self.address
    }

    /// Where it is, with this password.
    pub fn url(&self, password: &str) -> String {
        format!("amqp://{USER}:{}@{}/%2f", password.replace(' ', "%20"), self.address)
    }

    /// Kills it as a crash does: what was confirmed is there when it starts again.
    pub fn crash(&self) -> Result<()> {
        let mut server = self.server.lock().unwrap_or_else(PoisonError::into_inner);
        if let Some(mut child) = server.take() {
            let mut input = child.stdin.take().context("its input is piped")?;
            input.write_all(b"KILL\n").context("failed to ask for the end of RabbitMQ")?;
            drop(input);
            child.wait().context("failed to wait for RabbitMQ to end")?;
        }
        Ok(())
    }

    /// Starts it after a crash and waits until it answers.
    pub fn start_again(&self) -> Result<()> {
        self.crash()?;
        let log = fs::OpenOptions::new().create(true).append(true).open(self.scratch.join("out"));
        let log = log.context("failed to open the server's output")?;
        let mut command = Command::new("sh");
        self.set_up(&mut command);
        command.arg("-c").arg(KEEPER).arg(&self.program);
        command.stdin(Stdio::piped()).stdout(log.try_clone()?).stderr(log);
        let child = command.spawn().context("failed to start `rabbitmq-server`")?;
        *self.server.lock().unwrap_or_else(PoisonError::into_inner) = Some(child);
        wait_until("RabbitMQ to answer", START_LIMIT, || TcpStream::connect(self.address).is_ok())
            .with_context(|| fs::read_to_string(self.scratch.join("out")).unwrap_or_default())
    }

    fn set_up(&self, command: &mut Command) {
        let at = |name: &str| self.scratch.join(name);
        let [names, node] = self.inner_ports;
        // Settings of whoever runs the tests are not meant for this server.
        command.env_clear().env("PATH", "/usr/bin:/bin").env("LC_ALL", "C.UTF-8");
        // The cookie that nodes know each other by is written to the home.
        command.env("HOME", self.scratch.path()).current_dir(self.scratch.path());
        command.env("ERL_EPMD_PORT", names.to_string()).env("ERL_EPMD_ADDRESS", "127.0.0.1");
        command.env("RABBITMQ_NODENAME", format!("tillsight-{}@localhost", self.address.port()));
        command.env("RABBITMQ_DIST_PORT", node.to_string());
        command.env("RABBITMQ_CONFIG_FILE", at("rabbitmq.conf")).env("RABBITMQ_CONF_ENV_FILE", "/dev/null");
        command.env("RABBITMQ_ENABLED_PLUGINS_FILE", at("plugins")).env("RABBITMQ_PID_FILE", at("pid"));
        command.env("RABBITMQ_MNESIA_BASE", at("mnesia")).env("RABBITMQ_LOG_BASE", at("log"));
        // The server takes the shell's place, so that it can be killed, and does not spin while it waits.
        command.env("RUNNING_UNDER_SYSTEMD", "1");
        let erlang = "+S 1:1 +sbwt none -kernel inet_dist_use_interface {127,0,0,1}";
        command.env("RABBITMQ_SERVER_ADDITIONAL_ERL_ARGS", erlang);
    }

    fn prepare(program: PathBuf) -> Result<Self> {
        let scratch = Scratch::new("rabbitmq");
        let address = free_address()?;
        let inner_ports = [free_address()?.port(), free_address()?.port()];
        let settings = format!(
            "listeners.tcp.1 = {address}\ndefault_user = {USER}\ndefault_pass = {PASSWORD}\nloopback_users = none\n\
             max_message_size = {MESSAGE_MAX_BYTES}\ndisk_free_limit.absolute = 1MB\nlog.file.level = warning\n"
        );
        write(&scratch.join("rabbitmq.conf"), &settings)?;
        write(&scratch.join("plugins"), "[].\n")?;
        Ok(Self { program, scratch, address, inner_ports, server: Mutex::new(None) })
    }
}

impl Drop for RabbitMq {
    fn drop(&mut self) {
        // A test that fails has said why; that its server would not end either adds nothing.
        let _ = self.crash();
    }
}

fn write(path: &Path, text: &str) -> Result<()> {
    fs::write(path, text).with_context(|| format!("failed to write `{}`", path.display()))
}
