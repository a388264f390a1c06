//! Prices from a moment on.

use axum::extract::State;
use axum::http::{HeaderMap, StatusCode};
use axum::response::Response;
use domain::time::WallMs;
use serde::{Deserialize, Serialize};
use sync_core::catalogue_document::product_record;
use utoipa::ToSchema;

use super::known;
use crate::auth::Who;
use crate::gateway::{Body, Place, Problem, Shared};
use crate::products::registration::{Fields, product};
use crate::rest::answer::{ms, tagged};
use crate::roles::now;

/// A price to come.
#[derive(Debug, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub(crate) struct PriceForm {
    /// The price with a point, in the product's currency.
    #[schema(example = "1.99")]
    price: String,
    /// `piece` or `kg`; as it is when left out.
    unit: Option<String>,
}

/// A price from a moment on.
#[derive(Debug, Serialize, ToSchema)]
pub(crate) struct PriceShown {
    /// From when on, in milliseconds since 1970.
    effective_from_ms: i64,
    price: String,
    price_minor: i64,
    unit: String,
    made_by: String,
    made_at_ms: i64,
}

/// The prices to come of a product, in order.
#[derive(Debug, Serialize, ToSchema)]
pub(crate) struct Prices {
    items: Vec<PriceShown>,
}

/// Lists the prices to come of a product.
#[utoipa::path(
    get,
    path = "/api/v1/products/{product}/prices",
    tag = "products",
    params(("product" = String, Path, description = "The product's id")),
    responses((status = 200, body = Prices))
)]
pub(crate) async fn list(
    State(shared): State<Shared>,
    who: Who,
    Place(name): Place<String>,
    headers: HeaderMap,
) -> Result<Response, Problem> {
    let mut product = known(&shared, &who, &name).await?.product;
    let mut items = Vec::new();
    for scheduled in shared.store.scheduled_prices(&who.org, &product.id).await? {
        product.price = scheduled.price;
        let record = product_record(&product);
        items.push(PriceShown {
            effective_from_ms: ms(scheduled.effective_from),
            price: record.price,
            price_minor: scheduled.price.amount.minor,
            unit: record.per,
            made_by: scheduled.made_by.to_string(),
            made_at_ms: ms(scheduled.made_at),
        });
    }
    tagged(&headers, &Prices { items })
}

/// Says what a product costs from a moment on; the same moment again replaces what was said. A moment that is past takes
/// effect at once.
#[utoipa::path(
    put,
    path = "/api/v1/products/{product}/prices/{effective_from_ms}",
    tag = "products",
    params(
        ("product" = String, Path, description = "The product's id"),
        ("effective_from_ms" = String, Path, description = "Milliseconds since 1970")
    ),
    request_body = PriceForm,
    responses((status = 204))
)]
pub(crate) async fn schedule(
    State(shared): State<Shared>,
    who: Who,
    Place((name, from)): Place<(String, String)>,
    Body(form): Body<PriceForm>,
) -> Result<StatusCode, Problem> {
    who.check_all_stores()?;
    let before = known(&shared, &who, &name).await?.product;
    let from = moment(&from)?;
    let fields = Fields { price: Some(&form.price), unit: form.unit.as_deref(), ..Fields::default() };
    let stores = shared.store.stores(&who.org).await?;
    let id = before.id.clone();
    let price = product(id.clone(), &fields, Some(&before), &stores)
        .map_err(|error| Problem::unprocessable(error.to_string()))?
        .price;
    let detail = format!("{} from {}", price.amount, from.0);
    let audited = shared.audited(&who, "price.schedule", &format!("product:{id}"), &detail)?;
    audited.schedule_price(&who.org, &id, &price, from, &who.actor, now()).await?;
    Ok(StatusCode::NO_CONTENT)
}

/// Takes back a price that has not taken effect.
#[utoipa::path(
    delete,
    path = "/api/v1/products/{product}/prices/{effective_from_ms}",
    tag = "products",
    params(
        ("product" = String, Path, description = "The product's id"),
        ("effective_from_ms" = String, Path, description = "Milliseconds since 1970")
    ),
    responses((status = 204))
)]
pub(crate) async fn cancel(
    State(shared): State<Shared>,
    who: Who,
    Place((name, from)): Place<(String, String)>,
) -> Result<StatusCode, Problem> {
    who.check_all_stores()?;
    let id = known(&shared, &who, &name).await?.product.id;
    let from = moment(&from)?;
    let audited = shared.audited(&who, "price.cancel", &format!("product:{id}"), &from.0.to_string())?;
    audited.cancel_price(&who.org, &id, from).await?;
    Ok(StatusCode::NO_CONTENT)
}

/// A time in a path: one that is none names nothing.
fn moment(text: &str) -> Result<WallMs, Problem> {
    let at: Option<i64> = text.parse().ok().filter(|at| *at >= 0);
    at.map(WallMs).ok_or_else(|| Problem::not_found("there is no such moment: write milliseconds since 1970"))
}
