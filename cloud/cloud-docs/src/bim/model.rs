//! Elements of a model: where they stand, of what type they are, what was measured of them.

use std::collections::{BTreeMap, HashMap};

use super::elements::Elements;
use super::step::{Instance, Step, Value};
use super::units::{Measure, Units};
use crate::notes::{self, Note};

/// Steps from a part to its storey.
const DEPTH: usize = 32;
/// Quantities within quantities.
const QUANTITY_DEPTH: usize = 8;

/// Relations that are followed, and quantities that are looked at, each element's anew.
const WORK: usize = 4_000_000;

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
    pub(super) notes: Notes,
}

/// What to mind, once of each kind.
type Notes = BTreeMap<&'static str, Note>;

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
        let mut model = Self::default();
        let (relations, units) = (Relations::of(step, &mut model.notes), Units::of(step));
        let (elements, mut left) = (Elements::new(), WORK);
        for (id, instance) in step.all() {
            let Some(kind) = elements.get(instance.name) else { continue };
            let type_name = type_name(step, &relations, id, instance);
            let storey = storey(step, &relations, &elements, id);
            let key = |quantity| Key { storey: storey.clone(), kind, type_name: type_name.clone(), quantity };
            model.add(key(None), 1.0);
            let mut measuring =
                Measuring { step, units: &units, found: Vec::new(), notes: &mut model.notes, left };
            measuring.element(&relations, id);
            let found = measuring.found;
            left = measuring.left;
            for (measure, name, amount) in found {
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
    fn of(step: &Step<'_>, found: &mut Notes) -> Self {
        let mut relations = Self::default();
        let mut left = WORK;
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
                if left < one.len().max(1) {
                    found.entry("relations").or_insert_with(|| notes::relations_cut(WORK));
                    return relations;
                }
                left -= one.len().max(1);
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
fn storey(step: &Step<'_>, relations: &Relations, elements: &Elements, id: u64) -> String {
    let (mut at, mut nearest) = (id, None);
    for _ in 0..DEPTH {
        let Some((next, instance)) = relations.inside.get(&at).and_then(|id| Some((*id, step.get(*id)?)))
        else {
            break;
        };
        let is_spatial = instance.name.len() > 3 && elements.get(instance.name).is_none();
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

/// Takes up the quantities of one element.
struct Measuring<'a, 'b> {
    step: &'a Step<'b>,
    units: &'a Units,
    /// In the units of their codes.
    found: Vec<(Measure, String, f64)>,
    notes: &'a mut Notes,
    left: usize,
}

impl Measuring<'_, '_> {
    /// Its own quantities before those of its type.
    fn element(&mut self, relations: &Relations, id: u64) {
        let own = relations.properties.get(&id).cloned().unwrap_or_default();
        let of_type = relations.type_of.get(&id).and_then(|id| self.step.get(*id));
        let of_type =
            of_type.and_then(|kind| kind.values().get(5).map(Value::references)).unwrap_or_default();
        for set in own.into_iter().chain(of_type) {
            let Some(set) = self.step.get(set).filter(|set| set.is("IFCELEMENTQUANTITY")) else { continue };
            let quantities = set.values().get(5).map(Value::references).unwrap_or_default();
            for quantity in quantities {
                self.quantity(quantity, 0);
            }
        }
    }

    fn quantity(&mut self, id: u64, depth: usize) {
        let cost = 1 + self.found.len();
        if self.left < cost {
            self.notes.entry("quantities").or_insert_with(notes::quantities_cut);
            return;
        }
        self.left -= cost;
        let Some(quantity) = self.step.get(id) else { return };
        let values = quantity.values();
        let called = values.first().and_then(Value::text).unwrap_or("?").to_owned();
        if quantity.is("IFCPHYSICALCOMPLEXQUANTITY") && depth < QUANTITY_DEPTH {
            for part in values.get(2).map(Value::references).unwrap_or_default() {
                self.quantity(part, depth + 1);
            }
            return;
        }
        let Some(measure) = Measure::of(quantity.name) else { return };
        // The type's value of the same name stands for those that say nothing themselves.
        if self.found.iter().any(|(known, name, _)| *known == measure && *name == called) {
            return;
        }
        let Some(amount) = values.get(3).and_then(Value::number).filter(|amount| amount.is_finite()) else {
            return;
        };
        match self.units.factor(self.step, measure, values.get(2)) {
            Some(factor) => self.found.push((measure, called, amount * factor)),
            None => {
                self.notes.entry("units").or_insert_with(|| notes::no_unit(called));
            }
        }
    }
}
