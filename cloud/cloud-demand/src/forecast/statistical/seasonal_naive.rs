//! The forecast that every other one has to beat: the last season again.

use super::super::Points;
use super::{Statistical, Unfit};

/// Forecasts by the same day of the last season.
pub(super) fn forecast(history: &[f64], season: usize, horizon: usize) -> Result<Points, Unfit> {
    let season = season.max(1);
    let Some(first) = history.len().checked_sub(season) else {
        return Err(Unfit::TooShort {
            method: Statistical::SeasonalNaive.as_str(),
            days: history.len(),
            needed: season,
        });
    };
    let last = &history[first..];
    let unknown = std::iter::repeat_n(f64::NAN, season);
    Ok(Points {
        ahead: (0..horizon).map(|step| last[step % season].max(0.0)).collect(),
        within: unknown.chain(history[..first].iter().copied()).collect(),
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_last_week_comes_again() {
        let history: Vec<f64> = (0..10).map(f64::from).collect();
        let points = forecast(&history, 7, 9).unwrap();
        assert_eq!(points.ahead, [3.0, 4.0, 5.0, 6.0, 7.0, 8.0, 9.0, 3.0, 4.0]);
        assert!(points.within[..7].iter().all(|day| day.is_nan()));
        assert_eq!(points.within[7..], [0.0, 1.0, 2.0]);
    }

    #[test]
    fn a_series_shorter_than_its_season_is_refused() {
        let unfit = forecast(&[1.0; 6], 7, 3).unwrap_err();
        assert_eq!(unfit, Unfit::TooShort { method: "seasonal_naive", days: 6, needed: 7 });
    }
}
