//! The program itself: its roles, its exit codes, and how it ends.

use std::collections::BTreeMap;
use std::io::Write as _;
use std::path::Path;
use std::process::{Command, Output, Stdio};
use std::sync::Arc;
use std::time::Duration;

use cloud_server::config::Config;
use cloud_server::roles;
use cloud_server::signing::{Signer, is_signed};
use cloud_store::{Actor, Publishing};
use domain::ids::{OrgId, StoreId};
use reqwest::StatusCode;
use serde_json::{Value, json};
use sync_core::generation::{Content, Head};
use testkit::build;
use testkit::child::ChildGuard;
use testkit::scratch::Scratch;
use testkit::wait::wait_for;

/// Nothing here takes longer, even on a busy box.
const LIMIT: Duration = Duration::from_secs(60);

fn program(folder: &Path) -> Command {
    let mut command = Command::new(env!("CARGO_BIN_EXE_tillsight-cloud"));
    command
        .env("TILLSIGHT_CLOUD__DATA__DIR", folder.join("data"))
        .env("TILLSIGHT_CLOUD__LOG__FORMAT", "json");
    command.stdin(Stdio::null());
    command
}

fn run(folder: &Path, arguments: &[&str]) -> Output {
    program(folder).args(arguments).output().unwrap()
}

fn text(bytes: &[u8]) -> String {
    String::from_utf8_lossy(bytes).trim().to_owned()
}

const INIT: [&str; 8] = ["admin", "init", "--org", "acme", "--store", "main", "--email", "ann@acme.example"];

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn an_organisation_is_made_once_and_its_owner_gets_in() {
    let folder = Scratch::new("program");
    let made = run(folder.path(), &INIT);
    assert!(made.status.success(), "{}", text(&made.stderr));
    let password = text(&made.stdout);
    let again = run(folder.path(), &INIT);
    assert_eq!(again.status.code(), Some(1));
    assert!(text(&again.stderr).contains("`acme` is there already"), "{}", text(&again.stderr));
    let people = text(&run(folder.path(), &["admin", "people", "--org", "acme"]).stdout);
    assert!(people.contains("ann@acme.example") && people.ends_with("active"), "{people}");

    let log = std::fs::File::create(folder.join("log")).unwrap();
    let mut command = program(folder.path());
    command.arg("server").stderr(log);
    command
        .env("TILLSIGHT_CLOUD__HTTP__LISTEN", "127.0.0.1:0")
        .env("TILLSIGHT_CLOUD__GRPC__LISTEN", "127.0.0.1:0")
        .env("TILLSIGHT_CLOUD__MQTT__LISTEN", "127.0.0.1:0");
    let server = ChildGuard::spawn(&mut command).unwrap();
    let address = wait_for("the server to listen", LIMIT, || {
        let log = std::fs::read_to_string(folder.join("log")).ok()?;
        let lines = log.lines().filter_map(|line| serde_json::from_str::<Value>(line).ok());
        lines.filter_map(|line| line["address"].as_str().map(str::to_owned)).next()
    });
    let address = address.unwrap();
    let sign_in = async |password: &str| {
        let body = json!({"email": "ann@acme.example", "password": password});
        let url = format!("http://{address}/api/v1/session");
        reqwest::Client::new().post(url).json(&body).send().await.unwrap().status()
    };
    assert_eq!(sign_in(&password).await, StatusCode::OK);

    // Another password from standard input, while the server runs.
    let mut reset = program(folder.path());
    reset
        .args(["admin", "reset-password", "--email", "ann@acme.example", "--password-stdin"])
        .stdin(Stdio::piped());
    let mut reset = reset.spawn().unwrap();
    reset.stdin.take().unwrap().write_all(b"another fine password\n").unwrap();
    assert!(reset.wait().unwrap().success());
    assert_eq!(sign_in(&password).await, StatusCode::UNAUTHORIZED);
    assert_eq!(sign_in("another fine password").await, StatusCode::OK);
    let kept = run(folder.path(), &["admin", "disable", "--email", "ann@acme.example"]);
    assert!(text(&kept.stderr).contains("last owner"), "{}", text(&kept.stderr));

    let ended = tokio::task::spawn_blocking(move || server.terminate(LIMIT)).await.unwrap().unwrap();
    assert!(ended.success(), "{ended:?}: {}", std::fs::read_to_string(folder.join("log")).unwrap());
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_worker_says_how_it_is_doing_and_nothing_else() {
    let folder = Scratch::new("worker-face");
    let log = std::fs::File::create(folder.join("log")).unwrap();
    let mut command = program(folder.path());
    command.arg("worker").stderr(log).env("TILLSIGHT_CLOUD__WORKER__LISTEN", "127.0.0.1:0");
    command.env("TILLSIGHT_CLOUD__VISION__MODELS", "/nowhere");
    command.env("TILLSIGHT_CLOUD__RATE__ADDRESS_BURST", "20");
    command.env("TILLSIGHT_CLOUD__RATE__ADDRESS_PER_SECOND", "1");
    let worker = ChildGuard::spawn(&mut command).unwrap();
    let address = wait_for("the worker to listen", LIMIT, || {
        let log = std::fs::read_to_string(folder.join("log")).ok()?;
        let lines = log.lines().filter_map(|line| serde_json::from_str::<Value>(line).ok());
        lines.filter_map(|line| line["address"].as_str().map(str::to_owned)).next()
    });
    let address = address.unwrap();
    let get = async |path: &str| reqwest::get(format!("http://{address}{path}")).await.unwrap();
    let health = get("/api/v1/health").await;
    assert_eq!(health.status(), StatusCode::OK);
    let health: Value = health.json().await.unwrap();
    let parts: Vec<&str> =
        health["parts"].as_array().unwrap().iter().map(|part| part["part"].as_str().unwrap()).collect();
    assert!(
        ["database", "worker", "documents", "events"].iter().all(|part| parts.contains(part)),
        "{parts:?}"
    );
    let metrics = get("/metrics").await;
    assert_eq!(metrics.status(), StatusCode::OK);
    assert!(metrics.text().await.unwrap().contains("process_resident_memory_bytes"));
    let other = get("/api/v1/products").await;
    assert_eq!(other.status(), StatusCode::NOT_FOUND);
    assert_eq!(other.headers()["content-type"], "application/problem+json");
    let mut answers = Vec::new();
    for _ in 0..40 {
        answers.push(get("/api/v1/health").await.status());
    }
    assert!(answers.contains(&StatusCode::TOO_MANY_REQUESTS), "it has the gateway's limits: {answers:?}");
    let ended = tokio::task::spawn_blocking(move || worker.terminate(LIMIT)).await.unwrap().unwrap();
    assert!(ended.success(), "{ended:?}: {}", std::fs::read_to_string(folder.join("log")).unwrap());
}

#[tokio::test]
async fn a_store_goes_back_to_a_kept_generation_with_the_servers_key_only() {
    let folder = Scratch::new("rollback");
    assert!(run(folder.path(), &INIT).status.success());
    let mut config = Config::load(None).unwrap();
    config.data.dir = folder.join("data");
    let store = roles::open_store(&config, false).await.unwrap();
    let (org, main) = (OrgId::new("acme").unwrap(), StoreId::new("main").unwrap());
    for price_minor in [100, 120, 130] {
        let catalogue = Arc::new(build::catalogue([build::piece("apple", price_minor)]));
        let content = Content { catalogue, model: None, views: BTreeMap::new(), calibration_json: None };
        let by = Publishing { by: Actor::System("test".to_owned()), expected: None, keep: 2 };
        let unsigned = |_: &Head| vec![0; 64];
        let made = store.publish_generation(&org, &main, Arc::new(content), &by, &unsigned, roles::now());
        made.await.unwrap();
    }
    let back =
        |place: &str, to: &str| run(folder.path(), &["admin", "rollback", "--store", place, "--to", to]);
    for (place, to, expected) in [
        ("acme", "2", "write ORG/STORE"),
        ("acme/elsewhere", "2", "elsewhere"),
        ("acme/main", "1", "these are: 3, 2"),
        ("acme/main", "2", "holds no signing key"),
    ] {
        let refused = back(place, to);
        assert_eq!(refused.status.code(), Some(1), "{place} {to}");
        assert!(text(&refused.stderr).contains(expected), "{}", text(&refused.stderr));
    }
    let signer = Signer::open_or_make(&config.data.dir).unwrap();
    let said = text(&back("acme/main", "2").stdout);
    assert!(said.contains("generation 4 now") && said.contains("the next change"), "{said}");
    let newest = store.newest_generation(&org, &main).await.unwrap().unwrap();
    let signature = newest.signature.as_slice().try_into().unwrap();
    assert!(is_signed(&signer.public_key(), &signature, &org, &main, &newest.head));
    let entry = &store.audit(&org, None, 1).await.unwrap()[0].entry;
    assert_eq!((entry.action.as_str(), entry.detail.as_str()), ("generation.rollback", "to 2"));
    assert_eq!(entry.actor, Actor::System("admin".to_owned()));
    let again = text(&back("acme/main", "4").stdout);
    assert!(again.contains("the newest, has the contents of 4 already"), "{again}");
    store.close().await;
}

#[test]
fn says_what_is_wrong_with_its_configuration() {
    let folder = Scratch::new("configuration");
    let file = folder.join("cloud.toml");
    std::fs::write(&file, "[http]\nlisten = \"nowhere\"\n").unwrap();
    let wrong = run(folder.path(), &["check-config", "--config", file.to_str().unwrap()]);
    assert_eq!(wrong.status.code(), Some(2));
    let said = text(&wrong.stderr);
    assert!(said.contains("cloud.toml:2") && said.contains("http.listen"), "{said}");
    assert!(run(folder.path(), &["check-config"]).status.success());
    let printed = run(folder.path(), &["print-config", "--config", file.to_str().unwrap()]);
    assert!(text(&printed.stdout).contains("[http]"), "it is what one looks at to put it right");
}

#[test]
fn refuses_what_cannot_be_before_making_anything() {
    let folder = Scratch::new("refusals");
    for (arguments, expected) in [
        (vec!["--tax", "vat19=19%"], "basis points"),
        (vec!["--tax", "vat19"], "no tax rate"),
        (vec!["--time-zone", "Mars/Olympus"], "no time zone"),
        (vec!["--currency", "euro"], "no"),
    ] {
        let all: Vec<&str> = INIT.into_iter().chain(arguments).collect();
        let refused = run(folder.path(), &all);
        assert_eq!(refused.status.code(), Some(1), "{all:?}");
        assert!(text(&refused.stderr).contains(expected), "{all:?}: {}", text(&refused.stderr));
    }
    assert!(run(folder.path(), &["migrate"]).status.success());
    assert!(run(folder.path(), &INIT).status.success(), "nothing was made before");
}

#[test]
fn writes_what_mosquitto_needs() {
    let folder = Scratch::new("mosquitto-config");
    assert!(run(folder.path(), &INIT).status.success());
    let out = folder.join("broker");
    let command = ["admin", "mosquitto-config", "--out", out.to_str().unwrap()];
    let written = run(folder.path(), &command);
    assert!(written.status.success(), "{}", text(&written.stderr));
    assert!(text(&written.stderr).contains("hint: mosquitto -c"), "{}", text(&written.stderr));
    let config = std::fs::read_to_string(out.join("mosquitto.conf")).unwrap();
    for file in ["acl", "ca.pem", "server.pem", "server-key.pem", "revoked.pem"] {
        assert!(out.join(file).is_file() && config.contains(file), "{file}");
    }
    let acl = std::fs::read_to_string(out.join("acl")).unwrap();
    assert!(acl.contains("user cloud\ntopic readwrite ts/v1/#"), "{acl}");
    let sly = run(folder.path(), &[&command[..], &["--client", "x\ntopic readwrite #"]].concat());
    assert_eq!(sly.status.code(), Some(1));
    assert!(text(&sly.stderr).contains("cannot be a client's name"), "{}", text(&sly.stderr));
}
