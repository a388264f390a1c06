//! From words on pages to a document: what a person sees at a glance, worked out from evidence.
//!
//! Labels are data (`anchors.txt`); what stands beside them must be of their kind; where several values fit, those win that agree
//! with each other: a count times a price is the line's sum, lines make the net, net and tax make the gross.

mod accounts;
mod anchor;
mod context;
mod date;
mod guess;
mod header;
mod ids;
mod item;
mod lines;
mod names;
mod number;
mod party;
mod table;
mod totals;

use rust_decimal::Decimal;

use crate::document::{Format, Origin, ParsedDocument};
use crate::notes;
use crate::page::Page;
use crate::reading::{Hints, Limits};
pub(crate) use anchor::fold;
use context::Context;

/// What some pages say, whether they come from a PDF's text, a recognised picture or a plain text.
///
/// Never fails: what is not understood is left out, and what does not agree is a warning.
pub fn understand(pages: &[Page], hints: &Hints, limits: &Limits) -> ParsedDocument {
    let format = if pages.iter().any(|page| page.is_recognised) { Format::Scan } else { Format::PdfText };
    let mut document = ParsedDocument::empty(format);
    document.pages = u32::try_from(pages.len()).unwrap_or(u32::MAX);
    let context = Context::of(pages);
    let goods = lines::goods(&context, limits);
    let sums = totals::sums(&context, &goods.lines, &goods.rows, &goods.sums);
    document.lines = goods.lines;
    document.totals = sums.totals;
    document.taxes = sums.taxes;
    if goods.is_cut {
        document.warn(notes::lines_cut(limits.lines));
    }
    header::header(&context, &goods.rows, &mut document);
    party::parties(&context, &goods.rows, hints, &mut document);
    currency(&context, sums.currency, hints, &mut document);
    with_tax_or_without(&mut document);
    check(&mut document);
    document
}

/// The currency: said with a label, else printed at the sums, else anywhere, else hinted.
fn currency(context: &Context, at_sums: Option<&'static str>, hints: &Hints, document: &mut ParsedDocument) {
    let labelled = context.hits.iter().filter(|hit| hit.is(anchor::Role::Currency)).find_map(|hit| {
        context.beside(hit).into_iter().find_map(|beside| {
            let word = beside.cell.words.get(beside.from)?;
            let code = number::currency(&word.text)?;
            Some(context.field(code.to_owned(), 0.95, beside.row, word.area))
        })
    });
    let nowhere = |code: &str, confidence, origin| crate::document::Field {
        value: code.to_owned(),
        confidence,
        origin,
        place: None,
    };
    document.currency =
        labelled.or_else(|| at_sums.map(|code| nowhere(code, 0.9, Origin::Printed))).or_else(|| {
            let mut counts: std::collections::BTreeMap<&str, usize> = std::collections::BTreeMap::new();
            for word in context.sheet.rows.iter().flat_map(|row| &row.cells).flat_map(|cell| &cell.words) {
                let stripped = word.text.trim_matches(|letter: char| {
                    letter.is_ascii_digit() || matches!(letter, '.' | ',' | '(' | ')' | '/' | '-' | ':')
                });
                let found = number::currency(stripped).filter(|_| {
                    !stripped.is_empty()
                        && !["kr", "lei", "р", "co", "no"].contains(&stripped.to_lowercase().as_str())
                });
                if let Some(code) = found.or_else(|| {
                    stripped
                        .rsplit('/')
                        .next()
                        .filter(|part| part.len() < stripped.len())
                        .and_then(number::currency)
                }) {
                    *counts.entry(code).or_default() += 1;
                }
            }
            counts
                .into_iter()
                .max_by_key(|(_, count)| *count)
                .map(|(code, _)| nowhere(code, 0.75, Origin::Printed))
        });
    if document.currency.is_none() {
        document.currency = hints.currency.as_ref().map(|code| nowhere(code, 0.3, Origin::Computed));
    }
}

/// Lines whose head does not say whether tax is in their sums: they do where their sum is the gross and not the net.
fn with_tax_or_without(document: &mut ParsedDocument) {
    let sum: Decimal = document.lines.iter().filter_map(|line| Some(line.net_amount.as_ref()?.value)).sum();
    let near = |field: &Option<crate::document::Field<Decimal>>| {
        field.as_ref().is_some_and(|field| (field.value - sum).abs() <= Decimal::new(5, 2))
    };
    let is_gross = near(&document.totals.gross)
        && document.totals.net.is_some()
        && !near(&document.totals.net)
        && !near(&document.totals.lines);
    if !is_gross {
        return;
    }
    for line in &mut document.lines {
        line.gross_amount = line.gross_amount.take().or_else(|| line.net_amount.take());
        line.unit_price_gross = line.unit_price_gross.take().or_else(|| line.unit_price.take());
    }
}

/// Says where sums differ; nothing is put right.
fn check(document: &mut ParsedDocument) {
    let totals = &document.totals;
    let mut said = Vec::new();
    if let (Some(net), Some(tax), Some(gross)) = (&totals.net, &totals.tax, &totals.gross)
        && (net.value + tax.value - gross.value).abs() > Decimal::new(5, 2)
    {
        said.push(notes::totals_differ("net_and_tax", net.value + tax.value, gross.value));
    }
    let sum: Decimal = document.lines.iter().filter_map(|line| Some(line.net_amount.as_ref()?.value)).sum();
    if let Some(declared) = totals.lines.as_ref().or(totals.net.as_ref()).filter(|_| !sum.is_zero())
        && (declared.value - sum).abs() > Decimal::new(5, 2)
    {
        said.push(notes::totals_differ("lines", sum, declared.value));
    }
    said.into_iter().for_each(|note| document.warn(note));
}

#[cfg(test)]
mod tests;
