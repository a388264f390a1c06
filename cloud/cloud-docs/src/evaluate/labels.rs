//! Labels beside documents: a JSON object with what people wrote down of them, in the names that data sets use.

use jiff::civil::Date;
use jiff::fmt::strtime;
use rust_decimal::Decimal;
use serde_json::Value as Json;

use super::header::{Field, Truth, Value};
use crate::document::{self, Origin, ParsedDocument};

/// Which label tells which field. The first that a file has counts.
const NAMES: [(Field, &[&str]); 14] = [
    (Field::Number, &["invoice_number", "document_number"]),
    (Field::Issued, &["date", "invoice_date"]),
    (Field::Due, &["date_due", "due_date"]),
    (Field::Currency, &["currency"]),
    (Field::OrderNumber, &["order_id", "order_number", "customer_order_number"]),
    (Field::Supplier, &["issuer", "vendor", "supplier"]),
    (Field::SupplierTaxId, &["vat", "static_vat", "gstin", "tax_id"]),
    (Field::SupplierIban, &["iban"]),
    (Field::Lines, &["subtotal"]),
    (Field::Discounts, &["discount"]),
    (Field::Charges, &["shipping"]),
    (Field::Net, &["amount_untaxed", "net"]),
    (Field::Tax, &["amount_tax", "tax"]),
    (Field::Gross, &["amount", "total"]),
];

/// How labels write a day.
const DAYS: [&str; 5] = ["%Y-%m-%d", "%b %d %Y", "%d.%m.%Y", "%B %d, %Y", "%d/%m/%Y"];

/// What labels say; nothing where they name no field that is known.
pub fn truth(labels: &Json) -> Option<Truth> {
    // One file of labels may hold a list of one document.
    let labels = labels.as_array().map_or(Some(labels), |all| all.first())?.as_object()?;
    let mut truth = Truth::default();
    for (field, names) in NAMES {
        let text = names.iter().filter_map(|name| labels.get(*name)).find_map(text_of);
        if let Some(value) = text.and_then(|text| value_of(field, &text)) {
            truth.header.insert(field, value);
        }
    }
    // What labels call the amount is what is paid; a document may tell that apart from its total. A subtotal of one is the net
    // total of another.
    truth.stands_in = vec![(Field::Gross, Field::Payable), (Field::Lines, Field::Net)];
    truth.header.retain(|_, value| !matches!(value, Value::Amount(amount) if amount.is_zero()));
    (!truth.header.is_empty()).then_some(truth)
}

fn text_of(label: &Json) -> Option<String> {
    let text = match label {
        Json::String(text) => text.trim().to_owned(),
        Json::Number(number) => number.to_string(),
        _ => return None,
    };
    (!text.is_empty()).then_some(text)
}

fn value_of(field: Field, text: &str) -> Option<Value> {
    match field {
        Field::Issued | Field::Delivered | Field::Due => {
            DAYS.iter().find_map(|format| strtime::parse(format, text).ok()?.to_date().ok()).map(Value::Day)
        }
        Field::Currency => Some(Value::Currency(text.to_owned())),
        Field::Supplier | Field::Buyer => Some(Value::Name(text.to_owned())),
        Field::Number
        | Field::OrderNumber
        | Field::DeliveryNoteNumber
        | Field::SupplierTaxId
        | Field::SupplierIban
        | Field::BuyerTaxId => Some(Value::Number(text.to_owned())),
        Field::Kind => None,
        Field::Lines
        | Field::Discounts
        | Field::Charges
        | Field::Net
        | Field::Tax
        | Field::Gross
        | Field::Prepaid
        | Field::Payable => text.parse::<Decimal>().ok().map(Value::Amount),
    }
}

/// The document as a person leaves it who puts right what is known of it, and nothing else.
pub fn correct(truth: &Truth, read: &ParsedDocument) -> ParsedDocument {
    let mut document = read.clone();
    for (field, value) in &truth.header {
        put(&mut document, *field, by_hand(value.clone()));
    }
    if !truth.lines.is_empty() {
        document.lines.clone_from(&truth.lines);
    }
    document
}

/// Puts a value in its place, with where it comes from.
pub(crate) fn put(document: &mut ParsedDocument, field: Field, found: document::Field<Value>) {
    match found.value.clone() {
        Value::Kind(kind) => document.kind = Some(found.with(kind)),
        Value::Day(day) => put_day(document, field, found.with(day)),
        Value::Amount(amount) => put_amount(document, field, found.with(amount)),
        Value::Name(text) | Value::Number(text) | Value::Currency(text) => {
            put_text(document, field, found.with(text));
        }
    }
}

fn put_day(document: &mut ParsedDocument, field: Field, day: document::Field<Date>) {
    let place = match field {
        Field::Delivered => &mut document.delivered,
        Field::Due => &mut document.due,
        _ => &mut document.issued,
    };
    *place = Some(day);
}

fn put_amount(document: &mut ParsedDocument, field: Field, amount: document::Field<Decimal>) {
    let totals = &mut document.totals;
    let place = match field {
        Field::Lines => &mut totals.lines,
        Field::Discounts => &mut totals.discounts,
        Field::Charges => &mut totals.charges,
        Field::Net => &mut totals.net,
        Field::Tax => &mut totals.tax,
        Field::Prepaid => &mut totals.prepaid,
        Field::Payable => &mut totals.payable,
        _ => &mut totals.gross,
    };
    *place = Some(amount);
}

fn put_text(document: &mut ParsedDocument, field: Field, text: document::Field<String>) {
    let place = match field {
        Field::Currency => &mut document.currency,
        Field::OrderNumber => &mut document.order_number,
        Field::DeliveryNoteNumber => &mut document.delivery_note_number,
        Field::Supplier => &mut document.supplier.name,
        Field::SupplierTaxId => &mut document.supplier.tax_id,
        Field::SupplierIban => &mut document.supplier.iban,
        Field::Buyer => &mut document.buyer.name,
        Field::BuyerTaxId => &mut document.buyer.tax_id,
        _ => &mut document.number,
    };
    *place = Some(text);
}

fn by_hand(value: Value) -> document::Field<Value> {
    document::Field { value, confidence: 1.0, origin: Origin::Person, place: None }
}

#[cfg(test)]
mod tests {
    use jiff::civil::date;
    use serde_json::json;

    use super::*;
    use crate::document::Format;

    #[test]
    fn labels_of_either_kind_become_fields() {
        for labels in [
            json!([{ "issuer": "Acme", "amount": 4.11, "date": "2014-08-03", "invoice_number": "42", "lines": [] }]),
            json!({ "vendor": "Acme", "total": "4.11", "date": "Aug 03 2014", "document_number": "42", "discount": "0.00" }),
        ] {
            let truth = truth(&labels).unwrap();
            let known: Vec<_> = truth.header.iter().map(|(field, value)| (*field, value.clone())).collect();
            let expected = [
                (Field::Number, Value::Number("42".into())),
                (Field::Issued, Value::Day(date(2014, 8, 3))),
                (Field::Supplier, Value::Name("Acme".into())),
                (Field::Gross, Value::Amount("4.11".parse().unwrap())),
            ];
            assert_eq!(known, expected);
            let document = correct(&truth, &ParsedDocument::empty(Format::PdfText));
            assert_eq!(super::super::header::values(&document), truth.header);
        }
        assert!(truth(&json!({ "colour": "red" })).is_none());
    }
}
