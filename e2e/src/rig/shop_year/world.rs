//! A shop of some 200 products, and what people want of them day by day: made of a seed.
//!
//! Weeks, seasons, holidays, promotions and tastes that drift; counts that vary more than chance alone makes them (gamma and Poisson);
//! products that are asked for now and then only. Suppliers come on their days, in packs, and are late at times.

use cloud_demand::forecast::all::Holiday;
use cloud_demand::replenish::calendar::{Calendar, LeadTime, Weekdays, weekday};
use cloud_demand::replenish::terms::{Demand, Item, Pack, Stock, Supplier};
use rand::{RngExt as _, SeedableRng as _};
use rand_chacha::ChaCha8Rng;

/// The first day of all: a Monday, 2024-01-01.
pub(super) const FIRST_DAY: i64 = 19_723;

/// Days that everybody knows before the year begins.
pub(super) const KNOWN_DAYS: usize = 364;

/// Holidays, by day of the year, with how much more is bought on the two days before.
const HOLIDAYS: [(i64, f64); 7] =
    [(0, 1.3), (53, 1.4), (66, 1.8), (120, 1.4), (128, 1.5), (162, 1.2), (307, 1.3)];

/// The day of the year on which the shop is closed.
const CLOSED: i64 = 0;

/// A kind of goods.
struct Kind {
    products: usize,
    supplier: u64,
    /// Days that it keeps, from and to; 0 is for ever.
    keeps: (u32, u32),
    /// The mean of a day, from and to, in pieces or kilograms.
    mean: (f64, f64),
    /// Whether it is weighed.
    weighed: bool,
    /// What a piece or kilogram costs, in minor units, from and to.
    cost: (i64, i64),
    /// Price over cost, in hundredths.
    price_percent: i64,
    /// Pieces or kilograms in a pack, from and to.
    pack: (i64, i64),
    /// Each weekday's share of a mean day.
    week: [f64; 7],
    /// How far the season swings, and on which day of the year it peaks.
    season: (f64, f64),
    /// How much is left of the holidays' push.
    festive: f64,
    /// How even demand is: the shape of the gamma that days are drawn by.
    shape: f64,
}

const FOOD: [f64; 7] = [0.90, 0.85, 0.90, 0.95, 1.15, 1.30, 0.95];
const FRESH: [f64; 7] = [0.85, 0.85, 0.90, 0.95, 1.20, 1.40, 0.85];
const EVEN: [f64; 7] = [1.0, 0.95, 0.95, 1.0, 1.05, 1.10, 0.95];

#[rustfmt::skip]
const KINDS: [Kind; 8] = [
    // Bread and pastry.
    Kind { products: 20, supplier: 1, keeps: (2, 3), mean: (5.0, 40.0), weighed: false, cost: (60, 180), price_percent: 190,
        pack: (1, 6), week: FRESH, season: (0.05, 350.0), festive: 0.5, shape: 14.0 },
    // Milk, yoghurt, cream.
    Kind { products: 30, supplier: 2, keeps: (5, 7), mean: (4.0, 28.0), weighed: false, cost: (70, 260), price_percent: 145,
        pack: (6, 12), week: FOOD, season: (0.10, 180.0), festive: 0.4, shape: 12.0 },
    // Fruit and vegetables.
    Kind { products: 25, supplier: 3, keeps: (3, 6), mean: (2.0, 14.0), weighed: true, cost: (90, 320), price_percent: 165,
        pack: (4, 8), week: FOOD, season: (0.30, 200.0), festive: 0.6, shape: 10.0 },
    // Meat and fish.
    Kind { products: 15, supplier: 4, keeps: (4, 6), mean: (2.0, 9.0), weighed: false, cost: (350, 900), price_percent: 140,
        pack: (3, 6), week: FRESH, season: (0.10, 170.0), festive: 1.2, shape: 9.0 },
    // Groceries.
    Kind { products: 40, supplier: 5, keeps: (0, 0), mean: (2.0, 18.0), weighed: false, cost: (80, 350), price_percent: 132,
        pack: (6, 12), week: FOOD, season: (0.05, 20.0), festive: 0.7, shape: 10.0 },
    // Drinks.
    Kind { products: 30, supplier: 6, keeps: (0, 0), mean: (3.0, 28.0), weighed: false, cost: (50, 220), price_percent: 138,
        pack: (6, 24), week: FRESH, season: (0.35, 195.0), festive: 1.5, shape: 9.0 },
    // Household goods.
    Kind { products: 25, supplier: 7, keeps: (0, 0), mean: (0.3, 2.0), weighed: false, cost: (150, 600), price_percent: 145,
        pack: (4, 12), week: EVEN, season: (0.0, 0.0), festive: 0.1, shape: 4.0 },
    // What is asked for now and then.
    Kind { products: 15, supplier: 8, keeps: (0, 0), mean: (0.05, 0.25), weighed: false, cost: (400, 2_500), price_percent: 160,
        pack: (1, 3), week: EVEN, season: (0.0, 0.0), festive: 0.0, shape: 1.0 },
];

/// A shop and everything that will happen in it.
#[derive(Debug)]
pub(super) struct Shop {
    /// What is sold.
    pub(super) items: Vec<Item>,
    /// The kind of each.
    pub(super) kinds: Vec<u32>,
    /// Who delivers.
    pub(super) suppliers: Vec<Supplier>,
    /// What people want of each, from [`FIRST_DAY`] on, in pieces or grams.
    pub(super) demand: Vec<Vec<i64>>,
    /// Whether each is promoted on each day, known beforehand.
    pub(super) promoted: Vec<Vec<bool>>,
    /// Holidays of all years.
    pub(super) holidays: Vec<Holiday>,
    /// Whether the shop is open on each day.
    pub(super) open: Vec<bool>,
}

impl Shop {
    /// A shop of a seed, with every `every`-th product, for so many days after those that are known.
    pub(super) fn new(seed: u64, every: usize, days: usize) -> Self {
        // Some days more, whose promotions and holidays are known at the end.
        let days = KNOWN_DAYS + days + 60;
        let mut shop = Self {
            items: Vec::new(),
            kinds: Vec::new(),
            suppliers: suppliers(every as i64),
            demand: Vec::new(),
            promoted: Vec::new(),
            holidays: holidays(days),
            open: (0..days).map(|ahead| day_of_year(ahead as i64) != CLOSED).collect(),
        };
        let products = (0..)
            .zip(KINDS.iter())
            .flat_map(|(number, kind)| (0..kind.products).map(move |_| (number, kind)));
        for (id, (number, kind)) in (0..).zip(products) {
            // Each product has luck of its own, so that a thinned shop has the same products.
            let mut rng = ChaCha8Rng::seed_from_u64(seed);
            rng.set_stream(id);
            if !(id as usize).is_multiple_of(every) {
                continue;
            }
            let mean = between(&mut rng, kind.mean);
            let promoted = promotions(&mut rng, kind, days);
            let demand = wanted(&mut rng, kind, mean, &promoted, &shop.open);
            shop.items.push(item(&mut rng, id, kind, mean));
            shop.kinds.push(number);
            shop.demand.push(demand);
            shop.promoted.push(promoted);
        }
        shop
    }
}

fn between(rng: &mut ChaCha8Rng, (from, to): (f64, f64)) -> f64 {
    // Few products sell much: even on a logarithmic scale.
    (from.ln() + (to.ln() - from.ln()) * rng.random::<f64>()).exp()
}

fn day_of_year(ahead: i64) -> i64 {
    // Years of 365 days: nothing here hangs on leap days.
    ahead.rem_euclid(365)
}

fn holidays(days: usize) -> Vec<Holiday> {
    let on = |ahead: i64| (0..).zip(HOLIDAYS).find(|(_, (day, _))| *day == day_of_year(ahead));
    (0..days as i64)
        .filter_map(|ahead| on(ahead).map(|(kind, _)| Holiday { day: FIRST_DAY + ahead, kind }))
        .collect()
}

/// Who delivers; of a part of the shop they take smaller orders.
fn suppliers(every: i64) -> Vec<Supplier> {
    let of = |id, days, late: &[f64], orders, deliveries, minimum_minor: i64| Supplier {
        id,
        lead: LeadTime { days, late: late.to_vec() },
        calendar: Calendar {
            orders: Weekdays(orders),
            deliveries: Weekdays(deliveries),
            ..Calendar::default()
        },
        review_days: 1,
        minimum_minor: minimum_minor / every,
    };
    vec![
        of(1, 1, &[0.02], 0, 0, 5_000),
        of(2, 2, &[0.05], 0b001_0101, 0b011_1111, 8_000),
        of(3, 1, &[0.03], 0b011_1111, 0b111_1111, 8_000),
        of(4, 2, &[0.06, 0.02], 0b011_0101, 0b011_1111, 8_000),
        of(5, 3, &[0.10, 0.05], 0b000_0001, 0b001_1111, 15_000),
        of(6, 2, &[0.08, 0.04], 0b000_1001, 0b001_1111, 12_000),
        of(7, 5, &[0.15, 0.10, 0.05], 0b000_0010, 0b001_1111, 10_000),
        of(8, 7, &[0.15, 0.10, 0.10], 0b000_0100, 0b001_1111, 0),
    ]
}

fn item(rng: &mut ChaCha8Rng, id: u64, kind: &Kind, mean: f64) -> Item {
    let cost = rng.random_range(kind.cost.0..=kind.cost.1);
    let lots = rng.random_range(kind.pack.0..=kind.pack.1);
    let (from, to) = kind.keeps;
    let keeps = rng.random_range(from..=to);
    let spoils = (keeps > 0).then_some(keeps);
    let units = if kind.weighed { 1_000 } else { 1 };
    let pack = Pack {
        content: lots * units,
        at_least: 1,
        multiple_of: 1,
        cost_minor: lots * cost,
        price_minor: lots * cost * kind.price_percent / 100,
        salvage_minor: if spoils.is_some() { lots * cost / 10 } else { 0 },
    };
    // It opens with about a week of stock, or as much as keeps.
    let days = spoils.map_or(7.0, |days| f64::from(days.min(2)));
    let stock = Stock { on_hand: (mean * days) as i64 * units, ..Stock::default() };
    Item {
        id,
        supplier: kind.supplier,
        demand: Demand::ReorderPoint { minimum: 0, maximum: 0 },
        units_per_forecast: units as u32,
        stock,
        pack,
        service_level: 0.95,
        maximum: None,
        shelf_life_days: spoils,
        freshest_first: if spoils.is_some() { 0.3 } else { 0.0 },
        substitutes: Vec::new(),
        promotions: Vec::new(),
    }
}

/// Weeks of promotion, about every tenth, from a Monday to a Sunday; what is rarely asked for has none.
fn promotions(rng: &mut ChaCha8Rng, kind: &Kind, days: usize) -> Vec<bool> {
    let weeks: Vec<bool> =
        (0..days.div_ceil(7)).map(|_| kind.mean.0 > 1.0 && rng.random_bool(0.08)).collect();
    (0..days).map(|ahead| weeks[ahead / 7]).collect()
}

/// What people want on each day, in pieces or grams.
fn wanted(rng: &mut ChaCha8Rng, kind: &Kind, mean: f64, promoted: &[bool], open: &[bool]) -> Vec<i64> {
    let push = rng.random_range(1.5..2.8);
    let week: Vec<f64> = kind.week.iter().map(|share| share * rng.random_range(0.92..1.08)).collect();
    let mut taste: f64 = 0.0;
    let mut days = Vec::with_capacity(promoted.len());
    for (ahead, promoted) in promoted.iter().enumerate() {
        let day = ahead as i64;
        // Tastes wander and come back.
        taste = 0.995 * taste + 0.02 * (rng.random::<f64>() + rng.random::<f64>() - 1.0);
        let (swing, peak) = kind.season;
        let season = 1.0 + swing * ((day_of_year(day) as f64 - peak) * std::f64::consts::TAU / 365.0).cos();
        let festive =
            HOLIDAYS.iter().find(|(on, _)| (1..=2).contains(&(on - day_of_year(day)).rem_euclid(365)));
        let festive = festive.map_or(1.0, |(_, more)| 1.0 + (more - 1.0) * kind.festive * 2.0);
        let usual = mean * week[weekday(FIRST_DAY + day)] * season * taste.exp() * festive;
        let expected = if *promoted { usual * push } else { usual };
        let drawn = expected * gamma(rng, kind.shape) / kind.shape;
        days.push(match (open[ahead], kind.weighed) {
            (false, _) => 0,
            // Kilograms come in bags of some hundred grams, so days vary little beyond what the gamma says.
            (true, true) => (drawn * 1_000.0).round() as i64,
            (true, false) => poisson(rng, drawn),
        });
    }
    days
}

/// A gamma of a whole shape: waiting times added up; others are not needed here.
fn gamma(rng: &mut ChaCha8Rng, shape: f64) -> f64 {
    (0..shape as u32).map(|_| -(1.0 - rng.random::<f64>()).ln()).sum()
}

/// A Poisson by waiting times: how many fit into `mean`.
fn poisson(rng: &mut ChaCha8Rng, mean: f64) -> i64 {
    let (mut sum, mut count) = (0.0, -1);
    while sum <= mean {
        sum -= (1.0 - rng.random::<f64>()).ln();
        count += 1;
    }
    count
}
