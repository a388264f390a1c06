//! Sets of candidates that hold the right one as often as is promised.
//!
//! Split conformal prediction with least ambiguous sets (Sadinle, Lei and Wasserman, Least ambiguous set-valued
//! classifiers, JASA 2019): of the held-back views it is counted how probable their own products were thought, and a set takes
//! every product that is at least as probable as all but the promised share of those. The promise holds for things that are
//! to the enrolled views what these are to each other; it says nothing of things that were never enrolled.

use domain::observation::Probability;
use serde::{Deserialize, Serialize};

use super::held_back::Trial;
use super::odds::Odds;

/// How often a set is to hold the right product.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Promise {
    /// Nine times in ten.
    Of90,
    /// Nineteen times in twenty.
    Of95,
    /// Ninety-nine times in a hundred.
    Of99,
}

impl Promise {
    /// Each of them, the boldest first.
    pub const ALL: [Self; 3] = [Self::Of90, Self::Of95, Self::Of99];

    /// As a share.
    pub fn share(self) -> f64 {
        match self {
            Self::Of90 => 0.90,
            Self::Of95 => 0.95,
            Self::Of99 => 0.99,
        }
    }
}

/// From which probability a product belongs to a set, for each promise, in ten-thousandths as candidates' are. Without
/// enough trials everything does.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, Serialize, Deserialize)]
pub(super) struct Sets([u16; 3]);

impl Sets {
    /// Learns from held-back views of products that stay enrolled.
    pub(super) fn fit(known: &[Trial], odds: &Odds) -> Self {
        let own = |trial: &Trial| {
            let (products, _) = odds.of(trial);
            // A product that is not even among the rivals was given nothing.
            trial.own.map_or(0.0, |own| products[own])
        };
        let mut sorted: Vec<f64> = known.iter().map(own).collect();
        sorted.sort_by(f64::total_cmp);
        let from = |promise: Promise| Probability::from_f32(at_most(&sorted, 1.0 - promise.share()) as f32);
        Self(Promise::ALL.map(|promise| from(promise).basis_points()))
    }

    /// From which probability a product belongs to the set.
    pub(super) fn from(&self, promise: Promise) -> Probability {
        Probability::from_basis_points(self.0[promise as usize])
    }
}

/// The value below which at most a share `missed` of these, and of one more, lies: 0 where they are too few to say.
fn at_most(sorted: &[f64], missed: f64) -> f64 {
    // One more than was seen: the thing that is asked about.
    let allowed = ((sorted.len() + 1) as f64 * missed + 1e-9).floor() as usize;
    allowed.checked_sub(1).and_then(|last| sorted.get(last)).copied().unwrap_or(0.0)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::calibrate::held_back::Trials;

    #[test]
    fn promises_nothing_that_few_trials_do_not_show() {
        let sorted: Vec<f64> = (1..=9).map(f64::from).collect();
        let is = |sorted: &[f64], missed, expected: f64| (at_most(sorted, missed) - expected).abs() < 1e-12;
        assert!(is(&sorted, 0.10, 1.0));
        assert!(is(&sorted, 0.05, 0.0));
        assert!(is(&[], 0.10, 0.0));
    }

    #[test]
    fn holds_the_right_one_as_often_as_promised() {
        let odds = Odds::fit(&Trials::default());
        let trial = |lead: f32| Trial { scores: vec![0.8 + lead, 0.8], own: Some(0), likeness: 0.9 };
        // Leads spread evenly from -0.15 to 0.85: those learnt from, and as many between them.
        let learnt: Vec<Trial> = (0..999_u16).map(|n| trial(f32::from(n) / 998.0 - 0.15)).collect();
        let sets = Sets::fit(&learnt, &odds);
        for promise in Promise::ALL {
            let held = (0..1000_u16).filter(|&n| {
                let (products, _) = odds.of(&trial((f32::from(n) + 0.5) / 1000.0 - 0.15));
                Probability::from_f32(products[0] as f32) >= sets.from(promise)
            });
            let share = held.count() as f64 / 1000.0;
            assert!((share - promise.share()).abs() < 0.003, "{promise:?} held {share}");
        }
    }
}
