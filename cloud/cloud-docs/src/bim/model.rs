//! Elements of a model: where they stand, of what type they are, what was measured of them.

use std::collections::{BTreeMap, HashMap};

use super::elements;
use super::step::{Instance, Step, Value};
use super::units::{Measure, Units};

/// Steps from a part to its storey.
const DEPTH: usize = 32;
/// Quantities within quantities.
const QUANTITY_DEPTH: usize = 8;

/// What is added up: elements of one kind and type on one storey; and which of their quantities, `None` for how many they are.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord)]
pub(super) struct Key {
    pub(super) storey: String,
    pub(super) kind: &'static str,
    pub(super) type_name: String,
    pub(super) quantity: Option<(Measure, String)>,
}

/// A sum and of how many values.
#[derive(Debug, Clone, Copy, PartialEq, Default)]
pub(super) struct Sum {
    pub(super) amount: f64,
    pub(super) values: u64,
}

/// The sums of a model.
#[derive(Debug, Default)]
pub(super) struct Model {
    pub(super) sums: BTreeMap<Key, Sum>,
    pub(super) notes: BTreeMap<&'static str, String>,
}

/// Who belongs to whom, by numbers of instances.
#[derive(Default)]
struct Relations {
    /// From what is contained, a part or nested, to what it is in.
    inside: HashMap<u64, u64>,
    type_of: HashMap<u64, u64>,
    properties: HashMap<u64, Vec<u64>>,
}

impl Model {
    pub(super) fn of(step: &Step<'_>) -> Self {
        let (relations, units) = (Relations::of(step), Units::of(step));
        let mut model = Self::default();
        for (id, instance) in step.all() {
            let Some(kind) = elements::element(instance.name) else { continue };
            let type_name = type_name(step, &relations, id, instance);
            let storey = storey(step, &relations, id);
            let key = |quantity| Key { storey: storey.clone(), kind, type_name: type_name.clone(), quantity };
            model.add(key(None), 1.0);
            for (measure, name, amount) in measured(step, &relations, &units, id, &mut model.notes) {
                model.add(key(Some((measure, name))), amount);
            }
        }
        model
    }

    fn add(&mut self, key: Key, amount: f64) {
        let sum = self.sums.entry(key).or_default();
        sum.amount += amount;
        sum.values += 1;
    }
}

impl Relations {
    fn of(step: &Step<'_>) -> Self {
        let mut relations = Self::default();
        for (_, instance) in step.all() {
            let name = instance.name.to_ascii_uppercase();
            let (many, one) = match name.as_str() {
                "IFCRELCONTAINEDINSPATIALSTRUCTURE" | "IFCRELDEFINESBYPROPERTIES" | "IFCRELDEFINESBYTYPE" => {
                    (4, 5)
                }
                "IFCRELAGGREGATES" | "IFCRELNESTS" => (5, 4),
                _ => continue,
            };
            let values = instance.values();
            let many = values.get(many).map(Value::references).unwrap_or_default();
            let one = values.get(one).map(Value::references).unwrap_or_default();
            for id in many {
                match name.as_str() {
                    "IFCRELDEFINESBYPROPERTIES" => relations.properties.entry(id).or_default().extend(&one),
                    "IFCRELDEFINESBYTYPE" => {
                        one.first().map(|one| relations.type_of.entry(id).or_insert(*one));
                    }
                    _ => {
                        one.first().map(|one| relations.inside.entry(id).or_insert(*one));
                    }
                }
            }
        }
        relations
    }
}

/// What an instance calls itself.
fn name(instance: Instance<'_>) -> Option<String> {
    instance.values().get(2)?.text().map(str::to_owned)
}

/// The name of its type, else what it says its type is.
fn type_name(step: &Step<'_>, relations: &Relations, id: u64, instance: Instance<'_>) -> String {
    let by_type = relations.type_of.get(&id).and_then(|id| step.get(*id)).and_then(name);
    by_type.or_else(|| instance.values().get(4)?.text().map(str::to_owned)).unwrap_or_default()
}

/// The storey that it is on; what it is in where that is on none.
fn storey(step: &Step<'_>, relations: &Relations, id: u64) -> String {
    let (mut at, mut nearest) = (id, None);
    for _ in 0..DEPTH {
        let Some((next, instance)) = relations.inside.get(&at).and_then(|id| Some((*id, step.get(*id)?)))
        else {
            break;
        };
        let is_spatial = instance.name.len() > 3 && elements::element(instance.name).is_none();
        if is_spatial && (nearest.is_none() || instance.is("IFCBUILDINGSTOREY")) {
            nearest = Some(name(instance).unwrap_or_else(|| format!("#{next}")));
        }
        if instance.is("IFCBUILDINGSTOREY") {
            break;
        }
        at = next;
    }
    nearest.unwrap_or_default()
}

type Measured = Vec<(Measure, String, f64)>;

/// The quantities of an element, its own before those of its type, in the units of their codes.
fn measured(
    step: &Step<'_>,
    relations: &Relations,
    units: &Units,
    id: u64,
    notes: &mut BTreeMap<&'static str, String>,
) -> Measured {
    let own = relations.properties.get(&id).cloned().unwrap_or_default();
    let of_type = relations.type_of.get(&id).and_then(|id| step.get(*id));
    let of_type = of_type.and_then(|kind| kind.values().get(5).map(Value::references)).unwrap_or_default();
    let mut found: Measured = Vec::new();
    for set in own.into_iter().chain(of_type) {
        let Some(set) = step.get(set).filter(|set| set.is("IFCELEMENTQUANTITY")) else { continue };
        let quantities = set.values().get(5).map(Value::references).unwrap_or_default();
        for quantity in quantities {
            collect(step, units, quantity, 0, &mut found, notes);
        }
    }
    found
}

fn collect(
    step: &Step<'_>,
    units: &Units,
    id: u64,
    depth: usize,
    found: &mut Measured,
    notes: &mut BTreeMap<&'static str, String>,
) {
    let Some(quantity) = step.get(id) else { return };
    let values = quantity.values();
    let called = values.first().and_then(Value::text).unwrap_or("?").to_owned();
    if quantity.is("IFCPHYSICALCOMPLEXQUANTITY") && depth < QUANTITY_DEPTH {
        for part in values.get(2).map(Value::references).unwrap_or_default() {
            collect(step, units, part, depth + 1, found, notes);
        }
        return;
    }
    let Some(measure) = Measure::of(quantity.name) else { return };
    // The type's value of the same name stands for those that say nothing themselves.
    if found.iter().any(|(known, name, _)| *known == measure && *name == called) {
        return;
    }
    let Some(amount) = values.get(3).and_then(Value::number).filter(|amount| amount.is_finite()) else {
        return;
    };
    match units.factor(step, measure, values.get(2)) {
        Some(factor) => found.push((measure, called, amount * factor)),
        None => {
            let message = format!("`{called}` and perhaps others have no unit; they were left out");
            notes.entry("no_unit").or_insert(message);
        }
    }
}
