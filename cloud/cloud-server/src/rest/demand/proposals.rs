//! What is proposed to order: looked at, changed, accepted as a draft of an order, or rejected.

use std::collections::BTreeMap;

use axum::Json;
use axum::extract::State;
use axum::http::HeaderMap;
use axum::response::Response;
use cloud_store::{
    NoticeEvent, Proposal, ProposalFilter, ProposalId, ProposalLine, ProposalState, PurchaseOrderId,
};
use domain::time::WallMs;
use rust_decimal::Decimal;
use serde::{Deserialize, Serialize};
use utoipa::{IntoParams, ToSchema};
use uuid::Uuid;

use super::forecasts::Sentence;
use crate::auth::Who;
use crate::demand::because::{self, LineReason};
use crate::demand::proposing::notice_key;
use crate::demand::reasons::Tongue;
use crate::gateway::{Body, Params, Place, Problem, Shared};
use crate::rest::answer::{Page, check_unchanged, ms, page, page_size, read_cursor, tagged};
use crate::rest::sourcing::values::{PackForm, read_id};
use crate::roles::now;

/// Which proposals.
#[derive(Debug, Deserialize, IntoParams)]
#[serde(deny_unknown_fields)]
#[into_params(parameter_in = Query)]
pub(crate) struct ProposalParams {
    /// Those for this store.
    store: Option<String>,
    /// Those that have come so far: `open`, `accepted`, `rejected`, `expired` or `replaced`.
    state: Option<String>,
    /// How many, from 1 to 500; 50 when not said.
    #[param(minimum = 1, maximum = 500)]
    limit: Option<u32>,
    /// `next` of the page before.
    after: Option<String>,
}

/// Packs as somebody wants them.
#[derive(Debug, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub(crate) struct PacksForm {
    /// Packs by the line's number from 1; 0 leaves a line out, and lines that are not named stay as they are.
    packs: BTreeMap<u32, u32>,
}

/// Why a proposal is rejected.
#[derive(Debug, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub(crate) struct RejectionForm {
    /// Why.
    #[schema(min_length = 1, max_length = 2_000)]
    reason: String,
}

/// One reason of a line, for software and for people.
#[derive(Debug, Serialize, ToSchema)]
pub(crate) struct LineReasonShown {
    /// What it is.
    reason: LineReason,
    /// In words.
    text: Sentence,
}

/// A line of a proposal.
#[derive(Debug, Serialize, ToSchema)]
pub(crate) struct ProposalLineShown {
    /// Its number, from 1.
    number: u32,
    product: String,
    article: String,
    gtin: Option<String>,
    name: String,
    /// Packs that were proposed.
    packs_proposed: u32,
    /// Packs that are to be ordered.
    packs: u32,
    /// The supplier sells at least so many packs ..
    packs_min: u32,
    /// .. and a multiple of so many.
    packs_multiple: u32,
    pack: PackForm,
    /// Price of a pack without tax.
    pack_price: String,
    /// Price of all packs without tax.
    amount: String,
    /// Why so much.
    reasons: Vec<LineReasonShown>,
}

/// A proposal.
#[derive(Debug, Serialize, ToSchema)]
pub(crate) struct ProposalShown {
    id: String,
    store: String,
    supplier: String,
    /// `open`, `accepted`, `rejected`, `expired` or `replaced`.
    state: String,
    currency: String,
    /// What all its lines cost without tax.
    amount: String,
    /// The day on which it is to be ordered.
    order_on: String,
    /// The day on which the goods would come.
    arrives_on: Option<String>,
    /// Whether a person has changed it.
    edited: bool,
    /// The run that it follows from.
    run: String,
    made_at_ms: i64,
    /// Until when somebody can decide.
    expires_at_ms: i64,
    decided_by: Option<String>,
    decided_at_ms: Option<i64>,
    /// Why it was rejected.
    reason: String,
    /// The order that it became.
    purchase_order: Option<String>,
    lines: Vec<ProposalLineShown>,
}

/// What an accepted proposal became.
#[derive(Debug, Serialize, ToSchema)]
pub(crate) struct AcceptedShown {
    /// The draft's id.
    purchase_order: String,
    /// Its number in the organisation.
    number: u64,
}

/// Lists proposals with their lines, the newest first.
#[utoipa::path(
    get,
    path = "/api/v1/proposals",
    tag = "demand",
    params(ProposalParams),
    responses((status = 200, body = Page<ProposalShown>))
)]
pub(crate) async fn list(
    State(shared): State<Shared>,
    who: Who,
    Params(params): Params<ProposalParams>,
    headers: HeaderMap,
) -> Result<Response, Problem> {
    let limit = page_size(params.limit)?;
    let state = params.state.map(|word| {
        let unknown = "`state` is none of open, accepted, rejected, expired, replaced";
        ProposalState::from_word(&word).ok_or_else(|| Problem::unprocessable(unknown))
    });
    let store = params.store.map(|store| who.store(&store)).transpose()?;
    let filter = ProposalFilter { store, state: state.transpose()? };
    let after = read_cursor(params.after.as_deref())?.map(|text| read_key(&text)).transpose()?;
    let found = shared.store.proposals(&who.org, &filter, after, limit + 1).await?;
    let key = |proposal: &Proposal| format!("{}/{}", proposal.made_at.0, proposal.proposal.id);
    let mut page = page(found, limit, key);
    // The page ends where it would for everybody; some of it may be of stores that the caller does not see.
    page.items.retain(|proposal| who.sees(&proposal.store));
    let items = page.items.iter().map(shown).collect();
    tagged(&headers, &Page { items, next: page.next })
}

/// A proposal with the reasons of each line.
#[utoipa::path(
    get,
    path = "/api/v1/proposals/{proposal}",
    tag = "demand",
    params(("proposal" = String, Path, description = "The proposal's id")),
    responses((status = 200, body = ProposalShown))
)]
pub(crate) async fn get(
    State(shared): State<Shared>,
    who: Who,
    Place(proposal): Place<String>,
    headers: HeaderMap,
) -> Result<Response, Problem> {
    tagged(&headers, &shown(&known(&shared, &who, &proposal).await?))
}

/// Changes how many packs are to be ordered. `If-Match` refuses it when somebody else was quicker.
#[utoipa::path(
    put,
    path = "/api/v1/proposals/{proposal}/packs",
    tag = "demand",
    params(("proposal" = String, Path, description = "The proposal's id")),
    request_body = PacksForm,
    responses((status = 200, body = ProposalShown))
)]
pub(crate) async fn edit(
    State(shared): State<Shared>,
    who: Who,
    Place(proposal): Place<String>,
    headers: HeaderMap,
    Body(form): Body<PacksForm>,
) -> Result<Json<ProposalShown>, Problem> {
    let before = known(&shared, &who, &proposal).await?;
    check_unchanged(&headers, &shown(&before))?;
    let detail = format!("{} lines", form.packs.len());
    let audited = shared.audited(&who, "proposal.edit", &subject(&before), &detail)?;
    audited.edit_proposal(&who.org, before.proposal.id, &form.packs, now()).await?;
    again(&shared, &who, &before).await
}

/// Makes a draft of a purchase order from an open proposal. `If-Match` refuses it when it is not what the caller saw.
#[utoipa::path(
    post,
    path = "/api/v1/proposals/{proposal}/accept",
    tag = "demand",
    params(("proposal" = String, Path, description = "The proposal's id")),
    responses((status = 200, body = AcceptedShown))
)]
pub(crate) async fn accept(
    State(shared): State<Shared>,
    who: Who,
    Place(proposal): Place<String>,
    headers: HeaderMap,
) -> Result<Json<AcceptedShown>, Problem> {
    let before = known(&shared, &who, &proposal).await?;
    check_unchanged(&headers, &shown(&before))?;
    let (id, order, now) = (before.proposal.id, PurchaseOrderId(Uuid::now_v7()), now());
    let detail = format!("purchase_order:{order}");
    let audited = shared.audited(&who, "proposal.accept", &subject(&before), &detail)?;
    let number = audited.accept_proposal(&who.org, id, order, &who.actor, now).await?;
    settle(&shared, &who, &before, now).await?;
    Ok(Json(AcceptedShown { purchase_order: order.to_string(), number }))
}

/// Says no to an open proposal.
#[utoipa::path(
    post,
    path = "/api/v1/proposals/{proposal}/reject",
    tag = "demand",
    params(("proposal" = String, Path, description = "The proposal's id")),
    request_body = RejectionForm,
    responses((status = 200, body = ProposalShown))
)]
pub(crate) async fn reject(
    State(shared): State<Shared>,
    who: Who,
    Place(proposal): Place<String>,
    Body(form): Body<RejectionForm>,
) -> Result<Json<ProposalShown>, Problem> {
    let before = known(&shared, &who, &proposal).await?;
    let reason = form.reason.trim();
    if reason.is_empty() {
        return Err(Problem::unprocessable("`reason` is empty: say why, so that the next one is better"));
    }
    let now = now();
    let audited = shared.audited(&who, "proposal.reject", &subject(&before), reason)?;
    audited.reject_proposal(&who.org, before.proposal.id, reason, &who.actor, now).await?;
    settle(&shared, &who, &before, now).await?;
    again(&shared, &who, &before).await
}

/// A proposal by its id in a path; one of a store that the caller does not see does not exist.
async fn known(shared: &Shared, who: &Who, id: &str) -> Result<Proposal, Problem> {
    let id = ProposalId(read_id("proposal", id)?);
    let proposal = shared.store.proposal(&who.org, id).await?;
    who.store(proposal.store.as_str())?;
    Ok(proposal)
}

/// Nobody need be told any more of a store's proposals once all are decided on.
async fn settle(shared: &Shared, who: &Who, before: &Proposal, now: WallMs) -> Result<(), Problem> {
    let open = ProposalFilter { store: Some(before.store.clone()), state: Some(ProposalState::Open) };
    if shared.store.proposals(&who.org, &open, None, 1).await?.is_empty() {
        let (event, key) = (NoticeEvent::ProposalsReady, notice_key(&before.store));
        shared.store.settle_notice(&who.org, event, &key, now).await?;
    }
    Ok(())
}

async fn again(shared: &Shared, who: &Who, before: &Proposal) -> Result<Json<ProposalShown>, Problem> {
    Ok(Json(shown(&shared.store.proposal(&who.org, before.proposal.id).await?)))
}

fn subject(proposal: &Proposal) -> String {
    format!("proposal:{}", proposal.proposal.id)
}

fn read_key(text: &str) -> Result<(WallMs, ProposalId), Problem> {
    let key = text.split_once('/').and_then(|(made_at, id)| {
        Some((WallMs(made_at.parse().ok()?), ProposalId(Uuid::parse_str(id).ok()?)))
    });
    key.ok_or_else(|| Problem::unprocessable("`after` is no cursor of this list"))
}

fn shown(proposal: &Proposal) -> ProposalShown {
    let made = &proposal.proposal;
    let amount: Decimal = made.lines.iter().map(amount_of).sum();
    let lines = (1_u32..).zip(&made.lines).map(|(number, line)| line_shown(number, line));
    ProposalShown {
        id: made.id.to_string(),
        store: proposal.store.to_string(),
        supplier: made.supplier.to_string(),
        state: proposal.state.as_str().to_owned(),
        currency: made.currency.to_string(),
        amount: amount.normalize().to_string(),
        order_on: made.order_on.to_string(),
        arrives_on: made.arrives_on.map(|day| day.to_string()),
        edited: proposal.edited,
        run: proposal.run.to_string(),
        made_at_ms: ms(proposal.made_at),
        expires_at_ms: ms(proposal.expires_at),
        decided_by: proposal.decided_by.as_ref().map(ToString::to_string),
        decided_at_ms: proposal.decided_at.map(ms),
        reason: proposal.reason.clone(),
        purchase_order: proposal.purchase_order.map(|order| order.to_string()),
        lines: lines.collect(),
    }
}

fn amount_of(line: &ProposalLine) -> Decimal {
    line.pack_price * Decimal::from(line.packs)
}

fn line_shown(number: u32, line: &ProposalLine) -> ProposalLineShown {
    let unit = line.pack.unit;
    let reason_shown = |reason: LineReason| {
        let text = Sentence { en: reason.sentence(unit, Tongue::En), ru: reason.sentence(unit, Tongue::Ru) };
        LineReasonShown { reason, text }
    };
    ProposalLineShown {
        number,
        product: line.product.to_string(),
        article: line.article.clone(),
        gtin: line.gtin.map(|gtin| gtin.to_string()),
        name: line.name.clone(),
        packs_proposed: line.packs_proposed,
        packs: line.packs,
        packs_min: line.rule.at_least,
        packs_multiple: line.rule.multiple_of,
        pack: line.pack.into(),
        pack_price: line.pack_price.to_string(),
        amount: amount_of(line).normalize().to_string(),
        reasons: because::read(&line.because).into_iter().map(reason_shown).collect(),
    }
}
