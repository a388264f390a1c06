//! Everything that a checkout is told.

use std::sync::Arc;

use domain::catalogue::Catalogue;
use domain::ids::{Generation, PaymentId, ProductId, SaleId, SequenceNumber, TrackId};
use domain::observation::Observation;
use domain::sale::Sale;
use domain::time::BusinessDay;

/// A line of the basket, stable for the basket's life.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct LineNumber(pub u32);

/// One thing that happened.
#[derive(Debug, Clone)]
pub enum Input {
    /// Vision says what lies on the tray.
    Observation(Observation),
    /// The scale under the tray says what it all weighs.
    Scale(ScaleReading),
    /// Somebody touched the screen. The only input that can be refused.
    Customer(Action),
    /// Time has passed: [`Checkout::poll_timeout`](crate::Checkout::poll_timeout) was reached.
    Tick,
    /// There is a new catalogue generation. It takes effect between baskets.
    Catalogue {
        /// Its number.
        generation: Generation,
        /// Its contents.
        catalogue: Arc<Catalogue>,
    },
    /// A device went or came back.
    Device(DeviceEvent),
    /// The daemon has just started and found payments that were never settled. Sent before anything else.
    Recover(Vec<IntentRecord>),
    /// To `RecordIntent`: it is durable.
    IntentRecorded {
        /// The payment.
        payment: PaymentId,
    },
    /// To `RecordIntent`: it could not be written; the terminal was not asked.
    IntentFailed {
        /// The payment.
        payment: PaymentId,
    },
    /// To `TakePayment` or `QueryPayment`.
    Payment {
        /// The payment.
        payment: PaymentId,
        /// What the terminal says.
        outcome: PaymentOutcome,
    },
    /// To `Commit`: the sale is durable.
    Committed {
        /// The sale.
        sale: SaleId,
        /// Its place in the journal.
        sequence: SequenceNumber,
    },
    /// To `Commit`: the sale could not be written, and is not in the journal.
    CommitFailed {
        /// The sale.
        sale: SaleId,
    },
    /// To `ReversePayment`: the money is given back, or none had been taken.
    PaymentReversed {
        /// The payment.
        payment: PaymentId,
    },
    /// To `ReversePayment`: no answer; it is asked again after a pause.
    ReverseFailed {
        /// The payment.
        payment: PaymentId,
    },
}

/// What the scale under the tray says, in grams gross.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct ScaleReading {
    /// What lies on it; noise may make it negative.
    pub grams: i32,
    /// True when the reading has settled.
    pub stable: bool,
}

/// A payment that was recorded and not settled.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct IntentRecord {
    /// The payment.
    pub payment: PaymentId,
    /// The sale it is for, complete but for the authorisation.
    pub sale: Sale,
}

/// A device went or came back.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum DeviceEvent {
    /// Frames come, or do not.
    Camera {
        /// Whether they come.
        works: bool,
    },
    /// Readings come, or do not.
    Scale {
        /// Whether they come.
        works: bool,
    },
    /// Another sale can be written, or cannot.
    Storage {
        /// Whether it can.
        works: bool,
    },
}

/// What the terminal says of a payment.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum PaymentOutcome {
    /// The money was taken.
    Approved {
        /// The terminal's approval code.
        authorisation: String,
    },
    /// No money was taken and none will be.
    Declined,
    /// No money was taken: the shopper or the till stopped it.
    Cancelled,
    /// The money was taken and given back.
    Reversed,
    /// The outcome is not known; it must be asked for.
    NoAnswer,
    /// The terminal has never seen the payment: no money was taken.
    NotFound,
    /// The terminal cannot be reached. To `TakePayment` it means that nothing was begun, to `QueryPayment` that nothing is
    /// known.
    Unavailable,
}

/// What somebody did at the screen. Ids that the core cannot make come with the action that needs them.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Action {
    /// Leaves the start screen.
    Start,
    /// Answers a question (by its track) with a product, a candidate or any other.
    Choose {
        /// The question.
        question: TrackId,
        /// The product.
        product: ProductId,
    },
    /// The thing is not to be bought.
    IgnoreItem {
        /// The question about it.
        question: TrackId,
    },
    /// Adds one piece of something that is not on the tray.
    AddProduct {
        /// What.
        product: ProductId,
    },
    /// Sets the pieces of a line, 1 to 99.
    SetQuantity {
        /// Which line.
        line: LineNumber,
        /// How many.
        pieces: u32,
    },
    /// Takes a line out; the things on the tray that it was for are ignored.
    RemoveLine {
        /// Which line.
        line: LineNumber,
    },
    /// Takes an ignored thing back.
    RestoreItem {
        /// Which thing.
        track: TrackId,
    },
    /// A line was recognised wrongly: ask which product it is.
    ReopenLine {
        /// Which line.
        line: LineNumber,
    },
    /// To the summary.
    Review,
    /// Back from the summary.
    Back,
    /// Pays. The core keeps the first sale id of a basket and takes a new payment id for each attempt.
    Pay {
        /// An id for the sale, if it has none yet.
        sale: SaleId,
        /// An id for this attempt.
        payment: PaymentId,
        /// The trading day of now.
        business_day: BusinessDay,
    },
    /// Asks the terminal to stop.
    CancelPayment,
    /// Drops the basket.
    Cancel,
    /// Done with the receipt.
    Finish,
    /// More time, please.
    ExtendTime,
    /// Help, please.
    CallStaff,
    /// Help was here.
    DismissStaff,
    /// A member of staff has looked at the shopper. Whoever sends it has checked that it is one.
    ApproveAge {
        /// The limit that was shown to them; none stands for the highest in the basket.
        age_limit: Option<u8>,
    },
    /// A member of staff says no: every line with an age limit goes.
    RefuseAge,
}
