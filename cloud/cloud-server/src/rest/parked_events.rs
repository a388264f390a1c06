//! Events that the bus refused too often, so that somebody can look at them, send them again or give them up.

use axum::extract::State;
use axum::http::{HeaderMap, StatusCode};
use axum::response::Response;
use cloud_store::{EventId, ParkedEvent};
use serde::Serialize;
use utoipa::ToSchema;

use super::answer::{ms, tagged};
use crate::auth::Who;
use crate::gateway::{Place, Problem, Shared};

/// Events that are shown at once, the latest first.
const SHOWN_MAX: u32 = 500;

/// An event that the bus refused too often.
#[derive(Debug, Serialize, ToSchema)]
pub(crate) struct ParkedEventShown {
    id: u64,
    /// What it is about, for example `product_changes`.
    topic: String,
    /// What it happened to.
    key: String,
    size_bytes: u64,
    /// How often it was refused.
    attempts: u32,
    /// Why, the last time.
    problem: String,
    made_at_ms: i64,
    parked_at_ms: i64,
}

/// Events that the bus refused too often, the latest first.
#[derive(Debug, Serialize, ToSchema)]
pub(crate) struct ParkedEvents {
    items: Vec<ParkedEventShown>,
}

/// Lists events that the bus refused too often.
#[utoipa::path(get, path = "/api/v1/parked-events", tag = "operation", responses((status = 200, body = ParkedEvents)))]
pub(crate) async fn list(
    State(shared): State<Shared>,
    who: Who,
    headers: HeaderMap,
) -> Result<Response, Problem> {
    who.check_all_stores()?;
    let parked = shared.store.parked_events(&who.org, SHOWN_MAX).await?;
    tagged(&headers, &ParkedEvents { items: parked.into_iter().map(shown).collect() })
}

/// Lets a parked event be sent again. Later ones of its key may have been sent meanwhile.
#[utoipa::path(
    post,
    path = "/api/v1/parked-events/{event}/release",
    tag = "operation",
    params(("event" = String, Path, description = "The event's id")),
    responses((status = 204))
)]
pub(crate) async fn release(
    State(shared): State<Shared>,
    who: Who,
    Place(event): Place<String>,
) -> Result<StatusCode, Problem> {
    who.check_all_stores()?;
    let id = read_id(&event)?;
    let audited = shared.audited(&who, "event.release", &format!("event:{id}"), "")?;
    audited.release_event(&who.org, id).await?;
    Ok(StatusCode::NO_CONTENT)
}

/// Gives a parked event up: nobody will be told of it.
#[utoipa::path(
    delete,
    path = "/api/v1/parked-events/{event}",
    tag = "operation",
    params(("event" = String, Path, description = "The event's id")),
    responses((status = 204))
)]
pub(crate) async fn discard(
    State(shared): State<Shared>,
    who: Who,
    Place(event): Place<String>,
) -> Result<StatusCode, Problem> {
    who.check_all_stores()?;
    let id = read_id(&event)?;
    let audited = shared.audited(&who, "event.discard", &format!("event:{id}"), "")?;
    audited.discard_event(&who.org, id).await?;
    Ok(StatusCode::NO_CONTENT)
}

fn read_id(text: &str) -> Result<EventId, Problem> {
    text.parse().map(EventId).map_err(|_| Problem::not_found("there is no such event"))
}

fn shown(parked: ParkedEvent) -> ParkedEventShown {
    ParkedEventShown {
        id: parked.id.0,
        topic: parked.topic,
        key: parked.key,
        size_bytes: parked.size_bytes,
        attempts: parked.attempts,
        problem: parked.problem,
        made_at_ms: ms(parked.made_at),
        parked_at_ms: ms(parked.parked_at),
    }
}
