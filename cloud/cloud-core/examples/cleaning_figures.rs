//! How long it takes to look through a catalogue for what is odd.
//!
//! `cargo run --release -p cloud-core --example cleaning_figures -- [PRODUCTS]`: so many made-up products in 200 categories, each with a
//! history of prices; one in a thousand is wrong in some way.
#![allow(clippy::print_stdout, reason = "it prints figures")]

use std::time::Instant;

use cloud_core::cleaning::{Item, Price, report};
use domain::quantity::Measure;

const KINDS: [&str; 8] = ["Молоко", "Кефир", "Сыр", "Печенье", "Хлеб", "Сок", "Чай", "Масло"];

fn main() {
    let products = std::env::args().nth(1).and_then(|text| text.parse().ok()).unwrap_or(100_000);
    let items: Vec<Item> = (0..products).map(item).collect();
    let began = Instant::now();
    let found = report(&items);
    println!("{products} products: {} findings in {:.2} s", found.len(), began.elapsed().as_secs_f64());
}

fn item(index: usize) -> Item {
    let is_wrong = index % 1_000 == 7;
    let usual = 5_000 + (index as i64 * 7_919) % 9_000;
    let minor = if is_wrong { usual * 100 } else { usual };
    let kind = KINDS[index % KINDS.len()];
    Item {
        id: format!("p-{index}"),
        sku: format!("A-{index}"),
        names: vec![
            ("ru".to_owned(), format!("{kind} «Марка {index}» 0,5 л")),
            ("en".to_owned(), format!("Brand {index} 0.5 l")),
        ],
        gtin: Some(format!("46{index:010}0")),
        price: Some(Price { minor, currency: "RUB".to_owned(), exponent: 2, per: Measure::Piece }),
        category: Some(format!("Категория {}", index % 200)),
        has_tax_rate: Some(true),
        past_minor: vec![usual, usual - 100],
        ..Item::default()
    }
}
