//! One item's shelf: goods of several ages, sold, thrown away and counted.

use std::collections::BTreeMap;

use super::super::draw::Draw;
use super::super::terms::{Incoming, Item, Layer, Rules, Stock};
use super::Outcome;

/// A shelf, and what came of it so far.
pub(super) struct Shelf<'a> {
    item: &'a Item,
    /// What there is, by the last day on which it can be sold.
    layers: BTreeMap<i64, i64>,
    /// What is under way, with the day on which it really comes.
    incoming: Vec<(Incoming, i64)>,
    luck: Draw,
    outcome: Outcome,
}

impl<'a> Shelf<'a> {
    /// As it is before `first_day`.
    pub(super) fn new(item: &'a Item, first_day: i64, seed: u64) -> Self {
        let incoming = item.stock.incoming.iter().map(|one| (*one, one.day)).collect();
        let luck = Draw::of(&[seed, item.id, u64::MAX]);
        let mut shelf = Self { item, layers: BTreeMap::new(), incoming, luck, outcome: Outcome::default() };
        let mut unknown = item.stock.on_hand.max(0);
        for layer in &item.stock.layers {
            let quantity = layer.quantity.min(unknown);
            *shelf.layers.entry(layer.last_day).or_default() += quantity;
            unknown -= quantity;
        }
        shelf.add(first_day, unknown);
        shelf
    }

    /// What a policy sees of it.
    pub(super) fn stock(&self) -> Stock {
        let layers: Vec<Layer> = self
            .layers
            .iter()
            .filter(|_| self.item.shelf_life_days.is_some())
            .map(|(last_day, quantity)| Layer { last_day: *last_day, quantity: *quantity })
            .collect();
        let incoming = self.incoming.iter().map(|(incoming, _)| *incoming).collect();
        Stock { on_hand: self.on_hand(), reserved: 0, layers, incoming }
    }

    /// Takes in what is due.
    pub(super) fn receive(&mut self, day: i64) {
        let mut due = 0;
        self.incoming.retain(|(incoming, arrives)| {
            let comes = *arrives <= day;
            due += if comes { incoming.quantity } else { 0 };
            !comes
        });
        self.add(day, due);
    }

    /// Goods are under way.
    pub(super) fn order(&mut self, incoming: Incoming, arrives: i64) {
        self.incoming.push((incoming, arrives));
        self.outcome.orders += 1;
    }

    /// Sells what is there of what is wanted.
    pub(super) fn sell(&mut self, wanted: i64) -> i64 {
        self.outcome.demanded += wanted;
        // A piece is not divided: the rest is rounded by chance, so that the share holds in the long run.
        let freshest = (wanted as f64 * self.item.freshest_first + self.luck.share()).floor() as i64;
        let freshest = freshest.min(wanted);
        let fresh = self.take(freshest, |layers| layers.last_key_value().map(|(day, _)| *day));
        let old = self.take(wanted - freshest, |layers| layers.first_key_value().map(|(day, _)| *day));
        self.outcome.sold += fresh + old;
        fresh + old
    }

    /// Throws away what cannot be sold tomorrow and counts what is left; says whether nothing is.
    pub(super) fn close(&mut self, day: i64) -> bool {
        let before = self.on_hand();
        self.layers = self.layers.split_off(&(day + 1));
        let left = self.on_hand();
        self.outcome.wasted += before - left;
        self.outcome.stock_days += left;
        let sold_out = before == 0;
        self.outcome.days_out += u32::from(sold_out);
        sold_out
    }

    /// What came of it, in money too.
    pub(super) fn outcome(self, rules: Rules) -> Outcome {
        let (mut outcome, pack) = (self.outcome, self.item.pack);
        let money = |quantity: i64, pack_minor: i64| {
            let exact = i128::from(quantity) * i128::from(pack_minor);
            // Half up, as amounts are everywhere.
            let rounded = (2 * exact + i128::from(pack.content)).div_euclid(2 * i128::from(pack.content));
            i64::try_from(rounded).unwrap_or(i64::MAX)
        };
        outcome.demanded_minor = money(outcome.demanded, pack.price_minor);
        outcome.sold_minor = money(outcome.sold, pack.price_minor);
        outcome.lost_minor =
            money(outcome.demanded - outcome.sold, pack.price_minor - pack.cost_minor).max(0);
        outcome.waste_minor = money(outcome.wasted, pack.cost_minor - pack.salvage_minor);
        let years = i128::from(outcome.stock_days)
            * i128::from(pack.cost_minor)
            * i128::from(rules.holding_basis_points);
        outcome.holding_minor =
            i64::try_from(years / (i128::from(pack.content) * 10_000 * 365)).unwrap_or(i64::MAX);
        outcome
    }

    fn on_hand(&self) -> i64 {
        self.layers.values().sum()
    }

    fn add(&mut self, day: i64, quantity: i64) {
        let last_day = self.item.shelf_life_days.map_or(i64::MAX, |days| day + i64::from(days) - 1);
        if quantity > 0 {
            *self.layers.entry(last_day).or_default() += quantity;
        }
    }

    fn take(&mut self, wanted: i64, next: impl Fn(&BTreeMap<i64, i64>) -> Option<i64>) -> i64 {
        let mut missing = wanted;
        while missing > 0 {
            let Some(day) = next(&self.layers) else { break };
            let Some(layer) = self.layers.get_mut(&day) else { break };
            let taken = missing.min(*layer);
            *layer -= taken;
            missing -= taken;
            if *layer == 0 {
                self.layers.remove(&day);
            }
        }
        wanted - missing
    }
}
