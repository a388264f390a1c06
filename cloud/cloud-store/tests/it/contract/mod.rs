//! What the store promises, whichever engine is below it.

mod audit;
mod organisations;
mod people;
mod tills;
