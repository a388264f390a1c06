//! Finds the rows that name the columns, and where nobody named them, tells columns by what they hold.

use std::collections::BTreeMap;

use super::grid::{Cell, Grid, Row, Value};
use super::numbers::{self, Mark};
use super::words::{self, Role};
use crate::notes::{self, Note};

/// How far down a table may begin.
const SEARCHED_ROWS: usize = 300;
/// The longest heading; longer texts are sentences.
const LONGEST_HEADING: usize = 120;
/// The most columns that a head names.
const MOST_COLUMNS: usize = 100;
/// Rows that are looked at to tell what a column holds.
const SAMPLE_ROWS: usize = 60;

/// A table of goods in a grid.
#[derive(Debug, Clone, PartialEq)]
pub(super) struct Table {
    /// Column of each role.
    pub(super) columns: BTreeMap<Role, u32>,
    /// The first row of its head, as an index.
    pub(super) first_head_row: usize,
    /// The first row below its head, as an index.
    pub(super) first_row: usize,
    /// The currency that the head names.
    pub(super) currency: Option<&'static str>,
    /// How numbers are written where one of them does not show it.
    pub(super) mark: Option<Mark>,
    /// How sure it is what the columns hold.
    pub(super) confidence: f32,
    /// What to mind.
    pub(super) notes: Vec<Note>,
}

struct Candidate {
    columns: BTreeMap<Role, u32>,
    headings: BTreeMap<u32, String>,
    rows: usize,
    at: usize,
    score: i32,
}

/// The table of a grid, if it has one.
pub(super) fn find(grid: &Grid) -> Option<Table> {
    let mut best: Option<Candidate> = None;
    for at in 0..grid.rows.len().min(SEARCHED_ROWS) {
        for rows in 1..=3 {
            let Some(candidate) = candidate(grid, at, rows) else { continue };
            if best.as_ref().is_none_or(|best| candidate.score > best.score) {
                best = Some(candidate);
            }
        }
    }
    let mark = mark(grid);
    match best {
        Some(best) => Some(named(grid, &best, mark)),
        None => by_content(grid, mark),
    }
}

fn named(grid: &Grid, head: &Candidate, mark: Option<Mark>) -> Table {
    let mut minded = Vec::new();
    let other: Vec<&str> = head
        .headings
        .iter()
        .filter(|(column, heading)| {
            let is_price =
                words::role(heading).is_some_and(|(role, _)| role == Role::Price || role == Role::PriceGross);
            is_price && !head.columns.values().any(|used| used == *column)
        })
        .map(|(_, heading)| heading.as_str())
        .collect();
    if !other.is_empty() {
        minded.push(notes::other_prices(other.join("; ")));
    }
    let money = [Role::Price, Role::PriceGross, Role::Net, Role::Gross, Role::Amount];
    let named = money.iter().filter_map(|role| head.headings.get(head.columns.get(role)?));
    let currency = named.filter_map(|heading| numbers::currency(heading)).next();
    let first_row = head.at + head.rows;
    // Forms number their columns below the head.
    let numbered = grid.rows.get(first_row).is_some_and(is_numbering);
    Table {
        columns: head.columns.clone(),
        first_head_row: head.at,
        first_row: first_row + usize::from(numbered),
        currency,
        mark,
        confidence: 0.95,
        notes: minded,
    }
}

/// Takes `rows` rows from `at` on as a head.
fn candidate(grid: &Grid, at: usize, rows: usize) -> Option<Candidate> {
    let head = grid.rows.get(at..at + rows)?;
    let is_head = |row: &Row| {
        row.cells.len() <= MOST_COLUMNS
            && row
                .cells
                .iter()
                .all(|cell| cell.as_text().is_some_and(|text| text.chars().count() <= LONGEST_HEADING))
    };
    if !head.iter().all(is_head) || head.windows(2).any(|two| two[1].number > two[0].number + 2) {
        return None;
    }
    let headings = headings(head);
    let mut columns: BTreeMap<Role, (u32, usize)> = BTreeMap::new();
    for (&column, heading) in &headings {
        let Some((role, length)) = words::role(heading) else { continue };
        // The first column of a kind, unless a later one says it in more words: `Price` and `Wholesale price`.
        let is_better = columns.get(&role).is_none_or(|(_, best)| role == Role::Price && length > *best);
        if is_better && role != Role::Other {
            columns.insert(role, (column, length));
        }
    }
    let columns: BTreeMap<Role, u32> =
        columns.into_iter().map(|(role, (column, _))| (role, column)).collect();
    let columns = told_apart(grid, at + rows, columns);
    let has = |role| columns.contains_key(&role);
    let is_goods = has(Role::Name) || has(Role::Article) || has(Role::Gtin);
    let counts = [Role::Price, Role::PriceGross, Role::Quantity, Role::Net, Role::Gross, Role::Amount];
    if !is_goods || columns.len() < 2 || !counts.into_iter().any(has) {
        return None;
    }
    let score = columns.keys().map(|role| weight(*role)).sum::<i32>() + 2 * filled(grid, at + rows, &columns)
        // Of heads that say as much the shortest one.
        - i32::try_from(rows).unwrap_or(0);
    Some(Candidate { columns, headings, rows, at, score })
}

/// The heading of each column; one that stands over several belongs to each of those below it.
fn headings(head: &[Row]) -> BTreeMap<u32, String> {
    let mut headings: BTreeMap<u32, String> = BTreeMap::new();
    let below: Vec<u32> = head[1..].iter().flat_map(|row| row.cells.iter().map(|cell| cell.column)).collect();
    for (index, row) in head.iter().enumerate() {
        for (position, cell) in row.cells.iter().enumerate() {
            let end = row.cells.get(position + 1).map_or(u32::MAX, |next| next.column);
            let under = below.iter().filter(|column| (cell.column + 1..end).contains(column)).copied();
            let over: Vec<u32> = if index + 1 == head.len() { Vec::new() } else { under.collect() };
            for column in std::iter::once(cell.column)
                .chain(over.into_iter().collect::<std::collections::BTreeSet<_>>())
            {
                let heading = headings.entry(column).or_default();
                if !heading.is_empty() {
                    heading.push(' ');
                }
                heading.push_str(cell.as_text().unwrap_or_default());
            }
        }
    }
    headings
}

/// Settles what words leave open by what stands below: a second column of names, an amount that is the price.
fn told_apart(grid: &Grid, first: usize, mut columns: BTreeMap<Role, u32>) -> BTreeMap<Role, u32> {
    // `Description` beside `Article` is the name; `Article` with words in it is the name too.
    if !columns.contains_key(&Role::Name) {
        for role in [Role::Description, Role::Article] {
            let Some(&column) = columns.get(&role) else { continue };
            if mean_words(grid, first, column) >= 2.0 {
                columns.remove(&role);
                columns.insert(Role::Name, column);
                break;
            }
        }
    }
    let has_price = columns.contains_key(&Role::Price) || columns.contains_key(&Role::PriceGross);
    // Price lists call it `Cost` or `Amount`.
    if !has_price && !columns.contains_key(&Role::Quantity) {
        if let Some(column) = columns.remove(&Role::Amount) {
            columns.insert(Role::Price, column);
        } else if let Some(column) = columns.remove(&Role::Net) {
            columns.insert(Role::Price, column);
        } else if let Some(column) = columns.remove(&Role::Gross) {
            columns.insert(Role::PriceGross, column);
        }
    }
    columns
}

fn mean_words(grid: &Grid, first: usize, column: u32) -> f32 {
    let texts = grid.rows.iter().skip(first).take(SAMPLE_ROWS).filter_map(|row| row.at(column)?.as_text());
    let (mut count, mut words) = (0.0_f32, 0.0_f32);
    for text in texts {
        count += 1.0;
        words += text.split_whitespace().count() as f32;
    }
    if count > 0.0 { words / count } else { 0.0 }
}

fn weight(role: Role) -> i32 {
    match role {
        Role::Name | Role::Price | Role::PriceGross | Role::Gtin => 6,
        Role::Quantity | Role::Net | Role::Gross | Role::Amount | Role::Article => 4,
        Role::Position | Role::Section | Role::Description | Role::Other => 1,
        _ => 2,
    }
}

/// In how many of the next rows a column of numbers has one, up to three.
fn filled(grid: &Grid, first: usize, columns: &BTreeMap<Role, u32>) -> i32 {
    let roles = [Role::Price, Role::PriceGross, Role::Quantity, Role::Amount, Role::Net, Role::Gross];
    let is_number = |cell: &Cell| match &cell.value {
        Value::Number(_) => true,
        Value::Text(text) => numbers::number(text, None).is_some(),
        _ => false,
    };
    let rows = grid.rows.iter().skip(first).take(SAMPLE_ROWS);
    let filled =
        rows.filter(|row| roles.iter().filter_map(|role| row.at(*columns.get(role)?)).any(is_number));
    i32::try_from(filled.take(3).count()).unwrap_or(0)
}

/// `1 2 3 4 ..` or `А Б 1 1а 2 ..` below a head.
fn is_numbering(row: &Row) -> bool {
    let short = row.cells.iter().filter(|cell| cell.shown().chars().count() <= 3).count();
    let mut next = 1.into();
    let mut in_turn = 0;
    for cell in &row.cells {
        let number = match &cell.value {
            Value::Number(number) => Some(*number),
            Value::Text(text) => numbers::number(text, None),
            _ => None,
        };
        if number == Some(next) {
            in_turn += 1;
            next += rust_decimal::Decimal::ONE;
        }
    }
    row.cells.len() >= 3 && short == row.cells.len() && in_turn * 2 > row.cells.len()
}

/// How the grid's texts write fractions: what most of those say that show it.
fn mark(grid: &Grid) -> Option<Mark> {
    let (mut commas, mut dots) = (0, 0);
    for text in grid.rows.iter().take(2000).flat_map(Row::texts) {
        let digits: String = text.chars().filter(|c| c.is_ascii_digit() || *c == ',' || *c == '.').collect();
        if numbers::number(text, None).is_none() {
            continue;
        }
        match numbers::own_mark(&digits) {
            Some(Mark::Comma) => commas += 1,
            Some(Mark::Dot) => dots += 1,
            None => {}
        }
    }
    match (commas, dots) {
        (0, 0) => None,
        (commas, dots) if commas >= dots => Some(Mark::Comma),
        _ => Some(Mark::Dot),
    }
}

/// A table that nobody named: the column of GTINs, the one with the most words, the last one of amounts.
fn by_content(grid: &Grid, mark: Option<Mark>) -> Option<Table> {
    let sample = &grid.rows[..grid.rows.len().min(SAMPLE_ROWS)];
    let mut kinds: BTreeMap<u32, Kinds> = BTreeMap::new();
    for cell in sample.iter().flat_map(|row| &row.cells) {
        kinds.entry(cell.column).or_default().add(cell, mark);
    }
    let most = |count: fn(&Kinds) -> usize| {
        let full = kinds.iter().filter(|(_, kinds)| count(kinds) * 10 >= sample.len() * 7);
        full.map(|(column, _)| *column).collect::<Vec<u32>>()
    };
    let gtin = most(|kinds| kinds.gtins).first().copied();
    let name = most(|kinds| kinds.texts).into_iter().max_by_key(|column| kinds[column].words)?;
    let price = most(|kinds| kinds.fractions).last().copied().filter(|column| *column != name)?;
    if sample.len() < 3 {
        return None;
    }
    let mut columns = BTreeMap::from([(Role::Name, name), (Role::Price, price)]);
    columns.extend(gtin.filter(|column| *column != price).map(|column| (Role::Gtin, column)));
    Some(Table {
        columns,
        first_head_row: 0,
        first_row: 0,
        currency: None,
        mark,
        confidence: 0.5,
        notes: vec![notes::no_head()],
    })
}

/// What a column's cells are.
#[derive(Default)]
struct Kinds {
    texts: usize,
    words: usize,
    fractions: usize,
    gtins: usize,
}

impl Kinds {
    fn add(&mut self, cell: &Cell, mark: Option<Mark>) {
        let shown = cell.shown();
        let number = match &cell.value {
            Value::Number(number) => Some(*number),
            Value::Text(text) => numbers::number(text, mark),
            _ => None,
        };
        match number {
            Some(_) if domain::gtin::Gtin::parse(&shown).is_ok() => self.gtins += 1,
            Some(_) if shown.contains([',', '.']) => self.fractions += 1,
            Some(_) => {}
            None => {
                self.texts += 1;
                self.words += shown.split_whitespace().count();
            }
        }
    }
}
