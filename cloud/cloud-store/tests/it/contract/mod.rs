//! What the store promises, whichever engine is below it.

mod organisations;
mod tills;
