//! Bodies, queries and paths as values; whatever is wrong with them is a [`Problem`] that names the place.

use axum::body::Bytes;
use axum::extract::rejection::{BytesRejection, PathRejection};
use axum::extract::{FromRequest, FromRequestParts, Path, Request};
use axum::http::request::Parts;
use axum::http::{HeaderMap, StatusCode, header};
use serde::de::DeserializeOwned;

use super::problem::Problem;

/// A JSON body.
#[derive(Debug)]
pub struct Body<T>(pub T);

/// The query part of the address.
#[derive(Debug)]
pub struct Params<T>(pub T);

/// The parts of the path that stand for something.
#[derive(Debug)]
pub struct Place<T>(pub T);

impl<S: Send + Sync, T: DeserializeOwned> FromRequest<S> for Body<T> {
    type Rejection = Problem;

    async fn from_request(request: Request, state: &S) -> Result<Self, Problem> {
        if !is_json(request.headers()) {
            let detail = "the body must be JSON: send `Content-Type: application/json`";
            return Err(Problem::new(StatusCode::UNSUPPORTED_MEDIA_TYPE, "unsupported_media_type", detail));
        }
        let max_bytes = request.extensions().get::<BodyMax>().map_or(0, |max| max.0);
        let bytes =
            Bytes::from_request(request, state).await.map_err(|error| unreadable(&error, max_bytes))?;
        read_json(&bytes).map(Self)
    }
}

impl<S: Send + Sync, T: DeserializeOwned> FromRequestParts<S> for Params<T> {
    type Rejection = Problem;

    async fn from_request_parts(parts: &mut Parts, _: &S) -> Result<Self, Problem> {
        axum::extract::Query::try_from_uri(&parts.uri)
            .map(|axum::extract::Query(value)| Self(value))
            .map_err(|error| Problem::bad_request(format!("failed to read the query: {}", source_of(&error))))
    }
}

impl<S: Send + Sync, T: DeserializeOwned + Send> FromRequestParts<S> for Place<T> {
    type Rejection = Problem;

    async fn from_request_parts(parts: &mut Parts, state: &S) -> Result<Self, Problem> {
        let found: Result<Path<T>, PathRejection> = Path::from_request_parts(parts, state).await;
        // What is not an id names nothing that exists.
        found.map(|Path(value)| Self(value)).map_err(|error| {
            Problem::not_found(format!("there is nothing at this path: {}", source_of(&error)))
        })
    }
}

/// The size limit that stands over a route, for the message; the limit itself is axum's `DefaultBodyLimit`.
#[derive(Debug, Clone, Copy)]
pub struct BodyMax(pub usize);

/// Reads a value from JSON bytes and names the line, the column and the field that is wrong.
pub fn read_json<T: DeserializeOwned>(bytes: &[u8]) -> Result<T, Problem> {
    serde_json::from_slice(bytes).map_err(|error| {
        let detail = format!("failed to read the body: {error}");
        if error.is_data() { Problem::unprocessable(detail) } else { Problem::bad_request(detail) }
    })
}

/// Why bytes did not arrive.
pub fn unreadable(error: &BytesRejection, max_bytes: usize) -> Problem {
    if error.status() == StatusCode::PAYLOAD_TOO_LARGE {
        Problem::too_large(max_bytes)
    } else {
        Problem::bad_request(format!("failed to receive the body: {error}"))
    }
}

fn is_json(headers: &HeaderMap) -> bool {
    let given = headers.get(header::CONTENT_TYPE).and_then(|value| value.to_str().ok()).unwrap_or_default();
    given.split(';').next().is_some_and(|kind| kind.trim().eq_ignore_ascii_case("application/json"))
}

/// The innermost cause says what is wrong; axum's own words only say which extractor it was.
fn source_of(error: &dyn std::error::Error) -> String {
    let mut inner = error;
    while let Some(source) = inner.source() {
        inner = source;
    }
    inner.to_string()
}
