//! Text in the languages of the shop.

use std::collections::BTreeMap;

/// A BCP 47 language tag in its short form, for example `en` or `ru`.
pub type LanguageTag = String;

/// One text in several languages.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct LocalizedText(pub BTreeMap<LanguageTag, String>);

impl LocalizedText {
    /// A text in one language.
    pub fn single(language: &str, text: &str) -> Self {
        Self(BTreeMap::from([(language.to_owned(), text.to_owned())]))
    }

    /// The text in `language`, else in English, else in whatever there is, else nothing.
    pub fn get(&self, language: &str) -> &str {
        let found = self.0.get(language).or_else(|| self.0.get("en")).or_else(|| self.0.values().next());
        found.map_or("", String::as_str)
    }
}
