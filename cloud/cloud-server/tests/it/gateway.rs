//! What every request gets, whatever it asks for.

use std::io::{Read as _, Write as _};
use std::net::TcpStream;
use std::time::{Duration, Instant};

use reqwest::{Method, StatusCode};
use serde_json::Value;

use super::support::{Cloud, problem};

/// Nothing here takes longer, even on a busy box.
const LIMIT: Duration = Duration::from_secs(30);

fn connect(cloud: &Cloud) -> TcpStream {
    let stream = TcpStream::connect(cloud.base.trim_start_matches("http://")).unwrap();
    stream.set_read_timeout(Some(LIMIT)).unwrap();
    stream
}

/// What the other side says until it closes; a reset counts as closing.
fn read_to_end(mut stream: TcpStream) -> String {
    let mut bytes = Vec::new();
    let _ = stream.read_to_end(&mut bytes);
    String::from_utf8_lossy(&bytes).into_owned()
}

#[tokio::test]
async fn says_how_it_is_doing_and_numbers_every_answer() {
    let cloud = Cloud::start("health", "").await;
    let response =
        cloud.request(Method::GET, "/api/v1/health").header("x-request-id", "mine-1").send().await.unwrap();
    assert_eq!(response.status(), StatusCode::OK);
    assert_eq!(response.headers()["x-request-id"], "mine-1");
    for (name, value) in
        [("x-content-type-options", "nosniff"), ("cache-control", "no-store"), ("x-frame-options", "DENY")]
    {
        assert_eq!(response.headers()[name], value);
    }
    let body: Value = response.json().await.unwrap();
    assert_eq!((&body["live"], &body["ready"]), (&true.into(), &true.into()), "{body}");
    let odd =
        cloud.request(Method::GET, "/api/v1/health").header("x-request-id", "a b\tc").send().await.unwrap();
    assert_ne!(odd.headers()["x-request-id"], "a b\tc", "what could break a log line is not taken over");
    let metrics = cloud.get("/metrics").await.text().await.unwrap();
    assert!(
        metrics.contains("http_requests_total{method=\"GET\",route=\"/api/v1/health\",status=\"200\"}"),
        "{metrics}"
    );
    cloud.stop().await;
}

#[tokio::test]
async fn answers_unknown_paths_and_methods_with_problems() {
    let cloud = Cloud::start("unknown", "").await;
    problem(cloud.get("/api/v1/nothing").await, StatusCode::NOT_FOUND, "not_found").await;
    problem(cloud.get("/nowhere").await, StatusCode::NOT_FOUND, "not_found").await;
    problem(cloud.get("/assets/nothing.js").await, StatusCode::NOT_FOUND, "not_found").await;
    let response = cloud.request(Method::DELETE, "/api/v1/health").send().await.unwrap();
    problem(response, StatusCode::METHOD_NOT_ALLOWED, "method_not_allowed").await;
    let response =
        cloud.request(Method::from_bytes(b"BREW").unwrap(), "/api/v1/health").send().await.unwrap();
    problem(response, StatusCode::METHOD_NOT_ALLOWED, "method_not_allowed").await;
    cloud.stop().await;
}

#[tokio::test]
async fn serves_its_page_under_a_policy_of_its_own_or_says_how_to_build_it() {
    let cloud = Cloud::start("page", "").await;
    let response = cloud.get("/").await;
    let policy = response.headers()["content-security-policy"].to_str().unwrap().to_owned();
    assert!(policy.contains("default-src 'none'") && policy.contains("connect-src 'self'"), "{policy}");
    assert!(!policy.contains("unsafe") && !policy.contains("data:"), "{policy}");
    assert_eq!(response.headers()["x-frame-options"], "DENY");
    // A build without Node has no page; whether this one has depends on what ran before.
    let (status, kept) = (response.status(), response.headers().get("cache-control").cloned());
    let text = response.text().await.unwrap();
    if status == StatusCode::OK {
        assert_eq!(kept.unwrap(), "no-cache");
        let script = text.split("src=\"/assets/").nth(1).and_then(|rest| rest.split('"').next()).unwrap();
        let script = cloud.get(&format!("/assets/{script}")).await;
        assert!(script.headers()["cache-control"].to_str().unwrap().contains("immutable"), "{script:?}");
        assert!(!text.contains("https://") && !text.contains("<style"), "{text}");
    } else {
        assert_eq!(status, StatusCode::SERVICE_UNAVAILABLE);
        assert!(text.contains("cargo xtask ui"), "{text}");
    }
    let api = cloud.get("/api/v1/health").await;
    let policy = api.headers()["content-security-policy"].to_str().unwrap();
    assert!(policy.starts_with("default-src 'none'") && !policy.contains("'self'"), "{policy}");
    cloud.stop().await;
}

#[tokio::test]
async fn describes_itself_with_nothing_from_elsewhere() {
    let cloud = Cloud::start("openapi", "").await;
    let text = cloud.get("/api/openapi.json").await.text().await.unwrap();
    assert!(text == cloud_server::gateway::description(), "what is printed is what is served");
    let description: Value = serde_json::from_str(&text).unwrap();
    assert_eq!(description["openapi"], "3.1.0");
    let mut ids = std::collections::BTreeSet::new();
    for (path, item) in description["paths"].as_object().unwrap() {
        for (method, operation) in item.as_object().unwrap() {
            assert!(
                ids.insert(operation["operationId"].as_str().unwrap()),
                "{method} {path} has another's id"
            );
            for (status, answer) in operation["responses"].as_object().unwrap() {
                let words = answer["description"].as_str().unwrap_or_default();
                assert!(!words.is_empty(), "{method} {path} does not describe {status}");
            }
        }
    }
    let page = cloud.get("/swagger/").await;
    assert!(page.headers()["content-security-policy"].to_str().unwrap().contains("script-src 'self'"));
    let page = page.text().await.unwrap();
    assert!(page.contains("swagger-ui") && !page.contains("//unpkg") && !page.contains("https://"), "{page}");
    for part in page.split("src=\"./").skip(1).filter_map(|rest| rest.split('"').next()) {
        assert_eq!(cloud.get(&format!("/swagger/{part}")).await.status(), StatusCode::OK, "{part}");
    }
    cloud.stop().await;
}

#[tokio::test]
async fn holds_an_address_to_its_rate() {
    let cloud = Cloud::start("rate", "[rate]\naddress_per_second = 1\naddress_burst = 5").await;
    let mut refused = None;
    for _ in 0..20 {
        let response = cloud.get("/api/v1/health").await;
        if response.status() != StatusCode::OK {
            refused = Some(response);
        }
    }
    let refused = refused.expect("20 requests at once are more than 5");
    assert_eq!(refused.headers()["retry-after"], "1");
    problem(refused, StatusCode::TOO_MANY_REQUESTS, "too_many_requests").await;
    cloud.stop().await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn refuses_large_and_slow_heads() {
    let settings = "[http]\nhead_time_ms = 300\nhead_max_bytes = 8192";
    let cloud = Cloud::start("heads", settings).await;
    let mut large = connect(&cloud);
    let head = format!("GET /api/v1/health HTTP/1.1\r\nHost: a\r\nX-Large: {}\r\n\r\n", "a".repeat(20_000));
    // It may be closed before all of it is sent.
    let _ = large.write_all(head.as_bytes());
    let answer = read_to_end(large);
    assert!(answer.is_empty() || answer.starts_with("HTTP/1.1 431"), "{answer}");

    let mut slow = connect(&cloud);
    slow.write_all(b"GET /api/v1/health HTTP/1.1\r\nHost:").unwrap();
    let began = Instant::now();
    let answer = read_to_end(slow);
    assert!(answer.is_empty() && began.elapsed() < LIMIT, "{answer}");
    cloud.stop().await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn closes_a_connection_for_which_there_is_no_slot() {
    let cloud = Cloud::start(
        "slots",
        "[http]
connections_max = 2",
    )
    .await;
    const ASK: &[u8] = b"GET /api/v1/health HTTP/1.1\r\nHost: a\r\n\r\n";
    // Two that were answered and stay open hold the two slots.
    let hold = || {
        let mut held = connect(&cloud);
        held.write_all(ASK).unwrap();
        held.read_exact(&mut [0; 15]).unwrap();
        held
    };
    let held = (hold(), hold());
    let mut third = connect(&cloud);
    let _ = third.write_all(ASK);
    assert_eq!(read_to_end(third), "");
    drop(held);
    cloud.stop().await;
}

#[tokio::test]
async fn speaks_tls_with_the_files_it_is_given() {
    let files = testkit::scratch::Scratch::new("tls");
    let authority =
        cloud_server::ca::Authority::open_or_make(files.path(), cloud_server::roles::now()).unwrap();
    let identity = authority.issue_server(&["127.0.0.1".to_owned()], cloud_server::roles::now()).unwrap();
    std::fs::write(files.join("chain.pem"), identity.chain_pem).unwrap();
    std::fs::write(files.join("key.pem"), identity.key_pem).unwrap();
    let settings = format!(
        "[http]\ntls_certificate = {:?}\ntls_key = {:?}",
        files.join("chain.pem"),
        files.join("key.pem")
    );
    let cloud = Cloud::start("tls", &settings).await;
    let address: std::net::SocketAddr = cloud.base.trim_start_matches("http://").parse().unwrap();
    let answer = tokio::task::spawn_blocking(move || speak_tls(&authority, address)).await.unwrap();
    assert!(answer.starts_with("HTTP/1.1 200") && answer.contains("strict-transport-security"), "{answer}");
    let plain = cloud.http.get(format!("{}/api/v1/health", cloud.base)).send().await;
    assert!(plain.is_err(), "plain HTTP is not answered on a TLS port");
    cloud.stop().await;
}

fn speak_tls(authority: &cloud_server::ca::Authority, address: std::net::SocketAddr) -> String {
    let mut roots = rustls::RootCertStore::empty();
    roots.add(authority.certificate_der().to_vec().into()).unwrap();
    let config = rustls::ClientConfig::builder().with_root_certificates(roots).with_no_client_auth();
    let name = rustls::pki_types::ServerName::IpAddress(address.ip().into());
    let mut connection = rustls::ClientConnection::new(config.into(), name).unwrap();
    let mut socket = TcpStream::connect(address).unwrap();
    let mut tls = rustls::Stream::new(&mut connection, &mut socket);
    tls.write_all(b"GET /api/v1/health HTTP/1.1\r\nHost: a\r\nConnection: close\r\n\r\n").unwrap();
    let mut bytes = Vec::new();
    let _ = tls.read_to_end(&mut bytes);
    String::from_utf8_lossy(&bytes).into_owned()
}

#[tokio::test]
async fn compresses_lists_but_no_answer_that_may_hold_a_secret() {
    let cloud = Cloud::start("compressed", "").await;
    let org = cloud.organisation("acme").await;
    let owner = cloud.person(&org, "ann", &[(cloud_store::Role::Owner, None)]).await;
    for number in 0..40 {
        let path = format!("/api/v1/categories/a-category-with-a-long-name-{number}");
        cloud.send(&owner, Method::PUT, &path, serde_json::json!({"family_name": ""}), StatusCode::OK).await;
    }
    let ask = async |path: &str, takes: &str| {
        let request = cloud.request_as(&owner, Method::GET, path).header("accept-encoding", takes);
        request.send().await.unwrap()
    };
    let list = "/api/v1/categories";
    let plain = ask(list, "br").await;
    assert!(!plain.headers().contains_key("content-encoding"));
    assert_eq!(
        plain.headers()["vary"],
        "accept-encoding",
        "what is kept of it is for those who take no gzip"
    );
    let tag = plain.headers()["etag"].to_str().unwrap().to_owned();
    let plain = plain.bytes().await.unwrap();
    let small = ask(list, "gzip;q=0.8, br").await;
    assert_eq!(
        (&small.headers()["content-encoding"], &small.headers()["vary"]),
        (&"gzip".parse().unwrap(), &"accept-encoding".parse().unwrap())
    );
    let weak = small.headers()["etag"].to_str().unwrap().to_owned();
    assert_eq!(weak, format!("W/{tag}"));
    let small = small.bytes().await.unwrap();
    assert!(small.starts_with(b"\x1f\x8b") && small.len() * 2 < plain.len(), "{} bytes", small.len());
    let known = cloud.request_as(&owner, Method::GET, list).header("if-none-match", weak).send().await;
    assert_eq!(known.unwrap().status(), StatusCode::NOT_MODIFIED);
    assert_eq!(ask("/api/openapi.json", "gzip").await.headers()["content-encoding"], "gzip");
    // Nothing that there is may be sent, and still it is.
    assert_eq!(ask(list, "identity;q=0, *;q=0").await.status(), StatusCode::OK);
    for path in ["/api/v1/session", "/api/v1/health", "/nowhere"] {
        assert!(!ask(path, "gzip").await.headers().contains_key("content-encoding"), "{path}");
    }
    cloud.stop().await;
}
