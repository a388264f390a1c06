//! The words everything else is written in: ids, money, quantities, products, tax, sales, observations.
//!
//! Owns the arithmetic of money, weight and tax, and the checks that make a value worth passing on. It must never
//! know how a value is stored, sent or shown: no SQL, no serialisation, no clock, no file, no random number. Border
//! crates convert. No floating point touches money.
//!
//! Read [`sale`] first: it is what the product exists to produce; then [`catalogue`] and [`observation`].
#![forbid(unsafe_code)]

pub mod catalogue;
pub mod embedding;
pub mod frame;
pub mod gtin;
pub mod ids;
pub mod money;
pub mod observation;
pub mod product;
pub mod quantity;
pub mod sale;
pub mod sighting;
pub mod tax;
pub mod text;
pub mod time;
