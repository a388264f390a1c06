//! What was thrown away or lost.

use axum::Json;
use axum::extract::State;
use axum::http::HeaderMap;
use axum::response::Response;
use cloud_store::{NewWaste, StockWaste, StockWasteId, StoreInfo, WasteReason, WasteSum};
use domain::time::{BusinessDay, WallMs};
use serde::{Deserialize, Serialize};
use utoipa::{IntoParams, ToSchema};

use super::event::Done;
use super::{CountedIn, own_id, read_product};
use crate::auth::Who;
use crate::demand::days::{day_numbered, number_of, start_of, zone_of};
use crate::gateway::{Body, Params, Place, Problem, Shared};
use crate::rest::answer::tagged;
use crate::rest::sourcing::values::read_day;
use crate::roles::now;

/// Why goods were thrown away or lost.
#[derive(Debug, Clone, Copy, Deserialize, ToSchema)]
#[serde(rename_all = "snake_case")]
pub(crate) enum WasteWord {
    /// Their day was over.
    Expired,
    /// They broke or spoilt.
    Damaged,
    /// They were stolen.
    Stolen,
    /// The shop used them itself.
    OwnUse,
    /// Something else: the note says what.
    Other,
}

/// What was thrown away or lost.
#[derive(Debug, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub(crate) struct WasteForm {
    /// A UUID that the caller drew: the same again is booked once.
    id: Option<String>,
    product: String,
    /// As the product is sold when not said.
    unit: Option<CountedIn>,
    /// Pieces or grams.
    #[schema(minimum = 1, maximum = 1_000_000_000_000_u64)]
    quantity: u64,
    reason: WasteWord,
    /// What else is to be said.
    #[serde(default)]
    #[schema(max_length = 1000)]
    note: String,
}

/// What was thrown away or lost, and what it was worth.
#[derive(Debug, Serialize, ToSchema)]
pub(crate) struct WasteShown {
    product: String,
    unit: CountedIn,
    quantity: u64,
    /// `expired`, `damaged`, `stolen`, `own_use`, `transfer` (it did not come with one) or `other`.
    reason: String,
    /// What it had cost without tax, in minor units, where an order or a document says so.
    cost_minor: Option<i64>,
    /// What it would have been sold for, in minor units; nothing where the product has no price in the store's currency.
    price_minor: Option<i64>,
    currency: String,
}

/// What was booked.
#[derive(Debug, Serialize, ToSchema)]
pub(crate) struct WasteTakenShown {
    waste: WasteShown,
    /// On hand now.
    quantity: i64,
    /// Whether it was booked now, and not before.
    is_new: bool,
}

/// Waste of one product for one reason.
#[derive(Debug, Serialize, ToSchema)]
pub(crate) struct WasteSumShown {
    waste: WasteShown,
    /// How often it was booked.
    times: u64,
    /// How often without a known cost: `cost_minor` leaves those out.
    without_cost: u64,
}

/// Waste of some days.
#[derive(Debug, Serialize, ToSchema)]
pub(crate) struct WasteSums {
    /// By product and reason.
    items: Vec<WasteSumShown>,
}

/// Which days.
#[derive(Debug, Deserialize, IntoParams)]
#[serde(deny_unknown_fields)]
#[into_params(parameter_in = Query)]
pub(crate) struct WasteParams {
    /// The first day, such as `2026-01-31`, in the store's time zone; 30 days ago when not said.
    from: Option<String>,
    /// The last day; today when not said.
    to: Option<String>,
}

/// Days of waste when nobody says which.
const DAYS: i64 = 30;
const DAY_MS: i64 = 86_400_000;

/// Sums up what was thrown away or lost, by product and reason.
#[utoipa::path(
    get,
    path = "/api/v1/stores/{store}/stock/waste",
    tag = "stock",
    params(("store" = String, Path, description = "The store's id"), WasteParams),
    responses((status = 200, body = WasteSums))
)]
pub(crate) async fn list(
    State(shared): State<Shared>,
    who: Who,
    Place(store): Place<String>,
    Params(params): Params<WasteParams>,
    headers: HeaderMap,
) -> Result<Response, Problem> {
    let store = who.store(&store)?;
    let shop = shared.store.store(&who.org, &store).await?;
    let range = moments(&shop, &params)?;
    let found = shared.store.waste_sums(&who.org, &store, range).await?;
    tagged(&headers, &WasteSums { items: found.iter().map(sum).collect() })
}

/// Books what was thrown away or lost.
#[utoipa::path(
    post,
    path = "/api/v1/stores/{store}/stock/waste",
    tag = "stock",
    params(("store" = String, Path, description = "The store's id")),
    request_body = WasteForm,
    responses((status = 200, body = WasteTakenShown))
)]
pub(crate) async fn create(
    State(shared): State<Shared>,
    who: Who,
    Place(store): Place<String>,
    Body(form): Body<WasteForm>,
) -> Result<Json<WasteTakenShown>, Problem> {
    let store = who.store(&store)?;
    let waste = NewWaste {
        id: StockWasteId(own_id(form.id.as_deref())?),
        product: read_product(&form.product)?,
        unit: form.unit.map(Into::into),
        quantity: form.quantity,
        reason: form.reason.into(),
        note: form.note,
    };
    let now = now();
    let detail = format!("{store} {} {}", waste.quantity, waste.reason.as_str());
    let audited = shared.audited(&who, "stock.waste", &format!("product:{}", waste.product), &detail)?;
    let done = Done { by: &who.actor, now };
    let told = |waste: &_| done.wasted(&store, waste);
    let taken = audited.waste_stock(&who.org, &store, &waste, told, (&who.actor, now)).await?;
    if taken.is_new {
        metrics::counter!("tillsight_stock_waste_total", "reason" => waste.reason.as_str()).increment(1);
    }
    let (quantity, is_new) = (taken.on_hand, taken.is_new);
    Ok(Json(WasteTakenShown { waste: shown(&taken.waste), quantity, is_new }))
}

/// From the beginning of one day to the end of another, in the store's time zone.
fn moments(shop: &StoreInfo, params: &WasteParams) -> Result<(WallMs, WallMs), Problem> {
    let zone = zone_of(&shop.details);
    let day = |name: &str, text: Option<&str>| text.map(|text| read_day(name, text)).transpose();
    let start = |day: BusinessDay| {
        start_of(day, &zone)
            .ok_or_else(|| Problem::unprocessable(format!("`{day}` is no day: write another")))
    };
    let now = now();
    let to = match day("to", params.to.as_deref())? {
        Some(last) => start(day_numbered(number_of(last) + 1))?,
        None => WallMs(now.0 + 1),
    };
    let from = match day("from", params.from.as_deref())? {
        Some(first) => start(first)?,
        None => WallMs(now.0 - DAYS * DAY_MS),
    };
    if from > to {
        return Err(Problem::unprocessable("`from` is behind `to`: write the first day and then the last"));
    }
    Ok((from, to))
}

fn sum(sum: &WasteSum) -> WasteSumShown {
    WasteSumShown { waste: shown(&sum.waste), times: sum.times, without_cost: sum.without_cost }
}

fn shown(waste: &StockWaste) -> WasteShown {
    WasteShown {
        product: waste.key.product.to_string(),
        unit: waste.key.unit.into(),
        quantity: waste.quantity,
        reason: waste.reason.as_str().to_owned(),
        cost_minor: waste.cost_minor,
        price_minor: waste.price_minor,
        currency: waste.currency.code().to_owned(),
    }
}

impl From<WasteWord> for WasteReason {
    fn from(reason: WasteWord) -> Self {
        match reason {
            WasteWord::Expired => Self::Expired,
            WasteWord::Damaged => Self::Damaged,
            WasteWord::Stolen => Self::Stolen,
            WasteWord::OwnUse => Self::OwnUse,
            WasteWord::Other => Self::Other,
        }
    }
}
