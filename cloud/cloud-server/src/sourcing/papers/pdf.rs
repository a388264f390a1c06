//! An order as PDF/A-3b with its Order-X attached. The fonts lie in the program: Latin and Cyrillic letters.

use anyhow::Context as _;
use krilla::color::luma;
use krilla::configure::{Archival, ConfigurationBuilder};
use krilla::embed::{AssociationKind, EmbeddedFile, MimeType};
use krilla::geom::{PathBuilder, Point, Rect};
use krilla::metadata::{DateTime, Metadata};
use krilla::page::PageSettings;
use krilla::paint::Fill;
use krilla::surface::Surface;
use krilla::text::{Font, TextDirection};
use krilla::{Document, SerializeSettings};
use ttf_parser::Face;

use super::xmp;
use super::{Paper, PaperLine};

const REGULAR: &[u8] = include_bytes!("../../../fonts/DejaVuSans.ttf");
const BOLD: &[u8] = include_bytes!("../../../fonts/DejaVuSans-Bold.ttf");
/// What stands for a letter that the fonts lack.
const NO_LETTER: char = '\u{fffd}';

/// A4 in points, and what is kept free around.
const PAGE: (f32, f32) = (595.28, 841.89);
const MARGIN: f32 = 42.0;
const TEXT_SIZE: f32 = 8.5;
const TITLE_SIZE: f32 = 16.0;
const LEADING: f32 = 12.0;
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

/// A font as it is drawn, and as it is measured.
struct Typeface<'a> {
    drawn: Font,
    measured: Face<'a>,
}

/// The two fonts.
struct Fonts<'a> {
    regular: Typeface<'a>,
    bold: Typeface<'a>,
}

/// A piece of text with its place; the page is chosen before.
struct Piece {
    x: f32,
    y: f32,
    size: f32,
    bold: bool,
    text: String,
}

/// What the attached order is called, as the standard wants it.
const ORDER_X: &str = "order-x.xml";

/// What is printed so far.
struct Layout<'a> {
    fonts: &'a Fonts<'a>,
    pages: Vec<Vec<Piece>>,
    y: f32,
}

pub(super) fn make(paper: &Paper, order_x: String) -> anyhow::Result<Vec<u8>> {
    let fonts = Fonts { regular: face(REGULAR)?, bold: face(BOLD)? };
    let pages = pages(paper, &fonts);
    let configuration = ConfigurationBuilder::new().with_archival_validator(Archival::A3_B).finish();
    let configuration =
        configuration.map_err(|error| anyhow::anyhow!("PDF/A-3b is not to be had: {error:?}"))?;
    let mut document =
        Document::new_with(SerializeSettings { configuration, ..SerializeSettings::default() });
    for pieces in pages {
        let settings = PageSettings::from_wh(PAGE.0, PAGE.1).context("the page has no size")?;
        let mut page = document.start_page_with(settings);
        let mut surface = page.surface();
        surface.set_fill(Some(Fill { paint: luma::Color::new(0).into(), ..Fill::default() }));
        for piece in &pieces {
            draw(&mut surface, &fonts, piece);
        }
        surface.finish();
        page.finish();
    }
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

fn face(data: &'static [u8]) -> anyhow::Result<Typeface<'static>> {
    let drawn = Font::new(data.into(), 0).context("a font of the program cannot be drawn with")?;
    Ok(Typeface {
        drawn,
        measured: Face::parse(data, 0).context("a font of the program cannot be measured")?,
    })
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

fn draw(surface: &mut Surface<'_>, fonts: &Fonts<'_>, piece: &Piece) {
    if piece.text.is_empty() {
        // A rule over the whole width.
        let mut path = PathBuilder::new();
        if let Some(rule) = Rect::from_xywh(MARGIN, piece.y, PAGE.0 - 2.0 * MARGIN, piece.size) {
            path.push_rect(rule);
        }
        if let Some(path) = path.finish() {
            surface.draw_path(&path);
        }
        return;
    }
    let font = fonts.of(piece.bold).drawn.clone();
    let place = Point::from_xy(piece.x, piece.y);
    surface.draw_text(place, font, piece.size, &piece.text, false, TextDirection::LeftToRight);
}

impl Fonts<'_> {
    fn of(&self, bold: bool) -> &Typeface<'_> {
        if bold { &self.bold } else { &self.regular }
    }

    /// The text as it can be printed: PDF/A allows no letter that its font lacks.
    fn printable(&self, bold: bool, text: &str) -> String {
        let face = &self.of(bold).measured;
        let known = |letter: char| face.glyph_index(letter).is_some();
        let shown = |letter: char| match letter {
            letter if letter.is_control() => ' ',
            letter if known(letter) => letter,
            _ => NO_LETTER,
        };
        text.chars().map(shown).collect()
    }

    fn width(&self, bold: bool, size: f32, text: &str) -> f32 {
        let face = &self.of(bold).measured;
        let advance =
            |letter| face.glyph_index(letter).and_then(|glyph| face.glyph_hor_advance(glyph)).unwrap_or(0);
        let units: u32 = text.chars().map(|letter| u32::from(advance(letter))).sum();
        units as f32 * size / f32::from(face.units_per_em())
    }

    /// A text in rows of a width; words that are wider are broken.
    fn rows(&self, text: &str, width: f32) -> Vec<String> {
        let mut rows = vec![String::new()];
        for word in self.printable(false, text).split_whitespace() {
            let row = rows.last_mut().expect("there is one always");
            let joined = if row.is_empty() { word.to_owned() } else { format!("{row} {word}") };
            if self.width(false, TEXT_SIZE, &joined) <= width {
                *row = joined;
                continue;
            }
            if !row.is_empty() {
                rows.push(String::new());
            }
            for letter in word.chars() {
                let row = rows.last_mut().expect("there is one always");
                if self.width(false, TEXT_SIZE, &format!("{row}{letter}")) > width {
                    rows.push(String::from(letter));
                } else {
                    row.push(letter);
                }
            }
        }
        rows
    }
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

    #[test]
    fn every_line_is_printed_within_its_page_under_a_head() {
        let fonts = Fonts { regular: face(REGULAR).unwrap(), bold: face(BOLD).unwrap() };
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
