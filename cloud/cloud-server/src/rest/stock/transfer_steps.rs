//! The steps of a transfer. Who sends or calls off has a role in the store where the goods are; who receives them, and says what became
//! of what is missing, has one where they come.

use std::collections::BTreeMap;

use axum::Json;
use axum::extract::State;
use cloud_store::{MissingGoods, StockTransfer, StockWasteId};
use serde::Deserialize;
use utoipa::ToSchema;
use uuid::Uuid;

use super::event::Done;
use super::transfers::{TransferShown, known, shown, subject};
use crate::auth::Who;
use crate::gateway::{Body, Place, Problem, Shared};
use crate::roles::now;

/// What came.
#[derive(Debug, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub(crate) struct ReceivedForm {
    /// Pieces or grams that came, by the line's number from 1; of lines that are not named all came.
    #[serde(default)]
    received: BTreeMap<u32, u64>,
}

/// What became of goods that did not come.
#[derive(Debug, Clone, Copy, Deserialize, ToSchema)]
#[serde(rename_all = "snake_case")]
pub(crate) enum MissingWord {
    /// They are lost.
    Waste,
    /// They came after all.
    Found,
    /// They never left the sender.
    Returned,
}

/// What became of a line's goods that did not come.
#[derive(Debug, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub(crate) struct SettlementForm {
    /// The line's number, from 1.
    #[schema(minimum = 1)]
    line: u32,
    outcome: MissingWord,
}

/// Books the goods out of the store where they are: they are on their way.
#[utoipa::path(
    post,
    path = "/api/v1/stock-transfers/{transfer}/sending",
    tag = "stock",
    params(("transfer" = String, Path, description = "The transfer's id")),
    responses((status = 200, body = TransferShown))
)]
pub(crate) async fn send(
    State(shared): State<Shared>,
    who: Who,
    Place(transfer): Place<String>,
) -> Result<Json<TransferShown>, Problem> {
    let before = known(&shared, &who, &transfer).await?;
    who.store(before.from.as_str())?;
    let now = now();
    let told = |transfer: &StockTransfer| Done { by: &who.actor, now }.transferred(transfer);
    let audited = shared.audited(&who, "stock_transfer.send", &subject(before.id), "")?;
    Ok(Json(shown(&audited.send_transfer(&who.org, before.id, &told, (&who.actor, now)).await?)))
}

/// Books in what came. What is missing stays with its line until somebody says what became of it.
#[utoipa::path(
    post,
    path = "/api/v1/stock-transfers/{transfer}/receipt",
    tag = "stock",
    params(("transfer" = String, Path, description = "The transfer's id")),
    request_body = ReceivedForm,
    responses((status = 200, body = TransferShown))
)]
pub(crate) async fn receive(
    State(shared): State<Shared>,
    who: Who,
    Place(transfer): Place<String>,
    Body(form): Body<ReceivedForm>,
) -> Result<Json<TransferShown>, Problem> {
    let before = known(&shared, &who, &transfer).await?;
    who.store(before.to.as_str())?;
    let now = now();
    let told = |transfer: &StockTransfer| Done { by: &who.actor, now }.transferred(transfer);
    let audited = shared.audited(&who, "stock_transfer.receive", &subject(before.id), "")?;
    let after =
        audited.receive_transfer(&who.org, before.id, &form.received, &told, (&who.actor, now)).await?;
    Ok(Json(shown(&after)))
}

/// Calls off what has not been received; what had left comes back.
#[utoipa::path(
    post,
    path = "/api/v1/stock-transfers/{transfer}/cancellation",
    tag = "stock",
    params(("transfer" = String, Path, description = "The transfer's id")),
    responses((status = 200, body = TransferShown))
)]
pub(crate) async fn cancel(
    State(shared): State<Shared>,
    who: Who,
    Place(transfer): Place<String>,
) -> Result<Json<TransferShown>, Problem> {
    let before = known(&shared, &who, &transfer).await?;
    who.store(before.from.as_str())?;
    let now = now();
    let told = |transfer: &StockTransfer| Done { by: &who.actor, now }.transferred(transfer);
    let audited = shared.audited(&who, "stock_transfer.cancel", &subject(before.id), "")?;
    Ok(Json(shown(&audited.cancel_transfer(&who.org, before.id, &told, (&who.actor, now)).await?)))
}

/// Says what became of goods that did not come. That they never left books them into the sender's store, where the caller needs a role
/// too.
#[utoipa::path(
    post,
    path = "/api/v1/stock-transfers/{transfer}/settlement",
    tag = "stock",
    params(("transfer" = String, Path, description = "The transfer's id")),
    request_body = SettlementForm,
    responses((status = 200, body = TransferShown))
)]
pub(crate) async fn settle(
    State(shared): State<Shared>,
    who: Who,
    Place(transfer): Place<String>,
    Body(form): Body<SettlementForm>,
) -> Result<Json<TransferShown>, Problem> {
    let before = known(&shared, &who, &transfer).await?;
    who.store(before.to.as_str())?;
    let outcome = MissingGoods::from(form.outcome);
    if outcome == MissingGoods::Returned {
        who.store(before.from.as_str())?;
    }
    let now = now();
    let told = |transfer: &StockTransfer| Done { by: &who.actor, now }.transferred(transfer);
    let detail = format!("{} {}", form.line, outcome.as_str());
    let audited = shared.audited(&who, "stock_transfer.settle", &subject(before.id), &detail)?;
    let (waste, line) = (StockWasteId(Uuid::now_v7()), (form.line, outcome));
    let by = (&who.actor, now);
    Ok(Json(shown(&audited.settle_transfer_line(&who.org, before.id, line, waste, &told, by).await?)))
}

impl From<MissingWord> for MissingGoods {
    fn from(outcome: MissingWord) -> Self {
        match outcome {
            MissingWord::Waste => Self::Waste,
            MissingWord::Found => Self::Found,
            MissingWord::Returned => Self::Returned,
        }
    }
}
