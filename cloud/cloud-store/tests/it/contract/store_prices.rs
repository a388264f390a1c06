//! Prices of one store, in place of the organisation's.

use std::collections::BTreeMap;

use cloud_store::{NewEvent, Registration, Store, StoreError, StorePrice};
use domain::ids::{ProductId, StoreId};
use domain::money::Money;
use domain::quantity::{Measure, UnitPrice};
use testkit::build;

use crate::support::{NOW, Rig, by_hand, details, later, org, over_both_engines};

over_both_engines!(
    a_stores_price_counts_there_from_its_moment_on,
    refuses_prices_of_stores_and_products_that_are_not_there,
    a_deleted_product_takes_its_stores_prices_along,
);

fn milk() -> ProductId {
    ProductId::new("milk").unwrap()
}

fn shop(name: &str) -> StoreId {
    StoreId::new(name).unwrap()
}

fn price(minor: i64) -> UnitPrice {
    UnitPrice { amount: Money::new(minor, build::euro()), per: Measure::Piece }
}

async fn with_milk(rig: Rig) -> Rig {
    let rig = rig.with_tills().await;
    rig.store.create_store(&org("demo"), &shop("harbour"), &details(), NOW).await.unwrap();
    let event = NewEvent { topic: "t".to_owned(), key: "milk".to_owned(), payload: Vec::new() };
    let product = build::piece("milk", 100);
    let registration = Registration { product, category: None, photos: vec![], event, job: None };
    rig.store.register_product(&org("demo"), &registration, NOW).await.unwrap();
    rig
}

async fn say(store: &Store, place: &str, minor: Option<i64>, at_ms: i64) -> Result<(), StoreError> {
    let price = StorePrice {
        store: shop(place),
        effective_from: later(at_ms),
        price: minor.map(price),
        made_by: by_hand(),
        made_at: NOW,
    };
    store.schedule_store_price(&org("demo"), &milk(), &price).await
}

async fn at(store: &Store, place: &str, at_ms: i64) -> BTreeMap<ProductId, UnitPrice> {
    store.prices_of_store(&org("demo"), &shop(place), later(at_ms)).await.unwrap()
}

async fn a_stores_price_counts_there_from_its_moment_on(rig: Rig) {
    let rig = with_milk(rig).await;
    let (store, demo) = (&rig.store, org("demo"));
    assert_eq!(store.next_store_price_at().await.unwrap(), None);
    say(store, "harbour", Some(120), 10).await.unwrap();
    say(store, "harbour", Some(110), 10).await.unwrap();
    say(store, "harbour", None, 20).await.unwrap();
    say(store, "harbour", Some(130), 30).await.unwrap();
    assert_eq!(store.next_store_price_at().await.unwrap(), Some(later(10)));
    let dearer = BTreeMap::from([(milk(), price(110))]);
    assert_eq!(at(store, "harbour", 9).await, BTreeMap::new());
    assert_eq!(at(store, "harbour", 10).await, dearer);
    assert_eq!(at(store, "corner-shop", 10).await, BTreeMap::new(), "in no other store");
    assert_eq!(at(store, "harbour", 20).await, BTreeMap::new(), "the organisation's counts again");

    assert_eq!(store.apply_due_store_prices(later(9)).await.unwrap(), []);
    assert_eq!(store.apply_due_store_prices(later(15)).await.unwrap(), std::slice::from_ref(&demo));
    assert_eq!(store.apply_due_store_prices(later(15)).await.unwrap(), [], "once");
    assert_eq!(store.next_store_price_at().await.unwrap(), Some(later(20)));
    let taken_back = store.cancel_store_price(&demo, &milk(), &shop("harbour"), later(10)).await;
    assert!(matches!(taken_back, Err(StoreError::NotFound { .. })), "it has taken effect: {taken_back:?}");
    store.cancel_store_price(&demo, &milk(), &shop("harbour"), later(30)).await.unwrap();
    let listed = store.store_prices_of(&demo, &milk(), &shop("harbour")).await.unwrap();
    let listed: Vec<_> = listed.into_iter().map(|one| (one.effective_from, one.price)).collect();
    assert_eq!(listed, [(later(10), Some(price(110))), (later(20), None)]);
    assert_eq!(store.apply_due_store_prices(later(20)).await.unwrap(), std::slice::from_ref(&demo));
    let listed = store.store_prices_of(&demo, &milk(), &shop("harbour")).await.unwrap();
    assert_eq!(listed.iter().map(|one| one.price).collect::<Vec<_>>(), [None], "what is past is left out");
    assert_eq!(store.product(&demo, &milk()).await.unwrap().product.price, price(100));
}

async fn refuses_prices_of_stores_and_products_that_are_not_there(rig: Rig) {
    let rig = with_milk(rig).await;
    let nowhere = say(&rig.store, "nowhere", Some(1), 0).await;
    assert!(matches!(nowhere, Err(StoreError::NotFound { .. })), "{nowhere:?}");
    let below = say(&rig.store, "harbour", Some(-1), 0).await;
    assert!(matches!(below, Err(StoreError::Invalid { .. })), "{below:?}");
    let price = StorePrice {
        store: shop("harbour"),
        effective_from: NOW,
        price: None,
        made_by: by_hand(),
        made_at: NOW,
    };
    let beer = ProductId::new("beer").unwrap();
    assert!(rig.store.schedule_store_price(&org("demo"), &beer, &price).await.is_err());
    assert!(rig.store.schedule_store_price(&org("other"), &milk(), &price).await.is_err());
    assert_eq!(rig.number("SELECT COUNT(*) FROM store_price").await, 0);
}

async fn a_deleted_product_takes_its_stores_prices_along(rig: Rig) {
    let rig = with_milk(rig).await;
    say(&rig.store, "harbour", Some(110), 0).await.unwrap();
    let event = NewEvent { topic: "t".to_owned(), key: "milk".to_owned(), payload: Vec::new() };
    rig.store.delete_product(&org("demo"), &milk(), &event, None, NOW).await.unwrap();
    assert_eq!(rig.number("SELECT COUNT(*) FROM store_price").await, 0);
}
