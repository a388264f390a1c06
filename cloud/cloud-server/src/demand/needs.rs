//! What a store can order, as the arithmetic of replenishment wants it: items, their stock, prices and suppliers.
//!
//! A product takes part when a supplier offers it in the unit and the currency in which the store sells it: there are no exchange rates
//! here. Where several do, the cheapest piece or gram counts, unless the product's rule names a supplier.

use std::collections::BTreeMap;

use cloud_core::ledger::StockUnit;
use cloud_demand::replenish::calendar::{Calendar, LeadTime, Weekdays};
use cloud_demand::replenish::classes::{Limits, Turnover, Value, classify};
use cloud_demand::replenish::terms::{
    Demand, Incoming, Item, PACK_AMOUNT_MAX, Pack, QUANTITY_MAX, Request, Rules, Stock, Supplier as Terms,
};
use cloud_store::{
    OpenPurchase, OrderingPolicy, ProductFilter, ProductRange, RuleDetails, ServiceClass, Store, StoreError,
    StoreInfo, StoredOffer, StoredProduct, Supplier, SupplierId,
};
use domain::ids::ProductId;
use domain::quantity::Measure;
use rust_decimal::Decimal;
use rust_decimal::prelude::ToPrimitive as _;

use super::days::{day_numbered, local_day, number_of, zone_of};
use super::series::{unit_of, units_of};
use super::shards::unpacked;
use crate::roles::now;

/// Products that are read at once.
const PAGE: u32 = 500;
/// No forecast says more.
const LEVEL_MAX: f64 = 0.999;

/// A product that can be ordered. Its place in [`Needs::goods`] is its number.
#[derive(Debug, Clone)]
pub(crate) struct Goods {
    pub(crate) product: StoredProduct,
    pub(crate) unit: StockUnit,
    pub(crate) offer: StoredOffer,
    /// What the ledger says is there.
    pub(crate) on_hand: i64,
    /// What of it is kept for somebody.
    pub(crate) kept: i64,
    /// What is on its way from other stores.
    pub(crate) in_transit: i64,
    pub(crate) rule: RuleDetails,
}

impl Goods {
    /// What may be sold of what is there.
    pub(crate) fn available(&self) -> i64 {
        self.on_hand.saturating_sub(self.kept)
    }
}

/// What a store can order.
#[derive(Debug, Clone)]
pub(crate) struct Needs {
    pub(crate) goods: Vec<Goods>,
    pub(crate) request: Request,
}

/// What is taken for granted in place of what was said: how "what if" is asked.
#[derive(Debug, Clone, Default)]
pub(crate) struct Changes {
    /// Of class A, B and C, in basis points.
    pub(crate) service: [Option<u32>; 3],
    /// Of every product.
    pub(crate) lead_days: Option<u32>,
    /// Of every product.
    pub(crate) review_days: Option<u32>,
    /// What may be ordered at once.
    pub(crate) budget_minor: Option<i64>,
    /// Of every supplier.
    pub(crate) order_min_minor: Option<i64>,
    /// Of every product that spoils.
    pub(crate) shelf_life_days: Option<u32>,
}

/// Orders to one supplier that take equally long and are looked at equally often.
type Rhythm = (SupplierId, u32, u32);

/// What is looked at beside the products.
struct Circumstances<'a> {
    shop: &'a StoreInfo,
    policy: OrderingPolicy,
    changes: &'a Changes,
    suppliers: BTreeMap<SupplierId, Supplier>,
    open: BTreeMap<(&'a ProductId, StockUnit), Vec<&'a OpenPurchase>>,
    today: i64,
}

/// Everything that a store can order on a day, or those of its products that are named. `open` is what is on its way to it.
pub(crate) async fn of_store(
    store: &Store,
    shop: &StoreInfo,
    today: i64,
    open: &[OpenPurchase],
    only: Option<&[ProductId]>,
    changes: &Changes,
) -> Result<Needs, StoreError> {
    let mut of_product: BTreeMap<(&ProductId, StockUnit), Vec<&OpenPurchase>> = BTreeMap::new();
    for one in open {
        of_product.entry((&one.product, one.unit)).or_default().push(one);
    }
    let around = Circumstances {
        shop,
        policy: changes.applied(&store.ordering_policy(&shop.org, &shop.id).await?),
        changes,
        suppliers: suppliers(store, shop).await?,
        open: of_product,
        today,
    };
    let mut rhythms: BTreeMap<Rhythm, u64> = BTreeMap::new();
    let (mut goods, mut items) = (Vec::new(), Vec::new());
    let filter = ProductFilter { archived: Some(false), ..ProductFilter::default() };
    let mut after = None;
    loop {
        let page = store.products(&shop.org, &filter, after.as_ref(), PAGE).await?;
        let (Some(first), Some(last)) = (page.first(), page.last()) else { break };
        after = Some(last.product.id.clone());
        let range = ProductRange { first: first.product.id.clone(), last: last.product.id.clone() };
        for (one, demand) in read(store, &around, &range, page, only).await? {
            let Some(item) = item(&around, goods.len() as u64, &one, demand, &mut rhythms) else { continue };
            goods.push(one);
            items.push(item);
        }
    }
    classes(&around, &goods, &mut items);
    let request = Request {
        today,
        items,
        suppliers: rhythms.iter().map(|(rhythm, id)| terms(&around, *rhythm, *id)).collect(),
        budget_minor: around.policy.budget_minor,
        rules: Rules::default(),
    };
    Ok(Needs { goods, request })
}

impl Changes {
    fn applied(&self, policy: &OrderingPolicy) -> OrderingPolicy {
        let mut service = policy.service;
        for (said, changed) in service.iter_mut().zip(self.service) {
            *said = changed.unwrap_or(*said);
        }
        OrderingPolicy {
            review_days: self.review_days.unwrap_or(policy.review_days),
            service,
            budget_minor: self.budget_minor.or(policy.budget_minor),
        }
    }
}

async fn suppliers(store: &Store, shop: &StoreInfo) -> Result<BTreeMap<SupplierId, Supplier>, StoreError> {
    let mut found = BTreeMap::new();
    let mut after = None;
    loop {
        let page = store.suppliers(&shop.org, false, after, PAGE).await?;
        let Some(last) = page.last() else { return Ok(found) };
        after = Some(last.id);
        found.extend(page.into_iter().map(|supplier| (supplier.id, supplier)));
    }
}

/// Products of a page that somebody offers, with what is expected of them.
async fn read(
    store: &Store,
    around: &Circumstances<'_>,
    range: &ProductRange,
    page: Vec<StoredProduct>,
    only: Option<&[ProductId]>,
) -> Result<Vec<(Goods, Option<Demand>)>, StoreError> {
    let (org, shop) = (&around.shop.org, &around.shop.id);
    let mut offers: BTreeMap<ProductId, Vec<StoredOffer>> = BTreeMap::new();
    for offer in store.offers_between(org, range, day_numbered(around.today)).await? {
        if let Some(product) = offer.offer.product.clone() {
            offers.entry(product).or_default().push(offer);
        }
    }
    let rules = store.ordering_rules_between(org, shop, range).await?;
    let mut rules: BTreeMap<ProductId, RuleDetails> =
        rules.into_iter().map(|rule| (rule.product, rule.details)).collect();
    let stock = store.stock_between(org, shop, range).await?;
    let stock: BTreeMap<_, i64> = stock.into_iter().map(|one| (one.key, one.quantity)).collect();
    let kept: BTreeMap<_, u64> = store.reserved_between(org, shop, range, now()).await?.into_iter().collect();
    let in_transit = store.in_transit_between(org, shop, range).await?;
    let forecasts = store.forecasts_between(org, shop, range).await?;
    let mut forecasts: BTreeMap<ProductId, _> =
        forecasts.into_iter().map(|one| (one.forecast.product.clone(), one)).collect();
    let mut found = Vec::new();
    for product in page {
        let id = product.product.id.clone();
        if only.is_some_and(|only| !only.contains(&id)) {
            continue;
        }
        let (unit, rule) = (unit_of(&product), rules.remove(&id).unwrap_or_default());
        let Some(offer) = cheapest(around, &rule, unit, offers.remove(&id).unwrap_or_default()) else {
            continue;
        };
        let forecast = forecasts
            .remove(&id)
            .filter(|one| number_of(one.first_day) == around.today && one.forecast.unit == unit);
        let demand = forecast.and_then(|one| unpacked(&one.forecast.figures)).map(Demand::Forecast);
        let key = cloud_core::ledger::StockKey { product: id, unit };
        let on_hand = stock.get(&key).copied().unwrap_or(0);
        let of = |counts: &BTreeMap<_, u64>| counts.get(&key).map_or(0, |count| signed(*count));
        let (kept, in_transit) = (of(&kept), of(&in_transit));
        found.push((Goods { product, unit, offer, on_hand, kept, in_transit, rule }, demand));
    }
    Ok(found)
}

/// The offer that a product is ordered by.
fn cheapest(
    around: &Circumstances<'_>,
    rule: &RuleDetails,
    unit: StockUnit,
    offers: Vec<StoredOffer>,
) -> Option<StoredOffer> {
    let fits = |one: &StoredOffer| {
        let supplier = around.suppliers.get(&one.supplier);
        let buys = supplier.is_some_and(|supplier| supplier.blacklisted.is_none());
        let offer = &one.offer.offer;
        let wanted = rule.supplier.is_none_or(|supplier| supplier == one.supplier);
        buys && wanted && offer.pack.unit == unit && offer.currency == around.shop.details.currency
    };
    let unit_price =
        |one: &StoredOffer| one.offer.offer.pack_price / Decimal::from(one.offer.offer.pack.content.max(1));
    offers.into_iter().filter(fits).min_by_key(|one| (unit_price(one), one.offer.id))
}

fn item(
    around: &Circumstances<'_>,
    id: u64,
    goods: &Goods,
    demand: Option<Demand>,
    rhythms: &mut BTreeMap<Rhythm, u64>,
) -> Option<Item> {
    let (rule, supplier) = (&goods.rule, around.suppliers.get(&goods.offer.supplier)?);
    let changes = around.changes;
    let lead_days = changes.lead_days.or(rule.lead_days).unwrap_or(supplier.details.delivery.lead_days);
    let review_days = changes.review_days.or(rule.review_days).unwrap_or(around.policy.review_days);
    let next = rhythms.len() as u64;
    let rhythm = *rhythms.entry((supplier.id, lead_days, review_days)).or_insert(next);
    let bounds = rule.stock_min.zip(rule.stock_max);
    let reorder = || bounds.map(|(least, most)| (signed(least), signed(most)));
    // What is to be there at least is not there to be sold; a reorder point says that already.
    let minimum = if demand.is_some() { rule.stock_min.map_or(0, signed) } else { 0 };
    // Nor is what is kept for somebody.
    let reserved = minimum.saturating_add(goods.kept).min(QUANTITY_MAX);
    let demand =
        demand.or_else(|| reorder().map(|(minimum, maximum)| Demand::ReorderPoint { minimum, maximum }))?;
    Some(Item {
        id,
        supplier: rhythm,
        demand,
        units_per_forecast: units_of(goods.unit),
        stock: Stock {
            on_hand: goods.on_hand,
            reserved,
            layers: Vec::new(),
            incoming: incoming(around, goods, lead_days),
        },
        pack: pack(around.shop, goods)?,
        service_level: 0.0,
        maximum: rule.stock_max.map(signed),
        shelf_life_days: rule.shelf_life_days.map(|days| changes.shelf_life_days.unwrap_or(days)),
        freshest_first: 0.5,
        substitutes: Vec::new(),
        promotions: Vec::new(),
    })
}

fn signed(quantity: u64) -> i64 {
    i64::try_from(quantity).unwrap_or(i64::MAX)
}

/// What is on its way of a product. What was wanted on no day comes when its supplier usually does, what another store sent tomorrow.
fn incoming(around: &Circumstances<'_>, goods: &Goods, lead_days: u32) -> Vec<Incoming> {
    let zone = zone_of(&around.shop.details);
    let open = around.open.get(&(&goods.product.product.id, goods.unit));
    let of = |one: &&OpenPurchase| Incoming {
        day: one
            .wanted_on
            .map_or_else(|| number_of(local_day(one.since, &zone)) + i64::from(lead_days), number_of),
        quantity: signed(one.quantity),
    };
    let sent = Incoming { day: around.today + 1, quantity: goods.in_transit };
    let sent = Some(sent).filter(|sent| sent.quantity > 0);
    open.into_iter().flatten().map(of).chain(sent).collect()
}

/// A pack and what it costs and brings without tax; `None` where that is more than anybody pays.
fn pack(shop: &StoreInfo, goods: &Goods) -> Option<Pack> {
    let offer = &goods.offer.offer.offer;
    let factor = Decimal::from(10_i64.checked_pow(offer.currency.exponent())?);
    let cost_minor = (offer.pack_price.checked_mul(factor)?).round().to_i64()?;
    let pack = Pack {
        content: i64::from(offer.pack.content),
        at_least: i64::from(offer.rule.at_least.max(1)),
        multiple_of: i64::from(offer.rule.multiple_of.max(1)),
        cost_minor,
        price_minor: price_minor(shop, goods)?,
        salvage_minor: 0,
    };
    let sound = |amount: i64| (0..=PACK_AMOUNT_MAX).contains(&amount);
    if sound(pack.cost_minor) && sound(pack.price_minor) {
        return Some(pack);
    }
    let product = &goods.product.product.id;
    tracing::warn!(%product, "a pack of `{product}` costs more than is ordered by proposals: order it by hand");
    None
}

/// What the content of a pack sells for, without tax.
fn price_minor(shop: &StoreInfo, goods: &Goods) -> Option<i64> {
    let (taxes, product) = (&shop.details.taxes, &goods.product.product);
    let rate = taxes.rates.get(&product.tax_code).map_or(0, |rate| i128::from(rate.basis_points));
    let rate = if taxes.inclusive { rate } else { 0 };
    let per = match product.price.per {
        Measure::Piece => 1,
        Measure::Kilogram => 1_000,
    };
    let content = i128::from(goods.offer.offer.offer.pack.content);
    let gross = i128::from(product.price.amount.minor) * content;
    i64::try_from(gross * 10_000 / ((10_000 + rate) * per)).ok()
}

/// The service that each item's class asks for: the rule's class, else by what it is expected to bring.
fn classes(around: &Circumstances<'_>, goods: &[Goods], items: &mut [Item]) {
    let value = |item: &Item| match &item.demand {
        Demand::Forecast(forecast) => {
            let sold = forecast.mean.iter().sum::<f64>() * f64::from(item.units_per_forecast);
            (sold * item.pack.price_minor as f64 / item.pack.content as f64) as i64
        }
        Demand::ReorderPoint { .. } => 0,
    };
    let turnovers: Vec<Turnover<'_>> =
        items.iter().map(|item| Turnover { id: item.id, value_minor: value(item), days: &[] }).collect();
    let classes = classify(&turnovers, &Limits::default());
    let [a, b, c] = around.policy.service.map(|points| (f64::from(points) / 10_000.0).min(LEVEL_MAX));
    for ((item, goods), class) in items.iter_mut().zip(goods).zip(classes) {
        item.service_level = match (goods.rule.class, class.value) {
            (Some(ServiceClass::A), _) | (None, Value::A) => a,
            (Some(ServiceClass::B), _) | (None, Value::B) => b,
            (Some(ServiceClass::C), _) | (None, Value::C) => c,
        };
    }
}

fn terms(around: &Circumstances<'_>, (supplier, lead_days, review_days): Rhythm, id: u64) -> Terms {
    let details = around.suppliers.get(&supplier).map(|supplier| &supplier.details);
    let own = |details: &&cloud_store::SupplierDetails| details.currency == around.shop.details.currency;
    Terms {
        id,
        lead: LeadTime { days: lead_days, late: Vec::new() },
        calendar: Calendar {
            orders: Weekdays::default(),
            deliveries: Weekdays(details.map_or(0, |details| details.delivery.weekdays)),
            closed: details
                .map(|details| details.delivery.closed.iter().map(|day| number_of(*day)).collect())
                .unwrap_or_default(),
        },
        review_days,
        minimum_minor: around
            .changes
            .order_min_minor
            .or_else(|| details.filter(own).and_then(|details| details.order_min_minor))
            .unwrap_or(0)
            .max(0),
    }
}
