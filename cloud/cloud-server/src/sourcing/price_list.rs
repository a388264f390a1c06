//! A parsed price list becomes offers.

use cloud_core::ledger::StockUnit;
use cloud_core::naming::size;
use cloud_core::offers::{CONTENT_MAX, Offer, Pack, PackRule, Validity};
use cloud_docs::ParsedDocument;
use cloud_docs::document::{Line, Warning};
use cloud_docs::notes::{self, Note};
use cloud_store::{NewOffer, OfferId};
use domain::gtin::Gtin;
use domain::money::Currency;
use jiff::civil::Date;
use rust_decimal::Decimal;
use uuid::Uuid;

use super::day_of;

/// Digits behind the point of a price that is kept.
const PRICE_DIGITS: u32 = 8;

/// What a price list says.
#[derive(Debug, Default)]
pub(crate) struct PriceList {
    /// Its lines that are offers.
    pub(crate) offers: Vec<NewOffer>,
    /// Its other lines, and what to mind.
    pub(crate) warnings: Vec<Warning>,
}

/// The offers of a document. Prices are without tax; a line of which only the price with tax is known is converted by its rate,
/// or left out where it has none.
pub(crate) fn offers(document: &ParsedDocument, own_currency: Currency) -> PriceList {
    let mut list = PriceList::default();
    let code = document.currency.as_ref().map(|field| field.value.trim().to_uppercase());
    let currency = match code.as_deref().map(Currency::new) {
        Some(Ok(currency)) => currency,
        None => own_currency,
        Some(Err(_)) => {
            list.warnings.push(Warning::of(notes::currency_unreadable(own_currency), None));
            own_currency
        }
    };
    let day = |date: Option<Date>| date.map(day_of);
    let validity = Validity {
        from: day(document.valid_from.as_ref().or(document.issued.as_ref()).map(|field| field.value)),
        to: day(document.valid_to.as_ref().map(|field| field.value)),
    };
    let origin =
        document.number.as_ref().map_or_else(|| document.path.clone(), |number| number.value.clone());
    for (index, line) in (0_u32..).zip(&document.lines) {
        match offer(line, currency, validity, &origin) {
            Ok(offer) => list.offers.push(offer),
            Err(problem) => list.warnings.push(Warning::of(problem, Some(index))),
        }
    }
    list
}

fn offer(line: &Line, currency: Currency, validity: Validity, origin: &str) -> Result<NewOffer, Note> {
    let text = |field: &Option<cloud_docs::document::Field<String>>| {
        field.as_ref().map(|field| cut(&field.value)).unwrap_or_default()
    };
    let (article, name) = (text(&line.supplier_article), text(&line.name));
    let gtin = line.gtin.as_ref().and_then(|field| Gtin::parse(field.value.trim()).ok());
    if article.is_empty() && name.is_empty() && gtin.is_none() {
        return Err(notes::offer_unnamed());
    }
    let rate = line.tax_rate.as_ref().map(|field| field.value);
    let price = price(line, rate)?;
    let pack = pack(line)?;
    Ok(NewOffer {
        id: OfferId(Uuid::now_v7()),
        article,
        gtin,
        name,
        product: None,
        offer: Offer {
            pack,
            rule: PackRule { at_least: 1, multiple_of: 1 },
            pack_price: price,
            currency,
            validity,
        },
        tax_basis_points: rate.and_then(basis_points),
        origin: cut(origin),
    })
}

/// The price of one unit of the line, without tax.
fn price(line: &Line, rate: Option<Decimal>) -> Result<Decimal, Note> {
    let value =
        |field: &Option<cloud_docs::document::Field<Decimal>>| field.as_ref().map(|field| field.value);
    let basis = value(&line.price_basis).filter(|basis| *basis > Decimal::ZERO).unwrap_or(Decimal::ONE);
    let net = match (value(&line.unit_price), value(&line.unit_price_gross), rate) {
        (Some(net), ..) => net.checked_div(basis),
        (None, Some(gross), Some(rate)) => gross.checked_div(Decimal::ONE + rate / Decimal::ONE_HUNDRED),
        (None, Some(_), None) => return Err(notes::offer_without_rate()),
        (None, None, _) => return Err(notes::offer_without_price()),
    };
    let net = net.map(|net| net.round_dp(PRICE_DIGITS).normalize());
    net.filter(|net| !net.is_sign_negative()).ok_or_else(notes::offer_price_unusable)
}

/// What one unit of the line holds: a kilogram is a thousand grams; a case is as many pieces as its name says.
fn pack(line: &Line) -> Result<Pack, Note> {
    let unit = line.unit_code.as_deref().unwrap_or("H87");
    let pieces = |content| Ok(Pack { content, unit: StockUnit::Piece });
    match unit {
        "KGM" => Ok(Pack { content: 1_000, unit: StockUnit::Gram }),
        "GRM" => Ok(Pack { content: 1, unit: StockUnit::Gram }),
        "TNE" => Ok(Pack { content: 1_000_000, unit: StockUnit::Gram }),
        "CS" | "XCS" | "CT" | "XCT" | "BX" | "XBX" | "PK" | "XPK" | "CR" | "XCR" => {
            let name = line.name.as_ref().map_or("", |field| field.value.as_str());
            let count = size(name).map_or(1, |size| size.count).clamp(1, CONTENT_MAX);
            pieces(count)
        }
        "DZN" => pieces(12),
        "PR" => pieces(2),
        "HUR" | "DAY" | "MIN" => Err(notes::offer_of_time()),
        _ => pieces(1),
    }
}

fn basis_points(rate: Decimal) -> Option<u32> {
    u32::try_from((rate * Decimal::ONE_HUNDRED).round()).ok().filter(|points| *points <= 10_000)
}

/// As long as the store keeps.
fn cut(text: &str) -> String {
    text.trim().chars().take(500).collect()
}

#[cfg(test)]
mod tests {
    use cloud_docs::document::{Field, Format};

    use super::*;

    fn line(article: &str, name: &str, unit: &str, price: &str) -> Line {
        let text = |value: &str| Some(Field::structured(value.to_owned())).filter(|_| !value.is_empty());
        Line {
            supplier_article: text(article),
            name: text(name),
            unit_code: Some(unit.to_owned()),
            unit_price: price.parse().ok().map(Field::structured),
            ..Line::default()
        }
    }

    #[test]
    fn lines_become_offers_and_others_are_told() {
        let mut document = ParsedDocument::empty(Format::Sheet);
        document.number = Some(Field::structured("PL-7".to_owned()));
        document.currency = Some(Field::structured("EUR".to_owned()));
        document.valid_from = Some(Field::structured("2026-12-01".parse().unwrap()));
        let by_hundred = Line {
            price_basis: Some(Field::structured("100".parse().unwrap())),
            tax_rate: Some(Field::structured("7.00".parse().unwrap())),
            ..line("S1", "Schraube", "H87", "3.45")
        };
        let gross = Line {
            unit_price_gross: Some(Field::structured("1.19".parse().unwrap())),
            tax_rate: Some(Field::structured("19".parse().unwrap())),
            ..line("G1", "Käse", "KGM", "")
        };
        document.lines = vec![
            by_hundred,
            gross,
            line("C1", "Wasser 6x1,5L", "CS", "2.40"),
            line("X", "Ohne Preis", "H87", ""),
            line("", "", "H87", "1"),
            line("T", "Beratung", "HUR", "90"),
        ];
        let list = offers(&document, Currency::new("RUB").unwrap());
        let seen: Vec<_> = list
            .offers
            .iter()
            .map(|one| (one.offer.pack_price.to_string(), one.offer.pack.content, one.offer.pack.unit))
            .collect();
        assert_eq!(
            seen,
            [
                ("0.0345".to_owned(), 1, StockUnit::Piece),
                ("1".to_owned(), 1_000, StockUnit::Gram),
                ("2.4".to_owned(), 6, StockUnit::Piece),
            ]
        );
        assert_eq!(list.offers[0].tax_basis_points, Some(700));
        assert_eq!(list.offers[0].offer.currency.code(), "EUR");
        assert_eq!(list.offers[0].offer.validity.from.unwrap().to_string(), "2026-12-01");
        assert_eq!(list.offers[0].origin, "PL-7");
        let left: Vec<_> = list.warnings.iter().map(|warning| warning.line).collect();
        assert_eq!(left, [Some(3), Some(4), Some(5)]);
    }
}
