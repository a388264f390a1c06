//! Exports: asked for, looked at, fetched, and planned.
#![allow(unused_qualifications, reason = "utoipa's macro writes them")]

use axum::body::Body as Stream;
use axum::extract::State;
use axum::http::{HeaderMap, HeaderValue, StatusCode, header};
use axum::response::{IntoResponse as _, Response};
use cloud_store::{
    ExportDataset, ExportFormat, ExportId, ExportPlan, ExportPlanId, ExportState, NewExport, SheetTarget,
    StoredExport,
};
use domain::ids::StoreId;
use domain::time::{BusinessDay, WallMs};
use serde::{Deserialize, Serialize};
use utoipa::ToSchema;
use uuid::Uuid;

use super::answer::{Page, PageParams, created, ms, page, page_size, read_cursor, tagged};
use super::sales::read_day;
use crate::auth::Who;
use crate::blobs::{BlobError, BlobName};
use crate::exports::job;
use crate::gateway::{Body, Params, Place, Problem, Shared};
use crate::roles::now;

const DAY_MS: i64 = 86_400_000;
/// Days that a plan's export may have, and that may lie between two.
const PLAN_DAYS_MAX: u32 = 366;
/// Longest id of a spreadsheet, and name of a sheet.
const SHEET_TEXT_MAX_LEN: usize = 200;

/// What is to be exported.
#[derive(Debug, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub(crate) struct ExportForm {
    /// `sales`, `sale_lines`, `stock`, `stock_movements`, `prices`, `forecasts`, `forecast_totals` or `audit`.
    #[schema(example = "sales")]
    dataset: String,
    /// `csv`, `xlsx`, `json` or `parquet`. Amounts are decimal in the first two, and whole minor units in the others.
    #[schema(example = "xlsx")]
    format: String,
    /// Of one store; of all when not said.
    store: Option<String>,
    /// From this trading day on.
    #[schema(example = "2026-11-01")]
    first_day: Option<String>,
    /// Up to this trading day.
    #[schema(example = "2026-11-30")]
    last_day: Option<String>,
}

/// An export and what became of it.
#[derive(Debug, Serialize, ToSchema)]
pub(crate) struct ExportShown {
    id: String,
    dataset: String,
    format: String,
    #[serde(skip_serializing_if = "Option::is_none")]
    store: Option<String>,
    #[serde(skip_serializing_if = "Option::is_none")]
    first_day: Option<String>,
    #[serde(skip_serializing_if = "Option::is_none")]
    last_day: Option<String>,
    /// Where its rows went, if it became no file.
    #[serde(skip_serializing_if = "Option::is_none")]
    spreadsheet: Option<String>,
    /// `waiting`, `ready` or `failed`.
    state: String,
    rows: u64,
    size_bytes: u64,
    /// Why it could not be made.
    #[serde(skip_serializing_if = "Option::is_none")]
    problem: Option<String>,
    made_by: String,
    made_at_ms: i64,
    #[serde(skip_serializing_if = "Option::is_none")]
    finished_at_ms: Option<i64>,
    /// When its file is forgotten.
    expires_at_ms: i64,
}

/// An export that is to be made again and again.
#[derive(Debug, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub(crate) struct PlanForm {
    /// As of an export.
    dataset: String,
    /// As of an export; of no weight where rows go to a sheet.
    format: Option<String>,
    /// Of one store; of all when not said.
    store: Option<String>,
    /// How many days lie between two, from 1 to 366.
    every_days: u32,
    /// How many complete days (UTC) before its moment each has, from 1 to 366; as many as lie between two when not said. Of `forecasts`
    /// it is the days from that moment on.
    days: Option<u32>,
    /// When the first one is made, in milliseconds since 1970; now when not said.
    first_at_ms: Option<i64>,
    /// The id of a Google spreadsheet that the rows are added to, in place of a file.
    spreadsheet: Option<String>,
    /// The sheet's name in it.
    sheet: Option<String>,
}

/// An export that is made again and again.
#[derive(Debug, Serialize, ToSchema)]
pub(crate) struct PlanShown {
    id: String,
    dataset: String,
    format: String,
    #[serde(skip_serializing_if = "Option::is_none")]
    store: Option<String>,
    every_days: u32,
    days: u32,
    #[serde(skip_serializing_if = "Option::is_none")]
    spreadsheet: Option<String>,
    #[serde(skip_serializing_if = "Option::is_none")]
    sheet: Option<String>,
    next_at_ms: i64,
    made_by: String,
}

/// All plans.
#[derive(Debug, Serialize, ToSchema)]
pub(crate) struct Plans {
    items: Vec<PlanShown>,
}

/// Asks for an export. It is made behind the request; its state says when its file can be fetched.
#[utoipa::path(
    post,
    path = "/api/v1/exports",
    tag = "exports",
    request_body = ExportForm,
    responses((status = 201, body = ExportShown))
)]
pub(crate) async fn create(
    State(shared): State<Shared>,
    who: Who,
    Body(form): Body<ExportForm>,
) -> Result<Response, Problem> {
    let now = now();
    let dataset = read_dataset(&form.dataset)?;
    let store = read_store(&shared, &who, dataset, form.store.as_deref()).await?;
    let first_day = form.first_day.as_deref().map(|text| read_day("first_day", text)).transpose()?;
    let last_day = form.last_day.as_deref().map(|text| read_day("last_day", text)).transpose()?;
    if first_day.zip(last_day).is_some_and(|(first, last)| first > last) {
        return Err(Problem::unprocessable("`first_day` lies after `last_day`: there are no days between"));
    }
    let export = NewExport {
        id: ExportId(Uuid::now_v7()),
        dataset,
        format: read_format(&form.format)?,
        store,
        first_day,
        last_day,
        target: None,
        made_by: who.actor.clone(),
        expires_at: WallMs(now.0 + i64::from(shared.config.exports.kept_days) * DAY_MS),
    };
    let object = format!("export:{}", export.id);
    let audited = shared.audited(&who, "export.create", &object, dataset.as_str())?;
    audited.add_export(&who.org, &export, &job(export.id, now), now).await?;
    let stored = shared.store.export(&who.org, export.id).await?;
    created(&format!("/api/v1/exports/{}", export.id), shown(&stored))
}

/// Lists exports, the newest first.
#[utoipa::path(
    get,
    path = "/api/v1/exports",
    tag = "exports",
    params(PageParams),
    responses((status = 200, body = Page<ExportShown>))
)]
pub(crate) async fn list(
    State(shared): State<Shared>,
    who: Who,
    Params(params): Params<PageParams>,
    headers: HeaderMap,
) -> Result<Response, Problem> {
    let limit = page_size(params.limit)?;
    let before = read_cursor(params.after.as_deref())?.map(|text| Uuid::parse_str(&text).map(ExportId));
    let before =
        before.transpose().map_err(|_| Problem::unprocessable("`after` is no cursor of this list"))?;
    let found = shared.store.exports(&who.org, before, limit + 1).await?;
    // A page that has been read is the same for everybody; what the caller may not see leaves it afterwards.
    let mut all = page(found, limit, |export| export.asked.id.to_string());
    all.items.retain(|export| sees(&who, &export.asked));
    tagged(&headers, &Page { items: all.items.iter().map(shown).collect::<Vec<_>>(), next: all.next })
}

/// An export and what became of it.
#[utoipa::path(
    get,
    path = "/api/v1/exports/{export}",
    tag = "exports",
    params(("export" = String, Path, description = "The export's id")),
    responses((status = 200, body = ExportShown))
)]
pub(crate) async fn get(
    State(shared): State<Shared>,
    who: Who,
    Place(export): Place<String>,
    headers: HeaderMap,
) -> Result<Response, Problem> {
    tagged(&headers, &shown(&known(&shared, &who, &export).await?))
}

/// The file of an export.
#[utoipa::path(
    get,
    path = "/api/v1/exports/{export}/file",
    tag = "exports",
    params(("export" = String, Path, description = "The export's id")),
    responses((
        status = 200,
        content(
            (Vec<u8> = "text/csv"),
            (Vec<u8> = "application/json"),
            (Vec<u8> = "application/vnd.apache.parquet"),
            (Vec<u8> = "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet"),
        )
    ))
)]
pub(crate) async fn file(
    State(shared): State<Shared>,
    who: Who,
    Place(export): Place<String>,
) -> Result<Response, Problem> {
    let stored = known(&shared, &who, &export).await?;
    let asked = &stored.asked;
    let key = match (&stored.state, &stored.blob_key) {
        (ExportState::Ready, Some(key)) => key,
        (ExportState::Ready, None) => {
            return Err(Problem::not_found("this export went to a sheet and has no file"));
        }
        (ExportState::Waiting, _) => {
            let waits =
                "the export is not made yet: ask for its state, and fetch the file once that is `ready`";
            return Err(Problem::conflict("not_ready", waits).retry_after_s(2));
        }
        (ExportState::Failed, _) => {
            return Err(Problem::conflict("failed", "the export could not be made: its `problem` says why"));
        }
    };
    let (length, pieces) = match shared.blobs.read(&BlobName::kept(key)).await {
        Ok(found) => found,
        Err(BlobError::Missing(_)) => {
            return Err(Problem::not_found("the export's file is gone: ask for it again"));
        }
        Err(error) => return Err(Problem::internal(error)),
    };
    let days = [asked.first_day, asked.last_day].into_iter().flatten().map(|day| day.to_string());
    let mut name: Vec<String> = vec![asked.dataset.as_str().to_owned()];
    name.extend(asked.store.as_ref().map(ToString::to_string));
    name.extend(days);
    let disposition = format!("attachment; filename=\"{}.{}\"", name.join("_"), asked.format.as_str());
    let headers = [
        (header::CONTENT_TYPE, HeaderValue::from_static(media_type(asked.format))),
        (header::CONTENT_DISPOSITION, HeaderValue::from_str(&disposition).map_err(Problem::internal)?),
        (header::CONTENT_LENGTH, HeaderValue::from(length)),
        (header::CACHE_CONTROL, HeaderValue::from_static("private, no-store")),
    ];
    Ok((headers, Stream::from_stream(pieces)).into_response())
}

/// Takes an export away, with its file.
#[utoipa::path(
    delete,
    path = "/api/v1/exports/{export}",
    tag = "exports",
    params(("export" = String, Path, description = "The export's id")),
    responses((status = 204))
)]
pub(crate) async fn remove(
    State(shared): State<Shared>,
    who: Who,
    Place(export): Place<String>,
) -> Result<StatusCode, Problem> {
    let stored = known(&shared, &who, &export).await?;
    let id = stored.asked.id;
    let audited =
        shared.audited(&who, "export.remove", &format!("export:{id}"), stored.asked.dataset.as_str())?;
    audited.remove_export(&who.org, id).await?;
    if let Some(key) = &stored.blob_key {
        shared.blobs.delete(&BlobName::kept(key)).await.map_err(Problem::internal)?;
    }
    Ok(StatusCode::NO_CONTENT)
}

/// Lists what is exported again and again.
#[utoipa::path(get, path = "/api/v1/export-plans", tag = "exports", responses((status = 200, body = Plans)))]
pub(crate) async fn list_plans(
    State(shared): State<Shared>,
    who: Who,
    headers: HeaderMap,
) -> Result<Response, Problem> {
    let plans = shared.store.export_plans(&who.org).await?;
    let seen = plans.iter().filter(|plan| sees_dataset(&who, plan.dataset, plan.store.as_ref()));
    tagged(&headers, &Plans { items: seen.map(shown_plan).collect() })
}

/// Lets something be exported again and again.
#[utoipa::path(
    post,
    path = "/api/v1/export-plans",
    tag = "exports",
    request_body = PlanForm,
    responses((status = 201, body = PlanShown))
)]
pub(crate) async fn create_plan(
    State(shared): State<Shared>,
    who: Who,
    Body(form): Body<PlanForm>,
) -> Result<Response, Problem> {
    let now = now();
    let dataset = read_dataset(&form.dataset)?;
    let store = read_store(&shared, &who, dataset, form.store.as_deref()).await?;
    for (name, days) in [("every_days", form.every_days), ("days", form.days.unwrap_or(1))] {
        if !(1..=PLAN_DAYS_MAX).contains(&days) {
            return Err(Problem::unprocessable(format!(
                "`{name}` is {days}: write a number from 1 to {PLAN_DAYS_MAX}"
            )));
        }
    }
    let first_at = WallMs(form.first_at_ms.unwrap_or(now.0));
    if first_at.0 < now.0 - DAY_MS || first_at.0 > now.0 + i64::from(PLAN_DAYS_MAX) * DAY_MS {
        return Err(Problem::unprocessable("`first_at_ms` has to lie within the next 366 days"));
    }
    let target = read_target(form.spreadsheet, form.sheet)?;
    let format = match (&form.format, &target) {
        (Some(format), _) => read_format(format)?,
        (None, Some(_)) => ExportFormat::Csv,
        (None, None) => {
            return Err(Problem::unprocessable("`format` is missing: `csv`, `xlsx`, `json` or `parquet`"));
        }
    };
    let plan = ExportPlan {
        id: ExportPlanId(Uuid::now_v7()),
        dataset,
        format,
        store,
        every_days: form.every_days,
        days: form.days.unwrap_or(form.every_days),
        target,
        next_at: first_at,
        made_by: who.actor.clone(),
    };
    let object = format!("export-plan:{}", plan.id);
    let audited = shared.audited(&who, "export-plan.create", &object, dataset.as_str())?;
    audited.add_export_plan(&who.org, &plan, now).await?;
    created(&format!("/api/v1/export-plans/{}", plan.id), shown_plan(&plan))
}

/// Ends a plan. What it has made stays.
#[utoipa::path(
    delete,
    path = "/api/v1/export-plans/{plan}",
    tag = "exports",
    params(("plan" = String, Path, description = "The plan's id")),
    responses((status = 204))
)]
pub(crate) async fn remove_plan(
    State(shared): State<Shared>,
    who: Who,
    Place(plan): Place<String>,
) -> Result<StatusCode, Problem> {
    let missing = || Problem::not_found("there is no such plan");
    let id = Uuid::parse_str(&plan).map(ExportPlanId).map_err(|_| missing())?;
    let plans = shared.store.export_plans(&who.org).await?;
    let plan = plans.iter().find(|plan| plan.id == id).ok_or_else(missing)?;
    if !sees_dataset(&who, plan.dataset, plan.store.as_ref()) {
        return Err(missing());
    }
    let audited = shared.audited(&who, "export-plan.remove", &format!("export-plan:{id}"), "")?;
    audited.remove_export_plan(&who.org, id).await?;
    Ok(StatusCode::NO_CONTENT)
}

/// An export by its id in a path. One that the caller may not see does not exist for them.
async fn known(shared: &Shared, who: &Who, text: &str) -> Result<StoredExport, Problem> {
    let missing = || Problem::not_found("there is no such export");
    let id = Uuid::parse_str(text).map(ExportId).map_err(|_| missing())?;
    let stored = shared.store.export(&who.org, id).await?;
    if sees(who, &stored.asked) { Ok(stored) } else { Err(missing()) }
}

fn sees(who: &Who, export: &NewExport) -> bool {
    sees_dataset(who, export.dataset, export.store.as_ref())
}

fn sees_dataset(who: &Who, dataset: ExportDataset, store: Option<&StoreId>) -> bool {
    let in_reach = match store {
        Some(store) => who.sees(store),
        None => who.stores_seen().is_none(),
    };
    in_reach && (dataset.is_of_stores() || who.oversees())
}

async fn read_store(
    shared: &Shared,
    who: &Who,
    dataset: ExportDataset,
    named: Option<&str>,
) -> Result<Option<StoreId>, Problem> {
    if !dataset.is_of_stores() {
        if named.is_some() {
            return Err(Problem::unprocessable("the audit log belongs to no store: leave `store` out"));
        }
        if !who.oversees() {
            return Err(Problem::forbidden("the audit log is for owners and auditors: ask one of them"));
        }
    }
    let Some(name) = named else {
        who.check_all_stores()?;
        return Ok(None);
    };
    let store = who.store(name)?;
    shared.store.store(&who.org, &store).await?;
    Ok(Some(store))
}

fn read_dataset(word: &str) -> Result<ExportDataset, Problem> {
    ExportDataset::from_word(word).ok_or_else(|| {
        Problem::unprocessable(
            "`dataset` is one of `sales`, `sale_lines`, `stock`, `stock_movements`, `prices`, `forecasts`, `forecast_totals`, `audit`",
        )
    })
}

fn read_format(word: &str) -> Result<ExportFormat, Problem> {
    ExportFormat::from_word(word)
        .ok_or_else(|| Problem::unprocessable("`format` is one of `csv`, `xlsx`, `json`, `parquet`"))
}

fn read_target(spreadsheet: Option<String>, sheet: Option<String>) -> Result<Option<SheetTarget>, Problem> {
    let (Some(spreadsheet), sheet) = (spreadsheet, sheet) else { return Ok(None) };
    let is_id = |text: &str| text.bytes().all(|byte| byte.is_ascii_alphanumeric() || b"-_".contains(&byte));
    let sheet = sheet.unwrap_or_default();
    if spreadsheet.is_empty() || spreadsheet.len() > SHEET_TEXT_MAX_LEN || !is_id(&spreadsheet) {
        return Err(Problem::unprocessable(
            "`spreadsheet` is no id of a spreadsheet: copy what stands between `/d/` and `/edit` in its address",
        ));
    }
    if sheet.is_empty() || sheet.len() > SHEET_TEXT_MAX_LEN || sheet.chars().any(char::is_control) {
        return Err(Problem::unprocessable("`sheet` is no name of a sheet in that spreadsheet"));
    }
    Ok(Some(SheetTarget { spreadsheet, sheet }))
}

fn media_type(format: ExportFormat) -> &'static str {
    match format {
        ExportFormat::Csv => "text/csv; charset=utf-8",
        ExportFormat::Xlsx => "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet",
        ExportFormat::Json => "application/json",
        ExportFormat::Parquet => "application/vnd.apache.parquet",
    }
}

fn shown(stored: &StoredExport) -> ExportShown {
    let asked = &stored.asked;
    let day = |day: Option<BusinessDay>| day.map(|day| day.to_string());
    ExportShown {
        id: asked.id.to_string(),
        dataset: asked.dataset.as_str().to_owned(),
        format: asked.format.as_str().to_owned(),
        store: asked.store.as_ref().map(ToString::to_string),
        first_day: day(asked.first_day),
        last_day: day(asked.last_day),
        spreadsheet: asked.target.as_ref().map(|target| target.spreadsheet.clone()),
        state: stored.state.as_str().to_owned(),
        rows: stored.rows,
        size_bytes: stored.size_bytes,
        problem: Some(stored.problem.clone()).filter(|problem| !problem.is_empty()),
        made_by: asked.made_by.to_string(),
        made_at_ms: ms(stored.made_at),
        finished_at_ms: stored.finished_at.map(ms),
        expires_at_ms: ms(asked.expires_at),
    }
}

fn shown_plan(plan: &ExportPlan) -> PlanShown {
    PlanShown {
        id: plan.id.to_string(),
        dataset: plan.dataset.as_str().to_owned(),
        format: plan.format.as_str().to_owned(),
        store: plan.store.as_ref().map(ToString::to_string),
        every_days: plan.every_days,
        days: plan.days,
        spreadsheet: plan.target.as_ref().map(|target| target.spreadsheet.clone()),
        sheet: plan.target.as_ref().map(|target| target.sheet.clone()),
        next_at_ms: ms(plan.next_at),
        made_by: plan.made_by.to_string(),
    }
}
