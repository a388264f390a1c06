//! Making a new base aside, and putting it in place of the old one.

use std::collections::{BTreeSet, HashMap};
use std::sync::atomic::{AtomicBool, AtomicU32, Ordering};
use std::sync::{Arc, Mutex, PoisonError};
use std::thread::JoinHandle;

use domain::ids::ViewId;

use super::Shared;
use super::graph::{Built, Graph};
use super::segment::{Entry, Segment, Snapshot, Tombstones, Way};

/// From so many views on a graph is worth having: comparing with as many takes a quarter of a millisecond, and by a
/// graph a tenth of that (measured on one core of a small server; docs/performance.md).
pub(super) const GRAPH_FROM: usize = 16_384;
/// Changes that are borne with before a new base is made, and the share of the base that may have changed on top.
const CHANGES_MIN: usize = 512;
const CHANGES_SHARE: usize = 8;
/// After so many failures no more are tried: comparing with every view goes on being right.
const FAILURES_MAX: u32 = 3;

/// The rebuild of one index: at most one at a time.
#[derive(Default)]
pub(super) struct Rebuild {
    thread: Mutex<Option<JoinHandle<()>>>,
    running: AtomicBool,
    cancelled: AtomicBool,
    failed: AtomicU32,
}

impl Snapshot {
    /// Whether enough has changed for a new base to pay.
    fn rebuild_due(&self, graph_from: usize) -> bool {
        let allowed = CHANGES_MIN + self.base.len() / CHANGES_SHARE;
        let graph_missing = matches!(self.base.way, Way::Scan) && self.base.len() >= graph_from;
        graph_missing || self.tail.len() > allowed || self.dead.count() > allowed
    }

    /// Makes the content exactly `wanted`; returns how many views came and how many went.
    pub(super) fn adopt(&mut self, mut wanted: HashMap<ViewId, Entry>) -> (usize, usize) {
        let before = self.len();
        let mut touched = BTreeSet::new();
        for slot in self.base_slots().collect::<Vec<_>>() {
            if wanted.get(&self.base.ids[slot as usize]).is_some_and(|entry| self.base.holds(slot, entry)) {
                wanted.remove(&self.base.ids[slot as usize]);
            } else {
                self.dead.bury(slot);
                touched.insert(self.base.product_of(slot).clone());
            }
        }
        self.tail.retain(|entry| {
            let stays = wanted.get(&entry.id) == Some(&**entry);
            if stays {
                wanted.remove(&entry.id);
            } else {
                touched.insert(entry.product.clone());
            }
            stays
        });
        let (kept, came) = (self.len(), wanted.len());
        touched.extend(wanted.values().map(|entry| entry.product.clone()));
        self.tail.extend(wanted.into_values().map(Arc::new));
        if matches!(self.base.way, Way::Graph(_)) {
            self.tail.sort_by(|a, b| (&a.product, a.id).cmp(&(&b.product, b.id)));
            touched.iter().for_each(|product| self.refresh_prototype(product));
        } else if !touched.is_empty() {
            *self = Self::of(Segment::new(self.base.dim, &self.entries()));
        }
        (came, before - kept)
    }

    /// A base made from an older content, corrected by the present one: what is gone since is buried in it, what came
    /// since stands behind it.
    fn rebased(&self, base: Segment) -> Self {
        let mut alive = vec![false; base.len()];
        let slots: HashMap<ViewId, u32> = base.ids.iter().copied().zip(0..).collect();
        let mut tail = Vec::new();
        for entry in self.entries() {
            match slots.get(&entry.id) {
                Some(&slot) if base.holds(slot, &entry) => alive[slot as usize] = true,
                _ => tail.push(entry),
            }
        }
        let mut dead = Tombstones::none(base.len());
        for (slot, alive) in (0u32..).zip(alive) {
            if !alive {
                dead.bury(slot);
            }
        }
        // The prototypes are those of the present content already.
        Self { base: Arc::new(base), dead, tail, prototypes: self.prototypes.clone() }
    }
}

impl Rebuild {
    pub(super) fn running(&self) -> bool {
        self.running.load(Ordering::Acquire)
    }

    pub(super) fn failed(&self) -> u32 {
        self.failed.load(Ordering::Relaxed)
    }

    /// Makes a new base if one is due: at once when that is quick, else on a thread of its own.
    pub(super) fn start_if_due(shared: &Arc<Shared>) {
        let now = shared.now.load();
        if !now.rebuild_due(shared.graph_from) {
            return;
        }
        if now.len() < shared.graph_from {
            let _writer = shared.lock();
            let now = shared.now.load();
            if now.rebuild_due(shared.graph_from) && now.len() < shared.graph_from {
                let base = Segment::new(shared.dim, &now.entries());
                shared.now.store(Arc::new(Snapshot::of(base)));
            }
            return;
        }
        Self::start(shared);
    }

    fn start(shared: &Arc<Shared>) {
        let rebuild = &shared.rebuild;
        let mut thread = rebuild.thread.lock().unwrap_or_else(PoisonError::into_inner);
        let unwanted = rebuild.cancelled.load(Ordering::Acquire) || rebuild.failed() >= FAILURES_MAX;
        if unwanted || rebuild.running.swap(true, Ordering::AcqRel) {
            return;
        }
        if let Some(finished) = thread.take() {
            rebuild.note(&finished.join());
        }
        let own = Arc::clone(shared);
        let spawned = std::thread::Builder::new().name("index-rebuild".to_owned()).spawn(move || run(&own));
        match spawned {
            Ok(handle) => *thread = Some(handle),
            // Searches stay right without a new base; the next change tries again.
            Err(_) => {
                rebuild.failed.fetch_add(1, Ordering::Relaxed);
                rebuild.running.store(false, Ordering::Release);
            }
        }
    }

    pub(super) fn wait(shared: &Arc<Shared>) {
        loop {
            Self::start_if_due(shared);
            let handle = shared.rebuild.thread.lock().unwrap_or_else(PoisonError::into_inner).take();
            match handle {
                Some(handle) => shared.rebuild.note(&handle.join()),
                None => return,
            }
        }
    }

    pub(super) fn cancel_and_join(&self) {
        self.cancelled.store(true, Ordering::Release);
        let handle = self.thread.lock().unwrap_or_else(PoisonError::into_inner).take();
        if let Some(handle) = handle {
            self.note(&handle.join());
        }
    }

    fn note(&self, outcome: &std::thread::Result<()>) {
        if outcome.is_err() {
            self.failed.fetch_add(1, Ordering::Relaxed);
        }
    }
}

/// Says that the rebuild is over, however it ends.
struct Running<'a>(&'a Rebuild);

impl Drop for Running<'_> {
    fn drop(&mut self) {
        self.0.running.store(false, Ordering::Release);
    }
}

/// The thread: builds from what is there at its start, shows the result corrected by what is there at its end.
fn run(shared: &Arc<Shared>) {
    let running = Running(&shared.rebuild);
    loop {
        let before = shared.now.load_full();
        let mut base = Segment::new(shared.dim, &before.entries());
        // Vectors that lay too evenly for a graph still do, unless they are quite others by now.
        let vain = matches!(before.base.way, Way::BetterScan) && base.len() < 2 * before.base.len();
        drop(before);
        base.way = if vain {
            Way::BetterScan
        } else {
            match Graph::build(&base, &shared.rebuild.cancelled) {
                Built::Graph(graph) => Way::Graph(graph),
                Built::NotWorth => Way::BetterScan,
                Built::Cancelled => return,
            }
        };
        let _writer = shared.lock();
        let next = shared.now.load().rebased(base);
        let due_again = next.rebuild_due(shared.graph_from);
        shared.now.store(Arc::new(next));
        if !due_again {
            // While writers wait, so that one whose change makes the next rebuild due finds none running.
            drop(running);
            return;
        }
    }
}
