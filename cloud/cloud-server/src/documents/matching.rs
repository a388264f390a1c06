//! What the lines of a document are in the shop.

use serde::{Deserialize, Serialize};
use utoipa::ToSchema;

/// A product that a line may be.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, ToSchema)]
pub struct Candidate {
    /// The product's id.
    pub product: String,
    /// Its name, as it was when the document was matched.
    pub name: String,
    /// The shop's article number.
    pub sku: String,
    /// Its GTIN.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub gtin: Option<String>,
    /// How likely it is this one, 0 to 1.
    pub probability: f64,
    /// What speaks for it: `gtin`, `case_gtin`, `history`, `article`, `name`.
    pub because: Vec<String>,
}

/// How sure a line is.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
#[serde(rename_all = "snake_case")]
pub enum Badge {
    /// 0.8 or more.
    Sure,
    /// 0.5 or more.
    Likely,
    /// Less: it is new to the shop, most likely.
    New,
    /// Somebody said it.
    Confirmed,
    /// Somebody said that it is none of the shop's products.
    LeftOut,
}

/// What a unit of the line is taken for.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
pub struct Assumption {
    /// A short stable word: `same_unit`, `pack_of_line`, `pack_of_product`, `learnt`, `weight`, `one_each`, `person`.
    pub code: String,
    /// The same for people, in English: `1 case = 6 pieces, from the name`.
    pub message: String,
}

/// How many stock units a line brings.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
pub struct Conversion {
    /// Stock units of one unit of the line: `6`, `0.5`.
    pub factor: String,
    /// `piece` or `g`.
    pub unit: String,
    /// Quantity in stock units, where it comes out whole.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub quantity: Option<u64>,
    /// What the factor rests on.
    pub assumption: Assumption,
}

/// A product that could be made of a line.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
pub struct Proposal {
    /// Its name.
    pub name: String,
    /// Its GTIN, where the line has one whose check digit is right.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub gtin: Option<String>,
    /// `piece` or `kg`.
    pub unit: String,
    /// What one piece or kilogram costs the shop without tax, where that can be worked out.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub cost: Option<String>,
    /// The document's currency.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub currency: Option<String>,
    /// The tax code of the stores whose rate is the line's, where there is one.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub tax_code: Option<String>,
    /// The category of the products that sound most like it.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub category: Option<String>,
}

/// What one line is.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, ToSchema)]
pub struct LineMatch {
    /// The line, from 0.
    pub line: u32,
    /// How sure that is.
    pub badge: Badge,
    /// The best candidate's probability; 1 for what somebody said.
    pub probability: f64,
    /// The product that is meant or was chosen; absent where it is new or left out.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub product: Option<String>,
    /// What it may be, the likeliest first; five at most.
    pub candidates: Vec<Candidate>,
    /// How many pieces or grams it brings; absent where there is no product or no quantity.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub conversion: Option<Conversion>,
    /// What could be made of it, where it is new.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub proposal: Option<Proposal>,
}

/// What the lines of a document are.
#[derive(Debug, Clone, PartialEq, Default, Serialize, Deserialize, ToSchema)]
pub struct Matches {
    /// Line by line.
    pub lines: Vec<LineMatch>,
}
