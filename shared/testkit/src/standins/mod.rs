//! Services outside, as far as what is told to people goes through them: each keeps the limits and makes the errors of the real one,
//! and counts what it was told. They end with their guard, and with the process.

pub mod hooks;
mod http;
pub mod smtp;
pub mod telegram;
