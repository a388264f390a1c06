//! Suppliers.

use std::collections::BTreeSet;

use axum::Json;
use axum::extract::State;
use axum::http::{HeaderMap, StatusCode};
use axum::response::Response;
use cloud_core::offers::Delivery;
use cloud_store::{Contact, Supplier, SupplierDetails, SupplierId};
use domain::money::Money;
use rust_decimal::Decimal;
use serde::{Deserialize, Serialize};
use utoipa::{IntoParams, ToSchema};
use uuid::Uuid;

use super::values::{read_currency, read_day, read_id};
use crate::auth::Who;
use crate::gateway::{Body, Params, Place, Problem, Shared};
use crate::rest::answer::{Page, check_unchanged, created, ms, page, page_size, read_cursor, tagged};
use crate::roles::now;
use crate::sourcing::papers::Language;

/// The longest lead time, in days.
const LEAD_DAYS_MAX: u32 = 365;

/// Somebody at a supplier.
#[derive(Debug, Clone, Serialize, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub(crate) struct ContactForm {
    /// Their name.
    name: String,
    /// What they do there.
    #[serde(default)]
    duty: String,
    /// Where they are written to.
    #[serde(default)]
    email: String,
    /// Where they are called.
    #[serde(default)]
    phone: String,
}

/// When a supplier comes.
#[derive(Debug, Clone, Default, Serialize, Deserialize, ToSchema)]
#[serde(deny_unknown_fields, default)]
pub(crate) struct DeliveryForm {
    /// Days from the order to the goods.
    lead_days: u32,
    /// Days of the week on which it comes, Monday 1 to Sunday 7; none is every day.
    weekdays: BTreeSet<u8>,
    /// Days on which it does not, such as `2026-12-24`.
    closed: BTreeSet<String>,
}

/// What a person says about a supplier.
#[derive(Debug, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub(crate) struct SupplierForm {
    /// Its name.
    #[schema(example = "Molkerei Müller GmbH")]
    name: String,
    /// VAT number, INN/KPP or another number of the tax office.
    tax_id: Option<String>,
    /// Number in a register of companies.
    registration_id: Option<String>,
    /// Global location number.
    gln: Option<String>,
    /// Its account.
    iban: Option<String>,
    /// Street, postal code and town.
    #[serde(default)]
    address: String,
    /// ISO 3166-1 alpha-2 code.
    #[serde(default)]
    country: String,
    /// Who to speak to.
    #[serde(default)]
    contacts: Vec<ContactForm>,
    /// The language of what is written to it: `en`, `ru` or `de`.
    #[schema(example = "de")]
    language: String,
    /// ISO 4217 code of what it is paid in.
    #[schema(example = "EUR")]
    currency: String,
    /// The smallest order that it takes, without tax.
    #[schema(example = "50.00")]
    order_min: Option<String>,
    /// When it comes.
    #[serde(default)]
    delivery: DeliveryForm,
}

/// Why nothing is bought from a supplier.
#[derive(Debug, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub(crate) struct BlacklistForm {
    /// Why; nothing takes it off the blacklist.
    reason: Option<String>,
}

/// A supplier.
#[derive(Debug, Serialize, ToSchema)]
pub(crate) struct SupplierShown {
    id: String,
    name: String,
    tax_id: Option<String>,
    registration_id: Option<String>,
    gln: Option<String>,
    iban: Option<String>,
    address: String,
    country: String,
    contacts: Vec<ContactForm>,
    language: String,
    currency: String,
    /// The smallest order that it takes, without tax.
    order_min: Option<String>,
    delivery: DeliveryForm,
    /// Why nothing is bought there; absent where things are.
    #[serde(skip_serializing_if = "Option::is_none")]
    blacklisted: Option<String>,
    archived: bool,
    /// Milliseconds since 1970.
    created_at_ms: i64,
    /// Milliseconds since 1970.
    updated_at_ms: i64,
}

/// Which suppliers.
#[derive(Debug, Deserialize, IntoParams)]
#[serde(deny_unknown_fields)]
#[into_params(parameter_in = Query)]
pub(crate) struct SupplierParams {
    /// True for archived ones alone; they are left out when this is not said.
    archived: Option<bool>,
    /// How many, from 1 to 500; 50 when not said.
    #[param(minimum = 1, maximum = 500)]
    limit: Option<u32>,
    /// `next` of the page before.
    after: Option<String>,
}

/// Lists suppliers, in the order in which they were made.
#[utoipa::path(
    get,
    path = "/api/v1/suppliers",
    tag = "buying",
    params(SupplierParams),
    responses((status = 200, body = Page<SupplierShown>))
)]
pub(crate) async fn list(
    State(shared): State<Shared>,
    who: Who,
    Params(params): Params<SupplierParams>,
    headers: HeaderMap,
) -> Result<Response, Problem> {
    let limit = page_size(params.limit)?;
    let after = read_after(params.after.as_deref())?.map(SupplierId);
    let archived = params.archived.unwrap_or(false);
    let found = shared.store.suppliers(&who.org, archived, after, limit + 1).await?;
    tagged(&headers, &page(found.iter().map(shown).collect(), limit, |one: &SupplierShown| one.id.clone()))
}

/// Makes a supplier.
#[utoipa::path(
    post,
    path = "/api/v1/suppliers",
    tag = "buying",
    request_body = SupplierForm,
    responses((status = 201, body = SupplierShown))
)]
pub(crate) async fn create(
    State(shared): State<Shared>,
    who: Who,
    Body(form): Body<SupplierForm>,
) -> Result<Response, Problem> {
    who.check_all_stores()?;
    let (id, details) = (SupplierId(Uuid::now_v7()), form.checked()?);
    let audited = shared.audited(&who, "supplier.create", &format!("supplier:{id}"), &details.name)?;
    audited.create_supplier(&who.org, id, &details, now()).await?;
    created(&format!("/api/v1/suppliers/{id}"), shown(&shared.store.supplier(&who.org, id).await?))
}

/// A supplier, archived or not.
#[utoipa::path(
    get,
    path = "/api/v1/suppliers/{supplier}",
    tag = "buying",
    params(("supplier" = String, Path, description = "The supplier's id")),
    responses((status = 200, body = SupplierShown))
)]
pub(crate) async fn get(
    State(shared): State<Shared>,
    who: Who,
    Place(supplier): Place<String>,
    headers: HeaderMap,
) -> Result<Response, Problem> {
    tagged(&headers, &shown(&known(&shared, &who, &supplier).await?))
}

/// Changes what is known of a supplier. `If-Match` refuses it when somebody else was quicker.
#[utoipa::path(
    put,
    path = "/api/v1/suppliers/{supplier}",
    tag = "buying",
    params(("supplier" = String, Path, description = "The supplier's id")),
    request_body = SupplierForm,
    responses((status = 200, body = SupplierShown))
)]
pub(crate) async fn update(
    State(shared): State<Shared>,
    who: Who,
    Place(supplier): Place<String>,
    headers: HeaderMap,
    Body(form): Body<SupplierForm>,
) -> Result<Json<SupplierShown>, Problem> {
    who.check_all_stores()?;
    let before = known(&shared, &who, &supplier).await?;
    check_unchanged(&headers, &shown(&before))?;
    let (id, details) = (before.id, form.checked()?);
    let audited = shared.audited(&who, "supplier.update", &format!("supplier:{id}"), &details.name)?;
    audited.update_supplier(&who.org, id, &details, now()).await?;
    Ok(Json(shown(&shared.store.supplier(&who.org, id).await?)))
}

/// Archives a supplier: it is no longer listed, and its offers and orders stay.
#[utoipa::path(
    delete,
    path = "/api/v1/suppliers/{supplier}",
    tag = "buying",
    params(("supplier" = String, Path, description = "The supplier's id")),
    responses((status = 204))
)]
pub(crate) async fn archive(
    State(shared): State<Shared>,
    who: Who,
    Place(supplier): Place<String>,
) -> Result<StatusCode, Problem> {
    who.check_all_stores()?;
    let id = known(&shared, &who, &supplier).await?.id;
    let audited = shared.audited(&who, "supplier.archive", &format!("supplier:{id}"), "")?;
    audited.archive_supplier(&who.org, id, true, now()).await?;
    Ok(StatusCode::NO_CONTENT)
}

/// Puts a supplier on the blacklist, or takes it off: its offers are not compared, and no order goes there.
#[utoipa::path(
    put,
    path = "/api/v1/suppliers/{supplier}/blacklisted",
    tag = "buying",
    params(("supplier" = String, Path, description = "The supplier's id")),
    request_body = BlacklistForm,
    responses((status = 200, body = SupplierShown))
)]
pub(crate) async fn blacklist(
    State(shared): State<Shared>,
    who: Who,
    Place(supplier): Place<String>,
    Body(form): Body<BlacklistForm>,
) -> Result<Json<SupplierShown>, Problem> {
    who.check_all_stores()?;
    let id = known(&shared, &who, &supplier).await?.id;
    let reason = form.reason.as_deref().map(str::trim);
    if reason == Some("") {
        return Err(Problem::unprocessable(
            "`reason` is empty: say why, or send null to take it off the blacklist",
        ));
    }
    let detail = reason.unwrap_or("taken off");
    let audited = shared.audited(&who, "supplier.blacklist", &format!("supplier:{id}"), detail)?;
    audited.blacklist_supplier(&who.org, id, reason, now()).await?;
    Ok(Json(shown(&shared.store.supplier(&who.org, id).await?)))
}

/// A supplier by its id in a path.
pub(super) async fn known(shared: &Shared, who: &Who, id: &str) -> Result<Supplier, Problem> {
    Ok(shared.store.supplier(&who.org, SupplierId(read_id("supplier", id)?)).await?)
}

/// The id that a cursor of ours stands for.
pub(super) fn read_after(after: Option<&str>) -> Result<Option<Uuid>, Problem> {
    let bad = |_| Problem::unprocessable("`after` is no cursor of this list");
    read_cursor(after)?.map(|text| Uuid::parse_str(&text)).transpose().map_err(bad)
}

impl SupplierForm {
    fn checked(self) -> Result<SupplierDetails, Problem> {
        let wrong = |detail: String| Err(Problem::unprocessable(detail));
        if Language::from_code(&self.language).is_none() {
            let shown: String = self.language.chars().take(10).collect();
            return wrong(format!("`language` is `{shown}`: orders are written in `en`, `ru` and `de`"));
        }
        let country_ok = self.country.is_empty()
            || (self.country.len() == 2 && self.country.bytes().all(|byte| byte.is_ascii_uppercase()));
        if !country_ok {
            return wrong("`country` must be two capital letters such as `DE`, or empty".to_owned());
        }
        let is_gln = |gln: &str| gln.len() == 13 && domain::gtin::Gtin::parse(gln).is_ok();
        if let Some(gln) = self.gln.as_deref().filter(|gln| !is_gln(gln)) {
            let shown: String = gln.chars().take(20).collect();
            return wrong(format!(
                "`gln` is `{shown}`: a location number has 13 digits and a right check digit"
            ));
        }
        let currency = read_currency(&self.currency)?;
        let order_min = self.order_min.as_deref().map(|text| Money::parse(text, currency)).transpose();
        let order_min = order_min.map_err(|error| Problem::unprocessable(format!("`order_min`: {error}")))?;
        if order_min.is_some_and(|least| least.minor < 0) {
            return wrong("`order_min` is below zero".to_owned());
        }
        let given = |text: Option<String>| text.filter(|text| !text.trim().is_empty());
        Ok(SupplierDetails {
            name: self.name,
            tax_id: given(self.tax_id),
            registration_id: given(self.registration_id),
            gln: given(self.gln),
            iban: given(self.iban),
            address: self.address,
            country: self.country,
            contacts: self.contacts.into_iter().map(ContactForm::into).collect(),
            language: self.language,
            currency,
            order_min_minor: order_min.map(|least| least.minor),
            delivery: self.delivery.checked()?,
        })
    }
}

impl DeliveryForm {
    fn checked(self) -> Result<Delivery, Problem> {
        if self.lead_days > LEAD_DAYS_MAX {
            let detail = format!("`delivery.lead_days` is {}: at most {LEAD_DAYS_MAX}", self.lead_days);
            return Err(Problem::unprocessable(detail));
        }
        if let Some(day) = self.weekdays.iter().find(|day| !(1..=7).contains(*day)) {
            let detail = format!("`delivery.weekdays` has {day}: write 1 (Monday) to 7 (Sunday)");
            return Err(Problem::unprocessable(detail));
        }
        let weekdays = self.weekdays.iter().fold(0, |bits, day| bits | 1 << (day - 1));
        let closed =
            self.closed.iter().map(|day| read_day("delivery.closed", day)).collect::<Result<_, _>>()?;
        Ok(Delivery { lead_days: self.lead_days, weekdays, closed })
    }
}

impl From<ContactForm> for Contact {
    fn from(ContactForm { name, duty, email, phone }: ContactForm) -> Self {
        Self { name, duty, email, phone }
    }
}

fn shown(supplier: &Supplier) -> SupplierShown {
    let details = supplier.details.clone();
    let contact = |Contact { name, duty, email, phone }| ContactForm { name, duty, email, phone };
    let Delivery { lead_days, weekdays, closed } = details.delivery;
    SupplierShown {
        id: supplier.id.to_string(),
        name: details.name,
        tax_id: details.tax_id,
        registration_id: details.registration_id,
        gln: details.gln,
        iban: details.iban,
        address: details.address,
        country: details.country,
        contacts: details.contacts.into_iter().map(contact).collect(),
        language: details.language,
        currency: details.currency.code().to_owned(),
        order_min: details
            .order_min_minor
            .map(|minor| Decimal::new(minor, details.currency.exponent()).to_string()),
        delivery: DeliveryForm {
            lead_days,
            weekdays: (1..=7).filter(|day| weekdays & (1 << (day - 1)) != 0).collect(),
            closed: closed.iter().map(ToString::to_string).collect(),
        },
        blacklisted: supplier.blacklisted.clone(),
        archived: supplier.archived,
        created_at_ms: ms(supplier.created_at),
        updated_at_ms: ms(supplier.updated_at),
    }
}
