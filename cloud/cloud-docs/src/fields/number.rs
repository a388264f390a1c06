//! Numbers as people print them, and which sign parts the decimals in one document.

use rust_decimal::Decimal;

use crate::layout::{Cell, Sheet};
use crate::page::Area;

/// Which sign stands before the decimals.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Notation {
    /// `1.234,56`, `1 234,56`
    Comma,
    /// `1,234.56`, `1'234.56`, `1,23,456.00`
    Point,
}

/// A number on a page.
#[derive(Debug, Clone, PartialEq)]
pub(super) struct Amount {
    /// What it says.
    pub(super) value: Decimal,
    /// How many decimals are printed.
    pub(super) decimals: u32,
    /// The words of its cell that say it: first and one after the last.
    pub(super) words: (usize, usize),
    /// Where it stands.
    pub(super) area: Area,
    /// The currency printed at it.
    pub(super) currency: Option<&'static str>,
    /// A percent sign follows.
    pub(super) is_percent: bool,
    /// Letters that are glued to it: `12Stk`, `2,5kg`, `3x`.
    pub(super) suffix: String,
    /// How surely its words were read.
    pub(super) confidence: f32,
}

impl Notation {
    /// What most numbers of the pages say.
    pub(super) fn of(sheet: &Sheet) -> Self {
        let mut balance = 0.0_f32;
        let words = sheet.rows.iter().flat_map(|row| &row.cells).flat_map(|cell| &cell.words);
        for word in words {
            if let Some(core) = core(&word.text) {
                balance += vote(core.digits);
            }
        }
        if balance < 0.0 { Self::Comma } else { Self::Point }
    }
}

/// Above zero for a point before the decimals, below for a comma.
fn vote(digits: &str) -> f32 {
    let points = digits.matches('.').count();
    let commas = digits.matches(',').count();
    let after = |sign: char| digits.rsplit(sign).next().map_or(0, |tail| tail.chars().count());
    match (points, commas) {
        (0, 0) => 0.0,
        (1.., 1..) if digits.rfind('.') > digits.rfind(',') => 3.0,
        (1.., 1..) => -3.0,
        (1, 0) if after('.') == 3 => -0.2,
        (1, 0) => 1.0,
        (0, 1) if after(',') == 3 => 0.2,
        (0, 1) => -1.0,
        // More than one of a kind parts thousands, or a date.
        (_, 0) if after('.') == 3 => -1.0,
        (0, _) if after(',') == 3 => 1.0,
        _ => 0.0,
    }
}

/// What is around the digits of a word.
#[derive(Debug)]
struct Core<'a> {
    before: &'a str,
    digits: &'a str,
    after: &'a str,
    is_negative: bool,
}

/// Parts a word into what stands before its digits, them, and what stands after; nothing where it is no number.
fn core(word: &str) -> Option<Core<'_>> {
    let start = word.find(|letter: char| letter.is_ascii_digit())?;
    // `.50` is half of one.
    let start =
        if word[..start].ends_with(['.', ',']) && word[..start].len() == 1 { start - 1 } else { start };
    let is_part = |letter: char| letter.is_ascii_digit() || matches!(letter, '.' | ',' | '\'' | '’' | '´');
    let length: usize = word[start..].chars().take_while(|letter| is_part(*letter)).map(char::len_utf8).sum();
    let (before, rest) = word.split_at(start);
    let (digits, after) = rest.split_at(length);
    let kept = digits.trim_end_matches(['.', ',', '\'', '’']);
    // `9,-` says nine, and `19.` ends a sentence.
    let after = if after.starts_with(['-', '–', '—']) && kept.len() < digits.len() {
        after.trim_start_matches(['-', '–', '—'])
    } else {
        after
    };
    if after.contains(|letter: char| letter.is_ascii_digit()) {
        return None;
    }
    let is_minus = |letter: char| matches!(letter, '-' | '−' | '–' | '—');
    let in_brackets = before.contains('(') && after.starts_with(')');
    let is_negative = before.contains(is_minus) || after.starts_with(is_minus) || in_brackets;
    let around =
        |letter: char| is_minus(letter) || matches!(letter, '(' | ')' | '+' | '*' | ':' | ';' | '=' | '/');
    let before = before.trim_matches(around);
    let after = after.trim_matches(around);
    let is_glued_text = before.chars().any(char::is_alphanumeric) && currency(before).is_none();
    (!is_glued_text && !kept.is_empty()).then_some(Core { before, digits: kept, after, is_negative })
}

/// What digits with signs between them say, and how many decimals they have.
pub(super) fn parse(digits: &str, notation: Notation) -> Option<(Decimal, u32)> {
    let digits: String = digits
        .chars()
        .filter(|letter| !letter.is_whitespace() && !matches!(letter, '\'' | '’' | '´'))
        .collect();
    let points = digits.matches('.').count();
    let commas = digits.matches(',').count();
    let decimal = match (points, commas) {
        (0, 0) => None,
        (1.., 1..) => Some(if digits.rfind('.') > digits.rfind(',') { '.' } else { ',' }),
        (1, 0) => single(&digits, '.', notation == Notation::Point),
        (0, 1) => single(&digits, ',', notation == Notation::Comma),
        _ => None,
    };
    let (whole, part) = match decimal {
        Some(sign) => digits.rsplit_once(sign)?,
        None => (digits.as_str(), ""),
    };
    if part.contains(['.', ',']) || !is_grouped(whole) {
        return None;
    }
    let whole: String = whole.chars().filter(char::is_ascii_digit).collect();
    if whole.len() + part.len() > 20 || (whole.is_empty() && part.is_empty()) {
        return None;
    }
    let whole = if whole.is_empty() { "0" } else { &whole };
    let text = if part.is_empty() { whole.to_owned() } else { format!("{whole}.{part}") };
    Some((Decimal::from_str_exact(&text).ok()?, part.len() as u32))
}

/// Whether the one sign of a number stands before its decimals.
fn single(digits: &str, sign: char, is_usual: bool) -> Option<char> {
    let (whole, part) = digits.split_once(sign)?;
    let is_thousands = part.len() == 3 && (1..=3).contains(&whole.len()) && whole != "0" && !is_usual;
    (!is_thousands).then_some(sign)
}

/// Whether signs between digits part thousands: `1.234.567`, and `1,23,456` as in India.
fn is_grouped(whole: &str) -> bool {
    let groups: Vec<&str> = whole.split(['.', ',']).collect();
    let Some((last, others)) = groups.split_last() else { return false };
    let Some((first, between)) = others.split_first() else { return true };
    last.len() == 3
        && (1..=3).contains(&first.len())
        && (between.iter().all(|group| group.len() == 3)
            || (first.len() <= 2 && between.iter().all(|group| group.len() == 2)))
}

/// The numbers of a cell, from left to right. Words that are something else stay out: `RE-2014`, `12:30`, `1/4`.
pub(super) fn amounts(cell: &Cell, notation: Notation) -> Vec<Amount> {
    let mut found = Vec::new();
    let mut at = 0;
    while at < cell.words.len() {
        match amount_at(cell, at, notation) {
            Some(amount) => {
                at = amount.words.1;
                found.push(amount);
            }
            None => at += 1,
        }
    }
    found
}

fn amount_at(cell: &Cell, first: usize, notation: Notation) -> Option<Amount> {
    let words = &cell.words;
    let core = core(&words[first].text)?;
    let mut digits = core.digits.to_owned();
    let mut after = core.after.to_owned();
    let mut is_negative = core.is_negative;
    let mut end = first + 1;
    while let Some(next) = words.get(end).filter(|_| after.is_empty() && continues(&digits)) {
        let last = &words[end - 1];
        let is_close = next.area.x0 - last.area.x1 < 0.45 * last.size.max(next.size);
        match next_group(&next.text) {
            Some((group, tail, minus)) if is_close => {
                digits.push_str(group);
                after = tail.to_owned();
                is_negative |= minus;
                end += 1;
            }
            _ => break,
        }
    }
    let (value, decimals) = parse(&digits, notation)?;
    let mut begin = first;
    let mut found = currency(core.before).or_else(|| currency(&after));
    if found.is_none() && begin > 0 && currency(&words[begin - 1].text).is_some() {
        begin -= 1;
        found = currency(&words[begin].text);
    }
    let mut is_percent = after.starts_with('%');
    if let Some(next) = words.get(end).filter(|_| after.is_empty()) {
        if next.text.starts_with('%') && !next.text.contains(|letter: char| letter.is_ascii_digit()) {
            is_percent = true;
            end += 1;
        } else if matches!(next.text.as_str(), "-" | "−") && decimals > 0 && words.len() == end + 1 {
            is_negative = true;
            end += 1;
        } else if found.is_none() && currency(&next.text).is_some() {
            found = currency(&next.text);
            end += 1;
        }
    }
    if begin > 0 && matches!(words[begin - 1].text.as_str(), "-" | "−" | "–") && begin == 1 {
        begin = 0;
        is_negative = true;
    }
    let area = words[begin..end].iter().map(|word| word.area).reduce(Area::around)?;
    let suffix = if is_percent || currency(&after).is_some() { String::new() } else { after };
    let confidence = words[begin..end].iter().map(|word| word.confidence).fold(1.0, f32::min);
    let value = if is_negative { -value } else { value };
    Some(Amount {
        value,
        decimals,
        words: (begin, end),
        area,
        currency: found,
        is_percent,
        suffix,
        confidence,
    })
}

/// Whether a group of three digits may follow after a blank.
fn continues(digits: &str) -> bool {
    let last = digits.rsplit([' ', '.', ',']).next().unwrap_or(digits);
    digits.chars().all(|letter| letter.is_ascii_digit())
        && (1..=3).contains(&last.len())
        && !digits.starts_with('0')
        || digits.len() > 3
            && digits.len() % 3 < 3
            && digits.chars().all(|letter| letter.is_ascii_digit())
            && digits.len() < 13
}

/// `234,56` and `234` after `1 `: three digits, then decimals and what is glued to them.
fn next_group(text: &str) -> Option<(&str, &str, bool)> {
    let digits = text.chars().take_while(char::is_ascii_digit).count();
    if digits != 3 {
        return None;
    }
    let rest = &text[3..];
    let length = if rest.starts_with(['.', ',']) {
        1 + rest[1..].chars().take_while(char::is_ascii_digit).count()
    } else {
        0
    };
    let (decimals, tail) = rest.split_at(length);
    if tail.contains(|letter: char| letter.is_ascii_digit()) {
        return None;
    }
    let group = if decimals.len() > 1 { &text[..3 + length] } else { &text[..3] };
    let is_minus = tail.starts_with(['-', '−']);
    Some((group, tail.trim_start_matches(['-', '−', '.', ',']), is_minus))
}

/// The currency that a word says, as its ISO 4217 code.
pub(super) fn currency(word: &str) -> Option<&'static str> {
    let word =
        word.trim_matches(|letter: char| matches!(letter, '(' | ')' | ':' | '[' | ']' | ',' | '/' | '-'));
    let found = CURRENCIES.iter().find(|(printed, _)| printed.eq_ignore_ascii_case(word) || *printed == word);
    if let Some((_, code)) = found {
        return Some(code);
    }
    let bare = word.trim_end_matches('.').to_lowercase();
    CURRENCIES.iter().find(|(printed, _)| printed.to_lowercase() == bare).map(|(_, code)| *code)
}

/// How currencies are printed. Signs that several countries share stand for the one that prints them most in trade papers.
const CURRENCIES: &[(&str, &str)] = &[
    ("€", "EUR"),
    ("EUR", "EUR"),
    ("Euro", "EUR"),
    ("Euros", "EUR"),
    ("евро", "EUR"),
    ("$", "USD"),
    ("US$", "USD"),
    ("USD", "USD"),
    ("£", "GBP"),
    ("GBP", "GBP"),
    ("₹", "INR"),
    ("Rs", "INR"),
    ("Rs.", "INR"),
    ("INR", "INR"),
    ("₽", "RUB"),
    ("руб", "RUB"),
    ("руб.", "RUB"),
    ("р", "RUB"),
    ("р.", "RUB"),
    ("рублей", "RUB"),
    ("RUB", "RUB"),
    ("RUR", "RUB"),
    ("zł", "PLN"),
    ("PLN", "PLN"),
    ("Kč", "CZK"),
    ("CZK", "CZK"),
    ("Ft", "HUF"),
    ("HUF", "HUF"),
    ("CHF", "CHF"),
    ("Fr.", "CHF"),
    ("SFr.", "CHF"),
    ("SEK", "SEK"),
    ("NOK", "NOK"),
    ("DKK", "DKK"),
    ("kr", "SEK"),
    ("¥", "JPY"),
    ("JPY", "JPY"),
    ("CNY", "CNY"),
    ("RMB", "CNY"),
    ("AUD", "AUD"),
    ("A$", "AUD"),
    ("CAD", "CAD"),
    ("C$", "CAD"),
    ("NZD", "NZD"),
    ("HKD", "HKD"),
    ("SGD", "SGD"),
    ("ZAR", "ZAR"),
    ("BRL", "BRL"),
    ("R$", "BRL"),
    ("MXN", "MXN"),
    ("TRY", "TRY"),
    ("₺", "TRY"),
    ("UAH", "UAH"),
    ("грн", "UAH"),
    ("₴", "UAH"),
    ("BYN", "BYN"),
    ("KZT", "KZT"),
    ("₸", "KZT"),
    ("RON", "RON"),
    ("lei", "RON"),
    ("BGN", "BGN"),
    ("лв", "BGN"),
    ("ILS", "ILS"),
    ("₪", "ILS"),
    ("AED", "AED"),
    ("SAR", "SAR"),
];

#[cfg(test)]
mod tests {
    use super::*;
    use crate::layout::plain;

    #[test]
    fn reads_numbers_in_every_notation() {
        for (digits, notation, expected) in [
            ("1.234,56", Notation::Comma, "1234.56"),
            ("1 234,56", Notation::Comma, "1234.56"),
            ("1'234.56", Notation::Point, "1234.56"),
            ("1,234.56", Notation::Comma, "1234.56"),
            ("1,23,456.00", Notation::Point, "123456.00"),
            ("1.234", Notation::Comma, "1234"),
            ("1.234", Notation::Point, "1.234"),
            ("0,500", Notation::Point, "0.500"),
            ("19.00", Notation::Comma, "19.00"),
            ("50,0000", Notation::Comma, "50.0000"),
        ] {
            let read = parse(digits, notation).map(|(value, _)| value.to_string());
            assert_eq!(read.as_deref(), Some(expected), "{digits}");
        }
        for digits in ["12.05.2024", "1.23.4", "1,2,3"] {
            assert_eq!(parse(digits, Notation::Point), None, "{digits}");
        }
    }

    #[test]
    fn finds_amounts_with_their_currency_sign_and_unit() {
        for (line, expected) in [
            ("€399,00", vec![("399.00", Some("EUR"), "")]),
            ("1 939,00 р.", vec![("1939.00", Some("RUB"), "")]),
            ("Rs 1939", vec![("1939", Some("INR"), "")]),
            ("12,50-", vec![("-12.50", None, "")]),
            ("(12,50)", vec![("-12.50", None, "")]),
            ("12Stk", vec![("12", None, "Stk")]),
            ("RE-20140519/499", vec![]),
            ("€ -9,32", vec![("-9.32", Some("EUR"), "")]),
            ("9,- EUR", vec![("9", Some("EUR"), "")]),
        ] {
            let sheet = Sheet::of(&plain::pages(line, 1));
            let found = amounts(&sheet.rows[0].cells[0], Notation::Comma);
            let found: Vec<(String, Option<&str>, &str)> =
                found.iter().map(|it| (it.value.to_string(), it.currency, it.suffix.as_str())).collect();
            let found: Vec<(&str, Option<&str>, &str)> =
                found.iter().map(|(value, currency, suffix)| (value.as_str(), *currency, *suffix)).collect();
            assert_eq!(found, expected, "{line}");
        }
    }

    #[test]
    fn most_numbers_decide_which_sign_parts_decimals() {
        let sheet = |text: &str| Sheet::of(&plain::pages(text, 1));
        assert_eq!(Notation::of(&sheet("1.234  12,50  3,99")), Notation::Comma);
        assert_eq!(Notation::of(&sheet("1,234  12.50  03.05.2024")), Notation::Point);
    }
}
