//! Everything that a checkout asks for.

use domain::ids::PaymentId;
use domain::money::Money;
use domain::sale::Sale;
use domain::sighting::Sighting;

/// One thing to be done. Each is answered by an [`Input`](crate::Input), except where it says none.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Effect {
    /// Write down, durably, what a payment is for. Answered by `IntentRecorded` or `IntentFailed`.
    RecordIntent {
        /// The payment.
        payment: PaymentId,
        /// The sale, complete but for the tender's authorisation.
        sale: Box<Sale>,
    },
    /// Ask the terminal for money. Answered by `Payment`.
    TakePayment {
        /// The payment.
        payment: PaymentId,
        /// How much.
        amount: Money,
    },
    /// Ask the terminal what became of a payment. Answered by `Payment`.
    QueryPayment {
        /// The payment.
        payment: PaymentId,
    },
    /// Ask the terminal to stop a payment. No answer of its own: the payment's outcome counts.
    CancelPayment {
        /// The payment.
        payment: PaymentId,
    },
    /// Ask the terminal to give the money back. Answered by `PaymentReversed` or `ReverseFailed`.
    ReversePayment {
        /// The payment.
        payment: PaymentId,
    },
    /// Forget a payment that took no money. No answer.
    DropIntent {
        /// The payment.
        payment: PaymentId,
    },
    /// Put the paid sale into the journal. Answered by `Committed` or `CommitFailed`.
    Commit {
        /// The sale.
        sale: Box<Sale>,
    },
    /// Remember what the things of a sale looked like, now that it is in the journal. What is lost of it costs nobody
    /// anything. No answer.
    Remember {
        /// One for each thing that was seen, at least one.
        sightings: Vec<Sighting>,
    },
}
