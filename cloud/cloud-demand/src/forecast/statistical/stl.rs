//! Season and trend by local regression (Cleveland, Cleveland, McRae and Terpenning, STL: A Seasonal-Trend Decomposition Procedure Based
//! on Loess, Journal of Official Statistics 6, 1990), without its weighing of outliers.

/// Passes over season and trend; without weights they settle quickly.
const PASSES: usize = 5;

/// A history taken apart.
#[derive(Debug, Clone)]
pub(in crate::forecast) struct Parts {
    /// What the season adds on each day.
    pub(in crate::forecast) season: Vec<f64>,
    /// The slow movement.
    pub(in crate::forecast) trend: Vec<f64>,
}

/// Takes `days` apart; the season of `length` days changes as a mean over `memory` seasons does. There must be two seasons.
pub(in crate::forecast) fn decompose(days: &[f64], length: usize, memory: usize) -> Parts {
    let count = days.len();
    let of_season = Loess { window: odd(memory as f64), straight: false };
    let of_rest = Loess { window: odd(length as f64 + 1.0), straight: true };
    let of_trend =
        Loess { window: odd(1.5 * length as f64 / (1.0 - 1.5 / of_season.window as f64)), straight: true };
    let (mut season, mut trend, mut rest) = (vec![0.0; count], vec![0.0; count], vec![0.0; count]);
    // One season more on either side, so that the moving averages below lose nothing.
    let mut longer = vec![0.0; count + 2 * length];
    let mut bare = vec![0.0; count];
    for _ in 0..PASSES {
        for place in 0..count {
            bare[place] = days[place] - trend[place];
        }
        same_days(&bare, length, of_season, &mut longer);
        let slow = moving_mean(&moving_mean(&moving_mean(&longer, length), length), 3);
        of_rest.smooth(&slow, &mut rest);
        for place in 0..count {
            season[place] = longer[place + length] - rest[place];
            bare[place] = days[place] - season[place];
        }
        of_trend.smooth(&bare, &mut trend);
    }
    Parts { season, trend }
}

/// The next odd whole number.
fn odd(least: f64) -> usize {
    let whole = least.ceil().max(3.0) as usize;
    whole + usize::from(whole.is_multiple_of(2))
}

/// Smooths the first days of all seasons, then the second ones, and so on, and goes on for one season on either side.
fn same_days(bare: &[f64], length: usize, loess: Loess, longer: &mut [f64]) {
    for slot in 0..length {
        let same: Vec<f64> = bare.iter().skip(slot).step_by(length).copied().collect();
        let mut smooth = vec![0.0; same.len()];
        loess.smooth(&same, &mut smooth);
        let window = loess.window.min(same.len());
        longer[slot] = loess.at(&same, 0.0, 0, window);
        for (season, value) in smooth.iter().enumerate() {
            longer[slot + (season + 1) * length] = *value;
        }
        let after = loess.at(&same, same.len() as f64 + 1.0, same.len() - window, same.len());
        longer[slot + (same.len() + 1) * length] = after;
    }
}

/// The means of each `window` values in turn.
fn moving_mean(values: &[f64], window: usize) -> Vec<f64> {
    values.windows(window).map(|some| some.iter().sum::<f64>() / window as f64).collect()
}

/// Local regression over values that are one step apart.
#[derive(Clone, Copy)]
struct Loess {
    /// How many values count at each place; odd.
    window: usize,
    /// Whether a straight line is fitted, or a mean.
    straight: bool,
}

impl Loess {
    fn smooth(self, values: &[f64], smooth: &mut [f64]) {
        let count = values.len();
        if self.window >= count {
            for (place, value) in smooth.iter_mut().enumerate() {
                *value = self.at(values, place as f64 + 1.0, 0, count);
            }
            return;
        }
        // In the middle the weights are the same at every place, and on both sides, so that a line's slope drops out.
        let half = self.window / 2;
        let kernel = self.kernel();
        for (middle, value) in smooth[half..count - half].iter_mut().enumerate() {
            let near = &values[middle..middle + self.window];
            *value = near.iter().zip(&kernel).map(|(value, weight)| value * weight).sum();
        }
        for place in (0..half).chain(count - half..count) {
            let first = if place < half { 0 } else { count - self.window };
            smooth[place] = self.at(values, place as f64 + 1.0, first, first + self.window);
        }
    }

    /// The weights around a place in the middle.
    fn kernel(self) -> Vec<f64> {
        let half = self.window / 2;
        let weights = (0..self.window).map(|place| weight(place.abs_diff(half) as f64, half as f64));
        let weights: Vec<f64> = weights.collect();
        let sum: f64 = weights.iter().sum();
        weights.iter().map(|weight| weight / sum).collect()
    }

    /// The value at place `at`, counted from 1, by the values from `first` to before `end`.
    fn at(self, values: &[f64], at: f64, first: usize, end: usize) -> f64 {
        let count = values.len();
        let mut reach = (at - (first + 1) as f64).max(end as f64 - at);
        if self.window > count {
            reach += ((self.window - count) / 2) as f64;
        }
        let near = || (first..end).map(|place| (place, weight(((place + 1) as f64 - at).abs(), reach)));
        let (mut sum, mut middle, mut mean) = (0.0, 0.0, 0.0);
        for (place, weight) in near() {
            sum += weight;
            middle += weight * (place + 1) as f64;
            mean += weight * values[place];
        }
        (middle, mean) = (middle / sum, mean / sum);
        if !self.straight {
            return mean;
        }
        let (mut along, mut across) = (0.0, 0.0);
        for (place, weight) in near() {
            let off = (place + 1) as f64 - middle;
            across += weight / sum * off * off;
            along += weight / sum * off * values[place];
        }
        // All the weight at one place has no slope.
        if across.sqrt() > 0.001 * (count as f64 - 1.0) {
            mean + (at - middle) * along / across
        } else {
            mean
        }
    }
}

/// The weight of what is `away` from the place, of the `reach` that counts (tricube).
fn weight(away: f64, reach: f64) -> f64 {
    if away > 0.999 * reach {
        // Where only the place itself is in reach, it counts.
        return f64::from(u8::from(away <= 0.0));
    }
    if away <= 0.001 * reach {
        return 1.0;
    }
    let part = away / reach;
    let rest = 1.0 - part * part * part;
    rest * rest * rest
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn season_and_trend_are_told_apart() {
        let week = [-3.0, 1.0, 0.0, 2.0, -1.0, 4.0, -3.0];
        let days: Vec<f64> =
            (0..84).map(|day| 20.0 + 0.5 * f64::from(day) + week[day as usize % 7]).collect();
        let parts = decompose(&days, 7, 11);
        for (day, value) in days.iter().enumerate() {
            assert!((parts.season[day] - week[day % 7]).abs() < 0.05, "day {day}: {}", parts.season[day]);
            assert!((parts.season[day] + parts.trend[day] - value).abs() < 0.1, "day {day}");
        }
    }

    #[test]
    fn the_shortest_history_is_taken_apart() {
        let parts = decompose(&[1.0, 2.0, 3.0, 1.0, 2.0, 3.0], 3, 11);
        assert!(parts.season.iter().chain(&parts.trend).all(|part| part.is_finite()));
    }
}
