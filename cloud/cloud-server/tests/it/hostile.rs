//! Whatever is sent to whatever endpoint: an answer that is no fault of ours, in the shape that every refusal has.

use cloud_server::auth::policy::endpoints;
use cloud_store::Role;
use reqwest::{Method, StatusCode};
use serde_json::{Map, Value, json};

use super::support::{Caller, Cloud, databases};

/// Everything comes from one person, far faster than people ask.
const SETTINGS: &str = "[rate]\naddress_per_second = 100000\naddress_burst = 100000\nperson_per_second = 100000\n\
     person_burst = 100000\n[identity]\nfree_tries = 100\n[worker]\nin_server = false";

/// Parts of a path that are no name, or of nothing.
fn odd_parts() -> Vec<String> {
    let mut parts: Vec<String> = [
        "%00",
        "%2e%2e",
        "..%2f..%2fetc",
        "%ff%fe",
        "-1",
        "0",
        "18446744073709551616",
        "null",
        "%20",
        "a%0d%0aSet-Cookie:x",
        "%D1%8F",
        "1-",
        "1-00",
        "a'--",
        "%25",
        "*",
        "{store}",
        "00000000-0000-0000-0000-000000000000",
    ]
    .map(str::to_owned)
    .into();
    parts.push("a".repeat(3000));
    parts
}

fn odd_values() -> Vec<Value> {
    vec![
        Value::Null,
        json!(true),
        json!(-1),
        json!(1.5),
        json!(i64::MAX),
        json!(u64::MAX),
        json!(""),
        json!(" "),
        json!("\u{0}"),
        json!("a\u{0}b"),
        json!("'; DROP TABLE person; --"),
        json!("🍎".repeat(500)),
        json!("a".repeat(20_000)),
        json!([]),
        json!([[[[]]]]),
        json!({}),
        json!({"role": "owner"}),
    ]
}

/// A body's fields by the description of the API, with values that are right.
fn good_body(description: &Value, method: &str, path: &str) -> Option<Value> {
    let content = &description["paths"][path][method]["requestBody"]["content"]["application/json"]["schema"];
    example(description, content)
}

fn example(description: &Value, schema: &Value) -> Option<Value> {
    if let Some(name) = schema["$ref"].as_str().and_then(|name| name.rsplit('/').next()) {
        return example(description, &description["components"]["schemas"][name]);
    }
    if let Some(fields) = schema["properties"].as_object() {
        let values =
            fields.iter().filter_map(|(name, field)| Some((name.clone(), example(description, field)?)));
        return Some(Value::Object(values.collect::<Map<_, _>>()));
    }
    if schema.get("example").is_some() {
        return schema.get("example").cloned();
    }
    if let Some(word) = schema["enum"].get(0) {
        return Some(word.clone());
    }
    let kind = schema["type"].as_str().or_else(|| schema["type"].get(0).and_then(Value::as_str));
    match kind {
        Some("string") => Some(json!("text")),
        Some("integer") => Some(json!(1)),
        Some("boolean") => Some(json!(false)),
        Some("array") => Some(json!([])),
        Some("object") => Some(json!({})),
        _ => schema["oneOf"]
            .as_array()
            .and_then(|any| any.iter().rev().find_map(|one| example(description, one))),
    }
}

/// Sends and checks the answer; says what was sent when it is not as it should be.
async fn check(
    cloud: &Cloud,
    caller: &Caller,
    method: &Method,
    path: &str,
    body: Option<Vec<u8>>,
) -> StatusCode {
    let mut request = cloud.request_as(caller, method.clone(), path);
    if let Some(body) = body.clone() {
        request = request.header("content-type", "application/json").body(body);
    }
    let response = request.send().await.unwrap();
    let (status, kind) = (response.status(), response.headers().get("content-type").cloned());
    let text = response.text().await.unwrap_or_default();
    let sent = String::from_utf8_lossy(&body.unwrap_or_default()).chars().take(300).collect::<String>();
    let shown = path.chars().take(120).collect::<String>();
    assert!(!status.is_server_error(), "{method} {shown} with {sent}: {status} {text}");
    if status.is_client_error() {
        assert_eq!(kind.unwrap(), "application/problem+json", "{method} {shown} with {sent}: {text}");
    }
    status
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn no_path_query_or_body_is_answered_with_a_fault_of_ours() {
    let (databases, _postgres) = databases();
    for database in databases {
        try_everything(&database).await;
    }
}

async fn try_everything(database: &str) {
    let cloud = Cloud::start("hostile", &format!("{database}{SETTINGS}")).await;
    let org = cloud.organisation("acme").await;
    let first = cloud.person(&org, "ann", &[(Role::Owner, None)]).await;
    let description: Value = cloud.get("/api/openapi.json").await.json().await.unwrap();
    let mut bodies = 0;
    for endpoint in endpoints().iter().filter(|endpoint| endpoint.path != "/metrics") {
        // A session of its own for each endpoint: some end the one they are called with.
        let owner = cloud.signed_in(&org, first.user).await;
        let (method, pattern) = (&endpoint.method, endpoint.path);
        let filled = |part: &str| {
            let parts = pattern.split('/').map(|own| if own.starts_with('{') { part } else { own });
            parts.collect::<Vec<_>>().join("/")
        };
        if pattern.contains('{') {
            for part in odd_parts() {
                check(&cloud, &owner, method, &filled(&part), None).await;
            }
        }
        for query in [
            "limit=-1",
            "limit=99999999999999999999",
            "after=%00",
            "after=AAAA",
            "limit",
            "x=1",
            "%ff=%fe",
            "limit=1&limit=2",
        ] {
            check(&cloud, &owner, method, &format!("{}?{query}", filled("main")), None).await;
        }
        let Some(good) = good_body(&description, &method.as_str().to_lowercase(), pattern) else { continue };
        let path = filled("main");
        for bytes in [&b""[..], b"{", b"null", b"[]", b"\xff\xfe", b"{\"a\":1,\"a\":2}", b"1e999"] {
            check(&cloud, &owner, method, &path, Some(bytes.to_vec())).await;
        }
        let deep = "[".repeat(10_000).into_bytes();
        check(&cloud, &owner, method, &path, Some(deep)).await;
        for field in good.as_object().into_iter().flat_map(Map::keys) {
            for odd in odd_values() {
                bodies += 1;
                let mut body = good.clone();
                body[field] = odd;
                let owner = cloud.signed_in(&org, first.user).await;
                check(&cloud, &owner, method, &path, Some(body.to_string().into_bytes())).await;
            }
        }
    }
    assert!(bodies > 500, "only {bodies} bodies were tried: does the description name their fields?");
    cloud.stop().await;
}
