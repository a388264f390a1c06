//! Demand that comes now and then: sizes and gaps are smoothed apart.
//!
//! Croston (Forecasting and stock control for intermittent demands, Operational Research Quarterly 23, 1972), the same with the
//! smoothing searched for, Syntetos and Boylan's correction of its bias (The accuracy of intermittent demand estimates, International
//! Journal of Forecasting 21, 2005), and Teunter, Syntetos and Babai's, which forgets what is no longer asked for (Intermittent demand:
//! linking forecasting to inventory obsolescence, European Journal of Operational Research 214, 2011).

use super::super::Points;
use super::smooth;

/// The smoothing of sizes, gaps and chances where it is not searched for.
const ALPHA: f64 = 0.1;

/// Croston's method.
pub(super) fn croston(history: &[f64], horizon: usize) -> Points {
    sizes_and_gaps(history, horizon, ALPHA, ALPHA, 1.0)
}

/// Croston's method without its bias, which is half of the smoothing.
pub(super) fn croston_sba(history: &[f64], horizon: usize) -> Points {
    sizes_and_gaps(history, horizon, ALPHA, ALPHA, 1.0 - ALPHA / 2.0)
}

/// Croston's method with the smoothing of sizes and of gaps that would have served best.
pub(super) fn croston_optimised(history: &[f64], horizon: usize) -> Points {
    let mut sizes = Vec::with_capacity(history.len());
    let mut gaps = Vec::with_capacity(history.len());
    let mut gap = 0.0;
    for day in history {
        gap += 1.0;
        if *day > 0.0 {
            sizes.push(*day);
            gaps.push(gap);
            gap = 0.0;
        }
    }
    let of_sizes = smooth::best_alpha(&sizes, smooth::SLOW);
    let of_gaps = smooth::best_alpha(&gaps, smooth::SLOW);
    sizes_and_gaps(history, horizon, of_sizes, of_gaps, 1.0)
}

/// Smooths the sizes of what was asked for and the gaps between, and expects the one over the other, times `correction`.
fn sizes_and_gaps(history: &[f64], horizon: usize, of_sizes: f64, of_gaps: f64, correction: f64) -> Points {
    // Until something is asked for nothing is known; where nothing ever is, nothing is expected.
    let Some(first) = history.iter().position(|day| *day > 0.0) else { return nothing(history, horizon) };
    let mut within = vec![f64::NAN; history.len()];
    let (mut size, mut gap, mut last) = (history[first], (first + 1) as f64, first);
    for (place, (day, expected)) in history.iter().zip(&mut within).enumerate().skip(first + 1) {
        *expected = correction * size / gap;
        // Without a branch: which days sell is what a processor cannot guess.
        let sold = *day > 0.0;
        let (follow, widen) = if sold { (of_sizes, of_gaps) } else { (0.0, 0.0) };
        size = (1.0 - follow) * size + follow * day;
        gap = (1.0 - widen) * gap + widen * (place - last) as f64;
        last = if sold { place } else { last };
    }
    Points { ahead: vec![correction * size / gap; horizon], within }
}

/// Teunter, Syntetos and Babai's method: the chance that something is asked for is smoothed every day, also on days without.
pub(super) fn tsb(history: &[f64], horizon: usize) -> Points {
    let Some(first) = history.iter().find(|day| **day > 0.0) else {
        return nothing(history, horizon);
    };
    let mut within = vec![0.0; history.len()];
    let (mut size, mut chance) = (*first, f64::from(u8::from(history[0] > 0.0)));
    let mut four_days = history.chunks_exact(4);
    let mut places = within.chunks_exact_mut(4);
    for (days, places) in four_days.by_ref().zip(places.by_ref()) {
        // What a day makes of a size and of a chance is a product and a sum, and so is what four days make of them: the next four wait
        // for one of each. Without a branch, too: which days sell is what a processor cannot guess.
        let (mut keeps, mut adds) = ((1.0, 1.0), (0.0, 0.0));
        for (day, place) in days.iter().zip(places) {
            *place = (keeps.0 * size + adds.0) * (keeps.1 * chance + adds.1);
            let share = if *day > 0.0 { ALPHA } else { 0.0 };
            keeps = (keeps.0 * (1.0 - share), keeps.1 * (1.0 - ALPHA));
            adds = (adds.0 * (1.0 - share) + share * day, adds.1 * (1.0 - ALPHA) + share);
        }
        (size, chance) = (keeps.0 * size + adds.0, keeps.1 * chance + adds.1);
    }
    for (day, place) in four_days.remainder().iter().zip(places.into_remainder()) {
        *place = size * chance;
        let share = if *day > 0.0 { ALPHA } else { 0.0 };
        size = size * (1.0 - share) + share * day;
        chance = chance * (1.0 - ALPHA) + share;
    }
    within[0] = f64::NAN;
    Points { ahead: vec![chance * size; horizon], within }
}

/// Nothing was ever asked for, so nothing is expected.
pub(super) fn nothing(history: &[f64], horizon: usize) -> Points {
    let mut within = vec![0.0; history.len()];
    if let Some(first) = within.first_mut() {
        *first = f64::NAN;
    }
    Points { ahead: vec![0.0; horizon], within }
}
