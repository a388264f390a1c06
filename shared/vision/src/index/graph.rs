//! A navigable small-world graph over a segment (Malkov and Yashunin, arXiv 1603.09320).
//!
//! `hnsw_rs` builds it, one insertion at a time. Its own structure keeps five kilobytes a view behind locks and counted
//! pointers, knows no removal, and its dump is tied to one machine; so the links alone are taken over into flat arrays,
//! a few hundred bytes a view, searched here with tombstones and written to a file in milliseconds.

use std::cell::RefCell;
use std::cmp::Reverse;
use std::collections::{BinaryHeap, HashMap};
use std::sync::atomic::{AtomicBool, Ordering};

use hnsw_rs::anndists::dist::distances::Distance;
use hnsw_rs::hnsw::Hnsw;

use super::segment::{Segment, Tombstones, to_slot};
use crate::fixed;

/// Links a view has on the upper layers; twice as many on the lowest.
const LINKS: usize = 16;
/// Candidates looked at for each view when building.
const BUILD_BREADTH: usize = 128;
/// Layers at most; with 16 links a layer, 16^7 views.
const LAYERS: usize = 8;
/// How often building looks whether it is still wanted.
const CANCEL_EVERY: usize = 256;

/// Links between the slots of one segment.
#[derive(Debug, Default, PartialEq)]
pub(super) struct Graph {
    /// Where each slot's links begin on the lowest layer, and one past the last.
    pub(super) starts: Vec<u32>,
    pub(super) links: Vec<u32>,
    /// The upper layers, the second lowest first: links by slot.
    pub(super) upper: Vec<HashMap<u32, Vec<u32>>>,
    /// Where searches begin.
    pub(super) entry: u32,
}

/// One minus the cosine. The crate's own measures assert on rounding or take no whole numbers.
#[derive(Clone, Copy)]
struct OneMinusCosine;

impl Distance<i16> for OneMinusCosine {
    fn eval(&self, a: &[i16], b: &[i16]) -> f32 {
        (1.0 - fixed::cosine(fixed::dot(a, b))).max(0.0)
    }
}

thread_local! {
    /// Which slots the search under way has seen: the number of the search, by slot.
    static SEEN: RefCell<(Vec<u32>, u32)> = const { RefCell::new((Vec::new(), 0)) };
}

impl Graph {
    /// Builds the graph of a segment, on the calling thread alone: a till sells meanwhile. `None` when cancelled.
    pub(super) fn build(segment: &Segment, cancelled: &AtomicBool) -> Option<Self> {
        let hnsw = Hnsw::<i16, _>::new(LINKS, segment.len(), LAYERS, BUILD_BREADTH, OneMinusCosine);
        // The segment is sorted by product. Inserted in that order, early views would find only their own kind near
        // and the graph would fall into islands, so a fixed stride over all of it mixes the products.
        for (done, slot) in strided(segment.len()).enumerate() {
            if done % CANCEL_EVERY == 0 && cancelled.load(Ordering::Relaxed) {
                return None;
            }
            hnsw.insert((segment.vector(slot), slot as usize));
        }
        let mut graph = Self::flatten(segment.len(), &hnsw);
        drop(hnsw);
        graph.connect(segment, cancelled)?;
        Some(graph)
    }

    fn flatten(len: usize, hnsw: &Hnsw<'_, i16, OneMinusCosine>) -> Self {
        let indexation = hnsw.get_point_indexation();
        let top = usize::from(indexation.get_max_level_observed());
        let mut lowest: Vec<Vec<u32>> = vec![Vec::new(); len];
        let mut upper: Vec<HashMap<u32, Vec<u32>>> = vec![HashMap::new(); top];
        let mut entry = 0;
        for level in 0..=top {
            for point in indexation.get_layer_iterator(level) {
                let slot = to_slot(point.get_origin_id());
                entry = slot;
                for (layer, neighbours) in point.get_neighborhood_id().into_iter().enumerate() {
                    // A point also notes whom it met on layers above its own; those are no links.
                    if layer > level {
                        break;
                    }
                    let links = neighbours.iter().map(|n| to_slot(n.d_id)).collect();
                    match layer {
                        0 => lowest[slot as usize] = links,
                        _ => drop(upper[layer - 1].insert(slot, links)),
                    }
                }
            }
        }
        let mut graph = Self { entry, upper, ..Self::default() };
        graph.pack(&lowest);
        graph
    }

    fn pack(&mut self, lowest: &[Vec<u32>]) {
        self.starts = Vec::with_capacity(lowest.len() + 1);
        self.links = Vec::with_capacity(lowest.iter().map(Vec::len).sum());
        self.starts.push(0);
        for links in lowest {
            self.links.extend_from_slice(links);
            self.starts.push(to_slot(self.links.len()));
        }
    }

    /// Links to every view that searching for it does not find: when a view's links are full the farthest one is
    /// dropped, and a group of like views can end up with none leading to it.
    fn connect(&mut self, segment: &Segment, cancelled: &AtomicBool) -> Option<()> {
        let dead = Tombstones::none(segment.len());
        let mut added: Vec<(u32, u32)> = Vec::new();
        for slot in 0..to_slot(segment.len()) {
            if slot as usize % CANCEL_EVERY == 0 && cancelled.load(Ordering::Relaxed) {
                return None;
            }
            let vector = segment.vector(slot);
            let found = self.search(segment, &dead, vector, LINKS);
            let own = fixed::dot(vector, vector);
            // A twin in its place is as good.
            if found.iter().any(|&(dot, at)| at == slot || dot >= own) {
                continue;
            }
            added.extend(found.iter().take(4).map(|&(_, near)| (near, slot)));
            added.extend(found.first().map(|&(_, near)| (slot, near)));
        }
        if !added.is_empty() {
            let mut lowest: Vec<Vec<u32>> =
                (0..to_slot(segment.len())).map(|slot| self.links_of(slot).to_vec()).collect();
            for (from, to) in added {
                if !lowest[from as usize].contains(&to) {
                    lowest[from as usize].push(to);
                }
            }
            self.pack(&lowest);
        }
        Some(())
    }

    fn links_of(&self, slot: u32) -> &[u32] {
        let slot = slot as usize;
        &self.links[self.starts[slot] as usize..self.starts[slot + 1] as usize]
    }

    /// Up to `breadth` of the views most like `query` that are not dead, best first. Dead ones still lead the way.
    pub(super) fn search(
        &self,
        segment: &Segment,
        dead: &Tombstones,
        query: &[i16],
        breadth: usize,
    ) -> Vec<(i32, u32)> {
        if segment.len() == 0 {
            return Vec::new();
        }
        let entry = self.descend(segment, query);
        SEEN.with_borrow_mut(|(seen, search)| {
            if seen.len() < segment.len() {
                seen.resize(segment.len(), 0);
            }
            *search = search.wrapping_add(1);
            if *search == 0 {
                seen.fill(0);
                *search = 1;
            }
            self.spread(segment, dead, query, breadth, entry, |slot| {
                std::mem::replace(&mut seen[slot as usize], *search) != *search
            })
        })
    }

    /// Walks the upper layers to the nearest view there.
    fn descend(&self, segment: &Segment, query: &[i16]) -> (i32, u32) {
        let mut best = (fixed::dot(query, segment.vector(self.entry)), self.entry);
        for layer in self.upper.iter().rev() {
            loop {
                let links = layer.get(&best.1).map_or(&[][..], Vec::as_slice);
                let nearest = links.iter().map(|&slot| (fixed::dot(query, segment.vector(slot)), slot)).max();
                match nearest {
                    Some(nearest) if nearest.0 > best.0 => best = nearest,
                    _ => break,
                }
            }
        }
        best
    }

    /// Searches the lowest layer from `entry` outwards; `first_seen` says whether a slot is met for the first time.
    fn spread(
        &self,
        segment: &Segment,
        dead: &Tombstones,
        query: &[i16],
        breadth: usize,
        entry: (i32, u32),
        mut first_seen: impl FnMut(u32) -> bool,
    ) -> Vec<(i32, u32)> {
        let mut ahead = BinaryHeap::from([entry]);
        let mut found = BinaryHeap::with_capacity(breadth + 1);
        first_seen(entry.1);
        if !dead.has(entry.1) {
            found.push(Reverse(entry));
        }
        while let Some((dot, slot)) = ahead.pop() {
            let full = found.len() >= breadth;
            if full && found.peek().is_some_and(|&Reverse((worst, _))| dot < worst) {
                break;
            }
            for &next in self.links_of(slot) {
                if !first_seen(next) {
                    continue;
                }
                let dot = fixed::dot(query, segment.vector(next));
                let full = found.len() >= breadth;
                if full && found.peek().is_some_and(|&Reverse((worst, _))| dot <= worst) {
                    continue;
                }
                ahead.push((dot, next));
                if !dead.has(next) {
                    found.push(Reverse((dot, next)));
                    if found.len() > breadth {
                        found.pop();
                    }
                }
            }
        }
        found.into_sorted_vec().into_iter().map(|Reverse(pair)| pair).collect()
    }
}

/// All slots once each, far from the one before: steps of about 0.618 of the length, coprime with it.
fn strided(len: usize) -> impl Iterator<Item = u32> {
    fn gcd(a: usize, b: usize) -> usize {
        if b == 0 { a } else { gcd(b, a % b) }
    }
    let mut step = (len * 618 / 1000).max(1);
    while gcd(step, len) > 1 {
        step += 1;
    }
    (0..len).map(move |i| to_slot((i as u128 * step as u128 % len as u128) as usize))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn strides_meet_every_slot_once() {
        for len in [0, 1, 2, 3, 10, 97, 1000] {
            let mut slots: Vec<u32> = strided(len).collect();
            slots.sort_unstable();
            assert_eq!(slots, (0..to_slot(len)).collect::<Vec<_>>());
        }
    }
}
