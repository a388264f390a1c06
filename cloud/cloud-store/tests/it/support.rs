//! Running one test over both engines.

use std::sync::Arc;

use cloud_store::{Actor, Address, Store, StoreDetails, StoreOptions};
use domain::ids::{OrgId, SaleId, SequenceNumber, StoreId, TillId};
use domain::quantity::Quantity;
use domain::sale::{Sale, TillRef};
use domain::time::WallMs;
use sqlx::{Connection as _, Row as _};
use sync_core::entry::{Entry, Mark};
use sync_core::{chain, sale_document};
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
    ByOthers,
}

impl Rig {
    pub(crate) async fn sqlite() -> Self {
        let scratch = Scratch::new("store");
        let options = StoreOptions::new(Address::Sqlite { file: scratch.join("cloud.db") });
        let store = Store::open(&options).await.unwrap();
        Self { store, options, _kept: Kept::Folder { _scratch: scratch } }
    }

    /// Of a database that somebody else keeps.
    pub(crate) async fn at(address: Address) -> Self {
        let options = StoreOptions::new(address);
        let store = Store::open(&options).await.unwrap();
        Self { store, options, _kept: Kept::ByOthers }
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
        let mut connection = self.connect().await;
        sqlx::raw_sql(sql).execute(&mut connection).await.unwrap();
        connection.close().await.unwrap();
    }

    /// The one number that a statement gives.
    pub(crate) async fn number(&self, sql: &'static str) -> i64 {
        let mut connection = self.connect().await;
        let row = sqlx::query(sql).fetch_one(&mut connection).await.unwrap();
        connection.close().await.unwrap();
        row.try_get(0).unwrap()
    }

    async fn connect(&self) -> sqlx::AnyConnection {
        let address = match &self.options.address {
            Address::Sqlite { file } => format!("sqlite://{}", file.display()),
            Address::Postgres { url } => url.clone(),
        };
        sqlx::AnyConnection::connect(&address).await.unwrap()
    }

    pub(crate) fn is_postgres(&self) -> bool {
        matches!(self.options.address, Address::Postgres { .. })
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

/// Does something while the store's writer runs.
pub(crate) async fn while_writing<T>(store: &Store, work: impl Future<Output = T>) -> T {
    tokio::select! {
        () = store.run_ingest(std::future::pending()) => panic!("nobody stopped the writer"),
        done = work => done,
    }
}

/// A till's journal, as the till would chain it.
pub(crate) struct Journal {
    pub(crate) till: TillRef,
    pub(crate) head: Mark,
}

impl Journal {
    pub(crate) fn new(till: TillRef) -> Self {
        let hash = chain::genesis(&till);
        Self { till, head: Mark { sequence: SequenceNumber(0), hash } }
    }

    /// Chains bytes to the end.
    pub(crate) fn append_bytes(&mut self, id: SaleId, payload: Vec<u8>) -> Entry {
        let sequence = SequenceNumber(self.head.sequence.0 + 1);
        let entry = Entry::chained(sequence, id, self.head.hash, payload);
        self.head = entry.mark();
        entry
    }

    /// Chains a sale to the end.
    pub(crate) fn append(&mut self, mut sale: Sale) -> Entry {
        sale.till = self.till.clone();
        self.append_bytes(sale.id, sale_document::encode(&sale))
    }

    /// Chains so many sales to the end; `first` and those after it are their numbers.
    pub(crate) fn append_many(&mut self, first: u64, count: u64) -> Vec<Entry> {
        (first..first + count).map(|number| self.append(sale(number))).collect()
    }
}

/// Two milks at 0.99 and 500 g of apples at 3.00 a kilogram: 3.48.
pub(crate) fn sale(number: u64) -> Sale {
    let (milk, apples) = (build::piece("milk", 99), build::by_weight("apple", 300));
    build::sale(number, &[(&milk, Quantity::Pieces(2)), (&apples, Quantity::Grams(500))])
}

pub(crate) const SALE_MINOR: i64 = 348;
