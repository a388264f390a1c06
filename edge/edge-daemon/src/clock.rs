//! The two clocks of the till, read in one place.

use std::time::{Instant, SystemTime, UNIX_EPOCH};

use domain::time::{BusinessDay, MonotonicMs, Now, WallMs};
use jiff::tz::TimeZone;
use jiff::{Timestamp, ToSpan as _};

/// Reads the time. Copies share the monotonic zero: the moment the daemon started.
#[derive(Debug, Clone, Copy)]
pub struct Clock {
    zero: Instant,
}

impl Clock {
    /// Starts the monotonic clock.
    pub fn start() -> Self {
        Self { zero: Instant::now() }
    }

    /// Time that never jumps.
    pub fn monotonic(&self) -> MonotonicMs {
        MonotonicMs(u64::try_from(self.zero.elapsed().as_millis()).unwrap_or(u64::MAX))
    }

    /// The moment of a monotonic time.
    pub fn instant_of(&self, time: MonotonicMs) -> Instant {
        self.zero + std::time::Duration::from_millis(time.0)
    }

    /// Both clocks.
    pub fn now(&self) -> Now {
        Now { monotonic: self.monotonic(), wall: wall() }
    }
}

/// The time of day.
pub fn wall() -> WallMs {
    let signed = |ms: u128| i64::try_from(ms).unwrap_or(i64::MAX);
    WallMs(match SystemTime::now().duration_since(UNIX_EPOCH) {
        Ok(after) => signed(after.as_millis()),
        Err(before) => -signed(before.duration().as_millis()),
    })
}

/// RFC 3339 in UTC to the millisecond, for answers and logs.
pub fn rfc3339(time: WallMs) -> String {
    Timestamp::from_millisecond(time.0).map_or_else(|_| format!("{} ms", time.0), |t| format!("{t:.3}"))
}

/// When a trading day begins.
#[derive(Debug, Clone)]
pub struct DayRule {
    /// Where the shop is.
    pub zone: TimeZone,
    /// Minutes after local midnight at which the day changes.
    pub starts_after_min: u16,
}

impl DayRule {
    /// The rule of a configuration; `zone` is an IANA name or `system`.
    pub fn new(zone: &str, starts_after_min: u16) -> anyhow::Result<Self> {
        let zone = if zone == "system" {
            TimeZone::system()
        } else {
            TimeZone::get(zone).map_err(|error| {
                anyhow::anyhow!("[till] time_zone is `{zone}`: {error}; write an IANA name or \"system\"")
            })?
        };
        Ok(Self { zone, starts_after_min })
    }

    /// The trading day that a moment belongs to.
    pub fn day_of(&self, time: WallMs) -> BusinessDay {
        let moment = Timestamp::from_millisecond(time.0).unwrap_or(Timestamp::UNIX_EPOCH);
        let shifted =
            moment.to_zoned(self.zone.clone()).datetime() - i64::from(self.starts_after_min).minutes();
        let part = |value: i8| u8::try_from(value).expect("months and days count from 1");
        BusinessDay { year: shifted.year(), month: part(shifted.month()), day: part(shifted.day()) }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_small_hours_belong_to_the_day_before() {
        let rule = DayRule::new("Europe/Berlin", 4 * 60).unwrap();
        let day = |text: &str| {
            let moment: Timestamp = text.parse().unwrap();
            rule.day_of(WallMs(moment.as_millisecond())).to_string()
        };
        assert_eq!(day("2026-03-01T01:30:00Z"), "2026-02-28", "half past two in the night, local time");
        assert_eq!(day("2026-03-01T03:00:00Z"), "2026-03-01", "four o'clock, local time");
        assert_eq!(day("2026-07-01T01:59:59Z"), "2026-06-30", "one second before four, summer time");
        assert!(DayRule::new("Mars/Olympus", 0).is_err());
    }

    #[test]
    fn writes_times_in_utc() {
        assert_eq!(rfc3339(WallMs(1_767_323_045_067)), "2026-01-02T03:04:05.067Z");
    }
}
