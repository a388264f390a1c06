//! From a generation in the store to one that can be sold from: its index is built aside, on a thread of its own.

use std::sync::Arc;
use std::sync::mpsc::{RecvTimeoutError, SyncSender, TrySendError, sync_channel};
use std::time::{Duration, Instant};

use anyhow::Context as _;
use domain::embedding::View;
use domain::ids::{Generation, ModelVersion};
use edge_store::{CatalogueGeneration, Store};
use service::tasks::Tasks;
use tokio::sync::mpsc;
use vision::calibrate::{Calibration, Experience, OperatingPoints};
use vision::embed::Embedder;
use vision::models::ModelFiles;
use vision::recognise::Recogniser;

use crate::event::{Event, Loaded};
use crate::sight::{Models, Sight};

/// Wakes the thread that loads the newest generation.
#[derive(Debug, Clone)]
pub struct CatalogueLoader {
    wake: SyncSender<()>,
}

impl CatalogueLoader {
    /// Starts the thread; it loads the newest generation at once, and again at each [`reload`](Self::reload). `threads` is
    /// how many cores an inference of the vision thread may use, for a model that is opened here.
    pub fn start(
        tasks: &Tasks,
        store: Store,
        models: Models,
        threads: usize,
        events: mpsc::Sender<Event>,
    ) -> std::io::Result<Self> {
        let (wake, woken) = sync_channel(1);
        let kitchen = Kitchen { store, models, threads };
        tasks.thread("catalogue", move |token| {
            let mut served = None;
            loop {
                if let Some(next) = kitchen.load(served.as_ref())? {
                    served = Some((next.generation, next.sight.models.version.clone()));
                    events.blocking_send(Event::Catalogue(Box::new(next)))?;
                }
                loop {
                    match woken.recv_timeout(Duration::from_millis(200)) {
                        Ok(()) => break,
                        Err(RecvTimeoutError::Timeout) if !token.is_cancelled() => {}
                        Err(_) => return Ok(()),
                    }
                }
            }
        })?;
        Ok(Self { wake })
    }

    /// Has the newest generation loaded. One call waiting stands for all: the newest is looked up when it is served.
    pub fn reload(&self) {
        if let Err(TrySendError::Disconnected(())) = self.wake.try_send(()) {
            tracing::warn!(
                "the catalogue thread has ended; the new generation is taken up at the next start"
            );
        }
    }
}

/// Where generations are made ready.
struct Kitchen {
    store: Store,
    models: Models,
    threads: usize,
}

impl Kitchen {
    /// The newest generation, unless it is the one that was loaded before.
    fn load(&self, before: Option<&(Generation, ModelVersion)>) -> anyhow::Result<Option<Loaded>> {
        let Some(stored) = self.store.catalogue().context("failed to read the catalogue")? else {
            return Ok(None);
        };
        let generation = stored.generation;
        if before.is_some_and(|(loaded, _)| *loaded == generation) {
            return Ok(None);
        }
        let began = Instant::now();
        let catalogue = Arc::clone(&stored.catalogue);
        let sight = self.sight(stored, before.map(|(_, model)| model))?;
        tracing::info!(
            generation = generation.0,
            products = catalogue.products().len(),
            model = sight.models.version.as_str(),
            duration_ms = began.elapsed().as_millis() as u64,
            "catalogue generation {generation} is ready"
        );
        Ok(Some(Loaded { generation, catalogue, sight: Arc::new(sight) }))
    }

    /// The generation's vectors with the model that made them. Where this till does not have that model the vectors are
    /// left out, for they cannot be compared with any other's: everything is found by name, and staff are told.
    fn sight(&self, stored: CatalogueGeneration, before: Option<&ModelVersion>) -> anyhow::Result<Sight> {
        let of_views = stored.model.as_ref().filter(|_| !stored.views.is_empty());
        let found = self.models.of_views(of_views).and_then(|files| {
            // The vision thread must not be without eyes while another model is opened.
            let other = before.is_some_and(|before| *before != files.version);
            let opened = other.then(|| Models::open(&files, self.threads)).transpose()?;
            Ok((files, opened))
        });
        match found {
            Ok((files, opened)) => {
                let recogniser = build(stored.generation, &files, stored.views, stored.calibration_json)?;
                Ok(Sight::new(recogniser, files, None, opened))
            }
            Err(missing) => {
                tracing::error!(
                    views_of = missing.version.as_str(),
                    "the enrolled views were made by model {}, which cannot be used ({}): run `tillsight views re-embed`, or enrol the products again",
                    missing.version,
                    missing.problem
                );
                let files = self.models.preferred.clone();
                let recogniser = build(stored.generation, &files, Vec::new(), None)?;
                Ok(Sight::new(recogniser, files, Some(missing), None))
            }
        }
    }
}

fn build(
    generation: Generation,
    files: &ModelFiles,
    views: Vec<View>,
    calibration_json: Option<String>,
) -> anyhow::Result<Recogniser> {
    // Without views there is nothing that thresholds of some model could be about.
    let kept = calibration_json.filter(|_| !views.is_empty());
    let calibration = match kept.map(|json| Calibration::from_json(&json)) {
        Some(Ok(calibration)) => calibration,
        Some(Err(error)) => {
            tracing::warn!(%error, "the stored calibration is unusable; fitting it anew");
            fit(&views, files)?
        }
        None => fit(&views, files)?,
    };
    Ok(Recogniser::build(generation, files.version.clone(), views, calibration)?)
}

fn fit(views: &[View], files: &ModelFiles) -> anyhow::Result<Calibration> {
    // Only views can make a difference that the model's own experience is asked for.
    let experience =
        if views.is_empty() { Experience::default() } else { Embedder::open(files, 1)?.experience()? };
    Ok(Calibration::fit(views, &OperatingPoints::default(), &experience)?)
}
