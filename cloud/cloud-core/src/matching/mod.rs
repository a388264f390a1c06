//! What a supplier's line is in the shop: names, packs, units, and how likely two of them mean the same product.
//!
//! Pure: the same lines and products give the same answer. Read [`score`] for how evidence becomes a probability.

pub mod names;
pub mod packs;
pub mod score;
pub mod units;

pub use names::{Name, name_key};
pub use packs::{Content, Measure, Pack};
pub use score::{Index, Known, Scored};
pub use units::{Assumption, Converted, Unit, convert};
