//! The products, prices and rates that switch together as one generation.

use std::collections::BTreeMap;
use std::fmt;

use thiserror::Error;

use crate::gtin::{Gtin, Plu};
use crate::ids::{ProductId, TaxCode};
use crate::money::{Currency, Money};
use crate::product::Product;
use crate::tax::{TaxRate, TaxTable};

/// The highest price that is taken for a price and not for a slip of the hand, in minor units.
pub const PRICE_MAX_MINOR: i64 = 100_000_000;

/// A checked catalogue: ids, GTINs, PLUs and SKUs are unique, every tax code has a rate, prices are sane.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Catalogue {
    currency: Currency,
    taxes: TaxTable,
    products: BTreeMap<ProductId, Product>,
}

/// One thing wrong with a catalogue.
#[derive(Debug, Clone, PartialEq, Eq, Error)]
pub enum CatalogueProblem {
    /// Two products of one id, GTIN, PLU or SKU.
    #[error("{first} and {second} have the same {what} `{value}`: give one of them another, or remove it")]
    Duplicate {
        /// Which field.
        what: &'static str,
        /// The shared value.
        value: String,
        /// The product that had it first.
        first: ProductId,
        /// The product that has it too.
        second: ProductId,
    },
    /// A product with a tax code that has no rate.
    #[error("{product} has tax code `{code}`, which has no rate: use one of {known}")]
    UnknownTaxCode {
        /// The product.
        product: ProductId,
        /// Its tax code.
        code: TaxCode,
        /// The codes that have rates.
        known: CodeList,
    },
    /// A price below zero or beyond belief.
    #[error("{product} has the price {price}: it must lie between zero and {max}")]
    PriceOutOfRange {
        /// The product.
        product: ProductId,
        /// Its price.
        price: Money,
        /// The highest price allowed.
        max: Money,
    },
    /// A price in another currency than the catalogue's.
    #[error("{product} is priced in {found}, but the catalogue is in {expected}")]
    WrongCurrency {
        /// The product.
        product: ProductId,
        /// The currency of its price.
        found: Currency,
        /// The currency of the catalogue.
        expected: Currency,
    },
    /// A product that nobody could name.
    #[error("{0} has no name")]
    NoName(ProductId),
}

/// Tax codes, as a message lists them.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct CodeList(pub Vec<TaxCode>);

impl fmt::Display for CodeList {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let names: Vec<String> = self.0.iter().map(|code| format!("`{code}`")).collect();
        f.write_str(&names.join(", "))
    }
}

impl Catalogue {
    /// Checks everything and reports every problem, not only the first: a person corrects the file once.
    pub fn new(
        currency: Currency,
        taxes: TaxTable,
        products: impl IntoIterator<Item = Product>,
    ) -> Result<Self, Vec<CatalogueProblem>> {
        let mut checked = Checker { currency, taxes: &taxes, problems: Vec::new(), seen: Seen::default() };
        let mut by_id = BTreeMap::new();
        for product in products {
            checked.check(&product);
            by_id.entry(product.id.clone()).or_insert(product);
        }
        if checked.problems.is_empty() {
            Ok(Self { currency, taxes, products: by_id })
        } else {
            Err(checked.problems)
        }
    }

    /// The currency of every price.
    pub fn currency(&self) -> Currency {
        self.currency
    }

    /// The rates.
    pub fn taxes(&self) -> &TaxTable {
        &self.taxes
    }

    /// A product by id, archived or not.
    pub fn product(&self, id: &ProductId) -> Option<&Product> {
        self.products.get(id)
    }

    /// All products in order of id, archived ones included.
    pub fn products(&self) -> impl ExactSizeIterator<Item = &Product> {
        self.products.values()
    }

    /// The rate of a product's tax code.
    pub fn tax_rate(&self, product: &Product) -> TaxRate {
        self.taxes.rates[&product.tax_code]
    }
}

#[derive(Default)]
struct Seen {
    ids: BTreeMap<ProductId, ()>,
    gtins: BTreeMap<Gtin, ProductId>,
    plus: BTreeMap<Plu, ProductId>,
    skus: BTreeMap<String, ProductId>,
}

struct Checker<'a> {
    currency: Currency,
    taxes: &'a TaxTable,
    problems: Vec<CatalogueProblem>,
    seen: Seen,
}

impl Checker<'_> {
    fn check(&mut self, product: &Product) {
        self.check_unique(product);
        if product.name.get("en").trim().is_empty() {
            self.problems.push(CatalogueProblem::NoName(product.id.clone()));
        }
        if !self.taxes.rates.contains_key(&product.tax_code) {
            self.problems.push(CatalogueProblem::UnknownTaxCode {
                product: product.id.clone(),
                code: product.tax_code.clone(),
                known: CodeList(self.taxes.rates.keys().cloned().collect()),
            });
        }
        let price = product.price.amount;
        if price.currency != self.currency {
            self.problems.push(CatalogueProblem::WrongCurrency {
                product: product.id.clone(),
                found: price.currency,
                expected: self.currency,
            });
        }
        if !(0..=PRICE_MAX_MINOR).contains(&price.minor) {
            self.problems.push(CatalogueProblem::PriceOutOfRange {
                product: product.id.clone(),
                price,
                max: Money::new(PRICE_MAX_MINOR, price.currency),
            });
        }
    }

    fn check_unique(&mut self, product: &Product) {
        let id = &product.id;
        if self.seen.ids.insert(id.clone(), ()).is_some() {
            self.duplicate("id", id.to_string(), id.clone(), id);
            return;
        }
        if let Some(first) = product.gtin.and_then(|gtin| self.seen.gtins.insert(gtin, id.clone())) {
            let gtin = product.gtin.map(|g| g.to_string()).unwrap_or_default();
            self.duplicate("GTIN", gtin, first, id);
        }
        if let Some(first) = product.plu.and_then(|plu| self.seen.plus.insert(plu, id.clone())) {
            let plu = product.plu.map(|p| p.to_string()).unwrap_or_default();
            self.duplicate("PLU", plu, first, id);
        }
        if let Some(first) = self.seen.skus.insert(product.sku.clone(), id.clone()) {
            self.duplicate("SKU", product.sku.clone(), first, id);
        }
    }

    fn duplicate(&mut self, what: &'static str, value: String, first: ProductId, second: &ProductId) {
        self.problems.push(CatalogueProblem::Duplicate { what, value, first, second: second.clone() });
    }
}
