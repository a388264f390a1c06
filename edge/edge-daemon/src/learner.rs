//! Learning from sales, once a day while nobody shops, on a thread of its own.

use std::sync::Arc;
use std::time::{Duration, Instant};

use anyhow::{Context as _, bail};
use domain::embedding::View;
use domain::ids::{Generation, ProductId, SightingId, Uuid};
use domain::sighting::Sighting;
use domain::time::BusinessDay;
use edge_store::{CatalogueGeneration, Store, ViewChange};
use service::tasks::Tasks;
use vision::calibrate::{Calibration, Experience, OperatingPoints};
use vision::embed::Embedder;
use vision::learn::{Lesson, Taught, learn};

use crate::board::Board;
use crate::catalogue::CatalogueLoader;
use crate::clock::{Clock, DayRule};
use crate::sight::Models;

/// How often it is looked whether somebody shops.
const LOOK_EVERY: Duration = Duration::from_secs(1);
/// Fewer new sightings of earlier days than these change nothing that is worth a generation.
const NEW_SIGHTINGS_MIN: usize = 10;

/// What learning works with.
pub struct LearnerParts {
    /// Where sightings are, and where generations go.
    pub store: Store,
    /// Among them that of the views.
    pub models: Models,
    /// Told of the new generation.
    pub catalogue: CatalogueLoader,
    /// Says whether somebody shops.
    pub board: Arc<Board>,
    /// The time.
    pub clock: Clock,
    /// When a trading day begins.
    pub days: DayRule,
    /// How long nobody must have shopped.
    pub quiet: Duration,
}

/// Starts the thread. Whatever fails is told and tried again the next day: a till that cannot learn sells as it is.
pub fn start(tasks: &Tasks, parts: LearnerParts) -> std::io::Result<()> {
    tasks.thread("learner", move |token| {
        let mut idle_since = None;
        let mut learnt_on = None;
        while !token.is_cancelled() {
            std::thread::sleep(LOOK_EVERY);
            let idle = parts.board.newest().state()["phase"] == "idle";
            let since = *idle_since.get_or_insert_with(Instant::now);
            if !idle {
                idle_since = None;
            } else if since.elapsed() >= parts.quiet && learnt_on != Some(parts.today()) {
                learnt_on = Some(parts.today());
                if let Err(error) = parts.learn() {
                    tracing::error!(error = %format!("{error:#}"), "failed to learn from sales; the till sells as before");
                }
            }
        }
        Ok(())
    })?;
    Ok(())
}

impl LearnerParts {
    fn today(&self) -> BusinessDay {
        self.days.day_of(self.clock.now().wall)
    }

    fn learn(&self) -> anyhow::Result<()> {
        let Some(newest) = self.store.catalogue().context("failed to read the catalogue")? else {
            return Ok(());
        };
        let files = match self.models.of_views(newest.model.as_ref()) {
            Ok(files) => files,
            Err(missing) => bail!("the views' model {} cannot be used: {}", missing.version, missing.problem),
        };
        let experience = || Ok(Embedder::open(&files, 1)?.experience()?);
        if let Some(generation) = learn_from_sales(&self.store, self.today(), experience)? {
            tracing::info!(generation = generation.0, "generation {generation} was learnt from sales");
            self.catalogue.reload();
        }
        Ok(())
    }
}

/// Learns from what the store remembers and publishes it as one generation; `None` where there is too little new from
/// before `today`. What the model knows of itself is only asked for when it is needed.
pub fn learn_from_sales(
    store: &Store,
    today: BusinessDay,
    experience: impl FnOnce() -> anyhow::Result<Experience>,
) -> anyhow::Result<Option<Generation>> {
    let Some(newest) = store.catalogue().context("failed to read the catalogue")? else { return Ok(None) };
    let Some(model) = newest.model.clone().filter(|_| !newest.views.is_empty()) else { return Ok(None) };
    let learnt = store.learnt()?;
    let page = store.all_sightings(&model)?;
    if page.unreadable > 0 {
        tracing::warn!(sightings = page.unreadable, "damaged sightings are passed over");
    }
    let is_fresh = |(id, sighting): &&(SightingId, Sighting)| *id > learnt.through && sighting.day < today;
    let fresh = page.sightings.iter().filter(is_fresh).count();
    if fresh < NEW_SIGHTINGS_MIN {
        return Ok(None);
    }
    let through = page.sightings.last().map_or(learnt.through, |(id, _)| *id);
    let sold = |id: &ProductId| newest.catalogue.product(id).is_some_and(|product| !product.archived);
    let tells = |(id, sighting): &(SightingId, Sighting)| *id > learnt.discarded && sold(&sighting.product);
    let sightings: Vec<Sighting> =
        page.sightings.into_iter().filter(tells).map(|(_, sighting)| sighting).collect();
    let began = Instant::now();
    let experience = experience().context("failed to ask the model what it learnt from")?;
    let present = present_calibration(&newest, &experience)?;
    let taught = Taught { views: &newest.views, calibration: &present, experience: &experience };
    let lesson = learn(taught, &sightings, &OperatingPoints::default(), Uuid::now_v7)?;
    tell(&lesson, began.elapsed());
    if !lesson.changes_views() && lesson.calibration.to_json() == present.to_json() {
        return Ok(None);
    }
    publish(store, newest.generation, lesson, through).map(Some)
}

/// What the till sells by: without one that can be read it fits it so.
fn present_calibration(newest: &CatalogueGeneration, experience: &Experience) -> anyhow::Result<Calibration> {
    let stored = newest.calibration_json.as_deref().map(Calibration::from_json);
    match stored {
        Some(Ok(calibration)) => Ok(calibration),
        Some(Err(_)) | None => Ok(Calibration::fit(&newest.views, &OperatingPoints::default(), experience)?),
    }
}

fn tell(lesson: &Lesson, took: Duration) {
    tracing::info!(
        asked = lesson.asked,
        added = lesson.add.len(),
        removed = lesson.remove.len(),
        doubtful = lesson.doubtful.len(),
        accepted_before = lesson.before.accepted,
        wrong_before = lesson.before.accepted_wrong,
        accepted_after = lesson.after.accepted,
        wrong_after = lesson.after.accepted_wrong,
        duration_ms = took.as_millis() as u64,
        "looked at what was sold"
    );
    metrics::gauge!("tillsight_learnt_views").set(lesson.learnt as f64);
    metrics::gauge!("tillsight_doubtful_sightings").set(lesson.doubtful.len() as f64);
}

fn publish(
    store: &Store,
    expected: Generation,
    lesson: Lesson,
    through: SightingId,
) -> anyhow::Result<Generation> {
    let model = lesson.calibration.model().cloned().context("nothing is enrolled")?;
    let products = lesson.add.iter().map(|View { product, .. }| product.as_str());
    tracing::debug!(products = ?products.collect::<Vec<_>>(), "views are learnt");
    Ok(store.publish_views(ViewChange {
        calibration_json: Some(lesson.calibration.to_json()),
        add: lesson.add,
        remove_views: lesson.remove,
        expected: Some(expected),
        learnt_through: Some(through),
        ..ViewChange::new(model)
    })?)
}
