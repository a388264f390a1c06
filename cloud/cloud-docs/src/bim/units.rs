//! The units that a model's quantities are in.

use std::collections::BTreeMap;

use super::step::{Instance, Step, Value};

/// Units that units are made of, one below the other.
const DEPTH: usize = 8;

/// Prefixes of SI.
const PREFIXES: [(&str, f64); 16] = [
    ("EXA", 1e18),
    ("PETA", 1e15),
    ("TERA", 1e12),
    ("GIGA", 1e9),
    ("MEGA", 1e6),
    ("KILO", 1e3),
    ("HECTO", 1e2),
    ("DECA", 1e1),
    ("DECI", 1e-1),
    ("CENTI", 1e-2),
    ("MILLI", 1e-3),
    ("MICRO", 1e-6),
    ("NANO", 1e-9),
    ("PICO", 1e-12),
    ("FEMTO", 1e-15),
    ("ATTO", 1e-18),
];

/// What is measured.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub(super) enum Measure {
    Length,
    Area,
    Volume,
    Weight,
    Count,
    Time,
}

impl Measure {
    /// Of an entity of quantity.
    pub(super) fn of(name: &str) -> Option<Self> {
        Some(match name.to_ascii_uppercase().as_str() {
            "IFCQUANTITYLENGTH" => Self::Length,
            "IFCQUANTITYAREA" => Self::Area,
            "IFCQUANTITYVOLUME" => Self::Volume,
            "IFCQUANTITYWEIGHT" => Self::Weight,
            "IFCQUANTITYCOUNT" => Self::Count,
            "IFCQUANTITYTIME" => Self::Time,
            _ => return None,
        })
    }

    /// The code that its sums are given in.
    pub(super) fn code(self) -> &'static str {
        match self {
            Self::Length => "MTR",
            Self::Area => "MTK",
            Self::Volume => "MTQ",
            Self::Weight => "KGM",
            Self::Count => "H87",
            Self::Time => "SEC",
        }
    }

    /// What the schema calls the kind of its unit; counts have none.
    fn unit_type(self) -> Option<&'static str> {
        Some(match self {
            Self::Length => "LENGTHUNIT",
            Self::Area => "AREAUNIT",
            Self::Volume => "VOLUMEUNIT",
            Self::Weight => "MASSUNIT",
            Self::Time => "TIMEUNIT",
            Self::Count => return None,
        })
    }
}

/// How many metres, square metres, kilograms .. one of the model's units is.
#[derive(Debug, Default)]
pub(super) struct Units {
    by_type: BTreeMap<String, f64>,
}

impl Units {
    /// Those that the model assigns.
    pub(super) fn of(step: &Step<'_>) -> Self {
        let mut units = Self::default();
        // The project's assignment, or the first one where the project names none.
        let project = step.all().find(|(_, instance)| instance.is("IFCPROJECT"));
        let named = project.and_then(|(_, project)| step.referred(project.values().get(8)));
        let assigned = named.or_else(|| step.all().find(|(_, instance)| instance.is("IFCUNITASSIGNMENT")));
        let Some((_, assignment)) = assigned else { return units };
        for id in assignment.values().first().map(Value::references).unwrap_or_default() {
            let Some(unit) = step.get(id) else { continue };
            if let (Some(kind), Some(factor)) = (unit_type(unit), factor(step, unit, 0)) {
                units.by_type.entry(kind).or_insert(factor);
            }
        }
        units
    }

    /// The factor to the measure's code; nothing where neither the quantity nor the model says its unit.
    pub(super) fn factor(&self, step: &Step<'_>, measure: Measure, own: Option<&Value>) -> Option<f64> {
        let Some(kind) = measure.unit_type() else { return Some(1.0) };
        let own = step.referred(own).and_then(|(_, unit)| factor(step, unit, 0));
        own.or_else(|| self.by_type.get(kind).copied())
    }
}

fn unit_type(unit: Instance<'_>) -> Option<String> {
    unit.values().get(1)?.word().map(str::to_owned)
}

fn factor(step: &Step<'_>, unit: Instance<'_>, depth: usize) -> Option<f64> {
    let values = unit.values();
    if unit.is("IFCSIUNIT") {
        let prefix = match values.get(2) {
            Some(Value::Word(word)) => {
                PREFIXES.iter().find(|(name, _)| name == word).map(|(_, factor)| *factor)?
            }
            _ => 1.0,
        };
        return Some(match values.get(3)?.word()? {
            "SQUARE_METRE" => prefix.powi(2),
            "CUBIC_METRE" => prefix.powi(3),
            "GRAM" => prefix / 1000.0,
            _ => prefix,
        });
    }
    let is_conversion = unit.is("IFCCONVERSIONBASEDUNIT") || unit.is("IFCCONVERSIONBASEDUNITWITHOFFSET");
    if !is_conversion || depth >= DEPTH {
        return None;
    }
    let (_, conversion) = step.referred(values.get(3))?;
    let conversion = conversion.values();
    let (_, base) = step.referred(conversion.get(1))?;
    Some(conversion.first()?.number()? * factor(step, base, depth + 1)?)
}
