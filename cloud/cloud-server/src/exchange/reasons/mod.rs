//! Why a row of a file is left out or refused: a stable code with named values, and a sentence in every language that screens have.
//!
//! [`table`] has the codes, the names of their values and the sentences, once; `causes.rs` says which of them a typed error is.

mod causes;
mod table;

use std::collections::BTreeMap;

use serde::{Deserialize, Serialize};
use utoipa::ToSchema;

pub(super) use table::*;

use super::sentences::Sentence;

/// How much of a value is kept: files decide what stands in it.
const VALUE_LETTERS: usize = 100;

/// Why a row is left out, or was refused.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
#[schema(as = ImportReason)]
pub(crate) struct Reason {
    /// A stable word for software; empty in imports of before there was one.
    #[schema(example = "gtin_check_digit")]
    pub(crate) code: String,
    /// What it is about, by names: `field`, `number`, `product` .. `detail` is what a program said, in its own words.
    pub(crate) values: BTreeMap<String, String>,
    /// The same for people.
    pub(crate) text: Sentence,
}

impl Reason {
    /// As it stands with its row. The sentences are kept beside code and values, as those of findings are: a plan says tomorrow what it
    /// said today, and the errors that the sentences are made of are domain types, which nothing can be read back into.
    pub(super) fn written(&self) -> String {
        serde_json::to_string(self).expect("it is text")
    }

    /// What stands with a row; none where that is nothing. Earlier versions wrote an English sentence alone, which is shown as it is.
    pub(crate) fn read(written: String) -> Option<Self> {
        if written.is_empty() {
            return None;
        }
        let of_before = |en: String| Self {
            code: String::new(),
            values: BTreeMap::new(),
            text: Sentence { ru: en.clone(), en },
        };
        Some(serde_json::from_str(&written).unwrap_or_else(|_| of_before(written)))
    }
}

/// A value as it is kept.
fn kept(value: String) -> String {
    match value.char_indices().nth(VALUE_LETTERS) {
        Some((end, _)) => format!("{}…", &value[..end]),
        None => value,
    }
}

/// A value as sentences have it, in English and in Russian: a field by what it is called, all others as they are.
fn called<'a>(name: &str, value: &'a str) -> (&'a str, &'a str) {
    let field = FIELDS.iter().find(|(field, ..)| name == "field" && *field == value);
    field.map_or((value, value), |(_, english, russian)| (english, russian))
}

/// A sentence begins with a capital letter, whatever value stands first in it.
fn capitalised(text: &str) -> String {
    let mut letters = text.chars();
    letters.next().map_or_else(String::new, |first| first.to_uppercase().chain(letters).collect())
}

#[cfg(test)]
mod tests {
    use std::collections::BTreeSet;

    use super::*;

    /// The names of a sentence's values.
    fn holes(sentence: &str) -> BTreeSet<&str> {
        sentence.split('{').skip(1).filter_map(|rest| Some(rest.split_once('}')?.0)).collect()
    }

    fn is_cyrillic(letter: char) -> bool {
        ('а'..='я').contains(&letter) || ('А'..='Я').contains(&letter) || letter == 'ё'
    }

    #[test]
    fn every_code_is_there_once_with_a_sentence_in_both_languages() {
        let codes: BTreeSet<&str> = SENTENCES.iter().map(|(code, ..)| *code).collect();
        assert_eq!(codes.len(), SENTENCES.len());
        for (code, values, english, russian) in SENTENCES {
            let values: BTreeSet<&str> = values.iter().copied().collect();
            assert_eq!((holes(english), holes(russian)), (values.clone(), values), "{code}");
            assert!(english.ends_with('.') && russian.ends_with('.'), "{code}");
            assert!(russian.chars().any(is_cyrillic), "{code}: {russian}");
            // What files call things may stand in an English sentence; words of another language do not.
            let words = english.split('`').step_by(2);
            assert!(!words.flat_map(str::chars).any(is_cyrillic), "{code}: {english}");
        }
    }

    #[test]
    fn a_field_is_called_what_people_call_it() {
        let reason = number_taken("sku", "З-1", "other");
        assert_eq!((reason.code.as_str(), reason.values["field"].as_str()), ("number_taken", "sku"));
        assert!(reason.text.en.starts_with("The article number `З-1` is that of `other`"), "{reason:?}");
        assert!(reason.text.ru.starts_with("Артикул «З-1» уже у товара «other»"), "{reason:?}");
        for (field, english, russian) in FIELDS {
            let reason = missing(field);
            assert!(reason.text.en.contains(english) && reason.text.ru.contains(russian), "{reason:?}");
        }
    }

    #[test]
    fn a_value_is_no_longer_than_people_read() {
        let reason = unit_unknown("ж".repeat(10_000));
        assert_eq!(reason.values["unit"].chars().count(), VALUE_LETTERS + 1);
        assert!(reason.written().len() < 2_000, "{reason:?}");
    }

    #[test]
    fn what_was_written_is_read_again_and_a_text_of_before_is_shown_as_it_is() {
        let reason = row_twice(2, "milk");
        assert_eq!(Reason::read(reason.written()), Some(reason));
        assert_eq!(Reason::read(String::new()), None);
        let before = "row 2 says the same product, `milk`: leave one of them away";
        let read = Reason::read(before.to_owned()).unwrap();
        assert_eq!((read.code.as_str(), read.values.len()), ("", 0));
        assert_eq!((read.text.en.as_str(), read.text.ru.as_str()), (before, before));
    }
}
