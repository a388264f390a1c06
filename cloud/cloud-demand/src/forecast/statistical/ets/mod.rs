//! Exponential smoothing in its state space form, the model chosen by the corrected Akaike criterion.
//!
//! Errors are additive or relative, there is no trend, a straight or a damped one, and no season, an added one or factors (Hyndman,
//! Koehler, Ord and Snyder, Forecasting with Exponential Smoothing: The State Space Approach, 2008, chapters 2 and 5). Relative errors
//! and factors are tried where every day is above zero. Factors with additive errors are left out as numerically unstable, and so are
//! trends that multiply.

mod admissible;
mod bowl;
mod pass;
mod start;

use super::super::Points;
use super::descend::{Search, clamp};
use super::{Statistical, Unfit};
use bowl::{bowl, raw, rooms};
use pass::{
    ADDED, ALPHA, BETA, FACTORS, GAMMA, LEAST, LEVEL, LogSum, NO_SEASON, PHI, SEASON, State, Sums, TREND,
    pass,
};
use start::{GUESSES, States, free_of};

/// Days that the least model needs for its criterion.
pub(super) const LEAST_DAYS: usize = 5;
/// A likelihood can have several tops: so many of the best guesses are followed.
const STARTS: usize = 2;
/// A model whose criterion is worse than the best by this much is not tried with a trend: trends hardly ever gain as much.
const HOPELESS: f64 = 20.0;
/// Longer seasons have too many states to be estimated from the histories that shops have.
const LONGEST_SEASON: usize = 24;
/// As many parameters as the largest model has.
const MOST: usize = SEASON + LONGEST_SEASON - 1;

/// What the level gains from day to day.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Trend {
    None,
    Straight,
    Damped,
}

/// Which model it is.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
struct Shape {
    relative: bool,
    trend: Trend,
    season: u8,
}

/// A fitted model.
#[derive(Clone, Copy)]
struct Model {
    shape: Shape,
    /// Its parameters, the smoothing ones raw.
    point: [f64; MOST],
    criterion: f64,
}

/// Forecasts by the best model with or without a season.
pub(super) fn forecast(history: &[f64], season: usize, horizon: usize) -> Result<Points, Unfit> {
    let days = history.len();
    if days < LEAST_DAYS {
        return Err(Unfit::TooShort { method: Statistical::Ets.as_str(), days, needed: LEAST_DAYS });
    }
    let mut points = unbounded(history, season, horizon);
    points.ahead.iter_mut().for_each(|day| *day = day.clamp(0.0, f64::MAX));
    Ok(points)
}

/// The same of anything that goes on day by day, also below zero. There must be [`LEAST_DAYS`] days.
pub(super) fn unbounded(history: &[f64], season: usize, horizon: usize) -> Points {
    let largest = history.iter().fold(0.0_f64, |largest, day| largest.max(day.abs()));
    if history.iter().all(|day| day.to_bits() == history[0].to_bits()) || largest < f64::MIN_POSITIVE {
        return constant(history, horizon);
    }
    // Parts of the largest day, so that no product runs over and tolerances mean the same for grams and for tonnes.
    let scaled: Vec<f64> = history.iter().map(|day| day / largest).collect();
    let days = history.len();
    let length = if (2..=LONGEST_SEASON).contains(&season) && days >= 2 * season { season } else { 1 };
    choose(&scaled, length).points(&scaled, length, horizon, largest)
}

/// Every day was as the first: so will the next be.
fn constant(history: &[f64], horizon: usize) -> Points {
    let mut within = history.to_vec();
    within[0] = f64::NAN;
    Points { ahead: vec![history[0]; horizon], within }
}

/// The model with the least criterion.
fn choose(days: &[f64], length: usize) -> Model {
    let above_zero = days.iter().all(|day| *day > LEAST);
    let mut best = Model::plain(days);
    Family::<6, 1> { days, length: 1, season: NO_SEASON, above_zero }.fit(&mut best);
    if length == 1 {
        return best;
    }
    for season in [ADDED, FACTORS] {
        if season == FACTORS && !above_zero {
            continue;
        }
        // Room for the season's states is fixed when the program is built; a week has its own.
        match length {
            ..=7 => Family::<12, 7> { days, length, season, above_zero }.fit(&mut best),
            8..=13 => Family::<18, 13> { days, length, season, above_zero }.fit(&mut best),
            _ => Family::<MOST, LONGEST_SEASON> { days, length, season, above_zero }.fit(&mut best),
        }
    }
    best
}

/// The models of one sort of season, with room for `P` parameters and a season of `M` days.
struct Family<'a, const P: usize, const M: usize> {
    days: &'a [f64],
    length: usize,
    season: u8,
    above_zero: bool,
}

impl<const P: usize, const M: usize> Family<'_, P, M> {
    fn fit(&self, best: &mut Model) {
        let states = States::new(self.days, self.length, self.season);
        for relative in [false, true] {
            // Additive errors with factors are never tried, relative ones where a mean can be zero neither.
            if (relative && !self.above_zero) || (!relative && self.season == FACTORS) {
                continue;
            }
            let mut simpler: Option<[f64; P]> = None;
            for trend in [Trend::None, Trend::Straight, Trend::Damped] {
                let shape = Shape { relative, trend, season: self.season };
                let Some((model, point)) = self.fit_one(shape, &states, simpler) else { continue };
                simpler = Some(point);
                if model.criterion < best.criterion {
                    *best = model;
                } else if model.criterion > best.criterion + HOPELESS {
                    break;
                }
            }
        }
    }

    /// Fits one model, from guesses and from where the next simpler one ended; `None` where it cannot hold the days, or where there are
    /// too few of them for its parameters.
    fn fit_one(&self, shape: Shape, states: &States, simpler: Option<[f64; P]>) -> Option<(Model, [f64; P])> {
        let parameters = shape.parameters(self.length);
        if parameters + 1 >= self.days.len() {
            return None;
        }
        let rooms = rooms::<P>(shape, self.length);
        let starts = self.starts(shape, states, simpler);
        let step = self.step(shape);
        let look = |point: &[f64; P]| {
            let (raw, mut sums) = (raw(point), Sums::zero());
            let held = shape.forgets(&raw, self.length) && step(self.days, self.length, &raw, &mut sums);
            held.then(|| bowl(&sums, self.days.len(), shape.relative, point))
        };
        let lowest = Search { look: &look, rooms }.lowest(&starts)?;
        let mut point = [0.0; MOST];
        point[..P].copy_from_slice(&raw(&lowest.point));
        let criterion = criterion(self.days.len(), parameters, lowest.value);
        Some((Model { shape, point, criterion }, lowest.point))
    }

    /// The likeliest points to start from: guesses, and where the next simpler model ended.
    fn starts(&self, shape: Shape, states: &States, simpler: Option<[f64; P]>) -> Vec<[f64; P]> {
        let rooms = rooms::<P>(shape, self.length);
        let guessed = GUESSES.iter().map(|guess| states.point::<P>(*guess, shape.trend));
        let points = guessed.chain(simpler.map(|point| extended(point, shape.trend)));
        let mut starts: Vec<(f64, [f64; P])> = points
            .map(|mut point| {
                clamp(&mut point, &rooms);
                (self.value(shape, &point), point)
            })
            .filter(|(value, _)| value.is_finite())
            .collect();
        starts.sort_by(|one, other| one.0.total_cmp(&other.0));
        starts.truncate(STARTS);
        starts.into_iter().map(|(_, point)| point).collect()
    }

    /// What the search lowers, at one point.
    fn value(&self, shape: Shape, point: &[f64; P]) -> f64 {
        let raw = raw(point);
        if !shape.forgets(&raw, self.length) {
            return f64::INFINITY;
        }
        let (mut squares, mut logs, mut sound) = (0.0, LogSum::new(), true);
        let mut state = State::<M>::before(&raw, self.length, shape.season);
        for day in self.days {
            let mean = shape.step(&mut state, *day, &raw, self.length);
            if shape.relative {
                sound &= mean > LEAST;
                logs.add(mean.max(LEAST));
                squares += (day / mean - 1.0).powi(2);
            } else {
                squares += (day - mean).powi(2);
            }
        }
        if !sound {
            return f64::INFINITY;
        }
        squares * (2.0 * logs.total() / self.days.len() as f64).exp()
    }

    /// The walk that is made for the model.
    fn step(&self, shape: Shape) -> fn(&[f64], usize, &[f64; P], &mut Sums<P>) -> bool {
        match (shape.relative, shape.trend != Trend::None, shape.season) {
            (false, false, ADDED) => pass::<P, M, false, false, ADDED>,
            (false, true, ADDED) => pass::<P, M, false, true, ADDED>,
            (true, false, ADDED) => pass::<P, M, true, false, ADDED>,
            (true, true, ADDED) => pass::<P, M, true, true, ADDED>,
            (_, false, FACTORS) => pass::<P, M, true, false, FACTORS>,
            (_, true, FACTORS) => pass::<P, M, true, true, FACTORS>,
            (false, false, _) => pass::<P, M, false, false, NO_SEASON>,
            (false, true, _) => pass::<P, M, false, true, NO_SEASON>,
            (true, false, _) => pass::<P, M, true, false, NO_SEASON>,
            (true, true, _) => pass::<P, M, true, true, NO_SEASON>,
        }
    }
}

/// Where a model with more of a trend starts from, so that it never ends worse than the simpler one did.
fn extended<const P: usize>(mut point: [f64; P], trend: Trend) -> [f64; P] {
    match trend {
        Trend::None => {}
        Trend::Straight => (point[BETA], point[TREND]) = (1e-3, 0.0),
        Trend::Damped => point[PHI] = 0.98,
    }
    point
}

/// The corrected Akaike criterion, up to what all models of one history share.
fn criterion(days: usize, parameters: usize, value: f64) -> f64 {
    let (days, count) = (days as f64, parameters as f64);
    days * value.max(f64::MIN_POSITIVE).ln() + 2.0 * count * days / (days - count - 1.0)
}

impl Shape {
    /// How many parameters it has: smoothing, states, and the errors' variance.
    fn parameters(self, length: usize) -> usize {
        let trend = match self.trend {
            Trend::None => 0,
            Trend::Straight => 2,
            Trend::Damped => 3,
        };
        3 + trend + usize::from(self.season != NO_SEASON) + free_of(self.season, length)
    }

    /// Whether the model forgets, which the search's bounds do not promise where trend and season come together.
    fn forgets(self, point: &[f64], length: usize) -> bool {
        self.trend == Trend::None || self.season == NO_SEASON || admissible::forgets(point, length)
    }

    /// Takes one day in; returns the mean that was expected of it.
    #[inline(always)]
    fn step<const M: usize>(self, state: &mut State<M>, day: f64, point: &[f64], length: usize) -> f64 {
        let trend = point[PHI] * state.trend;
        let (base, season) = (state.level + trend, state.season[state.slot]);
        let (mean, off_level, off_season) = if self.season == FACTORS {
            (base * season, day / season - base, day / base - season)
        } else {
            let mean = base + season;
            (mean, day - mean, day - mean)
        };
        state.level = base + point[ALPHA] * off_level;
        state.trend = trend + point[BETA] * off_level;
        if self.season != NO_SEASON {
            state.season[state.slot] = season + point[GAMMA] * off_season;
            state.slot = if state.slot + 1 == length { 0 } else { state.slot + 1 };
        }
        mean
    }
}

impl Model {
    /// The least that can be said: the mean, hardly moved by what comes.
    fn plain(days: &[f64]) -> Self {
        let mut point = [0.0; MOST];
        point[ALPHA] = 0.1;
        point[PHI] = 1.0;
        point[LEVEL] = days.iter().sum::<f64>() / days.len() as f64;
        let shape = Shape { relative: false, trend: Trend::None, season: NO_SEASON };
        Self { shape, point, criterion: f64::INFINITY }
    }

    /// What it expected of each of `days`, and what it expects of the next ones, in units of `scale`.
    fn points(&self, days: &[f64], length: usize, horizon: usize, scale: f64) -> Points {
        let shape = self.shape;
        let mut state = State::<LONGEST_SEASON>::before(&self.point, length, shape.season);
        let within =
            days.iter().map(|day| scale * shape.step(&mut state, *day, &self.point, length)).collect();
        let (mut base, mut gain) = (state.level, state.trend);
        let ahead = (0..horizon).map(|step| {
            gain *= self.point[PHI];
            base += gain;
            let season = state.season[(state.slot + step) % length];
            let mean = if shape.season == FACTORS { base * season } else { base + season };
            scale * mean
        });
        Points { ahead: ahead.collect(), within }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Eight weeks with weekdays, never zero.
    fn weeks() -> Vec<f64> {
        let week = [0.3, 0.4, 0.35, 0.5, 0.7, 0.9, 0.6];
        (0..56).map(|day| week[day % 7] * (1.0 + 0.1 * ((day * 31 % 13) as f64 / 6.5 - 1.0))).collect()
    }

    /// Checks every slope of the bowl against how the value changes when the parameter does.
    fn check<const P: usize, const M: usize>(family: &Family<'_, P, M>, relative: bool, trend: Trend) {
        let shape = Shape { relative, trend, season: family.season };
        let states = States::new(family.days, family.length, family.season);
        let point = states.point::<P>((0.2, 0.3), trend);
        let mut sums = Sums::zero();
        assert!(family.step(shape)(family.days, family.length, &raw(&point), &mut sums));
        let seen = bowl(&sums, family.days.len(), relative, &point);
        assert!((seen.value / family.value(shape, &point) - 1.0).abs() < 1e-9, "{shape:?}");
        for (place, room) in rooms::<P>(shape, family.length).iter().enumerate() {
            if matches!(room, super::super::descend::Room::None) {
                continue;
            }
            let moved = |by: f64| {
                let mut moved = point;
                moved[place] += by;
                family.value(shape, &moved)
            };
            // The slopes are of half the sum of squares.
            let slope = (moved(1e-6) - moved(-1e-6)) / 4e-6;
            let told = seen.slopes[place];
            assert!(
                (slope - told).abs() < 1e-5 * (1.0 + slope.abs()),
                "{shape:?} {place}: {told}, is {slope}"
            );
        }
    }

    #[test]
    fn slopes_are_how_the_value_changes() {
        let days = weeks();
        for trend in [Trend::None, Trend::Straight, Trend::Damped] {
            for relative in [false, true] {
                let plain = Family::<6, 1> { days: &days, length: 1, season: NO_SEASON, above_zero: true };
                check(&plain, relative, trend);
                let added = Family::<12, 7> { days: &days, length: 7, season: ADDED, above_zero: true };
                check(&added, relative, trend);
            }
            let factors = Family::<12, 7> { days: &days, length: 7, season: FACTORS, above_zero: true };
            check(&factors, true, trend);
        }
    }

    #[test]
    fn a_season_of_factors_is_known_when_it_is_there() {
        let week = [0.5, 0.7, 1.0, 1.1, 1.3, 1.6, 0.8];
        let noise = |day: usize| 1.0 + 0.02 * ((day * 31 % 13) as f64 / 6.5 - 1.0);
        let days: Vec<f64> =
            (0..140).map(|day| (1.0 + day as f64 / 20.0) * week[day % 7] * noise(day)).collect();
        let model = choose(&days, 7);
        assert!(model.shape.relative && model.shape.season == FACTORS, "{:?}", model.shape);
        assert!(model.shape.trend != Trend::None, "{:?}", model.shape);
    }
}
