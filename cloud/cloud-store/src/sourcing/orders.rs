//! Purchase orders: numbered in each organisation without gaps, changed while their row is held.

use std::collections::BTreeMap;

use cloud_core::offers::{PACKS_MAX, Pack};
use cloud_core::orders::{OrderState, Ordered, Step};
use domain::gtin::Gtin;
use domain::ids::{OrgId, ProductId, StoreId};
use domain::money::Currency;
use domain::time::{BusinessDay, WallMs};
use rust_decimal::Decimal;
use sqlx::AnyConnection;

use super::check_text;
use super::offers::{check_pack, check_product};
use crate::bulk::insert_all;
use crate::error::{StoreError, What};
use crate::ids::{Actor, PurchaseOrderId, SupplierId};
use crate::people::check_store;
use crate::sql::{
    Failure, Fields, column, composed, execute, fetch_each, fetch_found, fetch_value, push_values, values,
};
use crate::store::{Store, on_key};

/// Lines of one order.
const LINES_MAX: usize = 1_000;

column!(OrderState as String, |state| state.as_str().to_owned(), |word| {
    OrderState::from_word(&word).ok_or_else(|| format!("`{word}` is no state of an order"))
});

/// A line of an order.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct OrderLine {
    /// Which of our products, where it is one; others come in without being counted.
    pub product: Option<ProductId>,
    /// The supplier's article number, or nothing.
    pub article: String,
    /// Its GTIN.
    pub gtin: Option<Gtin>,
    /// What it is called.
    pub name: String,
    /// Price of a pack without tax.
    pub pack_price: Decimal,
    /// The tax on it, in basis points, where it is known.
    pub tax_basis_points: Option<u32>,
    /// What was ordered and what has come.
    pub ordered: Ordered,
}

/// An order as somebody writes it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct NewPurchaseOrder {
    /// To whom.
    pub supplier: SupplierId,
    /// Where the goods are to come.
    pub store: StoreId,
    /// The currency of its prices.
    pub currency: Currency,
    /// The day on which the goods are wanted.
    pub wanted_on: Option<BusinessDay>,
    /// What else the supplier is told.
    pub note: String,
    /// Its lines; nothing of them has come.
    pub lines: Vec<OrderLine>,
}

/// A purchase order.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct PurchaseOrder {
    /// Which.
    pub id: PurchaseOrderId,
    /// Its number in the organisation: 1, 2, 3, ...
    pub number: u64,
    /// How far it has come.
    pub state: OrderState,
    /// What was ordered, and what of it has come.
    pub order: NewPurchaseOrder,
    /// What the supplier calls it.
    pub supplier_reference: String,
    /// Why it was called off or closed.
    pub reason: String,
    /// Who made it.
    pub made_by: Actor,
    /// When.
    pub made_at: WallMs,
    /// When it was changed last.
    pub updated_at: WallMs,
    /// When it went to the supplier.
    pub sent_at: Option<WallMs>,
}

/// Which orders.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct OrderFilter {
    /// Those to this supplier.
    pub supplier: Option<SupplierId>,
    /// Those that have come so far.
    pub state: Option<OrderState>,
}

const ORDER: &str = "SELECT id, number, state, supplier, store, currency, wanted_on, note, supplier_reference, reason, made_by,
                            made_at, updated_at, sent_at
                     FROM purchase_order";
const LINE: &str =
    "SELECT product, article, gtin, name, pack_price, tax_basis_points, packs, packs_confirmed, pack_content,
                           pack_unit, accepted, damaged
                    FROM purchase_order_line WHERE org = $1 AND purchase_order = $2 ORDER BY number";

impl Store {
    /// Makes a draft; gives back its number.
    pub async fn create_purchase_order(
        &self,
        org: &OrgId,
        id: PurchaseOrderId,
        order: &NewPurchaseOrder,
        by: &Actor,
        now: WallMs,
    ) -> Result<u64, StoreError> {
        check_order(order)?;
        self.answer(async {
            let mut writing = self.writing().await?;
            let connection = writing.connection();
            let number = insert_draft(connection, org, id, order, by, now).await?;
            writing.commit().await?;
            Ok(number)
        })
        .await
    }

    /// Replaces a draft.
    pub async fn edit_purchase_order(
        &self,
        org: &OrgId,
        id: PurchaseOrderId,
        order: &NewPurchaseOrder,
        now: WallMs,
    ) -> Result<(), StoreError> {
        check_order(order)?;
        self.answer(async {
            let mut writing = self.writing().await?;
            let connection = writing.connection();
            let before = self.lock_order(connection, org, id).await?;
            before.step(Step::Edit)?;
            super::suppliers::read_one(connection, org, order.supplier, "").await?;
            check_places(connection, org, order).await?;
            let sql = "UPDATE purchase_order SET supplier = $3, store = $4, currency = $5, wanted_on = $6, note = $7,
                           updated_at = $8
                       WHERE org = $1 AND id = $2";
            let NewPurchaseOrder { supplier, store, currency, wanted_on, note, .. } = order;
            execute(connection, sql, values![org, &id, supplier, store, currency, wanted_on, note, &now]).await?;
            let sql = "DELETE FROM purchase_order_line WHERE org = $1 AND purchase_order = $2";
            execute(connection, sql, values![org, &id]).await?;
            insert_lines(connection, org, id, &order.lines).await?;
            writing.commit().await
        })
        .await
    }

    /// Notes that a draft went to its supplier. One that is on the blacklist is refused.
    pub async fn send_purchase_order(
        &self,
        org: &OrgId,
        id: PurchaseOrderId,
        now: WallMs,
    ) -> Result<(), StoreError> {
        self.answer(async {
            let mut writing = self.writing().await?;
            let connection = writing.connection();
            let before = self.lock_order(connection, org, id).await?;
            let state = before.step(Step::Send)?;
            if before.order.lines.is_empty() {
                return Err(before.conflict("has no lines: add some before it is sent").into());
            }
            let lock = self.engine().for_update();
            let supplier = super::suppliers::read_one(connection, org, before.order.supplier, lock).await?;
            if let Some(reason) = supplier.blacklisted {
                let problem = format!("goes to a supplier on the blacklist ({reason}): take it off, or order elsewhere");
                return Err(before.conflict(problem).into());
            }
            let sql = "UPDATE purchase_order SET state = $3, sent_at = $4, updated_at = $4 WHERE org = $1 AND id = $2";
            execute(connection, sql, values![org, &id, &state, &now]).await?;
            writing.commit().await
        })
        .await
    }

    /// Notes what the supplier said will come: packs of lines by their numbers from 1; lines that are not named come as ordered.
    pub async fn confirm_purchase_order(
        &self,
        org: &OrgId,
        id: PurchaseOrderId,
        reference: &str,
        packs: &BTreeMap<u32, u32>,
        now: WallMs,
    ) -> Result<(), StoreError> {
        check_text(What::PurchaseOrder, "confirmation", reference)?;
        self.answer(async {
            let mut writing = self.writing().await?;
            let connection = writing.connection();
            let before = self.lock_order(connection, org, id).await?;
            let state = before.step(Step::Confirm)?;
            before.check_numbers(packs.keys())?;
            for (number, line) in (1_u32..).zip(&before.order.lines) {
                let packs = packs.get(&number).copied().unwrap_or(line.ordered.packs);
                if packs > PACKS_MAX {
                    return Err(before
                        .conflict(format!("cannot have more than {PACKS_MAX} packs in a line"))
                        .into());
                }
                let sql = "UPDATE purchase_order_line SET packs_confirmed = $4
                           WHERE org = $1 AND purchase_order = $2 AND number = $3";
                execute(connection, sql, values![org, &id, &number, &packs]).await?;
            }
            let sql = "UPDATE purchase_order SET state = $3, supplier_reference = $4, updated_at = $5
                       WHERE org = $1 AND id = $2";
            execute(connection, sql, values![org, &id, &state, reference, &now]).await?;
            writing.commit().await
        })
        .await
    }

    /// Closes an order of which something came, or calls one off of which nothing did.
    pub async fn end_purchase_order(
        &self,
        org: &OrgId,
        id: PurchaseOrderId,
        step: Step,
        reason: &str,
        now: WallMs,
    ) -> Result<(), StoreError> {
        check_text(What::PurchaseOrder, "reason", reason)?;
        self.answer(async {
            let mut writing = self.writing().await?;
            let connection = writing.connection();
            let state = self.lock_order(connection, org, id).await?.step(step)?;
            let sql = "UPDATE purchase_order SET state = $3, reason = $4, updated_at = $5 WHERE org = $1 AND id = $2";
            execute(connection, sql, values![org, &id, &state, reason, &now]).await?;
            writing.commit().await
        })
        .await
    }

    /// An order.
    pub async fn purchase_order(
        &self,
        org: &OrgId,
        id: PurchaseOrderId,
    ) -> Result<PurchaseOrder, StoreError> {
        self.answer(async { read_whole(&mut *self.reading().await?, org, id, "").await }).await
    }

    /// The order of a number.
    pub async fn purchase_order_by_number(
        &self,
        org: &OrgId,
        number: u64,
    ) -> Result<PurchaseOrder, StoreError> {
        self.answer(async {
            let mut connection = self.reading().await?;
            let sql = "SELECT id FROM purchase_order WHERE org = $1 AND number = $2";
            let id = fetch_value(&mut connection, What::PurchaseOrder, sql, values![org, &number]).await?;
            let id = id.ok_or_else(|| StoreError::not_found(What::PurchaseOrder, number))?;
            read_whole(&mut connection, org, id, "").await
        })
        .await
    }

    /// Orders without their lines, the newest first, those before the number `before`.
    pub async fn purchase_orders(
        &self,
        org: &OrgId,
        filter: &OrderFilter,
        before: Option<u64>,
        limit: u32,
    ) -> Result<Vec<PurchaseOrder>, StoreError> {
        self.answer(async {
            let mut sql = format!("{ORDER} WHERE org = $1 AND number < $2");
            let mut values = values![org, &before.unwrap_or(u64::MAX), &limit];
            let mut place = 3;
            if let Some(supplier) = &filter.supplier {
                place += 1;
                sql.push_str(&format!(" AND supplier = ${place}"));
                values.push(supplier);
            }
            if let Some(state) = &filter.state {
                place += 1;
                sql.push_str(&format!(" AND state = ${place}"));
                values.push(state);
            }
            sql.push_str(" ORDER BY number DESC LIMIT $3");
            fetch_each(&mut *self.reading().await?, What::PurchaseOrder, composed(sql), values, read_order)
                .await
        })
        .await
    }

    /// Holds an order's row until the transaction ends.
    pub(crate) async fn lock_order(
        &self,
        connection: &mut AnyConnection,
        org: &OrgId,
        id: PurchaseOrderId,
    ) -> Result<PurchaseOrder, Failure> {
        read_whole(connection, org, id, self.engine().for_update()).await
    }
}

impl PurchaseOrder {
    /// The state after a step, or why it is refused.
    pub(super) fn step(&self, step: Step) -> Result<OrderState, StoreError> {
        self.state.after(step).map_err(|error| self.conflict(error.to_string()))
    }

    pub(crate) fn conflict(&self, problem: impl Into<String>) -> StoreError {
        StoreError::conflict(What::PurchaseOrder, self.number, problem)
    }

    /// Refuses numbers of lines that are not there.
    pub(super) fn check_numbers<'a>(&self, numbers: impl Iterator<Item = &'a u32>) -> Result<(), StoreError> {
        let lines = self.order.lines.len();
        for number in numbers {
            if *number == 0 || *number as usize > lines {
                let problem = format!("it has no line {number}: its lines are numbered from 1 to {lines}");
                return Err(StoreError::invalid(What::PurchaseOrder, self.number, problem));
            }
        }
        Ok(())
    }
}

/// Writes a checked draft; gives back its number.
pub(crate) async fn insert_draft(
    connection: &mut AnyConnection,
    org: &OrgId,
    id: PurchaseOrderId,
    order: &NewPurchaseOrder,
    by: &Actor,
    now: WallMs,
) -> Result<u64, Failure> {
    super::suppliers::read_one(connection, org, order.supplier, "").await?;
    check_places(connection, org, order).await?;
    let number = next_number(connection, org).await?;
    let sql =
        "INSERT INTO purchase_order (org, id, number, supplier, store, state, currency, wanted_on, note,
                   supplier_reference, reason, made_by, made_at, updated_at)
               VALUES ($1, $2, $3, $4, $5, 'draft', $6, $7, $8, '', '', $9, $10, $10)";
    let NewPurchaseOrder { supplier, store, currency, wanted_on, note, .. } = order;
    let mut values = values![org, &id, &number, supplier, store, currency, wanted_on, note];
    push_values!(values; by, &now);
    let inserted = execute(connection, sql, values).await;
    let exists = || StoreError::exists(What::PurchaseOrder, id);
    on_key(inserted, exists, || StoreError::not_found(What::Organisation, org))?;
    insert_lines(connection, org, id, &order.lines).await?;
    Ok(number)
}

async fn next_number(connection: &mut AnyConnection, org: &OrgId) -> Result<u64, Failure> {
    let sql = "INSERT INTO purchase_order_head (org, number) VALUES ($1, 1)
               ON CONFLICT (org) DO UPDATE SET number = purchase_order_head.number + 1 RETURNING number";
    let missing = || StoreError::not_found(What::Organisation, org);
    let number = fetch_value(connection, What::PurchaseOrder, sql, values![org]).await;
    let number = match number {
        Err(Failure::Engine(error)) => on_key(Err(error), missing, missing)?,
        number => number?,
    };
    Ok(number.ok_or_else(missing)?)
}

async fn check_places(
    connection: &mut AnyConnection,
    org: &OrgId,
    order: &NewPurchaseOrder,
) -> Result<(), Failure> {
    check_store(connection, org, Some(&order.store)).await?;
    for product in order.lines.iter().filter_map(|line| line.product.as_ref()) {
        check_product(connection, org, product).await?;
    }
    Ok(())
}

async fn insert_lines(
    connection: &mut AnyConnection,
    org: &OrgId,
    id: PurchaseOrderId,
    lines: &[OrderLine],
) -> Result<(), Failure> {
    let rows: Vec<(u32, &OrderLine)> = (1_u32..).zip(lines).collect();
    let insert =
        "INSERT INTO purchase_order_line (org, purchase_order, number, product, article, gtin, name, packs,
                      pack_content, pack_unit, pack_price, tax_basis_points, accepted, damaged)";
    insert_all(connection, insert, 14, "", &rows, |(number, line), values| {
        let Ordered { packs, pack, .. } = &line.ordered;
        push_values!(values; org, &id, number, &line.product, &line.article, &line.gtin, &line.name, packs);
        push_values!(values; &pack.content, &pack.unit, &line.pack_price, &line.tax_basis_points, 0_i64, 0_i64);
    })
    .await?;
    Ok(())
}

/// Refuses orders that nobody sends.
pub(crate) fn check_order(order: &NewPurchaseOrder) -> Result<(), StoreError> {
    if order.lines.len() > LINES_MAX {
        let problem = format!("it has {} lines: at most {LINES_MAX} go into one order", order.lines.len());
        return Err(StoreError::invalid(What::PurchaseOrder, "", problem));
    }
    check_text(What::PurchaseOrder, "note", &order.note)?;
    for line in &order.lines {
        let label = if line.article.is_empty() { &line.name } else { &line.article };
        check_text(What::PurchaseOrder, "line", &line.name)?;
        check_text(What::PurchaseOrder, "line", &line.article)?;
        check_pack(What::PurchaseOrder, label, line.ordered.pack, line.pack_price)?;
        if !(1..=PACKS_MAX).contains(&line.ordered.packs) {
            let problem = format!("{} packs are ordered: write 1 to {PACKS_MAX}", line.ordered.packs);
            return Err(StoreError::invalid(What::PurchaseOrder, label, problem));
        }
    }
    Ok(())
}

/// An order with its lines; `lock` holds its row.
async fn read_whole(
    connection: &mut AnyConnection,
    org: &OrgId,
    id: PurchaseOrderId,
    lock: &str,
) -> Result<PurchaseOrder, Failure> {
    let sql = composed(format!("{ORDER} WHERE org = $1 AND id = $2{lock}"));
    let mut order =
        fetch_found(connection, (What::PurchaseOrder, &id), sql, values![org, &id], read_order).await?;
    order.order.lines =
        fetch_each(connection, What::PurchaseOrder, LINE, values![org, &id], read_line).await?;
    Ok(order)
}

fn read_order(fields: &mut Fields<'_>) -> Result<PurchaseOrder, Failure> {
    let (id, number, state) = (fields.take()?, fields.take()?, fields.take()?);
    let order = NewPurchaseOrder {
        supplier: fields.take()?,
        store: fields.take()?,
        currency: fields.take()?,
        wanted_on: fields.take_option()?,
        note: fields.take()?,
        lines: Vec::new(),
    };
    Ok(PurchaseOrder {
        id,
        number,
        state,
        order,
        supplier_reference: fields.take()?,
        reason: fields.take()?,
        made_by: fields.take()?,
        made_at: fields.take()?,
        updated_at: fields.take()?,
        sent_at: fields.take_option()?,
    })
}

fn read_line(fields: &mut Fields<'_>) -> Result<OrderLine, Failure> {
    Ok(OrderLine {
        product: fields.take_option()?,
        article: fields.take()?,
        gtin: fields.take_option()?,
        name: fields.take()?,
        pack_price: fields.take()?,
        tax_basis_points: fields.take_option()?,
        ordered: read_ordered(fields)?,
    })
}

pub(crate) fn read_ordered(fields: &mut Fields<'_>) -> Result<Ordered, Failure> {
    Ok(Ordered {
        packs: fields.take()?,
        packs_confirmed: fields.take_option()?,
        pack: Pack { content: fields.take()?, unit: fields.take()? },
        accepted: fields.take()?,
        damaged: fields.take()?,
    })
}
