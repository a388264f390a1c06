//! Backups, as far as owners and auditors have to know of them: how old the newest is, and whether it was verified. An owner can ask
//! for one.

use axum::extract::State;
use axum::http::{HeaderMap, StatusCode};
use axum::response::Response;
use cloud_store::NewJob;
use serde::Serialize;
use utoipa::ToSchema;

use super::answer::tagged;
use crate::auth::Who;
use crate::backups::{BackupInfo, BackupPlace, MAKE_BACKUP};
use crate::gateway::{Problem, Shared};
use crate::jobs::job;
use crate::roles::now;

/// A backup of the whole cloud.
#[derive(Debug, Serialize, ToSchema)]
pub(crate) struct BackupShown {
    id: String,
    /// What was there at this moment is in it, in milliseconds since 1970.
    made_at_ms: i64,
    /// When it was restored into a scratch database and found to be what was there; absent where it was not.
    #[serde(skip_serializing_if = "Option::is_none")]
    verified_at_ms: Option<i64>,
    /// What that found wrong.
    #[serde(skip_serializing_if = "Option::is_none")]
    problem: Option<String>,
    size_bytes: u64,
    rows: u64,
    blobs: u64,
    /// What the key is told by that opens it.
    key: String,
}

/// The backups that there are, the newest first.
#[derive(Debug, Serialize, ToSchema)]
pub(crate) struct BackupsShown {
    /// How many hours lie between two; 0 where none are made by themselves.
    every_hours: u32,
    /// Whether one was asked for and is not begun yet.
    is_asked: bool,
    items: Vec<BackupShown>,
}

/// Lists the backups that there are.
#[utoipa::path(get, path = "/api/v1/backups", tag = "operation", responses((status = 200, body = BackupsShown)))]
pub(crate) async fn list(
    State(shared): State<Shared>,
    who: Who,
    headers: HeaderMap,
) -> Result<Response, Problem> {
    who.check_all_stores()?;
    let listed = async { BackupPlace::open(&shared.config)?.list().await };
    let all = listed.await.map_err(|error| {
        tracing::warn!(error = format!("{error:#}"), "failed to list the backups: {error:#}");
        Problem::unavailable("the place of the backups does not answer: the log says more")
    })?;
    let items = all.into_iter().map(shown).collect();
    let is_asked = shared.store.has_open_job(MAKE_BACKUP).await?;
    tagged(&headers, &BackupsShown { every_hours: shared.config.backups.every_hours, is_asked, items })
}

/// Asks for a backup now. It is made within seconds by whoever makes them, and listed once it was verified.
#[utoipa::path(post, path = "/api/v1/backups", tag = "operation", responses((status = 202, description = "It is asked for")))]
pub(crate) async fn create(State(shared): State<Shared>, who: Who) -> Result<StatusCode, Problem> {
    who.check_all_stores()?;
    if shared.config.backups.every_hours == 0 {
        let detail = "this cloud makes no backups by itself: set `backups.every_hours`, or run `tillsight-cloud admin backup`";
        return Err(Problem::conflict("backups_off", detail));
    }
    let job = NewJob { attempts_max: 1, ..job(MAKE_BACKUP, "backup", now()) };
    // One that was asked for already, by anybody, stands for this one too.
    let audited = shared.audited(&who, "backup.ask", "backups", "")?;
    audited.add_job(&who.org, &job, now()).await?;
    Ok(StatusCode::ACCEPTED)
}

fn shown(info: BackupInfo) -> BackupShown {
    BackupShown {
        id: info.id,
        made_at_ms: info.made_at_ms,
        verified_at_ms: info.verified_at_ms,
        problem: info.problem,
        size_bytes: info.size_bytes,
        rows: info.contents.rows,
        blobs: info.contents.blobs,
        key: info.key_id,
    }
}
