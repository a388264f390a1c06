//! What a whole store and each of its categories are expected to sell.

use axum::extract::State;
use axum::http::HeaderMap;
use axum::response::Response;
use cloud_store::{ForecastTotal, TotalLevel};
use serde::{Deserialize, Serialize};
use utoipa::{IntoParams, ToSchema};

use super::forecasts::{Goodness, ReasonShown, reasons_of};
use crate::auth::Who;
use crate::demand::days::{day_numbered, number_of};
use crate::demand::totals::{SOLD_DAYS_MAX, days_of};
use crate::gateway::{Params, Place, Problem, Shared};
use crate::rest::answer::{Page, ms, page, read_cursor, tagged};

/// Totals on a page when not said, and at most: each has all its days.
const SHOWN: u32 = 50;
const SHOWN_MAX: u32 = 100;
/// Days of history that are shown when not said.
const HISTORY_DAYS: usize = 56;
/// Days that are summed up.
const WEEK: usize = 7;
const FORTNIGHT: usize = 14;
/// What stands before a category in a cursor, so that no category is not the empty text.
const CURSOR: &str = "category ";

/// What is summed up.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
#[serde(rename_all = "snake_case")]
pub(crate) enum SummedBy {
    /// Everything that the store sells.
    #[default]
    Store,
    /// What it sells of each category.
    Category,
}

/// Which totals, and how much of the past beside them.
#[derive(Debug, Deserialize, IntoParams)]
#[serde(deny_unknown_fields)]
#[into_params(parameter_in = Query)]
pub(crate) struct TotalParams {
    /// What is summed up: `store` when not said, or `category`.
    #[serde(default)]
    #[param(inline)]
    by: SummedBy,
    /// Days of history, from 0 to 400; 56 when not said.
    #[param(minimum = 0, maximum = 400)]
    history_days: Option<u32>,
    /// How many, from 1 to 100; 50 when not said.
    #[param(minimum = 1, maximum = 100)]
    limit: Option<u32>,
    /// `next` of the page before.
    after: Option<String>,
}

/// What is expected of some days together, in minor units.
#[derive(Debug, Serialize, ToSchema)]
pub(crate) struct Ahead {
    /// How many days, from the first on.
    days: usize,
    /// What is expected.
    mean_minor: i64,
    /// It is no more than this in nine of ten cases.
    high_minor: i64,
}

/// What is expected of one day, in minor units.
#[derive(Debug, Serialize, ToSchema)]
pub(crate) struct TotalDayShown {
    day: String,
    /// What is expected, agreed over all levels: categories sum up to their store, and what products add to them (`agreed` of a
    /// forecast) to their category.
    mean_minor: i64,
    /// Between these it lies on eight of ten days.
    low_minor: i64,
    /// See `low_minor`.
    high_minor: i64,
    /// What was expected of the sum by itself; null where too little is known for that.
    own_mean_minor: Option<i64>,
}

/// What was sold on a day at the prices of that day, in minor units.
#[derive(Debug, Serialize, ToSchema)]
pub(crate) struct SoldValue {
    day: String,
    sold_minor: i64,
}

/// What a store, or a category of it, is expected to sell: quantities times the prices of each day, with the tax that is in them.
#[derive(Debug, Serialize, ToSchema)]
pub(crate) struct TotalShown {
    /// What is summed up.
    by: SummedBy,
    /// The category's name; null for a store, and for products that have no category.
    category: Option<String>,
    /// How many products it sums up.
    products: u32,
    currency: String,
    /// How many digits of an amount in minor units stand behind the point.
    currency_exponent: u32,
    /// The run whose forecasts it sums up.
    run: String,
    first_day: String,
    days: u32,
    /// The method that forecast it by itself, `mix` of several, or `sum` where too little is known for that and it is the sum of its products.
    method: String,
    /// The next seven days.
    week: Ahead,
    /// The next fourteen days, or fewer where fewer are forecast.
    fortnight: Ahead,
    /// How good the forecast by itself has been, where that could be measured.
    goodness: Option<Goodness>,
    /// Days of history that it knew.
    history_days: u32,
    /// When it was made.
    made_at_ms: i64,
    /// Day by day.
    forecast: Vec<TotalDayShown>,
    /// What was sold in the days before.
    history: Vec<SoldValue>,
    /// Why it is so.
    reasons: Vec<ReasonShown>,
}

/// Lists what a store is expected to sell in value: all together, or each of its categories in order of name. Nothing before the first
/// run of forecasts is summed up.
#[utoipa::path(
    get,
    path = "/api/v1/stores/{store}/forecast-totals",
    tag = "demand",
    params(("store" = String, Path, description = "The store's id"), TotalParams),
    responses((status = 200, body = Page<TotalShown>))
)]
pub(crate) async fn list(
    State(shared): State<Shared>,
    who: Who,
    Place(store): Place<String>,
    Params(params): Params<TotalParams>,
    headers: HeaderMap,
) -> Result<Response, Problem> {
    let store = who.store(&store)?;
    shared.store.store(&who.org, &store).await?;
    let limit = params.limit.unwrap_or(SHOWN);
    if !(1..=SHOWN_MAX).contains(&limit) {
        return Err(Problem::unprocessable(format!("`limit` is {limit}: ask for 1 to {SHOWN_MAX} at once")));
    }
    let days = params.history_days.map_or(HISTORY_DAYS, |days| days as usize);
    if days > SOLD_DAYS_MAX {
        let detail = format!("`history_days` is {days}: ask for 0 to {SOLD_DAYS_MAX}");
        return Err(Problem::unprocessable(detail));
    }
    let after = read_after(params.after.as_deref())?;
    let level = match params.by {
        SummedBy::Store => TotalLevel::Store,
        SummedBy::Category => TotalLevel::Category,
    };
    let found = shared.store.forecast_totals(&who.org, &store, level, after.as_deref(), limit + 1).await?;
    let items = found.iter().map(|total| shown(total, days)).collect::<Result<Vec<_>, Problem>>()?;
    let key = |total: &TotalShown| format!("{CURSOR}{}", total.category.as_deref().unwrap_or_default());
    tagged(&headers, &page(items, limit, key))
}

fn read_after(after: Option<&str>) -> Result<Option<String>, Problem> {
    let Some(text) = read_cursor(after)? else { return Ok(None) };
    let category = text.strip_prefix(CURSOR);
    let category = category.ok_or_else(|| Problem::unprocessable("`after` is no cursor of this list"))?;
    Ok(Some(category.to_owned()))
}

fn shown(total: &ForecastTotal, history_days: usize) -> Result<TotalShown, Problem> {
    let (made, of) = (&total.total, &total.of);
    let days = days_of(&made.figures).ok_or_else(|| {
        let problem = format!("the figures of the total `{}` of `{}` are none", made.category, total.store);
        Problem::internal(anyhow::anyhow!(problem))
    })?;
    let ahead = |wanted: usize| {
        let summed = &days[..wanted.min(days.len())];
        Ahead {
            days: summed.len(),
            mean_minor: summed.iter().map(|day| day.mean).sum(),
            high_minor: summed.last().map_or(0, |day| day.high_so_far),
        }
    };
    let first = number_of(of.first_day);
    let own = made.own.iter().copied().map(Some).chain(std::iter::repeat(None));
    let forecast = (first..).zip(days.iter().zip(own)).map(|(day, (of_day, own))| TotalDayShown {
        day: day_numbered(day).to_string(),
        mean_minor: of_day.mean,
        low_minor: of_day.low,
        high_minor: of_day.high,
        own_mean_minor: own,
    });
    let sold = &made.sold[made.sold.len().saturating_sub(history_days)..];
    let since = first - i64::try_from(sold.len()).map_err(Problem::internal)?;
    let history = (since..)
        .zip(sold)
        .map(|(day, sold)| SoldValue { day: day_numbered(day).to_string(), sold_minor: *sold });
    Ok(TotalShown {
        by: match made.level {
            TotalLevel::Store => SummedBy::Store,
            TotalLevel::Category => SummedBy::Category,
        },
        category: Some(made.category.clone()).filter(|name| !name.is_empty()),
        products: made.products,
        currency: made.currency.to_string(),
        currency_exponent: made.currency.exponent(),
        run: of.run.to_string(),
        first_day: of.first_day.to_string(),
        days: of.days,
        method: made.method.clone(),
        week: ahead(WEEK),
        fortnight: ahead(FORTNIGHT),
        goodness: Goodness::of(made.mase, made.mase_naive),
        history_days: made.history_days,
        made_at_ms: ms(total.made_at),
        forecast: forecast.collect(),
        history: history.collect(),
        reasons: reasons_of(&made.reasons),
    })
}
