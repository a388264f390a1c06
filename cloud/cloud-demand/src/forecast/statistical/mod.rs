//! Methods that look at one series alone.

mod seasonal_naive;

use thiserror::Error;

use super::Points;

/// A method that forecasts a series from that series alone.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Statistical {
    /// Each day is as the same day of the last season was.
    SeasonalNaive,
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
}

impl Statistical {
    /// Every method.
    pub const ALL: &'static [Self] = &[Self::SeasonalNaive];

    /// Its name in reports and in the store.
    pub fn as_str(self) -> &'static str {
        match self {
            Self::SeasonalNaive => "seasonal_naive",
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
    /// [`Unfit`] where the history is too short for the method.
    pub fn forecast(self, history: &[f64], season: usize, horizon: usize) -> Result<Points, Unfit> {
        match self {
            Self::SeasonalNaive => seasonal_naive::forecast(history, season, horizon),
        }
    }
}
