//! Waiting longer after each failure, at random.
//!
//! Full jitter: the wait is drawn evenly from nothing up to a bound that doubles with each failure. A thousand tills that lost
//! one cloud so come back evenly spread (M. Brooker, "Exponential Backoff and Jitter", AWS Architecture Blog, 2015).

/// How long to wait after failures in a row.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Backoff {
    /// The bound after the first failure, in milliseconds.
    pub first_ms: u64,
    /// The highest bound, in milliseconds.
    pub most_ms: u64,
}

impl Backoff {
    /// The wait in milliseconds after `failures` in a row (1 after the first). `random` is any evenly drawn number.
    pub fn wait_ms(&self, failures: u32, random: u64) -> u64 {
        let doublings = failures.saturating_sub(1).min(32);
        let bound = self.first_ms.saturating_mul(1 << doublings).min(self.most_ms);
        // Of 64 bits the remainder is even enough for a wait.
        random % (bound + 1)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_bound_doubles_up_to_the_highest() {
        let backoff = Backoff { first_ms: 100, most_ms: 1_000 };
        for (failures, bound) in [(1, 100), (2, 200), (3, 400), (4, 800), (5, 1_000), (1_000, 1_000)] {
            assert_eq!(backoff.wait_ms(failures, bound), bound, "all of it can come");
            assert_eq!(backoff.wait_ms(failures, bound + 1), 0, "and nothing of it");
        }
    }
}
