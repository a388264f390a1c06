//! What a whole store and each of its categories are expected to sell.

use domain::ids::{OrgId, ProductId, StoreId};
use domain::time::{BusinessDay, WallMs};

use super::forecasts::{millionths, of_millionths};
use super::{ForecastTotal, NewForecastPart, NewForecastTotal, TotalLevel, TotalsOf};
use crate::bulk::insert_all;
use crate::error::{StoreError, What};
use crate::sql::{Failure, Fields, composed, execute, fetch_each, push_values, values};
use crate::store::Store;

const TOTAL: &str = "SELECT level, category, currency, products, method, mase, mase_naive, history_days, figures, own, sold, reasons,
                            run, first_day, days, forecast_at, store, made_at
                     FROM forecast_total WHERE org = $1 AND store = $2 AND level = $3";

impl Store {
    /// Puts a store's totals, with what each product adds to them, in place of those before: all or none. Those of a later day, or of forecasts that were made later, stay;
    /// false is given back then.
    pub async fn replace_forecast_totals(
        &self,
        org: &OrgId,
        store: &StoreId,
        of: &TotalsOf,
        (totals, parts): (&[NewForecastTotal], &[NewForecastPart]),
        now: WallMs,
    ) -> Result<bool, StoreError> {
        self.answer(async {
            let mut writing = self.writing().await?;
            let connection = writing.connection();
            self.lock_store(connection, org, store).await?;
            let sql = "SELECT first_day, forecast_at FROM forecast_total WHERE org = $1 AND store = $2
                       ORDER BY first_day DESC, forecast_at DESC LIMIT 1";
            let before: Vec<(BusinessDay, WallMs)> =
                fetch_each(connection, What::Forecast, sql, values![org, store], |fields| {
                    Ok((fields.take()?, fields.take()?))
                })
                .await?;
            if before.first().is_some_and(|before| *before > (of.first_day, of.forecast_at)) {
                return Ok(false);
            }
            for sql in [
                "DELETE FROM forecast_total WHERE org = $1 AND store = $2",
                "DELETE FROM forecast_part WHERE org = $1 AND store = $2",
            ] {
                execute(connection, sql, values![org, store]).await?;
            }
            let insert = "INSERT INTO forecast_total (org, store, level, category, currency, products, run, first_day, days, method, mase,
                              mase_naive, history_days, figures, own, sold, reasons, forecast_at, made_at)";
            insert_all(connection, insert, 19, "", totals, |total, values| {
                push_values!(values; org, store, &total.level, &total.category, &total.currency, &total.products);
                push_values!(values; &of.run, &of.first_day, &of.days, &total.method);
                push_values!(values; &millionths(total.mase), &millionths(total.mase_naive), &total.history_days);
                push_values!(values; to_bytes(&total.figures).as_slice(), to_bytes(&total.own).as_slice());
                push_values!(values; to_bytes(&total.sold).as_slice(), &total.reasons, &of.forecast_at, &now);
            })
            .await?;
            let insert = "INSERT INTO forecast_part (org, store, product, first_day, amounts)";
            insert_all(connection, insert, 5, "", parts, |part, values| {
                push_values!(values; org, store, &part.product, &of.first_day, to_bytes(&part.amounts).as_slice());
            })
            .await?;
            writing.commit().await?;
            Ok(true)
        })
        .await
    }

    /// What a product adds to the totals of a store on each day from a first one on; `None` where it is in none.
    pub async fn forecast_part(
        &self,
        org: &OrgId,
        store: &StoreId,
        product: &ProductId,
    ) -> Result<Option<(BusinessDay, Vec<i64>)>, StoreError> {
        self.answer(async {
            let sql =
                "SELECT first_day, amounts FROM forecast_part WHERE org = $1 AND store = $2 AND product = $3";
            let values = values![org, store, product];
            let found = fetch_each(&mut *self.reading().await?, What::Forecast, sql, values, |fields| {
                Ok((fields.take()?, numbers(&fields.take::<Vec<u8>>()?)))
            })
            .await?;
            Ok(found.into_iter().next())
        })
        .await
    }

    /// Totals of a level of a store in order of category, those behind `after`.
    pub async fn forecast_totals(
        &self,
        org: &OrgId,
        store: &StoreId,
        level: TotalLevel,
        after: Option<&str>,
        limit: u32,
    ) -> Result<Vec<ForecastTotal>, StoreError> {
        self.answer(async {
            // The name of no category is an empty text, which is behind nothing.
            let behind = if after.is_some() { ">" } else { ">=" };
            let sql = composed(format!("{TOTAL} AND category {behind} $4 ORDER BY category LIMIT $5"));
            let values = values![org, store, &level, after.unwrap_or_default(), &limit];
            fetch_each(&mut *self.reading().await?, What::Forecast, sql, values, read).await
        })
        .await
    }
}

fn read(fields: &mut Fields<'_>) -> Result<ForecastTotal, Failure> {
    let total = NewForecastTotal {
        level: fields.take()?,
        category: fields.take()?,
        currency: fields.take()?,
        products: fields.take()?,
        method: fields.take()?,
        mase: fields.take_option()?.map(of_millionths),
        mase_naive: fields.take_option()?.map(of_millionths),
        history_days: fields.take()?,
        figures: numbers(&fields.take::<Vec<u8>>()?),
        own: numbers(&fields.take::<Vec<u8>>()?),
        sold: numbers(&fields.take::<Vec<u8>>()?),
        reasons: fields.take()?,
    };
    let of = TotalsOf {
        run: fields.take()?,
        first_day: fields.take()?,
        days: fields.take()?,
        forecast_at: fields.take()?,
    };
    Ok(ForecastTotal { store: fields.take()?, of, total, made_at: fields.take()? })
}

fn to_bytes(numbers: &[i64]) -> Vec<u8> {
    numbers.iter().flat_map(|number| number.to_le_bytes()).collect()
}

fn numbers(bytes: &[u8]) -> Vec<i64> {
    bytes.as_chunks().0.iter().map(|&eight| i64::from_le_bytes(eight)).collect()
}
