//! The methods against what statsforecast 2.1.1 gives for the same days (`models.X(season_length=7).forecast(y, h=8)`).

use cloud_demand::forecast::statistical::Statistical;

/// Twelve weeks with weekdays and a slow gain.
const WEEKS: [f64; 84] = [
    26., 28., 21., 29., 30., 35., 28., 26., 26., 22., 29., 33., 36., 31., 25., 24., 23., 27., 32., 37., 30.,
    23., 25., 21., 29., 34., 38., 33., 29., 29., 24., 35., 38., 40., 37., 30., 31., 28., 35., 36., 43., 36.,
    30., 29., 28., 34., 36., 43., 35., 32., 35., 26., 32., 41., 45., 41., 33., 37., 29., 34., 44., 46., 42.,
    32., 37., 31., 36., 45., 48., 37., 32., 34., 32., 37., 47., 51., 43., 33., 35., 35., 41., 42., 47., 45.,
];

/// Sixty days of which every fourth sells.
const SPARSE: [f64; 60] = [
    0., 0., 4., 0., 3., 2., 0., 0., 0., 2., 0., 0., 2., 0., 0., 3., 0., 0., 5., 0., 0., 0., 0., 0., 0., 0.,
    0., 0., 0., 4., 0., 0., 4., 0., 0., 0., 0., 0., 0., 3., 0., 4., 2., 0., 4., 0., 1., 0., 0., 5., 0., 1.,
    0., 0., 0., 0., 0., 1., 0., 5.,
];

/// Forty days without a pattern.
const NOISE: [f64; 40] = [
    51., 59., 64., 65., 56., 54., 51., 54., 52., 57., 51., 51., 67., 51., 50., 50., 68., 65., 65., 60., 67.,
    68., 54., 52., 58., 52., 58., 70., 57., 58., 61., 58., 66., 68., 64., 64., 63., 56., 56., 60.,
];

/// Checks that each day's mean is off by no more than `tolerance` of what the peer says.
fn check(method: Statistical, history: &[f64], peer: [f64; 8], tolerance: f64) {
    let ahead = method.forecast(history, 7, 8).unwrap().ahead;
    for (day, (ours, theirs)) in ahead.iter().zip(peer).enumerate() {
        assert!(
            (ours / theirs - 1.0).abs() <= tolerance,
            "{} day {day}: {ours}, and the peer says {theirs}; all: {ahead:.4?}",
            method.as_str()
        );
    }
}

#[test]
fn intermittent_methods_agree_to_the_last_figure_that_was_written_down() {
    check(Statistical::Croston, &SPARSE, [0.9802; 8], 1e-4);
    check(Statistical::CrostonSba, &SPARSE, [0.9312; 8], 1e-4);
    check(Statistical::Tsb, &SPARSE, [1.148; 8], 1e-4);
    // The searches for the smoothing end within 0.001 of one another.
    check(Statistical::CrostonOptimised, &SPARSE, [0.9656; 8], 1e-3);
    check(Statistical::Adida, &SPARSE, [1.0071; 8], 1e-3);
    check(Statistical::Imapa, &SPARSE, [1.0286; 8], 1e-3);
}

/// The likelihood has many near-best points: another search ends at another one, and forecasts differ by some hundredths.
#[test]
fn exponential_smoothing_agrees_within_some_hundredths() {
    let weeks = [35.1984, 36.8464, 31.7107, 39.5126, 45.1955, 49.9594, 42.7758, 35.1984];
    check(Statistical::Ets, &WEEKS, weeks, 0.03);
    check(Statistical::Ets, &NOISE, [58.7795; 8], 0.01);
    check(Statistical::Ets, &SPARSE, [0.9161; 8], 0.03);
}

#[test]
fn theta_agrees_within_two_hundredths() {
    let weeks = [35.7629, 37.4361, 32.6833, 40.6292, 46.9175, 52.3149, 44.3882, 36.7917];
    check(Statistical::Theta, &WEEKS, weeks, 0.01);
    let noise = [61.7761, 61.9339, 62.0918, 62.2497, 62.4075, 62.5654, 62.7233, 62.8811];
    check(Statistical::Theta, &NOISE, noise, 0.01);
    let sparse = [1.1196, 1.1224, 1.1252, 1.128, 1.1307, 1.1335, 1.1363, 1.139];
    check(Statistical::Theta, &SPARSE, sparse, 0.02);
}

#[test]
fn complex_smoothing_agrees_within_some_hundredths() {
    let weeks = [36.5351, 38.1349, 34.1418, 40.6109, 45.7937, 50.0489, 43.8813, 37.6672];
    check(Statistical::Ces, &WEEKS, weeks, 0.03);
    let noise = [63.1336, 62.581, 60.6593, 57.7322, 61.9742, 61.7249, 60.2267, 63.5701];
    check(Statistical::Ces, &NOISE, noise, 0.03);
}

#[test]
fn seasons_by_local_regression_agree_within_a_hundredth() {
    let weeks = [35.6544, 38.0307, 33.7753, 39.6426, 45.9659, 50.148, 44.1091, 36.6492];
    check(Statistical::Mstl, &WEEKS, weeks, 0.01);
}
