//! The handle: opening, transactions, and the turning of an engine's error into ours.

use std::sync::{Arc, OnceLock};

use sqlx::pool::PoolConnection;
use sqlx::{Any, AnyConnection, Executor as _, Transaction};

use domain::ids::OrgId;
use domain::time::WallMs;

use crate::audit::{NewAuditEntry, PendingAudit, append};
use crate::engine::{Engine, Pools, StoreOptions};
use crate::error::{self, Kind, StoreError, What};
use crate::ids::Actor;
use crate::sales::Queue;
use crate::sql::{Failure, composed, execute, fetch_value, values};

/// The database of the cloud. Clones share it.
///
/// Every method that touches an organisation's thing takes the organisation, and finds nothing of another's. Methods take
/// the time from the caller, draw no random number and log nothing.
#[derive(Clone)]
pub struct Store {
    inner: Arc<Inner>,
    audit: Option<Arc<PendingAudit>>,
}

struct Inner {
    engine: Engine,
    pools: Pools,
    name: String,
    queue: Queue,
    /// Whether the database compares views itself.
    vectors: OnceLock<bool>,
}

/// A transaction that writes. Dropped before [`Writing::commit`] it leaves nothing behind.
pub(crate) struct Writing {
    transaction: Transaction<'static, Any>,
    engine: Engine,
    audit: Option<Arc<PendingAudit>>,
}

impl Writing {
    pub(crate) fn connection(&mut self) -> &mut AnyConnection {
        &mut self.transaction
    }

    /// Who changes something: whom the audit log is to name, or the store itself.
    pub(crate) fn actor(&self) -> Actor {
        let named = self.audit.as_ref().map(|audit| audit.entry.actor.clone());
        named.unwrap_or_else(|| Actor::System("store".to_owned()))
    }

    /// Runs one statement without values, and commits.
    pub(crate) async fn run_whole(mut self, sql: String) -> Result<(), sqlx::Error> {
        self.transaction.execute(sqlx::raw_sql(composed(sql))).await?;
        self.transaction.commit().await
    }

    pub(crate) async fn commit(mut self) -> Result<(), Failure> {
        if let Some(audit) = self.audit.take() {
            append(&mut self.transaction, self.engine, &audit).await?;
        }
        Ok(self.transaction.commit().await?)
    }
}

impl Store {
    /// Opens the database and brings its tables up to date.
    pub async fn open(options: &StoreOptions) -> Result<Self, StoreError> {
        let (engine, name) = (options.address.engine(), options.address.name());
        let pools = engine.open(options).await.map_err(|error| opening_failed(&name, error))?;
        let store = Self {
            audit: None,
            inner: Arc::new(Inner {
                engine,
                pools,
                name,
                queue: Queue::new(options.ingest_queue_kib),
                vectors: OnceLock::new(),
            }),
        };
        store.bring_up_to_date(options.migrate).await?;
        let vectors = store.look_for_vectors(options.migrate).await;
        store.inner.vectors.get_or_init(|| vectors);
        Ok(store)
    }

    /// The same store, for one change that the audit log is to tell of: whatever is done through this handle writes the entry
    /// in its own transaction. What changes nothing, or fails, writes none. The entry counts from `now`.
    pub fn audited(&self, org: &OrgId, entry: &NewAuditEntry, now: WallMs) -> Result<Self, StoreError> {
        let audit = Arc::new(PendingAudit::new(org, entry, now)?);
        Ok(Self { inner: Arc::clone(&self.inner), audit: Some(audit) })
    }

    /// Its name in messages: no password.
    pub fn name(&self) -> &str {
        &self.inner.name
    }

    /// Whether it answers.
    pub async fn ping(&self) -> Result<(), StoreError> {
        self.answer(async {
            Ok(execute(&mut *self.reading().await?, "SELECT 1", values![]).await.map(drop)?)
        })
        .await
    }

    /// Waits for what is under way and closes the connections; later requests are told that the database is gone.
    pub async fn close(&self) {
        self.inner.pools.read.close().await;
        self.inner.pools.write.close().await;
    }

    pub(crate) fn queue(&self) -> &Queue {
        &self.inner.queue
    }

    pub(crate) fn has_vectors(&self) -> bool {
        self.inner.vectors.get().copied().unwrap_or(false)
    }

    pub(crate) fn engine(&self) -> Engine {
        self.inner.engine
    }

    pub(crate) async fn reading(&self) -> Result<PoolConnection<Any>, Failure> {
        Ok(self.inner.pools.read.acquire().await?)
    }

    /// A transaction that only reads, begun by this statement.
    pub(crate) async fn begin_snapshot(
        &self,
        begin: &'static str,
    ) -> Result<Transaction<'static, Any>, Failure> {
        Ok(self.inner.pools.read.begin_with(begin).await?)
    }

    pub(crate) async fn writing(&self) -> Result<Writing, Failure> {
        let transaction = self.inner.pools.write.begin_with(self.engine().begin()).await?;
        Ok(Writing { transaction, engine: self.engine(), audit: self.audit.clone() })
    }

    /// Runs a piece of the store's work and names the database in what went wrong.
    pub(crate) async fn answer<T>(
        &self,
        work: impl Future<Output = Result<T, Failure>>,
    ) -> Result<T, StoreError> {
        work.await.map_err(|failure| self.explain(failure))
    }

    pub(crate) fn explain(&self, failure: Failure) -> StoreError {
        explain(&self.inner.name, failure)
    }

    async fn bring_up_to_date(&self, migrate: bool) -> Result<(), StoreError> {
        let migrator = self.engine().migrator();
        let schema = |way_out: &str, source| StoreError::Schema {
            database: self.inner.name.clone(),
            way_out: way_out.to_owned(),
            source,
        };
        if migrate {
            let run = migrator.run(&self.inner.pools.write).await;
            return run.map_err(|error| match error {
                sqlx::migrate::MigrateError::Execute(error) => self.explain(error.into()),
                other => schema(
                    "a later version may have made them: run that version, or restore a backup",
                    Some(other.into()),
                ),
            });
        }
        let known = migrator.iter().map(|migration| migration.version).max().unwrap_or(0);
        let found = self.newest_migration().await?;
        match found {
            Some(found) if found == known => Ok(()),
            Some(found) if found > known => {
                Err(schema("a later version made them: run that version, or restore a backup", None))
            }
            _ => Err(schema("run the migration first", None)),
        }
    }

    /// The version of the newest migration that ran; `None` where none did.
    async fn newest_migration(&self) -> Result<Option<i64>, StoreError> {
        let sql = "SELECT COALESCE(max(version), 0) FROM _sqlx_migrations WHERE success";
        let found = self.answer(async {
            fetch_value(&mut *self.reading().await?, What::Organisation, sql, values![]).await
        });
        match found.await {
            // There is no such table yet.
            Err(StoreError::Refused { .. }) => Ok(None),
            found => found,
        }
    }
}

/// What went wrong, with the database's name.
pub(crate) fn explain(name: &str, failure: Failure) -> StoreError {
    let error = match failure {
        Failure::Store(error) => return error,
        Failure::Engine(error) => error,
    };
    let database = name.to_owned();
    match error::kind_of(&error) {
        Kind::Full => StoreError::Full { database, source: error.into() },
        Kind::Gone | Kind::Collision => StoreError::Unavailable { database, source: error.into() },
        Kind::Exists | Kind::Missing | Kind::Other => StoreError::Refused { database, source: error.into() },
    }
}

fn opening_failed(name: &str, error: sqlx::Error) -> StoreError {
    let database = name.to_owned();
    match error::kind_of(&error) {
        Kind::Full => StoreError::Full { database, source: error.into() },
        _ => StoreError::Unavailable { database, source: error.into() },
    }
}

/// What a unique or foreign key that was violated means here.
pub(crate) fn on_key<T>(
    result: Result<T, sqlx::Error>,
    exists: impl FnOnce() -> StoreError,
    missing: impl FnOnce() -> StoreError,
) -> Result<T, Failure> {
    result.map_err(|error| match error::kind_of(&error) {
        Kind::Exists => exists().into(),
        Kind::Missing => missing().into(),
        _ => error.into(),
    })
}
