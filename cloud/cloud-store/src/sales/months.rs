//! PostgreSQL keeps sales in partitions, one a month of trading days: old months are small to look up, and can be moved away.
//!
//! A partition is made before the first sale of its month is booked. Where that cannot be done, the sale goes to the
//! partition for all other months, and nothing is lost but a little speed.

use std::collections::BTreeSet;
use std::sync::{Mutex, PoisonError};

use domain::time::{BusinessDay, WallMs};

use crate::engine::Engine;
use crate::sql::Failure;
use crate::store::Store;

/// How many months back from now a month gets a partition of its own.
pub const MONTHS_BACK: i64 = 24;
/// How many months ahead of now.
pub const MONTHS_AHEAD: i64 = 2;

/// Tables that are partitioned alike.
const TABLES: [&str; 3] = ["sale", "sale_line", "sale_tender"];

/// Months since year 0.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
struct Month(i64);

impl Month {
    fn of(day: BusinessDay) -> Self {
        Self(i64::from(day.year) * 12 + i64::from(day.month) - 1)
    }

    /// Which month it is, well enough to tell a wrong clock: a year of 365.2425 days, twelve months of the same length.
    fn about(now: WallMs) -> Self {
        const MONTH_MS: i64 = 2_629_746_000;
        Self(1970 * 12 + now.0.div_euclid(MONTH_MS))
    }

    /// Whether its sales have a partition of their own: a clock that is years off makes none.
    fn has_partition(self, now: WallMs) -> bool {
        let about = Self::about(now);
        (about.0 - MONTHS_BACK..=about.0 + MONTHS_AHEAD).contains(&self.0)
    }

    fn year_and_month(self) -> (i64, i64) {
        (self.0.div_euclid(12), self.0.rem_euclid(12) + 1)
    }

    /// The number of its first day, as the tables write days.
    fn first_day(self) -> i64 {
        let (year, month) = self.year_and_month();
        year * 10_000 + month * 100 + 1
    }

    fn statement(self, table: &str) -> String {
        let (year, month) = self.year_and_month();
        let (first, end) = (self.first_day(), Self(self.0 + 1).first_day());
        format!(
            "CREATE TABLE IF NOT EXISTS {table}_{year:04}_{month:02} PARTITION OF {table} FOR VALUES FROM ({first}) TO ({end})"
        )
    }
}

/// What makes the partitions of a table that these days lie in; nothing for a table that has none.
pub(crate) fn partitions(table: &str, days: &BTreeSet<i64>, now: WallMs) -> Vec<String> {
    if !TABLES.contains(&table) {
        return Vec::new();
    }
    let months: BTreeSet<Month> = days
        .iter()
        .map(|day| Month(day.div_euclid(10_000) * 12 + day.rem_euclid(10_000) / 100 - 1))
        .collect();
    months.into_iter().filter(|month| month.has_partition(now)).map(|month| month.statement(table)).collect()
}

/// Months that this process has seen to.
#[derive(Debug, Default)]
pub(crate) struct Months(Mutex<BTreeSet<Month>>);

impl Months {
    /// The months of these days that have to be seen to.
    fn missing(&self, days: impl Iterator<Item = BusinessDay>, now: WallMs) -> BTreeSet<Month> {
        let seen = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        days.map(Month::of)
            .filter(|month| month.has_partition(now))
            .filter(|month| !seen.contains(month))
            .collect()
    }

    /// Makes the partitions of the months that these days lie in, where the engine has partitions.
    pub(super) async fn prepare(
        &self,
        store: &Store,
        days: impl Iterator<Item = BusinessDay>,
        now: WallMs,
    ) -> Result<(), Failure> {
        if store.engine() == Engine::Sqlite {
            return Ok(());
        }
        for month in self.missing(days, now) {
            for table in TABLES {
                let made = store.writing().await?.run_whole(month.statement(table)).await;
                if let Err(error) = made {
                    tracing::warn!(table, first_day = month.first_day(), %error, "failed to make a partition");
                }
            }
            // Tried once: a month whose sales lie among the others already stays there.
            self.0.lock().unwrap_or_else(PoisonError::into_inner).insert(month);
        }
        Ok(())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn day(year: i16, month: u8, day: u8) -> BusinessDay {
        BusinessDay { year, month, day }
    }

    #[test]
    fn a_partition_ends_where_the_next_begins() {
        let statement = |year, month| Month::of(day(year, month, 31)).statement("sale");
        assert!(
            statement(2026, 1)
                .ends_with("sale_2026_01 PARTITION OF sale FOR VALUES FROM (20260101) TO (20260201)")
        );
        assert!(
            statement(2026, 12)
                .ends_with("sale_2026_12 PARTITION OF sale FOR VALUES FROM (20261201) TO (20270101)")
        );
    }

    #[test]
    fn makes_none_for_a_clock_that_is_years_off() {
        let months = Months::default();
        // 2026-01-02.
        let now = WallMs(1_767_355_200_000);
        let missing = |year, month| months.missing([day(year, month, 1)].into_iter(), now).len();
        assert_eq!((missing(2026, 1), missing(2025, 12), missing(2024, 2), missing(2026, 3)), (1, 1, 1, 1));
        assert_eq!((missing(1970, 1), missing(2020, 1), missing(2027, 1), missing(9999, 12)), (0, 0, 0, 0));
    }
}
