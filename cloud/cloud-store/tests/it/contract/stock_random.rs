//! Everything that changes stock, in any order, by a seed: balances are the sums of what was done, and transfers move what there is
//! without changing how much of it there is.

use std::collections::BTreeMap;

use cloud_core::ledger::{Movement, StockKey, StockUnit};
use cloud_store::{
    CountEntry, CountScope, MissingGoods, NewCorrection, NewCount, NewEvent, NewTransfer, NewWaste,
    StockCorrection, StockCorrectionId, StockCountId, StockEntryId, StockReason, StockTransferId,
    StockWasteId, Store, Uncounted, WasteReason,
};
use domain::ids::{StoreId, Uuid};
use domain::time::WallMs;
use rand::RngExt as _;
use testkit::seed::SeededRng;

use super::sourcing::{product, shop, with_goods};
use crate::support::{
    Journal, Rig, by_hand, details, later, org, over_both_engines, sale, till, while_writing,
};

over_both_engines!(balances_are_what_was_done_in_any_order);

const STEPS: u64 = 120;

fn second() -> StoreId {
    StoreId::new("second").unwrap()
}

fn event() -> NewEvent {
    NewEvent { topic: "stock_changes".to_owned(), key: "k".to_owned(), payload: b"{}".to_vec() }
}

/// What has to be there, and what is on its way.
#[derive(Default)]
struct Model {
    there: BTreeMap<StoreId, i64>,
    on_its_way: Vec<(StockTransferId, StoreId, StoreId, u64)>,
    /// A count that goes on, and what it found beside what was there, once somebody counted.
    count: Option<(StockCountId, StoreId, Option<i64>)>,
    openings: i64,
    deliveries: i64,
    sales: i64,
    corrections: i64,
    waste: i64,
}

impl Model {
    fn add(&mut self, place: &StoreId, change: i64) {
        *self.there.entry(place.clone()).or_default() += change;
    }

    /// The ledger is put right: what a count found is found once.
    fn put_right(&mut self, place: &StoreId, change: i64) {
        self.add(place, change);
        if let Some((_, counted, Some(difference))) = &mut self.count
            && counted == place
        {
            *difference -= change;
        }
    }
}

async fn balances_are_what_was_done_in_any_order(rig: Rig) {
    let rig = with_goods(rig).await;
    rig.store.create_store(&org("demo"), &second(), &details(), later(0)).await.unwrap();
    let mut rng = SeededRng::from_env();
    let mut journal = Journal::new(till("demo"));
    let mut model = Model::default();
    for step in 1..=STEPS {
        let at = later(i64::try_from(step).unwrap() * 1_000);
        do_something(&rig.store, &mut rng, &mut journal, &mut model, (step, at)).await;
        check(&rig.store, &model, step).await;
    }
}

async fn do_something(
    store: &Store,
    rng: &mut SeededRng,
    journal: &mut Journal,
    model: &mut Model,
    (step, at): (u64, WallMs),
) {
    let (place, other) = if rng.random_range(0..2) == 0 { (shop(), second()) } else { (second(), shop()) };
    let quantity: u64 = rng.random_range(1..10);
    let signed = i64::try_from(quantity).unwrap();
    let uuid = Uuid::from_u64_pair(7, step);
    let (by, demo) = (by_hand(), org("demo"));
    match rng.random_range(0..9) {
        0 | 1 => {
            let opening = rng.random_range(0..3) == 0;
            let reason = if opening { StockReason::Opening } else { StockReason::Delivery };
            let key = StockKey { product: product("milk"), unit: StockUnit::Piece };
            let came = [Movement { key, change: signed }];
            store.move_stock(&demo, &place, &came, reason, &by, at).await.unwrap();
            if opening {
                model.put_right(&place, signed);
                model.openings += signed;
            } else {
                model.add(&place, signed);
                model.deliveries += signed;
            }
        }
        2 | 3 => {
            let mut sold = sale(step);
            (sold.started_at, sold.completed_at) = (at, at);
            let entry = journal.append(sold);
            while_writing(store, store.ingest(&till("demo"), vec![entry], at)).await.unwrap();
            model.add(&shop(), -2);
            model.sales += 2;
        }
        4 => {
            let to = if rng.random_range(0..2) == 0 {
                StockCorrection::To(signed)
            } else {
                StockCorrection::By(-signed)
            };
            let change = match to {
                StockCorrection::To(to) => to - model.there.get(&place).copied().unwrap_or(0),
                StockCorrection::By(by) => by,
            };
            let correction = NewCorrection {
                id: StockCorrectionId(uuid),
                product: product("milk"),
                unit: None,
                to,
                note: String::new(),
            };
            for _ in 0..2 {
                store.correct_stock(&demo, &place, &correction, |_| event(), (&by, at)).await.unwrap();
            }
            model.put_right(&place, change);
            model.corrections += change;
        }
        5 => {
            let waste = NewWaste {
                id: StockWasteId(uuid),
                product: product("milk"),
                unit: None,
                quantity,
                reason: WasteReason::Expired,
                note: String::new(),
            };
            store.waste_stock(&demo, &place, &waste, |_| event(), (&by, at)).await.unwrap();
            model.add(&place, -signed);
            model.waste += signed;
        }
        6 => send(store, model, (place, other), StockTransferId(uuid), (quantity, at)).await,
        7 => end_transfer(store, rng, model, StockWasteId(uuid), at).await,
        _ => count(store, rng, model, place, (uuid, at)).await,
    }
}

async fn send(
    store: &Store,
    model: &mut Model,
    (from, to): (StoreId, StoreId),
    id: StockTransferId,
    (quantity, at): (u64, WallMs),
) {
    let lines = vec![(product("milk"), None, quantity)];
    let new = NewTransfer { id, from: from.clone(), to: to.clone(), note: String::new(), lines };
    let (by, demo) = (by_hand(), org("demo"));
    store.create_transfer(&demo, &new, (&by, at)).await.unwrap();
    store.send_transfer(&demo, id, &|_| event(), (&by, at)).await.unwrap();
    model.add(&from, -i64::try_from(quantity).unwrap());
    model.on_its_way.push((id, from, to, quantity));
}

async fn end_transfer(
    store: &Store,
    rng: &mut SeededRng,
    model: &mut Model,
    waste: StockWasteId,
    at: WallMs,
) {
    let Some((id, from, to, quantity)) = model.on_its_way.pop() else { return };
    let (by, demo, told) = (by_hand(), org("demo"), |_: &_| event());
    if rng.random_range(0..4) == 0 {
        store.cancel_transfer(&demo, id, &told, (&by, at)).await.unwrap();
        model.add(&from, i64::try_from(quantity).unwrap());
        return;
    }
    let came = rng.random_range(0..=quantity);
    store.receive_transfer(&demo, id, &BTreeMap::from([(1, came)]), &told, (&by, at)).await.unwrap();
    model.add(&to, i64::try_from(came).unwrap());
    let missing = i64::try_from(quantity - came).unwrap();
    if missing == 0 {
        return;
    }
    let outcome = [MissingGoods::Waste, MissingGoods::Found, MissingGoods::Returned][rng.random_range(0..3)];
    store.settle_transfer_line(&demo, id, (1, outcome), waste, &told, (&by, at)).await.unwrap();
    match outcome {
        MissingGoods::Waste => model.waste += missing,
        MissingGoods::Found => model.add(&to, missing),
        MissingGoods::Returned => model.add(&from, missing),
    }
}

/// A count begins, is made, or ends. Whatever comes in between, what it books is what it found beside what was there.
async fn count(
    store: &Store,
    rng: &mut SeededRng,
    model: &mut Model,
    place: StoreId,
    (uuid, at): (Uuid, WallMs),
) {
    let (by, demo) = (by_hand(), org("demo"));
    let Some((id, place, found)) = model.count.take() else {
        let new = NewCount { id: StockCountId(uuid), scope: CountScope::Store, note: String::new() };
        store.start_count(&demo, &place, &new, (&by, at)).await.unwrap();
        model.count = Some((new.id, place, None));
        return;
    };
    if let Some(difference) = found {
        let told = |_: &_, _: &_| event();
        store.close_count(&demo, &place, id, Uncounted::Leave, told, (&by, at)).await.unwrap();
        model.add(&place, difference);
        model.corrections += difference;
        return;
    }
    let there = model.there.get(&place).copied().unwrap_or(0);
    // What nobody has cannot be counted: then there is nothing.
    let counted = u64::try_from(there - rng.random_range(0..2)).unwrap_or(0);
    let entry = CountEntry {
        id: StockEntryId(uuid),
        product: product("milk"),
        unit: None,
        quantity: counted,
        adds: false,
        counted_at: None,
    };
    store.count_stock(&demo, &place, id, &[entry], (&by, at)).await.unwrap();
    model.count = Some((id, place, Some(i64::try_from(counted).unwrap() - there)));
}

async fn check(store: &Store, model: &Model, step: u64) {
    let milk = product("milk");
    let mut everywhere: i64 = model.on_its_way.iter().map(|one| i64::try_from(one.3).unwrap()).sum();
    for place in [shop(), second()] {
        assert_eq!(store.verify_stock(&org("demo"), &place).await.unwrap(), [], "step {step}");
        let stock = store.stock(&org("demo"), &place, None, 10).await.unwrap();
        let found = stock.iter().find(|one| one.key.product == milk).map_or(0, |one| one.quantity);
        assert_eq!(found, model.there.get(&place).copied().unwrap_or(0), "step {step} in {place}");
        everywhere += found;
    }
    let done = model.openings + model.deliveries - model.sales + model.corrections - model.waste;
    assert_eq!(everywhere, done, "step {step}: transfers change nothing");
}
