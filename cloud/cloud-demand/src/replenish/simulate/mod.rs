//! Days that were, lived through again under another policy: what it would have cost.
//!
//! A day: what is due arrives; the policy orders; what comes the same day arrives; people buy, and who finds nothing goes; what cannot be
//! sold tomorrow is thrown away; what lies overnight costs. Late deliveries follow from the seed, the supplier and the day alone, so that
//! two policies meet the same luck. A changed world (another supplier, shelf life, pack or minimum) is how "what if" is asked.

pub mod policies;
mod shelf;

use std::collections::BTreeMap;

use super::draw::Draw;
use super::terms::{self, Incoming, Invalid, Item, Rules, Stock, Supplier};
use policies::Policy;
use shelf::Shelf;

/// What policies are tried in.
#[derive(Debug, Clone, Copy)]
pub struct World<'a> {
    /// The number of the first day.
    pub first_day: i64,
    /// What is sold. Its stock is what there is before the first day; its forecast is not looked at.
    pub items: &'a [Item],
    /// Who delivers it.
    pub suppliers: &'a [Supplier],
    /// What people wanted of each item, day by day, in pieces or grams.
    pub demand: &'a [Vec<i64>],
    /// What having goods lying costs.
    pub rules: Rules,
    /// What giving one order to one supplier costs, in minor units.
    pub order_minor: i64,
    /// What luck follows from.
    pub seed: u64,
}

/// What a policy sees in the morning.
#[derive(Debug)]
pub struct Morning<'a> {
    /// The day.
    pub day: i64,
    /// What there is of each item; deliveries under way with the day that was promised.
    pub stock: &'a [Stock],
    /// What was sold of each item on each day so far.
    pub sold: &'a [Vec<i64>],
    /// Whether it was sold out in the evening of each day so far.
    pub sold_out: &'a [Vec<bool>],
}

/// Somebody who decides what to order.
pub trait Ordering {
    /// How many packs of each item, in the order of the world's items.
    ///
    /// # Errors
    /// [`Invalid`] where what it goes by cannot be what was meant.
    fn order(&mut self, morning: &Morning<'_>) -> Result<Vec<i64>, Invalid>;
}

/// What came of one item.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub struct Outcome {
    /// What people wanted, in pieces or grams.
    pub demanded: i64,
    /// What they got.
    pub sold: i64,
    /// What was thrown away.
    pub wasted: i64,
    /// What was there in the evening, summed over all days.
    pub stock_days: i64,
    /// Evenings without stock.
    pub days_out: u32,
    /// Orders with this item in them.
    pub orders: u32,
    /// What was wanted, at the price of sale.
    pub demanded_minor: i64,
    /// What was sold, at the price of sale.
    pub sold_minor: i64,
    /// The margin of what was not there.
    pub lost_minor: i64,
    /// What was thrown away, at its cost less what it brought still.
    pub waste_minor: i64,
    /// What having goods lying cost.
    pub holding_minor: i64,
}

/// What came of a policy.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct Report {
    /// Of each item.
    pub items: Vec<Outcome>,
    /// Orders given.
    pub orders: u32,
    /// Orders that a supplier did not take: below its minimum, or on a day on which it takes none.
    pub refused: u32,
    /// What giving orders cost.
    pub order_minor: i64,
}

impl Report {
    /// All items together; quantities only mean something where all are counted in one unit.
    pub fn total(&self) -> Outcome {
        self.items.iter().fold(Outcome::default(), |sum, one| Outcome {
            demanded: sum.demanded + one.demanded,
            sold: sum.sold + one.sold,
            wasted: sum.wasted + one.wasted,
            stock_days: sum.stock_days + one.stock_days,
            days_out: sum.days_out + one.days_out,
            orders: sum.orders + one.orders,
            demanded_minor: sum.demanded_minor + one.demanded_minor,
            sold_minor: sum.sold_minor + one.sold_minor,
            lost_minor: sum.lost_minor + one.lost_minor,
            waste_minor: sum.waste_minor + one.waste_minor,
            holding_minor: sum.holding_minor + one.holding_minor,
        })
    }

    /// What the policy cost: lost margin, waste, holding and orders.
    pub fn cost_minor(&self) -> i64 {
        let total = self.total();
        total.lost_minor + total.waste_minor + total.holding_minor + self.order_minor
    }
}

impl Outcome {
    /// The share of what was wanted that was there, by value; 1 where nothing was wanted.
    pub fn fill_rate(&self) -> f64 {
        if self.demanded_minor == 0 { 1.0 } else { self.sold_minor as f64 / self.demanded_minor as f64 }
    }

    /// What was thrown away, at its cost, to what was sold, at its price: how shops count it. 0 where nothing was sold.
    pub fn waste_share(&self) -> f64 {
        if self.sold_minor == 0 { 0.0 } else { self.waste_minor as f64 / self.sold_minor as f64 }
    }
}

/// Lives through the days of a world under a policy. An item for which there is no demand has none.
///
/// # Errors
/// [`Invalid`] where the world or what the policy goes by cannot be what was meant.
pub fn run(world: &World<'_>, policy: &mut impl Ordering) -> Result<Report, Invalid> {
    terms::check(world.items, world.suppliers)?;
    let days = world.demand.iter().map(Vec::len).max().unwrap_or_default();
    let mut shelves: Vec<Shelf<'_>> =
        world.items.iter().map(|item| Shelf::new(item, world.first_day, world.seed)).collect();
    let mut stock: Vec<Stock> = shelves.iter().map(Shelf::stock).collect();
    let mut sold = vec![Vec::with_capacity(days); shelves.len()];
    let mut sold_out = vec![Vec::with_capacity(days); shelves.len()];
    let mut report = Report::default();
    for (ahead, day) in (0..days).zip(world.first_day..) {
        for (shelf, stock) in shelves.iter_mut().zip(&mut stock) {
            shelf.receive(day);
            *stock = shelf.stock();
        }
        let packs = policy.order(&Morning { day, stock: &stock, sold: &sold, sold_out: &sold_out })?;
        give(world, day, &packs, &mut shelves, &mut report);
        for (place, shelf) in shelves.iter_mut().enumerate() {
            shelf.receive(day);
            let wanted =
                world.demand.get(place).and_then(|days| days.get(ahead)).copied().unwrap_or_default();
            sold[place].push(shelf.sell(wanted.max(0)));
            sold_out[place].push(shelf.close(day));
        }
    }
    report.order_minor = i64::from(report.orders) * world.order_minor;
    report.items = shelves.into_iter().map(|shelf| shelf.outcome(world.rules)).collect();
    Ok(report)
}

/// What each of several sets of policies, one policy for each item, would have come to in the same world.
///
/// # Errors
/// [`Invalid`] where the world cannot be what was meant.
pub fn compare(world: &World<'_>, candidates: &[Vec<Policy>]) -> Result<Vec<Report>, Invalid> {
    candidates.iter().map(|policies| run(world, &mut policies::Fixed::new(world.items, policies))).collect()
}

/// Gives the day's orders to their suppliers.
fn give(world: &World<'_>, day: i64, packs: &[i64], shelves: &mut [Shelf<'_>], report: &mut Report) {
    let mut orders: BTreeMap<u64, Vec<(usize, i64)>> = BTreeMap::new();
    for (place, (item, packs)) in world.items.iter().zip(packs).enumerate() {
        if *packs > 0 {
            orders.entry(item.supplier).or_default().push((place, *packs));
        }
    }
    for (id, lines) in orders {
        let cost: i64 = lines.iter().map(|(place, packs)| packs * world.items[*place].pack.cost_minor).sum();
        let supplier = world.suppliers.iter().find(|one| one.id == id);
        let taken = supplier.filter(|one| one.calendar.takes_orders(day) && cost >= one.minimum_minor);
        let comes = taken.and_then(|one| arrival(one, day, world.seed));
        let Some((promised, arrives)) = comes else {
            report.refused += 1;
            continue;
        };
        report.orders += 1;
        for (place, packs) in lines {
            let quantity = packs * world.items[place].pack.content;
            shelves[place].order(Incoming { day: promised, quantity }, arrives);
        }
    }
}

/// The day promised for an order, and the day on which it comes.
fn arrival(supplier: &Supplier, day: i64, seed: u64) -> Option<(i64, i64)> {
    let promised = supplier.calendar.delivery_day(day + i64::from(supplier.lead.days))?;
    let mut chance = Draw::of(&[seed, supplier.id, day.unsigned_abs()]).share();
    let mut late = 0;
    for (days, share) in supplier.lead.lateness() {
        if chance < share {
            late = days;
            break;
        }
        chance -= share;
    }
    Some((promised, supplier.calendar.delivery_day(promised + late)?))
}
