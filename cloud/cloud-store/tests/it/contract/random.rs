//! Tills that do everything wrong at once, by a seed: lost acks, doubled and reordered batches, gaps, old backups, poison.
//! After each round the store agrees with a model that is a page long.

use std::collections::{BTreeMap, BTreeSet};

use cloud_store::{Outcome, SaleFilter, Store};
use domain::ids::{SaleId, Uuid};
use domain::sale::TillRef;
use rand::RngExt as _;
use sync_core::chain::Hash;
use sync_core::entry::{Entry, Mark};
use testkit::seed::SeededRng;

use crate::support::{
    Journal, NOW, Rig, SALE_MINOR, all_at_once, over_both_engines, sale, till, till_named, while_writing,
};

over_both_engines!(a_store_agrees_with_the_model);

const ROUNDS: u64 = 60;

/// One till: all that it ever wrote, on every history of it.
struct Till {
    journal: Journal,
    written: Vec<Entry>,
    sound: BTreeSet<Hash>,
    next_number: u64,
}

/// What has to be in the store.
#[derive(Default)]
struct Model {
    seen: BTreeSet<(String, u64, Hash)>,
    booked: BTreeMap<(String, SaleId), Hash>,
    sales: BTreeMap<String, u64>,
    aside: BTreeMap<String, u64>,
}

fn name(till: &TillRef) -> String {
    sync_core::sale_document::till_name(till)
}

impl Model {
    fn expect(&mut self, till: &TillRef, entry: &Entry, is_sound: bool) -> Outcome {
        let (name, org) = (name(till), till.org.to_string());
        if !self.seen.insert((name.clone(), entry.sequence.0, entry.hash)) {
            return Outcome::Known;
        }
        let hash = entry.payload_hash();
        let outcome = match self.booked.get(&(org.clone(), entry.sale)) {
            Some(known) if *known == hash => Outcome::Known,
            Some(_) => Outcome::Quarantined,
            None if is_sound => Outcome::Booked,
            None => Outcome::Parked,
        };
        match outcome {
            Outcome::Booked => {
                self.booked.insert((org, entry.sale), hash);
                *self.sales.entry(name).or_default() += 1;
            }
            Outcome::Quarantined | Outcome::Parked => *self.aside.entry(org).or_default() += 1,
            Outcome::Known => {}
        }
        outcome
    }
}

impl Till {
    fn new(till: TillRef, first_number: u64) -> Self {
        let journal = Journal::new(till);
        Self { journal, written: Vec::new(), sound: BTreeSet::new(), next_number: first_number }
    }

    fn sell(&mut self, rng: &mut SeededRng) {
        for _ in 0..rng.random_range(1..6) {
            self.next_number += 1;
            let number = self.next_number;
            let (entry, is_sound) = match rng.random_range(0..20) {
                0 => {
                    let id = SaleId(Uuid::from_u64_pair(9, number));
                    (self.journal.append_bytes(id, vec![b'x'; 40 + number as usize % 7]), false)
                }
                1 => (self.journal.append(sale(number - 1)), true),
                2 => {
                    let mut other = sale(number);
                    other.id = sale(number - 1).id;
                    (self.journal.append(other), true)
                }
                _ => (self.journal.append(sale(number)), true),
            };
            if is_sound {
                self.sound.insert(entry.hash);
            }
            self.written.push(entry);
        }
    }

    /// Comes back with an old disk: what it sells now takes places that were taken.
    fn restore(&mut self, rng: &mut SeededRng) {
        if let Some(entry) = self.written.get(rng.random_range(0..self.written.len().max(1))) {
            self.journal.head = entry.mark();
        }
    }

    /// Any stretch of what it wrote, mostly the newest, sometimes with a hole.
    fn batch(&self, rng: &mut SeededRng) -> Vec<Entry> {
        let first = match rng.random_range(0..4) {
            0 => rng.random_range(0..self.written.len()),
            _ => self.written.len().saturating_sub(rng.random_range(1..12)),
        };
        let mut batch: Vec<Entry> = self.written[first..].iter().take(12).cloned().collect();
        if batch.len() > 2 && rng.random_range(0..8) == 0 {
            batch.remove(rng.random_range(0..batch.len()));
        }
        if rng.random_range(0..8) == 0 {
            batch.reverse();
        }
        batch
    }
}

async fn a_store_agrees_with_the_model(rig: Rig) {
    let rig = rig.with_tills().await;
    let mut rng = SeededRng::from_env();
    let names = [till("demo"), till_named("demo", "till-2"), till("other")];
    rig.store.create_till(&names[1], "Till", NOW).await.unwrap();
    let mut tills: Vec<Till> =
        (0..).zip(&names).map(|(n, till)| Till::new(till.clone(), n * 100_000)).collect();
    let mut model = Model::default();
    for round in 0..ROUNDS {
        let mut sends = Vec::new();
        for till in &mut tills {
            till.sell(&mut rng);
            if rng.random_range(0..15) == 0 {
                till.restore(&mut rng);
            }
            for _ in 0..rng.random_range(0..3) {
                let batch = till.batch(&mut rng);
                let expected: Vec<Outcome> = batch
                    .iter()
                    .map(|entry| model.expect(&till.journal.till, entry, till.sound.contains(&entry.hash)))
                    .collect();
                sends.push((till.journal.till.clone(), batch, expected));
            }
        }
        // The tills go together; what one sends stays in order.
        let by_till = names.clone().map(|till| {
            let own: Vec<_> = sends.iter().filter(|send| send.0 == till).cloned().collect();
            let store = rig.store.clone();
            async move {
                for (till, batch, expected) in own {
                    let ingested = store.ingest(&till, batch, NOW).await.unwrap();
                    assert_eq!(ingested.outcomes, expected, "round {round}");
                }
            }
        });
        while_writing(&rig.store, all_at_once(by_till.into_iter())).await;
        if round % 10 == 9 {
            check(&rig.store, &names, &tills, &model).await;
        }
    }
}

async fn check(store: &Store, names: &[TillRef], tills: &[Till], model: &Model) {
    for till in names {
        let filter = SaleFilter { till: Some(till.till.clone()), ..SaleFilter::default() };
        let sums = store.day_sums(&till.org, &till.store, &filter).await.unwrap();
        let expected = model.sales.get(&name(till)).copied().unwrap_or(0);
        let found = sums.first().map_or((0, 0), |sum| (sum.sales, sum.gross_minor));
        assert_eq!(found, (expected, SALE_MINOR * i64::try_from(expected).unwrap()), "{}", name(till));
        assert_eq!(store.verify_stock(&till.org, &till.store).await.unwrap(), []);
        let aside = model.aside.get(till.org.as_str()).copied().unwrap_or(0);
        assert_eq!(store.set_aside_count(&till.org).await.unwrap(), aside);
        check_gaps(store, till, model).await;
    }
    for till in tills {
        let org = &till.journal.till.org;
        let heads = store.heads(org).await.unwrap();
        let newest = heads.iter().find(|head| head.till == till.journal.till).map(|head| head.mark);
        let known = |mark: Mark| model.seen.contains(&(name(&till.journal.till), mark.sequence.0, mark.hash));
        assert!(newest.is_none_or(known), "the newest place is one that came");
    }
}

/// The places that never came, up to the newest that did, are the gaps.
async fn check_gaps(store: &Store, till: &TillRef, model: &Model) {
    let came: BTreeSet<u64> =
        model.seen.iter().filter(|seen| seen.0 == name(till)).map(|seen| seen.1).collect();
    let newest = came.last().copied().unwrap_or(0);
    let missing: BTreeSet<u64> = (1..=newest).filter(|sequence| !came.contains(sequence)).collect();
    let gaps = store.gaps(&till.org, 1_000).await.unwrap();
    let shown: Vec<u64> =
        gaps.iter().filter(|gap| gap.till == *till).flat_map(|gap| gap.first.0..=gap.last.0).collect();
    assert_eq!(shown.len(), missing.len(), "no place is shown twice");
    assert_eq!(shown.into_iter().collect::<BTreeSet<_>>(), missing, "{}", name(till));
}
