//! A till from its configuration to its last sale before the stop: what is started, in which order, and how it ends.

use std::collections::BTreeMap;
use std::sync::Arc;
use std::sync::atomic::AtomicBool;
use std::time::Duration;

use anyhow::{Context as _, bail};
use arc_swap::ArcSwapOption;
use domain::catalogue::Catalogue;
use domain::ids::Generation;
use domain::money::Currency;
use domain::tax::TaxTable;
use edge_core::config::TrayRule;
use edge_core::{Checkout, CheckoutConfig};
use edge_devices::camera::{self, CameraEvent, CameraThread, LatestFrame, WatchConfig};
use edge_store::{OpenReport, Store};
use service::health::Health;
use service::metrics_text;
use service::tasks::Tasks;
use service::watchdog::{self, Beats};
use tokio::net::TcpListener;
use tokio::sync::{Notify, mpsc, watch};
use vision::models::ModelFiles;
use vision::tray::{TrayConfig, TrayMode};

use crate::api::{Api, ApiParts, router};
use crate::board::Board;
use crate::catalogue::CatalogueLoader;
use crate::checkout_loop::{CheckoutLoop, Inlets};
use crate::clock::{Clock, DayRule};
use crate::cloud::{self, CloudParts, CloudStatus};
use crate::config::{Config, TrayKind};
use crate::control::ControlParts;
use crate::devices::{Devices, background_file};
use crate::event::Event;
use crate::learner::{self, LearnerParts};
use crate::notices::{NoticeCode, Notices};
use crate::payment::PaymentDesk;
use crate::preview::Preview;
use crate::sight::{Models, Sight};
use crate::staff_pin::{self, StaffPin};
use crate::storage::StorageDesk;
use crate::till_info::TillInfo;
use crate::watcher::{self, VisionParts};
use crate::{control, drift_watch, scale};

/// How long intake may take to stop.
const INTAKE_GRACE: Duration = Duration::from_secs(3);
/// How long a payment under way may take to be settled; what is not is looked up at the next start.
const DRAIN_GRACE: Duration = Duration::from_secs(10);
/// How long the last writes may take.
const FLUSH_GRACE: Duration = Duration::from_secs(10);

/// What may happen at once before whoever tells it must wait.
const EVENTS_MAX: usize = 256;

/// Runs a till until the process is told to stop, or something fails that a new process must repair.
pub async fn run(config: Config) -> anyhow::Result<()> {
    let metrics = metrics_text::install()?;
    if rustls::crypto::ring::default_provider().install_default().is_err() {
        tracing::debug!("a TLS provider was installed before");
    }
    let till = Till::start(config, metrics).await?;
    watchdog::notify_ready();
    watchdog::notify_status("selling");
    let mut signals = service::signals::Signals::listen()?;
    let ended = tokio::select! {
        signal = signals.shutdown_requested() => {
            tracing::info!(?signal, "told to stop");
            Ok(())
        }
        failure = till.intake.failed() => Err(failure),
        failure = till.checkout.failed() => Err(failure),
        failure = till.desks.failed() => Err(failure),
    };
    watchdog::notify_stopping();
    till.stop().await;
    if let Err(failure) = ended {
        bail!("{} failed: {}", failure.task, failure.cause);
    }
    Ok(())
}

/// A running till. Its parts stop in stages: first intake, then the loop once everything under way is answered, then the
/// desks that answer it.
struct Till {
    intake: Tasks,
    checkout: Tasks,
    desks: Tasks,
    camera: CameraThread,
}

impl Till {
    async fn start(config: Config, metrics: metrics_text::Handle) -> anyhow::Result<Self> {
        let model = (!config.vision.model.is_empty()).then_some(config.vision.model.as_str());
        let models = Models::find(&config.vision.models, model, &config.data.dir)?;
        let identity = config.till_ref()?;
        let data = config.data.dir.clone();
        let (store, report) = tokio::task::spawn_blocking(move || Store::open(&data, &identity)).await??;
        let (events, inbox) = mpsc::channel(EVENTS_MAX);
        let base = Base {
            beats: Beats::new(),
            health: Health::new(),
            clock: Clock::start(),
            board: Arc::default(),
            frames: Arc::new(LatestFrame::new()),
            sight: Arc::default(),
            catalogue: Arc::default(),
            staff_pin: Arc::default(),
            drift: Arc::default(),
            learn_empty: Arc::default(),
            vision_hang: Arc::default(),
            committed: Arc::default(),
            cloud: Arc::default(),
            events,
        };
        base.staff_pin.set(store.setting(staff_pin::SETTING)?);
        let devices = Devices::open(&config, &base.vision_hang)?;
        let (intake, checkout, desks) = (Tasks::new(), Tasks::new(), Tasks::new());
        let (observations, seen) = watch::channel(None);
        let camera = base.start_camera(&config, &devices)?;
        base.start_vision(&intake, &config, first_model(&models, &store)?, observations)?;
        let readings = base.start_scale(&intake, devices.scale)?;
        base.start_checkout(
            &checkout,
            &desks,
            &config,
            &store,
            &report,
            Pipes {
                terminal: devices.terminal,
                inlets: Inlets { events: inbox, observations: seen.clone(), readings },
                simulated: devices.simulator.is_some(),
            },
        )?;
        let threads = config.vision.threads;
        let loader =
            CatalogueLoader::start(&intake, store.clone(), models.clone(), threads, base.events.clone())?;
        let recognition = base.health.part("recognition", false);
        drift_watch::start(&intake, store.clone(), recognition, Arc::clone(&base.drift))?;
        base.start_learner(&intake, &config, &store, &loader, &models)?;
        base.start_cloud(&intake, &config, &store, &loader, &models);
        control::start(&intake, base.control_parts(&config, &store, loader, seen, models))?;
        metrics.spawn_upkeep(&intake);
        base.serve(&intake, &config, metrics, devices.simulator, &store).await?;
        watchdog::spawn_feeder(&intake, &base.beats);
        Ok(Self { intake, checkout, desks, camera })
    }

    async fn stop(self) {
        let Self { intake, checkout, desks, camera } = self;
        for (tasks, grace) in [(intake, INTAKE_GRACE), (checkout, DRAIN_GRACE), (desks, FLUSH_GRACE)] {
            let report = tasks.stop(grace).await;
            if !report.stuck.is_empty() {
                tracing::warn!(stuck = ?report.stuck, "these did not stop in time");
            }
        }
        // Joining its watchdog may take a moment, and the runtime has nothing else to do.
        camera.stop();
        tracing::info!("stopped");
    }
}

/// What every part shares.
struct Base {
    beats: Beats,
    health: Health,
    clock: Clock,
    board: Arc<Board>,
    frames: Arc<LatestFrame>,
    sight: Arc<ArcSwapOption<Sight>>,
    catalogue: Arc<ArcSwapOption<Catalogue>>,
    staff_pin: Arc<StaffPin>,
    drift: drift_watch::Found,
    learn_empty: Arc<AtomicBool>,
    vision_hang: Arc<AtomicBool>,
    committed: Arc<Notify>,
    cloud: Arc<CloudStatus>,
    events: mpsc::Sender<Event>,
}

/// What the checkout loop is connected to.
struct Pipes {
    terminal: Arc<dyn edge_devices::terminal::PaymentTerminal>,
    inlets: Inlets,
    simulated: bool,
}

impl Base {
    fn start_camera(&self, config: &Config, devices: &Devices) -> anyhow::Result<CameraThread> {
        let watch = WatchConfig {
            frame_timeout: Duration::from_millis(config.camera.stall_ms),
            ..WatchConfig::default()
        };
        let (part, events, clock) = (self.health.part("camera", true), self.events.clone(), self.clock);
        let on_event = move |event| {
            let fault = match event {
                CameraEvent::Lost { camera, reason } => {
                    part.down(reason.clone());
                    Some(BTreeMap::from([("camera", camera), ("reason", reason)]))
                }
                CameraEvent::Back { camera } => {
                    tracing::info!(camera, "frames come from {camera}");
                    part.ok();
                    None
                }
            };
            if events.try_send(Event::Fault { code: NoticeCode::CameraLost, fault }).is_err() {
                tracing::error!("the checkout loop does not keep up: a change of the camera is not shown");
            }
        };
        let frames = Arc::clone(&self.frames);
        let thread =
            camera::spawn(Arc::clone(&devices.camera), frames, watch, move || clock.monotonic(), on_event);
        thread.context("failed to start the camera thread")
    }

    fn start_vision(
        &self,
        intake: &Tasks,
        config: &Config,
        first: ModelFiles,
        observations: watch::Sender<Option<domain::observation::Observation>>,
    ) -> anyhow::Result<()> {
        let mode = match config.tray_kind() {
            TrayKind::Segment => TrayMode::Segment,
            TrayKind::WholeFrame => TrayMode::WholeFrame,
        };
        let parts = VisionParts {
            frames: Arc::clone(&self.frames),
            sight: Arc::clone(&self.sight),
            first,
            threads: config.vision.threads,
            tray: TrayConfig { mode, ..TrayConfig::default() },
            light: config.card().map(|card| (card, self.health.part("light", false))),
            events: self.events.clone(),
            background: background_file(config),
            learn_empty: Arc::clone(&self.learn_empty),
            hang: Arc::clone(&self.vision_hang),
            observations,
        };
        watcher::start(
            intake,
            parts,
            self.beats.clone(),
            self.health.part("vision", true),
            self.events.clone(),
        )
    }

    fn start_scale(
        &self,
        intake: &Tasks,
        device: Option<Box<dyn edge_devices::scale::Scale>>,
    ) -> anyhow::Result<Option<watch::Receiver<Option<edge_devices::scale::ScaleReading>>>> {
        let Some(device) = device else { return Ok(None) };
        let readings = scale::start(intake, device, self.health.part("scale", false), self.events.clone())?;
        Ok(Some(readings))
    }

    fn start_checkout(
        &self,
        checkout: &Tasks,
        desks: &Tasks,
        config: &Config,
        store: &Store,
        report: &OpenReport,
        pipes: Pipes,
    ) -> anyhow::Result<()> {
        let storage_part = self.health.part("storage", true);
        let payment = PaymentDesk::start(desks, pipes.terminal, self.events.clone())?;
        let storage = StorageDesk::start(
            desks,
            store.clone(),
            &self.beats,
            storage_part,
            Arc::clone(&self.committed),
            self.events.clone(),
        )?;
        let nothing = empty_catalogue();
        let info = till_info(config, &nothing, pipes.simulated)?;
        let core = core_config(config, pipes.inlets.readings.is_some())?;
        let mut owner = CheckoutLoop {
            checkout: Checkout::new(core, Generation(0), Arc::new(nothing)),
            clock: self.clock,
            days: DayRule::new(&config.till.time_zone, config.business_day_starts()?)?,
            board: Arc::clone(&self.board),
            payment,
            storage,
            sight: Arc::clone(&self.sight),
            catalogue: Arc::clone(&self.catalogue),
            info,
            remembers: config.learning.remember,
            staff_pin: Arc::clone(&self.staff_pin),
            notices: Notices::default(),
            ready: BTreeMap::new(),
            outstanding: 0,
            shown: None,
            frame_to_basket_ms: None,
        };
        report_opening(report, &mut owner.notices, self.clock);
        let wall = self.clock.now().wall;
        owner.notices.raise(NoticeCode::CatalogueEmpty, wall, BTreeMap::new());
        owner.recover(store.open_intents()?);
        let beat = self.beats.register("checkout", Duration::from_secs(10));
        let token = checkout.token();
        checkout.spawn("checkout", owner.run(pipes.inlets, token, beat));
        Ok(())
    }

    fn start_learner(
        &self,
        intake: &Tasks,
        config: &Config,
        store: &Store,
        catalogue: &CatalogueLoader,
        models: &Models,
    ) -> anyhow::Result<()> {
        if !(config.learning.remember && config.learning.daily) {
            return Ok(());
        }
        let parts = LearnerParts {
            store: store.clone(),
            models: models.clone(),
            catalogue: catalogue.clone(),
            board: Arc::clone(&self.board),
            clock: self.clock,
            days: DayRule::new(&config.till.time_zone, config.business_day_starts()?)?,
            quiet: Duration::from_secs(config.learning.quiet_minutes * 60),
        };
        learner::start(intake, parts).context("failed to start the learner's thread")
    }

    fn start_cloud(
        &self,
        intake: &Tasks,
        config: &Config,
        store: &Store,
        catalogue: &CatalogueLoader,
        models: &Models,
    ) {
        let catalogue = catalogue.clone();
        let parts = CloudParts {
            store: store.clone(),
            models: Some(models.clone()),
            on_generation: Arc::new(move || catalogue.reload()),
            clock: self.clock,
            committed: Arc::clone(&self.committed),
            status: Arc::clone(&self.cloud),
            mqtt: config.cloud.mqtt,
        };
        cloud::start(intake, parts, &self.health);
    }

    fn control_parts(
        &self,
        config: &Config,
        store: &Store,
        catalogue: CatalogueLoader,
        observations: watch::Receiver<Option<domain::observation::Observation>>,
        models: Models,
    ) -> ControlParts {
        ControlParts {
            store: store.clone(),
            catalogue,
            staff_pin: Arc::clone(&self.staff_pin),
            health: self.health.clone(),
            board: Arc::clone(&self.board),
            frames: Arc::clone(&self.frames),
            observations,
            models,
            sight: Arc::clone(&self.sight),
            drift: Arc::clone(&self.drift),
            card: config.card(),
            cloud: Arc::clone(&self.cloud),
            learn_empty: Arc::clone(&self.learn_empty),
        }
    }

    async fn serve(
        &self,
        intake: &Tasks,
        config: &Config,
        metrics: metrics_text::Handle,
        simulator: Option<crate::simulator::Simulator>,
        store: &Store,
    ) -> anyhow::Result<()> {
        let address = config.kiosk.listen;
        let listener = TcpListener::bind(address).await.with_context(|| {
            format!(
                "failed to listen on {address}: another program uses it; set [kiosk] listen to a free port"
            )
        })?;
        let token = intake.token();
        let api = Api::new(ApiParts {
            board: Arc::clone(&self.board),
            events: self.events.clone(),
            catalogue: Arc::clone(&self.catalogue),
            pictures: store.dir().join("pictures"),
            preview: Preview::new(Arc::clone(&self.frames)),
            health: self.health.clone(),
            metrics,
            staff_pin: Arc::clone(&self.staff_pin),
            simulator,
            stopping: token.clone(),
        });
        let app = router(&api);
        tracing::info!(%address, "the kiosk is at http://{address}/");
        intake.spawn("api", async move {
            let served =
                axum::serve(listener, app).with_graceful_shutdown(async move { token.cancelled().await });
            Ok(served.await?)
        });
        Ok(())
    }
}

/// The model that the newest generation needs; the preferred one where that is not there, so that the tray is at least
/// watched.
fn first_model(models: &Models, store: &Store) -> anyhow::Result<ModelFiles> {
    let newest = store.generations()?.into_iter().next().and_then(|newest| newest.model);
    Ok(models.of_views(newest.as_ref()).unwrap_or_else(|_| models.preferred.clone()))
}

/// What a till without a catalogue sells: nothing, in no currency (ISO 4217 code XXX).
fn empty_catalogue() -> Catalogue {
    let taxes = TaxTable { rates: BTreeMap::new(), inclusive: true };
    let currency = Currency::new("XXX").expect("three capital letters");
    Catalogue::new(currency, taxes, []).expect("no products have no problems")
}

fn till_info(config: &Config, catalogue: &Catalogue, simulated: bool) -> anyhow::Result<TillInfo> {
    Ok(TillInfo {
        till: config.till_ref()?,
        currency: catalogue.currency(),
        tax_inclusive: catalogue.taxes().inclusive,
        languages: config.kiosk.languages.clone(),
        default_language: config.kiosk.default_language.clone(),
        mm_per_pixel: config.kiosk.mm_per_pixel,
        simulated,
    })
}

fn core_config(config: &Config, has_scale: bool) -> anyhow::Result<CheckoutConfig> {
    // A camera that sees one thing at a time cannot say what lies on the tray; what it saw stays in the basket.
    let one_by_one = config.tray_kind() == TrayKind::WholeFrame;
    Ok(CheckoutConfig {
        has_scale,
        tray: if one_by_one { TrayRule::OneByOne } else { TrayRule::BasketIsTray },
        idle_ms: config.checkout.idle_ms,
        warning_ms: config.checkout.warning_ms,
        receipt_ms: config.checkout.receipt_ms,
        ..CheckoutConfig::new(config.till_ref()?)
    })
}

fn report_opening(report: &OpenReport, notices: &mut Notices, clock: Clock) {
    match report {
        OpenReport::Created => tracing::info!("made a new store"),
        OpenReport::Opened(checked) => tracing::info!(?checked, "opened the store"),
        OpenReport::Repaired(repair) => {
            tracing::error!(?repair, "THE STORE WAS DAMAGED and has been rebuilt: {}", repair.problem);
            let lost: u64 = repair.gaps.iter().map(|gap| gap.last.0 - gap.first.0 + 1).sum();
            let parameters = BTreeMap::from([
                ("salvaged", repair.salvaged.to_string()),
                ("lost", lost.to_string()),
                (
                    "set_aside",
                    repair.set_aside.as_ref().map_or_else(String::new, |path| path.display().to_string()),
                ),
            ]);
            notices.raise(NoticeCode::JournalRepaired, clock.now().wall, parameters);
        }
        OpenReport::Damaged { problem } => tracing::error!(problem, "the store is damaged"),
    }
}
