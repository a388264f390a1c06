//! Tables as rows of texts, each cell to the last letter.

use std::io::Cursor;

use calamine::{Data, Ods, Reader, SheetVisible, Xls, Xlsb, Xlsx};

use super::values::{number, unguarded};
use super::{ROWS_MAX, tell};
use crate::detect::Workbook;
use crate::notes::{self, Note};
use crate::sheet::broken;

/// Lines in which the sign between values is looked for.
const SEPARATORS: [char; 4] = [';', ',', '\t', '|'];

/// A row of a table.
pub(super) struct Line {
    /// As the program shows it, from 1.
    pub(super) number: u32,
    /// From the left.
    pub(super) cells: Vec<String>,
}

/// A table and what to mind of it.
pub(super) struct Cells {
    pub(super) lines: Vec<Line>,
    pub(super) notes: Vec<Note>,
}

/// Values with a separator between them (RFC 4180); line breaks within quotes belong to the value.
pub(super) fn of_text(text: &str) -> Cells {
    let mut reader = csv::ReaderBuilder::new()
        .has_headers(false)
        .flexible(true)
        .delimiter(separator(text))
        .from_reader(text.as_bytes());
    let mut cells = Cells { lines: Vec::new(), notes: Vec::new() };
    let mut record = csv::StringRecord::new();
    // A sheet program counts records: a value with line breaks is in one row.
    let mut number = 0;
    loop {
        match reader.read_record(&mut record) {
            Ok(true) => number += 1,
            Ok(false) => break,
            Err(error) => {
                cells.notes.push(notes::sheet_unreadable(error));
                break;
            }
        }
        let row = record.iter().map(|cell| unguarded(cell).to_owned()).collect();
        if !push(&mut cells, number, row) {
            break;
        }
    }
    cells
}

/// The sign that the first line with any has most of; a semicolon before a comma, which stands in numbers too.
fn separator(text: &str) -> u8 {
    let head = text.lines().find(|line| line.contains(SEPARATORS)).unwrap_or_default();
    let most = SEPARATORS.iter().rev().max_by_key(|sign| head.matches(**sign).count());
    most.and_then(|sign| u8::try_from(*sign).ok()).unwrap_or(b',')
}

/// The first sheet that is shown and holds anything.
pub(super) fn of_workbook(bytes: &[u8], kind: Workbook) -> Result<Cells, Note> {
    let source = Cursor::new(bytes);
    match kind {
        Workbook::Xlsx => of_sheets(Xlsx::new(source).map_err(|error| broken(&error))?),
        Workbook::Xlsb => of_sheets(Xlsb::new(source).map_err(|error| broken(&error))?),
        Workbook::Xls => of_sheets(Xls::new(source).map_err(|error| broken(&error))?),
        Workbook::Ods => of_sheets(Ods::new(source).map_err(|error| broken(&error))?),
    }
}

fn of_sheets<'a, B>(mut book: B) -> Result<Cells, Note>
where
    B: Reader<Cursor<&'a [u8]>>,
    B::Error: std::error::Error,
{
    let sheets = book.sheets_metadata().to_vec();
    for sheet in sheets.iter().filter(|sheet| sheet.visible == SheetVisible::Visible) {
        let range = book.worksheet_range(&sheet.name).map_err(|error| broken(&error))?;
        if range.is_empty() {
            continue;
        }
        let mut cells = Cells { lines: Vec::new(), notes: Vec::new() };
        let first = range.start().map_or(0, |(row, _)| row);
        for (row, index) in range.rows().zip(1_u32..) {
            if !push(&mut cells, first + index, row.iter().map(shown).collect()) {
                break;
            }
        }
        if sheets.len() > 1 {
            cells.notes.push(notes::one_sheet_read(&sheet.name));
        }
        return Ok(cells);
    }
    Err(notes::nothing_in_it())
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

/// Adds a row that holds anything; false where there are more than may be.
fn push(cells: &mut Cells, number: u32, row: Vec<String>) -> bool {
    if row.iter().all(|cell| cell.trim().is_empty()) {
        return true;
    }
    tell(cells.lines.len());
    cells.lines.push(Line { number, cells: row });
    cells.lines.len() <= ROWS_MAX + super::columns::HEAD_ROWS_MAX
}
