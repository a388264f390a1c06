//! Raw products: what others say about products, placed in families.

use std::collections::BTreeMap;

use axum::Json;
use axum::extract::State;
use axum::http::HeaderMap;
use axum::response::Response;
use cloud_core::families::{Rung, SourceKind};
use cloud_store::{FamilyId, Placed, RawProduct, RawProductId};
use serde::{Deserialize, Serialize};
use utoipa::{IntoParams, ToSchema};

use super::suppliers::read_after;
use super::values::read_id;
use crate::auth::Who;
use crate::gateway::{Body, Params, Place, Problem, Shared};
use crate::rest::answer::{Page, ms, page, page_size, tagged};
use crate::roles::now;
use crate::sourcing::raw::{RawRecord, source};

/// Raw products that come together.
#[derive(Debug, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub(crate) struct RawProductsForm {
    /// What the sender is called: the same raw product is known by it and its key.
    #[schema(example = "erp", max_length = 64, pattern = "^[a-z0-9][a-z0-9._-]*$")]
    source: String,
    /// Up to 500 of them.
    items: Vec<RawRecord>,
}

/// What became of a raw product.
#[derive(Debug, Serialize, ToSchema)]
pub(crate) struct PlacedShown {
    id: String,
    family: String,
    /// How its family was found: `url`, `gtin`, `brand_sku`, `vector` or `name`; absent where it is the first of it.
    rung: Option<String>,
    /// Whether it says anything that its source had not said.
    is_changed: bool,
    /// Fields of the family that are other than before.
    fields_changed: Vec<String>,
}

/// What became of raw products, in their order.
#[derive(Debug, Serialize, ToSchema)]
pub(crate) struct RawProductsPlaced {
    items: Vec<PlacedShown>,
}

/// A raw product.
#[derive(Debug, Serialize, ToSchema)]
pub(crate) struct RawProductShown {
    id: String,
    family: String,
    rung: Option<String>,
    source: String,
    key: String,
    url: Option<String>,
    gtin: Option<String>,
    /// What it says, by field.
    fields: BTreeMap<String, String>,
    price: Option<String>,
    currency: Option<String>,
    first_seen_at_ms: i64,
    seen_at_ms: i64,
    changed_at_ms: i64,
}

/// Which raw products.
#[derive(Debug, Deserialize, IntoParams)]
#[serde(deny_unknown_fields)]
#[into_params(parameter_in = Query)]
pub(crate) struct RawProductParams {
    /// Those of this family.
    family: Option<String>,
    /// How many, from 1 to 500; 50 when not said.
    #[param(minimum = 1, maximum = 500)]
    limit: Option<u32>,
    /// `next` of the page before.
    after: Option<String>,
}

/// Lists raw products, in the order in which they came first.
#[utoipa::path(
    get,
    path = "/api/v1/raw-products",
    tag = "families",
    params(RawProductParams),
    responses((status = 200, body = Page<RawProductShown>))
)]
pub(crate) async fn list(
    State(shared): State<Shared>,
    who: Who,
    Params(params): Params<RawProductParams>,
    headers: HeaderMap,
) -> Result<Response, Problem> {
    let limit = page_size(params.limit)?;
    let family = params.family.map(|text| read_id("product family", &text)).transpose()?.map(FamilyId);
    let after = read_after(params.after.as_deref())?.map(RawProductId);
    let found = shared.store.raw_products(&who.org, family, after, limit + 1).await?;
    let items = found.into_iter().map(shown).collect();
    tagged(&headers, &page(items, limit, |one: &RawProductShown| one.id.clone()))
}

/// Takes raw products in: each is placed in a family, and what it says is merged into that. All or none.
#[utoipa::path(
    post,
    path = "/api/v1/raw-products",
    tag = "families",
    request_body = RawProductsForm,
    responses((status = 200, body = RawProductsPlaced))
)]
pub(crate) async fn create(
    State(shared): State<Shared>,
    who: Who,
    Body(form): Body<RawProductsForm>,
) -> Result<Json<RawProductsPlaced>, Problem> {
    who.check_all_stores()?;
    let source = source(SourceKind::Import, &form.source).map_err(Problem::unprocessable)?;
    let mut raws = Vec::with_capacity(form.items.len());
    for (index, record) in form.items.into_iter().enumerate() {
        let raw = record.checked(source.clone());
        raws.push(raw.map_err(|problem| Problem::unprocessable(format!("`items` {index}: {problem}")))?);
    }
    let detail = format!("{} of {}", raws.len(), source.name);
    let audited = shared.audited(&who, "raw_products.create", "raw_products", &detail)?;
    let placed = audited.place_raw_products(&who.org, &raws, now()).await?;
    crate::sourcing::raw::count(&placed);
    Ok(Json(RawProductsPlaced { items: placed.iter().map(placed_shown).collect() }))
}

/// A raw product as it was said.
#[utoipa::path(
    get,
    path = "/api/v1/raw-products/{raw_product}",
    tag = "families",
    params(("raw_product" = String, Path, description = "The raw product's id")),
    responses((status = 200, body = RawProductShown))
)]
pub(crate) async fn get(
    State(shared): State<Shared>,
    who: Who,
    Place(raw): Place<String>,
    headers: HeaderMap,
) -> Result<Response, Problem> {
    let id = RawProductId(read_id("raw product", &raw)?);
    tagged(&headers, &shown(shared.store.raw_product(&who.org, id).await?))
}

pub(super) fn placed_shown(placed: &Placed) -> PlacedShown {
    PlacedShown {
        id: placed.id.to_string(),
        family: placed.family.to_string(),
        rung: placed.rung.map(|rung: Rung| rung.as_str().to_owned()),
        is_changed: placed.is_changed,
        fields_changed: placed.fields_changed.iter().map(|field| field.as_str().to_owned()).collect(),
    }
}

fn shown(stored: RawProduct) -> RawProductShown {
    let raw = stored.raw;
    RawProductShown {
        id: raw.id.to_string(),
        family: raw.family.to_string(),
        rung: stored.rung.map(|rung| rung.as_str().to_owned()),
        source: raw.source.name,
        key: raw.key,
        url: raw.facts.url,
        gtin: raw.facts.gtin.map(|gtin| gtin.to_string()),
        fields: raw
            .facts
            .fields
            .into_iter()
            .map(|(field, value)| (field.as_str().to_owned(), value))
            .collect(),
        price: raw.price.map(|price| price.to_string()),
        currency: raw.currency.map(|currency| currency.code().to_owned()),
        first_seen_at_ms: ms(stored.first_seen_at),
        seen_at_ms: ms(stored.seen_at),
        changed_at_ms: ms(stored.changed_at),
    }
}
