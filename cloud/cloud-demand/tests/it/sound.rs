//! Whatever was sold, a forecast is so many numbers, none below zero, and never a panic.

use cloud_demand::forecast::explain::{Reason, explain};
use cloud_demand::forecast::statistical::{Statistical, Unfit};
use proptest::collection::vec;
use proptest::prelude::*;

/// A day's demand: nothing, a few, many, or far too many to be true.
fn day() -> impl Strategy<Value = f64> {
    prop_oneof![
        4 => Just(0.0),
        4 => (0_u32..20).prop_map(f64::from),
        2 => 0.0..1e4,
        1 => 1e9..1e300,
        1 => 0.0..1e-300,
    ]
}

/// Whole histories, odd ones among them.
fn history() -> impl Strategy<Value = Vec<f64>> {
    let repeated = |value: f64, days: usize| vec![value; days];
    prop_oneof![
        4 => vec(day(), 1..120),
        2 => vec(0.5_f64..30.0, 1..120),
        1 => (day(), 1_usize..90).prop_map(move |(value, days)| repeated(value, days)),
        1 => (0_usize..60, 0.1..1e12).prop_map(|(place, value)| {
            let mut days = vec![0.0; 60];
            days[place] = value;
            days
        }),
        1 => (1_usize..80, 0.01_f64..5.0).prop_map(|(days, gain)| (0..days).map(|day| gain * day as f64).collect()),
    ]
}

fn check(method: Statistical, history: &[f64], season: usize, horizon: usize) {
    let name = method.as_str();
    match method.forecast(history, season, horizon) {
        Ok(points) => {
            assert_eq!(points.ahead.len(), horizon, "{name}");
            assert!(
                points.ahead.iter().all(|day| day.is_finite() && *day >= 0.0),
                "{name} expects {:?}",
                points.ahead
            );
            assert_eq!(points.within.len(), history.len(), "{name}");
        }
        Err(Unfit::TooShort { days, needed, .. }) => {
            assert!(days == history.len() && needed > days, "{name} refused {days} days and needs {needed}");
        }
        Err(Unfit::NotANumber { day }) => panic!("{name} takes day {day} for no number"),
    }
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(400))]

    #[test]
    fn any_history_gives_a_sound_forecast(history in history(), season in 1_usize..16, horizon in 0_usize..20) {
        for method in Statistical::ALL {
            check(*method, &history, season, horizon);
        }
    }

    #[test]
    fn any_history_is_explained_in_numbers(history in history(), season in 1_usize..16) {
        let reasons = explain(&history, season);
        let first_is_the_level = matches!(reasons[0], Reason::Level { .. });
        prop_assert!(first_is_the_level);
        for reason in reasons {
            let sound = match &reason {
                Reason::Level { per_day } => per_day.is_finite() && *per_day >= 0.0,
                Reason::Trend { per_week, share } => per_week.is_finite() && share.is_finite(),
                Reason::Season { best, worst, factors, strength } => {
                    *best < season && *worst < season && factors.len() == season && *strength <= 1.0
                }
                Reason::Intermittent { selling_share, mean_gap_days } => {
                    (0.0..=1.0).contains(selling_share) && *mean_gap_days >= 1.0
                }
                Reason::Quiet { days } => *days < history.len(),
            };
            prop_assert!(sound, "{reason:?}");
        }
    }
}

#[test]
fn long_and_odd_seasons_are_fine() {
    let days: Vec<f64> = (0..400).map(|day| f64::from(day % 24) + 1.0).collect();
    for season in [0, 1, 2, 7, 12, 13, 14, 24, 25, 365, 399, 400, 401] {
        for method in Statistical::ALL {
            check(*method, &days, season, 30);
        }
    }
}

#[test]
fn what_never_sold_is_expected_not_to_sell() {
    for method in Statistical::ALL {
        let ahead = method.forecast(&[0.0; 90], 7, 14).unwrap().ahead;
        assert_eq!(ahead, [0.0; 14], "{}", method.as_str());
    }
}

#[test]
fn what_always_sells_the_same_is_expected_to_go_on() {
    for method in Statistical::ALL {
        let ahead = method.forecast(&[5.0; 90], 7, 14).unwrap().ahead;
        // Syntetos and Boylan's correction takes a twentieth off, whatever the history.
        let expected = if *method == Statistical::CrostonSba { 4.75 } else { 5.0 };
        assert!(
            ahead.iter().all(|day| (day - expected).abs() < 1e-6),
            "{} expects {ahead:?}",
            method.as_str()
        );
    }
}

#[test]
fn what_is_no_number_is_refused_by_its_place() {
    for method in Statistical::ALL {
        let history = [1.0, 2.0, f64::NAN, 4.0];
        assert_eq!(method.forecast(&history, 1, 2), Err(Unfit::NotANumber { day: 2 }));
    }
}

#[test]
fn every_method_is_found_by_its_name() {
    for method in Statistical::ALL {
        assert_eq!(Statistical::from_word(method.as_str()), Some(*method));
    }
}
