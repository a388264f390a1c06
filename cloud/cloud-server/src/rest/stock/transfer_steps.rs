//! The steps of a transfer. Who sends or calls off has a role in the store where the goods are; who receives them, and says what became
//! of what is missing, has one where they come.

use std::collections::BTreeMap;

use axum::Json;
use axum::extract::State;
use cloud_store::{Actor, MissingGoods, NewEvent, StockTransfer, StockWasteId, Store};
use domain::ids::StoreId;
use domain::time::WallMs;
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
    let step = Step::begin(&shared, &who, &transfer, |transfer| &transfer.from).await?;
    let audited = step.audited("stock_transfer.send", "")?;
    Ok(Json(shown(&audited.send_transfer(&who.org, step.before.id, &step.told(), step.moment()).await?)))
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
    let step = Step::begin(&shared, &who, &transfer, |transfer| &transfer.to).await?;
    let audited = step.audited("stock_transfer.receive", "")?;
    let (id, came) = (step.before.id, &form.received);
    Ok(Json(shown(&audited.receive_transfer(&who.org, id, came, &step.told(), step.moment()).await?)))
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
    let step = Step::begin(&shared, &who, &transfer, |transfer| &transfer.from).await?;
    let audited = step.audited("stock_transfer.cancel", "")?;
    Ok(Json(shown(&audited.cancel_transfer(&who.org, step.before.id, &step.told(), step.moment()).await?)))
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
    let step = Step::begin(&shared, &who, &transfer, |transfer| &transfer.to).await?;
    let outcome = MissingGoods::from(form.outcome);
    if outcome == MissingGoods::Returned {
        who.store(step.before.from.as_str())?;
    }
    let audited = step.audited("stock_transfer.settle", &format!("{} {}", form.line, outcome.as_str()))?;
    let (id, waste) = (step.before.id, StockWasteId(Uuid::now_v7()));
    let (line, told, moment) = ((form.line, outcome), step.told(), step.moment());
    Ok(Json(shown(&audited.settle_transfer_line(&who.org, id, line, waste, &told, moment).await?)))
}

/// A step that the caller may take, and the moment at which it is taken.
struct Step<'a> {
    shared: &'a Shared,
    who: &'a Who,
    /// The transfer before it.
    before: StockTransfer,
    now: WallMs,
}

impl<'a> Step<'a> {
    /// Looks a transfer up for a step that takes a role in one of its stores.
    async fn begin(
        shared: &'a Shared,
        who: &'a Who,
        transfer: &str,
        place: fn(&StockTransfer) -> &StoreId,
    ) -> Result<Self, Problem> {
        let before = known(shared, who, transfer).await?;
        who.store(place(&before).as_str())?;
        Ok(Self { shared, who, before, now: now() })
    }

    /// The store for this step alone, which the audit log is to tell of.
    fn audited(&self, action: &str, detail: &str) -> Result<Store, Problem> {
        self.shared.audited(self.who, action, &subject(self.before.id), detail)
    }

    /// What others are told of the transfer as the step leaves it.
    fn told(&self) -> impl Fn(&StockTransfer) -> NewEvent + Sync {
        let done = Done { by: &self.who.actor, now: self.now };
        move |transfer| done.transferred(transfer)
    }

    fn moment(&self) -> (&Actor, WallMs) {
        (&self.who.actor, self.now)
    }
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
