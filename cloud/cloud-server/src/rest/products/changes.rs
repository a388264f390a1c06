//! Registering, changing, archiving and removing products.

use axum::Json;
use axum::extract::{Multipart, State};
use axum::http::{HeaderMap, HeaderValue, StatusCode, header};
use axum::response::{IntoResponse as _, Response};
use cloud_store::{Category, Registration, StoreError, StoredProduct};
use domain::ids::ProductId;
use serde::{Deserialize, Serialize};
use utoipa::ToSchema;

use super::photos::{keep, take_back, take_back_known, upload_slot};
use super::upload::Upload;
use super::{ProductShown, known, shown};
use crate::auth::Who;
use crate::gateway::{Body, Found, Place, Problem, Shared, key_of};
use crate::jobs::{EMBED_PRODUCT, job};
use crate::products::event::{product_delete, product_upsert};
use crate::products::registration::{FieldError, Fields, product, product_id};
use crate::rest::answer::check_unchanged;
use crate::roles::now;

/// The text fields of the form.
const FIELDS: [&str; 13] = [
    "id",
    "sku",
    "name",
    "language",
    "category_name",
    "family_name",
    "price",
    "currency",
    "unit",
    "tax_code",
    "gtin",
    "plu",
    "age_limit",
];

/// The form of a product. Fields that are left out keep their value where the product is known.
#[derive(Debug, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
#[allow(dead_code, reason = "only its shape is used")]
pub(crate) struct ProductUpload {
    /// Its id; made from the article number or the name when left out.
    #[schema(nullable = false)]
    id: Option<String>,
    /// The shop's article number.
    #[schema(nullable = false)]
    sku: Option<String>,
    /// Its name.
    #[schema(example = "Red apples")]
    name: String,
    /// The language of the name; `en` when left out.
    #[schema(nullable = false)]
    language: Option<String>,
    /// Its category, which is made where it is not there.
    #[schema(example = "Fruit")]
    category_name: String,
    /// The family of the category.
    #[schema(nullable = false)]
    family_name: Option<String>,
    /// The price with a point.
    #[schema(example = "2.49")]
    price: String,
    /// The currency; that of the stores when left out.
    #[schema(nullable = false)]
    currency: Option<String>,
    /// `piece` or `kg`; `piece` when left out.
    #[schema(nullable = false)]
    unit: Option<String>,
    /// The tax code; the only one when left out.
    #[schema(nullable = false)]
    tax_code: Option<String>,
    #[schema(nullable = false)]
    gtin: Option<String>,
    #[schema(nullable = false)]
    plu: Option<String>,
    /// The buyer's least age, in years.
    #[schema(nullable = false)]
    age_limit: Option<u8>,
    /// Up to 10 photos of 15 MiB each, 150 MiB in all: JPEG, PNG or WebP.
    #[schema(value_type = Vec<String>, format = Binary)]
    #[serde(default)]
    images: Vec<u8>,
}

/// What can be changed about a product; what is left out stays.
#[derive(Debug, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub(crate) struct ProductChange {
    sku: Option<String>,
    name: Option<String>,
    /// The language of the name; `en` when left out.
    language: Option<String>,
    category_name: Option<String>,
    family_name: Option<String>,
    /// The price with a point.
    price: Option<String>,
    currency: Option<String>,
    /// `piece` or `kg`.
    unit: Option<String>,
    tax_code: Option<String>,
    gtin: Option<String>,
    plu: Option<String>,
    /// The buyer's least age, in years; 0 for none.
    age_limit: Option<u8>,
}

/// Whether a product is archived.
#[derive(Debug, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub(crate) struct ArchiveForm {
    /// True to take it out of lists and indexes, false to take it back.
    archived: bool,
}

/// What a registration did.
#[derive(Debug, Serialize, ToSchema)]
pub(crate) struct ProductRegistered {
    /// The event that tells of it; absent when nothing but photos is new.
    #[serde(skip_serializing_if = "Option::is_none")]
    event_id: Option<String>,
    /// Whether anything of the product is other than before; new photos alone are no change.
    changed: bool,
    /// The photos that were taken: those that the product had already are passed over.
    photos: Vec<String>,
    product: ProductShown,
}

/// Registers a product with its photos, which become vectors in the background. The same data again changes nothing and
/// answers 200, so a request whose answer was lost can be sent again; new photos are taken all the same.
#[utoipa::path(
    post,
    path = "/api/v1/products",
    tag = "products",
    request_body(content = ProductUpload, content_type = "multipart/form-data"),
    responses((status = 201, body = ProductRegistered), (status = 200, body = ProductRegistered))
)]
pub(crate) async fn register(
    State(shared): State<Shared>,
    who: Who,
    headers: HeaderMap,
    body: Result<Multipart, axum::extract::multipart::MultipartRejection>,
) -> Result<Response, Problem> {
    who.check_all_stores()?;
    let slot = upload_slot(&shared)?;
    let key = key_of(&headers)?;
    let upload = Upload::read(super::photos::form(body)?, &FIELDS).await?;
    let Some(key) = key else { return register_upload(&shared, &who, &upload).await };
    let within = shared.config.http.upload_time();
    let found = shared.answers.find(&who, "/api/v1/products", key, upload.hash(), within).await?;
    let response = match found {
        Found::Answered(response) => response,
        Found::New(claimed) => {
            let response = register_upload(&shared, &who, &upload).await;
            claimed.answer(response.into_response()).await
        }
    };
    drop(slot);
    Ok(response)
}

async fn register_upload(shared: &Shared, who: &Who, upload: &Upload) -> Result<Response, Problem> {
    let fields = fields_of(upload);
    let category = category(upload.text("category_name"), upload.text("family_name"))?;
    let before = find(shared, who, &fields).await?;
    if before.is_none() {
        upload.required("name")?;
        upload.required("category_name")?;
    }
    let done = put(shared, who, &fields, before, category, upload).await?;
    let status = if done.changed { StatusCode::CREATED } else { StatusCode::OK };
    let place = HeaderValue::from_str(&format!("/api/v1/products/{}", done.product.id));
    Ok((status, [(header::LOCATION, place.map_err(Problem::internal)?)], Json(done)).into_response())
}

/// Changes a product. `If-Match` refuses it when somebody else was quicker.
#[utoipa::path(
    patch,
    path = "/api/v1/products/{product}",
    tag = "products",
    params(("product" = String, Path, description = "The product's id")),
    request_body = ProductChange,
    responses((status = 200, body = ProductRegistered))
)]
pub(crate) async fn change(
    State(shared): State<Shared>,
    who: Who,
    Place(name): Place<String>,
    headers: HeaderMap,
    Body(form): Body<ProductChange>,
) -> Result<Json<ProductRegistered>, Problem> {
    who.check_all_stores()?;
    let before = known(&shared, &who, &name).await?;
    check_unchanged(&headers, &shown(&before))?;
    let age_limit = form.age_limit.map(|years| years.to_string());
    let fields = Fields {
        id: None,
        sku: form.sku.as_deref(),
        name: form.name.as_deref(),
        language: form.language.as_deref(),
        price: form.price.as_deref(),
        currency: form.currency.as_deref(),
        unit: form.unit.as_deref(),
        tax_code: form.tax_code.as_deref(),
        gtin: form.gtin.as_deref(),
        plu: form.plu.as_deref(),
        age_limit: age_limit.as_deref(),
    };
    let category = category(form.category_name.as_deref(), form.family_name.as_deref())?;
    Ok(Json(put(&shared, &who, &fields, Some(before), category, &Upload::default()).await?))
}

/// Archives a product, or takes it back. Archived ones are neither sold, found nor recognised.
#[utoipa::path(
    put,
    path = "/api/v1/products/{product}/archived",
    tag = "products",
    params(("product" = String, Path, description = "The product's id")),
    request_body = ArchiveForm,
    responses((status = 200, body = ProductShown))
)]
pub(crate) async fn archive(
    State(shared): State<Shared>,
    who: Who,
    Place(name): Place<String>,
    Body(form): Body<ArchiveForm>,
) -> Result<Json<ProductShown>, Problem> {
    who.check_all_stores()?;
    let stored = known(&shared, &who, &name).await?;
    let (id, now) = (stored.product.id.clone(), now());
    let mut after = stored.product;
    after.archived = form.archived;
    let told = product_upsert(&after, stored.category.as_deref(), now);
    let action = if form.archived { "product.archive" } else { "product.unarchive" };
    let audited = shared.audited(&who, action, &format!("product:{id}"), "")?;
    let event = audited.archive_product(&who.org, &id, form.archived, &told.event, now).await?;
    if event.is_some() {
        follow_up(&shared, &who, &id).await?;
    }
    Ok(Json(shown(&shared.store.product(&who.org, &id).await?)))
}

/// Removes a product with its photos and vectors. What was sold stays in the sales.
#[utoipa::path(
    delete,
    path = "/api/v1/products/{product}",
    tag = "products",
    params(("product" = String, Path, description = "The product's id")),
    responses((status = 204))
)]
pub(crate) async fn delete(
    State(shared): State<Shared>,
    who: Who,
    Place(name): Place<String>,
) -> Result<StatusCode, Problem> {
    who.check_all_stores()?;
    let id = known(&shared, &who, &name).await?.product.id;
    let now = now();
    let told = product_delete(&id, now);
    let job = job(EMBED_PRODUCT, id.as_str(), now);
    let audited = shared.audited(&who, "product.delete", &format!("product:{id}"), "")?;
    let blobs = audited.delete_product(&who.org, &id, &told.event, Some(&job), now).await?;
    take_back_known(&shared, &blobs).await;
    shared.publish(&who.org).await?;
    Ok(StatusCode::NO_CONTENT)
}

/// Writes a product with its photos. Their bytes are kept first: a crash then leaves bytes that the sweeper finds, and never
/// a row without bytes.
pub(super) async fn put(
    shared: &Shared,
    who: &Who,
    fields: &Fields<'_>,
    before: Option<StoredProduct>,
    category: Option<Category>,
    upload: &Upload,
) -> Result<ProductRegistered, Problem> {
    let stores = shared.store.stores(&who.org).await?;
    let known = before.as_ref().map(|stored| &stored.product);
    let known_category = before.as_ref().and_then(|stored| stored.category.as_deref());
    let id = match known {
        Some(known) => known.id.clone(),
        None => product_id(fields).map_err(|error| refused(&error))?,
    };
    let product = product(id.clone(), fields, known, &stores).map_err(|error| refused(&error))?;
    let kept = keep(shared, &who.org, &upload.photos).await?;
    let now = now();
    let named = category.as_ref().map(|category| category.name.as_str());
    let told = product_upsert(&product, named.or(known_category), now);
    let registration = Registration {
        product,
        category,
        photos: kept.iter().map(|kept| kept.photo.clone()).collect(),
        event: told.event,
        job: Some(job(EMBED_PRODUCT, id.as_str(), now)),
    };
    let detail = format!("{} photos", kept.len());
    let audited = shared.audited(who, "product.register", &format!("product:{id}"), &detail)?;
    let done = match audited.register_product(&who.org, &registration, now).await {
        Ok(done) => done,
        Err(error) => {
            take_back(shared, &kept, &[]).await;
            return Err(error.into());
        }
    };
    take_back(shared, &kept, &done.new_photos).await;
    shared.wake.notify_one();
    if done.changed {
        shared.publish(&who.org).await?;
    }
    let stored = shared.store.product(&who.org, &id).await?;
    Ok(ProductRegistered {
        event_id: done.event.is_some().then(|| told.id.to_string()),
        changed: done.changed,
        photos: done.new_photos.iter().map(ToString::to_string).collect(),
        product: shown(&stored),
    })
}

/// Lets the worker look at a product again, and the stores have new generations.
async fn follow_up(shared: &Shared, who: &Who, id: &ProductId) -> Result<(), Problem> {
    let now = now();
    shared.store.add_job(&who.org, &job(EMBED_PRODUCT, id.as_str(), now), now).await?;
    shared.publish(&who.org).await
}

/// The product that the form means, if it is known: by its article number first, since its id may come from elsewhere.
async fn find(shared: &Shared, who: &Who, fields: &Fields<'_>) -> Result<Option<StoredProduct>, Problem> {
    let found = match (fields.id, fields.sku) {
        (None, Some(sku)) => shared.store.product_by_sku(&who.org, sku).await,
        _ => {
            let id = product_id(fields).map_err(|error| refused(&error))?;
            shared.store.product(&who.org, &id).await
        }
    };
    match found {
        Ok(stored) => Ok(Some(stored)),
        Err(StoreError::NotFound { .. }) => Ok(None),
        Err(error) => Err(error.into()),
    }
}

fn category(name: Option<&str>, family: Option<&str>) -> Result<Option<Category>, Problem> {
    match (name, family) {
        (None, Some(_)) => {
            Err(Problem::unprocessable("`family_name` is of a category: say `category_name` too"))
        }
        (name, family) => Ok(name
            .map(|name| Category { name: name.to_owned(), family: family.unwrap_or_default().to_owned() })),
    }
}

fn fields_of(upload: &Upload) -> Fields<'_> {
    Fields {
        id: upload.text("id"),
        sku: upload.text("sku"),
        name: upload.text("name"),
        language: upload.text("language"),
        price: upload.text("price"),
        currency: upload.text("currency"),
        unit: upload.text("unit"),
        tax_code: upload.text("tax_code"),
        gtin: upload.text("gtin"),
        plu: upload.text("plu"),
        age_limit: upload.text("age_limit"),
    }
}

fn refused(error: &FieldError) -> Problem {
    Problem::unprocessable(error.to_string()).with("field", error.field)
}
