//! Chance that can be repeated: numbers that follow from a seed alone.

/// A sequence of numbers made of a seed (Steele, Lea, Flood: Fast splittable pseudorandom number generators, 2014: SplitMix64).
#[derive(Debug, Clone)]
pub(super) struct Draw(u64);

impl Draw {
    /// The sequence of some numbers: the same ones give the same sequence.
    pub(super) fn of(parts: &[u64]) -> Self {
        let mut draw = Self(0);
        for part in parts {
            draw.0 ^= *part;
            draw.0 = draw.next();
        }
        draw
    }

    /// The next number from 0 to below 1.
    pub(super) fn share(&mut self) -> f64 {
        // As many bits as a float holds exactly.
        (self.next() >> 11) as f64 / (1_u64 << 53) as f64
    }

    fn next(&mut self) -> u64 {
        self.0 = self.0.wrapping_add(0x9e37_79b9_7f4a_7c15);
        let mut mixed = self.0;
        mixed = (mixed ^ (mixed >> 30)).wrapping_mul(0xbf58_476d_1ce4_e5b9);
        mixed = (mixed ^ (mixed >> 27)).wrapping_mul(0x94d0_49bb_1331_11eb);
        mixed ^ (mixed >> 31)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_same_seed_is_the_same_sequence_and_another_one_is_not() {
        let three = |seed| {
            let mut draw = Draw::of(&[seed, 1]);
            [draw.share(), draw.share(), draw.share()]
        };
        assert_eq!(three(1).map(f64::to_bits), three(1).map(f64::to_bits));
        assert_ne!(three(1).map(f64::to_bits), three(2).map(f64::to_bits));
    }

    #[test]
    fn shares_are_spread_evenly() {
        let mut draw = Draw::of(&[7]);
        let mean: f64 = (0..10_000).map(|_| draw.share()).sum::<f64>() / 10_000.0;
        assert!((mean - 0.5).abs() < 0.02, "{mean}");
    }
}
