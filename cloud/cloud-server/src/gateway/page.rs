//! The dashboard's page, embedded where it has been built.

use axum::body::Bytes;
use axum::http::{Method, StatusCode, Uri, header};
use axum::response::{Html, IntoResponse as _, Response};
use rust_embed::Embed;

/// What `cargo xtask ui` builds. A build of the cloud does not need Node: without the page there is a notice.
#[derive(Embed)]
#[folder = "../dashboard/dist"]
#[allow_missing = true]
struct Page;

/// Nothing foreign, nothing inline, and nobody frames it. Forms are sent by the page's script, so none leads anywhere.
const PAGE_POLICY: &str = "default-src 'none'; script-src 'self'; style-src 'self'; img-src 'self'; font-src 'self'; \
     connect-src 'self'; base-uri 'none'; form-action 'none'; frame-ancestors 'none'";

const NOTICE: &str = "<!doctype html><html lang=en><meta charset=utf-8><title>Tillsight</title>\
<h1>The dashboard is not built into this tillsight-cloud</h1>\
<p>Run <code>cargo xtask ui</code>, then build and start the cloud again. The API under <code>/api/v1</code> works.</p>";

/// A file of the page; `None` for what is no part of it and is the API's to refuse.
pub(super) fn serve(method: &Method, uri: &Uri) -> Option<Response> {
    if method != Method::GET && method != Method::HEAD {
        return None;
    }
    let name = match uri.path().trim_start_matches('/') {
        "" => "index.html",
        name => name,
    };
    let policy = (header::CONTENT_SECURITY_POLICY, PAGE_POLICY);
    match Page::get(name) {
        Some(file) => {
            // Vite puts a hash of the content into the names under assets/, so those never change.
            let cache = if name.starts_with("assets/") { "max-age=31536000, immutable" } else { "no-cache" };
            let headers =
                [(header::CONTENT_TYPE, file.metadata.mimetype()), (header::CACHE_CONTROL, cache), policy];
            Some((headers, Bytes::from(file.data.into_owned())).into_response())
        }
        None if name == "index.html" => {
            Some((StatusCode::SERVICE_UNAVAILABLE, [policy], Html(NOTICE)).into_response())
        }
        None => None,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn leaves_what_is_no_file_of_the_page_to_the_api() {
        let served = |method: &Method, path: &str| serve(method, &path.parse().unwrap()).is_some();
        assert!(served(&Method::GET, "/") && served(&Method::HEAD, "/"));
        assert!(!served(&Method::POST, "/"));
        for path in
            ["/api/v1/nothing", "/nowhere", "/../Cargo.toml", "/assets/", "/assets/../../package.json"]
        {
            assert!(!served(&Method::GET, path), "{path}");
        }
    }
}
