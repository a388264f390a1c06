//! Rules that no proposal breaks, whatever is asked: a hundred thousand random requests.

use std::collections::BTreeMap;

use cloud_demand::replenish::because::Because;
use cloud_demand::replenish::propose::{Proposals, propose};
use cloud_demand::replenish::terms::{Demand, Incoming, Request};
use rand::RngExt as _;
use rand::seq::SliceRandom as _;
use testkit::seed::SeededRng;

use crate::requests;

/// Requests in all; each thread takes its part.
const CASES: u64 = 100_000;
const THREADS: u64 = 2;

#[test]
fn no_rule_is_broken_in_a_hundred_thousand_requests() {
    let seed = SeededRng::from_env().seed();
    let asked = |thread: u64| -> (u64, u64) {
        let mut rng = SeededRng::new(seed.wrapping_add(thread));
        let mut ordered = 0;
        for _ in 0..CASES / THREADS {
            let request = requests::random(&mut rng);
            ordered += u64::from(check(&request, &mut rng));
        }
        (CASES / THREADS, ordered)
    };
    let sums = std::thread::scope(|scope| {
        let threads: Vec<_> = (0..THREADS).map(|thread| scope.spawn(move || asked(thread))).collect();
        threads
            .into_iter()
            .map(|thread| thread.join().unwrap())
            .fold((0, 0), |sum, one| (sum.0 + one.0, sum.1 + one.1))
    });
    assert_eq!(sums.0, CASES);
    // Rules about orders say nothing where nothing is ordered.
    assert!(sums.1 > CASES / 3, "only {} of {CASES} requests ordered anything", sums.1);
}

/// Checks every rule on one request; says whether anything was ordered.
fn check(request: &Request, rng: &mut SeededRng) -> bool {
    let proposals = propose(request).unwrap();
    packs_and_limits(request, &proposals);
    minimum_or_nothing(request, &proposals);
    spoils_in_no_shelf(request, &proposals);
    nothing_twice(request, &proposals);
    order_of_lines_is_nothing(request, &proposals, rng);
    let place = rng.random_range(0..request.items.len());
    let mut plain = request.clone();
    // Whether an order below a supplier's minimum is given hangs on what all its lines earn together, so one that is sold at a loss and has
    // less stock can be what makes all of them wait.
    plain.suppliers.iter_mut().for_each(|supplier| supplier.minimum_minor = 0);
    let before = propose(&plain).unwrap();
    more_stock_orders_no_more(&plain, &before, place, rng);
    higher_service_orders_no_less(&plain, &before, place, rng);
    proposals.cost_minor > 0 || proposals.lines.iter().any(|line| line.packs > 0)
}

fn packs_and_limits(request: &Request, proposals: &Proposals) {
    let items: BTreeMap<u64, _> = request.items.iter().map(|item| (item.id, item)).collect();
    assert_eq!(proposals.lines.len(), items.len());
    let mut cost: i64 = 0;
    for line in &proposals.lines {
        let item = items[&line.item];
        assert!(line.packs >= 0 && line.packs % item.pack.multiple_of == 0, "{line:?} of {item:?}");
        assert!(line.packs == 0 || line.packs >= item.pack.at_least, "{line:?} of {item:?}");
        assert_eq!(line.quantity, line.packs * item.pack.content);
        assert_eq!(line.cost_minor, line.packs * item.pack.cost_minor);
        if let (Some(most), true) = (item.maximum, line.packs > 0) {
            let incoming: i64 = item.stock.incoming.iter().map(|one| one.quantity).sum();
            let there = item.stock.on_hand.max(0) + incoming;
            assert!(there + line.quantity <= most, "{line:?} of {item:?}");
        }
        assert!(!line.because.is_empty());
        cost = cost.checked_add(line.cost_minor).unwrap();
    }
    assert_eq!(cost, proposals.cost_minor);
    assert!(request.budget_minor.is_none_or(|budget| cost <= budget), "{proposals:?}");
}

fn minimum_or_nothing(request: &Request, proposals: &Proposals) {
    for supplier in &request.suppliers {
        let lines = proposals.lines.iter().filter(|line| line.supplier == supplier.id);
        let ordered = lines.clone().any(|line| line.packs > 0);
        let cost: i64 = lines.map(|line| line.cost_minor).sum();
        assert!(!ordered || cost >= supplier.minimum_minor, "{supplier:?} gets {cost}");
        assert!(!ordered || supplier.calendar.takes_orders(request.today), "{supplier:?}");
    }
}

/// Of what spoils no more than one step beyond what may be asked for while it keeps, and nothing that earns nothing.
fn spoils_in_no_shelf(request: &Request, proposals: &Proposals) {
    for item in &request.items {
        let line = proposals.lines.iter().find(|line| line.item == item.id).unwrap();
        let (Some(keeps), Some(arrives)) = (item.shelf_life_days, line.arrives) else { continue };
        if line.packs == 0 {
            continue;
        }
        let Demand::Forecast(forecast) = &item.demand else { continue };
        assert!(item.pack.price_minor > item.pack.cost_minor, "{line:?} of {item:?}");
        let days = usize::try_from(arrives + i64::from(keeps) - request.today).unwrap();
        let Some(most) = forecast.cumulative.get(days - 1) else { continue };
        if item.promotions.is_empty() {
            let step = item.pack.content * item.pack.at_least.max(item.pack.multiple_of);
            let step = step + item.pack.content * item.pack.multiple_of + item.stock.reserved;
            // The tail is drawn on from the last two levels.
            let asked = most[10] + (most[10] - most[9]) + step as f64;
            assert!(line.quantity as f64 <= asked, "{line:?} of {item:?}");
        }
    }
}

/// What was proposed counts as coming: the same run again gives nothing.
fn nothing_twice(request: &Request, proposals: &Proposals) {
    let mut again = request.clone();
    again.budget_minor = request.budget_minor.map(|budget| budget - proposals.cost_minor);
    for item in &mut again.items {
        let line = proposals.lines.iter().find(|line| line.item == item.id).unwrap();
        if line.packs > 0 {
            item.stock.incoming.push(Incoming { day: line.arrives.unwrap(), quantity: line.quantity });
        }
    }
    let second = propose(&again).unwrap();
    for (line, first) in second.lines.iter().zip(&proposals.lines) {
        assert_eq!(line.packs, 0, "first {first:?}\nthen {line:?}\nin {}", told(request, line.item));
    }
}

fn order_of_lines_is_nothing(request: &Request, proposals: &Proposals, rng: &mut SeededRng) {
    let mut shuffled = request.clone();
    shuffled.items.shuffle(&mut **rng);
    shuffled.suppliers.shuffle(&mut **rng);
    assert_eq!(&propose(&shuffled).unwrap(), proposals);
}

fn more_stock_orders_no_more(request: &Request, proposals: &Proposals, place: usize, rng: &mut SeededRng) {
    let mut more = request.clone();
    let item = &mut more.items[place];
    item.stock.on_hand += rng.random_range(1..40);
    let (id, after) = (item.id, propose(&more).unwrap());
    let line = |proposals: &Proposals| proposals.lines.iter().find(|line| line.item == id).unwrap().clone();
    let (before, after) = (line(proposals), line(&after));
    let stock = more.items[place].stock.on_hand;
    assert!(after.packs <= before.packs, "{before:?}\nwith {stock} {after:?}\nin {}", told(request, id));
}

/// What a request says of one item, and of everything.
fn told(request: &Request, id: u64) -> String {
    let item = request.items.iter().find(|item| item.id == id).unwrap();
    let supplier = request.suppliers.iter().find(|one| one.id == item.supplier).unwrap();
    let others: Vec<_> = request.items.iter().map(|one| (one.id, one.supplier, &one.pack)).collect();
    let (budget, today) = (request.budget_minor, request.today);
    format!("{today}: {item:?} of {supplier:?}, budget {budget:?}, {:?}, beside {others:?}", request.rules)
}

fn higher_service_orders_no_less(
    request: &Request,
    proposals: &Proposals,
    place: usize,
    rng: &mut SeededRng,
) {
    let mut more = request.clone();
    let item = &mut more.items[place];
    item.service_level += (0.999 - item.service_level) * rng.random_range(0.0..1.0);
    let (id, after) = (item.id, propose(&more).unwrap());
    let line = |proposals: &Proposals| proposals.lines.iter().find(|line| line.item == id).unwrap().clone();
    let (before, after) = (line(proposals), line(&after));
    assert!(after.packs >= before.packs, "{before:?}\nthen {after:?}\nin {}", told(request, id));
    let waits = |because: &Because| matches!(because, Because::NoDelivery);
    assert_eq!(before.because.iter().any(waits), after.because.iter().any(waits));
}
