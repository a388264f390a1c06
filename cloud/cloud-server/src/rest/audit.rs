//! The audit log: who did what.

use axum::Json;
use axum::extract::State;
use axum::http::HeaderMap;
use axum::response::Response;
use cloud_store::{AuditEntry, AuditNumber};
use data_encoding::HEXLOWER;
use serde::Serialize;
use utoipa::ToSchema;

use super::answer::{Page, PageParams, ms, page, page_size, read_cursor, tagged};
use crate::auth::Who;
use crate::gateway::{Params, Problem, Shared};

/// What somebody did.
#[derive(Debug, Serialize, ToSchema)]
pub(crate) struct Entry {
    /// Its place: 1, 2, 3, ...
    number: u64,
    /// When, in milliseconds since 1970.
    at_ms: i64,
    /// Who: `user:`, `token:`, `till:`, `hook:` or `system:` and an id.
    actor: String,
    /// What.
    action: String,
    /// To what.
    object: String,
    /// What else is worth knowing.
    detail: String,
    /// The chain's hash after it, in hexadecimal.
    hash: String,
}

/// What a check of the chain found.
#[derive(Debug, Serialize, ToSchema)]
pub(crate) struct Verification {
    /// Whether the whole log is what it was when it was written.
    intact: bool,
    /// Entries that fit.
    checked: u64,
    /// The chain's hash after the last of them, to compare with one noted elsewhere.
    hash: String,
    /// The first thing that does not fit.
    #[serde(skip_serializing_if = "Option::is_none")]
    problem: Option<String>,
}

/// Lists what was done, newest first.
#[utoipa::path(
    get,
    path = "/api/v1/audit",
    tag = "audit",
    params(PageParams),
    responses((status = 200, body = Page<Entry>))
)]
pub(crate) async fn list(
    State(shared): State<Shared>,
    who: Who,
    Params(params): Params<PageParams>,
    headers: HeaderMap,
) -> Result<Response, Problem> {
    who.check_all_stores()?;
    let limit = page_size(params.limit)?;
    let before = read_cursor(params.after.as_deref())?.map(|text| text.parse().map(AuditNumber));
    let before =
        before.transpose().map_err(|_| Problem::unprocessable("`after` is no cursor of this list"))?;
    let entries = shared.store.audit(&who.org, before, limit + 1).await?;
    let entries = entries.into_iter().map(shown).collect();
    tagged(&headers, &page(entries, limit, |entry: &Entry| entry.number.to_string()))
}

/// Checks the whole chain: an edit, a gap or a lost end shows.
#[utoipa::path(get, path = "/api/v1/audit/verification", tag = "audit", responses((status = 200, body = Verification)))]
pub(crate) async fn verify(State(shared): State<Shared>, who: Who) -> Result<Json<Verification>, Problem> {
    who.check_all_stores()?;
    let report = shared.store.verify_audit(&who.org).await?;
    Ok(Json(Verification {
        intact: report.problem.is_none(),
        checked: report.checked,
        hash: HEXLOWER.encode(&report.hash),
        problem: report.problem,
    }))
}

fn shown(kept: AuditEntry) -> Entry {
    Entry {
        number: kept.number.0,
        at_ms: ms(kept.at),
        actor: kept.entry.actor.to_string(),
        action: kept.entry.action,
        object: kept.entry.object,
        detail: kept.entry.detail,
        hash: HEXLOWER.encode(&kept.hash),
    }
}
