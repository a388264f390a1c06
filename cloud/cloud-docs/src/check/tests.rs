//! What is warned about, and what is rounding.

use rust_decimal::Decimal;

use super::*;
use crate::document::{Origin, TaxShare};

fn amount(text: &str) -> Option<Field<Decimal>> {
    Some(Field::structured(text.parse().unwrap()))
}

fn line(quantity: &str, price: &str, net: &str) -> Line {
    Line { quantity: amount(quantity), unit_price: amount(price), net_amount: amount(net), ..Line::default() }
}

fn document(lines: Vec<Line>) -> ParsedDocument {
    ParsedDocument { lines, ..ParsedDocument::empty(Format::Ubl) }
}

#[track_caller]
fn check_codes(mut document: ParsedDocument, expected: &[(&str, Option<u32>)]) -> Vec<Warning> {
    let before = document.clone();
    check(&mut document);
    let found: Vec<_> =
        document.warnings.iter().map(|warning| (warning.code.as_str(), warning.line)).collect();
    assert_eq!(found, expected, "{:?}", document.warnings);
    assert_eq!(ParsedDocument { warnings: Vec::new(), ..document.clone() }, before, "nothing is changed");
    document.warnings
}

#[test]
fn rounding_of_prices_and_sums_is_no_fault() {
    let rounded = line("1000", "0.3333", "333.33");
    check_codes(document(vec![rounded, line("3", "1.10", "3.30"), line("12.5", "0.07", "0.88")]), &[]);
    let mut taxed = document(vec![line("1", "100.10", "100.10"), line("1", "99.90", "99.90")]);
    taxed.totals = Totals {
        lines: amount("200.00"),
        net: amount("200.00"),
        tax: amount("38.01"),
        gross: amount("238.01"),
        ..Totals::default()
    };
    let share = |value: &str| TaxShare {
        rate: amount("19"),
        category: None,
        basis: amount("200.00"),
        amount: amount(value),
    };
    taxed.taxes = vec![share("38.01")];
    check_codes(taxed, &[]);
}

#[test]
fn names_the_line_and_both_values() {
    let warnings = check_codes(
        document(vec![line("1", "1", "1"), line("2", "5.00", "11.00")]),
        &[("line_differs", Some(1))],
    );
    assert_eq!(warnings[0].text, "2 x 5.00 makes 10, the line says 11.00");
    let mut discounted = line("2", "5.00", "9.00");
    let amount_off = Field { origin: Origin::Structured, ..Field::structured(Decimal::ONE) };
    discounted.adjustments =
        vec![Adjustment { is_charge: false, amount: amount_off, percent: None, reason: None }];
    let per_hundred = Line { price_basis: amount("100"), ..line("50", "3.00", "1.50") };
    check_codes(document(vec![discounted, per_hundred]), &[]);
    let taxed =
        Line { tax_amount: amount("1.90"), gross_amount: amount("12.00"), ..line("1", "10.00", "10.00") };
    check_codes(document(vec![taxed]), &[("line_tax_differs", Some(0))]);
}

#[test]
fn follows_the_totals_down_to_what_is_paid() {
    let mut wrong = document(vec![line("1", "10", "10.00")]);
    wrong.totals = Totals {
        lines: amount("12.00"),
        discounts: amount("1.00"),
        net: amount("9.00"),
        tax: amount("1.00"),
        gross: amount("11.00"),
        prepaid: amount("5.00"),
        rounding: amount("0.50"),
        payable: amount("6.00"),
        ..Totals::default()
    };
    let warnings = check_codes(wrong, &[("totals_differ", None); 4]);
    let values: Vec<_> =
        warnings.iter().map(|warning| warning.text.split(" makes ").nth(1).unwrap()).collect();
    assert_eq!(
        values,
        [
            "10, the document says 12.00",
            "11, the document says 9.00",
            "10, the document says 11.00",
            "6.5, the document says 6.00"
        ]
    );
}

#[test]
fn numbers_with_check_digits_are_checked() {
    let text = |value: &str| Some(Field::structured(value.to_owned()));
    let mut document = document(vec![Line { gtin: text("4006381333932"), ..Line::default() }]);
    document.supplier = Party {
        iban: text("DE00370400440532013000"),
        tax_id: text("DE1"),
        gln: text("4000001123453"),
        ..Party::default()
    };
    let codes = [("gtin_wrong", Some(0)), ("iban_wrong", None), ("gln_wrong", None), ("tax_id_wrong", None)];
    check_codes(document, &codes);
}

#[test]
fn sums_beyond_all_bounds_are_no_panic() {
    let most = Decimal::MAX.to_string();
    let mut huge =
        document(vec![line(&most, &most, &most), line(&most, "0.0000000000000000000000000001", &most)]);
    huge.totals = Totals {
        lines: amount(&most),
        charges: amount(&most),
        net: amount(&most),
        tax: amount(&most),
        gross: amount(&most),
        ..Totals::default()
    };
    check(&mut huge);
}
