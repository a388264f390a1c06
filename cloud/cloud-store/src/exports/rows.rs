//! The rows of an export, as they come from the database: of one moment, and never all at once.

use domain::ids::{OrgId, StoreId};
use domain::time::{BusinessDay, WallMs};
use futures_util::TryStreamExt as _;
use sqlx::Row as _;
use sqlx::any::AnyRow;
use sync_core::chain;
use tokio::sync::mpsc;

use super::columns::ExportKind::{Day, Integer, Moment, Money, Text, Thousandths};
use super::columns::Kept::{AsIs, Figures, Hash, Millionths, MinorFigures, Uuid};
use super::columns::{Columns, Kept};
use super::{ExportDataset, FIRST_DAY, LAST_DAY};
use crate::dump::{Cell, DumpError};
use crate::error::{StoreError, What};
use crate::products::floats;
use crate::sql::{Column, Failure, composed, day_number, read_uuid, values};
use crate::store::Store;

/// Rows that are sent together.
const TOGETHER: usize = 500;

/// Which rows.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ExportQuery {
    /// Of what.
    pub dataset: ExportDataset,
    /// Of one store.
    pub store: Option<StoreId>,
    /// Of what has a trading day: from this one on, and up to that one.
    pub days: (Option<BusinessDay>, Option<BusinessDay>),
    /// Of what has a moment only: from this one on, and before that one.
    pub moments: (WallMs, WallMs),
}

impl Store {
    /// Sends the rows of an export, some at a time, and waits while nobody takes them; gives back how many there were. All are of
    /// one moment.
    pub async fn read_export(
        &self,
        org: &OrgId,
        query: &ExportQuery,
        to: &mpsc::Sender<Vec<Vec<Cell>>>,
    ) -> Result<u64, DumpError> {
        match self.send_rows(org, query, to).await {
            Ok(Some(rows)) => Ok(rows),
            Ok(None) => Err(DumpError::Abandoned),
            Err(failure) => Err(self.explain(failure).into()),
        }
    }

    async fn send_rows(
        &self,
        org: &OrgId,
        query: &ExportQuery,
        to: &mpsc::Sender<Vec<Vec<Cell>>>,
    ) -> Result<Option<u64>, Failure> {
        let columns = query.dataset.kept();
        let names: Vec<&str> =
            columns.iter().map(|(_, column, _)| *column).filter(|name| !name.is_empty()).collect();
        let (from, store, order) = query.dataset.rest();
        let of_store = if query.store.is_some() { format!("AND {store} = $4") } else { String::new() };
        let sql = composed(format!("SELECT {} {from} {of_store} ORDER BY {order}", names.join(", ")));
        let (first, last) = match query.dataset {
            ExportDataset::Sales
            | ExportDataset::SaleLines
            | ExportDataset::Forecasts
            | ExportDataset::ForecastTotals => {
                (day_number(query.days.0.unwrap_or(FIRST_DAY)), day_number(query.days.1.unwrap_or(LAST_DAY)))
            }
            ExportDataset::Stock => (0, 0),
            ExportDataset::StockMovements | ExportDataset::Audit | ExportDataset::Prices => {
                (query.moments.0.0, query.moments.1.0)
            }
        };
        let mut values = values![org, first, last];
        if let Some(store) = &query.store {
            values.push(store);
        }
        let mut snapshot = self.snapshot().await?;
        let mut found = values.query(sql).fetch(&mut *snapshot);
        let (mut rows, mut together) = (0, Vec::with_capacity(TOGETHER));
        while let Some(row) = found.try_next().await? {
            for row in read_rows(&row, query.dataset, (first, last))? {
                together.push(row);
                rows += 1;
            }
            if together.len() >= TOGETHER && to.send(std::mem::take(&mut together)).await.is_err() {
                return Ok(None);
            }
        }
        drop(found);
        snapshot.rollback().await?;
        if !together.is_empty() && to.send(together).await.is_err() {
            return Ok(None);
        }
        Ok(Some(rows))
    }
}

/// A row of the database is a row of the export, but for a forecast, which has one for each of its days from the first to the last that
/// are asked for.
fn read_rows(
    row: &AnyRow,
    dataset: ExportDataset,
    (first, last): (i64, i64),
) -> Result<Vec<Vec<Cell>>, Failure> {
    let columns = dataset.kept();
    let figures_from = columns.iter().position(|(_, _, kept)| matches!(kept, Figures | MinorFigures));
    let Some(figures_from) = figures_from else { return Ok(vec![read_row(row, columns)?]) };
    let fixed = read_row(row, &columns[..figures_from])?;
    let figures = unpacked(&row.try_get::<Vec<u8>, _>(figures_from)?, columns[figures_from].2);
    let shown = columns.len() - figures_from;
    let mut day = read_day(row.try_get(0)?).map_err(|problem| StoreError::Unreadable {
        what: What::Forecast,
        name: "first_day".to_owned(),
        problem,
    })?;
    let mut rows = Vec::new();
    // Behind the mean and its quantiles lie as many quantiles of the sum so far.
    for of_day in figures.chunks_exact(2 * shown - 1) {
        let number = day_number(day);
        if (first..=last).contains(&number) {
            let mut cells = fixed.clone();
            cells[0] = Cell::Integer(number);
            cells.extend(of_day[..shown].iter().copied().map(Cell::Integer));
            rows.push(cells);
        }
        day = day_after(day);
    }
    Ok(rows)
}

/// Quantities in thousandths, amounts in minor units.
fn unpacked(packed: &[u8], kept: Kept) -> Vec<i64> {
    match kept {
        MinorFigures => packed.as_chunks().0.iter().map(|&eight| i64::from_le_bytes(eight)).collect(),
        _ => floats(packed).iter().map(|figure| (f64::from(*figure) * 1_000.0).round() as i64).collect(),
    }
}

fn read_day(number: i64) -> Result<BusinessDay, String> {
    <BusinessDay as Column>::from_stored(number)
}

/// The next day of the Gregorian calendar.
fn day_after(day: BusinessDay) -> BusinessDay {
    let BusinessDay { year, month, day: number } = day;
    let is_leap = year % 4 == 0 && (year % 100 != 0 || year % 400 == 0);
    let length = match month {
        2 if is_leap => 29,
        2 => 28,
        4 | 6 | 9 | 11 => 30,
        _ => 31,
    };
    match (month, number) {
        (12, 31) => BusinessDay { year: year + 1, month: 1, day: 1 },
        (_, last) if last >= length => BusinessDay { year, month: month + 1, day: 1 },
        _ => BusinessDay { day: number + 1, ..day },
    }
}

fn read_row(row: &AnyRow, columns: Columns) -> Result<Vec<Cell>, Failure> {
    let cell = |(index, (name, _, kept)): (usize, &(&str, &str, Kept))| {
        let unreadable = |problem: String| StoreError::Unreadable {
            what: What::Export,
            name: (*name).to_owned(),
            problem,
        };
        let found = match kept {
            AsIs(Text) => row.try_get::<Option<String>, _>(index)?.map(Cell::Text),
            Millionths => {
                let millionths = row.try_get::<Option<i64>, _>(index)?;
                millionths.map(|number| Cell::Integer((number + number.signum() * 500) / 1_000))
            }
            Figures | MinorFigures => return Err(unreadable("its figures are read apart".to_owned()).into()),
            AsIs(Integer | Money | Moment | Day | Thousandths) => {
                row.try_get::<Option<i64>, _>(index)?.map(Cell::Integer)
            }
            Uuid => {
                let bytes = row.try_get::<Option<Vec<u8>>, _>(index)?;
                let id = bytes.map(|bytes| read_uuid(&bytes)).transpose().map_err(unreadable)?;
                id.map(|id| Cell::Text(id.to_string()))
            }
            Hash => {
                let bytes = row.try_get::<Option<Vec<u8>>, _>(index)?;
                let hash = bytes.map(<[u8; 32]>::try_from).transpose();
                let hash = hash.map_err(|_| unreadable("it has not the length of a hash".to_owned()))?;
                hash.map(|hash| Cell::Text(chain::to_hex(&hash)))
            }
        };
        Ok(found.unwrap_or(Cell::Nothing))
    };
    columns.iter().enumerate().map(cell).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn days_follow_each_other_as_the_calendar_has_them() {
        let day = |year, month, day| BusinessDay { year, month, day };
        for (before, after) in [
            (day(2026, 1, 30), day(2026, 1, 31)),
            (day(2026, 1, 31), day(2026, 2, 1)),
            (day(2026, 2, 28), day(2026, 3, 1)),
            (day(2028, 2, 28), day(2028, 2, 29)),
            (day(2028, 2, 29), day(2028, 3, 1)),
            (day(2100, 2, 28), day(2100, 3, 1)),
            (day(2026, 4, 30), day(2026, 5, 1)),
            (day(2026, 12, 31), day(2027, 1, 1)),
        ] {
            assert_eq!(day_after(before), after);
        }
    }
}
