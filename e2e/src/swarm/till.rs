//! One till of the swarm: its journal, and the link that brings the cloud what is in it.
//!
//! `sync_core::sender` decides what is sent and when, as on a real till; reports, keep-alives and the waits after a lost
//! connection are those of a real till too.

use std::sync::atomic::{AtomicU64, AtomicUsize, Ordering};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::{Duration, Instant};

use anyhow::{Context as _, bail};
use domain::ids::Generation;
use edge_daemon::clock::{Clock, wall};
use edge_store::cloud_identity::CloudIdentity;
use futures_util::stream::unfold;
use rand::{RngExt as _, SeedableRng as _};
use rand_chacha::ChaCha8Rng;
use service::tasks::CancellationToken;
use sync_core::backoff::Backoff;
use sync_core::message::CloudMessage;
use sync_core::sender::{Sender, SenderConfig, SenderEvent, SenderRequest};
use tokio::sync::{Notify, Semaphore, mpsc, watch};
use tonic::transport::{Certificate, Channel, ClientTlsConfig, Endpoint, Identity};
use wire::MESSAGE_MAX_LEN;
use wire::sync::{FromCloud, FromTill, Report, from_till, to_till};
use wire::v1::TillFrame;
use wire::v1::sync_service_client::SyncServiceClient;

use super::journal::Journal;
use super::sales::Shop;

/// How often a till says how it is doing.
const REPORT_EVERY: Duration = Duration::from_secs(10);
/// Frames on their way out; when they are this many the sender's next one waits.
const FRAMES_MAX: usize = 16;
/// How long connecting may take.
const CONNECT_MAX: Duration = Duration::from_secs(30);
const ASK_ALIVE_AFTER: Duration = Duration::from_secs(20);
const ALIVE_MAX: Duration = Duration::from_secs(30);
/// The wait after a connection that ended.
const RECONNECT: Backoff = Backoff { first_ms: 500, most_ms: 10_000 };
/// Tills that connect at once: all opening their shops in the same millisecond is not what is measured.
const CONNECTING_MAX: usize = 64;

/// A connection by which catalogues can be pulled, and what is there to pull.
#[derive(Debug, Clone)]
pub struct Hint {
    /// The connection.
    pub channel: Channel,
    /// The newest generation that was heard of; 0 when none was.
    pub generation: Generation,
}

/// What all tills of a swarm share.
#[derive(Debug)]
pub struct Floor {
    /// What sales are made of.
    pub shop: Shop,
    /// As long as this is not 0, each till sells until so many of its sales wait for their acks.
    pub backlog: AtomicUsize,
    /// Tills whose streams are open.
    pub connected: AtomicUsize,
    /// Connections that were lost.
    pub lost: AtomicU64,
    /// Answers of the cloud that asked a till to wait.
    pub busy: AtomicU64,
    clock: Clock,
    connecting: Semaphore,
    last_loss: Mutex<Option<String>>,
}

/// A till.
#[derive(Debug)]
pub struct SwarmTill {
    /// Who it is, and who the cloud is to it.
    pub identity: CloudIdentity,
    /// Where catalogues can be pulled.
    pub hints: watch::Sender<Option<Hint>>,
    /// The generation that it sells from, as it reports.
    pub sells_from: AtomicU64,
    /// A sale entered the journal, or the backlog is another.
    pub committed: Notify,
    floor: Arc<Floor>,
    journal: Mutex<Journal>,
}

impl Floor {
    /// Nobody sells yet.
    pub fn new() -> anyhow::Result<Self> {
        Ok(Self {
            shop: Shop::open()?,
            backlog: AtomicUsize::new(0),
            connected: AtomicUsize::new(0),
            lost: AtomicU64::new(0),
            busy: AtomicU64::new(0),
            clock: Clock::start(),
            connecting: Semaphore::new(CONNECTING_MAX),
            last_loss: Mutex::default(),
        })
    }

    /// Why the connection that was lost last was lost.
    pub fn last_loss(&self) -> Option<String> {
        self.last_loss.lock().unwrap_or_else(PoisonError::into_inner).clone()
    }

    fn note_loss(&self, reason: String) {
        self.lost.fetch_add(1, Ordering::Relaxed);
        *self.last_loss.lock().unwrap_or_else(PoisonError::into_inner) = Some(reason);
    }
}

impl SwarmTill {
    /// A till with an empty journal.
    pub fn new(identity: CloudIdentity, floor: Arc<Floor>) -> Self {
        let journal = Mutex::new(Journal::new(&identity.till));
        Self {
            identity,
            hints: watch::Sender::new(None),
            sells_from: AtomicU64::new(0),
            committed: Notify::new(),
            floor,
            journal,
        }
    }

    /// Its journal. Every change of it is whole, so a panic elsewhere does not spoil it.
    pub fn journal(&self) -> MutexGuard<'_, Journal> {
        self.journal.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// A sale that arrived at this moment.
    pub fn sell(&self, arrived: Instant, timed: bool) {
        let mut journal = self.journal();
        let sale = self.floor.shop.sale(&self.identity.till, journal.head().sequence.0 + 1);
        journal.commit(&sale, arrived, timed);
        drop(journal);
        self.committed.notify_one();
    }

    /// Sells until the backlog is as long as it is to be.
    fn fill(&self) {
        let backlog = self.floor.backlog.load(Ordering::Relaxed);
        let missing = backlog.saturating_sub(self.journal().waiting());
        for _ in 0..missing {
            self.sell(Instant::now(), true);
        }
    }
}

/// Keeps the link of a till up until told to stop.
pub async fn run(till: Arc<SwarmTill>, token: CancellationToken, seed: u64) -> anyhow::Result<()> {
    let (acked, head) = {
        let journal = till.journal();
        (journal.acked(), journal.head())
    };
    let mut link = Link {
        sender: Sender::new(SenderConfig::default(), acked, head),
        rng: ChaCha8Rng::seed_from_u64(seed),
        till,
        wait_ms: None,
        broken: None,
    };
    let mut failures = 0;
    loop {
        let ended = tokio::select! {
            ended = link.connection() => ended,
            () = token.cancelled() => return Ok(()),
        };
        if let Some(problem) = link.broken.take() {
            bail!("{}: {problem}", link.till.identity.till.till);
        }
        let Err(error) = ended;
        link.till.floor.note_loss(format!("{error:#}"));
        link.sender.handle_disconnected();
        link.till.hints.send_replace(None);
        failures += 1;
        let random = link.rng.random();
        let wait_ms = link.wait_ms.take().unwrap_or_else(|| RECONNECT.wait_ms(failures, random));
        if token.run_until_cancelled(tokio::time::sleep(Duration::from_millis(wait_ms))).await.is_none() {
            return Ok(());
        }
    }
}

/// A link never ends well: it ends because of something.
enum Never {}

/// Counts a stream as open until it ends.
struct Connected<'a>(&'a Floor);

impl Drop for Connected<'_> {
    fn drop(&mut self) {
        self.0.connected.fetch_sub(1, Ordering::Relaxed);
    }
}

struct Link {
    till: Arc<SwarmTill>,
    sender: Sender,
    rng: ChaCha8Rng,
    /// The wait that the sender asked for.
    wait_ms: Option<u64>,
    /// What must never happen, and did.
    broken: Option<String>,
}

impl Link {
    async fn connection(&mut self) -> anyhow::Result<Never> {
        let till = Arc::clone(&self.till);
        let floor = Arc::clone(&till.floor);
        let turn = floor.connecting.acquire().await?;
        let channel = connect(&till.identity).await?;
        let (frames, queue) = mpsc::channel(FRAMES_MAX);
        let frames_out = unfold(queue, |mut queue: mpsc::Receiver<TillFrame>| async move {
            queue.recv().await.map(|frame| (frame, queue))
        });
        let mut client = SyncServiceClient::new(channel.clone())
            .max_decoding_message_size(MESSAGE_MAX_LEN)
            .max_encoding_message_size(MESSAGE_MAX_LEN);
        let mut inbound = client.exchange(frames_out).await?.into_inner();
        drop(turn);
        floor.connected.fetch_add(1, Ordering::Relaxed);
        let _connected = Connected(&floor);
        self.sender.handle_connected(floor.clock.monotonic());
        till.hints.send_replace(Some(Hint { channel, generation: Generation(0) }));
        let mut report = tokio::time::interval(REPORT_EVERY);
        loop {
            self.settle(&frames).await?;
            let due = self.sender.poll_timeout().map(|due| floor.clock.instant_of(due));
            tokio::select! {
                frame = inbound.message() => {
                    self.heard(frame?.context("the cloud ended the connection")?)?;
                }
                () = till.committed.notified() => {}
                () = until(due) => {
                    let random = self.rng.random();
                    self.sender.handle_timeout(floor.clock.monotonic(), random);
                }
                _ = report.tick() => frames.send(self.report()).await?,
            }
        }
    }

    fn heard(&mut self, frame: wire::v1::CloudFrame) -> anyhow::Result<()> {
        match to_till(frame)? {
            Some(FromCloud::Sync(message)) => {
                if matches!(message, CloudMessage::Busy(_)) {
                    self.till.floor.busy.fetch_add(1, Ordering::Relaxed);
                }
                let random = self.rng.random();
                self.sender.handle_message(message, self.till.floor.clock.monotonic(), random);
            }
            Some(FromCloud::Catalogue(generation)) => self.till.hints.send_modify(|hint| {
                if let Some(hint) = hint {
                    hint.generation = hint.generation.max(generation);
                }
            }),
            None => {}
        }
        Ok(())
    }

    /// Tells the sender where the journal ends, and does everything that it asks for.
    async fn settle(&mut self, frames: &mpsc::Sender<TillFrame>) -> anyhow::Result<()> {
        loop {
            while let Some(event) = self.sender.poll_event() {
                self.take_event(event)?;
            }
            self.till.fill();
            self.sender.handle_committed(self.till.journal().head());
            let Some(request) = self.sender.poll_request() else { break };
            self.answer(request);
        }
        while let Some(message) = self.sender.poll_transmit() {
            frames
                .send(from_till(FromTill::Sync(message)))
                .await
                .context("the cloud ended the connection")?;
        }
        Ok(())
    }

    fn answer(&mut self, request: SenderRequest) {
        let journal = self.till.journal();
        match request {
            SenderRequest::Load { after, max_entries, max_bytes } => {
                let entries = journal.entries(after, max_entries, max_bytes);
                self.sender.handle_loaded(after, entries, self.till.floor.clock.monotonic());
            }
            SenderRequest::MarkAt(sequence) => {
                self.sender.handle_mark(journal.mark_at(sequence), journal.genesis());
            }
        }
    }

    fn take_event(&mut self, event: SenderEvent) -> anyhow::Result<()> {
        match event {
            SenderEvent::Acked(mark) => self.till.journal().ack(mark, Instant::now()),
            SenderEvent::CloudBehind { from, to } => {
                let (from, to) = (from.sequence, to.sequence);
                self.broken = Some(format!("the cloud acked sale {from} and has only {to}: it lost some"));
            }
            SenderEvent::Diverged => {
                self.broken = Some("the cloud knows another history of this till".to_owned());
            }
            SenderEvent::Refused(refusal) => self.broken = Some(format!("the cloud refuses it: {refusal:?}")),
            SenderEvent::EndOfLife(_) => {}
            SenderEvent::Reconnect { after_ms } => {
                self.wait_ms = Some(after_ms);
                bail!("the cloud does not answer");
            }
        }
        match &self.broken {
            Some(problem) => bail!("{problem}"),
            None => Ok(()),
        }
    }

    fn report(&self) -> TillFrame {
        from_till(FromTill::Report(Report {
            generation: Generation(self.till.sells_from.load(Ordering::Relaxed)),
            software: env!("CARGO_PKG_VERSION").to_owned(),
            unsent: self.till.journal().waiting() as u64,
            clock: wall(),
            newest_taken: None,
        }))
    }
}

async fn connect(identity: &CloudIdentity) -> anyhow::Result<Channel> {
    let tls = ClientTlsConfig::new()
        .ca_certificate(Certificate::from_pem(&identity.authority_pem))
        .identity(Identity::from_pem(&identity.certificate_pem, &identity.key_pem));
    let endpoint = Endpoint::from_shared(identity.address.clone())?
        .tls_config(tls)?
        .connect_timeout(CONNECT_MAX)
        .http2_keep_alive_interval(ASK_ALIVE_AFTER)
        .keep_alive_timeout(ALIVE_MAX)
        .tcp_nodelay(true);
    endpoint.connect().await.with_context(|| format!("failed to connect to {}", identity.address))
}

async fn until(due: Option<Instant>) {
    match due {
        Some(due) => tokio::time::sleep_until(due.into()).await,
        None => std::future::pending().await,
    }
}
