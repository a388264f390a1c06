//! Reports of days and weeks.
#![allow(unused_qualifications, reason = "utoipa's macro writes them")]

use axum::Json;
use axum::extract::State;
use axum::http::{HeaderValue, header};
use axum::response::{IntoResponse as _, Response};
use cloud_store::{Report, ReportFile, ReportId};
use serde::{Deserialize, Serialize};
use serde_json::Value;
use utoipa::{IntoParams, ToSchema};
use uuid::Uuid;

use super::answer::{ms, page_size};
use crate::auth::Who;
use crate::blobs::BlobName;
use crate::gateway::{Params, Place, Problem, Shared};

/// A report.
#[derive(Debug, Serialize, ToSchema)]
pub(crate) struct ReportShown {
    id: String,
    /// The store that it is of; absent for the whole organisation.
    #[serde(skip_serializing_if = "Option::is_none")]
    store: Option<String>,
    /// `daily` or `weekly`.
    kind: String,
    /// Its first and its last day.
    #[schema(example = "2026-01-02")]
    first_day: String,
    last_day: String,
    made_at_ms: i64,
}

/// Reports, the newest day first.
#[derive(Debug, Serialize, ToSchema)]
pub(crate) struct ReportsShown {
    items: Vec<ReportShown>,
}

/// A report and what it says.
#[derive(Debug, Serialize, ToSchema)]
pub(crate) struct ReportWhole {
    #[serde(flatten)]
    report: ReportShown,
    /// What it says, as it was when it was made.
    #[schema(value_type = Object)]
    facts: Value,
    /// The files that there are of it.
    files: Vec<FileShown>,
}

/// A file of a report.
#[derive(Debug, Serialize, ToSchema)]
pub(crate) struct FileShown {
    /// `en`, `ru` or `de`.
    language: String,
    /// `html` or `pdf`.
    format: String,
}

/// How many.
#[derive(Debug, Deserialize, IntoParams)]
#[serde(deny_unknown_fields)]
#[into_params(parameter_in = Query)]
pub(crate) struct ReportsParams {
    /// From 1 to 500; 50 when not said.
    #[param(minimum = 1, maximum = 500)]
    limit: Option<u32>,
}

/// Which file.
#[derive(Debug, Deserialize, IntoParams)]
#[serde(deny_unknown_fields)]
#[into_params(parameter_in = Query)]
pub(crate) struct ContentParams {
    /// `html` (when not said) or `pdf`.
    format: Option<String>,
    /// `en`, `ru` or `de`; when not said, the first that there is.
    language: Option<String>,
}

/// Lists the reports of the stores that the caller sees.
#[utoipa::path(
    get,
    path = "/api/v1/reports",
    tag = "operation",
    params(ReportsParams),
    responses((status = 200, body = ReportsShown))
)]
pub(crate) async fn list(
    State(shared): State<Shared>,
    who: Who,
    Params(params): Params<ReportsParams>,
) -> Result<Json<ReportsShown>, Problem> {
    let limit = page_size(params.limit)?;
    let stores = who.stores_seen();
    let found = shared.store.reports(&who.org, stores.as_deref(), limit).await?;
    Ok(Json(ReportsShown { items: found.iter().map(shown).collect() }))
}

/// A report and what it says.
#[utoipa::path(
    get,
    path = "/api/v1/reports/{report}",
    tag = "operation",
    params(("report" = String, Path, description = "The report's id")),
    responses((status = 200, body = ReportWhole))
)]
pub(crate) async fn get(
    State(shared): State<Shared>,
    who: Who,
    Place(report): Place<String>,
) -> Result<Json<ReportWhole>, Problem> {
    let (report, files) = known(&shared, &who, &report).await?;
    let facts = serde_json::from_str(&report.facts).map_err(Problem::internal)?;
    let file = |file: ReportFile| FileShown { language: file.language, format: file.format };
    let files = files.into_iter().map(file).collect();
    Ok(Json(ReportWhole { report: shown(&report), facts, files }))
}

/// A file of a report, to be kept.
#[utoipa::path(
    get,
    path = "/api/v1/reports/{report}/content",
    tag = "operation",
    params(("report" = String, Path, description = "The report's id"), ContentParams),
    responses((status = 200, content_type = "application/octet-stream", body = Vec<u8>))
)]
pub(crate) async fn content(
    State(shared): State<Shared>,
    who: Who,
    Place(report): Place<String>,
    Params(params): Params<ContentParams>,
) -> Result<Response, Problem> {
    let format = params.format.as_deref().unwrap_or("html");
    let media_type = match format {
        "html" => "text/html; charset=utf-8",
        "pdf" => "application/pdf",
        _ => return Err(Problem::unprocessable("`format` is neither `html` nor `pdf`")),
    };
    let (report, files) = known(&shared, &who, &report).await?;
    let wanted = params.language.as_deref();
    let fits =
        |file: &&ReportFile| file.format == format && wanted.is_none_or(|wanted| file.language == wanted);
    let file = files.iter().find(fits).ok_or_else(|| {
        Problem::not_found("the report was not written in this language: its `files` name those")
    })?;
    let bytes = shared.blobs.get(&BlobName::kept(&file.blob)).await.map_err(Problem::internal)?;
    let place = report.store.as_ref().map_or("all", |store| store.as_str());
    let name = format!("{}-{place}-{}-{}.{format}", report.kind.as_str(), report.first_day, file.language);
    // A page would have to bring its own style, which the policy of the API does not allow: it is kept and opened then.
    let disposition = format!("attachment; filename=\"{name}\"");
    let headers = [
        (header::CONTENT_TYPE, HeaderValue::from_static(media_type)),
        (header::CONTENT_DISPOSITION, HeaderValue::from_str(&disposition).map_err(Problem::internal)?),
    ];
    Ok((headers, bytes).into_response())
}

/// A report of a store that the caller sees.
async fn known(shared: &Shared, who: &Who, id: &str) -> Result<(Report, Vec<ReportFile>), Problem> {
    let missing = || Problem::not_found("there is no such report");
    let id = Uuid::parse_str(id).map(ReportId).map_err(|_| missing())?;
    let (report, files) = shared.store.report(&who.org, id).await?;
    match &report.store {
        Some(store) if !who.sees(store) => Err(missing()),
        None if who.stores_seen().is_some() => Err(missing()),
        _ => Ok((report, files)),
    }
}

fn shown(report: &Report) -> ReportShown {
    ReportShown {
        id: report.id.to_string(),
        store: report.store.as_ref().map(ToString::to_string),
        kind: report.kind.as_str().to_owned(),
        first_day: report.first_day.to_string(),
        last_day: report.last_day.to_string(),
        made_at_ms: ms(report.made_at),
    }
}
