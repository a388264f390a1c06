//! All enrolled views, searchable while products come and go.

use std::path::{Path, PathBuf};

use domain::embedding::{Embedding, View};
use domain::ids::{ModelVersion, ProductId, ViewId};
use thiserror::Error;

/// The views of one model version. Readers never wait: they see the index before or after a change, never amid one.
pub struct ViewIndex {
    model: ModelVersion,
    dim: usize,
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
    /// The file is not an index that this version can use; it is a copy of the store's views, so build a new one.
    #[error("`{path}` is not a usable index file ({reason}): build a new one from the enrolled views")]
    Unusable {
        /// The file.
        path: PathBuf,
        /// What is wrong with it.
        reason: String,
    },
}

impl ViewIndex {
    /// An empty index of vectors of `dim` numbers made by `model`.
    pub fn new(model: ModelVersion, dim: usize) -> Self {
        Self { model, dim }
    }

    /// An index of `views`.
    pub fn from_views(_model: ModelVersion, _dim: usize, _views: Vec<View>) -> Result<Self, IndexError> {
        unimplemented!()
    }

    /// A second index with the same content that shares what does not change; each then goes its own way.
    pub fn fork(&self) -> Self {
        unimplemented!()
    }

    /// The model whose vectors it holds.
    pub fn model(&self) -> &ModelVersion {
        &self.model
    }

    /// Length of its vectors.
    pub fn dim(&self) -> usize {
        self.dim
    }

    /// Number of views.
    pub fn len(&self) -> usize {
        unimplemented!()
    }

    /// True when there is nothing to find.
    pub fn is_empty(&self) -> bool {
        self.len() == 0
    }

    /// Makes the content exactly `views`, touching only what differs. Returns how many were added and removed.
    pub fn sync(&self, _views: Vec<View>) -> Result<(usize, usize), IndexError> {
        unimplemented!()
    }

    /// Adds a view, or replaces the one of the same id.
    pub fn insert(&self, _view: View) -> Result<(), IndexError> {
        unimplemented!()
    }

    /// Removes a view; false when there is none of that id.
    pub fn remove_view(&self, _id: ViewId) -> bool {
        unimplemented!()
    }

    /// Removes a product's views; returns how many there were.
    pub fn remove_product(&self, _product: &ProductId) -> usize {
        unimplemented!()
    }

    /// Puts `views` in place of all views of a product, in one step for readers.
    pub fn replace_product(&self, _product: &ProductId, _views: Vec<View>) -> Result<(), IndexError> {
        unimplemented!()
    }

    /// The `k` views most like a vector, best first.
    pub fn search(&self, _query: &Embedding, _k: usize) -> Result<Vec<Hit>, IndexError> {
        unimplemented!()
    }

    /// Writes the index to a file, whole or not at all.
    pub fn save(&self, _path: &Path) -> Result<(), IndexError> {
        unimplemented!()
    }

    /// Reads an index that [`save`](Self::save) wrote for the same model.
    pub fn load(_path: &Path, _model: &ModelVersion) -> Result<Self, IndexError> {
        unimplemented!()
    }
}
