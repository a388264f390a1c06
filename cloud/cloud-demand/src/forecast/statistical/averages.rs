//! Means and medians of the past: hard to beat where there is little to go by.

use super::super::Points;
use super::{Statistical, Unfit};

/// The recent past, in seasons.
const RECENT_SEASONS: usize = 4;
/// The same for the median of all days, which needs fewer.
const LAST_SEASONS: usize = 2;

/// The mean of all days.
pub(super) fn historic(history: &[f64], horizon: usize) -> Points {
    let mut within = Vec::with_capacity(history.len());
    let (mut sum, mut count) = (0.0, 0.0_f64);
    for day in history {
        within.push(sum / count);
        count += 1.0;
        sum += day;
    }
    Points { ahead: vec![(sum / count.max(1.0)).clamp(0.0, f64::MAX); horizon], within }
}

/// The mean of the last four seasons.
pub(super) fn window(history: &[f64], season: usize, horizon: usize) -> Result<Points, Unfit> {
    let mean = |days: &mut [f64]| days.iter().map(|day| day / days.len() as f64).sum();
    recent(Statistical::WindowAverage, history, (season.max(7) * RECENT_SEASONS, 1), horizon, mean)
}

/// The median of the last two seasons.
pub(super) fn window_median(history: &[f64], season: usize, horizon: usize) -> Result<Points, Unfit> {
    recent(Statistical::WindowMedian, history, (season.max(7) * LAST_SEASONS, 1), horizon, median)
}

/// The mean of the same day of the last four seasons.
pub(super) fn seasonal(history: &[f64], season: usize, horizon: usize) -> Result<Points, Unfit> {
    let mean = |days: &mut [f64]| days.iter().map(|day| day / days.len() as f64).sum();
    recent(Statistical::SeasonalAverage, history, (RECENT_SEASONS, season.max(1)), horizon, mean)
}

/// The median of the same day of the last four seasons.
pub(super) fn seasonal_median(history: &[f64], season: usize, horizon: usize) -> Result<Points, Unfit> {
    recent(Statistical::SeasonalMedian, history, (RECENT_SEASONS, season.max(1)), horizon, median)
}

/// Expects of each day what `middle` makes of so many days before it that are `apart` from one another and from it; days to come look
/// back from the last season that is known.
fn recent(
    method: Statistical,
    history: &[f64],
    (count, apart): (usize, usize),
    horizon: usize,
    middle: impl Fn(&mut [f64]) -> f64,
) -> Result<Points, Unfit> {
    let (days, needed) = (history.len(), count * apart);
    if days < needed {
        return Err(Unfit::TooShort { method: method.as_str(), days, needed });
    }
    let mut some = vec![0.0; count];
    let mut before = |day: usize| {
        for (back, value) in some.iter_mut().enumerate() {
            *value = history[day - (back + 1) * apart];
        }
        middle(&mut some)
    };
    let within = (0..days).map(|day| if day < needed { f64::NAN } else { before(day) }).collect();
    let season: Vec<f64> = (0..apart).map(|step| before(days + step).clamp(0.0, f64::MAX)).collect();
    Ok(Points { ahead: season.into_iter().cycle().take(horizon).collect(), within })
}

/// The middle one of some days, or the mean of the two middle ones.
fn median(days: &mut [f64]) -> f64 {
    days.sort_by(f64::total_cmp);
    f64::midpoint(days[(days.len() - 1) / 2], days[days.len() / 2])
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_same_days_of_four_weeks_are_averaged() {
        let history: Vec<f64> = (0..35).map(|day| f64::from(day % 7 + day / 7)).collect();
        let points = seasonal(&history, 7, 8).unwrap();
        assert_eq!(points.ahead, [2.5, 3.5, 4.5, 5.5, 6.5, 7.5, 8.5, 2.5]);
        assert_eq!(points.within[28..], [1.5, 2.5, 3.5, 4.5, 5.5, 6.5, 7.5]);
    }

    #[test]
    fn one_busy_day_moves_no_median() {
        let mut history = vec![3.0; 28];
        history[21] = 90.0;
        assert_eq!(window_median(&history, 7, 2).unwrap().ahead, [3.0, 3.0]);
        assert_eq!(seasonal_median(&history, 7, 8).unwrap().ahead, [3.0; 8]);
    }

    #[test]
    fn the_last_four_weeks_are_averaged() {
        let mut history = vec![100.0; 3];
        history.extend(vec![2.0; 28]);
        let points = window(&history, 7, 2).unwrap();
        assert!(points.ahead.iter().all(|day| (day - 2.0).abs() < 1e-12));
        assert_eq!(points.within.len(), 31);
        assert!(points.within[28] > 2.0);
    }
}
