//! Why an action at the screen is not done.

use domain::ids::{ProductId, TrackId};
use thiserror::Error;

use crate::input::LineNumber;
use crate::view::PayBlock;

/// Why an action is not done; nothing has changed.
#[derive(Debug, Clone, PartialEq, Eq, Error)]
pub enum Refusal {
    /// It does not fit what the till is doing.
    #[error("this cannot be done now: the till is {phase}")]
    WrongPhase {
        /// What the till is doing.
        phase: &'static str,
    },
    /// There is no such line.
    #[error("the basket has no line {}", .0.0)]
    NoSuchLine(LineNumber),
    /// There is no such question.
    #[error("nothing is asked about item {0}")]
    NoSuchQuestion(TrackId),
    /// There is no such ignored thing.
    #[error("item {0} is not on the tray or is not ignored")]
    NoSuchItem(TrackId),
    /// The catalogue has no such product, or it is not sold any more.
    #[error("`{0}` is not sold here")]
    NoSuchProduct(ProductId),
    /// Pieces out of bounds, or fewer than lie on the tray.
    #[error("{pieces} pieces are not possible: choose {min} to 99")]
    BadQuantity {
        /// How many were asked for.
        pieces: u32,
        /// The fewest possible.
        min: u32,
    },
    /// The line is priced by weight.
    #[error("line {} is sold by weight: its quantity cannot be set", .0.0)]
    SoldByWeight(LineNumber),
    /// The product is priced by weight and must lie on the scale.
    #[error("`{0}` is sold by weight: put it on the tray")]
    MustBeWeighed(ProductId),
    /// The question can only be answered by weighing.
    #[error("item {0} must be weighed: lift it and put it back")]
    WeighInstead(TrackId),
    /// The line has no thing that could be asked about.
    #[error("line {} was added by hand: change its quantity or remove it", .0.0)]
    AddedByHand(LineNumber),
    /// Something stands in the way of paying.
    #[error("paying is not possible yet: {0}")]
    PayBlocked(PayBlock),
    /// Nothing in the basket waits for a member of staff.
    #[error("nothing in the basket waits for a member of staff")]
    NothingToApprove,
    /// The amount is too large for the till's arithmetic.
    #[error("the total is too large")]
    TooLarge,
}

impl Refusal {
    /// A stable name for programs.
    pub fn code(&self) -> &'static str {
        match self {
            Self::WrongPhase { .. } => "wrong_phase",
            Self::NoSuchLine(_) => "no_such_line",
            Self::NoSuchQuestion(_) => "no_such_question",
            Self::NoSuchItem(_) => "no_such_item",
            Self::NoSuchProduct(_) => "no_such_product",
            Self::BadQuantity { .. } => "bad_quantity",
            Self::SoldByWeight(_) => "sold_by_weight",
            Self::MustBeWeighed(_) => "must_be_weighed",
            Self::WeighInstead(_) => "weigh_instead",
            Self::AddedByHand(_) => "added_by_hand",
            Self::PayBlocked(_) => "pay_blocked",
            Self::NothingToApprove => "nothing_to_approve",
            Self::TooLarge => "too_large",
        }
    }

    /// True when the action names what is not there (422), false when it does not fit the moment (409).
    pub fn names_nothing(&self) -> bool {
        matches!(
            self,
            Self::NoSuchLine(_)
                | Self::NoSuchQuestion(_)
                | Self::NoSuchItem(_)
                | Self::NoSuchProduct(_)
                | Self::BadQuantity { .. }
        )
    }
}
