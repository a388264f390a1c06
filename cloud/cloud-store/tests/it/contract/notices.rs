//! What people are told of, and what of it goes where.

use cloud_store::{NewNotice, NoticeEvent, Severity, StoreError, What};
use domain::ids::StoreId;
use serde_json::json;

use crate::support::{NOW, Rig, later, org, over_both_engines, till};

over_both_engines!(a_notice_is_open_once_until_it_is_settled, refuses_what_no_template_could_read,);

fn offline(key: &str) -> NewNotice {
    NewNotice {
        store: Some(till("demo").store),
        event: NoticeEvent::TillOffline,
        severity: Severity::Warning,
        key: key.to_owned(),
        data: json!({"till": key, "minutes": 5}),
    }
}

async fn a_notice_is_open_once_until_it_is_settled(rig: Rig) {
    let rig = rig.with_tills().await;
    let (store, demo) = (&rig.store, org("demo"));
    let first = store.raise_notice(&demo, &offline("till-1"), NOW).await.unwrap();
    assert!(first.is_some());
    assert_eq!(store.raise_notice(&demo, &offline("till-1"), later(1)).await.unwrap(), None);
    assert_eq!(rig.number("SELECT last_seen_at FROM notice").await, later(1).0);
    assert!(store.raise_notice(&demo, &offline("till-2"), NOW).await.unwrap().is_some());
    let other = store.raise_notice(&org("other"), &offline("till-1"), NOW).await.unwrap();
    assert!(other.is_some(), "another organisation's is another's");
    let settle =
        async |key, at| store.settle_notice(&demo, NoticeEvent::TillOffline, key, later(at)).await.unwrap();
    assert!(settle("till-1", 2).await);
    assert!(!settle("till-1", 3).await);
    assert!(!settle("till-3", 3).await);
    let again = store.raise_notice(&demo, &offline("till-1"), later(4)).await.unwrap();
    assert!(again > first, "it came back");
}

async fn refuses_what_no_template_could_read(rig: Rig) {
    let rig = rig.with_tills().await;
    for data in
        [json!([1]), json!({"till": {"id": 1}}), json!({"tills": [1]}), json!({"x": "y".repeat(17_000)})]
    {
        let refused = rig.store.raise_notice(&org("demo"), &NewNotice { data, ..offline("k") }, NOW).await;
        assert!(matches!(refused, Err(StoreError::Invalid { what: What::Notice, .. })), "{refused:?}");
    }
    let refused = rig.store.raise_notice(&org("demo"), &offline(""), NOW).await;
    assert!(matches!(refused, Err(StoreError::Invalid { .. })), "{refused:?}");
    let nowhere = NewNotice { store: Some(StoreId::new("attic").unwrap()), ..offline("k") };
    let refused = rig.store.raise_notice(&org("demo"), &nowhere, NOW).await;
    assert!(matches!(refused, Err(StoreError::NotFound { what: What::Store, .. })), "{refused:?}");
}
