//! Which method forecasts a series: the one that was best on its past, or several of them together.

use super::statistical::Statistical;

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
}
