//! The gateway as its callers meet it.

mod gateway;
mod identity;
mod matrix;
mod organisation;
mod products;
mod program;
mod sales;
mod support;
mod vectors;
