//! Product families as the gateway tells of them, and what is filled in of them.

use std::time::{Duration, Instant};

use axum::http::Uri;
use axum::response::IntoResponse as _;
use axum::{Json, Router};
use cloud_store::Role;
use reqwest::multipart::{Form, Part};
use reqwest::{Method, StatusCode};
use serde_json::{Value, json};
use service::tasks::Tasks;

use super::documents;
use super::language::{Act, Provider};
use super::support::{Caller, Cloud};

const FAMILIES: &str = "/api/v1/products/families";
/// Nothing here takes longer, even on a busy box.
const LIMIT: Duration = Duration::from_secs(60);

async fn family(cloud: &Cloud, who: &Caller, id: &str) -> Value {
    cloud.get_as(who, &format!("{FAMILIES}/{id}")).await.json().await.unwrap()
}

async fn make(cloud: &Cloud, who: &Caller, fields: Value) -> String {
    let made = cloud.send(who, Method::POST, FAMILIES, json!({"fields": fields}), StatusCode::CREATED).await;
    made["id"].as_str().unwrap().to_owned()
}

/// Asks for it and waits until this field says this.
async fn enrich(cloud: &Cloud, who: &Caller, id: &str, field: &str, expected: &str) -> Value {
    cloud.send(who, Method::POST, &format!("{FAMILIES}/{id}/enrich"), json!({}), StatusCode::ACCEPTED).await;
    let began = Instant::now();
    loop {
        let found = family(cloud, who, id).await;
        if found["family"]["fields"][field]["value"] == expected {
            return found;
        }
        assert!(began.elapsed() < LIMIT, "`{field}` is not `{expected}`: {found}");
        tokio::time::sleep(Duration::from_millis(50)).await;
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_family_is_made_shown_and_filled_in_by_rules() {
    let cloud = Cloud::start("families", "[worker]\npoll_ms = 20\n").await;
    let org = cloud.organisation("acme").await;
    let owner = cloud.person(&org, "ann", &[(Role::Owner, None)]).await;
    let said = json!({"name": "Молоко пастеризованное 3,2% 6x1 л", "brand": "Ромашка"});
    let id = make(&cloud, &owner, said).await;
    let found = enrich(&cloud, &owner, &id, "content", "6 x 1000 ml").await;
    let fields = &found["family"]["fields"];
    assert_eq!(
        (&fields["category"]["value"], &fields["allergens"]["value"]),
        (&json!("Dairy"), &json!("milk"))
    );
    assert_eq!(fields["content"]["source"], "rule:text");
    assert_eq!(fields["brand"]["value"], "Ромашка", "what a person said stays");
    assert!(found["changes"].as_array().unwrap().iter().any(|change| change["field"] == "content"));
    let audit: Value = cloud.get_as(&owner, "/api/v1/audit").await.json().await.unwrap();
    let entry = audit["items"].as_array().unwrap().iter().find(|entry| entry["action"] == "family.enrich");
    let detail = entry.unwrap()["detail"].as_str().unwrap();
    assert!(detail.contains("content=6 x 1000 ml (0.90)"), "{detail}");

    let listed: Value = cloud.get_as(&owner, FAMILIES).await.json().await.unwrap();
    assert_eq!(listed["items"][0]["id"], id.as_str());
    for (body, status) in [
        (json!({"fields": {}}), StatusCode::UNPROCESSABLE_ENTITY),
        (json!({"fields": {"name": "x", "colour": "red"}}), StatusCode::UNPROCESSABLE_ENTITY),
        (json!({"fields": {"name": "x".repeat(501)}}), StatusCode::UNPROCESSABLE_ENTITY),
    ] {
        cloud.send(&owner, Method::POST, FAMILIES, body, status).await;
    }
    let rival = cloud.organisation("rival").await;
    let rival = cloud.person(&rival, "eve", &[(Role::Owner, None)]).await;
    assert_eq!(cloud.get_as(&rival, &format!("{FAMILIES}/{id}")).await.status(), StatusCode::NOT_FOUND);
    cloud.stop().await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_language_model_fills_in_only_what_stands_in_the_text() {
    let said = "{\"brand\": \"Ромашка\", \"content\": \"2 ведра\", \"category\": \"Fruit\"}";
    let provider = Provider::start(&[Act::Say(said)]).await;
    let settings = format!(
        "[worker]\npoll_ms = 20\n[language]\nkind = \"openai\"\nmodel = \"m-1\"\nfamilies = true\nurl = {:?}\n",
        provider.url
    );
    let cloud = Cloud::start("families-model", &settings).await;
    let org = cloud.organisation("acme").await;
    let owner = cloud.person(&org, "ann", &[(Role::Owner, None)]).await;
    let fruit = json!({"family_name": ""});
    cloud.send(&owner, Method::PUT, "/api/v1/categories/Fruit", fruit, StatusCode::OK).await;
    let id = make(&cloud, &owner, json!({"name": "Варенье «Ромашка» из крыжовника"})).await;
    let found = enrich(&cloud, &owner, &id, "brand", "Ромашка").await;
    let fields = &found["family"]["fields"];
    assert_eq!(fields["brand"]["source"], "model:m-1");
    assert_eq!(fields["category"]["value"], "Fruit", "it is one of the shop's");
    assert_eq!(fields["content"], Value::Null, "nobody wrote of buckets");
    cloud.stop().await;
}

/// Open Food Facts as it answers, and a GTIN that it does not know.
async fn open_food_facts() -> (String, Tasks) {
    let answer = async |uri: Uri| {
        match uri.path() {
        "/api/v2/product/4006381333931.json" => Json(json!({"status": 1, "product": {
            "product_name": "Fritz-Kola", "brands": "Fritz,Other", "quantity": "0,33 l", "allergens": "en:milk"}}))
        .into_response(),
        _ => (StatusCode::NOT_FOUND, Json(json!({"status": 0}))).into_response(),
    }
    };
    let listener = tokio::net::TcpListener::bind("127.0.0.1:0").await.unwrap();
    let base = format!("http://{}", listener.local_addr().unwrap());
    let router = Router::new().fallback(answer);
    let tasks = Tasks::new();
    tasks.spawn("open food facts", async move { Ok(axum::serve(listener, router).await?) });
    (base, tasks)
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_family_is_looked_up_by_its_gtin_where_that_is_asked_for() {
    let (base, _serving) = open_food_facts().await;
    for is_asked in [true, false] {
        let settings = format!(
            "[worker]\npoll_ms = 20\n[parser]\nallow_private = true\npace_ms = 0\nopen_food_facts_url = {base:?}\nenrich_by_gtin = {is_asked}\n"
        );
        let cloud = Cloud::start("families-open", &settings).await;
        let org = cloud.organisation("acme").await;
        let owner = cloud.person(&org, "ann", &[(Role::Owner, None)]).await;
        let said = json!({"name": "Kola Glas 0,5 l", "gtin": "4006381333931"});
        let id = make(&cloud, &owner, said).await;
        // What somebody says counts more than what rules work out.
        let expected = if is_asked { "0,33 l" } else { "500 ml" };
        let found = enrich(&cloud, &owner, &id, "content", expected).await;
        let fields = &found["family"]["fields"];
        let expected = if is_asked { json!("open:openfoodfacts") } else { Value::Null };
        assert_eq!(fields["brand"]["source"], expected, "{found}");
        assert_eq!(fields["name"]["value"], "Kola Glas 0,5 l", "what a person said stays");
        let audit: Value = cloud.get_as(&owner, "/api/v1/audit").await.json().await.unwrap();
        let items = audit["items"].as_array().unwrap();
        let detail = items.iter().filter(|entry| entry["action"] == "family.enrich");
        let told =
            detail.filter_map(|entry| entry["detail"].as_str()).any(|detail| detail.contains("brand=Fritz"));
        assert_eq!(told, is_asked, "{audit}");
        // One that nobody there knows is filled in by rules all the same.
        let id = make(&cloud, &owner, json!({"name": "Milch 2 l", "gtin": "96385074"})).await;
        enrich(&cloud, &owner, &id, "content", "2000 ml").await;
        cloud.stop().await;
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn raw_products_come_by_file_and_each_row_is_told() {
    let cloud = Cloud::start("raw-file", &documents::settings("[worker]\nin_server = false\n")).await;
    let org = cloud.organisation("acme").await;
    let owner = cloud.person(&org, "ann", &[(Role::Owner, None)]).await;
    let rows = [
        ["Ассортимент", "", "", ""],
        ["Штрихкод", "Наименование", "Бренд", "Цена"],
        ["4006381333931", "Кола 0,33 л", "Fritz", "89,50"],
        ["4006381333932", "Кола 0,5 л", "Fritz", "99,50"],
        ["", "Без всего", "", ""],
        ["96385074", "Вода 1 л", "Bonaqua", "1.5.0"],
    ];
    let csv = rows.map(|row| row.join(";")).join("\n");
    let mut book = rust_xlsxwriter::Workbook::new();
    let sheet = book.add_worksheet();
    for (at, row) in (0..).zip(rows) {
        sheet.write_row(at, 0, row).unwrap();
    }
    let path = "/api/v1/raw-products/file?source=erp";
    for (name, bytes) in [("a.csv", csv.into_bytes()), ("a.xlsx", book.save_to_buffer().unwrap())] {
        let form = Form::new().part("file", Part::bytes(bytes).file_name(name));
        let taken = cloud.upload(&owner, path, form, StatusCode::OK).await;
        assert_eq!((&taken["taken"], &taken["left_out"]), (&json!(1), &json!(3)), "{name}: {taken}");
        let rows = taken["rows"].as_array().unwrap();
        let problem = |at: usize| rows[at]["problem"].as_str().unwrap_or_default();
        assert_eq!((&rows[0]["row"], &rows[0]["placed"]["is_changed"]), (&json!(3), &json!(name == "a.csv")));
        assert!(problem(1).contains("check digit") && problem(2).contains("neither"), "{taken}");
        assert!(problem(3).contains("`price`"), "{taken}");
    }
    for (body, words) in [("just words", "no row names its columns"), ("%PDF-1.4\n", "send a table")] {
        let form = Form::new().part("file", Part::text(body).file_name("x"));
        let refused = cloud.upload(&owner, path, form, StatusCode::UNPROCESSABLE_ENTITY).await;
        assert!(refused["detail"].as_str().unwrap().contains(words), "{refused}");
    }
    cloud.stop().await;
}
