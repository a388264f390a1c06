//! A catalogue as JSON: in the store, through the control socket, and as an exported file, all the same.
//!
//! ```json
//! {"currency":"EUR","tax":{"inclusive":true,"rates":{"vat7":700}},"products":[
//! {"id":"apple-red","sku":"1001","name":{"en":"Red apples","ru":"Яблоки красные"},"plu":"4011","price":"2.49","per":"kg","tax_code":"vat7"}
//! ]}
//! ```
//!
//! Prices are text with a point, rates are hundredths of a percent. `gtin`, `plu`, `age_limit`, `archived` and `picture` are
//! left out when there is nothing to say.

use std::collections::BTreeMap;

use domain::catalogue::Catalogue;
use domain::gtin::{Gtin, Plu};
use domain::ids::{ProductId, TaxCode};
use domain::money::{Currency, Money};
use domain::product::Product;
use domain::quantity::{Measure, UnitPrice};
use domain::tax::{TaxRate, TaxTable};
use domain::text::LocalizedText;
use serde::{Deserialize, Serialize};

#[derive(Serialize, Deserialize)]
struct CatalogueRecord {
    currency: String,
    tax: TaxRecord,
    products: Vec<ProductRecord>,
}

#[derive(Serialize, Deserialize)]
struct TaxRecord {
    inclusive: bool,
    rates: BTreeMap<String, u32>,
}

/// A product as files write it.
#[derive(Debug, Serialize, Deserialize)]
pub struct ProductRecord {
    /// Its id.
    pub id: String,
    /// The shop's article number.
    pub sku: String,
    /// Names by language.
    pub name: BTreeMap<String, String>,
    /// The GTIN as 14 digits.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub gtin: Option<String>,
    /// The PLU.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub plu: Option<String>,
    /// The price with a point, without its currency.
    pub price: String,
    /// `piece` or `kg`.
    pub per: String,
    /// The tax code.
    pub tax_code: String,
    /// The buyer's least age, in years.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub age_limit: Option<u8>,
    /// True where it is kept for old sales only.
    #[serde(default, skip_serializing_if = "std::ops::Not::not")]
    pub archived: bool,
    /// File name of its picture.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub picture: Option<String>,
}

/// Canonical: the same catalogue gives the same bytes. One product a line.
pub fn encode(catalogue: &Catalogue) -> String {
    let tax = TaxRecord {
        inclusive: catalogue.taxes().inclusive,
        rates: catalogue
            .taxes()
            .rates
            .iter()
            .map(|(code, rate)| (code.to_string(), rate.basis_points))
            .collect(),
    };
    let products: Vec<String> = catalogue.products().map(|product| json(&product_record(product))).collect();
    format!(
        "{{\"currency\":{},\"tax\":{},\"products\":[\n{}\n]}}\n",
        json(catalogue.currency().code()),
        json(&tax),
        products.join(",\n")
    )
}

fn json<T: Serialize + ?Sized>(value: &T) -> String {
    serde_json::to_string(value).expect("the records have string keys only")
}

/// Reads what [`encode`] wrote.
pub fn decode(body: &[u8]) -> Result<Catalogue, String> {
    let record: CatalogueRecord = serde_json::from_slice(body).map_err(|error| error.to_string())?;
    let currency = Currency::new(&record.currency).map_err(|error| error.to_string())?;
    let rate = |(code, basis_points): (String, u32)| {
        Ok((TaxCode::new(&code).map_err(|error| error.to_string())?, TaxRate { basis_points }))
    };
    let rates: Result<_, String> = record.tax.rates.into_iter().map(rate).collect();
    let taxes = TaxTable { rates: rates?, inclusive: record.tax.inclusive };
    let products: Result<Vec<_>, String> =
        record.products.into_iter().map(|product| product.into_product(currency)).collect();
    Catalogue::new(currency, taxes, products?).map_err(|problems| {
        let texts: Vec<String> = problems.iter().map(ToString::to_string).collect();
        texts.join("; ")
    })
}

/// A product in the words of [`ProductRecord`].
pub fn product_record(product: &Product) -> ProductRecord {
    ProductRecord {
        id: product.id.to_string(),
        sku: product.sku.clone(),
        name: product.name.0.clone(),
        gtin: product.gtin.map(|gtin| gtin.to_string()),
        plu: product.plu.map(|plu| plu.to_string()),
        price: price_text(product.price.amount),
        per: match product.price.per {
            Measure::Piece => "piece".to_owned(),
            Measure::Kilogram => "kg".to_owned(),
        },
        tax_code: product.tax_code.to_string(),
        age_limit: product.age_limit,
        archived: product.archived,
        picture: product.picture.clone(),
    }
}

/// `2.49`, without the currency.
fn price_text(amount: Money) -> String {
    let shown = amount.to_string();
    shown.split(' ').next().unwrap_or_default().to_owned()
}

impl ProductRecord {
    fn into_product(self, currency: Currency) -> Result<Product, String> {
        let text = |error: &dyn std::fmt::Display| format!("product `{}`: {error}", self.id);
        let per = match self.per.as_str() {
            "piece" => Measure::Piece,
            "kg" => Measure::Kilogram,
            other => return Err(text(&format!("`{other}` is neither `piece` nor `kg`"))),
        };
        Ok(Product {
            id: ProductId::new(&self.id).map_err(|e| text(&e))?,
            gtin: self.gtin.as_deref().map(Gtin::parse).transpose().map_err(|e| text(&e))?,
            plu: self.plu.as_deref().map(Plu::parse).transpose().map_err(|e| text(&e))?,
            price: UnitPrice { amount: Money::parse(&self.price, currency).map_err(|e| text(&e))?, per },
            tax_code: TaxCode::new(&self.tax_code).map_err(|e| text(&e))?,
            sku: self.sku,
            name: LocalizedText(self.name),
            age_limit: self.age_limit,
            archived: self.archived,
            picture: self.picture,
        })
    }
}
