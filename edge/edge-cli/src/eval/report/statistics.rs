//! What chance alone makes of figures: intervals and paired tests.

use rand::{RngExt as _, SeedableRng as _};
use rand_chacha::ChaCha8Rng;
use serde::Serialize;

/// How often the photos are drawn anew.
pub(super) const DRAWS: u64 = 1000;
/// The quantile of the normal distribution that leaves 2.5 % above it.
const Z: f64 = 1.959_963_984_540_054;
/// What is left out on each side of an interval.
const TAIL: f64 = 0.025;

/// Where a figure lies, as far as so few photos can tell: 95 %.
#[derive(Debug, Clone, Copy, PartialEq, Serialize)]
pub(super) struct Interval {
    pub(super) low: f64,
    pub(super) high: f64,
}

/// The interval of a share (Wilson, JASA 1927); `None` of nothing.
pub(super) fn wilson(hits: usize, of: usize) -> Option<Interval> {
    if of == 0 {
        return None;
    }
    let (n, share) = (of as f64, hits as f64 / of as f64);
    let centre = share + Z * Z / (2.0 * n);
    let reach = Z * (share * (1.0 - share) / n + Z * Z / (4.0 * n * n)).sqrt();
    let scale = 1.0 + Z * Z / n;
    Some(Interval { low: ((centre - reach) / scale).max(0.0), high: ((centre + reach) / scale).min(1.0) })
}

/// How likely so uneven a split is when neither is better (McNemar's test, exact, two-sided): `first` photos that only
/// the first got right, `second` that only the second did.
pub(super) fn mcnemar(first: usize, second: usize) -> f64 {
    let of = first + second;
    // Added up from logarithms: 0.5 to the power of some thousand photos is no number.
    let mut term = of as f64 * 0.5_f64.ln();
    let mut tail = 0.0;
    for place in 0..=first.min(second) {
        tail += term.exp();
        term += ((of - place) as f64 / (place + 1) as f64).ln();
    }
    (2.0 * tail).min(1.0)
}

/// The photos of draw number `draw`, by their places: as many as there are, with repeats (Efron, 1979). Equal for all
/// models, so that their figures can be compared draw by draw.
pub(super) fn draw_photos(photos: usize, seed: u64, draw: u64) -> Vec<usize> {
    let mut random = ChaCha8Rng::seed_from_u64(seed);
    random.set_stream(draw);
    (0..photos).map(|_| random.random_range(0..photos)).collect()
}

/// The middle 95 % of what the draws gave; `None` of nothing.
pub(super) fn middle(mut values: Vec<f64>) -> Option<Interval> {
    values.sort_by(f64::total_cmp);
    let last = values.len().checked_sub(1)?;
    // Both places lie within the list.
    let at = |share: f64| values[(share * last as f64).round() as usize];
    Some(Interval { low: at(TAIL), high: at(1.0 - TAIL) })
}

/// How likely so large a difference is when there is none, from the differences of the draws; `None` of nothing.
pub(super) fn two_sided(differences: &[f64]) -> Option<f64> {
    let side = |holds: fn(f64) -> bool| differences.iter().filter(|value| holds(**value)).count();
    let rarer = side(|value| value <= 0.0).min(side(|value| value >= 0.0));
    let drawn = differences.len();
    (drawn > 0).then(|| (2.0 * (rarer + 1) as f64 / (drawn + 1) as f64).min(1.0))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn close(value: f64, expected: f64) -> bool {
        (value - expected).abs() < 5e-4
    }

    #[test]
    fn gives_the_interval_of_a_share() {
        for (hits, of, low, high) in [(10, 10, 0.7225, 1.0), (0, 10, 0.0, 0.2775), (81, 263, 0.2553, 0.3662)]
        {
            let found = wilson(hits, of).unwrap();
            assert!(close(found.low, low) && close(found.high, high), "{hits} of {of}: {found:?}");
        }
        assert_eq!(wilson(0, 0), None);
    }

    #[test]
    fn tells_an_uneven_split_from_chance() {
        for (first, second, expected) in [(0, 0, 1.0), (5, 5, 1.0), (0, 5, 0.0625), (1, 9, 0.0215)] {
            assert!(close(mcnemar(first, second), expected), "{first}, {second}: {}", mcnemar(first, second));
        }
        assert!(close(mcnemar(2000, 2000), 1.0));
        assert!(mcnemar(1500, 2500) < 1e-12);
    }

    #[test]
    fn draws_the_same_photos_for_every_model_and_others_each_time() {
        assert_eq!(draw_photos(50, 1, 3), draw_photos(50, 1, 3));
        assert_ne!(draw_photos(50, 1, 3), draw_photos(50, 1, 4));
        assert!(draw_photos(50, 1, 3).iter().all(|&place| place < 50));
    }

    #[test]
    fn cuts_off_both_tails() {
        let found = middle((0..=1000).map(f64::from).collect()).unwrap();
        assert!(close(found.low, 25.0) && close(found.high, 975.0), "{found:?}");
        assert_eq!(middle(Vec::new()), None);
        assert_eq!(two_sided(&[0.0; 100]), Some(1.0));
        assert!(two_sided(&[0.1; 999]).unwrap() < 0.01);
        assert_eq!(two_sided(&[]), None);
    }
}
