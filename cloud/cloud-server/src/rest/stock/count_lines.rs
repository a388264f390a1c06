//! The lines of a count: what is to be counted, and numbers that people found.

use std::collections::BTreeMap;

use axum::Json;
use axum::extract::State;
use axum::http::HeaderMap;
use axum::response::Response;
use cloud_store::{CountEntry, CountLine, CountLineFilter, StockEntryId};
use domain::time::WallMs;
use serde::{Deserialize, Serialize};
use utoipa::{IntoParams, ToSchema};

use super::counts::{known, subject};
use super::{CountedIn, key_text, own_id, read_key, read_product};
use crate::auth::Who;
use crate::gateway::{Body, Params, Place, Problem, Shared};
use crate::rest::answer::{Page, ms, page, page_size, read_cursor, tagged};
use crate::roles::now;

/// A number that somebody counted.
#[derive(Debug, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub(crate) struct EntryForm {
    /// A UUID that the caller drew: the same again counts once.
    id: Option<String>,
    product: String,
    /// As the product is sold when not said.
    unit: Option<CountedIn>,
    /// How many there are.
    #[schema(maximum = 1_000_000_000_000_u64)]
    quantity: u64,
    /// Whether it is added to what was counted already, because the goods lie in two places; else it takes its place.
    #[serde(default)]
    add: bool,
    /// When it was counted, in milliseconds since 1970, where that was not just now.
    counted_at_ms: Option<i64>,
}

/// Numbers that somebody counted.
#[derive(Debug, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub(crate) struct EntriesForm {
    /// Up to 500: all are taken, or none.
    entries: Vec<EntryForm>,
}

/// A line of a count.
#[derive(Debug, Serialize, ToSchema)]
pub(crate) struct CountLineShown {
    product: String,
    /// Names by language; nothing once the product is gone.
    name: BTreeMap<String, String>,
    unit: CountedIn,
    /// What was counted.
    quantity: Option<u64>,
    /// What the ledger says of the moment at which it was; what it says now, as long as it was not.
    expected: Option<i64>,
    /// How many more were counted than expected; fewer are below zero.
    difference: Option<i64>,
    /// What the difference is worth at the price when the count began, in minor units of the count's currency.
    worth_minor: Option<i64>,
    counted_by: Option<String>,
    counted_at_ms: Option<i64>,
}

/// What was taken.
#[derive(Debug, Serialize, ToSchema)]
pub(crate) struct EntriesTaken {
    /// How many numbers were sent.
    taken: usize,
}

/// Which lines.
#[derive(Debug, Deserialize, IntoParams)]
#[serde(deny_unknown_fields)]
#[into_params(parameter_in = Query)]
pub(crate) struct CountLineParams {
    /// `true` for those that were counted, `false` for those that were not.
    counted: Option<bool>,
    /// Those alone of which more or fewer were counted than expected.
    #[serde(default)]
    different: bool,
    /// Those whose product's id, name or numbers have these words.
    q: Option<String>,
    /// How many, from 1 to 500; 50 when not said.
    #[param(minimum = 1, maximum = 500)]
    limit: Option<u32>,
    /// `next` of the page before.
    after: Option<String>,
}

/// Lists the lines of a count, in order of product.
#[utoipa::path(
    get,
    path = "/api/v1/stores/{store}/stock/counts/{count}/lines",
    tag = "stock",
    params(
        ("store" = String, Path, description = "The store's id"),
        ("count" = String, Path, description = "The count's id"),
        CountLineParams
    ),
    responses((status = 200, body = Page<CountLineShown>))
)]
pub(crate) async fn list(
    State(shared): State<Shared>,
    who: Who,
    Place((store, count)): Place<(String, String)>,
    Params(params): Params<CountLineParams>,
    headers: HeaderMap,
) -> Result<Response, Problem> {
    let (_, count) = known(&shared, &who, &store, &count).await?;
    let limit = page_size(params.limit)?;
    let after = read_cursor(params.after.as_deref())?.map(|text| read_key(&text)).transpose()?;
    let filter = CountLineFilter { counted: params.counted, different: params.different, search: params.q };
    let found = shared.store.count_lines(&who.org, &count, &filter, after.as_ref(), limit + 1).await?;
    let items = found.into_iter().map(shown).collect();
    tagged(&headers, &page(items, limit, |line: &CountLineShown| key_text(&line.product, line.unit)))
}

/// Takes numbers that somebody counted. Several people may count at once; of one product the number that was counted last counts,
/// or the sum of those that are to be added.
#[utoipa::path(
    post,
    path = "/api/v1/stores/{store}/stock/counts/{count}/lines",
    tag = "stock",
    params(
        ("store" = String, Path, description = "The store's id"),
        ("count" = String, Path, description = "The count's id")
    ),
    request_body = EntriesForm,
    responses((status = 200, body = EntriesTaken))
)]
pub(crate) async fn enter(
    State(shared): State<Shared>,
    who: Who,
    Place((store, count)): Place<(String, String)>,
    Body(form): Body<EntriesForm>,
) -> Result<Json<EntriesTaken>, Problem> {
    let (store, count) = known(&shared, &who, &store, &count).await?;
    let entries = form.entries.into_iter().map(EntryForm::checked).collect::<Result<Vec<_>, _>>()?;
    let detail = format!("{} numbers", entries.len());
    let audited = shared.audited(&who, "stock_count.enter", &subject(count.id), &detail)?;
    audited.count_stock(&who.org, &store, count.id, &entries, (&who.actor, now())).await?;
    Ok(Json(EntriesTaken { taken: entries.len() }))
}

impl EntryForm {
    fn checked(self) -> Result<CountEntry, Problem> {
        Ok(CountEntry {
            id: StockEntryId(own_id(self.id.as_deref())?),
            product: read_product(&self.product)?,
            unit: self.unit.map(Into::into),
            quantity: self.quantity,
            adds: self.add,
            counted_at: self.counted_at_ms.map(WallMs),
        })
    }
}

fn shown(line: CountLine) -> CountLineShown {
    CountLineShown {
        difference: line.difference(),
        worth_minor: line.worth_minor(),
        product: line.key.product.to_string(),
        name: line.name.map(|name| name.0).unwrap_or_default(),
        unit: line.key.unit.into(),
        quantity: line.quantity,
        expected: line.expected,
        counted_by: line.counted_by.map(|who| who.to_string()),
        counted_at_ms: line.counted_at.map(ms),
    }
}
