//! An order as PDF/A-3b with its Order-X attached. The fonts lie in the program: Latin and Cyrillic letters.

use anyhow::Context as _;
use krilla::configure::{Archival, ConfigurationBuilder};
use krilla::embed::{AssociationKind, EmbeddedFile, MimeType};
use krilla::metadata::{DateTime, Metadata};
use krilla::{Document, SerializeSettings};

use super::xmp;
use super::{Paper, PaperLine};
use crate::print::{Fonts, LEADING, MARGIN, PAGE, Piece, TEXT_SIZE, TITLE_SIZE, draw_pages};

/// The columns of the table: where each begins or, where its numbers stand to the right, ends.
const NUMBER_RIGHT: f32 = 66.0;
const ARTICLE_LEFT: f32 = 74.0;
const NAME_LEFT: f32 = 160.0;
const NAME_WIDTH: f32 = 158.0;
const PACKS_RIGHT: f32 = 374.0;
const PACK_RIGHT: f32 = 428.0;
const PRICE_RIGHT: f32 = 492.0;
const AMOUNT_RIGHT: f32 = PAGE.0 - MARGIN;
/// Rows of a name, and letters of an article number, that are printed: the XML has all of them.
const NAME_ROWS_MAX: usize = 4;

/// What the attached order is called, as the standard wants it.
const ORDER_X: &str = "order-x.xml";

/// What is printed so far.
struct Layout<'a> {
    fonts: &'a Fonts<'a>,
    pages: Vec<Vec<Piece>>,
    y: f32,
}

pub(super) fn make(paper: &Paper, order_x: String) -> anyhow::Result<Vec<u8>> {
    let fonts = Fonts::open()?;
    let pages = pages(paper, &fonts);
    let configuration = ConfigurationBuilder::new().with_archival_validator(Archival::A3_B).finish();
    let configuration =
        configuration.map_err(|error| anyhow::anyhow!("PDF/A-3b is not to be had: {error:?}"))?;
    let mut document =
        Document::new_with(SerializeSettings { configuration, ..SerializeSettings::default() });
    draw_pages(&mut document, &fonts, &pages)?;
    let title = format!("{} {}", paper.language.words().order, paper.number);
    let metadata = Metadata::new()
        .title(title.clone())
        .language(paper.language.code().to_owned())
        .authors(vec![paper.buyer.clone()])
        .creator("Tillsight".to_owned())
        .creation_date(date(paper));
    document.set_metadata(metadata);
    let attached = EmbeddedFile {
        path: ORDER_X.to_owned(),
        mime_type: MimeType::new("text/xml"),
        description: Some(title),
        association_kind: AssociationKind::Data,
        data: order_x.into_bytes().into(),
        modification_date: Some(date(paper)),
        compress: Some(true),
        location: None,
    };
    document.embed_file(attached).context("the Order-X is attached already")?;
    let pdf = document.finish().map_err(|error| anyhow::anyhow!("failed to write the PDF: {error:?}"))?;
    xmp::name_order(&pdf, ORDER_X)
}

/// What is printed, page by page.
fn pages(paper: &Paper, fonts: &Fonts<'_>) -> Vec<Vec<Piece>> {
    let mut layout = Layout { fonts, pages: vec![Vec::new()], y: MARGIN };
    layout.head(paper);
    layout.table_head(paper);
    for line in &paper.lines {
        layout.line(line, paper);
    }
    layout.total(paper);
    layout.numbered(paper)
}

fn date(paper: &Paper) -> DateTime {
    let day = paper.issued;
    DateTime::new(day.year.unsigned_abs())
        .month(day.month)
        .day(day.day)
        .hour(0)
        .minute(0)
        .second(0)
        .utc_offset_hour(0)
}

impl Layout<'_> {
    fn put(&mut self, x: f32, size: f32, bold: bool, text: &str) {
        let (text, y) = (self.fonts.printable(bold, text), self.y);
        if !text.trim().is_empty() {
            self.pages.last_mut().expect("there is one always").push(Piece { x, y, size, bold, text });
        }
    }

    /// A text that ends at `x`.
    fn put_right(&mut self, x: f32, bold: bool, text: &str) {
        let width = self.fonts.width(bold, TEXT_SIZE, &self.fonts.printable(bold, text));
        self.put(x - width, TEXT_SIZE, bold, text);
    }

    fn rule(&mut self, thickness: f32) {
        let y = self.y;
        let piece = Piece { x: MARGIN, y, size: thickness, bold: false, text: String::new() };
        self.pages.last_mut().expect("there is one always").push(piece);
    }

    fn head(&mut self, paper: &Paper) {
        let (words, language) = (paper.language.words(), paper.language);
        self.y += TITLE_SIZE;
        self.put(MARGIN, TITLE_SIZE, true, &format!("{} {}", words.order, paper.number));
        self.y += LEADING * 2.0;
        let supplier = &paper.supplier;
        let tax = supplier.tax_id.as_ref().map(|tax_id| format!("{}: {tax_id}", words.tax_id));
        let rows = [
            (words.date, language.day(paper.issued)),
            (words.supplier, supplier.name.clone()),
            ("", supplier.address.clone()),
            ("", tax.unwrap_or_default()),
            (words.buyer, paper.buyer.clone()),
            (words.deliver_to, paper.place.clone()),
            (words.wanted_on, paper.wanted_on.map(|day| language.day(day)).unwrap_or_default()),
        ];
        for (title, value) in rows.iter().filter(|(_, value)| !value.is_empty()) {
            self.put(MARGIN, TEXT_SIZE, true, title);
            for row in self.fonts.rows(value, PAGE.0 - MARGIN - NAME_LEFT) {
                self.put(NAME_LEFT, TEXT_SIZE, false, &row);
                self.y += LEADING;
            }
        }
        for row in self.fonts.rows(&paper.note, PAGE.0 - 2.0 * MARGIN) {
            self.put(MARGIN, TEXT_SIZE, false, &row);
            self.y += LEADING;
        }
        self.y += LEADING;
    }

    fn table_head(&mut self, paper: &Paper) {
        let words = paper.language.words();
        self.put_right(NUMBER_RIGHT, true, words.number);
        self.put(ARTICLE_LEFT, TEXT_SIZE, true, words.article);
        self.put(NAME_LEFT, TEXT_SIZE, true, words.name);
        self.put_right(PACKS_RIGHT, true, words.packs);
        self.put_right(PACK_RIGHT, true, words.pack);
        self.put_right(PRICE_RIGHT, true, words.price);
        self.put_right(AMOUNT_RIGHT, true, words.amount);
        self.y += 4.0;
        self.rule(0.75);
        self.y += LEADING;
    }

    fn line(&mut self, line: &PaperLine, paper: &Paper) {
        let language = paper.language;
        let mut names = self.fonts.rows(&line.name, NAME_WIDTH);
        names.truncate(NAME_ROWS_MAX);
        let articles = self.fonts.rows(&line.article, NAME_LEFT - ARTICLE_LEFT - 6.0);
        let gtin = Some(line.gtin.clone()).filter(|gtin| !gtin.is_empty());
        let left: Vec<String> =
            articles.into_iter().filter(|row| !row.is_empty()).take(2).chain(gtin).collect();
        let rows = names.len().max(left.len()).max(1);
        self.make_room(rows as f32 * LEADING, paper);
        self.put_right(NUMBER_RIGHT, false, &line.number.to_string());
        self.put_right(PACKS_RIGHT, false, &line.packs.to_string());
        self.put_right(PACK_RIGHT, false, &language.pack(line.pack));
        self.put_right(PRICE_RIGHT, false, &language.amount(line.price));
        self.put_right(AMOUNT_RIGHT, false, &language.amount(line.amount));
        for row in 0..rows {
            self.put(ARTICLE_LEFT, TEXT_SIZE, false, left.get(row).map_or("", String::as_str));
            self.put(NAME_LEFT, TEXT_SIZE, false, names.get(row).map_or("", String::as_str));
            self.y += LEADING;
        }
        self.y += 2.0;
    }

    fn total(&mut self, paper: &Paper) {
        self.make_room(LEADING * 2.0, paper);
        self.rule(0.75);
        self.y += LEADING;
        let total = format!("{} {}", paper.language.amount(paper.total), paper.currency.code());
        self.put(NAME_LEFT, TEXT_SIZE, true, paper.language.words().total);
        self.put_right(AMOUNT_RIGHT, true, &total);
    }

    /// Begins another page, with the table's head, where this one has no room for so much.
    fn make_room(&mut self, height: f32, paper: &Paper) {
        if self.y + height > PAGE.1 - MARGIN - LEADING * 2.0 {
            self.pages.push(Vec::new());
            self.y = MARGIN + LEADING;
            self.table_head(paper);
        }
    }

    /// The pages with their numbers at the foot.
    fn numbered(mut self, paper: &Paper) -> Vec<Vec<Piece>> {
        let count = self.pages.len();
        let mut done = Vec::with_capacity(count);
        for (number, pieces) in (1..).zip(std::mem::take(&mut self.pages)) {
            self.pages = vec![pieces];
            self.y = PAGE.1 - MARGIN;
            let words = paper.language.words();
            self.put_right(
                AMOUNT_RIGHT,
                false,
                &format!("{}   {} {number} / {count}", paper.number, words.page),
            );
            done.append(&mut self.pages);
        }
        done
    }
}

#[cfg(test)]
mod tests {
    use super::super::Language;
    use super::super::tests::paper;
    use super::*;
    use crate::print::NO_LETTER;

    #[test]
    fn every_line_is_printed_within_its_page_under_a_head() {
        let fonts = Fonts::open().unwrap();
        for lines in [0, 1, 90] {
            let paper = paper(Language::Russian, lines);
            let pages = pages(&paper, &fonts);
            assert_eq!(pages.len() > 1, lines > 1);
            for pieces in &pages {
                let heads = pieces.iter().filter(|piece| piece.bold && piece.text == "Наименование").count();
                assert_eq!(heads, 1);
                for piece in pieces.iter().filter(|piece| !piece.text.is_empty()) {
                    let right = piece.x + fonts.width(piece.bold, piece.size, &piece.text);
                    assert!(
                        piece.x >= MARGIN - 1.0 && right <= PAGE.0 - MARGIN + 1.0,
                        "{} at {}",
                        piece.text,
                        piece.x
                    );
                    assert!(piece.y > 0.0 && piece.y <= PAGE.1 - MARGIN);
                }
            }
            let numbers = pages.iter().flatten().filter(|piece| piece.text == "14\u{a0}814,81").count();
            assert_eq!(numbers, lines);
            let missing = pages.iter().flatten().any(|piece| piece.text.contains(NO_LETTER));
            assert_eq!(missing, lines > 0, "a letter that the fonts lack is shown as such");
        }
    }
}
