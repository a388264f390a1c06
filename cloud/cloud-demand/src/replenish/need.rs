//! How much of one item is needed, and why: the target that stock is to reach, and where it is.
//!
//! The target of what does not spoil is a quantile of the demand until the delivery after this one (Silver, Pyke, Thomas: Inventory and
//! Production Management in Supply Chains, 4th ed., ch. 6: periodic review, order up to). The target of what spoils is where one more
//! piece would cost as much by spoiling as it earns by being there (newsvendor, ibid. ch. 9), against a position from which what will
//! spoil anyway is taken out (Broekmeulen, van Donselaar: A heuristic to manage perishable inventory, 2009).

use super::aging::Layers;
use super::because::Because;
use super::calendar::{Deliveries, LeadTime};
use super::outlook::Outlook;
use super::spread::Spread;
use super::terms::{Demand, Item, PACKS_MAX, Rules};

/// Rounding errors of sums stay far below it; a need of less is none.
const NOTHING: f64 = 1e-6;

/// With which probability so much of what spoils is sold in time that is bought to reach a supplier's minimum.
const SOLD_LEVEL: f64 = 0.5;

/// What an item needs, before packs.
#[derive(Debug)]
pub(super) struct Need {
    /// What there should be: pieces or grams.
    pub(super) target: f64,
    /// What its stock and what is under way are worth.
    pub(super) position: f64,
    /// Up to where it is ordered once the position is at the target or below; of an item with a forecast the target itself.
    up_to: f64,
    /// Up to where it may be ordered to reach a supplier's minimum.
    pub(super) fill_to: f64,
    /// Target less the mean: what another item may stand in for.
    pub(super) safety: f64,
    /// What can still come before there is too much.
    pub(super) room: i64,
    /// What a further piece or gram is worth.
    pub(super) worth: Worth,
    /// Why.
    pub(super) because: Vec<Because>,
}

/// What one more piece or gram is worth, by how many there are.
#[derive(Debug)]
pub(super) struct Worth {
    /// Demand until the delivery after this one.
    until_next: Spread,
    /// Demand until goods ordered today spoil; `None` where they do not.
    until_spoilt: Option<Spread>,
    /// What one earns that is sold, in minor units.
    margin: f64,
    /// What one loses that is not.
    loss: f64,
    /// What it costs to have one lying for a day.
    holding: f64,
    /// From the first delivery to the one after it.
    cycle_days: f64,
}

impl Worth {
    /// What the pieces between two positions are expected to earn, in minor units.
    pub(super) fn between(&self, from: f64, to: f64) -> f64 {
        let sold = self.until_next.beyond(from) - self.until_next.beyond(to);
        let spoilt = self
            .until_spoilt
            .as_ref()
            .map_or(0.0, |until| (to - from) - (until.beyond(from) - until.beyond(to)));
        let lying = if self.spoils() { self.carrying(to - from, self.cycle_days) } else { 0.0 };
        self.margin * sold - self.loss * spoilt - lying
    }

    /// What it costs to have so much lying for some days, in minor units.
    pub(super) fn carrying(&self, quantity: f64, days: f64) -> f64 {
        self.holding * quantity * days
    }

    /// Whether selling one earns anything.
    pub(super) fn earns(&self) -> bool {
        self.margin > 0.0
    }

    /// Whether goods spoil.
    pub(super) fn spoils(&self) -> bool {
        self.until_spoilt.is_some()
    }

    /// Up to where one more is worth having: halving, since worth falls with what is there.
    fn worthwhile(&self, spoilt: &Spread) -> f64 {
        let one = |position: f64| {
            let idle = 1.0 - spoilt.above(position);
            self.margin * self.until_next.above(position)
                - self.loss * idle
                - self.carrying(1.0, self.cycle_days)
        };
        let (mut low, mut high) = (0.0, self.until_next.quantile(1.0));
        if one(high) > 0.0 {
            return high;
        }
        for _ in 0..50 {
            let middle = f64::midpoint(low, high);
            if one(middle) > 0.0 { low = middle } else { high = middle }
        }
        low
    }
}

/// What an item needs on `today`, for the deliveries that an order of today stands between.
pub(super) fn of(item: &Item, today: i64, deliveries: Deliveries, lead: &LeadTime, rules: Rules) -> Need {
    let outlook = Outlook::new(item, today);
    let mut because = Vec::new();
    let spoils_on = item.shelf_life_days.map(|days| deliveries.first + i64::from(days));
    let lateness: Vec<(i64, f64)> = lead.lateness().collect();
    let days = days_until(today, deliveries.second);
    // What has spoilt serves nobody, however late the next delivery comes.
    let most = spoils_on.map_or(usize::MAX, |day| days_until(today, day));
    let until_next = outlook.spread_until(days, &lateness, most);
    let until_spoilt = spoils_on.map(|day| outlook.spread(days_until(today, day)));
    let worth = worth(item, deliveries, rules, until_next, until_spoilt);
    let mean = outlook.mean(days.min(most));
    let target = target(item, &worth, mean, (days, &outlook), &mut because);
    let position = position(item, today, deliveries, rules, &outlook, &mut because);
    let up_to = match item.demand {
        Demand::ReorderPoint { maximum, .. } => maximum as f64,
        Demand::Forecast(_) => target,
    };
    let longer = days + usize::try_from(rules.fill_days).unwrap_or_default();
    let fill_to = match (&worth.until_spoilt, &item.demand) {
        (_, Demand::ReorderPoint { .. }) => target,
        (Some(spoilt), _) => spoilt.quantile(SOLD_LEVEL).max(target),
        (None, _) => outlook.spread(longer).quantile(item.service_level).max(target),
    };
    let safety = (target - mean).max(0.0);
    Need { target, position, up_to, fill_to, safety, room: room(item), worth, because }
}

impl Need {
    /// How much is missing, in pieces or grams.
    pub(super) fn missing(&self) -> f64 {
        let missing = self.target - self.position;
        // At its reorder point an item is ordered, not only below it.
        let reached = if self.up_to > self.target { missing < -NOTHING } else { missing <= NOTHING };
        if reached { 0.0 } else { self.up_to - self.position }
    }
}

/// Whole pieces or grams of a quantity that people are told.
pub(super) fn whole(quantity: f64) -> i64 {
    quantity.round() as i64
}

/// What can still come before there is more than is allowed.
fn room(item: &Item) -> i64 {
    let incoming: i64 = item.stock.incoming.iter().map(|one| one.quantity).sum();
    let most = PACKS_MAX * item.pack.content;
    item.maximum.map_or(most, |maximum| (maximum - item.stock.on_hand.max(0) - incoming).clamp(0, most))
}

fn days_until(today: i64, day: i64) -> usize {
    usize::try_from(day - today).unwrap_or_default()
}

fn worth(
    item: &Item,
    deliveries: Deliveries,
    rules: Rules,
    until_next: Spread,
    until_spoilt: Option<Spread>,
) -> Worth {
    let pack = item.pack;
    let each = |minor: i64| minor as f64 / pack.content as f64;
    let holding = each(pack.cost_minor) * f64::from(rules.holding_basis_points) / 10_000.0 / 365.0;
    let cycle_days = (deliveries.second - deliveries.first) as f64;
    let margin = each(pack.price_minor - pack.cost_minor).max(0.0);
    let loss = each(pack.cost_minor - pack.salvage_minor).max(0.0);
    Worth { until_next, until_spoilt, margin, loss, holding, cycle_days }
}

/// What there should be until the delivery after this one.
fn target(
    item: &Item,
    worth: &Worth,
    mean: f64,
    (days, outlook): (usize, &Outlook<'_>),
    because: &mut Vec<Because>,
) -> f64 {
    let count = |days: usize| u32::try_from(days).unwrap_or(u32::MAX);
    if let Demand::ReorderPoint { minimum, maximum } = item.demand {
        because.push(Because::ReorderPoint { minimum, maximum });
        return minimum as f64;
    }
    because.push(Because::Demand { days: count(days), quantity: whole(mean) });
    let promoted = whole(outlook.promoted(days));
    if promoted != 0 {
        because.push(Because::Promotion { quantity: promoted });
    }
    let beyond = outlook.beyond_forecast(days);
    if beyond > 0 {
        because.push(Because::BeyondForecast { days: count(beyond) });
    }
    let (level, target) = match &worth.until_spoilt {
        Some(spoilt) => {
            let (sum, target) = (worth.margin + worth.loss, worth.worthwhile(spoilt));
            let ratio = if sum > 0.0 { worth.margin / sum } else { 0.0 };
            because.push(Because::Newsvendor { ratio, days: item.shelf_life_days.unwrap_or_default() });
            (1.0 - worth.until_next.above(target), target)
        }
        None => (item.service_level, worth.until_next.quantile(item.service_level)),
    };
    because.push(Because::Safety { level, quantity: whole(target - mean) });
    target
}

/// What is there and comes in time, less what will spoil, plus what will be asked for in vain before anything can arrive.
fn position(
    item: &Item,
    today: i64,
    deliveries: Deliveries,
    rules: Rules,
    outlook: &Outlook<'_>,
    because: &mut Vec<Because>,
) -> f64 {
    let stock = &item.stock;
    because.push(Because::Stock { on_hand: stock.on_hand, reserved: stock.reserved });
    let forgotten = today - i64::from(rules.overdue_days);
    let (mut early, mut counted, mut later, mut overdue) = (0, 0, 0, 0);
    for one in &stock.incoming {
        match one.day {
            day if day < forgotten => overdue += one.quantity,
            day if day >= deliveries.second => later += one.quantity,
            day => {
                counted += one.quantity;
                early += if day < deliveries.first { one.quantity } else { 0 };
            }
        }
    }
    push_if(because, counted, |quantity| Because::OnOrder { quantity });
    push_if(because, later, |quantity| Because::OnOrderLater { quantity });
    push_if(because, overdue, |quantity| Because::Overdue { quantity });
    let coming = (counted - early) as f64;
    if let (Some(keeps), true) = (item.shelf_life_days, item.demand.is_forecast()) {
        let aged = age(item, today, deliveries, (i64::from(keeps), forgotten), outlook);
        push_if(because, whole(aged.spoilt), |quantity| Because::Spoils { quantity });
        push_if(because, whole(aged.lost), |quantity| Because::LostBefore { quantity });
        return aged.left + outlook.mean(days_until(today, deliveries.first)) + coming;
    }
    let available = (stock.on_hand.max(0) - stock.reserved + early) as f64;
    let lost = if item.demand.is_forecast() {
        outlook.spread(days_until(today, deliveries.first)).beyond(available.max(0.0))
    } else {
        0.0
    };
    push_if(because, whole(lost), |quantity| Because::LostBefore { quantity });
    available + lost + coming
}

fn push_if(because: &mut Vec<Because>, quantity: i64, reason: impl Fn(i64) -> Because) {
    if quantity != 0 {
        because.push(reason(quantity));
    }
}

/// What becomes of goods that spoil.
#[derive(Default)]
struct Aged {
    /// What is left when goods ordered today arrive and is still sold; below zero where more is promised than there is.
    left: f64,
    /// What is thrown away before goods ordered today would be.
    spoilt: f64,
    /// What is asked for in vain before anything can arrive.
    lost: f64,
}

/// What becomes, if demand is its mean, of what is there and of what comes before goods ordered today.
///
/// Once fresher goods are there, who takes the freshest takes none of the old. How many of them there are is not asked, so that what is
/// proposed today changes nothing in what is needed.
fn age(
    item: &Item,
    today: i64,
    deliveries: Deliveries,
    (keeps, forgotten): (i64, i64),
    outlook: &Outlook<'_>,
) -> Aged {
    let mut layers = Layers::default();
    let mut unknown = item.stock.on_hand.max(0);
    for layer in &item.stock.layers {
        let quantity = layer.quantity.min(unknown);
        layers.add(layer.last_day, quantity as f64);
        unknown -= quantity;
    }
    layers.add(today + (keeps - 1) / 2, unknown as f64);
    let mut aged = Aged { spoilt: layers.spoil(today - 1), ..Aged::default() };
    let promised = item.stock.reserved as f64;
    let debt = promised - layers.take(promised, 0.0);
    for day in today..deliveries.first {
        for one in item.stock.incoming.iter().filter(|one| one.day >= forgotten) {
            if one.day.max(today) == day {
                layers.add(day + keeps - 1, one.quantity as f64);
            }
        }
        let demand = outlook.day(days_until(today, day));
        aged.lost += demand - layers.take(demand, item.freshest_first);
        aged.spoilt += layers.spoil(day);
    }
    aged.left = layers.sum() - debt;
    let mut late = 0.0;
    for day in deliveries.first..deliveries.second.min(deliveries.first + keeps - 1) {
        layers.take(outlook.day(days_until(today, day)) * (1.0 - item.freshest_first), 0.0);
        late += layers.spoil(day);
    }
    Aged { left: aged.left - late, spoilt: aged.spoilt + late, lost: aged.lost }
}
