//! Methods that look at one series alone.

mod aggregated;
mod averages;
mod ces;
pub(super) mod decompose;
mod descend;
mod ets;
mod intermittent;
mod mstl;
mod roots;
mod seasonal_naive;
mod smooth;
pub(super) mod stl;
mod theta;

use thiserror::Error;

use super::Points;

/// A method that forecasts a series from that series alone.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Statistical {
    /// Each day is as the same day of the last season was.
    SeasonalNaive,
    /// Each day is as the mean of all days was.
    HistoricAverage,
    /// Each day is as the mean of the last four seasons was.
    WindowAverage,
    /// Each day is as the mean of the same day of the last four seasons was.
    SeasonalAverage,
    /// Each day is as the middle one of the last two seasons was.
    WindowMedian,
    /// Each day is as the middle one of the same days of the last four seasons was.
    SeasonalMedian,
    /// Exponential smoothing: level, trend and season follow what comes, in the form that suits the series.
    Ets,
    /// A smoothed level and a straight line, each with its share.
    Theta,
    /// Complex exponential smoothing: level and potential follow what comes together.
    Ces,
    /// The season by local regression, the rest by exponential smoothing.
    Mstl,
    /// Exponential smoothing of the days' square roots: about the median of a day, where demand is now and then much higher.
    EtsOfRoots,
    /// Theta of the days' square roots.
    ThetaOfRoots,
    /// Complex exponential smoothing of the days' square roots.
    CesOfRoots,
    /// Local regression and smoothing of the days' square roots.
    MstlOfRoots,
    /// Croston's method for demand that comes now and then: sizes and gaps are smoothed apart.
    Croston,
    /// The same, smoothed as would have served best.
    CrostonOptimised,
    /// The same with Syntetos and Boylan's correction.
    CrostonSba,
    /// Teunter, Syntetos and Babai's method, which forgets what is no longer asked for.
    Tsb,
    /// Sums over the mean gap between orders are smoothed.
    Adida,
    /// The mean of such sums over one day, two, and so on.
    Imapa,
}

/// Why a method gives no forecast of a series.
#[derive(Debug, Clone, PartialEq, Eq, Error)]
pub enum Unfit {
    /// It has too few days.
    #[error(
        "the series has {days} days and {method} needs {needed}: forecast it by a method that needs fewer"
    )]
    TooShort {
        /// The method's name.
        method: &'static str,
        /// How many days there are.
        days: usize,
        /// How many it would take.
        needed: usize,
    },
    /// One of its days is no number.
    #[error("day {day} of the series is not a finite number: give zero for a day without demand")]
    NotANumber {
        /// The day's place, from 0.
        day: usize,
    },
}

impl Statistical {
    /// Every method.
    pub const ALL: &'static [Self] = &[
        Self::SeasonalNaive,
        Self::HistoricAverage,
        Self::WindowAverage,
        Self::SeasonalAverage,
        Self::WindowMedian,
        Self::SeasonalMedian,
        Self::Ets,
        Self::Theta,
        Self::Ces,
        Self::Mstl,
        Self::EtsOfRoots,
        Self::ThetaOfRoots,
        Self::CesOfRoots,
        Self::MstlOfRoots,
        Self::Croston,
        Self::CrostonOptimised,
        Self::CrostonSba,
        Self::Tsb,
        Self::Adida,
        Self::Imapa,
    ];

    /// Its name in reports and in the store.
    pub fn as_str(self) -> &'static str {
        match self {
            Self::SeasonalNaive => "seasonal_naive",
            Self::HistoricAverage => "historic_average",
            Self::WindowAverage => "window_average",
            Self::SeasonalAverage => "seasonal_average",
            Self::WindowMedian => "window_median",
            Self::SeasonalMedian => "seasonal_median",
            Self::Ets => "ets",
            Self::Theta => "theta",
            Self::Ces => "ces",
            Self::Mstl => "mstl",
            Self::EtsOfRoots => "ets_of_roots",
            Self::ThetaOfRoots => "theta_of_roots",
            Self::CesOfRoots => "ces_of_roots",
            Self::MstlOfRoots => "mstl_of_roots",
            Self::Croston => "croston",
            Self::CrostonOptimised => "croston_optimised",
            Self::CrostonSba => "croston_sba",
            Self::Tsb => "tsb",
            Self::Adida => "adida",
            Self::Imapa => "imapa",
        }
    }

    /// The method of that name; `None` for any other.
    pub fn from_word(word: &str) -> Option<Self> {
        Self::ALL.iter().copied().find(|one| one.as_str() == word)
    }

    /// Fits the method to `history` (one number a day, oldest first) and forecasts the next `horizon` days.
    ///
    /// `season` is the number of days after which the pattern repeats; 1 means that there is none.
    ///
    /// # Errors
    /// [`Unfit`] where the history is too short for the method, or holds what is no number.
    pub fn forecast(self, history: &[f64], season: usize, horizon: usize) -> Result<Points, Unfit> {
        if let Some(day) = history.iter().position(|day| !day.is_finite()) {
            return Err(Unfit::NotANumber { day });
        }
        if history.is_empty() {
            return Err(Unfit::TooShort { method: self.as_str(), days: 0, needed: 1 });
        }
        match self {
            Self::SeasonalNaive => seasonal_naive::forecast(history, season, horizon),
            Self::HistoricAverage => Ok(averages::historic(history, horizon)),
            Self::WindowAverage => averages::window(history, season, horizon),
            Self::SeasonalAverage => averages::seasonal(history, season, horizon),
            Self::WindowMedian => averages::window_median(history, season, horizon),
            Self::SeasonalMedian => averages::seasonal_median(history, season, horizon),
            Self::Ets => ets::forecast(history, season, horizon),
            Self::Theta => theta::forecast(history, season, horizon),
            Self::Ces => ces::forecast(history, season, horizon),
            Self::Mstl => mstl::forecast(history, season, horizon),
            Self::EtsOfRoots => self.of_roots(Self::Ets, history, season, horizon),
            Self::ThetaOfRoots => self.of_roots(Self::Theta, history, season, horizon),
            Self::CesOfRoots => self.of_roots(Self::Ces, history, season, horizon),
            Self::MstlOfRoots => self.of_roots(Self::Mstl, history, season, horizon),
            Self::Croston => Ok(intermittent::croston(history, horizon)),
            Self::CrostonOptimised => Ok(intermittent::croston_optimised(history, horizon)),
            Self::CrostonSba => Ok(intermittent::croston_sba(history, horizon)),
            Self::Tsb => Ok(intermittent::tsb(history, horizon)),
            Self::Adida => Ok(aggregated::adida(history, horizon)),
            Self::Imapa => Ok(aggregated::imapa(history, horizon)),
        }
    }

    fn of_roots(self, one: Self, history: &[f64], season: usize, horizon: usize) -> Result<Points, Unfit> {
        roots::forecast(one, self.as_str(), history, season, horizon)
    }
}
