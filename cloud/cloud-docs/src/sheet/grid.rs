//! A sheet as rows of cells; only those that hold something.

use jiff::civil::Date;
use rust_decimal::Decimal;

use crate::notes::Note;

/// What a cell holds.
#[derive(Debug, Clone, PartialEq)]
pub(super) enum Value {
    Text(String),
    Number(Decimal),
    Date(Date),
    /// A formula that came to nothing: `#DIV/0!`.
    Fault(String),
}

/// A cell that holds something.
#[derive(Debug, Clone, PartialEq)]
pub(super) struct Cell {
    /// From 0.
    pub(super) column: u32,
    pub(super) value: Value,
    /// The currency that the cell's format shows beside the number.
    pub(super) currency: Option<&'static str>,
}

/// A row that holds something.
#[derive(Debug, Clone, PartialEq, Default)]
pub(super) struct Row {
    /// As the program shows it, from 1.
    pub(super) number: u32,
    /// From left to right.
    pub(super) cells: Vec<Cell>,
}

/// A sheet.
#[derive(Debug, Clone, PartialEq, Default)]
pub(super) struct Grid {
    pub(super) name: String,
    pub(super) is_hidden: bool,
    pub(super) rows: Vec<Row>,
    /// What to mind about it: code and text.
    pub(super) notes: Vec<Note>,
}

impl Cell {
    pub(super) fn text(column: u32, text: &str) -> Option<Self> {
        let text = text.split_whitespace().collect::<Vec<_>>().join(" ");
        (!text.is_empty()).then_some(Self { column, value: Value::Text(text), currency: None })
    }

    /// What it shows.
    pub(super) fn shown(&self) -> String {
        match &self.value {
            Value::Text(text) | Value::Fault(text) => text.clone(),
            Value::Number(number) => number.normalize().to_string(),
            Value::Date(date) => date.to_string(),
        }
    }

    /// Its text, when it is that.
    pub(super) fn as_text(&self) -> Option<&str> {
        match &self.value {
            Value::Text(text) => Some(text),
            _ => None,
        }
    }
}

impl Row {
    pub(super) fn at(&self, column: u32) -> Option<&Cell> {
        let found = self.cells.binary_search_by_key(&column, |cell| cell.column);
        found.ok().map(|index| &self.cells[index])
    }

    /// Its texts, without numbers.
    pub(super) fn texts(&self) -> impl Iterator<Item = &str> {
        self.cells.iter().filter_map(Cell::as_text)
    }
}
