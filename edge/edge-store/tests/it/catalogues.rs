//! Generations: round trips, sharing, going back, forgetting.

use std::collections::BTreeSet;

use domain::embedding::View;
use domain::ids::{Generation, ModelVersion, ProductId};
use edge_store::{ChangeKind, Store, StoreError, ViewChange};
use proptest::prelude::*;
use tempfile::tempdir;

use crate::samples::{catalogue, model, open, view, view_of};

fn add(views: Vec<View>) -> ViewChange {
    ViewChange { add: views, ..ViewChange::new(model()) }
}

fn id(number: u32) -> ProductId {
    ProductId::new(&format!("product-{number}")).unwrap()
}

/// The numbers of the views in the newest generation.
fn view_numbers(store: &Store) -> Vec<u128> {
    let views = store.catalogue().unwrap().unwrap().views;
    views.iter().map(|view| view.id.0.as_u128() & 0xffff).collect()
}

#[test]
fn a_new_store_has_no_catalogue() {
    let dir = tempdir().unwrap();
    let store = open(dir.path());
    assert_eq!((store.catalogue().unwrap(), store.generation().unwrap()), (None, Generation(0)));
    assert_eq!(store.generations().unwrap(), []);
    let error = store.publish_views(add(vec![view(1, 1)])).unwrap_err();
    assert!(error.to_string().contains("no product `product-1`: import it first"), "{error}");
}

#[test]
fn every_change_makes_a_generation_and_the_same_again_makes_none() {
    let dir = tempdir().unwrap();
    let store = open(dir.path());
    assert_eq!(store.publish_catalogue(&catalogue(5, 100)).unwrap(), Generation(1));
    assert_eq!(store.publish_catalogue(&catalogue(5, 100)).unwrap(), Generation(1));
    assert_eq!(store.publish_views(add(vec![view(1, 1), view(2, 2)])).unwrap(), Generation(2));
    let calibration =
        ViewChange { calibration_json: Some("{\"t\":1}".to_owned()), ..ViewChange::new(model()) };
    assert_eq!(store.publish_views(calibration.clone()).unwrap(), Generation(3));
    assert_eq!(store.publish_views(calibration).unwrap(), Generation(3));
    assert_eq!(store.publish_catalogue(&catalogue(5, 120)).unwrap(), Generation(4));

    drop(store);
    let store = open(dir.path());
    let newest = store.catalogue().unwrap().unwrap();
    assert_eq!(newest.generation, Generation(4));
    assert_eq!(*newest.catalogue, catalogue(5, 120));
    assert_eq!(newest.views, [view(1, 1), view(2, 2)]);
    assert_eq!(newest.model, Some(model()));
    assert_eq!(newest.calibration_json.as_deref(), Some("{\"t\":1}"));
    let kinds: Vec<ChangeKind> = store.generations().unwrap().iter().map(|info| info.kind).collect();
    assert_eq!(
        kinds,
        [ChangeKind::Catalogue, ChangeKind::Calibration, ChangeKind::Views, ChangeKind::Catalogue]
    );
    assert_eq!(store.generations().unwrap()[0].views, 2);
}

#[test]
fn views_follow_their_products() {
    let dir = tempdir().unwrap();
    let store = open(dir.path());
    store.publish_catalogue(&catalogue(10, 100)).unwrap();
    // Product 6 is archived: its views are kept, but not given out.
    store.publish_views(add(vec![view(1, 1), view(2, 2), view(6, 6), view(9, 9)])).unwrap();
    assert_eq!(view_numbers(&store), [1, 2, 9]);
    assert_eq!(store.views_page(0, 10).unwrap().unwrap().views.len(), 4);

    let change = ViewChange {
        replace_products: vec![id(2)],
        remove_products: vec![id(1)],
        ..add(vec![view(20, 2), view(21, 2)])
    };
    store.publish_views(change).unwrap();
    assert_eq!(view_numbers(&store), [9, 20, 21]);
    store.publish_catalogue(&catalogue(9, 100)).unwrap();
    assert_eq!(view_numbers(&store), [20, 21], "product 9 left");
    store.publish_catalogue(&catalogue(10, 100)).unwrap();
    assert_eq!(view_numbers(&store), [20, 21], "and came back as a new one");
}

#[test]
fn views_are_paged_in_order() {
    let dir = tempdir().unwrap();
    let store = open(dir.path());
    store.publish_catalogue(&catalogue(5, 100)).unwrap();
    assert_eq!(store.views_page(0, 10).unwrap(), None);
    store.publish_views(add((0..25).map(|number| view(number, number % 5)).collect())).unwrap();
    let (mut from, mut sizes, mut all) = (Some(0), Vec::new(), Vec::new());
    while let Some(at) = from {
        let page = store.views_page(at, 10).unwrap().unwrap();
        sizes.push(page.views.len());
        all.extend(page.views);
        from = page.next;
    }
    assert_eq!(sizes, [10, 10, 5]);
    assert_eq!(all, store.catalogue().unwrap().unwrap().views);
}

#[test]
fn going_back_brings_prices_and_views_back_as_a_new_generation() {
    let dir = tempdir().unwrap();
    let store = open(dir.path());
    store.publish_catalogue(&catalogue(5, 100)).unwrap();
    let two = store.publish_views(add(vec![view(1, 1), view(2, 2)])).unwrap();
    store.publish_views(ViewChange { remove_products: vec![id(1)], ..add(vec![view(3, 3)]) }).unwrap();
    let four = store.publish_catalogue(&catalogue(5, 200)).unwrap();

    assert_eq!(store.rollback(two).unwrap(), Generation(5));
    let back = store.catalogue().unwrap().unwrap();
    assert_eq!(*back.catalogue, catalogue(5, 100));
    assert_eq!(view_numbers(&store), [1, 2]);
    assert_eq!(store.rollback(four).unwrap(), Generation(6));
    assert_eq!(view_numbers(&store), [2, 3]);
    assert_eq!(store.rollback(two).unwrap(), Generation(7));
    assert_eq!(view_numbers(&store), [1, 2]);
    assert_eq!(store.rollback(Generation(7)).unwrap(), Generation(7), "nothing to do");

    let error = store.rollback(Generation(99)).unwrap_err();
    assert!(
        error.to_string().contains("generation 99 is not kept: there are 1, 2, 3, 4, 5, 6, 7"),
        "{error}"
    );
}

#[test]
fn old_generations_are_forgotten_with_what_only_they_had() {
    let dir = tempdir().unwrap();
    let store = open(dir.path());
    store.publish_catalogue(&catalogue(5, 1)).unwrap();
    store.publish_views(add(vec![view(1, 1)])).unwrap();
    for number in 2..30 {
        let replaced = ViewChange { replace_products: vec![id(1)], ..add(vec![view(number, 1)]) };
        store.publish_views(replaced).unwrap();
        store.publish_catalogue(&catalogue(5, number.into())).unwrap();
    }
    let kept: Vec<u64> = store.generations().unwrap().iter().map(|info| info.generation.0).collect();
    assert_eq!(kept, (50..=58).rev().collect::<Vec<_>>(), "the newest and eight before it");
    drop(store);
    let sql = rusqlite::Connection::open(dir.path().join("till.db")).unwrap();
    for (table, rows) in [("catalogue", 5), ("view", 5), ("view_span", 5)] {
        let count: i64 =
            sql.query_row(&format!("SELECT count(*) FROM {table}"), [], |row| row.get(0)).unwrap();
        assert_eq!(count, rows, "{table}");
    }
}

#[test]
fn vectors_of_different_models_never_mix() {
    let dir = tempdir().unwrap();
    let store = open(dir.path());
    let other = ModelVersion::new("lite0-224-int8.ba9876543210");
    store.publish_catalogue(&catalogue(5, 100)).unwrap();
    let calibration_json = Some("{}".to_owned());
    store.publish_views(ViewChange { calibration_json, ..add(vec![view(1, 1), view(2, 2)]) }).unwrap();
    for (change, expected) in [
        (add(vec![view_of(&other, 3, 3, 16)]), "was made by model `lite0"),
        (add(vec![view(3, 3), view_of(&model(), 4, 4, 8)]), "has 8 numbers, another has 16"),
        (add(vec![view_of(&model(), 4, 4, 8)]), "have 16 numbers, not 8"),
        (ViewChange::new(other.clone()), "the enrolled views are not of model `lite0"),
    ] {
        let error = store.publish_views(change).unwrap_err();
        assert!(matches!(error, StoreError::MixedModels { .. }), "{error}");
        assert!(error.to_string().contains(expected), "{error}");
    }
    store
        .publish_views(ViewChange { add: vec![view_of(&other, 5, 1, 8)], ..ViewChange::new(other.clone()) })
        .unwrap();
    let newest = store.catalogue().unwrap().unwrap();
    assert_eq!((newest.model, newest.calibration_json), (Some(other), None));
    assert_eq!(view_numbers(&store), [5], "the views of the old model have left");
    store.rollback(Generation(2)).unwrap();
    assert_eq!(store.catalogue().unwrap().unwrap().model, Some(model()));
    assert_eq!(view_numbers(&store), [1, 2]);
}

#[test]
fn a_refused_change_changes_nothing() {
    let dir = tempdir().unwrap();
    let store = open(dir.path());
    store.publish_catalogue(&catalogue(5, 100)).unwrap();
    store.publish_views(add(vec![view(1, 1)])).unwrap();
    let expected = Some(Generation(1));
    for (change, text) in [
        (add(vec![view(2, 2), view(2, 3)]), "is already enrolled"),
        (add(vec![view(2, 2), view(1, 1)]), "is already enrolled"),
        (add(vec![view(2, 2), view(3, 44), view(4, 55)]), "no product `product-44`, `product-55`"),
        (ViewChange { remove_products: vec![id(77)], ..ViewChange::new(model()) }, "no product `product-77`"),
        (
            ViewChange { expected, ..add(vec![view(2, 2)]) },
            "the newest generation is 2, but the change was made for 1",
        ),
    ] {
        let error = store.publish_views(change).unwrap_err();
        assert!(error.to_string().contains(text), "{error}");
    }
    assert_eq!((store.generation().unwrap(), view_numbers(&store)), (Generation(2), vec![1]));
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(12))]

    /// A thousand products and any sequence of enrolments, removals and returns: what is loaded is what a simple model says.
    #[test]
    fn what_was_published_is_what_is_loaded(
        steps in prop::collection::vec((0_u8..4, 0_u32..1000, 1_u32..20), 1..12),
        price in 1_i64..1000,
    ) {
        let dir = tempdir().unwrap();
        let store = open(dir.path());
        store.publish_catalogue(&catalogue(1000, price)).unwrap();
        let mut history: Vec<BTreeSet<u32>> = vec![BTreeSet::new(), BTreeSet::new()];
        let mut next_view = 0;
        let product_of = |view: u32| view % 1000;
        for (kind, start, count) in steps {
            let mut now = history.last().unwrap().clone();
            let fresh: Vec<u32> = (next_view + start..next_view + start + count).collect();
            next_view += start + count;
            let products: Vec<u32> = fresh.iter().map(|&view| product_of(view)).collect();
            let views = fresh.iter().map(|&number| view(number, product_of(number))).collect();
            let ids = || products.iter().map(|&product| id(product)).collect();
            let generation = match kind {
                0 => { now.extend(&fresh); store.publish_views(add(views)).unwrap() }
                1 => {
                    now.retain(|&view| !products.contains(&product_of(view)));
                    now.extend(&fresh);
                    store.publish_views(ViewChange { replace_products: ids(), ..add(views) }).unwrap()
                }
                2 => {
                    now.retain(|&view| !products.contains(&product_of(view)));
                    store.publish_views(ViewChange { remove_products: ids(), ..ViewChange::new(model()) }).unwrap()
                }
                _ => {
                    let back = history.len().saturating_sub(3).max(1);
                    now = history[back].clone();
                    store.rollback(Generation(back as u64)).unwrap()
                }
            };
            if generation.0 as usize == history.len() {
                history.push(now);
            }
            let loaded = store.catalogue().unwrap().unwrap();
            prop_assert_eq!(&*loaded.catalogue, &catalogue(1000, price));
            let expected: Vec<View> = history.last().unwrap().iter()
                .filter(|&&view| product_of(view) % 7 != 6)
                .map(|&number| view(number, product_of(number)))
                .collect();
            prop_assert_eq!(loaded.views, expected);
        }
    }
}
