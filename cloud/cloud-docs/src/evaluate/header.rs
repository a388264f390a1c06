//! Fields of the header: what is known of them, and whether it was read.

use std::collections::BTreeMap;
use std::fmt;

use jiff::civil::Date;
use rust_decimal::Decimal;
use serde::{Deserialize, Serialize};

use super::printed::{Printed, squash};
use super::{Miss, Tally};
use crate::document::{self, DocumentKind, Line, ParsedDocument};

/// How alike two names have to be: letters that a scan confuses, and dots, do not make another firm.
const NAMES_ALIKE: f64 = 0.9;

/// How short a name may be that stands for a longer one that it is a part of: `Acme` for `Acme GmbH & Co. KG`.
const NAME_PART_MIN: usize = 4;

/// A field of the header.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Field {
    /// What the document is for.
    Kind,
    /// Its number.
    Number,
    /// When it was issued.
    Issued,
    /// When the goods came.
    Delivered,
    /// Until when it is to be paid.
    Due,
    /// Its currency.
    Currency,
    /// The number of the order.
    OrderNumber,
    /// The number of the delivery note.
    DeliveryNoteNumber,
    /// The supplier's name.
    Supplier,
    /// The supplier's tax number.
    SupplierTaxId,
    /// The supplier's account.
    SupplierIban,
    /// The buyer's name.
    Buyer,
    /// The buyer's tax number.
    BuyerTaxId,
    /// Sum of the lines.
    Lines,
    /// Discounts of the document.
    Discounts,
    /// Surcharges of the document.
    Charges,
    /// Total without tax.
    Net,
    /// Tax.
    Tax,
    /// Total with tax.
    Gross,
    /// Already paid.
    Prepaid,
    /// To be paid.
    Payable,
}

/// A value of a field.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Value {
    /// Of somebody.
    Name(String),
    /// Letters and digits; blanks and signs between them do not count.
    Number(String),
    /// A day.
    Day(Date),
    /// Money.
    Amount(Decimal),
    /// ISO 4217 code.
    Currency(String),
    /// What a document is for.
    Kind(DocumentKind),
}

impl fmt::Display for Value {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Name(text) | Self::Number(text) | Self::Currency(text) => formatter.write_str(text),
            Self::Day(day) => write!(formatter, "{day}"),
            Self::Amount(amount) => write!(formatter, "{amount}"),
            Self::Kind(kind) => write!(formatter, "{kind:?}"),
        }
    }
}

/// What is known of a document.
#[derive(Debug, Clone, Default, PartialEq)]
pub struct Truth {
    /// Its header; one value for each field that is known.
    pub header: BTreeMap<Field, Value>,
    /// Its lines; none where nothing is known of them.
    pub lines: Vec<Line>,
    /// Amounts are compared without their sign: a credit note's print and data differ in it.
    pub is_unsigned: bool,
    /// A field whose value may as well stand in another: labels say `total` of what is to be paid and of what it comes to.
    pub stands_in: Vec<(Field, Field)>,
}

impl Truth {
    /// What a document says that was read of a structured file.
    pub fn of(document: &ParsedDocument) -> Self {
        let credit = document.kind.as_ref().is_some_and(|kind| kind.value == DocumentKind::CreditNote);
        let mut header = values(document);
        // A sum of nothing is in the file because its format wants it there.
        header.retain(|_, value| !matches!(value, Value::Amount(amount) if amount.is_zero()));
        Self { header, lines: document.lines.clone(), is_unsigned: credit, stands_in: Vec::new() }
    }
}

/// The fields of a document's header.
pub fn values(document: &ParsedDocument) -> BTreeMap<Field, Value> {
    let text =
        |field: &Option<document::Field<String>>| field.as_ref().map(|field| field.value.trim().to_owned());
    let name = |field| text(field).map(Value::Name);
    let number = |field| text(field).map(Value::Number);
    let day = |field: &Option<document::Field<Date>>| field.as_ref().map(|field| Value::Day(field.value));
    let amount =
        |field: &Option<document::Field<Decimal>>| field.as_ref().map(|field| Value::Amount(field.value));
    let (supplier, buyer, totals) = (&document.supplier, &document.buyer, &document.totals);
    [
        (Field::Kind, document.kind.as_ref().map(|kind| Value::Kind(kind.value))),
        (Field::Number, number(&document.number)),
        (Field::Issued, day(&document.issued)),
        (Field::Delivered, day(&document.delivered)),
        (Field::Due, day(&document.due)),
        (Field::Currency, text(&document.currency).map(Value::Currency)),
        (Field::OrderNumber, number(&document.order_number)),
        (Field::DeliveryNoteNumber, number(&document.delivery_note_number)),
        (Field::Supplier, name(&supplier.name)),
        (Field::SupplierTaxId, number(&supplier.tax_id)),
        (Field::SupplierIban, number(&supplier.iban)),
        (Field::Buyer, name(&buyer.name)),
        (Field::BuyerTaxId, number(&buyer.tax_id)),
        (Field::Lines, amount(&totals.lines)),
        (Field::Discounts, amount(&totals.discounts)),
        (Field::Charges, amount(&totals.charges)),
        (Field::Net, amount(&totals.net)),
        (Field::Tax, amount(&totals.tax)),
        (Field::Gross, amount(&totals.gross)),
        (Field::Prepaid, amount(&totals.prepaid)),
        (Field::Payable, amount(&totals.payable)),
    ]
    .into_iter()
    .filter_map(|(field, value)| Some((field, value?)))
    .collect()
}

/// Counts field by field what was read as it is.
pub(super) fn compare(
    truth: &Truth,
    read: &ParsedDocument,
    printed: &Printed,
    misses: &mut Vec<Miss>,
) -> BTreeMap<Field, Tally> {
    let read = values(read);
    let mut tallies = BTreeMap::new();
    for (field, value) in &truth.header {
        let tally: &mut Tally = tallies.entry(*field).or_default();
        if !printed.has(value) || is_told_elsewhere(truth, *field, value, &read) {
            tally.left_out += 1;
            continue;
        }
        tally.scored += 1;
        let stands_in = truth.stands_in.iter().filter(|(wanted, _)| wanted == field).map(|(_, other)| other);
        let mut candidates = stands_in.chain([field]).filter_map(|field| read.get(field));
        if candidates.any(|candidate| is_same(value, candidate, truth.is_unsigned)) {
            tally.right += 1;
        } else {
            let read = read.get(field).map(ToString::to_string).unwrap_or_default();
            misses.push(Miss { what: name_of(*field), truth: value.to_string(), read });
        }
    }
    tallies
}

/// True for an amount that was not read under this name, but under another that has the same value: a page prints the total once
/// where data have it as the sum of lines, the total with tax and what is to be paid.
fn is_told_elsewhere(truth: &Truth, field: Field, value: &Value, read: &BTreeMap<Field, Value>) -> bool {
    if !matches!(value, Value::Amount(_)) || read.contains_key(&field) {
        return false;
    }
    let mut others = truth.header.iter().filter(|(other, known)| **other != field && *known == value);
    others.any(|(other, _)| read.get(other).is_some_and(|read| is_same(value, read, truth.is_unsigned)))
}

/// True when both say the same.
fn is_same(truth: &Value, read: &Value, is_unsigned: bool) -> bool {
    match (truth, read) {
        (Value::Name(truth), Value::Name(read)) => is_same_name(truth, read),
        (Value::Number(truth), Value::Number(read)) => is_same_number(truth, read),
        (Value::Amount(truth), Value::Amount(read)) if is_unsigned => truth.abs() == read.abs(),
        _ => truth == read,
    }
}

fn is_same_name(truth: &str, read: &str) -> bool {
    let (truth, read) = (squash(truth), squash(read));
    let (short, long) = if truth.len() <= read.len() { (&truth, &read) } else { (&read, &truth) };
    let is_part = short.chars().count() >= NAME_PART_MIN && long.contains(short.as_str());
    is_part || strsim::normalized_levenshtein(&truth, &read) >= NAMES_ALIKE
}

/// The country before a tax number may be missing on one side.
fn is_same_number(truth: &str, read: &str) -> bool {
    let (truth, read) = (squash(truth), squash(read));
    let bare = |text: &str| {
        let rest = text
            .get(2..)
            .filter(|rest| rest.len() >= 8 && rest.starts_with(|first: char| first.is_ascii_digit()));
        rest.filter(|_| text.starts_with(char::is_alphabetic)).unwrap_or(text).to_owned()
    };
    truth == read || (bare(&truth) == bare(&read) && (bare(&truth) == truth || bare(&read) == read))
}

/// The field's name as reports have it.
pub fn name_of(field: Field) -> String {
    serde_json::to_value(field).ok().and_then(|name| name.as_str().map(str::to_owned)).unwrap_or_default()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn names_and_numbers_are_the_same_in_other_writing() {
        for (truth, read, same) in [
            ("Lieferant GmbH", "LIEFERANT GMBH", true),
            ("Coolblue B.V.", "Coolblue", true),
            ("Lieferant GmbH", "Lieferant GmbR", true),
            ("Lieferant GmbH", "Kunden AG", false),
            ("ABC", "AB", false),
        ] {
            assert_eq!(is_same_name(truth, read), same, "{truth} {read}");
        }
        for (truth, read, same) in [
            ("DE 123 456 789", "DE123456789", true),
            ("DE123456789", "123456789", true),
            ("DE123456789", "FR123456789", false),
            ("RE-17", "RE 17", true),
            ("RE-17", "17", false),
        ] {
            assert_eq!(is_same_number(truth, read), same, "{truth} {read}");
        }
    }
}
