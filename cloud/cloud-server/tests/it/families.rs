//! Product families as the gateway tells of them, and what is filled in of them.

use std::time::{Duration, Instant};

use cloud_store::Role;
use reqwest::{Method, StatusCode};
use serde_json::{Value, json};

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
