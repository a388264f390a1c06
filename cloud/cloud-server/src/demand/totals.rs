//! A whole store and each of its categories: forecast in value, by themselves and agreed with the forecasts of their products.
//!
//! Pieces and kilograms do not add up, so sums are of value: what is expected of a product on a day times what it costs that day. The
//! products are read page by page, and of each only its days to come are kept, so that a store of a hundred thousand fits.

use std::collections::BTreeMap;
use std::collections::btree_map::Entry;

use anyhow::Context as _;
use cloud_demand::forecast::all::{History, Holiday, Input, Outcome};
use cloud_demand::forecast::totals::{self, Agreed, Part};
use cloud_demand::forecast::{Forecast as Figures, LEVELS, Quantiles};
use cloud_store::{
    Forecast as Kept, ForecastRunId, NewForecastPart, NewForecastRun, NewForecastTotal, ProductFilter,
    ProductRange, Store, StoreInfo, TotalLevel, TotalsOf,
};
use domain::ids::ProductId;
use domain::money::Currency;
use domain::time::WallMs;

use super::days::number_of;
use super::learning::{self, SEASON};
use super::reasons;
use super::series::{self, Opening, Series, Window};
use super::shards::unpacked;
use crate::config::Forecast;
use crate::roles::now;

/// Days of the past that are shown beside the days to come, at most.
pub(crate) const SOLD_DAYS_MAX: usize = 400;
/// Whole numbers of one day: the mean, the day's quantiles, those of the sum up to it.
const FIGURES_A_DAY: usize = 1 + 2 * LEVELS.len();
/// What stands for a method where too little is known to forecast a sum by itself.
const SUM: &str = "sum";

/// Sums up a store after a run. Done twice it comes to the same; done late, after another run, what is newer stays.
pub(crate) async fn total(
    store: &Store,
    shop: &StoreInfo,
    run: &NewForecastRun,
    settings: &Forecast,
) -> anyhow::Result<()> {
    let window =
        Window { first_day: number_of(run.first_day), days: run.days, history_days: settings.history_days };
    let opening = Opening::new(&series::traded(store, shop, window).await?, window);
    let mut gathered = Gathered::new(window, shop.details.currency);
    let filter = ProductFilter { archived: Some(false), ..ProductFilter::default() };
    let mut after = None;
    loop {
        let page = store.products(&shop.org, &filter, after.as_ref(), settings.shard_series).await?;
        let (Some(first), Some(last)) = (page.first(), page.last()) else { break };
        let range = ProductRange { first: first.product.id.clone(), last: last.product.id.clone() };
        let kept = store.forecasts_between(&shop.org, &shop.id, &range).await?;
        if kept.iter().any(|one| one.first_day > run.first_day) {
            tracing::info!(store.id = %shop.id, "`{}` is forecast for a later day: that run sums it up", shop.id);
            return Ok(());
        }
        let kept: BTreeMap<ProductId, Kept> = kept
            .into_iter()
            .filter(|one| one.first_day == run.first_day)
            .map(|one| (one.forecast.product.clone(), one))
            .collect();
        for one in series::read(store, shop, &range, &opening, window).await? {
            if let Some(kept) = kept.get(&one.product).filter(|_| one.currency == shop.details.currency) {
                gathered.add(&one, kept)?;
            }
        }
        after = Some(last.product.id.clone());
    }
    let Some((forecast_at, run_id)) = gathered.newest else { return Ok(()) };
    let holidays = learning::holidays(store, &shop.org, window).await?;
    let options = learning::options(settings);
    let (made, days) = tokio::task::spawn_blocking(move || {
        let days = gathered.days;
        let input = gathered.input(&opening, &holidays);
        let own = totals::forecast(&input, &options).context("sums cannot be forecast")?;
        let (whole, categories) = own.split_first().context("a store is one sum at least")?;
        let agreed = totals::agree(whole, categories, &gathered.parts, days).context("sums cannot agree")?;
        anyhow::Ok((gathered.totals(&input, &own, &agreed), days))
    })
    .await??;
    let of = TotalsOf { run: run_id, first_day: run.first_day, days: u32::try_from(days)?, forecast_at };
    store.replace_forecast_totals(&shop.org, &shop.id, &of, (&made.totals, &made.parts), now()).await?;
    Ok(())
}

/// What a store's products come to.
struct Gathered {
    window: Window,
    /// How many days all their forecasts speak of.
    days: usize,
    /// The newest of their forecasts.
    newest: Option<(WallMs, ForecastRunId)>,
    /// Of the store.
    whole: Sum,
    /// Of each category in the order in which they came, empty for products that have none; see `places`.
    categories: Vec<(String, Sum)>,
    places: BTreeMap<String, usize>,
    parts: Vec<Part>,
    products: Vec<ProductId>,
    currency: Currency,
}

/// The days before the forecast, added up over products. The last of each list is the day before the first one that is forecast.
#[derive(Clone)]
struct Sum {
    /// What would have been sold with full shelves.
    demand: Vec<f64>,
    sold: Vec<f64>,
    /// How many of the days count: as many as its oldest product has.
    known: usize,
    products: u32,
}

impl Sum {
    fn new(window: Window) -> Self {
        let none = vec![0.0; window.history_days as usize];
        Self { demand: none.clone(), sold: none, known: 0, products: 0 }
    }

    fn add(&mut self, series: &Series) {
        let days = series.history.values.len();
        let known = self.demand.len().min(days);
        let (from, of) = (self.demand.len() - known, days - known);
        for day in 0..known {
            let price = series.prices.get(of + day).copied().unwrap_or_default().max(0.0);
            self.demand[from + day] += series.history.values[of + day] * price;
            self.sold[from + day] += series.sold[of + day] * price;
        }
        self.known = self.known.max(known);
        self.products += 1;
    }

    fn history(&self, id: usize, opening: &Opening, window: Window) -> History {
        let first_day = window.first_day - i64::try_from(self.known).unwrap_or_default();
        let open = first_day..window.first_day + i64::from(window.days);
        History {
            id,
            values: self.demand[self.demand.len() - self.known..].to_vec(),
            first_day,
            open: open.map(|day| opening.is_open(day, window.first_day)).collect(),
            ..History::default()
        }
    }
}

impl Gathered {
    fn new(window: Window, currency: Currency) -> Self {
        Self {
            window,
            days: window.days as usize,
            newest: None,
            whole: Sum::new(window),
            categories: Vec::new(),
            places: BTreeMap::new(),
            parts: Vec::new(),
            products: Vec::new(),
            currency,
        }
    }

    /// Adds a product with its forecast. One that is counted otherwise since is left out until it is forecast anew.
    fn add(&mut self, series: &Series, kept: &Kept) -> anyhow::Result<()> {
        if kept.forecast.unit != series.unit {
            return Ok(());
        }
        let figures = unpacked(&kept.forecast.figures)
            .with_context(|| format!("the figures of the forecast of `{}` are none", series.product))?;
        let category = series.category.clone().unwrap_or_default();
        let category = match self.places.entry(category) {
            Entry::Occupied(place) => *place.get(),
            Entry::Vacant(place) => {
                let at = self.categories.len();
                self.categories.push((place.key().clone(), Sum::new(self.window)));
                *place.insert(at)
            }
        };
        self.whole.add(series);
        self.categories[category].1.add(series);
        let past = series.history.values.len();
        let price = |day: usize| series.prices.get(past + day).copied().unwrap_or_default().max(0.0);
        let worth = |values: &[f64], power: i32| -> Vec<f64> {
            values.iter().enumerate().map(|(day, value)| value * price(day).powi(power)).collect()
        };
        let (mean, variance) = (worth(&figures.mean, 1), worth(&totals::variances(&figures), 2));
        self.days = self.days.min(mean.len());
        self.newest = self.newest.max(Some((kept.made_at, kept.run)));
        self.parts.push(Part { category, mean, variance });
        self.products.push(series.product.clone());
        Ok(())
    }

    fn input(&self, opening: &Opening, holidays: &[(i64, u16)]) -> Input {
        let sums = std::iter::once(&self.whole).chain(self.categories.iter().map(|(_, sum)| sum));
        let series = sums.enumerate().map(|(id, sum)| sum.history(id, opening, self.window));
        let holiday = |(day, kind): &(i64, u16)| Holiday { day: *day, kind: *kind };
        Input {
            series: series.collect(),
            holidays: holidays.iter().map(holiday).collect(),
            horizon: self.days,
            season: SEASON,
        }
    }
    /// What is kept of what was agreed: the store first.
    fn totals(&self, input: &Input, own: &[Outcome], agreed: &Agreed) -> Made {
        let amounts = self.whole_amounts(agreed);
        let whole = (TotalLevel::Store, "", &self.whole, &agreed.whole, &amounts.whole);
        let categories = self.categories.iter().zip(&agreed.categories).zip(&amounts.categories);
        let categories = categories
            .map(|(((name, sum), agreed), means)| (TotalLevel::Category, name.as_str(), sum, agreed, means));
        let sums = std::iter::once(whole).chain(categories).zip(&input.series).zip(own);
        let totals = sums.map(|(((level, name, sum, agreed, means), history), own)| {
            let measured = |value: f64| Some(value).filter(|value| value.is_finite());
            let is_own = totals::is_own(own);
            let shown = sum.known.min(SOLD_DAYS_MAX);
            let reasons = reasons::of_days(history, own);
            NewForecastTotal {
                level,
                category: name.to_owned(),
                currency: self.currency,
                products: sum.products,
                method: if is_own { own.choice.as_str() } else { SUM }.to_owned(),
                mase: measured(own.score.mase),
                mase_naive: measured(own.score.seasonal_naive_mase),
                history_days: u32::try_from(sum.known).unwrap_or(u32::MAX),
                figures: packed(agreed, means),
                own: if is_own { own.forecast.mean.iter().copied().map(minor).collect() } else { Vec::new() },
                sold: sum.sold[sum.sold.len() - shown..].iter().copied().map(minor).collect(),
                reasons: serde_json::to_string(&reasons).expect("they are numbers and text"),
            }
        });
        let parts = self
            .products
            .iter()
            .zip(amounts.parts)
            .map(|(product, amounts)| NewForecastPart { product: product.clone(), amounts });
        Made { totals: totals.collect(), parts: parts.collect() }
    }

    /// Means in whole minor units, of which a category's is the sum of its products' to the last one, and the store's that of its
    /// categories': what a product is rounded by, the next one of its category makes good.
    fn whole_amounts(&self, agreed: &Agreed) -> Amounts {
        let mut categories = vec![vec![0; self.days]; self.categories.len()];
        let mut exact = vec![vec![0.0; self.days]; self.categories.len()];
        let parts = self.parts.iter().zip(&agreed.parts).map(|(part, means)| {
            let (sums, exact) = (&mut categories[part.category], &mut exact[part.category]);
            let of_day = |(day, mean): (usize, &f64)| {
                exact[day] += mean;
                let amount = minor(exact[day]) - sums[day];
                sums[day] += amount;
                amount
            };
            means.iter().enumerate().map(of_day).collect()
        });
        let parts: Vec<Vec<i64>> = parts.collect();
        let whole = (0..self.days).map(|day| categories.iter().map(|category| category[day]).sum()).collect();
        Amounts { whole, categories, parts }
    }
}

/// What a store's totals become.
struct Made {
    totals: Vec<NewForecastTotal>,
    parts: Vec<NewForecastPart>,
}

/// Agreed means in whole minor units.
struct Amounts {
    whole: Vec<i64>,
    categories: Vec<Vec<i64>>,
    parts: Vec<Vec<i64>>,
}

/// In whole minor units: a forecast is no money that anybody owes, and nobody reads a tenth of a cent.
fn minor(value: f64) -> i64 {
    value.round() as i64
}

/// A total's figures as they are kept.
fn packed(forecast: &Figures, means: &[i64]) -> Vec<i64> {
    let days = means.iter().zip(&forecast.daily).zip(&forecast.cumulative);
    let quantiles = |quantiles: &Quantiles| quantiles.map(minor);
    let figures = days.flat_map(|((mean, daily), cumulative)| {
        [*mean].into_iter().chain(quantiles(daily)).chain(quantiles(cumulative))
    });
    figures.collect()
}

/// One day of a total.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct TotalDay {
    /// What is expected.
    pub(crate) mean: i64,
    /// Between these it lies on eight of ten days.
    pub(crate) low: i64,
    /// See `low`.
    pub(crate) high: i64,
    /// What is enough for all days up to this one in nine of ten cases.
    pub(crate) high_so_far: i64,
}

/// What was [kept](packed), day by day; `None` where it is nothing of the kind.
pub(crate) fn days_of(figures: &[i64]) -> Option<Vec<TotalDay>> {
    let (days, rest) = figures.as_chunks::<FIGURES_A_DAY>();
    let place = |wanted: f64| LEVELS.iter().position(|level| *level >= wanted);
    let (low, high) = (place(0.1)?, place(0.9)?);
    let of_day = |day: &[i64; FIGURES_A_DAY]| TotalDay {
        mean: day[0],
        low: day[1 + low],
        high: day[1 + high],
        high_so_far: day[1 + LEVELS.len() + high],
    };
    (rest.is_empty() && !days.is_empty()).then(|| days.iter().map(of_day).collect())
}

#[cfg(test)]
mod tests {
    use super::*;

    const WINDOW: Window = Window { first_day: 100, days: 2, history_days: 5 };

    #[test]
    fn rounded_products_sum_to_their_categories_to_the_last_unit() {
        let mut gathered = Gathered::new(WINDOW, Currency::new("EUR").unwrap());
        gathered.categories = vec![("a".to_owned(), Sum::new(WINDOW)), ("b".to_owned(), Sum::new(WINDOW))];
        let places = [0, 1, 0, 0, 1];
        gathered.parts =
            places.map(|category| Part { category, mean: Vec::new(), variance: Vec::new() }).to_vec();
        let agreed = Agreed { parts: vec![vec![0.4, 1.5]; 5], ..Agreed::default() };
        let amounts = gathered.whole_amounts(&agreed);
        assert_eq!(amounts.parts, [[0, 2], [0, 2], [1, 1], [0, 2], [1, 1]]);
        assert_eq!((amounts.categories, amounts.whole), (vec![vec![1, 5], vec![1, 3]], vec![2, 8]));
    }

    #[test]
    fn days_are_read_as_they_were_written() {
        let quantiles = |base: f64| -> Quantiles { std::array::from_fn(|level| base + level as f64) };
        let forecast = Figures {
            mean: vec![0.0; 2],
            daily: vec![quantiles(10.0), quantiles(30.0)],
            cumulative: vec![quantiles(10.0), quantiles(50.0)],
        };
        let days = days_of(&packed(&forecast, &[15, 35])).unwrap();
        assert_eq!(days[1], TotalDay { mean: 35, low: 32, high: 38, high_so_far: 58 });
        assert!(days_of(&[]).is_none() && days_of(&[1; 30]).is_none());
    }

    #[test]
    fn sums_begin_with_the_oldest_product_and_count_no_day_twice() {
        let series = |values: &[f64], price: f64| Series {
            product: ProductId::new("p").unwrap(),
            category: None,
            unit: cloud_core::ledger::StockUnit::Piece,
            history: History { values: values.to_vec(), ..History::default() },
            sold: values.iter().map(|value| value - 1.0).collect(),
            prices: vec![price; values.len() + 2],
            currency: Currency::new("EUR").unwrap(),
            shelves: Vec::new(),
        };
        let mut sum = Sum::new(WINDOW);
        sum.add(&series(&[1.0, 2.0], 10.0));
        sum.add(&series(&[9.0, 1.0, 1.0, 1.0, 1.0, 5.0], 2.0));
        sum.add(&series(&[], 3.0));
        let history = sum.history(0, &Opening::default(), WINDOW);
        assert_eq!((history.values, history.first_day), (vec![2.0, 2.0, 2.0, 12.0, 30.0], 95));
        assert_eq!((sum.sold, sum.products), (vec![0.0, 0.0, 0.0, 0.0, 18.0], 3));
        assert_eq!(history.open.len(), 7);
    }
}
