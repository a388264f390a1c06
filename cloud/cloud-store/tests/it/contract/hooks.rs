//! Hooks: what other systems tell is taken once, and all of a request or nothing.

use cloud_store::{
    Actor, Hook, HookArrival, HookChange, HookEvent, HookId, HookKind, HookSecret, HookSigning, NewEvent,
    NewHook, NewJob, Registration, SeenProduct, Store, StoreError, What,
};
use domain::ids::{ProductId, StoreId, Uuid};
use domain::money::Money;
use domain::quantity::{Measure, UnitPrice};
use testkit::build;

use crate::support::{DAY_MS, NOW, Rig, all_at_once, by_hand, later, org, over_both_engines};

over_both_engines!(
    hooks_are_made_changed_and_removed,
    what_is_told_is_taken_once_by_many_at_once,
    all_of_a_request_is_taken_or_nothing,
    counts_correct_what_deliveries_brought,
    what_changed_meanwhile_is_thought_out_anew,
    old_events_and_requests_are_forgotten,
);

const HOOK: HookId = HookId(Uuid::from_u128(7));

fn new_hook() -> NewHook {
    NewHook {
        id: HOOK,
        name: "ERP".to_owned(),
        signing: HookSigning::Standard,
        kinds: vec![HookKind::PriceChanged, HookKind::StockCounted],
        secret: HookSecret("whsec_first".to_owned()),
        made_by: by_hand(),
    }
}

async fn with_hook(rig: Rig) -> Rig {
    let rig = rig.with_tills().await;
    rig.store.create_hook(&org("demo"), &new_hook(), NOW).await.unwrap();
    rig.store.register_product(&org("demo"), &registration(100), NOW).await.unwrap();
    rig
}

fn milk() -> ProductId {
    ProductId::new("milk").unwrap()
}

fn shop() -> StoreId {
    StoreId::new("corner-shop").unwrap()
}

fn registration(minor: i64) -> Registration {
    let event = NewEvent { topic: "t".to_owned(), key: "milk".to_owned(), payload: Vec::new() };
    let product = build::piece("milk", minor);
    Registration { product, category: None, photos: vec![], event, job: None }
}

fn price(minor: i64) -> UnitPrice {
    UnitPrice { amount: Money::new(minor, build::euro()), per: Measure::Piece }
}

fn arrival(message: &str, events: u32) -> HookArrival {
    HookArrival { hook: HOOK, message: message.to_owned(), at: later(10), size_bytes: 99, events }
}

fn told(id: &str, change: HookChange) -> HookEvent {
    HookEvent { id: id.to_owned(), hash: [id.len() as u8; 32], change }
}

fn counted(id: &str, quantity: i64) -> HookEvent {
    told(id, HookChange::Counted { store: shop(), product: milk(), quantity })
}

fn delivered(id: &str, quantity: i64) -> HookEvent {
    told(id, HookChange::Delivered { store: shop(), product: milk(), quantity })
}

fn follow() -> NewJob {
    NewJob {
        kind: "publish".to_owned(),
        payload: vec![],
        dedupe_key: Some("demo".to_owned()),
        run_after: NOW,
        attempts_max: 1,
    }
}

async fn seen(store: &Store) -> Vec<SeenProduct> {
    vec![(milk(), Some(store.product(&org("demo"), &milk()).await.unwrap()))]
}

async fn take(store: &Store, events: &[HookEvent]) -> Result<Option<Vec<bool>>, StoreError> {
    let seen = seen(store).await;
    let arrival = arrival("m", u32::try_from(events.len()).unwrap());
    store.take_hook_events(&org("demo"), &arrival, events, &seen, &follow()).await
}

async fn on_hand(store: &Store) -> i64 {
    let found = store.stock(&org("demo"), &shop(), None, 10).await.unwrap();
    found.first().map_or(0, |balance| balance.quantity)
}

async fn hooks_are_made_changed_and_removed(rig: Rig) {
    let rig = with_hook(rig).await;
    let (store, demo) = (&rig.store, org("demo"));
    let Hook { hook, org: of, secret_before, disabled_at, .. } = store.hook(HOOK).await.unwrap();
    assert_eq!((hook, of, secret_before, disabled_at), (new_hook(), demo.clone(), None, None));
    assert!(!format!("{:?}", store.hook(HOOK).await.unwrap()).contains("whsec"));
    let next = HookSecret("whsec_second".to_owned());
    store.rotate_hook_secret(&demo, HOOK, &next, later(DAY_MS)).await.unwrap();
    store.disable_hook(&demo, HOOK, true, later(5)).await.unwrap();
    let hook = store.hook(HOOK).await.unwrap();
    assert_eq!(hook.hook.secret, next);
    assert_eq!(hook.secret_before, Some((new_hook().secret, later(DAY_MS))));
    assert_eq!(hook.disabled_at, Some(later(5)));
    let refused = take(store, &[counted("e", 3)]).await.unwrap_err();
    assert!(matches!(refused, StoreError::Conflict { what: What::Hook, .. }), "{refused}");
    store.disable_hook(&demo, HOOK, false, later(5)).await.unwrap();
    take(store, &[counted("e", 3)]).await.unwrap().unwrap();
    assert_eq!(store.hooks(&demo).await.unwrap()[0].taken_at, Some(later(10)));

    let other = org("other");
    assert!(store.rotate_hook_secret(&other, HOOK, &next, NOW).await.is_err());
    assert!(store.disable_hook(&other, HOOK, true, NOW).await.is_err());
    assert!(store.remove_hook(&other, HOOK).await.is_err());
    assert!(store.hooks(&other).await.unwrap().is_empty());
    assert!(store.hook_requests(&other, HOOK, None, 10).await.unwrap().is_empty());
    store.remove_hook(&demo, HOOK).await.unwrap();
    assert!(store.hook(HOOK).await.is_err());
    assert_eq!(rig.number("SELECT COUNT(*) FROM hook_event").await, 0);
    assert_eq!(on_hand(store).await, 3, "what it changed stays");
}

async fn what_is_told_is_taken_once_by_many_at_once(rig: Rig) {
    let rig = with_hook(rig).await;
    let attempts = (0..20).map(|_| {
        let store = rig.store.clone();
        async move { take(&store, &[delivered("e1", 5), delivered("e22", 2)]).await.unwrap().is_some() }
    });
    let taken = all_at_once(attempts).await.into_iter().filter(|taken| *taken).count();
    assert_eq!((taken, on_hand(&rig.store).await), (1, 7));
    let known = rig.store.hook_events_known(HOOK, &["e1", "e22", "e333"]).await.unwrap();
    assert_eq!(known, [("e1".to_owned(), [2; 32]), ("e22".to_owned(), [3; 32])].into());
    let requests = rig.store.hook_requests(&org("demo"), HOOK, None, 10).await.unwrap();
    assert_eq!(requests.len(), 1, "those that were not taken left nothing");
    assert_eq!((requests[0].status, requests[0].new_events), (200, 2));
    let ledger = rig.store.stock_movements(&org("demo"), &shop(), None, None, 10).await.unwrap();
    assert!(ledger.iter().all(|line| line.made_by == Actor::Hook(HOOK)), "{ledger:?}");
}

async fn all_of_a_request_is_taken_or_nothing(rig: Rig) {
    let rig = with_hook(rig).await;
    let nowhere =
        HookChange::Delivered { store: StoreId::new("nowhere").unwrap(), product: milk(), quantity: 1 };
    let below = HookChange::Price { product: milk(), price: price(-1), from: NOW };
    for wrong in [nowhere, below] {
        let refused = take(&rig.store, &[delivered("e1", 5), told("wrong", wrong)]).await.unwrap_err();
        assert!(refused.to_string().contains("`wrong`"), "{refused}");
    }
    for table in ["hook_event", "hook_request", "stock_movement", "job"] {
        let sql = match table {
            "hook_event" => "SELECT COUNT(*) FROM hook_event",
            "hook_request" => "SELECT COUNT(*) FROM hook_request",
            "stock_movement" => "SELECT COUNT(*) FROM stock_movement",
            _ => "SELECT COUNT(*) FROM job",
        };
        assert_eq!(rig.number(sql).await, 0, "{table}");
    }
    let changes = [
        told("1", HookChange::Product(Box::new(registration(110)))),
        told("22", HookChange::Price { product: milk(), price: price(120), from: later(20) }),
        told("333", HookChange::Product(Box::new(registration(110)))),
    ];
    assert_eq!(take(&rig.store, &changes).await.unwrap(), Some(vec![true, true, false]));
    assert_eq!(rig.store.product(&org("demo"), &milk()).await.unwrap().product.price, price(110));
    assert_eq!(rig.store.scheduled_prices(&org("demo"), &milk()).await.unwrap().len(), 1);
    assert_eq!(rig.number("SELECT COUNT(*) FROM job").await, 1);
}

async fn counts_correct_what_deliveries_brought(rig: Rig) {
    let rig = with_hook(rig).await;
    let events = [delivered("1", 10), counted("22", 8), delivered("333", 5), counted("4444", 13)];
    assert_eq!(take(&rig.store, &events).await.unwrap(), Some(vec![true, true, true, false]));
    assert_eq!(on_hand(&rig.store).await, 13);
    let refused = take(&rig.store, &[counted("55555", -1)]).await.unwrap_err();
    assert!(matches!(refused, StoreError::Invalid { .. }), "{refused}");
    assert_eq!(take(&rig.store, &[counted("666666", 0)]).await.unwrap(), Some(vec![true]));
    assert_eq!(on_hand(&rig.store).await, 0);
    assert_eq!(rig.store.verify_stock(&org("demo"), &shop()).await.unwrap(), []);
}

async fn what_changed_meanwhile_is_thought_out_anew(rig: Rig) {
    let rig = with_hook(rig).await;
    let (store, demo) = (&rig.store, org("demo"));
    let seen = seen(store).await;
    store.register_product(&demo, &registration(105), later(1)).await.unwrap();
    let events = [told("1", HookChange::Product(Box::new(registration(110))))];
    let taken = store.take_hook_events(&demo, &arrival("m", 1), &events, &seen, &follow()).await.unwrap();
    assert_eq!(taken, None);
    assert_eq!(store.product(&demo, &milk()).await.unwrap().product.price, price(105));
    let unknown = [(milk(), None)];
    let taken = store.take_hook_events(&demo, &arrival("m", 1), &events, &unknown, &follow()).await.unwrap();
    assert_eq!(taken, None, "it was not there when it was looked for");
    assert_eq!(take(store, &events).await.unwrap(), Some(vec![true]));
}

async fn old_events_and_requests_are_forgotten(rig: Rig) {
    let rig = with_hook(rig).await;
    let store = &rig.store;
    take(store, &[delivered("1", 1)]).await.unwrap().unwrap();
    let refused = HookArrival { at: later(DAY_MS), ..arrival("late", 0) };
    store.note_hook_request(&refused, 401, &"x".repeat(5_000)).await.unwrap();
    let requests = store.hook_requests(&org("demo"), HOOK, None, 1).await.unwrap();
    assert_eq!((requests[0].status, requests[0].problem.len()), (401, 1_000));
    let before = store.hook_requests(&org("demo"), HOOK, Some(requests[0].id), 10).await.unwrap();
    assert_eq!(before.iter().map(|one| one.status).collect::<Vec<_>>(), [200]);
    assert_eq!(store.prune_hooks(later(10), later(10)).await.unwrap(), 0);
    assert_eq!(store.prune_hooks(later(11), later(11)).await.unwrap(), 2);
    assert_eq!(store.hook_requests(&org("demo"), HOOK, None, 10).await.unwrap().len(), 1);
}
