//! Gradient boosting: each tree corrects what the trees before it get wrong (Friedman 2001).

use super::bins::Bins;
use super::grow::{Ground, Growth};
use super::random::Random;
use super::tree::{Node, Tree};

/// What the sum of trees is to come close to.
#[derive(Debug, Clone, Copy, PartialEq)]
pub(super) enum Objective {
    /// The mean of demand, which is zero on many days and skewed on the others (Tweedie 1984; the power, between 1 and 2, says how much the
    /// variance grows with the mean). Trees sum to the logarithm of the mean.
    Tweedie(f64),
    /// A quantile (Koenker and Bassett 1978).
    Quantile(f64),
}

/// How it is learnt.
#[derive(Debug, Clone, Copy)]
pub(super) struct Learning {
    pub(super) objective: Objective,
    pub(super) trees: usize,
    /// How much of each tree's answer is added.
    pub(super) rate: f64,
    pub(super) growth: Growth,
    /// The share of rows each tree grows on.
    pub(super) rows_share: f64,
    /// The share of features each tree may ask about.
    pub(super) features_share: f64,
    pub(super) seed: u64,
}

/// Examples to learn from.
#[derive(Debug, Default)]
pub(super) struct Examples {
    /// How many features a row has.
    pub(super) width: usize,
    /// The features, row by row; NaN where one is missing.
    pub(super) features: Vec<f32>,
    /// What came true, at least zero.
    pub(super) targets: Vec<f32>,
    /// How much each row counts, above zero.
    pub(super) weights: Vec<f32>,
}

/// What was learnt.
#[derive(Debug, Clone, PartialEq)]
pub(super) struct Booster {
    pub(super) objective: Objective,
    /// What the trees are added to.
    pub(super) base: f32,
    pub(super) trees: Vec<Tree>,
}

/// Keeps the exponential of sums of trees finite, whatever they were asked.
const LOG_MAX: f64 = 30.0;

impl Booster {
    /// Learns from examples.
    pub(super) fn learn(examples: &Examples, learning: &Learning) -> Self {
        let mut random = Random::new(learning.seed);
        let bins = Bins::new(&examples.features, examples.width, &mut random);
        Self::learn_binned(examples, &bins, learning, &mut random)
    }

    fn learn_binned(examples: &Examples, bins: &Bins, learning: &Learning, random: &mut Random) -> Self {
        let objective = learning.objective;
        let mut booster = Self { objective, base: base(objective, examples), trees: Vec::new() };
        let mut sums = vec![booster.base; examples.targets.len()];
        let mut gradients = vec![[0.0_f32; 2]; sums.len()];
        for _ in 0..learning.trees {
            slope(objective, examples, &sums, &mut gradients);
            let rows = (0..sums.len() as u32).filter(|_| random.chance(learning.rows_share)).collect();
            let features = choose_features(examples.width, learning.features_share, random);
            let ground = Ground { bins, gradients: &gradients, features: &features, growth: learning.growth };
            let mut grown = ground.grow(rows);
            for (node, within) in &grown.leaves {
                let rows = &grown.rows[within.clone()];
                if let Node::Leaf(answer) = &mut grown.tree.nodes[*node] {
                    // The slope of a quantile's loss says where to go, not how far: that is the quantile of what is left.
                    if let Objective::Quantile(level) = objective {
                        *answer = quantile_left(level, examples, &sums, rows);
                    }
                    *answer *= learning.rate as f32;
                }
            }
            for (row, sum) in sums.iter_mut().enumerate() {
                let features = &examples.features[row * examples.width..(row + 1) * examples.width];
                *sum += grown.tree.answer(features);
            }
            booster.trees.push(grown.tree);
        }
        booster
    }

    /// What is to be expected of a row of features; at least zero.
    pub(super) fn predict(&self, row: &[f32]) -> f64 {
        let sum = self.trees.iter().fold(self.base, |sum, tree| sum + tree.answer(row));
        let sum = f64::from(sum);
        match self.objective {
            Objective::Tweedie(_) => sum.min(LOG_MAX).exp(),
            Objective::Quantile(_) => sum.max(0.0),
        }
    }
}

fn choose_features(width: usize, share: f64, random: &mut Random) -> Vec<usize> {
    let mut features: Vec<usize> = (0..width).collect();
    let wanted = ((width as f64 * share).ceil() as usize).clamp(1, width.max(1));
    for at in 0..wanted.min(width) {
        let other = at + random.below(width - at);
        features.swap(at, other);
    }
    features.truncate(wanted);
    features.sort_unstable();
    features
}

/// The best answer before any question.
fn base(objective: Objective, examples: &Examples) -> f32 {
    match objective {
        Objective::Tweedie(_) => {
            let weighed = examples.targets.iter().zip(&examples.weights);
            let (sum, weight) = weighed.fold((0.0, 0.0), |(sum, total), (target, weight)| {
                (sum + f64::from(*target) * f64::from(*weight), total + f64::from(*weight))
            });
            (sum / f64::max(weight, 1e-9)).max(1e-6).ln() as f32
        }
        Objective::Quantile(level) => {
            let rows: Vec<u32> = (0..examples.targets.len() as u32).collect();
            quantile_left(level, examples, &vec![0.0; rows.len()], &rows)
        }
    }
}

/// The slope and curvature of the loss at the sums so far.
fn slope(objective: Objective, examples: &Examples, sums: &[f32], gradients: &mut [[f32; 2]]) {
    for (row, gradient) in gradients.iter_mut().enumerate() {
        let (target, weight) = (f64::from(examples.targets[row]), f64::from(examples.weights[row]));
        let sum = f64::from(sums[row]);
        let (slope, curve) = match objective {
            Objective::Tweedie(power) => {
                let low = target * ((1.0 - power) * sum).exp();
                let high = ((2.0 - power) * sum.min(LOG_MAX)).exp();
                (high - low, (2.0 - power) * high + (power - 1.0) * low)
            }
            Objective::Quantile(level) => (if sum >= target { 1.0 - level } else { -level }, 1.0),
        };
        *gradient = [(slope * weight) as f32, (curve * weight) as f32];
    }
}

/// The weighted quantile of what the sums so far leave of some rows.
fn quantile_left(level: f64, examples: &Examples, sums: &[f32], rows: &[u32]) -> f32 {
    let mut left: Vec<(f32, f32)> = rows
        .iter()
        .map(|row| *row as usize)
        .map(|row| (examples.targets[row] - sums[row], examples.weights[row]))
        .collect();
    left.sort_by(|one, other| one.0.total_cmp(&other.0));
    let total: f64 = left.iter().map(|(_, weight)| f64::from(*weight)).sum();
    let mut below = 0.0;
    for (value, weight) in &left {
        below += f64::from(*weight);
        if below >= level * total {
            return *value;
        }
    }
    0.0
}
