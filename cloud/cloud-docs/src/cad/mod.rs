//! DXF drawings become bills of quantities: how many of each block, how long the lines, how large the areas, layer by layer.
//!
//! [`tags`] reads pairs of code and value, [`drawing`] makes entities and blocks of them, [`shape`] gives each its curves,
//! [`quantities`] adds up what is drawn, through blocks in blocks. Reference: Autodesk, DXF Reference.

mod drawing;
mod geometry;
mod hatch;
mod quantities;
mod shape;
mod spline;
mod tags;

use rust_decimal::Decimal;
use rust_decimal::prelude::FromPrimitive as _;

use crate::document::{DocumentKind, Field, Format, Line, Origin, ParsedDocument};
use crate::notes;
use crate::read::Documents;
use crate::reading::{Hints, Limits, Refusal};
use drawing::Drawing;
use quantities::{Key, Measure, Quantities};

/// Metres of one drawing unit by the number in `$INSUNITS`.
const UNITS: [(i64, f64); 24] = [
    (1, 0.0254),
    (2, 0.3048),
    (3, 1609.344),
    (4, 0.001),
    (5, 0.01),
    (6, 1.0),
    (7, 1000.0),
    (8, 2.54e-8),
    (9, 2.54e-5),
    (10, 0.9144),
    (11, 1e-10),
    (12, 1e-9),
    (13, 1e-6),
    (14, 0.1),
    (15, 10.0),
    (16, 100.0),
    (17, 1e9),
    (18, 149_597_870_700.0),
    (19, 9_460_730_472_580_800.0),
    (20, 3.085_677_581_491_367e16),
    (21, 1200.0 / 3937.0),
    (22, 100.0 / 3937.0),
    (23, 3600.0 / 3937.0),
    (24, 6_336_000.0 / 3937.0),
];

/// Reads a drawing.
pub(crate) fn read(bytes: &[u8], hints: &Hints, limits: &Limits) -> Documents {
    let drawing = Drawing::read(bytes)
        .map_err(|why| Refusal::Broken { name: hints.file_name.clone(), why: why.into_note() })?;
    let metres = UNITS.iter().find(|(unit, _)| *unit == drawing.unit).map(|(_, metres)| *metres);
    let quantities = Quantities::of(&drawing);
    let mut document = ParsedDocument::empty(Format::Dxf);
    document.kind = Some(computed(DocumentKind::BillOfQuantities, 1.0));
    document.producer.clone_from(&drawing.version);
    drawing.notes.iter().chain(&quantities.notes).for_each(|note| document.warn(note.clone()));
    if metres.is_none() && !quantities.totals.is_empty() {
        document.warn(notes::no_drawing_unit());
    }
    if quantities.totals.is_empty() {
        document.warn(notes::nothing_drawn());
    }
    for (key, total) in quantities.totals.iter().take(limits.lines as usize) {
        document.lines.extend(line(key, *total, metres));
    }
    if quantities.totals.len() > limits.lines as usize {
        document.warn(notes::lines_cut(limits.lines));
    }
    Ok(vec![document])
}

fn computed<T>(value: T, confidence: f32) -> Field<T> {
    Field { value, confidence, origin: Origin::Computed, place: None }
}

/// One sum; nothing when it is beyond what a decimal holds.
fn line(key: &Key, total: f64, metres: Option<f64>) -> Option<Line> {
    let (factor, code, unit) = match (key.measure, metres) {
        (Measure::Count, _) => (1.0, Some("H87"), "H87"),
        (Measure::Length, Some(metres)) => (metres, Some("MTR"), "MTR"),
        (Measure::Area, Some(metres)) => (metres * metres, Some("MTK"), "MTK"),
        (Measure::Length, None) => (1.0, None, "drawing unit"),
        (Measure::Area, None) => (1.0, None, "drawing unit²"),
    };
    let quantity = Decimal::from_f64(total * factor)?.round_dp(6).normalize();
    let sure = if key.is_approximate() { 0.9 } else { 1.0 };
    let name = match key.measure {
        Measure::Count => key.name.clone(),
        Measure::Length => format!("{}: длина / length", key.name),
        Measure::Area => format!("{}: площадь / area", key.name),
    };
    let description = match key.measure {
        Measure::Count => "блок / block".to_owned(),
        _ if key.is_approximate() => "приближённо / approximated".to_owned(),
        _ => String::new(),
    };
    Some(Line {
        name: Some(computed(name, 1.0)),
        description: (!description.is_empty()).then(|| computed(description, 1.0)),
        quantity: Some(computed(quantity, sure)),
        unit: Some(computed(unit.to_owned(), 1.0)),
        unit_code: code.map(str::to_owned),
        section: Some(key.layer.clone()),
        ..Line::default()
    })
}
