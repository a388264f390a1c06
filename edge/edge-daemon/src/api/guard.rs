//! Who may call: this machine's own kiosk page and tools, at a bearable rate.
//!
//! Loopback is not enough of a fence: any web page the kiosk browser is led to could post to it, and a name that
//! resolves to 127.0.0.1 could read from it (DNS rebinding). So the `Host` must be a loopback name and an `Origin`,
//! where a browser sends one, must be the page's own.

use std::net::IpAddr;
use std::sync::Mutex;
use std::time::Instant;

use axum::extract::{Request, State};
use axum::http::{HeaderMap, header};
use axum::middleware::Next;
use axum::response::{IntoResponse as _, Response};

use super::Shared;
use super::problem::Problem;

/// Requests a second that one till's clients may send together.
const REQUESTS_PER_SECOND: f64 = 50.0;
/// How many may come at once after a pause.
const BURST: f64 = 100.0;

/// Refuses strangers.
pub(super) async fn check_names(request: Request, next: Next) -> Response {
    match names_are_own(request.headers()) {
        Ok(()) => next.run(request).await,
        Err(problem) => problem.into_response(),
    }
}

/// Refuses floods.
pub(super) async fn limit_rate(State(shared): State<Shared>, request: Request, next: Next) -> Response {
    if shared.bucket.take(Instant::now()) {
        next.run(request).await
    } else {
        Problem::too_many_requests().into_response()
    }
}

fn names_are_own(headers: &HeaderMap) -> Result<(), Problem> {
    let text = |name| headers.get(name).and_then(|value| value.to_str().ok());
    let Some(host) = text(header::HOST) else {
        return Err(Problem::forbidden("the request names no host"));
    };
    if !is_loopback(host) {
        return Err(Problem::forbidden("the kiosk API answers to loopback names only"));
    }
    match text(header::ORIGIN) {
        Some(origin) if origin.strip_prefix("http://") != Some(host) => {
            Err(Problem::forbidden("the kiosk API answers to its own page only"))
        }
        _ => Ok(()),
    }
}

fn is_loopback(host: &str) -> bool {
    let name = match host.rsplit_once(':') {
        Some((name, port)) if port.bytes().all(|b| b.is_ascii_digit()) => name,
        _ => host,
    };
    let name = name.trim_start_matches('[').trim_end_matches(']');
    name == "localhost" || name.parse::<IpAddr>().is_ok_and(|ip| ip.is_loopback())
}

/// A token bucket over all clients: they share one machine.
pub(super) struct Bucket {
    state: Mutex<(f64, Option<Instant>)>,
}

impl Default for Bucket {
    fn default() -> Self {
        Self { state: Mutex::new((BURST, None)) }
    }
}

impl Bucket {
    /// Takes one token if there is one.
    pub(super) fn take(&self, now: Instant) -> bool {
        let mut state = self.state.lock().unwrap_or_else(std::sync::PoisonError::into_inner);
        let (tokens, last) = *state;
        let elapsed = last.map_or(0.0, |last| now.saturating_duration_since(last).as_secs_f64());
        let tokens = (tokens + elapsed * REQUESTS_PER_SECOND).min(BURST);
        let granted = tokens >= 1.0;
        *state = (if granted { tokens - 1.0 } else { tokens }, Some(now));
        granted
    }
}

#[cfg(test)]
mod tests {
    use std::time::Duration;

    use super::*;

    fn check(host: &str, origin: Option<&str>) -> bool {
        let mut headers = HeaderMap::new();
        headers.insert(header::HOST, host.parse().unwrap());
        if let Some(origin) = origin {
            headers.insert(header::ORIGIN, origin.parse().unwrap());
        }
        names_are_own(&headers).is_ok()
    }

    #[test]
    fn admits_loopback_names_and_the_own_page_only() {
        assert!(check("127.0.0.1:8420", None));
        assert!(check("localhost:8420", Some("http://localhost:8420")));
        assert!(check("[::1]:8420", None));
        assert!(!check("till.example:8420", None), "a rebound name");
        assert!(!check("127.0.0.1:8420", Some("http://evil.example")));
        assert!(!check("127.0.0.1:8420", Some("http://127.0.0.1:9999")), "another page on this machine");
        assert!(!check("127.0.0.1:8420", Some("null")), "a sandboxed frame");
        assert!(names_are_own(&HeaderMap::new()).is_err());
    }

    #[test]
    fn refuses_a_flood_and_recovers() {
        let bucket = Bucket::default();
        let start = Instant::now();
        let granted = (0..1000).filter(|_| bucket.take(start)).count();
        assert_eq!(granted, BURST as usize);
        assert!(bucket.take(start + Duration::from_millis(100)));
    }
}
