//! The audit log's chain.

use cloud_store::{AuditNumber, NewAuditEntry, StoreError};

use crate::support::{NOW, Rig, by_hand, later, org, over_both_engines, till_named};

over_both_engines!(
    the_chain_of_many_entries_holds,
    entries_of_several_at_once_are_one_chain,
    an_edit_a_gap_and_a_cut_end_are_found,
    refuses_an_entry_that_is_too_long,
    a_change_and_its_entry_are_there_together_or_not_at_all,
);

fn entry(object: &str) -> NewAuditEntry {
    NewAuditEntry {
        actor: by_hand(),
        action: "till.claim".to_owned(),
        object: object.to_owned(),
        detail: r#"{"цена":1}"#.to_owned(),
    }
}

async fn the_chain_of_many_entries_holds(rig: Rig) {
    let rig = rig.with_tills().await;
    let (store, demo) = (&rig.store, org("demo"));
    let empty = store.verify_audit(&demo).await.unwrap();
    assert_eq!((empty.checked, empty.problem), (0, None));
    for number in 0..5 {
        store.append_audit(&demo, &entry(&number.to_string()), later(number)).await.unwrap();
    }
    store.append_audit(&org("other"), &entry("zero \0 character"), NOW).await.unwrap();
    assert_eq!(store.verify_audit(&org("other")).await.unwrap().problem, None);
    let newest = store.audit(&demo, None, 2).await.unwrap();
    assert_eq!(newest.iter().map(|found| found.number.0).collect::<Vec<_>>(), [5, 4]);
    let older = store.audit(&demo, Some(AuditNumber(4)), 10).await.unwrap();
    assert_eq!((older.len(), &older[2].entry), (3, &entry("0")));
    let report = store.verify_audit(&demo).await.unwrap();
    assert_eq!((report.checked, report.hash, report.problem), (5, newest[0].hash, None));
    let nobody = store.append_audit(&org("nobody"), &entry("x"), NOW).await.unwrap_err();
    assert_eq!(nobody.to_string(), "there is no organisation `nobody`");
}

async fn entries_of_several_at_once_are_one_chain(rig: Rig) {
    let rig = rig.with_tills().await;
    let appends = (0..20).map(|number| {
        let store = rig.store.clone();
        async move { store.append_audit(&org("demo"), &entry(&number.to_string()), NOW).await.unwrap() }
    });
    crate::support::all_at_once(appends).await;
    let report = rig.store.verify_audit(&org("demo")).await.unwrap();
    assert_eq!((report.checked, report.problem), (20, None));
}

async fn an_edit_a_gap_and_a_cut_end_are_found(rig: Rig) {
    let rig = rig.with_tills().await;
    let (store, demo) = (&rig.store, org("demo"));
    for number in 0..4 {
        store.append_audit(&demo, &entry(&number.to_string()), later(number)).await.unwrap();
    }
    for (damage, found_after, problem) in [
        (
            "UPDATE audit_entry SET number = 9 WHERE number = 4",
            3,
            "the log ends with entry 3, and should with 4",
        ),
        (
            "UPDATE audit_entry SET object = 'x' WHERE number = 3",
            2,
            "entry 3 is not what it was when it was written",
        ),
        ("UPDATE audit_entry SET number = 8 WHERE number = 2", 1, "entry 2 is missing"),
    ] {
        rig.damage(damage).await;
        let report = store.verify_audit(&demo).await.unwrap();
        assert_eq!((report.checked, report.problem.as_deref()), (found_after, Some(problem)));
    }
}

async fn refuses_an_entry_that_is_too_long(rig: Rig) {
    let rig = rig.with_tills().await;
    let error = rig.store.append_audit(&org("demo"), &entry(&"x".repeat(20_000)), NOW).await.unwrap_err();
    assert!(matches!(error, StoreError::Invalid { .. }), "{error}");
}

async fn a_change_and_its_entry_are_there_together_or_not_at_all(rig: Rig) {
    let rig = rig.with_tills().await;
    let (store, demo) = (&rig.store, org("demo"));
    let audited = store.audited(&demo, &entry("till-2"), later(1)).unwrap();
    audited.create_till(&till_named("demo", "till-2"), "Till", NOW).await.unwrap();
    let log = store.audit(&demo, None, 10).await.unwrap();
    assert_eq!((log.len(), &log[0].entry, log[0].at), (1, &entry("till-2"), later(1)));

    // The change fails: there is nothing to tell of.
    assert!(audited.create_till(&till_named("demo", "till-2"), "Till", NOW).await.is_err());
    // The entry fails: there is no such organisation, and so there is no change.
    let nowhere = store.audited(&org("nobody"), &entry("x"), NOW).unwrap();
    assert!(nowhere.create_till(&till_named("demo", "till-3"), "Till", NOW).await.is_err());
    assert!(store.till(&till_named("demo", "till-3")).await.is_err());
    assert!(store.audited(&demo, &entry(&"x".repeat(20_000)), NOW).is_err());
    store.create_till(&till_named("demo", "till-3"), "Till", NOW).await.unwrap();
    let report = store.verify_audit(&demo).await.unwrap();
    assert_eq!((report.checked, report.problem), (1, None));
}
