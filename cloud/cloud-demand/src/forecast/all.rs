//! Every series of an organisation at once: what goes in, what comes out, and the order in which it is made.
//!
//! [`train`] looks at all series and learns what is common to them; [`forecast_all`] forecasts as many of them as it is given, so
//! several processes can share the work: each gets the same [`Trained`] and its own slice of the series. The same input gives the
//! same bytes, whoever makes it and however it is sliced.

use thiserror::Error;

use super::alike::Examples;
use super::backtest::{Attempt, Methods};
use super::calibrate::{Pool, Tried};
use super::choose::{Aim, Choice, Method, Ranking};
use super::explain::{Reason, explain};
use super::global::Models;
use super::score;
use super::statistical::Statistical;
use super::trained::Trained;
use super::{Forecast, LEVELS};

/// What was demanded of one product in one store, and what is known of its days.
///
/// What is listed by day starts with [`History::first_day`]. `price`, `promotion` and `open` may be empty where nothing is known, and
/// may go on after the history as far as the future is known; the last price lasts, there is no promotion and the shop is open
/// on days that are not told.
#[derive(Debug, Clone, PartialEq, Default)]
pub struct History {
    /// The caller's number of it; comes back with the outcome.
    pub id: usize,
    /// The demand of each day, oldest first: zero where nothing was sold, corrected for empty shelves (see [`super::history`]). May be
    /// empty: a product that was never sold is forecast from those like it.
    pub values: Vec<f64>,
    /// The first of the days, counted from 1970-01-01. Where `values` is empty: the first day to forecast.
    pub first_day: i64,
    /// The price of each day in any unit, above zero.
    pub price: Vec<f64>,
    /// Whether the product was, or will be, promoted on each day.
    pub promotion: Vec<bool>,
    /// Whether the shop was, or will be, open on each day. A closed day is forecast as zero.
    pub open: Vec<bool>,
    /// A number for its category; products of one category resemble each other.
    pub category: u32,
    /// A number for its store.
    pub store: u32,
    /// What else says how products resemble each other, as an embedding of their names does: lists of one length that point the same way
    /// for products that are alike. Empty where nothing does.
    pub traits: Vec<f32>,
}

impl History {
    /// The day after the last one that is known, counted from 1970-01-01: the first that is forecast.
    pub fn end(&self) -> i64 {
        self.first_day + self.values.len() as i64
    }
}

/// A day on which people buy differently. The same holiday has the same kind every year.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Holiday {
    /// The day, counted from 1970-01-01.
    pub day: i64,
    /// Which holiday it is.
    pub kind: u16,
}

/// What is to be forecast.
#[derive(Debug, Clone, PartialEq)]
pub struct Input {
    /// The series. Most end on the same day; one that ends earlier is forecast from its own end on.
    pub series: Vec<History>,
    /// Holidays before and after the end of the series.
    pub holidays: Vec<Holiday>,
    /// How many days are forecast, 1 to [`HORIZON_MAX`].
    pub horizon: usize,
    /// After how many days the pattern repeats: 7 for shops. 1 means that there is none.
    pub season: usize,
}

/// The furthest that is forecast.
pub const HORIZON_MAX: usize = 90;

/// How it is forecast.
#[derive(Debug, Clone, PartialEq)]
pub struct Options {
    /// How many times the methods are tried on the past before one is chosen. Each is as long as the horizon.
    pub trials: usize,
    /// What the random choices of training start from.
    pub seed: u64,
    /// The most examples the common model learns from; beyond them some are left out, by chance.
    pub rows_max: usize,
    /// Leave the common model out.
    pub statistical_only: bool,
}

impl Default for Options {
    fn default() -> Self {
        Self { trials: 4, seed: 1, rows_max: 600_000, statistical_only: false }
    }
}

/// How good the chosen forecast was on the past, each trial knowing the days before it only.
#[derive(Debug, Clone, Copy, PartialEq, Default)]
pub struct Score {
    /// Mean absolute scaled error of the forecast's median (Hyndman and Koehler 2006); NaN where there was nothing to measure it on.
    pub mase: f64,
    /// The same of the last season again: what every forecast has to beat.
    pub seasonal_naive_mase: f64,
    /// How many days it was measured on.
    pub days: usize,
}

/// What moves a forecast beside its own past, by the common model: how much of the mean of the horizon is owed to it, as a factor (1.2: a
/// fifth more than otherwise).
#[derive(Debug, Clone, PartialEq)]
pub enum Cause {
    /// Holidays in the horizon or near it.
    Holiday {
        /// The factor.
        factor: f64,
    },
    /// A price other than the usual one.
    Price {
        /// The factor.
        factor: f64,
    },
    /// A promotion.
    Promotion {
        /// The factor.
        factor: f64,
    },
    /// The time of the year.
    Season {
        /// The factor.
        factor: f64,
    },
    /// Too little was sold of it so far: it is forecast as those are that resemble it.
    Alike {
        /// Their ids, the most alike first.
        ids: Vec<usize>,
    },
}

/// The forecast of one series.
#[derive(Debug, Clone, PartialEq, Default)]
pub struct Outcome {
    /// [`History::id`].
    pub id: usize,
    /// The first day of the forecast, counted from 1970-01-01.
    pub first_day: i64,
    /// What is expected, and how sure that is.
    pub forecast: Forecast,
    /// Which method it is by, or which ones with which weights.
    pub choice: Choice,
    /// How good that was on the past.
    pub score: Score,
    /// What moves it beside its own past, the largest first.
    pub causes: Vec<Cause>,
    /// What its own past says.
    pub reasons: Vec<Reason>,
}

impl Outcome {
    /// The middle of each day's quantiles.
    pub fn median(&self) -> impl Iterator<Item = f64> + '_ {
        let middle = LEVELS.len() / 2;
        self.forecast.daily.iter().map(move |quantiles| quantiles[middle])
    }
}

/// Why an input is not forecast at all.
#[derive(Debug, Clone, PartialEq, Error)]
pub enum BadInput {
    /// The horizon is out of range.
    #[error("a horizon of {0} days: forecast 1 to {HORIZON_MAX}")]
    Horizon(usize),
    /// The season is out of range.
    #[error("a season of {0} days: name 1 to 366, 7 for a week")]
    Season(usize),
    /// No trial was asked for.
    #[error("{0} trials on the past: name 1 to 26")]
    Trials(usize),
    /// A value is no demand.
    #[error("series {id} has {value} on its day {index}: demand is a number of at least zero")]
    Value {
        /// [`History::id`].
        id: usize,
        /// Which day of it, counted from zero.
        index: usize,
        /// What it has.
        value: f64,
    },
    /// A price is no price.
    #[error(
        "series {id} has the price {value} on its day {index}: leave prices out, or name what is above zero"
    )]
    Price {
        /// [`History::id`].
        id: usize,
        /// Which day of it, counted from zero.
        index: usize,
        /// What it has.
        value: f64,
    },
}

/// How many series say how good methods are and how far off forecasts are: more add nothing but time.
const SAMPLE_MAX: usize = 400;

/// Every how many series of so many are looked at for that.
pub(crate) fn sample(series: usize) -> usize {
    series.div_ceil(SAMPLE_MAX).max(1)
}

/// Learns what is common to all series: the global model, how good methods are for which kind of series, and how far off forecasts are.
///
/// # Errors
/// [`BadInput`] where a number is none, or a setting is out of range.
pub fn train(input: &Input, options: &Options) -> Result<Trained, BadInput> {
    check(input, options)?;
    let models = if options.statistical_only { None } else { Models::learn(input, options) };
    let methods = Methods::new(input, models.as_ref());
    let sampled = input.series.iter().step_by(sample(input.series.len()));
    let past: Vec<Vec<Attempt>> = sampled.map(|series| past_attempts(&methods, series, options)).collect();
    Ok(Trained::learn(models, &past, 1, &input.series))
}

impl Trained {
    /// Learns from what was said of every `step`-th of some series.
    pub(crate) fn learn(
        models: Option<Models>,
        past: &[Vec<Attempt>],
        step: usize,
        series: &[History],
    ) -> Self {
        let past = || past.iter().step_by(step);
        let ranking = Ranking::learn(past().flatten());
        let tried: Vec<Vec<Tried>> = past().map(|past| try_each(&ranking, past)).collect();
        Self { models, ranking, pool: Pool::learn(&tried), examples: Examples::learn(series) }
    }
}

/// Forecasts every series of the input, in its order, by what [`train`] learnt from them and others.
///
/// # Errors
/// [`BadInput`] where a number is none, or a setting is out of range.
pub fn forecast_all(input: &Input, trained: &Trained, options: &Options) -> Result<Vec<Outcome>, BadInput> {
    check(input, options)?;
    let methods = Methods::new(input, trained.models.as_ref());
    let forecast = |series: &History| {
        let now = methods.attempt(series, 0);
        let past = past_attempts(&methods, series, options);
        let mut outcome = outcome(trained, input, series, now.as_ref(), &past);
        if let (Some(seer), Some(_)) = (&methods.seer, &now) {
            outcome.causes = seer.causes(series, input.horizon);
        }
        outcome
    };
    Ok(input.series.iter().map(forecast).collect())
}

/// What methods would have said at each of the trials, the latest first.
pub(crate) fn past_attempts(methods: &Methods<'_>, series: &History, options: &Options) -> Vec<Attempt> {
    (1..=options.trials).map_while(|cut| methods.attempt(series, cut)).collect()
}

/// The forecast of one series by what methods say `now` and said in the `past`; by those like it where they cannot say anything.
pub(crate) fn outcome(
    trained: &Trained,
    input: &Input,
    series: &History,
    now: Option<&Attempt>,
    past: &[Attempt],
) -> Outcome {
    let Some(now) = now else {
        let (forecast, ids) = trained.examples.forecast(series, input.horizon);
        return Outcome {
            id: series.id,
            first_day: series.end(),
            forecast,
            choice: Choice::default(),
            score: Score { mase: f64::NAN, seasonal_naive_mase: f64::NAN, days: 0 },
            causes: vec![Cause::Alike { ids }],
            reasons: explain(&series.values, input.season),
        };
    };
    let all: Vec<&Attempt> = past.iter().collect();
    let tried = try_each(&trained.ranking, past);
    Outcome {
        id: series.id,
        first_day: series.end(),
        forecast: trained.pool.calibrate(&mixed(&trained.ranking, now, &all), &tried),
        choice: trained.ranking.choose(Aim::Median, now, &all),
        score: score_of(past, &tried),
        causes: Vec::new(),
        reasons: explain(&series.values, input.season),
    }
}

/// What would have been chosen at each attempt by the others: its own outcome has no say in what is chosen for it.
fn try_each(ranking: &Ranking, past: &[Attempt]) -> Vec<Tried> {
    past.iter()
        .enumerate()
        .map(|(left_out, attempt)| {
            let others = past.iter().enumerate().filter(|(at, _)| *at != left_out);
            let others: Vec<&Attempt> = others.map(|(_, other)| other).collect();
            mixed(ranking, attempt, &others)
        })
        .collect()
}

fn mixed(ranking: &Ranking, attempt: &Attempt, past: &[&Attempt]) -> Tried {
    Tried {
        median: ranking.choose(Aim::Median, attempt, past).say(attempt),
        mean: ranking.choose(Aim::Mean, attempt, past).say(attempt),
        actual: attempt.actual.clone(),
        open: attempt.open.clone(),
        level: attempt.level,
        least: attempt.least,
        zero_share: attempt.zero_share,
    }
}

/// How good what was tried turned out to be, beside the last season again.
fn score_of(past: &[Attempt], tried: &[Tried]) -> Score {
    let (mut chosen, mut naive, mut count, mut days) = (0.0, 0.0, 0.0, 0);
    for (attempt, tried) in past.iter().zip(tried) {
        let said = attempt.by(Method::Statistical(Statistical::SeasonalNaive));
        let Some((scale, said)) = attempt.scale.as_ref().zip(said) else { continue };
        chosen += score::mase(&tried.actual, &tried.median, scale);
        naive += score::mase(&tried.actual, said, scale);
        count += 1.0;
        days += tried.actual.len();
    }
    // Without a trial both are 0 / 0: not a number, as is said of them.
    Score { mase: chosen / count, seasonal_naive_mase: naive / count, days }
}

pub(crate) fn check(input: &Input, options: &Options) -> Result<(), BadInput> {
    if !(1..=HORIZON_MAX).contains(&input.horizon) {
        return Err(BadInput::Horizon(input.horizon));
    }
    if !(1..=366).contains(&input.season) {
        return Err(BadInput::Season(input.season));
    }
    if !(1..=26).contains(&options.trials) {
        return Err(BadInput::Trials(options.trials));
    }
    for series in &input.series {
        let bad = |value: &f64| !value.is_finite() || *value < 0.0;
        if let Some(index) = series.values.iter().position(bad) {
            return Err(BadInput::Value { id: series.id, index, value: series.values[index] });
        }
        let bad = |price: &f64| !price.is_finite() || *price <= 0.0;
        if let Some(index) = series.price.iter().position(bad) {
            return Err(BadInput::Price { id: series.id, index, value: series.price[index] });
        }
    }
    Ok(())
}
