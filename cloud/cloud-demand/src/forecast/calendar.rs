//! Days as people count them, from days counted from 1970-01-01.

use super::all::Holiday;

/// A day of the Gregorian calendar.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct Date {
    pub(crate) year: i64,
    /// 1 to 12.
    pub(crate) month: u8,
    /// 1 to 31.
    pub(crate) day: u8,
}

impl Date {
    /// The date of a day (Hinnant, "chrono-compatible low-level date algorithms", 2013).
    pub(crate) fn of(day: i64) -> Self {
        let shifted = day + 719_468;
        let era = shifted.div_euclid(146_097);
        let within = shifted.rem_euclid(146_097);
        let year = (within - within / 1_460 + within / 36_524 - within / 146_096) / 365;
        let day_of_year = within - (365 * year + year / 4 - year / 100);
        let march = (5 * day_of_year + 2) / 153;
        let month = if march < 10 { march + 3 } else { march - 9 };
        let year = year + era * 400 + i64::from(month <= 2);
        Self { year, month: month as u8, day: (day_of_year - (153 * march + 2) / 5 + 1) as u8 }
    }

    /// The day of a date; `None` where the calendar has no such date.
    pub(crate) fn number(self) -> Option<i64> {
        let year = self.year - i64::from(self.month <= 2);
        let era = year.div_euclid(400);
        let of_era = year.rem_euclid(400);
        let march = (i64::from(self.month) + 9) % 12;
        let day_of_year = (153 * march + 2) / 5 + i64::from(self.day) - 1;
        let number = era * 146_097 + of_era * 365 + of_era / 4 - of_era / 100 + day_of_year - 719_468;
        (Self::of(number) == self).then_some(number)
    }
}

/// 0 for Monday, 6 for Sunday.
pub(crate) fn weekday(day: i64) -> usize {
    // 1970-01-01 was a Thursday.
    (day + 3).rem_euclid(7) as usize
}

/// Holidays by day.
#[derive(Debug, Clone, PartialEq)]
pub(crate) struct Holidays {
    sorted: Vec<Holiday>,
}

/// How far away a holiday is still felt, in days.
pub(crate) const HOLIDAY_REACH: i64 = 21;

impl Holidays {
    pub(crate) fn new(holidays: &[Holiday]) -> Self {
        let mut sorted = holidays.to_vec();
        sorted.sort_unstable();
        sorted.dedup();
        Self { sorted }
    }

    /// The next holiday from a day on, that day included, within reach.
    pub(crate) fn next(&self, day: i64) -> Option<Holiday> {
        let at = self.sorted.partition_point(|holiday| holiday.day < day);
        self.sorted.get(at).copied().filter(|holiday| holiday.day - day <= HOLIDAY_REACH)
    }

    /// The last holiday up to a day, that day included, within reach.
    pub(crate) fn last(&self, day: i64) -> Option<Holiday> {
        let at = self.sorted.partition_point(|holiday| holiday.day <= day).checked_sub(1)?;
        self.sorted.get(at).copied().filter(|holiday| day - holiday.day <= HOLIDAY_REACH)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn days_and_dates_are_the_same_both_ways() {
        for day in -200_000..200_000 {
            assert_eq!(Date::of(day).number(), Some(day));
        }
        assert_eq!(Date::of(0), Date { year: 1970, month: 1, day: 1 });
        assert_eq!(Date { year: 2022, month: 8, day: 5 }.number(), Some(19_209));
        assert_eq!(Date { year: 2023, month: 2, day: 29 }.number(), None);
        assert_eq!(weekday(19_209), 4);
    }

    #[test]
    fn a_holiday_is_felt_before_and_after() {
        let holidays = Holidays::new(&[Holiday { day: 465, kind: 1 }, Holiday { day: 100, kind: 1 }]);
        assert_eq!(holidays.next(90).map(|holiday| holiday.day), Some(100));
        assert_eq!(holidays.next(100), holidays.last(100));
        assert_eq!(holidays.last(110).map(|holiday| holiday.day), Some(100));
        assert_eq!(holidays.next(101), None);
    }
}
