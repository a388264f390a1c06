//! Filling a database from a dump: all of it, or nothing.

use std::collections::BTreeSet;
use std::path::{Path, PathBuf};

use domain::time::WallMs;
use sqlx::any::AnyConnectOptions;
use sqlx::sqlite::SqliteConnectOptions;
use sqlx::{AnyConnection, ConnectOptions as _, Connection as _, Executor as _};
use tokio::sync::mpsc;

use super::read::{Ended, names, quoted, read_table};
use super::tables::{self, WHAT};
use super::{Cell, ColumnKind, DumpError, DumpPart, DumpRows, DumpSummary, DumpTable, TableSum, read_rows};
use crate::bulk::insert_all;
use crate::engine::{Address, Engine, postgres_options};
use crate::error::StoreError;
use crate::sales::partitions;
use crate::sql::{Failure, Values, composed, execute, fetch_value, values};
use crate::store::{Store, explain};

/// How often it is looked whether somebody else works with a database, and the pause in between.
const LOOKS: u32 = 20;
const LOOK_PAUSE: std::time::Duration = std::time::Duration::from_millis(100);

/// How a database is filled.
#[derive(Debug, Clone, Copy)]
pub struct Filling {
    /// Whether what it holds may go.
    pub replace: bool,
    /// When.
    pub now: WallMs,
}

impl Store {
    /// Fills the database at an address from the parts of a dump. It gets the tables that the dump was made of; opening it
    /// afterwards brings them up to date. Sessions are left out: everybody signs in again. A SQLite file that is replaced stays
    /// beside it, as `NAME.before-MILLISECONDS`.
    pub async fn fill(
        address: &Address,
        filling: &Filling,
        parts: mpsc::Receiver<DumpPart>,
    ) -> Result<DumpSummary, DumpError> {
        sqlx::any::install_default_drivers();
        let filled = match address {
            Address::Sqlite { file } => fill_file(file, filling, parts).await,
            Address::Postgres { url } => fill_server(address, url, filling, parts).await,
        };
        filled.map_err(|problem| problem.explained(address))
    }

    /// Whether the database at an address may be filled: it is empty, or may go, and nobody works with it.
    pub async fn check_fillable(address: &Address, replace: bool) -> Result<(), DumpError> {
        sqlx::any::install_default_drivers();
        let looked = match address {
            Address::Sqlite { file } => look_at_old(file, replace).await.map(drop),
            Address::Postgres { url } => {
                async {
                    let mut connection = AnyConnection::connect_with(&postgres_options(url)?).await?;
                    let checked = check_server(&mut connection, address, replace).await;
                    connection.close().await?;
                    checked
                }
                .await
            }
        };
        looked.map_err(|problem| problem.explained(address))
    }
}

enum Problem {
    Known(DumpError),
    Failed(Failure),
}

impl Problem {
    fn explained(self, address: &Address) -> DumpError {
        match self {
            Self::Known(error) => error,
            Self::Failed(failure) => explain(&address.name(), failure).into(),
        }
    }
}

impl From<DumpError> for Problem {
    fn from(error: DumpError) -> Self {
        Self::Known(error)
    }
}

impl From<Failure> for Problem {
    fn from(failure: Failure) -> Self {
        Self::Failed(failure)
    }
}

impl From<sqlx::Error> for Problem {
    fn from(error: sqlx::Error) -> Self {
        Self::Failed(error.into())
    }
}

impl From<Ended> for Problem {
    fn from(ended: Ended) -> Self {
        match ended {
            Ended::Failed(failure) => Self::Failed(failure),
            Ended::Abandoned => Self::Known(DumpError::Abandoned),
        }
    }
}

/// A new file is filled, and takes the place of the old one once it is on the disk.
async fn fill_file(
    file: &Path,
    filling: &Filling,
    parts: mpsc::Receiver<DumpPart>,
) -> Result<DumpSummary, Problem> {
    let old = look_at_old(file, filling.replace).await?;
    let fresh = beside(file, ".restoring");
    for suffix in ["", "-journal", "-wal", "-shm"] {
        remove(&beside(&fresh, suffix))?;
    }
    let mut connection = connect_to(&fresh, true).await?;
    // Nothing reads this file before it is whole and was written out below.
    let settings = "PRAGMA journal_mode = MEMORY; PRAGMA synchronous = OFF; PRAGMA foreign_keys = ON;";
    connection.execute(sqlx::raw_sql(settings)).await?;
    let summary = fill_connection(&mut connection, Engine::Sqlite, filling, parts).await?;
    connection.close().await?;
    sync(&fresh)?;
    match old {
        Old::Missing => {}
        Old::Empty => {
            for suffix in ["", "-wal", "-shm"] {
                remove(&beside(file, suffix))?;
            }
        }
        Old::Kept => set_aside(file, filling.now)?,
    }
    rename(&fresh, file)?;
    sync(file.parent().filter(|folder| !folder.as_os_str().is_empty()).unwrap_or(Path::new(".")))?;
    Ok(summary)
}

/// What stands where a file is to be.
enum Old {
    Missing,
    Empty,
    Kept,
}

async fn look_at_old(file: &Path, replace: bool) -> Result<Old, Problem> {
    if !std::fs::metadata(file).is_ok_and(|there| there.len() > 0) {
        return Ok(if file.exists() { Old::Empty } else { Old::Missing });
    }
    let database = Address::Sqlite { file: file.to_owned() }.name();
    let looked = async {
        let mut connection = connect_to(file, false).await?;
        let organisations = organisations(&mut connection, Engine::Sqlite).await?;
        // Leaving the log behind needs the file for oneself, and leaves nothing beside it.
        let alone = connection.execute("PRAGMA journal_mode = DELETE").await;
        connection.close().await?;
        Ok::<_, Failure>((organisations, alone))
    };
    match looked.await {
        Ok((organisations, _)) if organisations > 0 && !replace => {
            Err(DumpError::NotEmpty { database, organisations }.into())
        }
        Ok((_, Err(_))) => Err(DumpError::InUse { database }.into()),
        Ok((0, Ok(_))) => Ok(Old::Empty),
        Ok(_) => Ok(Old::Kept),
        // A damaged file is a reason to restore; who says that it may go need not be able to read it.
        Err(_) if replace => Ok(Old::Kept),
        Err(failure) => Err(failure.into()),
    }
}

/// One transaction takes away what is there and brings what comes.
async fn fill_server(
    address: &Address,
    url: &str,
    filling: &Filling,
    parts: mpsc::Receiver<DumpPart>,
) -> Result<DumpSummary, Problem> {
    let mut connection = AnyConnection::connect_with(&postgres_options(url)?).await?;
    // Whoever sends the parts may be a slow network.
    let settings = "SET lock_timeout = '10s'; SET timezone = 'UTC'; SET client_min_messages = 'warning';
                    SET idle_in_transaction_session_timeout = 0;";
    connection.execute(sqlx::raw_sql(settings)).await?;
    let mut transaction = connection.begin().await?;
    check_server(&mut transaction, address, filling.replace).await?;
    drop_tables(&mut transaction).await?;
    let summary = fill_connection(&mut transaction, Engine::Postgres, filling, parts).await?;
    transaction.commit().await?;
    connection.close().await?;
    Ok(summary)
}

async fn check_server(
    connection: &mut AnyConnection,
    address: &Address,
    replace: bool,
) -> Result<(), Problem> {
    let organisations = organisations(connection, Engine::Postgres).await?;
    if organisations > 0 && !replace {
        return Err(DumpError::NotEmpty { database: address.name(), organisations }.into());
    }
    let sql = "SELECT COUNT(*) FROM pg_stat_activity
               WHERE datname = current_database() AND pid <> pg_backend_pid() AND backend_type = 'client backend'";
    // Whoever has just hung up is still listed for a moment.
    for _ in 0..LOOKS {
        let others: Option<u64> = fetch_value(connection, WHAT, sql, values![]).await?;
        if others.unwrap_or(0) == 0 {
            return Ok(());
        }
        tokio::time::sleep(LOOK_PAUSE).await;
        // Within a transaction the list stays as it was first seen, unless it is forgotten.
        connection.execute("SELECT pg_stat_clear_snapshot()").await?;
    }
    Err(DumpError::InUse { database: address.name() }.into())
}

async fn drop_tables(connection: &mut AnyConnection) -> Result<(), Problem> {
    for name in ["view_vector", "_sqlx_migrations"] {
        connection.execute(sqlx::raw_sql(composed(format!("DROP TABLE IF EXISTS {name}")))).await?;
    }
    let mut tables = tables::in_order(connection, Engine::Postgres).await?;
    tables.reverse();
    for table in tables {
        let sql = format!("DROP TABLE {}", quoted(&table.name));
        connection.execute(sqlx::raw_sql(composed(sql))).await?;
    }
    Ok(())
}

async fn organisations(connection: &mut AnyConnection, engine: Engine) -> Result<u64, Failure> {
    let sql = match engine {
        Engine::Sqlite => "SELECT COUNT(*) FROM sqlite_schema WHERE type = 'table' AND name = 'organisation'",
        Engine::Postgres => "SELECT COUNT(*) FROM pg_class WHERE oid = to_regclass('organisation')",
    };
    let there: Option<u64> = fetch_value(connection, WHAT, sql, values![]).await?;
    if there.unwrap_or(0) == 0 {
        return Ok(0);
    }
    Ok(fetch_value(connection, WHAT, "SELECT COUNT(*) FROM organisation", values![]).await?.unwrap_or(0))
}

async fn fill_connection(
    connection: &mut AnyConnection,
    engine: Engine,
    filling: &Filling,
    mut parts: mpsc::Receiver<DumpPart>,
) -> Result<DumpSummary, Problem> {
    let Some(DumpPart::Begin { schema_version }) = parts.recv().await else {
        return Err(DumpError::Truncated.into());
    };
    make_tables(connection, engine, schema_version).await?;
    let mut transaction = connection.begin().await?;
    let ours = tables::in_order(&mut transaction, engine).await?;
    for table in ours.iter().rev() {
        // Some tables are made with rows in them.
        execute(&mut transaction, composed(format!("DELETE FROM {}", quoted(&table.name))), values![])
            .await?;
    }
    let summary = take_rows(&mut transaction, engine, &ours, filling, &mut parts).await?;
    compare(&mut transaction, &ours, &summary).await?;
    set_numbers(&mut transaction, engine, &summary).await?;
    execute(&mut transaction, "DELETE FROM session", values![]).await?;
    transaction.commit().await?;
    Ok(summary)
}

async fn make_tables(connection: &mut AnyConnection, engine: Engine, version: i64) -> Result<(), Problem> {
    let migrator = engine.migrator();
    let known = migrator.iter().map(|migration| migration.version).max().unwrap_or(0);
    if version > known {
        return Err(DumpError::Newer { found: version, known }.into());
    }
    let made = migrator.run_direct(Some(version), connection, false).await;
    made.map_err(|error| DumpError::Unsound(format!("its tables cannot be made: {error}")).into())
}

async fn take_rows(
    connection: &mut AnyConnection,
    engine: Engine,
    ours: &[DumpTable],
    filling: &Filling,
    parts: &mut mpsc::Receiver<DumpPart>,
) -> Result<DumpSummary, Problem> {
    let mut taken = BTreeSet::new();
    let mut current: Option<&DumpTable> = None;
    loop {
        match parts.recv().await {
            None => return Err(DumpError::Truncated.into()),
            Some(DumpPart::Begin { .. }) => {
                return Err(DumpError::Unsound("it begins twice".to_owned()).into());
            }
            Some(DumpPart::Table(table)) => {
                let Some(here) = ours.iter().find(|here| **here == table) else {
                    let problem = format!("its table `{}` is not one of version's tables", table.name);
                    return Err(DumpError::Unsound(problem).into());
                };
                taken.insert(here.name.clone());
                current = Some(here);
            }
            Some(DumpPart::Rows(rows)) => {
                let table =
                    current.ok_or_else(|| DumpError::Unsound("rows stand before any table".to_owned()))?;
                insert_rows(connection, engine, table, &rows, filling).await?;
            }
            Some(DumpPart::End(summary)) => {
                if let Some(missing) = ours.iter().find(|table| !taken.contains(&table.name)) {
                    return Err(
                        DumpError::Unsound(format!("the table `{}` is not in it", missing.name)).into()
                    );
                }
                return Ok(summary);
            }
        }
    }
}

async fn insert_rows(
    connection: &mut AnyConnection,
    engine: Engine,
    table: &DumpTable,
    rows: &DumpRows,
    filling: &Filling,
) -> Result<(), Problem> {
    let unsound = |problem: String| DumpError::Unsound(format!("table `{}`: {problem}", table.name));
    let rows = read_rows(rows, table.columns.len(), &mut TableSum::default()).map_err(unsound)?;
    for (cell, column) in rows.iter().flat_map(|row| row.iter().zip(&table.columns)) {
        if !fits(cell, column.kind) {
            return Err(unsound(format!("the column `{}` has a value of another kind", column.name)).into());
        }
    }
    if engine == Engine::Postgres {
        for statement in partitions(&table.name, &days(table, &rows), filling.now) {
            connection.execute(sqlx::raw_sql(composed(statement))).await?;
        }
    }
    let insert = format!("INSERT INTO {} ({})", quoted(&table.name), names(table));
    let bind = |row: &Vec<Cell>, values: &mut Values| {
        for (cell, column) in row.iter().zip(&table.columns) {
            bind_cell(cell, column.kind, values);
        }
    };
    insert_all(connection, &insert, table.columns.len(), "", &rows, bind).await?;
    Ok(())
}

fn fits(cell: &Cell, kind: ColumnKind) -> bool {
    match cell {
        Cell::Nothing => true,
        Cell::Integer(_) => kind == ColumnKind::Integer,
        Cell::Text(_) => kind == ColumnKind::Text,
        Cell::Bytes(_) => kind == ColumnKind::Bytes,
    }
}

fn bind_cell(cell: &Cell, kind: ColumnKind, values: &mut Values) {
    match (cell, kind) {
        (Cell::Integer(number), _) => values.push(*number),
        (Cell::Text(text), _) => values.push(text.as_str()),
        (Cell::Bytes(bytes), _) => values.push(bytes.as_slice()),
        (Cell::Nothing, ColumnKind::Integer) => values.push(None::<i64>),
        (Cell::Nothing, ColumnKind::Text) => values.push(None::<&str>),
        (Cell::Nothing, ColumnKind::Bytes) => values.push(None::<&Vec<u8>>),
    }
}

/// The trading days of rows of sales.
fn days(table: &DumpTable, rows: &[Vec<Cell>]) -> BTreeSet<i64> {
    let Some(index) = table.columns.iter().position(|column| column.name == "business_day") else {
        return BTreeSet::new();
    };
    let day = |row: &Vec<Cell>| match row.get(index) {
        Some(Cell::Integer(day)) => Some(*day),
        _ => None,
    };
    rows.iter().filter_map(day).collect()
}

/// What is there now is what was there when the dump was made.
async fn compare(
    connection: &mut AnyConnection,
    ours: &[DumpTable],
    summary: &DumpSummary,
) -> Result<(), Problem> {
    for table in ours {
        let found = read_table(connection, table, None).await?;
        let expected = summary.tables.get(&table.name).copied().unwrap_or_default();
        if found != expected {
            let problem = format!(
                "the table `{}` has {} rows where {} were dumped, or others than those",
                table.name, found.rows, expected.rows
            );
            return Err(DumpError::Unsound(problem).into());
        }
    }
    Ok(())
}

/// A number that was given out once must not be given out again, even where its row is gone.
async fn set_numbers(
    connection: &mut AnyConnection,
    engine: Engine,
    summary: &DumpSummary,
) -> Result<(), Problem> {
    for (table, last) in &summary.numbers {
        match engine {
            Engine::Sqlite => {
                execute(connection, "DELETE FROM sqlite_sequence WHERE name = $1", values![table]).await?;
                let sql = "INSERT INTO sqlite_sequence (name, seq) VALUES ($1, $2)";
                execute(connection, sql, values![table, last]).await?;
            }
            Engine::Postgres => {
                let sql = "SELECT setval(CAST(pg_get_serial_sequence(quote_ident(table_name), column_name) AS regclass), $2)
                           FROM information_schema.columns
                           WHERE table_schema = current_schema() AND table_name = $1 AND is_identity = 'YES'";
                execute(connection, sql, values![table, last]).await?;
            }
        }
    }
    Ok(())
}

async fn connect_to(file: &Path, create: bool) -> Result<AnyConnection, sqlx::Error> {
    let options = SqliteConnectOptions::new().filename(file).create_if_missing(create);
    AnyConnection::connect_with(&AnyConnectOptions::from_url(&options.to_url_lossy())?).await
}

fn set_aside(file: &Path, now: WallMs) -> Result<(), DumpError> {
    let aside = beside(file, &format!(".before-{}", now.0));
    for suffix in ["", "-wal", "-shm"] {
        let from = beside(file, suffix);
        if from.exists() {
            rename(&from, &beside(&aside, suffix))?;
        }
    }
    Ok(())
}

fn beside(file: &Path, suffix: &str) -> PathBuf {
    let mut name = file.as_os_str().to_owned();
    name.push(suffix);
    name.into()
}

fn remove(path: &Path) -> Result<(), DumpError> {
    match std::fs::remove_file(path) {
        Err(source) if source.kind() != std::io::ErrorKind::NotFound => {
            Err(DumpError::File { action: "remove", path: path.to_owned(), source })
        }
        _ => Ok(()),
    }
}

fn rename(from: &Path, to: &Path) -> Result<(), DumpError> {
    std::fs::rename(from, to).map_err(|source| DumpError::File {
        action: "move",
        path: from.to_owned(),
        source,
    })
}

fn sync(path: &Path) -> Result<(), DumpError> {
    let synced = std::fs::File::open(path).and_then(|file| file.sync_all());
    synced.map_err(|source| DumpError::File { action: "write out", path: path.to_owned(), source })
}

impl From<StoreError> for Problem {
    fn from(error: StoreError) -> Self {
        Self::Failed(error.into())
    }
}
