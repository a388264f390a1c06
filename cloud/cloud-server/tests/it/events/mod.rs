//! Events on their way to real brokers.

mod kafka;
mod kafka_trouble;
mod rabbitmq;
mod raw_products;
mod tls;
mod unsent;

use std::path::PathBuf;
use std::sync::Arc;
use std::time::{Duration, Instant};

use cloud_server::config::Config;
use cloud_server::events::relay::Relay;
use cloud_server::roles;
use cloud_server::roles::now;
use cloud_store::{EventId, NewEvent, Store, Topics};
use domain::ids::OrgId;
use rskafka::client::partition::{OffsetAt, UnknownTopicHandling};
use rskafka::client::{Client, ClientBuilder};
use rustls::pki_types::CertificateDer;
use rustls::pki_types::pem::PemObject as _;
use service::health::{Health, PartState};
use service::tasks::Tasks;
use testkit::kafka::Kafka;
use testkit::scratch::Scratch;

use super::support::config;

/// Nothing here takes longer, even on a busy box.
const LIMIT: Duration = Duration::from_secs(120);

/// Quick enough for a test.
const QUICK: &str =
    "poll_ms = 20\nsend_time_ms = 1000\nlease_ms = 1000\nretry_first_ms = 20\nretry_longest_ms = 300\n";

/// A relay of one's own with its database.
struct Outbox {
    store: Store,
    config: Config,
    health: Health,
    tasks: Tasks,
    _folder: Scratch,
}

impl Outbox {
    /// With these settings (TOML); nothing is sent yet.
    async fn new(name: &str, settings: &str) -> Self {
        roles::install_crypto();
        let folder = Scratch::new(name);
        let config = config(folder.path(), settings);
        assert_eq!(config.impossible().into_iter().map(|wrong| wrong.key).collect::<Vec<_>>(), [""; 0]);
        roles::make_folder(&config.data.dir).unwrap();
        let store = roles::open_store(&config, true).await.unwrap();
        Self { store, config, health: Health::new(), tasks: Tasks::new(), _folder: folder }
    }

    /// Starts to send.
    fn relay(&self) {
        self.relay_as("relay");
    }

    /// The same under another name.
    fn relay_as(&self, owner: &str) {
        let part = self.health.part("events", false);
        let mut relay = Relay::new(&self.config, self.store.clone(), owner.to_owned(), part);
        let token = self.tasks.token();
        self.tasks.spawn("relay", async move { relay.run(&token).await });
    }

    async fn add(&self, topic: &str, key: &str, payload: impl Into<Vec<u8>>) -> EventId {
        let event = NewEvent { topic: topic.to_owned(), key: key.to_owned(), payload: payload.into() };
        self.store.add_event(&acme(), &event, now()).await.unwrap()
    }

    /// Numbers from `first` on under each of these keys, in turn.
    async fn add_numbers(&self, topic: &str, keys: &[&str], first: u32, count: u32) {
        for number in first..first + count {
            for key in keys {
                self.add(topic, key, number.to_string()).await;
            }
        }
    }

    async fn waiting(&self) -> u64 {
        self.store.event_counts(&Topics::ALL).await.unwrap().waiting
    }

    async fn until_all_sent(&self) {
        until("all events to be sent", async || (self.waiting().await == 0).then_some(())).await;
    }

    /// Waits until the part `events` says so; gives back its detail.
    async fn until_part(&self, state: PartState) -> String {
        let found = async || {
            let part = self.health.parts().into_iter().find(|part| &*part.part == "events");
            part.filter(|part| part.state == state).map(|part| part.detail.unwrap_or_default())
        };
        until(&format!("the part to be {}", state.as_str()), found).await
    }

    async fn stop(self) {
        let report = self.tasks.stop(LIMIT).await;
        assert!(report.failures.is_empty() && report.stuck.is_empty(), "{report:?}");
        self.store.close().await;
    }
}

fn acme() -> OrgId {
    OrgId::new("acme").unwrap()
}

/// Asks until there is an answer, with a limit.
async fn until<T>(what: &str, mut ask: impl AsyncFnMut() -> Option<T>) -> T {
    let began = Instant::now();
    loop {
        if let Some(found) = ask().await {
            return found;
        }
        assert!(began.elapsed() < LIMIT, "waited in vain for {what}");
        tokio::time::sleep(Duration::from_millis(10)).await;
    }
}

/// An event as a consumer got it.
#[derive(Debug, Clone, PartialEq, Eq)]
struct Seen {
    /// Of its topic; 0 where there are none.
    partition: i32,
    key: String,
    id: u64,
    org: String,
    payload: Vec<u8>,
}

impl Seen {
    fn text(&self) -> String {
        String::from_utf8(self.payload.clone()).unwrap()
    }
}

/// Settings for this broker, with these added to `[events]`.
fn on_kafka(kafka: &Kafka, events: &str) -> String {
    format!("[events]\nbus = \"kafka\"\n{QUICK}{events}\n[kafka]\nbrokers = [\"{}\"]\n", kafka.address())
}

/// Reads everything that a broker has of a topic.
struct Consumer {
    client: Client,
}

impl Consumer {
    async fn new(kafka: &Kafka) -> Self {
        Self { client: ClientBuilder::new(vec![kafka.address()]).build().await.unwrap() }
    }

    /// Of one that stands behind TLS, and tells clients to come there.
    async fn behind(kafka: &Kafka, ca: PathBuf) -> Self {
        let mut roots = rustls::RootCertStore::empty();
        roots.add(CertificateDer::from_pem_file(ca).unwrap()).unwrap();
        let tls = rustls::ClientConfig::builder().with_root_certificates(roots).with_no_client_auth();
        // Where it says that it is, there is TLS; where it really is, there is none.
        let told = kafka.advertised();
        let client = ClientBuilder::new(vec![told]).tls_config(Arc::new(tls)).build().await.unwrap();
        Self { client }
    }

    /// All records so far, partition by partition; none where there is no such topic.
    async fn read(&self, topic: &str) -> Vec<Seen> {
        let topics = self.client.list_topics().await.unwrap();
        let Some(found) = topics.into_iter().find(|found| found.name == topic) else { return Vec::new() };
        let mut seen = Vec::new();
        for partition in found.partitions {
            let client =
                self.client.partition_client(topic, partition, UnknownTopicHandling::Retry).await.unwrap();
            let end = client.get_offset(OffsetAt::Latest).await.unwrap();
            let mut offset = 0;
            while offset < end {
                let (records, _) = client.fetch_records(offset, 1..8_000_000, 100).await.unwrap();
                for record in records {
                    offset = record.offset + 1;
                    let header = |name: &str| String::from_utf8(record.record.headers[name].clone()).unwrap();
                    seen.push(Seen {
                        partition,
                        key: String::from_utf8(record.record.key.clone().unwrap()).unwrap(),
                        id: header("event_id").parse().unwrap(),
                        org: header("org"),
                        payload: record.record.value.clone().unwrap_or_default(),
                    });
                }
            }
        }
        seen
    }
}

/// Checks that of each key the numbers came in order once what came again is left out, and that none is missing: 0, 1, 2, ...
fn check_order<'a>(seen: impl IntoIterator<Item = &'a Seen>, keys: &[&str], count: u32) {
    let mut next: std::collections::BTreeMap<&str, u32> = keys.iter().map(|key| (*key, 0)).collect();
    for event in seen {
        let number: u32 = event.text().parse().unwrap();
        let next = next.get_mut(event.key.as_str()).unwrap();
        assert!(number <= *next, "{} came before {next} of {}", number, event.key);
        if number == *next {
            *next += 1;
        }
    }
    assert!(next.values().all(|next| *next == count), "{next:?} instead of {count} each");
}
