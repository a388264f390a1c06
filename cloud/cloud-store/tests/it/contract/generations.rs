//! Generations: numbered, never changed, shared, and gone back to.

use std::collections::BTreeMap;
use std::sync::Arc;

use cloud_store::{
    EventId, GENERATIONS_TOPIC, GenerationKind, Published, Publishing, Store, StoreError, What,
};
use domain::embedding::{Embedding, View};
use domain::ids::{Generation, ModelVersion, ProductId, StoreId, Uuid, ViewId};
use sync_core::generation::{Content, Head};
use testkit::build;

use crate::support::{NOW, Rig, all_at_once, by_hand, details, later, org, over_both_engines};

over_both_engines!(
    a_generation_comes_back_as_it_was,
    the_same_contents_make_no_other_generation,
    says_what_each_generation_changed,
    every_kept_generation_stays_what_it_was,
    going_back_makes_a_new_generation_with_the_old_contents,
    of_many_who_publish_at_once_each_gets_a_number,
    refuses_when_somebody_was_faster,
    leaps_over_what_only_a_till_has,
    old_generations_leave_with_what_nobody_needs,
    one_store_finds_no_generation_of_another,
    refuses_views_of_another_model,
    damaged_contents_are_not_given_out,
);

fn shop() -> StoreId {
    StoreId::new("corner-shop").unwrap()
}

/// The first `prices.len()` products at these prices, and views by number and angle.
fn content(prices: &[i64], views: &[(u128, f32)], calibration: Option<&str>) -> Arc<Content> {
    let products = (0..).zip(prices).map(|(number, &price)| build::piece(&format!("p{number}"), price));
    let model = ModelVersion::new("m1");
    let view = |&(number, angle): &(u128, f32)| {
        let id = ViewId(Uuid::from_u128(number));
        let values: Arc<[f32]> = vec![angle.cos(), angle.sin()].into();
        let embedding = Embedding::new(model.clone(), values).unwrap();
        (id, View { id, product: ProductId::new("p0").unwrap(), embedding })
    };
    let views: BTreeMap<_, _> = views.iter().map(view).collect();
    Arc::new(Content {
        catalogue: Arc::new(build::catalogue(products)),
        model: (!views.is_empty()).then_some(model.clone()),
        views,
        calibration_json: calibration.map(str::to_owned),
    })
}

fn publishing(keep: u32) -> Publishing {
    Publishing { by: by_hand(), expected: None, keep }
}

fn sign(head: &Head) -> Vec<u8> {
    [b"signed ".as_slice(), &head.content_hash(&org("demo"), &shop())].concat()
}

async fn publish(store: &Store, content: &Arc<Content>, at_ms: i64) -> Published {
    publish_keeping(store, content, at_ms, 10).await
}

async fn publish_keeping(store: &Store, content: &Arc<Content>, at_ms: i64, keep: u32) -> Published {
    let (org, content) = (org("demo"), Arc::clone(content));
    store.publish_generation(&org, &shop(), content, &publishing(keep), &sign, later(at_ms)).await.unwrap()
}

async fn load(store: &Store, number: u64) -> Arc<Content> {
    store.load_generation(&org("demo"), &shop(), Generation(number)).await.unwrap().content
}

async fn a_generation_comes_back_as_it_was(rig: Rig) {
    let rig = rig.with_tills().await;
    let (store, demo) = (&rig.store, org("demo"));
    assert_eq!(store.newest_generation(&demo, &shop()).await.unwrap(), None);
    // More views than one statement takes.
    let views: Vec<(u128, f32)> = (0..300).map(|number| (number, number as f32 / 100.0)).collect();
    let content = content(&[99, 150], &views, Some(r#"{"accept":0.9}"#));
    let published = publish(store, &content, 7).await;
    assert!(published.is_new);
    let head = Head::of(Generation(1), later(7), &content);
    assert_eq!((&published.info.head, &published.info.signature), (&head, &sign(&head)));
    assert_eq!(
        (published.info.products, published.info.views, &published.info.made_by),
        (2, 300, &by_hand())
    );
    let stored = store.load_generation(&demo, &shop(), Generation(1)).await.unwrap();
    assert_eq!((&stored.info, &stored.content), (&published.info, &content));
    assert_eq!(store.newest_generation(&demo, &shop()).await.unwrap(), Some(published.info));
    let events = store.waiting_events(EventId(0), 10).await.unwrap();
    assert_eq!((events.len(), events[0].event.topic.as_str()), (1, GENERATIONS_TOPIC));
    assert_eq!(events[0].event.payload, br#"{"store":"corner-shop","number":1}"#);
}

async fn the_same_contents_make_no_other_generation(rig: Rig) {
    let rig = rig.with_tills().await;
    let content = content(&[99], &[(1, 0.5)], None);
    let first = publish(&rig.store, &content, 0).await;
    let again = publish(&rig.store, &content, 9).await;
    assert_eq!((again.is_new, again.info), (false, first.info));
    assert_eq!(rig.store.waiting_events(EventId(0), 10).await.unwrap().len(), 1);
}

async fn says_what_each_generation_changed(rig: Rig) {
    let rig = rig.with_tills().await;
    assert!(rig.store.newest_generations().await.unwrap().is_empty());
    let steps = [
        (content(&[99], &[], None), GenerationKind::Catalogue),
        (content(&[99], &[(1, 0.5)], Some("{}")), GenerationKind::Views),
        (content(&[98], &[(1, 0.5)], Some("{}")), GenerationKind::Catalogue),
        (content(&[97], &[(1, 0.5)], Some("{ }")), GenerationKind::Calibration),
        (content(&[97], &[(1, 0.6)], Some("{ }")), GenerationKind::Views),
        (content(&[97], &[], None), GenerationKind::Views),
    ];
    for (at_ms, (content, kind)) in (0..).zip(&steps) {
        assert_eq!(publish(&rig.store, content, at_ms).await.info.kind, *kind, "{at_ms}");
    }
    let listed = rig.store.generations(&org("demo"), &shop()).await.unwrap();
    assert_eq!(listed.iter().map(|info| info.head.number.0).collect::<Vec<_>>(), [6, 5, 4, 3, 2, 1]);
    let all = rig.store.newest_generations().await.unwrap();
    assert_eq!(all, BTreeMap::from([((org("demo"), shop()), Generation(6))]));
}

async fn every_kept_generation_stays_what_it_was(rig: Rig) {
    let rig = rig.with_tills().await;
    let contents = [
        content(&[99], &[(1, 0.1), (2, 0.2)], None),
        content(&[99, 5], &[(2, 0.2), (3, 0.3)], None),
        content(&[99, 5], &[(1, 0.1), (2, 0.9), (3, 0.3)], Some("{}")),
        content(&[99], &[(1, 0.1), (2, 0.2)], None),
        content(&[1], &[], None),
    ];
    for content in &contents {
        publish(&rig.store, content, 0).await;
    }
    for (number, content) in (1..).zip(&contents) {
        assert_eq!(&load(&rig.store, number).await, content, "{number}");
    }
}

async fn going_back_makes_a_new_generation_with_the_old_contents(rig: Rig) {
    let rig = rig.with_tills().await;
    let (store, demo) = (&rig.store, org("demo"));
    let (old, new) = (content(&[99], &[(1, 0.1)], Some("{}")), content(&[150], &[(2, 0.2)], None));
    publish(store, &old, 0).await;
    publish(store, &new, 1).await;
    let back =
        store.rollback_generation(&demo, &shop(), Generation(1), &publishing(10), &sign, later(2)).await;
    let back = back.unwrap();
    assert_eq!(
        (back.is_new, back.info.head.number, back.info.kind),
        (true, Generation(3), GenerationKind::Rollback)
    );
    assert_eq!(back.info.signature, sign(&back.info.head));
    assert_eq!((load(store, 3).await, load(store, 2).await), (old, new));
    let again =
        store.rollback_generation(&demo, &shop(), Generation(1), &publishing(10), &sign, later(3)).await;
    assert!(!again.unwrap().is_new);
    let none =
        store.rollback_generation(&demo, &shop(), Generation(9), &publishing(10), &sign, later(4)).await;
    assert!(matches!(none, Err(StoreError::NotFound { what: What::Generation, .. })), "{none:?}");
}

async fn of_many_who_publish_at_once_each_gets_a_number(rig: Rig) {
    let rig = rig.with_tills().await;
    let publishers = (1..=8).map(|price| {
        let store = rig.store.clone();
        async move { publish(&store, &content(&[price], &[(1, price as f32 / 10.0)], None), price).await.info }
    });
    let mut numbers: Vec<u64> = all_at_once(publishers).await.iter().map(|info| info.head.number.0).collect();
    numbers.sort_unstable();
    assert_eq!(numbers, (1..=8).collect::<Vec<_>>());
    for number in 1..=8 {
        load(&rig.store, number).await;
    }
}

async fn refuses_when_somebody_was_faster(rig: Rig) {
    let rig = rig.with_tills().await;
    let (store, demo) = (&rig.store, org("demo"));
    let expecting = |number| Publishing { expected: Some(Generation(number)), ..publishing(10) };
    let publish = async |price, number| {
        let content = content(&[price], &[], None);
        store.publish_generation(&demo, &shop(), content, &expecting(number), &sign, NOW).await
    };
    assert!(publish(1, 0).await.unwrap().is_new);
    let error = publish(2, 0).await.unwrap_err();
    assert!(matches!(error, StoreError::Conflict { what: What::Generation, .. }), "{error}");
    assert!(publish(2, 1).await.unwrap().is_new);
}

async fn leaps_over_what_only_a_till_has(rig: Rig) {
    let rig = rig.with_tills().await;
    let (store, demo) = (&rig.store, org("demo"));
    let (old, new) = (content(&[99], &[(1, 0.1)], Some("{}")), content(&[150], &[(2, 0.2)], None));
    let head = |number: u64, content: &Content| Head::of(Generation(number), later(5), content);
    let outrun = async |taken: &Head| {
        store.outrun_generation(&demo, &shop(), taken, &publishing(3), &sign, later(6)).await.unwrap()
    };
    assert_eq!(outrun(&head(9, &new)).await, None, "there is nothing that could be made anew");
    publish_keeping(store, &old, 0, 3).await;
    let newest = publish_keeping(store, &new, 1, 3).await.info;
    assert_eq!(outrun(&newest.head).await, None, "the till has what is here");
    assert_eq!(outrun(&head(1, &new)).await, None, "the till will take what is here");
    let leapt = outrun(&head(2, &old)).await.unwrap();
    assert_eq!((leapt.head.number, leapt.kind), (Generation(3), newest.kind), "another one of this number");
    let leapt = outrun(&head(700, &old)).await.unwrap();
    assert_eq!((leapt.head.number, leapt.signature.as_slice()), (Generation(701), &*sign(&leapt.head)));
    assert_eq!(load(store, 701).await, new);
    assert_eq!(publish_keeping(store, &old, 7, 3).await.info.head.number, Generation(702));
    let kept = store.generations(&demo, &shop()).await.unwrap();
    assert_eq!(kept.iter().map(|info| info.head.number.0).collect::<Vec<_>>(), [702, 701, 3]);
    assert_eq!((load(store, 3).await, load(store, 702).await), (new, old));
}

async fn old_generations_leave_with_what_nobody_needs(rig: Rig) {
    let rig = rig.with_tills().await;
    let (store, demo) = (&rig.store, org("demo"));
    // Another store sells what this one sold first.
    let other = StoreId::new("other-shop").unwrap();
    store.create_store(&demo, &other, &details(), NOW).await.unwrap();
    let shared = content(&[1], &[(1, 0.1)], Some("{}"));
    store.publish_generation(&demo, &other, Arc::clone(&shared), &publishing(3), &sign, NOW).await.unwrap();
    publish_keeping(store, &shared, 0, 3).await;
    for round in 2..=8_u16 {
        let view = (u128::from(round), f32::from(round) / 10.0);
        publish_keeping(store, &content(&[i64::from(round)], &[(1, 0.1), view], None), 0, 3).await;
    }
    let kept = store.generations(&demo, &shop()).await.unwrap();
    assert_eq!(kept.iter().map(|info| info.head.number.0).collect::<Vec<_>>(), [8, 7, 6]);
    for number in [6, 7, 8] {
        assert_eq!(load(store, number).await.views.len(), 2);
    }
    let loaded = store.load_generation(&demo, &other, Generation(1)).await.unwrap();
    assert_eq!(loaded.content, shared);
    // Catalogues: three and the other store's. Vectors: the shared one and one each. And a calibration.
    assert_eq!(rig.number("SELECT COUNT(*) FROM content").await, 4 + 4 + 1);
    assert_eq!(rig.number("SELECT COUNT(*) FROM generation_view").await, 1 + 3 + 1);
}

async fn one_store_finds_no_generation_of_another(rig: Rig) {
    let rig = rig.with_tills().await;
    let (store, other) = (&rig.store, org("other"));
    publish(store, &content(&[1], &[], None), 0).await;
    assert_eq!(store.newest_generation(&other, &shop()).await.unwrap(), None);
    assert!(store.generations(&other, &shop()).await.unwrap().is_empty());
    assert!(store.load_generation(&other, &shop(), Generation(1)).await.is_err());
    assert!(store.generation(&other, &shop(), Generation(1)).await.is_err());
    let nowhere = StoreId::new("elsewhere").unwrap();
    let error = store
        .publish_generation(&org("demo"), &nowhere, content(&[1], &[], None), &publishing(1), &sign, NOW)
        .await
        .unwrap_err();
    assert_eq!(error.to_string(), "there is no store `elsewhere`");
}

async fn refuses_views_of_another_model(rig: Rig) {
    let rig = rig.with_tills().await;
    let mut mixed = (*content(&[1], &[(1, 0.1)], None)).clone();
    mixed.model = Some(ModelVersion::new("m2"));
    let error = rig
        .store
        .publish_generation(&org("demo"), &shop(), Arc::new(mixed), &publishing(1), &sign, NOW)
        .await
        .unwrap_err();
    assert!(matches!(error, StoreError::Invalid { what: What::Generation, .. }), "{error}");
}

async fn damaged_contents_are_not_given_out(rig: Rig) {
    let rig = rig.with_tills().await;
    publish(&rig.store, &content(&[1], &[(1, 0.1)], None), 0).await;
    rig.damage("UPDATE generation_view SET product = 'p1'").await;
    let error = rig.store.load_generation(&org("demo"), &shop(), Generation(1)).await.unwrap_err();
    assert!(matches!(error, StoreError::Unreadable { what: What::Generation, .. }), "{error}");
    assert!(error.to_string().contains("not what was signed"), "{error}");
}
