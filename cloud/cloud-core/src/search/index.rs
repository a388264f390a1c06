//! What the index holds, and how entries come and go.

use std::collections::{BTreeMap, BTreeSet};

use super::stem::Stems;
use super::words::{folded_words, number_key, sound};

/// Words of one field that are taken; a description may go on for pages.
const FIELD_WORDS_MAX: usize = 400;

/// What kind of thing an entry is about.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum EntryKind {
    /// A product of the catalogue.
    Product,
    /// Somebody who sells to the shop.
    Supplier,
    /// A supplier's document.
    Document,
}

impl EntryKind {
    /// All of them.
    pub const ALL: [Self; 3] = [Self::Product, Self::Supplier, Self::Document];

    /// The word that it is stored and written as.
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Product => "product",
            Self::Supplier => "supplier",
            Self::Document => "document",
        }
    }

    /// Reads the word; `None` for any other.
    pub fn from_word(word: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|kind| kind.as_str() == word)
    }
}

/// A thing that can be found.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct Entry {
    /// What it is called, by language; a language may be anything.
    pub names: BTreeMap<String, String>,
    /// Who makes it, or who it is from; empty where that is not known.
    pub brand: String,
    /// The category that answers are counted by; empty where it has none.
    pub category: String,
    /// Numbers that it is asked for by: GTIN, article number, the number of a document.
    pub numbers: Vec<String>,
    /// What else is said of it.
    pub text: String,
    /// It is not in use any more.
    pub archived: bool,
    /// The store that its viewers have to see; empty for those who see all stores, `None` where everybody may see it.
    pub store: Option<String>,
}

/// Which fields of an entry have a word, as bits.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub(super) struct Fields(pub(super) u8);

impl Fields {
    const NUMBER: Self = Self(1);
    const NAME: Self = Self(2);
    const BRAND: Self = Self(4);
    const CATEGORY: Self = Self(8);
    const TEXT: Self = Self(16);

    /// What the best of them counts.
    pub(super) fn weight(self) -> f32 {
        let weights = [
            (Self::NUMBER, 3.0),
            (Self::NAME, 1.0),
            (Self::BRAND, 0.7),
            (Self::CATEGORY, 0.5),
            (Self::TEXT, 0.2),
        ];
        weights.into_iter().find(|(field, _)| self.0 & field.0 != 0).map_or(0.0, |(_, weight)| weight)
    }
}

/// An entry that has a word.
#[derive(Debug, Clone, Copy)]
pub(super) struct Posting {
    pub(super) slot: u32,
    pub(super) fields: Fields,
}

/// A word and who has it. A word that nobody has any more stays until the index is made anew.
#[derive(Debug)]
pub(super) struct Term {
    pub(super) word: String,
    pub(super) postings: Vec<Posting>,
}

/// An entry as the index keeps it.
#[derive(Debug)]
pub(super) struct Slot {
    pub(super) kind: EntryKind,
    pub(super) id: String,
    pub(super) category: Option<u32>,
    pub(super) archived: bool,
    pub(super) store: Option<String>,
    /// Words of its shortest name.
    pub(super) name_words: u16,
    terms: Vec<u32>,
}

/// The entries of an organisation, ready to be searched.
#[derive(Default)]
pub struct Index {
    pub(super) stemmers: Stems,
    pub(super) words: BTreeMap<String, u32>,
    pub(super) stems: BTreeMap<String, Vec<u32>>,
    pub(super) sounds: BTreeMap<String, Vec<u32>>,
    pub(super) terms: Vec<Term>,
    pub(super) slots: Vec<Option<Slot>>,
    pub(super) by_key: BTreeMap<(EntryKind, String), u32>,
    pub(super) categories: Vec<String>,
    category_numbers: BTreeMap<String, u32>,
    free: Vec<u32>,
}

impl Index {
    /// How many entries it holds.
    pub fn len(&self) -> usize {
        self.by_key.len()
    }

    /// Whether it holds none.
    pub fn is_empty(&self) -> bool {
        self.by_key.is_empty()
    }

    /// How many words it knows.
    pub fn words_known(&self) -> usize {
        self.words.len()
    }

    /// Takes an entry, in place of the one that has this kind and id.
    pub fn put(&mut self, kind: EntryKind, id: &str, entry: &Entry) {
        self.remove(kind, id);
        let number = self.free.pop().unwrap_or_else(|| {
            self.slots.push(None);
            u32::try_from(self.slots.len() - 1).expect("fewer than four thousand million entries")
        });
        let mut found: BTreeMap<u32, Fields> = BTreeMap::new();
        for (word, field) in words_of(entry) {
            let term = self.term(&word);
            let fields = found.entry(term).or_insert(Fields(0));
            fields.0 |= field.0;
        }
        for (term, fields) in &found {
            let postings = &mut self.terms[*term as usize].postings;
            let place = postings.partition_point(|posting| posting.slot < number);
            postings.insert(place, Posting { slot: number, fields: *fields });
        }
        let name_words = entry.names.values().map(|name| folded_words(name).len()).min().unwrap_or(0);
        self.slots[number as usize] = Some(Slot {
            kind,
            id: id.to_owned(),
            category: self.category(&entry.category),
            archived: entry.archived,
            store: entry.store.clone(),
            name_words: u16::try_from(name_words).unwrap_or(u16::MAX),
            terms: found.into_keys().collect(),
        });
        self.by_key.insert((kind, id.to_owned()), number);
    }

    /// Forgets an entry; one that is not there changes nothing.
    pub fn remove(&mut self, kind: EntryKind, id: &str) {
        let Some(number) = self.by_key.remove(&(kind, id.to_owned())) else { return };
        let Some(slot) = self.slots[number as usize].take() else { return };
        for term in slot.terms {
            let postings = &mut self.terms[term as usize].postings;
            let place = postings.partition_point(|posting| posting.slot < number);
            postings.remove(place);
        }
        self.free.push(number);
    }

    /// The number of a word; a new one is made known with its stems and its sound.
    fn term(&mut self, word: &str) -> u32 {
        if let Some(known) = self.words.get(word) {
            return *known;
        }
        let number = u32::try_from(self.terms.len()).expect("fewer than four thousand million words");
        self.words.insert(word.to_owned(), number);
        self.terms.push(Term { word: word.to_owned(), postings: Vec::new() });
        if is_spelt(word) {
            for stem in self.stemmers.of(word) {
                self.stems.entry(stem).or_default().push(number);
            }
            self.sounds.entry(sound(word)).or_default().push(number);
        }
        number
    }

    fn category(&mut self, name: &str) -> Option<u32> {
        if name.is_empty() {
            return None;
        }
        if let Some(known) = self.category_numbers.get(name) {
            return Some(*known);
        }
        let number =
            u32::try_from(self.categories.len()).expect("fewer than four thousand million categories");
        self.categories.push(name.to_owned());
        self.category_numbers.insert(name.to_owned(), number);
        Some(number)
    }

    /// The number of a category that some entry has or had.
    pub(super) fn category_number(&self, name: &str) -> Option<u32> {
        self.category_numbers.get(name).copied()
    }
}

/// A word of letters, which has forms and a sound; a number has none.
pub(super) fn is_spelt(word: &str) -> bool {
    word.chars().all(char::is_alphabetic)
}

/// The words of an entry, each with the field that has it.
fn words_of(entry: &Entry) -> BTreeSet<(String, Fields)> {
    let mut found = BTreeSet::new();
    let mut take = |text: &str, field: Fields| {
        let words = folded_words(text).into_iter().take(FIELD_WORDS_MAX);
        found.extend(words.map(|word| (word, field)));
    };
    for name in entry.names.values() {
        take(name, Fields::NAME);
        // `Coca-Cola` is also written as one word.
        let joined = name.split_whitespace().filter(|chunk| chunk.contains('-')).map(number_key);
        take(&joined.collect::<Vec<_>>().join(" "), Fields::NAME);
    }
    take(&entry.brand, Fields::BRAND);
    take(&entry.category, Fields::CATEGORY);
    take(&entry.text, Fields::TEXT);
    for number in &entry.numbers {
        // As a whole and in its parts: people remember the figures of an article number.
        take(number, Fields::NUMBER);
    }
    let whole = entry.numbers.iter().map(|number| number_key(number)).filter(|key| !key.is_empty());
    found.extend(whole.map(|key| (key, Fields::NUMBER)));
    found
}
