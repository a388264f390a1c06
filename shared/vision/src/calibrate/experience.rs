//! What a model knows of itself: which photos it learnt from, and how it does with photos that it did not.
//!
//! A model recognises the photos it was trained on far too well. Held back from their product's other views, they promise
//! what no new photo keeps, so they say nothing of how sure the till may be. In their place stand trials of photos that
//! the same recipe had not seen; they are made together with the model (`models/train`) and travel in its metadata.

use std::collections::BTreeSet;

use domain::embedding::View;
use domain::ids::ViewId;
use serde::Deserialize;
use thiserror::Error;

use super::evidence::RIVALS;
use super::held_back::{Trial, Trials};

/// Numbers are kept as whole ten-thousandths.
const SCORE_UNIT: f32 = 1e-4;

/// Which photos a model has seen, and trials of photos it has not.
#[derive(Debug, Clone, Default)]
pub struct Experience {
    learnt_from: BTreeSet<[u8; ViewId::PHOTO_BYTES]>,
    pub(super) reference: Trials,
}

/// Why a model's trials cannot be read.
#[derive(Debug, Error)]
pub enum ExperienceError {
    /// They are not JSON of the expected form.
    #[error("the model's trials cannot be read")]
    Json(#[from] serde_json::Error),
    /// A trial without scores, or with more than a thing is ever compared by.
    #[error("a trial of the model has {0} numbers, expected 2 to {most}", most = RIVALS + 1)]
    Scores(usize),
}

/// Photo by photo how much it looks like what is usual of the highest scoring product, then the scores of the products
/// most alike; the own product's first where it was enrolled.
#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Stored {
    known: Vec<Vec<i16>>,
    unknown: Vec<Vec<i16>>,
}

impl Experience {
    /// Of a model that learnt from photos whose SHA-256 begin with `learnt_from`. `trials` is JSON. Photo by photo,
    /// `known` and `unknown` list in ten-thousandths how much it looks like what is usual of the highest scoring
    /// product (its cosine to that product's mean, divided by the usual one), then the scores of the products most alike;
    /// the own product's first, but of `unknown`, where it is not enrolled. Of `known` little like the photo is enrolled.
    pub fn new(
        learnt_from: impl IntoIterator<Item = [u8; 8]>,
        trials: Option<&str>,
    ) -> Result<Self, ExperienceError> {
        let shortened = |hash: [u8; 8]| {
            let mut start = [0; ViewId::PHOTO_BYTES];
            start.copy_from_slice(&hash[..ViewId::PHOTO_BYTES]);
            start
        };
        let learnt_from = learnt_from.into_iter().map(shortened).collect();
        let Some(json) = trials else { return Ok(Self { learnt_from, reference: Trials::default() }) };
        let stored: Stored = serde_json::from_str(json)?;
        let read = |all: &[Vec<i16>], own| -> Result<Vec<Trial>, ExperienceError> {
            all.iter().map(|scores| read_trial(scores, own)).collect()
        };
        let reference =
            Trials { known: read(&stored.known, Some(0))?, unknown: read(&stored.unknown, None)? };
        Ok(Self { learnt_from, reference })
    }

    /// Whether the model learnt from the very photo that a view was made from.
    pub fn has_seen(&self, view: &View) -> bool {
        view.id.photo().is_some_and(|photo| self.learnt_from.contains(&photo))
    }
}

fn read_trial(numbers: &[i16], own: Option<usize>) -> Result<Trial, ExperienceError> {
    match numbers.split_first() {
        Some((&likeness, scores)) if (1..=RIVALS).contains(&scores.len()) => {
            let scores = scores.iter().map(|&score| f32::from(score) * SCORE_UNIT).collect();
            Ok(Trial { scores, own, likeness: f32::from(likeness) * SCORE_UNIT })
        }
        _ => Err(ExperienceError::Scores(numbers.len())),
    }
}
