//! The search for the parameters that make a history likeliest: Levenberg and Marquardt's method, kept inside the bounds.
//!
//! The likelihood of relative errors is a sum of squares as well, once each error is scaled by the geometric mean of the means
//! (Hyndman, Koehler, Ord and Snyder 2008, section 5.1: n log(sum of e^2) + 2 sum log|mean|), so one search serves both sorts.

use super::pass::{ALPHA, BETA, GAMMA, LEVEL, PHI, Sums};

/// The smoothing parameters' bounds, in the coordinates of the search: how much of the level's smoothing the trend's is, and how much of
/// what the level's leaves over the season's is. So no point between them breaks `beta < alpha` or `gamma < 1 - alpha`.
const LOWER: [f64; 4] = [1e-4, 1e-4, 1e-4, 0.8];
const UPPER: [f64; 4] = [0.9999, 0.9999, 0.9999, 0.98];

/// Walks that gain less of the sum of squares than this are the end.
const ENOUGH: f64 = 1e-6;

/// Where a search ended.
#[derive(Clone, Copy)]
pub(super) struct Lowest<const P: usize> {
    /// The point, in the search's coordinates.
    pub(super) point: [f64; P],
    /// What is lowest there: the sum of the squared, scaled errors.
    pub(super) value: f64,
    /// Whether nothing more is to be gained, by the search's own measure.
    pub(super) settled: bool,
}

/// A walk's sums at a raw point; `false` where the model cannot hold the days.
pub(super) type Look<'a, const P: usize> = &'a dyn Fn(&[f64; P], &mut Sums<P>) -> bool;

/// The point with the smoothing parameters themselves.
pub(super) fn raw<const P: usize>(point: &[f64; P]) -> [f64; P] {
    let mut raw = *point;
    raw[BETA] = point[BETA] * point[ALPHA];
    raw[GAMMA] = point[GAMMA] * (1.0 - point[ALPHA]);
    raw
}

/// Brings the smoothing parameters between their bounds.
pub(super) fn clamp<const P: usize>(point: &mut [f64; P], free: &[bool; P]) {
    for place in ALPHA..=PHI {
        if free[place] {
            point[place] = point[place].clamp(LOWER[place], UPPER[place]);
        }
    }
}

/// Goes down from `start` with so many walks through so many days, moving the `free` parameters only; `None` where the model cannot hold
/// the days even there.
pub(super) fn descend<const P: usize>(
    look: Look<'_, P>,
    relative: bool,
    (days, walks): (usize, usize),
    free: &[bool; P],
    start: [f64; P],
) -> Option<Lowest<P>> {
    let mut sums = Sums::zero();
    if !look(&raw(&start), &mut sums) {
        return None;
    }
    let mut point = start;
    let mut bowl = Bowl::new(&sums, days, relative, &point);
    let mut damping = 1e-3;
    let mut small_gains = 0;
    for _ in 0..walks {
        let mut next = point;
        let Some(step) = bowl.step(free, &point, damping) else { break };
        for place in 0..P {
            next[place] += step[place];
        }
        clamp(&mut next, free);
        let tried = look(&raw(&next), &mut sums).then(|| Bowl::new(&sums, days, relative, &next));
        match tried {
            Some(lower) if lower.value < bowl.value => {
                let gain = (bowl.value - lower.value) / bowl.value;
                (point, bowl) = (next, lower);
                damping = (damping * 0.2_f64).max(1e-9);
                small_gains = if gain < ENOUGH { small_gains + 1 } else { 0 };
            }
            _ => {
                damping *= 8.0;
                small_gains += usize::from(damping > 1e3);
            }
        }
        if small_gains >= 2 || damping > 1e7 {
            return Some(Lowest { point, value: bowl.value, settled: true });
        }
    }
    Some(Lowest { point, value: bowl.value, settled: false })
}

/// The bowl that the sum of squares looks like from one point.
struct Bowl<const P: usize> {
    value: f64,
    slopes: [f64; P],
    products: [[f64; P]; P],
}

impl<const P: usize> Bowl<P> {
    fn new(sums: &Sums<P>, days: usize, relative: bool, point: &[f64; P]) -> Self {
        let (mut slopes, mut products, mut value) = (sums.slopes, sums.products, sums.squares);
        if relative {
            let days = days as f64;
            let scale = (2.0 * sums.logs / days).exp();
            let tilt = sums.log_slopes.map(|slope| slope / days);
            for place in 0..P {
                for other in 0..P {
                    let mixed = sums.slopes[place] * tilt[other] + tilt[place] * sums.slopes[other];
                    let both = products[place][other] + mixed + sums.squares * tilt[place] * tilt[other];
                    products[place][other] = scale * both;
                }
                slopes[place] = scale * (sums.slopes[place] + sums.squares * tilt[place]);
            }
            value *= scale;
        }
        let mut bowl = Self { value, slopes, products };
        bowl.turn(point);
        bowl
    }

    /// From the raw parameters to the search's coordinates, by the chain rule.
    fn turn(&mut self, point: &[f64; P]) {
        let (alpha, beta, gamma) = (point[ALPHA], point[BETA], point[GAMMA]);
        let turn = |line: &mut [f64; P]| {
            line[ALPHA] += beta * line[BETA] - gamma * line[GAMMA];
            line[BETA] *= alpha;
            line[GAMMA] *= 1.0 - alpha;
        };
        turn(&mut self.slopes);
        self.products.iter_mut().for_each(turn);
        for other in 0..P {
            let mut column: [f64; P] = std::array::from_fn(|place| self.products[place][other]);
            turn(&mut column);
            for (line, turned) in self.products.iter_mut().zip(column).take(LEVEL) {
                line[other] = turned;
            }
        }
    }

    /// The step to the bottom, shortened by `damping`; parameters that a bound holds back stay.
    fn step(&self, free: &[bool; P], point: &[f64; P], damping: f64) -> Option<[f64; P]> {
        let mut moving = [0_usize; P];
        let mut count = 0;
        for place in 0..P {
            let held = place <= PHI
                && ((point[place] <= LOWER[place] && self.slopes[place] > 0.0)
                    || (point[place] >= UPPER[place] && self.slopes[place] < 0.0));
            if free[place] && !held {
                moving[count] = place;
                count += 1;
            }
        }
        let moving = &moving[..count];
        let mean =
            moving.iter().map(|place| self.products[*place][*place]).sum::<f64>() / count.max(1) as f64;
        let mut matrix = [[0.0; P]; P];
        let mut right = [0.0; P];
        for (line, place) in moving.iter().enumerate() {
            for (column, other) in moving.iter().enumerate() {
                matrix[line][column] = self.products[*place][*other];
            }
            matrix[line][line] += damping * matrix[line][line] + 1e-12 * mean + f64::MIN_POSITIVE;
            right[line] = -self.slopes[*place];
        }
        solve(&mut matrix, &mut right, count)?;
        let mut step = [0.0; P];
        for (line, place) in moving.iter().enumerate() {
            step[*place] = right[line];
        }
        Some(step)
    }
}

/// Solves a symmetric system of `count` equations in place (Cholesky); `None` where it has no one solution.
fn solve<const P: usize>(matrix: &mut [[f64; P]; P], right: &mut [f64; P], count: usize) -> Option<()> {
    for line in 0..count {
        for column in 0..=line {
            let mut sum = matrix[line][column];
            let (one, other) = (&matrix[line][..column], &matrix[column][..column]);
            sum -= one.iter().zip(other).map(|(one, other)| one * other).sum::<f64>();
            if line == column {
                // Written so that what is no number is refused as well.
                if !(sum > 0.0 && sum.is_finite()) {
                    return None;
                }
                matrix[line][line] = sum.sqrt();
            } else {
                matrix[line][column] = sum / matrix[column][column];
            }
        }
    }
    for line in 0..count {
        let known: f64 = matrix[line][..line].iter().zip(&*right).map(|(one, other)| one * other).sum();
        right[line] -= known;
        right[line] /= matrix[line][line];
    }
    for line in (0..count).rev() {
        let known: f64 = (line + 1..count).map(|inner| matrix[inner][line] * right[inner]).sum();
        right[line] -= known;
        right[line] /= matrix[line][line];
    }
    right[..count].iter().all(|one| one.is_finite()).then_some(())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn solves_a_small_system() {
        let mut matrix = [[4.0, 2.0, 0.0], [2.0, 3.0, 1.0], [0.0, 1.0, 2.0]];
        let mut right = [8.0, 11.0, 8.0];
        solve(&mut matrix, &mut right, 3).unwrap();
        for (found, meant) in right.iter().zip([1.0, 2.0, 3.0]) {
            assert!((found - meant).abs() < 1e-12);
        }
        let mut singular = [[1.0, 1.0], [1.0, 1.0]];
        assert!(solve(&mut singular, &mut [1.0, 2.0], 2).is_none());
    }
}
