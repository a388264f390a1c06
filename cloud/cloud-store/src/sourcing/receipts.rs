//! Goods receipts: what came for an order is booked into the store's stock, once per key of the sender.

use std::collections::BTreeMap;

use cloud_core::ledger::{Movement, StockKey};
use cloud_core::orders::{OrderState, Ordered, Step, all_came};
use domain::ids::OrgId;
use domain::time::WallMs;

use sqlx::AnyConnection;

use super::check_text;
use super::orders::PurchaseOrder;
use crate::bulk::insert_all;
use crate::error::{StoreError, What};
use crate::ids::{Actor, GoodsReceiptId, Hash, PurchaseOrderId};
use crate::sql::{Failure, execute, fetch_each, push_values, values};
use crate::stock::{Booking, StockOrigin, StockReason, book, check_changes};
use crate::store::{Store, on_key};

/// Longest key of a receipt, in bytes.
const KEY_MAX_LEN: usize = 200;

/// What came of a line.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ReceiptLine {
    /// The order's line, from 1.
    pub number: u32,
    /// Pieces or grams that are good: they are stock from now on.
    pub accepted: u64,
    /// Pieces or grams that are spoilt: they are not.
    pub damaged: u64,
    /// What else is to be said.
    pub note: String,
}

/// Goods that came for an order.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct GoodsReceipt {
    /// Which; a new id for new ones.
    pub id: GoodsReceiptId,
    /// The sender's key: what is sent again under it is counted once.
    pub key: String,
    /// Over all that the sender said: another one under the same key is refused.
    pub hash: Hash,
    /// The number on the paper that came along.
    pub delivery_note: String,
    /// What came, line by line.
    pub lines: Vec<ReceiptLine>,
    /// Who took it in.
    pub made_by: Actor,
    /// When.
    pub made_at: WallMs,
}

/// What became of a receipt.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Received {
    /// The receipt: the first one under its key.
    pub receipt: GoodsReceiptId,
    /// Whether it was counted now, and not before.
    pub is_new: bool,
    /// How far the order has come.
    pub state: OrderState,
}

impl Store {
    /// Books what came for an order. The order is closed where `last` says that nothing more will come, or where all has.
    pub async fn receive_goods(
        &self,
        org: &OrgId,
        order: PurchaseOrderId,
        receipt: &GoodsReceipt,
        last: bool,
    ) -> Result<Received, StoreError> {
        check(receipt)?;
        self.answer(async {
            let mut writing = self.writing().await?;
            let connection = writing.connection();
            let before = self.lock_order(connection, org, order).await?;
            let sql = "SELECT id, hash FROM goods_receipt WHERE org = $1 AND purchase_order = $2 AND receipt_key = $3";
            let known = fetch_each(connection, What::GoodsReceipt, sql, values![org, &order, &receipt.key], |fields| {
                let (id, hash): (GoodsReceiptId, Hash) = (fields.take()?, fields.take()?);
                Ok((id, hash))
            });
            if let Some((id, hash)) = known.await?.into_iter().next() {
                if hash != receipt.hash {
                    let problem = "was used for another receipt of this order: make a new key for each";
                    return Err(StoreError::conflict(What::GoodsReceipt, &receipt.key, problem).into());
                }
                return Ok(Received { receipt: id, is_new: false, state: before.state });
            }
            let state = count_receipt(connection, org, &before, receipt, last).await?;
            let movements = movements(&before, receipt);
            check_changes(&movements)?;
            let place = (org, &before.order.store);
            let GoodsReceipt { id, made_by, made_at, .. } = receipt;
            let booking = Booking {
                reason: StockReason::Delivery,
                origin: Some(StockOrigin::Order(order)),
                note: &receipt.delivery_note,
                by: made_by,
                now: *made_at,
            };
            book(connection, place, &movements, &booking).await?;
            writing.commit().await?;
            Ok(Received { receipt: *id, is_new: true, state })
        })
        .await
    }

    /// The receipts of an order in the order in which they came.
    pub async fn goods_receipts(
        &self,
        org: &OrgId,
        order: PurchaseOrderId,
    ) -> Result<Vec<GoodsReceipt>, StoreError> {
        self.answer(async {
            let mut connection = self.reading().await?;
            let sql = "SELECT id, receipt_key, hash, delivery_note, made_by, made_at FROM goods_receipt
                       WHERE org = $1 AND purchase_order = $2 ORDER BY made_at, id";
            let mut receipts =
                fetch_each(&mut connection, What::GoodsReceipt, sql, values![org, &order], |fields| {
                    Ok(GoodsReceipt {
                        id: fields.take()?,
                        key: fields.take()?,
                        hash: fields.take()?,
                        delivery_note: fields.take()?,
                        lines: Vec::new(),
                        made_by: fields.take()?,
                        made_at: fields.take()?,
                    })
                })
                .await?;
            for receipt in &mut receipts {
                let sql = "SELECT number, accepted, damaged, note FROM goods_receipt_line
                           WHERE org = $1 AND goods_receipt = $2 ORDER BY number";
                let values = values![org, &receipt.id];
                receipt.lines = fetch_each(&mut connection, What::GoodsReceipt, sql, values, |fields| {
                    Ok(ReceiptLine {
                        number: fields.take()?,
                        accepted: fields.take()?,
                        damaged: fields.take()?,
                        note: fields.take()?,
                    })
                })
                .await?;
            }
            Ok(receipts)
        })
        .await
    }
}

/// Writes a receipt down and counts it in the lines of its order, which is held; gives back how far the order has come by it. The
/// stock is another's to book.
pub(crate) async fn count_receipt(
    connection: &mut AnyConnection,
    org: &OrgId,
    before: &PurchaseOrder,
    receipt: &GoodsReceipt,
    last: bool,
) -> Result<OrderState, Failure> {
    let after = before.with(receipt)?;
    let state = before.step(Step::Receive { all: last || all_came(&after) })?;
    let order = before.id;
    let sql = "INSERT INTO goods_receipt (org, id, purchase_order, receipt_key, hash, delivery_note, made_by, made_at)
               VALUES ($1, $2, $3, $4, $5, $6, $7, $8)";
    let GoodsReceipt { id, key, hash, delivery_note, lines, made_by, made_at } = receipt;
    let values = values![org, id, &order, key, hash, delivery_note, made_by, made_at];
    let inserted = execute(connection, sql, values).await;
    let missing = || StoreError::not_found(What::PurchaseOrder, order);
    on_key(inserted, || StoreError::exists(What::GoodsReceipt, id), missing)?;
    let insert = "INSERT INTO goods_receipt_line (org, goods_receipt, number, accepted, damaged, note)";
    insert_all(connection, insert, 6, "", lines, |line, values| {
        push_values!(values; org, id, &line.number, &line.accepted, &line.damaged, &line.note);
    })
    .await?;
    for line in lines {
        let sql = "UPDATE purchase_order_line SET accepted = accepted + $4, damaged = damaged + $5
                   WHERE org = $1 AND purchase_order = $2 AND number = $3";
        let values = values![org, &order, &line.number, &line.accepted, &line.damaged];
        execute(connection, sql, values).await?;
    }
    let sql = "UPDATE purchase_order SET state = $3, updated_at = $4 WHERE org = $1 AND id = $2";
    execute(connection, sql, values![org, &order, &state, made_at]).await?;
    Ok(state)
}

impl PurchaseOrder {
    /// What goods that came mean for its lines: what a line still waits for first, and what is over in the last line of the product.
    /// What was not ordered has no line.
    pub(crate) fn allot(&self, came: &[Movement]) -> Vec<ReceiptLine> {
        let mut lines: BTreeMap<u32, u64> = BTreeMap::new();
        for movement in came {
            let mut left = movement.change.unsigned_abs();
            let mut last = None;
            for (number, line) in (1_u32..).zip(&self.order.lines) {
                let is_it = line.product.as_ref() == Some(&movement.key.product)
                    && line.ordered.pack.unit == movement.key.unit;
                if is_it {
                    let taken = left.min(line.ordered.outstanding());
                    *lines.entry(number).or_default() += taken;
                    left -= taken;
                    last = Some(number);
                }
            }
            if let Some(last) = last {
                *lines.entry(last).or_default() += left;
            }
        }
        let line = |(number, accepted)| ReceiptLine { number, accepted, damaged: 0, note: String::new() };
        lines.into_iter().filter(|(_, accepted)| *accepted > 0).map(line).collect()
    }

    /// Its lines once a receipt is counted.
    fn with(&self, receipt: &GoodsReceipt) -> Result<Vec<Ordered>, StoreError> {
        self.check_numbers(receipt.lines.iter().map(|line| &line.number))?;
        let mut after: Vec<Ordered> = self.order.lines.iter().map(|line| line.ordered).collect();
        for line in &receipt.lines {
            let ordered = &mut after[line.number as usize - 1];
            let too_much = || {
                let problem = format!("line {}: more came than can be counted", line.number);
                StoreError::invalid(What::GoodsReceipt, &receipt.key, problem)
            };
            // Rows hold 63 bits.
            let fits = |ordered: &Ordered| ordered.accepted.max(ordered.damaged) <= i64::MAX.unsigned_abs();
            *ordered = ordered.received(line.accepted, line.damaged).filter(fits).ok_or_else(too_much)?;
        }
        Ok(after)
    }
}

/// What is stock from now on: of lines that are a product of ours.
fn movements(order: &PurchaseOrder, receipt: &GoodsReceipt) -> Vec<Movement> {
    let mut came: BTreeMap<StockKey, i64> = BTreeMap::new();
    for line in &receipt.lines {
        let ordered = &order.order.lines[line.number as usize - 1];
        if let Some(product) = &ordered.product {
            let key = StockKey { product: product.clone(), unit: ordered.ordered.pack.unit };
            let sum = came.entry(key).or_default();
            // What does not fit is refused by the check that follows.
            *sum = sum.saturating_add(i64::try_from(line.accepted).unwrap_or(i64::MAX));
        }
    }
    came.into_iter().filter(|(_, change)| *change > 0).map(|(key, change)| Movement { key, change }).collect()
}

fn check(receipt: &GoodsReceipt) -> Result<(), StoreError> {
    let invalid = |problem: &str| Err(StoreError::invalid(What::GoodsReceipt, &receipt.key, problem));
    if receipt.key.is_empty() || receipt.key.len() > KEY_MAX_LEN {
        return invalid("its key must have 1 to 200 bytes: the number of the delivery note is one");
    }
    check_text(What::GoodsReceipt, &receipt.key, &receipt.delivery_note)?;
    let mut numbers: Vec<u32> = receipt.lines.iter().map(|line| line.number).collect();
    numbers.sort_unstable();
    if numbers.windows(2).any(|two| two[0] == two[1]) {
        return invalid("a line is named twice: say once what came of it");
    }
    if receipt
        .lines
        .iter()
        .any(|line| line.accepted > i64::MAX.unsigned_abs() || line.damaged > i64::MAX.unsigned_abs())
    {
        return invalid("more came than can be counted");
    }
    receipt.lines.iter().try_for_each(|line| check_text(What::GoodsReceipt, &receipt.key, &line.note))
}
