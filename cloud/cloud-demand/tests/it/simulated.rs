//! Policies tried on days that were.

use cloud_demand::forecast::Forecast;
use cloud_demand::replenish::calendar::LeadTime;
use cloud_demand::replenish::simulate::policies::{Policy, Proposing};
use cloud_demand::replenish::simulate::{Morning, World, compare, run};
use cloud_demand::replenish::terms::{Item, Request, Rules, Supplier};

use crate::requests::{TODAY, even, item, request};

fn world<'a>(items: &'a [Item], suppliers: &'a [Supplier], demand: &'a [Vec<i64>]) -> World<'a> {
    let rules = Rules { holding_basis_points: 3_650, ..Rules::default() };
    World { first_day: TODAY, items, suppliers, demand, rules, order_minor: 100, seed: 1 }
}

#[test]
fn a_day_is_counted_as_it_happened() {
    let mut bread = item(1, 10.0);
    (bread.shelf_life_days, bread.stock.on_hand) = (Some(2), 12);
    let asked = request(vec![bread], 1);
    let demand = [vec![10, 10, 0, 5]];
    let world = world(&asked.items, &asked.suppliers, &demand);
    let report = compare(&world, &[vec![Policy::BaseStock { up_to: 10 }]]).unwrap().remove(0);
    // Morning 1: 12 there, nothing ordered; 10 sold, 2 left. Morning 2: 8 ordered for the next day; 2 sold, 8 lost. Morning 3: 8 came, 2
    // ordered; none sold. Morning 4: 2 came; 5 sold, the other 3 of the 8 are too old.
    let bread = report.items[0];
    assert_eq!((bread.demanded, bread.sold, bread.wasted, bread.days_out), (25, 17, 3, 1));
    assert_eq!((report.orders, report.order_minor), (2, 200));
    assert_eq!((bread.lost_minor, bread.waste_minor), (8 * 30, 3 * 70));
    // What lies in the evening: 2, 0, 8, 2. A thousandth of what it cost for each day.
    assert_eq!((bread.stock_days, bread.holding_minor), (12, 0));
    assert!((bread.fill_rate() - 17.0 / 25.0).abs() < 1e-12);
    assert_eq!(report.cost_minor(), 240 + 210 + 200);
}

#[test]
fn fixed_numbers_order_as_they_say() {
    let mut of = item(1, 10.0);
    (of.pack.content, of.stock.on_hand) = (6, 10);
    let packs = |policy: Policy| policy.packs(&of, &of.stock);
    assert_eq!(packs(Policy::BaseStock { up_to: 23 }), 3);
    assert_eq!(packs(Policy::ReorderUpTo { reorder: 9, up_to: 30 }), 0);
    assert_eq!(packs(Policy::ReorderUpTo { reorder: 10, up_to: 30 }), 4);
    assert_eq!(packs(Policy::FixedQuantity { reorder: 10, packs: 2 }), 2);
    assert_eq!(packs(Policy::FixedQuantity { reorder: 22, packs: 2 }), 4);
}

#[test]
fn luck_is_the_same_for_every_policy_and_changes_with_the_seed() {
    let mut asked = request(vec![item(1, 10.0)], 2);
    asked.suppliers[0].lead = LeadTime { days: 2, late: vec![0.3, 0.2] };
    let demand = [vec![10; 200]];
    let mut tried = world(&asked.items, &asked.suppliers, &demand);
    let policies = [vec![Policy::BaseStock { up_to: 40 }], vec![Policy::BaseStock { up_to: 60 }]];
    let first = compare(&tried, &policies).unwrap();
    assert_eq!(first, compare(&tried, &policies).unwrap());
    assert!(first[1].items[0].sold > first[0].items[0].sold);
    assert!(first[1].items[0].stock_days > first[0].items[0].stock_days);
    tried.seed = 2;
    assert_ne!(first, compare(&tried, &policies).unwrap());
}

#[test]
fn a_supplier_takes_no_order_below_its_minimum() {
    let mut asked = request(vec![item(1, 10.0)], 0);
    asked.suppliers[0].minimum_minor = 701;
    let demand = [vec![10; 10]];
    let tried = world(&asked.items, &asked.suppliers, &demand);
    let reports =
        compare(&tried, &[vec![Policy::BaseStock { up_to: 10 }], vec![Policy::BaseStock { up_to: 11 }]])
            .unwrap();
    assert_eq!((reports[0].orders, reports[0].refused, reports[0].items[0].sold), (0, 10, 0));
    // Every other day one more is short, and the order large enough.
    assert_eq!((reports[1].orders, reports[1].refused), (5, 5));
}

#[test]
fn what_if_goods_kept_a_day_longer() {
    let mut bread = item(1, 10.0);
    bread.shelf_life_days = Some(1);
    let demand = [(0..60).map(|day| if day % 2 == 0 { 6 } else { 14 }).collect::<Vec<_>>()];
    let mut asked = request(vec![bread], 0);
    let mut waste = |days| {
        asked.items[0].shelf_life_days = Some(days);
        let tried = world(&asked.items, &asked.suppliers, &demand);
        compare(&tried, &[vec![Policy::BaseStock { up_to: 14 }]]).unwrap()[0].items[0].wasted
    };
    assert_eq!((waste(1), waste(2)), (30 * 8, 0));
}

#[test]
fn proposals_keep_a_steady_shop_full() {
    let asked = request((1..=3).map(|id| item(id, 10.0)).collect(), 1);
    let demand = vec![vec![10; 90]; 3];
    let tried = world(&asked.items, &asked.suppliers, &demand);
    let foresee = |morning: &Morning<'_>| -> Vec<Option<Forecast>> {
        morning.stock.iter().map(|_| Some(even(10.0, 7))).collect()
    };
    let request = Request { items: asked.items.clone(), ..asked.clone() };
    let report = run(&tried, &mut Proposing::new(request, foresee)).unwrap();
    for one in &report.items {
        // The first morning finds an empty shelf and the first delivery is tomorrow's.
        assert_eq!((one.demanded - one.sold, one.days_out), (10, 1));
    }
}
