//! Goods that came by a document: booked once, with what they cost.

use std::collections::BTreeMap;

use cloud_core::ledger::{Movement, StockKey};
use domain::ids::{OrgId, StoreId};
use domain::money::Money;
use domain::time::WallMs;
use sqlx::AnyConnection;

use super::{Cost, DocumentRef, DocumentState};
use crate::bulk::insert_all;
use crate::error::{StoreError, What};
use crate::events::{NewEvent, emit};
use crate::ids::{Actor, DocumentId, GoodsReceiptId, Hash, PurchaseOrderId};
use crate::people::check_store;
use crate::sourcing::{GoodsReceipt, PurchaseOrder, count_receipt};
use crate::sql::{Failure, Fields, execute, fetch_each, fetch_value, push_values, values};
use crate::stock::{Booking, StockOrigin, StockReason, book, check_changes};
use crate::store::Store;

/// Goods of one line.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct DocumentReceiptLine {
    /// The document's line, from 0.
    pub line: Option<u32>,
    /// What came.
    pub key: StockKey,
    /// How many pieces or grams.
    pub quantity: u64,
    /// What all of it costs without tax.
    pub cost: Cost,
}

/// Goods that came.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct DocumentReceipt {
    /// Where to.
    pub store: StoreId,
    /// What.
    pub lines: Vec<DocumentReceiptLine>,
    /// The purchase order that it is counted against.
    pub order: Option<PurchaseOrderId>,
    /// The numbers on the papers that came along: the document's own and, where it names one, its delivery note's.
    pub papers: Vec<String>,
    /// Who said so.
    pub made_by: Actor,
    /// When.
    pub made_at: WallMs,
}

impl Store {
    /// Books the goods of a confirmed document, and counts them against the order that it is for. The same again books nothing and
    /// says so with false; anything else is refused.
    pub async fn receive_goods_of_document(
        &self,
        org: &OrgId,
        id: DocumentId,
        receipt: &DocumentReceipt,
        event: &NewEvent,
    ) -> Result<bool, StoreError> {
        let movements = movements(receipt)?;
        check_changes(&movements)?;
        self.answer(async {
            let mut writing = self.writing().await?;
            let connection = writing.connection();
            let document = self.lock_document(connection, (org, id)).await?;
            match document.state {
                DocumentState::Confirmed => {}
                DocumentState::ReceivedGoods => {
                    let before = read_receipt(connection, org, id).await?;
                    return check_same(id, before.as_ref(), receipt);
                }
                _ => {
                    let problem = "is not confirmed: look through it and confirm it first";
                    return Err(StoreError::conflict(What::Document, id, problem).into());
                }
            }
            check_store(connection, org, Some(&receipt.store)).await?;
            let DocumentReceipt { store, lines, order, made_by, made_at: now, .. } = receipt;
            if let Some(order) = order {
                let before = self.lock_order(connection, org, *order).await?;
                count_in_order(connection, (org, id), &before, receipt, &movements).await?;
            }
            let sql = "INSERT INTO document_receipt (org, document, store, purchase_order, made_by, made_at)
                       VALUES ($1, $2, $3, $4, $5, $6)";
            execute(connection, sql, values![org, &id, store, order, made_by, now]).await?;
            insert_lines(connection, org, id, lines).await?;
            let booking = Booking {
                reason: StockReason::Delivery,
                origin: Some(StockOrigin::Document(id)),
                note: "",
                by: made_by,
                now: *now,
            };
            book(connection, (org, store), &movements, &booking).await?;
            let sql =
                "UPDATE document SET state = 'received_goods', changed_at = $3 WHERE org = $1 AND id = $2";
            execute(connection, sql, values![org, &id, now]).await?;
            emit(connection, org, event, *now).await?;
            writing.commit().await?;
            Ok(true)
        })
        .await
    }

    /// The goods that came by a document, if they did.
    pub async fn document_receipt(
        &self,
        org: &OrgId,
        id: DocumentId,
    ) -> Result<Option<DocumentReceipt>, StoreError> {
        self.answer(async { read_receipt(&mut *self.reading().await?, org, id).await }).await
    }
}

/// Counts goods against an order: the stock is booked by the document alone. Goods that somebody took in by one of these papers
/// already are not counted again.
async fn count_in_order(
    connection: &mut AnyConnection,
    (org, id): DocumentRef<'_>,
    order: &PurchaseOrder,
    receipt: &DocumentReceipt,
    movements: &[Movement],
) -> Result<(), Failure> {
    if order.order.store != receipt.store {
        let problem = format!("is for the store `{}`: receive its goods there", order.order.store);
        return Err(order.conflict(problem).into());
    }
    for paper in receipt.papers.iter().filter(|paper| !paper.is_empty()) {
        let sql = "SELECT COUNT(*) FROM goods_receipt WHERE org = $1 AND purchase_order = $2 AND (delivery_note = $3 OR receipt_key = $3)";
        let values = values![org, &order.id, paper];
        let known: Option<u64> = fetch_value(connection, What::GoodsReceipt, sql, values).await?;
        if known.unwrap_or(0) > 0 {
            let problem = format!(
                "has goods already that came with `{paper}`: they are in the stock; receive what else came without the order"
            );
            return Err(order.conflict(problem).into());
        }
    }
    let lines = order.allot(movements);
    if lines.is_empty() {
        let problem = "has none of these products: receive them without the order";
        return Err(order.conflict(problem).into());
    }
    let counted = GoodsReceipt {
        id: GoodsReceiptId(id.0),
        key: format!("document:{id}"),
        hash: Hash::default(),
        delivery_note: receipt.papers.first().cloned().unwrap_or_default(),
        lines,
        made_by: receipt.made_by.clone(),
        made_at: receipt.made_at,
    };
    count_receipt(connection, org, order, &counted, false).await?;
    Ok(())
}

fn movements(receipt: &DocumentReceipt) -> Result<Vec<Movement>, StoreError> {
    let mut sums: BTreeMap<&StockKey, i64> = BTreeMap::new();
    for line in &receipt.lines {
        let too_much =
            || StoreError::invalid(What::Stock, &line.key.product, "its quantity is beyond what is counted");
        let quantity = i64::try_from(line.quantity).map_err(|_| too_much())?;
        let sum = sums.entry(&line.key).or_default();
        *sum = sum.checked_add(quantity).ok_or_else(too_much)?;
    }
    Ok(sums.into_iter().map(|(key, change)| Movement { key: key.clone(), change }).collect())
}

async fn insert_lines(
    connection: &mut AnyConnection,
    org: &OrgId,
    id: DocumentId,
    lines: &[DocumentReceiptLine],
) -> Result<(), Failure> {
    let insert =
        "INSERT INTO document_receipt_line (org, document, place, line, product, unit, quantity, cost_minor,
                      currency)";
    let placed: Vec<(u32, &DocumentReceiptLine)> = (0..).zip(lines).collect();
    insert_all(connection, insert, 9, "", &placed, |(place, line), values| {
        let cost = line.cost.map(|cost| cost.minor);
        let currency = line.cost.map(|cost| cost.currency);
        push_values!(values; org, &id, place, &line.line, &line.key.product, &line.key.unit, &line.quantity);
        push_values!(values; cost, &currency);
    })
    .await?;
    Ok(())
}

async fn read_receipt(
    connection: &mut AnyConnection,
    org: &OrgId,
    id: DocumentId,
) -> Result<Option<DocumentReceipt>, Failure> {
    let sql = "SELECT store, purchase_order, made_by, made_at FROM document_receipt WHERE org = $1 AND document = $2";
    let read = |fields: &mut Fields<'_>| {
        Ok(DocumentReceipt {
            store: fields.take()?,
            lines: Vec::new(),
            order: fields.take_option()?,
            papers: Vec::new(),
            made_by: fields.take()?,
            made_at: fields.take()?,
        })
    };
    let mut found = fetch_each(connection, What::Document, sql, values![org, &id], read).await?;
    let Some(mut receipt) = found.pop() else { return Ok(None) };
    let sql = "SELECT line, product, unit, quantity, cost_minor, currency FROM document_receipt_line
               WHERE org = $1 AND document = $2 ORDER BY place";
    receipt.lines = fetch_each(connection, What::Document, sql, values![org, &id], |fields| {
        let (line, product, unit) = (fields.take_option()?, fields.take()?, fields.take()?);
        let quantity = fields.take()?;
        let (minor, currency): (Option<i64>, _) = (fields.take_option()?, fields.take_option()?);
        let cost = minor.zip(currency).map(|(minor, currency)| Money::new(minor, currency));
        Ok(DocumentReceiptLine { line, key: StockKey { product, unit }, quantity, cost })
    })
    .await?;
    Ok(Some(receipt))
}

fn check_same(
    id: DocumentId,
    before: Option<&DocumentReceipt>,
    now: &DocumentReceipt,
) -> Result<bool, Failure> {
    if before.is_some_and(|before| before.store == now.store && before.lines == now.lines) {
        return Ok(false);
    }
    let problem = "has goods in the stock already, and other ones: correct the stock by hand";
    Err(StoreError::conflict(What::Document, id, problem).into())
}
