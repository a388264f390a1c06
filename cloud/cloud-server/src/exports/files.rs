//! Comma-separated values, JSON and workbooks, row by row.

use std::fs::File;
use std::io::{BufWriter, Write as _};
use std::path::{Path, PathBuf};

use anyhow::Context as _;
use cloud_store::{Cell, ExportColumn, ExportFormat, ExportKind};
use rust_xlsxwriter::{Format, Workbook};
use serde_json::Value;

use super::parquet::Parquet;
use super::values::{
    Naming, TableFile, currency_column, day, decimal, epoch_day, harmless, moment, thousandths, title,
};

/// Rows of a sheet that Excel takes, its head among them.
const SHEET_ROWS: u32 = 1_048_576;
/// Longest text of a cell that Excel takes, in characters.
const CELL_MAX_CHARS: usize = 32_000;
/// Days from Excel's day 0 to 1970-01-01.
const EXCEL_EPOCH: f64 = 25_569.0;
const DAY_MS: f64 = 86_400_000.0;

/// Begins a file of a format at a path.
pub(super) fn begin(
    format: ExportFormat,
    path: &Path,
    columns: &[ExportColumn],
) -> anyhow::Result<Box<dyn TableFile>> {
    let make = || File::create(path).with_context(|| format!("failed to make `{}`", path.display()));
    Ok(match format {
        ExportFormat::Csv => Box::new(Csv::begin(make()?, columns)?),
        ExportFormat::Json => Box::new(Json::begin(make()?, columns)?),
        ExportFormat::Parquet => Box::new(Parquet::begin(make()?, columns)?),
        ExportFormat::Xlsx => Box::new(Xlsx::begin(path, columns)?),
    })
}

struct Csv {
    to: csv::Writer<File>,
    columns: Vec<ExportColumn>,
    currency: Option<usize>,
}

impl Csv {
    fn begin(file: File, columns: &[ExportColumn]) -> anyhow::Result<Self> {
        let mut to = csv::WriterBuilder::new().terminator(csv::Terminator::CRLF).from_writer(file);
        to.write_record(columns.iter().map(|column| title(column, Naming::Plain)))?;
        Ok(Self { to, columns: columns.to_vec(), currency: currency_column(columns) })
    }
}

impl TableFile for Csv {
    fn row(&mut self, row: &[Cell]) -> anyhow::Result<()> {
        for (cell, column) in row.iter().zip(&self.columns) {
            let text = plain(cell, column.kind, row, self.currency)?;
            self.to.write_field(
                if column.kind == ExportKind::Text { harmless(&text) } else { text.into() }.as_bytes(),
            )?;
        }
        Ok(self.to.write_record(None::<&[u8]>)?)
    }

    fn finish(self: Box<Self>) -> anyhow::Result<()> {
        let file = self.to.into_inner().map_err(|error| anyhow::anyhow!("{}", error.error()))?;
        Ok(file.sync_all()?)
    }
}

/// A value as people read it.
pub(super) fn plain(
    cell: &Cell,
    kind: ExportKind,
    row: &[Cell],
    currency: Option<usize>,
) -> anyhow::Result<String> {
    Ok(match (cell, kind) {
        (Cell::Nothing, _) => String::new(),
        (Cell::Text(text), _) => text.clone(),
        (Cell::Bytes(_), _) => anyhow::bail!("an export has no bytes"),
        (Cell::Integer(number), ExportKind::Money) => decimal(*number, row, currency)?,
        (Cell::Integer(number), ExportKind::Moment) => moment(*number)?,
        (Cell::Integer(number), ExportKind::Day) => day(*number)?,
        (Cell::Integer(number), ExportKind::Thousandths) => thousandths(*number),
        (Cell::Integer(number), _) => number.to_string(),
    })
}

struct Json {
    to: BufWriter<File>,
    names: Vec<(String, ExportKind)>,
    is_first: bool,
}

impl Json {
    fn begin(file: File, columns: &[ExportColumn]) -> anyhow::Result<Self> {
        let mut to = BufWriter::new(file);
        to.write_all(b"[")?;
        let names = columns.iter().map(|column| (title(column, Naming::Exact), column.kind)).collect();
        Ok(Self { to, names, is_first: true })
    }
}

impl TableFile for Json {
    fn row(&mut self, row: &[Cell]) -> anyhow::Result<()> {
        self.to.write_all(if self.is_first { b"\n{" } else { b",\n{" })?;
        self.is_first = false;
        for (index, (cell, (name, kind))) in row.iter().zip(&self.names).enumerate() {
            if index > 0 {
                self.to.write_all(b",")?;
            }
            let value = match (cell, kind) {
                (Cell::Nothing, _) => Value::Null,
                (Cell::Text(text), _) => text.as_str().into(),
                (Cell::Integer(number), ExportKind::Moment) => moment(*number)?.into(),
                (Cell::Integer(number), ExportKind::Day) => day(*number)?.into(),
                (Cell::Integer(number), ExportKind::Thousandths) => {
                    serde_json::from_str(&thousandths(*number))?
                }
                (Cell::Integer(number), _) => (*number).into(),
                (Cell::Bytes(_), _) => anyhow::bail!("an export has no bytes"),
            };
            serde_json::to_writer(&mut self.to, name)?;
            self.to.write_all(b":")?;
            serde_json::to_writer(&mut self.to, &value)?;
        }
        Ok(self.to.write_all(b"}")?)
    }

    fn finish(mut self: Box<Self>) -> anyhow::Result<()> {
        self.to.write_all(b"\n]\n")?;
        Ok(self.to.into_inner()?.sync_all()?)
    }
}

/// Texts are written as texts, so that none of them is ever a formula; rows leave memory for a file beside as they come.
struct Xlsx {
    workbook: Workbook,
    path: PathBuf,
    columns: Vec<ExportColumn>,
    currency: Option<usize>,
    sheets: usize,
    next: u32,
    day: Format,
    moment: Format,
    money: Format,
}

impl Xlsx {
    fn begin(path: &Path, columns: &[ExportColumn]) -> anyhow::Result<Self> {
        let mut workbook = Workbook::new();
        workbook.set_tempdir(path.parent().context("a file lies in a folder")?)?;
        let mut made = Self {
            workbook,
            path: path.to_owned(),
            columns: columns.to_vec(),
            currency: currency_column(columns),
            sheets: 0,
            next: SHEET_ROWS,
            day: Format::new().set_num_format("yyyy-mm-dd"),
            moment: Format::new().set_num_format("yyyy-mm-dd hh:mm:ss"),
            money: Format::new().set_num_format("0.00##"),
        };
        made.begin_sheet()?;
        Ok(made)
    }

    fn begin_sheet(&mut self) -> anyhow::Result<()> {
        let sheet = self.workbook.add_worksheet_with_constant_memory()?;
        let bold = Format::new().set_bold();
        for (index, column) in (0_u16..).zip(&self.columns) {
            sheet.set_column_width(index, 18)?;
            sheet.write_string_with_format(0, index, title(column, Naming::Plain), &bold)?;
        }
        self.sheets += 1;
        self.next = 1;
        Ok(())
    }
}

impl TableFile for Xlsx {
    fn row(&mut self, row: &[Cell]) -> anyhow::Result<()> {
        if self.next == SHEET_ROWS {
            self.begin_sheet()?;
        }
        let sheet = self.workbook.worksheet_from_index(self.sheets - 1)?;
        let at = self.next;
        for (index, (cell, column)) in (0_u16..).zip(row.iter().zip(&self.columns)) {
            match (cell, column.kind) {
                (Cell::Nothing, _) => {}
                (Cell::Text(text), _) => {
                    let text: String = text.chars().take(CELL_MAX_CHARS).collect();
                    sheet.write_string(at, index, text)?;
                }
                (Cell::Integer(minor), ExportKind::Money) => {
                    let amount: f64 = decimal(*minor, row, self.currency)?.parse()?;
                    sheet.write_number_with_format(at, index, amount, &self.money)?;
                }
                (Cell::Integer(number), ExportKind::Day) => {
                    let serial = epoch_day(*number)? as f64 + EXCEL_EPOCH;
                    sheet.write_number_with_format(at, index, serial, &self.day)?;
                }
                (Cell::Integer(ms), ExportKind::Moment) => {
                    let serial = *ms as f64 / DAY_MS + EXCEL_EPOCH;
                    sheet.write_number_with_format(at, index, serial, &self.moment)?;
                }
                (Cell::Integer(number), ExportKind::Thousandths) => {
                    sheet.write_number(at, index, *number as f64 / 1_000.0)?;
                }
                (Cell::Integer(number), _) => {
                    sheet.write_number(at, index, *number as f64)?;
                }
                (Cell::Bytes(_), _) => anyhow::bail!("an export has no bytes"),
            }
        }
        self.next += 1;
        Ok(())
    }

    fn finish(mut self: Box<Self>) -> anyhow::Result<()> {
        self.workbook.save(&self.path).context("failed to write the workbook")?;
        Ok(File::open(&self.path)?.sync_all()?)
    }
}
