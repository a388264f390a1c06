//! The link: one stream over which sales go out and hints come in.
//!
//! `sync_core::sender` decides what is sent and when; this loop carries its messages, reads the journal for it and tells the
//! store what was acked.

use std::sync::Arc;
use std::time::{Duration, Instant};

use anyhow::{Context as _, bail};
use domain::ids::{Generation, SequenceNumber};
use domain::time::WallMs;
use edge_store::cloud_identity::{BrokerAddress, CloudIdentity, KeyAndRequest};
use edge_store::{Store, StoreError};
use futures_util::Stream;
use futures_util::stream::unfold;
use service::health::Part;
use sync_core::message::Refusal;
use sync_core::sender::{Sender, SenderConfig, SenderEvent, SenderRequest};
use tokio::sync::{Notify, mpsc, watch};
use tokio_util::sync::CancellationToken;
use tonic::transport::Channel;
use uuid::Uuid;
use wire::catalogue::decode_head;
use wire::sync::{FromCloud, FromTill, Report, from_till, to_till};
use wire::v1::device_service_client::DeviceServiceClient;
use wire::v1::sync_service_client::SyncServiceClient;
use wire::v1::{RenewRequest, TillFrame};
use wire::{MESSAGE_MAX_LEN, v1};

use super::CloudParts;
use super::channel::connect;

/// How often an unclaimed till looks whether it has been claimed.
const LOOK_EVERY: Duration = Duration::from_secs(2);
/// How often the till says how it is doing.
const REPORT_EVERY: Duration = Duration::from_secs(10);
/// Frames on their way out; when they are this many the sender's next one waits.
const FRAMES_MAX: usize = 16;
/// The wait after a connection that could not be made or that ended, if the sender asks for no other.
const RECONNECT: sync_core::backoff::Backoff = sync_core::backoff::Backoff { first_ms: 500, most_ms: 10_000 };

/// A connection by which the catalogue can be pulled, and what is there to pull.
#[derive(Debug, Clone)]
pub(super) struct Hint {
    /// The connection.
    pub(super) channel: Channel,
    /// Whose key signs what is pulled.
    pub(super) identity: Arc<CloudIdentity>,
    /// The newest generation that was heard of; 0 when it is not known yet.
    pub(super) generation: Generation,
}

/// Keeps the link up until told to stop.
pub(super) async fn run(
    parts: CloudParts,
    part: Part,
    switch: Arc<Switch>,
    token: CancellationToken,
) -> anyhow::Result<()> {
    let sender = {
        let store = parts.store.clone();
        blocking(move || Ok(Sender::new(SenderConfig::default(), store.acked_mark()?, store.head_mark()?)))
            .await?
    };
    let mut link = Link { parts, sender, switch, reconnect_ms: None, failures: 0 };
    while let Some(identity) = link.identity(&part, &token).await? {
        let identity = Arc::new(identity);
        let ended = tokio::select! {
            ended = link.connection(&identity, &part) => ended,
            () = token.cancelled() => return Ok(()),
        };
        link.sender.handle_disconnected();
        link.switch.hints.send_replace(None);
        let Err(problem) = ended;
        let problem = format!("{problem:#}");
        tracing::warn!(
            address = identity.address,
            problem,
            "the cloud is not reached; sales wait in the journal"
        );
        part.down(problem.clone());
        link.parts.status.lost(&identity.address, problem);
        link.failures += 1;
        let wait_ms = link.reconnect_ms.take().unwrap_or_else(|| RECONNECT.wait_ms(link.failures, random()));
        let wait = tokio::time::sleep(Duration::from_millis(wait_ms));
        if token.run_until_cancelled(wait).await.is_none() {
            break;
        }
    }
    Ok(())
}

/// What the tasks tell each other.
#[derive(Debug)]
pub(super) struct Switch {
    /// What can be pulled, while there is a connection to pull it by.
    pub(super) hints: watch::Sender<Option<Hint>>,
    /// Notified when the till is to say how it is doing: it took a generation, or was asked.
    pub(super) report: Notify,
    /// Notified when the link is to be made anew.
    pub(super) reconnect: Notify,
    /// The newest sale.
    pub(super) sold: watch::Sender<SequenceNumber>,
}

impl Switch {
    pub(super) fn new() -> Self {
        Self {
            hints: watch::Sender::new(None),
            report: Notify::new(),
            reconnect: Notify::new(),
            sold: watch::Sender::new(SequenceNumber(0)),
        }
    }

    /// Changes what is known of the newest generation; false where there is nothing to pull it by.
    pub(super) fn hint(&self, change: impl FnOnce(&mut Hint)) -> bool {
        let mut changed = false;
        self.hints.send_modify(|hint| {
            if let Some(hint) = hint {
                change(hint);
                changed = true;
            }
        });
        changed
    }
}

/// A link never ends well: it ends because of something.
enum Never {}

struct Link {
    parts: CloudParts,
    sender: Sender,
    switch: Arc<Switch>,
    /// The wait that the sender asked for.
    reconnect_ms: Option<u64>,
    failures: u32,
}

impl Link {
    /// Waits until the till is claimed; `None` when told to stop.
    async fn identity(
        &self,
        part: &Part,
        token: &CancellationToken,
    ) -> anyhow::Result<Option<CloudIdentity>> {
        loop {
            match load(&self.parts.store).await {
                Ok(Some(identity)) if identity.till == *self.parts.store.identity() => {
                    return Ok(Some(identity));
                }
                Ok(Some(identity)) => part.down(format!(
                    "the till was claimed as {}, but its store is of {}: claim it again",
                    sync_core::sale_document::till_name(&identity.till),
                    sync_core::sale_document::till_name(self.parts.store.identity())
                )),
                // A till without a cloud is whole.
                Ok(None) => part.ok(),
                Err(error) => part.down(format!("{error:#}")),
            }
            if token.run_until_cancelled(tokio::time::sleep(LOOK_EVERY)).await.is_none() {
                return Ok(None);
            }
        }
    }

    /// One connection, until it ends.
    async fn connection(&mut self, identity: &Arc<CloudIdentity>, part: &Part) -> anyhow::Result<Never> {
        let channel = connect(identity).await?;
        if wall() >= identity.renew_at() {
            self.renew(identity, &channel).await?;
        }
        let (frames, queue) = mpsc::channel(FRAMES_MAX);
        let mut client = SyncServiceClient::new(channel.clone())
            .max_decoding_message_size(MESSAGE_MAX_LEN)
            .max_encoding_message_size(MESSAGE_MAX_LEN);
        let answer = client.exchange(stream_of(queue)).await.map_err(|status| refused(&status))?;
        let mut inbound = answer.into_inner();
        self.sender.handle_connected(self.parts.clock.monotonic());
        self.parts.status.connected(&identity.address, wall());
        part.ok();
        tracing::info!(address = identity.address, "connected to the cloud");
        let hint =
            Hint { channel: channel.clone(), identity: Arc::clone(identity), generation: Generation(0) };
        self.switch.hints.send_replace(Some(hint));
        let mut report = tokio::time::interval(REPORT_EVERY);
        loop {
            self.settle(&frames).await?;
            let due = self.sender.poll_timeout().map(|due| self.parts.clock.instant_of(due));
            tokio::select! {
                frame = inbound.message() => {
                    let frame = frame.map_err(|status| refused(&status))?;
                    self.heard(frame.context("the cloud ended the connection")?)?;
                }
                () = self.parts.committed.notified() => self.take_head().await?,
                () = until(due) => {
                    let now = self.parts.clock.monotonic();
                    self.sender.handle_timeout(now, random());
                }
                () = self.switch.report.notified() => self.report(&frames).await?,
                () = self.switch.reconnect.notified() => {
                    self.reconnect_ms = Some(0);
                    bail!("the till was told to connect anew");
                }
                _ = report.tick() => self.tick(identity, &channel, &frames).await?,
            }
        }
    }

    fn heard(&mut self, frame: v1::CloudFrame) -> anyhow::Result<()> {
        let now = self.parts.clock.monotonic();
        match to_till(frame).context("the cloud sent what makes no sense")? {
            Some(FromCloud::Sync(message)) => self.sender.handle_message(message, now, random()),
            Some(FromCloud::Catalogue(generation)) => {
                self.switch.hint(|hint| hint.generation = hint.generation.max(generation));
            }
            None => {}
        }
        Ok(())
    }

    async fn take_head(&mut self) -> anyhow::Result<()> {
        let store = self.parts.store.clone();
        let head = blocking(move || store.head_mark()).await?;
        self.switch.sold.send_replace(head.sequence);
        self.sender.handle_committed(head);
        Ok(())
    }

    /// Does everything that the sender asks for, until it asks for nothing more.
    async fn settle(&mut self, frames: &mpsc::Sender<TillFrame>) -> anyhow::Result<()> {
        while let Some(request) = self.sender.poll_request() {
            self.answer(request).await?;
        }
        while let Some(message) = self.sender.poll_transmit() {
            frames
                .send(from_till(FromTill::Sync(message)))
                .await
                .context("the cloud ended the connection")?;
        }
        while let Some(event) = self.sender.poll_event() {
            self.take_event(event).await?;
        }
        Ok(())
    }

    async fn answer(&mut self, request: SenderRequest) -> anyhow::Result<()> {
        let store = self.parts.store.clone();
        match request {
            SenderRequest::Load { after, max_entries, max_bytes } => {
                let entries = blocking(move || store.entries(after, max_entries, max_bytes)).await?;
                self.sender.handle_loaded(after, entries, self.parts.clock.monotonic());
            }
            SenderRequest::MarkAt(sequence) => {
                let genesis = store.genesis_mark();
                let mark = blocking(move || store.mark_at(sequence)).await?;
                self.sender.handle_mark(mark, genesis);
            }
        }
        Ok(())
    }

    async fn take_event(&mut self, event: SenderEvent) -> anyhow::Result<()> {
        let store = self.parts.store.clone();
        match event {
            SenderEvent::Acked(mark) => {
                blocking(move || store.mark_sent(mark.sequence)).await?;
                self.failures = 0;
                self.parts.status.acked(mark.sequence, wall());
                metrics::gauge!("tillsight_sync_acked_sequence").set(mark.sequence.0 as f64);
            }
            SenderEvent::CloudBehind { from, to } => {
                tracing::warn!(
                    from = from.sequence.0,
                    to = to.sequence.0,
                    "the cloud has less than it acked: sales from {} on are sent again",
                    to.sequence.0 + 1
                );
                blocking(move || store.mark_unsent(to.sequence)).await?;
            }
            SenderEvent::Diverged => {
                tracing::error!(
                    "the cloud knows another history of this till (was its disk restored from an old copy?): all sales are sent again, none is counted twice"
                );
                let genesis = store.genesis_mark();
                blocking(move || store.mark_unsent(genesis.sequence)).await?;
            }
            SenderEvent::EndOfLife(at_ms) => tracing::warn!(
                at_ms,
                "the cloud will stop speaking this till's protocol: update the till's software before"
            ),
            SenderEvent::Refused(refusal) => {
                tracing::error!(?refusal, "the cloud refuses: {}", reason(refusal));
            }
            SenderEvent::Reconnect { after_ms } => {
                self.reconnect_ms = Some(after_ms);
                bail!("the cloud does not answer, or refused");
            }
        }
        Ok(())
    }

    /// What is looked at now and then: reports, and renews the certificate in time.
    async fn tick(
        &mut self,
        identity: &CloudIdentity,
        channel: &Channel,
        frames: &mpsc::Sender<TillFrame>,
    ) -> anyhow::Result<()> {
        if load(&self.parts.store).await?.as_ref() != Some(identity) {
            bail!("the till was claimed anew");
        }
        if wall() >= identity.renew_at() {
            self.renew(identity, channel).await?;
        }
        self.report(frames).await
    }

    /// Says how the till is doing.
    async fn report(&mut self, frames: &mpsc::Sender<TillFrame>) -> anyhow::Result<()> {
        let store = self.parts.store.clone();
        let (standing, head, unsent) =
            blocking(move || Ok((store.cloud_standing()?, store.cloud_head()?, store.outbox_len()?))).await?;
        self.parts.status.sells_from(standing.sells_from);
        metrics::gauge!("tillsight_sync_unsent_sales").set(unsent as f64);
        let report = Report {
            generation: standing.sells_from,
            software: env!("CARGO_PKG_VERSION").to_owned(),
            unsent,
            clock: wall(),
            newest_taken: head.as_deref().map(decode_head).transpose()?,
        };
        let frame = from_till(FromTill::Report(report));
        frames.send(frame).await.context("the cloud ended the connection")
    }

    /// Asks for a new certificate, for a new key. The connection is made anew with it.
    async fn renew(&self, identity: &CloudIdentity, channel: &Channel) -> anyhow::Result<Never> {
        let made = KeyAndRequest::make()?;
        let request = RenewRequest { csr_pem: made.request_pem };
        let answer = DeviceServiceClient::new(channel.clone()).renew(request).await;
        let answer = answer.map_err(|status| refused(&status)).context("failed to renew the certificate")?;
        let answer = answer.into_inner();
        let renewed = CloudIdentity {
            broker: BrokerAddress::told(&answer.mqtt_host, answer.mqtt_port, &identity.address),
            key_pem: made.key_pem,
            certificate_pem: answer.certificate_pem,
            not_before: WallMs(answer.not_before_ms),
            not_after: WallMs(answer.not_after_ms),
            ..identity.clone()
        };
        if renewed.renew_at() <= wall() {
            bail!("the renewed certificate has ended already: is the clock of this till right?");
        }
        let folder = self.parts.store.dir().to_owned();
        tokio::task::spawn_blocking(move || renewed.save(&folder)).await??;
        bail!("the certificate was renewed; connecting with the new one")
    }
}

pub(super) async fn load(store: &Store) -> anyhow::Result<Option<CloudIdentity>> {
    let folder = store.dir().to_owned();
    Ok(tokio::task::spawn_blocking(move || CloudIdentity::load(&folder)).await??)
}

/// Runs what may take the disk a while on a thread for such work.
pub(super) async fn blocking<T: Send + 'static>(
    work: impl FnOnce() -> Result<T, StoreError> + Send + 'static,
) -> anyhow::Result<T> {
    Ok(tokio::task::spawn_blocking(work).await??)
}

fn stream_of(queue: mpsc::Receiver<TillFrame>) -> impl Stream<Item = TillFrame> + Send + 'static {
    unfold(queue, |mut queue| async move { queue.recv().await.map(|frame| (frame, queue)) })
}

async fn until(due: Option<Instant>) {
    match due {
        Some(due) => tokio::time::sleep_until(due.into()).await,
        None => std::future::pending().await,
    }
}

pub(super) fn wall() -> WallMs {
    crate::clock::wall()
}

/// Evenly drawn: the random half of a UUID.
pub(super) fn random() -> u64 {
    Uuid::new_v4().as_u64_pair().1
}

/// A gRPC status in words that name what to do, where something can be done.
fn refused(status: &tonic::Status) -> anyhow::Error {
    anyhow::anyhow!("the cloud answered `{}`: {}", status.code(), status.message())
}

fn reason(refusal: Refusal) -> &'static str {
    match refusal {
        Refusal::Version { .. } => "it speaks another version of the protocol; update the till's software",
        Refusal::Malformed => "it could not make sense of what the till sent",
        Refusal::Revoked => "this till's certificate was revoked; claim the till again if that was a mistake",
    }
}
