//! How sure a forecast is: by how far off it was before, on days that it did not know (conformal prediction; Vovk, Gammerman and Shafer 2005).
//!
//! Errors are scaled by what is expected of a day, so that a quiet Tuesday says something about a busy Sunday. A series' own errors are few, so
//! they are read together with those of series of its kind, scaled to its own spread.

use super::bytes::{Reader, Writer};
use super::choose::{KINDS, kind};
use super::score;
use super::trained::BadModel;
use super::{Forecast, LEVELS, Quantiles};

/// How many days a week of the horizon has, by which spread is told.
const WEEK: usize = 7;

/// How many weeks ahead are told apart.
const WEEKS: usize = 13;

/// By how many points the errors of others are kept.
pub(crate) const GRID: usize = 99;

/// Where a stretch of days begins that share their cumulative errors: 1 day, 2, 3, 4 to 5, and so on.
const STRETCHES: [usize; 10] = [1, 2, 3, 4, 6, 8, 11, 15, 29, 57];

/// How many errors of its own a series needs for its spread to count as much as that of others.
const OWN_SPREAD: f64 = 14.0;

/// How many errors of its own a series needs for the shape of its errors to count as much as that of others.
const OWN_SHAPE: f64 = 60.0;

/// How much less an attempt counts than the one after it.
const FADING: f64 = 0.85;

/// How much the unit of errors follows what is expected of the day, and not what is usual.
const FOLLOWS_DAY: f64 = 0.4;

/// What was forecast of one horizon, and what came true of it.
#[derive(Debug, Clone, PartialEq)]
pub(crate) struct Tried {
    /// The median of each day.
    pub(crate) median: Vec<f64>,
    /// The mean of each day.
    pub(crate) mean: Vec<f64>,
    /// What came true; empty for the days to come.
    pub(crate) actual: Vec<f64>,
    /// Whether the shop is open; on other days nothing is demanded, and that is no achievement.
    pub(crate) open: Vec<bool>,
    /// How much is usually sold a day.
    pub(crate) level: f64,
    /// The least that is sold on a day on which anything is.
    pub(crate) least: f64,
    /// On which share of days nothing is sold.
    pub(crate) zero_share: f64,
}

impl Tried {
    /// In what the error of a day is measured: more is expected, more may be wrong, though not in proportion.
    fn unit(&self, step: usize) -> f64 {
        let expected = self.mean[step].max(self.median[step]).max(0.0);
        let level = self.level.max(1e-9);
        (0.1 * level + 0.9 * expected).powf(FOLLOWS_DAY) * level.powf(1.0 - FOLLOWS_DAY)
    }

    /// The same, and nothing on a day on which nothing can be demanded.
    fn unit_if_open(&self, step: usize) -> f64 {
        if self.open[step] { self.unit(step) } else { 0.0 }
    }

    /// What can be demanded nearest to a number: nothing, or at least the least.
    fn possible(&self, demand: f64) -> f64 {
        if demand < self.least / 2.0 { 0.0 } else { demand.max(self.least) }
    }

    /// The scaled errors of its open days, by how far ahead they are.
    fn errors(&self) -> impl Iterator<Item = (usize, f64)> + '_ {
        let days = self.actual.iter().zip(&self.median).enumerate().filter(|(step, _)| self.open[*step]);
        days.map(|(step, (actual, median))| (step, (actual - median) / self.unit(step)))
    }

    /// The scaled errors of the sums of its first days, by how many days.
    fn summed_errors(&self) -> impl Iterator<Item = f64> + '_ {
        let (mut error, mut squares) = (0.0, 0.0);
        self.actual.iter().enumerate().map(move |(step, actual)| {
            error += actual - self.mean[step];
            squares += self.unit_if_open(step).powi(2);
            if squares > 0.0 { error / squares.sqrt() } else { 0.0 }
        })
    }
}

/// How far off forecasts of many series were, by kind.
#[derive(Debug, Clone, PartialEq)]
pub(crate) struct Pool {
    /// By kind: the mean absolute scaled error; NaN where nothing is known of the kind.
    pub(crate) spread: [f64; KINDS],
    /// By week ahead: how much larger errors are than on average.
    pub(crate) growth: [f64; WEEKS],
    /// By kind: errors in parts of the series' own spread, from small to large; empty where nothing is known.
    pub(crate) shape: [Vec<f64>; KINDS],
    /// By kind and stretch: errors of sums, in the same parts; empty where nothing is known.
    pub(crate) sums: [[Vec<f64>; STRETCHES.len()]; KINDS],
    /// By kind: by how much errors are larger than earlier ones made expect.
    pub(crate) widening: [f64; KINDS],
    /// The same of sums, whose days are wrong together.
    pub(crate) widening_of_sums: f64,
}

/// What widening is chosen from.
const WIDENINGS: [f64; 7] = [0.8, 1.0, 1.2, 1.5, 1.9, 2.4, 3.0];

/// What the 80 % interval is to hold.
const WANTED: f64 = 0.8;

impl Default for Pool {
    fn default() -> Self {
        Self {
            spread: [f64::NAN; KINDS],
            growth: [1.0; WEEKS],
            shape: Default::default(),
            sums: Default::default(),
            widening: [1.0; KINDS],
            widening_of_sums: 1.0,
        }
    }
}

impl Pool {
    /// Learns from what was tried of many series, each from the latest time to the earliest.
    pub(crate) fn learn(series: &[Vec<Tried>]) -> Self {
        let series: Vec<&[Tried]> = series.iter().map(Vec::as_slice).collect();
        let mut pool = Self::learn_errors(&series);
        pool.learn_widening(&series);
        pool
    }

    /// Tries the calibration itself on the past. All series have the same holidays and the same weather, so the errors of a few times are
    /// fewer than they look, and what comes next is wider than they say.
    fn learn_widening(&mut self, series: &[&[Tried]]) {
        let times = series.iter().map(|tried| tried.len()).max().unwrap_or(0);
        let mut held = [[(0.0, 0.0); WIDENINGS.len()]; KINDS];
        let mut held_of_sums = [(0.0, 0.0); WIDENINGS.len()];
        for time in 0..times / 2 {
            let both: Vec<(&Tried, &[Tried])> =
                series.iter().filter_map(|tried| Some((tried.get(time)?, tried.get(time + 1..)?))).collect();
            let earlier: Vec<&[Tried]> = both.iter().map(|(_, earlier)| *earlier).collect();
            let mut pool = Self::learn_errors(&earlier);
            for (at, widening) in WIDENINGS.into_iter().enumerate() {
                pool.widening = [widening; KINDS];
                pool.widening_of_sums = widening;
                for (tried, earlier) in &both {
                    let forecast = pool.calibrate(tried, earlier);
                    let days = tried.actual.len() as f64;
                    let one = &mut held[kind(tried.zero_share)][at];
                    one.0 += score::covered_evenly(&tried.actual, &forecast.daily);
                    one.1 += days;
                    let sums = score::running_sums(&tried.actual);
                    held_of_sums[at].0 += score::covered_evenly(&sums, &forecast.cumulative);
                    held_of_sums[at].1 += days;
                }
            }
        }
        self.widening = held.map(wide_enough);
        self.widening_of_sums = wide_enough(held_of_sums);
    }

    fn learn_errors(series: &[&[Tried]]) -> Self {
        let mut pool = Self::default();
        pool.learn_growth(series);
        let mut absolute: [(f64, f64); KINDS] = Default::default();
        for tried in series.iter().copied().flatten() {
            let (sum, count) = &mut absolute[kind(tried.zero_share)];
            *sum += tried.errors().map(|(_, error)| error.abs()).sum::<f64>();
            *count += tried.errors().count() as f64;
        }
        for (spread, (sum, count)) in pool.spread.iter_mut().zip(absolute) {
            *spread = if count > 0.0 { sum / count } else { f64::NAN };
        }
        let mut shape: [Vec<f64>; KINDS] = Default::default();
        let mut sums: [[Vec<f64>; STRETCHES.len()]; KINDS] = Default::default();
        for all in series {
            for (left_out, tried) in all.iter().enumerate() {
                // The spread by the other times: its own days would make their errors look smaller than they are to come.
                let others = all.iter().enumerate().filter(|(at, _)| *at != left_out).map(|(_, other)| other);
                let kind = kind(tried.zero_share);
                let spread = pool.spread_of(kind, others);
                if spread <= 0.0 {
                    continue;
                }
                shape[kind].extend(tried.errors().map(|(step, error)| error / spread / pool.growth_at(step)));
                for (step, error) in tried.summed_errors().enumerate() {
                    sums[kind][stretch(step)].push(error / spread);
                }
            }
        }
        pool.shape = shape.map(to_grid);
        pool.sums = sums.map(|kind| kind.map(to_grid));
        pool
    }

    pub(crate) fn write(&self, writer: &mut Writer) {
        let numbers = self.spread.iter().chain(&self.growth).chain(&self.widening);
        numbers.for_each(|value| writer.f64(*value));
        writer.f64(self.widening_of_sums);
        self.shape.iter().chain(self.sums.iter().flatten()).for_each(|grid| writer.f64s(grid));
    }

    pub(crate) fn read(reader: &mut Reader<'_>) -> Result<Self, BadModel> {
        let mut pool = Self::default();
        for value in pool.spread.iter_mut().chain(&mut pool.growth).chain(&mut pool.widening) {
            *value = reader.f64()?;
        }
        pool.widening_of_sums = reader.f64()?;
        for grid in pool.shape.iter_mut().chain(pool.sums.iter_mut().flatten()) {
            *grid = reader.f64s()?;
        }
        Ok(pool)
    }

    fn learn_growth(&mut self, series: &[&[Tried]]) {
        let mut weeks = [(0.0, 0.0); WEEKS];
        for tried in series.iter().copied().flatten() {
            for (step, error) in tried.errors() {
                let week = &mut weeks[(step / WEEK).min(WEEKS - 1)];
                week.0 += error.abs();
                week.1 += 1.0;
            }
        }
        let (sum, count) = weeks.iter().fold((0.0, 0.0), |all, week| (all.0 + week.0, all.1 + week.1));
        let mean: f64 = sum / f64::max(count, 1.0);
        let mut before = 0.0;
        for (growth, (sum, count)) in self.growth.iter_mut().zip(weeks) {
            // A later day is not surer than an earlier one; a week nobody tried is as the one before it.
            let seen = if count > 0.0 && mean > 0.0 { sum / count / mean } else { 0.0 };
            *growth = f64::max(seen, before);
            before = *growth;
            if *growth <= 0.0 {
                *growth = 1.0;
            }
        }
    }

    fn growth_at(&self, step: usize) -> f64 {
        self.growth[(step / WEEK).min(WEEKS - 1)]
    }

    /// How far off a series is by its own tries, newest first, and those of others of its kind.
    fn spread_of<'a>(&self, kind: usize, own: impl Iterator<Item = &'a Tried>) -> f64 {
        let (mut sum, mut count) = (0.0, 0.0);
        for (age, tried) in own.enumerate() {
            let weight = FADING.powi(age as i32);
            for (step, error) in tried.errors() {
                sum += weight * error.abs() / self.growth_at(step);
                count += weight;
            }
        }
        let others = self.spread_of_others(kind);
        let few = OWN_SPREAD;
        if others.is_finite() { (sum + few * others) / (count + few) } else { sum / f64::max(count, 1.0) }
    }

    /// The spread of a kind, or of the nearest kind of which anything is known.
    fn spread_of_others(&self, kind: usize) -> f64 {
        nearest(kind, |near| Some(self.spread[near]).filter(|spread| spread.is_finite())).unwrap_or(f64::NAN)
    }

    /// Says how sure a forecast is by how far off the same series' `past` was, newest first.
    pub(crate) fn calibrate(&self, now: &Tried, past: &[Tried]) -> Forecast {
        let kind = kind(now.zero_share);
        let spread = self.spread_of(kind, past.iter());
        let mut errors: Vec<(f64, f64)> = Vec::new();
        if spread > 0.0 {
            for (age, tried) in past.iter().enumerate() {
                let weight = FADING.powi(age as i32);
                errors.extend(
                    tried.errors().map(|(step, error)| (error / spread / self.growth_at(step), weight)),
                );
            }
        }
        let others = nearest(kind, |near| Some(&self.shape[near]).filter(|shape| !shape.is_empty()));
        if let Some(others) = others {
            errors.extend(others.iter().map(|error| (*error, OWN_SHAPE / GRID as f64)));
        }
        let shape = weighted_quantiles(errors);
        let daily: Vec<Quantiles> = (0..now.median.len())
            .map(|step| {
                if !now.open[step] {
                    return [0.0; LEVELS.len()];
                }
                let unit = now.unit(step) * spread * self.growth_at(step) * self.widening[kind];
                shape.map(|error| now.possible(now.median[step] + unit * error))
            })
            .collect();
        let mut forecast = Forecast { mean: now.mean.clone(), daily, cumulative: Vec::new() };
        forecast.cumulative = self.cumulative(now, kind, spread, &forecast.daily);
        forecast
    }

    fn cumulative(&self, now: &Tried, kind: usize, spread: f64, daily: &[Quantiles]) -> Vec<Quantiles> {
        let (mut sum, mut squares) = (0.0, 0.0);
        let mut before: Quantiles = [0.0; LEVELS.len()];
        let mut cumulative = Vec::with_capacity(daily.len());
        for (step, quantiles) in daily.iter().enumerate() {
            sum += now.mean[step];
            squares += now.unit_if_open(step).powi(2);
            let grids = |near: usize| Some(&self.sums[near][stretch(step)]).filter(|grid| !grid.is_empty());
            let errors = match nearest(kind, grids) {
                Some(grid) => weighted_quantiles(grid.iter().map(|error| (*error, 1.0)).collect()),
                // Nothing was tried: the days are taken to err alike, which is the widest they can be together.
                None => std::array::from_fn(|at| {
                    (quantiles[at] - now.mean[step]) / unit_or_one(now.unit(step) * spread)
                }),
            };
            let whole: Quantiles = std::array::from_fn(|at| {
                let wanted = if step == 0 {
                    quantiles[at]
                } else {
                    sum + squares.sqrt() * spread * self.widening_of_sums * errors[at]
                };
                // A sum of more days is never less.
                wanted.max(before[at])
            });
            before = whole;
            cumulative.push(whole);
        }
        cumulative
    }
}

/// The widening with which the interval held what it should.
fn wide_enough(held: [(f64, f64); WIDENINGS.len()]) -> f64 {
    let share = |at: usize| held[at].0 / held[at].1;
    // Nothing was held where nothing was tried: what is not known is left as it is.
    if !(held[0].1 > 0.0) {
        return 1.0;
    }
    let Some(at) = (0..held.len()).find(|at| share(*at) >= WANTED) else { return WIDENINGS[held.len() - 1] };
    let Some(before) = at.checked_sub(1) else { return WIDENINGS[0] };
    let part = (WANTED - share(before)) / (share(at) - share(before));
    WIDENINGS[before] + part * (WIDENINGS[at] - WIDENINGS[before])
}

fn unit_or_one(unit: f64) -> f64 {
    if unit > 0.0 { unit } else { 1.0 }
}

/// Which stretch the sum of the days up to `step` belongs to.
fn stretch(step: usize) -> usize {
    STRETCHES.partition_point(|from| *from <= step + 1) - 1
}

/// What is known of a kind, or else of the kind nearest to it.
fn nearest<T>(kind: usize, known: impl Fn(usize) -> Option<T>) -> Option<T> {
    let mut kinds: Vec<usize> = (0..KINDS).collect();
    kinds.sort_by_key(|other| other.abs_diff(kind));
    kinds.into_iter().find_map(known)
}

/// Many errors as [`GRID`] of them, evenly chosen.
fn to_grid(mut errors: Vec<f64>) -> Vec<f64> {
    if errors.len() <= GRID {
        errors.sort_by(f64::total_cmp);
        return errors;
    }
    errors.sort_by(f64::total_cmp);
    let last = (errors.len() - 1) as f64;
    (0..GRID).map(|at| errors[((at as f64 + 0.5) / GRID as f64 * last).round() as usize]).collect()
}

/// The quantiles at [`LEVELS`] of weighted values, between two of them by their distance; zeros where there are none.
pub(crate) fn weighted_quantiles(mut values: Vec<(f64, f64)>) -> Quantiles {
    values.sort_by(|one, other| one.0.total_cmp(&other.0));
    let total: f64 = values.iter().map(|(_, weight)| weight).sum();
    let mut quantiles = [0.0; LEVELS.len()];
    let Some(first) = values.first() else { return quantiles };
    let (mut at, mut below) = (0, 0.0);
    // Each value stands in the middle of its weight.
    let mut before = (first.0, 0.0);
    for (quantile, level) in quantiles.iter_mut().zip(LEVELS) {
        let wanted = level * total;
        while at < values.len() && below + values[at].1 / 2.0 < wanted {
            before = (values[at].0, below + values[at].1 / 2.0);
            below += values[at].1;
            at += 1;
        }
        *quantile = match values.get(at) {
            None => before.0,
            Some((value, weight)) => {
                let reached = below + weight / 2.0;
                let part = if reached > before.1 { (wanted - before.1) / (reached - before.1) } else { 1.0 };
                before.0 + (value - before.0) * part.clamp(0.0, 1.0)
            }
        };
    }
    // Rounding may put one a hair below the one before it.
    for at in 1..quantiles.len() {
        quantiles[at] = quantiles[at].max(quantiles[at - 1]);
    }
    quantiles
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn quantiles_of_even_values_are_their_levels() {
        let values = (0..1_000).map(|value| (f64::from(value) + 0.5, 1.0)).collect();
        for (quantile, level) in weighted_quantiles(values).iter().zip(LEVELS) {
            assert!((quantile - level * 1_000.0).abs() < 1e-6, "{level}: {quantile}");
        }
    }

    #[test]
    fn stretches_share_their_days() {
        assert_eq!([0, 1, 2, 3, 4, 5, 13, 14, 27, 28, 89].map(stretch), [0, 1, 2, 3, 3, 4, 6, 7, 7, 8, 9]);
    }
}
