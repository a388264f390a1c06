//! The small face of a worker that runs beside the servers: how it is doing, and its metrics. It has the gateway's limits.

use std::net::SocketAddr;
use std::sync::Arc;
use std::time::Duration;

use axum::extract::{Extension, Request, State};
use axum::middleware::{Next, from_fn, from_fn_with_state};
use axum::response::{IntoResponse as _, Response};
use axum::routing::get;
use axum::{Router, extract::DefaultBodyLimit};
use service::health::Health;
use service::metrics_text;
use service::tasks::Tasks;
use tower_http::catch_panic::CatchPanicLayer;

use super::rate::{self, ClientAddress, Rates};
use super::{Problem, health, listener, request};
use crate::config::{Config, Http};

/// How often idle callers are forgotten.
const FORGET_EVERY: Duration = Duration::from_secs(60);

struct Face {
    http: Http,
    rates: Rates,
    health: Health,
    metrics: metrics_text::Handle,
}

/// Serves the face on an address; gives back where it really listens.
pub async fn listen_as_worker(
    tasks: &Tasks,
    address: SocketAddr,
    config: &Config,
    health: &Health,
    metrics: metrics_text::Handle,
) -> anyhow::Result<SocketAddr> {
    // The certificate is the gateway's, which may be on another machine.
    let (tls_certificate, tls_key) = Default::default();
    let http = Http { listen: address, tls_certificate, tls_key, ..config.http.clone() };
    let rates = Rates::new(&config.rate, None);
    let face = Arc::new(Face { http, rates, health: health.clone(), metrics });
    let (forgetting, token) = (Arc::clone(&face), tasks.token());
    tasks.spawn("rate-upkeep", async move {
        while token.run_until_cancelled(tokio::time::sleep(FORGET_EVERY)).await.is_some() {
            forgetting.rates.forget_idle();
        }
        Ok(())
    });
    Ok(listener::listen(tasks, &face.http, router(&face)).await?.address)
}

fn router(face: &Arc<Face>) -> Router {
    Router::new()
        .route("/api/v1/health", get(health))
        .route("/metrics", get(metrics))
        .fallback(async || {
            Problem::not_found("a worker has `/api/v1/health` and `/metrics` only").into_response()
        })
        .layer(DefaultBodyLimit::max(face.http.body_max_bytes))
        .layer(from_fn_with_state(face.http.request_time(), request::limit_time))
        .layer(from_fn_with_state(Arc::clone(face), limit_addresses))
        .layer(CatchPanicLayer::custom(request::panicked))
        .layer(from_fn(request::record))
        .with_state(Arc::clone(face))
}

async fn health(State(face): State<Arc<Face>>) -> Response {
    health::told(&face.health)
}

async fn metrics(
    State(face): State<Arc<Face>>,
    Extension(ClientAddress(address)): Extension<ClientAddress>,
) -> Response {
    health::measured(&face.metrics, &face.http, address)
}

async fn limit_addresses(State(face): State<Arc<Face>>, request: Request, next: Next) -> Response {
    rate::limit(&face.rates, &face.http.trusted_proxies, request, next).await
}
