//! Runs: forecasts of everything that an organisation sells, asked for and looked at.

use axum::extract::State;
use axum::http::HeaderMap;
use axum::response::Response;
use cloud_store::{ForecastRun, ForecastRunId};
use serde::{Deserialize, Serialize};
use utoipa::ToSchema;

use crate::auth::Who;
use crate::demand::schedule;
use crate::gateway::{Body, Place, Problem, Shared};
use crate::rest::answer::{created, ms, tagged};
use crate::rest::sourcing::values::read_id;
use crate::roles::now;

/// Runs that are shown, the newest first.
const SHOWN_MAX: u32 = 100;
/// The fewest and the most days that are forecast.
const DAYS: std::ops::RangeInclusive<u32> = 7..=90;

/// A run that is asked for.
#[derive(Debug, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub(crate) struct RunForm {
    /// How many days to forecast; as many as every night when not said.
    #[schema(minimum = 7, maximum = 90)]
    days: Option<u32>,
}

/// A run and how far it has come.
#[derive(Debug, Serialize, ToSchema)]
pub(crate) struct RunShown {
    id: String,
    /// `planned`, `running` or `done`.
    state: String,
    /// Whether it is a night's run.
    nightly: bool,
    first_day: String,
    days: u32,
    /// Series (a product in a store) that it forecasts; none before that is known.
    series: u64,
    /// Parts that workers share, and those that are done.
    parts: u64,
    parts_done: u64,
    made_by: String,
    made_at_ms: i64,
    finished_at_ms: Option<i64>,
}

/// Runs, the newest first.
#[derive(Debug, Serialize, ToSchema)]
pub(crate) struct Runs {
    items: Vec<RunShown>,
}

/// Lists runs, the newest first.
#[utoipa::path(get, path = "/api/v1/forecast-runs", tag = "demand", responses((status = 200, body = Runs)))]
pub(crate) async fn list(
    State(shared): State<Shared>,
    who: Who,
    headers: HeaderMap,
) -> Result<Response, Problem> {
    let runs = shared.store.forecast_runs(&who.org, SHOWN_MAX).await?;
    tagged(&headers, &Runs { items: runs.iter().map(shown).collect() })
}

/// Asks for a run of everything that the organisation sells.
#[utoipa::path(
    post,
    path = "/api/v1/forecast-runs",
    tag = "demand",
    request_body = RunForm,
    responses((status = 201, body = RunShown))
)]
pub(crate) async fn create(
    State(shared): State<Shared>,
    who: Who,
    Body(form): Body<RunForm>,
) -> Result<Response, Problem> {
    who.check_all_stores()?;
    let days = form.days.unwrap_or(shared.config.forecast.days);
    if !DAYS.contains(&days) {
        return Err(Problem::unprocessable(format!("`days` is {days}: write 7 to 90")));
    }
    let now = now();
    let first_day = schedule::today(&shared.store, &who.org, now).await.map_err(Problem::internal)?;
    let detail = format!("{days} days from {first_day}");
    let audited = shared.audited(&who, "forecast_run.create", "forecast", &detail)?;
    let asked = schedule::ask(&audited, &who.org, (first_day, days), false, &who.actor, now).await;
    let id = asked.map_err(|error| match error.downcast::<cloud_store::StoreError>() {
        Ok(error) => error.into(),
        Err(error) => Problem::internal(error),
    })?;
    let id = id.ok_or_else(|| Problem::internal(anyhow::anyhow!("a run that was asked for was not made")))?;
    shared.wake_forecasters.notify_one();
    let made = shared.store.forecast_run(&who.org, id).await?;
    created(&format!("/api/v1/forecast-runs/{id}"), shown(&made))
}

/// A run and how far it has come.
#[utoipa::path(
    get,
    path = "/api/v1/forecast-runs/{run}",
    tag = "demand",
    params(("run" = String, Path, description = "The run's id")),
    responses((status = 200, body = RunShown))
)]
pub(crate) async fn get(
    State(shared): State<Shared>,
    who: Who,
    Place(run): Place<String>,
    headers: HeaderMap,
) -> Result<Response, Problem> {
    let id = ForecastRunId(read_id("forecast run", &run)?);
    tagged(&headers, &shown(&shared.store.forecast_run(&who.org, id).await?))
}

fn shown(run: &ForecastRun) -> RunShown {
    RunShown {
        id: run.run.id.to_string(),
        state: run.state.as_str().to_owned(),
        nightly: run.run.nightly,
        first_day: run.run.first_day.to_string(),
        days: run.run.days,
        series: run.series,
        parts: run.shards,
        parts_done: run.shards_done,
        made_by: run.made_by.to_string(),
        made_at_ms: ms(run.made_at),
        finished_at_ms: run.finished_at.map(ms),
    }
}
