//! Suppliers' documents, what people make of them, and the goods that come by them.

use cloud_core::ledger::{StockKey, StockUnit};
use cloud_store::{
    ConfirmedLine, DocumentFacts, DocumentFilter, DocumentId, DocumentReceipt, DocumentReceiptLine,
    DocumentState, Learning, NewDocument, NewEvent, NewJob, NewPart, NewVersion, StoreError,
};
use domain::ids::{ProductId, StoreId, Uuid};
use domain::money::{Currency, Money};

use crate::support::{NOW, Rig, all_at_once, by_hand, later, org, over_both_engines};

over_both_engines!(
    a_file_is_taken_once_for_each_store,
    a_document_is_read_once_and_found_by_what_it_says,
    a_container_has_its_documents_once,
    corrections_count_until_they_are_undone,
    what_was_confirmed_is_known,
    goods_come_once,
    what_was_removed_is_forgotten_later,
    nobody_sees_anothers_documents,
);

fn id(number: u128) -> DocumentId {
    DocumentId(Uuid::from_u128(number))
}

fn new(number: u128, store: Option<&str>) -> NewDocument {
    NewDocument {
        id: id(number),
        store: store.map(|store| StoreId::new(store).unwrap()),
        hash: [u8::try_from(number % 100).unwrap(); 32],
        blob_key: format!("documents/demo/{}", number % 100),
        file_name: "Invoice 1.XML".to_owned(),
        size_bytes: 7,
        made_by: by_hand(),
    }
}

fn job(id: DocumentId) -> NewJob {
    NewJob {
        kind: "document.parse".to_owned(),
        payload: id.to_string().into_bytes(),
        dedupe_key: Some(id.to_string()),
        run_after: NOW,
        attempts_max: 3,
    }
}

fn event() -> NewEvent {
    NewEvent { topic: "document_changes".to_owned(), key: "d".to_owned(), payload: b"{}".to_vec() }
}

fn facts(supplier: &str, layout: Option<&str>) -> DocumentFacts {
    DocumentFacts {
        format: Some("ubl".to_owned()),
        kind: Some("invoice".to_owned()),
        number: Some("R-1".to_owned()),
        supplier_key: Some(supplier.to_owned()),
        layout: layout.map(str::to_owned),
        line_count: 2,
        search_text: "invoice 1.xml r-1 кола nord".to_owned(),
        parsed: Some("{\"read\":true}".to_owned()),
        matches: Some("{\"lines\":[]}".to_owned()),
        ..DocumentFacts::default()
    }
}

fn line(product: &str, article: &str, name: &str) -> ConfirmedLine {
    ConfirmedLine {
        line: 0,
        article: article.to_owned(),
        name_key: name.to_owned(),
        unit: "cs".to_owned(),
        product: ProductId::new(product).unwrap(),
        factor_thousandths: 6_000,
    }
}

fn version(of: Option<u32>, facts: DocumentFacts, lines: Vec<ConfirmedLine>) -> NewVersion {
    NewVersion {
        of,
        facts,
        lines,
        learning: Learning::Waiting,
        learning_note: String::new(),
        made_by: by_hand(),
    }
}

/// Takes a document in and reads it.
async fn read(rig: &Rig, number: u128, facts: &DocumentFacts) -> DocumentId {
    let (store, org) = (&rig.store, org("demo"));
    let (id, is_new) = store.receive_document(&org, &new(number, None), job, NOW).await.unwrap();
    assert!(is_new && store.begin_reading(&org, id, later(1)).await.unwrap());
    store.finish_reading(&org, id, facts, "[]", &event(), later(2)).await.unwrap();
    id
}

async fn a_file_is_taken_once_for_each_store(rig: Rig) {
    let rig = rig.with_tills().await;
    let (store, org) = (&rig.store, org("demo"));
    let main = store.stores(&org).await.unwrap()[0].id.clone();
    let take = async |number, named: Option<&str>| {
        store.receive_document(&org, &new(number, named), job, NOW).await.unwrap()
    };
    assert_eq!(take(1, None).await, (id(1), true));
    assert_eq!(take(101, None).await, (id(1), false));
    assert_eq!(take(201, Some(main.as_str())).await, (id(201), true));
    let nowhere = store.receive_document(&org, &new(301, Some("nowhere")), job, NOW).await.unwrap_err();
    assert!(matches!(nowhere, StoreError::NotFound { .. }), "{nowhere}");
    let taken = all_at_once((0..8).map(|at| {
        let (store, org) = (store.clone(), org.clone());
        async move { store.receive_document(&org, &new(1007 + at * 100, None), job, NOW).await.unwrap() }
    }));
    let taken = taken.await;
    assert_eq!(taken.iter().filter(|(_, is_new)| *is_new).count(), 1, "{taken:?}");
    assert!(taken.iter().all(|(id, _)| *id == taken[0].0), "{taken:?}");
    assert_eq!(rig.number("SELECT COUNT(*) FROM job").await, 3);
}

async fn a_document_is_read_once_and_found_by_what_it_says(rig: Rig) {
    let rig = rig.with_tills().await;
    let (store, org) = (&rig.store, org("demo"));
    let id = read(&rig, 1, &facts("tax:1", None)).await;
    let kept = store.document(&org, id).await.unwrap();
    assert_eq!(
        (kept.state, kept.version, kept.facts.parsed.as_deref()),
        (DocumentState::NeedsReview, 0, Some("{\"read\":true}"))
    );
    assert!(!store.begin_reading(&org, id, later(3)).await.unwrap(), "it is read");
    store.finish_reading(&org, id, &DocumentFacts::default(), "[]", &event(), later(3)).await.unwrap();
    assert_eq!(store.document(&org, id).await.unwrap(), kept, "a late worker changes nothing");

    let (failed, _) = store.receive_document(&org, &new(2, None), job, NOW).await.unwrap();
    store.begin_reading(&org, failed, NOW).await.unwrap();
    store.fail_document(&org, failed, "torn", true, &event(), later(4)).await.unwrap();
    let torn = store.document(&org, failed).await.unwrap();
    assert_eq!((torn.state, torn.reason.as_str(), torn.blob_key), (DocumentState::Failed, "torn", None));
    let (again, is_new) = store.receive_document(&org, &new(102, None), job, NOW).await.unwrap();
    let taken = store.document(&org, again).await.unwrap();
    assert_eq!(
        (again, is_new, taken.state),
        (failed, false, DocumentState::Received),
        "a failed one is worth another try"
    );
    assert_eq!(rig.number("SELECT COUNT(*) FROM outbox_event WHERE topic = 'document_changes'").await, 2);

    let count = async |filter: DocumentFilter| store.documents(&org, &filter, None, 10).await.unwrap().len();
    let all = DocumentFilter::default();
    assert_eq!(count(all.clone()).await, 2);
    assert_eq!(count(DocumentFilter { state: Some(DocumentState::NeedsReview), ..all.clone() }).await, 1);
    assert_eq!(count(DocumentFilter { text: Some("КОЛА r-1".to_owned()), ..all.clone() }).await, 1);
    assert_eq!(count(DocumentFilter { text: Some("кола %".to_owned()), ..all.clone() }).await, 0);
    assert_eq!(
        count(DocumentFilter {
            supplier_key: Some("tax:1".to_owned()),
            kind: Some("invoice".to_owned()),
            ..all.clone()
        })
        .await,
        1
    );
    assert_eq!(count(DocumentFilter { stores: Some(vec![]), ..all.clone() }).await, 0);
    assert_eq!(
        count(DocumentFilter { stores: Some(vec![StoreId::new("main").unwrap()]), ..all.clone() }).await,
        0
    );
    let first = store.documents(&org, &all, None, 1).await.unwrap();
    let rest = store.documents(&org, &all, Some(first[0].id), 10).await.unwrap();
    assert_eq!((first[0].id, rest[0].id, rest.len()), (failed, id, 1));
}

async fn a_container_has_its_documents_once(rig: Rig) {
    let rig = rig.with_tills().await;
    let (store, org) = (&rig.store, org("demo"));
    let (id_of, _) = store.receive_document(&org, &new(1, None), job, NOW).await.unwrap();
    store.begin_reading(&org, id_of, NOW).await.unwrap();
    let part = |number| {
        (NewPart { id: id(number), file_name: format!("{number}.xml"), facts: facts("tax:1", None) }, event())
    };
    for numbers in [[11, 12], [21, 22]] {
        let parts = numbers.map(part);
        store.split_document(&org, id_of, &parts, "[]", later(1)).await.unwrap();
    }
    assert_eq!(store.document(&org, id_of).await.unwrap().state, DocumentState::Split);
    let filter = DocumentFilter { parent: Some(id_of), ..DocumentFilter::default() };
    let parts = store.documents(&org, &filter, None, 10).await.unwrap();
    assert_eq!(
        parts.iter().map(|part| (part.id, part.place)).collect::<Vec<_>>(),
        [(id(12), 2), (id(11), 1)]
    );
    let split = store
        .confirm_document(&org, id_of, &version(None, facts("tax:1", None), vec![]), None, &event(), NOW)
        .await;
    assert!(matches!(split, Err(StoreError::Conflict { .. })), "{split:?}");
    store.remove_document(&org, id_of, later(2)).await.unwrap();
    assert!(store.document(&org, id(11)).await.is_err(), "what came in it goes with it");
}

async fn corrections_count_until_they_are_undone(rig: Rig) {
    let rig = rig.with_tills().await;
    let (store, org) = (&rig.store, org("demo"));
    let id = read(&rig, 1, &facts("tax:1", None)).await;
    let corrected = |number: &str| DocumentFacts { number: Some(number.to_owned()), ..facts("tax:1", None) };
    let confirm = async |of, number: &str| {
        let new = version(of, corrected(number), vec![]);
        store.confirm_document(&org, id, &new, Some(&job(id)), &event(), later(3)).await
    };
    assert_eq!(confirm(Some(0), "A").await.unwrap(), 1);
    assert!(matches!(confirm(Some(0), "B").await, Err(StoreError::Conflict { .. })), "somebody was quicker");
    assert_eq!(confirm(Some(1), "B").await.unwrap(), 2);
    let undo = async |version| {
        let describe = |parsed: &str, _: &str| {
            Some(DocumentFacts { parsed: Some(parsed.to_owned()), ..facts("tax:1", None) })
        };
        store.undo_version(&org, id, version, describe, &event(), later(4)).await
    };
    undo(1).await.unwrap();
    assert_eq!(store.document(&org, id).await.unwrap().version, 2, "the newer one counts on");
    assert!(matches!(undo(1).await, Err(StoreError::Conflict { .. })));
    assert!(matches!(undo(0).await, Err(StoreError::NotFound { .. })), "what was read cannot be taken back");
    undo(2).await.unwrap();
    let kept = store.document(&org, id).await.unwrap();
    assert_eq!((kept.version, kept.state), (0, DocumentState::NeedsReview));
    let versions = store.document_versions(&org, id).await.unwrap();
    assert_eq!(
        versions.iter().map(|one| (one.version, one.undone_at.is_some())).collect::<Vec<_>>(),
        [(2, true), (1, true)]
    );
    assert_eq!(confirm(None, "C").await.unwrap(), 3, "numbers are not used twice");
}

async fn what_was_confirmed_is_known(rig: Rig) {
    let rig = rig.with_tills().await;
    let (store, org) = (&rig.store, org("demo"));
    let (one, two) =
        (read(&rig, 1, &facts("tax:1", Some("l1"))).await, read(&rig, 2, &facts("tax:2", Some("l1"))).await);
    for (id, supplier, product) in [(one, "tax:1", "cola"), (two, "tax:2", "pepsi")] {
        let new = version(None, facts(supplier, Some("l1")), vec![line(product, "C-15", "kola")]);
        store.confirm_document(&org, id, &new, None, &event(), later(3)).await.unwrap();
    }
    let articles = ["C-15".to_owned(), "X".to_owned()];
    let known = store.known_articles(&org, "tax:1", &articles).await.unwrap();
    assert_eq!((known.len(), known[0].product.as_str(), known[0].factor_thousandths), (1, "cola", 6_000));
    assert_eq!(store.known_names(&org, &["kola".to_owned()]).await.unwrap().len(), 2);
    assert!(store.known_articles(&org, "tax:1", &[]).await.unwrap().is_empty());

    assert!(store.document_examples(&org, 10).await.unwrap().is_empty());
    store.settle_learning(&org, (one, 1), Learning::Learnt, Some("{\"a\":1}"), "").await.unwrap();
    store.settle_learning(&org, (two, 1), Learning::Refused, None, "worse").await.unwrap();
    let examples = store.document_examples(&org, 10).await.unwrap();
    assert_eq!((examples.len(), examples[0].document, examples[0].example.as_str()), (1, one, "{\"a\":1}"));
    assert_eq!(store.document_versions(&org, two).await.unwrap()[0].learning_note, "worse");
    let others = store.documents_to_try(&org, Some("tax:1"), "l1", 10).await.unwrap();
    assert_eq!(others.iter().map(|other| other.document).collect::<Vec<_>>(), [two]);
    let corrected = store.corrected_documents(&org, None, None, 1).await.unwrap();
    assert_eq!((corrected[0].document, corrected[0].read.as_str()), (one, "{\"read\":true}"));
    let rest = store.corrected_documents(&org, None, Some(one), 10).await.unwrap();
    assert_eq!(rest.iter().map(|one| one.document).collect::<Vec<_>>(), [two]);
    let main = StoreId::new("main").unwrap();
    assert!(store.corrected_documents(&org, Some(&main), None, 10).await.unwrap().is_empty());

    let describe = |_: &str, _: &str| Some(facts("tax:1", None));
    store.undo_version(&org, one, 1, describe, &event(), later(4)).await.unwrap();
    assert!(
        store.known_articles(&org, "tax:1", &articles).await.unwrap().is_empty(),
        "what was undone is known no more"
    );
    assert!(store.document_examples(&org, 10).await.unwrap().is_empty());
}

async fn goods_come_once(rig: Rig) {
    let rig = rig.with_tills().await;
    let (store, org) = (&rig.store, org("demo"));
    let main = store.stores(&org).await.unwrap()[0].id.clone();
    let id = read(&rig, 1, &facts("tax:1", None)).await;
    let goods = |quantity| DocumentReceipt {
        store: main.clone(),
        lines: [(Some(0), Some(Money::new(540, Currency::new("EUR").unwrap()))), (None, None)]
            .map(|(line, cost)| DocumentReceiptLine {
                line,
                key: StockKey { product: ProductId::new("cola").unwrap(), unit: StockUnit::Piece },
                quantity,
                cost,
            })
            .to_vec(),
        order: None,
        papers: vec![],
        made_by: by_hand(),
        made_at: later(5),
    };
    let early = store.receive_goods_of_document(&org, id, &goods(6), &event()).await.unwrap_err();
    assert!(early.to_string().contains("confirm it first"), "{early}");
    let new = version(None, facts("tax:1", None), vec![]);
    store.confirm_document(&org, id, &new, None, &event(), later(3)).await.unwrap();
    assert_eq!(store.documents_older_than(NOW, 10).await.unwrap(), []);
    assert_eq!(store.documents_older_than(later(1), 10).await.unwrap(), [(org.clone(), id)]);
    let booked = all_at_once((0..6).map(|_| {
        let (store, org, goods) = (store.clone(), org.clone(), goods(6));
        async move { store.receive_goods_of_document(&org, id, &goods, &event()).await.unwrap() }
    }));
    assert_eq!(booked.await.into_iter().filter(|booked| *booked).count(), 1);
    let stock = store.stock(&org, &main, None, 10).await.unwrap();
    assert_eq!((stock.len(), stock[0].quantity), (1, 12));
    assert!(store.verify_stock(&org, &main).await.unwrap().is_empty());
    assert_eq!(store.document_receipt(&org, id).await.unwrap(), Some(goods(6)));
    assert_eq!(store.documents_older_than(later(1), 10).await.unwrap(), [], "what is in the stock stays");
    for refused in [
        store.receive_goods_of_document(&org, id, &goods(7), &event()).await.map(drop),
        store.remove_document(&org, id, later(6)).await,
        store.confirm_document(&org, id, &new, None, &event(), later(6)).await.map(drop),
    ] {
        assert!(matches!(refused, Err(StoreError::Conflict { .. })), "{refused:?}");
    }
}

async fn what_was_removed_is_forgotten_later(rig: Rig) {
    let rig = rig.with_tills().await;
    let (store, org) = (&rig.store, org("demo"));
    let id = read(&rig, 1, &facts("tax:1", None)).await;
    let new_version = version(None, facts("tax:1", None), vec![line("cola", "C-15", "kola")]);
    store.confirm_document(&org, id, &new_version, None, &event(), later(3)).await.unwrap();
    let keys = ["documents/demo/1".to_owned(), "documents/demo/9".to_owned()];
    assert_eq!(store.document_blobs_in_use(&keys).await.unwrap(), keys[..1]);
    store.remove_document(&org, id, later(10)).await.unwrap();
    assert!(store.document(&org, id).await.is_err());
    assert!(store.known_names(&org, &["kola".to_owned()]).await.unwrap().is_empty());
    assert_eq!(store.forget_documents(later(10), 10).await.unwrap(), 0);
    let (again, is_new) = store.receive_document(&org, &new(101, None), job, later(11)).await.unwrap();
    let back = store.document(&org, again).await.unwrap();
    assert_eq!((again, is_new, back.state), (id, false, DocumentState::Confirmed), "it is as it was");
    store.remove_document(&org, id, later(12)).await.unwrap();
    assert_eq!(store.forget_documents(later(13), 10).await.unwrap(), 1);
    assert!(store.document_blobs_in_use(&keys).await.unwrap().is_empty());
}

async fn nobody_sees_anothers_documents(rig: Rig) {
    let rig = rig.with_tills().await;
    let (store, other) = (&rig.store, org("other"));
    let id = read(&rig, 1, &facts("tax:1", None)).await;
    let new = version(None, facts("tax:1", None), vec![line("cola", "C-15", "kola")]);
    store.confirm_document(&org("demo"), id, &new, None, &event(), later(3)).await.unwrap();
    assert!(store.document(&other, id).await.is_err());
    assert!(store.documents(&other, &DocumentFilter::default(), None, 10).await.unwrap().is_empty());
    assert!(store.document_versions(&other, id).await.unwrap().is_empty());
    assert!(store.known_names(&other, &["kola".to_owned()]).await.unwrap().is_empty());
    assert!(store.corrected_documents(&other, None, None, 10).await.unwrap().is_empty());
    assert!(store.remove_document(&other, id, NOW).await.is_err());
    assert!(store.confirm_document(&other, id, &new, None, &event(), NOW).await.is_err());
    assert!(!store.begin_reading(&other, id, NOW).await.unwrap());
}
