//! The files that an organisation has: what is listed, when it goes, and who sees it.

use cloud_server::roles::now;
use cloud_store::{Actor, DocumentId, NewDocument, NewJob, Role};
use domain::ids::Uuid;
use reqwest::{Method, StatusCode};
use serde_json::{Value, json};

use super::support::{Caller, Cloud, form, problem, seeming_photo};

async fn document(cloud: &Cloud, owner: &Caller, number: u8) -> String {
    let id = DocumentId(Uuid::now_v7());
    let document = NewDocument {
        id,
        store: None,
        hash: [number; 32],
        blob_key: format!("documents/{number}"),
        file_name: format!("{}-{number}.pdf", "Счёт ".repeat(40)),
        size_bytes: 1_000,
        made_by: Actor::System("test".to_owned()),
    };
    let job = |_| NewJob {
        kind: "nobody.reads".to_owned(),
        payload: Vec::new(),
        dedupe_key: None,
        run_after: now(),
        attempts_max: 1,
    };
    cloud.store.receive_document(&owner.org, &document, job, now()).await.unwrap();
    id.to_string()
}

#[tokio::test]
async fn lists_files_with_when_they_go_and_sums_them_up() {
    let cloud = Cloud::start("files", "[documents]\nkept_years = 10\nremoved_kept_days = 30\n").await;
    let org = cloud.organisation("acme").await;
    cloud.shop(&org, "second").await;
    let owner = cloud.person(&org, "owner", &[(Role::Owner, None)]).await;
    let rival = cloud.organisation("rival").await;
    let rival = cloud.person(&rival, "owner", &[(Role::Owner, None)]).await;
    document(&cloud, &rival, 9).await;
    let ids = [document(&cloud, &owner, 1).await, document(&cloud, &owner, 2).await];
    let photo = form("Apples").part("images", seeming_photo(1, 100));
    cloud.upload(&owner, "/api/v1/products", photo, StatusCode::CREATED).await;
    let get = async |path: &str| -> Value { cloud.get_as(&owner, path).await.json().await.unwrap() };

    let mut paged = Vec::new();
    let mut path = "/api/v1/files?limit=1".to_owned();
    loop {
        let page = get(&path).await;
        paged.extend(page["items"].as_array().unwrap().clone());
        let Some(next) = page["next"].as_str() else { break };
        path = format!("/api/v1/files?limit=1&after={next}");
    }
    let kinds: Vec<&str> = paged.iter().map(|file| file["kind"].as_str().unwrap()).collect();
    assert_eq!(kinds, ["photo", "document", "document"], "page by page, names too long for a cursor too");
    let stays = |file: &Value| file["expires_at_ms"].as_i64().map(|at| (at - now().0) / 86_400_000);
    assert_eq!((stays(&paged[0]), stays(&paged[1])), (None, Some(3_682)));

    let remove = format!("/api/v1/documents/{}", ids[1]);
    cloud.send(&owner, Method::DELETE, &remove, json!({}), StatusCode::NO_CONTENT).await;
    let documents = get("/api/v1/files?kind=document").await;
    let removed = &documents["items"][0];
    assert_eq!(
        (&removed["id"], &removed["removed"], stays(removed)),
        (&json!(ids[1]), &json!(true), Some(29))
    );

    let totals = get("/api/v1/files/totals").await;
    let of = |kind: &str| {
        totals["items"].as_array().unwrap().iter().find(|one| one["kind"] == kind).unwrap().clone()
    };
    assert_eq!((&of("document")["files"], &of("document")["size_bytes"]), (&json!(2), &json!(2_000)));
    assert_eq!((&of("photo")["files"], &of("report")["files"]), (&json!(1), &json!(0)));
    assert_eq!((&of("camera_crop")["files"], &of("camera_crop")["kept_hours"]), (&json!(0), &json!(72)));
    assert_eq!((of("page_picture").get("files"), &of("page_picture")["kept_hours"]), (None, &json!(72)));

    let bad = cloud.get_as(&owner, "/api/v1/files?kind=frame").await;
    problem(bad, StatusCode::UNPROCESSABLE_ENTITY, "unprocessable").await;
    let manager = cloud.person(&org, "manager", &[(Role::Manager, Some("second"))]).await;
    for path in ["/api/v1/files", "/api/v1/files/totals"] {
        problem(cloud.get_as(&manager, path).await, StatusCode::FORBIDDEN, "forbidden").await;
    }
    cloud.stop().await;
}
