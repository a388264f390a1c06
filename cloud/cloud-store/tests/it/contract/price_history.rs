//! What products cost, when, and who said so.

use cloud_store::{
    NewAuditEntry, NewEvent, PriceOrigin, PriceSpan, PriceSpanCursor, Registration, Store, StorePrice,
};
use domain::ids::{ProductId, StoreId};
use domain::money::Money;
use domain::quantity::{Measure, UnitPrice};
use domain::time::WallMs;
use testkit::build;

use crate::support::{NOW, Rig, by_hand, later, org, over_both_engines};

over_both_engines!(
    every_price_is_kept_with_its_time,
    a_price_that_counted_is_never_written_over,
    a_price_by_hand_counts_after_an_older_one_that_comes_late,
    a_stores_price_counts_before_the_organisations,
    the_past_of_a_removed_product_stays,
    a_price_that_comes_late_counts_in_a_store_too,
);

fn milk() -> ProductId {
    ProductId::new("milk").unwrap()
}

fn shop() -> StoreId {
    StoreId::new("corner-shop").unwrap()
}

fn price(minor: i64) -> UnitPrice {
    UnitPrice { amount: Money::new(minor, build::euro()), per: Measure::Piece }
}

fn event() -> NewEvent {
    NewEvent { topic: "t".to_owned(), key: "milk".to_owned(), payload: Vec::new() }
}

/// The product with a price, said by the organisation's own hand.
async fn set(store: &Store, minor: i64, at: WallMs) {
    let entry = NewAuditEntry {
        actor: by_hand(),
        action: "product.register".to_owned(),
        object: "product:milk".to_owned(),
        detail: String::new(),
    };
    let product = build::piece("milk", minor);
    let registration = Registration { product, category: None, photos: vec![], event: event(), job: None };
    let audited = store.audited(&org("demo"), &entry, at).unwrap();
    audited.register_product(&org("demo"), &registration, at).await.unwrap();
}

async fn schedule(store: &Store, minor: i64, from: WallMs, at: WallMs) {
    store.schedule_price(&org("demo"), &milk(), &price(minor), from, &by_hand(), at).await.unwrap();
}

async fn in_store(store: &Store, minor: Option<i64>, from: WallMs, at: WallMs) {
    let price = StorePrice {
        store: shop(),
        effective_from: from,
        price: minor.map(price),
        made_by: by_hand(),
        made_at: at,
    };
    store.schedule_store_price(&org("demo"), &milk(), &price).await.unwrap();
}

async fn apply(store: &Store, at: WallMs) {
    store.apply_due_prices(at, 100, &|_, _| event()).await.unwrap();
    store.apply_due_store_prices(at).await.unwrap();
}

async fn history(store: &Store, of_store: Option<&StoreId>) -> Vec<PriceSpan> {
    store.price_history(&org("demo"), &milk(), of_store, None, 100).await.unwrap()
}

/// Amount, first and last moment of each, counted from NOW.
fn brief(spans: &[PriceSpan]) -> Vec<(Option<i64>, i64, Option<i64>)> {
    let since = |at: WallMs| at.0 - NOW.0;
    spans.iter().map(|span| (minor(span), since(span.from), span.until.map(since))).collect()
}

fn minor(span: &PriceSpan) -> Option<i64> {
    span.price.map(|price| price.amount.minor)
}

async fn every_price_is_kept_with_its_time(rig: Rig) {
    let rig = rig.with_tills().await;
    let store = &rig.store;
    set(store, 100, NOW).await;
    set(store, 100, later(5)).await;
    set(store, 110, later(10)).await;
    schedule(store, 120, later(20), later(11)).await;
    schedule(store, 130, later(90), later(12)).await;
    apply(store, later(25)).await;
    let spans = history(store, None).await;
    let expected = [
        (Some(130), 90, None),
        (Some(120), 20, Some(90)),
        (Some(110), 10, Some(20)),
        (Some(100), 0, Some(10)),
    ];
    assert_eq!(brief(&spans), expected);
    let origins: Vec<_> = spans.iter().map(|span| span.origin).collect();
    let (scheduled, edited) = (PriceOrigin::Scheduled, PriceOrigin::Edited);
    assert_eq!(origins, [scheduled, scheduled, edited, PriceOrigin::Registered]);
    assert!(spans.iter().all(|span| span.made_by == by_hand()));
    for (at, expected) in [(-1, None), (0, Some(100)), (19, Some(110)), (20, Some(120)), (1_000, Some(130))] {
        let found = store.price_at(&org("demo"), &milk(), None, later(at)).await.unwrap();
        assert_eq!(found.map(|(span, _)| minor(&span).unwrap()), expected, "at {at}");
    }
    let (first, rest) = spans.split_at(2);
    let place = PriceSpanCursor { from: first[1].from, effective_from: first[1].effective_from };
    let page = store.price_history(&org("demo"), &milk(), None, Some(place), 100).await.unwrap();
    assert_eq!(page, rest, "a page knows when its last price ended");
    assert!(store.price_history(&org("other"), &milk(), None, None, 9).await.unwrap().is_empty());
}

async fn a_price_that_counted_is_never_written_over(rig: Rig) {
    let rig = rig.with_tills().await;
    let store = &rig.store;
    set(store, 100, NOW).await;
    schedule(store, 120, later(10), NOW).await;
    apply(store, later(10)).await;
    schedule(store, 120, later(10), later(20)).await;
    assert_eq!(history(store, None).await.len(), 2, "the same again is nothing new");
    schedule(store, 125, later(10), later(30)).await;
    apply(store, later(30)).await;
    let expected = [(Some(125), 30, None), (Some(120), 10, Some(30)), (Some(100), 0, Some(10))];
    assert_eq!(brief(&history(store, None).await), expected);
    assert_eq!(store.product(&org("demo"), &milk()).await.unwrap().product.price, price(125));
    in_store(store, Some(90), later(5), NOW).await;
    apply(store, later(6)).await;
    in_store(store, Some(95), later(5), later(40)).await;
    let expected = [(Some(95), 40, None), (Some(90), 5, Some(40))];
    assert_eq!(brief(&history(store, Some(&shop())).await), expected);
}

async fn a_price_by_hand_counts_after_an_older_one_that_comes_late(rig: Rig) {
    let rig = rig.with_tills().await;
    let store = &rig.store;
    set(store, 100, NOW).await;
    schedule(store, 120, later(10), NOW).await;
    // No worker was there when its moment came.
    set(store, 110, later(20)).await;
    apply(store, later(30)).await;
    assert_eq!(store.product(&org("demo"), &milk()).await.unwrap().product.price, price(110));
    let expected = [(Some(110), 20, None), (Some(120), 10, Some(20)), (Some(100), 0, Some(10))];
    assert_eq!(brief(&history(store, None).await), expected);
    // One that is said for a moment of the past counts from now on.
    schedule(store, 90, later(5), later(40)).await;
    apply(store, later(40)).await;
    assert_eq!(store.product(&org("demo"), &milk()).await.unwrap().product.price, price(90));
    assert_eq!(brief(&history(store, None).await)[0], (Some(90), 40, None));
}

async fn a_stores_price_counts_before_the_organisations(rig: Rig) {
    let rig = rig.with_tills().await;
    let (store, demo, shop) = (&rig.store, org("demo"), shop());
    set(store, 100, NOW).await;
    in_store(store, Some(80), later(10), NOW).await;
    in_store(store, None, later(20), NOW).await;
    apply(store, later(50)).await;
    let expected = [(None, 20, None), (Some(80), 10, Some(20))];
    assert_eq!(brief(&history(store, Some(&shop)).await), expected);
    for (at, expected) in [(5, (100, false)), (15, (80, true)), (25, (100, false))] {
        let (span, own) = store.price_at(&demo, &milk(), Some(&shop), later(at)).await.unwrap().unwrap();
        assert_eq!((minor(&span).unwrap(), own), expected, "at {at}");
    }
}

async fn the_past_of_a_removed_product_stays(rig: Rig) {
    let rig = rig.with_tills().await;
    let (store, demo) = (&rig.store, org("demo"));
    set(store, 100, NOW).await;
    schedule(store, 130, later(900), NOW).await;
    in_store(store, Some(80), later(10), NOW).await;
    apply(store, later(11)).await;
    store.delete_product(&demo, &milk(), &event(), None, later(20)).await.unwrap();
    assert_eq!(brief(&history(store, None).await), [(Some(100), 0, Some(20))]);
    assert_eq!(brief(&history(store, Some(&shop())).await), [(Some(80), 10, Some(20))]);
    assert_eq!(store.price_at(&demo, &milk(), None, later(20)).await.unwrap(), None);
    set(store, 150, later(40)).await;
    let expected = [(Some(150), 40, None), (Some(100), 0, Some(20))];
    assert_eq!(brief(&history(store, None).await), expected, "it was made anew");
    store.delete_product(&demo, &milk(), &event(), None, later(50)).await.unwrap();
    assert_eq!(history(store, None).await.len(), 2);
}

async fn a_price_that_comes_late_counts_in_a_store_too(rig: Rig) {
    let rig = rig.with_tills().await;
    let (store, demo, shop) = (&rig.store, org("demo"), shop());
    set(store, 100, NOW).await;
    in_store(store, Some(80), later(10), NOW).await;
    apply(store, later(10)).await;
    in_store(store, Some(70), later(5), later(30)).await;
    let counts = store.prices_of_store(&demo, &shop, later(30)).await.unwrap();
    assert_eq!(counts.get(&milk()), Some(&price(70)), "a moment that is past takes effect at once");
    apply(store, later(30)).await;
    let listed = store.store_prices_of(&demo, &milk(), &shop).await.unwrap();
    assert_eq!(listed.iter().map(|one| one.price).collect::<Vec<_>>(), [Some(price(70))]);
}
