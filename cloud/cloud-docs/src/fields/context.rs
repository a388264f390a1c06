//! What is worked out once for all pages: rows, labels, numbers and dates.

use super::anchor::{self, Hit, Role, is_separator};
use super::date::{self, Dated, Order};
use super::number::{self, Amount, Notation};
use crate::document::{Field, Origin};
use crate::layout::{Cell, Sheet};
use crate::page::{Area, Page};

/// The pages with what is known of their words.
#[derive(Debug)]
pub(super) struct Context {
    /// Rows and cells.
    pub(super) sheet: Sheet,
    /// Labels, in reading order.
    pub(super) hits: Vec<Hit>,
    /// Where the hits of each row begin in `hits`.
    starts: Vec<usize>,
    /// How numbers are written here.
    pub(super) notation: Notation,
    /// Numbers of each cell of each row.
    pub(super) amounts: Vec<Vec<Vec<Amount>>>,
    /// Dates of each cell of each row.
    pub(super) dates: Vec<Vec<Vec<Dated>>>,
    origin: Origin,
}

/// Text that stands where a label says its value is.
#[derive(Debug, Clone)]
pub(super) struct Beside<'a> {
    /// Index of its row.
    pub(super) row: usize,
    /// Index of its cell.
    pub(super) column: usize,
    /// The cell.
    pub(super) cell: &'a Cell,
    /// From which of its words on.
    pub(super) from: usize,
    /// What of the label's last word is already the value.
    pub(super) rest: &'a str,
    /// How well the place fits, 0 to 1.
    pub(super) fit: f32,
}

impl Context {
    /// Reads the words of all pages.
    pub(super) fn of(pages: &[Page]) -> Self {
        let sheet = Sheet::of(pages);
        let notation = Notation::of(&sheet);
        let order = Order::of(&sheet);
        let hits = anchor::hits(&sheet);
        let starts = (0..=sheet.rows.len()).map(|row| hits.partition_point(|hit| hit.row < row)).collect();
        let dates: Vec<Vec<Vec<Dated>>> = sheet
            .rows
            .iter()
            .map(|row| row.cells.iter().map(|cell| date::dates(cell, order)).collect())
            .collect();
        let amounts = sheet
            .rows
            .iter()
            .map(|row| row.cells.iter().map(|cell| number::amounts(cell, notation)).collect())
            .collect();
        let is_recognised = pages.iter().any(|page| page.is_recognised);
        let origin = if is_recognised { Origin::Recognised } else { Origin::Printed };
        Self { sheet, hits, starts, notation, amounts, dates, origin }
    }

    /// The labels of a row.
    pub(super) fn row_hits(&self, row: usize) -> &[Hit] {
        &self.hits[self.starts[row]..self.starts[row + 1]]
    }

    /// The label a cell begins with.
    pub(super) fn opening(&self, row: usize, cell: usize) -> Option<&Hit> {
        self.row_hits(row).iter().find(|hit| hit.cell == cell && hit.words.0 == 0)
    }

    /// A value with its place.
    pub(super) fn field<T>(&self, value: T, confidence: f32, row: usize, area: Area) -> Field<T> {
        let place = self.sheet.rows.get(row).and_then(|row| self.sheet.place(row.page, area));
        Field { value, confidence: confidence.clamp(0.0, 0.99), origin: self.origin, place }
    }

    /// Where the value of a label may stand, best first: after it, right of it, below it.
    pub(super) fn beside<'a>(&'a self, hit: &'a Hit) -> Vec<Beside<'a>> {
        let mut found = Vec::new();
        let row = &self.sheet.rows[hit.row];
        let cell = &row.cells[hit.cell];
        let has_text = cell.words[hit.words.1..].iter().any(|word| word.text.contains(char::is_alphanumeric));
        if has_text || hit.rest.contains(char::is_alphanumeric) {
            let beside =
                Beside { row: hit.row, column: hit.cell, cell, from: hit.words.1, rest: &hit.rest, fit: 1.0 };
            found.push(beside);
        }
        let ends_with_colon = cell.text.trim_end().ends_with(':');
        let right = row.cells.iter().enumerate().skip(hit.cell + 1);
        if let Some((column, next)) = right.into_iter().find(|(_, next)| !next.text.chars().all(is_separator))
        {
            let far = (next.area.x0 - cell.area.x1) / self.sheet.size.max(1.0);
            let is_label = self.opening(hit.row, column).is_some_and(|next| next.length > 3);
            let fit = 0.95 - 0.004 * far - if is_label { 0.4 } else { 0.0 }
                + if ends_with_colon { 0.04 } else { 0.0 };
            found.push(Beside { row: hit.row, column, cell: next, from: 0, rest: "", fit });
        }
        if found.is_empty()
            && let Some((row, column, far)) = self.level_right(hit.row, hit.cell)
        {
            let next = &self.sheet.rows[row].cells[column];
            found.push(Beside { row, column, cell: next, from: 0, rest: "", fit: 0.85 - 0.004 * far });
        }
        found.extend(self.below(hit.row, hit.area, 2).into_iter().enumerate().map(
            |(steps, (at, column))| {
                let next = &self.sheet.rows[at].cells[column];
                let fit = 0.8 - 0.2 * steps as f32 - if ends_with_colon { 0.1 } else { 0.0 };
                Beside { row: at, column, cell: next, from: 0, rest: "", fit }
            },
        ));
        found.sort_by(|a, b| b.fit.total_cmp(&a.fit));
        found
    }

    /// The next cell to the right in a row above or below that stands at the same height, and how far: small print is set a
    /// little higher than what it labels.
    pub(super) fn level_right(&self, row: usize, cell: usize) -> Option<(usize, usize, f32)> {
        let own = &self.sheet.rows[row].cells[cell].area;
        let is_level = |area: Area| {
            let common = area.y1.min(own.y1) - area.y0.max(own.y0);
            common > 0.6 * (area.y1 - area.y0).min(own.y1 - own.y0)
        };
        let page = self.sheet.rows[row].page;
        let rows = [row.checked_sub(1), Some(row + 1)].into_iter().flatten();
        let near = rows.filter(|at| self.sheet.rows.get(*at).is_some_and(|row| row.page == page));
        let cells = near.flat_map(|at| {
            self.sheet.rows[at].cells.iter().enumerate().map(move |(column, cell)| (at, column, cell.area))
        });
        let right = cells.filter(|(_, _, area)| area.x0 > own.x1 && is_level(*area));
        let nearest = right.min_by(|a, b| a.2.x0.total_cmp(&b.2.x0))?;
        Some((nearest.0, nearest.1, (nearest.2.x0 - own.x1) / self.sheet.size.max(1.0)))
    }

    /// The nearest cells under a place, at most `most`, none beyond four lines: row and column.
    pub(super) fn below(&self, row: usize, area: Area, most: usize) -> Vec<(usize, usize)> {
        let page = self.sheet.rows[row].page;
        let mut found = Vec::new();
        let mut bottom = area.y1;
        for (at, next) in self.sheet.rows.iter().enumerate().skip(row + 1) {
            let height = self.sheet.rows[row].size().max(next.size());
            if next.page != page || found.len() == most || next.area.y0 - bottom > 2.4 * height {
                break;
            }
            let under = next.cells.iter().position(|cell| {
                let common = cell.area.x1.min(area.x1) - cell.area.x0.max(area.x0);
                let narrow = (cell.area.x1 - cell.area.x0).min(area.x1 - area.x0);
                common > 0.5 * narrow
            });
            if let Some(column) = under {
                bottom = next.area.y1;
                found.push((at, column));
            }
        }
        found
    }

    /// Whether a row's cell begins with one of these labels.
    pub(super) fn opens_with(&self, row: usize, roles: &[Role]) -> bool {
        self.row_hits(row).iter().any(|hit| hit.words.0 == 0 && hit.is_any(roles))
    }
}
