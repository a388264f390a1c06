//! What stands below a table's head: lines, headings between them, totals.

use jiff::civil::Date;
use rust_decimal::Decimal;

use super::dates::dates;
use super::grid::{Cell, Grid, Row, Value};
use super::head::Table;
use super::numbers;
use super::words::{self, Role};
use crate::document::{Adjustment, Field, Line, Origin, ParsedDocument, Warning};
use crate::notes;
use crate::reading::Limits;
use crate::units;

/// How a row of totals begins, with `|` between them.
const TOTALS: &str = "итого|всего|всего по|в том числе ндс|в т ч ндс|без налога|ндс|к оплате|сумма ндс|total|\
    subtotal|sub total|grand total|amount due|vat|tax|net total|summe|gesamt|zwischensumme|\
    nettobetrag|endbetrag|mwst|zzgl|totale|imponibile|montant|sous total|net à payer|tva|\
    gesamtbetrag|gesamtsumme|rechnungsbetrag|rechnungssumme|zahlbetrag|zu zahlen|\
    mehrwertsteuer|umsatzsteuer|importo totale|totale fattura|iva|total ht|total ttc|скидка|\
    discount|rabatt|remise|sconto";

/// Reads the rows of a table into a document; gives back the index of the first row behind it.
pub(super) fn read(grid: &Grid, table: &Table, limits: &Limits, document: &mut ParsedDocument) -> usize {
    let head: Vec<String> = texts(&grid.rows[table.first_head_row]);
    let mut section: Vec<String> = Vec::new();
    let mut is_open = false;
    let mut end = table.first_row;
    for (index, row) in grid.rows.iter().enumerate().skip(table.first_row) {
        let repeats_head = table.first_row > 0 && row.cells.len() == head.len() && texts(row) == head;
        if repeats_head {
            continue;
        }
        if let Some(label) = total_label(row, table) {
            total(&label, row, table, document);
            end = index + 1;
            continue;
        }
        match line(row, table, document) {
            Some(mut line) => {
                if document.lines.len() >= limits.lines as usize {
                    document.warn(notes::rows_cut(limits.lines, row.number));
                    return grid.rows.len();
                }
                if line.section.is_none() && !section.is_empty() {
                    line.section = Some(section.join(" / "));
                }
                document.lines.push(line);
                is_open = true;
                end = index + 1;
            }
            None => {
                if let Some(heading) = heading(row) {
                    if is_open {
                        section.clear();
                    }
                    is_open = false;
                    section.push(heading);
                }
            }
        }
    }
    end
}

fn texts(row: &Row) -> Vec<String> {
    row.cells.iter().map(Cell::shown).collect()
}

/// A row that is one text, over all columns or in the first of them.
fn heading(row: &Row) -> Option<String> {
    let [only] = row.cells.as_slice() else { return None };
    only.as_text().filter(|text| text.chars().count() <= 200).map(str::to_owned)
}

/// What a row of totals calls itself. A line's name may begin with such a word too, but a line has an article or a unit.
fn total_label(row: &Row, table: &Table) -> Option<String> {
    let is_line = [Role::Article, Role::Gtin, Role::Unit, Role::Price, Role::PriceGross]
        .into_iter()
        .filter_map(|role| row.at(*table.columns.get(&role)?))
        .any(|cell| !is_cross(cell) && !is_label(cell));
    if is_line {
        return None;
    }
    let label = row.texts().find(|text| is_total(text))?;
    Some(words::plain(label))
}

fn is_total(text: &str) -> bool {
    let plain = words::plain(text);
    TOTALS
        .split('|')
        .any(|word| plain.strip_prefix(word).is_some_and(|rest| !rest.starts_with(char::is_alphanumeric)))
}

fn is_label(cell: &Cell) -> bool {
    cell.as_text().is_some_and(is_total)
}

/// What forms put where nothing belongs.
fn is_cross(cell: &Cell) -> bool {
    matches!(cell.as_text(), Some("x" | "X" | "х" | "Х" | "-" | "—" | "–"))
}

fn total(label: &str, row: &Row, table: &Table, document: &mut ParsedDocument) {
    let at = |role: Role| row.at(*table.columns.get(&role)?).and_then(|cell| number(cell, table));
    let totals = &mut document.totals;
    let (net, tax, gross) = (at(Role::Net), at(Role::TaxAmount), at(Role::Gross));
    if net.is_some() || gross.is_some() {
        // The last row of totals is the whole; those above it are of pages and sections.
        totals.net = net.or(totals.net.take());
        totals.tax = tax.or(totals.tax.take());
        totals.gross = gross.or(totals.gross.take());
        return;
    }
    let Some(amount) = row.cells.iter().rev().find_map(|cell| number(cell, table)) else { return };
    let says = |words: &[&str]| words.iter().any(|word| words::stands_in(label, word));
    let place = if says(&["к оплате", "amount due", "net à payer", "zahlbetrag", "endbetrag", "da pagare"])
    {
        &mut totals.payable
    } else if says(&[
        "без",
        "без ндс",
        "net",
        "netto",
        "subtotal",
        "sub total",
        "zwischensumme",
        "imponibile",
        "ht",
        "excl",
    ]) {
        &mut totals.net
    } else if label.starts_with("итого с ")
        || words::has_tax(label) && !is_share(label)
        || says(&["grand total", "всего к", "gesamtbetrag"])
    {
        &mut totals.gross
    } else if says(&["ндс", "vat", "tax", "mwst", "ust", "tva", "iva"]) {
        &mut totals.tax
    } else if says(&["скидк", "discount", "rabatt", "remise", "sconto"]) {
        &mut totals.discounts
    } else if totals.lines.is_none() {
        &mut totals.lines
    } else {
        &mut totals.gross
    };
    *place = Some(amount);
}

/// `В том числе НДС` names the tax that is in the sum, not the sum with tax.
fn is_share(label: &str) -> bool {
    ["в том числе", "в т ч", "including", "davon", "enthalten", "dont", "di cui"]
        .iter()
        .any(|word| label.contains(word))
}

fn line(row: &Row, table: &Table, document: &mut ParsedDocument) -> Option<Line> {
    let at = |role: Role| row.at(*table.columns.get(&role)?).filter(|cell| !is_cross(cell));
    let sure = table.confidence;
    let text = |role: Role| at(role).map(|cell| field(cell.shown(), sure));
    let amount = |role: Role| at(role).and_then(|cell| number(cell, table));
    let mut line = Line {
        position: text(Role::Position).filter(|field| field.value.chars().count() <= 20),
        name: text(Role::Name),
        description: text(Role::Description),
        supplier_article: text(Role::Article),
        buyer_article: text(Role::BuyerArticle),
        gtin: at(Role::Gtin).and_then(|cell| gtin(cell, sure)),
        quantity: amount(Role::Quantity),
        unit: text(Role::Unit),
        pack_quantity: amount(Role::PackQuantity),
        unit_price: amount(Role::Price),
        unit_price_gross: amount(Role::PriceGross),
        tax_rate: at(Role::TaxRate).and_then(|cell| rate(cell, table)),
        tax_amount: amount(Role::TaxAmount),
        net_amount: amount(Role::Net),
        gross_amount: amount(Role::Gross),
        lot: text(Role::Lot),
        expires: at(Role::Expires).and_then(|cell| date(cell, sure)),
        section: at(Role::Section).map(Cell::shown),
        ..Line::default()
    };
    // Whether tax is in it is settled once all of the sheet is read.
    if line.net_amount.is_none() && line.gross_amount.is_none() {
        line.net_amount = amount(Role::Amount);
    }
    line.unit_code = unit_code(at(Role::UnitCode), &line);
    discount(at(Role::Discount), table, &mut line);
    let is_goods = line.name.is_some() || line.supplier_article.is_some() || line.gtin.is_some();
    let counts =
        [&line.quantity, &line.unit_price, &line.unit_price_gross, &line.net_amount, &line.gross_amount];
    let has_number = counts.into_iter().any(Option::is_some);
    let says_more = row.cells.len() >= 3
        && (line.supplier_article.is_some() || line.gtin.is_some() || line.unit.is_some());
    if !is_goods || !(has_number || says_more) {
        return None;
    }
    note(row, table, &line, has_number, document);
    if document.currency.is_none() {
        let priced = [Role::Price, Role::PriceGross, Role::Net, Role::Gross, Role::Amount, Role::Currency];
        let named = priced
            .into_iter()
            .filter_map(at)
            .find_map(|cell| cell.currency.or_else(|| cell.as_text().and_then(numbers::currency)));
        document.currency = named.map(|code| field(code.to_owned(), sure));
    }
    Some(line)
}

/// Names what stands in a line and could not be read.
fn note(row: &Row, table: &Table, line: &Line, has_number: bool, document: &mut ParsedDocument) {
    let index = u32::try_from(document.lines.len()).ok();
    let mut warn = |note| document.warnings.push(Warning::of(note, index));
    let prices = [
        (Role::Price, &line.unit_price),
        (Role::PriceGross, &line.unit_price_gross),
        (Role::Quantity, &line.quantity),
    ];
    for (role, read) in prices {
        let Some(cell) = table.columns.get(&role).and_then(|column| row.at(*column)) else { continue };
        if read.is_none() && !is_cross(cell) {
            warn(notes::line_unreadable(row.number, cell.shown()));
        }
    }
    if !has_number && row.cells.iter().all(|cell| !matches!(cell.value, Value::Fault(_))) {
        warn(notes::line_without_price(row.number));
    }
}

fn field<T>(value: T, confidence: f32) -> Field<T> {
    Field { value, confidence, origin: Origin::Printed, place: None }
}

fn number(cell: &Cell, table: &Table) -> Option<Field<Decimal>> {
    let (value, sure) = match &cell.value {
        Value::Number(number) => (*number, table.confidence),
        // A text that had to be taken for a number may be meant otherwise.
        Value::Text(text) => (numbers::number(text, table.mark)?, table.confidence - 0.05),
        Value::Date(_) | Value::Fault(_) => return None,
    };
    Some(field(value, sure))
}

/// `20 %`, `20`, `0,2` with a format of percent, `без НДС`.
fn rate(cell: &Cell, table: &Table) -> Option<Field<Decimal>> {
    if let Some(text) = cell.as_text()
        && ["без ндс", "no vat", "exempt", "steuerfrei", "exonéré", "esente"]
            .contains(&words::plain(text).as_str())
    {
        return Some(field(Decimal::ZERO, table.confidence));
    }
    let rate = number(cell, table)?;
    let is_share = rate.value > Decimal::ZERO && rate.value < Decimal::ONE && cell.as_text().is_none();
    let percent = if is_share { (rate.value * Decimal::ONE_HUNDRED).normalize() } else { rate.value };
    (percent >= Decimal::ZERO && percent <= Decimal::ONE_HUNDRED).then(|| rate.with(percent))
}

fn gtin(cell: &Cell, sure: f32) -> Option<Field<String>> {
    let digits: String = cell.shown().chars().filter(|c| !c.is_whitespace() && *c != '-').collect();
    let is_one = (8..=14).contains(&digits.len()) && digits.bytes().all(|b| b.is_ascii_digit());
    let sure = if domain::gtin::Gtin::parse(&digits).is_ok() { sure.max(0.98) } else { sure * 0.6 };
    is_one.then(|| field(digits, sure))
}

fn date(cell: &Cell, sure: f32) -> Option<Field<Date>> {
    match &cell.value {
        Value::Date(date) => Some(field(*date, sure)),
        Value::Text(text) => dates(text).first().map(|date| field(*date, sure)),
        Value::Number(_) | Value::Fault(_) => None,
    }
}

fn unit_code(code: Option<&Cell>, line: &Line) -> Option<String> {
    let by_code = code.and_then(|cell| units::by_any(&cell.shown()));
    let by_name = || line.unit.as_ref().and_then(|unit| units::by_any(&unit.value));
    by_code.or_else(by_name).map(str::to_owned)
}

/// A discount in percent is one on the price of the list.
fn discount(cell: Option<&Cell>, table: &Table, line: &mut Line) {
    let Some(share) = cell.and_then(|cell| number(cell, table)) else { return };
    let is_percent = cell.and_then(Cell::as_text).is_some_and(|text| text.contains('%'))
        || share.value < Decimal::ONE_HUNDRED;
    let whole = line
        .quantity
        .as_ref()
        .zip(line.unit_price.as_ref())
        .map(|(quantity, price)| quantity.value.checked_mul(price.value));
    let (Some(Some(whole)), true) = (whole, share.value > Decimal::ZERO) else { return };
    let percent = if share.value < Decimal::ONE { share.value * Decimal::ONE_HUNDRED } else { share.value };
    let Some(amount) = whole.checked_mul(percent).map(|amount| (amount / Decimal::ONE_HUNDRED).normalize())
    else {
        return;
    };
    if is_percent {
        let amount = Field { origin: Origin::Computed, ..share.with(amount) };
        line.adjustments.push(Adjustment { is_charge: false, amount, percent: Some(percent), reason: None });
    }
}
