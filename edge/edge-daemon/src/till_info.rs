//! What the page must know of the till itself.

use domain::money::Currency;
use domain::sale::TillRef;
use serde_json::{Value, json};

/// The `till` section of the state.
#[derive(Debug, Clone)]
pub struct TillInfo {
    /// Which till.
    pub till: TillRef,
    /// The catalogue's currency.
    pub currency: Currency,
    /// Whether shelf prices contain the tax.
    pub tax_inclusive: bool,
    /// The page's languages.
    pub languages: Vec<String>,
    /// The one it starts in.
    pub default_language: String,
    /// Size of a pixel of the kiosk screen.
    pub mm_per_pixel: f64,
    /// Whether the camera is a simulated one, so that the page offers to move things.
    pub simulated: bool,
}

impl TillInfo {
    /// As the page reads it.
    pub fn body(&self) -> Value {
        json!({
            "org": self.till.org.as_str(),
            "store": self.till.store.as_str(),
            "till": self.till.till.as_str(),
            "currency": self.currency.code(),
            "currency_exponent": self.currency.exponent(),
            "tax_inclusive": self.tax_inclusive,
            "languages": self.languages,
            "default_language": self.default_language,
            "mm_per_pixel": self.mm_per_pixel,
            "simulated": self.simulated,
        })
    }
}
