//! Products: registered with photos, found, changed, archived and removed.
#![allow(unused_qualifications, reason = "utoipa's macro writes them")]

mod alike;
mod categories;
mod changes;
mod photos;
mod price_history;
mod prices;
mod semantic;
mod upload;

use std::collections::BTreeMap;

use axum::extract::State;
use axum::http::HeaderMap;
use axum::response::Response;
use cloud_store::{ProductFilter, StoredProduct};
use domain::ids::ProductId;
use serde::{Deserialize, Serialize};
use sync_core::catalogue_document::product_record;
use utoipa::{IntoParams, ToSchema};
use utoipa_axum::router::OpenApiRouter;
use utoipa_axum::routes;

use super::answer::{Page, ms, page, page_size, read_product_cursor, tagged};
use crate::auth::Who;
use crate::gateway::{Params, Place, Problem, Shared};

/// Longest search text, in bytes.
const SEARCH_MAX_LEN: usize = 200;

/// The routes whose requests are small.
pub(super) fn routes() -> OpenApiRouter<Shared> {
    OpenApiRouter::new()
        .routes(routes!(list))
        .routes(routes!(alike::duplicates))
        .routes(routes!(semantic::like_product))
        .routes(routes!(get, changes::change, changes::delete))
        .routes(routes!(alike::confusable))
        .routes(routes!(changes::archive))
        .routes(routes!(prices::list))
        .routes(routes!(price_history::list))
        .routes(routes!(prices::schedule, prices::cancel))
        .routes(routes!(photos::list))
        .routes(routes!(photos::get, photos::remove))
        .routes(routes!(categories::list))
        .routes(routes!(categories::put))
        .routes(routes!(categories::families))
}

/// The routes that take photos.
pub(super) fn uploads() -> OpenApiRouter<Shared> {
    OpenApiRouter::new()
        .routes(routes!(changes::register))
        .routes(routes!(photos::add))
        .routes(routes!(semantic::like_photo))
}

/// Which products.
#[derive(Debug, Deserialize, IntoParams)]
#[serde(deny_unknown_fields)]
#[into_params(parameter_in = Query)]
pub(crate) struct ProductParams {
    /// Those whose names or numbers have each of these words in them.
    search: Option<String>,
    /// Those of this category.
    category: Option<String>,
    /// True for archived ones alone; they are left out when this is not said.
    archived: Option<bool>,
    /// How many, from 1 to 500; 50 when not said.
    #[param(minimum = 1, maximum = 500)]
    limit: Option<u32>,
    /// `next` of the page before.
    after: Option<String>,
}

/// A product.
#[derive(Debug, Serialize, ToSchema)]
pub(crate) struct ProductShown {
    id: String,
    sku: String,
    /// Names by language.
    name: BTreeMap<String, String>,
    #[serde(skip_serializing_if = "Option::is_none")]
    category_name: Option<String>,
    /// The price with a point.
    price: String,
    /// The price in minor units.
    price_minor: i64,
    currency: String,
    /// What the price is for: `piece` or `kg`.
    unit: String,
    tax_code: String,
    #[serde(skip_serializing_if = "Option::is_none")]
    gtin: Option<String>,
    #[serde(skip_serializing_if = "Option::is_none")]
    plu: Option<String>,
    /// The buyer's least age, in years.
    #[serde(skip_serializing_if = "Option::is_none")]
    age_limit: Option<u8>,
    archived: bool,
    /// Milliseconds since 1970.
    created_at_ms: i64,
    /// Milliseconds since 1970.
    updated_at_ms: i64,
}

impl ProductShown {
    /// Its id.
    pub(in crate::rest) fn id(&self) -> &str {
        &self.id
    }
}

/// Lists and finds products, in order of id.
#[utoipa::path(
    get,
    path = "/api/v1/products",
    tag = "products",
    params(ProductParams),
    responses((status = 200, body = Page<ProductShown>))
)]
pub(crate) async fn list(
    State(shared): State<Shared>,
    who: Who,
    Params(params): Params<ProductParams>,
    headers: HeaderMap,
) -> Result<Response, Problem> {
    let limit = page_size(params.limit)?;
    if params.search.as_ref().is_some_and(|text| text.len() > SEARCH_MAX_LEN) {
        return Err(Problem::unprocessable(format!("`search` has more than {SEARCH_MAX_LEN} bytes")));
    }
    let after = read_product_cursor(params.after.as_deref())?;
    let filter = ProductFilter {
        search: params.search,
        category: params.category,
        archived: Some(params.archived.unwrap_or(false)),
    };
    let found = shared.store.products(&who.org, &filter, after.as_ref(), limit + 1).await?;
    let items = found.iter().map(shown).collect();
    tagged(&headers, &page(items, limit, |product: &ProductShown| product.id.clone()))
}

/// A product, archived or not.
#[utoipa::path(
    get,
    path = "/api/v1/products/{product}",
    tag = "products",
    params(("product" = String, Path, description = "The product's id")),
    responses((status = 200, body = ProductShown))
)]
pub(crate) async fn get(
    State(shared): State<Shared>,
    who: Who,
    Place(product): Place<String>,
    headers: HeaderMap,
) -> Result<Response, Problem> {
    tagged(&headers, &shown(&known(&shared, &who, &product).await?))
}

/// A product by its name in a path.
async fn known(shared: &Shared, who: &Who, name: &str) -> Result<StoredProduct, Problem> {
    let id = ProductId::new(name).map_err(|_| Problem::not_found("there is no such product"))?;
    Ok(shared.store.product(&who.org, &id).await?)
}

/// A product as answers have it.
pub(in crate::rest) fn shown(stored: &StoredProduct) -> ProductShown {
    let record = product_record(&stored.product);
    ProductShown {
        id: record.id,
        sku: record.sku,
        name: record.name,
        category_name: stored.category.clone(),
        price: record.price,
        price_minor: stored.product.price.amount.minor,
        currency: stored.product.price.amount.currency.code().to_owned(),
        unit: record.per,
        tax_code: record.tax_code,
        gtin: record.gtin,
        plu: record.plu,
        age_limit: record.age_limit,
        archived: record.archived,
        created_at_ms: ms(stored.created_at),
        updated_at_ms: ms(stored.updated_at),
    }
}
