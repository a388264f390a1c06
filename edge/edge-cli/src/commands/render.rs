//! How products, sales and times look, in tables and in JSON. Field names are those of the kiosk API.

use std::fmt::Write as _;

use domain::product::Product;
use domain::quantity::{Measure, Quantity, UnitPrice};
use domain::sale::{Identification, LineItem, Sale, TenderKind};
use domain::time::WallMs;
use edge_store::JournalEntry;
use jiff::Timestamp;
use jiff::tz::TimeZone;
use serde_json::{Value, json};

/// The language that tables name products in.
pub(crate) const LANGUAGE: &str = "en";

/// A time as a person at this machine reads it, with its zone.
pub(crate) fn local_time(time: WallMs) -> String {
    match Timestamp::from_millisecond(time.0) {
        Ok(time) => time.to_zoned(TimeZone::system()).strftime("%Y-%m-%d %H:%M:%S %Z").to_string(),
        Err(_) => format!("{} ms", time.0),
    }
}

/// A time as programs read it: RFC 3339 in UTC.
pub(crate) fn rfc3339(time: WallMs) -> Value {
    Timestamp::from_millisecond(time.0).map_or(Value::Null, |time| Value::String(time.to_string()))
}

/// A hash in hexadecimal.
pub(crate) fn hex(bytes: &[u8]) -> String {
    bytes.iter().fold(String::with_capacity(bytes.len() * 2), |mut text, byte| {
        let _ = write!(text, "{byte:02x}");
        text
    })
}

/// A price with what it is for.
pub(crate) fn price_in_words(price: UnitPrice) -> String {
    format!("{} per {}", price.amount, price.per)
}

/// A price for programs.
pub(crate) fn price(price: UnitPrice) -> Value {
    let per = match price.per {
        Measure::Piece => "piece",
        Measure::Kilogram => "kilogram",
    };
    json!({"minor": price.amount.minor, "currency": price.amount.currency.code(), "per": per})
}

/// A product for programs.
pub(crate) fn product(product: &Product, views: usize) -> Value {
    json!({
        "id": product.id.as_str(),
        "sku": product.sku,
        "name": product.name.0,
        "gtin": product.gtin.map(|gtin| gtin.to_string()),
        "plu": product.plu.map(|plu| plu.to_string()),
        "unit_price": price(product.price),
        "tax_code": product.tax_code.as_str(),
        "age_limit": product.age_limit,
        "archived": product.archived,
        "picture": product.picture,
        "views": views,
    })
}

/// A product's number on its packing or its sticker.
pub(crate) fn number(product: &Product) -> String {
    match (product.gtin, product.plu) {
        (Some(gtin), _) => gtin.to_string(),
        (None, Some(plu)) => plu.to_string(),
        (None, None) => String::new(),
    }
}

/// A sale in one line, for programs.
pub(crate) fn sale_head(entry: &JournalEntry, sale: &Sale) -> Value {
    json!({
        "sequence": entry.sequence.0,
        "sale": sale.id.to_string(),
        "org": sale.till.org.as_str(),
        "store": sale.till.store.as_str(),
        "till": sale.till.till.as_str(),
        "business_day": sale.business_day.to_string(),
        "started_at": rfc3339(sale.started_at),
        "completed_at": rfc3339(sale.completed_at),
        "generation": sale.generation.0,
        "line_count": sale.lines.len(),
        "currency": sale.totals.gross.currency.code(),
        "net_minor": sale.totals.net.minor,
        "tax_minor": sale.totals.tax.minor,
        "gross_minor": sale.totals.gross.minor,
        "hash": hex(&entry.hash),
    })
}

/// A whole sale, for programs.
pub(crate) fn sale(entry: &JournalEntry, sale: &Sale) -> Value {
    let mut whole = sale_head(entry, sale);
    let taxes = sale.totals.taxes.iter().map(|tax| {
        json!({
            "code": tax.code.as_str(),
            "rate_basis_points": tax.rate.basis_points,
            "net_minor": tax.net.minor,
            "tax_minor": tax.tax.minor,
            "gross_minor": tax.gross.minor,
        })
    });
    let tenders = sale.tenders.iter().map(|tender| {
        json!({
            "payment": tender.payment.to_string(),
            "kind": tender_kind(tender.kind),
            "amount_minor": tender.amount.minor,
            "authorisation": tender.authorisation,
        })
    });
    whole["tax_inclusive"] = json!(sale.tax_inclusive);
    whole["age_checked"] = json!(sale.age_checked);
    whole["lines"] = sale.lines.iter().map(line).collect();
    whole["taxes"] = taxes.collect();
    whole["tenders"] = tenders.collect();
    whole
}

fn line(line: &LineItem) -> Value {
    let quantity = match line.quantity {
        Quantity::Pieces(pieces) => json!({"pieces": pieces}),
        Quantity::Grams(grams) => json!({"grams": grams}),
    };
    let (identified_by, probability, rank) = match line.identified_by {
        Identification::Vision { probability } => ("vision", Some(probability), None),
        Identification::Candidate { probability, rank } => ("candidate", Some(probability), Some(rank)),
        Identification::Search => ("search", None, None),
        Identification::Barcode => ("barcode", None, None),
        Identification::Plu => ("plu", None, None),
        Identification::Staff => ("staff", None, None),
    };
    json!({
        "product": line.product.as_str(),
        "sku": line.sku,
        "name": line.name.0,
        "gtin": line.gtin.map(|gtin| gtin.to_string()),
        "unit_price": price(line.unit_price),
        "quantity": quantity,
        "tare_g": line.tare_g,
        "tax_code": line.tax_code.as_str(),
        "tax_rate_basis_points": line.tax_rate.basis_points,
        "amount_minor": line.amount.minor,
        "identified_by": identified_by,
        "probability": probability.map(domain::observation::Probability::as_f32),
        "rank": rank,
    })
}

/// How a line's product was known, in words.
pub(crate) fn identified_in_words(identification: Identification) -> String {
    match identification {
        Identification::Vision { probability } => format!("seen ({probability})"),
        Identification::Candidate { probability, rank } => {
            format!("chosen, {rank}. candidate ({probability})")
        }
        Identification::Search => "found by name".to_owned(),
        Identification::Barcode => "barcode".to_owned(),
        Identification::Plu => "PLU typed".to_owned(),
        Identification::Staff => "staff".to_owned(),
    }
}

/// What a sale was paid with.
pub(crate) fn tender_kind(kind: TenderKind) -> &'static str {
    match kind {
        TenderKind::Card => "card",
    }
}

/// `1 photo`, `3 photos`.
pub(crate) fn count(number: usize, what: &str) -> String {
    if number == 1 { format!("1 {what}") } else { format!("{number} {what}s") }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn times_carry_their_zone() {
        assert_eq!(rfc3339(WallMs(1_700_000_000_000)), json!("2023-11-14T22:13:20Z"));
        let local = local_time(WallMs(1_700_000_000_000));
        assert!(local.starts_with("2023-11-1") && local.split(' ').count() == 3, "{local}");
        assert_eq!(hex(&[0, 255, 16]), "00ff10");
    }
}
