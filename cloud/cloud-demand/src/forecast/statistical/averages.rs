//! Means of the past: hard to beat where there is little to go by.

use super::super::Points;
use super::{Statistical, Unfit};

/// The recent past, in seasons.
const RECENT_SEASONS: usize = 4;

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
    let length = season.max(7) * RECENT_SEASONS;
    if history.len() < length {
        return Err(too_short(Statistical::WindowAverage, history.len(), length));
    }
    let mean = |days: &[f64]| days.iter().map(|day| day / length as f64).sum::<f64>();
    let unknown = std::iter::repeat_n(f64::NAN, length);
    let within = unknown.chain(history.windows(length).map(mean)).take(history.len()).collect();
    let expected = mean(&history[history.len() - length..]).clamp(0.0, f64::MAX);
    Ok(Points { ahead: vec![expected; horizon], within })
}

/// The mean of the same day of the last four seasons.
pub(super) fn seasonal(history: &[f64], season: usize, horizon: usize) -> Result<Points, Unfit> {
    let season = season.max(1);
    let length = season * RECENT_SEASONS;
    if history.len() < length {
        return Err(too_short(Statistical::SeasonalAverage, history.len(), length));
    }
    let mean = |end: usize| {
        let same = (1..=RECENT_SEASONS).map(|back| history[end - back * season] / RECENT_SEASONS as f64);
        same.sum::<f64>()
    };
    let unknown = std::iter::repeat_n(f64::NAN, length);
    let within = unknown.chain((length..history.len()).map(mean)).collect();
    let ahead = (0..horizon).map(|step| mean(history.len() + step % season).clamp(0.0, f64::MAX)).collect();
    Ok(Points { ahead, within })
}

fn too_short(method: Statistical, days: usize, needed: usize) -> Unfit {
    Unfit::TooShort { method: method.as_str(), days, needed }
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
    fn the_last_four_weeks_are_averaged() {
        let mut history = vec![100.0; 3];
        history.extend(vec![2.0; 28]);
        let points = window(&history, 7, 2).unwrap();
        assert!(points.ahead.iter().all(|day| (day - 2.0).abs() < 1e-12));
        assert_eq!(points.within.len(), 31);
        assert!(points.within[28] > 2.0);
    }
}
