//! What a screen needs to show, and nothing that it must compute.

use std::fmt;

use domain::frame::PixelBox;
use domain::ids::{Generation, ProductId, SaleId, SequenceNumber, TrackId};
use domain::money::Money;
use domain::observation::{Candidate, Unsettled};
use domain::quantity::{Quantity, UnitPrice};
use domain::sale::Identification;
use domain::tax::Totals;
use domain::text::LocalizedText;
use domain::time::WallMs;

use crate::input::LineNumber;

/// The whole of it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct View {
    /// What the till is doing.
    pub phase: Phase,
    /// The generation being sold from.
    pub generation: Generation,
    /// Width and height of the frames that boxes refer to; zero before the first.
    pub frame_size: (u32, u32),
    /// Why the tray cannot be read now.
    pub unsettled: Option<Unsettled>,
    /// The things on the tray.
    pub items: Vec<ItemView>,
    /// The basket's lines in order of their numbers.
    pub lines: Vec<LineView>,
    /// What the lines come to; lines that must still be weighed count nothing.
    pub totals: Totals,
    /// Pieces, and things sold by weight, in the basket.
    pub item_count: u32,
    /// What the shopper is asked, oldest first.
    pub questions: Vec<QuestionView>,
    /// What stands in the way of paying.
    pub pay_blocked_by: Option<PayBlock>,
    /// What a member of staff must look at, or has looked at, before this basket is paid.
    pub approval: Option<ApprovalView>,
    /// The payment under way or just refused.
    pub payment: Option<PaymentView>,
    /// The sale just made.
    pub receipt: Option<ReceiptView>,
    /// Milliseconds until the basket is abandoned, when the shopper must be warned of it; with a receipt, until it closes.
    pub time_out_in_ms: Option<u64>,
    /// Whether help was called.
    pub staff_called: bool,
}

/// What the till is doing.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum Phase {
    /// Nothing on the tray, nothing in the basket.
    Idle,
    /// The basket follows the tray.
    Scanning,
    /// The shopper looks the basket over.
    Review,
    /// A payment is under way, or was refused.
    Paying,
    /// The sale is made.
    Receipt,
    /// A payment from before a restart is being looked up.
    Recovering,
}

impl Phase {
    /// Its name in answers and messages.
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Idle => "idle",
            Self::Scanning => "scanning",
            Self::Review => "review",
            Self::Paying => "paying",
            Self::Receipt => "receipt",
            Self::Recovering => "recovering",
        }
    }
}

/// One thing on the tray.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ItemView {
    /// Its name while it is followed.
    pub track: TrackId,
    /// Where it was seen last.
    pub bounds: PixelBox,
    /// What is known of it.
    pub status: ItemStatus,
    /// What it is, if that is settled.
    pub product: Option<ProductId>,
    /// The line that it counts to.
    pub line: Option<LineNumber>,
}

/// What is known of a thing on the tray.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum ItemStatus {
    /// It is on the bill.
    Sure,
    /// The shopper is asked what it is.
    Asking,
    /// It must be weighed.
    Weighing,
    /// Believed there, not seen now.
    Covered,
    /// Not to be bought.
    Ignored,
    /// Paid; waiting to be taken away.
    Sold,
}

/// One line of the basket or the receipt.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct LineView {
    /// Its number.
    pub line: LineNumber,
    /// What it is.
    pub product: ProductId,
    /// Its name.
    pub name: LocalizedText,
    /// Whether the catalogue has a picture of it.
    pub has_picture: bool,
    /// What it costs.
    pub unit_price: UnitPrice,
    /// How much; `None` while it must be weighed.
    pub quantity: Option<Quantity>,
    /// What it comes to; `None` while it must be weighed.
    pub amount: Option<Money>,
    /// How it was identified: the least certain of its pieces.
    pub identified_by: Identification,
    /// The things on the tray that it counts.
    pub tracks: Vec<TrackId>,
    /// Whether its quantity can be set.
    pub can_change_quantity: bool,
    /// The age in years that its buyer must have reached.
    pub age_limit: Option<u8>,
}

/// Something that the shopper is asked.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct QuestionView {
    /// The thing it is about; also the question's name.
    pub track: TrackId,
    /// What is asked.
    pub kind: QuestionKind,
    /// The line, when it is about weighing.
    pub line: Option<LineNumber>,
    /// Where the thing lies.
    pub bounds: PixelBox,
    /// What it may be, likeliest first, at most three, each in the catalogue and not archived.
    pub candidates: Vec<Candidate>,
}

/// What is asked.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum QuestionKind {
    /// Which product it is.
    WhichProduct,
    /// To lift it and put it back, so that its weight can be told.
    Weigh,
}

/// What stands in the way of paying.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum PayBlock {
    /// The basket is empty.
    Empty,
    /// Something is still asked.
    Questions,
    /// The tray cannot be read now, or something on it is not yet made out.
    Unsettled,
    /// A member of staff must look at the shopper's age.
    Approval,
    /// A device is missing that the sale needs.
    Device,
}

impl PayBlock {
    /// Its name in answers.
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Empty => "empty",
            Self::Questions => "questions",
            Self::Unsettled => "unsettled",
            Self::Approval => "approval",
            Self::Device => "device",
        }
    }
}

impl fmt::Display for PayBlock {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::Empty => "the basket is empty",
            Self::Questions => "a question is open",
            Self::Unsettled => "the tray is not still",
            Self::Approval => "a member of staff must check the shopper's age",
            Self::Device => "a device that the sale needs is missing",
        })
    }
}

/// The check of the shopper's age by a member of staff.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ApprovalView {
    /// The highest age limit in the basket, in years.
    pub age_limit: u8,
    /// The lines that have one.
    pub lines: Vec<LineNumber>,
    /// Whether it has been given for this limit.
    pub approved: bool,
}

/// A payment.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub struct PaymentView {
    /// How far it is.
    pub state: PaymentState,
    /// How much.
    pub amount: Money,
}

/// How far a payment is.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum PaymentState {
    /// Its intent is being written down.
    Preparing,
    /// The terminal is at it.
    Authorising,
    /// No answer came; the terminal is asked what happened.
    Querying,
    /// The money is taken; the sale is being written down.
    Approved,
    /// No money was taken.
    Declined(PaymentReason),
    /// No money was kept, and trying again may not help.
    Failed(PaymentReason),
}

/// Why a payment came to nothing.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum PaymentReason {
    /// The card's issuer said no.
    DeclinedByIssuer,
    /// The shopper stopped it.
    CancelledByShopper,
    /// The terminal cannot be reached; nothing was begun.
    TerminalUnavailable,
    /// The money was given back because the sale could not be written down, or the intent could not.
    StorageFailed,
}

/// The sale just made.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ReceiptView {
    /// Its id.
    pub sale: SaleId,
    /// Its place in the journal.
    pub sequence: SequenceNumber,
    /// When it was paid.
    pub completed_at: WallMs,
    /// Its lines.
    pub lines: Vec<LineView>,
    /// What they came to.
    pub totals: Totals,
    /// The terminal's approval code.
    pub authorisation: String,
    /// True while paid things lie on the tray.
    pub clear_tray: bool,
}
