//! What a proposal is in plain cases, and what it says of why.

use cloud_demand::replenish::because::Because;
use cloud_demand::replenish::calendar::{LeadTime, Weekdays};
use cloud_demand::replenish::propose::{Proposal, propose};
use cloud_demand::replenish::terms::{
    Demand, Incoming, Invalid, Item, Layer, Promotion, Request, Rules, Stock, Substitute, Supplier,
};

use crate::requests::{TODAY, item, request};

fn lines(request: &Request) -> Vec<Proposal> {
    propose(request).unwrap().lines
}

fn only(item: Item, lead_days: u32) -> Proposal {
    lines(&request(vec![item], lead_days)).remove(0)
}

fn says(line: &Proposal, reason: impl Fn(&Because) -> bool) -> bool {
    line.because.iter().any(reason)
}

#[test]
fn stock_is_brought_to_the_quantile_of_the_days_it_has_to_last() {
    let mut wanted = item(1, 10.0);
    wanted.stock.on_hand = 5;
    // Ordered every day, here the same day: it lasts until tomorrow's delivery. 95 % of a day is 19.
    let line = only(wanted, 0);
    assert_eq!((line.quantity, line.arrives), (14, Some(TODAY)));
    assert!(says(&line, |one| *one == Because::Demand { days: 1, quantity: 10 }), "{line:?}");
    assert!(says(&line, |one| *one == Because::Safety { level: 0.95, quantity: 9 }), "{line:?}");
    assert_eq!(line.cost_minor, 14 * 70);
}

#[test]
fn what_is_asked_for_before_goods_arrive_is_not_ordered_afterwards() {
    // Nothing is there and nothing comes for two days: these 20 are lost, the third day is what to order for.
    let line = only(item(1, 10.0), 2);
    assert_eq!(line.arrives, Some(TODAY + 2));
    let three_days = 30.0 + 10.0 * 3.0_f64.sqrt() * 0.9;
    assert_eq!(line.quantity, (three_days - 20.0).ceil() as i64);
    assert!(says(&line, |one| *one == Because::LostBefore { quantity: 20 }), "{line:?}");
}

#[test]
fn only_orders_that_come_in_time_count() {
    let mut wanted = item(1, 10.0);
    let coming = |day: i64| Incoming { day: TODAY + day, quantity: 100 };
    wanted.stock = Stock { on_hand: 12, incoming: vec![coming(3), coming(-9)], ..Stock::default() };
    let late = only(wanted.clone(), 0);
    assert_eq!(late.quantity, 7);
    assert!(says(&late, |one| *one == Because::OnOrderLater { quantity: 100 }), "{late:?}");
    assert!(says(&late, |one| *one == Because::Overdue { quantity: 100 }), "{late:?}");
    wanted.stock.incoming.push(coming(0));
    assert_eq!(only(wanted, 0).packs, 0);
}

#[test]
fn packs_are_whole_and_as_many_as_are_sold_at_once() {
    let mut wanted = item(1, 10.0);
    (wanted.pack.content, wanted.pack.at_least, wanted.pack.multiple_of) = (6, 2, 3);
    let line = only(wanted.clone(), 0);
    assert_eq!((line.packs, line.quantity), (6, 36));
    assert!(says(&line, |one| *one == Because::RoundedToPack { needed: 19, quantity: 36 }), "{line:?}");
    wanted.maximum = Some(20);
    let line = only(wanted, 0);
    assert_eq!(line.packs, 3);
    assert!(says(&line, |one| *one == Because::Maximum { room: 20 }), "{line:?}");
}

#[test]
fn bread_of_one_day_is_a_newsvendor() {
    let mut bread = item(1, 10.0);
    bread.shelf_life_days = Some(1);
    (bread.pack.cost_minor, bread.pack.price_minor, bread.pack.salvage_minor) = (40, 100, 20);
    // A missed sale costs 60, a loaf left over 20: three quarters of days are to be served. 0.75 of 0..20 is 15.
    let rules = Rules { holding_basis_points: 0, ..Rules::default() };
    let line = lines(&Request { rules, ..request(vec![bread.clone()], 0) }).remove(0);
    assert_eq!(line.quantity, 15);
    let ratio =
        |one: &Because| matches!(one, Because::Newsvendor { ratio, .. } if (ratio - 0.75).abs() < 1e-9);
    assert!(says(&line, ratio), "{line:?}");
    // What is left of yesterday cannot be sold today.
    bread.stock =
        Stock { on_hand: 9, layers: vec![Layer { last_day: TODAY - 1, quantity: 9 }], ..Stock::default() };
    let line = lines(&Request { rules, ..request(vec![bread.clone()], 0) }).remove(0);
    assert_eq!(line.quantity, 15);
    assert!(says(&line, |one| *one == Because::Spoils { quantity: 9 }), "{line:?}");
    // A tray of twelve more would mostly be thrown away.
    (bread.pack.content, bread.stock) = (12, Stock::default());
    (bread.pack.cost_minor, bread.pack.price_minor, bread.pack.salvage_minor) = (480, 1200, 240);
    assert_eq!(lines(&Request { rules, ..request(vec![bread], 0) })[0].packs, 1);
}

#[test]
fn nothing_is_bought_to_be_sold_below_its_cost_and_thrown_away() {
    let mut dear = item(1, 10.0);
    (dear.shelf_life_days, dear.pack.price_minor) = (Some(3), 60);
    assert_eq!(only(dear, 0).packs, 0);
}

#[test]
fn late_suppliers_need_more() {
    let mut late = request(vec![item(1, 10.0)], 2);
    late.items[0].stock.on_hand = 20;
    let punctual = lines(&late)[0].quantity;
    late.suppliers[0].lead = LeadTime { days: 2, late: vec![0.2, 0.1] };
    let more = lines(&late)[0].quantity;
    assert!(more > punctual + 3 && more < punctual + 21, "{more} after {punctual}");
}

#[test]
fn promotions_ahead_are_ordered_for() {
    let mut promoted = item(1, 10.0);
    promoted.promotions = vec![Promotion { first_day: TODAY, last_day: TODAY, factor: 3.0 }];
    let line = only(promoted, 0);
    assert_eq!(line.quantity, 57);
    assert!(says(&line, |one| *one == Because::Promotion { quantity: 20 }), "{line:?}");
}

#[test]
fn a_close_product_stands_in_for_safety() {
    let mut scarce = item(1, 10.0);
    scarce.substitutes = vec![Substitute { item: 2, share: 0.5 }];
    let mut plenty = item(2, 10.0);
    plenty.stock.on_hand = 500;
    let line = lines(&request(vec![scarce.clone(), plenty.clone()], 0)).remove(0);
    // Half of the nine of safety.
    assert_eq!(line.quantity, 15);
    assert!(says(&line, |one| matches!(one, Because::Substitute { item: 2, .. })), "{line:?}");
    plenty.stock.on_hand = 19;
    assert_eq!(lines(&request(vec![scarce, plenty], 0))[0].quantity, 19);
}

#[test]
fn a_budget_goes_to_what_earns_most() {
    let mut dear = item(1, 10.0);
    (dear.pack.cost_minor, dear.pack.price_minor) = (100, 110);
    let mut worthwhile = request(vec![dear, item(2, 10.0)], 0);
    worthwhile.budget_minor = Some(19 * 70 + 250);
    let lines = lines(&worthwhile);
    // Where the seventeenth of the other is as likely to be left over as to be sold, even the dear one earns more.
    assert_eq!((lines[0].packs, lines[1].packs), (4, 16));
    assert!(says(&lines[0], |one| *one == Because::Budget { packs: 19 }), "{lines:?}");
}

#[test]
fn a_minimum_is_waited_for_or_filled_up_to() {
    let mut small = request(vec![item(1, 10.0)], 0);
    small.items[0].stock.on_hand = 18;
    small.suppliers[0].minimum_minor = 140;
    // A tenth of a piece is expected to be missed, a margin of 3; a second piece lying for two weeks costs 5.
    small.rules.holding_basis_points = 20_000;
    let waits = lines(&small).remove(0);
    assert_eq!(waits.packs, 0);
    assert!(says(&waits, |one| *one == Because::WaitsForMinimum { missing_minor: 70 }), "{waits:?}");
    small.items[0].stock.on_hand = 8;
    small.suppliers[0].minimum_minor = 11 * 70 + 1;
    let fills = lines(&small).remove(0);
    assert_eq!(fills.packs, 12);
    assert!(says(&fills, |one| *one == Because::FilledToMinimum { packs: 1 }), "{fills:?}");
}

#[test]
fn products_without_a_forecast_keep_their_reorder_point() {
    let mut plain = item(1, 0.0);
    plain.demand = Demand::ReorderPoint { minimum: 10, maximum: 31 };
    plain.pack.content = 6;
    plain.stock.on_hand = 11;
    assert_eq!(only(plain.clone(), 0).packs, 0);
    plain.stock.on_hand = 10;
    assert_eq!(only(plain, 0).packs, 3);
}

#[test]
fn suppliers_are_asked_on_their_days() {
    // Today is a Monday; orders on Thursdays.
    let mut thursdays = request(vec![item(1, 10.0)], 1);
    thursdays.suppliers[0].calendar.orders = Weekdays(0b000_1000);
    let line = lines(&thursdays).remove(0);
    assert_eq!((line.packs, line.arrives), (0, Some(TODAY + 4)));
    assert_eq!(line.because, [Because::WaitsForOrderDay { day: TODAY + 3 }]);
    thursdays.today += 3;
    let line = lines(&thursdays).remove(0);
    assert!(says(&line, |one| *one == Because::Demand { days: 8, quantity: 80 }), "{line:?}");
    thursdays.suppliers[0].calendar.closed = (0..500).map(|day| TODAY + day).collect();
    assert_eq!(lines(&thursdays)[0].because, [Because::NoDelivery]);
}

#[test]
fn what_cannot_be_meant_is_refused_with_the_field() {
    let refused = |change: fn(&mut Request)| {
        let mut wrong = request(vec![item(1, 10.0), item(2, 10.0)], 0);
        change(&mut wrong);
        propose(&wrong).unwrap_err().to_string()
    };
    assert_eq!(
        refused(|wrong| wrong.items[0].pack.content = 0),
        "item `1`: `pack.content` must be 1 to 10,000,000"
    );
    assert_eq!(
        refused(|wrong| wrong.items[1].supplier = 9),
        "item `2` names supplier `9`, which is not in the request: add it"
    );
    assert_eq!(refused(|wrong| wrong.items[1].id = 1), "item `1` is there twice: give each its own number");
    assert_eq!(
        refused(|wrong| wrong.items[0].service_level = f64::NAN),
        "item `1`: `service_level` must be 0 to 0.999: no forecast says more"
    );
    let mut endless = request(vec![item(1, f64::INFINITY)], 0);
    assert!(matches!(propose(&endless), Err(Invalid::Field { field: "demand.forecast", .. })));
    endless.suppliers = vec![Supplier { id: 1, minimum_minor: -1, ..Supplier::default() }];
    endless.items.clear();
    assert!(matches!(propose(&endless), Err(Invalid::Field { what: "supplier", .. })));
}
