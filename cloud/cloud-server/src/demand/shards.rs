//! A part of a run: its series are read, forecast by what was learnt, and written down.

use std::collections::BTreeMap;
use std::sync::Arc;

use cloud_demand::forecast::all::{self, Outcome};
use cloud_demand::forecast::{Forecast as Figures, LEVELS, Quantiles};
use cloud_store::{ForecastShard, NewForecast, NewForecastRun, Store};
use domain::ids::OrgId;

use super::days::number_of;
use super::learning::{Learnt, options};
use super::reasons::reasons;
use super::series::{self, Series, Window};
use crate::config::Forecast;

/// Figures of one day: the mean, the day's quantiles, those of the sum up to it.
const FIGURES_A_DAY: usize = 1 + 2 * LEVELS.len();

/// Forecasts a shard.
pub(crate) async fn forecast(
    store: &Store,
    org: &OrgId,
    run: &NewForecastRun,
    shard: &ForecastShard,
    learnt: Arc<Learnt>,
    settings: &Forecast,
) -> anyhow::Result<Vec<NewForecast>> {
    let window =
        Window { first_day: number_of(run.first_day), days: run.days, history_days: settings.history_days };
    let shop = store.store(org, &shard.shard.store).await?;
    let opening = learnt.names.opening(&shop, window);
    let found = series::read(store, &shop, &shard.shard.range, &opening, window).await?;
    let known: BTreeMap<(&str, &str), usize> = learnt
        .names
        .series
        .iter()
        .zip(0..)
        .map(|((store, product), id)| ((store.as_str(), product.as_str()), id))
        .collect();
    let id_of = |place: usize, one: &Series| {
        let new = learnt.names.series.len() + place;
        known.get(&(shop.id.as_str(), one.product.as_str())).copied().unwrap_or(new)
    };
    let histories: Vec<_> = found
        .iter()
        .enumerate()
        .map(|(place, one)| learnt.names.numbered(&shop, one.clone(), id_of(place, one)))
        .collect();
    drop(known);
    let input = learnt.names.input(histories, window);
    let options = options(settings);
    let names = Arc::clone(&learnt);
    let outcomes =
        tokio::task::spawn_blocking(move || all::forecast_all(&input, &learnt.trained, &options)).await??;
    let written =
        found.iter().zip(&outcomes).map(|(one, outcome)| written(one, outcome, &names.names.series));
    Ok(written.collect())
}

fn written(series: &Series, outcome: &Outcome, names: &[(String, String)]) -> NewForecast {
    let measured = |value: f64| Some(value).filter(|value| value.is_finite());
    let product_of = |id: &usize| names.get(*id).map(|(_, product)| product.clone());
    let reasons = reasons(series, outcome, product_of);
    NewForecast {
        product: series.product.clone(),
        unit: series.unit,
        method: outcome.choice.as_str().to_owned(),
        mase: measured(outcome.score.mase),
        mase_naive: measured(outcome.score.seasonal_naive_mase),
        history_days: u32::try_from(series.history.values.len()).unwrap_or(u32::MAX),
        figures: packed(&outcome.forecast),
        reasons: serde_json::to_string(&reasons).expect("they are numbers and text"),
    }
}

/// Figures as they are kept.
pub(crate) fn packed(forecast: &Figures) -> Vec<f32> {
    let days = forecast.mean.iter().zip(&forecast.daily).zip(&forecast.cumulative);
    let figures =
        days.flat_map(|((mean, daily), cumulative)| [*mean].into_iter().chain(*daily).chain(*cumulative));
    figures.map(|figure| figure as f32).collect()
}

/// What [`packed`] wrote; `None` where it is nothing of the kind.
pub(crate) fn unpacked(figures: &[f32]) -> Option<Figures> {
    if figures.is_empty() || !figures.len().is_multiple_of(FIGURES_A_DAY) {
        return None;
    }
    let mut forecast = Figures::default();
    for day in figures.chunks_exact(FIGURES_A_DAY) {
        let quantiles =
            |from: usize| -> Quantiles { std::array::from_fn(|level| f64::from(day[from + level])) };
        forecast.mean.push(f64::from(day[0]));
        forecast.daily.push(quantiles(1));
        forecast.cumulative.push(quantiles(1 + LEVELS.len()));
    }
    Some(forecast)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn figures_are_read_as_they_were_written() {
        let quantiles = |base: f64| -> Quantiles { std::array::from_fn(|level| base + level as f64) };
        let forecast = Figures {
            mean: vec![1.5, 2.5],
            daily: vec![quantiles(0.0), quantiles(1.0)],
            cumulative: vec![quantiles(2.0), quantiles(20.0)],
        };
        assert_eq!(unpacked(&packed(&forecast)), Some(forecast));
        assert_eq!(unpacked(&[]), None);
        assert_eq!(unpacked(&[1.0; 7]), None);
    }
}
