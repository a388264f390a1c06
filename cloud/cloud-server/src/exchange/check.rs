//! Products as the checks of `cloud_core::cleaning` see them, and the present catalogue looked at by them.

use std::collections::{BTreeMap, HashMap};

use cloud_core::cleaning::{self, Code, Finding, Item, Price};
use cloud_core::ledger::StockUnit;
use cloud_docs::catalogue::CatalogueRecord;
use cloud_store::{
    Category, ProductFilter, ProductRange, Store, StoreError, StoreInfo, StoredOffer, StoredProduct,
};
use domain::ids::{OrgId, ProductId};
use domain::product::Product;
use domain::quantity::{Measure, UnitPrice};
use domain::time::{BusinessDay, WallMs};
use jiff::Timestamp;
use rust_decimal::Decimal;
use rust_decimal::prelude::ToPrimitive as _;
use serde::{Deserialize, Serialize};
use utoipa::ToSchema;

use super::plan::Present;
use super::sentences::{Sentence, sentence};

/// Products that are read at once.
const PAGE: u32 = 500;
/// Prices of before that are looked at, of all products together.
const PAST_MAX: u32 = 500_000;

/// Something odd about a catalogue.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
pub(crate) struct FindingShown {
    /// A stable word for software.
    #[schema(example = "price_outlier")]
    pub(crate) code: String,
    /// `error`, `warning` or `info`.
    pub(crate) severity: String,
    /// The product's id, where it has one.
    pub(crate) product: String,
    /// Its name.
    pub(crate) name: String,
    /// The row of the file.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub(crate) row: Option<u32>,
    /// The other product that it is about.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub(crate) other: Option<String>,
    /// What is there.
    pub(crate) value: String,
    /// What it was compared with.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub(crate) expected: Option<String>,
    /// What could be written instead.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub(crate) fix: Option<FixShown>,
    /// The same for people.
    pub(crate) text: Sentence,
}

/// What could be written in place of what is there.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
pub(crate) struct FixShown {
    /// The field, for example `price` or `name:ru`.
    pub(crate) field: String,
    /// What to write.
    pub(crate) value: String,
}

/// A finding as it is told.
pub(crate) fn shown(finding: &Finding, items: &[Item]) -> FindingShown {
    let item = &items[finding.item];
    let other = finding.other.map(|other| &items[other]);
    FindingShown {
        code: finding.code.as_str().to_owned(),
        severity: finding.code.severity().as_str().to_owned(),
        product: item.id.clone(),
        name: name(item).to_owned(),
        row: item.row,
        other: other.map(|other| other.id.clone()),
        value: finding.value.clone(),
        expected: finding.expected.clone(),
        fix: finding.fix.as_ref().map(|fix| FixShown { field: fix.field.clone(), value: fix.value.clone() }),
        text: sentence(finding, other.map(name)),
    }
}

fn name(item: &Item) -> &str {
    item.names.first().map_or(item.sku.as_str(), |(_, name)| name.as_str())
}

/// The present catalogue and what is odd about it: archived products are left out, and so are products that nobody looks at.
#[derive(Debug, Default)]
pub(crate) struct Report {
    pub(crate) products: usize,
    pub(crate) counts: BTreeMap<Code, usize>,
    pub(crate) items: Vec<Item>,
    pub(crate) findings: Vec<Finding>,
}

/// Looks at the present catalogue.
pub(crate) async fn report(store: &Store, org: &OrgId, now: WallMs) -> Result<Report, StoreError> {
    let present = present(store, org).await?;
    let costs = costs(store, org, &present.products, now).await?;
    let looked = tokio::task::spawn_blocking(move || {
        let sold = present.products.iter().filter(|stored| !stored.product.archived);
        let items: Vec<Item> = sold
            .map(|stored| {
                let past = present.past.get(&stored.product.id).map_or(&[][..], Vec::as_slice);
                // The latest is the present one, which is compared with those before it.
                let past = match past {
                    [latest, before @ ..] if *latest == stored.product.price => before,
                    past => past,
                };
                let mut item = item_of_product(&stored.product, Some(stored), None, past, &present.stores);
                item.cost_minor = costs.get(&stored.product.id).copied();
                item
            })
            .collect();
        let findings = cleaning::report(&items);
        let mut counts = BTreeMap::new();
        for finding in &findings {
            *counts.entry(finding.code).or_default() += 1;
        }
        Report { products: items.len(), counts, items, findings }
    });
    Ok(looked.await.expect("the checks do not fail"))
}

/// Everything that a file is compared with.
pub(crate) async fn present(store: &Store, org: &OrgId) -> Result<Present, StoreError> {
    let mut products: Vec<StoredProduct> = Vec::new();
    loop {
        let after = products.last().map(|last| last.product.id.clone());
        let page = store.products(org, &ProductFilter::default(), after.as_ref(), PAGE).await?;
        if page.is_empty() {
            break;
        }
        products.extend(page);
    }
    let mut past: HashMap<ProductId, Vec<UnitPrice>> = HashMap::new();
    for (product, price) in store.past_prices(org, PAST_MAX).await? {
        past.entry(product).or_default().push(price);
    }
    let (categories, stores) = (store.categories(org).await?, store.stores(org).await?);
    Ok(Present { products, categories, stores, past, to_come: HashMap::new() })
}

/// The lowest price that a supplier asks for each product today, in minor units of the product's currency, for the unit that it is sold
/// in.
async fn costs(
    store: &Store,
    org: &OrgId,
    products: &[StoredProduct],
    now: WallMs,
) -> Result<HashMap<ProductId, i64>, StoreError> {
    let date =
        Timestamp::from_millisecond(now.0).unwrap_or(Timestamp::UNIX_EPOCH).to_zoned(jiff::tz::TimeZone::UTC);
    let part = |value: i8| u8::try_from(value).unwrap_or(1);
    let today = BusinessDay { year: date.year(), month: part(date.month()), day: part(date.day()) };
    let mut costs: HashMap<ProductId, i64> = HashMap::new();
    for some in products.chunks(PAGE as usize) {
        let (Some(first), Some(last)) = (some.first(), some.last()) else { continue };
        let range = ProductRange { first: first.product.id.clone(), last: last.product.id.clone() };
        let by_id: HashMap<&ProductId, &Product> =
            some.iter().map(|stored| (&stored.product.id, &stored.product)).collect();
        for offer in store.offers_between(org, &range, today).await? {
            let product = offer.offer.product.as_ref().and_then(|id| by_id.get(id));
            let Some((product, cost)) = product.and_then(|product| Some((product, cost(&offer, product)?)))
            else {
                continue;
            };
            let lowest = costs.entry(product.id.clone()).or_insert(cost);
            *lowest = cost.min(*lowest);
        }
    }
    Ok(costs)
}

fn cost(offer: &StoredOffer, product: &Product) -> Option<i64> {
    let offer = &offer.offer.offer;
    let currency = product.price.amount.currency;
    let per_unit = match (offer.pack.unit, product.price.per) {
        (StockUnit::Piece, Measure::Piece) => Decimal::ONE,
        (StockUnit::Gram, Measure::Kilogram) => Decimal::ONE_THOUSAND,
        _ => return None,
    };
    if offer.currency != currency || offer.pack.content == 0 {
        return None;
    }
    let minor = Decimal::from(10_u64.pow(currency.exponent()));
    let cost = offer.pack_price.checked_mul(minor)?.checked_mul(per_unit)?;
    cost.checked_div(Decimal::from(offer.pack.content))?.round().to_i64()
}

/// A product that there is, or would be.
pub(crate) fn item_of_product(
    product: &Product,
    known: Option<&StoredProduct>,
    category: Option<&Category>,
    past: &[UnitPrice],
    stores: &[StoreInfo],
) -> Item {
    let price = product.price;
    let same_unit =
        |other: &&UnitPrice| other.per == price.per && other.amount.currency == price.amount.currency;
    // What it cost last counts too where it would cost something else now; the price of now says nothing about itself.
    let before = known.map(|stored| stored.product.price);
    let past_minor = before.iter().chain(past).filter(same_unit).map(|other| other.amount.minor);
    let selling: Vec<&StoreInfo> =
        stores.iter().filter(|store| store.details.currency == price.amount.currency).collect();
    let has_rate = |store: &&StoreInfo| store.details.taxes.rates.contains_key(&product.tax_code);
    Item {
        id: product.id.to_string(),
        row: None,
        sku: product.sku.clone(),
        names: product.name.0.clone().into_iter().collect(),
        gtin: product.gtin.map(|gtin| gtin.to_string()),
        price: Some(shown_price(price)),
        category: category.map(|category| category.name.clone()).or_else(|| known?.category.clone()),
        has_tax_rate: (!selling.is_empty()).then(|| selling.iter().any(has_rate)),
        cost_minor: None,
        past_minor: past_minor.filter(|minor| *minor != price.amount.minor).take(20).collect(),
        content: None,
    }
}

fn shown_price(price: UnitPrice) -> Price {
    let currency = price.amount.currency;
    Price {
        minor: price.amount.minor,
        currency: currency.code().to_owned(),
        exponent: currency.exponent(),
        per: price.per,
    }
}

/// A row that nothing can be made of: what it says is looked at all the same.
pub(crate) fn item_of_record(row: u32, record: &CatalogueRecord) -> Item {
    let gtin = record.gtin.clone().filter(|text| !text.is_empty());
    // A price that a currency would refuse says at least whether it is below zero.
    let price = record.price.as_deref().and_then(|text| text.parse::<Decimal>().ok());
    let minor = price.and_then(|price| price.checked_mul(Decimal::ONE_HUNDRED)?.round().to_i64());
    let currency = record.currency.clone().unwrap_or_default();
    Item {
        id: record.id.clone().unwrap_or_default(),
        row: Some(row),
        sku: record.sku.clone().unwrap_or_default(),
        names: record.names.clone().into_iter().collect(),
        gtin,
        price: minor.map(|minor| Price { minor, currency, exponent: 2, per: Measure::Piece }),
        content: record.content.clone(),
        ..Item::default()
    }
}
