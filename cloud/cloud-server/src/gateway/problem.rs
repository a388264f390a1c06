//! Errors as problem details (RFC 9457) with a stable `code`.

use axum::Json;
use axum::http::{HeaderValue, StatusCode, header};
use axum::response::{IntoResponse, Response};
use cloud_store::StoreError;
use serde::Serialize;
use serde_json::{Map, Value};

/// A refusal: its status, a stable code for programs and a sentence for people.
#[derive(Debug)]
pub struct Problem {
    status: StatusCode,
    code: &'static str,
    detail: String,
    /// What it says beyond RFC 9457's own members.
    members: Map<String, Value>,
    retry_after_s: Option<u64>,
}

/// What a problem looks like, for the description of the API.
#[derive(Debug, Serialize, utoipa::ToSchema)]
#[schema(as = Problem)]
#[allow(dead_code, reason = "only its shape is used")]
pub struct ProblemBody {
    /// `urn:tillsight:problem:` and the code.
    r#type: String,
    /// The status in words.
    title: String,
    /// The HTTP status.
    status: u16,
    /// A stable word for programs.
    code: String,
    /// What was tried and the way out, for people.
    detail: String,
}

impl Problem {
    /// Any problem.
    pub fn new(status: StatusCode, code: &'static str, detail: impl Into<String>) -> Self {
        Self { status, code, detail: detail.into(), members: Map::new(), retry_after_s: None }
    }

    /// The same with a member of its own.
    #[must_use]
    pub fn with(mut self, member: &str, value: impl Into<Value>) -> Self {
        self.members.insert(member.to_owned(), value.into());
        self
    }

    /// The same with the time to wait, in the body and as `Retry-After`.
    #[must_use]
    pub fn retry_after_s(mut self, seconds: u64) -> Self {
        self.retry_after_s = Some(seconds);
        self.with("retry_after_s", seconds)
    }

    /// What is wrong, in words.
    pub fn detail(&self) -> &str {
        &self.detail
    }

    /// Its status.
    pub fn status(&self) -> StatusCode {
        self.status
    }

    /// The request cannot be read at all.
    pub fn bad_request(detail: impl Into<String>) -> Self {
        Self::new(StatusCode::BAD_REQUEST, "bad_request", detail)
    }

    /// Nobody is signed in.
    pub fn unauthenticated(detail: impl Into<String>) -> Self {
        Self::new(StatusCode::UNAUTHORIZED, "unauthenticated", detail)
    }

    /// Whoever is signed in may not do this.
    pub fn forbidden(detail: impl Into<String>) -> Self {
        Self::new(StatusCode::FORBIDDEN, "forbidden", detail)
    }

    /// There is no such thing, or not for this caller, who is not told which.
    pub fn not_found(detail: impl Into<String>) -> Self {
        Self::new(StatusCode::NOT_FOUND, "not_found", detail)
    }

    /// It would contradict what is there.
    pub fn conflict(code: &'static str, detail: impl Into<String>) -> Self {
        Self::new(StatusCode::CONFLICT, code, detail)
    }

    /// The request can be read, but what it says cannot be.
    pub fn unprocessable(detail: impl Into<String>) -> Self {
        Self::new(StatusCode::UNPROCESSABLE_ENTITY, "unprocessable", detail)
    }

    /// More bytes than are taken.
    pub fn too_large(max_bytes: usize) -> Self {
        let detail = format!("the body is larger than the {max_bytes} bytes allowed: send less at once");
        Self::new(StatusCode::PAYLOAD_TOO_LARGE, "too_large", detail).with("max_bytes", max_bytes)
    }

    /// Too often.
    pub fn too_many_requests(whose: &str, seconds: u64) -> Self {
        let detail = format!("too many requests of this {whose}: wait {seconds} s and try again");
        Self::new(StatusCode::TOO_MANY_REQUESTS, "too_many_requests", detail).retry_after_s(seconds)
    }

    /// A part that the request needs does not work now.
    pub fn unavailable(detail: impl Into<String>) -> Self {
        Self::new(StatusCode::SERVICE_UNAVAILABLE, "unavailable", detail).retry_after_s(5)
    }

    /// Our fault. The causes go to the log, where the request's id finds them, and not to the caller.
    pub fn internal(error: impl Into<anyhow::Error>) -> Self {
        let error = error.into();
        tracing::error!(error = format!("{error:#}"), "a request failed: {error:#}");
        let detail = "the cloud failed to answer; its log says why under this answer's `X-Request-Id`";
        Self::new(StatusCode::INTERNAL_SERVER_ERROR, "internal", detail)
    }
}

impl IntoResponse for Problem {
    fn into_response(self) -> Response {
        let mut body = self.members;
        body.insert("type".into(), format!("urn:tillsight:problem:{}", self.code).into());
        body.insert("title".into(), self.status.canonical_reason().unwrap_or("Error").into());
        body.insert("status".into(), self.status.as_u16().into());
        body.insert("code".into(), self.code.into());
        body.insert("detail".into(), self.detail.into());
        let mut response = (self.status, Json(body)).into_response();
        let headers = response.headers_mut();
        headers.insert(header::CONTENT_TYPE, HeaderValue::from_static("application/problem+json"));
        if let Some(seconds) = self.retry_after_s {
            headers.insert(header::RETRY_AFTER, seconds.into());
        }
        if self.status == StatusCode::UNAUTHORIZED {
            // RFC 9110, 15.5.2: a 401 names a way to authenticate.
            headers.insert(header::WWW_AUTHENTICATE, HeaderValue::from_static("Bearer realm=\"tillsight\""));
        }
        response
    }
}

impl From<StoreError> for Problem {
    /// What the store says is meant for people; what the engine below it says is for the log.
    fn from(error: StoreError) -> Self {
        match error {
            StoreError::NotFound { .. } => Self::not_found(error.to_string()),
            StoreError::Conflict { .. } => Self::conflict("conflict", error.to_string()),
            StoreError::Claim(_) => Self::conflict("claim_refused", error.to_string()),
            StoreError::Invalid { .. } => Self::unprocessable(error.to_string()),
            StoreError::Busy { retry_after_ms, .. } => {
                let detail = "the database has more to do than it can: try again later";
                Self::unavailable(detail).retry_after_s(retry_after_ms.div_ceil(1000))
            }
            error if error.is_retryable() => {
                tracing::error!(error = chain(&error), "{error}");
                Self::unavailable("the database does not answer now: try again later")
            }
            error => Self::internal(error),
        }
    }
}

/// An error with its causes, as one line.
fn chain(error: &dyn std::error::Error) -> String {
    let causes = std::iter::successors(error.source(), |cause| cause.source());
    causes.fold(error.to_string(), |line, cause| format!("{line}: {cause}"))
}
