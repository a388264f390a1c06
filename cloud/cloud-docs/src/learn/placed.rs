//! Where the values of a corrected document's lines stand on its pages.

use rust_decimal::Decimal;
use serde::{Deserialize, Serialize};

use super::notation::Notation;
use super::rows::{Found, Rows};
use crate::document::{Field, Line};
use crate::evaluate::printed::squash;

/// How many rows of one line are looked at.
pub(super) const LINE_ROWS_MAX: usize = 8;

/// What a column holds.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub(super) enum Role {
    Net,
    Quantity,
    UnitPrice,
    TaxRate,
    Gross,
    Position,
    SupplierArticle,
    BuyerArticle,
    Gtin,
    Unit,
    Name,
    Other,
}

/// The roles that are numbers, in the order in which equal ones are told apart.
pub(super) const NUMBERS: [Role; 5] =
    [Role::Net, Role::Quantity, Role::UnitPrice, Role::TaxRate, Role::Gross];

/// The roles that are words or codes.
pub(super) const TEXTS: [Role; 5] =
    [Role::Position, Role::SupplierArticle, Role::BuyerArticle, Role::Gtin, Role::Unit];

/// A line with where its values stand.
pub(super) struct Placed {
    pub(super) values: Vec<(Role, Vec<Found>)>,
    pub(super) name: Found,
}

/// Finds each line by the beginning of its name, one after another.
pub(super) fn place_lines(rows: &Rows<'_>, lines: &[Line], notation: Notation) -> Vec<Placed> {
    let mut placed = Vec::new();
    let mut start = 0;
    for line in lines {
        let Some(name) = line.name.as_ref().map(|name| squash(&name.value)).filter(|name| !name.is_empty())
        else {
            continue;
        };
        let Some((found, values)) = (start..rows.rows.len()).find_map(|row| {
            let found = name_in(rows, row, &name)?;
            let values = values_near(rows, row, line, notation);
            // A name may stand in a sentence; a line has numbers.
            values.iter().any(|(role, _)| NUMBERS.contains(role)).then_some((found, values))
        }) else {
            continue;
        };
        start = found.row + 1;
        placed.push(Placed { values, name: found });
    }
    placed
}

/// The longest run of a row's words that the name begins with.
fn name_in(rows: &Rows<'_>, row: usize, name: &str) -> Option<Found> {
    let words = &rows.rows[row].words;
    let least = name.chars().count().min(6);
    for from in 0..words.len() {
        let mut text = String::new();
        let mut to = from;
        while let Some(word) = words.get(to) {
            let longer = format!("{text}{}", squash(&word.text));
            if !name.starts_with(&longer) {
                break;
            }
            (text, to) = (longer, to + 1);
        }
        if text.chars().count() >= least {
            return rows.found(row, from, to);
        }
    }
    None
}

/// Where a line's values stand in the rows around the one with its name.
fn values_near(rows: &Rows<'_>, row: usize, line: &Line, notation: Notation) -> Vec<(Role, Vec<Found>)> {
    let near = row.saturating_sub(1)..(row + LINE_ROWS_MAX).min(rows.rows.len());
    let mut values = Vec::new();
    for role in NUMBERS {
        if let Some(wanted) = number_of(line, role) {
            let found = nearest(rows, near.clone(), row, |text| {
                notation.number(text).map(|read| read.abs()) == Some(wanted)
            });
            values.push((role, found));
        }
    }
    for role in TEXTS {
        if let Some(wanted) =
            text_of(line, role).map(|text| squash(&text.value)).filter(|text| !text.is_empty())
        {
            values.push((role, nearest(rows, near.clone(), row, |text| squash(text) == wanted)));
        }
    }
    values.retain(|(_, found)| !found.is_empty());
    values
}

fn number_of(line: &Line, role: Role) -> Option<Decimal> {
    let field = match role {
        Role::Net => &line.net_amount,
        Role::Quantity => &line.quantity,
        Role::UnitPrice => &line.unit_price,
        Role::TaxRate => &line.tax_rate,
        Role::Gross => &line.gross_amount,
        _ => return None,
    };
    field.as_ref().map(|field| field.value.abs().normalize())
}

fn text_of(line: &Line, role: Role) -> Option<&Field<String>> {
    match role {
        Role::Position => line.position.as_ref(),
        Role::SupplierArticle => line.supplier_article.as_ref(),
        Role::BuyerArticle => line.buyer_article.as_ref(),
        Role::Gtin => line.gtin.as_ref(),
        Role::Unit => line.unit.as_ref(),
        _ => None,
    }
}

/// The places in the row nearest to one that has any.
fn nearest(
    rows: &Rows<'_>,
    near: std::ops::Range<usize>,
    row: usize,
    is_wanted: impl Fn(&str) -> bool,
) -> Vec<Found> {
    let mut order: Vec<usize> = near.filter(|index| rows.rows[*index].page == rows.rows[row].page).collect();
    order.sort_by_key(|index| index.abs_diff(row));
    for index in order {
        let words = rows.rows[index].words.len();
        let ones = (0..words).flat_map(|from| (from + 1..=words.min(from + 3)).map(move |to| (from, to)));
        let found: Vec<Found> = ones
            .filter_map(|(from, to)| rows.found(index, from, to))
            .filter(|found| is_wanted(&rows.text(found)))
            .collect();
        if !found.is_empty() {
            return found;
        }
    }
    Vec::new()
}
