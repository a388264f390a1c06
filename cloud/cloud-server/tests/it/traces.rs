//! Spans of real requests, as a collector gets them.

use std::io::{Read as _, Write as _};
use std::net::{SocketAddr, TcpListener, TcpStream};
use std::process::{Command, Stdio};
use std::sync::mpsc::{Receiver, channel};
use std::time::Duration;

use serde_json::Value;
use testkit::child::ChildGuard;
use testkit::net::free_address;
use testkit::scratch::Scratch;

/// Nothing here takes longer, even on a busy box.
const LIMIT: Duration = Duration::from_secs(60);

/// A collector that takes whatever comes and gives it on.
fn collector() -> (SocketAddr, Receiver<Value>) {
    let listener = TcpListener::bind("127.0.0.1:0").unwrap();
    let address = listener.local_addr().unwrap();
    let (say, heard) = channel();
    let take = move || {
        for stream in listener.incoming() {
            let body = body_of(stream.unwrap());
            if say.send(serde_json::from_str(&body).unwrap()).is_err() {
                return;
            }
        }
    };
    std::thread::Builder::new().name("collector".to_owned()).spawn(take).unwrap();
    (address, heard)
}

fn body_of(mut stream: TcpStream) -> String {
    let mut text = Vec::new();
    loop {
        let mut some = [0; 4096];
        let count = stream.read(&mut some).unwrap();
        text.extend(&some[..count]);
        let said = String::from_utf8_lossy(&text);
        let Some((head, body)) = said.split_once("\r\n\r\n") else { continue };
        assert!(head.starts_with("POST /v1/traces "), "{head}");
        let length = head.lines().find_map(|line| line.strip_prefix("Content-Length: ")).unwrap();
        if body.len() >= length.parse().unwrap() {
            let body = body.to_owned();
            stream.write_all(b"HTTP/1.0 200 OK\r\n\r\n{}").unwrap();
            return body;
        }
        assert!(count > 0, "it broke off");
    }
}

fn attribute(span: &Value, key: &str) -> Value {
    let attributes = span["attributes"].as_array().unwrap();
    attributes.iter().find(|one| one["key"] == key).map_or(Value::Null, |one| one["value"].clone())
}

#[tokio::test]
async fn a_request_is_a_span_at_the_collector() {
    let (place, heard) = collector();
    let (folder, listen) = (Scratch::new("traces"), free_address().unwrap());
    let log = std::fs::File::create(folder.join("log")).unwrap();
    let mut command = Command::new(env!("CARGO_BIN_EXE_tillsight-cloud"));
    command
        .arg("server")
        .env("TILLSIGHT_CLOUD__DATA__DIR", folder.join("data"))
        .env("TILLSIGHT_CLOUD__HTTP__LISTEN", listen.to_string())
        .env("TILLSIGHT_CLOUD__GRPC__LISTEN", "127.0.0.1:0")
        .env("TILLSIGHT_CLOUD__MQTT__KIND", "off")
        .env("TILLSIGHT_CLOUD__TELEMETRY__OTLP_ENDPOINT", format!("http://{place}"))
        .stdin(Stdio::null())
        .stderr(log);
    let server = ChildGuard::spawn(&mut command).unwrap();
    let url = format!("http://{listen}/api/v1/health");
    let began = std::time::Instant::now();
    while reqwest::get(&url).await.is_err() {
        assert!(began.elapsed() < LIMIT, "the server does not answer");
        tokio::time::sleep(Duration::from_millis(50)).await;
    }
    let found = loop {
        let said = heard.recv_timeout(LIMIT).expect("the collector hears of it");
        let resource = &said["resourceSpans"][0];
        assert_eq!(resource["resource"]["attributes"][0]["value"]["stringValue"], "tillsight-cloud");
        let spans = resource["scopeSpans"][0]["spans"].as_array().unwrap().clone();
        if let Some(span) =
            spans.into_iter().find(|span| attribute(span, "route")["stringValue"] == "/api/v1/health")
        {
            break span;
        }
    };
    assert_eq!((&found["name"], &found["kind"]), (&"request".into(), &2.into()), "{found}");
    assert_eq!(attribute(&found, "method")["stringValue"], "GET");
    assert!(
        attribute(&found, "status")["intValue"].as_str().is_some_and(|status| status.len() == 3),
        "{found}"
    );
    assert_eq!(found["traceId"].as_str().unwrap().len(), 32);
    assert_eq!(found["spanId"].as_str().unwrap().len(), 16);
    let nanos = |key: &str| found[key].as_str().unwrap().parse::<u64>().unwrap();
    assert!(nanos("startTimeUnixNano") < nanos("endTimeUnixNano"), "{found}");
    drop(server);
}
