//! Finding products by what they look like: like another product, or like what a photo shows.
#![allow(unused_qualifications, reason = "utoipa's macro writes them")]

use std::collections::BTreeMap;

use axum::Json;
use axum::extract::multipart::MultipartRejection;
use axum::extract::{Multipart, State};
use axum::http::StatusCode;
use cloud_store::ViewsMark;
use domain::ids::ProductId;
use serde::{Deserialize, Serialize};
use utoipa::{IntoParams, ToSchema};

use super::photos::{form, upload_slot};
use super::upload::Upload;
use super::{ProductShown, known, shown as product_shown};
use crate::auth::Who;
use crate::gateway::{Params, Problem, Shared};

const LIMIT_DEFAULT: u32 = 10;
const LIMIT_MAX: u32 = 50;

/// What to look for.
#[derive(Debug, Deserialize, IntoParams)]
#[serde(deny_unknown_fields)]
#[into_params(parameter_in = Query)]
pub(crate) struct LikeParams {
    /// The id of a product: those that look like it.
    product: Option<String>,
    /// How many, from 1 to 50; 10 when not said.
    #[param(minimum = 1, maximum = 50)]
    limit: Option<u32>,
}

/// One photo.
#[derive(Debug, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
#[allow(dead_code, reason = "only its shape is used")]
pub(crate) struct PhotoToFind {
    /// A photo of 15 MiB at most: JPEG, PNG or WebP. It is not kept.
    #[schema(value_type = Vec<String>, format = Binary)]
    images: Vec<u8>,
}

/// A product that looks like it.
#[derive(Debug, Serialize, ToSchema)]
pub(crate) struct ProductLike {
    product: ProductShown,
    /// Cosine of the angle between the two nearest vectors: 1 is the same picture.
    similarity: f32,
}

/// Products, the likest first.
#[derive(Debug, Serialize, ToSchema)]
pub(crate) struct ProductsLike {
    /// The model whose vectors were compared; absent where there are none.
    #[serde(skip_serializing_if = "Option::is_none")]
    model: Option<String>,
    items: Vec<ProductLike>,
}

/// Finds products that look like a product, by the vectors of their photos. Without a product nothing is found. Words are looked
/// for by `/api/v1/products/search`.
#[utoipa::path(
    get,
    path = "/api/v1/products/search/semantic",
    tag = "search",
    params(LikeParams),
    responses((status = 200, body = ProductsLike))
)]
pub(crate) async fn like_product(
    State(shared): State<Shared>,
    who: Who,
    Params(params): Params<LikeParams>,
) -> Result<Json<ProductsLike>, Problem> {
    let most = most(params.limit)?;
    let Some(name) = params.product else { return Ok(nothing()) };
    let id = known(&shared, &who, &name).await?.product.id;
    let Some(mark) = shared.store.views_mark(&who.org).await? else { return Ok(nothing()) };
    let alike = shared.alike.of(&shared.store, &who.org, &mark, &id, most).await?;
    let found = alike.into_iter().map(|pair| (pair.other.product, pair.similarity)).collect();
    shown(&shared, &who, &mark, found).await
}

/// Finds products that look like what a photo shows, by the till's own model. The photo is not kept.
#[utoipa::path(
    post,
    path = "/api/v1/products/search/semantic",
    tag = "search",
    request_body(content = PhotoToFind, content_type = "multipart/form-data"),
    responses((status = 200, body = ProductsLike))
)]
pub(crate) async fn like_photo(
    State(shared): State<Shared>,
    who: Who,
    body: Result<Multipart, MultipartRejection>,
) -> Result<Json<ProductsLike>, Problem> {
    let slot = upload_slot(&shared)?;
    let photo = Upload::read(form(body)?, &[]).await?.into_one_photo()?;
    let Some(mark) = shared.store.views_mark(&who.org).await? else { return Ok(nothing()) };
    let seen = shared.eye.embed(vec![photo.bytes]).await;
    drop(slot);
    let seen = seen.map_err(|error| {
        tracing::warn!(error = format!("{error:#}"), "a photo cannot be looked for: {error:#}");
        Problem::unavailable(
            "this server has no model that looks at photos: name its folder in `vision.models`",
        )
    })?;
    let embedding = seen
        .into_iter()
        .next()
        .ok_or_else(|| Problem::internal(anyhow::anyhow!("one photo gives one answer")))?;
    let embedding =
        embedding.map_err(|error| Problem::unprocessable(format!("the photo cannot be read: {error}")))?;
    if *embedding.model() != mark.model {
        let (ours, theirs) = (embedding.model(), &mark.model);
        let detail = format!(
            "products were seen by the model `{theirs}` and this server has `{ours}`: wait until the \
             products' photos are embedded again"
        );
        return Err(Problem::new(StatusCode::CONFLICT, "other_model", detail));
    }
    let found = shared.alike.like(&shared.store, &who.org, &mark, embedding, LIMIT_DEFAULT as usize).await?;
    shown(&shared, &who, &mark, found).await
}

fn most(limit: Option<u32>) -> Result<usize, Problem> {
    match limit.unwrap_or(LIMIT_DEFAULT) {
        limit if (1..=LIMIT_MAX).contains(&limit) => Ok(limit as usize),
        limit => Err(Problem::unprocessable(format!("`limit` is {limit}: ask for 1 to {LIMIT_MAX} at once"))),
    }
}

fn nothing() -> Json<ProductsLike> {
    Json(ProductsLike { model: None, items: Vec::new() })
}

async fn shown(
    shared: &Shared,
    who: &Who,
    mark: &ViewsMark,
    found: Vec<(ProductId, f32)>,
) -> Result<Json<ProductsLike>, Problem> {
    let ids: Vec<ProductId> = found.iter().map(|(id, _)| id.clone()).collect();
    let stored = shared.store.products_of(&who.org, &ids).await?;
    let by_id: BTreeMap<&ProductId, _> = stored.iter().map(|stored| (&stored.product.id, stored)).collect();
    let items = found.iter().filter_map(|(id, similarity)| {
        let similarity = (similarity * 10_000.0).round() / 10_000.0;
        Some(ProductLike { product: product_shown(by_id.get(id)?), similarity })
    });
    Ok(Json(ProductsLike { model: Some(mark.model.to_string()), items: items.collect() }))
}
