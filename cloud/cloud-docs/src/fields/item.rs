//! One line of goods: the rows it takes, and what each of its columns says.

use rust_decimal::Decimal;

use super::anchor::{Role, fold};
use super::context::Context;
use super::ids;
use super::number::Amount;
use super::table::{self, Column, Piece};
use crate::document::{Adjustment, Field, Line};
use crate::page::Area;
use crate::units;

/// Rates of tax that countries have; what is none of them is money.
const RATES: &[i64] = &[
    0, 20, 21, 25, 30, 40, 50, 55, 60, 70, 75, 77, 80, 81, 90, 95, 100, 107, 120, 130, 135, 140, 145, 150,
    160, 170, 180, 190, 200, 210, 220, 230, 240, 250, 255, 260, 270, 280,
];

/// Words of one or more rows that make a line.
#[derive(Debug, Clone)]
pub(super) struct Item {
    pieces: Vec<Piece>,
    section: Option<String>,
}

impl Item {
    /// What one row says.
    pub(super) fn of(context: &Context, row: usize, columns: &[Column]) -> Self {
        Self { pieces: table::pieces(context, row, columns), section: None }
    }

    /// The rows it takes.
    pub(super) fn rows(&self) -> impl Iterator<Item = usize> + '_ {
        self.pieces.iter().map(|piece| piece.row)
    }

    fn numbers<'a>(&'a self, columns: &'a [Column]) -> impl Iterator<Item = &'a Piece> + 'a {
        self.pieces.iter().filter(|piece| {
            let column = &columns[piece.column];
            piece.amount.as_ref().is_some_and(|amount| {
                column.is_numeric() && amount.words.0 <= 1 && piece.cell.words.len() - amount.words.1 <= 3
            })
        })
    }

    /// Whether a count, a price or a sum stands in it, or a new position begins.
    pub(super) fn has_numbers(&self, columns: &[Column]) -> bool {
        self.numbers(columns).next().is_some()
    }

    /// How many columns of numbers have one.
    pub(super) fn filled(&self, columns: &[Column]) -> usize {
        let mut own: Vec<usize> = self.numbers(columns).map(|piece| piece.column).collect();
        own.sort_unstable();
        own.dedup();
        own.len()
    }

    /// Whether another row goes on with this line: no column that is filled is filled again, and it is near.
    pub(super) fn takes(&self, context: &Context, next: &Self, columns: &[Column]) -> bool {
        let clash =
            next.numbers(columns).any(|piece| self.numbers(columns).any(|own| own.column == piece.column));
        let has_position =
            |item: &Self| item.pieces.iter().any(|piece| columns[piece.column].is(Role::HeadPosition));
        let (Some(last), Some(first)) = (self.rows().max(), next.rows().min()) else { return false };
        let rows = &context.sheet.rows;
        let gap = rows[first].area.y0 - rows[last].area.y1;
        let is_near = rows[first].page == rows[last].page && gap < 2.5 * rows[last].size();
        !clash
            && is_near
            && !(has_position(self) && has_position(next))
            && self.filled(columns) + next.filled(columns) <= columns.len()
            && (self.filled(columns) < 2 || next.filled(columns) < 2)
    }

    /// Adds what another row says.
    pub(super) fn add(&mut self, other: Self) {
        self.pieces.extend(other.pieces);
    }

    /// Whether it says what is sold, and a number about it.
    pub(super) fn is_goods(&self, columns: &[Column]) -> bool {
        let has_words = self.pieces.iter().any(|piece| {
            let column = &columns[piece.column];
            (column.is(Role::HeadName)
                || column.is(Role::HeadArticle)
                || column.roles.is_empty()
                || column.is(Role::HeadGtin))
                && piece.cell.text.chars().any(char::is_alphanumeric)
        });
        let sums = [
            Role::HeadTotal,
            Role::HeadNet,
            Role::HeadGross,
            Role::HeadPrice,
            Role::HeadPriceGross,
            Role::HeadQuantity,
        ];
        has_words
            && self
                .numbers(columns)
                .any(|piece| columns[piece.column].roles.iter().any(|role| sums.contains(role)))
    }

    /// Whether it has a position of its own, although no sum.
    fn is_numbered(&self, columns: &[Column]) -> bool {
        self.of_role(columns, Role::HeadPosition).any(|piece| piece.cell.words.len() == 1)
    }

    fn of_role<'a>(&'a self, columns: &'a [Column], role: Role) -> impl Iterator<Item = &'a Piece> + 'a {
        self.pieces.iter().filter(move |piece| columns[piece.column].roles.first() == Some(&role))
    }
}

/// Where most lines have a sum, rows of words and numbers without one speak of the line above: `Rabatt 2% von 75,00`.
pub(super) fn fold_notes(context: &Context, items: Vec<Item>, columns: &[Column]) -> Vec<Item> {
    let sums = [Role::HeadTotal, Role::HeadNet, Role::HeadGross];
    let has_sum = |item: &Item| {
        item.numbers(columns)
            .any(|piece| columns[piece.column].roles.first().is_some_and(|role| sums.contains(role)))
    };
    let must_have = items.iter().any(&has_sum);
    let name = columns.iter().position(|column| column.is(Role::HeadName));
    let mut kept: Vec<Item> = Vec::new();
    for item in items {
        let is_line = item.is_goods(columns) && (!must_have || has_sum(&item) || item.is_numbered(columns));
        if is_line {
            kept.push(item);
            continue;
        }
        let (Some(above), Some(name)) = (kept.last_mut(), name) else { continue };
        let rows: std::collections::BTreeSet<usize> = item.rows().collect();
        for row in rows {
            let last = above.rows().max().unwrap_or(row);
            let (over, under) = (&context.sheet.rows[last], &context.sheet.rows[row]);
            if over.page != under.page || under.area.y0 - over.area.y1 > 2.6 * over.size() {
                break;
            }
            let left = columns[name].x0 - 3.0;
            let words: Vec<_> = under
                .cells
                .iter()
                .filter(|cell| cell.area.x0 >= left)
                .flat_map(|cell| cell.words.clone())
                .collect();
            if !words.is_empty() {
                above.pieces.push(Piece {
                    column: name,
                    row,
                    cell: crate::layout::Cell::of(words),
                    amount: None,
                });
            }
        }
    }
    kept
}

/// `#` may head a column of counts: where each times the price makes the sum.
pub(super) fn counts_in_positions(items: &[Item], columns: &mut [Column]) {
    let has = |role: Role| columns.iter().any(|column| column.roles.first() == Some(&role));
    let Some(position) = columns.iter().position(|column| column.roles.first() == Some(&Role::HeadPosition))
    else {
        return;
    };
    if has(Role::HeadQuantity) || !has(Role::HeadPrice) {
        return;
    }
    let value = |item: &Item, role: Role| {
        item.of_role(columns, role).find_map(|piece| Some(piece.amount.as_ref()?.value))
    };
    let total = |item: &Item| value(item, Role::HeadTotal).or_else(|| value(item, Role::HeadNet));
    let proves = |item: &Item| {
        let product = value(item, Role::HeadPosition)? * value(item, Role::HeadPrice)?;
        Some((product - total(item)?).abs() <= Decimal::new(2, 2))
    };
    if !items.is_empty() && items.iter().all(|item| proves(item) == Some(true)) {
        columns[position].roles.insert(0, Role::HeadQuantity);
    }
}

/// Whether a row stands too far under an item to speak of it.
pub(super) fn is_far(context: &Context, item: &Item, pending: Option<&usize>, row: usize) -> bool {
    let rows = &context.sheet.rows;
    let last = pending.copied().or_else(|| item.rows().max());
    last.is_none_or(|last| {
        rows[last].page != rows[row].page || rows[row].area.y0 - rows[last].area.y1 > 2.6 * rows[last].size()
    })
}

/// Gives rows of words between two lines to the upper or the lower one: the widest blank parts them.
pub(super) fn settle(
    context: &Context,
    items: &mut [Item],
    pending: &mut Vec<usize>,
    next: Option<&mut Item>,
    columns: &[Column],
) {
    let rows = &context.sheet.rows;
    let mut waiting: Vec<usize> = std::mem::take(pending);
    let lower = next.as_ref().and_then(|item| item.rows().min());
    let needs_name = next
        .as_ref()
        .is_some_and(|item| !item.pieces.iter().any(|piece| columns[piece.column].is(Role::HeadName)));
    let upper = items.last().and_then(|item| item.rows().max());
    let cut = lower.map_or(waiting.len(), |lower| parting(context, upper, &waiting, lower, needs_name));
    let to_next = waiting.split_off(cut);
    if let Some(last) = items.last_mut() {
        let mut kept = true;
        let mut above = last.rows().max();
        for row in waiting {
            kept &= above.is_some_and(|above| {
                rows[above].page == rows[row].page
                    && rows[row].area.y0 - rows[above].area.y1 < 2.6 * rows[above].size()
            });
            if kept {
                last.add(Item::of(context, row, columns));
                above = Some(row);
            }
        }
    }
    let Some(next) = next else { return };
    for row in to_next.into_iter().rev() {
        let own = Item::of(context, row, columns);
        if !needs_name && is_heading(context, next, row, columns) {
            next.section.get_or_insert_with(|| rows[row].text());
        } else {
            next.pieces.splice(0..0, own.pieces);
        }
    }
}

/// Which of the rows that wait between two lines is the first that belongs to the lower one.
fn parting(
    context: &Context,
    upper: Option<usize>,
    waiting: &[usize],
    lower: usize,
    needs_name: bool,
) -> usize {
    let rows = &context.sheet.rows;
    let size = context.sheet.size;
    let chain: Vec<usize> = upper.into_iter().chain(waiting.iter().copied()).chain([lower]).collect();
    let gap = |pair: &[usize]| {
        let is_near = rows[pair[0]].page == rows[pair[1]].page;
        if is_near { rows[pair[1]].area.y0 - rows[pair[0]].area.y1 } else { f32::MAX }
    };
    let gaps: Vec<f32> = chain.windows(2).map(gap).collect();
    let last_gap = gaps.last().copied().unwrap_or(f32::MAX);
    if upper.is_none() {
        // Under the head: what stands close above the first numbers.
        let close =
            gaps.iter().rev().take_while(|gap| **gap < 0.5 * size || (needs_name && **gap < size)).count();
        return waiting.len() - close.min(waiting.len());
    }
    let narrowest = gaps.iter().copied().fold(f32::MAX, f32::min);
    let widest = gaps.iter().enumerate().max_by(|a, b| a.1.total_cmp(b.1));
    match widest {
        Some((at, width))
            if (*width > narrowest + 0.5 * size || needs_name)
                && at + 1 < gaps.len()
                && last_gap < 1.2 * size =>
        {
            at.min(waiting.len())
        }
        _ => waiting.len(),
    }
}

/// Whether a row above a line heads a group of lines; otherwise it is the beginning of the line's name.
fn is_heading(context: &Context, item: &Item, row: usize, columns: &[Column]) -> bool {
    let cells = &context.sheet.rows[row].cells;
    let name = item.of_role(columns, Role::HeadName).next();
    let begins_name = name.is_some_and(|piece| {
        let gap = context.sheet.rows[piece.row].area.y0 - context.sheet.rows[row].area.y1;
        (cells[0].area.x0 - piece.cell.area.x0).abs() < 2.0
            && gap < 0.5 * context.sheet.size
            && cells[0].is_bold() == piece.cell.is_bold()
    });
    cells.len() == 1 && !begins_name
}

/// How far words of the names go to the right: a line that ends there goes on in the next.
pub(super) fn widest(items: &[Item], columns: &[Column]) -> f32 {
    let names = items.iter().flat_map(|item| item.of_role(columns, Role::HeadName));
    names.map(|piece| piece.cell.area.x1).fold(0.0, f32::max)
}

/// The line that an item says.
pub(super) fn line(context: &Context, item: &Item, columns: &[Column], widest: f32) -> Option<Line> {
    let mut line = Line { section: item.section.clone(), ..Line::default() };
    let amount =
        |role: Role| item.of_role(columns, role).find_map(|piece| Some((piece, piece.amount.as_ref()?)));
    let field = |found: Option<(&Piece, &Amount)>| {
        found.map(|(piece, amount)| {
            context.field(amount.value, 0.8 * amount.confidence, piece.row, amount.area)
        })
    };
    let text = |piece: &Piece| {
        context.field(piece.cell.text.clone(), 0.8 * piece.cell.confidence(), piece.row, piece.cell.area)
    };
    line.position = item.of_role(columns, Role::HeadPosition).next().map(text);
    codes(context, item, columns, &mut line);
    names(context, item, columns, widest, &mut line);
    if let Some((piece, found)) = amount(Role::HeadQuantity) {
        line.quantity = field(Some((piece, found)));
        let after = piece.cell.words[found.words.1..]
            .iter()
            .map(|word| word.text.as_str())
            .collect::<Vec<_>>()
            .join(" ");
        let printed = if found.suffix.is_empty() { after } else { found.suffix.clone() };
        if !printed.is_empty() && printed.chars().any(char::is_alphabetic) {
            line.unit = Some(context.field(printed, 0.8, piece.row, piece.cell.area));
        }
    }
    if let Some(piece) = item.of_role(columns, Role::HeadUnit).next().filter(|_| line.unit.is_none()) {
        line.unit = Some(text(piece));
    }
    line.unit_code = line.unit.as_ref().and_then(|unit| units::by_name(&unit.value)).map(str::to_owned);
    line.unit_price = field(amount(Role::HeadPrice));
    line.unit_price_gross = field(amount(Role::HeadPriceGross));
    line.price_basis = field(amount(Role::HeadBasis).filter(|(_, basis)| basis.value > Decimal::ONE));
    line.net_amount = field(amount(Role::HeadNet).or_else(|| amount(Role::HeadTotal)));
    line.gross_amount = field(amount(Role::HeadGross));
    line.tax_amount = field(amount(Role::HeadTaxAmount));
    if let Some((piece, found)) = amount(Role::HeadTaxRate) {
        let tenths = (found.value * Decimal::TEN).normalize();
        let is_rate = found.is_percent
            || (found.currency.is_none() && RATES.iter().any(|rate| tenths == Decimal::from(*rate)));
        if is_rate {
            line.tax_rate = field(Some((piece, found)));
        } else if line.tax_amount.is_none() {
            line.tax_amount = field(Some((piece, found)));
        }
    }
    if let Some((piece, found)) = amount(Role::HeadDiscount).filter(|(_, found)| !found.value.is_zero()) {
        let percent = (found.is_percent || columns[piece.column].x1 > 0.0 && found.currency.is_none())
            .then_some(found.value.abs());
        let amount = match (percent, &line.quantity, &line.unit_price) {
            (Some(percent), Some(quantity), Some(price)) => {
                Field { origin: crate::document::Origin::Computed, ..price.clone() }
                    .with((quantity.value * price.value * percent / Decimal::ONE_HUNDRED).round_dp(2))
            }
            _ => context.field(found.value.abs(), 0.6, piece.row, found.area),
        };
        line.adjustments.push(Adjustment { is_charge: false, amount, percent, reason: None });
    }
    weigh(&mut line);
    (line.name.is_some() || line.supplier_article.is_some()).then_some(line)
}

/// A count times a price that makes the sum proves all three.
fn weigh(line: &mut Line) {
    let (Some(quantity), Some(price), Some(sum)) =
        (&mut line.quantity, &mut line.unit_price, &mut line.net_amount)
    else {
        return;
    };
    let basis = line.price_basis.as_ref().map_or(Decimal::ONE, |basis| basis.value);
    let off = line.adjustments.iter().map(|it| it.amount.value).sum::<Decimal>();
    let product = quantity.value * price.value / basis - off;
    if (product - sum.value).abs() <= Decimal::new(2, 2) + product.abs() / Decimal::from(500) {
        for confidence in [&mut quantity.confidence, &mut price.confidence, &mut sum.confidence] {
            *confidence = (*confidence + 0.17).min(0.98);
        }
    }
}

/// Article numbers and GTINs, each told by how it is written.
fn codes(context: &Context, item: &Item, columns: &[Column], line: &mut Line) {
    let is_code = |column: &Column| {
        let code = |role: &Role| matches!(role, Role::HeadArticle | Role::HeadGtin | Role::HeadBuyerArticle);
        column.roles.first().is_some_and(code) && !column.is(Role::HeadName)
    };
    for piece in item.pieces.iter().filter(|piece| is_code(&columns[piece.column])) {
        for word in &piece.cell.words {
            let text = word.text.trim_matches(|letter: char| matches!(letter, ',' | ';' | '*' | '[' | ']'));
            if text.starts_with('(') || text.is_empty() {
                continue;
            }
            let field = context.field(text.to_owned(), 0.8 * word.confidence, piece.row, word.area);
            let roles = &columns[piece.column].roles;
            if ids::is_gtin(text) && line.gtin.is_none() {
                line.gtin = Some(field);
            } else if roles.first() == Some(&Role::HeadArticle) && line.supplier_article.is_none() {
                line.supplier_article = Some(field);
            } else if roles.contains(&Role::HeadBuyerArticle) && line.buyer_article.is_none() {
                line.buyer_article = Some(field);
            }
        }
    }
}

struct Said {
    row: usize,
    text: String,
    area: Area,
    is_bold: bool,
    first_word: f32,
    confidence: f32,
}

/// The name and what is said below it.
fn names(context: &Context, item: &Item, columns: &[Column], widest: f32, line: &mut Line) {
    let is_name = |column: &Column| column.is(Role::HeadName) || column.roles.is_empty();
    let mut said: Vec<Said> = Vec::new();
    for piece in item.pieces.iter().filter(|piece| is_name(&columns[piece.column])) {
        let first_word = piece.cell.words.first().map_or(0.0, |word| word.area.x1 - word.area.x0);
        said.push(Said {
            row: piece.row,
            text: piece.cell.text.clone(),
            area: piece.cell.area,
            is_bold: piece.cell.is_bold(),
            first_word,
            confidence: piece.cell.confidence(),
        });
    }
    let is_stack = columns
        .iter()
        .any(|column| column.is(Role::HeadName) && column.is(Role::HeadArticle) && column.roles.len() > 1);
    if is_stack && said.len() > 1 && line.supplier_article.is_none() && looks_like_code(&said[0].text) {
        let code = said.remove(0);
        line.supplier_article = Some(context.field(code.text, 0.7 * code.confidence, code.row, code.area));
    }
    let mut said = said.into_iter();
    let Some(first) = said.next() else { return };
    let (mut text, mut area, row, mut confidence) = (first.text, first.area, first.row, first.confidence);
    let first_x0 = area.x0;
    let mut description: Vec<String> = Vec::new();
    let mut last = (first.area, first.is_bold);
    for next in said {
        let gap = next.area.y0 - last.0.y1;
        let is_close = gap < 0.7 * context.sheet.size && gap > -0.9 * context.sheet.size;
        let is_full = last.0.x1 + next.first_word + 0.25 * context.sheet.size > widest.max(last.0.x1);
        let is_long = last.0.x1 - first_x0 > 0.75 * (widest - first_x0);
        let is_small = next.text.starts_with(|letter: char| letter.is_lowercase());
        let goes_on = text.ends_with(['-', ',', '(', '/', '&', '+']) || (is_small && is_long);
        let is_label = next.text.split_once(':').is_some_and(|(label, _)| label.split(' ').count() <= 3);
        if description.is_empty() && is_close && (is_full || goes_on) && last.1 == next.is_bold && !is_label {
            join(&mut text, &next.text);
            area = area.around(next.area);
            confidence = confidence.min(next.confidence);
        } else {
            description.push(next.text);
        }
        last = (next.area, next.is_bold);
    }
    if let Some((code, rest)) = text.strip_prefix('[').and_then(|text| text.split_once("] ")) {
        line.supplier_article.get_or_insert(context.field(code.to_owned(), 0.8, row, area));
        text = rest.to_owned();
    }
    line.name = Some(context.field(text, 0.8 * confidence, row, area));
    line.description =
        (!description.is_empty()).then(|| context.field(description.join("\n"), 0.7, row, area));
}

/// Rejoins a line that was broken: a hyphen before a small letter goes.
fn join(text: &mut String, next: &str) {
    let is_small = next.starts_with(|letter: char| letter.is_lowercase());
    if text.ends_with('-') && is_small {
        text.pop();
        text.push_str(next);
    } else if text.ends_with(['-', '/']) {
        text.push_str(next);
    } else {
        text.push(' ');
        text.push_str(next);
    }
}

/// `ZS997`: one word with a digit, and hardly a word of a language.
fn looks_like_code(text: &str) -> bool {
    !text.contains(' ')
        && text.chars().any(|letter| letter.is_ascii_digit())
        && !fold(text).is_empty()
        && text.chars().count() < 24
}
