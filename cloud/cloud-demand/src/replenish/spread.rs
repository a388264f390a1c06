//! How much may be demanded over some days: a distribution told by quantiles.

use crate::forecast::{LEVELS, Quantiles};

/// Points that the distribution is kept by: the levels of forecasts and both ends.
const POINTS: usize = LEVELS.len() + 2;

/// The largest probability that is asked of a forecast: beyond its outermost level it says little.
pub(super) const LEVEL_MAX: f64 = 0.999;

/// The distribution of what is demanded over some days, in pieces or grams: its quantile function, straight between known points.
#[derive(Debug, Clone, PartialEq)]
pub(super) struct Spread {
    points: [(f64, f64); POINTS],
}

impl Spread {
    /// From the quantiles at [`LEVELS`]. Past the outermost ones the last stretch is drawn on, and never below zero.
    pub(super) fn new(quantiles: &Quantiles) -> Self {
        let last = LEVELS.len() - 1;
        let slope =
            |from: usize, to: usize| (quantiles[to] - quantiles[from]).max(0.0) / (LEVELS[to] - LEVELS[from]);
        let lowest = (quantiles[0] - slope(0, 1) * LEVELS[0]).max(0.0).min(quantiles[0]);
        let highest = quantiles[last] + slope(last - 1, last) * (1.0 - LEVELS[last]);
        let mut points = [(0.0, lowest); POINTS];
        for (place, (level, quantile)) in LEVELS.iter().zip(quantiles).enumerate() {
            // A forecast's quantiles never fall; one that does is held up.
            points[place + 1] = (*level, quantile.max(points[place].1));
        }
        points[POINTS - 1] = (1.0, highest.max(points[POINTS - 2].1));
        Self { points }
    }

    /// So much and no less or more.
    pub(super) fn certain(quantity: f64) -> Self {
        Self::new(&[quantity; LEVELS.len()])
    }

    /// One of several, each with its weight: what is demanded until a day that is itself unsure.
    pub(super) fn mixed(parts: &[(f64, Self)]) -> Self {
        let weight: f64 = parts.iter().map(|(weight, _)| weight).sum();
        let mixture = |of: &dyn Fn(&Self) -> f64| -> f64 {
            parts.iter().map(|(share, part)| share * of(part)).sum::<f64>() / weight
        };
        // Between any two points of any part all of them are straight, and so is their mixture.
        let mut known: Vec<f64> =
            parts.iter().flat_map(|(_, part)| part.points.map(|(_, point)| point)).collect();
        known.sort_unstable_by(f64::total_cmp);
        // Where all of a part lies on one point its probability jumps: such a point counts from below and from above.
        let both = |point: f64| {
            let (less, most) = (mixture(&|part| part.less(point)), mixture(&|part| 1.0 - part.above(point)));
            [(less, point), (most, point)]
        };
        let known: Vec<(f64, f64)> = known.into_iter().flat_map(both).collect();
        let quantiles = LEVELS.map(|level| {
            let right = known.partition_point(|(below, _)| *below < level).clamp(1, known.len() - 1);
            let ((from, low), (to, high)) = (known[right - 1], known[right]);
            let share = if to > from { (level - from) / (to - from) } else { 1.0 };
            low + (high - low) * share.clamp(0.0, 1.0)
        });
        Self::new(&quantiles)
    }

    /// What is not exceeded with a probability.
    pub(super) fn quantile(&self, probability: f64) -> f64 {
        let probability = probability.clamp(0.0, LEVEL_MAX);
        let right = self.points.partition_point(|(level, _)| *level <= probability).min(POINTS - 1);
        let ((from, low), (to, high)) = (self.points[right - 1], self.points[right]);
        low + (high - low) * (probability - from) / (to - from)
    }

    /// The probability of more than `quantity`.
    pub(super) fn above(&self, quantity: f64) -> f64 {
        1.0 - self.level(quantity, self.points.partition_point(|(_, point)| *point <= quantity))
    }

    /// The probability of less than `quantity`.
    fn less(&self, quantity: f64) -> f64 {
        self.level(quantity, self.points.partition_point(|(_, point)| *point < quantity))
    }

    /// The level of a quantity that lies before the point `right`.
    fn level(&self, quantity: f64, right: usize) -> f64 {
        if right == 0 {
            return 0.0;
        }
        if right == POINTS {
            return 1.0;
        }
        let ((from, low), (to, high)) = (self.points[right - 1], self.points[right]);
        from + (to - from) * (quantity - low) / (high - low)
    }

    /// How much is expected beyond `quantity`: the mean of what is short where no more is there.
    pub(super) fn beyond(&self, quantity: f64) -> f64 {
        let mut sum = 0.0;
        for pair in self.points.windows(2) {
            let ((from, low), (to, high)) = (pair[0], pair[1]);
            if high <= quantity {
                continue;
            }
            if low >= quantity {
                sum += (to - from) * (f64::midpoint(low, high) - quantity);
            } else {
                let share = (high - quantity) / (high - low);
                sum += (to - from) * share * (high - quantity) / 2.0;
            }
        }
        sum
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn even() -> Spread {
        // Anything from 0 to 100, each as likely.
        Spread::new(&LEVELS.map(|level| level * 100.0))
    }

    #[test]
    fn levels_are_joined_by_straight_lines() {
        let spread = even();
        assert!((spread.quantile(0.93) - 93.0).abs() < 1e-9);
        assert!((spread.quantile(0.001) - 0.1).abs() < 1e-9);
        assert!((spread.above(93.0) - 0.07).abs() < 1e-9);
        assert!((spread.quantile(1.0) - 99.9).abs() < 1e-9);
    }

    #[test]
    fn what_is_short_is_the_mean_beyond() {
        let spread = even();
        assert!((spread.beyond(0.0) - 50.0).abs() < 1e-9);
        assert!((spread.beyond(80.0) - 2.0).abs() < 1e-9);
        assert!(spread.beyond(100.0).abs() < 1e-9);
    }

    #[test]
    fn what_is_certain_has_no_spread() {
        let spread = Spread::certain(7.0);
        assert!((spread.quantile(0.01) - 7.0).abs() < 1e-12 && (spread.quantile(0.99) - 7.0).abs() < 1e-12);
        assert!((spread.above(6.9) - 1.0).abs() < 1e-12 && spread.above(7.0).abs() < 1e-12);
        assert!((spread.beyond(5.0) - 2.0).abs() < 1e-12);
    }

    #[test]
    fn a_mixture_lies_between_its_parts() {
        let mixed = Spread::mixed(&[(0.5, Spread::certain(10.0)), (0.5, Spread::certain(20.0))]);
        assert!((mixed.quantile(0.25) - 10.0).abs() < 1e-6);
        assert!((mixed.quantile(0.75) - 20.0).abs() < 1e-6);
    }
}
