//! What an evaluation found, as a table and as JSON.

use std::fmt::Write as _;

use super::super::Quantiles;
use super::super::all::Outcome;
use super::super::score::{self, Scale};
use super::sums::{Level, LevelFigures, Reconciled};

/// How good one way of forecasting was.
#[derive(Debug, Clone, PartialEq, Default)]
pub struct Figures {
    /// Which.
    pub method: String,
    /// The mean over series and origins of the mean absolute scaled error; of the forecast's median where it has quantiles.
    pub mase: f64,
    /// The same of the forecast's mean.
    pub mase_of_mean: f64,
    /// The mean of the root mean squared scaled error of the forecast's mean.
    pub rmsse: f64,
    /// The mean of the scaled quantile loss; `None` without quantiles.
    pub pinball: Option<f64>,
    /// How much of the days lay in the 80 % interval, by [`score::covered_evenly`].
    pub coverage_80: Option<f64>,
    /// The same counted plainly, by [`score::covered`].
    pub coverage_80_plain: Option<f64>,
    /// How much of the sums up to each day lay in theirs.
    pub coverage_80_cumulative: Option<f64>,
    /// Milliseconds for each series and origin.
    pub ms_per_series: f64,
}

/// What an evaluation found.
#[derive(Debug, Clone, PartialEq, Default)]
pub struct Report {
    /// How many series were kept.
    pub series: usize,
    /// How many origins there were.
    pub origins: usize,
    /// What was chosen among all methods.
    pub best: Figures,
    /// What was chosen among those that look at one series alone.
    pub statistical: Figures,
    /// Each method by itself.
    pub methods: Vec<Figures>,
    /// Sums over products, and what agreeing with them does to these; of what was chosen (`best`).
    pub reconciled: Reconciled,
}

/// Sums over series and origins.
#[derive(Debug, Default)]
pub(super) struct Sums {
    mase: f64,
    mase_of_mean: f64,
    rmsse: f64,
    pinball: f64,
    covered: [f64; 3],
    days: f64,
    count: f64,
    with_quantiles: f64,
    spent: f64,
    fits: f64,
}

impl Sums {
    pub(super) fn add_points(&mut self, actual: &[f64], said: &[f64], scale: &Scale) {
        let mase = score::mase(actual, said, scale);
        self.mase += mase;
        self.mase_of_mean += mase;
        self.rmsse += score::rmsse(actual, said, scale);
        self.count += 1.0;
    }

    pub(super) fn add(&mut self, actual: &[f64], outcome: &Outcome, scale: &Scale) {
        let median: Vec<f64> = outcome.median().collect();
        let forecast = &outcome.forecast;
        self.mase += score::mase(actual, &median, scale);
        self.mase_of_mean += score::mase(actual, &forecast.mean, scale);
        self.rmsse += score::rmsse(actual, &forecast.mean, scale);
        self.pinball += score::pinball(actual, &forecast.daily, scale);
        self.add_coverage(actual, &forecast.daily, &forecast.cumulative);
        self.count += 1.0;
        self.with_quantiles += 1.0;
    }

    fn add_coverage(&mut self, actual: &[f64], daily: &[Quantiles], cumulative: &[Quantiles]) {
        let sums = score::running_sums(actual);
        self.covered[0] += score::covered_evenly(actual, daily);
        self.covered[1] += score::covered(actual, daily);
        self.covered[2] += score::covered_evenly(&sums, cumulative);
        self.days += actual.len() as f64;
    }

    pub(super) fn spend(&mut self, seconds: f64, fits: usize) {
        self.spent += seconds;
        self.fits += fits as f64;
    }

    pub(super) fn figures(&self, method: &str) -> Figures {
        let quantiles = self.with_quantiles > 0.0;
        let coverage = |at: usize| quantiles.then(|| self.covered[at] / self.days);
        Figures {
            method: method.to_owned(),
            mase: self.mase / self.count,
            mase_of_mean: self.mase_of_mean / self.count,
            rmsse: self.rmsse / self.count,
            pinball: quantiles.then(|| self.pinball / self.with_quantiles),
            coverage_80: coverage(0),
            coverage_80_plain: coverage(1),
            coverage_80_cumulative: coverage(2),
            ms_per_series: self.spent / self.fits.max(1.0) * 1e3,
        }
    }
}

impl Report {
    /// A table for people.
    pub fn table(&self) -> String {
        let mut table = format!(
            "{} series, {} origins\n\n| method | MASE | of the mean | RMSSE | pinball | in 80 % | counted plainly | of sums | ms a series |\n| --- | ---: | ---: | ---: | ---: | ---: | ---: | ---: | ---: |\n",
            self.series, self.origins
        );
        for figures in [&self.best, &self.statistical].into_iter().chain(&self.methods) {
            let part = |value: Option<f64>| {
                value.map_or_else(String::new, |value| format!("{:.1} %", value * 100.0))
            };
            let pinball = figures.pinball.map_or_else(String::new, |value| format!("{value:.4}"));
            // Writing to a string does not fail.
            let _ = writeln!(
                table,
                "| {} | {:.4} | {:.4} | {:.4} | {pinball} | {} | {} | {} | {:.3} |",
                figures.method,
                figures.mase,
                figures.mase_of_mean,
                figures.rmsse,
                part(figures.coverage_80),
                part(figures.coverage_80_plain),
                part(figures.coverage_80_cumulative),
                figures.ms_per_series
            );
        }
        self.reconciled.write(&mut table);
        table
    }

    /// One JSON object on one line.
    pub fn json(&self) -> String {
        let methods: Vec<String> =
            self.methods.iter().map(|figures| format!("\"{}\":{}", figures.method, figures.json())).collect();
        format!(
            "{{\"series\":{},\"origins\":{},\"best\":{},\"statistical\":{},\"methods\":{{{}}},\"reconciled\":{}}}",
            self.series,
            self.origins,
            self.best.json(),
            self.statistical.json(),
            methods.join(","),
            self.reconciled.json()
        )
    }
}

impl Figures {
    fn json(&self) -> String {
        let maybe = |value: Option<f64>| value.map_or_else(|| "null".to_owned(), number);
        format!(
            "{{\"method\":\"{}\",\"mase\":{},\"mase_of_mean\":{},\"rmsse\":{},\"pinball\":{},\"coverage_80\":{},\"coverage_80_plain\":{},\"coverage_80_cumulative\":{},\"ms_per_series\":{}}}",
            self.method,
            number(self.mase),
            number(self.mase_of_mean),
            number(self.rmsse),
            maybe(self.pinball),
            maybe(self.coverage_80),
            maybe(self.coverage_80_plain),
            maybe(self.coverage_80_cumulative),
            number(self.ms_per_series)
        )
    }
}

impl Reconciled {
    /// The levels with their names: categories where there are several.
    fn levels(&self) -> impl Iterator<Item = (&'static str, &Level)> {
        let categories = (self.categories_count > 1).then_some(("categories", &self.categories));
        [("products", &self.products)].into_iter().chain(categories).chain([("whole", &self.whole)])
    }

    fn write(&self, table: &mut String) {
        let of = if self.by_value { "value" } else { "quantities" };
        let _ = writeln!(
            table,
            "\nSums of {of}, of the mean: MASE, RMSSE\n\n| level | by itself | sum of products | agreed |\n| --- | ---: | ---: | ---: |"
        );
        for (name, level) in self.levels() {
            let both = |one: &LevelFigures| format!("{:.4}, {:.4}", one.mase, one.rmsse);
            let _ = writeln!(
                table,
                "| {name} | {} | {} | {} |",
                both(&level.own),
                both(&level.summed),
                both(&level.agreed)
            );
        }
    }

    fn json(&self) -> String {
        let way =
            |one: &LevelFigures| format!("{{\"mase\":{},\"rmsse\":{}}}", number(one.mase), number(one.rmsse));
        let levels: Vec<String> = self
            .levels()
            .map(|(name, level)| {
                let (own, summed, agreed) = (way(&level.own), way(&level.summed), way(&level.agreed));
                format!("\"{name}\":{{\"own\":{own},\"summed\":{summed},\"agreed\":{agreed}}}")
            })
            .collect();
        format!("{{\"by_value\":{},{}}}", self.by_value, levels.join(","))
    }
}

fn number(value: f64) -> String {
    if value.is_finite() { format!("{value:.5}") } else { "null".to_owned() }
}
