//! Who decides: rules with fixed numbers, and proposals made from forecasts.

use super::super::propose::propose;
use super::super::terms::{Demand, Invalid, Item, Request, Stock};
use super::{Morning, Ordering};
use crate::forecast::Forecast;

/// A rule with fixed numbers, in pieces or grams; position is what is there and what is under way.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Policy {
    /// At each look, up to a level: (R, S).
    BaseStock {
        /// The level.
        up_to: i64,
    },
    /// At each look, at or below a point, up to a level: (R, s, S).
    ReorderUpTo {
        /// The point.
        reorder: i64,
        /// The level.
        up_to: i64,
    },
    /// At each look, at or below a point, a fixed number of packs: (s, Q), as often as it takes to be above the point.
    FixedQuantity {
        /// The point.
        reorder: i64,
        /// How many packs at once.
        packs: i64,
    },
}

impl Policy {
    /// Packs to order where stock is so; fixed numbers look neither at suppliers nor at what the shelf holds at most.
    pub fn packs(self, item: &Item, stock: &Stock) -> i64 {
        let pack = item.pack;
        let incoming: i64 = stock.incoming.iter().map(|one| one.quantity).sum();
        let position = stock.on_hand - stock.reserved + incoming;
        let packs = match self {
            Self::BaseStock { up_to } => packs_for(up_to - position, pack.content),
            Self::ReorderUpTo { reorder, up_to } if position <= reorder => {
                packs_for(up_to - position, pack.content)
            }
            Self::FixedQuantity { reorder, packs } if position <= reorder => {
                let packs = packs.max(1);
                packs_for(reorder + 1 - position, pack.content * packs) * packs
            }
            Self::ReorderUpTo { .. } | Self::FixedQuantity { .. } => 0,
        };
        if packs == 0 { 0 } else { packs_for(packs.max(pack.at_least), pack.multiple_of) * pack.multiple_of }
    }
}

/// How many lots of a size hold a quantity.
fn packs_for(quantity: i64, size: i64) -> i64 {
    if quantity <= 0 { 0 } else { (quantity - 1) / size + 1 }
}

/// One policy for each item.
pub(super) struct Fixed<'a> {
    items: &'a [Item],
    policies: &'a [Policy],
}

impl<'a> Fixed<'a> {
    pub(super) fn new(items: &'a [Item], policies: &'a [Policy]) -> Self {
        Self { items, policies }
    }
}

impl Ordering for Fixed<'_> {
    fn order(&mut self, morning: &Morning<'_>) -> Result<Vec<i64>, Invalid> {
        let all = self.items.iter().zip(self.policies).zip(morning.stock);
        Ok(all.map(|((item, policy), stock)| policy.packs(item, stock)).collect())
    }
}

/// Orders what [`propose`] proposes, from forecasts that somebody makes each morning.
#[derive(Debug)]
pub struct Proposing<F> {
    request: Request,
    foresee: F,
}

impl<F: FnMut(&Morning<'_>) -> Vec<Option<Forecast>>> Proposing<F> {
    /// With the items, suppliers, budget of a day and rules of a request; stock, day and forecasts are put in each
    /// morning. `foresee` gives what is known of each item: no forecast leaves its demand as the request has it.
    pub fn new(request: Request, foresee: F) -> Self {
        Self { request, foresee }
    }
}

impl<F: FnMut(&Morning<'_>) -> Vec<Option<Forecast>>> Ordering for Proposing<F> {
    fn order(&mut self, morning: &Morning<'_>) -> Result<Vec<i64>, Invalid> {
        self.request.today = morning.day;
        let forecasts = (self.foresee)(morning);
        for ((item, stock), forecast) in self.request.items.iter_mut().zip(morning.stock).zip(forecasts) {
            item.stock.clone_from(stock);
            if let Some(forecast) = forecast {
                item.demand = Demand::Forecast(forecast);
            }
        }
        let proposals = propose(&self.request)?;
        let packs_of = |id: u64| {
            let line = proposals.lines.binary_search_by_key(&id, |line| line.item);
            line.map_or(0, |place| proposals.lines[place].packs)
        };
        Ok(self.request.items.iter().map(|item| packs_of(item.id)).collect())
    }
}
