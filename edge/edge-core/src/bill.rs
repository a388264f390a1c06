//! What the basket comes to, and the sale that it becomes.

use domain::catalogue::Catalogue;
use domain::ids::{Generation, PaymentId, SaleId, TrackId};
use domain::money::{Money, MoneyError, Rounding};
use domain::quantity::{Measure, Quantity};
use domain::sale::{LineItem, Sale, Tender, TenderKind, TillRef};
use domain::tax::{Totals, totals};
use domain::time::{BusinessDay, WallMs};

use crate::basket::{Basket, Line};
use crate::input::LineNumber;
use crate::view::LineView;

/// The lines as they are shown, in order of their numbers.
pub(crate) fn lines(basket: &Basket, min_weight_g: u32) -> Vec<LineView> {
    basket.lines.iter().map(|(number, line)| line_view(basket, *number, line, min_weight_g)).collect()
}

fn line_view(basket: &Basket, number: LineNumber, line: &Line, min_weight_g: u32) -> LineView {
    let quantity = basket.quantity(number, line, min_weight_g);
    let on_tray = basket.tracks_of(number).filter(|track| track.on_tray());
    let tracks: Vec<TrackId> = on_tray.map(|track| track.id).collect();
    LineView {
        line: number,
        product: line.product.id.clone(),
        name: line.product.name.clone(),
        has_picture: line.product.picture.is_some(),
        unit_price: line.product.price,
        quantity,
        amount: quantity.and_then(|quantity| amount(line, quantity)),
        identified_by: basket.identified_by(number, line),
        tracks,
        can_change_quantity: line.product.price.per == Measure::Piece,
        age_limit: line.product.age_limit,
    }
}

fn amount(line: &Line, quantity: Quantity) -> Option<Money> {
    line.product.price.line_amount(quantity, Rounding::HalfUp).ok()
}

/// What the lines come to; those that must still be weighed count nothing.
pub(crate) fn totals_of(
    basket: &Basket,
    catalogue: &Catalogue,
    min_weight_g: u32,
) -> Result<Totals, MoneyError> {
    let priced = basket.lines.iter().filter_map(|(number, line)| {
        let quantity = basket.quantity(*number, line, min_weight_g)?;
        let rate = catalogue.tax_rate(&line.product);
        Some((&line.product.tax_code, rate, amount(line, quantity)?))
    });
    totals(catalogue.currency(), catalogue.taxes().inclusive, priced)
}

/// Nothing, in the catalogue's currency.
pub(crate) fn no_totals(catalogue: &Catalogue) -> Totals {
    let zero = Money::zero(catalogue.currency());
    Totals { net: zero, tax: zero, gross: zero, taxes: Vec::new() }
}

/// Pieces, and things sold by weight.
pub(crate) fn item_count(basket: &Basket, min_weight_g: u32) -> u32 {
    basket.lines.iter().fold(0, |count: u32, (number, line)| {
        count.saturating_add(match basket.quantity(*number, line, min_weight_g) {
            Some(Quantity::Pieces(pieces)) => pieces,
            Some(Quantity::Grams(_)) | None => 1,
        })
    })
}

/// What a sale needs beyond the basket.
#[derive(Debug)]
pub(crate) struct SaleHead<'a> {
    pub(crate) id: SaleId,
    pub(crate) payment: PaymentId,
    pub(crate) till: &'a TillRef,
    pub(crate) business_day: BusinessDay,
    pub(crate) now: WallMs,
    pub(crate) generation: Generation,
}

/// The sale that a basket becomes, complete but for the authorisation. Every line must have been weighed.
pub(crate) fn sale(
    head: &SaleHead<'_>,
    basket: &Basket,
    catalogue: &Catalogue,
    min_weight_g: u32,
) -> Result<Sale, MoneyError> {
    let totals = totals_of(basket, catalogue, min_weight_g)?;
    let lines = basket.lines.iter().filter_map(|(number, line)| {
        let quantity = basket.quantity(*number, line, min_weight_g)?;
        let amount = amount(line, quantity).ok_or(MoneyError::Overflow);
        Some(amount.map(|amount| LineItem {
            product: line.product.id.clone(),
            sku: line.product.sku.clone(),
            name: line.product.name.clone(),
            gtin: line.product.gtin,
            unit_price: line.product.price,
            quantity,
            tare_g: 0,
            tax_code: line.product.tax_code.clone(),
            tax_rate: catalogue.tax_rate(&line.product),
            amount,
            identified_by: basket.identified_by(*number, line),
        }))
    });
    let lines = lines.collect::<Result<Vec<_>, _>>()?;
    let tender = Tender {
        payment: head.payment,
        kind: TenderKind::Card,
        amount: totals.gross,
        authorisation: String::new(),
    };
    Ok(Sale {
        id: head.id,
        till: head.till.clone(),
        business_day: head.business_day,
        started_at: basket.started_at,
        completed_at: head.now,
        generation: head.generation,
        tax_inclusive: catalogue.taxes().inclusive,
        lines,
        totals,
        tenders: vec![tender],
        age_checked: basket.age_limit().and(basket.age_checked),
    })
}
