//! What methods would have said at earlier times, knowing only the days before: rolling origins with refit (Tashman 2000).

use std::cell::RefCell;
use std::collections::BTreeMap;

use super::all::{History, Input};
use super::choose::Method;
use super::global::{Models, Seer, Which};
use super::score::{self, Scale};
use super::statistical::Statistical;

/// The fewest days from which a series is forecast by itself.
pub(crate) const KNOWN_MIN: usize = 28;

/// One series at one time: what methods said, and what came true.
#[derive(Debug, Clone, PartialEq)]
pub(crate) struct Attempt {
    /// How many days were known.
    pub(crate) known: usize,
    /// What came true; empty at the end of the series.
    pub(crate) actual: Vec<f64>,
    /// Whether the shop was, or will be, open on each day of the horizon.
    pub(crate) open: Vec<bool>,
    /// What errors are measured in.
    pub(crate) scale: Option<Scale>,
    /// How much was sold a day lately, and how much over all known days.
    pub(crate) level: f64,
    /// The least that was sold on a day on which anything was: demand is that or nothing.
    pub(crate) least: f64,
    /// On which share of the known days of the last weeks nothing was sold.
    pub(crate) zero_share: f64,
    /// By method, in the order of [`Methods::list`]: what it said of each day; methods that know too little are left out.
    pub(crate) said: Vec<(Method, Vec<f64>)>,
}

impl Attempt {
    /// What one method said.
    pub(crate) fn by(&self, method: Method) -> Option<&[f64]> {
        self.said.iter().find(|(other, _)| *other == method).map(|(_, said)| said.as_slice())
    }
}

/// Who is asked.
pub(crate) struct Methods<'a> {
    pub(crate) input: &'a Input,
    /// The common model; `None` where only statistical methods are wanted.
    pub(crate) seer: Option<Seer<'a>>,
    /// Who measures how long they take, where anyone does.
    pub(crate) watch: Option<Watch<'a>>,
}

/// How long methods take.
pub(crate) struct Watch<'a> {
    seconds: &'a dyn Fn() -> f64,
    pub(crate) spent: RefCell<BTreeMap<Method, f64>>,
}

impl<'a> Watch<'a> {
    /// Measures by `seconds`, which tells how much time went by.
    pub(crate) fn new(seconds: &'a dyn Fn() -> f64) -> Self {
        Self { seconds, spent: RefCell::default() }
    }
}

impl<'a> Methods<'a> {
    pub(crate) fn new(input: &'a Input, models: Option<&'a Models>) -> Self {
        Self { input, seer: models.map(|models| models.seer(input)), watch: None }
    }

    fn timed<T>(&self, method: Method, work: impl FnOnce() -> T) -> T {
        let Some(watch) = &self.watch else { return work() };
        let start = (watch.seconds)();
        let done = work();
        *watch.spent.borrow_mut().entry(method).or_default() += (watch.seconds)() - start;
        done
    }

    /// Asks all methods about the days after all but the last `cut` horizons of a series. `None` where too little is known by then.
    pub(crate) fn attempt(&self, series: &History, cut: usize) -> Option<Attempt> {
        let Input { horizon, season, .. } = *self.input;
        let known = series.values.len().checked_sub(cut * horizon).filter(|known| *known >= KNOWN_MIN)?;
        let (values, after) = series.values.split_at(known);
        if values.iter().all(|value| *value <= 0.0) {
            return None;
        }
        let is_open = |day: usize| series.open.get(day).copied().unwrap_or(true);
        let fitted = self.fitted(series, known);
        let mut said: Vec<(Method, Vec<f64>)> = Statistical::ALL
            .iter()
            .filter_map(|method| {
                let named = Method::Statistical(*method);
                let points = self.timed(named, || method.forecast(&fitted, season, horizon));
                Some((named, points.ok()?.ahead))
            })
            .collect();
        if let Some(seer) = &self.seer {
            let which = if cut == 0 { Which::Now } else { Which::Before };
            let both = || seer.foresee(series, known, horizon, which);
            let (mean, median) = self.timed(Method::Global, both);
            said.extend([(Method::Global, mean), (Method::GlobalMedian, median)]);
        }
        for (_, days) in &mut said {
            for (step, day) in days.iter_mut().enumerate() {
                let wanted = is_open(known + step) && day.is_finite();
                *day = if wanted { day.max(0.0) } else { 0.0 };
            }
        }
        let recent = &values[known.saturating_sub(56)..];
        let mean = |values: &[f64]| values.iter().sum::<f64>() / values.len().max(1) as f64;
        Some(Attempt {
            known,
            actual: after.iter().take(horizon).copied().collect(),
            open: (known..known + horizon).map(is_open).collect(),
            scale: score::scale(values, season),
            level: 0.9 * mean(recent) + 0.1 * mean(values),
            least: least(values),
            zero_share: recent.iter().filter(|value| **value <= 0.0).count() as f64
                / recent.len().max(1) as f64,
            said,
        })
    }

    /// The known days with closed ones as the same weekday was before: a closed day says nothing about demand.
    fn fitted(&self, series: &History, known: usize) -> Vec<f64> {
        let mut values = series.values[..known].to_vec();
        for day in 0..known.min(series.open.len()) {
            if !series.open[day] && day >= self.input.season {
                values[day] = values[day - self.input.season];
            }
        }
        values
    }
}

/// The least positive value of the last year.
fn least(values: &[f64]) -> f64 {
    let year = &values[values.len().saturating_sub(364)..];
    let positive = year.iter().copied().filter(|value| *value > 0.0);
    let least = positive.fold(f64::INFINITY, f64::min);
    if least.is_finite() { least } else { 0.0 }
}
