//! Numbers as people type them into cells.

use std::str::FromStr as _;

use rust_decimal::Decimal;

/// Currencies by how they are written, in lower case; longer ones first where one begins another.
const CURRENCIES: [(&str, &str); 30] = [
    ("₽", "RUB"),
    ("руб", "RUB"),
    ("rub", "RUB"),
    ("р.", "RUB"),
    ("€", "EUR"),
    ("eur", "EUR"),
    ("евро", "EUR"),
    ("us$", "USD"),
    ("$", "USD"),
    ("usd", "USD"),
    ("долл", "USD"),
    ("£", "GBP"),
    ("gbp", "GBP"),
    ("chf", "CHF"),
    ("sfr", "CHF"),
    ("₸", "KZT"),
    ("kzt", "KZT"),
    ("тенге", "KZT"),
    ("тг", "KZT"),
    ("byn", "BYN"),
    ("бел. руб", "BYN"),
    ("₴", "UAH"),
    ("uah", "UAH"),
    ("грн", "UAH"),
    ("pln", "PLN"),
    ("zł", "PLN"),
    ("cny", "CNY"),
    ("¥", "CNY"),
    ("юан", "CNY"),
    ("czk", "CZK"),
];

/// Which mark stands before the fraction.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Mark {
    Comma,
    Dot,
}

/// The currency that a text names.
pub(super) fn currency(text: &str) -> Option<&'static str> {
    let text = text.to_lowercase();
    let named = |word: &str| {
        text.match_indices(word).any(|(at, _)| {
            // Signs stand anywhere, words begin where a word does.
            !word.starts_with(char::is_alphabetic)
                || !text[..at].chars().next_back().is_some_and(char::is_alphabetic)
        })
    };
    // Belarus's rouble is named by two words, the second of which is Russia's.
    let longest =
        CURRENCIES.iter().filter(|(word, _)| named(word)).max_by_key(|(word, _)| word.chars().count());
    longest.map(|(_, code)| *code)
}

/// A number with its currency or percent sign around it. `mark` says how fractions are written where the number itself does not.
pub(super) fn number(text: &str, mark: Option<Mark>) -> Option<Decimal> {
    let core: String =
        without_words(text)?.chars().filter(|c| !c.is_whitespace() && !"'’_".contains(*c)).collect();
    let (is_negative, digits) = sign(&core);
    if !digits.starts_with(|c: char| c.is_ascii_digit()) && !digits.starts_with(['.', ',']) {
        return None;
    }
    if !digits.bytes().all(|b| b.is_ascii_digit() || b == b',' || b == b'.') || digits.len() > 28 {
        return None;
    }
    let plain = match own_mark(digits).or(mark) {
        Some(Mark::Comma) => digits.replace('.', "").replacen(',', ".", 1),
        Some(Mark::Dot) => digits.replace(',', ""),
        None => digits.replace(',', "."),
    };
    let number = Decimal::from_str(&plain).ok()?;
    Some(if is_negative { -number } else { number })
}

/// A number that a program computed: its last digits are noise.
pub(super) fn computed(number: f64) -> Option<Decimal> {
    let exact = Decimal::from_str(&format!("{number}")).ok()?;
    exact.round_sf(15).map(|rounded| rounded.normalize())
}

/// How a text that is certain about it writes fractions.
pub(super) fn own_mark(digits: &str) -> Option<Mark> {
    let (comma, dot) = (digits.rfind(','), digits.rfind('.'));
    match (comma, dot) {
        (Some(comma), Some(dot)) if comma > dot => Some(Mark::Comma),
        (Some(_), Some(_)) => Some(Mark::Dot),
        (Some(at), None) => alone(digits, at, ',', Mark::Comma, Mark::Dot),
        (None, Some(at)) => alone(digits, at, '.', Mark::Dot, Mark::Comma),
        (None, None) => None,
    }
}

/// One kind of mark: repeated it groups thousands; before other than three digits it stands before the fraction.
fn alone(digits: &str, last: usize, mark: char, fraction: Mark, other: Mark) -> Option<Mark> {
    if digits.matches(mark).count() > 1 {
        return Some(other);
    }
    (digits.len() - last - 1 != 3 || digits.starts_with('0')).then_some(fraction)
}

fn sign(core: &str) -> (bool, &str) {
    if let Some(inside) = core.strip_prefix('(').and_then(|rest| rest.strip_suffix(')')) {
        return (true, inside);
    }
    match core.strip_prefix(['-', '−', '–']).or_else(|| core.strip_suffix('-')) {
        Some(rest) => (true, rest),
        None => (false, core.strip_prefix('+').unwrap_or(core)),
    }
}

/// The text without the currency, unit or percent sign around its number; nothing when more than that is around.
fn without_words(text: &str) -> Option<&str> {
    let is_part = |c: char| c.is_ascii_digit() || "-−–+().,".contains(c);
    let text = text.trim();
    let start = text.find(|c: char| c.is_ascii_digit())?;
    let start = text[..start]
        .rfind(|c: char| !is_part(c))
        .map_or(0, |at| at + text[at..].chars().next().map_or(0, char::len_utf8));
    let end = text.rfind(|c: char| c.is_ascii_digit())? + 1;
    let end = end + text[end..].find(|c: char| !"-)".contains(c)).unwrap_or(text.len() - end);
    let around = [&text[..start], &text[end..]];
    let is_known = |word: &str| {
        let word = word.trim().trim_end_matches(['.', ',', '-', '=']).trim();
        word.is_empty() || word == "%" || currency(word).is_some() || crate::units::by_name(word).is_some()
    };
    around.into_iter().all(is_known).then(|| text[start..end].trim())
}

#[cfg(test)]
mod tests {
    use super::{Mark, currency, number};

    #[test]
    fn numbers_are_read_however_they_are_written() {
        for (text, mark, expected) in [
            ("1 234,56", None, "1234.56"),
            ("1.234,56 €", None, "1234.56"),
            ("1,234.56", None, "1234.56"),
            ("$1,234,567", None, "1234567"),
            ("1.234", None, "1.234"),
            ("1.234", Some(Mark::Comma), "1234"),
            ("1,234", Some(Mark::Dot), "1234"),
            ("0,125 кг", None, "0.125"),
            ("12'500.00", None, "12500.00"),
            ("1\u{a0}200 руб.", None, "1200"),
            ("-5,00", None, "-5.00"),
            ("(12.5)", None, "-12.5"),
            ("20%", None, "20"),
            (".5", None, "0.5"),
            ("89,-", None, "89"),
        ] {
            let read = number(text, mark).map(|n| n.to_string());
            assert_eq!(read.as_deref(), Some(expected), "{text}");
        }
        for text in ["", "по запросу", "12 x 0,5", "1.2.3,4,5", "A12", "12-13", "договорная"]
        {
            assert_eq!(number(text, None), None, "{text}");
        }
    }

    #[test]
    fn currencies_are_known_by_sign_and_word() {
        for (text, expected) in [
            ("Цена, руб. с НДС", Some("RUB")),
            ("Preis in €", Some("EUR")),
            ("Price (USD)", Some("USD")),
            ("бел. руб.", Some("BYN")),
            ("amount", None),
        ] {
            assert_eq!(currency(text), expected, "{text}");
        }
    }
}
