//! The checkout as a pure state machine: what vision, scale, shopper, payment terminal and store say goes in, what the
//! till shall do comes out.
//!
//! Owns the basket: which things on the tray are which lines, what they cost, what the shopper must be asked, when money
//! may be taken and when a sale is a sale. It does no I/O, reads no clock and draws no random number: the same inputs
//! give the same outputs. It must never know how anything is seen, stored, sent or shown.
//!
//! Read [`Checkout`] first, then [`input`] and [`effect`]: the whole of what goes in and comes out. Inside, `observe`
//! turns what is seen into things and lines, `weigh` tells what they weigh, `actions` is what a shopper may do,
//! `approval` what waits for a member of staff, and `payment` is one payment from its intent to its end.
#![forbid(unsafe_code)]

mod actions;
mod approval;
mod basket;
mod bill;
mod checkout;
pub mod config;
mod departures;
pub mod effect;
pub mod input;
mod lifted;
mod observe;
mod paying;
mod payment;
mod present;
mod questions;
pub mod refusal;
mod sightings;
mod stable;
mod tracks;
pub mod view;
mod weigh;

pub use checkout::Checkout;
pub use config::CheckoutConfig;
pub use effect::Effect;
pub use input::{Action, DeviceEvent, Input, IntentRecord, LineNumber, PaymentOutcome, ScaleReading};
pub use refusal::Refusal;
pub use view::View;
