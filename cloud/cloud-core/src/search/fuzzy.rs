//! Words that are a typing mistake away: a walk over the sorted vocabulary that shares what neighbours have in common and
//! leaps over what can no longer come near.
//!
//! The distance is that of Damerau and Levenshtein, restricted (optimal string alignment): a letter too many, too few, another one,
//! or two neighbours swapped.

use std::collections::BTreeMap;
use std::ops::Bound;

/// How many mistakes a word of so many letters may have.
pub(super) fn mistakes_allowed(letters: usize) -> u8 {
    match letters {
        0..=3 => 0,
        4..=7 => 1,
        _ => 2,
    }
}

/// A word of the vocabulary that is near.
#[derive(Debug, PartialEq, Eq)]
pub(super) struct Near<'a, T> {
    /// Which.
    pub(super) word: &'a str,
    /// What the vocabulary holds for it.
    pub(super) value: &'a T,
    /// How many mistakes away.
    pub(super) mistakes: u8,
    /// It goes on behind what is near.
    pub(super) goes_on: bool,
}

/// The words that are at most so many mistakes away, and with `as_prefix` those that begin with something that is.
pub(super) fn near<'a, T>(
    vocabulary: &'a BTreeMap<String, T>,
    wanted: &str,
    most: u8,
    as_prefix: bool,
) -> Vec<Near<'a, T>> {
    let wanted: Vec<char> = wanted.chars().collect();
    let mut walk = Walk::new(&wanted, most, as_prefix);
    let mut found = Vec::new();
    let mut range = vocabulary.range::<str, _>((Bound::Unbounded, Bound::Unbounded));
    while let Some((word, value)) = range.next() {
        match walk.follow(word) {
            Step::Far { beyond } => {
                let Some(beyond) = beyond else { break };
                range = vocabulary.range::<str, _>((Bound::Included(beyond.as_str()), Bound::Unbounded));
            }
            Step::Whole(mistakes) if mistakes <= most => {
                found.push(Near { word, value, mistakes, goes_on: false });
            }
            Step::Whole(_) => {
                if let Some(mistakes) = walk.begins_within() {
                    found.push(Near { word, value, mistakes, goes_on: true });
                }
            }
        }
    }
    found
}

enum Step {
    /// No word that begins as this one can be near; the next that may be is not before `beyond`.
    Far { beyond: Option<String> },
    /// The whole word is so far away.
    Whole(u8),
}

/// A row of distances for each letter of the word that was followed last.
struct Walk<'w> {
    wanted: &'w [char],
    most: u8,
    as_prefix: bool,
    letters: Vec<char>,
    /// `rows[d][j]`: between the first `d` letters of the word and the first `j` of what is wanted.
    rows: Vec<Vec<u8>>,
}

impl<'w> Walk<'w> {
    fn new(wanted: &'w [char], most: u8, as_prefix: bool) -> Self {
        let first = (0..=wanted.len()).map(|column| u8::try_from(column).unwrap_or(u8::MAX)).collect();
        Self { wanted, most, as_prefix, letters: Vec::new(), rows: vec![first] }
    }

    fn follow(&mut self, word: &str) -> Step {
        let shared =
            self.letters.iter().zip(word.chars()).take_while(|(known, letter)| **known == *letter).count();
        self.letters.truncate(shared);
        self.rows.truncate(shared + 1);
        for letter in word.chars().skip(shared) {
            let row = self.next_row(letter);
            let is_far =
                row.iter().min().is_none_or(|least| *least > self.most) && self.begins_within().is_none();
            self.letters.push(letter);
            self.rows.push(row);
            if is_far {
                let beyond = after_all_with(&self.letters);
                self.letters.pop();
                self.rows.pop();
                return Step::Far { beyond };
            }
        }
        Step::Whole(self.rows.last().and_then(|row| row.last()).copied().unwrap_or(u8::MAX))
    }

    /// The fewest mistakes between what is wanted and a beginning of the word, where that is few enough.
    fn begins_within(&self) -> Option<u8> {
        if !self.as_prefix {
            return None;
        }
        self.rows.iter().filter_map(|row| row.last().copied()).min().filter(|least| *least <= self.most)
    }

    fn next_row(&self, letter: char) -> Vec<u8> {
        let depth = self.letters.len();
        let above = &self.rows[depth];
        let mut row = Vec::with_capacity(above.len());
        row.push(above[0].saturating_add(1));
        for (column, wanted) in self.wanted.iter().enumerate() {
            let other = u8::from(*wanted != letter);
            let mut least = above[column].saturating_add(other);
            least = least.min(above[column + 1].saturating_add(1)).min(row[column].saturating_add(1));
            let swapped = column > 0
                && depth > 0
                && self.wanted[column - 1] == letter
                && self.letters[depth - 1] == *wanted;
            if swapped {
                least = least.min(self.rows[depth - 1][column - 1].saturating_add(1));
            }
            row.push(least);
        }
        row
    }
}

/// The first text that sorts behind all that begin with these letters.
fn after_all_with(letters: &[char]) -> Option<String> {
    let mut letters = letters.to_vec();
    while let Some(last) = letters.pop() {
        let next = (u32::from(last) + 1..=u32::from(char::MAX)).find_map(char::from_u32);
        if let Some(next) = next {
            return Some(letters.iter().chain([&next]).collect());
        }
    }
    None
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    fn vocabulary(words: &[&str]) -> BTreeMap<String, ()> {
        words.iter().map(|word| ((*word).to_owned(), ())).collect()
    }

    fn found(words: &[&str], wanted: &str, most: u8, as_prefix: bool) -> Vec<(String, u8)> {
        let vocabulary = vocabulary(words);
        let near = near(&vocabulary, wanted, most, as_prefix);
        near.iter().map(|near| (near.word.to_owned(), near.mistakes)).collect()
    }

    #[test]
    fn finds_each_kind_of_mistake() {
        let words = ["колбаса", "молоко", "молоток", "мука"];
        for typed in ["малоко", "молко", "моолоко", "омлоко"] {
            assert_eq!(found(&words, typed, 1, false), [("молоко".to_owned(), 1)], "{typed}");
        }
        assert_eq!(found(&words, "млкоо", 1, false), []);
    }

    #[test]
    fn finds_what_begins_with_something_near() {
        let words = ["chocolate", "chorizo", "milk"];
        assert_eq!(found(&words, "cohco", 1, true), [("chocolate".to_owned(), 1)]);
        assert_eq!(found(&words, "cohco", 1, false), []);
    }

    /// The textbook's table, of all words with each.
    fn distance(one: &[char], other: &[char]) -> u8 {
        let mut table = vec![vec![0_u8; other.len() + 1]; one.len() + 1];
        for i in 0..=one.len() {
            for j in 0..=other.len() {
                table[i][j] = if i == 0 || j == 0 {
                    u8::try_from(i + j).unwrap()
                } else {
                    let same = u8::from(one[i - 1] != other[j - 1]);
                    let mut least =
                        (table[i - 1][j - 1] + same).min(table[i - 1][j] + 1).min(table[i][j - 1] + 1);
                    if i > 1 && j > 1 && one[i - 1] == other[j - 2] && one[i - 2] == other[j - 1] {
                        least = least.min(table[i - 2][j - 2] + 1);
                    }
                    least
                };
            }
        }
        table[one.len()][other.len()]
    }

    proptest! {
        #[test]
        fn agrees_with_comparing_every_word(words in proptest::collection::btree_set("[abc]{1,7}", 0..60), wanted in "[abc]{1,7}", most in 0_u8..3) {
            let vocabulary: BTreeMap<String, ()> = words.iter().map(|word| (word.clone(), ())).collect();
            let letters = |text: &str| text.chars().collect::<Vec<_>>();
            let expected: Vec<(&str, u8)> = words
                .iter()
                .map(|word| (word.as_str(), distance(&letters(word), &letters(&wanted))))
                .filter(|(_, mistakes)| *mistakes <= most)
                .collect();
            let got: Vec<(&str, u8)> =
                near(&vocabulary, &wanted, most, false).iter().map(|near| (near.word, near.mistakes)).collect();
            prop_assert_eq!(got, expected);
            let begins = |word: &&String| {
                let word = letters(word);
                (0..=word.len()).any(|end| distance(&word[..end], &letters(&wanted)) <= most)
            };
            let beginning: Vec<&str> = words.iter().filter(begins).map(String::as_str).collect();
            let got: Vec<&str> = near(&vocabulary, &wanted, most, true).iter().map(|near| near.word).collect();
            prop_assert_eq!(got, beginning);
        }
    }
}
