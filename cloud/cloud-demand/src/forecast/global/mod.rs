//! One model over all series of an organisation: gradient-boosted trees that are told of each day what is known of it beforehand.
//!
//! It is direct: the same model is asked for each day ahead and told how far ahead that is, so an error of the first day is no input of
//! the second. Series are scaled by their own level, so that a model of bread fits cake.

mod bins;
mod boost;
mod features;
mod grow;
mod kept;
mod random;
mod tree;
mod windows;

use std::collections::BTreeMap;

use self::boost::{Booster, Examples, Learning, Objective};
use self::features::{Described, Surroundings, Usual, WIDTH};
use self::grow::Growth;
use self::random::Random;
use self::windows::Windows;
use super::all::{Cause, History, Holiday, Input, Options};
use super::calendar::Holidays;

/// The fewest days that have to be known before a day is an example.
const KNOWN_MIN: usize = 28;

/// The fewest examples that trees are grown on.
const EXAMPLES_MIN: usize = 500;

/// How fast the variance of demand grows with its mean: between that of counts (1) and of amounts (2).
const TWEEDIE_POWER: f64 = 1.5;

/// After how many days an example counts half.
const HALF_LIFE: f64 = 400.0;

/// How many distances an example day is looked at from, at most.
const DISTANCES_MAX: usize = 3;

/// What was learnt from all series of an organisation.
#[derive(Debug, Clone, PartialEq)]
pub(crate) struct Models {
    /// From everything.
    now: Pair,
    /// From what was known before the first of the trials: what it says of them it cannot have seen.
    before: Pair,
    /// By store number: the first day of any of its series, and what all of them sold each day.
    stores: BTreeMap<u32, (i64, Vec<f64>)>,
}

/// The models of the mean and of the median.
#[derive(Debug, Clone, PartialEq)]
struct Pair {
    mean: Booster,
    median: Booster,
}

/// Which of the models is asked.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Which {
    /// That which knows everything.
    Now,
    /// That which knows nothing of the trials.
    Before,
}

impl Models {
    /// Learns from all series of the input. `None` where there is too little to learn from.
    pub(crate) fn learn(input: &Input, options: &Options) -> Option<Self> {
        let stores = store_sums(input);
        let around = surround(&stores, &input.holidays);
        let described: Vec<Described<'_>> = input.series.iter().map(Described::new).collect();
        let learn = |cut| {
            let examples = gather(input, &described, &around, cut, options);
            (examples.targets.len() >= EXAMPLES_MIN).then(|| Pair::learn(&examples, options.seed))
        };
        let now = learn(0)?;
        let before = learn(options.trials)?;
        Some(Self { now, before, stores })
    }

    /// Readies the models to be asked about series of the input.
    pub(crate) fn seer(&self, input: &Input) -> Seer<'_> {
        Seer { models: self, around: surround(&self.stores, &input.holidays) }
    }
}

impl Pair {
    fn learn(examples: &Examples, seed: u64) -> Self {
        let learning = |objective| Learning {
            objective,
            trees: 200,
            rate: 0.05,
            growth: Growth { leaves: 31, rows_min: 40, ridge: 1.0 },
            rows_share: 0.3,
            features_share: 0.35,
            seed,
        };
        Self {
            mean: Booster::learn(examples, &learning(Objective::Tweedie(TWEEDIE_POWER))),
            median: Booster::learn(examples, &learning(Objective::Quantile(0.5))),
        }
    }
}

/// The models and what they are told beside a series.
#[derive(Debug)]
pub(crate) struct Seer<'a> {
    models: &'a Models,
    around: Surroundings,
}

impl Seer<'_> {
    /// The mean and the median of each of the `horizon` days after the first `known` ones.
    pub(crate) fn foresee(
        &self,
        series: &History,
        known: usize,
        horizon: usize,
        which: Which,
    ) -> (Vec<f64>, Vec<f64>) {
        let pair = match which {
            Which::Now => &self.models.now,
            Which::Before => &self.models.before,
        };
        let described = Described::new(series);
        let level = described.level(known);
        let mut row = Vec::with_capacity(WIDTH);
        let mut ask = |target| {
            row.clear();
            described.describe(&self.around, known, target, &mut row);
            (pair.mean.predict(&row) * level, pair.median.predict(&row) * level)
        };
        (known..known + horizon).map(&mut ask).unzip()
    }
}

impl Seer<'_> {
    /// What moves the mean of the horizon by more than a hundredth, the largest first: each thing against the same days without it.
    pub(crate) fn causes(&self, series: &History, horizon: usize) -> Vec<Cause> {
        let described = Described::new(series);
        let known = series.values.len();
        let rows: Vec<Vec<f32>> = (known..known + horizon)
            .map(|target| {
                let mut row = Vec::with_capacity(WIDTH);
                described.describe(&self.around, known, target, &mut row);
                row
            })
            .collect();
        let Some(today) = rows.first() else { return Vec::new() };
        let mean = &self.models.now.mean;
        let told: f64 = rows.iter().map(|row| mean.predict(row)).sum();
        let mut causes: Vec<(f64, Cause)> = Vec::new();
        for usual in Usual::ALL {
            let without = rows.iter().map(|row| {
                let mut row = row.clone();
                usual.pretend(&mut row, today);
                mean.predict(&row)
            });
            let factor = told / without.sum::<f64>();
            if factor.is_finite() && (factor - 1.0).abs() > 0.01 {
                let cause = match usual {
                    Usual::Holiday => Cause::Holiday { factor },
                    Usual::Price => Cause::Price { factor },
                    Usual::Promotion => Cause::Promotion { factor },
                    Usual::Season => Cause::Season { factor },
                };
                causes.push((factor.ln().abs(), cause));
            }
        }
        causes.sort_by(|one, other| other.0.total_cmp(&one.0));
        causes.into_iter().map(|(_, cause)| cause).collect()
    }
}

fn surround(stores: &BTreeMap<u32, (i64, Vec<f64>)>, holidays: &[Holiday]) -> Surroundings {
    let stores = stores.iter().map(|(store, (first, sums))| (*store, (*first, Windows::new(sums, &[]))));
    Surroundings { holidays: Holidays::new(holidays), stores: stores.collect() }
}

/// What all series of each store sold each day.
fn store_sums(input: &Input) -> BTreeMap<u32, (i64, Vec<f64>)> {
    let mut stores: BTreeMap<u32, (i64, Vec<f64>)> = BTreeMap::new();
    for series in &input.series {
        let ends = stores.entry(series.store).or_insert((series.first_day, Vec::new()));
        ends.0 = ends.0.min(series.first_day);
    }
    for series in &input.series {
        let Some((first, sums)) = stores.get_mut(&series.store) else { continue };
        let shift = (series.first_day - *first) as usize;
        if sums.len() < shift + series.values.len() {
            sums.resize(shift + series.values.len(), 0.0);
        }
        for (sum, value) in sums[shift..].iter_mut().zip(&series.values) {
            *sum += value;
        }
    }
    stores
}

/// Examples of all series, each day looked at from a few distances, with the last `cut` horizons left out.
fn gather(
    input: &Input,
    described: &[Described<'_>],
    around: &Surroundings,
    cut: usize,
    options: &Options,
) -> Examples {
    let left = cut * input.horizon;
    let days = |values: &[f64]| values.len().saturating_sub(left).saturating_sub(KNOWN_MIN);
    let total: usize = input.series.iter().map(|series| days(&series.values)).sum();
    let each = (options.rows_max / total.max(1)).clamp(1, DISTANCES_MAX);
    let share = options.rows_max as f64 / total.max(1) as f64;
    let mut examples = Examples { width: WIDTH, ..Examples::default() };
    for (series, described) in input.series.iter().zip(described) {
        let mut random = Random::new(options.seed ^ (series.id as u64).wrapping_mul(0x9E37_79B9));
        let end = series.values.len().saturating_sub(left);
        for target in KNOWN_MIN..end {
            if !random.chance(share) || series.open.get(target) == Some(&false) {
                continue;
            }
            for part in 0..each {
                // Each from its own part of the horizon, so that near and far days are learnt as often.
                let (from, to) = (part * input.horizon / each, (part + 1) * input.horizon / each);
                let distance = from + random.below((to - from).max(1));
                let Some(known) = target.checked_sub(distance).filter(|known| *known >= KNOWN_MIN) else {
                    continue;
                };
                let level = described.level(known);
                if level <= 0.0 {
                    continue;
                }
                described.describe(around, known, target, &mut examples.features);
                examples.targets.push((series.values[target] / level) as f32);
                let age = (end - target) as f64;
                examples.weights.push(0.5_f64.powf(age / HALF_LIFE) as f32);
            }
        }
    }
    examples
}
