//! Which backups are kept: of each of the last days, weeks and months that have any, the newest.

use std::collections::BTreeSet;

use domain::time::WallMs;
use jiff::Timestamp;
use jiff::tz::TimeZone;

const DAY_MS: i64 = 86_400_000;

/// How many are kept.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Policy {
    /// Days.
    pub daily: usize,
    /// Weeks, from Monday.
    pub weekly: usize,
    /// Months.
    pub monthly: usize,
}

/// Which of these moments are kept. Days begin at midnight UTC. The newest is always kept.
pub fn kept(made: &[WallMs], policy: Policy) -> BTreeSet<WallMs> {
    let mut newest_first: Vec<WallMs> = made.to_vec();
    newest_first.sort_unstable();
    newest_first.reverse();
    let mut kept: BTreeSet<WallMs> = newest_first.first().copied().into_iter().collect();
    let day = |at: WallMs| at.0.div_euclid(DAY_MS);
    // 1970-01-01 was a Thursday.
    let week = |at: WallMs| (day(at) + 3).div_euclid(7);
    keep_newest_of(&newest_first, policy.daily, day, &mut kept);
    keep_newest_of(&newest_first, policy.weekly, week, &mut kept);
    keep_newest_of(&newest_first, policy.monthly, month, &mut kept);
    kept
}

fn keep_newest_of(
    newest_first: &[WallMs],
    most: usize,
    period: impl Fn(WallMs) -> i64,
    kept: &mut BTreeSet<WallMs>,
) {
    let mut periods = BTreeSet::new();
    for at in newest_first {
        if periods.len() == most {
            return;
        }
        if periods.insert(period(*at)) {
            kept.insert(*at);
        }
    }
}

fn month(at: WallMs) -> i64 {
    let day = Timestamp::from_millisecond(at.0).unwrap_or(Timestamp::UNIX_EPOCH).to_zoned(TimeZone::UTC);
    i64::from(day.year()) * 12 + i64::from(day.month())
}

#[cfg(test)]
mod tests {
    use super::*;

    /// 2026-01-01 12:00 UTC, a Thursday.
    const START: i64 = 1_767_268_800_000;

    #[test]
    fn two_years_of_days_leave_days_weeks_and_months() {
        let policy = Policy { daily: 7, weekly: 4, monthly: 12 };
        let mut there: BTreeSet<WallMs> = BTreeSet::new();
        for number in 0..730 {
            there.insert(WallMs(START + number * DAY_MS));
            let all: Vec<WallMs> = there.iter().copied().collect();
            there = kept(&all, policy);
        }
        let ages: Vec<i64> = there.iter().rev().map(|at| 729 - (at.0 - START) / DAY_MS).collect();
        assert_eq!(ages[..7], [0, 1, 2, 3, 4, 5, 6]);
        // 2027-12-31 is a Friday: the weeks' last days are Sundays.
        assert_eq!(ages[7..10], [12, 19, 31], "{ages:?}");
        assert!((18..=23).contains(&ages.len()), "{ages:?}");
        assert!(*ages.last().unwrap() > 330, "{ages:?}");
    }

    #[test]
    fn the_newest_of_a_day_counts_and_one_is_always_kept() {
        let day = |day: i64, hour: i64| WallMs(START + day * DAY_MS + hour * 3_600_000);
        let made = [day(0, 0), day(0, 6), day(1, 0), day(1, 6)];
        let two = Policy { daily: 2, weekly: 0, monthly: 0 };
        assert_eq!(kept(&made, two), [day(0, 6), day(1, 6)].into());
        let none = Policy { daily: 0, weekly: 0, monthly: 0 };
        assert_eq!(kept(&made, none), [day(1, 6)].into());
        assert!(kept(&[], none).is_empty());
    }
}
