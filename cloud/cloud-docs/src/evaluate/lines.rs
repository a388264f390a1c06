//! Lines of goods: which were found, and which of those that were read are there.

use rust_decimal::Decimal;
use serde::Serialize;

use super::Miss;
use super::printed::{Printed, squash};
use crate::document::{Field, Line};

/// How alike two names of goods have to be: a scan confuses letters, and a description joins on.
const NAMES_ALIKE: f64 = 0.85;

/// How short a name may be that a longer one begins with.
const NAME_PART_MIN: usize = 3;

/// How many lines were found, of how many.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Serialize)]
pub struct LineTally {
    /// Found: name, quantity and total match, as far as the page prints them.
    pub found: u32,
    /// There to be found.
    pub scored: u32,
    /// Read, without those that match a line which is not scored.
    pub read: u32,
    /// Known, but neither name nor total is on the page.
    pub left_out: u32,
}

impl LineTally {
    /// Twice what was found over what is there and what was read; nothing where there is neither.
    pub fn f1(&self) -> Option<f64> {
        let all = self.scored + self.read;
        (all > 0).then(|| 2.0 * f64::from(self.found) / f64::from(all))
    }

    /// Adds another.
    pub fn add(&mut self, other: Self) {
        self.found += other.found;
        self.scored += other.scored;
        self.read += other.read;
        self.left_out += other.left_out;
    }
}

/// What of a line the page prints.
struct Wanted<'a> {
    name: Option<&'a str>,
    quantity: Option<Decimal>,
    total: Option<Decimal>,
}

/// Finds each known line among those that were read; each of these stands for one.
pub(super) fn compare(truth: &[Line], read: &[Line], printed: &Printed, misses: &mut Vec<Miss>) -> LineTally {
    let mut tally = LineTally::default();
    if truth.is_empty() {
        return tally;
    }
    let mut is_taken = vec![false; read.len()];
    let mut take = |wanted: &Wanted<'_>| {
        let free = (0..read.len()).find(|index| !is_taken[*index] && is_line(wanted, &read[*index]));
        if let Some(index) = free {
            is_taken[index] = true;
        }
        free.is_some()
    };
    let mut unscored = 0;
    for line in truth {
        let wanted = wanted(line, printed);
        // A heading or a note between lines is a line of nothing in some data.
        let is_nothing =
            [&line.quantity, &line.net_amount].into_iter().flatten().all(|field| field.value.is_zero());
        if is_nothing || (wanted.name.is_none() && wanted.total.is_none()) {
            tally.left_out += 1;
            unscored += u32::from(take(&every(line)));
            continue;
        }
        tally.scored += 1;
        if take(&wanted) {
            tally.found += 1;
        } else {
            misses.push(missed(line, &wanted, read));
        }
    }
    tally.read = u32::try_from(read.len()).unwrap_or(u32::MAX) - unscored;
    tally
}

fn wanted<'a>(line: &'a Line, printed: &Printed) -> Wanted<'a> {
    let every = every(line);
    Wanted {
        name: every.name.filter(|name| printed.has_text(name)),
        quantity: every.quantity.filter(|quantity| printed.has_amount(*quantity)),
        total: every.total.filter(|total| printed.has_amount(*total)),
    }
}

fn every(line: &Line) -> Wanted<'_> {
    let number = |field: &Option<Field<Decimal>>| field.as_ref().map(|field| field.value);
    Wanted {
        name: line.name.as_ref().map(|name| name.value.as_str()).filter(|name| !squash(name).is_empty()),
        quantity: number(&line.quantity),
        total: number(&line.net_amount),
    }
}

/// True when everything that is wanted matches. Signs are not compared: a credit note's print and data differ in them.
fn is_line(wanted: &Wanted<'_>, read: &Line) -> bool {
    let same = |wanted: Option<Decimal>, read: &Option<Field<Decimal>>| {
        wanted.is_none_or(|wanted| read.as_ref().is_some_and(|read| read.value.abs() == wanted.abs()))
    };
    wanted.name.is_none_or(|name| is_name(name, read))
        && same(wanted.quantity, &read.quantity)
        && same(wanted.total, &read.net_amount)
}

/// A page often runs name, article number and description into one: what was read has to be like the name, or begin or end with it.
fn is_name(wanted: &str, read: &Line) -> bool {
    let part =
        |field: &Option<Field<String>>| field.as_ref().map(|field| squash(&field.value)).unwrap_or_default();
    let (wanted, name) = (squash(wanted), part(&read.name));
    let whole = format!("{name}{}", part(&read.description));
    let has_part = |long: &str, short: &str| {
        short.chars().count() >= NAME_PART_MIN && (long.starts_with(short) || long.ends_with(short))
    };
    name == wanted
        || has_part(&whole, &wanted)
        || has_part(&name, &wanted)
        || strsim::normalized_levenshtein(&name, &wanted) >= NAMES_ALIKE
        || strsim::normalized_levenshtein(&whole, &wanted) >= NAMES_ALIKE
}

/// What is missing, with the line that comes nearest.
fn missed(line: &Line, wanted: &Wanted<'_>, read: &[Line]) -> Miss {
    let near = read.iter().find(|read| {
        let alone = |name, total| Wanted { name, quantity: None, total };
        (wanted.name.is_some() && is_line(&alone(wanted.name, None), read))
            || (wanted.total.is_some() && is_line(&alone(None, wanted.total), read))
    });
    Miss { what: "line".to_owned(), truth: told(line), read: near.map(told).unwrap_or_default() }
}

fn told(line: &Line) -> String {
    let every = every(line);
    let number = |number: Option<Decimal>| number.map_or_else(|| "-".to_owned(), |number| number.to_string());
    format!("{} | {} | {}", every.name.unwrap_or("-"), number(every.quantity), number(every.total))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::page::{Area, Page, Word};

    fn line(name: &str, quantity: &str, total: &str) -> Line {
        Line {
            name: Some(Field::structured(name.to_owned())),
            quantity: Some(Field::structured(quantity.parse().unwrap())),
            net_amount: Some(Field::structured(total.parse().unwrap())),
            ..Line::default()
        }
    }

    fn printed(text: &str) -> Printed {
        let words = text.split(' ').enumerate().map(|(column, text)| {
            let x0 = column as f32 * 50.0;
            let area = Area { x0, y0: 0.0, x1: x0 + 40.0, y1: 10.0 };
            Word { text: text.to_owned(), area, size: 10.0, is_bold: false, confidence: 1.0 }
        });
        let words = words.collect();
        Printed::of(&[Page {
            number: 1,
            width: 595.0,
            height: 842.0,
            words,
            rules: vec![],
            is_recognised: false,
        }])
    }

    #[test]
    fn a_line_is_found_once_and_what_is_not_printed_is_left_out() {
        let truth =
            [line("Milk 1 l", "2", "3.98"), line("Milk 1 l", "2", "3.98"), line("Bread", "7", "11.13")];
        let read =
            [line("MILK 1L fresh", "2", "3.98"), line("Bread", "7", "11.13"), line("Total", "1", "7.96")];
        let tally = compare(&truth, &read, &printed("Milk 1 l 2 3,98"), &mut Vec::new());
        assert_eq!(tally, LineTally { found: 1, scored: 2, read: 2, left_out: 1 });
        assert!((tally.f1().unwrap() - 0.5).abs() < 1e-9);
    }

    #[test]
    fn another_quantity_or_total_is_another_line() {
        let printed = printed("Milk 2 3,98");
        for read in [line("Milk", "1", "3.98"), line("Milk", "2", "3.99"), line("Bread", "2", "3.98")] {
            let mut misses = Vec::new();
            let tally = compare(&[line("Milk", "2", "3.98")], &[read], &printed, &mut misses);
            assert_eq!((tally.found, misses.len()), (0, 1));
        }
    }
}
