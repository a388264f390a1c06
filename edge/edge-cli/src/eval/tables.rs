//! `eval tables`: the model card's tables, each model on each kind of bad photo.

use std::collections::BTreeSet;

use rand::SeedableRng as _;
use rand::seq::SliceRandom as _;
use rand_chacha::ChaCha8Rng;
use serde::Serialize;

use super::cached::Lab;
use super::dataset::{Dataset, Photo};
use super::distort::Distortion;
use super::images::paths;
use super::metrics::{Figures, Outcome, Reaction, auroc, figures, mean};
use super::trial::Trial;
use crate::Context;
use crate::cli::TablesArgs;
use crate::failure::{Exit, Failure};
use crate::interrupt::Interrupt;
use crate::table::{Align, Table};

const FEW_SHOT: [usize; 5] = [1, 3, 5, 10, 20];
const DISTORTIONS: [Distortion; 13] = [
    Distortion::None,
    Distortion::Covered(10),
    Distortion::Covered(25),
    Distortion::Covered(40),
    Distortion::LowLight(2),
    Distortion::LowLight(4),
    Distortion::LowLight(8),
    Distortion::MotionBlur(5),
    Distortion::MotionBlur(9),
    Distortion::MotionBlur(17),
    Distortion::Noise(10),
    Distortion::Noise(20),
    Distortion::Noise(40),
];

#[derive(Serialize)]
struct Report {
    split: String,
    images: usize,
    classes: usize,
    enrolled_photos: usize,
    seeds: u32,
    models: Vec<ModelReport>,
}

/// One model in the tables.
#[derive(Serialize)]
pub(super) struct ModelReport {
    name: String,
    model: String,
    few_shot: Vec<FewShot>,
    distortions: Vec<Distorted>,
    unknown_products: UnknownProducts,
}

#[derive(Serialize)]
struct FewShot {
    photos_a_class: usize,
    #[serde(flatten)]
    figures: Figures,
}

#[derive(Serialize)]
struct Distorted {
    distortion: String,
    #[serde(flatten)]
    figures: Figures,
}

/// Means over the seeds, a third of the classes being unknown each time.
#[derive(Serialize)]
pub(super) struct UnknownProducts {
    unknown_accepted: f64,
    unknown_asked: f64,
    unknown_said_unknown: f64,
    pub(super) auroc: f64,
    known_top1: f64,
    known_accepted: f64,
    known_said_unknown: f64,
    accept_precision: f64,
}

/// Runs `eval tables`.
pub(super) fn run(context: &Context, args: &TablesArgs) -> Result<Exit, Failure> {
    let interrupt = Interrupt::watch()?;
    let dataset = Dataset::open(&args.dataset, &args.split, 1)?;
    let mut models = Vec::with_capacity(args.names.len());
    for name in &args.names {
        let mut lab = Lab::new(context, Some(name), &interrupt)?;
        models.push(measure(context, &mut lab, &dataset, name, args.seeds, &interrupt)?);
    }
    let report = Report {
        split: args.split.clone(),
        images: dataset.queries.len(),
        classes: dataset.enrolled_classes(),
        enrolled_photos: dataset.train.len(),
        seeds: args.seeds,
        models,
    };
    let console = &context.console;
    for (heading, table) in tables(&report.models.iter().collect::<Vec<_>>()) {
        if args.markdown {
            console.line(format_args!("### {heading}\n\n{}", table.markdown()))?;
        } else if !console.json() {
            console.line(heading)?;
            console.table(&table)?;
            console.line("")?;
        }
    }
    if console.json() {
        console.object(&report)?;
    }
    Ok(Exit::Ok)
}

/// What `eval tables` knows of one model, which is called `name` in the tables.
pub(super) fn measure(
    context: &Context,
    lab: &mut Lab<'_>,
    dataset: &Dataset,
    name: &str,
    seeds: u32,
    interrupt: &Interrupt,
) -> Result<ModelReport, Failure> {
    let train: Vec<&Photo> = dataset.train.iter().collect();
    let queries: Vec<&Photo> = dataset.queries.iter().collect();
    let known = lab.vectors(&paths(&train), Distortion::None)?;
    let full = Trial::enrol(&dataset.classes, lab, train.iter().copied().zip(known.iter().cloned()))?;
    let mut distortions = Vec::with_capacity(DISTORTIONS.len());
    for distortion in DISTORTIONS {
        let vectors = lab.vectors(&paths(&queries), distortion)?;
        let figures = figures(&full.ask(&queries, &vectors)?);
        distortions.push(Distorted { distortion: distortion.name(), figures });
    }
    context.console.say(format_args!("few photos and unknown products with {name}"));
    let few_shot = few_shot(lab, dataset, &queries, seeds)?;
    let unknown_products = unknown_products(&strangers(lab, dataset, seeds, interrupt)?);
    Ok(ModelReport {
        name: name.to_owned(),
        model: lab.version().to_string(),
        few_shot,
        distortions,
        unknown_products,
    })
}

fn few_shot(
    lab: &mut Lab<'_>,
    dataset: &Dataset,
    queries: &[&Photo],
    seeds: u32,
) -> Result<Vec<FewShot>, Failure> {
    let asked = lab.vectors(&paths(queries), Distortion::None)?;
    let mut rows = Vec::with_capacity(FEW_SHOT.len());
    for photos_a_class in FEW_SHOT {
        let mut runs = Vec::with_capacity(seeds as usize);
        for seed in 1..=u64::from(seeds) {
            let chosen = dataset.few_shot(photos_a_class, seed);
            let vectors = lab.vectors(&paths(&chosen), Distortion::None)?;
            let trial = Trial::enrol(&dataset.classes, lab, chosen.iter().copied().zip(vectors))?;
            runs.push(figures(&trial.ask(queries, &asked)?));
        }
        rows.push(FewShot { photos_a_class, figures: average(&runs) });
    }
    Ok(rows)
}

/// A till that was not taught a third of the classes, asked about all photos.
#[derive(Debug)]
pub(super) struct Strangers {
    /// For each photo asked about, whether its class was left out, and the answer.
    pub(super) answers: Vec<(bool, Outcome)>,
}

impl Strangers {
    /// The answers to photos of enrolled classes, or of the others.
    pub(super) fn of(&self, strange: bool) -> Vec<Outcome> {
        let wanted = self.answers.iter().filter(|(is_strange, _)| *is_strange == strange);
        wanted.map(|(_, outcome)| *outcome).collect()
    }
}

/// Leaves a third of the classes out of the enrolment and asks about all, with each seed in turn.
pub(super) fn strangers(
    lab: &mut Lab<'_>,
    dataset: &Dataset,
    seeds: u32,
    interrupt: &Interrupt,
) -> Result<Vec<Strangers>, Failure> {
    let queries: Vec<&Photo> = dataset.queries.iter().collect();
    let asked = lab.vectors(&paths(&queries), Distortion::None)?;
    let mut runs = Vec::with_capacity(seeds as usize);
    for seed in 1..=u64::from(seeds) {
        interrupt.check()?;
        let held_out = a_third(dataset.classes.len(), seed);
        let enrolled: Vec<&Photo> = dataset.train.iter().filter(|p| !held_out.contains(&p.class)).collect();
        let vectors = lab.vectors(&paths(&enrolled), Distortion::None)?;
        let trial = Trial::enrol(&dataset.classes, lab, enrolled.iter().copied().zip(vectors))?;
        let outcomes = trial.ask(&queries, &asked)?;
        let is_strange = queries.iter().map(|photo| held_out.contains(&photo.class));
        runs.push(Strangers { answers: is_strange.zip(outcomes).collect() });
    }
    Ok(runs)
}

/// What does a till say of things it was never shown, and what does that caution cost the things it knows?
pub(super) fn unknown_products(runs: &[Strangers]) -> UnknownProducts {
    let runs: Vec<UnknownProducts> =
        runs.iter().map(|run| summarise(&run.of(false), &run.of(true))).collect();
    let over = |field: fn(&UnknownProducts) -> f64| runs.iter().map(field).sum::<f64>() / runs.len() as f64;
    UnknownProducts {
        unknown_accepted: over(|r| r.unknown_accepted),
        unknown_asked: over(|r| r.unknown_asked),
        unknown_said_unknown: over(|r| r.unknown_said_unknown),
        auroc: over(|r| r.auroc),
        known_top1: over(|r| r.known_top1),
        known_accepted: over(|r| r.known_accepted),
        known_said_unknown: over(|r| r.known_said_unknown),
        accept_precision: over(|r| r.accept_precision),
    }
}

fn a_third(classes: usize, seed: u64) -> BTreeSet<usize> {
    let mut places: Vec<usize> = (0..classes).collect();
    places.shuffle(&mut ChaCha8Rng::seed_from_u64(seed));
    places.into_iter().take(classes / 3).collect()
}

fn summarise(known: &[Outcome], strange: &[Outcome]) -> UnknownProducts {
    let share = |outcomes: &[Outcome], reaction| {
        mean(outcomes.iter().map(|outcome| outcome.reaction == reaction)).unwrap_or_default()
    };
    let sure = |outcomes: &[Outcome]| outcomes.iter().map(|outcome| outcome.probability).collect::<Vec<_>>();
    let all = known.iter().chain(strange);
    let accepted = all.filter(|outcome| outcome.reaction == Reaction::Accepted);
    UnknownProducts {
        unknown_accepted: share(strange, Reaction::Accepted),
        unknown_asked: share(strange, Reaction::Asked),
        unknown_said_unknown: share(strange, Reaction::Unknown),
        auroc: auroc(&sure(known), &sure(strange)).unwrap_or(0.5),
        known_top1: mean(known.iter().map(|o| o.rank == Some(0))).unwrap_or_default(),
        known_accepted: share(known, Reaction::Accepted),
        known_said_unknown: share(known, Reaction::Unknown),
        accept_precision: mean(accepted.map(|o| o.rank == Some(0))).unwrap_or_default(),
    }
}

/// The mean of each figure; an optional one over the runs that have it.
fn average(runs: &[Figures]) -> Figures {
    let over = |field: fn(&Figures) -> f64| runs.iter().map(field).sum::<f64>() / runs.len() as f64;
    let over_some = |field: fn(&Figures) -> Option<f64>| {
        let values: Vec<f64> = runs.iter().filter_map(field).collect();
        (!values.is_empty()).then(|| values.iter().sum::<f64>() / values.len() as f64)
    };
    Figures {
        top1: over(|f| f.top1),
        top3: over(|f| f.top3),
        top5: over(|f| f.top5),
        coarse_top1: over_some(|f| f.coarse_top1),
        accept_coverage: over(|f| f.accept_coverage),
        accept_precision: over_some(|f| f.accept_precision),
        coverage_at_99_precision: over(|f| f.coverage_at_99_precision),
        asked: over(|f| f.asked),
        asked_in_top3: over_some(|f| f.asked_in_top3),
        unknown: over(|f| f.unknown),
        ece: over(|f| f.ece),
    }
}

/// A share as tables show it.
pub(super) fn percent(value: f64) -> String {
    format!("{:.1} %", value * 100.0)
}

/// The tables of some models under each other, with their headings.
pub(super) fn tables(models: &[&ModelReport]) -> [(&'static str, Table); 3] {
    [
        (
            "Few photos a class",
            figure_table(models, "photos a class", |model| {
                model.few_shot.iter().map(|row| (row.photos_a_class.to_string(), &row.figures)).collect()
            }),
        ),
        (
            "Bad photos",
            figure_table(models, "photos asked about", |model| {
                model.distortions.iter().map(|row| (row.distortion.clone(), &row.figures)).collect()
            }),
        ),
        ("Unknown products", unknown_table(models)),
    ]
}

fn figure_table(
    models: &[&ModelReport],
    first: &str,
    rows: impl Fn(&ModelReport) -> Vec<(String, &Figures)>,
) -> Table {
    let figures = ["top-1", "top-3", "top-5", "accepted", "right of those", "asked", "said unknown"];
    let mut columns = vec![("model", Align::Left), (first, Align::Left)];
    columns.extend(figures.map(|name| (name, Align::Right)));
    let mut table = Table::new(&columns);
    for model in models {
        for (name, f) in rows(model) {
            let precision = f.accept_precision.map_or("-".to_owned(), percent);
            let shares = [f.top1, f.top3, f.top5, f.accept_coverage].map(percent);
            let rest = [precision, percent(f.asked), percent(f.unknown)];
            table.row([model.name.clone(), name].into_iter().chain(shares).chain(rest));
        }
    }
    table
}

fn unknown_table(models: &[&ModelReport]) -> Table {
    let mut table = Table::new(&[
        ("model", Align::Left),
        ("unknown: accepted", Align::Right),
        ("asked", Align::Right),
        ("said unknown", Align::Right),
        ("AUROC", Align::Right),
        ("known: top-1", Align::Right),
        ("accepted", Align::Right),
        ("said unknown", Align::Right),
        ("right of all accepted", Align::Right),
    ]);
    for model in models {
        let u = &model.unknown_products;
        let strange = [u.unknown_accepted, u.unknown_asked, u.unknown_said_unknown].map(percent);
        let known = [u.known_top1, u.known_accepted, u.known_said_unknown, u.accept_precision].map(percent);
        let row = std::iter::once(model.name.clone()).chain(strange);
        table.row(row.chain([format!("{:.3}", u.auroc)]).chain(known));
    }
    table
}
