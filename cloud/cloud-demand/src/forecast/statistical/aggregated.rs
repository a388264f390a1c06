//! Demand that comes now and then, summed over as many days as lie between: sums vary less than days.
//!
//! ADIDA (Nikolopoulos, Syntetos, Boylan, Petropoulos and Assimakopoulos, An aggregate-disaggregate intermittent demand approach to
//! forecasting, Journal of the Operational Research Society 62, 2011) sums over the mean gap; IMAPA (Petropoulos and Kourentzes,
//! Forecast combinations for intermittent demand, the same journal 66, 2015) is the mean over all gaps until that.

use super::super::Points;
use super::intermittent::nothing;
use super::smooth;

/// The expectation by sums over the mean gap.
pub(super) fn adida(history: &[f64], horizon: usize) -> Points {
    let Some(gap) = mean_gap(history) else { return nothing(history, horizon) };
    let mut within = vec![0.0; history.len()];
    let expected = by_sums(history, gap, &mut within, &mut Vec::new());
    Points { ahead: vec![expected.max(0.0); horizon], within }
}

/// The mean of the expectations by sums over one day, two, and so on until the mean gap.
pub(super) fn imapa(history: &[f64], horizon: usize) -> Points {
    let Some(most) = mean_gap(history) else { return nothing(history, horizon) };
    let mut within = vec![0.0; history.len()];
    let mut sums = Vec::with_capacity(history.len());
    let total: f64 = (1..=most).map(|days| by_sums(history, days, &mut within, &mut sums)).sum();
    within.iter_mut().for_each(|day| *day /= most as f64);
    Points { ahead: vec![(total / most as f64).max(0.0); horizon], within }
}

/// The mean number of days from one that sells to the next; `None` where none does.
fn mean_gap(history: &[f64]) -> Option<usize> {
    let last = history.iter().rposition(|day| *day > 0.0)?;
    let selling = history.iter().filter(|day| **day > 0.0).count();
    Some(((last + 1) as f64 / selling as f64).round_ties_even() as usize)
}

/// Smooths sums over `gap` days (the oldest days that make no whole sum are left out) and gives what a day has of the next one; adds what
/// was expected of each day to `within`, NaN where no sum was known.
fn by_sums(history: &[f64], gap: usize, within: &mut [f64], sums: &mut Vec<f64>) -> f64 {
    let left_out = history.len() % gap;
    let whole = &history[left_out..];
    sums.clear();
    if gap == 1 {
        sums.extend_from_slice(whole);
    } else {
        sums.extend(whole.chunks_exact(gap).map(|days| days.iter().sum::<f64>()));
    }
    let alpha = smooth::best_alpha(sums, smooth::SLOW);
    let part = 1.0 / gap as f64;
    within[..left_out + gap].fill(f64::NAN);
    let mut level = sums[0];
    let mut later = within[left_out + gap..].chunks_exact_mut(gap);
    for sum in &sums[1..] {
        if let Some(days) = later.next() {
            days.iter_mut().for_each(|day| *day += level * part);
        }
        level += alpha * (sum - level);
    }
    level * part
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn sums_are_spread_over_their_days() {
        let points = adida(&[0.0, 0.0, 6.0, 0.0, 0.0, 6.0, 0.0, 0.0, 6.0], 2);
        assert_eq!(points.ahead, [2.0, 2.0]);
        assert!(points.within[..3].iter().all(|day| day.is_nan()));
        assert_eq!(points.within[3..], [2.0; 6]);
    }

    #[test]
    fn nothing_sold_is_nothing_expected() {
        assert_eq!(imapa(&[0.0; 9], 3).ahead, [0.0; 3]);
    }
}
