//! What can be found, how far copies of it are, and what a language model was asked.

use cloud_core::search::{Entry, EntryKind};
use cloud_store::{EventId, LanguageUse, NewEvent, SearchMark, SearchWrite, Store, StoreError};
use domain::time::BusinessDay;

use crate::support::{DAY_MS, NOW, Rig, all_at_once, later, org, over_both_engines};

over_both_engines!(
    an_entry_is_kept_as_it_is,
    only_what_is_other_than_before_is_a_change,
    what_was_removed_says_so_until_it_is_forgotten,
    changes_of_many_writers_are_numbered_as_they_appear,
    one_organisation_sees_no_entry_of_another,
    notes_of_events_come_in_order_and_of_their_topics,
    marks_are_kept,
    what_was_asked_of_a_model_adds_up,
);

fn entry(name: &str) -> Entry {
    Entry {
        names: [("ru".to_owned(), name.to_owned())].into(),
        brand: "Maker".to_owned(),
        category: "Fruit".to_owned(),
        numbers: vec!["4006381333931".to_owned()],
        text: "zero \u{fffd} and \"quotes\"".to_owned(),
        archived: true,
        store: Some("north".to_owned()),
    }
}

fn write(id: &str, entry: Option<Entry>) -> SearchWrite {
    SearchWrite { kind: EntryKind::Product, id: id.to_owned(), entry }
}

async fn put(store: &Store, owner: &str, writes: &[SearchWrite]) -> u64 {
    store.write_search_entries(&org(owner), writes, NOW).await.unwrap()
}

/// Ids and whether they are there, in order of change.
async fn since(store: &Store, owner: &str, change: u64) -> Vec<(String, bool)> {
    let entries = store.search_entries_since(&org(owner), change, 100).await.unwrap();
    entries.into_iter().map(|entry| (entry.write.id, entry.write.entry.is_some())).collect()
}

async fn an_entry_is_kept_as_it_is(rig: Rig) {
    let rig = rig.with_tills().await;
    let supplier = SearchWrite { kind: EntryKind::Supplier, ..write("pear", Some(Entry::default())) };
    let writes = [write("pear", Some(entry("Груша"))), supplier];
    assert_eq!(put(&rig.store, "demo", &writes).await, 2);
    let kept = rig.store.search_entries_since(&org("demo"), 0, 10).await.unwrap();
    assert_eq!(kept.into_iter().map(|entry| entry.write).collect::<Vec<_>>(), writes);
    assert_eq!(rig.store.search_entry_count(&org("demo")).await.unwrap(), 2);
    let many = vec![write("x", None); cloud_store::SEARCH_ENTRIES_AT_ONCE_MAX + 1];
    let refused = rig.store.write_search_entries(&org("demo"), &many, NOW).await;
    assert!(matches!(refused, Err(StoreError::Invalid { .. })), "{refused:?}");
}

async fn only_what_is_other_than_before_is_a_change(rig: Rig) {
    let rig = rig.with_tills().await;
    let store = &rig.store;
    assert_eq!(put(store, "demo", &[write("a", Some(entry("A"))), write("b", Some(entry("B")))]).await, 2);
    let newest = store.search_state(&org("demo")).await.unwrap().newest;
    assert_eq!(put(store, "demo", &[write("a", Some(entry("A"))), write("gone", None)]).await, 0);
    assert_eq!(store.search_state(&org("demo")).await.unwrap().newest, newest);
    assert_eq!(put(store, "demo", &[write("a", Some(entry("A2"))), write("b", Some(entry("B")))]).await, 1);
    assert_eq!(since(store, "demo", newest).await, [("a".to_owned(), true)]);
    assert_eq!(since(store, "demo", 0).await, [("b".to_owned(), true), ("a".to_owned(), true)]);
    let ids = store.search_entry_ids(&org("demo"), EntryKind::Product, ("a", Some("b")), 10).await.unwrap();
    assert_eq!(ids, ["b"]);
}

async fn what_was_removed_says_so_until_it_is_forgotten(rig: Rig) {
    let rig = rig.with_tills().await;
    let store = &rig.store;
    put(store, "demo", &[write("a", Some(entry("A"))), write("b", Some(entry("B")))]).await;
    assert_eq!(put(store, "demo", &[write("a", None)]).await, 1);
    assert_eq!(put(store, "demo", &[write("a", None)]).await, 0, "it is gone already");
    assert_eq!(since(store, "demo", 0).await, [("b".to_owned(), true), ("a".to_owned(), false)]);
    assert_eq!(store.forget_search_entries(NOW).await.unwrap(), 0);
    assert_eq!(store.forget_search_entries(later(1)).await.unwrap(), 1);
    let state = store.search_state(&org("demo")).await.unwrap();
    assert!(state.forgotten > state.newest, "{state:?}: whoever is behind has to begin anew");
    assert_eq!(since(store, "demo", 0).await, [("b".to_owned(), true)]);
    assert_eq!(put(store, "demo", &[write("a", Some(entry("A")))]).await, 1);
    assert!(store.search_state(&org("demo")).await.unwrap().newest > state.forgotten);
}

async fn changes_of_many_writers_are_numbered_as_they_appear(rig: Rig) {
    let rig = rig.with_tills().await;
    let (store, watching) = (&rig.store, rig.store.clone());
    let writers = (0..8).map(|writer| {
        let store = store.clone();
        async move {
            for number in 0..10 {
                let writes = [write(&format!("{writer}-{number}"), Some(entry("x"))), write("one", None)];
                put(&store, "demo", &writes).await;
            }
        }
    });
    let watcher = async move {
        let mut seen = Vec::new();
        while seen.len() < 80 {
            let after = seen.last().copied().unwrap_or(0);
            let entries = watching.all_search_entries_since(after, 7).await.unwrap();
            seen.extend(entries.into_iter().map(|entry| entry.change));
        }
        seen
    };
    let limit = std::time::Duration::from_secs(60);
    let (seen, _) = tokio::join!(tokio::time::timeout(limit, watcher), all_at_once(writers));
    let seen = seen.expect("the watcher saw every change, none appeared behind it");
    assert!(seen.is_sorted() && seen.len() == 80, "{seen:?}");
}

async fn one_organisation_sees_no_entry_of_another(rig: Rig) {
    let rig = rig.with_tills().await;
    put(&rig.store, "demo", &[write("a", Some(entry("A")))]).await;
    put(&rig.store, "other", &[write("a", Some(entry("B")))]).await;
    put(&rig.store, "other", &[write("a", None)]).await;
    assert_eq!(since(&rig.store, "demo", 0).await, [("a".to_owned(), true)]);
    assert_eq!(rig.store.search_entry_count(&org("other")).await.unwrap(), 0);
}

async fn notes_of_events_come_in_order_and_of_their_topics(rig: Rig) {
    let rig = rig.with_tills().await;
    let store = &rig.store;
    assert_eq!(store.newest_event().await.unwrap(), EventId(0));
    for (topic, key) in [("product_changes", "a"), ("sales", "b"), ("product_changes", "c")] {
        let event = NewEvent { topic: topic.to_owned(), key: key.to_owned(), payload: vec![0] };
        store.add_event(&org("demo"), &event, NOW).await.unwrap();
    }
    let newest = store.newest_event().await.unwrap();
    let notes = store.event_notes(&["product_changes"], (EventId(0), newest), 10).await.unwrap();
    let keys: Vec<&str> = notes.iter().map(|note| note.key.as_str()).collect();
    assert_eq!(keys, ["a", "c"]);
    store.mark_sent(&[notes[1].id], NOW).await.unwrap();
    let later = store.event_notes(&["product_changes", "x"], (notes[0].id, newest), 10).await.unwrap();
    assert_eq!(later, notes[1..], "sent or not");
    assert_eq!(store.event_notes(&[], (EventId(0), newest), 10).await.unwrap(), []);
}

async fn marks_are_kept(rig: Rig) {
    let store = &rig.store;
    assert_eq!(store.search_mark("entries").await.unwrap(), None);
    for place in [3, 7] {
        let mark = SearchMark { place, looked_at: NOW, reviewed_at: later(-DAY_MS) };
        store.note_search_mark("entries", &mark).await.unwrap();
        assert_eq!(store.search_mark("entries").await.unwrap(), Some(mark));
    }
    store.forget_search_mark("entries").await.unwrap();
    assert_eq!(store.search_mark("entries").await.unwrap(), None);
}

async fn what_was_asked_of_a_model_adds_up(rig: Rig) {
    let rig = rig.with_tills().await;
    let (store, demo) = (&rig.store, org("demo"));
    let day = |day| BusinessDay { year: 2026, month: 1, day };
    let used = LanguageUse { requests: 1, failures: 0, tokens_in: 900, tokens_out: 80, cost_micros: 250 };
    for of in [day(1), day(2), day(2)] {
        store.add_language_use(&demo, of, "document", &used).await.unwrap();
    }
    assert_eq!(store.language_cost_since(&demo, day(1)).await.unwrap(), 750);
    assert_eq!(store.language_cost_since(&demo, day(2)).await.unwrap(), 500);
    assert_eq!(store.language_cost_since(&org("other"), day(1)).await.unwrap(), 0);
    let uses = store.language_uses(&demo, 10).await.unwrap();
    assert_eq!(uses.len(), 2);
    assert_eq!((uses[0].day, uses[0].used.requests, uses[0].used.tokens_in), (day(2), 2, 1800));
}
