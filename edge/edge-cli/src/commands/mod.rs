//! The commands that read and change what a till's store holds.

pub(crate) mod catalog;
pub(crate) mod completions;
mod difference;
pub(crate) mod journal;
pub(crate) mod products;
pub(crate) mod render;
pub(crate) mod sales;
pub(crate) mod settings;
pub(crate) mod status;
pub(crate) mod views;
