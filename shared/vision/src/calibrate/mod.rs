//! Similarities to probabilities, and probabilities to verdicts, learnt from the enrolled views alone.

use domain::embedding::View;
use thiserror::Error;

/// The errors a shop accepts; thresholds are set from them on held-back views, never by hand.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct OperatingPoints {
    /// Share of accepted items that may be wrong, for example 0.01.
    pub target_error: f32,
    /// Share of enrolled items that may be called unknown, for example 0.02.
    pub unknown_error: f32,
}

impl Default for OperatingPoints {
    fn default() -> Self {
        Self { target_error: 0.01, unknown_error: 0.02 }
    }
}

/// How similarities become probabilities and verdicts, for one set of enrolled views.
#[derive(Debug, Clone, PartialEq)]
pub struct Calibration {}

/// Why nothing can be learnt from the views.
#[derive(Debug, Error)]
pub enum CalibrationError {
    /// Views of more than one model.
    #[error("the views come from different models: enrol them again with one")]
    MixedModels,
    /// The text is not a calibration.
    #[error("the stored calibration cannot be read: enrol again or run the fit again")]
    Json(#[from] serde_json::Error),
}

impl Calibration {
    /// Learns from enrolled views, each held back in turn.
    pub fn fit(_views: &[View], _points: &OperatingPoints) -> Result<Self, CalibrationError> {
        unimplemented!()
    }

    /// As JSON, to be stored with the views.
    pub fn to_json(&self) -> String {
        unimplemented!()
    }

    /// From JSON that [`to_json`](Self::to_json) made.
    pub fn from_json(_json: &str) -> Result<Self, CalibrationError> {
        unimplemented!()
    }
}
