//! How a store orders, and what is said of single products.

use axum::Json;
use axum::extract::State;
use axum::http::HeaderMap;
use axum::response::Response;
use cloud_store::{OrderingPolicy, OrderingRule, RuleDetails, ServiceClass, SupplierId};
use serde::{Deserialize, Serialize};
use utoipa::ToSchema;

use super::forecasts::read_product_id;
use crate::auth::Who;
use crate::gateway::{Body, Params, Place, Problem, Shared};
use crate::rest::answer::{Page, PageParams, page, page_size, read_product_cursor, tagged};
use crate::rest::sourcing::values::read_id;
use crate::roles::now;

/// How a store orders.
#[derive(Debug, Serialize, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub(crate) struct PolicyForm {
    /// Days from one order to the next.
    #[schema(minimum = 1, maximum = 60)]
    review_days: u32,
    /// The probability that what is there lasts until the next goods come, in hundredths of a percent: of what brings most, ..
    #[schema(minimum = 5_000, maximum = 9_990)]
    service_a: u32,
    /// .. of what comes next, ..
    #[schema(minimum = 5_000, maximum = 9_990)]
    service_b: u32,
    /// .. and of the rest.
    #[schema(minimum = 5_000, maximum = 9_990)]
    service_c: u32,
    /// What may be ordered at once, in minor units of the store's currency; no limit when not said.
    budget_minor: Option<i64>,
}

/// What is said of a product in a store. What is not said follows from its offers, its sales and the store's policy.
#[derive(Debug, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub(crate) struct RuleForm {
    /// Where it is bought; where it is cheapest when not said.
    supplier: Option<String>,
    /// Days from the order to the goods; as the supplier says when not said.
    #[schema(minimum = 0, maximum = 365)]
    lead_days: Option<u32>,
    /// Days from one order to the next.
    #[schema(minimum = 1, maximum = 60)]
    review_days: Option<u32>,
    /// `a`, `b` or `c`; by what it brings when not said.
    class: Option<String>,
    /// Days that it can be sold for; it does not spoil when not said.
    #[schema(minimum = 1, maximum = 3_650)]
    shelf_life_days: Option<u32>,
    /// Pieces or grams that are to be there at least.
    stock_min: Option<u64>,
    /// Pieces or grams that there is room for.
    stock_max: Option<u64>,
}

/// A rule and whose it is.
#[derive(Debug, Serialize, ToSchema)]
pub(crate) struct RuleShown {
    product: String,
    /// Where it is bought; where it is cheapest when not said.
    supplier: Option<String>,
    /// Days from the order to the goods; as the supplier says when not said.
    #[schema(minimum = 0, maximum = 365)]
    lead_days: Option<u32>,
    /// Days from one order to the next.
    #[schema(minimum = 1, maximum = 60)]
    review_days: Option<u32>,
    /// `a`, `b` or `c`; by what it brings when not said.
    class: Option<String>,
    /// Days that it can be sold for; it does not spoil when not said.
    #[schema(minimum = 1, maximum = 3_650)]
    shelf_life_days: Option<u32>,
    /// Pieces or grams that are to be there at least.
    stock_min: Option<u64>,
    /// Pieces or grams that there is room for.
    stock_max: Option<u64>,
}

/// How a store orders.
#[utoipa::path(
    get,
    path = "/api/v1/stores/{store}/ordering",
    tag = "demand",
    params(("store" = String, Path, description = "The store's id")),
    responses((status = 200, body = PolicyForm))
)]
pub(crate) async fn get(
    State(shared): State<Shared>,
    who: Who,
    Place(store): Place<String>,
    headers: HeaderMap,
) -> Result<Response, Problem> {
    let store = who.store(&store)?;
    shared.store.store(&who.org, &store).await?;
    tagged(&headers, &PolicyForm::of(&shared.store.ordering_policy(&who.org, &store).await?))
}

/// Says how a store orders.
#[utoipa::path(
    put,
    path = "/api/v1/stores/{store}/ordering",
    tag = "demand",
    params(("store" = String, Path, description = "The store's id")),
    request_body = PolicyForm,
    responses((status = 200, body = PolicyForm))
)]
pub(crate) async fn put(
    State(shared): State<Shared>,
    who: Who,
    Place(store): Place<String>,
    Body(form): Body<PolicyForm>,
) -> Result<Json<PolicyForm>, Problem> {
    let store = who.store(&store)?;
    let policy = OrderingPolicy {
        review_days: form.review_days,
        service: [form.service_a, form.service_b, form.service_c],
        budget_minor: form.budget_minor,
    };
    let audited = shared.audited(&who, "ordering.put", &format!("store:{store}"), "")?;
    audited.put_ordering_policy(&who.org, &store, &policy, now()).await?;
    Ok(Json(PolicyForm::of(&policy)))
}

/// Lists what is said of products of a store, in order of product.
#[utoipa::path(
    get,
    path = "/api/v1/stores/{store}/ordering/rules",
    tag = "demand",
    params(("store" = String, Path, description = "The store's id"), PageParams),
    responses((status = 200, body = Page<RuleShown>))
)]
pub(crate) async fn list_rules(
    State(shared): State<Shared>,
    who: Who,
    Place(store): Place<String>,
    Params(params): Params<PageParams>,
    headers: HeaderMap,
) -> Result<Response, Problem> {
    let store = who.store(&store)?;
    shared.store.store(&who.org, &store).await?;
    let limit = page_size(params.limit)?;
    let after = read_product_cursor(params.after.as_deref())?;
    let rules = shared.store.ordering_rules(&who.org, &store, after.as_ref(), limit + 1).await?;
    let items = rules.iter().map(shown).collect();
    tagged(&headers, &page(items, limit, |rule: &RuleShown| rule.product.clone()))
}

/// Says how a product is ordered in a store, in place of what was said before.
#[utoipa::path(
    put,
    path = "/api/v1/stores/{store}/ordering/rules/{product}",
    tag = "demand",
    params(
        ("store" = String, Path, description = "The store's id"),
        ("product" = String, Path, description = "The product's id")
    ),
    request_body = RuleForm,
    responses((status = 200, body = RuleShown))
)]
pub(crate) async fn put_rule(
    State(shared): State<Shared>,
    who: Who,
    Place((store, product)): Place<(String, String)>,
    Body(form): Body<RuleForm>,
) -> Result<Json<RuleShown>, Problem> {
    let store = who.store(&store)?;
    let product = read_product_id(&product)?;
    let class = form.class.as_deref().map(|word| {
        ServiceClass::from_word(word).ok_or_else(|| Problem::unprocessable("`class` is none of a, b, c"))
    });
    let supplier = form.supplier.as_deref().map(|id| read_id("supplier", id)).transpose()?;
    let details = RuleDetails {
        supplier: supplier.map(SupplierId),
        lead_days: form.lead_days,
        review_days: form.review_days,
        class: class.transpose()?,
        shelf_life_days: form.shelf_life_days,
        stock_min: form.stock_min,
        stock_max: form.stock_max,
    };
    let now = now();
    let audited = shared.audited(&who, "ordering_rule.put", &format!("product:{product}"), store.as_str())?;
    audited.put_ordering_rule(&who.org, &store, &product, &details, now).await?;
    Ok(Json(shown(&OrderingRule { product, details, updated_at: now })))
}

impl PolicyForm {
    fn of(policy: &OrderingPolicy) -> Self {
        let [service_a, service_b, service_c] = policy.service;
        Self {
            review_days: policy.review_days,
            service_a,
            service_b,
            service_c,
            budget_minor: policy.budget_minor,
        }
    }
}

fn shown(rule: &OrderingRule) -> RuleShown {
    let details = &rule.details;
    RuleShown {
        product: rule.product.to_string(),
        supplier: details.supplier.map(|supplier| supplier.to_string()),
        lead_days: details.lead_days,
        review_days: details.review_days,
        class: details.class.map(|class| class.as_str().to_owned()),
        shelf_life_days: details.shelf_life_days,
        stock_min: details.stock_min,
        stock_max: details.stock_max,
    }
}
