//! Where raw products are looked up: one port, and behind it the shops' public pages and Open Food Facts.

use cloud_core::families::{Source, SourceKind};
use domain::gtin::Gtin;
use serde_json::Value;
use thiserror::Error;

use super::fetch::{FetchProblem, Fetched, Fetcher, Manners};
use super::{markup, product};
use crate::sourcing::raw::{RawRecord, source};

/// What was looked up.
#[derive(Debug)]
pub struct LookedUp {
    /// Who says it.
    pub source: Source,
    /// What is said.
    pub records: Vec<RawRecord>,
    /// What was read, as it came.
    pub bytes: bytes::Bytes,
    /// What the file of that ends in.
    pub extension: &'static str,
}

/// Why nothing was looked up.
#[derive(Debug, Error)]
pub enum LookUpProblem {
    /// The page was not had.
    #[error(transparent)]
    Fetch(#[from] FetchProblem),
    /// It says nothing of a product that a program can read.
    #[error("the page says nothing of a product for programs (JSON-LD, microdata or Open Graph)")]
    NoProduct,
    /// Open Food Facts does not know it.
    #[error("Open Food Facts does not know GTIN {0}")]
    Unknown(String),
    /// It cannot be read.
    #[error("what came cannot be read: {0}")]
    Unreadable(String),
}

impl LookUpProblem {
    /// Whether it may be other the next time: who was asked is away, busy or slow.
    pub fn may_pass(&self) -> bool {
        matches!(
            self,
            Self::Fetch(
                FetchProblem::Status(_)
                    | FetchProblem::Busy { .. }
                    | FetchProblem::TooSlow(_)
                    | FetchProblem::LeftAlone
                    | FetchProblem::Unreachable(_)
            )
        )
    }
}

/// Somewhere that products are looked up.
pub trait ProductSource {
    /// What is said at an address of this source's kind.
    fn look_up(&self, address: &str) -> impl Future<Output = Result<LookedUp, LookUpProblem>> + Send;
}

/// Shops' public pages; an address is a page's.
pub struct PublicPages<'a>(pub &'a Fetcher);

/// Open Food Facts; an address is a GTIN.
pub struct OpenFoodFacts<'a> {
    /// Asks.
    pub fetcher: &'a Fetcher,
    /// Where its interface is.
    pub base: &'a str,
}

impl ProductSource for PublicPages<'_> {
    async fn look_up(&self, address: &str) -> Result<LookedUp, LookUpProblem> {
        let Fetched { url, bytes } = self.0.get(address, Manners::Page).await?;
        let host = url.host_str().unwrap_or_default().trim_matches(['[', ']']);
        let source = source(SourceKind::Page, host).map_err(LookUpProblem::Unreadable)?;
        let records = {
            let html = String::from_utf8_lossy(&bytes);
            product::products(&markup::read(&html, &url), &url)
        };
        if records.is_empty() {
            return Err(LookUpProblem::NoProduct);
        }
        Ok(LookedUp { source, records, bytes, extension: "html" })
    }
}

impl ProductSource for OpenFoodFacts<'_> {
    async fn look_up(&self, address: &str) -> Result<LookedUp, LookUpProblem> {
        let gtin = Gtin::parse(address).map_err(|error| LookUpProblem::Unreadable(error.to_string()))?;
        let code = short(gtin);
        let fields = "product_name,brands,quantity,categories,ingredients_text,allergens,countries,image_url,generic_name";
        let place = format!("{}/api/v2/product/{code}.json?fields={fields}", self.base.trim_end_matches('/'));
        let fetched = match self.fetcher.get(&place, Manners::Interface).await {
            Err(FetchProblem::Status(status)) if status.as_u16() == 404 => {
                return Err(LookUpProblem::Unknown(code));
            }
            fetched => fetched?,
        };
        let answer: Value = serde_json::from_slice(&fetched.bytes)
            .map_err(|error| LookUpProblem::Unreadable(error.to_string()))?;
        let product =
            answer.get("product").filter(|_| answer.get("status").and_then(Value::as_u64) == Some(1));
        let product = product.ok_or_else(|| LookUpProblem::Unknown(code.clone()))?;
        let source = source(SourceKind::OpenData, "openfoodfacts").map_err(LookUpProblem::Unreadable)?;
        let records = vec![record(product, gtin)];
        Ok(LookedUp { source, records, bytes: fetched.bytes, extension: "json" })
    }
}

fn record(product: &Value, gtin: Gtin) -> RawRecord {
    let text = |name: &str| {
        let text = product.get(name).and_then(Value::as_str).map(str::trim);
        text.filter(|text| !text.is_empty()).map(str::to_owned)
    };
    // Lists are one text with commas; the first brand is the product's, the last category the closest.
    let part = |name: &str, last: bool| {
        let all = text(name)?;
        let mut parts = all.split(',').map(str::trim).filter(|part| !part.is_empty());
        if last { parts.next_back().map(str::to_owned) } else { parts.next().map(str::to_owned) }
    };
    RawRecord {
        key: Some(gtin.to_string()),
        gtin: Some(gtin.to_string()),
        name: text("product_name").or_else(|| text("generic_name")),
        brand: part("brands", false),
        category: part("categories", true),
        content: text("quantity"),
        ingredients: text("ingredients_text"),
        allergens: text("allergens").map(|all| all.replace("en:", "").replace(',', ", ")),
        country: part("countries", false),
        picture: text("image_url"),
        ..RawRecord::default()
    }
}

/// A GTIN as short as it is printed: thirteen digits, or eight.
fn short(gtin: Gtin) -> String {
    let digits = gtin.to_string();
    let short = digits.strip_prefix("000000").or_else(|| digits.strip_prefix('0'));
    short.unwrap_or(&digits).to_owned()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn asks_for_numbers_as_they_are_printed() {
        let shown = |text: &str| short(Gtin::parse(text).unwrap());
        assert_eq!(shown("4006381333931"), "4006381333931");
        assert_eq!(shown("96385074"), "96385074");
        assert_eq!(shown("14006381333938"), "14006381333938");
    }
}
