//! A broker that speaks Kafka's protocol and works: what arrives, in which order, and what a killed relay leaves.

use std::process::{Command, Stdio};

use cloud_server::events::Bus;
use cloud_store::{EventId, Role};
use reqwest::{Method, StatusCode};
use serde_json::{Value, json};
use service::health::PartState;
use testkit::child::ChildGuard;
use testkit::kafka;

use super::{Consumer, Outbox, Seen, acme, check_order, on_kafka, until};
use crate::support::{Cloud, form};
use crate::vectors;

/// Or says why not, and ends the test.
macro_rules! broker {
    ($start:expr) => {
        match $start {
            Ok(broker) => broker,
            Err(missing) => return eprintln!("SKIPPED: events on a real broker, because {missing}"),
        }
    };
}
pub(super) use broker;

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn tells_others_of_a_product_and_its_vectors() {
    let broker = broker!(kafka::start());
    let models = vectors::models("vectors on the bus");
    let folder = models.clone().unwrap_or_else(|| "/nowhere".into());
    let settings = format!(
        "{}[worker]\npoll_ms = 20\n[vision]\nmodels = {:?}\n",
        on_kafka(&broker, "prefix = \"shop.\""),
        folder
    );
    let cloud = Cloud::start("told", &settings).await;
    let org = cloud.organisation("acme").await;
    let owner = cloud.person(&org, "ann", &[(Role::Owner, None)]).await;
    let form = form("Apples");
    let form = if models.is_some() { form.part("images", vectors::picture(16)) } else { form };
    let made = cloud.upload(&owner, "/api/v1/products", form, StatusCode::CREATED).await;
    let id = made["product"]["id"].as_str().unwrap();
    let consumer = Consumer::new(&broker).await;
    let told = async |topic: &str, what: &str| -> Value {
        let found = async || {
            let seen = consumer.read(topic).await;
            let json = |seen: &Seen| -> Value { serde_json::from_slice(&seen.payload).unwrap() };
            let found = seen.iter().find(|seen| json(seen).get(what).is_some())?;
            assert_eq!((found.key.as_str(), found.org.as_str()), (id, "acme"));
            Some(json(found))
        };
        until(&format!("`{what}` in `{topic}`"), found).await
    };
    let product = told("shop.product_changes", "upsert").await;
    assert_eq!(product["event_id"], made["event_id"]);
    assert!(product["event_timestamp"].as_str().unwrap().ends_with('Z'), "{product}");
    assert_eq!(product["upsert"]["product_id"], id);
    if models.is_some() {
        let vectors = told("shop.embedding_changes", "upsert").await;
        let embedding = &vectors["upsert"]["embeddings"][0];
        assert!(vectors["event_id"].is_string() && embedding["embedding_id"].is_string(), "{vectors}");
        assert!(embedding["vector"].as_array().unwrap().len() >= 128);
        let metadata = &embedding["metadata"];
        assert_eq!(metadata["product_id"], id);
        assert!(metadata["image_path"].as_str().unwrap().starts_with("photos/acme/"), "{metadata}");
        assert!(metadata["created_at"].is_string() && metadata["model_version"].is_string());
    }
    let path = format!("/api/v1/products/{id}");
    cloud.send(&owner, Method::DELETE, &path, json!({}), StatusCode::NO_CONTENT).await;
    let deleted = told("shop.product_changes", "delete").await;
    assert_eq!(deleted["delete"]["product_id"], id);
    let gone = told("shop.embedding_changes", "delete").await;
    assert_eq!(gone["delete"]["product_id"], id);

    let health: Value = cloud.get("/api/v1/health").await.json().await.unwrap();
    let part = health["parts"].as_array().unwrap().iter().find(|part| part["part"] == "events").unwrap();
    assert_eq!((&part["state"], &part["required"]), (&json!("ok"), &json!(false)));
    let metrics = cloud.get("/metrics").await.text().await.unwrap();
    for name in ["tillsight_outbox_waiting", "tillsight_outbox_oldest_seconds", "tillsight_events_sent_total"]
    {
        assert!(metrics.contains(name), "{name}: {metrics}");
    }
    cloud.stop().await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn keeps_the_order_of_each_key_over_many_batches() {
    let broker = broker!(kafka::start());
    let keys = ["main/till-1", "main/till-2", "main/till-3", "второй/till-1"];
    let outbox = Outbox::new("order", &on_kafka(&broker, "batch_events = 37\nbatch_bytes = 4096")).await;
    outbox.add_numbers("sales", &keys, 0, 60).await;
    outbox.relay();
    outbox.relay_as("another");
    outbox.add_numbers("sales", &keys, 60, 40).await;
    outbox.until_all_sent().await;
    let seen = Consumer::new(&broker).await.read("sales").await;
    check_order(&seen, &keys, 100);
    assert_eq!(seen.len(), 400, "nothing failed, so nothing came twice, though two relays run");
    outbox.until_part(PartState::Ok).await;
    outbox.stop().await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_relay_that_dies_between_sending_and_noting_it_doubles_and_loses_nothing() {
    let broker = broker!(kafka::start());
    let keys = ["a", "b", "c"];
    let outbox = Outbox::new("doubled", &on_kafka(&broker, "")).await;
    outbox.add_numbers("sales", &keys, 0, 20).await;
    // What a relay does until it would note what it has sent.
    let mut bus = Bus::of(&outbox.config).unwrap();
    let events = outbox.store.waiting_events(EventId(0), 30).await.unwrap();
    let report = bus.send(&events, outbox.config.events.event_max_bytes).await;
    assert_eq!(report.sent.len(), 30, "{report:?}");
    outbox.relay();
    outbox.until_all_sent().await;
    let seen = Consumer::new(&broker).await.read("sales").await;
    check_order(&seen, &keys, 20);
    assert_eq!(seen.len(), 90);
    for key in keys {
        let first = seen.iter().filter(|seen| seen.key == key && seen.text() == "0");
        let ids: Vec<u64> = first.map(|seen| seen.id).collect();
        assert!(ids.len() == 2 && ids[0] == ids[1], "the same event has the same id: {ids:?}");
    }
    outbox.stop().await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn workers_that_are_killed_again_and_again_lose_nothing() {
    let broker = broker!(kafka::start());
    let keys = ["a", "b", "c", "d"];
    let outbox = Outbox::new("killed", &on_kafka(&broker, "batch_events = 10")).await;
    let start = || {
        let mut command = Command::new(env!("CARGO_BIN_EXE_tillsight-cloud"));
        command.arg("worker").stdin(Stdio::null()).stderr(Stdio::null());
        command.env("TILLSIGHT_CLOUD__DATA__DIR", &outbox.config.data.dir);
        command.env("TILLSIGHT_CLOUD__WORKER__LISTEN", "").env("TILLSIGHT_CLOUD__EVENTS__BUS", "kafka");
        for (name, value) in [("BATCH_EVENTS", "10"), ("LEASE_MS", "1000"), ("POLL_MS", "20")] {
            command.env(format!("TILLSIGHT_CLOUD__EVENTS__{name}"), value);
        }
        command.env("TILLSIGHT_CLOUD__KAFKA__BROKERS", format!("[\"{}\"]", broker.address()));
        ChildGuard::spawn(&mut command).unwrap()
    };
    let mut number = 0;
    for _ in 0..5 {
        outbox.add_numbers("sales", &keys, number, 30).await;
        number += 30;
        let worker = start();
        let before = outbox.waiting().await;
        // In the middle of it: some are gone, and more follow.
        until("the worker to send", async || (outbox.waiting().await < before).then_some(())).await;
        worker.kill().unwrap();
    }
    let worker = start();
    outbox.until_all_sent().await;
    worker.kill().unwrap();
    let seen = Consumer::new(&broker).await.read("sales").await;
    check_order(&seen, &keys, number);
    eprintln!("{} of {} came twice", seen.len() as u32 - number * 4, number * 4);
    assert!(seen.iter().all(|seen| seen.org == acme().as_str()));
    outbox.stop().await;
}
