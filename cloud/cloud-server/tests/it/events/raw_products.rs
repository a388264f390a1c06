//! Raw products that come over a real broker.

use cloud_store::FamilyFilter;
use rskafka::client::ClientBuilder;
use rskafka::client::partition::{Compression, UnknownTopicHandling};
use rskafka::record::Record;
use testkit::kafka;

use super::kafka::broker;
use super::{acme, on_kafka, until};
use crate::support::Cloud;

fn record(text: &str) -> Record {
    let value = Some(text.as_bytes().to_vec());
    Record {
        key: None,
        value,
        headers: std::collections::BTreeMap::new(),
        timestamp: std::time::SystemTime::now().into(),
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn takes_raw_products_in_once_and_leaves_poison_out() {
    let broker = broker!(kafka::start());
    let client = ClientBuilder::new(vec![broker.address().to_string()]).build().await.unwrap();
    client.controller_client().unwrap().create_topic("raw_products", 1, 1, 10_000).await.unwrap();
    let partition = client.partition_client("raw_products", 0, UnknownTopicHandling::Retry).await.unwrap();
    let say = async |texts: &[&str]| {
        let records = texts.iter().map(|text| record(text)).collect();
        partition.produce(records, Compression::NoCompression).await.unwrap();
    };
    let settings =
        format!("{}[worker]\npoll_ms = 20\n", on_kafka(&broker, "raw_products_topic = \"raw_products\""));
    let cloud = Cloud::start("raw-topic", &settings).await;
    cloud.organisation("acme").await;
    let milk = r#"{"org": "acme", "source": "erp", "items": [{"key": "1", "name": "Milk 1 l"}]}"#;
    let nobody = r#"{"org": "nobody", "source": "erp", "items": [{"key": "1", "name": "Milk"}]}"#;
    let beer = r#"{"org": "acme", "source": "erp", "items": [{"key": "2", "name": "Beer 0.5 l"}]}"#;
    say(&[milk, "not json", nobody, milk, beer]).await;
    let families = async |wanted: usize| {
        let found = async || {
            let found = cloud.store.families(&acme(), &FamilyFilter::default(), None, 10).await.unwrap();
            (found.len() == wanted).then_some(())
        };
        until(&format!("{wanted} families"), found).await;
    };
    families(2).await;
    until("all to be read", async || {
        (cloud.store.bus_place("raw_products", 0).await.unwrap() == Some(5)).then_some(())
    })
    .await;
    let raws = cloud.store.raw_products(&acme(), None, None, 10).await.unwrap();
    assert_eq!(raws.len(), 2, "the same again is the same");
    // What comes later is read from where it was.
    say(&[r#"{"org": "acme", "source": "erp", "items": [{"key": "3", "name": "Wine 0.75 l"}]}"#]).await;
    families(3).await;
    cloud.stop().await;
}
