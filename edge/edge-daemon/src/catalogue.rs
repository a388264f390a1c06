//! From a generation in the store to one that can be sold from: its index is built aside, on a thread of its own.

use std::sync::Arc;
use std::sync::mpsc::{RecvTimeoutError, SyncSender, TrySendError, sync_channel};
use std::time::{Duration, Instant};

use anyhow::Context as _;
use domain::ids::ModelVersion;
use edge_store::{CatalogueGeneration, Store};
use service::tasks::Tasks;
use tokio::sync::mpsc;
use vision::calibrate::{Calibration, Experience, OperatingPoints};
use vision::recognise::Recogniser;

use crate::event::{Event, Loaded};

/// Wakes the thread that loads the newest generation.
#[derive(Debug, Clone)]
pub struct CatalogueLoader {
    wake: SyncSender<()>,
}

impl CatalogueLoader {
    /// Starts the thread; it loads the newest generation at once, and again at each [`reload`](Self::reload).
    pub fn start(
        tasks: &Tasks,
        store: Store,
        model: ModelVersion,
        events: mpsc::Sender<Event>,
    ) -> std::io::Result<Self> {
        let (wake, woken) = sync_channel(1);
        tasks.thread("catalogue", move |token| {
            let mut loaded = None;
            loop {
                if let Some(next) = load(&store, &model)?.filter(|next| loaded != Some(next.generation)) {
                    loaded = Some(next.generation);
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

fn load(store: &Store, model: &ModelVersion) -> anyhow::Result<Option<Loaded>> {
    let Some(stored) = store.catalogue().context("failed to read the catalogue")? else { return Ok(None) };
    let began = Instant::now();
    let (generation, catalogue) = (stored.generation, Arc::clone(&stored.catalogue));
    let recogniser = build(stored, model)?;
    tracing::info!(
        generation = generation.0,
        products = catalogue.products().len(),
        duration_ms = began.elapsed().as_millis() as u64,
        "catalogue generation {generation} is ready"
    );
    Ok(Some(Loaded { generation, catalogue, recogniser: Arc::new(recogniser) }))
}

/// Vectors of another model are left out: they cannot be compared. The technician enrols anew (or migrates) and is told
/// so by `tillsight doctor`.
fn build(stored: CatalogueGeneration, model: &ModelVersion) -> anyhow::Result<Recogniser> {
    let other_model = stored.model.as_ref().is_some_and(|of_views| of_views != model);
    if other_model {
        tracing::error!(
            views_of = stored.model.as_ref().map(ModelVersion::as_str),
            running = model.as_str(),
            "the enrolled views were made by another model and cannot be compared: enrol the products again"
        );
    }
    let views = if other_model { Vec::new() } else { stored.views };
    let kept = stored.calibration_json.filter(|_| !other_model);
    let calibration = match kept.map(|json| Calibration::from_json(&json)) {
        Some(Ok(calibration)) => calibration,
        Some(Err(error)) => {
            tracing::warn!(%error, "the stored calibration is unusable; fitting it anew");
            Calibration::fit(&views, &OperatingPoints::default(), &Experience::default())?
        }
        None => Calibration::fit(&views, &OperatingPoints::default(), &Experience::default())?,
    };
    Ok(Recogniser::build(stored.generation, model.clone(), views, calibration)?)
}
