//! The checkout as a whole: scripts of what happens at a till, and what the till makes of it.

mod paying;
mod script;
mod shop;
mod tray;
