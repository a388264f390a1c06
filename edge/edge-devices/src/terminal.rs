//! The payment terminal port.

use domain::ids::PaymentId;
use domain::money::Money;

mod ledger;
mod simulated;

pub use ledger::{LedgerEntry, LedgerError, LedgerState, read_ledger};
pub use simulated::{SimulatedTerminal, TerminalConfig};

/// What a terminal says of a payment. Only `Approved` means that money was taken; only `NoAnswer` and `Pending` leave it open.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Outcome {
    /// The money was taken.
    Approved {
        /// The terminal's approval code, as it prints it.
        authorisation: String,
    },
    /// No money was taken, and none will be under this id.
    Declined {
        /// Why.
        reason: DeclineReason,
    },
    /// The money was taken and given back.
    Reversed,
    /// The terminal is still at it: ask again.
    Pending,
    /// No answer came in time: the money may or may not have been taken. Query until it is known.
    NoAnswer,
    /// The terminal has never seen this payment.
    NotFound,
    /// The terminal could not be reached or refused the request: nothing was begun by this call.
    Unavailable {
        /// Why, in words.
        reason: String,
    },
}

/// Why no money was taken.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum DeclineReason {
    /// The card's issuer said no.
    Issuer,
    /// The shopper or the till stopped it in time.
    Cancelled,
    /// No card was presented in the terminal's time.
    TimedOut,
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

/// What came of giving money back.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum ReverseOutcome {
    /// The money is given back, now or by an earlier call.
    Reversed,
    /// There is nothing to give back: the payment was declined or never seen.
    NothingTaken,
    /// No answer came in time: ask again, reversing twice does no harm.
    NoAnswer,
    /// The terminal could not be reached or could not write it down.
    Unavailable {
        /// Why, in words.
        reason: String,
    },
}

/// A payment terminal. Calls block; every one may be repeated with the same id without taking money twice. They take
/// `&self`, because a payment is stopped by another thread than the one that waits for it.
pub trait PaymentTerminal: Send + Sync {
    /// What it is, for people.
    fn describe(&self) -> String;

    /// Asks for `amount` and waits for the answer. A known id is not asked for again: its outcome comes back.
    fn take(&self, payment: PaymentId, amount: Money) -> Outcome;

    /// What became of a payment.
    fn query(&self, payment: PaymentId) -> Outcome;

    /// Asks the terminal to stop a payment. Returns at once; what [`take`](Self::take) then answers counts, and it may
    /// still be an approval.
    fn cancel(&self, payment: PaymentId);

    /// Gives the money of an approved payment back.
    fn reverse(&self, payment: PaymentId) -> ReverseOutcome;
}
