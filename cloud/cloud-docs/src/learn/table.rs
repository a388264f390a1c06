//! The table of goods: which column holds what, and where its lines begin and end.

use rust_decimal::Decimal;
use serde::{Deserialize, Serialize};

use super::notation::Notation;
use super::placed::{LINE_ROWS_MAX, NUMBERS, Placed, Role, TEXTS, place_lines};
use super::rows::{Found, Row, Rows};
use super::{Example, learnt};
use crate::document::{Field, Line, ParsedDocument};
use crate::evaluate::printed::squash;
use crate::page::{Area, Page, Word};

/// How many rows above the first line its head may stand.
const HEAD_ROWS_MAX: usize = 6;

/// How much of a head has to be found again.
const HEAD_SHARE: f32 = 0.6;

/// Words further down than this many heights after the last row of a line are not its own, unless the example had such.
const GAP_MIN: f32 = 1.6;

/// How far edges of one column may differ, in points.
const EDGE_SLACK: f32 = 6.0;

/// A column with its edges in points.
#[derive(Debug, Clone, Serialize, Deserialize)]
struct Column {
    role: Role,
    x0: f32,
    x1: f32,
}

/// What a corrected document's lines show of its table.
#[derive(Debug, Clone, Serialize, Deserialize)]
pub(super) struct Table {
    /// Words of the head with where they begin, in points.
    head: Vec<(String, f32)>,
    columns: Vec<Column>,
    /// The column whose number begins a line.
    key: Role,
    /// Words that the row after the last line begins with.
    end: Vec<String>,
    /// How far apart rows of one line are at most, in points.
    gap: f32,
    /// Rows below the first are a part of the name; otherwise they are its description.
    name_goes_on: bool,
}

/// Notes where the values of the lines stand; nothing where they are not found.
pub(super) fn learn(rows: &Rows<'_>, lines: &[Line], notation: Notation) -> Option<Table> {
    let placed = place_lines(rows, lines, notation);
    if placed.len() * 10 < lines.len() * 7 || placed.is_empty() {
        return None;
    }
    let mut columns = number_columns(&placed);
    for role in TEXTS {
        let found: Vec<Found> = of_role(&placed, role).filter_map(|found| found.first().copied()).collect();
        columns.extend(column(role, &found));
    }
    let names: Vec<Found> = placed.iter().map(|line| line.name).collect();
    columns.extend(column(Role::Name, &names));
    let key = key(&placed, &columns)?;
    let first = placed.first()?.name.row;
    let head = head_row(rows, first, &columns)?;
    widen(&mut columns, &rows.rows[head]);
    columns.sort_by(|a, b| a.x0.total_cmp(&b.x0));
    let head = rows.rows[head].words.iter().map(|word| (squash(&word.text), word.area.x0)).collect();
    let (gap, last) = extent(rows, &placed, &columns);
    let name_goes_on = name_goes_on(rows, lines, &placed, &columns, gap);
    let end = rows.rows.get(last + 1).map(label).unwrap_or_default();
    Some(Table { head, columns, key, end, gap, name_goes_on })
}

fn of_role(placed: &[Placed], role: Role) -> impl Iterator<Item = &Vec<Found>> {
    placed.iter().flat_map(move |line| {
        line.values.iter().filter(move |(other, _)| *other == role).map(|(_, found)| found)
    })
}

/// Columns of numbers. Where a line has the same number twice, the column that most lines have it in is right.
fn number_columns(placed: &[Placed]) -> Vec<Column> {
    let mut columns: Vec<Column> = Vec::new();
    for role in NUMBERS {
        let mut edges: Vec<(f32, usize)> = Vec::new();
        for found in of_role(placed, role).flatten() {
            if columns.iter().any(|column| (column.x1 - found.area.x1).abs() < EDGE_SLACK) {
                continue;
            }
            match edges.iter_mut().find(|(edge, _)| (edge - found.area.x1).abs() < EDGE_SLACK) {
                Some((_, count)) => *count += 1,
                None => edges.push((found.area.x1, 1)),
            }
        }
        // The line's total stands furthest right; what is asked for next, furthest left.
        let towards = if matches!(role, Role::Net | Role::Gross) { 1.0 } else { -1.0 };
        let best =
            edges.iter().max_by(|a, b| a.1.cmp(&b.1).then((a.0 * towards).total_cmp(&(b.0 * towards))));
        if let Some((edge, _)) = best {
            let inside = |found: &&Found| (found.area.x1 - edge).abs() < EDGE_SLACK;
            let found: Vec<Found> = of_role(placed, role).flatten().filter(inside).copied().collect();
            columns.extend(column(role, &found));
        }
    }
    columns
}

fn column(role: Role, found: &[Found]) -> Option<Column> {
    let area = found.iter().map(|found| found.area).reduce(Area::around)?;
    Some(Column { role, x0: area.x0, x1: area.x1 })
}

/// The number that stands highest in most lines: a line begins with it.
fn key(placed: &[Placed], columns: &[Column]) -> Option<Role> {
    let numbers = columns
        .iter()
        .map(|column| column.role)
        .filter(|role| NUMBERS.contains(role) && *role != Role::TaxRate);
    let rank = |role: Role| {
        let there = of_role(placed, role).count();
        let rows: usize = placed
            .iter()
            .filter_map(|line| {
                let (_, found) = line.values.iter().find(|(other, _)| *other == role)?;
                Some(found.first()?.row.saturating_sub(line.name.row))
            })
            .sum();
        (std::cmp::Reverse(there), rows)
    };
    numbers.min_by_key(|role| rank(*role))
}

/// The row above the first line whose words stand over most columns.
fn head_row(rows: &Rows<'_>, first: usize, columns: &[Column]) -> Option<usize> {
    let page = rows.rows.get(first)?.page;
    let over = |row: &Row<'_>| {
        let is_over =
            |column: &&Column| row.words.iter().any(|word| is_letters(word) && touches(column, word));
        columns.iter().filter(is_over).count()
    };
    let above = (first.saturating_sub(HEAD_ROWS_MAX)..first).filter(|index| rows.rows[*index].page == page);
    let best = above.max_by_key(|index| (over(&rows.rows[*index]), *index))?;
    (over(&rows.rows[best]) >= 2.min(columns.len())).then_some(best)
}

fn is_letters(word: &Word) -> bool {
    word.text.chars().any(char::is_alphabetic) && !word.text.chars().any(|letter| letter.is_ascii_digit())
}

fn touches(column: &Column, word: &Word) -> bool {
    word.area.x1 > column.x0 && word.area.x0 < column.x1
}

/// Takes the words of the head into their columns; those over none are columns whose content is left.
fn widen(columns: &mut Vec<Column>, head: &Row<'_>) {
    for word in &head.words {
        let near = columns.iter_mut().filter(|column| touches(column, word)).min_by(|a, b| {
            let apart = |column: &Column| ((column.x0 + column.x1) - (word.area.x0 + word.area.x1)).abs();
            apart(a).total_cmp(&apart(b))
        });
        match near {
            Some(column) => {
                column.x0 = column.x0.min(word.area.x0);
                column.x1 = column.x1.max(word.area.x1);
            }
            None => columns.push(Column { role: Role::Other, x0: word.area.x0, x1: word.area.x1 }),
        }
    }
}

/// How far apart rows of a line are, and the last row of the last line.
fn extent(rows: &Rows<'_>, placed: &[Placed], columns: &[Column]) -> (f32, usize) {
    let all = |line: &Placed| {
        let mut used: Vec<usize> =
            line.values.iter().flat_map(|(_, found)| found.iter().map(|found| found.row)).collect();
        used.push(line.name.row);
        used.sort_unstable();
        used.dedup();
        used
    };
    let height = |row: &Row<'_>| (row.bottom - row.top).max(1.0);
    let mut gap = 0.0_f32;
    for pair in placed.windows(2) {
        // Rows between two lines belong to the first: they show how far apart rows are.
        let (from, to) = (pair[0].name.row, pair[1].name.row);
        for index in from + 1..to.min(from + LINE_ROWS_MAX) {
            let (above, row) = (&rows.rows[index - 1], &rows.rows[index]);
            if row.page == above.page {
                gap = gap.max(row.top - above.bottom);
            }
        }
    }
    let usual = placed.first().map_or(10.0, |line| height(&rows.rows[line.name.row]));
    let gap = gap.max(usual * GAP_MIN);
    let mut last = placed.last().and_then(|line| all(line).last().copied()).unwrap_or_default();
    let name = columns.iter().find(|column| column.role == Role::Name);
    // The last line's description goes on below.
    while let (Some(row), Some(next), Some(name)) = (rows.rows.get(last), rows.rows.get(last + 1), name) {
        let is_close = next.page == row.page && next.top - row.bottom <= gap.min(usual * GAP_MIN);
        let is_name = next.words.iter().all(|word| touches(name, word));
        if !is_close || !is_name {
            break;
        }
        last += 1;
    }
    (gap, last)
}

/// Whether names take in the rows below their first, as most of those lines show that have such.
fn name_goes_on(rows: &Rows<'_>, lines: &[Line], placed: &[Placed], columns: &[Column], gap: f32) -> bool {
    let Some(column) = columns.iter().find(|column| column.role == Role::Name) else { return false };
    let mut votes = 0_i32;
    for (index, line) in placed.iter().enumerate() {
        let until = placed.get(index + 1).map_or(line.name.row + 2, |next| next.name.row);
        let Some(below) =
            rows.rows.get(line.name.row + 1..until.min(rows.rows.len())).and_then(<[Row<'_>]>::first)
        else {
            continue;
        };
        let above = &rows.rows[line.name.row];
        let text: String =
            below.words.iter().filter(|word| touches(column, word)).map(|word| squash(&word.text)).collect();
        if text.is_empty() || below.page != above.page || below.top - above.bottom > gap {
            continue;
        }
        let known = lines.iter().filter_map(|line| line.name.as_ref()).any(|name| {
            let name = squash(&name.value);
            name.contains(&squash(&rows.text(&line.name))) && name.contains(&text)
        });
        votes += if known { 1 } else { -1 };
    }
    votes > 0
}

/// The words of letters that a row begins with.
fn label(row: &Row<'_>) -> Vec<String> {
    let words = row.words.iter().map(|word| squash(&word.text));
    words
        .take_while(|word| !word.is_empty() && !word.chars().any(|letter| letter.is_ascii_digit()))
        .take(3)
        .collect()
}

/// Reads the lines by an example; false where its table is not there, or says less than what was read without it.
pub(super) fn apply(
    rows: &Rows<'_>,
    pages: &[Page],
    example: &Example,
    document: &mut ParsedDocument,
) -> bool {
    let Some(table) = &example.table else { return false };
    let lines: Vec<Line> = bands(rows, table, example.notation)
        .iter()
        .map(|band| read_line(rows, pages, table, example.notation, band))
        .filter(|line| line.name.is_some())
        .collect();
    if lines.is_empty() || soundness(&lines, document) < soundness(&document.lines, document) {
        return false;
    }
    document.lines = lines;
    true
}

/// The rows of each line.
fn bands(rows: &Rows<'_>, table: &Table, notation: Notation) -> Vec<Vec<usize>> {
    let mut bands: Vec<Vec<usize>> = Vec::new();
    let mut is_inside = false;
    for (index, row) in rows.rows.iter().enumerate() {
        if is_head(table, row) {
            is_inside = true;
            continue;
        }
        if !is_inside {
            continue;
        }
        if !table.end.is_empty() && label(row) == table.end {
            is_inside = false;
            continue;
        }
        if begins_line(rows, table, notation, index) {
            bands.push(vec![index]);
        } else if let Some(band) = bands.last_mut() {
            let above = band.last().map(|last| &rows.rows[*last]);
            if above.is_some_and(|above| above.page == row.page && row.top - above.bottom <= table.gap) {
                band.push(index);
            }
        }
    }
    bands
}

fn is_head(table: &Table, row: &Row<'_>) -> bool {
    let is_there = |(text, x): &&(String, f32)| {
        row.words
            .iter()
            .any(|word| squash(&word.text) == *text && (word.area.x0 - x).abs() < 4.0 * EDGE_SLACK)
    };
    table.head.iter().filter(is_there).count() as f32 >= table.head.len().max(1) as f32 * HEAD_SHARE
}

/// True for a row with a number in the key column and words in the name's.
fn begins_line(rows: &Rows<'_>, table: &Table, notation: Notation, row: usize) -> bool {
    let text = |role: Role| cell(rows, table, role, &[row]).map(|(text, _)| text);
    let key = text(table.key).and_then(|text| notation.number(&text));
    key.is_some() && text(Role::Name).is_some_and(|name| !squash(&name).is_empty())
}

/// The column a word stands in: the one it overlaps most, or the nearest.
fn column_of<'a>(table: &'a Table, word: &Word) -> Option<&'a Column> {
    let apart = |column: &Column| {
        let (left, right) = (word.area.x0.max(column.x0), word.area.x1.min(column.x1));
        left - right
    };
    table.columns.iter().min_by(|a, b| apart(a).total_cmp(&apart(b)))
}

/// The words of a column in some rows, with the first row's place.
fn cell(rows: &Rows<'_>, table: &Table, role: Role, band: &[usize]) -> Option<(String, Found)> {
    let mut text: Vec<&str> = Vec::new();
    let mut whole: Option<Found> = None;
    for index in band {
        for (at, word) in rows.rows[*index].words.iter().enumerate() {
            if column_of(table, word).is_some_and(|column| column.role == role) {
                text.push(&word.text);
                let found = rows.found(*index, at, at + 1)?;
                whole = Some(match whole {
                    Some(whole) => Found {
                        area: whole.area.around(found.area),
                        confidence: whole.confidence.min(found.confidence),
                        ..whole
                    },
                    None => found,
                });
            }
        }
    }
    Some((text.join(" "), whole?))
}

fn read_line(rows: &Rows<'_>, pages: &[Page], table: &Table, notation: Notation, band: &[usize]) -> Line {
    let text = |role: Role, band: &[usize]| cell(rows, table, role, band);
    let number = |role: Role| {
        // The number of one row: those below it may hold another.
        let mut cells = band.iter().filter_map(|row| text(role, &[*row]));
        cells.find_map(|(text, found)| Some(learnt(notation.number(&text)?, pages, &found)))
    };
    let words = |role: Role| {
        let mut cells = band.iter().filter_map(|row| text(role, &[*row]));
        cells.next().map(|(text, found)| learnt(text, pages, &found))
    };
    let (first, rest) = band.split_at(1.min(band.len()));
    let whole = |band: &[usize]| text(Role::Name, band).map(|(text, found)| learnt(text, pages, &found));
    let (name, description) =
        if table.name_goes_on { (whole(band), None) } else { (whole(first), whole(rest)) };
    Line {
        position: words(Role::Position),
        name,
        description,
        supplier_article: words(Role::SupplierArticle),
        buyer_article: words(Role::BuyerArticle),
        gtin: words(Role::Gtin),
        quantity: number(Role::Quantity),
        unit: words(Role::Unit),
        unit_price: number(Role::UnitPrice),
        tax_rate: number(Role::TaxRate),
        net_amount: number(Role::Net),
        gross_amount: number(Role::Gross),
        ..Line::default()
    }
}

/// How well lines fit their own numbers and the document's totals.
fn soundness(lines: &[Line], document: &ParsedDocument) -> f32 {
    let amount = |field: &Option<Field<Decimal>>| field.as_ref().map(|field| field.value);
    let is_near = |a: Decimal, b: Decimal| (a - b).abs() <= Decimal::new(2, 2);
    let fits = |line: &&Line| {
        let product =
            amount(&line.quantity).zip(amount(&line.unit_price)).map(|(quantity, price)| quantity * price);
        product
            .zip(amount(&line.net_amount).or(amount(&line.gross_amount)))
            .is_some_and(|(a, b)| is_near(a, b))
    };
    let share = |count: usize| if lines.is_empty() { 0.0 } else { count as f32 / lines.len() as f32 };
    let sum = |field: fn(&Line) -> &Option<Field<Decimal>>| {
        lines.iter().filter_map(|line| amount(field(line))).sum::<Decimal>()
    };
    let totals = &document.totals;
    let known = [&totals.lines, &totals.net, &totals.gross].into_iter().filter_map(amount);
    let sums = [sum(|line| &line.net_amount), sum(|line| &line.gross_amount)];
    let is_whole =
        known.into_iter().any(|total| !total.is_zero() && sums.iter().any(|sum| is_near(*sum, total)));
    share(lines.iter().filter(fits).count()) + if is_whole && !lines.is_empty() { 2.0 } else { 0.0 }
}
