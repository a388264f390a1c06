//! When sales arrive that nobody holds back: a Poisson process, spread evenly over the tills.

use std::time::Duration;

use rand::{RngExt as _, SeedableRng as _};
use rand_chacha::ChaCha8Rng;

/// One arrival after the other, for ever.
#[derive(Debug)]
pub struct Arrivals {
    rng: ChaCha8Rng,
    mean_gap_s: f64,
    tills: usize,
    at_s: f64,
}

impl Arrivals {
    /// So many a second over so many tills. Both must be more than 0.
    pub fn new(per_second: f64, tills: usize, seed: u64) -> Self {
        Self { rng: ChaCha8Rng::seed_from_u64(seed), mean_gap_s: 1.0 / per_second, tills, at_s: 0.0 }
    }
}

impl Iterator for Arrivals {
    /// When it arrives, counted from the beginning, and at which till.
    type Item = (Duration, usize);

    fn next(&mut self) -> Option<Self::Item> {
        // What is drawn lies in 0..1 without the 1, so the logarithm is finite.
        let drawn: f64 = self.rng.random_range(0.0..1.0);
        self.at_s -= self.mean_gap_s * (1.0 - drawn).ln();
        Some((Duration::from_secs_f64(self.at_s), self.rng.random_range(0..self.tills)))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn arrive_at_the_rate_and_at_every_till() {
        let all: Vec<_> = Arrivals::new(200.0, 4, 7).take_while(|(at, _)| at.as_secs() < 50).collect();
        // The deviation of such a count is its square root: 100.
        assert!((9_500..10_500).contains(&all.len()), "{} arrivals", all.len());
        assert!(all.is_sorted_by_key(|(at, _)| *at));
        for till in 0..4 {
            let here = all.iter().filter(|(_, at)| *at == till).count();
            assert!((2_200..2_800).contains(&here), "{here} at till {till}");
        }
        let again: Vec<_> = Arrivals::new(200.0, 4, 7).take(all.len()).collect();
        assert_eq!(all, again, "the same seed gives the same arrivals");
    }
}
