//! How far off a forecast was. Every figure is scaled by the series itself, so that they can be averaged over series.

use super::{LEVELS, Quantiles};

/// What errors of a series are measured in: how far off the last season again was within the days that were known. `None` where that was
/// never off or there are too few days.
pub fn scale(known: &[f64], season: usize) -> Option<Scale> {
    let season = season.max(1);
    let (mut absolute, mut squared) = (0.0, 0.0);
    for (day, before) in known.iter().skip(season).zip(known) {
        absolute += (day - before).abs();
        squared += (day - before).powi(2);
    }
    let days = known.len().checked_sub(season).filter(|days| *days > 0)? as f64;
    (absolute > 0.0).then(|| Scale { absolute: absolute / days, root_squared: (squared / days).sqrt() })
}

/// See [`scale`].
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Scale {
    /// The mean of the absolute errors.
    pub absolute: f64,
    /// The root of the mean of the squared ones.
    pub root_squared: f64,
}

/// Mean absolute scaled error (Hyndman and Koehler 2006).
pub fn mase(actual: &[f64], forecast: &[f64], scale: &Scale) -> f64 {
    mean_absolute(actual, forecast) / scale.absolute
}

/// Root mean squared scaled error (as in the M5 competition).
pub fn rmsse(actual: &[f64], forecast: &[f64], scale: &Scale) -> f64 {
    mean_squared(actual, forecast).sqrt() / scale.root_squared
}

/// The mean over days and [`LEVELS`] of the scaled quantile loss (Koenker and Bassett 1978).
pub fn pinball(actual: &[f64], forecast: &[Quantiles], scale: &Scale) -> f64 {
    let loss = |actual: f64, (level, quantile): (&f64, &f64)| {
        f64::max(level * (actual - quantile), (level - 1.0) * (actual - quantile))
    };
    let days = actual.iter().zip(forecast);
    let sum: f64 = days
        .map(|(actual, quantiles)| LEVELS.iter().zip(quantiles).map(|one| loss(*actual, one)).sum::<f64>())
        .sum();
    sum / (actual.len() * LEVELS.len()).max(1) as f64 / scale.absolute
}

/// The sum of the first day, of the first two, and so on.
pub(crate) fn running_sums(days: &[f64]) -> Vec<f64> {
    let sums = days.iter().scan(0.0, |sum, day| {
        *sum += day;
        Some(*sum)
    });
    sums.collect()
}

/// The mean of the absolute errors.
pub(crate) fn mean_absolute(actual: &[f64], forecast: &[f64]) -> f64 {
    let sum: f64 = actual.iter().zip(forecast).map(|(actual, forecast)| (actual - forecast).abs()).sum();
    sum / actual.len().max(1) as f64
}

/// The mean of the squared errors.
pub(crate) fn mean_squared(actual: &[f64], forecast: &[f64]) -> f64 {
    let sum: f64 = actual.iter().zip(forecast).map(|(actual, forecast)| (actual - forecast).powi(2)).sum();
    sum / actual.len().max(1) as f64
}

/// Where the middle 80 % lie in [`LEVELS`].
pub const MIDDLE_80: (usize, usize) = (2, 8);

/// How many of the days fell into the 80 % interval, its ends included.
///
/// Where demand is zero on most days the ends lie on zero and hold more than a tenth each, so that the share is far above 80 % however right the
/// forecast is; [`covered_evenly`] is the measure that is 80 % of a right forecast.
pub fn covered(actual: &[f64], forecast: &[Quantiles]) -> f64 {
    let (low, high) = MIDDLE_80;
    let days = actual.iter().zip(forecast);
    days.filter(|(actual, quantiles)| quantiles[low] <= **actual && **actual <= quantiles[high]).count()
        as f64
}

/// How much of the days fell between the probabilities 0.1 and 0.9 of their forecasts, each day counted with the part of its probability that does:
/// the probability integral transform for counts (Czado, Gneiting and Held 2009).
///
/// A day on which nothing was sold, where the forecast gave that 60 %, lay between the probabilities 0 and 0.6: five sixths of it count.
pub fn covered_evenly(actual: &[f64], forecast: &[Quantiles]) -> f64 {
    actual.iter().zip(forecast).map(|(actual, quantiles)| within_middle(*actual, quantiles)).sum()
}

fn within_middle(actual: f64, quantiles: &Quantiles) -> f64 {
    let (low, high) = probabilities(actual, quantiles);
    let (from, to) = (LEVELS[MIDDLE_80.0], LEVELS[MIDDLE_80.1]);
    if high - low < 1e-9 {
        return f64::from(u8::from(from <= low && low <= to));
    }
    (high.min(to) - low.max(from)).max(0.0) / (high - low)
}

/// The probabilities of less than a value, and of at most that value.
fn probabilities(actual: f64, quantiles: &Quantiles) -> (f64, f64) {
    let same = |quantile: f64| (quantile - actual).abs() <= 1e-9 * (1.0 + actual.abs());
    let first = quantiles.iter().position(|quantile| same(*quantile));
    if let Some(first) = first {
        let last = quantiles.iter().rposition(|quantile| same(*quantile)).unwrap_or(first);
        // The mass of one quantile alone is that of a point; several of them hold what lies between them, and at an end all beyond it.
        let low = if first == 0 && last > 0 { 0.0 } else { LEVELS[first] };
        let high = if last + 1 == LEVELS.len() && first < last { 1.0 } else { LEVELS[last] };
        return (low, high);
    }
    let above = quantiles.partition_point(|quantile| *quantile < actual);
    let middle = match (above.checked_sub(1).map(|below| LEVELS[below]), LEVELS.get(above)) {
        (None, _) => 0.0,
        (Some(_), None) => 1.0,
        (Some(below), Some(above)) => (below + above) / 2.0,
    };
    (middle, middle)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_forecast_as_bad_as_the_last_season_scores_one() {
        let known = [1.0, 3.0, 2.0, 4.0];
        let scale = scale(&known, 2).unwrap();
        assert!((mase(&[3.0, 5.0], &[2.0, 4.0], &scale) - 1.0).abs() < 1e-12);
        assert!((rmsse(&[3.0, 5.0], &[2.0, 4.0], &scale) - 1.0).abs() < 1e-12);
        assert_eq!(super::scale(&[2.0; 9], 7), None);
        assert_eq!(super::scale(&[2.0, 3.0], 7), None);
    }

    #[test]
    fn days_that_never_sell_count_as_the_part_that_a_right_forecast_would_have_of_them() {
        let never = [0.0; LEVELS.len()];
        assert!((covered_evenly(&[0.0], &[never]) - 0.8).abs() < 1e-12);
        assert!((covered(&[0.0], &[never]) - 1.0).abs() < 1e-12);
        let mut often = never;
        often[9] = 2.0;
        often[10] = 3.0;
        // Nothing is sold with 90 %: eight ninths of that lie in the middle.
        assert!((covered_evenly(&[0.0], &[often]) - 8.0 / 9.0).abs() < 1e-12);
        assert!(covered_evenly(&[5.0], &[often]).abs() < 1e-12);
    }

    #[test]
    fn the_right_quantiles_lose_least() {
        let scale = Scale { absolute: 1.0, root_squared: 1.0 };
        let actual: Vec<f64> = (0..100).map(f64::from).collect();
        let right: Quantiles = std::array::from_fn(|at| LEVELS[at] * 100.0);
        let off: Quantiles = std::array::from_fn(|at| LEVELS[at] * 100.0 + 8.0);
        let loss = |quantiles: Quantiles| pinball(&actual, &vec![quantiles; 100], &scale);
        assert!(loss(right) < loss(off));
    }
}
