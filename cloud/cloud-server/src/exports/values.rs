//! How values stand in each kind of file.

use anyhow::Context as _;
use cloud_store::{Cell, ExportColumn, ExportKind};
use domain::money::{Currency, Money};
use jiff::Timestamp;
use jiff::civil::Date;

/// A file that is written row by row.
pub(super) trait TableFile {
    /// Adds a row.
    fn row(&mut self, row: &[Cell]) -> anyhow::Result<()>;
    /// Writes what is left, and makes sure that it is on the disk.
    fn finish(self: Box<Self>) -> anyhow::Result<()>;
}

/// How columns are called.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Naming {
    /// For people: amounts are decimal.
    Plain,
    /// For software: amounts are whole minor units, and say so.
    Exact,
}

/// A column's name.
pub(super) fn title(column: &ExportColumn, naming: Naming) -> String {
    match (column.kind, naming) {
        (ExportKind::Money, Naming::Exact) => format!("{}_minor", column.name),
        _ => column.name.to_owned(),
    }
}

/// Where a row's currency stands.
pub(super) fn currency_column(columns: &[ExportColumn]) -> Option<usize> {
    columns.iter().position(|column| column.name == "currency")
}

/// An amount as a decimal number.
pub(super) fn decimal(minor: i64, row: &[Cell], currency: Option<usize>) -> anyhow::Result<String> {
    let Some(Cell::Text(code)) = currency.and_then(|index| row.get(index)) else {
        anyhow::bail!("an amount stands beside no currency");
    };
    let currency = Currency::new(code)?;
    let text = Money { minor, currency }.to_string();
    Ok(text.split(' ').next().unwrap_or_default().to_owned())
}

/// Thousandths as a decimal number.
pub(super) fn thousandths(number: i64) -> String {
    let (sign, digits) = (if number < 0 { "-" } else { "" }, number.unsigned_abs());
    format!("{sign}{}.{:03}", digits / 1_000, digits % 1_000)
}

/// A moment after RFC 3339.
pub(super) fn moment(ms: i64) -> anyhow::Result<String> {
    Ok(Timestamp::from_millisecond(ms).with_context(|| format!("{ms} ms is no moment"))?.to_string())
}

/// A day as `2026-01-31`.
pub(super) fn day(number: i64) -> anyhow::Result<String> {
    Ok(date(number)?.to_string())
}

/// Days since 1970-01-01.
pub(super) fn epoch_day(number: i64) -> anyhow::Result<i64> {
    let since = date(number)? - Date::constant(1970, 1, 1);
    Ok(i64::from(since.get_days()))
}

/// What a spreadsheet may take for a formula is marked as a text: a cell that begins with one of these is one (CWE-1236).
pub(super) fn harmless(text: &str) -> std::borrow::Cow<'_, str> {
    match text.chars().next() {
        Some('=' | '+' | '-' | '@' | '\t' | '\r') => format!("'{text}").into(),
        _ => text.into(),
    }
}

fn date(number: i64) -> anyhow::Result<Date> {
    let part = |value: i64| i8::try_from(value);
    let year = i16::try_from(number / 10_000)?;
    let date = Date::new(year, part(number / 100 % 100)?, part(number % 100)?);
    date.with_context(|| format!("{number} is no day"))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn amounts_are_exact_in_every_currency() {
        for (minor, code, expected) in [
            (348, "EUR", "3.48"),
            (-5, "EUR", "-0.05"),
            (129, "JPY", "129"),
            (i64::MAX, "EUR", "92233720368547758.07"),
        ] {
            assert_eq!(decimal(minor, &[Cell::Text(code.to_owned())], Some(0)).unwrap(), expected);
        }
        assert!(decimal(1, &[Cell::Nothing], Some(0)).is_err());
    }

    #[test]
    fn thousandths_have_three_digits() {
        let all = [0, 7, -7, 1_000, 12_345, -12_345].map(thousandths);
        assert_eq!(all, ["0.000", "0.007", "-0.007", "1.000", "12.345", "-12.345"]);
    }

    #[test]
    fn days_and_formulas() {
        assert_eq!(epoch_day(19_700_102).unwrap(), 1);
        assert_eq!(epoch_day(20_260_131).unwrap(), 20_484);
        assert!(day(20_260_231).is_err());
        for text in ["=1+1", "+7", "-7", "@x", "\t=1", "\r=1"] {
            assert_eq!(harmless(text), format!("'{text}"));
        }
        assert_eq!(harmless("a=1"), "a=1");
    }
}
