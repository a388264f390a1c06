//! The Theta method and its optimised and dynamic kin, the best of the four chosen.
//!
//! Standard and optimised, each static and dynamic (Fiorucci, Pellegrini, Louzada, Petropoulos and Koehler, Models for optimising the
//! theta method and their relationship to state space models, International Journal of Forecasting 32, 2016). A season that shows in the
//! autocorrelation is taken out before and put back after (Assimakopoulos and Nikolopoulos 2000).
//!
//! Once the smoothing `alpha` is fixed, an error is a straight function of all that is left: the level before the first day, and
//! `share = 1 - 1/theta`, how much of the line is taken in. So the search is along `alpha` alone, and of each `alpha` the best level and
//! share follow by least squares; several are tried in one walk.

use super::super::Points;
use super::decompose::{self, Seasonality};
use super::{Statistical, Unfit};

/// Days that a model with a season or without one needs.
const LEAST_DAYS: usize = 5;
/// Days in the beginning whose errors say little and do not count.
const WARM_UP: usize = 3;
/// The bounds of the smoothing.
const ALPHAS: (f64, f64) = (0.1, 0.99);
/// How many smoothings are tried in one walk.
const TRIED: usize = 8;
/// How often the search looks closer.
const ROUNDS: usize = 4;

/// Forecasts by the best of the four models.
pub(super) fn forecast(history: &[f64], season: usize, horizon: usize) -> Result<Points, Unfit> {
    let days = history.len();
    if days < LEAST_DAYS {
        return Err(Unfit::TooShort { method: Statistical::Theta.as_str(), days, needed: LEAST_DAYS });
    }
    let largest = history.iter().fold(0.0_f64, |largest, day| largest.max(day.abs())).max(f64::MIN_POSITIVE);
    let scaled: Vec<f64> = history.iter().map(|day| day / largest).collect();
    let Some((profile, sort)) = seasonal(&scaled, season) else {
        return Ok(fit(&scaled).points(&scaled, horizon, |_, mean| mean * largest));
    };
    let bare = decompose::without(&scaled, &profile, sort);
    Ok(fit(&bare).points(&bare, horizon, |day, mean| match sort {
        Seasonality::Added => (mean + profile[day % season]) * largest,
        Seasonality::Factors => mean * profile[day % season] * largest,
    }))
}

/// The season's profile, where the days have one: as factors where that can be, else added.
fn seasonal(days: &[f64], season: usize) -> Option<(Vec<f64>, Seasonality)> {
    if season < 4 || days.len() < 2 * season || !repeats(days, season) {
        return None;
    }
    if days.iter().all(|day| *day > 0.0) {
        let factors = decompose::profile(days, season, Seasonality::Factors);
        if factors.iter().all(|factor| *factor >= 0.01) {
            return Some((factors, Seasonality::Factors));
        }
    }
    Some((decompose::profile(days, season, Seasonality::Added), Seasonality::Added))
}

/// Whether days a season apart are more alike than chance makes them in 9 of 10 histories.
fn repeats(days: &[f64], season: usize) -> bool {
    let mean = days.iter().sum::<f64>() / days.len() as f64;
    let variance: f64 = days.iter().map(|day| (day - mean).powi(2)).sum();
    if variance <= 0.0 {
        return false;
    }
    let alike = |lag: usize| -> f64 {
        let pairs = days.iter().zip(&days[lag..]);
        pairs.map(|(day, later)| (day - mean) * (later - mean)).sum::<f64>() / variance
    };
    let before: f64 = (1..season).map(|lag| alike(lag).powi(2)).sum();
    let chance = ((1.0 + 2.0 * before) / days.len() as f64).sqrt();
    alike(season).abs() > 1.645 * chance
}

/// A fitted model.
#[derive(Clone, Copy, Debug)]
struct Model {
    alpha: f64,
    /// The level before the first day.
    level: f64,
    /// How much of the line is taken in: 1 - 1/theta.
    share: f64,
    /// Whether the line is drawn anew each day through the days until then.
    dynamic: bool,
    squares: f64,
}

/// The straight line through some first days.
#[derive(Clone, Copy)]
struct Line {
    mean: f64,
    at_zero: f64,
    gain: f64,
}

impl Line {
    /// The line through all of `days` (least squares).
    fn through(days: &[f64]) -> Self {
        let count = days.len() as f64;
        let mean = days.iter().sum::<f64>() / count;
        let weighted: f64 = days.iter().enumerate().map(|(place, day)| (place as f64 + 1.0) * day).sum();
        let gain = 6.0 / (count * count - 1.0) * (2.0 * weighted / count - (count + 1.0) * mean);
        Self { mean, at_zero: mean - gain * (count + 1.0) / 2.0, gain }
    }

    /// The line through the first day alone.
    fn first(day: f64) -> Self {
        Self { mean: day, at_zero: day, gain: 0.0 }
    }

    /// The same with one day more, of which there were `before`.
    fn take(&mut self, day: f64, before: f64) {
        self.gain = ((before - 1.0) * self.gain + 6.0 * (day - self.mean) / (before + 1.0)) / (before + 2.0);
        self.mean += (day - self.mean) / (before + 1.0);
        self.at_zero = self.mean - self.gain * (before + 2.0) / 2.0;
    }

    /// What the line adds to the smoothed level, of which `left` is (1 - alpha)^day.
    fn adds(self, left: f64, alpha: f64) -> f64 {
        self.at_zero * left + self.gain * (1.0 - (1.0 - alpha) * left) / alpha
    }
}

/// The best of the four models.
fn fit(days: &[f64]) -> Model {
    let mut best: Option<Model> = None;
    for dynamic in [false, true] {
        // The standard share is found on the way of the optimised one; each has its own best smoothing.
        for optimised in [false, true] {
            let model = search(days, dynamic, optimised);
            if best.is_none_or(|best| model.squares < best.squares) {
                best = Some(model);
            }
        }
    }
    best.expect("four models were fitted")
}

/// The best smoothing, by looking closer where the last look was best.
fn search(days: &[f64], dynamic: bool, optimised: bool) -> Model {
    let (mut low, mut high) = ALPHAS;
    let mut best: Option<Model> = None;
    for _ in 0..ROUNDS {
        let gap = (high - low) / (TRIED - 1) as f64;
        let alphas: [f64; TRIED] = std::array::from_fn(|place| low + gap * place as f64);
        let sums = walk(days, &alphas, dynamic);
        for (alpha, sums) in alphas.iter().zip(&sums) {
            let (level, share, squares) = sums.solve(optimised);
            if best.is_none_or(|best| squares < best.squares) {
                best = Some(Model { alpha: *alpha, level, share, dynamic, squares });
            }
        }
        let centre = best.map_or(low, |best| best.alpha);
        (low, high) = ((centre - gap).max(ALPHAS.0), (centre + gap).min(ALPHAS.1));
    }
    best.expect("the first round tried some")
}

/// Sums of products of: the error without level and line, the level's part, and the line's part.
#[derive(Clone, Copy, Default)]
struct Products {
    errors: f64,
    level_errors: f64,
    line_errors: f64,
    levels: f64,
    level_lines: f64,
    lines: f64,
}

/// Adds up the errors of each of `alphas` in one walk.
fn walk(days: &[f64], alphas: &[f64; TRIED], dynamic: bool) -> [Products; TRIED] {
    let mut line = if dynamic { Line::first(days[0]) } else { Line::through(days) };
    let mut smoothed = alphas.map(|alpha| alpha * days[0]);
    let mut left = alphas.map(|alpha| 1.0 - alpha);
    let inverse = alphas.map(|alpha| 1.0 / alpha);
    let [mut errors, mut level_errors, mut line_errors] = [[0.0; TRIED]; 3];
    let [mut levels, mut level_lines, mut lines] = [[0.0; TRIED]; 3];
    for (place, day) in days.iter().enumerate().skip(1) {
        let counts = f64::from(u8::from(place >= WARM_UP));
        for one in 0..TRIED {
            let keep = 1.0 - alphas[one];
            let adds = line.at_zero * left[one] + line.gain * (1.0 - keep * left[one]) * inverse[one];
            let error = day - smoothed[one];
            let (counted, counted_left) = (error * counts, left[one] * counts);
            errors[one] += counted * error;
            level_errors[one] += counted * left[one];
            line_errors[one] += counted * adds;
            levels[one] += counted_left * left[one];
            level_lines[one] += counted_left * adds;
            lines[one] += counts * adds * adds;
            smoothed[one] += alphas[one] * error;
            left[one] *= keep;
        }
        if dynamic {
            line.take(*day, place as f64);
        }
    }
    std::array::from_fn(|one| Products {
        errors: errors[one],
        level_errors: level_errors[one],
        line_errors: line_errors[one],
        levels: levels[one],
        level_lines: level_lines[one],
        lines: lines[one],
    })
}

impl Products {
    /// The best level before the first day, the share of the line (a half, unless it is `optimised`), and the squared errors of these.
    fn solve(&self, optimised: bool) -> (f64, f64, f64) {
        let mut best = self.with_share(0.5);
        if optimised {
            let apart = self.levels * self.lines - self.level_lines.powi(2);
            let free = (self.levels * self.line_errors - self.level_lines * self.level_errors) / apart;
            // Theta is 1 at least; where line and level cannot be told apart, any share does.
            let inner = if apart > 1e-12 * self.levels * self.lines { free.clamp(0.0, 1.0) } else { 0.5 };
            for share in [inner, 0.0, 1.0] {
                let one = self.with_share(share);
                if one.2 < best.2 {
                    best = one;
                }
            }
        }
        best
    }

    fn with_share(&self, share: f64) -> (f64, f64, f64) {
        let level = if self.levels > 0.0 {
            (self.level_errors - share * self.level_lines) / self.levels
        } else {
            0.0
        };
        let squares = self.errors + level * level * self.levels + share * share * self.lines
            - 2.0 * (level * self.level_errors + share * self.line_errors - level * share * self.level_lines);
        (level, share, squares.max(0.0))
    }
}

impl Model {
    /// What it expected and expects; `whole` puts the season and the unit back on a day's mean.
    fn points(&self, days: &[f64], horizon: usize, whole: impl Fn(usize, f64) -> f64) -> Points {
        let (alpha, mut left) = (self.alpha, 1.0 - self.alpha);
        let mut line = if self.dynamic { Line::first(days[0]) } else { Line::through(days) };
        let mut level = alpha * days[0] + (1.0 - alpha) * self.level;
        let mut within = Vec::with_capacity(days.len());
        let mut ahead = Vec::with_capacity(horizon);
        within.push(f64::NAN);
        for place in 1..days.len() + horizon {
            let mean = level + self.share * line.adds(left, alpha);
            let day = if let Some(day) = days.get(place) {
                within.push(whole(place, mean));
                *day
            } else {
                ahead.push(whole(place, mean).clamp(0.0, f64::MAX));
                mean
            };
            level += alpha * (day - level);
            left *= 1.0 - alpha;
            if self.dynamic {
                line.take(day, place as f64);
            }
        }
        Points { ahead, within }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// A gain, a slow wave and something like chance.
    fn days() -> Vec<f64> {
        let wave = |day: f64| (day / 9.0).sin() + 0.1 * ((day * 31.0) % 13.0);
        (0..60).map(|day| 4.0 + 0.05 * f64::from(day) + wave(f64::from(day))).collect()
    }

    #[test]
    fn the_errors_of_the_walk_are_those_of_the_forecasts() {
        let days = days();
        for (dynamic, optimised) in [(false, false), (false, true), (true, false), (true, true)] {
            let model = search(&days, dynamic, optimised);
            let within = model.points(&days, 0, |_, mean| mean).within;
            let errors = days.iter().zip(within).skip(WARM_UP).map(|(day, mean)| (day - mean).powi(2));
            let squares: f64 = errors.sum();
            assert!((squares / model.squares - 1.0).abs() < 1e-9, "{model:?} has {squares}");
        }
    }

    #[test]
    fn no_other_smoothing_level_or_share_is_better() {
        let days = days();
        let best = search(&days, true, true);
        for alpha in (10..99).map(|hundredth| f64::from(hundredth) / 100.0) {
            let sums = walk(&days, &[alpha; TRIED], true)[0];
            for share in (0..=10).map(|tenth| f64::from(tenth) / 10.0) {
                assert!(sums.with_share(share).2 > best.squares - 1e-6, "{alpha} {share} against {best:?}");
            }
        }
    }

    #[test]
    fn a_line_grows_day_by_day_into_the_line_through_all() {
        let days = days();
        let mut line = Line::first(days[0]);
        for (before, day) in days.iter().enumerate().skip(1) {
            line.take(*day, before as f64);
        }
        let all = Line::through(&days);
        assert!((line.gain - all.gain).abs() < 1e-9 && (line.at_zero - all.at_zero).abs() < 1e-9);
    }
}
