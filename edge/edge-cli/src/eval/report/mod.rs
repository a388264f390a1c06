//! `eval report`: one page that says how well some models do, how sure that is, and what goes wrong.
//!
//! `figures` and `statistics` say what is more than chance, `classes` what is taken for what; `page` only shows it.

mod classes;
mod figures;
mod page;
mod pictures;
mod statistics;

use std::collections::{BTreeMap, BTreeSet};
use std::path::{Path, PathBuf};

use anyhow::Context as _;
use domain::embedding::Embedding;
use serde::Serialize;

use self::classes::{ClassRow, Confusion, confusions, nearest, per_class};
use self::figures::{Difference, Sure, compare};
use self::pictures::pictures;
use self::statistics::{DRAWS, Interval};
use super::cached::Lab;
use super::dataset::{Dataset, Photo};
use super::distort::Distortion;
use super::images::{Measured, Question, SEEDS, measure, paths};
use super::metrics::{Bin, coverage_at, reliability};
use super::tables::{self, ModelReport};
use crate::Context;
use crate::cli::ReportArgs;
use crate::failure::{Exit, Failure};
use crate::interrupt::Interrupt;
use crate::models;

/// Most confusions shown in pictures, of one model and of all together: what keeps the page below some megabytes.
const SCENES_A_MODEL: usize = 40;
const SCENES: usize = 120;
/// Most photos shown of one class that were taken for the same other.
const SCENES_A_PAIR: usize = 3;
/// For these shares of right ones the page says how much could be accepted without asking.
const PRECISIONS: [f64; 5] = [0.9, 0.95, 0.98, 0.99, 0.995];

#[derive(Serialize)]
struct Report {
    /// The data set's folder, by its name alone.
    dataset: String,
    split: String,
    images: usize,
    classes: usize,
    enrolled_photos: usize,
    seed: u64,
    /// Draws behind the intervals that are not those of a share.
    draws: u64,
    command: String,
    tillsight: &'static str,
    made_at: String,
    models: Vec<ModelPart>,
    comparisons: Vec<Comparison>,
    /// The file that was written.
    page: String,
}

/// One model.
#[derive(Serialize)]
struct ModelPart {
    label: String,
    #[serde(flatten)]
    measured: Measured,
    /// Enrolled photos that the model itself learnt from; `null` when it does not say. What is measured on products it
    /// was trained on says little about new ones.
    enrolled_seen_in_training: Option<usize>,
    /// 95 % intervals by field.
    intervals: BTreeMap<&'static str, Option<Interval>>,
    reliability: Vec<Bin>,
    coverage: Vec<Coverage>,
    per_class: Vec<ClassRow>,
    confusions: Vec<Confusion>,
    /// What `eval tables` knows; `null` with `--quick`.
    tables: Option<ModelReport>,
    #[serde(skip)]
    sure: Sure,
    #[serde(skip)]
    scenes: Vec<Scene>,
}

/// How much could be accepted without asking if this share of it had to be right.
#[derive(Serialize)]
struct Coverage {
    precision: f64,
    coverage: f64,
}

/// A model set against the first one.
#[derive(Serialize)]
struct Comparison {
    first: String,
    second: String,
    figures: Vec<Difference>,
}

/// One photo that was taken for something else, with the enrolled photos it is most like.
struct Scene {
    /// Places of its confusion and of its case there.
    confusion: usize,
    case: usize,
    asked: PathBuf,
    answered: Option<PathBuf>,
    right: Option<PathBuf>,
}

/// Runs `eval report`.
pub(super) fn run(context: &Context, args: &ReportArgs) -> Result<Exit, Failure> {
    let interrupt = Interrupt::watch()?;
    check_place(&args.out)?;
    let dataset = Dataset::open(&args.dataset, &args.split, args.seed)?;
    let question = Question::new(&dataset, &args.split, args.seed, None);
    let mut labs = open_labs(context, &args.names, &interrupt)?;
    let labels = labels(&args.names, &labs);
    let mut models: Vec<ModelPart> = Vec::with_capacity(labs.len());
    for (lab, label) in labs.iter_mut().zip(labels) {
        context.console.say(format_args!("measuring {label}"));
        models.push(look_at(context, args, lab, label, &question, &interrupt)?);
    }
    let report = Report {
        dataset: folder_name(&args.dataset),
        split: args.split.clone(),
        images: question.queries.len(),
        classes: dataset.enrolled_classes(),
        enrolled_photos: question.enrolled.len(),
        seed: args.seed,
        draws: DRAWS,
        command: command(context, args),
        tillsight: env!("CARGO_PKG_VERSION"),
        made_at: jiff::Timestamp::now().strftime("%Y-%m-%dT%H:%M:%SZ").to_string(),
        comparisons: comparisons(&models),
        models,
        page: args.out.display().to_string(),
    };
    write_page(context, args, &report)?;
    if context.console.json() {
        context.console.object(&report)?;
    } else {
        context.console.table(&page::headline(&report))?;
    }
    Ok(Exit::Ok)
}

/// Refuses a place where no file can be written before hours go into what would stand in it.
fn check_place(out: &Path) -> Result<(), Failure> {
    if out.is_dir() {
        let failure = Failure::usage(format!("`{}` is a folder, and the report is one file", out.display()));
        return Err(failure.hint(format!("name a file in it: `--out {}`", out.join("report.html").display())));
    }
    let folder = match out.parent() {
        Some(parent) if parent != Path::new("") => parent,
        _ => Path::new("."),
    };
    if folder.is_dir() {
        return Ok(());
    }
    let failure = Failure::usage(format!("`{}` cannot be written: there is no such folder", out.display()));
    Err(failure.hint(format!("make it first: `mkdir -p {}`", folder.display())))
}

fn open_labs<'a>(
    context: &'a Context,
    names: &[String],
    interrupt: &'a Interrupt,
) -> Result<Vec<Lab<'a>>, Failure> {
    if names.is_empty() {
        return Ok(vec![Lab::new(context, None, interrupt)?]);
    }
    names.iter().map(|name| Lab::new(context, Some(name), interrupt)).collect()
}

/// What each model is called: by its name, by its version where names are equal, by its turn where versions are.
fn labels(names: &[String], labs: &[Lab<'_>]) -> Vec<String> {
    let named =
        |place: usize| models::label(names.get(place).map(String::as_str), labs[place].version()).to_owned();
    let all: Vec<String> = (0..labs.len()).map(named).collect();
    let mut labels: Vec<String> = Vec::with_capacity(all.len());
    for (place, name) in all.iter().enumerate() {
        let alone = all.iter().filter(|other| *other == name).count() == 1;
        let label = if alone { name.clone() } else { labs[place].version().to_string() };
        let again = labels.iter().filter(|other| other.starts_with(&label)).count();
        labels.push(if again > 0 { format!("{label} ({})", again + 1) } else { label });
    }
    labels
}

fn look_at(
    context: &Context,
    args: &ReportArgs,
    lab: &mut Lab<'_>,
    label: String,
    question: &Question<'_>,
    interrupt: &Interrupt,
) -> Result<ModelPart, Failure> {
    let measured = measure(context, lab, question, interrupt)?;
    if let Some(seen) = measured.report.seen_in_training.filter(|seen| *seen > 0) {
        let of = measured.report.images;
        context.console.warn(format_args!(
            "{label} has learnt from {seen} of the {of} photos asked about: its figures promise nothing"
        ));
    }
    let seen = lab.seen(&paths(&question.enrolled))?;
    let sure = Sure::of(&measured, question.seed);
    let confusions = confusions(question, &args.dataset, &measured.answers);
    let limit = SCENES_A_MODEL.min(SCENES / args.names.len().max(1));
    let scenes = scenes(lab, question, &confusions, limit)?;
    let tables = if args.quick {
        None
    } else {
        Some(tables::measure(context, lab, question.dataset, &label, SEEDS, interrupt)?)
    };
    let outcomes = measured.outcomes();
    let coverage = |precision| Coverage { precision, coverage: coverage_at(&outcomes, precision) };
    Ok(ModelPart {
        enrolled_seen_in_training: seen.map(|seen| seen.into_iter().filter(|seen| *seen).count()),
        intervals: sure.named_intervals(),
        reliability: reliability(&outcomes),
        coverage: PRECISIONS.map(coverage).into(),
        per_class: per_class(question, &measured.answers),
        confusions,
        tables,
        label,
        measured,
        sure,
        scenes,
    })
}

/// The worst confusions, some photos of each, with the enrolled photos that they are most like.
fn scenes(
    lab: &mut Lab<'_>,
    question: &Question<'_>,
    confusions: &[Confusion],
    limit: usize,
) -> Result<Vec<Scene>, Failure> {
    let known = lab.vectors(&paths(&question.enrolled), Distortion::None)?;
    let enrolled: Vec<(&Photo, Embedding)> = question.enrolled.iter().copied().zip(known).collect();
    let asked = lab.vectors(&paths(&question.queries), Distortion::None)?;
    let cases = confusions.iter().enumerate().flat_map(|(confusion, group)| {
        let first = group.cases.iter().enumerate().take(SCENES_A_PAIR);
        first.map(move |(case, what)| (confusion, case, group.classes, what.query))
    });
    let scene = |(confusion, case, (right, answered), query): (usize, usize, (usize, usize), usize)| {
        let like = |class| nearest(&asked[query], class, &enrolled).map(|photo| photo.path.clone());
        let asked = question.queries[query].path.clone();
        Scene { confusion, case, asked, answered: like(answered), right: like(right) }
    };
    Ok(cases.take(limit).map(scene).collect())
}

/// Each model after the first against it.
fn comparisons(models: &[ModelPart]) -> Vec<Comparison> {
    let Some((first, others)) = models.split_first() else { return Vec::new() };
    let against_first = |second: &ModelPart| Comparison {
        first: first.label.clone(),
        second: second.label.clone(),
        figures: compare((&first.measured, &first.sure), (&second.measured, &second.sure)),
    };
    others.iter().map(against_first).collect()
}

fn write_page(context: &Context, args: &ReportArgs, report: &Report) -> Result<(), Failure> {
    let scenes = report.models.iter().flat_map(|model| &model.scenes);
    let photos: BTreeSet<&Path> = scenes
        .flat_map(|scene| [Some(&scene.asked), scene.answered.as_ref(), scene.right.as_ref()])
        .flatten()
        .map(PathBuf::as_path)
        .collect();
    let text = page::page(report, &pictures(photos)?).into_string();
    let out = args.out.display();
    std::fs::write(&args.out, &text).with_context(|| format!("failed to write `{out}`"))?;
    context.console.say(format_args!("wrote `{out}`, {} kB", text.len().div_ceil(1000)));
    Ok(())
}

/// The command, with the names of folders instead of where they lie on this machine.
fn command(context: &Context, args: &ReportArgs) -> String {
    let mut words = vec!["tillsight".to_owned()];
    let mut option = |name: &str, value: String| words.extend([name.to_owned(), quoted(&value)]);
    if let Some(folder) = &context.global.models {
        option("--models", folder_name(folder));
    }
    option("eval", "report".to_owned());
    option("--dataset", folder_name(&args.dataset));
    option("--split", args.split.clone());
    for name in &args.names {
        let parts: Vec<&str> = name.split('/').filter(|part| !part.is_empty()).collect();
        option("--model", parts[parts.len().saturating_sub(2)..].join("/"));
    }
    option("--seed", args.seed.to_string());
    option("--out", folder_name(&args.out));
    if args.quick {
        words.push("--quick".to_owned());
    }
    words.join(" ")
}

fn quoted(word: &str) -> String {
    let is_plain = |c: char| c.is_alphanumeric() || "-_./".contains(c);
    if word.chars().all(is_plain) { word.to_owned() } else { format!("'{}'", word.replace('\'', r"'\''")) }
}

/// The last name of a path, also of `.`.
fn folder_name(path: &Path) -> String {
    let whole = std::path::absolute(path).unwrap_or_else(|_| path.to_path_buf());
    whole.file_name().unwrap_or(whole.as_os_str()).to_string_lossy().into_owned()
}
