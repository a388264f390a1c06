//! The order of tills' journals: gaps, forks, what a till and the cloud agree on.

use cloud_store::{Outcome, Store};
use domain::ids::SequenceNumber;
use domain::sale::TillRef;
use sync_core::entry::{Entry, Mark};
use sync_core::message::Hello;

use crate::support::{Journal, NOW, Rig, later, over_both_engines, sale, till, while_writing};

over_both_engines!(
    a_gap_is_shown_until_it_is_filled,
    a_gap_that_the_chain_goes_over_is_lost,
    a_fork_is_shown_once_where_it_begins,
    knows_where_a_till_stands,
);

async fn ingest(store: &Store, till: &TillRef, entries: &[Entry], at_ms: i64) -> Vec<Outcome> {
    while_writing(store, store.ingest(till, entries.to_vec(), later(at_ms))).await.unwrap().outcomes
}

async fn gaps(store: &Store) -> Vec<(u64, u64, bool)> {
    let gaps = store.gaps(&till("demo").org, 10).await.unwrap();
    let mut gaps: Vec<_> = gaps.iter().map(|gap| (gap.first.0, gap.last.0, gap.lost)).collect();
    gaps.sort_unstable();
    gaps
}

async fn a_gap_is_shown_until_it_is_filled(rig: Rig) {
    let rig = rig.with_tills().await;
    let (store, till) = (&rig.store, till("demo"));
    let entries = Journal::new(till.clone()).append_many(1, 9);
    ingest(store, &till, &entries[..2], 0).await;
    ingest(store, &till, &entries[7..], 1).await;
    assert_eq!(gaps(store).await, [(3, 7, false)]);
    assert_eq!(store.gaps(&till.org, 10).await.unwrap()[0].noticed_at, later(1));
    ingest(store, &till, &entries[4..5], 2).await;
    assert_eq!(gaps(store).await, [(3, 4, false), (6, 7, false)]);
    ingest(store, &till, &entries[2..4], 3).await;
    ingest(store, &till, &entries[5..6], 4).await;
    assert_eq!(gaps(store).await, [(7, 7, false)]);
    ingest(store, &till, &entries, 5).await;
    assert_eq!(gaps(store).await, []);
    assert!(store.forks(&till.org, 10).await.unwrap().is_empty());
    assert_eq!(store.heads(&till.org).await.unwrap()[0].mark, entries[8].mark());
}

async fn a_gap_that_the_chain_goes_over_is_lost(rig: Rig) {
    let rig = rig.with_tills().await;
    let (store, till) = (&rig.store, till("demo"));
    let mut journal = Journal::new(till.clone());
    let first = journal.append(sale(1));
    journal.head.sequence = SequenceNumber(4);
    let behind = journal.append(sale(2));
    ingest(store, &till, &[first, behind], 0).await;
    assert_eq!(gaps(store).await, [(2, 4, true)]);
}

async fn a_fork_is_shown_once_where_it_begins(rig: Rig) {
    let rig = rig.with_tills().await;
    let (store, till) = (&rig.store, till("demo"));
    let mut journal = Journal::new(till.clone());
    let common = journal.append_many(1, 3);
    let branching = journal.head;
    let first = journal.append_many(10, 5);
    ingest(store, &till, &[common.clone(), first.clone()].concat(), 0).await;
    // The till comes back with the disk of three sales ago, and goes on selling.
    journal.head = branching;
    let second = journal.append_many(20, 7);
    assert_eq!(ingest(store, &till, &second[..2], 1).await, [Outcome::Booked; 2]);
    assert_eq!(ingest(store, &till, &second[2..], 2).await, [Outcome::Booked; 5]);
    let forks = store.forks(&till.org, 10).await.unwrap();
    assert_eq!(forks.len(), 1, "{forks:?}");
    assert_eq!((forks[0].sequence, forks[0].noticed_at), (SequenceNumber(4), later(1)));
    assert_eq!((forks[0].known_hash, forks[0].other_hash), (first[0].hash, second[0].hash));
    assert_eq!(store.heads(&till.org).await.unwrap()[0].mark, journal.head);
    assert_eq!(ingest(store, &till, &second, 3).await, [Outcome::Known; 7]);
    assert_eq!(store.forks(&till.org, 10).await.unwrap().len(), 1);
}

async fn knows_where_a_till_stands(rig: Rig) {
    let rig = rig.with_tills().await;
    let (store, till) = (&rig.store, till("demo"));
    let mut journal = Journal::new(till.clone());
    let beginning = journal.head;
    let hello = |acked, head| Hello { version: 1, acked, head };
    let new = store.standing(&till, &hello(beginning, beginning)).await.unwrap();
    assert_eq!((new.has_head, new.has_acked, new.newest), (true, true, beginning));

    let entries = journal.append_many(1, 3);
    ingest(store, &till, &entries, 0).await;
    let behind = journal.append(sale(9));
    let standing = store.standing(&till, &hello(entries[1].mark(), behind.mark())).await.unwrap();
    assert_eq!((standing.has_head, standing.has_acked, standing.newest), (false, true, entries[2].mark()));
    let other = Mark { sequence: SequenceNumber(2), hash: [9; 32] };
    assert!(!store.standing(&till, &hello(other, other)).await.unwrap().has_acked);
    let of_nobody = store.standing(&self::till("other"), &hello(beginning, entries[2].mark())).await.unwrap();
    assert_eq!((of_nobody.has_head, of_nobody.has_acked), (false, false));
    assert_eq!(store.heads(&till.org).await.unwrap()[0].received_at, NOW);
}
