//! The gateway: every REST request comes through here, and each is bounded in size, time and rate before anybody looks at
//! what it wants.
//!
//! Read [`router`] first: it is the order in which a request is met.

mod cached;
mod compress;
mod extract;
mod health;
mod idempotency;
mod listener;
mod openapi;
mod page;
mod problem;
mod rate;
mod request;
mod sealed;
mod worker_face;

use std::sync::Arc;

use axum::Router;
use axum::extract::DefaultBodyLimit;
use axum::http::{HeaderName, HeaderValue, StatusCode, header};
use axum::middleware::{from_fn, from_fn_with_state};
use axum::response::{IntoResponse as _, Response};
use axum::{Extension, extract::Request};
use cloud_store::{NewAuditEntry, Store};
use domain::ids::OrgId;
use service::health::Health;
use service::metrics_text;
use tokio::sync::{Notify, Semaphore};
use tower_http::catch_panic::CatchPanicLayer;
use tower_http::set_header::SetResponseHeaderLayer;
use utoipa::OpenApi as _;
use utoipa_axum::router::OpenApiRouter;
use utoipa_axum::routes;

pub use extract::{Body, BodyMax, Params, Place, read_json, unreadable};
pub use idempotency::{Answers, Claimed, Found, key_of};
pub use listener::{Listening, listen, reload};
pub use openapi::OPENAPI_PATH;
pub use problem::{Problem, ProblemBody};
pub use rate::{ClientAddress, Rates};
pub use request::RequestId;
pub use worker_face::listen_as_worker;

use crate::auth::{self, Who};
use crate::blobs::Blobs;
use crate::ca::Authority;
use crate::cache::Cache;
use crate::config::Config;
use crate::documents::reader::Reader;
use crate::heads::HeadBoard;
use crate::jobs::{Eye, PUBLISH_CATALOGUE, job};
use crate::language::LanguageModel;
use crate::mqtt::Switchboard;
use crate::products::alike::AlikeFinder;
use crate::products::photo::UPLOAD_MAX_BYTES;
use crate::rest;
use crate::roles::now;
use crate::search::SearchEngine;
use crate::signing::Signer;

/// What every handler may need.
pub type Shared = Arc<Gateway>;

/// Nothing of the API is a page; the page has a policy of its own.
const API_POLICY: &str = "default-src 'none'; base-uri 'none'; form-action 'none'; frame-ancestors 'none'";
/// A year, as browsers ask for.
const TRANSPORT_POLICY: &str = "max-age=31536000";

/// The cloud as its gateway sees it.
pub struct Gateway {
    /// What it was told.
    pub config: Config,
    /// How the parts are doing.
    pub health: Health,
    /// Prometheus text.
    pub metrics: metrics_text::Handle,
    /// Who is a till.
    pub authority: Authority,
    /// The newest generations.
    pub heads: HeadBoard,
    /// What need not be asked of the database again.
    pub cache: Cache,
    /// Who is there, and what is on its way to tills.
    pub mqtt: Switchboard,
    /// How often one caller may ask.
    pub rates: Rates,
    /// What the cloud knows.
    pub store: Store,
    /// Where photos are.
    pub blobs: Blobs,
    /// What signs catalogue generations.
    pub signer: Signer,
    /// Uploads that may be under way at once.
    pub uploads: Arc<Semaphore>,
    /// What was answered to requests that make something.
    pub answers: Answers,
    /// Reads files in processes of their own.
    pub reader: Reader,
    /// Which products look alike.
    pub alike: AlikeFinder,
    /// What makes vectors of photos that are looked for.
    pub eye: Eye,
    /// What finds things.
    pub search: SearchEngine,
    /// What proposes what rules do not find.
    pub language: LanguageModel,
    /// Wakes the worker in this process, where there is one.
    pub wake: Arc<Notify>,
    /// Wakes what reads documents in this process, where there is anything.
    pub wake_readers: Arc<Notify>,
    /// Wakes what takes catalogues in, in this process.
    pub wake_importers: Arc<Notify>,
    /// Wakes what forecasts in this process.
    pub wake_forecasters: Arc<Notify>,
}

impl Gateway {
    /// Asks for new catalogue generations of an organisation's stores.
    pub async fn publish(&self, org: &OrgId) -> Result<(), Problem> {
        let now = now();
        self.store.add_job(org, &job(PUBLISH_CATALOGUE, org.as_str(), now), now).await?;
        self.wake.notify_one();
        Ok(())
    }

    /// The store for one change that the audit log is to tell of, in the same transaction. `detail` holds no secret and no
    /// personal data.
    pub fn audited(&self, who: &Who, action: &str, object: &str, detail: &str) -> Result<Store, Problem> {
        let entry = NewAuditEntry {
            actor: who.actor.clone(),
            action: action.to_owned(),
            object: object.to_owned(),
            detail: detail.to_owned(),
        };
        Ok(self.store.audited(&who.org, &entry, now())?)
    }
}

/// All routes. A request is first numbered and recorded, then its address is held to its rate, then its size and time are
/// bounded, and then its handler runs.
pub fn router(shared: &Shared) -> Router {
    let http = &shared.config.http;
    let ordinary = operation()
        .merge(rest::routes().route_layer(from_fn_with_state(Arc::clone(shared), idempotency::remember)))
        .route_layer(from_fn_with_state(Arc::clone(shared), cached::serve))
        .route_layer(from_fn_with_state(Arc::clone(shared), auth::admit))
        .layer(from_fn_with_state(http.request_time(), request::limit_time))
        .layer(Extension(BodyMax(http.body_max_bytes)))
        .layer(DefaultBodyLimit::max(http.body_max_bytes));
    let uploads = rest::uploads()
        .route_layer(from_fn_with_state(Arc::clone(shared), cached::serve))
        .route_layer(from_fn_with_state(Arc::clone(shared), auth::admit))
        .layer(from_fn_with_state(http.upload_time(), request::limit_time))
        .layer(DefaultBodyLimit::max(UPLOAD_MAX_BYTES));
    let (routes, description) = ordinary.merge(uploads).split_for_parts();
    let mut router = routes
        .merge(openapi::routes(description))
        .fallback(page_or_problem)
        .method_not_allowed_fallback(no_such_method)
        .layer(from_fn_with_state(Arc::clone(shared), rate::limit_addresses))
        .layer(default_to(header::CONTENT_SECURITY_POLICY, API_POLICY))
        .layer(default_to(header::CACHE_CONTROL, "no-store"))
        .layer(default_to(header::X_CONTENT_TYPE_OPTIONS, "nosniff"))
        .layer(default_to(header::REFERRER_POLICY, "no-referrer"))
        .layer(default_to(header::X_FRAME_OPTIONS, "DENY"));
    if http.has_tls() {
        router = router.layer(default_to(header::STRICT_TRANSPORT_SECURITY, TRANSPORT_POLICY));
    }
    router
        .layer(compress::layer())
        .layer(from_fn(compress::negotiate))
        .layer(CatchPanicLayer::custom(request::panicked))
        .layer(from_fn(request::record))
        .with_state(Arc::clone(shared))
}

/// The description of the API (OpenAPI 3.1), for those who make something from it.
pub fn description() -> String {
    openapi::written(operation().merge(rest::routes()).merge(rest::uploads()).into_openapi())
}

/// The routes that tell how the cloud is, and what the description begins with.
fn operation() -> OpenApiRouter<Shared> {
    OpenApiRouter::with_openapi(openapi::Description::openapi())
        .routes(routes!(health::health))
        .routes(routes!(health::metrics))
}

fn default_to(name: HeaderName, value: &'static str) -> SetResponseHeaderLayer<HeaderValue> {
    SetResponseHeaderLayer::if_not_present(name, HeaderValue::from_static(value))
}

/// The page, and a problem for everything else that no route knows.
async fn page_or_problem(request: Request) -> Response {
    if let Some(page) = page::serve(request.method(), request.uri()) {
        return page;
    }
    let path: String = request.uri().path().chars().take(200).collect();
    Problem::not_found(format!("there is nothing at `{path}`: `{OPENAPI_PATH}` lists what there is"))
        .into_response()
}

async fn no_such_method(request: Request) -> Problem {
    let (method, path) = (request.method(), request.uri().path());
    let detail = format!("`{path}` does not know {method}: `{OPENAPI_PATH}` lists what it knows");
    Problem::new(StatusCode::METHOD_NOT_ALLOWED, "method_not_allowed", detail)
}
