//! Corrections: a balance that somebody knows better.

use cloud_core::ledger::{Movement, StockKey, StockUnit};
use domain::ids::{OrgId, ProductId, StoreId};
use domain::time::WallMs;

use super::{Booking, StockOrigin, StockReason, book, check_changes, check_note, lock_balance, unit_of};
use crate::error::{StoreError, What};
use crate::events::{NewEvent, emit};
use crate::ids::{Actor, StockCorrectionId};
use crate::people::check_store;
use crate::sql::{fetch_value, values};
use crate::store::Store;

/// A correction as it is made.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct NewCorrection {
    /// A new id; the same one again is booked once.
    pub id: StockCorrectionId,
    /// Of what.
    pub product: ProductId,
    /// In pieces or grams; as the product is sold where nothing is said.
    pub unit: Option<StockUnit>,
    /// What becomes of the balance.
    pub to: StockCorrection,
    /// Why.
    pub note: String,
}

/// What becomes of a balance.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum StockCorrection {
    /// So much more, or less.
    By(i64),
    /// So much, whatever there was.
    To(i64),
}

impl Store {
    /// Corrects a balance, once for each id. Gives back what it was corrected of, what there is now, and whether it was done just now.
    pub async fn correct_stock(
        &self,
        org: &OrgId,
        store: &StoreId,
        correction: &NewCorrection,
        event: impl Fn(&Movement) -> NewEvent,
        (by, now): (&Actor, WallMs),
    ) -> Result<(StockKey, i64, bool), StoreError> {
        let NewCorrection { id, product, unit, to, note } = correction;
        check_note(What::Stock, product, note)?;
        self.answer(async {
            let mut writing = self.writing().await?;
            let lock = self.engine().for_update();
            let connection = writing.connection();
            check_store(connection, org, Some(store)).await?;
            let unit = match unit {
                Some(unit) => *unit,
                None => unit_of(connection, org, product).await?,
            };
            let key = StockKey { product: product.clone(), unit };
            let before = lock_balance(connection, lock, (org, store), &key).await?;
            let sql = "SELECT COUNT(*) FROM stock_movement WHERE org = $1 AND origin = 'correction' AND origin_id = $2";
            let known: Option<u64> = fetch_value(connection, What::Stock, sql, values![org, id]).await?;
            if known.unwrap_or(0) > 0 {
                return Ok((key, before, false));
            }
            let change = match to {
                StockCorrection::By(change) => Some(*change),
                StockCorrection::To(quantity) => quantity.checked_sub(before),
            };
            let Some(change) = change.filter(|change| before.checked_add(*change).is_some()) else {
                let problem = "so many cannot be counted: write a smaller number";
                return Err(StoreError::invalid(What::Stock, product, problem).into());
            };
            let movement = Movement { key: key.clone(), change };
            check_changes(std::slice::from_ref(&movement))?;
            let origin = Some(StockOrigin::Correction(*id));
            let booking = Booking { reason: StockReason::Correction, origin, note, by, now };
            book(connection, (org, store), std::slice::from_ref(&movement), &booking).await?;
            emit(connection, org, &event(&movement), now).await?;
            writing.commit().await?;
            Ok((key, before + change, true))
        })
        .await
    }
}
