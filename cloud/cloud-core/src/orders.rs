//! Purchase orders: what may be done with one when, and what a goods receipt means for it.
//!
//! Draft -> sent -> confirmed -> received -> closed; it may be cancelled until goods have come. A supplier that brings goods
//! without having confirmed has confirmed.

use thiserror::Error;

use crate::offers::Pack;

/// How far an order has come.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum OrderState {
    /// It can still be changed.
    Draft,
    /// The supplier has it.
    Sent,
    /// The supplier has said what will come.
    Confirmed,
    /// Something has come.
    Received,
    /// Nothing more will come.
    Closed,
    /// It was called off.
    Cancelled,
}

/// What can be done with an order.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Step {
    /// Its lines are changed.
    Edit,
    /// It goes to the supplier.
    Send,
    /// The supplier says what will come.
    Confirm,
    /// Goods come; `all` says that nothing more will.
    Receive {
        /// Whether that was all.
        all: bool,
    },
    /// Nothing more is waited for.
    Close,
    /// It is called off.
    Cancel,
}

/// A step that an order's state does not allow.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Error)]
#[error("is {state}: {way_out}", state = state_word(*.state))]
pub struct OutOfOrder {
    /// How far it has come.
    pub state: OrderState,
    /// What can be done instead.
    pub way_out: &'static str,
}

/// What was ordered in a line, and what has come so far, in pieces or grams.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Ordered {
    /// Packs that were ordered.
    pub packs: u32,
    /// Packs that the supplier has confirmed, where it said so.
    pub packs_confirmed: Option<u32>,
    /// What is in one.
    pub pack: Pack,
    /// Pieces or grams that came and are good.
    pub accepted: u64,
    /// Pieces or grams that came and are not.
    pub damaged: u64,
}

/// What a line's receipts differ by from what was to come.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub struct Difference {
    /// Pieces or grams that have not come.
    pub short: u64,
    /// Pieces or grams that came and were not ordered.
    pub over: u64,
    /// Pieces or grams that came spoilt; they are short too unless replaced.
    pub damaged: u64,
}

words!(OrderState:
    Draft = "draft",
    Sent = "sent",
    Confirmed = "confirmed",
    Received = "received",
    Closed = "closed",
    Cancelled = "cancelled",
);

impl OrderState {
    /// The state after a step.
    pub fn after(self, step: Step) -> Result<Self, OutOfOrder> {
        use OrderState as S;
        let no = |way_out| Err(OutOfOrder { state: self, way_out });
        match (self, step) {
            (S::Draft, Step::Edit) => Ok(S::Draft),
            (_, Step::Edit) => no("only a draft can be changed; cancel it and make another"),
            (S::Draft, Step::Send) => Ok(S::Sent),
            (_, Step::Send) => no("only a draft is sent"),
            (S::Sent | S::Confirmed, Step::Confirm) => Ok(S::Confirmed),
            (S::Draft, Step::Confirm) => no("send it first"),
            (_, Step::Confirm) => no("what has come or was called off is not confirmed any more"),
            (S::Sent | S::Confirmed | S::Received, Step::Receive { all }) => {
                Ok(if all { S::Closed } else { S::Received })
            }
            (S::Draft, Step::Receive { .. }) => no("send it first"),
            (_, Step::Receive { .. }) => {
                no("nothing is waited for any more; order anew, or correct the stock")
            }
            (S::Received, Step::Close) => Ok(S::Closed),
            (S::Closed | S::Cancelled, Step::Close) => no("it has ended"),
            (_, Step::Close) => no("nothing has come yet: cancel it instead"),
            (S::Draft | S::Sent | S::Confirmed, Step::Cancel) => Ok(S::Cancelled),
            (S::Received, Step::Cancel) => no("goods have come: close it instead"),
            (_, Step::Cancel) => no("it has ended"),
        }
    }

    /// Whether goods are waited for.
    pub fn is_open(self) -> bool {
        matches!(self, Self::Sent | Self::Confirmed | Self::Received)
    }
}

impl Ordered {
    /// Pieces or grams that are to come: what the supplier confirmed, else what was ordered.
    pub fn expected(&self) -> u64 {
        u64::from(self.packs_confirmed.unwrap_or(self.packs)) * u64::from(self.pack.content)
    }

    /// Pieces or grams that are still to come. Spoilt ones are to be brought again.
    pub fn outstanding(&self) -> u64 {
        self.expected().saturating_sub(self.accepted)
    }

    /// The line after another receipt; `None` where it is more than can be counted.
    #[must_use]
    pub fn received(mut self, accepted: u64, damaged: u64) -> Option<Self> {
        self.accepted = self.accepted.checked_add(accepted)?;
        self.damaged = self.damaged.checked_add(damaged)?;
        Some(self)
    }

    /// How what came differs from what was ordered.
    pub fn difference(&self) -> Difference {
        let ordered = u64::from(self.packs) * u64::from(self.pack.content);
        Difference {
            short: ordered.saturating_sub(self.accepted),
            over: self.accepted.saturating_sub(ordered),
            damaged: self.damaged,
        }
    }
}

/// Whether nothing of these lines is still to come.
pub fn all_came(lines: &[Ordered]) -> bool {
    lines.iter().all(|line| line.outstanding() == 0)
}

fn state_word(state: OrderState) -> &'static str {
    match state {
        OrderState::Draft => "a draft",
        OrderState::Sent => "sent",
        OrderState::Confirmed => "confirmed",
        OrderState::Received => "received in part",
        OrderState::Closed => "closed",
        OrderState::Cancelled => "cancelled",
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::ledger::StockUnit;

    const STATES: [OrderState; 6] = [
        OrderState::Draft,
        OrderState::Sent,
        OrderState::Confirmed,
        OrderState::Received,
        OrderState::Closed,
        OrderState::Cancelled,
    ];

    #[test]
    fn goes_one_way_and_ends_for_good() {
        use OrderState as S;
        let steps = [
            Step::Edit,
            Step::Send,
            Step::Confirm,
            Step::Receive { all: false },
            Step::Receive { all: true },
            Step::Close,
            Step::Cancel,
        ];
        let allowed = |state: S| steps.iter().filter_map(|step| state.after(*step).ok()).collect::<Vec<_>>();
        assert_eq!(allowed(S::Draft), [S::Draft, S::Sent, S::Cancelled]);
        assert_eq!(allowed(S::Sent), [S::Confirmed, S::Received, S::Closed, S::Cancelled]);
        assert_eq!(allowed(S::Confirmed), [S::Confirmed, S::Received, S::Closed, S::Cancelled]);
        assert_eq!(allowed(S::Received), [S::Received, S::Closed, S::Closed]);
        assert_eq!((allowed(S::Closed), allowed(S::Cancelled)), (vec![], vec![]));
        for state in STATES {
            for after in allowed(state) {
                assert!(after >= state, "{state:?} goes back to {after:?}");
            }
        }
        let error = S::Draft.after(Step::Confirm).unwrap_err();
        assert_eq!(error.to_string(), "is a draft: send it first");
    }

    #[test]
    fn partial_receipts_add_up_and_differences_stay() {
        let pack = Pack { content: 6, unit: StockUnit::Piece };
        let line = Ordered { packs: 4, packs_confirmed: Some(3), pack, accepted: 0, damaged: 0 };
        assert_eq!((line.expected(), line.outstanding()), (18, 18));
        let first = line.received(10, 2).unwrap();
        assert_eq!((first.outstanding(), all_came(&[first])), (8, false));
        assert_eq!(first.difference(), Difference { short: 14, over: 0, damaged: 2 });
        let second = first.received(16, 0).unwrap();
        assert!(all_came(&[second]));
        assert_eq!(second.difference(), Difference { short: 0, over: 2, damaged: 2 });
        assert_eq!(second.received(u64::MAX, 0), None);
    }
}
