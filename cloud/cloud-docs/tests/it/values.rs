//! What documents say, laid out flat, to be compared.

use std::collections::{BTreeMap, BTreeSet};

use cloud_docs::ParsedDocument;
use rust_decimal::Decimal;
use serde_json::Value;

/// Every value that a document says, by the way to it; what is about the reading itself is left out.
pub(crate) fn values(document: &ParsedDocument) -> BTreeMap<String, String> {
    let mut found = BTreeMap::new();
    let mut fields = serde_json::to_value(document).unwrap();
    for about_reading in ["format", "path", "producer", "pages", "layout", "warnings"] {
        fields.as_object_mut().unwrap().remove(about_reading);
    }
    gather("", &fields, &mut found);
    found
}

fn gather(way: &str, value: &Value, found: &mut BTreeMap<String, String>) {
    let below = |name: &str| format!("{way}/{name}");
    match value {
        Value::Object(fields) if fields.contains_key("origin") => gather(way, &fields["value"], found),
        Value::Object(fields) => fields.iter().for_each(|(name, value)| gather(&below(name), value, found)),
        Value::Array(all) => {
            all.iter().enumerate().for_each(|(i, value)| gather(&below(&i.to_string()), value, found));
        }
        Value::Null => {}
        Value::String(text) => {
            // 2.00 and 2 are one number.
            let number = text.parse::<Decimal>().ok().filter(|_| text.contains('.'));
            found.insert(
                way.to_owned(),
                number.map_or_else(|| text.clone(), |number| number.normalize().to_string()),
            );
        }
        other => {
            found.insert(way.to_owned(), other.to_string());
        }
    }
}

/// What two documents say differently.
pub(crate) fn differences(one: &ParsedDocument, other: &ParsedDocument) -> Vec<String> {
    let (one, other) = (values(one), values(other));
    let ways: BTreeSet<&String> = one.keys().chain(other.keys()).collect();
    let different = ways.into_iter().filter(|way| one.get(*way) != other.get(*way));
    different.map(|way| format!("{way}: {:?} / {:?}", one.get(way), other.get(way))).collect()
}
