//! Jobs, duties, and events on their way out.

use cloud_store::{
    EventCounts, EventId, EventsWanted, JobId, LeasedJob, NewEvent, NewJob, Store, StoreError, Topics, What,
};

use crate::support::{Journal, NOW, Rig, all_at_once, later, org, over_both_engines, till, while_writing};

over_both_engines!(
    a_job_is_done_once_by_one_worker,
    workers_at_once_never_get_the_same_job,
    a_job_is_tried_again_later_and_given_up_at_last,
    a_worker_that_dies_loses_its_job,
    a_job_that_nobody_began_stands_for_the_same_again,
    a_duty_has_one_owner,
    events_wait_in_order_until_they_are_sent,
    a_relay_asks_for_topics_and_no_more_bytes_than_it_can_hold,
    an_event_that_is_refused_too_often_is_parked_and_can_be_released,
);

fn job(kind: &str) -> NewJob {
    NewJob {
        kind: kind.to_owned(),
        payload: vec![0, 1, 255],
        dedupe_key: None,
        run_after: NOW,
        attempts_max: 2,
    }
}

async fn lease(store: &Store, owner: &str, at_ms: i64) -> Vec<LeasedJob> {
    store.lease_jobs(&["embed", "export"], owner, 10, later(at_ms), later(at_ms + 100)).await.unwrap()
}

async fn a_job_is_done_once_by_one_worker(rig: Rig) {
    let (store, demo) = (&rig.store, org("demo"));
    let id = store.add_job(&demo, &job("embed"), NOW).await.unwrap().unwrap();
    store.add_job(&demo, &job("other"), NOW).await.unwrap();
    store.add_job(&demo, &NewJob { run_after: later(50), ..job("export") }, NOW).await.unwrap();
    let leased = lease(store, "a", 0).await;
    assert_eq!((leased.len(), leased[0].id, leased[0].attempt), (1, id, 1));
    assert_eq!((&leased[0].org, leased[0].payload.as_slice()), (&demo, &[0, 1, 255][..]));
    assert_eq!(lease(store, "b", 50).await.len(), 1, "only what became due");
    let others = store.finish_job(id, "b", later(1)).await.unwrap_err();
    assert!(matches!(others, StoreError::Conflict { what: What::Job, .. }), "{others}");
    store.finish_job(id, "a", later(60)).await.unwrap();
    let counts = store.job_counts().await.unwrap();
    assert_eq!((counts.waiting, counts.running, counts.dead), (1, 1, 0));
    assert_eq!(store.prune_jobs(later(61)).await.unwrap(), 1);
    let none = store.lease_jobs(&[], "a", 1, NOW, NOW).await.unwrap_err();
    assert!(matches!(none, StoreError::Invalid { .. }), "{none}");
}

async fn workers_at_once_never_get_the_same_job(rig: Rig) {
    for _ in 0..30 {
        rig.store.add_job(&org("demo"), &job("embed"), NOW).await.unwrap();
    }
    let other = Store::open(&rig.options).await.unwrap();
    let workers = (0..6).map(|number| {
        let store = if number % 2 == 0 { rig.store.clone() } else { other.clone() };
        async move {
            let mut got: Vec<JobId> = Vec::new();
            loop {
                let leased =
                    store.lease_jobs(&["embed"], &number.to_string(), 3, NOW, later(100)).await.unwrap();
                if leased.is_empty() {
                    return got;
                }
                got.extend(leased.iter().map(|job| job.id));
            }
        }
    });
    let mut all: Vec<JobId> = all_at_once(workers).await.concat();
    // A worker that finds all due rows held by another goes home; what is left is there for the next.
    all.extend(store_rest(&rig.store).await);
    let count = all.len();
    all.sort();
    all.dedup();
    assert_eq!((all.len(), count), (30, 30));
}

async fn store_rest(store: &Store) -> Vec<JobId> {
    let rest = store.lease_jobs(&["embed"], "last", 100, NOW, later(100)).await.unwrap();
    rest.iter().map(|job| job.id).collect()
}

async fn a_job_is_tried_again_later_and_given_up_at_last(rig: Rig) {
    let (store, demo) = (&rig.store, org("demo"));
    let id = store.add_job(&demo, &job("embed"), NOW).await.unwrap().unwrap();
    lease(store, "a", 0).await;
    store.fail_job(id, "a", "no \0 room", later(20), later(1)).await.unwrap();
    assert!(lease(store, "a", 19).await.is_empty());
    assert_eq!(lease(store, "a", 20).await[0].attempt, 2);
    store.fail_job(id, "a", &"x".repeat(10_000), later(30), later(21)).await.unwrap();
    assert!(lease(store, "a", 1_000).await.is_empty());
    let dead = store.dead_jobs(&demo, 10).await.unwrap();
    assert_eq!(
        (dead.len(), dead[0].attempts, dead[0].problem.len(), dead[0].given_up_at),
        (1, 2, 4_000, later(21))
    );
    assert!(store.dead_jobs(&org("other"), 10).await.unwrap().is_empty());
    assert!(store.revive_job(&org("other"), id, NOW).await.is_err());
    store.revive_job(&demo, id, later(40)).await.unwrap();
    assert_eq!(lease(store, "a", 40).await[0].attempt, 1);
}

async fn a_worker_that_dies_loses_its_job(rig: Rig) {
    let (store, demo) = (&rig.store, org("demo"));
    let id = store.add_job(&demo, &job("embed"), NOW).await.unwrap().unwrap();
    lease(store, "a", 0).await;
    store.extend_lease(id, "a", later(50), later(200)).await.unwrap();
    assert!(lease(store, "b", 150).await.is_empty());
    assert_eq!(lease(store, "b", 200).await[0].attempt, 2);
    for late in [
        store.finish_job(id, "a", later(201)).await,
        store.fail_job(id, "a", "x", later(201), later(201)).await,
        store.extend_lease(id, "a", later(201), later(400)).await,
    ] {
        assert!(matches!(late, Err(StoreError::Conflict { what: What::Job, .. })), "{late:?}");
    }
    // That was the last try, and its worker does not come back either.
    assert!(lease(store, "c", 300).await.is_empty());
    assert_eq!(store.dead_jobs(&demo, 1).await.unwrap()[0].problem, "its worker did not come back");
}

async fn a_job_that_nobody_began_stands_for_the_same_again(rig: Rig) {
    let (store, demo) = (&rig.store, org("demo"));
    let keyed = NewJob { dedupe_key: Some("milk".to_owned()), ..job("embed") };
    let first = store.add_job(&demo, &keyed, NOW).await.unwrap();
    assert!(first.is_some());
    assert_eq!(store.add_job(&demo, &keyed, NOW).await.unwrap(), None);
    assert!(store.add_job(&org("other"), &keyed, NOW).await.unwrap().is_some());
    assert_eq!(lease(store, "a", 0).await.len(), 2);
    // The one being done may have looked already: the new one is needed.
    assert!(store.add_job(&demo, &keyed, later(1)).await.unwrap().is_some());
    store.fail_job(first.unwrap(), "a", "x", later(2), later(2)).await.unwrap();
    assert_eq!(lease(store, "a", 2).await.len(), 2);
}

async fn a_duty_has_one_owner(rig: Rig) {
    let store = &rig.store;
    let take = async |owner: &str, at_ms: i64| {
        store.take_duty("relay", owner, later(at_ms), later(at_ms + 10)).await.unwrap()
    };
    assert!(take("a", 0).await && !take("b", 5).await && take("a", 9).await && !take("b", 18).await);
    assert!(take("b", 19).await && !take("a", 20).await);
    store.leave_duty("relay", "a").await.unwrap();
    assert!(!take("a", 20).await);
    store.leave_duty("relay", "b").await.unwrap();
    assert!(take("a", 20).await);
    let claims = (0..8).map(|number| {
        let store = rig.store.clone();
        async move { store.take_duty("sweep", &number.to_string(), NOW, later(10)).await.unwrap() }
    });
    assert_eq!(all_at_once(claims).await.into_iter().filter(|&won| won).count(), 1);
}

async fn events_wait_in_order_until_they_are_sent(rig: Rig) {
    let rig = rig.with_tills().await;
    let (store, till) = (&rig.store, till("demo"));
    assert_eq!(store.event_counts(&Topics::ALL).await.unwrap(), EventCounts::default());
    let mut journal = Journal::new(till.clone());
    for batch in 0..3 {
        let entries = journal.append_many(batch * 100 + 1, 50);
        while_writing(store, store.ingest(&till, entries, later(batch as i64))).await.unwrap();
    }
    let counts = EventCounts { waiting: 150, oldest: Some(NOW), parked: 0 };
    assert_eq!(store.event_counts(&Topics::ALL).await.unwrap(), counts);
    let events = store.waiting_events(EventId(0), 1_000).await.unwrap();
    let sequences: Vec<_> = events.iter().map(|event| event.event.payload.clone()).collect();
    let stored = store.sales(&till.org, &till.store, &Default::default(), None, 1_000).await.unwrap();
    let mut by_sequence: Vec<_> = stored.iter().map(|sale| (sale.sequence, sale.id)).collect();
    by_sequence.sort_unstable();
    for (payload, (_, id)) in sequences.iter().zip(by_sequence) {
        assert_eq!(sync_core::sale_document::decode(payload).unwrap().id, id);
    }
    assert!(
        events.iter().all(|event| event.event.key == "corner-shop/till-1" && event.event.topic == "sales")
    );

    let first: Vec<EventId> = events[..140].iter().map(|event| event.id).collect();
    store.mark_sent(&first, later(10)).await.unwrap();
    store.mark_sent(&[], later(10)).await.unwrap();
    let rest = store.waiting_events(EventId(0), 5).await.unwrap();
    assert_eq!((rest.len(), rest[0].id), (5, events[140].id));
    assert_eq!(store.waiting_events(rest[4].id, 100).await.unwrap().len(), 5);
    let sales = || Topics::Only(vec!["sales".to_owned()]);
    assert_eq!(store.prune_sent_events(later(11), 100).await.unwrap(), 100);
    assert_eq!(store.prune_sent_events(later(11), 100).await.unwrap(), 40);
    assert_eq!(store.prune_sent_events(later(11), 100).await.unwrap(), 0);
    let others = Topics::AllBut(vec!["sales".to_owned()]);
    assert_eq!(
        store.prune_unsent_events(later(11), &others, 100).await.unwrap(),
        0,
        "these are sent some day"
    );
    assert_eq!(store.prune_unsent_events(later(2), &sales(), 100).await.unwrap(), 0, "they are younger");
    assert_eq!(store.prune_unsent_events(later(11), &sales(), 9).await.unwrap(), 9);
    assert_eq!(store.prune_unsent_events(later(11), &Topics::ALL, 100).await.unwrap(), 1);
}

fn event_of(topic: &str, key: &str, size: usize) -> NewEvent {
    NewEvent { topic: topic.to_owned(), key: key.to_owned(), payload: vec![7; size] }
}

async fn a_relay_asks_for_topics_and_no_more_bytes_than_it_can_hold(rig: Rig) {
    let (store, demo) = (&rig.store, org("demo"));
    for (topic, size) in [("sales", 100), ("prices", 100), ("sales", 100), ("sales", 5_000), ("sales", 1)] {
        store.add_event(&demo, &event_of(topic, "k", size), NOW).await.unwrap();
        store.add_event(&demo, &event_of(topic, "other", size), NOW).await.unwrap();
    }
    let sizes = async |topics: Topics, events_max, bytes_max| -> Vec<usize> {
        let keys_held = vec!["other".to_owned()];
        let wanted = EventsWanted { after: EventId(0), topics, keys_held, events_max, bytes_max };
        let events = store.events_to_send(&wanted).await.unwrap();
        events.iter().map(|event| event.event.payload.len()).collect()
    };
    let named = |name: &str| vec![name.to_owned()];
    assert_eq!(sizes(Topics::ALL, 10, 100_000).await, [100, 100, 100, 5_000, 1]);
    assert_eq!(sizes(Topics::ALL, 10, 101).await, [100, 100], "begun within the limit");
    assert_eq!(sizes(Topics::ALL, 2, 100_000).await, [100, 100]);
    assert_eq!(sizes(Topics::Only(named("prices")), 10, 100_000).await, [100]);
    assert_eq!(sizes(Topics::AllBut(named("prices")), 10, 1).await, [100]);
    assert_eq!(sizes(Topics::Only(Vec::new()), 10, 100_000).await, [0; 0]);
    assert_eq!(store.event_counts(&Topics::Only(named("prices"))).await.unwrap().waiting, 2);
}

async fn an_event_that_is_refused_too_often_is_parked_and_can_be_released(rig: Rig) {
    let (store, demo) = (&rig.store, org("demo"));
    let id = store.add_event(&demo, &event_of("sales", "till-1", 42), NOW).await.unwrap();
    let next = store.add_event(&demo, &event_of("sales", "till-1", 1), NOW).await.unwrap();
    assert!(!store.refuse_event(id, "too \0 large", 2, later(1)).await.unwrap());
    assert_eq!(store.waiting_events(EventId(0), 10).await.unwrap().len(), 2, "it is tried again");
    assert!(store.refuse_event(id, &"x".repeat(10_000), 2, later(2)).await.unwrap());
    assert!(!store.refuse_event(id, "again", 2, later(3)).await.unwrap(), "it waits no more");
    assert_eq!(store.waiting_events(EventId(0), 10).await.unwrap()[0].id, next);
    let parked = store.parked_events(&demo, 10).await.unwrap();
    assert_eq!((parked.len(), parked[0].id, parked[0].size_bytes, parked[0].attempts), (1, id, 42, 2));
    assert_eq!((parked[0].problem.len(), parked[0].parked_at), (4_000, later(2)));
    let counts = store.event_counts(&Topics::ALL).await.unwrap();
    assert_eq!((counts.waiting, counts.parked), (1, 1));
    assert!(store.parked_events(&org("other"), 10).await.unwrap().is_empty());
    assert_eq!(
        store.prune_unsent_events(later(100), &Topics::ALL, 10).await.unwrap(),
        1,
        "not what is parked"
    );

    for stranger in [
        store.release_event(&org("other"), id).await,
        store.discard_event(&org("other"), id).await,
        store.release_event(&demo, next).await,
    ] {
        assert!(matches!(stranger, Err(StoreError::NotFound { what: What::Event, .. })), "{stranger:?}");
    }
    store.release_event(&demo, id).await.unwrap();
    assert_eq!(store.waiting_events(EventId(0), 10).await.unwrap()[0].id, id);
    assert!(!store.refuse_event(id, "no", 2, later(4)).await.unwrap(), "it is counted anew");
    assert!(store.refuse_event(id, "no", 2, later(5)).await.unwrap());
    store.discard_event(&demo, id).await.unwrap();
    assert_eq!(store.event_counts(&Topics::ALL).await.unwrap(), EventCounts::default());
}
