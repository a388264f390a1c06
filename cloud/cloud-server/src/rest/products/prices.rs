//! Prices from a moment on.

use axum::extract::State;
use axum::http::{HeaderMap, StatusCode};
use axum::response::Response;
use cloud_store::{Actor, ScheduledPrice, StoreInfo, StorePrice};
use domain::money::Money;
use domain::product::Product;
use domain::quantity::UnitPrice;
use domain::time::WallMs;
use serde::{Deserialize, Serialize};
use sync_core::catalogue_document::product_record;
use utoipa::{IntoParams, ToSchema};

use super::known;
use crate::auth::Who;
use crate::gateway::{Body, Params, Place, Problem, Shared};
use crate::products::registration::{Fields, product};
use crate::rest::answer::{ms, tagged};
use crate::roles::now;

/// A price to come.
#[derive(Debug, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub(crate) struct PriceForm {
    /// The price with a point: in the product's currency, or in the store's where it is for one store. Left out for one store,
    /// the organisation's price counts there again.
    #[schema(example = "1.99")]
    price: Option<String>,
    /// `piece` or `kg`; as it is when left out.
    unit: Option<String>,
}

/// Whose prices.
#[derive(Debug, Deserialize, IntoParams)]
#[serde(deny_unknown_fields)]
#[into_params(parameter_in = Query)]
pub(crate) struct PriceParams {
    /// Those of one store, which count there in place of the organisation's.
    store: Option<String>,
}

/// A price from a moment on.
#[derive(Debug, Serialize, ToSchema)]
pub(crate) struct PriceShown {
    /// From when on, in milliseconds since 1970.
    effective_from_ms: i64,
    /// Absent where the organisation's price counts in the store again.
    #[serde(skip_serializing_if = "Option::is_none")]
    price: Option<String>,
    #[serde(skip_serializing_if = "Option::is_none")]
    price_minor: Option<i64>,
    unit: String,
    made_by: String,
    made_at_ms: i64,
}

/// The prices to come of a product, in order; of one store also the one that counts there now.
#[derive(Debug, Serialize, ToSchema)]
pub(crate) struct Prices {
    items: Vec<PriceShown>,
}

/// Lists the prices to come of a product; of one store also the one that counts there now in place of the organisation's.
#[utoipa::path(
    get,
    path = "/api/v1/products/{product}/prices",
    tag = "products",
    params(("product" = String, Path, description = "The product's id"), PriceParams),
    responses((status = 200, body = Prices))
)]
pub(crate) async fn list(
    State(shared): State<Shared>,
    who: Who,
    Place(name): Place<String>,
    Params(params): Params<PriceParams>,
    headers: HeaderMap,
) -> Result<Response, Problem> {
    let product = known(&shared, &who, &name).await?.product;
    let items = match store_of(&shared, &who, &params).await? {
        None => {
            let scheduled = shared.store.scheduled_prices(&who.org, &product.id).await?;
            let shown = |price: ScheduledPrice| {
                shown(&product, Some(price.price), price.effective_from, &price.made_by, price.made_at)
            };
            scheduled.into_iter().map(shown).collect()
        }
        Some(store) => {
            let prices = shared.store.store_prices_of(&who.org, &product.id, &store.id).await?;
            let shown = |price: StorePrice| {
                shown(&product, price.price, price.effective_from, &price.made_by, price.made_at)
            };
            prices.into_iter().map(shown).collect()
        }
    };
    tagged(&headers, &Prices { items })
}

/// Says what a product costs from a moment on, everywhere or in one store; the same moment again replaces what was said, unless that
/// has taken effect: then this does at once, and what counted stays in the history. A moment that is past takes effect at once.
#[utoipa::path(
    put,
    path = "/api/v1/products/{product}/prices/{effective_from_ms}",
    tag = "products",
    params(
        ("product" = String, Path, description = "The product's id"),
        ("effective_from_ms" = String, Path, description = "Milliseconds since 1970"),
        PriceParams
    ),
    request_body = PriceForm,
    responses((status = 204))
)]
pub(crate) async fn schedule(
    State(shared): State<Shared>,
    who: Who,
    Place((name, from)): Place<(String, String)>,
    Params(params): Params<PriceParams>,
    Body(form): Body<PriceForm>,
) -> Result<StatusCode, Problem> {
    if let Some(store) = store_of(&shared, &who, &params).await? {
        return schedule_in(&shared, &who, &store, (&name, &from), &form).await;
    }
    who.check_all_stores()?;
    let before = known(&shared, &who, &name).await?.product;
    let from = moment(&from)?;
    let Some(text) = form.price.as_deref() else {
        return Err(Problem::unprocessable("`price`: is missing: it can be left out for one `store` only"));
    };
    let stores = shared.store.stores(&who.org).await?;
    let id = before.id.clone();
    let price = read_price(text, &form, &before, &stores)?;
    let detail = format!("{} from {}", price.amount, from.0);
    let audited = shared.audited(&who, "price.schedule", &format!("product:{id}"), &detail)?;
    audited.schedule_price(&who.org, &id, &price, from, &who.actor, now()).await?;
    Ok(StatusCode::NO_CONTENT)
}

/// The same for one store, in its currency.
async fn schedule_in(
    shared: &Shared,
    who: &Who,
    store: &StoreInfo,
    (name, from): (&str, &str),
    form: &PriceForm,
) -> Result<StatusCode, Problem> {
    let mut before = known(shared, who, name).await?.product;
    let effective_from = moment(from)?;
    before.price.amount = Money::new(before.price.amount.minor, store.details.currency);
    let price = match form.price.as_deref() {
        Some(text) => Some(read_price(text, form, &before, std::slice::from_ref(store))?),
        None if form.unit.is_some() => {
            return Err(Problem::unprocessable("`unit`: goes with a `price`"));
        }
        None => None,
    };
    let amount = price.map_or_else(|| "as everywhere".to_owned(), |price| price.amount.to_string());
    let detail = format!("{amount} from {} in {}", effective_from.0, store.id);
    let object = format!("product:{}", before.id);
    let audited = shared.audited(who, "price.schedule", &object, &detail)?;
    let price = StorePrice {
        store: store.id.clone(),
        effective_from,
        price,
        made_by: who.actor.clone(),
        made_at: now(),
    };
    audited.schedule_store_price(&who.org, &before.id, &price).await?;
    Ok(StatusCode::NO_CONTENT)
}

/// Takes back a price that has not taken effect.
#[utoipa::path(
    delete,
    path = "/api/v1/products/{product}/prices/{effective_from_ms}",
    tag = "products",
    params(
        ("product" = String, Path, description = "The product's id"),
        ("effective_from_ms" = String, Path, description = "Milliseconds since 1970"),
        PriceParams
    ),
    responses((status = 204))
)]
pub(crate) async fn cancel(
    State(shared): State<Shared>,
    who: Who,
    Place((name, from)): Place<(String, String)>,
    Params(params): Params<PriceParams>,
) -> Result<StatusCode, Problem> {
    let store = store_of(&shared, &who, &params).await?;
    if store.is_none() {
        who.check_all_stores()?;
    }
    let id = known(&shared, &who, &name).await?.product.id;
    let from = moment(&from)?;
    let place = store.as_ref().map_or_else(String::new, |store| format!(" in {}", store.id));
    let detail = format!("{}{place}", from.0);
    let audited = shared.audited(&who, "price.cancel", &format!("product:{id}"), &detail)?;
    match store {
        None => audited.cancel_price(&who.org, &id, from).await?,
        Some(store) => audited.cancel_store_price(&who.org, &id, &store.id, from).await?,
    }
    Ok(StatusCode::NO_CONTENT)
}

/// The store that a request is about, where it names one and the caller may do this there.
async fn store_of(shared: &Shared, who: &Who, params: &PriceParams) -> Result<Option<StoreInfo>, Problem> {
    let Some(name) = &params.store else { return Ok(None) };
    let store = who.store(name)?;
    Ok(Some(shared.store.store(&who.org, &store).await?))
}

fn read_price(
    text: &str,
    form: &PriceForm,
    before: &Product,
    stores: &[StoreInfo],
) -> Result<UnitPrice, Problem> {
    let fields = Fields { price: Some(text), unit: form.unit.as_deref(), ..Fields::default() };
    let read = product(before.id.clone(), &fields, Some(before), stores);
    Ok(read.map_err(|error| Problem::unprocessable(error.to_string()))?.price)
}

fn shown(
    product: &Product,
    price: Option<UnitPrice>,
    effective_from: WallMs,
    made_by: &Actor,
    made_at: WallMs,
) -> PriceShown {
    let record = product_record(&Product { price: price.unwrap_or(product.price), ..product.clone() });
    PriceShown {
        effective_from_ms: ms(effective_from),
        price: price.map(|_| record.price),
        price_minor: price.map(|price| price.amount.minor),
        unit: record.per,
        made_by: made_by.to_string(),
        made_at_ms: ms(made_at),
    }
}

/// A time in a path: one that is none names nothing.
fn moment(text: &str) -> Result<WallMs, Problem> {
    let at: Option<i64> = text.parse().ok().filter(|at| *at >= 0);
    at.map(WallMs).ok_or_else(|| Problem::not_found("there is no such moment: write milliseconds since 1970"))
}
