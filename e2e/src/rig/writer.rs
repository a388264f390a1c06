//! The process that things happen to: it sells through the store as the daemon does, without pause.

use std::fs::OpenOptions;
use std::path::Path;
use std::time::Duration;

use edge_store::{Durability, Store, StoreOptions};
use rand::{RngExt as _, SeedableRng as _};
use rand_chacha::ChaCha8Rng;
use testkit::build;

use super::account::{Event, note, sale};

/// One payment in so many is declined.
const DECLINED_ONE_IN: u32 = 8;
/// One customer in so many takes a moment, so that the store's idle work comes in between.
const PAUSE_ONE_IN: u32 = 40;

/// Sells from sale `first` on, for ever. What was begun and not finished by an earlier writer is finished first.
pub fn run(dir: &Path, acks: &Path, first: u64, seed: u64, careless: bool) -> anyhow::Result<()> {
    let durability = if careless { Durability::Normal } else { Durability::Full };
    let options = StoreOptions { durability, ..StoreOptions::default() };
    let (store, _) = Store::open_with(dir, Some(&build::till()), &options)?;
    let mut acks = OpenOptions::new().create(true).append(true).open(acks)?;
    let mut rng = ChaCha8Rng::seed_from_u64(seed);
    for number in first.. {
        let paid = sale(number);
        let payment = paid.tenders[0].payment;
        note(&mut acks, Event::Attempt, number)?;
        if let Some((entry, _)) = store.sale(paid.id)? {
            note(&mut acks, Event::Sold(entry.sequence), number)?;
            continue;
        }
        let mut unpaid = paid.clone();
        unpaid.tenders[0].authorisation.clear();
        store.record_intent(payment, &unpaid)?;
        note(&mut acks, Event::Intent, number)?;
        if rng.random_ratio(1, DECLINED_ONE_IN) {
            store.drop_intent(payment)?;
            note(&mut acks, Event::Dropped, number)?;
        } else {
            let entry = store.commit_sale(&paid)?;
            note(&mut acks, Event::Sold(entry.sequence), number)?;
        }
        if rng.random_ratio(1, PAUSE_ONE_IN) {
            std::thread::sleep(Duration::from_millis(rng.random_range(20..120)));
        }
    }
    Ok(())
}
