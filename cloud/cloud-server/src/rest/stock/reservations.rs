//! What is kept for somebody.

use axum::Json;
use axum::extract::State;
use axum::http::{HeaderMap, StatusCode};
use axum::response::Response;
use cloud_store::{NewReservation, StockReservation, StockReservationId};
use domain::time::WallMs;
use serde::{Deserialize, Serialize};
use utoipa::{IntoParams, ToSchema};

use super::{CountedIn, own_id, read_moment, read_product};
use crate::auth::Who;
use crate::gateway::{Body, Params, Place, Problem, Shared};
use crate::rest::answer::{Page, ms, page, page_size, read_cursor, tagged};
use crate::rest::sourcing::values::read_id;
use crate::roles::now;

/// What is to be kept for somebody.
#[derive(Debug, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub(crate) struct ReservationForm {
    /// A UUID that the caller drew: the same again is kept once.
    id: Option<String>,
    product: String,
    /// As the product is sold when not said.
    unit: Option<CountedIn>,
    /// Pieces or grams. More may be kept than is there.
    #[schema(minimum = 1, maximum = 1_000_000_000_000_u64)]
    quantity: u64,
    /// Until when, in milliseconds since 1970: then it ends by itself.
    until_ms: i64,
    /// For whom.
    #[serde(default)]
    #[schema(max_length = 1000)]
    for_whom: String,
}

/// What is kept for somebody.
#[derive(Debug, Serialize, ToSchema)]
pub(crate) struct ReservationShown {
    id: String,
    product: String,
    unit: CountedIn,
    quantity: u64,
    for_whom: String,
    until_ms: i64,
    made_by: String,
    made_at_ms: i64,
}

/// Which of them.
#[derive(Debug, Deserialize, IntoParams)]
#[serde(deny_unknown_fields)]
#[into_params(parameter_in = Query)]
pub(crate) struct ReservationParams {
    /// Those of one product.
    product: Option<String>,
    /// How many, from 1 to 500; 50 when not said.
    #[param(minimum = 1, maximum = 500)]
    limit: Option<u32>,
    /// `next` of the page before.
    after: Option<String>,
}

/// Lists what is kept in a store, in order of the moments at which it ends.
#[utoipa::path(
    get,
    path = "/api/v1/stores/{store}/stock/reservations",
    tag = "stock",
    params(("store" = String, Path, description = "The store's id"), ReservationParams),
    responses((status = 200, body = Page<ReservationShown>))
)]
pub(crate) async fn list(
    State(shared): State<Shared>,
    who: Who,
    Place(store): Place<String>,
    Params(params): Params<ReservationParams>,
    headers: HeaderMap,
) -> Result<Response, Problem> {
    let store = who.store(&store)?;
    shared.store.store(&who.org, &store).await?;
    let limit = page_size(params.limit)?;
    let after = read_cursor(params.after.as_deref())?.map(|text| read_moment(&text)).transpose()?;
    let after = after.map(|(until, id)| (until, StockReservationId(id)));
    let product = params.product.as_deref().map(read_product).transpose()?;
    let times = (now(), limit + 1);
    let found = shared.store.reservations(&who.org, &store, product.as_ref(), after, times).await?;
    let items = found.into_iter().map(shown).collect();
    tagged(&headers, &page(items, limit, |one: &ReservationShown| format!("{}/{}", one.until_ms, one.id)))
}

/// Keeps something for somebody: it counts as gone when it is said what may be sold and what is to be ordered.
#[utoipa::path(
    post,
    path = "/api/v1/stores/{store}/stock/reservations",
    tag = "stock",
    params(("store" = String, Path, description = "The store's id")),
    request_body = ReservationForm,
    responses((status = 200, body = ReservationShown))
)]
pub(crate) async fn create(
    State(shared): State<Shared>,
    who: Who,
    Place(store): Place<String>,
    Body(form): Body<ReservationForm>,
) -> Result<Json<ReservationShown>, Problem> {
    let store = who.store(&store)?;
    let reservation = NewReservation {
        id: StockReservationId(own_id(form.id.as_deref())?),
        product: read_product(&form.product)?,
        unit: form.unit.map(Into::into),
        quantity: form.quantity,
        for_whom: form.for_whom,
        until: WallMs(form.until_ms),
    };
    let detail = format!("{store} {}", reservation.quantity);
    let audited =
        shared.audited(&who, "stock.reserve", &format!("product:{}", reservation.product), &detail)?;
    let (kept, _) = audited.reserve_stock(&who.org, &store, &reservation, (&who.actor, now())).await?;
    Ok(Json(shown(kept)))
}

/// Lets go what was kept, before its time.
#[utoipa::path(
    delete,
    path = "/api/v1/stores/{store}/stock/reservations/{reservation}",
    tag = "stock",
    params(
        ("store" = String, Path, description = "The store's id"),
        ("reservation" = String, Path, description = "The reservation's id")
    ),
    responses((status = 204, description = "It is kept no more"))
)]
pub(crate) async fn release(
    State(shared): State<Shared>,
    who: Who,
    Place((store, reservation)): Place<(String, String)>,
) -> Result<StatusCode, Problem> {
    let store = who.store(&store)?;
    let id = StockReservationId(read_id("reservation", &reservation)?);
    let audited = shared.audited(&who, "stock.release", &format!("reservation:{id}"), store.as_str())?;
    audited.release_stock(&who.org, &store, id, (&who.actor, now())).await?;
    Ok(StatusCode::NO_CONTENT)
}

fn shown(one: StockReservation) -> ReservationShown {
    ReservationShown {
        id: one.id.to_string(),
        product: one.key.product.to_string(),
        unit: one.key.unit.into(),
        quantity: one.quantity,
        for_whom: one.for_whom,
        until_ms: ms(one.until),
        made_by: one.made_by.to_string(),
        made_at_ms: ms(one.made_at),
    }
}
