//! Asking for public pages: politely, within bounds, and never into somebody's inner network.
//!
//! Each host is asked by one at a time and no faster than its pace; robots.txt is obeyed (RFC 9309), and a host that fails again
//! and again is left alone for a while.

use std::collections::BTreeMap;
use std::sync::{Arc, Mutex, PoisonError};
use std::time::{Duration, Instant};

use anyhow::Context as _;
use bytes::Bytes;
use http_body_util::{BodyExt as _, Empty, Limited};
use hyper::{Request, Response, StatusCode, header};
use hyper_rustls::{HttpsConnector, HttpsConnectorBuilder};
use hyper_util::client::legacy::Client;
use hyper_util::client::legacy::connect::HttpConnector;
use hyper_util::rt::TokioExecutor;
use texting_robots::Robot;
use thiserror::Error;
use tokio::sync::Mutex as AsyncMutex;
use url::Url;

use super::address::{Inner, Resolver, checked, is_public, literal, resolver};
use crate::config::Parser;
use crate::outbound::Breaker;

/// How long what a host's robots.txt says is believed (RFC 9309, 2.4), and how long it is where the file could not be had.
const ROBOTS_LIFE: Duration = Duration::from_secs(24 * 3600);
const ROBOTS_RETRY: Duration = Duration::from_secs(600);
/// The longest robots.txt that is read (RFC 9309, 2.5).
const ROBOTS_MAX_BYTES: usize = 500 * 1024;
/// The slowest pace that a host can ask for.
const PACE_MAX: Duration = Duration::from_secs(60);
/// Hosts that are remembered.
const HOSTS_MAX: usize = 10_000;

type Http = Client<HttpsConnector<HttpConnector<Resolver>>, Empty<Bytes>>;

/// Asks for pages. Clones share what is known of hosts.
#[derive(Clone)]
pub struct Fetcher {
    client: Http,
    settings: Parser,
    hosts: Arc<Mutex<BTreeMap<String, Arc<AsyncMutex<Host>>>>>,
}

/// What is known of a host: scheme, name and port.
#[derive(Default)]
struct Host {
    /// When it may be asked next.
    free_at: Option<Instant>,
    /// Until when it asked to be left alone, and what it answered with.
    busy: Option<(Instant, StatusCode)>,
    robots: Option<Robots>,
    breaker: Breaker,
}

/// What a host's robots.txt says, and until when that counts.
struct Robots {
    until: Instant,
    says: Says,
}

enum Says {
    Rules(Box<Robot>),
    Everything,
    Nothing,
}

/// Whether a host's robots.txt is asked first.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Manners {
    /// It is: this is a page for people.
    Page,
    /// It is not: this is an interface that is there for programs.
    Interface,
}

/// What came.
#[derive(Debug)]
pub struct Fetched {
    /// The address that answered in the end.
    pub url: Url,
    /// What it said.
    pub bytes: Bytes,
}

/// Why a page was not had.
#[derive(Debug, Error)]
pub enum FetchProblem {
    /// It is none.
    #[error("{0}")]
    Address(String),
    /// It lies in an inner network.
    #[error("`{0}` is no address of the public internet: name a public page, or set `parser.allow_private`")]
    NotPublic(String),
    /// robots.txt forbids it.
    #[error("robots.txt of `{0}` forbids this page: remove the target, or ask its owner")]
    Forbidden(String),
    /// It leads from one address to another and another.
    #[error("the page leads on more than {0} times")]
    Redirects(u32),
    /// It answered with an error.
    #[error("the page answered with {0}")]
    Status(StatusCode),
    /// The host asks to be left alone.
    #[error("the host answered with {status} and asks to be left alone for {} s", retry_after.as_secs())]
    Busy {
        /// What it answered with.
        status: StatusCode,
        /// For how long.
        retry_after: Duration,
    },
    /// It is larger than is taken.
    #[error("the page is larger than the {0} bytes of `parser.page_max_bytes`")]
    TooLarge(usize),
    /// It took too long.
    #[error("the page did not come within the {0} ms of `parser.page_time_ms`")]
    TooSlow(u64),
    /// The host failed too often.
    #[error("the host has failed again and again and is left alone for a while")]
    LeftAlone,
    /// It cannot be reached.
    #[error("the host cannot be reached: {0}")]
    Unreachable(String),
}

impl FetchProblem {
    /// Whether the host is to blame, so that it is left alone when it happens again and again.
    fn is_failure(&self) -> bool {
        match self {
            Self::Status(status) | Self::Busy { status, .. } => status.is_server_error(),
            Self::TooSlow(_) | Self::Unreachable(_) => true,
            _ => false,
        }
    }
}

impl Fetcher {
    /// One that keeps to these settings.
    pub fn new(settings: &Parser) -> anyhow::Result<Self> {
        let mut http = HttpConnector::new_with_resolver(resolver(settings.allow_private));
        http.enforce_http(false);
        http.set_connect_timeout(Some(settings.page_time()));
        let provider = rustls::crypto::ring::default_provider();
        let connector = HttpsConnectorBuilder::new()
            .with_provider_and_native_roots(provider)
            .context("failed to read the authorities that this system believes")?;
        let connector = connector.https_or_http().enable_http1().wrap_connector(http);
        let client = Client::builder(TokioExecutor::new()).pool_max_idle_per_host(1).build(connector);
        Ok(Self { client, settings: settings.clone(), hosts: Arc::default() })
    }

    /// Asks for a page and follows where it leads.
    pub async fn get(&self, address: &str, manners: Manners) -> Result<Fetched, FetchProblem> {
        let mut url = checked(address).map_err(FetchProblem::Address)?;
        for _ in 0..=self.settings.redirects_max {
            let response = self.ask(&url, manners).await?;
            match response {
                Answer::Body(bytes) => return Ok(Fetched { url, bytes }),
                Answer::Elsewhere(place) => {
                    let next = url.join(&place).map_err(|error| FetchProblem::Address(error.to_string()))?;
                    url = checked(next.as_str()).map_err(FetchProblem::Address)?;
                }
            }
        }
        Err(FetchProblem::Redirects(self.settings.redirects_max))
    }

    /// One request to one host, once it is its turn.
    async fn ask(&self, url: &Url, manners: Manners) -> Result<Answer, FetchProblem> {
        self.check_literal(url)?;
        let host = self.host(url);
        let mut host = host.lock().await;
        if let Some((until, status)) = host.busy.filter(|(until, _)| *until > Instant::now()) {
            return Err(FetchProblem::Busy {
                status,
                retry_after: until.saturating_duration_since(Instant::now()),
            });
        }
        host.breaker.admit(Instant::now()).map_err(|_| FetchProblem::LeftAlone)?;
        if manners == Manners::Page {
            self.obey(&mut host, url).await?;
        }
        let answer = self.ask_in_turn(&mut host, url, self.settings.page_max_bytes).await;
        host.breaker.note(answer.as_ref().is_err_and(FetchProblem::is_failure), Instant::now());
        answer
    }

    fn check_literal(&self, url: &Url) -> Result<(), FetchProblem> {
        match literal(url) {
            Some(address) if !self.settings.allow_private && !is_public(address) => {
                Err(FetchProblem::NotPublic(address.to_string()))
            }
            _ => Ok(()),
        }
    }

    fn host(&self, url: &Url) -> Arc<AsyncMutex<Host>> {
        let mut hosts = self.hosts.lock().unwrap_or_else(PoisonError::into_inner);
        if hosts.len() >= HOSTS_MAX {
            // Whoever waits for a host holds it; the others are asked for their robots.txt anew.
            hosts.retain(|_, host| Arc::strong_count(host) > 1);
        }
        Arc::clone(hosts.entry(url.origin().ascii_serialization()).or_default())
    }

    /// Reads the host's robots.txt where it is not known, and refuses what that forbids.
    async fn obey(&self, host: &mut Host, url: &Url) -> Result<(), FetchProblem> {
        if host.robots.as_ref().is_none_or(|robots| robots.until <= Instant::now()) {
            host.robots = Some(self.read_robots(host, url).await?);
        }
        let allowed = match host.robots.as_ref().map(|robots| &robots.says) {
            Some(Says::Rules(robot)) => robot.allowed(url.as_str()),
            Some(Says::Everything) => true,
            Some(Says::Nothing) | None => false,
        };
        let name = url.host_str().unwrap_or_default();
        allowed.then_some(()).ok_or_else(|| FetchProblem::Forbidden(name.to_owned()))
    }

    /// RFC 9309, 2.3.1: a file that is not there allows everything; one that cannot be had forbids everything.
    async fn read_robots(&self, host: &mut Host, url: &Url) -> Result<Robots, FetchProblem> {
        let mut place = url.join("/robots.txt").map_err(|error| FetchProblem::Address(error.to_string()))?;
        let mut answer = Err(FetchProblem::Redirects(0));
        for _ in 0..=self.settings.redirects_max {
            self.check_literal(&place)?;
            answer = self.ask_in_turn(host, &place, ROBOTS_MAX_BYTES).await;
            let Ok(Answer::Elsewhere(next)) = &answer else { break };
            place = place.join(next).map_err(|error| FetchProblem::Address(error.to_string()))?;
            place = checked(place.as_str()).map_err(FetchProblem::Address)?;
        }
        let now = Instant::now();
        let (says, life) = match answer {
            Ok(Answer::Body(bytes)) => match Robot::new(&self.settings.agent_name(), &bytes) {
                Ok(robot) => (Says::Rules(Box::new(robot)), ROBOTS_LIFE),
                // What cannot be read asks for nothing that could be obeyed.
                Err(_) => (Says::Nothing, ROBOTS_RETRY),
            },
            Err(FetchProblem::Status(status)) if status.is_client_error() => (Says::Everything, ROBOTS_LIFE),
            Ok(Answer::Elsewhere(_)) => (Says::Everything, ROBOTS_LIFE),
            Err(FetchProblem::TooLarge(_)) => (Says::Nothing, ROBOTS_LIFE),
            Err(problem) => {
                host.breaker.note(problem.is_failure(), now);
                return Err(problem);
            }
        };
        Ok(Robots { until: now + life, says })
    }

    /// Waits until the host may be asked, asks, and says when it may be again.
    async fn ask_in_turn(
        &self,
        host: &mut Host,
        url: &Url,
        max_bytes: usize,
    ) -> Result<Answer, FetchProblem> {
        if let Some(free_at) = host.free_at {
            tokio::time::sleep_until(free_at.into()).await;
        }
        let limit = self.settings.page_time();
        let answer = tokio::time::timeout(limit, self.exchange(url, max_bytes)).await;
        let answer = answer.unwrap_or(Err(FetchProblem::TooSlow(self.settings.page_time_ms)));
        let asked_for = match host.robots.as_ref().map(|robots| &robots.says) {
            Some(Says::Rules(robot)) => {
                robot.delay.map(|delay| Duration::try_from_secs_f32(delay).unwrap_or(PACE_MAX))
            }
            _ => None,
        };
        if let Err(FetchProblem::Busy { status, retry_after }) = &answer {
            host.busy = Some((Instant::now() + *retry_after, *status));
        }
        let pace = asked_for.unwrap_or_default().min(PACE_MAX).max(self.settings.pace());
        host.free_at = Some(Instant::now() + pace);
        answer
    }

    async fn exchange(&self, url: &Url, max_bytes: usize) -> Result<Answer, FetchProblem> {
        let request = Request::get(url.as_str())
            .header(header::USER_AGENT, &self.settings.user_agent)
            .header(
                header::ACCEPT,
                "text/html, application/xhtml+xml, application/json;q=0.9, text/plain;q=0.5",
            )
            .body(Empty::new())
            .map_err(|error| FetchProblem::Address(error.to_string()))?;
        metrics::counter!("tillsight_parser_requests_total").increment(1);
        let response = self.client.request(request).await.map_err(|error| unreachable(&error))?;
        let status = response.status();
        if status.is_redirection() {
            let place = response.headers().get(header::LOCATION).and_then(|place| place.to_str().ok());
            return place
                .map(|place| Answer::Elsewhere(place.to_owned()))
                .ok_or(FetchProblem::Status(status));
        }
        if matches!(status, StatusCode::TOO_MANY_REQUESTS | StatusCode::SERVICE_UNAVAILABLE) {
            return Err(FetchProblem::Busy { status, retry_after: retry_after(&response) });
        }
        if !status.is_success() {
            return Err(FetchProblem::Status(status));
        }
        let body = Limited::new(response.into_body(), max_bytes).collect().await;
        let body = body.map_err(|error| match error.downcast_ref::<http_body_util::LengthLimitError>() {
            Some(_) => FetchProblem::TooLarge(max_bytes),
            None => FetchProblem::Unreachable(error.to_string()),
        });
        Ok(Answer::Body(body?.to_bytes()))
    }
}

/// What a host answered.
enum Answer {
    Body(Bytes),
    Elsewhere(String),
}

fn unreachable(error: &hyper_util::client::legacy::Error) -> FetchProblem {
    let mut cause: Option<&(dyn std::error::Error + 'static)> = Some(error);
    let mut innermost = error.to_string();
    while let Some(one) = cause {
        let io = one.downcast_ref::<std::io::Error>().and_then(std::io::Error::get_ref);
        if let Some(inner) = io.and_then(|inner| inner.downcast_ref::<Inner>()) {
            return FetchProblem::NotPublic(inner.0.clone());
        }
        innermost = one.to_string();
        cause = one.source();
    }
    FetchProblem::Unreachable(innermost)
}

/// RFC 9110, 10.2.3: seconds, or a date.
fn retry_after<T>(response: &Response<T>) -> Duration {
    const DEFAULT: Duration = Duration::from_secs(60);
    const MOST: Duration = Duration::from_secs(7 * 24 * 3600);
    let text =
        response.headers().get(header::RETRY_AFTER).and_then(|value| value.to_str().ok()).unwrap_or_default();
    let until = |text: &str| {
        let then = jiff::fmt::rfc2822::parse(text).ok()?.timestamp();
        u64::try_from(then.as_second() - jiff::Timestamp::now().as_second()).ok()
    };
    let seconds = text.trim().parse().ok().or_else(|| until(text.trim()));
    seconds.map_or(DEFAULT, Duration::from_secs).min(MOST)
}
