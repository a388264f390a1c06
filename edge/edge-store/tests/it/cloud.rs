//! What is sent to the cloud, and generations that come from it.

use std::collections::BTreeMap;
use std::sync::Arc;

use domain::embedding::View;
use domain::ids::{Generation, ModelVersion, SequenceNumber, Uuid, ViewId};
use edge_store::{ChangeKind, CloudStanding, FromCloud, Store, StoreError, ViewChange};
use sync_core::generation::Content;
use tempfile::tempdir;

use crate::samples::{catalogue, model, open, sale, view, view_of};

fn sold(store: &Store, count: u64) {
    for number in 1..=count {
        store.commit_sale(&sale(number)).unwrap();
    }
}

#[test]
fn entries_are_chained_from_the_beginning_and_are_what_was_sold() {
    let dir = tempdir().unwrap();
    let store = open(dir.path());
    assert_eq!(
        (store.head_mark().unwrap(), store.acked_mark().unwrap()),
        (store.genesis_mark(), store.genesis_mark())
    );
    sold(&store, 5);
    let entries = store.entries(SequenceNumber(0), 10, usize::MAX).unwrap();
    assert_eq!(entries.len(), 5);
    let mut head = store.genesis_mark().hash;
    for (entry, number) in entries.iter().zip(1..) {
        assert!(entry.is_whole() && entry.previous == head, "{number}");
        assert_eq!(sync_core::sale_document::decode(&entry.payload), Ok(sale(number)));
        head = entry.hash;
    }
    assert_eq!(store.head_mark().unwrap(), entries[4].mark());
    assert_eq!(store.mark_at(SequenceNumber(3)).unwrap(), Some(entries[2].mark()));
    assert_eq!(store.mark_at(SequenceNumber(6)).unwrap(), None);
    assert_eq!(store.mark_at(SequenceNumber(0)).unwrap(), Some(store.genesis_mark()));
}

#[test]
fn a_page_ends_at_its_limits_but_is_never_empty() {
    let dir = tempdir().unwrap();
    let store = open(dir.path());
    sold(&store, 4);
    let places = |after, max_entries, max_bytes| -> Vec<u64> {
        let entries = store.entries(SequenceNumber(after), max_entries, max_bytes).unwrap();
        entries.iter().map(|entry| entry.sequence.0).collect()
    };
    let one = store.entries(SequenceNumber(0), 1, 1).unwrap()[0].payload.len();
    assert_eq!(places(1, 2, usize::MAX), [2, 3]);
    assert_eq!(places(0, 10, 1), [1], "the first comes whatever its length");
    assert_eq!(places(0, 10, 5 * one / 2), [1, 2]);
    assert_eq!(places(4, 10, 1), [] as [u64; 0]);
}

#[test]
fn what_the_cloud_lost_is_in_the_outbox_again() {
    let dir = tempdir().unwrap();
    let store = open(dir.path());
    sold(&store, 6);
    store.mark_sent(SequenceNumber(5)).unwrap();
    assert_eq!((store.outbox_len().unwrap(), store.acked_mark().unwrap().sequence), (1, SequenceNumber(5)));
    store.mark_unsent(SequenceNumber(2)).unwrap();
    assert_eq!((store.outbox_len().unwrap(), store.acked_mark().unwrap().sequence), (4, SequenceNumber(2)));
    drop(store);
    let store = open(dir.path());
    assert_eq!(store.acked_mark().unwrap().sequence, SequenceNumber(2));
    store.mark_sent(SequenceNumber(6)).unwrap();
    assert_eq!(store.outbox_len().unwrap(), 0);
}

fn content(price_minor: i64, model: &ModelVersion, views: &[View]) -> Content {
    Content {
        catalogue: Arc::new(catalogue(5, price_minor)),
        model: (!views.is_empty()).then(|| model.clone()),
        views: views.iter().map(|view| (view.id, view.clone())).collect::<BTreeMap<_, _>>(),
        calibration_json: Some(format!("{{\"price\":{price_minor}}}")),
    }
}

fn ids(store: &Store) -> Vec<ViewId> {
    let mut ids: Vec<_> = store.catalogue().unwrap().unwrap().views.iter().map(|view| view.id).collect();
    ids.sort();
    ids
}

fn take(store: &Store, number: u64, content: &Content) -> Generation {
    store.take_cloud_generation(from_cloud(number, content)).unwrap()
}

fn from_cloud(number: u64, content: &Content) -> FromCloud {
    FromCloud {
        number: Generation(number),
        head: format!("head {number}").into_bytes(),
        content: content.clone(),
        other_cloud: false,
    }
}

#[test]
fn a_generation_of_the_cloud_is_one_of_the_tills_and_builds_on_the_last() {
    let dir = tempdir().unwrap();
    let store = open(dir.path());
    assert_eq!(store.cloud_standing().unwrap(), CloudStanding::default());
    assert_eq!(store.cloud_content().unwrap(), None);
    let first = content(100, &model(), &[view(1, 1), view(2, 2)]);
    assert_eq!(take(&store, 7, &first), Generation(1));
    let second = content(120, &model(), &[view(2, 2), view(3, 3)]);
    assert_eq!(take(&store, 9, &second), Generation(2));
    assert_eq!(take(&store, 9, &second), Generation(2), "the same again changes nothing");
    assert_eq!(take(&store, 8, &first), Generation(2), "nor does an older one");
    let newest = store.catalogue().unwrap().unwrap();
    assert_eq!((*newest.catalogue).clone(), catalogue(5, 120));
    assert_eq!(newest.calibration_json, second.calibration_json);
    assert_eq!(ids(&store), [view(2, 2).id, view(3, 3).id]);
    assert_eq!(store.generations().unwrap()[0].kind, ChangeKind::Cloud);
    drop(store);
    let store = open(dir.path());
    assert_eq!(store.cloud_content().unwrap(), Some((Generation(9), second)));
    let standing = CloudStanding { sells_from: Generation(9), newest_taken: Generation(9) };
    assert_eq!(store.cloud_standing().unwrap(), standing);
    assert_eq!(store.cloud_head().unwrap(), Some(b"head 9".to_vec()));
}

#[test]
fn numbers_of_another_cloud_do_not_count_and_an_older_one_of_the_same_is_not_taken() {
    let dir = tempdir().unwrap();
    let store = open(dir.path());
    let (ours, theirs) = (content(100, &model(), &[view(1, 1)]), content(120, &model(), &[view(2, 2)]));
    take(&store, 40, &ours);
    assert_eq!(take(&store, 39, &theirs), Generation(1), "an old one that is sent again changes nothing");
    assert_eq!(store.cloud_head().unwrap(), Some(b"head 40".to_vec()));
    let first = FromCloud { other_cloud: true, ..from_cloud(3, &theirs) };
    assert_eq!(store.take_cloud_generation(first).unwrap(), Generation(2));
    let standing = CloudStanding { sells_from: Generation(3), newest_taken: Generation(3) };
    assert_eq!(store.cloud_standing().unwrap(), standing);
    assert_eq!(store.cloud_content().unwrap(), Some((Generation(3), theirs)));
    assert_eq!(store.cloud_head().unwrap(), Some(b"head 3".to_vec()));
    assert_eq!(ids(&store), [view(2, 2).id]);
}

#[test]
fn what_the_till_learnt_stays_and_what_it_enrolled_leaves() {
    let dir = tempdir().unwrap();
    let store = open(dir.path());
    take(&store, 1, &content(100, &model(), &[view(1, 1)]));
    let learnt = View { id: ViewId::of_sale(Uuid::from_u128(77)), ..view(5, 2) };
    let add = vec![learnt.clone(), view(6, 3)];
    store.publish_views(ViewChange { add, ..ViewChange::new(model()) }).unwrap();
    assert_eq!(store.cloud_content().unwrap().unwrap().1, content(100, &model(), &[view(1, 1)]));
    let next = content(110, &model(), &[view(1, 1), view(4, 4)]);
    take(&store, 2, &next);
    let mut expected = vec![view(1, 1).id, view(4, 4).id, learnt.id];
    expected.sort();
    assert_eq!(ids(&store), expected);
    assert_eq!(store.cloud_content().unwrap(), Some((Generation(2), next)), "without what the till learnt");
    let other = ModelVersion::new("another");
    take(&store, 3, &content(110, &other, &[view_of(&other, 9, 1, 8)]));
    assert_eq!(ids(&store), [view_of(&other, 9, 1, 8).id], "another model's vectors cannot be compared");
}

#[test]
fn after_going_back_the_till_says_what_it_sells_from_and_takes_only_newer_ones() {
    let dir = tempdir().unwrap();
    let store = open(dir.path());
    let (first, second) = (content(100, &model(), &[view(1, 1)]), content(120, &model(), &[view(2, 2)]));
    take(&store, 4, &first);
    take(&store, 5, &second);
    store.rollback(Generation(1)).unwrap();
    let standing = CloudStanding { sells_from: Generation(4), newest_taken: Generation(5) };
    assert_eq!(store.cloud_standing().unwrap(), standing);
    assert_eq!(take(&store, 5, &second), Generation(3), "it stays where it was brought");
    let third = content(130, &model(), &[view(2, 2)]);
    assert_eq!(take(&store, 6, &third), Generation(4));
    assert_eq!(ids(&store), [view(2, 2).id], "a view that left came back");
    assert_eq!(store.cloud_content().unwrap(), Some((Generation(6), third)));
}

#[test]
fn a_cloud_without_views_empties_them_and_a_view_that_changed_is_refused() {
    let dir = tempdir().unwrap();
    let store = open(dir.path());
    take(&store, 1, &content(100, &model(), &[view(1, 1)]));
    let changed = View { id: view(1, 1).id, ..view(2, 2) };
    let refused = store.take_cloud_generation(from_cloud(2, &content(100, &model(), &[changed])));
    assert!(matches!(refused, Err(StoreError::DuplicateView { .. })), "{refused:?}");
    take(&store, 3, &content(100, &model(), &[]));
    assert_eq!(ids(&store), []);
    assert_eq!(store.cloud_standing().unwrap().sells_from, Generation(3));
}
