//! Prices that cannot be, and prices that are far from where they should be.
//!
//! Prices of a category are compared by their logarithm with the median, in units of the median absolute deviation (Hampel's
//! identifier; Davies and Gather, "The identification of multiple outliers", 1993): neither is moved by the outliers that are looked for.

use std::collections::BTreeMap;

use domain::quantity::Measure;

use super::{Code, Finding, Item, Price};
use crate::matching::{Name, Unit};
use crate::naming::{Dimension, size, words};

/// Prices that a category must have before one of them can be far from the others.
const CATEGORY_LEAST: usize = 8;
/// How many deviations away a price is far.
const DEVIATIONS: f64 = 6.0;
/// A category whose prices are all alike still varies by so much: a tenth.
const DEVIATION_LEAST: f64 = 0.1;
/// How far away it has to be at least whatever the deviations: a factor of four.
const FACTOR_LEAST: f64 = 4.0;
/// Turns a median absolute deviation into a standard deviation, of what is spread normally.
const NORMAL: f64 = 1.4826;
/// From which factor on a price is far from what it used to be.
const JUMP: f64 = 5.0;
/// How near to ten or a hundred times a price has to be to be a slip of the finger.
const SLIP_WIDTH: f64 = 0.05;

pub(super) fn check(items: &[Item], found: &mut Vec<Finding>) {
    for (index, item) in items.iter().enumerate() {
        if item.has_tax_rate == Some(false) {
            found.push(Finding::new(Code::TaxUnknown, index, ""));
        }
        let Some(price) = &item.price else { continue };
        check_one(index, item, price, found);
        check_unit(index, item, price, found);
    }
    check_categories(items, found);
}

fn check_one(index: usize, item: &Item, price: &Price, found: &mut Vec<Finding>) {
    let written = price.written(price.minor);
    match price.minor {
        ..0 => return found.push(Finding::new(Code::PriceNegative, index, written)),
        0 => return found.push(Finding::new(Code::PriceZero, index, written)),
        _ => {}
    }
    if let Some(cost) = item.cost_minor.filter(|cost| *cost > price.minor) {
        found.push(Finding::new(Code::PriceUnderCost, index, written.clone()).against(price.written(cost)));
    }
    let mut past: Vec<f64> =
        item.past_minor.iter().filter(|minor| **minor > 0).map(|minor| *minor as f64).collect();
    if past.is_empty() {
        return;
    }
    let usual = median(&mut past);
    let ratio = price.minor as f64 / usual;
    let expected = price.written(usual.round() as i64);
    if let Some(right) = slip(price.minor, ratio) {
        let finding = Finding::new(Code::PriceFactor, index, written).against(expected);
        found.push(finding.fixed("price", price.written(right)));
    } else if !(1.0 / JUMP..=JUMP).contains(&ratio) {
        found.push(Finding::new(Code::PriceJump, index, written).against(expected));
    }
}

/// What was meant where a price is ten or a hundred times too high or too low.
fn slip(minor: i64, ratio: f64) -> Option<i64> {
    let near = |factor: f64| (ratio / factor - 1.0).abs() <= SLIP_WIDTH;
    match () {
        () if near(100.0) => Some(minor / 100),
        () if near(10.0) => Some(minor / 10),
        () if near(0.1) => minor.checked_mul(10),
        () if near(0.01) => minor.checked_mul(100),
        () => None,
    }
}

/// A category's prices in one currency for one unit.
type Shelf<'a> = (&'a str, &'a str, Measure);

fn check_categories(items: &[Item], found: &mut Vec<Finding>) {
    let mut shelves: BTreeMap<Shelf<'_>, Vec<(usize, f64)>> = BTreeMap::new();
    for (index, item) in items.iter().enumerate() {
        let (Some(category), Some(price)) = (&item.category, &item.price) else { continue };
        if price.minor > 0 {
            let shelf = shelves.entry((category, &price.currency, price.per)).or_default();
            shelf.push((index, (price.minor as f64).ln()));
        }
    }
    for shelf in shelves.values().filter(|shelf| shelf.len() >= CATEGORY_LEAST) {
        let middle = median(&mut shelf.iter().map(|(_, log)| *log).collect::<Vec<f64>>());
        let away = median(&mut shelf.iter().map(|(_, log)| (log - middle).abs()).collect::<Vec<f64>>());
        let deviation = (away * NORMAL).max(DEVIATION_LEAST);
        for &(index, log) in shelf {
            let distance = (log - middle).abs();
            if distance / deviation <= DEVIATIONS || distance < FACTOR_LEAST.ln() {
                continue;
            }
            let Some(price) = &items[index].price else { continue };
            let expected = price.written(middle.exp().round() as i64);
            let finding =
                Finding::new(Code::PriceOutlier, index, price.written(price.minor)).against(expected);
            // A factor of ten or a hundred that brings it home is proposed; another way there is nobody's guess.
            let home = |minor: i64| ((minor as f64).ln() - middle).abs() / deviation <= 2.0;
            let fixes = [
                Some(price.minor / 100),
                Some(price.minor / 10),
                price.minor.checked_mul(10),
                price.minor.checked_mul(100),
            ];
            let fix = fixes.into_iter().flatten().find(|minor| *minor > 0 && home(*minor));
            found.push(match fix {
                Some(minor) => finding.fixed("price", price.written(minor)),
                None => finding,
            });
        }
    }
}

/// A name that ends in `kg` is of what is weighed, and a name with a pack in it of what is not.
fn check_unit(index: usize, item: &Item, price: &Price, found: &mut Vec<Finding>) {
    for (_, name) in &item.names {
        let said = match says(name) {
            Some(said) if said != price.per => said,
            _ => continue,
        };
        let finding = Finding::new(Code::UnitMistake, index, name.clone()).against(price.per.to_string());
        return found.push(finding.fixed("unit", said.to_string()));
    }
}

/// How a name says that its product is sold, if it says it.
fn says(name: &str) -> Option<Measure> {
    let words = words(name);
    let is_loose = |word: &String| {
        matches!(word.as_str(), "весовой" | "весовая" | "весовое" | "весовые" | "вес" | "loose" | "lose")
    };
    let pack = Name::read(name).pack;
    if size(name).is_some_and(|size| size.of != Dimension::Pieces) || pack.content.is_some() {
        return Some(Measure::Piece);
    }
    let last_is_kilogram = words.last().is_some_and(|word| {
        word.chars().all(char::is_alphabetic) && Unit::read(word) == Unit::Weight(1_000_000)
    });
    (last_is_kilogram || words.iter().any(is_loose)).then_some(Measure::Kilogram)
}

/// The middle one, or the middle of the two in the middle.
fn median(values: &mut [f64]) -> f64 {
    let middle = values.len() / 2;
    values.sort_by(f64::total_cmp);
    match values.len() {
        0 => 0.0,
        length if length % 2 == 1 => values[middle],
        _ => f64::midpoint(values[middle - 1], values[middle]),
    }
}
