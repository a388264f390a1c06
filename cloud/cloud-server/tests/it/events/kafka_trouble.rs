//! A broker that speaks Kafka's protocol and does not do what it should: it is away, frozen, locked, or has no such topic.

use std::time::Duration;

use service::health::PartState;
use testkit::kafka;
use testkit::net::free_address;

use super::kafka::broker;
use super::{Consumer, Outbox, QUICK, acme, check_order, on_kafka, until};

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_broker_that_was_away_gets_everything_once_it_is_back() {
    let broker = broker!(kafka::start());
    broker.crash().unwrap();
    let outbox = Outbox::new("away", &on_kafka(&broker, "")).await;
    outbox.add_numbers("sales", &["a", "b"], 0, 50).await;
    outbox.relay();
    let detail = outbox.until_part(PartState::Down).await;
    assert!(detail.contains("cannot be reached") && !detail.contains("127.0.0.1"), "{detail}");
    // Long enough for the circuit to have opened.
    until("several failures", async || {
        let said = outbox.health.parts();
        let since = said.iter().find(|part| &*part.part == "events")?.since;
        (since.elapsed().ok()? > Duration::from_secs(5)).then_some(())
    })
    .await;
    assert_eq!(outbox.waiting().await, 100, "nothing is lost while it is away");
    broker.start_again().unwrap();
    outbox.until_all_sent().await;
    outbox.until_part(PartState::Ok).await;
    check_order(&Consumer::new(&broker).await.read("sales").await, &["a", "b"], 50);
    outbox.stop().await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_broker_that_restarts_gets_the_rest_in_order() {
    let broker = broker!(kafka::start());
    let outbox = Outbox::new("restart", &on_kafka(&broker, "batch_events = 5")).await;
    outbox.add_numbers("sales", &["a", "b"], 0, 40).await;
    outbox.relay();
    until("some to be sent", async || (outbox.waiting().await < 60).then_some(())).await;
    // This broker forgets everything, its topics too: what comes after must be there, and in order.
    broker.crash().unwrap();
    broker.start_again().unwrap();
    outbox.add_numbers("sales", &["a", "b"], 40, 20).await;
    outbox.until_all_sent().await;
    let seen = Consumer::new(&broker).await.read("sales").await;
    for key in ["a", "b"] {
        let mut numbers: Vec<(i32, u32)> = seen
            .iter()
            .filter(|seen| seen.key == key)
            .map(|seen| (seen.partition, seen.text().parse().unwrap()))
            .collect();
        // The topic may have been made anew, with another number of partitions.
        assert!(numbers.is_sorted(), "{key}: {numbers:?}");
        numbers.sort_by_key(|(_, number)| *number);
        let numbers: Vec<u32> = numbers.into_iter().map(|(_, number)| number).collect();
        let wanted: Vec<u32> = (numbers[0]..60).collect();
        assert_eq!(numbers, wanted, "{key}: without a gap");
    }
    outbox.stop().await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_broker_that_hangs_is_left_alone_and_tried_again() {
    let broker = broker!(kafka::start());
    let outbox = Outbox::new("frozen", &on_kafka(&broker, "")).await;
    outbox.add_numbers("sales", &["a"], 0, 10).await;
    outbox.relay();
    outbox.until_all_sent().await;
    broker.freeze(true).unwrap();
    outbox.add_numbers("sales", &["a"], 10, 10).await;
    let detail = outbox.until_part(PartState::Down).await;
    assert!(detail.contains("does not answer"), "{detail}");
    broker.freeze(false).unwrap();
    outbox.until_all_sent().await;
    check_order(&Consumer::new(&broker).await.read("sales").await, &["a"], 20);
    outbox.stop().await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn an_event_that_is_too_large_is_parked_and_the_others_go_on() {
    let broker = broker!(kafka::start());
    let settings = on_kafka(&broker, "event_max_bytes = 2000\nattempts_max = 3");
    let outbox = Outbox::new("large", &settings).await;
    outbox.add("sales", "a", "0").await;
    let large = outbox.add("sales", "a", vec![b'x'; 3000]).await;
    outbox.add("sales", "a", "1").await;
    outbox.add("sales", "b", "0").await;
    outbox.add("sales", "b", "1").await;
    outbox.relay();
    outbox.until_all_sent().await;
    check_order(&Consumer::new(&broker).await.read("sales").await, &["a", "b"], 2);
    let parked = outbox.store.parked_events(&acme(), 10).await.unwrap();
    assert_eq!((parked.len(), parked[0].id, parked[0].attempts), (1, large, 3));
    assert!(parked[0].problem.contains("events.event_max_bytes"), "{}", parked[0].problem);
    outbox.stop().await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_broker_that_refuses_the_password_is_named_by_its_section() {
    let broker = broker!(kafka::start_locked());
    let settings =
        format!("{}sasl = \"PLAIN\"\nuser = \"tillsight\"\npassword = \"wrong\"\n", on_kafka(&broker, ""));
    let outbox = Outbox::new("locked", &settings).await;
    outbox.add("sales", "a", "0").await;
    outbox.relay();
    let detail = outbox.until_part(PartState::Down).await;
    assert!(detail.contains("password of `kafka`"), "{detail}");
    assert_eq!(outbox.waiting().await, 1);
    outbox.stop().await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_missing_topic_holds_up_its_own_events_only() {
    let broker = broker!(kafka::start());
    let consumer = Consumer::new(&broker).await;
    let controller = consumer.client.controller_client().unwrap();
    controller.create_topic("sales", 2, 1, 5_000).await.unwrap();
    let settings = format!("{}create_topics = false\n", on_kafka(&broker, ""));
    let outbox = Outbox::new("missing", &settings).await;
    outbox.add_numbers("product_changes", &["milk"], 0, 3).await;
    outbox.add_numbers("sales", &["a"], 0, 3).await;
    outbox.relay();
    let detail = outbox.until_part(PartState::Degraded).await;
    assert!(
        detail.contains("no topic `product_changes`") && detail.contains("kafka.create_topics"),
        "{detail}"
    );
    until("the sales to be sent", async || (outbox.waiting().await == 3).then_some(())).await;
    controller.create_topic("product_changes", 2, 1, 5_000).await.unwrap();
    outbox.until_all_sent().await;
    outbox.until_part(PartState::Ok).await;
    check_order(&consumer.read("product_changes").await, &["milk"], 3);
    check_order(&consumer.read("sales").await, &["a"], 3);
    outbox.stop().await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_wrong_address_says_so_and_stops_at_once_when_told() {
    let nobody = free_address().unwrap();
    let settings = format!("[events]\nbus = \"kafka\"\n{QUICK}[kafka]\nbrokers = [\"{nobody}\"]\n");
    let outbox = Outbox::new("nobody", &settings).await;
    outbox.add("sales", "a", "0").await;
    outbox.relay();
    outbox.until_part(PartState::Down).await;
    outbox.stop().await;
}
