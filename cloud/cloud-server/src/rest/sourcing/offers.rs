//! What suppliers ask for their articles: written one by one, or read from a price list.

use axum::Json;
use axum::extract::State;
use axum::http::{HeaderMap, StatusCode};
use axum::response::Response;
use cloud_core::offers::{Offer, PackRule, Validity};
use cloud_docs::ParsedDocument;
use cloud_docs::document::Warning;
use cloud_store::{NewOffer, OfferId, StoredOffer};
use domain::gtin::Gtin;
use domain::ids::ProductId;
use serde::{Deserialize, Serialize};
use utoipa::ToSchema;
use uuid::Uuid;

use super::suppliers::{known as known_supplier, read_after};
use super::values::{PackForm, read_currency, read_day_if, read_decimal, read_id};
use crate::auth::Who;
use crate::gateway::{Body, Params, Place, Problem, Shared};
use crate::rest::answer::{Page, PageParams, ms, page, page_size, tagged};
use crate::roles::now;
use crate::sourcing::price_list;

/// Offers that are taken in one request.
const OFFERS_MAX: usize = 1_000;

/// What a supplier asks for an article.
#[derive(Debug, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub(crate) struct OfferForm {
    /// The supplier's article number.
    #[serde(default)]
    article: String,
    /// Its GTIN.
    gtin: Option<String>,
    /// What the supplier calls it.
    #[serde(default)]
    name: String,
    /// Which product of the catalogue it is, where that is known.
    product: Option<String>,
    /// What is in a pack.
    pack: PackForm,
    /// The fewest packs that it sells at once.
    #[serde(default = "one")]
    packs_min: u32,
    /// It sells packs in multiples of this.
    #[serde(default = "one")]
    packs_multiple: u32,
    /// Price of a pack without tax.
    #[schema(example = "9.60")]
    pack_price: String,
    /// ISO 4217 code; the supplier's own when not said.
    currency: Option<String>,
    /// The tax on it, in hundredths of a percent.
    #[schema(maximum = 10000)]
    tax_basis_points: Option<u32>,
    /// The first day on which it holds.
    #[schema(example = "2026-12-01")]
    valid_from: Option<String>,
    /// The last.
    valid_to: Option<String>,
}

/// Offers that come together.
#[derive(Debug, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub(crate) struct OffersForm {
    /// Up to 1000 of them. One for an article and first day that are there takes that one's place.
    offers: Vec<OfferForm>,
    /// Where they come from, for example the number of a price list.
    #[serde(default)]
    origin: String,
}

/// Which product an article is.
#[derive(Debug, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub(crate) struct OfferProductForm {
    /// The product's id; null for none of the catalogue.
    product: Option<String>,
}

/// An offer.
#[derive(Debug, Serialize, ToSchema)]
pub(crate) struct OfferShown {
    id: String,
    supplier: String,
    article: String,
    gtin: Option<String>,
    name: String,
    product: Option<String>,
    pack: PackForm,
    packs_min: u32,
    packs_multiple: u32,
    /// Price of a pack without tax.
    pack_price: String,
    /// Price of a piece or gram without tax.
    unit_price: String,
    currency: String,
    tax_basis_points: Option<u32>,
    valid_from: Option<String>,
    valid_to: Option<String>,
    origin: String,
    made_by: String,
    made_at_ms: i64,
}

/// What became of offers.
#[derive(Debug, Serialize, ToSchema)]
pub(crate) struct OffersTaken {
    /// How many were written down.
    taken: usize,
    /// What could not be, and why.
    warnings: Vec<Warning>,
}

fn one() -> u32 {
    1
}

/// Lists a supplier's offers, those of the past too, in the order in which they were made.
#[utoipa::path(
    get,
    path = "/api/v1/suppliers/{supplier}/offers",
    tag = "buying",
    params(("supplier" = String, Path, description = "The supplier's id"), PageParams),
    responses((status = 200, body = Page<OfferShown>))
)]
pub(crate) async fn list(
    State(shared): State<Shared>,
    who: Who,
    Place(supplier): Place<String>,
    Params(params): Params<PageParams>,
    headers: HeaderMap,
) -> Result<Response, Problem> {
    let limit = page_size(params.limit)?;
    let supplier = known_supplier(&shared, &who, &supplier).await?.id;
    let after = read_after(params.after.as_deref())?.map(OfferId);
    let found = shared.store.offers_of(&who.org, supplier, after, limit + 1).await?;
    tagged(&headers, &page(found.iter().map(shown).collect(), limit, |one: &OfferShown| one.id.clone()))
}

/// Writes offers down: all or none.
#[utoipa::path(
    post,
    path = "/api/v1/suppliers/{supplier}/offers",
    tag = "buying",
    params(("supplier" = String, Path, description = "The supplier's id")),
    request_body = OffersForm,
    responses((status = 200, body = OffersTaken))
)]
pub(crate) async fn put(
    State(shared): State<Shared>,
    who: Who,
    Place(supplier): Place<String>,
    Body(form): Body<OffersForm>,
) -> Result<Json<OffersTaken>, Problem> {
    who.check_all_stores()?;
    let supplier = known_supplier(&shared, &who, &supplier).await?;
    if form.offers.len() > OFFERS_MAX {
        return Err(Problem::unprocessable(format!(
            "`offers` has {}: send at most {OFFERS_MAX}",
            form.offers.len()
        )));
    }
    let own_currency = supplier.details.currency;
    let offers: Vec<NewOffer> = form
        .offers
        .into_iter()
        .map(|offer| offer.checked(own_currency.code(), &form.origin))
        .collect::<Result<_, _>>()?;
    for product in offers.iter().filter_map(|offer| offer.product.as_ref()) {
        shared.store.product(&who.org, product).await?;
    }
    let detail = format!("{} offers {}", offers.len(), form.origin);
    let audited = shared.audited(&who, "offers.put", &format!("supplier:{}", supplier.id), &detail)?;
    audited.put_offers(&who.org, supplier.id, &offers, &who.actor, now()).await?;
    Ok(Json(OffersTaken { taken: offers.len(), warnings: Vec::new() }))
}

/// Takes a price list in that was read from a file (`ParsedDocument`). Lines without a price are left out and told.
#[utoipa::path(
    post,
    path = "/api/v1/suppliers/{supplier}/price-lists",
    tag = "buying",
    params(("supplier" = String, Path, description = "The supplier's id")),
    request_body = ParsedDocument,
    responses((status = 200, body = OffersTaken))
)]
pub(crate) async fn import(
    State(shared): State<Shared>,
    who: Who,
    Place(supplier): Place<String>,
    Body(document): Body<ParsedDocument>,
) -> Result<Json<OffersTaken>, Problem> {
    who.check_all_stores()?;
    let supplier = known_supplier(&shared, &who, &supplier).await?;
    let read = price_list::offers(&document, supplier.details.currency);
    let detail = format!("{} offers of a price list", read.offers.len());
    let audited = shared.audited(&who, "offers.import", &format!("supplier:{}", supplier.id), &detail)?;
    audited.put_offers(&who.org, supplier.id, &read.offers, &who.actor, now()).await?;
    Ok(Json(OffersTaken { taken: read.offers.len(), warnings: read.warnings }))
}

/// An offer.
#[utoipa::path(
    get,
    path = "/api/v1/offers/{offer}",
    tag = "buying",
    params(("offer" = String, Path, description = "The offer's id")),
    responses((status = 200, body = OfferShown))
)]
pub(crate) async fn get(
    State(shared): State<Shared>,
    who: Who,
    Place(offer): Place<String>,
    headers: HeaderMap,
) -> Result<Response, Problem> {
    let id = OfferId(read_id("offer", &offer)?);
    tagged(&headers, &shown(&shared.store.offer(&who.org, id).await?))
}

/// Removes an offer.
#[utoipa::path(
    delete,
    path = "/api/v1/offers/{offer}",
    tag = "buying",
    params(("offer" = String, Path, description = "The offer's id")),
    responses((status = 204))
)]
pub(crate) async fn remove(
    State(shared): State<Shared>,
    who: Who,
    Place(offer): Place<String>,
) -> Result<StatusCode, Problem> {
    who.check_all_stores()?;
    let id = OfferId(read_id("offer", &offer)?);
    let audited = shared.audited(&who, "offer.remove", &format!("offer:{id}"), "")?;
    audited.remove_offer(&who.org, id).await?;
    Ok(StatusCode::NO_CONTENT)
}

/// Says which product an offer's article is; it counts for all offers of the article, past and to come.
#[utoipa::path(
    put,
    path = "/api/v1/offers/{offer}/product",
    tag = "buying",
    params(("offer" = String, Path, description = "The offer's id")),
    request_body = OfferProductForm,
    responses((status = 200, body = OfferShown))
)]
pub(crate) async fn name_product(
    State(shared): State<Shared>,
    who: Who,
    Place(offer): Place<String>,
    Body(form): Body<OfferProductForm>,
) -> Result<Json<OfferShown>, Problem> {
    who.check_all_stores()?;
    let id = OfferId(read_id("offer", &offer)?);
    let product = form.product.as_deref().map(read_product).transpose()?;
    let detail = product.as_ref().map_or("none", ProductId::as_str);
    let audited = shared.audited(&who, "offer.product", &format!("offer:{id}"), detail)?;
    audited.match_offer(&who.org, id, product.as_ref()).await?;
    Ok(Json(shown(&shared.store.offer(&who.org, id).await?)))
}

/// A product's id in a body.
pub(super) fn read_product(text: &str) -> Result<ProductId, Problem> {
    ProductId::new(text).map_err(|error| Problem::unprocessable(error.to_string()))
}

/// A GTIN in a body.
pub(super) fn read_gtin(text: &str) -> Result<Gtin, Problem> {
    Gtin::parse(text).map_err(|error| Problem::unprocessable(error.to_string()))
}

impl OfferForm {
    fn checked(self, own_currency: &str, origin: &str) -> Result<NewOffer, Problem> {
        if let Some(points) = self.tax_basis_points.filter(|points| *points > 10_000) {
            let detail =
                format!("`tax_basis_points` is {points}: 1900 is 19 %, and at most 10000 is possible");
            return Err(Problem::unprocessable(detail));
        }
        let validity = Validity {
            from: read_day_if("valid_from", self.valid_from.as_deref())?,
            to: read_day_if("valid_to", self.valid_to.as_deref())?,
        };
        Ok(NewOffer {
            id: OfferId(Uuid::now_v7()),
            article: self.article,
            gtin: self.gtin.as_deref().map(read_gtin).transpose()?,
            name: self.name,
            product: self.product.as_deref().map(read_product).transpose()?,
            offer: Offer {
                pack: self.pack.into(),
                rule: PackRule { at_least: self.packs_min, multiple_of: self.packs_multiple },
                pack_price: read_decimal("pack_price", &self.pack_price)?,
                currency: read_currency(self.currency.as_deref().unwrap_or(own_currency))?,
                validity,
            },
            tax_basis_points: self.tax_basis_points,
            origin: origin.to_owned(),
        })
    }
}

pub(super) fn shown(stored: &StoredOffer) -> OfferShown {
    let NewOffer { id, article, gtin, name, product, offer, tax_basis_points, origin } = stored.offer.clone();
    OfferShown {
        id: id.to_string(),
        supplier: stored.supplier.to_string(),
        article,
        gtin: gtin.map(|gtin| gtin.to_string()),
        name,
        product: product.map(|product| product.to_string()),
        pack: offer.pack.into(),
        packs_min: offer.rule.at_least,
        packs_multiple: offer.rule.multiple_of,
        pack_price: offer.pack_price.to_string(),
        unit_price: cloud_core::offers::share(offer.pack_price, offer.pack.content.into()).to_string(),
        currency: offer.currency.code().to_owned(),
        tax_basis_points,
        valid_from: offer.validity.from.map(|day| day.to_string()),
        valid_to: offer.validity.to.map(|day| day.to_string()),
        origin,
        made_by: stored.made_by.to_string(),
        made_at_ms: ms(stored.made_at),
    }
}
