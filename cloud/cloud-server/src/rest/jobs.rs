//! Work that was given up, so that somebody can look at it.

use axum::extract::State;
use axum::http::{HeaderMap, StatusCode};
use axum::response::Response;
use cloud_store::{DeadJob, JobId};
use serde::Serialize;
use utoipa::ToSchema;

use super::answer::{ms, tagged};
use crate::auth::Who;
use crate::gateway::{Place, Problem, Shared};
use crate::roles::now;

/// Jobs that are shown at once, the latest first.
const SHOWN_MAX: u32 = 500;

/// Work that was given up.
#[derive(Debug, Serialize, ToSchema)]
pub(crate) struct DeadJobShown {
    id: u64,
    /// What it was, for example `product.embed`.
    kind: String,
    /// What it was about, as far as it is text.
    subject: String,
    attempts: u32,
    /// What went wrong last.
    problem: String,
    made_at_ms: i64,
    given_up_at_ms: i64,
}

/// Work that was given up, the latest first.
#[derive(Debug, Serialize, ToSchema)]
pub(crate) struct DeadJobs {
    items: Vec<DeadJobShown>,
}

/// Lists work that was given up.
#[utoipa::path(get, path = "/api/v1/dead-jobs", tag = "operation", responses((status = 200, body = DeadJobs)))]
pub(crate) async fn list(
    State(shared): State<Shared>,
    who: Who,
    headers: HeaderMap,
) -> Result<Response, Problem> {
    who.check_all_stores()?;
    let dead = shared.store.dead_jobs(&who.org, SHOWN_MAX).await?;
    tagged(&headers, &DeadJobs { items: dead.into_iter().map(shown).collect() })
}

/// Lets a job that was given up be tried again.
#[utoipa::path(
    post,
    path = "/api/v1/dead-jobs/{job}/revival",
    tag = "operation",
    params(("job" = String, Path, description = "The job's id")),
    responses((status = 204))
)]
pub(crate) async fn revive(
    State(shared): State<Shared>,
    who: Who,
    Place(job): Place<String>,
) -> Result<StatusCode, Problem> {
    who.check_all_stores()?;
    let id = job.parse().map(JobId).map_err(|_| Problem::not_found("there is no such job"))?;
    let audited = shared.audited(&who, "job.revive", &format!("job:{id}"), "")?;
    audited.revive_job(&who.org, id, now()).await?;
    shared.wake.notify_one();
    Ok(StatusCode::NO_CONTENT)
}

fn shown(dead: DeadJob) -> DeadJobShown {
    DeadJobShown {
        id: dead.id.0,
        kind: dead.kind,
        subject: String::from_utf8_lossy(&dead.payload).into_owned(),
        attempts: dead.attempts,
        problem: dead.problem,
        made_at_ms: ms(dead.made_at),
        given_up_at_ms: ms(dead.given_up_at),
    }
}
