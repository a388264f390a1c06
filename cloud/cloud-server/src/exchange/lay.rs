//! A row of a file is laid over the product that it is about.

use std::collections::BTreeSet;

use cloud_core::matching::Unit;
use cloud_docs::catalogue::CatalogueRecord;
use cloud_store::{Category, LABEL_MAX_LEN, StoreInfo, StoredProduct, look_at_product};
use domain::ids::{ProductId, TaxCode};
use domain::money::Currency;
use domain::product::Product;
use rust_decimal::Decimal;
use serde::{Deserialize, Serialize};
use sync_core::catalogue_document::product_record;
use utoipa::ToSchema;

use super::reasons::{
    Reason, archived_wrong, category_length, tax_rate_unknown, tax_rate_wrong, unit_unknown,
};
use crate::products::registration::{Fields, product};

/// What a change of the price is called.
pub(super) const PRICE: &str = "price";
/// The fields that say what a product costs.
pub(super) const PRICE_FIELDS: [&str; 3] = [PRICE, "currency", "unit"];

/// What holds for all rows of a file.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Terms<'a> {
    /// The stores, whose currencies and tax rates products have to fit.
    pub(crate) stores: &'a [StoreInfo],
    /// The language of names that come without one.
    pub(crate) language: &'a str,
}

/// A product as a row would have it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Laid {
    pub(crate) product: Product,
    /// The category that the row names.
    pub(crate) category: Option<Category>,
}

/// A field that becomes another.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
#[schema(as = CatalogueChange)]
pub(crate) struct Change {
    /// The field: `price`, `gtin`, `name:ru`.
    pub(crate) field: String,
    /// What it was; absent where there was nothing.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub(crate) from: Option<String>,
    /// What it becomes.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub(crate) to: Option<String>,
}

/// Lays what a row says over what is known; an error says what is wrong, and the way out.
pub(crate) fn lay(
    record: &CatalogueRecord,
    id: ProductId,
    known: Option<&Product>,
    terms: Terms<'_>,
) -> Result<Laid, Reason> {
    let unit = said(&record.unit).map(unit).transpose()?;
    let tax_code = tax_code(record, known, terms)?;
    let names = names(record, known, terms.language);
    let first = names.first();
    let fields = Fields {
        id: None,
        sku: record.sku.as_deref().filter(|text| !text.trim().is_empty()),
        name: first.map(|(_, name)| *name),
        language: first.map(|(language, _)| *language),
        price: said(&record.price),
        // What is so already is not looked at again: a store that came later and lacks the rate is no reason to refuse a price.
        currency: said(&record.currency)
            .filter(|code| known.is_none_or(|known| known.price.amount.currency.code() != *code)),
        unit,
        tax_code: tax_code
            .as_ref()
            .filter(|code| known.is_none_or(|known| known.tax_code != **code))
            .map(TaxCode::as_str),
        gtin: said(&record.gtin),
        plu: said(&record.plu),
        age_limit: said(&record.age_limit),
    };
    let mut laid = product(id, &fields, known, terms.stores)?;
    for (language, name) in names.iter().skip(1) {
        laid.name.0.insert((*language).to_owned(), (*name).to_owned());
    }
    if let Some(text) = said(&record.archived) {
        laid.archived = flag(text)?;
    }
    look_at_product(&laid).map_err(|fault| Reason::of_product(&laid, &fault))?;
    let category = record.category.as_deref().filter(|name| !name.trim().is_empty()).map(|name| Category {
        name: name.to_owned(),
        family: said(&record.family).unwrap_or_default().to_owned(),
    });
    if let Some(category) = &category
        && category.name.len() > LABEL_MAX_LEN
    {
        return Err(category_length(&category.name, LABEL_MAX_LEN));
    }
    Ok(Laid { product: laid, category })
}

/// What is other than before, field by field.
pub(crate) fn changes(before: Option<&StoredProduct>, laid: &Laid) -> Vec<Change> {
    let mut changes = Vec::new();
    let mut add = |field: &str, from: Option<String>, to: Option<String>| {
        if from != to {
            changes.push(Change { field: field.to_owned(), from, to });
        }
    };
    let known = before.map(|stored| &stored.product);
    let (old, new) = (known.map(product_record), product_record(&laid.product));
    let empty = Default::default();
    let old_names = known.map_or(&empty, |known| &known.name.0);
    let languages: BTreeSet<&String> = old_names.keys().chain(laid.product.name.0.keys()).collect();
    for language in languages {
        let name = laid.product.name.0.get(language).cloned();
        add(&format!("name:{language}"), old_names.get(language).cloned(), name);
    }
    add("sku", old.as_ref().map(|old| old.sku.clone()), Some(new.sku));
    add(PRICE, old.as_ref().map(|old| old.price.clone()), Some(new.price));
    let code = |currency: Currency| currency.code().to_owned();
    add(
        "currency",
        known.map(|known| code(known.price.amount.currency)),
        Some(code(laid.product.price.amount.currency)),
    );
    add("unit", old.as_ref().map(|old| old.per.clone()), Some(new.per));
    let text = |code: &TaxCode| code.as_str().to_owned();
    add("tax_code", known.map(|known| text(&known.tax_code)), Some(text(&laid.product.tax_code)));
    add(
        "gtin",
        known.and_then(|known| Some(known.gtin?.to_string())),
        laid.product.gtin.map(|gtin| gtin.to_string()),
    );
    add(
        "plu",
        known.and_then(|known| Some(known.plu?.to_string())),
        laid.product.plu.map(|plu| plu.to_string()),
    );
    let years = |age: Option<u8>| age.map(|years| years.to_string());
    add("age_limit", years(known.and_then(|known| known.age_limit)), years(laid.product.age_limit));
    let archived = |product: &Product| product.archived.then(|| "true".to_owned());
    add("archived", known.and_then(archived), archived(&laid.product));
    if let Some(category) = &laid.category {
        add("category", before.and_then(|stored| stored.category.clone()), Some(category.name.clone()));
    }
    changes
}

/// A value that says anything.
fn said(text: &Option<String>) -> Option<&str> {
    text.as_deref().map(str::trim).filter(|text| !text.is_empty())
}

/// Names with their languages. One without a language is in that of the file, or in the product's own where it has but one.
fn names<'a>(
    record: &'a CatalogueRecord,
    known: Option<&'a Product>,
    language: &'a str,
) -> Vec<(&'a str, &'a str)> {
    let own = known.map(|known| &known.name.0).filter(|names| names.len() == 1);
    let own = own.and_then(|names| names.keys().next()).map_or(language, String::as_str);
    let of_language = |(tag, name): (&'a String, &'a String)| {
        (if tag.is_empty() { own } else { tag.as_str() }, name.as_str())
    };
    let said = record.names.iter().filter(|(_, name)| !name.trim().is_empty());
    // One that names its language counts more than one that does not; the texts are in order, so it comes later.
    let by_language: std::collections::BTreeMap<&str, &str> = said.map(of_language).collect();
    by_language.into_iter().collect()
}

fn unit(text: &str) -> Result<&'static str, Reason> {
    match Unit::read(text) {
        Unit::Piece => Ok("piece"),
        Unit::Weight(1_000_000) => Ok("kg"),
        _ => Err(unit_unknown(text)),
    }
}

fn flag(text: &str) -> Result<bool, Reason> {
    match text.to_lowercase().as_str() {
        "true" | "1" | "yes" | "да" | "истина" | "ja" | "wahr" => Ok(true),
        "false" | "0" | "no" | "нет" | "ложь" | "nein" | "falsch" => Ok(false),
        _ => Err(archived_wrong(text)),
    }
}

/// The tax code that a row names, or the one whose rate it names: that of the product where it fits, else the first that all stores with
/// its currency have.
fn tax_code(
    record: &CatalogueRecord,
    known: Option<&Product>,
    terms: Terms<'_>,
) -> Result<Option<TaxCode>, Reason> {
    if let Some(code) = said(&record.tax_code) {
        return TaxCode::new(code).map(Some).map_err(|error| Reason::of_name("tax_code", &error));
    }
    let Some(text) = said(&record.tax_rate) else { return Ok(None) };
    let number = text.trim_end_matches('%').trim().replace(',', ".");
    let lower = number.to_lowercase();
    let is_none = ["без ндс", "без налога", "none", "ohne"].iter().any(|word| lower.contains(word));
    let percent: Decimal = match is_none {
        true => Decimal::ZERO,
        false => number.parse().map_err(|_| tax_rate_wrong(text))?,
    };
    let has_rate = |store: &StoreInfo, code: &TaxCode| {
        store
            .details
            .taxes
            .rates
            .get(code)
            .is_some_and(|rate| Decimal::new(rate.basis_points.into(), 2) == percent)
    };
    let fits = |code: &TaxCode| terms.stores.iter().all(|store| has_rate(store, code));
    if let Some(known) = known.filter(|known| fits(&known.tax_code)) {
        return Ok(Some(known.tax_code.clone()));
    }
    let codes: BTreeSet<&TaxCode> =
        terms.stores.iter().flat_map(|store| store.details.taxes.rates.keys()).collect();
    let found = codes.into_iter().find(|code| fits(code)).cloned();
    found.map(Some).ok_or_else(|| tax_rate_unknown(percent))
}
