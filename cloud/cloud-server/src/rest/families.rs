//! Product families: what is known of one and the same product, who said so, and asking for more.
#![allow(unused_qualifications, reason = "utoipa's macro writes them")]

use std::collections::BTreeMap;

use axum::Json;
use axum::extract::State;
use axum::http::{HeaderMap, StatusCode};
use axum::response::{IntoResponse as _, Response};
use cloud_core::families::{FamilyField, Source, SourceKind};
use cloud_store::{Family, FamilyFieldChange, FamilyFilter, FamilyId};
use domain::ids::ProductId;
use serde::{Deserialize, Serialize};
use utoipa::{IntoParams, ToSchema};
use uuid::Uuid;

use super::answer::{Page, created, ms, page, page_size, read_cursor, tagged};
use crate::auth::Who;
use crate::gateway::{Body, Params, Place, Problem, Shared};
use crate::jobs::{ENRICH_FAMILY, job};
use crate::roles::now;

/// Changes of a family that are shown.
const CHANGES_MAX: u32 = 100;
/// Longest value, in characters.
const VALUE_MAX_CHARS: usize = 500;

/// Which families.
#[derive(Debug, Deserialize, IntoParams)]
#[serde(deny_unknown_fields)]
#[into_params(parameter_in = Query)]
pub(crate) struct FamilyParams {
    /// Those that are this product.
    product: Option<String>,
    /// How many, from 1 to 500; 50 when not said.
    #[param(minimum = 1, maximum = 500)]
    limit: Option<u32>,
    /// `next` of the page before.
    after: Option<String>,
}

/// What is said of a new family.
#[derive(Debug, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub(crate) struct FamilyForm {
    /// By field: `name`, `brand`, `sku`, `gtin`, `category`, `description`, `content`, `unit`, `ingredients`, `allergens`,
    /// `country`, `picture`, `url`. It needs a name. What a person says is replaced by nothing but a person.
    fields: BTreeMap<String, String>,
    /// The product that it is, where it is one.
    #[serde(default)]
    product: Option<String>,
}

/// A value, and who said so.
#[derive(Debug, Serialize, ToSchema)]
pub(crate) struct GivenShown {
    value: String,
    /// For example `person:..`, `import:erp`, `page:shop.example`, `rule:name`, `model:..`.
    source: String,
    /// Milliseconds since 1970.
    at_ms: i64,
}

/// A family.
#[derive(Debug, Serialize, ToSchema)]
pub(crate) struct FamilyShown {
    id: String,
    /// The product that it is; absent where it is none of ours.
    #[serde(skip_serializing_if = "Option::is_none")]
    product: Option<String>,
    fields: BTreeMap<String, GivenShown>,
    /// Milliseconds since 1970.
    created_at_ms: i64,
    /// Milliseconds since 1970.
    updated_at_ms: i64,
}

/// A value that a field took.
#[derive(Debug, Serialize, ToSchema)]
pub(crate) struct ChangeShown {
    field: String,
    given: GivenShown,
    /// The raw product that says so.
    #[serde(skip_serializing_if = "Option::is_none")]
    raw_product: Option<String>,
    /// What it replaced.
    #[serde(skip_serializing_if = "Option::is_none")]
    value_before: Option<String>,
    /// Who had said that.
    #[serde(skip_serializing_if = "Option::is_none")]
    source_before: Option<String>,
}

/// A family with what became of it.
#[derive(Debug, Serialize, ToSchema)]
pub(crate) struct FamilyWhole {
    family: FamilyShown,
    /// The last 100 changes, the newest first.
    changes: Vec<ChangeShown>,
}

/// That somebody will look.
#[derive(Debug, Serialize, ToSchema)]
pub(crate) struct EnrichmentAsked {
    /// The job; absent where one waits already.
    #[serde(skip_serializing_if = "Option::is_none")]
    job: Option<String>,
}

/// Lists product families in order of id.
#[utoipa::path(
    get,
    path = "/api/v1/products/families",
    tag = "families",
    params(FamilyParams),
    responses((status = 200, body = Page<FamilyShown>))
)]
pub(crate) async fn list(
    State(shared): State<Shared>,
    who: Who,
    Params(params): Params<FamilyParams>,
    headers: HeaderMap,
) -> Result<Response, Problem> {
    let limit = page_size(params.limit)?;
    let product = params.product.map(|id| ProductId::new(&id));
    let product = product.transpose().map_err(|_| Problem::unprocessable("`product` is no product's id"))?;
    let after = read_cursor(params.after.as_deref())?.map(|text| Uuid::parse_str(&text));
    let after = after.transpose().map_err(|_| Problem::unprocessable("`after` is no cursor of this list"))?;
    let filter = FamilyFilter { product, changed_since: None };
    let found = shared.store.families(&who.org, &filter, after.map(FamilyId), limit + 1).await?;
    let items = found.into_iter().map(shown).collect();
    tagged(&headers, &page(items, limit, |family: &FamilyShown| family.id.clone()))
}

/// Makes a product family by hand.
#[utoipa::path(
    post,
    path = "/api/v1/products/families",
    tag = "families",
    request_body = FamilyForm,
    responses((status = 201, body = FamilyShown))
)]
pub(crate) async fn create(
    State(shared): State<Shared>,
    who: Who,
    Body(form): Body<FamilyForm>,
) -> Result<Response, Problem> {
    who.check_all_stores()?;
    let said = form.fields.into_iter().map(checked).collect::<Result<BTreeMap<_, _>, _>>()?;
    if said.get(&FamilyField::Name).is_none_or(String::is_empty) {
        return Err(Problem::unprocessable("`fields` has no `name`: nobody could tell what it is"));
    }
    let id = FamilyId(Uuid::now_v7());
    let object = format!("family:{id}");
    let source = Source { name: format!("person:{}", who.actor), priority: SourceKind::Person.priority() };
    let audited = shared.audited(&who, "family.create", &object, "")?;
    audited.create_family(&who.org, id, &said, &source, now()).await?;
    if let Some(product) = form.product {
        let product =
            ProductId::new(&product).map_err(|_| Problem::unprocessable("`product` is no product's id"))?;
        let audited = shared.audited(&who, "family.link", &object, product.as_str())?;
        audited.link_family(&who.org, id, Some(&product), now()).await?;
    }
    let family = shared.store.family(&who.org, id).await?;
    created(&format!("/api/v1/products/families/{id}"), shown(family))
}

/// A product family with what became of it.
#[utoipa::path(
    get,
    path = "/api/v1/products/families/{family}",
    tag = "families",
    params(("family" = String, Path, description = "The family's id")),
    responses((status = 200, body = FamilyWhole))
)]
pub(crate) async fn get(
    State(shared): State<Shared>,
    who: Who,
    Place(name): Place<String>,
    headers: HeaderMap,
) -> Result<Response, Problem> {
    let id = read_id(&name)?;
    let family = shown(shared.store.family(&who.org, id).await?);
    let changes = shared.store.family_changes(&who.org, id, CHANGES_MAX).await?;
    tagged(&headers, &FamilyWhole { family, changes: changes.into_iter().map(change_shown).collect() })
}

/// Asks for what is not known of a family: by rules first, then of the language model where there is one. What a person or any other
/// source said stays; each field that is filled in is in the family's changes and in the audit log.
#[utoipa::path(
    post,
    path = "/api/v1/products/families/{family}/enrich",
    tag = "families",
    params(("family" = String, Path, description = "The family's id")),
    responses((status = 202, body = EnrichmentAsked))
)]
pub(crate) async fn enrich(
    State(shared): State<Shared>,
    who: Who,
    Place(name): Place<String>,
) -> Result<Response, Problem> {
    who.check_all_stores()?;
    let id = read_id(&name)?;
    shared.store.family(&who.org, id).await?;
    let now = now();
    let asked = shared.store.add_job(&who.org, &job(ENRICH_FAMILY, &id.to_string(), now), now).await?;
    shared.wake.notify_one();
    let asked = EnrichmentAsked { job: asked.map(|job| job.to_string()) };
    Ok((StatusCode::ACCEPTED, Json(asked)).into_response())
}

fn read_id(name: &str) -> Result<FamilyId, Problem> {
    Uuid::parse_str(name).map(FamilyId).map_err(|_| Problem::not_found("there is no such product family"))
}

fn checked((name, value): (String, String)) -> Result<(FamilyField, String), Problem> {
    let Some(field) = FamilyField::from_word(&name) else {
        let name: String = name.chars().take(32).collect();
        let known: Vec<&str> = FamilyField::ALL.iter().map(|field| field.as_str()).collect();
        let known = known.join("`, `");
        return Err(Problem::unprocessable(format!("`fields` names `{name}`: it may name `{known}`")));
    };
    if value.chars().count() > VALUE_MAX_CHARS {
        let detail = format!("`fields.{name}` has more than {VALUE_MAX_CHARS} characters");
        return Err(Problem::unprocessable(detail));
    }
    Ok((field, value.trim().to_owned()))
}

fn shown(family: Family) -> FamilyShown {
    let given = |(field, given): (FamilyField, cloud_core::families::Given)| {
        let shown = GivenShown { value: given.value, source: given.source.name, at_ms: ms(given.at) };
        (field.as_str().to_owned(), shown)
    };
    FamilyShown {
        id: family.id.to_string(),
        product: family.product.map(|product| product.to_string()),
        fields: family.fields.into_iter().map(given).collect(),
        created_at_ms: ms(family.created_at),
        updated_at_ms: ms(family.updated_at),
    }
}

fn change_shown(change: FamilyFieldChange) -> ChangeShown {
    let (value_before, source_before) = change.before.unzip();
    ChangeShown {
        field: change.field.as_str().to_owned(),
        given: GivenShown {
            value: change.given.value,
            source: change.given.source.name,
            at_ms: ms(change.given.at),
        },
        raw_product: change.raw_product.map(|raw| raw.to_string()),
        value_before,
        source_before,
    }
}
