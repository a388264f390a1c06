//! Workbooks and files of separated values: price lists, delivery notes, invoices and estimates as people type them.
//!
//! A sheet becomes a [`grid::Grid`]; [`head`] finds the row that names the columns wherever it is, [`rows`] makes lines of what stands
//! below it, [`about`] finds number, dates and parties around it. Each sheet that has such a table is one document.

mod about;
mod dates;
mod grid;
mod head;
mod numbers;
mod parties;
mod rows;
mod safe;
mod separated;
mod table;
mod words;
mod workbook;

pub use safe::safe_cell;
pub use table::{Table, TableRow, table};
pub(crate) use workbook::{Book, Held};

use crate::detect::Workbook;
use crate::document::{Format, ParsedDocument};
use crate::encoding::Text;
use crate::notes::{self, Note};
use crate::read::Documents;
use crate::reading::{Hints, Limits, Refusal};
use grid::Grid;

/// Cells that are read of one file.
const CELLS: usize = 1_000_000;

/// Reads a workbook.
pub(crate) fn read_workbook(bytes: &[u8], kind: Workbook, hints: &Hints, limits: &Limits) -> Documents {
    let broken = |why| Refusal::Broken { name: hints.file_name.clone(), why };
    let too_large = |why| Refusal::TooLarge { name: hints.file_name.clone(), why };
    if kind != Workbook::Xls {
        workbook::check_size(bytes, limits).map_err(too_large)?;
    }
    let grids = workbook::open(bytes, kind, CELLS).map_err(broken)?;
    understand(&grids, hints, limits)
}

/// Reads lines of values with a separator between them.
pub(crate) fn read_separated(text: &Text, separator: char, hints: &Hints, limits: &Limits) -> Documents {
    let mut grid = separated::open(&text.text, separator, CELLS);
    if text.is_damaged {
        grid.notes.push(notes::letters_damaged(text.encoding));
    }
    understand(&[grid], hints, limits)
}

/// Refuses a workbook that unpacks to more than it may; one of before 2007 is not packed.
pub(crate) fn check_size(bytes: &[u8], kind: Workbook, limits: &Limits) -> Result<(), Note> {
    if kind == Workbook::Xls { Ok(()) } else { workbook::check_size(bytes, limits) }
}

fn understand(grids: &[Grid], hints: &Hints, limits: &Limits) -> Documents {
    let mut documents: Vec<ParsedDocument> =
        grids.iter().filter_map(|grid| document(grid, hints, limits)).collect();
    let Some(first) = documents.first_mut() else {
        let names: Vec<&str> = grids.iter().map(|grid| grid.name.as_str()).collect();
        let why = notes::no_goods(names.join(", "));
        return Err(Refusal::Broken { name: hints.file_name.clone(), why });
    };
    for grid in grids.iter().filter(|grid| grid.is_hidden && !grid.rows.is_empty()) {
        first.warn(notes::hidden_sheet(&grid.name));
    }
    Ok(documents)
}

/// What one sheet says, if it has a table of goods.
fn document(grid: &Grid, hints: &Hints, limits: &Limits) -> Option<ParsedDocument> {
    let table = head::find(grid)?;
    let mut document = ParsedDocument::empty(Format::Sheet);
    document.path.clone_from(&grid.name);
    grid.notes.iter().chain(&table.notes).for_each(|note| document.warn(note.clone()));
    let above = grid.rows.iter().take(table.first_head_row);
    about::read(above, &mut document, hints);
    let end = rows::read(grid, &table, limits, &mut document);
    about::read(grid.rows.iter().skip(end), &mut document, hints);
    if document.lines.is_empty() {
        return None;
    }
    about::settle(&mut document, &table, hints);
    Some(document)
}
