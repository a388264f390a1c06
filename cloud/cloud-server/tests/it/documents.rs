//! Suppliers' documents from their upload to the stock, read by the real reader.

use std::path::Path;
use std::time::Duration;

use cloud_store::Role;
use data_encoding::BASE64_MIME;
use reqwest::multipart::{Form, Part};
use reqwest::{Method, StatusCode};
use serde_json::{Value, json};

pub(crate) use testkit::papers::{Goods, ubl};

use super::support::{Caller, Cloud, databases, form, problem};

/// The reader is this program's; a machine under load may take long for a page.
pub(crate) fn settings(more: &str) -> String {
    let reader = env!("CARGO_BIN_EXE_tillsight-cloud");
    format!("[documents]\nreader = {reader:?}\npage_time_ms = 60000\ntotal_time_ms = 120000\n{more}")
}

/// Sends a file and waits until it is read.
pub(crate) async fn send(cloud: &Cloud, caller: &Caller, name: &str, bytes: impl Into<Vec<u8>>) -> Value {
    let form = Form::new().part("file", Part::bytes(bytes.into()).file_name(name.to_owned()));
    let taken = cloud.upload_any(caller, "/api/v1/parse?wait=25", form).await;
    let id = taken["document"]["id"].as_str().unwrap().to_owned();
    let is_read = async || {
        let now = get(cloud, caller, &id).await;
        let state = now["document"]["state"].as_str().unwrap().to_owned();
        (!["received", "reading"].contains(&state.as_str())).then_some(now)
    };
    let mut read = wait_for(is_read).await;
    read["already_there"] = taken["already_there"].clone();
    read
}

async fn wait_for<T>(mut find: impl AsyncFnMut() -> Option<T>) -> T {
    for _ in 0..600 {
        if let Some(found) = find().await {
            return found;
        }
        tokio::time::sleep(Duration::from_millis(100)).await;
    }
    panic!("it did not come within a minute");
}

async fn get(cloud: &Cloud, caller: &Caller, id: &str) -> Value {
    let response = cloud.get_as(caller, &format!("/api/v1/documents/{id}")).await;
    assert_eq!(response.status(), StatusCode::OK);
    response.json().await.unwrap()
}

pub(crate) async fn product(
    cloud: &Cloud,
    caller: &Caller,
    name: &str,
    more: &[(&'static str, &str)],
) -> String {
    let form = more.iter().fold(form(name), |form, (field, value)| form.text(*field, (*value).to_owned()));
    let made = cloud.upload(caller, "/api/v1/products", form, StatusCode::CREATED).await;
    made["product"]["id"].as_str().unwrap().to_owned()
}

pub(crate) fn id(document: &Value) -> &str {
    document["document"]["id"].as_str().unwrap()
}

const COLA: &str = "4006381333931";

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn an_invoice_becomes_stock_and_the_next_one_is_known() {
    let (databases, _postgres) = databases();
    for database in databases {
        check_invoice(&database).await;
    }
}

async fn check_invoice(database: &str) {
    let cloud = Cloud::start("documents", &format!("{database}{}", settings(""))).await;
    let org = cloud.organisation("acme").await;
    let manager = cloud.person(&org, "ann", &[(Role::Owner, None)]).await;
    let cola = product(&cloud, &manager, "Coca-Cola 1,5 l", &[("gtin", COLA)]).await;
    let apples = product(&cloud, &manager, "Red apples", &[("unit", "kg")]).await;
    let tabs = product(&cloud, &manager, "Spülmaschinentabs Zitrone", &[]).await;

    let lines: &[Goods<'_>] = &[
        ("Coca Cola 6x1,5L PET", "C-15", COLA, "4", "CS", "5.40"),
        ("Red apples", "", "", "10", "KGM", "1.20"),
        ("Finish Quantum 40", "F-40", "", "2", "CT", "30.00"),
    ];
    let file = ubl("R-1", "Getränke Nord GmbH", "DE123456789", lines);
    let read = send(&cloud, &manager, "Rechnung 1.xml", file.clone()).await;
    assert_eq!(read["document"]["state"], "needs_review", "{read}");
    assert_eq!((&read["document"]["kind"], &read["document"]["number"]), (&json!("invoice"), &json!("R-1")));
    let matched = read["matches"]["lines"].as_array().unwrap();
    assert_eq!((&matched[0]["badge"], &matched[0]["product"]), (&json!("sure"), &json!(cola)), "{read}");
    assert_eq!(matched[0]["conversion"]["quantity"], 24);
    assert_eq!(matched[0]["conversion"]["assumption"]["message"], "1 case = 6 pieces, from the line's name");
    assert_eq!(
        (&matched[1]["product"], &matched[1]["conversion"]["quantity"]),
        (&json!(apples), &json!(10_000))
    );
    assert_eq!((&matched[2]["badge"], &matched[2]["proposal"]["tax_code"]), (&json!("new"), &json!("vat7")));

    let again = send(&cloud, &manager, "other name.xml", file.clone()).await;
    assert_eq!((id(&again), &again["already_there"]), (id(&read), &json!(true)));
    check_found(&cloud, &manager, &read, &file).await;

    let said = json!([{"line": 2, "product": tabs, "factor": "8"}]);
    let confirm = json!({"document": id(&read), "version": 0, "corrected": read["parsed"], "matches": said});
    let done = cloud.send(&manager, Method::POST, "/api/v1/feedback", confirm.clone(), StatusCode::OK).await;
    assert_eq!(
        (&done["version"], &done["learning"], &done["document"]["state"]),
        (&json!(1), &json!("nothing"), &json!("confirmed"))
    );
    let mut same = confirm.clone();
    same.as_object_mut().unwrap().remove("version");
    let done = cloud.send(&manager, Method::POST, "/api/v1/feedback", same, StatusCode::OK).await;
    assert_eq!(done["version"], 1, "the same again is no new version");
    let mut other = read["parsed"].clone();
    other["number"]["value"] = json!("R-9");
    let late = cloud
        .send(
            &manager,
            Method::POST,
            "/api/v1/feedback",
            json!({"document": id(&read), "version": 0, "corrected": other}),
            StatusCode::CONFLICT,
        )
        .await;
    assert!(late["detail"].as_str().unwrap().contains("corrected since"), "{late}");

    // The supplier's next invoice: the article is known, with what a carton of it is.
    let lines: &[Goods<'_>] = &[("Finish Quantum 40", "F-40", "", "3", "CT", "30.00")];
    let next =
        send(&cloud, &manager, "Rechnung 2.xml", ubl("R-2", "Getränke Nord GmbH", "DE123456789", lines))
            .await;
    let line = &next["matches"]["lines"][0];
    assert_eq!(
        (&line["badge"], &line["product"], &line["conversion"]["quantity"]),
        (&json!("sure"), &json!(tabs), &json!(24)),
        "{next}"
    );
    assert_eq!(line["conversion"]["assumption"]["code"], "learnt");

    check_goods(&cloud, &manager, &read, [(&apples, 10_000), (&cola, 24), (&tabs, 16)]).await;
    check_undo(&cloud, &manager, &next).await;
    check_training(&cloud, &manager).await;
    cloud.stop().await;
}

/// Documents are found by what they say, told when they have not changed, and given back as they came.
async fn check_found(cloud: &Cloud, caller: &Caller, read: &Value, file: &str) {
    for (query, found) in [
        ("state=needs_review", 1),
        ("state=confirmed", 0),
        ("text=cola%20nord", 1),
        ("text=pepsi", 0),
        ("kind=invoice&supplier=tax:DE123456789", 1),
        ("supplier=tax:DE1", 0),
        ("store=main", 0),
    ] {
        let list: Value =
            cloud.get_as(caller, &format!("/api/v1/documents?{query}")).await.json().await.unwrap();
        assert_eq!(list["items"].as_array().unwrap().len(), found, "{query}: {list}");
    }
    for (query, status) in
        [("state=odd", 422), ("limit=0", 422), ("after=x", 422), ("store=nowhere", 404), ("odd=1", 400)]
    {
        assert_eq!(
            cloud.get_as(caller, &format!("/api/v1/documents?{query}")).await.status(),
            status,
            "{query}"
        );
    }
    let path = format!("/api/v1/documents/{}", id(read));
    let tag = cloud.get_as(caller, &path).await.headers()["etag"].clone();
    let known =
        cloud.request_as(caller, Method::GET, &path).header("if-none-match", tag).send().await.unwrap();
    assert_eq!(known.status(), StatusCode::NOT_MODIFIED);
    let back = cloud.get_as(caller, &format!("{path}/file")).await;
    assert!(back.headers()["content-disposition"].to_str().unwrap().starts_with("attachment"));
    assert_eq!(back.text().await.unwrap(), file);
}

/// Goods are booked once, however often they are received, and stay.
async fn check_goods(cloud: &Cloud, caller: &Caller, document: &Value, expected: [(&String, i64); 3]) {
    let path = format!("/api/v1/documents/{}", id(document));
    let receive = format!("{path}/receive");
    for _ in 0..2 {
        let done = cloud.send(caller, Method::POST, &receive, json!({"store": "main"}), StatusCode::OK).await;
        assert_eq!(done["document"]["state"], "received_goods");
        let first = &done["receipt"]["lines"][0];
        assert_eq!(
            (&first["cost"], &first["currency"], &first["unit"]),
            (&json!("21.60"), &json!("EUR"), &json!("piece"))
        );
    }
    let other = json!({"store": "main", "lines": [{"product": expected[0].0, "quantity": 1}]});
    cloud.send(caller, Method::POST, &receive, other, StatusCode::CONFLICT).await;
    let stock: Value = cloud.get_as(caller, "/api/v1/stores/main/stock").await.json().await.unwrap();
    for (product, quantity) in expected {
        let items = stock["items"].as_array().unwrap();
        let found = items.iter().find(|item| item["product"] == **product).expect("it is in the stock");
        assert_eq!(found["quantity"], quantity, "{stock}");
    }
    let main = domain::ids::StoreId::new("main").unwrap();
    assert!(cloud.store.verify_stock(&caller.org, &main).await.unwrap().is_empty());
    let kept = cloud.request_as(caller, Method::DELETE, &path).send().await.unwrap();
    problem(kept, StatusCode::CONFLICT, "conflict").await;
}

/// A correction is taken back, and a document that was removed is there again when it is sent again.
async fn check_undo(cloud: &Cloud, caller: &Caller, document: &Value) {
    let path = format!("/api/v1/documents/{}", id(document));
    let receive = cloud
        .send(
            caller,
            Method::POST,
            &format!("{path}/receive"),
            json!({"store": "main"}),
            StatusCode::CONFLICT,
        )
        .await;
    assert!(receive["detail"].as_str().unwrap().contains("confirm it first"), "{receive}");
    let mut corrected = document["parsed"].clone();
    corrected["number"]["value"] = json!("R-22");
    let confirm = json!({"document": id(document), "corrected": corrected});
    let done = cloud.send(caller, Method::POST, "/api/v1/feedback", confirm, StatusCode::OK).await;
    assert_eq!((&done["version"], &done["document"]["number"]), (&json!(1), &json!("R-22")));
    let undo = format!("{path}/feedback/1/undo");
    cloud.send(caller, Method::POST, &undo, json!({}), StatusCode::NO_CONTENT).await;
    cloud.send(caller, Method::POST, &undo, json!({}), StatusCode::CONFLICT).await;
    cloud
        .send(caller, Method::POST, &format!("{path}/feedback/7/undo"), json!({}), StatusCode::NOT_FOUND)
        .await;
    let back = get(cloud, caller, id(document)).await;
    assert_eq!(
        (&back["document"]["state"], &back["document"]["number"]),
        (&json!("needs_review"), &json!("R-2"))
    );
    let versions: Value = cloud.get_as(caller, &format!("{path}/versions")).await.json().await.unwrap();
    assert!(versions["items"][0]["undone_at_ms"].is_i64(), "{versions}");

    let file = cloud.get_as(caller, &format!("{path}/file")).await.bytes().await.unwrap();
    assert_eq!(
        cloud.request_as(caller, Method::DELETE, &path).send().await.unwrap().status(),
        StatusCode::NO_CONTENT
    );
    assert_eq!(cloud.get_as(caller, &path).await.status(), StatusCode::NOT_FOUND);
    let again = send(cloud, caller, "again.xml", file.to_vec()).await;
    assert_eq!((id(&again), &again["document"]["state"]), (id(document), &json!("needs_review")));
}

/// What was corrected can be trained with, and says nothing of persons.
async fn check_training(cloud: &Cloud, caller: &Caller) {
    let response = cloud.get_as(caller, "/api/v1/training-data").await;
    assert_eq!(response.headers()["content-type"], "application/x-ndjson");
    let text = response.text().await.unwrap();
    let lines: Vec<Value> = text.lines().map(|line| serde_json::from_str(line).unwrap()).collect();
    assert_eq!(lines.len(), 1, "{text}");
    assert_eq!(lines[0]["corrected"]["supplier"]["name"]["value"], "Getränke Nord GmbH");
    assert!(!text.contains("DE123456789") && !text.contains("Hafen"), "{text}");
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_mail_with_two_invoices_is_two_documents() {
    let cloud = Cloud::start("mail", &settings("")).await;
    let org = cloud.organisation("acme").await;
    let manager = cloud.person(&org, "ann", &[(Role::Manager, None)]).await;
    let part = |number: &str| {
        let file = ubl(number, "Nord GmbH", "DE123456789", &[("Red apples", "", "", "1", "KGM", "1.00")]);
        format!(
            "--b\r\nContent-Type: application/xml\r\nContent-Disposition: attachment; filename=\"{number}.xml\"\r\n\
             Content-Transfer-Encoding: base64\r\n\r\n{}\r\n",
            BASE64_MIME.encode(file.as_bytes())
        )
    };
    let mail = format!(
        "From: nord@example.org\r\nTo: acme@example.org\r\nSubject: Rechnungen\r\nMIME-Version: 1.0\r\n\
         Content-Type: multipart/mixed; boundary=b\r\n\r\n{}{}--b--\r\n",
        part("M-1"),
        part("M-2")
    );
    let read = send(&cloud, &manager, "mail.eml", mail).await;
    assert_eq!(read["document"]["state"], "split", "{read}");
    let parts: Value = cloud
        .get_as(&manager, &format!("/api/v1/documents?parent={}", id(&read)))
        .await
        .json()
        .await
        .unwrap();
    let mut numbers: Vec<&str> =
        parts["items"].as_array().unwrap().iter().map(|part| part["number"].as_str().unwrap()).collect();
    numbers.sort_unstable();
    assert_eq!(numbers, ["M-1", "M-2"], "{parts}");
    cloud.stop().await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn what_cannot_be_read_fails_with_a_reason() {
    let cloud = Cloud::start("unreadable", &settings("file_max_bytes = 100000\n")).await;
    let org = cloud.organisation("acme").await;
    let owner = cloud.person(&org, "ann", &[(Role::Owner, None)]).await;
    for (name, bytes) in [
        (
            "noise.bin",
            (0..4096_u32).map(|at| (at.wrapping_mul(2_654_435_761) >> 13) as u8).collect::<Vec<u8>>(),
        ),
        ("torn.xml", ubl("R-9", "Nord GmbH", "DE1", &[]).into_bytes()[..200].to_vec()),
        ("torn.zip", b"PK\x03\x04 and no more".to_vec()),
    ] {
        let read = send(&cloud, &owner, name, bytes).await;
        let reason = read["document"]["reason"].as_str().unwrap_or_default();
        assert_eq!(read["document"]["state"], "failed", "{name}: {read}");
        assert!(reason.len() > 10 && read["document"]["has_file"] == true, "{name}: {read}");
    }
    let large =
        cloud.request_as(&owner, Method::POST, "/api/v1/parse").body(vec![7; 100_001]).send().await.unwrap();
    problem(large, StatusCode::PAYLOAD_TOO_LARGE, "too_large").await;
    let large = Form::new().part("file", Part::bytes(vec![7; 100_001]).file_name("a"));
    let large =
        cloud.request_as(&owner, Method::POST, "/api/v1/parse").multipart(large).send().await.unwrap();
    problem(large, StatusCode::PAYLOAD_TOO_LARGE, "too_large").await;
    let empty = cloud.request_as(&owner, Method::POST, "/api/v1/parse").send().await.unwrap();
    problem(empty, StatusCode::UNPROCESSABLE_ENTITY, "unprocessable").await;
    let odd = Form::new().part("photo", Part::bytes(vec![7; 10]));
    let odd = cloud.request_as(&owner, Method::POST, "/api/v1/parse").multipart(odd).send().await.unwrap();
    problem(odd, StatusCode::UNPROCESSABLE_ENTITY, "unprocessable").await;
    cloud.stop().await;
}

/// A program with this script.
fn script(folder: &Path, name: &str, text: &str) -> std::path::PathBuf {
    use std::os::unix::fs::PermissionsExt as _;
    let program = folder.join(name);
    std::fs::write(&program, format!("#!/bin/sh\n{text}\n")).unwrap();
    std::fs::set_permissions(&program, std::fs::Permissions::from_mode(0o755)).unwrap();
    program
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_document_that_kills_its_reader_is_a_dead_job_and_no_more() {
    let folder = tempfile::tempdir().unwrap();
    let reader = script(folder.path(), "reader", "kill -SEGV $$");
    let cloud = Cloud::start("poison", &format!("[documents]\nreader = {reader:?}\n")).await;
    let org = cloud.organisation("acme").await;
    let owner = cloud.person(&org, "ann", &[(Role::Owner, None)]).await;
    let read = send(&cloud, &owner, "poison.pdf", b"poison".to_vec()).await;
    assert_eq!(read["document"]["state"], "failed", "{read}");
    assert!(read["document"]["reason"].as_str().unwrap().contains("signal 11"), "{read}");
    let dead = wait_for(async || {
        let dead: Value = cloud.get_as(&owner, "/api/v1/dead-jobs").await.json().await.unwrap();
        dead["items"].get(0).cloned()
    });
    let dead = dead.await;
    assert_eq!(
        (&dead["kind"], &dead["subject"], &dead["attempts"]),
        (&json!("document.parse"), &json!(id(&read)), &json!(1))
    );
    assert_eq!(cloud.get("/api/v1/health").await.status(), StatusCode::OK);
    cloud.stop().await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_file_with_a_virus_is_removed_unread() {
    let folder = tempfile::tempdir().unwrap();
    let scanner = script(folder.path(), "scan", "if grep -q EVIL; then echo Evil.Test; exit 1; fi");
    let cloud = Cloud::start("virus", &settings(&format!("scan_command = [{scanner:?}]\n"))).await;
    let org = cloud.organisation("acme").await;
    let owner = cloud.person(&org, "ann", &[(Role::Owner, None)]).await;
    let lines: &[Goods<'_>] = &[("Red apples", "", "", "1", "KGM", "1.00")];
    let clean = send(&cloud, &owner, "clean.xml", ubl("R-1", "Nord GmbH", "DE123456789", lines)).await;
    assert_eq!(clean["document"]["state"], "needs_review", "{clean}");
    let evil = send(&cloud, &owner, "evil.xml", ubl("EVIL", "Nord GmbH", "DE123456789", lines)).await;
    assert_eq!(
        (&evil["document"]["state"], &evil["document"]["has_file"]),
        (&json!("failed"), &json!(false))
    );
    assert!(evil["document"]["reason"].as_str().unwrap().contains("Evil.Test"), "{evil}");
    let gone = cloud.get_as(&owner, &format!("/api/v1/documents/{}/file", id(&evil))).await;
    assert_eq!(gone.status(), StatusCode::NOT_FOUND);
    assert_eq!(cloud.blobs().documents().await.unwrap().len(), 1);
    cloud.stop().await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn whoever_works_in_one_store_sees_its_documents_alone() {
    // Nobody reads, so that each answer is known.
    let cloud = Cloud::start("stores", &settings("[worker]\nin_server = false\n")).await;
    let org = cloud.organisation("acme").await;
    cloud.shop(&org, "second").await;
    let owner = cloud.person(&org, "ann", &[(Role::Owner, None)]).await;
    let clerk = cloud.person(&org, "bob", &[(Role::Clerk, Some("second"))]).await;
    let post = async |caller: &Caller, path: &str, body: &str| {
        let response =
            cloud.request_as(caller, Method::POST, path).body(body.to_owned()).send().await.unwrap();
        (response.status().as_u16(), response.json::<Value>().await.unwrap())
    };
    let (status, of_all) = post(&owner, "/api/v1/parse", "one").await;
    assert_eq!((status, &of_all["document"]["state"]), (202, &json!("received")), "{of_all}");
    let (status, refused) = post(&clerk, "/api/v1/parse", "one").await;
    assert_eq!(status, 422, "{refused}");
    assert_eq!(post(&clerk, "/api/v1/parse?store=main", "one").await.0, 404);
    let (status, own) = post(&clerk, "/api/v1/parse?store=second&file_name=note.txt", "one").await;
    assert_eq!((status, &own["document"]["file_name"]), (202, &json!("note.txt")), "{own}");
    assert_ne!(id(&own), id(&of_all), "a store's document is not the organisation's");
    let list: Value = cloud.get_as(&clerk, "/api/v1/documents").await.json().await.unwrap();
    assert_eq!(list["items"].as_array().unwrap().len(), 1, "{list}");
    assert_eq!(cloud.get_as(&clerk, &format!("/api/v1/documents/{}", id(&of_all))).await.status(), 404);
    let confirm = json!({"document": id(&own), "corrected": own["parsed"]});
    cloud.send(&clerk, Method::POST, "/api/v1/feedback", confirm, StatusCode::FORBIDDEN).await;
    let key = |request: reqwest::RequestBuilder| request.header("idempotency-key", "k1");
    for body in ["two", "two", "three"] {
        let request = cloud.request_as(&owner, Method::POST, "/api/v1/parse?store=main").body(body);
        let status = key(request).send().await.unwrap().status().as_u16();
        assert_eq!(status, if body == "three" { 422 } else { 202 }, "{body}");
    }
    cloud.stop().await;
}
