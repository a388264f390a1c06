//! One payment from its intent to its end, whatever answers come and in whatever order.
//!
//! What must hold: the terminal is asked for money once per payment; an unknown outcome is asked about until it is
//! known; a sale is committed only after the approval of its payment; money that was taken and cannot become a sale is
//! given back.

use std::collections::VecDeque;

use domain::ids::{PaymentId, SaleId, SequenceNumber};
use domain::money::Money;
use domain::sale::Sale;
use domain::time::{MonotonicMs, Now, WallMs};

use crate::view::{PaymentReason, PaymentState};
use crate::{CheckoutConfig, Effect, PaymentOutcome};

/// A payment under way and the sale that it is for.
#[derive(Debug)]
pub(crate) struct Settlement {
    pub(crate) payment: PaymentId,
    pub(crate) sale: Sale,
    step: Step,
    pause: Pause,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Step {
    /// Found after a restart; its turn to be looked up has not come.
    Found,
    /// The intent is being written down; `stop` when the shopper has already thought better of it.
    Recording { stop: bool },
    /// The terminal is at it.
    Taking { stopping: bool },
    /// The outcome is unknown. `due`: when to ask next; `None` while an answer is awaited.
    Querying { due: Option<MonotonicMs>, stopping: bool },
    /// The money is taken; the sale is being written down.
    Committing,
    /// The sale could not be written down; the money is being given back.
    Reversing { due: Option<MonotonicMs> },
}

/// How a payment ended.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Ending {
    /// The sale is in the journal.
    Sold(SequenceNumber),
    /// No money was taken, or none was kept.
    Refused {
        /// How it is shown.
        shown: PaymentState,
        /// True when money had been taken and was given back: the terminal's part is done.
        reversed: bool,
    },
}

/// A pause that doubles up to a limit.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Pause {
    next_ms: u64,
    max_ms: u64,
}

impl Pause {
    pub(crate) fn new(config: &CheckoutConfig) -> Self {
        // A pause of nothing would spin.
        let max_ms = config.query_max_ms.max(1);
        Self { next_ms: config.query_first_ms.clamp(1, max_ms), max_ms }
    }

    pub(crate) fn due(&mut self, now: MonotonicMs) -> MonotonicMs {
        let due = now.plus_ms(self.next_ms);
        self.next_ms = self.next_ms.saturating_mul(2).min(self.max_ms);
        due
    }
}

type Effects = VecDeque<Effect>;

impl Settlement {
    /// A new attempt: its intent is to be recorded first.
    pub(crate) fn begin(
        payment: PaymentId,
        sale: Sale,
        config: &CheckoutConfig,
        effects: &mut Effects,
    ) -> Self {
        effects.push_back(Effect::RecordIntent { sale: Box::new(sale.clone()), payment });
        Self { payment, sale, step: Step::Recording { stop: false }, pause: Pause::new(config) }
    }

    /// One from before a restart, not looked up yet.
    pub(crate) fn found(payment: PaymentId, sale: Sale, config: &CheckoutConfig) -> Self {
        Self { payment, sale, step: Step::Found, pause: Pause::new(config) }
    }

    /// Looks it up, if that has not begun.
    pub(crate) fn look_up(&mut self, effects: &mut Effects) {
        if self.step == Step::Found {
            self.step = Step::Querying { due: None, stopping: false };
            effects.push_back(Effect::QueryPayment { payment: self.payment });
        }
    }

    /// What is owed.
    pub(crate) fn amount(&self) -> Money {
        self.sale.totals.gross
    }

    /// How it is shown. While money is given back nothing is claimed about it: it is being looked into.
    pub(crate) fn shown(&self) -> PaymentState {
        match self.step {
            Step::Recording { .. } => PaymentState::Preparing,
            Step::Taking { .. } => PaymentState::Authorising,
            Step::Found | Step::Querying { .. } | Step::Reversing { .. } => PaymentState::Querying,
            Step::Committing => PaymentState::Approved,
        }
    }

    /// When something is to be done without an input.
    pub(crate) fn due(&self) -> Option<MonotonicMs> {
        match self.step {
            Step::Querying { due, .. } | Step::Reversing { due } => due,
            Step::Found | Step::Recording { .. } | Step::Taking { .. } | Step::Committing => None,
        }
    }

    /// Does what is due.
    pub(crate) fn tick(&mut self, now: MonotonicMs, effects: &mut Effects) {
        let payment = self.payment;
        match &mut self.step {
            Step::Querying { due, .. } if due.is_some_and(|at| at <= now) => {
                *due = None;
                effects.push_back(Effect::QueryPayment { payment });
            }
            Step::Reversing { due } if due.is_some_and(|at| at <= now) => {
                *due = None;
                effects.push_back(Effect::ReversePayment { payment });
            }
            _ => {}
        }
    }

    /// The shopper wants it stopped. False when it is too late for that.
    pub(crate) fn stop(&mut self, effects: &mut Effects) -> bool {
        match &mut self.step {
            Step::Recording { stop } => *stop = true,
            Step::Taking { stopping } | Step::Querying { stopping, .. } => {
                if !*stopping {
                    *stopping = true;
                    effects.push_back(Effect::CancelPayment { payment: self.payment });
                }
            }
            Step::Found | Step::Committing | Step::Reversing { .. } => return false,
        }
        true
    }

    /// The intent is durable. `clear` is false when an older payment came up meanwhile that must be settled first.
    pub(crate) fn recorded(&mut self, clear: bool, effects: &mut Effects) -> Option<Ending> {
        match self.step {
            Step::Recording { stop: false } if !clear => Some(self.refuse_unavailable(effects)),
            Step::Recording { stop: true } => {
                Some(self.refuse(PaymentState::Declined(PaymentReason::CancelledByShopper), effects))
            }
            Step::Recording { stop: false } => {
                self.step = Step::Taking { stopping: false };
                effects.push_back(Effect::TakePayment { payment: self.payment, amount: self.amount() });
                None
            }
            _ => None,
        }
    }

    /// The intent could not be written.
    pub(crate) fn not_recorded(&self) -> Option<Ending> {
        matches!(self.step, Step::Recording { .. }).then_some(Ending::Refused {
            shown: PaymentState::Failed(PaymentReason::StorageFailed),
            reversed: false,
        })
    }

    /// The terminal says what became of it.
    pub(crate) fn answered(
        &mut self,
        outcome: PaymentOutcome,
        now: Now,
        effects: &mut Effects,
    ) -> Option<Ending> {
        let stopping = match self.step {
            Step::Taking { stopping } | Step::Querying { stopping, .. } => stopping,
            Step::Found | Step::Recording { .. } | Step::Committing | Step::Reversing { .. } => return None,
        };
        let asked = matches!(self.step, Step::Querying { .. });
        let waits = matches!(self.step, Step::Querying { due: Some(_), .. });
        match outcome {
            PaymentOutcome::Approved { authorisation } => {
                self.approve(authorisation, now.wall, effects);
                None
            }
            PaymentOutcome::Declined => {
                Some(self.refuse(PaymentState::Declined(PaymentReason::DeclinedByIssuer), effects))
            }
            PaymentOutcome::Cancelled => {
                Some(self.refuse(PaymentState::Declined(PaymentReason::CancelledByShopper), effects))
            }
            PaymentOutcome::Unavailable if !asked => Some(self.refuse_unavailable(effects)),
            PaymentOutcome::Reversed | PaymentOutcome::NotFound => Some(self.refuse_unavailable(effects)),
            PaymentOutcome::NoAnswer | PaymentOutcome::Unavailable => {
                // A second answer to the same question must not shorten or lengthen the pause.
                if !waits {
                    self.step = Step::Querying { due: Some(self.pause.due(now.monotonic)), stopping };
                }
                None
            }
        }
    }

    /// The sale is durable.
    pub(crate) fn committed(&self, sale: SaleId, sequence: SequenceNumber) -> Option<Ending> {
        (self.step == Step::Committing && self.sale.id == sale).then_some(Ending::Sold(sequence))
    }

    /// The sale could not be written: the money goes back.
    pub(crate) fn not_committed(&mut self, sale: SaleId, config: &CheckoutConfig, effects: &mut Effects) {
        if self.step == Step::Committing && self.sale.id == sale {
            self.reverse(config, effects);
        }
    }

    /// The money is given back.
    pub(crate) fn reversed(&self, effects: &mut Effects) -> Option<Ending> {
        matches!(self.step, Step::Reversing { .. }).then(|| {
            effects.push_back(Effect::DropIntent { payment: self.payment });
            let shown = PaymentState::Failed(PaymentReason::StorageFailed);
            Ending::Refused { shown, reversed: true }
        })
    }

    /// The money could not be given back now.
    pub(crate) fn not_reversed(&mut self, now: MonotonicMs) {
        if self.step == (Step::Reversing { due: None }) {
            self.step = Step::Reversing { due: Some(self.pause.due(now)) };
        }
    }

    fn approve(&mut self, authorisation: String, at: WallMs, effects: &mut Effects) {
        self.sale.completed_at = at;
        let payment = self.payment;
        if let Some(tender) = self.sale.tenders.iter_mut().find(|tender| tender.payment == payment) {
            tender.authorisation = authorisation;
        }
        if adds_up(&self.sale, payment) {
            self.step = Step::Committing;
            effects.push_back(Effect::Commit { sale: Box::new(self.sale.clone()) });
        } else {
            // Only an intent that was damaged on disk can be so: it must not become a sale.
            self.step = Step::Reversing { due: None };
            effects.push_back(Effect::ReversePayment { payment });
        }
    }

    fn reverse(&mut self, config: &CheckoutConfig, effects: &mut Effects) {
        self.pause = Pause::new(config);
        self.step = Step::Reversing { due: None };
        effects.push_back(Effect::ReversePayment { payment: self.payment });
    }

    fn refuse(&self, shown: PaymentState, effects: &mut Effects) -> Ending {
        effects.push_back(Effect::DropIntent { payment: self.payment });
        Ending::Refused { shown, reversed: false }
    }

    fn refuse_unavailable(&self, effects: &mut Effects) -> Ending {
        self.refuse(PaymentState::Failed(PaymentReason::TerminalUnavailable), effects)
    }
}

/// Whether the one tender of a sale is this payment and pays it all.
fn adds_up(sale: &Sale, payment: PaymentId) -> bool {
    matches!(sale.tenders.as_slice(), [tender] if tender.payment == payment && tender.amount == sale.totals.gross)
}
