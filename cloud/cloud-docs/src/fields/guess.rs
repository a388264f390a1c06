//! The columns of a table that has no head, told by what its numbers multiply to.

use rust_decimal::Decimal;

use super::anchor::Role;
use super::context::Context;
use super::number::Amount;
use super::table::{Column, Head};

/// Finds the first row of words and numbers where a count times a price makes a sum, and takes its columns.
pub(super) fn head(context: &Context) -> Option<Head> {
    (0..context.sheet.rows.len()).find_map(|row| {
        let columns = columns(context, row).or_else(|| run(context, row))?;
        // The rows under the head begin with this one.
        let before = row.checked_sub(1)?;
        Some(Head { rows: (before, before), columns })
    })
}

fn columns(context: &Context, row: usize) -> Option<Vec<Column>> {
    let cells = &context.sheet.rows[row].cells;
    let amounts: Vec<&Amount> = context.amounts[row].iter().flatten().collect();
    let name =
        cells.iter().find(|cell| cell.text.chars().filter(|letter| letter.is_alphabetic()).count() > 3)?;
    if !(3..=9).contains(&amounts.len()) {
        return None;
    }
    let triple =
        (0..amounts.len()).flat_map(|sum| (0..sum).flat_map(move |b| (0..b).map(move |a| (a, b, sum))));
    let (a, b, sum) = triple.into_iter().find(|(a, b, sum)| {
        let (a, b, sum) = (amounts[*a], amounts[*b], amounts[*sum]);
        let is_money = sum.decimals == 2 || sum.currency.is_some();
        is_money && !sum.value.is_zero() && (a.value * b.value - sum.value).abs() <= Decimal::new(1, 2)
    })?;
    // The price has decimals; where both have them, it follows the count.
    let (quantity, price) = if amounts[a].decimals > amounts[b].decimals { (b, a) } else { (a, b) };
    let column =
        |at: usize, role| Column { x0: amounts[at].area.x0, x1: amounts[at].area.x1, roles: vec![role] };
    let mut found = vec![
        Column { x0: name.area.x0, x1: name.area.x1, roles: vec![Role::HeadName] },
        column(quantity, Role::HeadQuantity),
        column(price, Role::HeadPrice),
        column(sum, Role::HeadTotal),
    ];
    if a > 0 && amounts[0].area.x1 < name.area.x0 {
        found.push(column(0, Role::HeadPosition));
    }
    found.sort_by(|a, b| a.x0.total_cmp(&b.x0));
    Some(found)
}

/// Rows of words with one amount each that the next row sums up: lines with a name and a sum.
fn run(context: &Context, first: usize) -> Option<Vec<Column>> {
    let mut sum = Decimal::ZERO;
    let start = entry(context, first)?;
    for row in first..context.sheet.rows.len().min(first + 60) {
        let amount = entry(context, row).filter(|amount| (amount.area.x1 - start.area.x1).abs() < 4.0)?;
        let is_sum =
            context.opens_with(row, &[Role::Total, Role::TotalNet, Role::TotalLines, Role::TotalGross]);
        if is_sum {
            let name = &context.sheet.rows[first].cells[0];
            let is_proven = row > first && amount.value == sum && !sum.is_zero();
            return is_proven.then(|| {
                let column =
                    |area: crate::page::Area, role| Column { x0: area.x0, x1: area.x1, roles: vec![role] };
                vec![column(name.area, Role::HeadName), column(start.area, Role::HeadTotal)]
            });
        }
        sum += amount.value;
    }
    None
}

/// The amount at the end of a row that begins with words.
fn entry(context: &Context, row: usize) -> Option<&Amount> {
    let cells = &context.sheet.rows[row].cells;
    let is_named = cells[0].text.chars().filter(|letter| letter.is_alphabetic()).count() > 3;
    let last = context.amounts[row].last()?.last()?;
    (cells.len() == 2 && is_named && last.decimals == 2).then_some(last)
}
