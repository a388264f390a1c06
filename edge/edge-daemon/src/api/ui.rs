//! The kiosk page, embedded where it has been built.

use axum::body::Bytes;
use axum::http::{Method, StatusCode, Uri, header};
use axum::response::{Html, IntoResponse as _, Response};
use rust_embed::Embed;

use super::problem::Problem;

/// What `cargo xtask ui` builds. A build of the daemon does not need Node: without the page there is a notice.
#[derive(Embed)]
#[folder = "../kiosk-ui/dist"]
#[allow_missing = true]
struct Page;

const NOTICE: &str = "<!doctype html><html lang=en><meta charset=utf-8><title>Tillsight</title>\
<h1>The kiosk page is not built into this tillsightd</h1>\
<p>Run <code>cargo xtask ui</code>, then build and start the daemon again. The API under <code>/api/v1</code> works.</p>";

/// Everything that is not the API.
pub(super) async fn serve(method: Method, uri: Uri) -> Response {
    let path = uri.path().trim_start_matches('/');
    if path.starts_with("api/") || path.starts_with("sim/") || path == "metrics" {
        return Problem::not_found(format!("there is no `{method} /{path}`")).into_response();
    }
    if method != Method::GET && method != Method::HEAD {
        let detail = "the page can only be read";
        return Problem::new(StatusCode::METHOD_NOT_ALLOWED, "method_not_allowed", detail).into_response();
    }
    let name = if path.is_empty() { "index.html" } else { path };
    match Page::get(name) {
        Some(file) => {
            // Vite puts a hash of the content into the names under assets/, so those never change.
            let cache = if name.starts_with("assets/") { "max-age=31536000, immutable" } else { "no-cache" };
            let headers = [(header::CONTENT_TYPE, file.metadata.mimetype()), (header::CACHE_CONTROL, cache)];
            (headers, Bytes::from(file.data.into_owned())).into_response()
        }
        None if name == "index.html" => (StatusCode::SERVICE_UNAVAILABLE, Html(NOTICE)).into_response(),
        None => Problem::not_found(format!("there is no `/{path}`")).into_response(),
    }
}
