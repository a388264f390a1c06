//! What the store knows of products of a shop becomes series of days.

use std::collections::BTreeMap;

use cloud_core::ledger::StockUnit;
use cloud_demand::forecast::all::History;
use cloud_demand::forecast::history::{Sold, demand};
use cloud_store::{PriceMark, ProductRange, Store, StoreError, StoreInfo, StoredProduct};
use domain::ids::ProductId;
use domain::money::Currency;
use domain::quantity::Measure;
use domain::time::WallMs;
use jiff::tz::TimeZone;

use super::days::{day_numbered, local_day, number_of, zone_of};
use super::shelves::{Booked, Shelf, shelves};

/// Milliseconds of a day and of its first half.
const DAY_MS: i64 = 86_400_000;
const NOON_MS: i64 = DAY_MS / 2;
/// A price this much below the usual one is a promotion.
const PROMOTION: f64 = 0.95;
/// Days over which a price is usual.
const USUAL_DAYS: usize = 60;

/// Which days are looked at.
#[derive(Debug, Clone, Copy)]
pub(super) struct Window {
    /// The first day that is forecast; the history ends the day before.
    pub(super) first_day: i64,
    /// How many days are forecast: what is known of them already, such as prices, is told.
    pub(super) days: u32,
    /// Days of history that are looked at.
    pub(super) history_days: u32,
}

/// Days on which a shop sold nothing at all, and what it is like on days to come.
#[derive(Debug, Clone, Default)]
pub(super) struct Opening {
    closed: std::collections::BTreeSet<i64>,
    closed_weekdays: [bool; 7],
}

/// A product's days.
#[derive(Debug, Clone)]
pub(super) struct Series {
    pub(super) product: ProductId,
    pub(super) category: Option<String>,
    pub(super) unit: StockUnit,
    pub(super) history: History,
    /// What was sold on each of the history's days; its values are what would have been with full shelves.
    pub(super) sold: Vec<f64>,
    /// What a piece or a kilogram costs on each day of the history and of the forecast, in minor units.
    pub(super) prices: Vec<f64>,
    pub(super) currency: Currency,
    /// What each day's shelf was like, in step with the history's values.
    pub(super) shelves: Vec<Shelf>,
}

/// Pieces or grams of stock in one unit of a forecast.
pub(crate) fn units_of(unit: StockUnit) -> u32 {
    match unit {
        StockUnit::Piece => 1,
        StockUnit::Gram => 1_000,
    }
}

/// What a product is counted in.
pub(crate) fn unit_of(product: &StoredProduct) -> StockUnit {
    match product.product.price.per {
        Measure::Piece => StockUnit::Piece,
        Measure::Kilogram => StockUnit::Gram,
    }
}

impl Opening {
    /// From the days on which a shop sold anything. It is closed on a day of the week on which it has sold nothing for eight weeks.
    pub(super) fn new(traded: &[i64], window: Window) -> Self {
        let traded: std::collections::BTreeSet<i64> = traded.iter().copied().collect();
        let Some(first) = traded.first().copied() else { return Self::default() };
        let closed = (first..window.first_day).filter(|day| !traded.contains(day)).collect();
        let mut closed_weekdays = [false; 7];
        // A shop that is younger than that, or has been silent for weeks, says nothing about its week.
        let recent = window.first_day - 56;
        let silent = traded.range(window.first_day - 14..).next().is_none();
        if first <= recent && !silent {
            for (weekday, closed) in (0_i64..).zip(&mut closed_weekdays) {
                *closed = !traded.range(recent..).any(|day| day.rem_euclid(7) == weekday);
            }
        }
        Self { closed, closed_weekdays }
    }

    /// Whether it is, or will be, open.
    pub(super) fn is_open(&self, day: i64, first_day: i64) -> bool {
        if day < first_day {
            return !self.closed.contains(&day);
        }
        !usize::try_from(day.rem_euclid(7)).is_ok_and(|weekday| self.closed_weekdays[weekday])
    }
}

/// The days on which a shop sold anything.
pub(super) async fn traded(store: &Store, shop: &StoreInfo, window: Window) -> Result<Vec<i64>, StoreError> {
    let since = day_numbered(window.first_day - i64::from(window.history_days));
    let days = store.trading_days(&shop.org, &shop.id, since).await?;
    Ok(days.into_iter().map(number_of).collect())
}

/// The series of a stretch of products in a shop, in order of product. Numbers of stores and categories, and the series' own, are
/// the caller's to fill in.
pub(super) async fn read(
    store: &Store,
    shop: &StoreInfo,
    range: &ProductRange,
    opening: &Opening,
    window: Window,
) -> Result<Vec<Series>, StoreError> {
    let (org, id) = (&shop.org, &shop.id);
    let zone = zone_of(&shop.details);
    let since = window.first_day - i64::from(window.history_days);
    let products = store.products_between(org, range).await?;
    let mut known: BTreeMap<(ProductId, StockUnit), Known> = BTreeMap::new();
    for sold in store.sold_by_day(org, id, range, day_numbered(since)).await? {
        let day = number_of(sold.day);
        let known = known.entry((sold.product, sold.unit)).or_default();
        if day < window.first_day {
            known.sold.insert(day, sold.quantity);
        } else {
            known.sold_since += sold.quantity;
        }
    }
    for change in store.booked_by_hand(org, id, range).await? {
        let day = number_of(local_day(change.at, &zone));
        let known = known.entry((change.product, change.unit)).or_default();
        if day < window.first_day {
            known.booked.entry(day).or_default().add(change.reason, change.change);
        } else {
            known.booked_since += change.change;
        }
    }
    for balance in store.stock_between(org, id, range).await? {
        known.entry((balance.key.product, balance.key.unit)).or_default().balance = balance.quantity;
    }
    let mut marks: BTreeMap<ProductId, Vec<PriceMark>> = BTreeMap::new();
    for mark in store.price_marks(org, id, range).await? {
        marks.entry(mark.product.clone()).or_default().push(mark);
    }
    let made = products.iter().map(|product| {
        let unit = unit_of(product);
        let known = known.remove(&(product.product.id.clone(), unit)).unwrap_or_default();
        let marks = marks.remove(&product.product.id).unwrap_or_default();
        series(product, &known, &Prices::new(product, marks, &zone), (opening, window))
    });
    Ok(made.collect())
}

/// What is known of a product in one unit.
#[derive(Debug, Default)]
struct Known {
    sold: BTreeMap<i64, i64>,
    booked: BTreeMap<i64, Booked>,
    /// What was sold and booked from the first day of the forecast on.
    sold_since: i64,
    booked_since: i64,
    balance: i64,
}

fn series(
    product: &StoredProduct,
    known: &Known,
    prices: &Prices,
    (opening, window): (&Opening, Window),
) -> Series {
    let unit = unit_of(product);
    let last = window.first_day - 1;
    let oldest = window.first_day - i64::from(window.history_days);
    // Before it was sold or came in for the first time it was not there to be bought.
    let begins = [known.sold.keys().next(), known.booked.keys().next()].into_iter().flatten().min();
    let first = begins.map_or(window.first_day, |day| (*day).max(oldest));
    let scale = f64::from(units_of(unit));
    let value = |day: i64| known.sold.get(&day).copied().unwrap_or(0).max(0) as f64 / scale;
    let sold: Vec<f64> = (first..=last).map(value).collect();
    let evening = known.balance + known.sold_since - known.booked_since;
    let shelves = match sold.is_empty() {
        true => Vec::new(),
        false => shelves((first, last), evening, &known.sold, &known.booked),
    };
    let end = window.first_day + i64::from(window.days);
    let prices = prices.daily(first, end);
    // A forecast learns nothing from prices of which one is none.
    let price = if prices.iter().all(|price| *price > 0.0) { prices.clone() } else { Vec::new() };
    let promotion = promotions(&price);
    let open: Vec<bool> = (first..end).map(|day| opening.is_open(day, window.first_day)).collect();
    let in_stock: Vec<f64> = shelves.iter().map(|shelf| shelf.part_in_stock()).collect();
    let days = sold.len();
    let told = Sold {
        sold: &sold,
        in_stock: &in_stock,
        open: &open[..days],
        promotion: promotion.get(..days).unwrap_or_default(),
        first_day: first,
    };
    let values = demand(&told);
    let history = History { values, first_day: first, price, promotion, open, ..History::default() };
    let currency = product.product.price.amount.currency;
    let (product, category) = (product.product.id.clone(), product.category.clone());
    Series { product, category, unit, history, sold, prices, currency, shelves }
}

/// What a product cost in a shop, and when.
struct Prices {
    /// Of the organisation and of the shop, the oldest first: the day from whose noon on, and the price.
    of_organisation: Vec<(i64, f64)>,
    of_store: Vec<(i64, Option<f64>)>,
    now: f64,
}

impl Prices {
    fn new(product: &StoredProduct, marks: Vec<PriceMark>, zone: &TimeZone) -> Self {
        let (mut of_organisation, mut of_store) = (Vec::new(), Vec::new());
        for mark in marks {
            // A price that comes after noon counts from the next day on.
            let day = number_of(local_day(WallMs(mark.effective_from.0 + NOON_MS), zone));
            let price = mark.price_minor.map(|minor| minor as f64);
            match price {
                _ if mark.of_store => of_store.push((day, price)),
                Some(price) => of_organisation.push((day, price)),
                None => {}
            }
        }
        Self { of_organisation, of_store, now: product.product.price.amount.minor as f64 }
    }

    /// The price of each day.
    fn daily(&self, first: i64, end: i64) -> Vec<f64> {
        let before = |marks: usize| self.of_organisation[..marks].last().map(|(_, price)| *price);
        let price = |day: i64| {
            let of_store = self.of_store.partition_point(|(from, _)| *from <= day);
            if let Some((_, Some(price))) = self.of_store[..of_store].last() {
                return *price;
            }
            let marks = self.of_organisation.partition_point(|(from, _)| *from <= day);
            // What it cost before its first change nobody wrote down: the change says least if it is left out.
            before(marks).or(self.of_organisation.first().map(|(_, price)| *price)).unwrap_or(self.now)
        };
        (first..end).map(price).collect()
    }
}

/// A day is a promotion's where its price is below what was usual in the weeks before.
fn promotions(price: &[f64]) -> Vec<bool> {
    let Some(first) = price.first() else { return Vec::new() };
    if price.iter().all(|one| one.total_cmp(first).is_eq()) {
        return Vec::new();
    }
    let usual = |index: usize| {
        let mut before: Vec<f64> = price[index.saturating_sub(USUAL_DAYS)..=index].to_vec();
        before.sort_unstable_by(f64::total_cmp);
        before[before.len() / 2]
    };
    (0..price.len()).map(|index| price[index] < PROMOTION * usual(index)).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    const WINDOW: Window = Window { first_day: 100, days: 14, history_days: 90 };

    #[test]
    fn a_shop_is_closed_on_the_days_of_the_week_on_which_it_never_sells() {
        let traded: Vec<i64> = (10..100).filter(|day| day % 7 != 3).collect();
        let opening = Opening::new(&traded, WINDOW);
        assert!(opening.is_open(9, 100) && opening.is_open(11, 100));
        assert!(!opening.is_open(17, 100), "it sold nothing that day");
        assert!(!opening.is_open(101, 100) && opening.is_open(102, 100));
        let young = Opening::new(&[97, 98, 99], WINDOW);
        assert!((100..107).all(|day| young.is_open(day, 100)));
        let silent = Opening::new(&(10..80).collect::<Vec<_>>(), WINDOW);
        assert!((100..107).all(|day| silent.is_open(day, 100)));
    }

    #[test]
    fn a_lower_price_is_a_promotion_until_it_is_usual() {
        let mut price = vec![2.0; 50];
        price.extend([1.5; 7]);
        price.extend([2.0; 3]);
        let found = promotions(&price);
        assert_eq!(found.iter().filter(|promoted| **promoted).count(), 7);
        assert!(found[50..57].iter().all(|promoted| *promoted));
        let mut price = vec![2.0; 10];
        price.extend([1.5; 60]);
        assert!(!promotions(&price)[69]);
        assert_eq!(promotions(&[2.0; 5]), [false; 0]);
    }
}
