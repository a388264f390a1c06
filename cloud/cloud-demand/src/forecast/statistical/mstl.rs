//! The season by local regression, the rest by exponential smoothing (Bandara, Hyndman and Bergmeir, MSTL: A Seasonal-Trend
//! Decomposition Algorithm for Time Series with Multiple Seasonal Patterns, 2021; here with one pattern).

use super::super::Points;
use super::{Statistical, Unfit, ets, stl};

/// Over how many seasons a season may change.
const MEMORY: usize = 11;

/// Forecasts the history without its season by exponential smoothing, and takes the last season again.
///
/// What it expected of a day of the history has the season of the week before, and nothing in the first season.
pub(super) fn forecast(history: &[f64], season: usize, horizon: usize) -> Result<Points, Unfit> {
    if season < 2 {
        return ets::forecast(history, 1, horizon);
    }
    let days = history.len();
    if days < 2 * season || days < ets::LEAST_DAYS {
        let needed = (2 * season).max(ets::LEAST_DAYS);
        return Err(Unfit::TooShort { method: Statistical::Mstl.as_str(), days, needed });
    }
    let largest = history.iter().fold(f64::MIN_POSITIVE, |largest, day| largest.max(day.abs()));
    let scaled: Vec<f64> = history.iter().map(|day| day / largest).collect();
    let parts = stl::decompose(&scaled, season, MEMORY).season;
    let bare: Vec<f64> = scaled.iter().zip(&parts).map(|(day, part)| day - part).collect();
    let points = ets::unbounded(&bare, 1, horizon);
    let last = &parts[days - season..];
    let whole = |mean: f64, part: f64| (mean + part) * largest;
    let ahead = points.ahead.iter().zip(last.iter().cycle());
    let known = std::iter::repeat_n(&f64::NAN, season).chain(&parts);
    Ok(Points {
        ahead: ahead.map(|(mean, part)| whole(*mean, *part).clamp(0.0, f64::MAX)).collect(),
        within: points.within.iter().zip(known).map(|(mean, part)| whole(*mean, *part)).collect(),
    })
}
