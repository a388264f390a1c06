//! The rows of an export, as they come from the database: of one moment, and never all at once.

use domain::ids::{OrgId, StoreId};
use domain::time::{BusinessDay, WallMs};
use futures_util::TryStreamExt as _;
use sqlx::Row as _;
use sqlx::any::AnyRow;
use sync_core::chain;
use tokio::sync::mpsc;

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

/// A column of an export.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct ExportColumn {
    /// Its name.
    pub name: &'static str,
    /// What it holds.
    pub kind: ExportKind,
}

/// What a column of an export holds, beside nothing.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum ExportKind {
    /// Text.
    Text,
    /// A whole number.
    Integer,
    /// An amount in minor units of the currency in the row's column `currency`.
    Money,
    /// Milliseconds since 1970.
    Moment,
    /// A day, written 20260131.
    Day,
    /// A thousandth of a piece or a kilogram.
    Thousandths,
}

/// How the database keeps it.
#[derive(Clone, Copy)]
enum Kept {
    AsIs(ExportKind),
    Uuid,
    Hash,
    /// In millionths, and shown in thousandths.
    Millionths,
    /// In figures that are unpacked.
    Figures,
}

use ExportKind::{Day, Integer, Moment, Money, Text, Thousandths};
use Kept::{AsIs, Figures, Hash, Millionths, Uuid};

type Columns = &'static [(&'static str, &'static str, Kept)];

const SALES: Columns = &[
    ("sale", "id", Uuid),
    ("store", "store", AsIs(Text)),
    ("till", "till", AsIs(Text)),
    ("business_day", "business_day", AsIs(Day)),
    ("sequence", "sequence", AsIs(Integer)),
    ("started_at", "started_at", AsIs(Moment)),
    ("completed_at", "completed_at", AsIs(Moment)),
    ("currency", "currency", AsIs(Text)),
    ("net", "net_minor", AsIs(Money)),
    ("tax", "tax_minor", AsIs(Money)),
    ("gross", "gross_minor", AsIs(Money)),
    ("lines", "lines", AsIs(Integer)),
    ("received_at", "received_at", AsIs(Moment)),
];
const SALE_LINES: Columns = &[
    ("sale", "sale_line.sale", Uuid),
    ("number", "sale_line.number", AsIs(Integer)),
    ("store", "sale.store", AsIs(Text)),
    ("till", "sale.till", AsIs(Text)),
    ("business_day", "sale_line.business_day", AsIs(Day)),
    ("completed_at", "sale.completed_at", AsIs(Moment)),
    ("product", "sale_line.product", AsIs(Text)),
    ("sku", "sale_line.sku", AsIs(Text)),
    ("quantity", "sale_line.quantity", AsIs(Integer)),
    ("unit", "sale_line.unit", AsIs(Text)),
    ("tare_g", "sale_line.tare_g", AsIs(Integer)),
    ("currency", "sale.currency", AsIs(Text)),
    ("unit_price", "sale_line.unit_price_minor", AsIs(Money)),
    ("price_per", "sale_line.price_per", AsIs(Text)),
    ("amount", "sale_line.amount_minor", AsIs(Money)),
    ("tax_code", "sale_line.tax_code", AsIs(Text)),
    ("tax_basis_points", "sale_line.tax_basis_points", AsIs(Integer)),
    ("identified_by", "sale_line.identified_by", AsIs(Text)),
];
const STOCK: Columns = &[
    ("store", "store", AsIs(Text)),
    ("product", "product", AsIs(Text)),
    ("unit", "unit", AsIs(Text)),
    ("quantity", "quantity", AsIs(Integer)),
];
const STOCK_MOVEMENTS: Columns = &[
    ("movement", "id", AsIs(Integer)),
    ("at", "at", AsIs(Moment)),
    ("store", "store", AsIs(Text)),
    ("product", "product", AsIs(Text)),
    ("unit", "unit", AsIs(Text)),
    ("change", "change", AsIs(Integer)),
    ("reason", "reason", AsIs(Text)),
    ("sale", "sale", Uuid),
    ("business_day", "business_day", AsIs(Day)),
    ("made_by", "made_by", AsIs(Text)),
];
const AUDIT: Columns = &[
    ("number", "number", AsIs(Integer)),
    ("at", "at", AsIs(Moment)),
    ("actor", "actor", AsIs(Text)),
    ("action", "action", AsIs(Text)),
    ("object", "object", AsIs(Text)),
    ("detail", "detail", AsIs(Text)),
    ("hash", "hash", Hash),
];
const PRICES: Columns = &[
    ("product", "product", AsIs(Text)),
    ("store", "NULLIF(store, '')", AsIs(Text)),
    ("from", "begins_at", AsIs(Moment)),
    ("until", "until_at", AsIs(Moment)),
    ("currency", "currency", AsIs(Text)),
    ("price", "price_minor", AsIs(Money)),
    ("price_per", "price_per", AsIs(Text)),
    ("origin", "origin", AsIs(Text)),
    ("made_by", "made_by", AsIs(Text)),
    ("made_at", "made_at", AsIs(Moment)),
];
/// The figures of a day follow each other as they lie in the database: the mean, then the quantiles. The quantiles of sums, which lie
/// behind them, are left out.
const FORECASTS: Columns = &[
    ("day", "first_day", AsIs(Day)),
    ("store", "store", AsIs(Text)),
    ("product", "product", AsIs(Text)),
    ("unit", "unit", AsIs(Text)),
    ("method", "method", AsIs(Text)),
    ("mase", "mase", Millionths),
    ("made_at", "made_at", AsIs(Moment)),
    ("mean", "figures", Figures),
    ("quantile_0_025", "", Figures),
    ("quantile_0_05", "", Figures),
    ("quantile_0_1", "", Figures),
    ("quantile_0_25", "", Figures),
    ("quantile_0_4", "", Figures),
    ("quantile_0_5", "", Figures),
    ("quantile_0_6", "", Figures),
    ("quantile_0_75", "", Figures),
    ("quantile_0_9", "", Figures),
    ("quantile_0_95", "", Figures),
    ("quantile_0_99", "", Figures),
];

impl ExportDataset {
    /// Its columns, in order.
    pub fn columns(self) -> Vec<ExportColumn> {
        let column = |(name, _, kept): &(&'static str, &str, Kept)| ExportColumn {
            name,
            kind: match kept {
                AsIs(kind) => *kind,
                Uuid | Hash => Text,
                Millionths | Figures => Thousandths,
            },
        };
        self.kept().iter().map(column).collect()
    }

    /// Whether its rows belong to stores.
    pub fn is_of_stores(self) -> bool {
        self != Self::Audit
    }

    fn kept(self) -> Columns {
        match self {
            Self::Sales => SALES,
            Self::SaleLines => SALE_LINES,
            Self::Stock => STOCK,
            Self::StockMovements => STOCK_MOVEMENTS,
            Self::Audit => AUDIT,
            Self::Prices => PRICES,
            Self::Forecasts => FORECASTS,
        }
    }

    /// What follows the columns. Each order but that of prices is a key's, so nothing has to be sorted before the first row comes; of
    /// prices the end of each is only known once all of its product are.
    fn rest(self) -> (&'static str, &'static str, &'static str) {
        match self {
            Self::Prices => (
                "FROM (SELECT price.*, CASE WHEN next_at IS NULL OR ended_at < next_at THEN ended_at ELSE next_at END AS until_at
                       FROM (SELECT each_price.*, LEAD(begins_at) OVER (PARTITION BY product, store
                                                                        ORDER BY begins_at, effective_from) AS next_at
                             FROM (SELECT product, '' AS store, origin, price_minor, currency, price_per, made_by, made_at,
                                          effective_from, CAST(NULL AS BIGINT) AS ended_at,
                                          CASE WHEN effective_from > made_at THEN effective_from ELSE made_at END AS begins_at
                                   FROM price_change WHERE org = $1
                                   UNION ALL
                                   SELECT product, store, 'scheduled', price_minor, currency, price_per, made_by, made_at,
                                          effective_from, CAST(NULL AS BIGINT),
                                          CASE WHEN effective_from > made_at THEN effective_from ELSE made_at END
                                   FROM store_price WHERE org = $1
                                   UNION ALL
                                   SELECT product, store, origin, price_minor, currency, price_per, made_by, made_at,
                                          effective_from, removed_at,
                                          CASE WHEN effective_from > made_at THEN effective_from ELSE made_at END
                                   FROM past_price WHERE org = $1) AS each_price) AS price) AS span
                 WHERE begins_at < $3 AND (until_at IS NULL OR until_at > $2)",
                // Where a store has no price of its own the organisation's counts.
                "COALESCE(NULLIF(store, ''), $4)",
                "product, store, begins_at, effective_from",
            ),
            Self::Forecasts => (
                "FROM forecast WHERE org = $1 AND first_day <= $3 AND $2 <= $3",
                "store",
                "store, product",
            ),
            Self::Sales => ("FROM sale WHERE org = $1 AND business_day BETWEEN $2 AND $3", "store", "business_day, id"),
            Self::SaleLines => (
                "FROM sale_line JOIN sale ON sale.org = sale_line.org AND sale.business_day = sale_line.business_day
                     AND sale.id = sale_line.sale
                 WHERE sale_line.org = $1 AND sale_line.business_day BETWEEN $2 AND $3",
                "sale.store",
                "sale_line.business_day, sale_line.sale, sale_line.number",
            ),
            Self::Stock => ("FROM stock_balance WHERE org = $1 AND $2 <= $3", "store", "store, product, unit"),
            Self::StockMovements => ("FROM stock_movement WHERE org = $1 AND at >= $2 AND at < $3", "store", "id"),
            Self::Audit => ("FROM audit_entry WHERE org = $1 AND at >= $2 AND at < $3", "''", "number"),
        }
    }
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
            ExportDataset::Sales | ExportDataset::SaleLines | ExportDataset::Forecasts => {
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
    let figures_from = columns.iter().position(|(_, _, kept)| matches!(kept, Figures));
    let Some(figures_from) = figures_from else { return Ok(vec![read_row(row, columns)?]) };
    let fixed = read_row(row, &columns[..figures_from])?;
    let packed: Vec<u8> = row.try_get(figures_from)?;
    let shown = columns.len() - figures_from;
    let mut day = read_day(row.try_get(0)?).map_err(|problem| StoreError::Unreadable {
        what: What::Forecast,
        name: "first_day".to_owned(),
        problem,
    })?;
    let mut rows = Vec::new();
    // Behind the mean and its quantiles lie as many quantiles of the sum so far.
    for figures in floats(&packed).chunks_exact(2 * shown - 1) {
        let number = day_number(day);
        if (first..=last).contains(&number) {
            let thousandths = |figure: &f32| Cell::Integer((f64::from(*figure) * 1_000.0).round() as i64);
            let mut cells = fixed.clone();
            cells[0] = Cell::Integer(number);
            cells.extend(figures[..shown].iter().map(thousandths));
            rows.push(cells);
        }
        day = day_after(day);
    }
    Ok(rows)
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
            Figures => return Err(unreadable("its figures are read apart".to_owned()).into()),
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
