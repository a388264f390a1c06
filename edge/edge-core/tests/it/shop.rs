//! A small shop to test with.

use std::collections::BTreeMap;
use std::sync::Arc;

use domain::catalogue::Catalogue;
use domain::embedding::Embedding;
use domain::ids::{ModelVersion, OrgId, ProductId, StoreId, TaxCode, TillId};
use domain::money::{Currency, Money};
use domain::product::Product;
use domain::quantity::{Measure, UnitPrice};
use domain::sale::TillRef;
use domain::tax::{TaxRate, TaxTable};
use domain::text::LocalizedText;
use edge_core::CheckoutConfig;

/// Name, price in cents, per, archived.
const PRODUCTS: [(&str, i64, Measure, bool); 9] = [
    ("apple", 250, Measure::Kilogram, false),
    ("bag", 20, Measure::Piece, false),
    ("beer", 180, Measure::Piece, false),
    ("bread", 200, Measure::Piece, false),
    ("cola", 150, Measure::Piece, false),
    ("ghost", 999, Measure::Piece, true),
    ("lime", 35, Measure::Piece, false),
    ("pear", 300, Measure::Kilogram, false),
    ("wine", 700, Measure::Piece, false),
];

pub(crate) fn product(name: &str) -> ProductId {
    ProductId::new(name).unwrap()
}

/// How old who buys it must be.
pub(crate) fn age_limit(name: &str) -> Option<u8> {
    match name {
        "beer" => Some(16),
        "wine" => Some(18),
        _ => None,
    }
}

/// The shop's catalogue, every price raised by so many cents.
pub(crate) fn catalogue(raised: i64, inclusive: bool) -> Arc<Catalogue> {
    let currency = Currency::new("EUR").unwrap();
    let (low, high) = (TaxCode::new("vat7").unwrap(), TaxCode::new("vat19").unwrap());
    let rates = BTreeMap::from([
        (low.clone(), TaxRate { basis_points: 700 }),
        (high.clone(), TaxRate { basis_points: 1900 }),
    ]);
    let products = PRODUCTS.map(|(name, price, per, archived)| Product {
        id: product(name),
        sku: format!("sku-{name}"),
        name: LocalizedText::single("en", name),
        gtin: None,
        plu: None,
        price: UnitPrice { amount: Money::new(price + raised, currency), per },
        tax_code: if name == "cola" || name == "bag" { high.clone() } else { low.clone() },
        age_limit: age_limit(name),
        archived,
        picture: None,
    });
    Arc::new(Catalogue::new(currency, TaxTable { rates, inclusive }, products).unwrap())
}

/// What everything looks like: the checkout passes looks on and never reads them.
pub(crate) fn look() -> Embedding {
    Embedding::new(ModelVersion::new("test"), Arc::from([1.0])).unwrap()
}

pub(crate) fn config() -> CheckoutConfig {
    CheckoutConfig::new(TillRef {
        org: OrgId::new("demo").unwrap(),
        store: StoreId::new("corner").unwrap(),
        till: TillId::new("till-1").unwrap(),
    })
}
