//! What somebody does at the kiosk, from JSON to the checkout loop and back.

use std::sync::Arc;

use axum::Json;
use axum::extract::State;
use axum::extract::rejection::JsonRejection;
use axum::http::StatusCode;
use domain::ids::{InvalidName, ProductId, TrackId};
use edge_core::{Action, LineNumber, Refusal};
use serde::Deserialize;
use serde_json::{Value, json};
use tokio::sync::oneshot;

use super::Shared;
use super::problem::{Problem, RETRY_AFTER_S};
use crate::event::Event;
use crate::staff_pin::{Pin, PinRefusal};

/// The body of `POST /api/v1/actions`.
#[derive(Debug, Clone, Deserialize)]
#[serde(tag = "action", rename_all = "snake_case", deny_unknown_fields)]
#[allow(
    missing_docs,
    reason = "each action is explained in docs/reference/kiosk-api.md and at edge_core::Action"
)]
pub enum ActionRequest {
    Start,
    Choose { question: u64, product: String },
    IgnoreItem { question: u64 },
    AddProduct { product: String },
    SetQuantity { line: u32, pieces: u32 },
    RemoveLine { line: u32 },
    RestoreItem { track: u64 },
    ReopenLine { line: u32 },
    Review,
    Back,
    Pay,
    CancelPayment,
    Cancel,
    Finish,
    ExtendTime,
    CallStaff,
    DismissStaff,
    ApproveAge { pin: Pin, age_limit: Option<u8> },
    RefuseAge { pin: Pin },
}

impl ActionRequest {
    /// The core's action; `pay` makes the one that needs ids.
    pub fn into_action(self, pay: impl FnOnce() -> Action) -> Result<Action, InvalidName> {
        Ok(match self {
            Self::Start => Action::Start,
            Self::Choose { question, product } => {
                Action::Choose { question: TrackId(question), product: ProductId::new(&product)? }
            }
            Self::IgnoreItem { question } => Action::IgnoreItem { question: TrackId(question) },
            Self::AddProduct { product } => Action::AddProduct { product: ProductId::new(&product)? },
            Self::SetQuantity { line, pieces } => Action::SetQuantity { line: LineNumber(line), pieces },
            Self::RemoveLine { line } => Action::RemoveLine { line: LineNumber(line) },
            Self::RestoreItem { track } => Action::RestoreItem { track: TrackId(track) },
            Self::ReopenLine { line } => Action::ReopenLine { line: LineNumber(line) },
            Self::Review => Action::Review,
            Self::Back => Action::Back,
            Self::Pay => pay(),
            Self::CancelPayment => Action::CancelPayment,
            Self::Cancel => Action::Cancel,
            Self::Finish => Action::Finish,
            Self::ExtendTime => Action::ExtendTime,
            Self::CallStaff => Action::CallStaff,
            Self::DismissStaff => Action::DismissStaff,
            Self::ApproveAge { pin: _, age_limit } => Action::ApproveAge { age_limit },
            Self::RefuseAge { pin: _ } => Action::RefuseAge,
        })
    }

    /// The PIN of what only staff may do.
    fn staff_pin(&self) -> Option<&Pin> {
        match self {
            Self::ApproveAge { pin, .. } | Self::RefuseAge { pin } => Some(pin),
            _ => None,
        }
    }

    /// The product ids in it, so that a malformed one is refused before the loop is bothered.
    fn check(&self) -> Result<(), InvalidName> {
        match self {
            Self::Choose { product, .. } | Self::AddProduct { product } => ProductId::new(product).map(drop),
            _ => Ok(()),
        }
    }
}

/// `POST /api/v1/actions`.
pub(super) async fn act(
    State(shared): State<Shared>,
    body: Result<Json<ActionRequest>, JsonRejection>,
) -> Result<Json<Value>, Problem> {
    let Json(request) = body.map_err(|rejection| match rejection.status() {
        StatusCode::PAYLOAD_TOO_LARGE => Problem::new(rejection.status(), "too_large", rejection.body_text()),
        _ => Problem::unprocessable(rejection.body_text()),
    })?;
    request.check().map_err(|error| Problem::unprocessable(error.to_string()))?;
    if let Some(pin) = request.staff_pin() {
        check_staff(&shared, pin.clone()).await?;
    }
    let stopping = || Problem::unavailable("the till is stopping");
    let (reply, answered) = oneshot::channel();
    shared.events.send(Event::Action(request, reply)).await.map_err(|_| stopping())?;
    match answered.await.map_err(|_| stopping())? {
        Ok(revision) => Ok(Json(json!({"revision": revision}))),
        Err(refusal) => Err(refused(&refusal)),
    }
}

/// Comparing takes tens of milliseconds: too long for an async thread.
async fn check_staff(shared: &Shared, pin: Pin) -> Result<(), Problem> {
    let staff_pin = Arc::clone(&shared.staff_pin);
    let checked = tokio::task::spawn_blocking(move || staff_pin.check(&pin)).await;
    let checked =
        checked.map_err(|_| Problem::unavailable("the staff PIN could not be checked: see the log"))?;
    checked.map_err(|refusal| {
        let said = refusal.to_string();
        match refusal {
            PinRefusal::NotSet => Problem::new(StatusCode::CONFLICT, "pin_not_set", said),
            PinRefusal::Wrong { tries_left } => {
                Problem::new(StatusCode::FORBIDDEN, "wrong_pin", said).with("tries_left", tries_left.into())
            }
            PinRefusal::Locked { left } => Problem::new(StatusCode::TOO_MANY_REQUESTS, "pin_locked", said)
                .with(RETRY_AFTER_S, left.as_secs()),
        }
    })
}

fn refused(refusal: &Refusal) -> Problem {
    let status =
        if refusal.names_nothing() { StatusCode::UNPROCESSABLE_ENTITY } else { StatusCode::CONFLICT };
    Problem::new(status, refusal.code(), refusal.to_string())
}
