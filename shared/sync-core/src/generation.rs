//! Catalogue generations between the cloud and its tills: what one consists of, its hash, and what leads from one to another.
//!
//! A till takes a generation only when the content it has put together hashes to what the cloud has signed for its store,
//! whatever way the content came: as a difference, as a whole, in one go or in several.

use std::collections::{BTreeMap, BTreeSet};
use std::sync::Arc;

use domain::catalogue::Catalogue;
use domain::embedding::View;
use domain::ids::{Generation, ModelVersion, OrgId, ProductId, StoreId, ViewId};
use domain::time::WallMs;
use sha2::{Digest, Sha256};

use crate::catalogue_document;
use crate::chain::{Hash, digest};
use crate::quantised::Quantised;

/// Everything that switches together.
#[derive(Debug, Clone, PartialEq)]
pub struct Content {
    /// Products, prices, rates.
    pub catalogue: Arc<Catalogue>,
    /// The model of all views; `None` where there are none.
    pub model: Option<ModelVersion>,
    /// The views, those of archived products included. Their vectors are [rounded](Content::rounded).
    pub views: BTreeMap<ViewId, View>,
    /// What was fitted on the views.
    pub calibration_json: Option<String>,
}

/// A generation by its hashes.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Head {
    /// Its number: rising, per store.
    pub number: Generation,
    /// When it was made.
    pub made_at: WallMs,
    /// SHA-256 of the canonical catalogue document.
    pub catalogue: Hash,
    /// SHA-256 of the calibration's text.
    pub calibration: Option<Hash>,
    /// The model of its views.
    pub model: Option<ModelVersion>,
    /// SHA-256 over all views in the order of their ids.
    pub views: Hash,
}

/// What leads to a generation.
#[derive(Debug, Clone, PartialEq)]
pub struct Difference {
    /// The generation it builds on; `None` where it is a whole.
    pub base: Option<Generation>,
    /// Terms and products that are new or changed; `None` where none are.
    pub catalogue: Option<Arc<Catalogue>>,
    /// Products that are gone.
    pub removed_products: Vec<ProductId>,
    /// The calibration, where it is another.
    pub calibration_json: Option<String>,
    /// New views, with vectors as they travel.
    pub added_views: Vec<(ViewId, ProductId, Quantised)>,
    /// Views that are gone.
    pub removed_views: Vec<ViewId>,
}

/// Why a difference does not lead to the generation.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Mismatch {
    /// It builds on another generation than the one at hand, or needs one where there is none.
    Base,
    /// The products do not make a catalogue; each text names a problem.
    Catalogue(Vec<String>),
    /// A vector is not of unit length.
    Vector(ViewId),
    /// The outcome has another hash than the head says: of the catalogue, the calibration or the views.
    Hash(&'static str),
}

impl Head {
    /// The head of a content.
    pub fn of(number: Generation, made_at: WallMs, content: &Content) -> Self {
        Self {
            number,
            made_at,
            catalogue: digest(catalogue_document::encode(&content.catalogue).as_bytes()),
            calibration: content.calibration_json.as_ref().map(|text| digest(text.as_bytes())),
            model: content.model.clone(),
            views: views_hash(content.views.values()),
        }
    }

    /// What is signed: SHA-256 over all of the head and the store it is for.
    pub fn content_hash(&self, org: &OrgId, store: &StoreId) -> Hash {
        let mut hasher = Sha256::new();
        hasher.update(b"tillsight generation 1\n");
        hasher.update(format!("{org}/{store}\n{}\n{}\n", self.number, self.made_at.0));
        hasher.update(self.catalogue);
        hasher.update(self.calibration.unwrap_or_default());
        hasher.update(format!("{}\n", self.model.as_ref().map_or("", ModelVersion::as_str)));
        hasher.update(self.views);
        hasher.finalize().into()
    }
}

impl Content {
    /// The same with vectors rounded as they will travel, so that its hash is that of what tills will have.
    pub fn rounded(mut self) -> Self {
        for view in self.views.values_mut() {
            let model = view.embedding.model().clone();
            if let Ok(rounded) = Quantised::of(&view.embedding).to_embedding(model) {
                view.embedding = rounded;
            }
        }
        self
    }

    /// What leads from `base` to this content; from nothing, a whole.
    pub fn since(&self, base: Option<(Generation, &Content)>) -> Difference {
        let before = base.map(|(_, content)| content);
        let (changed, removed_products) = self.changed_products(before);
        let same_model = before.is_some_and(|before| before.model == self.model);
        let old_views = before.map(|before| &before.views).filter(|_| same_model);
        let added_views = self
            .views
            .values()
            .filter(|view| old_views.is_none_or(|old| old.get(&view.id) != Some(view)))
            .map(|view| (view.id, view.product.clone(), Quantised::of(&view.embedding)))
            .collect();
        let gone = |id: &&ViewId| !same_model || !self.views.contains_key(*id);
        let removed_views =
            before.map(|before| before.views.keys().filter(gone).copied().collect()).unwrap_or_default();
        let same_calibration = before.is_some_and(|before| before.calibration_json == self.calibration_json);
        Difference {
            base: base.map(|(number, _)| number),
            catalogue: changed,
            removed_products,
            calibration_json: self.calibration_json.clone().filter(|_| !same_calibration),
            added_views,
            removed_views,
        }
    }

    fn changed_products(&self, before: Option<&Content>) -> (Option<Arc<Catalogue>>, Vec<ProductId>) {
        let Some(before) = before.map(|before| &before.catalogue) else {
            return (Some(Arc::clone(&self.catalogue)), Vec::new());
        };
        let now = &self.catalogue;
        let changed: Vec<_> =
            now.products().filter(|product| before.product(&product.id) != Some(product)).cloned().collect();
        let removed: Vec<_> = before
            .products()
            .filter(|product| now.product(&product.id).is_none())
            .map(|product| product.id.clone())
            .collect();
        let same_terms = before.currency() == now.currency() && before.taxes() == now.taxes();
        if changed.is_empty() && removed.is_empty() && same_terms {
            return (None, removed);
        }
        let part = Catalogue::new(now.currency(), now.taxes().clone(), changed);
        // Some products of a sound catalogue are a sound catalogue.
        (part.ok().map(Arc::new), removed)
    }
}

impl Difference {
    /// Puts together the content that `head` describes; `have` is the generation at hand.
    pub fn apply(&self, have: Option<(Generation, &Content)>, head: &Head) -> Result<Content, Mismatch> {
        let base = match (self.base, have) {
            (None, _) => None,
            (Some(base), Some((number, content))) if base == number => Some(content),
            (Some(_), _) => return Err(Mismatch::Base),
        };
        let catalogue = self.apply_catalogue(base)?;
        let mut views = base.map(|base| base.views.clone()).unwrap_or_default();
        for id in &self.removed_views {
            views.remove(id);
        }
        for (id, product, vector) in &self.added_views {
            let model = head.model.clone().ok_or(Mismatch::Hash("views"))?;
            let embedding = vector.to_embedding(model).map_err(|_| Mismatch::Vector(*id))?;
            views.insert(*id, View { id: *id, product: product.clone(), embedding });
        }
        let calibration_json = match (&self.calibration_json, head.calibration) {
            (_, None) => None,
            (Some(text), _) => Some(text.clone()),
            (None, Some(_)) => base.and_then(|base| base.calibration_json.clone()),
        };
        let content = Content { catalogue, model: head.model.clone(), views, calibration_json };
        let found = Head::of(head.number, head.made_at, &content);
        for (what, same) in [
            ("catalogue", found.catalogue == head.catalogue),
            ("calibration", found.calibration == head.calibration),
            ("views", found.views == head.views),
        ] {
            if !same {
                return Err(Mismatch::Hash(what));
            }
        }
        Ok(content)
    }

    fn apply_catalogue(&self, base: Option<&Content>) -> Result<Arc<Catalogue>, Mismatch> {
        let before = base.map(|base| &base.catalogue);
        let (changed, before) = match (&self.catalogue, before) {
            (None, Some(before)) => return Ok(Arc::clone(before)),
            (Some(whole), None) => return Ok(Arc::clone(whole)),
            (None, None) => return Err(Mismatch::Base),
            (Some(changed), Some(before)) => (changed, before),
        };
        let removed: BTreeSet<&ProductId> = self.removed_products.iter().collect();
        let kept = before.products().filter(|product| changed.product(&product.id).is_none());
        let kept = kept.filter(|product| !removed.contains(&product.id));
        let products: Vec<_> = kept.chain(changed.products()).cloned().collect();
        let catalogue = Catalogue::new(changed.currency(), changed.taxes().clone(), products);
        catalogue
            .map(Arc::new)
            .map_err(|problems| Mismatch::Catalogue(problems.iter().map(ToString::to_string).collect()))
    }
}

fn views_hash<'a>(views: impl Iterator<Item = &'a View>) -> Hash {
    let mut hasher = Sha256::new();
    for view in views {
        hasher.update(view.id.0.as_bytes());
        hasher.update((view.product.as_str().len() as u64).to_le_bytes());
        hasher.update(view.product.as_str());
        for value in view.embedding.values() {
            hasher.update(value.to_le_bytes());
        }
    }
    hasher.finalize().into()
}
