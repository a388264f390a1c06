//! The table of goods: its head, its columns, and which words stand in which.

use super::anchor::Role;
use super::context::Context;
use super::number::Amount;
use crate::layout::{Cell, Row};
use crate::page::{Area, Word};

/// Roles of columns.
const HEADS: &[Role] = &[
    Role::HeadPosition,
    Role::HeadArticle,
    Role::HeadBuyerArticle,
    Role::HeadGtin,
    Role::HeadName,
    Role::HeadQuantity,
    Role::HeadUnit,
    Role::HeadPrice,
    Role::HeadPriceGross,
    Role::HeadBasis,
    Role::HeadDiscount,
    Role::HeadTaxRate,
    Role::HeadTaxAmount,
    Role::HeadNet,
    Role::HeadGross,
    Role::HeadTotal,
    Role::HeadTaxBasis,
    Role::HeadOther,
];
/// Roles of money that belongs to the line.
const MONEY: &[Role] = &[
    Role::HeadPrice,
    Role::HeadPriceGross,
    Role::HeadTaxAmount,
    Role::HeadNet,
    Role::HeadGross,
    Role::HeadTotal,
    Role::HeadTaxBasis,
];

/// A column of a table.
#[derive(Debug, Clone)]
pub(super) struct Column {
    /// Its left edge.
    pub(super) x0: f32,
    /// Its right edge.
    pub(super) x1: f32,
    /// What may stand in it; the first is the likeliest.
    pub(super) roles: Vec<Role>,
}

impl Column {
    /// Whether its head may announce this.
    pub(super) fn is(&self, role: Role) -> bool {
        self.roles.contains(&role)
    }

    /// Whether numbers stand in it.
    pub(super) fn is_numeric(&self) -> bool {
        self.roles.first().is_some_and(|role| {
            MONEY.contains(role)
                || matches!(
                    role,
                    Role::HeadQuantity | Role::HeadTaxRate | Role::HeadDiscount | Role::HeadBasis
                )
        })
    }

    /// Whether words of any width stand in it.
    pub(super) fn is_text(&self) -> bool {
        matches!(self.roles.first(), Some(Role::HeadName))
    }
}

/// The head of a table.
#[derive(Debug, Clone)]
pub(super) struct Head {
    /// Its first and last row.
    pub(super) rows: (usize, usize),
    /// Its columns from left to right.
    pub(super) columns: Vec<Column>,
}

/// Words of one row that stand in one column.
#[derive(Debug, Clone)]
pub(super) struct Piece {
    /// Index of the column.
    pub(super) column: usize,
    /// Index of the row.
    pub(super) row: usize,
    /// What stands there.
    pub(super) cell: Cell,
    /// The first number in it.
    pub(super) amount: Option<Amount>,
}

/// All heads of tables of goods, from top to bottom; a head that is repeated on each page comes again.
pub(super) fn heads(context: &Context) -> Vec<Head> {
    let mut found: Vec<Head> = Vec::new();
    for row in 0..context.sheet.rows.len() {
        if found.last().is_some_and(|head| row <= head.rows.1) || head_roles(context, row) < 2 {
            continue;
        }
        let head = head_at(context, row);
        if is_goods(&head.columns) {
            found.push(head);
        }
    }
    found
}

/// How many different columns a row's words announce; none where it has numbers, or more text than heads.
fn head_roles(context: &Context, row: usize) -> usize {
    let cells = &context.sheet.rows[row].cells;
    let numbers: usize = context.amounts[row].iter().map(Vec::len).sum();
    if numbers > 1 {
        return 0;
    }
    let mut roles: Vec<Role> = Vec::new();
    let mut covered = 0;
    for hit in context.row_hits(row).iter().filter(|hit| hit.is_any(HEADS)) {
        covered += hit.length;
        roles.extend(hit.roles.iter().find(|role| HEADS.contains(role)));
    }
    let letters: usize =
        cells.iter().map(|cell| cell.text.chars().filter(|it| it.is_alphanumeric()).count()).sum();
    roles.sort_unstable();
    roles.dedup();
    if covered * 2 < letters { 0 } else { roles.len() }
}

/// Whether columns are those of goods: something said in words, and two more things of a line, one of them a number.
fn is_goods(columns: &[Column]) -> bool {
    let has =
        |roles: &[Role]| columns.iter().any(|column| column.roles.iter().any(|role| roles.contains(role)));
    let is_tax = columns.iter().any(|column| column.roles.first() == Some(&Role::HeadTaxBasis));
    let numeric = columns.iter().filter(|column| column.is_numeric()).count();
    let has_name = has(&[Role::HeadName, Role::HeadArticle]);
    let has_sum =
        has(&[Role::HeadTotal, Role::HeadNet, Role::HeadGross, Role::HeadPrice, Role::HeadPriceGross]);
    let counts = has(&[Role::HeadQuantity]);
    !is_tax
        && has_sum
        && ((has_name && (numeric >= 2 || columns.len() >= 2)) || (counts && columns.len() >= 3))
}

/// Takes rows above and below that belong to the same head.
fn head_at(context: &Context, row: usize) -> Head {
    let rows = &context.sheet.rows;
    let (mut first, mut last) = (row, row);
    let belongs = |at: usize, near: usize| {
        let (a, b) = (&rows[at.min(near)], &rows[at.max(near)]);
        let gap = b.area.y0 - a.area.y1;
        let numbers: usize = context.amounts[at].iter().map(Vec::len).sum();
        let covered = rows[at].cells.iter().all(|cell| {
            rows[row]
                .cells
                .iter()
                .filter(|head| head.area.x0 < cell.area.x1 && head.area.x1 > cell.area.x0)
                .count()
                <= 1
        });
        let is_short = rows[at].cells.iter().all(|cell| cell.words.len() <= 4);
        a.page == b.page
            && gap < 0.55 * a.size().max(b.size())
            && numbers == 0
            && covered
            && is_short
            && (is_headlike(context, at) || at < near)
            && !context.opens_with(at, &[Role::Supplier, Role::Buyer, Role::Issued, Role::Number])
    };
    while first > 0 && row - first < 3 && belongs(first - 1, first) && is_headlike(context, first - 1) {
        first -= 1;
    }
    while last + 1 < rows.len() && last - row < 4 && belongs(last + 1, last) {
        last += 1;
    }
    Head { rows: (first, last), columns: columns(context, first, last) }
}

/// Whether half of a row's cells begin with the head of a column or stand in brackets.
fn is_headlike(context: &Context, row: usize) -> bool {
    let cells = &context.sheet.rows[row].cells;
    let known = |at: usize| {
        context.row_hits(row).iter().any(|hit| hit.cell == at && hit.is_any(HEADS))
            || cells[at].text.starts_with('(')
            || ["ohne", "mwst", "eur", "excl", "incl", "ht", "€", "$"]
                .contains(&cells[at].text.to_lowercase().trim_end_matches('.'))
    };
    (0..cells.len()).filter(|at| known(*at)).count() * 3 >= cells.len()
}

/// A part of a head: one phrase, or a cell with none.
struct Part {
    area: Area,
    text: String,
    roles: Vec<Role>,
}

fn columns(context: &Context, first: usize, last: usize) -> Vec<Column> {
    let mut groups: Vec<(Area, Vec<Part>)> = Vec::new();
    for row in first..=last {
        for part in parts(context, row) {
            let own = groups.iter_mut().find(|(area, _)| {
                let common = area.x1.min(part.area.x1) - area.x0.max(part.area.x0);
                common > 0.4 * (area.x1 - area.x0).min(part.area.x1 - part.area.x0)
            });
            match own {
                Some((area, parts)) => {
                    *area = area.around(part.area);
                    parts.push(part);
                }
                None => groups.push((part.area, vec![part])),
            }
        }
    }
    groups.sort_by(|a, b| a.0.x0.total_cmp(&b.0.x0));
    let columns = groups
        .into_iter()
        .map(|(area, parts)| {
            let whole = parts.iter().map(|part| part.text.as_str()).collect::<Vec<_>>().join(" ");
            let mut roles = super::anchor::roles_of(&whole);
            roles.retain(|role| HEADS.contains(role));
            if roles.is_empty() {
                roles = parts.into_iter().flat_map(|part| part.roles).collect();
            }
            Column { x0: area.x0, x1: area.x1, roles }
        })
        .collect();
    resolve(columns)
}

/// Words that head columns of two kinds: the other columns tell which it is.
fn resolve(mut columns: Vec<Column>) -> Vec<Column> {
    let first = |columns: &[Column], role: Role, not: usize| {
        columns.iter().enumerate().any(|(at, column)| at != not && column.roles.first() == Some(&role))
    };
    for at in 0..columns.len() {
        let prefer = |columns: &mut Vec<Column>, role: Role| {
            let roles = &mut columns[at].roles;
            if let Some(found) = roles.iter().position(|known| *known == role) {
                roles.swap(0, found);
            }
        };
        let (is_name, is_article) = (columns[at].is(Role::HeadName), columns[at].is(Role::HeadArticle));
        if is_name && is_article {
            let wanted = if first(&columns, Role::HeadName, at) { Role::HeadArticle } else { Role::HeadName };
            prefer(&mut columns, wanted);
        }
        if columns[at].is(Role::HeadGross)
            && columns[at].is(Role::HeadPriceGross)
            && first(&columns, Role::HeadPrice, at)
        {
            prefer(&mut columns, Role::HeadGross);
        }
        if columns[at].is(Role::HeadUnit)
            && columns[at].is(Role::HeadQuantity)
            && first(&columns, Role::HeadQuantity, at)
        {
            prefer(&mut columns, Role::HeadUnit);
        }
        // `VAT %` and `VAT`: the rate comes first.
        let is_rate = columns[at].roles.first() == Some(&Role::HeadTaxRate);
        if is_rate && columns[..at].iter().any(|column| column.roles.first() == Some(&Role::HeadTaxRate)) {
            columns[at].roles.insert(0, Role::HeadTaxAmount);
        }
    }
    columns
}

fn parts(context: &Context, row: usize) -> Vec<Part> {
    let mut found = Vec::new();
    for (index, cell) in context.sheet.rows[row].cells.iter().enumerate() {
        let hits: Vec<_> =
            context.row_hits(row).iter().filter(|hit| hit.cell == index && hit.is_any(HEADS)).collect();
        let mut starts: Vec<usize> = hits.iter().map(|hit| hit.words.0).collect();
        starts.dedup();
        if starts.len() < 2 {
            starts = vec![0];
        } else {
            starts[0] = 0;
        }
        for (at, start) in starts.iter().enumerate() {
            let end = starts.get(at + 1).copied().unwrap_or(cell.words.len());
            let own = Cell::of(cell.words[*start..end].to_vec());
            let of_part = hits.iter().filter(|hit| hit.words.0 >= *start && hit.words.0 < end);
            let roles = of_part.flat_map(|hit| hit.roles.iter().copied()).filter(|role| HEADS.contains(role));
            found.push(Part { area: own.area, text: own.text, roles: roles.collect() });
        }
    }
    found
}

/// Parts a row into what stands in each column.
pub(super) fn pieces(context: &Context, index: usize, columns: &[Column]) -> Vec<Piece> {
    let row: &Row = &context.sheet.rows[index];
    let mut found: Vec<Piece> = Vec::new();
    for (at, cell) in row.cells.iter().enumerate() {
        let amounts = &context.amounts[index][at];
        let mut run: Vec<Word> = Vec::new();
        let mut own = None;
        let mut word = 0;
        while word < cell.words.len() {
            let amount = amounts.iter().find(|amount| amount.words.0 == word);
            let end = amount.map_or(word + 1, |amount| amount.words.1);
            let unit = &cell.words[word..end];
            let area = unit.iter().map(|word| word.area).reduce(Area::around).unwrap_or(cell.area);
            let column = column_of(columns, area, amount.is_some());
            let blank = run.last().map_or(0.0, |last: &Word| area.x0 - last.area.x1);
            if own.is_some_and(|own| parts_here(columns, own, column, amount.is_some(), area, blank)) {
                push(&mut found, index, own, std::mem::take(&mut run), context);
                own = None;
            }
            own = own.or(Some(column));
            run.extend(unit.iter().cloned());
            word = end;
        }
        push(&mut found, index, own, run, context);
    }
    found
}

/// Whether a word begins another column's piece, although only a blank is before it.
fn parts_here(columns: &[Column], own: usize, next: usize, is_number: bool, area: Area, blank: f32) -> bool {
    if own == next || next < own {
        return false;
    }
    let column = &columns[next];
    let common = area.x1.min(column.x1) - area.x0.max(column.x0);
    let is_over = common > 0.3 * (area.x1 - area.x0).min(column.x1 - column.x0);
    if columns[own].is_text() || columns[own].is(Role::HeadName) {
        // A number inside a sentence stands under no edge of the head, or close to its word.
        let height = area.y1 - area.y0;
        let edge = (area.x0 - column.x0).abs().min((area.x1 - column.x1).abs());
        return is_number && column.is_numeric() && is_over && blank > 0.36 * height && edge < 0.9 * height;
    }
    is_over || is_number
}

fn push(found: &mut Vec<Piece>, row: usize, column: Option<usize>, words: Vec<Word>, context: &Context) {
    let Some(column) = column.filter(|_| !words.is_empty()) else { return };
    let cell = Cell::of(words);
    let amount = super::number::amounts(&cell, context.notation).into_iter().next();
    match found.last_mut().filter(|last| last.column == column) {
        // A wide blank inside one column.
        Some(last) => {
            let mut words = std::mem::take(&mut last.cell.words);
            words.extend(cell.words);
            last.cell = Cell::of(words);
            last.amount = last.amount.take().or(amount);
        }
        None => found.push(Piece { column, row, cell, amount }),
    }
}

/// The column a word stands in: numbers by the nearest edge or middle, words by where they begin.
fn column_of(columns: &[Column], area: Area, is_number: bool) -> usize {
    let middle = |x0: f32, x1: f32| f32::midpoint(x0, x1);
    let distance = |at: usize| {
        let column = &columns[at];
        let right = columns.get(at + 1).map_or(f32::MAX, |next| next.x0 - 2.0);
        let common = area.x1.min(column.x1) - area.x0.max(column.x0);
        if is_number && column.is_numeric() {
            let aligned = (area.x0 - column.x0)
                .abs()
                .min((area.x1 - column.x1).abs())
                .min((middle(area.x0, area.x1) - middle(column.x0, column.x1)).abs());
            return if common > 0.0 { aligned * 0.5 } else { aligned + 0.5 * -common };
        }
        if column.is_text() || !column.is_numeric() {
            // Words may go on until the next column begins.
            let x1 = column.x1.max(right);
            if area.x0 >= column.x0 - 3.0 && area.x0 < x1 {
                return if area.x0 < column.x1 { 0.0 } else { (area.x0 - column.x1) * 0.4 };
            }
        }
        if common > 0.0 { 1.0 } else { -common + 2.0 }
    };
    (0..columns.len()).min_by(|a, b| distance(*a).total_cmp(&distance(*b))).unwrap_or(0)
}
