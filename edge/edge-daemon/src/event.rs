//! Everything that can happen to the checkout loop besides frames and weights, which are latest-wins.

use std::collections::BTreeMap;
use std::sync::Arc;

use domain::catalogue::Catalogue;
use domain::ids::Generation;
use tokio::sync::oneshot;

use crate::api::actions::ActionRequest;
use crate::notices::NoticeCode;
use crate::payment::PaymentAnswer;
use crate::sight::Sight;
use crate::storage::StorageAnswer;

/// What can happen.
pub enum Event {
    /// Somebody at the kiosk did something.
    Action(ActionRequest, oneshot::Sender<ActionReply>),
    /// The store did or could not do what it was asked.
    Storage(StorageAnswer),
    /// The payment terminal answered.
    Payment(PaymentAnswer),
    /// A catalogue generation is ready to be sold from.
    Catalogue(Box<Loaded>),
    /// A device went or came back (`fault` is `None`).
    Fault {
        /// Which.
        code: NoticeCode,
        /// What to say of it; `None` when it is over.
        fault: Option<BTreeMap<&'static str, String>>,
    },
}

/// The answer to an action: the revision after it, or why not.
pub type ActionReply = Result<u64, edge_core::Refusal>;

/// A generation with its index built.
pub struct Loaded {
    /// Its number.
    pub generation: Generation,
    /// Products and prices.
    pub catalogue: Arc<Catalogue>,
    /// What recognises them.
    pub sight: Arc<Sight>,
}
