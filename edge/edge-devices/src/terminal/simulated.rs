//! A terminal that is not there, with a ledger of its own that outlives the till's daemon.

use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::time::Duration;

use domain::ids::PaymentId;
use domain::money::Money;
use thiserror::Error;

use super::{Outcome, PaymentTerminal, ReverseOutcome};

/// How quick the simulated terminal is.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct TerminalConfig {
    /// From the request to the shopper's card being read and answered.
    pub take: Duration,
    /// How long a till waits for an answer that never comes.
    pub answer_timeout: Duration,
    /// For a query or a reversal.
    pub query: Duration,
    /// How many queries get no answer either after an answer was lost.
    pub lost_queries: u32,
}

impl Default for TerminalConfig {
    fn default() -> Self {
        Self {
            take: Duration::from_millis(1200),
            answer_timeout: Duration::from_secs(5),
            query: Duration::from_millis(150),
            lost_queries: 0,
        }
    }
}

/// What the simulated terminal does with the next payment.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Default)]
pub enum NextOutcome {
    /// Takes the money and says so.
    #[default]
    Approve,
    /// The issuer declines.
    Decline,
    /// No card is presented: no answer comes, no money is taken.
    TimeOut,
    /// Takes the money, but the answer never comes.
    LoseAnswer,
}

/// A simulated terminal. A cheap handle on one ledger file.
#[derive(Debug, Clone)]
pub struct SimulatedTerminal {
    _shared: Arc<()>,
}

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
        reason: super::DeclineReason,
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
        source: std::io::Error,
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

impl SimulatedTerminal {
    /// Opens or makes a ledger. A payment that was under way when the last owner died has gone its way meanwhile, as it
    /// would at a real terminal: approved if that was to be its outcome.
    pub fn open(path: &Path, config: TerminalConfig) -> Result<Self, LedgerError> {
        let _ = (path, config);
        unimplemented!()
    }

    /// Says what happens to the next payment; the ones after it are approved again.
    pub fn script(&self, next: NextOutcome) {
        let _ = next;
        unimplemented!()
    }

    /// Every payment and what became of it, in the order they were first asked for.
    pub fn ledger(&self) -> Vec<LedgerEntry> {
        unimplemented!()
    }
}

/// Reads a ledger without opening it for writing, whether or not a terminal has it open: for rigs.
pub fn read_ledger(path: &Path) -> Result<Vec<LedgerEntry>, LedgerError> {
    let _ = path;
    unimplemented!()
}

impl PaymentTerminal for SimulatedTerminal {
    fn describe(&self) -> String {
        unimplemented!()
    }

    fn take(&self, payment: PaymentId, amount: Money) -> Outcome {
        let _ = (payment, amount);
        unimplemented!()
    }

    fn query(&self, payment: PaymentId) -> Outcome {
        let _ = payment;
        unimplemented!()
    }

    fn cancel(&self, payment: PaymentId) {
        let _ = payment;
        unimplemented!()
    }

    fn reverse(&self, payment: PaymentId) -> ReverseOutcome {
        let _ = payment;
        unimplemented!()
    }
}
