//! From what was sold to what was demanded: an empty shelf sells nothing, whoever wanted to buy.
//!
//! A day on which the shelf was empty for a part tells at least what was sold; one on which it was empty throughout tells nothing. Both are
//! filled by what the same weekday sold at other times while there was stock, so that a product is not ordered less because it ran out.

use super::calendar::weekday;

/// What was sold of one product in one store, a number for each day, oldest first; all lists are of the same length, or empty where nothing
/// is known.
#[derive(Debug, Clone, Copy, PartialEq, Default)]
pub struct Sold<'a> {
    /// How much was sold, less what was taken back; what is below zero counts as nothing sold.
    pub sold: &'a [f64],
    /// On which part of the open time there was stock, 0 to 1. Empty: always.
    pub in_stock: &'a [f64],
    /// Whether the shop was open. Empty: always.
    pub open: &'a [bool],
    /// Whether there was a promotion, which says little about days without one. Empty: never.
    pub promotion: &'a [bool],
    /// The first of the days, counted from 1970-01-01.
    pub first_day: i64,
}

/// How many of the nearest days of the same weekday say what a day without stock would have sold.
const NEAREST: usize = 6;

/// From which part of a day without stock on it is believed to have sold less than was wanted.
const NEARLY_ALL_DAY: f64 = 0.98;

/// Below which part of a day in stock its own sales say too little to be scaled up.
const HARDLY: f64 = 0.25;

/// The demand of each day: at least what was sold, at least zero, and a number whatever came in.
pub fn demand(told: &Sold<'_>) -> Vec<f64> {
    let sold: Vec<f64> =
        told.sold.iter().map(|sold| if sold.is_finite() { sold.max(0.0) } else { 0.0 }).collect();
    let mut demand = sold.clone();
    for day in 0..sold.len() {
        let part = told.part_in_stock(day);
        if part < NEARLY_ALL_DAY && told.is_open(day) {
            demand[day] = told.would_have_sold(&sold, day, part);
        }
    }
    demand
}

impl Sold<'_> {
    fn is_open(&self, day: usize) -> bool {
        self.open.get(day).copied().unwrap_or(true)
    }

    fn promoted(&self, day: usize) -> bool {
        self.promotion.get(day).copied().unwrap_or(false)
    }

    fn part_in_stock(&self, day: usize) -> f64 {
        let part = self.in_stock.get(day).copied().unwrap_or(1.0);
        if part.is_finite() { part.clamp(0.0, 1.0) } else { 1.0 }
    }

    fn says_demand(&self, day: usize) -> bool {
        self.is_open(day) && self.part_in_stock(day) >= NEARLY_ALL_DAY
    }

    /// What a day would have sold with stock all day: what it sold, and for the time without stock what others like it sell then.
    fn would_have_sold(&self, sold: &[f64], day: usize, part: f64) -> f64 {
        let same_weekday = |other: &usize| {
            weekday(self.first_day + *other as i64) == weekday(self.first_day + day as i64)
                && self.promoted(*other) == self.promoted(day)
        };
        let usual = self.nearest(sold, day, same_weekday).or_else(|| self.nearest(sold, day, |_| true));
        match usual {
            Some(usual) => sold[day] + (1.0 - part) * usual,
            // Nothing is known of any day with stock all day long: the day's own rate, unless it is hardly one.
            None if part >= HARDLY => sold[day] / part,
            None => sold[day],
        }
    }

    /// The mean of the nearest days, before and after, that had stock all day.
    fn nearest(&self, sold: &[f64], day: usize, wanted: impl Fn(&usize) -> bool) -> Option<f64> {
        let mut sum = 0.0;
        let mut found = 0;
        for distance in 1..sold.len() {
            let sides = [day.checked_sub(distance), Some(day + distance).filter(|other| *other < sold.len())];
            for other in sides.into_iter().flatten().filter(|other| self.says_demand(*other) && wanted(other))
            {
                sum += sold[other];
                found += 1;
            }
            if found >= NEAREST {
                break;
            }
        }
        (found > 0).then(|| sum / found as f64)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Sells its weekday's number, Monday 1.
    fn weeks(count: usize) -> Vec<f64> {
        (0..count * 7).map(|day| (day % 7 + 1) as f64).collect()
    }

    /// A Monday.
    const FIRST_DAY: i64 = 4;

    #[test]
    fn a_day_without_stock_is_what_its_weekday_sells() {
        let (mut sold, mut in_stock) = (weeks(6), vec![1.0; 42]);
        (sold[19], in_stock[19]) = (0.0, 0.0);
        let demand =
            demand(&Sold { sold: &sold, in_stock: &in_stock, first_day: FIRST_DAY, ..Sold::default() });
        assert_eq!(demand, weeks(6));
    }

    #[test]
    fn half_a_day_without_stock_adds_half_of_what_is_usual() {
        let (mut sold, mut in_stock) = (weeks(6), vec![1.0; 42]);
        (sold[19], in_stock[19]) = (5.0, 0.5);
        let demand =
            demand(&Sold { sold: &sold, in_stock: &in_stock, first_day: FIRST_DAY, ..Sold::default() });
        assert!((demand[19] - 8.0).abs() < 1e-12);
    }

    #[test]
    fn promotions_say_nothing_about_other_days() {
        let (mut sold, mut in_stock, mut promotion) = (weeks(6), vec![1.0; 42], vec![false; 42]);
        (sold[12], promotion[12]) = (60.0, true);
        (sold[19], in_stock[19]) = (0.0, 0.0);
        let told =
            Sold { sold: &sold, in_stock: &in_stock, promotion: &promotion, first_day: FIRST_DAY, open: &[] };
        assert!((demand(&told)[19] - 6.0).abs() < 1e-12);
    }

    #[test]
    fn closed_days_and_days_that_never_had_stock_stay_as_they_are() {
        let told = Sold { sold: &[0.0, -2.0, f64::NAN], in_stock: &[0.0; 3], ..Sold::default() };
        assert_eq!(demand(&told), [0.0; 3]);
        let told = Sold { sold: &[3.0, 0.0], in_stock: &[1.0, 0.0], open: &[true, false], ..Sold::default() };
        assert_eq!(demand(&told), [3.0, 0.0]);
    }
}
