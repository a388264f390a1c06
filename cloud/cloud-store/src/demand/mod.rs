//! What was sold day by day, what is expected to be sold, and the runs that find it out.
//!
//! A run is cut into shards, which any number of workers do at once; each writes its forecasts and its mark in one transaction, and
//! whoever marks the last one, holding the run's row, ends the run. A shard that is done twice writes the same.

mod forecasts;
mod history;
mod holidays;
mod runs;
mod totals;

use cloud_core::ledger::StockUnit;
use domain::ids::{ProductId, StoreId};
use domain::money::Currency;
use domain::time::{BusinessDay, WallMs};

pub use self::holidays::Holiday;
use crate::ids::{Actor, ForecastRunId, Hash};
use crate::sql::word_column;
use crate::stock::StockReason;

/// A stretch of products in the order in which lists have them, both ends included.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ProductRange {
    /// The first.
    pub first: ProductId,
    /// The last.
    pub last: ProductId,
}

/// What was sold of a product on a trading day.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct SoldDay {
    /// Of which product.
    pub product: ProductId,
    /// Pieces or grams.
    pub unit: StockUnit,
    /// The store's trading day.
    pub day: BusinessDay,
    /// How many.
    pub quantity: i64,
}

/// A change of stock that was no sale.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct BookedChange {
    /// Of which product.
    pub product: ProductId,
    /// Pieces or grams.
    pub unit: StockUnit,
    /// When.
    pub at: WallMs,
    /// By how much.
    pub change: i64,
    /// Why.
    pub reason: StockReason,
}

/// What a product cost from a moment on.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct PriceMark {
    /// Which product.
    pub product: ProductId,
    /// Whether this store alone has it; the organisation's price counts elsewhere.
    pub of_store: bool,
    /// From when on.
    pub effective_from: WallMs,
    /// What a piece or a kilogram costs, in minor units; without one the organisation's price counts again.
    pub price_minor: Option<i64>,
}

/// How far a run has come.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum ForecastRunState {
    /// It waits to be cut into shards.
    Planned,
    /// Its shards are being done.
    Running,
    /// All of them are done.
    Done,
}

word_column!(ForecastRunState: Planned = "planned", Running = "running", Done = "done");

/// A run as it is asked for.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct NewForecastRun {
    /// A new id.
    pub id: ForecastRunId,
    /// Whether it is the one that is made for its day without being asked for; there is one such run a day.
    pub nightly: bool,
    /// The first day that is forecast.
    pub first_day: BusinessDay,
    /// How many days are forecast.
    pub days: u32,
}

/// A run.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ForecastRun {
    /// As it was asked for.
    pub run: NewForecastRun,
    /// How far it has come.
    pub state: ForecastRunState,
    /// What was learnt from all series, where that was possible.
    pub model: Option<Hash>,
    /// Series that it forecasts; none before its shards are known.
    pub series: u64,
    /// Its shards, and how many of them are done.
    pub shards: u64,
    /// See `shards`.
    pub shards_done: u64,
    /// Who asked for it.
    pub made_by: Actor,
    /// When.
    pub made_at: WallMs,
    /// When the last shard was done.
    pub finished_at: Option<WallMs>,
}

/// A part of a run as it is planned.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct NewShard {
    /// Which store.
    pub store: StoreId,
    /// Which products.
    pub range: ProductRange,
    /// How many of them.
    pub series: u32,
}

/// A part of a run.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ForecastShard {
    /// Its number in the run, from 1.
    pub number: u32,
    /// What it is about.
    pub shard: NewShard,
    /// When it was done.
    pub done_at: Option<WallMs>,
}

/// A forecast as a worker makes it.
#[derive(Debug, Clone, PartialEq)]
pub struct NewForecast {
    /// Of which product.
    pub product: ProductId,
    /// Pieces or grams; the figures are in pieces or kilograms.
    pub unit: StockUnit,
    /// The method that made it.
    pub method: String,
    /// Its mean absolute error on days that it did not know, scaled; where that could be measured.
    pub mase: Option<f64>,
    /// The same of the seasonal naive method.
    pub mase_naive: Option<f64>,
    /// Days of history that it knew.
    pub history_days: u32,
    /// Figures, in the order that the table's description has.
    pub figures: Vec<f32>,
    /// Why, as JSON.
    pub reasons: String,
}

/// A forecast.
#[derive(Debug, Clone, PartialEq)]
pub struct Forecast {
    /// In which store.
    pub store: StoreId,
    /// The run that made it.
    pub run: ForecastRunId,
    /// The first day that it speaks of.
    pub first_day: BusinessDay,
    /// How many days it speaks of.
    pub days: u32,
    /// As it was made.
    pub forecast: NewForecast,
    /// When.
    pub made_at: WallMs,
}

/// What is summed up.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum TotalLevel {
    /// Everything that a store sells.
    Store,
    /// What it sells of a category.
    Category,
}

word_column!(TotalLevel: Store = "store", Category = "category");

/// Which forecasts totals sum up.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct TotalsOf {
    /// The run that made the newest of them.
    pub run: ForecastRunId,
    /// The first day that they speak of.
    pub first_day: BusinessDay,
    /// How many days they speak of.
    pub days: u32,
    /// When the newest of them was made.
    pub forecast_at: WallMs,
}

/// What a store, or a category of it, is expected to sell, as a worker makes it. Amounts are in minor units of the currency.
#[derive(Debug, Clone, PartialEq)]
pub struct NewForecastTotal {
    /// What is summed up.
    pub level: TotalLevel,
    /// The category's name; empty for a store, and for products that have no category.
    pub category: String,
    /// The store's currency.
    pub currency: Currency,
    /// Products that are summed up.
    pub products: u32,
    /// The method that forecast it by itself, or what stands for one.
    pub method: String,
    /// Its mean absolute error on days that it did not know, scaled; where that could be measured.
    pub mase: Option<f64>,
    /// The same of the seasonal naive method.
    pub mase_naive: Option<f64>,
    /// Days of history that it knew.
    pub history_days: u32,
    /// Figures, in the order that the table's description has.
    pub figures: Vec<i64>,
    /// What each day was expected to be by itself; empty where too little is known for that.
    pub own: Vec<i64>,
    /// What was sold on each of the days before, the oldest first.
    pub sold: Vec<i64>,
    /// Why, as JSON.
    pub reasons: String,
}

/// What a product adds to the totals of a store.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct NewForecastPart {
    /// Which product.
    pub product: ProductId,
    /// How much on each day, in minor units of the store's currency.
    pub amounts: Vec<i64>,
}

/// What a store, or a category of it, is expected to sell.
#[derive(Debug, Clone, PartialEq)]
pub struct ForecastTotal {
    /// In which store.
    pub store: StoreId,
    /// Which forecasts it sums up.
    pub of: TotalsOf,
    /// As it was made.
    pub total: NewForecastTotal,
    /// When.
    pub made_at: WallMs,
}
