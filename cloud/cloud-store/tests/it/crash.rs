//! Processes that are killed and servers that crash: what was acked is there, nothing is there twice, nothing is half.

use std::io::{BufRead as _, BufReader};
use std::process::{ChildStdout, Command, Stdio};
use std::time::Duration;

use cloud_store::{
    Address, HookArrival, HookChange, HookEvent, HookId, HookKind, HookSecret, HookSigning, NewEvent,
    NewHook, NewJob, Registration, SaleFilter, Store, StoreError, StoreOptions, Topics,
};
use domain::ids::SequenceNumber;
use sync_core::message::Hello;
use testkit::child::ChildGuard;
use testkit::postgres;
use testkit::scratch::Scratch;
use testkit::wait::wait_until;

use crate::support::{Journal, NOW, Rig, SALE_MINOR, by_hand, till, while_writing};

/// Says where the database is to the process that writes.
const ADDRESS: &str = "CLOUD_STORE_CRASH_ADDRESS";
const SALES_IN_BATCH: u64 = 4;
const KILLS: u64 = 6;
const LIMIT: Duration = Duration::from_secs(60);

/// Not a test: the process that the others start and kill. It says which sale was acked last, line by line.
#[tokio::test]
async fn ingests_until_killed() {
    let Ok(address) = std::env::var(ADDRESS) else { return };
    let options = StoreOptions::new(Address::parse(&address).unwrap());
    let store = Store::open(&options).await.unwrap();
    let till = till("demo");
    let mut journal = Journal::new(till.clone());
    let beginning = journal.head;
    let hello = Hello { version: 1, acked: beginning, head: beginning };
    let newest = store.standing(&till, &hello).await.unwrap().newest.sequence.0;
    // The journal is the same each time: the till has it on its own disk.
    journal.append_many(1, newest);
    let work = async {
        loop {
            let entries = journal.append_many(journal.head.sequence.0 + 1, SALES_IN_BATCH);
            ingest_until_acked(&store, &entries).await;
            println!("acked {}", journal.head.sequence);
        }
    };
    while_writing(&store, work).await;
}

async fn ingest_until_acked(store: &Store, entries: &[sync_core::entry::Entry]) {
    loop {
        match store.ingest(&till("demo"), entries.to_vec(), NOW).await {
            Ok(_) => return,
            Err(error) if error.is_retryable() => tokio::task::yield_now().await,
            Err(error) => panic!("{error}"),
        }
    }
}

struct Writer {
    child: ChildGuard,
    lines: std::io::Lines<BufReader<ChildStdout>>,
}

impl Writer {
    fn start(address: &str) -> Self {
        Self::start_as("crash::ingests_until_killed", ADDRESS, address)
    }

    /// Another such process, and the variable that tells it the database.
    fn start_as(name: &str, variable: &str, address: &str) -> Self {
        let mut command = Command::new(std::env::current_exe().unwrap());
        command.args(["--exact", name, "--nocapture"]).env(variable, address);
        let mut child = ChildGuard::spawn(command.stdout(Stdio::piped())).unwrap();
        let lines = BufReader::new(child.child().stdout.take().unwrap()).lines();
        Self { child, lines }
    }

    /// The last sale that was acked, after so many acks.
    fn acked_after(&mut self, acks: u64) -> u64 {
        let numbers = self.lines.by_ref().map_while(Result::ok);
        let mut numbers = numbers.filter_map(|line| line.strip_prefix("acked ").map(str::to_owned));
        let last = numbers.by_ref().take(usize::try_from(acks).unwrap()).last();
        last.expect("the writer acks until it is killed").parse().unwrap()
    }
}

async fn assert_whole(store: &Store, acked: u64) {
    let till = till("demo");
    let sums = store.day_sums(&till.org, &till.store, &SaleFilter::default()).await.unwrap();
    let (sales, minor) =
        sums.iter().fold((0, 0), |(sales, minor), sum| (sales + sum.sales, minor + sum.gross_minor));
    assert!(sales >= acked && sales % SALES_IN_BATCH == 0, "{acked} were acked, {sales} are there");
    assert_eq!(minor, SALE_MINOR * i64::try_from(sales).unwrap());
    let head = store.heads(&till.org).await.unwrap()[0].mark.sequence;
    assert_eq!(head, SequenceNumber(sales), "each place of the journal is one sale");
    assert!(store.gaps(&till.org, 1).await.unwrap().is_empty());
    assert!(store.forks(&till.org, 1).await.unwrap().is_empty());
    assert_eq!(store.set_aside_count(&till.org).await.unwrap(), 0);
    assert_eq!(store.verify_stock(&till.org, &till.store).await.unwrap(), []);
    assert_eq!(store.event_counts(&Topics::ALL).await.unwrap().waiting, sales);
    let stock = store.stock(&till.org, &till.store, None, 10).await.unwrap();
    assert_eq!(stock[1].quantity, -2 * i64::try_from(sales).unwrap());
}

#[tokio::test]
async fn killed_writers_lose_nothing_that_was_acked() {
    let mut addresses = Vec::new();
    let scratch = Scratch::new("killed-writers");
    addresses.push(format!("sqlite:{}", scratch.join("cloud.db").display()));
    let server = postgres::shared();
    match &server {
        Ok(server) => addresses.push(server.create_database().unwrap()),
        Err(reason) => eprintln!("SKIPPED: killed writers on PostgreSQL because {reason}"),
    }
    for address in addresses {
        let rig = Rig::at(Address::parse(&address).unwrap()).await.with_tills().await;
        for kill in 0..KILLS {
            let mut writer = Writer::start(&address);
            // Each time at another moment after the ack.
            let acked = writer.acked_after(1 + kill * 3);
            writer.child.kill().unwrap();
            assert_whole(&rig.store, acked).await;
        }
    }
}

/// What the process that takes events is told its database by.
const HOOK_ADDRESS: &str = "CLOUD_STORE_CRASH_HOOK_ADDRESS";
const HOOK: HookId = HookId(domain::ids::Uuid::from_u128(7));

/// One delivery of three pieces.
fn delivery(number: u64) -> HookEvent {
    let product = domain::ids::ProductId::new("milk").unwrap();
    let change = HookChange::Delivered { store: till("demo").store, product, quantity: 3 };
    HookEvent { id: number.to_string(), hash: [1; 32], change }
}

/// Not a test: the process that takes what another system sends, and sends again what it was not answered.
#[tokio::test]
async fn takes_events_until_killed() {
    let Ok(address) = std::env::var(HOOK_ADDRESS) else { return };
    let store = Store::open(&StoreOptions::new(Address::parse(&address).unwrap())).await.unwrap();
    let job = NewJob {
        kind: "publish".to_owned(),
        payload: vec![],
        dedupe_key: Some("demo".to_owned()),
        run_after: NOW,
        attempts_max: 1,
    };
    for number in 1.. {
        // Both events of the request before come again: nobody knows whether they were answered.
        let told: Vec<HookEvent> = [number - 1, number, number + 1].map(delivery).to_vec();
        let ids: Vec<&str> = told.iter().map(|event| event.id.as_str()).collect();
        let known = store.hook_events_known(HOOK, &ids).await.unwrap();
        let fresh: Vec<HookEvent> =
            told.iter().filter(|event| !known.contains_key(&event.id)).cloned().collect();
        let arrival = HookArrival { hook: HOOK, message: String::new(), at: NOW, size_bytes: 1, events: 3 };
        if !fresh.is_empty() {
            store.take_hook_events(&till("demo").org, &arrival, &fresh, &[], &job).await.unwrap().unwrap();
        }
        println!("acked {}", number + 1);
    }
}

#[tokio::test]
async fn killed_between_events_count_once() {
    let mut addresses = Vec::new();
    let scratch = Scratch::new("killed-hooks");
    addresses.push(format!("sqlite:{}", scratch.join("cloud.db").display()));
    let server = postgres::shared();
    match &server {
        Ok(server) => addresses.push(server.create_database().unwrap()),
        Err(reason) => eprintln!("SKIPPED: killed takers of events on PostgreSQL because {reason}"),
    }
    for address in addresses {
        let rig = Rig::at(Address::parse(&address).unwrap()).await.with_tills().await;
        let (store, demo) = (&rig.store, till("demo").org);
        let hook = NewHook {
            id: HOOK,
            name: "ERP".to_owned(),
            signing: HookSigning::Standard,
            kinds: vec![HookKind::StockDelivered],
            secret: HookSecret("whsec_x".to_owned()),
            made_by: by_hand(),
        };
        store.create_hook(&demo, &hook, NOW).await.unwrap();
        let event = NewEvent { topic: "t".to_owned(), key: "milk".to_owned(), payload: vec![] };
        let product = testkit::build::piece("milk", 99);
        let registration = Registration { product, category: None, photos: vec![], event, job: None };
        store.register_product(&demo, &registration, NOW).await.unwrap();
        for kill in 0..KILLS {
            let mut taker = Writer::start_as("crash::takes_events_until_killed", HOOK_ADDRESS, &address);
            let acked = taker.acked_after(1 + kill * 5);
            taker.child.kill().unwrap();
            // A server may finish what a process asked for that is no more.
            let (events, on_hand) = loop {
                let before = rig.number("SELECT COUNT(*) FROM hook_event").await;
                let stock = store.stock(&demo, &till("demo").store, None, 10).await.unwrap();
                if rig.number("SELECT COUNT(*) FROM hook_event").await == before {
                    break (before, stock[0].quantity);
                }
            };
            assert!(events >= i64::try_from(acked).unwrap(), "{acked} were acked, {events} are there");
            assert_eq!(on_hand, 3 * events, "each event counts once");
            assert_eq!(store.verify_stock(&demo, &till("demo").store).await.unwrap(), []);
        }
    }
}

#[tokio::test]
async fn a_crashing_server_loses_nothing_that_was_acked() {
    let server = match postgres::start() {
        Ok(server) => server,
        Err(reason) => return eprintln!("SKIPPED: a crashing PostgreSQL because {reason}"),
    };
    let address = server.create_database().unwrap();
    let rig = Rig::at(Address::parse(&address).unwrap()).await.with_tills().await;
    let mut writer = Writer::start(&address);
    for _ in 0..3 {
        let acked = writer.acked_after(5);
        server.crash().unwrap();
        let gone = rig.store.ping().await.unwrap_err();
        assert!(matches!(gone, StoreError::Unavailable { .. }), "{gone}");
        server.start_again().unwrap();
        let store = rig.store.clone();
        let answers = tokio::task::spawn_blocking(move || {
            let handle = tokio::runtime::Handle::current();
            wait_until("the store to answer again", LIMIT, || handle.block_on(store.ping()).is_ok())
        });
        answers.await.unwrap().unwrap();
        // The writer goes on by itself.
        let later = writer.acked_after(5);
        assert!(later > acked, "{later} after {acked}");
    }
    let acked = writer.acked_after(1);
    writer.child.kill().unwrap();
    assert_whole(&rig.store, acked).await;
}

/// A small disk of its own, unmounted with its guard. `None` where that needs a right that is not there.
struct SmallDisk {
    scratch: Scratch,
}

impl SmallDisk {
    fn mount(size: &str) -> Option<Self> {
        let scratch = Scratch::new("small-disk");
        let mount = Command::new("mount")
            .args(["-t", "tmpfs", "-o", &format!("size={size}"), "tmpfs"])
            .arg(scratch.path())
            .output();
        match mount {
            Ok(output) if output.status.success() => Some(Self { scratch }),
            Ok(output) => {
                let why = String::from_utf8_lossy(&output.stderr);
                eprintln!("SKIPPED: the full disk because a small one cannot be mounted: {}", why.trim());
                None
            }
            Err(error) => {
                eprintln!("SKIPPED: the full disk because mount cannot be run: {error}");
                None
            }
        }
    }
}

impl Drop for SmallDisk {
    fn drop(&mut self) {
        // Lazily: the database may still be closing.
        let _ = Command::new("umount").arg("-l").arg(self.scratch.path()).status();
    }
}

#[tokio::test]
async fn a_full_disk_is_said_and_over_when_there_is_room() {
    let Some(disk) = SmallDisk::mount("3m") else { return };
    let rig = Rig::at(Address::Sqlite { file: disk.scratch.join("cloud.db") }).await.with_tills().await;
    let ballast = disk.scratch.join("ballast");
    std::fs::write(&ballast, vec![0; 512 * 1024]).unwrap();
    let (store, till) = (&rig.store, till("demo"));
    let mut journal = Journal::new(till.clone());
    let mut acked = 0;
    let (error, entries) = loop {
        let entries = journal.append_many(acked + 1, SALES_IN_BATCH);
        match while_writing(store, store.ingest(&till, entries.clone(), NOW)).await {
            Ok(_) => acked = journal.head.sequence.0,
            Err(error) => break (error, entries),
        }
    };
    assert!(matches!(error, StoreError::Full { .. }) && error.is_retryable(), "{error:?}");
    assert!(acked > 0, "there was room at first");
    assert_whole(store, acked).await;
    std::fs::remove_file(&ballast).unwrap();
    while_writing(store, store.ingest(&till, entries, NOW)).await.unwrap();
    assert_whole(store, acked + SALES_IN_BATCH).await;
}
