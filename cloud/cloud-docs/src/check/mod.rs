//! Does a document agree with itself? Sums and numbers that do not are warned about with their values; nothing is changed.

use domain::gtin::Gtin;
use rust_decimal::Decimal;

use crate::document::{Adjustment, Field, Format, Line, ParsedDocument, Party, Totals, Warning};
use crate::notes;

mod numbers;

/// What amounts are rounded to; two of these are no difference yet, since each may be half of it off.
const CENT: Decimal = Decimal::from_parts(1, 0, 0, false, 2);
/// Currencies whose amounts are rounded to whole units.
const WITHOUT_CENTS: [&str; 7] = ["CLP", "HUF", "ISK", "JPY", "KRW", "UGX", "VND"];

/// What says that not all lines were read.
const CUT: [&str; 8] = [
    "lines_cut",
    "rows_cut",
    "cells_cut",
    "elements_cut",
    "elements_too_deep",
    "element_unbegun",
    "broken_off",
    "no_end",
];

/// Notes what does not agree.
pub(crate) fn check(document: &mut ParsedDocument) {
    let mut found = Vec::new();
    let step = step(document);
    for (index, line) in document.lines.iter().enumerate() {
        let Ok(index) = u32::try_from(index) else { break };
        check_line(line, index, step, &mut found);
    }
    check_totals(document, step, &mut found);
    check_taxes(document, step, &mut found);
    check_party("supplier", &document.supplier, &mut found);
    check_party("buyer", &document.buyer, &mut found);
    document.warnings.append(&mut found);
}

/// What this document rounds its amounts to.
fn step(document: &ParsedDocument) -> Decimal {
    let code = document.currency.as_ref().map(|code| code.value.as_str());
    if code.is_some_and(|code| WITHOUT_CENTS.contains(&code)) { Decimal::ONE } else { CENT }
}

fn check_line(line: &Line, index: u32, step: Decimal, found: &mut Vec<Warning>) {
    let mut warn = |note| found.push(Warning::of(note, Some(index)));
    if let Some(gtin) = line.gtin.as_ref().filter(|gtin| Gtin::parse(&gtin.value).is_err()) {
        warn(notes::gtin_wrong(&gtin.value));
    }
    if let (Some(net), Some(tax), Some(gross)) = (&line.net_amount, &line.tax_amount, &line.gross_amount)
        && let Some(sum) = net.value.checked_add(tax.value)
        && differs(sum, gross.value, step)
    {
        warn(notes::line_tax_differs(net.value, tax.value, sum, gross.value));
    }
    let (Some(quantity), Some(price), Some(net)) = (&line.quantity, &line.unit_price, &line.net_amount)
    else {
        return;
    };
    if let Some((expected, off)) = line_sum(line, quantity.value, price.value, step)
        && differs(expected, net.value, off)
    {
        let (quantity, price, computed, said) = (quantity.value, price.value, short(expected), net.value);
        warn(match &line.price_basis {
            Some(basis) => notes::line_basis_differs(quantity, price, basis.value, computed, said),
            None => notes::line_differs(quantity, price, computed, said),
        });
    }
}

/// What a line comes to, and how far its rounded price and quantity let that be off.
fn line_sum(line: &Line, quantity: Decimal, price: Decimal, step: Decimal) -> Option<(Decimal, Decimal)> {
    let basis = line
        .price_basis
        .as_ref()
        .map(|basis| basis.value)
        .filter(|basis| !basis.is_zero())
        .unwrap_or(Decimal::ONE);
    let sum = quantity.checked_mul(price)?.checked_div(basis)?.checked_add(adjusted(&line.adjustments)?)?;
    let by_price = quantity.abs().checked_mul(last_digit(price)?)?.checked_div(basis.abs())?;
    let by_quantity = price.abs().checked_mul(last_digit(quantity)?)?.checked_div(basis.abs())?;
    // A whole quantity is counted, not measured.
    let by_quantity = if quantity.is_integer() { Decimal::ZERO } else { by_quantity };
    Some((sum, by_price.checked_add(by_quantity)?.checked_add(step)?))
}

/// Half of the last digit that a number is kept with, cents at least: what rounding may have taken or added.
fn last_digit(number: Decimal) -> Option<Decimal> {
    let places = number.normalize().scale().max(2);
    Decimal::try_from_i128_with_scale(5, places + 1).ok()
}

fn adjusted(adjustments: &[Adjustment]) -> Option<Decimal> {
    adjustments.iter().try_fold(Decimal::ZERO, |sum, one| {
        let amount = one.amount.value;
        if one.is_charge { sum.checked_add(amount) } else { sum.checked_sub(amount) }
    })
}

fn half(step: Decimal) -> Decimal {
    step / Decimal::TWO
}

fn differs(expected: Decimal, said: Decimal, off: Decimal) -> bool {
    expected.checked_sub(said).is_none_or(|difference| difference.abs() > off)
}

/// A sum without the digits that a division leaves behind.
fn short(sum: Decimal) -> Decimal {
    sum.round_dp(4).normalize()
}

fn said(field: Option<&Field<Decimal>>) -> Option<Decimal> {
    field.map(|field| field.value)
}

/// What a total that is not said counts for.
fn or_zero(field: Option<&Field<Decimal>>) -> Decimal {
    said(field).unwrap_or(Decimal::ZERO)
}

fn check_totals(document: &ParsedDocument, step: Decimal, found: &mut Vec<Warning>) {
    let totals = &document.totals;
    let mut compare = |sum: &str, expected: Option<Decimal>, said: Option<Decimal>, off: Decimal| {
        let (Some(expected), Some(said)) = (expected, said) else { return };
        if differs(expected, said, off) {
            found.push(Warning::of(notes::totals_differ(sum, short(expected), said), None));
        }
    };
    let nets: Option<Vec<Decimal>> =
        document.lines.iter().map(|line| said(line.net_amount.as_ref())).collect();
    // Lines that were not read are missing in the sum.
    let is_cut = document.warnings.iter().any(|warning| CUT.contains(&warning.code.as_str()));
    let nets = nets.filter(|nets| !nets.is_empty() && !is_cut);
    let lines = nets.and_then(|nets| nets.into_iter().try_fold(Decimal::ZERO, Decimal::checked_add));
    let by_lines = half(step) * Decimal::from(document.lines.len());
    compare("lines", lines, said(totals.lines.as_ref()), step + by_lines);
    let net = net_from_lines(totals, &document.adjustments, lines);
    compare("lines_adjusted", net, said(totals.net.as_ref()), step + by_lines);
    let with_tax =
        totals.net.as_ref().zip(totals.tax.as_ref()).and_then(|(net, tax)| net.value.checked_add(tax.value));
    compare("net_and_tax", with_tax, said(totals.gross.as_ref()), step);
    // Italian withholding tax lessens what is paid without being said here.
    if document.format != Format::FatturaPa {
        compare("unpaid", left_to_pay(totals), said(totals.payable.as_ref()), CENT);
    }
}

fn net_from_lines(totals: &Totals, adjustments: &[Adjustment], lines: Option<Decimal>) -> Option<Decimal> {
    let lines = said(totals.lines.as_ref()).or(lines)?;
    if totals.discounts.is_none() && totals.charges.is_none() {
        return lines.checked_add(adjusted(adjustments)?);
    }
    lines.checked_sub(or_zero(totals.discounts.as_ref()))?.checked_add(or_zero(totals.charges.as_ref()))
}

fn left_to_pay(totals: &Totals) -> Option<Decimal> {
    let gross = said(totals.gross.as_ref())?;
    gross.checked_sub(or_zero(totals.prepaid.as_ref()))?.checked_add(or_zero(totals.rounding.as_ref()))
}

fn check_taxes(document: &ParsedDocument, step: Decimal, found: &mut Vec<Warning>) {
    let mut warn = |note| found.push(Warning::of(note, None));
    // Tax may be worked out line by line and rounded each time.
    let off = step + half(step) * Decimal::from(document.lines.len());
    for share in &document.taxes {
        let (Some(rate), Some(basis), Some(amount)) = (&share.rate, &share.basis, &share.amount) else {
            continue;
        };
        let expected = basis.value.checked_mul(rate.value).map(|product| product / Decimal::ONE_HUNDRED);
        if expected.is_none_or(|expected| differs(expected, amount.value, off)) {
            let expected = expected.map(short).unwrap_or_default();
            warn(notes::tax_differs(rate.value, basis.value, expected, amount.value));
        }
    }
    let amounts: Option<Vec<Decimal>> =
        document.taxes.iter().map(|share| said(share.amount.as_ref())).collect();
    let (Some(amounts), Some(tax)) =
        (amounts.filter(|all| !all.is_empty()), said(document.totals.tax.as_ref()))
    else {
        return;
    };
    let shares = Decimal::from(amounts.len());
    let sum = amounts.into_iter().try_fold(Decimal::ZERO, Decimal::checked_add);
    if let Some(sum) = sum.filter(|sum| differs(*sum, tax, step + half(step) * shares)) {
        warn(notes::totals_differ("taxes", sum, tax));
    }
}

fn check_party(role: &str, party: &Party, found: &mut Vec<Warning>) {
    let mut warn = |note| found.push(Warning::of(note, None));
    if let Some(iban) = party
        .iban
        .as_ref()
        .filter(|iban| numbers::is_iban_like(&iban.value) && !numbers::is_iban(&iban.value))
    {
        warn(notes::iban_wrong(role, &iban.value));
    }
    if let Some(gln) =
        party.gln.as_ref().filter(|gln| gln.value.len() != 13 || Gtin::parse(&gln.value).is_err())
    {
        warn(notes::gln_wrong(role, &gln.value));
    }
    let country = party.country.as_ref().map(|country| country.value.as_str());
    if let Some(tax_id) = party.tax_id.as_ref().filter(|id| !numbers::is_tax_id(&id.value, country)) {
        warn(notes::tax_id_wrong(role, &tax_id.value));
    }
}

#[cfg(test)]
mod tests;
