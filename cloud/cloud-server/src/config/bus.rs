//! Where events go: what is sent, when it is forgotten, and how each bus is reached.

use std::fmt;
use std::path::PathBuf;
use std::time::Duration;

use serde::Deserialize;
use service::config::Impossible;

/// Longest prefix of a topic: with it every topic stays far below what Kafka and AMQP take.
const PREFIX_MAX_LEN: usize = 100;

/// Kinds of buses.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum BusKind {
    /// Nobody is told.
    None,
    /// Brokers that speak Kafka's protocol.
    Kafka,
    /// A broker that speaks AMQP 0.9.1, such as RabbitMQ.
    Amqp,
}

/// How a Kafka client proves who it is.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Deserialize)]
pub enum Sasl {
    /// It does not.
    #[serde(rename = "none")]
    None,
    /// The password as it is; needs TLS to be a secret.
    #[serde(rename = "PLAIN")]
    Plain,
    /// RFC 7677.
    #[serde(rename = "SCRAM-SHA-256")]
    ScramSha256,
    /// The same with a longer hash.
    #[serde(rename = "SCRAM-SHA-512")]
    ScramSha512,
}

/// What is sent, and what becomes of it.
#[derive(Debug, Clone, Deserialize)]
#[serde(deny_unknown_fields)]
#[allow(missing_docs, reason = "each field is explained where people read it, in tillsight-cloud.toml")]
pub struct Events {
    pub bus: BusKind,
    pub prefix: String,
    pub topics: Vec<String>,
    pub keep_sent_hours: u32,
    pub keep_unsent_hours: u32,
    pub event_max_bytes: usize,
    pub attempts_max: u32,
    pub raw_products_topic: String,
    pub batch_events: u32,
    pub batch_bytes: u64,
    pub poll_ms: u64,
    pub send_time_ms: u64,
    pub lease_ms: u64,
    pub retry_first_ms: u64,
    pub retry_longest_ms: u64,
}

/// How Kafka is reached.
#[derive(Clone, Deserialize)]
#[serde(deny_unknown_fields)]
#[allow(missing_docs, reason = "each field is explained where people read it, in tillsight-cloud.toml")]
pub struct Kafka {
    pub brokers: Vec<String>,
    pub tls: bool,
    pub ca: PathBuf,
    pub sasl: Sasl,
    pub user: String,
    pub password: String,
    pub create_topics: bool,
    pub partitions: u16,
    pub replication: i16,
}

/// How RabbitMQ is reached.
#[derive(Clone, Deserialize)]
#[serde(deny_unknown_fields)]
#[allow(missing_docs, reason = "each field is explained where people read it, in tillsight-cloud.toml")]
pub struct Amqp {
    pub url: String,
    pub ca: PathBuf,
    pub exchange: String,
}

/// It holds a password, which belongs in no log.
impl fmt::Debug for Kafka {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "Kafka({:?}, ..)", self.brokers)
    }
}

/// So does this.
impl fmt::Debug for Amqp {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "Amqp({:?}, ..)", self.exchange)
    }
}

impl Events {
    /// How long a bus may take to answer.
    pub fn send_time(&self) -> Duration {
        Duration::from_millis(self.send_time_ms)
    }

    /// What cannot be here, or in the section of the bus that is chosen.
    pub(super) fn impossible(&self, kafka: &Kafka, amqp: &Amqp) -> Vec<Impossible> {
        let mut found = self.out_of_range();
        let mut add = |key: &str, reason: String| found.push(Impossible { key: key.to_owned(), reason });
        let is_topic = |name: &str| {
            name.len() <= PREFIX_MAX_LEN
                && name.bytes().all(|b| b.is_ascii_alphanumeric() || b"._-".contains(&b))
        };
        if !is_topic(&self.prefix) {
            add(
                "events.prefix",
                "may have up to 100 letters, digits, dots, dashes and underscores".to_owned(),
            );
        }
        if let Some(topic) = self.topics.iter().find(|topic| topic.is_empty() || !is_topic(topic)) {
            add("events.topics", format!("has `{topic}`, which is no topic's name"));
        }
        if !is_topic(&self.raw_products_topic) {
            add("events.raw_products_topic", "is no topic's name".to_owned());
        }
        if !self.raw_products_topic.is_empty() && self.bus != BusKind::Kafka {
            add(
                "events.raw_products_topic",
                "is read with `events.bus` = \"kafka\" alone: leave it empty".to_owned(),
            );
        }
        match self.bus {
            BusKind::None => {}
            BusKind::Kafka => kafka.check(&mut add),
            BusKind::Amqp => amqp.check(&mut add),
        }
        found
    }

    fn out_of_range(&self) -> Vec<Impossible> {
        let mut found = Vec::new();
        for (key, value, least, most) in [
            ("events.keep_sent_hours", u64::from(self.keep_sent_hours), 1, 87_600),
            ("events.keep_unsent_hours", u64::from(self.keep_unsent_hours), 1, 87_600),
            ("events.event_max_bytes", self.event_max_bytes as u64, 1024, 128 << 20),
            ("events.attempts_max", u64::from(self.attempts_max), 1, 1000),
            ("events.batch_events", u64::from(self.batch_events), 1, 10_000),
            ("events.batch_bytes", self.batch_bytes, 1024, 256 << 20),
            ("events.poll_ms", self.poll_ms, 10, 60_000),
            ("events.send_time_ms", self.send_time_ms, 100, 300_000),
            ("events.lease_ms", self.lease_ms, 1000, 3_600_000),
            ("events.retry_first_ms", self.retry_first_ms, 10, 60_000),
            ("events.retry_longest_ms", self.retry_longest_ms, 10, 3_600_000),
        ] {
            if !(least..=most).contains(&value) {
                let reason = format!("is {value}: set it from {least} to {most}");
                found.push(Impossible { key: key.to_owned(), reason });
            }
        }
        found
    }
}

impl Kafka {
    fn check(&self, add: &mut impl FnMut(&str, String)) {
        if self.brokers.is_empty() {
            add("kafka.brokers", "is empty, but `events.bus` = \"kafka\" needs one at least".to_owned());
        }
        let has_port = |broker: &&String| {
            broker
                .rsplit_once(':')
                .is_some_and(|(host, port)| !host.is_empty() && port.parse::<u16>().is_ok())
        };
        if let Some(broker) = self.brokers.iter().find(|broker| !has_port(broker)) {
            add("kafka.brokers", format!("has `{broker}`: write HOST:PORT"));
        }
        if self.sasl != Sasl::None && (self.user.is_empty() || self.password.is_empty()) {
            let empty = if self.user.is_empty() { "kafka.user" } else { "kafka.password" };
            add(empty, "is empty, but `kafka.sasl` needs it".to_owned());
        }
        if self.partitions == 0 {
            add("kafka.partitions", "is 0: set it from 1 to 65535".to_owned());
        }
        if self.replication == 0 || self.replication < -1 {
            add("kafka.replication", format!("is {}: set it from 1, or to -1", self.replication));
        }
    }
}

impl Amqp {
    fn check(&self, add: &mut impl FnMut(&str, String)) {
        if self.url.is_empty() {
            add("amqp.url", "is empty, but `events.bus` = \"amqp\" needs it".to_owned());
        } else if let Err(problem) = self.url.parse::<lapin::uri::AMQPUri>() {
            // The address itself may hold a password.
            add("amqp.url", format!("cannot be used: {problem}: write amqp://USER:PASSWORD@HOST:PORT/VHOST"));
        }
        if self.exchange.is_empty() || self.exchange.len() > 127 || self.exchange.starts_with("amq.") {
            let wanted = "has to have 1 to 127 characters and not to begin with `amq.`";
            add("amqp.exchange", wanted.to_owned());
        }
    }
}
