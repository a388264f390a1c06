//! What a reader of the index sees: an immutable bulk of views, what came after it, and what has gone from it.

use std::cmp::Reverse;
use std::collections::{BTreeSet, BinaryHeap};
use std::ops::Range;
use std::sync::Arc;

use domain::ids::{ProductId, ViewId};

use super::graph::Graph;
use crate::calibrate::evidence::usual_cosine;
use crate::fixed;

/// A view as the index keeps it.
#[derive(Debug, Clone, PartialEq)]
pub(super) struct Entry {
    pub(super) id: ViewId,
    pub(super) product: ProductId,
    pub(super) vector: Box<[i16]>,
}

/// Many views laid out for scanning, sorted by product, perhaps with a graph over them once they are many.
#[derive(Debug, Default)]
pub(super) struct Segment {
    pub(super) dim: usize,
    /// `len * dim` numbers.
    pub(super) vectors: Vec<i16>,
    pub(super) ids: Vec<ViewId>,
    /// Each product with where its views begin; they end where the next one's begin.
    pub(super) products: Vec<(ProductId, u32)>,
    pub(super) way: Way,
}

/// How a segment's most alike views are found.
#[derive(Debug, Default)]
pub(super) enum Way {
    /// By comparing with every view; whether a graph would be quicker is not known.
    #[default]
    Scan,
    /// By comparing with every view, since a graph was tried and is not quicker.
    BetterScan,
    /// By a graph.
    Graph(Graph),
}

impl Segment {
    /// Lays entries out; they must be sorted by product.
    pub(super) fn new(dim: usize, entries: &[Arc<Entry>]) -> Self {
        let mut segment = Self { dim, ..Self::default() };
        segment.vectors.reserve_exact(entries.len() * dim);
        segment.ids.reserve_exact(entries.len());
        for entry in entries {
            if segment.products.last().is_none_or(|(product, _)| *product != entry.product) {
                segment.products.push((entry.product.clone(), to_slot(segment.ids.len())));
            }
            segment.vectors.extend_from_slice(&entry.vector);
            segment.ids.push(entry.id);
        }
        segment
    }

    pub(super) fn len(&self) -> usize {
        self.ids.len()
    }

    pub(super) fn vector(&self, slot: u32) -> &[i16] {
        let start = slot as usize * self.dim;
        &self.vectors[start..start + self.dim]
    }

    /// Whose view stands in a slot.
    pub(super) fn product_of(&self, slot: u32) -> &ProductId {
        let after = self.products.partition_point(|(_, start)| *start <= slot);
        &self.products[after - 1].0
    }

    /// Where a product's views stand.
    pub(super) fn slots_of(&self, product: &ProductId) -> Range<u32> {
        match self.products.binary_search_by(|(p, _)| p.cmp(product)) {
            Ok(at) => {
                let end = self.products.get(at + 1).map_or(to_slot(self.len()), |(_, start)| *start);
                self.products[at].1..end
            }
            Err(_) => 0..0,
        }
    }

    /// Some of the views, for a trial.
    pub(super) fn sample(&self, mut slots: Vec<u32>) -> Self {
        slots.sort_unstable();
        let entries: Vec<Arc<Entry>> = slots.into_iter().map(|slot| Arc::new(self.entry(slot))).collect();
        Self::new(self.dim, &entries)
    }

    /// Whether a slot holds just this view.
    pub(super) fn holds(&self, slot: u32, entry: &Entry) -> bool {
        self.ids[slot as usize] == entry.id
            && *self.vector(slot) == *entry.vector
            && *self.product_of(slot) == entry.product
    }

    pub(super) fn entry(&self, slot: u32) -> Entry {
        Entry {
            id: self.ids[slot as usize],
            product: self.product_of(slot).clone(),
            vector: self.vector(slot).into(),
        }
    }
}

/// Which slots of a segment are no longer there.
#[derive(Debug, Clone, Default)]
pub(super) struct Tombstones {
    words: Vec<u64>,
    count: usize,
}

impl Tombstones {
    /// None of `len` slots.
    pub(super) fn none(len: usize) -> Self {
        Self { words: vec![0; len.div_ceil(64)], count: 0 }
    }

    pub(super) fn from_words(words: Vec<u64>) -> Self {
        let count = words.iter().map(|word| word.count_ones() as usize).sum();
        Self { words, count }
    }

    pub(super) fn words(&self) -> &[u64] {
        &self.words
    }

    pub(super) fn count(&self) -> usize {
        self.count
    }

    #[inline]
    pub(super) fn has(&self, slot: u32) -> bool {
        self.words[slot as usize / 64] >> (slot % 64) & 1 == 1
    }

    /// True when it was there until now.
    pub(super) fn bury(&mut self, slot: u32) -> bool {
        let fresh = !self.has(slot);
        self.words[slot as usize / 64] |= 1 << (slot % 64);
        self.count += usize::from(fresh);
        fresh
    }
}

/// A product's views summed up.
#[derive(Debug, Clone, PartialEq)]
pub(super) struct Prototype {
    pub(super) product: ProductId,
    /// Mean of its views, at unit length.
    pub(super) vector: Box<[i16]>,
    /// The cosine that a view of the product usually has with it.
    pub(super) usual: f32,
}

/// One consistent content of the index. It is never changed: a change makes the next one, sharing what stays.
#[derive(Debug, Clone)]
pub(super) struct Snapshot {
    pub(super) base: Arc<Segment>,
    pub(super) dead: Tombstones,
    /// Views that came after the base, all there, sorted by product.
    pub(super) tail: Vec<Arc<Entry>>,
    /// One for each product that has a view, sorted by product.
    pub(super) prototypes: Vec<Arc<Prototype>>,
}

/// A view that a search found, by where it stands.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub(super) struct Found {
    pub(super) dot: i32,
    /// Reversed, so that of equals the first one wins.
    pub(super) at: Reverse<Place>,
}

/// Where a view stands.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub(super) enum Place {
    Base(u32),
    Tail(u32),
}

impl Snapshot {
    pub(super) fn empty(dim: usize) -> Self {
        Self::of(Segment { dim, ..Segment::default() })
    }

    /// A segment of which nothing has gone and to which nothing has come.
    pub(super) fn of(base: Segment) -> Self {
        let dead = Tombstones::none(base.len());
        Self::assembled(base, dead, Vec::new())
    }

    /// The parts put together, prototypes computed.
    pub(super) fn assembled(base: Segment, dead: Tombstones, tail: Vec<Arc<Entry>>) -> Self {
        let mut snapshot = Self { base: Arc::new(base), dead, tail, prototypes: Vec::new() };
        let of_base = snapshot.base.products.iter().map(|(product, _)| product);
        let of_tail = snapshot.tail.iter().map(|entry| &entry.product);
        let products: BTreeSet<ProductId> = of_base.chain(of_tail).cloned().collect();
        snapshot.prototypes =
            products.iter().filter_map(|p| snapshot.prototype_of(p)).map(Arc::new).collect();
        snapshot
    }

    pub(super) fn len(&self) -> usize {
        self.base.len() - self.dead.count() + self.tail.len()
    }

    /// All slots of the base that are there.
    pub(super) fn base_slots(&self) -> impl Iterator<Item = u32> + '_ {
        (0..to_slot(self.base.len())).filter(|&slot| !self.dead.has(slot))
    }

    /// Every view that is there, sorted by product.
    pub(super) fn entries(&self) -> Vec<Arc<Entry>> {
        let base = self.base_slots().map(|slot| Arc::new(self.base.entry(slot)));
        let mut entries: Vec<_> = base.chain(self.tail.iter().cloned()).collect();
        entries.sort_by(|a, b| (&a.product, a.id).cmp(&(&b.product, b.id)));
        entries
    }

    /// Calls `visit` with each of a product's vectors.
    pub(super) fn for_each_vector_of(&self, product: &ProductId, mut visit: impl FnMut(&[i16])) {
        for slot in self.base.slots_of(product).filter(|&slot| !self.dead.has(slot)) {
            visit(self.base.vector(slot));
        }
        for entry in &self.tail[self.tail_of(product)] {
            visit(&entry.vector);
        }
    }

    /// Where a product's views stand in the tail.
    fn tail_of(&self, product: &ProductId) -> Range<usize> {
        let start = self.tail.partition_point(|entry| entry.product < *product);
        let len = self.tail[start..].partition_point(|entry| entry.product == *product);
        start..start + len
    }

    /// Puts a view into the tail.
    pub(super) fn put_view(&mut self, entry: Entry) {
        let at = self.tail_of(&entry.product).end;
        self.tail.insert(at, Arc::new(entry));
    }

    /// Computes a product's prototype from the views it has now, so that no rounding adds up over many changes.
    fn prototype_of(&self, product: &ProductId) -> Option<Prototype> {
        let mut sum = vec![0.0; self.base.dim];
        let mut count = 0;
        self.for_each_vector_of(product, |vector| {
            fixed::add(&mut sum, vector);
            count += 1;
        });
        (count > 0).then(|| Prototype {
            product: product.clone(),
            vector: fixed::quantise(&sum).into(),
            usual: usual_cosine(count, fixed::length(&sum)),
        })
    }

    /// Brings a product's prototype up to date.
    pub(super) fn refresh_prototype(&mut self, product: &ProductId) {
        let at = self.prototypes.binary_search_by(|p| p.product.cmp(product));
        match (at, self.prototype_of(product)) {
            (Ok(at), Some(prototype)) => self.prototypes[at] = Arc::new(prototype),
            (Ok(at), None) => {
                self.prototypes.remove(at);
            }
            (Err(at), Some(prototype)) => self.prototypes.insert(at, Arc::new(prototype)),
            (Err(_), None) => {}
        }
    }

    /// Takes a view out, wherever it stands, and says whose it was.
    pub(super) fn take_view(&mut self, id: ViewId) -> Option<ProductId> {
        if let Some(at) = self.tail.iter().position(|entry| entry.id == id) {
            return Some(self.tail.remove(at).product.clone());
        }
        let base = Arc::clone(&self.base);
        let same = base.ids.iter().enumerate().filter(|(_, other)| **other == id);
        let slot = same.map(|(slot, _)| to_slot(slot)).find(|&slot| !self.dead.has(slot))?;
        self.dead.bury(slot);
        Some(base.product_of(slot).clone())
    }

    /// Takes all views of a product out and says how many there were.
    pub(super) fn take_product(&mut self, product: &ProductId) -> usize {
        let slots = self.base.slots_of(product);
        let buried = slots.filter(|&slot| self.dead.bury(slot)).count();
        buried + self.tail.drain(self.tail_of(product)).len()
    }

    /// The `k` best by comparing with every view.
    pub(super) fn scan(&self, query: &[i16], k: usize) -> Vec<Found> {
        let mut best = Best::new(k);
        self.scan_base(query, &mut best);
        self.scan_tail(query, &mut best);
        best.into_sorted()
    }

    /// The `k` best, by the graph over the base when there is one; what came after is always compared exactly.
    pub(super) fn search(&self, query: &[i16], k: usize) -> Vec<Found> {
        let mut best = Best::new(k);
        match &self.base.way {
            Way::Graph(graph) => {
                // Its breadth was chosen for ten.
                let breadth = (graph.breadth as usize).max(k * graph.breadth as usize / 10);
                for (dot, slot) in graph.search(&self.base, &self.dead, query, breadth) {
                    best.offer(dot, Place::Base(slot));
                }
            }
            Way::Scan | Way::BetterScan => self.scan_base(query, &mut best),
        }
        self.scan_tail(query, &mut best);
        best.into_sorted()
    }

    fn scan_base(&self, query: &[i16], best: &mut Best) {
        let vectors = self.base.vectors.chunks_exact(self.base.dim.max(1));
        for (slot, vector) in (0u32..).zip(vectors) {
            let dot = fixed::dot(query, vector);
            if dot > best.floor() && !self.dead.has(slot) {
                best.offer(dot, Place::Base(slot));
            }
        }
    }

    fn scan_tail(&self, query: &[i16], best: &mut Best) {
        for (at, entry) in (0u32..).zip(&self.tail) {
            best.offer(fixed::dot(query, &entry.vector), Place::Tail(at));
        }
    }
}

/// The best so far, at most `k`.
struct Best {
    k: usize,
    heap: BinaryHeap<Reverse<Found>>,
}

impl Best {
    fn new(k: usize) -> Self {
        Self { k, heap: BinaryHeap::with_capacity(k.saturating_add(1).min(4096)) }
    }

    /// What must be exceeded to be among them.
    #[inline]
    fn floor(&self) -> i32 {
        match self.heap.peek() {
            Some(Reverse(worst)) if self.heap.len() >= self.k => worst.dot,
            _ => i32::MIN,
        }
    }

    #[inline]
    fn offer(&mut self, dot: i32, at: Place) {
        if self.k > 0 && dot > self.floor() {
            self.heap.push(Reverse(Found { dot, at: Reverse(at) }));
            if self.heap.len() > self.k {
                self.heap.pop();
            }
        }
    }

    fn into_sorted(self) -> Vec<Found> {
        self.heap.into_sorted_vec().into_iter().map(|Reverse(found)| found).collect()
    }
}

/// A position as a slot number; an index of four billion views does not fit a till.
pub(super) fn to_slot(position: usize) -> u32 {
    u32::try_from(position).expect("fewer than 2^32 views")
}
