//! A request that makes something, sent again because its answer was lost.

use cloud_store::Role;
use reqwest::{Method, StatusCode};
use serde_json::{Value, json};

use super::support::{Cloud, form, problem, seeming_photo};

const PEOPLE: &str = "/api/v1/people";

fn person(email: &str) -> Value {
    json!({"email": email, "name": "Bob", "language": "en", "grants": []})
}

#[tokio::test]
async fn the_same_request_again_gets_the_same_answer() {
    let cloud = Cloud::start("idempotency", "").await;
    let org = cloud.organisation("acme").await;
    let owner = cloud.person(&org, "ann", &[(Role::Owner, None)]).await;
    let other = cloud.person(&org, "eve", &[(Role::Owner, None)]).await;
    let post = |caller, key: &str, body: Value| {
        cloud
            .request_as(caller, Method::POST, PEOPLE)
            .header("idempotency-key", key.to_owned())
            .json(&body)
            .send()
    };
    let first = post(&owner, "k1", person("bob@acme.example")).await.unwrap();
    assert_eq!(first.status(), StatusCode::CREATED);
    let place = first.headers()["location"].clone();
    let first: Value = first.json().await.unwrap();
    let again = post(&owner, "k1", person("bob@acme.example")).await.unwrap();
    assert_eq!((again.status(), &again.headers()["location"]), (StatusCode::CREATED, &place));
    assert_eq!(again.json::<Value>().await.unwrap(), first, "the password that was made, too");
    let reused = post(&owner, "k1", person("carl@acme.example")).await.unwrap();
    problem(reused, StatusCode::UNPROCESSABLE_ENTITY, "idempotency_key_reused").await;
    let others = post(&other, "k1", person("bob@acme.example")).await.unwrap();
    problem(others, StatusCode::CONFLICT, "conflict").await;
    let without =
        cloud.request_as(&owner, Method::POST, PEOPLE).json(&person("bob@acme.example")).send().await;
    problem(without.unwrap(), StatusCode::CONFLICT, "conflict").await;
    let long = post(&owner, &"k".repeat(256), person("dora@acme.example")).await.unwrap();
    problem(long, StatusCode::BAD_REQUEST, "bad_request").await;
    cloud.stop().await;
}

#[tokio::test]
async fn an_upload_again_gets_the_same_answer() {
    let cloud = Cloud::start("idempotent-upload", "[worker]\nin_server = false").await;
    let org = cloud.organisation("acme").await;
    let owner = cloud.person(&org, "ann", &[(Role::Owner, None)]).await;
    let post = |photo: u64| {
        let form = form("Apples").part("images", seeming_photo(photo, 100));
        cloud
            .request_as(&owner, Method::POST, "/api/v1/products")
            .header("idempotency-key", "k1")
            .multipart(form)
            .send()
    };
    let first = post(1).await.unwrap();
    assert_eq!(first.status(), StatusCode::CREATED);
    let first: Value = first.json().await.unwrap();
    let again = post(1).await.unwrap();
    assert_eq!(again.status(), StatusCode::CREATED);
    assert_eq!(again.json::<Value>().await.unwrap()["event_id"], first["event_id"]);
    problem(post(2).await.unwrap(), StatusCode::UNPROCESSABLE_ENTITY, "idempotency_key_reused").await;
    cloud.stop().await;
}
