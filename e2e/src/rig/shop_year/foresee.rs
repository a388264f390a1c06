//! Forecasts of every item for each morning on which it can be ordered, by the days before that morning only.

use std::collections::BTreeMap;

use cloud_demand::forecast::Forecast;
use cloud_demand::forecast::all::{History, Input, Options, forecast_all, train};
use cloud_demand::replenish::simulate::Morning;
use rayon::prelude::*;

use super::world::{FIRST_DAY, Shop};

/// How far is looked ahead: the longest wait for the delivery after the next, and how long goods keep then.
const HORIZON: usize = 21;

/// Days after which what all items have in common is learnt anew.
const RELEARN_DAYS: i64 = 182;

/// Examples that it is learnt from: more learn longer and hardly better.
const ROWS_MAX: usize = 60_000;

/// Series that one task forecasts.
const CHUNK: usize = 8;

/// Forecasts by item and day.
#[derive(Debug, Default)]
pub(super) struct Foresight(BTreeMap<(usize, i64), Forecast>);

impl Foresight {
    /// For the mornings of those days. `plain` forecasts each item from its own past alone, which knows of no promotion and no holiday.
    pub(super) fn new(shop: &Shop, days: std::ops::Range<i64>, plain: bool) -> anyhow::Result<Self> {
        let mut known = Self::default();
        let mut trained = None;
        for day in days.clone() {
            let passed = day - days.start;
            if passed % 28 == 0 {
                eprintln!("forecast {passed} days of {}", days.end - days.start);
            }
            let options = Options { statistical_only: plain, rows_max: ROWS_MAX, ..Options::default() };
            if passed % RELEARN_DAYS == 0 {
                let all: Vec<usize> = (0..shop.items.len()).collect();
                trained = Some(train(&input(shop, &all, day), &options)?);
            }
            let Some(trained) = &trained else { continue };
            let due: Vec<usize> = (0..shop.items.len()).filter(|place| is_due(shop, *place, day)).collect();
            let outcomes: Vec<_> = due
                .par_chunks(CHUNK)
                .map(|places| forecast_all(&input(shop, places, day), trained, &options))
                .collect::<Result<_, _>>()?;
            for outcome in outcomes.into_iter().flatten() {
                known.0.insert((outcome.id, day), outcome.forecast);
            }
        }
        Ok(known)
    }

    /// What is known in a morning; nothing of what cannot be ordered then.
    pub(super) fn of(&self, morning: &Morning<'_>) -> Vec<Option<Forecast>> {
        (0..morning.stock.len()).map(|place| self.0.get(&(place, morning.day)).cloned()).collect()
    }
}

fn is_due(shop: &Shop, place: usize, day: i64) -> bool {
    let supplier = shop.suppliers.iter().find(|one| one.id == shop.items[place].supplier);
    supplier.is_some_and(|one| one.calendar.takes_orders(day))
}

/// What is known of some items in the morning of a day: their demand until yesterday, and promotions and holidays to come.
fn input(shop: &Shop, places: &[usize], day: i64) -> Input {
    let days = usize::try_from(day - FIRST_DAY).unwrap_or_default();
    let series = |place: &usize| {
        let units = f64::from(shop.items[*place].units_per_forecast);
        let values = shop.demand[*place][..days].iter().map(|wanted| *wanted as f64 / units).collect();
        let known = days + HORIZON;
        History {
            id: *place,
            values,
            first_day: FIRST_DAY,
            promotion: shop.promoted[*place][..known].to_vec(),
            open: shop.open[..known].to_vec(),
            category: shop.kinds[*place],
            ..History::default()
        }
    };
    Input {
        series: places.iter().map(series).collect(),
        holidays: shop.holidays.clone(),
        horizon: HORIZON,
        season: 7,
    }
}
