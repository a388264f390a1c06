//! The storage thread: writes in the order they were asked for, each answered by one event.

use std::sync::Arc;
use std::sync::mpsc::{RecvTimeoutError, SyncSender, sync_channel};
use std::time::{Duration, Instant};

use domain::ids::{PaymentId, SaleId, SequenceNumber};
use domain::sale::Sale;
use domain::sighting::Sighting;
use edge_store::{Intent, Store, StoreError};
use service::health::Part;
use service::tasks::Tasks;
use service::watchdog::Beats;
use tokio::sync::{Notify, mpsc};

use crate::event::Event;

/// What the store is asked.
#[derive(Debug)]
pub enum StorageJob {
    /// To write down what a payment is for.
    RecordIntent(PaymentId, Box<Sale>),
    /// To forget a payment that took no money.
    DropIntent(PaymentId),
    /// To put a paid sale into the journal.
    Commit(Box<Sale>),
    /// To remember what the things of a sale looked like. Nobody waits for it, and it has no answer.
    Remember(Vec<Sighting>),
}

/// What became of it.
#[derive(Debug)]
pub enum StorageAnswer {
    /// To `RecordIntent`.
    Intent(PaymentId, Result<(), StoreError>),
    /// To `DropIntent`.
    Dropped(PaymentId, Result<(), StoreError>),
    /// To `Commit`.
    Committed(SaleId, Result<SequenceNumber, StoreError>),
    /// The disk has room, or has none.
    Room(bool),
}

/// The way to the storage thread.
#[derive(Debug, Clone)]
pub struct StorageDesk {
    jobs: SyncSender<StorageJob>,
}

/// How often the room on the disk is looked at while nothing is written.
const LOOK_EVERY: Duration = Duration::from_secs(5);
/// A commit takes milliseconds; a dying SD card may take seconds.
const MAX_SILENCE: Duration = Duration::from_secs(30);

impl StorageDesk {
    /// Starts the thread. `committed` is notified of each sale that is in the journal.
    pub fn start(
        tasks: &Tasks,
        store: Store,
        beats: &Beats,
        part: Part,
        committed: Arc<Notify>,
        events: mpsc::Sender<Event>,
    ) -> std::io::Result<Self> {
        // One basket makes a handful of writes; a full queue means that the disk hangs.
        let (jobs, queue) = sync_channel(32);
        let beat = beats.register("storage", MAX_SILENCE);
        tasks.thread("storage", move |token| {
            let mut looked = None;
            let mut had_room = true;
            loop {
                beat.beat();
                if looked.is_none_or(|at: Instant| at.elapsed() >= LOOK_EVERY) {
                    looked = Some(Instant::now());
                    look_at_disk(&store, &part, &mut had_room, &events)?;
                }
                let answer = match queue.recv_timeout(Duration::from_millis(200)) {
                    Ok(job) => match carry_out(&store, job) {
                        Some(answer) => answer,
                        None => continue,
                    },
                    Err(RecvTimeoutError::Timeout) if !token.is_cancelled() => continue,
                    // Cancelled with an empty queue, or nobody is left to ask.
                    Err(_) => return Ok(()),
                };
                if matches!(&answer, StorageAnswer::Committed(_, Ok(_))) {
                    committed.notify_one();
                }
                if mentions_disk(&answer) {
                    looked = None;
                }
                events.blocking_send(Event::Storage(answer))?;
            }
        })?;
        Ok(Self { jobs })
    }

    /// Hands a job to the thread. False when it is gone or swamped.
    pub fn ask(&self, job: StorageJob) -> bool {
        self.jobs.try_send(job).is_ok()
    }
}

/// The payments that a crash left open.
pub fn open_intents(store: &Store) -> Result<Vec<Intent>, StoreError> {
    store.open_intents()
}

fn carry_out(store: &Store, job: StorageJob) -> Option<StorageAnswer> {
    Some(match job {
        StorageJob::Remember(sightings) => {
            remember(store, sightings);
            return None;
        }
        StorageJob::RecordIntent(payment, sale) => StorageAnswer::Intent(
            payment,
            logged("record a payment intent", store.record_intent(payment, &sale)),
        ),
        StorageJob::DropIntent(payment) => {
            StorageAnswer::Dropped(payment, logged("drop a payment intent", store.drop_intent(payment)))
        }
        StorageJob::Commit(sale) => {
            let _span = tracing::info_span!("commit_sale", sale.id = %sale.id).entered();
            let began = Instant::now();
            let committed = logged("commit a sale", store.commit_sale(&sale));
            metrics::histogram!("tillsight_sale_commit_seconds").record(began.elapsed().as_secs_f64());
            if let Ok(entry) = &committed {
                metrics::counter!("tillsight_sales_total").increment(u64::from(!entry.already));
                tracing::info!(sale.id = %sale.id, sequence = %entry.sequence, "sale {} is in the journal", sale.id);
            }
            StorageAnswer::Committed(sale.id, committed.map(|entry| entry.sequence))
        }
    })
}

/// The sale is in the journal already; what is lost here is only not learnt from.
fn remember(store: &Store, sightings: Vec<Sighting>) {
    let count = sightings.len() as u64;
    match store.remember(sightings) {
        Ok(()) => metrics::counter!("tillsight_sightings_total").increment(count),
        Err(error) => {
            metrics::counter!("tillsight_sightings_lost_total").increment(count);
            tracing::warn!(error = %chain(&error), sightings = count, "what a sale's things looked like is not remembered");
        }
    }
}

fn logged<T>(what: &'static str, result: Result<T, StoreError>) -> Result<T, StoreError> {
    if let Err(error) = &result {
        tracing::error!(error = %chain(error), "failed to {what}");
    }
    result
}

fn chain(error: &dyn std::error::Error) -> String {
    let mut text = error.to_string();
    let mut source = error.source();
    while let Some(cause) = source {
        text = format!("{text}: {cause}");
        source = cause.source();
    }
    text
}

fn mentions_disk(answer: &StorageAnswer) -> bool {
    let full = |result: Option<&StoreError>| matches!(result, Some(StoreError::Full { .. }));
    match answer {
        StorageAnswer::Intent(_, result) | StorageAnswer::Dropped(_, result) => full(result.as_ref().err()),
        StorageAnswer::Committed(_, result) => full(result.as_ref().err()),
        StorageAnswer::Room(_) => false,
    }
}

fn look_at_disk(
    store: &Store,
    part: &Part,
    had_room: &mut bool,
    events: &mpsc::Sender<Event>,
) -> anyhow::Result<()> {
    let disk = store.disk_state()?;
    let room = !disk.low && !disk.full;
    if room {
        part.ok();
    } else {
        part.down(format!("the disk is full: {} bytes are free", disk.free_bytes));
    }
    metrics::gauge!("tillsight_disk_free_bytes").set(disk.free_bytes as f64);
    if room != *had_room {
        *had_room = room;
        events.blocking_send(Event::Storage(StorageAnswer::Room(room)))?;
    }
    Ok(())
}
