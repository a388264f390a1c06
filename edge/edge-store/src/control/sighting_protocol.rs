//! Sightings as they go over the socket.

use domain::embedding::Embedding;
use domain::ids::{Generation, ModelVersion, ProductId, SightingId};
use domain::observation::{Candidate, Probability};
use domain::sighting::Sighting;
use serde::{Deserialize, Serialize};

use crate::sightings::{
    Learnt, SightingPage, day_number, day_of, settled_name, settled_of, verdict_name, verdict_of,
};
use crate::views::{from_bytes, to_bytes};
use sync_core::chain::{from_hex, to_hex};

#[derive(Debug, Serialize, Deserialize)]
pub(super) struct SightingPageRecord {
    sightings: Vec<SightingRecord>,
    unreadable: u64,
    next: Option<u64>,
}

#[derive(Debug, Serialize, Deserialize)]
struct SightingRecord {
    id: u64,
    day: u32,
    product: String,
    settled: String,
    verdict: String,
    first: Option<(String, u16)>,
    vector: String,
}

#[derive(Debug, Serialize, Deserialize)]
pub(super) struct LearntRecord {
    generation: Option<u64>,
    through: u64,
    discarded: u64,
}

impl SightingPageRecord {
    pub(super) fn new(page: &SightingPage) -> Self {
        Self {
            sightings: page
                .sightings
                .iter()
                .map(|(id, sighting)| SightingRecord::new(*id, sighting))
                .collect(),
            unreadable: page.unreadable,
            next: page.next.map(|id| id.0),
        }
    }

    pub(super) fn into_page(self, model: &ModelVersion) -> Result<SightingPage, String> {
        let sightings: Result<_, _> =
            self.sightings.into_iter().map(|sighting| sighting.into_sighting(model)).collect();
        Ok(SightingPage {
            sightings: sightings?,
            unreadable: self.unreadable,
            next: self.next.map(SightingId),
        })
    }
}

impl SightingRecord {
    fn new(id: SightingId, sighting: &Sighting) -> Self {
        let first = sighting.first.as_ref();
        Self {
            id: id.0,
            day: day_number(sighting.day),
            product: sighting.product.to_string(),
            settled: settled_name(sighting.settled).to_owned(),
            verdict: verdict_name(sighting.verdict).to_owned(),
            first: first.map(|first| (first.product.to_string(), first.probability.basis_points())),
            vector: to_hex(&to_bytes(sighting.look.values())),
        }
    }

    fn into_sighting(self, model: &ModelVersion) -> Result<(SightingId, Sighting), String> {
        let bad = |what: &dyn std::fmt::Display| format!("sighting {}: {what}", self.id);
        let product = |id: &str| ProductId::new(id).map_err(|error| bad(&error));
        let bytes = from_hex(&self.vector).filter(|bytes| bytes.len().is_multiple_of(4));
        let bytes = bytes.ok_or_else(|| bad(&"its vector is not hexadecimal of 32-bit floats"))?;
        let first = match &self.first {
            Some((id, points)) => Some(Candidate {
                product: product(id)?,
                probability: Probability::from_basis_points(*points),
            }),
            None => None,
        };
        let sighting = Sighting {
            day: day_of(self.day).ok_or_else(|| bad(&"its day is none"))?,
            look: Embedding::new(model.clone(), from_bytes(&bytes)).map_err(|error| bad(&error))?,
            first,
            verdict: verdict_of(&self.verdict).ok_or_else(|| bad(&"its verdict is none"))?,
            product: product(&self.product)?,
            settled: settled_of(&self.settled).ok_or_else(|| bad(&"nobody is known to have settled it"))?,
        };
        Ok((SightingId(self.id), sighting))
    }
}

impl LearntRecord {
    pub(super) fn new(learnt: Learnt) -> Self {
        Self {
            generation: learnt.generation.map(|generation| generation.0),
            through: learnt.through.0,
            discarded: learnt.discarded.0,
        }
    }

    pub(super) fn into_learnt(self) -> Learnt {
        Learnt {
            generation: self.generation.map(Generation),
            through: SightingId(self.through),
            discarded: SightingId(self.discarded),
        }
    }
}
