//! How a supplier writes numbers and days, as far as a corrected document shows it.

use jiff::civil::Date;
use rust_decimal::Decimal;
use serde::{Deserialize, Serialize};

use super::rows::Rows;
use crate::document::ParsedDocument;
use crate::evaluate::printed::MONTHS;

/// How currencies stand beside amounts, besides their codes.
const CURRENCIES: [&str; 13] = ["€", "$", "£", "₽", "₹", "zł", "kr", "руб", "р", "rs", "us$", "fr", "%"];

/// What a day that is written in numbers begins with.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub(super) enum Order {
    Day,
    Month,
    Year,
}

/// The signs of a supplier's numbers and the order of its days.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
pub(super) struct Notation {
    /// Between whole and part; nothing where the document shows no part.
    pub(super) decimal: Option<char>,
    pub(super) order: Order,
}

impl Notation {
    /// Sees how the values of a corrected document are printed.
    pub(super) fn learn(rows: &Rows<'_>, corrected: &ParsedDocument) -> Self {
        let totals = &corrected.totals;
        let fields = [&totals.lines, &totals.net, &totals.tax, &totals.gross, &totals.payable];
        let lines =
            corrected.lines.iter().flat_map(|line| [&line.net_amount, &line.unit_price, &line.quantity]);
        let mut votes = [(',', 0), ('.', 0)];
        let amounts = fields.into_iter().chain(lines).flatten().map(|field| field.value);
        for amount in amounts.filter(|amount| !amount.fract().is_zero()) {
            for (sign, votes) in &mut votes {
                *votes += rows.places(|text| number(text, Some(*sign)) == Some(amount.normalize())).len();
            }
        }
        let decimal = votes
            .iter()
            .max_by_key(|(_, votes)| *votes)
            .filter(|(_, votes)| *votes > 0)
            .map(|(sign, _)| *sign);
        let known: Vec<Date> = [&corrected.issued, &corrected.due, &corrected.delivered]
            .into_iter()
            .flatten()
            .map(|day| day.value)
            .collect();
        let is_told = |order: Order| {
            // 03.03.2024 tells nothing.
            let mut telling = known.iter().filter(|day| i32::from(day.day()) != i32::from(day.month()));
            telling.any(|known| !rows.places(|text| day(text, order) == Some(*known)).is_empty())
        };
        let orders = [Order::Day, Order::Month, Order::Year];
        let order = orders.into_iter().find(|order| is_told(*order)).unwrap_or(Order::Day);
        Self { decimal, order }
    }

    /// A text as a number; nothing where it is none in this notation.
    pub(super) fn number(self, text: &str) -> Option<Decimal> {
        number(text, self.decimal)
    }

    /// A text as a day.
    pub(super) fn day(self, text: &str) -> Option<Date> {
        day(text, self.order)
    }
}

/// A number, perhaps with a currency before or after it; negative with a minus on either side or in brackets.
fn number(text: &str, decimal: Option<char>) -> Option<Decimal> {
    let text = text.trim();
    let is_plain =
        |letter: char| letter.is_ascii_digit() || "., '’+-−()%".contains(letter) || letter.is_whitespace();
    let is_edge = |letter: char| letter.is_ascii_digit() || "+-−()".contains(letter);
    let money = text.trim_matches(|letter: char| !is_edge(letter));
    let around = text.split(money);
    if money.is_empty()
        || !around.map(str::trim).all(is_currency)
        || !money.chars().all(is_plain)
        || !money.contains(|letter: char| letter.is_ascii_digit())
    {
        return None;
    }
    let bare = money.trim_matches(|letter: char| !letter.is_ascii_digit());
    let negative = (money.starts_with('(') && money.ends_with(')'))
        || money.starts_with(['-', '−'])
        || money.ends_with(['-', '−']);
    let decimal = decimal.unwrap_or_else(|| likely_decimal(bare));
    let at = bare.rfind(decimal).unwrap_or(bare.len());
    let (whole, part) = (&bare[..at], bare.get(at + 1..).unwrap_or_default());
    let groups = |letter: char| "., '’".contains(letter) || letter.is_whitespace();
    if !part.chars().all(|letter| letter.is_ascii_digit())
        || whole.contains(decimal)
        || !is_grouped(whole, groups)
    {
        return None;
    }
    let digits: String = whole.chars().filter(char::is_ascii_digit).collect();
    let number: Decimal = format!("{digits}.{part}0").parse().ok()?;
    Some(if negative { -number } else { number }.normalize())
}

/// True for what may stand beside an amount: nothing, a sign, a code, or a short word for a currency.
fn is_currency(text: &str) -> bool {
    let is_code = text.len() == 3 && text.chars().all(|letter| letter.is_ascii_uppercase());
    text.is_empty() || is_code || CURRENCIES.contains(&text.to_lowercase().trim_end_matches('.'))
}

/// The sign before one or two last digits, where no document has shown which it is.
fn likely_decimal(bare: &str) -> char {
    let sign = bare.char_indices().rfind(|(_, letter)| !letter.is_ascii_digit());
    sign.filter(|(at, letter)| ".,".contains(*letter) && bare.len() - at <= 3)
        .map_or('\0', |(_, letter)| letter)
}

/// True when signs in the whole part stand before groups: 1 234, 1.234.567, 12,34,567.
fn is_grouped(whole: &str, is_sign: impl Fn(char) -> bool) -> bool {
    let mut parts = whole.split(is_sign);
    let first = parts.next().unwrap_or_default();
    let rest: Vec<&str> = parts.collect();
    let is_digits = |part: &str| part.chars().all(|letter| letter.is_ascii_digit());
    let is_last = |index: usize| index + 1 == rest.len();
    is_digits(first)
        && (rest.is_empty() || (1..=3).contains(&first.len()))
        && rest
            .iter()
            .enumerate()
            .all(|(index, part)| is_digits(part) && (part.len() == 3 || (part.len() == 2 && !is_last(index))))
}

/// A day written with numbers or with the month's name.
fn day(text: &str, order: Order) -> Option<Date> {
    let lower = text.to_lowercase();
    let is_word = |part: &&str| !part.is_empty();
    let parts: Vec<&str> = lower.split(|letter: char| !letter.is_alphanumeric()).filter(is_word).collect();
    let named = parts.iter().find_map(|part| {
        let month = MONTHS.iter().position(|stems| stems.iter().any(|stem| part.starts_with(stem)))?;
        i8::try_from(month + 1).ok()
    });
    let numbers: Vec<i16> = parts.iter().filter_map(|part| numeric(part)).collect();
    let words = parts.len() - numbers.len();
    let (year, month, date) = match (named, numbers.as_slice()) {
        // Besides the month there may be `of`, `г`, `de`, `the`.
        (Some(month), [first, second]) if words <= 3 => {
            if *first > 31 {
                (*first, month, *second)
            } else {
                (*second, month, *first)
            }
        }
        (None, [first, second, third]) if words == 0 => match order {
            _ if *first > 31 => (*first, i8::try_from(*second).ok()?, *third),
            Order::Day => (*third, i8::try_from(*second).ok()?, *first),
            Order::Month => (*third, i8::try_from(*first).ok()?, *second),
            Order::Year => (*first, i8::try_from(*second).ok()?, *third),
        },
        _ => return None,
    };
    let year = if year < 100 { 2_000 + year } else { year };
    Date::new(year, month, i8::try_from(date).ok()?).ok().filter(|day| (1990..2100).contains(&day.year()))
}

/// The number of a part such as `29`, `2014`, `3rd`.
fn numeric(part: &str) -> Option<i16> {
    let digits = part.trim_end_matches(|letter: char| letter.is_alphabetic());
    let rest = &part[digits.len()..];
    (digits.len() <= 4 && ["", "st", "nd", "rd", "th", "er", "г"].contains(&rest))
        .then(|| digits.parse().ok())?
}

#[cfg(test)]
mod tests {
    use jiff::civil::date;

    use super::*;

    #[test]
    fn numbers_are_read_in_their_notation_only() {
        let comma = |text| number(text, Some(',')).map(|number| number.to_string());
        for (text, expected) in [
            ("1.234,50", Some("1234.5")),
            ("1 234 567,89", Some("1234567.89")),
            ("€ 12,00", Some("12")),
            ("12,00 EUR", Some("12")),
            ("-3,10", Some("-3.1")),
            ("3,10-", Some("-3.1")),
            ("(3,10)", Some("-3.1")),
            ("24", Some("24")),
            ("12 руб.", Some("12")),
            ("juice 7", None),
            ("1.23", None),
            ("12.07.2024", None),
            ("Posten", None),
        ] {
            assert_eq!(comma(text).as_deref(), expected, "{text}");
        }
        assert_eq!(number("$2,257.54", Some('.')), "2257.54".parse().ok());
        assert_eq!(number("12,34,567.00", Some('.')), "1234567".parse().ok());
    }

    #[test]
    fn days_are_read_in_their_order() {
        for (text, order, expected) in [
            ("29.03.2014", Order::Day, Some(date(2014, 3, 29))),
            ("03/04/2014", Order::Month, Some(date(2014, 3, 4))),
            ("03/04/14", Order::Day, Some(date(2014, 4, 3))),
            ("2014-03-29", Order::Day, Some(date(2014, 3, 29))),
            ("29 maart 2014", Order::Month, Some(date(2014, 3, 29))),
            ("Nov 21 2012", Order::Day, Some(date(2012, 11, 21))),
            ("12 июля 2024 г.", Order::Day, Some(date(2024, 7, 12))),
            ("31.02.2024", Order::Day, None),
            ("12,50", Order::Day, None),
        ] {
            assert_eq!(day(text, order), expected, "{text}");
        }
    }
}
