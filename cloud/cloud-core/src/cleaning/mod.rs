//! What is odd about a catalogue: numbers that cannot be, the same product twice, prices that somebody mistyped, names that look right
//! and are not.
//!
//! Pure: the same products give the same findings in the same order. Nothing here compares each product with each other one: products
//! are brought together by sorted keys, so that a hundred thousand take seconds (`examples/cleaning_figures.rs`). Read [`report`]
//! first; a new check is a function of [`numbers`], [`prices`] or [`texts`] and a [`Code`].

mod numbers;
mod prices;
mod texts;

use domain::quantity::Measure;

pub use numbers::{is_restricted, right_gtin};
pub use texts::{seen, unmixed};

/// A product as the checks see it: of the catalogue, or as a file would have it.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct Item {
    /// Its id, or what else it is known by.
    pub id: String,
    /// The row of a file that says it, as the program shows it.
    pub row: Option<u32>,
    /// Its article number.
    pub sku: String,
    /// Its names, each with its language.
    pub names: Vec<(String, String)>,
    /// Its GTIN as it is written.
    pub gtin: Option<String>,
    /// What it costs.
    pub price: Option<Price>,
    /// Its category.
    pub category: Option<String>,
    /// Whether a store has a rate for its tax code; nothing where nobody says.
    pub has_tax_rate: Option<bool>,
    /// What it is bought for, in minor units of the price's currency, for the price's unit.
    pub cost_minor: Option<i64>,
    /// What it cost before, in minor units, for the same unit.
    pub past_minor: Vec<i64>,
    /// What else says how much is in a package.
    pub content: Option<String>,
}

/// A price with what it is for.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Price {
    /// In minor units.
    pub minor: i64,
    /// The currency's code.
    pub currency: String,
    /// Digits after the point that the currency has.
    pub exponent: u32,
    /// Per piece or per kilogram.
    pub per: Measure,
}

impl Price {
    /// So many minor units of this currency as people write them.
    pub fn written(&self, minor: i64) -> String {
        let sign = if minor < 0 { "-" } else { "" };
        let digits = minor.unsigned_abs();
        let unit = 10_u64.pow(self.exponent);
        match self.exponent {
            0 => format!("{sign}{digits}"),
            exponent => {
                format!("{sign}{}.{:0width$}", digits / unit, digits % unit, width = exponent as usize)
            }
        }
    }
}

/// How much a finding matters.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub enum Severity {
    /// It cannot be right: a shopper would pay the wrong amount, or nothing could be sold.
    Error,
    /// It is most likely wrong.
    Warning,
    /// It may be meant.
    Info,
}

words!(Severity: Error = "error", Warning = "warning", Info = "info");

/// What is found. The words are stable: programs and screens go by them.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub enum Code {
    /// Two products have one GTIN.
    DuplicateGtin,
    /// Two article numbers differ in case and signs only.
    DuplicateSku,
    /// Two products have the same name and the same pack.
    SameProduct,
    /// The GTIN's check digit is wrong, or it is no GTIN at all.
    GtinInvalid,
    /// The GTIN is one that every shop gives out itself, which means another thing elsewhere.
    GtinRestricted,
    /// It costs nothing.
    PriceZero,
    /// It costs less than nothing.
    PriceNegative,
    /// It is sold for less than it is bought for.
    PriceUnderCost,
    /// Its price is far from those of its category.
    PriceOutlier,
    /// Its price is far from what it used to be.
    PriceJump,
    /// Its price is ten or a hundred times what it used to be, or a tenth or a hundredth.
    PriceFactor,
    /// No store has a rate for its tax code.
    TaxUnknown,
    /// Its name says that it is sold the other way, by weight or by the piece.
    UnitMistake,
    /// A word of its name is of two alphabets.
    MixedAlphabet,
    /// Its name has letters that nobody sees, or blanks around it.
    InvisibleCharacters,
    /// Two of its texts say different packs.
    PackContradiction,
    /// It is alone in a category that is called nearly as another one.
    LonelyCategory,
}

words!(Code:
    DuplicateGtin = "duplicate_gtin",
    DuplicateSku = "duplicate_sku",
    SameProduct = "same_product",
    GtinInvalid = "gtin_invalid",
    GtinRestricted = "gtin_restricted",
    PriceZero = "price_zero",
    PriceNegative = "price_negative",
    PriceUnderCost = "price_under_cost",
    PriceOutlier = "price_outlier",
    PriceJump = "price_jump",
    PriceFactor = "price_factor",
    TaxUnknown = "tax_unknown",
    UnitMistake = "unit_mistake",
    MixedAlphabet = "mixed_alphabet",
    InvisibleCharacters = "invisible_characters",
    PackContradiction = "pack_contradiction",
    LonelyCategory = "lonely_category",
);

impl Code {
    /// How much it matters.
    pub fn severity(self) -> Severity {
        match self {
            Self::DuplicateGtin | Self::GtinInvalid | Self::PriceNegative | Self::TaxUnknown => {
                Severity::Error
            }
            Self::DuplicateSku
            | Self::SameProduct
            | Self::PriceZero
            | Self::PriceUnderCost
            | Self::PriceOutlier
            | Self::PriceJump
            | Self::PriceFactor
            | Self::UnitMistake
            | Self::MixedAlphabet
            | Self::InvisibleCharacters
            | Self::PackContradiction => Severity::Warning,
            Self::GtinRestricted | Self::LonelyCategory => Severity::Info,
        }
    }
}

/// What could be written in place of what is there.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Fix {
    /// The field: `price`, `gtin`, `unit`, `category`, `name:ru`.
    pub field: String,
    /// What to write.
    pub value: String,
}

/// Something odd.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Finding {
    /// What.
    pub code: Code,
    /// Which product, by its place among those that were given.
    pub item: usize,
    /// The other product that it is about.
    pub other: Option<usize>,
    /// What is there.
    pub value: String,
    /// What it was compared with.
    pub expected: Option<String>,
    /// What would be right, where that can be said.
    pub fix: Option<Fix>,
}

impl Finding {
    fn new(code: Code, item: usize, value: impl Into<String>) -> Self {
        Self { code, item, other: None, value: value.into(), expected: None, fix: None }
    }

    fn like(mut self, other: usize) -> Self {
        self.other = Some(other);
        self
    }

    fn against(mut self, expected: impl Into<String>) -> Self {
        self.expected = Some(expected.into());
        self
    }

    fn fixed(mut self, field: impl Into<String>, value: impl Into<String>) -> Self {
        self.fix = Some(Fix { field: field.into(), value: value.into() });
        self
    }
}

/// Everything that is odd about these products: what matters most first, then by code and product.
pub fn report(items: &[Item]) -> Vec<Finding> {
    let mut found = Vec::new();
    numbers::check(items, &mut found);
    prices::check(items, &mut found);
    texts::check(items, &mut found);
    found.sort_by_key(|finding| (finding.code.severity(), finding.code, finding.item, finding.other));
    found
}

/// Calls `pair` for each item that shares its key with an earlier one, and the first of them. Items without a key share none.
fn repeated<K: Ord>(keys: impl Iterator<Item = Option<K>>, mut pair: impl FnMut(usize, usize)) {
    let mut sorted: Vec<(K, usize)> =
        keys.enumerate().filter_map(|(index, key)| Some((key?, index))).collect();
    sorted.sort();
    let mut first = 0;
    for at in 1..sorted.len() {
        if sorted[at].0 == sorted[first].0 {
            pair(sorted[at].1, sorted[first].1);
        } else {
            first = at;
        }
    }
}

#[cfg(test)]
mod tests;
