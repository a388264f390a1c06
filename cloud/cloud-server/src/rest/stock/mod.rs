//! Stock: what there is, the ledger behind it, counts, corrections, waste, transfers and what is kept for somebody.
#![allow(unused_qualifications, reason = "utoipa's macro writes them")]

mod changes;
mod count_lines;
mod counts;
mod event;
mod ledger;
mod reservations;
mod shelf;
mod transfer_steps;
mod transfers;
mod waste;

use cloud_core::ledger::{StockKey, StockUnit};
use domain::ids::ProductId;
use serde::{Deserialize, Serialize};
use utoipa::ToSchema;
use utoipa_axum::router::OpenApiRouter;
use utoipa_axum::routes;
use uuid::Uuid;

use crate::gateway::{Problem, Shared};

/// The routes of stock.
pub(super) fn routes() -> OpenApiRouter<Shared> {
    OpenApiRouter::new()
        .routes(routes!(shelf::list))
        .routes(routes!(ledger::list))
        .routes(routes!(changes::correct))
        .routes(routes!(waste::list, waste::create))
        .routes(routes!(reservations::list, reservations::create))
        .routes(routes!(reservations::release))
        .routes(routes!(counts::list, counts::create))
        .routes(routes!(counts::get))
        .routes(routes!(count_lines::list, count_lines::enter))
        .routes(routes!(counts::close))
        .routes(routes!(counts::cancel))
        .routes(routes!(transfers::list, transfers::create))
        .routes(routes!(transfers::get, transfers::edit))
        .routes(routes!(transfer_steps::send))
        .routes(routes!(transfer_steps::receive))
        .routes(routes!(transfer_steps::cancel))
        .routes(routes!(transfer_steps::settle))
}

/// What stock is counted in.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
pub(crate) enum CountedIn {
    /// Whole pieces.
    #[serde(rename = "piece")]
    Piece,
    /// Whole grams.
    #[serde(rename = "g")]
    Gram,
}

impl From<CountedIn> for StockUnit {
    fn from(unit: CountedIn) -> Self {
        match unit {
            CountedIn::Piece => Self::Piece,
            CountedIn::Gram => Self::Gram,
        }
    }
}

impl From<StockUnit> for CountedIn {
    fn from(unit: StockUnit) -> Self {
        match unit {
            StockUnit::Piece => Self::Piece,
            StockUnit::Gram => Self::Gram,
        }
    }
}

fn unit_word(unit: StockUnit) -> &'static str {
    match unit {
        StockUnit::Piece => "piece",
        StockUnit::Gram => "g",
    }
}

/// What a cursor of a list of things says.
fn key_text(product: &str, unit: CountedIn) -> String {
    format!("{product}/{}", unit_word(unit.into()))
}

fn read_key(text: &str) -> Result<StockKey, Problem> {
    let key = text.split_once('/').and_then(|(product, unit)| {
        let unit = [StockUnit::Piece, StockUnit::Gram].into_iter().find(|known| unit_word(*known) == unit)?;
        Some(StockKey { product: ProductId::new(product).ok()?, unit })
    });
    key.ok_or_else(|| Problem::unprocessable("`after` is no cursor of this list"))
}

/// A cursor of a list in order of moments: when, and what.
fn read_moment(text: &str) -> Result<(domain::time::WallMs, Uuid), Problem> {
    let found = text.split_once('/').and_then(|(at, id)| Some((at.parse().ok()?, Uuid::parse_str(id).ok()?)));
    let (at, id) = found.ok_or_else(|| Problem::unprocessable("`after` is no cursor of this list"))?;
    Ok((domain::time::WallMs(at), id))
}

/// A product in a body.
fn read_product(text: &str) -> Result<ProductId, Problem> {
    ProductId::new(text).map_err(|error| Problem::unprocessable(error.to_string()))
}

/// An id that the caller drew, so that the same again counts once; a new one where nothing is said.
fn own_id(text: Option<&str>) -> Result<Uuid, Problem> {
    let Some(text) = text else { return Ok(Uuid::now_v7()) };
    Uuid::parse_str(text).map_err(|_| Problem::unprocessable("`id` is no UUID: draw one, or leave it out"))
}

/// A word of a query.
fn read_word<T>(
    name: &str,
    text: Option<&str>,
    read: impl Fn(&str) -> Option<T>,
    known: &str,
) -> Result<Option<T>, Problem> {
    let unknown = || Problem::unprocessable(format!("`{name}` is none of {known}"));
    text.map(|text| read(text).ok_or_else(unknown)).transpose()
}
