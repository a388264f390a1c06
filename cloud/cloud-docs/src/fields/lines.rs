//! From the rows under a table's head to lines of goods.

use std::collections::BTreeSet;

use super::anchor::Role;
use super::context::Context;
use super::guess;
use super::item::{self, Item};
use super::number::Amount;
use super::table::{self, Column, Head};
use crate::document::Line;
use crate::reading::Limits;

/// What is a sum rather than a line where a row begins with it.
const SUMS: &[Role] = &[
    Role::TotalLines,
    Role::TotalDiscount,
    Role::TotalCharge,
    Role::TotalNet,
    Role::TotalTax,
    Role::TotalGross,
    Role::Total,
    Role::Payable,
    Role::Prepaid,
];
/// After these comes no line, unless rows say otherwise.
const FINAL: &[Role] =
    &[Role::TotalNet, Role::TotalTax, Role::TotalGross, Role::Total, Role::Payable, Role::Prepaid];

/// The lines of a document.
#[derive(Debug, Default)]
pub(super) struct Goods {
    /// From top to bottom.
    pub(super) lines: Vec<Line>,
    /// Rows that are heads or lines, so that nothing else looks for its value there.
    pub(super) rows: BTreeSet<usize>,
    /// Sums that stand under the columns they are of.
    pub(super) sums: Vec<(Role, usize, Amount)>,
    /// There were more lines than may be read.
    pub(super) is_cut: bool,
}

/// Finds the lines: by the heads of tables, else by what numbers multiply to.
pub(super) fn goods(context: &Context, limits: &Limits) -> Goods {
    let mut heads = table::heads(context);
    if heads.is_empty() {
        heads.extend(guess::head(context));
    }
    let mut goods = Goods::default();
    let mut roles: Option<Vec<Option<Role>>> = None;
    for (index, head) in heads.iter().enumerate() {
        let own: Vec<Option<Role>> =
            head.columns.iter().map(|column| column.roles.first().copied()).collect();
        let is_same = roles.as_ref().is_none_or(|roles| {
            let common = own.iter().filter(|role| roles.contains(role)).count();
            common * 3 >= roles.len() * 2
        });
        if !is_same {
            continue;
        }
        let end = heads.get(index + 1).map_or(context.sheet.rows.len(), |next| next.rows.0);
        let mut head = head.clone();
        let (items, sums) = items(context, &head, end);
        if items.is_empty() {
            continue;
        }
        item::counts_in_positions(&items, &mut head.columns);
        goods.rows.extend(head.rows.0..=head.rows.1);
        goods.sums.extend(sums);
        roles = Some(own);
        let widest = item::widest(&items, &head.columns);
        for item in items {
            goods.rows.extend(item.rows());
            if goods.lines.len() >= limits.lines as usize {
                goods.is_cut = true;
                return goods;
            }
            goods.lines.extend(item::line(context, &item, &head.columns, widest));
        }
    }
    goods
}

/// What a row under a head is.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Kind {
    /// It ends the table.
    End,
    /// A sum; lines may follow.
    Sum,
    /// A sum after which lines hardly follow.
    FinalSum,
    /// Carried over, a page's foot, another head.
    Skip,
    /// Goods, or words about them.
    Body,
}

fn kind(context: &Context, row: usize, columns: &[Column]) -> Kind {
    let cells = &context.sheet.rows[row].cells;
    if context.opens_with(row, &[Role::Carry]) {
        return Kind::Skip;
    }
    let amounts = context.amounts[row].iter().flatten().filter(|amount| !amount.is_percent).count();
    let leading = context.row_hits(row).iter().find(|hit| hit.cell == 0 && hit.words.0 == 0);
    if let Some(hit) = leading {
        let letters = cells[0].text.chars().filter(|letter| letter.is_alphabetic()).count();
        let is_most = hit.length * 10 >= letters * 4;
        if hit.is_any(SUMS) && amounts > 0 && is_most && !is_line_of_goods(context, row, columns) {
            return if hit.is_any(FINAL) { Kind::FinalSum } else { Kind::Sum };
        }
        if hit.is(Role::Terms) && cells.len() == 1 && is_most {
            return Kind::End;
        }
    }
    let is_other_head = amounts == 0 && cells.len() > 2 && {
        let hits = context.row_hits(row).iter();
        hits.filter(|hit| {
            hit.words.0 == 0 && hit.is_any(&[Role::HeadTaxBasis, Role::HeadTaxRate, Role::HeadTaxAmount])
        })
        .count()
            >= 2
    };
    if is_other_head { Kind::End } else { Kind::Body }
}

/// `Transport  1  120,00  120,00` has a count or a position although freight is often a sum.
fn is_line_of_goods(context: &Context, row: usize, columns: &[Column]) -> bool {
    let pieces = table::pieces(context, row, columns);
    let has = |role| {
        pieces.iter().any(|piece| {
            let is_count = piece.amount.as_ref().is_some_and(|amount| !amount.is_percent);
            is_count && columns[piece.column].roles.first() == Some(&role)
        })
    };
    let is_freight = context.opens_with(row, &[Role::TotalCharge, Role::TotalDiscount]);
    is_freight && (has(Role::HeadQuantity) || has(Role::HeadPosition))
}

/// Sums of a row under the columns of net, tax and gross: two of them at least.
fn column_sums(context: &Context, row: usize, columns: &[Column]) -> Vec<(Role, usize, Amount)> {
    let named = table::pieces(context, row, columns).into_iter().filter_map(|piece| {
        let role = match columns[piece.column].roles.first()? {
            Role::HeadNet => Role::TotalNet,
            Role::HeadTaxAmount => Role::TotalTax,
            Role::HeadGross => Role::TotalGross,
            _ => return None,
        };
        Some((role, row, piece.amount.filter(|amount| !amount.is_percent)?))
    });
    let found: Vec<_> = named.collect();
    if found.len() > 1 { found } else { Vec::new() }
}

fn items(context: &Context, head: &Head, end: usize) -> (Vec<Item>, Vec<(Role, usize, Amount)>) {
    let mut sums = Vec::new();
    let mut items: Vec<Item> = Vec::new();
    let mut pending: Vec<usize> = Vec::new();
    let mut is_over = false;
    for row in head.rows.1 + 1..end {
        let kind = kind(context, row, &head.columns);
        if matches!(kind, Kind::Sum | Kind::FinalSum) {
            sums.extend(column_sums(context, row, &head.columns));
        }
        match kind {
            Kind::End => break,
            Kind::Skip => continue,
            Kind::Sum => {
                item::settle(context, &mut items, &mut pending, None, &head.columns);
                continue;
            }
            Kind::FinalSum => {
                item::settle(context, &mut items, &mut pending, None, &head.columns);
                is_over = !items.is_empty() || is_over;
                continue;
            }
            Kind::Body => {}
        }
        let mut own = Item::of(context, row, &head.columns);
        if !own.has_numbers(&head.columns) {
            let is_far = items.last().is_some_and(|item| item::is_far(context, item, pending.last(), row));
            if !(is_far && is_over) {
                pending.push(row);
            }
            continue;
        }
        // After the sums only a whole line counts: what stands there are taxes and payments.
        if is_over && own.filled(&head.columns) < 3 {
            continue;
        }
        let joins = !is_over && items.last().is_some_and(|last| last.takes(context, &own, &head.columns));
        if joins {
            let last = items.len() - 1;
            for text in pending.drain(..) {
                let text = Item::of(context, text, &head.columns);
                items[last].add(text);
            }
            items[last].add(own);
        } else {
            item::settle(context, &mut items, &mut pending, Some(&mut own), &head.columns);
            items.push(own);
        }
        is_over = false;
    }
    item::settle(context, &mut items, &mut pending, None, &head.columns);
    (item::fold_notes(context, items, &head.columns), sums)
}
