//! What a page prints, in whatever notation: whether a value can be read of it at all.

use std::collections::BTreeSet;

use jiff::civil::Date;
use rust_decimal::Decimal;

use super::header::Value;
use crate::document::DocumentKind;
use crate::page::{Page, Word};

/// The stems of month names, January first, of the languages that are read.
pub(crate) const MONTHS: [&[&str]; 12] = [
    &["jan", "gen", "ene", "янв", "sty"],
    &["feb", "fév", "fev", "фев", "lut"],
    &["mar", "mär", "maa", "mrt", "мар"],
    &["apr", "avr", "abr", "апр", "kwi"],
    &["may", "mai", "mei", "mag", "мая", "май", "maj"],
    &["jun", "juin", "giu", "июн", "cze"],
    &["jul", "juil", "lug", "июл", "lip"],
    &["aug", "aoû", "aou", "ago", "авг", "sie"],
    &["sep", "set", "сен", "wrz"],
    &["oct", "okt", "ott", "окт", "paź"],
    &["nov", "ноя", "lis"],
    &["dec", "dez", "déc", "dic", "дек", "gru"],
];

/// How a kind of document is called.
const KINDS: [(DocumentKind, &[&str]); 7] = [
    (
        DocumentKind::Invoice,
        &[
            "invoice", "rechnung", "facture", "factuur", "fattura", "factura", "faktura", "счет", "счёт",
            "упд", "bill",
        ],
    ),
    (
        DocumentKind::CreditNote,
        &[
            "credit",
            "gutschrift",
            "korrektur",
            "storno",
            "avoir",
            "creditnota",
            "nota di credito",
            "корректир",
            "korekt",
        ],
    ),
    (
        DocumentKind::DeliveryNote,
        &["delivery", "lieferschein", "livraison", "pakbon", "trasporto", "albar", "накладная"],
    ),
    (
        DocumentKind::Order,
        &["order", "bestellung", "commande", "bestelling", "ordine", "pedido", "заказ", "zamówien"],
    ),
    (
        DocumentKind::OrderConfirmation,
        &["confirmation", "bestätigung", "bevestiging", "conferma", "подтверждение"],
    ),
    (DocumentKind::PriceList, &["price", "preisliste", "tarif", "prijslijst", "listino", "прайс", "cennik"]),
    (DocumentKind::BillOfQuantities, &["quantities", "leistungsverzeichnis", "смета", "ведомость"]),
];

/// How currencies are written besides their codes.
const CURRENCIES: [(&str, &[&str]); 7] = [
    ("EUR", &["€", "euro"]),
    ("USD", &["$", "dollar"]),
    ("GBP", &["£", "pound"]),
    ("RUB", &["₽", "руб"]),
    ("PLN", &["zł", "złoty"]),
    ("INR", &["₹", "rs.", "rs ", "rupee"]),
    ("CHF", &["fr.", "sfr", "franken"]),
];

/// How many words a number may be spread over: `1 234 567,89`.
const NUMBER_WORDS_MAX: usize = 4;

/// What some pages print.
#[derive(Debug, Clone, Default)]
pub struct Printed {
    lines: Vec<String>,
    squashed: String,
    words: BTreeSet<String>,
    amounts: BTreeSet<Decimal>,
}

impl Printed {
    /// Gathers what pages print.
    pub fn of(pages: &[Page]) -> Self {
        let mut printed = Self::default();
        for page in pages {
            for line in rows(&page.words) {
                printed.add_line(&line);
            }
        }
        printed
    }

    fn add_line(&mut self, words: &[&str]) {
        let line = words.join(" ").to_lowercase();
        self.squashed.push_str(&squash(&line));
        self.words.extend(words.iter().map(|word| squash(word)).filter(|word| !word.is_empty()));
        for from in 0..words.len() {
            for to in from + 1..=words.len().min(from + NUMBER_WORDS_MAX) {
                if to > from + 1 && !continues_number(words[to - 1]) {
                    break;
                }
                self.amounts.extend(numbers(&words[from..to].concat()));
            }
        }
        self.lines.push(line);
    }

    /// True when the value stands there in one of its notations.
    pub fn has(&self, value: &Value) -> bool {
        match value {
            Value::Name(name) => self.has_text(name),
            Value::Number(number) => self.has_number(number),
            Value::Day(day) => self.has_day(*day),
            Value::Amount(amount) => self.has_amount(*amount),
            Value::Currency(code) => self.has_currency(code),
            Value::Kind(kind) => {
                KINDS.iter().any(|(known, names)| known == kind && names.iter().any(|name| self.says(name)))
            }
        }
    }

    /// True when the text stands there, wrapped or not.
    pub fn has_text(&self, text: &str) -> bool {
        let wanted = squash(text);
        if wanted.is_empty() {
            return false;
        }
        let mut words = text.split_whitespace().map(squash).filter(|word| !word.is_empty());
        self.squashed.contains(&wanted) || words.all(|word| self.words.contains(&word))
    }

    /// True when the number stands there, whatever its sign and its separators.
    pub fn has_amount(&self, amount: Decimal) -> bool {
        self.amounts.contains(&amount.abs().normalize())
    }

    fn has_number(&self, number: &str) -> bool {
        let wanted = squash(number);
        !wanted.is_empty() && self.squashed.contains(&wanted)
    }

    fn has_day(&self, day: Date) -> bool {
        let (year, month, date) = (day.year(), day.month(), day.day());
        let short = year.rem_euclid(100);
        let mut ways = vec![format!("{year}-{month:02}-{date:02}"), format!("{year}{month:02}{date:02}")];
        for sign in [".", "/", "-"] {
            for (first, second) in [(date, month), (month, date)] {
                for year in [format!("{year}"), format!("{short:02}")] {
                    ways.push(format!("{first:02}{sign}{second:02}{sign}{year}"));
                    ways.push(format!("{first}{sign}{second}{sign}{year}"));
                }
            }
            ways.push(format!("{year}{sign}{month:02}{sign}{date:02}"));
        }
        self.lines.iter().any(|line| ways.iter().any(|way| line.contains(way)) || says_day(line, day))
    }

    fn has_currency(&self, code: &str) -> bool {
        let names = CURRENCIES.iter().find(|(known, _)| *known == code).map_or(&[][..], |(_, names)| names);
        self.says(&code.to_lowercase()) || names.iter().any(|name| self.says(name))
    }

    fn says(&self, lower: &str) -> bool {
        self.lines.iter().any(|line| line.contains(lower))
    }
}

/// Words in rows from the top, each from the left.
fn rows(words: &[Word]) -> Vec<Vec<&str>> {
    let mut sorted: Vec<&Word> = words.iter().collect();
    let middle = |word: &Word| (word.area.y0 + word.area.y1) / 2.0;
    sorted.sort_by(|a, b| middle(a).total_cmp(&middle(b)));
    let mut rows: Vec<Vec<&Word>> = Vec::new();
    for word in sorted {
        let height = (word.area.y1 - word.area.y0).max(1.0);
        match rows.last_mut() {
            Some(row) if row.last().is_some_and(|last| middle(word) - middle(last) < height * 0.4) => {
                row.push(word);
            }
            _ => rows.push(vec![word]),
        }
    }
    for row in &mut rows {
        row.sort_by(|a, b| a.area.x0.total_cmp(&b.area.x0));
    }
    rows.into_iter().map(|row| row.into_iter().map(|word| word.text.as_str()).collect()).collect()
}

/// Letters and digits alone, in lower case.
pub fn squash(text: &str) -> String {
    text.chars().filter(|letter| letter.is_alphanumeric()).flat_map(char::to_lowercase).collect()
}

/// True for what may follow a group sign that is a blank: `234,56`.
fn continues_number(word: &str) -> bool {
    word.chars().take_while(char::is_ascii_digit).count() == 3
}

/// What a text may mean as a number: its last sign is the decimal one, or none is.
fn numbers(text: &str) -> Vec<Decimal> {
    let trimmed = text.trim_matches(|letter: char| !letter.is_ascii_digit());
    if trimmed.is_empty() || trimmed.len() > 24 || trimmed.chars().any(char::is_alphabetic) {
        return Vec::new();
    }
    let digits = |part: &str| part.chars().filter(char::is_ascii_digit).collect::<String>();
    let mut ways = vec![digits(trimmed)];
    if let Some(at) = trimmed.rfind(['.', ',']) {
        ways.push(format!("{}.{}", digits(&trimmed[..at]), digits(&trimmed[at..])));
    }
    ways.iter().filter_map(|way| way.parse::<Decimal>().ok()).map(|number| number.normalize()).collect()
}

/// True for a line that writes the day with the month's name.
fn says_day(line: &str, day: Date) -> bool {
    let Some(stems) = usize::try_from(day.month() - 1).ok().and_then(|index| MONTHS.get(index)) else {
        return false;
    };
    let mut numbers = line.split(|letter: char| !letter.is_ascii_digit()).filter(|part| !part.is_empty());
    let wanted = [i32::from(day.day()), i32::from(day.year()), i32::from(day.year().rem_euclid(100))];
    let mut said = [false; 3];
    for number in numbers.by_ref().filter_map(|part| part.parse::<i32>().ok()) {
        wanted.iter().zip(&mut said).for_each(|(wanted, said)| *said |= *wanted == number);
    }
    let mut words = line.split(|letter: char| !letter.is_alphabetic());
    said[0] && (said[1] || said[2]) && words.any(|word| stems.iter().any(|stem| word.starts_with(stem)))
}

#[cfg(test)]
mod tests {
    use jiff::civil::date;

    use super::*;
    use crate::page::Area;

    fn page(lines: &[&str]) -> Page {
        let mut words = Vec::new();
        for (row, line) in lines.iter().enumerate() {
            for (column, text) in line.split(' ').enumerate() {
                let (x0, y0) = (column as f32 * 50.0, row as f32 * 20.0);
                let area = Area { x0, y0, x1: x0 + 40.0, y1: y0 + 10.0 };
                words.push(Word { text: text.to_owned(), area, size: 10.0, is_bold: false, confidence: 1.0 });
            }
        }
        Page { number: 1, width: 595.0, height: 842.0, words, rules: Vec::new(), is_recognised: false }
    }

    #[test]
    fn values_are_found_in_any_notation() {
        let printed = Printed::of(&[page(&[
            "Rechnung Nr. RE-2024/17",
            "Summe: 1 234,50 €",
            "am 3. März 2024",
            "Muster GmbH",
        ])]);
        for value in [
            Value::Number("RE 2024-17".into()),
            Value::Amount("1234.5".parse().unwrap()),
            Value::Amount("-1234.50".parse().unwrap()),
            Value::Day(date(2024, 3, 3)),
            Value::Currency("EUR".into()),
            Value::Name("GmbH Muster".into()),
            Value::Kind(DocumentKind::Invoice),
        ] {
            assert!(printed.has(&value), "{value:?}");
        }
    }

    #[test]
    fn what_is_not_there_is_not_found() {
        let printed = Printed::of(&[page(&["Rechnung 17", "Summe: 1.234,50", "3. Mai 2024"])]);
        for value in [
            Value::Number("18".into()),
            Value::Amount("234.51".parse().unwrap()),
            Value::Day(date(2024, 3, 3)),
            Value::Currency("USD".into()),
            Value::Name("Muster GmbH".into()),
            Value::Kind(DocumentKind::Order),
        ] {
            assert!(!printed.has(&value), "{value:?}");
        }
    }
}
