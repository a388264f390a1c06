//! What `tillsight-cloud` can be told: the shape of `tillsight-cloud.toml`, and the checks that a shape cannot express.

mod backups;
mod bus;
mod documents;
mod exports;
mod forecast;
mod hooks;
mod language;
mod monitoring;
mod mqtt;
mod notify;
mod parser;
mod search;

use std::net::{IpAddr, SocketAddr};
use std::path::{Path, PathBuf};
use std::time::Duration;

use anyhow::Context as _;
use cloud_store::{Address, StoreError};
use domain::ids::TillId;
use domain::time::WallMs;
use serde::Deserialize;
use service::config::{ConfigError, Impossible};
use service::logs::LogFormat;
use service::traces::Telemetry;

pub use backups::Backups;
pub use bus::{Amqp, BusKind, Events, Kafka, Sasl};
pub use documents::Documents;
pub use exports::{Exports, Sheets};
pub use forecast::Forecast;
pub use hooks::Hooks;
pub use language::{Language, LanguageKind};
pub use monitoring::{Check, Monitoring, REPORT_LANGUAGES, Reports};
pub use mqtt::{BrokerKind, Mqtt};
pub use notify::{Notify, Smtp, SmtpSecurity, Telegram};
pub use parser::Parser;
pub use search::{EngineKind, Meilisearch, Search};

/// Every setting with its default and what it means.
pub const DEFAULT_TOML: &str = include_str!("../tillsight-cloud.toml");

/// Prefix of the environment variables that override the file.
pub const ENV_PREFIX: &str = "TILLSIGHT_CLOUD";

/// The SQLite database, in the data folder.
const DATABASE_FILE: &str = "cloud.sqlite";

/// The whole configuration.
#[derive(Debug, Clone, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Config {
    /// Where things are kept.
    pub data: Data,
    /// Where the truth is kept.
    pub database: Database,
    /// The gateway.
    pub http: Http,
    /// The face towards tills.
    pub grpc: Grpc,
    /// What is kept so that the database need not be asked again, and what gateways share.
    pub cache: Cache,
    /// The broker over which tills are told things and say how they are.
    pub mqtt: Mqtt,
    /// How often one caller may ask.
    pub rate: Rate,
    /// How other systems tell of changes.
    pub hooks: Hooks,
    /// How people are told apart.
    pub identity: Identity,
    /// How tills are told apart.
    pub ca: Ca,
    /// Where photos are kept.
    pub blobs: Blobs,
    /// How backups are made and kept.
    pub backups: Backups,
    /// What leaves the cloud as a file.
    pub exports: Exports,
    /// How Google Sheets is reached.
    pub sheets: Sheets,
    /// How photos become vectors.
    pub vision: Vision,
    /// How jobs are done.
    pub worker: Worker,
    /// How suppliers' documents are read.
    pub documents: Documents,
    /// How demand is forecast and orders are proposed.
    pub forecast: Forecast,
    /// How public pages are visited.
    pub parser: Parser,
    /// What others are told.
    pub events: Events,
    /// How Kafka is reached.
    pub kafka: Kafka,
    /// How RabbitMQ is reached.
    pub amqp: Amqp,
    /// How things are found.
    pub search: Search,
    /// How Meilisearch is reached.
    pub meilisearch: Meilisearch,
    /// What is asked of a language model.
    pub language: Language,
    /// How tills and services are watched.
    pub monitoring: Monitoring,
    /// What is written of days and weeks.
    pub reports: Reports,
    /// How people are told of things.
    pub notify: Notify,
    /// How Telegram is reached.
    pub telegram: Telegram,
    /// How mail is sent.
    pub smtp: Smtp,
    /// What is logged.
    pub log: Log,
    /// Where spans go.
    pub telemetry: Telemetry,
}

/// Where things are kept.
#[derive(Debug, Clone, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Data {
    /// The cloud's folder.
    pub dir: PathBuf,
}

/// Where the truth is kept.
#[derive(Clone, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Database {
    /// A database's address, or nothing for the file in the data folder.
    pub url: String,
}

/// The gateway.
#[derive(Debug, Clone, Deserialize)]
#[serde(deny_unknown_fields)]
#[allow(missing_docs, reason = "each field is explained where people read it, in tillsight-cloud.toml")]
pub struct Http {
    pub listen: SocketAddr,
    pub tls_certificate: PathBuf,
    pub tls_key: PathBuf,
    pub metrics_from: Vec<IpAddr>,
    pub trusted_proxies: Vec<IpAddr>,
    pub body_max_bytes: usize,
    pub head_max_bytes: usize,
    pub head_time_ms: u64,
    pub request_time_ms: u64,
    pub upload_time_ms: u64,
    pub connections_max: usize,
}

/// The face towards tills.
#[derive(Debug, Clone, Deserialize)]
#[serde(deny_unknown_fields)]
#[allow(missing_docs, reason = "each field is explained where people read it, in tillsight-cloud.toml")]
pub struct Grpc {
    pub listen: SocketAddr,
    pub connections_max: usize,
}

/// What is kept so that the database need not be asked again, and what gateways share.
#[derive(Clone, Deserialize)]
#[serde(deny_unknown_fields)]
#[allow(missing_docs, reason = "each field is explained where people read it, in tillsight-cloud.toml")]
pub struct Cache {
    pub url: String,
    pub answers_ms: u64,
    pub answers_max_bytes: u64,
    pub patience_ms: u64,
}

/// How often one caller may ask.
#[derive(Debug, Clone, Deserialize)]
#[serde(deny_unknown_fields)]
#[allow(missing_docs, reason = "each field is explained where people read it, in tillsight-cloud.toml")]
pub struct Rate {
    pub address_per_second: u32,
    pub address_burst: u32,
    pub person_per_second: u32,
    pub person_burst: u32,
    pub hook_per_second: u32,
    pub hook_burst: u32,
}

/// How people are told apart.
#[derive(Debug, Clone, Deserialize)]
#[serde(deny_unknown_fields)]
#[allow(missing_docs, reason = "each field is explained where people read it, in tillsight-cloud.toml")]
pub struct Identity {
    pub session_idle_minutes: u32,
    pub session_life_hours: u32,
    pub free_tries: u32,
    pub lock_first_s: u32,
    pub lock_longest_s: u32,
}

/// How tills are told apart.
#[derive(Debug, Clone, Deserialize)]
#[serde(deny_unknown_fields)]
#[allow(missing_docs, reason = "each field is explained where people read it, in tillsight-cloud.toml")]
pub struct Ca {
    pub till_certificate_hours: u32,
    pub server_names: Vec<String>,
    pub claim_code_minutes: u32,
    pub take_up_unknown_certificates: bool,
}

/// Kinds of blob stores.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum BlobKind {
    /// Files in the data folder.
    Files,
    /// A bucket of a service that speaks S3.
    S3,
}

/// Where photos are kept.
#[derive(Clone, Deserialize)]
#[serde(deny_unknown_fields)]
#[allow(missing_docs, reason = "each field is explained where people read it, in tillsight-cloud.toml")]
pub struct Blobs {
    pub kind: BlobKind,
    pub endpoint: String,
    pub region: String,
    pub bucket: String,
    pub access_key_id: String,
    pub secret_access_key: String,
}

/// How photos become vectors.
#[derive(Debug, Clone, Deserialize)]
#[serde(deny_unknown_fields)]
#[allow(missing_docs, reason = "each field is explained where people read it, in tillsight-cloud.toml")]
pub struct Vision {
    pub models: PathBuf,
    pub model: String,
    pub threads: usize,
}

/// How jobs are done.
#[derive(Debug, Clone, Deserialize)]
#[serde(deny_unknown_fields)]
#[allow(missing_docs, reason = "each field is explained where people read it, in tillsight-cloud.toml")]
pub struct Worker {
    pub in_server: bool,
    pub listen: String,
    pub lease_ms: u64,
    pub poll_ms: u64,
    pub generations_kept: u32,
    pub sweep_every_minutes: u64,
    pub orphan_age_minutes: u64,
}

/// What is logged.
#[derive(Debug, Clone, Deserialize)]
#[serde(deny_unknown_fields)]
#[allow(missing_docs, reason = "each field is explained where people read it, in tillsight-cloud.toml")]
pub struct Log {
    pub format: LogFormat,
    pub filter: String,
}

/// An address holds a password, which belongs in no log.
impl std::fmt::Debug for Database {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str("Database(..)")
    }
}

/// So does this.
impl std::fmt::Debug for Cache {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(f, "Cache(.., {} ms)", self.answers_ms)
    }
}

/// So does this.
impl std::fmt::Debug for Blobs {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(f, "Blobs({:?}, {:?}, ..)", self.kind, self.bucket)
    }
}

impl Config {
    /// Reads the file over the defaults, and variables over both.
    pub fn load(file: Option<&Path>) -> Result<Self, ConfigError> {
        let mut config: Self =
            service::config::load_checked(DEFAULT_TOML, file, ENV_PREFIX, Self::impossible)?;
        config.documents.find_pdfium(&config.vision.models);
        Ok(config)
    }

    /// Everything the shape cannot say: each key that cannot be, with why and what would be right.
    pub fn impossible(&self) -> Vec<Impossible> {
        let mut found = Found::default();
        self.check_http(&mut found);
        self.check_ranges(&mut found);
        self.check_mqtt(&mut found);
        if let Err(error) = self.database_address() {
            found.add("database.url", format!("cannot be used: {error}"));
        }
        if !self.cache.url.is_empty()
            && let Err(error) = redis::Client::open(self.cache.url.as_str())
        {
            found.add(
                "cache.url",
                format!("is no address of a Redis such as `redis://:password@host:6379/0`: {error}"),
            );
        }
        let blobs = &self.blobs;
        if blobs.kind == BlobKind::S3 {
            for (key, value) in [
                ("blobs.bucket", &blobs.bucket),
                ("blobs.access_key_id", &blobs.access_key_id),
                ("blobs.secret_access_key", &blobs.secret_access_key),
            ] {
                if value.is_empty() {
                    found.add(key, "is empty, but `blobs.kind` = \"s3\" needs it");
                }
            }
        }
        if self.ca.server_names.is_empty() {
            found.add("ca.server_names", "is empty: name at least one host that tills reach the cloud by");
        }
        if let Err(error) = self.worker.face() {
            found.add("worker.listen", error.to_string());
        }
        found.0.extend(self.backups.impossible());
        found.0.extend(self.exports.impossible());
        found.0.extend(self.hooks.impossible());
        found.0.extend(self.sheets.impossible());
        found.0.extend(self.parser.impossible());
        found.0.extend(self.events.impossible(&self.kafka, &self.amqp));
        found.0.extend(self.documents.impossible());
        found.0.extend(self.forecast.impossible());
        found.0.extend(self.search.impossible(&self.meilisearch));
        found.0.extend(self.language.impossible());
        found.0.extend(self.monitoring.impossible());
        found.0.extend(self.reports.impossible());
        found.0.extend(self.telemetry.impossible());
        found.0.extend(self.notify.impossible(&self.telegram, &self.smtp));
        found.0
    }

    /// Where the database is.
    pub fn database_address(&self) -> Result<Address, StoreError> {
        if self.database.url.is_empty() {
            return Ok(Address::Sqlite { file: self.data.dir.join(DATABASE_FILE) });
        }
        Address::parse(&self.database.url)
    }

    /// Where tills reach the cloud, as their technicians are told.
    pub fn address_for_tills(&self) -> String {
        let name = self.ca.server_names.first().map_or("localhost", String::as_str);
        // RFC 3986, 3.2.2: an address of IPv6 stands in brackets.
        let host = if name.contains(':') { format!("[{name}]") } else { name.to_owned() };
        format!("https://{host}:{}", self.grpc.listen.port())
    }

    fn check_http(&self, found: &mut Found) {
        let http = &self.http;
        let (certificate, key) = (&http.tls_certificate, &http.tls_key);
        if certificate.as_os_str().is_empty() != key.as_os_str().is_empty() {
            let empty = if key.as_os_str().is_empty() { "http.tls_key" } else { "http.tls_certificate" };
            found.add(empty, "is empty while the other file is named: TLS needs both");
        }
    }

    fn check_mqtt(&self, found: &mut Found) {
        let mqtt = &self.mqtt;
        if mqtt.kind == BrokerKind::External && mqtt.address.is_empty() {
            found.add("mqtt.address", "is empty, but `mqtt.kind` = \"external\" needs it");
        }
        for (key, address) in [("mqtt.address", &mqtt.address), ("mqtt.tills_address", &mqtt.tills_address)] {
            if !address.is_empty() && host_and_port(address).is_none() {
                found.add(key, format!("is `{address}`: write host and port, such as `broker.example:8883`"));
            }
        }
        let (certificate, key) = (&mqtt.certificate, &mqtt.key);
        if certificate.as_os_str().is_empty() != key.as_os_str().is_empty() {
            let empty = if key.as_os_str().is_empty() { "mqtt.key" } else { "mqtt.certificate" };
            found.add(empty, "is empty while the other file is named: a certificate needs both");
        }
        // It must be nobody's prefix: a till's name has slashes in it.
        if let Err(error) = TillId::new(&mqtt.client_name) {
            found.add("mqtt.client_name", format!("cannot be used: {error}"));
        }
    }

    fn check_ranges(&self, found: &mut Found) {
        let (http, rate, identity) = (&self.http, &self.rate, &self.identity);
        let mut range = |key: &str, value: u64, least: u64, most: u64| {
            if !(least..=most).contains(&value) {
                found.add(key, format!("is {value}: set it from {least} to {most}"));
            }
        };
        range("http.body_max_bytes", http.body_max_bytes as u64, 1024, 64 << 20);
        // hyper refuses buffers below 8 KiB.
        range("http.head_max_bytes", http.head_max_bytes as u64, 8192, 1 << 20);
        range("http.head_time_ms", http.head_time_ms, 100, 120_000);
        range("http.request_time_ms", http.request_time_ms, 100, 600_000);
        range("http.upload_time_ms", http.upload_time_ms, 100, 3_600_000);
        range("cache.answers_ms", self.cache.answers_ms, 0, 60_000);
        range("cache.answers_max_bytes", self.cache.answers_max_bytes, 1 << 20, 1 << 36);
        range("cache.patience_ms", self.cache.patience_ms, 10, 5_000);
        range("grpc.connections_max", self.grpc.connections_max as u64, 1, 1_000_000);
        range("mqtt.connections_max", self.mqtt.connections_max as u64, 1, 1_000_000);
        range("mqtt.messages_per_second", self.mqtt.messages_per_second.into(), 1, 100_000);
        range("mqtt.queued_max", self.mqtt.queued_max as u64, 1, 100_000);
        range("mqtt.command_minutes", self.mqtt.command_minutes.into(), 1, 10_080);
        range("http.connections_max", http.connections_max as u64, 1, 1_000_000);
        for (key, value) in [
            ("rate.address_per_second", rate.address_per_second),
            ("rate.address_burst", rate.address_burst),
            ("rate.person_per_second", rate.person_per_second),
            ("rate.person_burst", rate.person_burst),
            ("rate.hook_per_second", rate.hook_per_second),
            ("rate.hook_burst", rate.hook_burst),
        ] {
            range(key, value.into(), 1, 1_000_000);
        }
        range("identity.session_idle_minutes", identity.session_idle_minutes.into(), 1, 10_080);
        range("identity.session_life_hours", identity.session_life_hours.into(), 1, 720);
        range("identity.free_tries", identity.free_tries.into(), 1, 100);
        range("identity.lock_first_s", identity.lock_first_s.into(), 1, 3600);
        range("identity.lock_longest_s", identity.lock_longest_s.into(), 1, 86_400);
        range("ca.till_certificate_hours", self.ca.till_certificate_hours.into(), 1, 8760);
        range("ca.claim_code_minutes", self.ca.claim_code_minutes.into(), 1, 10_080);
        range("vision.threads", self.vision.threads as u64, 1, 64);
        range("worker.lease_ms", self.worker.lease_ms, 1000, 3_600_000);
        range("worker.poll_ms", self.worker.poll_ms, 10, 60_000);
        range("worker.generations_kept", self.worker.generations_kept.into(), 1, 1000);
        range("worker.sweep_every_minutes", self.worker.sweep_every_minutes, 1, 10_080);
        range("worker.orphan_age_minutes", self.worker.orphan_age_minutes, 5, 10_080);
    }
}

impl Worker {
    /// Where a worker beside the servers says how it is doing; nowhere when the setting is empty.
    pub fn face(&self) -> anyhow::Result<Option<SocketAddr>> {
        if self.listen.is_empty() {
            return Ok(None);
        }
        let address = self.listen.parse();
        address.map(Some).with_context(|| format!("is `{}`: write ADDRESS:PORT, or nothing", self.listen))
    }
}

impl Identity {
    /// When a session ends that is not used from now on.
    pub fn idle_end(&self, now: WallMs) -> WallMs {
        WallMs(now.0 + i64::from(self.session_idle_minutes) * 60_000)
    }
}

impl Http {
    /// How long an ordinary request may take.
    pub fn request_time(&self) -> Duration {
        Duration::from_millis(self.request_time_ms)
    }

    /// How long an upload may take.
    pub fn upload_time(&self) -> Duration {
        Duration::from_millis(self.upload_time_ms)
    }

    /// Whether the gateway speaks TLS itself.
    pub fn has_tls(&self) -> bool {
        !self.tls_certificate.as_os_str().is_empty()
    }
}

/// Reads `host:port`; an IPv6 address stands in brackets.
pub fn host_and_port(address: &str) -> Option<(&str, u16)> {
    let (host, port) = address.rsplit_once(':')?;
    let port = port.parse().ok().filter(|port| *port > 0)?;
    let host = host.strip_prefix('[').and_then(|host| host.strip_suffix(']')).unwrap_or(host);
    let plain = !host.is_empty() && !host.contains(['/', '@', '[', ']']);
    plain.then_some((host, port))
}

/// What was found impossible so far.
#[derive(Default)]
struct Found(Vec<Impossible>);

impl Found {
    fn add(&mut self, key: &str, reason: impl Into<String>) {
        self.0.push(Impossible { key: key.to_owned(), reason: reason.into() });
    }
}

#[cfg(test)]
mod tests;
