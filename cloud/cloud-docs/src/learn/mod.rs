//! What a person's correction of one document teaches about the next of the same supplier.
//!
//! [`example`] notes where on the pages the right values stood: after which words, in which columns, in which notation; and what
//! never changes from one document of a supplier to the next. [`apply`] reads the next one by that. An example says nothing to
//! documents that do not look like its own, so that no supplier is read worse for what another taught.
//!
//! Pure. An example is a JSON object that carries its version, and nothing but words of labels, places and the supplier's own
//! data: no goods, no buyer, no amounts.

mod constants;
mod fields;
mod fingerprint;
mod notation;
mod placed;
mod rows;
mod table;

use serde::{Deserialize, Serialize};
use serde_json::Value;

use crate::document::{Field, Origin, ParsedDocument, PrintedRow, PrintedWord};
use crate::page::{Page, Word};
use crate::reading::{Hints, Limits};
use crate::understand;
use constants::Constants;
use fields::Anchored;
use fingerprint::Fingerprint;
use notation::Notation;
use rows::Rows;
use table::Table;

/// The version of examples. Those of another are passed over.
const VERSION: u32 = 2;

/// How large an example may become, in bytes of JSON.
const EXAMPLE_MAX_BYTES: usize = 64 << 10;

/// How sure a value is that stands where the correction of another document says.
const SURE: f32 = 0.95;

/// What one corrected document teaches.
#[derive(Debug, Clone, Serialize, Deserialize)]
struct Example {
    v: u32,
    fingerprint: Fingerprint,
    notation: Notation,
    constants: Constants,
    fields: Vec<Anchored>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    table: Option<Table>,
}

/// What a corrected document teaches, for [`Hints::examples`] of later ones; null where its pages teach nothing.
pub fn example(pages: &[Page], corrected: &ParsedDocument) -> Value {
    let rows = Rows::of(pages);
    if rows.is_empty() {
        return Value::Null;
    }
    let notation = Notation::learn(&rows, corrected);
    // What is read right without help stays so: an example fills its gaps, and overrules only what was wrong.
    let unaided = understand(pages, &Hints::default(), &Limits::default());
    let Some(fingerprint) = Fingerprint::of(&rows, corrected, &unaided) else { return Value::Null };
    let mut example = Example {
        v: VERSION,
        fingerprint,
        constants: Constants::of(&rows, corrected, &unaided),
        fields: fields::learn(&rows, corrected, &unaided, notation),
        table: table::learn(&rows, &corrected.lines, &unaided.lines, notation),
        notation,
    };
    if size(&example) > EXAMPLE_MAX_BYTES {
        // The fields alone are small.
        example.table = None;
    }
    if size(&example) > EXAMPLE_MAX_BYTES {
        Value::Null
    } else {
        serde_json::to_value(example).unwrap_or_default()
    }
}

fn size(example: &Example) -> usize {
    serde_json::to_vec(example).map_or(usize::MAX, |json| json.len())
}

/// Reads a document again by those examples that look like it, the likest first; a field that one of them tells is not asked of
/// the next.
pub fn apply(pages: &[Page], document: &mut ParsedDocument, hints: &Hints) {
    let rows = Rows::of(pages);
    let mut fitting: Vec<(f32, Example)> = hints
        .examples
        .iter()
        .filter_map(|value| serde_json::from_value::<Example>(value.clone()).ok())
        .filter(|example| example.v == VERSION)
        .filter_map(|example| Some((example.fingerprint.likeness(&rows, document)?, example)))
        .collect();
    fitting.sort_by(|a, b| b.0.total_cmp(&a.0));
    if let Some((_, likest)) = fitting.first() {
        likest.constants.put(&rows, document);
    }
    let examples: Vec<&Example> = fitting.iter().map(|(_, example)| example).collect();
    fields::apply(&rows, pages, &examples, document);
    for example in &examples {
        if table::apply(&rows, pages, example, document) {
            break;
        }
    }
    document.layout = fingerprint::key(&document.supplier).or_else(|| document.layout.take());
}

/// What pages print, row by row in the order of reading; at most so many words.
pub(crate) fn printed(pages: &[Page], most: usize) -> Vec<PrintedRow> {
    let mut left = most;
    let mut printed = Vec::new();
    for row in &Rows::of(pages).rows {
        let word =
            |word: &&Word| PrintedWord { text: word.text.clone(), place: pages[row.page].place(word.area) };
        let words: Vec<PrintedWord> = row.words.iter().take(left).map(word).collect();
        left -= words.len();
        if !words.is_empty() {
            printed.push(PrintedRow { words });
        }
    }
    printed
}

/// What tells a supplier's documents from others', for whoever keeps examples: its tax number, account or name.
pub fn supplier_key(document: &ParsedDocument) -> Option<String> {
    fingerprint::key(&document.supplier)
}

/// A value that was found by an example.
fn learnt<T>(value: T, pages: &[Page], found: &rows::Found) -> Field<T> {
    let place = pages.get(found.page).map(|page| page.place(found.area));
    Field { value, confidence: SURE * found.confidence, origin: Origin::Learnt, place }
}
