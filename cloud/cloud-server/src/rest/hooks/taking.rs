//! Taking what other systems tell. Who they are is their signature alone.

use axum::Json;
use axum::body::Bytes;
use axum::extract::{FromRequest as _, Request, State};
use axum::http::{HeaderMap, StatusCode};
use cloud_store::{
    Actor, HOOK_EVENT_ID_MAX_LEN, Hook, HookArrival, HookId, HookSigning, NewAuditEntry, StoreError,
};
use domain::time::WallMs;
use serde::Serialize;
use utoipa::ToSchema;
use uuid::Uuid;

use super::BODY_MAX_BYTES;
use crate::gateway::{Place, Problem, Shared, unreadable};
use crate::hooks::events::{HookBatch, Told, read};
use crate::hooks::plan::plan;
use crate::hooks::signature::verify;
use crate::jobs::{PUBLISH_CATALOGUE, job};
use crate::roles::now;

/// How often a request is thought out anew because somebody was quicker.
const TRIES_MAX: u32 = 8;
const DAY_MS: i64 = 86_400_000;

/// What became of a request.
#[derive(Debug, Serialize, ToSchema)]
pub(crate) struct HookAnswer {
    /// Its events, each once, in the order in which they came.
    events: Vec<EventAnswer>,
}

/// What became of an event.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, ToSchema)]
pub(crate) struct EventAnswer {
    id: String,
    /// `changed`; `unchanged` where everything was so already; `known` where it was taken before.
    outcome: &'static str,
}

/// Takes what another system tells. The request is signed with the hook's secret: as Standard Webhooks has it (`webhook-id`,
/// `webhook-timestamp`, `webhook-signature`), or in `X-Hub-Signature-256`, as the hook was made. Each event is taken once, all events of
/// a request or none; so what was not answered can be sent again as it is.
#[utoipa::path(
    post,
    path = "/api/v1/hooks/{hook}",
    tag = "hooks",
    security(()),
    params(
        ("hook" = String, Path, description = "The hook's id"),
        ("webhook-id" = Option<String>, Header, description = "What tells the request apart"),
        ("webhook-timestamp" = Option<String>, Header, description = "When it was sent, in seconds since 1970"),
        ("webhook-signature" = Option<String>, Header, description = "`v1,` and the signature; several with spaces between"),
        ("x-hub-signature-256" = Option<String>, Header, description = "`sha256=` and the signature, of hooks that are signed so")
    ),
    request_body = HookBatch,
    responses((status = 200, body = HookAnswer))
)]
pub(crate) async fn take(
    State(shared): State<Shared>,
    Place(hook): Place<String>,
    request: Request,
) -> Result<Json<HookAnswer>, Problem> {
    let hook = known(&shared, &hook).await?;
    let headers = request.headers().clone();
    let body = Bytes::from_request(request, &()).await;
    let body = body.map_err(|error| unreadable(&error, BODY_MAX_BYTES))?;
    let mut arrival = HookArrival {
        hook: hook.hook.id,
        message: message(&headers),
        at: now(),
        size_bytes: body.len() as u64,
        events: 0,
    };
    if let Err(error) = check_signature(&shared, &hook, &headers, &body, arrival.at) {
        // Whoever does not know the secret must not fill the list of requests.
        if shared.rates.take_stranger(&hook.hook.id.to_string()).await.is_ok() {
            note(&shared, &arrival, &error).await?;
        }
        return Err(error);
    }
    shared.rates.take_hook(&hook.hook.id.to_string()).await?;
    let taken = take_signed(&shared, &hook, &mut arrival, &body).await;
    let outcome = if taken.is_ok() { "taken" } else { "refused" };
    metrics::counter!("tillsight_hook_requests_total", "outcome" => outcome).increment(1);
    match taken {
        Ok(answer) => Ok(Json(answer)),
        Err(problem) => {
            note(&shared, &arrival, &problem).await?;
            Err(problem)
        }
    }
}

/// What a hook's own system has sent.
async fn take_signed(
    shared: &Shared,
    hook: &Hook,
    arrival: &mut HookArrival,
    body: &[u8],
) -> Result<HookAnswer, Problem> {
    if hook.disabled_at.is_some() {
        let detail = "the hook is switched off: ask who runs the shop, and send the same again then";
        return Err(Problem::new(StatusCode::FORBIDDEN, "hook_disabled", detail));
    }
    let told = read(body)?;
    arrival.events = u32::try_from(told.len()).unwrap_or(u32::MAX);
    check_allowed(hook, &told)?;
    check_times(shared, hook, &told, arrival.at)?;
    let by = Actor::Hook(hook.hook.id);
    for _ in 0..TRIES_MAX {
        let fresh = fresh(shared, hook.hook.id, &told).await?;
        if fresh.is_empty() {
            shared.store.note_hook_request(arrival, 200, "").await?;
            return Ok(answer(&told, &[], &[]));
        }
        let planned = plan(&shared.store, &hook.org, &fresh, &by, arrival.at).await?;
        let entry = NewAuditEntry {
            actor: by.clone(),
            action: "hook.take".to_owned(),
            object: format!("hook:{}", hook.hook.id),
            detail: summary(&fresh),
        };
        let audited = shared.store.audited(&hook.org, &entry, arrival.at)?;
        let follow = job(PUBLISH_CATALOGUE, hook.org.as_str(), arrival.at);
        let taken =
            audited.take_hook_events(&hook.org, arrival, &planned.events, &planned.seen, &follow).await?;
        if let Some(changed) = taken {
            shared.cache.raise(hook.org.as_str()).await;
            shared.wake.notify_one();
            return Ok(answer(&told, &fresh, &changed));
        }
    }
    let detail = "what the request is about is being changed by others all the time: send the same again";
    Err(Problem::unavailable(detail))
}

async fn known(shared: &Shared, text: &str) -> Result<Hook, Problem> {
    let missing = || Problem::not_found("there is no such hook: copy its `path` from where it was made");
    let id = Uuid::parse_str(text).map(HookId).map_err(|_| missing())?;
    shared.store.hook(id).await.map_err(|error| match error {
        StoreError::NotFound { .. } => missing(),
        error => error.into(),
    })
}

fn check_signature(
    shared: &Shared,
    hook: &Hook,
    headers: &HeaderMap,
    body: &[u8],
    now: WallMs,
) -> Result<(), Problem> {
    let before = hook.secret_before.as_ref().filter(|(_, until)| *until > now);
    let secrets: Vec<&str> = std::iter::once(&hook.hook.secret)
        .chain(before.map(|(secret, _)| secret))
        .map(|secret| secret.0.as_str())
        .collect();
    let allowed_s = u64::from(shared.config.hooks.clock_s);
    let verified = verify(hook.hook.signing, &secrets, headers, body, (now, allowed_s));
    verified.map_err(|error| {
        metrics::counter!("tillsight_hook_requests_total", "outcome" => "unsigned").increment(1);
        Problem::new(StatusCode::UNAUTHORIZED, "signature", error.to_string())
    })
}

/// Refuses what the hook was not made for.
fn check_allowed(hook: &Hook, told: &[Told]) -> Result<(), Problem> {
    let odd = told.iter().find(|one| !hook.hook.kinds.contains(&one.event.kind()));
    let Some(odd) = odd else { return Ok(()) };
    let (id, kind) = (odd.event.id(), odd.event.kind().as_str());
    let detail =
        format!("event `{id}`: this hook may not tell of `{kind}`: make a hook for that, or send it there");
    Err(Problem::forbidden(detail).with("event_id", id))
}

/// A signature without a time would count for ever: what it tells has to be younger than what is remembered.
fn check_times(shared: &Shared, hook: &Hook, told: &[Told], now: WallMs) -> Result<(), Problem> {
    if hook.hook.signing == HookSigning::Standard {
        return Ok(());
    }
    let days = shared.config.hooks.events_kept_days;
    // A day less than what is remembered, so that nothing is forgotten while it still counts.
    let oldest = now.0 - (i64::from(days) - 1) * DAY_MS;
    let is_young =
        |one: &&Told| one.event.occurred_at_ms().is_some_and(|at| at >= oldest && at <= now.0 + DAY_MS);
    let Some(odd) = told.iter().find(|one| !is_young(one)) else { return Ok(()) };
    let id = odd.event.id();
    let detail = format!(
        "event `{id}`: this hook is signed without a time, so `occurred_at_ms` has to be there and within the last {} days",
        days - 1
    );
    Err(Problem::unprocessable(detail).with("event_id", id))
}

/// The events that were not taken before; refuses a known id with another content.
async fn fresh(shared: &Shared, hook: HookId, told: &[Told]) -> Result<Vec<Told>, Problem> {
    let ids: Vec<&str> = told.iter().map(|one| one.event.id()).collect();
    let known = shared.store.hook_events_known(hook, &ids).await?;
    let mut fresh = Vec::new();
    for one in told {
        let id = one.event.id();
        match known.get(id) {
            None => fresh.push(one.clone()),
            Some(hash) if *hash == one.hash => {}
            Some(_) => {
                let detail = format!(
                    "event `{id}` was taken before with another content: give what is new an id of its own"
                );
                return Err(Problem::conflict("event_id_reused", detail).with("event_id", id));
            }
        }
    }
    Ok(fresh)
}

/// How many events of each kind.
fn summary(told: &[Told]) -> String {
    let mut counts = std::collections::BTreeMap::new();
    for one in told {
        *counts.entry(one.event.kind()).or_insert(0_u32) += 1;
    }
    let counts: Vec<String> =
        counts.iter().map(|(kind, count)| format!("{count} {}", kind.as_str())).collect();
    counts.join(", ")
}

fn answer(told: &[Told], fresh: &[Told], changed: &[bool]) -> HookAnswer {
    let outcomes: std::collections::HashMap<&str, bool> =
        fresh.iter().map(|one| one.event.id()).zip(changed.iter().copied()).collect();
    let outcome = |one: &Told| match outcomes.get(one.event.id()) {
        None => "known",
        Some(true) => "changed",
        Some(false) => "unchanged",
    };
    let answered = |one: &Told| EventAnswer { id: one.event.id().to_owned(), outcome: outcome(one) };
    HookAnswer { events: told.iter().map(answered).collect() }
}

/// Writes a refusal down where people see it. What is our own fault is in the log.
async fn note(shared: &Shared, arrival: &HookArrival, problem: &Problem) -> Result<(), Problem> {
    let status = u32::from(problem.status().as_u16());
    match shared.store.note_hook_request(arrival, status, problem.detail()).await {
        Ok(()) => Ok(()),
        Err(error) if error.is_retryable() => Err(error.into()),
        Err(error) => Err(Problem::internal(error)),
    }
}

/// The request's own id, cut to what is kept.
fn message(headers: &HeaderMap) -> String {
    let given = headers.get("webhook-id").and_then(|value| value.to_str().ok()).unwrap_or_default();
    given.chars().take(HOOK_EVENT_ID_MAX_LEN).collect()
}
