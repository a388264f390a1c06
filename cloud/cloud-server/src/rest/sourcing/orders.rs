//! Purchase orders, and the files that go to suppliers.

use std::collections::BTreeMap;

use axum::Json;
use axum::extract::State;
use axum::http::{HeaderMap, HeaderValue, header};
use axum::response::{IntoResponse as _, Response};
use cloud_core::ledger::StockUnit;
use cloud_core::orders::{OrderState, Ordered, Step};
use cloud_store::{
    NewPurchaseOrder, OfferId, OrderFilter, OrderLine, PurchaseOrder, PurchaseOrderId, StoreInfo, Supplier,
    SupplierId,
};
use domain::money::Currency;
use domain::time::BusinessDay;
use serde::{Deserialize, Serialize};
use utoipa::{IntoParams, ToSchema};
use uuid::Uuid;

use super::offers::{read_gtin, read_product};
use super::suppliers::known as known_supplier;
use super::values::{PackForm, Unit, read_currency, read_day_if, read_decimal, read_id};
use crate::auth::Who;
use crate::gateway::{Body, Params, Place, Problem, Shared};
use crate::rest::answer::{Page, check_unchanged, created, ms, page, page_size, read_cursor, tagged};
use crate::roles::now;
use crate::sourcing::papers::{self, FileKind};

/// A line as somebody writes it: an offer's, or one of its own.
#[derive(Debug, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub(crate) struct OrderLineForm {
    /// The offer that it takes; what else is said goes before what the offer says.
    offer: Option<String>,
    /// Packs to order.
    #[schema(minimum = 1, maximum = 100_000)]
    packs: u32,
    /// Which product of the catalogue it is.
    product: Option<String>,
    /// The supplier's article number.
    article: Option<String>,
    /// Its GTIN.
    gtin: Option<String>,
    /// What it is called.
    name: Option<String>,
    /// What is in a pack.
    pack: Option<PackForm>,
    /// Price of a pack without tax.
    #[schema(example = "9.60")]
    pack_price: Option<String>,
    /// The tax on it, in hundredths of a percent.
    tax_basis_points: Option<u32>,
}

/// An order as somebody writes it.
#[derive(Debug, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub(crate) struct OrderForm {
    /// To whom.
    supplier: String,
    /// Where the goods are to come.
    store: String,
    /// ISO 4217 code of its prices; the supplier's own when not said.
    currency: Option<String>,
    /// The day on which the goods are wanted, such as `2026-01-31`.
    wanted_on: Option<String>,
    /// What else the supplier is told.
    #[serde(default)]
    note: String,
    /// Up to 1000 lines.
    lines: Vec<OrderLineForm>,
}

/// What the supplier said will come.
#[derive(Debug, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub(crate) struct ConfirmationForm {
    /// What the supplier calls the order.
    #[serde(default)]
    reference: String,
    /// Packs that will come, by the line's number from 1; lines that are not named come as ordered.
    #[serde(default)]
    packs: BTreeMap<u32, u32>,
}

/// Why an order ends.
#[derive(Debug, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub(crate) struct EndForm {
    /// Why.
    #[serde(default)]
    reason: String,
}

/// A line and what has come of it.
#[derive(Debug, Serialize, ToSchema)]
pub(crate) struct OrderLineShown {
    /// Its number, from 1.
    number: u32,
    product: Option<String>,
    article: String,
    gtin: Option<String>,
    name: String,
    packs: u32,
    /// Packs that the supplier confirmed.
    packs_confirmed: Option<u32>,
    pack: PackForm,
    /// Price of a pack without tax.
    pack_price: String,
    /// Price of all packs without tax.
    amount: String,
    tax_basis_points: Option<u32>,
    /// Pieces or grams that came and are good.
    accepted: u64,
    /// Pieces or grams that were ordered and have not come.
    short: u64,
    /// Pieces or grams that came and were not ordered.
    over: u64,
    /// Pieces or grams that came spoilt.
    damaged: u64,
    /// What all these count.
    unit: Unit,
}

/// A purchase order.
#[derive(Debug, Serialize, ToSchema)]
pub(crate) struct OrderShown {
    id: String,
    /// Its number in the organisation.
    number: u64,
    /// `draft`, `sent`, `confirmed`, `received`, `closed` or `cancelled`.
    state: String,
    supplier: String,
    store: String,
    currency: String,
    wanted_on: Option<String>,
    note: String,
    supplier_reference: String,
    /// Why it was called off or closed.
    reason: String,
    made_by: String,
    made_at_ms: i64,
    updated_at_ms: i64,
    sent_at_ms: Option<i64>,
    /// Its lines; a list leaves them out.
    #[serde(skip_serializing_if = "Option::is_none")]
    lines: Option<Vec<OrderLineShown>>,
}

/// Which orders.
#[derive(Debug, Deserialize, IntoParams)]
#[serde(deny_unknown_fields)]
#[into_params(parameter_in = Query)]
pub(crate) struct OrderParams {
    /// Those to this supplier.
    supplier: Option<String>,
    /// Those that have come so far: `draft`, `sent`, `confirmed`, `received`, `closed` or `cancelled`.
    state: Option<String>,
    /// How many, from 1 to 500; 50 when not said.
    #[param(minimum = 1, maximum = 500)]
    limit: Option<u32>,
    /// `next` of the page before.
    after: Option<String>,
}

/// Which file.
#[derive(Debug, Deserialize, IntoParams)]
#[serde(deny_unknown_fields)]
#[into_params(parameter_in = Query)]
pub(crate) struct FileParams {
    /// `pdf` (with the Order-X attached), `xlsx`, `ubl` or `order-x`.
    format: String,
}

/// Lists purchase orders, the newest first.
#[utoipa::path(
    get,
    path = "/api/v1/purchase-orders",
    tag = "buying",
    params(OrderParams),
    responses((status = 200, body = Page<OrderShown>))
)]
pub(crate) async fn list(
    State(shared): State<Shared>,
    who: Who,
    Params(params): Params<OrderParams>,
    headers: HeaderMap,
) -> Result<Response, Problem> {
    let limit = page_size(params.limit)?;
    let bad = |_| Problem::unprocessable("`after` is no cursor of this list");
    let before = read_cursor(params.after.as_deref())?.map(|text| text.parse()).transpose().map_err(bad)?;
    let state = params.state.map(|word| {
        OrderState::from_word(&word).ok_or_else(|| {
            let known: Vec<&str> = OrderState::ALL.iter().map(|state| state.as_str()).collect();
            Problem::unprocessable(format!("`state` is none of {}", known.join(", ")))
        })
    });
    let supplier = params.supplier.map(|text| read_id("supplier", &text)).transpose()?;
    let filter = OrderFilter { supplier: supplier.map(SupplierId), state: state.transpose()? };
    let found = shared.store.purchase_orders(&who.org, &filter, before, limit + 1).await?;
    let mut page = page(found, limit, |order| order.number.to_string());
    // The page ends where it would for everybody; some of it may be of stores that the caller does not see.
    page.items.retain(|order| who.sees(&order.order.store));
    let items = page.items.iter().map(|order| OrderShown { lines: None, ..shown(order) }).collect();
    tagged(&headers, &Page { items, next: page.next })
}

/// Makes a draft.
#[utoipa::path(
    post,
    path = "/api/v1/purchase-orders",
    tag = "buying",
    request_body = OrderForm,
    responses((status = 201, body = OrderShown))
)]
pub(crate) async fn create(
    State(shared): State<Shared>,
    who: Who,
    Body(form): Body<OrderForm>,
) -> Result<Response, Problem> {
    let order = form.checked(&shared, &who).await?;
    let id = PurchaseOrderId(Uuid::now_v7());
    let detail = format!("{} lines to {}", order.lines.len(), order.supplier);
    let audited = shared.audited(&who, "purchase_order.create", &format!("purchase_order:{id}"), &detail)?;
    audited.create_purchase_order(&who.org, id, &order, &who.actor, now()).await?;
    let made = shared.store.purchase_order(&who.org, id).await?;
    created(&format!("/api/v1/purchase-orders/{id}"), shown(&made))
}

/// A purchase order with what has come of it.
#[utoipa::path(
    get,
    path = "/api/v1/purchase-orders/{purchase_order}",
    tag = "buying",
    params(("purchase_order" = String, Path, description = "The order's id")),
    responses((status = 200, body = OrderShown))
)]
pub(crate) async fn get(
    State(shared): State<Shared>,
    who: Who,
    Place(order): Place<String>,
    headers: HeaderMap,
) -> Result<Response, Problem> {
    tagged(&headers, &shown(&known(&shared, &who, &order).await?))
}

/// Replaces a draft. `If-Match` refuses it when somebody else was quicker.
#[utoipa::path(
    put,
    path = "/api/v1/purchase-orders/{purchase_order}",
    tag = "buying",
    params(("purchase_order" = String, Path, description = "The order's id")),
    request_body = OrderForm,
    responses((status = 200, body = OrderShown))
)]
pub(crate) async fn edit(
    State(shared): State<Shared>,
    who: Who,
    Place(order): Place<String>,
    headers: HeaderMap,
    Body(form): Body<OrderForm>,
) -> Result<Json<OrderShown>, Problem> {
    let before = known(&shared, &who, &order).await?;
    check_unchanged(&headers, &shown(&before))?;
    let order = form.checked(&shared, &who).await?;
    let detail = format!("{} lines to {}", order.lines.len(), order.supplier);
    let audited = shared.audited(&who, "purchase_order.edit", &subject(&before), &detail)?;
    audited.edit_purchase_order(&who.org, before.id, &order, now()).await?;
    again(&shared, &who, &before).await
}

/// Notes that an order went to its supplier; its file is `GET .../file`.
#[utoipa::path(
    post,
    path = "/api/v1/purchase-orders/{purchase_order}/sending",
    tag = "buying",
    params(("purchase_order" = String, Path, description = "The order's id")),
    responses((status = 200, body = OrderShown))
)]
pub(crate) async fn send(
    State(shared): State<Shared>,
    who: Who,
    Place(order): Place<String>,
) -> Result<Json<OrderShown>, Problem> {
    let before = known(&shared, &who, &order).await?;
    let audited = shared.audited(&who, "purchase_order.send", &subject(&before), "")?;
    audited.send_purchase_order(&who.org, before.id, now()).await?;
    again(&shared, &who, &before).await
}

/// Notes what the supplier said will come.
#[utoipa::path(
    post,
    path = "/api/v1/purchase-orders/{purchase_order}/confirmation",
    tag = "buying",
    params(("purchase_order" = String, Path, description = "The order's id")),
    request_body = ConfirmationForm,
    responses((status = 200, body = OrderShown))
)]
pub(crate) async fn confirm(
    State(shared): State<Shared>,
    who: Who,
    Place(order): Place<String>,
    Body(form): Body<ConfirmationForm>,
) -> Result<Json<OrderShown>, Problem> {
    let before = known(&shared, &who, &order).await?;
    let audited = shared.audited(&who, "purchase_order.confirm", &subject(&before), &form.reference)?;
    audited.confirm_purchase_order(&who.org, before.id, &form.reference, &form.packs, now()).await?;
    again(&shared, &who, &before).await
}

/// Closes an order of which something came: nothing more is waited for.
#[utoipa::path(
    post,
    path = "/api/v1/purchase-orders/{purchase_order}/closing",
    tag = "buying",
    params(("purchase_order" = String, Path, description = "The order's id")),
    request_body = EndForm,
    responses((status = 200, body = OrderShown))
)]
pub(crate) async fn close(
    State(shared): State<Shared>,
    who: Who,
    Place(order): Place<String>,
    Body(form): Body<EndForm>,
) -> Result<Json<OrderShown>, Problem> {
    end(&shared, &who, &order, Step::Close, &form.reason).await
}

/// Calls an order off of which nothing has come.
#[utoipa::path(
    post,
    path = "/api/v1/purchase-orders/{purchase_order}/cancellation",
    tag = "buying",
    params(("purchase_order" = String, Path, description = "The order's id")),
    request_body = EndForm,
    responses((status = 200, body = OrderShown))
)]
pub(crate) async fn cancel(
    State(shared): State<Shared>,
    who: Who,
    Place(order): Place<String>,
    Body(form): Body<EndForm>,
) -> Result<Json<OrderShown>, Problem> {
    end(&shared, &who, &order, Step::Cancel, &form.reason).await
}

/// The file of an order, in the supplier's language.
#[utoipa::path(
    get,
    path = "/api/v1/purchase-orders/{purchase_order}/file",
    tag = "buying",
    params(("purchase_order" = String, Path, description = "The order's id"), FileParams),
    responses((status = 200, content_type = "application/octet-stream", body = Vec<u8>))
)]
pub(crate) async fn file(
    State(shared): State<Shared>,
    who: Who,
    Place(order): Place<String>,
    Params(params): Params<FileParams>,
) -> Result<Response, Problem> {
    let kind = FileKind::from_word(&params.format)
        .ok_or_else(|| Problem::unprocessable("`format` is none of `pdf`, `xlsx`, `ubl` and `order-x`"))?;
    let order = known(&shared, &who, &order).await?;
    let supplier: Supplier = shared.store.supplier(&who.org, order.order.supplier).await?;
    let store: StoreInfo = shared.store.store(&who.org, &order.order.store).await?;
    let organisation = shared.store.organisation(&who.org).await?;
    let name = format!("{}.{}", papers::number_text(order.number), kind.extension());
    let making = move || papers::make(kind, &papers::Paper::new(&order, &supplier, &organisation, &store));
    // Fonts are cut and pages compressed.
    let made = tokio::task::spawn_blocking(making).await.map_err(Problem::internal)?;
    let bytes = made.map_err(Problem::internal)?;
    let disposition = format!("attachment; filename=\"{name}\"");
    let headers = [
        (header::CONTENT_TYPE, HeaderValue::from_static(kind.media_type())),
        (header::CONTENT_DISPOSITION, HeaderValue::from_str(&disposition).map_err(Problem::internal)?),
    ];
    Ok((headers, bytes).into_response())
}

/// An order by its id in a path; one of a store that the caller does not see does not exist.
pub(super) async fn known(shared: &Shared, who: &Who, id: &str) -> Result<PurchaseOrder, Problem> {
    let id = PurchaseOrderId(read_id("purchase order", id)?);
    let order = shared.store.purchase_order(&who.org, id).await?;
    who.store(order.order.store.as_str())?;
    Ok(order)
}

/// What the audit log calls an order.
pub(super) fn subject(order: &PurchaseOrder) -> String {
    format!("purchase_order:{}", order.id)
}

async fn end(
    shared: &Shared,
    who: &Who,
    id: &str,
    step: Step,
    reason: &str,
) -> Result<Json<OrderShown>, Problem> {
    let before = known(shared, who, id).await?;
    let action = if step == Step::Close { "purchase_order.close" } else { "purchase_order.cancel" };
    let audited = shared.audited(who, action, &subject(&before), reason)?;
    audited.end_purchase_order(&who.org, before.id, step, reason, now()).await?;
    again(shared, who, &before).await
}

async fn again(shared: &Shared, who: &Who, before: &PurchaseOrder) -> Result<Json<OrderShown>, Problem> {
    Ok(Json(shown(&shared.store.purchase_order(&who.org, before.id).await?)))
}

impl OrderForm {
    async fn checked(self, shared: &Shared, who: &Who) -> Result<NewPurchaseOrder, Problem> {
        let store = who.store(&self.store)?;
        let supplier = known_supplier(shared, who, &self.supplier).await?;
        let currency = self.currency.as_deref().map_or(Ok(supplier.details.currency), read_currency)?;
        let mut lines = Vec::with_capacity(self.lines.len());
        for line in self.lines {
            lines.push(line.checked(shared, who, supplier.id, currency).await?);
        }
        Ok(NewPurchaseOrder {
            supplier: supplier.id,
            store,
            currency,
            wanted_on: read_day_if("wanted_on", self.wanted_on.as_deref())?,
            note: self.note,
            lines,
        })
    }
}

impl OrderLineForm {
    async fn checked(
        self,
        shared: &Shared,
        who: &Who,
        supplier: SupplierId,
        currency: Currency,
    ) -> Result<OrderLine, Problem> {
        let offer = match &self.offer {
            Some(id) => Some(shared.store.offer(&who.org, OfferId(read_id("offer", id)?)).await?),
            None => None,
        };
        if let Some(other) = offer.as_ref().filter(|offer| offer.supplier != supplier) {
            let detail = format!("the offer {} is of another supplier: order it there", other.offer.id);
            return Err(Problem::unprocessable(detail));
        }
        if let Some(offer) = &offer {
            let of_offer = offer.offer.offer.currency;
            if of_offer != currency && self.pack_price.is_none() {
                let detail =
                    format!("the offer {} is in {of_offer}, the order in {currency}", offer.offer.id);
                return Err(Problem::unprocessable(detail));
            }
            offer.offer.offer.rule.check(self.packs).map_err(Problem::unprocessable)?;
        }
        let of_offer = offer.map(|offer| offer.offer);
        let pack = self.pack.map(Into::into).or_else(|| of_offer.as_ref().map(|offer| offer.offer.pack));
        let price = self.pack_price.as_deref().map(|text| read_decimal("pack_price", text)).transpose()?;
        let price = price.or_else(|| of_offer.as_ref().map(|offer| offer.offer.pack_price));
        let (Some(pack), Some(pack_price)) = (pack, price) else {
            let detail = "a line needs `pack` and `pack_price`, or an `offer` that has them";
            return Err(Problem::unprocessable(detail));
        };
        let product = self.product.as_deref().map(read_product).transpose()?;
        let gtin = self.gtin.as_deref().map(read_gtin).transpose()?;
        let line = OrderLine {
            product: product.or_else(|| of_offer.as_ref().and_then(|offer| offer.product.clone())),
            article: self
                .article
                .or_else(|| of_offer.as_ref().map(|offer| offer.article.clone()))
                .unwrap_or_default(),
            gtin: gtin.or_else(|| of_offer.as_ref().and_then(|offer| offer.gtin)),
            name: self.name.or_else(|| of_offer.as_ref().map(|offer| offer.name.clone())).unwrap_or_default(),
            pack_price,
            tax_basis_points: self
                .tax_basis_points
                .or_else(|| of_offer.and_then(|offer| offer.tax_basis_points)),
            ordered: Ordered { packs: self.packs, packs_confirmed: None, pack, accepted: 0, damaged: 0 },
        };
        if line.name.trim().is_empty() && line.article.trim().is_empty() {
            return Err(Problem::unprocessable(
                "a line needs `name` or `article`: the supplier must know what is meant",
            ));
        }
        Ok(line)
    }
}

pub(super) fn shown(order: &PurchaseOrder) -> OrderShown {
    let new = &order.order;
    let lines = (1..).zip(&new.lines).map(|(number, line)| line_shown(number, line)).collect();
    OrderShown {
        id: order.id.to_string(),
        number: order.number,
        state: order.state.as_str().to_owned(),
        supplier: new.supplier.to_string(),
        store: new.store.to_string(),
        currency: new.currency.code().to_owned(),
        wanted_on: new.wanted_on.as_ref().map(BusinessDay::to_string),
        note: new.note.clone(),
        supplier_reference: order.supplier_reference.clone(),
        reason: order.reason.clone(),
        made_by: order.made_by.to_string(),
        made_at_ms: ms(order.made_at),
        updated_at_ms: ms(order.updated_at),
        sent_at_ms: order.sent_at.map(ms),
        lines: Some(lines),
    }
}

fn line_shown(number: u32, line: &OrderLine) -> OrderLineShown {
    let Ordered { packs, packs_confirmed, pack, accepted, damaged } = line.ordered;
    let difference = line.ordered.difference();
    let unit: StockUnit = pack.unit;
    OrderLineShown {
        number,
        product: line.product.as_ref().map(|product| product.to_string()),
        article: line.article.clone(),
        gtin: line.gtin.map(|gtin| gtin.to_string()),
        name: line.name.clone(),
        packs,
        packs_confirmed,
        pack: pack.into(),
        pack_price: line.pack_price.to_string(),
        amount: papers::line_amount(line).normalize().to_string(),
        tax_basis_points: line.tax_basis_points,
        accepted,
        short: difference.short,
        over: difference.over,
        damaged,
        unit: unit.into(),
    }
}
