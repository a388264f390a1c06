//! Products, photos, views, prices to come.

use std::sync::Arc;

use cloud_store::{
    Category, EventId, NewEvent, NewJob, NewPhoto, NewView, PhotoId, PhotoState, ProductFilter, Registered,
    Registration, Store, StoreError, ViewsChange, What,
};
use domain::embedding::{Embedding, View};
use domain::gtin::{Gtin, Plu};
use domain::ids::{ModelVersion, ProductId, Uuid, ViewId};
use domain::money::Money;
use domain::product::Product;
use domain::quantity::{Measure, UnitPrice};
use testkit::build;

use crate::support::{NOW, Rig, all_at_once, by_hand, later, org, over_both_engines};

over_both_engines!(
    a_product_is_stored_as_it_is,
    the_same_again_changes_nothing,
    new_photos_are_taken_though_nothing_changed,
    one_registration_at_once_makes_the_product,
    refuses_a_number_that_another_product_has,
    refuses_what_no_catalogue_takes,
    a_failed_registration_leaves_nothing,
    finds_products_by_words_in_any_case,
    pages_through_products,
    one_organisation_finds_no_product_of_another,
    archived_products_leave_views_and_lists,
    a_deleted_product_leaves_nothing_behind,
    a_removed_photo_takes_its_views_along_and_may_come_again,
    views_come_and_go_together,
    views_of_a_product_that_is_gone_are_refused,
    prices_take_effect_when_they_are_due,
    a_price_is_applied_once_by_many_at_once,
);

fn event(key: &str) -> NewEvent {
    NewEvent { topic: "product_changes".to_owned(), key: key.to_owned(), payload: b"{}".to_vec() }
}

fn photo(number: u8) -> NewPhoto {
    NewPhoto {
        id: PhotoId(Uuid::from_u128(u128::from(number))),
        blob_key: format!("photos/{number}"),
        hash: [number; 32],
        media_type: "image/jpeg".to_owned(),
        size_bytes: 12_345,
    }
}

fn registration(product: Product) -> Registration {
    let job = NewJob {
        kind: "embed".to_owned(),
        payload: vec![],
        dedupe_key: Some(product.id.to_string()),
        run_after: NOW,
        attempts_max: 5,
    };
    let event = event(product.id.as_str());
    let category = Some(Category { name: "Dairy".to_owned(), family: "Food".to_owned() });
    Registration { product, category, photos: vec![], event, job: Some(job) }
}

async fn register(store: &Store, product: Product) -> Registered {
    store.register_product(&org("demo"), &registration(product), NOW).await.unwrap()
}

fn id(name: &str) -> ProductId {
    ProductId::new(name).unwrap()
}

fn view(number: u128, product: &str, model: &str) -> NewView {
    let values: Arc<[f32]> = vec![0.6, -0.8, 0.0].into();
    let embedding = Embedding::new(ModelVersion::new(model), values).unwrap();
    NewView {
        view: View { id: ViewId(Uuid::from_u128(number)), product: id(product), embedding },
        photo: None,
    }
}

async fn event_count(store: &Store) -> usize {
    store.waiting_events(EventId(0), 1_000).await.unwrap().len()
}

async fn a_product_is_stored_as_it_is(rig: Rig) {
    let rig = rig.with_tills().await;
    let mut wine = build::piece("wine", 1_299);
    wine.name = domain::text::LocalizedText::single("ru", "Вино");
    wine.gtin = Some(Gtin::parse("4006381333931").unwrap());
    wine.plu = Some(Plu::parse("4011").unwrap());
    wine.age_limit = Some(18);
    wine.picture = Some("wine.jpg".to_owned());
    wine.price.per = Measure::Kilogram;
    let done = register(&rig.store, wine.clone()).await;
    assert!(done.is_new && done.changed && done.event.is_some() && done.job.is_none());
    let stored = rig.store.product(&org("demo"), &wine.id).await.unwrap();
    assert_eq!((stored.product, stored.category.as_deref()), (wine.clone(), Some("Dairy")));
    assert_eq!(rig.store.product_by_sku(&org("demo"), &wine.sku).await.unwrap().product.id, wine.id);
    let categories = rig.store.categories(&org("demo")).await.unwrap();
    assert_eq!(categories, [Category { name: "Dairy".to_owned(), family: "Food".to_owned() }]);
}

async fn the_same_again_changes_nothing(rig: Rig) {
    let rig = rig.with_tills().await;
    let (store, milk) = (&rig.store, build::piece("milk", 99));
    register(store, milk.clone()).await;
    let again = store.register_product(&org("demo"), &registration(milk.clone()), later(9)).await.unwrap();
    assert_eq!(again, Registered::default());
    let mut unnamed = registration(milk.clone());
    unnamed.category = None;
    assert!(
        !store.register_product(&org("demo"), &unnamed, NOW).await.unwrap().changed,
        "its category stays"
    );
    assert_eq!(
        (event_count(store).await, store.product(&org("demo"), &milk.id).await.unwrap().updated_at),
        (1, NOW)
    );
    let dearer = build::piece("milk", 109);
    let changed = store.register_product(&org("demo"), &registration(dearer), later(9)).await.unwrap();
    assert!(changed.changed && !changed.is_new && changed.event.is_some());
    let stored = store.product(&org("demo"), &milk.id).await.unwrap();
    assert_eq!(
        (stored.product.price.amount.minor, stored.created_at, stored.updated_at),
        (109, NOW, later(9))
    );
}

async fn new_photos_are_taken_though_nothing_changed(rig: Rig) {
    let rig = rig.with_tills().await;
    let (store, demo) = (&rig.store, org("demo"));
    let mut registration = registration(build::piece("milk", 99));
    registration.photos = vec![photo(1), photo(2)];
    let first = store.register_product(&demo, &registration, NOW).await.unwrap();
    assert_eq!((first.new_photos.len(), first.job.is_some()), (2, true));
    // The same bytes under another id and key are the same photo.
    registration.photos = vec![NewPhoto { hash: [1; 32], ..photo(9) }, photo(3), photo(3)];
    let second = store.register_product(&demo, &registration, later(1)).await.unwrap();
    assert_eq!((second.changed, second.new_photos), (false, vec![photo(3).id]));
    assert_eq!(second.job, None, "the first job has not begun");
    let photos = store.photos(&demo, &id("milk")).await.unwrap();
    assert_eq!(
        photos.iter().map(|found| found.photo.clone()).collect::<Vec<_>>(),
        [photo(1), photo(2), photo(3)]
    );
    assert!(photos.iter().all(|found| found.state == PhotoState::Waiting));
    let keys = ["photos/1", "photos/9", "photos/3"].map(str::to_owned);
    assert_eq!(store.blobs_in_use(&keys).await.unwrap(), ["photos/1", "photos/3"]);
}

async fn one_registration_at_once_makes_the_product(rig: Rig) {
    let rig = rig.with_tills().await;
    let attempts = (0..8).map(|_| {
        let store = rig.store.clone();
        async move {
            let mut registration = registration(build::piece("milk", 99));
            registration.photos = vec![photo(1)];
            store.register_product(&org("demo"), &registration, NOW).await.unwrap()
        }
    });
    let all = all_at_once(attempts).await;
    assert_eq!(all.iter().filter(|done| done.is_new).count(), 1);
    assert_eq!(all.iter().filter(|done| done.changed).count(), 1);
    assert_eq!(all.iter().map(|done| done.new_photos.len()).sum::<usize>(), 1);
    assert_eq!(event_count(&rig.store).await, 1);
}

async fn refuses_a_number_that_another_product_has(rig: Rig) {
    let rig = rig.with_tills().await;
    let mut milk = build::piece("milk", 99);
    milk.plu = Some(Plu::parse("4011").unwrap());
    register(&rig.store, milk.clone()).await;
    let mut same_sku = build::piece("bread", 99);
    same_sku.sku = milk.sku.clone();
    let mut same_plu = build::piece("bread", 99);
    same_plu.plu = milk.plu;
    for (product, number) in
        [(same_sku, "the SKU `sku-milk`: `milk` has it"), (same_plu, "the PLU `4011`: `milk` has it")]
    {
        let error =
            rig.store.register_product(&org("demo"), &registration(product.clone()), NOW).await.unwrap_err();
        assert!(matches!(error, StoreError::Conflict { what: What::Product, .. }), "{error}");
        assert!(error.to_string().contains(number), "{error}");
        rig.store.register_product(&org("other"), &registration(product), NOW).await.unwrap();
        rig.store.delete_product(&org("other"), &id("bread"), &event("bread"), None, NOW).await.unwrap();
    }
}

async fn refuses_what_no_catalogue_takes(rig: Rig) {
    let rig = rig.with_tills().await;
    let bad = |change: &dyn Fn(&mut Product)| {
        let mut product = build::piece("milk", 99);
        change(&mut product);
        product
    };
    for product in [
        bad(&|product| product.price.amount.minor = -1),
        bad(&|product| product.price.amount.minor = i64::MAX),
        bad(&|product| product.sku = String::new()),
        bad(&|product| product.sku = "x".repeat(65)),
        bad(&|product| product.name.0.clear()),
        bad(&|product| product.name = domain::text::LocalizedText::single("en", &"x".repeat(1_000))),
    ] {
        let error = rig.store.register_product(&org("demo"), &registration(product), NOW).await.unwrap_err();
        assert!(matches!(error, StoreError::Invalid { .. }), "{error}");
    }
    let nowhere =
        rig.store.register_product(&org("nobody"), &registration(build::piece("milk", 1)), NOW).await;
    assert!(matches!(nowhere, Err(StoreError::NotFound { what: What::Organisation, .. })), "{nowhere:?}");
}

async fn a_failed_registration_leaves_nothing(rig: Rig) {
    let rig = rig.with_tills().await;
    let (store, demo) = (&rig.store, org("demo"));
    let mut first = registration(build::piece("milk", 99));
    first.photos = vec![photo(1)];
    store.register_product(&demo, &first, NOW).await.unwrap();
    // The second photo has the id of one that is there: everything before it in the transaction goes, too.
    let mut second = registration(build::piece("bread", 150));
    second.category = Some(Category { name: "Bakery".to_owned(), family: String::new() });
    second.photos = vec![photo(2), NewPhoto { hash: [9; 32], ..photo(1) }];
    let error = store.register_product(&demo, &second, NOW).await.unwrap_err();
    assert!(matches!(error, StoreError::Conflict { what: What::Photo, .. }), "{error}");
    assert!(store.product(&demo, &id("bread")).await.is_err());
    assert_eq!(store.categories(&demo).await.unwrap().len(), 1);
    assert!(store.blobs_in_use(&["photos/2".to_owned()]).await.unwrap().is_empty());
    assert_eq!((event_count(store).await, store.job_counts().await.unwrap().waiting), (1, 1));
}

async fn finds_products_by_words_in_any_case(rig: Rig) {
    let rig = rig.with_tills().await;
    for (name, ru) in
        [("apple-red", "Яблоки красные"), ("apple-green", "Яблоки зелёные"), ("milk", "Молоко 3,2 %")]
    {
        let mut product = build::piece(name, 99);
        product.name.0.insert("ru".to_owned(), ru.to_owned());
        register(&rig.store, product).await;
    }
    for (search, expected) in [
        ("ЯБЛОКИ", vec!["apple-green", "apple-red"]),
        ("яблоки красн", vec!["apple-red"]),
        ("SKU-milk", vec!["milk"]),
        ("%", vec!["milk"]),
        ("_", vec![]),
        ("\\", vec![]),
        ("'; DROP TABLE product; --", vec![]),
        ("", vec!["apple-green", "apple-red", "milk"]),
    ] {
        let filter = ProductFilter { search: Some(search.to_owned()), ..ProductFilter::default() };
        let found = rig.store.products(&org("demo"), &filter, None, 10).await.unwrap();
        let found: Vec<&str> = found.iter().map(|stored| stored.product.id.as_str()).collect();
        assert_eq!(found, expected, "{search}");
    }
}

async fn pages_through_products(rig: Rig) {
    let rig = rig.with_tills().await;
    for number in 0..7 {
        register(&rig.store, build::piece(&format!("p{number}"), 99)).await;
    }
    let all = ProductFilter { category: Some("Dairy".to_owned()), ..ProductFilter::default() };
    let first = rig.store.products(&org("demo"), &all, None, 4).await.unwrap();
    let second = rig.store.products(&org("demo"), &all, Some(&first[3].product.id), 4).await.unwrap();
    assert_eq!((first.len(), second.len(), second[0].product.id.as_str()), (4, 3, "p4"));
    let none = ProductFilter { category: Some("Wine".to_owned()), ..ProductFilter::default() };
    assert!(rig.store.products(&org("demo"), &none, None, 4).await.unwrap().is_empty());
    let asked: Vec<ProductId> = (0..200).rev().map(|number| id(&format!("p{number}"))).collect();
    let found = rig.store.products_of(&org("demo"), &asked).await.unwrap();
    assert_eq!((found.len(), found[0].product.id.as_str()), (7, "p0"));
    let many: Vec<ProductId> = (0..1_001).map(|number| id(&format!("p{number}"))).collect();
    assert!(rig.store.products_of(&org("demo"), &many).await.is_err());
}

async fn one_organisation_finds_no_product_of_another(rig: Rig) {
    let rig = rig.with_tills().await;
    let (store, other, milk) = (&rig.store, org("other"), id("milk"));
    let mut mine = registration(build::piece("milk", 99));
    mine.photos = vec![photo(1)];
    store.register_product(&org("demo"), &mine, NOW).await.unwrap();
    let change = ViewsChange { add: vec![view(1, "milk", "m1")], ..ViewsChange::default() };
    store.change_views(&org("demo"), &change, NOW).await.unwrap();
    let price = UnitPrice { amount: Money::new(1, build::euro()), per: Measure::Piece };
    assert!(store.product(&other, &milk).await.is_err());
    assert!(store.product_by_sku(&other, "sku-milk").await.is_err());
    assert!(store.products_of(&other, std::slice::from_ref(&milk)).await.unwrap().is_empty());
    assert!(store.products(&other, &ProductFilter::default(), None, 10).await.unwrap().is_empty());
    assert!(store.archive_product(&other, &milk, true, &event("milk"), NOW).await.is_err());
    assert!(store.delete_product(&other, &milk, &event("milk"), None, NOW).await.is_err());
    assert!(store.photo(&other, photo(1).id).await.is_err());
    assert!(store.photos(&other, &milk).await.unwrap().is_empty());
    assert!(store.set_photo_state(&other, photo(1).id, PhotoState::Failed).await.is_err());
    assert!(store.remove_photo(&other, photo(1).id, &event("milk"), NOW).await.is_err());
    assert!(store.views_of(&other, &milk).await.unwrap().is_empty());
    assert!(store.current_views(&other, &ModelVersion::new("m1"), None, 10).await.unwrap().is_empty());
    assert!(store.change_views(&other, &change, NOW).await.is_err());
    let retire = ViewsChange { retire: vec![view(1, "milk", "m1").view.id], ..ViewsChange::default() };
    store.change_views(&other, &retire, NOW).await.unwrap();
    assert_eq!(store.views_of(&org("demo"), &milk).await.unwrap()[0].retired_at, None);
    assert!(store.schedule_price(&other, &milk, &price, NOW, &by_hand(), NOW).await.is_err());
    assert!(store.categories(&other).await.unwrap().is_empty());
}

async fn archived_products_leave_views_and_lists(rig: Rig) {
    let rig = rig.with_tills().await;
    let (store, demo, milk) = (&rig.store, org("demo"), id("milk"));
    register(store, build::piece("milk", 99)).await;
    let change = ViewsChange { add: vec![view(1, "milk", "m1")], ..ViewsChange::default() };
    store.change_views(&demo, &change, NOW).await.unwrap();
    let listed = async |archived| {
        let filter = ProductFilter { archived, ..ProductFilter::default() };
        let views = store.current_views(&demo, &ModelVersion::new("m1"), None, 10).await.unwrap();
        (store.products(&demo, &filter, None, 10).await.unwrap().len(), views.len())
    };
    assert!(store.archive_product(&demo, &milk, true, &event("milk"), later(1)).await.unwrap().is_some());
    assert_eq!(store.archive_product(&demo, &milk, true, &event("milk"), later(2)).await.unwrap(), None);
    assert_eq!(
        (listed(Some(false)).await, listed(Some(true)).await, listed(None).await),
        ((0, 0), (1, 0), (1, 0))
    );
    store.archive_product(&demo, &milk, false, &event("milk"), later(3)).await.unwrap();
    assert_eq!(listed(Some(false)).await, (1, 1));
    assert_eq!(event_count(store).await, 3);
}

async fn a_deleted_product_leaves_nothing_behind(rig: Rig) {
    let rig = rig.with_tills().await;
    let (store, demo, milk) = (&rig.store, org("demo"), id("milk"));
    let mut mine = registration(build::piece("milk", 99));
    mine.photos = vec![photo(1), photo(2)];
    store.register_product(&demo, &mine, NOW).await.unwrap();
    let mut seen = view(1, "milk", "m1");
    seen.photo = Some(photo(1).id);
    let change = ViewsChange { add: vec![seen], ..ViewsChange::default() };
    store.change_views(&demo, &change, NOW).await.unwrap();
    store
        .schedule_price(&demo, &milk, &build::piece("milk", 1).price, later(9), &by_hand(), NOW)
        .await
        .unwrap();
    let sweep = NewJob { kind: "sweep".to_owned(), dedupe_key: None, ..mine.job.clone().unwrap() };
    let mut keys = store.delete_product(&demo, &milk, &event("milk"), Some(&sweep), later(1)).await.unwrap();
    keys.sort();
    assert_eq!(keys, ["photos/1", "photos/2"]);
    assert!(store.product(&demo, &milk).await.is_err());
    assert!(store.views_of(&demo, &milk).await.unwrap().is_empty());
    assert!(store.blobs_in_use(&keys).await.unwrap().is_empty());
    assert_eq!((store.next_price_at().await.unwrap(), store.job_counts().await.unwrap().waiting), (None, 2));
    assert!(store.delete_product(&demo, &milk, &event("milk"), None, later(2)).await.is_err());
}

async fn a_removed_photo_takes_its_views_along_and_may_come_again(rig: Rig) {
    let rig = rig.with_tills().await;
    let (store, demo, milk) = (&rig.store, org("demo"), id("milk"));
    let mut mine = registration(build::piece("milk", 99));
    mine.photos = vec![photo(1)];
    store.register_product(&demo, &mine, NOW).await.unwrap();
    let mut seen = view(1, "milk", "m1");
    seen.photo = Some(photo(1).id);
    let change = ViewsChange {
        add: vec![seen, view(2, "milk", "m1")],
        photos: vec![(photo(1).id, PhotoState::Embedded)],
        ..ViewsChange::default()
    };
    store.change_views(&demo, &change, NOW).await.unwrap();
    assert_eq!(store.photo(&demo, photo(1).id).await.unwrap().state, PhotoState::Embedded);
    store.remove_photo(&demo, photo(1).id, &event("milk"), later(1)).await.unwrap();
    let retired: Vec<_> =
        store.views_of(&demo, &milk).await.unwrap().iter().map(|view| view.retired_at).collect();
    assert_eq!(retired, [Some(later(1)), None]);
    assert!(store.photos(&demo, &milk).await.unwrap().is_empty());
    mine.photos = vec![NewPhoto { hash: [1; 32], ..photo(5) }];
    assert_eq!(store.register_product(&demo, &mine, NOW).await.unwrap().new_photos, [photo(5).id]);
}

async fn views_come_and_go_together(rig: Rig) {
    let rig = rig.with_tills().await;
    let (store, demo) = (&rig.store, org("demo"));
    register(store, build::piece("milk", 99)).await;
    let first =
        ViewsChange { add: vec![view(1, "milk", "m1"), view(2, "milk", "m1")], ..ViewsChange::default() };
    store.change_views(&demo, &first, NOW).await.unwrap();
    store.change_views(&demo, &first, later(1)).await.unwrap();
    let second = ViewsChange {
        add: vec![view(3, "milk", "m2"), view(4, "milk", "m1")],
        retire: vec![view(1, "milk", "m1").view.id],
        events: vec![NewEvent { topic: "embedding_changes".to_owned(), ..event("milk") }],
        photos: vec![],
    };
    store.change_views(&demo, &second, later(2)).await.unwrap();
    let current = async |model: &str, after: Option<ViewId>| {
        let found = store.current_views(&demo, &ModelVersion::new(model), after, 10).await.unwrap();
        found.iter().map(|found| found.view.id.0.as_u128()).collect::<Vec<_>>()
    };
    assert_eq!((current("m1", None).await, current("m2", None).await), (vec![2, 4], vec![3]));
    assert_eq!(current("m1", Some(ViewId(Uuid::from_u128(2)))).await, [4]);
    let all = store.views_of(&demo, &id("milk")).await.unwrap();
    assert_eq!((all.len(), &all[0].view, all[0].made_at), (4, &view(1, "milk", "m1").view, NOW));
    assert_eq!(event_count(store).await, 2);
}

async fn views_of_a_product_that_is_gone_are_refused(rig: Rig) {
    let rig = rig.with_tills().await;
    register(&rig.store, build::piece("milk", 99)).await;
    let change = ViewsChange {
        add: vec![view(1, "milk", "m1"), view(2, "gone", "m1")],
        events: vec![event("gone")],
        ..ViewsChange::default()
    };
    let error = rig.store.change_views(&org("demo"), &change, NOW).await.unwrap_err();
    assert!(matches!(error, StoreError::NotFound { what: What::Product, .. }), "{error}");
    assert!(rig.store.views_of(&org("demo"), &id("milk")).await.unwrap().is_empty());
    assert_eq!(event_count(&rig.store).await, 1);
}

fn price(minor: i64) -> UnitPrice {
    UnitPrice { amount: Money::new(minor, build::euro()), per: Measure::Piece }
}

async fn prices_take_effect_when_they_are_due(rig: Rig) {
    let rig = rig.with_tills().await;
    let (store, demo, milk) = (&rig.store, org("demo"), id("milk"));
    register(store, build::piece("milk", 99)).await;
    for (minor, at) in [(120, 20), (110, 10), (130, 30), (115, 10)] {
        store.schedule_price(&demo, &milk, &price(minor), later(at), &by_hand(), NOW).await.unwrap();
    }
    assert!(store.schedule_price(&demo, &milk, &price(-1), later(5), &by_hand(), NOW).await.is_err());
    store.cancel_price(&demo, &milk, later(30)).await.unwrap();
    assert!(store.cancel_price(&demo, &milk, later(30)).await.is_err());
    let listed = store.scheduled_prices(&demo, &milk).await.unwrap();
    assert_eq!(listed.iter().map(|to_come| to_come.price.amount.minor).collect::<Vec<_>>(), [115, 120]);
    assert_eq!(store.next_price_at().await.unwrap(), Some(later(10)));

    let apply = async |at| {
        let named = |_: &domain::ids::OrgId, stored: &cloud_store::StoredProduct| NewEvent {
            payload: stored.product.price.amount.minor.to_string().into_bytes(),
            ..event("milk")
        };
        store.apply_due_prices(later(at), 10, &named).await.unwrap()
    };
    assert!(apply(9).await.is_empty());
    assert_eq!(apply(10).await, [(demo.clone(), milk.clone())]);
    let stored = store.product(&demo, &milk).await.unwrap();
    assert_eq!((stored.product.price, stored.updated_at), (price(115), later(10)));
    assert!(apply(10).await.is_empty());
    assert_eq!(apply(1_000).await.len(), 1);
    let events = store.waiting_events(EventId(0), 10).await.unwrap();
    assert_eq!(events.last().unwrap().event.payload, b"120");
    assert_eq!((events.len(), store.next_price_at().await.unwrap()), (3, None));
}

async fn a_price_is_applied_once_by_many_at_once(rig: Rig) {
    let rig = rig.with_tills().await;
    register(&rig.store, build::piece("milk", 99)).await;
    rig.store.schedule_price(&org("demo"), &id("milk"), &price(5), later(1), &by_hand(), NOW).await.unwrap();
    let attempts = (0..6).map(|_| {
        let store = rig.store.clone();
        async move { store.apply_due_prices(later(1), 10, &|_, _| event("milk")).await.unwrap().len() }
    });
    assert_eq!(all_at_once(attempts).await.into_iter().sum::<usize>(), 1);
    assert_eq!(event_count(&rig.store).await, 2);
}
