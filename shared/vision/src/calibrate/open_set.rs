//! Scores to probabilities: a softmax over the products and one more answer, "none of them".
//!
//! Two numbers are learnt: how steeply a difference of scores becomes a ratio of probabilities, and the score at which
//! an enrolled product is as likely as none. (The multinomial logit with an outside option: McFadden, Conditional logit
//! analysis of qualitative choice behavior, 1974.)

use super::held_back::{Trial, Trials};

/// How often an item is assumed to be one that was never enrolled: one in fifty.
pub(super) const UNKNOWN_SHARE: f64 = 0.02;

/// Where the search starts and what few trials lean on: what the grocery training photos give (25 and 0.42), on the
/// careful side.
const PRIOR: OpenSet = OpenSet { slope: 25.0, none: 0.5 };
/// How far the truth may well be from it: a factor of e^0.5 of the slope, 0.1 of the score.
const PRIOR_SPREAD: [f64; 2] = [0.5, 0.1];

/// The learnt numbers.
#[derive(Debug, Clone, Copy, PartialEq)]
pub(super) struct OpenSet {
    /// Natural logarithm of the ratio of two probabilities, per unit of difference between the scores.
    pub(super) slope: f64,
    /// The score that "none of them" has.
    pub(super) none: f64,
}

impl Default for OpenSet {
    fn default() -> Self {
        PRIOR
    }
}

impl OpenSet {
    /// Probability of each of the products whose scores are given, and of none of them.
    pub(super) fn probabilities(&self, scores: &[f32]) -> (Vec<f64>, f64) {
        let highest = scores.iter().fold(self.none, |highest, &score| highest.max(f64::from(score)));
        let weight = |score: f64| (self.slope * (score - highest)).exp();
        let mut weights: Vec<f64> = scores.iter().map(|&score| weight(f64::from(score))).collect();
        let none = weight(self.none);
        // At least 1: the highest weighs just that.
        let sum = weights.iter().sum::<f64>() + none;
        weights.iter_mut().for_each(|weight| *weight /= sum);
        (weights, none / sum)
    }

    /// The most likely numbers given the trials and what was known before.
    pub(super) fn fit(trials: &Trials) -> Self {
        let objective = |point: [f64; 2]| Self::from_point(point).cost(trials);
        let start = [PRIOR.slope.ln(), PRIOR.none];
        Self::from_point(descend(start, [0.4, 0.08], objective))
    }

    fn from_point([log_slope, none]: [f64; 2]) -> Self {
        Self { slope: log_slope.exp(), none }
    }

    /// Negative log-likelihood: held-back views count once each, and the never-enrolled in the share assumed of them.
    fn cost(&self, trials: &Trials) -> f64 {
        let surprise = |trial: &Trial| {
            let (products, none) = self.probabilities(&trial.scores);
            -trial.own.map_or(none, |own| products[own]).max(1e-12).ln()
        };
        let known: f64 = trials.known.iter().map(surprise).sum();
        let unknown: f64 = trials.unknown.iter().map(surprise).sum();
        let unknown_weight = UNKNOWN_SHARE / (1.0 - UNKNOWN_SHARE) * trials.known.len().max(1) as f64
            / trials.unknown.len().max(1) as f64;
        let off = [
            (self.slope.ln() - PRIOR.slope.ln()) / PRIOR_SPREAD[0],
            (self.none - PRIOR.none) / PRIOR_SPREAD[1],
        ];
        known + unknown_weight * unknown + 0.5 * (off[0] * off[0] + off[1] * off[1])
    }
}

/// Finds the lowest point near `start` by steps along the axes that halve when none leads down: slow, but it needs no
/// derivative and cannot leave the valley it is in.
fn descend(start: [f64; 2], mut step: [f64; 2], cost: impl Fn([f64; 2]) -> f64) -> [f64; 2] {
    let mut best = (cost(start), start);
    while step[0] > 1e-3 {
        let before = best.0;
        for (axis, sign) in [(0, 1.0), (0, -1.0), (1, 1.0), (1, -1.0)] {
            let mut point = best.1;
            point[axis] += sign * step[axis];
            let value = cost(point);
            if value < best.0 {
                best = (value, point);
            }
        }
        if best.0 >= before {
            step = step.map(|s| s / 2.0);
        }
    }
    best.1
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    proptest! {
        #[test]
        fn shares_sum_to_one_and_follow_the_scores(
            scores in prop::collection::vec(-1f32..1.0, 0..40), slope in 0.1f64..200.0, none in -1f64..1.0
        ) {
            let (products, nothing) = OpenSet { slope, none }.probabilities(&scores);
            prop_assert!((products.iter().sum::<f64>() + nothing - 1.0).abs() < 1e-9);
            for (i, a) in scores.iter().enumerate() {
                for (j, b) in scores.iter().enumerate() {
                    prop_assert!(a > b || products[i] <= products[j] + 1e-12);
                }
            }
        }
    }

    #[test]
    fn finds_the_slope_that_made_the_data() {
        // Two products 0.1 apart: the nearer is right as often as a slope of 40 says, 98.2 %.
        let truth = OpenSet { slope: 40.0, none: 0.3 };
        let right = truth.probabilities(&[0.7, 0.6]).0[0];
        let trial = |own| Trial { scores: vec![0.7, 0.6], own: Some(own), likeness: 1.0 };
        let count = 20_000;
        let wrong = ((1.0 - right) * f64::from(count)).round() as usize;
        let known = (0..count as usize).map(|i| trial(usize::from(i < wrong))).collect();
        let fitted = OpenSet::fit(&Trials { known, ..Trials::default() });
        assert!((fitted.slope - 40.0).abs() < 1.0, "{fitted:?}");
    }
}
