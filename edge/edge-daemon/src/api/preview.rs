//! The picture of the tray, still or moving. Nothing of it is stored.

use std::sync::Arc;
use std::time::Duration;

use axum::body::{Body, Bytes};
use axum::extract::State;
use axum::http::header;
use axum::response::{IntoResponse as _, Response};
use futures_util::stream;

use super::Shared;
use super::problem::Problem;

/// Ten pictures a second.
const EVERY: Duration = Duration::from_millis(100);
const BOUNDARY: &str = "frame";

/// `GET /api/v1/preview.jpg`.
pub(super) async fn still(State(shared): State<Shared>) -> Response {
    match newest(&shared).await {
        Some((_, jpeg)) => {
            let headers = [(header::CONTENT_TYPE, "image/jpeg"), (header::CACHE_CONTROL, "no-store")];
            (headers, Bytes::from_owner(jpeg)).into_response()
        }
        None => Problem::unavailable("the camera gives no picture now").into_response(),
    }
}

/// `GET /api/v1/preview.mjpeg`.
pub(super) async fn stream(State(shared): State<Shared>) -> Response {
    let Ok(slot) = Arc::clone(&shared.preview_slots).try_acquire_owned() else {
        return Problem::unavailable("4 previews are open already: close one").into_response();
    };
    let parts = stream::unfold((shared, slot, 0_u64), async |(shared, slot, last)| {
        loop {
            shared.stopping.run_until_cancelled(tokio::time::sleep(EVERY)).await?;
            if let Some((number, jpeg)) = newest(&shared).await.filter(|(number, _)| *number != last) {
                let part = Ok::<_, std::convert::Infallible>(part(&jpeg));
                return Some((part, (shared, slot, number)));
            }
        }
    });
    let kind = format!("multipart/x-mixed-replace; boundary={BOUNDARY}");
    let headers = [(header::CONTENT_TYPE, kind.as_str()), (header::CACHE_CONTROL, "no-store")];
    (headers, Body::from_stream(parts)).into_response()
}

fn part(jpeg: &[u8]) -> Bytes {
    let head = format!("--{BOUNDARY}\r\nContent-Type: image/jpeg\r\nContent-Length: {}\r\n\r\n", jpeg.len());
    let mut part = Vec::with_capacity(head.len() + jpeg.len() + 2);
    part.extend_from_slice(head.as_bytes());
    part.extend_from_slice(jpeg);
    part.extend_from_slice(b"\r\n");
    part.into()
}

async fn newest(shared: &Shared) -> Option<(u64, Arc<[u8]>)> {
    let shared = Arc::clone(shared);
    // Encoding takes milliseconds: too long for an async thread.
    tokio::task::spawn_blocking(move || shared.preview.newest()).await.ok().flatten()
}
