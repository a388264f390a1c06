//! Pages as rows of cells: words that stand beside each other, parted where a wide blank or an upright rule is.

pub mod plain;

use crate::document::Place;
use crate::page::{Area, Page, Rule, Word};

/// A blank wider than this many times the letters' height parts two cells.
const WIDE_BLANK: f32 = 0.8;

/// Words beside each other that belong together.
#[derive(Debug, Clone)]
pub struct Cell {
    /// From left to right.
    pub words: Vec<Word>,
    /// All of them, with blanks between.
    pub text: String,
    /// The box around them.
    pub area: Area,
}

/// What stands at one height of a page.
#[derive(Debug, Clone)]
pub struct Row {
    /// Index of its page.
    pub page: usize,
    /// The box around all of it.
    pub area: Area,
    /// From left to right; at least one.
    pub cells: Vec<Cell>,
}

/// All pages as rows, from top to bottom.
#[derive(Debug, Clone)]
pub struct Sheet {
    /// Rows of all pages.
    pub rows: Vec<Row>,
    /// Number, width and height of each page.
    pub pages: Vec<(u32, f32, f32)>,
    /// Drawn lines, page by page.
    pub rules: Vec<Vec<Rule>>,
    /// The height of most letters.
    pub size: f32,
}

impl Cell {
    pub(crate) fn of(words: Vec<Word>) -> Self {
        let text = words.iter().map(|word| word.text.as_str()).collect::<Vec<_>>().join(" ");
        let area = words.iter().map(|word| word.area).reduce(Area::around).unwrap_or(NOWHERE);
        Self { words, text, area }
    }

    /// The height of its letters.
    pub fn size(&self) -> f32 {
        self.words.iter().map(|word| word.size).fold(0.0, f32::max)
    }

    /// Whether all of it is bold.
    pub fn is_bold(&self) -> bool {
        self.words.iter().all(|word| word.is_bold)
    }

    /// How surely its words were read.
    pub fn confidence(&self) -> f32 {
        self.words.iter().map(|word| word.confidence).fold(1.0, f32::min)
    }
}

const NOWHERE: Area = Area { x0: 0.0, y0: 0.0, x1: 0.0, y1: 0.0 };

impl Row {
    /// All it says.
    pub fn text(&self) -> String {
        self.cells.iter().map(|cell| cell.text.as_str()).collect::<Vec<_>>().join("  ")
    }

    /// The height of its letters.
    pub fn size(&self) -> f32 {
        self.cells.iter().map(Cell::size).fold(0.0, f32::max)
    }
}

impl Sheet {
    /// Puts the words of all pages into rows.
    pub fn of(pages: &[Page]) -> Self {
        let mut rows = Vec::new();
        for (index, page) in pages.iter().enumerate() {
            let upright: Vec<Area> =
                page.rules.iter().filter(|rule| !rule.is_level).map(|rule| rule.area).collect();
            rows.extend(page_rows(page).into_iter().map(|words| row(index, words, &upright)));
        }
        let mut sizes: Vec<f32> =
            pages.iter().flat_map(|page| page.words.iter().map(|word| word.size)).collect();
        sizes.sort_by(f32::total_cmp);
        Self {
            rows,
            pages: pages.iter().map(|page| (page.number, page.width, page.height)).collect(),
            rules: pages.iter().map(|page| page.rules.clone()).collect(),
            size: sizes.get(sizes.len() / 2).copied().unwrap_or(10.0),
        }
    }

    /// A box on one of the pages, as a document says it.
    pub fn place(&self, page: usize, area: Area) -> Option<Place> {
        let (number, width, height) = *self.pages.get(page)?;
        let blank =
            Page { number, width, height, words: Vec::new(), rules: Vec::new(), is_recognised: false };
        Some(blank.place(area))
    }
}

/// Words of a page, row by row. Dots and dashes that only lead the eye are left out.
fn page_rows(page: &Page) -> Vec<Vec<Word>> {
    let mut words: Vec<Word> = page.words.iter().filter_map(without_leader).collect();
    let middle = |word: &Word| f32::midpoint(word.area.y0, word.area.y1);
    words.sort_by(|a, b| middle(a).total_cmp(&middle(b)).then(a.area.x0.total_cmp(&b.area.x0)));
    let mut rows: Vec<(f32, f32, Vec<Word>)> = Vec::new();
    for word in words {
        let (at, height) = (middle(&word), (word.area.y1 - word.area.y0).max(1.0));
        // Words come by their middle, so that only the last rows can be theirs.
        let own = rows.iter_mut().rev().take(3).find(|(row_at, row_height, words)| {
            is_level((at, height), (*row_at, *row_height)) && !hides(words, &word)
        });
        match own {
            Some((row_at, row_height, words)) => {
                let count = words.len() as f32;
                *row_at = (*row_at * count + at) / (count + 1.0);
                *row_height = (*row_height * count + height) / (count + 1.0);
                words.push(word);
            }
            None => rows.push((at, height, vec![word])),
        }
    }
    rows.sort_by(|a, b| a.0.total_cmp(&b.0));
    rows.into_iter().map(|(_, _, words)| words).collect()
}

/// Whether a word and a row, each with its middle and height, are at one height. Small labels stand a little above their values.
fn is_level(word: (f32, f32), row: (f32, f32)) -> bool {
    let (small, large) = (word.1.min(row.1), word.1.max(row.1));
    let apart = (word.0 - row.0).abs();
    apart < 0.38 * small || (large > 1.2 * small && apart < 0.5 * large - 0.22 * small)
}

/// Whether a word would stand upon another of the row, as lines do that are set too close.
fn hides(words: &[Word], next: &Word) -> bool {
    words.iter().rev().take(40).any(|word| {
        let common = word.area.x1.min(next.area.x1) - word.area.x0.max(next.area.x0);
        let narrow = (word.area.x1 - word.area.x0).min(next.area.x1 - next.area.x0);
        common > 0.6 * narrow.max(0.1) && (word.area.y0 - next.area.y0).abs() > 1.0
    })
}

fn without_leader(word: &Word) -> Option<Word> {
    let is_leader = |letter: char| matches!(letter, '.' | '_' | '…' | '·' | '|');
    let text = word.text.trim();
    let leaders = text.chars().filter(|letter| is_leader(*letter)).count();
    let all = text.chars().count();
    if all == 0 || (leaders == all && (all > 1 || text == "|" || text == "_")) {
        return None;
    }
    let mut kept = word.clone();
    kept.text = text.to_owned();
    let trimmed = text.trim_end_matches("...").trim_start_matches("...");
    let trimmed = trimmed.trim_matches(|letter| letter == '_' || letter == '|' || letter == '…');
    if trimmed.len() < text.len() && !trimmed.is_empty() {
        kept.text = trimmed.trim_end_matches('.').to_owned();
    }
    (!kept.text.is_empty()).then_some(kept)
}

fn row(page: usize, mut words: Vec<Word>, upright: &[Area]) -> Row {
    words.sort_by(|a, b| a.area.x0.total_cmp(&b.area.x0));
    let area = words.iter().map(|word| word.area).reduce(Area::around).unwrap_or(NOWHERE);
    let middle = f32::midpoint(area.y0, area.y1);
    let bars: Vec<f32> =
        upright.iter().filter(|bar| bar.y0 < middle && bar.y1 > middle).map(|bar| bar.x0).collect();
    let mut cells: Vec<Vec<Word>> = Vec::new();
    for word in words {
        let joins = cells.last().and_then(|cell| cell.last()).is_some_and(|last: &Word| {
            let blank = word.area.x0 - last.area.x1;
            let has_bar = bars.iter().any(|bar| *bar > last.area.x1 - 1.5 && *bar < word.area.x0 + 1.5);
            blank < WIDE_BLANK * last.size.max(word.size) && !has_bar
        });
        match cells.last_mut() {
            Some(cell) if joins => cell.push(word),
            _ => cells.push(vec![word]),
        }
    }
    Row { page, area, cells: cells.into_iter().map(Cell::of).collect() }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn words_at_one_height_are_a_row_and_wide_blanks_part_cells() {
        let pages = plain::pages("Invoice No. 12      Date 3 May 2024\n\nTotal ........ 9.50\n", 10);
        let sheet = Sheet::of(&pages);
        let texts: Vec<Vec<&str>> =
            sheet.rows.iter().map(|row| row.cells.iter().map(|cell| cell.text.as_str()).collect()).collect();
        assert_eq!(texts, [vec!["Invoice No. 12", "Date 3 May 2024"], vec!["Total", "9.50"]]);
    }
}
