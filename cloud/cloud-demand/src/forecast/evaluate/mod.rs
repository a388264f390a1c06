//! How good forecasts are on sales that are known: rolling origins, each forecast as it would have been made on that day.
//!
//! `docs/reference/forecast.md` says exactly what is measured.

mod figures;
mod sums;
pub mod table;

use std::collections::{BTreeMap, BTreeSet};

use thiserror::Error;

use self::figures::Sums;
pub use self::figures::{Figures, Report};
use self::sums::{Known, Levels};
pub use self::sums::{Level, LevelFigures, Reconciled};
use self::table::Series;
use super::all::{self, BadInput, History, Holiday, Input, Options, Outcome};
use super::backtest::{Attempt, Methods};
use super::choose::Method;
use super::global::Models;
use super::score::{self, Scale};
use super::trained::Trained;

/// What is evaluated.
#[derive(Debug, Clone, PartialEq)]
pub struct Plan {
    /// How many days are forecast each time.
    pub horizon: usize,
    /// How many times: the last of them ends with the file, each is a horizon before the next.
    pub origins: usize,
    /// After how many days the pattern repeats.
    pub season: usize,
    /// Shorter series are left out.
    pub min_length: usize,
    /// Series with sales on fewer days are left out.
    pub min_selling_days: usize,
    /// How many days are cut off the end of all series first: settings are chosen on those before them.
    pub leave_out: usize,
    /// Leave the common model out.
    pub statistical_only: bool,
    /// Holidays that are known.
    pub holidays: Vec<Holiday>,
}

/// Why nothing is evaluated.
#[derive(Debug, Clone, PartialEq, Error)]
pub enum NotEvaluated {
    /// No series is long enough.
    #[error(
        "none of {found} series has {length} days and {selling} days with sales: give `--min-length` and `--min-selling-days` lower numbers, or fewer origins"
    )]
    NoSeries {
        /// How many there are.
        found: usize,
        /// How many days they need.
        length: usize,
        /// How many selling days they need.
        selling: usize,
    },
    /// A setting is out of range, or a number is none.
    #[error(transparent)]
    Bad(#[from] BadInput),
}

impl Plan {
    /// How long a series has to be: what is forecast, and enough before it to forecast from.
    pub fn length_needed(&self) -> usize {
        let tried = self.horizon * self.origins;
        self.min_length.max(tried + usize::max(super::backtest::KNOWN_MIN, 2 * self.season))
    }
}

/// Evaluates every method and what is chosen of them. `seconds` tells how much time went by; `tell` hears how far it is.
///
/// # Errors
/// [`NotEvaluated`] where no series is left, or a setting is out of range.
pub fn evaluate(
    table: &[Series],
    plan: &Plan,
    seconds: &dyn Fn() -> f64,
    tell: &mut dyn FnMut(String),
) -> Result<Report, NotEvaluated> {
    let kept = keep(table, plan)?;
    let options = Options { statistical_only: plan.statistical_only, ..Options::default() };
    let mut report = Report { series: kept.len(), origins: plan.origins, ..Report::default() };
    let (mut best, mut statistical) = (Sums::default(), Sums::default());
    let mut methods: BTreeMap<Method, Sums> = BTreeMap::new();
    let (mut levels, by_value) = (Levels::default(), kept.iter().all(|series| !series.price.is_empty()));
    for origin in (1..=plan.origins).rev() {
        let left = origin * plan.horizon;
        let cut = |series: &History| {
            let known = series.values.len() - left;
            let price = series.price.iter().take(known).copied().collect();
            History { values: series.values[..known].to_vec(), price, ..series.clone() }
        };
        let input = Input {
            series: kept.iter().map(cut).collect(),
            holidays: plan.holidays.clone(),
            horizon: plan.horizon,
            season: plan.season,
        };
        all::check(&input, &options)?;
        let actual = |at: usize| {
            let known = input.series[at].values.len();
            &kept[at].values[known..known + plan.horizon]
        };
        let round = Round { input: &input, options: &options, seconds };
        let asked = round.ask();
        for (said, at) in asked.now.iter().zip(0..) {
            let Some((said, scale)) = said.as_ref().and_then(|said| Some((said, said.scale?))) else {
                continue;
            };
            for (method, days) in &said.said {
                methods.entry(*method).or_default().add_points(actual(at), days, &scale);
            }
        }
        for (method, spent) in &asked.spent {
            methods.entry(*method).or_default().spend(*spent, asked.fits);
        }
        let mut outcomes = round.choose(&asked, true, &mut statistical, &actual);
        if !plan.statistical_only {
            outcomes = round.choose(&asked, false, &mut best, &actual);
        }
        let known = Known { input: &input, options: &options, whole: &kept, by_value };
        levels.add(&known, &outcomes)?;
        tell(format!(
            "origin {} of {}: {} series forecast",
            plan.origins + 1 - origin,
            plan.origins,
            kept.len()
        ));
    }
    report.reconciled = levels.figures(by_value, sums::categories(&kept));
    report.statistical = statistical.figures("chosen among statistical methods");
    report.best = if plan.statistical_only {
        report.statistical.clone()
    } else {
        best.figures("chosen among all methods")
    };
    report.methods = methods.into_iter().map(|(method, sums)| sums.figures(method.as_str())).collect();
    Ok(report)
}

/// The series that the plan keeps.
fn keep(table: &[Series], plan: &Plan) -> Result<Vec<History>, NotEvaluated> {
    let length = plan.length_needed();
    let kept = table.iter().enumerate().filter_map(|(id, series)| {
        let days = series.values.len().checked_sub(plan.leave_out)?;
        let values = series.values[..days].to_vec();
        let selling = series.values.iter().filter(|value| **value > 0.0).count();
        let price = series.prices.iter().take(days).copied().collect();
        (series.values.len() >= length && days >= plan.length_least() && selling >= plan.min_selling_days)
            .then(|| History { id, values, first_day: series.first_day, price, ..History::default() })
    });
    let mut kept: Vec<History> = kept.collect();
    if kept.is_empty() {
        let selling = plan.min_selling_days;
        return Err(NotEvaluated::NoSeries { found: table.len(), length, selling });
    }
    // Categories are numbered in order of name, those of which a series is kept.
    let category = |id: usize| table[id].category.as_str();
    let names: BTreeSet<&str> = kept.iter().map(|series| category(series.id)).collect();
    let numbers: BTreeMap<&str, u32> = names.into_iter().zip(0..).collect();
    kept.iter_mut().for_each(|series| series.category = numbers[category(series.id)]);
    Ok(kept)
}

impl Plan {
    fn length_least(&self) -> usize {
        Self { min_length: 0, ..self.clone() }.length_needed()
    }
}

/// One origin.
struct Round<'a> {
    input: &'a Input,
    options: &'a Options,
    seconds: &'a dyn Fn() -> f64,
}

/// What all methods said at an origin and before.
struct Asked {
    models: Option<Models>,
    now: Vec<Option<Attempt>>,
    past: Vec<Vec<Attempt>>,
    /// How long training took.
    training: f64,
    /// How long each method took, and how many times it was fitted to a series.
    spent: BTreeMap<Method, f64>,
    fits: usize,
}

impl Round<'_> {
    fn ask(&self) -> Asked {
        let start = (self.seconds)();
        let wanted = !self.options.statistical_only;
        let models = wanted.then(|| Models::learn(self.input, self.options)).flatten();
        let training = (self.seconds)() - start;
        let methods = Methods {
            input: self.input,
            seer: models.as_ref().map(|models| models.seer(self.input)),
            watch: Some(super::backtest::Watch::new(self.seconds)),
        };
        let series = &self.input.series;
        let now: Vec<Option<Attempt>> = series.iter().map(|series| methods.attempt(series, 0)).collect();
        let past: Vec<Vec<Attempt>> =
            series.iter().map(|series| all::past_attempts(&methods, series, self.options)).collect();
        let fits = now.iter().flatten().count() + past.iter().map(Vec::len).sum::<usize>();
        let spent = methods.watch.map(|watch| watch.spent.into_inner()).unwrap_or_default();
        Asked { models, now, past, training, spent, fits }
    }

    /// Chooses for each series as [`all::forecast_all`] does, and adds up how good that is.
    fn choose<'b>(
        &self,
        asked: &Asked,
        statistical: bool,
        sums: &mut Sums,
        actual: &dyn Fn(usize) -> &'b [f64],
    ) -> Vec<Outcome> {
        let start = (self.seconds)();
        let only = |attempt: &Attempt| {
            let mut attempt = attempt.clone();
            attempt.said.retain(|(method, _)| !statistical || matches!(method, Method::Statistical(_)));
            attempt
        };
        let past: Vec<Vec<Attempt>> = asked.past.iter().map(|past| past.iter().map(only).collect()).collect();
        let sampled = all::sample(self.input.series.len());
        let trained = Trained::learn(None, &past, sampled, &self.input.series);
        let mut outcomes = Vec::with_capacity(self.input.series.len());
        for (at, series) in self.input.series.iter().enumerate() {
            let now = asked.now[at].as_ref().map(only);
            let outcome = all::outcome(&trained, self.input, series, now.as_ref(), &past[at]);
            let scale: Option<Scale> = score::scale(&series.values, self.input.season);
            if let Some(scale) = scale {
                sums.add(actual(at), &outcome, &scale);
            }
            outcomes.push(outcome);
        }
        let own = |method: &Method| !statistical || matches!(method, Method::Statistical(_));
        let fitting: f64 = asked.spent.iter().filter(|(method, _)| own(method)).map(|(_, spent)| spent).sum();
        let training = if statistical || asked.models.is_none() { 0.0 } else { asked.training };
        sums.spend((self.seconds)() - start + fitting + training, self.input.series.len());
        outcomes
    }
}
