//! Which methods forecast a series: those that were best on its past, weighed by how good they were.
//!
//! A series' own past is short, so it is read together with how good the methods were for series like it: the fewer trials, the more the others
//! count. Means of several good forecasts beat the best single one (Bates and Granger 1969; Makridakis et al. 2020).

use super::backtest::Attempt;
use super::bytes::{Reader, Writer};
use super::score;
use super::statistical::Statistical;
use super::trained::BadModel;

/// A way to forecast a series.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Method {
    /// From the series alone.
    Statistical(Statistical),
    /// By the common model's mean.
    Global,
    /// By the common model's median.
    GlobalMedian,
}

impl Method {
    /// Its name in reports and in the store.
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Statistical(one) => one.as_str(),
            Self::Global => "global",
            Self::GlobalMedian => "global_median",
        }
    }

    /// The method of that name; `None` for any other.
    pub fn from_word(word: &str) -> Option<Self> {
        match word {
            "global" => Some(Self::Global),
            "global_median" => Some(Self::GlobalMedian),
            _ => Statistical::from_word(word).map(Self::Statistical),
        }
    }
}

/// What forecasts a series: methods with their weights, which sum to 1, the heaviest first.
#[derive(Debug, Clone, PartialEq, Default)]
pub struct Choice {
    /// The methods.
    pub parts: Vec<(Method, f64)>,
}

impl Choice {
    /// Its name in reports and in the store: the method's where it is one, `mix` of several, `alike` where others stand for it.
    pub fn as_str(&self) -> &'static str {
        match self.parts.as_slice() {
            [] => "alike",
            [(method, _)] => method.as_str(),
            _ => "mix",
        }
    }

    /// What the methods said together.
    pub(crate) fn say(&self, attempt: &Attempt) -> Vec<f64> {
        let days = attempt.said.iter().map(|(_, said)| said.len()).max().unwrap_or(0);
        let mut mixed = vec![0.0; days];
        let mut total = 0.0;
        for (method, weight) in &self.parts {
            let Some(said) = attempt.by(*method) else { continue };
            total += weight;
            mixed.iter_mut().zip(said).for_each(|(sum, day)| *sum += weight * day);
        }
        // A method may have known too little at an earlier time: the others stand for it.
        if total > 0.0 {
            mixed.iter_mut().for_each(|day| *day /= total);
        }
        mixed
    }
}

/// What errors are to be small.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Aim {
    /// Absolute ones: the forecast is a median.
    Median,
    /// Squared ones: the forecast is a mean.
    Mean,
}

impl Aim {
    pub(crate) const ALL: [Self; 2] = [Self::Median, Self::Mean];

    /// How many methods are mixed, and to which power of their errors they are weighed. Medians of many methods are better than of few; a mean is
    /// pulled away by a method that is far off.
    fn mixing(self) -> (usize, f64) {
        match self {
            Self::Median => (6, -2.0),
            Self::Mean => (4, -4.0),
        }
    }

    fn error(self, actual: &[f64], said: &[f64]) -> f64 {
        match self {
            Self::Median => score::mean_absolute(actual, said),
            Self::Mean => score::mean_squared(actual, said).sqrt(),
        }
    }
}

/// How many kinds of series there are: by how often nothing is sold.
pub(crate) const KINDS: usize = 4;

/// Which kind a series is of.
pub(crate) fn kind(zero_share: f64) -> usize {
    [0.1, 0.5, 0.9].iter().filter(|bound| zero_share > **bound).count()
}

/// How good methods were for each kind of series: their mean error, in parts of the mean error of all methods on the same days.
#[derive(Debug, Clone, PartialEq, Default)]
pub(crate) struct Ranking {
    /// By aim, kind of series and method: the sum of relative errors, and of how many attempts.
    pub(crate) entries: Vec<(Aim, usize, Method, f64, f64)>,
}

/// How many attempts of its own a series needs to count as much as all others of its kind.
const OWN_ATTEMPTS: f64 = 6.0;

/// How many times the error of the best method another one may have to be mixed with it.
const WORSE_MAX: f64 = 3.0;

impl Ranking {
    /// Learns from attempts whose outcome is known.
    pub(crate) fn learn<'a>(attempts: impl Iterator<Item = &'a Attempt>) -> Self {
        let mut ranking = Self::default();
        for attempt in attempts {
            for aim in Aim::ALL {
                for (method, error) in relative_errors(aim, attempt) {
                    let kind = kind(attempt.zero_share);
                    let same = |entry: &&mut (Aim, usize, Method, f64, f64)| {
                        entry.0 == aim && entry.1 == kind && entry.2 == method
                    };
                    match ranking.entries.iter_mut().find(same) {
                        Some(entry) => {
                            entry.3 += error;
                            entry.4 += 1.0;
                        }
                        None => ranking.entries.push((aim, kind, method, error, 1.0)),
                    }
                }
            }
        }
        ranking
    }

    pub(crate) fn write(&self, writer: &mut Writer) {
        writer.count(self.entries.len());
        for (aim, kind, method, sum, count) in &self.entries {
            writer.u8(u8::from(*aim == Aim::Mean));
            writer.u8(*kind as u8);
            writer.word(method.as_str());
            writer.f64(*sum);
            writer.f64(*count);
        }
    }

    pub(crate) fn read(reader: &mut Reader<'_>) -> Result<Self, BadModel> {
        let mut entries = Vec::new();
        for _ in 0..reader.count(22)? {
            let aim = if reader.u8()? == 0 { Aim::Median } else { Aim::Mean };
            let kind = usize::from(reader.u8()?);
            let method = Method::from_word(reader.word()?).ok_or_else(|| reader.bad())?;
            entries.push((aim, kind, method, reader.f64()?, reader.f64()?));
        }
        Ok(Self { entries })
    }

    fn prior(&self, aim: Aim, kind: usize, method: Method) -> f64 {
        let found = self.entries.iter().find(|entry| (entry.0, entry.1, entry.2) == (aim, kind, method));
        // Two attempts' worth of doubt, so that a few lucky ones do not decide.
        found.map_or(1.0, |entry| (entry.3 + 2.0) / (entry.4 + 2.0))
    }

    /// Chooses for a series by its attempts whose outcome is known; `now` says which methods there are.
    pub(crate) fn choose(&self, aim: Aim, now: &Attempt, past: &[&Attempt]) -> Choice {
        let kind = kind(now.zero_share);
        let own: Vec<Vec<(Method, f64)>> = past.iter().map(|attempt| relative_errors(aim, attempt)).collect();
        let mut rated: Vec<(Method, f64)> = now
            .said
            .iter()
            .map(|(method, _)| {
                let mut sum = OWN_ATTEMPTS * self.prior(aim, kind, *method);
                let mut count = OWN_ATTEMPTS;
                for errors in &own {
                    if let Some((_, error)) = errors.iter().find(|(other, _)| other == method) {
                        sum += error;
                        count += 1.0;
                    }
                }
                (*method, sum / count)
            })
            .collect();
        rated.sort_by(|one, other| one.1.total_cmp(&other.1).then(one.0.cmp(&other.0)));
        let (most, power) = aim.mixing();
        rated.truncate(most);
        // A method that is far worse than the best one adds its errors and nothing else.
        let bound = rated.first().map_or(0.0, |(_, best)| best * WORSE_MAX);
        rated.retain(|(_, error)| *error <= bound);
        let weights: Vec<f64> = rated.iter().map(|(_, error)| error.max(1e-6).powf(power)).collect();
        let total: f64 = weights.iter().sum();
        let parts =
            rated.iter().zip(&weights).map(|((method, _), weight)| (*method, weight / total)).collect();
        Choice { parts }
    }
}

/// Each method's error in parts of the mean error of all; nothing where no method was off.
fn relative_errors(aim: Aim, attempt: &Attempt) -> Vec<(Method, f64)> {
    if attempt.actual.is_empty() {
        return Vec::new();
    }
    let errors: Vec<(Method, f64)> =
        attempt.said.iter().map(|(method, said)| (*method, aim.error(&attempt.actual, said))).collect();
    let mean = errors.iter().map(|(_, error)| error).sum::<f64>() / errors.len().max(1) as f64;
    if mean <= 0.0 {
        return Vec::new();
    }
    errors.into_iter().map(|(method, error)| (method, error / mean)).collect()
}
