//! The files that an organisation has here, how large they are, and when they go.
#![allow(unused_qualifications, reason = "utoipa's macro writes them")]

use axum::extract::State;
use axum::http::HeaderMap;
use axum::response::Response;
use cloud_store::{FileKind, FilePlace, StoredFile};
use domain::time::WallMs;
use serde::{Deserialize, Serialize};
use utoipa::{IntoParams, ToSchema};
use uuid::Uuid;

use super::answer::{Page, ms, page, page_size, read_cursor, tagged};
use crate::auth::Who;
use crate::config::Documents;
use crate::gateway::{Params, Problem, Shared};

const DAY_MS: i64 = 86_400_000;
const YEAR_MS: i64 = 31_556_952_000;
const YEAR_HOURS: u32 = 8_766;
/// How long anything that a camera saw may be kept. Nothing of a shopper's comes here at all.
const CAMERA_CROP_HOURS: u32 = 72;

/// Which files.
#[derive(Debug, Deserialize, IntoParams)]
#[serde(deny_unknown_fields)]
#[into_params(parameter_in = Query)]
pub(crate) struct FileParams {
    /// `document`, `photo`, `export` or `report` alone.
    kind: Option<String>,
    /// How many, from 1 to 500; 50 when not said.
    #[param(minimum = 1, maximum = 500)]
    limit: Option<u32>,
    /// `next` of the page before.
    after: Option<String>,
}

/// A file.
#[derive(Debug, Serialize, ToSchema)]
pub(crate) struct OwnFile {
    /// `document`, `photo`, `export` or `report`.
    kind: String,
    /// The id of what it belongs to.
    id: String,
    #[schema(example = "invoice.pdf")]
    name: String,
    /// Absent for reports that were made before their sizes were kept.
    #[serde(skip_serializing_if = "Option::is_none")]
    size_bytes: Option<u64>,
    /// Milliseconds since 1970.
    made_at_ms: i64,
    /// When it goes by itself; absent where it stays until somebody removes it.
    #[serde(skip_serializing_if = "Option::is_none")]
    expires_at_ms: Option<i64>,
    /// Whether somebody removed it already: it can be had back until it goes.
    removed: bool,
}

/// What there is of each kind.
#[derive(Debug, Serialize, ToSchema)]
pub(crate) struct FileTotals {
    items: Vec<KindTotal>,
}

/// What there is of a kind.
#[derive(Debug, Serialize, ToSchema)]
pub(crate) struct KindTotal {
    /// `document`, `photo`, `export`, `report`, `page_picture` (of documents) or `camera_crop`.
    kind: String,
    /// How many; absent for pictures of pages, which are drawn anew whenever somebody looks.
    #[serde(skip_serializing_if = "Option::is_none")]
    files: Option<u64>,
    /// How large together, as far as it is known.
    #[serde(skip_serializing_if = "Option::is_none")]
    size_bytes: Option<u64>,
    /// After how many hours one goes by itself; absent where it stays.
    #[serde(skip_serializing_if = "Option::is_none")]
    kept_hours: Option<u32>,
}

/// Lists the organisation's files, the newest first.
#[utoipa::path(
    get,
    path = "/api/v1/files",
    tag = "operation",
    params(FileParams),
    responses((status = 200, body = Page<OwnFile>))
)]
pub(crate) async fn list(
    State(shared): State<Shared>,
    who: Who,
    Params(params): Params<FileParams>,
    headers: HeaderMap,
) -> Result<Response, Problem> {
    who.check_all_stores()?;
    let limit = page_size(params.limit)?;
    let kind = params.kind.as_deref().map(read_kind).transpose()?;
    let after = read_cursor(params.after.as_deref())?.map(|key| read_place(&key)).transpose()?;
    let files = shared.store.files(&who.org, kind, after.as_ref(), limit + 1).await?;
    let Page { items, next } = page(files, limit, place_text);
    let items = items.into_iter().map(|file| shown(&shared.config.documents, file)).collect();
    tagged(&headers, &Page { items, next })
}

/// Says how many files there are of each kind, how large they are, and for how long they stay.
#[utoipa::path(get, path = "/api/v1/files/totals", tag = "operation", responses((status = 200, body = FileTotals)))]
pub(crate) async fn totals(
    State(shared): State<Shared>,
    who: Who,
    headers: HeaderMap,
) -> Result<Response, Problem> {
    who.check_all_stores()?;
    let sums = shared.store.file_sums(&who.org).await?;
    let documents = &shared.config.documents;
    let total = |kind: FileKind| {
        let sum = sums.iter().find(|sum| sum.kind == kind);
        let kept_hours = match kind {
            FileKind::Export => Some(shared.config.exports.kept_days.saturating_mul(24)),
            FileKind::Document if documents.kept_years > 0 => {
                Some(documents.kept_years.saturating_mul(YEAR_HOURS))
            }
            _ => None,
        };
        KindTotal {
            kind: kind.as_str().to_owned(),
            files: Some(sum.map_or(0, |sum| sum.files)),
            size_bytes: Some(sum.map_or(0, |sum| sum.size_bytes)),
            kept_hours,
        }
    };
    let mut items: Vec<KindTotal> = FileKind::ALL.map(total).into();
    items.push(KindTotal {
        kind: "page_picture".to_owned(),
        files: None,
        size_bytes: None,
        kept_hours: Some(documents.drawn_pages_kept_hours),
    });
    items.push(KindTotal {
        kind: "camera_crop".to_owned(),
        files: Some(0),
        size_bytes: Some(0),
        kept_hours: Some(CAMERA_CROP_HOURS),
    });
    tagged(&headers, &FileTotals { items })
}

fn read_kind(text: &str) -> Result<FileKind, Problem> {
    FileKind::from_word(text).ok_or_else(|| {
        let text: String = text.chars().take(60).collect();
        let known = FileKind::ALL.map(FileKind::as_str).join(", ");
        Problem::unprocessable(format!("`kind` is `{text}`: write one of {known}"))
    })
}

/// Only a report has several files of one id, whose names are short; what people call their files may be too long for a cursor.
fn place_text(file: &StoredFile) -> String {
    let name = if file.kind == FileKind::Report { file.name.as_str() } else { "" };
    format!("{}/{}/{}/{name}", file.made_at.0, file.kind.as_str(), file.id)
}

fn read_place(text: &str) -> Result<FilePlace, Problem> {
    let read = || {
        let mut parts = text.splitn(4, '/');
        let made_at = WallMs(parts.next()?.parse().ok()?);
        let kind = FileKind::from_word(parts.next()?)?;
        let id = Uuid::parse_str(parts.next()?).ok()?;
        Some(FilePlace { made_at, kind, id, name: parts.next()?.to_owned() })
    };
    read().ok_or_else(|| Problem::unprocessable("`after` is not a cursor: pass on `next` of the page before"))
}

fn shown(documents: &Documents, file: StoredFile) -> OwnFile {
    OwnFile {
        expires_at_ms: expires_at(documents, &file).map(ms),
        kind: file.kind.as_str().to_owned(),
        id: file.id.to_string(),
        name: file.name,
        size_bytes: file.size_bytes,
        made_at_ms: ms(file.made_at),
        removed: file.removed_at.is_some(),
    }
}

/// When a file goes by itself: what was removed some days later, a document after its years unless its goods are in the stock.
fn expires_at(documents: &Documents, file: &StoredFile) -> Option<WallMs> {
    let once_removed_ms = i64::from(documents.removed_kept_days) * DAY_MS;
    if let Some(removed_at) = file.removed_at {
        return Some(WallMs(removed_at.0 + once_removed_ms));
    }
    let years = i64::from(documents.kept_years);
    match file.kind {
        FileKind::Document if years > 0 && !file.is_booked => {
            Some(WallMs(file.made_at.0 + years * YEAR_MS + once_removed_ms))
        }
        _ => file.expires_at,
    }
}
