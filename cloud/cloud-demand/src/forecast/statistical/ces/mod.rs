//! Complex exponential smoothing: level and potential are the two parts of one complex number, smoothed by a complex parameter.
//!
//! Without a season, with a simple, a partial and a full one, the best chosen by the corrected Akaike criterion (Svetunkov, Kourentzes and
//! Ord, Complex exponential smoothing, Naval Research Logistics 69, 2022). The states before the first day come of walking through the
//! history forwards and backwards, so only the smoothing is searched for.

mod slope;
mod state;

use super::super::Points;
use super::decompose::{self, Seasonality};
use super::descend::{Bowl, Room, Search};
use super::{Statistical, Unfit};
use slope::{Number, Sloped};
use state::{Shape, Smoothing, State};

const LEAST_DAYS: usize = 6;
/// Where the smoothing may go: of the level, real and imaginary, and of the season.
const ROOMS: [Room; 4] =
    [Room::Between(0.01, 1.8), Room::Between(0.01, 1.9), Room::Between(0.01, 1.5), Room::Between(0.01, 1.5)];
/// Where the searches start: the authors' own start, and one that follows quickly.
const STARTS: [[f64; 4]; 2] = [[1.3, 1.0, 0.1, 0.0], [0.6, 0.9, 0.4, 0.0]];
const FULL_STARTS: [[f64; 4]; 2] = [[1.3, 1.0, 1.3, 1.0], [1.3, 1.0, 0.3, 1.0]];

/// Forecasts by the best of the four models.
pub(super) fn forecast(history: &[f64], season: usize, horizon: usize) -> Result<Points, Unfit> {
    let days = history.len();
    if days < LEAST_DAYS {
        return Err(Unfit::TooShort { method: Statistical::Ces.as_str(), days, needed: LEAST_DAYS });
    }
    let largest = history.iter().fold(f64::MIN_POSITIVE, |largest, day| largest.max(day.abs()));
    let scaled: Vec<f64> = history.iter().map(|day| day / largest).collect();
    let mut best = Model::fit::<2>(&scaled, Shape::Level, &State::plain(&scaled), &STARTS);
    if season >= 2 && days >= 2 * season {
        let profile = decompose::profile(&scaled, season, Seasonality::Added);
        let first = &scaled[..season];
        for model in [
            Model::fit::<2>(&scaled, Shape::Level, &State::of_season_before(first), &STARTS),
            Model::fit::<3>(&scaled, Shape::Partial, &State::with_season(first, &profile, false), &STARTS),
            Model::fit::<4>(&scaled, Shape::Full, &State::with_season(first, &profile, true), &FULL_STARTS),
        ] {
            if model.criterion < best.criterion {
                best = model;
            }
        }
    }
    Ok(best.points(&scaled, horizon, largest))
}

/// A fitted model: its smoothing, and the states before the first day.
struct Model {
    shape: Shape,
    smoothing: Smoothing<f64>,
    before: State<f64>,
    criterion: f64,
}

impl Model {
    /// Fits a model with `P` parameters.
    fn fit<const P: usize>(days: &[f64], shape: Shape, start: &State<f64>, starts: &[[f64; 4]]) -> Self {
        let rooms: [Room; P] = std::array::from_fn(|place| ROOMS[place]);
        let sloped = start.map(Sloped::<P>::fixed);
        let look = |point: &[f64; P]| bowl(days, shape, sloped.clone(), point);
        let starts: Vec<[f64; P]> =
            starts.iter().map(|start| std::array::from_fn(|place| start[place])).collect();
        let lowest = Search { look: &look, rooms }.lowest(&starts);
        // The first start stays where the days let nothing be seen.
        let (point, squares) =
            lowest.map_or((starts[0], f64::INFINITY), |lowest| (lowest.point, lowest.value));
        let smoothing = std::array::from_fn(|place| point.get(place).copied().unwrap_or(0.0));
        // Parts of the state and the errors' variance, as the method's authors count.
        let parameters = match shape {
            Shape::Level => 3.0,
            Shape::Partial => 4.0,
            Shape::Full => 5.0,
        };
        let count = days.len() as f64;
        let penalty = 2.0 * parameters * count / (count - parameters - 1.0);
        let penalty = if count > parameters + 1.0 { penalty } else { f64::INFINITY };
        let criterion = count * squares.max(f64::MIN_POSITIVE).ln() + penalty;
        let mut before = start.clone();
        before.settle(days, shape, &smoothing);
        Self { shape, smoothing, before, criterion }
    }

    /// What it expected of each of `days`, and what it expects of the next ones, in units of `scale`.
    fn points(self, days: &[f64], horizon: usize, scale: f64) -> Points {
        let mut state = self.before;
        let within = days.iter().map(|day| {
            let mean = state.mean();
            state.take(self.shape, &self.smoothing, day - mean);
            mean * scale
        });
        let within = within.collect();
        let ahead = (0..horizon).map(|_| {
            let mean = state.mean();
            state.take(self.shape, &self.smoothing, 0.0);
            (mean * scale).clamp(0.0, f64::MAX)
        });
        Points { ahead: ahead.collect(), within }
    }
}

/// The squared errors and their slopes, seen from one smoothing.
fn bowl<const P: usize>(
    days: &[f64],
    shape: Shape,
    mut state: State<Sloped<P>>,
    point: &[f64; P],
) -> Option<Bowl<P>> {
    let smoothing = std::array::from_fn(|place| {
        point.get(place).map_or(Sloped::fixed(0.0), |value| Sloped::parameter(*value, place))
    });
    state.settle(days, shape, &smoothing);
    let mut bowl = Bowl { value: 0.0, slopes: [0.0; P], products: [[0.0; P]; P] };
    for day in days {
        let error = Sloped::fixed(*day) - state.mean();
        state.take(shape, &smoothing, error);
        bowl.value += error.value * error.value;
        for (place, slope) in error.slopes.iter().enumerate() {
            bowl.slopes[place] += error.value * slope;
            bowl.products[place].iter_mut().zip(error.slopes).for_each(|(sum, other)| *sum += slope * other);
        }
    }
    let sound = bowl.products.iter().flatten().chain(&bowl.slopes).all(|sum| sum.is_finite());
    (sound && bowl.value.is_finite()).then_some(bowl)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn slopes_are_how_the_errors_change() {
        let week = [0.3, 0.4, 0.35, 0.5, 0.7, 0.9, 0.6];
        let days: Vec<f64> = (0..56).map(|day| week[day % 7] + 0.01 * ((day * 31 % 13) as f64)).collect();
        let profile = decompose::profile(&days, 7, Seasonality::Added);
        for (shape, start) in [
            (Shape::Level, State::plain(&days)),
            (Shape::Level, State::of_season_before(&days[..7])),
            (Shape::Partial, State::with_season(&days[..7], &profile, false)),
            (Shape::Full, State::with_season(&days[..7], &profile, true)),
        ] {
            let start = start.map(Sloped::<4>::fixed);
            let point = [1.2, 0.98, 0.4, 0.9];
            let seen = bowl(&days, shape, start.clone(), &point).unwrap();
            for place in 0..4 {
                let moved = |by: f64| {
                    let mut moved = point;
                    moved[place] += by;
                    bowl(&days, shape, start.clone(), &moved).unwrap().value
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
    }
}
