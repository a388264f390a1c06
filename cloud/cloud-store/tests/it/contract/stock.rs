//! Stock by hand, beside what sales take out.

use cloud_core::ledger::{Movement, StockKey, StockUnit};
use cloud_store::{StockReason, StoreError};
use domain::ids::{ProductId, StoreId};

use crate::support::{Journal, NOW, Rig, by_hand, later, org, over_both_engines, till, while_writing};

over_both_engines!(
    a_balance_is_its_opening_minus_the_lines,
    movements_are_booked_all_or_none,
    a_balance_that_was_edited_is_found,
);

fn movement(product: &str, unit: StockUnit, change: i64) -> Movement {
    Movement { key: StockKey { product: ProductId::new(product).unwrap(), unit }, change }
}

async fn a_balance_is_its_opening_minus_the_lines(rig: Rig) {
    let rig = rig.with_tills().await;
    let (store, till) = (&rig.store, till("demo"));
    let opening = [movement("apple", StockUnit::Gram, 20_000), movement("milk", StockUnit::Piece, 24)];
    store.move_stock(&till.org, &till.store, &opening, StockReason::Opening, &by_hand(), NOW).await.unwrap();
    let entries = Journal::new(till.clone()).append_many(1, 5);
    while_writing(store, store.ingest(&till, entries, later(1))).await.unwrap();
    let delivery = [movement("milk", StockUnit::Piece, 12), movement("milk", StockUnit::Piece, -1)];
    let reason = StockReason::Delivery;
    store.move_stock(&till.org, &till.store, &delivery, reason, &by_hand(), later(2)).await.unwrap();

    let stock = store.stock(&till.org, &till.store, None, 1).await.unwrap();
    assert_eq!((stock[0].key.product.as_str(), stock[0].quantity), ("apple", 20_000 - 5 * 500));
    let rest = store.stock(&till.org, &till.store, Some(&stock[0].key), 10).await.unwrap();
    assert_eq!((rest.len(), rest[0].quantity), (1, 24 - 5 * 2 + 11));
    assert_eq!(store.verify_stock(&till.org, &till.store).await.unwrap(), []);
    let milk = ProductId::new("milk").unwrap();
    let ledger = store.stock_movements(&till.org, &till.store, Some(&milk), None, 3).await.unwrap();
    assert_eq!(ledger.iter().map(|line| line.movement.change).collect::<Vec<_>>(), [-1, 12, -2]);
    let older =
        store.stock_movements(&till.org, &till.store, Some(&milk), Some(ledger[2].id), 10).await.unwrap();
    assert_eq!((older.len(), older[4].reason), (5, StockReason::Opening));
}

async fn movements_are_booked_all_or_none(rig: Rig) {
    let rig = rig.with_tills().await;
    let (store, till) = (&rig.store, till("demo"));
    let good = movement("milk", StockUnit::Piece, 5);
    let elsewhere = StoreId::new("elsewhere").unwrap();
    for (place, movements, reason) in [
        (&till.store, vec![good.clone(), movement("milk", StockUnit::Piece, i64::MAX)], StockReason::Opening),
        (
            &till.store,
            vec![good.clone(), movement("bread", StockUnit::Piece, i64::MIN)],
            StockReason::Correction,
        ),
        (&till.store, vec![good.clone()], StockReason::Sale),
        (&elsewhere, vec![good.clone()], StockReason::Opening),
    ] {
        let error =
            store.move_stock(&till.org, place, &movements, reason, &by_hand(), NOW).await.unwrap_err();
        assert!(matches!(error, StoreError::Invalid { .. } | StoreError::NotFound { .. }), "{error}");
    }
    assert!(store.stock(&till.org, &till.store, None, 10).await.unwrap().is_empty());
    assert!(store.stock_movements(&till.org, &till.store, None, None, 10).await.unwrap().is_empty());
}

async fn a_balance_that_was_edited_is_found(rig: Rig) {
    let rig = rig.with_tills().await;
    let (store, till) = (&rig.store, till("demo"));
    let opening = [movement("milk", StockUnit::Piece, 24)];
    store.move_stock(&till.org, &till.store, &opening, StockReason::Opening, &by_hand(), NOW).await.unwrap();
    rig.damage("UPDATE stock_balance SET quantity = 25").await;
    let found = store.verify_stock(&till.org, &till.store).await.unwrap();
    assert_eq!((found.len(), found[0].balance, found[0].sum), (1, 25, 24));
    assert!(store.verify_stock(&org("other"), &till.store).await.unwrap().is_empty());
}
