//! A till's stream: its sales come in, and it is told of new catalogues.
//!
//! The stream of answers drives everything: it is asked for the next frame, and works until there is one. So a session has
//! no task of its own, and ends with its connection.

use std::pin::Pin;
use std::time::Duration;

use cloud_store::{LastSeen, StoreError};
use domain::ids::{Generation, SequenceNumber};
use domain::time::MonotonicMs;
use futures_util::Stream;
use futures_util::stream::unfold;
use sync_core::message::TillMessage;
use sync_core::receiver::{Receiver, ReceiverRequest};
use tokio::sync::watch;
use tokio::time::{Instant, Interval, MissedTickBehavior};
use tokio_util::sync::CancellationToken;
use tonic::{Request, Response, Status, Streaming};
use wire::sync::{FromCloud, FromTill, Report, from_cloud, to_cloud};
use wire::v1::sync_service_server::SyncService;
use wire::v1::{CloudFrame, TillFrame};

use super::{caller, restored};
use crate::ca::TillIdentity;
use crate::gateway::Shared;
use crate::heads::Heads;
use crate::roles::now;

/// How often it is looked whether the till may still send.
const LOOK_EVERY: Duration = Duration::from_secs(5);
/// Reports that come closer together than this are not kept.
const REPORT_EVERY: Duration = Duration::from_secs(1);
/// What a till is told to wait while the database is away, in milliseconds.
const AWAY_RETRY_MS: u32 = 2_000;

/// The service.
pub(super) struct Sessions {
    shared: Shared,
    stopping: CancellationToken,
}

impl Sessions {
    pub(super) fn new(shared: Shared, stopping: CancellationToken) -> Self {
        Self { shared, stopping }
    }
}

type Frames = Pin<Box<dyn Stream<Item = Result<CloudFrame, Status>> + Send>>;

#[tonic::async_trait]
impl SyncService for Sessions {
    type ExchangeStream = Frames;

    async fn exchange(&self, request: Request<Streaming<TillFrame>>) -> Result<Response<Frames>, Status> {
        let till = caller::till(&self.shared, &request).await?;
        metrics::gauge!("tillsight_tills_connected").increment(1.0);
        let mut look = tokio::time::interval(LOOK_EVERY);
        look.set_missed_tick_behavior(MissedTickBehavior::Delay);
        let session = Session {
            receiver: Receiver::new(&till.till, None),
            inbound: request.into_inner(),
            heads: self.shared.heads.watch(),
            hinted: Generation(0),
            newest: SequenceNumber(0),
            reported: None,
            look,
            began: Instant::now(),
            stopping: self.stopping.clone(),
            shared: self.shared.clone(),
            till,
            ended: false,
        };
        let frames =
            unfold(session, |mut session| async move { session.next().await.map(|frame| (frame, session)) });
        Ok(Response::new(Box::pin(frames)))
    }
}

struct Session {
    shared: Shared,
    till: TillIdentity,
    receiver: Receiver,
    inbound: Streaming<TillFrame>,
    heads: watch::Receiver<Heads>,
    /// The newest generation that the till was told of.
    hinted: Generation,
    /// The newest place of its journal that is known.
    newest: SequenceNumber,
    reported: Option<Instant>,
    look: Interval,
    began: Instant,
    stopping: CancellationToken,
    ended: bool,
}

impl Drop for Session {
    fn drop(&mut self) {
        metrics::gauge!("tillsight_tills_connected").decrement(1.0);
    }
}

impl Session {
    /// The next frame for the till; `None` when the session is over.
    async fn next(&mut self) -> Option<Result<CloudFrame, Status>> {
        loop {
            if let Some(message) = self.receiver.poll_transmit() {
                return Some(Ok(from_cloud(&FromCloud::Sync(message))));
            }
            if let Some(request) = self.receiver.poll_request() {
                self.carry_out(request).await;
                continue;
            }
            if self.ended || self.receiver.is_closed() {
                return None;
            }
            if let Some(generation) = self.new_head() {
                return Some(Ok(from_cloud(&FromCloud::Catalogue(generation))));
            }
            if let Err(status) = self.wait().await {
                self.ended = true;
                return Some(Err(status));
            }
        }
    }

    /// Waits for one thing and takes it in.
    async fn wait(&mut self) -> Result<(), Status> {
        tokio::select! {
            frame = self.inbound.message() => match frame? {
                Some(frame) => self.heard(frame).await?,
                None => self.ended = true,
            },
            changed = self.heads.changed() => {
                if changed.is_err() {
                    self.ended = true;
                }
            }
            _ = self.look.tick() => {
                self.receiver.handle_timeout(self.time());
                match caller::check(&self.shared.store, &self.till).await {
                    Err(status) if status.code() == tonic::Code::PermissionDenied => {
                        self.receiver.handle_revoked();
                    }
                    // A database that is away revokes nobody.
                    Err(_) | Ok(()) => {}
                }
            }
            () = self.stopping.cancelled() => {
                return Err(Status::unavailable("the cloud is stopping: connect again in a moment"));
            }
        }
        Ok(())
    }

    async fn heard(&mut self, frame: TillFrame) -> Result<(), Status> {
        match to_cloud(frame).map_err(|error| Status::invalid_argument(error.to_string()))? {
            FromTill::Sync(message) => {
                if let TillMessage::Hello(hello) = &message {
                    self.newest = hello.acked.sequence;
                }
                self.receiver.handle_message(message);
            }
            FromTill::Report(report) => self.reported(&report).await,
        }
        Ok(())
    }

    async fn carry_out(&mut self, request: ReceiverRequest) {
        let store = &self.shared.store;
        let result = match request {
            ReceiverRequest::Look(hello) => store.standing(&self.till.till, &hello).await.map(|standing| {
                self.receiver.handle_standing(standing);
            }),
            ReceiverRequest::Commit(batch) => {
                let began = Instant::now();
                let count = batch.entries.len() as u64;
                store.ingest(&self.till.till, batch.entries, now()).await.map(|ingested| {
                    self.newest = ingested.newest.sequence;
                    metrics::counter!("tillsight_sales_received_total").increment(count);
                    metrics::histogram!("tillsight_ingest_seconds").record(began.elapsed().as_secs_f64());
                    self.receiver.handle_committed();
                })
            }
        };
        if let Err(error) = result {
            let retry_after_ms = match &error {
                StoreError::Busy { retry_after_ms, .. } => {
                    u32::try_from(*retry_after_ms).unwrap_or(AWAY_RETRY_MS)
                }
                _ => AWAY_RETRY_MS,
            };
            tracing::warn!(error = %error, till = %self.till.till.till, "a till has to wait: {error}");
            self.receiver.handle_unavailable(retry_after_ms);
        }
    }

    async fn reported(&mut self, report: &Report) {
        if self.reported.is_some_and(|at| at.elapsed() < REPORT_EVERY) {
            return;
        }
        self.reported = Some(Instant::now());
        let seen = LastSeen {
            at: now(),
            generation: report.generation,
            sequence: self.newest,
            unsent: report.unsent,
            software: report.software.clone(),
        };
        if let Err(error) = self.shared.store.note_seen(&self.till.till, &seen).await {
            tracing::warn!(error = %error, "a till's report was not kept");
        }
        let Some(taken) = &report.newest_taken else { return };
        if let Err(error) = restored::look(&self.shared, &self.till.till, taken).await {
            tracing::warn!(error = %error, "a till's newest generation was not compared with the cloud's");
        }
    }

    /// A generation of the till's store that it was not told of yet.
    fn new_head(&mut self) -> Option<Generation> {
        let till = &self.till.till;
        let newest = self.heads.borrow_and_update().of(&till.org, &till.store)?;
        if newest <= self.hinted {
            return None;
        }
        self.hinted = newest;
        Some(newest)
    }

    fn time(&self) -> MonotonicMs {
        MonotonicMs(u64::try_from(self.began.elapsed().as_millis()).unwrap_or(u64::MAX))
    }
}
