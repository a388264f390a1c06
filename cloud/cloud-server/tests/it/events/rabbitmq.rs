//! RabbitMQ: it takes seconds to start, so one test tells a story with one server.

use futures_util::StreamExt as _;
use lapin::options::{BasicAckOptions, BasicConsumeOptions, QueueBindOptions, QueueDeclareOptions};
use lapin::types::FieldTable;
use lapin::{Channel, Connection, ConnectionProperties};
use service::health::PartState;
use testkit::rabbitmq::{self, MESSAGE_MAX_BYTES, PASSWORD, RabbitMq};

use super::kafka::broker;
use super::{Outbox, QUICK, Seen, acme, check_order, tls, until};

const EXCHANGE: &str = "tillsight.events";

fn settings(rabbitmq: &RabbitMq, password: &str) -> String {
    let url = rabbitmq.url(password);
    // Above the broker's own limit, so that it is the broker who refuses.
    let events = "event_max_bytes = 1000000\nattempts_max = 2\n";
    format!("[events]\nbus = \"amqp\"\n{QUICK}{events}[amqp]\nurl = \"{url}\"\n")
}

async fn channel(rabbitmq: &RabbitMq) -> (Connection, Channel) {
    let options = ConnectionProperties::default;
    let found = until("RabbitMQ to take us", async || {
        let connection = Connection::connect(&rabbitmq.url(PASSWORD), options()).await.ok()?;
        let channel = connection.create_channel().await.ok()?;
        Some((connection, channel))
    });
    found.await
}

/// A durable queue for one topic.
async fn bind(rabbitmq: &RabbitMq, topic: &str) {
    let (_connection, channel) = channel(rabbitmq).await;
    let options = QueueDeclareOptions { durable: true, ..Default::default() };
    channel.queue_declare(topic.into(), options, FieldTable::default()).await.unwrap();
    let (exchange, options) = (EXCHANGE.into(), QueueBindOptions::default());
    channel.queue_bind(topic.into(), exchange, topic.into(), options, FieldTable::default()).await.unwrap();
}

/// Takes messages out of a queue until they are enough.
async fn take(rabbitmq: &RabbitMq, queue: &str, is_enough: impl Fn(&[Seen]) -> bool) -> Vec<Seen> {
    let (_connection, channel) = channel(rabbitmq).await;
    let (tag, options) = ("test".into(), BasicConsumeOptions::default());
    let mut consumer =
        channel.basic_consume(queue.into(), tag, options, FieldTable::default()).await.unwrap();
    let mut seen = Vec::new();
    while !is_enough(&seen) {
        let delivery = tokio::time::timeout(super::LIMIT, consumer.next()).await;
        let delivery = delivery.unwrap_or_else(|_| panic!("no more than {seen:?}")).unwrap().unwrap();
        assert_eq!(delivery.properties.delivery_mode(), &Some(2), "it outlives the broker");
        let headers = delivery.properties.headers().clone().unwrap();
        let header = |name: &str| {
            let value = headers.inner()[name].as_long_string().unwrap().clone();
            String::from_utf8(value.as_bytes().to_vec()).unwrap()
        };
        let id = header("event_id");
        assert_eq!(delivery.properties.message_id().as_ref().unwrap().as_str(), id);
        let payload = delivery.data.clone();
        let (key, org, id) = (header("key"), header("org"), id.parse().unwrap());
        seen.push(Seen { partition: 0, key, id, org, payload });
        delivery.ack(BasicAckOptions::default()).await.unwrap();
    }
    seen
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_durable_queue_gets_everything_in_order_whatever_happens_to_the_broker() {
    let broker = broker!(rabbitmq::start());

    let wrong = Outbox::new("amqp-wrong", &settings(&broker, "wrong")).await;
    wrong.add("sales", "a", "0").await;
    wrong.relay();
    let detail = wrong.until_part(PartState::Down).await;
    assert!(detail.contains("password of `amqp`"), "{detail}");
    wrong.stop().await;

    let outbox = Outbox::new("amqp", &settings(&broker, PASSWORD)).await;
    outbox.add_numbers("product_changes", &["milk"], 0, 2).await;
    outbox.relay();
    let detail = outbox.until_part(PartState::Degraded).await;
    assert!(detail.contains("no queue takes `product_changes`"), "{detail}");
    assert_eq!(outbox.waiting().await, 2, "the broker would have thrown them away");
    bind(&broker, "sales").await;
    outbox.add_numbers("sales", &["a", "b"], 0, 100).await;
    let large = outbox.add("sales", "a", vec![b'x'; MESSAGE_MAX_BYTES + 1]).await;
    outbox.add_numbers("sales", &["a", "b"], 100, 20).await;
    until("only those that nobody takes to wait", async || (outbox.waiting().await == 2).then_some(())).await;
    let parked = outbox.store.parked_events(&acme(), 10).await.unwrap();
    assert_eq!((parked.len(), parked[0].id, parked[0].attempts), (1, large, 2));
    assert!(parked[0].problem.contains("PRECONDITION"), "{}", parked[0].problem);

    tls::send_to_rabbitmq(&broker).await;
    bind(&broker, "product_changes").await;
    outbox.until_all_sent().await;
    let seen = take(&broker, "product_changes", |seen| seen.len() >= 2).await;
    check_order(&seen, &["milk"], 2);

    // What was confirmed is on the disk, and what was not is sent again.
    outbox.add_numbers("sales", &["a", "b"], 120, 200).await;
    until("some to be sent", async || (outbox.waiting().await < 300).then_some(())).await;
    broker.crash().unwrap();
    outbox.add_numbers("sales", &["a", "b"], 320, 30).await;
    outbox.until_part(PartState::Down).await;
    broker.start_again().unwrap();
    outbox.until_all_sent().await;
    outbox.until_part(PartState::Ok).await;
    let last = |key: &'static str| move |seen: &Seen| seen.key == key && seen.text() == "349";
    let is_enough = |seen: &[Seen]| seen.iter().any(last("a")) && seen.iter().any(last("b"));
    let seen = take(&broker, "sales", is_enough).await;
    let (over_tls, seen): (Vec<Seen>, Vec<Seen>) = seen.into_iter().partition(|seen| seen.key == "tls");
    assert_eq!(over_tls.len(), 1);
    check_order(&seen, &["a", "b"], 350);
    eprintln!("{} of 700 came twice", seen.len() - 700);
    outbox.stop().await;
}
