//! Which reason a typed error is. What is matched here has no wildcard: a new cause needs a sentence before it compiles.

use cloud_docs::catalogue::RowProblem;
use cloud_store::{LABEL_MAX_LEN, ProductFault, SKU_MAX_LEN};
use domain::gtin::NumberError;
use domain::ids::{InvalidName, NAME_MAX_LEN, TaxCode};
use domain::money::MoneyError;
use domain::product::Product;

use super::{
    Reason, age_wrong, currencies_mixed, currency_unclear, currency_wrong, field_twice, gtin_check_digit,
    gtin_shape, id_reserved, identifier_wrong, language_wrong, languages_too_many, missing, name_length,
    names_no_texts, no_commerceml_id, no_object, no_text, plu_shape, price_bounds, price_too_large,
    price_wrong, sku_length, store_without_rate, store_without_rates, text_too_long, unit_unknown,
};
use crate::products::registration::{AGE_MAX, FieldError, FieldFault};

impl From<RowProblem> for Reason {
    fn from(problem: RowProblem) -> Self {
        match problem {
            RowProblem::NoObject => no_object(),
            RowProblem::FieldTwice { key } => field_twice(key),
            RowProblem::NamesNoTexts => names_no_texts(),
            RowProblem::NoText { key } => no_text(key),
            RowProblem::NoId => no_commerceml_id(),
            RowProblem::TooManyLanguages { limit } => languages_too_many(limit),
            RowProblem::TextTooLong { field, bytes, limit } => text_too_long(field, bytes, limit),
        }
    }
}

impl From<FieldError> for Reason {
    fn from(FieldError { field, fault }: FieldError) -> Self {
        match fault {
            FieldFault::Missing => missing(field),
            FieldFault::Reserved(id) => id_reserved(id),
            FieldFault::Name(error) => Self::of_name(field, &error),
            FieldFault::Number(error) => error.into(),
            FieldFault::Money(error) => error.into(),
            FieldFault::Language(said) => language_wrong(said),
            FieldFault::Unit(said) => unit_unknown(said),
            FieldFault::CurrencyUnclear => currency_unclear(),
            FieldFault::NoTaxRate { store, code, rates } if rates.is_empty() => {
                store_without_rates(store, code)
            }
            FieldFault::NoTaxRate { store, code, rates } => {
                let others: Vec<&str> = rates.iter().map(TaxCode::as_str).collect();
                store_without_rate(store, code, others.join(", "))
            }
            FieldFault::Age(said) => age_wrong(said, AGE_MAX),
        }
    }
}

impl From<NumberError> for Reason {
    fn from(error: NumberError) -> Self {
        match error {
            NumberError::GtinShape(said) => gtin_shape(said),
            NumberError::GtinCheckDigit { text, expected } => gtin_check_digit(text, expected),
            NumberError::PluShape(said) => plu_shape(said),
        }
    }
}

impl From<MoneyError> for Reason {
    fn from(error: MoneyError) -> Self {
        match error {
            MoneyError::BadCurrency(said) => currency_wrong(said),
            MoneyError::CurrencyMismatch(one, other) => currencies_mixed(one, other),
            MoneyError::Overflow => price_too_large(),
            MoneyError::BadAmount(said, currency, digits, example) => {
                price_wrong(said, currency, digits, example)
            }
        }
    }
}

impl Reason {
    /// What a field says that should be an id or a code.
    pub(in crate::exchange) fn of_name(field: &str, error: &InvalidName) -> Self {
        identifier_wrong(field, error.value(), NAME_MAX_LEN)
    }

    /// Why a product cannot be kept.
    pub(in crate::exchange) fn of_product(product: &Product, fault: &ProductFault) -> Self {
        match fault {
            ProductFault::SkuLength => sku_length(&product.sku, SKU_MAX_LEN),
            ProductFault::NoName => missing("name"),
            ProductFault::NameLength { bytes } => name_length(bytes, LABEL_MAX_LEN),
            ProductFault::PriceBounds { price, most } => price_bounds(price, most),
        }
    }
}
