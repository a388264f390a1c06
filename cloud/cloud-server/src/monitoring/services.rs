//! Services outside that the cloud needs or that somebody named: each is asked from time to time whether it answers, by one process
//! at a time. What it did is kept with how long it took; one that fails again and again is a notice, which ends with its next answer.

use std::time::{Duration, Instant};

use anyhow::{Context as _, bail};
use axum::http::Method;
use cloud_store::{
    HealthState, HealthSubject, NewNotice, NoticeEvent, PartNow, ServiceCheck, Severity, Store, StoreError,
};
use domain::time::WallMs;
use futures_util::future::join_all;
use service::tasks::CancellationToken;
use tokio::net::TcpStream;
use url::Url;

use crate::blobs::Blobs;
use crate::calls::Caller;
use crate::config::{BlobKind, BusKind, Config, EngineKind, LanguageKind, Monitoring};
use crate::notify::everywhere;
use crate::roles::now;

/// What is known of a service has one part.
pub(crate) const PART: &str = "service";
/// One process at a time asks.
const DUTY: &str = "service-checks";
/// The longest answer that is read: what it says does not matter.
const ANSWER_MAX_BYTES: usize = 1 << 20;
/// Rows that are forgotten at once: each removal holds the database's writer.
const PRUNE_AT_ONCE: u32 = 1_000;
const DAY_MS: i64 = 86_400_000;

/// A service and how it is asked.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Watched {
    /// Its name in messages and in the history.
    pub(crate) name: String,
    probe: Probe,
}

#[derive(Debug, Clone, PartialEq, Eq)]
enum Probe {
    /// A request, whose answer may refuse what was not asked for where somebody else's service only has to be there.
    Http { url: String, may_refuse: bool },
    /// A connection to one of these.
    Tcp(Vec<String>),
    /// The bucket.
    Bucket,
}

/// The services that the configuration names, those that the cloud needs first.
pub(crate) fn watched(config: &Config) -> Vec<Watched> {
    let mut all = Vec::new();
    let mut add = |name: &str, probe| all.push(Watched { name: name.to_owned(), probe });
    if config.blobs.kind == BlobKind::S3 {
        add("blobs", Probe::Bucket);
    }
    match config.events.bus {
        BusKind::None => {}
        BusKind::Kafka => add("bus", Probe::Tcp(config.kafka.brokers.clone())),
        BusKind::Amqp => add("bus", Probe::Tcp(place_of(&config.amqp.url, 5672).into_iter().collect())),
    }
    if !config.cache.url.is_empty() {
        add("cache", Probe::Tcp(place_of(&config.cache.url, 6379).into_iter().collect()));
    }
    if config.search.engine == EngineKind::Meilisearch {
        let url = format!("{}/health", config.meilisearch.url.trim_end_matches('/'));
        add("search", Probe::Http { url, may_refuse: false });
    }
    if config.language.kind != LanguageKind::None {
        let url = match config.language.url.as_str() {
            "" if config.language.kind == LanguageKind::Gemini => {
                "https://generativelanguage.googleapis.com/"
            }
            "" => "https://api.openai.com/",
            url => url,
        };
        add("language-model", Probe::Http { url: url.to_owned(), may_refuse: true });
    }
    if !config.smtp.host.is_empty() {
        add("mail", Probe::Tcp(vec![format!("{}:{}", config.smtp.host, config.smtp.port)]));
    }
    let telegram = &config.telegram;
    if !telegram.token.is_empty() || !telegram.token_file.as_os_str().is_empty() {
        add("telegram", Probe::Http { url: telegram.url.clone(), may_refuse: true });
    }
    for check in &config.monitoring.checks {
        let probe = match check.url.strip_prefix("tcp://") {
            Some(place) => Probe::Tcp(vec![place.to_owned()]),
            None => Probe::Http { url: check.url.clone(), may_refuse: false },
        };
        add(&check.name, probe);
    }
    all
}

/// Asks again and again until told to stop.
pub(crate) async fn run(
    config: &Config,
    store: &Store,
    blobs: &Blobs,
    owner: &str,
    token: &CancellationToken,
) -> anyhow::Result<()> {
    let (watched, settings) = (watched(config), &config.monitoring);
    let desk = Desk { caller: Caller::new(settings.check_time(), ANSWER_MAX_BYTES)?, settings, store, blobs };
    let every = Duration::from_secs(settings.check_every_s);
    let mut is_first = true;
    loop {
        let now = now();
        let until = WallMs(now.0 + i64::try_from(every.as_millis())? * 2);
        if store.take_duty(DUTY, owner, now, until).await? {
            for (service, check) in join_all(watched.iter().map(|service| desk.ask(service))).await {
                desk.keep(&service.name, &check, is_first).await?;
            }
            is_first = false;
            let before = WallMs(now.0 - i64::from(settings.keep_days) * DAY_MS);
            store.prune_health(before, PRUNE_AT_ONCE).await?;
        }
        if token.run_until_cancelled(tokio::time::sleep(every)).await.is_none() {
            store.leave_duty(DUTY, owner).await?;
            return Ok(());
        }
    }
}

struct Desk<'a> {
    caller: Caller,
    settings: &'a Monitoring,
    store: &'a Store,
    blobs: &'a Blobs,
}

impl Desk<'_> {
    async fn ask<'w>(&self, service: &'w Watched) -> (&'w Watched, ServiceCheck) {
        let (at, began) = (now(), Instant::now());
        let limit = self.settings.check_time();
        let answer = tokio::time::timeout(limit, self.probe(&service.probe)).await;
        let took = began.elapsed();
        let problem = match answer {
            Ok(Ok(())) => None,
            Ok(Err(error)) => Some(format!("{error:#}")),
            Err(_) => Some(format!("it did not answer within {} ms", limit.as_millis())),
        };
        let check = ServiceCheck {
            at,
            answered: problem.is_none(),
            latency_ms: u64::try_from(took.as_millis()).unwrap_or(u64::MAX),
            detail: problem.unwrap_or_default(),
        };
        let up = f64::from(u8::from(check.answered));
        metrics::gauge!("tillsight_service_up", "service" => service.name.clone()).set(up);
        metrics::histogram!("tillsight_service_check_seconds", "service" => service.name.clone())
            .record(took);
        (service, check)
    }

    async fn probe(&self, probe: &Probe) -> anyhow::Result<()> {
        match probe {
            Probe::Bucket => Ok(self.blobs.ping().await?),
            Probe::Http { url, may_refuse } => {
                let answer = self.caller.call(Method::GET, url, &[], None).await?;
                let status = answer.status;
                let is_well = if *may_refuse { !status.is_server_error() } else { status.as_u16() < 400 };
                if !is_well {
                    bail!("it answers {status}");
                }
                Ok(())
            }
            Probe::Tcp(places) => {
                let mut last = Err(anyhow::anyhow!("it has no address"));
                for place in places {
                    last = TcpStream::connect(place.as_str()).await.map(drop).context("it cannot be reached");
                    if last.is_ok() {
                        break;
                    }
                }
                last
            }
        }
    }

    /// Keeps a check and what follows from it. A process that has just begun does not know what it said before it ended.
    async fn keep(&self, name: &str, check: &ServiceCheck, is_first: bool) -> Result<(), StoreError> {
        self.store.add_service_check(name, check).await?;
        let last = self.store.service_checks(Some(name), self.settings.failures_max).await?;
        let enough = last.len() >= self.settings.failures_max as usize;
        let state = match check.answered {
            true => HealthState::Ok,
            false if enough && last.iter().all(|(_, one)| !one.answered) => HealthState::Down,
            false => HealthState::Degraded,
        };
        let part = PartNow { part: PART.to_owned(), state, detail: check.detail.clone() };
        let subject = HealthSubject::Service(name.to_owned());
        let changes = self.store.note_health(None, &subject, &[part], check.at).await?;
        match state {
            HealthState::Down => self.tell_everybody(name, Some(check)).await,
            HealthState::Ok if is_first || !changes.is_empty() => self.tell_everybody(name, None).await,
            _ => Ok(()),
        }
    }

    /// Raises the notice in every organisation, or settles it.
    async fn tell_everybody(&self, name: &str, failed: Option<&ServiceCheck>) -> Result<(), StoreError> {
        let event = NoticeEvent::OutsideServiceDown;
        let Some(check) = failed else { return everywhere::settle(self.store, event, name, now()).await };
        let data = serde_json::json!({ "service": name, "problem": check.detail });
        let (store, severity, key) = (None, Severity::Warning, name.to_owned());
        everywhere::raise(self.store, &NewNotice { store, event, severity, key, data }, check.at).await
    }
}

/// Host and port of an address, which may hold a password.
fn place_of(address: &str, port: u16) -> Option<String> {
    let address = Url::parse(address).ok()?;
    Some(format!("{}:{}", address.host_str()?, address.port().unwrap_or(port)))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::config::DEFAULT_TOML;

    #[test]
    fn asks_what_the_configuration_names_and_nothing_else() {
        let config: Config = DEFAULT_TOML.parse::<toml::Table>().unwrap().try_into().unwrap();
        assert_eq!(watched(&config), []);
        let mut config = config;
        config.cache.url = "rediss://:hush@cache.example/0".to_owned();
        config.events.bus = BusKind::Amqp;
        config.amqp.url = "amqp://u:hush@bus.example:5673/%2f".to_owned();
        config.smtp.host = "mail.example".to_owned();
        config.monitoring.checks =
            vec![crate::config::Check { name: "bank".to_owned(), url: "tcp://bank.example:25".to_owned() }];
        let tcp = |name: &str, place: &str| Watched {
            name: name.to_owned(),
            probe: Probe::Tcp(vec![place.to_owned()]),
        };
        let all = [
            tcp("bus", "bus.example:5673"),
            tcp("cache", "cache.example:6379"),
            tcp("mail", "mail.example:587"),
            tcp("bank", "bank.example:25"),
        ];
        assert_eq!(watched(&config), all);
    }
}
