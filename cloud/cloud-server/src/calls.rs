//! Calls of JSON over HTTP to services outside, each bounded in time and in the size of its answer. TLS is rustls with ring and
//! the machine's authorities, as everywhere.

use std::time::Duration;

use axum::http::header::{ACCEPT, CONTENT_TYPE, RETRY_AFTER};
use axum::http::{HeaderMap, HeaderName, HeaderValue, Method, Request, StatusCode};
use bytes::Bytes;
use http_body_util::{BodyExt as _, Full, LengthLimitError, Limited};
use hyper_rustls::{HttpsConnector, HttpsConnectorBuilder};
use hyper_util::client::legacy::Client;
use hyper_util::client::legacy::connect::HttpConnector;
use hyper_util::rt::TokioExecutor;
use serde_json::Value;
use thiserror::Error;

/// The longest piece of an answer that a message repeats, in letters.
const SHOWN_MAX: usize = 300;

/// Makes calls. Clones share connections.
#[derive(Debug, Clone)]
pub(crate) struct Caller {
    client: Client<HttpsConnector<HttpConnector>, Full<Bytes>>,
    time: Duration,
    answer_max_bytes: usize,
}

/// Why a call brought nothing.
#[derive(Debug, Error)]
pub(crate) enum CallError {
    /// It did not get there, or what came back broke off.
    #[error("`{host}` cannot be reached")]
    Unreachable {
        /// The service.
        host: String,
        /// Why.
        #[source]
        source: Box<dyn std::error::Error + Send + Sync>,
    },
    /// It took too long.
    #[error("`{host}` did not answer within {ms} ms")]
    TooSlow {
        /// The service.
        host: String,
        /// The limit.
        ms: u128,
    },
    /// It says more than is read.
    #[error("the answer of `{host}` has more than {max_bytes} bytes")]
    TooLong {
        /// The service.
        host: String,
        /// The limit.
        max_bytes: usize,
    },
    /// It is told what it cannot be told.
    #[error("the request to `{host}` cannot be made")]
    Request {
        /// The service.
        host: String,
        /// Why.
        #[source]
        source: Box<dyn std::error::Error + Send + Sync>,
    },
}

/// What came back.
#[derive(Debug)]
pub(crate) struct Called {
    pub(crate) status: StatusCode,
    headers: HeaderMap,
    pub(crate) body: Bytes,
}

impl Called {
    /// How long to wait, where the service says so in seconds (RFC 9110, 10.2.3).
    pub(crate) fn retry_after(&self) -> Option<Duration> {
        let text = self.headers.get(RETRY_AFTER)?.to_str().ok()?;
        text.trim().parse().ok().map(Duration::from_secs)
    }

    /// The beginning of what it says, for messages.
    pub(crate) fn shown(&self) -> String {
        String::from_utf8_lossy(&self.body).chars().take(SHOWN_MAX).collect()
    }
}

impl Caller {
    /// One with these limits for each call.
    pub(crate) fn new(time: Duration, answer_max_bytes: usize) -> std::io::Result<Self> {
        let provider = rustls::crypto::ring::default_provider();
        let connector = HttpsConnectorBuilder::new().with_provider_and_native_roots(provider)?;
        let connector = connector.https_or_http().enable_http1().build();
        let client = Client::builder(TokioExecutor::new()).build(connector);
        Ok(Self { client, time, answer_max_bytes })
    }

    /// Sends JSON, or nothing, and waits for the whole answer. The names and values of `headers` may be secret.
    pub(crate) async fn call(
        &self,
        method: Method,
        url: &str,
        headers: &[(HeaderName, &str)],
        body: Option<&Value>,
    ) -> Result<Called, CallError> {
        let made = request(method, url, headers, body);
        self.send(url, made).await
    }

    /// Sends a form (`application/x-www-form-urlencoded`), whose text may be secret, and waits for the whole answer.
    pub(crate) async fn post_form(&self, url: &str, form: String) -> Result<Called, CallError> {
        let request = Request::post(url).header(ACCEPT, "application/json");
        let request = request.header(CONTENT_TYPE, "application/x-www-form-urlencoded");
        self.send(url, request.body(Full::new(form.into())).map_err(Into::into)).await
    }

    async fn send(
        &self,
        url: &str,
        request: Result<Request<Full<Bytes>>, Box<dyn std::error::Error + Send + Sync>>,
    ) -> Result<Called, CallError> {
        let host = host_of(url);
        let request = request.map_err(|source| CallError::Request { host: host.clone(), source })?;
        let call = async {
            let unreachable = |source: Box<dyn std::error::Error + Send + Sync>| CallError::Unreachable {
                host: host.clone(),
                source,
            };
            let response = self.client.request(request).await.map_err(|error| unreachable(error.into()))?;
            let (head, body) = response.into_parts();
            let body = Limited::new(body, self.answer_max_bytes).collect().await.map_err(|error| {
                if error.is::<LengthLimitError>() {
                    return CallError::TooLong { host: host.clone(), max_bytes: self.answer_max_bytes };
                }
                unreachable(error)
            })?;
            Ok(Called { status: head.status, headers: head.headers, body: body.to_bytes() })
        };
        let answer = tokio::time::timeout(self.time, call).await;
        answer.map_err(|_| CallError::TooSlow { host: host.clone(), ms: self.time.as_millis() })?
    }
}

fn request(
    method: Method,
    url: &str,
    headers: &[(HeaderName, &str)],
    body: Option<&Value>,
) -> Result<Request<Full<Bytes>>, Box<dyn std::error::Error + Send + Sync>> {
    let mut request = Request::builder().method(method).uri(url).header(ACCEPT, "application/json");
    for (name, value) in headers {
        let mut value = HeaderValue::from_str(value)?;
        value.set_sensitive(true);
        request = request.header(name, value);
    }
    let Some(body) = body else { return Ok(request.body(Full::default())?) };
    let body = Bytes::from(serde_json::to_vec(body)?);
    Ok(request.header(CONTENT_TYPE, "application/json").body(Full::new(body))?)
}

/// The address without what may hold a secret.
fn host_of(url: &str) -> String {
    let address = url.parse::<axum::http::Uri>().ok();
    address.and_then(|address| address.host().map(str::to_owned)).unwrap_or_else(|| "?".to_owned())
}
