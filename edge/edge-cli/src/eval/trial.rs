//! Enrolling and asking, as a till does it: the same calibration, the same recogniser.

use std::collections::HashMap;

use anyhow::Context as _;
use domain::embedding::{Embedding, View};
use domain::ids::{Generation, ProductId, Uuid, ViewId};
use domain::observation::Verdict;
use vision::calibrate::{Calibration, OperatingPoints, Promise};
use vision::recognise::{Recogniser, Recognition};

use super::cached::Lab;
use super::dataset::{Class, Photo};
use super::images::paths;
use super::metrics::{Outcome, Reaction};
use crate::failure::Failure;

/// A till that has been taught some photos.
pub(crate) struct Trial<'a> {
    classes: &'a [Class],
    by_product: HashMap<&'a ProductId, usize>,
    recogniser: Recogniser,
}

/// What a till said of one photo.
#[derive(Debug, Clone, Copy, PartialEq)]
pub(crate) struct Answer {
    /// The class of the first candidate; `None` without candidates.
    pub(crate) said: Option<usize>,
    /// What the right class was given; `None` when it is not among the candidates.
    pub(crate) probability_of_right: Option<f32>,
    /// Candidates in the set of each promise.
    pub(crate) set_lens: [usize; Promise::ALL.len()],
    /// That, set against the truth.
    pub(crate) outcome: Outcome,
}

impl<'a> Trial<'a> {
    /// Enrols photos with their vectors and fits the calibration on them alone.
    pub(crate) fn enrol(
        classes: &'a [Class],
        lab: &mut Lab<'_>,
        photos: impl IntoIterator<Item = (&'a Photo, Embedding)>,
    ) -> Result<Self, Failure> {
        let (photos, vectors): (Vec<&Photo>, Vec<Embedding>) = photos.into_iter().unzip();
        let names = lab.names(&paths(&photos))?;
        let views: Vec<View> = photos
            .iter()
            .zip(vectors)
            .zip(names.into_iter().zip(1_u128..))
            .map(|((photo, embedding), (name, number))| View {
                id: ViewId::of_photo(name, Uuid::from_u128(number)),
                product: classes[photo.class].product.clone(),
                embedding,
            })
            .collect();
        let calibration = Calibration::fit(&views, &OperatingPoints::default(), &lab.experience()?)
            .context("failed to calibrate on the enrolled photos")?;
        let recogniser = Recogniser::build(Generation(1), lab.version().clone(), views, calibration)
            .context("failed to build the index")?;
        let by_product = classes.iter().enumerate().map(|(place, class)| (&class.product, place)).collect();
        Ok(Self { classes, by_product, recogniser })
    }

    /// What a till would do with each photo.
    pub(crate) fn ask(&self, photos: &[&Photo], vectors: &[Embedding]) -> Result<Vec<Outcome>, Failure> {
        Ok(self.answer(photos, vectors)?.into_iter().map(|answer| answer.outcome).collect())
    }

    /// The same, with what it took each photo for.
    pub(crate) fn answer(&self, photos: &[&Photo], vectors: &[Embedding]) -> Result<Vec<Answer>, Failure> {
        photos
            .iter()
            .zip(vectors)
            .map(|(photo, vector)| Ok(self.judge(photo.class, &self.recognise(vector)?)))
            .collect()
    }

    /// What a till would say of one photo.
    pub(crate) fn recognise(&self, vector: &Embedding) -> Result<Recognition, Failure> {
        Ok(self.recogniser.recognise(vector).context("failed to compare a photo with the enrolled ones")?)
    }

    fn judge(&self, truth: usize, said: &Recognition) -> Answer {
        let right = &self.classes[truth].product;
        let first = said.candidates.first();
        let coarse_right = self.classes[truth].coarse.map(|coarse| {
            let said = first.and_then(|candidate| self.by_product.get(&candidate.product));
            said.is_some_and(|&place| self.classes[place].coarse == Some(coarse))
        });
        let rank = said.candidates.iter().position(|candidate| candidate.product == *right);
        let outcome = Outcome {
            rank,
            coarse_right,
            probability: first.map_or(0.0, |candidate| candidate.probability.as_f32()),
            reaction: match said.verdict {
                Verdict::Accept => Reaction::Accepted,
                Verdict::AskCustomer => Reaction::Asked,
                Verdict::Unknown => Reaction::Unknown,
            },
        };
        Answer {
            said: first.and_then(|candidate| self.by_product.get(&candidate.product).copied()),
            probability_of_right: rank.map(|place| said.candidates[place].probability.as_f32()),
            set_lens: Promise::ALL
                .map(|promise| self.recogniser.calibration().set_len(&said.candidates, promise)),
            outcome,
        }
    }
}
