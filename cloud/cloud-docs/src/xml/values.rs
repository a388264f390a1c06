//! Elements become fields: texts, amounts, dates and what the schemas share.

use jiff::civil::Date;
use rust_decimal::Decimal;

use crate::document::{Adjustment, Field, Line, ParsedDocument, Warning};
use crate::notes::{self, Note};
use crate::reading::Limits;
use crate::xml::tree::Node;

/// Schemes that stand for a GTIN: its code of ISO/IEC 6523, that of the GLN which many write instead, and names of older files.
const GTIN_SCHEMES: [&str; 6] = ["0160", "0088", "GTIN", "EAN", "GTIN-13", "EAN13"];
/// Schemes that stand for a GLN.
const GLN_SCHEMES: [&str; 3] = ["0088", "GLN", "ILN"];

/// Reads values and notes those that say something else than they should.
#[derive(Debug, Default)]
pub(super) struct Values {
    pub(super) warnings: Vec<Warning>,
    /// The line in hand, from 0.
    pub(super) line: Option<u32>,
}

impl Values {
    /// The number on the first of these paths that has a text.
    pub(super) fn amount(&mut self, node: &Node, paths: &[&str]) -> Option<Field<Decimal>> {
        let (path, text) = first(node, paths)?;
        self.number(path, &text)
    }

    /// A number as it is written; what is none is noted.
    pub(super) fn number(&mut self, name: &str, text: &str) -> Option<Field<Decimal>> {
        let number = decimal(text);
        if number.is_none() {
            self.unreadable(name, text, "number");
        }
        number.map(Field::structured)
    }

    /// The date on the first of these paths that has a text.
    pub(super) fn date(&mut self, node: &Node, paths: &[&str]) -> Option<Field<Date>> {
        let (path, text) = first(node, paths)?;
        self.day(path, &text)
    }

    /// The date in the first of these elements that has one, in UN/CEFACT's wrappings or without.
    pub(super) fn moment(&mut self, node: &Node, paths: &[&str]) -> Option<Field<Date>> {
        let moment = paths.iter().find_map(|path| {
            let element = node.at(path)?;
            let (_, text) = first(element, &["DateTimeString", "DateTime", "DateString"])
                .or_else(|| element.words().map(|text| (*path, text)))?;
            Some((*path, text))
        });
        let (path, text) = moment?;
        self.day(path, &text)
    }

    /// A date as it is written; what is none is noted.
    pub(super) fn day(&mut self, name: &str, text: &str) -> Option<Field<Date>> {
        let date = date(text);
        if date.is_none() {
            self.unreadable(name, text, "date");
        }
        date.map(Field::structured)
    }

    fn unreadable(&mut self, name: &str, text: &str, wanted: &str) {
        let shown: String = text.chars().take(40).collect();
        self.warn(notes::value_unreadable(name, shown, wanted));
    }

    /// Notes something about the line in hand, or about the document.
    pub(super) fn warn(&mut self, note: Note) {
        self.warnings.push(Warning::of(note, self.line));
    }

    /// A line's quantity with its unit.
    pub(super) fn quantity(&mut self, node: &Node, line: &mut Line) {
        line.quantity = node.words().and_then(|text| self.number(&node.name, &text));
        self.unit(attribute(node, "unitCode"), line);
    }

    /// A line's unit by its code.
    pub(super) fn unit(&mut self, unit: Option<Field<String>>, line: &mut Line) {
        line.unit_code = unit.as_ref().and_then(unit_code);
        line.unit = unit;
    }

    /// Maps the lines of a document, as many as are allowed.
    pub(super) fn lines<'a>(
        &mut self,
        nodes: impl Iterator<Item = &'a Node>,
        limits: &Limits,
        mut line: impl FnMut(&mut Self, &'a Node) -> Option<Line>,
    ) -> Vec<Line> {
        let allowed = limits.lines as usize;
        let mut lines = Vec::new();
        for node in nodes {
            if lines.len() == allowed {
                self.line = None;
                self.warn(notes::lines_cut(allowed));
                break;
            }
            self.line = u32::try_from(lines.len()).ok();
            lines.extend(line(self, node));
        }
        self.line = None;
        lines
    }

    /// Gives what was noted to the document.
    pub(super) fn into(self, mut document: ParsedDocument) -> ParsedDocument {
        document.warnings.extend(self.warnings);
        document
    }
}

/// The first of these paths that has a text, and the text.
pub(super) fn first<'a>(node: &Node, paths: &[&'a str]) -> Option<(&'a str, String)> {
    paths.iter().find_map(|path| node.text_at(path).map(|text| (*path, text)))
}

/// The text on the first of these paths that has one.
pub(super) fn text(node: &Node, paths: &[&str]) -> Option<Field<String>> {
    first(node, paths).map(|(_, text)| Field::structured(text))
}

/// The text of an attribute.
pub(super) fn attribute(node: &Node, name: &str) -> Option<Field<String>> {
    node.attribute(name).map(Field::structured)
}

/// The same without blanks: numbers of tax offices and accounts are printed with them.
pub(super) fn without_blanks(field: Field<String>) -> Field<String> {
    let value = field.value.split_whitespace().collect();
    field.with(value)
}

/// Parts of an address in one line; nothing where all are missing.
pub(super) fn joined(parts: &[Option<String>]) -> Option<Field<String>> {
    let line = parts.iter().flatten().map(String::as_str).collect::<Vec<_>>().join(", ");
    (!line.is_empty()).then(|| Field::structured(line))
}

/// Postal code and town as one part of an address.
pub(super) fn place(code: Option<String>, town: Option<String>) -> Option<String> {
    match (code, town) {
        (Some(code), Some(town)) => Some(format!("{code} {town}")),
        (code, town) => code.or(town),
    }
}

/// An item's number, if it is a GTIN by its scheme, or by its digits where it has none.
pub(super) fn gtin(id: &Node) -> Option<Field<String>> {
    let number = id.words()?;
    let is_gtin = match id.attribute("schemeID") {
        Some(scheme) => GTIN_SCHEMES.contains(&scheme.to_ascii_uppercase().as_str()),
        None => domain::gtin::Gtin::parse(&number).is_ok(),
    };
    is_gtin.then(|| without_blanks(Field::structured(number)))
}

/// A party's number, if it is a GLN by its scheme.
pub(super) fn gln(id: &Node) -> Option<Field<String>> {
    let scheme = id.attribute("schemeID")?.to_ascii_uppercase();
    let number = id.words().filter(|_| GLN_SCHEMES.contains(&scheme.as_str()))?;
    Some(without_blanks(Field::structured(number)))
}

/// A unit's code as structured files have it; nothing for words.
fn unit_code(unit: &Field<String>) -> Option<String> {
    let code = &unit.value;
    let is_code =
        (2..=3).contains(&code.len()) && code.bytes().all(|b| b.is_ascii_uppercase() || b.is_ascii_digit());
    is_code.then(|| code.clone())
}

/// A discount or surcharge whose amount may have any sign: a negative discount is a surcharge.
pub(super) fn adjustment(is_charge: bool, amount: Field<Decimal>) -> Adjustment {
    let is_turned = amount.value.is_sign_negative() && !amount.value.is_zero();
    let value = amount.value.abs();
    Adjustment { is_charge: is_charge != is_turned, amount: amount.with(value), percent: None, reason: None }
}

/// A number as XML has it; a comma for the point is forgiven where it can be nothing else.
fn decimal(text: &str) -> Option<Decimal> {
    let text: String = text.split_whitespace().collect();
    let text = if text.contains('.') { text } else { text.replacen(',', ".", 1) };
    let is_plain = text.bytes().all(|b| b.is_ascii_digit() || matches!(b, b'.' | b'-' | b'+'));
    if is_plain { text.parse().ok() } else { Decimal::from_scientific(&text).ok() }
}

/// A date as `2026-11-22` (a time zone behind it is cut off), `20261122` or `22.11.2026`.
fn date(text: &str) -> Option<Date> {
    let bytes = text.as_bytes();
    match bytes {
        [_, _, b'.', _, _, b'.', ..] if bytes.len() == 10 => {
            let (day, month) = (text.get(0..2)?.parse().ok()?, text.get(3..5)?.parse().ok()?);
            Date::new(text.get(6..10)?.parse().ok()?, month, day).ok()
        }
        [_, _, _, _, b'-', ..] => text.get(0..10)?.parse().ok(),
        _ if bytes.len() >= 8 && bytes.iter().all(u8::is_ascii_digit) => {
            let (month, day) = (text.get(4..6)?.parse().ok()?, text.get(6..8)?.parse().ok()?);
            Date::new(text.get(0..4)?.parse().ok()?, month, day).ok()
        }
        _ => None,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn reads_numbers_as_written() {
        let cases = [
            ("1.50", "1.50"),
            ("-0.005", "-0.005"),
            (" 12 345.6 ", "12345.6"),
            ("3,25", "3.25"),
            ("1E2", "100"),
            ("+7", "7"),
        ];
        for (text, expected) in cases {
            assert_eq!(decimal(text).unwrap().to_string(), expected, "{text}");
        }
        for text in ["", "NaN", "1.2.3", "1,234,5", "twelve", "1e999"] {
            assert_eq!(decimal(text), None, "{text}");
        }
    }

    #[test]
    fn reads_dates_of_all_schemas() {
        for text in ["2026-11-22", "2026-11-22Z", "2026-11-22+01:00", "20261122", "22.11.2026"] {
            assert_eq!(date(text).unwrap().to_string(), "2026-11-22", "{text}");
        }
        for text in ["", "2026-13-01", "32.01.2026", "2026", "é026-11-2", "яя.яя.2026"] {
            assert_eq!(date(text), None, "{text}");
        }
    }
}
