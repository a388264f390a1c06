//! How long the methods take on the processor, and how good they are on the last days of each series.
//!
//! `cargo run --release -p cloud-demand --example speed -- FILE.csv HORIZON SEASON METHOD..`: FILE has the columns `unique_id,ds,y`, its
//! rows by series and day without gaps, and no commas inside a value. Prints one line of JSON for each method. `oracles/speed.py` runs
//! it beside statsforecast.
#![allow(clippy::print_stdout, reason = "it prints figures")]

use anyhow::{Context, Result, bail};
use cloud_demand::forecast::statistical::Statistical;

/// Quick methods are run again until they took so long, because the kernel counts in steps.
const LEAST_MS: f64 = 300.0;

fn main() -> Result<()> {
    let told: Vec<String> = std::env::args().skip(1).collect();
    let [file, horizon, season, methods @ ..] = told.as_slice() else {
        bail!("give FILE.csv HORIZON SEASON METHOD..");
    };
    let (horizon, season) = (horizon.parse()?, season.parse()?);
    let text = std::fs::read_to_string(file).with_context(|| format!("failed to read `{file}`"))?;
    let all = series(&text)?;
    for word in methods {
        let method = Statistical::from_word(word).with_context(|| format!("there is no method `{word}`"))?;
        measure(method, &all, season, horizon)?;
    }
    Ok(())
}

/// The days of each series.
fn series(text: &str) -> Result<Vec<Vec<f64>>> {
    let mut all: Vec<Vec<f64>> = Vec::new();
    let mut before = None;
    for line in text.lines().skip(1) {
        let mut cells = line.split(',');
        let id = cells.next().with_context(|| format!("no `unique_id` in `{line}`"))?;
        let day = cells.nth(1).with_context(|| format!("no `y` in `{line}`"))?;
        if before != Some(id) {
            all.push(Vec::new());
            before = Some(id);
        }
        if let Some(days) = all.last_mut() {
            days.push(day.parse().with_context(|| format!("no number in `{line}`"))?);
        }
    }
    Ok(all)
}

/// Forecasts the last days of each series from those before, over and over, and prints what it took and what it was worth.
fn measure(method: Statistical, all: &[Vec<f64>], season: usize, horizon: usize) -> Result<()> {
    let started = processor_ms()?;
    let mut rounds = 0_u32;
    while rounds == 0 || processor_ms()? - started < LEAST_MS {
        for days in all {
            let points = method.forecast(&days[..days.len() - horizon], season, horizon)?;
            std::hint::black_box(points);
        }
        rounds += 1;
    }
    let ms = (processor_ms()? - started) / f64::from(rounds) / all.len() as f64;
    let mut errors = Vec::new();
    for days in all {
        let (history, came) = days.split_at(days.len() - horizon);
        let ahead = method.forecast(history, season, horizon)?.ahead;
        let naive = mean(history.iter().zip(&history[season..]).map(|(day, later)| (day - later).abs()));
        let error = mean(ahead.iter().zip(came).map(|(day, came)| (day - came).abs()));
        if naive > 0.0 {
            errors.push(error / naive);
        }
    }
    let (count, mase, name) = (all.len(), mean(errors.into_iter()), method.as_str());
    println!(r#"{{"method": "{name}", "series": {count}, "ms_per_series": {ms:.6}, "mase": {mase:.6}}}"#);
    Ok(())
}

/// The time that this thread had on the processor: what others do meanwhile does not count.
fn processor_ms() -> Result<f64> {
    let path = "/proc/thread-self/schedstat";
    let text = std::fs::read_to_string(path).with_context(|| format!("failed to read `{path}`"))?;
    let ns = text.split(' ').next().with_context(|| format!("`{path}` is empty"))?;
    Ok(ns.parse::<u64>()? as f64 / 1e6)
}

fn mean(values: impl Iterator<Item = f64>) -> f64 {
    let (mut sum, mut count) = (0.0, 0.0);
    for value in values {
        sum += value;
        count += 1.0;
    }
    sum / count
}
