//! Imports of catalogues, and sales that go to other systems.

use cloud_store::{
    CatalogueImportId, Category, ImportCounts, ImportFinding, ImportOutcome, ImportPrice, ImportPut,
    ImportRow, ImportState, ImportWrite, MatchBy, MissingProducts, NewEvent, NewImport, NewJob,
    PlannedImport, PriceOrigin, StoreError, StoredProduct,
};
use domain::ids::{ProductId, Uuid};
use domain::money::Money;
use domain::product::Product;
use domain::time::{BusinessDay, WallMs};
use testkit::build;

use crate::support::{
    DAY_MS, Journal, NOW, Rig, by_hand, later, org, over_both_engines, sale, till, while_writing,
};

over_both_engines!(
    a_plan_is_applied_in_slices_and_once,
    what_another_product_has_fails_its_row_alone,
    a_price_of_now_is_history_and_one_to_come_waits,
    an_import_that_fails_half_way_publishes_what_it_wrote,
    a_plan_of_what_was_removed_meanwhile_says_so,
    a_job_that_comes_further_is_not_given_up,
    two_imports_of_the_same_products_wait_for_each_other,
    nobody_sees_or_applies_anothers_import,
    an_expired_import_leaves_nothing,
    sales_are_handed_over_until_they_are_confirmed,
);

const ID: CatalogueImportId = CatalogueImportId(Uuid::from_u128(7));

fn job(kind: &str) -> NewJob {
    NewJob { kind: kind.to_owned(), payload: vec![], dedupe_key: None, run_after: NOW, attempts_max: 3 }
}

fn import(at_once: bool) -> NewImport {
    NewImport {
        id: ID,
        file_name: "catalogue.csv".to_owned(),
        hash: [7; 32],
        blob_key: "imports/demo/07".to_owned(),
        size_bytes: 12,
        match_by: MatchBy::Any,
        missing: MissingProducts::Leave,
        language: "en".to_owned(),
        prices_from: None,
        at_once,
        made_by: by_hand(),
        expires_at: later(DAY_MS),
    }
}

fn row(number: u64, outcome: ImportOutcome, product: &str) -> ImportRow {
    ImportRow {
        number,
        file_row: Some(u32::try_from(number).unwrap() + 1),
        outcome,
        product: Some(ProductId::new(product).unwrap()),
        label: product.to_owned(),
        said: "{}".to_owned(),
        changes: "[]".to_owned(),
        problem: String::new(),
        done: false,
    }
}

fn put(product: Product, price: Option<ImportPrice>) -> ImportWrite {
    let event = NewEvent {
        topic: "product_changes".to_owned(),
        key: product.id.to_string(),
        payload: b"{}".to_vec(),
    };
    let category = Some(Category { name: "Dairy".to_owned(), family: "Food".to_owned() });
    ImportWrite::Put(Box::new(ImportPut { product, category, price, event }))
}

/// The product that a row is about, by its id, at 1.99.
fn as_planned(row: &ImportRow, _: Option<&StoredProduct>) -> ImportWrite {
    put(build::piece(row.product.as_ref().unwrap().as_str(), 199), None)
}

async fn planned(rig: &Rig, rows: &[ImportRow], at_once: bool) {
    planned_as(rig, ID, rows, at_once).await;
}

async fn planned_as(rig: &Rig, id: CatalogueImportId, rows: &[ImportRow], at_once: bool) {
    let (store, demo) = (&rig.store, org("demo"));
    store.add_import(&demo, &NewImport { id, ..import(at_once) }, &job("plan"), NOW).await.unwrap();
    assert!(store.begin_import_plan(&demo, id).await.unwrap());
    store.add_import_rows(&demo, id, rows).await.unwrap();
    let finding = ImportFinding {
        number: 1,
        code: "price_zero".to_owned(),
        severity: "warning".to_owned(),
        finding: "{}".to_owned(),
    };
    store.add_import_findings(&demo, id, &[finding]).await.unwrap();
    let counts = ImportCounts {
        rows: rows.len() as u64,
        new: rows.len() as u64,
        findings: 1,
        ..ImportCounts::default()
    };
    let whole = PlannedImport { format: "csv".to_owned(), notes: "[]".to_owned(), counts };
    store.finish_import_plan(&demo, id, &whole, &job("apply"), NOW).await.unwrap();
}

async fn a_plan_is_applied_in_slices_and_once(rig: Rig) {
    let rig = rig.with_tills().await;
    let (store, demo) = (&rig.store, org("demo"));
    let mut rows: Vec<ImportRow> =
        (1..=5).map(|number| row(number, ImportOutcome::New, &format!("p{number}"))).collect();
    rows[4].outcome = ImportOutcome::LeftOut;
    planned(&rig, &rows, false).await;
    // Another worker that was slower changes nothing of the plan.
    assert!(!store.begin_import_plan(&demo, ID).await.unwrap());
    assert_eq!(store.import_rows(&demo, ID, None, 0, 10).await.unwrap(), rows);
    assert_eq!(store.import_rows(&demo, ID, Some(ImportOutcome::LeftOut), 0, 10).await.unwrap(), rows[4..]);
    assert_eq!(store.import_finding_counts(&demo, ID).await.unwrap(), [("price_zero".to_owned(), 1)]);

    let (by, publish) = (by_hand(), job("publish"));
    let slice = async |limit| {
        store.apply_import_rows(&demo, ID, limit, &as_planned, (&by, &publish, NOW)).await.unwrap()
    };
    assert!(slice(2).await.is_done, "nobody said that it is to be applied");
    assert!(store.product(&demo, &ProductId::new("p1").unwrap()).await.is_err());
    store.begin_import(&demo, ID, &job("apply"), NOW).await.unwrap();
    let first = slice(3).await;
    assert_eq!((first.settled, first.written, first.is_done), (3, 3, false));
    assert_eq!(store.import(&demo, ID).await.unwrap().counts.done, 3);
    let second = slice(3).await;
    assert_eq!((second.settled, second.is_done), (1, true));
    let done = store.import(&demo, ID).await.unwrap();
    assert_eq!((done.state, done.counts.done, done.finished_at), (ImportState::Applied, 4, Some(NOW)));
    assert!(slice(3).await.is_done);
    store.begin_import(&demo, ID, &job("apply"), NOW).await.unwrap();
    let made = store.product(&demo, &ProductId::new("p4").unwrap()).await.unwrap();
    assert_eq!((made.product, made.category.as_deref()), (build::piece("p4", 199), Some("Dairy")));
    assert!(store.product(&demo, &ProductId::new("p5").unwrap()).await.is_err());
    let events = rig.number("SELECT COUNT(*) FROM outbox_event WHERE topic = 'product_changes'").await;
    let published = rig.number("SELECT COUNT(*) FROM job WHERE kind = 'publish'").await;
    assert_eq!((events, published), (4, 1));
}

async fn what_another_product_has_fails_its_row_alone(rig: Rig) {
    let rig = rig.with_tills().await;
    let (store, demo) = (&rig.store, org("demo"));
    planned(&rig, &[row(1, ImportOutcome::New, "a"), row(2, ImportOutcome::New, "b")], true).await;
    // Both want one article number, which the planner would have seen.
    let greedy = |row: &ImportRow, _: Option<&StoredProduct>| {
        let product = build::piece(row.product.as_ref().unwrap().as_str(), 199);
        put(Product { sku: "same".to_owned(), ..product }, None)
    };
    let (by, publish) = (by_hand(), job("publish"));
    let slice = async |limit| store.apply_import_rows(&demo, ID, limit, &greedy, (&by, &publish, NOW)).await;
    assert!(matches!(slice(10).await, Err(StoreError::Conflict { .. })));
    assert_eq!(slice(1).await.unwrap().written, 1);
    assert!(matches!(slice(1).await, Err(StoreError::Conflict { .. })));
    let next = store.next_import_row(&demo, ID).await.unwrap().unwrap();
    assert_eq!(next.number, 2);
    // A worker that was slower refuses a row that another has settled: nothing happens to it, nor to the next one.
    store.refuse_import_row(&demo, ID, 1, "it came too late").await.unwrap();
    for _ in 0..2 {
        store.refuse_import_row(&demo, ID, 2, "the article number is taken").await.unwrap();
    }
    assert!(slice(10).await.unwrap().is_done);
    let done = store.import(&demo, ID).await.unwrap();
    assert_eq!((done.counts.done, done.counts.refused), (1, 1));
    let rows = store.import_rows(&demo, ID, None, 0, 10).await.unwrap();
    let problems: Vec<(&str, bool)> = rows.iter().map(|row| (row.problem.as_str(), row.done)).collect();
    assert_eq!(problems, [("", true), ("the article number is taken", true)]);
}

async fn a_price_of_now_is_history_and_one_to_come_waits(rig: Rig) {
    let rig = rig.with_tills().await;
    let (store, demo) = (&rig.store, org("demo"));
    planned(&rig, &[row(1, ImportOutcome::New, "a"), row(2, ImportOutcome::New, "b")], true).await;
    let decide = |row: &ImportRow, _: Option<&StoredProduct>| {
        let product = build::piece(row.product.as_ref().unwrap().as_str(), 199);
        let mut price = ImportPrice { price: product.price, from: NOW, origin: PriceOrigin::Edited };
        if row.number == 2 {
            price.price.amount = Money::new(249, product.price.amount.currency);
            (price.from, price.origin) = (later(DAY_MS), PriceOrigin::Scheduled);
        }
        put(product, Some(price))
    };
    let (by, publish) = (by_hand(), job("publish"));
    store.apply_import_rows(&demo, ID, 10, &decide, (&by, &publish, NOW)).await.unwrap();
    let past = store.past_prices(&demo, 10).await.unwrap();
    assert_eq!(
        past.iter().map(|(id, price)| (id.as_str(), price.amount.minor)).collect::<Vec<_>>(),
        [("a", 199)]
    );
    let to_come = store.prices_to_come(&demo, later(DAY_MS)).await.unwrap();
    assert_eq!(
        to_come.iter().map(|(id, price)| (id.as_str(), price.amount.minor)).collect::<Vec<_>>(),
        [("b", 249)]
    );
    let event =
        |_: &_, _: &StoredProduct| NewEvent { topic: "t".to_owned(), key: "k".to_owned(), payload: vec![] };
    assert_eq!(store.apply_due_prices(later(DAY_MS), 10, &event).await.unwrap().len(), 1);
    let b = store.product(&demo, &ProductId::new("b").unwrap()).await.unwrap();
    assert_eq!(b.product.price.amount.minor, 249);
    store.delete_product(&demo, &b.product.id, &event(&demo, &b), None, later(DAY_MS)).await.unwrap();
}

async fn an_import_that_fails_half_way_publishes_what_it_wrote(rig: Rig) {
    let rig = rig.with_tills().await;
    let (store, demo) = (&rig.store, org("demo"));
    planned(&rig, &[row(1, ImportOutcome::New, "a"), row(2, ImportOutcome::New, "b")], true).await;
    let (by, publish) = (by_hand(), job("publish"));
    let fail = async |state| store.fail_import(&demo, ID, state, "no memory", (&publish, NOW)).await.unwrap();
    let asked = async || rig.number("SELECT COUNT(*) FROM job WHERE kind = 'publish'").await;
    assert_eq!(store.imports_under_way(10).await.unwrap(), [(demo.clone(), ID, ImportState::Applying)]);
    assert!(store.is_importing(&demo).await.unwrap() && !store.is_importing(&org("other")).await.unwrap());
    store.apply_import_rows(&demo, ID, 1, &as_planned, (&by, &publish, NOW)).await.unwrap();
    // Whoever saw it planned comes too late.
    fail(ImportState::Planning).await;
    assert_eq!((store.import(&demo, ID).await.unwrap().state, asked().await), (ImportState::Applying, 0));
    assert!(matches!(store.remove_import(&demo, ID).await, Err(StoreError::Conflict { .. })));
    fail(ImportState::Applying).await;
    let failed = store.import(&demo, ID).await.unwrap();
    assert_eq!((failed.state, failed.problem.as_str(), asked().await), (ImportState::Failed, "no memory", 1));
    assert!(store.imports_under_way(10).await.unwrap().is_empty());
    assert!(!store.is_importing(&demo).await.unwrap());
}

async fn a_plan_of_what_was_removed_meanwhile_says_so(rig: Rig) {
    let rig = rig.with_tills().await;
    let (store, demo) = (&rig.store, org("demo"));
    store.add_import(&demo, &import(false), &job("plan"), NOW).await.unwrap();
    assert!(store.begin_import_plan(&demo, ID).await.unwrap());
    store.remove_import(&demo, ID).await.unwrap();
    let written = store.add_import_rows(&demo, ID, &[row(1, ImportOutcome::New, "a")]).await;
    assert!(matches!(written, Err(StoreError::NotFound { .. })), "{written:?}");
    assert_eq!(rig.number("SELECT COUNT(*) FROM catalogue_import_row").await, 0);
}

async fn a_job_that_comes_further_is_not_given_up(rig: Rig) {
    let rig = rig.with_tills().await;
    let (store, demo) = (&rig.store, org("demo"));
    let asked = NewJob { dedupe_key: Some("it".to_owned()), attempts_max: 2, ..job("apply") };
    store.add_job(&demo, &asked, NOW).await.unwrap();
    assert!(!store.has_open_job_about(&demo, "apply", "another").await.unwrap());
    for round in 0..5 {
        // Each worker dies, and the next one finds the lease over.
        let (at, until) = (later(round * 10), later(round * 10 + 5));
        let leased = store.lease_jobs(&["apply"], "worker", 1, at, until).await.unwrap();
        assert_eq!(leased.len(), 1, "round {round}");
        assert!(store.has_open_job_about(&demo, "apply", "it").await.unwrap());
        store.count_tries_anew(leased[0].id, "worker").await.unwrap();
    }
    for (round, left) in [(5, 1), (6, 0)] {
        let (at, until) = (later(round * 10), later(round * 10 + 5));
        let leased = store.lease_jobs(&["apply"], "worker", 1, at, until).await.unwrap();
        assert_eq!(leased.len(), left, "round {round}");
    }
    assert!(!store.has_open_job_about(&demo, "apply", "it").await.unwrap(), "it was given up");
}

async fn two_imports_of_the_same_products_wait_for_each_other(rig: Rig) {
    let rig = rig.with_tills().await;
    let (store, demo) = (&rig.store, org("demo"));
    let other = CatalogueImportId(Uuid::from_u128(8));
    let rows = |order: Vec<u64>| -> Vec<ImportRow> {
        let rows = order.iter().zip(1..);
        rows.map(|(product, number)| row(number, ImportOutcome::New, &format!("p{product:02}"))).collect()
    };
    planned_as(&rig, ID, &rows((0..40).collect()), true).await;
    planned_as(&rig, other, &rows((0..40).rev().collect()), true).await;
    let (by, publish) = (by_hand(), job("publish"));
    let apply = async |id| loop {
        let slice = store.apply_import_rows(&demo, id, 7, &as_planned, (&by, &publish, NOW)).await;
        if slice.unwrap().is_done {
            break;
        }
    };
    tokio::join!(apply(ID), apply(other));
    for id in [ID, other] {
        let done = store.import(&demo, id).await.unwrap();
        assert_eq!((done.state, done.counts.done, done.counts.refused), (ImportState::Applied, 40, 0));
    }
    assert_eq!(rig.number("SELECT COUNT(*) FROM product").await, 40);
}

async fn nobody_sees_or_applies_anothers_import(rig: Rig) {
    let rig = rig.with_tills().await;
    let (store, other) = (&rig.store, org("other"));
    planned(&rig, &[row(1, ImportOutcome::New, "a")], false).await;
    let missing = |error: StoreError| assert!(matches!(error, StoreError::NotFound { .. }), "{error}");
    missing(store.import(&other, ID).await.unwrap_err());
    missing(store.begin_import(&other, ID, &job("apply"), NOW).await.unwrap_err());
    missing(store.remove_import(&other, ID).await.unwrap_err());
    assert!(store.imports(&other, None, 10).await.unwrap().is_empty());
    assert!(store.import_rows(&other, ID, None, 0, 10).await.unwrap().is_empty());
    assert!(store.import_findings(&other, ID, None, 0, 10).await.unwrap().is_empty());
}

async fn an_expired_import_leaves_nothing(rig: Rig) {
    let rig = rig.with_tills().await;
    let (store, demo) = (&rig.store, org("demo"));
    planned(&rig, &[row(1, ImportOutcome::New, "a")], false).await;
    let keys = ["imports/demo/07".to_owned(), "imports/demo/08".to_owned()];
    assert_eq!(store.import_blobs_in_use(&keys).await.unwrap(), keys[..1]);
    assert!(store.expired_imports(later(DAY_MS - 1), 10).await.unwrap().is_empty());
    assert_eq!(store.expired_imports(later(DAY_MS), 10).await.unwrap(), [(demo.clone(), ID)]);
    store.remove_import(&demo, ID).await.unwrap();
    let left = "SELECT (SELECT COUNT(*) FROM catalogue_import) + (SELECT COUNT(*) FROM catalogue_import_row)
                     + (SELECT COUNT(*) FROM catalogue_import_finding)";
    assert_eq!(rig.number(left).await, 0);
}

async fn sales_are_handed_over_until_they_are_confirmed(rig: Rig) {
    let rig = rig.with_tills().await;
    let (store, till) = (&rig.store, till("demo"));
    let entries = Journal::new(till.clone()).append_many(1, 3);
    while_writing(store, store.ingest(&till, entries, NOW)).await.unwrap();
    let day = sale(1).business_day;
    let first = BusinessDay { year: day.year - 1, ..day };
    let days = [(till.store.clone(), first, day)];
    let offer = async |limit| {
        let batch = store.offer_sales(&till.org, &days, Uuid::from_u128(1), limit).await.unwrap();
        batch.sales.iter().map(|sale| sale.id).collect::<Vec<_>>()
    };
    let early = [(till.store.clone(), first, BusinessDay { year: day.year - 1, ..day })];
    let none = store.offer_sales(&till.org, &early, Uuid::from_u128(1), 10).await.unwrap();
    assert!(none.sales.is_empty() && !none.has_more, "the day is not closed yet");
    let batch = offer(2).await;
    assert_eq!((batch.len(), &offer(10).await), (2, &batch));
    assert_eq!(store.confirm_sales(&org("other"), NOW).await.unwrap(), 0);
    assert_eq!(store.confirm_sales(&till.org, WallMs(NOW.0 + 1)).await.unwrap(), 2);
    let rest = offer(10).await;
    assert!(rest.len() == 1 && !batch.contains(&rest[0]));
    assert_eq!(store.confirm_sales(&till.org, NOW).await.unwrap(), 1);
    assert!(offer(10).await.is_empty());
    assert_eq!(store.confirm_sales(&till.org, NOW).await.unwrap(), 0);
}
