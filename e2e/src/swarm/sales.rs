//! Sales as a supermarket's till makes them: ten lines, half of them weighed, of an assortment that repeats.

use domain::ids::{SaleId, Uuid};
use domain::money::Currency;
use domain::product::Product;
use domain::quantity::{Measure, Quantity};
use domain::sale::{Sale, TillRef};
use domain::time::WallMs;
use edge_daemon::clock::{DayRule, wall};
use testkit::build;

/// Lines of every sale, each of another product.
pub const LINES: usize = 10;
/// Products that are sold.
const ASSORTMENT: usize = 500;
/// How long a shopper takes, in milliseconds.
const BASKET_MS: i64 = 90_000;

/// Makes sales.
#[derive(Debug)]
pub struct Shop {
    products: Vec<Product>,
    day: DayRule,
}

impl Shop {
    /// An assortment, and days as UTC has them.
    pub fn open() -> anyhow::Result<Self> {
        Ok(Self { products: assortment(ASSORTMENT), day: DayRule::new("UTC", 0)? })
    }

    /// The `number`th sale of a till, paid just now, with a new id.
    pub fn sale(&self, till: &TillRef, number: u64) -> Sale {
        let first = (number as usize).wrapping_mul(31) % self.products.len();
        let items: Vec<(&Product, Quantity)> = self
            .products
            .iter()
            .cycle()
            .skip(first)
            .take(LINES)
            .map(|product| (product, quantity(product, number)))
            .collect();
        let mut sale = build::sale(number, &items);
        let now = wall();
        sale.id = SaleId(Uuid::now_v7());
        sale.till = till.clone();
        sale.business_day = self.day.day_of(now);
        sale.started_at = WallMs(now.0 - BASKET_MS);
        sale.completed_at = now;
        for tender in &mut sale.tenders {
            tender.payment.0 = Uuid::now_v7();
        }
        sale
    }
}

/// So many products; every second one is weighed.
pub fn assortment(products: usize) -> Vec<Product> {
    (0..products)
        .map(|number| {
            let price_minor = 49 + (number as i64 * 37) % 1_950;
            let id = format!("product-{number:05}");
            if number % 2 == 0 { build::piece(&id, price_minor) } else { build::by_weight(&id, price_minor) }
        })
        .collect()
}

/// The currency of everything here.
pub fn currency() -> Currency {
    build::euro()
}

fn quantity(product: &Product, number: u64) -> Quantity {
    match product.price.per {
        Measure::Piece => Quantity::Pieces(1 + (number % 4) as u32),
        Measure::Kilogram => Quantity::Grams(150 + (number % 1_300) as u32),
    }
}

#[cfg(test)]
mod tests {
    use std::collections::BTreeSet;

    use sync_core::sale_document;

    use super::*;

    #[test]
    fn every_sale_is_sound_and_another_with_ten_products() {
        let shop = Shop::open().unwrap();
        let mut ids = BTreeSet::new();
        for number in 0..1_000 {
            let sale = shop.sale(&build::till(), number);
            assert_eq!(sale_document::problem_with(&sale, &build::till(), true), None, "sale {number}");
            let products: BTreeSet<_> = sale.lines.iter().map(|line| &line.product).collect();
            assert_eq!(products.len(), LINES);
            assert!(ids.insert(sale.id));
        }
    }
}
