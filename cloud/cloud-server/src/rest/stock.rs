//! What there is in a store.

use axum::extract::State;
use axum::http::HeaderMap;
use axum::response::Response;
use cloud_core::ledger::{StockKey, StockUnit};
use cloud_store::StockBalance;
use domain::ids::ProductId;
use serde::Serialize;
use utoipa::ToSchema;

use super::answer::{Page, PageParams, page, page_size, read_cursor, tagged};
use crate::auth::Who;
use crate::gateway::{Params, Place, Problem, Shared};

/// What there is of a product.
#[derive(Debug, Serialize, ToSchema)]
pub(crate) struct Balance {
    product: String,
    /// `piece` or `g`.
    unit: String,
    /// Below zero where more was sold than was ever booked in.
    quantity: i64,
}

/// Lists what there is in a store, in order of product.
#[utoipa::path(
    get,
    path = "/api/v1/stores/{store}/stock",
    tag = "stock",
    params(("store" = String, Path, description = "The store's id"), PageParams),
    responses((status = 200, body = Page<Balance>))
)]
pub(crate) async fn list(
    State(shared): State<Shared>,
    who: Who,
    Place(store): Place<String>,
    Params(params): Params<PageParams>,
    headers: HeaderMap,
) -> Result<Response, Problem> {
    let store = who.store(&store)?;
    shared.store.store(&who.org, &store).await?;
    let limit = page_size(params.limit)?;
    let after = read_cursor(params.after.as_deref())?.map(|text| read_key(&text)).transpose()?;
    let balances = shared.store.stock(&who.org, &store, after.as_ref(), limit + 1).await?;
    let items = balances.iter().map(shown).collect();
    tagged(&headers, &page(items, limit, |balance: &Balance| format!("{}/{}", balance.product, balance.unit)))
}

fn shown(balance: &StockBalance) -> Balance {
    Balance {
        product: balance.key.product.to_string(),
        unit: unit_word(balance.key.unit).to_owned(),
        quantity: balance.quantity,
    }
}

fn unit_word(unit: StockUnit) -> &'static str {
    match unit {
        StockUnit::Piece => "piece",
        StockUnit::Gram => "g",
    }
}

fn read_key(text: &str) -> Result<StockKey, Problem> {
    let key = text.split_once('/').and_then(|(product, unit)| {
        let unit = [StockUnit::Piece, StockUnit::Gram].into_iter().find(|known| unit_word(*known) == unit)?;
        Some(StockKey { product: ProductId::new(product).ok()?, unit })
    });
    key.ok_or_else(|| Problem::unprocessable("`after` is no cursor of this list"))
}
