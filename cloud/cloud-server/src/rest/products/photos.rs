//! The photos of products.

use axum::Json;
use axum::extract::multipart::MultipartRejection;
use axum::extract::{Multipart, State};
use axum::http::{HeaderMap, HeaderValue, StatusCode, header};
use axum::response::{IntoResponse as _, Response};
use cloud_store::{NewPhoto, PhotoId, PhotoState};
use domain::ids::OrgId;
use serde::{Deserialize, Serialize};
use std::sync::Arc;
use tokio::sync::OwnedSemaphorePermit;
use utoipa::ToSchema;
use uuid::Uuid;

use super::changes::{ProductRegistered, put};
use super::known;
use super::upload::Upload;
use crate::auth::Who;
use crate::blobs::BlobName;
use crate::gateway::{Place, Problem, Shared};
use crate::jobs::{EMBED_PRODUCT, job};
use crate::products::event::product_upsert;
use crate::products::photo::Photo;
use crate::products::registration::Fields;
use crate::rest::answer::{ms, tagged};
use crate::roles::now;

/// A photo whose bytes are kept, and which may become a row.
pub(super) struct Kept {
    pub(super) photo: NewPhoto,
    name: BlobName,
}

/// Photos alone.
#[derive(Debug, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
#[allow(dead_code, reason = "only its shape is used")]
pub(crate) struct PhotosUpload {
    /// Up to 10 photos of 15 MiB each, 150 MiB in all: JPEG, PNG or WebP.
    #[schema(value_type = Vec<String>, format = Binary)]
    #[serde(default)]
    images: Vec<u8>,
}

/// A photo of a product.
#[derive(Debug, Serialize, ToSchema)]
pub(crate) struct PhotoShown {
    id: String,
    media_type: String,
    size_bytes: u64,
    /// `waiting`, `embedded` or `failed`.
    state: String,
    /// Milliseconds since 1970.
    created_at_ms: i64,
}

/// The photos of a product in the order in which they came.
#[derive(Debug, Serialize, ToSchema)]
pub(crate) struct Photos {
    items: Vec<PhotoShown>,
}

/// Lists the photos of a product.
#[utoipa::path(
    get,
    path = "/api/v1/products/{product}/photos",
    tag = "products",
    params(("product" = String, Path, description = "The product's id")),
    responses((status = 200, body = Photos))
)]
pub(crate) async fn list(
    State(shared): State<Shared>,
    who: Who,
    Place(name): Place<String>,
    headers: HeaderMap,
) -> Result<Response, Problem> {
    let id = known(&shared, &who, &name).await?.product.id;
    let items = shared.store.photos(&who.org, &id).await?.into_iter().map(|photo| PhotoShown {
        id: photo.photo.id.to_string(),
        media_type: photo.photo.media_type,
        size_bytes: photo.photo.size_bytes,
        state: state_word(photo.state).to_owned(),
        created_at_ms: ms(photo.made_at),
    });
    tagged(&headers, &Photos { items: items.collect() })
}

/// Adds photos to a product.
#[utoipa::path(
    post,
    path = "/api/v1/products/{product}/photos",
    tag = "products",
    params(("product" = String, Path, description = "The product's id")),
    request_body(content = PhotosUpload, content_type = "multipart/form-data"),
    responses((status = 200, body = ProductRegistered))
)]
pub(crate) async fn add(
    State(shared): State<Shared>,
    who: Who,
    Place(name): Place<String>,
    body: Result<Multipart, MultipartRejection>,
) -> Result<Json<ProductRegistered>, Problem> {
    who.check_all_stores()?;
    let before = known(&shared, &who, &name).await?;
    let slot = upload_slot(&shared)?;
    let upload = Upload::read(form(body)?, &[]).await?;
    let done = put(&shared, &who, &Fields::default(), Some(before), None, &upload).await?;
    drop(slot);
    Ok(Json(done))
}

/// A photo's bytes as they came.
#[utoipa::path(
    get,
    path = "/api/v1/photos/{photo}",
    tag = "products",
    params(("photo" = String, Path, description = "The photo's id")),
    responses((status = 200, content((Vec<u8> = "image/jpeg"), (Vec<u8> = "image/png"), (Vec<u8> = "image/webp"))))
)]
pub(crate) async fn get(
    State(shared): State<Shared>,
    who: Who,
    Place(photo): Place<String>,
) -> Result<Response, Problem> {
    let photo = shared.store.photo(&who.org, photo_id(&photo)?).await?;
    if photo.state == PhotoState::Removed {
        return Err(missing());
    }
    let bytes = shared.blobs.get(&BlobName::kept(&photo.photo.blob_key)).await.map_err(Problem::internal)?;
    let kind = HeaderValue::from_str(&photo.photo.media_type).map_err(Problem::internal)?;
    // The bytes of a photo never change, and are its owner's alone.
    let keep = HeaderValue::from_static("private, max-age=31536000, immutable");
    Ok(([(header::CONTENT_TYPE, kind), (header::CACHE_CONTROL, keep)], bytes).into_response())
}

/// Takes a photo away: its vectors are retired.
#[utoipa::path(
    delete,
    path = "/api/v1/photos/{photo}",
    tag = "products",
    params(("photo" = String, Path, description = "The photo's id")),
    responses((status = 204))
)]
pub(crate) async fn remove(
    State(shared): State<Shared>,
    who: Who,
    Place(photo): Place<String>,
) -> Result<StatusCode, Problem> {
    who.check_all_stores()?;
    let photo = shared.store.photo(&who.org, photo_id(&photo)?).await?;
    if photo.state == PhotoState::Removed {
        return Err(missing());
    }
    let (now, id) = (now(), photo.photo.id);
    let stored = shared.store.product(&who.org, &photo.product).await?;
    let (product, category) = (stored.product, stored.category);
    let told = product_upsert(&product, category.as_deref(), now);
    let audited =
        shared.audited(&who, "photo.remove", &format!("product:{}", product.id), &id.to_string())?;
    audited.remove_photo(&who.org, id, &told.event, now).await?;
    shared.store.add_job(&who.org, &job(EMBED_PRODUCT, product.id.as_str(), now), now).await?;
    take_back_known(&shared, &[photo.photo.blob_key]).await;
    shared.publish(&who.org).await?;
    Ok(StatusCode::NO_CONTENT)
}

/// A body that is a form, or why it is none.
pub(super) fn form(body: Result<Multipart, MultipartRejection>) -> Result<Multipart, Problem> {
    body.map_err(|error| {
        let detail = format!("the body must be a form: send `Content-Type: multipart/form-data` ({error})");
        Problem::new(StatusCode::UNSUPPORTED_MEDIA_TYPE, "unsupported_media_type", detail)
    })
}

/// One of the few uploads that may be under way: each can hold 150 MiB.
pub(super) fn upload_slot(shared: &Shared) -> Result<OwnedSemaphorePermit, Problem> {
    Arc::clone(&shared.uploads)
        .try_acquire_owned()
        .map_err(|_| Problem::unavailable("too many uploads are under way: try again in a moment"))
}

/// Keeps the bytes of photos under new names.
pub(super) async fn keep(shared: &Shared, org: &OrgId, photos: &[Photo]) -> Result<Vec<Kept>, Problem> {
    let mut kept = Vec::with_capacity(photos.len());
    for photo in photos {
        let id = Uuid::now_v7();
        let name = BlobName::of_photo(org, id, photo.kind);
        if let Err(error) = shared.blobs.put(&name, photo.bytes.clone()).await {
            take_back(shared, &kept, &[]).await;
            tracing::error!(error = format!("{:#}", anyhow::Error::from(error)), "a photo could not be kept");
            return Err(Problem::unavailable(
                "the photos cannot be kept now: nothing was changed, try again later",
            ));
        }
        let photo = NewPhoto {
            id: PhotoId(id),
            blob_key: name.as_str().to_owned(),
            hash: photo.hash,
            media_type: photo.kind.media_type().to_owned(),
            size_bytes: photo.bytes.len() as u64,
        };
        kept.push(Kept { photo, name });
    }
    Ok(kept)
}

/// Removes the bytes of those that became no row. What cannot be removed now is found by the sweeper.
pub(super) async fn take_back(shared: &Shared, kept: &[Kept], taken: &[PhotoId]) {
    for kept in kept.iter().filter(|kept| !taken.contains(&kept.photo.id)) {
        remove_bytes(shared, &kept.name).await;
    }
}

/// The same, for photos whose rows are gone.
pub(super) async fn take_back_known(shared: &Shared, keys: &[String]) {
    for key in keys {
        remove_bytes(shared, &BlobName::kept(key)).await;
    }
}

async fn remove_bytes(shared: &Shared, name: &BlobName) {
    if let Err(error) = shared.blobs.delete(name).await {
        tracing::warn!(%error, "a photo's bytes stay until the sweeper comes");
    }
}

fn state_word(state: PhotoState) -> &'static str {
    match state {
        PhotoState::Waiting => "waiting",
        PhotoState::Embedded => "embedded",
        PhotoState::Failed => "failed",
        PhotoState::Removed => "removed",
    }
}

fn photo_id(text: &str) -> Result<PhotoId, Problem> {
    Uuid::parse_str(text).map(PhotoId).map_err(|_| missing())
}

fn missing() -> Problem {
    Problem::not_found("there is no such photo")
}
