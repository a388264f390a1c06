//! What is remembered of sold things: bounds, damage, learning and going back from it.

use domain::ids::{Generation, ProductId, SightingId};
use domain::observation::{Candidate, Probability, Verdict};
use domain::sighting::{Settled, Sighting};
use domain::time::BusinessDay;
use edge_store::control::Access;
use edge_store::{
    Learnt, OpenReport, SIGHTINGS_MAX, SIGHTINGS_PER_PRODUCT_MAX, Store, StoreOptions, ViewChange,
};
use rusqlite::Connection;
use tempfile::tempdir;

use crate::samples::{catalogue, model, open, sale, till, view, view_of};

/// A sighting, another one for each number.
fn sighting(number: u32, of_product: u32) -> Sighting {
    let settled = [Settled::BySight, Settled::Chosen, Settled::Found, Settled::Corrected];
    let known = !number.is_multiple_of(5);
    let first = Candidate {
        product: ProductId::new("product-3").unwrap(),
        probability: Probability::from_basis_points(number as u16 % 10_000),
    };
    Sighting {
        day: BusinessDay { year: 2026, month: 3, day: 1 + (number % 28) as u8 },
        look: view(number, 0).embedding,
        first: known.then_some(first),
        verdict: [Verdict::Accept, Verdict::AskCustomer, Verdict::Unknown][number as usize % 3],
        product: ProductId::new(&format!("product-{of_product}")).unwrap(),
        settled: settled[number as usize % 4],
    }
}

fn kept(store: &Store) -> Vec<Sighting> {
    let page = store.all_sightings(&model()).unwrap();
    assert_eq!(page.unreadable, 0);
    page.sightings.into_iter().map(|(_, sighting)| sighting).collect()
}

#[test]
fn gives_back_what_was_remembered_with_or_without_a_daemon() {
    let dir = tempdir().unwrap();
    let store = open(dir.path());
    let all: Vec<Sighting> = (0..50).map(|number| sighting(number, number % 7)).collect();
    store.remember(all.clone()).unwrap();
    let other = domain::ids::ModelVersion::new("other-1.0123456789ab");
    let of_other = Sighting { look: view_of(&other, 1, 1, 8).embedding, ..sighting(1, 1) };
    store.remember(vec![of_other.clone()]).unwrap();
    assert_eq!(kept(&store), all);
    assert_eq!(store.sightings_len().unwrap(), 51);
    let page = store.sightings(&model(), SightingId(10), 5).unwrap();
    assert_eq!((page.sightings.len(), page.next), (5, Some(SightingId(15))));
    assert_eq!(store.all_sightings(&other).unwrap().sightings[0].1, of_other);
    drop(store);
    let mut access = Access::open(dir.path()).unwrap();
    assert_eq!(access.all_sightings(&model()).unwrap().sightings.len(), 50);
    assert_eq!(access.forget_sightings().unwrap(), 51);
    assert!(access.all_sightings(&model()).unwrap().sightings.is_empty());
}

#[test]
fn the_oldest_make_room() {
    let dir = tempdir().unwrap();
    let options = StoreOptions { durability: edge_store::Durability::Normal, ..StoreOptions::default() };
    let (store, _) = Store::open_with(dir.path(), Some(&till()), &options).unwrap();
    // A bestseller does not push out what is sold once.
    store.remember(vec![sighting(0, 1)]).unwrap();
    let many = SIGHTINGS_PER_PRODUCT_MAX + 30;
    for number in 0..many {
        store.remember(vec![sighting(number, 2)]).unwrap();
    }
    let now = kept(&store);
    assert_eq!(now.len() as u32, SIGHTINGS_PER_PRODUCT_MAX + 1);
    assert_eq!((&now[0], &now[1]), (&sighting(0, 1), &sighting(30, 2)));
    let products = SIGHTINGS_MAX / SIGHTINGS_PER_PRODUCT_MAX + 5;
    for product in 10..10 + products {
        store
            .remember((0..SIGHTINGS_PER_PRODUCT_MAX).map(|number| sighting(number, product)).collect())
            .unwrap();
    }
    assert_eq!(store.sightings_len().unwrap(), u64::from(SIGHTINGS_MAX));
    assert!(kept(&store).iter().all(|sighting| sighting.product.as_str() != "product-2"));
}

#[test]
fn a_generation_that_was_gone_back_from_taught_nothing() {
    let dir = tempdir().unwrap();
    let store = open(dir.path());
    store.publish_catalogue(&catalogue(5, 100)).unwrap();
    let enrolled = ViewChange { add: (0..4).map(|n| view(n, n)).collect(), ..ViewChange::new(model()) };
    let taught = store.publish_views(enrolled).unwrap();
    store.remember((0..9).map(|number| sighting(number, 1)).collect()).unwrap();
    assert_eq!(store.learnt().unwrap(), Learnt::default());
    let change = ViewChange {
        add: vec![view(100, 1)],
        remove_views: vec![view(2, 2).id],
        learnt_through: Some(SightingId(9)),
        ..ViewChange::new(model())
    };
    let learnt = store.publish_views(change).unwrap();
    assert_eq!(learnt, Generation(3));
    let newest = store.catalogue().unwrap().unwrap();
    assert_eq!(
        newest.views.iter().map(|view| view.id).collect::<Vec<_>>(),
        [0, 1, 3, 100].map(|n| view(n, 0).id)
    );
    let expected = Learnt { generation: Some(learnt), through: SightingId(9), discarded: SightingId(0) };
    assert_eq!(store.learnt().unwrap(), expected);
    store.rollback(taught).unwrap();
    let undone = Learnt { generation: None, through: SightingId(9), discarded: SightingId(9) };
    assert_eq!(store.learnt().unwrap(), undone);
    assert_eq!(store.catalogue().unwrap().unwrap().views.len(), 4);
    store.rollback(learnt).unwrap();
    assert_eq!(store.learnt().unwrap(), expected);
}

#[test]
fn damaged_rows_are_passed_over_and_counted() {
    let dir = tempdir().unwrap();
    let store = open(dir.path());
    store.remember((0..10).map(|number| sighting(number, 1)).collect()).unwrap();
    drop(store);
    let sql = Connection::open(dir.path().join("till.db")).unwrap();
    for change in [
        "UPDATE sighting SET product = 'product-2' WHERE id = 3",
        "UPDATE sighting SET vector = zeroblob(64) WHERE id = 5",
        "UPDATE sighting SET verdict = 'nonsense' WHERE id = 7",
    ] {
        assert_eq!(sql.execute(change, []).unwrap(), 1);
    }
    drop(sql);
    let store = open(dir.path());
    let page = store.all_sightings(&model()).unwrap();
    assert_eq!((page.sightings.len(), page.unreadable), (7, 3));
}

#[test]
fn a_repair_saves_whole_sightings_and_needs_none() {
    let dir = tempdir().unwrap();
    let store = open(dir.path());
    for number in 1..=3 {
        store.commit_sale(&sale(number)).unwrap();
    }
    store.remember((0..10).map(|number| sighting(number, 1)).collect()).unwrap();
    drop(store);
    let sql = Connection::open(dir.path().join("till.db")).unwrap();
    sql.execute("UPDATE sighting SET day = 20260101 WHERE id = 4", []).unwrap();
    // What makes the store repair itself.
    sql.execute_batch(
        "DROP TRIGGER journal_never_changes; UPDATE journal SET payload = x'78' WHERE sequence = 2",
    )
    .unwrap();
    drop(sql);
    let (store, report) = Store::open(dir.path(), &till()).unwrap();
    let OpenReport::Repaired(repair) = report else { panic!("{report:?}") };
    assert_eq!(repair.sightings, 9);
    assert_eq!(kept(&store).len(), 9);
    store.remember(vec![sighting(11, 1)]).unwrap();
    assert_eq!(store.all_sightings(&model()).unwrap().sightings.last().unwrap().0, SightingId(11));
}
