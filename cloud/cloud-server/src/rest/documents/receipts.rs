//! Goods that came by a document go into the stock.

use axum::Json;
use axum::extract::State;
use cloud_core::ledger::{StockKey, StockUnit};
use cloud_core::orders::OrderState;
use cloud_docs::ParsedDocument;
use cloud_store::{
    DocumentReceipt, DocumentReceiptLine, DocumentState, PurchaseOrder, PurchaseOrderId, StoreError,
    StoredProduct,
};
use domain::ids::{ProductId, StoreId};
use domain::money::{Currency, Money};
use domain::quantity::Measure;
use rust_decimal::prelude::ToPrimitive as _;
use rust_decimal::{Decimal, RoundingStrategy};
use uuid::Uuid;

use super::shapes::{DocumentDetail, DocumentReceiptForm, DocumentReceiptLineForm};
use super::{detail, known, matches, parsed};
use crate::auth::Who;
use crate::documents::event::document_changed;
use crate::documents::links::links;
use crate::gateway::{Body, Place, Problem, Shared};
use crate::roles::now;

/// Lines of one receipt.
const LINES_MAX: usize = 10_000;

/// Books the goods of a confirmed document into a store's stock, once: the same again books nothing.
#[utoipa::path(
    post,
    path = "/api/v1/documents/{document}/receive",
    tag = "documents",
    params(("document" = String, Path, description = "The document's id")),
    request_body = DocumentReceiptForm,
    responses((status = 200, body = DocumentDetail))
)]
pub(crate) async fn receive(
    State(shared): State<Shared>,
    who: Who,
    Place(document): Place<String>,
    Body(form): Body<DocumentReceiptForm>,
) -> Result<Json<DocumentDetail>, Problem> {
    let stored = known(&shared, &who, &document).await?;
    let store = who.store(&form.store)?;
    if stored.store.as_ref().is_some_and(|own| *own != store) {
        return Err(Problem::unprocessable("the document is for another store: receive its goods there"));
    }
    if stored.facts.kind.as_deref() == Some("credit_note") {
        return Err(Problem::unprocessable("a credit note brings no goods: correct the stock by hand"));
    }
    let said = parsed(&stored)?
        .ok_or_else(|| Problem::conflict("conflict", "the document is not read: wait until it is"))?;
    let wanted = match form.lines {
        Some(lines) => lines,
        None => all_lines(&matches(&stored)?.unwrap_or_default().lines)?,
    };
    let lines = lines(&shared, &who, &said, wanted).await?;
    let order = order(&shared, &who, &said, &store, form.order.as_deref()).await?;
    let now = now();
    let papers = [&said.number, &said.delivery_note_number].into_iter().flatten();
    let papers = papers.map(|field| field.value.clone()).collect();
    let receipt = DocumentReceipt { store, lines, order, papers, made_by: who.actor.clone(), made_at: now };
    let told = document_changed(stored.id, DocumentState::ReceivedGoods, &stored.facts, now);
    let detail_of = format!("{} lines into {}", receipt.lines.len(), receipt.store);
    let audited = shared.audited(&who, "document.receive", &format!("document:{}", stored.id), &detail_of)?;
    if audited.receive_goods_of_document(&who.org, stored.id, &receipt, &told).await? {
        metrics::counter!("tillsight_documents_goods_received_total").increment(1);
    }
    let stored = known(&shared, &who, &document).await?;
    Ok(Json(detail(&shared, &who, &stored).await?))
}

/// The order that goods are counted against: the one that is said, else the one that the document names and this store waits for.
async fn order(
    shared: &Shared,
    who: &Who,
    said: &ParsedDocument,
    store: &StoreId,
    wanted: Option<&str>,
) -> Result<Option<PurchaseOrderId>, Problem> {
    match wanted {
        Some("none") => Ok(None),
        Some(id) => {
            let missing = || {
                Problem::unprocessable(
                    "`order` names no purchase order: say its id, or `none` to receive without one",
                )
            };
            let id = Uuid::parse_str(id).map(PurchaseOrderId).map_err(|_| missing())?;
            let order = shared.store.purchase_order(&who.org, id).await.map_err(|error| match error {
                StoreError::NotFound { .. } => missing(),
                error => error.into(),
            })?;
            who.store(order.order.store.as_str()).map_err(|_| missing())?;
            Ok(Some(id))
        }
        None => {
            let found = links(&shared.store, &who.org, said).await?.order;
            let is_said =
                |order: &PurchaseOrder| order.order.store == *store && order.state != OrderState::Draft;
            Ok(found.filter(is_said).map(|order| order.id))
        }
    }
}

/// Every line that is known, with what it brings. One that is known and brings nobody knows how much has to be said.
fn all_lines(
    matched: &[crate::documents::matching::LineMatch],
) -> Result<Vec<DocumentReceiptLineForm>, Problem> {
    use crate::documents::matching::Badge;
    let known = matched.iter().filter(|line| matches!(line.badge, Badge::Confirmed | Badge::Sure));
    let lines = known.filter_map(|line| Some((line, line.product.clone()?))).map(|(line, product)| {
        let quantity = line.conversion.as_ref().and_then(|conversion| conversion.quantity);
        let unclear = || {
            let detail = format!("how much line {} brings is not clear: say it in `lines`", line.line);
            Problem::unprocessable(detail).with("line", line.line)
        };
        Ok(DocumentReceiptLineForm {
            line: Some(line.line),
            product,
            quantity: quantity.ok_or_else(unclear)?,
            cost: None,
        })
    });
    lines.collect()
}

async fn lines(
    shared: &Shared,
    who: &Who,
    said: &ParsedDocument,
    wanted: Vec<DocumentReceiptLineForm>,
) -> Result<Vec<DocumentReceiptLine>, Problem> {
    if wanted.is_empty() || wanted.len() > LINES_MAX {
        let detail = format!("`lines` has {}: receive 1 to {LINES_MAX} lines at once", wanted.len());
        return Err(Problem::unprocessable(detail));
    }
    let mut lines = Vec::with_capacity(wanted.len());
    for line in wanted {
        let missing =
            || Problem::unprocessable("`lines` names a product that there is not: register it first");
        let id = ProductId::new(&line.product).map_err(|_| missing())?;
        let product = shared.store.product(&who.org, &id).await.map_err(|error| match error {
            cloud_store::StoreError::NotFound { .. } => missing(),
            error => error.into(),
        })?;
        lines.push(receipt_line(said, &line, &product)?);
    }
    Ok(lines)
}

fn receipt_line(
    said: &ParsedDocument,
    line: &DocumentReceiptLineForm,
    product: &StoredProduct,
) -> Result<DocumentReceiptLine, Problem> {
    let of = match line.line {
        None => None,
        Some(number) => {
            let missing = || Problem::unprocessable(format!("the document has no line {number}"));
            Some(said.lines.get(number as usize).ok_or_else(missing)?)
        }
    };
    if line.quantity == 0 {
        return Err(Problem::unprocessable("a `quantity` is 0: leave the line out"));
    }
    let product = &product.product;
    let printed = said.currency.as_ref().and_then(|currency| Currency::new(&currency.value).ok());
    let currency = printed.unwrap_or(product.price.amount.currency);
    let cost = match &line.cost {
        Some(text) => Some(
            Money::parse(text, currency)
                .map_err(|error| Problem::unprocessable(format!("`cost`: {error}")))?,
        ),
        None => of.and_then(|of| of.net_amount.as_ref()).and_then(|amount| money(amount.value, currency)),
    };
    let unit = match product.price.per {
        Measure::Piece => StockUnit::Piece,
        Measure::Kilogram => StockUnit::Gram,
    };
    let key = StockKey { product: product.id.clone(), unit };
    Ok(DocumentReceiptLine { line: line.line, key, quantity: line.quantity, cost })
}

/// An amount in minor units, half up, which is how lines are rounded everywhere.
fn money(amount: Decimal, currency: Currency) -> Option<Money> {
    let minor = amount.checked_mul(Decimal::from(10_i64.checked_pow(currency.exponent())?))?;
    let minor = minor.round_dp_with_strategy(0, RoundingStrategy::MidpointAwayFromZero).to_i64()?;
    Some(Money::new(minor, currency))
}

/// An amount with a point.
pub(super) fn amount(money: Money) -> String {
    Decimal::new(money.minor, money.currency.exponent()).to_string()
}

/// The unit as it is written everywhere.
pub(super) fn unit_word(unit: StockUnit) -> &'static str {
    match unit {
        StockUnit::Piece => "piece",
        StockUnit::Gram => "g",
    }
}
