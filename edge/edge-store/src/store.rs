//! The handle that the rest of the program holds.

use std::fs;
use std::path::Path;
use std::sync::atomic::Ordering;
use std::sync::{Arc, Mutex, PoisonError};
use std::thread::{self, JoinHandle};
use std::time::Duration;

use crossbeam_channel::{SendTimeoutError, Sender, bounded};
use domain::catalogue::Catalogue;
use domain::embedding::View;
use domain::ids::{Generation, ModelVersion, PaymentId, SaleId, SequenceNumber};
use domain::sale::{Sale, TillRef};
use domain::time::WallMs;
use rusqlite::Connection;

use crate::catalogue::{CatalogueGeneration, ChangeKind, GenerationInfo, ViewChange};
use crate::connection;
use crate::copy::Record;
use crate::disk;
use crate::error::{Failure, OpenError, StoreError, plainly};
use crate::generation::{self, Publishing};
use crate::journal::{self, Intent, JournalEntry, NewSale, Page};
use crate::lock::Lock;
use crate::open::{self, Opened};
use crate::options::StoreOptions;
use crate::report::{DiskState, OpenReport};
use crate::settings;
use crate::verify::{self, JournalReport};
use crate::writer::{Job, Shared, Writer};
use sync_core::chain::genesis;
use sync_core::entry::PAYLOAD_MAX_LEN;
use sync_core::sale_document;

/// Writes that may wait for the writer. When they are this many a caller waits for its turn up to [`QUEUE_WAIT`] and is then
/// refused with [`StoreError::Busy`]; nothing is dropped.
const QUEUE_LEN: usize = 64;
const QUEUE_WAIT: Duration = Duration::from_secs(10);
/// Connections for queries that are kept open. More queries at once open more, and close them again.
const READERS_KEPT: usize = 4;
/// Generations that can always be gone back to.
const KEEP_GENERATIONS_MIN: u32 = 2;

/// A till's store. Clones are handles to the same one; when the last is dropped the writer ends and the lock is freed.
/// Calls block: asynchronous code calls from a thread of its own.
#[derive(Clone, Debug)]
pub struct Store {
    inner: Arc<Inner>,
}

#[derive(Debug)]
struct Inner {
    shared: Arc<Shared>,
    reserve_bytes: u64,
    picture_reserve_bytes: u64,
    readers: Mutex<Vec<Connection>>,
    writing: Writing,
    // Freed last: fields are dropped in order.
    _lock: Lock,
}

#[derive(Debug)]
enum Writing {
    Thread {
        queue: Option<Sender<Job>>,
        thread: Option<JoinHandle<()>>,
    },
    /// The store is damaged and open for inspection only.
    Refused {
        problem: String,
    },
}

impl Drop for Inner {
    fn drop(&mut self) {
        // The last connection to close empties the log into the file: that is to be the writer's.
        self.readers.get_mut().unwrap_or_else(PoisonError::into_inner).clear();
        if let Writing::Thread { queue, thread } = &mut self.writing {
            *queue = None;
            // A panic of the writer has been reported by its hook; there is nobody left to tell.
            let _ = thread.take().map(JoinHandle::join);
        }
    }
}

/// A page of views: see [`Store::views_page`].
#[derive(Debug, Clone, PartialEq)]
pub struct ViewPage {
    /// The newest generation.
    pub generation: Generation,
    /// The model of all views.
    pub model: ModelVersion,
    /// The views.
    pub views: Vec<View>,
    /// Where the next page starts; `None` after the last.
    pub next: Option<i64>,
}

impl Store {
    /// Opens the store in `dir`, making both if there are none.
    pub fn open(dir: &Path, identity: &TillRef) -> Result<(Self, OpenReport), OpenError> {
        Self::open_with(dir, Some(identity), &StoreOptions::default())
    }

    /// As [`Store::open`], with options. Without an identity the store must exist, and keeps the one it has.
    pub fn open_with(
        dir: &Path,
        identity: Option<&TillRef>,
        options: &StoreOptions,
    ) -> Result<(Self, OpenReport), OpenError> {
        let io = |action| move |source| OpenError::Io { action, path: dir.to_owned(), source };
        if identity.is_some() {
            create_dir(dir).map_err(io("create"))?;
        } else if !dir.is_dir() {
            return Err(OpenError::Missing { dir: dir.to_owned() });
        }
        let lock = Lock::acquire(dir)?;
        let Opened { connection, identity, copy, report } = open::open(dir, identity, options)?;
        let shared = Arc::new(Shared {
            dir: dir.to_owned(),
            genesis: genesis(&identity),
            identity,
            broken: std::sync::OnceLock::new(),
            full: std::sync::atomic::AtomicBool::new(false),
        });
        let writing = match (copy, &report) {
            (Some(copy), _) => {
                let keep = options.keep_generations.max(KEEP_GENERATIONS_MIN);
                let writer = Writer::new(connection, Arc::clone(&shared), copy, keep);
                let (queue, jobs) = bounded(QUEUE_LEN);
                let thread =
                    thread::Builder::new().name("store-writer".to_owned()).spawn(move || writer.run(&jobs));
                let thread = Some(thread.map_err(io("start the writer of"))?);
                Writing::Thread { queue: Some(queue), thread }
            }
            (None, OpenReport::Damaged { problem }) => Writing::Refused { problem: problem.clone() },
            (None, _) => Writing::Refused { problem: "it has no copy of its journal".to_owned() },
        };
        let readers = Mutex::new(Vec::new());
        let StoreOptions { reserve_bytes, picture_reserve_bytes, .. } = *options;
        let inner = Inner { shared, reserve_bytes, picture_reserve_bytes, readers, writing, _lock: lock };
        Ok((Self { inner: Arc::new(inner) }, report))
    }

    /// The till whose store this is.
    pub fn identity(&self) -> &TillRef {
        &self.inner.shared.identity
    }

    /// The directory it lies in.
    pub fn dir(&self) -> &Path {
        &self.inner.shared.dir
    }

    /// Writes down, before the terminal is asked, what a payment is for. Durable when it returns. The same again is no
    /// error. Refuses with [`StoreError::Full`] while there is still some room left, so that a payment that was begun can be
    /// written down to its end.
    pub fn record_intent(&self, payment: PaymentId, sale: &Sale) -> Result<(), StoreError> {
        let payload = self.payload(sale, false)?;
        let disk = self.disk_state()?;
        if disk.low {
            let free_bytes = disk.free_bytes;
            return Err(StoreError::Full { dir: self.dir().to_owned(), free_bytes });
        }
        let at = wall_now();
        self.write(move |writer| {
            if journal::record_intent(&mut writer.connection, payment, at, &payload)? {
                writer.copy_later(Record::Intent { payment: payment.0, recorded_at_ms: at.0, payload });
            }
            Ok(())
        })
    }

    /// Forgets a payment that took no money. One that is not there is no error.
    pub fn drop_intent(&self, payment: PaymentId) -> Result<(), StoreError> {
        self.write(move |writer| {
            if journal::drop_intent(&writer.connection, payment)? {
                writer.copy_later(Record::Dropped(payment.0));
            }
            Ok(())
        })
    }

    /// Payments that are not settled, oldest first.
    pub fn open_intents(&self) -> Result<Vec<Intent>, StoreError> {
        self.read(journal::open_intents)
    }

    /// Puts a sale into the journal and the outbox and removes its intents, in one transaction. Durable when it returns.
    /// The same sale again gives its entry back; the same id with another content is an error.
    pub fn commit_sale(&self, sale: &Sale) -> Result<JournalEntry, StoreError> {
        let payload = self.payload(sale, true)?;
        let payments = sale.tenders.iter().map(|tender| tender.payment).collect();
        let new = NewSale { id: sale.id, payments, payload };
        self.write(move |writer| {
            let (entry, copy) = journal::commit_sale(&mut writer.connection, &writer.shared.genesis, &new)?;
            if let Some(copy) = copy {
                writer.copy_later(Record::Sale(copy));
                for payment in new.payments {
                    writer.copy_later(Record::Dropped(payment.0));
                }
            }
            Ok(entry)
        })
    }

    /// Up to `limit` sales after a place, oldest first. At most 10,000 come at once.
    pub fn sales(&self, after: SequenceNumber, limit: u32) -> Result<Vec<(JournalEntry, Sale)>, StoreError> {
        self.read(|connection| journal::sales(connection, Page::After(after), limit))
    }

    /// Up to `limit` sales, newest first. At most 10,000 come at once.
    pub fn newest_sales(&self, limit: u32) -> Result<Vec<(JournalEntry, Sale)>, StoreError> {
        self.sales_before(SequenceNumber(u64::MAX), limit)
    }

    /// Up to `limit` sales before a place, newest first. At most 10,000 come at once.
    pub fn sales_before(
        &self,
        before: SequenceNumber,
        limit: u32,
    ) -> Result<Vec<(JournalEntry, Sale)>, StoreError> {
        self.read(|connection| journal::sales(connection, Page::Before(before), limit))
    }

    /// One sale.
    pub fn sale(&self, id: SaleId) -> Result<Option<(JournalEntry, Sale)>, StoreError> {
        self.read(|connection| journal::sale(connection, id))
    }

    /// Walks the whole journal and recomputes every hash. Sales can be committed meanwhile.
    pub fn verify_journal(&self) -> Result<JournalReport, StoreError> {
        let genesis = self.inner.shared.genesis;
        self.read(|connection| {
            let snapshot = connection.unchecked_transaction()?;
            verify::whole(&snapshot, &genesis)
        })
    }

    /// The last sequence number given out, those of lost sales included; 0 when none was.
    pub fn journal_head(&self) -> Result<SequenceNumber, StoreError> {
        let genesis = self.inner.shared.genesis;
        self.read(|connection| Ok(journal::head(connection, &genesis)?.0))
    }

    /// How many sales wait to be sent.
    pub fn outbox_len(&self) -> Result<u64, StoreError> {
        self.read(|connection| Ok(journal::outbox_len(connection)?))
    }

    /// Up to `limit` sales that wait to be sent, oldest first.
    pub fn outbox(&self, limit: u32) -> Result<Vec<(JournalEntry, Sale)>, StoreError> {
        self.read(|connection| journal::sales(connection, Page::Unsent, limit))
    }

    /// Takes every sale up to and including a place out of the outbox.
    pub fn mark_sent(&self, up_to: SequenceNumber) -> Result<(), StoreError> {
        self.write(move |writer| journal::mark_sent(&mut writer.connection, &writer.shared.genesis, up_to))
    }

    /// The newest generation with all its contents; `None` before the first catalogue.
    pub fn catalogue(&self) -> Result<Option<CatalogueGeneration>, StoreError> {
        self.read(|connection| generation::load_newest(&*connection.unchecked_transaction()?))
    }

    /// The newest generation's number and products, without its views; `None` before the first catalogue.
    pub fn products(&self) -> Result<Option<(Generation, Catalogue)>, StoreError> {
        self.read(|connection| generation::load_products(&*connection.unchecked_transaction()?))
    }

    /// The number of the newest generation; 0 before the first catalogue.
    pub fn generation(&self) -> Result<Generation, StoreError> {
        self.read(|connection| Ok(generation::newest_number(connection)?))
    }

    /// The kept generations, newest first.
    pub fn generations(&self) -> Result<Vec<GenerationInfo>, StoreError> {
        self.read(generation::list)
    }

    /// Up to `limit` views of the newest generation, those of archived products included, from where another page ended (0
    /// for the first). `None` when nothing is enrolled.
    pub fn views_page(&self, from: i64, limit: u32) -> Result<Option<ViewPage>, StoreError> {
        self.read(|connection| {
            let snapshot = connection.unchecked_transaction()?;
            let Some(page) = generation::load_view_page(&snapshot, from, limit)? else {
                return Ok(None);
            };
            let full = page.views.len() as u64 >= u64::from(limit);
            let next = page.views.last().map(|(row, _)| *row).filter(|_| full);
            let views = page.views.into_iter().map(|(_, view)| view).collect();
            Ok(Some(ViewPage { generation: page.generation, model: page.model, views, next }))
        })
    }

    /// Makes a generation with other products, prices or rates. Views of products that stay are kept. A catalogue equal to
    /// the newest makes none: the newest number comes back.
    pub fn publish_catalogue(&self, catalogue: &Catalogue) -> Result<Generation, StoreError> {
        let catalogue = catalogue.clone();
        self.write(move |writer| {
            let publishing = Publishing { at: wall_now(), keep: writer.keep_generations };
            generation::publish_catalogue(&mut writer.connection, &catalogue, publishing)
        })
    }

    /// Makes a generation with other views or another calibration.
    pub fn publish_views(&self, change: ViewChange) -> Result<Generation, StoreError> {
        self.publish_views_kind(change).map(|(generation, _)| generation)
    }

    /// As [`Store::publish_views`], and says what kind of change it was.
    pub(crate) fn publish_views_kind(
        &self,
        change: ViewChange,
    ) -> Result<(Generation, ChangeKind), StoreError> {
        self.check_room_for(&change.pictures)?;
        self.write(move |writer| {
            let publishing = Publishing { at: wall_now(), keep: writer.keep_generations };
            generation::publish_views(&mut writer.connection, &change, publishing)
        })
    }

    /// Makes a generation with the contents of an earlier one.
    pub fn rollback(&self, to: Generation) -> Result<Generation, StoreError> {
        self.write(move |writer| {
            let publishing = Publishing { at: wall_now(), keep: writer.keep_generations };
            generation::rollback(&mut writer.connection, to, publishing)
        })
    }

    /// The value of a setting.
    pub fn setting(&self, key: &str) -> Result<Option<String>, StoreError> {
        self.read(|connection| Ok(settings::get(connection, key)?))
    }

    /// All settings in order of key.
    pub fn settings(&self) -> Result<Vec<(String, String)>, StoreError> {
        self.read(|connection| Ok(settings::all(connection)?))
    }

    /// Sets a setting, or removes it with `None`.
    pub fn set_setting(&self, key: &str, value: Option<&str>) -> Result<(), StoreError> {
        settings::check(key, value)?;
        let (key, value) = (key.to_owned(), value.map(str::to_owned));
        self.write(move |writer| Ok(settings::set(&writer.connection, &key, value.as_deref())?))
    }

    /// Room on the disk.
    pub fn disk_state(&self) -> Result<DiskState, StoreError> {
        let free_bytes = disk::free_bytes(self.dir()).map_err(|error| {
            StoreError::Refused(format!(
                "failed to ask for the room under `{}`: {error}",
                self.dir().display()
            ))
        })?;
        let low = free_bytes < self.inner.reserve_bytes;
        Ok(DiskState { free_bytes, low, full: low && self.inner.shared.full.load(Ordering::Relaxed) })
    }

    pub(crate) fn picture_reserve_bytes(&self) -> u64 {
        self.inner.picture_reserve_bytes
    }

    /// Goes once through the writer's queue: returns when everything queued before has been done. For watchdogs.
    pub fn ping(&self) -> Result<(), StoreError> {
        self.write(|_| Ok(()))
    }

    /// The canonical bytes of a sale that may enter the store.
    fn payload(&self, sale: &Sale, paid: bool) -> Result<Vec<u8>, StoreError> {
        let unsound = |problem| StoreError::UnsoundSale { sale: sale.id, problem };
        if let Some(problem) = sale_document::problem_with(sale, self.identity(), paid) {
            return Err(unsound(problem));
        }
        let payload = sale_document::encode(sale);
        if payload.len() > PAYLOAD_MAX_LEN {
            return Err(unsound(format!(
                "it is {} bytes long, allowed are {}",
                payload.len(),
                PAYLOAD_MAX_LEN
            )));
        }
        Ok(payload)
    }

    /// Has the writer do something and waits until it is done.
    pub(crate) fn write<T: Send + 'static>(
        &self,
        work: impl FnOnce(&mut Writer) -> Result<T, Failure> + Send + 'static,
    ) -> Result<T, StoreError> {
        let shared = &self.inner.shared;
        let gone = || StoreError::Broken { dir: shared.dir.clone(), cause: "the writer ended".to_owned() };
        let queue = match &self.inner.writing {
            Writing::Thread { queue, .. } => queue.as_ref().ok_or_else(gone)?,
            Writing::Refused { problem } => {
                return Err(StoreError::Damaged { dir: shared.dir.clone(), problem: problem.clone() });
            }
        };
        shared.check()?;
        let (answer, answered) = bounded(1);
        let job: Job = Box::new(move |writer| {
            // A caller that is gone needs no answer.
            let _ = answer.send(writer.write(work));
        });
        match queue.send_timeout(job, QUEUE_WAIT) {
            Ok(()) => answered.recv().map_err(|_| gone())?,
            Err(SendTimeoutError::Timeout(_)) => Err(StoreError::Busy { queued: queue.len() }),
            Err(SendTimeoutError::Disconnected(_)) => Err(gone()),
        }
    }

    /// Runs a query on a connection of its own, beside the writer.
    pub(crate) fn read<T>(
        &self,
        query: impl FnOnce(&Connection) -> Result<T, Failure>,
    ) -> Result<T, StoreError> {
        let shared = &self.inner.shared;
        let pooled = self.readers().pop();
        let connection = match pooled {
            Some(connection) => connection,
            None => connection::open_reader(&open::database_file(&shared.dir))
                .map_err(|error| plainly(&shared.dir, Failure::Sql(error)))?,
        };
        let result = shared.settle(query(&connection));
        let mut readers = self.readers();
        if readers.len() < READERS_KEPT {
            readers.push(connection);
        }
        result
    }

    fn readers(&self) -> std::sync::MutexGuard<'_, Vec<Connection>> {
        // A panic while the list is locked cannot leave it half changed.
        self.inner.readers.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

/// Makes the store's directory if it is not there, durably: a store in a folder that a power cut takes back is lost.
fn create_dir(dir: &Path) -> std::io::Result<()> {
    if dir.is_dir() {
        return Ok(());
    }
    fs::create_dir_all(dir)?;
    let parents = dir.ancestors().skip(1).filter(|parent| !parent.as_os_str().is_empty());
    // Those that were made now are among the first; the others are synced for nothing, once.
    parents.take(2).try_for_each(|parent| fs::File::open(parent)?.sync_all())
}

/// Now, for people and records.
pub(crate) fn wall_now() -> WallMs {
    WallMs(jiff::Timestamp::now().as_millisecond())
}
