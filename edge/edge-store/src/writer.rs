//! The thread that writes: one connection, one queue, the copy of the journal, and what is done when idle.

use std::path::PathBuf;
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{Arc, OnceLock};
use std::time::Duration;

use crossbeam_channel::{Receiver, RecvTimeoutError};
use domain::sale::TillRef;
use rusqlite::Connection;

use crate::connection::IDLE_CHECKPOINT_PAGES;
use crate::copy::{CopyWriter, Record};
use crate::error::{Failure, Meaning, StoreError, meaning, plainly};
use crate::reconcile::{self, Reconciled};
use sync_core::chain::Hash;

/// How long the queue must be silent before the writer does what can wait.
const IDLE: Duration = Duration::from_millis(50);

/// Work for the writer. It answers its caller itself.
pub(crate) type Job = Box<dyn FnOnce(&mut Writer) + Send>;

/// What every handle and the writer know.
#[derive(Debug)]
pub(crate) struct Shared {
    pub(crate) dir: PathBuf,
    pub(crate) identity: TillRef,
    pub(crate) genesis: Hash,
    /// Why no more writes are taken; set once.
    pub(crate) broken: OnceLock<String>,
    /// The last write failed for want of room.
    pub(crate) full: AtomicBool,
}

impl Shared {
    /// Refuses when the disk has failed before.
    pub(crate) fn check(&self) -> Result<(), StoreError> {
        match self.broken.get() {
            Some(cause) => Err(StoreError::Broken { dir: self.dir.clone(), cause: cause.clone() }),
            None => Ok(()),
        }
    }

    /// Turns an error on its way out into one that callers understand, and remembers what it means.
    pub(crate) fn settle<T>(&self, result: Result<T, Failure>) -> Result<T, StoreError> {
        let error = match result {
            Ok(value) => return Ok(value),
            Err(Failure::Store(error)) => return Err(error),
            Err(Failure::Sql(error)) => error,
        };
        if matches!(meaning(&error), Meaning::Damaged | Meaning::DiskFailed) {
            self.break_with(&error);
            self.check()?;
        }
        Err(plainly(&self.dir, Failure::Sql(error)))
    }

    fn break_with(&self, error: &rusqlite::Error) {
        let code = error.sqlite_error().map_or(0, |error| error.extended_code);
        if self.broken.set(format!("{error}, SQLite code {code}")).is_ok() {
            tracing::error!(store.dir = %self.dir.display(), sqlite.code = code, "the store failed and takes no more writes: {error}");
        }
    }
}

/// The state of the writing thread.
#[derive(Debug)]
pub(crate) struct Writer {
    pub(crate) connection: Connection,
    pub(crate) shared: Arc<Shared>,
    /// How many generations to keep besides the newest.
    pub(crate) keep_generations: u32,
    copy: Copy,
    /// Committed, not yet in the copy.
    uncopied: Vec<Record>,
}

#[derive(Debug)]
enum Copy {
    /// Follows the journal.
    Following(CopyWriter),
    /// An append failed: it catches up from the journal after the next write.
    Behind(CopyWriter),
    /// A sync failed: what the file holds is only known after reading it anew, at the next start.
    Failed,
}

impl Writer {
    pub(crate) fn new(
        connection: Connection,
        shared: Arc<Shared>,
        copy: Reconciled,
        keep_generations: u32,
    ) -> Self {
        let copy = if copy.behind { Copy::Behind(copy.writer) } else { Copy::Following(copy.writer) };
        Self { connection, shared, keep_generations, copy, uncopied: Vec::new() }
    }

    /// Works until every handle is gone.
    pub(crate) fn run(mut self, queue: &Receiver<Job>) {
        let mut idle = false;
        loop {
            let next = if idle {
                queue.recv().map_err(|_| RecvTimeoutError::Disconnected)
            } else {
                queue.recv_timeout(IDLE)
            };
            match next {
                Ok(job) => {
                    job(&mut self);
                    self.feed_copy();
                    idle = false;
                }
                Err(RecvTimeoutError::Timeout) => {
                    self.tidy_up();
                    idle = true;
                }
                Err(RecvTimeoutError::Disconnected) => break,
            }
        }
        self.sync_copy();
    }

    /// Does one write, with what failures mean to those that follow.
    pub(crate) fn write<T>(
        &mut self,
        work: impl FnOnce(&mut Self) -> Result<T, Failure>,
    ) -> Result<T, StoreError> {
        self.shared.check()?;
        let result = work(self);
        let full = matches!(&result, Err(Failure::Sql(error)) if meaning(error) == Meaning::Full);
        let result = self.shared.settle(result);
        if full {
            // What an import wrote before it hit the end still fills the log: give the room back.
            let emptied = self.checkpoint("TRUNCATE");
            tracing::warn!(emptied, "the disk is full, a write was refused");
        }
        if full || result.is_ok() {
            self.shared.full.store(full, Ordering::Relaxed);
        }
        result
    }

    /// Notes what was committed, for the copy.
    pub(crate) fn copy_later(&mut self, record: Record) {
        self.uncopied.push(record);
    }

    fn feed_copy(&mut self) {
        if self.uncopied.is_empty() {
            return;
        }
        let records = std::mem::take(&mut self.uncopied);
        match std::mem::replace(&mut self.copy, Copy::Failed) {
            Copy::Following(mut copy) => match copy.append(&records) {
                Ok(()) => self.copy = Copy::Following(copy),
                Err(error) => {
                    tracing::warn!("the journal's copy falls behind the journal: {error}");
                    self.copy = Copy::Behind(copy);
                }
            },
            Copy::Behind(mut copy) => match reconcile::bring_up_to_date(&self.connection, &mut copy) {
                Ok(_) => {
                    tracing::info!("the journal's copy has caught up");
                    self.copy = Copy::Following(copy);
                }
                Err(_) => self.copy = Copy::Behind(copy),
            },
            Copy::Failed => {}
        }
        self.give_up_failed_copy();
    }

    fn give_up_failed_copy(&mut self) {
        if let Copy::Following(copy) | Copy::Behind(copy) = &self.copy
            && copy.sync_failed()
        {
            tracing::error!("the journal's copy could not be synced and is left alone until the next start");
            self.copy = Copy::Failed;
        }
    }

    /// What can wait: syncing the copy, emptying the log.
    fn tidy_up(&mut self) {
        self.sync_copy();
        if self.shared.check().is_err() {
            return;
        }
        let pages = self.connection.query_row("PRAGMA wal_checkpoint(NOOP)", [], |row| {
            Ok(row.get::<_, i64>(1)? - row.get::<_, i64>(2)?)
        });
        if pages.is_ok_and(|pages| pages >= i64::from(IDLE_CHECKPOINT_PAGES)) {
            self.checkpoint("PASSIVE");
        }
    }

    fn sync_copy(&mut self) {
        let (Copy::Following(copy) | Copy::Behind(copy)) = &mut self.copy else { return };
        if copy.needs_sync() && copy.sync().is_err() {
            self.give_up_failed_copy();
        }
    }

    /// Moves the log into the file; true when all of it was moved. A failing disk breaks the store here as in a write.
    fn checkpoint(&self, mode: &str) -> bool {
        let moved = self.connection.query_row(&format!("PRAGMA wal_checkpoint({mode})"), [], |row| {
            Ok(row.get::<_, i64>(0)? == 0 && row.get::<_, i64>(1)? == row.get::<_, i64>(2)?)
        });
        match self.shared.settle(moved.map_err(Failure::from)) {
            Ok(moved) => moved,
            Err(StoreError::Full { .. }) => false,
            Err(error) => {
                tracing::warn!("the write-ahead log could not be moved into the database: {error}");
                false
            }
        }
    }
}
