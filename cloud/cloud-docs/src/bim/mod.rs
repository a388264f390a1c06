//! IFC building models become bills of quantities: how many elements of each kind and type, and what was measured of them.
//!
//! [`step`] reads the exchange file, [`model`] follows its relations, [`units`] brings quantities to one unit. References: ISO
//! 10303-21, ISO 16739-1 (IFC).

mod elements;
mod model;
mod step;
mod units;

use rust_decimal::Decimal;
use rust_decimal::prelude::FromPrimitive as _;

use crate::document::{DocumentKind, Field, Format, Line, Origin, ParsedDocument};
use crate::notes;
use crate::read::Documents;
use crate::reading::{Hints, Limits, Refusal};
use model::{Key, Model, Sum};
use step::Step;

/// Reads a model.
pub(crate) fn read(bytes: &[u8], hints: &Hints, limits: &Limits) -> Documents {
    let step = Step::read(bytes)
        .map_err(|why| Refusal::Broken { name: hints.file_name.clone(), why: why.into_note() })?;
    let model = Model::of(&step);
    let mut document = ParsedDocument::empty(Format::Ifc);
    document.kind = Some(field(DocumentKind::BillOfQuantities, Origin::Computed));
    let producer = step.producer.iter().map(String::as_str).chain([step.schema.as_str()]);
    document.producer = Some(producer.collect::<Vec<_>>().join(", "));
    if let Some(why) = &step.broken {
        document.warn(why.clone());
    }
    model.notes.values().for_each(|note| document.warn(note.clone()));
    if model.sums.is_empty() {
        document.warn(notes::no_elements());
    } else if model.sums.keys().all(|key| key.quantity.is_none()) {
        document.warn(notes::no_quantities());
    }
    document
        .lines
        .extend(model.sums.iter().take(limits.lines as usize).filter_map(|(key, sum)| line(key, *sum)));
    if model.sums.len() > limits.lines as usize {
        document.warn(notes::lines_cut(limits.lines));
    }
    Ok(vec![document])
}

fn field<T>(value: T, origin: Origin) -> Field<T> {
    Field { value, confidence: 1.0, origin, place: None }
}

fn line(key: &Key, sum: Sum) -> Option<Line> {
    let quantity = Decimal::from_f64(sum.amount)?.round_dp(6).normalize();
    // One value stands in the file as it is; a sum or a count was worked out.
    let is_own = key.quantity.is_some() && sum.values == 1;
    let origin = if is_own { Origin::Structured } else { Origin::Computed };
    let code = key.quantity.as_ref().map_or("H87", |(measure, _)| measure.code());
    let named = if key.type_name.is_empty() {
        key.kind.to_owned()
    } else {
        format!("{} {}", key.kind, key.type_name)
    };
    let measured = key.quantity.as_ref().map(|(_, name)| name.clone());
    Some(Line {
        name: Some(field(named, Origin::Structured)),
        description: Some(field(
            measured.unwrap_or_else(|| "количество / count".to_owned()),
            Origin::Structured,
        )),
        quantity: Some(field(quantity, origin)),
        unit: Some(field(code.to_owned(), Origin::Computed)),
        unit_code: Some(code.to_owned()),
        section: Some(key.storey.clone()).filter(|storey| !storey.is_empty()),
        ..Line::default()
    })
}
