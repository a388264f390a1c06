//! What the views of an organisation are, for whoever compares them.

use std::sync::Arc;

use cloud_store::{NewEvent, NewView, Registration, Store, ViewsChange};
use domain::embedding::{Embedding, View};
use domain::ids::{ModelVersion, ProductId, Uuid, ViewId};
use testkit::build;

use crate::support::{NOW, Rig, later, org, over_both_engines};

over_both_engines!(the_mark_changes_with_the_views_and_names_the_newest_model);

fn event() -> NewEvent {
    NewEvent { topic: "t".to_owned(), key: "k".to_owned(), payload: Vec::new() }
}

async fn register(store: &Store, name: &str) {
    let product = build::piece(name, 100);
    let registration = Registration { product, category: None, photos: vec![], event: event(), job: None };
    store.register_product(&org("demo"), &registration, NOW).await.unwrap();
}

fn view(number: u128, product: &str, model: &str) -> NewView {
    let angle = number as f32 / 10.0;
    let values: Arc<[f32]> = vec![angle.cos(), angle.sin()].into();
    let embedding = Embedding::new(ModelVersion::new(model), values).unwrap();
    let product = ProductId::new(product).unwrap();
    NewView { view: View { id: ViewId(Uuid::from_u128(number)), product, embedding }, photo: None }
}

async fn the_mark_changes_with_the_views_and_names_the_newest_model(rig: Rig) {
    let rig = rig.with_tills().await;
    let (store, demo) = (&rig.store, org("demo"));
    register(store, "milk").await;
    register(store, "beer").await;
    assert_eq!(store.views_mark(&demo).await.unwrap(), None);
    let change = async |add: Vec<NewView>, retire: Vec<ViewId>, at_ms: i64| {
        let change = ViewsChange { add, retire, ..ViewsChange::default() };
        store.change_views(&demo, &change, later(at_ms)).await.unwrap();
        store.views_mark(&demo).await.unwrap().unwrap()
    };
    let first = change(vec![view(1, "milk", "m1"), view(2, "beer", "m1")], vec![], 1).await;
    assert_eq!((first.model.as_str(), first.views, first.newest), ("m1", 2, later(1)));
    let other = change(vec![view(3, "milk", "m1")], vec![ViewId(Uuid::from_u128(1))], 2).await;
    assert_eq!(other.views, 2);
    assert_ne!(other, first, "as many, and others");
    let fewer = change(vec![], vec![ViewId(Uuid::from_u128(3))], 3).await;
    assert_eq!((fewer.views, fewer.last_retired), (1, later(3)));
    store.archive_product(&demo, &ProductId::new("beer").unwrap(), true, &event(), later(4)).await.unwrap();
    assert_eq!(store.views_mark(&demo).await.unwrap(), None, "what is archived is not looked at");
    let newer = change(vec![view(5, "milk", "m2")], vec![], 5).await;
    assert_eq!((newer.model.as_str(), newer.views), ("m2", 1));
    assert_eq!(store.views_mark(&org("other")).await.unwrap(), None);
}
