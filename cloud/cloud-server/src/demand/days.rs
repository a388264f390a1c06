//! Days as numbers: what is computed with counts them from 1970-01-01, what is kept and shown names them.

use domain::time::{BusinessDay, WallMs};
use jiff::Timestamp;
use jiff::civil::Date;
use jiff::tz::TimeZone;

use crate::sourcing::day_of;

/// Milliseconds of a day that no clock change makes longer or shorter.
const DAY_MS: i64 = 86_400_000;

/// A day counted from 1970-01-01; a day that no calendar has is taken for that day.
pub(crate) fn number_of(day: BusinessDay) -> i64 {
    let part = |value: u8| i8::try_from(value).unwrap_or(1);
    let date = Date::new(day.year, part(day.month), part(day.day)).unwrap_or(jiff::civil::date(1970, 1, 1));
    let midnight = date.to_zoned(TimeZone::UTC).map(|zoned| zoned.timestamp().as_millisecond());
    midnight.unwrap_or(0).div_euclid(DAY_MS)
}

/// What [`number_of`] counted.
pub(crate) fn day_numbered(number: i64) -> BusinessDay {
    local_day(WallMs(number.saturating_mul(DAY_MS)), &TimeZone::UTC)
}

/// The day that clocks in a zone show.
pub(crate) fn local_day(at: WallMs, zone: &TimeZone) -> BusinessDay {
    day_of(local(at, zone).date())
}

/// When a day begins in a zone; `None` for a day that no calendar has.
pub(crate) fn start_of(day: BusinessDay, zone: &TimeZone) -> Option<WallMs> {
    let part = |value: u8| i8::try_from(value).ok();
    let date = Date::new(day.year, part(day.month)?, part(day.day)?).ok()?;
    Some(WallMs(date.to_zoned(zone.clone()).ok()?.timestamp().as_millisecond()))
}

/// The hour that clocks in a zone show.
pub(crate) fn local_hour(at: WallMs, zone: &TimeZone) -> u32 {
    u32::try_from(local(at, zone).hour()).unwrap_or(0)
}

/// The zone of a store; one that this machine does not know is taken for UTC, as the papers do.
pub(crate) fn zone_of(details: &cloud_store::StoreDetails) -> TimeZone {
    TimeZone::get(&details.time_zone).unwrap_or(TimeZone::UTC)
}

fn local(at: WallMs, zone: &TimeZone) -> jiff::Zoned {
    Timestamp::from_millisecond(at.0).unwrap_or(Timestamp::UNIX_EPOCH).to_zoned(zone.clone())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn counts_days_over_leap_years() {
        for (day, number) in
            [((1970, 1, 1), 0), ((1969, 12, 31), -1), ((2024, 2, 29), 19_782), ((2026, 1, 1), 20_454)]
        {
            let (year, month, day) = day;
            let day = BusinessDay { year, month, day };
            assert_eq!((number_of(day), day_numbered(number)), (number, day));
        }
    }

    #[test]
    fn a_day_begins_where_the_store_is() {
        let zone = TimeZone::get("Europe/Berlin").unwrap();
        // 2026-01-01 23:30 UTC.
        let at = WallMs(20_454 * DAY_MS + DAY_MS - 1_800_000);
        assert_eq!(number_of(local_day(at, &zone)), 20_455);
        assert_eq!(local_hour(at, &zone), 0);
    }
}
