//! Products of which too little was sold to say anything: they are forecast as those are that resemble them, and as their own days
//! come these count more and more.

use super::all::History;
use super::bytes::{Reader, Writer};
use super::calendar::weekday;
use super::trained::BadModel;
use super::{Forecast, LEVELS, Quantiles};

/// How many products stand for a new one.
const NEIGHBOURS: usize = 12;

/// How many products are kept to be compared with.
const KEPT_MAX: usize = 2_000;

/// How many days of its own a product needs to count as much as those that resemble it.
const OWN_DAYS: f64 = 10.0;

/// How many days make an example: the latest.
const LOOKED_AT: usize = 84;

/// The fewest days from which a product can stand for another.
const DAYS_MIN: usize = 28;

/// A product that others may be like.
#[derive(Debug, Clone, PartialEq)]
pub(crate) struct Example {
    id: usize,
    category: u32,
    store: u32,
    /// NaN where it has none.
    price: f64,
    traits: Vec<f32>,
    /// What is sold a day.
    level: f64,
    /// By weekday from Monday on, in parts of the level.
    week: [f64; 7],
    /// The quantiles of a day in parts of what is expected of it.
    spread: Quantiles,
}

/// All products that others may be like.
#[derive(Debug, Clone, PartialEq, Default)]
pub(crate) struct Examples(Vec<Example>);

impl Examples {
    /// Takes what can stand for others.
    pub(crate) fn learn(series: &[History]) -> Self {
        let step = series.len().div_ceil(KEPT_MAX).max(1);
        Self(series.iter().step_by(step).filter_map(Example::of).collect())
    }

    /// The nearest to a product, the nearest first, each with its weight; the weights sum to 1.
    fn nearest(&self, series: &History) -> Vec<(&Example, f64)> {
        let mut far: Vec<(&Example, f64)> =
            self.0.iter().map(|example| (example, example.distance(series))).collect();
        far.sort_by(|one, other| one.1.total_cmp(&other.1).then(one.0.id.cmp(&other.0.id)));
        far.truncate(NEIGHBOURS);
        let total: f64 = far.iter().map(|(_, distance)| (-distance).exp()).sum();
        far.into_iter().map(|(example, distance)| (example, (-distance).exp() / total)).collect()
    }

    /// Forecasts a product by those like it; their ids, the most alike first. Nothing is known where there is none: zeros.
    pub(crate) fn forecast(&self, series: &History, horizon: usize) -> (Forecast, Vec<usize>) {
        let near = self.nearest(series);
        let seen: Vec<(i64, f64)> = (series.first_day..).zip(series.values.iter().copied()).collect();
        let open = |step: usize| series.open.get(series.values.len() + step).copied().unwrap_or(true);
        let levels: Vec<f64> = near.iter().map(|(example, _)| example.level_of(&seen, series)).collect();
        let mut forecast = Forecast::default();
        let mut sums = vec![(0.0, 0.0); near.len()];
        let mut before: Quantiles = [0.0; LEVELS.len()];
        for step in 0..horizon {
            let day = weekday(series.end() + step as i64);
            let (mut daily, mut cumulative) = (Vec::new(), Vec::new());
            let mut mean = 0.0;
            for (((example, weight), level), sum) in near.iter().zip(&levels).zip(&mut sums) {
                let expected = if open(step) { level * example.week[day] } else { 0.0 };
                mean += weight * expected;
                sum.0 += expected;
                sum.1 += expected * expected;
                for part in example.spread {
                    daily.push((expected * part, *weight));
                    // Which of them it is like stays the same from day to day; how good a day is does not.
                    cumulative.push(((sum.0 + sum.1.sqrt() * (part - 1.0)).max(0.0), *weight));
                }
            }
            forecast.mean.push(mean);
            forecast.daily.push(quantiles(daily));
            let whole = quantiles(cumulative);
            before = std::array::from_fn(|at| whole[at].max(before[at]));
            forecast.cumulative.push(before);
        }
        (forecast, near.iter().map(|(example, _)| example.id).collect())
    }

    pub(crate) fn write(&self, writer: &mut Writer) {
        writer.count(self.0.len());
        for example in &self.0 {
            writer.i64(example.id as i64);
            writer.u32(example.category);
            writer.u32(example.store);
            writer.f64(example.price);
            writer.f32s(&example.traits);
            writer.f64(example.level);
            example.week.iter().chain(&example.spread).for_each(|value| writer.f64(*value));
        }
    }

    pub(crate) fn read(reader: &mut Reader<'_>) -> Result<Self, BadModel> {
        let mut examples = Vec::new();
        for _ in 0..reader.count(36)? {
            let mut example = Example {
                id: usize::try_from(reader.i64()?).map_err(|_| reader.bad())?,
                category: reader.u32()?,
                store: reader.u32()?,
                price: reader.f64()?,
                traits: reader.f32s()?,
                level: reader.f64()?,
                week: [0.0; 7],
                spread: [0.0; LEVELS.len()],
            };
            for value in example.week.iter_mut().chain(&mut example.spread) {
                *value = reader.f64()?;
            }
            examples.push(example);
        }
        Ok(Self(examples))
    }
}

impl Example {
    fn of(series: &History) -> Option<Self> {
        let from = series.values.len().saturating_sub(LOOKED_AT);
        let is_open = |day: &usize| series.open.get(*day).copied().unwrap_or(true);
        let days: Vec<usize> = (from..series.values.len()).filter(is_open).collect();
        let level = days.iter().map(|day| series.values[*day]).sum::<f64>() / days.len().max(1) as f64;
        if days.len() < DAYS_MIN || level <= 0.0 {
            return None;
        }
        let mut sums = [(1.0, 1.0); 7];
        for day in &days {
            let sum = &mut sums[weekday(series.first_day + *day as i64)];
            sum.0 += series.values[*day] / level;
            sum.1 += 1.0;
        }
        let week = sums.map(|(sum, count)| sum / count);
        let parts = days.iter().map(|day| {
            let expected = week[weekday(series.first_day + *day as i64)] * level;
            (series.values[*day] / expected, 1.0)
        });
        Some(Self {
            id: series.id,
            category: series.category,
            store: series.store,
            price: last_price(series),
            traits: series.traits.clone(),
            level,
            week,
            spread: quantiles(parts.collect()),
        })
    }

    /// How unlike a product is: 0 for the same, about 1 for each thing that differs.
    fn distance(&self, series: &History) -> f64 {
        let category = if self.category == series.category { 0.0 } else { 2.0 };
        let store = if self.store == series.store { 0.0 } else { 1.0 };
        let price = (self.price / last_price(series)).ln().abs();
        let price = if price.is_finite() { price.min(3.0) } else { 0.5 };
        category + store + price + 3.0 * unlikeness(&self.traits, &series.traits)
    }

    /// What the product sells a day if it is like this one, by the days on which it was sold so far.
    fn level_of(&self, seen: &[(i64, f64)], series: &History) -> f64 {
        let is_open = |at: usize| series.open.get(at).copied().unwrap_or(true);
        let days = seen.iter().enumerate().filter(|(at, _)| is_open(*at)).map(|(_, day)| day);
        let (sold, expected) = days.fold((0.0, 0.0), |(sold, expected), (day, value)| {
            (sold + value, expected + self.week[weekday(*day)])
        });
        (OWN_DAYS * self.level + sold) / (OWN_DAYS + expected)
    }
}

/// 0 where two lists of traits point the same way, 1 where they have nothing in common or one is not known.
fn unlikeness(one: &[f32], other: &[f32]) -> f64 {
    if one.is_empty() || one.len() != other.len() {
        return 1.0;
    }
    let dot = |one: &[f32], other: &[f32]| -> f64 {
        one.iter().zip(other).map(|(one, other)| f64::from(*one) * f64::from(*other)).sum()
    };
    let lengths = (dot(one, one) * dot(other, other)).sqrt();
    if lengths > 0.0 { (1.0 - dot(one, other) / lengths).clamp(0.0, 1.0) } else { 1.0 }
}

fn last_price(series: &History) -> f64 {
    let known = series.values.len().min(series.price.len().saturating_sub(1));
    series.price.get(known).copied().unwrap_or(f64::NAN)
}

/// The quantiles of weighted values; zeros where there are none.
fn quantiles(values: Vec<(f64, f64)>) -> Quantiles {
    super::calibrate::weighted_quantiles(values)
}
