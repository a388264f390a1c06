//! Goods that go from one store to another: written, changed and looked at. The steps are in [`super::transfer_steps`].

use axum::Json;
use axum::extract::State;
use axum::http::HeaderMap;
use axum::response::Response;
use cloud_core::ledger::StockUnit;
use cloud_store::{NewTransfer, StockTransfer, StockTransferId, TransferFilter, TransferLine, TransferState};
use domain::ids::ProductId;
use serde::{Deserialize, Serialize};
use utoipa::{IntoParams, ToSchema};

use super::{CountedIn, own_id, read_moment, read_product, read_word};
use crate::auth::Who;
use crate::gateway::{Body, Params, Place, Problem, Shared};
use crate::rest::answer::{Page, check_unchanged, created, ms, page, page_size, read_cursor, tagged};
use crate::rest::sourcing::values::read_id;
use crate::roles::now;

/// Goods that are to go.
#[derive(Debug, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub(crate) struct TransferLineForm {
    product: String,
    /// As the product is sold when not said.
    unit: Option<CountedIn>,
    /// Pieces or grams.
    #[schema(minimum = 1, maximum = 1_000_000_000_000_u64)]
    quantity: u64,
}

/// Goods that are to go from one store to another.
#[derive(Debug, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub(crate) struct TransferForm {
    /// A UUID that the caller drew: the same again makes nothing.
    id: Option<String>,
    /// The store where they are.
    from: String,
    /// The store to which they go.
    to: String,
    #[serde(default)]
    #[schema(max_length = 1000)]
    note: String,
    /// Up to 1000; what is named twice becomes one line.
    #[schema(min_items = 1, max_items = 1000)]
    lines: Vec<TransferLineForm>,
}

/// Other goods in place of a draft's.
#[derive(Debug, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub(crate) struct TransferEditForm {
    #[serde(default)]
    #[schema(max_length = 1000)]
    note: String,
    /// Up to 1000; what is named twice becomes one line.
    #[schema(min_items = 1, max_items = 1000)]
    lines: Vec<TransferLineForm>,
}

/// A line of a transfer.
#[derive(Debug, Serialize, ToSchema)]
pub(crate) struct TransferLineShown {
    /// Its number, from 1.
    number: u32,
    product: String,
    unit: CountedIn,
    quantity: u64,
    /// How many came, once that is known.
    received: Option<u64>,
    /// How many did not.
    missing: u64,
    /// What became of those: `waste`, `found` (they came after all) or `returned` (they never left).
    settled_as: Option<String>,
    settled_by: Option<String>,
    settled_at_ms: Option<i64>,
}

/// A transfer.
#[derive(Debug, Serialize, ToSchema)]
pub(crate) struct TransferShown {
    id: String,
    from: String,
    to: String,
    /// `draft`, `sent`, `received` or `cancelled`.
    state: String,
    note: String,
    made_by: String,
    made_at_ms: i64,
    sent_by: Option<String>,
    sent_at_ms: Option<i64>,
    /// Who received it or called it off.
    settled_by: Option<String>,
    settled_at_ms: Option<i64>,
    lines: Vec<TransferLineShown>,
}

/// Which transfers.
#[derive(Debug, Deserialize, IntoParams)]
#[serde(deny_unknown_fields)]
#[into_params(parameter_in = Query)]
pub(crate) struct TransferParams {
    /// Those from or to this store.
    store: Option<String>,
    /// Those that have come so far: `draft`, `sent`, `received` or `cancelled`.
    state: Option<String>,
    /// How many, from 1 to 500; 50 when not said.
    #[param(minimum = 1, maximum = 500)]
    limit: Option<u32>,
    /// `next` of the page before.
    after: Option<String>,
}

/// Lists transfers from or to the stores that the caller sees, the newest first.
#[utoipa::path(
    get,
    path = "/api/v1/stock-transfers",
    tag = "stock",
    params(TransferParams),
    responses((status = 200, body = Page<TransferShown>))
)]
pub(crate) async fn list(
    State(shared): State<Shared>,
    who: Who,
    Params(params): Params<TransferParams>,
    headers: HeaderMap,
) -> Result<Response, Problem> {
    let limit = page_size(params.limit)?;
    let known = "draft, sent, received, cancelled";
    let state = read_word("state", params.state.as_deref(), TransferState::from_word, known)?;
    let stores = match &params.store {
        Some(store) => Some(vec![who.store(store)?]),
        None => who.stores_seen(),
    };
    let before = read_cursor(params.after.as_deref())?.map(|text| read_moment(&text)).transpose()?;
    let before = before.map(|(at, id)| (at, StockTransferId(id)));
    let found =
        shared.store.transfers(&who.org, &TransferFilter { stores, state }, before, limit + 1).await?;
    let page = page(found, limit, |transfer| format!("{}/{}", transfer.made_at.0, transfer.id));
    tagged(&headers, &Page { items: page.items.iter().map(shown).collect(), next: page.next })
}

/// Writes a draft. The caller's role has to hold in both stores.
#[utoipa::path(
    post,
    path = "/api/v1/stock-transfers",
    tag = "stock",
    request_body = TransferForm,
    responses((status = 201, body = TransferShown))
)]
pub(crate) async fn create(
    State(shared): State<Shared>,
    who: Who,
    Body(form): Body<TransferForm>,
) -> Result<Response, Problem> {
    let transfer = NewTransfer {
        id: StockTransferId(own_id(form.id.as_deref())?),
        from: who.store(&form.from)?,
        to: who.store(&form.to)?,
        note: form.note,
        lines: lines(form.lines)?,
    };
    let detail = format!("{} to {}: {} lines", transfer.from, transfer.to, transfer.lines.len());
    let audited = shared.audited(&who, "stock_transfer.create", &subject(transfer.id), &detail)?;
    let (made, _) = audited.create_transfer(&who.org, &transfer, (&who.actor, now())).await?;
    created(&format!("/api/v1/stock-transfers/{}", made.id), shown(&made))
}

/// A transfer.
#[utoipa::path(
    get,
    path = "/api/v1/stock-transfers/{transfer}",
    tag = "stock",
    params(("transfer" = String, Path, description = "The transfer's id")),
    responses((status = 200, body = TransferShown))
)]
pub(crate) async fn get(
    State(shared): State<Shared>,
    who: Who,
    Place(transfer): Place<String>,
    headers: HeaderMap,
) -> Result<Response, Problem> {
    tagged(&headers, &shown(&known(&shared, &who, &transfer).await?))
}

/// Puts other goods in place of a draft's. `If-Match` refuses it when somebody else was quicker.
#[utoipa::path(
    put,
    path = "/api/v1/stock-transfers/{transfer}",
    tag = "stock",
    params(("transfer" = String, Path, description = "The transfer's id")),
    request_body = TransferEditForm,
    responses((status = 200, body = TransferShown))
)]
pub(crate) async fn edit(
    State(shared): State<Shared>,
    who: Who,
    Place(transfer): Place<String>,
    headers: HeaderMap,
    Body(form): Body<TransferEditForm>,
) -> Result<Json<TransferShown>, Problem> {
    let before = known(&shared, &who, &transfer).await?;
    who.store(before.from.as_str())?;
    check_unchanged(&headers, &shown(&before))?;
    let lines = lines(form.lines)?;
    let detail = format!("{} lines", lines.len());
    let audited = shared.audited(&who, "stock_transfer.edit", &subject(before.id), &detail)?;
    Ok(Json(shown(&audited.edit_transfer(&who.org, before.id, (&form.note, &lines)).await?)))
}

/// A transfer by its id in a path; one between stores that the caller does not see does not exist.
pub(super) async fn known(shared: &Shared, who: &Who, id: &str) -> Result<StockTransfer, Problem> {
    let id = StockTransferId(read_id("transfer", id)?);
    let transfer = shared.store.transfer(&who.org, id).await?;
    if who.sees(&transfer.from) || who.sees(&transfer.to) {
        return Ok(transfer);
    }
    Err(Problem::not_found(format!("there is no transfer `{id}`")))
}

/// What the audit log calls a transfer.
pub(super) fn subject(id: StockTransferId) -> String {
    format!("stock_transfer:{id}")
}

type Lines = Vec<(ProductId, Option<StockUnit>, u64)>;

fn lines(forms: Vec<TransferLineForm>) -> Result<Lines, Problem> {
    let line = |form: TransferLineForm| {
        Ok((read_product(&form.product)?, form.unit.map(StockUnit::from), form.quantity))
    };
    forms.into_iter().map(line).collect()
}

pub(super) fn shown(transfer: &StockTransfer) -> TransferShown {
    TransferShown {
        id: transfer.id.to_string(),
        from: transfer.from.to_string(),
        to: transfer.to.to_string(),
        state: transfer.state.as_str().to_owned(),
        note: transfer.note.clone(),
        made_by: transfer.made_by.to_string(),
        made_at_ms: ms(transfer.made_at),
        sent_by: transfer.sent_by.as_ref().map(ToString::to_string),
        sent_at_ms: transfer.sent_at.map(ms),
        settled_by: transfer.settled_by.as_ref().map(ToString::to_string),
        settled_at_ms: transfer.settled_at.map(ms),
        lines: (1..).zip(&transfer.lines).map(|(number, line)| line_shown(number, line)).collect(),
    }
}

fn line_shown(number: u32, line: &TransferLine) -> TransferLineShown {
    TransferLineShown {
        number,
        product: line.key.product.to_string(),
        unit: line.key.unit.into(),
        quantity: line.quantity,
        received: line.received,
        missing: line.missing(),
        settled_as: line.settled_as.map(|outcome| outcome.as_str().to_owned()),
        settled_by: line.settled_by.as_ref().map(ToString::to_string),
        settled_at_ms: line.settled_at.map(ms),
    }
}
