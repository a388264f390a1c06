//! The tool as its users meet it: the built program, real stores in temporary folders, real pipes and terminals.

#![allow(clippy::unwrap_used, reason = "a test that cannot go on has failed")]

mod catalogue;
mod conduct;
mod daemon;
mod doctor;
mod enrol;
mod learn;
mod measure;
mod re_embed;
mod sales;
mod support;
mod terminal;
