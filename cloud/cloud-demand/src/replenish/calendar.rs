//! When a supplier takes orders and when its goods come.

use std::collections::BTreeSet;

/// Days that are looked through for an open one: a calendar without any ends here.
const DAYS_AHEAD_MAX: i64 = 400;

/// Days of the week as bits, Monday lowest; none set is every day.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub struct Weekdays(pub u8);

/// When a supplier takes orders and delivers.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct Calendar {
    /// Days of the week on which it takes orders.
    pub orders: Weekdays,
    /// Days of the week on which it delivers.
    pub deliveries: Weekdays,
    /// Days on which it does neither.
    pub closed: BTreeSet<i64>,
}

/// How long a supplier takes.
#[derive(Debug, Clone, PartialEq, Default)]
pub struct LeadTime {
    /// Days from the order to the goods, as promised; 0 is the same day.
    pub days: u32,
    /// The share of its deliveries that come one day late, two days late, and so on; what is missing to 1 comes as promised.
    pub late: Vec<f64>,
}

/// The deliveries that an order of today stands between.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Deliveries {
    /// The day on which goods ordered today arrive.
    pub first: i64,
    /// The next day on which an order can be given.
    pub next_order: i64,
    /// The day on which goods of that order arrive: until then what is there and what is ordered today has to last.
    pub second: i64,
}

/// The weekday of a day: 0 is Monday.
pub fn weekday(day: i64) -> usize {
    // 1970-01-01 was a Thursday.
    usize::try_from((day + 3).rem_euclid(7)).unwrap_or_default()
}

impl Weekdays {
    /// Whether a day is one of them.
    pub fn has(self, day: i64) -> bool {
        self.0 & 0b111_1111 == 0 || self.0 & (1 << weekday(day)) != 0
    }
}

impl Calendar {
    /// Whether orders are taken on a day.
    pub fn takes_orders(&self, day: i64) -> bool {
        self.orders.has(day) && !self.closed.contains(&day)
    }

    /// The first day from `day` on, that day included, on which orders are taken; `None` where none is near.
    pub fn order_day(&self, day: i64) -> Option<i64> {
        (day..day + DAYS_AHEAD_MAX).find(|day| self.takes_orders(*day))
    }

    /// The first day from `day` on, that day included, on which goods come; `None` where none is near.
    pub fn delivery_day(&self, day: i64) -> Option<i64> {
        (day..day + DAYS_AHEAD_MAX).find(|day| self.deliveries.has(*day) && !self.closed.contains(day))
    }

    /// The deliveries around an order of `today`, looked at again after `review_days`; `None` where the calendar has no such days.
    pub fn deliveries(&self, today: i64, lead: &LeadTime, review_days: u32) -> Option<Deliveries> {
        let lead_days = i64::from(lead.days);
        let first = self.delivery_day(today + lead_days)?;
        let mut next_order = self.order_day(today + i64::from(review_days.max(1)))?;
        let mut second = self.delivery_day(next_order + lead_days)?;
        // Two orders that come with the same delivery are one: what counts is the delivery after this one.
        while second <= first {
            next_order = self.order_day(next_order + 1)?;
            second = self.delivery_day(next_order + lead_days)?;
        }
        Some(Deliveries { first, next_order, second })
    }
}

impl LeadTime {
    /// What deliveries that were `days` long each say of a supplier that promises `promised` days.
    pub fn of_deliveries(promised: u32, days: &[u32]) -> Self {
        let latest = days.iter().map(|days| days.saturating_sub(promised)).max().unwrap_or_default();
        let share = |late: u32| {
            let count = days.iter().filter(|days| days.saturating_sub(promised) == late).count();
            count as f64 / days.len() as f64
        };
        Self { days: promised, late: (1..=latest).map(share).collect() }
    }

    /// How late with which probability, 0 days first.
    pub(super) fn lateness(&self) -> impl Iterator<Item = (i64, f64)> {
        let punctual = (1.0 - self.late.iter().sum::<f64>()).max(0.0);
        (0..).zip(std::iter::once(punctual).chain(self.late.iter().copied()))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// A Monday.
    const MONDAY: i64 = 20_000 - 20_000 % 7 + 4;

    #[test]
    fn days_of_the_week_are_known() {
        assert_eq!(weekday(0), 3);
        assert_eq!(weekday(MONDAY), 0);
        assert_eq!(weekday(-1), 2);
    }

    #[test]
    fn an_order_waits_for_delivery_days_that_are_not_closed() {
        let calendar = Calendar {
            orders: Weekdays(0b001_0101),
            deliveries: Weekdays(0b001_0110),
            closed: BTreeSet::from([MONDAY + 2]),
        };
        let lead = LeadTime { days: 1, late: Vec::new() };
        let deliveries = calendar.deliveries(MONDAY, &lead, 1).unwrap();
        // Orders on Monday, (Wednesday,) Friday; deliveries on Tuesday, (Wednesday,) Friday.
        assert_eq!(deliveries.first, MONDAY + 1);
        assert_eq!(deliveries.next_order, MONDAY + 4);
        assert_eq!(deliveries.second, MONDAY + 8);
    }

    #[test]
    fn orders_of_one_delivery_are_one() {
        let calendar = Calendar { deliveries: Weekdays(0b000_0001), ..Calendar::default() };
        let lead = LeadTime { days: 2, late: Vec::new() };
        let deliveries = calendar.deliveries(MONDAY, &lead, 1).unwrap();
        assert_eq!((deliveries.first, deliveries.second), (MONDAY + 7, MONDAY + 14));
    }

    #[test]
    fn a_calendar_without_days_has_no_deliveries() {
        let closed: BTreeSet<i64> = (0..1_000).collect();
        let calendar = Calendar { closed, ..Calendar::default() };
        assert_eq!(calendar.deliveries(0, &LeadTime::default(), 1), None);
    }

    #[test]
    fn lateness_is_learnt_from_deliveries() {
        let lead = LeadTime::of_deliveries(2, &[2, 2, 1, 3, 5]);
        assert_eq!(lead.late, [0.2, 0.0, 0.2]);
        let all: Vec<_> = lead.lateness().collect();
        assert!((all[0].1 - 0.6).abs() < 1e-12);
        assert_eq!(all.len(), 4);
        assert_eq!(LeadTime::of_deliveries(2, &[]), LeadTime { days: 2, late: Vec::new() });
    }
}
