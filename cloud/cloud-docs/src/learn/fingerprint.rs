//! Whether a document comes from the supplier, and from the form, that an example was made of.

use std::collections::BTreeMap;

use serde::{Deserialize, Serialize};

use super::rows::Rows;
use crate::document::{Field, ParsedDocument, Party};
use crate::evaluate::printed::squash;

/// Words of the form that are kept.
const WORDS_MAX: usize = 160;

/// Numbers shorter than this are found in other numbers by chance.
const ID_MIN: usize = 8;

/// How many of the form's words have to be there where the supplier's own numbers or address of mail are.
const LIKENESS_WITH_ID: f32 = 0.2;

/// The same where its name alone is.
const LIKENESS_WITH_NAME: f32 = 0.35;

/// The same where the supplier prints nothing that names it.
const LIKENESS_ALONE: f32 = 0.65;

/// How far a word may have moved, as a part of the page's width.
const MOVED_MAX: f32 = 0.04;

/// What numbers a party may have, each told by its name.
const NUMBERS: [(&str, Number); 4] = [
    ("tax", |party| &party.tax_id),
    ("iban", |party| &party.iban),
    ("registration", |party| &party.registration_id),
    ("gln", |party| &party.gln),
];

type Number = fn(&Party) -> &Option<Field<String>>;

/// What a supplier's pages look like.
#[derive(Debug, Clone, Serialize, Deserialize)]
pub(super) struct Fingerprint {
    /// Tax number, account and the like by kind, as far as the pages print them.
    numbers: BTreeMap<String, String>,
    /// Its mail address, if the pages print it.
    email: Option<String>,
    /// The supplier's name, if the pages print it.
    name: Option<String>,
    /// Words with where they begin across the page: down it they move with the number of lines.
    words: Vec<(String, f32)>,
}

impl Fingerprint {
    /// The fingerprint of a supplier's pages; nothing where they name another as their supplier. `unaided` is what was read of them.
    pub(super) fn of(rows: &Rows<'_>, corrected: &ParsedDocument, unaided: &ParsedDocument) -> Option<Self> {
        let supplier = &corrected.supplier;
        let printed = |id: &String| rows.squashed.contains(id.as_str());
        let long = |id: &String| id.len() >= ID_MIN && printed(id);
        let numbers = NUMBERS.iter().filter_map(|(kind, number)| {
            Some(((*kind).to_owned(), squashed(number(supplier)).filter(long)?))
        });
        let name = squashed(&supplier.name).filter(|name| name.chars().count() >= 3).filter(printed);
        let email = squashed(&supplier.email).filter(long);
        let numbers: BTreeMap<String, String> = numbers.collect();
        let is_named = !numbers.is_empty() || email.is_some() || name.is_some();
        // Whoever sent it, a page that prints another's numbers alone says nothing of the next one that prints them.
        let is_anothers = !is_named && !foreign(unaided, &corrected.buyer).is_empty();
        (!is_anothers).then(|| Self { numbers, email, name, words: words(rows) })
    }

    /// How like the pages are, 0 to 1; nothing where they are of another supplier or form. `unaided` is what was read of them.
    pub(super) fn likeness(&self, rows: &Rows<'_>, unaided: &ParsedDocument) -> Option<f32> {
        let there = words(rows);
        let known = self
            .words
            .iter()
            .filter(|(word, x)| there.iter().any(|(other, at)| word == other && (x - at).abs() <= MOVED_MAX));
        let likeness = known.count() as f32 / self.words.len().max(1) as f32;
        let printed = |id: &String| rows.squashed.contains(id.as_str());
        // Numbers may be shared within a group, so the name has to be there too where it was.
        if self.name.as_ref().is_some_and(|name| !printed(name)) {
            return None;
        }
        let ids: Vec<&String> = self.numbers.values().chain(&self.email).collect();
        if !ids.is_empty() && !ids.iter().any(|id| printed(id)) {
            return None;
        }
        // Another number of a kind where the supplier prints its own, or any where it prints nothing that names it.
        let is_anothers =
            foreign(unaided, &unaided.buyer).into_iter().any(|kind| match self.numbers.get(kind) {
                Some(own) => !printed(own),
                None => ids.is_empty() && self.name.is_none(),
            });
        let least = match (&self.name, ids.is_empty()) {
            (_, false) => LIKENESS_WITH_ID,
            (Some(_), true) => LIKENESS_WITH_NAME,
            (None, true) => LIKENESS_ALONE,
        };
        (likeness >= least && !is_anothers).then_some(likeness)
    }
}

/// The kinds of the numbers that were read as the supplier's and are not the buyer's.
fn foreign(read: &ParsedDocument, buyer: &Party) -> Vec<&'static str> {
    let is_foreign = |number: &Number| {
        let own = squashed(number(&read.supplier));
        own.is_some() && own != squashed(number(buyer))
    };
    NUMBERS.iter().filter(|(_, number)| is_foreign(number)).map(|(kind, _)| *kind).collect()
}

fn squashed(field: &Option<Field<String>>) -> Option<String> {
    field.as_ref().map(|field| squash(&field.value)).filter(|text| !text.is_empty())
}

/// Words of letters, each once, with where it begins first.
fn words(rows: &Rows<'_>) -> Vec<(String, f32)> {
    let mut words: Vec<(String, f32)> = Vec::new();
    for row in &rows.rows {
        for word in &row.words {
            let text = squash(&word.text);
            let is_word = text.chars().count() >= 3 && text.chars().all(char::is_alphabetic);
            if is_word && words.len() < WORDS_MAX && words.iter().all(|(known, _)| *known != text) {
                // Thousandths keep examples small.
                let x = word.area.x0 / rows.width(row.page);
                words.push((text, (x * 1_000.0).round() / 1_000.0));
            }
        }
    }
    words
}

/// What tells a supplier's documents from others', for whoever keeps examples.
pub(super) fn key(supplier: &Party) -> Option<String> {
    let named = [
        ("tax", &supplier.tax_id),
        ("iban", &supplier.iban),
        ("gln", &supplier.gln),
        ("name", &supplier.name),
    ];
    named.into_iter().find_map(|(kind, field)| {
        let text = squash(&field.as_ref()?.value);
        (!text.is_empty()).then(|| format!("{kind}:{text}"))
    })
}
