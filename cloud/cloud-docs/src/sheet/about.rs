//! What stands around a table: what the document is, its number and dates.

use jiff::civil::Date;
use rust_decimal::Decimal;

use super::dates::dates;
use super::grid::{Cell, Row, Value};
use super::head::Table;
use super::words::{self, Role};
use super::{numbers, parties};
use crate::document::{DocumentKind, Field, Origin, ParsedDocument};
use crate::reading::Hints;

/// What documents call themselves; the first that is found counts.
const KINDS: &[(DocumentKind, &[&str])] = &[
    (
        DocumentKind::CreditNote,
        &["кредит нота", "корректировочный счет", "credit note", "gutschrift", "avoir", "nota di credito"],
    ),
    (
        DocumentKind::DeliveryNote,
        &[
            "товарная накладная",
            "торг 12",
            "накладная",
            "delivery note",
            "packing list",
            "lieferschein",
            "bon de livraison",
            "documento di trasporto",
        ],
    ),
    (
        DocumentKind::BillOfQuantities,
        &[
            "смета",
            "сметный",
            "локальный сметный",
            "ведомость объемов",
            "estimate",
            "bill of quantities",
            "leistungsverzeichnis",
            "computo metrico",
            "devis",
        ],
    ),
    (
        DocumentKind::PriceList,
        &[
            "прайс",
            "прайс лист",
            "прейскурант",
            "price list",
            "pricelist",
            "preisliste",
            "tarif",
            "liste de prix",
            "listino",
        ],
    ),
    (
        DocumentKind::OrderConfirmation,
        &[
            "подтверждение заказа",
            "order confirmation",
            "auftragsbestätigung",
            "confirmation de commande",
            "conferma ordine",
        ],
    ),
    (
        DocumentKind::Invoice,
        &[
            "счет фактура",
            "универсальный передаточный документ",
            "счет",
            "счет на оплату",
            "invoice",
            "rechnung",
            "facture",
            "fattura",
        ],
    ),
    (
        DocumentKind::Order,
        &["заказ", "заявка", "purchase order", "order", "bestellung", "bon de commande", "ordine"],
    ),
];
/// Marks in front of a number.
const NUMBER_MARKS: [&str; 10] = ["№", "n°", "nº", "nr.", "nr", "no.", "no", "number", "номер", "#"];

/// What else has a number: forms, contracts, annexes, decrees.
const OTHERS: [&str; 8] =
    ["форм", "договор", "контракт", "приложени", "постановлени", "contract", "vertrag", "contrat"];

/// Reads rows above or below a table; what is known already stays.
pub(super) fn read<'a>(rows: impl Iterator<Item = &'a Row>, document: &mut ParsedDocument, hints: &Hints) {
    let rows: Vec<&Row> = rows.take(200).collect();
    for (index, row) in rows.iter().enumerate() {
        let text = row.cells.iter().map(Cell::shown).collect::<Vec<_>>().join(" ");
        title(&text, document);
        labelled(row, document);
        if let Some(below) = rows.get(index + 1) {
            under_heading(row, below, document);
        }
        validity(&text, document);
        parties::read(row, document, hints);
        if document.currency.is_none() {
            let says = [
                "валюта",
                "currency",
                "währung",
                "devise",
                "valuta",
                "цены",
                "prices",
                "preise",
                "prix",
                "prezzi",
            ];
            let plain = words::plain(&text);
            let named = says
                .iter()
                .any(|word| words::stands_in(&plain, word))
                .then(|| numbers::currency(&text))
                .flatten();
            document.currency = named.map(|code| printed(code.to_owned(), 0.9));
        }
    }
}

fn printed<T>(value: T, confidence: f32) -> Field<T> {
    Field { value, confidence, origin: Origin::Printed, place: None }
}

/// `Счёт № 12 от 5 марта 2026 г.`: kind, number and date in one text.
fn title(text: &str, document: &mut ParsedDocument) {
    let plain = words::plain(text);
    if plain.chars().count() > 200 {
        return;
    }
    let named = KINDS.iter().find(|(_, words)| words.iter().any(|word| words::stands_in(&plain, word)));
    let Some((kind, _)) = named else { return };
    let is_first = document.kind.is_none();
    if is_first {
        document.kind = Some(printed(*kind, 0.9));
    }
    if document.kind.as_ref().is_some_and(|known| known.value == *kind) {
        let number = number_in(text);
        if document.number.is_none() {
            document.number = number.map(|number| printed(number, 0.85));
        }
        if document.issued.is_none() && (is_first || document.number.is_some()) {
            let dates = dates(text);
            document.issued = dates.first().filter(|_| dates.len() == 1).map(|date| printed(*date, 0.85));
        }
    } else if matches!(kind, DocumentKind::Order) && document.order_number.is_none() {
        document.order_number = number_in(text).map(|number| printed(number, 0.8));
    }
}

/// The word behind a mark of numbers, when it has a digit in it.
fn number_in(text: &str) -> Option<String> {
    let words: Vec<&str> = text.split_whitespace().collect();
    for (index, word) in words.iter().enumerate() {
        let of_another =
            index > 0 && OTHERS.iter().any(|other| words::plain(words[index - 1]).starts_with(other));
        if of_another {
            continue;
        }
        let lower = word.to_lowercase();
        let bare = lower.trim_end_matches(':');
        let glued =
            ["№", "#", "n°"].iter().find_map(|mark| lower.starts_with(mark).then(|| &word[mark.len()..]));
        let candidate = match glued {
            Some(rest) if !rest.is_empty() => Some(rest),
            _ if NUMBER_MARKS.contains(&bare) => words.get(index + 1).copied(),
            _ => None,
        };
        if let Some(candidate) =
            candidate.map(|word| word.trim_matches([',', ';', ':', '"', '«', '»'])).filter(|c| is_number(c))
        {
            return Some(candidate.to_owned());
        }
    }
    None
}

fn is_number(word: &str) -> bool {
    word.chars().count() <= 40 && word.chars().any(|c| c.is_ascii_digit()) && dates(word).is_empty()
}

/// `Invoice number: | 12` and `Дата: | 01.02.2026`, in one cell or two.
fn labelled(row: &Row, document: &mut ParsedDocument) {
    for (index, cell) in row.cells.iter().enumerate() {
        let Some(text) = cell.as_text() else { continue };
        let (label, inside) = text.split_once(':').unwrap_or((text, ""));
        let label = words::plain(label);
        let value = if inside.trim().is_empty() {
            row.cells.get(index + 1).map(Cell::shown)
        } else {
            Some(inside.trim().to_owned())
        };
        let (Some(value), true) = (value, label.chars().count() <= 40) else { continue };
        set(&label, &value, row.cells.get(index + 1), document);
    }
}

/// Forms have headings in one row and what they mean in the next.
fn under_heading(row: &Row, below: &Row, document: &mut ParsedDocument) {
    for cell in &row.cells {
        let (Some(label), Some(value)) = (cell.as_text(), below.at(cell.column)) else { continue };
        let label = words::plain(label);
        let is_heading = [
            "номер документа",
            "дата составления",
            "invoice number",
            "invoice date",
            "order number",
            "order date",
            "belegnummer",
            "datum",
        ];
        if is_heading.contains(&label.as_str()) {
            set(&label, &value.shown(), Some(value), document);
        }
    }
}

fn set(label: &str, value: &str, cell: Option<&Cell>, document: &mut ParsedDocument) {
    let begins = |words: &[&str]| words.iter().any(|word| label.starts_with(word));
    let date: Option<Field<Date>> = match cell.map(|cell| &cell.value) {
        Some(Value::Date(date)) => Some(printed(*date, 0.9)),
        _ => dates(value).first().map(|date| printed(*date, 0.9)),
    };
    let number = || is_number(value).then(|| printed(value.to_owned(), 0.9));
    let keep = |place: &mut Option<Field<String>>, found: Option<Field<String>>| {
        if place.is_none() {
            *place = found;
        }
    };
    if begins(&[
        "invoice date",
        "дата составления",
        "дата документа",
        "date",
        "дата",
        "rechnungsdatum",
        "datum",
        "belegdatum",
        "data",
    ]) {
        document.issued = document.issued.take().or(date);
    } else if begins(&["due date", "срок оплаты", "оплатить до", "fällig", "échéance", "scadenza"])
    {
        document.due = document.due.take().or(date);
    } else if begins(&["delivery date", "дата поставки", "дата отгрузки", "lieferdatum", "date de livraison"])
    {
        document.delivered = document.delivered.take().or(date);
    } else if begins(&[
        "order number",
        "order no",
        "номер заказа",
        "заказ",
        "po number",
        "bestellnummer",
        "votre commande",
        "numero ordine",
    ]) {
        keep(&mut document.order_number, number());
    } else if begins(&[
        "invoice number",
        "invoice no",
        "invoice #",
        "номер документа",
        "номер счета",
        "rechnungsnummer",
        "rechnung nr",
        "belegnummer",
        "numéro",
        "numero",
        "document number",
        "delivery note no",
        "lieferscheinnummer",
    ]) {
        keep(&mut document.number, number());
    }
}

/// `действует с .. по ..`, `gültig ab ..`, `valid until ..`.
fn validity(text: &str, document: &mut ParsedDocument) {
    let plain = words::plain(text);
    let says = |list: &[&str]| list.iter().any(|word| words::stands_in(&plain, word));
    if !says(&[
        "действ",
        "valid",
        "gültig",
        "valable",
        "valid",
        "период",
        "цены с",
        "prices from",
        "effective",
        "in vigore",
        "applicable",
        "stand",
    ]) {
        return;
    }
    let found = dates(text);
    let only_until = says(&["до", "until", "bis", "jusqu", "fino", "through"])
        && !says(&["с", "from", "ab", "du", "dal", "vom"]);
    match (found.as_slice(), only_until) {
        ([until], true) => document.valid_to = Some(printed(*until, 0.9)),
        ([from], false) => document.valid_from = Some(printed(*from, 0.9)),
        ([from, until, ..], _) => {
            document.valid_from = Some(printed(*from, 0.9));
            document.valid_to = Some(printed(*until, 0.9));
        }
        ([], _) => {}
    }
}

/// What is only clear once the whole sheet is read.
pub(super) fn settle(document: &mut ParsedDocument, table: &Table, hints: &Hints) {
    if document.currency.is_none() {
        let named = table.currency.map(str::to_owned).map(|code| printed(code, 0.9));
        let hinted = hints.currency.clone().map(|code| Field {
            value: code,
            confidence: 0.4,
            origin: Origin::Computed,
            place: None,
        });
        document.currency = named.or(hinted);
    }
    let has = |role: Role| table.columns.contains_key(&role);
    if document.kind.is_none() {
        let kind = if has(Role::Quantity) { DocumentKind::Order } else { DocumentKind::PriceList };
        document.kind = Some(printed(kind, 0.5));
    }
    if has(Role::Amount) && !has(Role::Net) && !has(Role::Gross) {
        amounts_with_tax(document, has(Role::PriceGross));
    }
    let is_price_list = document.kind.as_ref().is_some_and(|kind| kind.value == DocumentKind::PriceList);
    if is_price_list && document.valid_from.is_none() {
        document.valid_from.clone_from(&document.issued);
    }
}

/// A sum whose heading does not say so has tax in it when the price has, or when the total does.
fn amounts_with_tax(document: &mut ParsedDocument, is_gross_price: bool) {
    let total = |field: &Option<Field<Decimal>>| field.as_ref().map(|field| field.value);
    let lines: Decimal = document.lines.iter().filter_map(|line| total(&line.net_amount)).sum();
    let (sum, tax, gross) =
        (total(&document.totals.lines), total(&document.totals.tax), total(&document.totals.gross));
    let payable = total(&document.totals.payable).or(gross);
    let near = |a: Decimal, b: Decimal| (a - b).abs() <= Decimal::ONE;
    // The whole is the sum of the lines although there is tax: it lies in them.
    let holds_tax =
        tax.is_some_and(|tax| tax > Decimal::ZERO) && payable.or(sum).is_some_and(|whole| near(whole, lines));
    if !is_gross_price && !holds_tax {
        return;
    }
    for line in &mut document.lines {
        line.gross_amount = line.net_amount.take();
        if !is_gross_price {
            line.unit_price_gross = line.unit_price.take();
        }
    }
    if document.totals.gross.is_none() {
        document.totals.gross = document.totals.lines.take();
    }
}
