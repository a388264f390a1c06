//! What is told of a file is told in every language of the dashboard, and what was told before there were values stays readable.

use std::collections::BTreeMap;
use std::path::Path;

use cloud_docs::document::{ParsedDocument, Warning};
use cloud_docs::notes::{SENTENCES, WORDS};
use cloud_docs::reading::Skipped;
use serde_json::json;

/// What the dashboard's languages are compared with, and its English sentences.
const LIST: &str = "../dashboard/src/i18n/notes.json";
/// Set to write the list anew after the table changed.
const WRITE: &str = "TILLSIGHT_WRITE_NOTES";

#[test]
fn the_dashboard_knows_every_code_value_and_word() {
    let sentences: BTreeMap<_, _> = SENTENCES.iter().copied().collect();
    let words: BTreeMap<&str, BTreeMap<&str, &str>> =
        WORDS.iter().map(|(name, words)| (*name, words.iter().copied().collect())).collect();
    let list = json!({ "sentences": sentences, "words": words });
    let list = serde_json::to_string_pretty(&list).unwrap() + "\n";
    let path = Path::new(env!("CARGO_MANIFEST_DIR")).join(LIST);
    if std::env::var_os(WRITE).is_some() {
        std::fs::write(&path, &list).unwrap();
    }
    let written = std::fs::read_to_string(&path).unwrap_or_default();
    assert!(written == list, "`{}` is not what the table says: run this test with {WRITE}=1", path.display());
}

#[test]
fn what_was_stored_before_values_had_names_keeps_its_text() {
    let old =
        json!({ "code": "totals_differ", "message": "the sum of the lines makes 1, the document says 2" });
    let warning: Warning = serde_json::from_value(old).unwrap();
    assert_eq!((warning.code.as_str(), warning.values.len()), ("totals_differ", 0));
    assert!(warning.text.ends_with("says 2"), "{warning:?}");
    let old = json!({ "path": "a/b.pdf", "reason": "it is locked with a password" });
    let skipped: Skipped = serde_json::from_value(old).unwrap();
    assert_eq!((skipped.code.as_str(), skipped.text.as_str()), ("", "it is locked with a password"));
    let document =
        json!({ "format": "ubl", "kind": null, "warnings": [{ "code": "x", "message": "y", "line": 3 }] });
    let document: ParsedDocument = serde_json::from_value(document).unwrap();
    assert_eq!((document.warnings[0].line, document.warnings[0].text.as_str()), (Some(3), "y"));
}
