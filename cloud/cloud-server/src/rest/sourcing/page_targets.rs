//! Public pages and GTINs that the parser looks up again and again.

use axum::extract::State;
use axum::http::{HeaderMap, StatusCode};
use axum::response::Response;
use cloud_store::{NewPageTarget, PageTarget, PageTargetId, PageTargetKind, SupplierId};
use serde::{Deserialize, Serialize};
use utoipa::ToSchema;
use uuid::Uuid;

use super::offers::read_gtin;
use super::suppliers::{known as known_supplier, read_after};
use super::values::read_id;
use crate::auth::Who;
use crate::gateway::{Body, Params, Place, Problem, Shared};
use crate::rest::answer::{Page, PageParams, created, ms, page, page_size, tagged};
use crate::roles::now;
use crate::sourcing::pages::address;

/// Once an hour to once in three months: nobody's page is asked for more often.
const EVERY_HOURS: std::ops::RangeInclusive<u32> = 1..=2_160;

/// What is looked up: a page, or a GTIN in Open Food Facts.
#[derive(Debug, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub(crate) struct PageTargetForm {
    /// The address of a public page with a product on it.
    #[schema(example = "https://shop.example/milk")]
    url: Option<String>,
    /// A GTIN to look up in Open Food Facts.
    gtin: Option<String>,
    /// Whose shop it is, where that is a supplier.
    supplier: Option<String>,
    /// How often, in hours; a day when not said.
    #[schema(minimum = 1, maximum = 2160)]
    every_hours: Option<u32>,
}

/// What is looked up, and how that went.
#[derive(Debug, Serialize, ToSchema)]
pub(crate) struct PageTargetShown {
    id: String,
    /// `page` or `open_food_facts`.
    kind: String,
    /// The address or the GTIN.
    address: String,
    supplier: Option<String>,
    every_hours: u32,
    next_at_ms: i64,
    visited_at_ms: Option<i64>,
    /// Why the last visit went wrong.
    problem: Option<String>,
    /// Visits in a row that went wrong.
    failures: u32,
    /// Products that were found at the last visit that went well.
    products: u32,
}

/// Lists what is looked up.
#[utoipa::path(
    get,
    path = "/api/v1/page-targets",
    tag = "families",
    params(PageParams),
    responses((status = 200, body = Page<PageTargetShown>))
)]
pub(crate) async fn list(
    State(shared): State<Shared>,
    who: Who,
    Params(params): Params<PageParams>,
    headers: HeaderMap,
) -> Result<Response, Problem> {
    let limit = page_size(params.limit)?;
    let after = read_after(params.after.as_deref())?.map(PageTargetId);
    let found = shared.store.page_targets(&who.org, after, limit + 1).await?;
    tagged(
        &headers,
        &page(found.into_iter().map(shown).collect(), limit, |one: &PageTargetShown| one.id.clone()),
    )
}

/// Names a page or a GTIN to look up, or changes how often; it is visited soon. robots.txt and the host's pace are kept.
#[utoipa::path(
    post,
    path = "/api/v1/page-targets",
    tag = "families",
    request_body = PageTargetForm,
    responses((status = 201, body = PageTargetShown))
)]
pub(crate) async fn put(
    State(shared): State<Shared>,
    who: Who,
    Body(form): Body<PageTargetForm>,
) -> Result<Response, Problem> {
    who.check_all_stores()?;
    let (kind, address) = match (&form.url, &form.gtin) {
        (Some(url), None) => {
            (PageTargetKind::Page, address::checked(url).map_err(Problem::unprocessable)?.to_string())
        }
        (None, Some(gtin)) => (PageTargetKind::OpenFoodFacts, read_gtin(gtin)?.to_string()),
        _ => return Err(Problem::unprocessable("name either `url` or `gtin`")),
    };
    let hours = form.every_hours.unwrap_or(24);
    if !EVERY_HOURS.contains(&hours) {
        return Err(Problem::unprocessable(format!(
            "`every_hours` is {hours}: write 1 to {}",
            EVERY_HOURS.end()
        )));
    }
    let supplier = match &form.supplier {
        Some(id) => Some(known_supplier(&shared, &who, id).await?.id),
        None => None,
    };
    let id = PageTargetId(Uuid::now_v7());
    let target = NewPageTarget { id, kind, address, supplier, every_minutes: hours * 60 };
    let audited = shared.audited(&who, "page_target.put", "page_target", &target.address)?;
    let id = audited.put_page_target(&who.org, &target, &who.actor, now()).await?;
    let target = shared.store.page_target(&who.org, id).await?;
    created(&format!("/api/v1/page-targets/{id}"), shown(target))
}

/// What is looked up, and how that went.
#[utoipa::path(
    get,
    path = "/api/v1/page-targets/{page_target}",
    tag = "families",
    params(("page_target" = String, Path, description = "The target's id")),
    responses((status = 200, body = PageTargetShown))
)]
pub(crate) async fn get(
    State(shared): State<Shared>,
    who: Who,
    Place(target): Place<String>,
    headers: HeaderMap,
) -> Result<Response, Problem> {
    let id = PageTargetId(read_id("page target", &target)?);
    tagged(&headers, &shown(shared.store.page_target(&who.org, id).await?))
}

/// Looks it up no more; what was read there stays.
#[utoipa::path(
    delete,
    path = "/api/v1/page-targets/{page_target}",
    tag = "families",
    params(("page_target" = String, Path, description = "The target's id")),
    responses((status = 204))
)]
pub(crate) async fn remove(
    State(shared): State<Shared>,
    who: Who,
    Place(target): Place<String>,
) -> Result<StatusCode, Problem> {
    who.check_all_stores()?;
    let id = PageTargetId(read_id("page target", &target)?);
    let audited = shared.audited(&who, "page_target.remove", &format!("page_target:{id}"), "")?;
    audited.remove_page_target(&who.org, id).await?;
    Ok(StatusCode::NO_CONTENT)
}

fn shown(target: PageTarget) -> PageTargetShown {
    PageTargetShown {
        id: target.target.id.to_string(),
        kind: target.target.kind.as_str().to_owned(),
        address: target.target.address,
        supplier: target.target.supplier.map(|id: SupplierId| id.to_string()),
        every_hours: target.target.every_minutes / 60,
        next_at_ms: ms(target.next_at),
        visited_at_ms: target.visited_at.map(ms),
        problem: target.problem,
        failures: target.failures,
        products: target.products,
    }
}
