//! Errors as problem details (RFC 9457) with a stable `code`.

use axum::Json;
use axum::http::{StatusCode, header};
use axum::response::{IntoResponse, Response};
use serde_json::json;

/// A refusal: its status, a stable code for programs and a sentence for people.
#[derive(Debug)]
pub(crate) struct Problem {
    status: StatusCode,
    code: &'static str,
    detail: String,
    /// What it says beyond RFC 9457's own members.
    member: Option<(&'static str, u64)>,
}

/// The member that says when to try again; it is also sent as `Retry-After`.
pub(crate) const RETRY_AFTER_S: &str = "retry_after_s";

impl Problem {
    /// Any problem.
    pub(crate) fn new(status: StatusCode, code: &'static str, detail: impl Into<String>) -> Self {
        Self { status, code, detail: detail.into(), member: None }
    }

    /// The same with a number of its own.
    pub(crate) fn with(self, member: &'static str, value: u64) -> Self {
        Self { member: Some((member, value)), ..self }
    }

    /// The caller is not the kiosk.
    pub(crate) fn forbidden(detail: &str) -> Self {
        Self::new(StatusCode::FORBIDDEN, "forbidden", detail)
    }

    /// There is no such thing.
    pub(crate) fn not_found(detail: impl Into<String>) -> Self {
        Self::new(StatusCode::NOT_FOUND, "not_found", detail)
    }

    /// The request cannot be read or names what is not there.
    pub(crate) fn unprocessable(detail: impl Into<String>) -> Self {
        Self::new(StatusCode::UNPROCESSABLE_ENTITY, "unprocessable", detail)
    }

    /// Too fast.
    pub(crate) fn too_many_requests() -> Self {
        let detail = "too many requests: at most 50 a second; wait a second and try again";
        Self::new(StatusCode::TOO_MANY_REQUESTS, "too_many_requests", detail).with(RETRY_AFTER_S, 1)
    }

    /// A limit on open connections, or the daemon is stopping.
    pub(crate) fn unavailable(detail: &str) -> Self {
        Self::new(StatusCode::SERVICE_UNAVAILABLE, "unavailable", detail)
    }
}

impl IntoResponse for Problem {
    fn into_response(self) -> Response {
        let mut body = json!({
            "type": format!("urn:tillsight:problem:{}", self.code),
            "title": self.status.canonical_reason().unwrap_or("Error"),
            "status": self.status.as_u16(),
            "code": self.code,
            "detail": self.detail,
        });
        if let Some((member, value)) = self.member {
            body[member] = value.into();
        }
        let mut response = (self.status, Json(body)).into_response();
        let headers = response.headers_mut();
        headers.insert(header::CONTENT_TYPE, header::HeaderValue::from_static("application/problem+json"));
        if let Some((RETRY_AFTER_S, seconds)) = self.member {
            headers.insert(header::RETRY_AFTER, seconds.into());
        }
        response
    }
}
