//! A thing the shop sells.

use crate::gtin::{Gtin, Plu};
use crate::ids::{ProductId, TaxCode};
use crate::quantity::UnitPrice;
use crate::text::LocalizedText;

/// A product as one catalogue generation has it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Product {
    /// Its id, the same in every generation.
    pub id: ProductId,
    /// The shop's own article number.
    pub sku: String,
    /// Its name as shoppers read it.
    pub name: LocalizedText,
    /// Its GTIN, if packed goods.
    pub gtin: Option<Gtin>,
    /// Its PLU, if loose produce.
    pub plu: Option<Plu>,
    /// What it costs, per piece or per kilogram.
    pub price: UnitPrice,
    /// Its tax category; the catalogue has the rate.
    pub tax_code: TaxCode,
    /// The age a buyer must have, in years, if there is a limit.
    pub age_limit: Option<u8>,
    /// True when it is kept for old sales only: neither recognised nor found.
    pub archived: bool,
    /// File name of its picture within the catalogue's picture folder, if it has one.
    pub picture: Option<String>,
}
