//! Answers that are asked for again and again and cost the database much: served from [`crate::cache`] while nothing has
//! changed, to those alone who would be answered the same.

use axum::body::{Bytes, to_bytes};
use axum::extract::{MatchedPath, Request, State};
use axum::http::{HeaderMap, Method, StatusCode, header};
use axum::middleware::Next;
use axum::response::{IntoResponse as _, Response};
use data_encoding::HEXLOWER;
use sha2::{Digest as _, Sha256};

use super::{Problem, Shared};
use crate::auth::Who;
use crate::cache::{Landed, Turn};
use crate::rest::answer::tagged_bytes;

/// What gains: lists and sums that many look at, and single products, which shops' software asks for by the thousand. Tills,
/// journals and newest sales are left out: who looks at them waits for what comes next.
const ROUTES: [&str; 5] = [
    "/api/v1/products",
    "/api/v1/products/{product}",
    "/api/v1/categories",
    "/api/v1/families",
    "/api/v1/stores/{store}/sales/sums",
];
/// The largest answer that is kept: 500 products take less.
const ANSWER_MAX_BYTES: usize = 512 * 1024;

/// Answers from what is kept, and notes changes. Stands behind [`crate::auth::admit`]: nobody gets a kept answer who would
/// not have been let through to its handler.
pub(super) async fn serve(State(shared): State<Shared>, request: Request, next: Next) -> Response {
    let Some(who) = request.extensions().get::<Who>().cloned() else { return next.run(request).await };
    if !request.method().is_safe() {
        let response = next.run(request).await;
        // A refusal may have changed something before it was one.
        shared.cache.raise(who.org.as_str()).await;
        return response;
    }
    if request.method() != Method::GET || !is_kept(&request) || !shared.cache.keeps() {
        return next.run(request).await;
    }
    match answer(&shared, &who, request, next).await {
        Ok(response) => response,
        Err(problem) => problem.into_response(),
    }
}

async fn answer(shared: &Shared, who: &Who, mut request: Request, next: Next) -> Result<Response, Problem> {
    let (subject, key) = (who.org.as_str(), key(who, &request));
    let known = request.headers_mut().remove(header::IF_NONE_MATCH);
    let mut asked = HeaderMap::new();
    asked.extend(known.map(|tag| (header::IF_NONE_MATCH, tag)));
    let read = shared.cache.read(subject, &key).await;
    if let Some(bytes) = &read.value {
        count("kept");
        return tagged_bytes(&asked, bytes.clone());
    }
    let lead = match shared.cache.turn(&key, &read).await {
        Turn::Lead(lead) => lead,
        Turn::Landed(Landed::Made(bytes)) => {
            count("waited");
            return tagged_bytes(&asked, bytes);
        }
        Turn::Landed(Landed::Alone) => {
            count("made");
            return Ok(next.run(request).await);
        }
    };
    // It may have been made between looking for it and one's turn.
    let read = shared.cache.read(subject, &key).await;
    if let Some(bytes) = &read.value {
        count("kept");
        lead.land(Landed::Made(bytes.clone()));
        return tagged_bytes(&asked, bytes.clone());
    }
    count("made");
    let response = next.run(request).await;
    if response.status() != StatusCode::OK {
        // Our own fault may be over when the next one tries; a refusal is everybody's own.
        if !response.status().is_server_error() {
            lead.land(Landed::Alone);
        }
        return Ok(response);
    }
    let bytes: Bytes = to_bytes(response.into_body(), usize::MAX).await.map_err(Problem::internal)?;
    if bytes.len() <= ANSWER_MAX_BYTES {
        shared.cache.keep(&key, &read, bytes.clone()).await;
    }
    // Those who wait asked the same before it was read.
    lead.land(Landed::Made(bytes.clone()));
    tagged_bytes(&asked, bytes)
}

/// What became of a request: found, waited for while another one made it, or made.
fn count(outcome: &'static str) {
    metrics::counter!("tillsight_cache_answers_total", "outcome" => outcome).increment(1);
}

fn is_kept(request: &Request) -> bool {
    let route = request.extensions().get::<MatchedPath>().map_or("", MatchedPath::as_str);
    ROUTES.contains(&route)
}

/// Everything that an answer depends on. Queries can be long and Redis is shared, so it is a hash.
fn key(who: &Who, request: &Request) -> String {
    let asked = request.uri().path_and_query().map_or("", |asked| asked.as_str());
    HEXLOWER.encode(&Sha256::digest(format!("{}\n{asked}", who.audience())))
}
