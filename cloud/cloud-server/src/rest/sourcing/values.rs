//! Days, decimals, packs and ids as JSON has them.

use cloud_core::ledger::StockUnit;
use cloud_core::offers::Pack;
use domain::money::Currency;
use domain::time::BusinessDay;
use jiff::civil::Date;
use rust_decimal::Decimal;
use serde::{Deserialize, Serialize};
use utoipa::ToSchema;
use uuid::Uuid;

use crate::gateway::Problem;
use crate::sourcing::day_of;

/// What stock is counted in.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
#[serde(rename_all = "snake_case")]
pub(in crate::rest) enum Unit {
    /// Whole pieces.
    Piece,
    /// Whole grams.
    Gram,
}

/// What one pack holds.
#[derive(Debug, Clone, Copy, Serialize, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub(in crate::rest) struct PackForm {
    /// How many pieces or grams: 12 of a case of twelve, 1 of a single piece, 1000 of a kilogram.
    #[schema(minimum = 1, maximum = 10_000_000)]
    pub(in crate::rest) content: u32,
    /// Pieces or grams.
    pub(in crate::rest) unit: Unit,
}

impl From<Unit> for StockUnit {
    fn from(unit: Unit) -> Self {
        match unit {
            Unit::Piece => Self::Piece,
            Unit::Gram => Self::Gram,
        }
    }
}

impl From<StockUnit> for Unit {
    fn from(unit: StockUnit) -> Self {
        match unit {
            StockUnit::Piece => Self::Piece,
            StockUnit::Gram => Self::Gram,
        }
    }
}

impl From<PackForm> for Pack {
    fn from(form: PackForm) -> Self {
        Self { content: form.content, unit: form.unit.into() }
    }
}

impl From<Pack> for PackForm {
    fn from(pack: Pack) -> Self {
        Self { content: pack.content, unit: pack.unit.into() }
    }
}

/// A day written as `2026-01-31`.
pub(in crate::rest) fn read_day(field: &str, text: &str) -> Result<BusinessDay, Problem> {
    let date: Date = text.parse().map_err(|_| {
        let shown: String = text.chars().take(20).collect();
        Problem::unprocessable(format!("`{field}` is `{shown}`: write a day such as `2026-01-31`"))
    })?;
    Ok(day_of(date))
}

/// The same where there may be none.
pub(in crate::rest) fn read_day_if(field: &str, text: Option<&str>) -> Result<Option<BusinessDay>, Problem> {
    text.map(|text| read_day(field, text)).transpose()
}

/// Today, in UTC: offers are compared for a day, and the caller may name another.
pub(in crate::rest) fn today() -> BusinessDay {
    day_of(jiff::Timestamp::now().to_zoned(jiff::tz::TimeZone::UTC).date())
}

/// A decimal number with a point.
pub(in crate::rest) fn read_decimal(field: &str, text: &str) -> Result<Decimal, Problem> {
    text.parse().map_err(|_| {
        let shown: String = text.chars().take(40).collect();
        Problem::unprocessable(format!("`{field}` is `{shown}`: write a decimal number such as `9.60`"))
    })
}

/// An ISO 4217 code.
pub(in crate::rest) fn read_currency(text: &str) -> Result<Currency, Problem> {
    Currency::new(text).map_err(|error| Problem::unprocessable(format!("`currency`: {error}")))
}

/// An id in a path or a body: what is none names nothing that exists.
pub(in crate::rest) fn read_id(what: &str, text: &str) -> Result<Uuid, Problem> {
    Uuid::parse_str(text).map_err(|_| Problem::not_found(format!("there is no such {what}")))
}
