//! Raw products from the bus: a topic of Kafka, read by one process at a time. How far it was read is kept in the database, after
//! what was read is; killed in between, some are read twice, which changes nothing.

use std::collections::BTreeMap;
use std::time::Duration;

use cloud_core::families::SourceKind;
use cloud_store::{Store, StoreError};
use domain::ids::OrgId;
use domain::time::WallMs;
use rskafka::client::partition::{OffsetAt, PartitionClient, UnknownTopicHandling};
use rskafka::record::RecordAndOffset;
use serde::Deserialize;
use service::health::{Health, Part};
use service::tasks::{CancellationToken, RestartPolicy, Tasks};

use super::raw::{self, RawRecord, source};
use crate::config::{BusKind, Config};
use crate::events::connect_to_kafka;
use crate::roles::now;

/// One process at a time reads.
const DUTY: &str = "raw_products";
/// Bytes that are read at once, and how long the broker waits for some.
const FETCH_MAX_BYTES: i32 = 4 << 20;
const FETCH_WAIT_MS: i32 = 500;
/// The pause after trouble with the bus.
const PAUSE: Duration = Duration::from_secs(5);

/// A message of the topic.
#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
struct Message {
    /// Whose products these are.
    org: String,
    /// What the sender is called.
    source: String,
    /// Up to 500 of them.
    items: Vec<RawRecord>,
}

/// Reads raw products, as a task of `tasks`, where the configuration names a topic.
pub(crate) fn spawn(tasks: &Tasks, health: &Health, config: &Config, store: &Store, owner: &str) {
    if config.events.bus != BusKind::Kafka || config.events.raw_products_topic.is_empty() {
        return;
    }
    let part = health.part("raw_products", false);
    let (config, store, owner) = (config.clone(), store.clone(), owner.to_owned());
    tasks.spawn_restarting("raw_products", RestartPolicy::default(), move |token| {
        let reader =
            Reader { config: config.clone(), store: store.clone(), owner: owner.clone(), part: part.clone() };
        async move { reader.run(&token).await }
    });
}

struct Reader {
    config: Config,
    store: Store,
    owner: String,
    part: Part,
}

impl Reader {
    async fn run(&self, token: &CancellationToken) -> anyhow::Result<()> {
        while !token.is_cancelled() {
            if !self.take_duty().await? {
                self.part.ok();
                token.run_until_cancelled(tokio::time::sleep(self.lease() / 3)).await;
                continue;
            }
            if let Some(Err(error)) = token.run_until_cancelled(self.read_topic()).await {
                tracing::warn!(error = format!("{error:#}"), "raw products are not read now: {error:#}");
                self.part.down("raw products are not read now: the log says more");
                token.run_until_cancelled(tokio::time::sleep(PAUSE)).await;
            }
        }
        Ok(self.store.leave_duty(DUTY, &self.owner).await?)
    }

    /// Reads all partitions in turn until something goes wrong.
    async fn read_topic(&self) -> anyhow::Result<()> {
        let topic = &self.config.events.raw_products_topic;
        let client = connect_to_kafka(&self.config.events, &self.config.kafka).await?;
        let topics = client.list_topics().await?;
        let numbers = topics.into_iter().find(|one| one.name == *topic).map(|one| one.partitions);
        let numbers = numbers.unwrap_or_default();
        anyhow::ensure!(
            !numbers.is_empty(),
            "there is no topic `{topic}`: make it, or empty `events.raw_products_topic`"
        );
        let mut partitions = Vec::with_capacity(numbers.len());
        for number in numbers {
            let partition = client.partition_client(topic, number, UnknownTopicHandling::Error).await?;
            let next = match self.store.bus_place(topic, number).await? {
                Some(next) => next,
                None => partition.get_offset(OffsetAt::Earliest).await?,
            };
            partitions.push((number, partition, next));
        }
        loop {
            self.part.ok();
            for (number, partition, next) in &mut partitions {
                anyhow::ensure!(self.take_duty().await?, "another process took over reading raw products");
                *next = self.read_some(topic, *number, partition, *next).await?;
            }
        }
    }

    /// Reads what there is of a partition; gives back the next place.
    async fn read_some(
        &self,
        topic: &str,
        number: i32,
        partition: &PartitionClient,
        next: i64,
    ) -> anyhow::Result<i64> {
        let fetching = partition.fetch_records(next, 1..FETCH_MAX_BYTES, FETCH_WAIT_MS);
        let fetched = tokio::time::timeout(self.config.events.send_time(), fetching).await?;
        let (records, _) = match fetched {
            Ok(fetched) => fetched,
            Err(error) => {
                // What was not read for so long that the broker forgot it is lost, and said so.
                let earliest = partition.get_offset(OffsetAt::Earliest).await?;
                if earliest <= next {
                    return Err(error.into());
                }
                tracing::error!(
                    topic,
                    number,
                    next,
                    earliest,
                    "the bus forgot raw products before they were read"
                );
                return Ok(earliest);
            }
        };
        let mut next = next;
        for RecordAndOffset { record, offset } in records {
            let bytes = record.value.unwrap_or_default();
            if let Err(problem) = self.take_in(&bytes).await? {
                metrics::counter!("tillsight_raw_products_refused_total").increment(1);
                tracing::error!(
                    topic,
                    number,
                    offset,
                    "raw products at {number}/{offset} are left out: {problem}"
                );
            }
            next = offset + 1;
            self.store.note_bus_place(topic, number, next).await?;
        }
        Ok(next)
    }

    /// Places a message's products; what can never be placed is told, and what cannot be now is an error.
    async fn take_in(&self, bytes: &[u8]) -> anyhow::Result<Result<(), String>> {
        if bytes.len() > self.config.events.event_max_bytes {
            return Ok(Err(format!("the message has {} bytes", bytes.len())));
        }
        let (org, raws) = match read(bytes) {
            Ok(read) => read,
            Err(problem) => return Ok(Err(problem)),
        };
        match self.store.place_raw_products(&org, &raws, now()).await {
            Ok(placed) => {
                raw::count(&placed);
                Ok(Ok(()))
            }
            Err(error @ (StoreError::Invalid { .. } | StoreError::NotFound { .. })) => {
                Ok(Err(error.to_string()))
            }
            Err(error) => Err(error.into()),
        }
    }

    async fn take_duty(&self) -> anyhow::Result<bool> {
        let now = now();
        let until = WallMs(now.0 + i64::try_from(self.config.events.lease_ms)?);
        Ok(self.store.take_duty(DUTY, &self.owner, now, until).await?)
    }

    fn lease(&self) -> Duration {
        Duration::from_millis(self.config.events.lease_ms)
    }
}

/// Reads a message; items of one key are taken once, the last one.
fn read(bytes: &[u8]) -> Result<(OrgId, Vec<cloud_store::NewRawProduct>), String> {
    let message: Message = serde_json::from_slice(bytes).map_err(|error| error.to_string())?;
    let org = OrgId::new(&message.org).map_err(|error| error.to_string())?;
    let source = source(SourceKind::Import, &message.source)?;
    let mut raws = BTreeMap::new();
    for (index, item) in message.items.into_iter().enumerate() {
        let raw = item.checked(source.clone()).map_err(|problem| format!("`items` {index}: {problem}"))?;
        raws.insert(raw.key.clone(), raw);
    }
    Ok((org, raws.into_values().collect()))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn says_what_is_wrong_with_a_message() {
        let good = br#"{"org": "acme", "source": "erp", "items": [{"key": "1", "name": "A"}, {"key": "1", "name": "B"}]}"#;
        let (org, raws) = read(good).unwrap();
        assert_eq!((org.as_str(), raws.len()), ("acme", 1));
        for (bad, words) in [
            ("", "EOF"),
            (r#"{"org": "A B", "source": "erp", "items": []}"#, "organisation"),
            (r#"{"org": "acme", "source": "", "items": []}"#, "source"),
            (r#"{"org": "acme", "source": "erp", "items": [{"name": "A"}]}"#, "`items` 0"),
            (r#"{"org": "acme", "source": "erp", "items": [], "more": 1}"#, "unknown field"),
        ] {
            let problem = read(bad.as_bytes()).unwrap_err();
            assert!(problem.contains(words), "{bad}: {problem}");
        }
    }
}
