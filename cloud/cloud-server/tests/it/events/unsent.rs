//! Events that nobody is told of, and old ones.

use cloud_server::events::relay::Relay;
use cloud_server::roles::now;
use cloud_store::{EventId, Role};
use domain::time::WallMs;
use reqwest::{Method, StatusCode};
use serde_json::{Value, json};

use super::{Outbox, QUICK, acme};
use crate::support::Cloud;

const HOUR_MS: i64 = 3_600_000;

#[tokio::test]
async fn what_nobody_is_told_of_is_forgotten_after_a_while() {
    let settings = "[events]\nkeep_unsent_hours = 10\nkeep_sent_hours = 5\n";
    let outbox = Outbox::new("unsent", settings).await;
    let sent = outbox.add("sales", "a", "0").await;
    outbox.add("sales", "a", "1").await;
    outbox.store.mark_sent(&[sent], now()).await.unwrap();
    let part = outbox.health.part("events", false);
    let relay = Relay::new(&outbox.config, outbox.store.clone(), "relay".to_owned(), part);
    let after = |hours: i64| WallMs(now().0 + hours * HOUR_MS);
    assert_eq!(relay.forget_old(after(4)).await.unwrap(), 0);
    assert_eq!(relay.forget_old(after(6)).await.unwrap(), 1);
    assert_eq!(relay.forget_old(after(11)).await.unwrap(), 1);
    outbox.stop().await;
}

#[tokio::test]
async fn with_a_bus_only_topics_that_are_not_sent_are_forgotten() {
    let kafka = "[kafka]\nbrokers = [\"127.0.0.1:1\"]\n";
    let settings = format!("[events]\nbus = \"kafka\"\ntopics = [\"sales\"]\n{QUICK}{kafka}");
    let outbox = Outbox::new("filtered", &settings).await;
    outbox.add("sales", "a", "0").await;
    outbox.add("product_changes", "milk", "1").await;
    let part = outbox.health.part("events", false);
    let relay = Relay::new(&outbox.config, outbox.store.clone(), "relay".to_owned(), part);
    assert_eq!(relay.forget_old(WallMs(now().0 + 1_000 * HOUR_MS)).await.unwrap(), 1);
    let left = outbox.store.waiting_events(EventId(0), 10).await.unwrap();
    assert_eq!((left.len(), left[0].event.topic.as_str()), (1, "sales"));
    outbox.stop().await;
}

#[tokio::test]
async fn parked_events_are_shown_released_and_discarded() {
    let cloud = Cloud::start("parked", "[worker]\nin_server = false").await;
    let org = cloud.organisation(acme().as_str()).await;
    let owner = cloud.person(&org, "ann", &[(Role::Owner, None)]).await;
    let event = |payload: &str| cloud_store::NewEvent {
        topic: "sales".to_owned(),
        key: "main/till-1".to_owned(),
        payload: payload.as_bytes().to_vec(),
    };
    let mut ids = Vec::new();
    for payload in ["one", "two!"] {
        let id = cloud.store.add_event(&org, &event(payload), now()).await.unwrap();
        assert!(cloud.store.refuse_event(id, "too large", 1, now()).await.unwrap());
        ids.push(id);
    }
    let listed =
        async || -> Value { cloud.get_as(&owner, "/api/v1/parked-events").await.json().await.unwrap() };
    let items = listed().await;
    assert_eq!(items["items"].as_array().unwrap().len(), 2);
    let latest = &items["items"][0];
    assert_eq!((&latest["id"], &latest["size_bytes"]), (&json!(ids[1].0), &json!(4)));
    assert_eq!((&latest["problem"], &latest["attempts"]), (&json!("too large"), &json!(1)));
    let release = format!("/api/v1/parked-events/{}/release", ids[0]);
    cloud.send(&owner, Method::POST, &release, json!({}), StatusCode::NO_CONTENT).await;
    cloud.send(&owner, Method::POST, &release, json!({}), StatusCode::NOT_FOUND).await;
    let discard = format!("/api/v1/parked-events/{}", ids[1]);
    cloud.send(&owner, Method::DELETE, &discard, json!({}), StatusCode::NO_CONTENT).await;
    assert_eq!(listed().await["items"], json!([]));
    let waiting = cloud.store.waiting_events(EventId(0), 10).await.unwrap();
    assert_eq!(waiting.iter().map(|event| event.id).collect::<Vec<_>>(), [ids[0]]);
    let audit: Value = cloud.get_as(&owner, "/api/v1/audit").await.json().await.unwrap();
    assert!(audit.to_string().contains("event.discard") && audit.to_string().contains("event.release"));
    cloud.stop().await;
}
