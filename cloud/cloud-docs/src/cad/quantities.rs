//! Adds up what is drawn, layer by layer, through blocks in blocks.

use std::collections::BTreeMap;

use super::drawing::{Drawing, Entity};
use super::geometry::{Map, Piece};
use super::{hatch, shape};
use crate::notes::{self, Note};

/// Blocks in blocks that are followed.
const DEPTH: usize = 16;
/// Entities that are looked at, those of blocks each time anew.
const VISITS: usize = 1_000_000;

/// What of something is added up.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub(super) enum Measure {
    Count,
    Length,
    Area,
}

/// What is added up: a block's name or a kind of entity, on a layer.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord)]
pub(super) struct Key {
    pub(super) layer: String,
    pub(super) measure: Measure,
    pub(super) name: String,
}

impl Key {
    /// A spline's length has no formula.
    pub(super) fn is_approximate(&self) -> bool {
        self.measure != Measure::Count && self.name == "SPLINE"
    }
}

/// The sums of a drawing.
#[derive(Debug, Default)]
pub(super) struct Quantities {
    pub(super) totals: BTreeMap<Key, f64>,
    pub(super) notes: Vec<Note>,
    /// Kinds that are not measured, with how many there are.
    left_out: BTreeMap<String, u64>,
    visits: usize,
}

/// Where an entity stands: in which blocks, how they are stretched, how often they are there.
#[derive(Clone)]
struct Within {
    map: Map,
    times: f64,
    /// The layer of the innermost insert, which things on layer 0 take over.
    layer: Option<String>,
    blocks: Vec<String>,
}

impl Quantities {
    pub(super) fn of(drawing: &Drawing<'_>) -> Self {
        let mut quantities = Self::default();
        let whole = Within { map: Map::SAME, times: 1.0, layer: None, blocks: Vec::new() };
        quantities.visit(drawing, &drawing.entities, &whole);
        if !quantities.left_out.is_empty() {
            let list: Vec<String> =
                quantities.left_out.iter().map(|(kind, count)| format!("{kind} ({count})")).collect();
            quantities.note(notes::not_measured(list.join(", ")));
        }
        quantities.totals.retain(|_, total| *total > 0.0 && total.is_finite());
        quantities
    }

    /// Notes it, once of each code.
    fn note(&mut self, note: Note) {
        if !self.notes.iter().any(|noted| noted.code == note.code) {
            self.notes.push(note);
        }
    }

    fn visit(&mut self, drawing: &Drawing<'_>, entities: &[Entity<'_>], within: &Within) {
        for entity in entities {
            self.visits += 1;
            if self.visits > VISITS {
                self.note(notes::blocks_cut(VISITS));
                return;
            }
            let layer = layer_of(drawing, entity, within);
            if entity.kind == b"INSERT" {
                self.insert(drawing, entity, within, layer);
            } else if let Some(shape) = shape::of(entity) {
                self.measure(entity, &shape, within, &layer);
            } else {
                let kind = String::from_utf8_lossy(entity.kind).into_owned();
                *self.left_out.entry(kind).or_default() += 1;
            }
        }
    }

    fn add(&mut self, layer: &str, measure: Measure, name: &str, amount: f64) {
        let key = Key { layer: layer.to_owned(), measure, name: name.to_owned() };
        *self.totals.entry(key).or_default() += amount;
    }

    fn measure(&mut self, entity: &Entity<'_>, shape: &shape::Shape, within: &Within, layer: &str) {
        let kind = String::from_utf8_lossy(entity.kind).into_owned();
        let mapped = |pieces: &Vec<Piece>| -> Vec<Piece> {
            pieces.iter().map(|piece| piece.mapped(&within.map)).filter(Piece::is_finite).collect()
        };
        let long: f64 = mapped(&shape.curves).iter().map(Piece::length).sum();
        self.add(layer, Measure::Length, &kind, long * within.times);
        let outlines: Vec<Vec<Piece>> = shape.outlines.iter().map(mapped).collect();
        match hatch::area(&outlines) {
            Some(area) => self.add(layer, Measure::Area, &kind, area * within.times),
            None => self.note(notes::hatch_left_out(layer)),
        }
    }

    fn insert(&mut self, drawing: &Drawing<'_>, entity: &Entity<'_>, within: &Within, layer: String) {
        let name = entity.first(2).map(|tag| drawing.name(tag.word())).unwrap_or_default();
        let often = |code| entity.whole(code).filter(|count| *count > 1).unwrap_or(1) as f64;
        let times = within.times * often(70) * often(71);
        self.add(&layer, Measure::Count, &name, times);
        let key = name.to_uppercase();
        let Some(block) = drawing.blocks.get(&key) else {
            self.note(notes::block_missing(name));
            return;
        };
        if within.blocks.contains(&key) {
            self.note(notes::block_in_itself(name));
            return;
        }
        if within.blocks.len() >= DEPTH {
            self.note(notes::blocks_too_deep(DEPTH));
            return;
        }
        let scale = [41, 42, 43].map(|code| entity.real(code).filter(|scale| *scale != 0.0).unwrap_or(1.0));
        let turned = Map::turned(entity.real(50).unwrap_or(0.0).to_radians());
        let own = Map::of_extrusion(entity.extrusion()).after(&turned).after(&Map::scaled(scale));
        let mut blocks = within.blocks.clone();
        blocks.push(key);
        let inner = Within { map: within.map.after(&own), times, layer: Some(layer), blocks };
        self.visit(drawing, block, &inner);
    }
}

fn layer_of(drawing: &Drawing<'_>, entity: &Entity<'_>, within: &Within) -> String {
    let own = entity.first(8).map_or_else(|| "0".to_owned(), |tag| drawing.name(tag.word()));
    match &within.layer {
        Some(layer) if own == "0" => layer.clone(),
        _ => own,
    }
}
