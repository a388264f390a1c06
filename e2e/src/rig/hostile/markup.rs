//! XML that expands, reaches out, or goes deep.

use rand::RngExt as _;
use rand_chacha::ChaCha8Rng;

use super::Maker;

pub(super) const MAKERS: &[(&str, Maker)] = &[
    ("xml-laughs", laughs),
    ("xml-quadratic", quadratic),
    ("xml-external-entity", external),
    ("xml-deep", deep),
    ("xml-deep-unclosed", unclosed),
    ("xml-large-attribute", large_attribute),
    ("xml-many-attributes", many_attributes),
    ("xml-many-lines", many_lines),
    ("xml-wrong-encoding", wrong_encoding),
    ("xml-numbers", numbers),
];

const UBL: &str = "urn:oasis:names:specification:ubl:schema:xsd:Invoice-2";
const CBC: &str = "urn:oasis:names:specification:ubl:schema:xsd:CommonBasicComponents-2";
const CAC: &str = "urn:oasis:names:specification:ubl:schema:xsd:CommonAggregateComponents-2";

/// A UBL invoice with something in it.
pub(super) fn invoice(before: &str, inside: &str) -> Vec<u8> {
    format!(
        "<?xml version=\"1.0\" encoding=\"UTF-8\"?>{before}<Invoice xmlns=\"{UBL}\" xmlns:cbc=\"{CBC}\" xmlns:cac=\"{CAC}\">\
         <cbc:ID>17</cbc:ID><cbc:IssueDate>2026-03-01</cbc:IssueDate><cbc:DocumentCurrencyCode>EUR</cbc:DocumentCurrencyCode>\
         {inside}</Invoice>"
    )
    .into_bytes()
}

pub(super) fn line(name: &str, quantity: &str, amount: &str) -> String {
    format!(
        "<cac:InvoiceLine><cbc:ID>1</cbc:ID><cbc:InvoicedQuantity unitCode=\"H87\">{quantity}</cbc:InvoicedQuantity>\
         <cbc:LineExtensionAmount currencyID=\"EUR\">{amount}</cbc:LineExtensionAmount>\
         <cac:Item><cbc:Name>{name}</cbc:Name></cac:Item></cac:InvoiceLine>"
    )
}

fn laughs(rng: &mut ChaCha8Rng) -> Vec<u8> {
    let levels = rng.random_range(5..40);
    let mut entities = "<!ENTITY e0 \"lol\">".to_owned();
    for level in 1..levels {
        entities.push_str(&format!("<!ENTITY e{level} \"{}\">", format!("&e{};", level - 1).repeat(10)));
    }
    invoice(&format!("<!DOCTYPE Invoice [{entities}]>"), &line(&format!("&e{};", levels - 1), "1", "1"))
}

fn quadratic(rng: &mut ChaCha8Rng) -> Vec<u8> {
    let long = "a".repeat(rng.random_range(10_000..100_000));
    invoice(&format!("<!DOCTYPE Invoice [<!ENTITY a \"{long}\">]>"), &line(&"&a;".repeat(10_000), "1", "1"))
}

fn external(rng: &mut ChaCha8Rng) -> Vec<u8> {
    let target =
        ["file:///etc/passwd", "http://127.0.0.1:9/x", "file:///dev/zero", "php://input", "\\\\127.0.0.1\\x"];
    let target = target[rng.random_range(0..target.len())];
    let declared = match rng.random_range(0..3) {
        0 => format!("<!DOCTYPE Invoice [<!ENTITY x SYSTEM \"{target}\">]>"),
        1 => format!("<!DOCTYPE Invoice SYSTEM \"{target}\">"),
        _ => format!("<!DOCTYPE Invoice [<!ENTITY % p SYSTEM \"{target}\"> %p;]>"),
    };
    invoice(&declared, &line("&x;", "1", "1"))
}

fn deep(rng: &mut ChaCha8Rng) -> Vec<u8> {
    let depth = rng.random_range(500..300_000);
    invoice("", &format!("{}{}", "<cac:Item>".repeat(depth), "</cac:Item>".repeat(depth)))
}

fn unclosed(rng: &mut ChaCha8Rng) -> Vec<u8> {
    invoice("", &"<cac:Item><cbc:Name>".repeat(rng.random_range(500..300_000)))
}

fn large_attribute(rng: &mut ChaCha8Rng) -> Vec<u8> {
    let long = "x".repeat(rng.random_range(1..16) << 20);
    invoice("", &format!("<cbc:Note languageID=\"{long}\">{long}</cbc:Note>"))
}

fn many_attributes(rng: &mut ChaCha8Rng) -> Vec<u8> {
    let list: String =
        (0..rng.random_range(1_000..200_000)).map(|number| format!(" a{number}=\"1\"")).collect();
    invoice("", &format!("<cbc:Note{list}/>"))
}

fn many_lines(rng: &mut ChaCha8Rng) -> Vec<u8> {
    invoice("", &line("Apple", "1", "1").repeat(rng.random_range(1_000..20_000)))
}

fn wrong_encoding(rng: &mut ChaCha8Rng) -> Vec<u8> {
    let names = ["UTF-16", "UTF-7", "EBCDIC-CP-US", "x", "windows-1251", "UTF-32"];
    let name = names[rng.random_range(0..names.len())];
    let text = String::from_utf8_lossy(&invoice("", &line("Äpfel \u{fffd}", "1", "1"))).into_owned();
    text.replacen("UTF-8", name, 1).into_bytes()
}

fn numbers(rng: &mut ChaCha8Rng) -> Vec<u8> {
    let odd = [
        "1e999",
        "-0",
        "NaN",
        "99999999999999999999999999999999999999",
        "1.000,00",
        "0x10",
        "\u{661}",
        "",
        "1/0",
        "--1",
    ];
    let mut pick = || odd[rng.random_range(0..odd.len())];
    let lines: String = (0..50).map(|_| line("Apple", pick(), pick())).collect();
    invoice("", &lines)
}
