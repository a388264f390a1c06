//! Whether a document comes from the supplier, and from the form, that an example was made of.

use serde::{Deserialize, Serialize};

use super::rows::Rows;
use crate::document::Party;
use crate::evaluate::printed::squash;

/// Words of the form that are kept.
const WORDS_MAX: usize = 160;

/// Numbers shorter than this are found in other numbers by chance.
const ID_MIN: usize = 8;

/// How many of the form's words have to be there where the supplier's own numbers are.
const LIKENESS_WITH_ID: f32 = 0.2;

/// The same where its name alone is.
const LIKENESS_WITH_NAME: f32 = 0.35;

/// The same where the supplier prints nothing that names it.
const LIKENESS_ALONE: f32 = 0.65;

/// How far a word may have moved, as a part of the page's width.
const MOVED_MAX: f32 = 0.04;

/// What a supplier's pages look like.
#[derive(Debug, Clone, Serialize, Deserialize)]
pub(super) struct Fingerprint {
    /// Tax number, account and the like, as far as the pages print them.
    ids: Vec<String>,
    /// The supplier's name, if the pages print it.
    name: Option<String>,
    /// Words with where they begin across the page: down it they move with the number of lines.
    words: Vec<(String, f32)>,
}

impl Fingerprint {
    pub(super) fn of(rows: &Rows<'_>, supplier: &Party) -> Self {
        let text =
            |field: &Option<crate::document::Field<String>>| field.as_ref().map(|field| squash(&field.value));
        let printed = |id: &String| rows.squashed.contains(id.as_str());
        let ids =
            [&supplier.tax_id, &supplier.iban, &supplier.registration_id, &supplier.gln, &supplier.email];
        let ids = ids.into_iter().filter_map(text).filter(|id| id.len() >= ID_MIN && printed(id)).collect();
        let name = text(&supplier.name).filter(|name| name.chars().count() >= 3).filter(printed);
        Self { ids, name, words: words(rows) }
    }

    /// How like the pages are, 0 to 1; nothing where they are of another supplier or form.
    pub(super) fn likeness(&self, rows: &Rows<'_>) -> Option<f32> {
        let there = words(rows);
        let known = self
            .words
            .iter()
            .filter(|(word, x)| there.iter().any(|(other, at)| word == other && (x - at).abs() <= MOVED_MAX));
        let likeness = known.count() as f32 / self.words.len().max(1) as f32;
        let printed = |id: &String| rows.squashed.contains(id.as_str());
        let least = if !self.ids.is_empty() {
            if !self.ids.iter().any(printed) {
                return None;
            }
            LIKENESS_WITH_ID
        } else if let Some(name) = &self.name {
            if !printed(name) {
                return None;
            }
            LIKENESS_WITH_NAME
        } else {
            LIKENESS_ALONE
        };
        (likeness >= least).then_some(likeness)
    }
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
