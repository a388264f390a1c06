//! Corrections: a balance that somebody knows better.

use axum::Json;
use axum::extract::State;
use cloud_store::{NewCorrection, StockCorrection, StockCorrectionId};
use serde::{Deserialize, Serialize};
use utoipa::ToSchema;

use super::event::Done;
use super::{CountedIn, own_id, read_product};
use crate::auth::Who;
use crate::gateway::{Body, Place, Problem, Shared};
use crate::roles::now;

/// A balance that somebody knows better: by how much it is wrong, or what it should be.
#[derive(Debug, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub(crate) struct CorrectionForm {
    /// A UUID that the caller drew: the same again is booked once.
    id: Option<String>,
    product: String,
    /// As the product is sold when not said.
    unit: Option<CountedIn>,
    /// So many more; fewer are below zero. Say this or `quantity`.
    #[schema(minimum = -1_000_000_000_000_i64, maximum = 1_000_000_000_000_i64)]
    change: Option<i64>,
    /// So many there are. Say this or `change`.
    #[schema(minimum = -1_000_000_000_000_i64, maximum = 1_000_000_000_000_i64)]
    quantity: Option<i64>,
    /// Why.
    #[serde(default)]
    #[schema(max_length = 1000)]
    note: String,
}

/// What there is now.
#[derive(Debug, Serialize, ToSchema)]
pub(crate) struct Corrected {
    product: String,
    unit: CountedIn,
    /// On hand now.
    quantity: i64,
    /// Whether it was booked now, and not before.
    is_new: bool,
}

/// Corrects what there is of a product.
#[utoipa::path(
    post,
    path = "/api/v1/stores/{store}/stock/corrections",
    tag = "stock",
    params(("store" = String, Path, description = "The store's id")),
    request_body = CorrectionForm,
    responses((status = 200, body = Corrected))
)]
pub(crate) async fn correct(
    State(shared): State<Shared>,
    who: Who,
    Place(store): Place<String>,
    Body(form): Body<CorrectionForm>,
) -> Result<Json<Corrected>, Problem> {
    let store = who.store(&store)?;
    let to = match (form.change, form.quantity) {
        (Some(change), None) => StockCorrection::By(change),
        (None, Some(quantity)) => StockCorrection::To(quantity),
        _ => return Err(Problem::unprocessable("say `change` or `quantity`, one of them")),
    };
    let correction = NewCorrection {
        id: StockCorrectionId(own_id(form.id.as_deref())?),
        product: read_product(&form.product)?,
        unit: form.unit.map(Into::into),
        to,
        note: form.note,
    };
    let (now, detail) = (now(), format!("{store} {to:?}"));
    let audited =
        shared.audited(&who, "stock.correct", &format!("product:{}", correction.product), &detail)?;
    let done = Done { by: &who.actor, now };
    let told = |movement: &_| done.corrected(&store, movement);
    let (key, quantity, is_new) =
        audited.correct_stock(&who.org, &store, &correction, told, (&who.actor, now)).await?;
    if is_new {
        metrics::counter!("tillsight_stock_corrections_total").increment(1);
    }
    Ok(Json(Corrected { product: key.product.to_string(), unit: key.unit.into(), quantity, is_new }))
}
