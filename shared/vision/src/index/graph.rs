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
const BUILD_BREADTH: usize = 64;
/// Views at which the search of a layer begins, found on the layer above. One alone may lead into a group of like
/// views that no link leaves.
const ENTRIES: usize = 12;
/// Breadths of search to choose from.
const BREADTHS: [usize; 8] = [24, 32, 48, 64, 96, 128, 192, 256];
/// Share of the ten nearest that a search is to find, and on how many trial searches that is measured.
const RECALL: f64 = 0.998;
const TRIAL_SEARCHES: usize = 160;
/// What one step through the graph costs, in views compared one after the other: it jumps about in memory.
const STEP_COST: usize = 4;
/// Layers at most; with 16 links a layer, 16^7 views.
const LAYERS: usize = 8;
/// Views of the sample that a large segment is first judged by.
const SAMPLE: usize = 4096;
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
    /// How many candidates a search keeps to find ten nearest well, as measured on this very graph.
    pub(super) breadth: u32,
}

/// What building came to.
#[derive(Debug)]
pub(super) enum Built {
    /// A graph worth using.
    Graph(Graph),
    /// These vectors lie so evenly that comparing with every view finds more in less time.
    NotWorth,
    /// No longer wanted.
    Cancelled,
}

/// One minus the cosine. The crate's own measures assert on rounding or take no whole numbers.
#[derive(Clone, Copy)]
struct OneMinusCosine;

impl Distance<i16> for OneMinusCosine {
    fn eval(&self, a: &[i16], b: &[i16]) -> f32 {
        (1.0 - fixed::cosine(fixed::dot(a, b))).max(0.0)
    }
}

/// Which slots a search has met.
struct Met {
    /// By slot, the number of the last search that met it.
    marks: Vec<u32>,
    search: u32,
    count: usize,
}

impl Met {
    fn begin(&mut self, slots: usize) {
        if self.marks.len() < slots {
            self.marks.resize(slots, 0);
        }
        self.count = 0;
    }

    /// Forgets what was met on the layer before.
    fn begin_layer(&mut self) {
        self.search = self.search.wrapping_add(1);
        if self.search == 0 {
            self.marks.fill(0);
            self.search = 1;
        }
    }

    /// Notes a slot; true the first time.
    #[inline]
    fn first(&mut self, slot: u32) -> bool {
        let first = std::mem::replace(&mut self.marks[slot as usize], self.search) != self.search;
        self.count += usize::from(first);
        first
    }
}

thread_local! {
    /// Kept from search to search, so that none need clear it.
    static MET: RefCell<Met> = const { RefCell::new(Met { marks: Vec::new(), search: 0, count: 0 }) };
}

impl Graph {
    /// Builds the graph of a segment, on the calling thread alone: a till sells meanwhile. A sample is tried first,
    /// since whether vectors lie too evenly shows in few of them.
    pub(super) fn build(segment: &Segment, cancelled: &AtomicBool) -> Built {
        if segment.len() > 4 * SAMPLE {
            let slots: Vec<u32> = strided(segment.len()).take(SAMPLE).collect();
            let sample = Self::build_whole(&segment.sample(slots), 2 * SAMPLE, cancelled);
            if !matches!(sample, Built::Graph(_)) {
                return sample;
            }
        }
        Self::build_whole(segment, segment.len(), cancelled)
    }

    /// Builds without a sample; what a search costs is compared with a scan of `rival` views.
    fn build_whole(segment: &Segment, rival: usize, cancelled: &AtomicBool) -> Built {
        let hnsw = Hnsw::<i16, _>::new(LINKS, segment.len(), LAYERS, BUILD_BREADTH, OneMinusCosine);
        // The segment is sorted by product. Inserted in that order, early views would find only their own kind near
        // and the graph would fall into islands, so a fixed stride over all of it mixes the products.
        for (done, slot) in strided(segment.len()).enumerate() {
            if done % CANCEL_EVERY == 0 && cancelled.load(Ordering::Relaxed) {
                return Built::Cancelled;
            }
            hnsw.insert((segment.vector(slot), slot as usize));
        }
        let mut graph = Self::flatten(segment.len(), &hnsw);
        drop(hnsw);
        if !graph.connect(segment, cancelled) {
            return Built::Cancelled;
        }
        if graph.choose_breadth(segment, rival) { Built::Graph(graph) } else { Built::NotWorth }
    }

    /// Finds the breadth with which trial searches find nearly all they should; false when there is none, or it costs
    /// more than comparing with `rival` views one by one.
    fn choose_breadth(&mut self, segment: &Segment, rival: usize) -> bool {
        let slots: Vec<u32> = strided(segment.len()).take(2 * TRIAL_SEARCHES).collect();
        // A view with a fifth of another mixed in: like a photo of that product that nobody enrolled.
        let queries: Vec<Vec<i16>> = slots
            .chunks_exact(2)
            .map(|pair| {
                let (near, far) = (segment.vector(pair[0]), segment.vector(pair[1]));
                let blend = near.iter().zip(far).map(|(&near, &far)| f32::from(near) + 0.2 * f32::from(far));
                fixed::quantise(&blend.collect::<Vec<f32>>())
            })
            .collect();
        let dead = Tombstones::none(segment.len());
        let tenth_best = |query: &Vec<i16>| {
            let mut dots: Vec<i32> =
                segment.vectors.chunks_exact(segment.dim).map(|vector| fixed::dot(query, vector)).collect();
            let at = dots.len().saturating_sub(10);
            *dots.select_nth_unstable(at).1
        };
        let floors: Vec<i32> = queries.iter().map(tenth_best).collect();
        for breadth in BREADTHS {
            let (mut found, mut met) = (0, 0);
            for (query, floor) in queries.iter().zip(&floors) {
                let nearest = self.search(segment, &dead, query, breadth);
                found += nearest.iter().take(10).filter(|(dot, _)| dot >= floor).count();
                met += MET.with_borrow(|met| met.count);
            }
            if met * STEP_COST > rival * queries.len() {
                return false;
            }
            if found as f64 >= RECALL * (10 * queries.len()) as f64 {
                // Twice as many, since real photos stray farther than the trial's.
                self.breadth = to_slot(2 * breadth);
                return true;
            }
        }
        false
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
    fn connect(&mut self, segment: &Segment, cancelled: &AtomicBool) -> bool {
        let dead = Tombstones::none(segment.len());
        let mut added: Vec<(u32, u32)> = Vec::new();
        for slot in 0..to_slot(segment.len()) {
            if (slot as usize).is_multiple_of(CANCEL_EVERY) && cancelled.load(Ordering::Relaxed) {
                return false;
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
        true
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
        MET.with_borrow_mut(|met| {
            met.begin(segment.len());
            let start = (fixed::dot(query, segment.vector(self.entry)), self.entry);
            let mut entries = vec![start];
            for layer in self.upper.iter().rev() {
                met.begin_layer();
                let links = |slot| layer.get(&slot).map_or(&[][..], Vec::as_slice);
                entries = spread(segment, query, ENTRIES, &entries, met, links, |_| true);
            }
            met.begin_layer();
            spread(segment, query, breadth, &entries, met, |slot| self.links_of(slot), |slot| !dead.has(slot))
        })
    }
}

/// Searches one layer from the entries outwards for the `breadth` views most like `query` that are wanted, best first.
fn spread<'a>(
    segment: &Segment,
    query: &[i16],
    breadth: usize,
    entries: &[(i32, u32)],
    met: &mut Met,
    links: impl Fn(u32) -> &'a [u32],
    wanted: impl Fn(u32) -> bool,
) -> Vec<(i32, u32)> {
    let mut ahead = BinaryHeap::new();
    let mut found = BinaryHeap::with_capacity(breadth + 1);
    for &entry in entries {
        met.first(entry.1);
        ahead.push(entry);
        if wanted(entry.1) {
            found.push(Reverse(entry));
        }
    }
    while let Some((dot, slot)) = ahead.pop() {
        let full = found.len() >= breadth;
        if full && found.peek().is_some_and(|&Reverse((worst, _))| dot < worst) {
            break;
        }
        for &next in links(slot) {
            if !met.first(next) {
                continue;
            }
            let dot = fixed::dot(query, segment.vector(next));
            let full = found.len() >= breadth;
            if full && found.peek().is_some_and(|&Reverse((worst, _))| dot <= worst) {
                continue;
            }
            ahead.push((dot, next));
            if wanted(next) {
                found.push(Reverse((dot, next)));
                if found.len() > breadth {
                    found.pop();
                }
            }
        }
    }
    found.into_sorted_vec().into_iter().map(|Reverse(pair)| pair).collect()
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
