//! How bad a world is: drawn once for each.

use rand::RngExt as _;
use rand_chacha::ChaCha8Rng;

/// Chances and measures of a world.
#[derive(Debug, Clone, Copy)]
pub(super) struct Weather {
    /// Chance that a message is lost.
    pub(super) drop: f64,
    /// Chance that a message arrives twice.
    pub(super) duplicate: f64,
    /// The slowest message, in milliseconds; each takes anything up to it, so that they overtake each other.
    pub(super) latency_ms: u64,
    /// The longest commit of the cloud, in milliseconds.
    pub(super) commit_ms: u64,
    /// Chance that the cloud's store cannot commit.
    pub(super) unavailable: f64,
    /// Mean time between two crashes of a till, of the cloud, and between two cuts of a line, in milliseconds.
    pub(super) till_crash_ms: u64,
    pub(super) cloud_crash_ms: u64,
    pub(super) cut_ms: u64,
    /// The longest cut, in milliseconds.
    pub(super) cut_most_ms: u64,
    /// Chance that a crashed till comes back with an older copy of its disk.
    pub(super) till_restore: f64,
    /// Chance that a crashed cloud does.
    pub(super) cloud_restore: f64,
    /// Chance that a sale cannot be read, or has another's id.
    pub(super) poison: f64,
    pub(super) conflict: f64,
    /// Sales a till makes a day, on average.
    pub(super) sales_a_day: u64,
}

const HOUR_MS: u64 = 3_600_000;
pub(super) const DAY_MS: u64 = 24 * HOUR_MS;

impl Weather {
    pub(super) fn drawn(rng: &mut ChaCha8Rng) -> Self {
        let restores: u8 = rng.random_range(0..3);
        let mut chance = |most: f64| if rng.random_bool(0.3) { 0.0 } else { rng.random_range(0.0..most) };
        let (drop, duplicate, unavailable) = (chance(0.3), chance(0.3), chance(0.2));
        let (poison, conflict) = (chance(0.02), chance(0.02));
        Self {
            drop,
            duplicate,
            latency_ms: rng.random_range(1..5_000),
            commit_ms: rng.random_range(1..2_000),
            unavailable,
            till_crash_ms: rng.random_range(HOUR_MS..5 * DAY_MS),
            cloud_crash_ms: rng.random_range(HOUR_MS..5 * DAY_MS),
            cut_ms: rng.random_range(HOUR_MS..5 * DAY_MS),
            cut_most_ms: rng.random_range(60_000..10 * DAY_MS),
            // Who restores both sides from old copies may lose what lay between them: that is no fault of the protocol.
            till_restore: if restores == 1 { 0.3 } else { 0.0 },
            cloud_restore: if restores == 2 { 0.3 } else { 0.0 },
            poison,
            conflict,
            sales_a_day: rng.random_range(1..80),
        }
    }

    /// What it becomes in the end, so that everything can arrive.
    pub(super) fn calm(self) -> Self {
        Self { drop: 0.0, duplicate: 0.0, latency_ms: 50, commit_ms: 20, unavailable: 0.0, ..self }
    }
}
