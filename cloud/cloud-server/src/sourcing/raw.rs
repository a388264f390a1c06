//! A raw product as it is said over REST, the bus and by pages: checked and put into the form that is placed in families.

use std::collections::BTreeMap;

use cloud_core::families::{Facts, FamilyField, Source, SourceKind};
use cloud_core::naming::size;
use cloud_store::{FamilyId, NewRawProduct, Placed, RawProductId};
use domain::gtin::Gtin;
use domain::money::Currency;
use rust_decimal::Decimal;
use serde::{Deserialize, Serialize};
use utoipa::ToSchema;
use uuid::Uuid;

use super::pages::address;

/// Longest name of a source, in bytes.
const SOURCE_MAX_LEN: usize = 64;
/// Longest value of a field, in characters: what is longer is cut, for a description is no reason to lose a product.
const VALUE_MAX_CHARS: usize = 500;

/// What somebody says about a product.
#[derive(Debug, Clone, Default, PartialEq, Serialize, Deserialize, ToSchema)]
#[serde(deny_unknown_fields, default)]
pub struct RawRecord {
    /// What the source calls it; its GTIN, article number or address when not said.
    pub key: Option<String>,
    /// The page that it is on.
    pub url: Option<String>,
    /// Its GTIN, 8 to 14 digits.
    pub gtin: Option<String>,
    /// What it is called.
    pub name: Option<String>,
    /// Who makes it.
    pub brand: Option<String>,
    /// The maker's article number.
    pub sku: Option<String>,
    /// What kind of thing it is.
    pub category: Option<String>,
    /// What else is said of it.
    pub description: Option<String>,
    /// What is in a package, for example `500 g`.
    pub content: Option<String>,
    /// How it is sold: `piece` or `kg`.
    pub unit: Option<String>,
    /// What is in it.
    pub ingredients: Option<String>,
    /// What one may not bear of it.
    pub allergens: Option<String>,
    /// Where it comes from.
    pub country: Option<String>,
    /// Where a picture of it is.
    pub picture: Option<String>,
    /// What it costs there, with a point.
    pub price: Option<String>,
    /// ISO 4217 code of that.
    pub currency: Option<String>,
}

/// A source by its kind and name: letters, digits and signs that stand in no other's name.
pub fn source(kind: SourceKind, name: &str) -> Result<Source, String> {
    let shape_ok = name.len() <= SOURCE_MAX_LEN
        && name.starts_with(|letter: char| letter.is_ascii_lowercase() || letter.is_ascii_digit())
        && name
            .chars()
            .all(|letter| letter.is_ascii_lowercase() || letter.is_ascii_digit() || "-_.:".contains(letter));
    if !shape_ok {
        let shown: String = name.chars().take(SOURCE_MAX_LEN).collect();
        return Err(format!(
            "`{shown}` is no name of a source: use 1 to {SOURCE_MAX_LEN} of a-z, 0-9, `-`, `_`, `.`"
        ));
    }
    let prefix = match kind {
        SourceKind::Person => "person",
        SourceKind::Document => "document",
        SourceKind::Import => "import",
        SourceKind::OpenData => "open",
        SourceKind::Page => "page",
        SourceKind::Rule => "rule",
        SourceKind::Model => "model",
    };
    Ok(Source { name: format!("{prefix}:{name}"), priority: kind.priority() })
}

impl RawRecord {
    /// The same in the form that is placed, or what is wrong with it. A GTIN or address that is none is an error; a price that is
    /// none is too: the sender would never know.
    pub fn checked(self, source: Source) -> Result<NewRawProduct, String> {
        let text = |text: Option<String>| text.map(|text| tidy(&text)).filter(|text| !text.is_empty());
        let gtin =
            text(self.gtin).map(|gtin| Gtin::parse(&gtin).map_err(|error| error.to_string())).transpose()?;
        let url = text(self.url).map(|url| address::checked(&url).map(|url| url.to_string())).transpose()?;
        let price = text(self.price)
            .map(|price| {
                price.parse::<Decimal>().map_err(|_| format!("`price` is `{price}`: write it as `9.60`"))
            })
            .transpose()?;
        if price.is_some_and(|price| price.is_sign_negative()) {
            return Err("`price` is below zero".to_owned());
        }
        let currency =
            text(self.currency).map(|code| Currency::new(&code).map_err(|error| error.to_string()));
        let name = text(self.name);
        let content = text(self.content).or_else(|| name.as_deref().and_then(|name| size(name)?.written()));
        let said = [
            (FamilyField::Name, name),
            (FamilyField::Brand, text(self.brand)),
            (FamilyField::Sku, text(self.sku)),
            (FamilyField::Gtin, gtin.map(|gtin| gtin.to_string())),
            (FamilyField::Category, text(self.category)),
            (FamilyField::Description, text(self.description)),
            (FamilyField::Content, content),
            (FamilyField::Unit, text(self.unit)),
            (FamilyField::Ingredients, text(self.ingredients)),
            (FamilyField::Allergens, text(self.allergens)),
            (FamilyField::Country, text(self.country)),
            (FamilyField::Picture, text(self.picture)),
            (FamilyField::Url, url.clone()),
        ];
        let fields: BTreeMap<FamilyField, String> =
            said.into_iter().filter_map(|(field, value)| Some((field, value?))).collect();
        let said_key = text(self.key).or_else(|| gtin.map(|gtin| gtin.to_string()));
        let key = said_key.or_else(|| fields.get(&FamilyField::Sku).cloned()).or_else(|| url.clone());
        let Some(key) = key else {
            return Err("it has neither `key` nor `gtin`, `sku` or `url`: the same could not be known again"
                .to_owned());
        };
        Ok(NewRawProduct {
            id: RawProductId(Uuid::now_v7()),
            family: FamilyId(Uuid::now_v7()),
            source,
            key,
            facts: Facts { url, gtin, fields },
            price,
            currency: currency.transpose()?,
            snapshot: None,
        })
    }
}

/// Counts what became of raw products.
pub fn count(placed: &[Placed]) {
    for one in placed {
        let rung = match (one.is_changed, one.rung) {
            (false, _) => "known",
            (true, None) => "new",
            (true, Some(rung)) => rung.as_str(),
        };
        metrics::counter!("tillsight_raw_products_total", "placed" => rung).increment(1);
    }
}

/// One blank between words, none around, nothing unseen, and no more than is kept.
fn tidy(text: &str) -> String {
    let seen: String = text.chars().map(|letter| if letter.is_control() { ' ' } else { letter }).collect();
    let words: Vec<&str> = seen.split_whitespace().collect();
    words.join(" ").chars().take(VALUE_MAX_CHARS).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn record(name: &str) -> RawRecord {
        RawRecord { name: Some(name.to_owned()), key: Some("k".to_owned()), ..RawRecord::default() }
    }

    #[test]
    fn tidies_what_is_said_and_reads_its_size() {
        let erp = source(SourceKind::Import, "erp").unwrap();
        let raw = RawRecord { brand: Some("  Fritz\u{0}\n Kola ".to_owned()), ..record("Kola 6x0,33 l") }
            .checked(erp);
        let fields = raw.unwrap().facts.fields;
        assert_eq!(fields[&FamilyField::Brand], "Fritz Kola");
        assert_eq!(fields[&FamilyField::Content], "6 x 330 ml");
        assert!(!fields.contains_key(&FamilyField::Sku));
    }

    #[test]
    fn names_what_is_wrong() {
        let check = |record: RawRecord, words: &str| {
            let problem = record.checked(source(SourceKind::Import, "erp").unwrap()).unwrap_err();
            assert!(problem.contains(words), "{problem}");
        };
        check(RawRecord { gtin: Some("4006381333932".to_owned()), ..record("x") }, "check digit");
        check(RawRecord { price: Some("1,99".to_owned()), ..record("x") }, "`price` is `1,99`");
        check(RawRecord { url: Some("file:///etc/passwd".to_owned()), ..record("x") }, "http");
        check(RawRecord { key: None, ..record("x") }, "neither");
        assert!(source(SourceKind::Import, "a b").is_err() && source(SourceKind::Import, "").is_err());
    }
}
