//! Dates as people print them.

use jiff::civil::Date;

use super::anchor::fold;
use crate::layout::{Cell, Sheet};
use crate::page::Area;

/// Which number comes first where a date is `4/5/2024`.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Order {
    /// The day, as in most of the world.
    DayFirst,
    /// The month, as in the United States.
    MonthFirst,
}

/// A date on a page.
#[derive(Debug, Clone, PartialEq)]
pub(super) struct Dated {
    /// What it says.
    pub(super) value: Date,
    /// The words of its cell that say it: first and one after the last.
    pub(super) words: (usize, usize),
    /// Where it stands.
    pub(super) area: Area,
    /// How surely its words were read.
    pub(super) confidence: f32,
}

/// Months as they are called in en, de, fr, nl, es, it, pl and ru, folded; three letters and more of one say it.
const MONTHS: [&[&str]; 12] = [
    &[
        "january",
        "januar",
        "janner",
        "janvier",
        "januari",
        "enero",
        "gennaio",
        "stycznia",
        "styczen",
        "января",
        "январь",
    ],
    &[
        "february",
        "februar",
        "fevrier",
        "februari",
        "febrero",
        "febbraio",
        "lutego",
        "luty",
        "февраля",
        "февраль",
    ],
    &["march", "marz", "maerz", "mars", "maart", "mrt", "marzo", "marca", "marzec", "марта", "март"],
    &["april", "avril", "abril", "aprile", "kwietnia", "kwiecien", "апреля", "апрель"],
    &["may", "mai", "mei", "mayo", "maggio", "maja", "мая", "май"],
    &["june", "juni", "juin", "junio", "giugno", "czerwca", "czerwiec", "июня", "июнь"],
    &["july", "juli", "juillet", "julio", "luglio", "lipca", "lipiec", "июля", "июль"],
    &["august", "aout", "augustus", "agosto", "sierpnia", "sierpien", "августа", "август"],
    &["september", "septembre", "septiembre", "settembre", "wrzesnia", "wrzesien", "сентября", "сентябрь"],
    &[
        "october",
        "oktober",
        "octobre",
        "octubre",
        "ottobre",
        "pazdziernika",
        "pazdziernik",
        "октября",
        "октябрь",
    ],
    &["november", "novembre", "noviembre", "listopada", "listopad", "ноября", "ноябрь"],
    &[
        "december",
        "dezember",
        "decembre",
        "diciembre",
        "dicembre",
        "grudnia",
        "grudzien",
        "декабря",
        "декабрь",
    ],
];

impl Order {
    /// What the dates of the pages tell: one with a second number above twelve decides; else dollars with slashes do.
    pub(super) fn of(sheet: &Sheet) -> Self {
        let (mut balance, mut dollars) = (0, false);
        for word in sheet.rows.iter().flat_map(|row| &row.cells).flat_map(|cell| &cell.words) {
            dollars |= word.text.starts_with('$') || word.text == "USD";
            let parts = pieces(&word.text);
            let [Piece::Number(first, _), Piece::Number(second, _), Piece::Number(_, 4)] = parts[..] else {
                continue;
            };
            if word.text.contains('.') || first > 31 {
                continue;
            }
            balance += i32::from(first > 12) - i32::from(second > 12);
        }
        if balance < 0 || (balance == 0 && dollars) { Self::MonthFirst } else { Self::DayFirst }
    }
}

#[derive(Debug, Clone, Copy, PartialEq)]
enum Piece {
    /// A number and how many digits it has.
    Number(u32, usize),
    Month(u32),
    /// `de`, `of`, `г`
    Filler,
    Other,
}

fn pieces(text: &str) -> Vec<Piece> {
    let mut found = Vec::new();
    let mut rest = text;
    while let Some(start) = rest.find(char::is_alphanumeric) {
        rest = &rest[start..];
        let is_digit = rest.starts_with(|letter: char| letter.is_ascii_digit());
        let end = rest
            .find(|letter: char| !letter.is_alphanumeric() || letter.is_ascii_digit() != is_digit)
            .unwrap_or(rest.len());
        let (piece, tail) = rest.split_at(end);
        rest = tail;
        found.push(match piece.parse() {
            Ok(number) if is_digit && end <= 8 => Piece::Number(number, end),
            _ => named(piece),
        });
    }
    found
}

fn named(piece: &str) -> Piece {
    let folded = fold(piece);
    if ["de", "del", "of", "st", "nd", "rd", "th", "г", "года", "the", "r", "den", "er"]
        .contains(&folded.as_str())
    {
        return Piece::Filler;
    }
    let is_month = |names: &&[&str]| {
        names.iter().any(|name| *name == folded || (folded.chars().count() >= 3 && name.starts_with(&folded)))
    };
    MONTHS.iter().position(is_month).map_or(Piece::Other, |index| Piece::Month(index as u32 + 1))
}

/// The dates of a cell, from left to right.
pub(super) fn dates(cell: &Cell, order: Order) -> Vec<Dated> {
    let mut found = Vec::new();
    let mut at = 0;
    while at < cell.words.len() {
        let read = (at + 1..=cell.words.len().min(at + 6)).find_map(|end| date_at(cell, at, end, order));
        match read {
            Some(dated) => {
                at = dated.words.1;
                found.push(dated);
            }
            None => at += 1,
        }
    }
    found
}

fn date_at(cell: &Cell, from: usize, to: usize, order: Order) -> Option<Dated> {
    let words = &cell.words[from..to];
    if !words[0].text.contains(char::is_alphanumeric) {
        return None;
    }
    let text = words.iter().map(|word| word.text.as_str()).collect::<Vec<_>>().join(" ");
    let value = parse(&text, order)?;
    let area = words.iter().map(|word| word.area).reduce(Area::around)?;
    let confidence = words.iter().map(|word| word.confidence).fold(1.0, f32::min);
    Some(Dated { value, words: (from, to), area, confidence })
}

/// The date that a text says and nothing else but a time of day after it.
pub(super) fn parse(text: &str, order: Order) -> Option<Date> {
    let mut parts = pieces(text);
    let is_single = !text.trim().contains(' ');
    // `2024-05-03T10:20:00Z`
    if is_single && parts.len() > 3 && text.contains('T') {
        parts.truncate(3);
    }
    parts.retain(|piece| *piece != Piece::Filler);
    let (year, month, day) = match parts[..] {
        [Piece::Number(year, 4), Piece::Number(month, 1 | 2), Piece::Number(day, 1 | 2)] => {
            (year, month, day)
        }
        [Piece::Number(a, 1 | 2), Piece::Number(b, 1 | 2), Piece::Number(year, digits @ (2 | 4))] => {
            let is_day_first = order == Order::DayFirst || text.contains('.') || a > 12;
            let (day, month) = if is_day_first && b <= 12 { (a, b) } else { (b, a) };
            if digits == 2 && (!is_single || !text.contains(['.', '/', '-'])) {
                return None;
            }
            (full(year, digits), month, day)
        }
        [Piece::Number(day, 1 | 2), Piece::Month(month), Piece::Number(year, digits @ (2 | 4))]
        | [Piece::Month(month), Piece::Number(day, 1 | 2), Piece::Number(year, digits @ (2 | 4))] => {
            if digits == 2 && !is_single {
                return None;
            }
            (full(year, digits), month, day)
        }
        [Piece::Number(packed, 8)] if text.len() == 8 => (packed / 10_000, packed / 100 % 100, packed % 100),
        _ => return None,
    };
    let is_plausible = (1990..=2079).contains(&year);
    let date =
        Date::new(i16::try_from(year).ok()?, i8::try_from(month).ok()?, i8::try_from(day).ok()?).ok()?;
    is_plausible.then_some(date)
}

fn full(year: u32, digits: usize) -> u32 {
    if digits == 2 { 2000 + year } else { year }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn reads_dates_in_words_and_orders() {
        for (text, expected) in [
            ("29 maart 2014", "2014-03-29"),
            ("12 июля 2024 г.", "2024-07-12"),
            ("7. Mai 2014", "2014-05-07"),
            ("August 3 , 2014", "2014-08-03"),
            ("Nov 15 2012", "2012-11-15"),
            ("02 Juillet 2015", "2015-07-02"),
            ("3 de mayo de 2021", "2021-05-03"),
            ("05-Mar-2024", "2024-03-05"),
            ("2024-05-03T10:20:00Z", "2024-05-03"),
            ("03.04.2024", "2024-04-03"),
            ("8-9-2022", "2022-09-08"),
            ("1st of June 2020", "2020-06-01"),
            ("31 stycznia 2021", "2021-01-31"),
        ] {
            assert_eq!(
                parse(text, Order::DayFirst).map(|it| it.to_string()).as_deref(),
                Some(expected),
                "{text}"
            );
        }
        assert_eq!(
            parse("03/20/2023", Order::DayFirst).map(|it| it.to_string()).as_deref(),
            Some("2023-03-20")
        );
        assert_eq!(
            parse("03/04/2023", Order::MonthFirst).map(|it| it.to_string()).as_deref(),
            Some("2023-03-04")
        );
        for text in ["12.05", "1.234,56", "99.99.2020", "4011 12 2014", "INV 12 3 24"] {
            assert_eq!(parse(text, Order::DayFirst), None, "{text}");
        }
    }
}
