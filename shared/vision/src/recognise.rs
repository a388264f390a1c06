//! A vector to candidates with probabilities and a verdict.

use domain::embedding::{Embedding, View};
use domain::ids::{Generation, ModelVersion};
use domain::observation::{Candidate, Verdict};
use thiserror::Error;

use crate::calibrate::Calibration;
use crate::index::{IndexError, ViewIndex};

/// What an item may be, and what to do about it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Recognition {
    /// The likeliest first; at most ten, possibly none.
    pub candidates: Vec<Candidate>,
    /// What to do about it.
    pub verdict: Verdict,
}

/// The index and calibration of one catalogue generation. Share it by `Arc` and swap the whole for the next one.
pub struct Recogniser {
    generation: Generation,
    index: ViewIndex,
}

/// Why nothing can be recognised.
#[derive(Debug, Error)]
pub enum RecogniseError {
    /// The index refused.
    #[error(transparent)]
    Index(#[from] IndexError),
}

impl Recogniser {
    /// Builds the index anew.
    pub fn build(
        _generation: Generation,
        _model: ModelVersion,
        _views: Vec<View>,
        _calibration: Calibration,
    ) -> Result<Self, RecogniseError> {
        unimplemented!()
    }

    /// Builds on an index that may hold much of it already, loaded from a file or forked from the generation before;
    /// it is made to hold exactly `views`.
    pub fn with_index(
        _index: ViewIndex,
        _generation: Generation,
        _views: Vec<View>,
        _calibration: Calibration,
    ) -> Result<Self, RecogniseError> {
        unimplemented!()
    }

    /// What the thing with this vector may be. A vector of another model version is an error.
    pub fn recognise(&self, _embedding: &Embedding) -> Result<Recognition, RecogniseError> {
        unimplemented!()
    }

    /// The catalogue generation it belongs to.
    pub fn generation(&self) -> Generation {
        self.generation
    }

    /// The model whose vectors it compares.
    pub fn model(&self) -> &ModelVersion {
        self.index.model()
    }

    /// The index under it.
    pub fn index(&self) -> &ViewIndex {
        &self.index
    }
}
