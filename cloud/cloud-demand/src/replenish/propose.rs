//! Order proposals: the one way in.

use std::collections::BTreeMap;

use super::because::Because;
use super::calendar::Deliveries;
use super::choose::{Candidate, Choice, choose};
use super::need::{self, whole};
use super::terms::{Invalid, Item, Request, Supplier};

/// What should be ordered today.
#[derive(Debug, Clone, PartialEq, Default)]
pub struct Proposals {
    /// Each item of the request, in the order of their numbers, those of which nothing is ordered too.
    pub lines: Vec<Proposal>,
    /// What all of it costs, in minor units.
    pub cost_minor: i64,
}

/// What should be ordered of one item.
#[derive(Debug, Clone, PartialEq)]
pub struct Proposal {
    /// The item.
    pub item: u64,
    /// Its supplier.
    pub supplier: u64,
    /// How many packs; often none.
    pub packs: i64,
    /// What they hold, in pieces or grams.
    pub quantity: i64,
    /// What they cost, in minor units.
    pub cost_minor: i64,
    /// The day on which they would arrive; `None` where the supplier's calendar has none.
    pub arrives: Option<i64>,
    /// Why so many, in the order in which it was found.
    pub because: Vec<Because>,
}

/// An item and where it stands between deliveries.
struct Looked<'a> {
    item: &'a Item,
    supplier: &'a Supplier,
    /// The next day on which its supplier takes orders, and the deliveries around an order of that day.
    next: Option<(i64, Deliveries)>,
}

/// Proposes what to order.
///
/// The same request gives the same proposals, in whatever order its items and suppliers are. With these proposals among what is
/// incoming, and their cost taken off the budget, it gives none.
///
/// # Errors
/// [`Invalid`] where the request cannot be what was meant.
pub fn propose(request: &Request) -> Result<Proposals, Invalid> {
    request.check()?;
    let looked = look(request);
    let mut candidates: Vec<Candidate<'_>> =
        looked.iter().filter_map(|one| candidate(one, request)).collect();
    let stand_ins = stand_in(&mut candidates);
    // Of suppliers that take no orders today only what they have too much of counted.
    candidates.retain(|candidate| {
        let place = looked.partition_point(|one| one.item.id < candidate.item.id);
        looked[place].next.is_some_and(|(day, _)| day == request.today)
    });
    for candidate in &mut candidates {
        candidate.wanted = candidate.packs_for_missing();
    }
    let choice = choose(&candidates, request.budget_minor, request.rules);
    let mut chosen: BTreeMap<u64, (Candidate<'_>, i64)> =
        candidates.into_iter().zip(&choice.packs).map(|(one, packs)| (one.item.id, (one, *packs))).collect();
    let lines: Vec<Proposal> = looked
        .iter()
        .map(|one| match chosen.remove(&one.item.id) {
            Some((candidate, packs)) => ordered(one, candidate, packs, &choice, &stand_ins),
            None => waiting(one),
        })
        .collect();
    let cost_minor = lines.iter().map(|line| line.cost_minor).sum();
    Ok(Proposals { lines, cost_minor })
}

fn look(request: &Request) -> Vec<Looked<'_>> {
    let suppliers: BTreeMap<u64, &Supplier> = request.suppliers.iter().map(|one| (one.id, one)).collect();
    let next_of = |supplier: &Supplier| {
        let day = supplier.calendar.order_day(request.today)?;
        Some((day, supplier.calendar.deliveries(day, &supplier.lead, supplier.review_days)?))
    };
    let next: BTreeMap<u64, _> = suppliers.iter().map(|(id, supplier)| (*id, next_of(supplier))).collect();
    let mut looked: Vec<Looked<'_>> = request
        .items
        .iter()
        .filter_map(|item| {
            let supplier = suppliers.get(&item.supplier)?;
            Some(Looked { item, supplier, next: next.get(&item.supplier).copied().flatten() })
        })
        .collect();
    looked.sort_unstable_by_key(|one| one.item.id);
    looked
}

fn candidate<'a>(looked: &Looked<'a>, request: &Request) -> Option<Candidate<'a>> {
    let (_, deliveries) = looked.next?;
    let need = need::of(looked.item, request.today, deliveries, &looked.supplier.lead, request.rules);
    let (missing, minimum_minor) = (need.missing(), looked.supplier.minimum_minor);
    Some(Candidate { item: looked.item, minimum_minor, need, missing, wanted: 0 })
}

/// Lets what others have too much of stand in for safety stock, each piece of it once. Gives who stands in for whom with how much.
fn stand_in(candidates: &mut [Candidate<'_>]) -> BTreeMap<u64, Vec<Because>> {
    let mut spare: BTreeMap<u64, f64> = candidates
        .iter()
        .filter(|one| one.item.demand.is_forecast())
        .map(|one| (one.item.id, (one.need.position - one.need.fill_to.max(one.need.target)).max(0.0)))
        .collect();
    let mut found: BTreeMap<u64, Vec<Because>> = BTreeMap::new();
    for candidate in candidates {
        let mut substitutes = candidate.item.substitutes.clone();
        substitutes.sort_unstable_by_key(|one| one.item);
        let mut safety = candidate.need.safety;
        for one in substitutes {
            let Some(spare) = spare.get_mut(&one.item) else { continue };
            let quantity = (candidate.need.safety * one.share).min(safety).min(*spare);
            *spare -= quantity;
            safety -= quantity;
            candidate.missing = (candidate.missing - quantity).max(0.0);
            if whole(quantity) > 0 {
                let because = Because::Substitute { item: one.item, quantity: whole(quantity) };
                found.entry(candidate.item.id).or_default().push(because);
            }
        }
    }
    found
}

fn ordered(
    looked: &Looked<'_>,
    candidate: Candidate<'_>,
    packs: i64,
    choice: &Choice,
    stand_ins: &BTreeMap<u64, Vec<Because>>,
) -> Proposal {
    let (item, pack) = (looked.item, looked.item.pack);
    let mut because = candidate.need.because;
    because.extend(stand_ins.get(&item.id).into_iter().flatten().cloned());
    let (needed, quantity) = (whole(candidate.missing), packs * pack.content);
    if candidate.missing > 0.0 && candidate.wanted == 0 {
        because.push(if candidate.need.room < pack.content.saturating_mul(pack.at_least) {
            Because::Maximum { room: candidate.need.room }
        } else {
            Because::NotWorthAPack
        });
    } else if needed != candidate.wanted * pack.content && candidate.wanted > 0 {
        because.push(Because::RoundedToPack { needed, quantity: candidate.wanted * pack.content });
        if candidate.wanted * pack.content < needed && item.maximum.is_some() {
            because.push(Because::Maximum { room: candidate.need.room });
        }
    }
    if let Some(missing_minor) = choice.waiting.get(&item.supplier).filter(|_| candidate.wanted > 0) {
        because.push(Because::WaitsForMinimum { missing_minor: *missing_minor });
    } else if packs < candidate.wanted {
        because.push(Because::Budget { packs: candidate.wanted });
    } else if packs > candidate.wanted {
        because.push(Because::FilledToMinimum { packs: packs - candidate.wanted });
    }
    let cost_minor = packs * pack.cost_minor;
    let arrives = looked.next.map(|(_, deliveries)| deliveries.first);
    Proposal { item: item.id, supplier: item.supplier, packs, quantity, cost_minor, arrives, because }
}

/// Nothing, because its supplier takes no orders today or ever.
fn waiting(looked: &Looked<'_>) -> Proposal {
    let because = looked.next.map_or(Because::NoDelivery, |(day, _)| Because::WaitsForOrderDay { day });
    Proposal {
        item: looked.item.id,
        supplier: looked.item.supplier,
        packs: 0,
        quantity: 0,
        cost_minor: 0,
        arrives: looked.next.map(|(_, deliveries)| deliveries.first),
        because: vec![because],
    }
}
