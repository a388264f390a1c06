//! All series at once: what holds for every forecast, whoever makes it.

use cloud_demand::forecast::LEVELS;
use cloud_demand::forecast::all::{
    BadInput, Cause, History, Holiday, Input, Options, Outcome, forecast_all, train,
};
use cloud_demand::forecast::trained::Trained;
use proptest::prelude::*;

/// A Monday.
const FIRST_DAY: i64 = 18_999;

/// Numbers that a seed fixes, from 0 to 1.
fn noise(seed: u64) -> impl FnMut() -> f64 {
    let mut state = seed.wrapping_mul(0x9E37_79B9_7F4A_7C15) | 1;
    move || {
        state ^= state << 13;
        state ^= state >> 7;
        state ^= state << 17;
        (state >> 11) as f64 / (1_u64 << 53) as f64
    }
}

/// A shop: products of different sizes that sell more on Saturdays, each third only now and then.
fn shop(products: usize, days: usize) -> Vec<History> {
    let mut chance = noise(7);
    (0..products)
        .map(|id| {
            let size = 2.0 + (id % 7) as f64 * 5.0;
            let values = (0..days).map(|day| {
                let weekday = if day % 7 == 5 { 2.0 } else { 1.0 };
                let sells = id % 3 != 0 || chance() < 0.3;
                if sells { (size * weekday * (0.6 + 0.8 * chance())).round() } else { 0.0 }
            });
            History {
                id: id + 100,
                values: values.collect(),
                first_day: FIRST_DAY,
                price: vec![3.0; days],
                category: (id % 4) as u32,
                ..History::default()
            }
        })
        .collect()
}

fn input(series: Vec<History>) -> Input {
    Input { series, holidays: Vec::new(), horizon: 14, season: 7 }
}

fn quick() -> Options {
    Options { trials: 2, rows_max: 4_000, ..Options::default() }
}

fn check(outcome: &Outcome, horizon: usize) {
    let forecast = &outcome.forecast;
    assert_eq!([forecast.mean.len(), forecast.daily.len(), forecast.cumulative.len()], [horizon; 3]);
    assert!(forecast.mean.iter().all(|mean| mean.is_finite() && *mean >= 0.0));
    for quantiles in forecast.daily.iter().chain(&forecast.cumulative) {
        assert!(quantiles.is_sorted() && quantiles[0] >= 0.0 && quantiles[LEVELS.len() - 1].is_finite());
    }
    for (before, after) in forecast.cumulative.iter().zip(&forecast.cumulative[1..]) {
        assert!(before.iter().zip(after).all(|(before, after)| before <= after));
    }
    let weight: f64 = outcome.choice.parts.iter().map(|(_, weight)| weight).sum();
    assert!(outcome.choice.parts.is_empty() || (weight - 1.0).abs() < 1e-9);
}

#[test]
fn shards_forecast_what_the_whole_forecasts_and_kept_models_say_the_same() {
    let input = input(shop(24, 150));
    let trained = train(&input, &quick()).unwrap();
    let kept = Trained::from_bytes(&trained.to_bytes()).unwrap();
    let whole = forecast_all(&input, &trained, &quick()).unwrap();
    let shards: Vec<Outcome> = input
        .series
        .chunks(7)
        .flat_map(|series| {
            let shard = Input { series: series.to_vec(), ..input.clone() };
            forecast_all(&shard, &kept, &quick()).unwrap()
        })
        .collect();
    for outcome in &whole {
        check(outcome, 14);
    }
    assert_eq!(whole, shards);
    let again = train(&input, &quick()).unwrap();
    assert!(again.to_bytes() == trained.to_bytes(), "the same input taught another model");
}

#[test]
fn what_repeats_is_forecast_better_than_by_the_last_week_again() {
    let input = input(shop(30, 200));
    let options = Options { rows_max: 8_000, ..Options::default() };
    let trained = train(&input, &options).unwrap();
    let outcomes = forecast_all(&input, &trained, &options).unwrap();
    let mean = |of: fn(&Outcome) -> f64| outcomes.iter().map(of).sum::<f64>() / outcomes.len() as f64;
    let (ours, naive) = (mean(|one| one.score.mase), mean(|one| one.score.seasonal_naive_mase));
    assert!(ours < 0.85 * naive, "{ours} is not far below {naive}");
    assert!(outcomes.iter().all(|outcome| outcome.score.days == 4 * 14));
    // Saturdays sell twice as much as Mondays.
    let often = &outcomes[4].forecast.mean;
    let end = input.series[4].end();
    let of =
        |weekday: i64| often[(0..7).find(|step| (end + *step as i64 - FIRST_DAY) % 7 == weekday).unwrap()];
    assert!(of(5) > 1.5 * of(0), "{} is not far above {}", of(5), of(0));
}

#[test]
fn closed_days_sell_nothing() {
    let mut series = shop(6, 120);
    for history in &mut series {
        history.open = (0..134).map(|day| day % 7 != 6).collect();
        for day in (6..120).step_by(7) {
            history.values[day] = 0.0;
        }
    }
    let input = input(series);
    let trained = train(&input, &quick()).unwrap();
    for outcome in forecast_all(&input, &trained, &quick()).unwrap() {
        check(&outcome, 14);
        for step in 0..14 {
            if (120 + step) % 7 == 6 {
                assert!(
                    outcome.forecast.mean[step] == 0.0
                        && outcome.forecast.daily[step][LEVELS.len() - 1] == 0.0
                );
            }
        }
    }
}

#[test]
fn products_never_sold_are_forecast_by_those_like_them_and_follow_their_first_days() {
    let mut series = shop(20, 120);
    let like = series[4].clone();
    let end = like.end();
    let new = |id, values: Vec<f64>| History {
        id,
        first_day: end - values.len() as i64,
        values,
        price: Vec::new(),
        ..like.clone()
    };
    series.push(new(1, Vec::new()));
    series.push(new(2, vec![90.0; 14]));
    series.push(new(3, vec![0.0; 60]));
    let input = input(series);
    let trained = train(&input, &quick()).unwrap();
    let outcomes = forecast_all(&input, &trained, &quick()).unwrap();
    let total = |id: usize| {
        let outcome = outcomes.iter().find(|outcome| outcome.id == id).unwrap();
        check(outcome, 14);
        assert_eq!(outcome.choice.as_str(), "alike");
        assert!(matches!(&outcome.causes[..], [Cause::Alike { ids }] if !ids.is_empty()));
        outcome.forecast.mean.iter().sum::<f64>()
    };
    assert!(total(1) > 0.0);
    assert!(total(2) > 1.5 * total(1));
    assert!(total(3) < 0.5 * total(1));
}

#[test]
fn a_promotion_that_doubles_sales_is_seen_and_said() {
    let mut series = shop(30, 200);
    for history in &mut series {
        let id = history.id;
        history.promotion = (0..214).map(|day| (day / 7 + id) % 5 == 0).collect();
        for (value, promoted) in history.values.iter_mut().zip(&history.promotion) {
            *value *= if *promoted { 2.0 } else { 1.0 };
        }
    }
    let input = input(series);
    let options = Options { trials: 2, rows_max: 12_000, ..Options::default() };
    let trained = train(&input, &options).unwrap();
    let outcomes = forecast_all(&input, &trained, &options).unwrap();
    let promoted = |series: &History| series.promotion[200..].iter().any(|day| *day);
    for (series, outcome) in input.series.iter().zip(&outcomes) {
        let factor = outcome.causes.iter().find_map(|cause| match cause {
            Cause::Promotion { factor } => Some(*factor),
            _ => None,
        });
        assert_eq!(factor.is_some(), promoted(series), "series {}", series.id);
        assert!(factor.is_none_or(|factor| factor > 1.03), "series {}: {factor:?}", series.id);
    }
    assert!(input.series.iter().any(promoted) && !input.series.iter().all(promoted));
}

#[test]
fn what_is_no_number_is_refused_by_its_name() {
    let wrong = |change: fn(&mut Input)| {
        let mut input = input(shop(2, 40));
        change(&mut input);
        train(&input, &quick()).unwrap_err().to_string()
    };
    assert_eq!(
        wrong(|input| input.series[1].values[3] = -1.0),
        "series 101 has -1 on its day 3: demand is a number of at least zero"
    );
    assert!(
        wrong(|input| input.series[0].price[2] = 0.0).starts_with("series 100 has the price 0 on its day 2")
    );
    assert_eq!(wrong(|input| input.horizon = 0), "a horizon of 0 days: forecast 1 to 90");
    assert_eq!(wrong(|input| input.season = 0), "a season of 0 days: name 1 to 366, 7 for a week");
    let none = Options { trials: 0, ..quick() };
    assert_eq!(train(&input(Vec::new()), &none).unwrap_err(), BadInput::Trials(0));
}

#[test]
fn bytes_that_are_no_model_are_refused() {
    let input = input(shop(24, 120));
    let bytes = train(&input, &quick()).unwrap().to_bytes();
    assert!(Trained::from_bytes(&[]).is_err());
    for at in (0..bytes.len()).step_by(bytes.len() / 200 + 1) {
        assert!(Trained::from_bytes(&bytes[..at]).is_err(), "cut at {at}");
    }
    let mut chance = noise(3);
    for _ in 0..200 {
        let mut spoilt = bytes.clone();
        let at = (chance() * spoilt.len() as f64) as usize;
        spoilt[at] ^= 1 << (chance() * 8.0) as u32;
        // A number may be another one; what is read has to be asked without harm.
        if let Ok(trained) = Trained::from_bytes(&spoilt) {
            forecast_all(&Input { series: input.series[..2].to_vec(), ..input.clone() }, &trained, &quick())
                .unwrap();
        }
    }
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(40))]

    #[test]
    fn whatever_comes_in_forecasts_are_sound(
        series in prop::collection::vec(
            (prop::collection::vec(prop_oneof![3 => Just(0.0), 3 => 0.0..20.0_f64, 1 => 0.0..1e9_f64], 0..140), 0_i64..30),
            1..6,
        ),
        horizon in 1_usize..30,
        season in 1_usize..15,
        holiday in 0_i64..200,
    ) {
        let series = series.into_iter().enumerate().map(|(id, (values, shift))| {
            let first_day = FIRST_DAY + shift - values.len() as i64;
            History { id, values, first_day, ..History::default() }
        });
        let holidays = vec![Holiday { day: FIRST_DAY - 100 + holiday, kind: 1 }];
        let input = Input { series: series.collect(), holidays, horizon, season };
        let options = Options { trials: 2, rows_max: 600, ..Options::default() };
        let trained = train(&input, &options).unwrap();
        for outcome in forecast_all(&input, &trained, &options).unwrap() {
            check(&outcome, horizon);
        }
    }
}
