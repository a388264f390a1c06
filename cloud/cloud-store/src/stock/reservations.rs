//! What is kept for somebody. It ends by itself: what is kept until a moment is not kept any more once it has come.

use cloud_core::ledger::{StockKey, StockUnit};
use domain::ids::{OrgId, ProductId, StoreId};
use domain::time::WallMs;

use super::{check_note, check_quantity, read_key, unit_of};
use crate::error::{StoreError, What};
use crate::ids::{Actor, StockReservationId};
use crate::people::check_store;
use crate::sql::{Failure, Fields, composed, execute, fetch_each, fetch_found, push_values, values};
use crate::store::Store;

/// What is to be kept for somebody.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct NewReservation {
    /// A new id; the same one again is kept once.
    pub id: StockReservationId,
    /// Of what.
    pub product: ProductId,
    /// In pieces or grams; as the product is sold where nothing is said.
    pub unit: Option<StockUnit>,
    /// How many.
    pub quantity: u64,
    /// For whom, as people write it.
    pub for_whom: String,
    /// Until when.
    pub until: WallMs,
}

/// What is kept for somebody.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct StockReservation {
    /// Its id.
    pub id: StockReservationId,
    /// Where.
    pub store: StoreId,
    /// Of what.
    pub key: StockKey,
    /// How many.
    pub quantity: u64,
    /// For whom.
    pub for_whom: String,
    /// Until when.
    pub until: WallMs,
    /// Who said so.
    pub made_by: Actor,
    /// When.
    pub made_at: WallMs,
    /// When it was let go before its time.
    pub released_at: Option<WallMs>,
}

const RESERVATION: &str =
    "SELECT id, store, product, unit, quantity, for_whom, until, made_by, made_at, released_at
                           FROM stock_reservation";

impl Store {
    /// Keeps something for somebody, once for each id. Gives back whether it was done just now. More may be kept than is there:
    /// what is wanted can be on its way.
    pub async fn reserve_stock(
        &self,
        org: &OrgId,
        store: &StoreId,
        reservation: &NewReservation,
        (by, now): (&Actor, WallMs),
    ) -> Result<(StockReservation, bool), StoreError> {
        let NewReservation { id, product, unit, quantity, for_whom, until } = reservation;
        check_note(What::StockReservation, product, for_whom)?;
        let count = check_quantity(What::StockReservation, product, *quantity)?;
        self.answer(async {
            let mut writing = self.writing().await?;
            let connection = writing.connection();
            check_store(connection, org, Some(store)).await?;
            let sold_in = unit_of(connection, org, product).await?;
            if *until <= now {
                let problem = "the moment until which it is kept is over: name a later one";
                return Err(StoreError::invalid(What::StockReservation, product, problem).into());
            }
            let sql = "INSERT INTO stock_reservation (org, id, store, product, unit, quantity, for_whom, until, made_by, made_at)
                       VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10) ON CONFLICT (org, id) DO NOTHING";
            let mut values = values![org, id, store, product, &unit.unwrap_or(sold_in), count];
            push_values!(values; for_whom, until, by, &now);
            let is_new = execute(connection, sql, values).await? > 0;
            let kept = read_one(connection, (org, store), *id).await?;
            if is_new {
                writing.commit().await?;
            }
            Ok((kept, is_new))
        })
        .await
    }

    /// Lets go what was kept. Gives back whether it was kept until now.
    pub async fn release_stock(
        &self,
        org: &OrgId,
        store: &StoreId,
        id: StockReservationId,
        (by, now): (&Actor, WallMs),
    ) -> Result<bool, StoreError> {
        self.answer(async {
            let mut writing = self.writing().await?;
            let connection = writing.connection();
            read_one(connection, (org, store), id).await?;
            let sql = "UPDATE stock_reservation SET released_at = $4, released_by = $5
                       WHERE org = $1 AND store = $2 AND id = $3 AND released_at IS NULL";
            let released = execute(connection, sql, values![org, store, &id, &now, by]).await? > 0;
            if released {
                writing.commit().await?;
            }
            Ok(released)
        })
        .await
    }

    /// What is kept in a store at a moment, of one product or of all, in order of the moments at which it ends, those behind `after`.
    pub async fn reservations(
        &self,
        org: &OrgId,
        store: &StoreId,
        product: Option<&ProductId>,
        after: Option<(WallMs, StockReservationId)>,
        (now, limit): (WallMs, u32),
    ) -> Result<Vec<StockReservation>, StoreError> {
        self.answer(async {
            let mut sql =
                format!("{RESERVATION} WHERE org = $1 AND store = $2 AND released_at IS NULL AND until > $3");
            let mut values = values![org, store, &now, &limit];
            if let Some((until, id)) = after {
                sql.push_str(" AND until >= $5 AND (until > $5 OR id > $6)");
                push_values!(values; &until, &id);
            }
            if let Some(product) = product {
                sql.push_str(if after.is_some() { " AND product = $7" } else { " AND product = $5" });
                values.push(product);
            }
            sql.push_str(" ORDER BY until, id LIMIT $4");
            fetch_each(&mut *self.reading().await?, What::StockReservation, composed(sql), values, read).await
        })
        .await
    }

    /// How many pieces or grams of a stretch of products are kept in a store at a moment.
    pub async fn reserved_between(
        &self,
        org: &OrgId,
        store: &StoreId,
        range: &crate::demand::ProductRange,
        now: WallMs,
    ) -> Result<Vec<(StockKey, u64)>, StoreError> {
        self.answer(async {
            let sql = "SELECT product, unit, CAST(SUM(quantity) AS BIGINT) FROM stock_reservation
                       WHERE org = $1 AND store = $2 AND product >= $3 AND product <= $4 AND released_at IS NULL
                           AND until > $5
                       GROUP BY product, unit";
            let values = values![org, store, &range.first, &range.last, &now];
            fetch_each(&mut *self.reading().await?, What::StockReservation, sql, values, |fields| {
                Ok((read_key(fields)?, fields.take()?))
            })
            .await
        })
        .await
    }
}

async fn read_one(
    connection: &mut sqlx::AnyConnection,
    (org, store): (&OrgId, &StoreId),
    id: StockReservationId,
) -> Result<StockReservation, Failure> {
    let sql = composed(format!("{RESERVATION} WHERE org = $1 AND store = $2 AND id = $3"));
    fetch_found(connection, (What::StockReservation, &id), sql, values![org, store, &id], read).await
}

fn read(fields: &mut Fields<'_>) -> Result<StockReservation, Failure> {
    Ok(StockReservation {
        id: fields.take()?,
        store: fields.take()?,
        key: read_key(fields)?,
        quantity: fields.take()?,
        for_whom: fields.take()?,
        until: fields.take()?,
        made_by: fields.take()?,
        made_at: fields.take()?,
        released_at: fields.take_option()?,
    })
}
