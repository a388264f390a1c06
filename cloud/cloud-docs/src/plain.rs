//! Plain text as pages: a column of letters is a place, so that tables in texts are read as those of PDFs are.

use crate::page::{Area, Page, Word};
use crate::reading::Limits;

/// Width of a letter and height of a line, in points, as a typewriter has them.
const LETTER: f32 = 6.0;
const LINE: f32 = 12.0;
/// Height of the letters.
const SIZE: f32 = 10.0;
/// Lines of a page where the text has no form feeds.
const PAGE_LINES: usize = 100;
/// Letters of a line that are read: further to the right there is no table any more.
const LINE_LETTERS: usize = 1_000;
/// A tab leads to the next multiple of this.
const TAB: usize = 8;

/// A text's pages and whether there were more than are read.
pub(crate) fn pages(text: &str, limits: &Limits) -> (Vec<Page>, bool) {
    let parts = text.split('\u{c}').filter(|part| !part.trim().is_empty());
    let lines: Vec<Vec<&str>> = parts.map(|part| part.lines().collect()).collect();
    let mut chunks = lines.iter().flat_map(|lines| lines.chunks(PAGE_LINES));
    let allowed = limits.pages as usize;
    let pages = chunks.by_ref().take(allowed).zip(1..).map(|(lines, number)| page(lines, number)).collect();
    (pages, chunks.next().is_some())
}

fn page(lines: &[&str], number: u32) -> Page {
    let mut words = Vec::new();
    let (mut width, mut y) = (0.0_f32, 0.0_f32);
    for line in lines {
        for word in line_words(line, y) {
            width = width.max(word.area.x1);
            words.push(word);
        }
        y += LINE;
    }
    Page {
        number,
        width: width.max(LETTER),
        height: y.max(LINE),
        words,
        rules: Vec::new(),
        is_recognised: false,
    }
}

/// The words of a line; what stands between two of them is blanks and tabs.
fn line_words(line: &str, y: f32) -> Vec<Word> {
    let mut words = Vec::new();
    let (mut column, mut start, mut text) = (0_usize, 0_usize, String::new());
    for letter in line.chars().take(LINE_LETTERS).chain([' ']) {
        if letter.is_whitespace() {
            if !text.is_empty() {
                words.push(word(std::mem::take(&mut text), start, column, y));
            }
            column = if letter == '\t' { (column / TAB + 1) * TAB } else { column + 1 };
        } else {
            if text.is_empty() {
                start = column;
            }
            text.push(letter);
            column += 1;
        }
    }
    words
}

fn word(text: String, from: usize, to: usize, y: f32) -> Word {
    // Columns are few enough to be exact.
    let x = |column: usize| f32::from(u16::try_from(column).unwrap_or(u16::MAX)) * LETTER;
    let area = Area { x0: x(from), y0: y, x1: x(to), y1: y + SIZE };
    Word { text, area, size: SIZE, is_bold: false, confidence: 1.0 }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_column_of_letters_is_a_place() {
        let (pages, is_cut) = pages("Milk   2\tkg\n\n  Сыр 10", &Limits::default());
        let words: Vec<_> = pages[0].words.iter().map(|w| (w.text.as_str(), w.area.x0, w.area.y0)).collect();
        assert_eq!(
            words,
            [
                ("Milk", 0.0, 0.0),
                ("2", 42.0, 0.0),
                ("kg", 96.0, 0.0),
                ("Сыр", 12.0, 24.0),
                ("10", 36.0, 24.0)
            ]
        );
        assert_eq!((pages.len(), pages[0].width, pages[0].height, is_cut), (1, 108.0, 36.0, false));
    }

    #[test]
    fn form_feeds_and_long_texts_make_pages_up_to_the_limit() {
        assert_eq!(pages("a\u{c}\n\u{c}b", &Limits::default()).0.len(), 2);
        let long = "x\n".repeat(PAGE_LINES * 3);
        let (read, is_cut) = pages(&long, &Limits { pages: 2, ..Limits::default() });
        assert_eq!((read.len(), read[1].number, is_cut), (2, 2, true));
        assert_eq!(pages("", &Limits::default()), (vec![], false));
    }
}
