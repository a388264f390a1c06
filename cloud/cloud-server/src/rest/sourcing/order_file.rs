//! The files of purchase orders, which go to suppliers.

use axum::extract::State;
use axum::http::{HeaderValue, header};
use axum::response::{IntoResponse as _, Response};
use serde::Deserialize;
use utoipa::IntoParams;

use super::orders::known;
use crate::auth::Who;
use crate::gateway::{Params, Place, Problem, Shared};
use crate::sourcing::papers::{self, FileKind};

/// Which file.
#[derive(Debug, Deserialize, IntoParams)]
#[serde(deny_unknown_fields)]
#[into_params(parameter_in = Query)]
pub(crate) struct FileParams {
    /// `pdf` (with the Order-X attached), `xlsx`, `ubl` or `order-x`.
    format: String,
}

/// The file of an order, in the supplier's language.
#[utoipa::path(
    get,
    path = "/api/v1/purchase-orders/{purchase_order}/file",
    tag = "buying",
    params(("purchase_order" = String, Path, description = "The order's id"), FileParams),
    responses((status = 200, content_type = "application/octet-stream", body = Vec<u8>))
)]
pub(crate) async fn file(
    State(shared): State<Shared>,
    who: Who,
    Place(order): Place<String>,
    Params(params): Params<FileParams>,
) -> Result<Response, Problem> {
    let kind = FileKind::from_word(&params.format)
        .ok_or_else(|| Problem::unprocessable("`format` is none of `pdf`, `xlsx`, `ubl` and `order-x`"))?;
    let order = known(&shared, &who, &order).await?;
    let supplier = shared.store.supplier(&who.org, order.order.supplier).await?;
    let store = shared.store.store(&who.org, &order.order.store).await?;
    let organisation = shared.store.organisation(&who.org).await?;
    let name = format!("{}.{}", papers::number_text(order.number), kind.extension());
    let making = move || papers::make(kind, &papers::Paper::new(&order, &supplier, &organisation, &store));
    // Fonts are cut and pages compressed.
    let made = tokio::task::spawn_blocking(making).await.map_err(Problem::internal)?;
    let bytes = made.map_err(Problem::internal)?;
    let disposition = format!("attachment; filename=\"{name}\"");
    let headers = [
        (header::CONTENT_TYPE, HeaderValue::from_static(kind.media_type())),
        (header::CONTENT_DISPOSITION, HeaderValue::from_str(&disposition).map_err(Problem::internal)?),
    ];
    Ok((headers, bytes).into_response())
}
