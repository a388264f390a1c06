//! Running one test over both engines.

use std::sync::Arc;

use cloud_store::{Actor, Address, Store, StoreDetails, StoreOptions};
use domain::ids::{OrgId, StoreId, TillId};
use domain::sale::TillRef;
use domain::time::WallMs;
use sqlx::Connection as _;
use testkit::build;
use testkit::postgres::{self, Postgres};
use testkit::scratch::Scratch;

/// Noon UTC of 2026-01-02.
pub(crate) const NOW: WallMs = WallMs(1_767_355_200_000);

pub(crate) const SECOND_MS: i64 = 1_000;
pub(crate) const DAY_MS: i64 = 86_400 * SECOND_MS;

pub(crate) fn later(ms: i64) -> WallMs {
    WallMs(NOW.0 + ms)
}

/// A database with nothing in it but its tables.
pub(crate) struct Rig {
    pub(crate) store: Store,
    pub(crate) options: StoreOptions,
    _kept: Kept,
}

enum Kept {
    Folder { _scratch: Scratch },
    Server { _server: Arc<Postgres> },
}

impl Rig {
    pub(crate) async fn sqlite() -> Self {
        let scratch = Scratch::new("store");
        let options = StoreOptions::new(Address::Sqlite { file: scratch.join("cloud.db") });
        let store = Store::open(&options).await.unwrap();
        Self { store, options, _kept: Kept::Folder { _scratch: scratch } }
    }

    /// `None` where PostgreSQL is missing; then the output says why.
    pub(crate) async fn postgres(test: &str) -> Option<Self> {
        match postgres::shared() {
            Ok(server) => {
                let address = Address::parse(&server.create_database().unwrap()).unwrap();
                let options = StoreOptions::new(address);
                let store = Store::open(&options).await.unwrap();
                Some(Self { store, options, _kept: Kept::Server { _server: server } })
            }
            Err(reason) => {
                eprintln!("SKIPPED: {test} on PostgreSQL because {reason}");
                None
            }
        }
    }

    /// Runs a statement behind the store's back, as damage or an intruder would.
    pub(crate) async fn damage(&self, sql: &'static str) {
        let address = match &self.options.address {
            Address::Sqlite { file } => format!("sqlite://{}", file.display()),
            Address::Postgres { url } => url.clone(),
        };
        let mut connection = sqlx::AnyConnection::connect(&address).await.unwrap();
        sqlx::query(sql).execute(&mut connection).await.unwrap();
        connection.close().await.unwrap();
    }

    /// With the organisations `demo` and `other`, each with the store `corner-shop` and in it the till `till-1`.
    pub(crate) async fn with_tills(self) -> Self {
        for till in [till("demo"), till("other")] {
            self.store.create_organisation(&till.org, "Demo", NOW).await.unwrap();
            self.store.create_store(&till.org, &till.store, &details(), NOW).await.unwrap();
            self.store.create_till(&till, "Till", NOW).await.unwrap();
        }
        self
    }
}

/// Makes two tests of each function, one an engine: `async fn(Rig)`.
macro_rules! over_both_engines {
    ($($test:ident),* $(,)?) => {
        mod sqlite {
            $(#[tokio::test]
            async fn $test() {
                super::$test($crate::support::Rig::sqlite().await).await;
            })*
        }
        mod postgres {
            $(#[tokio::test]
            async fn $test() {
                if let Some(rig) = $crate::support::Rig::postgres(stringify!($test)).await {
                    super::$test(rig).await;
                }
            })*
        }
    };
}
pub(crate) use over_both_engines;

pub(crate) fn org(name: &str) -> OrgId {
    OrgId::new(name).unwrap()
}

pub(crate) fn till(org_name: &str) -> TillRef {
    till_named(org_name, "till-1")
}

pub(crate) fn till_named(org_name: &str, name: &str) -> TillRef {
    TillRef {
        org: org(org_name),
        store: StoreId::new("corner-shop").unwrap(),
        till: TillId::new(name).unwrap(),
    }
}

pub(crate) fn details() -> StoreDetails {
    StoreDetails {
        name: "Corner Shop".to_owned(),
        time_zone: "Europe/Berlin".to_owned(),
        currency: build::euro(),
        taxes: build::taxes(),
    }
}

pub(crate) fn by_hand() -> Actor {
    Actor::System("admin".to_owned())
}

/// Runs them together on this thread's runtime; the database sees them interleaved.
pub(crate) async fn all_at_once<T: Send + 'static>(
    work: impl Iterator<Item = impl Future<Output = T> + Send + 'static>,
) -> Vec<T> {
    let set: tokio::task::JoinSet<T> = work.collect();
    set.join_all().await
}
