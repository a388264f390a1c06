//! `eval images`: one model, one split, one line of figures.

use std::path::Path;
use std::time::{Duration, Instant};

use anyhow::Context as _;
use serde::Serialize;
use vision::preprocess::{centre_crop, to_input};

use super::cached::{Lab, read_picture};
use super::dataset::{Dataset, Photo};
use super::disjoint;
use super::distort::Distortion;
use super::metrics::{Figures, figures};
use super::tables::unknown_products;
use super::trial::Trial;
use crate::Context;
use crate::cli::ImagesArgs;
use crate::failure::{Exit, Failure};
use crate::interrupt::Interrupt;
use crate::table::{Align, Table};

/// Over how many draws figures that depend on chance are averaged.
const SEEDS: u32 = 5;
/// Photos whose time is taken, one after another as on a till. More would only make cached runs slow.
const TIMED: usize = 64;
/// Photos before those, which find caches and the processor's clock cold.
const WARM_UP: usize = 3;

#[derive(Serialize)]
struct Report {
    #[serde(flatten)]
    figures: Figures,
    /// How well probabilities tell enrolled products from others: a third of the classes is not enrolled, in turns.
    unknown_auroc: f64,
    /// Share right at first among half of the classes with one photo of each enrolled, and with five.
    disjoint_1shot: f64,
    disjoint_5shot: f64,
    /// Photos asked about that the model itself learnt from; `null` when it does not say. Figures on seen photos promise
    /// nothing.
    seen_in_training: Option<usize>,
    ms_per_image: f64,
    images: usize,
    classes: usize,
    enrolled_photos: usize,
    split: String,
    model: String,
    seed: u64,
}

/// Runs `eval images`.
pub(super) fn run(context: &Context, args: &ImagesArgs) -> Result<Exit, Failure> {
    let interrupt = Interrupt::watch()?;
    let dataset = Dataset::open(&args.dataset, &args.split, args.seed)?;
    let mut lab = Lab::new(context, args.model.as_deref(), &interrupt)?;
    let limit = args.limit_enrol.map_or(usize::MAX, |limit| limit as usize);
    let enrolled: Vec<&Photo> =
        if limit == usize::MAX { dataset.train.iter().collect() } else { dataset.few_shot(limit, args.seed) };
    let queries: Vec<&Photo> = dataset.queries.iter().collect();
    context.console.say(format_args!(
        "{} classes: enrolling {} photos, asking about {}",
        dataset.enrolled_classes(),
        enrolled.len(),
        queries.len()
    ));
    let known = lab.vectors(&paths(&enrolled), Distortion::None)?;
    let asked = lab.vectors(&paths(&queries), Distortion::None)?;
    let trial = Trial::enrol(&dataset.classes, &mut lab, enrolled.iter().copied().zip(known))?;
    let outcomes = trial.ask(&queries, &asked)?;
    let report = Report {
        figures: figures(&outcomes),
        unknown_auroc: unknown_products(&mut lab, &dataset, SEEDS, &interrupt)?.auroc,
        disjoint_1shot: disjoint::few_shot(&mut lab, &dataset, 1, &interrupt)?,
        disjoint_5shot: disjoint::few_shot(&mut lab, &dataset, 5, &interrupt)?,
        seen_in_training: lab
            .seen(&paths(&queries))?
            .map(|seen| seen.into_iter().filter(|seen| *seen).count()),
        ms_per_image: time_per_image(&mut lab, &trial, &queries, &interrupt)?,
        images: queries.len(),
        classes: dataset.enrolled_classes(),
        enrolled_photos: enrolled.len(),
        split: args.split.clone(),
        model: lab.version().to_string(),
        seed: args.seed,
    };
    if context.console.json() {
        context.console.object(&report)?;
    } else {
        print(context, &report)?;
    }
    Ok(Exit::Ok)
}

/// The files of some photos.
pub(super) fn paths<'a>(photos: &[&'a Photo]) -> Vec<&'a Path> {
    photos.iter().map(|photo| photo.path.as_path()).collect()
}

/// Median milliseconds from a photo's file to the answer: read, decode, cut, embed, compare.
fn time_per_image(
    lab: &mut Lab<'_>,
    trial: &Trial<'_>,
    queries: &[&Photo],
    interrupt: &Interrupt,
) -> Result<f64, Failure> {
    let embedder = lab.embedder()?;
    let side = embedder.input_side();
    let mut times = Vec::with_capacity(TIMED);
    let stride = queries.len().div_ceil(TIMED).max(1);
    for photo in queries.iter().take(WARM_UP).chain(queries.iter().step_by(stride)) {
        interrupt.check()?;
        let begun = Instant::now();
        let picture = read_picture(&photo.path)?;
        let region = centre_crop(picture.width, picture.height);
        let input = to_input(&picture.rgb, (picture.width, picture.height), region, side);
        let vectors = embedder.embed(&[input]).context("failed to embed a photo")?;
        trial.recognise(&vectors[0])?;
        times.push(begun.elapsed());
    }
    Ok(median_ms(times.split_off(WARM_UP.min(times.len() - 1))))
}

fn median_ms(mut times: Vec<Duration>) -> f64 {
    times.sort();
    let microseconds = times[times.len() / 2].as_micros() as f64;
    (microseconds / 10.0).round() / 100.0
}

fn print(context: &Context, report: &Report) -> Result<(), Failure> {
    let figures = &report.figures;
    let share = |value: f64| format!("{:.1} %", value * 100.0);
    let optional = |value: Option<f64>| value.map_or("-".to_owned(), share);
    let mut table = Table::new(&[("FIGURE", Align::Left), ("VALUE", Align::Right)]);
    let mut row = |name: &str, value: String| table.row([name.to_owned(), value]);
    row("right at first", share(figures.top1));
    row("right among three", share(figures.top3));
    row("right among five", share(figures.top5));
    row("right group at first", optional(figures.coarse_top1));
    row("taken without asking", share(figures.accept_coverage));
    row("right of those", optional(figures.accept_precision));
    row("could be taken at 99 % right", share(figures.coverage_at_99_precision));
    row("customer asked", share(figures.asked));
    row("right among three of those", optional(figures.asked_in_top3));
    row("said to be unknown", share(figures.unknown));
    row("calibration error", format!("{:.3}", figures.ece));
    row("known told from unknown (AUROC)", format!("{:.3}", report.unknown_auroc));
    row("right with 1 photo, half the classes", share(report.disjoint_1shot));
    row("right with 5 photos", share(report.disjoint_5shot));
    row(
        "asked photos the model has seen",
        report.seen_in_training.map_or("unknown".to_owned(), |seen| seen.to_string()),
    );
    row("milliseconds a photo", format!("{:.1}", report.ms_per_image));
    row("photos asked about", report.images.to_string());
    row("classes", report.classes.to_string());
    context.console.table(&table)
}
