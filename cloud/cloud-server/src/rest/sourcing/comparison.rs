//! Which offer of a product is the cheapest, and how much of it is on its way.

use std::collections::BTreeMap;

use axum::extract::State;
use axum::http::HeaderMap;
use axum::response::Response;
use cloud_core::ledger::StockUnit;
use cloud_core::offers::{LeftOut, Quote, Wanted, quote, sort};
use cloud_store::{OnOrder, StoredOffer, Supplier, SupplierId};
use domain::ids::ProductId;
use domain::quantity::Measure;
use serde::{Deserialize, Serialize};
use utoipa::{IntoParams, ToSchema};

use super::offers::{OfferShown, shown as offer_shown};
use super::values::{Unit, read_currency, read_day, today};
use crate::auth::Who;
use crate::gateway::{Params, Place, Problem, Shared};
use crate::rest::answer::tagged;

/// The most that is asked for at once.
const QUANTITY_MAX: u64 = 1_000_000_000;

/// What is wanted.
#[derive(Debug, Deserialize, IntoParams)]
#[serde(deny_unknown_fields)]
#[into_params(parameter_in = Query)]
pub(crate) struct WantedParams {
    /// How many pieces or grams; 1 when not said.
    #[param(minimum = 1, maximum = 1_000_000_000)]
    quantity: Option<u64>,
    /// `piece` or `gram`; when not said, as the product is sold.
    unit: Option<Unit>,
    /// The day of the order, such as `2026-01-31`; today when not said.
    on: Option<String>,
    /// The currency that prices are compared in; the product's own when not said.
    currency: Option<String>,
}

/// An offer and what it comes to.
#[derive(Debug, Serialize, ToSchema)]
pub(crate) struct Compared {
    offer: OfferShown,
    supplier_name: String,
    /// Packs to order.
    packs: u32,
    /// Pieces or grams that come with them.
    quantity: u64,
    /// What they cost without tax.
    amount: String,
    /// Price of each piece or gram that comes.
    unit_price: String,
    /// What each wanted piece or gram costs once packs and minima are bought along.
    landed_unit_price: String,
    /// What is missing to the supplier's smallest order.
    missing_to_order_min: Option<String>,
    /// The first day on which the goods can be there; absent where the supplier's calendar has none.
    arrives: Option<String>,
}

/// An offer that is not compared.
#[derive(Debug, Serialize, ToSchema)]
pub(crate) struct NotCompared {
    offer: OfferShown,
    supplier_name: String,
    /// A word for programs: `blacklisted`, `not_yet`, `expired`, `superseded`, `other_unit`, `other_currency` or `too_many`.
    code: String,
    /// Why.
    reason: String,
}

/// The offers of a product, the cheapest for what is wanted first.
#[derive(Debug, Serialize, ToSchema)]
pub(crate) struct Comparison {
    quantity: u64,
    unit: Unit,
    on: String,
    currency: String,
    offers: Vec<Compared>,
    left_out: Vec<NotCompared>,
}

/// What of a product is on its way in one order.
#[derive(Debug, Serialize, ToSchema)]
pub(crate) struct OnOrderShown {
    purchase_order: String,
    number: u64,
    store: String,
    wanted_on: Option<String>,
    unit: Unit,
    quantity: u64,
}

/// What of a product is on its way.
#[derive(Debug, Serialize, ToSchema)]
pub(crate) struct OnOrders {
    items: Vec<OnOrderShown>,
}

/// Compares what suppliers ask for a product. Offers that do not count are told with the reason.
#[utoipa::path(
    get,
    path = "/api/v1/products/{product}/offers",
    tag = "buying",
    params(("product" = String, Path, description = "The product's id"), WantedParams),
    responses((status = 200, body = Comparison))
)]
pub(crate) async fn compare(
    State(shared): State<Shared>,
    who: Who,
    Place(product): Place<String>,
    Params(params): Params<WantedParams>,
    headers: HeaderMap,
) -> Result<Response, Problem> {
    let id = ProductId::new(&product).map_err(|_| Problem::not_found("there is no such product"))?;
    let price = shared.store.product(&who.org, &id).await?.product.price;
    let quantity = params.quantity.unwrap_or(1);
    if !(1..=QUANTITY_MAX).contains(&quantity) {
        return Err(Problem::unprocessable(format!("`quantity` is {quantity}: ask for 1 to {QUANTITY_MAX}")));
    }
    let sold_in = match price.per {
        Measure::Piece => StockUnit::Piece,
        Measure::Kilogram => StockUnit::Gram,
    };
    let wanted = Wanted {
        quantity,
        unit: params.unit.map_or(sold_in, StockUnit::from),
        currency: params.currency.as_deref().map_or(Ok(price.amount.currency), read_currency)?,
        on: params.on.as_deref().map_or_else(|| Ok(today()), |text| read_day("on", text))?,
    };
    let mut suppliers: BTreeMap<SupplierId, Supplier> = BTreeMap::new();
    let (mut quotes, mut left_out) = (Vec::new(), Vec::new());
    for (stored, superseded) in shared.store.offers_for(&who.org, &id, wanted.on).await? {
        let supplier = match suppliers.get(&stored.supplier) {
            Some(supplier) => supplier.clone(),
            None => shared.store.supplier(&who.org, stored.supplier).await?,
        };
        suppliers.insert(supplier.id, supplier.clone());
        let quoted = match quote(&stored.offer.offer, &supplier.terms(), &wanted) {
            Ok(_) if superseded => Err(LeftOut::Superseded),
            quoted => quoted,
        };
        match quoted {
            Ok(quote) => quotes.push(((stored, supplier.details.name), quote)),
            Err(reason) => left_out.push(not_compared(&stored, supplier.details.name, &reason)),
        }
    }
    sort(&mut quotes);
    let comparison = Comparison {
        quantity,
        unit: wanted.unit.into(),
        on: wanted.on.to_string(),
        currency: wanted.currency.code().to_owned(),
        offers: quotes.into_iter().map(|((stored, name), quote)| compared(&stored, name, &quote)).collect(),
        left_out,
    };
    tagged(&headers, &comparison)
}

/// Tells how much of a product is on its way, order by order.
#[utoipa::path(
    get,
    path = "/api/v1/products/{product}/on-order",
    tag = "buying",
    params(("product" = String, Path, description = "The product's id")),
    responses((status = 200, body = OnOrders))
)]
pub(crate) async fn on_order(
    State(shared): State<Shared>,
    who: Who,
    Place(product): Place<String>,
    headers: HeaderMap,
) -> Result<Response, Problem> {
    let id = ProductId::new(&product).map_err(|_| Problem::not_found("there is no such product"))?;
    shared.store.product(&who.org, &id).await?;
    let coming = shared.store.on_order(&who.org, &id).await?;
    let items = coming.into_iter().filter(|one| who.sees(&one.store)).map(|one: OnOrder| OnOrderShown {
        purchase_order: one.order.to_string(),
        number: one.number,
        store: one.store.to_string(),
        wanted_on: one.wanted_on.map(|day| day.to_string()),
        unit: one.unit.into(),
        quantity: one.quantity,
    });
    tagged(&headers, &OnOrders { items: items.collect() })
}

fn compared(stored: &StoredOffer, supplier_name: String, quote: &Quote) -> Compared {
    Compared {
        offer: offer_shown(stored),
        supplier_name,
        packs: quote.packs,
        quantity: quote.quantity,
        amount: quote.amount.to_string(),
        unit_price: quote.unit_price.to_string(),
        landed_unit_price: quote.landed_unit_price.to_string(),
        missing_to_order_min: quote.missing_to_order_min.map(|missing| missing.to_string()),
        arrives: quote.arrives.map(|day| day.to_string()),
    }
}

fn not_compared(stored: &StoredOffer, supplier_name: String, reason: &LeftOut) -> NotCompared {
    let code = match reason {
        LeftOut::Blacklisted(_) => "blacklisted",
        LeftOut::NotYet(_) => "not_yet",
        LeftOut::Expired(_) => "expired",
        LeftOut::Superseded => "superseded",
        LeftOut::OtherUnit => "other_unit",
        LeftOut::OtherCurrency(_) => "other_currency",
        LeftOut::TooMany => "too_many",
    };
    NotCompared {
        offer: offer_shown(stored),
        supplier_name,
        code: code.to_owned(),
        reason: reason.to_string(),
    }
}
