//! Sales that go to another system: in batches, each sale until somebody says that it has arrived, and never after that.

use domain::ids::{OrgId, SaleId, StoreId, Uuid};
use domain::sale::Sale;
use domain::time::{BusinessDay, WallMs};
use sync_core::sale_document;

use crate::bulk::insert_all;
use crate::error::{StoreError, What};
use crate::sql::{execute, fetch_each, push_values, values};
use crate::store::Store;

/// How far back sales are looked for that were never handed over: a till may be without a network for a month or longer.
pub const SALES_BACK_DAYS: i32 = 93;

/// Sales that are handed over together.
#[derive(Debug, Clone, PartialEq)]
pub struct SalesBatch {
    /// The sales, in order of day.
    pub sales: Vec<Sale>,
    /// Whether there are more.
    pub has_more: bool,
}

impl Store {
    /// The next sales that were not confirmed, of each store's days from one on up to one that is closed. They are the same again until
    /// they are confirmed: what was handed over first comes first.
    pub async fn offer_sales(
        &self,
        org: &OrgId,
        stores: &[(StoreId, BusinessDay, BusinessDay)],
        batch: Uuid,
        limit: u32,
    ) -> Result<SalesBatch, StoreError> {
        self.answer(async {
            let mut writing = self.writing().await?;
            let connection = writing.connection();
            // Two callers at once get the same: the organisation's row makes one wait for the other.
            let lock = crate::sql::composed(format!(
                "SELECT id FROM organisation WHERE id = $1{}",
                self.engine().for_update()
            ));
            crate::sql::fetch_values::<OrgId>(connection, What::Organisation, lock, values![org]).await?;
            let sql = "SELECT sale.business_day, sale.id, sale.payload FROM exchange_sale
                       JOIN sale ON sale.org = exchange_sale.org AND sale.business_day = exchange_sale.business_day
                           AND sale.id = exchange_sale.sale
                       WHERE exchange_sale.org = $1 AND exchange_sale.confirmed_at IS NULL
                       ORDER BY sale.business_day, sale.id LIMIT $2";
            let mut found = fetch_each(connection, What::Sale, sql, values![org, &limit], read).await?;
            let mut fresh = Vec::new();
            // What is open is handed over again before anything new is: confirmation is of all that is open.
            if found.is_empty() {
                for (store, first, last) in stores {
                    let left = limit as usize + 1 - fresh.len();
                    let sql = "SELECT business_day, id, payload FROM sale
                               WHERE org = $1 AND store = $2 AND business_day BETWEEN $3 AND $4 AND NOT EXISTS (
                                   SELECT 1 FROM exchange_sale WHERE exchange_sale.org = sale.org
                                       AND exchange_sale.business_day = sale.business_day AND exchange_sale.sale = sale.id)
                               ORDER BY business_day, id LIMIT $5";
                    let values = values![org, store, first, last, &(left as u64)];
                    fresh.append(&mut fetch_each(connection, What::Sale, sql, values, read).await?);
                    if fresh.len() > limit as usize {
                        break;
                    }
                }
            }
            let has_more = fresh.len() > limit as usize;
            fresh.truncate(limit as usize);
            let insert = "INSERT INTO exchange_sale (org, business_day, sale, batch)";
            insert_all(connection, insert, 4, "", &fresh, |(day, id, _), values| {
                push_values!(values; org, day, id, batch.as_bytes().as_slice());
            })
            .await?;
            let is_new = !fresh.is_empty();
            found.append(&mut fresh);
            let sales = found.into_iter().map(|(_, id, payload)| {
                sale_document::decode(&payload).map_err(|problem| StoreError::Unreadable {
                    what: What::Sale,
                    name: id.to_string(),
                    problem,
                })
            });
            let sales = sales.collect::<Result<Vec<Sale>, StoreError>>()?;
            // Nothing has changed where only what is open is handed over again.
            if is_new {
                writing.commit().await?;
            }
            Ok(SalesBatch { sales, has_more })
        })
        .await
    }

    /// Says that all that was handed over has arrived; gives back how many sales.
    pub async fn confirm_sales(&self, org: &OrgId, now: WallMs) -> Result<u64, StoreError> {
        self.answer(async {
            let mut writing = self.writing().await?;
            let sql = "UPDATE exchange_sale SET confirmed_at = $2 WHERE org = $1 AND confirmed_at IS NULL";
            let confirmed = execute(writing.connection(), sql, values![org, &now]).await?;
            if confirmed > 0 {
                writing.commit().await?;
            }
            Ok(confirmed)
        })
        .await
    }
}

fn read(fields: &mut crate::sql::Fields<'_>) -> Result<(BusinessDay, SaleId, Vec<u8>), crate::sql::Failure> {
    Ok((fields.take()?, fields.take()?, fields.take()?))
}
