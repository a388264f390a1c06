//! The vision thread: newest frame in, observation out, and the supervisor that replaces a thread that hangs.
//!
//! A hang (a driver, a runtime, a bug) cannot be interrupted, so the thread is abandoned and another takes its place;
//! the one left behind finds its token cancelled when it wakes, and what it then says is not listened to.

use std::collections::BTreeMap;
use std::path::PathBuf;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::time::Duration;

use anyhow::Context as _;
use arc_swap::ArcSwapOption;
use domain::observation::Observation;
use edge_devices::camera::LatestFrame;
use service::health::Part;
use service::tasks::{TaskHandle, Tasks};
use service::watchdog::{Beat, Beats};
use tokio::sync::{mpsc, watch};
use tokio_util::sync::CancellationToken;
use vision::embed::Embedder;
use vision::light::{Card, CardWatch};
use vision::models::ModelFiles;
use vision::outlines::Outlines;
use vision::tray::{TrayConfig, TrayWatcher};

use crate::event::Event;
use crate::light::LightKeeper;
use crate::notices::NoticeCode;
use crate::sight::Sight;

/// How long opening the model and a first inference may take on the weakest box.
const START_SILENCE: Duration = Duration::from_secs(60);
/// The shortest silence that is taken for a hang: a frame takes milliseconds.
const MIN_SILENCE: Duration = Duration::from_secs(5);
/// The longest that is waited for a thread after others before it were given up.
const MAX_SILENCE: Duration = Duration::from_secs(600);
/// A frame may take as long as this many embeddings: a heap whose 24 pieces are looked at in every way they join, twice.
const EMBEDDINGS_PER_FRAME: u32 = 100;
/// How long to wait for a frame before looking at the token again.
const FRAME_WAIT: Duration = Duration::from_millis(200);
/// How often the learnt empty tray is written down.
const SAVE_EVERY: Duration = Duration::from_secs(60);

/// What the vision thread works with. Clones share everything.
#[derive(Clone)]
pub struct VisionParts {
    /// Where frames come from.
    pub frames: Arc<LatestFrame>,
    /// What it sees by; `None` until there is a catalogue.
    pub sight: Arc<ArcSwapOption<Sight>>,
    /// The model to begin with: that of the newest generation, as far as it is there.
    pub first: ModelFiles,
    /// Cores per inference.
    pub threads: usize,
    /// How the tray is read.
    pub tray: TrayConfig,
    /// The card that tells of the light, where one lies beside the tray, and what says how the light is.
    pub light: Option<(Card, Part)>,
    /// Where faults go.
    pub events: mpsc::Sender<Event>,
    /// Where the learnt empty tray is kept.
    pub background: PathBuf,
    /// Set to have the tray taken for empty and learnt anew.
    pub learn_empty: Arc<AtomicBool>,
    /// Set by the simulator to make the thread hang, as a driver would.
    pub hang: Arc<AtomicBool>,
    /// Where observations go, the newest wins.
    pub observations: watch::Sender<Option<Observation>>,
}

/// Starts the thread and the task that watches it.
pub fn start(
    tasks: &Tasks,
    parts: VisionParts,
    beats: Beats,
    part: Part,
    events: mpsc::Sender<Event>,
) -> anyhow::Result<()> {
    let first = spawn(tasks, &parts, &beats, &part, 1)?;
    let (owner, token) = (tasks.clone(), tasks.token());
    tasks.spawn("vision-supervisor", async move {
        let mut running = first;
        // A thread that was given up may still compute and slow the next down: each in a row gets twice the time, or a
        // box that is merely slow would never see anything.
        let mut patience = 1;
        let mut stalled = false;
        while token.run_until_cancelled(tokio::time::sleep(Duration::from_millis(500))).await.is_some() {
            let silent = beats.stale().into_iter().find(|stale| &*stale.name == "vision");
            if let Some(stale) = silent {
                tracing::error!(
                    silent_ms = stale.silent_for.as_millis() as u64,
                    "vision hangs; starting it again"
                );
                part.down("recognition does not answer and is being started again");
                running.abandon();
                patience = (patience * 2).min(16);
                running = spawn(&owner, &parts, &beats, &part, patience)?;
                raise(&events, true).await;
                stalled = true;
            } else if stalled && part.state() == service::health::PartState::Ok {
                raise(&events, false).await;
                patience = 1;
                stalled = false;
            }
        }
        Ok(())
    });
    Ok(())
}

async fn raise(events: &mpsc::Sender<Event>, stalled: bool) {
    let fault = stalled.then(BTreeMap::new);
    // The loop is gone only when the daemon stops; then nobody needs to know.
    let _ = events.send(Event::Fault { code: NoticeCode::VisionStalled, fault }).await;
}

fn spawn(
    tasks: &Tasks,
    parts: &VisionParts,
    beats: &Beats,
    part: &Part,
    patience: u32,
) -> anyhow::Result<TaskHandle> {
    let beat = beats.register("vision", (START_SILENCE * patience).min(MAX_SILENCE));
    let (parts, part) = (parts.clone(), part.clone());
    tasks
        .thread("vision", move |token| run(&parts, &token, &beat, &part, patience))
        .context("failed to start the vision thread")
}

/// Makes an opened model ready, and learns from one embedding how long a frame may take on this box.
fn warm_up(mut embedder: Embedder, beat: &Beat, patience: u32) -> anyhow::Result<Embedder> {
    let side = embedder.input_side() as usize;
    let grey = vec![vec![127; side * side * 3]];
    // The first run also allocates; the second tells the pace.
    embedder.embed(&grey)?;
    let began = std::time::Instant::now();
    embedder.embed(&grey)?;
    let pace = began.elapsed();
    let allowed = ((pace * EMBEDDINGS_PER_FRAME).max(MIN_SILENCE) * patience).min(MAX_SILENCE);
    tracing::info!(
        embedding_ms = pace.as_millis() as u64,
        silence_allowed_s = allowed.as_secs(),
        model = embedder.version().as_str(),
        "opened the model"
    );
    beat.allow(allowed);
    Ok(embedder)
}

fn run(
    parts: &VisionParts,
    token: &CancellationToken,
    beat: &Beat,
    part: &Part,
    patience: u32,
) -> anyhow::Result<()> {
    let mut embedder = warm_up(Embedder::open(&parts.first, parts.threads)?, beat, patience)?;
    let outlines = Outlines::open(&parts.first, parts.threads)?;
    if outlines.is_none() {
        tracing::warn!(
            "the models' folder has none that sees where things on the tray end: they are told apart by shape"
        );
    }
    let mut tray = TrayWatcher::new(parts.tray.clone()).with_outlines(outlines);
    restore(&mut tray, &parts.background);
    let mut light =
        parts.light.clone().map(|(card, part)| LightKeeper::new(CardWatch::new(card), part, &parts.events));
    let mut last_number = 0;
    let mut saved = std::time::Instant::now();
    while !token.is_cancelled() {
        beat.beat();
        while parts.hang.load(Ordering::Relaxed) && !token.is_cancelled() {
            std::thread::sleep(FRAME_WAIT);
        }
        let Some(frame) = parts.frames.wait_newer(last_number, FRAME_WAIT) else {
            // A camera that came back counts from 1 again.
            last_number = parts.frames.newest().map_or(0, |frame| last_number.min(frame.number));
            continue;
        };
        last_number = frame.number;
        let frame = match &mut light {
            Some(light) => light.see(&frame),
            None => frame,
        };
        if parts.learn_empty.swap(false, Ordering::Relaxed) {
            tray.learn_empty(&frame);
            tracing::info!("learning the empty tray anew");
        }
        let Some(sight) = parts.sight.load_full() else { continue };
        if *embedder.version() != sight.models.version {
            beat.allow((START_SILENCE * patience).min(MAX_SILENCE));
            let opened = match sight.take_opened() {
                Some(opened) => opened,
                None => Embedder::open(&sight.models, parts.threads)?,
            };
            embedder = warm_up(opened, beat, patience)?;
            tray = anew(&tray, parts)?.with_outlines(Outlines::open(&sight.models, parts.threads)?);
        }
        let began = std::time::Instant::now();
        let observation = tray.observe(&frame, &mut embedder, &sight.recogniser)?;
        metrics::histogram!("tillsight_vision_frame_seconds").record(began.elapsed().as_secs_f64());
        if token.is_cancelled() {
            return Ok(());
        }
        // Before the tray was seen still once, nothing that is put on it can be told from it.
        if observation.unsettled.is_none() {
            part.ok();
        }
        if saved.elapsed() >= SAVE_EVERY {
            saved = std::time::Instant::now();
            save(&tray, &parts.background);
        }
        parts.observations.send_replace(Some(observation));
    }
    save(&tray, &parts.background);
    Ok(())
}

/// The same empty tray, without what was seen on it: that is remembered in vectors of the model before.
fn anew(tray: &TrayWatcher, parts: &VisionParts) -> anyhow::Result<TrayWatcher> {
    let mut next = TrayWatcher::new(parts.tray.clone());
    if let Some(background) = tray.save_background() {
        next.restore_background(&background)?;
    }
    Ok(next)
}

/// A restart with items on the tray must not take them for the tray itself.
fn restore(tray: &mut TrayWatcher, path: &PathBuf) {
    match std::fs::read(path) {
        Ok(bytes) => match tray.restore_background(&bytes) {
            Ok(()) => tracing::info!(path = %path.display(), "restored the learnt empty tray"),
            Err(error) => tracing::warn!(%error, path = %path.display(), "the learnt empty tray is unusable"),
        },
        Err(error) if error.kind() == std::io::ErrorKind::NotFound => {}
        Err(error) => tracing::warn!(%error, path = %path.display(), "failed to read the learnt empty tray"),
    }
}

fn save(tray: &TrayWatcher, path: &PathBuf) {
    let Some(bytes) = tray.save_background() else { return };
    let aside = path.with_extension("new");
    let written = std::fs::write(&aside, bytes).and_then(|()| std::fs::rename(&aside, path));
    if let Err(error) = written {
        // The till sells on; only a restart with a full tray would miss it.
        tracing::warn!(%error, path = %path.display(), "failed to keep the learnt empty tray");
    }
}
