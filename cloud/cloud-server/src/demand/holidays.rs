//! Public holidays that are known without anybody writing them down: those that the whole country has, on days that a rule gives.

use cloud_store::Holiday;
use domain::time::BusinessDay;

use super::days::{day_numbered, number_of};

/// A country whose holidays are known.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Country {
    /// Germany.
    De,
    /// Russia.
    Ru,
}

/// Holidays on fixed days: month, day, name.
const DE_FIXED: &[(u8, u8, &str)] = &[
    (1, 1, "Neujahr"),
    (5, 1, "Tag der Arbeit"),
    (10, 3, "Tag der Deutschen Einheit"),
    (12, 25, "1. Weihnachtstag"),
    (12, 26, "2. Weihnachtstag"),
];
/// Holidays that move with Easter: days after Easter Sunday.
const DE_EASTER: &[(i64, &str)] =
    &[(-2, "Karfreitag"), (1, "Ostermontag"), (39, "Christi Himmelfahrt"), (50, "Pfingstmontag")];
/// Labour Code of Russia, article 112; days off that are moved for a year are not foreseen here.
const RU_FIXED: &[(u8, u8, &str)] = &[
    (1, 1, "Новый год"),
    (1, 2, "Новогодние каникулы, 2 января"),
    (1, 3, "Новогодние каникулы, 3 января"),
    (1, 4, "Новогодние каникулы, 4 января"),
    (1, 5, "Новогодние каникулы, 5 января"),
    (1, 6, "Новогодние каникулы, 6 января"),
    (1, 7, "Рождество Христово"),
    (1, 8, "Новогодние каникулы, 8 января"),
    (2, 23, "День защитника Отечества"),
    (3, 8, "Международный женский день"),
    (5, 1, "Праздник Весны и Труда"),
    (5, 9, "День Победы"),
    (6, 12, "День России"),
    (11, 4, "День народного единства"),
];

impl Country {
    /// Reads `de` or `ru`; `None` for any other.
    pub(crate) fn from_word(word: &str) -> Option<Self> {
        match word {
            "de" => Some(Self::De),
            "ru" => Some(Self::Ru),
            _ => None,
        }
    }

    /// What the whole country has in a year.
    pub(crate) fn holidays(self, year: i16) -> Vec<Holiday> {
        let (fixed, moving) = match self {
            Self::De => (DE_FIXED, DE_EASTER),
            Self::Ru => (RU_FIXED, [].as_slice()),
        };
        let named = |day: BusinessDay, name: &str| Holiday { day, name: name.to_owned() };
        let fixed = fixed
            .iter()
            .map(|(month, day, name)| named(BusinessDay { year, month: *month, day: *day }, name));
        let easter = number_of(easter_sunday(year));
        let moving = moving.iter().map(|(after, name)| named(day_numbered(easter + after), name));
        fixed.chain(moving).collect()
    }
}

/// Easter Sunday of the Gregorian calendar (Meeus, Astronomical Algorithms, chapter 8).
fn easter_sunday(year: i16) -> BusinessDay {
    let y = i32::from(year);
    let (a, b, c) = (y % 19, y / 100, y % 100);
    let (d, e) = (b / 4, b % 4);
    let g = (b - (b + 8) / 25 + 1) / 3;
    let h = (19 * a + b - d - g + 15) % 30;
    let l = (32 + 2 * e + 2 * (c / 4) - h - c % 4) % 7;
    let m = (a + 11 * h + 22 * l) / 451;
    let sum = h + l - 7 * m + 114;
    let part = |value: i32| u8::try_from(value).unwrap_or(1);
    BusinessDay { year, month: part(sum / 31), day: part(sum % 31 + 1) }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn easter_is_where_the_calendar_has_it() {
        for (year, month, day) in [(2024, 3, 31), (2025, 4, 20), (2026, 4, 5), (2027, 3, 28), (2038, 4, 25)] {
            assert_eq!(easter_sunday(year), BusinessDay { year, month, day });
        }
    }

    #[test]
    fn a_country_has_its_holidays_once_each() {
        for (country, count) in [("de", 9), ("ru", 14)] {
            let holidays = Country::from_word(country).unwrap().holidays(2026);
            let days: std::collections::BTreeSet<_> = holidays.iter().map(|holiday| holiday.day).collect();
            assert_eq!((days.len(), holidays.len()), (count, count));
        }
        assert_eq!(Country::from_word("xx"), None);
    }
}
