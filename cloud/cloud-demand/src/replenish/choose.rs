//! How many packs of each item are ordered: what is needed, within a budget, reaching the suppliers' minima.

use std::cmp::Ordering;
use std::collections::{BTreeMap, BTreeSet, BinaryHeap};

use super::need::Need;
use super::terms::{Item, PACKS_MAX, Pack, Rules};

/// Rounding errors of a quantity stay far below it.
const NOTHING: f64 = 1e-6;

/// An item that could be ordered today.
#[derive(Debug)]
pub(super) struct Candidate<'a> {
    /// The item.
    pub(super) item: &'a Item,
    /// What its supplier takes at least, in minor units.
    pub(super) minimum_minor: i64,
    /// What it needs.
    pub(super) need: Need,
    /// What it is short of, in pieces or grams, after others stood in.
    pub(super) missing: f64,
    /// Packs of it that are needed, as its supplier sells them and as there is room.
    pub(super) wanted: i64,
}

/// What was chosen.
#[derive(Debug, Default)]
pub(super) struct Choice {
    /// Packs of each candidate, in their order.
    pub(super) packs: Vec<i64>,
    /// What is missing to the minimum of suppliers of whom nothing is ordered for that reason, in minor units.
    pub(super) waiting: BTreeMap<u64, i64>,
}

impl Pack {
    /// The fewest packs that can be ordered.
    fn first(self) -> i64 {
        self.round_up(self.at_least)
    }

    fn round_up(self, packs: i64) -> i64 {
        packs.div_euclid(self.multiple_of) * self.multiple_of
            + if packs.rem_euclid(self.multiple_of) > 0 { self.multiple_of } else { 0 }
    }

    /// The fewest packs that can be ordered and hold so much.
    fn holding(self, quantity: f64) -> i64 {
        let packs = ((quantity - NOTHING) / self.content as f64).ceil().clamp(0.0, PACKS_MAX as f64) as i64;
        if packs == 0 { 0 } else { self.round_up(packs.max(self.at_least)) }
    }

    /// The most packs that can be ordered and do not exceed so much; none where even the fewest do.
    fn within(self, room: i64) -> i64 {
        let packs = (room / self.content).min(PACKS_MAX) / self.multiple_of * self.multiple_of;
        if packs < self.first() { 0 } else { packs }
    }

    /// How many more packs come with the next step up from `packs`.
    fn step(self, packs: i64) -> i64 {
        if packs == 0 { self.first() } else { self.multiple_of }
    }
}

impl Candidate<'_> {
    /// The packs that `missing` asks for.
    pub(super) fn packs_for_missing(&self) -> i64 {
        let pack = self.item.pack;
        let mut packs = pack.holding(self.missing).min(pack.within(self.need.room));
        if !self.item.demand.is_forecast() {
            // Up to its upper mark, not over it, unless it takes more to leave the lower one.
            let within = pack.within((self.missing + NOTHING) as i64);
            let leaving = pack.holding(self.need.target + 1.0 - self.need.position);
            return packs.min(within.max(leaving));
        }
        if !self.need.worth.spoils() {
            return packs;
        }
        while packs > 0 {
            let before = if packs == pack.first() { 0 } else { packs - pack.multiple_of };
            if self.worth(before, packs) > 0.0 {
                break;
            }
            packs = before;
        }
        packs
    }

    /// What it is expected to earn to have `to` packs instead of `from`, in minor units.
    fn worth(&self, from: i64, to: i64) -> f64 {
        let at = |packs: i64| self.need.position + (packs * self.item.pack.content) as f64;
        self.need.worth.between(at(from), at(to))
    }

    fn cost(&self, packs: i64) -> i64 {
        packs * self.item.pack.cost_minor
    }
}

fn wanted(candidate: &Candidate<'_>) -> i64 {
    candidate.wanted
}

/// Packs that it may have to reach its supplier's minimum: of what earns nothing no more than it needs.
fn fillable(candidate: &Candidate<'_>) -> i64 {
    let (need, pack) = (&candidate.need, candidate.item.pack);
    if !need.worth.earns() {
        return candidate.wanted;
    }
    let quantity = need.fill_to - need.position;
    let packs = if quantity > 0.0 { pack.holding(quantity) } else { 0 };
    packs.min(pack.within(need.room)).max(candidate.wanted)
}

/// A step up of one candidate, by what it earns for the money.
#[derive(Debug, PartialEq)]
struct Step {
    rank: f64,
    place: usize,
}

impl Eq for Step {}

impl PartialOrd for Step {
    fn partial_cmp(&self, other: &Self) -> Option<Ordering> {
        Some(self.cmp(other))
    }
}

impl Ord for Step {
    fn cmp(&self, other: &Self) -> Ordering {
        // Of equal ones the first in the order of items.
        self.rank.total_cmp(&other.rank).then(other.place.cmp(&self.place))
    }
}

/// Chooses packs for candidates, which are in the order of their items.
///
/// With a budget packs are taken one step after another, the one first that saves the most expected margin for its money, until
/// nothing fits (a greedy choice: at most one step from the best one while steps are small beside the budget). Suppliers whose minimum is
/// not reached are filled up where waiting would cost more; otherwise nothing is ordered of them, and what they leave of the budget is
/// chosen for anew. Last, those left out are tried once more with what is left then.
pub(super) fn choose(candidates: &[Candidate<'_>], budget_minor: Option<i64>, rules: Rules) -> Choice {
    let budget_minor = budget_minor.unwrap_or(i64::MAX);
    let everybody: BTreeSet<u64> = candidates.iter().map(|one| one.item.supplier).collect();
    let mut choice = choose_of(candidates, &everybody, budget_minor, rules);
    loop {
        let left = budget_minor - spent(candidates, &choice.packs);
        let waiting: BTreeSet<u64> = choice.waiting.keys().copied().collect();
        let more = choose_of(candidates, &waiting, left, rules);
        if more.packs.iter().all(|packs| *packs == 0) {
            return choice;
        }
        for (packs, more) in choice.packs.iter_mut().zip(&more.packs) {
            *packs += more;
        }
        choice.waiting = more.waiting;
    }
}

/// Chooses packs of what some suppliers deliver.
fn choose_of(
    candidates: &[Candidate<'_>],
    suppliers: &BTreeSet<u64>,
    budget_minor: i64,
    rules: Rules,
) -> Choice {
    let mut waiting = BTreeMap::new();
    loop {
        let open = |candidate: &Candidate<'_>| {
            suppliers.contains(&candidate.item.supplier) && !waiting.contains_key(&candidate.item.supplier)
        };
        let mut packs = vec![0; candidates.len()];
        let all: Vec<usize> = (0..candidates.len()).filter(|place| open(&candidates[*place])).collect();
        climb(candidates, &all, &mut packs, |_, spent| spent <= budget_minor, wanted);
        match fill_up(candidates, &mut packs, budget_minor, rules) {
            None => return Choice { packs, waiting },
            Some((supplier, missing)) => drop(waiting.insert(supplier, missing)),
        }
    }
}

/// Takes steps up, the best first, each candidate up to `most`, as long as `allowed` what was spent before and with it.
fn climb(
    candidates: &[Candidate<'_>],
    places: &[usize],
    packs: &mut [i64],
    allowed: impl Fn(i64, i64) -> bool,
    most: fn(&Candidate<'_>) -> i64,
) {
    let mut spent = spent(candidates, packs);
    let step_of = |place: usize, packs: i64| {
        let candidate = &candidates[place];
        let next = packs + candidate.item.pack.step(packs);
        let cost = candidate.cost(next - packs).max(1) as f64;
        (next <= most(candidate)).then(|| Step { rank: candidate.worth(packs, next) / cost, place })
    };
    let mut steps: BinaryHeap<Step> =
        places.iter().filter_map(|place| step_of(*place, packs[*place])).collect();
    while let Some(Step { place, .. }) = steps.pop() {
        let candidate = &candidates[place];
        let step = candidate.item.pack.step(packs[place]);
        let with = spent + candidate.cost(step);
        if !allowed(spent, with) {
            continue;
        }
        spent = with;
        packs[place] += step;
        steps.extend(step_of(place, packs[place]));
    }
}

fn spent(candidates: &[Candidate<'_>], packs: &[i64]) -> i64 {
    candidates.iter().zip(packs).map(|(candidate, packs)| candidate.cost(*packs)).sum()
}

/// Fills up each supplier that is below its minimum, where that is worth it. Gives the supplier to leave out, with what is missing to its
/// minimum: of those that stay below it the one whose goods earn the least.
fn fill_up(
    candidates: &[Candidate<'_>],
    packs: &mut [i64],
    budget_minor: i64,
    rules: Rules,
) -> Option<(u64, i64)> {
    let mut least: Option<(f64, u64, i64)> = None;
    let suppliers: BTreeSet<u64> = candidates.iter().map(|one| one.item.supplier).collect();
    for supplier in suppliers {
        let places: Vec<usize> =
            (0..candidates.len()).filter(|place| candidates[*place].item.supplier == supplier).collect();
        let sum = |packs: &[i64]| -> i64 {
            places.iter().map(|place| candidates[*place].cost(packs[*place])).sum()
        };
        let minimum = places.first().map_or(0, |place| candidates[*place].minimum_minor);
        let ordered = places.iter().any(|place| packs[*place] > 0);
        if !ordered || sum(packs) >= minimum {
            continue;
        }
        let others = spent(candidates, packs) - sum(packs);
        let mut filled = packs.to_vec();
        let allowed = |spent: i64, with: i64| spent - others < minimum && with <= budget_minor;
        climb(candidates, &places, &mut filled, allowed, fillable);
        if sum(&filled) >= minimum && is_worth_it(candidates, &places, packs, &filled, rules) {
            packs.copy_from_slice(&filled);
            continue;
        }
        let earned: f64 = places.iter().map(|place| candidates[*place].worth(0, packs[*place])).sum();
        if least.is_none_or(|(worth, _, _)| earned < worth) {
            least = Some((earned, supplier, minimum - sum(packs)));
        }
    }
    least.map(|(_, supplier, missing)| (supplier, missing))
}

/// Whether ordering, filling included, is expected to earn more than waiting for the next order does.
fn is_worth_it(
    candidates: &[Candidate<'_>],
    places: &[usize],
    packs: &[i64],
    filled: &[i64],
    rules: Rules,
) -> bool {
    let (mut earned, mut carried) = (0.0, 0.0);
    for place in places {
        let candidate = &candidates[*place];
        earned += candidate.worth(0, filled[*place]);
        if !candidate.need.worth.spoils() {
            let filling = ((filled[*place] - packs[*place]) * candidate.item.pack.content) as f64;
            carried += candidate.need.worth.carrying(filling, f64::from(rules.fill_days));
        }
    }
    earned > carried
}
