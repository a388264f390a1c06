//! The pictures that views were made from: kept, shared, forgotten, checked.

use std::collections::BTreeMap;

use domain::embedding::View;
use domain::ids::{Generation, ModelVersion, ProductId, ViewId};
use edge_store::{GivenPicture, PictureHash, Store, StoreError, StoreOptions, ViewChange, ViewPicture};
use rusqlite::Connection;
use tempfile::{TempDir, tempdir};

use crate::samples::{catalogue, model, open, till, view, view_of};

/// A picture, another one for each number; the store does not look into it.
pub(crate) fn picture(number: u32) -> ViewPicture {
    let mut jpeg = vec![0xff, 0xd8, 0xff, 0xe0];
    jpeg.extend((0..3000 + number % 500).map(|at| (at * 31 + number * 17) as u8));
    ViewPicture::new(jpeg).unwrap()
}

/// Views with their pictures.
pub(crate) fn with_pictures(views: Vec<View>) -> ViewChange {
    let number = |view: &View| (view.id.0.as_u128() & 0xffff) as u32;
    let given = |view: &View| (view.id, GivenPicture::New(picture(number(view))));
    let pictures = views.iter().map(given).collect();
    ViewChange { add: views, pictures, ..ViewChange::new(model()) }
}

fn other_model() -> ModelVersion {
    ModelVersion::new("lite0-224-int8.ba9876543210")
}

fn id(number: u32) -> ProductId {
    ProductId::new(&format!("product-{number}")).unwrap()
}

fn origins(store: &Store) -> BTreeMap<ViewId, PictureHash> {
    let (mut from, mut all) = (Some(0), BTreeMap::new());
    while let Some(at) = from {
        let page = store.view_origins(at, 2).unwrap().unwrap();
        all.extend(page.origins);
        from = page.next;
    }
    all
}

/// The numbers of the pictures that the newest generation's views were made from.
fn picture_numbers(store: &Store) -> Vec<u32> {
    let hashes: Vec<PictureHash> = origins(store).into_values().collect();
    let found = store.view_pictures(&hashes).unwrap();
    let number = |jpeg: &ViewPicture| (0..100).find(|&number| picture(number) == *jpeg).unwrap();
    found.iter().map(|found| number(found.as_ref().unwrap())).collect()
}

fn rows(dir: &TempDir, table: &str) -> i64 {
    let sql = Connection::open(dir.path().join("till.db")).unwrap();
    sql.query_row(&format!("SELECT count(*) FROM {table}"), [], |row| row.get(0)).unwrap()
}

#[test]
fn views_keep_their_pictures_through_a_restart_and_a_return() {
    let dir = tempdir().unwrap();
    let store = open(dir.path());
    assert_eq!(store.view_origins(0, 10).unwrap(), None);
    store.publish_catalogue(&catalogue(5, 100)).unwrap();
    store.publish_views(with_pictures((1..=5).map(|n| view(n, n % 5)).collect())).unwrap();
    // One without.
    store.publish_views(ViewChange { add: vec![view(9, 1)], ..ViewChange::new(model()) }).unwrap();
    store.publish_views(ViewChange { remove_products: vec![id(1)], ..ViewChange::new(model()) }).unwrap();
    assert_eq!(picture_numbers(&store), [2, 3, 4, 5]);
    drop(store);
    let store = open(dir.path());
    assert_eq!(store.rollback(Generation(3)).unwrap(), Generation(5));
    assert_eq!(picture_numbers(&store), [1, 2, 3, 4, 5]);
    let report = store.verify_views().unwrap();
    assert_eq!((report.views, report.with_picture, report.pictures, report.bad), (6, 5, 5, 0));
}

#[test]
fn views_of_another_model_share_the_pictures_and_going_back_keeps_them() {
    let dir = tempdir().unwrap();
    let store = open(dir.path());
    store.publish_catalogue(&catalogue(5, 100)).unwrap();
    let two = store.publish_views(with_pictures(vec![view(1, 1), view(2, 2)])).unwrap();
    let names = origins(&store);
    let anew = vec![view_of(&other_model(), 11, 1, 8), view_of(&other_model(), 12, 2, 8)];
    let kept = |(new, old): (&View, u32)| (new.id, GivenPicture::Kept(names[&view(old, 1).id]));
    let pictures: BTreeMap<_, _> = anew.iter().zip([1, 2]).map(kept).collect();
    store.bring_views(&other_model(), anew.clone(), pictures.clone()).unwrap();
    store.bring_views(&other_model(), anew.clone(), pictures).unwrap();
    assert_eq!(store.catalogue().unwrap().unwrap().views.len(), 2, "what waits is in no generation");
    assert_eq!(store.catalogue().unwrap().unwrap().model, Some(model()));
    let change = ViewChange {
        brought: anew.iter().map(|view| view.id).collect(),
        calibration_json: Some("{}".to_owned()),
        expected: Some(two),
        ..ViewChange::new(other_model())
    };
    store.publish_views(change.clone()).unwrap();
    let newest = store.catalogue().unwrap().unwrap();
    assert_eq!((newest.model, newest.views), (Some(other_model()), anew));
    assert_eq!((picture_numbers(&store), rows(&dir, "view_picture")), (vec![1, 2], 2));
    let again = store.publish_views(ViewChange { expected: None, ..change }).unwrap_err();
    assert!(matches!(again, StoreError::NotWaiting { .. }), "{again}");
    store.rollback(two).unwrap();
    let newest = store.catalogue().unwrap().unwrap();
    assert_eq!((newest.model, newest.views), (Some(model()), vec![view(1, 1), view(2, 2)]));
    assert_eq!(picture_numbers(&store), [1, 2]);
}

#[test]
fn pictures_go_when_no_kept_generation_has_a_view_that_was_made_from_them() {
    let dir = tempdir().unwrap();
    let store = open(dir.path());
    store.publish_catalogue(&catalogue(5, 1)).unwrap();
    store.publish_views(with_pictures(vec![view(1, 1), view(2, 2)])).unwrap();
    // A view of its own that was made from the same picture.
    let shared = BTreeMap::from([(view(3, 3).id, GivenPicture::New(picture(2)))]);
    store
        .publish_views(ViewChange { add: vec![view(3, 3)], pictures: shared, ..ViewChange::new(model()) })
        .unwrap();
    let gone = ViewChange { remove_products: vec![id(1), id(2)], ..ViewChange::new(model()) };
    store.publish_views(gone).unwrap();
    for price in 2..20 {
        store.publish_catalogue(&catalogue(5, price)).unwrap();
    }
    assert_eq!((rows(&dir, "view"), rows(&dir, "view_picture"), rows(&dir, "view_origin")), (1, 1, 1));
    assert_eq!(picture_numbers(&store), [2]);
}

#[test]
fn what_waits_for_more_than_a_day_is_forgotten() {
    let dir = tempdir().unwrap();
    let store = open(dir.path());
    store.publish_catalogue(&catalogue(5, 1)).unwrap();
    let ViewChange { add, pictures, .. } = with_pictures(vec![view(1, 1)]);
    store.bring_views(&model(), add, pictures).unwrap();
    store.publish_catalogue(&catalogue(5, 2)).unwrap();
    assert_eq!((rows(&dir, "view"), rows(&dir, "view_picture")), (1, 1));
    Connection::open(dir.path().join("till.db"))
        .unwrap()
        .execute("UPDATE view_waiting SET since = since - 25 * 3600 * 1000", [])
        .unwrap();
    store.publish_catalogue(&catalogue(5, 3)).unwrap();
    assert_eq!((rows(&dir, "view"), rows(&dir, "view_picture"), rows(&dir, "view_origin")), (0, 0, 0));
    let late = ViewChange { brought: vec![view(1, 1).id], ..ViewChange::new(model()) };
    assert!(matches!(store.publish_views(late).unwrap_err(), StoreError::NotWaiting { .. }));
}

#[test]
fn what_does_not_fit_is_refused_and_changes_nothing() {
    let dir = tempdir().unwrap();
    let store = open(dir.path());
    store.publish_catalogue(&catalogue(5, 1)).unwrap();
    for bytes in [b"words".to_vec(), [&[0xff, 0xd8, 0xff][..], &vec![0; 300 * 1024]].concat()] {
        assert!(matches!(ViewPicture::new(bytes), Err(StoreError::Refused(_))));
    }
    let unknown = GivenPicture::Kept(picture(77).hash());
    let pictures = BTreeMap::from([(view(1, 1).id, unknown)]);
    let error = store.bring_views(&model(), vec![view(1, 1)], pictures).unwrap_err();
    assert!(matches!(error, StoreError::NoSuchPicture { .. }), "{error}");
    store.bring_views(&model(), vec![view(2, 44)], BTreeMap::new()).unwrap();
    let error = store
        .publish_views(ViewChange { brought: vec![view(2, 44).id], ..ViewChange::new(model()) })
        .unwrap_err();
    assert!(error.to_string().contains("no product `product-44`"), "{error}");
    assert_eq!((store.generation().unwrap(), rows(&dir, "view")), (Generation(1), 1));
}

#[test]
fn pictures_are_the_first_to_do_without_when_the_disk_fills_up() {
    let dir = tempdir().unwrap();
    let options = StoreOptions { picture_reserve_bytes: u64::MAX, ..StoreOptions::default() };
    let (store, _) = Store::open_with(dir.path(), Some(&till()), &options).unwrap();
    store.publish_catalogue(&catalogue(5, 1)).unwrap();
    let error = store.publish_views(with_pictures(vec![view(1, 1)])).unwrap_err();
    assert!(matches!(error, StoreError::NoRoomForPictures { .. }), "{error}");
    store.publish_views(ViewChange { add: vec![view(1, 1)], ..ViewChange::new(model()) }).unwrap();
    assert_eq!(store.catalogue().unwrap().unwrap().views.len(), 1);
}

#[test]
fn a_check_names_views_that_are_not_what_was_written() {
    let dir = tempdir().unwrap();
    let store = open(dir.path());
    store.publish_catalogue(&catalogue(5, 1)).unwrap();
    store.publish_views(with_pictures((1..=4).map(|n| view(n, n)).collect())).unwrap();
    let hash = origins(&store)[&view(3, 3).id];
    drop(store);
    Connection::open(dir.path().join("till.db"))
        .unwrap()
        .execute_batch(
            "PRAGMA foreign_keys = OFF;
             UPDATE view SET product = 'product-2' WHERE product = 'product-1';
             UPDATE view_origin SET picture = 1 WHERE picture = 2;
             UPDATE view_picture SET body = x'ffd8ffe000' WHERE id = 3;",
        )
        .unwrap();
    let store = open(dir.path());
    let report = store.verify_views().unwrap();
    let named: Vec<_> = report.named.iter().map(|bad| (bad.view, bad.problem.as_str())).collect();
    assert_eq!(
        named,
        [
            (view(1, 1).id, "its vector or its product is damaged: its digest does not fit"),
            (view(2, 2).id, "it points to a picture that it was not made from"),
            (view(3, 3).id, "its picture is damaged: its hash does not fit its content"),
        ]
    );
    assert_eq!((report.views, report.bad), (4, 3));
    let found = store.view_pictures(&[hash, picture(4).hash(), picture(50).hash()]).unwrap();
    assert!(found[0].as_ref().unwrap_err().contains("damaged"));
    assert_eq!(found[1], Ok(picture(4)));
    assert!(found[2].as_ref().unwrap_err().contains("not in the store"));
}
