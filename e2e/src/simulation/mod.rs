//! Three tills and a cloud, simulated over `sync-core`: days of sales in milliseconds, under everything a network, a power
//! line and a clock can do.
//!
//! The state machines are the real ones; what surrounds them is made of a seed: messages are lost, doubled and overtaken,
//! lines are cut for weeks, tills and the cloud crash between any two steps, are restored from old copies, and clocks are
//! set. Afterwards the six invariants are looked at ([`invariants`]). The same seed is the same run.
//!
//! Read [`world`] first.

mod books;
mod cloud;
mod event;
mod invariants;
mod till;
mod weather;
mod world;

use rand::SeedableRng as _;
use rand_chacha::ChaCha8Rng;
use rayon::prelude::*;
use serde::Serialize;

/// Days that one world lasts; then it is looked at and another one begins.
const WORLD_DAYS: u64 = 20;

/// What came of a simulation.
#[derive(Debug, Default, Serialize)]
pub struct Outcome {
    /// Simulated days.
    pub days: u64,
    /// What it was made of.
    pub seed: u64,
    /// Everything that was not as it must be, with the world it happened in.
    pub violations: Vec<String>,
    /// Sales that tills completed.
    pub sales: u64,
    /// Sales that the cloud booked.
    pub booked: u64,
    /// What happened to them on the way.
    #[serde(flatten)]
    pub troubles: Troubles,
}

/// How often what went wrong.
#[derive(Debug, Default, Clone, Copy, Serialize)]
pub struct Troubles {
    /// Messages that never arrived.
    pub dropped: u64,
    /// Messages that arrived twice.
    pub duplicated: u64,
    /// Lines cut.
    pub partitions: u64,
    /// Tills that crashed.
    pub till_crashes: u64,
    /// Crashes of the cloud, between any two steps.
    pub cloud_crashes: u64,
    /// Tills that came back with an older copy of their disk.
    pub till_restores: u64,
    /// The cloud, likewise.
    pub cloud_restores: u64,
    /// Clocks that were set.
    pub clock_steps: u64,
    /// Records that no one can read.
    pub poisoned: u64,
    /// Records with the id of another sale.
    pub conflicting: u64,
    /// Sales that reached the cloud more than once.
    pub repeated: u64,
}

/// Simulates `days` days, in worlds of twenty. With a `careless` cloud, which acks before it commits, sales must be lost.
pub fn run(days: u64, seed: u64, careless: bool) -> Outcome {
    let worlds = days.div_ceil(WORLD_DAYS);
    let parts: Vec<Outcome> = (0..worlds)
        .into_par_iter()
        .map(|number| {
            let days = WORLD_DAYS.min(days - number * WORLD_DAYS);
            let mut rng = ChaCha8Rng::seed_from_u64(seed);
            rng.set_stream(number);
            let mut part = world::run(rng, days, careless);
            for violation in &mut part.violations {
                *violation = format!("seed {seed}, world {number}: {violation}");
            }
            part
        })
        .collect();
    parts.into_iter().fold(Outcome { seed, ..Outcome::default() }, Outcome::plus)
}

impl Outcome {
    fn plus(mut self, other: Self) -> Self {
        self.days += other.days;
        self.violations.extend(other.violations);
        self.sales += other.sales;
        self.booked += other.booked;
        self.troubles = self.troubles.plus(other.troubles);
        self
    }
}

impl Troubles {
    fn plus(self, other: Self) -> Self {
        Self {
            dropped: self.dropped + other.dropped,
            duplicated: self.duplicated + other.duplicated,
            partitions: self.partitions + other.partitions,
            till_crashes: self.till_crashes + other.till_crashes,
            cloud_crashes: self.cloud_crashes + other.cloud_crashes,
            till_restores: self.till_restores + other.till_restores,
            cloud_restores: self.cloud_restores + other.cloud_restores,
            clock_steps: self.clock_steps + other.clock_steps,
            poisoned: self.poisoned + other.poisoned,
            conflicting: self.conflicting + other.conflicting,
            repeated: self.repeated + other.repeated,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::run;

    #[test]
    fn days_of_faults_lose_and_double_nothing() {
        let outcome = run(100, 7, false);
        assert_eq!(outcome.violations, [""; 0]);
        let troubles = outcome.troubles;
        assert!(
            outcome.sales > 1_000 && troubles.dropped > 100 && troubles.cloud_crashes > 10,
            "{outcome:?}"
        );
    }

    #[test]
    fn a_cloud_that_acks_before_it_commits_is_caught() {
        let outcome = run(100, 7, true);
        assert!(outcome.violations.iter().any(|violation| violation.contains("acked sales")), "{outcome:?}");
    }

    #[test]
    fn the_same_seed_is_the_same_run() {
        assert_eq!(format!("{:?}", run(40, 3, false)), format!("{:?}", run(40, 3, false)));
    }
}
