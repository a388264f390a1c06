//! How tills, the cloud and services outside are doing, and what they did before.
#![allow(unused_qualifications, reason = "utoipa's macro writes them")]

use axum::Json;
use axum::extract::State;
use cloud_store::{HealthChange, HealthChangeId, HealthSubject, PartHealth, ServiceCheck, ServiceSum};
use domain::time::WallMs;
use serde::{Deserialize, Serialize};
use utoipa::{IntoParams, ToSchema};

use super::answer::{Page, cursor, ms, page_size, read_cursor};
use crate::auth::Who;
use crate::gateway::{Params, Problem, Shared};
use crate::roles::now;

const DAY_MS: i64 = 86_400_000;

/// How a part is doing.
#[derive(Debug, Serialize, ToSchema)]
pub(crate) struct PartShown {
    /// Whose it is: `till:STORE/TILL`, `process:NAME` of the cloud's own, or `service:NAME` outside.
    subject: String,
    /// Its name, for example `camera`.
    part: String,
    /// `ok`, `starting`, `degraded` or `down`.
    state: String,
    /// What is wrong; empty while nothing is.
    detail: String,
    /// Since when it is in this state, in milliseconds since 1970.
    since_ms: i64,
    /// When that was said last.
    seen_at_ms: i64,
}

/// How parts are doing.
#[derive(Debug, Serialize, ToSchema)]
pub(crate) struct PartsShown {
    /// The moment of this answer.
    as_of_ms: i64,
    items: Vec<PartShown>,
}

/// A state that became another.
#[derive(Debug, Serialize, ToSchema)]
pub(crate) struct HealthChangeShown {
    id: u64,
    subject: String,
    part: String,
    /// What it became.
    state: String,
    detail: String,
    at_ms: i64,
}

/// Which changes.
#[derive(Debug, Deserialize, IntoParams)]
#[serde(deny_unknown_fields)]
#[into_params(parameter_in = Query)]
pub(crate) struct ChangesParams {
    /// `tills` of the organisation (when not said), or `cloud`: its own parts and the services that it needs.
    of: Option<String>,
    /// One of them, as `subject` of a part names it.
    subject: Option<String>,
    /// How many, from 1 to 500; 50 when not said.
    #[param(minimum = 1, maximum = 500)]
    limit: Option<u32>,
    /// `next` of the page before.
    after: Option<String>,
}

/// A service outside.
#[derive(Debug, Serialize, ToSchema)]
pub(crate) struct ServiceShown {
    /// Its name.
    service: String,
    /// `ok`, `degraded` (it failed once or twice) or `down`.
    state: String,
    detail: String,
    since_ms: i64,
    /// When it was asked last.
    checked_at_ms: i64,
    /// What its checks of the last day and of the last week came to.
    day: SumShown,
    week: SumShown,
}

/// What checks came to.
#[derive(Debug, Serialize, ToSchema)]
pub(crate) struct SumShown {
    /// How often it was asked, and how often it answered.
    checks: u64,
    answered: u64,
    /// The mean time of its answers and the longest one, in milliseconds.
    latency_mean_ms: u64,
    latency_max_ms: u64,
}

/// The services outside.
#[derive(Debug, Serialize, ToSchema)]
pub(crate) struct ServicesShown {
    /// The moment of this answer.
    as_of_ms: i64,
    items: Vec<ServiceShown>,
}

/// Whose checks.
#[derive(Debug, Deserialize, IntoParams)]
#[serde(deny_unknown_fields)]
#[into_params(parameter_in = Query)]
pub(crate) struct ChecksParams {
    /// The service's name; all of them when not said.
    service: Option<String>,
    /// How many, from 1 to 500; 50 when not said.
    #[param(minimum = 1, maximum = 500)]
    limit: Option<u32>,
}

/// What a service did when it was asked.
#[derive(Debug, Serialize, ToSchema)]
pub(crate) struct CheckShown {
    service: String,
    at_ms: i64,
    answered: bool,
    latency_ms: u64,
    /// What was wrong; empty while nothing was.
    detail: String,
}

/// What a service did, the newest first.
#[derive(Debug, Serialize, ToSchema)]
pub(crate) struct ChecksShown {
    items: Vec<CheckShown>,
}

/// How every part is doing: of the tills that the caller sees, of the cloud itself, and of services outside.
#[utoipa::path(get, path = "/api/v1/health/parts", tag = "operation", responses((status = 200, body = PartsShown)))]
pub(crate) async fn parts(State(shared): State<Shared>, who: Who) -> Result<Json<PartsShown>, Problem> {
    let mut known = shared.store.health(Some(&who.org)).await?;
    known.retain(|part| sees(&who, &part.subject));
    known.extend(shared.store.health(None).await?);
    Ok(Json(PartsShown { as_of_ms: ms(now()), items: known.into_iter().map(shown).collect() }))
}

/// What became of parts, the newest first.
#[utoipa::path(
    get,
    path = "/api/v1/health/changes",
    tag = "operation",
    params(ChangesParams),
    responses((status = 200, body = Page<HealthChangeShown>))
)]
pub(crate) async fn changes(
    State(shared): State<Shared>,
    who: Who,
    Params(params): Params<ChangesParams>,
) -> Result<Json<Page<HealthChangeShown>>, Problem> {
    let limit = page_size(params.limit)?;
    let of_tills = match params.of.as_deref() {
        None | Some("tills") => true,
        Some("cloud") => false,
        Some(_) => return Err(Problem::unprocessable("`of` is neither `tills` nor `cloud`")),
    };
    let subject = params.subject.as_deref().map(HealthSubject::parse).transpose();
    let subject = subject.map_err(|problem| Problem::unprocessable(format!("`subject`: {problem}")))?;
    match &subject {
        // Whoever may look at some stores names the till.
        None if of_tills => who.check_all_stores()?,
        Some(subject) if of_tills && !sees(&who, subject) => {
            return Err(Problem::not_found("there is no such till"));
        }
        _ => {}
    }
    let before = read_cursor(params.after.as_deref())?.map(|text| text.parse().map(HealthChangeId));
    let before =
        before.transpose().map_err(|_| Problem::unprocessable("`after` is no cursor of this list"))?;
    let org = of_tills.then_some(&who.org);
    let mut found = shared.store.health_changes(org, subject.as_ref(), before, limit + 1).await?;
    let more = found.len() > limit as usize;
    found.truncate(limit as usize);
    let next = found.last().filter(|_| more).map(|last| cursor(&last.id.to_string()));
    Ok(Json(Page { items: found.into_iter().map(shown_change).collect(), next }))
}

/// Services outside that are asked whether they answer, in order of their names.
#[utoipa::path(get, path = "/api/v1/health/services", tag = "operation", responses((status = 200, body = ServicesShown)))]
pub(crate) async fn services(
    State(shared): State<Shared>,
    _who: Who,
) -> Result<Json<ServicesShown>, Problem> {
    let now = now();
    let mut items = Vec::new();
    for part in shared.store.health(None).await? {
        let HealthSubject::Service(service) = part.subject else { continue };
        let since = async |ms| shared.store.service_sum(&service, WallMs(now.0 - ms)).await.map(shown_sum);
        items.push(ServiceShown {
            day: since(DAY_MS).await?,
            week: since(7 * DAY_MS).await?,
            state: part.now.state.as_str().to_owned(),
            detail: part.now.detail,
            since_ms: ms(part.since),
            checked_at_ms: ms(part.seen_at),
            service,
        });
    }
    Ok(Json(ServicesShown { as_of_ms: ms(now), items }))
}

/// What services did each time that they were asked, the newest first.
#[utoipa::path(
    get,
    path = "/api/v1/health/checks",
    tag = "operation",
    params(ChecksParams),
    responses((status = 200, body = ChecksShown))
)]
pub(crate) async fn checks(
    State(shared): State<Shared>,
    _who: Who,
    Params(params): Params<ChecksParams>,
) -> Result<Json<ChecksShown>, Problem> {
    let limit = page_size(params.limit)?;
    let found = shared.store.service_checks(params.service.as_deref(), limit).await?;
    Ok(Json(ChecksShown { items: found.into_iter().map(shown_check).collect() }))
}

/// Whether a till is of a store that the caller sees; the cloud's own parts are in no organisation's list.
fn sees(who: &Who, subject: &HealthSubject) -> bool {
    matches!(subject, HealthSubject::Till(store, _) if who.sees(store))
}

fn shown(part: PartHealth) -> PartShown {
    PartShown {
        subject: part.subject.to_string(),
        part: part.now.part,
        state: part.now.state.as_str().to_owned(),
        detail: part.now.detail,
        since_ms: ms(part.since),
        seen_at_ms: ms(part.seen_at),
    }
}

fn shown_change(change: HealthChange) -> HealthChangeShown {
    HealthChangeShown {
        id: change.id.0,
        subject: change.subject.to_string(),
        part: change.now.part,
        state: change.now.state.as_str().to_owned(),
        detail: change.now.detail,
        at_ms: ms(change.at),
    }
}

fn shown_sum(sum: ServiceSum) -> SumShown {
    let ServiceSum { checks, answered, latency_mean_ms, latency_max_ms } = sum;
    SumShown { checks, answered, latency_mean_ms, latency_max_ms }
}

fn shown_check((service, check): (String, ServiceCheck)) -> CheckShown {
    let ServiceCheck { at, answered, latency_ms, detail } = check;
    CheckShown { service, at_ms: ms(at), answered, latency_ms, detail }
}
