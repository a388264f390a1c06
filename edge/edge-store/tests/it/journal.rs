//! Sales, intents, outbox.

use std::process::Command;
use std::sync::atomic::{AtomicBool, Ordering};

use domain::ids::{SaleId, SequenceNumber, TillId};
use domain::money::Money;
use domain::sale::Sale;
use edge_store::{OpenReport, Store, StoreError};
use proptest::prelude::*;
use rusqlite::Connection;
use tempfile::tempdir;

use crate::samples::{eur, open, payment, sale, till};

fn sequences(sales: &[(edge_store::JournalEntry, Sale)]) -> Vec<u64> {
    sales.iter().map(|(entry, _)| entry.sequence.0).collect()
}

#[test]
fn a_sale_is_written_once_and_read_back_the_same() {
    let dir = tempdir().unwrap();
    let store = open(dir.path());
    let first = store.commit_sale(&sale(1)).unwrap();
    let again = store.commit_sale(&sale(1)).unwrap();
    assert_eq!((first.sequence, first.already), (SequenceNumber(1), false));
    assert_eq!((again.sequence, again.hash, again.already), (first.sequence, first.hash, true));
    store.commit_sale(&sale(2)).unwrap();

    let mut other = sale(1);
    other.tenders[0].authorisation = "another".to_owned();
    let error = store.commit_sale(&other).unwrap_err();
    assert!(matches!(error, StoreError::SaleConflict { sale } if sale == other.id), "{error}");

    let all = store.sales(SequenceNumber(0), 100).unwrap();
    assert_eq!(all.iter().map(|(_, sale)| sale.clone()).collect::<Vec<_>>(), [sale(1), sale(2)]);
    assert_eq!(store.sale(sale(2).id).unwrap().unwrap().0.sequence, SequenceNumber(2));
    assert!(store.sale(sale(3).id).unwrap().is_none());
    let report = store.verify_journal().unwrap();
    assert_eq!((report.ok, report.entries, report.head, report.outbox), (true, 2, SequenceNumber(2), 2));
    assert_eq!(report.head_hash, all[1].0.hash);
}

#[test]
fn sales_are_paged_both_ways() {
    let dir = tempdir().unwrap();
    let store = open(dir.path());
    for number in 1..=7 {
        store.commit_sale(&sale(number)).unwrap();
    }
    assert_eq!(sequences(&store.sales(SequenceNumber(2), 3).unwrap()), [3, 4, 5]);
    assert_eq!(sequences(&store.newest_sales(3).unwrap()), [7, 6, 5]);
    assert_eq!(sequences(&store.sales_before(SequenceNumber(5), 3).unwrap()), [4, 3, 2]);
    assert_eq!(sequences(&store.sales(SequenceNumber(7), 3).unwrap()), Vec::<u64>::new());
}

#[test]
fn an_intent_lives_from_its_record_to_its_sale_or_its_drop() {
    let dir = tempdir().unwrap();
    let store = open(dir.path());
    let mut unpaid = sale(1);
    unpaid.tenders[0].authorisation.clear();
    store.record_intent(payment(1), &unpaid).unwrap();
    store.record_intent(payment(1), &unpaid).unwrap();
    store.record_intent(payment(2), &sale(2)).unwrap();
    let error = store.record_intent(payment(1), &sale(3)).unwrap_err();
    assert!(matches!(error, StoreError::IntentConflict { .. }), "{error}");

    drop(store);
    let store = open(dir.path());
    let open_intents = store.open_intents().unwrap();
    assert_eq!(
        open_intents.iter().map(|intent| intent.payment).collect::<Vec<_>>(),
        [payment(1), payment(2)]
    );
    assert_eq!(open_intents[0].sale, unpaid);

    store.commit_sale(&sale(1)).unwrap();
    assert_eq!(store.open_intents().unwrap().len(), 1);
    store.drop_intent(payment(2)).unwrap();
    store.drop_intent(payment(2)).unwrap();
    assert_eq!(store.open_intents().unwrap(), []);
}

#[test]
fn a_sale_that_contradicts_itself_is_refused() {
    let dir = tempdir().unwrap();
    let store = open(dir.path());
    type Spoil = fn(&mut Sale);
    let cases: [(&str, Spoil); 6] = [
        ("has no lines", |sale| sale.lines.clear()),
        ("was paid for a total of", |sale| sale.tenders[0].amount.minor -= 1),
        ("was paid for a total of", |sale| sale.tenders.clear()),
        ("its lines sum up to", |sale| sale.totals.gross.minor += 1),
        ("the line of lime says", |sale| sale.lines[1].amount = Money::new(1, eur())),
        ("it is of till acme/corner/till-9", |sale| sale.till.till = TillId::new("till-9").unwrap()),
    ];
    for (expected, spoil) in cases {
        let mut spoilt = sale(1);
        spoil(&mut spoilt);
        let error = store.commit_sale(&spoilt).unwrap_err();
        assert!(matches!(error, StoreError::UnsoundSale { .. }), "{error}");
        assert!(error.to_string().contains(expected), "{error}");
    }
    assert_eq!(store.verify_journal().unwrap().entries, 0);
}

#[test]
fn what_was_sent_leaves_the_outbox_for_good() {
    let dir = tempdir().unwrap();
    let store = open(dir.path());
    for number in 1..=5 {
        store.commit_sale(&sale(number)).unwrap();
    }
    assert_eq!(sequences(&store.outbox(3).unwrap()), [1, 2, 3]);
    store.mark_sent(SequenceNumber(3)).unwrap();
    store.mark_sent(SequenceNumber(2)).unwrap();
    assert_eq!(sequences(&store.outbox(10).unwrap()), [4, 5]);
    assert_eq!(store.outbox_len().unwrap(), 2);
    let error = store.mark_sent(SequenceNumber(6)).unwrap_err();
    assert!(error.to_string().contains("the journal ends at 5"), "{error}");
    let report = store.verify_journal().unwrap();
    assert!(report.ok && report.outbox == 2, "{report:?}");
}

#[test]
fn many_threads_sell_and_read_at_once_without_gaps() {
    let dir = tempdir().unwrap();
    let store = open(dir.path());
    let done = AtomicBool::new(false);
    std::thread::scope(|scope| {
        let sellers: Vec<_> = (0..4_u64)
            .map(|seller| {
                let store = store.clone();
                scope.spawn(move || {
                    for number in 0..25 {
                        // Every sale is tried by two sellers.
                        store.commit_sale(&sale(seller / 2 * 1000 + number)).unwrap();
                    }
                })
            })
            .collect();
        for _ in 0..3 {
            scope.spawn(|| {
                let mut head = 0;
                while !done.load(Ordering::Relaxed) {
                    let report = store.verify_journal().unwrap();
                    assert!(report.ok && report.entries >= head, "{report:?}");
                    head = report.entries;
                    let listed = sequences(&store.sales(SequenceNumber(0), 1000).unwrap());
                    assert!(listed.iter().copied().eq(1..=listed.len() as u64), "{listed:?}");
                }
            });
        }
        for seller in sellers {
            seller.join().unwrap();
        }
        done.store(true, Ordering::Relaxed);
    });
    assert_eq!(store.verify_journal().unwrap().entries, 50);
}

#[test]
fn sql_can_neither_change_nor_shorten_the_journal() {
    let dir = tempdir().unwrap();
    let store = open(dir.path());
    store.commit_sale(&sale(1)).unwrap();
    store.commit_sale(&sale(2)).unwrap();
    drop(store);
    let sql = Connection::open(dir.path().join("till.db")).unwrap();
    for (statement, expected) in [
        ("UPDATE journal SET payload = x'00'", "the journal is never changed"),
        ("DELETE FROM journal WHERE sequence = 2", "nothing is taken out of the journal"),
        (
            "INSERT INTO journal SELECT 9, randomblob(16), previous, hash, payload FROM journal WHERE sequence = 1",
            "continued at its end only",
        ),
        (
            "INSERT OR REPLACE INTO journal SELECT 3, sale, previous, hash, x'00' FROM journal WHERE sequence = 1",
            "the sale is in the journal already",
        ),
    ] {
        let error = sql.execute(statement, []).unwrap_err();
        assert!(error.to_string().contains(expected), "{statement}: {error}");
    }
}

#[test]
fn settings_are_kept_and_removed() {
    let dir = tempdir().unwrap();
    let store = open(dir.path());
    store.set_setting("kiosk.language", Some("ru")).unwrap();
    store.set_setting("kiosk.language", Some("en")).unwrap();
    store.set_setting("a", Some("")).unwrap();
    assert_eq!(store.setting("kiosk.language").unwrap().as_deref(), Some("en"));
    assert_eq!(store.settings().unwrap().len(), 2);
    store.set_setting("a", None).unwrap();
    assert_eq!(store.setting("a").unwrap(), None);
    assert!(
        store
            .set_setting("Not a key", Some("x"))
            .unwrap_err()
            .to_string()
            .contains("is no name for a setting")
    );
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(20))]
    #[test]
    fn any_order_of_sales_and_retries_makes_one_whole_chain(numbers in prop::collection::vec(0_u64..12, 1..40)) {
        let dir = tempdir().unwrap();
        let store = open(dir.path());
        let mut seen: Vec<SaleId> = Vec::new();
        for number in numbers {
            let sale = sale(number);
            let entry = store.commit_sale(&sale).unwrap();
            prop_assert_eq!(entry.already, seen.contains(&sale.id));
            if !entry.already {
                seen.push(sale.id);
            }
            let place = seen.iter().position(|id| *id == sale.id).unwrap() as u64 + 1;
            prop_assert_eq!(entry.sequence.0, place);
        }
        prop_assert!(store.verify_journal().unwrap().ok);
        drop(store);
        let (store, report) = Store::open(dir.path(), &till()).unwrap();
        prop_assert!(matches!(report, OpenReport::Opened(_)));
        let ids: Vec<SaleId> =
            store.sales(SequenceNumber(0), 100).unwrap().into_iter().map(|(_, sale)| sale.id).collect();
        prop_assert_eq!(ids, seen);
    }
}

/// Run by the tests below in a process of its own; does nothing in an ordinary run.
#[test]
fn child_that_sells() {
    let Some(dir) = std::env::var_os("EDGE_STORE_CHILD_DIR") else { return };
    let store = match Store::open(dir.as_ref(), &till()) {
        Ok((store, _)) => store,
        Err(error) => return println!("not opened: {error}"),
    };
    for number in 1..=10 {
        match store.commit_sale(&sale(number)) {
            Ok(entry) => println!("sold {}", entry.sequence),
            Err(error) => println!("failed: {error}"),
        }
    }
}

/// Runs [`child_that_sells`] under strace. `None` when strace is not there or may not trace.
fn sell_under_strace(dir: &std::path::Path, strace_arguments: &[&str]) -> Option<(String, String)> {
    let trace = dir.join("trace.txt");
    let child = Command::new("strace")
        .arg("-f")
        .arg("-o")
        .arg(&trace)
        .args(strace_arguments)
        .arg(std::env::current_exe().unwrap())
        .args(["--exact", "journal::child_that_sells", "--nocapture"])
        .env("EDGE_STORE_CHILD_DIR", dir.join("store"))
        .output();
    match child {
        Ok(output) => {
            let said = String::from_utf8_lossy(&output.stdout).into_owned();
            match std::fs::read_to_string(&trace) {
                Ok(trace) if !trace.is_empty() => Some((said, trace)),
                _ => {
                    eprintln!("SKIPPED: watching system calls because strace may not trace here");
                    None
                }
            }
        }
        Err(error) => {
            eprintln!("SKIPPED: watching system calls because strace cannot be run: {error}");
            None
        }
    }
}

#[test]
fn every_sale_is_synced_before_it_is_acknowledged() {
    let dir = tempdir().unwrap();
    let Some((said, trace)) = sell_under_strace(dir.path(), &["-e", "trace=fdatasync,fsync,write"]) else {
        return;
    };
    assert!(said.contains("sold 10"), "{said}");
    let mut synced = false;
    let mut acknowledged = 0;
    for line in trace.lines() {
        if line.contains("sync(") || line.contains("sync resumed") {
            synced |= line.ends_with("= 0");
        } else if line.contains("\"sold ") {
            assert!(synced, "sale {} was acknowledged without a sync before it:\n{trace}", acknowledged + 1);
            acknowledged += 1;
            synced = false;
        }
    }
    assert_eq!(acknowledged, 10, "{trace}");
}

#[test]
fn after_a_failed_sync_nothing_more_is_written_until_a_restart() {
    let dir = tempdir().unwrap();
    drop(open(&dir.path().join("store")));
    // Counted for each thread by itself: opening, in another thread, takes fewer; the writer's eighth is that of a sale.
    let inject = ["-e", "trace=fdatasync,fsync", "-e", "inject=fdatasync,fsync:error=EIO:when=8"];
    let Some((said, trace)) = sell_under_strace(dir.path(), &inject) else { return };
    assert!(trace.contains("INJECTED"), "{trace}");
    let outcomes: Vec<&str> =
        said.lines().filter(|line| line.starts_with("sold") || line.starts_with("failed")).collect();
    let sold = outcomes.iter().take_while(|line| line.starts_with("sold")).count();
    assert!((1..10).contains(&sold), "{outcomes:?}");
    for refused in &outcomes[sold..] {
        assert!(refused.contains("this process must restart"), "{outcomes:?}");
    }
    let store = open(&dir.path().join("store"));
    let report = store.verify_journal().unwrap();
    // The sale that met the failure may be there or not; those acknowledged are.
    assert!(report.ok && (report.entries == sold as u64 || report.entries == sold as u64 + 1), "{report:?}");
    store.commit_sale(&sale(sold as u64 + 1)).unwrap();
    assert_eq!(store.verify_journal().unwrap().entries, sold as u64 + 1);
}

/// Whichever write, sync or truncation fails, at the opening or later: what was acknowledged is there at the next start, once,
/// and the chain is whole.
#[test]
fn no_failing_system_call_loses_what_was_acknowledged() {
    let faults =
        [("fsync,fdatasync", "EIO"), ("pwrite64", "EIO"), ("pwrite64", "ENOSPC"), ("ftruncate", "EIO")];
    let mut hit = 0;
    for (calls, error) in faults {
        for when in [1, 2, 3, 5, 9, 14, 23] {
            let dir = tempdir().unwrap();
            let inject = format!("inject={calls}:error={error}:when={when}");
            let trace = format!("trace={calls}");
            let Some((said, trace)) = sell_under_strace(dir.path(), &["-e", &trace, "-e", &inject]) else {
                return;
            };
            hit += usize::from(trace.contains("INJECTED"));
            let sold = said.lines().filter(|line| line.contains("sold ")).count() as u64;
            let (store, report) = Store::open(&dir.path().join("store"), &till()).unwrap();
            assert!(!matches!(report, OpenReport::Repaired(_)), "{inject}: {report:?}");
            let journal = store.verify_journal().unwrap();
            assert!(journal.ok && journal.entries >= sold, "{inject}: {sold} were acknowledged: {journal:?}");
            for number in 1..=10 {
                store.commit_sale(&sale(number)).unwrap();
            }
            assert_eq!(store.verify_journal().unwrap().entries, 10, "{inject}");
        }
    }
    assert!(hit > 15, "only {hit} faults were met");
}
