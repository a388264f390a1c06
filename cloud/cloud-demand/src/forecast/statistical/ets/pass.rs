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

    /// The products are added up above the diagonal only.
    fn mirror(&mut self) {
        for place in 0..P {
            for other in 0..place {
                self.products[place][other] = self.products[other][place];
            }
        }
    }

    fn add_block(&mut self, rows: &[[f64; P]; BLOCK]) {
        let [first, second, third, fourth] = rows;
        for (place, line) in self.products.iter_mut().enumerate() {
            let (a, b, c, d) = (first[place], second[place], third[place], fourth[place]);
            for other in place..P {
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
        let row = &mut rows[held];
        let mean = walk.step::<TRENDED, S>(*day, point, row);
        // The row holds the mean's slopes yet; the error's are turned round, and relative to the mean.
        let (error, turn) = if RELATIVE {
            // Written so that a mean that is no number is refused as well.
            if !(mean > LEAST && walk.sound) {
                return false;
            }
            logs.add(mean);
            let (inverse, ratio) = (1.0 / mean, day / mean);
            for lane in 0..P {
                sums.log_slopes[lane] += row[lane] * inverse;
            }
            (ratio - 1.0, -ratio * inverse)
        } else {
            (day - mean, -1.0)
        };
        sums.squares += error * error;
        for lane in 0..P {
            row[lane] *= turn;
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
    sums.mirror();
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

    /// Takes one day in; returns the mean that was expected of it, and leaves the mean's slopes.
    #[inline(always)]
    fn step<const TRENDED: bool, const S: u8>(
        &mut self,
        day: f64,
        point: &[f64; P],
        mean_slopes: &mut [f64; P],
    ) -> f64 {
        let (alpha, beta, gamma, phi) = (point[ALPHA], point[BETA], point[GAMMA], point[PHI]);
        let (trend, slot) = (self.state.trend, self.state.slot);
        let base = if TRENDED { self.state.level + phi * trend } else { self.state.level };
        let season = if S == NO_SEASON { 0.0 } else { self.state.season[slot] };
        if S == FACTORS {
            self.sound &= season > LEAST && base > LEAST;
        }
        let seen = Seen::new::<S>(day, base, season);
        if TRENDED {
            // The trend's damping moves the base by the trend itself.
            self.level_slopes[PHI] += trend;
        }
        let season_slopes = &mut self.season_slopes[slot];
        // All slopes in one round over the lanes: nothing is written that the next line reads back.
        for lane in 0..P {
            let mut base_slope = self.level_slopes[lane];
            if TRENDED {
                base_slope += phi * self.trend_slopes[lane];
            }
            let season_slope = if S == NO_SEASON { 0.0 } else { season_slopes[lane] };
            let (mean, off_level, off_season) = seen.slopes::<S>((base, base_slope), (season, season_slope));
            mean_slopes[lane] = mean;
            self.level_slopes[lane] = base_slope + alpha * off_level;
            if TRENDED {
                self.trend_slopes[lane] = phi * self.trend_slopes[lane] + beta * off_level;
            }
            if S != NO_SEASON {
                season_slopes[lane] = season_slope + gamma * off_season;
            }
        }
        self.level_slopes[ALPHA] += seen.off_level;
        self.state.level = base + alpha * seen.off_level;
        if TRENDED {
            self.trend_slopes[PHI] += trend;
            self.trend_slopes[BETA] += seen.off_level;
            self.state.trend = phi * trend + beta * seen.off_level;
        }
        if S != NO_SEASON {
            season_slopes[GAMMA] += seen.off_season;
            self.state.season[slot] = season + gamma * seen.off_season;
            self.state.slot = if slot + 1 == self.length { 0 } else { slot + 1 };
        }
        seen.mean
    }
}

/// What one day says.
struct Seen {
    mean: f64,
    /// How far the level and the season each were off by this day.
    off_level: f64,
    off_season: f64,
    /// How fast the level's error falls with the season's factor, and the season's with the level.
    by_season: f64,
    by_base: f64,
}

impl Seen {
    /// `base` is the level with its trend, `season` the season's part of the day.
    #[inline(always)]
    fn new<const S: u8>(day: f64, base: f64, season: f64) -> Self {
        if S == FACTORS {
            let (level, factor) = (day / season, day / base);
            return Self {
                mean: base * season,
                off_level: level - base,
                off_season: factor - season,
                by_season: level / season,
                by_base: factor / base,
            };
        }
        let mean = base + season;
        let off = day - mean;
        Self { mean, off_level: off, off_season: off, by_season: 1.0, by_base: 1.0 }
    }

    /// The slopes of the mean and of the two errors, by those of base and season.
    #[inline(always)]
    fn slopes<const S: u8>(&self, base: (f64, f64), season: (f64, f64)) -> (f64, f64, f64) {
        let ((base, base_slope), (season, season_slope)) = (base, season);
        if S == FACTORS {
            let mean = base_slope * season + base * season_slope;
            let off_level = -(base_slope + self.by_season * season_slope);
            return (mean, off_level, -(season_slope + self.by_base * base_slope));
        }
        let mean = base_slope + season_slope;
        (mean, -mean, -mean)
    }
}
