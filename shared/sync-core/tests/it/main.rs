//! What till and cloud agree by, from outside.
#![forbid(unsafe_code)]

mod exchange;
mod generations;
