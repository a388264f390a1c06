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
        writeln!(text, "{} {:?}: {}", warning.code, warning.line, warning.text).unwrap();
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

#[test]
fn reads_every_value_of_a_fattura_pa() {
    insta::assert_snapshot!(shown(&document(FATTURA)));
}

#[test]
fn reads_every_value_of_an_extended_invoice_with_groups_and_two_currencies() {
    insta::assert_snapshot!(shown(&document(include_bytes!("../data/cii-groups.xml"))));
}

const FATTURA: &[u8] = include_bytes!("../data/fattura.xml");

#[test]
fn reads_what_a_signed_envelope_holds() {
    let wrapped = |tag: u8, inside: &[u8]| {
        let length = u16::try_from(inside.len()).unwrap().to_be_bytes();
        [&[tag, 0x82], &length[..], inside].concat()
    };
    // ContentInfo { signedData, [0] SignedData { 1, {}, { data, [0] the file } } }
    let data = [
        &[0x06, 0x09, 0x2a, 0x86, 0x48, 0x86, 0xf7, 0x0d, 0x01, 0x07, 0x01][..],
        &wrapped(0xa0, &wrapped(0x04, FATTURA)),
    ]
    .concat();
    let signed = [&[0x02, 0x01, 0x01, 0x31, 0x00][..], &wrapped(0x30, &data)].concat();
    let kind = [0x06, 0x09, 0x2a, 0x86, 0x48, 0x86, 0xf7, 0x0d, 0x01, 0x07, 0x02];
    let envelope = wrapped(0x30, &[&kind[..], &wrapped(0xa0, &wrapped(0x30, &signed))].concat());
    assert_eq!(document(&envelope), document(FATTURA));
}

#[test]
fn reads_an_invoice_as_far_as_it_goes() {
    let text = include_str!("../data/ubl-order.xml");
    let whole = document(text.as_bytes());
    let cut = document(&text.as_bytes()[..text.find("<cac:Price>").unwrap()]);
    assert_eq!((cut.number, cut.totals.net), (whole.number, whole.totals.net));
    assert_eq!((cut.lines.len(), cut.lines[0].unit_price.is_some()), (1, false));
    assert_eq!(cut.warnings.iter().map(|warning| warning.code.as_str()).collect::<Vec<_>>(), ["no_end"]);
}

#[test]
fn stops_at_the_limit_of_lines() {
    let text = include_str!("../data/ubl-order.xml");
    let (from, to) = (text.find("<cac:OrderLine>").unwrap(), text.find("</Order>").unwrap());
    let many = [&text[..from], &text[from..to].repeat(30), &text[to..]].concat();
    let mut reading =
        read(many.as_bytes(), &Hints::default(), &Limits { lines: 20, ..Limits::default() }).unwrap();
    let document = reading.documents.remove(0);
    assert_eq!(document.lines.len(), 20);
    let codes: Vec<_> = document.warnings.iter().map(|warning| warning.code.as_str()).collect();
    // That the lines that were read are less than the total goes without saying.
    assert_eq!(codes, ["lines_cut"]);
}

#[test]
fn reads_what_an_access_point_wrapped_around_a_document() {
    let order = include_str!("../data/ubl-order.xml");
    let plain = document(order.as_bytes());
    let body = order.split_once("?>").unwrap().1;
    let header = "<sh:StandardBusinessDocumentHeader><sh:HeaderVersion>1.0</sh:HeaderVersion></sh:StandardBusinessDocumentHeader>";
    let enveloped = format!(
        "<sh:StandardBusinessDocument xmlns:sh='urn:sbdh'>{header}{body}</sh:StandardBusinessDocument>"
    );
    assert_eq!(document(enveloped.as_bytes()), plain);
    let attached = format!(
        "<AttachedDocument xmlns='urn:oasis:names:specification:ubl:schema:xsd:AttachedDocument-2'><Attachment><ExternalReference>\
         <Description><![CDATA[{order}]]></Description></ExternalReference></Attachment></AttachedDocument>"
    );
    assert_eq!(document(attached.as_bytes()), plain);
    let empty = read(
        b"<StandardBusinessDocument><a/></StandardBusinessDocument>",
        &Hints::default(),
        &Limits::default(),
    );
    assert!(empty.unwrap_err().to_string().contains("no invoice or order in it"));
}
