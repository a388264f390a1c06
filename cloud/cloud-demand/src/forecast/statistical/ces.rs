//! Complex exponential smoothing: level and potential are the two parts of one complex number, smoothed by a complex parameter.
//!
//! Without a season, with a simple, a partial and a full one, the best chosen by the corrected Akaike criterion (Svetunkov, Kourentzes and
//! Ord, Complex exponential smoothing, Naval Research Logistics 69, 2022). The states before the first day come of walking through the
//! history forwards and backwards, so only the smoothing is searched for.

use super::super::Points;
use super::decompose::{self, Seasonality};
use super::nelder_mead::lowest;
use super::{Statistical, Unfit};

const LEAST_DAYS: usize = 6;
/// No state leaves these bounds (the history is scaled to 1), so that a far horizon runs over nothing.
const FARTHEST: f64 = 1e100;

/// Which parts a model has.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Shape {
    /// Level and potential, each day's from the day before, or from the same day of the season before.
    Level,
    /// The same, and what each day of the season adds.
    Partial,
    /// The same, and what each day of the season adds as a complex number of its own.
    Full,
}

/// A part of a state: what it expects, and its potential.
#[derive(Debug, Clone, Copy, Default)]
struct Part {
    level: f64,
    potential: f64,
}

/// The states before a day.
#[derive(Debug, Clone)]
struct State {
    /// As many as days after which the level comes again: one, or a season.
    levels: Vec<Part>,
    /// One for each day of the season; one that adds nothing where there is none.
    season: Vec<Part>,
    level_at: usize,
    season_at: usize,
}

/// The smoothing: of the level, real and imaginary, and of the season.
type Smoothing = [f64; 4];
const BOUNDS: [(f64, f64); 4] = [(0.01, 1.8), (0.01, 1.9), (0.01, 1.5), (0.01, 1.5)];

/// Forecasts by the best of the four models.
pub(super) fn forecast(history: &[f64], season: usize, horizon: usize) -> Result<Points, Unfit> {
    let days = history.len();
    if days < LEAST_DAYS {
        return Err(Unfit::TooShort { method: Statistical::Ces.as_str(), days, needed: LEAST_DAYS });
    }
    let largest = history.iter().fold(f64::MIN_POSITIVE, |largest, day| largest.max(day.abs()));
    let scaled: Vec<f64> = history.iter().map(|day| day / largest).collect();
    let mut best = Model::fit(&scaled, Shape::Level, &State::plain(&scaled));
    if season >= 2 && days >= 2 * season {
        let profile = decompose::profile(&scaled, season, Seasonality::Added);
        for (shape, start) in [
            (Shape::Level, State::of_season_before(&scaled[..season])),
            (Shape::Partial, State::with_season(&scaled[..season], &profile, false)),
            (Shape::Full, State::with_season(&scaled[..season], &profile, true)),
        ] {
            let model = Model::fit(&scaled, shape, &start);
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
    smoothing: Smoothing,
    before: State,
    criterion: f64,
}

impl Model {
    fn fit(days: &[f64], shape: Shape, start: &State) -> Self {
        let value = |smoothing: &Smoothing| settled(days, shape, start, smoothing).1;
        let (smoothing, squares) = match shape {
            Shape::Level => widened(lowest([1.3, 1.0], &[BOUNDS[0], BOUNDS[1]], |some| value(&wide(some)))),
            Shape::Partial => {
                let bounds = [BOUNDS[0], BOUNDS[1], BOUNDS[2]];
                widened(lowest([1.3, 1.0, 0.1], &bounds, |some| value(&wide(some))))
            }
            Shape::Full => lowest([1.3, 1.0, 1.3, 1.0], &BOUNDS, value),
        };
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
        let before = settled(days, shape, start, &smoothing).0;
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

/// A shorter smoothing with nothing in the places it lacks.
fn wide<const N: usize>(some: &[f64; N]) -> Smoothing {
    std::array::from_fn(|place| some.get(place).copied().unwrap_or(0.0))
}

fn widened<const N: usize>((some, value): ([f64; N], f64)) -> (Smoothing, f64) {
    (wide(&some), value)
}

/// The states before the first day that a walk forwards and one backwards end at, and the squared errors of the walk from there.
fn settled(days: &[f64], shape: Shape, start: &State, smoothing: &Smoothing) -> (State, f64) {
    let mut state = start.clone();
    walk(days.iter(), shape, smoothing, &mut state);
    state.turn(shape, smoothing);
    walk(days.iter().rev(), shape, smoothing, &mut state);
    state.turn(shape, smoothing);
    let before = state.clone();
    let squares = walk(days.iter(), shape, smoothing, &mut state);
    (before, squares)
}

/// Walks through days; returns the sum of the squared errors.
fn walk<'a>(
    days: impl Iterator<Item = &'a f64>,
    shape: Shape,
    smoothing: &Smoothing,
    state: &mut State,
) -> f64 {
    let mut squares = 0.0;
    for day in days {
        let error = day - state.mean();
        squares += error * error;
        state.take(shape, smoothing, error);
    }
    squares
}

impl State {
    /// The mean of the first days.
    fn plain(days: &[f64]) -> Self {
        let first = &days[..days.len().min(10)];
        let level = first.iter().sum::<f64>() / first.len() as f64;
        Self::new(vec![Part::of(level)], vec![Part::default()])
    }

    /// Each day's level is that of the same day of the season before.
    fn of_season_before(first: &[f64]) -> Self {
        Self::new(first.iter().map(|day| Part::of(*day)).collect(), vec![Part::default()])
    }

    /// The first season's mean, and what each day of the season adds.
    fn with_season(first: &[f64], profile: &[f64], full: bool) -> Self {
        let level = first.iter().sum::<f64>() / first.len() as f64;
        let part = |adds: &f64| if full { Part::of(*adds) } else { Part { level: *adds, potential: 0.0 } };
        Self::new(vec![Part::of(level)], profile.iter().map(part).collect())
    }

    fn new(levels: Vec<Part>, season: Vec<Part>) -> Self {
        Self { levels, season, level_at: 0, season_at: 0 }
    }

    /// What is expected of the next day.
    fn mean(&self) -> f64 {
        self.levels[self.level_at].level + self.season[self.season_at].level
    }

    /// Takes in how far the day was off.
    #[inline(always)]
    fn take(&mut self, shape: Shape, [real, imaginary, of_season, turned]: &Smoothing, error: f64) {
        self.levels[self.level_at].take(*real, *imaginary, error);
        match shape {
            Shape::Level => {}
            Shape::Partial => {
                let part = &mut self.season[self.season_at];
                part.level = (part.level + of_season * error).clamp(-FARTHEST, FARTHEST);
            }
            Shape::Full => self.season[self.season_at].take(*of_season, *turned, error),
        }
        self.level_at = if self.level_at + 1 == self.levels.len() { 0 } else { self.level_at + 1 };
        self.season_at = if self.season_at + 1 == self.season.len() { 0 } else { self.season_at + 1 };
    }

    /// Turns round at the end of a walk: goes on for one round without errors, and has the states of that in the other order.
    fn turn(&mut self, shape: Shape, smoothing: &Smoothing) {
        let mut first = None;
        for _ in 0..self.levels.len().max(self.season.len()) {
            self.take(shape, smoothing, 0.0);
            // A single level walks back from where it was after one step.
            first.get_or_insert(self.levels[0]);
        }
        if let (1, Some(first)) = (self.levels.len(), first) {
            self.levels[0] = first;
        }
        self.levels.rotate_left(self.level_at);
        self.levels.reverse();
        self.season.rotate_left(self.season_at);
        self.season.reverse();
        (self.level_at, self.season_at) = (0, 0);
    }
}

impl Part {
    fn of(level: f64) -> Self {
        Self { level, potential: level / 1.1 }
    }

    #[inline(always)]
    fn take(&mut self, real: f64, imaginary: f64, error: f64) {
        let Self { level, potential } = *self;
        let next = level - (1.0 - imaginary) * potential + (real - imaginary) * error;
        self.level = next.clamp(-FARTHEST, FARTHEST);
        let next = level + (1.0 - real) * potential + (real + imaginary) * error;
        self.potential = next.clamp(-FARTHEST, FARTHEST);
    }
}
