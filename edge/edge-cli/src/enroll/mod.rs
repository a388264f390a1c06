//! Teaching the till what products look like.
//!
//! Everything is checked before anything is published, and then all of it is published as one generation: whatever goes
//! wrong, and whenever Ctrl-C comes, the till recognises by the old views or by the new ones, never by half of them.

mod camera;
mod gather;
mod publish;
mod resemblance;

use std::collections::BTreeMap;
use std::path::{Path, PathBuf};

use anyhow::Context as _;
use domain::embedding::{Embedding, View};
use domain::ids::{Generation, ModelVersion, ProductId, ViewId};
use serde::Serialize;
use vision::calibrate::{Calibration, Experience, OperatingPoints};
use vision::decode::{Limits, Picture, decode_file};
use vision::models::ModelFiles;
use vision::preprocess::{Region, centre_crop, item_crop, to_input};
use vision::tray::find_single_item;

use crate::Context;
use crate::cli::{CropMode, EnrollArgs};
use crate::commands::render::count;
use crate::failure::{Exit, Failure};
use crate::interrupt::Interrupt;
use crate::models;
use crate::photos::{self, embed_all};
use crate::progress::Progress;
use crate::suggest::did_you_mean;
use crate::till::{Newest, Till};
use gather::Job;
use resemblance::Resemblance;

/// Two photos whose vectors are this close are the same photo.
const SAME_PHOTO_COSINE: f32 = 0.9999;

/// Runs `enroll`.
pub(crate) fn run(context: &Context, args: &EnrollArgs) -> Result<Exit, Failure> {
    let interrupt = Interrupt::watch()?;
    if args.camera {
        return camera::run(context, args, &interrupt);
    }
    let newest = Till::open(context)?.catalogue()?;
    let jobs = gather::jobs(context, args, &newest.catalogue)?;
    let files = model_files(context, args, newest.model.as_ref())?;
    let (embedded, experience) = embed(context, args, &files, &jobs, &interrupt)?;
    let plan = Plan::make(args, &newest, &files.version, embedded)?;
    for skipped in &plan.skipped {
        context.console.warn(format_args!("`{}` is left out: {}", skipped.photo.display(), skipped.reason));
    }
    let calibration = Calibration::fit(&plan.all_views(), &OperatingPoints::default(), &experience)
        .context("failed to calibrate on the enrolled photos")?;
    let resemblances = resemblance::check(&plan, &newest.catalogue, &files, &calibration)?;
    interrupt.check()?;
    let questions = questions(context, &newest, &plan, &resemblances, &files.version);
    let generation = if args.change.dry_run {
        context.console.say("nothing was changed: this was a dry run");
        newest.generation
    } else {
        if !questions.is_empty() {
            context.console.confirm(&args.change, &format!("{} Go on?", questions.join(" ")), &interrupt)?;
        }
        interrupt.check()?;
        publish::run(context, args, &newest, &plan, &calibration, &interrupt)?
    };
    report(context, args, &plan, &resemblances, &files.version, generation)?;
    Ok(Exit::Ok)
}

/// The model that was named, else the one that made the enrolled views, else the manifest's default.
fn model_files(
    context: &Context,
    args: &EnrollArgs,
    enrolled: Option<&ModelVersion>,
) -> Result<ModelFiles, Failure> {
    if let Some(name) = &args.model {
        return models::find(context, Some(name));
    }
    let of_views = enrolled.map(|version| models::of_version(context, version)).transpose()?.flatten();
    of_views.map_or_else(|| models::find(context, None), Ok)
}

/// A photo with its vector, or with the reason why it has none.
type Embedded = (Job, Result<Embedding, Failure>);

fn embed(
    context: &Context,
    args: &EnrollArgs,
    files: &ModelFiles,
    jobs: &[Job],
    interrupt: &Interrupt,
) -> Result<(Vec<Embedded>, Experience), Failure> {
    let console = &context.console;
    console.say(format_args!("embedding {} with {}", count(jobs.len(), "photo"), files.version));
    let empty = empty_tray(args)?;
    let mut embedder = models::open(files)?;
    let progress = Progress::new(console, jobs.len() as u64, "embedding");
    let side = files.input_side;
    let prepare = |job: &Job| {
        let (picture, region) = cut(&job.photo, args.crop, empty.as_ref())?;
        Ok::<_, Failure>(to_input(&picture.rgb, (picture.width, picture.height), region, side))
    };
    let vectors = embed_all(&mut embedder, jobs, prepare, &progress, interrupt)?;
    drop(progress);
    let mut embedded = Vec::with_capacity(jobs.len());
    for (job, vector) in jobs.iter().cloned().zip(vectors) {
        if args.strict
            && let Err(failure) = vector
        {
            return Err(
                failure.hint("nothing was enrolled; leave the photo out, or run it without `--strict`")
            );
        }
        embedded.push((job, vector));
    }
    Ok((embedded, embedder.experience()?))
}

fn empty_tray(args: &EnrollArgs) -> Result<Option<Picture>, Failure> {
    let Some(path) = &args.empty_tray else { return Ok(None) };
    Ok(Some(decode_file(path, &Limits::default()).context("failed to use the photo of the empty tray")?))
}

/// A photo, and the part of it that shows the product.
fn cut(photo: &Path, crop: CropMode, empty: Option<&Picture>) -> Result<(Picture, Region), Failure> {
    let picture = decode_file(photo, &Limits::default())?;
    let size = (picture.width, picture.height);
    let region = match (crop, empty) {
        (CropMode::Tray, Some(empty)) if (empty.width, empty.height) != size => {
            return Err(Failure::new(format!(
                "`{}` has {} x {} pixels, but the photo of the empty tray has {} x {}",
                photo.display(),
                size.0,
                size.1,
                empty.width,
                empty.height
            )));
        }
        (CropMode::Tray, Some(empty)) => match find_single_item(&picture, empty) {
            Some(bounds) => item_crop(bounds, size),
            None => {
                let text = format!("`{}` shows nothing that the empty tray does not", photo.display());
                return Err(Failure::new(text));
            }
        },
        _ => centre_crop(size.0, size.1),
    };
    Ok((picture, region))
}

/// A photo that is not enrolled.
#[derive(Debug, Serialize)]
struct Skipped {
    photo: PathBuf,
    product: String,
    reason: String,
}

/// What is to be enrolled, checked.
struct Plan {
    /// Views that stay.
    kept: Vec<View>,
    /// Views that come.
    added: Vec<View>,
    /// The photos they were made from.
    photos: BTreeMap<ViewId, PathBuf>,
    /// Views that leave because another model made them.
    other_model: usize,
    skipped: Vec<Skipped>,
}

impl Plan {
    fn make(
        args: &EnrollArgs,
        newest: &Newest,
        model: &ModelVersion,
        embedded: Vec<Embedded>,
    ) -> Result<Self, Failure> {
        let products: Vec<ProductId> = embedded.iter().map(|(job, _)| job.product.clone()).collect();
        let stays = |view: &&View| {
            view.embedding.model() == model && !(args.replace && products.contains(&view.product))
        };
        let kept: Vec<View> = newest.views.iter().filter(stays).cloned().collect();
        let other_model = newest.views.iter().filter(|view| view.embedding.model() != model).count();
        let mut plan =
            Self { kept, added: Vec::new(), photos: BTreeMap::new(), other_model, skipped: Vec::new() };
        let mut unreadable: BTreeMap<ProductId, usize> = BTreeMap::new();
        for (job, vector) in embedded {
            match vector {
                Ok(embedding) => plan.add(job, embedding)?,
                Err(failure) => {
                    let reason: Vec<String> = failure.error().chain().map(ToString::to_string).collect();
                    *unreadable.entry(job.product.clone()).or_default() += 1;
                    plan.skip(job, reason.join(": "));
                }
            }
        }
        // A product whose every photo is bad was not what anybody meant; known photos are no fault.
        let has_photo = |id: &ProductId| {
            plan.added.iter().any(|view| view.product == *id)
                || plan.skipped.iter().filter(|s| s.product == id.as_str()).count() > unreadable[id]
        };
        if let Some(product) = unreadable.keys().find(|&id| !has_photo(id)) {
            let first = plan.skipped.iter().find(|skipped| skipped.product == product.as_str());
            let because = first.map(|skipped| skipped.reason.as_str()).unwrap_or_default();
            return Err(Failure::new(format!("no photo of `{product}` can be used: {because}"))
                .hint("nothing was enrolled; give JPEG, PNG or WebP photos that open in a picture viewer"));
        }
        Ok(plan)
    }

    fn add(&mut self, job: Job, embedding: Embedding) -> Result<(), Failure> {
        let same = |view: &&View| {
            view.product == job.product && cosine(&view.embedding, &embedding) > SAME_PHOTO_COSINE
        };
        if self.kept.iter().chain(&self.added).find(same).is_some() {
            self.skip(job, "the same photo is enrolled already".to_owned());
            return Ok(());
        }
        let id = ViewId::of_photo(photos::name(&job.photo)?, uuid::Uuid::now_v7());
        self.photos.insert(id, job.photo);
        self.added.push(View { id, product: job.product, embedding });
        Ok(())
    }

    fn skip(&mut self, job: Job, reason: String) {
        self.skipped.push(Skipped { photo: job.photo, product: job.product.to_string(), reason });
    }

    /// The views of the new generation.
    fn all_views(&self) -> Vec<View> {
        self.kept.iter().chain(&self.added).cloned().collect()
    }

    /// The products that get views, in order of id.
    fn products(&self) -> BTreeMap<&ProductId, usize> {
        let mut counts = BTreeMap::new();
        for view in &self.added {
            *counts.entry(&view.product).or_default() += 1;
        }
        counts
    }
}

fn cosine(a: &Embedding, b: &Embedding) -> f32 {
    a.values().iter().zip(b.values()).map(|(a, b)| a * b).sum()
}

/// Says what a person should look at, and gives what to ask before going on.
fn questions(
    context: &Context,
    newest: &Newest,
    plan: &Plan,
    resemblances: &BTreeMap<ProductId, Resemblance>,
    model: &ModelVersion,
) -> Vec<String> {
    let mut questions = Vec::new();
    let doubtful: Vec<&ProductId> =
        resemblances.iter().filter(|(_, found)| found.doubtful).map(|(product, _)| product).collect();
    for &product in &doubtful {
        let found = &resemblances[product];
        let name = resemblance::shown(&newest.catalogue, &found.looks_like);
        context.console.warn(format_args!(
            "the photos of `{product}` look like {name}: probability {}",
            found.probability
        ));
    }
    match doubtful.as_slice() {
        [] => {}
        [one] => questions.push(format!("The photos of `{one}` look like another product.")),
        many => questions.push(format!("The photos of {} products look like others.", many.len())),
    }
    if plan.other_model > 0 {
        let others = newest.model.as_ref().map_or("another model", ModelVersion::as_str);
        questions.push(format!(
            "{} made by {others} will leave, because vectors of {model} cannot be compared with them (`tillsight views re-embed` takes them along).",
            count(plan.other_model, "view")
        ));
    }
    questions
}

#[derive(Serialize)]
struct ProductReport<'a> {
    product: &'a str,
    added: usize,
    views: usize,
    looks_like: Option<&'a Resemblance>,
}

#[derive(Serialize)]
struct Report<'a> {
    generation: u64,
    model: &'a str,
    added: usize,
    products: Vec<ProductReport<'a>>,
    skipped: &'a [Skipped],
    dry_run: bool,
}

fn report(
    context: &Context,
    args: &EnrollArgs,
    plan: &Plan,
    resemblances: &BTreeMap<ProductId, Resemblance>,
    model: &ModelVersion,
    generation: Generation,
) -> Result<(), Failure> {
    let console = &context.console;
    let kept = |id: &ProductId| plan.kept.iter().filter(|view| view.product == *id).count();
    let products: Vec<ProductReport<'_>> = plan
        .products()
        .into_iter()
        .map(|(id, added)| ProductReport {
            product: id.as_str(),
            added,
            views: kept(id) + added,
            looks_like: resemblances.get(id),
        })
        .collect();
    let what = format!("{} of {}", count(plan.added.len(), "view"), count(products.len(), "product"));
    match (plan.added.is_empty(), args.change.dry_run) {
        (true, _) => console.say("there was nothing new to enrol"),
        (false, true) => console.say(format_args!("would enrol {what}")),
        (false, false) => console.say(format_args!("enrolled {what}; generation {generation} is live")),
    }
    if !console.json() {
        return Ok(());
    }
    console.object(&Report {
        generation: generation.0,
        model: model.as_str(),
        added: plan.added.len(),
        products,
        skipped: &plan.skipped,
        dry_run: args.change.dry_run,
    })
}

/// The id with the product that was probably meant, for a message about several.
fn with_suggestion<'a>(id: &str, known: impl IntoIterator<Item = &'a str>) -> String {
    match did_you_mean(id, known) {
        Some(meant) => format!("`{id}` ({meant})"),
        None => format!("`{id}`"),
    }
}
