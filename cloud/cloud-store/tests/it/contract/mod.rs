//! What the store promises, whichever engine is below it.

mod alike;
mod audit;
mod commands;
mod demand;
mod documents;
mod dump;
mod exchange;
mod generations;
mod health;
mod journals;
mod notices;
mod ordering;
mod organisations;
mod people;
mod products;
mod random;
mod raw_products;
mod reports;
mod sales;
mod search;
mod sourcing;
mod stock;
mod store_prices;
mod tills;
mod work;
