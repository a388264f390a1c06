//! Requests of other systems: how they are signed, what they may say, and what follows from it.
//!
//! [`signature`] is the one place for signing and verifying, for what comes in and for what `notify::webhook` sends. A request that
//! is who it says it is becomes events (`events`), which are thought out over the products as they are (`plan`), and taken in one
//! transaction by `cloud_store::Store::take_hook_events`; where somebody was quicker they are thought out anew.

pub(crate) mod events;
pub(crate) mod plan;
pub(crate) mod signature;
