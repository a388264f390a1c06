//! A sheet as it is, row by row, for those who know what its columns are.

use serde::{Deserialize, Serialize};

use super::grid::{Cell, Grid};
use super::{CELLS, separated, workbook};
use crate::detect::{Content, Workbook, detect};
use crate::notes;
use crate::reading::{Hints, Limits, Refusal};

/// Rows of the first sheet that holds any.
#[derive(Debug, Clone, PartialEq, Eq, Default, Serialize, Deserialize)]
pub struct Table {
    /// Those that hold something, from the top.
    pub rows: Vec<TableRow>,
    /// What to mind, in English.
    pub notes: Vec<String>,
}

/// One row.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct TableRow {
    /// As the program shows it, from 1.
    pub number: u32,
    /// What its cells show, from the first column; empty ones are empty.
    pub cells: Vec<String>,
}

/// Reads a workbook or separated values without asking what they are about.
pub fn table(bytes: &[u8], hints: &Hints, limits: &Limits) -> Result<Table, Refusal> {
    let broken = |why| Refusal::Broken { name: hints.file_name.clone(), why };
    let grids = match detect(bytes) {
        Content::Workbook(kind) => {
            if kind != Workbook::Xls {
                let too_large = |why| Refusal::TooLarge { name: hints.file_name.clone(), why };
                workbook::check_size(bytes, limits).map_err(too_large)?;
            }
            workbook::open(bytes, kind, CELLS).map_err(broken)?
        }
        Content::Csv(text, separator) => vec![separated::open(&text.text, separator, CELLS)],
        // Too few rows to tell it from prose by: the head says what separates.
        Content::Plain(text) => vec![separated::open(&text.text, separator(&text.text), CELLS)],
        other => {
            return Err(broken(notes::no_table(other.word())));
        }
    };
    let grid = grids.into_iter().find(|grid| !grid.rows.is_empty() && !grid.is_hidden);
    let grid = grid.ok_or_else(|| broken(notes::nothing_in_it()))?;
    Ok(shown(&grid, limits.lines as usize))
}

/// What the first line has most of.
fn separator(text: &str) -> char {
    let head = text.lines().find(|line| !line.trim().is_empty()).unwrap_or_default();
    [',', '\t', ';'].into_iter().max_by_key(|sign| head.matches(*sign).count()).unwrap_or(',')
}

fn shown(grid: &Grid, most: usize) -> Table {
    let rows = grid.rows.iter().take(most).map(|row| {
        let width = row.cells.last().map_or(0, |cell| cell.column + 1);
        let cells = (0..width).map(|column| row.at(column).map(Cell::shown).unwrap_or_default());
        TableRow { number: row.number, cells: cells.collect() }
    });
    let mut told: Vec<String> = grid.notes.iter().map(|note| note.text.clone()).collect();
    if grid.rows.len() > most {
        told.push(format!("it has {} rows: those behind the first {most} are not read", grid.rows.len()));
    }
    Table { rows: rows.collect(), notes: told }
}
