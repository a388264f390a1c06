//! The states of complex smoothing, and how a day moves them.

use super::slope::Number;

/// No state leaves these bounds (the history is scaled to 1), so that a far horizon runs over nothing.
const FARTHEST: f64 = 1e100;

/// Which parts a model has.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Shape {
    /// Level and potential, each day's from the day before, or from the same day of the season before.
    Level,
    /// The same, and what each day of the season adds.
    Partial,
    /// The same, and what each day of the season adds as a complex number of its own.
    Full,
}

/// The smoothing: of the level, real and imaginary, and of the season.
pub(super) type Smoothing<N> = [N; 4];

/// A part of a state: what it expects, and its potential.
#[derive(Debug, Clone, Copy)]
struct Part<N> {
    level: N,
    potential: N,
}

/// The states before a day.
#[derive(Debug, Clone)]
pub(super) struct State<N> {
    /// As many as days after which the level comes again: one, or a season.
    levels: Vec<Part<N>>,
    /// One for each day of the season; one that adds nothing where there is none.
    season: Vec<Part<N>>,
    level_at: usize,
    season_at: usize,
}

impl State<f64> {
    /// The mean of the first days.
    pub(super) fn plain(days: &[f64]) -> Self {
        let first = &days[..days.len().min(10)];
        let level = first.iter().sum::<f64>() / first.len() as f64;
        Self::new(vec![Part::of(level)], vec![Part::alone(0.0)])
    }

    /// Each day's level is that of the same day of the season before.
    pub(super) fn of_season_before(first: &[f64]) -> Self {
        Self::new(first.iter().map(|day| Part::of(*day)).collect(), vec![Part::alone(0.0)])
    }

    /// The first season's mean, and what each day of the season adds.
    pub(super) fn with_season(first: &[f64], profile: &[f64], full: bool) -> Self {
        let level = first.iter().sum::<f64>() / first.len() as f64;
        let part = |adds: &f64| if full { Part::of(*adds) } else { Part::alone(*adds) };
        Self::new(vec![Part::of(level)], profile.iter().map(part).collect())
    }

    fn new(levels: Vec<Part<f64>>, season: Vec<Part<f64>>) -> Self {
        Self { levels, season, level_at: 0, season_at: 0 }
    }

    /// The same state in other numbers.
    pub(super) fn map<N>(&self, number: impl Fn(f64) -> N) -> State<N> {
        let part = |part: &Part<f64>| Part { level: number(part.level), potential: number(part.potential) };
        State {
            levels: self.levels.iter().map(part).collect(),
            season: self.season.iter().map(part).collect(),
            level_at: self.level_at,
            season_at: self.season_at,
        }
    }
}

impl<N: Number> State<N> {
    /// What is expected of the next day.
    #[inline(always)]
    pub(super) fn mean(&self) -> N {
        self.levels[self.level_at].level + self.season[self.season_at].level
    }

    /// Takes in how far the day was off.
    #[inline(always)]
    pub(super) fn take(&mut self, shape: Shape, smoothing: &Smoothing<N>, error: N) {
        let [real, imaginary, of_season, turned] = *smoothing;
        self.levels[self.level_at].take(real, imaginary, error);
        match shape {
            Shape::Level => {}
            Shape::Partial => {
                let part = &mut self.season[self.season_at];
                part.level = (part.level + of_season * error).within(FARTHEST);
            }
            Shape::Full => self.season[self.season_at].take(of_season, turned, error),
        }
        self.level_at = if self.level_at + 1 == self.levels.len() { 0 } else { self.level_at + 1 };
        self.season_at = if self.season_at + 1 == self.season.len() { 0 } else { self.season_at + 1 };
    }

    /// Walks through all days and back, and so ends before the first day.
    pub(super) fn settle(&mut self, days: &[f64], shape: Shape, smoothing: &Smoothing<N>) {
        self.walk(days.iter(), shape, smoothing);
        self.turn(shape, smoothing);
        self.walk(days.iter().rev(), shape, smoothing);
        self.turn(shape, smoothing);
    }

    fn walk<'a>(&mut self, days: impl Iterator<Item = &'a f64>, shape: Shape, smoothing: &Smoothing<N>) {
        for day in days {
            let error = N::fixed(*day) - self.mean();
            self.take(shape, smoothing, error);
        }
    }

    /// Turns round at the end of a walk: goes on for one round without errors, and has the states of that in the other order.
    fn turn(&mut self, shape: Shape, smoothing: &Smoothing<N>) {
        let mut first = None;
        for _ in 0..self.levels.len().max(self.season.len()) {
            self.take(shape, smoothing, N::fixed(0.0));
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

impl Part<f64> {
    fn of(level: f64) -> Self {
        Self { level, potential: level / 1.1 }
    }

    fn alone(level: f64) -> Self {
        Self { level, potential: 0.0 }
    }
}

impl<N: Number> Part<N> {
    #[inline(always)]
    fn take(&mut self, real: N, imaginary: N, error: N) {
        let (Self { level, potential }, one) = (*self, N::fixed(1.0));
        let next = level - (one - imaginary) * potential + (real - imaginary) * error;
        self.level = next.within(FARTHEST);
        self.potential = (level + (one - real) * potential + (real + imaginary) * error).within(FARTHEST);
    }
}
