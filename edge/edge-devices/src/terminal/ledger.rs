//! The simulated terminal's own memory: a file of lines that are only ever appended.
//!
//! Each line is a checksum and a JSON object. A line counts once it is on the disk; the last one may be torn by a crash and is
//! then cut off, because nobody was told of it.

use std::collections::BTreeMap;
use std::fs::{File, OpenOptions, TryLockError};
use std::io::{self, Read, Seek, SeekFrom, Write};
use std::path::{Path, PathBuf};

use domain::ids::{PaymentId, Uuid};
use domain::money::{Currency, Money};
use serde::{Deserialize, Serialize};
use thiserror::Error;

use super::{DeclineReason, NextOutcome};

/// One payment as the ledger has it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct LedgerEntry {
    /// Which payment.
    pub payment: PaymentId,
    /// How much was asked for.
    pub amount: Money,
    /// What became of it.
    pub state: LedgerState,
}

/// What became of a payment.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum LedgerState {
    /// Asked for and not decided.
    Started,
    /// The money was taken.
    Approved {
        /// The approval code.
        authorisation: String,
    },
    /// No money was taken.
    Declined {
        /// Why.
        reason: DeclineReason,
    },
    /// The money was taken and given back.
    Reversed,
}

/// Why a ledger cannot be used.
#[derive(Debug, Error)]
pub enum LedgerError {
    /// The file cannot be read or written.
    #[error("failed to {action} the terminal's ledger `{path}`")]
    Io {
        /// What was tried.
        action: &'static str,
        /// The file.
        path: PathBuf,
        /// Why.
        #[source]
        source: io::Error,
    },
    /// Another process has it.
    #[error("the terminal's ledger `{path}` is in use by another process: stop that one first")]
    InUse {
        /// The file.
        path: PathBuf,
    },
    /// A line that is not the last one cannot be read.
    #[error(
        "line {line} of the terminal's ledger `{path}` is damaged: move the file away to begin a new one"
    )]
    Damaged {
        /// The file.
        path: PathBuf,
        /// Which line, from 1.
        line: usize,
    },
}

/// What a line says.
#[derive(Debug, Clone, Serialize, Deserialize)]
#[serde(tag = "event", rename_all = "snake_case")]
enum Event {
    Started { payment: String, amount_minor: i64, currency: String, plan: Plan },
    Approved { payment: String, authorisation: String },
    Declined { payment: String, reason: Reason },
    Reversed { payment: String },
}

/// [`NextOutcome`] as the file has it.
#[derive(Debug, Clone, Copy, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
enum Plan {
    Approve,
    Decline,
    TimeOut,
    LoseAnswer,
}

/// [`DeclineReason`] as the file has it.
#[derive(Debug, Clone, Copy, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
enum Reason {
    Issuer,
    Cancelled,
    TimedOut,
}

/// Everything the lines say together.
#[derive(Debug, Default)]
struct Book {
    entries: Vec<LedgerEntry>,
    places: BTreeMap<PaymentId, usize>,
    plans: BTreeMap<PaymentId, NextOutcome>,
}

/// An open ledger, ours alone.
#[derive(Debug)]
pub(super) struct Ledger {
    path: PathBuf,
    file: File,
    /// How much of the file is whole lines.
    whole_bytes: u64,
    book: Book,
}

impl Ledger {
    pub(super) fn open(path: &Path) -> Result<Self, LedgerError> {
        let failed = |action: &'static str| {
            move |source: io::Error| LedgerError::Io { action, path: path.to_owned(), source }
        };
        let is_new = !path.exists();
        let options = OpenOptions::new().read(true).write(true).create(true).truncate(false).open(path);
        let mut file = options.map_err(failed("open"))?;
        match file.try_lock() {
            Ok(()) => {}
            Err(TryLockError::WouldBlock) => return Err(LedgerError::InUse { path: path.to_owned() }),
            Err(TryLockError::Error(source)) => return Err(failed("lock")(source)),
        }
        let mut bytes = Vec::new();
        file.read_to_end(&mut bytes).map_err(failed("read"))?;
        let (book, whole_bytes) =
            Book::read(&bytes).map_err(|line| LedgerError::Damaged { path: path.to_owned(), line })?;
        if whole_bytes < bytes.len() as u64 {
            tracing::warn!(path = %path.display(), "cut a torn last line off the terminal's ledger");
            file.set_len(whole_bytes).map_err(failed("repair"))?;
        }
        file.seek(SeekFrom::Start(whole_bytes)).map_err(failed("read"))?;
        if is_new {
            // The file's name must be as durable as its lines.
            let folder =
                path.parent().filter(|folder| !folder.as_os_str().is_empty()).unwrap_or(Path::new("."));
            File::open(folder).and_then(|folder| folder.sync_all()).map_err(failed("write"))?;
        }
        Ok(Self { path: path.to_owned(), file, whole_bytes, book })
    }

    pub(super) fn entries(&self) -> &[LedgerEntry] {
        &self.book.entries
    }

    pub(super) fn entry(&self, payment: PaymentId) -> Option<&LedgerEntry> {
        self.book.places.get(&payment).map(|&place| &self.book.entries[place])
    }

    /// What a payment that is not decided yet will come to.
    pub(super) fn plan(&self, payment: PaymentId) -> NextOutcome {
        self.book.plans.get(&payment).copied().unwrap_or_default()
    }

    pub(super) fn start(
        &mut self,
        payment: PaymentId,
        amount: Money,
        plan: NextOutcome,
    ) -> Result<(), LedgerError> {
        self.append(&Event::Started {
            payment: payment.to_string(),
            amount_minor: amount.minor,
            currency: amount.currency.code().to_owned(),
            plan: plan.into(),
        })
    }

    pub(super) fn approve(&mut self, payment: PaymentId, authorisation: String) -> Result<(), LedgerError> {
        self.append(&Event::Approved { payment: payment.to_string(), authorisation })
    }

    pub(super) fn decline(&mut self, payment: PaymentId, reason: DeclineReason) -> Result<(), LedgerError> {
        self.append(&Event::Declined { payment: payment.to_string(), reason: reason.into() })
    }

    pub(super) fn reverse(&mut self, payment: PaymentId) -> Result<(), LedgerError> {
        self.append(&Event::Reversed { payment: payment.to_string() })
    }

    /// Writes a line and waits until it is on the disk; only then it counts.
    fn append(&mut self, event: &Event) -> Result<(), LedgerError> {
        let line = line_of(event);
        let written = self.file.write_all(line.as_bytes()).and_then(|()| self.file.sync_data());
        if let Err(source) = written {
            // What was written of the line must not stand before the next one. If this fails too, reading finds the rest.
            let _ = self.file.set_len(self.whole_bytes);
            let _ = self.file.seek(SeekFrom::Start(self.whole_bytes));
            return Err(LedgerError::Io { action: "write", path: self.path.clone(), source });
        }
        self.whole_bytes += line.len() as u64;
        self.book.apply(event.clone()).expect("the callers write only what follows from what is there");
        Ok(())
    }
}

/// Reads a ledger without opening it for writing, whether or not a terminal has it open: for rigs.
pub fn read_ledger(path: &Path) -> Result<Vec<LedgerEntry>, LedgerError> {
    let bytes = std::fs::read(path);
    let bytes = bytes.map_err(|source| LedgerError::Io { action: "read", path: path.to_owned(), source })?;
    let book = Book::read(&bytes).map_err(|line| LedgerError::Damaged { path: path.to_owned(), line })?;
    Ok(book.0.entries)
}

impl Book {
    /// Reads lines up to a torn last one; also how many bytes are whole lines. The error is the number of a damaged line.
    fn read(bytes: &[u8]) -> Result<(Self, u64), usize> {
        let mut book = Self::default();
        let mut whole_bytes = 0;
        for (index, line) in bytes.split_inclusive(|&byte| byte == b'\n').enumerate() {
            let is_last = whole_bytes + line.len() == bytes.len();
            match parse(line).and_then(|event| book.apply(event)) {
                Some(()) => whole_bytes += line.len(),
                None if is_last => break,
                None => return Err(index + 1),
            }
        }
        Ok((book, whole_bytes as u64))
    }

    /// Takes an event in; `None` when it does not follow from what is there.
    fn apply(&mut self, event: Event) -> Option<()> {
        if let Event::Started { payment, amount_minor, currency, plan } = event {
            let payment = payment_of(&payment)?;
            let amount = Money::new(amount_minor, Currency::new(&currency).ok()?);
            if self.places.contains_key(&payment) {
                return None;
            }
            self.places.insert(payment, self.entries.len());
            self.plans.insert(payment, plan.into());
            self.entries.push(LedgerEntry { payment, amount, state: LedgerState::Started });
            return Some(());
        }
        let (payment, state) = match event {
            Event::Approved { payment, authorisation } => (payment, LedgerState::Approved { authorisation }),
            Event::Declined { payment, reason } => (payment, LedgerState::Declined { reason: reason.into() }),
            Event::Reversed { payment } | Event::Started { payment, .. } => (payment, LedgerState::Reversed),
        };
        let place = *self.places.get(&payment_of(&payment)?)?;
        let follows = match state {
            LedgerState::Reversed => matches!(self.entries[place].state, LedgerState::Approved { .. }),
            _ => self.entries[place].state == LedgerState::Started,
        };
        follows.then(|| self.entries[place].state = state)
    }
}

fn payment_of(text: &str) -> Option<PaymentId> {
    Uuid::try_parse(text).ok().map(PaymentId)
}

fn line_of(event: &Event) -> String {
    let json = serde_json::to_string(event).expect("events are plain data");
    format!("{:016x} {json}\n", checksum(json.as_bytes()))
}

fn parse(line: &[u8]) -> Option<Event> {
    let line = std::str::from_utf8(line.strip_suffix(b"\n")?).ok()?;
    let (sum, json) = line.split_once(' ')?;
    let matches = u64::from_str_radix(sum, 16).ok()? == checksum(json.as_bytes());
    matches.then(|| serde_json::from_str(json).ok())?
}

/// FNV-1a: tells a torn line from a whole one; it is no seal.
fn checksum(bytes: &[u8]) -> u64 {
    bytes
        .iter()
        .fold(0xcbf2_9ce4_8422_2325, |sum, &byte| (sum ^ u64::from(byte)).wrapping_mul(0x0100_0000_01b3))
}

impl From<NextOutcome> for Plan {
    fn from(plan: NextOutcome) -> Self {
        match plan {
            NextOutcome::Approve => Self::Approve,
            NextOutcome::Decline => Self::Decline,
            NextOutcome::TimeOut => Self::TimeOut,
            NextOutcome::LoseAnswer => Self::LoseAnswer,
        }
    }
}

impl From<Plan> for NextOutcome {
    fn from(plan: Plan) -> Self {
        match plan {
            Plan::Approve => Self::Approve,
            Plan::Decline => Self::Decline,
            Plan::TimeOut => Self::TimeOut,
            Plan::LoseAnswer => Self::LoseAnswer,
        }
    }
}

impl From<DeclineReason> for Reason {
    fn from(reason: DeclineReason) -> Self {
        match reason {
            DeclineReason::Issuer => Self::Issuer,
            DeclineReason::Cancelled => Self::Cancelled,
            DeclineReason::TimedOut => Self::TimedOut,
        }
    }
}

impl From<Reason> for DeclineReason {
    fn from(reason: Reason) -> Self {
        match reason {
            Reason::Issuer => Self::Issuer,
            Reason::Cancelled => Self::Cancelled,
            Reason::TimedOut => Self::TimedOut,
        }
    }
}
