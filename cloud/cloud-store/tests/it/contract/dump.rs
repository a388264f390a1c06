//! Dumps: whole, of one moment, and the same for both engines.

use cloud_store::{
    Address, DumpError, DumpPart, DumpRows, DumpSummary, Filling, JobId, NewAuditEntry, NewJob, Store,
    StoreOptions,
};
use testkit::postgres as server;
use testkit::scratch::Scratch;
use tokio::sync::mpsc;

use crate::support::{Journal, NOW, Rig, by_hand, later, org, over_both_engines, till, while_writing};

over_both_engines!(
    fills_either_engine_with_the_same,
    a_dump_sees_one_moment,
    what_is_there_stays_unless_it_may_go,
    a_dump_that_is_not_whole_changes_nothing,
);

/// A database with sales, an audit log, and jobs of which the last is gone.
async fn shop(rig: Rig) -> Rig {
    let rig = rig.with_tills().await;
    let mut journal = Journal::new(till("demo"));
    let entries = journal.append_many(1, 300);
    while_writing(&rig.store, rig.store.ingest(&till("demo"), entries, NOW)).await.unwrap();
    let entry = NewAuditEntry {
        actor: by_hand(),
        action: "store.update".to_owned(),
        object: "store:corner-shop".to_owned(),
        detail: "Käse \"und\" mehr".to_owned(),
    };
    for _ in 0..3 {
        rig.store.append_audit(&org("demo"), &entry, NOW).await.unwrap();
    }
    add_job(&rig.store).await;
    let last = add_job(&rig.store).await;
    let leased = rig.store.lease_jobs(&["embed"], "a", 10, NOW, later(1000)).await.unwrap();
    for job in leased {
        rig.store.finish_job(job.id, "a", NOW).await.unwrap();
    }
    assert!(rig.store.prune_jobs(later(1)).await.unwrap() >= 2, "{last} is gone");
    rig
}

async fn add_job(store: &Store) -> JobId {
    let job = NewJob {
        kind: "embed".to_owned(),
        payload: vec![0, 255],
        dedupe_key: None,
        run_after: NOW,
        attempts_max: 1,
    };
    store.add_job(&org("demo"), &job, NOW).await.unwrap().unwrap()
}

/// All of a dump at once.
async fn dump(store: &Store) -> (Vec<DumpPart>, DumpSummary) {
    let (sender, mut receiver) = mpsc::channel(2);
    let take = async {
        let mut parts = Vec::new();
        while let Some(part) = receiver.recv().await {
            parts.push(part);
        }
        parts
    };
    let make = async {
        let summary = store.dump(&sender).await;
        drop(sender);
        summary
    };
    let (parts, summary) = tokio::join!(take, make);
    (parts, summary.unwrap())
}

async fn fill(address: &Address, parts: Vec<DumpPart>, replace: bool) -> Result<DumpSummary, DumpError> {
    let (sender, receiver) = mpsc::channel(2);
    let send = async move {
        for part in parts {
            if sender.send(part).await.is_err() {
                return;
            }
        }
    };
    let filling = Filling { replace, now: NOW };
    let (filled, ()) = tokio::join!(Store::fill(address, &filling, receiver), send);
    filled
}

/// An empty database of each engine that there is.
fn places(scratch: &Scratch) -> Vec<Address> {
    let mut places = vec![Address::Sqlite { file: scratch.join("other.sqlite") }];
    match server::shared() {
        Ok(server) => places.push(Address::parse(&server.create_database().unwrap()).unwrap()),
        Err(reason) => eprintln!("SKIPPED: filling a PostgreSQL because {reason}"),
    }
    places
}

async fn fills_either_engine_with_the_same(rig: Rig) {
    let rig = shop(rig).await;
    let (parts, summary) = dump(&rig.store).await;
    assert_eq!(summary.tables["sale"].rows, 300);
    assert_eq!(summary.tables["audit_entry"].rows, 3);
    let scratch = Scratch::new("dump");
    let _server = server::shared();
    for place in places(&scratch) {
        assert_eq!(fill(&place, parts.clone(), false).await.unwrap(), summary);
        let store = Store::open(&StoreOptions::new(place.clone())).await.unwrap();
        let (_, mut again) = dump(&store).await;
        // Numbers may only have risen.
        again.numbers.retain(|table, _| summary.numbers.contains_key(table));
        assert_eq!(again, summary, "{}", place.name());
        let report = store.verify_audit(&org("demo")).await.unwrap();
        assert_eq!((report.checked, report.problem), (3, None));
        assert_eq!(add_job(&store).await.0, summary.numbers["job"] as u64 + 1, "a number is given out once");
        store.close().await;
    }
    if rig.is_postgres() {
        let sql = "SELECT COUNT(*) FROM pg_class WHERE relname LIKE 'sale\\_20%' AND relkind = 'r'";
        assert!(rig.number(sql).await > 0, "sales lie in months");
    }
}

async fn a_dump_sees_one_moment(rig: Rig) {
    let rig = shop(rig).await;
    let (sender, mut receiver) = mpsc::channel(1);
    let store = rig.store.clone();
    let making = async move { store.dump(&sender).await };
    let taking = async {
        assert!(matches!(receiver.recv().await, Some(DumpPart::Begin { .. })));
        // The dump waits for its taker, and others write meanwhile.
        assert!(matches!(receiver.recv().await, Some(DumpPart::Table(_))));
        rig.store.create_organisation(&org("late"), "Late", later(5)).await.unwrap();
        while receiver.recv().await.is_some() {}
    };
    let (made, ()) = tokio::join!(making, taking);
    let summary = made.unwrap();
    assert_eq!(summary.tables["organisation"].rows, 2);
    let (sender, receiver) = mpsc::channel(1);
    drop(receiver);
    assert!(matches!(rig.store.dump(&sender).await, Err(DumpError::Abandoned)));
}

async fn what_is_there_stays_unless_it_may_go(rig: Rig) {
    let rig = shop(rig).await;
    let (parts, summary) = dump(&rig.store).await;
    let address = rig.options.address.clone();
    let refused = fill(&address, parts.clone(), false).await.unwrap_err();
    assert!(matches!(refused, DumpError::NotEmpty { organisations: 2, .. }), "{refused}");
    let used = fill(&address, parts.clone(), true).await.unwrap_err();
    assert!(matches!(used, DumpError::InUse { .. }), "{used}");
    rig.store.create_organisation(&org("late"), "Late", later(5)).await.unwrap();
    rig.store.close().await;
    fill(&address, parts, true).await.unwrap();
    let store = Store::open(&rig.options).await.unwrap();
    assert_eq!(dump(&store).await.1.tables, summary.tables);
    if let Address::Sqlite { file } = &address {
        let aside = file.with_file_name(format!("cloud.db.before-{}", NOW.0));
        let old = Store::open(&StoreOptions::new(Address::Sqlite { file: aside })).await.unwrap();
        assert_eq!(dump(&old).await.1.tables["organisation"].rows, 3, "what was there is kept");
    }
}

async fn a_dump_that_is_not_whole_changes_nothing(rig: Rig) {
    let rig = shop(rig).await;
    let (parts, _) = dump(&rig.store).await;
    let address = rig.options.address.clone();
    rig.store.close().await;
    let newer = vec![DumpPart::Begin { schema_version: 9_999 }];
    let changed = |change: fn(&mut DumpPart) -> bool| {
        let mut parts = parts.clone();
        assert!(parts.iter_mut().any(change), "there is something to change");
        parts
    };
    let less = changed(|part| match part {
        DumpPart::Rows(rows) => {
            *rows = DumpRows { count: 0, bytes: Vec::new() };
            true
        }
        _ => false,
    });
    let unknown = changed(|part| match part {
        DumpPart::Table(table) => {
            table.name = "secrets".to_owned();
            true
        }
        _ => false,
    });
    let cut = parts[..parts.len() - 1].to_vec();
    for (parts, expected) in [
        (newer, "use the program that made it"),
        (less, "rows where"),
        (unknown, "`secrets` is not one of"),
        (cut, "ends before its end"),
        (Vec::new(), "ends before its end"),
    ] {
        let error = fill(&address, parts, true).await.unwrap_err().to_string();
        assert!(error.contains(expected), "{error}");
    }
    let store = Store::open(&rig.options).await.unwrap();
    assert_eq!(dump(&store).await.1.tables["sale"].rows, 300);
}
