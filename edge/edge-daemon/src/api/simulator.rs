//! Moving the simulated devices: putting products down, showing photos, choosing what the terminal does, breaking parts.

use std::path::PathBuf;
use std::sync::atomic::Ordering;

use axum::extract::State;
use axum::http::StatusCode;
use axum::routing::{get, post};
use axum::{Json, Router};
use domain::ids::ProductId;
use edge_devices::simulated::{Cover, Fault, ItemId, PutError, SimulatedTray};
use edge_devices::terminal::NextOutcome;
use serde::Deserialize;
use serde_json::{Value, json};

use super::Shared;
use super::problem::Problem;
use super::state::BoundsBody;
use crate::simulator::{Scene, Simulator};

/// Routes below `/sim/v1`.
pub(super) fn router() -> Router<Shared> {
    Router::new()
        .route("/tray", get(tray))
        .route("/put", post(put))
        .route("/take", post(take))
        .route("/clear", post(clear))
        .route("/cover", post(cover))
        .route("/show", post(show))
        .route("/terminal", post(terminal))
        .route("/fault", post(fault))
}

type Answer = Result<Json<Value>, Problem>;

fn simulator(shared: &Shared) -> Result<&Simulator, Problem> {
    shared
        .simulator
        .as_ref()
        .ok_or_else(|| Problem::not_found("this till's devices are real: there is no simulator"))
}

fn simulated_tray(shared: &Shared) -> Result<&SimulatedTray, Problem> {
    match &simulator(shared)?.scene {
        Scene::Tray(tray) => Ok(tray),
        Scene::Photos(_) => Err(Problem::not_found("this till's camera shows photos: use /sim/v1/show")),
    }
}

async fn tray(State(shared): State<Shared>) -> Answer {
    let tray = simulated_tray(&shared)?;
    let items: Vec<Value> = tray
        .truth()
        .into_iter()
        .map(|item| {
            json!({
                "item": item.item.0,
                "product": item.product.as_str(),
                "weight_g": item.weight_g,
                "bounds": item.bounds.map(BoundsBody::from),
                "moving": item.moving,
            })
        })
        .collect();
    Ok(Json(json!({"items": items, "settled": tray.is_settled()})))
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Put {
    product: String,
}

async fn put(State(shared): State<Shared>, Json(body): Json<Put>) -> Answer {
    let product = ProductId::new(&body.product).map_err(|error| Problem::unprocessable(error.to_string()))?;
    let tray = simulated_tray(&shared)?.clone();
    let placed = blocking(move || tray.put(&product)).await?;
    let placed = placed.map_err(|error| match error {
        PutError::Full => Problem::new(StatusCode::CONFLICT, "tray_full", error.to_string()),
        PutError::UnknownProduct(_) | PutError::NoSuchItem(_) => Problem::unprocessable(error.to_string()),
    })?;
    Ok(Json(json!({"item": placed.item.0, "weight_g": placed.weight_g})))
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Take {
    item: u64,
}

async fn take(State(shared): State<Shared>, Json(body): Json<Take>) -> Answer {
    let tray = simulated_tray(&shared)?.clone();
    let item = body.item;
    if blocking(move || tray.take(ItemId(item))).await? {
        Ok(Json(json!({})))
    } else {
        Err(Problem::unprocessable(format!("there is no item {item} on the tray")))
    }
}

async fn clear(State(shared): State<Shared>) -> Answer {
    match &simulator(&shared)?.scene {
        Scene::Tray(tray) => tray.clear(),
        Scene::Photos(photos) => photos.blank(),
    }
    Ok(Json(json!({})))
}

#[derive(Deserialize)]
#[serde(rename_all = "snake_case")]
enum CoverKind {
    Hand,
    Cloth,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct CoverBody {
    cover: Option<CoverKind>,
}

async fn cover(State(shared): State<Shared>, Json(body): Json<CoverBody>) -> Answer {
    simulated_tray(&shared)?.cover(body.cover.map(|cover| match cover {
        CoverKind::Hand => Cover::Hand,
        CoverKind::Cloth => Cover::Cloth,
    }));
    Ok(Json(json!({})))
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Show {
    path: Option<PathBuf>,
}

async fn show(State(shared): State<Shared>, Json(body): Json<Show>) -> Answer {
    let Scene::Photos(photos) = &simulator(&shared)?.scene else {
        return Err(Problem::not_found("this till's camera looks at a simulated tray: use /sim/v1/put"));
    };
    let photos = photos.clone();
    let shown = blocking(move || match body.path {
        Some(path) => photos.show(&path),
        None => {
            photos.blank();
            Ok(())
        }
    });
    shown.await?.map_err(|error| Problem::unprocessable(error.to_string()))?;
    Ok(Json(json!({})))
}

#[derive(Deserialize)]
#[serde(rename_all = "snake_case")]
enum NextBody {
    Approve,
    Decline,
    TimeOut,
    LoseAnswer,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct TerminalBody {
    next: NextBody,
}

async fn terminal(State(shared): State<Shared>, Json(body): Json<TerminalBody>) -> Answer {
    simulator(&shared)?.terminal.script(match body.next {
        NextBody::Approve => NextOutcome::Approve,
        NextBody::Decline => NextOutcome::Decline,
        NextBody::TimeOut => NextOutcome::TimeOut,
        NextBody::LoseAnswer => NextOutcome::LoseAnswer,
    });
    Ok(Json(json!({})))
}

#[derive(Deserialize)]
#[serde(rename_all = "snake_case")]
enum FaultPart {
    Camera,
    Scale,
    Vision,
}

#[derive(Deserialize, PartialEq, Eq)]
#[serde(rename_all = "snake_case")]
enum FaultKind {
    None,
    Unplugged,
    Stuck,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct FaultBody {
    part: FaultPart,
    fault: FaultKind,
}

async fn fault(State(shared): State<Shared>, Json(body): Json<FaultBody>) -> Answer {
    let kind = match body.fault {
        FaultKind::None => Fault::None,
        FaultKind::Unplugged => Fault::Unplugged,
        FaultKind::Stuck => Fault::Stuck,
    };
    match body.part {
        FaultPart::Camera => simulated_tray(&shared)?.break_camera(kind),
        FaultPart::Scale => simulated_tray(&shared)?.break_scale(kind),
        FaultPart::Vision => {
            let hang = &simulator(&shared)?.vision_hang;
            hang.store(body.fault != FaultKind::None, Ordering::Relaxed);
        }
    }
    Ok(Json(json!({})))
}

/// Composing a scene and decoding a photo take milliseconds: too long for an async thread.
async fn blocking<T: Send + 'static>(work: impl FnOnce() -> T + Send + 'static) -> Result<T, Problem> {
    tokio::task::spawn_blocking(work)
        .await
        .map_err(|_| Problem::unavailable("the simulator failed: see the log"))
}
