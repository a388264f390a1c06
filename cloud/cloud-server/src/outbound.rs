//! Calls to services outside: with TLS by rustls and ring as everywhere, a limit of time, and a circuit breaker, so that a
//! service that is down is not asked again at every request while people wait.

use std::sync::{Arc, Mutex, PoisonError};
use std::time::{Duration, Instant};

use async_trait::async_trait;
use http_body_util::BodyExt as _;
use hyper_rustls::{HttpsConnector, HttpsConnectorBuilder};
use hyper_util::client::legacy::Client;
use hyper_util::client::legacy::connect::HttpConnector as Plain;
use hyper_util::rt::TokioExecutor;
use object_store::ClientOptions;
use object_store::client::{
    HttpClient, HttpConnector, HttpError, HttpErrorKind, HttpRequest, HttpRequestBody, HttpResponse,
    HttpResponseBody, HttpService,
};
use thiserror::Error;

/// How long a service may take to begin its answer.
const ANSWER_TIME: Duration = Duration::from_secs(30);
/// Failures in a row that open the circuit.
const FAILURES_MAX: u32 = 5;
/// How long an open circuit refuses before it lets one call try.
const OPEN_FOR: Duration = Duration::from_secs(10);

/// Makes clients for object stores.
#[derive(Debug, Default)]
pub(crate) struct Outbound;

#[derive(Debug)]
struct Service {
    client: Client<HttpsConnector<Plain>, HttpRequestBody>,
    breaker: Arc<Breaker>,
}

/// Lets calls through while they succeed. After several failures in a row it refuses all for a while, and then lets single
/// calls try until one succeeds.
#[derive(Debug, Default)]
pub(crate) struct Breaker {
    state: Mutex<State>,
}

#[derive(Debug, Default)]
struct State {
    failures: u32,
    refuses_until: Option<Instant>,
}

/// The circuit is open.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Error)]
#[error("the service has failed {FAILURES_MAX} times in a row and is left alone for a while")]
pub(crate) struct Open;

/// It took too long.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Error)]
#[error("the service did not answer within {} s", ANSWER_TIME.as_secs())]
struct TooSlow;

impl HttpConnector for Outbound {
    fn connect(&self, _: &ClientOptions) -> object_store::Result<HttpClient> {
        let provider = rustls::crypto::ring::default_provider();
        let connector = HttpsConnectorBuilder::new()
            .with_provider_and_native_roots(provider)
            .map_err(|error| object_store::Error::Generic { store: "S3", source: Box::new(error) })?;
        let connector = connector.https_or_http().enable_http1().build();
        let client = Client::builder(TokioExecutor::new()).build(connector);
        Ok(HttpClient::new(Service { client, breaker: Arc::default() }))
    }
}

#[async_trait]
impl HttpService for Service {
    async fn call(&self, request: HttpRequest) -> Result<HttpResponse, HttpError> {
        self.breaker.admit(Instant::now()).map_err(|open| HttpError::new(HttpErrorKind::Unknown, open))?;
        let answer = tokio::time::timeout(ANSWER_TIME, self.client.request(request)).await;
        let failed = match &answer {
            Ok(Ok(response)) => response.status().is_server_error(),
            Ok(Err(_)) | Err(_) => true,
        };
        self.breaker.note(failed, Instant::now());
        let response =
            answer.map_err(|_| HttpError::new(HttpErrorKind::Timeout, TooSlow))?.map_err(|error| {
                let kind = if error.is_connect() { HttpErrorKind::Connect } else { HttpErrorKind::Request };
                HttpError::new(kind, error)
            })?;
        let broken = |error: hyper::Error| HttpError::new(HttpErrorKind::Interrupted, error);
        Ok(response.map(|body| HttpResponseBody::new(body.map_err(broken))))
    }
}

impl Breaker {
    /// Whether a call may go out now.
    pub(crate) fn admit(&self, now: Instant) -> Result<(), Open> {
        let mut state = self.state.lock().unwrap_or_else(PoisonError::into_inner);
        match state.refuses_until {
            Some(until) if now < until => Err(Open),
            Some(_) => {
                // This one tries; the others wait for what becomes of it.
                state.refuses_until = Some(now + OPEN_FOR);
                Ok(())
            }
            None => Ok(()),
        }
    }

    /// Notes how a call ended.
    pub(crate) fn note(&self, failed: bool, now: Instant) {
        let mut state = self.state.lock().unwrap_or_else(PoisonError::into_inner);
        if !failed {
            *state = State::default();
            return;
        }
        state.failures = state.failures.saturating_add(1);
        if state.failures >= FAILURES_MAX {
            state.refuses_until = Some(now + OPEN_FOR);
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn leaves_a_failing_service_alone_and_tries_one_call_later() {
        let (breaker, start) = (Breaker::default(), Instant::now());
        for _ in 0..FAILURES_MAX {
            assert_eq!(breaker.admit(start), Ok(()));
            breaker.note(true, start);
        }
        assert_eq!(breaker.admit(start), Err(Open));
        let later = start + OPEN_FOR;
        assert_eq!(breaker.admit(later), Ok(()), "one tries");
        assert_eq!(breaker.admit(later), Err(Open), "and the others wait for it");
        breaker.note(true, later);
        assert_eq!(breaker.admit(later), Err(Open));
        assert_eq!(breaker.admit(later + OPEN_FOR), Ok(()));
        breaker.note(false, later + OPEN_FOR);
        assert_eq!(breaker.admit(later + OPEN_FOR), Ok(()));
        assert_eq!(breaker.admit(later + OPEN_FOR), Ok(()), "all go out again");
    }
}
