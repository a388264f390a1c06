//! Catalogue generations: prices, tax, views, model version and thresholds, switching together.

use std::collections::BTreeMap;
use std::sync::Arc;

use domain::catalogue::Catalogue;
use domain::embedding::View;
use domain::ids::{Generation, ModelVersion, ProductId, SightingId, ViewId};
use domain::time::WallMs;

use crate::view_pictures::GivenPicture;

/// Everything that one generation consists of.
#[derive(Debug, Clone, PartialEq)]
pub struct CatalogueGeneration {
    /// Its number.
    pub generation: Generation,
    /// Products, prices, rates.
    pub catalogue: Arc<Catalogue>,
    /// The model that made the views; `None` when there are none.
    pub model: Option<ModelVersion>,
    /// The views of its products, archived ones left out, in the order they were enrolled.
    pub views: Vec<View>,
    /// What `vision::calibrate` fitted on the views.
    pub calibration_json: Option<String>,
}

/// One kept generation, without its contents.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct GenerationInfo {
    /// Its number.
    pub generation: Generation,
    /// When it was published.
    pub published_at: WallMs,
    /// What made it.
    pub kind: ChangeKind,
    /// Products, archived ones included.
    pub products: u64,
    /// Views, those of archived products included.
    pub views: u64,
    /// The model that made the views.
    pub model: Option<ModelVersion>,
}

/// A change of views or thresholds. First `replace_products` and `remove_products` lose their views and `remove_views` leave,
/// then `add` and `brought` come in.
#[derive(Debug, Clone, PartialEq)]
pub struct ViewChange {
    /// The model of every vector in `add`. When it is not the model of the newest generation, all views of the old model
    /// leave, and its calibration with them.
    pub model: ModelVersion,
    /// New views; their ids are new, their products are in the catalogue.
    pub add: Vec<View>,
    /// The pictures that views of `add` were made from; views that are not named keep none.
    pub pictures: BTreeMap<ViewId, GivenPicture>,
    /// New views that [`Store::bring_views`](crate::Store::bring_views) put into the store before.
    pub brought: Vec<ViewId>,
    /// Products whose present views `add` and `brought` replace.
    pub replace_products: Vec<ProductId>,
    /// Products that lose their views.
    pub remove_products: Vec<ProductId>,
    /// Single views that leave; ones that are gone already are no error.
    pub remove_views: Vec<ViewId>,
    /// The change was learnt from the sightings up to this one; `None` where it was not learnt from sales.
    pub learnt_through: Option<SightingId>,
    /// The calibration from now on; `None` keeps the present one.
    pub calibration_json: Option<String>,
    /// The generation this change was made for: when it is not the newest any more the change is refused. `None` does
    /// not ask.
    pub expected: Option<Generation>,
}

impl ViewChange {
    /// A change of nothing yet.
    pub fn new(model: ModelVersion) -> Self {
        Self {
            model,
            add: Vec::new(),
            pictures: BTreeMap::new(),
            brought: Vec::new(),
            replace_products: Vec::new(),
            remove_products: Vec::new(),
            remove_views: Vec::new(),
            learnt_through: None,
            calibration_json: None,
            expected: None,
        }
    }
}

/// What kind of change made a generation.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum ChangeKind {
    /// Products, prices or tax.
    Catalogue,
    /// Views.
    Views,
    /// The calibration only.
    Calibration,
    /// A return to an earlier generation.
    Rollback,
    /// A generation of the cloud's.
    Cloud,
}

impl ChangeKind {
    /// As stored and sent.
    pub(crate) fn name(self) -> &'static str {
        match self {
            Self::Catalogue => "catalogue",
            Self::Views => "views",
            Self::Calibration => "calibration",
            Self::Rollback => "rollback",
            Self::Cloud => "cloud",
        }
    }

    /// The reverse of [`ChangeKind::name`]; a kind of a later version counts as a catalogue.
    pub(crate) fn from_name(name: &str) -> Self {
        [Self::Views, Self::Calibration, Self::Rollback, Self::Cloud]
            .into_iter()
            .find(|kind| kind.name() == name)
            .unwrap_or(Self::Catalogue)
    }
}

/// Something that the daemon must take notice of.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Change {
    /// There is a new generation.
    Generation(Generation, ChangeKind),
    /// A setting has another value.
    Setting(String),
}
