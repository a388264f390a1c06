//! Counts: what people find, while selling goes on.

use cloud_core::ledger::{Movement, StockKey, StockUnit};
use cloud_store::{
    Actor, CountEntry, CountLineFilter, CountScope, CountState, CountSums, NewCount, NewEvent, StockCount,
    StockCountId, StockEntryId, StockOrigin, StockReason, Store, Uncounted,
};
use domain::ids::{StoreId, Uuid};
use domain::time::WallMs;

use super::sourcing::{product, refused, shop, with_goods};
use crate::support::{
    Journal, Rig, SECOND_MS, all_at_once, by_hand, later, org, over_both_engines, sale, till, while_writing,
};

over_both_engines!(
    sales_that_come_while_people_count_stay_sold,
    sales_of_a_till_that_was_offline_are_not_missing,
    what_two_counts_find_missing_is_missing_once,
    numbers_that_are_sent_again_count_once,
    a_closed_count_is_kept_and_takes_nothing_more,
    what_nobody_counted_is_left_or_nothing,
    many_people_count_at_once,
);

fn count_id(number: u128) -> StockCountId {
    StockCountId(Uuid::from_u128(number))
}

fn entry(number: u128, name: &str, quantity: u64) -> CountEntry {
    CountEntry {
        id: StockEntryId(Uuid::from_u128(number)),
        product: product(name),
        unit: None,
        quantity,
        adds: false,
        counted_at: None,
    }
}

fn milk() -> StockKey {
    StockKey { product: product("milk"), unit: StockUnit::Piece }
}

fn told(count: &StockCount, _: &CountSums) -> NewEvent {
    NewEvent { topic: "stock_changes".to_owned(), key: count.id.to_string(), payload: b"{}".to_vec() }
}

async fn opened(store: &Store, name: &str, quantity: i64) {
    let key = StockKey { product: product(name), unit: StockUnit::Piece };
    let opening = [Movement { key, change: quantity }];
    store
        .move_stock(&org("demo"), &shop(), &opening, StockReason::Opening, &by_hand(), later(0))
        .await
        .unwrap();
}

async fn begin(store: &Store, number: u128, scope: CountScope, at: WallMs) -> StockCount {
    let count = NewCount { id: count_id(number), scope, note: "yearly".to_owned() };
    store.start_count(&org("demo"), &shop(), &count, (&by_hand(), at)).await.unwrap().0
}

async fn close(store: &Store, number: u128, uncounted: Uncounted, at: WallMs) -> CountSums {
    let by = (&by_hand(), at);
    store.close_count(&org("demo"), &shop(), count_id(number), uncounted, told, by).await.unwrap()
}

async fn enter(store: &Store, number: u128, entries: &[CountEntry], at: WallMs) {
    store.count_stock(&org("demo"), &shop(), count_id(number), entries, (&by_hand(), at)).await.unwrap();
}

async fn there_is(store: &Store, key: &StockKey) -> i64 {
    let stock = store.stock(&org("demo"), &shop(), None, 10).await.unwrap();
    assert_eq!(store.verify_stock(&org("demo"), &shop()).await.unwrap(), []);
    stock.iter().find(|one| one.key == *key).map_or(0, |one| one.quantity)
}

/// Two milks are sold at a moment.
async fn sell(store: &Store, journal: &mut Journal, number: u64, at: WallMs) {
    let mut sold = sale(number);
    (sold.started_at, sold.completed_at) = (at, at);
    let entry = journal.append(sold);
    while_writing(store, store.ingest(&till("demo"), vec![entry], at)).await.unwrap();
}

async fn sales_that_come_while_people_count_stay_sold(rig: Rig) {
    let rig = with_goods(rig).await;
    let store = &rig.store;
    let mut journal = Journal::new(till("demo"));
    opened(store, "milk", 24).await;
    sell(store, &mut journal, 1, later(SECOND_MS)).await;
    begin(store, 1, CountScope::Store, later(2 * SECOND_MS)).await;
    sell(store, &mut journal, 2, later(3 * SECOND_MS)).await;
    // The ledger says 20, one of which somebody broke.
    enter(store, 1, &[entry(1, "milk", 19)], later(4 * SECOND_MS)).await;
    sell(store, &mut journal, 3, later(5 * SECOND_MS)).await;
    sell(store, &mut journal, 4, later(6 * SECOND_MS)).await;
    let sums = close(store, 1, Uncounted::Leave, later(7 * SECOND_MS)).await;
    assert_eq!((sums.counted, sums.different, sums.short_minor, sums.over_minor), (1, 1, 100, 0));
    assert_eq!(there_is(store, &milk()).await, 19 - 4, "what was sold since is sold");
    let ledger = store.stock_movements(&org("demo"), &shop(), Some(&product("milk")), None, 1).await.unwrap();
    assert_eq!((ledger[0].movement.change, ledger[0].reason), (-1, StockReason::Correction));
    assert_eq!(
        (ledger[0].origin, ledger[0].note.as_str()),
        (Some(StockOrigin::Count(count_id(1))), "yearly")
    );
}

async fn sales_of_a_till_that_was_offline_are_not_missing(rig: Rig) {
    let rig = with_goods(rig).await;
    let store = &rig.store;
    let mut journal = Journal::new(till("demo"));
    opened(store, "milk", 24).await;
    begin(store, 1, CountScope::Store, later(SECOND_MS)).await;
    enter(store, 1, &[entry(1, "milk", 22)], later(10 * SECOND_MS)).await;
    let line =
        |found: Vec<cloud_store::CountLine>| found.into_iter().find(|line| line.key == milk()).unwrap();
    let count = store.stock_count(&org("demo"), &shop(), count_id(1)).await.unwrap();
    let all = CountLineFilter::default();
    let shown = line(store.count_lines(&org("demo"), &count, &all, None, 10).await.unwrap());
    assert_eq!((shown.expected, shown.difference(), shown.worth_minor()), (Some(24), Some(-2), Some(-200)));
    // Paid before somebody counted, and told only now; and one that was paid since.
    sell(store, &mut journal, 1, later(5 * SECOND_MS)).await;
    sell(store, &mut journal, 2, later(15 * SECOND_MS)).await;
    let sums = close(store, 1, Uncounted::Leave, later(20 * SECOND_MS)).await;
    assert_eq!((sums.different, sums.short_minor), (0, 0));
    assert_eq!(there_is(store, &milk()).await, 20);
}

async fn what_two_counts_find_missing_is_missing_once(rig: Rig) {
    let rig = with_goods(rig).await;
    let store = &rig.store;
    opened(store, "milk", 10).await;
    begin(store, 1, CountScope::Store, later(1)).await;
    begin(store, 2, CountScope::Products(vec![product("milk")]), later(1)).await;
    enter(store, 1, &[entry(1, "milk", 8)], later(2)).await;
    enter(store, 2, &[entry(2, "milk", 8)], later(3)).await;
    assert_eq!(close(store, 2, Uncounted::Leave, later(4)).await.different, 1);
    assert_eq!(close(store, 1, Uncounted::Leave, later(5)).await.different, 0);
    assert_eq!(there_is(store, &milk()).await, 8);
}

async fn numbers_that_are_sent_again_count_once(rig: Rig) {
    let rig = with_goods(rig).await;
    let (store, demo) = (&rig.store, org("demo"));
    opened(store, "milk", 10).await;
    let count = begin(store, 1, CountScope::Products(vec![product("milk")]), later(1)).await;
    enter(store, 1, &[entry(1, "milk", 4)], later(10)).await;
    let more = CountEntry { adds: true, ..entry(2, "milk", 5) };
    for at in [20, 30] {
        enter(store, 1, &[entry(1, "milk", 4), more.clone()], later(at)).await;
    }
    let all = CountLineFilter::default();
    let line = store.count_lines(&demo, &count, &all, None, 10).await.unwrap().remove(0);
    assert_eq!((line.quantity, line.counted_at), (Some(9), Some(later(10))), "the moment is the first one's");
    // A scanner that is late says nothing against what was counted since.
    let late = CountEntry { counted_at: Some(later(5)), ..entry(3, "milk", 1) };
    enter(store, 1, &[late], later(40)).await;
    let line = store.count_lines(&demo, &count, &all, None, 10).await.unwrap().remove(0);
    assert_eq!(line.quantity, Some(9));
    let by = (&by_hand(), later(50));
    let early = CountEntry { counted_at: Some(later(0)), ..entry(4, "milk", 1) };
    refused(store.count_stock(&demo, &shop(), count_id(1), &[early], by).await, "before the count began");
    refused(
        store.count_stock(&demo, &shop(), count_id(1), &[entry(5, "beer", 1)], by).await,
        "counts no `beer`",
    );
    refused(store.count_stock(&demo, &shop(), count_id(1), &[entry(5, "wine", 1)], by).await, "no product");
    refused(store.count_stock(&org("other"), &shop(), count_id(1), &[], by).await, "no count");
    let elsewhere = StoreId::new("elsewhere").unwrap();
    refused(store.count_stock(&demo, &elsewhere, count_id(1), &[], by).await, "no count");
}

async fn a_closed_count_is_kept_and_takes_nothing_more(rig: Rig) {
    let rig = with_goods(rig).await;
    let (store, demo) = (&rig.store, org("demo"));
    opened(store, "milk", 10).await;
    let first = begin(store, 1, CountScope::Store, later(1)).await;
    assert_eq!(begin(store, 1, CountScope::Store, later(9)).await, first, "the same id begins nothing");
    enter(store, 1, &[entry(1, "milk", 12)], later(2)).await;
    close(store, 1, Uncounted::Leave, later(3)).await;
    let by = (&by_hand(), later(4));
    refused(store.count_stock(&demo, &shop(), count_id(1), &[entry(2, "milk", 1)], by).await, "is closed");
    refused(store.cancel_count(&demo, &shop(), count_id(1), by).await, "is closed");
    let again = store.close_count(&demo, &shop(), count_id(1), Uncounted::Leave, told, by).await;
    refused(again, "is closed");
    begin(store, 2, CountScope::Store, later(5)).await;
    enter(store, 2, &[entry(1, "milk", 1)], later(6)).await;
    store.cancel_count(&demo, &shop(), count_id(2), by).await.unwrap();
    refused(store.count_stock(&demo, &shop(), count_id(2), &[], by).await, "was given up");
    assert_eq!(there_is(store, &milk()).await, 12);
    let counts = store.stock_counts(&demo, &shop(), None, None, 1).await.unwrap();
    assert_eq!((counts[0].id, counts[0].state), (count_id(2), CountState::Cancelled));
    let before = Some((counts[0].made_at, counts[0].id));
    let older = store.stock_counts(&demo, &shop(), None, before, 10).await.unwrap();
    assert_eq!((older.len(), older[0].state, older[0].settled_at), (1, CountState::Closed, Some(later(3))));
    assert_eq!(store.stock_counts(&demo, &shop(), Some(CountState::Open), None, 10).await.unwrap(), []);
    assert_eq!(rig.number("SELECT COUNT(*) FROM outbox_event WHERE topic = 'stock_changes'").await, 1);
    let found = store.shelf(&demo, &shop(), &Default::default(), None, (later(9), 10)).await.unwrap();
    assert_eq!(found[0].counted_at, Some(later(2)));
}

async fn what_nobody_counted_is_left_or_nothing(rig: Rig) {
    let rig = with_goods(rig).await;
    let (store, demo) = (&rig.store, org("demo"));
    opened(store, "milk", 10).await;
    opened(store, "beer", 5).await;
    let beer = StockKey { product: product("beer"), unit: StockUnit::Piece };
    let count = begin(store, 1, CountScope::Store, later(1)).await;
    enter(store, 1, &[entry(1, "milk", 10)], later(2)).await;
    let open = CountLineFilter { counted: Some(false), ..CountLineFilter::default() };
    let lines = store.count_lines(&demo, &count, &open, None, 10).await.unwrap();
    assert_eq!((lines.len(), &lines[0].key, lines[0].expected), (1, &beer, Some(5)));
    let by_name = CountLineFilter { search: Some("MIL".to_owned()), ..CountLineFilter::default() };
    assert_eq!(store.count_lines(&demo, &count, &by_name, None, 10).await.unwrap().len(), 1);
    close(store, 1, Uncounted::Leave, later(3)).await;
    assert_eq!(there_is(store, &beer).await, 5);
    begin(store, 2, CountScope::Store, later(4)).await;
    enter(store, 2, &[entry(1, "milk", 10)], later(5)).await;
    let sums = close(store, 2, Uncounted::Nothing, later(6)).await;
    assert_eq!((sums.lines, sums.counted, sums.different, sums.short_minor), (2, 2, 1, 500));
    assert_eq!((there_is(store, &beer).await, there_is(store, &milk()).await), (0, 10));
}

async fn many_people_count_at_once(rig: Rig) {
    let rig = with_goods(rig).await;
    let store = &rig.store;
    opened(store, "milk", 100).await;
    begin(store, 1, CountScope::Store, later(1)).await;
    let people = (1..=8_u128).map(|number| {
        let store = store.clone();
        async move {
            let by = Actor::System(format!("person {number}"));
            let found = CountEntry { adds: true, ..entry(number, "milk", 10) };
            for _ in 0..2 {
                let entries = std::slice::from_ref(&found);
                store
                    .count_stock(&org("demo"), &shop(), count_id(1), entries, (&by, later(9)))
                    .await
                    .unwrap();
            }
        }
    });
    all_at_once(people).await;
    let sums = close(store, 1, Uncounted::Leave, later(10)).await;
    assert_eq!((sums.counted, there_is(store, &milk()).await), (1, 80));
}
