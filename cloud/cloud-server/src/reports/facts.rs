//! What a report knows: numbers and names, in no language.

use std::collections::BTreeMap;

use serde::{Deserialize, Serialize};

/// What a day or a week was like.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Facts {
    /// The organisation's name.
    pub organisation: String,
    /// The store's name; absent for all stores.
    pub store: Option<String>,
    /// `daily` or `weekly`.
    pub kind: String,
    /// First and last day, as `2026-01-02`.
    pub first_day: String,
    /// See there.
    pub last_day: String,
    /// When it was written, in milliseconds since 1970.
    pub made_at_ms: i64,
    /// The zone of its days.
    pub time_zone: String,
    /// What was sold, a currency a sum.
    pub sums: Vec<CurrencySum>,
    /// The same a week before.
    pub sums_before: Vec<CurrencySum>,
    /// Each till.
    pub tills: Vec<TillFacts>,
    /// What brought most.
    pub products: Vec<ProductFacts>,
    /// How things on bills were identified.
    pub identified: Vec<Identified>,
    /// What nothing was left of when it was written.
    pub stock_outs: Vec<StockOut>,
    /// What people were told of.
    pub notices: Vec<NoticeCount>,
    /// Records that wait for somebody to look at them.
    pub set_aside: u64,
}

/// What was sold in one currency, in minor units.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct CurrencySum {
    /// ISO 4217.
    pub currency: String,
    /// How many sales.
    pub sales: u64,
    /// With tax.
    pub gross_minor: i64,
    /// The tax in it.
    pub tax_minor: i64,
}

/// What a till did.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct TillFacts {
    /// Its store.
    pub store: String,
    /// Its name.
    pub name: String,
    /// How many sales.
    pub sales: u64,
    /// What they came to, in its store's currency.
    pub gross_minor: i64,
    /// ISO 4217.
    pub currency: String,
    /// Sales that the cloud did not have when the report was written.
    pub unsent: u64,
    /// Of 10,000 moments, at how many it was heard of; absent while it never was.
    pub heard_basis_points: Option<u32>,
    /// How often a part of it stopped working.
    pub faults: u64,
}

/// What a product brought.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct ProductFacts {
    /// What it is called in each language, or its id under an empty one where it is not in the catalogue any more.
    pub names: BTreeMap<String, String>,
    /// `piece` or `gram`.
    pub unit: String,
    /// Pieces or grams.
    pub quantity: i64,
    /// What they came to, in minor units.
    pub amount_minor: i64,
}

/// How things were identified.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Identified {
    /// `vision`, `candidate`, `search`, `barcode`, `plu` or `staff`.
    pub by: String,
    /// Lines of bills.
    pub lines: u64,
}

/// What nothing was left of.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct StockOut {
    /// The store.
    pub store: String,
    /// What the product is called in each language.
    pub names: BTreeMap<String, String>,
}

/// What people were told of.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct NoticeCount {
    /// The event's word, for example `till_offline`.
    pub event: String,
    /// How bad it was at most: `info`, `warning` or `critical`.
    pub severity: String,
    /// How often.
    pub count: u64,
}

impl Facts {
    /// The store's name, or the organisation's.
    pub fn place(&self) -> &str {
        self.store.as_deref().unwrap_or(&self.organisation)
    }
}
