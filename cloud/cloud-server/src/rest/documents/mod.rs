//! Suppliers' documents: sent, looked at, corrected, and received as goods.
#![allow(unused_qualifications, reason = "utoipa's macro writes them")]

#[allow(dead_code, reason = "the handlers follow")]
mod shapes;
