//! Counts: begun, looked at, closed or given up. Their lines are in [`super::count_lines`].

use axum::Json;
use axum::extract::State;
use axum::http::HeaderMap;
use axum::response::Response;
use cloud_store::{CountScope, CountState, CountSums, NewCount, StockCount, StockCountId, Uncounted};
use domain::ids::StoreId;
use serde::{Deserialize, Serialize};
use utoipa::{IntoParams, ToSchema};

use super::event::Done;
use super::{own_id, read_moment, read_product, read_word};
use crate::auth::Who;
use crate::gateway::{Body, Params, Place, Problem, Shared};
use crate::rest::answer::{Page, created, ms, page, page_size, read_cursor, tagged};
use crate::rest::sourcing::values::read_id;
use crate::roles::now;

/// What is to be counted.
#[derive(Debug, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub(crate) struct CountForm {
    /// A UUID that the caller drew: the same again begins nothing.
    id: Option<String>,
    /// Everything of this category. Without it and without products the whole store is counted.
    category: Option<String>,
    /// These products, up to 1000.
    products: Option<Vec<String>>,
    /// What it is called.
    #[serde(default)]
    #[schema(max_length = 1000)]
    note: String,
}

/// What becomes of products that nobody counted.
#[derive(Debug, Clone, Copy, Default, Deserialize, ToSchema)]
#[serde(rename_all = "snake_case")]
pub(crate) enum UncountedWord {
    /// Of them there is what the ledger says.
    #[default]
    Leave,
    /// There is nothing of them.
    Nothing,
}

/// How a count is closed.
#[derive(Debug, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub(crate) struct ClosingForm {
    #[serde(default)]
    uncounted: UncountedWord,
}

/// A count and what it found.
#[derive(Debug, Serialize, ToSchema)]
pub(crate) struct CountShown {
    id: String,
    store: String,
    /// `open`, `closed` or `cancelled`.
    state: String,
    /// What is counted: `store`, `category` or `products`.
    scope: String,
    /// Which category, where it is one's.
    category: Option<String>,
    note: String,
    /// Of what its differences are worth.
    currency: String,
    made_by: String,
    made_at_ms: i64,
    settled_by: Option<String>,
    settled_at_ms: Option<i64>,
    /// What it found so far.
    sums: SumsShown,
}

/// What a count found.
#[derive(Debug, Serialize, ToSchema)]
pub(crate) struct SumsShown {
    /// Lines.
    lines: u64,
    /// Lines that were counted.
    counted: u64,
    /// Lines of which more or fewer were counted than the ledger says.
    different: u64,
    /// What is missing, at the prices when the count began, in minor units.
    short_minor: i64,
    /// What is over.
    over_minor: i64,
}

/// Which counts.
#[derive(Debug, Deserialize, IntoParams)]
#[serde(deny_unknown_fields)]
#[into_params(parameter_in = Query)]
pub(crate) struct CountParams {
    /// Those that have come so far: `open`, `closed` or `cancelled`.
    state: Option<String>,
    /// How many, from 1 to 500; 50 when not said.
    #[param(minimum = 1, maximum = 500)]
    limit: Option<u32>,
    /// `next` of the page before.
    after: Option<String>,
}

/// Lists counts of a store, the newest first.
#[utoipa::path(
    get,
    path = "/api/v1/stores/{store}/stock/counts",
    tag = "stock",
    params(("store" = String, Path, description = "The store's id"), CountParams),
    responses((status = 200, body = Page<CountShown>))
)]
pub(crate) async fn list(
    State(shared): State<Shared>,
    who: Who,
    Place(store): Place<String>,
    Params(params): Params<CountParams>,
    headers: HeaderMap,
) -> Result<Response, Problem> {
    let store = who.store(&store)?;
    shared.store.store(&who.org, &store).await?;
    let limit = page_size(params.limit)?;
    let state =
        read_word("state", params.state.as_deref(), CountState::from_word, "open, closed, cancelled")?;
    let before = read_cursor(params.after.as_deref())?.map(|text| read_moment(&text)).transpose()?;
    let before = before.map(|(at, id)| (at, StockCountId(id)));
    let found = shared.store.stock_counts(&who.org, &store, state, before, limit + 1).await?;
    let page = page(found, limit, |count| format!("{}/{}", count.made_at.0, count.id));
    let mut items = Vec::with_capacity(page.items.len());
    for count in page.items {
        let sums = shared.store.count_sums(&who.org, count.id).await?;
        items.push(shown(count, sums));
    }
    tagged(&headers, &Page { items, next: page.next })
}

/// Begins a count. Selling goes on meanwhile: what is sold after a product was counted stays sold.
#[utoipa::path(
    post,
    path = "/api/v1/stores/{store}/stock/counts",
    tag = "stock",
    params(("store" = String, Path, description = "The store's id")),
    request_body = CountForm,
    responses((status = 201, body = CountShown))
)]
pub(crate) async fn create(
    State(shared): State<Shared>,
    who: Who,
    Place(store): Place<String>,
    Body(form): Body<CountForm>,
) -> Result<Response, Problem> {
    let store = who.store(&store)?;
    let scope = match (form.category, form.products) {
        (None, None) => CountScope::Store,
        (Some(category), None) => CountScope::Category(category),
        (None, Some(products)) => {
            CountScope::Products(products.iter().map(|text| read_product(text)).collect::<Result<_, _>>()?)
        }
        (Some(_), Some(_)) => {
            return Err(Problem::unprocessable("say `category` or `products`, one of them, or neither"));
        }
    };
    let count = NewCount { id: StockCountId(own_id(form.id.as_deref())?), scope, note: form.note };
    let audited = shared.audited(&who, "stock_count.start", &subject(count.id), store.as_str())?;
    let (begun, _) = audited.start_count(&who.org, &store, &count, (&who.actor, now())).await?;
    let sums = shared.store.count_sums(&who.org, begun.id).await?;
    created(&format!("/api/v1/stores/{store}/stock/counts/{}", begun.id), shown(begun, sums))
}

/// A count and what it found so far.
#[utoipa::path(
    get,
    path = "/api/v1/stores/{store}/stock/counts/{count}",
    tag = "stock",
    params(
        ("store" = String, Path, description = "The store's id"),
        ("count" = String, Path, description = "The count's id")
    ),
    responses((status = 200, body = CountShown))
)]
pub(crate) async fn get(
    State(shared): State<Shared>,
    who: Who,
    Place((store, count)): Place<(String, String)>,
    headers: HeaderMap,
) -> Result<Response, Problem> {
    let (_, count) = known(&shared, &who, &store, &count).await?;
    let sums = shared.store.count_sums(&who.org, count.id).await?;
    tagged(&headers, &shown(count, sums))
}

/// Books what a count found, in one step, and ends it: of each product what differs from what the ledger says of the moment at which
/// it was counted.
#[utoipa::path(
    post,
    path = "/api/v1/stores/{store}/stock/counts/{count}/closing",
    tag = "stock",
    params(
        ("store" = String, Path, description = "The store's id"),
        ("count" = String, Path, description = "The count's id")
    ),
    request_body = ClosingForm,
    responses((status = 200, body = CountShown))
)]
pub(crate) async fn close(
    State(shared): State<Shared>,
    who: Who,
    Place((store, count)): Place<(String, String)>,
    Body(form): Body<ClosingForm>,
) -> Result<Json<CountShown>, Problem> {
    let (store, before) = known(&shared, &who, &store, &count).await?;
    let (uncounted, now) = (Uncounted::from(form.uncounted), now());
    let audited =
        shared.audited(&who, "stock_count.close", &subject(before.id), &format!("{store} {uncounted:?}"))?;
    let done = Done { by: &who.actor, now };
    let told = |count: &StockCount, sums: &CountSums| done.counted(count, sums);
    let sums = audited.close_count(&who.org, &store, before.id, uncounted, told, (&who.actor, now)).await?;
    metrics::counter!("tillsight_stock_counts_total").increment(1);
    let after = shared.store.stock_count(&who.org, &store, before.id).await?;
    Ok(Json(shown(after, sums)))
}

/// Gives up a count: nothing is booked.
#[utoipa::path(
    post,
    path = "/api/v1/stores/{store}/stock/counts/{count}/cancellation",
    tag = "stock",
    params(
        ("store" = String, Path, description = "The store's id"),
        ("count" = String, Path, description = "The count's id")
    ),
    responses((status = 200, body = CountShown))
)]
pub(crate) async fn cancel(
    State(shared): State<Shared>,
    who: Who,
    Place((store, count)): Place<(String, String)>,
) -> Result<Json<CountShown>, Problem> {
    let (store, before) = known(&shared, &who, &store, &count).await?;
    let audited = shared.audited(&who, "stock_count.cancel", &subject(before.id), store.as_str())?;
    audited.cancel_count(&who.org, &store, before.id, (&who.actor, now())).await?;
    let after = shared.store.stock_count(&who.org, &store, before.id).await?;
    let sums = shared.store.count_sums(&who.org, before.id).await?;
    Ok(Json(shown(after, sums)))
}

/// A count by its names in a path.
pub(super) async fn known(
    shared: &Shared,
    who: &Who,
    store: &str,
    count: &str,
) -> Result<(StoreId, StockCount), Problem> {
    let store = who.store(store)?;
    let id = StockCountId(read_id("count", count)?);
    let count = shared.store.stock_count(&who.org, &store, id).await?;
    Ok((store, count))
}

/// What the audit log calls a count.
pub(super) fn subject(id: StockCountId) -> String {
    format!("stock_count:{id}")
}

fn shown(count: StockCount, sums: CountSums) -> CountShown {
    let CountSums { lines, counted, different, short_minor, over_minor } = sums;
    CountShown {
        id: count.id.to_string(),
        store: count.store.to_string(),
        state: count.state.as_str().to_owned(),
        scope: count.scope,
        category: count.category,
        note: count.note,
        currency: count.currency.code().to_owned(),
        made_by: count.made_by.to_string(),
        made_at_ms: ms(count.made_at),
        settled_by: count.settled_by.map(|who| who.to_string()),
        settled_at_ms: count.settled_at.map(ms),
        sums: SumsShown { lines, counted, different, short_minor, over_minor },
    }
}

impl From<UncountedWord> for Uncounted {
    fn from(word: UncountedWord) -> Self {
        match word {
            UncountedWord::Leave => Self::Leave,
            UncountedWord::Nothing => Self::Nothing,
        }
    }
}
