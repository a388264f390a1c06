//! What is demanded of an item over the next days, in its stock's unit.

use super::spread::Spread;
use super::terms::{Demand, Item};
use crate::forecast::Forecast;

/// Days whose mean goes on where a forecast ends.
const SEASON: usize = 7;

/// The demand of an item from today on.
#[derive(Debug)]
pub(super) struct Outlook<'a> {
    forecast: Option<&'a Forecast>,
    /// Stock units in one unit of the forecast.
    units: f64,
    /// The mean of each day of the forecast without what is promoted, in stock units.
    plain: Vec<f64>,
    /// By how much promotions multiply each of these days, and those after the forecast's end, as far as promotions reach.
    factors: Vec<f64>,
    /// What is needed at any time, of an item without a forecast.
    reorder: f64,
}

impl<'a> Outlook<'a> {
    /// Of an item that is looked at on `today`.
    pub(super) fn new(item: &'a Item, today: i64) -> Self {
        let units = f64::from(item.units_per_forecast);
        let (forecast, reorder) = match &item.demand {
            Demand::Forecast(forecast) => (Some(forecast), 0.0),
            Demand::ReorderPoint { minimum, .. } => (None, *minimum as f64),
        };
        let plain: Vec<f64> =
            forecast.iter().flat_map(|f| &f.mean).map(|mean| mean.max(0.0) * units).collect();
        let reach = item.promotions.iter().map(|promotion| promotion.last_day + 1 - today).max();
        let reach = usize::try_from(reach.unwrap_or_default()).unwrap_or_default();
        let mut factors = vec![1.0; if forecast.is_some() { reach } else { 0 }];
        for (factor, day) in factors.iter_mut().zip(today..) {
            let on = item.promotions.iter().filter(|one| (one.first_day..=one.last_day).contains(&day));
            // Promotions of one day do not multiply: the strongest is what people see.
            *factor = on
                .map(|one| one.factor)
                .fold(None, |most: Option<f64>, factor| Some(most.map_or(factor, |most| most.max(factor))))
                .unwrap_or(1.0);
        }
        Self { forecast, units, plain, factors, reorder }
    }

    /// The mean of a day, 0 being today.
    pub(super) fn day(&self, ahead: usize) -> f64 {
        self.plain_day(ahead) * self.factors.get(ahead).copied().unwrap_or(1.0)
    }

    /// The mean of the first `days` days together.
    pub(super) fn mean(&self, days: usize) -> f64 {
        if self.forecast.is_none() { self.reorder } else { (0..days).map(|ahead| self.day(ahead)).sum() }
    }

    /// What promotions add to the mean of the first `days` days.
    pub(super) fn promoted(&self, days: usize) -> f64 {
        (0..days.min(self.factors.len())).map(|ahead| self.day(ahead) - self.plain_day(ahead)).sum()
    }

    /// How many of the first `days` days lie beyond the forecast.
    pub(super) fn beyond_forecast(&self, days: usize) -> usize {
        if self.forecast.is_none() { 0 } else { days.saturating_sub(self.plain.len()) }
    }

    /// The distribution of the first `days` days together.
    ///
    /// Promotions stretch it as they stretch the mean. Past the end of the forecast the mean goes on as its last week, and what
    /// is unsure grows with the square root of the days, as sums of days that know nothing of each other do.
    pub(super) fn spread(&self, days: usize) -> Spread {
        let Some(forecast) = self.forecast else { return Spread::certain(self.reorder) };
        let known = days.min(forecast.cumulative.len());
        if known == 0 {
            return Spread::certain(0.0);
        }
        let known_mean: f64 = (0..known).map(|ahead| self.plain_day(ahead)).sum();
        let plain_mean: f64 = (0..days).map(|ahead| self.plain_day(ahead)).sum();
        let stretch = if plain_mean > 0.0 { self.mean(days) / plain_mean } else { 1.0 };
        let widening = (days as f64 / known as f64).sqrt();
        let quantiles = forecast.cumulative[known - 1].map(|quantile| {
            let away = quantile.max(0.0) * self.units - known_mean;
            let away = if days > known { away * widening } else { away };
            (plain_mean + away).max(0.0) * stretch
        });
        Spread::new(&quantiles)
    }

    /// The distribution of the days until one that comes later than planned with the given probabilities, but of no more than `most`.
    pub(super) fn spread_until(&self, days: usize, lateness: &[(i64, f64)], most: usize) -> Spread {
        let late = lateness.iter().filter(|(_, share)| *share > 0.0);
        let parts: Vec<_> = late
            .map(|(late, share)| (*share, (days + usize::try_from(*late).unwrap_or_default()).min(most)))
            .map(|(share, days)| (share, self.spread(days)))
            .collect();
        if parts.len() < 2 { self.spread(days.min(most)) } else { Spread::mixed(&parts) }
    }

    fn plain_day(&self, ahead: usize) -> f64 {
        if let Some(mean) = self.plain.get(ahead) {
            return *mean;
        }
        let last = &self.plain[self.plain.len().saturating_sub(SEASON)..];
        if last.is_empty() { 0.0 } else { last.iter().sum::<f64>() / last.len() as f64 }
    }
}
