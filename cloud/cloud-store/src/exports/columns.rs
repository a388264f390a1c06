//! What the rows of each export have, and where that lies in the database.

use crate::sql::word_column;

/// What is exported.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum ExportDataset {
    /// Sales.
    Sales,
    /// Lines of sales.
    SaleLines,
    /// What there is in the stores.
    Stock,
    /// Every change of that.
    StockMovements,
    /// The audit log.
    Audit,
    /// What products cost, when.
    Prices,
    /// What is expected to be sold, day by day.
    Forecasts,
    /// What whole stores and categories are expected to sell, day by day, in value.
    ForecastTotals,
}

word_column!(ExportDataset: Sales = "sales", SaleLines = "sale_lines", Stock = "stock", StockMovements = "stock_movements", Audit = "audit", Prices = "prices", Forecasts = "forecasts", ForecastTotals = "forecast_totals");

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
#[derive(Debug, Clone, Copy)]
pub(super) enum Kept {
    AsIs(ExportKind),
    Uuid,
    Hash,
    /// In millionths, and shown in thousandths.
    Millionths,
    /// In figures that are unpacked, as quantities.
    Figures,
    /// In figures that are unpacked, as amounts in minor units.
    MinorFigures,
}

use ExportKind::{Day, Integer, Moment, Money, Text, Thousandths};
use Kept::{AsIs, Figures, Hash, Millionths, MinorFigures, Uuid};

/// Name, column of the database and how it is kept there.
pub(super) type Columns = &'static [(&'static str, &'static str, Kept)];

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
/// As forecasts are, in value. Of a store, and of products without one, the category is empty.
const FORECAST_TOTALS: Columns = &[
    ("day", "first_day", AsIs(Day)),
    ("store", "store", AsIs(Text)),
    ("level", "level", AsIs(Text)),
    ("category", "category", AsIs(Text)),
    ("products", "products", AsIs(Integer)),
    ("method", "method", AsIs(Text)),
    ("mase", "mase", Millionths),
    ("made_at", "made_at", AsIs(Moment)),
    ("currency", "currency", AsIs(Text)),
    ("mean", "figures", MinorFigures),
    ("quantile_0_025", "", MinorFigures),
    ("quantile_0_05", "", MinorFigures),
    ("quantile_0_1", "", MinorFigures),
    ("quantile_0_25", "", MinorFigures),
    ("quantile_0_4", "", MinorFigures),
    ("quantile_0_5", "", MinorFigures),
    ("quantile_0_6", "", MinorFigures),
    ("quantile_0_75", "", MinorFigures),
    ("quantile_0_9", "", MinorFigures),
    ("quantile_0_95", "", MinorFigures),
    ("quantile_0_99", "", MinorFigures),
];

impl ExportDataset {
    /// Its columns, in order.
    pub fn columns(self) -> Vec<ExportColumn> {
        let column = |(name, _, kept): &(&'static str, &str, Kept)| ExportColumn {
            name,
            kind: match kept {
                AsIs(kind) => *kind,
                MinorFigures => Money,
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

    pub(super) fn kept(self) -> Columns {
        match self {
            Self::Sales => SALES,
            Self::SaleLines => SALE_LINES,
            Self::Stock => STOCK,
            Self::StockMovements => STOCK_MOVEMENTS,
            Self::Audit => AUDIT,
            Self::Prices => PRICES,
            Self::Forecasts => FORECASTS,
            Self::ForecastTotals => FORECAST_TOTALS,
        }
    }

    /// What follows the columns. Each order but that of prices is a key's, so nothing has to be sorted before the first row comes; of
    /// prices the end of each is only known once all of its product are.
    pub(super) fn rest(self) -> (&'static str, &'static str, &'static str) {
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
            Self::ForecastTotals => (
                "FROM forecast_total WHERE org = $1 AND first_day <= $3 AND $2 <= $3",
                "store",
                "store, level, category",
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
