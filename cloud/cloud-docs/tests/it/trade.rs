//! Transfers, orders, their answers and catalogues: small documents of made-up firms, every value of which is written down.

use std::fmt::Write as _;

use cloud_docs::document::{Format, ParsedDocument};
use cloud_docs::{Hints, Limits, read};

use crate::values::{differences, values};

fn document(file: &[u8]) -> ParsedDocument {
    let mut reading = read(file, &Hints::default(), &Limits::default()).unwrap();
    assert_eq!((reading.documents.len(), reading.skipped.len()), (1, 0));
    reading.documents.remove(0)
}

/// Everything that a document says, line by line.
fn shown(document: &ParsedDocument) -> String {
    let mut text = format!("{:?} of {:?}\n", document.format, document.producer);
    for (way, value) in values(document) {
        writeln!(text, "{way} = {value}").unwrap();
    }
    for warning in &document.warnings {
        writeln!(text, "{} {:?}: {}", warning.code, warning.line, warning.message).unwrap();
    }
    text
}

/// A file of a Russian program: windows-1251, as its declaration says.
fn windows_1251(text: &str) -> Vec<u8> {
    let (bytes, _, has_other_letters) = encoding_rs::WINDOWS_1251.encode(text);
    assert!(!has_other_letters);
    bytes.into_owned()
}

const UPD_5_01: &str = include_str!("../data/upd-5.01.xml");
const UPD_5_03: &str = include_str!("../data/upd-5.03.xml");

#[test]
fn reads_every_value_of_a_transfer_document_5_01() {
    insta::assert_snapshot!(shown(&document(&windows_1251(UPD_5_01))));
}

#[test]
fn reads_every_value_of_a_transfer_document_5_03() {
    insta::assert_snapshot!(shown(&document(&windows_1251(UPD_5_03))));
}

#[test]
fn believes_the_letters_of_a_transfer_document_more_than_its_declaration() {
    let (declared, utf_8) = (document(&windows_1251(UPD_5_01)), document(UPD_5_01.as_bytes()));
    assert_eq!(differences(&declared, &utf_8), [""; 0]);
}

#[test]
fn reads_the_same_order_alike_from_order_x_and_ubl() {
    let order_x = document(include_bytes!("../data/order-x.xml"));
    let ubl = document(include_bytes!("../data/ubl-order.xml"));
    assert_eq!((order_x.format, ubl.format), (Format::Cii, Format::Ubl));
    assert_eq!(differences(&order_x, &ubl), [""; 0]);
    insta::assert_snapshot!(shown(&order_x));
}

#[test]
fn reads_every_value_of_a_despatch_advice() {
    insta::assert_snapshot!(shown(&document(include_bytes!("../data/ubl-despatch.xml"))));
}

#[test]
fn reads_every_value_of_a_catalogue() {
    insta::assert_snapshot!(shown(&document(include_bytes!("../data/ubl-catalogue.xml"))));
}
