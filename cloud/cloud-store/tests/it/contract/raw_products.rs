//! Raw products find their families; targets are visited in their time.

use std::collections::BTreeMap;

use cloud_core::families::{Facts, FamilyField as F, Rung, Source, SourceKind};
use cloud_store::{
    FamilyFilter, FamilyId, NewPageTarget, NewRawProduct, PageTargetId, PageTargetKind, Placed, RawProductId,
    Store, StoreError, Visit,
};
use domain::gtin::Gtin;
use domain::ids::Uuid;

use crate::support::{NOW, Rig, all_at_once, by_hand, later, org, over_both_engines};

over_both_engines!(
    raw_products_climb_the_ladder_into_families,
    the_same_again_is_seen_and_changes_nothing,
    a_field_keeps_what_counts_most_and_the_log_keeps_everything,
    many_at_once_make_no_family_twice,
    another_organisations_families_are_not_there,
    targets_are_due_in_their_time,
    what_was_read_from_the_bus_is_known,
);

const GTIN: &str = "4006381333931";

/// A raw product by a salt, a source, its key and what it says.
fn raw(salt: u128, kind: SourceKind, key: &str, said: &[(F, &str)]) -> NewRawProduct {
    let fields: BTreeMap<F, String> =
        said.iter().map(|(field, value)| (*field, (*value).to_owned())).collect();
    let gtin = fields.get(&F::Gtin).and_then(|gtin| Gtin::parse(gtin).ok());
    NewRawProduct {
        id: RawProductId(Uuid::from_u128(salt)),
        family: FamilyId(Uuid::from_u128(1_000 + salt)),
        source: Source { name: format!("{kind:?}").to_lowercase(), priority: kind.priority() },
        key: key.to_owned(),
        facts: Facts { url: fields.get(&F::Url).cloned(), gtin, fields },
        price: Some("1.99".parse().unwrap()),
        currency: Some(testkit::build::euro()),
        snapshot: None,
    }
}

async fn place(store: &Store, raws: &[NewRawProduct]) -> Vec<Placed> {
    store.place_raw_products(&org("demo"), raws, NOW).await.unwrap()
}

async fn raw_products_climb_the_ladder_into_families(rig: Rig) {
    let rig = rig.with_tills().await;
    let store = &rig.store;
    let page = "https://shop.example/cola";
    let placed = place(
        store,
        &[
            raw(
                1,
                SourceKind::Page,
                page,
                &[(F::Name, "Fritz-Kola 0,33l"), (F::Brand, "fritz-kola"), (F::Sku, "FK-33"), (F::Url, page)],
            ),
            raw(2, SourceKind::Import, "a", &[(F::Name, "anything"), (F::Url, page), (F::Gtin, GTIN)]),
            raw(3, SourceKind::OpenData, GTIN, &[(F::Name, "Kola"), (F::Gtin, GTIN)]),
            raw(
                4,
                SourceKind::Import,
                "b",
                &[(F::Name, "Koffeinhaltiges"), (F::Brand, "Fritz Kola"), (F::Sku, "fk33")],
            ),
            raw(5, SourceKind::Import, "c", &[(F::Name, "Vollmilch frisch 1 L")]),
            raw(6, SourceKind::Import, "d", &[(F::Name, "frische Vollmilch, 1000 ml")]),
            raw(7, SourceKind::Import, "e", &[(F::Name, "Vollmilch frisch 0,5 L")]),
        ],
    )
    .await;
    let found: Vec<_> = placed.iter().map(|one| (one.family.0.as_u128() - 1_000, one.rung)).collect();
    assert_eq!(
        found[..4],
        [(1, None), (1, Some(Rung::Url)), (1, Some(Rung::Gtin)), (1, Some(Rung::BrandSku))]
    );
    assert_eq!(found[4], (5, None));
    assert!(found[5].0 == 5 && found[5].1 > Some(Rung::BrandSku), "{:?}", found[5]);
    assert_eq!(found[6], (7, None), "another size is another product");
    let members = store.raw_products(&org("demo"), Some(placed[0].family), None, 10).await.unwrap();
    assert_eq!(members.len(), 4);
    assert_eq!(members[1].rung, Some(Rung::Url));
    let first = store.raw_product(&org("demo"), placed[0].id).await.unwrap();
    assert_eq!(first.raw.facts.fields[&F::Sku], "FK-33");
    assert_eq!(first.raw.price, Some("1.99".parse().unwrap()));
    assert_eq!(store.families(&org("demo"), &FamilyFilter::default(), None, 10).await.unwrap().len(), 3);
}

async fn the_same_again_is_seen_and_changes_nothing(rig: Rig) {
    let rig = rig.with_tills().await;
    let (store, demo) = (&rig.store, org("demo"));
    let said = [(F::Name, "Milk"), (F::Brand, "Alm")];
    let first = place(store, &[raw(1, SourceKind::Import, "m", &said)]).await.remove(0);
    let again =
        store.place_raw_products(&demo, &[raw(2, SourceKind::Import, "m", &said)], later(5)).await.unwrap();
    assert_eq!((again[0].id, again[0].family, again[0].is_changed), (first.id, first.family, false));
    let changed = [(F::Name, "Milk"), (F::Brand, "Tal")];
    let other = store
        .place_raw_products(&demo, &[raw(3, SourceKind::Import, "m", &changed)], later(9))
        .await
        .unwrap();
    assert_eq!((other[0].id, other[0].fields_changed.clone()), (first.id, vec![F::Brand]));
    let kept = store.raw_product(&demo, first.id).await.unwrap();
    assert_eq!((kept.first_seen_at, kept.seen_at, kept.changed_at), (NOW, later(9), later(9)));
    assert_eq!(rig.number("SELECT COUNT(*) FROM raw_product").await, 1);
    assert_eq!(rig.number("SELECT COUNT(*) FROM product_family").await, 1);
    for bad in [raw(9, SourceKind::Import, "", &said), raw(9, SourceKind::Import, "n", &[(F::Brand, "Alm")])]
    {
        let refused =
            store.place_raw_products(&demo, &[raw(8, SourceKind::Import, "k", &said), bad], NOW).await;
        assert!(matches!(refused, Err(StoreError::Invalid { .. })), "{refused:?}");
    }
    assert_eq!(rig.number("SELECT COUNT(*) FROM raw_product").await, 1, "all or none");
}

async fn a_field_keeps_what_counts_most_and_the_log_keeps_everything(rig: Rig) {
    let rig = rig.with_tills().await;
    let (store, demo) = (&rig.store, org("demo"));
    let family =
        place(store, &[raw(1, SourceKind::Page, "p", &[(F::Name, "milk"), (F::Gtin, GTIN)])]).await[0].family;
    let person = Source { name: "user:7".to_owned(), priority: SourceKind::Person.priority() };
    let said = BTreeMap::from([(F::Name, "Fresh milk".to_owned()), (F::Category, "Dairy".to_owned())]);
    let changes = store.say_of_family(&demo, family, &said, &person, later(1)).await.unwrap();
    assert_eq!(changes.iter().map(|one| one.field).collect::<Vec<_>>(), [F::Name, F::Category]);
    assert_eq!(store.say_of_family(&demo, family, &said, &person, later(1)).await.unwrap(), []);
    let placed = place(
        store,
        &[raw(2, SourceKind::OpenData, "o", &[(F::Name, "MILK"), (F::Gtin, GTIN), (F::Brand, "Alm")])],
    )
    .await;
    assert_eq!((placed[0].family, placed[0].fields_changed.clone()), (family, vec![F::Brand, F::Gtin]));
    let known = store.family(&demo, family).await.unwrap();
    assert_eq!(
        (known.fields[&F::Name].value.as_str(), known.fields[&F::Name].source.name.as_str()),
        ("Fresh milk", "user:7")
    );
    assert_eq!(known.fields[&F::Brand].source.priority, SourceKind::OpenData.priority());
    let log = store.family_changes(&demo, family, 100).await.unwrap();
    let named: Vec<_> = log.iter().rev().filter(|one| one.field == F::Name).collect();
    assert_eq!(named[0].before, None);
    assert_eq!(named[1].before, Some(("milk".to_owned(), "page".to_owned())));
    assert_eq!((named[0].raw_product, named[1].raw_product), (Some(RawProductId(Uuid::from_u128(1))), None));
    let since = FamilyFilter { changed_since: Some(later(2)), ..FamilyFilter::default() };
    assert_eq!(store.families(&demo, &since, None, 10).await.unwrap().len(), 0);
    let id = FamilyId(Uuid::from_u128(77));
    store.create_family(&demo, id, &said, &person, later(3)).await.unwrap();
    assert_eq!(store.families(&demo, &since, None, 10).await.unwrap()[0].id, id);
    assert!(matches!(
        store.link_family(&demo, id, Some(&domain::ids::ProductId::new("wine").unwrap()), NOW).await,
        Err(StoreError::NotFound { .. })
    ));
}

async fn many_at_once_make_no_family_twice(rig: Rig) {
    let rig = rig.with_tills().await;
    let sent = (0..12_u128).map(|number| {
        let store = rig.store.clone();
        let raw =
            raw(number, SourceKind::Import, &format!("key {number}"), &[(F::Name, "Kola"), (F::Gtin, GTIN)]);
        async move { store.place_raw_products(&org("demo"), &[raw], NOW).await.unwrap().remove(0).rung }
    });
    let rungs = all_at_once(sent).await;
    assert_eq!(rungs.iter().filter(|rung| rung.is_none()).count(), 1, "{rungs:?}");
    assert_eq!(rig.number("SELECT COUNT(*) FROM product_family").await, 1);
}

async fn another_organisations_families_are_not_there(rig: Rig) {
    let rig = rig.with_tills().await;
    let (store, other) = (&rig.store, org("other"));
    let placed = place(store, &[raw(1, SourceKind::Import, "m", &[(F::Name, "Milk"), (F::Gtin, GTIN)])])
        .await
        .remove(0);
    let theirs = raw(2, SourceKind::Import, "m", &[(F::Name, "Milk"), (F::Gtin, GTIN)]);
    let theirs = store.place_raw_products(&other, &[theirs], NOW).await.unwrap().remove(0);
    assert_eq!((theirs.rung, theirs.id == placed.id, theirs.family == placed.family), (None, false, false));
    assert!(
        store.family(&other, placed.family).await.is_err()
            && store.raw_product(&other, placed.id).await.is_err()
    );
    assert!(store.family_changes(&other, placed.family, 10).await.unwrap().is_empty());
    let person = Source { name: "user:7".to_owned(), priority: 100 };
    let said = BTreeMap::from([(F::Name, "X".to_owned())]);
    assert!(store.say_of_family(&other, placed.family, &said, &person, NOW).await.is_err());
}

async fn targets_are_due_in_their_time(rig: Rig) {
    let rig = rig.with_tills().await;
    let (store, demo) = (&rig.store, org("demo"));
    let target = |number: u128, address: &str| NewPageTarget {
        id: PageTargetId(Uuid::from_u128(number)),
        kind: PageTargetKind::Page,
        address: address.to_owned(),
        supplier: None,
        every_minutes: 60,
    };
    let id = store.put_page_target(&demo, &target(1, "https://a.example/1"), &by_hand(), NOW).await.unwrap();
    let same =
        store.put_page_target(&demo, &target(2, "https://a.example/1"), &by_hand(), later(5)).await.unwrap();
    assert_eq!(id, same);
    let unknown =
        NewPageTarget { supplier: Some(super::sourcing::supplier_id(9)), ..target(3, "https://b.example") };
    assert!(matches!(
        store.put_page_target(&demo, &unknown, &by_hand(), NOW).await,
        Err(StoreError::NotFound { .. })
    ));
    assert!(store.due_page_targets(later(4), 10).await.unwrap().is_empty());
    assert_eq!(store.due_page_targets(later(5), 10).await.unwrap().len(), 1);
    let visit = |outcome: Result<u32, &str>, snapshot: Option<&str>, ms| Visit {
        outcome: outcome.map_err(str::to_owned),
        snapshot: snapshot.map(str::to_owned),
        next_at: later(ms),
    };
    store.note_visit(&demo, id, &visit(Ok(3), Some("pages/x"), 100), later(6)).await.unwrap();
    store.note_visit(&demo, id, &visit(Err("HTTP 500"), None, 200), later(101)).await.unwrap();
    store.note_visit(&demo, id, &visit(Err("HTTP 500"), None, 300), later(201)).await.unwrap();
    let known = store.page_target(&demo, id).await.unwrap();
    assert_eq!((known.failures, known.products, known.problem.as_deref()), (2, 3, Some("HTTP 500")));
    assert_eq!((known.snapshot.as_deref(), known.next_at), (Some("pages/x"), later(300)));
    let keys = ["pages/x".to_owned(), "pages/y".to_owned()];
    assert_eq!(store.snapshots_in_use(&keys).await.unwrap(), ["pages/x"]);
    store.note_visit(&demo, id, &visit(Ok(0), None, 400), later(301)).await.unwrap();
    assert_eq!(store.page_target(&demo, id).await.unwrap().failures, 0);
    assert!(store.remove_page_target(&org("other"), id).await.is_err());
    store.remove_page_target(&demo, id).await.unwrap();
    assert!(store.page_targets(&demo, None, 10).await.unwrap().is_empty());
}

async fn what_was_read_from_the_bus_is_known(rig: Rig) {
    let store = &rig.store;
    assert_eq!(store.bus_place("raw_products", 0).await.unwrap(), None);
    for next in [7, 5] {
        store.note_bus_place("raw_products", 0, next).await.unwrap();
        assert_eq!(store.bus_place("raw_products", 0).await.unwrap(), Some(next), "a topic may begin anew");
    }
    assert_eq!(store.bus_place("raw_products", 1).await.unwrap(), None);
}
