//! Who may open a store, and what happens when it may not be opened.

use std::fs;
use std::path::Path;
use std::process::Command;

use domain::ids::TillId;
use edge_store::{OpenError, OpenReport, Store, StoreError, StoreOptions};
use rusqlite::Connection;
use tempfile::tempdir;

use crate::samples::{catalogue, open, payment, sale, till};

/// Every file of a folder with its bytes.
fn contents(dir: &Path) -> Vec<(String, Vec<u8>)> {
    let mut files: Vec<_> = fs::read_dir(dir)
        .unwrap()
        .map(|entry| entry.unwrap().path())
        .filter(|path| path.is_file() && !path.ends_with("till.lock"))
        .map(|path| (path.file_name().unwrap().to_string_lossy().into_owned(), fs::read(&path).unwrap()))
        .collect();
    files.sort();
    files
}

fn refusal(dir: &Path) -> OpenError {
    Store::open(dir, &till()).unwrap_err()
}

#[test]
fn a_store_is_created_once_and_then_opened() {
    let dir = tempdir().unwrap();
    let nested = dir.path().join("a/b");
    let (store, report) = Store::open(&nested, &till()).unwrap();
    assert_eq!(report, OpenReport::Created);
    store.commit_sale(&sale(1)).unwrap();
    store.ping().unwrap();
    drop(store);
    let (store, report) = Store::open(&nested, &till()).unwrap();
    let OpenReport::Opened(checked) = report else { panic!("{report:?}") };
    assert!(checked.structure && checked.chain_from.is_some_and(|from| from.0 == 1), "{checked:?}");
    assert_eq!(store.dir(), nested);
}

#[test]
fn only_one_process_may_have_it_open() {
    let dir = tempdir().unwrap();
    let store = open(dir.path());
    let clone = store.clone();
    let error = refusal(dir.path());
    assert!(matches!(error, OpenError::Locked { .. }));
    assert!(error.to_string().contains(&format!("held by process {}", std::process::id())), "{error}");
    drop(store);
    assert!(matches!(refusal(dir.path()), OpenError::Locked { .. }), "a handle is left");
    drop(clone);
    open(dir.path());
}

#[test]
fn without_an_identity_it_must_exist_and_keeps_its_own() {
    let dir = tempdir().unwrap();
    let options = StoreOptions::default();
    for missing in [dir.path().join("nowhere"), dir.path().to_owned()] {
        let error = Store::open_with(&missing, None, &options).unwrap_err();
        assert!(error.to_string().contains("start `tillsightd` with this data directory once"), "{error}");
        assert!(!missing.join("till.db").exists());
    }
    drop(open(dir.path()));
    let (store, _) = Store::open_with(dir.path(), None, &options).unwrap();
    assert_eq!(*store.identity(), till());
}

#[test]
fn the_till_can_be_renamed_until_it_has_sold_something() {
    let dir = tempdir().unwrap();
    let mut renamed = till();
    renamed.till = TillId::new("till-2").unwrap();
    drop(open(dir.path()));
    let (store, _) = Store::open(dir.path(), &renamed).unwrap();
    assert_eq!(*store.identity(), renamed);
    let mut sold = sale(1);
    sold.till = renamed;
    store.commit_sale(&sold).unwrap();
    drop(store);
    let error = refusal(dir.path());
    assert!(
        error.to_string().contains("is the store of till acme/corner/till-2, not of acme/corner/till-1"),
        "{error}"
    );
}

#[test]
fn a_store_of_a_later_version_is_refused_and_left_as_it_is() {
    let dir = tempdir().unwrap();
    open(dir.path()).commit_sale(&sale(1)).unwrap();
    let file = dir.path().join("till.db");
    let sql = Connection::open(&file).unwrap();
    sql.execute_batch("PRAGMA user_version = 4711; CREATE TABLE of_the_future (x)").unwrap();
    drop(sql);
    let before = contents(dir.path());
    let error = refusal(dir.path());
    assert!(matches!(error, OpenError::Newer { found: 4711, known: 5, .. }), "{error}");
    let text = error.to_string();
    assert!(
        text.contains(&*file.to_string_lossy()) && text.contains("install the version of Tillsight"),
        "{text}"
    );
    assert_eq!(contents(dir.path()), before);
}

#[test]
fn a_later_version_that_is_only_in_the_log_is_seen_too() {
    let dir = tempdir().unwrap();
    open(dir.path()).commit_sale(&sale(1)).unwrap();
    let crashed = tempdir().unwrap();
    let sql = Connection::open(dir.path().join("till.db")).unwrap();
    sql.execute_batch("PRAGMA user_version = 4711").unwrap();
    // What a crash now would leave: the log not yet moved into the file.
    for name in ["till.db", "till.db-wal"] {
        fs::copy(dir.path().join(name), crashed.path().join(name)).unwrap();
    }
    let before = contents(crashed.path());
    let error = refusal(crashed.path());
    assert!(matches!(error, OpenError::Newer { found: 4711, .. }), "{error}");
    let after = contents(crashed.path());
    for file in &before {
        assert!(after.contains(file), "{} was changed", file.0);
    }
}

#[test]
fn a_database_of_another_program_is_refused_and_left_as_it_is() {
    for header in ["PRAGMA application_id = 77; CREATE TABLE a (x)", "CREATE TABLE a (x)"] {
        let dir = tempdir().unwrap();
        let sql = Connection::open(dir.path().join("till.db")).unwrap();
        sql.execute_batch(header).unwrap();
        drop(sql);
        let error = refusal(dir.path());
        assert!(matches!(error, OpenError::Foreign { .. }), "{error}");
        let sql = Connection::open(dir.path().join("till.db")).unwrap();
        let tables: i64 = sql.query_row("SELECT count(*) FROM sqlite_schema", [], |row| row.get(0)).unwrap();
        assert_eq!(tables, 1);
    }
}

#[test]
fn no_time_for_checks_is_said_in_the_report() {
    let dir = tempdir().unwrap();
    open(dir.path()).commit_sale(&sale(1)).unwrap();
    let options = StoreOptions { check_budget: std::time::Duration::ZERO, ..StoreOptions::default() };
    let (_, report) = Store::open_with(dir.path(), Some(&till()), &options).unwrap();
    let OpenReport::Opened(checked) = report else { panic!("{report:?}") };
    assert_eq!((checked.structure, checked.chain_from), (false, None));
}

/// A small file system in memory, unmounted when dropped. `None` where it cannot be mounted.
struct SmallDisk {
    dir: tempfile::TempDir,
}

impl SmallDisk {
    fn new(size: &str) -> Option<Self> {
        let dir = tempdir().unwrap();
        let mounted = Command::new("mount")
            .args(["-t", "tmpfs", "-o", &format!("size={size}"), "tmpfs"])
            .arg(dir.path())
            .output();
        match mounted {
            Ok(output) if output.status.success() => Some(Self { dir }),
            Ok(output) => {
                let why = String::from_utf8_lossy(&output.stderr).into_owned();
                eprintln!("SKIPPED: the full disk because a small one cannot be mounted: {}", why.trim());
                None
            }
            Err(error) => {
                eprintln!("SKIPPED: the full disk because mount cannot be run: {error}");
                None
            }
        }
    }

    fn path(&self) -> &Path {
        self.dir.path()
    }
}

impl Drop for SmallDisk {
    fn drop(&mut self) {
        let _ = Command::new("umount").arg(self.dir.path()).status();
    }
}

#[test]
fn a_till_starts_on_a_full_disk_or_says_that_it_is_full() {
    let Some(disk) = SmallDisk::new("2m") else { return };
    let store = open(disk.path());
    for number in 0..3 {
        store.commit_sale(&sale(number)).unwrap();
    }
    drop(store);
    fs::remove_dir_all(disk.path().join("journal-copy")).unwrap();
    let ballast = disk.path().join("ballast");
    for left in [0, 4096, 3 * 4096, 20 * 4096, 100 * 4096] {
        let _ = fs::remove_file(&ballast);
        let room = rustix::fs::statvfs(disk.path()).map(|stat| stat.f_bavail * stat.f_frsize).unwrap();
        fs::write(&ballast, vec![0; usize::try_from(room - left).unwrap()]).unwrap();
        match Store::open(disk.path(), &till()) {
            Ok((store, report)) => {
                assert!(matches!(report, OpenReport::Opened(_)), "{left} bytes left: {report:?}");
                assert_eq!(store.verify_journal().unwrap().entries, 3);
                assert!(store.disk_state().unwrap().low);
            }
            Err(error) => {
                assert!(matches!(error, OpenError::Full { .. }), "{left} bytes left: {error:?}");
            }
        }
    }
    fs::remove_file(&ballast).unwrap();
    let (store, report) = Store::open(disk.path(), &till()).unwrap();
    assert!(matches!(report, OpenReport::Opened(_)), "{report:?}");
    store.commit_sale(&sale(9)).unwrap();
}

#[test]
fn a_full_disk_refuses_clearly_loses_nothing_and_works_again_with_room() {
    let Some(disk) = SmallDisk::new("3m") else { return };
    let options = StoreOptions { reserve_bytes: 512 * 1024, ..StoreOptions::default() };
    let (store, _) = Store::open_with(disk.path(), Some(&till()), &options).unwrap();
    store.commit_sale(&sale(0)).unwrap();
    let ballast = disk.path().join("ballast");
    fs::write(&ballast, vec![0; 1_300_000]).unwrap();

    let mut sold = 1;
    let refused = loop {
        match store.commit_sale(&sale(sold)) {
            Ok(_) => sold += 1,
            Err(error) => break error,
        }
        assert!(sold < 10_000, "the disk does not fill up");
    };
    assert!(matches!(refused, StoreError::Full { .. }), "{refused}");
    assert!(refused.to_string().contains("make room there; nothing was lost"), "{refused}");
    assert!(store.disk_state().unwrap().full && store.disk_state().unwrap().low);
    let error = store.record_intent(payment(sold), &sale(sold)).unwrap_err();
    assert!(matches!(error, StoreError::Full { .. }), "no payment is begun: {error}");
    assert!(matches!(store.publish_catalogue(&catalogue(3000, 100)), Err(StoreError::Full { .. })));
    let report = store.verify_journal().unwrap();
    assert!(report.ok && report.entries == sold, "{report:?}");

    fs::remove_file(&ballast).unwrap();
    store.record_intent(payment(sold), &sale(sold)).unwrap();
    store.commit_sale(&sale(sold)).unwrap();
    assert!(!store.disk_state().unwrap().full);
    drop(store);
    let (store, report) = Store::open_with(disk.path(), Some(&till()), &options).unwrap();
    assert!(matches!(report, OpenReport::Opened(_)), "{report:?}");
    let report = store.verify_journal().unwrap();
    assert!(report.ok && report.entries == sold + 1, "{report:?}");
}
