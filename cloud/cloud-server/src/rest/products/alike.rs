//! Products that look alike: the ones that tills may take for each other, and those that may be one product twice.

use std::collections::BTreeMap;

use axum::extract::State;
use axum::http::HeaderMap;
use axum::response::Response;
use cloud_store::{Alike, Seen};
use domain::ids::ProductId;
use serde::{Deserialize, Serialize};
use utoipa::{IntoParams, ToSchema};

use super::known;
use crate::auth::Who;
use crate::gateway::{Params, Place, Problem, Shared};
use crate::products::alike::LEAST_MIN;
use crate::rest::answer::tagged;

/// Products in an answer when the caller does not say, and at most.
const CONFUSABLE_DEFAULT: u32 = 5;
const CONFUSABLE_MAX: u32 = 50;
/// Pairs in an answer when the caller does not say, and at most.
const PAIRS_DEFAULT: u32 = 50;
const PAIRS_MAX: u32 = 500;
/// From which similarity on two products are named as possible duplicates when the caller does not say.
const LEAST_DEFAULT: f32 = 0.9;

/// How many.
#[derive(Debug, Deserialize, IntoParams)]
#[serde(deny_unknown_fields)]
#[into_params(parameter_in = Query)]
pub(crate) struct ConfusableParams {
    /// How many, from 1 to 50; 5 when not said.
    #[param(minimum = 1, maximum = 50)]
    limit: Option<u32>,
}

/// How much alike, and how many.
#[derive(Debug, Deserialize, IntoParams)]
#[serde(deny_unknown_fields)]
#[into_params(parameter_in = Query)]
pub(crate) struct DuplicatesParams {
    /// The least similarity, from 0.5 to 1; 0.9 when not said.
    #[param(minimum = 0.5, maximum = 1.0)]
    least: Option<f32>,
    /// How many pairs, from 1 to 500; 50 when not said.
    #[param(minimum = 1, maximum = 500)]
    limit: Option<u32>,
}

/// A view, and the photo that it came from.
#[derive(Debug, Serialize, ToSchema)]
pub(crate) struct SeenShown {
    product: String,
    /// The product's names by language.
    name: BTreeMap<String, String>,
    view: String,
    /// The photo's id; absent for a view that was enrolled without one.
    #[serde(skip_serializing_if = "Option::is_none")]
    photo: Option<String>,
}

/// Two products, by the two of their views that are most alike.
#[derive(Debug, Serialize, ToSchema)]
pub(crate) struct AlikeShown {
    one: SeenShown,
    other: SeenShown,
    /// Cosine of the angle between the vectors of these views: 1 is the same picture.
    similarity: f32,
}

/// Products that look alike, the likest first.
#[derive(Debug, Serialize, ToSchema)]
pub(crate) struct AlikeList {
    /// The model whose views were compared; absent where there are none.
    #[serde(skip_serializing_if = "Option::is_none")]
    model: Option<String>,
    items: Vec<AlikeShown>,
}

/// Lists the products that a product looks most like: those that a till may take it for. Each comes with the two photos that
/// are most alike. Archived products and products without photos are left out.
#[utoipa::path(
    get,
    path = "/api/v1/products/{product}/confusable",
    tag = "products",
    params(("product" = String, Path, description = "The product's id"), ConfusableParams),
    responses((status = 200, body = AlikeList))
)]
pub(crate) async fn confusable(
    State(shared): State<Shared>,
    who: Who,
    Place(name): Place<String>,
    Params(params): Params<ConfusableParams>,
    headers: HeaderMap,
) -> Result<Response, Problem> {
    let most = within("limit", params.limit, CONFUSABLE_DEFAULT, CONFUSABLE_MAX)?;
    let id = known(&shared, &who, &name).await?.product.id;
    let Some(mark) = shared.store.views_mark(&who.org).await? else { return nothing(&headers) };
    let found = shared.alike.of(&shared.store, &who.org, &mark, &id, most).await?;
    tagged(&headers, &shown(&shared, &who, mark.model.to_string(), &found).await?)
}

/// Lists pairs of products that look so much alike that they may be one product, registered twice. Of each product its five
/// nearest are looked at.
#[utoipa::path(
    get,
    path = "/api/v1/products/duplicates",
    tag = "products",
    params(DuplicatesParams),
    responses((status = 200, body = AlikeList))
)]
pub(crate) async fn duplicates(
    State(shared): State<Shared>,
    who: Who,
    Params(params): Params<DuplicatesParams>,
    headers: HeaderMap,
) -> Result<Response, Problem> {
    let most = within("limit", params.limit, PAIRS_DEFAULT, PAIRS_MAX)?;
    let least = params.least.unwrap_or(LEAST_DEFAULT);
    if !(LEAST_MIN..=1.0).contains(&least) {
        return Err(Problem::unprocessable(format!("`least` is {least}: set it from {LEAST_MIN} to 1")));
    }
    let Some(mark) = shared.store.views_mark(&who.org).await? else { return nothing(&headers) };
    let found = shared.alike.duplicates(&shared.store, &who.org, &mark, least, most).await?;
    tagged(&headers, &shown(&shared, &who, mark.model.to_string(), &found).await?)
}

fn nothing(headers: &HeaderMap) -> Result<Response, Problem> {
    tagged(headers, &AlikeList { model: None, items: Vec::new() })
}

fn within(name: &str, given: Option<u32>, default: u32, most: u32) -> Result<usize, Problem> {
    match given.unwrap_or(default) {
        number if (1..=most).contains(&number) => Ok(number as usize),
        number => Err(Problem::unprocessable(format!("`{name}` is {number}: ask for 1 to {most} at once"))),
    }
}

async fn shown(shared: &Shared, who: &Who, model: String, found: &[Alike]) -> Result<AlikeList, Problem> {
    let mut ids: Vec<ProductId> =
        found.iter().flat_map(|pair| [pair.one.product.clone(), pair.other.product.clone()]).collect();
    ids.sort();
    ids.dedup();
    let mut names = BTreeMap::new();
    for some in ids.chunks(cloud_store::PRODUCTS_AT_ONCE_MAX) {
        for stored in shared.store.products_of(&who.org, some).await? {
            names.insert(stored.product.id, stored.product.name.0);
        }
    }
    let side = |seen: &Seen| {
        // One that was deleted a moment ago has no name any more.
        let name = names.get(&seen.product)?.iter();
        Some(SeenShown {
            product: seen.product.to_string(),
            name: name.map(|(language, text)| (language.clone(), text.clone())).collect(),
            view: seen.view.0.to_string(),
            photo: seen.photo.map(|photo| photo.to_string()),
        })
    };
    let item = |pair: &Alike| {
        let similarity = (pair.similarity * 10_000.0).round() / 10_000.0;
        Some(AlikeShown { one: side(&pair.one)?, other: side(&pair.other)?, similarity })
    };
    Ok(AlikeList { model: Some(model), items: found.iter().filter_map(item).collect() })
}
