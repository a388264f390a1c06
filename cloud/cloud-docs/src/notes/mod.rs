//! What there is to mind about a file: a stable code with named values, so that every language makes its own sentence of them.
//!
//! [`table`] has the codes, the names of their values and the English sentences, once; [`words`] what the few values are called that
//! are words of a closed list. The dashboard's languages are compared with both (`tests/it/notes.rs`).

mod table;
mod words;

use std::collections::BTreeMap;

use serde::{Deserialize, Serialize};
use utoipa::ToSchema;

pub use table::*;
pub use words::WORDS;

/// How much of a value is kept: files decide what stands in it.
const VALUE_LETTERS: usize = 300;

/// Something to mind.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
pub struct Note {
    /// A short stable word: `totals_differ`, `lines_cut` ..
    pub code: String,
    /// What it is about, by names: `computed`, `said`, `limit` .. `detail` is what a program said, in its own words.
    pub values: BTreeMap<String, String>,
    /// The same as an English sentence without its stop.
    pub text: String,
}

/// A value as it is kept.
fn kept(value: String) -> String {
    match value.char_indices().nth(VALUE_LETTERS) {
        Some((end, _)) => format!("{}…", &value[..end]),
        None => value,
    }
}

/// A value as the English sentence has it: a word of a closed list by what it is called, all others as they are.
fn called<'a>(name: &str, value: &'a str) -> &'a str {
    let words = WORDS.iter().find(|(of, _)| *of == name).map_or(&[][..], |(_, words)| words);
    let word = words.iter().find(|(word, _)| *word == value).map(|(_, called)| *called);
    debug_assert!(words.is_empty() || word.is_some(), "`{value}` is no word for `{name}`");
    word.unwrap_or(value)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_sentence_is_made_of_code_and_values() {
        let note = totals_differ("net_and_tax", "119.5", "120");
        assert_eq!((note.code.as_str(), note.values.len()), ("totals_differ", 3));
        assert_eq!(note.values["sum"], "net_and_tax");
        assert_eq!(note.text, "the net total with tax makes 119.5, the document says 120");
        assert!(nothing_found().values.is_empty());
    }

    #[test]
    fn a_value_is_no_longer_than_people_read() {
        let note = block_missing("ж".repeat(10_000));
        assert_eq!(note.values["block"].chars().count(), VALUE_LETTERS + 1);
        assert!(note.text.chars().count() < VALUE_LETTERS + 50, "{}", note.text);
    }

    #[test]
    fn each_code_and_each_word_is_there_once() {
        let codes: std::collections::BTreeSet<_> = SENTENCES.iter().map(|(code, _)| code).collect();
        assert_eq!(codes.len(), SENTENCES.len());
        for (name, words) in WORDS {
            let unique: std::collections::BTreeSet<_> = words.iter().map(|(word, _)| word).collect();
            assert_eq!(unique.len(), words.len(), "{name}");
            assert!(SENTENCES.iter().any(|(_, english)| english.contains(&format!("{{{name}}}"))), "{name}");
        }
    }
}
