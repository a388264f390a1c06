//! What a proposal is made of: items, their stock and prices, suppliers, and what may be spent.

use std::collections::BTreeSet;

use thiserror::Error;

use super::calendar::{Calendar, LeadTime};
use super::spread::LEVEL_MAX;
use crate::forecast::Forecast;

/// The most packs of one item in one order.
pub const PACKS_MAX: i64 = 100_000;
/// The most pieces or grams in one pack.
pub const CONTENT_MAX: i64 = 10_000_000;
/// The most that one pack costs or brings, in minor units.
pub const PACK_AMOUNT_MAX: i64 = 1_000_000_000;
/// The most pieces or grams of one item in stock, on order or allowed: with it every sum of quantities fits 64 bits.
pub const QUANTITY_MAX: i64 = 1_000_000_000_000;
/// The most items in one request: with the two before it every sum of money fits 64 bits.
pub const ITEMS_MAX: usize = 50_000;
/// The most days that a supplier takes, that goods keep, or that pass between two looks.
pub const DAYS_MAX: u32 = 3_650;

/// Everything that one run of proposals looks at.
#[derive(Debug, Clone, Default)]
pub struct Request {
    /// The day, in whose morning orders are given.
    pub today: i64,
    /// What can be ordered, in any order.
    pub items: Vec<Item>,
    /// Who delivers it, in any order.
    pub suppliers: Vec<Supplier>,
    /// The most that may be spent in this run, in minor units; `None` is no limit. Open proposals of earlier runs are the
    /// caller's to take off.
    pub budget_minor: Option<i64>,
    /// What all suppliers and items share.
    pub rules: Rules,
}

/// What all suppliers and items share.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Rules {
    /// What it costs to have goods lying for a year, in ten-thousandths of what they cost.
    pub holding_basis_points: u32,
    /// Days after which an order that has not come is no longer counted on.
    pub overdue_days: u32,
    /// By how many days more than needed an order may last when it is filled up to a supplier's minimum.
    pub fill_days: u32,
}

impl Default for Rules {
    fn default() -> Self {
        Self { holding_basis_points: 2_000, overdue_days: 7, fill_days: 14 }
    }
}

/// Somebody who delivers goods.
#[derive(Debug, Clone, Default)]
pub struct Supplier {
    /// The caller's number.
    pub id: u64,
    /// How long it takes.
    pub lead: LeadTime,
    /// When it takes orders and comes.
    pub calendar: Calendar,
    /// Days between two looks at what is needed of it; 0 counts as 1.
    pub review_days: u32,
    /// The smallest order it takes, in minor units.
    pub minimum_minor: i64,
}

/// Something that can be ordered.
#[derive(Debug, Clone)]
pub struct Item {
    /// The caller's number.
    pub id: u64,
    /// Whose goods they are.
    pub supplier: u64,
    /// What will be sold.
    pub demand: Demand,
    /// Pieces or grams of stock in one unit of the forecast: 1 of pieces, 1,000 of what is forecast in kilograms.
    pub units_per_forecast: u32,
    /// What there is.
    pub stock: Stock,
    /// What it is ordered in.
    pub pack: Pack,
    /// The share of days, from 0 to 1, on which demand until the next delivery shall be met; of items that spoil prices say so instead.
    pub service_level: f64,
    /// What there may be at most, ordered goods included; `None` is no limit.
    pub maximum: Option<i64>,
    /// Days on which it can be sold, the day of its arrival included; `None` where it does not spoil.
    pub shelf_life_days: Option<u32>,
    /// Which share of buyers takes the freshest first, from 0 to 1; the others take the oldest.
    pub freshest_first: f64,
    /// What people take instead.
    pub substitutes: Vec<Substitute>,
    /// Promotions that the forecast does not know of.
    pub promotions: Vec<Promotion>,
}

/// What will be sold of an item.
#[derive(Debug, Clone, PartialEq)]
pub enum Demand {
    /// A forecast whose first day is today.
    Forecast(Forecast),
    /// None: order when there is this little or less.
    ReorderPoint {
        /// At which stock, in pieces or grams, to order.
        minimum: i64,
        /// Up to which.
        maximum: i64,
    },
}

/// What there is of an item, in pieces or grams.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct Stock {
    /// On hand. Below zero is a mistake of counting and taken for none.
    pub on_hand: i64,
    /// Of it promised to somebody.
    pub reserved: i64,
    /// Which parts of it can be sold how long; what is on hand and in no layer can be sold half its shelf life.
    pub layers: Vec<Layer>,
    /// What was ordered or proposed and has not come.
    pub incoming: Vec<Incoming>,
}

/// A part of the stock of one age.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub struct Layer {
    /// The last day on which it can be sold.
    pub last_day: i64,
    /// How much of it there is.
    pub quantity: i64,
}

/// Goods under way, ordered or proposed in an earlier run.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub struct Incoming {
    /// The day on which they are to arrive.
    pub day: i64,
    /// How much.
    pub quantity: i64,
}

/// What an item is ordered in, and what that costs.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Pack {
    /// Pieces or grams in it.
    pub content: i64,
    /// The fewest packs that are sold at once.
    pub at_least: i64,
    /// Of how many packs an order is a multiple.
    pub multiple_of: i64,
    /// What a pack costs, in minor units.
    pub cost_minor: i64,
    /// What its content sells for, in minor units, without tax.
    pub price_minor: i64,
    /// What its content still brings once it can be sold no more, in minor units; below zero where throwing it away costs.
    pub salvage_minor: i64,
}

/// Another item that people take when this one is out.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Substitute {
    /// The other item.
    pub item: u64,
    /// Which share of buyers takes it, from 0 to 1.
    pub share: f64,
}

/// Days on which more (or less) is sold than on others.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Promotion {
    /// Its first day.
    pub first_day: i64,
    /// Its last day.
    pub last_day: i64,
    /// By how much demand is multiplied.
    pub factor: f64,
}

/// A request that cannot be what was meant.
#[derive(Debug, Clone, PartialEq, Eq, Error)]
pub enum Invalid {
    /// Two of one number.
    #[error("{what} `{id}` is there twice: give each its own number")]
    Twice {
        /// Items or suppliers.
        what: &'static str,
        /// The number.
        id: u64,
    },
    /// An item of nobody.
    #[error("item `{item}` names supplier `{supplier}`, which is not in the request: add it")]
    NoSupplier {
        /// The item.
        item: u64,
        /// Its supplier's number.
        supplier: u64,
    },
    /// A value that is none.
    #[error("{what} `{id}`: `{field}` must be {must}")]
    Field {
        /// An item or a supplier.
        what: &'static str,
        /// Which.
        id: u64,
        /// Of what.
        field: &'static str,
        /// What is allowed.
        must: &'static str,
    },
    /// Too much at once.
    #[error(
        "{count} items are more than the {ITEMS_MAX} of one request: ask for some of the suppliers at a time"
    )]
    TooMany {
        /// How many.
        count: usize,
    },
}

impl Request {
    /// Whether everything in it is what it can be.
    ///
    /// # Errors
    /// [`Invalid`] with the first thing that is not.
    pub fn check(&self) -> Result<(), Invalid> {
        check(&self.items, &self.suppliers)
    }
}

/// Whether items and suppliers are what they can be.
pub(super) fn check(items: &[Item], suppliers: &[Supplier]) -> Result<(), Invalid> {
    if items.len() > ITEMS_MAX {
        return Err(Invalid::TooMany { count: items.len() });
    }
    twice("item", items.iter().map(|item| item.id))?;
    twice("supplier", suppliers.iter().map(|supplier| supplier.id))?;
    let known: BTreeSet<u64> = suppliers.iter().map(|one| one.id).collect();
    for item in items {
        if !known.contains(&item.supplier) {
            return Err(Invalid::NoSupplier { item: item.id, supplier: item.supplier });
        }
        item.check().map_err(|(field, must)| Invalid::Field { what: "item", id: item.id, field, must })?;
    }
    for one in suppliers {
        one.check().map_err(|(field, must)| Invalid::Field { what: "supplier", id: one.id, field, must })?;
    }
    Ok(())
}

/// A field and what it must be.
type Wrong = (&'static str, &'static str);

fn twice(what: &'static str, ids: impl Iterator<Item = u64>) -> Result<(), Invalid> {
    let mut seen = BTreeSet::new();
    for id in ids {
        if !seen.insert(id) {
            return Err(Invalid::Twice { what, id });
        }
    }
    Ok(())
}

fn require(right: bool, field: &'static str, must: &'static str) -> Result<(), Wrong> {
    if right { Ok(()) } else { Err((field, must)) }
}

fn is_share(value: f64) -> bool {
    (0.0..=1.0).contains(&value)
}

fn is_quantity(value: i64) -> bool {
    (0..=QUANTITY_MAX).contains(&value)
}

impl Supplier {
    fn check(&self) -> Result<(), Wrong> {
        require(self.lead.days <= DAYS_MAX, "lead.days", "at most 3,650")?;
        let shares = self.lead.late.iter().all(|share| is_share(*share));
        let sum: f64 = self.lead.late.iter().sum();
        require(
            shares && sum <= 1.0 + 1e-9 && self.lead.late.len() <= 60,
            "lead.late",
            "at most 60 shares that come to 1 at most",
        )?;
        require(self.review_days <= DAYS_MAX, "review_days", "at most 3,650")?;
        require((0..=QUANTITY_MAX).contains(&self.minimum_minor), "minimum_minor", "0 to 1,000,000,000,000")
    }
}

impl Item {
    fn check(&self) -> Result<(), Wrong> {
        self.pack.check()?;
        self.stock.check()?;
        self.demand.check()?;
        require((1..=1_000_000).contains(&self.units_per_forecast), "units_per_forecast", "1 to 1,000,000")?;
        require(
            self.service_level >= 0.0 && self.service_level <= LEVEL_MAX,
            "service_level",
            "0 to 0.999: no forecast says more",
        )?;
        require(self.maximum.is_none_or(is_quantity), "maximum", "0 to 1,000,000,000,000")?;
        let keeps = self.shelf_life_days.is_none_or(|days| (1..=DAYS_MAX).contains(&days));
        require(keeps, "shelf_life_days", "1 to 3,650")?;
        require(is_share(self.freshest_first), "freshest_first", "0 to 1")?;
        let other = |one: &Substitute| is_share(one.share) && one.item != self.id;
        require(self.substitutes.iter().all(other), "substitutes", "other items with shares of 0 to 1")?;
        let near = |one: &Promotion| {
            (0.0..=1_000.0).contains(&one.factor) && one.last_day - one.first_day <= i64::from(DAYS_MAX)
        };
        require(
            self.promotions.iter().all(near),
            "promotions",
            "factors of 0 to 1,000 over ten years at most",
        )
    }
}

impl Pack {
    fn check(self) -> Result<(), Wrong> {
        let amounts = 0..=PACK_AMOUNT_MAX;
        require((1..=CONTENT_MAX).contains(&self.content), "pack.content", "1 to 10,000,000")?;
        require((1..=PACKS_MAX).contains(&self.at_least), "pack.at_least", "1 to 100,000")?;
        require((1..=PACKS_MAX).contains(&self.multiple_of), "pack.multiple_of", "1 to 100,000")?;
        require(amounts.contains(&self.cost_minor), "pack.cost_minor", "0 to 1,000,000,000")?;
        require(amounts.contains(&self.price_minor), "pack.price_minor", "0 to 1,000,000,000")?;
        require(
            amounts.contains(&self.salvage_minor.saturating_abs()),
            "pack.salvage_minor",
            "1,000,000,000 at most",
        )
    }
}

impl Stock {
    fn check(&self) -> Result<(), Wrong> {
        require(self.on_hand.saturating_abs() <= QUANTITY_MAX, "stock.on_hand", "1,000,000,000,000 at most")?;
        require(is_quantity(self.reserved), "stock.reserved", "0 to 1,000,000,000,000")?;
        let layers: Option<i64> = sum(self.layers.iter().map(|layer| layer.quantity));
        require(layers.is_some(), "stock.layers", "quantities of 0 to 1,000,000,000,000 together")?;
        let incoming: Option<i64> = sum(self.incoming.iter().map(|one| one.quantity));
        require(incoming.is_some(), "stock.incoming", "quantities of 0 to 1,000,000,000,000 together")
    }
}

fn sum(mut quantities: impl Iterator<Item = i64>) -> Option<i64> {
    quantities
        .try_fold(0_i64, |sum, one| sum.checked_add(one).filter(|sum| is_quantity(one) && is_quantity(*sum)))
}

impl Demand {
    /// Whether there is a forecast.
    pub fn is_forecast(&self) -> bool {
        matches!(self, Self::Forecast(_))
    }

    fn check(&self) -> Result<(), Wrong> {
        match self {
            Self::ReorderPoint { minimum, maximum } => require(
                is_quantity(*minimum) && is_quantity(*maximum) && minimum <= maximum,
                "demand.minimum",
                "0 to the maximum, and that at most 1,000,000,000,000",
            ),
            Self::Forecast(forecast) => {
                let days = forecast.mean.len();
                let whole = days > 0 && forecast.daily.len() == days && forecast.cumulative.len() == days;
                require(whole, "demand.forecast", "of as many means as quantiles, at least of one day")?;
                let all = forecast.mean.iter().chain(forecast.cumulative.iter().flatten());
                let counts = |value: &f64| value.is_finite() && *value <= QUANTITY_MAX as f64;
                require(all.clone().all(counts), "demand.forecast", "of numbers up to 1,000,000,000,000")
            }
        }
    }
}
