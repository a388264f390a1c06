//! Calls over HTTP to services outside, most of them of JSON, each bounded in time and in the size of its answer. TLS is rustls with ring and
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
use url::Url;

use crate::sourcing::pages::address::{Inner, Resolver, is_public, literal, resolver};

/// The longest piece of an answer that a message repeats, in letters.
const SHOWN_MAX: usize = 300;

/// Makes calls. Clones share connections.
#[derive(Debug, Clone)]
pub(crate) struct Caller {
    client: Client<HttpsConnector<HttpConnector<Resolver>>, Full<Bytes>>,
    time: Duration,
    answer_max_bytes: usize,
    allow_private: bool,
}

/// What is sent.
#[derive(Debug, Clone)]
pub(crate) struct Content {
    /// Its kind, for example `application/json`.
    pub(crate) kind: String,
    pub(crate) bytes: Bytes,
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
    /// It lies in somebody's inner network.
    #[error("`{0}` is no address of the public internet")]
    NotPublic(String),
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

impl CallError {
    /// Whether the request may have been taken although no answer came.
    pub(crate) fn may_have_arrived(&self) -> bool {
        match self {
            Self::Unreachable { source, .. } => !source
                .downcast_ref::<hyper_util::client::legacy::Error>()
                .is_some_and(hyper_util::client::legacy::Error::is_connect),
            Self::TooSlow { .. } | Self::TooLong { .. } => true,
            Self::NotPublic(_) | Self::Request { .. } => false,
        }
    }
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
    /// One with these limits for each call, to services that whoever runs the cloud has named.
    pub(crate) fn new(time: Duration, answer_max_bytes: usize) -> std::io::Result<Self> {
        Self::to_addresses(time, answer_max_bytes, true)
    }

    /// One for addresses that others have named: unless allowed it reaches nobody's inner network.
    pub(crate) fn to_addresses(
        time: Duration,
        answer_max_bytes: usize,
        allow_private: bool,
    ) -> std::io::Result<Self> {
        let provider = rustls::crypto::ring::default_provider();
        let connector = HttpsConnectorBuilder::new().with_provider_and_native_roots(provider)?;
        let mut http = HttpConnector::new_with_resolver(resolver(allow_private));
        http.enforce_http(false);
        let connector = connector.https_or_http().enable_http1().wrap_connector(http);
        let client = Client::builder(TokioExecutor::new()).build(connector);
        Ok(Self { client, time, answer_max_bytes, allow_private })
    }

    /// Sends JSON, or nothing, and waits for the whole answer. The names and values of `headers` may be secret.
    pub(crate) async fn call(
        &self,
        method: Method,
        url: &str,
        headers: &[(HeaderName, &str)],
        body: Option<&Value>,
    ) -> Result<Called, CallError> {
        let content = body.map(|body| Content {
            kind: "application/json".to_owned(),
            bytes: Bytes::from(body.to_string()),
        });
        self.send(method, url, headers, content).await
    }

    /// Sends a form (`application/x-www-form-urlencoded`), whose text may be secret, and waits for the whole answer.
    pub(crate) async fn post_form(&self, url: &str, form: String) -> Result<Called, CallError> {
        let kind = "application/x-www-form-urlencoded".to_owned();
        self.send(Method::POST, url, &[], Some(Content { kind, bytes: Bytes::from(form) })).await
    }

    /// As [`Caller::call`], with content of any kind.
    pub(crate) async fn send(
        &self,
        method: Method,
        url: &str,
        headers: &[(HeaderName, &str)],
        content: Option<Content>,
    ) -> Result<Called, CallError> {
        let host = host_of(url);
        // A name is looked at when it is resolved; a number never is.
        if !self.allow_private
            && let Some(address) = Url::parse(url).ok().as_ref().and_then(literal)
            && !is_public(address)
        {
            return Err(CallError::NotPublic(address.to_string()));
        }
        let request = request(method, url, headers, content)
            .map_err(|source| CallError::Request { host: host.clone(), source })?;
        let answer = tokio::time::timeout(self.time, self.exchange(request, &host)).await;
        answer.map_err(|_| CallError::TooSlow { host: host.clone(), ms: self.time.as_millis() })?
    }

    async fn exchange(&self, request: Request<Full<Bytes>>, host: &str) -> Result<Called, CallError> {
        let unreachable = |source| CallError::Unreachable { host: host.to_owned(), source };
        let response = self.client.request(request).await.map_err(|error| match inner_network(&error) {
            Some(address) => CallError::NotPublic(address),
            None => unreachable(error.into()),
        })?;
        let (head, body) = response.into_parts();
        let body = Limited::new(body, self.answer_max_bytes).collect().await.map_err(|error| {
            if error.is::<LengthLimitError>() {
                return CallError::TooLong { host: host.to_owned(), max_bytes: self.answer_max_bytes };
            }
            unreachable(error)
        })?;
        Ok(Called { status: head.status, headers: head.headers, body: body.to_bytes() })
    }
}

/// The inner network that a name led into, where that is what went wrong.
fn inner_network(error: &(dyn std::error::Error + 'static)) -> Option<String> {
    let mut causes = std::iter::successors(Some(error), |cause| cause.source());
    causes.find_map(|cause| {
        let io = cause.downcast_ref::<std::io::Error>().and_then(std::io::Error::get_ref)?;
        io.downcast_ref::<Inner>().map(|inner| inner.0.clone())
    })
}

fn request(
    method: Method,
    url: &str,
    headers: &[(HeaderName, &str)],
    content: Option<Content>,
) -> Result<Request<Full<Bytes>>, Box<dyn std::error::Error + Send + Sync>> {
    let mut request = Request::builder().method(method).uri(url).header(ACCEPT, "application/json");
    for (name, value) in headers {
        let mut value = HeaderValue::from_str(value)?;
        value.set_sensitive(true);
        request = request.header(name, value);
    }
    let Some(content) = content else { return Ok(request.body(Full::default())?) };
    Ok(request.header(CONTENT_TYPE, content.kind).body(Full::new(content.bytes))?)
}

/// The address without what may hold a secret.
fn host_of(url: &str) -> String {
    let address = url.parse::<axum::http::Uri>().ok();
    address.and_then(|address| address.host().map(str::to_owned)).unwrap_or_else(|| "?".to_owned())
}
