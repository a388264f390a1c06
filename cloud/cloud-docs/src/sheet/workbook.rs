//! Workbooks become grids. Formulas are never computed: what counts is the value that the program kept.

use std::io::Cursor;

use calamine::{Data, DataRef, Ods, Reader, SheetVisible, Xls, Xlsb, Xlsx};
use jiff::civil::Date;

use super::grid::{Cell, Grid, Row, Value};
use super::numbers;
use crate::detect::{DIRECTORY_ENTRIES, Workbook, directory_entries};
use crate::notes::{self, Note};
use crate::reading::Limits;

/// Sheets that are read of one workbook.
const SHEETS: usize = 50;
/// Below this a high ratio is nothing to mind: an empty sheet packs well.
const SMALL_BYTES: u64 = 1 << 20;

/// Refuses a workbook that unpacks to more than it may, by what its directory says; what lies there runs into the limit of memory.
pub(super) fn check_size(bytes: &[u8], limits: &Limits) -> Result<(), Note> {
    let entries = directory_entries(bytes);
    if entries > DIRECTORY_ENTRIES {
        return Err(notes::directory_too_long(entries, DIRECTORY_ENTRIES));
    }
    // One that cannot be opened is refused by its reader, who knows why.
    let Ok(mut zip) = zip::ZipArchive::new(Cursor::new(bytes)) else { return Ok(()) };
    let mut unpacked = 0_u64;
    for index in 0..zip.len() {
        let Ok(entry) = zip.by_index_raw(index) else { continue };
        unpacked = unpacked.saturating_add(entry.size());
        let ratio = entry.size() / entry.compressed_size().max(1);
        if entry.size() > SMALL_BYTES && ratio > u64::from(limits.unpack_ratio) {
            return Err(notes::packed_too_tight(limits.unpack_ratio));
        }
        if unpacked > limits.unpacked_bytes {
            return Err(notes::workbook_too_large(unpacked, limits.unpacked_bytes));
        }
    }
    Ok(())
}

/// All sheets of a workbook, hidden ones too, or why it does not open.
pub(super) fn open(bytes: &[u8], kind: Workbook, most_cells: usize) -> Result<Vec<Grid>, Note> {
    let source = Cursor::new(bytes);
    match kind {
        Workbook::Xlsx => xlsx(Xlsx::new(source).map_err(|error| broken(&error))?, most_cells),
        Workbook::Xlsb => ranges(Xlsb::new(source).map_err(|error| broken(&error))?, most_cells),
        Workbook::Xls => ranges(Xls::new(source).map_err(|error| broken(&error))?, most_cells),
        Workbook::Ods => ranges(Ods::new(source).map_err(|error| broken(&error))?, most_cells),
    }
}

/// Why a workbook does not open.
pub(crate) fn broken(error: &dyn std::error::Error) -> Note {
    let text = error.to_string();
    // The only fault that whoever sent it can do something about by a setting of their program.
    if text.to_lowercase().contains("password") { notes::locked() } else { notes::workbook_broken(text) }
}

/// Cell by cell, so that a sheet that claims to be large takes no more than it holds.
fn xlsx(mut book: Xlsx<Cursor<&[u8]>>, most_cells: usize) -> Result<Vec<Grid>, Note> {
    let mut grids = Vec::new();
    let mut left = most_cells;
    let sheets = book.sheets_metadata().to_vec();
    for sheet in sheets.iter().take(SHEETS) {
        let mut grid = begin(&sheet.name, sheet.visible);
        let mut cells = match book.worksheet_cells_reader(&sheet.name) {
            Ok(cells) => cells,
            Err(error) => {
                grid.notes.push(notes::sheet_unreadable(error));
                grids.push(grid);
                continue;
            }
        };
        loop {
            let next = cells.next_cell_with_style_id();
            let (cell, style) = match next {
                Ok(Some(cell)) => cell,
                Ok(None) => break,
                Err(error) => {
                    grid.notes.push(notes::sheet_unreadable(error));
                    break;
                }
            };
            if left == 0 {
                grid.notes.push(notes::cells_cut(most_cells));
                break;
            }
            left -= 1;
            let (row, column) = cell.get_position();
            let shown = cells.styles().get(style).and_then(|style| style.number_format.as_ref());
            let currency = shown.and_then(|format| numbers::currency(&format.format_code));
            let value = if let DataRef::SharedString(text) = cell.get_value() {
                Cell::text(column, text)
            } else {
                made(column, &Data::from(cell.get_value().clone()))
            };
            push(&mut grid, row, value.map(|value| Cell { currency, ..value }));
        }
        grids.push(finish(grid));
    }
    Ok(grids)
}

fn ranges<'a, B>(mut book: B, most_cells: usize) -> Result<Vec<Grid>, Note>
where
    B: Reader<Cursor<&'a [u8]>>,
    B::Error: std::error::Error,
{
    let mut grids = Vec::new();
    let mut left = most_cells;
    let sheets = book.sheets_metadata().to_vec();
    for sheet in sheets.iter().take(SHEETS) {
        let mut grid = begin(&sheet.name, sheet.visible);
        match book.worksheet_range(&sheet.name) {
            Ok(range) => {
                let (first_row, first_column) = range.start().unwrap_or_default();
                for (row, column, data) in range.used_cells() {
                    if left == 0 {
                        grid.notes.push(notes::cells_cut(most_cells));
                        break;
                    }
                    left -= 1;
                    let at = |index: usize| u32::try_from(index).unwrap_or(u32::MAX);
                    push(&mut grid, first_row + at(row), made(first_column + at(column), data));
                }
            }
            Err(error) => grid.notes.push(notes::sheet_unreadable(error)),
        }
        grids.push(finish(grid));
    }
    Ok(grids)
}

fn begin(name: &str, visible: SheetVisible) -> Grid {
    Grid { name: name.to_owned(), is_hidden: visible != SheetVisible::Visible, ..Grid::default() }
}

fn push(grid: &mut Grid, row: u32, cell: Option<Cell>) {
    let Some(cell) = cell else { return };
    let number = row.saturating_add(1);
    match grid.rows.last_mut() {
        Some(last) if last.number == number => last.cells.push(cell),
        _ => grid.rows.push(Row { number, cells: vec![cell] }),
    }
}

/// Files may name rows and cells in any order, and twice.
fn finish(mut grid: Grid) -> Grid {
    grid.rows.sort_by_key(|row| row.number);
    let mut rows: Vec<Row> = Vec::with_capacity(grid.rows.len());
    for row in grid.rows {
        match rows.last_mut() {
            Some(last) if last.number == row.number => last.cells.extend(row.cells),
            _ => rows.push(row),
        }
    }
    for row in &mut rows {
        row.cells.sort_by_key(|cell| cell.column);
        row.cells.dedup_by_key(|cell| cell.column);
    }
    grid.rows = rows;
    grid
}

fn made(column: u32, data: &Data) -> Option<Cell> {
    let value = match data {
        Data::Empty => return None,
        Data::String(text) | Data::DurationIso(text) => return Cell::text(column, text),
        Data::Int(number) => Value::Number((*number).into()),
        Data::Float(number) => Value::Number(numbers::computed(*number)?),
        Data::Bool(flag) => return Cell::text(column, if *flag { "TRUE" } else { "FALSE" }),
        Data::DateTime(time) if time.is_datetime() => {
            let (year, month, day, ..) = time.to_ymd_hms_milli();
            let date =
                Date::new(i16::try_from(year).ok()?, i8::try_from(month).ok()?, i8::try_from(day).ok()?);
            Value::Date(date.ok()?)
        }
        Data::DateTime(time) => Value::Number(numbers::computed(time.as_f64())?),
        Data::DateTimeIso(text) => match text.get(..10).and_then(|date| date.parse().ok()) {
            Some(date) => Value::Date(date),
            None => return Cell::text(column, text),
        },
        Data::Error(fault) => Value::Fault(fault.to_string()),
    };
    Some(Cell { column, value, currency: None })
}
