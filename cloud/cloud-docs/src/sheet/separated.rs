//! Text files of values with a separator between them (RFC 4180, and what programs make of it).

use super::grid::{Cell, Grid, Row};
use crate::notes;

/// The text as a grid. Every value stays a text here: what is a number is decided column by column.
pub(super) fn open(text: &str, separator: char, most_cells: usize) -> Grid {
    let mut grid = Grid::default();
    let separator = u8::try_from(separator).unwrap_or(b',');
    let mut reader = csv::ReaderBuilder::new()
        .has_headers(false)
        .flexible(true)
        .delimiter(separator)
        .from_reader(text.as_bytes());
    let mut cells = 0;
    let mut record = csv::StringRecord::new();
    loop {
        match reader.read_record(&mut record) {
            Ok(true) => {}
            Ok(false) => break,
            Err(error) => {
                grid.notes.push(notes::sheet_unreadable(error));
                break;
            }
        }
        let number = record.position().map_or(0, csv::Position::line);
        let mut row = Row { number: u32::try_from(number).unwrap_or(u32::MAX), cells: Vec::new() };
        row.cells.extend((0..).zip(&record).filter_map(|(column, value)| Cell::text(column, value)));
        cells += record.len();
        if cells > most_cells {
            grid.notes.push(notes::cells_cut(most_cells));
            break;
        }
        if !row.cells.is_empty() {
            grid.rows.push(row);
        }
    }
    grid
}
