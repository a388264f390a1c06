//! From what somebody wrote to a product, on top of what is known of it already.

use std::collections::BTreeSet;

use cloud_store::StoreInfo;
use data_encoding::BASE32_NOPAD;
use domain::gtin::{Gtin, NumberError, Plu};
use domain::ids::{InvalidName, ProductId, StoreId, TaxCode};
use domain::money::{Currency, Money, MoneyError};
use domain::product::Product;
use domain::quantity::{Measure, UnitPrice};
use domain::text::LocalizedText;
use sha2::{Digest as _, Sha256};
use thiserror::Error;

/// The language of a name when none is said.
pub const DEFAULT_LANGUAGE: &str = "en";
/// The highest age limit that is one, in years.
pub const AGE_MAX: u8 = 99;

/// Words that stand where a product's id does in an address.
const RESERVED_IDS: [&str; 3] = ["duplicates", "families", "search"];

/// The fields of a product, as text; what is absent stays as it is, or takes its default where the product is new.
#[derive(Debug, Clone, Default)]
#[allow(missing_docs, reason = "each is the field of the form that has its name")]
pub struct Fields<'a> {
    pub id: Option<&'a str>,
    pub sku: Option<&'a str>,
    pub name: Option<&'a str>,
    pub language: Option<&'a str>,
    pub price: Option<&'a str>,
    pub currency: Option<&'a str>,
    pub unit: Option<&'a str>,
    pub tax_code: Option<&'a str>,
    pub gtin: Option<&'a str>,
    pub plu: Option<&'a str>,
    pub age_limit: Option<&'a str>,
}

/// What is wrong with a field, and the way out.
#[derive(Debug, Clone, PartialEq, Eq, Error)]
#[error("`{field}`: {fault}")]
pub struct FieldError {
    /// The field.
    pub field: &'static str,
    /// What is wrong with it.
    pub fault: FieldFault,
}

/// What can be wrong with a field.
#[derive(Debug, Clone, PartialEq, Eq, Error)]
pub enum FieldFault {
    /// It is not there, and nothing takes its place.
    #[error("is missing: the product is new, so it has to be said")]
    Missing,
    /// An id that is a word of the API's addresses.
    #[error("`{0}` has another meaning in addresses: choose another id")]
    Reserved(String),
    /// No id, or no tax code.
    #[error(transparent)]
    Name(#[from] InvalidName),
    /// No GTIN, or no PLU.
    #[error(transparent)]
    Number(#[from] NumberError),
    /// No amount, or no currency.
    #[error(transparent)]
    Money(#[from] MoneyError),
    /// No tag of a language.
    #[error("write a tag such as `en` or `ru`")]
    Language(String),
    /// Nothing that is sold by.
    #[error("`{0}` is neither `piece` nor `kg`")]
    Unit(String),
    /// No currency is said, and the stores do not say which.
    #[error("the stores have none or several: say which, for example `EUR`")]
    CurrencyUnclear,
    /// A store has no rate for the tax code.
    #[error("store `{store}` has no rate for `{code}`: {}", way_out(.rates))]
    NoTaxRate {
        /// The store.
        store: StoreId,
        /// The code.
        code: TaxCode,
        /// Codes that it has a rate for.
        rates: Vec<TaxCode>,
    },
    /// No years of an age limit.
    #[error("write years from 0 (none) to {AGE_MAX}")]
    Age(String),
}

/// What to do about a store that lacks a rate for a tax code and has these.
fn way_out(rates: &[TaxCode]) -> String {
    match rates.is_empty() {
        true => "give the store its tax rates first".to_owned(),
        false => {
            let quoted: Vec<String> = rates.iter().map(|code| format!("`{code}`")).collect();
            format!("use one of {}", quoted.join(", "))
        }
    }
}

/// The product's id: the one that was written, else one that follows from its article number or its name, so that the same
/// form again means the same product.
pub fn product_id(fields: &Fields<'_>) -> Result<ProductId, FieldError> {
    if let Some(id) = fields.id {
        if RESERVED_IDS.contains(&id) {
            return Err(wrong("id", FieldFault::Reserved(id.to_owned())));
        }
        return ProductId::new(id).map_err(|error| wrong("id", error));
    }
    let Some(key) = fields.sku.or(fields.name) else {
        return Err(missing("name"));
    };
    let words: Vec<String> = key.split_whitespace().map(str::to_lowercase).collect();
    let hash = Sha256::digest(words.join(" ").as_bytes());
    let id = format!("p-{}", BASE32_NOPAD.encode(&hash[..10]).to_lowercase());
    ProductId::new(&id).map_err(|error| wrong("id", error))
}

/// The product with what was written laid over what is known of it.
pub fn product(
    id: ProductId,
    fields: &Fields<'_>,
    known: Option<&Product>,
    stores: &[StoreInfo],
) -> Result<Product, FieldError> {
    let currency = currency(fields, known, stores)?;
    let tax_code = tax_code(fields, known, stores, currency)?;
    let gtin = fields.gtin.map(Gtin::parse).transpose().map_err(|error| wrong("gtin", error))?;
    let plu = fields.plu.map(Plu::parse).transpose().map_err(|error| wrong("plu", error))?;
    let sku = fields.sku.map(str::to_owned).or_else(|| known.map(|known| known.sku.clone()));
    Ok(Product {
        sku: sku.unwrap_or_else(|| id.to_string()),
        name: name(fields, known)?,
        gtin: gtin.or_else(|| known.and_then(|known| known.gtin)),
        plu: plu.or_else(|| known.and_then(|known| known.plu)),
        price: price(fields, known, currency)?,
        tax_code,
        age_limit: age_limit(fields, known)?,
        archived: known.is_some_and(|known| known.archived),
        picture: known.and_then(|known| known.picture.clone()),
        id,
    })
}

fn name(fields: &Fields<'_>, known: Option<&Product>) -> Result<LocalizedText, FieldError> {
    let mut names = known.map(|known| known.name.clone()).unwrap_or_default();
    let language = fields.language.unwrap_or(DEFAULT_LANGUAGE);
    let fits =
        (2..=35).contains(&language.len()) && language.chars().all(|c| c.is_ascii_alphanumeric() || c == '-');
    if !fits {
        return Err(wrong("language", FieldFault::Language(beginning(language))));
    }
    if let Some(name) = fields.name {
        names.0.insert(language.to_owned(), name.to_owned());
    }
    if names.0.is_empty() { Err(missing("name")) } else { Ok(names) }
}

fn price(fields: &Fields<'_>, known: Option<&Product>, currency: Currency) -> Result<UnitPrice, FieldError> {
    let per = match fields.unit {
        Some("piece") => Measure::Piece,
        Some("kg") => Measure::Kilogram,
        Some(other) => return Err(wrong("unit", FieldFault::Unit(beginning(other)))),
        None => known.map_or(Measure::Piece, |known| known.price.per),
    };
    let amount = match (fields.price, known) {
        (Some(text), _) => Money::parse(text, currency).map_err(|error| wrong("price", error))?,
        (None, Some(known)) => known.price.amount,
        (None, None) => return Err(missing("price")),
    };
    Ok(UnitPrice { amount, per })
}

/// The currency that was written, else the product's, else that of the organisation's stores where they have one.
fn currency(
    fields: &Fields<'_>,
    known: Option<&Product>,
    stores: &[StoreInfo],
) -> Result<Currency, FieldError> {
    if let Some(code) = fields.currency {
        return Currency::new(code).map_err(|error| wrong("currency", error));
    }
    if let Some(known) = known {
        return Ok(known.price.amount.currency);
    }
    let all: BTreeSet<Currency> = stores.iter().map(|store| store.details.currency).collect();
    let mut all = all.into_iter();
    match (all.next(), all.next()) {
        (Some(only), None) => Ok(only),
        _ => Err(wrong("currency", FieldFault::CurrencyUnclear)),
    }
}

/// The tax code that was written, else the product's, else the only one there is. Each store that sells in the currency has
/// to have a rate for it, or the product could not be sold there. What a change leaves alone is not looked at again: a store
/// that came later and lacks the rate is no reason to refuse a price or a photo.
fn tax_code(
    fields: &Fields<'_>,
    known: Option<&Product>,
    stores: &[StoreInfo],
    currency: Currency,
) -> Result<TaxCode, FieldError> {
    let selling = || stores.iter().filter(|store| store.details.currency == currency);
    let codes: BTreeSet<&TaxCode> = selling().flat_map(|store| store.details.taxes.rates.keys()).collect();
    let code = match (fields.tax_code, known) {
        (Some(code), _) => TaxCode::new(code).map_err(|error| wrong("tax_code", error))?,
        (None, Some(known)) => known.tax_code.clone(),
        (None, None) => match codes.iter().copied().collect::<Vec<_>>().as_slice() {
            [only] => (*only).clone(),
            _ => return Err(missing("tax_code")),
        },
    };
    if known.is_some() && fields.tax_code.is_none() && fields.currency.is_none() {
        return Ok(code);
    }
    if let Some(store) = selling().find(|store| !store.details.taxes.rates.contains_key(&code)) {
        let rates = store.details.taxes.rates.keys().cloned().collect();
        return Err(wrong("tax_code", FieldFault::NoTaxRate { store: store.id.clone(), code, rates }));
    }
    Ok(code)
}

fn age_limit(fields: &Fields<'_>, known: Option<&Product>) -> Result<Option<u8>, FieldError> {
    let Some(text) = fields.age_limit else { return Ok(known.and_then(|known| known.age_limit)) };
    match text.parse() {
        Ok(0) => Ok(None),
        Ok(years) if years <= AGE_MAX => Ok(Some(years)),
        _ => Err(wrong("age_limit", FieldFault::Age(beginning(text)))),
    }
}

fn missing(field: &'static str) -> FieldError {
    wrong(field, FieldFault::Missing)
}

fn wrong(field: &'static str, fault: impl Into<FieldFault>) -> FieldError {
    FieldError { field, fault: fault.into() }
}

/// As much of a value as people know it by.
fn beginning(text: &str) -> String {
    text.chars().take(32).collect()
}

#[cfg(test)]
mod tests {
    use std::collections::BTreeMap;

    use cloud_store::StoreDetails;
    use domain::ids::{OrgId, StoreId};
    use domain::tax::{TaxRate, TaxTable};
    use domain::time::WallMs;

    use super::*;

    fn store(id: &str, currency: &str, codes: &[&str]) -> StoreInfo {
        let rate = |code: &&str| (TaxCode::new(code).unwrap(), TaxRate { basis_points: 700 });
        StoreInfo {
            org: OrgId::new("acme").unwrap(),
            id: StoreId::new(id).unwrap(),
            details: StoreDetails {
                name: id.to_owned(),
                time_zone: "UTC".to_owned(),
                currency: Currency::new(currency).unwrap(),
                taxes: TaxTable {
                    rates: codes.iter().map(rate).collect::<BTreeMap<_, _>>(),
                    inclusive: true,
                },
            },
            created_at: WallMs(0),
            updated_at: WallMs(0),
        }
    }

    fn apples() -> Fields<'static> {
        Fields { name: Some("Red apples"), price: Some("2.49"), ..Fields::default() }
    }

    #[test]
    fn the_same_form_means_the_same_product() {
        let id = |fields: &Fields<'_>| product_id(fields).unwrap();
        assert_eq!(id(&apples()), id(&Fields { name: Some(" red  APPLES"), ..apples() }));
        assert_ne!(id(&apples()), id(&Fields { sku: Some("1001"), ..apples() }));
        assert_eq!(id(&Fields { id: Some("apple"), ..apples() }).as_str(), "apple");
        assert_eq!(product_id(&Fields::default()).unwrap_err().field, "name");
    }

    #[test]
    fn takes_from_the_stores_what_goes_without_saying() {
        let stores = [store("a", "EUR", &["vat7"]), store("b", "EUR", &["vat7"])];
        let made = product(product_id(&apples()).unwrap(), &apples(), None, &stores).unwrap();
        assert_eq!((made.price.amount.to_string(), made.tax_code.as_str()), ("2.49 EUR".to_owned(), "vat7"));
        assert_eq!((made.price.per, made.sku.as_str()), (Measure::Piece, made.id.as_str()));
        let later =
            Fields {
                price: Some("2.99"), name: Some("Яблоки"), language: Some("ru"), ..Fields::default()
            };
        let changed = product(made.id.clone(), &later, Some(&made), &stores).unwrap();
        assert_eq!((changed.name.get("en"), changed.name.get("ru")), ("Red apples", "Яблоки"));
        assert_eq!((changed.price.amount.minor, changed.sku), (299, made.sku));
    }

    #[test]
    fn a_store_that_came_later_keeps_no_price_from_changing() {
        let mut stores = vec![store("a", "EUR", &["vat7"])];
        let made = product(product_id(&apples()).unwrap(), &apples(), None, &stores).unwrap();
        stores.push(store("b", "EUR", &[]));
        let price = Fields { price: Some("1.99"), ..Fields::default() };
        let changed = product(made.id.clone(), &price, Some(&made), &stores).unwrap();
        assert_eq!((changed.price.amount.minor, &changed.tax_code), (199, &made.tax_code));
        let tax = Fields { tax_code: Some("vat7"), ..Fields::default() };
        let refused = product(made.id.clone(), &tax, Some(&made), &stores).unwrap_err();
        assert!(refused.to_string().contains("give the store its tax rates first"), "{refused}");
    }

    #[test]
    fn names_the_field_that_is_wrong() {
        let stores = [store("a", "EUR", &["vat7", "vat19"]), store("b", "EUR", &["vat7"])];
        let base = Fields { tax_code: Some("vat7"), ..apples() };
        for (fields, field) in [
            (Fields { tax_code: None, ..base.clone() }, "tax_code"),
            (Fields { tax_code: Some("vat19"), ..base.clone() }, "tax_code"),
            (Fields { tax_code: Some("VAT"), ..base.clone() }, "tax_code"),
            (Fields { price: Some("2,49"), ..base.clone() }, "price"),
            (Fields { price: None, ..base.clone() }, "price"),
            (Fields { name: None, ..base.clone() }, "name"),
            (Fields { unit: Some("litre"), ..base.clone() }, "unit"),
            (Fields { gtin: Some("4006381333932"), ..base.clone() }, "gtin"),
            (Fields { plu: Some("12"), ..base.clone() }, "plu"),
            (Fields { age_limit: Some("100"), ..base.clone() }, "age_limit"),
            (Fields { currency: Some("euro"), ..base.clone() }, "currency"),
            (Fields { language: Some("<b>"), ..base.clone() }, "language"),
        ] {
            let id = ProductId::new("p").unwrap();
            assert_eq!(product(id, &fields, None, &stores).unwrap_err().field, field, "{fields:?}");
        }
        let mixed = [store("a", "EUR", &["vat7"]), store("b", "USD", &["vat7"])];
        let id = ProductId::new("p").unwrap();
        assert_eq!(product(id, &base, None, &mixed).unwrap_err().field, "currency");
    }
}
