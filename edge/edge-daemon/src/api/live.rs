//! The state, once or as it changes.

use std::sync::Arc;
use std::time::Duration;

use axum::Json;
use axum::extract::State;
use axum::extract::ws::{Message, WebSocket, WebSocketUpgrade};
use axum::response::{IntoResponse as _, Response};
use serde_json::{Value, json};
use tokio::time::{Instant, interval_at};

use super::Shared;
use super::problem::Problem;

/// A page that does not answer a ping by the next one is gone.
const PING_EVERY: Duration = Duration::from_secs(15);
/// A page that does not take a message in this time is gone.
const SEND_TIME: Duration = Duration::from_secs(10);

/// `GET /api/v1/state`.
pub(super) async fn state(State(shared): State<Shared>) -> Json<Value> {
    Json(shared.board.newest().state())
}

/// `GET /api/v1/live`.
pub(super) async fn live(State(shared): State<Shared>, upgrade: WebSocketUpgrade) -> Response {
    let Ok(slot) = Arc::clone(&shared.live_slots).try_acquire_owned() else {
        return Problem::unavailable("16 pages are connected already: close one").into_response();
    };
    // The page sends nothing but pongs.
    upgrade.max_message_size(1024).on_upgrade(async move |socket| {
        if let Err(error) = follow(socket, &shared).await {
            tracing::debug!(%error, "a live connection ended");
        }
        drop(slot);
    })
}

async fn follow(mut socket: WebSocket, shared: &Shared) -> Result<(), axum::Error> {
    let mut published = shared.board.subscribe();
    let first = published.borrow_and_update().clone();
    let mut known = first.revision;
    send(&mut socket, &json!({"type": "snapshot", "state": first.state()})).await?;
    let mut ping = interval_at(Instant::now() + PING_EVERY, PING_EVERY);
    let mut heard = true;
    loop {
        tokio::select! {
            changed = published.changed() => {
                if changed.is_err() {
                    return Ok(());
                }
                let newest = published.borrow_and_update().clone();
                let changes = newest.changes_after(known);
                let delta = json!({
                    "type": "delta", "previous": known, "revision": newest.revision, "changes": changes,
                });
                known = newest.revision;
                send(&mut socket, &delta).await?;
            }
            message = socket.recv() => match message {
                None | Some(Ok(Message::Close(_))) => return Ok(()),
                Some(Err(error)) => return Err(error),
                Some(Ok(_)) => heard = true,
            },
            _ = ping.tick() => {
                if !std::mem::take(&mut heard) {
                    return Ok(());
                }
                socket.send(Message::Ping(Vec::new().into())).await?;
            }
            () = shared.stopping.cancelled() => {
                return socket.send(Message::Close(None)).await;
            }
        }
    }
}

async fn send(socket: &mut WebSocket, message: &Value) -> Result<(), axum::Error> {
    let text = Message::Text(message.to_string().into());
    tokio::time::timeout(SEND_TIME, socket.send(text)).await.map_err(axum::Error::new)?
}
