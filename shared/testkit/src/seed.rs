//! Random numbers that a failure can be repeated with.

use std::ops::{Deref, DerefMut};
use std::time::SystemTime;

use rand_chacha::ChaCha8Rng;
use rand_chacha::rand_core::SeedableRng as _;

/// Set this to the seed that a failed test printed, to run the same again.
pub const SEED_VARIABLE: &str = "TILLSIGHT_SEED";

/// A random number generator that prints its seed when the test it belongs to fails.
pub struct SeededRng {
    seed: u64,
    rng: ChaCha8Rng,
}

impl SeededRng {
    /// Seeded from [`SEED_VARIABLE`] if set, else differently each time.
    ///
    /// # Panics
    /// When the variable does not hold a whole number.
    pub fn from_env() -> Self {
        let seed = match std::env::var(SEED_VARIABLE) {
            Ok(text) => text
                .parse()
                .unwrap_or_else(|_| panic!("{SEED_VARIABLE} is `{text}`: set it to a whole number")),
            Err(_) => seed_of_now(),
        };
        Self::new(seed)
    }

    /// Seeded as told.
    pub fn new(seed: u64) -> Self {
        Self { seed, rng: ChaCha8Rng::seed_from_u64(seed) }
    }

    /// What it was seeded with.
    pub fn seed(&self) -> u64 {
        self.seed
    }
}

impl Deref for SeededRng {
    type Target = ChaCha8Rng;

    fn deref(&self) -> &ChaCha8Rng {
        &self.rng
    }
}

impl DerefMut for SeededRng {
    fn deref_mut(&mut self) -> &mut ChaCha8Rng {
        &mut self.rng
    }
}

impl Drop for SeededRng {
    fn drop(&mut self) {
        if std::thread::panicking() {
            eprintln!("the seed was {}: repeat with {SEED_VARIABLE}={}", self.seed, self.seed);
        }
    }
}

fn seed_of_now() -> u64 {
    let since =
        SystemTime::now().duration_since(SystemTime::UNIX_EPOCH).expect("the clock is set to after 1970");
    // Nanoseconds of the low half differ from run to run; the high half is the same for years.
    since.as_nanos() as u64
}
