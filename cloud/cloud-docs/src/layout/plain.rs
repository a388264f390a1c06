//! A plain text as a page: each letter of one width, as its writer saw it.

use crate::page::{Area, Page, Word};

/// Width of a letter in points. With [`HEIGHT`] two blanks part cells and one does not.
const WIDTH: f32 = 5.0;
const HEIGHT: f32 = 12.0;
/// Lines of one page.
const LINES: usize = 66;

/// The words of a text, a form feed or 66 lines to the page; what goes beyond `most` pages is left out.
pub fn pages(text: &str, most: u32) -> Vec<Page> {
    let mut pages: Vec<Page> = Vec::new();
    let sheets = text.split('\u{c}').flat_map(|sheet| {
        let lines: Vec<&str> = sheet.lines().collect();
        lines.chunks(LINES).map(<[&str]>::to_vec).collect::<Vec<_>>()
    });
    for (index, lines) in sheets.take(most as usize).enumerate() {
        let words: Vec<Word> = lines.iter().enumerate().flat_map(|(line, text)| words(line, text)).collect();
        let right = words.iter().map(|word| word.area.x1).fold(500.0, f32::max);
        pages.push(Page {
            number: index as u32 + 1,
            width: right + 2.0 * WIDTH,
            height: LINES as f32 * HEIGHT,
            words,
            rules: Vec::new(),
            is_recognised: false,
        });
    }
    pages
}

fn words(line: usize, text: &str) -> Vec<Word> {
    let (y0, y1) = (line as f32 * HEIGHT, (line + 1) as f32 * HEIGHT);
    let mut words = Vec::new();
    let mut column = 0_usize;
    let mut word = String::new();
    let mut end = |word: &mut String, column: usize| {
        if word.is_empty() {
            return;
        }
        let length = word.chars().count();
        let x0 = (column - length) as f32 * WIDTH;
        let area = Area { x0, y0, x1: column as f32 * WIDTH, y1 };
        words.push(Word { text: std::mem::take(word), area, size: HEIGHT, is_bold: false, confidence: 1.0 });
    };
    for letter in text.chars() {
        if letter.is_whitespace() {
            end(&mut word, column);
            column = if letter == '\t' { (column / 8 + 1) * 8 } else { column + 1 };
        } else {
            word.push(letter);
            column += 1;
        }
    }
    end(&mut word, column);
    words
}
