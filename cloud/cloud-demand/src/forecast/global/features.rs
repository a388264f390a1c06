//! What the common model is told about a day: everything that is known when the forecast is made, and nothing that is not.
//!
//! What is counted in pieces is told in parts of the series' own level at that time, so that one model fits large series and small ones.

use super::super::all::History;
use super::super::calendar::{Date, HOLIDAY_REACH, Holidays, weekday};
use super::windows::Windows;

/// The windows, in days, over which what was sold is averaged.
const WINDOWS: [usize; 6] = [7, 14, 28, 56, 112, 364];

/// Windows over which spread is told.
const SPREADS: [usize; 3] = [7, 28, 56];

/// How many weeks back the same weekday is looked at.
const WEEKS: [usize; 4] = [1, 2, 4, 8];

/// How many of the last days are told one by one.
const LAST_DAYS: usize = 7;

/// How many of the same weekdays before the day are told one by one: with a horizon of two weeks these are the lags 7 to 42.
const SAME_WEEKDAYS: usize = 5;

/// A year that keeps weekdays.
const YEAR: usize = 364;

/// How many features a day has.
pub(super) const WIDTH: usize = 63;

/// What can be told as if it were as usual, to see what it is worth.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Usual {
    /// No holiday is near.
    Holiday,
    /// The price is what it was.
    Price,
    /// Nothing is promoted.
    Promotion,
    /// The time of the year is that of the last day that is known.
    Season,
}

/// Where growth a year ago is told, of the series and of its store.
const YEAR_AGO: std::ops::Range<usize> = 37..43;

/// Where the time of the year is told.
const SEASON: std::ops::Range<usize> = 52..55;

/// Where the days to and from a holiday are told; the two kinds come after them.
const HOLIDAY: std::ops::Range<usize> = 55..57;

/// Where prices are told.
const PRICE: std::ops::Range<usize> = 59..61;

/// Where it is told whether there is a promotion.
const PROMOTION: usize = 61;

impl Usual {
    pub(super) const ALL: [Self; 4] = [Self::Holiday, Self::Price, Self::Promotion, Self::Season];

    /// Changes a day's features as if this were as usual; `today` are those of the first day ahead.
    pub(super) fn pretend(self, row: &mut [f32], today: &[f32]) {
        match self {
            Self::Holiday => {
                row[HOLIDAY].fill((HOLIDAY_REACH + 1) as f32);
                row[HOLIDAY.end..HOLIDAY.end + 2].fill(f32::NAN);
            }
            Self::Price => {
                row[PRICE].iter_mut().filter(|price| !price.is_nan()).for_each(|price| *price = 1.0)
            }
            Self::Promotion => row[PROMOTION] = 0.0,
            Self::Season => {
                row[SEASON].copy_from_slice(&today[SEASON]);
                row[YEAR_AGO].copy_from_slice(&today[YEAR_AGO]);
            }
        }
    }
}

/// A series and the sums that its features are made of.
#[derive(Debug)]
pub(super) struct Described<'a> {
    history: &'a History,
    windows: Windows,
    prices: Vec<f64>,
}

/// What does not depend on one series.
#[derive(Debug)]
pub(super) struct Surroundings {
    pub(super) holidays: Holidays,
    /// By store number: the first day of any of its series, and the sums of all that it sold.
    pub(super) stores: std::collections::BTreeMap<u32, (i64, Windows)>,
}

impl<'a> Described<'a> {
    pub(super) fn new(history: &'a History) -> Self {
        let windows = Windows::new(&history.values, &history.open);
        let logs = history.price.iter().scan(0.0, |sum, price| {
            *sum += price;
            Some(*sum)
        });
        let prices = std::iter::once(0.0).chain(logs).collect();
        Self { history, windows, prices }
    }

    /// The level of the series when its first `known` days are known: above zero where anything was sold.
    pub(super) fn level(&self, known: usize) -> f64 {
        let mean = |window: usize| self.windows.mean(known.saturating_sub(window), known).unwrap_or(0.0);
        0.5 * mean(28) + 0.35 * mean(56) + 0.15 * mean(known)
    }

    /// Writes the features of day `target` of the series into `row`, with the first `known` days known (`known <= target`).
    pub(super) fn describe(&self, around: &Surroundings, known: usize, target: usize, row: &mut Vec<f32>) {
        let start = row.len();
        let level = self.level(known).max(1e-9);
        let mut told = |value: Option<f64>| row.push(value.map_or(f32::NAN, |value| value as f32));
        told(Some((target - known + 1) as f64));
        told(Some(level.ln()));
        told(Some(known.min(1_000) as f64));
        self.past(known, target, level, &mut told);
        self.year_ago(around, known, target, &mut told);
        self.store(around, known, target, &mut told);
        self.calendar(around, target, &mut told);
        self.price(known, target, &mut told);
        debug_assert_eq!(row.len() - start, WIDTH);
    }

    fn past(&self, known: usize, target: usize, level: f64, told: &mut impl FnMut(Option<f64>)) {
        let sums = &self.windows;
        let back = |days: usize| known.checked_sub(days);
        for days in 1..=LAST_DAYS {
            told(back(days).and_then(|day| sums.mean(day, day + 1)).map(|value| value / level));
        }
        // The nearest day of the same weekday that is known.
        let weeks_ahead = (target - known) / 7 + 1;
        let same = |week: usize| target.checked_sub(7 * (weeks_ahead + week));
        for week in 0..SAME_WEEKDAYS {
            told(same(week).and_then(|day| sums.mean(day, day + 1)).map(|value| value / level));
        }
        for weeks in WEEKS {
            told(sums.mean_of((0..weeks).filter_map(same)).map(|value| value / level));
        }
        told(sums.zero_share_of((0..8).filter_map(same)));
        for window in WINDOWS {
            told(back(window).and_then(|from| sums.mean(from, known)).map(|value| value / level));
            told(sums.zero_share(known.saturating_sub(window), known));
        }
        for window in SPREADS {
            told(back(window).and_then(|from| sums.deviation(from, known)).map(|value| value / level));
        }
        told(sums.mean(0, known).map(|value| value / level));
        told(sums.days_since_sale(known).map(|days| days.min(400) as f64));
    }

    fn year_ago(
        &self,
        around: &Surroundings,
        known: usize,
        target: usize,
        told: &mut impl FnMut(Option<f64>),
    ) {
        told(growth(&self.windows, known, target, 0));
        told(growth(&self.windows, known, target, 3));
        told(growth(&self.windows, known, target, 10));
        let store = self.store_sums(around);
        let shifted = |day: usize| store.and_then(|(shift, _)| usize::try_from(day as i64 + shift).ok());
        for reach in [0, 3, 10] {
            let there = shifted(known).zip(shifted(target)).zip(store);
            told(there.and_then(|((known, target), (_, sums))| growth(sums, known, target, reach)));
        }
    }

    fn store_sums<'b>(&self, around: &'b Surroundings) -> Option<(i64, &'b Windows)> {
        let (first, sums) = around.stores.get(&self.history.store)?;
        Some((self.history.first_day - first, sums))
    }

    /// How the whole store does: a series that sells rarely says little about the day itself.
    fn store(&self, around: &Surroundings, known: usize, target: usize, told: &mut impl FnMut(Option<f64>)) {
        let Some((shift, sums)) = self.store_sums(around) else {
            (0..6).for_each(|_| told(None));
            return;
        };
        let known_there = (known as i64 + shift).max(0) as usize;
        let target_there = (target as i64 + shift).max(0) as usize;
        let back = |window: usize| sums.mean(known_there.saturating_sub(window), known_there);
        let ratio = |one: Option<f64>, other: Option<f64>| {
            one.zip(other).filter(|(_, other)| *other > 0.0).map(|(one, other)| one / other)
        };
        told(ratio(back(3), back(28)));
        told(ratio(back(7), back(28)));
        told(ratio(back(28), back(56)));
        let weeks_ahead = (target_there - known_there) / 7 + 1;
        let same = |week: usize| target_there.checked_sub(7 * (weeks_ahead + week));
        told(ratio(sums.mean_of((0..1).filter_map(same)), back(28)));
        told(ratio(sums.mean_of((0..4).filter_map(same)), back(28)));
        told(sums.zero_share_of((0..8).filter_map(same)));
    }

    fn calendar(&self, around: &Surroundings, target: usize, told: &mut impl FnMut(Option<f64>)) {
        let day = self.history.first_day + target as i64;
        let date = Date::of(day);
        told(Some(f64::from(self.history.store)));
        told(Some(f64::from(self.history.category)));
        told(Some(weekday(day) as f64));
        told(Some(f64::from(date.day)));
        told(Some(f64::from(date.month)));
        let turn = (date.month as f64 - 1.0) * 30.44 + f64::from(date.day);
        told(Some((turn / 7.0).floor()));
        let (next, last) = (around.holidays.next(day), around.holidays.last(day));
        told(Some(next.map_or(HOLIDAY_REACH + 1, |holiday| holiday.day - day) as f64));
        told(Some(last.map_or(HOLIDAY_REACH + 1, |holiday| day - holiday.day) as f64));
        told(next.map(|holiday| f64::from(holiday.kind)));
        told(last.map(|holiday| f64::from(holiday.kind)));
    }

    fn price(&self, known: usize, target: usize, told: &mut impl FnMut(Option<f64>)) {
        let count = self.history.price.len();
        // Where the prices to come are not told, no example may know them either.
        let told_ahead = count > self.history.values.len();
        let day = if told_ahead { target } else { known.saturating_sub(1) };
        let price = count.checked_sub(1).map(|last| self.history.price[day.min(last)]);
        let mean = |from: usize, to: usize| {
            let (from, to) = (from.min(count), to.min(count));
            (to > from).then(|| (self.prices[to] - self.prices[from]) / (to - from) as f64)
        };
        let relative = |usual: Option<f64>| price.zip(usual).map(|(price, usual)| price / usual);
        told(relative(mean(known.saturating_sub(56), known)));
        told(relative(mean(0, known)));
        let promoted = |day: usize| self.history.promotion.get(day).copied().unwrap_or(false);
        told(Some(f64::from(u8::from(promoted(target)))));
        let recent = (known.saturating_sub(28)..known).filter(|day| promoted(*day)).count();
        told(Some(recent as f64));
    }
}

/// How much more was sold a year before the target than in the four weeks a year before the forecast is made.
fn growth(sums: &Windows, known: usize, target: usize, reach: usize) -> Option<f64> {
    let then = known.checked_sub(YEAR)?;
    let before = sums.mean(then.checked_sub(28)?, then).filter(|mean| *mean > 0.0)?;
    let day = target.checked_sub(YEAR)?;
    // Days that are not known yet are not looked at, however near they are to the day a year ago.
    let after = sums.mean(day.saturating_sub(reach), (day + reach + 1).min(known))?;
    Some((after / before).min(20.0))
}

#[cfg(test)]
mod tests {
    use super::super::super::all::Holiday;
    use super::*;

    fn described(change: impl Fn(&mut History), holidays: &[Holiday]) -> Vec<f32> {
        let mut history = History {
            values: (0..500).map(|day| f64::from(day % 7)).collect(),
            price: vec![2.0; 514],
            ..History::default()
        };
        change(&mut history);
        let around = Surroundings { holidays: Holidays::new(holidays), stores: Default::default() };
        let mut row = Vec::new();
        Described::new(&history).describe(&around, 500, 505, &mut row);
        row
    }

    #[test]
    fn a_row_has_its_width_and_pretending_undoes_what_is_special() {
        let usual = described(|_| {}, &[]);
        assert_eq!(usual.len(), WIDTH);
        let undone = |mut row: Vec<f32>, usual: Usual, today: &[f32]| {
            usual.pretend(&mut row, today);
            row.iter().map(|value| value.to_bits()).collect::<Vec<_>>()
        };
        let bits: Vec<u32> = usual.iter().map(|value| value.to_bits()).collect();
        let near = described(|_| {}, &[Holiday { day: 506, kind: 3 }, Holiday { day: 503, kind: 4 }]);
        assert_ne!(near.iter().map(|value| value.to_bits()).collect::<Vec<_>>(), bits);
        assert_eq!(undone(near, Usual::Holiday, &usual), bits);
        let cheap = described(|history| history.price[505] = 1.0, &[]);
        assert_ne!(cheap, usual);
        assert_eq!(undone(cheap, Usual::Price, &usual), bits);
        let mut promotion = vec![false; 514];
        promotion[505] = true;
        let promoted = described(|history| history.promotion.clone_from(&promotion), &[]);
        assert_eq!(undone(promoted, Usual::Promotion, &usual), bits);
        let later = described(|history| history.first_day = 7 * 20, &[]);
        assert_eq!(undone(later, Usual::Season, &usual), bits);
    }

    #[test]
    fn days_that_are_not_known_change_nothing() {
        let usual = described(|_| {}, &[]);
        let other = |history: &mut History| {
            history.values.extend([1_000.0; 5]);
            history.price.truncate(514);
        };
        let told = described(other, &[]);
        assert_eq!(
            usual.iter().map(|value| value.to_bits()).collect::<Vec<_>>(),
            told.iter().map(|value| value.to_bits()).collect::<Vec<_>>()
        );
    }
}
