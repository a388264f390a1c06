//! What if a store ordered otherwise: the last months are lived through again, as it is and as somebody would have it.

use axum::Json;
use axum::extract::State;
use axum::http::StatusCode;
use cloud_demand::replenish::simulate::Report;
use domain::ids::ProductId;
use serde::{Deserialize, Serialize};
use tokio::sync::Semaphore;
use utoipa::ToSchema;

use super::forecasts::read_product_id;
use crate::auth::Who;
use crate::demand::days::{day_numbered, number_of};
use crate::demand::needs::Changes;
use crate::demand::{schedule, what_if};
use crate::gateway::{Body, Problem, Shared};
use crate::roles::now;

/// Days that are lived through when not said.
const DAYS: u32 = 91;
/// The fewest of which anything can be said.
const DAYS_MIN: u32 = 28;
/// One answer at a time: each takes a processor for seconds.
static ROOM: Semaphore = Semaphore::const_new(1);

/// What would be otherwise. What is not said stays as it is.
#[derive(Debug, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub(crate) struct WhatIfForm {
    /// Which store.
    store: String,
    /// Which products; those that sell most when not said.
    #[serde(default)]
    #[schema(max_items = 200)]
    products: Vec<String>,
    /// How many days are lived through, from 28 to 182; 91 when not said. Fewer where the store has not been open for as long and four
    /// weeks more.
    #[schema(minimum = 28, maximum = 182)]
    days: Option<u32>,
    /// The probability that what is there lasts until the next goods come, in hundredths of a percent: of what brings most, ..
    #[schema(minimum = 5_000, maximum = 9_990)]
    service_a: Option<u32>,
    /// .. of what comes next, ..
    #[schema(minimum = 5_000, maximum = 9_990)]
    service_b: Option<u32>,
    /// .. and of the rest.
    #[schema(minimum = 5_000, maximum = 9_990)]
    service_c: Option<u32>,
    /// Days from an order to the goods, of every product.
    #[schema(minimum = 0, maximum = 60)]
    lead_days: Option<u32>,
    /// Days from one order to the next.
    #[schema(minimum = 1, maximum = 60)]
    review_days: Option<u32>,
    /// What may be ordered at once, in minor units.
    #[schema(minimum = 0)]
    budget_minor: Option<i64>,
    /// The smallest order that suppliers take, in minor units.
    #[schema(minimum = 0)]
    order_min_minor: Option<i64>,
    /// Days for which what spoils can be sold.
    #[schema(minimum = 1, maximum = 3_650)]
    shelf_life_days: Option<u32>,
}

/// What came of it. Amounts are in minor units of the store's currency.
#[derive(Debug, Serialize, ToSchema)]
pub(crate) struct CameOf {
    /// Lost margin, waste and holding together.
    cost_minor: i64,
    /// The margin of what was wanted and not there.
    lost_minor: i64,
    /// What was thrown away, at its cost.
    waste_minor: i64,
    /// What having goods lying cost.
    holding_minor: i64,
    /// The share of what was wanted that was there, by value.
    fill_rate: f64,
    /// The share of what was bought that was thrown away, by value.
    waste_share: f64,
    /// What was sold.
    sold_minor: i64,
    /// Orders that were given.
    orders: u32,
}

/// Both, side by side.
#[derive(Debug, Serialize, ToSchema)]
pub(crate) struct WhatIf {
    currency: String,
    /// The first day that was lived through.
    first_day: String,
    days: usize,
    products: usize,
    as_it_is: CameOf,
    changed: CameOf,
}

/// Compares how a store orders with how it might, on days that were.
#[utoipa::path(
    post,
    path = "/api/v1/replenish/what-if",
    tag = "demand",
    request_body = WhatIfForm,
    responses((status = 200, body = WhatIf))
)]
pub(crate) async fn ask(
    State(shared): State<Shared>,
    who: Who,
    Body(form): Body<WhatIfForm>,
) -> Result<Json<WhatIf>, Problem> {
    form.check()?;
    let store = who.store(&form.store)?;
    let shop = shared.store.store(&who.org, &store).await?;
    let most = shared.config.forecast.what_if_series_max;
    if form.products.len() > most {
        let detail = format!("{} products: name at most {most}", form.products.len());
        return Err(Problem::unprocessable(detail));
    }
    let only: Vec<ProductId> =
        form.products.iter().map(|text| read_product_id(text)).collect::<Result<_, _>>()?;
    let only = Some(only.as_slice()).filter(|only| !only.is_empty());
    let Ok(_room) = ROOM.try_acquire() else {
        let detail = "somebody asks the same of this server: try again in a few seconds";
        return Err(Problem::new(StatusCode::SERVICE_UNAVAILABLE, "busy", detail));
    };
    let today = schedule::today(&shared.store, &who.org, now()).await.map_err(Problem::internal)?;
    let span = (number_of(today), form.days.unwrap_or(DAYS));
    let past = what_if::read(&shared.store, &shop, span, only, &form.changes(), most).await?;
    if past.days() < DAYS_MIN as usize {
        let least = DAYS_MIN as usize + what_if::KNOWN_DAYS_MIN;
        let detail =
            format!("too little was sold: {least} days of sales of what can be ordered have to be known");
        return Err(Problem::new(StatusCode::CONFLICT, "too_little_known", detail));
    }
    let compared = tokio::task::spawn_blocking(move || what_if::compare(past)).await;
    let compared = compared
        .map_err(Problem::internal)?
        .map_err(|invalid| Problem::unprocessable(format!("it cannot be lived through: {invalid}")))?;
    Ok(Json(WhatIf {
        currency: shop.details.currency.to_string(),
        first_day: day_numbered(compared.first_day).to_string(),
        days: compared.days,
        products: compared.products,
        as_it_is: came_of(&compared.as_it_is),
        changed: came_of(&compared.changed),
    }))
}

impl WhatIfForm {
    fn check(&self) -> Result<(), Problem> {
        let numbers = [
            ("days", self.days.map(i64::from), i64::from(DAYS_MIN), 182),
            ("service_a", self.service_a.map(i64::from), 5_000, 9_990),
            ("service_b", self.service_b.map(i64::from), 5_000, 9_990),
            ("service_c", self.service_c.map(i64::from), 5_000, 9_990),
            ("lead_days", self.lead_days.map(i64::from), 0, 60),
            ("review_days", self.review_days.map(i64::from), 1, 60),
            ("budget_minor", self.budget_minor, 0, i64::MAX),
            ("order_min_minor", self.order_min_minor, 0, 1_000_000_000_000),
            ("shelf_life_days", self.shelf_life_days.map(i64::from), 1, 3_650),
        ];
        for (name, value, least, most) in numbers {
            if let Some(value) = value.filter(|value| !(least..=most).contains(value)) {
                let detail = format!("`{name}` is {value}: write {least} to {most}");
                return Err(Problem::unprocessable(detail));
            }
        }
        Ok(())
    }

    fn changes(&self) -> Changes {
        Changes {
            service: [self.service_a, self.service_b, self.service_c],
            lead_days: self.lead_days,
            review_days: self.review_days,
            budget_minor: self.budget_minor,
            order_min_minor: self.order_min_minor,
            shelf_life_days: self.shelf_life_days,
        }
    }
}

fn came_of(report: &Report) -> CameOf {
    let total = report.total();
    CameOf {
        cost_minor: report.cost_minor(),
        lost_minor: total.lost_minor,
        waste_minor: total.waste_minor,
        holding_minor: total.holding_minor,
        fill_rate: (total.fill_rate() * 10_000.0).round() / 10_000.0,
        waste_share: (total.waste_share() * 10_000.0).round() / 10_000.0,
        sold_minor: total.sold_minor,
        orders: report.orders,
    }
}
