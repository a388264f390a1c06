//! The classical decomposition: a centred moving average for the trend, and each day's mean distance from it for the season
//! (Hyndman and Athanasopoulos, Forecasting: Principles and Practice, 3rd edition, section 3.4).

/// How season and trend make up a day.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(in crate::forecast) enum Seasonality {
    /// The season adds to the trend; its parts sum to nothing.
    Added,
    /// The season multiplies the trend, which must be above zero; its factors have the mean 1.
    Factors,
}

/// What each day of a season adds to the trend, or multiplies it by; the first is that of the history's first day.
///
/// The history must be two seasons long at least.
pub(in crate::forecast) fn profile(days: &[f64], season: usize, sort: Seasonality) -> Vec<f64> {
    let mut sums = vec![0.0; season];
    let mut counts = vec![0_u32; season];
    let half = season / 2;
    // The day in the middle is left out of a plain sum of an even season, and each end counts half.
    let mut window: f64 = days[..season].iter().sum();
    for middle in half..days.len() - half {
        let first = middle - half;
        let trend = if season.is_multiple_of(2) {
            (window + (days[first + season] - days[first]) / 2.0) / season as f64
        } else {
            window / season as f64
        };
        let part = match sort {
            Seasonality::Added => days[middle] - trend,
            Seasonality::Factors => days[middle] / trend,
        };
        sums[middle % season] += part;
        counts[middle % season] += 1;
        if first + season < days.len() {
            window += days[first + season] - days[first];
        }
    }
    for (sum, count) in sums.iter_mut().zip(counts) {
        *sum /= f64::from(count.max(1));
    }
    let mean = sums.iter().sum::<f64>() / season as f64;
    for part in &mut sums {
        match sort {
            Seasonality::Added => *part -= mean,
            Seasonality::Factors => *part /= mean,
        }
    }
    sums
}

/// The history without its season.
pub(in crate::forecast) fn without(days: &[f64], profile: &[f64], sort: Seasonality) -> Vec<f64> {
    let parts = profile.iter().cycle();
    match sort {
        Seasonality::Added => days.iter().zip(parts).map(|(day, part)| day - part).collect(),
        Seasonality::Factors => days.iter().zip(parts).map(|(day, part)| day / part).collect(),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn finds_the_season_that_was_put_in() {
        let season = [-3.0, 1.0, 0.0, 2.0, -1.0, 4.0, -3.0];
        let days: Vec<f64> =
            (0..70).map(|day| 20.0 + 0.5 * f64::from(day) + season[day as usize % 7]).collect();
        for (found, meant) in profile(&days, 7, Seasonality::Added).iter().zip(season) {
            assert!((found - meant).abs() < 1e-9, "{found} for {meant}");
        }
    }

    #[test]
    fn finds_the_factors_of_an_even_season() {
        let season = [0.5, 1.5, 1.2, 0.8];
        let days: Vec<f64> = (0..40).map(|day| 10.0 * season[day % 4]).collect();
        for (found, meant) in profile(&days, 4, Seasonality::Factors).iter().zip(season) {
            assert!((found - meant).abs() < 1e-9, "{found} for {meant}");
        }
    }
}
