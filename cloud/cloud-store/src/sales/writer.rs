//! Group commit: what waits is committed together, so that a commit is paid for once and not for each till.
//!
//! A request that makes its group fail must not fail its neighbours: after a failed group each request is tried alone, and
//! after that each entry. An entry that the database itself refuses is parked like any other unsound one, for the till would
//! send it for ever.

use std::slice;
use std::sync::Arc;

use domain::sale::TillRef;
use domain::time::WallMs;
use sync_core::entry::Entry;
use tokio::sync::{Mutex, OwnedSemaphorePermit, Semaphore, mpsc, oneshot};

use super::Ingested;
use super::book::book;
use super::months::Months;
use super::plan::{Batch, Prepared};
use crate::error::{Kind, StoreError, What, kind_of};
use crate::sql::Failure;
use crate::store::Store;

/// Requests that may wait. Full: refused, as is more than [`crate::StoreOptions::ingest_queue_kib`].
const REQUESTS_MAX: usize = 4_096;
/// Entries that one transaction takes; the last request may go beyond it.
const GROUP_ENTRIES: usize = 1_024;
/// How often a request is tried that loses against another transaction.
const TRIES: u32 = 5;
/// Entries that are read without letting another task run.
const PREPARED_AT_ONCE: usize = 16;
/// What a caller that is refused is told to wait.
const RETRY_AFTER_MS: u64 = 500;

/// What waits for the writer.
pub(crate) struct Queue {
    sender: mpsc::Sender<Request>,
    receiver: Mutex<mpsc::Receiver<Request>>,
    room: Arc<Semaphore>,
    months: Months,
}

struct Request {
    batch: Batch,
    answer: oneshot::Sender<Result<Ingested, StoreError>>,
    _room: OwnedSemaphorePermit,
}

impl Queue {
    pub(crate) fn new(kib: u32) -> Self {
        let (sender, receiver) = mpsc::channel(REQUESTS_MAX);
        let room = Arc::new(Semaphore::new(kib as usize));
        Self { sender, receiver: Mutex::new(receiver), room, months: Months::default() }
    }
}

impl Store {
    /// Takes in what a till sent, in the order of its journal; returns when it is committed. Needs [`Store::run_ingest`].
    ///
    /// On an error nothing may be acked; the same batch may be sent again, whatever became of this one. Dropping the call
    /// does not take the batch back.
    pub async fn ingest(
        &self,
        till: &TillRef,
        entries: Vec<Entry>,
        now: WallMs,
    ) -> Result<Ingested, StoreError> {
        let bytes: usize = entries.iter().map(|entry| entry.payload.len()).sum();
        let mut prepared = Vec::with_capacity(entries.len());
        for (index, entry) in entries.into_iter().enumerate() {
            if index % PREPARED_AT_ONCE == PREPARED_AT_ONCE - 1 {
                tokio::task::yield_now().await;
            }
            prepared.push(Prepared::new(entry, till));
        }
        let busy = || StoreError::Busy {
            database: self.name().to_owned(),
            waiting: REQUESTS_MAX - self.queue().sender.capacity(),
            retry_after_ms: RETRY_AFTER_MS,
        };
        let kib = u32::try_from(1 + bytes / 1024).unwrap_or(u32::MAX);
        let room = self.queue().room.clone().try_acquire_many_owned(kib).map_err(|_| busy())?;
        let (answer, answered) = oneshot::channel();
        let batch = Batch { till: till.clone(), entries: prepared, now };
        let request = Request { batch, answer, _room: room };
        self.queue().sender.try_send(request).map_err(|_| busy())?;
        answered.await.unwrap_or_else(|_| {
            let database = self.name().to_owned();
            Err(StoreError::Unavailable { database, source: "its writer has stopped".into() })
        })
    }

    /// Commits what [`Store::ingest`] queues, until `stop` is done; then what waits is committed and later calls are refused.
    /// Run it as one task; a second one waits until the first ends.
    pub async fn run_ingest(&self, stop: impl Future<Output = ()>) {
        let mut receiver = self.queue().receiver.lock().await;
        let mut stop = std::pin::pin!(stop);
        let mut stopping = false;
        loop {
            let first = tokio::select! {
                request = receiver.recv() => request,
                () = &mut stop, if !stopping => {
                    stopping = true;
                    receiver.close();
                    continue;
                }
            };
            let Some(first) = first else { return };
            let mut entries = first.batch.entries.len();
            let mut group = vec![first];
            while entries < GROUP_ENTRIES {
                let Ok(request) = receiver.try_recv() else { break };
                entries += request.batch.entries.len();
                group.push(request);
            }
            self.commit_group(group).await;
        }
    }

    async fn commit_group(&self, group: Vec<Request>) {
        let (mut batches, mut waiting) = (Vec::new(), Vec::new());
        for Request { batch, answer, _room } in group {
            batches.push(batch);
            waiting.push((answer, _room));
        }
        let together = if batches.len() > 1 { Some(self.try_commit(&batches).await) } else { None };
        match together {
            Some(Ok(answers)) => {
                for ((answer, _), ingested) in waiting.into_iter().zip(answers) {
                    // Whoever asked may have gone: the till will ask again and find it known.
                    let _ = answer.send(Ok(ingested));
                }
            }
            Some(Err(Failure::Engine(error))) if matches!(kind_of(&error), Kind::Gone | Kind::Full) => {
                // Each alone would only wait for the same.
                let message = error.to_string();
                let _ = self.explain(error.into());
                for (answer, _) in waiting {
                    let error = sqlx::Error::Io(std::io::Error::other(message.clone()));
                    let _ = answer.send(Err(self.explain(error.into())));
                }
            }
            None | Some(Err(_)) => {
                for (batch, (answer, _)) in batches.into_iter().zip(waiting) {
                    let _ = answer.send(self.commit_alone(batch).await);
                }
            }
        }
    }

    async fn commit_alone(&self, batch: Batch) -> Result<Ingested, StoreError> {
        let mut tries = TRIES;
        let error = loop {
            tries -= 1;
            match self.try_commit(slice::from_ref(&batch)).await {
                Ok(answers) => return Ok(only(answers)),
                Err(Failure::Store(error)) => return Err(error),
                Err(Failure::Engine(error)) => match kind_of(&error) {
                    // Another till's transaction booked the same id meanwhile: now it is seen.
                    Kind::Collision | Kind::Exists if tries > 0 => {}
                    Kind::Missing => return Err(StoreError::not_found(What::Till, &batch.till.till)),
                    Kind::Gone | Kind::Full | Kind::Collision => return Err(self.explain(error.into())),
                    Kind::Exists | Kind::Other => break error,
                },
            }
        };
        tracing::warn!(till = %batch.till.till, %error, "the database refused a batch: trying each of its sales alone");
        self.commit_each(batch).await
    }

    /// Each entry in a transaction of its own; what the database refuses is parked.
    async fn commit_each(&self, batch: Batch) -> Result<Ingested, StoreError> {
        let Batch { till, entries, now } = batch;
        let mut all = Ingested { outcomes: Vec::new(), newest: super::plan::beginning(&till) };
        for prepared in entries {
            let mut one = Batch { till: till.clone(), entries: vec![prepared], now };
            let ingested = match self.try_commit(slice::from_ref(&one)).await {
                Err(Failure::Engine(error)) if matches!(kind_of(&error), Kind::Other | Kind::Exists) => {
                    one.entries[0].sale = Err(format!("the database refused it: {error}"));
                    self.try_commit(slice::from_ref(&one)).await
                }
                result => result,
            };
            let ingested = only(ingested.map_err(|failure| self.explain(failure))?);
            all.outcomes.extend(ingested.outcomes);
            all.newest = ingested.newest;
        }
        Ok(all)
    }

    async fn try_commit(&self, batches: &[Batch]) -> Result<Vec<Ingested>, Failure> {
        let sound = |batch: &Batch| {
            let sales = batch.entries.iter().filter_map(|prepared| prepared.sale.as_ref().ok());
            sales.map(|sale| sale.business_day).collect::<Vec<_>>()
        };
        let now = batches.iter().map(|batch| batch.now).max().unwrap_or_default();
        self.queue().months.prepare(self, batches.iter().flat_map(sound), now).await?;
        let mut writing = self.writing().await?;
        let answers = book(writing.connection(), self.engine(), batches).await?;
        writing.commit().await?;
        Ok(answers)
    }
}

fn only(answers: Vec<Ingested>) -> Ingested {
    answers.into_iter().next().expect("each batch has an answer")
}
