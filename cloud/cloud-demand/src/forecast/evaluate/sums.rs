//! How good forecasts of a whole file and of its categories are, by themselves, as sums of their products, and agreed.

use std::collections::BTreeMap;

use super::super::all::{BadInput, History, Input, Options, Outcome};
use super::super::score::{self, Scale};
use super::super::totals::{self, Agreed, Part};

/// One level of the tree, forecast in one way.
#[derive(Debug, Clone, Copy, PartialEq, Default)]
pub struct LevelFigures {
    /// The mean over sums (or products) and origins of the mean absolute scaled error of the mean.
    pub mase: f64,
    /// The same of the root mean squared scaled error.
    pub rmsse: f64,
}

/// How good a level is in each way.
#[derive(Debug, Clone, Copy, PartialEq, Default)]
pub struct Level {
    /// Forecast by itself.
    pub own: LevelFigures,
    /// As the sum of its products' own forecasts; for a product that is its own.
    pub summed: LevelFigures,
    /// Agreed over all levels.
    pub agreed: LevelFigures,
}

/// How good sums are, and what agreeing with them does to products.
#[derive(Debug, Clone, Copy, PartialEq, Default)]
pub struct Reconciled {
    /// Whether sums are of value; of quantities where a price is missing.
    pub by_value: bool,
    /// How many categories there are.
    pub categories_count: usize,
    /// Products.
    pub products: Level,
    /// Categories.
    pub categories: Level,
    /// Everything together.
    pub whole: Level,
}

/// Sums over origins.
#[derive(Debug, Default)]
pub(super) struct Levels {
    products: Ways,
    categories: Ways,
    whole: Ways,
}

#[derive(Debug, Default)]
struct Ways {
    /// Own, summed, agreed: MASE and RMSSE.
    sums: [(f64, f64); 3],
    count: f64,
}

/// What is known of the products of an origin.
pub(super) struct Known<'a> {
    pub(super) input: &'a Input,
    pub(super) options: &'a Options,
    /// All days of each product, with those to come.
    pub(super) whole: &'a [History],
    /// Whether sums are of value.
    pub(super) by_value: bool,
}

impl Known<'_> {
    /// What a day of a product counts in sums.
    fn worth(&self, of: &History, day: usize) -> f64 {
        let price = of.price.get(day).or(of.price.last()).copied().unwrap_or(1.0);
        if self.by_value { price } else { 1.0 }
    }

    fn values(&self, of: &History) -> Vec<f64> {
        of.values.iter().enumerate().map(|(day, sold)| sold * self.worth(of, day)).collect()
    }

    /// The series of everything and of each category, as far as `histories` go.
    fn sums(&self, histories: &[History]) -> Vec<History> {
        let count = categories(histories);
        let mut sums: Vec<BTreeMap<i64, f64>> = vec![BTreeMap::new(); 1 + count];
        for one in histories {
            for (day, value) in (one.first_day..).zip(self.values(one)) {
                for at in [0, 1 + one.category as usize] {
                    *sums[at].entry(day).or_default() += value;
                }
            }
        }
        let history = |(id, days): (usize, BTreeMap<i64, f64>)| {
            let first_day = days.keys().next().copied().unwrap_or_default();
            History { id, first_day, values: days.into_values().collect(), ..History::default() }
        };
        sums.into_iter().enumerate().map(history).collect()
    }
}

/// Categories are numbered from zero on.
pub(super) fn categories(histories: &[History]) -> usize {
    histories.iter().map(|one| one.category as usize + 1).max().unwrap_or(0)
}

impl Levels {
    /// Adds an origin: what is expected of each product, and what came true.
    pub(super) fn add(&mut self, known: &Known<'_>, products: &[Outcome]) -> Result<(), BadInput> {
        let Input { horizon, season, .. } = *known.input;
        let input = Input { series: known.sums(&known.input.series), ..known.input.clone() };
        let own = totals::forecast(&input, known.options)?;
        let part = |(history, outcome): (&History, &Outcome)| {
            let worth = known.worth(history, usize::MAX);
            Part {
                category: history.category as usize,
                mean: outcome.forecast.mean.iter().map(|mean| mean * worth).collect(),
                variance: totals::variances(&outcome.forecast)
                    .iter()
                    .map(|one| one * worth * worth)
                    .collect(),
            }
        };
        let parts: Vec<Part> = known.input.series.iter().zip(products).map(part).collect();
        let agreed = totals::agree(&own[0], &own[1..], &parts, horizon)
            .expect("each product has its forecast, and each category its products");
        let after = known.sums(known.whole);
        for (at, sum) in input.series.iter().enumerate() {
            let Some(scale) = score::scale(&sum.values, season) else { continue };
            let actual = actual(&after[at], sum, horizon);
            let said = [own[at].forecast.mean.clone(), summed(&parts, at, horizon), of_sum(&agreed, at)];
            let level = if at == 0 { &mut self.whole } else { &mut self.categories };
            level.add(actual, &said, &scale);
        }
        for (at, history) in known.input.series.iter().enumerate() {
            let Some(scale) = score::scale(&history.values, season) else { continue };
            let worth = known.worth(history, usize::MAX);
            let mean = &products[at].forecast.mean;
            let agreed = agreed.parts[at].iter().map(|value| value / worth).collect();
            let actual = actual(&known.whole[at], history, horizon);
            self.products.add(actual, &[mean.clone(), mean.clone(), agreed], &scale);
        }
        Ok(())
    }

    pub(super) fn figures(&self, by_value: bool, categories_count: usize) -> Reconciled {
        Reconciled {
            by_value,
            categories_count,
            products: self.products.level(),
            categories: self.categories.level(),
            whole: self.whole.level(),
        }
    }
}

fn actual<'a>(whole: &'a History, known: &History, horizon: usize) -> &'a [f64] {
    let days = known.values.len();
    &whole.values[days..days + horizon]
}

/// What the own forecasts of the parts of a sum come to.
fn summed(parts: &[Part], sum: usize, horizon: usize) -> Vec<f64> {
    let of_sum = |part: &&Part| sum == 0 || part.category + 1 == sum;
    (0..horizon).map(|day| parts.iter().filter(of_sum).map(|part| part.mean[day]).sum()).collect()
}

fn of_sum(agreed: &Agreed, sum: usize) -> Vec<f64> {
    sum.checked_sub(1).map_or(&agreed.whole, |category| &agreed.categories[category]).mean.clone()
}

impl Ways {
    fn add(&mut self, actual: &[f64], said: &[Vec<f64>; 3], scale: &Scale) {
        for (sums, said) in self.sums.iter_mut().zip(said) {
            sums.0 += score::mase(actual, said, scale);
            sums.1 += score::rmsse(actual, said, scale);
        }
        self.count += 1.0;
    }

    fn level(&self) -> Level {
        let [own, summed, agreed] = self
            .sums
            .map(|(mase, rmsse)| LevelFigures { mase: mase / self.count, rmsse: rmsse / self.count });
        Level { own, summed, agreed }
    }
}
