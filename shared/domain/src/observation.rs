//! What vision says of a frame, and the probabilities it says it with.

use std::fmt;

use crate::embedding::Embedding;
use crate::frame::PixelBox;
use crate::ids::{Generation, ModelVersion, ProductId};
use crate::time::MonotonicMs;

/// A probability in ten-thousandths: an integer, so that it can stand in records and be compared exactly.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Default)]
pub struct Probability(u16);

impl Probability {
    /// Certainty.
    pub const ONE: Self = Self(10_000);

    /// From ten-thousandths; more than 10,000 is taken as certainty.
    pub fn from_basis_points(value: u16) -> Self {
        Self(value.min(10_000))
    }

    /// From a number from 0 to 1; what lies outside, or is not a number, is taken to the nearest end (NaN to 0).
    pub fn from_f32(value: f32) -> Self {
        // The clamp makes the cast exact; NaN casts to 0.
        Self((value.clamp(0.0, 1.0) * 10_000.0).round() as u16)
    }

    /// In ten-thousandths.
    pub fn basis_points(self) -> u16 {
        self.0
    }

    /// As a number from 0 to 1.
    pub fn as_f32(self) -> f32 {
        f32::from(self.0) / 10_000.0
    }
}

impl fmt::Display for Probability {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}.{:02} %", self.0 / 100, self.0 % 100)
    }
}

/// A product that an item may be.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Candidate {
    /// Which product.
    pub product: ProductId,
    /// How likely, calibrated.
    pub probability: Probability,
}

/// What to do about an item, decided by the operating points of the catalogue generation.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum Verdict {
    /// Sure enough: take the first candidate.
    Accept,
    /// Ask the customer which of the candidates it is.
    AskCustomer,
    /// Like nothing enrolled: offer the search.
    Unknown,
}

/// One thing found on the tray.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ObservedItem {
    /// Where, in pixels of the frame.
    pub bounds: PixelBox,
    /// The likeliest first; at most ten, possibly none.
    pub candidates: Vec<Candidate>,
    /// What to do about it.
    pub verdict: Verdict,
    /// What it looks like, for whoever remembers it; `None` where nobody may.
    pub look: Option<Embedding>,
}

/// Why a frame says nothing of the items (its items are then empty).
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum Unsettled {
    /// Something moves, or reaches in from outside the picture: a hand, an item being put down.
    Moving,
    /// Too blurred to trust.
    Blurred,
    /// The background changed as a whole: light switched, camera moved, tray covered.
    SceneChanged,
}

/// What vision says of one frame.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Observation {
    /// When the frame was captured.
    pub captured_at: MonotonicMs,
    /// The frame's number.
    pub frame_number: u64,
    /// Width and height of the frame that the boxes refer to, in pixels.
    pub frame_size: (u32, u32),
    /// `None` when the scene is still and sharp, so that `items` is all there is on the tray.
    pub unsettled: Option<Unsettled>,
    /// The items, in no order that means anything.
    pub items: Vec<ObservedItem>,
    /// The catalogue generation whose vectors were compared.
    pub generation: Generation,
    /// The model that made the vectors.
    pub model: ModelVersion,
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn probabilities_stay_in_range() {
        for (value, points) in
            [(-1.0, 0), (0.0, 0), (0.12345, 1235), (1.0, 10_000), (7.0, 10_000), (f32::NAN, 0)]
        {
            assert_eq!(Probability::from_f32(value).basis_points(), points);
        }
        assert_eq!(Probability::from_basis_points(9905).to_string(), "99.05 %");
    }
}
