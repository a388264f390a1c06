//! An order as a workbook. Texts are written as texts, so that none of them is ever a formula.

use anyhow::Context as _;
use rust_decimal::Decimal;
use rust_decimal::prelude::ToPrimitive as _;
use rust_xlsxwriter::{Format, Workbook, Worksheet};

use super::{Paper, PaperLine};

/// Widths of the columns, in letters.
const WIDTHS: [f64; 9] = [6.0, 16.0, 16.0, 48.0, 10.0, 14.0, 12.0, 8.0, 14.0];
/// Longest text of a cell that Excel takes, in characters.
const CELL_MAX_CHARS: usize = 32_000;

pub(super) fn make(paper: &Paper) -> anyhow::Result<Vec<u8>> {
    let mut workbook = Workbook::new();
    let sheet = workbook.add_worksheet();
    sheet.set_name(&paper.number).context("failed to name the sheet")?;
    for (column, width) in (0_u16..).zip(WIDTHS) {
        sheet.set_column_width(column, width)?;
    }
    let head = head(sheet, paper)?;
    let words = paper.language.words();
    let bold = Format::new().set_bold();
    let titles = [
        words.number,
        words.article,
        words.gtin,
        words.name,
        words.packs,
        words.pack,
        words.price,
        words.tax,
        words.amount,
    ];
    for (column, title) in (0_u16..).zip(titles) {
        sheet.write_string_with_format(head, column, title, &bold)?;
    }
    let mut row = head + 1;
    for of_order in &paper.lines {
        line(sheet, row, of_order, paper)?;
        row += 1;
    }
    sheet.write_string_with_format(row + 1, 3, words.total, &bold)?;
    let money = Format::new().set_num_format("#,##0.00").set_bold();
    sheet.write_number_with_format(row + 1, 8, number(paper.total)?, &money)?;
    sheet.write_string_with_format(row + 1, 7, paper.currency.code(), &bold)?;
    workbook.save_to_buffer().context("failed to write the workbook")
}

/// Who orders what where; gives back the row of the table's head.
fn head(sheet: &mut Worksheet, paper: &Paper) -> anyhow::Result<u32> {
    let (words, language) = (paper.language.words(), paper.language);
    let bold = Format::new().set_bold();
    let mut rows = vec![
        (words.order, paper.number.clone()),
        (words.date, language.day(paper.issued)),
        (words.supplier, paper.supplier.name.clone()),
        (words.buyer, paper.buyer.clone()),
        (words.deliver_to, paper.place.clone()),
    ];
    rows.extend(paper.wanted_on.map(|day| (words.wanted_on, language.day(day))));
    rows.extend(Some(("", paper.note.clone())).filter(|(_, note)| !note.is_empty()));
    let mut row = 0;
    for (title, value) in rows {
        sheet.write_string_with_format(row, 0, title, &bold)?;
        sheet.write_string(row, 3, cut(&value))?;
        row += 1;
    }
    Ok(row + 1)
}

fn line(sheet: &mut Worksheet, row: u32, line: &PaperLine, paper: &Paper) -> anyhow::Result<()> {
    let money = Format::new().set_num_format("#,##0.00######");
    sheet.write_number(row, 0, line.number as f64)?;
    sheet.write_string(row, 1, cut(&line.article))?;
    sheet.write_string(row, 2, &line.gtin)?;
    sheet.write_string(row, 3, cut(&line.name))?;
    sheet.write_number(row, 4, f64::from(line.packs))?;
    sheet.write_string(row, 5, paper.language.pack(line.pack))?;
    sheet.write_number_with_format(row, 6, number(line.price)?, &money)?;
    if let Some(percent) = line.tax_percent {
        sheet.write_string(row, 7, format!("{percent} %"))?;
    }
    sheet.write_number_with_format(row, 8, number(line.amount)?, &money)?;
    Ok(())
}

/// A cell holds no other numbers than these; nothing is computed with it here.
fn number(value: Decimal) -> anyhow::Result<f64> {
    value.to_f64().with_context(|| format!("{value} does not fit into a cell"))
}

fn cut(text: &str) -> String {
    text.chars().take(CELL_MAX_CHARS).collect()
}
