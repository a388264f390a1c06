//! What people are told of, and what of it goes where.

use cloud_core::notify::{Habit, Pace};
use cloud_store::{
    Actor, AddressId, CODE_TRIES_MAX, Channel, DeliveryFilter, DeliveryState, NewAddress, NewCode,
    NewDelivery, NewNotice, NewUser, NoticeEvent, NoticeFilter, NoticeHabit, NoticeId, NoticeReader, Planned,
    Readers, Role, SendOutcome, Severity, Store, StoreError, Subscription, SubscriptionId, TemplateText,
    UserId, What,
};
use domain::ids::{StoreId, Uuid};
use serde_json::json;

use crate::support::{NOW, Rig, later, org, over_both_engines, till};

over_both_engines!(
    a_notice_is_open_once_until_it_is_settled,
    refuses_what_no_template_could_read,
    an_inbox_shows_what_is_its_readers,
    an_address_is_confirmed_with_its_code_alone,
    listeners_are_those_who_can_be_reached,
    a_notice_is_planned_once_and_its_deliveries_go_in_turn,
    what_was_being_sent_when_its_sender_died_is_doubtful,
    an_address_that_is_off_gets_nothing_more,
    what_is_told_to_some_is_shown_to_them_alone,
    those_who_were_told_are_told_once_that_it_is_over,
    digests_gather_until_they_are_due,
    templates_have_versions,
);

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

fn person(number: u128) -> UserId {
    UserId(Uuid::from_u128(number))
}

async fn with_person(rig: Rig) -> Rig {
    let rig = rig.with_tills().await;
    let user = NewUser {
        id: person(1),
        email: "ann@example.org".to_owned(),
        name: "Ann".to_owned(),
        password_hash: "hash".to_owned(),
        language: "ru".to_owned(),
        grants: vec![cloud_store::Grant { role: Role::Manager, store: None }],
    };
    rig.store.create_user(&org("demo"), &user, NOW).await.unwrap();
    rig
}

fn delivery(key: &str, address: u128) -> NewDelivery {
    NewDelivery {
        key: key.to_owned(),
        notice: None,
        person: person(1),
        address: AddressId(Uuid::from_u128(address)),
        channel: Channel::Telegram,
        event: "till_offline".to_owned(),
        subject: "Subject".to_owned(),
        body: "Body".to_owned(),
        html: String::new(),
        picture: String::new(),
        run_after: NOW,
        reply_to: None,
    }
}

fn code(key: &str, address: u128) -> NewCode {
    NewCode { hash: [7; 32], expires_at: later(1_000), delivery: delivery(key, address) }
}

async fn add_address(store: &Store, number: u128) -> AddressId {
    let id = AddressId(Uuid::from_u128(number));
    let address = NewAddress {
        id,
        person: person(1),
        channel: Channel::Telegram,
        address: number.to_string(),
        secret: String::new(),
    };
    store
        .add_notice_address(&org("demo"), &address, &code(&format!("code:{number}"), number), NOW)
        .await
        .unwrap();
    id
}

async fn confirmed(store: &Store, number: u128) -> AddressId {
    let id = add_address(store, number).await;
    assert!(store.confirm_address(&org("demo"), person(1), id, &[7; 32], later(1)).await.unwrap());
    id
}

async fn raise(store: &Store, key: &str) -> NoticeId {
    store.raise_notice(&org("demo"), &offline(key), NOW).await.unwrap().unwrap()
}

async fn an_inbox_shows_what_is_its_readers(rig: Rig) {
    let rig = with_person(rig).await;
    let (store, demo) = (&rig.store, org("demo"));
    let everywhere = NoticeReader { person: Some(person(1)), roles: vec![Role::Manager], stores: None };
    let first = raise(store, "till-1").await;
    let whole = NewNotice { store: None, severity: Severity::Critical, ..offline("backup") };
    let second = store.raise_notice(&demo, &whole, NOW).await.unwrap().unwrap();
    let told = NewNotice { event: NoticeEvent::Broadcast, ..offline("for clerks") };
    let clerks = Readers { roles: vec![Role::Clerk, Role::Auditor], people: Vec::new() };
    store.raise_notice_for(&demo, &told, &clerks, NOW).await.unwrap().unwrap();
    let list = async |reader: &NoticeReader, filter: &NoticeFilter| {
        let found = store.notices(&demo, reader, filter, None, 10).await.unwrap();
        found.into_iter().map(|(notice, read)| (notice.id, read)).collect::<Vec<_>>()
    };
    let all = NoticeFilter::default();
    assert_eq!(list(&everywhere, &all).await, [(second, false), (first, false)]);
    let clerk = NoticeReader { roles: vec![Role::Clerk], ..everywhere.clone() };
    assert_eq!(list(&clerk, &all).await.len(), 3);
    let here = NoticeReader { stores: Some(vec![till("demo").store]), ..everywhere.clone() };
    assert_eq!(list(&here, &all).await, [(first, false)]);
    let nowhere = NoticeReader { stores: Some(Vec::new()), ..everywhere.clone() };
    assert_eq!(list(&nowhere, &all).await, []);
    assert!(store.notice(&demo, &here, second).await.is_err());
    assert_eq!(store.notice(&demo, &everywhere, second).await.unwrap().severity, Severity::Critical);
    assert!(store.notice(&org("other"), &everywhere, second).await.is_err());

    assert_eq!(store.unread_notices(&demo, &everywhere).await.unwrap(), 2);
    store.mark_notices_read(&demo, person(1), &[second, NoticeId(999)]).await.unwrap();
    let unread = NoticeFilter { unread: true, ..NoticeFilter::default() };
    assert_eq!(list(&everywhere, &unread).await, [(first, false)]);
    store.mark_notices_read_up_to(&demo, person(1), NoticeId(u64::MAX)).await.unwrap();
    assert_eq!(store.unread_notices(&demo, &everywhere).await.unwrap(), 0);
    let third = raise(store, "till-3").await;
    assert_eq!(list(&everywhere, &unread).await, [(third, false)], "what comes later is not read");
    let bad = NoticeFilter { least: Some(Severity::Critical), open: true, ..NoticeFilter::default() };
    assert_eq!(list(&everywhere, &bad).await, [(second, true)]);

    let by = Actor::User(person(1));
    assert!(store.acknowledge_notice(&demo, first, &by, later(5)).await.unwrap());
    assert!(!store.acknowledge_notice(&demo, first, &Actor::System("x".to_owned()), later(6)).await.unwrap());
    assert_eq!(store.notice(&demo, &everywhere, first).await.unwrap().acknowledged_by, Some(by.clone()));
    assert!(store.acknowledge_notice(&org("other"), first, &by, later(6)).await.is_err());
    assert_eq!(store.prune_notices(later(1), 10).await.unwrap(), 4);
}

async fn what_is_told_to_some_is_shown_to_them_alone(rig: Rig) {
    let rig = with_person(rig).await;
    let (store, demo) = (&rig.store, org("demo"));
    let told = |key: &str| NewNotice { store: None, event: NoticeEvent::Broadcast, ..offline(key) };
    let of_people = |people: Vec<UserId>| Readers { roles: Vec::new(), people };
    let tell = async |key: &str, people: Vec<UserId>| {
        store.raise_notice_for(&demo, &told(key), &of_people(people), NOW).await.unwrap().unwrap()
    };
    let all = tell("all", Vec::new()).await;
    let ann = tell("ann", vec![person(2), person(1)]).await;
    let bob = tell("bob", vec![person(2)]).await;
    let list = async |number: u128, stores: Option<Vec<StoreId>>| {
        let reader = NoticeReader { person: Some(person(number)), roles: vec![Role::Clerk], stores };
        let found = store.notices(&demo, &reader, &NoticeFilter::default(), None, 10).await.unwrap();
        found.into_iter().map(|(notice, _)| notice.id).collect::<Vec<_>>()
    };
    assert_eq!(list(1, None).await, [ann, all]);
    assert_eq!(list(2, Some(vec![till("demo").store])).await, [bob, ann, all], "of a single store too");
    assert_eq!(list(3, None).await, [all]);
    let software = NoticeReader { person: None, roles: vec![Role::Owner], stores: None };
    let found = store.notices(&demo, &software, &NoticeFilter::default(), None, 10).await.unwrap();
    assert_eq!(found.len(), 1, "software is nobody who is named");
    let many = of_people((0..501).map(person).collect());
    assert!(store.raise_notice_for(&demo, &told("many"), &many, NOW).await.is_err());

    let listed = store.broadcasts(&demo, None, None, 10).await.unwrap();
    assert_eq!(listed.iter().map(|one| one.id).collect::<Vec<_>>(), [bob, ann, all]);
    assert_eq!(listed[1].readers, of_people(vec![person(2), person(1)]));
    assert!(store.broadcasts(&demo, Some(&[till("demo").store]), None, 10).await.unwrap().is_empty());
    assert_eq!(store.broadcasts(&demo, None, Some(ann), 10).await.unwrap().len(), 1);
    assert!(store.broadcast(&org("other"), ann).await.is_err());
    let silent = raise(store, "till-1").await;
    assert!(store.broadcast(&demo, silent).await.is_err(), "it was not told by anybody");

    confirmed(store, 7).await;
    let reachable = store.reachable(&demo).await.unwrap();
    assert_eq!(reachable.len(), 1);
    assert_eq!((reachable[0].name.as_str(), reachable[0].channels.len()), ("Ann", 1));
    assert!(store.readers_of(&demo, ann).await.unwrap().is_empty());
    store.mark_notices_read(&demo, person(1), &[ann]).await.unwrap();
    assert_eq!(store.readers_of(&demo, ann).await.unwrap(), [person(1)].into());
    assert!(store.readers_of(&demo, all).await.unwrap().is_empty());
}

async fn those_who_were_told_are_told_once_that_it_is_over(rig: Rig) {
    let rig = with_person(rig).await;
    let (store, demo) = (&rig.store, org("demo"));
    let address = confirmed(store, 1).await;
    let notice = raise(store, "till-1").await;
    let of_notice = |key: &str, reply_to: Option<&str>| NewDelivery {
        notice: Some(notice),
        reply_to: reply_to.map(str::to_owned),
        ..delivery(key, 1)
    };
    let planned = Planned { deliveries: vec![of_notice("told", None)], together: Vec::new() };
    assert!(store.plan_notice(&demo, notice, &planned, NOW).await.unwrap());
    assert!(store.ends_to_plan(10).await.unwrap().is_empty(), "it is not over");
    assert!(store.settle_notice(&demo, NoticeEvent::TillOffline, "till-1", later(1)).await.unwrap());
    let sent = store.sent_to(&demo, notice).await.unwrap();
    assert_eq!((sent.len(), sent[0].state), (1, DeliveryState::Waiting));
    let filter = DeliveryFilter { notice: Some(notice), ..DeliveryFilter::default() };
    let told = store.deliveries(&demo, &filter, None, 1).await.unwrap().remove(0);
    assert!(store.begin_delivery(told.id, "sender").await.unwrap());
    assert!(store.ends_to_plan(10).await.unwrap().is_empty(), "it is being told just now");
    store.settle_delivery(told.id, "sender", &SendOutcome::Sent("55".to_owned()), later(2)).await.unwrap();
    let ended = store.ends_to_plan(10).await.unwrap();
    assert_eq!((ended.len(), ended[0].notice.id, ended[0].sent.len()), (1, notice, 1));
    let sent = &ended[0].sent[0];
    assert_eq!((sent.asked.address, sent.remote_id.as_deref()), (address, Some("55")));
    let over = [of_notice("over", Some("55"))];
    assert!(store.plan_end(&demo, notice, &over, later(3)).await.unwrap());
    assert!(!store.plan_end(&demo, notice, &over, later(4)).await.unwrap(), "once");
    assert!(store.ends_to_plan(10).await.unwrap().is_empty());
    let next = store.next_deliveries(Channel::Telegram, later(5), 10).await.unwrap();
    let replies: Vec<_> = next.into_iter().filter_map(|(delivery, _)| delivery.asked.reply_to).collect();
    assert!(replies.is_empty() || replies == ["55"], "{replies:?}");
    let of_event = |event: &str| DeliveryFilter {
        channel: Some(Channel::Telegram),
        event: Some(event.to_owned()),
        ..DeliveryFilter::default()
    };
    assert_eq!(store.deliveries(&demo, &of_event("till_offline"), None, 10).await.unwrap().len(), 3);
    assert!(store.deliveries(&demo, &of_event("digest"), None, 10).await.unwrap().is_empty());
    let mail = DeliveryFilter { channel: Some(Channel::Email), ..DeliveryFilter::default() };
    assert!(store.deliveries(&demo, &mail, None, 10).await.unwrap().is_empty());
}

async fn an_address_is_confirmed_with_its_code_alone(rig: Rig) {
    let rig = with_person(rig).await;
    let (store, demo) = (&rig.store, org("demo"));
    let id = add_address(store, 11).await;
    let confirm = async |hash: [u8; 32], at| {
        store.confirm_address(&demo, person(1), id, &hash, later(at)).await.unwrap()
    };
    assert!(!confirm([7; 32], 1_000).await, "too late");
    for _ in 1..CODE_TRIES_MAX {
        assert!(!confirm([8; 32], 1).await);
    }
    assert!(!confirm([7; 32], 1).await, "guessed at too often");
    let soon = store.renew_address_code(&demo, person(1), id, &code("code:soon", 11), NOW).await;
    assert!(matches!(soon, Err(StoreError::Conflict { .. })), "{soon:?}");
    let again = NewCode { expires_at: later(100_000), ..code("code:again", 11) };
    store.renew_address_code(&demo, person(1), id, &again, NOW).await.unwrap();
    assert!(confirm([7; 32], 1).await);
    assert!(!confirm([7; 32], 1).await, "a code counts once");
    let someone = store.confirm_address(&demo, person(2), id, &[7; 32], later(1)).await;
    assert!(matches!(someone, Err(StoreError::NotFound { .. })), "{someone:?}");
    assert_eq!(store.confirmed_at_address(Channel::Telegram, "11").await.unwrap().len(), 1);
    assert!(store.notice_address(&demo, person(1), id).await.unwrap().confirmed_at.is_some());
    store.remove_notice_address(&demo, person(1), id).await.unwrap();
    assert!(store.notice_addresses(&demo, person(1)).await.unwrap().is_empty());
    assert!(store.deliveries(&demo, &DeliveryFilter::default(), None, 10).await.unwrap().is_empty());
}

async fn listeners_are_those_who_can_be_reached(rig: Rig) {
    let rig = with_person(rig).await;
    let (store, demo) = (&rig.store, org("demo"));
    add_address(store, 1).await;
    assert!(store.listeners(&demo).await.unwrap().is_empty(), "nothing is confirmed");
    let address = confirmed(store, 2).await;
    let wanted = |id: u128, event, pace| Subscription {
        id: SubscriptionId(Uuid::from_u128(id)),
        address,
        store: None,
        event,
        least: Severity::Warning,
        pace,
        tell_settled: Some(pace == Pace::AtOnce),
    };
    store.subscribe(&demo, person(1), &wanted(1, None, Pace::AtOnce), NOW).await.unwrap();
    store
        .subscribe(&demo, person(1), &wanted(2, Some(NoticeEvent::LowStock), Pace::Daily), NOW)
        .await
        .unwrap();
    store.subscribe(&demo, person(1), &wanted(3, None, Pace::Hourly), later(1)).await.unwrap();
    let habit = NoticeHabit {
        time_zone: "Europe/Berlin".to_owned(),
        habit: Habit { quiet_from: 1_320, quiet_until: 420, critical_always: false, digest_minute: 540 },
    };
    store.set_notice_habit(&demo, person(1), &habit).await.unwrap();
    let listeners = store.listeners(&demo).await.unwrap();
    assert_eq!(listeners.len(), 1);
    let listener = &listeners[0];
    assert_eq!((listener.language.as_str(), &listener.habit, listener.grants.len()), ("ru", &habit, 1));
    let paces: Vec<_> =
        listener.subscriptions.iter().map(|one| (one.event, one.pace, one.tell_settled)).collect();
    assert_eq!(
        paces,
        [(None, Pace::Hourly, Some(false)), (Some(NoticeEvent::LowStock), Pace::Daily, Some(false))],
        "said anew, not twice"
    );
    store.unsubscribe(&demo, person(1), SubscriptionId(Uuid::from_u128(2))).await.unwrap();
    assert_eq!(store.subscriptions(&demo, person(1)).await.unwrap().len(), 1);
    assert_eq!(store.notice_habit(&demo, person(9)).await.unwrap(), NoticeHabit::default());
    let someones = store.subscribe(&demo, person(9), &wanted(4, None, Pace::AtOnce), NOW).await;
    assert!(matches!(someones, Err(StoreError::NotFound { .. })), "{someones:?}");
}

async fn a_notice_is_planned_once_and_its_deliveries_go_in_turn(rig: Rig) {
    let rig = with_person(rig).await;
    let (store, demo) = (&rig.store, org("demo"));
    confirmed(store, 1).await;
    confirmed(store, 2).await;
    rig.damage("DELETE FROM delivery").await;
    let notice = raise(store, "till-1").await;
    let planned = Planned {
        deliveries: vec![
            delivery("a", 1),
            delivery("b", 1),
            delivery("a", 2),
            delivery("c", 2),
            delivery("d", 99),
        ],
        together: vec![],
    };
    assert_eq!(store.notices_to_plan(10).await.unwrap().len(), 1);
    assert!(store.plan_notice(&demo, notice, &planned, NOW).await.unwrap());
    assert!(!store.plan_notice(&demo, notice, &planned, NOW).await.unwrap());
    assert!(store.notices_to_plan(10).await.unwrap().is_empty());
    let next = async |at| {
        let found = store.next_deliveries(Channel::Telegram, later(at), 10).await.unwrap();
        found
            .into_iter()
            .map(|(delivery, to)| (delivery.asked.key, to.address, delivery.id))
            .collect::<Vec<_>>()
    };
    let heads = next(0).await;
    assert_eq!(
        (heads.len(), heads[0].0.as_str(), heads[1].0.as_str()),
        (2, "a", "c"),
        "one an address, oldest first"
    );
    assert_eq!((heads[0].1.as_str(), heads[1].1.as_str()), ("1", "2"));
    assert!(store.begin_delivery(heads[0].2, "me").await.unwrap());
    assert!(!store.begin_delivery(heads[0].2, "you").await.unwrap());
    assert_eq!(next(0).await.len(), 2, "b and c");
    let settle =
        async |sender, outcome| store.settle_delivery(heads[0].2, sender, &outcome, later(5)).await.unwrap();
    settle("you", SendOutcome::Dead("not yours".to_owned())).await;
    settle("me", SendOutcome::Again { problem: "busy".to_owned(), at: later(100), is_doubtful: true }).await;
    assert!(next(99).await.iter().all(|(key, ..)| key != "a"));
    assert!(store.begin_delivery(heads[0].2, "me").await.unwrap());
    settle("me", SendOutcome::Sent("77".to_owned())).await;
    let state = |state| DeliveryFilter { state: Some(state), ..DeliveryFilter::default() };
    let sent = store.deliveries(&demo, &state(DeliveryState::Sent), None, 10).await.unwrap();
    assert_eq!((sent.len(), sent[0].attempts, sent[0].doubtful), (1, 2, true));
    assert_eq!((sent[0].remote_id.as_deref(), sent[0].problem.as_deref()), (Some("77"), None));
    assert!(store.begin_delivery(heads[1].2, "me").await.unwrap());
    store.settle_delivery(heads[1].2, "me", &SendOutcome::Dead("no".to_owned()), NOW).await.unwrap();
    let counts = store.delivery_counts(Channel::Telegram).await.unwrap();
    assert_eq!((counts.waiting, counts.dead), (1, 1));
    assert!(store.revive_delivery(&org("other"), heads[1].2, NOW).await.is_err());
    store.revive_delivery(&demo, heads[1].2, NOW).await.unwrap();
    assert_eq!(store.delivery_counts(Channel::Telegram).await.unwrap().waiting, 2);
    assert_eq!(store.prune_deliveries(later(10), 10).await.unwrap(), 1);
}

async fn what_was_being_sent_when_its_sender_died_is_doubtful(rig: Rig) {
    let rig = with_person(rig).await;
    let (store, demo) = (&rig.store, org("demo"));
    confirmed(store, 1).await;
    let (first, _) = store.next_deliveries(Channel::Telegram, NOW, 10).await.unwrap().remove(0);
    assert!(store.begin_delivery(first.id, "old").await.unwrap());
    assert_eq!(store.take_over_deliveries(Channel::Email).await.unwrap(), 0);
    assert_eq!(store.take_over_deliveries(Channel::Telegram).await.unwrap(), 1);
    let (again, _) = store.next_deliveries(Channel::Telegram, NOW, 10).await.unwrap().remove(0);
    assert_eq!((again.id, again.doubtful, again.attempts), (first.id, true, 1));
    store.settle_delivery(first.id, "old", &SendOutcome::Sent(String::new()), NOW).await.unwrap();
    let all = store.deliveries(&demo, &DeliveryFilter::default(), None, 10).await.unwrap();
    assert_eq!(all[0].state, DeliveryState::Waiting, "the old one's word counts no more");
}

async fn an_address_that_is_off_gets_nothing_more(rig: Rig) {
    let rig = with_person(rig).await;
    let (store, demo) = (&rig.store, org("demo"));
    let address = confirmed(store, 1).await;
    let notice = raise(store, "till-1").await;
    let planned = Planned { deliveries: vec![delivery("a", 1)], together: vec![] };
    store.plan_notice(&demo, notice, &planned, NOW).await.unwrap();
    let (first, _) = store.next_deliveries(Channel::Telegram, NOW, 10).await.unwrap().remove(0);
    store.begin_delivery(first.id, "me").await.unwrap();
    store.settle_delivery(first.id, "me", &SendOutcome::AddressOff("blocked".to_owned()), NOW).await.unwrap();
    let off = store.notice_address(&demo, person(1), address).await.unwrap();
    assert_eq!((off.off_at, off.off_reason.as_deref()), (Some(NOW), Some("blocked")));
    assert!(store.listeners(&demo).await.unwrap().is_empty());
    assert_eq!(store.delivery_counts(Channel::Telegram).await.unwrap().dead, 2);
}

async fn digests_gather_until_they_are_due(rig: Rig) {
    let rig = with_person(rig).await;
    let (store, demo) = (&rig.store, org("demo"));
    let address = confirmed(store, 1).await;
    rig.damage("DELETE FROM delivery").await;
    for (key, due) in [("till-1", 100), ("till-2", 100), ("till-3", 200)] {
        let notice = raise(store, key).await;
        let planned = Planned { deliveries: vec![], together: vec![(address, later(due))] };
        store.plan_notice(&demo, notice, &planned, NOW).await.unwrap();
    }
    assert!(store.due_digests(later(99), 10).await.unwrap().is_empty());
    let due = store.due_digests(later(100), 10).await.unwrap();
    let keys: Vec<&str> = due[0].notices.iter().map(|notice| notice.key.as_str()).collect();
    assert_eq!((due.len(), keys), (1, vec!["till-1", "till-2"]));
    assert!(store.send_digest(&due[0], Some(&delivery("digest", 1)), NOW).await.unwrap());
    assert!(!store.send_digest(&due[0], Some(&delivery("digest", 1)), NOW).await.unwrap());
    assert_eq!(store.delivery_counts(Channel::Telegram).await.unwrap().waiting, 1);
    assert_eq!(store.due_digests(later(200), 10).await.unwrap()[0].notices.len(), 1);
}

async fn templates_have_versions(rig: Rig) {
    let rig = with_person(rig).await;
    let (store, demo) = (&rig.store, org("demo"));
    let by = Actor::User(person(1));
    let text =
        |body: &str| TemplateText { subject: "S".to_owned(), body: body.to_owned(), html: String::new() };
    let put = async |language, body: &str| {
        store.put_template(&demo, (NoticeEvent::LowStock, language), &text(body), &by, NOW).await
    };
    assert_eq!(put("en", "one").await.unwrap(), 1);
    assert_eq!(put("en", "two").await.unwrap(), 2);
    assert_eq!(put("ru", "раз").await.unwrap(), 1);
    let newest = store.templates(&demo).await.unwrap();
    let words: Vec<_> =
        newest.iter().map(|one| (one.language.as_str(), one.version, one.text.body.as_str())).collect();
    assert_eq!(words, [("en", 2, "two"), ("ru", 1, "раз")]);
    assert_eq!(store.template_versions(&demo, NoticeEvent::LowStock, "en").await.unwrap().len(), 2);
    assert!(store.templates(&org("other")).await.unwrap().is_empty());
    let long = put("en", &"x".repeat(40_000)).await;
    assert!(matches!(long, Err(StoreError::Invalid { what: What::NoticeTemplate, .. })), "{long:?}");
}
