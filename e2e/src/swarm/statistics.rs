//! Quantiles of what was measured.

/// The smallest value that at least `share` of all are not above (nearest rank); 0 where there is none.
pub fn quantile(sorted: &[u64], share: f64) -> u64 {
    let rank = (sorted.len() as f64 * share).ceil() as usize;
    sorted.get(rank.saturating_sub(1)).or(sorted.last()).copied().unwrap_or(0)
}

/// How long things took, from microseconds.
#[derive(Debug, Clone, Copy, PartialEq, Default)]
pub struct Spread {
    /// Half of them took no longer, in milliseconds.
    pub p50_ms: f64,
    /// All but one in a hundred took no longer, in milliseconds.
    pub p99_ms: f64,
    /// The longest, in milliseconds.
    pub max_ms: f64,
}

impl Spread {
    /// Of these times, in any order.
    pub fn of(mut times_us: Vec<u64>) -> Self {
        times_us.sort_unstable();
        let at = |share| milliseconds(quantile(&times_us, share));
        Self { p50_ms: at(0.5), p99_ms: at(0.99), max_ms: at(1.0) }
    }
}

/// Microseconds as milliseconds with two decimals.
pub fn milliseconds(us: u64) -> f64 {
    rounded(us as f64 / 1000.0)
}

/// Two decimals, for reports.
pub fn rounded(value: f64) -> f64 {
    (value * 100.0).round() / 100.0
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn quantiles_are_values_that_occurred() {
        for (values, share, expected) in [
            (&[][..], 0.5, 0),
            (&[7], 0.5, 7),
            (&[1, 2], 0.5, 1),
            (&[1, 2, 3], 0.5, 2),
            (&[1, 2, 3, 4], 0.99, 4),
            (&[1, 2, 3, 4], 0.0, 1),
            (&[1, 2, 3, 4], 1.0, 4),
        ] {
            assert_eq!(quantile(values, share), expected, "{share} of {values:?}");
        }
        let spread = Spread::of((1..=1000).rev().map(|ms| ms * 1000).collect());
        assert_eq!(spread, Spread { p50_ms: 500.0, p99_ms: 990.0, max_ms: 1000.0 });
        let short = Spread::of(vec![1_239]);
        assert_eq!(short, Spread { p50_ms: 1.24, p99_ms: 1.24, max_ms: 1.24 });
    }
}
