//! `Idempotency-Key`: a request that makes something can be sent again, when its answer was lost, without making it twice.
//!
//! Answers are remembered in this process for a while. What is made by a name or by its content (stores, tills, products)
//! is not made twice after that either; people and tokens are, so a caller should not wait longer than this memory.

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
use super::{Problem, Shared};
use crate::auth::Who;

/// How long an answer is remembered.
const LIFE: Duration = Duration::from_secs(3600);
/// Answers that are remembered; beyond it the oldest are forgotten.
const ANSWERS_MAX: usize = 10_000;
/// The largest answer that is remembered.
const ANSWER_MAX_BYTES: usize = 64 * 1024;
/// Longest key.
const KEY_MAX_LEN: usize = 255;

/// What was answered to whom.
#[derive(Default)]
pub struct Answers {
    known: Mutex<HashMap<String, Known>>,
}

struct Known {
    /// SHA-256 of what was asked.
    asked: [u8; 32],
    at: Instant,
    /// `None` while the first request is under way.
    answer: Option<(StatusCode, HeaderMap, Bytes)>,
}

/// A key that is being answered. Dropped without an answer it is free again.
pub struct Claimed<'a> {
    answers: &'a Answers,
    key: String,
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
    /// Looks a key up, and claims it where it is free. The same key for something else is refused.
    pub fn find(&self, who: &Who, path: &str, key: &str, asked: [u8; 32]) -> Result<Found<'_>, Problem> {
        let key = format!("{}\n{}\n{path}\n{key}", who.org, who.actor);
        let mut known = self.lock();
        forget_old(&mut known);
        if let Some(before) = known.get(&key) {
            if before.asked != asked {
                let detail = "this `Idempotency-Key` was used for another request: make a new one for each";
                return Err(Problem::new(StatusCode::UNPROCESSABLE_ENTITY, "idempotency_key_reused", detail));
            }
            let Some((status, headers, body)) = before.answer.clone() else {
                let detail = "the request with this `Idempotency-Key` is under way: ask again in a moment";
                return Err(Problem::conflict("request_under_way", detail).retry_after_s(1));
            };
            return Ok(Found::Answered((status, headers, body).into_response()));
        }
        known.insert(key.clone(), Known { asked, at: Instant::now(), answer: None });
        Ok(Found::New(Claimed { answers: self, key, settled: false }))
    }

    fn lock(&self) -> MutexGuard<'_, HashMap<String, Known>> {
        self.known.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl Claimed<'_> {
    /// Remembers an answer, unless it may be another one the next time: a fault of ours, or a limit of rate.
    pub async fn answer(mut self, response: Response) -> Response {
        let status = response.status();
        if status.is_server_error() || status == StatusCode::TOO_MANY_REQUESTS {
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
        if let Some(known) = self.answers.lock().get_mut(&self.key) {
            known.answer = Some((status, headers, bytes.clone()));
        }
        self.settled = true;
        Response::from_parts(parts, Body::from(bytes))
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
    match shared.answers.find(&who, &path, &key, asked)? {
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
