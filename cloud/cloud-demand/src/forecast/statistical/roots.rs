//! Methods applied to the square roots of the days.
//!
//! What is counted varies more the more there is of it, and now and then much more: roots vary alike at all levels (Bartlett, The square
//! root transformation in analysis of variance, Supplement to the Journal of the Royal Statistical Society 3, 1936), so that busy days do
//! not outweigh the quiet ones. A forecast is then about the median of a day rather than its mean.

use super::super::Points;
use super::{Statistical, Unfit};

/// Forecasts the roots by `method`, and squares what comes out; `name` is what the pair of both is called.
pub(super) fn forecast(
    method: Statistical,
    name: &'static str,
    history: &[f64],
    season: usize,
    horizon: usize,
) -> Result<Points, Unfit> {
    let roots: Vec<f64> = history.iter().map(|day| day.max(0.0).sqrt()).collect();
    let Points { mut ahead, mut within } =
        method.forecast(&roots, season, horizon).map_err(|unfit| match unfit {
            Unfit::TooShort { days, needed, .. } => Unfit::TooShort { method: name, days, needed },
            Unfit::NotANumber { day } => Unfit::NotANumber { day },
        })?;
    ahead.iter_mut().for_each(|root| *root *= *root);
    // Below zero there is no root; what is no number stays none.
    within.iter_mut().for_each(|root| *root *= if *root < 0.0 { 0.0 } else { *root });
    Ok(Points { ahead, within })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn roots_are_squared_again() {
        let history: Vec<f64> = (0..28).map(|day| f64::from(day % 7 * (day % 7))).collect();
        let points = forecast(Statistical::SeasonalNaive, "roots", &history, 7, 3).unwrap();
        assert_eq!(points.ahead, [0.0, 1.0, 4.0]);
        assert!(points.within[0].is_nan());
        assert_eq!(points.within[7..11], [0.0, 1.0, 4.0, 9.0]);
    }

    #[test]
    fn a_refusal_bears_the_name_of_both() {
        let unfit = forecast(Statistical::Ets, "ets_of_roots", &[1.0, 2.0], 7, 3).unwrap_err();
        assert_eq!(unfit, Unfit::TooShort { method: "ets_of_roots", days: 2, needed: 5 });
    }
}
