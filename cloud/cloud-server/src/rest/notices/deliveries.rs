//! What became of what people were told: sent, waiting, or given up.

use axum::extract::State;
use axum::http::{HeaderMap, StatusCode};
use axum::response::Response;
use cloud_store::{Delivery, DeliveryFilter, DeliveryId, DeliveryState, NoticeEvent, UserId};
use serde::{Deserialize, Serialize};
use utoipa::ToSchema;
use uuid::Uuid;

use super::{notice_id, read_channel, word};
use crate::auth::Who;
use crate::gateway::{Params, Place, Problem, Shared};
use crate::rest::answer::{Page, ms, page, page_size, read_cursor, tagged};
use crate::roles::now;

/// What is sent that is no notice's event.
const NO_EVENTS: [&str; 3] = ["digest", "settled", "confirmation"];

/// Which deliveries.
#[derive(Debug, Deserialize, utoipa::IntoParams)]
#[serde(deny_unknown_fields)]
#[into_params(parameter_in = Query)]
pub(crate) struct DeliveryParams {
    /// `waiting`, `sending`, `sent` or `dead`.
    state: Option<String>,
    /// Of this notice alone.
    notice: Option<u64>,
    /// Over `telegram`, `email` or `webhook` alone.
    channel: Option<String>,
    /// Of this kind alone: a notice's event, `digest`, `settled` or `confirmation`.
    event: Option<String>,
    /// To this person alone, by their id.
    person: Option<String>,
    /// How many, from 1 to 500; 50 when not said.
    #[param(minimum = 1, maximum = 500)]
    limit: Option<u32>,
    /// `next` of the page before.
    after: Option<String>,
}

/// What went, or is to go, to an address. Its words are its reader's.
#[derive(Debug, Serialize, ToSchema)]
pub(crate) struct DeliveryShown {
    id: u64,
    #[serde(skip_serializing_if = "Option::is_none")]
    notice: Option<u64>,
    /// Whose address it is.
    person: String,
    address: String,
    channel: String,
    event: String,
    state: String,
    attempts: u32,
    /// Whether a process ended while it was sending it, so that it may have come twice.
    doubtful: bool,
    /// What went wrong last.
    #[serde(skip_serializing_if = "Option::is_none")]
    problem: Option<String>,
    made_at_ms: i64,
    /// When it is tried next, or was first to be.
    run_after_ms: i64,
    #[serde(skip_serializing_if = "Option::is_none")]
    settled_at_ms: Option<i64>,
}

/// Lists deliveries, the newest first.
#[utoipa::path(
    get,
    path = "/api/v1/notice-deliveries",
    tag = "notices",
    params(DeliveryParams),
    responses((status = 200, body = Page<DeliveryShown>))
)]
pub(crate) async fn list(
    State(shared): State<Shared>,
    who: Who,
    Params(params): Params<DeliveryParams>,
    headers: HeaderMap,
) -> Result<Response, Problem> {
    who.check_all_stores()?;
    let limit = page_size(params.limit)?;
    let bad = |_| Problem::unprocessable("`after` is not a cursor: pass on `next` of the page before");
    let before = read_cursor(params.after.as_deref())?.map(|key| key.parse().map(DeliveryId).map_err(bad));
    let states = ["waiting", "sending", "sent", "dead"];
    let state = params.state.as_deref().map(|state| word("state", state, DeliveryState::from_word, &states));
    let filter = DeliveryFilter {
        person: params.person.as_deref().map(read_person).transpose()?,
        notice: params.notice.map(notice_id).transpose()?,
        channel: params.channel.as_deref().map(read_channel).transpose()?,
        event: params.event.as_deref().map(read_kind).transpose()?,
        state: state.transpose()?,
    };
    let found = shared.store.deliveries(&who.org, &filter, before.transpose()?, limit + 1).await?;
    let items = found.into_iter().map(shown).collect();
    tagged(&headers, &page(items, limit, |delivery: &DeliveryShown| delivery.id.to_string()))
}

/// Lets a delivery that was given up be tried again.
#[utoipa::path(
    post,
    path = "/api/v1/notice-deliveries/{delivery}/revival",
    tag = "notices",
    params(("delivery" = String, Path, description = "The delivery's id")),
    responses((status = 204))
)]
pub(crate) async fn revive(
    State(shared): State<Shared>,
    who: Who,
    Place(delivery): Place<String>,
) -> Result<StatusCode, Problem> {
    who.check_all_stores()?;
    let missing = |_| Problem::not_found("there is no such delivery");
    let id = DeliveryId(delivery.parse().map_err(missing)?);
    let audited = shared.audited(&who, "delivery.revive", &format!("delivery:{id}"), "")?;
    audited.revive_delivery(&who.org, id, now()).await?;
    Ok(StatusCode::NO_CONTENT)
}

fn read_person(text: &str) -> Result<UserId, Problem> {
    let refused =
        |_| Problem::unprocessable("`person` is no id: send the `id` of one of `GET /api/v1/people`");
    Uuid::parse_str(text).map(UserId).map_err(refused)
}

/// What a delivery is of: a notice's event, or one of the words that are no event.
fn read_kind(text: &str) -> Result<String, Problem> {
    let known: Vec<&str> = NoticeEvent::ALL.map(NoticeEvent::as_str).into_iter().chain(NO_EVENTS).collect();
    word("event", text, |one| known.contains(&one).then(|| one.to_owned()), &known)
}

fn shown(delivery: Delivery) -> DeliveryShown {
    let asked = delivery.asked;
    DeliveryShown {
        id: delivery.id.0,
        notice: asked.notice.map(|notice| notice.0),
        person: asked.person.to_string(),
        address: asked.address.to_string(),
        channel: asked.channel.as_str().to_owned(),
        event: asked.event,
        state: delivery.state.as_str().to_owned(),
        attempts: delivery.attempts,
        doubtful: delivery.doubtful,
        problem: delivery.problem,
        made_at_ms: ms(delivery.made_at),
        run_after_ms: ms(asked.run_after),
        settled_at_ms: delivery.settled_at.map(ms),
    }
}
