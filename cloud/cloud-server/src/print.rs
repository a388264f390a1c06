//! How pages are printed: pieces of text with their places, in the two fonts that lie in the program (Latin and Cyrillic letters).

use anyhow::Context as _;
use krilla::Document;
use krilla::color::luma;
use krilla::geom::{PathBuilder, Point, Rect};
use krilla::page::PageSettings;
use krilla::paint::Fill;
use krilla::surface::Surface;
use krilla::text::{Font, TextDirection};
use ttf_parser::Face;

const REGULAR: &[u8] = include_bytes!("../fonts/DejaVuSans.ttf");
const BOLD: &[u8] = include_bytes!("../fonts/DejaVuSans-Bold.ttf");
/// What stands for a letter that the fonts lack.
pub(crate) const NO_LETTER: char = '\u{fffd}';

/// A4 in points, and what is kept free around.
pub(crate) const PAGE: (f32, f32) = (595.28, 841.89);
pub(crate) const MARGIN: f32 = 42.0;
pub(crate) const TEXT_SIZE: f32 = 8.5;
pub(crate) const TITLE_SIZE: f32 = 16.0;
pub(crate) const LEADING: f32 = 12.0;

/// A font as it is drawn, and as it is measured.
struct Typeface<'a> {
    drawn: Font,
    measured: Face<'a>,
}

/// The two fonts.
pub(crate) struct Fonts<'a> {
    regular: Typeface<'a>,
    bold: Typeface<'a>,
}

/// A piece of text with its place; the page is chosen before.
pub(crate) struct Piece {
    pub(crate) x: f32,
    pub(crate) y: f32,
    pub(crate) size: f32,
    pub(crate) bold: bool,
    pub(crate) text: String,
}

/// Draws pages, each of its pieces.
pub(crate) fn draw_pages(
    document: &mut Document,
    fonts: &Fonts<'_>,
    pages: &[Vec<Piece>],
) -> anyhow::Result<()> {
    for pieces in pages {
        let settings = PageSettings::from_wh(PAGE.0, PAGE.1).context("the page has no size")?;
        let mut page = document.start_page_with(settings);
        let mut surface = page.surface();
        surface.set_fill(Some(Fill { paint: luma::Color::new(0).into(), ..Fill::default() }));
        for piece in pieces {
            draw(&mut surface, fonts, piece);
        }
        surface.finish();
        page.finish();
    }
    Ok(())
}

fn face(data: &'static [u8]) -> anyhow::Result<Typeface<'static>> {
    let drawn = Font::new(data.into(), 0).context("a font of the program cannot be drawn with")?;
    Ok(Typeface {
        drawn,
        measured: Face::parse(data, 0).context("a font of the program cannot be measured")?,
    })
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
    /// Those of the program.
    pub(crate) fn open() -> anyhow::Result<Self> {
        Ok(Self { regular: face(REGULAR)?, bold: face(BOLD)? })
    }

    fn of(&self, bold: bool) -> &Typeface<'_> {
        if bold { &self.bold } else { &self.regular }
    }

    /// The text as it can be printed: PDF/A allows no letter that its font lacks.
    pub(crate) fn printable(&self, bold: bool, text: &str) -> String {
        let face = &self.of(bold).measured;
        let known = |letter: char| face.glyph_index(letter).is_some();
        let shown = |letter: char| match letter {
            letter if letter.is_control() => ' ',
            letter if known(letter) => letter,
            _ => NO_LETTER,
        };
        text.chars().map(shown).collect()
    }

    /// How wide a text is, in points.
    pub(crate) fn width(&self, bold: bool, size: f32, text: &str) -> f32 {
        let face = &self.of(bold).measured;
        let advance =
            |letter| face.glyph_index(letter).and_then(|glyph| face.glyph_hor_advance(glyph)).unwrap_or(0);
        let units: u32 = text.chars().map(|letter| u32::from(advance(letter))).sum();
        units as f32 * size / f32::from(face.units_per_em())
    }

    /// A text in rows of a width; words that are wider are broken.
    pub(crate) fn rows(&self, text: &str, width: f32) -> Vec<String> {
        self.rows_in(false, text, width)
    }

    /// The same in the one font or the other.
    pub(crate) fn rows_in(&self, bold: bool, text: &str, width: f32) -> Vec<String> {
        let mut rows = vec![String::new()];
        for word in self.printable(bold, text).split_whitespace() {
            let row = rows.last_mut().expect("there is one always");
            let joined = if row.is_empty() { word.to_owned() } else { format!("{row} {word}") };
            if self.width(bold, TEXT_SIZE, &joined) <= width {
                *row = joined;
                continue;
            }
            if !row.is_empty() {
                rows.push(String::new());
            }
            for letter in word.chars() {
                let row = rows.last_mut().expect("there is one always");
                if self.width(bold, TEXT_SIZE, &format!("{row}{letter}")) > width {
                    rows.push(String::from(letter));
                } else {
                    row.push(letter);
                }
            }
        }
        rows
    }
}
