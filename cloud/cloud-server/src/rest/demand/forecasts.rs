//! What is expected to be sold, how sure that is, how good it has been, and why.

use std::collections::BTreeMap;

use axum::extract::State;
use axum::http::HeaderMap;
use axum::response::Response;
use cloud_demand::forecast::{LEVELS, Quantiles};
use cloud_store::{Forecast, ProductRange};
use domain::ids::{ProductId, StoreId};
use serde::{Deserialize, Serialize};
use utoipa::{IntoParams, ToSchema};

use crate::auth::Who;
use crate::demand::days::{day_numbered, number_of};
use crate::demand::reasons::{self, Reason, Tongue};
use crate::demand::series::units_of;
use crate::demand::shards::unpacked;
use crate::gateway::{Params, Place, Problem, Shared};
use crate::rest::answer::{Page, PageParams, ms, page, page_size, read_product_cursor, tagged};
use crate::rest::sourcing::values::Unit;

/// Days of history that are shown when not said, and at most.
const HISTORY_DAYS: u32 = 56;
const HISTORY_DAYS_MAX: u32 = 400;
/// Days that a list sums up.
const WEEK: usize = 7;

/// How good a forecast has been on days that it did not know, against selling as on the same day of the last week.
#[derive(Debug, Serialize, ToSchema)]
pub(crate) struct Goodness {
    /// Mean absolute error, scaled: 1 is as wrong as repeating the week is on the history.
    mase: f64,
    /// The same of repeating the last week.
    seasonal_naive_mase: f64,
    /// Whether it was better than that.
    is_better: bool,
}

impl Goodness {
    pub(super) fn of(mase: Option<f64>, naive: Option<f64>) -> Option<Self> {
        let (mase, naive) = mase.zip(naive)?;
        Some(Self { mase: rounded(mase), seasonal_naive_mase: rounded(naive), is_better: mase < naive })
    }
}

/// A sentence in the languages of the dashboard.
#[derive(Debug, Serialize, ToSchema)]
pub(crate) struct Sentence {
    pub(super) en: String,
    pub(super) ru: String,
}

/// One reason, for software and for people.
#[derive(Debug, Serialize, ToSchema)]
pub(crate) struct ReasonShown {
    /// What it is.
    reason: Reason,
    /// In words.
    text: Sentence,
}

/// What is expected of one day. Pieces or kilograms.
#[derive(Debug, Serialize, ToSchema)]
pub(crate) struct ForecastDay {
    day: String,
    /// What is expected on average.
    mean: f64,
    /// What is sold at most with each of `levels`.
    quantiles: Vec<f64>,
    /// The same of everything from the first day up to this one.
    cumulative: Vec<f64>,
}

/// What was sold on a day. Pieces or kilograms.
#[derive(Debug, Serialize, ToSchema)]
pub(crate) struct SoldDayShown {
    day: String,
    sold: f64,
}

/// A forecast without its days.
#[derive(Debug, Serialize, ToSchema)]
pub(crate) struct ForecastBrief {
    product: String,
    /// Its name by language.
    name: BTreeMap<String, String>,
    /// What the figures count: `piece`, or kilograms where it is `gram`.
    unit: Unit,
    first_day: String,
    days: u32,
    /// The method that made it, `mix` of several, or `alike` where products like it stand for it.
    method: String,
    /// What is expected in the first week.
    week_mean: f64,
    /// What is enough for the first week in nine of ten cases.
    week_high: f64,
    /// How good it has been, where that could be measured.
    goodness: Option<Goodness>,
    /// Days of history that it knew.
    history_days: u32,
    /// When it was made.
    made_at_ms: i64,
}

/// The forecast of a product in a store.
#[derive(Debug, Serialize, ToSchema)]
pub(crate) struct ForecastShown {
    store: String,
    /// The run that made it.
    run: String,
    #[serde(flatten)]
    brief: ForecastBrief,
    /// The probabilities of the quantiles.
    levels: Vec<f64>,
    /// Day by day.
    forecast: Vec<ForecastDay>,
    /// What was sold in the days before.
    history: Vec<SoldDayShown>,
    /// What it adds to the totals of the store; null where it is not summed up.
    agreed: Option<AgreedValue>,
    /// Why it is so.
    reasons: Vec<ReasonShown>,
}

/// What a product adds to the totals of its store: its forecast at the price of each day, brought to agree with what its category and the
/// store are expected to sell by themselves. Orders go by the forecast itself, which is the better one for a product.
#[derive(Debug, Serialize, ToSchema)]
pub(crate) struct AgreedValue {
    currency: String,
    first_day: String,
    /// Each day's value in minor units, from the first day on. The products of a category sum up to it.
    amounts_minor: Vec<i64>,
}

/// How much of the past is shown beside a forecast.
#[derive(Debug, Deserialize, IntoParams)]
#[serde(deny_unknown_fields)]
#[into_params(parameter_in = Query)]
pub(crate) struct ForecastParams {
    /// Days of history, from 0 to 400; 56 when not said.
    #[param(minimum = 0, maximum = 400)]
    history_days: Option<u32>,
}

/// Lists the forecasts of a store, in order of product.
#[utoipa::path(
    get,
    path = "/api/v1/stores/{store}/forecasts",
    tag = "demand",
    params(("store" = String, Path, description = "The store's id"), PageParams),
    responses((status = 200, body = Page<ForecastBrief>))
)]
pub(crate) async fn list(
    State(shared): State<Shared>,
    who: Who,
    Place(store): Place<String>,
    Params(params): Params<PageParams>,
    headers: HeaderMap,
) -> Result<Response, Problem> {
    let store = who.store(&store)?;
    shared.store.store(&who.org, &store).await?;
    let limit = page_size(params.limit)?;
    let after = read_product_cursor(params.after.as_deref())?;
    let found = shared.store.forecasts(&who.org, &store, after.as_ref(), limit + 1).await?;
    let names = names(&shared, &who, &found).await?;
    let items = found.iter().map(|forecast| brief(forecast, &names)).collect::<Result<Vec<_>, Problem>>()?;
    tagged(&headers, &page(items, limit, |forecast: &ForecastBrief| forecast.product.clone()))
}

/// The forecast of a product in a store, with how sure it is, how good it has been, and why.
#[utoipa::path(
    get,
    path = "/api/v1/stores/{store}/forecasts/{product}",
    tag = "demand",
    params(
        ("store" = String, Path, description = "The store's id"),
        ("product" = String, Path, description = "The product's id"),
        ForecastParams
    ),
    responses((status = 200, body = ForecastShown))
)]
pub(crate) async fn get(
    State(shared): State<Shared>,
    who: Who,
    Place((store, product)): Place<(String, String)>,
    Params(params): Params<ForecastParams>,
    headers: HeaderMap,
) -> Result<Response, Problem> {
    let store = who.store(&store)?;
    let product = read_product_id(&product)?;
    let days = params.history_days.unwrap_or(HISTORY_DAYS);
    if days > HISTORY_DAYS_MAX {
        let detail = format!("`history_days` is {days}: ask for 0 to {HISTORY_DAYS_MAX}");
        return Err(Problem::unprocessable(detail));
    }
    let forecast = shared.store.forecast(&who.org, &store, &product).await?;
    let history = history(&shared, &who, &store, &forecast, days).await?;
    let names = names(&shared, &who, std::slice::from_ref(&forecast)).await?;
    let figures = figures_of(&forecast)?;
    let first = number_of(forecast.first_day);
    let rounded_all = |quantiles: &Quantiles| quantiles.iter().map(|value| rounded(*value)).collect();
    let days = (first..).zip(figures.mean.iter().zip(&figures.daily).zip(&figures.cumulative)).map(
        |(day, ((mean, daily), cumulative))| ForecastDay {
            day: day_numbered(day).to_string(),
            mean: rounded(*mean),
            quantiles: rounded_all(daily),
            cumulative: rounded_all(cumulative),
        },
    );
    let shown = ForecastShown {
        store: forecast.store.to_string(),
        run: forecast.run.to_string(),
        brief: brief(&forecast, &names)?,
        levels: LEVELS.to_vec(),
        forecast: days.collect(),
        history,
        agreed: agreed(&shared, &who, &forecast).await?,
        reasons: reasons_of(&forecast.forecast.reasons),
    };
    tagged(&headers, &shown)
}

/// A product's id in a path: what is none names nothing that exists.
pub(super) fn read_product_id(text: &str) -> Result<ProductId, Problem> {
    ProductId::new(text).map_err(|_| Problem::not_found("there is no such product"))
}

async fn history(
    shared: &Shared,
    who: &Who,
    store: &StoreId,
    forecast: &Forecast,
    days: u32,
) -> Result<Vec<SoldDayShown>, Problem> {
    let (end, unit) = (number_of(forecast.first_day), forecast.forecast.unit);
    let product = forecast.forecast.product.clone();
    let range = ProductRange { first: product.clone(), last: product };
    let first = end - i64::from(days.min(forecast.forecast.history_days));
    let sold = shared.store.sold_by_day(&who.org, store, &range, day_numbered(first)).await?;
    let sold: BTreeMap<i64, i64> = sold
        .into_iter()
        .filter(|one| one.unit == unit)
        .map(|one| (number_of(one.day), one.quantity))
        .collect();
    let of_day = |day: i64| SoldDayShown {
        day: day_numbered(day).to_string(),
        sold: rounded(sold.get(&day).copied().unwrap_or(0) as f64 / f64::from(units_of(unit))),
    };
    Ok((first..end).map(of_day).collect())
}

async fn agreed(shared: &Shared, who: &Who, forecast: &Forecast) -> Result<Option<AgreedValue>, Problem> {
    let product = &forecast.forecast.product;
    let Some((first_day, amounts_minor)) =
        shared.store.forecast_part(&who.org, &forecast.store, product).await?
    else {
        return Ok(None);
    };
    let shop = shared.store.store(&who.org, &forecast.store).await?;
    let currency = shop.details.currency.to_string();
    Ok(Some(AgreedValue { currency, first_day: first_day.to_string(), amounts_minor }))
}

/// What products are called, by language.
type Names = BTreeMap<ProductId, BTreeMap<String, String>>;

async fn names(shared: &Shared, who: &Who, forecasts: &[Forecast]) -> Result<Names, Problem> {
    let ids: Vec<ProductId> = forecasts.iter().map(|one| one.forecast.product.clone()).collect();
    let products = shared.store.products_of(&who.org, &ids).await?;
    Ok(products.into_iter().map(|one| (one.product.id, one.product.name.0)).collect())
}

fn figures_of(forecast: &Forecast) -> Result<cloud_demand::forecast::Forecast, Problem> {
    unpacked(&forecast.forecast.figures).ok_or_else(|| {
        let product = &forecast.forecast.product;
        Problem::internal(anyhow::anyhow!("the figures of the forecast of `{product}` are none"))
    })
}

fn brief(forecast: &Forecast, names: &Names) -> Result<ForecastBrief, Problem> {
    let figures = figures_of(forecast)?;
    let made = &forecast.forecast;
    let week = figures.mean.len().min(WEEK);
    let high = LEVELS.iter().position(|level| *level >= 0.9).unwrap_or(0);
    Ok(ForecastBrief {
        product: made.product.to_string(),
        name: names.get(&made.product).cloned().unwrap_or_default(),
        unit: made.unit.into(),
        first_day: forecast.first_day.to_string(),
        days: forecast.days,
        method: made.method.clone(),
        week_mean: rounded(figures.mean[..week].iter().sum()),
        week_high: figures.cumulative.get(week.saturating_sub(1)).map_or(0.0, |sum| rounded(sum[high])),
        goodness: Goodness::of(made.mase, made.mase_naive),
        history_days: made.history_days,
        made_at_ms: ms(forecast.made_at),
    })
}

/// What was kept as reasons, in words too.
pub(super) fn reasons_of(kept: &str) -> Vec<ReasonShown> {
    reasons::read(kept).into_iter().map(reason_shown).collect()
}

fn reason_shown(reason: Reason) -> ReasonShown {
    let text = Sentence { en: reason.sentence(Tongue::En), ru: reason.sentence(Tongue::Ru) };
    ReasonShown { reason, text }
}

/// What is kept has seven digits, and nobody sells a thousandth of a gram.
fn rounded(value: f64) -> f64 {
    (value * 1_000.0).round() / 1_000.0
}
