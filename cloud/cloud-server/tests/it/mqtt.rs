//! What the cloud says over the broker and makes of what it hears there, with the embedded one and with Mosquitto.

use std::collections::BTreeMap;
use std::sync::Arc;
use std::time::Duration;

use cloud_server::ca::Authority;
use cloud_server::roles;
use cloud_store::{Actor, Publishing, Role};
use domain::sale::TillRef;
use reqwest::{Method, StatusCode};
use rustls::pki_types::pem::PemObject as _;
use rustls::pki_types::{CertificateDer, PrivateKeyDer};
use rustls::{ClientConfig, RootCertStore, ServerConfig};
use serde_json::{Value, json};
use service::mqtt::Line;
use sync_core::generation::{Content, Head};
use testkit::scratch::Scratch;
use tokio::io::{AsyncReadExt as _, AsyncWriteExt as _};
use tokio::net::TcpListener;
use tokio_rustls::TlsAcceptor;

use crate::mqtt_matrix::{Rig, hello, till};
use crate::mqtt_wire::{Hello, Wire};
use crate::support::{Caller, Cloud};

const SOON: Duration = Duration::from_secs(30);

const TILL: &str = "/api/v1/stores/main/tills/till-1";

async fn publish(cloud: &Cloud, till: &TillRef, price_minor: i64) {
    let content = Content {
        catalogue: Arc::new(testkit::build::catalogue([testkit::build::piece("apple", price_minor)])),
        model: None,
        views: BTreeMap::new(),
        calibration_json: None,
    };
    let publishing = Publishing { by: Actor::System("test".to_owned()), expected: None, keep: 20 };
    let sign = |_: &Head| vec![0; 64];
    let now = roles::now();
    let store = &cloud.store;
    store
        .publish_generation(&till.org, &till.store, Arc::new(content), &publishing, &sign, now)
        .await
        .unwrap();
}

/// Asks until the till is shown as expected.
async fn until_shown(cloud: &Cloud, owner: &Caller, expected: impl Fn(&Value) -> bool) -> Value {
    let deadline = tokio::time::Instant::now() + SOON;
    loop {
        let shown: Value = cloud.get_as(owner, TILL).await.json().await.unwrap();
        if expected(&shown) {
            return shown;
        }
        assert!(tokio::time::Instant::now() < deadline, "the till is still shown as {shown}");
        tokio::time::sleep(Duration::from_millis(20)).await;
    }
}

/// The next message on a topic that begins so.
async fn heard(wire: &mut Wire, beginning: &str) -> (String, Vec<u8>) {
    loop {
        let (topic, payload) = wire.hear().await.unwrap();
        if topic.starts_with(beginning) {
            return (topic, payload);
        }
    }
}

async fn check_presence_and_commands(rig: Rig) {
    let device = till("acme", "main", "till-1");
    let own = "ts/v1/acme/main/till-1";
    let owner = rig.cloud.person(&device.org, "owner", &[(Role::Owner, None)]).await;
    let proof = rig.proof(&device).await;
    until_shown(&rig.cloud, &owner, |shown| shown["online"] == false).await;
    let greeting = Hello { will: Some(format!("{own}/state")), ..hello(&device) };
    let mut wire = rig.connect(Some(&proof), &greeting).await.unwrap();
    wire.publish(&format!("{own}/state"), br#"{"online":true,"software":"1.2.3"}"#).await.unwrap();
    let health = br#"{"generation":3,"sequence":70,"unsent":0,"software":"1.2.3","clock_ms":5}"#;
    wire.publish(&format!("{own}/health"), health).await.unwrap();
    let sale = br#"{"sequence":70,"lines":3,"gross_minor":597,"currency":"EUR"}"#;
    wire.publish(&format!("{own}/event/sale"), sale).await.unwrap();
    let shown = until_shown(&rig.cloud, &owner, |shown| shown["told_sale"]["sequence"] == 70).await;
    assert_eq!(shown["online"], true, "{shown}");
    let shown = until_shown(&rig.cloud, &owner, |shown| shown["last_seen"]["sequence"] == 70).await;
    assert_eq!(shown["last_seen"]["software"], "1.2.3", "{shown}");

    assert!(wire.subscribe(&format!("{own}/cmd/+/+")).await.unwrap() < 3);
    let asked = rig
        .cloud
        .send(&owner, Method::POST, &format!("{TILL}/commands"), json!({"op": "report"}), StatusCode::CREATED)
        .await;
    assert_eq!(asked["state"], "init", "{asked}");
    let place = format!("{TILL}/commands/{}", asked["id"].as_str().unwrap());
    let command = format!("{own}/cmd/report/{}", asked["id"].as_str().unwrap());
    let (topic, said) = heard(&mut wire, own).await;
    assert_eq!(topic, command);
    let said: Value = serde_json::from_slice(&said).unwrap();
    assert_eq!((said["progress"].as_str(), &said["expires_at_ms"]), (Some("init"), &asked["expires_at_ms"]));
    // What makes no sense, and what comes out of order, changes nothing.
    for odd in ["nonsense", r#"{"progress":"successful","expires_at_ms":1,"detail":"x","admin":true}"#] {
        wire.publish(&command, odd.as_bytes()).await.unwrap();
    }
    for progress in ["executing", "successful", "failed", "executing"] {
        let said = json!({"progress": progress, "expires_at_ms": 1, "detail": progress});
        wire.publish(&command, said.to_string().as_bytes()).await.unwrap();
    }
    while !heard(&mut wire, &command).await.1.is_empty() {}
    let done: Value = rig.cloud.get_as(&owner, &place).await.json().await.unwrap();
    assert_eq!((done["state"].as_str(), done["detail"].as_str()), (Some("successful"), Some("successful")));
    let audit: Value = rig.cloud.get_as(&owner, "/api/v1/audit").await.json().await.unwrap();
    assert!(audit.to_string().contains("till.command"), "{audit}");

    // A will that is no document of ours still says that the line is gone: the next birth says the rest.
    drop(wire);
    let mut again = rig.connect(Some(&proof), &greeting).await.unwrap();
    again.publish(&format!("{own}/state"), br#"{"online":false,"software":"1.2.3"}"#).await.unwrap();
    until_shown(&rig.cloud, &owner, |shown| shown["online"] == false).await;
    rig.cloud.stop().await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn hears_of_tills_and_tells_them_what_to_do() {
    check_presence_and_commands(Rig::embedded("mqtt-commands").await).await;
    if let Some(rig) = Rig::mosquitto("mqtt-commands-mosquitto").await {
        check_presence_and_commands(rig).await;
    }
}

async fn until_head(rig: &Rig, device: &TillRef, expected: &[u8]) {
    let proof = rig.proof(device).await;
    let deadline = tokio::time::Instant::now() + SOON;
    loop {
        // A broker that has forgotten everything is told again after a moment.
        if let Ok(mut wire) = rig.connect(Some(&proof), &hello(device)).await {
            let head = format!("ts/v1/{}/{}/catalog/head", device.org, device.store);
            assert!(wire.subscribe(&head).await.unwrap() < 3);
            let (topic, payload) = heard(&mut wire, &head).await;
            if topic == head && payload == expected {
                return;
            }
        }
        assert!(tokio::time::Instant::now() < deadline, "the newest generation is not told");
    }
}

async fn check_heads(rig: &Rig) {
    let (device, other) = (till("acme", "main", "till-1"), till("rival", "main", "till-1"));
    publish(&rig.cloud, &device, 199).await;
    publish(&rig.cloud, &device, 299).await;
    publish(&rig.cloud, &other, 399).await;
    until_head(rig, &device, b"2").await;
    until_head(rig, &other, b"1").await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn says_which_generation_is_newest_and_says_it_again_to_a_broker_that_forgot() {
    let embedded = Rig::embedded("mqtt-heads").await;
    check_heads(&embedded).await;
    embedded.cloud.stop().await;
    let Some(rig) = Rig::mosquitto("mqtt-heads-mosquitto").await else { return };
    check_heads(&rig).await;
    let mosquitto = rig.mosquitto.as_ref().unwrap();
    mosquitto.crash().unwrap();
    std::fs::remove_dir_all(rig.persistence()).unwrap();
    std::fs::create_dir_all(rig.persistence()).unwrap();
    mosquitto.start_again().unwrap();
    until_head(&rig, &till("acme", "main", "till-1"), b"2").await;
    rig.cloud.stop().await;
}

/// A broker that greets and says nothing more.
async fn silent(listener: TcpListener, acceptor: TlsAcceptor) {
    let (socket, _) = listener.accept().await.unwrap();
    let mut stream = acceptor.accept(socket).await.unwrap();
    let mut connect = [0; 64];
    assert!(stream.read(&mut connect).await.unwrap() > 0);
    stream.write_all(&[0x20, 3, 0, 0, 0]).await.unwrap();
    while stream.read(&mut connect).await.is_ok_and(|length| length > 0) {}
}

#[tokio::test]
async fn a_line_over_which_nothing_is_heard_is_given_up() {
    roles::install_crypto();
    let folder = Scratch::new("mqtt-silent");
    let authority = Authority::open_or_make(folder.path(), roles::now()).unwrap();
    let own = authority.issue_server(&["localhost".to_owned()], roles::now()).unwrap();
    let chain = CertificateDer::pem_slice_iter(own.chain_pem.as_bytes()).map(Result::unwrap).collect();
    let key = PrivateKeyDer::from_pem_slice(own.key_pem.as_bytes()).unwrap();
    let server = ServerConfig::builder().with_no_client_auth().with_single_cert(chain, key).unwrap();
    let mut roots = RootCertStore::empty();
    roots.add(authority.certificate_der().to_vec().into()).unwrap();
    let client = ClientConfig::builder().with_root_certificates(roots).with_no_client_auth();
    let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
    let line = Line {
        host: "localhost".to_owned(),
        port: listener.local_addr().unwrap().port(),
        client_id: "till".to_owned(),
        tls: Arc::new(client),
        will: None,
        session_s: 0,
        packet_max_bytes: 1024,
        silence_max: Duration::from_millis(200),
        heard_max: 1,
    };
    let kept = line.keep(async |_mouth, mut ears| {
        loop {
            ears.hear().await?;
        }
    });
    let (ended, ()) = tokio::join!(kept, silent(listener, TlsAcceptor::from(Arc::new(server))));
    let ended = ended.unwrap_err().to_string();
    assert!(ended.contains("nothing was heard"), "{ended}");
}

#[tokio::test]
async fn tells_nobody_anything_without_a_broker() {
    let cloud = Cloud::start("mqtt-off", "[mqtt]\nkind = \"off\"\n").await;
    let org = cloud.organisation("acme").await;
    let owner = cloud.person(&org, "owner", &[(Role::Owner, None)]).await;
    let shown: Value = cloud.get_as(&owner, TILL).await.json().await.unwrap();
    assert_eq!(shown.get("online"), None, "{shown}");
    let path = format!("{TILL}/commands");
    let refused =
        cloud.send(&owner, Method::POST, &path, json!({"op": "report"}), StatusCode::CONFLICT).await;
    assert_eq!(refused["code"], "mqtt_off", "{refused}");
    let missing = format!("{path}/0190163d-8694-739b-aea5-966c26f8ad91");
    assert_eq!(cloud.get_as(&owner, &missing).await.status(), StatusCode::NOT_FOUND);
    let catalog = json!({"id": "catalog", "name": "x"});
    let path = "/api/v1/stores/main/tills";
    cloud.send(&owner, Method::POST, path, catalog, StatusCode::UNPROCESSABLE_ENTITY).await;
    cloud.stop().await;
}
