//! The two policies that a shop has without forecasts, each with the numbers that would have been best for each item in the half year before.

use anyhow::Context as _;
use cloud_demand::replenish::simulate::policies::Policy;
use cloud_demand::replenish::simulate::{Morning, Ordering, run};
use cloud_demand::replenish::terms::{Invalid, Item, Rules, Supplier};
use rayon::prelude::*;

use super::Stretch;
use super::world::{FIRST_DAY, Shop};

/// How an item is ordered.
#[derive(Debug, Clone, Copy)]
pub(super) enum Rule {
    /// At a fixed point, a fixed number of packs: (s, Q).
    Fixed(Policy),
    /// Up to what was sold on the same days of last week, and safety for so many days of mean demand.
    Naive {
        /// How many.
        safety_days: f64,
    },
}

/// Somebody who orders by rules.
#[derive(Debug)]
pub(super) struct Rival<'a> {
    items: &'a [Item],
    suppliers: &'a [Supplier],
    /// What people wanted of each item, from the first day of all on.
    demand: &'a [Vec<i64>],
    rules: &'a [Rule],
}

/// Multiples of mean demand until the delivery after the next at which is ordered.
const POINTS: [f64; 14] = [0.3, 0.45, 0.6, 0.7, 0.8, 0.9, 1.0, 1.1, 1.25, 1.4, 1.6, 1.9, 2.4, 3.2];
/// How many days' demand is ordered at once; one pack at least.
const LOTS_DAYS: [f64; 6] = [0.0, 1.0, 2.0, 4.0, 7.0, 14.0];
/// Days of safety.
const SAFETIES: [f64; 16] =
    [-2.0, -1.5, -1.0, -0.6, -0.3, 0.0, 0.2, 0.4, 0.7, 1.0, 1.5, 2.0, 3.0, 4.0, 6.0, 9.0];

/// The fixed points and lots that would have cost least in a stretch of days.
pub(super) fn best_fixed(shop: &Shop, stretch: &Stretch, rules: Rules) -> anyhow::Result<Vec<Rule>> {
    best(shop, stretch, rules, |item, mean, days| {
        let (pack, mean) = (item.pack, mean.max(1e-9));
        let all = POINTS.iter().flat_map(|point| LOTS_DAYS.iter().map(move |lot| (*point, *lot)));
        all.map(|(point, lot)| {
            let packs = (lot * mean / pack.content as f64).round().max(1.0) as i64;
            Rule::Fixed(Policy::FixedQuantity { reorder: (point * mean * days).round() as i64, packs })
        })
        .collect()
    })
}

/// The days of safety over seasonal naive that would have cost least in a stretch of days.
pub(super) fn best_naive(shop: &Shop, stretch: &Stretch, rules: Rules) -> anyhow::Result<Vec<Rule>> {
    best(shop, stretch, rules, |_, _, _| {
        SAFETIES.iter().map(|days| Rule::Naive { safety_days: *days }).collect()
    })
}

/// Tries rules on each item alone and keeps the cheapest. `candidates` is told the item, its mean day and the days an order has to last.
fn best(
    shop: &Shop,
    stretch: &Stretch,
    rules: Rules,
    candidates: impl Fn(&Item, f64, f64) -> Vec<Rule> + Sync,
) -> anyhow::Result<Vec<Rule>> {
    let one = |place: usize| -> anyhow::Result<Rule> {
        let item = &shop.items[place];
        // Alone no item reaches a supplier's minimum.
        let suppliers: Vec<Supplier> =
            shop.suppliers.iter().map(|one| Supplier { minimum_minor: 0, ..one.clone() }).collect();
        let demand = stretch.demand(&shop.demand[place..=place]);
        let mean = demand[0].iter().sum::<i64>() as f64 / demand[0].len() as f64;
        let items = std::slice::from_ref(item);
        let world = stretch.world(items, &suppliers, &demand, rules);
        let mut best: Option<(i64, Rule)> = None;
        for rule in candidates(item, mean, lasting_days(item, &suppliers)) {
            let chosen = [rule];
            let mut rival =
                Rival { items, suppliers: &suppliers, demand: &shop.demand[place..=place], rules: &chosen };
            let cost = run(&world, &mut rival)?.cost_minor();
            if best.is_none_or(|(least, _)| cost < least) {
                best = Some((cost, rule));
            }
        }
        best.map(|(_, rule)| rule).context("there is no rule to choose from")
    };
    (0..shop.items.len()).into_par_iter().map(one).collect()
}

/// How many days an order has to last, on the mean of a week.
fn lasting_days(item: &Item, suppliers: &[Supplier]) -> f64 {
    let Some(supplier) = suppliers.iter().find(|one| one.id == item.supplier) else { return 0.0 };
    let days: Vec<i64> = (FIRST_DAY..FIRST_DAY + 28)
        .filter(|day| supplier.calendar.takes_orders(*day))
        .filter_map(|day| Some(supplier.calendar.deliveries(day, &supplier.lead, 1)?.second - day))
        .collect();
    days.iter().sum::<i64>() as f64 / days.len().max(1) as f64
}

impl<'a> Rival<'a> {
    /// Who orders a shop's items by rules.
    pub(super) fn new(shop: &'a Shop, rules: &'a [Rule]) -> Self {
        Self { items: &shop.items, suppliers: &shop.suppliers, demand: &shop.demand, rules }
    }

    fn packs(&self, place: usize, morning: &Morning<'_>, supplier: &Supplier) -> i64 {
        let (item, stock) = (&self.items[place], &morning.stock[place]);
        match self.rules[place] {
            Rule::Fixed(policy) => policy.packs(item, stock),
            Rule::Naive { safety_days } => {
                let deliveries =
                    supplier.calendar.deliveries(morning.day, &supplier.lead, supplier.review_days);
                let Some(deliveries) = deliveries else { return 0 };
                let known = usize::try_from(morning.day - FIRST_DAY).unwrap_or_default();
                let past = &self.demand[place][..known];
                let last = &past[past.len().saturating_sub(7)..];
                let month = &past[past.len().saturating_sub(28)..];
                let mean = month.iter().sum::<i64>() as f64 / month.len().max(1) as f64;
                let days = usize::try_from(deliveries.second - morning.day).unwrap_or_default();
                let expected: i64 = (0..days).map(|ahead| last[ahead % last.len()]).sum();
                let up_to = expected + (safety_days * mean).round() as i64;
                Policy::BaseStock { up_to }.packs(item, stock)
            }
        }
    }

    /// Fills an order up to its supplier's minimum, as any shopkeeper does: what would be gone first comes first.
    fn fill_up(&self, morning: &Morning<'_>, supplier: &Supplier, packs: &mut [i64]) {
        let places: Vec<usize> =
            (0..self.items.len()).filter(|place| self.items[*place].supplier == supplier.id).collect();
        let known = usize::try_from(morning.day - FIRST_DAY).unwrap_or_default();
        let lasts = |place: usize, packs: &[i64]| {
            let stock = &morning.stock[place];
            let coming: i64 = stock.incoming.iter().map(|one| one.quantity).sum();
            let past = &self.demand[place][known.saturating_sub(28)..known];
            let daily = past.iter().sum::<i64>() as f64 / past.len().max(1) as f64;
            (stock.on_hand + coming + packs[place] * self.items[place].pack.content) as f64 / daily.max(1e-6)
        };
        let cost = |packs: &[i64]| -> i64 {
            places.iter().map(|place| packs[*place] * self.items[*place].pack.cost_minor).sum()
        };
        while cost(packs) > 0 && cost(packs) < supplier.minimum_minor {
            let next = places.iter().min_by(|a, b| lasts(**a, packs).total_cmp(&lasts(**b, packs)));
            let Some(next) = next else { return };
            packs[*next] += 1;
        }
    }
}

impl Ordering for Rival<'_> {
    fn order(&mut self, morning: &Morning<'_>) -> Result<Vec<i64>, Invalid> {
        let mut packs = vec![0; self.items.len()];
        for supplier in self.suppliers.iter().filter(|one| one.calendar.takes_orders(morning.day)) {
            for (place, item) in self.items.iter().enumerate() {
                if item.supplier == supplier.id {
                    packs[place] = self.packs(place, morning, supplier);
                }
            }
            self.fill_up(morning, supplier, &mut packs);
        }
        Ok(packs)
    }
}
