//! The roles of the program: what each starts, in which order, and how it ends.

use std::fs::DirBuilder;
use std::net::SocketAddr;
use std::os::unix::fs::DirBuilderExt as _;
use std::path::Path;
use std::sync::Arc;
use std::time::{Duration, SystemTime, UNIX_EPOCH};

use anyhow::{Context as _, bail};
use cloud_store::{Store, StoreOptions};
use domain::time::WallMs;
use service::health::Health;
use service::metrics_text;
use service::signals::{Signal, Signals};
use service::tasks::Tasks;
use service::watchdog::{self, Beats};
use tokio::sync::Semaphore;

use crate::blobs::Blobs;
use crate::ca::Authority;
use crate::cache::Cache;
use crate::config::Config;
use crate::documents::reader::Reader;
use crate::gateway::{self, Answers, Gateway, Listening, Rates, Shared};
use crate::grpc;
use crate::heads::HeadBoard;
use crate::jobs::{Eye, LearntLast, Worker};
use crate::language::LanguageModel;
use crate::monitoring;
use crate::mqtt::{self, Switchboard};
use crate::products::alike::AlikeFinder;
use crate::search::SearchEngine;
use crate::signing::Signer;
use crate::sourcing::pages::fetch::Fetcher;
use crate::sourcing::pages::parser::Parser;
use crate::upkeep;

/// How long answers under way may take once the cloud is told to stop: a little more than the listener's own limit.
const INTAKE_GRACE: Duration = Duration::from_secs(12);

/// How long the last sales may take to be booked.
const BOOKS_GRACE: Duration = Duration::from_secs(10);

/// Uploads that may be under way at once: each can hold 150 MiB.
const UPLOADS_MAX: usize = 4;

/// Makes rustls use ring for every connection of this process. It has to be called before anything speaks TLS; a second
/// call changes nothing.
pub fn install_crypto() {
    // An error says only that somebody did it before.
    let _ = rustls::crypto::ring::default_provider().install_default();
}

/// Runs the gateway until the process is told to stop, or something fails that a new process must repair.
pub async fn serve(config: Config) -> anyhow::Result<()> {
    let metrics = metrics_text::install()?;
    let mut signals = Signals::listen()?;
    let server = Server::start(config, metrics).await?;
    tracing::info!(address = %server.address(), "listening on {}", server.address());
    watchdog::notify_ready();
    watchdog::notify_status(&format!("listening on {}", server.address()));
    let ended = loop {
        tokio::select! {
            signal = signals.next() => match signal {
                Signal::Hangup => server.reload().await,
                Signal::Terminate | Signal::Interrupt => {
                    tracing::info!(?signal, "told to stop");
                    break Ok(());
                }
            },
            failure = server.intake.failed() => break Err(failure),
            failure = server.books.failed() => break Err(failure),
        }
    };
    watchdog::notify_stopping();
    server.stop().await;
    if let Err(failure) = ended {
        bail!("{} failed: {}", failure.task, failure.cause);
    }
    Ok(())
}

/// Does the work behind the requests, without a gateway, until the process is told to stop.
pub async fn work(config: Config) -> anyhow::Result<()> {
    make_folder(&config.data.dir)?;
    let metrics = metrics_text::install()?;
    let signals = Signals::listen()?;
    let store = open_store(&config, true).await?;
    let (tasks, health, beats) = (Tasks::new(), Health::new(), Beats::new());
    metrics.spawn_upkeep(&tasks);
    upkeep::watch_database(&tasks, &health, &store).await;
    monitoring::spawn(&tasks, &health, &store, "worker");
    let worker = Worker {
        store: store.clone(),
        blobs: Blobs::open(&config)?,
        eye: Eye::new(&config.vision),
        signer: Signer::open_or_make(&config.data.dir)?,
        reader: Reader::new(&config.documents),
        fetcher: Fetcher::new(&config.parser)?,
        language: LanguageModel::open(&config.language, store.clone())?,
        wake: Arc::default(),
        wake_readers: Arc::default(),
        wake_importers: Arc::default(),
        wake_forecasters: Arc::default(),
        learnt: LearntLast::default(),
        owner: owner()?,
        config: config.clone(),
    };
    Arc::new(worker).spawn(&tasks, &health)?;
    // Whoever asks how it is doing is told of all its parts.
    if let Some(address) = config.worker.face()? {
        let address = gateway::listen_as_worker(&tasks, address, &config, &health, metrics).await?;
        tracing::info!(%address, "listening on {address}");
    }
    run_to_the_end(tasks, beats, signals, store).await
}

/// Visits public pages, without a gateway, until the process is told to stop.
pub async fn parse_pages(config: Config) -> anyhow::Result<()> {
    make_folder(&config.data.dir)?;
    let metrics = metrics_text::install()?;
    let signals = Signals::listen()?;
    let store = open_store(&config, true).await?;
    let (tasks, health, beats) = (Tasks::new(), Health::new(), Beats::new());
    metrics.spawn_upkeep(&tasks);
    upkeep::watch_database(&tasks, &health, &store).await;
    monitoring::spawn(&tasks, &health, &store, "parser");
    Parser::new(store.clone(), Blobs::open(&config)?, &config.parser, owner()?)?.spawn(&tasks, &health);
    run_to_the_end(tasks, beats, signals, store).await
}

/// Lets tasks that work behind the requests run until the process is told to stop, or one fails that a new process must repair.
async fn run_to_the_end(
    tasks: Tasks,
    beats: Beats,
    mut signals: Signals,
    store: Store,
) -> anyhow::Result<()> {
    watchdog::spawn_feeder(&tasks, &beats);
    watchdog::notify_ready();
    let ended = tokio::select! {
        signal = signals.shutdown_requested() => {
            tracing::info!(?signal, "told to stop");
            Ok(())
        }
        failure = tasks.failed() => Err(failure),
    };
    watchdog::notify_stopping();
    let report = tasks.stop(BOOKS_GRACE).await;
    if !report.stuck.is_empty() {
        tracing::warn!(stuck = ?report.stuck, "these did not stop in time");
    }
    store.close().await;
    if let Err(failure) = ended {
        bail!("{} failed: {}", failure.task, failure.cause);
    }
    Ok(())
}

/// Brings the database's tables up to date.
pub async fn migrate(config: &Config) -> anyhow::Result<()> {
    make_folder(&config.data.dir)?;
    open_store(config, true).await?.close().await;
    Ok(())
}

/// A running gateway.
pub struct Server {
    intake: Tasks,
    books: Tasks,
    listening: Listening,
    tills: SocketAddr,
    shared: Shared,
}

impl Server {
    /// Starts everything that `server` is made of.
    pub async fn start(config: Config, metrics: metrics_text::Handle) -> anyhow::Result<Self> {
        make_folder(&config.data.dir)?;
        let authority = Authority::open_or_make(&config.data.dir, now())?;
        let store = open_store(&config, true).await?;
        let cache = Cache::open(&config.cache).context("failed to read `cache.url`")?;
        let shared = Arc::new(Gateway {
            rates: Rates::new(&config.rate, cache.link().cloned()),
            answers: Answers::new(cache.link().cloned()),
            cache,
            health: Health::new(),
            metrics: metrics.clone(),
            authority,
            blobs: Blobs::open(&config)?,
            signer: Signer::open_or_make(&config.data.dir)?,
            uploads: Arc::new(Semaphore::new(UPLOADS_MAX)),
            reader: Reader::new(&config.documents),
            alike: AlikeFinder::default(),
            eye: Eye::new(&config.vision),
            search: SearchEngine::open(&config)?,
            language: LanguageModel::open(&config.language, store.clone())?,
            wake: Arc::default(),
            wake_readers: Arc::default(),
            wake_importers: Arc::default(),
            wake_forecasters: Arc::default(),
            heads: HeadBoard::default(),
            mqtt: Switchboard::default(),
            store,
            config,
        });
        let (intake, books, beats) = (Tasks::new(), Tasks::new(), Beats::new());
        metrics.spawn_upkeep(&intake);
        upkeep::spawn(&intake, &shared).await;
        monitoring::spawn(&intake, &shared.health, &shared.store, "server");
        monitoring::spawn_fleet(&intake, &shared.config.monitoring, &shared.store);
        shared.cache.spawn(&intake, &shared.health).await;
        spawn_ingest(&books, &shared);
        if shared.config.worker.in_server {
            let worker = Worker {
                store: shared.store.clone(),
                blobs: shared.blobs.clone(),
                eye: shared.eye.clone(),
                signer: shared.signer.clone(),
                reader: Reader::new(&shared.config.documents),
                fetcher: Fetcher::new(&shared.config.parser)?,
                language: shared.language.clone(),
                wake: Arc::clone(&shared.wake),
                wake_readers: Arc::clone(&shared.wake_readers),
                wake_importers: Arc::clone(&shared.wake_importers),
                wake_forecasters: Arc::clone(&shared.wake_forecasters),
                learnt: LearntLast::default(),
                owner: owner()?,
                config: shared.config.clone(),
            };
            Arc::new(worker).spawn(&books, &shared.health)?;
        }
        if shared.config.parser.in_server {
            let parser =
                Parser::new(shared.store.clone(), shared.blobs.clone(), &shared.config.parser, owner()?)?;
            parser.spawn(&intake, &shared.health);
        }
        let listening = gateway::listen(&intake, &shared.config.http, gateway::router(&shared)).await?;
        // The broker first: a till that is claimed is told where it is.
        mqtt::start(&intake, &shared).await?;
        let tills = grpc::listen(&intake, &shared).await?;
        watchdog::spawn_feeder(&intake, &beats);
        Ok(Self { intake, books, listening, tills, shared })
    }

    /// What the gateway's handlers share, for the faces that stand beside it.
    pub fn shared(&self) -> &Shared {
        &self.shared
    }

    /// Where the gateway listens.
    pub fn address(&self) -> SocketAddr {
        self.listening.address
    }

    /// Where tills connect to.
    pub fn tills_address(&self) -> SocketAddr {
        self.tills
    }

    /// Reads again what can be read again: the certificate files. What was read before stays when they cannot be.
    pub async fn reload(&self) {
        let Some(tls) = &self.listening.tls else { return };
        match gateway::reload(tls, &self.shared.config.http).await {
            Ok(()) => tracing::info!("the certificate was read again"),
            Err(error) => {
                tracing::error!(error = format!("{error:#}"), "the old certificate stays: {error:#}");
            }
        }
    }

    /// Takes no more requests, lets those under way end, and stops.
    pub async fn stop(self) {
        // What came in is booked before the books are closed.
        for (tasks, grace) in [(self.intake, INTAKE_GRACE), (self.books, BOOKS_GRACE)] {
            let report = tasks.stop(grace).await;
            if !report.stuck.is_empty() {
                tracing::warn!(stuck = ?report.stuck, "these did not stop in time");
            }
        }
        self.shared.store.close().await;
        tracing::info!("stopped");
    }
}

/// Opens the database that the configuration names.
pub async fn open_store(config: &Config, migrate: bool) -> anyhow::Result<Store> {
    let options = StoreOptions { migrate, ..StoreOptions::new(config.database_address()?) };
    let store = Store::open(&options).await?;
    let compares_views = store.compares_views();
    tracing::info!(database = store.name(), compares_views, "opened {}", store.name());
    Ok(store)
}

/// A name for leases that no other process has: the machine's may be the same in two containers.
pub(crate) fn owner() -> anyhow::Result<String> {
    Ok(format!("{}-{:016x}", std::process::id(), getrandom::u64()?))
}

/// Books the sales that tills send, whoever takes them in.
fn spawn_ingest(tasks: &Tasks, shared: &Shared) {
    let (store, token) = (shared.store.clone(), tasks.token());
    tasks.spawn("ingest", async move {
        store.run_ingest(token.cancelled_owned()).await;
        Ok(())
    });
}

/// The data folder holds keys, so it is for its owner alone.
pub fn make_folder(folder: &Path) -> anyhow::Result<()> {
    DirBuilder::new().recursive(true).mode(0o700).create(folder).with_context(|| {
        format!("failed to make the data folder `{}`: name another in `data.dir`", folder.display())
    })
}

/// A folder of its own in the data folder, which goes with its guard.
pub(crate) fn scratch_folder(data: &Path) -> anyhow::Result<tempfile::TempDir> {
    make_folder(data)?;
    let folder = tempfile::Builder::new().prefix("scratch-").tempdir_in(data);
    folder.with_context(|| format!("failed to make a scratch folder in `{}`", data.display()))
}

/// The time as people and records have it.
pub fn now() -> WallMs {
    let since = SystemTime::now().duration_since(UNIX_EPOCH).unwrap_or_default();
    WallMs(i64::try_from(since.as_millis()).unwrap_or(i64::MAX))
}
