//! Stores, tills, people and the audit log.

use cloud_server::ca::enrol::{claim_till, renew_till};
use cloud_server::ca::{Authority, read_till_certificate};
use cloud_server::roles::now;
use cloud_store::Role;
use reqwest::{Method, StatusCode};
use serde_json::{Value, json};
use std::time::Duration;

use super::support::{Cloud, problem};

const LIFE: Duration = Duration::from_secs(24 * 3600);

fn store_form(name: &str) -> Value {
    json!({"name": name, "time_zone": "Europe/Berlin", "currency": "EUR", "taxes": {"inclusive": true, "basis_points": {"vat19": 1900}}})
}

#[tokio::test]
async fn stores_are_made_read_and_changed() {
    let cloud = Cloud::start("stores", "").await;
    let org = cloud.organisation("acme").await;
    let owner = cloud.person(&org, "ann", &[(Role::Owner, None)]).await;
    let new = json!({"id": "hamburg", "details": store_form("Hamburg")});
    let made = cloud.request_as(&owner, Method::POST, "/api/v1/stores").json(&new).send().await.unwrap();
    assert_eq!(
        (made.status(), &made.headers()["location"]),
        (StatusCode::CREATED, &"/api/v1/stores/hamburg".parse().unwrap())
    );
    cloud.send(&owner, Method::POST, "/api/v1/stores", new, StatusCode::CONFLICT).await;
    let read = cloud.get_as(&owner, "/api/v1/stores/hamburg").await;
    let tag = read.headers()["etag"].clone();
    let same = cloud
        .request_as(&owner, Method::GET, "/api/v1/stores/hamburg")
        .header("if-none-match", &tag)
        .send()
        .await
        .unwrap();
    assert_eq!(same.status(), StatusCode::NOT_MODIFIED);
    let put = |name: &str| {
        cloud
            .request_as(&owner, Method::PUT, "/api/v1/stores/hamburg")
            .header("if-match", &tag)
            .json(&store_form(name))
            .send()
    };
    assert_eq!(put("Harbour").await.unwrap().status(), StatusCode::OK);
    problem(put("Too late").await.unwrap(), StatusCode::PRECONDITION_FAILED, "changed_meanwhile").await;
    let all: Value = cloud.get_as(&owner, "/api/v1/stores").await.json().await.unwrap();
    assert_eq!(all["items"][0]["name"], "Harbour");
    for (field, value) in [
        ("time_zone", json!("Mars/Olympus")),
        ("currency", json!("euro")),
        ("name", json!("")),
        ("name", json!(7)),
        ("taxes", json!({"inclusive": true, "basis_points": {"VAT 19": 1900}})),
        ("taxes", json!({"inclusive": true, "basis_points": {"vat": 10_001}})),
        ("taxes", json!({"inclusive": true, "basis_points": {"vat": -1}})),
        ("colour", json!("red")),
    ] {
        let mut form = store_form("Harbour");
        form[field] = value;
        let refused = cloud
            .send(&owner, Method::PUT, "/api/v1/stores/hamburg", form, StatusCode::UNPROCESSABLE_ENTITY)
            .await;
        assert_eq!(refused["code"], "unprocessable", "{field}");
    }
    let odd = json!({"id": "Ham Burg", "details": store_form("Hamburg")});
    cloud.send(&owner, Method::POST, "/api/v1/stores", odd, StatusCode::UNPROCESSABLE_ENTITY).await;
    cloud.stop().await;
}

#[tokio::test]
async fn a_till_is_claimed_once_renewed_and_revoked() {
    let cloud = Cloud::start("claim", "").await;
    let org = cloud.organisation("acme").await;
    let owner = cloud.person(&org, "ann", &[(Role::Owner, None)]).await;
    let till = "/api/v1/stores/main/tills/till-2";
    cloud
        .send(
            &owner,
            Method::POST,
            "/api/v1/stores/main/tills",
            json!({"id": "till-2", "name": "Back"}),
            StatusCode::CREATED,
        )
        .await;
    let withdrawn =
        cloud.send(&owner, Method::POST, &format!("{till}/claims"), json!({}), StatusCode::CREATED).await;
    let claim =
        cloud.send(&owner, Method::POST, &format!("{till}/claims"), json!({}), StatusCode::CREATED).await;
    let authority = Authority::open_or_make(&cloud.config.data.dir, now()).unwrap();
    let request = || {
        let key = rcgen::KeyPair::generate().unwrap();
        rcgen::CertificateParams::default().serialize_request(&key).unwrap().pem().unwrap()
    };
    let code = claim["code"].as_str().unwrap();
    let enrol = async |code: &str, request: &str| {
        claim_till(&cloud.store, &authority, code, request, LIFE, now()).await
    };
    assert!(enrol(code, "not a request").await.is_err());
    let (who, issued) =
        enrol(&code.to_lowercase(), &request()).await.expect("a bad request does not use the code up");
    assert_eq!((who.store.as_str(), who.till.as_str()), ("main", "till-2"));
    for spent in [code, withdrawn["code"].as_str().unwrap(), "0000-0000"] {
        assert!(enrol(spent, &request()).await.is_err(), "{spent}");
    }
    let identity = read_till_certificate(&issued.der).unwrap();
    renew_till(&cloud.store, &authority, &identity.till, &identity.serial, &request(), LIFE, now())
        .await
        .unwrap();
    let listed: Value = cloud.get_as(&owner, &format!("{till}/certificates")).await.json().await.unwrap();
    assert_eq!(listed["items"].as_array().unwrap().len(), 2);

    let revoked =
        cloud.send(&owner, Method::DELETE, &format!("{till}/certificates"), json!({}), StatusCode::OK).await;
    assert!(revoked["serials"].as_array().unwrap().contains(&json!(identity.serial.to_string())));
    let renewed =
        renew_till(&cloud.store, &authority, &identity.till, &identity.serial, &request(), LIFE, now()).await;
    assert!(renewed.is_err(), "a revoked certificate renews nothing");
    cloud.send(&owner, Method::DELETE, till, json!({}), StatusCode::NO_CONTENT).await;
    cloud.send(&owner, Method::POST, &format!("{till}/claims"), json!({}), StatusCode::CONFLICT).await;
    let shown: Value = cloud.get_as(&owner, till).await.json().await.unwrap();
    assert!(shown["retired_at_ms"].is_number() && shown.get("last_seen").is_none(), "{shown}");
    cloud.stop().await;
}

#[tokio::test]
async fn people_are_made_with_passwords_that_hold() {
    let cloud = Cloud::start("people", "").await;
    let org = cloud.organisation("acme").await;
    let owner = cloud.person(&org, "ann", &[(Role::Owner, None)]).await;
    let form = |email: &str| json!({"email": email, "name": "Bob", "language": "en", "grants": [{"role": "clerk", "store": "main"}]});
    let made = cloud
        .send(&owner, Method::POST, "/api/v1/people", form("bob@acme.example"), StatusCode::CREATED)
        .await;
    assert!(made["password"].as_str().unwrap().len() >= 20 && made["person"]["disabled"] == json!(false));
    cloud.send(&owner, Method::POST, "/api/v1/people", form("BOB@acme.example"), StatusCode::CONFLICT).await;
    cloud
        .send(&owner, Method::POST, "/api/v1/people", form("no address"), StatusCode::UNPROCESSABLE_ENTITY)
        .await;
    for (field, value, status) in [
        ("password", json!("short"), StatusCode::UNPROCESSABLE_ENTITY),
        ("grants", json!([{"role": "king"}]), StatusCode::UNPROCESSABLE_ENTITY),
        ("grants", json!([{"role": "clerk", "store": "nowhere"}]), StatusCode::NOT_FOUND),
        ("grants", json!([{"role": "clerk", "shop": "main"}]), StatusCode::UNPROCESSABLE_ENTITY),
        ("language", json!("<script>"), StatusCode::UNPROCESSABLE_ENTITY),
    ] {
        let mut form = form("carl@acme.example");
        form[field] = value;
        cloud.send(&owner, Method::POST, "/api/v1/people", form, status).await;
    }
    let all: Value = cloud.get_as(&owner, "/api/v1/people").await.json().await.unwrap();
    assert_eq!(all["items"].as_array().unwrap().len(), 2);
    assert!(!all.to_string().contains("argon2"), "no hash leaves the cloud");
    for odd in ["x", "01a20348-a8ca-7416-aba6-68899b95287f"] {
        problem(
            cloud.get_as(&owner, &format!("/api/v1/people/{odd}")).await,
            StatusCode::NOT_FOUND,
            "not_found",
        )
        .await;
    }
    cloud.stop().await;
}

#[tokio::test]
async fn every_change_is_in_the_audit_log_page_by_page() {
    let cloud = Cloud::start("audit", "").await;
    let org = cloud.organisation("acme").await;
    let owner = cloud.person(&org, "ann", &[(Role::Owner, None)]).await;
    for number in 2..7 {
        let till = json!({"id": format!("till-{number}"), "name": "Till"});
        cloud.send(&owner, Method::POST, "/api/v1/stores/main/tills", till, StatusCode::CREATED).await;
    }
    let (mut objects, mut after) = (Vec::new(), String::new());
    loop {
        let page: Value =
            cloud.get_as(&owner, &format!("/api/v1/audit?limit=2{after}")).await.json().await.unwrap();
        objects.extend(
            page["items"]
                .as_array()
                .unwrap()
                .iter()
                .map(|entry| entry["object"].as_str().unwrap().to_owned()),
        );
        let Some(next) = page["next"].as_str() else { break };
        after = format!("&after={next}");
    }
    assert_eq!(objects, [6, 5, 4, 3, 2].map(|number| format!("till:main/till-{number}")));
    let check: Value = cloud.get_as(&owner, "/api/v1/audit/verification").await.json().await.unwrap();
    assert_eq!((&check["intact"], &check["checked"]), (&json!(true), &json!(5)));
    for bad in ["limit=0", "limit=501", "limit=x", "after=!", "after=eA", "colour=red"] {
        let refused = cloud.get_as(&owner, &format!("/api/v1/audit?{bad}")).await;
        assert!(refused.status().is_client_error(), "{bad}: {}", refused.status());
    }
    cloud.stop().await;
}
