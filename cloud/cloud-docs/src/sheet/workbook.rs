//! Workbooks become grids. Formulas are never computed: what counts is the value that the program kept.

use std::io::Cursor;

use calamine::{Data, DataRef, Ods, Reader, Sheet, SheetVisible, Xls, Xlsb, Xlsx};
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
    let mut book = Book::open(bytes, kind)?;
    let (mut grids, mut left) = (Vec::new(), most_cells);
    for sheet in book.sheets().iter().take(SHEETS) {
        let mut grid = begin(&sheet.name, sheet.visible);
        let ended = book.each_cell(&sheet.name, |place, held| {
            if left == 0 {
                return false;
            }
            left -= 1;
            push(&mut grid, place.row, made(place, &held));
            true
        });
        match ended {
            Ok(true) => {}
            Ok(false) => grid.notes.push(notes::cells_cut(most_cells)),
            Err(why) => grid.notes.push(why),
        }
        grids.push(finish(grid));
    }
    Ok(grids)
}

/// A workbook whose sheets are read cell by cell, so that one that claims to be large takes no more than it holds. Programs of before
/// 2007 and of OpenDocument lay out the whole rectangle all the same; the process's limit of memory holds for them.
pub(crate) enum Book<'a> {
    Xlsx(Box<Xlsx<Cursor<&'a [u8]>>>),
    Xlsb(Box<Xlsb<Cursor<&'a [u8]>>>),
    Xls(Box<Xls<Cursor<&'a [u8]>>>),
    Ods(Box<Ods<Cursor<&'a [u8]>>>),
}

/// Where a cell is.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Place {
    /// From 0.
    pub(crate) row: u32,
    /// From 0.
    pub(crate) column: u32,
    /// The currency that the cell's format shows beside the number.
    currency: Option<&'static str>,
}

/// What a cell holds. Texts that many cells share are not copied.
pub(crate) enum Held<'a> {
    Text(&'a str),
    Other(&'a Data),
}

impl<'a> Book<'a> {
    /// Opens it, or says why it does not open.
    pub(crate) fn open(bytes: &'a [u8], kind: Workbook) -> Result<Self, Note> {
        let source = Cursor::new(bytes);
        Ok(match kind {
            Workbook::Xlsx => Self::Xlsx(Box::new(Xlsx::new(source).map_err(|error| broken(&error))?)),
            Workbook::Xlsb => Self::Xlsb(Box::new(Xlsb::new(source).map_err(|error| broken(&error))?)),
            Workbook::Xls => Self::Xls(Box::new(Xls::new(source).map_err(|error| broken(&error))?)),
            Workbook::Ods => Self::Ods(Box::new(Ods::new(source).map_err(|error| broken(&error))?)),
        })
    }

    /// Its sheets, hidden ones too.
    pub(crate) fn sheets(&self) -> Vec<Sheet> {
        match self {
            Self::Xlsx(book) => book.sheets_metadata(),
            Self::Xlsb(book) => book.sheets_metadata(),
            Self::Xls(book) => book.sheets_metadata(),
            Self::Ods(book) => book.sheets_metadata(),
        }
        .to_vec()
    }

    /// Shows each cell of a sheet, in the order of the file, as long as `show` wants more; false where it wanted no more.
    pub(crate) fn each_cell(
        &mut self,
        sheet: &str,
        show: impl FnMut(Place, Held<'_>) -> bool,
    ) -> Result<bool, Note> {
        match self {
            Self::Xlsx(book) => each_of_xlsx(book, sheet, show),
            Self::Xlsb(book) => each_of_xlsb(book, sheet, show),
            Self::Xls(book) => each_of_range(book.as_mut(), sheet, show),
            Self::Ods(book) => each_of_range(book.as_mut(), sheet, show),
        }
    }
}

/// Why a workbook does not open.
fn broken(error: &dyn std::error::Error) -> Note {
    let text = error.to_string();
    // The only fault that whoever sent it can do something about by a setting of their program.
    if text.to_lowercase().contains("password") { notes::locked() } else { notes::workbook_broken(text) }
}

fn each_of_xlsx(
    book: &mut Xlsx<Cursor<&[u8]>>,
    sheet: &str,
    mut show: impl FnMut(Place, Held<'_>) -> bool,
) -> Result<bool, Note> {
    let mut cells = book.worksheet_cells_reader(sheet).map_err(notes::sheet_unreadable)?;
    while let Some((cell, style)) = cells.next_cell_with_style_id().map_err(notes::sheet_unreadable)? {
        let (row, column) = cell.get_position();
        let format = cells.styles().get(style).and_then(|style| style.number_format.as_ref());
        let currency = format.and_then(|format| numbers::currency(&format.format_code));
        if !show_held(Place { row, column, currency }, cell.get_value(), &mut show) {
            return Ok(false);
        }
    }
    Ok(true)
}

fn each_of_xlsb(
    book: &mut Xlsb<Cursor<&[u8]>>,
    sheet: &str,
    mut show: impl FnMut(Place, Held<'_>) -> bool,
) -> Result<bool, Note> {
    let mut cells = book.worksheet_cells_reader(sheet).map_err(notes::sheet_unreadable)?;
    while let Some(cell) = cells.next_cell().map_err(notes::sheet_unreadable)? {
        let (row, column) = cell.get_position();
        if !show_held(Place { row, column, currency: None }, cell.get_value(), &mut show) {
            return Ok(false);
        }
    }
    Ok(true)
}

fn show_held(place: Place, value: &DataRef<'_>, show: &mut impl FnMut(Place, Held<'_>) -> bool) -> bool {
    match value {
        DataRef::SharedString(text) => show(place, Held::Text(text)),
        value => show(place, Held::Other(&Data::from(value.clone()))),
    }
}

fn each_of_range<'a, B>(
    book: &mut B,
    sheet: &str,
    mut show: impl FnMut(Place, Held<'_>) -> bool,
) -> Result<bool, Note>
where
    B: Reader<Cursor<&'a [u8]>>,
    B::Error: std::error::Error,
{
    let range = book.worksheet_range(sheet).map_err(notes::sheet_unreadable)?;
    let (first_row, first_column) = range.start().unwrap_or_default();
    let at = |index: usize| u32::try_from(index).unwrap_or(u32::MAX);
    for (row, column, data) in range.used_cells() {
        let (row, column) = (first_row.saturating_add(at(row)), first_column.saturating_add(at(column)));
        if !show(Place { row, column, currency: None }, Held::Other(data)) {
            return Ok(false);
        }
    }
    Ok(true)
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

fn made(place: Place, held: &Held<'_>) -> Option<Cell> {
    let Place { column, currency, .. } = place;
    let data = match held {
        Held::Text(text) => return Cell::text(column, text).map(|cell| Cell { currency, ..cell }),
        Held::Other(data) => *data,
    };
    let value = match data {
        Data::Empty => return None,
        Data::String(text) | Data::DurationIso(text) => {
            return Cell::text(column, text).map(|cell| Cell { currency, ..cell });
        }
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
            None => return Cell::text(column, text).map(|cell| Cell { currency, ..cell }),
        },
        Data::Error(fault) => Value::Fault(fault.to_string()),
    };
    Some(Cell { column, value, currency })
}
