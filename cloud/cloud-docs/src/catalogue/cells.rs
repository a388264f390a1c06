//! Tables as rows of texts, each cell to the last letter.

use calamine::{Data, SheetVisible};

use super::values::{number, unguarded};
use super::{ROWS_MAX, tell};
use crate::detect::Workbook;
use crate::notes::{self, Note};
use crate::sheet::{Book, Held};

/// Lines in which the sign between values is looked for.
const SEPARATORS: [char; 4] = [';', ',', '\t', '|'];

/// Cells that are read of one sheet.
const CELLS_MAX: usize = 5_000_000;

/// A row of a table.
pub(super) struct Line {
    /// As the program shows it, from 1.
    pub(super) number: u32,
    /// What its cells hold, from the left, each with its column, from 0; blank ones are left out.
    pub(super) cells: Vec<(u32, String)>,
}

/// A table and what to mind of it.
pub(super) struct Cells {
    pub(super) lines: Vec<Line>,
    pub(super) notes: Vec<Note>,
}

/// Values with a separator between them (RFC 4180); line breaks within quotes belong to the value.
pub(super) fn of_text(text: &str) -> Result<Cells, Note> {
    let mut reader = csv::ReaderBuilder::new()
        .has_headers(false)
        .flexible(true)
        .delimiter(separator(text))
        .from_reader(text.as_bytes());
    let mut lines = Vec::new();
    let mut record = csv::StringRecord::new();
    // A sheet program counts records: a value with line breaks is in one row.
    let mut number = 0;
    // What follows a fault would be taken for products that are gone: a table is read whole, or not.
    while reader.read_record(&mut record).map_err(notes::sheet_unreadable)? {
        number += 1;
        let cells: Vec<(u32, String)> = (0..)
            .zip(&record)
            .filter(|(_, cell)| !cell.trim().is_empty())
            .map(|(column, cell)| (column, unguarded(cell).to_owned()))
            .collect();
        if !cells.is_empty() {
            begin(&mut lines, Line { number, cells })?;
        }
    }
    Ok(Cells { lines, notes: Vec::new() })
}

/// The sign that the first line with any has most of; a semicolon before a comma, which stands in numbers too.
fn separator(text: &str) -> u8 {
    let head = text.lines().find(|line| line.contains(SEPARATORS)).unwrap_or_default();
    let most = SEPARATORS.iter().rev().max_by_key(|sign| head.matches(**sign).count());
    most.and_then(|sign| u8::try_from(*sign).ok()).unwrap_or(b',')
}

/// The first sheet that is shown and holds anything.
pub(super) fn of_workbook(bytes: &[u8], kind: Workbook) -> Result<Cells, Note> {
    let mut book = Book::open(bytes, kind)?;
    let sheets = book.sheets();
    for sheet in sheets.iter().filter(|sheet| sheet.visible == SheetVisible::Visible) {
        let lines = of_sheet(&mut book, &sheet.name)?;
        if !lines.is_empty() {
            let others = (sheets.len() > 1).then(|| notes::one_sheet_read(&sheet.name));
            return Ok(Cells { lines, notes: others.into_iter().collect() });
        }
    }
    Err(notes::nothing_in_it())
}

fn of_sheet(book: &mut Book<'_>, sheet: &str) -> Result<Vec<Line>, Note> {
    let mut lines: Vec<Line> = Vec::new();
    let (mut left, mut refused) = (CELLS_MAX, None);
    book.each_cell(sheet, |place, held| {
        let text = match held {
            Held::Text(text) => text.to_owned(),
            Held::Other(data) => shown(data),
        };
        if text.trim().is_empty() {
            return true;
        }
        if left == 0 {
            refused = Some(notes::cells_cut(CELLS_MAX));
            return false;
        }
        left -= 1;
        let (number, cell) = (place.row.saturating_add(1), (place.column, text));
        let begun = match lines.last_mut() {
            Some(last) if last.number == number => {
                last.cells.push(cell);
                Ok(())
            }
            _ => begin(&mut lines, Line { number, cells: vec![cell] }),
        };
        refused = begun.err();
        refused.is_none()
    })?;
    match refused {
        Some(why) => Err(why),
        None => Ok(in_order(lines)),
    }
}

/// Files may name rows and cells in any order, and twice: then the first one counts.
fn in_order(mut lines: Vec<Line>) -> Vec<Line> {
    lines.sort_by_key(|line| line.number);
    lines.dedup_by(|next, line| {
        let is_same = next.number == line.number;
        if is_same {
            line.cells.append(&mut next.cells);
        }
        is_same
    });
    for line in &mut lines {
        line.cells.sort_by_key(|(column, _)| *column);
        line.cells.dedup_by_key(|(column, _)| *column);
    }
    lines
}

/// What a cell shows. Nobody has dates of a product here: one is written as it would be.
fn shown(data: &Data) -> String {
    match data {
        Data::Empty => String::new(),
        Data::String(text) | Data::DurationIso(text) | Data::DateTimeIso(text) => text.clone(),
        Data::Int(whole) => whole.to_string(),
        Data::Float(value) => number(*value),
        Data::Bool(flag) => flag.to_string(),
        Data::DateTime(time) if time.is_datetime() => {
            let (year, month, day, ..) = time.to_ymd_hms_milli();
            format!("{year:04}-{month:02}-{day:02}")
        }
        Data::DateTime(time) => number(time.as_f64()),
        Data::Error(fault) => fault.to_string(),
    }
}

/// Begins a row, unless there are more than may be.
fn begin(lines: &mut Vec<Line>, line: Line) -> Result<(), Note> {
    if lines.len() > ROWS_MAX + super::columns::HEAD_ROWS_MAX {
        return Err(notes::products_cut(ROWS_MAX));
    }
    tell(lines.len());
    lines.push(line);
    Ok(())
}
