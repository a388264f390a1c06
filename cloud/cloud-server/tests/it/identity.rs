//! Who gets in, who does not, and for how long.

use cloud_store::Role;
use reqwest::{Method, StatusCode};
use serde_json::{Value, json};

use super::support::{Cloud, PASSWORD, problem};

async fn sign_in(cloud: &Cloud, email: &str, password: &str) -> reqwest::Response {
    let body = json!({"email": email, "password": password});
    cloud.request(Method::POST, "/api/v1/session").json(&body).send().await.unwrap()
}

#[tokio::test]
async fn a_session_begins_with_the_password_and_ends_with_signing_out() {
    let cloud = Cloud::start("session", "").await;
    let org = cloud.organisation("acme").await;
    cloud.person(&org, "ann", &[(Role::Owner, None)]).await;
    let response = sign_in(&cloud, " Ann@ACME.example", PASSWORD).await;
    assert_eq!(response.status(), StatusCode::OK);
    let cookie = response.headers()["set-cookie"].to_str().unwrap().to_owned();
    for part in ["__Host-session=", "Path=/", "Secure", "HttpOnly", "SameSite=Strict"] {
        assert!(cookie.contains(part), "{cookie}");
    }
    let body: Value = response.json().await.unwrap();
    assert_eq!((&body["organisation"], &body["grants"][0]["role"]), (&json!("acme"), &json!("owner")));
    let cookie = cookie.split(';').next().unwrap();
    let with_cookie = |method: Method| cloud.request(method, "/api/v1/session").header("cookie", cookie);

    let again: Value = with_cookie(Method::GET).send().await.unwrap().json().await.unwrap();
    assert_eq!(again["csrf_token"], body["csrf_token"]);
    let forged = with_cookie(Method::DELETE).send().await.unwrap();
    problem(forged, StatusCode::FORBIDDEN, "csrf").await;
    let forged = with_cookie(Method::DELETE).header("x-csrf-token", "guess").send().await.unwrap();
    problem(forged, StatusCode::FORBIDDEN, "csrf").await;
    let csrf = body["csrf_token"].as_str().unwrap();
    let out = with_cookie(Method::DELETE).header("x-csrf-token", csrf).send().await.unwrap();
    assert_eq!(out.status(), StatusCode::NO_CONTENT);
    assert!(out.headers()["set-cookie"].to_str().unwrap().contains("Max-Age=0"));
    problem(with_cookie(Method::GET).send().await.unwrap(), StatusCode::UNAUTHORIZED, "unauthenticated")
        .await;
    cloud.stop().await;
}

#[tokio::test]
async fn guesses_get_slower_and_tell_nothing() {
    let cloud = Cloud::start("guesses", "[identity]\nfree_tries = 2\nlock_first_s = 300").await;
    let org = cloud.organisation("acme").await;
    cloud.person(&org, "ann", &[(Role::Owner, None)]).await;
    let known = problem(
        sign_in(&cloud, "ann@acme.example", "wrong").await,
        StatusCode::UNAUTHORIZED,
        "unauthenticated",
    )
    .await;
    let unknown = problem(
        sign_in(&cloud, "bob@acme.example", "wrong").await,
        StatusCode::UNAUTHORIZED,
        "unauthenticated",
    )
    .await;
    assert_eq!(known["detail"], unknown["detail"], "nobody learns which addresses there are");
    sign_in(&cloud, "ann@acme.example", "wrong again").await;
    let locked =
        problem(sign_in(&cloud, "ann@acme.example", PASSWORD).await, StatusCode::TOO_MANY_REQUESTS, "locked")
            .await;
    assert_eq!(locked["retry_after_s"], 300, "the right password has to wait too");
    assert_eq!(
        sign_in(&cloud, "carl@acme.example", "wrong").await.status(),
        StatusCode::UNAUTHORIZED,
        "others do not"
    );
    cloud.stop().await;
}

#[tokio::test]
async fn refuses_what_is_no_sign_in() {
    let cloud = Cloud::start("no-sign-in", "[http]\nbody_max_bytes = 2048").await;
    let post = |body: String, kind: &str| {
        cloud
            .request(Method::POST, "/api/v1/session")
            .header("content-type", kind.to_owned())
            .body(body)
            .send()
    };
    let json = "application/json";
    for (body, kind, status, code) in [
        ("{".to_owned(), json, StatusCode::BAD_REQUEST, "bad_request"),
        ("[]".to_owned(), json, StatusCode::UNPROCESSABLE_ENTITY, "unprocessable"),
        (r#"{"email":"a@b"}"#.to_owned(), json, StatusCode::UNPROCESSABLE_ENTITY, "unprocessable"),
        (r#"{"email":1,"password":"x"}"#.to_owned(), json, StatusCode::UNPROCESSABLE_ENTITY, "unprocessable"),
        (
            r#"{"email":"a@b","password":"x","admin":true}"#.to_owned(),
            json,
            StatusCode::UNPROCESSABLE_ENTITY,
            "unprocessable",
        ),
        (
            r#"{"email":"a@b","password":"x"}"#.to_owned(),
            "text/plain",
            StatusCode::UNSUPPORTED_MEDIA_TYPE,
            "unsupported_media_type",
        ),
        (
            format!(r#"{{"email":"{}","password":"x"}}"#, "a".repeat(300)),
            json,
            StatusCode::UNPROCESSABLE_ENTITY,
            "unprocessable",
        ),
        (
            format!(r#"{{"email":"{}","password":"x"}}"#, "a".repeat(4000)),
            json,
            StatusCode::PAYLOAD_TOO_LARGE,
            "too_large",
        ),
    ] {
        problem(post(body, kind).await.unwrap(), status, code).await;
    }
    cloud.stop().await;
}

#[tokio::test]
async fn locking_out_and_new_passwords_end_sessions() {
    let cloud = Cloud::start("lock-out", "").await;
    let org = cloud.organisation("acme").await;
    let owner = cloud.person(&org, "ann", &[(Role::Owner, None)]).await;
    let clerk = cloud.person(&org, "bob", &[(Role::Clerk, Some("main"))]).await;
    let path = format!("/api/v1/people/{}", clerk.user);
    let shown: Value = cloud.get_as(&owner, &path).await.json().await.unwrap();
    assert_eq!((&shown["email"], &shown["grants"][0]["store"]), (&json!("bob@acme.example"), &json!("main")));

    let reset =
        cloud.send(&owner, Method::POST, &format!("{path}/password"), json!({}), StatusCode::CREATED).await;
    assert_eq!(cloud.get_as(&clerk, "/api/v1/session").await.status(), StatusCode::UNAUTHORIZED);
    let password = reset["password"].as_str().unwrap();
    assert_eq!(sign_in(&cloud, "bob@acme.example", password).await.status(), StatusCode::OK);

    let form = json!({"name": "Bob", "language": "ru", "grants": [], "disabled": true});
    cloud.send(&owner, Method::PUT, &path, form, StatusCode::OK).await;
    assert_eq!(sign_in(&cloud, "bob@acme.example", password).await.status(), StatusCode::UNAUTHORIZED);

    let own = format!("/api/v1/people/{}", owner.user);
    let form = json!({"name": "Ann", "language": "en", "grants": [], "disabled": false});
    let kept = cloud.request_as(&owner, Method::PUT, &own).json(&form).send().await.unwrap();
    problem(kept, StatusCode::CONFLICT, "conflict").await;
    cloud.stop().await;
}

#[tokio::test]
async fn one_changes_ones_own_password_with_the_old_one() {
    let cloud = Cloud::start("own-password", "").await;
    let org = cloud.organisation("acme").await;
    let ann = cloud.person(&org, "ann", &[(Role::Owner, None)]).await;
    let change = |current: &str, new: &str| {
        let body = json!({"current": current, "new": new});
        cloud.request_as(&ann, Method::PUT, "/api/v1/session/password").json(&body).send()
    };
    problem(change("wrong", "another long password").await.unwrap(), StatusCode::FORBIDDEN, "forbidden")
        .await;
    problem(change(PASSWORD, "short").await.unwrap(), StatusCode::UNPROCESSABLE_ENTITY, "unprocessable")
        .await;
    assert_eq!(change(PASSWORD, "another long password").await.unwrap().status(), StatusCode::NO_CONTENT);
    assert_eq!(cloud.get_as(&ann, "/api/v1/session").await.status(), StatusCode::UNAUTHORIZED);
    assert_eq!(sign_in(&cloud, "ann@acme.example", "another long password").await.status(), StatusCode::OK);
    cloud.stop().await;
}

#[tokio::test]
async fn service_tokens_work_until_they_are_revoked() {
    let cloud = Cloud::start("tokens", "").await;
    let org = cloud.organisation("acme").await;
    let owner = cloud.person(&org, "ann", &[(Role::Owner, None)]).await;
    let tokens = "/api/v1/service-tokens";
    let as_owner = json!({"name": "erp", "grant": {"role": "owner"}});
    cloud.send(&owner, Method::POST, tokens, as_owner, StatusCode::UNPROCESSABLE_ENTITY).await;
    let past = json!({"name": "erp", "grant": {"role": "manager"}, "expires_at_ms": 1});
    cloud.send(&owner, Method::POST, tokens, past, StatusCode::UNPROCESSABLE_ENTITY).await;
    let elsewhere = json!({"name": "erp", "grant": {"role": "manager", "store": "nowhere"}});
    cloud.send(&owner, Method::POST, tokens, elsewhere, StatusCode::NOT_FOUND).await;
    let body = json!({"name": "erp", "grant": {"role": "manager", "store": "main"}});
    let made = cloud.send(&owner, Method::POST, tokens, body, StatusCode::CREATED).await;
    let token = made["token"].as_str().unwrap();
    let with = |token: &str, path: &str| {
        cloud.request(Method::GET, path).header("authorization", format!("Bearer {token}")).send()
    };
    let stores: Value = with(token, "/api/v1/stores").await.unwrap().json().await.unwrap();
    assert_eq!(stores["items"][0]["id"], "main");
    problem(with(token, "/api/v1/audit").await.unwrap(), StatusCode::FORBIDDEN, "forbidden").await;
    let listed: Value = cloud.get_as(&owner, tokens).await.json().await.unwrap();
    assert!(listed["items"][0]["used_at_ms"].is_number() && !listed.to_string().contains(token));
    cloud
        .send(
            &owner,
            Method::DELETE,
            &format!("{tokens}/{}", made["id"].as_str().unwrap()),
            json!({}),
            StatusCode::NO_CONTENT,
        )
        .await;
    for bad in [token, "", "tst_guess", "Basic abc"] {
        problem(with(bad, "/api/v1/stores").await.unwrap(), StatusCode::UNAUTHORIZED, "unauthenticated")
            .await;
    }
    cloud.stop().await;
}
