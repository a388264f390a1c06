//! Who sells and who buys, by the labels in front of their names.

use super::grid::{Cell, Row};
use super::words;
use crate::document::{Field, Origin, ParsedDocument, Party};
use crate::reading::Hints;

const SUPPLIER: [&str; 14] = [
    "поставщик",
    "продавец",
    "исполнитель",
    "грузоотправитель",
    "организация грузоотправитель",
    "supplier",
    "seller",
    "vendor",
    "from",
    "lieferant",
    "verkäufer",
    "fournisseur",
    "vendeur",
    "fornitore",
];
const BUYER: [&str; 16] = [
    "покупатель",
    "плательщик",
    "заказчик",
    "грузополучатель",
    "buyer",
    "customer",
    "bill to",
    "sold to",
    "ship to",
    "kunde",
    "käufer",
    "client",
    "acheteur",
    "cliente",
    "committente",
    "получатель",
];
/// What tax offices call their numbers.
const TAX_LABELS: [&str; 12] = [
    "инн/кпп",
    "инн",
    "vat no",
    "vat id",
    "vat reg",
    "vat number",
    "ust-idnr",
    "ust-id",
    "tva",
    "p.iva",
    "partita iva",
    "tax id",
];

/// What firms are, as their names say it.
const FIRMS: [&str; 22] = [
    "ооо", "оао", "зао", "пао", "ао", "ип", "тоо", "gmbh", "ag", "kg", "ohg", "e.k", "llc", "ltd", "inc",
    "plc", "sarl", "sas", "sa", "s.r.l", "s.p.a", "b.v",
];

/// Reads what a row says of a party.
pub(super) fn read(row: &Row, document: &mut ParsedDocument, hints: &Hints) {
    for (index, cell) in row.cells.iter().enumerate() {
        let Some(text) = cell.as_text() else { continue };
        let label_end = text.find(':').unwrap_or(text.len());
        let label = words::plain(&text[..label_end]);
        let is_one_of = |names: &[&str]| {
            names
                .iter()
                .any(|name| label.starts_with(name) && label.chars().count() <= name.chars().count() + 25)
        };
        let (is_supplier, is_buyer) = (is_one_of(&SUPPLIER), is_one_of(&BUYER));
        if !is_supplier && !is_buyer {
            continue;
        }
        let inside = text.get(label_end + 1..).map_or("", str::trim);
        let rest = row.cells[index + 1..].iter().find_map(Cell::as_text);
        let Some(said) = Some(inside).filter(|inside| !inside.is_empty()).or(rest) else { continue };
        let party = if is_supplier { &mut document.supplier } else { &mut document.buyer };
        fill(party, said);
        return;
    }
    alone(row, document, hints);
}

/// `ООО "Ромашка", ИНН 7701234567, КПП 770101001, 101000, г. Москва, ул. Мира, д. 1`.
fn fill(party: &mut Party, said: &str) {
    let printed = |value: String| Field { value, confidence: 0.85, origin: Origin::Printed, place: None };
    let name = said.split(", ").next().unwrap_or(said);
    let name = cut_before_tax(name);
    // A consignee below the buyer says no more than the buyer did.
    if party.name.is_none() && !name.is_empty() {
        party.name = Some(printed(name.to_owned()));
        let address: Vec<&str> =
            said.split(", ").skip(1).filter(|part| tax_id(part).is_none() && !is_registered(part)).collect();
        party.address = (!address.is_empty()).then(|| printed(address.join(", ")));
    }
    if party.tax_id.is_none() {
        party.tax_id = tax_id(said).map(printed);
    }
}

fn cut_before_tax(name: &str) -> &str {
    let lower = name.to_lowercase();
    let cut = TAX_LABELS.iter().filter_map(|label| lower.find(&format!(" {label}"))).min();
    // Lower case may be longer or shorter; then the name stays whole.
    cut.and_then(|at| name.get(..at)).unwrap_or(name).trim_matches([' ', ',', ';'])
}

fn is_registered(part: &str) -> bool {
    let plain = words::plain(part);
    ["кпп", "огрн", "тел", "р/с", "р с", "бик", "tel", "phone", "iban"]
        .iter()
        .any(|word| plain.starts_with(word))
}

/// The number behind a label of tax offices.
fn tax_id(text: &str) -> Option<String> {
    let lower = text.to_lowercase();
    let label = TAX_LABELS.iter().find(|label| words::stands_in(&lower, label))?;
    let behind = &lower[lower.find(label)? + label.len()..];
    let number: String = behind
        .trim_start_matches(|c: char| !c.is_alphanumeric())
        .chars()
        .take_while(|c| c.is_ascii_alphanumeric() || "/ ".contains(*c))
        .collect();
    let number = number.split_whitespace().next()?.to_uppercase();
    (number.chars().filter(char::is_ascii_digit).count() >= 8).then_some(number)
}

/// A tax number in a row that names nobody is the supplier's, who wrote the sheet; unless the shop is in that row.
fn alone(row: &Row, document: &mut ParsedDocument, hints: &Hints) {
    let text = row.texts().collect::<Vec<_>>().join(" ");
    letterhead(row, document, hints);
    let Some(number) = tax_id(&text) else { return };
    let lower = text.to_lowercase();
    let is_shop =
        hints.buyer_names.iter().any(|name| !name.is_empty() && lower.contains(&name.to_lowercase()));
    let party = if is_shop { &mut document.buyer } else { &mut document.supplier };
    if party.tax_id.is_none() {
        party.tax_id = Some(Field { value: number, confidence: 0.6, origin: Origin::Printed, place: None });
    }
}

/// A firm that stands by itself above the table wrote the sheet.
fn letterhead(row: &Row, document: &mut ParsedDocument, hints: &Hints) {
    let [only] = row.cells.as_slice() else { return };
    let Some(text) = only.as_text().filter(|text| text.chars().count() <= 150) else { return };
    let name = cut_before_tax(text.split(", ").next().unwrap_or(text));
    let is_firm = name
        .to_lowercase()
        .split_whitespace()
        .any(|word| FIRMS.contains(&word.trim_matches(|c: char| !c.is_alphanumeric())));
    let lower = text.to_lowercase();
    let is_shop =
        hints.buyer_names.iter().any(|name| !name.is_empty() && lower.contains(&name.to_lowercase()));
    if is_firm && !is_shop && document.supplier.name.is_none() && document.lines.is_empty() {
        let name = name.to_owned();
        document.supplier.name =
            Some(Field { value: name, confidence: 0.7, origin: Origin::Printed, place: None });
    }
}
