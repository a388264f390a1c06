//! Requests to propose from: a plain one to change, and random ones.

use std::collections::BTreeSet;

use cloud_demand::forecast::{Forecast, LEVELS};
use cloud_demand::replenish::calendar::{Calendar, LeadTime, Weekdays};
use cloud_demand::replenish::terms::{
    Demand, Incoming, Item, Layer, Pack, Promotion, Request, Rules, Stock, Substitute, Supplier,
};
use rand::RngExt as _;
use testkit::seed::SeededRng;

/// A Monday.
pub(crate) const TODAY: i64 = 20_598;

/// A forecast of `days` days of the same mean, each day evenly spread from nothing to twice of it, days adding up as if they knew nothing of
/// each other.
pub(crate) fn even(mean: f64, days: usize) -> Forecast {
    let of = |days: usize| {
        let (middle, width) = (mean * days as f64, mean * (days as f64).sqrt());
        LEVELS.map(|level| (middle + width * (2.0 * level - 1.0)).max(0.0))
    };
    Forecast { mean: vec![mean; days], daily: vec![of(1); days], cumulative: (1..=days).map(of).collect() }
}

/// An item that keeps for ever, ordered by the piece, of supplier 1.
pub(crate) fn item(id: u64, mean: f64) -> Item {
    Item {
        id,
        supplier: 1,
        demand: Demand::Forecast(even(mean, 21)),
        units_per_forecast: 1,
        stock: Stock::default(),
        pack: Pack {
            content: 1,
            at_least: 1,
            multiple_of: 1,
            cost_minor: 70,
            price_minor: 100,
            salvage_minor: 0,
        },
        service_level: 0.95,
        maximum: None,
        shelf_life_days: None,
        freshest_first: 0.0,
        substitutes: Vec::new(),
        promotions: Vec::new(),
    }
}

/// Those items, of one supplier that comes each day after `lead_days`.
pub(crate) fn request(items: Vec<Item>, lead_days: u32) -> Request {
    let supplier = Supplier {
        id: 1,
        lead: LeadTime { days: lead_days, late: Vec::new() },
        review_days: 1,
        ..Supplier::default()
    };
    Request { today: TODAY, items, suppliers: vec![supplier], budget_minor: None, rules: Rules::default() }
}

/// A request of a few items and suppliers with anything that can be in one.
pub(crate) fn random(rng: &mut SeededRng) -> Request {
    let suppliers: Vec<Supplier> = (0..rng.random_range(1..=3)).map(|id| random_supplier(rng, id)).collect();
    let count = rng.random_range(1..=5);
    let items = (0..count).map(|id| random_item(rng, id, count, suppliers.len() as u64)).collect();
    let rules = Rules {
        holding_basis_points: rng.random_range(0..6_000),
        overdue_days: rng.random_range(0..10),
        fill_days: rng.random_range(0..30),
    };
    let budget_minor = rng.random_bool(0.4).then(|| rng.random_range(0..60_000));
    Request { today: TODAY + rng.random_range(0..7), items, suppliers, budget_minor, rules }
}

fn random_supplier(rng: &mut SeededRng, id: u64) -> Supplier {
    let late = if rng.random_bool(0.3) { vec![0.1, 0.05] } else { Vec::new() };
    let closed: BTreeSet<i64> =
        (0..rng.random_range(0..4)).map(|_| TODAY + rng.random_range(0..14)).collect();
    // Mostly every day, so that there is something to look at.
    let mut days = || Weekdays(if rng.random_bool(0.7) { 0 } else { rng.random_range(1..128) });
    let calendar = Calendar { orders: days(), deliveries: days(), closed };
    Supplier {
        id,
        lead: LeadTime { days: rng.random_range(0..6), late },
        calendar,
        review_days: rng.random_range(0..8),
        minimum_minor: if rng.random_bool(0.5) { 0 } else { rng.random_range(0..30_000) },
    }
}

fn random_forecast(rng: &mut SeededRng) -> Forecast {
    let (mean, width) = (rng.random_range(0.0..20.0_f64), rng.random_range(0.0..1.5_f64));
    let days = rng.random_range(1..=9);
    let of = |days: usize| {
        let middle = mean * days as f64;
        // Skewed as demand is: the upper half reaches further.
        LEVELS.map(|level| {
            let away = (2.0 * level - 1.0) * width * mean * (days as f64).sqrt();
            (middle + if away > 0.0 { 1.5 * away } else { away }).max(0.0)
        })
    };
    Forecast { mean: vec![mean; days], daily: vec![of(1); days], cumulative: (1..=days).map(of).collect() }
}

fn random_item(rng: &mut SeededRng, id: u64, items: u64, suppliers: u64) -> Item {
    let spoils = rng.random_bool(0.4).then(|| rng.random_range(1..=10));
    let demand = if rng.random_bool(0.85) {
        Demand::Forecast(random_forecast(rng))
    } else {
        let minimum = rng.random_range(0..50);
        Demand::ReorderPoint { minimum, maximum: minimum + rng.random_range(0..50) }
    };
    let cost_minor = rng.random_range(0..3_000);
    let pack = Pack {
        content: rng.random_range(1..=24),
        at_least: rng.random_range(1..=3),
        multiple_of: rng.random_range(1..=3),
        cost_minor,
        price_minor: cost_minor + rng.random_range(-300..3_000_i64).max(-cost_minor),
        salvage_minor: rng.random_range(-300..300),
    };
    let substitutes = if items > 1 && rng.random_bool(0.4) {
        vec![Substitute {
            item: (id + rng.random_range(1..items)) % items,
            share: rng.random_range(0.0..1.0),
        }]
    } else {
        Vec::new()
    };
    let first_day = TODAY + rng.random_range(-3..10);
    let promotion = Promotion {
        first_day,
        last_day: first_day + rng.random_range(0..7),
        factor: rng.random_range(0.5..4.0),
    };
    Item {
        id,
        supplier: rng.random_range(0..suppliers),
        demand,
        units_per_forecast: 1,
        stock: random_stock(rng, spoils),
        pack,
        service_level: rng.random_range(0.0..0.999),
        maximum: rng.random_bool(0.3).then(|| rng.random_range(0..300)),
        shelf_life_days: spoils,
        freshest_first: if rng.random_bool(0.5) { 0.0 } else { rng.random_range(0.0..=1.0) },
        substitutes,
        promotions: if rng.random_bool(0.2) { vec![promotion] } else { Vec::new() },
    }
}

fn random_stock(rng: &mut SeededRng, spoils: Option<u32>) -> Stock {
    let on_hand = if rng.random_bool(0.3) { 0 } else { rng.random_range(-5..120) };
    let mut layers = Vec::new();
    if let Some(days) = spoils {
        for _ in 0..rng.random_range(0..3) {
            let last_day = TODAY + rng.random_range(-1..i64::from(days));
            layers.push(Layer { last_day, quantity: rng.random_range(0..60) });
        }
    }
    let incoming = (0..rng.random_range(0..3))
        .map(|_| Incoming { day: TODAY + rng.random_range(-12..20), quantity: rng.random_range(0..60) })
        .collect();
    Stock { on_hand, reserved: rng.random_range(0..10), layers, incoming }
}
