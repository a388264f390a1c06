//! All enrolled views, searchable while products come and go.
//!
//! Most views stand in an immutable base. What is added later is a tail that every search compares exactly; what is
//! removed gets a tombstone. When either has grown, a new base is made aside, in the background once that takes long,
//! and takes the place of the old one in one step. What is true is always the set of views that are there now: a base
//! made from an older set is corrected by it before it is used, so that nothing removed comes back.

mod file;
mod graph;
mod rebuild;
mod segment;

use std::collections::{BTreeMap, BTreeSet, HashMap};
use std::path::{Path, PathBuf};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use arc_swap::ArcSwap;
use domain::embedding::{Embedding, View};
use domain::ids::{ModelVersion, ProductId, ViewId};
use thiserror::Error;

use crate::calibrate::evidence::Evidence;
use crate::fixed;
use rebuild::{GRAPH_FROM, Rebuild};
use segment::{Entry, Found, Place, Snapshot, Way};

/// The views of one model version. Searches never wait: they see the index before or after a change, never amid one.
pub struct ViewIndex {
    shared: Arc<Shared>,
}

/// What the background rebuild shares with its index.
struct Shared {
    model: ModelVersion,
    dim: usize,
    /// From how many views on a graph is tried.
    graph_from: usize,
    now: ArcSwap<Snapshot>,
    /// Held while the next snapshot is made from the one before.
    writer: Mutex<()>,
    rebuild: Rebuild,
}

/// A view found by a search.
#[derive(Debug, Clone, PartialEq)]
pub struct Hit {
    /// Which view.
    pub view: ViewId,
    /// Whose view it is.
    pub product: ProductId,
    /// Cosine of the angle between the vectors, -1 to 1.
    pub cosine: f32,
}

/// How an index is laid out just now.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct IndexLayout {
    /// Views that can be found.
    pub views: usize,
    /// Products that have a view.
    pub products: usize,
    /// Views in the base, gone ones included.
    pub base: usize,
    /// Views of the base that are gone.
    pub gone: usize,
    /// Views that came after the base.
    pub tail: usize,
    /// Whether searches of the base go by a graph; otherwise every view is compared.
    pub graph: bool,
    /// Whether a new base is being made.
    pub rebuilding: bool,
    /// How many times making a new base failed; searches then stay right and get slower.
    pub failed_rebuilds: u32,
}

/// Why the index refuses something.
#[derive(Debug, Error)]
pub enum IndexError {
    /// Vectors of two models are never compared.
    #[error("a vector of model `{given}` was given to an index of model `{expected}`")]
    OtherModel {
        /// The index's model.
        expected: ModelVersion,
        /// The vector's model.
        given: ModelVersion,
    },
    /// A vector of another length.
    #[error("a vector of {given} numbers was given to an index of vectors of {expected}")]
    OtherLength {
        /// The index's vector length.
        expected: usize,
        /// The vector's length.
        given: usize,
    },
    /// The file could not be read or written.
    #[error("failed to {action} the index file `{path}`")]
    File {
        /// What was tried.
        action: &'static str,
        /// The file.
        path: PathBuf,
        /// What the system said.
        #[source]
        source: std::io::Error,
    },
    /// The file is not an index that can be used here. It only copies the enrolled views: build a new one.
    #[error("`{path}` is not a usable index file ({reason}): build a new one from the enrolled views")]
    Unusable {
        /// The file.
        path: PathBuf,
        /// What is wrong with it.
        reason: &'static str,
    },
}

impl ViewIndex {
    /// An empty index of vectors of `dim` numbers made by `model`.
    pub fn new(model: ModelVersion, dim: usize) -> Self {
        Self::of(model, GRAPH_FROM, Snapshot::empty(dim))
    }

    /// An index of `views`, searchable at once; if they are many, a graph is built in the background.
    pub fn from_views(model: ModelVersion, dim: usize, views: Vec<View>) -> Result<Self, IndexError> {
        let index = Self::new(model, dim);
        index.sync(views)?;
        Ok(index)
    }

    fn of(model: ModelVersion, graph_from: usize, snapshot: Snapshot) -> Self {
        let shared = Shared {
            model,
            dim: snapshot.base.dim,
            graph_from,
            now: ArcSwap::from_pointee(snapshot),
            writer: Mutex::new(()),
            rebuild: Rebuild::default(),
        };
        Self { shared: Arc::new(shared) }
    }

    /// A second index with the same content that shares what does not change; each then goes its own way.
    pub fn fork(&self) -> Self {
        let now = Snapshot::clone(&self.shared.now.load());
        Self::of(self.shared.model.clone(), self.shared.graph_from, now)
    }

    /// The model whose vectors it holds.
    pub fn model(&self) -> &ModelVersion {
        &self.shared.model
    }

    /// Length of its vectors.
    pub fn dim(&self) -> usize {
        self.shared.dim
    }

    /// Number of views.
    pub fn len(&self) -> usize {
        self.shared.now.load().len()
    }

    /// True when there is nothing to find.
    pub fn is_empty(&self) -> bool {
        self.len() == 0
    }

    /// How it is laid out, for people and metrics.
    pub fn layout(&self) -> IndexLayout {
        let now = self.shared.now.load();
        IndexLayout {
            views: now.len(),
            products: now.prototypes.len(),
            base: now.base.len(),
            gone: now.dead.count(),
            tail: now.tail.len(),
            graph: matches!(now.base.way, Way::Graph(_)),
            rebuilding: self.shared.rebuild.running(),
            failed_rebuilds: self.shared.rebuild.failed(),
        }
    }

    /// Makes the content exactly `views`, touching only what differs. Returns how many came and how many went.
    pub fn sync(&self, views: Vec<View>) -> Result<(usize, usize), IndexError> {
        let entries = views.into_iter().map(|view| self.entry(view)).collect::<Result<Vec<_>, _>>()?;
        // Of two views of one id the last counts, as if they had been inserted in turn.
        let wanted: HashMap<ViewId, Entry> = entries.into_iter().map(|entry| (entry.id, entry)).collect();
        Ok(self.change(|next| next.adopt(wanted)))
    }

    /// Adds a view, or replaces the one of the same id.
    pub fn insert(&self, view: View) -> Result<(), IndexError> {
        let entry = self.entry(view)?;
        self.change(|next| {
            let before = next.take_view(entry.id);
            let product = entry.product.clone();
            next.put_view(entry);
            next.refresh_prototype(&product);
            if let Some(before) = before.filter(|before| *before != product) {
                next.refresh_prototype(&before);
            }
        });
        Ok(())
    }

    /// Removes a view; false when there is none of that id.
    pub fn remove_view(&self, id: ViewId) -> bool {
        self.change(|next| {
            let product = next.take_view(id);
            if let Some(product) = &product {
                next.refresh_prototype(product);
            }
            product.is_some()
        })
    }

    /// Removes a product's views; returns how many there were.
    pub fn remove_product(&self, product: &ProductId) -> usize {
        self.change(|next| {
            let gone = next.take_product(product);
            next.refresh_prototype(product);
            gone
        })
    }

    /// Puts `views` in place of all views of a product, in one step for searches. Views of other products among them
    /// are added as [`insert`](Self::insert) does.
    pub fn replace_product(&self, product: &ProductId, views: Vec<View>) -> Result<(), IndexError> {
        let entries = views.into_iter().map(|view| self.entry(view)).collect::<Result<Vec<_>, _>>()?;
        self.change(|next| {
            next.take_product(product);
            let mut touched = BTreeSet::from([product.clone()]);
            for entry in entries {
                touched.extend(next.take_view(entry.id));
                touched.insert(entry.product.clone());
                next.put_view(entry);
            }
            touched.iter().for_each(|product| next.refresh_prototype(product));
        });
        Ok(())
    }

    /// The `k` views most like a vector, best first.
    pub fn search(&self, query: &Embedding, k: usize) -> Result<Vec<Hit>, IndexError> {
        let query = self.quantise(query)?;
        let now = self.shared.now.load();
        let found = now.search(&query, k);
        Ok(found.into_iter().map(|found| hit(&now, found)).collect())
    }

    /// As [`search`](Self::search), by comparing with every view: what a graph's answers are measured against.
    pub fn search_exact(&self, query: &Embedding, k: usize) -> Result<Vec<Hit>, IndexError> {
        let query = self.quantise(query)?;
        let now = self.shared.now.load();
        Ok(now.scan(&query, k).into_iter().map(|found| hit(&now, found)).collect())
    }

    /// What speaks for each of the products that a vector resembles: of the `products` likeliest prototypes and of
    /// whoever has one of the `views` most alike views.
    pub(crate) fn resemblances(
        &self,
        query: &Embedding,
        products: usize,
        views: usize,
    ) -> Result<Vec<Resemblance>, IndexError> {
        let query = self.quantise(query)?;
        let now = self.shared.now.load();
        let mut by_prototype: Vec<(i32, usize)> = now
            .prototypes
            .iter()
            .enumerate()
            .map(|(at, prototype)| (fixed::dot(&query, &prototype.vector), at))
            .collect();
        by_prototype.sort_unstable_by(|a, b| b.cmp(a));
        let mut chosen: BTreeMap<usize, i32> =
            by_prototype.iter().take(products).map(|&(dot, at)| (at, dot)).collect();
        for found in now.search(&query, views) {
            let product = product_at(&now, found.at.0);
            let at = now.prototypes.binary_search_by(|p| p.product.cmp(product));
            let at = at.expect("each view's product has a prototype");
            chosen.entry(at).or_insert_with(|| fixed::dot(&query, &now.prototypes[at].vector));
        }
        let resemblance = |(at, prototype): (usize, i32)| {
            let product = &now.prototypes[at].product;
            let mut nearest = i32::MIN;
            now.for_each_vector_of(product, |vector| nearest = nearest.max(fixed::dot(&query, vector)));
            Resemblance {
                product: product.clone(),
                evidence: Evidence::new(
                    fixed::cosine(prototype),
                    fixed::cosine(nearest),
                    now.prototypes[at].usual,
                ),
            }
        };
        Ok(chosen.into_iter().map(resemblance).collect())
    }

    /// Waits until no rebuild is under way or due.
    pub fn wait_for_rebuild(&self) {
        Rebuild::wait(&self.shared);
    }

    /// Writes the index to a file, whole or not at all.
    pub fn save(&self, path: &Path) -> Result<(), IndexError> {
        file::save(path, &self.shared.model, &self.shared.now.load_full())
    }

    /// Reads an index that [`save`](Self::save) wrote for the same model. What it holds may be older than the store:
    /// [`sync`](Self::sync) it.
    pub fn load(path: &Path, model: &ModelVersion) -> Result<Self, IndexError> {
        let snapshot = file::load(path, model)?;
        Ok(Self::of(model.clone(), GRAPH_FROM, snapshot))
    }

    /// Makes the next snapshot from the one before and shows it, then looks whether a new base is due.
    fn change<T>(&self, edit: impl FnOnce(&mut Snapshot) -> T) -> T {
        let result = {
            let _writer = self.shared.lock();
            let mut next = Snapshot::clone(&self.shared.now.load());
            let result = edit(&mut next);
            self.shared.now.store(Arc::new(next));
            result
        };
        Rebuild::start_if_due(&self.shared);
        result
    }

    fn entry(&self, view: View) -> Result<Entry, IndexError> {
        let vector = self.quantise(&view.embedding)?.into();
        Ok(Entry { id: view.id, product: view.product, vector })
    }

    fn quantise(&self, embedding: &Embedding) -> Result<Vec<i16>, IndexError> {
        let shared = &self.shared;
        if *embedding.model() != shared.model {
            let (expected, given) = (shared.model.clone(), embedding.model().clone());
            return Err(IndexError::OtherModel { expected, given });
        }
        if embedding.values().len() != shared.dim {
            let (expected, given) = (shared.dim, embedding.values().len());
            return Err(IndexError::OtherLength { expected, given });
        }
        Ok(fixed::quantise(embedding.values()))
    }
}

impl Drop for ViewIndex {
    /// Stops a rebuild under way and waits for its thread.
    fn drop(&mut self) {
        self.shared.rebuild.cancel_and_join();
    }
}

impl Shared {
    fn lock(&self) -> MutexGuard<'_, ()> {
        // A snapshot is shown only when it is whole, so a panic while making one leaves the one before.
        self.writer.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

/// What speaks for a product.
#[derive(Debug, Clone, PartialEq)]
pub(crate) struct Resemblance {
    pub(crate) product: ProductId,
    pub(crate) evidence: Evidence,
}

fn product_at(snapshot: &Snapshot, place: Place) -> &ProductId {
    match place {
        Place::Base(slot) => snapshot.base.product_of(slot),
        Place::Tail(at) => &snapshot.tail[at as usize].product,
    }
}

fn hit(snapshot: &Snapshot, found: Found) -> Hit {
    let place = found.at.0;
    let view = match place {
        Place::Base(slot) => snapshot.base.ids[slot as usize],
        Place::Tail(at) => snapshot.tail[at as usize].id,
    };
    Hit { view, product: product_at(snapshot, place).clone(), cosine: fixed::cosine(found.dot) }
}

#[cfg(test)]
mod tests;
