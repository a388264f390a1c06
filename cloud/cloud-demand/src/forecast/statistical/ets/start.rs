//! Where a search for a model's parameters starts: states by a decomposition of the history, smoothing by a few guesses.

use super::super::decompose::{self, Seasonality};
use super::Trend;
use super::pass::{ADDED, ALPHA, BETA, FACTORS, GAMMA, LEVEL, NO_SEASON, PHI, SEASON, TREND};

/// How fast level and season may follow; the season's is of what the level leaves over. Between slow and quick lie other tops of the
/// likelihood, so both are tried.
pub(super) const GUESSES: [(f64, f64); 5] =
    [(0.03, 0.05), (0.15, 0.05), (0.5, 0.05), (0.15, 0.4), (0.5, 0.9)];

/// The states before the first day, by the first days without their season (Hyndman et al. 2008, section 2.6.1).
pub(super) struct States {
    level: f64,
    /// Level and trend of the line through the first days.
    line: (f64, f64),
    season: Vec<f64>,
}

impl States {
    /// Estimates the states for a season of `length` days, of which there must be two.
    pub(super) fn new(days: &[f64], length: usize, season: u8) -> Self {
        let (season, bare) = match season {
            ADDED => split(days, length, Seasonality::Added),
            FACTORS => split(days, length, Seasonality::Factors),
            _ => (Vec::new(), days.to_vec()),
        };
        let first = &bare[..bare.len().min(10.max(2 * length))];
        Self { level: first.iter().sum::<f64>() / first.len() as f64, line: line(first), season }
    }

    /// The point of these states, level and season smoothed as guessed.
    pub(super) fn point<const P: usize>(&self, (alpha, gamma): (f64, f64), trend: Trend) -> [f64; P] {
        let mut point = [0.0; P];
        point[ALPHA] = alpha;
        point[PHI] = if trend == Trend::Damped { 0.97 } else { 1.0 };
        point[LEVEL] = self.level;
        if trend != Trend::None {
            point[BETA] = 0.05;
            (point[LEVEL], point[TREND]) = self.line;
        }
        if let Some(free) = self.season.len().checked_sub(1) {
            point[GAMMA] = gamma;
            point[SEASON..SEASON + free].copy_from_slice(&self.season[..free]);
        }
        point
    }
}

/// The season's profile and the history without it.
fn split(days: &[f64], length: usize, sort: Seasonality) -> (Vec<f64>, Vec<f64>) {
    let mut profile = decompose::profile(days, length, sort);
    if sort == Seasonality::Factors {
        // A model cannot start from a day that sells nothing at all.
        profile.iter_mut().for_each(|factor| *factor = factor.max(1e-2));
        let mean = profile.iter().sum::<f64>() / length as f64;
        profile.iter_mut().for_each(|factor| *factor /= mean);
    }
    let bare = decompose::without(days, &profile, sort);
    (profile, bare)
}

/// Level before the first day and gain a day of the straight line through `days`.
fn line(days: &[f64]) -> (f64, f64) {
    let count = days.len() as f64;
    let middle = (count + 1.0) / 2.0;
    let mean = days.iter().sum::<f64>() / count;
    let (mut along, mut across) = (0.0, 0.0);
    for (place, day) in days.iter().enumerate() {
        let at = place as f64 + 1.0 - middle;
        along += at * (day - mean);
        across += at * at;
    }
    let gain = if across > 0.0 { along / across } else { 0.0 };
    (mean - gain * middle, gain)
}

/// How many free parameters a season of `length` days has before the first day.
pub(super) fn free_of(season: u8, length: usize) -> usize {
    if season == NO_SEASON { 0 } else { length - 1 }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_line_is_found_as_it_is() {
        let (level, gain) = line(&[5.0, 7.0, 9.0, 11.0]);
        assert!((level - 3.0).abs() < 1e-12 && (gain - 2.0).abs() < 1e-12);
    }
}
