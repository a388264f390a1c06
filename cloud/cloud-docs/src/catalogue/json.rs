//! JSON: an array of objects, or an object with one in `products` or `items`. Fields are called as columns are; `name` may be an
//! object by language.

use crate::notes::{self, Note};
use std::collections::BTreeSet;

use serde_json::{Map, Value};

use super::columns::{Field, UNKNOWN_MAX, field, is_language, put};
use super::{CatalogueFile, CatalogueFormat, CatalogueRecord, CatalogueRow, RowProblem, tell};

/// What the list of products may be called.
const LISTS: [&str; 3] = ["products", "items", "catalogue"];

pub(super) fn read(text: &str) -> Result<CatalogueFile, Note> {
    let value: Value = serde_json::from_str(text).map_err(notes::json_broken)?;
    let list = match value {
        Value::Array(list) => list,
        Value::Object(mut object) => match LISTS.iter().find_map(|name| object.remove(*name)) {
            Some(Value::Array(list)) => list,
            _ => return Err(notes::no_product_list()),
        },
        _ => return Err(notes::no_product_list()),
    };
    let mut unknown = BTreeSet::new();
    let rows = list.into_iter().zip(1_u32..).map(|(value, number)| {
        tell(number as usize);
        match value {
            Value::Object(object) => row(number, object, &mut unknown),
            _ => CatalogueRow { number, problem: Some(RowProblem::NoObject), ..CatalogueRow::default() },
        }
    });
    let rows = rows.collect();
    let unknown_columns = unknown.into_iter().take(UNKNOWN_MAX).collect();
    Ok(CatalogueFile {
        format: CatalogueFormat::Json,
        rows,
        unknown_columns,
        notes: Vec::new(),
        is_partial: false,
    })
}

fn row(number: u32, object: Map<String, Value>, unknown: &mut BTreeSet<String>) -> CatalogueRow {
    let mut record = CatalogueRecord::default();
    let (mut problem, mut seen) = (None, BTreeSet::new());
    for (key, value) in object {
        let Some(known) = field(&key) else {
            if unknown.len() < UNKNOWN_MAX {
                unknown.insert(key.chars().take(100).collect());
            }
            continue;
        };
        if !value.is_null() && !seen.insert(known.clone()) {
            problem = Some(RowProblem::FieldTwice { key: cut(&key) });
            continue;
        }
        match (known, value) {
            (_, Value::Null) => {}
            (Field::Name(_), Value::Object(names)) => {
                for (language, name) in names {
                    match name {
                        Value::String(name) if is_language(&language) => {
                            record.names.insert(language, name);
                        }
                        _ => problem = Some(RowProblem::NamesNoTexts),
                    }
                }
            }
            (known, Value::String(text)) => put(&mut record, &known, text),
            (known, Value::Number(number)) => put(&mut record, &known, number.to_string()),
            (known, Value::Bool(flag)) => put(&mut record, &known, flag.to_string()),
            (_, Value::Array(_) | Value::Object(_)) => {
                problem = Some(RowProblem::NoText { key: cut(&key) });
            }
        }
    }
    CatalogueRow { number, record, problem }
}

/// A key as it is shown.
fn cut(key: &str) -> String {
    key[..key.floor_char_boundary(100)].to_owned()
}
