//! Damage: found at start, set aside, rebuilt, reported.

use std::fs;
use std::path::{Path, PathBuf};

use domain::ids::SequenceNumber;
use edge_store::{OnDamage, OpenError, OpenReport, Repair, Store, StoreError, StoreOptions, ViewChange};
use rusqlite::Connection;
use tempfile::{TempDir, tempdir};

use crate::pictures::with_pictures;
use crate::samples::{catalogue, open, payment, sale, till, view};

const SALES: u64 = 40;

/// A store with sales, an open payment, a catalogue, views, a setting; closed.
fn filled() -> TempDir {
    let dir = tempdir().unwrap();
    let store = open(dir.path());
    store.publish_catalogue(&catalogue(60, 100)).unwrap();
    let add = (0..300).map(|number| view(number, number % 6)).collect();
    let calibration_json = Some("{\"fitted\":true}".to_owned());
    store.publish_views(ViewChange { calibration_json, ..with_pictures(add) }).unwrap();
    for number in 1..=SALES {
        store.commit_sale(&sale(number)).unwrap();
    }
    store.mark_sent(SequenceNumber(10)).unwrap();
    store.record_intent(payment(900), &sale(900)).unwrap();
    store.set_setting("kiosk.language", Some("ru")).unwrap();
    dir
}

fn database(dir: &TempDir) -> PathBuf {
    dir.path().join("till.db")
}

fn remove_copy(dir: &TempDir) {
    fs::remove_dir_all(dir.path().join("journal-copy")).unwrap();
}

/// Opens the store for SQL with everything that guards it switched off.
fn unguarded(dir: &TempDir) -> Connection {
    let sql = Connection::open(database(dir)).unwrap();
    sql.execute_batch(
        "PRAGMA foreign_keys = OFF;
         DROP TRIGGER journal_never_changes; DROP TRIGGER journal_never_shrinks;
         DROP TRIGGER journal_has_no_gaps; DROP TRIGGER journal_keeps_ids;",
    )
    .unwrap();
    sql
}

fn repaired(dir: &TempDir) -> (Store, Repair) {
    let (store, report) = Store::open(dir.path(), &till()).unwrap();
    let OpenReport::Repaired(repair) = report else { panic!("{report:?}") };
    (store, *repair)
}

/// Everything that [`filled`] put in is there.
fn assert_whole(store: &Store) {
    let report = store.verify_journal().unwrap();
    assert!(report.ok && report.entries == SALES && report.gaps.is_empty(), "{report:?}");
    let sales: Vec<_> =
        store.sales(SequenceNumber(0), 1000).unwrap().into_iter().map(|(_, sale)| sale).collect();
    assert_eq!(sales, (1..=SALES).map(sale).collect::<Vec<_>>());
    assert_eq!(store.open_intents().unwrap()[0].sale, sale(900));
    let entry = store.commit_sale(&sale(SALES + 1)).unwrap();
    assert_eq!(entry.sequence.0, SALES + 1);
    assert!(store.commit_sale(&sale(5)).unwrap().already);
    assert!(store.verify_journal().unwrap().ok);
}

fn assert_rest_is_whole(store: &Store) {
    let newest = store.catalogue().unwrap().unwrap();
    assert_eq!((newest.generation.0, newest.views.len()), (2, 300));
    let pictures = store.verify_views().unwrap();
    assert_eq!((pictures.views, pictures.with_picture, pictures.bad), (300, 300, 0));
    assert_eq!(newest.calibration_json.as_deref(), Some("{\"fitted\":true}"));
    assert_eq!(store.setting("kiosk.language").unwrap().as_deref(), Some("ru"));
    assert_eq!(store.outbox_len().unwrap(), SALES - 10);
}

type Tamper = fn(&Connection);

/// Edits that leave the database sound as a database.
const TAMPERINGS: [(&str, &str, Tamper); 7] = [
    ("an edited amount", "sale 17: its hash does not fit its content", |sql| {
        sql.execute_batch(
            "UPDATE journal SET payload = CAST(replace(CAST(payload AS TEXT), '\"gross_minor\":', '\"gross_minor\":1') AS BLOB)
             WHERE sequence = 17",
        )
        .unwrap();
    }),
    ("a deleted sale", "sale 17 before it is missing", |sql| {
        sql.execute_batch("DELETE FROM journal WHERE sequence = 17").unwrap();
    }),
    ("several deleted sales", "sales 17 to 19 before it are missing", |sql| {
        sql.execute_batch("DELETE FROM journal WHERE sequence BETWEEN 17 AND 19").unwrap();
    }),
    ("two sales exchanged", "its hash does not fit its content", |sql| {
        sql.execute_batch(
            "UPDATE journal SET sequence = 9999 WHERE sequence = 17; UPDATE journal SET sequence = 17 WHERE sequence = 18;
             UPDATE journal SET sequence = 18 WHERE sequence = 9999",
        )
        .unwrap();
    }),
    ("a sale under another id", "it is filed under id", |sql| {
        sql.execute_batch("UPDATE journal SET sale = randomblob(16) WHERE sequence = 17").unwrap();
    }),
    ("the last sales cut off", "it ends at sale 35, its copy goes on to sale 36", |sql| {
        sql.execute_batch("DELETE FROM journal WHERE sequence > 35; DELETE FROM outbox WHERE sequence > 35")
            .unwrap();
    }),
    ("the first sale gone", "sale 1 before it is missing", |sql| {
        sql.execute_batch("DELETE FROM journal WHERE sequence = 1").unwrap();
    }),
];

#[test]
fn tampering_is_found_at_start_and_undone_from_the_copy() {
    for (what, expected, tamper) in TAMPERINGS {
        let dir = filled();
        let sql = unguarded(&dir);
        tamper(&sql);
        drop(sql);
        let (store, repair) = repaired(&dir);
        assert!(repair.problem.contains(expected), "{what}: {}", repair.problem);
        assert_eq!((repair.salvaged, repair.lost_from), (SALES, None), "{what}");
        // The id is part of the content, so the wrong one beside it needs no copy.
        assert_eq!(repair.from_copy > 0, what != "a sale under another id", "{what}");
        assert_rest_is_whole(&store);
        assert_whole(&store);
        let note = store.setting("store.last-repair").unwrap().unwrap();
        assert!(note.contains(&repair.problem) && note.contains("40 sales were saved"), "{note}");
        let aside = repair.set_aside.unwrap();
        assert!(aside.file_name().unwrap().to_string_lossy().starts_with("damaged-2"), "{aside:?}");
        assert!(aside.join("till.db").exists());
        drop(store);
        open(dir.path());
    }
}

#[test]
fn a_repair_leaves_out_damaged_pictures_and_keeps_their_views() {
    let dir = filled();
    let sql = unguarded(&dir);
    TAMPERINGS[0].2(&sql);
    sql.execute_batch(
        "UPDATE view_picture SET body = x'ffd8ffe000' WHERE id = 7;
         UPDATE view_origin SET picture = 20 WHERE view = 30;",
    )
    .unwrap();
    drop(sql);
    let (store, repair) = repaired(&dir);
    assert_eq!((repair.views, repair.views_lost, repair.view_pictures), (300, 0, 299));
    let report = store.verify_views().unwrap();
    assert_eq!((report.views, report.with_picture, report.bad), (300, 298, 0));
}

/// Takes away what later versions of the schema brought.
const BACK_TO_FIRST_VERSION: &str = "DROP TABLE cloud_head; DROP TABLE cloud_view; DROP TABLE cloud_generation; DROP TABLE learning; DROP TABLE sighting; DROP TABLE view_waiting;
    DROP TABLE view_origin; DROP TABLE view_picture; PRAGMA user_version = 1;";

#[test]
fn a_damaged_store_of_the_first_version_is_rebuilt_with_its_views() {
    let dir = filled();
    let sql = unguarded(&dir);
    sql.execute_batch(BACK_TO_FIRST_VERSION).unwrap();
    // Whole, it is brought to this version.
    drop(sql);
    let store = open(dir.path());
    let report = store.verify_views().unwrap();
    assert_eq!((report.views, report.with_picture, report.bad), (300, 0, 0));
    drop(store);
    let sql = Connection::open(database(&dir)).unwrap();
    sql.execute_batch(BACK_TO_FIRST_VERSION).unwrap();
    TAMPERINGS[0].2(&sql);
    drop(sql);
    let (store, repair) = repaired(&dir);
    assert_eq!((repair.views, repair.views_lost, repair.view_pictures), (300, 0, 0));
    assert_eq!(store.catalogue().unwrap().unwrap().views.len(), 300);
}

#[test]
fn an_inspection_reports_tampering_and_changes_nothing() {
    let dir = filled();
    let sql = unguarded(&dir);
    TAMPERINGS[0].2(&sql);
    drop(sql);
    let before = fs::read(database(&dir)).unwrap();
    let options = StoreOptions { on_damage: OnDamage::Inspect, ..StoreOptions::default() };
    let (store, report) = Store::open_with(dir.path(), None, &options).unwrap();
    assert!(matches!(&report, OpenReport::Damaged { problem } if problem.contains("sale 17")), "{report:?}");
    let report = store.verify_journal().unwrap();
    let bad = report.first_bad.unwrap();
    assert_eq!((report.ok, bad.sequence.0, report.entries), (false, 17, SALES));
    assert_eq!(bad.problem, "its hash does not fit its content");
    let error = store.commit_sale(&sale(50)).unwrap_err();
    assert!(matches!(error, StoreError::Damaged { .. }), "{error}");
    drop(store);
    assert_eq!(fs::read(database(&dir)).unwrap(), before);
    let (store, _) = repaired(&dir);
    assert_whole(&store);
}

#[test]
fn what_neither_has_is_put_on_record_and_its_number_is_not_used_again() {
    let dir = filled();
    remove_copy(&dir);
    let sql = unguarded(&dir);
    sql.execute_batch("UPDATE journal SET payload = x'00' WHERE sequence IN (17, 18, 30, 40)").unwrap();
    drop(sql);
    let (store, repair) = repaired(&dir);
    assert_eq!((repair.salvaged, repair.lost_from), (SALES - 4, Some(SequenceNumber(17))));
    let gaps: Vec<(u64, u64)> = repair.gaps.iter().map(|gap| (gap.first.0, gap.last.0)).collect();
    assert_eq!(gaps, [(17, 18), (30, 30), (40, 40)]);
    let entry = store.commit_sale(&sale(100)).unwrap();
    assert_eq!(entry.sequence.0, SALES + 1, "the number of the lost last sale is not used again");
    let report = store.verify_journal().unwrap();
    assert!(report.ok, "what is on record is no surprise: {report:?}");
    assert_eq!((report.entries, report.gaps), (SALES - 3, repair.gaps));
    drop(store);
    open(dir.path());
}

/// A file whose bytes were changed somewhere: (what, from where, how many bytes).
fn flip(file: &Path, from: usize, count: usize) {
    let mut bytes = fs::read(file).unwrap();
    let end = (from + count).min(bytes.len());
    for byte in &mut bytes[from..end] {
        *byte ^= 0x5a;
    }
    fs::write(file, bytes).unwrap();
}

#[test]
fn a_torn_up_file_is_rebuilt_from_the_copy() {
    type Tear = fn(&Path);
    let tears: [(&str, Tear); 6] = [
        ("the header", |file| flip(file, 0, 100)),
        ("the first page", |file| flip(file, 100, 3996)),
        ("everything", |file| flip(file, 0, usize::MAX / 2)),
        ("cut to a half", |file| {
            let length = fs::metadata(file).unwrap().len();
            fs::File::options().write(true).open(file).unwrap().set_len(length / 2).unwrap();
        }),
        ("emptied", |file| fs::write(file, b"").unwrap()),
        ("deleted", |file| fs::remove_file(file).unwrap()),
    ];
    for (what, tear) in tears {
        let dir = filled();
        tear(&database(&dir));
        let (store, repair) = repaired(&dir);
        assert_eq!((repair.salvaged, repair.lost_from), (SALES, None), "{what}: {repair:?}");
        assert_whole(&store);
        drop(store);
        open(dir.path());
    }
}

#[test]
fn damage_to_any_page_never_costs_a_sale() {
    let dir = filled();
    let pages = fs::metadata(database(&dir)).unwrap().len() as usize / 4096;
    let original = fs::read(database(&dir)).unwrap();
    let (mut noticed, mut kept_views) = (0, 0);
    for page in (0..pages).step_by(3) {
        let copy = tempdir().unwrap();
        fs::write(copy.path().join("till.db"), &original).unwrap();
        let folder = copy.path().join("journal-copy");
        fs::create_dir(&folder).unwrap();
        for segment in fs::read_dir(dir.path().join("journal-copy")).unwrap() {
            let segment = segment.unwrap();
            fs::copy(segment.path(), folder.join(segment.file_name())).unwrap();
        }
        flip(&copy.path().join("till.db"), page * 4096, 256);
        flip(&copy.path().join("till.db"), page * 4096 + 2048, 512);
        let (store, report) = Store::open(copy.path(), &till()).unwrap();
        if let OpenReport::Repaired(repair) = report {
            noticed += 1;
            kept_views += u64::from(repair.views > 200);
        }
        assert_whole(&store);
    }
    assert!(
        noticed > pages / 6 && kept_views > 5,
        "{noticed} of {pages} noticed, {kept_views} kept their views"
    );
}

#[test]
fn without_a_copy_the_readable_rows_are_saved() {
    let dir = filled();
    remove_copy(&dir);
    let original = fs::read(database(&dir)).unwrap();
    // A leaf of the journal: a page that begins with 0d and holds several payloads.
    let payloads = |page: &[u8]| page.windows(14).filter(|window| window == b"\"business_day\"").count();
    let leaf = original.chunks(4096).position(|page| page[0] == 0x0d && payloads(page) > 1).unwrap();
    flip(&database(&dir), leaf * 4096, 64);
    let (store, repair) = repaired(&dir);
    assert!(repair.salvaged >= SALES - 6 && repair.salvaged < SALES, "{repair:?}");
    assert!(repair.lost_from.is_some());
    assert_rest_is_whole(&store);
    assert_eq!(store.open_intents().unwrap().len(), 1);
    assert!(store.verify_journal().unwrap().ok);
    drop(store);
    open(dir.path());
}

#[test]
fn a_damaged_vector_costs_its_view_only() {
    let dir = filled();
    let sql = unguarded(&dir);
    sql.execute_batch("UPDATE view SET vector = zeroblob(64) WHERE id = 3; UPDATE journal SET payload = x'' WHERE sequence = 2")
        .unwrap();
    drop(sql);
    let (store, repair) = repaired(&dir);
    assert_eq!((repair.views, repair.views_lost, repair.generations), (299, 1, 2));
    assert_eq!(store.catalogue().unwrap().unwrap().views.len(), 299);
    assert_whole(&store);
}

#[test]
fn generation_numbers_go_on_after_a_catalogue_was_lost() {
    let dir = filled();
    fs::remove_file(database(&dir)).unwrap();
    let (store, repair) = repaired(&dir);
    assert_eq!((repair.generations, store.catalogue().unwrap()), (0, None));
    // The sales refer to generation 7.
    assert_eq!(store.publish_catalogue(&catalogue(5, 1)).unwrap().0, 8);
}

#[test]
fn a_copy_that_lags_or_is_damaged_is_brought_up_to_date() {
    let dir = filled();
    let folder = dir.path().join("journal-copy");
    let segment = fs::read_dir(&folder).unwrap().next().unwrap().unwrap().path();
    let whole = fs::read(&segment).unwrap();
    let spoils: [(&str, &dyn Fn()); 4] = [
        ("gone", &|| fs::remove_dir_all(&folder).unwrap()),
        ("short", &|| fs::write(&segment, &whole[..whole.len() / 2]).unwrap()),
        ("torn end", &|| fs::write(&segment, &whole[..whole.len() - 1]).unwrap()),
        ("holed", &|| flip(&segment, whole.len() / 2, 10)),
    ];
    for (what, spoil) in spoils {
        spoil();
        drop(open(dir.path()));
        let held = tempdir().unwrap();
        fs::rename(database(&dir), held.path().join("till.db")).unwrap();
        let (store, repair) = repaired(&dir);
        assert_eq!((repair.salvaged, repair.intents), (SALES, 1), "{what}: the copy alone has everything");
        drop(store);
        fs::rename(held.path().join("till.db"), database(&dir)).unwrap();
    }
}

#[test]
fn a_copy_of_another_history_is_set_aside() {
    let dir = filled();
    let older = tempdir().unwrap();
    let store = open(older.path());
    store.commit_sale(&sale(1)).unwrap();
    store.commit_sale(&sale(777)).unwrap();
    drop(store);
    fs::copy(older.path().join("till.db"), database(&dir)).unwrap();
    let (store, repair) = repaired(&dir);
    assert!(repair.problem.contains("its copy has another sale 2"), "{}", repair.problem);
    assert!(repair.set_aside.unwrap().join("journal-copy").exists());
    assert_eq!(store.verify_journal().unwrap().entries, 2);
    drop(store);
    open(dir.path());
}

#[test]
fn a_file_beyond_reading_is_named_to_an_inspection() {
    let dir = filled();
    flip(&database(&dir), 0, 4096);
    let options = StoreOptions { on_damage: OnDamage::Inspect, ..StoreOptions::default() };
    let error = Store::open_with(dir.path(), None, &options).unwrap_err();
    assert!(matches!(error, OpenError::Damaged { .. }), "{error}");
    assert!(error.to_string().contains("start `tillsightd`, which sets it aside"), "{error}");
}
