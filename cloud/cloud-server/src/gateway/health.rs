//! Whether the cloud lives, is ready, and how its parts are doing.

use std::net::IpAddr;
use std::time::{SystemTime, UNIX_EPOCH};

use axum::Json;
use axum::extract::{Extension, State};
use axum::http::{HeaderValue, StatusCode, header};
use axum::response::{IntoResponse as _, Response};
use serde::Serialize;
use service::metrics_text;
use utoipa::ToSchema;

use super::{ClientAddress, Problem, Shared};
use crate::config::Http;

/// How the cloud is doing.
#[derive(Debug, Serialize, ToSchema)]
pub(super) struct Health {
    /// The process answers.
    live: bool,
    /// It can do its work: every part that it needs works.
    ready: bool,
    /// Each part.
    parts: Vec<PartHealth>,
}

/// How one part is doing.
#[derive(Debug, Serialize, ToSchema)]
pub(super) struct PartHealth {
    /// Its name.
    part: String,
    /// `ok`, `starting`, `degraded` or `down`.
    state: String,
    /// Whether the cloud is ready without it.
    required: bool,
    /// Since when, in milliseconds since 1970.
    since_ms: i64,
    /// What is wrong, for people.
    #[serde(skip_serializing_if = "Option::is_none")]
    detail: Option<String>,
}

/// How the cloud is doing: 200 when it is ready, 503 when not. Needs no sign-in: a load balancer asks it.
#[utoipa::path(
    get,
    path = "/api/v1/health",
    tag = "operation",
    security(()),
    responses((status = 200, body = Health), (status = 503, body = Health))
)]
pub(super) async fn health(State(shared): State<Shared>) -> Response {
    told(&shared.health)
}

/// Prometheus text, for the addresses in `http.metrics_from`.
#[utoipa::path(
    get,
    path = "/metrics",
    tag = "operation",
    security(()),
    responses((status = 200, body = String, content_type = "text/plain"))
)]
pub(super) async fn metrics(
    State(shared): State<Shared>,
    Extension(ClientAddress(address)): Extension<ClientAddress>,
) -> Response {
    measured(&shared.metrics, &shared.config.http, address)
}

/// How a process is doing.
pub(super) fn told(health: &service::health::Health) -> Response {
    let parts = health.parts().into_iter().map(|part| PartHealth {
        part: part.part.to_string(),
        state: part.state.as_str().to_owned(),
        required: part.required,
        since_ms: unix_ms(part.since),
        detail: part.detail,
    });
    let ready = health.is_ready();
    let status = if ready { StatusCode::OK } else { StatusCode::SERVICE_UNAVAILABLE };
    (status, Json(Health { live: true, ready, parts: parts.collect() })).into_response()
}

/// The metrics of a process, where this address may read them.
pub(super) fn measured(metrics: &metrics_text::Handle, http: &Http, address: IpAddr) -> Response {
    if !http.metrics_from.contains(&address.to_canonical()) {
        return Problem::not_found("there is nothing at `/metrics`").into_response();
    }
    let mut response = metrics.render().into_response();
    let kind = HeaderValue::from_static("text/plain; version=0.0.4; charset=utf-8");
    response.headers_mut().insert(header::CONTENT_TYPE, kind);
    response
}

fn unix_ms(time: SystemTime) -> i64 {
    let since = time.duration_since(UNIX_EPOCH).unwrap_or_default();
    i64::try_from(since.as_millis()).unwrap_or(i64::MAX)
}
