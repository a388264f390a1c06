//! `Idempotency-Key`: a request that makes something can be sent again, when its answer was lost, without making it twice.
//!
//! Answers are remembered in this process for a while, and in Redis for all gateways where `cache.url` names one. What is
//! made by a name or by its content (stores, tills, products) is not made twice after that either; people and tokens are, so
//! a caller should not wait longer than this memory.

use std::collections::HashMap;
use std::sync::{Mutex, MutexGuard, PoisonError};
use std::time::{Duration, Instant};

use axum::body::{Body, Bytes, to_bytes};
use axum::extract::{FromRequest as _, Request, State};
use axum::http::{HeaderMap, Method, StatusCode, header};
use axum::middleware::Next;
use axum::response::{IntoResponse as _, Response};
use sha2::{Digest as _, Sha256};

use super::extract::{BodyMax, unreadable};
use super::sealed::{Answer, Opened, Seal};
use super::{Problem, Shared};
use crate::auth::Who;
use crate::cache::{Away, Link};

/// How long an answer is remembered.
const LIFE: Duration = Duration::from_secs(3600);
/// Answers that are remembered; beyond it the oldest are forgotten.
const ANSWERS_MAX: usize = 10_000;
/// The largest answer that is remembered.
const ANSWER_MAX_BYTES: usize = 64 * 1024;
/// Longest key.
const KEY_MAX_LEN: usize = 255;

/// What was answered to whom.
pub struct Answers {
    known: Mutex<HashMap<String, Known>>,
    link: Option<Link>,
}

struct Known {
    /// SHA-256 of what was asked.
    asked: [u8; 32],
    at: Instant,
    /// `None` while the first request is under way.
    answer: Option<Answer>,
}

/// A key that is being answered. Dropped without an answer it is free again: here at once, and for other gateways when the
/// time that the request had is over.
pub struct Claimed<'a> {
    answers: &'a Answers,
    key: String,
    /// What the answer is shared by; `None` where no other gateway knows of the request.
    seal: Option<Box<Seal>>,
    settled: bool,
}

/// What is known of a key.
pub enum Found<'a> {
    /// Nothing: answer it, and say what the answer was.
    New(Claimed<'a>),
    /// It was answered before.
    Answered(Response),
}

/// The key of a request in its headers; `None` where there is none.
pub fn key_of(headers: &HeaderMap) -> Result<Option<&str>, Problem> {
    let Some(key) = headers.get("idempotency-key") else { return Ok(None) };
    let key = key.to_str().ok().filter(|key| (1..=KEY_MAX_LEN).contains(&key.len()));
    let bad =
        || Problem::bad_request(format!("`Idempotency-Key` is 1 to {KEY_MAX_LEN} printable characters"));
    key.map(Some).ok_or_else(bad)
}

impl Answers {
    /// Nothing is known yet.
    pub(crate) fn new(link: Option<Link>) -> Self {
        Self { known: Mutex::default(), link }
    }

    /// Looks a key up, and claims it where it is free, for a request that takes no longer than `within`. The same key for
    /// something else is refused.
    pub async fn find(
        &self,
        who: &Who,
        path: &str,
        key: &str,
        asked: [u8; 32],
        within: Duration,
    ) -> Result<Found<'_>, Problem> {
        let caller = format!("{}\n{}", who.org, who.actor);
        let local = format!("{caller}\n{path}\n{key}");
        if let Some(answer) = self.find_here(&local, asked)? {
            return Ok(Found::Answered(answer.into_response()));
        }
        let mut claimed = Claimed { answers: self, key: local, seal: None, settled: false };
        let Some(link) = &self.link else { return Ok(Found::New(claimed)) };
        let seal = Seal::of(&caller, path, key, &asked);
        let under_way = seal.under_way().map_err(Problem::internal)?;
        let Ok(before) = link.claim(&seal.place, &under_way, within).await else {
            return Ok(Found::New(claimed));
        };
        match before.and_then(|record| seal.open(&record)) {
            None => {
                claimed.seal = Some(Box::new(seal));
                Ok(Found::New(claimed))
            }
            Some(Opened::Other) => Err(reused()),
            Some(Opened::UnderWay) => Err(under_way_elsewhere()),
            Some(Opened::Answered(answer)) => Ok(Found::Answered(answer.into_response())),
        }
    }

    /// The answer that this process knows; claims the key where it knows nothing of it.
    fn find_here(&self, key: &str, asked: [u8; 32]) -> Result<Option<Answer>, Problem> {
        let mut known = self.lock();
        forget_old(&mut known);
        let Some(before) = known.get(key) else {
            known.insert(key.to_owned(), Known { asked, at: Instant::now(), answer: None });
            return Ok(None);
        };
        if before.asked != asked {
            return Err(reused());
        }
        before.answer.clone().map(Some).ok_or_else(under_way_elsewhere)
    }

    fn lock(&self) -> MutexGuard<'_, HashMap<String, Known>> {
        self.known.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

fn reused() -> Problem {
    let detail = "this `Idempotency-Key` was used for another request: make a new one for each";
    Problem::new(StatusCode::UNPROCESSABLE_ENTITY, "idempotency_key_reused", detail)
}

fn under_way_elsewhere() -> Problem {
    let detail = "the request with this `Idempotency-Key` is under way: ask again in a moment";
    Problem::conflict("request_under_way", detail).retry_after_s(1)
}

impl Claimed<'_> {
    /// Remembers an answer, unless it may be another one the next time: a fault of ours, or a limit of rate.
    pub async fn answer(mut self, response: Response) -> Response {
        let status = response.status();
        if status.is_server_error() || status == StatusCode::TOO_MANY_REQUESTS {
            self.release().await;
            return response;
        }
        let (parts, body) = response.into_parts();
        let Ok(bytes) = to_bytes(body, ANSWER_MAX_BYTES).await else {
            return Problem::internal(anyhow::anyhow!("an answer to remember was too large")).into_response();
        };
        let mut headers = HeaderMap::new();
        for name in [header::CONTENT_TYPE, header::LOCATION] {
            if let Some(value) = parts.headers.get(&name) {
                headers.insert(name, value.clone());
            }
        }
        let answer = (status, headers, bytes.clone());
        self.share(&answer).await;
        if let Some(known) = self.answers.lock().get_mut(&self.key) {
            known.answer = Some(answer);
        }
        self.settled = true;
        Response::from_parts(parts, Body::from(bytes))
    }

    /// Lets other gateways know. Where they cannot, the same request through another of them is made anew, as without Redis.
    async fn share(&self, answer: &Answer) {
        let (Some(link), Some(seal)) = (&self.answers.link, &self.seal) else { return };
        match seal.answered(answer) {
            Ok(record) => {
                let _: Result<(), Away> = link.settle(&seal.place, &record, LIFE).await;
            }
            Err(error) => tracing::error!(error = format!("{error:#}"), "an answer cannot be shared"),
        }
    }

    /// Frees the key for other gateways; `drop` frees it here.
    async fn release(&self) {
        let (Some(link), Some(seal)) = (&self.answers.link, &self.seal) else { return };
        if let Ok(under_way) = seal.under_way() {
            let _: Result<(), Away> = link.release(&seal.place, &under_way).await;
        }
    }
}

impl Drop for Claimed<'_> {
    fn drop(&mut self) {
        if !self.settled {
            self.answers.lock().remove(&self.key);
        }
    }
}

/// Answers a request that makes something from what is remembered, where its key is known. Uploads look their key up
/// themselves, once they know what was sent.
pub(super) async fn remember(State(shared): State<Shared>, request: Request, next: Next) -> Response {
    match remembered(&shared, request, next).await {
        Ok(response) => response,
        Err(problem) => problem.into_response(),
    }
}

async fn remembered(shared: &Shared, request: Request, next: Next) -> Result<Response, Problem> {
    let who = request.extensions().get::<Who>().cloned();
    let (&Method::POST, Some(who), Some(key)) = (request.method(), who, key_of(request.headers())?) else {
        return Ok(next.run(request).await);
    };
    let (key, path) = (key.to_owned(), request.uri().path().to_owned());
    let max_bytes = request.extensions().get::<BodyMax>().map_or(0, |max| max.0);
    let head = clone_head(&request);
    let bytes = Bytes::from_request(request, &()).await.map_err(|error| unreadable(&error, max_bytes))?;
    let asked = Sha256::digest(&bytes).into();
    let within = shared.config.http.request_time();
    match shared.answers.find(&who, &path, &key, asked, within).await? {
        Found::Answered(response) => Ok(response),
        Found::New(claimed) => {
            let response = next.run(head.map(|()| Body::from(bytes))).await;
            Ok(claimed.answer(response).await)
        }
    }
}

/// A request without its body, which is read apart.
fn clone_head(request: &Request) -> axum::http::Request<()> {
    let mut head = axum::http::Request::new(());
    *head.method_mut() = request.method().clone();
    *head.uri_mut() = request.uri().clone();
    *head.version_mut() = request.version();
    *head.headers_mut() = request.headers().clone();
    *head.extensions_mut() = request.extensions().clone();
    head
}

fn forget_old(known: &mut HashMap<String, Known>) {
    known.retain(|_, answer| answer.at.elapsed() < LIFE);
    if known.len() >= ANSWERS_MAX
        && let Some(oldest) = known.iter().min_by_key(|(_, answer)| answer.at).map(|(key, _)| key.clone())
    {
        known.remove(&oldest);
    }
}
