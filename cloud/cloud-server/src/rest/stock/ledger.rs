//! The ledger of a store: every change of stock, and what it belongs to.

use axum::extract::State;
use axum::http::HeaderMap;
use axum::response::Response;
use cloud_store::{MovementId, StockMovement};
use serde::{Deserialize, Serialize};
use utoipa::{IntoParams, ToSchema};

use super::{CountedIn, read_product};
use crate::auth::Who;
use crate::gateway::{Params, Place, Problem, Shared};
use crate::rest::answer::{ms, page_size, tagged};

/// What a change of stock belongs to.
#[derive(Debug, Serialize, ToSchema)]
pub(crate) struct OriginShown {
    /// `sale`, `order` (goods that came for one), `document` (goods that came by one), `count`, `correction`, `waste` or `transfer`.
    kind: String,
    /// Its id.
    id: String,
}

/// A change of stock.
#[derive(Debug, Serialize, ToSchema)]
pub(crate) struct MovementShown {
    /// Its place in the ledger: later ones are higher.
    id: u64,
    product: String,
    unit: CountedIn,
    /// What came in; what went out is below zero.
    change: i64,
    /// `sale`, `opening`, `delivery`, `correction`, `waste`, `transfer_out` or `transfer_in`.
    reason: String,
    /// Who booked it.
    made_by: String,
    /// When; of a sale when it was paid. Milliseconds since 1970.
    at_ms: i64,
    /// What whoever booked it had to say.
    note: String,
    /// What it belongs to.
    origin: Option<OriginShown>,
}

/// Changes of stock, the newest first.
#[derive(Debug, Serialize, ToSchema)]
pub(crate) struct Movements {
    items: Vec<MovementShown>,
    /// `before` of older ones; absent where there are none.
    #[serde(skip_serializing_if = "Option::is_none")]
    before: Option<u64>,
}

/// Which changes.
#[derive(Debug, Deserialize, IntoParams)]
#[serde(deny_unknown_fields)]
#[into_params(parameter_in = Query)]
pub(crate) struct MovementParams {
    /// Those of one product.
    product: Option<String>,
    /// Those before this one.
    #[param(minimum = 0, maximum = 9_223_372_036_854_775_807_u64)]
    before: Option<u64>,
    /// How many, from 1 to 500; 50 when not said.
    #[param(minimum = 1, maximum = 500)]
    limit: Option<u32>,
}

/// Lists changes of stock, the newest first.
#[utoipa::path(
    get,
    path = "/api/v1/stores/{store}/stock/movements",
    tag = "stock",
    params(("store" = String, Path, description = "The store's id"), MovementParams),
    responses((status = 200, body = Movements))
)]
pub(crate) async fn list(
    State(shared): State<Shared>,
    who: Who,
    Place(store): Place<String>,
    Params(params): Params<MovementParams>,
    headers: HeaderMap,
) -> Result<Response, Problem> {
    let store = who.store(&store)?;
    shared.store.store(&who.org, &store).await?;
    let limit = page_size(params.limit)?;
    let product = params.product.as_deref().map(read_product).transpose()?;
    let before = params.before.map(|number| {
        if i64::try_from(number).is_err() {
            let detail = format!("no movement has the number {number}: send the `before` of the page before");
            return Err(Problem::unprocessable(detail));
        }
        Ok(MovementId(number))
    });
    let before = before.transpose()?;
    let mut found =
        shared.store.stock_movements(&who.org, &store, product.as_ref(), before, limit + 1).await?;
    let more = found.len() > limit as usize;
    found.truncate(limit as usize);
    let before = found.last().filter(|_| more).map(|last| last.id.0);
    tagged(&headers, &Movements { items: found.into_iter().map(shown).collect(), before })
}

fn shown(one: StockMovement) -> MovementShown {
    let of_sale = one.sale.map(|sale| OriginShown { kind: "sale".to_owned(), id: sale.to_string() });
    let origin = one.origin.map(|origin| {
        let (kind, id) = origin.parts();
        OriginShown { kind: kind.to_owned(), id: id.to_string() }
    });
    MovementShown {
        id: one.id.0,
        product: one.movement.key.product.to_string(),
        unit: one.movement.key.unit.into(),
        change: one.movement.change,
        reason: one.reason.as_str().to_owned(),
        made_by: one.made_by.to_string(),
        at_ms: ms(one.at),
        note: one.note,
        origin: of_sale.or(origin),
    }
}
