//! Rows for a sheet of somebody else's, against a service that speaks as Google's does: it checks the account's word, has a quota,
//! fails before and after it has done what it was asked, and forgets to answer.

use std::os::unix::fs::PermissionsExt as _;
use std::sync::{Arc, Mutex};

use axum::extract::{Path, State};
use axum::http::{HeaderMap, StatusCode};
use axum::response::{IntoResponse as _, Response};
use axum::routing::{get, post};
use axum::{Json, Router};
use cloud_store::Role;
use data_encoding::{BASE64, BASE64URL_NOPAD};
use domain::ids::{StoreId, TillId};
use domain::sale::TillRef;
use reqwest::Method;
use ring::signature::{KeyPair as _, RSA_PKCS1_2048_8192_SHA256, RsaKeyPair, UnparsedPublicKey};
use serde_json::{Value, json};
use service::tasks::Tasks;
use testkit::scratch::Scratch;

use super::support::{Caller, Cloud, Journal};

/// A key for tests alone.
const KEY_PEM: &str = include_str!("sheets_key.pem");
const LIMIT: std::time::Duration = std::time::Duration::from_secs(120);

#[derive(Default)]
struct Sheet {
    rows: Vec<Vec<Value>>,
    /// The address that the service believes to have.
    address: String,
    public_key: Vec<u8>,
    tokens: u32,
    writes: u32,
    refused: u32,
    broken: u32,
}

type Shared = Arc<Mutex<Sheet>>;

/// Starts the service.
async fn serve(tasks: &Tasks) -> (String, Shared) {
    let key = RsaKeyPair::from_pkcs8(&pkcs8()).unwrap();
    let public_key = key.public_key().as_ref().to_vec();
    let sheet = Arc::new(Mutex::new(Sheet { public_key, ..Sheet::default() }));
    let app = Router::new()
        .route("/token", post(give_token))
        .route("/v4/spreadsheets/{book}/values/{range}", get(read).post(append))
        .route("/v4/spreadsheets/{book}/values:batchUpdate", post(update))
        .with_state(Arc::clone(&sheet));
    let listener = tokio::net::TcpListener::bind("127.0.0.1:0").await.unwrap();
    let address = format!("http://{}", listener.local_addr().unwrap());
    sheet.lock().unwrap().address = address.clone();
    let token = tasks.token();
    tasks.spawn("sheets", async move {
        Ok(axum::serve(listener, app).with_graceful_shutdown(token.cancelled_owned()).await?)
    });
    (address, sheet)
}

fn pkcs8() -> Vec<u8> {
    let body: String = KEY_PEM.lines().filter(|line| !line.starts_with("-----")).collect();
    BASE64.decode(body.as_bytes()).unwrap()
}

/// RFC 7523: the word is signed by the account's key, for this service, and not over.
async fn give_token(State(sheet): State<Shared>, form: String) -> Response {
    let mut sheet = sheet.lock().unwrap();
    let word = form.split('&').find_map(|part| part.strip_prefix("assertion=")).unwrap();
    assert!(form.starts_with("grant_type=urn%3Aietf%3Aparams%3Aoauth%3Agrant-type%3Ajwt-bearer&"), "{form}");
    let (signed, signature) = word.rsplit_once('.').unwrap();
    let signature = BASE64URL_NOPAD.decode(signature.as_bytes()).unwrap();
    let key = UnparsedPublicKey::new(&RSA_PKCS1_2048_8192_SHA256, &sheet.public_key);
    let claims = signed.split('.').nth(1).unwrap();
    let claims: Value = serde_json::from_slice(&BASE64URL_NOPAD.decode(claims.as_bytes()).unwrap()).unwrap();
    let right = key.verify(signed.as_bytes(), &signature).is_ok()
        && claims["aud"] == format!("{}/token", sheet.address)
        && claims["scope"] == "https://www.googleapis.com/auth/spreadsheets"
        && claims["exp"].as_i64().unwrap() - claims["iat"].as_i64().unwrap() == 3600;
    if !right {
        return (StatusCode::BAD_REQUEST, Json(json!({"error": "invalid_grant"}))).into_response();
    }
    sheet.tokens += 1;
    Json(json!({"access_token": format!("token-{}", sheet.tokens), "expires_in": 3600})).into_response()
}

fn refusal(sheet: &mut Sheet, headers: &HeaderMap, book: &str) -> Option<Response> {
    let token = headers.get("authorization").and_then(|value| value.to_str().ok()).unwrap_or_default();
    let problem = |status: StatusCode| {
        Some((status, Json(json!({"error": {"code": status.as_u16()}}))).into_response())
    };
    if !token.starts_with("Bearer token-") {
        return problem(StatusCode::UNAUTHORIZED);
    }
    if book != "book-1" {
        sheet.refused += 1;
        return problem(StatusCode::FORBIDDEN);
    }
    None
}

async fn read(
    State(sheet): State<Shared>,
    Path((book, range)): Path<(String, String)>,
    headers: HeaderMap,
) -> Response {
    let mut sheet = sheet.lock().unwrap();
    if let Some(refusal) = refusal(&mut sheet, &headers, &book) {
        return refusal;
    }
    assert_eq!(range, "'Sales 2026'!A:A");
    let first: Vec<Value> = sheet.rows.iter().map(|row| json!([row[0]])).collect();
    Json(json!({"range": range, "majorDimension": "ROWS", "values": first})).into_response()
}

async fn update(
    State(sheet): State<Shared>,
    Path(book): Path<String>,
    headers: HeaderMap,
    Json(body): Json<Value>,
) -> Response {
    let mut sheet = sheet.lock().unwrap();
    if let Some(refusal) = refusal(&mut sheet, &headers, &book) {
        return refusal;
    }
    assert_eq!(body["valueInputOption"], "RAW");
    assert_eq!(body["data"][0]["range"], "'Sales 2026'!A1");
    let titles = body["data"][0]["values"][0].as_array().unwrap().clone();
    if sheet.rows.is_empty() {
        sheet.rows.push(titles);
    } else {
        sheet.rows[0] = titles;
    }
    Json(json!({"totalUpdatedRows": 1})).into_response()
}

/// What is added is added at once. Of each five requests one is beyond the quota, one fails before and one after it was done.
async fn append(
    State(sheet): State<Shared>,
    Path((book, range)): Path<(String, String)>,
    headers: HeaderMap,
    Json(body): Json<Value>,
) -> Response {
    let mut sheet = sheet.lock().unwrap();
    if let Some(refusal) = refusal(&mut sheet, &headers, &book) {
        return refusal;
    }
    assert_eq!(range, "'Sales 2026'!A1:append");
    sheet.writes += 1;
    let done = |sheet: &mut Sheet| {
        let rows = body["values"].as_array().unwrap().iter().map(|row| row.as_array().unwrap().clone());
        sheet.rows.extend(rows);
    };
    match sheet.writes % 5 {
        1 => {
            sheet.refused += 1;
            (StatusCode::TOO_MANY_REQUESTS, [("retry-after", "0")]).into_response()
        }
        2 => {
            sheet.broken += 1;
            done(&mut sheet);
            StatusCode::BAD_GATEWAY.into_response()
        }
        4 => {
            sheet.broken += 1;
            StatusCode::SERVICE_UNAVAILABLE.into_response()
        }
        _ => {
            done(&mut sheet);
            Json(json!({"updates": {"updatedRows": 1}})).into_response()
        }
    }
}

fn settings(folder: &Scratch, address: &str) -> String {
    let account = json!({
        "type": "service_account",
        "client_email": "tills@shop.example",
        "private_key": KEY_PEM,
        "private_key_id": "k1",
        "token_uri": format!("{address}/token"),
    });
    let path = folder.join("account.json");
    std::fs::write(&path, account.to_string()).unwrap();
    std::fs::set_permissions(&path, std::fs::Permissions::from_mode(0o600)).unwrap();
    format!(
        "[sheets]\ncredentials_file = {path:?}\nurl = {address:?}\nwrites_per_minute = 6000\nwait_longest_ms = 20\n"
    )
}

async fn planned(cloud: &Cloud, owner: &Caller, spreadsheet: &str) -> Value {
    let plan = json!({
        "dataset": "sales", "every_days": 1, "days": 366, "spreadsheet": spreadsheet, "sheet": "Sales 2026",
    });
    let path = "/api/v1/export-plans";
    cloud.send(owner, Method::POST, path, plan, StatusCode::CREATED).await;
    let until = std::time::Instant::now() + LIMIT;
    loop {
        let listed: Value = cloud.get_as(owner, "/api/v1/exports").await.json().await.unwrap();
        let mine = listed["items"].as_array().unwrap().iter().find(|item| item["spreadsheet"] == spreadsheet);
        if let Some(settled) = mine.filter(|item| item["state"] != "waiting" || item["problem"].is_string()) {
            return settled.clone();
        }
        assert!(std::time::Instant::now() < until, "{listed}");
        tokio::time::sleep(std::time::Duration::from_millis(50)).await;
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn every_row_reaches_the_sheet_once_whatever_the_service_does() {
    let (tasks, folder) = (Tasks::new(), Scratch::new("sheets"));
    let (address, sheet) = serve(&tasks).await;
    let cloud = Cloud::start("sheets", &settings(&folder, &address)).await;
    let org = cloud.organisation("acme").await;
    let owner = cloud.person(&org, "ann", &[(Role::Owner, None)]).await;
    let till = TillRef {
        org: org.clone(),
        store: StoreId::new("main").unwrap(),
        till: TillId::new("till-1").unwrap(),
    };
    let mut journal = Journal::new(till.clone());
    cloud.ingest(&till, (1..=2_300).map(|number| journal.sell(number)).collect()).await;
    let all: Value = cloud.get_as(&owner, "/api/v1/stores/main/sales/sums").await.json().await.unwrap();
    let sales: u64 = all["items"].as_array().unwrap().iter().map(|sum| sum["sales"].as_u64().unwrap()).sum();
    assert_eq!(sales, 2_300);

    let made = planned(&cloud, &owner, "book-1").await;
    assert_eq!(made["state"], "ready", "{made}");
    check(&sheet.lock().unwrap(), &made);
    assert_eq!(cloud.server().shared().blobs.exports().await.unwrap().len(), 0, "nothing is left behind");
    cloud.stop().await;
    tasks.stop(std::time::Duration::from_secs(5)).await;
}

/// Every row is there once, under its titles, with its amount as a number.
fn check(sheet: &Sheet, made: &Value) {
    assert_eq!(sheet.rows[0][..2], [json!("export"), json!("sale")]);
    let gross = sheet.rows[0].iter().position(|title| title == "gross").unwrap();
    let rows = &sheet.rows[1..];
    let ids: std::collections::BTreeSet<&str> = rows.iter().map(|row| row[1].as_str().unwrap()).collect();
    assert_eq!((rows.len() as u64, ids.len() as u64), (made["rows"].as_u64().unwrap(), rows.len() as u64));
    assert!(rows.iter().all(|row| row[0] == made["id"] && row[gross].as_f64() == Some(5.97)));
    assert!(
        sheet.refused > 0 && sheet.broken > 1,
        "the service did its worst: {} {}",
        sheet.refused,
        sheet.broken
    );
}
