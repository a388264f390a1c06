//! What a picture looks like, as a vector.

use std::sync::Arc;

use thiserror::Error;

use crate::ids::{ModelVersion, ProductId, ViewId};

/// A unit-length vector made by one version of one model.
#[derive(Debug, Clone, PartialEq)]
pub struct Embedding {
    model: ModelVersion,
    values: Arc<[f32]>,
}

/// Its numbers are finite, so it equals itself.
impl Eq for Embedding {}

/// Why numbers do not make an embedding.
#[derive(Debug, Clone, PartialEq, Eq, Error)]
pub enum EmbeddingError {
    /// A number that is not finite, or a length that is not one.
    #[error("the vector of model `{0}` is not of unit length")]
    NotUnit(ModelVersion),
    /// No numbers.
    #[error("the vector of model `{0}` is empty")]
    Empty(ModelVersion),
}

impl Embedding {
    /// Checks that the values are finite and of unit length within 1 %, as a model's normalised output is.
    pub fn new(model: ModelVersion, values: Arc<[f32]>) -> Result<Self, EmbeddingError> {
        if values.is_empty() {
            return Err(EmbeddingError::Empty(model));
        }
        let length_squared: f32 = values.iter().map(|v| v * v).sum();
        // NaN fails this comparison too, as it must.
        if (length_squared - 1.0).abs() < 0.02 {
            Ok(Self { model, values })
        } else {
            Err(EmbeddingError::NotUnit(model))
        }
    }

    /// The model that made it.
    pub fn model(&self) -> &ModelVersion {
        &self.model
    }

    /// The numbers.
    pub fn values(&self) -> &[f32] {
        &self.values
    }
}

/// One enrolled view of a product: the vector of one photo.
#[derive(Debug, Clone, PartialEq)]
pub struct View {
    /// Made once, when enrolled.
    pub id: ViewId,
    /// Whose view it is.
    pub product: ProductId,
    /// What the photo looks like.
    pub embedding: Embedding,
}
