//! A clock that is set by hand.

use domain::time::{MonotonicMs, Now, WallMs};

/// Both clocks of a till; they move only when told to.
#[derive(Debug, Clone, Copy)]
pub struct ManualClock {
    now: Now,
}

impl ManualClock {
    /// Noon UTC of 2026-01-02, one minute after the till was switched on.
    pub fn new() -> Self {
        Self { now: Now { monotonic: MonotonicMs(60_000), wall: WallMs(1_767_355_200_000) } }
    }

    /// What it shows.
    pub fn now(&self) -> Now {
        self.now
    }

    /// Time passes; gives back what it shows then.
    pub fn advance_ms(&mut self, ms: u64) -> Now {
        self.now.monotonic = self.now.monotonic.plus_ms(ms);
        self.now.wall.0 += i64::try_from(ms).expect("a test does not last 292 million years");
        self.now
    }

    /// Somebody sets the wall clock; the monotonic clock does not notice.
    pub fn jump_wall_ms(&mut self, ms: i64) -> Now {
        self.now.wall.0 += ms;
        self.now
    }
}

impl Default for ManualClock {
    fn default() -> Self {
        Self::new()
    }
}
