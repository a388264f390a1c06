//! What a document comes to: amounts beside words that announce sums, chosen so that they agree with each other.

use std::collections::BTreeSet;

use rust_decimal::Decimal;

use super::anchor::Role;
use super::context::Context;
use super::number::Amount;
use crate::document::{Field, Line, Origin, TaxShare, Totals};
use crate::page::Area;

const SUMS: &[Role] = &[
    Role::TotalLines,
    Role::TotalDiscount,
    Role::TotalCharge,
    Role::TotalNet,
    Role::TotalTax,
    Role::TotalGross,
    Role::Total,
    Role::Prepaid,
    Role::Payable,
];

/// An amount that a word announces.
#[derive(Debug, Clone)]
struct Candidate {
    role: Role,
    value: Decimal,
    score: f32,
    row: usize,
    area: Area,
    currency: Option<&'static str>,
    origin: Option<Origin>,
}

/// The sums, the taxes by rate, and the currency printed at them.
#[derive(Debug, Default)]
pub(super) struct Sums {
    /// What it comes to.
    pub(super) totals: Totals,
    /// Tax, rate by rate.
    pub(super) taxes: Vec<TaxShare>,
    /// The currency of most of them.
    pub(super) currency: Option<&'static str>,
}

/// Reads sums from the rows that are not lines of goods.
pub(super) fn sums(
    context: &Context,
    lines: &[Line],
    used: &BTreeSet<usize>,
    columns: &[(Role, usize, Amount)],
) -> Sums {
    let mut found = candidates(context, used);
    found.extend(columns.iter().map(|(role, row, amount)| Candidate {
        role: *role,
        value: amount.value,
        score: 0.75 * amount.confidence,
        row: *row,
        area: amount.area,
        currency: amount.currency,
        origin: None,
    }));
    let taxes = taxes(context, used);
    let lines_sum: Decimal = lines.iter().filter_map(|line| Some(line.net_amount.as_ref()?.value)).sum();
    for candidate in &mut found {
        if !lines_sum.is_zero()
            && candidate.value == lines_sum
            && matches!(candidate.role, Role::TotalLines | Role::TotalNet)
        {
            candidate.score += 0.3;
        }
    }
    add_tax_sum(&mut found, &taxes);
    let mut totals = solve(context, &found, lines_sum);
    let best = |role: Role| best_of(&found, role).map(|it| field(context, it));
    totals.prepaid = best(Role::Prepaid).map(positive);
    totals.payable = best(Role::Payable).or_else(|| totals.payable.take());
    totals.discounts = best(Role::TotalDiscount).map(positive);
    totals.charges = best(Role::TotalCharge);
    totals.lines = best(Role::TotalLines);
    finish(&mut totals, &found, context, lines_sum);
    let currency = found.iter().find_map(|candidate| candidate.currency);
    Sums { totals, taxes, currency }
}

fn positive(field: Field<Decimal>) -> Field<Decimal> {
    let value = field.value.abs();
    field.with(value)
}

fn field(context: &Context, candidate: &Candidate) -> Field<Decimal> {
    let mut field = context.field(candidate.value, candidate.score, candidate.row, candidate.area);
    if let Some(origin) = candidate.origin {
        field.origin = origin;
    }
    field
}

fn best_of(found: &[Candidate], role: Role) -> Option<&Candidate> {
    found.iter().filter(|candidate| candidate.role == role).max_by(|a, b| a.score.total_cmp(&b.score))
}

fn candidates(context: &Context, used: &BTreeSet<usize>) -> Vec<Candidate> {
    let mut found = Vec::new();
    for hit in context.hits.iter().filter(|hit| hit.is_any(SUMS) && !used.contains(&hit.row)) {
        let cell = &context.sheet.rows[hit.row].cells[hit.cell];
        let words = cell.words.len().max(1);
        // A label opens its cell; inside a sentence the words mean little.
        let is_sentence = hit.words.0 > 2 || (words > 9 && hit.words.0 > 0);
        let opening = if hit.words.0 == 0 { 0.0 } else { -0.15 } - if is_sentence { 0.25 } else { 0.0 };
        let length = 0.012 * hit.length.min(20) as f32;
        let bold = if cell.is_bold() { 0.03 } else { 0.0 };
        let beside = right_of(context, hit.row, hit.cell, hit.words.1);
        let is_head = beside.is_empty();
        let amounts = if is_head { below(context, hit.row, hit.area) } else { beside };
        for (row, amount, fit) in amounts {
            for role in hit.roles.iter().filter(|role| SUMS.contains(role)) {
                let money = if amount.decimals == 2 || amount.currency.is_some() { 0.1 } else { -0.15 };
                let later = 0.1 * hit.row as f32 / context.sheet.rows.len().max(1) as f32;
                let score = 0.5 + opening + length + bold + fit + money + later;
                found.push(Candidate {
                    role: *role,
                    value: amount.value,
                    score: score.clamp(0.05, 0.9) * amount.confidence.max(0.5),
                    row,
                    area: amount.area,
                    currency: amount.currency,
                    origin: None,
                });
            }
        }
    }
    found
}

/// Amounts after a label: in its cell, else in the next cells of its row. The last is the likeliest.
fn right_of(context: &Context, row: usize, cell: usize, from: usize) -> Vec<(usize, &Amount, f32)> {
    let is_money = |amount: &&Amount| !amount.is_percent;
    let inside: Vec<&Amount> =
        context.amounts[row][cell].iter().filter(|amount| amount.words.0 >= from).filter(is_money).collect();

    let mut found: Vec<(usize, &Amount, f32)> = Vec::new();
    for next in cell + 1..context.sheet.rows[row].cells.len() {
        // Another label takes what follows it.
        if context.opening(row, next).is_some_and(|hit| hit.is_any(SUMS) || hit.length > 6) {
            break;
        }
        // In `15,00, MwSt. 19,0` the second belongs to another label.
        let other = context
            .row_hits(row)
            .iter()
            .find(|hit| hit.cell == next && hit.words.0 > 0)
            .map_or(usize::MAX, |hit| hit.words.0);
        let amounts =
            context.amounts[row][next].iter().filter(is_money).filter(|amount| amount.words.0 < other);
        found.extend(amounts.map(|amount| (row, amount, 0.0)));
    }
    let count = found.len();
    for (at, entry) in found.iter_mut().enumerate() {
        entry.2 = 0.1 - 0.06 * (count - 1 - at) as f32;
    }
    if found.is_empty() { inside.last().map(|last| (row, *last, 0.1)).into_iter().collect() } else { found }
}

/// Amounts under a label that is the head of a column of sums: the last of them is the sum.
fn below(context: &Context, row: usize, area: Area) -> Vec<(usize, &Amount, f32)> {
    let mut found = Vec::new();
    for (at, column) in context.below(row, area, 6) {
        let cell = &context.sheet.rows[at].cells[column];
        let Some(amount) = context.amounts[at][column].iter().find(|amount| {
            !amount.is_percent && amount.area.x0 < area.x1 + 20.0 && amount.area.x1 > area.x0 - 20.0
        }) else {
            break;
        };
        let bold = if cell.is_bold() { 0.06 } else { 0.0 };
        found.push((at, amount, -0.12 + 0.02 * found.len() as f32 + bold));
    }
    found
}

/// Taxes of several rates are added up where nothing says their sum.
fn add_tax_sum(found: &mut Vec<Candidate>, taxes: &[TaxShare]) {
    let amounts: Vec<&Field<Decimal>> = taxes.iter().filter_map(|share| share.amount.as_ref()).collect();
    let sum: Decimal = amounts.iter().map(|amount| amount.value).sum();
    let single: Vec<Decimal> = {
        let mut values: Vec<Decimal> = found
            .iter()
            .filter(|it| it.role == Role::TotalTax && it.score > 0.5)
            .map(|it| it.value)
            .collect();
        values.sort_unstable();
        values.dedup();
        values
    };
    let mut push = |value: Decimal, score: f32| {
        if !found.iter().any(|it| it.role == Role::TotalTax && it.value == value) {
            let area = Area { x0: 0.0, y0: 0.0, x1: 0.0, y1: 0.0 };
            let origin = Some(Origin::Computed);
            found.push(Candidate {
                role: Role::TotalTax,
                value,
                score,
                row: usize::MAX,
                area,
                currency: None,
                origin,
            });
        }
    };
    if amounts.len() > 1 {
        push(sum, 0.55);
    }
    if (2..=4).contains(&single.len()) {
        push(single.iter().copied().sum(), 0.45);
    }
}

/// Chooses net, tax and gross so that the first two make the third, where any do.
fn solve(context: &Context, found: &[Candidate], lines_sum: Decimal) -> Totals {
    let of = |roles: &[(Role, f32)]| {
        let mut list: Vec<(f32, &Candidate)> = found
            .iter()
            .filter_map(|it| {
                roles.iter().find(|(role, _)| *role == it.role).map(|(_, less)| (it.score - less, it))
            })
            .collect();
        list.sort_by(|a, b| b.0.total_cmp(&a.0));
        list.truncate(14);
        list
    };
    let nets =
        of(&[(Role::TotalNet, 0.0), (Role::TotalLines, 0.15), (Role::Total, 0.3), (Role::TotalGross, 0.45)]);
    let taxes = of(&[(Role::TotalTax, 0.0)]);
    let grosses = of(&[(Role::TotalGross, 0.0), (Role::Payable, 0.12), (Role::Total, 0.1)]);
    let mut sets: Vec<(f32, [Option<&Candidate>; 3])> = Vec::new();
    let mut offer = |score, set| sets.push((score, set));
    for (gross_score, gross) in &grosses {
        offer(*gross_score, [None, None, Some(gross)]);
        for (net_score, net) in &nets {
            let is_less = net.value.abs() <= gross.value.abs();
            if is_less && net.role != Role::Total && net.role != Role::TotalGross {
                offer(gross_score + 0.3 * net_score, [Some(net), None, Some(gross)]);
            }
            for (tax_score, tax) in &taxes {
                let gap = (net.value + tax.value - gross.value).abs();
                if gap <= Decimal::new(2, 2) && !gross.value.is_zero() {
                    let from_lines = if net.value == lines_sum { 0.3 } else { 0.0 };
                    let real = if tax.value.is_zero() { 0.2 } else { 0.9 };
                    offer(
                        gross_score + net_score + tax_score + real + from_lines,
                        [Some(net), Some(tax), Some(gross)],
                    );
                }
            }
        }
    }
    if let Some((net_score, net)) = nets.first() {
        offer(0.2 * net_score, [Some(net), None, None]);
    }
    let mut totals = Totals::default();
    let best = sets.into_iter().max_by(|a, b| a.0.total_cmp(&b.0));
    let Some((_, [net, tax, gross])) = best else { return totals };
    let agree = net.is_some() && tax.is_some();
    let sure = |candidate: &Candidate| {
        let mut field = field(context, candidate);
        field.confidence = (field.confidence + if agree { 0.2 } else { 0.0 }).min(0.98);
        field
    };
    totals.net = net.map(sure);
    totals.tax = tax.map(sure);
    totals.gross = gross.map(sure);
    if totals.tax.is_none() {
        totals.tax = best_of(found, Role::TotalTax).filter(|it| it.score > 0.5).map(|it| field(context, it));
    }
    totals
}

/// What one sum says of another: a total that is the same amount, and a net where nothing is taxed.
fn finish(totals: &mut Totals, found: &[Candidate], context: &Context, lines_sum: Decimal) {
    if totals.net.is_none() {
        totals.net = best_of(found, Role::TotalNet).filter(|it| it.score > 0.45).map(|it| field(context, it));
    }
    let is_untaxed = totals.tax.as_ref().is_some_and(|tax| tax.value.is_zero());
    if totals.net.is_none() && (is_untaxed || totals.tax.is_none()) {
        totals.net = totals.lines.clone();
    }
    if totals.gross.is_none() {
        totals.gross.clone_from(&totals.payable);
    }
    // A sum of lines is no net where discounts and freight are between it and the gross.
    let value = |field: &Option<Field<Decimal>>| field.as_ref().map_or(Decimal::ZERO, |field| field.value);
    let is_short = totals.net.is_some()
        && totals.tax.is_some()
        && (value(&totals.net) + value(&totals.tax) - value(&totals.gross)).abs() > Decimal::new(5, 2);
    let adjusted =
        value(&totals.net) - value(&totals.discounts) + value(&totals.charges) + value(&totals.tax);
    if is_short && (adjusted - value(&totals.gross)).abs() <= Decimal::new(5, 2) {
        totals.lines = totals.lines.take().or_else(|| totals.net.clone());
        totals.net = None;
    }
    let inferred = |from: &Field<Decimal>| Field {
        origin: Origin::Computed,
        confidence: from.confidence * 0.9,
        ..from.clone()
    };
    let is_sum = |field: &&Field<Decimal>| {
        (field.value - lines_sum).abs() <= Decimal::new(2, 2) && !lines_sum.is_zero()
    };
    if totals.net.is_none() && totals.tax.is_none() {
        totals.net = totals.gross.as_ref().filter(is_sum).map(inferred);
    }
    if totals.lines.is_none() {
        totals.lines = totals.net.as_ref().filter(is_sum).map(inferred);
    }
    if totals.payable.is_none() && totals.prepaid.as_ref().is_none_or(|prepaid| prepaid.value.is_zero()) {
        totals.payable = totals.gross.as_ref().map(inferred);
    }
}

/// Rows that say a rate, what is taxed and the tax: the three prove each other.
fn taxes(context: &Context, used: &BTreeSet<usize>) -> Vec<TaxShare> {
    let mut found: Vec<TaxShare> = Vec::new();
    for row in (0..context.sheet.rows.len()).filter(|row| !used.contains(row)) {
        let amounts: Vec<&Amount> = context.amounts[row].iter().flatten().collect();
        if !(2..=9).contains(&amounts.len()) {
            continue;
        }
        let share = shares(&amounts).or_else(|| rate_and_tax(context, row, &amounts));
        let Some((rate, basis, tax)) = share else { continue };
        let field = |amount: &Amount, sure: f32| context.field(amount.value, sure, row, amount.area);
        let share = TaxShare {
            rate: Some(field(rate, 0.9)),
            category: None,
            basis: basis.map(|basis| field(basis, 0.9)),
            amount: Some(field(tax, 0.9)),
        };
        let is_known = |known: &TaxShare| {
            let same = |a: &Option<Field<Decimal>>, b: &Option<Field<Decimal>>| {
                a.as_ref().map(|it| it.value) == b.as_ref().map(|it| it.value)
            };
            same(&known.rate, &share.rate) && same(&known.amount, &share.amount)
        };
        match found.iter_mut().find(|known| is_known(known)) {
            Some(known) => known.basis = known.basis.take().or(share.basis),
            None => found.push(share),
        }
    }
    found
}

fn shares<'a>(amounts: &[&'a Amount]) -> Option<(&'a Amount, Option<&'a Amount>, &'a Amount)> {
    for rate in amounts.iter().filter(|it| it.value > Decimal::ZERO && it.value <= Decimal::from(40)) {
        for basis in
            amounts.iter().filter(|it| !it.is_percent && it.value.abs() >= Decimal::ONE && it.decimals == 2)
        {
            let expected = basis.value * rate.value / Decimal::ONE_HUNDRED;
            let tax = amounts.iter().find(|it| {
                !it.is_percent
                    && it.decimals == 2
                    && (it.value - expected).abs() <= Decimal::new(2, 2)
                    && !it.value.is_zero()
            });
            if let Some(tax) =
                tax.filter(|tax| tax.area != rate.area && tax.area != basis.area && rate.area != basis.area)
            {
                return Some((rate, Some(basis), tax));
            }
        }
    }
    None
}

fn rate_and_tax<'a>(
    context: &Context,
    row: usize,
    amounts: &[&'a Amount],
) -> Option<(&'a Amount, Option<&'a Amount>, &'a Amount)> {
    let is_tax = context.row_hits(row).iter().any(|hit| hit.is(Role::TotalTax) && hit.words.0 <= 1);
    let rate = amounts.iter().find(|it| it.is_percent && it.value <= Decimal::from(40))?;
    let tax = amounts.last().filter(|it| !it.is_percent && (it.decimals == 2 || it.currency.is_some()))?;
    is_tax.then_some((*rate, None, *tax))
}
