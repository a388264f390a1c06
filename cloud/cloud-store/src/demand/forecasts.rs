//! The newest forecast of each product in each store.

use domain::ids::{OrgId, ProductId, StoreId};
use domain::time::WallMs;
use sqlx::AnyConnection;

use super::{Forecast, NewForecast, NewForecastRun, ProductRange};
use crate::bulk::insert_all;
use crate::error::{StoreError, What};
use crate::products::floats;
use crate::sql::{Failure, Fields, composed, fetch_each, fetch_found, push_values, values};
use crate::store::Store;

const FORECAST: &str = "SELECT store, run, first_day, days, product, unit, method, mase, mase_naive, history_days, figures, reasons,
                               made_at
                        FROM forecast";

impl Store {
    /// The forecast of a product in a store.
    pub async fn forecast(
        &self,
        org: &OrgId,
        store: &StoreId,
        product: &ProductId,
    ) -> Result<Forecast, StoreError> {
        self.answer(async {
            let sql = composed(format!("{FORECAST} WHERE org = $1 AND store = $2 AND product = $3"));
            let values = values![org, store, product];
            let mut connection = self.reading().await?;
            fetch_found(&mut connection, (What::Forecast, product), sql, values, read).await
        })
        .await
    }

    /// Forecasts of a store in order of product, those behind `after`.
    pub async fn forecasts(
        &self,
        org: &OrgId,
        store: &StoreId,
        after: Option<&ProductId>,
        limit: u32,
    ) -> Result<Vec<Forecast>, StoreError> {
        self.answer(async {
            let sql = composed(format!(
                "{FORECAST} WHERE org = $1 AND store = $2 AND product > $3 ORDER BY product LIMIT $4"
            ));
            let values = values![org, store, after.map_or("", ProductId::as_str), &limit];
            fetch_each(&mut *self.reading().await?, What::Forecast, sql, values, read).await
        })
        .await
    }

    /// Forecasts of a stretch of products in a store, in order of product.
    pub async fn forecasts_between(
        &self,
        org: &OrgId,
        store: &StoreId,
        range: &ProductRange,
    ) -> Result<Vec<Forecast>, StoreError> {
        self.answer(async {
            let sql = composed(format!(
                "{FORECAST} WHERE org = $1 AND store = $2 AND product >= $3 AND product <= $4 ORDER BY product"
            ));
            let values = values![org, store, &range.first, &range.last];
            fetch_each(&mut *self.reading().await?, What::Forecast, sql, values, read).await
        })
        .await
    }
}

/// Writes forecasts of a run; one of a later day stays.
pub(super) async fn write(
    connection: &mut AnyConnection,
    org: &OrgId,
    run: &NewForecastRun,
    store: &StoreId,
    forecasts: &[NewForecast],
    now: WallMs,
) -> Result<(), Failure> {
    let insert = "INSERT INTO forecast (org, store, product, unit, run, first_day, days, method, mase, mase_naive, history_days,
                                        figures, reasons, made_at)";
    let rest = "ON CONFLICT (org, store, product) DO UPDATE SET
                    unit = excluded.unit, run = excluded.run, first_day = excluded.first_day, days = excluded.days,
                    method = excluded.method, mase = excluded.mase, mase_naive = excluded.mase_naive,
                    history_days = excluded.history_days, figures = excluded.figures, reasons = excluded.reasons,
                    made_at = excluded.made_at
                WHERE forecast.first_day <= excluded.first_day";
    insert_all(connection, insert, 14, rest, forecasts, |forecast, values| {
        push_values!(values; org, store, &forecast.product, &forecast.unit, &run.id, &run.first_day, &run.days);
        push_values!(values; &forecast.method, &millionths(forecast.mase), &millionths(forecast.mase_naive));
        push_values!(values; &forecast.history_days);
        let figures: Vec<u8> = forecast.figures.iter().flat_map(|figure| figure.to_le_bytes()).collect();
        push_values!(values; figures.as_slice(), &forecast.reasons, &now);
    })
    .await?;
    Ok(())
}

/// Numbers are kept whole, as everywhere in the database.
pub(super) fn millionths(share: Option<f64>) -> Option<i64> {
    share.map(|share| (share * 1e6).round() as i64)
}

pub(super) fn of_millionths(kept: i64) -> f64 {
    kept as f64 / 1e6
}

fn read(fields: &mut Fields<'_>) -> Result<Forecast, Failure> {
    let (store, run, first_day, days) = (fields.take()?, fields.take()?, fields.take()?, fields.take()?);
    let forecast = NewForecast {
        product: fields.take()?,
        unit: fields.take()?,
        method: fields.take()?,
        mase: fields.take_option()?.map(of_millionths),
        mase_naive: fields.take_option()?.map(of_millionths),
        history_days: fields.take()?,
        figures: floats(&fields.take::<Vec<u8>>()?).to_vec(),
        reasons: fields.take()?,
    };
    Ok(Forecast { store, run, first_day, days, forecast, made_at: fields.take()? })
}
