//! What there is in a store.

use std::collections::BTreeMap;

use axum::extract::State;
use axum::http::HeaderMap;
use axum::response::Response;
use cloud_store::{ShelfFilter, ShelfState, StockOnShelf};
use serde::{Deserialize, Serialize};
use utoipa::{IntoParams, ToSchema};

use super::{CountedIn, key_text, read_key, read_product, read_word};
use crate::auth::Who;
use crate::gateway::{Params, Place, Problem, Shared};
use crate::rest::answer::{Page, ms, page, page_size, read_cursor, tagged};
use crate::roles::now;

/// What there is of a product.
#[derive(Debug, Serialize, ToSchema)]
pub(crate) struct Balance {
    product: String,
    /// Names by language; nothing once the product is gone.
    name: BTreeMap<String, String>,
    unit: CountedIn,
    /// On hand. Below zero where more was sold than was ever booked in.
    quantity: i64,
    /// Of these kept for somebody.
    reserved: u64,
    /// What may be sold: on hand without what is kept.
    available: i64,
    /// Still to come by orders that went to their suppliers.
    on_order: u64,
    /// On their way from other stores.
    in_transit: u64,
    /// How many are to be there at least, as its ordering rule says.
    minimum: Option<u64>,
    /// How many there is room for, as its ordering rule says.
    maximum: Option<u64>,
    /// How many are left when more are ordered: the minimum, else what the newest proposals were made with.
    reorder_point: Option<u64>,
    /// When it was counted last, in milliseconds since 1970.
    counted_at_ms: Option<i64>,
    /// `negative` (more was sold than booked in), `out`, `low` (at or below the reorder point), `over` (above the maximum) or `ok`.
    state: String,
}

/// Which things.
#[derive(Debug, Deserialize, IntoParams)]
#[serde(deny_unknown_fields)]
#[into_params(parameter_in = Query)]
pub(crate) struct StockParams {
    /// Those of which there is so much: `negative`, `out`, `low`, `ok` or `over`.
    state: Option<String>,
    /// Those whose product's id, name or numbers have these words.
    q: Option<String>,
    /// That of one product.
    product: Option<String>,
    /// Whether products that were never booked are listed too.
    #[serde(default)]
    all: bool,
    /// How many, from 1 to 500; 50 when not said.
    #[param(minimum = 1, maximum = 500)]
    limit: Option<u32>,
    /// `next` of the page before.
    after: Option<String>,
}

/// Lists what there is in a store, in order of product.
#[utoipa::path(
    get,
    path = "/api/v1/stores/{store}/stock",
    tag = "stock",
    params(("store" = String, Path, description = "The store's id"), StockParams),
    responses((status = 200, body = Page<Balance>))
)]
pub(crate) async fn list(
    State(shared): State<Shared>,
    who: Who,
    Place(store): Place<String>,
    Params(params): Params<StockParams>,
    headers: HeaderMap,
) -> Result<Response, Problem> {
    let store = who.store(&store)?;
    shared.store.store(&who.org, &store).await?;
    let limit = page_size(params.limit)?;
    let after = read_cursor(params.after.as_deref())?.map(|text| read_key(&text)).transpose()?;
    let known = "negative, out, low, ok, over";
    let filter = ShelfFilter {
        state: read_word("state", params.state.as_deref(), ShelfState::from_word, known)?,
        search: params.q,
        product: params.product.as_deref().map(read_product).transpose()?,
        never_booked: params.all,
    };
    let found = shared.store.shelf(&who.org, &store, &filter, after.as_ref(), (now(), limit + 1)).await?;
    let items = found.into_iter().map(shown).collect();
    tagged(&headers, &page(items, limit, |balance: &Balance| key_text(&balance.product, balance.unit)))
}

fn shown(one: StockOnShelf) -> Balance {
    Balance {
        product: one.key.product.to_string(),
        name: one.name.map(|name| name.0).unwrap_or_default(),
        unit: one.key.unit.into(),
        quantity: one.on_hand,
        reserved: one.reserved,
        available: one.on_hand.saturating_sub(i64::try_from(one.reserved).unwrap_or(i64::MAX)),
        on_order: one.on_order,
        in_transit: one.in_transit,
        minimum: one.minimum,
        maximum: one.maximum,
        reorder_point: one.reorder_point,
        counted_at_ms: one.counted_at.map(ms),
        state: one.state.as_str().to_owned(),
    }
}
