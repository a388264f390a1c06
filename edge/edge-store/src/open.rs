//! Opening a store: version, owner, checks within their time, the copy, and repair where it is needed.

use std::fs::{self, File};
use std::io::Read;
use std::path::{Path, PathBuf};
use std::time::{Duration, Instant};

use crossbeam_channel::RecvTimeoutError;
use domain::sale::TillRef;
use rusqlite::Connection;

use crate::connection;
use crate::copy;
use crate::disk;
use crate::error::{Failure, Meaning, OpenError, meaning};
use crate::identity;
use crate::options::{OnDamage, StoreOptions};
use crate::reconcile::{self, Mismatch, Reconciled, Scope};
use crate::repair::{self, swap};
use crate::report::{Checked, OpenReport, Repair};
use crate::schema;
use crate::settings;
use crate::verify;
use sync_core::chain::{Hash, genesis};
use sync_core::sale_document::till_name;

/// A store that is ready for its writer.
pub(crate) struct Opened {
    pub(crate) connection: Connection,
    pub(crate) identity: TillRef,
    /// `None` when the store is damaged and open for inspection only.
    pub(crate) copy: Option<Reconciled>,
    pub(crate) report: OpenReport,
}

/// The database of the store in `dir`.
pub(crate) fn database_file(dir: &Path) -> PathBuf {
    dir.join("till.db")
}

/// Opens the store; the lock is held by the caller.
pub(crate) fn open(
    dir: &Path,
    identity: Option<&TillRef>,
    options: &StoreOptions,
) -> Result<Opened, OpenError> {
    let file = database_file(dir);
    let io = |action| {
        let path = file.clone();
        move |source| OpenError::Io { action, path, source }
    };
    if options.on_damage == OnDamage::Repair {
        swap::finish(dir).map_err(io("finish the exchange of"))?;
    }
    let start = match look(dir).map_err(io("read"))? {
        Look::Absent if identity.is_none() => return Err(OpenError::Missing { dir: dir.to_owned() }),
        Look::Absent => Start::Create,
        Look::Present => Start::Open,
        Look::Damaged(problem) => Start::Damaged(problem),
        Look::Newer(found) => return Err(OpenError::Newer { file, found, known: schema::VERSION }),
        Look::Foreign => return Err(OpenError::Foreign { file }),
    };
    let problem = match start {
        Start::Damaged(problem) => Trouble::damage(problem),
        Start::Create | Start::Open => match attempt(dir, identity, options) {
            Ok((connection, identity, copy, checked)) => {
                let created = matches!(start, Start::Create);
                let report = if created { OpenReport::Created } else { OpenReport::Opened(checked) };
                return Ok(Opened { connection, identity, copy: Some(copy), report });
            }
            Err(trouble) => trouble,
        },
    };
    match problem {
        Trouble::Error(error) => Err(error),
        Trouble::Damage { problem, connection } if options.on_damage == OnDamage::Inspect => {
            inspect(file, problem, connection, identity)
        }
        Trouble::Damage { problem, connection } => {
            drop(connection);
            let repair = repair::rebuild(dir, identity, &problem)?;
            reopen(dir, identity, options, repair)
        }
        Trouble::OtherCopy { problem } if options.on_damage == OnDamage::Inspect => {
            inspect(file, problem, None, identity)
        }
        Trouble::OtherCopy { problem } => {
            tracing::error!("the journal's copy does not belong to the journal and is set aside: {problem}");
            let set_aside = swap::set_copy_aside(dir, &swap::set_aside_name(dir));
            let set_aside = Some(set_aside.map_err(io("set aside the copy of"))?);
            reopen(dir, identity, options, Repair { problem, set_aside, ..Repair::default() })
        }
    }
}

enum Start {
    Create,
    Open,
    Damaged(String),
}

/// What stands in the way of using the store as it is.
enum Trouble {
    Error(OpenError),
    /// The database is damaged. The connection is there when it can at least be read.
    Damage {
        problem: String,
        connection: Option<Box<Connection>>,
    },
    /// The database is whole, but the copy beside it is not its copy.
    OtherCopy {
        problem: String,
    },
}

impl Trouble {
    fn damage(problem: String) -> Self {
        Self::Damage { problem, connection: None }
    }
}

/// What the bytes on the disk say before SQLite touches them.
enum Look {
    Absent,
    Present,
    Damaged(String),
    Newer(u32),
    Foreign,
}

fn look(dir: &Path) -> std::io::Result<Look> {
    const HEADER_LEN: usize = 100;
    let file = database_file(dir);
    let has_copy = !copy::segments(dir)?.is_empty();
    let mut header = Vec::with_capacity(HEADER_LEN);
    match File::open(&file) {
        Ok(opened) => opened.take(HEADER_LEN as u64).read_to_end(&mut header)?,
        Err(error) if error.kind() == std::io::ErrorKind::NotFound && has_copy => {
            return Ok(Look::Damaged("the database is gone, its journal's copy is there".to_owned()));
        }
        Err(error) if error.kind() == std::io::ErrorKind::NotFound => return Ok(Look::Absent),
        Err(error) => return Err(error),
    };
    if header.is_empty() && !has_copy {
        // What a power cut right at the beginning leaves.
        return Ok(Look::Absent);
    }
    if header.len() < HEADER_LEN || !header.starts_with(b"SQLite format 3\0") {
        return Ok(Look::Damaged("it does not begin as a database does".to_owned()));
    }
    let field = |at: usize| u32::from_be_bytes(header[at..at + 4].try_into().expect("four bytes"));
    let (mut version, application) = (field(60), field(68));
    if fs::metadata(dir.join("till.db-wal")).is_ok_and(|log| log.len() > 0) {
        // The newest header may still be in the log. What cannot be read here is found by the checks later.
        let logged = connection::open_reader(&file).and_then(|reader| schema::version(&reader));
        version = version.max(logged.unwrap_or(0));
    }
    Ok(match application {
        schema::APPLICATION_ID if version > schema::VERSION => Look::Newer(version),
        schema::APPLICATION_ID | 0 => Look::Present,
        _ if has_copy => Look::Damaged("its header is not a till store's".to_owned()),
        _ => Look::Foreign,
    })
}

type Ready = (Connection, TillRef, Reconciled, Checked);

/// Opens, migrates, checks, and brings the copy in line.
fn attempt(dir: &Path, identity: Option<&TillRef>, options: &StoreOptions) -> Result<Ready, Trouble> {
    let file = database_file(dir);
    let started = Instant::now();
    let share = |numerator: u32| started + options.check_budget * numerator / 10;
    let sorted = |error| sort_out(&file, error);
    let mut connection = connection::open_writer(&file, options.durability).map_err(sorted)?;
    // Journals of other programs must be recognised before anything is written.
    let tables: u32 =
        connection.query_row("SELECT count(*) FROM sqlite_schema", [], |row| row.get(0)).map_err(sorted)?;
    let version = schema::version(&connection).map_err(sorted)?;
    if version == 0 && tables > 0 {
        return Err(Trouble::Error(OpenError::Foreign { file }));
    }
    schema::migrate(&mut connection, schema::MIGRATIONS).map_err(sorted)?;
    let identity = settle_identity(&connection, identity, &file)?;
    let genesis = genesis(&identity);
    let mut checked = match check(&connection, &genesis, share(5), share(8)) {
        Ok(Ok(checked)) => checked,
        Ok(Err(problem)) => return Err(Trouble::Damage { problem, connection: Some(Box::new(connection)) }),
        Err(error) => return Err(sorted(error)),
    };
    let till = till_name(&identity);
    let scope = Scope { dir, till: &till, durability: options.durability, deadline: share(10) };
    let copy = match reconcile::at_start(&connection, &genesis, scope) {
        Ok(reconciled) => {
            checked.copied = reconciled.copied;
            reconciled
        }
        Err(Mismatch::JournalShort(problem)) => {
            return Err(Trouble::Damage { problem, connection: Some(Box::new(connection)) });
        }
        Err(Mismatch::OtherHistory(problem)) => return Err(Trouble::OtherCopy { problem }),
        Err(Mismatch::Sql(error)) => return Err(sorted(error)),
        Err(Mismatch::Io(error)) if reconcile::is_full(&error) => {
            let free_bytes = disk::free_bytes(dir).unwrap_or(0);
            return Err(Trouble::Error(OpenError::Full { dir: dir.to_owned(), free_bytes }));
        }
        Err(Mismatch::Io(source)) => {
            let path = copy::folder(dir);
            return Err(Trouble::Error(OpenError::Io {
                action: "bring the journal's copy up to date in",
                path,
                source,
            }));
        }
    };
    connection::trust(&connection).map_err(sorted)?;
    Ok((connection, identity, copy, checked))
}

/// Damage, or another reason why SQLite refused.
fn sort_out(file: &Path, error: rusqlite::Error) -> Trouble {
    // A table that is gone shows as an error in the statement.
    let statement_failed =
        error.sqlite_error().is_some_and(|e| e.extended_code == rusqlite::ffi::SQLITE_ERROR);
    match meaning(&error) {
        Meaning::Damaged => Trouble::damage(error.to_string()),
        Meaning::Full => {
            let dir = file.parent().unwrap_or(file).to_owned();
            let free_bytes = disk::free_bytes(&dir).unwrap_or(0);
            Trouble::Error(OpenError::Full { dir, free_bytes })
        }
        _ if statement_failed => Trouble::damage(error.to_string()),
        Meaning::DiskFailed | Meaning::Other => {
            Trouble::Error(OpenError::Database { file: file.to_owned(), source: error })
        }
    }
}

/// The store's own name, given it now if it is new, or has sold nothing yet.
fn settle_identity(
    connection: &Connection,
    wanted: Option<&TillRef>,
    file: &Path,
) -> Result<TillRef, Trouble> {
    let sorted = |error| sort_out(file, error);
    let stored = identity::read(connection).map_err(sorted)?;
    let used: bool = connection
        .query_row(
            "SELECT EXISTS (SELECT 1 FROM journal) OR EXISTS (SELECT 1 FROM journal_gap) OR EXISTS (SELECT 1 FROM intent)",
            [],
            |row| row.get(0),
        )
        .map_err(sorted)?;
    match (stored, wanted) {
        (Some(stored), None) => Ok(stored),
        (Some(stored), Some(wanted)) if stored == *wanted => Ok(stored),
        (Some(stored), Some(wanted)) if used => Err(Trouble::Error(OpenError::OtherTill {
            file: file.to_owned(),
            found: till_name(&stored),
            wanted: till_name(wanted),
        })),
        (None, _) if used => Err(Trouble::damage("it does not say whose it is".to_owned())),
        (_, Some(wanted)) => {
            identity::write(connection, wanted).map_err(sorted)?;
            Ok(wanted.clone())
        }
        (None, None) => {
            Err(Trouble::Error(OpenError::Missing { dir: file.parent().unwrap_or(file).to_owned() }))
        }
    }
}

/// Checks the structure until one moment and the chain until a later one. The inner error is damage.
fn check(
    connection: &Connection,
    genesis: &Hash,
    structure_until: Instant,
    chain_until: Instant,
) -> rusqlite::Result<Result<Checked, String>> {
    let mut checked = Checked::default();
    if Instant::now() < structure_until {
        match within(connection, structure_until, || structure_problem(connection)) {
            Ok(None) => checked.structure = true,
            Ok(Some(problem)) => return Ok(Err(problem)),
            Err(error) if connection::was_interrupted(&error) => {}
            Err(error) => return Err(error),
        }
    }
    let tail = match verify::tail(connection, genesis, chain_until) {
        Ok(tail) => tail,
        Err(Failure::Sql(error)) => return Err(error),
        Err(Failure::Store(error)) => return Ok(Err(error.to_string())),
    };
    if let Some(bad) = tail.bad {
        return Ok(Err(format!("sale {}: {}", bad.sequence, bad.problem)));
    }
    checked.chain_from = tail.from;
    Ok(Ok(checked))
}

/// The tables that hold money are checked with their indexes, the others by their structure.
fn structure_problem(connection: &Connection) -> rusqlite::Result<Option<String>> {
    let pragmas = [
        "integrity_check('journal')",
        "integrity_check('outbox')",
        "integrity_check('intent')",
        "quick_check(1)",
    ];
    for pragma in pragmas {
        let answer: String = connection.query_row(&format!("PRAGMA {pragma}"), [], |row| row.get(0))?;
        if answer != "ok" {
            return Ok(Some(answer));
        }
    }
    Ok(None)
}

/// Runs a query and interrupts it when the time is up.
fn within<T>(
    connection: &Connection,
    until: Instant,
    query: impl FnOnce() -> rusqlite::Result<T>,
) -> rusqlite::Result<T> {
    let (done, waiting) = crossbeam_channel::bounded::<()>(0);
    let interrupt = connection.get_interrupt_handle();
    std::thread::scope(|scope| {
        scope.spawn(move || {
            // The query may just not have begun when its time is up: interrupt until it has ended.
            let mut next = until;
            while waiting.recv_deadline(next) == Err(RecvTimeoutError::Timeout) {
                interrupt.interrupt();
                next = Instant::now() + Duration::from_millis(20);
            }
        });
        let answer = query();
        drop(done);
        answer
    })
}

/// After a repair the store must open like any other.
fn reopen(
    dir: &Path,
    identity: Option<&TillRef>,
    options: &StoreOptions,
    repair: Repair,
) -> Result<Opened, OpenError> {
    let mut problem = repair.problem.clone();
    let mut repair = repair;
    for _ in 0..2 {
        match attempt(dir, identity, options) {
            Ok((connection, identity, copy, _)) => {
                note_repair(&connection, &mut repair)
                    .map_err(|source| OpenError::Database { file: database_file(dir), source })?;
                let report = OpenReport::Repaired(Box::new(repair));
                return Ok(Opened { connection, identity, copy: Some(copy), report });
            }
            Err(Trouble::Error(error)) => return Err(error),
            Err(Trouble::Damage { problem: still, .. }) => {
                problem = still;
                break;
            }
            // The copy had sales that no chain leads to: it goes where the damaged database went.
            Err(Trouble::OtherCopy { problem: still }) => {
                problem = still;
                let path = database_file(dir);
                let io = |source| OpenError::Io { action: "set aside the copy of", path, source };
                let name = swap::set_aside_name(dir);
                let folder = swap::set_copy_aside(dir, &name).map_err(io)?;
                repair.set_aside.get_or_insert(folder);
            }
        }
    }
    Err(OpenError::Damaged { file: database_file(dir), problem })
}

/// Leaves a note in the settings, so that a technician who comes later learns of it.
fn note_repair(connection: &Connection, repair: &mut Repair) -> rusqlite::Result<()> {
    repair.salvaged = connection.query_row("SELECT count(*) FROM journal", [], |row| row.get(0))?;
    let at = jiff::Timestamp::now().strftime("%Y-%m-%dT%H:%M:%SZ");
    settings::set(connection, settings::LAST_REPAIR, Some(&format!("{at}: {repair}")))
}

fn inspect(
    file: PathBuf,
    problem: String,
    connection: Option<Box<Connection>>,
    identity: Option<&TillRef>,
) -> Result<Opened, OpenError> {
    let readable =
        connection.map_or_else(|| connection::open_reader(&file).ok(), |connection| Some(*connection));
    let owner = readable.as_ref().and_then(|connection| identity::read(connection).ok().flatten());
    match (readable, owner.or_else(|| identity.cloned())) {
        (Some(connection), Some(identity)) => {
            Ok(Opened { connection, identity, copy: None, report: OpenReport::Damaged { problem } })
        }
        _ => Err(OpenError::Damaged { file, problem }),
    }
}
