//! What if: days that were, lived through again as things are and as somebody would have them.
//!
//! Both policies order every morning what would be proposed, from forecasts that know the days before only. Those are simple on purpose
//! (the day of the week, and how far sums of days were off it): a hundred and eighty mornings of a shop are to take seconds, and what is
//! compared is the policy. They go by what people wanted, as sales that are corrected for empty shelves do: a policy that once leaves a
//! shelf empty does not forget for ever that anybody asked.

use std::collections::BTreeMap;

use cloud_demand::forecast::{Forecast, LEVELS, Quantiles};
use cloud_demand::replenish::simulate::policies::Proposing;
use cloud_demand::replenish::simulate::{self, Morning, Report, World};
use cloud_demand::replenish::terms::{Invalid, Stock};
use cloud_store::{ProductRange, Store, StoreError, StoreInfo};
use domain::ids::ProductId;

use super::needs::{self, Changes, Needs};
use super::series::{self, Opening, Window, units_of};

/// Weeks that a morning's forecast looks back on.
const WEEKS: usize = 8;
/// The fewest days that the first morning knows.
pub(crate) const KNOWN_DAYS_MIN: usize = 28;
const WEEK: usize = 7;
/// What luck follows from: the same for both policies.
const SEED: u64 = 1;

/// What is compared: as it is, and as somebody would have it.
#[derive(Debug)]
pub(crate) struct Comparison {
    pub(crate) products: usize,
    pub(crate) first_day: i64,
    pub(crate) days: usize,
    pub(crate) as_it_is: Report,
    pub(crate) changed: Report,
}

/// What both are lived through in.
#[derive(Debug)]
pub(crate) struct Past {
    as_it_is: Needs,
    changed: Needs,
    first_day: i64,
    /// What was wanted of each product, in pieces or grams: before the first day, and from it on.
    before: Vec<Vec<i64>>,
    wanted: Vec<Vec<i64>>,
}

/// Reads the last `days` before `today` of the products of a store that can be ordered, those that sell most first where there are more
/// than `most`. Where the store is too young for so many it is fewer: the first morning is to know [`KNOWN_DAYS_MIN`] days.
pub(crate) async fn read(
    store: &Store,
    shop: &StoreInfo,
    (today, days): (i64, u32),
    only: Option<&[ProductId]>,
    changes: &Changes,
    most: usize,
) -> Result<Past, StoreError> {
    let as_it_is = needs::of_store(store, shop, today, &[], only, &Changes::default()).await?;
    let changed = needs::of_store(store, shop, today, &[], only, changes).await?;
    let back = days + u32::try_from(WEEKS * WEEK).unwrap_or(0);
    let window = Window { first_day: today, days: 1, history_days: back };
    let mut known: BTreeMap<ProductId, Vec<i64>> = BTreeMap::new();
    for some in as_it_is.goods.chunks(500) {
        let (Some(first), Some(last)) = (some.first(), some.last()) else { break };
        let id = |goods: &needs::Goods| goods.product.product.id.clone();
        let range = ProductRange { first: id(first), last: id(last) };
        for one in series::read(store, shop, &range, &Opening::default(), window).await? {
            let scale = f64::from(units_of(one.unit));
            let wanted = one.history.values.iter().map(|value| (value * scale).round() as i64);
            known.insert(one.product, wanted.collect());
        }
    }
    // What came into the store later than its first product was not asked for until then.
    let oldest = known.values().map(Vec::len).max().unwrap_or(0);
    for wanted in known.values_mut() {
        wanted.splice(0..0, vec![0; oldest - wanted.len()]);
    }
    let kept = best(&as_it_is, &known, most);
    let days = (days as usize).min(oldest.saturating_sub(KNOWN_DAYS_MIN));
    let split = oldest - days;
    // One that went while this was read is wanted on no day: all histories have the same days.
    let of = |place: &usize| {
        let known = known.get(&as_it_is.goods[*place].product.product.id).cloned();
        known.unwrap_or_else(|| vec![0; oldest])
    };
    let histories: Vec<Vec<i64>> = kept.iter().map(of).collect();
    let part = |history: &Vec<i64>, from: bool| {
        let split = split.min(history.len());
        if from { history[split..].to_vec() } else { history[..split].to_vec() }
    };
    Ok(Past {
        first_day: today - i64::try_from(days).unwrap_or_default(),
        before: histories.iter().map(|history| part(history, false)).collect(),
        wanted: histories.iter().map(|history| part(history, true)).collect(),
        as_it_is: only_these(as_it_is, &kept),
        changed: only_these(changed, &kept),
    })
}

impl Past {
    /// How many days are lived through.
    pub(crate) fn days(&self) -> usize {
        self.wanted.iter().map(Vec::len).max().unwrap_or(0)
    }
}

/// The places of the products that sell most by value, in their own order.
fn best(needs: &Needs, known: &BTreeMap<ProductId, Vec<i64>>, most: usize) -> Vec<usize> {
    let value = |place: usize| {
        let sold: i64 = known.get(&needs.goods[place].product.product.id).map_or(0, |days| days.iter().sum());
        let pack = needs.request.items[place].pack;
        std::cmp::Reverse(i128::from(sold) * i128::from(pack.price_minor) / i128::from(pack.content.max(1)))
    };
    let mut places: Vec<usize> = (0..needs.goods.len()).collect();
    places.sort_by_key(|place| value(*place));
    places.truncate(most);
    places.sort_unstable();
    places
}

fn only_these(needs: Needs, kept: &[usize]) -> Needs {
    let Needs { goods, mut request } = needs;
    request.items = kept.iter().map(|place| request.items[*place].clone()).collect();
    for item in &mut request.items {
        // A week's goods are there on the first day: nobody begins with an empty shop.
        item.stock = Stock { reserved: item.stock.reserved, ..Stock::default() };
    }
    Needs { goods: kept.iter().map(|place| goods[*place].clone()).collect(), request }
}

/// Lives through the days twice.
pub(crate) fn compare(mut past: Past) -> Result<Comparison, Invalid> {
    for needs in [&mut past.as_it_is, &mut past.changed] {
        for (item, before) in needs.request.items.iter_mut().zip(&past.before) {
            item.stock.on_hand = before.iter().rev().take(WEEK).sum::<i64>() + item.stock.reserved;
        }
    }
    Ok(Comparison {
        products: past.as_it_is.goods.len(),
        first_day: past.first_day,
        days: past.days(),
        as_it_is: lived(&past, &past.as_it_is)?,
        changed: lived(&past, &past.changed)?,
    })
}

fn lived(past: &Past, needs: &Needs) -> Result<Report, Invalid> {
    let request = &needs.request;
    let world = World {
        first_day: past.first_day,
        items: &request.items,
        suppliers: &request.suppliers,
        demand: &past.wanted,
        rules: request.rules,
        order_minor: 0,
        seed: SEED,
    };
    // Two orders and two ways to the shop: further ahead nothing is ordered for.
    let horizon = request.suppliers.iter().map(|one| one.lead.days + 2 * one.review_days + 7).max();
    let horizon = horizon.unwrap_or(7).min(60) as usize;
    let scales: Vec<f64> = request.items.iter().map(|item| f64::from(item.units_per_forecast)).collect();
    let foresee = |morning: &Morning<'_>| -> Vec<Option<Forecast>> {
        let passed = usize::try_from(morning.day - past.first_day).unwrap_or_default();
        let each = past.before.iter().zip(&past.wanted).zip(&scales);
        each.map(|((before, wanted), scale)| {
            let known: Vec<f64> =
                before.iter().chain(&wanted[..passed]).map(|one| *one as f64 / scale).collect();
            Some(foreseen(&known, horizon))
        })
        .collect()
    };
    simulate::run(&world, &mut Proposing::new(request.clone(), foresee))
}

/// By the mean of each day of the week, and by how far sums of as many days were off those means.
fn foreseen(known: &[f64], horizon: usize) -> Forecast {
    let recent = &known[known.len().saturating_sub(WEEKS * WEEK)..];
    let phase = |index: usize| index % WEEK;
    let (mut sums, mut counts) = ([0.0; WEEK], [0.0_f64; WEEK]);
    for (index, value) in recent.iter().enumerate() {
        sums[phase(index)] += value;
        counts[phase(index)] += 1.0;
    }
    let usual: [f64; WEEK] = std::array::from_fn(|day| sums[day] / counts[day].max(1.0));
    let off: Vec<f64> = recent.iter().enumerate().map(|(index, value)| value - usual[phase(index)]).collect();
    let mean: Vec<f64> = (0..horizon).map(|ahead| usual[phase(recent.len() + ahead)]).collect();
    let daily = mean.iter().map(|mean| around(*mean, off.clone())).collect();
    let mut total = 0.0;
    let mut windows = vec![0.0; off.len()];
    let mut cumulative = Vec::with_capacity(horizon);
    for (ahead, mean) in mean.iter().enumerate() {
        total += mean;
        // The window that begins on a day grows by a day; those that would end after the last day go.
        windows.truncate(off.len().saturating_sub(ahead).max(off.len().min(WEEK)));
        for (start, window) in windows.iter_mut().enumerate() {
            *window += off.get(start + ahead).copied().unwrap_or(0.0);
        }
        cumulative.push(around(total, windows.clone()));
    }
    Forecast { mean, daily, cumulative }
}

/// Quantiles around a mean by how far off things were; none below zero.
fn around(mean: f64, mut off: Vec<f64>) -> Quantiles {
    off.sort_unstable_by(f64::total_cmp);
    let at = |level: f64| {
        let place = level * off.len().saturating_sub(1) as f64;
        let (low, share) = (place.floor() as usize, place.fract());
        let value = |place: usize| off.get(place.min(off.len().saturating_sub(1))).copied().unwrap_or(0.0);
        value(low) + share * (value(low + 1) - value(low))
    };
    LEVELS.map(|level| (mean + at(level)).max(0.0))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn foresees_the_week_and_how_far_off_it_is() {
        let known: Vec<f64> = (0..56).map(|day| if day % 7 == 5 { 20.0 } else { 10.0 }).collect();
        let forecast = foreseen(&known, 14);
        let near = |value: f64, expected: f64| (value - expected).abs() < 1e-9;
        assert!(near(forecast.mean[5], 20.0) && near(forecast.mean[6], 10.0));
        assert!(forecast.cumulative[6].iter().all(|value| near(*value, 80.0)));
        let noisy: Vec<f64> = known.iter().enumerate().map(|(day, value)| value + (day % 3) as f64).collect();
        let forecast = foreseen(&noisy, 14);
        assert!(forecast.daily.iter().chain(&forecast.cumulative).all(|one| one.is_sorted()));
        assert!(forecast.cumulative[0][10] > forecast.mean[0]);
        assert!(foreseen(&[], 3).mean.iter().all(|value| near(*value, 0.0)));
    }
}
