//! Goods receipts: what came for an order becomes stock.

use std::collections::BTreeMap;

use axum::Json;
use axum::extract::State;
use axum::http::HeaderMap;
use axum::response::Response;
use cloud_store::{GoodsReceipt, GoodsReceiptId, ReceiptLine};
use serde::{Deserialize, Serialize};
use sha2::{Digest as _, Sha256};
use utoipa::ToSchema;
use uuid::Uuid;

use super::orders::{OrderShown, known, shown as order_shown, subject};
use crate::auth::Who;
use crate::gateway::{Body, Place, Problem, Shared};
use crate::rest::answer::{ms, tagged};
use crate::roles::now;

/// What came of a line.
#[derive(Debug, Serialize, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub(crate) struct ReceiptLineForm {
    /// The order's line, from 1.
    number: u32,
    /// Pieces or grams that are good: they are stock from now on.
    accepted: u64,
    /// Pieces or grams that came spoilt: they are not.
    #[serde(default)]
    damaged: u64,
    /// What else is to be said.
    #[serde(default)]
    note: String,
}

/// Goods that came.
#[derive(Debug, Serialize, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub(crate) struct ReceiptForm {
    /// Tells this receipt apart from the order's others: the same again is counted once. The number of the delivery note will do.
    #[schema(min_length = 1, max_length = 200)]
    key: String,
    /// The number on the paper that came along.
    #[serde(default)]
    delivery_note: String,
    /// What came, line by line; nothing came of lines that are not named.
    lines: Vec<ReceiptLineForm>,
    /// Whether nothing more will come: the order is closed with what is missing.
    #[serde(default)]
    last: bool,
}

/// Goods that came.
#[derive(Debug, Serialize, ToSchema)]
pub(crate) struct ReceiptShown {
    id: String,
    key: String,
    delivery_note: String,
    lines: Vec<ReceiptLineForm>,
    made_by: String,
    made_at_ms: i64,
}

/// The receipts of an order.
#[derive(Debug, Serialize, ToSchema)]
pub(crate) struct Receipts {
    items: Vec<ReceiptShown>,
}

/// What became of a receipt.
#[derive(Debug, Serialize, ToSchema)]
pub(crate) struct ReceiptTaken {
    /// The receipt: the first one under its key.
    receipt: String,
    /// Whether it was counted now, and not before.
    is_new: bool,
    /// The order with what has come of it.
    order: OrderShown,
}

/// Lists the receipts of an order in the order in which they came.
#[utoipa::path(
    get,
    path = "/api/v1/purchase-orders/{purchase_order}/receipts",
    tag = "buying",
    params(("purchase_order" = String, Path, description = "The order's id")),
    responses((status = 200, body = Receipts))
)]
pub(crate) async fn list(
    State(shared): State<Shared>,
    who: Who,
    Place(order): Place<String>,
    headers: HeaderMap,
) -> Result<Response, Problem> {
    let order = known(&shared, &who, &order).await?;
    let receipts = shared.store.goods_receipts(&who.org, order.id).await?;
    tagged(&headers, &Receipts { items: receipts.into_iter().map(shown).collect() })
}

/// Books what came into the stock of the order's store, once per key. What came beside the order's quantities is kept as a
/// difference.
#[utoipa::path(
    post,
    path = "/api/v1/purchase-orders/{purchase_order}/receipts",
    tag = "buying",
    params(("purchase_order" = String, Path, description = "The order's id")),
    request_body = ReceiptForm,
    responses((status = 200, body = ReceiptTaken))
)]
pub(crate) async fn create(
    State(shared): State<Shared>,
    who: Who,
    Place(order): Place<String>,
    Body(form): Body<ReceiptForm>,
) -> Result<Json<ReceiptTaken>, Problem> {
    let before = known(&shared, &who, &order).await?;
    let hash = Sha256::digest(serde_json::to_vec(&form).map_err(Problem::internal)?).into();
    let line =
        |ReceiptLineForm { number, accepted, damaged, note }| ReceiptLine { number, accepted, damaged, note };
    let receipt = GoodsReceipt {
        id: GoodsReceiptId(Uuid::now_v7()),
        key: form.key,
        hash,
        delivery_note: form.delivery_note,
        lines: form.lines.into_iter().map(line).collect(),
        made_by: who.actor.clone(),
        made_at: now(),
    };
    let detail = format!("{} {}", receipt.key, receipt.lines.len());
    let audited = shared.audited(&who, "purchase_order.receive", &subject(&before), &detail)?;
    let received = audited.receive_goods(&who.org, before.id, &receipt, form.last).await?;
    if received.is_new {
        count_differences(&shared, &who, &before).await?;
    }
    let after = shared.store.purchase_order(&who.org, before.id).await?;
    Ok(Json(ReceiptTaken {
        receipt: received.receipt.to_string(),
        is_new: received.is_new,
        order: order_shown(&after),
    }))
}

/// Counts receipts, and lines of closed orders that did not come as ordered.
async fn count_differences(
    shared: &Shared,
    who: &Who,
    before: &cloud_store::PurchaseOrder,
) -> Result<(), Problem> {
    metrics::counter!("tillsight_goods_receipts_total").increment(1);
    let after = shared.store.purchase_order(&who.org, before.id).await?;
    if after.state != cloud_core::orders::OrderState::Closed {
        return Ok(());
    }
    let mut counts: BTreeMap<&'static str, u64> = BTreeMap::new();
    for line in &after.order.lines {
        let difference = line.ordered.difference();
        for (kind, amount) in
            [("short", difference.short), ("over", difference.over), ("damaged", difference.damaged)]
        {
            *counts.entry(kind).or_default() += u64::from(amount > 0);
        }
    }
    for (kind, count) in counts {
        metrics::counter!("tillsight_goods_differences_total", "kind" => kind).increment(count);
    }
    Ok(())
}

fn shown(receipt: GoodsReceipt) -> ReceiptShown {
    let line =
        |ReceiptLine { number, accepted, damaged, note }| ReceiptLineForm { number, accepted, damaged, note };
    ReceiptShown {
        id: receipt.id.to_string(),
        key: receipt.key,
        delivery_note: receipt.delivery_note,
        lines: receipt.lines.into_iter().map(line).collect(),
        made_by: receipt.made_by.to_string(),
        made_at_ms: ms(receipt.made_at),
    }
}
