//! Reports of days, and the sums that they are made of.

use cloud_store::{IdentifiedSum, ProductSum, Report, ReportFile, ReportId, ReportKind, StoreError, What};
use domain::ids::Uuid;
use domain::time::BusinessDay;

use crate::support::{Journal, NOW, Rig, org, over_both_engines, sale, till, while_writing};

over_both_engines!(a_report_is_kept_once, sums_what_was_sold);

const DAY: BusinessDay = BusinessDay { year: 2026, month: 1, day: 2 };

async fn a_report_is_kept_once(rig: Rig) {
    let (rig, demo) = (rig.with_tills().await, org("demo"));
    let (store, shop) = (&rig.store, till("demo").store);
    let report = |number, shop| Report {
        id: ReportId(Uuid::from_u128(number)),
        store: shop,
        kind: ReportKind::Daily,
        first_day: DAY,
        last_day: DAY,
        facts: "{}".to_owned(),
        made_at: NOW,
    };
    let files = ["html", "pdf"].map(|format| ReportFile {
        language: "en".to_owned(),
        format: format.to_owned(),
        blob: format!("reports/1.{format}"),
        size_bytes: Some(7),
    });
    let (of_shop, of_all) = (report(1, Some(shop.clone())), report(3, None));
    assert!(store.add_report(&demo, &of_shop, &files).await.unwrap());
    assert!(!store.add_report(&demo, &report(2, Some(shop.clone())), &[]).await.unwrap(), "it is there");
    assert!(store.add_report(&demo, &of_all, &[]).await.unwrap(), "the whole organisation is another");
    assert!(store.has_report(&demo, Some(&shop), ReportKind::Daily, DAY).await.unwrap());
    assert!(!store.has_report(&demo, Some(&shop), ReportKind::Weekly, DAY).await.unwrap());
    assert_eq!(store.reports(&demo, None, 10).await.unwrap(), [of_all, of_shop.clone()]);
    assert_eq!(
        store.reports(&demo, Some(std::slice::from_ref(&shop)), 10).await.unwrap(),
        std::slice::from_ref(&of_shop)
    );
    assert!(store.reports(&demo, Some(&[]), 10).await.unwrap().is_empty());
    assert_eq!(store.report(&demo, of_shop.id).await.unwrap(), (of_shop.clone(), files.to_vec()));
    let stranger = store.report(&org("other"), of_shop.id).await.unwrap_err();
    assert!(matches!(stranger, StoreError::NotFound { what: What::Report, .. }), "{stranger}");
    let blobs = ["reports/1.pdf", "reports/9.pdf", "reports/1.html"].map(str::to_owned);
    assert_eq!(store.report_blobs_in_use(&blobs).await.unwrap(), ["reports/1.html", "reports/1.pdf"]);
}

async fn sums_what_was_sold(rig: Rig) {
    let (rig, demo) = (rig.with_tills().await, org("demo"));
    let (store, till) = (&rig.store, till("demo"));
    let mut journal = Journal::new(till.clone());
    let entries = journal.append_many(1, 3);
    while_writing(store, store.ingest(&till, entries, NOW)).await.unwrap();
    let day = sale(1).business_day;
    let sums = store.product_sums(&demo, Some(&till.store), (day, day), 10).await.unwrap();
    let sum = |product: &str, unit: &str, quantity, amount_minor| ProductSum {
        product: product.to_owned(),
        unit: unit.to_owned(),
        quantity,
        amount_minor,
    };
    assert_eq!(sums, [sum("milk", "piece", 6, 594), sum("apple", "gram", 1_500, 450)]);
    assert_eq!(store.product_sums(&demo, None, (day, day), 1).await.unwrap(), sums[..1]);
    let by = store.identified_sums(&demo, None, (day, day)).await.unwrap();
    assert_eq!(by.iter().map(|IdentifiedSum { lines, .. }| lines).sum::<u64>(), 6, "{by:?}");
    assert!(store.product_sums(&org("other"), None, (day, day), 10).await.unwrap().is_empty());
}
