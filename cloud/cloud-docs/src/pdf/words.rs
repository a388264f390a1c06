//! Words from single characters with their places.

use std::collections::HashSet;

use pdfium_render::prelude::{PdfFontWeight, PdfPageText};

use super::View;
use crate::page::{Area, Word};

/// One letter, upright on the page as it is seen.
#[derive(Debug, Clone)]
pub(super) struct Glyph {
    pub(super) text: Letters,
    pub(super) x0: f32,
    pub(super) x1: f32,
    /// Where its baseline is, from the top.
    pub(super) base: f32,
    pub(super) size: f32,
    pub(super) is_bold: bool,
    /// A blank stands before it in the file.
    pub(super) after_blank: bool,
}

/// What a character says; a ligature says two or three letters.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Letters {
    One(char),
    Many(&'static str),
}

/// The characters of a page that stand upright, or those that are turned by a quarter where most are.
pub(super) fn glyphs(text: &PdfPageText<'_>, view: &View, most: usize) -> (Vec<Glyph>, bool) {
    let chars = text.chars();
    let mut upright = Vec::with_capacity(chars.len());
    let mut turned = Vec::new();
    let mut after_blank = true;
    let mut seen = HashSet::new();
    let mut is_bold = false;
    let mut last_x = None;
    for character in chars.iter().take(most) {
        let Some(letters) = character.unicode_char().and_then(letters) else {
            after_blank = true;
            continue;
        };
        let (Ok(bounds), Ok((x, y))) = (character.loose_bounds(), character.origin()) else { continue };
        let size = character.scaled_font_size().value.abs();
        let size = if size < 1.0 { (bounds.top().value - bounds.bottom().value).abs() } else { size };
        if !(1.0..=400.0).contains(&size) {
            continue;
        }
        let corner = view.seen(bounds.left().value, bounds.bottom().value);
        let other = view.seen(bounds.right().value, bounds.top().value);
        let (x, base) = view.seen(x.value, y.value);
        // Makers print bold by printing twice, a hair apart.
        // Letters of one ligature stand exactly upon each other.
        let is_ligature = last_x == Some(x);
        last_x = Some(x);
        if !seen.insert((letters_key(letters), (x / 1.5).round() as i32, (base / 1.5).round() as i32))
            && !is_ligature
        {
            continue;
        }
        if after_blank || upright.is_empty() {
            is_bold = looks_bold(character.font_weight(), &character.font_name());
        }
        let angle = character.angle_degrees().unwrap_or(0.0) + view.turned.degrees();
        let quarter = (angle / 90.0).round() as i32;
        let is_level = (angle - 90.0 * quarter as f32).abs() < 8.0;
        let (x0, x1) = (corner.0.min(other.0), corner.0.max(other.0));
        let glyph = Glyph { text: letters, x0, x1, base, size, is_bold, after_blank };
        after_blank = false;
        match quarter.rem_euclid(4) {
            0 if is_level => upright.push(glyph),
            1 | 3 if is_level => {
                let (y0, y1) = (corner.1.min(other.1), corner.1.max(other.1));
                // Turned so that it can be read; which of both ways is told by how the angle is counted.
                let is_up = quarter.rem_euclid(4) == 1;
                let height = view.top - view.bottom;
                let width = view.right - view.left;
                turned.push(if is_up {
                    Glyph { x0: y0, x1: y1, base: width.max(height) - x, ..glyph }
                } else {
                    Glyph { x0: height.max(width) - y1, x1: height.max(width) - y0, base: x, ..glyph }
                });
            }
            _ => {}
        }
    }
    if turned.len() > 40 && turned.len() > 3 * upright.len() { (turned, false) } else { (upright, true) }
}

fn letters_key(letters: Letters) -> char {
    match letters {
        Letters::One(one) => one,
        Letters::Many(many) => many.chars().next().unwrap_or(' '),
    }
}

/// What a character says; nothing for blanks and what cannot be seen.
pub(super) fn letters(character: char) -> Option<Letters> {
    Some(match character {
        '\u{fb00}' => Letters::Many("ff"),
        '\u{fb01}' => Letters::Many("fi"),
        '\u{fb02}' => Letters::Many("fl"),
        '\u{fb03}' => Letters::Many("ffi"),
        '\u{fb04}' => Letters::Many("ffl"),
        '\u{fb05}' | '\u{fb06}' => Letters::Many("st"),
        // How PDFium says a hyphen at the end of a line, and the soft one.
        '\u{2}' | '\u{ad}' | '\u{fffe}' => Letters::One('-'),
        '\u{200b}'..='\u{200f}' | '\u{feff}' | '\u{2060}' => return None,
        other if other.is_whitespace() || other.is_control() => return None,
        other => Letters::One(other),
    })
}

fn looks_bold(weight: Option<PdfFontWeight>, name: &str) -> bool {
    let heavy = match weight {
        Some(PdfFontWeight::Weight700Bold | PdfFontWeight::Weight800 | PdfFontWeight::Weight900) => true,
        Some(PdfFontWeight::Custom(weight)) => (600..=1000).contains(&weight),
        _ => false,
    };
    let name = name.to_ascii_lowercase();
    heavy || ["bold", "black", "heavy"].iter().any(|word| name.contains(word))
}

/// Puts letters together that stand beside each other without a blank.
pub(super) fn words(glyphs: &mut [Glyph]) -> Vec<Word> {
    let mut words: Vec<Word> = Vec::with_capacity(glyphs.len() / 4);
    let mut last: Option<&Glyph> = None;
    for glyph in glyphs.iter() {
        let follows = last.is_some_and(|last| follows(last, glyph));
        match words.last_mut() {
            Some(word) if follows => {
                push(&mut word.text, glyph.text);
                word.area = word.area.around(area(glyph));
            }
            _ => words.push(word(glyph)),
        }
        last = Some(glyph);
    }
    join_pieces(words)
}

fn follows(last: &Glyph, next: &Glyph) -> bool {
    let size = last.size.max(next.size);
    let gap = next.x0 - last.x1;
    let is_same_line = (next.base - last.base).abs() < 0.25 * size && last.size.min(next.size) > 0.55 * size;
    let widest = if next.after_blank { 0.06 * size } else { 0.24 * size };
    // Both letters of a ligature have the box of the whole.
    let is_ligature = !next.after_blank && (next.x0 - last.x0).abs() < 0.02 * size;
    is_same_line && ((gap > -0.5 * size && gap < widest) || is_ligature)
}

fn area(glyph: &Glyph) -> Area {
    Area {
        x0: glyph.x0,
        y0: glyph.base - 0.75 * glyph.size,
        x1: glyph.x1,
        y1: glyph.base + 0.22 * glyph.size,
    }
}

fn word(glyph: &Glyph) -> Word {
    let mut text = String::new();
    push(&mut text, glyph.text);
    Word { text, area: area(glyph), size: glyph.size, is_bold: glyph.is_bold, confidence: 1.0 }
}

fn push(text: &mut String, letters: Letters) {
    match letters {
        Letters::One(one) => text.push(one),
        Letters::Many(many) => text.push_str(many),
    }
}

/// Makers print a word in pieces, in any order, and letters of a heading wide apart.
fn join_pieces(mut words: Vec<Word>) -> Vec<Word> {
    words.sort_by(|a, b| {
        let line = |word: &Word| (word.area.y1 / 3.0).round() as i32;
        line(a).cmp(&line(b)).then(a.area.x0.total_cmp(&b.area.x0))
    });
    let mut joined: Vec<Word> = Vec::with_capacity(words.len());
    for word in words {
        match joined.last_mut() {
            Some(last) if touches(last, &word) => {
                last.text.push_str(&word.text);
                last.area = last.area.around(word.area);
            }
            _ => joined.push(word),
        }
    }
    spaced_out(joined)
}

fn touches(last: &Word, next: &Word) -> bool {
    let size = last.size.max(next.size);
    let gap = next.area.x0 - last.area.x1;
    (last.area.y1 - next.area.y1).abs() < 0.1 * size
        && last.size.min(next.size) > 0.8 * size
        && gap.abs() < 0.04 * size
}

/// `I N V O I C E` is one word: four letters or more, one at a time, at even distances.
fn spaced_out(words: Vec<Word>) -> Vec<Word> {
    let is_letter = |word: &Word| {
        let mut letters = word.text.chars();
        letters.next().is_some_and(char::is_alphabetic) && letters.next().is_none()
    };
    let mut out: Vec<Word> = Vec::with_capacity(words.len());
    let mut run: Vec<Word> = Vec::new();
    for word in words {
        let fits = is_letter(&word)
            && run.last().is_none_or(|last: &Word| {
                let gap = word.area.x0 - last.area.x1;
                (last.area.y1 - word.area.y1).abs() < 0.1 * word.size && gap > 0.0 && gap < 1.3 * word.size
            });
        if !fits {
            end_run(&mut run, &mut out);
        }
        if is_letter(&word) { run.push(word) } else { out.push(word) }
    }
    end_run(&mut run, &mut out);
    out
}

fn end_run(run: &mut Vec<Word>, out: &mut Vec<Word>) {
    if run.len() < 4 {
        out.append(run);
        return;
    }
    let mut pieces = run.drain(..);
    let Some(mut whole) = pieces.next() else { return };
    for piece in pieces {
        whole.text.push_str(&piece.text);
        whole.area = whole.area.around(piece.area);
    }
    out.push(whole);
}
