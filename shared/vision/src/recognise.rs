//! A vector to candidates with probabilities and a verdict.

use domain::embedding::{Embedding, View};
use domain::ids::{Generation, ModelVersion};
use domain::observation::{Candidate, Verdict};
use thiserror::Error;

use crate::calibrate::Calibration;
use crate::calibrate::evidence::{NEAREST_VIEWS, PROTOTYPES};
use crate::index::{IndexError, ViewIndex};

/// Most candidates an item is given.
const CANDIDATES: usize = 10;

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
    calibration: Calibration,
}

/// Why nothing can be recognised.
#[derive(Debug, Error)]
pub enum RecogniseError {
    /// The index refused.
    #[error(transparent)]
    Index(#[from] IndexError),
    /// Thresholds of one model say nothing about the scores of another.
    #[error(
        "the thresholds were learnt on vectors of model `{calibration}` and the vectors are of model `{model}`: learn them again"
    )]
    OtherCalibration {
        /// The calibration's model.
        calibration: ModelVersion,
        /// The index's model.
        model: ModelVersion,
    },
}

impl Recogniser {
    /// Builds the index anew.
    pub fn build(
        generation: Generation,
        model: ModelVersion,
        views: Vec<View>,
        calibration: Calibration,
    ) -> Result<Self, RecogniseError> {
        // Without views any length does: nothing is found.
        let dim = views.first().map_or(1, |view| view.embedding.values().len());
        let index = ViewIndex::from_views(model, dim, views)?;
        Self::over(index, generation, calibration)
    }

    /// Builds on an index that may hold much of it already, loaded from a file or forked from the generation before;
    /// it is made to hold exactly `views`.
    pub fn with_index(
        index: ViewIndex,
        generation: Generation,
        views: Vec<View>,
        calibration: Calibration,
    ) -> Result<Self, RecogniseError> {
        if index.is_empty() {
            return Self::build(generation, index.model().clone(), views, calibration);
        }
        index.sync(views)?;
        Self::over(index, generation, calibration)
    }

    fn over(
        index: ViewIndex,
        generation: Generation,
        calibration: Calibration,
    ) -> Result<Self, RecogniseError> {
        if let Some(model) = calibration.model().filter(|model| *model != index.model()) {
            let (calibration, model) = (model.clone(), index.model().clone());
            return Err(RecogniseError::OtherCalibration { calibration, model });
        }
        Ok(Self { generation, index, calibration })
    }

    /// What the thing with this vector may be. A vector of another model version is an error.
    pub fn recognise(&self, embedding: &Embedding) -> Result<Recognition, RecogniseError> {
        if self.index.is_empty() && embedding.model() == self.index.model() {
            return Ok(Recognition { candidates: Vec::new(), verdict: Verdict::Unknown });
        }
        let resemblances = self.index.resemblances(embedding, PROTOTYPES, NEAREST_VIEWS)?;
        let judged = self.calibration.judge(&resemblances);
        let candidates = judged
            .ranking
            .into_iter()
            .take(CANDIDATES)
            .map(|(at, probability)| Candidate { product: resemblances[at].product.clone(), probability });
        Ok(Recognition { candidates: candidates.collect(), verdict: judged.verdict })
    }

    /// How much the thing with this vector looks like the product that it looks most like, about -1 to 1; `None` when
    /// nothing is enrolled. No probability: for comparing cuts of one thing.
    pub(crate) fn likeness(&self, embedding: &Embedding) -> Result<Option<f32>, RecogniseError> {
        if self.index.is_empty() {
            return Ok(None);
        }
        let resemblances = self.index.resemblances(embedding, PROTOTYPES, NEAREST_VIEWS)?;
        Ok(resemblances.iter().map(|found| found.evidence.score).max_by(f32::total_cmp))
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

    /// How it turns similarities into probabilities.
    pub fn calibration(&self) -> &Calibration {
        &self.calibration
    }
}
