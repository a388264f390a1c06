//! Products that look alike, found by the database where it compares vectors itself, and with the till's own index over all
//! views of an organisation otherwise.
//!
//! An index is made when somebody asks, and kept while the views stay what they are; the store says so by a mark that is
//! cheap to read. It is made once for however many ask, on a thread for such work.

use std::collections::BTreeMap;
use std::sync::{Arc, OnceLock};
use std::time::Duration;

use cloud_store::{Alike, PhotoId, Seen, Store, ViewsMark};
use domain::embedding::{Embedding, View};
use domain::ids::{OrgId, ProductId, ViewId};
use moka::future::Cache;
use thiserror::Error;
use tokio::sync::Semaphore;
use vision::index::{Hit, IndexError, ViewIndex};

use crate::gateway::Problem;

/// Views of an organisation that are compared; a chain has some ten thousand.
const VIEWS_MAX: u64 = 100_000;
/// Views that are read at once.
const PAGE: u32 = 500;
/// Organisations whose index is kept, and for how long nobody has to ask.
const KEPT_MAX: u64 = 8;
const KEEP: Duration = Duration::from_secs(900);
/// Views of one other product that may come before the next product's: products have up to ten photos.
const VIEWS_OF_ONE: usize = 12;
/// Views of an organisation whose pairs the database compares, where it can: it has no index over pairs, so ours is faster
/// for more.
const PAIRED_BY_DATABASE_MAX: u64 = 4_000;
/// How many others of each product are looked at for duplicates.
pub(crate) const NEAREST_OF_EACH: usize = 5;
/// Least similarity of what is kept as a possible duplicate: below it every other pair would be one.
pub(crate) const LEAST_MIN: f32 = 0.5;

/// The indexes of organisations.
pub struct AlikeFinder {
    made: Cache<(OrgId, ViewsMark), Arc<Views>>,
    /// One organisation's views are compared at a time: it takes a core for seconds.
    turn: Semaphore,
}

/// Why nothing can be said.
#[derive(Debug, Clone, Error)]
enum Fault {
    #[error("the views cannot be read")]
    Store(#[source] Arc<cloud_store::StoreError>),
    #[error("the views cannot be compared")]
    Index(#[source] Arc<IndexError>),
    #[error("the comparison was broken off")]
    Stopped,
    #[error("the organisation has {0} views, and at most {VIEWS_MAX} are compared")]
    TooMany(u64),
}

/// The views of an organisation, comparable.
struct Views {
    index: ViewIndex,
    by_product: BTreeMap<ProductId, Vec<(ViewId, Embedding)>>,
    photos: BTreeMap<ViewId, PhotoId>,
    duplicates: OnceLock<Vec<Alike>>,
}

impl Default for AlikeFinder {
    fn default() -> Self {
        let made = Cache::builder().max_capacity(KEPT_MAX).time_to_idle(KEEP).build();
        Self { made, turn: Semaphore::new(1) }
    }
}

impl AlikeFinder {
    /// The products that a product looks most like, the likest first.
    pub(crate) async fn of(
        &self,
        store: &Store,
        org: &OrgId,
        mark: &ViewsMark,
        product: &ProductId,
        most: usize,
    ) -> Result<Vec<Alike>, Problem> {
        let limit = u32::try_from(most).unwrap_or(u32::MAX);
        if let Some(found) = store.alike(org, &mark.model, product, limit).await? {
            return Ok(found);
        }
        let views = self.views(store, org, mark).await?;
        let product = product.clone();
        run(move || views.nearest(&product, most)).await.map_err(Problem::from)
    }

    /// The products that something looks most like, each with the cosine of its nearest view, the likest first.
    pub(crate) async fn like(
        &self,
        store: &Store,
        org: &OrgId,
        mark: &ViewsMark,
        seen: Embedding,
        most: usize,
    ) -> Result<Vec<(ProductId, f32)>, Problem> {
        let views = self.views(store, org, mark).await?;
        run(move || views.like(&seen, most)).await.map_err(Problem::from)
    }

    /// Pairs of products that look at least so much alike, the likest first.
    pub(crate) async fn duplicates(
        &self,
        store: &Store,
        org: &OrgId,
        mark: &ViewsMark,
        least: f32,
        most: usize,
    ) -> Result<Vec<Alike>, Problem> {
        if mark.views <= PAIRED_BY_DATABASE_MAX {
            let limit = u32::try_from(most).unwrap_or(u32::MAX);
            if let Some(found) = store.alike_pairs(org, &mark.model, f64::from(least), limit).await? {
                return Ok(found);
            }
        }
        let views = self.views(store, org, mark).await?;
        if views.duplicates.get().is_none() {
            let _turn = self.turn.acquire().await.map_err(|_| Fault::Stopped)?;
            let views = Arc::clone(&views);
            run(move || views.find_duplicates()).await?;
        }
        let found = views.duplicates.get().ok_or(Fault::Stopped)?;
        Ok(found.iter().filter(|pair| pair.similarity >= least).take(most).cloned().collect())
    }

    async fn views(&self, store: &Store, org: &OrgId, mark: &ViewsMark) -> Result<Arc<Views>, Fault> {
        let key = (org.clone(), mark.clone());
        let made = self.made.try_get_with(key, Views::read(store, org, mark)).await;
        made.map_err(|fault: Arc<Fault>| Fault::clone(&fault))
    }
}

impl Views {
    async fn read(store: &Store, org: &OrgId, mark: &ViewsMark) -> Result<Arc<Self>, Fault> {
        if mark.views > VIEWS_MAX {
            return Err(Fault::TooMany(mark.views));
        }
        let mut all: Vec<View> = Vec::new();
        let mut photos = BTreeMap::new();
        loop {
            let after = all.last().map(|view| view.id);
            let page = store.current_views(org, &mark.model, after, PAGE).await;
            let page = page.map_err(|error| Fault::Store(Arc::new(error)))?;
            if page.is_empty() {
                break;
            }
            photos.extend(page.iter().filter_map(|stored| Some((stored.view.id, stored.photo?))));
            all.extend(page.into_iter().map(|stored| stored.view));
        }
        let model = mark.model.clone();
        let made = run(move || {
            let mut by_product: BTreeMap<ProductId, Vec<(ViewId, Embedding)>> = BTreeMap::new();
            for view in &all {
                by_product.entry(view.product.clone()).or_default().push((view.id, view.embedding.clone()));
            }
            let length = all.first().map_or(1, |view| view.embedding.values().len());
            let index = ViewIndex::from_views(model, length, all)?;
            Ok(Self { index, by_product, photos, duplicates: OnceLock::new() })
        });
        made.await.map(Arc::new)
    }

    /// For each other product the pair of views that are most alike, the likest product first.
    fn nearest(&self, product: &ProductId, most: usize) -> Result<Vec<Alike>, IndexError> {
        let own = self.by_product.get(product).map(Vec::as_slice).unwrap_or_default();
        let wanted = own.len() + most * VIEWS_OF_ONE;
        let mut best: BTreeMap<ProductId, Alike> = BTreeMap::new();
        for (view, embedding) in own {
            for hit in self.index.search(embedding, wanted)? {
                if hit.product == *product {
                    continue;
                }
                let found = self.pair(product, *view, &hit);
                let known = best.get(&hit.product);
                if known.is_none_or(|known| comes_before(&found, known)) {
                    best.insert(hit.product, found);
                }
            }
        }
        let mut all: Vec<Alike> = best.into_values().collect();
        all.sort_by(order);
        all.truncate(most);
        Ok(all)
    }

    fn like(&self, seen: &Embedding, most: usize) -> Result<Vec<(ProductId, f32)>, IndexError> {
        let mut found: Vec<(ProductId, f32)> = Vec::new();
        for hit in self.index.search(seen, most * VIEWS_OF_ONE)? {
            // The nearest come first, so a product's first view is its nearest.
            if found.len() < most && found.iter().all(|(known, _)| *known != hit.product) {
                found.push((hit.product, hit.cosine));
            }
        }
        Ok(found)
    }

    fn find_duplicates(&self) -> Result<(), IndexError> {
        if self.duplicates.get().is_some() {
            return Ok(());
        }
        let mut pairs: BTreeMap<(ProductId, ProductId), Alike> = BTreeMap::new();
        for product in self.by_product.keys() {
            for found in self.nearest(product, NEAREST_OF_EACH)? {
                if found.similarity < LEAST_MIN {
                    continue;
                }
                let found = if found.one.product < found.other.product {
                    found
                } else {
                    Alike { one: found.other, other: found.one, similarity: found.similarity }
                };
                pairs.insert((found.one.product.clone(), found.other.product.clone()), found);
            }
        }
        let mut all: Vec<Alike> = pairs.into_values().collect();
        all.sort_by(order);
        // Somebody else may have been here first, with the same outcome.
        let _ = self.duplicates.set(all);
        Ok(())
    }

    fn pair(&self, product: &ProductId, view: ViewId, hit: &Hit) -> Alike {
        let seen = |product: &ProductId, view: ViewId| Seen {
            product: product.clone(),
            view,
            photo: self.photos.get(&view).copied(),
        };
        Alike { one: seen(product, view), other: seen(&hit.product, hit.view), similarity: hit.cosine }
    }
}

/// The likest first; equals by their names, so that the answer is the same again.
fn order(a: &Alike, b: &Alike) -> std::cmp::Ordering {
    let by_similarity = b.similarity.total_cmp(&a.similarity);
    by_similarity.then_with(|| (&a.one, &a.other).cmp(&(&b.one, &b.other)))
}

fn comes_before(a: &Alike, b: &Alike) -> bool {
    order(a, b) == std::cmp::Ordering::Less
}

async fn run<T: Send + 'static>(
    work: impl FnOnce() -> Result<T, IndexError> + Send + 'static,
) -> Result<T, Fault> {
    let done = tokio::task::spawn_blocking(work).await;
    done.map_err(|_| Fault::Stopped)?.map_err(|error| Fault::Index(Arc::new(error)))
}

impl From<Fault> for Problem {
    fn from(fault: Fault) -> Self {
        match fault {
            Fault::TooMany(_) => Self::unprocessable(fault.to_string()),
            Fault::Store(error) if error.is_retryable() => {
                Self::unavailable("the database does not answer now: try again later")
            }
            Fault::Store(_) | Fault::Index(_) | Fault::Stopped => Self::internal(fault),
        }
    }
}
