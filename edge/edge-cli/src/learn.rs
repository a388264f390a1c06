//! `learn`: from what was sold to views and thresholds, all of it as one generation.

use std::collections::BTreeMap;

use anyhow::Context as _;
use domain::embedding::View;
use domain::ids::{Generation, ProductId, SightingId};
use domain::sighting::Sighting;
use edge_store::{Learnt, ViewChange};
use serde_json::{Value, json};
use vision::calibrate::{Calibration, CalibrationReport, OperatingPoints};
use vision::learn::{Lesson, Taught, learn};

use crate::Context;
use crate::cli::LearnArgs;
use crate::commands::render::count;
use crate::failure::{Exit, Failure};
use crate::interrupt::Interrupt;
use crate::models;
use crate::till::{Newest, Till};

/// Doubtful sightings that are named one by one.
const NAMED: usize = 10;

/// Runs `learn`.
pub(crate) fn run(context: &Context, args: &LearnArgs) -> Result<Exit, Failure> {
    let interrupt = Interrupt::watch()?;
    if args.forget {
        return forget(context, args, &interrupt);
    }
    let mut till = Till::open(context)?;
    let newest = till.catalogue()?;
    let Some(model) = newest.model.clone().filter(|_| !newest.views.is_empty()) else {
        return Err(Failure::new("nothing is enrolled yet, so nothing can be learnt from sales")
            .hint("teach the till what products look like: `tillsight enroll --folder DIR`"));
    };
    let found = till.sightings(&model)?;
    if found.unreadable > 0 {
        let unreadable = found.unreadable as usize;
        context
            .console
            .warn(format_args!("{} cannot be read and are passed over", count(unreadable, "sighting")));
    }
    let learnt = till.learnt()?;
    let calibration = till.calibration_json()?;
    drop(till);
    let taught = newest.sold_views();
    let (through, sightings) = telling(&newest, found.sightings, learnt);
    let experience = models::experience(context, &model, &taught)?;
    let points = OperatingPoints::default();
    let present = match calibration.as_deref().map(Calibration::from_json) {
        Some(Ok(present)) => present,
        // The till sells by such a fit too where it finds none.
        Some(Err(_)) | None => {
            Calibration::fit(&taught, &points, &experience).context("failed to calibrate")?
        }
    };
    let taught = Taught { views: &taught, calibration: &present, experience: &experience };
    let lesson = learn(taught, &sightings, &points, uuid::Uuid::now_v7)
        .context("failed to learn from what was sold")?;
    tell(context, &lesson, &sightings);
    interrupt.check()?;
    let generation = settle(context, args, &newest, &lesson, through, &interrupt, &present)?;
    if context.console.json() {
        context.console.object(&report(&lesson, &sightings, &newest, generation, args))?;
    }
    Ok(Exit::Ok)
}

/// The sightings that teach: of products that are sold, and not of what was gone back from.
fn telling(
    newest: &Newest,
    found: Vec<(SightingId, Sighting)>,
    learnt: Learnt,
) -> (SightingId, Vec<Sighting>) {
    let through = found.last().map_or(learnt.through, |(id, _)| *id);
    let sold = |id: &ProductId| newest.catalogue.product(id).is_some_and(|product| !product.archived);
    let tells = |(id, sighting): &(SightingId, Sighting)| *id > learnt.discarded && sold(&sighting.product);
    (through, found.into_iter().filter(tells).map(|(_, sighting)| sighting).collect())
}

fn tell(context: &Context, lesson: &Lesson, sightings: &[Sighting]) {
    let console = &context.console;
    console.say(format_args!(
        "{} remembered, {} of them asked about; {} to learn, {} to drop",
        count(sightings.len(), "sighting"),
        lesson.asked,
        count(lesson.add.len(), "view"),
        lesson.remove.len(),
    ));
    let share = |value: f32| format!("{:.1} %", value * 100.0);
    let said = |name: &str, said: &CalibrationReport| {
        console.say(format_args!(
            "{name}: right at first {}, accepted {}, wrong of those {}",
            share(said.first),
            share(said.accepted),
            share(said.accepted_wrong)
        ));
    };
    if lesson.asked > 0 {
        said("as the till is", &lesson.before);
        said("having learnt", &lesson.after);
    }
    for doubtful in lesson.doubtful.iter().take(NAMED) {
        let day = sightings[doubtful.sighting].day;
        console.warn(format_args!(
            "something sold as `{}` on {day} looks more like `{}`: no view is made of it",
            doubtful.sold_as, doubtful.looks_like
        ));
    }
    let others = lesson.doubtful.len().saturating_sub(NAMED);
    if others > 0 {
        console.warn(format_args!("so do {others} others; `--json` names them all"));
    }
}

/// Publishes what is new, or says why nothing is.
fn settle(
    context: &Context,
    args: &LearnArgs,
    newest: &Newest,
    lesson: &Lesson,
    through: SightingId,
    interrupt: &Interrupt,
    present: &Calibration,
) -> Result<Generation, Failure> {
    let console = &context.console;
    let same = !lesson.changes_views() && lesson.calibration.to_json() == present.to_json();
    if lesson.asked == 0 || same {
        console.say("there is nothing new to learn");
        return Ok(newest.generation);
    }
    if args.change.dry_run {
        console.say("nothing was changed: this was a dry run");
        return Ok(newest.generation);
    }
    console.confirm(&args.change, "The till will recognise by what it has learnt. Go on?", interrupt)?;
    interrupt.check()?;
    let generation = Till::open(context)?.publish_views(ViewChange {
        add: lesson.add.clone(),
        remove_views: lesson.remove.clone(),
        calibration_json: Some(lesson.calibration.to_json()),
        expected: Some(newest.generation),
        learnt_through: Some(through),
        ..ViewChange::new(lesson.calibration.model().cloned().context("nothing is enrolled")?)
    })?;
    console.say(format_args!(
        "generation {generation} is live; `tillsight catalog rollback {}` undoes it",
        newest.generation
    ));
    Ok(generation)
}

fn report(
    lesson: &Lesson,
    sightings: &[Sighting],
    newest: &Newest,
    generation: Generation,
    args: &LearnArgs,
) -> Value {
    let said = |said: &CalibrationReport| json!({"first": said.first, "accepted": said.accepted, "accepted_wrong": said.accepted_wrong});
    let mut added: BTreeMap<&str, usize> = BTreeMap::new();
    for View { product, .. } in &lesson.add {
        *added.entry(product.as_str()).or_default() += 1;
    }
    let doubtful = lesson.doubtful.iter().map(|one| {
        json!({
            "sold_as": one.sold_as.as_str(), "looks_like": one.looks_like.as_str(),
            "day": sightings[one.sighting].day.to_string(),
        })
    });
    json!({
        "generation": generation.0,
        "published": generation != newest.generation,
        "dry_run": args.change.dry_run,
        "sightings": sightings.len(),
        "asked": lesson.asked,
        "implausible": lesson.implausible,
        "doubtful": doubtful.collect::<Vec<_>>(),
        "added": lesson.add.len(),
        "added_by_product": added,
        "removed": lesson.remove.len(),
        "enrolled_views": lesson.enrolled,
        "learnt_views": lesson.learnt,
        "before": said(&lesson.before),
        "after": said(&lesson.after),
        "accept_at": lesson.calibration.accept_at(),
    })
}

fn forget(context: &Context, args: &LearnArgs, interrupt: &Interrupt) -> Result<Exit, Failure> {
    let console = &context.console;
    let question = "Everything that the till remembers of sold things will be forgotten. Go on?";
    let forgotten = if args.change.dry_run {
        console.say("nothing was changed: this was a dry run");
        0
    } else {
        console.confirm(&args.change, question, interrupt)?;
        Till::open(context)?.forget_sightings()?
    };
    console.say(format_args!(
        "{} forgotten",
        count(usize::try_from(forgotten).unwrap_or(usize::MAX), "sighting")
    ));
    if console.json() {
        console.object(&json!({"forgotten": forgotten, "dry_run": args.change.dry_run}))?;
    }
    Ok(Exit::Ok)
}
