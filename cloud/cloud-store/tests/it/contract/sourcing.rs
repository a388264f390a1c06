//! Suppliers, offers, purchase orders and goods receipts.

use std::collections::BTreeMap;

use cloud_core::ledger::{StockKey, StockUnit};
use cloud_core::offers::{Delivery, Offer, Pack, PackRule, Validity};
use cloud_core::orders::{OrderState, Ordered, Step};
use cloud_store::{
    Contact, GoodsReceipt, GoodsReceiptId, NewEvent, NewOffer, NewPurchaseOrder, OfferId, OrderFilter,
    OrderLine, PurchaseOrderId, ReceiptLine, Registration, Store, StoreError, SupplierDetails, SupplierId,
    SupplierMarks,
};
use domain::gtin::Gtin;
use domain::ids::{OrgId, ProductId, StoreId, Uuid};
use domain::time::BusinessDay;
use testkit::build;

use crate::support::{NOW, Rig, all_at_once, by_hand, later, org, over_both_engines};

over_both_engines!(
    a_supplier_is_found_by_what_its_documents_say,
    two_suppliers_never_have_one_tax_number,
    the_newest_price_of_an_article_counts_and_keeps_its_product,
    orders_are_numbered_without_gaps_however_many_are_made_at_once,
    an_order_goes_its_way_and_no_other,
    goods_are_booked_once_per_key_with_their_differences,
    nobody_buys_from_the_blacklist,
);

const GTIN: &str = "4006381333931";

pub(super) fn supplier_id(number: u128) -> SupplierId {
    SupplierId(Uuid::from_u128(number))
}

fn order_id(number: u128) -> PurchaseOrderId {
    PurchaseOrderId(Uuid::from_u128(number))
}

pub(super) fn shop() -> StoreId {
    StoreId::new("corner-shop").unwrap()
}

pub(super) fn product(name: &str) -> ProductId {
    ProductId::new(name).unwrap()
}

pub(super) fn day(month: u8, day: u8) -> BusinessDay {
    BusinessDay { year: 2026, month, day }
}

fn details(name: &str) -> SupplierDetails {
    SupplierDetails {
        name: name.to_owned(),
        tax_id: None,
        registration_id: None,
        gln: None,
        iban: None,
        address: "Hauptstraße 1, 10115 Berlin".to_owned(),
        country: "DE".to_owned(),
        contacts: vec![Contact { name: "Ann".to_owned(), ..Contact::default() }],
        language: "de".to_owned(),
        currency: build::euro(),
        order_min_minor: Some(50_00),
        delivery: Delivery { lead_days: 2, weekdays: 0b10101, closed: [day(12, 24)].into() },
    }
}

/// Two organisations with a shop, milk and beer in each, and the supplier 1 in `demo`.
pub(super) async fn with_goods(rig: Rig) -> Rig {
    let rig = rig.with_tills().await;
    for org_name in ["demo", "other"] {
        for name in ["milk", "beer"] {
            let event = NewEvent { topic: "t".to_owned(), key: name.to_owned(), payload: Vec::new() };
            let mut product = build::piece(name, 100);
            product.gtin = (name == "milk").then(|| Gtin::parse(GTIN).unwrap());
            let registration = Registration { product, category: None, photos: vec![], event, job: None };
            rig.store.register_product(&org(org_name), &registration, NOW).await.unwrap();
        }
    }
    rig.store
        .create_supplier(&org("demo"), supplier_id(1), &details("Molkerei Müller GmbH"), NOW)
        .await
        .unwrap();
    rig
}

pub(super) fn refused<T: std::fmt::Debug>(result: Result<T, StoreError>, words: &str) {
    let error = result.unwrap_err();
    let expected = matches!(
        error,
        StoreError::Conflict { .. } | StoreError::NotFound { .. } | StoreError::Invalid { .. }
    );
    assert!(expected && error.to_string().contains(words), "{error}");
}

async fn a_supplier_is_found_by_what_its_documents_say(rig: Rig) {
    let rig = with_goods(rig).await;
    let (store, demo) = (&rig.store, org("demo"));
    let known = SupplierDetails {
        tax_id: Some("DE 123.456.789".to_owned()),
        iban: Some("DE89 3704 0044 0532 0130 00".to_owned()),
        gln: Some("4012345000009".to_owned()),
        ..details("Käserei Huber OHG")
    };
    store.create_supplier(&demo, supplier_id(2), &known, NOW).await.unwrap();
    let read = store.supplier(&demo, supplier_id(2)).await.unwrap();
    assert_eq!(read.details.delivery, known.delivery);
    assert_eq!((read.details.contacts, read.details.tax_id), (known.contacts.clone(), known.tax_id.clone()));
    let find = async |org_name: &str, marks: SupplierMarks| -> Vec<u128> {
        let found = store.find_suppliers(&org(org_name), &marks).await.unwrap();
        found.into_iter().map(|supplier| supplier.id.0.as_u128()).collect()
    };
    let said = |text: &str| Some(text.to_owned());
    let by_name = SupplierMarks { name: said("MOLKEREI MÜLLER"), ..SupplierMarks::default() };
    assert_eq!(find("demo", by_name.clone()).await, [1]);
    assert_eq!(find("other", by_name.clone()).await, [0; 0]);
    let by_tax = SupplierMarks { tax_id: said("de123456789"), ..by_name };
    assert_eq!(find("demo", by_tax).await, [2, 1], "the tax number is surer than the name");
    let by_iban = SupplierMarks { iban: said("de89370400440532013000"), ..SupplierMarks::default() };
    assert_eq!(find("demo", by_iban).await, [2]);
    assert_eq!(find("demo", SupplierMarks::default()).await, [0; 0]);

    store.archive_supplier(&demo, supplier_id(2), true, later(5)).await.unwrap();
    let listed = store.suppliers(&demo, false, None, 10).await.unwrap();
    assert_eq!(listed.iter().map(|one| one.id).collect::<Vec<_>>(), [supplier_id(1)]);
    assert!(store.suppliers(&demo, false, Some(supplier_id(1)), 10).await.unwrap().is_empty());
    assert!(store.suppliers(&org("other"), false, None, 10).await.unwrap().is_empty());
    refused(store.supplier(&org("other"), supplier_id(1)).await, "there is no supplier");
}

async fn two_suppliers_never_have_one_tax_number(rig: Rig) {
    let rig = with_goods(rig).await;
    let taxed =
        |name: &str, number: &str| SupplierDetails { tax_id: Some(number.to_owned()), ..details(name) };
    let (store, demo) = (&rig.store, org("demo"));
    store.create_supplier(&demo, supplier_id(2), &taxed("A", "7707083893"), NOW).await.unwrap();
    refused(store.create_supplier(&demo, supplier_id(3), &taxed("B", "7707 083893"), NOW).await, "tax");
    refused(store.update_supplier(&demo, supplier_id(1), &taxed("C", "7707083893"), NOW).await, "tax");
    refused(store.update_supplier(&demo, supplier_id(9), &details("D"), NOW).await, "no supplier");
    store.create_supplier(&org("other"), supplier_id(4), &taxed("A", "7707083893"), NOW).await.unwrap();
    assert_eq!(rig.number("SELECT COUNT(*) FROM supplier").await, 3);
}

fn offer(number: u128, article: &str, price: &str, from: Option<BusinessDay>) -> NewOffer {
    NewOffer {
        id: OfferId(Uuid::from_u128(number)),
        article: article.to_owned(),
        gtin: None,
        name: "Frische Milch".to_owned(),
        product: None,
        offer: Offer {
            pack: Pack { content: 12, unit: StockUnit::Piece },
            rule: PackRule { at_least: 1, multiple_of: 1 },
            pack_price: price.parse().unwrap(),
            currency: build::euro(),
            validity: Validity { from, to: None },
        },
        tax_basis_points: Some(700),
        origin: "price list 7".to_owned(),
    }
}

async fn the_newest_price_of_an_article_counts_and_keeps_its_product(rig: Rig) {
    let rig = with_goods(rig).await;
    let (store, demo, by) = (&rig.store, org("demo"), by_hand());
    let list =
        [offer(1, "M-1", "9.60", None), offer(2, "m1", "9.9950", Some(day(6, 1))), offer(3, "X", "1", None)];
    store.put_offers(&demo, supplier_id(1), &list, &by, NOW).await.unwrap();
    assert!(store.offers_for(&demo, &product("milk"), day(7, 1)).await.unwrap().is_empty());
    store.match_offer(&demo, OfferId(Uuid::from_u128(1)), Some(&product("milk"))).await.unwrap();
    let compared = async |on: BusinessDay| -> Vec<(String, bool)> {
        let offers = store.offers_for(&demo, &product("milk"), on).await.unwrap();
        offers.into_iter().map(|(one, old)| (one.offer.offer.pack_price.to_string(), old)).collect()
    };
    let priced = |price: &str, old| (price.to_owned(), old);
    assert_eq!(compared(day(7, 1)).await, [priced("9.60", true), priced("9.9950", false)]);
    assert_eq!(compared(day(5, 31)).await, [priced("9.60", false), priced("9.9950", false)]);

    // The next list of the same day takes the price's place, and a later one is known to be milk.
    let next = [offer(4, "M1", "8.80", Some(day(6, 1))), offer(5, "M1", "8.00", Some(day(9, 1)))];
    store.put_offers(&demo, supplier_id(1), &next, &by, later(1)).await.unwrap();
    assert_eq!(
        compared(day(9, 1)).await,
        [priced("9.60", true), priced("8.80", true), priced("8.00", false)]
    );
    let holds = store.offer_of_article(&demo, supplier_id(1), "m-1", None, day(8, 1)).await.unwrap().unwrap();
    assert_eq!(holds.offer.offer.pack_price.to_string(), "8.80");
    let mut by_gtin = offer(6, "", "7", None);
    by_gtin.gtin = Some(Gtin::parse(GTIN).unwrap());
    store.put_offers(&demo, supplier_id(1), &[by_gtin], &by, NOW).await.unwrap();
    let found = store.offer(&demo, OfferId(Uuid::from_u128(6))).await.unwrap();
    assert_eq!(found.offer.product, Some(product("milk")), "its GTIN says which product it is");
    assert_eq!(store.offers_of(&demo, supplier_id(1), None, 10).await.unwrap().len(), 5);

    let mut nameless = offer(7, "", "1", None);
    nameless.name.clear();
    refused(store.put_offers(&demo, supplier_id(1), &[nameless], &by, NOW).await, "neither article number");
    let mut backwards = offer(8, "B", "1", Some(day(6, 1)));
    backwards.offer.validity.to = Some(day(5, 1));
    refused(store.put_offers(&demo, supplier_id(1), &[backwards], &by, NOW).await, "before it begins");
    refused(
        store.put_offers(&demo, supplier_id(1), &[offer(9, "N", "-1", None)], &by, NOW).await,
        "costs -1",
    );
    refused(
        store.put_offers(&org("other"), supplier_id(1), &[offer(9, "N", "1", None)], &by, NOW).await,
        "no supplier",
    );
    store.remove_offer(&demo, OfferId(Uuid::from_u128(6))).await.unwrap();
    refused(store.remove_offer(&demo, OfferId(Uuid::from_u128(6))).await, "no offer");
    refused(
        store.match_offer(&demo, OfferId(Uuid::from_u128(3)), Some(&product("wine"))).await,
        "no product",
    );
}

fn line(product_name: Option<&str>, packs: u32, content: u32) -> OrderLine {
    OrderLine {
        product: product_name.map(product),
        article: "M-1".to_owned(),
        gtin: None,
        name: "Milk".to_owned(),
        pack_price: "9.60".parse().unwrap(),
        tax_basis_points: Some(700),
        ordered: Ordered {
            packs,
            packs_confirmed: None,
            pack: Pack { content, unit: StockUnit::Piece },
            accepted: 0,
            damaged: 0,
        },
    }
}

fn new_order(lines: Vec<OrderLine>) -> NewPurchaseOrder {
    NewPurchaseOrder {
        supplier: supplier_id(1),
        store: shop(),
        currency: build::euro(),
        wanted_on: Some(day(2, 1)),
        note: "Before nine".to_owned(),
        lines,
    }
}

async fn make(store: &Store, id: u128, lines: Vec<OrderLine>) -> Result<u64, StoreError> {
    store.create_purchase_order(&org("demo"), order_id(id), &new_order(lines), &by_hand(), NOW).await
}

async fn orders_are_numbered_without_gaps_however_many_are_made_at_once(rig: Rig) {
    let rig = with_goods(rig).await;
    let made = (0..20_u128).map(|id| {
        let store = rig.store.clone();
        async move {
            let lines =
                if id % 5 == 0 { vec![line(Some("wine"), 1, 1)] } else { vec![line(Some("milk"), 1, 1)] };
            make(&store, id, lines).await.ok()
        }
    });
    let mut numbers: Vec<u64> = all_at_once(made).await.into_iter().flatten().collect();
    numbers.sort_unstable();
    assert_eq!(numbers, (1..=16).collect::<Vec<_>>(), "those of unknown products took no number");
    let page = rig.store.purchase_orders(&org("demo"), &OrderFilter::default(), Some(4), 2).await.unwrap();
    assert_eq!(page.iter().map(|order| order.number).collect::<Vec<_>>(), [3, 2]);
    let drafts = OrderFilter { state: Some(OrderState::Sent), supplier: Some(supplier_id(1)) };
    assert!(rig.store.purchase_orders(&org("demo"), &drafts, None, 10).await.unwrap().is_empty());
}

async fn an_order_goes_its_way_and_no_other(rig: Rig) {
    let rig = with_goods(rig).await;
    let (store, demo, id) = (&rig.store, org("demo"), order_id(1));
    make(store, 1, vec![line(Some("milk"), 3, 12), line(None, 1, 1)]).await.unwrap();
    make(store, 2, Vec::new()).await.unwrap();
    refused(store.send_purchase_order(&demo, order_id(2), NOW).await, "has no lines");
    refused(store.confirm_purchase_order(&demo, id, "", &BTreeMap::new(), NOW).await, "send it first");
    let changed = new_order(vec![line(Some("milk"), 4, 12), line(Some("beer"), 2, 20)]);
    store.edit_purchase_order(&demo, id, &changed, NOW).await.unwrap();
    assert!(store.on_order(&demo, &product("milk")).await.unwrap().is_empty(), "a draft brings nothing");
    store.send_purchase_order(&demo, id, later(1)).await.unwrap();
    refused(store.send_purchase_order(&demo, id, later(2)).await, "only a draft is sent");
    refused(store.edit_purchase_order(&demo, id, &changed, NOW).await, "only a draft");
    refused(store.confirm_purchase_order(&demo, id, "", &[(3, 1)].into(), NOW).await, "no line 3");
    store.confirm_purchase_order(&demo, id, "AB-77", &[(1, 3)].into(), later(3)).await.unwrap();
    let order = store.purchase_order(&demo, id).await.unwrap();
    assert_eq!((order.state, order.supplier_reference.as_str()), (OrderState::Confirmed, "AB-77"));
    assert_eq!((order.sent_at, order.order.wanted_on), (Some(later(1)), Some(day(2, 1))));
    let coming = store.on_order(&demo, &product("milk")).await.unwrap();
    assert_eq!(coming.iter().map(|one| (one.number, one.quantity)).collect::<Vec<_>>(), [(1, 36)]);
    refused(store.end_purchase_order(&demo, id, Step::Close, "", NOW).await, "nothing has come yet");
    store.end_purchase_order(&demo, id, Step::Cancel, "found it cheaper", later(4)).await.unwrap();
    assert!(store.on_order(&demo, &product("milk")).await.unwrap().is_empty());
    refused(store.purchase_order(&org("other"), id).await, "no purchase order");
    assert_eq!(store.purchase_order_by_number(&demo, 1).await.unwrap().id, id);
    let elsewhere = NewPurchaseOrder { store: StoreId::new("nowhere").unwrap(), ..changed };
    refused(store.edit_purchase_order(&demo, order_id(2), &elsewhere, NOW).await, "no store");
}

fn receipt(key: &str, lines: &[(u32, u64, u64)]) -> GoodsReceipt {
    let hash = format!("{key} {lines:?}").bytes().fold([0; 32], |mut hash: [u8; 32], byte| {
        hash[usize::from(byte) % 32] = hash[usize::from(byte) % 32].wrapping_mul(31).wrapping_add(byte);
        hash
    });
    let salt: u128 = hash.iter().map(|byte| u128::from(*byte)).sum();
    let line = |(number, accepted, damaged): &(u32, u64, u64)| ReceiptLine {
        number: *number,
        accepted: *accepted,
        damaged: *damaged,
        note: String::new(),
    };
    GoodsReceipt {
        id: GoodsReceiptId(Uuid::from_u128(salt)),
        key: key.to_owned(),
        hash,
        delivery_note: "LS 1".to_owned(),
        lines: lines.iter().map(line).collect(),
        made_by: by_hand(),
        made_at: later(10),
    }
}

async fn stock_of(store: &Store, demo: &OrgId) -> Vec<(String, i64)> {
    assert_eq!(store.verify_stock(demo, &shop()).await.unwrap(), []);
    let stock = store.stock(demo, &shop(), None, 10).await.unwrap();
    stock.into_iter().map(|one| (one.key.product.to_string(), one.quantity)).collect()
}

async fn goods_are_booked_once_per_key_with_their_differences(rig: Rig) {
    let rig = with_goods(rig).await;
    let (store, demo, id) = (&rig.store, org("demo"), order_id(1));
    make(store, 1, vec![line(Some("milk"), 2, 12), line(None, 1, 5), line(Some("milk"), 1, 6)])
        .await
        .unwrap();
    let first = receipt("LS-1", &[(1, 10, 2), (3, 6, 0)]);
    refused(store.receive_goods(&demo, id, &first, false).await, "send it first");
    store.send_purchase_order(&demo, id, NOW).await.unwrap();
    // The same receipt from several hands at once.
    let taken = (0..6).map(|_| {
        let (store, demo, first) = (store.clone(), demo.clone(), first.clone());
        async move { store.receive_goods(&demo, id, &first, false).await.unwrap() }
    });
    let taken = all_at_once(taken).await;
    assert_eq!(taken.iter().filter(|one| one.is_new).count(), 1);
    assert!(taken.iter().all(|one| one.receipt == first.id && one.state == OrderState::Received));
    assert_eq!(stock_of(store, &demo).await, [("milk".to_owned(), 16)]);
    refused(store.receive_goods(&demo, id, &receipt("LS-1", &[(1, 1, 0)]), false).await, "another receipt");
    refused(store.receive_goods(&demo, id, &receipt("LS-2", &[(9, 1, 0)]), false).await, "no line 9");
    refused(
        store.receive_goods(&demo, id, &receipt("LS-2", &[(1, 1, 0), (1, 2, 0)]), false).await,
        "named twice",
    );
    refused(
        store.receive_goods(&demo, id, &receipt("LS-2", &[(1, u64::MAX, 0)]), false).await,
        "can be counted",
    );
    refused(store.receive_goods(&demo, id, &receipt("LS-2", &[(1, 1 << 50, 0)]), false).await, "at most");
    refused(store.end_purchase_order(&demo, id, Step::Cancel, "", NOW).await, "goods have come");
    let coming = store.on_order(&demo, &product("milk")).await.unwrap();
    assert_eq!(coming.iter().map(|one| one.quantity).collect::<Vec<_>>(), [14]);

    let second =
        store.receive_goods(&demo, id, &receipt("LS-2", &[(1, 15, 0), (2, 5, 0)]), false).await.unwrap();
    assert_eq!(second.state, OrderState::Closed, "everything came");
    assert_eq!(
        stock_of(store, &demo).await,
        [("milk".to_owned(), 31)],
        "what is no product of ours is not counted"
    );
    let again = store.receive_goods(&demo, id, &first, false).await.unwrap();
    assert!(!again.is_new, "what was counted once is known for ever");
    refused(
        store.receive_goods(&demo, id, &receipt("LS-3", &[(1, 1, 0)]), false).await,
        "nothing is waited for",
    );
    let order = store.purchase_order(&demo, id).await.unwrap();
    let difference = order.order.lines[0].ordered.difference();
    assert_eq!((difference.short, difference.over, difference.damaged), (0, 1, 2));
    let receipts = store.goods_receipts(&demo, id).await.unwrap();
    assert_eq!(receipts.iter().map(|one| one.lines.len()).collect::<Vec<_>>().iter().sum::<usize>(), 4);
    assert!(store.goods_receipts(&org("other"), id).await.unwrap().is_empty());

    // A short delivery that was the last one.
    make(store, 2, vec![line(Some("beer"), 2, 20)]).await.unwrap();
    store.send_purchase_order(&demo, order_id(2), NOW).await.unwrap();
    let short = store.receive_goods(&demo, order_id(2), &receipt("LS-9", &[(1, 30, 0)]), true).await.unwrap();
    assert_eq!(short.state, OrderState::Closed);
    let key = StockKey { product: product("beer"), unit: StockUnit::Piece };
    let movements = store.stock_movements(&demo, &shop(), Some(&key.product), None, 10).await.unwrap();
    assert_eq!(movements.iter().map(|one| one.movement.change).collect::<Vec<_>>(), [30]);
    assert!(store.on_order(&demo, &product("beer")).await.unwrap().is_empty());
}

async fn nobody_buys_from_the_blacklist(rig: Rig) {
    let rig = with_goods(rig).await;
    let (store, demo) = (&rig.store, org("demo"));
    make(store, 1, vec![line(Some("milk"), 1, 1)]).await.unwrap();
    store.blacklist_supplier(&demo, supplier_id(1), Some("spoilt milk"), NOW).await.unwrap();
    refused(store.send_purchase_order(&demo, order_id(1), NOW).await, "blacklist (spoilt milk)");
    let terms = store.supplier(&demo, supplier_id(1)).await.unwrap().terms();
    assert_eq!(terms.blacklisted.as_deref(), Some("spoilt milk"));
    store.blacklist_supplier(&demo, supplier_id(1), None, NOW).await.unwrap();
    store.send_purchase_order(&demo, order_id(1), NOW).await.unwrap();
}
