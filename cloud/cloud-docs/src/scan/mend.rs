//! What recognition gets wrong always in the same way: leftovers of drawn lines taken for letters, and letters of the wrong script.

use std::collections::BTreeMap;

use super::tesseract::Found;
use crate::page::{Area, Word};

/// Letters that look the same in both scripts: Cyrillic, Latin.
const ALIKE: [(char, char); 26] = [
    ('А', 'A'),
    ('В', 'B'),
    ('Е', 'E'),
    ('К', 'K'),
    ('М', 'M'),
    ('Н', 'H'),
    ('О', 'O'),
    ('Р', 'P'),
    ('С', 'C'),
    ('Т', 'T'),
    ('У', 'Y'),
    ('Х', 'X'),
    ('І', 'I'),
    ('Ѕ', 'S'),
    ('а', 'a'),
    ('е', 'e'),
    ('о', 'o'),
    ('р', 'p'),
    ('с', 'c'),
    ('у', 'y'),
    ('х', 'x'),
    ('і', 'i'),
    ('ѕ', 's'),
    ('в', 'b'),
    ('к', 'k'),
    ('З', '3'),
];

/// What remains of drawn lines.
const LEFTOVERS: [char; 9] = ['|', '_', '—', '-', '~', '=', '‘', '’', '¦'];

/// Where a page has this many letters of a script to one of the other, the other's are mistakes.
const SCRIPT_SHARE: usize = 20;

/// Words of a page in points.
pub(super) fn words(found: &[Found], scale: f32) -> Vec<Word> {
    let heights = line_heights(found);
    let script = Script::of(found);
    found
        .iter()
        .filter_map(|word| {
            let text = freed(&word.text)?;
            let (x0, y0) = (word.left * scale, word.top * scale);
            let area = Area { x0, y0, x1: x0 + word.width * scale, y1: y0 + word.height * scale };
            let size = heights.get(&word.line).copied().unwrap_or(word.height) * scale;
            Some(Word { text: script.mend(text), area, size, is_bold: false, confidence: word.confidence })
        })
        .collect()
}

/// How high the words of each line usually are: one with neither ascender nor descender is as large as its neighbours.
fn line_heights(found: &[Found]) -> BTreeMap<(u32, u32, u32), f32> {
    let mut all: BTreeMap<_, Vec<f32>> = BTreeMap::new();
    for word in found {
        all.entry(word.line).or_default().push(word.height);
    }
    let middle = |mut heights: Vec<f32>| {
        heights.sort_by(f32::total_cmp);
        heights[heights.len() / 2]
    };
    all.into_iter().map(|(line, heights)| (line, middle(heights))).collect()
}

/// The word without what is left of drawn lines; nothing where that is all there is. A lone dash stays: it fills empty cells.
fn freed(text: &str) -> Option<&str> {
    let freed = text.trim_matches(['|', '¦']);
    let is_leftover = freed.chars().all(|letter| LEFTOVERS.contains(&letter)) && !["-", "—"].contains(&freed);
    (!freed.is_empty() && !is_leftover).then_some(freed)
}

/// Which script a page is written in, as far as letters tell that exist in one only.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Script {
    Latin,
    Cyrillic,
    Both,
}

impl Script {
    fn of(found: &[Found]) -> Self {
        let sure = found.iter().filter(|word| word.confidence > 0.5);
        let (mut latin, mut cyrillic) = (0_usize, 0_usize);
        for word in sure {
            let (in_latin, in_cyrillic) = telling(&word.text);
            latin += in_latin;
            cyrillic += in_cyrillic;
        }
        if latin > cyrillic * SCRIPT_SHARE {
            Self::Latin
        } else if cyrillic > latin * SCRIPT_SHARE {
            Self::Cyrillic
        } else {
            Self::Both
        }
    }

    /// The word in one script, where it can be written so.
    fn mend(self, text: &str) -> String {
        if !text.chars().any(is_cyrillic)
            || (self != Self::Latin && !text.chars().any(|letter| letter.is_ascii_alphabetic()))
        {
            return text.to_owned();
        }
        let (latin, cyrillic) = telling(text);
        let to_latin = match self {
            Self::Latin => cyrillic == 0,
            Self::Cyrillic | Self::Both => latin > cyrillic,
        };
        if to_latin {
            text.chars().map(latin_of).collect()
        } else if cyrillic > latin {
            text.chars().map(cyrillic_of).collect()
        } else {
            text.to_owned()
        }
    }
}

/// Letters of a word that exist in Latin alone, and in Cyrillic alone.
fn telling(text: &str) -> (usize, usize) {
    let in_latin =
        |letter: &char| letter.is_alphabetic() && !is_cyrillic(*letter) && cyrillic_of(*letter) == *letter;
    let in_cyrillic = |letter: &char| is_cyrillic(*letter) && latin_of(*letter) == *letter;
    (text.chars().filter(in_latin).count(), text.chars().filter(in_cyrillic).count())
}

fn is_cyrillic(letter: char) -> bool {
    ('\u{400}'..='\u{52f}').contains(&letter)
}

fn latin_of(letter: char) -> char {
    ALIKE.iter().find(|(cyrillic, _)| *cyrillic == letter).map_or(letter, |(_, latin)| *latin)
}

fn cyrillic_of(letter: char) -> char {
    ALIKE
        .iter()
        .find(|(_, latin)| *latin == letter && latin.is_alphabetic())
        .map_or(letter, |(cyrillic, _)| *cyrillic)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn found(text: &str) -> Found {
        let (left, top, width, height) = (100.0, 100.0, 50.0, 20.0);
        Found { text: text.to_owned(), left, top, width, height, line: (1, 1, 1), confidence: 0.9 }
    }

    fn read(texts: &[&str]) -> Vec<String> {
        let found: Vec<Found> = texts.iter().map(|text| found(text)).collect();
        words(&found, 0.36).into_iter().map(|word| word.text).collect()
    }

    #[test]
    fn letters_of_the_other_script_are_put_right() {
        assert_eq!(
            read(&["Rechnung", "ЕUR", "СО", "Nummer", "Lieferung"]),
            ["Rechnung", "EUR", "CO", "Nummer", "Lieferung"]
        );
        assert_eq!(read(&["Поставщик", "cчёт", "Молоко", "СО"]), ["Поставщик", "счёт", "Молоко", "СО"]);
        assert_eq!(read(&["Молоко", "Milka", "РЕТ"]), ["Молоко", "Milka", "РЕТ"]);
    }

    #[test]
    fn leftovers_of_lines_are_no_words() {
        assert_eq!(read(&["|12,50", "|", "__", "—", "a|b", "|¦"]), ["12,50", "—", "a|b"]);
    }

    #[test]
    fn words_are_as_large_as_their_line() {
        let mut all = vec![found("Gg"), found("m"), found("Gl")];
        all[1].height = 11.0;
        let sizes: Vec<f32> = words(&all, 0.5).iter().map(|word| word.size).collect();
        assert_eq!(sizes, [10.0; 3]);
    }
}
