//! A whole store and its categories: forecast by themselves, and brought to agree with their products.
//!
//! Sums are of one measure that adds up, as value does; the caller chooses it. [`forecast`] forecasts each sum as a series of its own, and
//! [`agree`] spreads what the levels differ by, day by day ([`super::hierarchy`]), so that products sum to their categories and categories to
//! the store.

use super::all::{self, BadInput, Input, Options, Outcome};
use super::backtest::{Attempt, Methods};
use super::hierarchy::{NoTree, Node, reconcile};
use super::trained::Trained;
use super::{Forecast, LEVELS, Quantiles};

/// How often a normal value lies below so many standard deviations: the places of [`LEVELS`].
const NORMAL: Quantiles = [
    -1.959_964, -1.644_854, -1.281_552, -0.674_490, -0.253_347, 0.0, 0.253_347, 0.674_490, 1.281_552,
    1.644_854, 2.326_348,
];

/// The places of the 80 % interval's ends in [`LEVELS`].
const INTERVAL: [usize; 2] = [2, 8];

/// What a forecast that never was off is taken to be off by, as a part of all that is expected of the store that day, and at least: something,
/// so that what levels differ by has somewhere to go.
const LEAST_SPREAD: f64 = 1e-6;

/// One product of a store.
#[derive(Debug, Clone, PartialEq, Default)]
pub struct Part {
    /// The place of its category.
    pub category: usize,
    /// What is expected of each day.
    pub mean: Vec<f64>,
    /// How far off that is, squared, on average.
    pub variance: Vec<f64>,
}

/// What was agreed of a store.
#[derive(Debug, Clone, PartialEq, Default)]
pub struct Agreed {
    /// Of the store.
    pub whole: Forecast,
    /// Of each category.
    pub categories: Vec<Forecast>,
    /// Of each product: the mean of each day.
    pub parts: Vec<Vec<f64>>,
}

/// Forecasts sums, each by what is best on its own past. They are few and sell every day, so they are judged among themselves and not by
/// what is common to products.
///
/// # Errors
/// [`BadInput`] where a number is none, or a setting is out of range.
pub fn forecast(input: &Input, options: &Options) -> Result<Vec<Outcome>, BadInput> {
    all::check(input, options)?;
    let methods = Methods::new(input, None);
    let past: Vec<Vec<Attempt>> =
        input.series.iter().map(|series| all::past_attempts(&methods, series, options)).collect();
    let trained = Trained::learn(None, &past, 1, &[]);
    let each = input.series.iter().zip(&past);
    Ok(each
        .map(|(series, past)| {
            let now = methods.attempt(series, 0);
            all::outcome(&trained, input, series, now.as_ref(), past)
        })
        .collect())
}

/// How far off each day of a forecast is, squared, on average: as its 80 % interval has it.
pub fn variances(forecast: &Forecast) -> Vec<f64> {
    forecast.daily.iter().map(variance).collect()
}

/// Brings a store, its categories and its products to agree. A sum of which too little is known to be forecast by itself is what its parts
/// sum up to.
///
/// # Errors
/// [`NoTree`] where a part has fewer days than `days`, a place that no category has, or what is no number.
pub fn agree(whole: &Outcome, categories: &[Outcome], parts: &[Part], days: usize) -> Result<Agreed, NoTree> {
    let sums: Vec<&Outcome> = std::iter::once(whole).chain(categories).collect();
    if let Some(at) = parts.iter().position(|part| part.category >= categories.len()) {
        return Err(NoTree::Order(sums.len() + at));
    }
    if let Some(at) = parts.iter().position(|part| !part.is_sound(days)) {
        return Err(NoTree::Forecast(sums.len() + at));
    }
    let spreads: Vec<Vec<f64>> = sums.iter().map(|sum| variances(&sum.forecast)).collect();
    let mut means = vec![Vec::with_capacity(days); sums.len() + parts.len()];
    for day in 0..days {
        let expected: f64 = parts.iter().map(|part| part.mean[day]).sum();
        let least = (LEAST_SPREAD * expected).powi(2).max(LEAST_SPREAD);
        let of_sums = sums.iter().zip(&spreads).enumerate().map(|(at, (sum, spread))| Node {
            whole: (at > 0).then_some(0),
            forecast: sum.forecast.mean.get(day).copied().filter(|_| is_own(sum)),
            variance: spread.get(day).copied().unwrap_or_default().max(least),
        });
        let of_parts = parts.iter().map(|part| Node {
            whole: Some(1 + part.category),
            forecast: Some(part.mean[day]),
            variance: part.variance[day].max(least),
        });
        let nodes: Vec<Node> = of_sums.chain(of_parts).collect();
        for (means, agreed) in means.iter_mut().zip(reconcile(&nodes)?) {
            means.push(agreed);
        }
    }
    let parts_agreed = means.split_off(sums.len());
    let spread_of = |category: Option<usize>| {
        let own = |part: &&Part| category.is_none_or(|category| part.category == category);
        (0..days)
            .map(|day| parts.iter().filter(own).map(|part| part.variance[day]).sum())
            .collect::<Vec<f64>>()
    };
    let mut agreed = sums.iter().zip(means).enumerate().map(|(at, (sum, mean))| {
        if is_own(sum) { moved(&sum.forecast, mean) } else { around(mean, &spread_of(at.checked_sub(1))) }
    });
    let whole = agreed.next().unwrap_or_default();
    Ok(Agreed { whole, categories: agreed.collect(), parts: parts_agreed })
}

impl Part {
    fn is_sound(&self, days: usize) -> bool {
        let enough = self.mean.len() >= days && self.variance.len() >= days;
        enough && self.variance.iter().all(|variance| variance.is_finite())
    }
}

/// Whether a sum was forecast by itself, and not after others that it resembles: no store is like another of its categories.
pub fn is_own(sum: &Outcome) -> bool {
    !sum.choice.parts.is_empty()
}

/// As if errors were normal between the probabilities 0.1 and 0.9. What sells on fewer than one day in ten is taken to be sure: what levels
/// differ by is not owed to it, and where it is spread over such products they become worse (`docs/performance.md`).
fn variance(quantiles: &Quantiles) -> f64 {
    let [low, high] = INTERVAL;
    ((quantiles[high] - quantiles[low]) / (NORMAL[high] - NORMAL[low])).powi(2)
}

/// A forecast with other means: its quantiles go with them.
fn moved(own: &Forecast, mean: Vec<f64>) -> Forecast {
    let by: Vec<f64> = mean.iter().zip(&own.mean).map(|(mean, own)| mean - own).collect();
    let shift = |quantiles: &Quantiles, by: f64| quantiles.map(|quantile| f64::max(quantile + by, 0.0));
    let daily = own.daily.iter().zip(&by).map(|(quantiles, by)| shift(quantiles, *by)).collect();
    let sums = super::score::running_sums(&by);
    let cumulative = own.cumulative.iter().zip(&sums).map(|(quantiles, by)| shift(quantiles, *by));
    Forecast { mean, daily, cumulative: never_falling(cumulative) }
}

/// A forecast of which only the means and how far off the parts are is known; parts are taken to be off independently of each other.
fn around(mean: Vec<f64>, variances: &[f64]) -> Forecast {
    let normal = |mean: f64, variance: f64| {
        NORMAL.map(|deviations| f64::max(mean + deviations * variance.sqrt(), 0.0))
    };
    let both = |means: &[f64], variances: &[f64]| -> Vec<Quantiles> {
        means.iter().zip(variances).map(|(mean, variance)| normal(*mean, *variance)).collect()
    };
    let (sums, spreads) = (super::score::running_sums(&mean), super::score::running_sums(variances));
    let (daily, cumulative) = (both(&mean, variances), both(&sums, &spreads));
    Forecast { mean, daily, cumulative: never_falling(cumulative.into_iter()) }
}

/// A sum of more days is never less.
fn never_falling(sums: impl Iterator<Item = Quantiles>) -> Vec<Quantiles> {
    let mut before: Quantiles = [0.0; LEVELS.len()];
    sums.map(|sum| {
        before = std::array::from_fn(|at| f64::max(sum[at], before[at]));
        before
    })
    .collect()
}

#[cfg(test)]
mod tests {
    use super::super::choose::{Choice, Method};
    use super::super::statistical::Statistical;
    use super::*;

    /// Two days, each `wide` between the ends of its 80 % interval.
    fn outcome(mean: f64, wide: f64) -> Outcome {
        let quantiles = |mean: f64| NORMAL.map(|deviations| mean + deviations / 2.563_104 * wide);
        let forecast = Forecast {
            mean: vec![mean; 2],
            daily: vec![quantiles(mean); 2],
            cumulative: vec![quantiles(mean), quantiles(2.0 * mean)],
        };
        let choice = Choice { parts: vec![(Method::Statistical(Statistical::SeasonalNaive), 1.0)] };
        Outcome { forecast, choice, ..Outcome::default() }
    }

    fn part(category: usize, mean: f64, variance: f64) -> Part {
        Part { category, mean: vec![mean; 2], variance: vec![variance; 2] }
    }

    fn close(one: f64, other: f64) -> bool {
        (one - other).abs() < 1e-6 * (1.0 + other.abs())
    }

    #[test]
    fn products_sum_to_categories_and_those_to_the_store() {
        let parts = [part(0, 4.0, 1.0), part(0, 5.0, 2.0), part(1, 20.0, 9.0)];
        let categories = [outcome(12.0, 2.0), outcome(18.0, 4.0)];
        let agreed = agree(&outcome(33.0, 3.0), &categories, &parts, 2).unwrap();
        for day in 0..2 {
            let of_parts = [agreed.parts[0][day] + agreed.parts[1][day], agreed.parts[2][day]];
            let of_categories: Vec<f64> = agreed.categories.iter().map(|one| one.mean[day]).collect();
            assert!(of_parts.iter().zip(&of_categories).all(|(one, other)| close(*one, *other)));
            assert!(close(of_categories.iter().sum(), agreed.whole.mean[day]), "{agreed:?}");
            // Between what the store says and what its products say.
            assert!((29.0..33.0).contains(&agreed.whole.mean[day]), "{}", agreed.whole.mean[day]);
        }
        let moved = agreed.whole.mean[0] - 33.0;
        let (own, now) = (outcome(33.0, 3.0).forecast, agreed.whole);
        assert!(close(now.daily[0][8] - own.daily[0][8], moved));
        assert!(close(now.cumulative[1][8] - own.cumulative[1][8], 2.0 * moved));
    }

    #[test]
    fn a_sum_that_nothing_is_known_of_is_what_its_parts_are() {
        let unknown = Outcome::default();
        let parts = [part(0, 3.0, 9.0), part(0, 4.0, 16.0)];
        let agreed = agree(&unknown, std::slice::from_ref(&unknown), &parts, 2).unwrap();
        assert!(close(agreed.whole.mean[1], 7.0) && close(agreed.categories[0].mean[1], 7.0));
        // Two parts that are three and four off are five off together.
        assert!(close(agreed.whole.daily[0][9], 7.0 + 1.644_854 * 5.0), "{:?}", agreed.whole.daily[0]);
        assert!(agreed.whole.daily[0][0] >= 0.0 && agreed.whole.cumulative[1].is_sorted());
    }

    #[test]
    fn a_closed_day_stays_closed_and_bad_parts_are_refused() {
        let parts = [part(0, 0.0, 0.0)];
        let agreed = agree(&outcome(0.0, 0.0), &[outcome(0.0, 0.0)], &parts, 2).unwrap();
        assert!(agreed.whole.daily[0].iter().chain(&agreed.parts[0]).all(|value| *value <= 0.0));
        for bad in [part(3, 1.0, 1.0), part(0, f64::NAN, 1.0), Part { mean: vec![1.0], ..part(0, 1.0, 1.0) }]
        {
            assert!(agree(&outcome(1.0, 1.0), &[outcome(1.0, 1.0)], &[bad], 2).is_err());
        }
    }
}
