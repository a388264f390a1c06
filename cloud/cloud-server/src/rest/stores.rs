//! The stores of an organisation.

use std::collections::BTreeMap;

use axum::Json;
use axum::extract::State;
use axum::http::HeaderMap;
use axum::response::Response;
use cloud_store::{StoreDetails, StoreInfo};
use domain::ids::{StoreId, TaxCode};
use domain::money::Currency;
use domain::tax::{TaxRate, TaxTable};
use serde::{Deserialize, Serialize};
use utoipa::ToSchema;

use super::answer::{check_unchanged, created, ms, tagged};
use crate::auth::Who;
use crate::gateway::{Body, Place, Problem, Shared};
use crate::roles::now;

/// The highest tax rate that is taken for one, in basis points.
const TAX_MAX_BASIS_POINTS: u32 = 10_000;

/// What a person says about a store.
#[derive(Debug, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub(crate) struct StoreForm {
    /// Its name as people read it.
    #[schema(example = "Berlin, main station")]
    name: String,
    /// Its IANA time zone.
    #[schema(example = "Europe/Berlin")]
    time_zone: String,
    /// ISO 4217 code of its prices.
    #[schema(example = "EUR")]
    currency: String,
    /// Its tax rates.
    taxes: Taxes,
}

/// Tax rates of a store.
#[derive(Debug, Clone, Serialize, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub(crate) struct Taxes {
    /// Whether prices contain the tax.
    inclusive: bool,
    /// Hundredths of a percent, by tax code.
    basis_points: BTreeMap<String, u32>,
}

/// A new store.
#[derive(Debug, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub(crate) struct NewStore {
    /// Its id: part of topics, addresses and certificates, so it never changes.
    #[schema(example = "berlin-1", max_length = 64, pattern = "^[a-z0-9][a-z0-9._-]*$")]
    id: String,
    /// Everything else.
    details: StoreForm,
}

/// A store.
#[derive(Debug, Serialize, ToSchema)]
pub(crate) struct Store {
    id: String,
    name: String,
    time_zone: String,
    currency: String,
    /// How many digits of an amount in minor units stand behind the point.
    currency_exponent: u32,
    taxes: Taxes,
    /// Milliseconds since 1970.
    created_at_ms: i64,
    /// Milliseconds since 1970.
    updated_at_ms: i64,
}

/// The stores that the caller may see.
#[derive(Debug, Serialize, ToSchema)]
pub(crate) struct Stores {
    items: Vec<Store>,
}

/// Lists the stores that the caller may see.
#[utoipa::path(get, path = "/api/v1/stores", tag = "stores", responses((status = 200, body = Stores)))]
pub(crate) async fn list(
    State(shared): State<Shared>,
    who: Who,
    headers: HeaderMap,
) -> Result<Response, Problem> {
    let stores = shared.store.stores(&who.org).await?;
    let items = stores.into_iter().filter(|store| who.sees(&store.id)).map(shown).collect();
    tagged(&headers, &Stores { items })
}

/// Makes a store.
#[utoipa::path(
    post,
    path = "/api/v1/stores",
    tag = "stores",
    request_body = NewStore,
    responses((status = 201, body = Store))
)]
pub(crate) async fn create(
    State(shared): State<Shared>,
    who: Who,
    Body(form): Body<NewStore>,
) -> Result<Response, Problem> {
    let id = StoreId::new(&form.id).map_err(|error| Problem::unprocessable(error.to_string()))?;
    // Somebody who sees some stores only would not see the new one.
    who.check_all_stores()?;
    let details = form.details.checked()?;
    let audited = shared.audited(&who, "store.create", &format!("store:{id}"), &details.name)?;
    audited.create_store(&who.org, &id, &details, now()).await?;
    let made = shared.store.store(&who.org, &id).await?;
    created(&format!("/api/v1/stores/{id}"), shown(made))
}

/// A store.
#[utoipa::path(
    get,
    path = "/api/v1/stores/{store}",
    tag = "stores",
    params(("store" = String, Path, description = "The store's id")),
    responses((status = 200, body = Store))
)]
pub(crate) async fn get(
    State(shared): State<Shared>,
    who: Who,
    Place(store): Place<String>,
    headers: HeaderMap,
) -> Result<Response, Problem> {
    let id = who.store(&store)?;
    tagged(&headers, &shown(shared.store.store(&who.org, &id).await?))
}

/// Changes what is known about a store. `If-Match` refuses it when somebody else was quicker.
#[utoipa::path(
    put,
    path = "/api/v1/stores/{store}",
    tag = "stores",
    params(("store" = String, Path, description = "The store's id")),
    request_body = StoreForm,
    responses((status = 200, body = Store))
)]
pub(crate) async fn update(
    State(shared): State<Shared>,
    who: Who,
    Place(store): Place<String>,
    headers: HeaderMap,
    Body(form): Body<StoreForm>,
) -> Result<Json<Store>, Problem> {
    let id = who.store(&store)?;
    check_unchanged(&headers, &shown(shared.store.store(&who.org, &id).await?))?;
    let details = form.checked()?;
    let audited = shared.audited(&who, "store.update", &format!("store:{id}"), &details.name)?;
    audited.update_store(&who.org, &id, &details, now()).await?;
    Ok(Json(shown(shared.store.store(&who.org, &id).await?)))
}

impl StoreForm {
    fn checked(self) -> Result<StoreDetails, Problem> {
        let wrong = |error: &dyn std::fmt::Display| Problem::unprocessable(error.to_string());
        if jiff::tz::TimeZone::get(&self.time_zone).is_err() {
            let zone: String = self.time_zone.chars().take(64).collect();
            let detail = format!("`{zone}` is no time zone: use an IANA name such as `Europe/Berlin`");
            return Err(Problem::unprocessable(detail));
        }
        let mut rates = BTreeMap::new();
        for (code, basis_points) in self.taxes.basis_points {
            let code = TaxCode::new(&code).map_err(|error| wrong(&error))?;
            if basis_points > TAX_MAX_BASIS_POINTS {
                let detail = format!(
                    "tax `{code}` is {basis_points} basis points: 1900 is 19 %, and at most 10000 is possible"
                );
                return Err(Problem::unprocessable(detail));
            }
            rates.insert(code, TaxRate { basis_points });
        }
        Ok(StoreDetails {
            name: self.name,
            time_zone: self.time_zone,
            currency: Currency::new(&self.currency).map_err(|error| wrong(&error))?,
            taxes: TaxTable { rates, inclusive: self.taxes.inclusive },
        })
    }
}

fn shown(store: StoreInfo) -> Store {
    let StoreDetails { name, time_zone, currency, taxes } = store.details;
    let rates = taxes.rates.iter().map(|(code, rate)| (code.to_string(), rate.basis_points));
    Store {
        id: store.id.to_string(),
        name,
        time_zone,
        currency: currency.code().to_owned(),
        currency_exponent: currency.exponent(),
        taxes: Taxes { inclusive: taxes.inclusive, basis_points: rates.collect() },
        created_at_ms: ms(store.created_at),
        updated_at_ms: ms(store.updated_at),
    }
}
