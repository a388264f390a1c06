//! What tills are told to do, and what became of it.

use axum::extract::State;
use axum::http::{HeaderMap, StatusCode};
use axum::response::Response;
use cloud_store::{Command, NewCommand};
use domain::ids::CommandId;
use domain::time::WallMs;
use serde::{Deserialize, Serialize};
use utoipa::ToSchema;
use uuid::Uuid;
use wire::topics::Operation;

use super::answer::{created, ms, tagged};
use crate::auth::Who;
use crate::config::BrokerKind;
use crate::gateway::{Body, Place, Problem, Shared};
use crate::roles::now;

/// What a till can be told to do.
#[derive(Debug, Clone, Copy, Deserialize, ToSchema)]
#[serde(rename_all = "snake_case")]
pub(crate) enum Op {
    /// Say at once how it is doing.
    Report,
    /// Look for a newer catalogue now.
    PullCatalogue,
    /// End the connection over which sales travel and make another.
    Reconnect,
}

/// A new command.
#[derive(Debug, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub(crate) struct NewCommandForm {
    /// What to do.
    op: Op,
}

/// A command and what became of it.
#[derive(Debug, Serialize, ToSchema)]
pub(crate) struct CommandShown {
    /// Its id.
    id: String,
    /// What to do.
    op: String,
    /// How far it is: `init`, `executing`, `successful` or `failed`.
    state: String,
    /// What came of it, in words.
    detail: String,
    /// Who asked.
    made_by: String,
    /// Milliseconds since 1970.
    made_at_ms: i64,
    /// After this time the till does not begin with it.
    expires_at_ms: i64,
    /// Since when it is that far.
    changed_at_ms: i64,
}

/// Tells a till to do something. It does so when it is connected, and within a few minutes or not at all.
#[utoipa::path(
    post,
    path = "/api/v1/stores/{store}/tills/{till}/commands",
    tag = "tills",
    params(("store" = String, Path, description = "The store's id"), ("till" = String, Path, description = "The till's id")),
    request_body = NewCommandForm,
    responses((status = 201, body = CommandShown))
)]
pub(crate) async fn create(
    State(shared): State<Shared>,
    who: Who,
    Place((store, till)): Place<(String, String)>,
    Body(form): Body<NewCommandForm>,
) -> Result<Response, Problem> {
    let till = who.till(&store, &till)?;
    shared.store.till(&till).await?;
    let mqtt = &shared.config.mqtt;
    if mqtt.kind == BrokerKind::Off {
        let detail =
            "tills cannot be told anything while `mqtt.kind` is \"off\" in the cloud's configuration";
        return Err(Problem::new(StatusCode::CONFLICT, "mqtt_off", detail));
    }
    let (now, operation) = (now(), Operation::from(form.op));
    let command = NewCommand {
        id: CommandId(Uuid::now_v7()),
        till: till.clone(),
        operation: operation.to_string(),
        made_by: who.actor.clone(),
        expires_at: WallMs(now.0 + i64::from(mqtt.command_minutes) * 60_000),
    };
    let subject = format!("till:{}/{}", till.store, till.till);
    let audited = shared.audited(&who, "till.command", &subject, operation.as_str())?;
    audited.create_command(&command, now).await?;
    shared.mqtt.commanded.notify_one();
    let place = format!("/api/v1/stores/{}/tills/{}/commands/{}", till.store, till.till, command.id);
    created(&place, shown(shared.store.command(&till, command.id).await?))
}

/// How far a command is.
#[utoipa::path(
    get,
    path = "/api/v1/stores/{store}/tills/{till}/commands/{command}",
    tag = "tills",
    params(("store" = String, Path, description = "The store's id"), ("till" = String, Path, description = "The till's id"), ("command" = String, Path, description = "The command's id")),
    responses((status = 200, body = CommandShown))
)]
pub(crate) async fn get(
    State(shared): State<Shared>,
    who: Who,
    Place((store, till, command)): Place<(String, String, String)>,
    headers: HeaderMap,
) -> Result<Response, Problem> {
    let till = who.till(&store, &till)?;
    shared.store.till(&till).await?;
    let missing = |_| Problem::not_found("there is no such command");
    let id = CommandId(Uuid::parse_str(&command).map_err(missing)?);
    tagged(&headers, &shown(shared.store.command(&till, id).await?))
}

impl From<Op> for Operation {
    fn from(op: Op) -> Self {
        match op {
            Op::Report => Self::Report,
            Op::PullCatalogue => Self::PullCatalogue,
            Op::Reconnect => Self::Reconnect,
        }
    }
}

fn shown(command: Command) -> CommandShown {
    CommandShown {
        id: command.asked.id.to_string(),
        op: command.asked.operation,
        state: command.state.as_str().to_owned(),
        detail: command.detail,
        made_by: command.asked.made_by.to_string(),
        made_at_ms: ms(command.made_at),
        expires_at_ms: ms(command.asked.expires_at),
        changed_at_ms: ms(command.changed_at),
    }
}
