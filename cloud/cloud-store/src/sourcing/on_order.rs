//! What of a product is on its way.

use cloud_core::ledger::StockUnit;
use domain::ids::{OrgId, ProductId, StoreId};
use domain::time::BusinessDay;

use super::orders::read_ordered;
use crate::error::{StoreError, What};
use crate::ids::PurchaseOrderId;
use crate::sql::{fetch_each, values};
use crate::store::Store;

/// What of a product is on its way.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct OnOrder {
    /// Which order.
    pub order: PurchaseOrderId,
    /// Its number.
    pub number: u64,
    /// Where it is to come.
    pub store: StoreId,
    /// When it was wanted.
    pub wanted_on: Option<BusinessDay>,
    /// Pieces or grams.
    pub unit: StockUnit,
    /// How many of them are still to come.
    pub quantity: u64,
}

impl Store {
    /// What of a product is on its way, order by order.
    pub async fn on_order(&self, org: &OrgId, product: &ProductId) -> Result<Vec<OnOrder>, StoreError> {
        self.answer(async {
            let sql = "SELECT purchase_order.id, purchase_order.number, store, wanted_on, packs, packs_confirmed, pack_content,
                              pack_unit, accepted, damaged
                       FROM purchase_order_line AS line
                       JOIN purchase_order ON purchase_order.org = line.org AND purchase_order.id = line.purchase_order
                       WHERE line.org = $1 AND line.product = $2 AND state IN ('sent', 'confirmed', 'received')
                       ORDER BY purchase_order.number, line.number";
            let mut connection = self.reading().await?;
            let lines = fetch_each(&mut connection, What::PurchaseOrder, sql, values![org, product], |fields| {
                let (order, number, store, wanted_on) =
                    (fields.take()?, fields.take()?, fields.take()?, fields.take_option()?);
                let ordered = read_ordered(fields)?;
                let quantity = ordered.outstanding();
                Ok(OnOrder { order, number, store, wanted_on, unit: ordered.pack.unit, quantity })
            });
            Ok(lines.await?.into_iter().filter(|line| line.quantity > 0).collect())
        })
        .await
    }
}
