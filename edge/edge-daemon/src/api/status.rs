//! How the daemon is doing: for probes, tools and Prometheus.

use axum::Json;
use axum::extract::State;
use axum::http::{StatusCode, header};
use axum::response::{IntoResponse as _, Response};
use domain::time::WallMs;
use serde_json::json;

use super::Shared;
use crate::clock::rfc3339;

/// `GET /api/v1/health`: 200 when ready, 503 when not.
pub(super) async fn health(State(shared): State<Shared>) -> Response {
    let ready = shared.health.is_ready();
    let parts = shared.health.parts().into_iter().map(|part| {
        let since = part.since.duration_since(std::time::UNIX_EPOCH).map_or(0, |after| after.as_millis());
        json!({
            "part": &*part.part,
            "state": part.state.as_str(),
            "since": rfc3339(WallMs(i64::try_from(since).unwrap_or(i64::MAX))),
            "detail": part.detail,
        })
    });
    let status = if ready { StatusCode::OK } else { StatusCode::SERVICE_UNAVAILABLE };
    let parts: Vec<_> = parts.collect();
    (status, Json(json!({"live": true, "ready": ready, "parts": parts}))).into_response()
}

/// `GET /metrics`.
pub(super) async fn metrics(State(shared): State<Shared>) -> Response {
    let kind = [(header::CONTENT_TYPE, "text/plain; version=0.0.4; charset=utf-8")];
    (kind, shared.metrics.render()).into_response()
}
