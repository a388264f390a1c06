//! What every request gets whatever it asks for: an id, a line in the access log, metrics, a limit of time, and an answer
//! even when its handler panics.

use std::time::{Duration, Instant};

use axum::extract::{MatchedPath, Request, State};
use axum::http::{HeaderName, HeaderValue, Method, StatusCode};
use axum::middleware::Next;
use axum::response::{IntoResponse as _, Response};
use uuid::Uuid;

use super::problem::Problem;

/// Carries the request's id, both ways.
pub(super) const REQUEST_ID: HeaderName = HeaderName::from_static("x-request-id");
/// Longest id that is taken over from a caller.
const REQUEST_ID_MAX_LEN: usize = 64;

/// The id of a request.
#[derive(Debug, Clone)]
pub struct RequestId(pub String);

/// Numbers the request, times it and writes it down once it is answered. The address and the query stay out of the log:
/// they can name people.
pub(super) async fn record(mut request: Request, next: Next) -> Response {
    let id = request_id(&request);
    let method = known_method(request.method());
    let route = request.extensions().get::<MatchedPath>().map_or("none", MatchedPath::as_str).to_owned();
    request.extensions_mut().insert(RequestId(id.clone()));
    let began = Instant::now();
    let span = tracing::info_span!("request", request.id = id, method, route, status = tracing::field::Empty);
    let mut response = tracing::Instrument::instrument(next.run(request), span.clone()).await;
    span.record("status", response.status().as_u16());
    drop(span);
    let (status, took) = (response.status(), began.elapsed());
    let labels =
        [("method", method.to_owned()), ("route", route.clone()), ("status", status.as_u16().to_string())];
    metrics::counter!("http_requests_total", &labels).increment(1);
    let labels = [("method", method.to_owned()), ("route", route.clone())];
    metrics::histogram!("http_request_duration_seconds", &labels).record(took);
    let duration_ms = u64::try_from(took.as_millis()).unwrap_or(u64::MAX);
    tracing::info!(
        target: "access",
        { request.id = id, status = status.as_u16(), duration_ms },
        "{method} {route} answered {} in {duration_ms} ms",
        status.as_u16()
    );
    if let Ok(value) = HeaderValue::from_str(&id) {
        response.headers_mut().insert(REQUEST_ID, value);
    }
    response
}

/// Ends a request that takes too long, be it that the caller sends slowly or that we think slowly.
pub(super) async fn limit_time(State(limit): State<Duration>, request: Request, next: Next) -> Response {
    match tokio::time::timeout(limit, next.run(request)).await {
        Ok(response) => response,
        Err(_) => {
            let ms = limit.as_millis();
            let detail =
                format!("the request took longer than the {ms} ms allowed: send it faster, or less at once");
            Problem::new(StatusCode::REQUEST_TIMEOUT, "too_slow", detail).into_response()
        }
    }
}

/// The answer of a handler that panicked; the panic itself is in the log.
pub(super) fn panicked(_: Box<dyn std::any::Any + Send>) -> Response {
    Problem::internal(anyhow::anyhow!("a handler panicked")).into_response()
}

/// A caller can make methods up, and each would be a metric of its own.
fn known_method(method: &Method) -> &'static str {
    let known = ["GET", "HEAD", "POST", "PUT", "PATCH", "DELETE", "OPTIONS"];
    known.into_iter().find(|known| method.as_str() == *known).unwrap_or("other")
}

fn request_id(request: &Request) -> String {
    let fits = |id: &&str| {
        (1..=REQUEST_ID_MAX_LEN).contains(&id.len())
            && id.bytes().all(|b| b.is_ascii_alphanumeric() || b"-_.".contains(&b))
    };
    let given = request.headers().get(REQUEST_ID).and_then(|value| value.to_str().ok()).filter(fits);
    given.map_or_else(|| Uuid::now_v7().to_string(), str::to_owned)
}
