//! Catalogue generations: what each store sells from, and the way back.

use axum::Json;
use axum::extract::State;
use axum::http::HeaderMap;
use axum::response::Response;
use cloud_store::{GenerationInfo, GenerationKind, Publishing};
use domain::ids::Generation;
use serde::Serialize;
use sync_core::generation::Head;
use utoipa::ToSchema;

use super::answer::{ms, tagged};
use crate::auth::Who;
use crate::gateway::{Place, Problem, Shared};
use crate::roles::now;

/// A generation without its contents.
#[derive(Debug, Serialize, ToSchema)]
pub(crate) struct GenerationShown {
    number: u64,
    /// Milliseconds since 1970.
    made_at_ms: i64,
    /// What it changed: `catalogue`, `calibration`, `views` or `rollback`.
    kind: String,
    made_by: String,
    /// Whether it lasts only until the catalogue is changed: it was gone back to. The next change makes a generation of
    /// everything as it is in the cloud.
    until_next_change: bool,
    /// How many products it has, archived ones included.
    products: u64,
    /// How many views it has.
    views: u64,
    /// The model of its views; absent where there are none.
    #[serde(skip_serializing_if = "Option::is_none")]
    model: Option<String>,
}

/// The kept generations of a store, newest first.
#[derive(Debug, Serialize, ToSchema)]
pub(crate) struct Generations {
    items: Vec<GenerationShown>,
}

/// Lists the kept generations of a store.
#[utoipa::path(
    get,
    path = "/api/v1/stores/{store}/generations",
    tag = "generations",
    params(("store" = String, Path, description = "The store's id")),
    responses((status = 200, body = Generations))
)]
pub(crate) async fn list(
    State(shared): State<Shared>,
    who: Who,
    Place(store): Place<String>,
    headers: HeaderMap,
) -> Result<Response, Problem> {
    let store = who.store(&store)?;
    shared.store.store(&who.org, &store).await?;
    let kept = shared.store.generations(&who.org, &store).await?;
    tagged(&headers, &Generations { items: kept.iter().map(shown).collect() })
}

/// Makes a new generation with the contents of an earlier one. It stays until something of the catalogue is
/// changed again, a price that takes effect included.
#[utoipa::path(
    post,
    path = "/api/v1/stores/{store}/generations/{generation}/rollback",
    tag = "generations",
    params(
        ("store" = String, Path, description = "The store's id"),
        ("generation" = String, Path, description = "The number of the generation to go back to")
    ),
    responses((status = 200, body = GenerationShown))
)]
pub(crate) async fn roll_back(
    State(shared): State<Shared>,
    who: Who,
    Place((store, generation)): Place<(String, String)>,
) -> Result<Json<GenerationShown>, Problem> {
    let store = who.store(&store)?;
    let missing = |_| Problem::not_found("there is no such generation: the list shows those that are kept");
    let to = generation.parse().map(Generation).map_err(missing)?;
    let publishing =
        Publishing { by: who.actor.clone(), expected: None, keep: shared.config.worker.generations_kept };
    let sign = |head: &Head| shared.signer.sign(&who.org, &store, head).to_vec();
    let object = format!("store:{store}");
    let audited = shared.audited(&who, "generation.rollback", &object, &format!("to {to}"))?;
    let made = audited.rollback_generation(&who.org, &store, to, &publishing, &sign, now()).await?;
    Ok(Json(shown(&made.info)))
}

fn shown(info: &GenerationInfo) -> GenerationShown {
    GenerationShown {
        number: info.head.number.0,
        made_at_ms: ms(info.head.made_at),
        kind: match info.kind {
            GenerationKind::Catalogue => "catalogue".to_owned(),
            GenerationKind::Calibration => "calibration".to_owned(),
            GenerationKind::Views => "views".to_owned(),
            GenerationKind::Rollback => "rollback".to_owned(),
        },
        made_by: info.made_by.to_string(),
        until_next_change: info.kind == GenerationKind::Rollback,
        products: info.products,
        views: info.views,
        model: info.head.model.as_ref().map(ToString::to_string),
    }
}
