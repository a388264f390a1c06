//! What the store promises, whichever engine is below it.

mod audit;
mod commands;
mod generations;
mod journals;
mod organisations;
mod people;
mod products;
mod random;
mod sales;
mod stock;
mod tills;
mod work;
