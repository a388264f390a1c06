//! How probable each product is: how sure the first may be, and how the rest is shared.
//!
//! The softmax of [`open_set`](super::open_set) shares by score alone, and a thing that looks like nothing much can still
//! be far more like one product than like another. So the first product's probability comes from two signs: how far it
//! leads, and whether the thing looks as much like it as its views usually do. (Logistic regression; the second sign is what
//! Scheirer et al., Toward open set recognition, PAMI 2013, ask for: closeness, not only the side of a boundary.)

use serde::{Deserialize, Serialize};

use super::held_back::{Trial, Trials};
use super::open_set::{OpenSet, UNKNOWN_SHARE};
use crate::linear::{Equations, solve};

/// Leads below this are all alike: two products that score the same.
const LEAST_LEAD: f64 = 0.003;
/// What signs are counted from, so that each coefficient can be told from the others: a usual lead and likeness.
const USUAL_LEAD: f64 = 0.2;
const USUAL_LIKENESS: f64 = 0.9;
/// What few trials lean on: what the grocery photos give (3.7, 1.0 and 7), on the careful side.
const PRIOR: [f64; SIGNS] = [3.0, 1.0, 7.0];
/// How far the truth may well be from it.
const PRIOR_SPREAD: [f64; SIGNS] = [0.7, 0.3, 3.0];

/// One, the logarithm of the lead, the likeness.
const SIGNS: usize = 3;
/// Newton's method needs some seven.
const STEPS_MAX: usize = 50;

/// How probabilities come from what speaks for products.
#[derive(Debug, Clone, Copy, PartialEq)]
pub(super) struct Odds {
    pub(super) open_set: OpenSet,
    pub(super) confidence: Confidence,
}

/// Logarithm of the odds that the first product is the right one: a sum of the signs, weighted.
#[derive(Debug, Clone, Copy, PartialEq, Serialize, Deserialize)]
pub(super) struct Confidence([f64; SIGNS]);

impl Odds {
    /// The most likely ones given the trials and what was known before.
    pub(super) fn fit(trials: &Trials) -> Self {
        let open_set = OpenSet::fit(trials);
        Self { open_set, confidence: Confidence::fit(trials, &open_set) }
    }

    /// Probability of each of the products whose scores are given. `likeness` is that of the product that scores highest.
    /// Besides, how probable none of them is, by scores alone: a sign of its own, not the rest of the sum.
    pub(super) fn probabilities(&self, scores: &[f32], likeness: f32) -> (Vec<f64>, f64) {
        let (mut products, none) = self.open_set.probabilities(scores);
        let Some((first, lead)) = lead(scores, &self.open_set) else { return (products, none) };
        let rest = 1.0 - products[first];
        let rival = (0..products.len()).filter(|&at| at != first).map(|at| products[at]).fold(0.0, f64::max);
        let of_rest = if rest > 0.0 { rival / rest } else { 0.0 };
        // Whoever comes second is never the likelier one.
        let sure = self.confidence.of(lead, likeness).max(of_rest / (1.0 + of_rest));
        let shrink = if rest > 0.0 { (1.0 - sure) / rest } else { 0.0 };
        products.iter_mut().for_each(|product| *product *= shrink);
        products[first] = sure;
        (products, none)
    }

    /// The same of a trial.
    pub(super) fn of(&self, trial: &Trial) -> (Vec<f64>, f64) {
        self.probabilities(&trial.scores, trial.likeness)
    }
}

/// The highest score's place, and how far it is above the next: above none of them where there is no other.
fn lead(scores: &[f32], open_set: &OpenSet) -> Option<(usize, f64)> {
    let first = (0..scores.len()).max_by(|&a, &b| scores[a].total_cmp(&scores[b]))?;
    let others = (0..scores.len()).filter(|&at| at != first).map(|at| f64::from(scores[at]));
    let second = others.reduce(f64::max).unwrap_or(open_set.none);
    Some((first, f64::from(scores[first]) - second))
}

/// A trial as the fit sees it.
struct Case {
    signs: [f64; SIGNS],
    right: bool,
    weight: f64,
}

impl Confidence {
    fn of(&self, lead: f64, likeness: f32) -> f64 {
        logistic(dot(&self.0, &signs(lead, likeness)))
    }

    fn fit(trials: &Trials, open_set: &OpenSet) -> Self {
        let case = |trial: &Trial, weight: f64| {
            let (first, lead) = lead(&trial.scores, open_set)?;
            Some(Case { signs: signs(lead, trial.likeness), right: trial.own == Some(first), weight })
        };
        let known = trials.known.iter().map(|trial| (trial, 1.0));
        let each = UNKNOWN_SHARE / (1.0 - UNKNOWN_SHARE) * trials.known.len().max(1) as f64
            / trials.unknown.len().max(1) as f64;
        let strangers = trials.unknown.iter().map(|trial| (trial, each));
        let cases: Vec<Case> =
            known.chain(strangers).filter_map(|(trial, weight)| case(trial, weight)).collect();
        let [base, lead, likeness] = newton(&cases);
        // What leads less or looks less alike is never the surer for it, whatever few trials say.
        Self([base, lead.max(0.0), likeness.max(0.0)])
    }
}

fn signs(lead: f64, likeness: f32) -> [f64; SIGNS] {
    [1.0, (lead.max(LEAST_LEAD) / USUAL_LEAD).ln(), f64::from(likeness) - USUAL_LIKENESS]
}

fn dot(a: &[f64; SIGNS], b: &[f64; SIGNS]) -> f64 {
    a.iter().zip(b).map(|(a, b)| a * b).sum()
}

fn logistic(odds: f64) -> f64 {
    1.0 / (1.0 + (-odds).exp())
}

/// Negative logarithm of how likely these coefficients are.
fn cost(at: &[f64; SIGNS], cases: &[Case]) -> f64 {
    let off = (0..SIGNS).map(|sign| ((at[sign] - PRIOR[sign]) / PRIOR_SPREAD[sign]).powi(2)).sum::<f64>();
    let surprise = |case: &Case| {
        let odds = dot(at, &case.signs) * if case.right { 1.0 } else { -1.0 };
        // ln(1 + exp(-odds)) that does not overflow.
        case.weight * ((-odds.abs()).exp().ln_1p() + (-odds).max(0.0))
    };
    0.5 * off + cases.iter().map(surprise).sum::<f64>()
}

/// The lowest cost: there is one, for the cost is strictly convex. Steps that overshoot are halved.
fn newton(cases: &[Case]) -> [f64; SIGNS] {
    let mut at = PRIOR;
    let mut lowest = cost(&at, cases);
    for _ in 0..STEPS_MAX {
        let mut step = solve(slope_and_curvature(&at, cases));
        let ahead = |step: &[f64; SIGNS]| std::array::from_fn(|sign| at[sign] - step[sign]);
        while step.iter().any(|part| part.abs() > 1e-6) && cost(&ahead(&step), cases) > lowest {
            step = step.map(|part| part / 2.0);
        }
        if step.iter().all(|part| part.abs() <= 1e-6) {
            break;
        }
        at = ahead(&step);
        lowest = cost(&at, cases);
    }
    at
}

/// The cost's second derivatives, and beside them its first.
fn slope_and_curvature(at: &[f64; SIGNS], cases: &[Case]) -> Equations<SIGNS> {
    let mut rows = [([0.0; SIGNS], 0.0); SIGNS];
    for (sign, (curvature, slope)) in rows.iter_mut().enumerate() {
        let precision = PRIOR_SPREAD[sign].powi(-2);
        curvature[sign] = precision;
        *slope = (at[sign] - PRIOR[sign]) * precision;
    }
    for case in cases {
        let sure = logistic(dot(at, &case.signs));
        let off = case.weight * (sure - f64::from(u8::from(case.right)));
        for ((curvature, slope), sign) in rows.iter_mut().zip(case.signs) {
            for (value, other) in curvature.iter_mut().zip(case.signs) {
                *value += case.weight * sure * (1.0 - sure) * sign * other;
            }
            *slope += off * sign;
        }
    }
    rows
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    proptest! {
        #[test]
        fn the_first_stays_first_and_nothing_is_shared_twice(
            scores in prop::collection::vec(-1f32..1.0, 1..40), likeness in -1f32..2.0, base in -5f64..5.0,
        ) {
            let odds = Odds { open_set: OpenSet { slope: 25.0, none: 0.4 }, confidence: Confidence([base, 1.0, 7.0]) };
            let (products, none) = odds.probabilities(&scores, likeness);
            prop_assert!(products.iter().sum::<f64>() <= 1.0 + 1e-9);
            prop_assert!((0.0..=1.0).contains(&none));
            for (i, a) in scores.iter().enumerate() {
                for (j, b) in scores.iter().enumerate() {
                    prop_assert!(a > b || products[i] <= products[j] + 1e-9);
                }
            }
        }
    }

    fn trial(lead: f32, likeness: f32, right: bool) -> Trial {
        Trial { scores: vec![0.4 + lead, 0.4], own: Some(usize::from(!right)), likeness }
    }

    #[test]
    fn finds_the_coefficients_that_made_the_data() {
        let truth = Confidence([1.0, 1.5, 4.0]);
        let mut known = Vec::new();
        for lead in [0.02, 0.05, 0.1, 0.3] {
            for likeness in [0.5, 0.7, 0.9, 1.1] {
                let right = (truth.of(f64::from(lead), likeness) * 1000.0).round() as usize;
                known.extend((0..1000).map(|n| trial(lead, likeness, n < right)));
            }
        }
        let trials = Trials { known, ..Trials::default() };
        let Confidence(found) = Odds::fit(&trials).confidence;
        for (found, truth) in found.iter().zip(truth.0) {
            assert!((found - truth).abs() < 0.1, "{found} instead of {truth}");
        }
    }

    #[test]
    fn without_trials_it_is_what_it_was_before() {
        assert_eq!(Odds::fit(&Trials::default()).confidence, Confidence(PRIOR));
    }

    #[test]
    fn what_looks_little_like_its_product_is_less_sure_of_the_same_lead() {
        let known: Vec<Trial> =
            (0..400).map(|n| trial(0.2, if n % 2 == 0 { 0.9 } else { 0.5 }, n % 4 != 1)).collect();
        let odds = Odds::fit(&Trials { known, ..Trials::default() });
        let first = |likeness| odds.probabilities(&[0.6, 0.4], likeness).0[0];
        assert!(first(0.9) > 0.9 && (0.4..0.75).contains(&first(0.5)), "{} {}", first(0.9), first(0.5));
    }
}
