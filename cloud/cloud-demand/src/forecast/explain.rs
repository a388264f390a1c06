//! Why a forecast is what it is, in figures that a manager can check against the shop: level, trend, weekdays, gaps.

use super::statistical::stl;

/// Over how many seasons a season may change from one to the next.
const MEMORY: usize = 11;
/// Seasons that say what the level is now, and what the trend is.
const LEVEL_SEASONS: usize = 2;
const TREND_SEASONS: usize = 8;
/// A trend is told when it is so many times its own standard error, and so large a part of the level in a season.
const SURE: f64 = 2.5;
const WORTH_TELLING: f64 = 0.01;
/// A season is told when it explains so much of what the trend leaves.
const STRONG: f64 = 0.3;
/// Demand comes now and then when this many days or more lie between two days that sell (Syntetos, Boylan and Croston, On the
/// categorization of demand patterns, Journal of the Operational Research Society 56, 2005).
const NOW_AND_THEN: f64 = 1.32;

/// One thing that makes the forecast what it is.
#[derive(Debug, Clone, PartialEq)]
pub enum Reason {
    /// What was sold on a usual day of late.
    Level {
        /// The mean of a day in the last two seasons, as if no day of the season differed from another.
        per_day: f64,
    },
    /// It sells more, or less, from week to week.
    Trend {
        /// What a day gains in seven days, in the unit of the history.
        per_week: f64,
        /// The same as a part of the level; 0.02 is two per cent more a week.
        share: f64,
    },
    /// Some days of the season sell more than others.
    Season {
        /// Which day of the season sells most: 0 is the first day after the history, so the day that `factors` begins with.
        best: usize,
        /// Which sells least.
        worst: usize,
        /// How many times a usual day's demand each day has, from the first day after the history on.
        factors: Vec<f64>,
        /// How much of what the trend leaves the season explains, 0 to 1.
        strength: f64,
    },
    /// It sells now and then.
    Intermittent {
        /// The share of days on which it sold.
        selling_share: f64,
        /// The mean number of days from one that sold to the next.
        mean_gap_days: f64,
    },
    /// It has not sold for longer than its gaps let expect.
    Quiet {
        /// How many days it is since it sold.
        days: usize,
    },
}

/// What the days say about the days to come; the level always, anything else where it is there to see.
///
/// `history` is one number a day, oldest first; `season` the number of days after which the pattern repeats. An empty history says nothing.
pub fn explain(history: &[f64], season: usize) -> Vec<Reason> {
    if history.is_empty() || history.iter().any(|day| !day.is_finite()) {
        return Vec::new();
    }
    let season = season.max(1);
    let largest = history.iter().fold(f64::MIN_POSITIVE, |largest, day| largest.max(day.abs()));
    let scaled: Vec<f64> = history.iter().map(|day| day / largest).collect();
    let parts = (season > 1 && history.len() >= 3 * season).then(|| stl::decompose(&scaled, season, MEMORY));
    let bare: Vec<f64> = match &parts {
        Some(parts) => scaled.iter().zip(&parts.season).map(|(day, part)| day - part).collect(),
        None => scaled.clone(),
    };
    let recent = &bare[bare.len().saturating_sub(LEVEL_SEASONS * season.max(7))..];
    let level = (recent.iter().sum::<f64>() / recent.len() as f64).max(0.0);
    let mut reasons = vec![Reason::Level { per_day: level * largest }];
    let trend_days = &bare[bare.len().saturating_sub(TREND_SEASONS * season.max(7))..];
    reasons.extend(trend(trend_days, level, largest));
    reasons.extend(parts.and_then(|parts| seasonal(&scaled, &parts, season, level)));
    reasons.extend(gaps(history));
    reasons
}

/// The trend of some days without their season, where it is sure and worth telling.
fn trend(days: &[f64], level: f64, unit: f64) -> Option<Reason> {
    let count = days.len() as f64;
    let middle = (count - 1.0) / 2.0;
    let mean = days.iter().sum::<f64>() / count;
    let (mut along, mut across) = (0.0, 0.0);
    for (place, day) in days.iter().enumerate() {
        along += (place as f64 - middle) * (day - mean);
        across += (place as f64 - middle).powi(2);
    }
    let gain = along / across;
    let off = |(place, day): (usize, &f64)| (day - mean - gain * (place as f64 - middle)).powi(2);
    let rest: f64 = days.iter().enumerate().map(off).sum();
    let error = (rest / (count - 2.0) / across).sqrt();
    // A fortnight is the least that a trend can be told from; comparisons with what is no number fail as they should.
    let sure = count >= 14.0 && gain.abs() > SURE * error;
    let per_week = 7.0 * gain;
    let told = sure && level > 0.0 && per_week.abs() >= WORTH_TELLING * level;
    told.then(|| Reason::Trend { per_week: per_week * unit, share: per_week / level })
}

/// The season, where it is strong (Wang, Smith and Hyndman, Characteristic-based clustering for time series data, Data Mining and
/// Knowledge Discovery 13, 2006).
fn seasonal(days: &[f64], parts: &stl::Parts, season: usize, level: f64) -> Option<Reason> {
    let rest: Vec<f64> = days
        .iter()
        .zip(&parts.season)
        .zip(&parts.trend)
        .map(|((day, part), trend)| day - part - trend)
        .collect();
    let with: Vec<f64> = rest.iter().zip(&parts.season).map(|(rest, part)| rest + part).collect();
    let strength = 1.0 - variance(&rest) / variance(&with);
    if !(strength >= STRONG && level > 0.0) {
        return None;
    }
    let factors: Vec<f64> =
        parts.season[days.len() - season..].iter().map(|part| (1.0 + part / level).max(0.0)).collect();
    let place = |better: fn(&f64, &f64) -> bool| {
        (1..season).fold(0, |found, day| if better(&factors[day], &factors[found]) { day } else { found })
    };
    let (best, worst) = (place(|one, other| one > other), place(|one, other| one < other));
    Some(Reason::Season { best, worst, factors, strength })
}

fn variance(values: &[f64]) -> f64 {
    let count = values.len() as f64;
    let mean = values.iter().sum::<f64>() / count;
    values.iter().map(|value| (value - mean).powi(2)).sum::<f64>() / count
}

/// How often it sells, where that is not every day, and how long it has not.
fn gaps(history: &[f64]) -> Vec<Reason> {
    let selling = history.iter().filter(|day| **day > 0.0).count();
    let Some(last) = history.iter().rposition(|day| *day > 0.0) else { return Vec::new() };
    let mut reasons = Vec::new();
    let mean_gap_days = (last + 1) as f64 / selling as f64;
    if mean_gap_days >= NOW_AND_THEN {
        let selling_share = selling as f64 / history.len() as f64;
        reasons.push(Reason::Intermittent { selling_share, mean_gap_days });
    }
    let days = history.len() - 1 - last;
    // Four mean gaps without a sale are one chance in fifty where days sell independently of one another.
    if days >= 7 && days as f64 > 4.0 * mean_gap_days {
        reasons.push(Reason::Quiet { days });
    }
    reasons
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Weekdays around 20 a day, with as much of a gain a day.
    fn weeks(days: usize, gain: f64) -> Vec<f64> {
        let week = [-6.0, -4.0, 0.0, 0.0, 2.0, 10.0, -2.0];
        let wiggle = |day: usize| ((day * 37 % 11) as f64 - 5.0) / 5.0;
        (0..days).map(|day| 20.0 + gain * day as f64 + week[day % 7] + wiggle(day)).collect()
    }

    #[test]
    fn weekdays_are_told_from_the_first_day_to_come() {
        // 86 days end on the second day of a week, so the third comes next.
        let reasons = explain(&weeks(86, 0.0), 7);
        let Some(Reason::Season { best, worst, factors, strength }) =
            reasons.iter().find(|reason| matches!(reason, Reason::Season { .. }))
        else {
            panic!("no season in {reasons:?}");
        };
        assert_eq!((*best, *worst), (3, 5));
        assert!((factors[3] - 1.5).abs() < 0.05 && (factors[5] - 0.7).abs() < 0.05, "{factors:?}");
        assert!(*strength > 0.9);
        assert!(
            matches!(reasons[0], Reason::Level { per_day } if (per_day - 20.0).abs() < 0.5),
            "{reasons:?}"
        );
        assert!(!reasons.iter().any(|reason| matches!(reason, Reason::Trend { .. })), "{reasons:?}");
    }

    #[test]
    fn a_gain_is_told_by_the_week() {
        let reasons = explain(&weeks(140, 0.2), 7);
        let told = reasons.iter().find_map(|reason| match reason {
            Reason::Trend { per_week, share } => Some((*per_week, *share)),
            _ => None,
        });
        let (per_week, share) = told.unwrap();
        assert!((per_week - 1.4).abs() < 0.1 && (share - 1.4 / 47.0).abs() < 0.005, "{per_week} {share}");
    }

    #[test]
    fn what_sells_now_and_then_is_said_to() {
        let mut history: Vec<f64> = (0..60).map(|day| if day % 5 == 4 { 2.0 } else { 0.0 }).collect();
        let intermittent = Reason::Intermittent { selling_share: 0.2, mean_gap_days: 5.0 };
        assert!(explain(&history, 7).contains(&intermittent));
        history.extend([0.0; 30]);
        assert!(explain(&history, 7).contains(&Reason::Quiet { days: 30 }));
    }

    #[test]
    fn little_is_said_about_little() {
        assert_eq!(explain(&[], 7), []);
        assert_eq!(explain(&[3.0], 7), [Reason::Level { per_day: 3.0 }]);
        assert_eq!(explain(&[0.0; 90], 7), [Reason::Level { per_day: 0.0 }]);
        assert_eq!(explain(&[4.0; 90], 7), [Reason::Level { per_day: 4.0 }]);
    }
}
