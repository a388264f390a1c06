//! What public pages and Open Food Facts say about products, visited politely.
//!
//! Read [`parser`] first: it is the loop of the role; then [`fetch`] for how a page is asked for.

pub mod address;
pub mod fetch;
mod markup;
pub mod parser;
mod product;
pub mod source;
