//! Events to brokers that speak Kafka's protocol: one record each, with its key, acknowledged by all replicas in sync.
//!
//! Events of one key go to one partition, and of a partition one request is under way at a time, so the order of a key is
//! kept whatever fails. Partitions are served at once.

use std::collections::{BTreeMap, BTreeSet, HashMap, VecDeque};
use std::sync::Arc;
use std::time::{Duration, SystemTime};

use cloud_store::Event;
use futures_util::stream::{FuturesUnordered, StreamExt as _};
use hyper_rustls::ConfigBuilderExt as _;
use rskafka::BackoffConfig;
use rskafka::client::error::{Error, ProtocolError};
use rskafka::client::partition::{Compression, PartitionClient, UnknownTopicHandling};
use rskafka::client::{Client, ClientBuilder, Credentials, SaslConfig};
use rskafka::record::Record;
use rustls::pki_types::CertificateDer;
use rustls::pki_types::pem::PemObject as _;

use super::bus::{BusFailure, Report, key_of};
use super::partition::place_of;
use crate::config::{Events, Kafka, Sasl};

/// How long the client itself tries again at most, which bridges a change of leaders; what lasts longer is the relay's to wait
/// for.
const RETRY_WITHIN: Duration = Duration::from_secs(2);
/// The largest answer that is taken.
const ANSWER_MAX_BYTES: usize = 16 << 20;
/// How long making a topic may take.
const CREATE_MS: i32 = 10_000;

/// The way to Kafka.
pub struct KafkaBus {
    config: Kafka,
    prefix: String,
    batch_max_bytes: usize,
    send_time: Duration,
    connected: Option<Connected>,
}

struct Connected {
    client: Client,
    /// The partitions of each topic, in order, each with its connection once it was used.
    topics: HashMap<String, Vec<Partition>>,
}

struct Partition {
    number: i32,
    client: Option<Arc<PartitionClient>>,
}

/// What is to be said to one partition: its events in order.
struct Share<'a> {
    topic: &'a str,
    client: Arc<PartitionClient>,
    events: Vec<&'a Event>,
}

/// Why a request failed.
enum Cause {
    /// A record in it will never be taken.
    Record(String),
    /// The topic takes nothing.
    Topic(String),
    Bus(BusFailure),
}

impl KafkaBus {
    pub(super) fn new(events: &Events, config: &Kafka) -> Self {
        Self {
            config: config.clone(),
            prefix: events.prefix.clone(),
            batch_max_bytes: events.event_max_bytes,
            send_time: events.send_time(),
            connected: None,
        }
    }

    pub(super) async fn send(&mut self, events: &[&Event], report: &mut Report) {
        let shares = match self.shares(events, report).await {
            Ok(shares) => shares,
            Err(failure) => {
                self.connected = None;
                report.failure = Some(failure);
                return;
            }
        };
        let (batch_max_bytes, send_time) = (self.batch_max_bytes, self.send_time);
        let mut under_way: FuturesUnordered<_> =
            shares.into_iter().map(|share| send_share(share, batch_max_bytes, send_time)).collect();
        while let Some(of_share) = under_way.next().await {
            report.sent.extend(of_share.sent);
            report.refused.extend(of_share.refused);
            report.topics.extend(of_share.topics);
            report.failure = report.failure.take().or(of_share.failure);
        }
        if report.failure.is_some() {
            // What is half said on a connection must not be finished later: the next attempt begins with new ones.
            self.connected = None;
        } else if let Some(connected) = &mut self.connected {
            // A topic in trouble may have been made anew, with other partitions.
            connected.topics.retain(|topic, _| {
                !report.topics.keys().any(|name| *topic == format!("{}{name}", self.prefix))
            });
        }
    }

    /// Deals events out to partitions, connecting and making topics as needed.
    async fn shares<'a>(
        &mut self,
        events: &[&'a Event],
        report: &mut Report,
    ) -> Result<Vec<Share<'a>>, BusFailure> {
        let mut by_topic: BTreeMap<&'a str, Vec<&'a Event>> = BTreeMap::new();
        for event in events {
            by_topic.entry(&event.event.topic).or_default().push(event);
        }
        let mut connected = match self.connected.take() {
            Some(connected) => connected,
            None => within(self.send_time, self.connect()).await??,
        };
        let mut shares = Vec::new();
        for (topic, events) in by_topic {
            let found = within(self.send_time, self.find_topic(&mut connected, topic)).await?;
            let partitions = match found {
                Ok(partitions) => partitions,
                Err(Cause::Bus(failure)) => return Err(failure),
                Err(Cause::Topic(problem) | Cause::Record(problem)) => {
                    report.topics.insert(topic.to_owned(), problem);
                    continue;
                }
            };
            let mut by_place: BTreeMap<usize, Vec<&'a Event>> = BTreeMap::new();
            for event in events {
                by_place.entry(place_of(event.event.key.as_bytes(), partitions)).or_default().push(event);
            }
            for (place, events) in by_place {
                match within(self.send_time, self.partition(&mut connected, topic, place)).await? {
                    Ok(client) => shares.push(Share { topic, client, events }),
                    Err(Cause::Bus(failure)) => return Err(failure),
                    Err(Cause::Topic(problem) | Cause::Record(problem)) => {
                        report.topics.insert(topic.to_owned(), problem);
                    }
                }
            }
        }
        self.connected = Some(connected);
        Ok(shares)
    }

    async fn connect(&self) -> Result<Connected, BusFailure> {
        let client = connect(&self.config, self.send_time).await?;
        Ok(Connected { client, topics: HashMap::new() })
    }

    /// How many partitions a topic has; looks it up where it is not known, and makes it where it is missing.
    async fn find_topic(&self, connected: &mut Connected, topic: &str) -> Result<usize, Cause> {
        let name = format!("{}{topic}", self.prefix);
        if let Some(partitions) = connected.topics.get(&name) {
            return Ok(partitions.len());
        }
        let mut numbers = listed(&connected.client, &name).await?;
        if numbers.is_empty() && self.config.create_topics {
            tracing::info!(topic = name, "making the topic `{name}`, which is missing");
            let controller = connected.client.controller_client().map_err(cause_of)?;
            let (partitions, replication) = (i32::from(self.config.partitions), self.config.replication);
            match controller.create_topic(&name, partitions, replication, CREATE_MS).await {
                Ok(()) => {}
                Err(Error::ServerError { protocol_error: ProtocolError::TopicAlreadyExists, .. }) => {}
                Err(error) => return Err(cause_of(error)),
            }
            numbers = listed(&connected.client, &name).await?;
        }
        if numbers.is_empty() {
            let problem = format!("there is no topic `{name}`: make it, or set `kafka.create_topics`");
            return Err(Cause::Topic(problem));
        }
        let partitions: Vec<_> =
            numbers.into_iter().map(|number| Partition { number, client: None }).collect();
        let count = partitions.len();
        connected.topics.insert(name, partitions);
        Ok(count)
    }

    async fn partition(
        &self,
        connected: &mut Connected,
        topic: &str,
        place: usize,
    ) -> Result<Arc<PartitionClient>, Cause> {
        let name = format!("{}{topic}", self.prefix);
        let partition = connected.topics.get_mut(&name).and_then(|partitions| partitions.get_mut(place));
        let partition = partition.expect("the place was chosen among those that are there");
        if let Some(client) = &partition.client {
            return Ok(Arc::clone(client));
        }
        let handling = UnknownTopicHandling::Error;
        let client = connected.client.partition_client(&name, partition.number, handling).await;
        let client = Arc::new(client.map_err(cause_of)?);
        partition.client = Some(Arc::clone(&client));
        Ok(client)
    }
}

/// A client for whoever reads.
pub(crate) async fn connect_to_kafka(events: &Events, config: &Kafka) -> Result<Client, BusFailure> {
    within(events.send_time(), connect(config, events.send_time())).await?
}

async fn connect(config: &Kafka, send_time: Duration) -> Result<Client, BusFailure> {
    let retries = BackoffConfig {
        init_backoff: Duration::from_millis(50),
        max_backoff: Duration::from_millis(500),
        base: 2.0,
        deadline: Some(RETRY_WITHIN.min(send_time / 2)),
    };
    let mut builder = ClientBuilder::new(config.brokers.clone())
        .client_id("tillsight-cloud")
        .max_message_size(ANSWER_MAX_BYTES)
        .backoff_config(retries);
    if config.tls {
        builder = builder.tls_config(Arc::new(tls(config)?));
    }
    let credentials = || Credentials::new(config.user.clone(), config.password.clone());
    match config.sasl {
        Sasl::None => {}
        Sasl::Plain => builder = builder.sasl_config(SaslConfig::Plain(credentials())),
        Sasl::ScramSha256 => builder = builder.sasl_config(SaslConfig::ScramSha256(credentials())),
        Sasl::ScramSha512 => builder = builder.sasl_config(SaslConfig::ScramSha512(credentials())),
    }
    builder.build().await.map_err(failure_of)
}

/// The numbers of a topic's partitions; none where there is no such topic.
async fn listed(client: &Client, name: &str) -> Result<Vec<i32>, Cause> {
    let topics = client.list_topics().await.map_err(cause_of)?;
    let found = topics.into_iter().find(|topic| topic.name == name);
    Ok(found.map(|topic| topic.partitions.into_iter().collect()).unwrap_or_default())
}

/// Sends the events of one partition, as many at once as fit. A record that is refused is found by halving.
async fn send_share(share: Share<'_>, batch_max_bytes: usize, send_time: Duration) -> Report {
    let mut report = Report::default();
    let mut blocked = BTreeSet::new();
    let mut batches: VecDeque<Vec<&Event>> = batches(&share.events, batch_max_bytes).into();
    while let Some(mut batch) = batches.pop_front() {
        batch.retain(|event| !blocked.contains(&key_of(event)));
        let records = batch.iter().map(|event| record(event)).collect();
        let sending = share.client.produce(records, Compression::Snappy);
        let cause = match within(send_time, sending).await {
            Ok(Ok(_)) => {
                report.sent.extend(batch.iter().map(|event| event.id));
                continue;
            }
            Ok(Err(error)) => cause_of(error),
            Err(failure) => Cause::Bus(failure),
        };
        match cause {
            Cause::Record(problem) => {
                if let [event] = batch[..] {
                    blocked.insert(key_of(event));
                    report.refused.push((event.id, problem));
                } else {
                    let later = batch.split_off(batch.len() / 2);
                    batches.push_front(later);
                    batches.push_front(batch);
                }
            }
            Cause::Topic(problem) => {
                report.topics.insert(share.topic.to_owned(), problem);
                return report;
            }
            Cause::Bus(failure) => {
                report.failure = Some(failure);
                return report;
            }
        }
    }
    report
}

fn batches<'a>(events: &[&'a Event], max_bytes: usize) -> Vec<Vec<&'a Event>> {
    let mut batches: Vec<Vec<&Event>> = Vec::new();
    let mut room = 0;
    for event in events {
        let size = record(event).approximate_size();
        match batches.last_mut() {
            Some(batch) if size <= room => {
                batch.push(event);
                room -= size;
            }
            _ => {
                batches.push(vec![event]);
                room = max_bytes.saturating_sub(size);
            }
        }
    }
    batches
}

fn record(event: &Event) -> Record {
    let made_at = Duration::from_millis(u64::try_from(event.made_at.0).unwrap_or(0));
    let headers = [
        ("event_id", event.id.to_string()),
        ("org", event.org.to_string()),
        ("made_at_ms", event.made_at.0.to_string()),
        ("content_type", "application/json".to_owned()),
    ];
    Record {
        key: Some(event.event.key.as_bytes().to_vec()),
        value: Some(event.event.payload.clone()),
        headers: headers.map(|(name, value)| (name.to_owned(), value.into_bytes())).into(),
        timestamp: (SystemTime::UNIX_EPOCH + made_at).into(),
    }
}

fn tls(config: &Kafka) -> Result<rustls::ClientConfig, BusFailure> {
    let builder = rustls::ClientConfig::builder();
    if config.ca.as_os_str().is_empty() {
        let builder = builder.with_native_roots().map_err(|error| BusFailure::Unusable(error.into()))?;
        return Ok(builder.with_no_client_auth());
    }
    let unusable = |problem: String| {
        BusFailure::Unusable(format!("failed to read `kafka.ca` `{}`: {problem}", config.ca.display()).into())
    };
    let mut roots = rustls::RootCertStore::empty();
    let certificates =
        CertificateDer::pem_file_iter(&config.ca).map_err(|error| unusable(error.to_string()))?;
    for certificate in certificates {
        let certificate = certificate.map_err(|error| unusable(error.to_string()))?;
        roots.add(certificate).map_err(|error| unusable(error.to_string()))?;
    }
    Ok(builder.with_root_certificates(roots).with_no_client_auth())
}

/// The client has no limit of time of its own.
async fn within<T>(limit: Duration, work: impl Future<Output = T>) -> Result<T, BusFailure> {
    tokio::time::timeout(limit, work).await.map_err(|_| BusFailure::Silent(limit.as_millis()))
}

fn cause_of(error: Error) -> Cause {
    use ProtocolError as P;
    let Error::ServerError { protocol_error, error_message, .. } = &error else {
        return Cause::Bus(failure_of(error));
    };
    let said = match error_message {
        Some(message) => format!("the broker says {protocol_error}: {message}"),
        None => format!("the broker says {protocol_error}"),
    };
    match protocol_error {
        P::MessageTooLarge | P::RecordListTooLarge | P::InvalidRecord | P::CorruptMessage => {
            Cause::Record(said)
        }
        P::UnknownTopicOrPartition
        | P::TopicAuthorizationFailed
        | P::ClusterAuthorizationFailed
        | P::InvalidTopicException
        | P::InvalidPartitions
        | P::InvalidReplicationFactor
        | P::PolicyViolation
        | P::NotEnoughReplicas
        | P::NotEnoughReplicasAfterAppend => Cause::Topic(said),
        _ => Cause::Bus(failure_of(error)),
    }
}

/// The client wraps what happens while it connects into text.
fn failure_of(error: Error) -> BusFailure {
    let text = error.to_string();
    if text.contains("Sasl") || text.contains("SASL") {
        return BusFailure::Denied { section: "kafka", source: error.into() };
    }
    BusFailure::Away(error.into())
}
