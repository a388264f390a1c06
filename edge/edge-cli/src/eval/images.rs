//! `eval images`: one model, one split, one line of figures.

use std::path::Path;
use std::time::{Duration, Instant};

use anyhow::Context as _;
use serde::Serialize;
use vision::calibrate::Promise;
use vision::preprocess::{centre_crop, to_input};

use super::cached::{Lab, read_picture};
use super::dataset::{Dataset, Photo};
use super::disjoint::{self, Means, Tally};
use super::distort::Distortion;
use super::metrics::{Figures, Outcome, figures, mean};
use super::tables::{Strangers, strangers, unknown_products};
use super::trial::{Answer, Trial};
use crate::Context;
use crate::cli::ImagesArgs;
use crate::failure::{Exit, Failure};
use crate::interrupt::Interrupt;
use crate::table::{Align, Table};

/// Over how many draws figures that depend on chance are averaged.
pub(super) const SEEDS: u32 = 5;
/// Photos whose time is taken, one after another as on a till. More would only make cached runs slow.
const TIMED: usize = 64;
/// Photos before those, which find caches and the processor's clock cold.
const WARM_UP: usize = 3;

/// What `eval images` says of one model.
#[derive(Serialize)]
pub(super) struct Report {
    #[serde(flatten)]
    pub(super) figures: Figures,
    /// How well probabilities tell enrolled products from others: a third of the classes is not enrolled, in turns.
    pub(super) unknown_auroc: f64,
    /// The smallest sets of candidates that were to hold the right one so often, and how often they did.
    pub(super) sets: Vec<SetFigures>,
    /// Share right at first among half of the classes with one photo of each enrolled, and with five.
    pub(super) disjoint_1shot: f64,
    pub(super) disjoint_5shot: f64,
    /// The same where the other photos of `train` are there without their names.
    pub(super) disjoint_1shot_transductive: f64,
    pub(super) disjoint_5shot_transductive: f64,
    /// Photos asked about that the model itself learnt from; `null` when it does not say. Figures on seen photos promise
    /// nothing.
    pub(super) seen_in_training: Option<usize>,
    pub(super) ms_per_image: f64,
    pub(super) images: usize,
    pub(super) classes: usize,
    pub(super) enrolled_photos: usize,
    split: String,
    pub(super) model: String,
    seed: u64,
}

/// What became of a promise.
#[derive(Serialize)]
pub(super) struct SetFigures {
    /// Share of sets that were to hold the right product.
    pub(super) promised: f64,
    /// Share that did.
    pub(super) held: f64,
    /// Candidates of a set, the mean.
    pub(super) size: f64,
    /// Share of sets that hold one candidate only.
    pub(super) single: f64,
}

/// What is enrolled and what is asked.
pub(super) struct Question<'a> {
    /// Where both are from.
    pub(super) dataset: &'a Dataset,
    /// The split that is asked about.
    pub(super) split: &'a str,
    /// What chance depends on.
    pub(super) seed: u64,
    /// The photos that are enrolled.
    pub(super) enrolled: Vec<&'a Photo>,
    /// The photos that are asked about.
    pub(super) queries: Vec<&'a Photo>,
}

impl<'a> Question<'a> {
    /// Enrols at most `limit` photos of a class, all without a limit.
    pub(super) fn new(dataset: &'a Dataset, split: &'a str, seed: u64, limit: Option<u32>) -> Self {
        let enrolled = match limit {
            Some(limit) => dataset.few_shot(limit as usize, seed),
            None => dataset.train.iter().collect(),
        };
        Self { dataset, split, seed, enrolled, queries: dataset.queries.iter().collect() }
    }
}

/// The figures and what they were made of, photo by photo in the order asked.
#[derive(Serialize)]
pub(super) struct Measured {
    #[serde(flatten)]
    pub(super) report: Report,
    #[serde(skip)]
    pub(super) answers: Vec<Answer>,
    #[serde(skip)]
    pub(super) strangers: Vec<Strangers>,
    #[serde(skip)]
    pub(super) one_shot: Vec<Tally>,
    #[serde(skip)]
    pub(super) five_shot: Vec<Tally>,
}

impl Measured {
    /// What a till would do with each photo.
    pub(super) fn outcomes(&self) -> Vec<Outcome> {
        self.answers.iter().map(|answer| answer.outcome).collect()
    }
}

/// Runs `eval images`.
pub(super) fn run(context: &Context, args: &ImagesArgs) -> Result<Exit, Failure> {
    let interrupt = Interrupt::watch()?;
    let dataset = Dataset::open(&args.dataset, &args.split, args.seed)?;
    let mut lab = Lab::new(context, args.model.as_deref(), &interrupt)?;
    let question = Question::new(&dataset, &args.split, args.seed, args.limit_enrol);
    let report = measure(context, &mut lab, &question, &interrupt)?.report;
    if context.console.json() {
        context.console.object(&report)?;
    } else {
        print(context, &report)?;
    }
    Ok(Exit::Ok)
}

/// Enrols, asks, and counts.
pub(super) fn measure(
    context: &Context,
    lab: &mut Lab<'_>,
    question: &Question<'_>,
    interrupt: &Interrupt,
) -> Result<Measured, Failure> {
    let Question { dataset, split, seed, enrolled, queries } = question;
    context.console.say(format_args!(
        "{} classes: enrolling {} photos, asking about {}",
        dataset.enrolled_classes(),
        enrolled.len(),
        queries.len()
    ));
    let known = lab.vectors(&paths(enrolled), Distortion::None)?;
    let asked = lab.vectors(&paths(queries), Distortion::None)?;
    let trial = Trial::enrol(&dataset.classes, lab, enrolled.iter().copied().zip(known))?;
    let answers = trial.answer(queries, &asked)?;
    let outcomes: Vec<Outcome> = answers.iter().map(|answer| answer.outcome).collect();
    let strangers = strangers(lab, dataset, SEEDS, interrupt)?;
    let mut few = |photos, means| disjoint::few_shot(lab, dataset, photos, means, interrupt);
    let (one_shot, five_shot) = (few(1, Means::Enrolled)?, few(5, Means::Enrolled)?);
    let (one_sharpened, five_sharpened) = (few(1, Means::Unlabelled)?, few(5, Means::Unlabelled)?);
    let seen = lab.seen(&paths(queries))?;
    let report = Report {
        figures: figures(&outcomes),
        unknown_auroc: unknown_products(&strangers).auroc,
        sets: set_figures(&answers),
        disjoint_1shot: disjoint::share(one_shot.iter().copied()),
        disjoint_5shot: disjoint::share(five_shot.iter().copied()),
        disjoint_1shot_transductive: disjoint::share(one_sharpened.into_iter()),
        disjoint_5shot_transductive: disjoint::share(five_sharpened.into_iter()),
        seen_in_training: seen.map(|seen| seen.into_iter().filter(|seen| *seen).count()),
        ms_per_image: time_per_image(lab, &trial, queries, interrupt)?,
        images: queries.len(),
        classes: dataset.enrolled_classes(),
        enrolled_photos: enrolled.len(),
        split: (*split).to_owned(),
        model: lab.version().to_string(),
        seed: *seed,
    };
    Ok(Measured { report, answers, strangers, one_shot, five_shot })
}

/// How the sets of each promise kept it.
fn set_figures(answers: &[Answer]) -> Vec<SetFigures> {
    let figures = |(at, promise): (usize, Promise)| {
        let lens = || answers.iter().map(move |answer| answer.set_lens[at]);
        let held = answers.iter().zip(lens()).map(|(a, len)| a.outcome.rank.is_some_and(|rank| rank < len));
        SetFigures {
            promised: promise.share(),
            held: mean(held).unwrap_or_default(),
            size: lens().sum::<usize>() as f64 / answers.len().max(1) as f64,
            single: mean(lens().map(|len| len == 1)).unwrap_or_default(),
        }
    };
    Promise::ALL.into_iter().enumerate().map(figures).collect()
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
    for set in &report.sets {
        let name = format!("in the set that promises {}", share(set.promised));
        row(&name, format!("{} of {:.1}", share(set.held), set.size));
    }
    row("right with 1 photo, half the classes", share(report.disjoint_1shot));
    row("right with 5 photos", share(report.disjoint_5shot));
    row("right with 1 photo and others without names", share(report.disjoint_1shot_transductive));
    row("right with 5 photos and others without names", share(report.disjoint_5shot_transductive));
    row(
        "asked photos the model has seen",
        report.seen_in_training.map_or("unknown".to_owned(), |seen| seen.to_string()),
    );
    row("milliseconds a photo", format!("{:.1}", report.ms_per_image));
    row("photos asked about", report.images.to_string());
    row("classes", report.classes.to_string());
    context.console.table(&table)
}
