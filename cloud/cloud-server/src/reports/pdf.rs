//! A report as PDF/A, on as many pages as it takes.

use jiff::Timestamp;
use jiff::tz::TimeZone;
use krilla::configure::{Archival, ConfigurationBuilder};
use krilla::metadata::{DateTime, Metadata};
use krilla::{Document, SerializeSettings};

use super::sheet::{Block, Column, Sheet};
use super::words::Words;
use crate::print::{Fonts, LEADING, MARGIN, PAGE, Piece, TEXT_SIZE, TITLE_SIZE, draw_pages};
use crate::sourcing::papers::Language;

const HEADING_SIZE: f32 = 11.0;
/// What is kept free between two columns.
const GAP: f32 = 8.0;
const WIDTH: f32 = PAGE.0 - 2.0 * MARGIN;
/// Where the last row of a page may stand: the number of the page is below.
const BOTTOM: f32 = PAGE.1 - MARGIN - 2.0 * LEADING;
/// Rows of one cell.
const CELL_ROWS_MAX: usize = 3;

/// The file.
pub(super) fn make(sheet: &Sheet, language: Language, made_at_ms: i64) -> anyhow::Result<Vec<u8>> {
    let fonts = Fonts::open()?;
    let configuration = ConfigurationBuilder::new().with_archival_validator(Archival::A3_B).finish();
    let configuration =
        configuration.map_err(|error| anyhow::anyhow!("PDF/A-3b is not to be had: {error:?}"))?;
    let mut document =
        Document::new_with(SerializeSettings { configuration, ..SerializeSettings::default() });
    draw_pages(&mut document, &fonts, &pages(sheet, language, &fonts))?;
    let metadata = Metadata::new()
        .title(sheet.title.clone())
        .language(language.code().to_owned())
        .creator("Tillsight".to_owned())
        .creation_date(date(made_at_ms)?);
    document.set_metadata(metadata);
    document.finish().map_err(|error| anyhow::anyhow!("failed to write the PDF: {error:?}"))
}

fn date(made_at_ms: i64) -> anyhow::Result<DateTime> {
    let at = Timestamp::from_millisecond(made_at_ms)?.to_zoned(TimeZone::UTC);
    let small = |number: i8| u8::try_from(number);
    Ok(DateTime::new(u16::try_from(at.year())?)
        .month(small(at.month())?)
        .day(small(at.day())?)
        .hour(small(at.hour())?)
        .minute(small(at.minute())?)
        .second(small(at.second())?)
        .utc_offset_hour(0))
}

/// What is printed, page by page.
fn pages(sheet: &Sheet, language: Language, fonts: &Fonts<'_>) -> Vec<Vec<Piece>> {
    let mut layout = Layout { fonts, pages: vec![Vec::new()], y: MARGIN };
    for row in fonts.rows_in(true, &sheet.title, WIDTH * TEXT_SIZE / TITLE_SIZE) {
        layout.y += TITLE_SIZE * 1.2;
        layout.put(MARGIN, TITLE_SIZE, true, &row);
    }
    layout.y += LEADING * 1.5;
    layout.text(&sheet.subtitle);
    for block in &sheet.blocks {
        match block {
            Block::Heading(text) => layout.heading(text),
            Block::Text(text) => layout.text(text),
            Block::Table { columns, rows } => layout.table(columns, rows),
        }
    }
    layout.numbered(sheet, Words::of(language).page)
}

struct Layout<'a> {
    fonts: &'a Fonts<'a>,
    pages: Vec<Vec<Piece>>,
    y: f32,
}

impl Layout<'_> {
    fn page(&mut self) -> &mut Vec<Piece> {
        self.pages.last_mut().expect("there is one always")
    }

    fn put(&mut self, x: f32, size: f32, bold: bool, text: &str) {
        let (text, y) = (self.fonts.printable(bold, text), self.y);
        if !text.trim().is_empty() {
            self.page().push(Piece { x, y, size, bold, text });
        }
    }

    /// A text that ends at `x`.
    fn put_right(&mut self, x: f32, bold: bool, text: &str) {
        let width = self.fonts.width(bold, TEXT_SIZE, &self.fonts.printable(bold, text));
        self.put(x - width, TEXT_SIZE, bold, text);
    }

    fn rule(&mut self, thickness: f32) {
        let piece = Piece { x: MARGIN, y: self.y, size: thickness, bold: false, text: String::new() };
        self.page().push(piece);
    }

    /// Begins another page where this one has no room for so much; whether it did.
    fn make_room(&mut self, height: f32) -> bool {
        let is_full = self.y + height > BOTTOM;
        if is_full {
            self.pages.push(Vec::new());
            self.y = MARGIN + LEADING;
        }
        is_full
    }

    fn heading(&mut self, text: &str) {
        // It stands with a few rows of what it is over.
        self.make_room(LEADING * 6.0);
        self.y += LEADING;
        self.put(MARGIN, HEADING_SIZE, true, text);
        self.y += LEADING * 1.5;
    }

    fn text(&mut self, text: &str) {
        for row in self.fonts.rows(text, WIDTH) {
            self.make_room(LEADING);
            self.put(MARGIN, TEXT_SIZE, false, &row);
            self.y += LEADING;
        }
        self.y += LEADING * 0.5;
    }

    fn table(&mut self, columns: &[Column], rows: &[Vec<String>]) {
        self.make_room(LEADING * 3.0);
        self.table_head(columns);
        for row in rows {
            let cells: Vec<Vec<String>> = columns
                .iter()
                .zip(row)
                .map(|(column, cell)| {
                    let mut cell = self.fonts.rows(cell, width_of(column) - GAP);
                    cell.truncate(CELL_ROWS_MAX);
                    cell
                })
                .collect();
            let height = cells.iter().map(Vec::len).max().unwrap_or(1);
            if self.make_room(height as f32 * LEADING) {
                self.table_head(columns);
            }
            for index in 0..height {
                let cells = cells.iter().map(|cell| cell.get(index).map_or("", String::as_str));
                self.row(columns, cells, false);
                self.y += LEADING;
            }
        }
        self.y += LEADING * 0.5;
    }

    fn table_head(&mut self, columns: &[Column]) {
        let titles: Vec<Vec<String>> = columns
            .iter()
            .map(|column| self.fonts.rows_in(true, &column.title, width_of(column) - GAP))
            .collect();
        let height = titles.iter().map(Vec::len).max().unwrap_or(1);
        for index in 0..height {
            // Titles stand on the rule.
            let cell = |title: &Vec<String>| {
                let index = (index + title.len()).checked_sub(height)?;
                title.get(index).cloned()
            };
            let cells: Vec<String> = titles.iter().map(|title| cell(title).unwrap_or_default()).collect();
            self.row(columns, cells.iter().map(String::as_str), true);
            self.y += LEADING;
        }
        self.y -= LEADING - 4.0;
        self.rule(0.75);
        self.y += LEADING;
    }

    fn row<'t>(&mut self, columns: &[Column], cells: impl Iterator<Item = &'t str>, bold: bool) {
        let mut x = MARGIN;
        for (column, cell) in columns.iter().zip(cells) {
            let width = width_of(column);
            if column.right {
                self.put_right(x + width, bold, cell);
            } else {
                self.put(x, TEXT_SIZE, bold, cell);
            }
            x += width;
        }
    }

    /// The pages with their numbers at the foot.
    fn numbered(mut self, sheet: &Sheet, word: &str) -> Vec<Vec<Piece>> {
        let count = self.pages.len();
        let title = self.fonts.rows(&sheet.title, WIDTH * 0.7).into_iter().next().unwrap_or_default();
        let mut done = Vec::with_capacity(count);
        for (number, pieces) in (1..).zip(std::mem::take(&mut self.pages)) {
            self.pages = vec![pieces];
            self.y = PAGE.1 - MARGIN;
            self.put_right(PAGE.0 - MARGIN, false, &format!("{title}   {word} {number} / {count}"));
            done.append(&mut self.pages);
        }
        done
    }
}

fn width_of(column: &Column) -> f32 {
    WIDTH * f32::from(column.width) / 100.0
}

#[cfg(test)]
mod tests {
    use super::super::sheet;
    use super::super::tests::facts;
    use super::*;

    #[test]
    fn everything_is_printed_within_its_page() {
        let fonts = Fonts::open().unwrap();
        for (language, products) in [(Language::English, 0), (Language::Russian, 20), (Language::German, 200)]
        {
            let sheet = sheet::of(&facts(products), language);
            let pages = pages(&sheet, language, &fonts);
            assert_eq!(pages.len() > 2, products == 200, "{} pages", pages.len());
            for piece in pages.iter().flatten().filter(|piece| !piece.text.is_empty()) {
                let right = piece.x + fonts.width(piece.bold, piece.size, &piece.text);
                assert!(piece.x >= MARGIN - 1.0 && right <= PAGE.0 - MARGIN + 1.0, "{}", piece.text);
                assert!(piece.y > 0.0 && piece.y <= PAGE.1 - MARGIN, "{}", piece.text);
            }
        }
    }
}
