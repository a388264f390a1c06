//! Tills, parts and services outside as they are watched, and what is written of a day.

use std::time::Duration;

use cloud_store::{
    HealthState, HealthSubject, LastSeen, NoticeEvent, NoticeFilter, NoticeReader, PartNow, ReportKind, Role,
};
use domain::ids::{Generation, OrgId, SequenceNumber, StoreId, TillId};
use domain::sale::TillRef;
use domain::time::WallMs;
use reqwest::{Method, StatusCode};
use serde_json::Value;
use tokio::net::TcpListener;

use super::support::{Caller, Cloud, Journal};
use cloud_server::roles::now;

const LIMIT: Duration = Duration::from_secs(60);

async fn until(what: &str, mut reached: impl AsyncFnMut() -> bool) {
    let began = std::time::Instant::now();
    while !reached().await {
        assert!(began.elapsed() < LIMIT, "waited in vain for {what}");
        tokio::time::sleep(Duration::from_millis(20)).await;
    }
}

fn till(org: &OrgId, store: &str) -> TillRef {
    TillRef { org: org.clone(), store: StoreId::new(store).unwrap(), till: TillId::new("till-1").unwrap() }
}

async fn json(cloud: &Cloud, caller: &Caller, path: &str) -> Value {
    let response = cloud.get_as(caller, path).await;
    assert_eq!(response.status(), StatusCode::OK, "{path}");
    response.json().await.unwrap()
}

async fn open_notices(cloud: &Cloud, org: &OrgId, event: NoticeEvent) -> Vec<cloud_store::Notice> {
    let reader = NoticeReader { person: None, roles: vec![Role::Owner], stores: None };
    let filter = NoticeFilter { open: true, event: Some(event), ..NoticeFilter::default() };
    let found = cloud.store.notices(org, &reader, &filter, None, 100).await.unwrap();
    found.into_iter().map(|(notice, _)| notice).collect()
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn tells_of_every_till_that_ever_spoke_until_it_goes_out_of_use() {
    let cloud = Cloud::start("fleet-gauges", "[monitoring]\nlook_ms = 100\ntill_silent_s = 60").await;
    let org = cloud.organisation("gauged").await;
    cloud.shop(&org, "second").await;
    let (here, silent) = (till(&org, "main"), till(&org, "second"));
    let seen = |at, unsent| LastSeen {
        at,
        generation: Generation(0),
        sequence: SequenceNumber(9),
        unsent,
        software: "0.1.0".to_owned(),
    };
    cloud.store.note_seen(&here, &seen(now(), 3)).await.unwrap();
    cloud.store.note_seen(&silent, &seen(WallMs(now().0 - 61_000), 0)).await.unwrap();
    let part = PartNow { part: "scale".to_owned(), state: HealthState::Down, detail: "unplugged".to_owned() };
    cloud.store.note_health(Some(&org), &HealthSubject::of_till(&here), &[part], now()).await.unwrap();

    let names =
        |till: &TillRef| format!("{{org=\"gauged\",store=\"{}\",till=\"{}\"}}", till.store, till.till);
    let of_scale = "tillsight_till_part_state{org=\"gauged\",store=\"main\",till=\"till-1\",part=\"scale\"}";
    let told = async |lines: &[String]| {
        let text = cloud.get("/metrics").await.text().await.unwrap();
        lines.iter().all(|line| text.lines().any(|one| one == line))
    };
    let lines = [
        format!("tillsight_till_up{} 1", names(&here)),
        format!("tillsight_till_up{} 0", names(&silent)),
        format!("tillsight_till_unsent_sales{} 3", names(&here)),
        format!("{of_scale} 3"),
    ];
    until("the gauges", async || told(&lines).await).await;
    let owner = cloud.person(&org, "owner", &[(Role::Owner, None)]).await;
    let changes = async || json(&cloud, &owner, "/api/v1/health/changes").await["items"].clone();
    until("the silent one to be written down", async || {
        changes()
            .await
            .as_array()
            .unwrap()
            .iter()
            .any(|one| one["part"] == "contact" && one["state"] == "down")
    })
    .await;

    cloud.store.retire_till(&here, now()).await.unwrap();
    let gone = [format!("tillsight_till_up{} NaN", names(&here)), format!("{of_scale} NaN")];
    until("the till to be forgotten", async || told(&gone).await).await;

    // Whoever keeps one store sees its tills alone, and names the one whose history it wants.
    let keeper = cloud.person(&org, "keeper", &[(Role::Technician, Some("second"))]).await;
    let parts = json(&cloud, &keeper, "/api/v1/health/parts").await;
    let subjects: Vec<&str> =
        parts["items"].as_array().unwrap().iter().map(|part| part["subject"].as_str().unwrap()).collect();
    assert!(
        subjects.contains(&"till:second/till-1") && !subjects.contains(&"till:main/till-1"),
        "{subjects:?}"
    );
    for (path, status) in [
        ("/api/v1/health/changes", StatusCode::FORBIDDEN),
        ("/api/v1/health/changes?subject=till:main/till-1", StatusCode::NOT_FOUND),
        ("/api/v1/health/changes?subject=till:second/till-1", StatusCode::OK),
        ("/api/v1/health/changes?subject=cat", StatusCode::UNPROCESSABLE_ENTITY),
        ("/api/v1/health/changes?of=cloud", StatusCode::OK),
        ("/api/v1/health/changes?of=moon", StatusCode::UNPROCESSABLE_ENTITY),
    ] {
        assert_eq!(cloud.get_as(&keeper, path).await.status(), status, "{path}");
    }
    cloud.stop().await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_service_that_goes_away_is_told_of_until_it_is_back() {
    let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
    let place = listener.local_addr().unwrap();
    let settings = format!(
        "[monitoring]\ncheck_every_s = 1\nfailures_max = 2\nchecks = [{{ name = \"bank\", url = \"tcp://{place}\" }}]"
    );
    let cloud = Cloud::start("services", &settings).await;
    let org = cloud.organisation("acme").await;
    let owner = cloud.person(&org, "owner", &[(Role::Owner, None)]).await;
    let state = async || {
        let services = json(&cloud, &owner, "/api/v1/health/services").await;
        let bank = services["items"].as_array().unwrap().iter().find(|one| one["service"] == "bank").cloned();
        bank.map(|bank| bank["state"].as_str().unwrap().to_owned()).unwrap_or_default()
    };
    let told = async || open_notices(&cloud, &org, NoticeEvent::OutsideServiceDown).await;
    until("the service to answer", async || state().await == "ok").await;
    assert!(told().await.is_empty());
    drop(listener);
    until("the service to be down", async || state().await == "down").await;
    until("people to be told", async || told().await.len() == 1).await;
    assert_eq!(told().await[0].data["service"], "bank");
    let _listener = TcpListener::bind(place).await.unwrap();
    until("the service to be back", async || state().await == "ok" && told().await.is_empty()).await;

    let checks = json(&cloud, &owner, "/api/v1/health/checks?service=bank&limit=100").await;
    let checks = checks["items"].as_array().unwrap();
    let failed: Vec<&Value> = checks.iter().filter(|check| check["answered"] == false).collect();
    assert!(failed.len() >= 2 && failed.iter().all(|check| check["detail"] != ""), "{checks:?}");
    let history = json(&cloud, &owner, "/api/v1/health/changes?of=cloud&subject=service:bank").await;
    let states: Vec<&str> =
        history["items"].as_array().unwrap().iter().map(|one| one["state"].as_str().unwrap()).collect();
    assert_eq!(states[..2], ["ok", "down"], "{states:?}");
    cloud.stop().await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_day_is_written_up_once_it_is_over() {
    let cloud =
        Cloud::start("reports", "[reports]\nhour = 0\npoll_ms = 100\nlanguages = [\"en\", \"ru\"]").await;
    let org = cloud.organisation("acme").await;
    let owner = cloud.person(&org, "owner", &[(Role::Owner, None)]).await;
    // The store is as young as the test: no day was over since it was made.
    let reader = cloud.person(&org, "reader", &[(Role::Auditor, Some("main"))]).await;
    assert_eq!(json(&cloud, &reader, "/api/v1/reports").await["items"], serde_json::json!([]));
    let mut journal = Journal::new(till(&org, "main"));
    let entries = vec![journal.sell(1), journal.sell(2)];
    cloud.ingest(&till(&org, "main"), entries).await;
    let main = StoreId::new("main").unwrap();
    let report = cloud_server::reports::write_last(
        &cloud.store,
        cloud.blobs(),
        &cloud.config.reports,
        (&org, &main),
        ReportKind::Daily,
        WallMs(now().0 + 26 * 3_600_000),
    );
    let id = report.await.unwrap();
    let listed = json(&cloud, &reader, "/api/v1/reports").await;
    assert_eq!(listed["items"][0]["id"], id.to_string(), "{listed}");
    let whole = json(&cloud, &owner, &format!("/api/v1/reports/{id}")).await;
    assert_eq!(whole["files"].as_array().unwrap().len(), 4, "{whole}");
    assert_eq!(whole["facts"]["store"], "main");
    for (query, begins) in [("", "<!DOCTYPE html>"), ("?format=pdf&language=ru", "%PDF-1.7")] {
        let path = format!("/api/v1/reports/{id}/content{query}");
        let response = cloud.get_as(&reader, &path).await;
        assert!(response.headers()["content-disposition"].to_str().unwrap().starts_with("attachment"));
        let bytes = response.bytes().await.unwrap();
        assert!(bytes.starts_with(begins.as_bytes()), "{path}");
    }
    for (query, status) in [("?format=xlsx", 422), ("?language=de", 404)] {
        let path = format!("/api/v1/reports/{id}/content{query}");
        assert_eq!(cloud.get_as(&owner, &path).await.status().as_u16(), status, "{path}");
    }
    let reader = NoticeReader { person: None, roles: vec![Role::Owner], stores: None };
    let filter = NoticeFilter { event: Some(NoticeEvent::Report), ..NoticeFilter::default() };
    let told = cloud.store.notices(&org, &reader, &filter, None, 10).await.unwrap();
    assert_eq!(told[0].0.data["report"], id.to_string());
    // What the sweeper is told of is needed; a report of another store is not there for whoever keeps this one.
    assert_eq!(cloud.blobs().reports().await.unwrap().len(), 4);
    cloud.shop(&org, "second").await;
    let stranger = cloud.person(&org, "stranger", &[(Role::Auditor, Some("second"))]).await;
    let path = format!("/api/v1/reports/{id}");
    let refused = cloud.request_as(&stranger, Method::GET, &path).send().await.unwrap();
    assert_eq!(refused.status(), StatusCode::NOT_FOUND);
    cloud.stop().await;
}
