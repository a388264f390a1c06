//! Many simulated tills in one process, each a till to the cloud in every respect: a certificate of its own, a chained
//! journal, the sender that real tills have, a stream of its own over mutual TLS, and generations that it checks and applies.
//!
//! What they lack is a disk: journal and catalogue are in memory, so that the load falls on the cloud and not on the swarm.
//! Read [`till`] first, then [`fleet`].

pub mod arrivals;
pub mod books;
pub mod fleet;
pub mod follower;
pub mod journal;
pub mod limits;
pub mod provision;
pub mod sales;
pub mod statistics;
pub mod till;
