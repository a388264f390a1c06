//! The models as bytes.

use std::collections::BTreeMap;

use super::super::bytes::{Reader, Writer};
use super::super::trained::BadModel;
use super::boost::{Booster, Objective};
use super::features::WIDTH;
use super::tree::{Node, Tree};
use super::{Models, Pair};

impl Models {
    pub(crate) fn write(&self, writer: &mut Writer) {
        // A model of other features is no model of these.
        writer.count(WIDTH);
        for pair in [&self.now, &self.before] {
            write_booster(writer, &pair.mean);
            write_booster(writer, &pair.median);
        }
        writer.count(self.stores.len());
        for (store, (first, sums)) in &self.stores {
            writer.u32(*store);
            writer.i64(*first);
            writer.f64s(sums);
        }
    }

    pub(crate) fn read(reader: &mut Reader<'_>) -> Result<Self, BadModel> {
        if reader.u32()? as usize != WIDTH {
            return Err(reader.bad());
        }
        let mut pair = || Ok(Pair { mean: read_booster(reader)?, median: read_booster(reader)? });
        let (now, before) = (pair()?, pair()?);
        let mut stores = BTreeMap::new();
        for _ in 0..reader.count(16)? {
            stores.insert(reader.u32()?, (reader.i64()?, reader.f64s()?));
        }
        Ok(Self { now, before, stores })
    }
}

fn write_booster(writer: &mut Writer, booster: &Booster) {
    let (word, number) = match booster.objective {
        Objective::Tweedie(power) => (0, power),
        Objective::Quantile(level) => (1, level),
    };
    writer.u8(word);
    writer.f64(number);
    writer.f32(booster.base);
    writer.count(booster.trees.len());
    for tree in &booster.trees {
        writer.count(tree.nodes.len());
        for node in &tree.nodes {
            match *node {
                Node::Leaf(value) => {
                    writer.u8(0);
                    writer.f32(value);
                }
                Node::Split { feature, edge, missing_left, left } => {
                    writer.u8(if missing_left { 1 } else { 2 });
                    writer.f32(edge);
                    writer.u32(u32::from(feature));
                    writer.u32(u32::from(left));
                }
            }
        }
    }
}

fn read_booster(reader: &mut Reader<'_>) -> Result<Booster, BadModel> {
    let word = reader.u8()?;
    let number = reader.f64()?;
    let objective = match word {
        0 if number > 1.0 && number < 2.0 => Objective::Tweedie(number),
        1 if number > 0.0 && number < 1.0 => Objective::Quantile(number),
        _ => return Err(reader.bad()),
    };
    let base = reader.f32()?;
    let trees = (0..reader.count(9)?).map(|_| read_tree(reader)).collect::<Result<_, _>>()?;
    Ok(Booster { objective, base, trees })
}

fn read_tree(reader: &mut Reader<'_>) -> Result<Tree, BadModel> {
    let mut nodes = Vec::new();
    for _ in 0..reader.count(5)? {
        let word = reader.u8()?;
        let value = reader.f32()?;
        nodes.push(match word {
            0 => Node::Leaf(value),
            1 | 2 => {
                let mut short = || u16::try_from(reader.u32()?).map_err(|_| reader.bad());
                let (feature, left) = (short()?, short()?);
                Node::Split { feature, edge: value, missing_left: word == 1, left }
            }
            _ => return Err(reader.bad()),
        });
    }
    let tree = Tree { nodes };
    if tree.is_sound(WIDTH) { Ok(tree) } else { Err(reader.bad()) }
}
