//! A file of daily sales: `unique_id,ds,y` and, where they are known, `unit_price` and `category`; and one of holidays: `ds,name`.

use std::collections::{BTreeMap, BTreeSet};

use thiserror::Error;

use super::super::all::Holiday;
use super::super::calendar::Date;

/// The most lines of a file.
const LINES_MAX: usize = 20_000_000;

/// The longest series in days: a mistyped year would fill the memory with zeros.
const DAYS_MAX: i64 = 40_000;

/// One series, filled with zeros from its first day to the last day of the file.
#[derive(Debug, Clone, PartialEq)]
pub struct Series {
    /// Its name in the file.
    pub name: String,
    /// Its first day, counted from 1970-01-01.
    pub first_day: i64,
    /// What was sold each day.
    pub values: Vec<f64>,
    /// The price of each day as far as it is known: the last known one lasts. Empty where none is.
    pub prices: Vec<f64>,
    /// Its category, by the last of its lines that names one; empty where none does.
    pub category: String,
}

/// Why a file is not evaluated.
#[derive(Debug, Clone, PartialEq, Eq, Error)]
pub enum BadFile {
    /// The first line names no columns that are needed.
    #[error(
        "line 1 names no column `{0}`: the first line has to be `unique_id,ds,y` or `unique_id,ds,y,unit_price`"
    )]
    NoColumn(&'static str),
    /// The first line of a file of holidays names no columns that are needed.
    #[error("line 1 names no column `{0}`: the first line of a file of holidays has to be `ds,name`")]
    NoHolidayColumn(&'static str),
    /// More holidays than can be told apart.
    #[error("the file names more than {} holidays: give the same holiday the same name every year", u16::MAX)]
    Holidays,
    /// A line has another number of fields than the first.
    #[error(
        "line {line} has {found} fields and the first line has {expected}: put names that hold commas in quotes"
    )]
    Fields {
        /// Which line.
        line: usize,
        /// How many it has.
        found: usize,
        /// How many it should have.
        expected: usize,
    },
    /// A quoted field does not end.
    #[error("line {line} has a quote that is not closed: close it, and write quotes within a field twice")]
    Quote {
        /// Which line.
        line: usize,
    },
    /// A date is none.
    #[error("line {line}: `{text}` is no date: write it as 2026-11-23")]
    Date {
        /// Which line.
        line: usize,
        /// What it says.
        text: String,
    },
    /// An amount is none.
    #[error("line {line}: `{text}` in column `{column}` is no number of at least zero: write it as 12.5")]
    Number {
        /// Which line.
        line: usize,
        /// Of which column.
        column: &'static str,
        /// What it says.
        text: String,
    },
    /// Two lines are about the same day of the same series.
    #[error("line {line}: `{name}` has that day already: keep one line for each day of a series")]
    Twice {
        /// Which line.
        line: usize,
        /// The series.
        name: String,
    },
    /// A series is too long.
    #[error(
        "`{name}` runs over {days} days, at most {DAYS_MAX} are read: mend the year of its first day, or of the file's last"
    )]
    Long {
        /// The series.
        name: String,
        /// How long it is.
        days: i64,
    },
    /// The file is too long.
    #[error("the file has more than {LINES_MAX} lines: evaluate a part of it")]
    Lines,
    /// There is nothing in it.
    #[error("the file has no line after the first: give it one line for each day and series")]
    Empty,
}

/// Reads a file.
///
/// # Errors
/// [`BadFile`] at the first line that cannot be read.
pub fn read(text: &str) -> Result<Vec<Series>, BadFile> {
    let (first, rows) = rows(text)?;
    let columns = Columns::of(&first)?;
    let mut days: BTreeMap<String, BTreeMap<i64, (f64, Option<f64>)>> = BTreeMap::new();
    let mut categories: BTreeMap<String, String> = BTreeMap::new();
    for row in rows {
        let (line, fields) = row?;
        let day = date(line, &fields[columns.day])?;
        let sold = number(line, "y", &fields[columns.sold])?;
        let price = match columns.price.map(|at| fields[at].trim()) {
            None | Some("") => None,
            // Till systems write zero for a price that they do not know.
            Some(text) => Some(number(line, "unit_price", text)?).filter(|price| *price > 0.0),
        };
        let name = fields[columns.name].trim();
        if !days.contains_key(name) {
            days.insert(name.to_owned(), BTreeMap::new());
        }
        if let Some(category) = columns.category.map(|at| fields[at].trim()).filter(|text| !text.is_empty())
            && categories.get(name).is_none_or(|before| before != category)
        {
            categories.insert(name.to_owned(), category.to_owned());
        }
        let of_series = days.get_mut(name);
        if of_series.and_then(|days| days.insert(day, (sold, price))).is_some() {
            return Err(BadFile::Twice { line, name: name.to_owned() });
        }
    }
    fill(days, &categories)
}

/// Reads a file of holidays: what has the same name is the same holiday in another year.
///
/// # Errors
/// [`BadFile`] at the first line that cannot be read.
pub fn read_holidays(text: &str) -> Result<Vec<Holiday>, BadFile> {
    let (first, rows) = rows(text)?;
    let need = |wanted| position(&first, wanted).ok_or(BadFile::NoHolidayColumn(wanted));
    let (day, name) = (need("ds")?, need("name")?);
    let mut named = Vec::new();
    for row in rows {
        let (line, fields) = row?;
        named.push((date(line, &fields[day])?, fields[name].trim().to_owned()));
    }
    let names: BTreeSet<&str> = named.iter().map(|(_, name)| name.as_str()).collect();
    let kinds: BTreeMap<&str, usize> = names.into_iter().zip(0..).collect();
    let kinded = named.iter().map(|(day, name)| {
        let kind = u16::try_from(kinds[name.as_str()]).map_err(|_| BadFile::Holidays)?;
        Ok(Holiday { day: *day, kind })
    });
    kinded.collect()
}

/// A line's number and its fields.
type Row = (usize, Vec<String>);

/// The fields of the first line, and the lines behind it that are not empty, each with as many fields.
fn rows(text: &str) -> Result<(Vec<String>, impl Iterator<Item = Result<Row, BadFile>>), BadFile> {
    let text = text.trim_start_matches('\u{feff}');
    let mut lines = text.lines().enumerate().map(|(at, line)| (at + 1, line));
    let first = fields(1, lines.next().map_or("", |(_, line)| line))?;
    let expected = first.len();
    let rows = lines.filter(|(_, text)| !text.trim().is_empty()).map(move |(line, text)| {
        if line > LINES_MAX {
            return Err(BadFile::Lines);
        }
        let fields = fields(line, text)?;
        match fields.len() {
            found if found == expected => Ok((line, fields)),
            found => Err(BadFile::Fields { line, found, expected }),
        }
    });
    Ok((first, rows))
}

fn position(names: &[String], wanted: &str) -> Option<usize> {
    names.iter().position(|name| name.trim().eq_ignore_ascii_case(wanted))
}

/// Which column is which.
struct Columns {
    name: usize,
    day: usize,
    sold: usize,
    price: Option<usize>,
    category: Option<usize>,
}

impl Columns {
    fn of(names: &[String]) -> Result<Self, BadFile> {
        let need = |wanted| position(names, wanted).ok_or(BadFile::NoColumn(wanted));
        Ok(Self {
            name: need("unique_id")?,
            day: need("ds")?,
            sold: need("y")?,
            price: position(names, "unit_price"),
            category: position(names, "category"),
        })
    }
}

/// The fields of a line as RFC 4180 has them, though none goes over several lines.
fn fields(line: usize, text: &str) -> Result<Vec<String>, BadFile> {
    let mut fields = vec![String::new()];
    let mut quoted = false;
    let mut letters = text.trim_end_matches('\r').chars().peekable();
    while let Some(letter) = letters.next() {
        match letter {
            '"' if quoted && letters.peek() == Some(&'"') => {
                letters.next();
                push(&mut fields, '"');
            }
            '"' => quoted = !quoted,
            ',' if !quoted => fields.push(String::new()),
            _ => push(&mut fields, letter),
        }
    }
    if quoted { Err(BadFile::Quote { line }) } else { Ok(fields) }
}

fn push(fields: &mut [String], letter: char) {
    if let Some(field) = fields.last_mut() {
        field.push(letter);
    }
}

fn date(line: usize, text: &str) -> Result<i64, BadFile> {
    let bad = || BadFile::Date { line, text: text.to_owned() };
    // Some programs write a time of day after it.
    let day = text.trim().split(['T', ' ']).next().unwrap_or_default();
    let parts: Vec<&str> = day.split('-').collect();
    let [year, month, day] = parts.as_slice() else { return Err(bad()) };
    if year.len() != 4 {
        return Err(bad());
    }
    let date = Date {
        year: year.parse().map_err(|_| bad())?,
        month: month.parse().map_err(|_| bad())?,
        day: day.parse().map_err(|_| bad())?,
    };
    date.number().ok_or_else(bad)
}

fn number(line: usize, column: &'static str, text: &str) -> Result<f64, BadFile> {
    let bad = || BadFile::Number { line, column, text: text.to_owned() };
    text.trim().parse().ok().filter(|value: &f64| value.is_finite() && *value >= 0.0).ok_or_else(bad)
}

fn fill(
    days: BTreeMap<String, BTreeMap<i64, (f64, Option<f64>)>>,
    categories: &BTreeMap<String, String>,
) -> Result<Vec<Series>, BadFile> {
    let lasts: BTreeSet<i64> = days.values().filter_map(|days| days.keys().next_back().copied()).collect();
    let last = *lasts.last().ok_or(BadFile::Empty)?;
    days.into_iter()
        .map(|(name, days)| {
            let first_day = days.keys().next().copied().unwrap_or(last);
            if last - first_day >= DAYS_MAX {
                return Err(BadFile::Long { name, days: last - first_day + 1 });
            }
            let values = (first_day..=last).map(|day| days.get(&day).map_or(0.0, |found| found.0)).collect();
            let category = categories.get(&name).cloned().unwrap_or_default();
            Ok(Series { name, first_day, values, prices: carry(&days, first_day, last), category })
        })
        .collect()
}

/// Each day's price: the last known one, or the first known one before that.
fn carry(days: &BTreeMap<i64, (f64, Option<f64>)>, first: i64, last: i64) -> Vec<f64> {
    let Some(mut price) = days.values().find_map(|(_, price)| *price) else { return Vec::new() };
    (first..=last)
        .map(|day| {
            price = days.get(&day).and_then(|(_, price)| *price).unwrap_or(price);
            price
        })
        .collect()
}
