//! Whether the same document says the same in several formats.

use std::collections::BTreeMap;

use serde_json::Value as Json;

use super::{Miss, Tally};
use crate::document::ParsedDocument;

/// What belongs to the way a document is read, not to what it says.
const ABOUT_READING: [&str; 6] = ["format", "path", "producer", "pages", "layout", "warnings"];

/// Counts the values that both documents have alike, of those that either has.
pub fn compare(one: &ParsedDocument, other: &ParsedDocument) -> (Tally, Vec<Miss>) {
    let (one, other) = (leaves(one), leaves(other));
    let mut tally = Tally::default();
    let mut misses = Vec::new();
    for what in one.keys().chain(other.keys().filter(|what| !one.contains_key(*what))) {
        tally.scored += 1;
        let (truth, read) = (one.get(what), other.get(what));
        if truth == read {
            tally.right += 1;
        } else {
            let text = |value: Option<&String>| value.cloned().unwrap_or_default();
            misses.push(Miss { what: what.clone(), truth: text(truth), read: text(read) });
        }
    }
    (tally, misses)
}

/// Every value with the way to it: `lines.0.quantity`.
fn leaves(document: &ParsedDocument) -> BTreeMap<String, String> {
    let mut leaves = BTreeMap::new();
    if let Ok(Json::Object(mut fields)) = serde_json::to_value(document) {
        fields.retain(|name, _| !ABOUT_READING.contains(&name.as_str()));
        gather("", &Json::Object(fields), &mut leaves);
    }
    leaves
}

fn gather(way: &str, value: &Json, leaves: &mut BTreeMap<String, String>) {
    let below = |name: &str| if way.is_empty() { name.to_owned() } else { format!("{way}.{name}") };
    match value {
        Json::Null => {}
        Json::Object(fields) if fields.contains_key("value") && fields.contains_key("origin") => {
            gather(way, &fields["value"], leaves);
        }
        Json::Object(fields) => fields.iter().for_each(|(name, value)| gather(&below(name), value, leaves)),
        Json::Array(all) => {
            all.iter()
                .enumerate()
                .for_each(|(index, value)| gather(&below(&index.to_string()), value, leaves));
        }
        Json::String(text) => {
            leaves.insert(way.to_owned(), plain(text));
        }
        Json::Bool(_) | Json::Number(_) => {
            leaves.insert(way.to_owned(), value.to_string());
        }
    }
}

/// Blanks and trailing noughts are writing, not value: `1.50` is `1.5`.
fn plain(text: &str) -> String {
    let text = text.split_whitespace().collect::<Vec<_>>().join(" ");
    let is_number = text.contains('.') && text.parse::<rust_decimal::Decimal>().is_ok();
    if is_number { text.trim_end_matches('0').trim_end_matches('.').to_owned() } else { text }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::document::{Field, Format};

    #[test]
    fn names_what_differs_and_not_how_it_is_written() {
        let mut one = ParsedDocument::empty(Format::Ubl);
        one.number = Some(Field::structured("17".to_owned()));
        one.totals.gross = Some(Field::structured("1.50".parse().unwrap()));
        let mut other = ParsedDocument { format: Format::Cii, producer: Some("x".into()), ..one.clone() };
        other.totals.gross = Some(Field::structured("1.5".parse().unwrap()));
        assert_eq!(compare(&one, &other).0, Tally { right: 2, scored: 2, left_out: 0 });

        other.number = None;
        other.totals.net = Some(Field::structured("1".parse().unwrap()));
        let (tally, misses) = compare(&one, &other);
        assert_eq!(tally, Tally { right: 1, scored: 3, left_out: 0 });
        let what: Vec<&str> = misses.iter().map(|miss| miss.what.as_str()).collect();
        assert_eq!(what, ["number", "totals.net"]);
    }
}
