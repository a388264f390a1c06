//! Why the store could not be opened, or could not do what it was asked.

use std::path::{Path, PathBuf};

use domain::ids::{Generation, PaymentId, ProductId, SaleId};
use thiserror::Error;

use crate::disk;

/// Why a store could not be opened. Nothing was changed.
#[derive(Debug, Error)]
pub enum OpenError {
    /// Another process holds the lock.
    #[error(
        "`{lock}` is held by {holder}: only one process may write a till's store; stop it first, or speak to it through its control socket"
    )]
    Locked {
        /// The lock file.
        lock: PathBuf,
        /// Who holds it, as far as it says.
        holder: String,
    },
    /// The directory has no store and none was to be made.
    #[error(
        "there is no till store in `{dir}`: start `tillsightd` with this data directory once, or name another"
    )]
    Missing {
        /// The directory.
        dir: PathBuf,
    },
    /// The file was written by a later version of this program.
    #[error(
        "`{file}` has schema version {found}, but this program knows versions up to {known}: install the version of Tillsight that wrote it, or a later one; the file was left as it is"
    )]
    Newer {
        /// The database.
        file: PathBuf,
        /// Its version.
        found: u32,
        /// The highest version known here.
        known: u32,
    },
    /// A healthy SQLite file of some other program.
    #[error("`{file}` is not a till store but a database of another program: name another data directory")]
    Foreign {
        /// The database.
        file: PathBuf,
    },
    /// The store belongs to another till, and its journal's chain starts with that till's name.
    #[error(
        "`{file}` is the store of till {found}, not of {wanted}: correct the configuration, or name another data directory"
    )]
    OtherTill {
        /// The database.
        file: PathBuf,
        /// Whose it is.
        found: String,
        /// Who asked.
        wanted: String,
    },
    /// It is damaged so badly that not even reading is possible, and repair was not asked for.
    #[error(
        "`{file}` is damaged ({problem}): start `tillsightd`, which sets it aside and rebuilds the journal"
    )]
    Damaged {
        /// The database.
        file: PathBuf,
        /// What is wrong with it.
        problem: String,
    },
    /// The rebuilt store could not be written; the damaged one is still in place.
    #[error(
        "`{file}` is damaged ({problem}) and could not be rebuilt: make room on the disk, then start again"
    )]
    RepairFailed {
        /// The database.
        file: PathBuf,
        /// What is wrong with it.
        problem: String,
        /// Why the rebuilding failed.
        #[source]
        source: Box<StoreError>,
    },
    /// There is not even room to open it.
    #[error(
        "the disk under `{dir}` is full ({free_bytes} bytes free): make room there, then start again; nothing was lost"
    )]
    Full {
        /// The store's directory.
        dir: PathBuf,
        /// What is left.
        free_bytes: u64,
    },
    /// The operating system refused.
    #[error("failed to {action} `{path}`")]
    Io {
        /// What was tried.
        action: &'static str,
        /// On what.
        path: PathBuf,
        /// Its reason.
        #[source]
        source: std::io::Error,
    },
    /// SQLite refused, for a reason that is not damage.
    #[error("failed to open the database `{file}`")]
    Database {
        /// The database.
        file: PathBuf,
        /// Its reason.
        #[source]
        source: rusqlite::Error,
    },
}

/// Why the store did not do what it was asked. Unless the variant says otherwise nothing was changed.
#[derive(Debug, Error)]
pub enum StoreError {
    /// The disk under the store is full. It works again as soon as there is room.
    #[error("the disk under `{dir}` is full ({free_bytes} bytes free): make room there; nothing was lost")]
    Full {
        /// The store's directory.
        dir: PathBuf,
        /// What is left.
        free_bytes: u64,
    },
    /// The disk failed while the store wrote. What this process believes to be on the disk may not be there, so it
    /// refuses every further write; a new process reads the truth back from the disk.
    ///
    /// The write that met the failure may or may not be found done by that new process: when it was
    /// [`commit_sale`](crate::Store::commit_sale), do not give the money back, but restart and look. The intent is still
    /// there unless the sale is.
    #[error("the store in `{dir}` failed and takes no more writes ({cause}): this process must restart")]
    Broken {
        /// The store's directory.
        dir: PathBuf,
        /// What failed first.
        cause: String,
    },
    /// The store was opened for inspection although it is damaged; it takes no writes.
    #[error(
        "the store in `{dir}` is damaged ({problem}) and is open for inspection only: start `tillsightd`, which sets it aside and rebuilds the journal"
    )]
    Damaged {
        /// The store's directory.
        dir: PathBuf,
        /// What is wrong with it.
        problem: String,
    },
    /// The writer's queue stayed full. Nothing was queued.
    #[error("the store has {queued} writes waiting and takes no more for now: the disk is too slow or hangs")]
    Busy {
        /// How many wait.
        queued: usize,
    },
    /// A known sale id with another content.
    #[error("sale {sale} is already in the journal with another content: a sale is never changed")]
    SaleConflict {
        /// The sale.
        sale: SaleId,
    },
    /// A known payment id with another sale.
    #[error("payment {payment} was already recorded for another sale content")]
    IntentConflict {
        /// The payment.
        payment: PaymentId,
    },
    /// A sale that contradicts itself.
    #[error("sale {sale} cannot be recorded: {problem}")]
    UnsoundSale {
        /// The sale.
        sale: SaleId,
        /// What contradicts what.
        problem: String,
    },
    /// Views or a catalogue change for a product that the catalogue lacks.
    #[error("the catalogue has no product {}: import it first", list(.products))]
    UnknownProducts {
        /// The products.
        products: Vec<ProductId>,
    },
    /// A view id that is already there, or twice in one change.
    #[error("view {view} is already enrolled: every photo gets an id of its own")]
    DuplicateView {
        /// The view.
        view: domain::ids::ViewId,
    },
    /// A view that was to be there from before, and is not.
    #[error("view {view} does not wait in the store: what is brought is kept for a day; bring it again")]
    NotWaiting {
        /// The view.
        view: domain::ids::ViewId,
    },
    /// A view's picture that was to be there from before, and is not.
    #[error("the picture of view {view} is not in the store any more: look again, then repeat it")]
    NoSuchPicture {
        /// The view.
        view: domain::ids::ViewId,
    },
    /// There is room to sell, but too little for pictures.
    #[error(
        "the disk under `{dir}` has {free_bytes} bytes free, and pictures of views are kept only while it has {reserve_bytes}: make room there, or enrol without pictures"
    )]
    NoRoomForPictures {
        /// The store's directory.
        dir: PathBuf,
        /// What is left.
        free_bytes: u64,
        /// What must be left.
        reserve_bytes: u64,
    },
    /// A vector of another model, or of another length, than the change it is in.
    #[error("{problem}: vectors of different models are never mixed")]
    MixedModels {
        /// What does not fit what.
        problem: String,
    },
    /// The change was made for another generation than the newest.
    #[error(
        "the newest generation is {newest}, but the change was made for {expected}: look again, then repeat it"
    )]
    GenerationMoved {
        /// What the caller had seen.
        expected: Generation,
        /// What is there.
        newest: Generation,
    },
    /// A generation that is not kept, or never was.
    #[error("generation {wanted} is not kept: there are {kept}")]
    NoSuchGeneration {
        /// The one asked for.
        wanted: Generation,
        /// Those that are.
        kept: String,
    },
    /// An argument out of its bounds.
    #[error("{0}")]
    Refused(String),
    /// A stored row that cannot be what was once written.
    #[error(
        "{what} in the store cannot be read back ({problem}): restart `tillsightd`, which checks the store and repairs it"
    )]
    Unreadable {
        /// Which row.
        what: String,
        /// What is wrong with it.
        problem: String,
    },
    /// SQLite refused, for a reason that has no variant of its own.
    #[error("the database in `{dir}` refused")]
    Database {
        /// The store's directory.
        dir: PathBuf,
        /// Its reason.
        #[source]
        source: rusqlite::Error,
    },
}

/// An error on its way out of the code that speaks SQL, before it is known what it means for the store.
#[derive(Debug)]
pub(crate) enum Failure {
    Sql(rusqlite::Error),
    Store(StoreError),
}

impl From<rusqlite::Error> for Failure {
    fn from(error: rusqlite::Error) -> Self {
        Self::Sql(error)
    }
}

impl From<StoreError> for Failure {
    fn from(error: StoreError) -> Self {
        Self::Store(error)
    }
}

/// What an error of SQLite's means for the store.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Meaning {
    /// No room on the disk.
    Full,
    /// The file is not what it should be.
    Damaged,
    /// The disk failed: what is believed to be written may not be.
    DiskFailed,
    /// None of these.
    Other,
}

/// Reads SQLite's result code.
pub(crate) fn meaning(error: &rusqlite::Error) -> Meaning {
    use rusqlite::ffi;
    let Some(code) = error.sqlite_error().map(|error| error.extended_code) else { return Meaning::Other };
    match code & 0xff {
        ffi::SQLITE_FULL => Meaning::Full,
        ffi::SQLITE_CORRUPT | ffi::SQLITE_NOTADB => Meaning::Damaged,
        // The shared-memory file could not grow: on a full disk that is how it shows.
        ffi::SQLITE_IOERR if code == ffi::SQLITE_IOERR_SHMSIZE => Meaning::Full,
        ffi::SQLITE_IOERR => Meaning::DiskFailed,
        // A file system that was remounted read-only after an error. The codes with more detail tell of a reader that came
        // at a bad moment.
        ffi::SQLITE_READONLY if code == ffi::SQLITE_READONLY => Meaning::DiskFailed,
        _ => Meaning::Other,
    }
}

/// What an error means when no store is open yet.
pub(crate) fn plainly(dir: &Path, failure: Failure) -> StoreError {
    match failure {
        Failure::Store(error) => error,
        Failure::Sql(error) if meaning(&error) == Meaning::Full => {
            let free_bytes = disk::free_bytes(dir).unwrap_or(0);
            StoreError::Full { dir: dir.to_owned(), free_bytes }
        }
        Failure::Sql(source) => StoreError::Database { dir: dir.to_owned(), source },
    }
}

fn list(products: &[ProductId]) -> String {
    const SHOWN: usize = 5;
    let names: Vec<String> = products.iter().take(SHOWN).map(|id| format!("`{id}`")).collect();
    match products.len().saturating_sub(SHOWN) {
        0 => names.join(", "),
        more => format!("{} and {more} more", names.join(", ")),
    }
}
