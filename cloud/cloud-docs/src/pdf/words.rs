//! Words from single characters with their places.

use std::collections::HashSet;

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
    /// Its box ends where its ink does, not where the next letter may begin.
    pub(super) is_tight: bool,
    /// A blank stands before it in the file.
    pub(super) after_blank: bool,
}

/// What a character says; a ligature says two or three letters.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Letters {
    One(char),
    Many(&'static str),
}

/// A character as a reader of PDFs tells of it, in places of the page as it is seen.
#[derive(Debug, Clone, Copy)]
pub(super) struct Character {
    pub(super) text: Letters,
    /// Two opposite corners of its box.
    pub(super) corners: [(f32, f32); 2],
    /// Where its baseline begins.
    pub(super) origin: (f32, f32),
    pub(super) size: f32,
    /// How far it is turned clockwise, in degrees.
    pub(super) angle: f32,
    pub(super) is_bold: bool,
    pub(super) is_tight: bool,
}

/// Takes up the characters of a page, one after another.
#[derive(Debug)]
pub(super) struct Gathering {
    upright: Vec<Glyph>,
    turned: Vec<Glyph>,
    after_blank: bool,
    seen: HashSet<(char, i32, i32)>,
    last_x: Option<f32>,
    /// The longer side of the page: what turned letters are measured from.
    length: f32,
}

impl Gathering {
    pub(super) fn new(view: &View) -> Self {
        let length = (view.right - view.left).max(view.top - view.bottom);
        Self {
            upright: Vec::new(),
            turned: Vec::new(),
            after_blank: true,
            seen: HashSet::new(),
            last_x: None,
            length,
        }
    }

    /// A blank, or what cannot be seen.
    pub(super) fn blank(&mut self) {
        self.after_blank = true;
    }

    /// Whether the next character begins a word, as the file has it.
    pub(super) fn begins_word(&self) -> bool {
        self.after_blank || self.upright.is_empty()
    }

    /// A character; what is printed twice counts once.
    pub(super) fn take(&mut self, character: &Character) {
        let &Character { text, corners: [corner, other], origin: (x, base), size, angle, .. } = character;
        // Letters of one ligature stand exactly upon each other.
        let is_ligature = self.last_x == Some(x);
        self.last_x = Some(x);
        // Makers print bold by printing twice, a hair apart.
        let place = (letters_key(text), (x / 1.5).round() as i32, (base / 1.5).round() as i32);
        if !self.seen.insert(place) && !is_ligature {
            return;
        }
        let quarter = (angle / 90.0).round() as i32;
        let is_straight = (angle - 90.0 * quarter as f32).abs() < 8.0;
        let (x0, x1) = (corner.0.min(other.0), corner.0.max(other.0));
        let (is_bold, is_tight) = (character.is_bold, character.is_tight);
        let glyph = Glyph { text, x0, x1, base, size, is_bold, is_tight, after_blank: self.after_blank };
        self.after_blank = false;
        match quarter.rem_euclid(4) {
            0 if is_straight => self.upright.push(glyph),
            1 | 3 if is_straight => {
                let (y0, y1) = (corner.1.min(other.1), corner.1.max(other.1));
                // Turned so that it can be read; which of both ways is told by how the angle is counted.
                let is_up = quarter.rem_euclid(4) == 1;
                let length = self.length;
                self.turned.push(if is_up {
                    Glyph { x0: y0, x1: y1, base: length - x, ..glyph }
                } else {
                    Glyph { x0: length - y1, x1: length - y0, base: x, ..glyph }
                });
            }
            _ => {}
        }
    }

    /// Those that stand upright, or those that are turned by a quarter where most are; and which of both.
    pub(super) fn finish(self) -> (Vec<Glyph>, bool) {
        let (upright, turned) = (self.upright, self.turned);
        if turned.len() > 40 && turned.len() > 3 * upright.len() { (turned, false) } else { (upright, true) }
    }
}

/// How tall letters may be, in points; what is said beyond is a fault.
pub(super) const SIZES: std::ops::RangeInclusive<f32> = 1.0..=400.0;

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

/// Whether a font's name says that it is bold.
pub(super) fn is_bold_name(name: &str) -> bool {
    let name = name.to_ascii_lowercase();
    ["bold", "black", "heavy"].iter().any(|word| name.contains(word))
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
    let narrow = if next.is_tight { 0.34 * size } else { 0.24 * size };
    let widest = if next.after_blank { 0.06 * size } else { narrow };
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
