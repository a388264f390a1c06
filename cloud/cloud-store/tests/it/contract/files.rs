//! The files that an organisation has, of every kind, in one list.

use cloud_store::{
    Actor, DocumentId, FileKind, FilePlace, NewDocument, NewJob, Report, ReportFile, ReportId, ReportKind,
    StoredFile,
};
use domain::ids::Uuid;
use domain::time::BusinessDay;

use crate::support::{NOW, Rig, later, org, over_both_engines, till};

over_both_engines!(lists_the_files_of_every_kind_from_the_newest);

const DAY: BusinessDay = BusinessDay { year: 2026, month: 1, day: 2 };

async fn lists_the_files_of_every_kind_from_the_newest(rig: Rig) {
    let (rig, demo) = (rig.with_tills().await, org("demo"));
    let store = &rig.store;
    for number in 1..=3_u8 {
        let document = NewDocument {
            id: DocumentId(Uuid::from_u128(number.into())),
            store: Some(till("demo").store),
            hash: [number; 32],
            blob_key: format!("documents/demo/{number}"),
            file_name: format!("invoice-{number}.pdf"),
            size_bytes: 10,
            made_by: Actor::System("test".to_owned()),
        };
        let job = |_| NewJob {
            kind: "document.parse".to_owned(),
            payload: Vec::new(),
            dedupe_key: None,
            run_after: NOW,
            attempts_max: 1,
        };
        store.receive_document(&demo, &document, job, later(i64::from(number))).await.unwrap();
    }
    let report = Report {
        id: ReportId(Uuid::from_u128(9)),
        store: None,
        kind: ReportKind::Daily,
        first_day: DAY,
        last_day: DAY,
        facts: "{}".to_owned(),
        made_at: later(9),
    };
    let file = |format: &str, size_bytes| ReportFile {
        language: "en".to_owned(),
        format: format.to_owned(),
        blob: format!("reports/9.{format}"),
        size_bytes,
    };
    store.add_report(&demo, &report, &[file("html", Some(5)), file("pdf", None)]).await.unwrap();

    let names = |files: &[StoredFile]| files.iter().map(|file| file.name.clone()).collect::<Vec<_>>();
    let all = store.files(&demo, None, None, 10).await.unwrap();
    let expected = [
        "daily-20260102.en.pdf",
        "daily-20260102.en.html",
        "invoice-3.pdf",
        "invoice-2.pdf",
        "invoice-1.pdf",
    ];
    assert_eq!(names(&all), expected);
    assert_eq!((all[0].size_bytes, all[1].size_bytes, all[2].size_bytes), (None, Some(5), Some(10)));
    let mut paged = Vec::new();
    let mut after = None;
    while let [file] = store.files(&demo, None, after.as_ref(), 1).await.unwrap().as_slice() {
        let StoredFile { made_at, kind, id, name, .. } = file.clone();
        after = Some(FilePlace { made_at, kind, id, name });
        paged.push(file.clone());
    }
    assert_eq!(paged, all, "page by page it is the same list");
    assert_eq!(names(&store.files(&demo, Some(FileKind::Document), None, 2).await.unwrap()), expected[2..4]);
    assert!(store.files(&org("other"), None, None, 10).await.unwrap().is_empty());

    store.remove_document(&demo, DocumentId(Uuid::from_u128(2)), later(20)).await.unwrap();
    let removed = store.files(&demo, Some(FileKind::Document), None, 10).await.unwrap();
    assert_eq!(removed[1].removed_at, Some(later(20)));
    let sums: Vec<_> = store.file_sums(&demo).await.unwrap();
    let sums: Vec<_> = sums.iter().map(|sum| (sum.kind, sum.files, sum.size_bytes)).collect();
    assert_eq!(sums, [(FileKind::Document, 3, 30), (FileKind::Report, 2, 5)]);
}
