//! The kiosk API on loopback, as `docs/reference/kiosk-api.md` has it.

use std::sync::Arc;
use std::time::Duration;

use arc_swap::ArcSwapOption;
use axum::Router;
use axum::extract::DefaultBodyLimit;
use axum::http::{HeaderName, HeaderValue, header};
use axum::middleware::{from_fn, from_fn_with_state};
use axum::routing::{get, post};
use domain::catalogue::Catalogue;
use service::health::Health;
use tokio::sync::{Semaphore, mpsc};
use tokio_util::sync::CancellationToken;
use tower_http::set_header::SetResponseHeaderLayer;
use tower_http::timeout::TimeoutLayer;

use crate::board::Board;
use crate::event::Event;
use crate::preview::Preview;
use crate::simulator::Simulator;
use crate::staff_pin::StaffPin;

pub mod actions;
mod guard;
mod live;
mod preview;
mod problem;
mod products;
mod simulator;
pub mod state;
mod status;
mod ui;

/// What every handler may need.
pub type Shared = Arc<Api>;

/// The largest request body: an action is a few dozen bytes.
const BODY_MAX: usize = 64 * 1024;
/// Pages and tools that listen at once.
const LIVE_MAX: usize = 16;
/// Pictures of the tray that are sent at once.
const PREVIEWS_MAX: usize = 4;
/// The longest a request may take, live connections and previews aside.
const REQUEST_TIME: Duration = Duration::from_secs(10);
/// Nothing from elsewhere, no inline script, no frame around the page.
const CONTENT_POLICY: &str = "default-src 'none'; script-src 'self'; style-src 'self'; img-src 'self' blob: data:; \
     font-src 'self'; connect-src 'self'; manifest-src 'self'; base-uri 'none'; form-action 'none'; frame-ancestors 'none'";

/// The daemon as its API sees it.
pub struct Api {
    /// The published state.
    pub board: Arc<Board>,
    /// The way to the checkout loop.
    pub events: mpsc::Sender<Event>,
    /// The catalogue being sold from.
    pub catalogue: Arc<ArcSwapOption<Catalogue>>,
    /// Where product pictures lie.
    pub pictures: std::path::PathBuf,
    /// The newest frame as JPEG.
    pub preview: Preview,
    /// How the parts are doing.
    pub health: Health,
    /// Prometheus text.
    pub metrics: service::metrics_text::Handle,
    /// What staff prove themselves with.
    pub staff_pin: Arc<StaffPin>,
    /// The simulated devices, where there are any.
    pub simulator: Option<Simulator>,
    /// Ends live connections when the daemon stops.
    pub stopping: CancellationToken,
    bucket: guard::Bucket,
    live_slots: Arc<Semaphore>,
    preview_slots: Arc<Semaphore>,
}

/// What [`Api::new`] is made of.
#[allow(missing_docs, reason = "each field is explained at `Api`, which is built from it")]
pub struct ApiParts {
    pub board: Arc<Board>,
    pub events: mpsc::Sender<Event>,
    pub catalogue: Arc<ArcSwapOption<Catalogue>>,
    pub pictures: std::path::PathBuf,
    pub preview: Preview,
    pub health: Health,
    pub metrics: service::metrics_text::Handle,
    pub staff_pin: Arc<StaffPin>,
    pub simulator: Option<Simulator>,
    pub stopping: CancellationToken,
}

impl Api {
    /// Adds the limits.
    pub fn new(parts: ApiParts) -> Shared {
        let ApiParts {
            board,
            events,
            catalogue,
            pictures,
            preview,
            health,
            metrics,
            staff_pin,
            simulator,
            stopping,
        } = parts;
        Arc::new(Self {
            board,
            events,
            catalogue,
            pictures,
            preview,
            health,
            metrics,
            staff_pin,
            simulator,
            stopping,
            bucket: guard::Bucket::default(),
            live_slots: Arc::new(Semaphore::new(LIVE_MAX)),
            preview_slots: Arc::new(Semaphore::new(PREVIEWS_MAX)),
        })
    }
}

/// All routes.
pub fn router(shared: &Shared) -> Router {
    let quick = Router::new()
        .route("/api/v1/state", get(live::state))
        .route("/api/v1/actions", post(actions::act))
        .route("/api/v1/products", get(products::search))
        .route("/api/v1/preview.jpg", get(preview::still))
        .route("/api/v1/health", get(status::health))
        .route("/metrics", get(status::metrics))
        .nest("/sim/v1", simulator::router())
        .layer(TimeoutLayer::with_status_code(axum::http::StatusCode::REQUEST_TIMEOUT, REQUEST_TIME))
        .layer(from_fn_with_state(Arc::clone(shared), guard::limit_rate));
    // Pictures and page files are many small cached reads when a page opens; a flood of them costs little.
    let files = Router::new()
        .route("/api/v1/products/{id}/picture", get(products::picture))
        .route("/api/v1/live", get(live::live))
        .route("/api/v1/preview.mjpeg", get(preview::stream))
        .fallback(ui::serve);
    quick
        .merge(files)
        .layer(from_fn(guard::check_names))
        .layer(DefaultBodyLimit::max(BODY_MAX))
        .layer(fixed(header::CONTENT_SECURITY_POLICY, CONTENT_POLICY))
        .layer(fixed(header::X_CONTENT_TYPE_OPTIONS, "nosniff"))
        .layer(fixed(header::REFERRER_POLICY, "no-referrer"))
        .with_state(Arc::clone(shared))
}

fn fixed(name: HeaderName, value: &'static str) -> SetResponseHeaderLayer<HeaderValue> {
    SetResponseHeaderLayer::overriding(name, HeaderValue::from_static(value))
}
