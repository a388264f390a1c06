//! What a product cost, costs and will cost.

use axum::extract::State;
use axum::http::HeaderMap;
use axum::response::Response;
use cloud_store::{PriceSpan, PriceSpanCursor};
use domain::ids::{ProductId, StoreId};
use domain::time::WallMs;
use serde::{Deserialize, Serialize};
use utoipa::{IntoParams, ToSchema};

use super::known;
use crate::auth::Who;
use crate::gateway::{Params, Place, Problem, Shared};
use crate::rest::answer::{Page, ms, page, page_size, read_cursor, tagged};
use crate::roles::now;

/// Which prices.
#[derive(Debug, Deserialize, IntoParams)]
#[serde(deny_unknown_fields)]
#[into_params(parameter_in = Query)]
pub(crate) struct HistoryParams {
    /// Those of one store alone. With a moment: what counts there, be it the store's own or the organisation's.
    store: Option<String>,
    /// Only the one that counts at this moment, in milliseconds since 1970.
    #[param(minimum = 0)]
    at_ms: Option<i64>,
    /// How many, from 1 to 500; 50 when not said.
    #[param(minimum = 1, maximum = 500)]
    limit: Option<u32>,
    /// `next` of the page before.
    after: Option<String>,
}

/// A price and the time in which it counts.
#[derive(Debug, Serialize, ToSchema)]
pub(crate) struct PriceSpanShown {
    /// From this moment on, in milliseconds since 1970.
    from_ms: i64,
    /// Before this moment; absent as long as nothing else is said.
    #[serde(skip_serializing_if = "Option::is_none")]
    until_ms: Option<i64>,
    /// `past`, `present` or `future`.
    state: &'static str,
    /// The price with a point; absent where in this store the organisation's price counts.
    #[serde(skip_serializing_if = "Option::is_none")]
    price: Option<String>,
    #[serde(skip_serializing_if = "Option::is_none")]
    price_minor: Option<i64>,
    #[serde(skip_serializing_if = "Option::is_none")]
    currency: Option<String>,
    /// What the price is for: `piece` or `kg`.
    #[serde(skip_serializing_if = "Option::is_none")]
    unit: Option<String>,
    /// The store whose own price it is; absent where it is the organisation's.
    #[serde(skip_serializing_if = "Option::is_none")]
    store: Option<String>,
    /// How it came: `registered` with the product, `edited` at once, `scheduled` for a moment; `found` where it was there before
    /// prices were written down, so that its beginning is not certain.
    origin: &'static str,
    made_by: String,
    made_at_ms: i64,
}

/// Lists what a product cost, costs and will cost, the last to come first; or the one price that counts at a moment. The prices of a
/// product that was removed stay.
#[utoipa::path(
    get,
    path = "/api/v1/products/{product}/price-history",
    tag = "products",
    params(("product" = String, Path, description = "The product's id"), HistoryParams),
    responses((status = 200, body = Page<PriceSpanShown>))
)]
pub(crate) async fn list(
    State(shared): State<Shared>,
    who: Who,
    Place(name): Place<String>,
    Params(params): Params<HistoryParams>,
    headers: HeaderMap,
) -> Result<Response, Problem> {
    let id = ProductId::new(&name).map_err(|_| Problem::not_found("there is no such product"))?;
    let store = match &params.store {
        Some(name) => Some(shared.store.store(&who.org, &who.store(name)?).await?.id),
        None => None,
    };
    let limit = page_size(params.limit)?;
    let before = read_cursor(params.after.as_deref())?.map(|text| read_place(&text)).transpose()?;
    let now = now();
    if let Some(at) = params.at_ms {
        if at < 0 || before.is_some() {
            let detail = "`at_ms` is a moment since 1970, and goes with no `after`: it finds one price";
            return Err(Problem::unprocessable(detail));
        }
        let found = shared.store.price_at(&who.org, &id, store.as_ref(), WallMs(at)).await?;
        if found.is_none() {
            known(&shared, &who, &name).await?;
        }
        let shown = |(span, own): (PriceSpan, bool)| shown(&span, store.as_ref().filter(|_| own), now);
        return tagged(&headers, &Page { items: found.into_iter().map(shown).collect(), next: None });
    }
    let spans = shared.store.price_history(&who.org, &id, store.as_ref(), before, limit + 1).await?;
    if spans.is_empty() {
        known(&shared, &who, &name).await?;
    }
    let all = page(spans, limit, |span| format!("{}/{}", span.from.0, span.effective_from.0));
    let items: Vec<PriceSpanShown> = all.items.iter().map(|span| shown(span, store.as_ref(), now)).collect();
    tagged(&headers, &Page { items, next: all.next })
}

fn read_place(text: &str) -> Result<PriceSpanCursor, Problem> {
    let place = text.split_once('/').and_then(|(from, effective_from)| {
        let moment = |text: &str| text.parse().ok().map(WallMs);
        Some(PriceSpanCursor { from: moment(from)?, effective_from: moment(effective_from)? })
    });
    place.ok_or_else(|| Problem::unprocessable("`after` is no cursor of this list"))
}

fn shown(span: &PriceSpan, store: Option<&StoreId>, now: WallMs) -> PriceSpanShown {
    let state = match span.until {
        _ if span.from > now => "future",
        Some(until) if until <= now => "past",
        _ => "present",
    };
    let amount = span.price.map(|price| price.amount);
    PriceSpanShown {
        from_ms: ms(span.from),
        until_ms: span.until.map(ms),
        state,
        price: amount.map(|amount| amount.to_string().split(' ').next().unwrap_or_default().to_owned()),
        price_minor: amount.map(|amount| amount.minor),
        currency: amount.map(|amount| amount.currency.code().to_owned()),
        unit: span.price.map(|price| price.per.to_string()),
        store: store.map(ToString::to_string),
        origin: span.origin.as_str(),
        made_by: span.made_by.to_string(),
        made_at_ms: ms(span.made_at),
    }
}
