//! A simulated year of a shop: the same people want the same goods, ordered by three policies.
//!
//! Ours ([`foresee`], `cloud_demand::replenish`), fixed reorder points, and order-up-to by last week ([`rivals`]). All know what people
//! wanted until yesterday, also of what was sold out, as if sales had been corrected without a mistake; all meet the same late
//! deliveries. What can be tuned was tuned on the half year before the one that counts.

mod foresee;
mod rivals;
mod world;

use std::collections::BTreeMap;

use anyhow::ensure;
use cloud_demand::replenish::classes::{Class, Limits, Turnover, classify};
use cloud_demand::replenish::simulate::policies::Proposing;
use cloud_demand::replenish::simulate::{Report as Lived, World, run as live};
use cloud_demand::replenish::terms::{Item, Request, Rules, Supplier};
use serde::Serialize;

use foresee::Foresight;
use rivals::{Rival, best_fixed, best_naive};
use world::{FIRST_DAY, KNOWN_DAYS, Shop};

/// What giving one order costs, in minor units.
const ORDER_MINOR: i64 = 200;
/// Service levels that are tried for each class.
const LEVELS: [f64; 9] = [0.70, 0.80, 0.87, 0.92, 0.95, 0.97, 0.98, 0.99, 0.995];

/// What is simulated.
#[derive(Debug, Clone, Copy)]
pub struct Plan {
    /// What the shop is made of.
    pub seed: u64,
    /// Days that count.
    pub days: usize,
    /// Days before these on which policies are tuned, at most [`KNOWN_DAYS`] less the eight weeks that every forecast begins with.
    pub tuning_days: usize,
    /// Every how many-th product is simulated: 1 is the whole shop.
    pub every: usize,
    /// Try our policy by forecasts from each product's own past alone, too.
    pub plain: bool,
}

/// The fewest days that are known before the first forecast.
const BEGINNING_DAYS: usize = 56;

/// What came of it.
#[derive(Debug, Serialize)]
pub struct Report {
    /// What the shop was made of.
    pub seed: u64,
    /// Days that counted.
    pub days: usize,
    /// Products.
    pub products: usize,
    /// Ours, by forecasts that know promotions and holidays to come.
    pub ours: Account,
    /// Ours, by forecasts from each product's own past alone, where that was asked for.
    pub ours_plain: Option<Account>,
    /// (s, Q).
    pub fixed_points: Account,
    /// Order-up-to by last week.
    pub seasonal_naive: Account,
    /// Ours costs less than both others and serves no worse than either.
    pub ok: bool,
}

/// What a policy came to; money in minor units.
#[derive(Debug, Clone, Copy, Serialize)]
pub struct Account {
    /// The share of what was wanted that was there, by value.
    pub fill_rate: f64,
    /// What was thrown away, at cost.
    pub waste_minor: i64,
    /// The same to turnover.
    pub waste_share: f64,
    /// Having goods lying.
    pub holding_minor: i64,
    /// Margin of what was not there.
    pub lost_minor: i64,
    /// Giving orders.
    pub order_minor: i64,
    /// All of it.
    pub cost_minor: i64,
    /// Orders.
    pub orders: u32,
    /// Orders that a supplier did not take.
    pub refused: u32,
}

/// Some days of a shop.
#[derive(Debug, Clone, Copy)]
struct Stretch {
    first: i64,
    days: usize,
    seed: u64,
}

impl Stretch {
    /// What people want on them.
    fn demand(&self, all: &[Vec<i64>]) -> Vec<Vec<i64>> {
        let from = usize::try_from(self.first - FIRST_DAY).unwrap_or_default();
        all.iter().map(|days| days[from..from + self.days].to_vec()).collect()
    }

    fn world<'a>(
        &self,
        items: &'a [Item],
        suppliers: &'a [Supplier],
        demand: &'a [Vec<i64>],
        rules: Rules,
    ) -> World<'a> {
        let (first_day, order_minor, seed) = (self.first, ORDER_MINOR, self.seed);
        World { first_day, items, suppliers, demand, rules, order_minor, seed }
    }
}

/// Simulates it.
pub fn run(plan: Plan) -> anyhow::Result<Report> {
    let tuning_max = KNOWN_DAYS - BEGINNING_DAYS;
    ensure!(plan.every > 0, "name every 1st product or every 2nd, not every 0th");
    ensure!((1..=tuning_max).contains(&plan.tuning_days), "tune on 1 to {tuning_max} days");
    ensure!((1..=3_650).contains(&plan.days), "simulate 1 to 3,650 days");
    let shop = Shop::new(plan.seed, plan.every, plan.days);
    let rules = Rules { holding_basis_points: 2_500, ..Rules::default() };
    let start = FIRST_DAY + KNOWN_DAYS as i64;
    let before = Stretch {
        first: start - plan.tuning_days as i64,
        days: plan.tuning_days,
        seed: plan.seed.wrapping_add(1),
    };
    let year = Stretch { first: start, days: plan.days, seed: plan.seed };
    let demand = year.demand(&shop.demand);
    let world = year.world(&shop.items, &shop.suppliers, &demand, rules);
    let by_rules = |rules: &[rivals::Rule]| -> anyhow::Result<Account> {
        Ok(Account::of(&live(&world, &mut Rival::new(&shop, rules))?))
    };
    let fixed_points = by_rules(&best_fixed(&shop, &before, rules)?)?;
    let seasonal_naive = by_rules(&best_naive(&shop, &before, rules)?)?;
    let by_forecasts = |plain| -> anyhow::Result<Account> {
        let all = before.first..start + plan.days as i64;
        let foresight = Foresight::new(&shop, all, plain)?;
        let levels = best_levels(&shop, &before, rules, &foresight)?;
        Ok(Account::of(&live(&world, &mut ours(&shop, rules, &foresight, &levels))?))
    };
    let ours = by_forecasts(false)?;
    let ours_plain = plan.plain.then(|| by_forecasts(true)).transpose()?;
    let beaten = |other: Account| ours.cost_minor < other.cost_minor && ours.fill_rate >= other.fill_rate;
    let ok = beaten(fixed_points) && beaten(seasonal_naive);
    let (seed, days, products) = (plan.seed, plan.days, shop.items.len());
    Ok(Report { seed, days, products, ours, ours_plain, fixed_points, seasonal_naive, ok })
}

/// Our policy with a service level for each item.
fn ours<'a>(
    shop: &Shop,
    rules: Rules,
    foresight: &'a Foresight,
    levels: &[f64],
) -> impl cloud_demand::replenish::simulate::Ordering + 'a {
    let with_level = |(item, level): (&Item, &f64)| Item { service_level: *level, ..item.clone() };
    let items = shop.items.iter().zip(levels).map(with_level).collect();
    let request = Request { items, suppliers: shop.suppliers.clone(), rules, ..Request::default() };
    Proposing::new(request, |morning| foresight.of(morning))
}

/// The service level of each item: the one that would have cost least for its class.
fn best_levels(
    shop: &Shop,
    stretch: &Stretch,
    rules: Rules,
    foresight: &Foresight,
) -> anyhow::Result<Vec<f64>> {
    let classes = classes(shop, stretch);
    let demand = stretch.demand(&shop.demand);
    let world = stretch.world(&shop.items, &shop.suppliers, &demand, rules);
    let mut best: BTreeMap<Class, (i64, f64)> = BTreeMap::new();
    for level in LEVELS {
        let lived = live(&world, &mut ours(shop, rules, foresight, &vec![level; shop.items.len()]))?;
        let mut costs: BTreeMap<Class, i64> = BTreeMap::new();
        for (class, one) in classes.iter().zip(&lived.items) {
            *costs.entry(*class).or_default() += one.lost_minor + one.waste_minor + one.holding_minor;
        }
        for (class, cost) in costs {
            let least = best.entry(class).or_insert((cost, level));
            if cost < least.0 {
                *least = (cost, level);
            }
        }
    }
    Ok(classes.iter().map(|class| best.get(class).map_or(LEVELS[0], |(_, level)| *level)).collect())
}

/// What each item is, by what it earned and how even its weeks were.
fn classes(shop: &Shop, stretch: &Stretch) -> Vec<Class> {
    let demand = stretch.demand(&shop.demand);
    let days: Vec<Vec<f64>> =
        demand.iter().map(|days| days.iter().map(|wanted| *wanted as f64).collect()).collect();
    let turnover = |((item, wanted), days): ((&Item, &Vec<i64>), _)| {
        let margin = item.pack.price_minor - item.pack.cost_minor;
        Turnover { id: item.id, value_minor: wanted.iter().sum::<i64>() * margin / item.pack.content, days }
    };
    let turnovers: Vec<Turnover<'_>> =
        shop.items.iter().zip(&demand).zip(days.iter().map(Vec::as_slice)).map(turnover).collect();
    classify(&turnovers, &Limits::default())
}

impl Account {
    fn of(lived: &Lived) -> Self {
        let total = lived.total();
        Self {
            fill_rate: total.fill_rate(),
            waste_minor: total.waste_minor,
            waste_share: total.waste_share(),
            holding_minor: total.holding_minor,
            lost_minor: total.lost_minor,
            order_minor: lived.order_minor,
            cost_minor: lived.cost_minor(),
            orders: lived.orders,
            refused: lived.refused,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn forecasts_serve_better_for_less_and_the_same_seed_is_the_same_year() {
        let plan = Plan { seed: 1, days: 42, tuning_days: 42, every: 25, plain: false };
        let report = run(plan).unwrap();
        assert_eq!(report.products, 8);
        assert!(report.ok, "{report:?}");
        let again = run(plan).unwrap();
        assert_eq!(format!("{report:?}"), format!("{again:?}"));
    }

    #[test]
    fn a_plan_that_cannot_be_is_refused() {
        let plan = Plan { seed: 1, days: 42, tuning_days: 400, every: 25, plain: false };
        assert_eq!(run(plan).unwrap_err().to_string(), "tune on 1 to 308 days");
    }
}
