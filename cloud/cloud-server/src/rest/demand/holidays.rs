//! Days on which people buy otherwise than on other days of the week.

use axum::Json;
use axum::extract::State;
use axum::http::{HeaderMap, StatusCode};
use axum::response::Response;
use cloud_store::Holiday;
use domain::time::BusinessDay;
use serde::{Deserialize, Serialize};
use utoipa::{IntoParams, ToSchema};

use crate::auth::Who;
use crate::demand::holidays::Country;
use crate::gateway::{Body, Params, Place, Problem, Shared};
use crate::rest::answer::tagged;
use crate::rest::sourcing::values::{read_day, read_day_if, today};

/// Years whose holidays are written at once.
const YEARS: std::ops::RangeInclusive<i16> = 1990..=2100;

/// A holiday.
#[derive(Debug, Serialize, ToSchema)]
pub(crate) struct HolidayShown {
    day: String,
    /// The same name in another year is the same holiday.
    name: String,
}

/// Holidays in order.
#[derive(Debug, Serialize, ToSchema)]
pub(crate) struct Holidays {
    items: Vec<HolidayShown>,
}

/// Which holidays.
#[derive(Debug, Deserialize, IntoParams)]
#[serde(deny_unknown_fields)]
#[into_params(parameter_in = Query)]
pub(crate) struct HolidayParams {
    /// From this day on, such as `2026-01-01`; the first of January when not said.
    from: Option<String>,
    /// Up to this day; a year and a day later when not said.
    to: Option<String>,
}

/// What a day is called.
#[derive(Debug, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub(crate) struct HolidayForm {
    /// Its name.
    #[schema(example = "City Day")]
    name: String,
}

/// Public holidays that are known without being written down.
#[derive(Debug, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub(crate) struct BuiltInForm {
    /// `de` or `ru`.
    #[schema(example = "de")]
    country: String,
    /// Which year.
    #[schema(example = 2026, minimum = 1990, maximum = 2100)]
    year: i16,
}

/// Lists holidays in order.
#[utoipa::path(
    get,
    path = "/api/v1/holidays",
    tag = "demand",
    params(HolidayParams),
    responses((status = 200, body = Holidays))
)]
pub(crate) async fn list(
    State(shared): State<Shared>,
    who: Who,
    Params(params): Params<HolidayParams>,
    headers: HeaderMap,
) -> Result<Response, Problem> {
    let year = today().year;
    let from = read_day_if("from", params.from.as_deref())?;
    let from = from.unwrap_or(BusinessDay { year, month: 1, day: 1 });
    let to = read_day_if("to", params.to.as_deref())?;
    let to = to.unwrap_or(BusinessDay { year: from.year.saturating_add(1), ..from });
    let holidays = shared.store.holidays(&who.org, from, to).await?;
    tagged(&headers, &shown(holidays))
}

/// Says that a day is a holiday, or gives it another name.
#[utoipa::path(
    put,
    path = "/api/v1/holidays/{day}",
    tag = "demand",
    params(("day" = String, Path, description = "The day, such as `2026-01-31`")),
    request_body = HolidayForm,
    responses((status = 200, body = HolidayShown))
)]
pub(crate) async fn put(
    State(shared): State<Shared>,
    who: Who,
    Place(day): Place<String>,
    Body(form): Body<HolidayForm>,
) -> Result<Json<HolidayShown>, Problem> {
    who.check_all_stores()?;
    let holiday = Holiday { day: read_day("day", &day)?, name: form.name.trim().to_owned() };
    let audited = shared.audited(&who, "holiday.put", &format!("holiday:{}", holiday.day), &holiday.name)?;
    audited.put_holidays(&who.org, std::slice::from_ref(&holiday)).await?;
    Ok(Json(one(holiday)))
}

/// Takes a holiday back.
#[utoipa::path(
    delete,
    path = "/api/v1/holidays/{day}",
    tag = "demand",
    params(("day" = String, Path, description = "The day, such as `2026-01-31`")),
    responses((status = 204))
)]
pub(crate) async fn remove(
    State(shared): State<Shared>,
    who: Who,
    Place(day): Place<String>,
) -> Result<StatusCode, Problem> {
    who.check_all_stores()?;
    let day = read_day("day", &day)?;
    let audited = shared.audited(&who, "holiday.remove", &format!("holiday:{day}"), "")?;
    audited.remove_holiday(&who.org, day).await?;
    Ok(StatusCode::NO_CONTENT)
}

/// Writes down the public holidays that the whole of a country has in a year; days that have a name keep none of their old ones.
#[utoipa::path(
    post,
    path = "/api/v1/holidays/built-in",
    tag = "demand",
    request_body = BuiltInForm,
    responses((status = 200, body = Holidays))
)]
pub(crate) async fn built_in(
    State(shared): State<Shared>,
    who: Who,
    Body(form): Body<BuiltInForm>,
) -> Result<Json<Holidays>, Problem> {
    who.check_all_stores()?;
    let country = Country::from_word(&form.country)
        .ok_or_else(|| Problem::unprocessable("`country` is neither `de` nor `ru`: name days one by one"))?;
    if !YEARS.contains(&form.year) {
        return Err(Problem::unprocessable(format!("`year` is {}: write 1990 to 2100", form.year)));
    }
    let holidays = country.holidays(form.year);
    let detail = format!("{} {}", form.country, form.year);
    let audited = shared.audited(&who, "holiday.built_in", "holiday", &detail)?;
    audited.put_holidays(&who.org, &holidays).await?;
    Ok(Json(shown(holidays)))
}

fn shown(holidays: Vec<Holiday>) -> Holidays {
    Holidays { items: holidays.into_iter().map(one).collect() }
}

fn one(holiday: Holiday) -> HolidayShown {
    HolidayShown { day: holiday.day.to_string(), name: holiday.name }
}
