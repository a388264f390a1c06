//! One walk of a model through a history: how wrong it is day by day, and how that changes with each of its parameters.
//!
//! The slopes are exact: every state carries its derivatives along (forward differentiation), so that a fit needs some ten walks
//! where a search by values alone needs hundreds.
#![allow(
    clippy::needless_range_loop,
    reason = "lanes of several arrays at once, which the compiler turns into vectors"
)]

/// Places of the parameters in a point. The states before the first day come after the smoothing ones; of the season all but the last
/// are free, because the season sums to nothing (or, as factors, to its length).
pub(super) const ALPHA: usize = 0;
pub(super) const BETA: usize = 1;
pub(super) const GAMMA: usize = 2;
pub(super) const PHI: usize = 3;
pub(super) const LEVEL: usize = 4;
pub(super) const TREND: usize = 5;
pub(super) const SEASON: usize = 6;

/// A model without a season.
pub(super) const NO_SEASON: u8 = 0;
/// What the season adds to the level.
pub(super) const ADDED: u8 = 1;
/// What the season multiplies the level by.
pub(super) const FACTORS: u8 = 2;

/// No mean that is divided by may be nearer to zero, in parts of the history's largest value.
pub(super) const LEAST: f64 = 1e-9;

/// So many days are added to the products at once, which spares reading and writing the matrix for each.
const BLOCK: usize = 4;

/// The states before a day.
#[derive(Clone, Copy)]
pub(super) struct State<const M: usize> {
    pub(super) level: f64,
    pub(super) trend: f64,
    /// The season's part of each day of it; `slot` is that of the next day.
    pub(super) season: [f64; M],
    pub(super) slot: usize,
}

impl<const M: usize> State<M> {
    /// The states before the first day, as the point has them.
    pub(super) fn before<const P: usize>(point: &[f64; P], length: usize, season: u8) -> Self {
        let mut state = Self { level: point[LEVEL], trend: point[TREND], season: [0.0; M], slot: 0 };
        if season != NO_SEASON {
            let free = length - 1;
            state.season[..free].copy_from_slice(&point[SEASON..SEASON + free]);
            let whole = if season == FACTORS { length as f64 } else { 0.0 };
            state.season[free] = whole - point[SEASON..SEASON + free].iter().sum::<f64>();
        }
        state
    }
}

/// What a walk adds up.
#[derive(Clone)]
pub(super) struct Sums<const P: usize> {
    /// Of the squared errors (relative ones where the errors are).
    pub(super) squares: f64,
    /// Of the logarithms of the means; zero unless the errors are relative.
    pub(super) logs: f64,
    /// Of each error times its slopes.
    pub(super) slopes: [f64; P],
    /// Of the slopes of the logarithms.
    pub(super) log_slopes: [f64; P],
    /// Of the products of the slopes.
    pub(super) products: [[f64; P]; P],
}

impl<const P: usize> Sums<P> {
    pub(super) fn zero() -> Self {
        Self { squares: 0.0, logs: 0.0, slopes: [0.0; P], log_slopes: [0.0; P], products: [[0.0; P]; P] }
    }

    fn add_block(&mut self, rows: &[[f64; P]; BLOCK]) {
        let [first, second, third, fourth] = rows;
        for (place, line) in self.products.iter_mut().enumerate() {
            let (a, b, c, d) = (first[place], second[place], third[place], fourth[place]);
            for other in 0..P {
                line[other] += a * first[other] + b * second[other] + (c * third[other] + d * fourth[other]);
            }
        }
    }
}

/// The logarithm of a product of many numbers, taken rarely.
pub(super) struct LogSum {
    sum: f64,
    product: f64,
    held: u32,
}

impl LogSum {
    pub(super) fn new() -> Self {
        Self { sum: 0.0, product: 1.0, held: 0 }
    }

    pub(super) fn add(&mut self, one: f64) {
        self.product *= one;
        self.held += 1;
        // Each is between 1e-9 and some thousands: 16 of them stay far inside what a double holds.
        if self.held == 16 {
            *self = Self { sum: self.sum + self.product.ln(), product: 1.0, held: 0 };
        }
    }

    pub(super) fn total(&self) -> f64 {
        self.sum + self.product.ln()
    }
}

/// Walks through `days` from the states of `point` (raw smoothing parameters) and adds up the errors and their slopes.
///
/// Returns `false` where the model cannot hold these days: a mean that must be above zero is not.
pub(super) fn pass<const P: usize, const M: usize, const RELATIVE: bool, const TRENDED: bool, const S: u8>(
    days: &[f64],
    length: usize,
    point: &[f64; P],
    sums: &mut Sums<P>,
) -> bool {
    *sums = Sums::zero();
    let mut walk = Walk::<P, M>::new(point, length, S);
    let mut logs = LogSum::new();
    let mut rows = [[0.0; P]; BLOCK];
    let mut held = 0;
    for day in days {
        let (mean, mean_slopes) = walk.step::<TRENDED, S>(*day, point);
        let row = &mut rows[held];
        let error = if RELATIVE {
            // Written so that a mean that is no number is refused as well.
            if !(mean > LEAST && walk.sound) {
                return false;
            }
            logs.add(mean);
            let (inverse, ratio) = (1.0 / mean, day / mean);
            for lane in 0..P {
                let log_slope = mean_slopes[lane] * inverse;
                sums.log_slopes[lane] += log_slope;
                row[lane] = -ratio * log_slope;
            }
            ratio - 1.0
        } else {
            for lane in 0..P {
                row[lane] = -mean_slopes[lane];
            }
            day - mean
        };
        sums.squares += error * error;
        for lane in 0..P {
            sums.slopes[lane] += error * row[lane];
        }
        held += 1;
        if held == BLOCK {
            sums.add_block(&rows);
            held = 0;
        }
    }
    rows[held..].fill([0.0; P]);
    sums.add_block(&rows);
    sums.logs = logs.total();
    sums.squares.is_finite() && walk.sound
}

/// The states on the way, with their slopes.
struct Walk<const P: usize, const M: usize> {
    state: State<M>,
    length: usize,
    level_slopes: [f64; P],
    trend_slopes: [f64; P],
    season_slopes: [[f64; P]; M],
    /// Whether everything that was divided by was far enough from zero.
    sound: bool,
}

impl<const P: usize, const M: usize> Walk<P, M> {
    fn new(point: &[f64; P], length: usize, season: u8) -> Self {
        let (mut level_slopes, mut trend_slopes, mut season_slopes) = ([0.0; P], [0.0; P], [[0.0; P]; M]);
        level_slopes[LEVEL] = 1.0;
        trend_slopes[TREND] = 1.0;
        if season != NO_SEASON {
            for slot in 0..length - 1 {
                season_slopes[slot][SEASON + slot] = 1.0;
                season_slopes[length - 1][SEASON + slot] = -1.0;
            }
        }
        let state = State::before(point, length, season);
        Self { state, length, level_slopes, trend_slopes, season_slopes, sound: true }
    }

    /// Takes one day in; returns the mean that was expected of it, and the mean's slopes.
    #[inline(always)]
    fn step<const TRENDED: bool, const S: u8>(&mut self, day: f64, point: &[f64; P]) -> (f64, [f64; P]) {
        let (alpha, beta, gamma, phi) = (point[ALPHA], point[BETA], point[GAMMA], point[PHI]);
        let (mut base, mut base_slopes) = (self.state.level, self.level_slopes);
        if TRENDED {
            base += phi * self.state.trend;
            for lane in 0..P {
                base_slopes[lane] += phi * self.trend_slopes[lane];
            }
            base_slopes[PHI] += self.state.trend;
        }
        let slot = self.state.slot;
        let season = if S == NO_SEASON { 0.0 } else { self.state.season[slot] };
        let season_slopes = &mut self.season_slopes[slot];
        if S == FACTORS {
            self.sound &= season > LEAST && base > LEAST;
        }
        let seen = Seen::new::<S>(day, (base, &base_slopes), (season, season_slopes));
        self.state.level = base + alpha * seen.off_level;
        for lane in 0..P {
            self.level_slopes[lane] = base_slopes[lane] + alpha * seen.level_off_slopes[lane];
        }
        self.level_slopes[ALPHA] += seen.off_level;
        if TRENDED {
            for lane in 0..P {
                self.trend_slopes[lane] = phi * self.trend_slopes[lane] + beta * seen.level_off_slopes[lane];
            }
            self.trend_slopes[PHI] += self.state.trend;
            self.trend_slopes[BETA] += seen.off_level;
            self.state.trend = phi * self.state.trend + beta * seen.off_level;
        }
        if S != NO_SEASON {
            self.state.season[slot] += gamma * seen.off_season;
            for lane in 0..P {
                season_slopes[lane] += gamma * seen.season_off_slopes[lane];
            }
            season_slopes[GAMMA] += seen.off_season;
            self.state.slot = if slot + 1 == self.length { 0 } else { slot + 1 };
        }
        (seen.mean, seen.mean_slopes)
    }
}

/// What one day says, and the slopes of that.
struct Seen<const P: usize> {
    mean: f64,
    mean_slopes: [f64; P],
    /// How far the level and the season each were off by this day.
    off_level: f64,
    off_season: f64,
    level_off_slopes: [f64; P],
    season_off_slopes: [f64; P],
}

impl<const P: usize> Seen<P> {
    /// `base` is the level with its trend, `season` the season's part of the day, each with its slopes.
    #[inline(always)]
    fn new<const S: u8>(day: f64, base: (f64, &[f64; P]), season: (f64, &[f64; P])) -> Self {
        let ((base, base_slopes), (season, season_slopes)) = (base, season);
        let mut mean_slopes = *base_slopes;
        let (mut level_off_slopes, mut season_off_slopes) = ([0.0; P], [0.0; P]);
        if S == FACTORS {
            let (by_season, by_base) = (1.0 / season, 1.0 / base);
            let (level_turn, season_turn) = (day * by_season * by_season, day * by_base * by_base);
            for lane in 0..P {
                mean_slopes[lane] = base_slopes[lane] * season + base * season_slopes[lane];
                level_off_slopes[lane] = -(base_slopes[lane] + level_turn * season_slopes[lane]);
                season_off_slopes[lane] = -(season_slopes[lane] + season_turn * base_slopes[lane]);
            }
            let (off_level, off_season) = (day * by_season - base, day * by_base - season);
            let mean = base * season;
            return Self { mean, mean_slopes, off_level, off_season, level_off_slopes, season_off_slopes };
        }
        for lane in 0..P {
            if S == ADDED {
                mean_slopes[lane] += season_slopes[lane];
            }
            level_off_slopes[lane] = -mean_slopes[lane];
            season_off_slopes[lane] = level_off_slopes[lane];
        }
        let mean = base + season;
        let off = day - mean;
        Self { mean, mean_slopes, off_level: off, off_season: off, level_off_slopes, season_off_slopes }
    }
}
