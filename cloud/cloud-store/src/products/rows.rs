//! A product as columns.

use std::collections::BTreeMap;
use std::sync::Arc;

use domain::catalogue::PRICE_MAX_MINOR;
use domain::embedding::{Embedding, View};
use domain::gtin::{Gtin, Plu};
use domain::money::Money;
use domain::product::Product;
use domain::quantity::{Measure, UnitPrice};
use domain::text::LocalizedText;
use thiserror::Error;

use super::{NewPhoto, Photo, ScheduledPrice, StoredProduct, StoredView};
use crate::error::{StoreError, What};
use crate::organisations::{LABEL_MAX_LEN, is_label};
use crate::sql::{Bind, Failure, Fields, Values, column, push_values};

/// Longest article number, in bytes.
pub const SKU_MAX_LEN: usize = 64;

column!(Gtin as String, ToString::to_string, |text| Gtin::parse(&text).map_err(|error| error.to_string()));
column!(Plu as String, ToString::to_string, |text| Plu::parse(&text).map_err(|error| error.to_string()));
column!(u8 as i64, |number| i64::from(*number), |number| {
    u8::try_from(number).map_err(|_| format!("{number} is out of range"))
});
column!(Measure as String, ToString::to_string, |word| match word.as_str() {
    "piece" => Ok(Measure::Piece),
    "kg" => Ok(Measure::Kilogram),
    other => Err(format!("`{other}` is neither `piece` nor `kg`")),
});
column!(LocalizedText as String, |text| serde_json::to_string(&text.0).expect("its keys are text"), |json| {
    serde_json::from_str::<BTreeMap<String, String>>(&json)
        .map(LocalizedText)
        .map_err(|error| error.to_string())
});

/// A price is three values: its amount, its currency and what it is for.
impl Bind for &UnitPrice {
    fn bind(self, values: &mut Values) {
        push_values!(values; self.amount.minor, &self.amount.currency, &self.per);
    }
}

pub(crate) const PRODUCT: &str =
    "SELECT id, sku, names, gtin, plu, price_minor, currency, price_per, tax_code,
                                         age_limit, archived, picture, category, created_at, updated_at
                                  FROM product";
pub(super) const PHOTO: &str =
    "SELECT product, id, blob_key, hash, media_type, size_bytes, state, made_at FROM photo";
pub(super) const VIEW: &str = "SELECT product_view.id, product, model, vector, photo, made_at, retired_at
                               FROM product_view";

pub(crate) fn read_price(fields: &mut Fields<'_>) -> Result<UnitPrice, Failure> {
    Ok(UnitPrice { amount: Money::new(fields.take()?, fields.take()?), per: fields.take()? })
}

pub(crate) fn read_product(fields: &mut Fields<'_>) -> Result<StoredProduct, Failure> {
    Ok(StoredProduct {
        product: Product {
            id: fields.take()?,
            sku: fields.take()?,
            name: fields.take()?,
            gtin: fields.take_option()?,
            plu: fields.take_option()?,
            price: read_price(fields)?,
            tax_code: fields.take()?,
            age_limit: fields.take_option()?,
            archived: fields.take()?,
            picture: fields.take_option()?,
        },
        category: fields.take_option()?,
        created_at: fields.take()?,
        updated_at: fields.take()?,
    })
}

pub(super) fn read_photo(fields: &mut Fields<'_>) -> Result<Photo, Failure> {
    Ok(Photo {
        product: fields.take()?,
        photo: NewPhoto {
            id: fields.take()?,
            blob_key: fields.take()?,
            hash: fields.take()?,
            media_type: fields.take()?,
            size_bytes: fields.take()?,
        },
        state: fields.take()?,
        made_at: fields.take()?,
    })
}

pub(super) fn read_view(fields: &mut Fields<'_>) -> Result<StoredView, Failure> {
    let (id, product, model) = (fields.take()?, fields.take()?, fields.take()?);
    let vector: Vec<u8> = fields.take()?;
    let embedding = Embedding::new(model, floats(&vector)).map_err(|error| StoreError::Unreadable {
        what: What::View,
        name: format!("{id:?}"),
        problem: error.to_string(),
    })?;
    Ok(StoredView {
        view: View { id, product, embedding },
        photo: fields.take_option()?,
        made_at: fields.take()?,
        retired_at: fields.take_option()?,
    })
}

pub(super) fn read_scheduled(fields: &mut Fields<'_>) -> Result<ScheduledPrice, Failure> {
    Ok(ScheduledPrice {
        product: fields.take()?,
        effective_from: fields.take()?,
        price: read_price(fields)?,
        made_by: fields.take()?,
        made_at: fields.take()?,
    })
}

/// A vector as bytes: four a number, the low byte first.
pub(crate) fn vector_bytes(embedding: &Embedding) -> Vec<u8> {
    embedding.values().iter().flat_map(|value| value.to_le_bytes()).collect()
}

/// What [`vector_bytes`] wrote.
pub(crate) fn floats(bytes: &[u8]) -> Arc<[f32]> {
    bytes.as_chunks().0.iter().map(|&four| f32::from_le_bytes(four)).collect()
}

/// Everything that people look for a product by, in small letters.
pub(super) fn search_text(product: &Product) -> String {
    let numbers = [product.gtin.map(|gtin| gtin.to_string()), product.plu.map(|plu| plu.to_string())];
    let words: Vec<String> = product
        .name
        .0
        .values()
        .chain([&product.sku])
        .cloned()
        .chain(numbers.into_iter().flatten())
        .map(|text| text.to_lowercase())
        .collect();
    words.join("\n")
}

/// Why a product cannot be kept as it is.
#[derive(Debug, Clone, PartialEq, Eq, Error)]
pub enum ProductFault {
    /// No article number, or a long one.
    #[error("its article number must have 1 to {SKU_MAX_LEN} bytes")]
    SkuLength,
    /// No name at all.
    #[error("it needs a name in at least one language")]
    NoName,
    /// An empty name, or a long one.
    #[error("its name must have 1 to {LABEL_MAX_LEN} bytes, and has {bytes}")]
    NameLength {
        /// How long it is.
        bytes: usize,
    },
    /// Less than nothing, or more than anything costs.
    #[error("its price is {price}: it must lie between zero and {most}")]
    PriceBounds {
        /// What it is to cost.
        price: Money,
        /// The most that anything costs.
        most: Money,
    },
}

/// Refuses what either engine or the catalogue would refuse later.
pub(crate) fn check_product(product: &Product) -> Result<(), StoreError> {
    let invalid = |fault: ProductFault| StoreError::invalid(What::Product, &product.id, fault.to_string());
    look_at_product(product).map_err(invalid)
}

/// What is wrong with a product, for those who say it in words of their own.
pub fn look_at_product(product: &Product) -> Result<(), ProductFault> {
    if product.sku.trim().is_empty() || product.sku.len() > SKU_MAX_LEN {
        return Err(ProductFault::SkuLength);
    }
    if product.name.0.is_empty() {
        return Err(ProductFault::NoName);
    }
    if let Some(name) = product.name.0.values().find(|name| !is_label(name)) {
        return Err(ProductFault::NameLength { bytes: name.len() });
    }
    let price = product.price.amount;
    if (0..=PRICE_MAX_MINOR).contains(&price.minor) {
        return Ok(());
    }
    Err(ProductFault::PriceBounds { price, most: Money::new(PRICE_MAX_MINOR, price.currency) })
}
