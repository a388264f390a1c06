//! Corrections, waste, transfers, what is kept for somebody, and what there is of all that.

use std::collections::BTreeMap;

use cloud_core::ledger::{StockKey, StockUnit};
use cloud_store::{
    MissingGoods, NewCorrection, NewEvent, NewReservation, NewTransfer, NewWaste, ReorderPoint, RuleDetails,
    ShelfFilter, ShelfState, StockCorrection, StockCorrectionId, StockReason, StockReservationId,
    StockTransferId, StockWasteId, Store, TransferFilter, TransferState, WasteReason,
};
use domain::ids::{StoreId, Uuid};

use super::sourcing::{product, refused, shop, with_goods};
use crate::support::{DAY_MS, Rig, by_hand, details, later, org, over_both_engines};

over_both_engines!(
    a_correction_is_booked_once,
    waste_is_booked_once_with_what_it_was_worth,
    what_is_kept_ends_by_itself,
    a_transfer_goes_out_and_in,
    what_did_not_come_is_settled_once,
    a_transfer_that_is_called_off_comes_back,
    a_shelf_says_what_there_is,
);

fn correction(number: u128, to: StockCorrection) -> NewCorrection {
    let id = StockCorrectionId(Uuid::from_u128(number));
    NewCorrection { id, product: product("milk"), unit: None, to, note: "found behind the shelf".to_owned() }
}

fn waste(number: u128, quantity: u64, reason: WasteReason) -> NewWaste {
    let id = StockWasteId(Uuid::from_u128(number));
    NewWaste { id, product: product("milk"), unit: None, quantity, reason, note: String::new() }
}

fn transfer_id(number: u128) -> StockTransferId {
    StockTransferId(Uuid::from_u128(number))
}

fn second() -> StoreId {
    StoreId::new("second").unwrap()
}

fn event() -> NewEvent {
    NewEvent { topic: "stock_changes".to_owned(), key: "k".to_owned(), payload: b"{}".to_vec() }
}

async fn correct(store: &Store, number: u128, to: StockCorrection) -> (i64, bool) {
    let by = (&by_hand(), later(1));
    let told = |_: &_| event();
    let done = store.correct_stock(&org("demo"), &shop(), &correction(number, to), told, by).await.unwrap();
    (done.1, done.2)
}

async fn milk_in(store: &Store, place: &StoreId) -> i64 {
    assert_eq!(store.verify_stock(&org("demo"), place).await.unwrap(), []);
    let stock = store.stock(&org("demo"), place, None, 10).await.unwrap();
    stock.iter().find(|one| one.key.product == product("milk")).map_or(0, |one| one.quantity)
}

/// With a second store, and milk in the first one.
async fn two_stores(rig: Rig, milk: i64) -> Rig {
    let rig = with_goods(rig).await;
    rig.store.create_store(&org("demo"), &second(), &details(), later(0)).await.unwrap();
    correct(&rig.store, 999, StockCorrection::To(milk)).await;
    rig
}

async fn draft(store: &Store, number: u128, quantity: u64) {
    let new = NewTransfer {
        id: transfer_id(number),
        from: shop(),
        to: second(),
        note: String::new(),
        lines: vec![(product("milk"), None, quantity)],
    };
    store.create_transfer(&org("demo"), &new, (&by_hand(), later(1))).await.unwrap();
}

async fn a_correction_is_booked_once(rig: Rig) {
    let rig = with_goods(rig).await;
    let store = &rig.store;
    assert_eq!(correct(store, 1, StockCorrection::To(10)).await, (10, true));
    assert_eq!(correct(store, 2, StockCorrection::By(-3)).await, (7, true));
    assert_eq!(correct(store, 2, StockCorrection::By(-3)).await, (7, false));
    assert_eq!(milk_in(store, &shop()).await, 7);
    let ledger = store.stock_movements(&org("demo"), &shop(), None, None, 9).await.unwrap();
    assert_eq!((ledger.len(), ledger[0].note.as_str()), (2, "found behind the shelf"));
    let by = (&by_hand(), later(1));
    let told = |_: &_| event();
    let huge = correction(3, StockCorrection::By(i64::MAX));
    refused(store.correct_stock(&org("demo"), &shop(), &huge, told, by).await, "cannot be counted");
    let unknown = NewCorrection { product: product("wine"), ..correction(3, StockCorrection::By(1)) };
    refused(store.correct_stock(&org("demo"), &shop(), &unknown, told, by).await, "no product");
}

async fn waste_is_booked_once_with_what_it_was_worth(rig: Rig) {
    let rig = two_stores(rig, 20).await;
    let (store, demo) = (&rig.store, org("demo"));
    let told = |_: &_| event();
    for is_new in [true, false] {
        let by = (&by_hand(), later(10));
        let new = waste(1, 3, WasteReason::Expired);
        let taken = store.waste_stock(&demo, &shop(), &new, told, by).await.unwrap();
        assert_eq!((taken.is_new, taken.on_hand, taken.waste.price_minor), (is_new, 17, Some(300)));
    }
    let by = (&by_hand(), later(DAY_MS));
    store.waste_stock(&demo, &shop(), &waste(2, 2, WasteReason::Expired), told, by).await.unwrap();
    store.waste_stock(&demo, &shop(), &waste(3, 1, WasteReason::Stolen), told, by).await.unwrap();
    let sums = store.waste_sums(&demo, &shop(), (later(0), later(2 * DAY_MS))).await.unwrap();
    let found: Vec<_> = sums
        .iter()
        .map(|sum| (sum.waste.reason, sum.waste.quantity, sum.times, sum.waste.price_minor))
        .collect();
    assert_eq!(found, [(WasteReason::Expired, 5, 2, Some(500)), (WasteReason::Stolen, 1, 1, Some(100))]);
    assert_eq!((sums[0].waste.cost_minor, sums[0].without_cost), (None, 2), "nobody knows what it cost");
    let first = store.waste_sums(&demo, &shop(), (later(0), later(DAY_MS))).await.unwrap();
    assert_eq!(first[0].waste.quantity, 3);
    assert!(
        store.waste_sums(&org("other"), &shop(), (later(0), later(2 * DAY_MS))).await.unwrap().is_empty()
    );
    refused(
        store.waste_stock(&demo, &shop(), &waste(4, 0, WasteReason::Other), told, by).await,
        "write 1 to",
    );
    assert_eq!(milk_in(store, &shop()).await, 14);
}

async fn what_is_kept_ends_by_itself(rig: Rig) {
    let rig = two_stores(rig, 20).await;
    let (store, demo) = (&rig.store, org("demo"));
    let new = |number: u128, until: i64| NewReservation {
        id: StockReservationId(Uuid::from_u128(number)),
        product: product("milk"),
        unit: None,
        quantity: 4,
        for_whom: "Café".to_owned(),
        until: later(until),
    };
    let by = (&by_hand(), later(1));
    for is_new in [true, false] {
        let kept = store.reserve_stock(&demo, &shop(), &new(1, 100), by).await.unwrap();
        assert_eq!((kept.1, kept.0.quantity), (is_new, 4));
    }
    store.reserve_stock(&demo, &shop(), &new(2, 200), by).await.unwrap();
    refused(store.reserve_stock(&demo, &shop(), &new(3, 1), by).await, "is over");
    let reserved = async |at: i64| {
        let shelf =
            store.shelf(&demo, &shop(), &ShelfFilter::default(), None, (later(at), 10)).await.unwrap();
        shelf[0].reserved
    };
    assert_eq!((reserved(2).await, reserved(100).await, reserved(200).await), (8, 4, 0));
    let kept = store.reservations(&demo, &shop(), None, None, (later(2), 1)).await.unwrap();
    let after = Some((kept[0].until, kept[0].id));
    let milk = product("milk");
    let next = store.reservations(&demo, &shop(), Some(&milk), after, (later(2), 10)).await.unwrap();
    assert_eq!((next.len(), next[0].until), (1, later(200)));
    for released in [true, false] {
        let id = StockReservationId(Uuid::from_u128(2));
        assert_eq!(store.release_stock(&demo, &shop(), id, by).await.unwrap(), released);
    }
    assert_eq!(reserved(2).await, 4);
    let elsewhere = store.release_stock(&demo, &second(), StockReservationId(Uuid::from_u128(1)), by).await;
    refused(elsewhere, "no reservation");
}

async fn a_transfer_goes_out_and_in(rig: Rig) {
    let rig = two_stores(rig, 20).await;
    let (store, demo) = (&rig.store, org("demo"));
    let (by, told) = ((&by_hand(), later(2)), |_: &_| event());
    draft(store, 1, 5).await;
    draft(store, 1, 5).await;
    let lines = [(product("milk"), None, 6), (product("milk"), Some(StockUnit::Piece), 2)];
    let edited = store.edit_transfer(&demo, transfer_id(1), ("for Sunday", &lines)).await.unwrap();
    assert_eq!((edited.lines.len(), edited.lines[0].quantity), (1, 8), "what is named twice is one line");
    refused(store.receive_transfer(&demo, transfer_id(1), &BTreeMap::new(), &told, by).await, "is `draft`");
    for _ in 0..2 {
        let sent = store.send_transfer(&demo, transfer_id(1), &told, by).await.unwrap();
        assert_eq!(sent.state, TransferState::Sent);
    }
    assert_eq!((milk_in(store, &shop()).await, milk_in(store, &second()).await), (12, 0));
    let found = ShelfFilter { never_booked: true, product: Some(product("milk")), ..ShelfFilter::default() };
    let shelf = store.shelf(&demo, &second(), &found, None, (later(3), 10)).await.unwrap();
    assert_eq!((shelf[0].in_transit, shelf[0].on_hand, shelf[0].state), (8, 0, ShelfState::Out));
    refused(store.edit_transfer(&demo, transfer_id(1), ("", &lines)).await, "is `sent`");
    let too_many = BTreeMap::from([(1, 9)]);
    refused(store.receive_transfer(&demo, transfer_id(1), &too_many, &told, by).await, "9 came and 8");
    for _ in 0..2 {
        store.receive_transfer(&demo, transfer_id(1), &BTreeMap::new(), &told, by).await.unwrap();
    }
    assert_eq!((milk_in(store, &shop()).await, milk_in(store, &second()).await), (12, 8));
    let fewer = BTreeMap::from([(1, 7)]);
    refused(store.receive_transfer(&demo, transfer_id(1), &fewer, &told, by).await, "and otherwise");
    refused(store.cancel_transfer(&demo, transfer_id(1), &told, by).await, "has been received");
    refused(store.transfer(&org("other"), transfer_id(1)).await, "no transfer");
    let filter = TransferFilter { stores: Some(vec![second()]), state: Some(TransferState::Received) };
    assert_eq!(store.transfers(&demo, &filter, None, 10).await.unwrap().len(), 1);
    let nowhere = TransferFilter { stores: Some(Vec::new()), state: None };
    assert!(store.transfers(&demo, &nowhere, None, 10).await.unwrap().is_empty());
    assert_eq!(rig.number("SELECT COUNT(*) FROM outbox_event WHERE topic = 'stock_changes'").await, 3);
}

async fn what_did_not_come_is_settled_once(rig: Rig) {
    let rig = two_stores(rig, 20).await;
    let (store, demo) = (&rig.store, org("demo"));
    let (by, told) = ((&by_hand(), later(2)), |_: &_| event());
    for (number, outcome, here, there, wasted) in [
        (1_u128, MissingGoods::Waste, 15, 3, 1),
        (2, MissingGoods::Found, 10, 8, 1),
        (3, MissingGoods::Returned, 7, 11, 1),
    ] {
        draft(store, number, 5).await;
        let id = transfer_id(number);
        store.send_transfer(&demo, id, &told, by).await.unwrap();
        let settle = async |line: u32, outcome: MissingGoods| {
            let waste = StockWasteId(Uuid::from_u128(number));
            store.settle_transfer_line(&demo, id, (line, outcome), waste, &told, by).await
        };
        refused(settle(1, outcome).await, "misses nothing");
        let received = store.receive_transfer(&demo, id, &BTreeMap::from([(1, 3)]), &told, by).await.unwrap();
        assert_eq!(received.lines[0].missing(), 2);
        refused(settle(2, outcome).await, "no line 2");
        for _ in 0..2 {
            assert_eq!(settle(1, outcome).await.unwrap().lines[0].settled_as, Some(outcome));
        }
        let other = if outcome == MissingGoods::Found { MissingGoods::Waste } else { MissingGoods::Found };
        refused(settle(1, other).await, "settled as");
        assert_eq!(
            (milk_in(store, &shop()).await, milk_in(store, &second()).await),
            (here, there),
            "{outcome:?}"
        );
        assert_eq!(rig.number("SELECT COUNT(*) FROM stock_waste").await, wasted);
    }
    let sums = store.waste_sums(&demo, &second(), (later(0), later(9))).await.unwrap();
    assert_eq!((sums[0].waste.reason, sums[0].waste.quantity), (WasteReason::Transfer, 2));
    let transfers = "SELECT CAST(SUM(change) AS BIGINT) FROM stock_movement WHERE reason LIKE 'transfer%'";
    assert_eq!(rig.number(transfers).await, 0);
}

async fn a_transfer_that_is_called_off_comes_back(rig: Rig) {
    let rig = two_stores(rig, 20).await;
    let (store, demo) = (&rig.store, org("demo"));
    let (by, told) = ((&by_hand(), later(2)), |_: &_| event());
    draft(store, 1, 5).await;
    store.send_transfer(&demo, transfer_id(1), &told, by).await.unwrap();
    for _ in 0..2 {
        let after = store.cancel_transfer(&demo, transfer_id(1), &told, by).await.unwrap();
        assert_eq!(after.state, TransferState::Cancelled);
    }
    assert_eq!(milk_in(store, &shop()).await, 20);
    draft(store, 2, 5).await;
    store.cancel_transfer(&demo, transfer_id(2), &told, by).await.unwrap();
    refused(store.send_transfer(&demo, transfer_id(2), &told, by).await, "is `cancelled`");
    assert_eq!(milk_in(store, &shop()).await, 20);
}

async fn a_shelf_says_what_there_is(rig: Rig) {
    let rig = two_stores(rig, 20).await;
    let (store, demo) = (&rig.store, org("demo"));
    let look = async |filter: &ShelfFilter| {
        let found = store.shelf(&demo, &shop(), filter, None, (later(5), 10)).await.unwrap();
        found.into_iter().map(|one| (one.key.product.to_string(), one.state)).collect::<Vec<_>>()
    };
    let all = ShelfFilter { never_booked: true, ..ShelfFilter::default() };
    assert_eq!(look(&ShelfFilter::default()).await, [("milk".to_owned(), ShelfState::Ok)]);
    let whole = [("beer".to_owned(), ShelfState::Out), ("milk".to_owned(), ShelfState::Ok)];
    assert_eq!(look(&all).await, whole);
    let first = store.shelf(&demo, &shop(), &all, None, (later(5), 1)).await.unwrap();
    let rest = store.shelf(&demo, &shop(), &all, Some(&first[0].key), (later(5), 10)).await.unwrap();
    assert_eq!((rest.len(), rest[0].key.product.as_str()), (1, "milk"));
    let none = ShelfFilter { search: Some("BEER".to_owned()), ..ShelfFilter::default() };
    assert!(look(&none).await.is_empty());
    let out = ShelfFilter { state: Some(ShelfState::Out), ..all.clone() };
    assert_eq!(look(&out).await, [("beer".to_owned(), ShelfState::Out)]);

    let point =
        ReorderPoint { key: StockKey { product: product("milk"), unit: StockUnit::Piece }, quantity: 20 };
    store.put_reorder_points(&demo, &shop(), &[point]).await.unwrap();
    let milk = ShelfFilter { search: Some("milk".to_owned()), ..ShelfFilter::default() };
    assert_eq!(look(&milk).await[0].1, ShelfState::Low);
    for (least, most, expected) in
        [(5, 10, ShelfState::Over), (5, 20, ShelfState::Ok), (20, 30, ShelfState::Low)]
    {
        let rule = RuleDetails { stock_min: Some(least), stock_max: Some(most), ..RuleDetails::default() };
        store.put_ordering_rule(&demo, &shop(), &product("milk"), &rule, later(1)).await.unwrap();
        assert_eq!(look(&milk).await[0].1, expected);
    }
    let shelf = store.shelf(&demo, &shop(), &milk, None, (later(5), 10)).await.unwrap();
    assert_eq!((shelf[0].minimum, shelf[0].maximum, shelf[0].reorder_point), (Some(20), Some(30), Some(20)));
    store.put_reorder_points(&demo, &shop(), &[]).await.unwrap();
    correct(store, 5, StockCorrection::To(-1)).await;
    assert_eq!(look(&milk).await[0].1, ShelfState::Negative);
    assert!(matches!(StockReason::from_word("transfer_in"), Some(StockReason::TransferIn)));
}
