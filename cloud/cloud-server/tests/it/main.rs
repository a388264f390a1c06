//! The gateway as its callers meet it.

mod gateway;
mod support;
