//! Words in rows, with the places that examples speak of.

use crate::evaluate::printed::squash;
use crate::page::{Area, Page, Word};

/// How far the middles of words in one row may lie apart, in heights of a word.
const ROW_SLACK: f32 = 0.45;

/// How many words a value may be spread over.
pub(super) const VALUE_WORDS_MAX: usize = 8;

/// Words that stand beside one another.
#[derive(Debug)]
pub(super) struct Row<'a> {
    /// Index of the page.
    pub(super) page: usize,
    /// From left to right.
    pub(super) words: Vec<&'a Word>,
    /// Its upper and lower edge in points.
    pub(super) top: f32,
    pub(super) bottom: f32,
}

/// All rows of some pages, in the order of reading.
#[derive(Debug)]
pub(super) struct Rows<'a> {
    pub(super) rows: Vec<Row<'a>>,
    /// Width and height of each page.
    sizes: Vec<(f32, f32)>,
    /// All letters and digits.
    pub(super) squashed: String,
}

/// Where a value stands.
#[derive(Debug, Clone, Copy, PartialEq)]
pub(super) struct Found {
    pub(super) page: usize,
    pub(super) row: usize,
    /// The first of its words, and the one after the last.
    pub(super) from: usize,
    pub(super) to: usize,
    pub(super) area: Area,
    pub(super) confidence: f32,
}

impl<'a> Rows<'a> {
    pub(super) fn of(pages: &'a [Page]) -> Self {
        let mut rows = Vec::new();
        for (index, page) in pages.iter().enumerate() {
            rows.extend(page_rows(index, &page.words));
        }
        let squashed = rows.iter().flat_map(|row| &row.words).map(|word| squash(&word.text)).collect();
        Self {
            rows,
            sizes: pages.iter().map(|page| (page.width.max(1.0), page.height.max(1.0))).collect(),
            squashed,
        }
    }

    pub(super) fn is_empty(&self) -> bool {
        self.rows.is_empty()
    }

    /// The middle of an area as fractions of its page.
    pub(super) fn at(&self, page: usize, area: Area) -> (f32, f32) {
        let (width, height) = self.sizes.get(page).copied().unwrap_or((1.0, 1.0));
        ((area.x0 + area.x1) / 2.0 / width, (area.y0 + area.y1) / 2.0 / height)
    }

    /// The page's width in points.
    pub(super) fn width(&self, page: usize) -> f32 {
        self.sizes.get(page).map_or(1.0, |size| size.0)
    }

    /// Some neighbouring words of a row.
    pub(super) fn found(&self, row: usize, from: usize, to: usize) -> Option<Found> {
        let line = self.rows.get(row)?;
        let words = line.words.get(from..to)?;
        let area = words.iter().map(|word| word.area).reduce(Area::around)?;
        let confidence = words.iter().map(|word| word.confidence).fold(1.0, f32::min);
        Some(Found { page: line.page, row, from, to, area, confidence })
    }

    /// What these words say.
    pub(super) fn text(&self, found: &Found) -> String {
        let words = self.rows[found.row].words[found.from..found.to].iter();
        words.map(|word| word.text.as_str()).collect::<Vec<_>>().join(" ")
    }

    /// Every place where neighbouring words of a row say something that is wanted; the fewest words that do.
    pub(super) fn places(&self, mut is_wanted: impl FnMut(&str) -> bool) -> Vec<Found> {
        let mut places = Vec::new();
        for (index, row) in self.rows.iter().enumerate() {
            let mut from = 0;
            while from < row.words.len() {
                let most = row.words.len().min(from + VALUE_WORDS_MAX);
                let found = (from + 1..=most).find_map(|to| {
                    let found = self.found(index, from, to)?;
                    is_wanted(&self.text(&found)).then_some(found)
                });
                from = found.map_or(from + 1, |found| found.to);
                places.extend(found);
            }
        }
        places
    }
}

fn page_rows(page: usize, words: &[Word]) -> Vec<Row<'_>> {
    let mut sorted: Vec<&Word> = words.iter().filter(|word| !word.text.trim().is_empty()).collect();
    let middle = |word: &Word| (word.area.y0 + word.area.y1) / 2.0;
    sorted.sort_by(|a, b| middle(a).total_cmp(&middle(b)));
    let mut groups: Vec<Vec<&Word>> = Vec::new();
    for word in sorted {
        let height = (word.area.y1 - word.area.y0).max(1.0);
        match groups.last_mut() {
            Some(group)
                if group.first().is_some_and(|first| middle(word) - middle(first) < height * ROW_SLACK) =>
            {
                group.push(word);
            }
            _ => groups.push(vec![word]),
        }
    }
    groups
        .into_iter()
        .filter_map(|mut words| {
            words.sort_by(|a, b| a.area.x0.total_cmp(&b.area.x0));
            let area = words.iter().map(|word| word.area).reduce(Area::around)?;
            Some(Row { page, words, top: area.y0, bottom: area.y1 })
        })
        .collect()
}
