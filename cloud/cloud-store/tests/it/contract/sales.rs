//! Ingest: every sale exactly once, and what is said of those that are not sound.

use cloud_store::{Outcome, SaleFilter, SetAsideReason, Store, StoreError, What};
use domain::ids::{SaleId, SequenceNumber, TillId, Uuid};
use domain::sale::{Sale, TillRef};
use domain::time::{BusinessDay, WallMs};
use sync_core::entry::Entry;
use sync_core::sale_document;

use crate::support::{
    Journal, NOW, Rig, SALE_MINOR, all_at_once, by_hand, later, org, over_both_engines, sale, till,
    till_named, while_writing,
};

over_both_engines!(
    a_sale_is_there_with_all_that_belongs_to_it,
    the_same_sale_again_counts_once,
    the_same_sale_from_many_at_once_counts_once,
    a_known_id_with_other_content_is_quarantined,
    what_is_unsound_is_parked_and_those_behind_it_go_on,
    a_sale_of_another_organisation_is_not_found,
    one_id_in_two_organisations_is_two_sales,
    pages_through_sales_without_loss,
    sums_by_till_and_day,
    a_day_of_a_wrong_clock_is_booked_too,
    a_month_that_began_among_the_others_stays_there,
    many_tills_at_once_lose_nothing,
    a_till_that_nobody_made_does_not_fail_its_neighbours,
    what_the_database_refuses_is_parked_and_nothing_of_it_is_half,
    a_stopping_writer_commits_what_waits,
    refuses_more_than_may_wait,
    a_writer_that_is_cut_off_leaves_nothing_half,
);

use Outcome::{Booked, Known, Parked, Quarantined};

async fn outcomes(store: &Store, till: &TillRef, entries: Vec<Entry>) -> Vec<Outcome> {
    while_writing(store, store.ingest(till, entries, NOW)).await.unwrap().outcomes
}

/// Sales and their sum of a till, over all days.
async fn totals(store: &Store, till: &TillRef) -> (u64, i64) {
    let filter = SaleFilter { till: Some(till.till.clone()), ..SaleFilter::default() };
    let sums = store.day_sums(&till.org, &till.store, &filter).await.unwrap();
    (sums.iter().map(|sum| sum.sales).sum(), sums.iter().map(|sum| sum.gross_minor).sum())
}

async fn assert_stock_adds_up(store: &Store, till: &TillRef, sales: i64) {
    assert_eq!(store.verify_stock(&till.org, &till.store).await.unwrap(), []);
    let stock = store.stock(&till.org, &till.store, None, 10).await.unwrap();
    let quantities: Vec<i64> = stock.iter().map(|balance| balance.quantity).collect();
    assert_eq!(quantities, if sales == 0 { vec![] } else { vec![-500 * sales, -2 * sales] });
}

async fn a_sale_is_there_with_all_that_belongs_to_it(rig: Rig) {
    let rig = rig.with_tills().await;
    let (store, till) = (&rig.store, till("demo"));
    let mut journal = Journal::new(till.clone());
    let entry = journal.append(sale(1));
    let ingested = while_writing(store, store.ingest(&till, vec![entry.clone()], later(5))).await.unwrap();
    assert_eq!((ingested.outcomes, ingested.newest), (vec![Booked], journal.head));

    let stored = store.sale(&till.org, entry.sale).await.unwrap();
    assert_eq!((stored.sale, stored.sequence, stored.received_at), (sale(1), SequenceNumber(1), later(5)));
    let listed = store.sales(&till.org, &till.store, &SaleFilter::default(), None, 10).await.unwrap();
    assert_eq!((listed.len(), listed[0].gross_minor, listed[0].lines), (1, SALE_MINOR, 2));
    assert_eq!(totals(store, &till).await, (1, SALE_MINOR));
    assert_stock_adds_up(store, &till, 1).await;
    let ledger = store.stock_movements(&till.org, &till.store, None, None, 10).await.unwrap();
    assert!(ledger.iter().all(|line| line.sale == Some(entry.sale)) && ledger.len() == 2);
    let heads = store.heads(&till.org).await.unwrap();
    assert_eq!((heads.len(), heads[0].mark), (1, journal.head));
    for (table, rows) in [("sale_inbox", 1), ("sale_line", 2), ("sale_tender", 1), ("outbox_event", 1)] {
        let sql: &'static str = format!("SELECT COUNT(*) FROM {table}").leak();
        assert_eq!(rig.number(sql).await, rows, "{table}");
    }
}

async fn the_same_sale_again_counts_once(rig: Rig) {
    let rig = rig.with_tills().await;
    let (store, till) = (&rig.store, till("demo"));
    let mut journal = Journal::new(till.clone());
    let entries = journal.append_many(1, 3);
    assert_eq!(outcomes(store, &till, entries.clone()).await, [Booked; 3]);
    assert_eq!(outcomes(store, &till, entries.clone()).await, [Known; 3]);
    // The till wrote the same sale at another place of its journal.
    let again = journal.append(sale(2));
    assert_eq!(outcomes(store, &till, vec![again.clone(), again]).await, [Known; 2]);
    assert_eq!(totals(store, &till).await, (3, 3 * SALE_MINOR));
    assert_stock_adds_up(store, &till, 3).await;
    assert_eq!(store.heads(&till.org).await.unwrap()[0].mark.sequence, SequenceNumber(4));
}

async fn the_same_sale_from_many_at_once_counts_once(rig: Rig) {
    let rig = rig.with_tills().await;
    // Two handles on one database, as two processes have.
    let other = Store::open(&rig.options).await.unwrap();
    let till = till("demo");
    let entries = Journal::new(till.clone()).append_many(1, 5);
    let ingests = (0..10).map(|number| {
        let store = if number % 2 == 0 { rig.store.clone() } else { other.clone() };
        let (till, entries) = (till.clone(), entries.clone());
        async move { store.ingest(&till, entries, NOW).await.unwrap().outcomes }
    });
    let all = while_writing(&rig.store, while_writing(&other, all_at_once(ingests))).await;
    let booked = all.iter().flatten().filter(|&&outcome| outcome == Booked).count();
    assert_eq!((booked, all.iter().flatten().count()), (5, 50));
    assert_eq!(totals(&rig.store, &till).await, (5, 5 * SALE_MINOR));
    assert_stock_adds_up(&rig.store, &till, 5).await;
}

async fn a_known_id_with_other_content_is_quarantined(rig: Rig) {
    let rig = rig.with_tills().await;
    let (store, till) = (&rig.store, till("demo"));
    let mut journal = Journal::new(till.clone());
    let first = journal.append(sale(1));
    let mut changed = sale(2);
    changed.id = first.sale;
    let (other, behind) = (journal.append(changed), journal.append(sale(3)));
    let sent = vec![first, other.clone(), behind];
    assert_eq!(outcomes(store, &till, sent).await, [Booked, Quarantined, Booked]);
    assert_eq!(outcomes(store, &till, vec![other.clone()]).await, [Known], "it need not be sent again");
    assert_eq!(totals(store, &till).await, (2, 2 * SALE_MINOR));
    assert_eq!(store.set_aside_count(&till.org).await.unwrap(), 1);
    let aside = store.set_aside(&till.org, 10).await.unwrap().remove(0);
    assert_eq!(
        (&aside.entry, aside.reason, aside.settled.clone()),
        (&other, SetAsideReason::Quarantined, None)
    );
    assert!(aside.problem.contains("is there with other content"), "{}", aside.problem);

    assert!(store.settle(&till_named("other", "till-1"), &other.mark(), &by_hand(), NOW).await.is_err());
    store.settle(&till, &other.mark(), &by_hand(), NOW).await.unwrap();
    assert_eq!(store.set_aside_count(&till.org).await.unwrap(), 0);
}

async fn what_is_unsound_is_parked_and_those_behind_it_go_on(rig: Rig) {
    let rig = rig.with_tills().await;
    let (store, till) = (&rig.store, till("demo"));
    let id = |number| SaleId(Uuid::from_u128(number));
    let mut journal = Journal::new(till.clone());
    let edit = |number: u64, change: &dyn Fn(&mut Sale)| {
        let mut sale = sale(number);
        change(&mut sale);
        sale
    };
    let mut entries = vec![
        journal.append_bytes(id(1), b"no sale at all".to_vec()),
        journal.append_bytes(id(2), vec![0xff; 100]),
        journal.append_bytes(id(3), sale_document::encode(&sale(3))),
        journal.append(edit(4, &|sale| sale.totals.gross.minor += 1)),
        journal.append(edit(5, &|sale| sale.lines[0].sku = "a\0b".to_owned())),
        journal.append(edit(6, &|sale| sale.business_day.month = 13)),
        journal.append(sale(7)),
    ];
    let mut broken =
        Entry::chained(SequenceNumber(8), sale(8).id, journal.head.hash, entries[6].payload.clone());
    broken.hash = [1; 32];
    entries.push(broken);
    let count = entries.len();
    let found = outcomes(store, &till, entries.clone()).await;
    assert_eq!(found[..6], [Parked; 6]);
    assert_eq!(found[6..], [Booked, Parked]);
    assert_eq!(outcomes(store, &till, entries.clone()).await, vec![Known; count]);
    assert_eq!(totals(store, &till).await, (1, SALE_MINOR));
    let aside = store.set_aside(&till.org, 100).await.unwrap();
    assert_eq!(aside.len(), count - 1);
    assert!(
        aside.iter().all(|aside| aside.reason == SetAsideReason::Parked && entries.contains(&aside.entry))
    );
}

async fn a_sale_of_another_organisation_is_not_found(rig: Rig) {
    let rig = rig.with_tills().await;
    let (store, till, other) = (&rig.store, till("demo"), org("other"));
    let entry = Journal::new(till.clone()).append(sale(1));
    assert_eq!(outcomes(store, &till, vec![entry.clone()]).await, [Booked]);
    let error = store.sale(&other, entry.sale).await.unwrap_err();
    assert!(matches!(error, StoreError::NotFound { what: What::Sale, .. }), "{error}");
    assert!(store.sales(&other, &till.store, &SaleFilter::default(), None, 10).await.unwrap().is_empty());
    assert!(store.day_sums(&other, &till.store, &SaleFilter::default()).await.unwrap().is_empty());
    assert!(store.heads(&other).await.unwrap().is_empty());
    assert!(store.stock(&other, &till.store, None, 10).await.unwrap().is_empty());
    assert!(store.stock_movements(&other, &till.store, None, None, 10).await.unwrap().is_empty());
}

async fn one_id_in_two_organisations_is_two_sales(rig: Rig) {
    let rig = rig.with_tills().await;
    let (store, demo, other) = (&rig.store, till("demo"), till("other"));
    for till in [&demo, &other] {
        let entry = Journal::new(till.clone()).append(sale(1));
        assert_eq!(outcomes(store, till, vec![entry]).await, [Booked]);
        assert_eq!(totals(store, till).await, (1, SALE_MINOR));
    }
}

async fn pages_through_sales_without_loss(rig: Rig) {
    let rig = rig.with_tills().await;
    let (store, till) = (&rig.store, till("demo"));
    // All were paid in the same millisecond: the id decides.
    let entries = Journal::new(till.clone()).append_many(1, 40);
    outcomes(store, &till, entries).await;
    let (mut after, mut seen) = (None, Vec::new());
    loop {
        let page = store.sales(&till.org, &till.store, &SaleFilter::default(), after, 7).await.unwrap();
        let Some(last) = page.last() else { break };
        after = Some(last.cursor());
        seen.extend(page.iter().map(|sale| sale.id));
    }
    let mut sorted = seen.clone();
    sorted.sort();
    sorted.dedup();
    sorted.reverse();
    assert_eq!((seen.len(), &seen), (40, &sorted));
    let none = SaleFilter { till: Some(TillId::new("till-9").unwrap()), ..SaleFilter::default() };
    assert!(store.sales(&till.org, &till.store, &none, None, 7).await.unwrap().is_empty());
}

async fn sums_by_till_and_day(rig: Rig) {
    let rig = rig.with_tills().await;
    let (store, first, second) = (&rig.store, till("demo"), till_named("demo", "till-2"));
    store.create_till(&second, "Till", NOW).await.unwrap();
    let day = |day| BusinessDay { year: 2026, month: 1, day };
    let on = |number, day| Sale { business_day: day, ..sale(number) };
    let mut journal = Journal::new(first.clone());
    let entries =
        vec![journal.append(on(1, day(2))), journal.append(on(2, day(2))), journal.append(on(3, day(3)))];
    outcomes(store, &first, entries).await;
    outcomes(store, &second, vec![Journal::new(second.clone()).append(on(4, day(3)))]).await;
    let sums = |filter| async move {
        let sums = store.day_sums(&org("demo"), &till("demo").store, &filter).await.unwrap();
        sums.iter()
            .map(|sum| (sum.business_day.day, sum.till.till.to_string(), sum.sales))
            .collect::<Vec<_>>()
    };
    let row = |day: u8, till: &str, sales: u64| (day, till.to_owned(), sales);
    let all = sums(SaleFilter::default()).await;
    assert_eq!(all, [row(2, "till-1", 2), row(3, "till-1", 1), row(3, "till-2", 1)]);
    let third = SaleFilter { first_day: Some(day(3)), last_day: Some(day(3)), till: None };
    assert_eq!(sums(third.clone()).await, [row(3, "till-1", 1), row(3, "till-2", 1)]);
    assert_eq!(sums(SaleFilter { till: Some(second.till), ..third }).await, [row(3, "till-2", 1)]);
}

async fn a_day_of_a_wrong_clock_is_booked_too(rig: Rig) {
    let rig = rig.with_tills().await;
    let (store, till) = (&rig.store, till("demo"));
    let mut journal = Journal::new(till.clone());
    let years = [1970, 2026, 9999];
    let entries: Vec<Entry> = (1..)
        .zip(years)
        .map(|(number, year)| {
            journal.append(Sale { business_day: BusinessDay { year, month: 1, day: 2 }, ..sale(number) })
        })
        .collect();
    let ids: Vec<SaleId> = entries.iter().map(|entry| entry.sale).collect();
    assert_eq!(outcomes(store, &till, entries).await, [Booked; 3]);
    for (id, year) in ids.into_iter().zip(years) {
        assert_eq!(store.sale(&till.org, id).await.unwrap().sale.business_day.year, year);
    }
    if rig.is_postgres() {
        assert_eq!(rig.number("SELECT COUNT(*) FROM sale_2026_01").await, 1);
        assert_eq!(rig.number("SELECT COUNT(*) FROM sale_line_other").await, 4);
    }
}

async fn a_month_that_began_among_the_others_stays_there(rig: Rig) {
    let rig = rig.with_tills().await;
    let (store, till) = (&rig.store, till("demo"));
    let mut journal = Journal::new(till.clone());
    // The cloud's own clock is years off, and is put right.
    let first = vec![journal.append(sale(1))];
    while_writing(store, store.ingest(&till, first, WallMs(0))).await.unwrap();
    assert_eq!(outcomes(store, &till, vec![journal.append(sale(2))]).await, [Booked]);
    assert_eq!(totals(store, &till).await, (2, 2 * SALE_MINOR));
    if rig.is_postgres() {
        assert_eq!(rig.number("SELECT COUNT(*) FROM sale_other").await, 2);
    }
}

async fn many_tills_at_once_lose_nothing(rig: Rig) {
    let rig = rig.with_tills().await;
    let names: Vec<TillRef> = (2..22).map(|number| till_named("demo", &format!("till-{number}"))).collect();
    for till in &names {
        rig.store.create_till(till, "Till", NOW).await.unwrap();
    }
    let ingests = names.clone().into_iter().zip(1_u64..).map(|(till, number)| {
        let store = rig.store.clone();
        async move {
            let mut journal = Journal::new(till.clone());
            for batch in 0..3 {
                let entries = journal.append_many(number * 1_000 + batch * 10, 7);
                let ingested = store.ingest(&till, entries, NOW).await.unwrap();
                assert_eq!((ingested.outcomes, ingested.newest), (vec![Booked; 7], journal.head));
            }
        }
    });
    while_writing(&rig.store, all_at_once(ingests)).await;
    for till in &names {
        assert_eq!(totals(&rig.store, till).await, (21, 21 * SALE_MINOR));
    }
    assert_stock_adds_up(&rig.store, &names[0], 420).await;
    assert_eq!(rig.store.gaps(&org("demo"), 10).await.unwrap(), []);
    assert_eq!(rig.store.forks(&org("demo"), 10).await.unwrap(), []);
}

async fn a_till_that_nobody_made_does_not_fail_its_neighbours(rig: Rig) {
    let rig = rig.with_tills().await;
    let (known, unknown) = (till("demo"), till_named("demo", "till-9"));
    let ingests = [&known, &unknown].map(|till| {
        let (store, till) = (rig.store.clone(), till.clone());
        let entries =
            Journal::new(till.clone()).append_many(if till.till.as_str() == "till-9" { 50 } else { 1 }, 2);
        async move { store.ingest(&till, entries, NOW).await }
    });
    let results = while_writing(&rig.store, all_at_once(ingests.into_iter())).await;
    let (good, bad): (Vec<_>, Vec<_>) = results.into_iter().partition(Result::is_ok);
    assert_eq!(good.len(), 1);
    assert_eq!(bad[0].as_ref().unwrap_err().to_string(), "there is no till `till-9`");
    assert_eq!(totals(&rig.store, &known).await, (2, 2 * SALE_MINOR));
}

async fn what_the_database_refuses_is_parked_and_nothing_of_it_is_half(rig: Rig) {
    let rig = rig.with_tills().await;
    let (store, till) = (&rig.store, till("demo"));
    // Events are written last: all else of the sale is in the transaction by then.
    rig.damage(if rig.is_postgres() {
        "CREATE FUNCTION refuse() RETURNS trigger LANGUAGE plpgsql AS $$ BEGIN
             IF position('000002' IN convert_from(NEW.payload, 'UTF8')) > 0 THEN RAISE 'refused'; END IF;
             RETURN NEW; END $$;
         CREATE TRIGGER refuse BEFORE INSERT ON outbox_event FOR EACH ROW EXECUTE FUNCTION refuse()"
    } else {
        "CREATE TRIGGER refuse BEFORE INSERT ON outbox_event WHEN instr(NEW.payload, CAST('000002' AS BLOB)) > 0
         BEGIN SELECT RAISE(ABORT, 'refused'); END"
    })
    .await;
    let mut journal = Journal::new(till.clone());
    let mut entries = journal.append_many(1, 2);
    let numbered = |number: u64| {
        let mut sale = sale(number);
        sale.id = SaleId(Uuid::from_u128(u128::from(number) << 100));
        sale.tenders[0].payment.0 = Uuid::from_u128(u128::from(number) << 90);
        sale
    };
    entries.push(journal.append(numbered(3)));
    assert_eq!(outcomes(store, &till, entries).await, [Booked, Parked, Booked]);
    assert_eq!(totals(store, &till).await, (2, 2 * SALE_MINOR));
    assert_stock_adds_up(store, &till, 2).await;
    for (sql, rows) in [
        ("SELECT COUNT(*) FROM sale_inbox", 2),
        ("SELECT COUNT(*) FROM sale_line", 4),
        ("SELECT COUNT(*) FROM stock_movement", 4),
        ("SELECT COUNT(*) FROM outbox_event", 2),
        ("SELECT COUNT(*) FROM received", 3),
    ] {
        assert_eq!(rig.number(sql).await, rows, "{sql}");
    }
    let aside = store.set_aside(&till.org, 10).await.unwrap();
    assert!(aside[0].problem.contains("refused"), "{}", aside[0].problem);
}

async fn a_stopping_writer_commits_what_waits(rig: Rig) {
    let rig = rig.with_tills().await;
    let till = till("demo");
    let entries = Journal::new(till.clone()).append_many(1, 3);
    // The request is queued before the writer runs, and the writer is told to stop before it begins.
    let ingest = rig.store.ingest(&till, entries, NOW);
    let (ingested, ()) = tokio::join!(ingest, rig.store.run_ingest(std::future::ready(())));
    assert_eq!(ingested.unwrap().outcomes, [Booked; 3]);
    let late = rig.store.ingest(&till, vec![], NOW).await.unwrap_err();
    assert!(late.is_retryable(), "{late}");
}

async fn refuses_more_than_may_wait(mut rig: Rig) {
    rig.options.ingest_queue_kib = 4;
    let store = Store::open(&rig.options).await.unwrap();
    let rig = rig.with_tills().await;
    let till = till("demo");
    let entries = |first| Journal::new(till.clone()).append_many(first, 2);
    // Nobody writes yet: the first waits, the second finds no room.
    let mut first = std::pin::pin!(store.ingest(&till, entries(1), NOW));
    assert!(poll_once(first.as_mut()).await.is_none());
    let error = store.ingest(&till, entries(5), NOW).await.unwrap_err();
    assert!(matches!(error, StoreError::Busy { waiting: 1, .. }) && error.is_retryable(), "{error}");
    assert_eq!(while_writing(&store, first).await.unwrap().outcomes, [Booked; 2]);
    assert_eq!(
        while_writing(&store, store.ingest(&till, entries(1), NOW)).await.unwrap().outcomes,
        [Known; 2]
    );
    drop(rig);
}

/// Polls once.
async fn poll_once<F: Future + Unpin>(mut future: F) -> Option<F::Output> {
    std::future::poll_fn(|context| {
        let polled = std::pin::Pin::new(&mut future).poll(context);
        std::task::Poll::Ready(match polled {
            std::task::Poll::Ready(output) => Some(output),
            std::task::Poll::Pending => None,
        })
    })
    .await
}

async fn a_writer_that_is_cut_off_leaves_nothing_half(rig: Rig) {
    let rig = rig.with_tills().await;
    let (store, till) = (&rig.store, till("demo"));
    let mut journal = Journal::new(till.clone());
    let mut acked = 0;
    for round in 0..40_u64 {
        let entries = journal.append_many(round * 10 + 1, 3);
        let mut ingest = std::pin::pin!(store.ingest(&till, entries.clone(), NOW));
        let mut writer = Box::pin(store.run_ingest(std::future::pending()));
        let mut answer = poll_once(ingest.as_mut()).await;
        // The writer gets so many turns and is then dropped wherever it is.
        for _ in 0..round {
            if answer.is_some() || poll_once(writer.as_mut()).await.is_some() {
                break;
            }
            tokio::task::yield_now().await;
            answer = poll_once(ingest.as_mut()).await;
        }
        drop(writer);
        // A commit that was under way may still end well: this waits for the till's row, which it holds.
        while_writing(store, store.ingest(&till, vec![], NOW)).await.unwrap();
        acked += u64::from(answer.is_some_and(|answer| answer.is_ok()));
        let (sales, minor) = totals(store, &till).await;
        assert!(sales >= acked * 3 && sales % 3 == 0, "all of a batch or nothing: {sales} after {acked}");
        assert_eq!(minor, SALE_MINOR * i64::try_from(sales).unwrap());
        assert_stock_adds_up(store, &till, i64::try_from(sales).unwrap()).await;
        // The till sends again until it hears of it.
        while_writing(store, store.ingest(&till, entries, NOW)).await.unwrap();
        assert_eq!(totals(store, &till).await.0, (round + 1) * 3);
        acked = round + 1;
    }
    assert_stock_adds_up(store, &till, 120).await;
    assert_eq!(store.gaps(&till.org, 10).await.unwrap(), []);
}
