//! Answers in gzip, for callers who take it.
//!
//! Only what may be kept by its reader is compressed: lists, the page, the description. Everything that is answered with
//! `Cache-Control: no-store` stays as it is, and that is all that can hold a secret (sessions with their CSRF token, passwords
//! and tokens that were made, claim codes): the length of a compressed answer tells what is in it to whoever can put text of
//! their own beside it and see the answer pass (BREACH).

use axum::extract::Request;
use axum::http::{HeaderMap, HeaderValue, header};
use axum::middleware::Next;
use axum::response::Response;
use tower_http::compression::CompressionLayer;
use tower_http::compression::predicate::{Predicate, SizeAbove};

/// Smaller answers fit into one packet anyway.
const LEAST_BYTES: u16 = 1024;

/// What is worth compressing.
#[derive(Debug, Clone, Copy)]
pub(super) struct Worthwhile;

impl Predicate for Worthwhile {
    fn should_compress<B: axum::body::HttpBody>(&self, response: &axum::http::Response<B>) -> bool {
        let header = |name| response.headers().get(name).and_then(|value| value.to_str().ok());
        let kept = header(header::CACHE_CONTROL).is_some_and(|rules| !rules.contains("no-store"));
        let text = header(header::CONTENT_TYPE).is_some_and(is_text);
        kept && text && SizeAbove::new(LEAST_BYTES.into()).should_compress(response)
    }
}

/// Compresses; stands within [`negotiate`].
pub(super) fn layer() -> CompressionLayer<Worthwhile> {
    CompressionLayer::new().gzip(true).compress_when(Worthwhile)
}

/// Reduces what a caller takes to `gzip` or nothing: tower-http would otherwise replace the status of an answer, after it
/// was done what was asked, where a caller takes no encoding that there is. Weakens the tag of what was compressed, since its
/// bytes are others (RFC 9110, 8.8.1).
pub(super) async fn negotiate(mut request: Request, next: Next) -> Response {
    let takes_gzip = takes_gzip(request.headers());
    request.headers_mut().remove(header::ACCEPT_ENCODING);
    if takes_gzip {
        request.headers_mut().insert(header::ACCEPT_ENCODING, HeaderValue::from_static("gzip"));
    }
    let mut response = next.run(request).await;
    let headers = response.headers_mut();
    if headers.contains_key(header::CONTENT_ENCODING)
        && let Some(tag) = headers.get(header::ETAG).and_then(|tag| tag.to_str().ok())
        && let Ok(weak) = HeaderValue::from_str(&format!("W/{}", tag.trim_start_matches("W/")))
    {
        headers.insert(header::ETAG, weak);
    }
    response
}

/// RFC 9110, 12.5.3: named with a weight other than 0.
fn takes_gzip(headers: &HeaderMap) -> bool {
    let named = headers.get_all(header::ACCEPT_ENCODING).iter().filter_map(|value| value.to_str().ok());
    named.flat_map(|list| list.split(',')).any(|one| {
        let mut parts = one.split(';').map(str::trim);
        let gzip = parts.next().is_some_and(|name| name.eq_ignore_ascii_case("gzip"));
        let weight = parts.find_map(|part| part.strip_prefix("q=").or_else(|| part.strip_prefix("Q=")));
        gzip && weight.is_none_or(|weight| weight.parse().is_ok_and(|weight: f32| weight > 0.0))
    })
}

/// Pictures and fonts are compressed already.
fn is_text(kind: &str) -> bool {
    let kind = kind.split(';').next().unwrap_or_default().trim();
    let texts = ["application/json", "text/html", "text/css", "text/javascript", "application/javascript"];
    texts.contains(&kind) || kind == "image/svg+xml"
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn takes_gzip_only_from_whom_it_is_named_to() {
        for (list, takes) in [
            ("gzip", true),
            ("br, GZIP ; q=0.5", true),
            ("deflate, gzip;q=1.0, *;q=0.5", true),
            ("gzip;q=0", false),
            ("gzip;q=0.000, br", false),
            ("gzip;q=much", false),
            ("identity;q=0", false),
            ("*;q=0", false),
            ("", false),
        ] {
            let mut headers = HeaderMap::new();
            headers.insert(header::ACCEPT_ENCODING, HeaderValue::from_str(list).unwrap());
            assert_eq!(takes_gzip(&headers), takes, "{list}");
        }
        assert!(!takes_gzip(&HeaderMap::new()));
    }
}
