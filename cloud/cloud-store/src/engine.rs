//! The two engines: how each is opened, and the few places where they differ.

use std::path::PathBuf;
use std::str::FromStr as _;
use std::time::Duration;

use sqlx::any::{AnyConnectOptions, AnyPoolOptions};
use sqlx::migrate::{Migration, MigrationType, Migrator};
use sqlx::sqlite::SqliteConnectOptions;
use sqlx::{AnyConnection, AnyPool, ConnectOptions as _, Connection as _, Executor as _, SqlSafeStr as _};

use crate::error::StoreError;

/// Where the database is.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Address {
    /// A file of this process and its siblings on this machine. Its folder must be there; the file is made.
    Sqlite {
        /// The file.
        file: PathBuf,
    },
    /// A PostgreSQL of version 15 or later. The database must be there.
    Postgres {
        /// `postgres://user:password@host:port/name`.
        url: String,
    },
}

impl Address {
    /// Reads `sqlite:PATH` or `postgres://...`.
    pub fn parse(text: &str) -> Result<Self, StoreError> {
        if let Some(path) = text.strip_prefix("sqlite:") {
            let path = path.strip_prefix("//").unwrap_or(path);
            if !path.is_empty() {
                return Ok(Self::Sqlite { file: path.into() });
            }
        }
        if text.starts_with("postgres://") || text.starts_with("postgresql://") {
            return Ok(Self::Postgres { url: text.to_owned() });
        }
        Err(StoreError::Address { address: without_password(text) })
    }

    /// Its name in messages: no password.
    pub fn name(&self) -> String {
        match self {
            Self::Sqlite { file } => format!("SQLite `{}`", file.display()),
            Self::Postgres { url } => format!("PostgreSQL `{}`", without_password(url)),
        }
    }

    pub(crate) fn engine(&self) -> Engine {
        match self {
            Self::Sqlite { .. } => Engine::Sqlite,
            Self::Postgres { .. } => Engine::Postgres,
        }
    }
}

/// What stands between `//` and `@`, and after `?`, may hold a secret.
fn without_password(address: &str) -> String {
    let address = address.split('?').next().unwrap_or_default();
    match (address.split_once("//"), address.rsplit_once('@')) {
        (Some((scheme, _)), Some((_, host))) => format!("{scheme}//{host}"),
        _ => address.chars().take(200).collect(),
    }
}

/// How the database is opened.
#[derive(Debug, Clone)]
pub struct StoreOptions {
    /// Where it is.
    pub address: Address,
    /// Connections: of PostgreSQL in all, of SQLite those that read; one more writes.
    pub connections: u32,
    /// How long a request waits for a connection.
    pub acquire_timeout_ms: u64,
    /// Whether missing tables are made. Where false, a database of another version is refused.
    pub migrate: bool,
    /// How much may wait for the writer, in KiB of sales; beyond it [`StoreError::Busy`].
    pub ingest_queue_kib: u32,
}

impl StoreOptions {
    /// What fits most: eight connections, ten seconds, tables are made, 64 MiB of sales may wait.
    pub fn new(address: Address) -> Self {
        Self { address, connections: 8, acquire_timeout_ms: 10_000, migrate: true, ingest_queue_kib: 65_536 }
    }
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Engine {
    Sqlite,
    Postgres,
}

/// What a connection is for. PostgreSQL does not care.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Duty {
    Read,
    Write,
}

/// Pools of open connections; the same one twice with PostgreSQL.
pub(crate) struct Pools {
    pub(crate) write: AnyPool,
    pub(crate) read: AnyPool,
}

impl Engine {
    /// How a transaction that writes begins. SQLite takes the write lock at once: taken later it could be refused, when
    /// another process has written meanwhile.
    pub(crate) fn begin(self) -> &'static str {
        match self {
            Self::Sqlite => "BEGIN IMMEDIATE",
            Self::Postgres => "BEGIN",
        }
    }

    /// Ends a `SELECT` whose rows this transaction is going to change. SQLite has one writer anyway. Keys are never changed,
    /// so whoever only refers to such a row need not wait.
    pub(crate) fn for_update(self) -> &'static str {
        match self {
            Self::Sqlite => "",
            Self::Postgres => " FOR NO KEY UPDATE",
        }
    }

    /// As [`Engine::for_update`], passing over rows that another worker holds.
    pub(crate) fn for_update_skip_locked(self) -> &'static str {
        match self {
            Self::Sqlite => "",
            Self::Postgres => " FOR NO KEY UPDATE SKIP LOCKED",
        }
    }

    pub(crate) fn migrator(self) -> Migrator {
        let files = match self {
            Self::Sqlite => SQLITE_MIGRATIONS,
            Self::Postgres => POSTGRES_MIGRATIONS,
        };
        let migration = |(version, (name, sql)): (i64, &(&'static str, &'static str))| {
            Migration::new(version, (*name).into(), MigrationType::Simple, (*sql).into_sql_str(), false)
        };
        Migrator::with_migrations((1..).zip(files).map(migration).collect())
    }

    pub(crate) async fn open(self, options: &StoreOptions) -> Result<Pools, sqlx::Error> {
        sqlx::any::install_default_drivers();
        let write_connections = match self {
            Self::Sqlite => 1,
            Self::Postgres => options.connections,
        };
        let write = self.pool(options, Duty::Write, write_connections).await?;
        let read = match self {
            Self::Sqlite => self.pool(options, Duty::Read, options.connections).await?,
            Self::Postgres => write.clone(),
        };
        Ok(Pools { write, read })
    }

    async fn pool(self, options: &StoreOptions, duty: Duty, most: u32) -> Result<AnyPool, sqlx::Error> {
        let connect = match &options.address {
            Address::Sqlite { file } => {
                let file = SqliteConnectOptions::new().filename(file).create_if_missing(duty == Duty::Write);
                AnyConnectOptions::from_url(&file.to_url_lossy())?
            }
            Address::Postgres { url } => postgres_options(url)?,
        };
        AnyPoolOptions::new()
            .max_connections(most.max(1))
            .acquire_timeout(Duration::from_millis(options.acquire_timeout_ms))
            .after_connect(move |connection, _| Box::pin(self.prepare(connection, duty)))
            .after_release(move |connection, _| Box::pin(self.is_reusable(connection, duty)))
            .connect_with(connect)
            .await
    }

    /// SQLite's settings belong to a connection. FULL: what is acknowledged survives a power cut.
    async fn prepare(self, connection: &mut AnyConnection, duty: Duty) -> Result<(), sqlx::Error> {
        let settings = match (self, duty) {
            (Self::Sqlite, Duty::Write) => {
                "PRAGMA journal_mode = WAL; PRAGMA synchronous = FULL; PRAGMA foreign_keys = ON;
                 PRAGMA busy_timeout = 10000; PRAGMA cache_size = -65536;"
            }
            (Self::Sqlite, Duty::Read) => {
                "PRAGMA query_only = ON; PRAGMA busy_timeout = 10000; PRAGMA cache_size = -16384;"
            }
            (Self::Postgres, _) => {
                "SET lock_timeout = '10s'; SET idle_in_transaction_session_timeout = '60s'; SET timezone = 'UTC';"
            }
        };
        connection.execute(sqlx::raw_sql(settings)).await?;
        Ok(())
    }

    /// SQLite ends a transaction by itself when the disk is full or fails, and sqlx goes on counting it as open: such a
    /// connection could never begin another. It is closed, and the next request gets a new one.
    async fn is_reusable(self, connection: &mut AnyConnection, duty: Duty) -> Result<bool, sqlx::Error> {
        if self == Self::Postgres || duty == Duty::Read {
            return Ok(true);
        }
        // A rollback that is under way is done when this is answered.
        connection.ping().await?;
        Ok(!connection.is_in_transaction())
    }
}

/// What one connection prepares: every statement of the store in every size, and some to spare.
const STATEMENTS: &str = "512";

pub(crate) fn postgres_options(url: &str) -> Result<AnyConnectOptions, sqlx::Error> {
    let mut options = AnyConnectOptions::from_str(url)?;
    let key = "statement-cache-capacity";
    if !options.database_url.query_pairs().any(|(name, _)| name == key) {
        options.database_url.query_pairs_mut().append_pair(key, STATEMENTS);
    }
    Ok(options)
}

macro_rules! migrations {
    ($folder:literal: $($name:literal),* $(,)?) => {
        &[$(($name, include_str!(concat!("../migrations/", $folder, "/", $name, ".sql")))),*]
    };
}

/// The place in the list is the version: a file is never moved, removed or changed once it is released.
const SQLITE_MIGRATIONS: &[(&str, &str)] = migrations!("sqlite": "0001_organisations", "0002_people", "0003_sales", "0004_work", "0005_products", "0006_generations", "0007_events", "0008_store_prices", "0009_commands", "0010_documents", "0011_sourcing", "0012_search", "0013_notices", "0014_forecasts", "0015_monitoring", "0016_storage", "0017_documents_found", "0018_stock", "0019_exchange", "0020_hooks_and_prices", "0021_told", "0022_forecast_totals");
const POSTGRES_MIGRATIONS: &[(&str, &str)] = migrations!("postgres": "0001_organisations", "0002_people", "0003_sales", "0004_work", "0005_products", "0006_generations", "0007_events", "0008_store_prices", "0009_commands", "0010_documents", "0011_sourcing", "0012_search", "0013_notices", "0014_forecasts", "0015_monitoring", "0016_storage", "0017_documents_found", "0018_stock", "0019_exchange", "0020_hooks_and_prices", "0021_told", "0022_forecast_totals");

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn names_a_database_without_its_password() {
        for (text, name) in [
            ("sqlite:/var/lib/x.db", "SQLite `/var/lib/x.db`"),
            ("sqlite://x.db", "SQLite `x.db`"),
            ("postgres://u:secret@db:5433/shop?sslkey=secret", "PostgreSQL `postgres://db:5433/shop`"),
            ("postgresql://u:p@ss@db/shop", "PostgreSQL `postgresql://db/shop`"),
        ] {
            assert_eq!(Address::parse(text).unwrap().name(), name);
        }
        let error = Address::parse("mysql://u:secret@db/x").unwrap_err().to_string();
        assert!(error.contains("mysql://db/x") && !error.contains("secret"), "{error}");
    }

    #[test]
    fn both_engines_have_the_same_migrations() {
        let names = |files: &[(&'static str, &str)]| files.iter().map(|file| file.0).collect::<Vec<_>>();
        assert_eq!(names(SQLITE_MIGRATIONS), names(POSTGRES_MIGRATIONS));
    }
}
